#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A docker that misbehaves in one of its calls, for each call of a start and each way: openshell ends soon and with
# a code of the manual page, says why in one line, writes nothing but printable text, leaves nothing half made and no
# process.

# out, err, home, config and engine come from lib/cli.sh.
# shellcheck disable=SC2154,SC2034,SC2016
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

CALLS='inspect info volume_ls ps pull network_create volume_create create start container_inspect exec events logs'
WAYS='floods_stdout floods_stderr never_ends_its_line prints_garbage prints_nul_bytes closes_its_output_and_lives_on
ignores_TERM leaves_a_child_with_its_pipes crashes works_and_hangs'

# The exit code: followers do without a docker that answers; what never ends takes its time (7), too much output and
# a crash are failures (1); else it depends on what the call is for, and on who finds out.
code_of() {
	case $1/$2 in
	events/* | logs/*) echo 0 ;;
	pull/floods_* | pull/never_ends_its_line | */works_and_hangs | */ignores_TERM | */closes_* | */floods_stderr)
		case $1/$2 in
		start/works_and_hangs) echo 0 ;;
		*) echo 7 ;;
		esac
		;;
	*/floods_stdout | */never_ends_its_line | */crashes)
		case $1/$2 in
		info/crashes) echo 5 ;;
		exec/crashes) echo 7 ;;
		*) echo 1 ;;
		esac
		;;
	network_create/* | volume_create/* | volume_ls/leaves_* | ps/leaves_*) echo 0 ;;
	exec/prints_garbage) echo 1 ;;
	exec/*) echo 7 ;;
	info/*) echo 5 ;;
	start/*) echo 8 ;;
	pull/*) echo 3 ;;
	*) echo 1 ;;
	esac
}

say() {
	printf '%s\n' "$1"
}

# A hook of the fake docker.
misbehaviour() {
	case $1 in
	floods_stdout) say 'exec yes "a line of it"' ;;
	floods_stderr) say 'while yes "a line of it" | head -c 65536 >&2; do sleep 0.02; done' ;;
	never_ends_its_line) say 'exec tr "\000" x </dev/zero' ;;
	prints_garbage) say 'yes "$(printf "\033[2J{\377\"\007\302\205\342\200\256:]")" | head -c 65536; exit 0' ;;
	prints_nul_bytes) say 'head -c 65536 /dev/zero; exit 0' ;;
	closes_its_output_and_lives_on) say 'exec >&- 2>&-; exec sleep 1000' ;;
	ignores_TERM) say 'trap "" TERM; exec sleep 1000' ;;
	leaves_a_child_with_its_pipes) say 'sleep 1000 & echo $! >>"$FAKE_DIR/children"; exit 0' ;;
	crashes) say 'kill -SEGV $$' ;;
	works_and_hangs) say '(. "'"$REPO"'/tests/fakes/engine.sh" >/dev/null 2>&1); exec sleep 1000' ;;
	esac
}

# How long a call may take: short only where that is what ends it, for a busy machine is slow.
seconds_for() {
	case $(code_of "$1" "$2")/$2 in
	7/*) echo 2 ;;
	*/works_and_hangs) echo 5 ;;
	*) echo 60 ;;
	esac
}

given_a_docker_that() {
	new_home
	given_engine
	seconds=$(seconds_for "$1" "$2")
	with OPENSHELL_DOCKER_TIMEOUT="$seconds" OPENSHELL_PULL_TIMEOUT="$seconds"
	[ "$1" != pull ] || : >"$engine/images"
	rule docker 10-hostile "^$(echo "$1" | tr _ ' ') $([ "$1" != logs ] || echo --follow)"
	answer last sh "$(misbehaviour "$2")"
}

# What a docker that has ended left behind is not ours to end, it may be the master of an ssh connection: the test
# does. That of a follower which was still to be ended is gone with it.
expect_no_process() {
	if [ -e "$FAKE_DIR/children" ]; then
		while read -r child; do
			kill "$child" 2>/dev/null || true
		done <"$FAKE_DIR/children"
	fi
	eventually 2 fails grep -lsF "FAKE_DIR=$FAKE_DIR" /proc/[0-9]*/environ
}

expect_nothing_made() {
	expect_equal '' "$(find "$engine/containers" "$engine/networks" "$engine/volumes" -type f)"
	expect_equal '' "$(find "$config" -type f 2>/dev/null)"
}

expect_all_made() {
	jq -e '.container_id == "id-of-openshell-cluster-openshell"' "$config/gateways/openshell/metadata.json"
	expect_equal openshell "$(cat "$config/active_gateway")"
	expect_equal 3 "$(find "$config/gateways/openshell/mtls" -type f | wc -l)"
	expect_equal '' "$(find "$config" -name '*.tmp*' -o -name '*.bak' -o -name '*.??????')"
}

ends_well_with_a_docker_that() {
	given_a_docker_that "$1" "$2"
	status=0
	run_as timeout -k 1 60 "$CLI_PROGRAM" gateway start || status=$?
	expect_equal "$(code_of "$1" "$2")" "$status"
	fails env LC_ALL=C grep -qa "$(printf '[\001-\010\013-\037\177]')" "$err"
	expect_no_process
	if [ "$status" -eq 0 ]; then
		expect_all_made
	else
		expect_equal 1 "$(grep -c '^openshell: ' "$err")"
		[ "$1" = pull ] || [ "$(wc -c <"$err")" -lt 8192 ]
		expect_nothing_made
	fi
	expect_no_out
}

# The cases of one call, one after the other; those of another call run beside them. Each has files of its own.
run_cases() {
	cli_homes=$(($2 * 1000))
	out=$TEST_TMP/out.$1
	err=$TEST_TMP/err.$1
	set +e
	for way in $WAYS; do
		(
			set -e
			ends_well_with_a_docker_that "$1" "$way"
		) >"$TEST_TMP/cases/$1.$way.log" 2>&1
		rc=$?
		[ "$rc" -eq 0 ] || head -c 8192 "$err" >>"$TEST_TMP/cases/$1.$way.log"
		echo "$rc" >"$TEST_TMP/cases/$1.$way"
	done
}

report_case() {
	cat "$TEST_TMP/cases/$1.$2.log"
	expect_equal 0 "$(cat "$TEST_TMP/cases/$1.$2")"
}

main() {
	number=0
	mkdir "$TEST_TMP/cases"
	for call in $CALLS; do
		number=$((number + 1))
		run_cases "$call" "$number" &
	done
	wait
	for call in $CALLS; do
		for way in $WAYS; do
			check "a_start_ends_well_when_docker_${call}_$way" report_case "$call" "$way"
		done
	done
}

main "$@"
