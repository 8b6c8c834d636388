#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each fuzz target for FUZZ_SECONDS (60) seconds. FUZZ_CORPUS names a directory that keeps what was learnt.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/build.sh"
. "$(dirname "$0")/../lib/fuzz.sh"

main() {
	check fuzz_targets_are_built fuzz_build
	for target in $(fuzz_targets); do
		check "fuzz_${target}_finds_nothing" fuzz_run "$target" "${FUZZ_SECONDS:-60}"
		fuzz_figures "$target"
	done
}

main "$@"
