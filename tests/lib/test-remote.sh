#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Two more hosts for tests, made inside the test engine (tests/lib/test-engine.sh), whose engine becomes the one of the
# remote host:
#
#   remote        sshd on port 2222, /var/run/docker.sock for the group docker; users deployer (in it) and outsider
#   workstation   a network and mount namespace with a home, keys and ssh_config of its own, where nothing of the
#                 engine can be seen. Of remote it reaches port 2222, and port 2223, where `delay` listens
#   jump          sshd on port 2200; the only one that knows remote as inner.test
#
#   run            start and stay in the foreground until killed, or until the parent dies; a lab that is there ends
#   start | stop   the same in the background, for work by hand
#   exec CMD...    on the workstation; what ssh calls the home is $LAB/home there, $HOME is left alone
#   on HOST CMD... on one of the three, with its processes
#   sshd start | stop | set [LINE]...     set begins the configuration with those lines; connections live on
#   host-key old | new                    what remote shows; new is not what the workstation knows
#   docker missing | stale | down | killed | up     missing: no socket; stale: a socket that nobody listens on; down and
#                  killed: the engine ends, and the socket goes or stays
#   socket PATH LOG    the engine's socket at another place, too; LOG gets its requests, as $LAB/requests those to the
#                  first
#   local-engine   gives the workstation an engine of its own, at its /var/run/docker.sock
#   cut drop | reset [existing]           what comes from the workstation to sshd is lost, or answered by a reset;
#                  existing: only on connections that are there
#   heal           undoes cut
#   allow PORT...  the workstation reaches these ports of remote; none: only ssh
#   delay MS       port 2223 is port 2222 seen from MS milliseconds away
#   agent          starts ssh-agent on the workstation with the key that has a passphrase; prints its SSH_AUTH_SOCK
#   connections [HOST]     how many sshd of remote, or jump, took since `forget`
#   forget
#
# bash, because process 1 of a PID namespace must reap orphans.

set -eu

TEST_STATE=${TEST_STATE:-${TMPDIR:-/tmp}/openshell-test-$(id -u)}
SELF=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)/test-remote.sh
REPO=${REPO:-$(CDPATH='' cd -- "$(dirname -- "$SELF")/../.." && pwd -P)}
ENGINE=$REPO/tests/lib/test-engine.sh
LAB=$TEST_STATE/engine/lab
DOCKER_SOCKET=/run/docker.sock
SSH_PORT=2222
SLOW_PORT=2223
JUMP_PORT=2200
PASSPHRASE='a passphrase of the tests'
there='on remote' # how its packet filter is reached
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

say() {
	printf 'test-remote: %s\n' "$*" >&2
}

die() {
	say "$*"
	exit 1
}

wait_until() {
	local _
	for _ in $(seq 200); do
		! "$@" >/dev/null 2>&1 || return 0
		sleep 0.05
	done
	die "in vain: $*${why:+: $(tail -n 5 "$why")}"
}

# Prints the process that runs the lab, if there is one.
owner() {
	local pid
	[ -s "$LAB/owner" ] && read -r pid <"$LAB/owner" &&
		tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$SELF run" && echo "$pid"
}

# Process 1 of a host, as the engine's namespace numbers it.
init_of() {
	cat "$LAB/run/$1" 2>/dev/null || die "no such host, or no lab is running: $1"
}

on() {
	local host=$1 init
	init=$(init_of "$host")
	shift
	nsenter --target "$init" --net --pid --mount --ipc --uts -- "$@"
}

# --- what is done inside a host by its first process -----------------------------------------------------------------

private_file() {
	cat >"$LAB/$host/${1##*/}"
	mount --bind "$LAB/$host/${1##*/}" "$1"
}

users() {
	{
		grep -vE '^(deployer|outsider):' /etc/passwd
		echo 'deployer:*:64001:64001::/run/home/deployer:/bin/sh'
		echo 'outsider:*:64002:64002::/run/home/outsider:/bin/sh'
	} | private_file /etc/passwd
	{
		grep -vE '^(deployer|outsider|docker):' /etc/group
		printf 'deployer:x:64001:\noutsider:x:64002:\ndocker:x:64000:deployer\n'
	} | private_file /etc/group
	local user
	for user in deployer outsider; do
		install -d -o "$user" -g "$user" -m 0755 "/run/home/$user"
		install -d -o "$user" -g "$user" -m 0700 "/run/home/$user/.ssh"
		install -o "$user" -g "$user" -m 0600 "$LAB/keys/authorized_keys" "/run/home/$user/.ssh/authorized_keys"
	done
}

hold_server() {
	mkdir /run/sshd /run/home
	users
}

# ssh takes the home from the list of users, whatever $HOME says. An engine that a test starts here is not the same one
# as the other, which a key in /etc/docker would make it.
hold_workstation() {
	mkdir "$LAB/workstation/etc-docker"
	cp /etc/docker/daemon.json "$LAB/workstation/etc-docker"
	mount --bind "$LAB/workstation/etc-docker" /etc/docker
	sed "s|^\(root:.*:\)[^:]*:\([^:]*\)$|\1$LAB/home:\2|" /etc/passwd | private_file /etc/passwd
	mkdir /run/lab
	mount --bind "$LAB" /run/lab
	mount -t tmpfs -o mode=700 tmpfs "$IN_TEST_ENGINE"
	mkdir "$LAB"
	mount --move /run/lab "$LAB"
	mount -t tmpfs -o mode=700 tmpfs "$LAB/remote"
	mount -t tmpfs -o mode=700 tmpfs "$LAB/jump"
}

# Names are known from files alone, so that an unknown one is unknown at once.
names() {
	printf 'hosts: files\n' | private_file /etc/nsswitch.conf
	{
		printf '127.0.0.1 localhost\n::1 localhost\n'
		case $host in
		workstation) printf '10.214.0.1 remote.test\nfd42:6f73::1 remote6.test\n10.214.1.1 jump.test\n' ;;
		jump) printf '10.214.2.1 inner.test\n' ;;
		esac
	} | private_file /etc/hosts
}

hold() {
	host=$1
	hostname "$host"
	mount -t tmpfs -o mode=755 tmpfs /run
	ip link set lo up
	names
	case $host in
	workstation) hold_workstation ;;
	*) hold_server ;;
	esac
	touch "$LAB/run/$host.ready"
	sleep infinity &
	wait
}

# --- making the hosts ------------------------------------------------------------------------------------------------

# host NAME UNSHARE-OPTION...: its files are in $LAB/NAME, which only root enters.
host() {
	local name=$1 process why=$LAB/$1.log
	shift
	setpriv --pdeathsig KILL unshare --mount --uts --ipc --pid --fork --kill-child "$@" \
		/bin/bash "$SELF" hold "$name" >>"$LAB/$name.log" 2>&1 </dev/null &
	process=$!
	wait_until test -e "$LAB/run/$name.ready"
	tr -d ' ' <"/proc/$process/task/$process/children" >"$LAB/run/$name"
}

make_keys() {
	local ssh=$LAB/home/.ssh key
	mkdir -m 0700 "$LAB/keys" "$LAB/home" "$ssh"
	for key in host_old host_new host_jump; do
		ssh-keygen -q -t ed25519 -N '' -C "$key" -f "$LAB/keys/$key"
	done
	ssh-keygen -q -t ed25519 -N '' -C workstation -f "$ssh/id_ed25519"
	ssh-keygen -q -t ed25519 -N "$PASSPHRASE" -C locked -f "$ssh/id_locked"
	ssh-keygen -q -t ed25519 -N '' -C unknown -f "$ssh/id_unknown"
	cat "$ssh/id_ed25519.pub" "$ssh/id_locked.pub" >"$LAB/keys/authorized_keys"
	{
		printf '[remote.test]:%s,[10.214.0.1]:%s,[remote6.test]:%s,[fd42:6f73::1]:%s,[remote.test]:%s,[inner.test]:%s %s\n' \
			"$SSH_PORT" "$SSH_PORT" "$SSH_PORT" "$SSH_PORT" "$SLOW_PORT" "$SSH_PORT" \
			"$(cat "$LAB/keys/host_old.pub")"
		printf '[jump.test]:%s %s\n' "$JUMP_PORT" "$(cat "$LAB/keys/host_jump.pub")"
	} >"$ssh/known_hosts"
	write_ssh_config >"$ssh/config"
	chmod 0600 "$ssh/known_hosts" "$ssh/config"
}

# Aliases: remote; outsider, who may not use the socket; slow, through `delay`; locked, whose key has a passphrase;
# inner, which only the jump host reaches.
write_ssh_config() {
	cat <<-END
		Host remote remote.test outsider locked
		    HostName remote.test
		    Port $SSH_PORT
		Host slow
		    HostName remote.test
		    Port $SLOW_PORT
		Host inner
		    HostName inner.test
		    Port $SSH_PORT
		    ProxyJump jump
		Host jump
		    HostName jump.test
		    Port $JUMP_PORT
		Host locked
		    IdentityFile ~/.ssh/id_locked
		    IdentitiesOnly yes
		Host outsider
		    User outsider
		Host remote remote.test slow locked inner jump
		    User deployer
	END
}

join() {
	local link=$1 near=$2 far=$3
	ip link del "$link" 2>/dev/null || true
	ip link add "$link" type veth peer name eth0 netns "$(init_of "$4")"
	ip addr add "$near/24" dev "$link"
	ip link set "$link" up
	on "$4" ip addr add "$far/24" dev eth0
	on "$4" ip link set eth0 up
}

make_links() {
	join ws0 10.214.0.1 10.214.0.2 workstation
	ip addr add fd42:6f73::1/64 dev ws0 nodad
	on workstation ip addr add fd42:6f73::2/64 dev eth0 nodad
	join jump0 10.214.2.1 10.214.2.2 jump
	ip link add jump0 netns "$(init_of workstation)" type veth peer name ws0 netns "$(init_of jump)"
	on workstation ip addr add 10.214.1.2/24 dev jump0
	on workstation ip link set jump0 up
	on jump ip addr add 10.214.1.1/24 dev ws0
	on jump ip link set ws0 up
}

make_programs() {
	local program
	mkdir "$LAB/bin"
	for program in socket-proxy delay-relay; do
		cc -std=gnu11 -O1 -o "$LAB/bin/$program" "$REPO/tests/lib/$program.c"
	done
}

run_finish() {
	trap - EXIT
	trap '' INT TERM HUP
	local_engine_end
	# shellcheck disable=SC2046 # process numbers
	kill -KILL $(jobs -p) 2>/dev/null || true
	wait 2>/dev/null || true
	there=
	heal
	open_all 2>/dev/null || true
	# the kernel would, some time after the last process
	ip link del ws0 2>/dev/null || true
	ip link del jump0 2>/dev/null || true
	rm -rf "$LAB"
}

run() {
	umask 022
	stop
	mkdir "$LAB" "$LAB/run"
	mkdir -m 0700 "$LAB/remote" "$LAB/workstation" "$LAB/jump"
	echo $$ >"$LAB/owner"
	trap run_finish EXIT
	trap 'exit 143' INT TERM HUP
	make_programs
	make_keys
	host remote --mount-proc
	host workstation --net
	host jump --net --mount-proc
	make_links
	# shellcheck disable=SC2119 # no port but for ssh
	allow
	write_sshd_config remote "$SSH_PORT" host_old
	write_sshd_config jump "$JUMP_PORT" host_jump
	sshd_start remote
	sshd_start jump
	: >"$LAB/requests"
	socket "$DOCKER_SOCKET" "$LAB/requests"
	touch "$LAB/ready"
	wait
}

start() {
	rm -f "$LAB/ready"
	setsid /bin/bash "$SELF" run >"$TEST_STATE/lab.log" 2>&1 </dev/null &
	wait_until test -e "$LAB/ready"
}

# An owner that was killed took its hosts with it, but not that engine.
stop() {
	local pid
	if pid=$(owner); then
		kill "$pid"
		while [ -d "/proc/$pid" ]; do sleep 0.05; done
	fi
	local_engine_end
	rm -rf "$LAB"
}

# --- sshd ------------------------------------------------------------------------------------------------------------

# write_sshd_config HOST PORT KEY [LINE]...: sshd takes the first value of each option
write_sshd_config() {
	local host=$1 port=$2 key=$3 dir=$LAB/$1
	shift 3
	{
		[ $# -eq 0 ] || printf '%s\n' "$@"
		cat <<-END
			Port $port
			HostKey $LAB/keys/$key
			PidFile $dir/sshd.pid
			LogLevel VERBOSE
			StrictModes yes
			AuthorizedKeysFile .ssh/authorized_keys
			PasswordAuthentication no
			KbdInteractiveAuthentication no
			PermitRootLogin no
			UsePAM no
			UseDNS no
			PrintMotd no
			PrintLastLog no
		END
	} >"$dir/sshd_config"
}

sshd_start() {
	on "$1" "$(type -P sshd)" -f "$LAB/$1/sshd_config" -E "$LAB/$1/sshd.log"
	wait_until test -s "$LAB/$1/sshd.pid"
}

# For sshd of HOST: the number that its own namespace gives it.
sshd_signal() {
	on "$1" kill "-$2" "$(cat "$LAB/$1/sshd.pid")"
}

listens() {
	grep -c '^Server listening on ' "$LAB/remote/sshd.log" || true
}

listens_anew() {
	[ "$(listens)" -ge $(($1 + 2)) ]
}

sshd_reload() {
	local before
	before=$(listens)
	sshd_signal remote HUP
	wait_until listens_anew "$before"
}

sshd() {
	local verb=$1
	shift
	case $verb in
	start) sshd_start remote ;;
	stop)
		sshd_signal remote TERM
		wait_until test ! -e "$LAB/remote/sshd.pid"
		;;
	set)
		write_sshd_config remote "$SSH_PORT" host_old "$@"
		sshd_reload
		;;
	*) die "sshd start, stop or set, not $verb" ;;
	esac
}

host_key() {
	write_sshd_config remote "$SSH_PORT" "host_$1"
	sshd_reload
}

connections() {
	grep -c '^Connection from ' "$LAB/${1:-remote}/sshd.log" || true
}

forget() {
	: >"$LAB/remote/sshd.log"
	: >"$LAB/jump/sshd.log"
}

agent() {
	local socket=$LAB/home/agent
	printf '#!/bin/sh\necho "%s"\n' "$PASSPHRASE" >"$LAB/bin/askpass"
	chmod 0700 "$LAB/bin/askpass"
	rm -f "$socket"
	on workstation ssh-agent -a "$socket" >/dev/null
	SSH_AUTH_SOCK=$socket SSH_ASKPASS=$LAB/bin/askpass SSH_ASKPASS_REQUIRE=force \
		on workstation ssh-add -q "$LAB/home/.ssh/id_locked" </dev/null
	echo "$socket"
}

# --- the engine and its socket ---------------------------------------------------------------------------------------

# socket PATH LOG: the engine's socket for the group docker at another place, too; the requests to it are counted
socket() {
	local pidfile=$LAB/remote/${1##*/}.pid
	socket_end "$1"
	on remote rm -f "$1"
	# shellcheck disable=SC2016 # for the inner shell
	on remote setsid sh -c 'echo $$ >"$1"; shift; umask 0117; exec "$@"' sh "$pidfile" \
		"$LAB/bin/socket-proxy" "$1" "$IN_TEST_ENGINE/docker.sock" "$2" >>"$LAB/remote/proxy.log" 2>&1 </dev/null &
	wait_until on remote test -S "$1"
	on remote chgrp docker "$1"
}

# Nobody listens any more.
socket_end() {
	local pidfile=$LAB/remote/${1##*/}.pid
	[ -s "$pidfile" ] || return 0
	on remote kill -KILL "$(cat "$pidfile")"
	rm "$pidfile"
}

docker_is() {
	socket_end "$DOCKER_SOCKET"
	case $1 in
	stale) ;;
	missing) on remote rm -f "$DOCKER_SOCKET" ;;
	down)
		"$ENGINE" engine stop
		on remote rm -f "$DOCKER_SOCKET"
		;;
	killed) "$ENGINE" engine kill ;;
	up)
		"$ENGINE" engine start
		socket "$DOCKER_SOCKET" "$LAB/requests"
		;;
	*) die "docker missing, stale, down, killed or up, not $1" ;;
	esac
}

# --- the network -----------------------------------------------------------------------------------------------------

filter() {
	$there iptables -w "$@"
	$there ip6tables -w "$@"
}

open_all() {
	filter -t raw -D PREROUTING -i ws0 -j lab-in
	filter -t raw -D PREROUTING -i jump0 -j lab-in
	filter -t raw -F lab-in
	filter -t raw -X lab-in
}

# In the raw table, which docker and an engine's crash leave alone, and which also sees what docker would pass on.
# shellcheck disable=SC2120
allow() {
	local port
	open_all 2>/dev/null || true
	filter -t raw -N lab-in
	for port in "$SSH_PORT" "$SLOW_PORT" "$@"; do
		filter -t raw -A lab-in -p tcp --dport "$port" -j ACCEPT
	done
	$there iptables -w -t raw -A lab-in -p icmp -j ACCEPT
	$there ip6tables -w -t raw -A lab-in -p icmpv6 -j ACCEPT
	filter -t raw -A lab-in -j DROP
	filter -t raw -A PREROUTING -i ws0 -j lab-in
	filter -t raw -A PREROUTING -i jump0 -j lab-in
}

# The ports of the workstation that ssh has a connection from.
peers() {
	on remote ss -Hnt state established "( sport = :$SSH_PORT or sport = :$SLOW_PORT )" |
		awk '{ sub(/.*:/, "", $NF); print $NF }'
}

# cut_off HOW [PORT]: only what comes from, or goes to, that port of the workstation
cut_off() {
	local how=$1 from=${2:+"--sport $2"} to=${2:+"--dport $2"}
	set -- -p tcp -m multiport --ports "$SSH_PORT,$SLOW_PORT" -m comment --comment lab-cut -m tcp
	# shellcheck disable=SC2086 # none or two words
	case $how in
	drop)
		filter -t raw -I PREROUTING -i ws0 "$@" $from -j DROP
		filter -t raw -I OUTPUT -o ws0 "$@" $to -j DROP
		;;
	reset)
		filter -I INPUT -i ws0 "$@" $from ! --tcp-flags RST RST -j REJECT --reject-with tcp-reset
		filter -I OUTPUT -o ws0 "$@" $to ! --tcp-flags RST RST -j REJECT --reject-with tcp-reset
		;;
	*) die "cut drop or reset, not $how" ;;
	esac
}

cut_now() {
	local peer
	if [ -z "${2:-}" ]; then
		cut_off "$1"
		return
	fi
	for peer in $(peers); do
		cut_off "$1" "$peer"
	done
}

heal() {
	local program table rule
	for program in iptables ip6tables; do
		for table in raw filter; do
			$there "$program" -w -t "$table" -S | grep -F -- '--comment lab-cut ' | while read -r rule; do
				# shellcheck disable=SC2086 # a rule as iptables printed it: words without quotes
				$there "$program" -w -t "$table" -D ${rule#-A }
			done || true
		done
	done
}

delay() {
	[ ! -s "$LAB/remote/relay.pid" ] || on remote kill -KILL "$(cat "$LAB/remote/relay.pid")"
	# shellcheck disable=SC2016 # for the inner shell
	on remote setsid sh -c 'echo $$ >"$1"; shift; exec "$@"' sh "$LAB/remote/relay.pid" \
		"$LAB/bin/delay-relay" "$SLOW_PORT" "$SSH_PORT" "$1" >>"$LAB/remote/relay.log" 2>&1 </dev/null &
	wait_until on remote sh -c "ss -Hltn sport = :$SLOW_PORT | grep -q ."
}

# Its processes are not in the workstation's own PID namespace: they look for themselves in the /proc of `exec`.
local_engine() {
	local why=$LAB/workstation/dockerd.log
	("$SELF" exec "$REPO/deploy/scripts/engine.sh" run --data-root "$LAB/workstation/docker" \
		--pidfile "$LAB/run/dockerd" >"$why" 2>&1 </dev/null &)
	wait_until "$SELF" exec docker version
}

local_engine_end() {
	local pid
	[ -s "$LAB/run/dockerd" ] || return 0
	pid=$(cat "$LAB/run/dockerd")
	if tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "--pidfile=$LAB/"; then
		kill "$pid"
		while [ -d "/proc/$pid" ]; do sleep 0.05; done
	fi
}

# --- the workstation -------------------------------------------------------------------------------------------------

enter() {
	local init
	init=$(init_of workstation)
	unset DOCKER_HOST
	case ${SSH_AUTH_SOCK:-} in "$LAB"/*) ;; *) unset SSH_AUTH_SOCK ;; esac
	# shellcheck disable=SC2016 # for the inner shell: the working directory is lost on the way in
	exec nsenter --target "$init" --net --mount --ipc --uts -- \
		/bin/sh -c 'cd "$1" 2>/dev/null || cd /; shift; exec "$@"' sh "$PWD" "$@"
}

main() {
	local verb=${1:-}
	[ -n "${IN_TEST_ENGINE:-}" ] || exec "$ENGINE" exec "$SELF" "$@"
	[ $# -eq 0 ] || shift
	case $verb in
	run | start | stop | hold | on | sshd | heal | allow | delay | agent | socket | connections | forget) "$verb" "$@" ;;
	host-key) host_key "$@" ;;
	docker) docker_is "$@" ;;
	local-engine) local_engine ;;
	cut) cut_now "$@" ;;
	exec) enter "$@" ;;
	*) die "not a command: $verb (see the head of $SELF)" ;;
	esac
}

main "$@"
