#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Help, version and wrong usage of every command: exit 2, one line on stderr, no call of docker.

# out, err, home, config come from there.
# shellcheck disable=SC2154,SC2034,SC2016
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

COMMANDS='gateway start
gateway stop
gateway destroy
gateway info
gateway list
gateway select
status
doctor logs
doctor exec
doctor check
doctor bundle
completions'

is_usage_error() {
	new_home
	expect_status 2 run "$@"
	expect_no_out
	expect_one_line
	expect_err 'openshell: '
	expect_calls </dev/null
	[ ! -e "$config" ]
}

help_is_complete() {
	new_home
	run --help
	for word in start stop destroy info list select status doctor --gateway --version; do
		expect_out "$word"
	done
	expect_equal '' "$(cat "$err")"
	expect_calls </dev/null
}

# command_help WORD...
command_help() {
	new_home
	run "$@" --help
	expect_out "openshell $*"
	expect_equal '' "$(cat "$err")"
	cp "$out" "$home/long"
	run "$@" -h
	expect_out_is "$(cat "$home/long")"
	expect_calls </dev/null
}

# help COMMAND is COMMAND --help
help_before_the_command() {
	new_home
	run "$@" --help
	cp "$out" "$home/long"
	run help "$@"
	expect_out_is "$(cat "$home/long")"
	expect_equal '' "$(cat "$err")"
}

start_help_names_its_options() {
	new_home
	run gateway start --help
	for option in --name --port --recreate --gpu --plaintext --disable-gateway-auth --gateway-host \
		--bind --force --timeout --no-wait --keep-failed; do
		expect_out "$option"
	done
}

# words_get_help EXPECTED [WORD]
options_within() {
	new_home
	given_record two
	run gateway -g two info
	expect_out 'Gateway:       two'
	run gateway --gateway=two --help info
	expect_out 'openshell gateway info'
	run gateway -v --version
	expect_out 'openshell '
	run gateway -g two
	expect_out 'gateway destroy'
	is_usage_error gateway --no-such-option info
	expect_err "unknown option '--no-such-option'"
	is_usage_error gateway -g
}

words_get_help() {
	new_home
	wanted=$1
	shift
	run "$@"
	expect_out "$wanted"
	expect_equal '' "$(cat "$err")"
}

help_into_a_full_device() {
	new_home
	status=0
	"$CLI_PROGRAM" --help >/dev/full 2>"$err" || status=$?
	expect_equal 1 "$status"
	expect_one_reason
}

help_into_a_closed_pipe() {
	new_home
	{ "$CLI_PROGRAM" --help 2>"$err" || true; } | true
	expect_equal '' "$(cat "$err")"
}

version_is_answered() {
	new_home
	run --version
	grep -Eq '^openshell [0-9][^ ]*$' "$out"
	expect_calls </dev/null
}

help_tests() {
	check help_names_every_command help_is_complete
	check nothing_at_all_gets_help words_get_help 'gateway start'
	check a_group_alone_gets_its_help words_get_help 'gateway destroy' gateway
	check doctor_alone_gets_its_help words_get_help 'doctor check' doctor
	check help_into_a_full_device_fails help_into_a_full_device
	check help_into_a_closed_pipe_is_quiet help_into_a_closed_pipe
	check version_is_one_line version_is_answered
	check help_alone_is_the_help_of_all words_get_help 'gateway destroy' help
	check help_of_a_group_by_its_alias words_get_help 'gateway destroy' help gw
	check help_of_a_command_by_the_alias_of_its_group words_get_help 'openshell gateway stop' help gw stop
	check options_of_all_commands_may_stand_within_one options_within
	check the_help_of_start_names_all_its_options start_help_names_its_options
	while read -r first second; do
		check "help_of_${first}${second:+_$second}" command_help "$first" ${second:+"$second"}
		check "help_before_${first}${second:+_$second}" help_before_the_command "$first" ${second:+"$second"}
	done <<-END
		$COMMANDS
	END
}

# Unknown options, missing values and operands too many, for every command.
common_mistakes() {
	while read -r first second; do
		name=$first${second:+_$second}
		set -- "$first" ${second:+"$second"}
		check "${name}_refuses_an_unknown_option" is_usage_error "$@" --no-such-option
		check "${name}_refuses_an_unknown_short_option" is_usage_error "$@" -Z
		[ "$name" != doctor_exec ] || set -- "$@" -- true
		check "${name}_refuses_a_bad_gateway_name" is_usage_error -g 'Bad Name' "$@"
	done <<-END
		$COMMANDS
	END
	for command in 'gateway start' 'gateway stop' 'gateway destroy' 'gateway info' 'gateway list' status \
		'doctor logs' 'doctor check'; do
		# shellcheck disable=SC2086 # two words
		check "$(echo "$command" | tr ' ' _)_takes_no_operand" is_usage_error $command operand
	done
}

wrong_commands() {
	check an_unknown_command_is_an_error is_usage_error frobnicate
	check an_unknown_command_of_a_group_is_an_error is_usage_error gateway frobnicate
	check an_unknown_global_option_is_an_error is_usage_error --frobnicate status
	check a_global_option_without_its_value_is_an_error is_usage_error -g
	check doctor_exec_without_a_command_is_an_error is_usage_error -g dev doctor exec
	check doctor_exec_with_nothing_after_the_dashes_is_an_error is_usage_error -g dev doctor exec --
}

# suggests EXPECTED [WORD]...: a wrong line, whose one line of answer ends so
suggests() {
	new_home
	given_record demo
	given_record demo-two
	wanted=$1
	shift
	expect_status 2 run "$@"
	expect_no_out
	expect_one_line
	expect_equal "$wanted" "$(sed "s/.*[^ ]* (did you/did you/" "$err")"
	expect_calls </dev/null
}

# suggests_nothing [WORD]...
suggests_nothing() {
	new_home
	expect_status 2 run "$@"
	expect_one_line
	expect_lacks 'did you mean' "$err"
}

absent_gateway() {
	new_home
	given_record demo
	given_record other
	expect_status 3 run gateway info --name dmeo
	expect_equal 1 "$(grep -c "there is no gateway 'dmeo' .*(did you mean 'demo'?)$" "$err")"
	expect_status 3 run gateway select othr
	expect_err "(did you mean 'other'?)"
	expect_status 3 run gateway info --name nothing-like-it
	expect_lacks 'did you mean' "$err"
}

near_misses() {
	check a_slip_in_a_group_is_told suggests "did you mean 'gateway'?)" gatway start
	check a_slip_in_a_command_is_told suggests "did you mean 'status'?)" statsu
	check a_slip_in_a_command_of_a_group_is_told suggests "did you mean 'gateway destroy'?)" gw destory
	check a_command_without_its_group_is_told_with_it suggests "did you mean 'gateway start'?)" start
	check a_slip_after_help_is_told suggests "did you mean 'gateway destroy'?)" help gateway destory
	check a_slip_in_an_option_is_told suggests "did you mean '--port'?)" gateway start --prot 8080
	check a_slip_in_an_option_with_its_value_is_told suggests "did you mean '--port'?)" gateway start --prot=8080
	check a_slip_in_a_global_option_is_told suggests "did you mean '--version'?)" --verson
	check a_slip_in_a_format_is_told suggests "did you mean 'json'?)" gateway list --output jsn
	check a_slip_in_a_mode_is_told suggests "did you mean 'plain'?)" gateway start --progress plian
	check a_slip_in_a_pull_policy_is_told suggests "did you mean 'always'?)" gateway start --pull allways
	check two_likely_words_are_told suggests "did you mean '--registry-token' or '--registry-token-file'?)" \
		gateway start --registry-tok x
	check what_is_like_nothing_gets_no_suggestion suggests_nothing frobnicate
	check control_characters_get_no_suggestion suggests_nothing "$(printf '\033[2J')"
	check a_gateway_that_is_not_there_is_told_with_those_of_nearly_its_name absent_gateway
}

bad_ports() {
	for port in -1 65536 http '' 8080x 99999999999999999999 ' 80'; do
		check "start_refuses_port_'$port'" is_usage_error gateway start --port "$port"
	done
	check start_refuses_a_port_without_its_value is_usage_error gateway start --port
}

bad_names() {
	for name in '' Upper 'a b' '-a' 'a-' '.a' 'a.' '..' 'a/b' '../a' 'ä' 'a;b' "$(printf '%064d' 0 | tr 0 a)"; do
		check "start_refuses_name_'$(echo "$name" | cut -c1-8)'" is_usage_error gateway start --name "$name"
	done
	check stop_refuses_a_bad_name is_usage_error gateway stop --name ../x
	check destroy_refuses_a_bad_name is_usage_error gateway destroy --name ../x
	check select_refuses_a_bad_name is_usage_error gateway select ../x
	check a_bad_name_in_the_environment_is_refused bad_name_in_the_environment
}

bad_name_in_the_environment() {
	new_home
	with 'OPENSHELL_GATEWAY=../x'
	expect_status 2 run gateway start
	expect_one_line
	expect_err OPENSHELL_GATEWAY
	expect_calls </dev/null
}

bad_values() {
	check start_refuses_a_bad_timeout is_usage_error gateway start --timeout soon
	check start_refuses_a_negative_timeout is_usage_error gateway start --timeout -5
	check start_refuses_a_bad_bind_address is_usage_error gateway start --bind nowhere
	check start_refuses_a_bad_gateway_host is_usage_error gateway start --gateway-host 'a b'
	check start_refuses_an_option_like_gateway_host is_usage_error gateway start --gateway-host=-x
	check list_refuses_an_unknown_format is_usage_error gateway list -o xml
	check info_refuses_an_unknown_format is_usage_error gateway info -o xml
	check status_refuses_an_unknown_format is_usage_error status -o xml
	check logs_refuses_a_bad_number is_usage_error -g dev doctor logs --lines many
}

main() {
	help_tests
	wrong_commands
	near_misses
	common_mistakes
	bad_ports
	bad_names
	bad_values
}

main "$@"
