#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A start from nothing is killed (kill -9): around each docker call in each way that tests/engine/meddling-docker knows,
# and at many moments while it writes its files. Started again, it must end as if nothing had happened.

# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/engine.sh
. "$(dirname "$0")/../lib/engine.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/gateway.sh
. "$(dirname "$0")/../lib/gateway.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/meddle.sh
. "$(dirname "$0")/../lib/meddle.sh"

# From the libraries:
# shellcheck disable=SC2154
: "$config"

provide_images() {
	fake dev
}

# FUNCTION HOW N, for for_each_call
start_killed() {
	remove_own
	meddled "$1" "$2" start dev
	was_killed
	start dev
	settled dev
}

# files_killed DELAY: after the last docker call, while bundle, record and active gateway are written; for the first
# time, and beside older ones. What was there when it was killed is noted.
files_killed() {
	start dev
	MEDDLE_DELAY=$1
	rm -r "$config"
	meddled kill-later 'exec' start dev
	written
	settled_again
	sed -i 's/"container_id": "[^"]*"/"container_id": "0123456789ab"/' "$config/gateways/$NAME/metadata.json"
	printf other >"$config/active_gateway"
	meddled kill-later 'exec' start dev
	written
	settled_again
}

written() {
	{
		[ ! -d "$config" ] || (cd "$config" && find . -type f) | sort | tr '\n' ' '
		echo
	} >>"$TEST_TMP/written"
}

settled_again() {
	start dev
	settled dev
}

# Seconds after the end of the last docker call: in these, it writes and ends.
delays() {
	seq 0 0.002 0.028
}

main() {
	check the_images_can_be_made provide_images
	rule a_killed_start_is_gone_on_with start_killed kill-before kill-during kill-outlive kill-after
	# shellcheck disable=SC2046 # a list of numbers
	check a_start_that_was_killed_while_it_wrote_is_gone_on_with for_each files_killed -- $(delays)
	echo "# killed while it wrote: $(tally); the files it had then:"
	sed 's/lane[0-9]*/NAME/g' "$TEST_TMP/written" | sort | uniq -c | sed 's/^/# /'
	remove_objects
	remove_images
}

main "$@"
