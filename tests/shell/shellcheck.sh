#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every shell file of the project is clean under shellcheck.
. "$(dirname "$0")/../lib/tap.sh"

list_files() {
	if git -C "$REPO" rev-parse --git-dir >/dev/null 2>&1; then
		git -C "$REPO" ls-files --cached --others --exclude-standard
	else
		(cd "$REPO" && find . -type f | sed 's,^\./,,')
	fi
}

# By content, not by name: what starts as a shell script or says so to shellcheck.
list_shell_files() {
	list_files | while read -r file; do
		[ -f "$REPO/$file" ] || continue
		if head -n 1 -- "$REPO/$file" | grep -qE '^#!.*[/ ](sh|bash|dash)( |$)' ||
			head -n 5 -- "$REPO/$file" | grep -q '^# shellcheck shell='; then
			printf '%s\n' "$file"
		fi
	done
}

clean() {
	cd "$REPO" || return
	shellcheck --external-sources --source-path=SCRIPTDIR --source-path=. --exclude=SC1091 "$1"
}

main() {
	list_shell_files >"$TEST_TMP/files"
	while read -r file; do
		check "shellcheck_has_nothing_to_say_about_$file" clean "$file"
	done <"$TEST_TMP/files"
}

main "$@"
