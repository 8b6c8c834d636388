#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The manual pages name all that there is: commands, each with its options, by the table that the program prints of
# itself; words, environment variables, files, exit statuses and metadata keys, by the places in the source that declare them.

set -eu

SRCDIR=${srcdir:-.}
PAGES=${PAGES:-$SRCDIR/docs}
PROGRAM=${PROGRAM:-./tests/openshell}
WORK=$(mktemp -d "${TMPDIR:-/tmp}/check-man.XXXXXX")
trap 'rm -rf "$WORK"' EXIT
rc=0

complain() {
	echo "check-man: $1" >&2
	rc=1
}

# need MACRO: on any page
need() {
	grep -qE -e "(^| |\.)$1( |$)" "$WORK/pages" || complain "no page has: $1"
}

# The part of the pages that is about a command: from its name in a list to the next command's, or the section's end.
section_of() {
	awk -v wanted="$1" '
		/^\.It (Xo )?Ic / {
			line = $0
			sub(/^\.It (Xo )?Ic /, "", line)
			shown = line == wanted || index(line, wanted " ") == 1
		}
		/^\.Sh / { shown = 0 }
		shown' "$WORK/pages"
}

# of_command MACRO: in the section of the command
of_command() {
	grep -qE -e "(^| |\.)$1( |$)" "$WORK/section" || complain "the section of '$command' has no: $1"
}

# The words in lower case of a specification such as table|json|yaml.
need_words() {
	for word in $(printf '%s\n' "$1" | tr '|[]' '\n  ' | grep -xE ' *[a-z][a-z-]* *'); do
		need "Cm $word"
	done
}

check_table() {
	command=
	while read -r kind rest; do
		# shellcheck disable=SC2086 # words
		set -- $rest
		case $kind in
		group) need "Ic $1" && need "Ic $2" ;;
		global) need "Fl -$1" && need "Fl $2" ;;
		command)
			command=$rest
			section_of "$command" >"$WORK/section"
			[ -s "$WORK/section" ] || complain "no page has a section of: $command"
			;;
		option)
			of_command "Fl -$1"
			[ "$2" = - ] || of_command "Fl $2"
			need_words "${3:-}"
			;;
		operands) need_words "$rest" ;;
		*) complain "the program's table has: $kind" ;;
		esac
	done <"$WORK/table"
	[ "$(wc -l <"$WORK/table")" -gt 60 ] || complain 'the program printed no table'
}

# declared WHAT LEAST FILE-OF-LINES: each is needed, and so many there must be for the source to have been understood
declared() {
	sort -u "$3" >"$WORK/declared"
	[ "$(wc -l <"$WORK/declared")" -ge "$2" ] || complain "$1: the source was not understood"
	while read -r line; do
		need "$line"
	done <"$WORK/declared"
}

# Names of files, as store/paths.c and its neighbours put them together: the first %s is a root, the others are names.
file_names() {
	grep -ohE '"%s/[^" ]*"' "$SRCDIR"/src/store/paths.c "$SRCDIR"/src/store/lock.c "$SRCDIR"/src/gateway/fetch.c |
		sed 's/"//g; s,^%s/,,; s/%s/NAME/g' | grep -E '[a-z]' | sed 's/\./\\./g; s/.*/Pa [^ ]*&[^ ]*/'
	grep -ohE '"[a-z]+\.(crt|key|yaml)"' "$SRCDIR"/src/store/mtls.c "$SRCDIR"/src/store/nodefiles.c |
		sed 's/"//g; s/\./\\./g; s/.*/Pa [^ ]*&/'
}

# Of store/record.c, as its two tables have them.
metadata_keys() {
	awk '/fixed_keys\[KEYS\] = \{|optional_keys\[\] = \{/ { shown = 1; next } /^};/ { shown = 0 } shown' \
		"$SRCDIR/src/store/record.c" | grep -oE '"[a-z_]+"' | tr -d '"'
}

# What a page sends the reader to, as a section of its own, is there.
check_sections() {
	for page in "$PAGES"/openshell*.[158]; do
		sed -nE 's/^\.S[hs] //p' "$page" >"$WORK/sections"
		sed -nE 's/^\.Sx ([^.,;)]*[^.,;) ]).*/\1/p' "$page" | sort -u >"$WORK/wanted"
		while read -r wanted; do
			grep -qxF -e "$wanted" "$WORK/sections" || complain "$page has no section: $wanted"
		done <"$WORK/wanted"
	done
}

main() {
	cat "$PAGES"/openshell.1 "$PAGES"/openshell-*.[15] >"$WORK/pages" 2>/dev/null || [ -s "$WORK/pages" ]
	HOME=/nonexistent "$PROGRAM" __dump >"$WORK/table"
	check_table
	grep -ohE '"[A-Z][A-Z_]+"' "$SRCDIR/src/gateway/settings.c" | sed 's/"//g; s/^/Ev /' >"$WORK/variables"
	declared variables 25 "$WORK/variables"
	file_names >"$WORK/files"
	declared files 8 "$WORK/files"
	sed -nE 's/.*\[ERROR_[A-Z]*\] = \{ "[a-z]*", ([0-9]+) \}.*/It \1/p' "$SRCDIR/src/base/error.c" |
		sed 's/It 130/It 128 \\+ n/' >"$WORK/statuses"
	echo 'It 0' >>"$WORK/statuses"
	declared statuses 10 "$WORK/statuses"
	metadata_keys | sed 's/^/Li /' >"$WORK/keys"
	declared 'keys of metadata' 12 "$WORK/keys"
	check_sections
	if command -v mandoc >/dev/null; then
		mandoc -T lint -W warning "$PAGES"/openshell*.[158] || rc=1
	fi
	exit "$rc"
}

main "$@"
