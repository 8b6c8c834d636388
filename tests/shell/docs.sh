#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The documents hold what the code holds: the tables of docs/architecture.md, links, manual pages.
# shellcheck disable=SC2016 # the back quotes are Markdown's, the dollars awk's

# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

SRC=${SRC:-$REPO/src}
DOCS=${DOCS:-$REPO/docs}
ARCHITECTURE=${ARCHITECTURE:-$DOCS/architecture.md}
README=${README:-$REPO/README.md}

# The manual pages of openshell, one after the other.
manual() {
	cat "$DOCS"/openshell.1 "$DOCS"/openshell-*.[15]
}

# section FILE HEADING-REGEX: the text under a heading, up to the next one
section() {
	awk -v heading="$2" '/^#/ { shown = $0 ~ heading } shown' "$1"
}

# --- what the code says, as rows of the document's tables -------------------------------------------------------------

# ENUM_NAME -> name, as in NAMES of FILE:  [PHASE_EXITED] = "exited"
enum_names() {
	grep -oE '\['"$2"'_[A-Z_]*\] = (\{ )?"[^"]*"' "$1" | sed -E 's/\[([A-Z_]*)\] = (\{ )?"([^"]*)"/\1 \3/'
}

code_steps() {
	enum_names "$SRC/gateway/deploy.c" DEPLOY >"$TEST_TMP/names"
	awk '
		FNR == NR { name[$1] = $2; next }
		/^const struct step deploy_steps/ { inside = 1; next }
		inside && /^}/ { exit }
		inside {
			text = ""
			if (match($0, /"[^"]*"/)) text = substr($0, RSTART + 1, RLENGTH - 2) " "
			sub(/^\t\{ /, ""); sub(/"[^"]*"/, "NULL"); gsub(/,/, "")
			printf "| `%s` | `%s` | %s| `%s` | `%s` |\n", name[$1], name[$2], text, $4, $5
		}' "$TEST_TMP/names" "$SRC/gateway/deploy_steps.c"
}

code_actions() {
	enum_names "$SRC/tools/docker_parse.c" PHASE >"$TEST_TMP/phases"
	enum_names "$SRC/gateway/observe.c" ACTION >"$TEST_TMP/actions"
	grep -oE '\[PHASE_[A-Z]*\] = ACTION_[A-Z]*' "$SRC/gateway/observe.c" | tr -d '[]=' |
		awk '
			FILENAME ~ /phases$/ { phase[$1] = $2; next }
			FILENAME ~ /actions$/ { action[$1] = $2; next }
			{ printf "| `%s` | `%s` |\n", phase[$1], action[$2] }' "$TEST_TMP/phases" "$TEST_TMP/actions" -
}

code_states() {
	grep -oE '\[STATE_[A-Z]*\] = \{ "[a-z-]*", [0-9]+ \}' "$SRC/gateway/status.c" |
		sed -E 's/.*"([a-z-]*)", ([0-9]+).*/\1 \2/'
}

code_kinds() {
	grep -oE '\[ERROR_[A-Z]*\] = \{ "[a-z]*", [0-9]+ \}' "$SRC/base/error.c" |
		sed -E 's/\[(ERROR_[A-Z]*)\] = \{ "([a-z]*)", ([0-9]+) \}/| `\1` | \2 | \3 |/; /CANCELLED/d'
}

# "code exit retriable" of each code of the table, in its order
code_diagnoses() {
	grep -oE '\[ERROR_[A-Z]*\] = \{ "[a-z]*", [0-9]+' "$SRC/base/error.c" |
		sed -E 's/\[(ERROR_[A-Z]*)\] = \{ "[a-z]*", /\1 /' >"$TEST_TMP/exits"
	grep -oE '\.code = "[a-z0-9-]+", \.kind = ERROR_[A-Z]*,( \.retriable = true,)?' "$SRC/gateway/diagnose.c" |
		tr -d '",' | awk '
			FNR == NR { exit_code[$1] = $2; next }
			!seen[$3]++ { print $3, exit_code[$6], ($7 == ".retriable" ? "yes" : "no") }' "$TEST_TMP/exits" -
}

# --- the tests --------------------------------------------------------------------------------------------------------

# Every line of FILE is a line of the page; there are at least MINIMUM.
page_has_lines() {
	[ "$(wc -l <"$1")" -ge "$2" ] || { echo "the code's table was not understood:" && cat "$1" && return 1; }
	while read -r line; do
		grep -qxF -e "$line" "$ARCHITECTURE" || { echo "missing: $line" && return 1; }
	done <"$1"
}

steps_are_the_codes() {
	code_steps >"$TEST_TMP/code"
	section "$ARCHITECTURE" 'The deploy steps' | grep '^| `' | sed 's/|  *|/| |/g' >"$TEST_TMP/page"
	[ "$(wc -l <"$TEST_TMP/code")" -ge 5 ]
	diff -u "$TEST_TMP/page" "$TEST_TMP/code"
}

actions_are_the_codes() {
	code_actions >"$TEST_TMP/code"
	section "$ARCHITECTURE" 'What to do with the container' | grep -E '^\| `[a-z]*` \| `[a-z]*` \|' >"$TEST_TMP/page"
	[ "$(wc -l <"$TEST_TMP/code")" -ge 5 ]
	sort -o "$TEST_TMP/code" "$TEST_TMP/code"
	sort "$TEST_TMP/page" | diff -u - "$TEST_TMP/code"
}

kinds_are_the_codes() {
	code_kinds >"$TEST_TMP/code"
	page_has_lines "$TEST_TMP/code" 8
}

states_are_the_codes() {
	code_states >"$TEST_TMP/code"
	[ "$(wc -l <"$TEST_TMP/code")" -eq 7 ]
	section "$ARCHITECTURE" 'When is it healthy' | sed -nE 's/^\| `([a-z-]*)` \| .* \| ([0-9]+) \|$/\1 \2/p' |
		diff -u - "$TEST_TMP/code"
}

diagnoses_are_the_codes() {
	code_diagnoses >"$TEST_TMP/code"
	[ "$(wc -l <"$TEST_TMP/code")" -ge 40 ]
	printf '%s\n' 'usage 2 no' 'cancelled 128 no' >>"$TEST_TMP/code"
	manual | sed -nE 's/^\.It Li ([a-z0-9-]+) Ta ([0-9]+)( \+ n)? Ta (yes|no) Ta .*/\1 \2 \4/p' |
		diff -u - "$TEST_TMP/code"
}

# Names of checks, then "CODE verdict", each in the order of the code.
code_checks() {
	sed -nE 's/^\t\{ "([a-z-]+)", (true|false), check_[a-z_]+ \},$/\1/p' "$SRC/gateway/check.c"
	sed -nE 's/^\t\[CODE_[A-Z0-9_]+\] = \{ "([a-z0-9-]+)", CHECK_(WARN|FAIL),.*/\1 \2/p' "$SRC/gateway/check.c" |
		sed 's/WARN/warning/; s/FAIL/failure/' | sort
}

page_checks() {
	manual | awk '/^\.Sh/ { shown = $2 == "CHECKS" } shown' >"$TEST_TMP/section"
	sed -n 's/^\.It Cm //p' "$TEST_TMP/section"
	awk '$1 == ".Li" { code = $2; next } code != "" && match($0, /^\((warning|failure)/) { print code, substr($0, 2, RLENGTH - 1) }
		{ code = "" }' "$TEST_TMP/section" | sort
}

checks_are_the_codes() {
	code_checks >"$TEST_TMP/code"
	page_checks >"$TEST_TMP/page"
	[ "$(wc -l <"$TEST_TMP/code")" -ge 50 ]
	diff -u "$TEST_TMP/page" "$TEST_TMP/code"
}

markers_are_the_codes() {
	sed -nE 's/^#define MARK_[A-Z]* "(.*)"/\1/p' "$SRC/gateway/watch.c" | sort >"$TEST_TMP/code"
	[ -s "$TEST_TMP/code" ]
	section "$ARCHITECTURE" 'When is it healthy' | grep '^|' | grep -oE '[A-Z]+_[A-Z]+_[A-Z]+' | sort -u |
		diff -u - "$TEST_TMP/code"
}

# Relative links of a page are files that are there.
links_resolve() {
	page_dir=$(dirname -- "$1")
	grep -oE '\]\([^)]*\)' "$1" | sed 's/^](//; s/)$//; s/#.*//' | grep -vE '^$|^https?:' >"$TEST_TMP/links" || true
	while read -r link; do
		[ -e "$page_dir/$link" ] || { echo "$1: no such file: $link" && return 1; }
	done <"$TEST_TMP/links"
}

# Files of the tree that a page names in back quotes are there; with a suffix, for tests/openshell is built.
named_files_are_there() {
	grep -oE '`(src|tests|deploy|docs|gateway|base|store|cli|tools)/[a-z0-9_/-]*\.[a-z]*`' "$1" | tr -d '`' |
		grep -v '^docs/benchmarks' | sort -u >"$TEST_TMP/files" || true
	while read -r file; do
		[ -e "$REPO/$file" ] || [ -e "$SRC/$file" ] || { echo "$1: no such file: $file" && return 1; }
	done <"$TEST_TMP/files"
}

# The tour shows the steps by the words that the program uses.
tour_shows_real_steps() {
	grep -E '^    [a-z ]+\.\.\.$' "$README" | sed 's/^    //; s/\.\.\.$//' >"$TEST_TMP/shown"
	[ "$(wc -l <"$TEST_TMP/shown")" -ge 5 ]
	while read -r doing; do
		grep -qF "\"$doing\"" "$SRC/gateway/deploy_steps.c" "$SRC/gateway/teardown.c" || { echo "no step: $doing" && return 1; }
	done <"$TEST_TMP/shown"
}

manual_page_is_clean() {
	mandoc -T lint -W warning "$1"
}

check_man() {
	srcdir=$REPO PAGES=$1 PROGRAM=$OPENSHELL "$REPO/tests/check-man.sh"
}

manual_is_complete() {
	check_man "$DOCS"
}

# without AWK-CONDITION EXPECTED: a manual that lacks the lines of the condition fails, and what it lacks is told.
without() {
	mkdir "$TEST_TMP/pages"
	for page in "$DOCS"/openshell*.[158]; do
		awk '/^\.It (Xo )?Ic / { command = $0; sub(/.*Ic /, "", command) } /^\.Sh/ { command = "" }
			!('"$1"')' "$page" >"$TEST_TMP/pages/$(basename "$page")"
	done
	status=0
	check_man "$TEST_TMP/pages" >"$TEST_TMP/complaint" 2>&1 || status=$?
	rm -r "$TEST_TMP/pages"
	expect_equal 1 "$status"
	expect_has "check-man: $2" "$TEST_TMP/complaint"
}

manual_tests() {
	if [ ! -x "$OPENSHELL" ]; then
		skip the_manual_names_all_that_there_is "$OPENSHELL is not built"
		return
	fi
	check the_manual_names_all_that_there_is manual_is_complete
	check a_command_without_its_section_is_noticed \
		without 'command ~ /^gateway list/' 'no page has a section of: gateway list'
	check an_option_that_only_other_commands_have_is_noticed \
		without 'command ~ /^gateway info/ && / -name/' "the section of 'gateway info' has no: Fl -name"
	check a_missing_letter_of_an_option_is_noticed \
		without 'command ~ /^doctor logs/ && /Fl l/' "the section of 'doctor logs' has no: Fl l"
	check a_missing_global_option_is_noticed without '/Fl -verbose/' 'no page has: Fl -verbose'
	check a_missing_alias_is_noticed without '/Ic dr/' 'no page has: Ic dr'
	check a_missing_word_of_a_value_is_noticed without '/Cm never/' 'no page has: Cm never'
	check a_missing_variable_is_noticed without '/Ev IMAGE_TAG/' 'no page has: Ev IMAGE_TAG'
	check a_missing_file_is_noticed without '/registries\.yaml/' 'no page has: Pa [^ ]*registries'
	check a_missing_key_of_metadata_is_noticed without '/Li docker_id/' 'no page has: Li docker_id'
	check a_missing_section_is_noticed without '/^\.Sh ENVIRONMENT/' "$TEST_TMP/pages/openshell-gateway.1 has no section: ENVIRONMENT"
	check a_missing_exit_status_is_noticed without '$0 == ".It 7"' 'no page has: It 7'
}

release_is_told() {
	version=$(sed -n 's/^AC_INIT(\[openshell\], \[\(.*\)\])$/\1/p' "$REPO/configure.ac")
	grep -qE "^$version \([0-9]{4}-[0-9]{2}-[0-9]{2}\)$" "$REPO/NEWS"
	grep -qE "^[0-9]{4}-[0-9]{2}-[0-9]{2}  version $version$" "$REPO/ChangeLog"
}

main() {
	check the_deploy_steps_of_the_page_are_those_of_the_code steps_are_the_codes
	check the_container_actions_of_the_page_are_those_of_the_code actions_are_the_codes
	check the_error_kinds_of_the_page_are_those_of_the_code kinds_are_the_codes
	check the_codes_of_the_manual_page_are_those_of_the_code diagnoses_are_the_codes
	check the_gateway_states_of_the_page_are_those_of_the_code states_are_the_codes
	check the_checks_and_codes_of_the_manual_are_those_of_the_code checks_are_the_codes
	check the_health_markers_of_the_page_are_those_of_the_code markers_are_the_codes
	for page in "$README" "$DOCS"/*.md; do
		check "links_of_$(basename "$page")_resolve" links_resolve "$page"
		check "files_that_$(basename "$page")_names_are_there" named_files_are_there "$page"
	done
	check the_tour_of_the_readme_shows_steps_of_the_program tour_shows_real_steps
	manual_tests
	for page in "$DOCS"/*.[1-8]; do
		if command -v mandoc >/dev/null; then
			check "$(basename "$page")_is_clean_under_mandoc" manual_page_is_clean "$page"
		else
			skip "$(basename "$page")_is_clean_under_mandoc" 'mandoc is not installed'
		fi
	done
	check news_and_changelog_tell_of_the_version release_is_told
}

main "$@"
