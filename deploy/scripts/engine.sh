#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# engine.sh start|stop|status|run [OPTION]... [-- DOCKERD-ARGUMENT...]
#
# Runs a Docker engine where no service manager does. It is careful with engines that are already there: `start`
# leaves alone a socket that answers, and `stop` ends only an engine that `start` or `run` began.
#
#   --socket PATH     default /var/run/docker.sock
#   --data-root DIR   default /var/lib/docker
#   --exec-root DIR   default /var/run/docker
#   --pidfile FILE    default /var/run/docker.pid
#   --log FILE        default /var/log/openshell-dockerd.log; `run` stays in the foreground and logs to stderr
#   --timeout SECONDS how long start waits for an answer, default 60
#
# Exit status: 0 done, 1 failed, 2 usage, 3 (status) not running.
#
# Where the kernel withholds CAP_SYS_RESOURCE, no privileged container would start; there the engine gets
# openshell-runc (deploy/docker/runtime-wrapper) as its runtime, from $OPENSHELL_RUNTIME_WRAPPER or built on the spot.

set -eu

HERE=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
# shellcheck source=deploy/scripts/lib/packages.sh
. "$HERE/lib/packages.sh"
# shellcheck source=deploy/scripts/lib/common.sh
. "$HERE/lib/common.sh"

WRAPPER_SOURCE=${WRAPPER_SOURCE:-$HERE/../docker/runtime-wrapper/openshell-runc.c}
SELF_STATUS=${SELF_STATUS:-/proc/self/status}
CAP_SYS_RESOURCE=24
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

socket=/var/run/docker.sock
data_root=/var/lib/docker
exec_root=/var/run/docker
pidfile=/var/run/docker.pid
log=/var/log/openshell-dockerd.log
limit=60
runtime=

usage() {
	say "$1"
	printf 'usage: engine.sh start|stop|status|run [--socket PATH] [--data-root DIR] [--exec-root DIR]\n' >&2
	printf '                 [--pidfile FILE] [--log FILE] [--timeout SECONDS] [-- DOCKERD-ARGUMENT...]\n' >&2
	exit 2
}

answers() {
	DOCKER_CONTEXT='' DOCKER_HOST='' timeout 10 docker -H "unix://$socket" version --format '{{.Server.Version}}' 2>/dev/null
}

# The pid in the pidfile, when it is a dockerd that was given this very pidfile: any other engine was not begun by
# us, and a number left by a crash may be anybody's now.
own_pid() {
	[ -s "$pidfile" ] || return 1
	own=$(cat "$pidfile")
	case $own in *[!0-9]*) return 1 ;; esac
	own_args=$(tr '\0' ' ' 2>/dev/null <"/proc/$own/cmdline") || return 1
	case " $own_args" in
	*dockerd*" --pidfile=$pidfile "*) echo "$own" ;;
	*) return 1 ;;
	esac
}

# dockerd refuses to start beside any live process that an old pidfile happens to name.
drop_stale_pidfile() {
	[ -e "$pidfile" ] || return 0
	say "removing a stale $pidfile"
	rm -f "$pidfile"
}

lacks_sys_resource() {
	bounding=$(sed -n 's/^CapBnd:[[:space:]]*//p' "$SELF_STATUS")
	[ -n "$bounding" ] && [ $((0x$bounding >> CAP_SYS_RESOURCE & 1)) -eq 0 ]
}

# Sets $runtime. The wrapper is run by root: it lies in the data root, where only root writes.
choose_runtime() {
	lacks_sys_resource || return 0
	runtime=${OPENSHELL_RUNTIME_WRAPPER:-$data_root/openshell-runc}
	if [ -z "${OPENSHELL_RUNTIME_WRAPPER:-}" ]; then
		need 'cc gcc
file:/usr/include/stdio.h libc6-dev'
		mkdir -p "$data_root"
		compile_static "$(machine_arch)" "$runtime" "$WRAPPER_SOURCE"
	fi
	[ -x "$runtime" ] || fail "not a program: $runtime"
	say "no CAP_SYS_RESOURCE here: containers run under $runtime"
}

prepare() {
	command -v dockerd >/dev/null 2>&1 ||
		fail 'dockerd is not installed: apt-get install docker.io (or docker-ce, moby-engine)'
	[ "$(id -u)" -eq 0 ] || fail 'starting an engine needs root'
	drop_stale_pidfile
	mkdir -p "$(dirname "$socket")" "$(dirname "$pidfile")"
	choose_runtime
}

# Runs dockerd in our place.
become_dockerd() {
	if [ -n "$runtime" ]; then
		set -- --add-runtime "openshell=$runtime" --default-runtime openshell "$@"
	fi
	exec dockerd --host="unix://$socket" --data-root="$data_root" --exec-root="$exec_root" --pidfile="$pidfile" "$@"
}

# The lines of the log that tell why, else its last ones.
log_reason() {
	reason=$(grep -aE 'level=(fatal|error)|failed to start' "$log" | tail -n 3)
	printf '%s\n' "${reason:-$(tail -n 3 "$log")}" >&2
	say "the whole log: $log"
}

wait_for_answer() {
	waited=0
	until version=$(answers); do
		if ! kill -0 "$1" 2>/dev/null; then
			log_reason
			fail "the engine ended before it answered on $socket"
		fi
		if [ "$waited" -ge $((limit * 5)) ]; then
			log_reason
			end "$1"
			fail "the engine did not answer on $socket in $limit s"
		fi
		sleep 0.2
		waited=$((waited + 1))
	done
	say "engine $version answers on $socket (pid $1)"
}

start() {
	if version=$(answers); then
		say "$socket is served already, by engine $version: left alone"
		return 0
	fi
	if pid=$(own_pid); then
		say "an engine is starting already (pid $pid)"
	else
		prepare
		mkdir -p "$(dirname "$log")"
		[ ! -e "$log" ] || mv -f "$log" "$log.1"
		: >"$log"
		(become_dockerd "$@") >>"$log" 2>&1 </dev/null &
		pid=$!
	fi
	wait_for_answer "$pid"
}

# Ends an engine: politely first, for it stops its containers.
end() {
	kill -TERM "$1" 2>/dev/null || return 0
	ended=0
	while kill -0 "$1" 2>/dev/null; do
		if [ "$ended" -ge 300 ]; then
			say 'the engine does not end by itself: killing it'
			kill -KILL "$1" 2>/dev/null || true
			end_containerd
			break
		fi
		sleep 0.2
		ended=$((ended + 1))
	done
}

# A killed dockerd leaves the containerd that it began.
end_containerd() {
	child=$(cat "$exec_root/containerd/containerd.pid" 2>/dev/null) || return 0
	case $(tr '\0' ' ' 2>/dev/null <"/proc/$child/cmdline") in
	*containerd*"$exec_root/containerd/"*) kill -TERM "$child" 2>/dev/null || true ;;
	esac
}

stop() {
	if pid=$(own_pid); then
		end "$pid"
		say "engine on $socket stopped"
	elif answers >/dev/null; then
		say "the engine on $socket was not started by engine.sh: left running"
	else
		say "no engine runs on $socket"
		end_containerd
	fi
}

status() {
	if ! version=$(answers); then
		say "no engine answers on $socket"
		exit 3
	fi
	if pid=$(own_pid); then
		say "engine $version answers on $socket, started by engine.sh (pid $pid)"
	else
		say "engine $version answers on $socket, not started by engine.sh"
	fi
}

run() {
	! pid=$(own_pid) || fail "an engine with $pidfile is running already (pid $pid)"
	! answers >/dev/null || fail "$socket is served already"
	prepare
	become_dockerd "$@"
}

main() {
	[ $# -gt 0 ] || usage 'no command'
	command=$1
	shift
	case $command in
	start | stop | status | run) ;;
	*) usage "unknown command: $command" ;;
	esac
	while [ $# -gt 0 ]; do
		case $1 in
		--) shift && break ;;
		--socket | --data-root | --exec-root | --pidfile | --log | --timeout) [ $# -ge 2 ] || usage "$1 needs a value" ;;
		*) usage "unknown option: $1" ;;
		esac
		case $1 in
		--socket) socket=$2 ;;
		--data-root) data_root=$2 ;;
		--exec-root) exec_root=$2 ;;
		--pidfile) pidfile=$2 ;;
		--log) log=$2 ;;
		--timeout) limit=$2 ;;
		esac
		shift 2
	done
	"$command" "$@"
}

main "$@"
