# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# For benchmarks, sourced after tap.sh (and engine.sh): ratio ARGUMENTS... runs tests/bench/ratio.c, by the command
# RATIO_BY where it is set, and prints its line; empty_program makes $TEST_TMP/empty, which does nothing.

RUNS=${RUNS:-30}

prepare_ratio() {
	cc -std=gnu11 -O2 -D_GNU_SOURCE -o "$TEST_TMP/ratio" "$REPO/tests/bench/ratio.c"
}

# like_us SOURCE PROGRAM: compiles a C program that maps the libraries that openshell does
like_us() {
	# --no-as-needed: also when nothing of them is called
	# shellcheck disable=SC2046 # a list of flags
	cc -O2 -D_GNU_SOURCE -o "$2" "$1" -Wl,--no-as-needed $(pkg-config --libs yaml-0.1 libcjson libbsd-overlay) \
		-Wl,-z,relro -Wl,-z,now
}

empty_program() {
	printf 'int main(void) { return 0; }\n' >"$TEST_TMP/empty.c"
	like_us "$TEST_TMP/empty.c" "$TEST_TMP/empty"
}

ratio() {
	# shellcheck disable=SC2086 # a command of plain words, or none
	if ${RATIO_BY:-} "$TEST_TMP/ratio" -n "$RUNS" "$@" >"$TEST_TMP/line" 2>"$TEST_TMP/problem"; then
		sed 's/^/# /' "$TEST_TMP/line"
	else
		not_ok "measured" "$(cat "$TEST_TMP/problem")"
	fi
}
