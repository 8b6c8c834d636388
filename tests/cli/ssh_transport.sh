#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The connection to another host's docker, with the real ssh and a real server on the loopback. tests/remote/connect
# opens it as the commands do.

# shellcheck disable=SC2154,SC2016 # sshd_* and ssh_* come from lib/sshd.sh; programs in single quotes are for others
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/sshd.sh
. "$(dirname "$0")/../lib/sshd.sh"

CONNECT=${CONNECT:-$(dirname -- "$OPENSHELL")/tests/remote/connect}
run=$TEST_RUN/run
sock=$TEST_TMP/engine.sock
out=$TEST_TMP/out
err=$TEST_TMP/err
user=$(id -un)
unset SSH_AUTH_SOCK DOCKER_HOST DOCKER_CONTEXT OPENSHELL_REMOTE_DOCKER_SOCKET

# What the command run over a connection asks docker: by the forwarded socket, or by the `ssh` that docker would find.
make_ping() {
	cat >"$TEST_TMP/ping" <<-'END'
		#!/usr/bin/python3
		import os, socket, subprocess, sys
		request = b"GET /_ping HTTP/1.0\r\n\r\n"
		host = os.environ["DOCKER_HOST"]
		if host.startswith("unix://"):
		    s = socket.socket(socket.AF_UNIX)
		    s.connect(host[len("unix://"):])
		    s.sendall(request)
		    answer = s.recv(4096)
		else:
		    with subprocess.Popen(["ssh", "-l", "any", "--", "host", "docker"], stdin=subprocess.PIPE,
		                          stdout=subprocess.PIPE) as p:
		        p.stdin.write(request)
		        p.stdin.flush()
		        answer = p.stdout.read1(4096)
		        p.stdin.close()
		print(answer.decode().split("\r\n\r\n")[1])
	END
	chmod 755 "$TEST_TMP/ping"
}

# given_docker CONTEXT-HOST [works]: the program docker on the other host
given_docker() {
	cat >"$sshd_path/docker" <<-END
		#!/bin/sh
		echo "\$*" >>"$TEST_TMP/docker.calls"
		case "\$*" in
		version*) [ "${2:-}" = works ] ;;
		context*) echo "$1" ;;
		*dial-stdio) exec /usr/bin/python3 "$TEST_TMP/dial.py" "$sock" ;;
		esac
	END
	cat >"$TEST_TMP/dial.py" <<-'END'
		import os, socket, sys, threading
		s = socket.socket(socket.AF_UNIX)
		s.connect(sys.argv[1])
		def up():
		    while True:
		        data = os.read(0, 65536)
		        if not data:
		            break
		        s.sendall(data)
		    s.shutdown(socket.SHUT_WR)
		threading.Thread(target=up, daemon=True).start()
		while True:
		    data = s.recv(65536)
		    if not data:
		        break
		    os.write(1, data)
	END
	chmod 755 "$sshd_path/docker"
	: >"$TEST_TMP/docker.calls"
}

no_docker() {
	rm -f "$sshd_path/docker"
}

# over [OPTION]... SOCKET COMMAND...: the usual key and known host; the socket may be ""
over() {
	over_options=
	while :; do
		case $1 in
		-*) over_options="$over_options $1" && shift ;;
		*) break ;;
		esac
	done
	over_socket=$1
	shift
	over_status=0
	# shellcheck disable=SC2086 # options
	XDG_RUNTIME_DIR=$run timeout 100 "$CONNECT" $over_options -k "${key:-$ssh_key}" -o "UserKnownHostsFile=${known:-$ssh_known}" \
		"ssh://$user@127.0.0.1:${port:-$sshd_port}$over_socket" "$@" >"$out" 2>"$err" </dev/null || over_status=$?
	return "$over_status"
}

nothing_is_left() {
	expect_equal '' "$(ls -A "$run/openshell")"
	expect_equal '' "$(pgrep -f -- "-S $run/openshell" || true)"
}

# fails_as STATUS CODE COMMAND...
fails_as() {
	fails_status=$1
	fails_code=$2
	shift 2
	expect_status "$fails_status" "$@"
	expect_equal "$fails_code" "$(sed -n 's/^\([a-z-]*\): .*/\1/p' "$err" | grep -v '^step$\|^note$\|^warning$' | head -n 1)"
	nothing_is_left
}

## the way

forwarded() {
	sshd_start
	over "$sock" "$TEST_TMP/ping"
	expect_has "forwarded $sock" "$out"
	expect_has OK "$out"
	expect_equal 1 "$(sshd_connections)"
	expect_lacks 'Starting session' "$sshd_log"
	nothing_is_left
}

without_sessions() {
	sshd_start 'MaxSessions 0'
	over "$sock" "$TEST_TMP/ping"
	expect_has OK "$out"
	expect_equal 1 "$(sshd_connections)"
}

asked_for() {
	sshd_start
	given_docker "unix://$sock"
	over '' "$TEST_TMP/ping"
	expect_has "forwarded $sock" "$out"
	expect_has OK "$out"
	expect_equal 1 "$(sshd_connections)"
	nothing_is_left
}

forbidden() {
	sshd_start "$1"
	given_docker tcp://unused works
	over "$sock" "$TEST_TMP/ping"
	expect_has sessions "$out"
	expect_has OK "$out"
	expect_has "--host unix://$sock system dial-stdio" "$TEST_TMP/docker.calls"
	expect_equal 1 "$(sshd_connections)"
	nothing_is_left
}

few_sessions() {
	sshd_start 'AllowStreamLocalForwarding no' 'MaxSessions 1' 'MaxStartups 1'
	given_docker tcp://unused works
	over "$sock" sh -c '"$0"; "$0"; "$0"' "$TEST_TMP/ping"
	expect_equal 3 "$(grep -c OK "$out")"
	expect_equal 1 "$(sshd_connections)"
}

shown_when_asked() {
	sshd_start
	over -v "$sock" true
	expect_has "its socket $sock is forwarded to $run/openshell/ssh." "$err"
}

## failures

docker_down() {
	sshd_start
	given_docker tcp://unused
	rm -f "$TEST_TMP/dead.sock"
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$TEST_TMP/dead.sock"
	fails_as 5 remote-docker-down over "$TEST_TMP/dead.sock" true
}

docker_absent() {
	sshd_start
	no_docker
	fails_as 5 remote-docker-absent over "$TEST_TMP/none.sock" true
}

nothing_to_ask() {
	sshd_start 'AllowStreamLocalForwarding no' 'ForceCommand echo this is for files only'
	fails_as 5 ssh-forwarding over "$sock" true
}

refused() {
	sshd_start
	port=1 fails_as 5 ssh-refused over "$sock" true
}

not_let_in() {
	sshd_start
	key=$sshd_dir/host fails_as 6 ssh-auth over "$sock" true
	key=$ssh_locked_key fails_as 6 ssh-auth over "$sock" true
}

unknown_key() {
	sshd_start
	: >"$TEST_TMP/known"
	known=$TEST_TMP/known fails_as 6 ssh-host-key-unknown over "$sock" true
	expect_equal 0 "$(wc -l <"$TEST_TMP/known")"
}

changed_key() {
	sshd_start
	sed "s|ssh-ed25519 .*|$(cut -d' ' -f1,2 "$ssh_key.pub")|" "$ssh_known" >"$TEST_TMP/known"
	known=$TEST_TMP/known fails_as 6 ssh-host-key-changed over "$sock" true
}

# configured LINE...: what runs over a connection has a configuration of ssh with these lines
configured() {
	mkdir -p "$TEST_TMP/configured"
	printf '%s\n' "$@" >"$TEST_TMP/ssh_config"
	printf '#!/bin/sh\nexec %s -F %s "$@"\n' "$(command -v ssh)" "$TEST_TMP/ssh_config" >"$TEST_TMP/configured/ssh"
	chmod 755 "$TEST_TMP/configured/ssh"
}

silent() {
	sshd_start
	configured 'LogLevel QUIET'
	port=1 PATH=$TEST_TMP/configured:$PATH fails_as 5 ssh-refused over "$sock" true
	key=$sshd_dir/host PATH=$TEST_TMP/configured:$PATH fails_as 6 ssh-auth over "$sock" true
}

background_by_configuration() {
	sshd_start
	configured 'ForkAfterAuthentication yes'
	PATH=$TEST_TMP/configured:$PATH fails_as 5 ssh-config over "$sock" true
	expect_has 'ForkAfterAuthentication' "$err"
}

no_ssh() {
	mkdir -p "$TEST_TMP/empty"
	PATH=$TEST_TMP/empty XDG_RUNTIME_DIR=$run expect_status 5 "$CONNECT" box true 2>"$err"
	expect_has 'ssh-missing: ' "$err"
	nothing_is_left
}

## a connection that breaks

# Each call counts itself; the first one cuts the connection and fails as docker does then.
cutting_command() {
	: >"$TEST_TMP/count"
	cat >"$TEST_TMP/cut" <<-END
		#!/bin/sh
		echo x >>"$TEST_TMP/count"
		[ "\$(wc -l <"$TEST_TMP/count")" -gt "\$1" ] || { pkill -KILL -P $sshd_pid; sleep 0.5; exit 1; }
		exec "$TEST_TMP/ping"
	END
	chmod 755 "$TEST_TMP/cut"
}

look_again() {
	sshd_start
	cutting_command
	over "$sock" "$TEST_TMP/cut" 1
	expect_has OK "$out"
	expect_has 'connecting again' "$err"
	expect_equal 2 "$(sshd_connections)"
	nothing_is_left
}

change_once() {
	sshd_start
	cutting_command
	fails_as 5 ssh-lost over -c "$sock" "$TEST_TMP/cut" 1
	expect_equal 1 "$(wc -l <"$TEST_TMP/count")"
	expect_equal 1 "$(sshd_connections)"
}

sessions_again() {
	sshd_start 'AllowStreamLocalForwarding no'
	given_docker tcp://unused works
	cutting_command
	over "$sock" "$TEST_TMP/cut" 1
	expect_has OK "$out"
	expect_equal 2 "$(sshd_connections)"
}

server_gone() {
	sshd_start
	cat >"$TEST_TMP/cut" <<-END
		#!/bin/sh
		pids=\$(pgrep -P $sshd_pid); kill $sshd_pid; kill -KILL \$pids; sleep 0.5; exit 1
	END
	chmod 755 "$TEST_TMP/cut"
	fails_as 5 ssh-refused over "$sock" "$TEST_TMP/cut"
	expect_has 'the connection was lost, and cannot be made again' "$err"
}

## ends

one_runs() {
	[ -S "$(echo "$run"/openshell/ssh.*/remote-docker.sock)" ]
}

# background COMMAND...: over a connection, until it is there
background() {
	XDG_RUNTIME_DIR=$run "$CONNECT" -k "$ssh_key" -o "UserKnownHostsFile=$ssh_known" "ssh://$user@127.0.0.1:$sshd_port$sock" \
		"$@" >"$out" 2>"$err" </dev/null &
	background_pid=$!
	eventually 20 one_runs
}

no_ssh_runs() {
	! pgrep -f -- "-S $run/openshell" >/dev/null
}

killed() {
	sshd_start
	background sleep 100
	kill -KILL "$background_pid"
	eventually 10 no_ssh_runs
	expect_equal 1 "$(find "$run/openshell" -name 'ssh.*' | wc -l)"
	over "$sock" true
	nothing_is_left
}

beside() {
	sshd_start
	background sleep 100
	over "$sock" "$TEST_TMP/ping"
	expect_has OK "$out"
	one_runs
	kill "$background_pid"
	eventually 10 no_ssh_runs
}

stopped() {
	sshd_start
	background sleep 100
	kill -"$1" "$background_pid"
	expect_status "$2" wait "$background_pid"
	nothing_is_left
}

# A server that takes the call and says nothing.
stopped_while_connecting() {
	python3 - "$TEST_TMP/mute" <<-'END' &
		import socket, sys, time
		s = socket.socket()
		s.bind(("127.0.0.1", 0))
		s.listen(5)
		with open(sys.argv[1], "w") as f:
		    f.write(str(s.getsockname()[1]))
		time.sleep(100)
	END
	mute=$!
	eventually 10 test -s "$TEST_TMP/mute"
	XDG_RUNTIME_DIR=$run "$CONNECT" "ssh://127.0.0.1:$(cat "$TEST_TMP/mute")" true >"$out" 2>"$err" </dev/null &
	mute_connect=$!
	eventually 10 pgrep -f -- "-S $run/openshell" >/dev/null
	kill "$mute_connect"
	expect_status 143 wait "$mute_connect"
	nothing_is_left
	kill "$mute"
}

long_directory() {
	sshd_start
	long=$TEST_TMP/$(printf '%0100d' 0)
	mkdir -m 0700 "$long"
	XDG_RUNTIME_DIR=$long "$CONNECT" -k "$ssh_key" -o "UserKnownHostsFile=$ssh_known" "ssh://$user@127.0.0.1:$sshd_port$sock" \
		sh -c '"$0"; echo "$DOCKER_HOST"' "$TEST_TMP/ping" >"$out"
	expect_has OK "$out"
	expect_has "unix:///tmp/openshell-$(id -u)/ssh." "$out"
}

## somebody is there

# on_terminal WAITED-FOR TYPED ARGUMENT...: connect on a terminal of its own, where TYPED is typed once the other is seen
on_terminal() {
	XDG_RUNTIME_DIR=$run timeout 60 python3 - "$CONNECT" "$@" >"$out" 2>&1 <<-'END'
		import os, pty, sys
		program, waited, typed = sys.argv[1:4]
		pid, fd = pty.fork()
		if pid == 0:
		    os.execv(program, [program] + sys.argv[4:])
		seen, done = b"", not waited
		while True:
		    try:
		        data = os.read(fd, 4096)
		    except OSError:
		        break
		    if not data:
		        break
		    seen += data
		    if not done and waited.encode() in seen:
		        os.write(fd, typed.encode().decode("unicode_escape").encode())
		        done = True
		sys.stdout.buffer.write(seen)
		sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	END
}

passphrase_asked() {
	sshd_start
	on_terminal 'passphrase for key' 'secret\n' -a -k "$ssh_locked_key" -o "UserKnownHostsFile=$ssh_known" \
		"ssh://$user@127.0.0.1:$sshd_port$sock" "$TEST_TMP/ping"
	expect_has OK "$out"
	expect_lacks secret "$out"
	nothing_is_left
}

host_key_asked() {
	sshd_start
	: >"$TEST_TMP/known"
	on_terminal 'continue connecting' 'yes\n' -a -k "$ssh_key" -o "UserKnownHostsFile=$TEST_TMP/known" \
		"ssh://$user@127.0.0.1:$sshd_port$sock" "$TEST_TMP/ping"
	expect_has OK "$out"
	expect_equal 1 "$(wc -l <"$TEST_TMP/known")"
}

prompt_interrupted() {
	sshd_start
	expect_status 130 on_terminal 'passphrase for key' '\x03' -a -k "$ssh_locked_key" -o "UserKnownHostsFile=$ssh_known" \
		"ssh://$user@127.0.0.1:$sshd_port$sock" "$TEST_TMP/ping"
	nothing_is_left
}

agent() {
	sshd_start
	eval "$(ssh-agent -s)" >/dev/null
	at_exit "kill $SSH_AGENT_PID 2>/dev/null"
	printf '#!/bin/sh\necho secret\n' >"$TEST_TMP/askpass"
	chmod 755 "$TEST_TMP/askpass"
	SSH_ASKPASS=$TEST_TMP/askpass SSH_ASKPASS_REQUIRE=force ssh-add -q "$ssh_locked_key" </dev/null
	key=$ssh_locked_key over "$sock" "$TEST_TMP/ping"
	expect_has OK "$out"
	key=$ssh_locked_key.pub over "$sock" "$TEST_TMP/ping"
	expect_has OK "$out"
	kill "$SSH_AGENT_PID"
}

names_asked() {
	"$CONNECT" -n -o ProxyJump=me@bastion:2200 -o HostName=10.1.2.3 ssh://alice@box:2222 >"$out" 2>"$err"
	expect_equal '10.1.2.3 2222 alice me@bastion:2200' "$(cat "$out")"
	expect_has 'ssh -N -L 127.0.0.1:8080:127.0.0.1:8080 -p 2222 -l alice -- box' "$err"
}

main() {
	[ -x "$CONNECT" ] || { not_ok ssh_transport_has_a_program_to_test "$CONNECT is not there: make check" && exit 0; }
	[ -x "$sshd_program" ] || { skip ssh_transport 'there is no sshd' && exit 0; }
	mkdir -m 0700 "$run"
	make_ping
	engine_start "$sock"
	check a_given_socket_is_forwarded_over_one_connection_without_a_session forwarded
	check a_server_that_allows_no_session_is_no_hindrance without_sessions
	if [ -S /var/run/docker.sock ]; then
		skip the_socket_that_docker_there_uses_is_asked_for_over_the_same_connection 'an engine is at the usual place'
	else
		check the_socket_that_docker_there_uses_is_asked_for_over_the_same_connection asked_for
	fi
	check where_stream_local_forwarding_is_forbidden_docker_there_is_called forbidden 'AllowStreamLocalForwarding no'
	check where_all_forwarding_is_forbidden_docker_there_is_called forbidden 'DisableForwarding yes'
	check one_session_at_a_time_is_enough_for_calls_one_after_another few_sessions
	check the_way_is_told_with_v shown_when_asked
	check an_engine_that_does_not_answer_is_told docker_down
	check a_host_without_docker_is_told docker_absent
	check a_host_that_runs_nothing_for_us_is_told nothing_to_ask
	check a_port_where_nobody_listens_is_told refused
	check a_key_that_is_not_let_in_or_has_a_passphrase_is_told not_let_in
	check an_unknown_host_key_is_told_and_not_trusted unknown_key
	check a_changed_host_key_is_told changed_key
	check what_ssh_is_to_keep_quiet_about_is_told_all_the_same silent
	if ssh -G -o ForkAfterAuthentication=no -- x >/dev/null 2>&1; then
		check an_ssh_that_goes_into_the_background_is_ended_and_told background_by_configuration
	else
		skip an_ssh_that_goes_into_the_background_is_ended_and_told 'this ssh does not'
	fi
	check a_missing_ssh_is_told no_ssh
	check a_look_whose_connection_broke_is_made_again look_again
	check a_change_whose_connection_broke_is_not_repeated change_once
	check sessions_go_on_over_a_new_connection sessions_again
	check a_server_that_is_gone_is_told server_gone
	check a_killed_program_leaves_no_ssh_and_the_next_one_removes_its_directory killed
	check two_connections_do_not_mind_each_other beside
	check sigterm_leaves_nothing stopped TERM 143
	check sighup_leaves_nothing stopped HUP 129
	check a_stop_while_connecting_leaves_nothing stopped_while_connecting
	check a_long_runtime_directory_gives_way_to_a_short_one long_directory
	check a_passphrase_is_asked_for_on_a_terminal passphrase_asked
	check a_host_key_is_asked_about_on_a_terminal host_key_asked
	check ctrl_c_at_the_prompt_ends_it prompt_interrupted
	check an_agent_is_used_with_the_private_or_the_public_half_of_the_key agent
	check names_come_from_ssh_s_configuration_and_hosts_in_between_are_warned_of names_asked
}

main "$@"
