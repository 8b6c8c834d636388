#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A start is asked to end by a signal, or fails, at each docker call in turn: exactly what it made is taken back.

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
: "$config" "$said" "$home"

provide_images() {
	fake dev
}

status_of_signal() {
	case $1 in
	HUP*) echo 129 ;;
	INT*) echo 130 ;;
	TERM*) echo 143 ;;
	esac
}

# has STATUS KIND...: how the meddled start ended, and what there is of container, volume and network
has() {
	expect_equal "$1" "$status"
	shift
	: >"$home/expected"
	for h_kind in "$@"; do
		echo "$h_kind openshell-cluster-$NAME" >>"$home/expected"
	done
	things | diff "$home/expected" - >&2
	no_process_is_left
}

# What follows are FUNCTION HOW N for for_each_call.

signalled() {
	remove_own
	meddled "$1" "$2" start dev
	if [ -n "$met" ]; then
		has "$(status_of_signal "$1")"
		expect_equal '' "$(config_files)"
	else
		ready dev
	fi
}

signalled_with_a_volume() {
	remove_own
	docker volume create "openshell-cluster-$NAME"
	meddled "$1" "$2" start dev
	if [ -n "$met" ]; then
		has "$(status_of_signal "$1")" volume
		expect_equal '' "$(config_files)"
	else
		ready dev
	fi
}

# The kinds of thing that the meddled run has made, from the calls it got to.
kinds_made() {
	for km_row in 'create:container' 'volume create:volume' 'network create:network'; do
		if grep -q "^${km_row%:*}" "$MEDDLE_DIR"/[0-9]*/call; then
			echo "${km_row#*:}"
		fi
	done
}

# Each thing is named.
signalled_and_kept() {
	remove_own
	meddled "$1" "$2" start dev --keep-failed
	if [ -n "$met" ]; then
		kinds=$(kinds_made)
		# shellcheck disable=SC2086 # a list of words
		has "$(status_of_signal "$1")" $kinds
		for kind in $kinds; do
			expect_has "the $kind openshell-cluster-$NAME of the failed start is kept" "$said"
		done
	fi
	start dev
	settled dev
}

stopped_gateway() {
	start dev
	docker stop "openshell-cluster-$NAME"
	docker container inspect --format '{{.Id}}' "openshell-cluster-$NAME" >"$home/id"
	docker volume inspect --format '{{.CreatedAt}}' "openshell-cluster-$NAME" >>"$home/id"
	config_state >"$home/files"
}

# Container, volume and files; the network is made anew by each start of a stopped gateway.
gateway_stays() {
	{
		docker container inspect --format '{{.Id}}' "openshell-cluster-$NAME"
		docker volume inspect --format '{{.CreatedAt}}' "openshell-cluster-$NAME"
	} | diff "$home/id" - >&2
	config_state | diff "$home/files" - >&2
	no_process_is_left
}

signalled_resume() {
	stopped_gateway
	meddled "$1" "$2" start dev
	if [ -n "$met" ]; then
		expect_equal "$(status_of_signal "$1")" "$status"
		gateway_stays
	fi
	start dev
	settled dev
}

# One of the documented statuses that are no signal's, and docker's reason is told. (What an inspect does not show is
# absent, which is 3 for an image without a registry.)
failed() {
	# where the image seems to be absent, another host is given the published one, which no registry has here
	[ -z "${REMOTE:-}" ] || ! grep -q 'fetching the image: docker pull failed' "$said" || return 0
	case $status in
	3) expect_has 'is not here' "$said" ;;
	[1-8]) expect_has 'it was meddled with' "$said" ;;
	*) expect_equal '1 to 8' "$status" ;;
	esac
}

failing() {
	remove_own
	meddled "$1" "$2" start dev
	if [ "$status" -ne 0 ]; then
		failed
		has "$status"
		expect_equal '' "$(config_files)"
		start dev
	fi
	settled dev
}

failing_with_a_volume() {
	remove_own
	docker volume create "openshell-cluster-$NAME"
	meddled "$1" "$2" start dev
	if [ "$status" -ne 0 ]; then
		failed
		has "$status" volume
		expect_equal '' "$(config_files)"
	fi
	remove_own
}

failing_resume() {
	stopped_gateway
	meddled "$1" "$2" start dev
	if [ "$status" -ne 0 ]; then
		failed
		gateway_stays
		start dev
	fi
	settled dev
}

main() {
	check the_images_can_be_made provide_images
	rule a_signal_at_any_call_leaves_nothing signalled INT TERM HUP TERM-after
	rule a_volume_of_before_survives_a_signal_at_any_call signalled_with_a_volume INT
	rule with_keep_failed_what_was_made_stays_and_is_named signalled_and_kept TERM-after
	rule a_signal_at_any_call_leaves_a_stopped_gateway signalled_resume TERM
	rule a_failure_of_any_call_leaves_nothing failing fail fail-late
	rule a_volume_of_before_survives_a_failure_of_any_call failing_with_a_volume fail
	rule a_failure_of_any_call_leaves_a_stopped_gateway failing_resume fail
	remove_objects
	remove_images
}

main "$@"
