# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# Builds for tests, never in the checkout: its files are copied to $BUILD/source, and each variant is configured in a
# directory of its own beside it. Sourced after tap.sh; functions only.

BUILD=${BUILD:-${TEST_STATE:-${TMPDIR:-/tmp}/openshell-test-$(id -u)}/build}
BUILD_WARNINGS='-Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes'
JOBS=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
export BUILD BUILD_WARNINGS JOBS

list_source() {
	if git -C "$REPO" rev-parse --git-dir >/dev/null 2>&1; then
		git -C "$REPO" ls-files -z --cached --others --exclude-standard
	else
		(cd "$REPO" && find . -type f -print0)
	fi
}

# Copies the checkout once and makes its configure script.
stage_source() {
	[ ! -e "$BUILD/source.ready" ] || return 0
	rm -rf "$BUILD/source"
	mkdir -p "$BUILD/source"
	list_source | (cd "$REPO" && tar --null --ignore-failed-read -T - -cf - 2>/dev/null) | tar -C "$BUILD/source" -xf -
	(cd "$BUILD/source" && autoreconf -fi)
	: >"$BUILD/source.ready"
}

# configure_variant NAME ARGUMENT...: once
configure_variant() {
	variant=$BUILD/$1
	shift
	[ ! -e "$variant/Makefile" ] || return 0
	stage_source
	mkdir -p "$variant"
	(cd "$variant" && "$BUILD/source/configure" "$@")
}

# What a run of automake's harness in DIRECTORY says, one line a test: the cases of each cmocka program, the lines of a
# shell test, else the program as a whole.
report_check() {
	find "$1" -name '*.trs' | sort | while read -r trs; do
		awk -v name="$(basename "$trs" .trs)" -v trs="$trs" '
			function result(word, rule) { print word " - " name ": " rule; n[word]++ }
			FNR == NR { if ($1 == ":test-result:") verdict = $2; next }
			/^\[==========\].*[Rr]unning/ { counting = 1 }
			/^\[==========\].* run\.?$/ { counting = 0 }
			counting && sub(/^\[       OK \] /, "") { result("ok", $0) }
			counting && sub(/^\[  FAILED  \] /, "") { result("not ok", $0) }
			counting && sub(/^\[  SKIPPED \] /, "") { result("skip", $0) }
			/^(ok|not ok|skip) - / { print; n[$1 == "not" ? "not ok" : $1]++ }
			END {
				bad = verdict == "FAIL" || verdict == "ERROR" || verdict == "XPASS"
				if (bad && !n["not ok"]) result("not ok", "the whole program: " verdict)
				else if (!n["ok"] && !n["not ok"] && !n["skip"])
					result(verdict == "SKIP" ? "skip" : "ok", "the whole program")
			}' "$trs" "${trs%.trs}.log"
	done
}
