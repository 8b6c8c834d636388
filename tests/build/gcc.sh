#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The build that the other tests use, and the unit tests: each cmocka case is a test of its own here.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/build.sh"

builds() {
	configure_variant gcc CC=gcc
	make -C "$BUILD/gcc" -j"$JOBS" CFLAGS="-g -O2 -Werror $BUILD_WARNINGS"
}

unit_tests() {
	rc=0
	make -C "$BUILD/gcc" -j"$JOBS" -k check CFLAGS="-g -O2 -Werror $BUILD_WARNINGS" >"$TEST_TMP/check" 2>&1 </dev/null || rc=$?
	report_check "$BUILD/gcc" >"$TEST_TMP/cases"
	while read -r line; do
		case $line in
		'ok - '*) ok "${line#ok - }" ;;
		'skip - '*) skip "${line#skip - }" 'skipped itself' ;;
		*) not_ok "${line#not ok - }" "the program's log is in $BUILD/gcc" ;;
		esac
	done <"$TEST_TMP/cases"
	[ -s "$TEST_TMP/cases" ] || rc=1
	if [ "$rc" -ne 0 ]; then
		not_ok make_check_succeeds "$(tail -n 40 "$TEST_TMP/check")"
	fi
}

main() {
	check gcc_builds_it_without_a_warning builds
	unit_tests
}

main "$@"
