#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# openshell-runc edits exactly what it must in a bundle, and hands everything else to runc.
. "$(dirname "$0")/../lib/tap.sh"

WRAPPER=$TEST_TMP/openshell-runc
bundle=$TEST_TMP/bundle

PLAIN='{"n":18446744073709551615,"e":1e3,"s":"a\"b\\","t":true,"z":null,"o":{},"l":[]}'

build() {
	cc -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror \
		-o "$WRAPPER" "$REPO/deploy/docker/runtime-wrapper/openshell-runc.c"
	cat >"$TEST_TMP/runc" <<'END'
#!/bin/sh
printf '%s\n' "$@" >"$TEST_TMP/arguments"
exit 7
END
	chmod +x "$TEST_TMP/runc"
}

wrap() {
	mkdir -p "$bundle"
	printf '%s\n' "$1" >"$bundle/config.json"
	shift
	OPENSHELL_RUNC=$TEST_TMP/runc expect_status 7 "$WRAPPER" "$@"
}

drops_it_everywhere_and_only_there() {
	wrap '{"process":{"args":["CAP_SYS_RESOURCE"],"capabilities":{"bounding":["CAP_SYS_RESOURCE","CAP_CHOWN"],
		"effective":[ "CAP_CHOWN" , "CAP_SYS_RESOURCE" ],"ambient":["CAP_SYS_RESOURCE"]}},
		"linux":{"capabilities":{"bounding":["CAP_SYS_RESOURCE"]}}}' create --bundle "$bundle" id
	expect_equal '{"process":{"args":["CAP_SYS_RESOURCE"],"capabilities":{"bounding":["CAP_CHOWN"],"effective":["CAP_CHOWN"],"ambient":[]}},"linux":{"capabilities":{"bounding":["CAP_SYS_RESOURCE"]}}}' "$(cat "$bundle/config.json")"
}

keeps_every_other_byte() {
	for arguments in "create --bundle=$bundle id" "run -b $bundle id" "--root /r --log=/l --systemd-cgroup create -b $bundle id"; do
		# shellcheck disable=SC2086 # a command line
		wrap "$PLAIN" $arguments
		expect_equal "$PLAIN" "$(cat "$bundle/config.json")"
	done
}

lowers_limits() {
	wrap '{"process":{"rlimits":[{"hard":18446744073709551615,"soft":12,"type":"RLIMIT_NOFILE"},{"type":"RLIMIT_NOFILE","hard":9,"soft":9}]}}' \
		create --bundle "$bundle" id
	expect_equal "{\"process\":{\"rlimits\":[{\"hard\":$(hard_limit),\"soft\":12,\"type\":\"RLIMIT_NOFILE\"},{\"type\":\"RLIMIT_NOFILE\",\"hard\":9,\"soft\":9}]}}" \
		"$(cat "$bundle/config.json")"
}

hard_limit() {
	awk '/^Max open files/ { print $5 }' /proc/self/limits
}

edits_the_process_of_exec() {
	printf '{"capabilities":{"bounding":["CAP_SYS_RESOURCE"]}}' >"$TEST_TMP/process"
	wrap "$PLAIN" exec --process "$TEST_TMP/process" id
	expect_equal '{"capabilities":{"bounding":[]}}' "$(cat "$TEST_TMP/process")"
	expect_equal 600 "$(stat -c %a "$TEST_TMP/process")"
}

touches_nothing_for_other_commands() {
	with='{"process":{"capabilities":{"bounding":["CAP_SYS_RESOURCE"]}}}'
	for command in state delete kill start; do
		wrap "$with" --log create $command --bundle "$bundle" id
		expect_equal "$with" "$(cat "$bundle/config.json")"
	done
}

leaves_what_is_no_json() {
	for text in '' '{' '{"process":{"capabilities":{"bounding":["CAP_SYS_RESOURCE"' 'nonsense "' '[[[' '{"a":1}x'; do
		wrap "$text" create --bundle "$bundle" id
		expect_equal "$text" "$(cat "$bundle/config.json")"
	done
}

passes_arguments() {
	wrap "$PLAIN" --root '/a b' create --bundle "$bundle" id
	printf '%s\n' --root '/a b' create --bundle "$bundle" id >"$TEST_TMP/want"
	cmp "$TEST_TMP/want" "$TEST_TMP/arguments"
}

says_when_there_is_no_runc() {
	OPENSHELL_RUNC=$TEST_TMP/none expect_status 127 "$WRAPPER" state id 2>"$TEST_TMP/said"
	expect_has "$TEST_TMP/none" "$TEST_TMP/said"
}

main() {
	check it_compiles_without_a_warning build
	check the_capability_goes_from_the_sets_of_the_process_and_nowhere_else drops_it_everywhere_and_only_there
	check every_other_byte_is_kept keeps_every_other_byte
	check limits_are_lowered_to_what_may_be_given lowers_limits
	check the_process_file_of_exec_is_edited edits_the_process_of_exec
	check other_commands_edit_nothing touches_nothing_for_other_commands
	check what_is_no_json_is_left_for_runc leaves_what_is_no_json
	check arguments_and_exit_status_are_passed_on passes_arguments
	check a_missing_runc_is_named says_when_there_is_no_runc
}

main "$@"
