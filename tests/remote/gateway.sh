#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Gateways on another host, over the lab's ssh, with the fake cluster image: what the commands do there, which way they
# take, what they say when it fails, and what is left behind. tests/remote/engine-*.sh have the engine's own tests.

REMOTE=deployer@remote
program=${OPENSHELL:-$(dirname "$0")/../../openshell}
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/engine.sh
. "$(dirname "$0")/../lib/engine.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/gateway.sh
. "$(dirname "$0")/../lib/gateway.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/meddle.sh
. "$(dirname "$0")/../lib/meddle.sh"

# From the libraries:
# shellcheck disable=SC2154
: "$config" "$home" "$said" "$met" "$status"

PORT=18084
export SSH_AUTH_SOCK=

provide_images() {
	fake dev
	fake slow --set FAKE_HEALTHY_AFTER_MS=4000 --set FAKE_LOG_EVERY_MS=300
}

# on DESTINATION COMMAND...: the program on the workstation, with --remote and no terminal; what it says is in $said
on() {
	on_dest=$1
	shift
	OPENSHELL_CLUSTER_IMAGE=openshell/fake-cluster:dev timeout 60 "$REPO/tests/lib/test-remote.sh" exec "$program" "$@" \
		--remote "$on_dest" >"$said" 2>&1 </dev/null
}

# By what is recorded.
by_record() {
	timeout 60 "$REPO/tests/lib/test-remote.sh" exec "$program" "$@" >"$said" 2>&1 </dev/null
}

nothing_runs() {
	[ -z "$(lab exec pgrep -f -- '-S [^ ]*/ssh[.]' || true)" ]
}

no_trace() {
	eventually 5 nothing_runs
	expect_equal '' "$(find "$runtime" -name 'ssh.*')"
}

fresh() {
	lab heal
	[ -e "$LAB/remote/sshd.pid" ] || lab sshd start
	lab sshd set
	lab host-key old
	lab docker up
	remove_objects
	new_home
	trap remove_objects EXIT
}

record() {
	jq -r "$1" "$config/gateways/one/metadata.json"
}

## what it costs and what is recorded

one_connection() {
	fresh
	start dev
	lab forget
	forget_requests
	start dev
	expect_equal '1 0' "$(lab connections) $(mutations)"
	no_trace
}

recorded() {
	fresh
	on ssh://deployer@remote.test:2222 gateway start --name one --port "$PORT" --ssh-key "$LAB/home/.ssh/id_ed25519" \
		--ssh-option IPQoS=none --ssh-option Compression=yes
	expect_equal "true ssh://deployer@remote.test:2222 remote.test $LAB/home/.ssh/id_ed25519 IPQoS=none,Compression=yes" \
		"$(record '"\(.is_remote) \(.remote_host) \(.resolved_host) \(.ssh_key) \(.ssh_options | join(","))"')"
	expect_equal ssh://deployer@remote.test:2222 "$(record .docker_endpoint)"
	expect_lacks '/ssh\.' "$config/gateways/one/metadata.json"
	by_record -v doctor exec -- true
	expect_has "-i $LAB/home/.ssh/id_ed25519 -o IPQoS=none -o Compression=yes" "$said"
	expect_has 'its socket /var/run/docker.sock is forwarded to' "$said"
	by_record gateway destroy --name one
	no_trace
}

names_in_certificate() {
	fresh
	on remote gateway start --name one --port "$PORT" --gateway-host gw.example
	expect_equal "https://gw.example:$PORT" "$(record .gateway_endpoint)"
	expect_equal 'EXTRA_SANS=remote.test,remote,gw.example' "$(field '{{range .Config.Env}}{{println .}}{{end}}' | grep EXTRA_SANS)"
}

not_for_another_engine() {
	fresh
	start dev
	lab local-engine
	sed -i 's/"container_id": "[^"]*"/"container_id": "other"/; s/"is_remote": true/"is_remote": false/' \
		"$config/gateways/one/metadata.json"
	expect_status 4 by_record gateway stop --name one
	expect_equal running "$(field '{{.State.Status}}')"
}

## looking

told_by_status() {
	fresh
	start dev
	lab forget
	by_record gateway list --status
	by_record gateway info
	expect_equal 0 "$(lab connections)"
	by_record status
	docker stop "openshell-cluster-$NAME"
	expect_status 8 by_record status
	expect_has stopped "$said"
	docker start "openshell-cluster-$NAME"
	eventually 20 by_record status
	lab allow
	expect_status 5 by_record status
	expect_has 'its container there runs well' "$said"
	lab sshd stop
	expect_status 5 by_record status
	expect_has 'docker there could not be asked' "$said"
	lab sshd start
	lab allow 1024:65535
}

checked() {
	fresh
	on deployer@remote doctor check --port "$PORT" || [ $? -lt 5 ]
	expect_has 'Checking ssh://deployer@remote' "$said"
	expect_has 'docker is reached at ssh://deployer@remote' "$said"
}

bundled() {
	fresh
	start dev
	(cd "$home" && by_record doctor bundle "$home/one.tar" && tar -xf one.tar)
	expect_equal running "$(jq -r .State.Status "$home/openshell-one/container.json")"
	expect_has ssh:// "$home/openshell-one/about.txt"
	no_trace
}

trusted() {
	fresh
	start dev
	rm -r "$config/gateways/one/mtls"
	by_record gateway trust --refresh || [ $? -eq 8 ]
	expect_lacks gateway-elsewhere "$said"
}

added() {
	fresh
	start dev
	mv "$config" "$home/other"
	on deployer@remote gateway add "https://remote.test:$PORT" --name far
	cmp "$REPO/tests/data/fake-cluster/tls.key" "$config/gateways/far/mtls/tls.key"
	by_record doctor logs --name far --lines 1
	expect_has 'node registered' "$said"
	by_record gateway remove far
	by_record gateway add "ssh://deployer@remote:$PORT" --name far
	expect_equal "https://remote.test:$PORT" "$(jq -r .gateway_endpoint "$config/gateways/far/metadata.json")"
	no_trace
}

## a command in the container

# On a terminal that is made larger, then Ctrl-C.
on_a_terminal() {
	fresh
	start dev
	cat >"$TEST_TMP/terminal.py" <<-'END'
		import fcntl, os, pty, select, struct, sys, termios, time
		def size(rows, columns):
		    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
		def wait(text):
		    end = time.monotonic() + 20
		    shown = b""
		    while text not in shown:
		        if not select.select([fd], [], [], max(0, end - time.monotonic()))[0]:
		            sys.exit("no %r in %r" % (text, shown))
		        try:
		            shown += os.read(fd, 4096)
		        except OSError:
		            sys.exit("it ended: %r" % shown)
		pid, fd = pty.fork()
		if pid == 0:
		    time.sleep(0.2)
		    os.execvp(sys.argv[1], sys.argv[1:])
		size(30, 100)
		wait(b"terminal 30 100")
		size(41, 123)
		wait(b"terminal 41 123")
		os.write(fd, b"\x03" if os.environ.get("END") == "int" else b"x\n")
		while True:
		    try:
		        if not os.read(fd, 4096):
		            break
		    except OSError:
		        break
		sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	END
	lab forget
	expect_status 4 timeout 60 python3 "$TEST_TMP/terminal.py" "$OPENSHELL" doctor exec -- terminal
	export END=int
	expect_status 130 timeout 60 python3 "$TEST_TMP/terminal.py" "$OPENSHELL" doctor exec -- terminal
	expect_equal 2 "$(lab connections)"
	no_trace
}

logs_follow() {
	fresh
	start dev
	"$OPENSHELL" doctor logs --follow --lines 5 >"$TEST_TMP/log" 2>&1 </dev/null &
	pid=$!
	eventually 10 grep -q 'node registered' "$TEST_TMP/log"
	kill -TERM $pid
	expect_status 143 wait $pid
	no_trace
}

## ways

by_sessions() {
	fresh
	lab sshd set 'AllowStreamLocalForwarding no' 'MaxSessions 1' 'MaxStartups 1'
	start dev -v
	expect_has 'docker there is called for each connection' "$said"
	lab forget
	start dev
	expect_equal 1 "$(lab connections)"
	expect_status 7 "$OPENSHELL" doctor exec -- exit 7
	timeout 30 "$OPENSHELL" gateway destroy --name one
	nothing_is_left
	lab sshd set
	no_trace
}

one_after_another() {
	fresh
	lab sshd set 'MaxSessions 1' 'MaxStartups 1'
	start dev
	timeout 30 "$OPENSHELL" gateway destroy --name one
	nothing_is_left
	lab sshd set
}

by_another_socket() {
	fresh
	lab socket /run/other.sock "$TEST_TMP/other"
	on ssh://deployer@remote/run/other.sock gateway start --name one --port "$PORT"
	: >"$TEST_TMP/other"
	by_record doctor exec -- true
	grep -q exec "$TEST_TMP/other"
}

# Docker there has a context of its own: what it uses is asked for once, and goes before the usual socket.
by_its_context() {
	fresh
	lab socket /run/other.sock "$TEST_TMP/other"
	lab on remote su deployer -c 'docker context create other --docker host=unix:///run/other.sock && docker context use other'
	forget_requests
	on deployer@remote gateway start --name one --port "$PORT"
	lab on remote su deployer -c 'docker context use default'
	expect_equal ssh://deployer@remote/run/other.sock "$(record .docker_endpoint)"
	: >"$TEST_TMP/other"
	by_record doctor exec -- true
	grep -q exec "$TEST_TMP/other"
	expect_equal '' "$(cat "$requests")"
}

by_an_agent() {
	fresh
	expect_status 6 on locked gateway start --name one --port "$PORT"
	expect_has 'Without a terminal ssh can ask for no passphrase' "$said"
	SSH_AUTH_SOCK=$(lab agent)
	on locked gateway start --name one --port "$PORT"
}

by_a_host_between() {
	fresh
	on inner gateway start --name one --port "$PORT"
	expect_has 'by way of' "$said"
	expect_has "ssh -N -L 127.0.0.1:$PORT:127.0.0.1:$PORT -- inner" "$said"
	on inner gateway start --name one --gateway-host 127.0.0.1
	expect_lacks 'by way of' "$said"
	expect_equal "https://127.0.0.1:$PORT" "$(record .gateway_endpoint)"
}

## failures, each by its name

# fails STATUS CODE DESTINATION: a start, and nothing is left of it
fails() {
	expect_status "$1" on "$3" gateway start --name one --port "$PORT" -o json
	expect_equal "$2" "$(grep '^{' -A99 "$said" | jq -r .error.code 2>/dev/null | head -n 1)" || {
		cat "$said"
		return 1
	}
	nothing_is_left
	no_trace
}

named() {
	fresh
	lab sshd stop
	fails 5 ssh-refused remote
	lab sshd start
	lab host-key new
	fails 6 ssh-host-key-changed remote
	lab host-key old
	fails 6 remote-docker-refused outsider
	fails 5 ssh-host-unknown nowhere.invalid
	lab docker missing
	fails 5 remote-docker-absent remote
	lab docker up
	expect_status 6 on remote gateway start --name one --ssh-key "$LAB/home/.ssh/id_unknown"
	fails 2 usage -oProxyCommand=id
}

## a connection that breaks

# The connection is reset during the Nth docker call (each third; each with KILL_ALL=1); new ones are let through. A start goes on or says that it was
# lost, and the next one ends as every start does.
cut_at() {
	MEDDLE_RUN="$REPO/tests/lib/test-remote.sh cut reset existing"
	MEDDLE_DELAY=0.01
	remove_own
	meddled run-during "$1" start dev
	lab heal
	case $status in 0 | 5) ;; *) cat "$said" && return 1 ;; esac
	no_trace
	start dev
	settled dev
}

cut_everywhere() {
	fresh
	step=3
	[ -z "${KILL_ALL:-}" ] || step=1
	cut=1
	met=first
	while [ -n "$met" ]; do
		cut_at $cut
		cut=$((cut + step))
	done
	[ $cut -gt 8 ]
}

waits_on() {
	fresh
	OPENSHELL_CLUSTER_IMAGE=openshell/fake-cluster:slow timeout 60 "$OPENSHELL" gateway start --name one --port "$PORT" \
		>"$said" 2>&1 </dev/null &
	pid=$!
	eventually 20 grep -q 'waiting for the gateway' "$said"
	lab cut reset existing
	sleep 1
	lab heal
	wait $pid
	expect_has 'connecting again' "$said"
	settled slow
}

# No record leads to what a start that failed could not take back.
remains() {
	fresh
	begin
	lab cut reset
	expect_status 5 wait $pid
	lab heal
	removing=$(sed -n 's/^warning: to remove it: openshell //p' "$said" | head -n 1)
	[ -n "$(docker ps -aq --filter name=openshell-cluster-one)" ]
	# shellcheck disable=SC2086 # words
	by_record $removing
	nothing_is_left
	no_trace
}

## ends

begin() {
	OPENSHELL_CLUSTER_IMAGE=openshell/fake-cluster:slow "$OPENSHELL" gateway start --name one --port "$PORT" >"$said" 2>&1 </dev/null &
	pid=$!
	eventually 20 grep -q 'waiting for the gateway' "$said"
}

interrupted() {
	fresh
	begin
	kill -TERM $pid
	expect_status 143 wait $pid
	nothing_is_left
	no_trace
}

killed() {
	fresh
	begin
	kill -KILL $pid
	wait $pid || true
	eventually 5 nothing_runs
	start dev
	expect_equal '' "$(find "$runtime" -name 'ssh.*')"
	settled dev
}

main() {
	check the_images_can_be_made provide_images
	check a_warm_start_makes_one_connection_and_no_change one_connection
	check destination_key_and_options_are_recorded_and_used recorded
	check the_certificate_has_each_name_of_the_host names_in_certificate
	check another_engine_is_not_taken_for_the_recorded_one not_for_another_engine
	check status_asks_the_endpoint_and_then_docker_there told_by_status
	check doctor_check_looks_at_the_other_engine checked
	check a_bundle_is_gathered_there bundled
	check trust_asks_the_node_there trusted
	check add_takes_the_certificates_from_there added
	check exec_has_a_terminal_with_its_size_signals_and_status on_a_terminal
	check logs_are_followed_until_a_signal logs_follow
	check where_forwarding_is_forbidden_docker_is_called_there by_sessions
	check one_session_and_one_startup_are_enough one_after_another
	check a_socket_of_the_destination_is_taken by_another_socket
	check docker_there_tells_its_socket_once by_its_context
	check a_locked_key_needs_an_agent_and_is_never_asked_about_without_a_terminal by_an_agent
	check a_host_between_is_warned_of_unless_the_port_is_forwarded by_a_host_between
	check failures_have_their_own_names named
	check a_connection_cut_at_any_call_is_made_again_or_told_and_the_next_start_is_ready cut_everywhere
	check a_wait_outlives_a_lost_connection waits_on
	check what_could_not_be_taken_back_can_be_removed_as_it_says remains
	check an_interrupted_start_leaves_nothing interrupted
	check a_killed_start_is_gone_on_from killed
}

main "$@"
