# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# For benchmarks, sourced after tap.sh (and engine.sh): ratio ARGUMENTS... runs tests/bench/ratio.c and prints its line;
# RATIO_BY is a command before it, to run it elsewhere.

RUNS=${RUNS:-30}

prepare_ratio() {
	cc -std=gnu11 -O2 -D_GNU_SOURCE -o "$TEST_TMP/ratio" "$REPO/tests/bench/ratio.c"
}

ratio() {
	# shellcheck disable=SC2086 # a command of plain words, or none
	if ${RATIO_BY:-} "$TEST_TMP/ratio" -n "$RUNS" "$@" >"$TEST_TMP/line" 2>"$TEST_TMP/problem"; then
		sed 's/^/# /' "$TEST_TMP/line"
	else
		not_ok "measured" "$(cat "$TEST_TMP/problem")"
	fi
}
