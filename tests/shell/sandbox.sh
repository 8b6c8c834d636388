#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The supervisor openshell-sandbox: confinement, init duties, environment files, exit statuses.
# SANDBOX names the binary under test; without it one is built here.

# Single-quoted programs are expanded by the shells they are given to; IN_PIDNS is a list of words.
# shellcheck disable=SC2016,SC2086
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

SANDBOX=${SANDBOX:-}
IN_PIDNS='unshare --pid --fork --kill-child --mount-proc'

# Waits up to five seconds until a file has something in it.
await() {
	await_left=250
	until [ -s "$1" ]; do
		await_left=$((await_left - 1))
		[ "$await_left" -gt 0 ] || { echo "nothing came into $1" >&2; return 1; }
		sleep 0.02
	done
}

fails() {
	! "$@"
}

build_if_missing() {
	[ -z "$SANDBOX" ] || return 0
	SANDBOX=$TEST_TMP/openshell-sandbox
	"${CC:-cc}" -O1 -static -o "$SANDBOX" "$REPO"/src/sandbox/*.c
}

# capabilities_in FILE: the five sets of a saved /proc/PID/status, without repeats
capabilities_in() {
	sed -n 's/^Cap[A-Z][a-z]*:[[:space:]]*//p' "$1" | sort -u
}

status_field() {
	sed -n "s/^$1:[[:space:]]*//p" "$2" | tr -s ' \t' ' ' | sed 's/ $//'
}

## usage

one_line_and_exit_2() {
	expect_status 2 "$SANDBOX" "$@" 2>"$TEST_TMP/err" >"$TEST_TMP/out"
	expect_equal 1 "$(wc -l <"$TEST_TMP/err")"
	expect_equal 0 "$(wc -c <"$TEST_TMP/out")"
}

help_names_all_options() {
	"$SANDBOX" --help >"$TEST_TMP/out"
	for word in run enter --uid --gid --workdir --env-file --version; do
		expect_has "$word" "$TEST_TMP/out"
	done
	"$SANDBOX" run --help | cmp - "$TEST_TMP/out"
	"$SANDBOX" --version | grep -Eq '^openshell-sandbox [^ ]+$'
}

help_into_a_full_device_fails() {
	expect_status 1 "$SANDBOX" --help >/dev/full
}

usage_tests() {
	check help_and_version_are_answered_on_stdout help_names_all_options
	check an_unwritable_answer_is_an_error help_into_a_full_device_fails
	check no_mode_is_a_usage_error one_line_and_exit_2
	check an_unknown_mode_is_a_usage_error one_line_and_exit_2 jump -- true
	check an_unknown_option_is_a_usage_error one_line_and_exit_2 run --root -- true
	check no_command_is_a_usage_error one_line_and_exit_2 run --uid 1 --
	check an_empty_command_is_a_usage_error one_line_and_exit_2 run -- ''
	check a_missing_value_is_a_usage_error one_line_and_exit_2 run --uid
	check a_negative_uid_is_a_usage_error one_line_and_exit_2 run --uid -1 -- true
	check a_uid_beyond_the_kernels_is_a_usage_error one_line_and_exit_2 run --uid 4294967295 -- true
	check a_huge_uid_is_a_usage_error one_line_and_exit_2 run --uid 18446744073709551617 -- true
	check a_uid_with_letters_is_a_usage_error one_line_and_exit_2 enter --gid 12x -- true
	check an_option_given_twice_is_a_usage_error one_line_and_exit_2 run --uid 1 --uid 1 -- true
	check an_empty_workdir_is_a_usage_error one_line_and_exit_2 run --workdir= -- true
}

## exit status

status_is_passed_on() {
	for n in 0 1 2 77 125 255; do
		expect_status "$n" "$SANDBOX" "$1" -- sh -c "exit $n"
	done
}

# the_status_of WANT MODE COMMAND...: the same under run, enter or whatever MODE is
the_status_of() {
	want=$1
	shift
	expect_status "$want" "$SANDBOX" "$@"
}

not_found_is_127() {
	expect_status 127 "$SANDBOX" "$1" -- no-such-command-anywhere 2>"$TEST_TMP/err"
	expect_has "cannot run 'no-such-command-anywhere'" "$TEST_TMP/err"
	expect_status 127 "$SANDBOX" "$1" -- /no/such/path
	PATH='' expect_status 127 "$SANDBOX" "$1" -- no-such-command
}

not_executable_is_126() {
	echo '#!/bin/sh' >"$TEST_TMP/plain-file"
	chmod 644 "$TEST_TMP/plain-file"
	expect_status 126 "$SANDBOX" "$1" -- "$TEST_TMP/plain-file"
	expect_status 126 "$SANDBOX" "$1" -- "$TEST_TMP"
}

options_after_the_command_are_its_own() {
	expect_equal '--uid 5 -- --help' "$("$SANDBOX" "$1" -- echo --uid 5 -- --help)"
	expect_equal '--uid 5' "$("$SANDBOX" "$1" echo --uid 5)"
}

status_tests() {
	for mode in run enter; do
		check "${mode}_passes_the_exit_status_on" status_is_passed_on "$mode"
		check "${mode}_says_127_when_the_command_is_missing" not_found_is_127 "$mode"
		check "${mode}_says_126_when_it_cannot_be_executed" not_executable_is_126 "$mode"
		check "${mode}_leaves_the_commands_options_alone" options_after_the_command_are_its_own "$mode"
	done
	check run_says_128_plus_n_after_a_signal the_status_of 143 run -- sh -c 'kill -TERM $$'
	check run_says_137_after_a_kill the_status_of 137 run -- sh -c 'kill -KILL $$'
	check a_bad_workdir_is_125 the_status_of 125 run --workdir /no/such/dir -- true
	check a_bad_workdir_of_enter_is_125 the_status_of 125 enter --workdir /no/such/dir -- true
}

## confinement

# Leaves the /proc/self/status that a command sees in $TEST_TMP/status.
record_status() {
	"$SANDBOX" "$@" -- cat /proc/self/status >"$TEST_TMP/status"
}

nothing_is_left() {
	record_status "$1"
	expect_equal 0000000000000000 "$(capabilities_in "$TEST_TMP/status")"
	expect_equal 1 "$(status_field NoNewPrivs "$TEST_TMP/status")"
}

identity_is_changed() {
	setpriv --groups 4,5 "$SANDBOX" "$1" --uid 1234 --gid 4321 -- cat /proc/self/status >"$TEST_TMP/status"
	expect_equal '1234 1234 1234 1234' "$(status_field Uid "$TEST_TMP/status")"
	expect_equal '4321 4321 4321 4321' "$(status_field Gid "$TEST_TMP/status")"
	expect_equal '' "$(status_field Groups "$TEST_TMP/status")"
	expect_equal 0000000000000000 "$(capabilities_in "$TEST_TMP/status")"
}

gid_follows_uid() {
	record_status run --uid 1234
	expect_equal '1234 1234 1234 1234' "$(status_field Gid "$TEST_TMP/status")"
}

gid_alone_keeps_the_user() {
	record_status run --gid 4321
	expect_equal '0 0 0 0' "$(status_field Uid "$TEST_TMP/status")"
	expect_equal '4321 4321 4321 4321' "$(status_field Gid "$TEST_TMP/status")"
}

same_identity_without_rights() {
	setpriv --reuid 1234 --regid 1234 --groups 77 "$SANDBOX" run --uid 1234 -- \
		cat /proc/self/status >"$TEST_TMP/status"
	expect_equal 77 "$(status_field Groups "$TEST_TMP/status")"
	expect_equal 1 "$(status_field NoNewPrivs "$TEST_TMP/status")"
	expect_equal 0000000000000000 "$(status_field CapEff "$TEST_TMP/status")"
}

other_identity_without_rights() {
	expect_status 125 setpriv --reuid 1234 --regid 1234 --clear-groups \
		"$SANDBOX" "$1" --uid 1235 -- touch "$TEST_TMP/ran" 2>"$TEST_TMP/err"
	[ ! -e "$TEST_TMP/ran" ]
	expect_equal 1 "$(wc -l <"$TEST_TMP/err")"
}

root_gets_nothing_back() {
	cp "$(command -v id)" "$TEST_TMP/suid-id"
	chmod 4755 "$TEST_TMP/suid-id"
	expect_equal 1234 "$("$SANDBOX" run --uid 1234 -- "$TEST_TMP/suid-id" -u)"
	mkdir -p "$TEST_TMP/mnt"
	fails "$SANDBOX" run -- mount -t tmpfs none "$TEST_TMP/mnt" 2>/dev/null
	fails "$SANDBOX" run -- chown 1:1 "$TEST_TMP/mnt" 2>/dev/null
}

unsearchable_path() {
	mkdir -p "$TEST_TMP/locked"
	chmod 700 "$TEST_TMP/locked"
	PATH=$TEST_TMP/locked:$PATH expect_status 127 "$SANDBOX" run --uid 1234 -- no-such-command
	printf '#!/bin/sh\n' >"$TEST_TMP/bin-file"
	PATH=$TEST_TMP/locked:$TEST_TMP:$PATH expect_status 126 "$SANDBOX" run --uid 1234 -- bin-file
}

supervisor_is_confined_too() {
	$IN_PIDNS "$SANDBOX" run --uid 1234 -- cat /proc/1/status >"$TEST_TMP/status"
	expect_equal 0000000000000000 "$(capabilities_in "$TEST_TMP/status")"
	expect_equal '1234 1234 1234 1234' "$(status_field Uid "$TEST_TMP/status")"
	fails $IN_PIDNS "$SANDBOX" run -- cat /proc/1/environ 2>/dev/null
}

workdir_is_entered() {
	expect_equal /proc "$("$SANDBOX" "$1" --workdir /proc -- pwd)"
	mkdir -p "$TEST_TMP/private"
	chmod 700 "$TEST_TMP/private"
	expect_status 125 "$SANDBOX" "$1" --uid 1234 --workdir "$TEST_TMP/private" -- true
}

confine_tests() {
	chmod 711 "$TEST_TMP"
	for mode in run enter; do
		check "${mode}_leaves_no_capability_and_no_new_privileges" nothing_is_left "$mode"
		check "${mode}_changes_user_group_and_groups" identity_is_changed "$mode"
		check "${mode}_enters_the_workdir_with_the_new_identity" workdir_is_entered "$mode"
		check "${mode}_runs_nothing_when_the_identity_is_refused" other_identity_without_rights "$mode"
	done
	check a_uid_alone_takes_its_own_group_along gid_follows_uid
	check a_gid_alone_keeps_the_user gid_alone_keeps_the_user
	check an_identity_already_held_needs_no_rights same_identity_without_rights
	check a_file_of_root_is_read_before_the_identity_changes file_of_root_alone
	check an_unsearchable_directory_on_the_path_does_not_hide_that_nothing_is_there unsearchable_path
	check root_and_setuid_files_win_nothing_back root_gets_nothing_back
	check the_supervisor_is_confined_and_cannot_be_read supervisor_is_confined_too
}

## descriptors

no_descriptor_is_inherited() {
	exec 7</etc/passwd 9>"$TEST_TMP/nine"
	expect_equal '0 1 2 3' "$("$SANDBOX" "$1" -- ls /proc/self/fd | tr '\n' ' ' | sed 's/ $//')"
}

closed_standard_streams() {
	"$SANDBOX" "$1" -- readlink /proc/self/fd/0 /proc/self/fd/2 <&- 2>&- >"$TEST_TMP/out"
	expect_equal '/dev/null /dev/null' "$(tr '\n' ' ' <"$TEST_TMP/out" | sed 's/ $//')"
}

stdin_reaches_the_command() {
	expect_equal 'one two' "$(echo 'one two' | "$SANDBOX" "$1" -- cat)"
}

descriptor_tests() {
	for mode in run enter; do
		check "${mode}_closes_inherited_descriptors" no_descriptor_is_inherited "$mode"
		check "${mode}_opens_closed_standard_streams" closed_standard_streams "$mode"
		check "${mode}_keeps_stdin_and_stdout" stdin_reaches_the_command "$mode"
	done
}

## environment files

env_value() {
	"$SANDBOX" run --env-file "$TEST_TMP/env" -- sh -c "printf '%s' \"\$$1\""
}

values_are_taken_as_they_stand() {
	printf '%s\n' '# a comment' '' '  # another' 'PLAIN=word' 'QUOTED="a b"' 'DOLLAR=$HOME `id` \n' \
		'EQUALS=a=b=c' 'EMPTY=' '  INDENTED= x ' >"$TEST_TMP/env"
	expect_equal word "$(env_value PLAIN)"
	expect_equal '"a b"' "$(env_value QUOTED)"
	expect_equal '$HOME `id` \n' "$(env_value DOLLAR)"
	expect_equal a=b=c "$(env_value EQUALS)"
	expect_equal set "$(env_value '{EMPTY+set}')"
	expect_equal ' x ' "$(env_value INDENTED)"
}

line_ends_do_not_matter() {
	printf 'A=one\r\nB=two\r\n\r\n# c\r\nC=last' >"$TEST_TMP/env"
	expect_equal one "$(env_value A)"
	expect_equal two "$(env_value B)"
	expect_equal last "$(env_value C)"
}

last_one_wins() {
	printf 'HOME=/first\nHOME=/second\n' >"$TEST_TMP/env"
	expect_equal /second "$(env_value HOME)"
	: >"$TEST_TMP/env"
	expect_equal "$HOME" "$(env_value HOME)"
}

path_of_the_file_finds_the_command() {
	mkdir -p "$TEST_TMP/bin"
	printf '#!/bin/sh\necho found\n' >"$TEST_TMP/bin/only-here"
	chmod 755 "$TEST_TMP/bin/only-here"
	echo "PATH=$TEST_TMP/bin:/bin:/usr/bin" >"$TEST_TMP/env"
	expect_equal found "$("$SANDBOX" enter --env-file "$TEST_TMP/env" -- only-here)"
}

# bad_file WANTED-TEXT: the file in $TEST_TMP/env is refused in one line, and nothing runs
bad_file() {
	expect_status 125 "$SANDBOX" run --env-file "$TEST_TMP/env" -- touch "$TEST_TMP/ran" 2>"$TEST_TMP/err"
	expect_has "$1" "$TEST_TMP/err"
	expect_equal 1 "$(wc -l <"$TEST_TMP/err")"
	[ ! -e "$TEST_TMP/ran" ]
}

bad_lines() {
	printf 'GOOD=1\n\nno equals sign: s3cret\n' >"$TEST_TMP/env"
	bad_file "env:3: expected KEY=VALUE"
	expect_lacks s3cret "$TEST_TMP/err"
	printf '1ST=x\n' >"$TEST_TMP/env"
	bad_file env:1:
	printf 'export A=x\n' >"$TEST_TMP/env"
	bad_file env:1:
	printf '=x\n' >"$TEST_TMP/env"
	bad_file env:1:
	printf 'A=x\nB=y\000z\n' >"$TEST_TMP/env"
	bad_file 'env:2: there is a NUL'
}

sizes_are_bounded() {
	{ printf 'A='; head -c 131069 /dev/zero | tr '\0' x; echo; } >"$TEST_TMP/env"
	"$SANDBOX" run --env-file "$TEST_TMP/env" -- true
	{ printf 'A='; head -c 131070 /dev/zero | tr '\0' x; echo; } >"$TEST_TMP/env"
	bad_file 'env:1: the line is longer'
	head -c 1048577 /dev/zero | tr '\0' '\n' >"$TEST_TMP/env"
	bad_file 'larger than 1 MiB'
	head -c 1048576 /dev/zero | tr '\0' '\n' >"$TEST_TMP/env"
	"$SANDBOX" run --env-file "$TEST_TMP/env" -- true
}

unreadable_files() {
	rm -f "$TEST_TMP/env"
	bad_file 'cannot open environment file'
	mkdir "$TEST_TMP/env"
	bad_file 'cannot read environment file'
	rmdir "$TEST_TMP/env"
}

file_of_root_alone() {
	echo 'TOKEN=abc' >"$TEST_TMP/env"
	chmod 600 "$TEST_TMP/env"
	expect_equal abc "$("$SANDBOX" run --uid 1234 --env-file "$TEST_TMP/env" -- sh -c 'printf %s "$TOKEN"')"
}

env_tests() {
	check values_are_taken_as_they_stand values_are_taken_as_they_stand
	check carriage_returns_and_a_missing_last_newline_do_not_matter line_ends_do_not_matter
	check the_last_line_of_a_variable_wins last_one_wins
	check the_command_is_looked_up_on_the_new_path path_of_the_file_finds_the_command
	check a_bad_line_is_named_by_number_without_its_value bad_lines
	check lines_and_files_are_bounded_in_size sizes_are_bounded
	check a_file_that_cannot_be_read_is_an_error unreadable_files
}

## init duties

orphans_are_reaped() {
	$IN_PIDNS "$SANDBOX" run -- sh -c '
		i=0; while [ $i -lt 50 ]; do (sleep 0.0$((i % 7)) &); i=$((i + 1)); done
		sleep 0.3; cat /proc/[0-9]*/stat' 2>/dev/null >"$TEST_TMP/stats" || true
	grep -q '^1 (.*) S 0 ' "$TEST_TMP/stats"
	fails grep -q ') Z ' "$TEST_TMP/stats"
}

# Without a PID namespace the subreaper adopts them: the orphan's parent is the supervisor.
orphans_come_to_a_subreaper() {
	"$SANDBOX" run -- sh -c '
		(sleep 0.3 & echo $! >"$1/orphan"); sleep 0.1
		cut -d" " -f4 "/proc/$(cat "$1/orphan")/stat"; echo $PPID' sh "$TEST_TMP" >"$TEST_TMP/out"
	expect_equal 1 "$(sort -u "$TEST_TMP/out" | wc -l)"
}

remaining_get_term() {
	rm -f "$TEST_TMP/said"
	expect_status 3 $IN_PIDNS "$SANDBOX" run -- sh -c '
		sh -c "trap \"echo term >$1/said; exit\" TERM; echo up >$1/up; while :; do sleep 0.05; done" &
		while [ ! -s "$1/up" ]; do sleep 0.02; done
		exit 3' sh "$TEST_TMP"
	expect_equal term "$(cat "$TEST_TMP/said")"
}

remaining_are_killed_in_time() {
	began=$(date +%s%N)
	expect_status 4 $IN_PIDNS "$SANDBOX" run -- sh -c '
		sh -c "trap \"\" TERM; echo up >$1/up2; while :; do sleep 60; done" &
		while [ ! -s "$1/up2" ]; do sleep 0.02; done
		exit 4' sh "$TEST_TMP"
	took=$((($(date +%s%N) - began) / 1000000))
	echo "took $took ms"
	[ "$took" -ge 1900 ] && [ "$took" -lt 4000 ]
}

nothing_remaining_costs_no_time() {
	began=$(date +%s%N)
	$IN_PIDNS "$SANDBOX" run -- true
	took=$((($(date +%s%N) - began) / 1000000))
	echo "took $took ms"
	[ "$took" -lt 1000 ]
}

init_tests() {
	check pid_1_forwards_term pid_1_forwards_term
	check orphans_are_reaped_by_pid_1 orphans_are_reaped
	check orphans_come_to_a_supervisor_that_is_not_pid_1 orphans_come_to_a_subreaper
	check remaining_processes_get_term remaining_get_term
	check remaining_processes_that_ignore_term_are_killed_in_time remaining_are_killed_in_time
	check nothing_remaining_costs_no_time nothing_remaining_costs_no_time
}

## signals

# start_catcher: a supervised shell that names each signal it gets. Its supervisor is $supervisor.
# A shell starts what it puts in the background with INT and QUIT ignored, hence env.
start_catcher() {
	rm -f "$TEST_TMP/got" "$TEST_TMP/ready"
	env --default-signal "$SANDBOX" run -- sh -c '
		for s in HUP INT QUIT USR1 USR2 WINCH; do trap "echo $s >>\"$1/got\"" $s; done
		trap "echo TERM >>\"$1/got\"; exit 9" TERM
		echo up >"$1/ready"
		while :; do sleep 0.02; done' sh "$TEST_TMP" &
	supervisor=$!
	# a failing test runs in a subshell and must not leave it behind
	trap 'kill -KILL "$supervisor" 2>/dev/null || true' EXIT
	await "$TEST_TMP/ready"
}

await_line() {
	await_left=250
	until grep -qx "$1" "$TEST_TMP/got" 2>/dev/null; do
		await_left=$((await_left - 1))
		[ "$await_left" -gt 0 ] || { echo "no $1 came" >&2; return 1; }
		sleep 0.02
	done
}

signals_arrive_once() {
	start_catcher
	for signal in HUP INT QUIT USR1 USR2 WINCH; do
		kill -s "$signal" "$supervisor"
		await_line "$signal"
	done
	kill -s TERM "$supervisor"
	expect_status 9 wait "$supervisor"
	expect_equal 'HUP INT QUIT USR1 USR2 WINCH TERM' "$(tr '\n' ' ' <"$TEST_TMP/got" | sed 's/ $//')"
}

# The child of unshare is PID 1 of its namespace; it is signalled from outside, as docker does.
pid_1_forwards_term() {
	rm -f "$TEST_TMP/ready"
	$IN_PIDNS "$SANDBOX" run -- sh -c 'trap "exit 9" TERM; echo up >"$1/ready"
		while :; do sleep 0.02; done' sh "$TEST_TMP" &
	outer=$!
	await "$TEST_TMP/ready"
	kill -s TERM "$(tr -d ' ' <"/proc/$outer/task/$outer/children")"
	expect_status 9 wait "$outer"
}

# A helper in the command's group gets TERM, but not USR1, which would end it.
groups_and_children() {
	rm -f "$TEST_TMP/ready" "$TEST_TMP/got" "$TEST_TMP/helper"
	"$SANDBOX" run -- sh -c '
		sh -c "trap \"echo helper >>$1/helper; exit\" TERM; echo up >$1/ready; while :; do sleep 0.02; done" &
		trap "echo USR1 >>\"$1/got\"" USR1
		trap "wait; exit 9" TERM
		while :; do sleep 0.02; done' sh "$TEST_TMP" &
	supervisor=$!
	await "$TEST_TMP/ready"
	kill -s USR1 "$supervisor"
	await_line USR1
	[ ! -e "$TEST_TMP/helper" ]
	kill -s TERM "$supervisor"
	expect_status 9 wait "$supervisor"
	expect_equal helper "$(cat "$TEST_TMP/helper")"
}

default_dispositions() {
	start=$(date +%s)
	"$SANDBOX" run -- sleep 30 &
	supervisor=$!
	sleep 0.1
	kill -s TERM "$supervisor"
	expect_status 143 wait "$supervisor"
	[ $(($(date +%s) - start)) -lt 10 ]
}

enter_is_the_command_itself() {
	"$SANDBOX" enter -- sh -c 'echo $$ >"$1/pid"; exec sleep 30' sh "$TEST_TMP" &
	entered=$!
	await "$TEST_TMP/pid"
	expect_equal "$entered" "$(cat "$TEST_TMP/pid")"
	kill -s TERM "$entered"
	expect_status 143 wait "$entered"
}

# With SIGCHLD ignored the kernel reaps by itself, and no status would come.
an_ignored_sigchld() {
	expect_status 5 python3 -c '
import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv(sys.argv[1], sys.argv[1:])' "$SANDBOX" run -- sh -c 'exit 5'
}

signal_tests() {
	check each_signal_arrives_exactly_once signals_arrive_once
	check term_goes_to_the_group_and_usr1_to_the_child_alone groups_and_children
	check a_command_without_handlers_ends_by_the_signal default_dispositions
	check enter_becomes_the_command enter_is_the_command_itself
	if command -v python3 >/dev/null; then
		check an_inherited_ignored_sigchld_does_not_lose_the_status an_ignored_sigchld
	else
		skip an_inherited_ignored_sigchld_does_not_lose_the_status 'no python3'
	fi
}

## terminals

command_owns_the_terminal() {
	script -qec "'$SANDBOX' run -- cut -d' ' -f5,8 /proc/self/stat" /dev/null </dev/null |
		tr -d '\r' >"$TEST_TMP/out"
	read -r group foreground <"$TEST_TMP/out"
	expect_equal "$group" "$foreground"
}

suspending_reaches_the_shell() {
	# Runs under a shell with job control, which must see the job stop and then go on.
	printf '%s\n' '"$SANDBOX" run -- sh -c '\''kill -STOP $$; echo resumed; exit 6'\' \
		'echo "stopped $?"' fg 'echo "ended $?"' >"$TEST_TMP/job.sh"
	SANDBOX=$SANDBOX timeout 10 script -qec "sh -m '$TEST_TMP/job.sh'" /dev/null </dev/null |
		tr -d '\r' >"$TEST_TMP/out"
	expect_has 'stopped 147' "$TEST_TMP/out"
	expect_has resumed "$TEST_TMP/out"
	expect_has 'ended 6' "$TEST_TMP/out"
}

terminal_tests() {
	if command -v script >/dev/null; then
		check the_command_owns_the_terminal command_owns_the_terminal
		check a_suspended_command_gives_the_terminal_back suspending_reaches_the_shell
	else
		skip the_command_owns_the_terminal 'no script(1)'
		skip a_suspended_command_gives_the_terminal_back 'no script(1)'
	fi
}

main() {
	build_if_missing
	export SANDBOX
	usage_tests
	status_tests
	descriptor_tests
	env_tests
	signal_tests
	terminal_tests
	if [ "$(id -u)" -eq 0 ] && $IN_PIDNS true 2>/dev/null; then
		confine_tests
		init_tests
	else
		skip confinement_and_init_duties 'needs root and PID namespaces'
	fi
}

main "$@"
