#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# gateway list of 10,000 entries, as a table and as JSON, against a C program that opens, reads and closes the same files.
. "$(dirname "$0")/../lib/tap.sh"
. "$REPO/tests/bench/lib.sh"

LIST_ENTRIES=${LIST_ENTRIES:-10000}

entries() {
	export HOME="$TEST_TMP/home" XDG_RUNTIME_DIR="$TEST_TMP/home"
	unset XDG_CONFIG_HOME
	gateways=$HOME/.config/openshell/gateways
	mkdir -p "$gateways"
	# shellcheck disable=SC2016 # awk's own
	seq -f 'gateway-%05g' "$LIST_ENTRIES" | (cd "$gateways" && xargs mkdir && ls) | awk -v dir="$gateways" '{
		file = dir "/" $1 "/metadata.json"
		printf "{\n  \"name\": \"%s\",\n  \"gateway_endpoint\": \"https://%s.example.org:8080\",\n", $1, $1 >file
		printf "  \"is_remote\": %s,\n  \"gateway_port\": 8080,\n", NR % 2 ? "true" : "false" >file
		printf "  \"remote_host\": \"user@%s.example.org\",\n  \"resolved_host\": \"192.0.2.%d\",\n", $1, NR % 250 >file
		printf "  \"auth_mode\": \"mtls\"\n}\n" >file
		close(file)
	}'
}

main() {
	prepare_ratio
	entries
	cc -std=gnu11 -O2 -D_GNU_SOURCE -o "$TEST_TMP/read-files" "$REPO/tests/bench/read-files.c"
	for format in table json; do
		ratio -l "gateway list -o $format of $LIST_ENTRIES entries : open, read and close (bounds: ratio 1.5, 12288 KiB)" \
			"$OPENSHELL" gateway list -o "$format" -- "$TEST_TMP/read-files" "$gateways"
	done
	ok the_list_was_measured
}

main "$@"
