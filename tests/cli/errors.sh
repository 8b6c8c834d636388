#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# How failures are told: to people on stderr, to programs as an object on stdout. What is told of which failure is in
# tests/unit/test_diagnose.c, the statuses in exit_codes.sh.

# out, err, home, config and engine come from lib/cli.sh.
# shellcheck disable=SC2154,SC2034,SC2016
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

KEYS='["code","kind","exit_code","retriable","doing","message","meaning","steps","detail"]'

# what_fails REGEX MESSAGE: docker fails there
what_fails() {
	rule docker 10-fail "$1"
	answer last err "$2"
	answer last rc 1
}

## for people

failure_has_reason_meaning_and_steps() {
	new_home
	given_engine
	echo another >"$engine/port-holders"
	expect_status 4 run gateway start --name two
	expect_no_out
	cat >"$home/want" <<-'END'
		openshell: cannot start gateway 'two': port 8080 is held by container 'another'
		Another container or program listens on the gateway's port.
		To fix it:
		  1. Take a free port:
		       openshell gateway start --name two --port 0
		  2. Or stop the container that holds it:
		       docker stop another
	END
	diff -u "$home/want" "$err"
}

steps_without_a_command_are_a_sentence() {
	new_home
	given_engine
	given_record openshell docker_id ANOTHER container_id gone
	expect_status 4 run gateway stop --name openshell
	grep -qx '  2\. Or repeat the command with --force, where this engine is meant' "$err"
}

last_words_come_before_the_meaning() {
	new_home
	given_engine
	rule docker 10-logs '^logs --tail'
	answer last out 'k3s: failed to find cpuset cgroup (v2)'
	rule docker 11-wait '^container inspect'
	answer last out '{"Id":"id-of-x","Image":"sha256:image-1","State":{"Status":"exited","ExitCode":1,"Health":{"Status":"none","Log":[]}},"Config":{"Image":"openshell/cluster:dev"}}'
	expect_status 8 run gateway start
	expect_equal "  k3s: failed to find cpuset cgroup (v2)
The container is not given all the control groups that Kubernetes needs: cpu, cpuset, memory and pids.
To fix it:" "$(grep -A 2 'cpuset cgroup' "$err")"
}

# A name in what is advised is the one that the command was about.
advice_names_the_gateway() {
	new_home
	given_engine
	expect_status 3 run gateway info --name some
	expect_err 'openshell gateway start --name some'
	expect_status 3 run gateway select other
	expect_err 'openshell gateway start --name other'
	with OPENSHELL_GATEWAY=third
	expect_status 3 run doctor logs
	expect_err 'openshell gateway start --name third'
}

wrong_usage_is_one_line() {
	new_home
	expect_status 2 run gateway start --port x
	expect_one_line
}

foreign_text_is_harmless() {
	new_home
	given_engine
	what_fails '^volume create' "$(printf 'Error \033[31mred\033[0m \007bell')"
	expect_status 1 run gateway start -o json
	fails grep -q "$(printf '\033')" "$err"
	fails grep -q "$(printf '\033')" "$out"
	fails grep -q 'u001b' "$out"
	jq -e '.error.message | contains("red")' "$out"
}

## for programs

# json_of STATUS CODE RETRIABLE ARGUMENT...
json_of() {
	status=$1 code=$2 retriable=$3
	shift 3
	expect_status "$status" run "$@" -o json
	expect_equal 1 "$(jq -s length "$out")"
	expect_equal "$KEYS" "$(jq -c '.error | keys_unsorted' "$out")"
	expect_equal "[\"$code\",$status,$retriable]" "$(jq -c '.error | [.code, .exit_code, .retriable]' "$out")"
	expect_err "openshell: $(jq -r .error.message "$out")"
	jq -r '.error | .meaning // empty, .steps[].text' "$out" >"$home/texts"
	while read -r text; do
		expect_err "$text"
	done <"$home/texts"
	jq -r '.error.steps[].command // empty' "$out" >"$home/commands"
	while read -r command; do
		expect_err "$command"
		case $command in openshell\ *) ;; *) continue ;; esac
		# shellcheck disable=SC2086 # a command line
		"$CLI_PROGRAM" ${command#openshell } --help >"$home/help"
	done <"$home/commands"
}

no_engine_as_an_object() {
	new_home
	rule docker 20-all .
	answer last err 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?'
	answer last rc 1
	json_of 5 docker-unreachable true gateway start
}

each_command_has_objects() {
	new_home
	given_engine
	json_of 3 gateway-absent false gateway info --name none
	json_of 3 gateway-absent false status --name none
	given_record openshell docker_id ANOTHER container_id gone
	json_of 4 other-engine false gateway start
	json_of 4 other-engine false gateway stop --name openshell
	json_of 4 other-engine false gateway destroy --name openshell
	json_of 2 usage false gateway start --port x
	json_of 2 usage false gateway list operand
}

known_failures_have_codes() {
	new_home
	given_engine
	echo another >"$engine/port-holders"
	json_of 4 port-busy false gateway start
	new_home
	given_engine
	: >"$engine/images"
	what_fails '^pull' 'Error response from daemon: toomanyrequests: You have reached your unauthenticated pull rate limit.'
	json_of 1 rate-limited true gateway start
	what_fails '^pull' 'Error response from daemon: Get "https://ghcr.io/v2/": dial tcp: lookup ghcr.io: no such host'
	json_of 1 registry-unreachable true gateway start
	new_home
	given_engine
	what_fails '^network create' 'Error response from daemon: all predefined address pools have been fully subnetted'
	json_of 4 subnet-overlap false gateway start
	new_home
	given_engine
	what_fails '^create' 'Error response from daemon: something else'
	json_of 1 start-failed false gateway start
	expect_equal "\"cannot start gateway 'openshell'\"" "$(jq .error.doing "$out")"
}

busy_is_retriable() {
	new_home
	given_engine
	mkdir -p "$runtime/openshell"
	flock "$runtime/openshell/openshell.lock" sleep 60 &
	holder=$!
	eventually 5 fails flock -n "$runtime/openshell/openshell.lock" true
	json_of 4 gateway-busy true gateway stop || echo failed >"$home/failed"
	kill "$holder"
	[ ! -e "$home/failed" ]
}

a_stop_is_an_object_too() {
	new_home
	given_engine
	rule docker 10-start '^start'
	answer last hang
	run_as env --default-signal "$CLI_PROGRAM" gateway start -o json &
	runner=$!
	eventually 5 grep -q "$(printf '^docker\tstart')" "$FAKE_DIR/calls"
	kill -s INT "$(tr -d ' ' <"/proc/$runner/task/$runner/children")"
	expect_status 130 wait "$runner"
	expect_equal '["cancelled",130,false,[]]' "$(jq -c '.error | [.code, .exit_code, .retriable, .steps]' "$out")"
}

last_words_are_in_the_object() {
	new_home
	given_engine
	rule docker 10-logs '^logs --tail'
	answer last out "$(printf 'first\nthe last words')"
	rule docker 11-wait '^container inspect'
	answer last out '{"Id":"id-of-x","Image":"sha256:image-1","State":{"Status":"exited","ExitCode":42,"Health":{"Status":"none","Log":[]}},"Config":{"Image":"openshell/cluster:dev"}}'
	json_of 8 unhealthy false gateway start
	jq -e '.error.detail | endswith("first\nthe last words\n")' "$out"
}

yaml_is_the_same() {
	new_home
	given_engine
	expect_status 3 run gateway info --name none -o yaml
	grep -qx 'error:' "$out"
	grep -qx '  code: gateway-absent' "$out"
	grep -qx '  exit_code: 3' "$out"
}

# No table has an object in it, and a format that is not known is none.
objects_are_only_for_those_who_ask() {
	new_home
	given_engine
	expect_status 3 run gateway info --name none
	expect_no_out
	expect_status 3 run gateway info --name none -o table
	expect_no_out
	expect_status 2 run gateway info -o xml
	expect_no_out
}

secrets_are_not_told() {
	new_home
	given_engine
	with OPENSHELL_REGISTRY_USERNAME=someone OPENSHELL_REGISTRY_PASSWORD=pa55word-xyz
	what_fails '^create' 'Error response from daemon: it did not work'
	expect_status 1 run -v gateway start -o json
	expect_lacks pa55word-xyz "$out"
	expect_lacks pa55word-xyz "$err"
}

## what goes well

start_gives_the_gateway() {
	new_home
	given_engine
	run gateway start -o json
	expect_equal '[false,true]' "$(jq -c '[.was_running, .waited]' "$out")"
	cp "$out" "$home/start"
	run gateway info -o json
	expect_equal "$(jq -c . "$out")" "$(jq -c 'del(.was_running, .waited)' "$home/start")"
	run gateway start -o json
	expect_equal '[true,true]' "$(jq -c '[.was_running, .waited]' "$out")"
	run gateway start -o yaml
	grep -qx 'was_running: true' "$out"
	run gateway start
	expect_no_out
}

stop_and_destroy_give_what_was_done() {
	new_home
	given_engine
	run gateway start --name dev
	run gateway stop --name dev -o json
	expect_equal '{"name":"dev","stopped":true}' "$(jq -c . "$out")"
	run gateway destroy --name dev -o json
	expect_equal '{"name":"dev","destroyed":true}' "$(jq -c . "$out")"
	run gateway stop --name dev -o json
	expect_equal '{"name":"dev","stopped":false}' "$(jq -c . "$out")"
	run gateway destroy --name dev -o yaml
	grep -qx 'destroyed: false' "$out"
}

main() {
	check a_failure_has_a_reason_a_meaning_and_numbered_steps failure_has_reason_meaning_and_steps
	check a_step_without_a_command_is_a_sentence steps_without_a_command_are_a_sentence
	check last_words_come_before_the_meaning last_words_come_before_the_meaning
	check advice_names_the_gateway advice_names_the_gateway
	check wrong_usage_is_one_line wrong_usage_is_one_line
	check text_of_docker_is_harmless_in_both_forms foreign_text_is_harmless

	check a_failure_without_an_engine_is_an_object no_engine_as_an_object
	check each_command_with_o_tells_failures_as_objects each_command_has_objects
	check known_failures_have_stable_codes known_failures_have_codes
	check a_busy_gateway_is_worth_another_try busy_is_retriable
	check a_stop_by_signal_is_an_object a_stop_is_an_object_too
	check last_words_are_in_the_object last_words_are_in_the_object
	check yaml_has_the_same_keys yaml_is_the_same
	check without_a_format_stdout_stays_empty objects_are_only_for_those_who_ask
	check secrets_are_in_neither_form secrets_are_not_told

	check start_gives_the_gateway_as_info_does start_gives_the_gateway
	check stop_and_destroy_tell_what_they_did stop_and_destroy_give_what_was_done
}

main "$@"
