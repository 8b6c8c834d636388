#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# gateway select: by name, by choosing on a terminal, and without one.

# out, err, home, config and engine come from lib/cli.sh.
# shellcheck disable=SC2154,SC2034,SC2016
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/tmux.sh
. "$(dirname "$0")/../lib/tmux.sh"

expect_active() {
	expect_equal "$1" "$(cat "$config/active_gateway")"
}

given_three() {
	new_home
	given_record alpha
	given_record beta
	given_record gamma
}

given_malformed() {
	mkdir -p "$config/gateways/$1"
	echo '{' >"$config/gateways/$1/metadata.json"
}

## by name

the_override_is_told() {
	given_three
	with OPENSHELL_GATEWAY=alpha
	run gateway select beta
	expect_active beta
	expect_err "warning: OPENSHELL_GATEWAY=alpha overrides it"
	run gateway select alpha
	expect_lacks warning "$err"
	expect_active alpha
}

a_blank_override_is_none() {
	given_three
	with 'OPENSHELL_GATEWAY= '
	run gateway select beta
	expect_active beta
	expect_lacks warning "$err"
}

malformed_by_name() {
	given_three
	given_malformed broken
	given_active alpha
	expect_status 1 run gateway select broken
	expect_active alpha
	expect_err "$config/gateways/broken/metadata.json"
}

## without a terminal

nothing_is_asked() {
	given_three
	given_active beta
	run gateway select
	expect_equal 4 "$(wc -l <"$out")"
	grep -q '^\* beta ' "$out"
	expect_err 'openshell gateway select NAME'
	expect_active beta
}

nothing_is_asked_of_one_end() {
	given_three
	with TERM=xterm
	run_as script -qec "'$CLI_PROGRAM' gateway select </dev/null" /dev/null
	expect_out 'gateway select NAME'
	run_as script -qec "'$CLI_PROGRAM' gateway select | cat" /dev/null
	expect_out 'gateway select NAME'
	with TERM=dumb
	run_as script -qec "'$CLI_PROGRAM' gateway select" /dev/null
	expect_out 'gateway select NAME'
	[ ! -e "$config/active_gateway" ]
}

nothing_to_choose() {
	new_home
	with TERM=xterm
	run_as script -qec "'$CLI_PROGRAM' gateway select" /dev/null
	expect_out 'No gateways found.'
	[ ! -e "$config" ]
}

name_tests() {
	check select_warns_of_an_override the_override_is_told
	check a_blank_override_is_none a_blank_override_is_none
	check a_malformed_entry_cannot_be_selected_by_name malformed_by_name
	check without_a_terminal_the_table_and_a_hint_are_shown nothing_is_asked
	check it_takes_a_terminal_at_both_ends_and_no_dumb_one nothing_is_asked_of_one_end
	check where_there_is_none_nothing_is_chosen nothing_to_choose
}

## choosing

# begin WIDTH HEIGHT [ARGUMENT...]: the chooser is shown; the status is told at its end
begin() {
	tmux_shell "$1" "$2"
	shift 2
	open_chooser "$@"
}

# open_chooser [ARGUMENT...]: in the shell that is there
open_chooser() {
	type_keys "stty -a >before; '$CLI_PROGRAM' $* gateway select; echo status \$?" Enter
	eventually 10 screen_has '^Select a gateway'
	eventually 10 screen_has '^> '
}

points_to() {
	eventually 10 screen_has "^> .. ?$1( |\$)" || { screen && return 1; }
}

# ended STATUS: the program has ended, with nothing of the chooser left and the terminal as it was
ended() {
	eventually 10 screen_has "^status $1" || { screen && return 1; }
	fails screen_has '^Select a gateway|^> |NAME'
	type_keys 'stty -a >after; echo compared' Enter
	eventually 10 screen_has '^compared'
	cmp "$home/before" "$home/after"
	expect_equal 1 "$(in_tmux display-message -p '#{cursor_flag}')"
}

chosen() {
	ended 0
	screen_has "Active gateway set to '$1'"
	expect_active "$1"
}

left() {
	ended 0
	screen_has 'Gateway selection cancelled'
	[ ! -e "$config/active_gateway" ]
}

keys_move() {
	given_three
	begin 80 24
	points_to alpha
	type_keys Down
	points_to beta
	type_keys j
	points_to gamma
	type_keys j
	points_to gamma
	type_keys k Up Up
	points_to alpha
	type_keys End
	points_to gamma
	type_keys Home
	points_to alpha
	type_keys PageDown
	points_to gamma
	type_keys PageUp
	points_to alpha
	type_keys C-n
	points_to beta
	type_keys Enter
	chosen beta
}

it_begins_with_the_active() {
	given_three
	given_active gamma
	begin 80 24
	points_to gamma
	screen_has '^> \* gamma'
	type_keys Up Enter
	chosen beta
}

it_begins_with_the_flag() {
	given_three
	given_active gamma
	begin 80 24 -g beta
	points_to beta
	type_keys Enter
	chosen beta
}

typing_filters() {
	given_three
	given_record jupiter
	begin 80 24
	type_keys a m
	eventually 10 screen_has '^Select a gateway: am_  \(1 of 4\)'
	points_to gamma
	type_keys BSpace BSpace
	eventually 10 screen_has '\(4 of 4\)'
	type_keys BSpace
	eventually 10 screen_has '^Select a gateway$'
	type_keys / j
	eventually 10 screen_has '^Select a gateway: j_  \(1 of 4\)'
	type_keys q
	eventually 10 screen_has 'no gateway has that'
	type_keys Enter Escape
	eventually 10 screen_has '^Select a gateway$'
	type_keys / j u Enter
	chosen jupiter
}

escape_leaves() {
	given_three
	begin 80 24
	type_keys "$1"
	left
}

ctrl_c_leaves() {
	given_three
	begin 80 24
	type_keys C-c
	ended 130
	screen_has '^openshell: stopped by Ctrl-C'
	[ ! -e "$config/active_gateway" ]
}

signals_restore() {
	given_three
	begin 80 24
	kill -s "$1" "$(pgrep -f "^$CLI_PROGRAM gateway select")"
	ended "$2"
	[ ! -e "$config/active_gateway" ]
}

malformed_is_refused() {
	given_three
	given_malformed broken
	begin 200 24
	type_keys b r o Enter
	eventually 10 screen_has "gateway 'broken' cannot be used: /"
	screen_has '^> ! broken +-'
	type_keys Escape Escape
	left
}

many_scroll() {
	new_home
	for number in $(seq -w 60); do
		given_record "gateway-$number"
	done
	begin 80 12
	expect_equal 9 "$(screen | grep -c 'gateway-')"
	type_keys End
	points_to gateway-60
	screen_has gateway-52
	fails screen_has gateway-51
	type_keys PageUp
	points_to gateway-51
	type_keys / 3 3 Enter
	chosen gateway-33
}

sizes_are_followed() {
	new_home
	for number in $(seq -w 30); do
		given_record "a-gateway-with-a-long-name-and-a-number-$number"
	done
	begin 120 20
	type_keys Down Down
	points_to a-gateway-with-a-long-name-and-a-number-03
	for size in 60x20 60x10 40x10 30x6 20x3 20x1 20x2 100x30; do
		resize "${size%x*}" "${size#*x}"
		eventually 10 fits "${size%x*}" "${size#*x}" || { screen && return 1; }
	done
	points_to a-gateway-with-a-long-name-and-a-number-03
	type_keys Escape
	eventually 10 screen_has 'cancelled'
}

# One row is pointed to, the names are there as far as they have room, and nothing else is.
fits() {
	screen >"$home/screen"
	rows=$(($2 > 3 ? $2 - 3 : 1))
	[ "$rows" -le 30 ] || rows=30
	[ "$(grep -c '^> ' "$home/screen")" -eq 1 ] && [ "$(grep -c '^[> ] *a-g' "$home/screen")" -eq "$rows" ]
}

stopped_and_continued() {
	given_three
	begin 80 24
	type_keys Down
	points_to beta
	type_keys C-z
	eventually 10 screen_has '^ready> *$'
	fails screen_has '^Select a gateway|^> '
	type_keys 'stty -a >during; cmp before during && echo same' Enter
	eventually 10 screen_has '^same'
	type_keys fg Enter
	points_to beta
	type_keys Down Enter
	eventually 10 screen_has "Active gateway set to 'gamma'"
	expect_active gamma
}

# By a shell without job control: another takes the terminal when its job is stopped.
paused_from_outside() {
	given_three
	tmux_shell 80 24
	type_keys 'set +m' Enter
	open_chooser
	program=$(pgrep -f "^$CLI_PROGRAM gateway select")
	kill -s STOP "$program"
	kill -s CONT "$program"
	type_keys Down
	points_to beta
	type_keys Enter
	chosen beta
}

typed_ahead() {
	given_three
	begin 80 24
	in_tmux send-keys Down Enter 'echo typed ahead' Enter
	eventually 10 screen_has '^ready> typed ahead'
	expect_active beta
}

drawing_spoils_nothing() {
	given_three
	tmux_shell 80 24
	type_keys "'$CLI_PROGRAM' gateway select 2>errors" Enter
	eventually 10 screen_has '^> '
	type_keys Enter
	eventually 10 test -s "$config/active_gateway"
	eventually 10 test -s "$home/errors"
	expect_equal "Active gateway set to 'alpha'" "$(cat "$home/errors")"
}

chooser_tests() {
	check_apart keys_move_and_enter_selects keys_move
	check_apart it_begins_with_the_active_one it_begins_with_the_active
	check_apart it_begins_with_the_one_of_the_flag it_begins_with_the_flag
	check_apart typing_filters typing_filters
	check_apart escape_leaves escape_leaves Escape
	check_apart q_leaves escape_leaves q
	check_apart ctrl_c_leaves_with_130 ctrl_c_leaves
	check_apart sigterm_restores_the_terminal signals_restore TERM 143
	check_apart sighup_restores_the_terminal signals_restore HUP 129
	check_apart sigquit_restores_the_terminal signals_restore QUIT 131
	check_apart a_malformed_entry_cannot_be_chosen malformed_is_refused
	check_apart more_than_fit_are_scrolled many_scroll
	check_apart any_size_is_followed sizes_are_followed
	check_apart it_can_be_stopped_and_continued stopped_and_continued
	check_apart it_can_be_stopped_from_outside paused_from_outside
	check_apart what_is_typed_afterwards_is_the_shells typed_ahead
	check_apart it_draws_on_the_terminal_and_not_on_stderr drawing_spoils_nothing
}

main() {
	name_tests
	chooser_tests
}

main "$@"
