#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A Docker engine for tests that touches nothing outside: network, PID and mount namespaces of its own, a veth pair
# with NAT as its way out, its own socket and data root under $TEST_STATE. Everything in it dies with the process
# that `run` is a child of; `sweep` removes what only a later start can (a kill -9 leaves one iptables table entry,
# empty cgroups and files).
#
#   run            start and stay in the foreground until killed, or until the parent dies
#   start | stop   the same in the background, for work by hand
#   wait           until the engine answers (60 s at most)
#   exec CMD...    in the engine's namespaces, with DOCKER_HOST and IN_TEST_ENGINE set
#   engine start | stop | kill | crash | restart    only the engine; the namespaces stay. kill is kill -9 of dockerd;
#                  after crash nothing of the engine is left but its data, as after a power cut
#   sweep          remove what is left of an engine that is no longer there
#   sock           print the socket's path
#
# bash, because process 1 of the PID namespace must reap orphans while it waits for orders.

set -eu

TEST_STATE=${TEST_STATE:-${TMPDIR:-/tmp}/openshell-test-$(id -u)}
SELF=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)/test-engine.sh
REPO=${REPO:-$(CDPATH='' cd -- "$(dirname -- "$SELF")/../.." && pwd -P)}
ENGINE_SH=${ENGINE_SH:-$REPO/deploy/scripts/engine.sh}
CGROUP_ROOT=${CGROUP_ROOT:-/sys/fs/cgroup}
dir=$TEST_STATE/engine
sock=$dir/docker.sock
# One engine for each state directory: its short hash names all that the host sees of it.
id=$(printf '%s' "$dir" | sha256sum | cut -c1-6)
veth=ost$id
tag=openshell-test-$id
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

say() {
	printf 'test-engine: %s\n' "$*" >&2
}

die() {
	say "$*"
	exit 1
}

# "pid start-time" of a process that is there and no zombie (a container's process 1 may never reap it): a number that
# was given to another process since is not taken for ours.
stamp() {
	local stat
	stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
	set -- "$1" "${stat##*) }"
	# shellcheck disable=SC2086 # the fields after the command name, the 20th of which is the start time
	set -- "$1" $2
	case $2 in Z | X) return 1 ;; esac
	printf '%s %s\n' "$1" "${21}"
}

# Prints the process that FILE names while it is the same one.
alive() {
	local pid start
	[ -s "$1" ] && read -r pid start <"$1" && [ "$(stamp "$pid")" = "$pid $start" ] && echo "$pid"
}

# The first /30 of 10.213.0.0/16, from a place that the name chooses, that no interface here uses.
free_subnet() {
	local n=$((16#$id % 250)) i
	for i in $(seq 0 249); do
		net=10.213.$(((n + i) % 250))
		ip -o -4 addr show 2>/dev/null | grep -q " $net\." || return 0
	done
	die 'no free network for the test engine'
}

link_out() {
	free_subnet
	ip link add "$veth" type veth peer name eth0 netns "$1"
	ip addr add "$net.1/30" dev "$veth"
	ip link set "$veth" up
	echo 1 >/proc/sys/net/ipv4/ip_forward
	iptables -w -t nat -A POSTROUTING -s "$net.0/30" -m comment --comment "$tag" -j MASQUERADE
	iptables -w -I FORWARD -s "$net.0/30" -m comment --comment "$tag" -j ACCEPT
	iptables -w -I FORWARD -d "$net.0/30" -m comment --comment "$tag" -j ACCEPT
	echo "$net" >"$dir/net"
}

unlink_out() {
	local table rule
	ip link del "$veth" 2>/dev/null || true
	for table in nat filter; do
		iptables -w -t "$table" -S 2>/dev/null | grep -F -- "--comment $tag " | while read -r rule; do
			# shellcheck disable=SC2086 # a rule as iptables printed it: words without quotes
			iptables -w -t "$table" -D ${rule#-A } || true
		done
	done
}

# A resolver on the host's loopback cannot be reached from another network namespace.
write_resolv_conf() {
	local file
	for file in /etc/resolv.conf /run/systemd/resolve/resolv.conf; do
		[ -r "$file" ] || continue
		grep -vE '^nameserver[[:space:]]+(127\.|::1)' "$file" >"$dir/resolv.conf" || true
		! grep -q '^nameserver' "$dir/resolv.conf" || return 0
	done
	say 'no name server that the engine could reach: builds in it will not resolve names'
}

remove_cgroups() {
	local group
	for group in "$CGROUP_ROOT"/*/"$tag" "$CGROUP_ROOT/$tag"; do
		[ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
	done
}

sweep() {
	[ -z "$(alive "$dir/owner" || true)" ] || die "the engine of $TEST_STATE is running: stop it first"
	remove_all
}

remove_all() {
	local init
	for _ in $(seq 100); do
		init=$(alive "$dir/init") || break
		kill -KILL "$init" 2>/dev/null || true
		sleep 0.05
	done
	[ "$(id -u)" -ne 0 ] || unlink_out
	remove_cgroups
	rm -rf "$dir"
}

# The private view of process 1: /run empty, no daemon.json but ours, /var/lib/docker for an engine that a test starts.
private_mounts() {
	mount -t tmpfs -o mode=755 tmpfs /run
	mkdir -p /run/lock "$dir/etc-docker" "$dir/var-lib-docker" /etc/docker /var/lib/docker
	printf '{"cgroup-parent": "/%s"}\n' "$tag" >"$dir/etc-docker/daemon.json"
	mount --bind "$dir/etc-docker" /etc/docker
	mount --bind "$dir/var-lib-docker" /var/lib/docker
	[ ! -s "$dir/resolv.conf" ] || mount --bind "$dir/resolv.conf" /etc/resolv.conf
}

dockerd_start() {
	rm -f "$dir/docker.pid"
	"$ENGINE_SH" run --socket "$sock" --data-root "$dir/data" --exec-root "$dir/exec" \
		--pidfile "$dir/docker.pid" >>"$dir/dockerd.log" 2>&1 </dev/null 3>&- &
	daemon=$!
}

dockerd_stop() {
	[ -n "$daemon" ] || return 0
	kill "-$1" "$daemon" 2>/dev/null || true
	wait "$daemon" 2>/dev/null || true
	daemon=
}

# Paused containers would not die.
thaw_cgroups() {
	local file
	find "$CGROUP_ROOT/freezer/$tag" "$CGROUP_ROOT/$tag" -name freezer.state -o -name cgroup.freeze 2>/dev/null |
		while read -r file; do
			case $file in
			*/freezer.state) echo THAWED >"$file" ;;
			*) echo 0 >"$file" ;;
			esac
		done
}

# Ends dockerd, containerd with its shims, and the containers, which are in our cgroup; then takes away what a reboot
# takes away: mounts, the run-time directory, interfaces, packet filter rules.
engine_crash() {
	local path table
	dockerd_stop KILL
	thaw_cgroups
	{
		grep -laF "$dir/exec" /proc/[0-9]*/cmdline 2>/dev/null
		grep -lF "/$tag/" /proc/[0-9]*/cgroup 2>/dev/null
	} | cut -d/ -f3 | while read -r path; do kill -KILL "$path" 2>/dev/null || true; done
	cut -d' ' -f2 /proc/mounts | grep "^$dir/" | tac | while read -r path; do umount -l "$path"; done
	rm -rf "$dir/exec"
	ip -o link show type bridge | cut -d: -f2 | while read -r path; do ip link del "$path"; done
	for table in nat filter; do
		iptables -w -t "$table" -F
		iptables -w -t "$table" -X
	done
	remove_cgroups
}

# Process 1 of the PID namespace: brings the link up, then starts and stops dockerd as the order pipe says.
inside() {
	local order net
	exec 3<>"$dir/orders"
	trap : TERM INT HUP
	read -r net <&3
	private_mounts
	ip link set lo up
	ip addr add "$net.2/30" dev eth0
	ip link set eth0 up
	ip route add default via "$net.1"
	daemon=
	dockerd_start
	while read -r order <&3; do
		case $order in
		start) [ -n "$daemon" ] || dockerd_start ;;
		stop) dockerd_stop TERM ;;
		kill) dockerd_stop KILL ;;
		crash) engine_crash ;;
		esac
		echo "$order" >"$dir/done"
	done
}

run_finish() {
	trap - EXIT
	trap '' INT TERM HUP
	[ -z "${namespace:-}" ] || kill -KILL "$namespace" 2>/dev/null || true
	wait 2>/dev/null || true
	remove_all
}

run() {
	[ "$(id -u)" -eq 0 ] || die 'the test engine needs root'
	mkdir -p "$TEST_STATE"
	sweep
	mkdir -m 0700 "$dir"
	stamp $$ >"$dir/owner"
	trap run_finish EXIT
	trap 'exit 143' INT TERM HUP
	mkfifo "$dir/orders"
	write_resolv_conf
	export TEST_STATE REPO ENGINE_SH
	setpriv --pdeathsig KILL unshare --net --pid --mount --ipc --fork --kill-child --mount-proc \
		/bin/bash "$SELF" inside >>"$dir/init.log" 2>&1 </dev/null &
	namespace=$!
	local init=
	for _ in $(seq 100); do
		init=$(tr -d ' ' 2>/dev/null <"/proc/$namespace/task/$namespace/children" || true)
		[ -z "$init" ] || break
		sleep 0.05
	done
	[ -n "$init" ] || die "no namespaces could be made: $(cat "$dir/init.log")"
	stamp "$init" >"$dir/init"
	link_out "$init"
	echo "$net" >"$dir/orders"
	wait "$namespace" || die "the engine's namespaces ended: $(tail -n 5 "$dir/init.log" "$dir/dockerd.log")"
}

answers() {
	docker -H "unix://$sock" version --format '{{.Server.Version}}' >/dev/null 2>&1
}

wait_ready() {
	for _ in $(seq 300); do
		answers && return 0
		sleep 0.2
	done
	[ ! -e "$dir/init.log" ] || tail -n 20 "$dir/init.log" >&2
	[ ! -e "$dir/dockerd.log" ] || tail -n 20 "$dir/dockerd.log" >&2
	die 'the engine does not answer'
}

start() {
	[ -z "$(alive "$dir/owner" || true)" ] || die "already running for $TEST_STATE"
	mkdir -p "$TEST_STATE"
	setsid /bin/bash "$SELF" run >"$TEST_STATE/engine.log" 2>&1 </dev/null &
	sleep 0.5
	wait_ready
	echo "$sock"
}

stop() {
	local pid
	if pid=$(alive "$dir/owner"); then
		kill "$pid"
		while [ -n "$(alive "$dir/owner" || true)" ]; do sleep 0.1; done
	fi
	sweep
}

enter() {
	local init
	init=$(alive "$dir/init") || die "no engine is running for $TEST_STATE"
	export IN_TEST_ENGINE=$dir DOCKER_HOST="unix://$sock"
	unset DOCKER_CONTEXT DOCKER_CONFIG XDG_RUNTIME_DIR
	# shellcheck disable=SC2016 # for the inner shell: the working directory is lost on the way in
	exec nsenter --target "$init" --net --pid --mount --ipc --root -- \
		/bin/sh -c 'cd "$1" 2>/dev/null || cd /; shift; exec "$@"' sh "$PWD" "$@"
}

order() {
	[ -p "$dir/orders" ] || die "no engine is running for $TEST_STATE"
	rm -f "$dir/done"
	echo "$1" >"$dir/orders"
	for _ in $(seq 300); do
		[ ! -e "$dir/done" ] || return 0
		sleep 0.1
	done
	die "the engine did not carry out: $1"
}

engine() {
	case $1 in
	stop | kill | crash) order "$1" ;;
	start) order start && wait_ready ;;
	restart) order stop && order start && wait_ready ;;
	*) die "engine start, stop, kill, crash or restart, not $1" ;;
	esac
}

main() {
	local verb=${1:-}
	[ $# -eq 0 ] || shift
	case $verb in
	run | start | stop | sweep | inside) "$verb" ;;
	wait) wait_ready ;;
	exec) enter "$@" ;;
	engine) engine "${1:-}" ;;
	sock) echo "$sock" ;;
	*) die 'usage: test-engine.sh run|start|stop|wait|exec CMD...|engine start|stop|kill|crash|restart|sweep|sock' ;;
	esac
}

main "$@"
