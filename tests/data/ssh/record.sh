#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# record.sh [DIRECTORY]: what ssh and docker clients write to stderr when a remote engine cannot be had, for the tests
# of what we make of it. README.md names the files. Run it on the test engine, with the hosts of tests/lib/test-remote.sh:
#
#   tests/lib/test-engine.sh start && tests/lib/test-remote.sh start
#   tests/lib/test-engine.sh exec tests/data/ssh/record.sh
#
# CLIENTS names the docker clients. Paths of the host that recorded are replaced.

set -eu

HERE=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
REPO=$(CDPATH='' cd -- "$HERE/../../.." && pwd -P)
CLIENTS=${CLIENTS:-/usr/local/bin/docker /usr/bin/docker}
IMAGE=openshell/fake-cluster:recorded
LAB=$IN_TEST_ENGINE/lab

lab() {
	"$REPO/tests/lib/test-remote.sh" "$@"
}

sanitize() {
	sed -e "s|$LAB/home|/home/me|g" -e "s|$work|/run/user/1000/openshell|g" -e "s|$(uname -n)|host|g" \
		-e "s|$(printf '%s' "$work" | sed 's,/,%2F,g')|%2Frun%2Fuser%2F1000%2Fopenshell|g"
}

# keep NAME STATUS < stderr
keep() {
	sanitize >"$out/$1.err"
	printf '%s %s\n' "$1" "$2" >>"$work/status"
}

# on_workstation NAME COMMAND...: its stderr and exit status. Without a terminal, and bounded.
on_workstation() {
	ow_name=$1
	ow_status=0
	shift
	lab exec timeout 20 setsid -w "$@" >/dev/null 2>"$work/err" </dev/null || ow_status=$?
	keep "$ow_name" "$ow_status" <"$work/err"
}

# A command, a tunnel and the docker clients to the same DESTINATION: for failures before there is a connection.
# no_connection NAME DESTINATION [SSH-OPTION...]
no_connection() {
	nc_name=$1
	nc_to=$2
	shift 2
	on_workstation "ssh-$nc_name" ssh -nT -o BatchMode=yes "$@" -- "$nc_to" true
	through_docker "$nc_name" "$nc_to" "$@"
}

# docker gives ssh no options of ours but by a file that it reads.
through_docker() {
	td_name=$1
	td_to=$2
	shift 2
	cp -p "$LAB/home/.ssh/config" "$work/config"
	: >"$work/options"
	while [ $# -gt 0 ]; do
		case $1 in
		-o) printf '%s\n' "$2" | sed 's/=/ /' >>"$work/options" ;;
		-i) printf 'IdentityFile %s\n' "$2" >>"$work/options" ;;
		esac
		shift 2
	done
	cat "$work/options" "$work/config" >"$LAB/home/.ssh/config"
	for client in $CLIENTS; do
		on_workstation "docker-$(version_of "$client")-$td_name" \
			"$client" -H "ssh://$td_to" version --format '{{.Server.Version}}'
	done
	cat "$work/config" >"$LAB/home/.ssh/config"
}

version_of() {
	"$1" version --format '{{.Client.Version}}' 2>/dev/null | cut -d. -f1-2
}

# begin_tunnel DESTINATION [SSH-OPTION...]: the socket is $work/docker.sock, its stderr goes to $work/tunnel
begin_tunnel() {
	bt_to=$1
	shift
	rm -f "$work/docker.sock"
	lab exec ssh -nNT -o BatchMode=yes -o ExitOnForwardFailure=yes -o StreamLocalBindUnlink=yes "$@" \
		-L "$work/docker.sock:/var/run/docker.sock" -- "$bt_to" >/dev/null 2>"$work/tunnel" </dev/null &
	tunnel=$!
	for _ in $(seq 100); do
		[ ! -S "$work/docker.sock" ] || return 0
		sleep 0.05
	done
}

# end_tunnel NAME: still there is 0
end_tunnel() {
	sleep 0.3
	et_status=0
	if kill "$tunnel" 2>/dev/null; then
		wait "$tunnel" 2>/dev/null || true
	else
		wait "$tunnel" || et_status=$?
	fi
	keep "tunnel-$1" "$et_status" <"$work/tunnel"
}

# through_tunnel NAME DESTINATION: the tunnel stands, what is at its other end does not: ssh's stderr and the clients'
through_tunnel() {
	for client in $CLIENTS; do
		begin_tunnel "$2"
		on_workstation "docker-$(version_of "$client")-tunnel-$1" \
			"$client" -H "unix://$work/docker.sock" version --format '{{.Server.Version}}'
		end_tunnel "$1"
	done
}

# in_the_middle NAME CUT...: each kind of call that lasts, by each client and way, cut while it runs.
in_the_middle() {
	im_name=$1
	shift
	for client in $CLIENTS; do
		for im_call in events logs exec load; do
			begin_tunnel remote -o ServerAliveInterval=1 -o ServerAliveCountMax=2
			cut_call "docker-$(version_of "$client")-tunnel-$im_name-$im_call" "unix://$work/docker.sock" "$@"
			end_tunnel "$im_name"
			cut_call "docker-$(version_of "$client")-$im_name-$im_call" ssh://remote "$@"
		done
	done
}

# cut_call NAME DOCKER-HOST CUT...
cut_call() {
	cc_name=$1
	set -- "$2" "$@"
	cc_host=$1
	shift 3
	case $im_call in
	events) set -- "$@" -- events ;;
	logs) set -- "$@" -- logs -f recorded ;;
	exec) set -- "$@" -- exec recorded sleep 60 ;;
	load) set -- "$@" -- load ;;
	esac
	cc_cut=
	while [ "$1" != -- ]; do
		cc_cut="$cc_cut $1"
		shift
	done
	shift
	cc_status=0
	{ [ "$im_call" != load ] || { cat "$work/image.tar" && sleep 15; }; } |
		lab exec timeout 12 "$client" -H "$cc_host" "$@" >/dev/null 2>"$work/err" &
	cc_pid=$!
	sleep 1.5
	# shellcheck disable=SC2086 # a command of plain words
	$cc_cut
	wait "$cc_pid" || cc_status=$?
	lab heal
	keep "$cc_name" "$cc_status" <"$work/err"
}

# Ends what sshd runs for those who are logged in: no reset, an end.
end_sessions() {
	lab on remote pkill -KILL -f '^sshd: deployer' || true
}

unreachable() {
	no_connection unknown-host nosuch.test
	no_connection unreachable 203.0.113.7
	lab sshd stop
	no_connection refused remote
	lab sshd start
	lab cut drop
	no_connection timeout remote -o ConnectTimeout=2
	lab heal
	lab cut reset
	no_connection reset-at-once remote
	lab heal
	lab sshd set 'MaxStartups 1'
	lab exec sh -c 'sleep 15 | timeout 15 bash -c "cat >/dev/tcp/remote.test/2222"' &
	sleep 0.5
	no_connection max-startups remote
	kill $!
	lab sshd set
}

host_keys() {
	no_connection host-key-unknown remote -o UserKnownHostsFile=/dev/null -o BatchMode=yes
	lab host-key new
	no_connection host-key-changed remote
	lab host-key old
	no_connection no-common-host-key remote -o HostKeyAlgorithms=rsa-sha2-512
	lab sshd set 'KexAlgorithms curve25519-sha256'
	no_connection no-common-kex remote -o KexAlgorithms=ecdh-sha2-nistp521
	lab sshd set
}

keys() {
	no_connection publickey-denied remote -i "$LAB/home/.ssh/id_unknown" -o IdentitiesOnly=yes
	no_connection publickey-denied-user nobody@remote
	no_connection passphrase locked
	no_connection key-absent remote -i "$LAB/home/.ssh/id_absent" -o IdentitiesOnly=yes
	cp "$LAB/home/.ssh/id_ed25519" "$LAB/home/.ssh/id_open"
	chmod 0644 "$LAB/home/.ssh/id_open"
	no_connection key-open remote -i "$LAB/home/.ssh/id_open" -o IdentitiesOnly=yes
	echo 'no key' >"$LAB/home/.ssh/id_garbage"
	chmod 0600 "$LAB/home/.ssh/id_garbage"
	no_connection key-garbage remote -i "$LAB/home/.ssh/id_garbage" -o IdentitiesOnly=yes
	rm "$LAB/home/.ssh/id_open" "$LAB/home/.ssh/id_garbage"
	lab sshd set 'MaxAuthTries 1'
	no_connection too-many-keys remote -i "$LAB/home/.ssh/id_unknown" -i "$LAB/home/.ssh/id_ed25519" -o IdentitiesOnly=yes
	lab sshd set
	no_connection bad-option remote -o NoSuchOption=yes
}

jumps() {
	lab on jump sh -c "kill \$(cat $LAB/jump/sshd.pid)"
	no_connection jump-refused inner
	lab on jump "$(command -v sshd)" -f "$LAB/jump/sshd_config" -E "$LAB/jump/sshd.log" \
		-o 'AllowTcpForwarding no' -o "PidFile $LAB/jump/other.pid"
	sleep 0.3
	no_connection jump-forbidden inner
	lab on jump sh -c "kill \$(cat $LAB/jump/other.pid)"
	lab on jump "$(command -v sshd)" -f "$LAB/jump/sshd_config" -E "$LAB/jump/sshd.log"
	sleep 0.3
	on_workstation ssh-jump-unknown-host ssh -nT -o BatchMode=yes -o ProxyJump=jump -- nosuch.test true
	lab sshd stop
	no_connection jump-to-refused inner
	lab sshd start
}

sockets() {
	lab sshd set 'AllowStreamLocalForwarding no'
	through_tunnel streamlocal-forbidden remote
	lab sshd set 'DisableForwarding yes'
	through_tunnel forwarding-disabled remote
	lab sshd set 'AllowTcpForwarding no'
	through_tunnel tcp-forbidden remote
	lab sshd set 'MaxSessions 1'
	through_tunnel max-sessions remote
	through_docker max-sessions remote
	lab sshd set 'MaxSessions 0'
	through_tunnel no-sessions remote
	no_connection no-sessions remote
	lab sshd set "SetEnv PATH=/nonexistent"
	through_docker no-docker-there remote
	lab sshd set 'ForceCommand /bin/echo not for you'
	through_docker forced-command remote
	lab sshd set
	through_tunnel socket-denied outsider
	through_docker socket-denied outsider
	for state in missing stale down killed; do
		lab docker "$state"
		through_tunnel "socket-$state" remote
		through_docker "socket-$state" remote
		lab docker up
	done
	mkdir "$work/taken"
	on_workstation tunnel-cannot-bind ssh -nNT -o BatchMode=yes -o ExitOnForwardFailure=yes \
		-L "$work/absent/docker.sock:/var/run/docker.sock" -- remote
	begin_tunnel remote
	on_workstation tunnel-bind-taken ssh -nNT -o BatchMode=yes -o ExitOnForwardFailure=yes \
		-L "$work/docker.sock:/var/run/docker.sock" -- remote
	kill "$tunnel"
}

# What a server or a client says besides.
noises() {
	printf 'Authorised users only.\nError: all that you do here is recorded.\n' >"$LAB/remote/banner"
	lab sshd set "Banner $LAB/remote/banner"
	through_tunnel banner-and-success remote
	through_docker banner-and-success remote
	through_tunnel banner-and-denied outsider
	lab sshd set
	on_workstation ssh-first-contact ssh -nT -o BatchMode=yes -o StrictHostKeyChecking=accept-new \
		-o UserKnownHostsFile=/dev/null -- remote true
}

middles() {
	"$REPO/tests/engine/fake-cluster/build.sh" "$IMAGE" --interval 300ms >/dev/null
	head -c 8000000 /dev/urandom >"$work/image.tar"
	docker run -d --name recorded "$IMAGE" >/dev/null
	in_the_middle reset lab cut reset existing
	in_the_middle lost lab cut drop existing
	in_the_middle ended end_sessions
	docker rm -f recorded >/dev/null
	docker rmi -f "$IMAGE" >/dev/null
}

main() {
	out=${1:-$HERE}
	work=$(mktemp -d)
	: >"$work/status"
	trap 'docker rm -f recorded >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
	trap 'exit 130' INT TERM HUP
	unreachable
	host_keys
	keys
	jumps
	sockets
	noises
	middles
	sort -u "$work/status" >"$out/status"
}

main "$@"
