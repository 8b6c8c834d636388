# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# Sourced by every test script:  . "$(dirname "$0")/../lib/tap.sh"
#
# Sets   REPO       the checkout
#        OPENSHELL  the binary under test (from the environment, else $REPO/openshell)
#        TEST_TMP   a private directory, removed at the end
#        TEST_RUN   another, whose path is short wherever TMPDIR is, for sockets in it
#        umask 022 and the locale C.UTF-8, whatever they were
# Gives  ok NAME | not_ok NAME [WHY] | skip NAME WHY
#        check NAME COMMAND...        ok when the command exits 0; its output is shown when it does not.
#                                     The command may be a function: it runs in a subshell under set -e, so it is
#                                     a plain list of steps that stops at the first failing one.
#        expect_status N COMMAND...   true when the command exits with N
#        expect_equal WANT GOT, expect_has TEXT FILE, expect_lacks TEXT FILE, expect_mode MODE FILE
#        eventually SECONDS COMMAND...  true once the command is, tried every quarter of a second
#        at_exit COMMAND-LINE         evaluated at the end, the last one first
#
# A script that fails a test, dies half way or runs no test at all exits 1.

set -eu
umask 022
export LC_ALL=C.UTF-8

tap_find_repo() {
	tap_dir=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
	while [ "$tap_dir" != / ] && [ ! -e "$tap_dir/tests/lib/tap.sh" ]; do
		tap_dir=$(dirname -- "$tap_dir")
	done
	printf '%s\n' "$tap_dir"
}

REPO=${REPO:-$(tap_find_repo)}
OPENSHELL=${OPENSHELL:-$REPO/openshell}
TEST_TMP=$(mktemp -d "${TMPDIR:-/tmp}/openshell-tap.XXXXXX")
TEST_TMP=$(CDPATH='' cd -- "$TEST_TMP" && pwd -P)
TEST_RUN=$(mktemp -d /tmp/tap.XXXXXX)
export REPO OPENSHELL TEST_TMP TEST_RUN

tap_name=$(basename -- "$0" .sh)
tap_run=0
tap_failed=0
tap_cleanup=

ok() {
	tap_run=$((tap_run + 1))
	printf 'ok - %s\n' "$1"
}

not_ok() {
	tap_run=$((tap_run + 1))
	tap_failed=$((tap_failed + 1))
	printf 'not ok - %s\n' "$1"
	[ -z "${2:-}" ] || printf '%s\n' "$2" | sed 's/^/#   /'
}

skip() {
	tap_run=$((tap_run + 1))
	printf 'skip - %s # %s\n' "$1" "${2:-no reason given}"
}

check() {
	tap_check=$1
	shift
	set +e
	(
		set -e
		"$@"
	) >"$TEST_TMP/.check" 2>&1 </dev/null
	tap_status=$?
	set -e
	if [ "$tap_status" -eq 0 ]; then
		ok "$tap_check"
	else
		not_ok "$tap_check" "exit status $tap_status: $*
$(tail -n 60 "$TEST_TMP/.check" | tr -d '\000')"
	fi
}

expect_status() {
	tap_want=$1
	shift
	tap_got=0
	"$@" || tap_got=$?
	[ "$tap_got" -eq "$tap_want" ] && return 0
	printf 'expected exit status %s, got %s: %s\n' "$tap_want" "$tap_got" "$*" >&2
	return 1
}

expect_equal() {
	[ "$1" = "$2" ] && return 0
	printf 'expected: %s\n     got: %s\n' "$1" "$2" >&2
	return 1
}

expect_has() {
	grep -qF -e "$1" -- "$2" && return 0
	printf 'expected "%s" in %s, which holds:\n' "$1" "$2" >&2
	tail -n 40 -- "$2" >&2 || true
	return 1
}

expect_lacks() {
	grep -qF -e "$1" -- "$2" || return 0
	printf 'did not expect "%s" in %s, which holds:\n' "$1" "$2" >&2
	tail -n 40 -- "$2" >&2
	return 1
}

expect_mode() {
	expect_equal "$1 $2" "$(stat -c %a -- "$2") $2"
}

eventually() {
	tap_end=$(($(date +%s) + $1))
	shift
	until "$@"; do
		[ "$(date +%s)" -lt "$tap_end" ] || return 1
		sleep 0.25
	done
}

at_exit() {
	tap_cleanup="$1
$tap_cleanup"
}

tap_finish() {
	tap_rc=$?
	trap - EXIT
	trap '' HUP INT TERM
	set +e
	eval "$tap_cleanup"
	rm -rf -- "$TEST_TMP" "$TEST_RUN"
	if [ "$tap_rc" -ne 0 ]; then
		not_ok "${tap_name}_runs_to_its_end" "the script stopped with status $tap_rc"
	elif [ "$tap_run" -eq 0 ]; then
		not_ok "${tap_name}_runs_to_its_end" "no test was run"
	fi
	[ "$tap_failed" -eq 0 ] || exit 1
	exit 0
}

trap tap_finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
