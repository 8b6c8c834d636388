#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The unit tests with the address and undefined-behaviour sanitizers.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/build.sh"

sanitized() {
	configure_variant sanitize CC=gcc --enable-sanitize
	if ! make -C "$BUILD/sanitize" -j"$JOBS" -k check; then
		report_check "$BUILD/sanitize" | grep '^not ok'
		grep -hE 'ERROR: |runtime error' -r "$BUILD/sanitize" --include='*.log' | head -n 20
		return 1
	fi
	report_check "$BUILD/sanitize" | grep -q '^ok - '
}

main() {
	check unit_tests_pass_under_the_sanitizers sanitized
}

main "$@"
