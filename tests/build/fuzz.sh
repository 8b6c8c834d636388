#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each fuzz target for some seconds and always from the same start: it builds, and what was found once stays away.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/build.sh"
. "$(dirname "$0")/../lib/fuzz.sh"

main() {
	check fuzz_targets_are_built fuzz_build
	for target in $(fuzz_targets); do
		check "fuzz_${target}_finds_nothing_in_a_short_run" fuzz_run "$target" 2 -seed=1
	done
}

main "$@"
