#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The fake tools that the tests of the command line stand on.

# cli_rule, out, err and home come from lib/cli.sh.
# shellcheck disable=SC2034,SC2154
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# No program of ours is run here.
CLI_PROGRAM=/bin/true
# shellcheck source-path=SCRIPTDIR source=../lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

fake() {
	fake_tool=$1
	shift
	run_as "$REPO/tests/fakes/$fake_tool" "$@"
}

arguments_are_logged_apart() {
	new_home
	rule docker 10-any .
	fake docker run 'a b' '' --x=y
	fake docker ps
	printf 'docker\trun\ta b\t\t--x=y\ndocker\tps\n' | cmp - "$FAKE_DIR/calls"
	expect_calls <<-'END'
		docker run a\ b  --x=y
		docker ps
	END
}

first_rule_in_order_answers() {
	new_home
	rule docker 20-general '^inspect'
	answer last out general
	rule docker 10-special '^inspect [^ ]*gw$'
	answer last out special
	fake docker inspect my-gw
	expect_out_is special
	fake docker inspect my-gw2
	expect_out_is general
}

answers_come_in_turn() {
	new_home
	rule docker 10-health '^health'
	answer 1 out starting
	answer 2 out starting
	answer 2 rc 3
	answer last out healthy
	fake docker health && expect_out_is starting
	expect_status 3 fake docker health
	fake docker health && expect_out_is healthy
	fake docker health && expect_out_is healthy
}

a_finite_rule_runs_out() {
	new_home
	rule docker 10-once '^once'
	rm "$cli_rule/last.rc"
	answer 1 out yes
	fake docker once
	expect_status 99 fake docker once
	expect_has once "$FAKE_DIR/unexpected"
}

strangers_are_loud() {
	new_home
	expect_status 99 fake ssh -G host
	expect_err 'no rule for: -G host'
	fails nothing_unexpected
}

stdin_is_kept() {
	new_home
	rule docker 10-in '^load'
	answer last in
	printf 'some bytes' | env FAKE_DIR="$FAKE_DIR" "$REPO/tests/fakes/docker" load
	expect_equal 'some bytes' "$(cat "$cli_rule/stdin.1")"
}

ends_by_signal() {
	new_home
	rule docker 10-die '^die'
	answer last err last words
	answer last signal KILL
	expect_status 137 fake docker die
	expect_err 'last words'
}

hangs_until_ended() {
	new_home
	rule docker 10-hang '^logs'
	answer last out line
	answer last hang
	expect_status 124 run_as timeout 0.5 "$REPO/tests/fakes/docker" logs
	expect_out_is line
}

writes_much() {
	new_home
	rule docker 10-big '^big'
	answer last bigout 300000
	answer last bigerr 200000
	fake docker big
	expect_equal '300000 200000' "$(wc -c <"$out") $(wc -c <"$err")"
}

runs_a_hook() {
	new_home
	rule docker 10-hook '^create'
	# shellcheck disable=SC2016 # the hook's own
	answer last sh 'printf "%s\n" "$#" >"$FAKE_DIR/count"'
	fake docker create a b
	expect_equal 3 "$(cat "$FAKE_DIR/count")"
}

numbers_are_taken_once() {
	new_home
	rule docker 10-many '^many'
	for n in 1 2 3 4 5 6 7 8; do
		answer "$n" out "$n"
	done
	for n in 1 2 3 4 5 6 7 8; do
		env FAKE_DIR="$FAKE_DIR" "$REPO/tests/fakes/docker" many >"$home/many.$n" &
	done
	wait
	expect_equal '1 2 3 4 5 6 7 8' "$(sort -n "$home"/many.* | tr '\n' ' ' | sed 's/ $//')"
	expect_equal 8 "$(calls '^docker many$' | wc -l)"
}

main() {
	check arguments_are_logged_apart arguments_are_logged_apart
	check the_first_rule_in_order_answers first_rule_in_order_answers
	check answers_come_in_turn_and_the_last_repeats answers_come_in_turn
	check a_rule_with_counted_answers_runs_out a_finite_rule_runs_out
	check a_call_without_a_rule_is_loud strangers_are_loud
	check stdin_is_kept_when_asked_for stdin_is_kept
	check a_fake_can_end_by_a_signal ends_by_signal
	check a_fake_can_hang_after_its_output hangs_until_ended
	check a_fake_can_write_more_than_a_pipe_holds writes_much
	check a_fake_can_run_a_hook_with_its_arguments runs_a_hook
	check calls_that_run_at_once_get_different_answers numbers_are_taken_once
}

main "$@"
