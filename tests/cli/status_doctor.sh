#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# status and doctor: exit statuses, arguments of what is run, and the streams.

# out, err, home, config and engine come from lib/cli.sh.
# shellcheck disable=SC2154,SC2034,SC2016
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

C=openshell-cluster-openshell

started() {
	new_home
	given_engine
	run gateway start
	forget_calls
}

# listen: something that accepts connections on the recorded port, as the gateway would
listen() {
	python3 -c '
import socket, sys
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(16)
print(s.getsockname()[1], flush=True)
while True:
    s.accept()[0].close()' >"$home/port" &
	listener=$!
	eventually 5 test -s "$home/port"
	port=$(cat "$home/port")
	sed -i "s/8080/$port/g" "$config/gateways/openshell/metadata.json" "$engine/containers/$C"
}

## status

status_connected() {
	started
	listen
	code=0
	run status -o json || code=$?
	kill "$listener"
	expect_equal 0 "$code"
	expect_equal '["openshell","connected","healthy","openshell/cluster:dev","valid"]' \
		"$(jq -c '[.name, .state, .health, .image, .bundle]' "$out")"
	expect_equal '' "$(calls '^docker (start|stop|create|rm|network|volume)')"
}

status_unreachable_endpoint() {
	started
	expect_status 5 run status
	expect_out openshell
}

status_none() {
	new_home
	given_engine
	expect_status 3 run status
	expect_out 'No gateway'
	expect_status 3 run status -o json
	expect_equal '[null,"absent"]' "$(jq -c '[.name, .state]' "$out")"
	expect_status 3 run -g nothing status
	expect_no_out
}

# status_of STATUS HEALTH STATE
status_of() {
	started
	echo "$1 $2 sha256:image-1 8080 127.0.0.1" >"$engine/containers/$C"
	expect_status 8 run status
	expect_status 8 run status -o json
	expect_equal "\"$3\"" "$(jq .state "$out")"
}

status_absent_container() {
	started
	rm "$engine/containers/$C"
	expect_status 8 run status
}

status_tests() {
	check a_gateway_that_answers_is_connected status_connected
	check an_endpoint_that_does_not_answer_gives_5 status_unreachable_endpoint
	check no_gateway_gives_3 status_none
	check a_stopped_gateway_gives_8 status_of exited none stopped
	check a_starting_gateway_gives_8 status_of running starting starting
	check an_unhealthy_gateway_gives_8 status_of running unhealthy unhealthy
	check a_gateway_that_ends_again_and_again_gives_8 status_of restarting none unhealthy
	check a_gateway_without_its_container_gives_8 status_absent_container
}

## doctor exec

exec_rule() {
	rule docker 10-exec '^exec '
}

exec_arguments() {
	started
	exec_rule
	run doctor exec -- kubectl get pods -A --selector 'a=b c'
	expect_equal "docker exec -i --env KUBECONFIG=/etc/rancher/k3s/k3s.yaml id-of-$C kubectl get pods -A --selector a=b\\ c" \
		"$(calls '^docker exec')"
}

exec_status_is_passed() {
	started
	for code in 0 1 3 7 125 126 127 255; do
		exec_rule
		answer last rc "$code"
		expect_status "$code" run doctor exec -- true
	done
}

exec_signal_is_128_plus_n() {
	started
	exec_rule
	answer last signal TERM
	expect_status 143 run doctor exec -- true
}

exec_streams_are_inherited() {
	started
	exec_rule
	answer last in
	answer last out 'its answer'
	answer last err 'its complaint'
	printf 'some input' >"$home/input"
	(
		run_as sh -c '"$0" doctor exec -- cat <"$HOME/input"' "$CLI_PROGRAM"
	)
	expect_equal 'some input' "$(cat "$cli_rule/stdin.1")"
	expect_out_is 'its answer'
	expect_err 'its complaint'
}

exec_with_no_container() {
	new_home
	given_engine
	expect_status 3 run doctor exec -- true
	expect_equal '' "$(calls '^docker exec')"
}

exec_options_belong_to_the_command() {
	started
	exec_rule
	run doctor exec kubectl --help
	calls '^docker exec' | grep -q ' kubectl --help$'
}

exec_takes_no_option_for_a_container() {
	started
	exec_rule
	run doctor exec -- --privileged
	calls '^docker exec' | grep -q "$C --privileged$"
}

exec_tests() {
	check exec_passes_arguments_unchanged exec_arguments
	check exec_passes_the_status_on exec_status_is_passed
	check exec_gives_128_plus_n_for_a_signal exec_signal_is_128_plus_n
	check exec_leaves_the_streams_to_the_command exec_streams_are_inherited
	check exec_without_a_gateway_gives_3 exec_with_no_container
	check options_after_the_first_word_are_the_commands exec_options_belong_to_the_command
	check words_after_the_dashes_come_after_the_container exec_takes_no_option_for_a_container
}

## doctor logs

# logs_call EXPECTED [ARGUMENT]...
logs_call() {
	started
	rule docker 10-logs '^logs'
	answer last out 'a line of the log'
	wanted=$1
	shift
	run doctor logs "$@"
	expect_equal "$wanted" "$(calls '^docker logs')"
	expect_out_is 'a line of the log'
}

logs_without_a_gateway() {
	new_home
	given_engine
	expect_status 3 run doctor logs
}

logs_tests() {
	check logs_of_a_number_of_lines logs_call "docker logs --timestamps --tail 5 -- id-of-$C" --lines 5
	check tail_with_a_number_does_not_follow logs_call "docker logs --timestamps --tail 5 -- id-of-$C" --tail 5
	check tail_with_an_equals_sign_does_not_follow logs_call "docker logs --timestamps --tail 5 -- id-of-$C" --tail=5
	check follow_follows follow_call
	check logs_without_a_gateway_gives_3 logs_without_a_gateway
}

follow_call() {
	started
	rule docker 10-logs '^logs'
	for words in --follow --tail; do
		forget_calls
		run doctor logs $words
		calls '^docker logs' | grep -q -- --follow
	done
}

## doctor check

check_is_well() {
	started
	echo "$C" >"$engine/port-holders"
	run doctor check
	expect_out 28.2.2
	expect_out 'All checks passed'
}

check_names_the_port_holder() {
	new_home
	given_engine
	echo another >"$engine/port-holders"
	expect_status 4 run doctor check --port 8077
	expect_out another
	expect_equal "docker ps --format {{.Names}} --filter publish=8077" "$(calls '^docker ps')"
}

# little_of FIELD VALUE: an engine that has less of something than a gateway needs
little_of() {
	new_home
	given_engine
	rule docker 10-info '^info'
	answer last out "$(printf '{"ID":"E","ServerVersion":"28.2.2","DockerRootDir":"/","MemTotal":17179869184}' |
		jq -c ".$1 = $2")"
	fails run doctor check
	expect_out FAILED
}

doctor_tests() {
	check a_well_engine_gives_0 check_is_well
	check a_held_port_gives_4 check_names_the_port_holder
	check too_little_memory_fails_the_check little_of MemTotal 1000000000
	check an_old_engine_fails_the_check little_of ServerVersion '"19.03.1"'
}

## streams

plain_when_piped() {
	started
	run status -o json || true
	run gateway list
	run gateway start --recreate
	for file in "$out" "$err"; do
		fails grep -q "$(printf '\033')" "$file"
	done
}

# on_a_terminal [NAME=VALUE]: what stderr gets there
on_a_terminal() {
	started
	with TERM=xterm "$@"
	run_as script -qec "'$CLI_PROGRAM' gateway start --recreate" /dev/null
}

colours_on_a_terminal() {
	on_a_terminal
	grep -q "$(printf '\033\\[')" "$out"
}

no_color_is_honoured() {
	on_a_terminal NO_COLOR=1
	fails grep -q "$(printf '\033\\[[0-9;]*m')" "$out"
}

closed_stdin() {
	started
	run_as sh -c 'exec "$0" gateway list -o json <&-' "$CLI_PROGRAM"
	jq -e '.[0].name == "openshell"' "$out"
	run_as sh -c 'exec "$0" gateway start --recreate <&-' "$CLI_PROGRAM"
}

closed_stdout() {
	started
	run_as sh -c '"$0" gateway list >&-; [ $? -le 1 ]' "$CLI_PROGRAM"
	expect_status 1 run_as sh -c 'exec "$0" gateway list >/dev/full' "$CLI_PROGRAM"
}

verbose_shows_commands() {
	started
	run -v gateway stop
	expect_err 'docker stop'
	expect_no_out
}

large_output_is_bounded() {
	started
	rule docker 10-flood '^(container )?inspect'
	answer last bigout 9000000
	expect_status 5 run status
}

stream_tests() {
	check no_escape_sequences_in_a_pipe plain_when_piped
	if command -v script >/dev/null; then
		check colours_on_a_terminal colours_on_a_terminal
		check no_color_is_honoured no_color_is_honoured
	else
		skip colours_on_a_terminal 'no script(1)'
		skip no_color_is_honoured 'no script(1)'
	fi
	check a_closed_stdin_does_not_matter closed_stdin
	check an_answer_that_cannot_be_written_is_an_error closed_stdout
	check verbose_shows_the_commands_on_stderr verbose_shows_commands
	check output_of_docker_is_bounded large_output_is_bounded
}

main() {
	status_tests
	exec_tests
	logs_tests
	doctor_tests
	stream_tests
}

main "$@"
