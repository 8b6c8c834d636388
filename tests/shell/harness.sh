#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the tests stand on: the shell library's verdicts, and the reading of automake's and cmocka's results.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/build.sh"

# script TEXT: runs it as a test script, its output in $TEST_TMP/out.
script() {
	printf '. "%s/tests/lib/tap.sh"\n%s\n' "$REPO" "$1" >"$TEST_TMP/script.sh"
	sh "$TEST_TMP/script.sh" >"$TEST_TMP/out" 2>&1
}

passing() {
	script 'check rule true; skip other "no reason"'
	expect_has 'ok - rule' "$TEST_TMP/out"
	expect_has 'skip - other # no reason' "$TEST_TMP/out"
}

failing() {
	expect_status 1 script 'check rule sh -c "echo because; exit 3"; check next true'
	expect_has 'not ok - rule' "$TEST_TMP/out"
	expect_has '#   because' "$TEST_TMP/out"
	expect_has 'ok - next' "$TEST_TMP/out"
}

steps_stop() {
	expect_status 1 script 'steps() { false; echo "went on"; }; check rule steps'
	expect_lacks 'went on' "$TEST_TMP/out"
}

dying() {
	expect_status 1 script 'check rule true; false; check never true'
	expect_has 'not ok - script_runs_to_its_end' "$TEST_TMP/out"
}

empty() {
	expect_status 1 script ':'
	expect_has 'no test was run' "$TEST_TMP/out"
}

cleaning() {
	script "echo \"\$TEST_TMP\" >'$TEST_TMP/where'; at_exit \"echo first >>'$TEST_TMP/order'\"
		at_exit \"echo last >>'$TEST_TMP/order'\"; ok rule"
	[ ! -e "$(cat "$TEST_TMP/where")" ]
	expect_equal 'last first' "$(tr '\n' ' ' <"$TEST_TMP/order" | sed 's/ $//')"
}

# result NAME VERDICT: a program's two files, the log from stdin.
result() {
	printf ':test-result: %s\n' "$2" >"$TEST_TMP/results/$1.trs"
	cat >"$TEST_TMP/results/$1.log"
}

results() {
	rm -rf "$TEST_TMP/results"
	mkdir "$TEST_TMP/results"
}

cmocka() {
	results
	result test_a FAIL <<-'END'
		[==========] Running 3 test(s).
		[ RUN      ] one
		[       OK ] one
		[ RUN      ] two
		[  ERROR   ] --- 1 != 2
		[  FAILED  ] two
		[ RUN      ] three
		[  SKIPPED ] three
		[==========] 3 test(s) run.
		[  PASSED  ] 1 test(s).
		[  FAILED  ] 1 test(s), listed below:
		[  FAILED  ] two
	END
	report_check "$TEST_TMP/results" >"$TEST_TMP/out"
	expect_equal 'ok - test_a: one
not ok - test_a: two
skip - test_a: three' "$(cat "$TEST_TMP/out")"
}

crashed() {
	results
	printf '[==========] Running 2 test(s).\n[ RUN      ] one\n[       OK ] one\n' | result test_b FAIL
	report_check "$TEST_TMP/results" >"$TEST_TMP/out"
	expect_has 'ok - test_b: one' "$TEST_TMP/out"
	expect_has 'not ok - test_b: the whole program' "$TEST_TMP/out"
}

others() {
	results
	result layers PASS </dev/null
	printf 'ok - a rule\nnot ok - another\n' | result shell FAIL
	result none SKIP </dev/null
	report_check "$TEST_TMP/results" >"$TEST_TMP/out"
	expect_equal 'ok - layers: the whole program
skip - none: the whole program
ok - a rule
not ok - another' "$(cat "$TEST_TMP/out")"
}

main() {
	check a_script_whose_tests_pass_exits_0 passing
	check a_failed_test_is_shown_with_its_output_and_the_next_still_runs failing
	check a_test_function_stops_at_its_first_failing_step steps_stop
	check a_script_that_dies_half_way_counts_as_a_failure dying
	check a_script_without_tests_counts_as_a_failure empty
	check the_private_directory_goes_and_cleanup_runs_backwards cleaning
	check each_cmocka_case_is_a_test cmocka
	check a_crash_after_passing_cases_is_a_failure crashed
	check programs_and_shell_tests_of_make_check_are_counted others
}

main "$@"
