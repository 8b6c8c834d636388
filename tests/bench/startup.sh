#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What the program itself costs: against an empty C program that links the same libraries.
. "$(dirname "$0")/../lib/tap.sh"
. "$REPO/tests/bench/lib.sh"

a_gateway() {
	export HOME="$TEST_TMP/home" XDG_RUNTIME_DIR="$TEST_TMP/home"
	mkdir -p "$HOME/.config/openshell/gateways/openshell/mtls"
	cp "$REPO/tests/data/fake-cluster/"*.crt "$HOME/.config/openshell/gateways/openshell/mtls/" 2>/dev/null || true
	printf '{"name": "openshell", "gateway_endpoint": "https://127.0.0.1:8080", "is_remote": false, "gateway_port": 8080}\n' \
		>"$HOME/.config/openshell/gateways/openshell/metadata.json"
}

main() {
	prepare_ratio
	empty_program
	a_gateway
	cp "$OPENSHELL" "$TEST_TMP/stripped"
	strip "$TEST_TMP/stripped"
	ratio -l 'openshell --version : empty program (bound 1.5)' "$OPENSHELL" --version -- "$TEST_TMP/empty"
	ratio -l 'openshell gateway info : empty program (bound 1.5)' "$OPENSHELL" gateway info -- "$TEST_TMP/empty"
	echo "# stripped binary: $(($(wc -c <"$TEST_TMP/stripped") / 1024)) KiB; libraries needed: $(readelf -d "$OPENSHELL" | grep -c NEEDED)"
	ok the_program_was_measured
}

main "$@"
