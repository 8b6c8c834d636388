#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# openshell(1) names every command, option, environment variable and exit status of the program, which prints its own
# command table for this.

set -eu

SRCDIR=${srcdir:-.}
PAGE=${PAGE:-$SRCDIR/docs/openshell.1}
PROGRAM=${PROGRAM:-./tests/openshell}
rc=0

need() {
	grep -qF -- "$1" "$PAGE" || {
		echo "check-man: $PAGE does not name: $1" >&2
		rc=1
	}
}

main() {
	table=$(HOME=/nonexistent "$PROGRAM" __dump)
	[ "$(printf '%s\n' "$table" | wc -l)" -gt 20 ] || { echo 'check-man: the program printed no table' >&2; exit 1; }
	printf '%s\n' "$table" >"${TMPDIR:-/tmp}/check-man.$$"
	while read -r line; do
		case $line in
		*--*) need "Fl -${line##*--}" ;;
		*) need "Ic $line" ;;
		esac
	done <"${TMPDIR:-/tmp}/check-man.$$"
	rm -f "${TMPDIR:-/tmp}/check-man.$$"
	for variable in $(grep -ho 'get\(env\|_either\)\?("[A-Z_]*"' "$SRCDIR/src/gateway/settings.c" | sed 's/.*("//; s/".*//') \
		OPENSHELL_DOCKER_TIMEOUT OPENSHELL_PULL_TIMEOUT NAV_GATEWAY_TLS_ENABLED; do
		need "Ev $variable"
	done
	for status in 0 1 2 3 4 5 6 7 8; do
		need ".It $status"
	done
	if command -v mandoc >/dev/null; then
		mandoc -T lint -W warning "$PAGE" || rc=1
	fi
	exit "$rc"
}

main "$@"
