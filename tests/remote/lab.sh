#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The hosts of tests/lib/test-remote.sh: other tests stand on their being apart, and on each switch doing what it says.
# Plain ssh and docker show it.

# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/engine.sh
. "$(dirname "$0")/../lib/engine.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/remote.sh
. "$(dirname "$0")/../lib/remote.sh"

tunnel=$TEST_TMP/tunnel.sock

fails() {
	! "$@"
}

# ssh_at DESTINATION [OPTION-OR-WORD...]: on the workstation, never asking; what it says on stderr is in $TEST_TMP/err
ssh_at() {
	sa_to=$1
	shift
	timeout 20 "$REPO/tests/lib/test-remote.sh" exec ssh -n -o BatchMode=yes "$sa_to" "$@" 2>"$TEST_TMP/err"
}

# Bounded; only then an answer that does not come is a failure.
docker_at() {
	timeout "${LIMIT:-20}" "$REPO/tests/lib/test-remote.sh" exec docker -H "$1" version --format '{{.Server.Version}}' \
		2>"$TEST_TMP/err"
}

# begin_tunnel DESTINATION [OPTION...]: its end is $tunnel, its process $tunnel_pid
begin_tunnel() {
	bt_to=$1
	shift
	rm -f "$tunnel"
	lab exec ssh -nNT -o BatchMode=yes "$@" -L "$tunnel:/var/run/docker.sock" "$bt_to" 2>"$TEST_TMP/tunnel.err" &
	tunnel_pid=$!
	trap 'kill $tunnel_pid 2>/dev/null || true' EXIT
	eventually 10 test -S "$tunnel"
}

through_tunnel() {
	docker_at "unix://$tunnel"
}

tunnel_ended() {
	! kill -0 "$tunnel_pid" 2>/dev/null
}

hosts() {
	expect_equal remote "$(ssh_at remote hostname)"
	expect_equal workstation "$(at_workstation hostname)"
	expect_equal deployer "$(ssh_at remote id -un)"
	expect_equal deployer "$(ssh_at deployer@fd42:6f73::1 -p 2222 id -un)"
	# not on the usual port
	fails ssh_at deployer@remote.test -F none -p 22 true
}

nothing_is_seen() {
	for path in /var/run/docker.sock /run/docker.sock "$IN_TEST_ENGINE/docker.sock" "$IN_TEST_ENGINE/data"; do
		fails at_workstation test -e "$path"
	done
	test -S "$IN_TEST_ENGINE/docker.sock"
	fails at_workstation docker version
	# no way but to the other two
	fails at_workstation ip route get 8.8.8.8
	fails ssh_at remote test -r "$LAB/keys/host_old"
}

listen() {
	python3 -m http.server --bind 0.0.0.0 "$1" >/dev/null 2>&1 &
	trap 'kill '$! EXIT
	eventually 5 curl -s -o /dev/null "http://127.0.0.1:$1/"
}

fetch() {
	at_workstation curl -s -o /dev/null --max-time 1 "http://remote.test:$1/"
}

only_ssh_is_reached() {
	listen 18080
	fails fetch 18080
	lab allow 18080
	fetch 18080
	lab allow
	fails fetch 18080
	ssh_at remote true
}

published_port() {
	mkdir "$TEST_TMP/root"
	cc -static -o "$TEST_TMP/root/answer" -x c - <<-'END'
		#include <netinet/in.h>
		#include <unistd.h>
		int main(void)
		{
			struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(80)};
			int s = socket(AF_INET, SOCK_STREAM, 0);

			if (bind(s, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(s, 9) < 0)
				return 1;
			for (;;) {
				int c = accept(s, 0, 0);
				char text[1024];

				if (read(c, text, sizeof(text)) < 0 || write(c, "HTTP/1.0 204 -\r\n\r\n", 18) < 0)
					return 1;
				close(c);
			}
		}
	END
	tar -C "$TEST_TMP/root" -cf - . | docker import - lab:1 >/dev/null
	docker run -d --name lab -p 18081:80 lab:1 /answer >/dev/null
	trap 'docker rm -f lab >/dev/null; docker rmi lab:1 >/dev/null' EXIT
	eventually 5 curl -sf -o /dev/null http://127.0.0.1:18081/
	fails fetch 18081
	lab allow 18081
	fetch 18081
	lab allow
}

tunnel_works() {
	: >"$LAB/requests"
	begin_tunnel remote
	expect_equal "$(docker version --format '{{.Server.Version}}')" "$(through_tunnel)"
	grep -q '^GET .*/version$' "$LAB/requests"
	: >"$LAB/requests"
	docker version >/dev/null
	expect_equal '' "$(cat "$LAB/requests")"
}

docker_over_ssh_works() {
	expect_equal "$(docker version --format '{{.Server.Version}}')" "$(docker_at ssh://remote)"
	expect_equal "$(docker version --format '{{.Server.Version}}')" "$(docker_at ssh://deployer@remote.test:2222)"
}

outsider() {
	expect_equal outsider "$(ssh_at outsider id -un)"
	ssh_at outsider test -S /var/run/docker.sock
	fails ssh_at outsider test -w /var/run/docker.sock
	fails docker_at ssh://outsider
}

locked_key() {
	unset SSH_AUTH_SOCK
	fails ssh_at locked true
	expect_has 'Permission denied (publickey)' "$TEST_TMP/err"
	SSH_AUTH_SOCK=$(lab agent)
	export SSH_AUTH_SOCK
	ssh_at locked true
}

unknown_key() {
	fails ssh_at remote -i "$LAB/home/.ssh/id_unknown" -o IdentitiesOnly=yes true
	expect_has 'Permission denied (publickey)' "$TEST_TMP/err"
}

jump() {
	lab forget
	fails ssh_at inner -o ProxyJump=none true
	fails at_workstation ping -c 1 -W 1 10.214.2.1
	expect_equal 0 "$(lab connections)"
	expect_equal remote "$(ssh_at inner hostname)"
	expect_equal '1 1' "$(lab connections) $(lab connections jump)"
}

counted() {
	lab forget
	ssh_at remote true
	ssh_at remote true
	expect_equal 2 "$(lab connections)"
	begin_tunnel remote
	through_tunnel
	through_tunnel
	expect_equal 3 "$(lab connections)"
}

# forbidden LINE: the connection stands, and its forwarding is of no use
forbidden() {
	lab sshd set "$1"
	begin_tunnel remote
	fails through_tunnel
	expect_has 'open failed' "$TEST_TMP/tunnel.err"
	docker_at ssh://remote
	lab sshd set
	kill "$tunnel_pid"
	begin_tunnel remote
	through_tunnel
}

# By the one connection or not at all.
mux() {
	ssh_at remote -S "$TEST_TMP/mux" -o ControlMaster=no -o ProxyCommand=false "$@"
}

one_session() {
	lab sshd set 'MaxSessions 1'
	begin_tunnel remote
	through_tunnel
	through_tunnel
	at_workstation ssh -o BatchMode=yes -fNM -S "$TEST_TMP/mux" remote 2>/dev/null
	lab exec ssh -S "$TEST_TMP/mux" remote sleep 3 </dev/null &
	sleep 0.5
	fails mux true
	expect_has 'Session open refused by peer' "$TEST_TMP/err"
	wait $!
	mux true
	lab sshd set
	mux -O exit
}

stranger() {
	# shellcheck disable=SC2016 # for the inner shell
	lab exec bash -c 'exec 3<>/dev/tcp/remote.test/2222; read -r banner <&3; echo "$banner"; sleep 5' >"$TEST_TMP/banner" &
	stranger=$!
	eventually 5 test -s "$TEST_TMP/banner"
}

one_startup() {
	lab sshd set 'MaxStartups 1'
	stranger
	fails ssh_at remote true
	expect_has 'kex_exchange_identification' "$TEST_TMP/err"
	wait "$stranger"
	eventually 5 ssh_at remote true
	lab sshd set
	stranger
	ssh_at remote true
}

stopped() {
	begin_tunnel remote
	lab sshd stop
	fails ssh_at remote true
	expect_has 'Connection refused' "$TEST_TMP/err"
	through_tunnel
	lab sshd start
	ssh_at remote true
}

host_key() {
	lab host-key new
	fails ssh_at remote true
	expect_has 'REMOTE HOST IDENTIFICATION HAS CHANGED' "$TEST_TMP/err"
	lab host-key old
	ssh_at remote true
	fails ssh_at remote -o UserKnownHostsFile=/dev/null true
	expect_has 'Host key verification failed' "$TEST_TMP/err"
}

# knocks: what the socket answers, as a user of it sees it
knocks() {
	ssh_at remote 'curl -sS --max-time 5 --unix-socket /var/run/docker.sock http://x/_ping 2>&1 || true'
}

no_socket() {
	lab docker missing
	fails ssh_at remote test -e /var/run/docker.sock
	docker version >/dev/null
	lab docker up
	expect_equal OK "$(knocks)"
}

stale_socket() {
	lab docker stale
	ssh_at remote test -S /var/run/docker.sock
	knocks | grep -qi "couldn't connect\|refused"
	docker version >/dev/null
	lab docker up
	expect_equal OK "$(knocks)"
}

no_engine() {
	lab docker down
	fails ssh_at remote test -e /var/run/docker.sock
	fails docker version >/dev/null
	lab docker up
	expect_equal OK "$(knocks)"
	lab docker killed
	ssh_at remote test -S /var/run/docker.sock
	fails docker version >/dev/null
	lab docker up
	expect_equal OK "$(knocks)"
}

other_socket() {
	lab socket /run/other.sock "$TEST_TMP/other"
	expect_equal OK "$(ssh_at remote curl -s --unix-socket /run/other.sock http://x/_ping)"
	expect_equal 'GET /_ping' "$(cat "$TEST_TMP/other")"
	fails ssh_at outsider curl -s --unix-socket /run/other.sock http://x/_ping
}

# What was under way waits, and comes when the way is open again.
dropped() {
	begin_tunnel remote
	lab cut drop
	LIMIT=2
	fails through_tunnel
	fails ssh_at remote -o ConnectTimeout=1 true
	expect_has 'Connection timed out' "$TEST_TMP/err"
	lab heal
	LIMIT=20
	through_tunnel
	ssh_at remote true
}

reset() {
	begin_tunnel remote
	lab cut reset
	fails through_tunnel
	eventually 5 tunnel_ended
	fails ssh_at remote true
	lab heal
	ssh_at remote true
}

# existing HOW: a new connection is let through
existing() {
	begin_tunnel remote -o ServerAliveInterval=1 -o ServerAliveCountMax=1
	lab cut "$1" existing
	ssh_at remote true
	LIMIT=2
	fails through_tunnel
	eventually 10 tunnel_ended
	lab heal
}

# chosen HOW: of three calls through a tunnel, the second is met
chosen() {
	mkdir -p "$TEST_TMP/meddling" "$TEST_TMP/$1"
	ln -sf "$REPO/tests/engine/meddling-docker" "$TEST_TMP/meddling/docker"
	REAL_DOCKER=$(command -v docker)
	export REAL_DOCKER MEDDLE_DIR="$TEST_TMP/$1" MEDDLE_HOW="$1" MEDDLE_AT=2
	export MEDDLE_RUN="$REPO/tests/lib/test-remote.sh cut reset"
	begin_tunnel remote -o ServerAliveInterval=1
	# shellcheck disable=SC2016 # for the inner shell
	PATH=$TEST_TMP/meddling:$PATH timeout 30 "$REPO/tests/lib/test-remote.sh" exec sh -c \
		'for call in "version" "events --until $1" "version"; do docker -H "$0" $call >/dev/null 2>&1; echo $?; done' \
		"unix://$tunnel" $(($(date +%s) + 15)) >"$TEST_TMP/statuses"
	lab heal
	expect_equal '0 1 1' "$(tr '\n' ' ' <"$TEST_TMP/statuses" | sed 's/ $//')"
}

local_engine() {
	lab local-engine
	fails at_workstation docker volume inspect apart
	docker volume create apart
	trap 'docker volume rm apart' EXIT
	fails at_workstation docker volume inspect apart
	at_workstation docker volume create here
	fails docker volume inspect here
	[ "$(docker info --format '{{.ID}}')" != "$(at_workstation docker info --format '{{.ID}}')" ]
}

# milliseconds COMMAND...: how long it takes
milliseconds() {
	ms_begin=$(date +%s%3N)
	"$@" >/dev/null
	echo $(($(date +%s%3N) - ms_begin))
}

banner_of_port() {
	at_workstation bash -c "exec 3<>/dev/tcp/remote.test/$1; read -r banner <&3"
}

between() {
	if [ "$2" -lt "$1" ] || [ "$2" -ge "$3" ]; then
		echo "expected $1 to $3, got $2" >&2
		return 1
	fi
}

ping_it() {
	at_workstation curl -s --unix-socket "$tunnel" http://x/_ping
}

# The greeting comes after two round trips, an answer after one: beside the same without the delay.
delayed() {
	lab delay 200
	near=$(milliseconds banner_of_port 2222)
	far=$(milliseconds banner_of_port 2223)
	echo "greeting: $near ms, with the delay $far ms"
	between 800 "$far" $((near + 1500))
	begin_tunnel remote
	near=$(milliseconds ping_it)
	kill "$tunnel_pid"
	begin_tunnel slow
	# the channel has to be opened, which docker's request does not wait for
	far=$(milliseconds ping_it)
	echo "through a tunnel: $near ms, with the delay $far ms"
	between 400 "$far" $((near + 1500))
}

intact() {
	lab delay 20
	head -c 5000000 /dev/urandom >"$TEST_TMP/data"
	at_workstation ssh -o BatchMode=yes slow cat <"$TEST_TMP/data" >"$TEST_TMP/back"
	cmp "$TEST_TMP/data" "$TEST_TMP/back"
}

nothing_stays() {
	lab stop
	[ ! -e "$LAB" ]
	fails ip link show ws0 2>/dev/null
	iptables -w -t raw -S | grep -c lab- | expect_equal 0 "$(cat)"
	fails pgrep -f "$LAB"
}

main() {
	check there_are_two_hosts_and_ssh_leads_from_one_to_the_other hosts
	check the_workstation_sees_nothing_of_the_engine nothing_is_seen
	check the_workstation_reaches_ssh_alone_until_a_port_is_allowed only_ssh_is_reached
	check published_ports_of_containers_are_closed_likewise published_port
	check a_tunnel_leads_to_the_engine_and_its_requests_are_counted tunnel_works
	check docker_over_ssh_leads_to_the_engine docker_over_ssh_works
	check a_user_without_the_group_may_not_use_the_socket outsider
	check a_key_with_a_passphrase_needs_the_agent locked_key
	check a_key_that_nobody_knows_is_denied unknown_key
	check inner_is_reached_only_through_the_jump_host jump
	check connections_are_counted counted
	check stream_local_forwarding_can_be_forbidden forbidden 'AllowStreamLocalForwarding no'
	check tcp_forwarding_can_be_forbidden forbidden 'AllowTcpForwarding no'
	check all_forwarding_can_be_forbidden forbidden 'DisableForwarding yes'
	check one_session_is_all_that_a_connection_may_have one_session
	check one_connection_at_a_time_may_be_new one_startup
	check without_sshd_connections_are_refused_and_old_ones_live stopped
	check the_host_key_changes_and_comes_back host_key
	check the_socket_can_be_missing no_socket
	check the_socket_can_be_stale stale_socket
	check the_engine_can_be_down_or_killed no_engine
	check there_can_be_another_socket other_socket
	check cut_by_drop_is_silence_until_it_heals dropped
	check cut_by_reset_ends_connections reset
	check cut_existing_by_drop_lets_new_connections_through existing drop
	check cut_existing_by_reset_lets_new_connections_through existing reset
	check the_cut_can_come_before_a_docker_call_of_choice chosen run-before
	check the_cut_can_come_during_a_docker_call_of_choice chosen run-during
	check the_workstation_can_have_another_engine local_engine
	check the_relay_delays_each_way delayed
	check the_relay_changes_nothing_of_what_passes intact
	check the_hosts_leave_nothing nothing_stays
}

main "$@"
