#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The commands that change a gateway that is there are killed (kill -9) at each docker call in turn; what was killed is
# then done again, and must end as if nothing had happened. Before a call is after the one before it, too; the other
# ways are taken where docker is given something to carry out that takes long. KILL_ALL=1 takes every way everywhere.

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
: "$home" "$status"

EVERY_WAY='kill-before kill-during kill-outlive kill-after'

provide_images() {
	fake dev
	fake two --set FAKE_VARIANT=two
}

# What follows are FUNCTION HOW N, for for_each_call.

resume_killed() {
	start dev
	docker stop "openshell-cluster-$NAME"
	meddled "$1" "$2" start dev
	was_killed
	start dev
	settled dev
}

# Over the other image each time.
replacing_killed() {
	[ -n "${image:-}" ] || start dev
	[ "${image:-dev}" = dev ] && image=two || image=dev
	meddled "$1" "$2" start "$image"
	was_killed
	start "$image"
	settled "$image"
}

recreating_killed() {
	start dev
	meddled "$1" "$2" start dev --recreate
	was_killed
	start dev
	settled dev
}

stop_killed() {
	start dev
	meddled "$1" "$2" gateway stop --name "$NAME"
	was_killed
	gateway stop --name "$NAME"
	expect_equal exited "$(field '{{.State.Status}}')"
	start dev
	settled dev
}

destroy_killed() {
	start dev
	meddled "$1" "$2" gateway destroy --name "$NAME"
	was_killed
	gateway destroy --name "$NAME" ${REMOTE:+--remote "$REMOTE"} # its record may be gone
	nothing_is_left
}

# Somebody who changes his mind. While docker stops a container it says that it runs, so a start finds nothing to do:
# what outlived the kill must end first.
destroyed_then_started() {
	start dev
	meddled "$1" "$2" gateway destroy --name "$NAME"
	was_killed
	case $met in stop*) no_process_is_left ;; esac
	start dev
	settled dev
}

# ways HOW...: those, or all with KILL_ALL
ways() {
	if [ -n "${KILL_ALL:-}" ]; then
		echo "$EVERY_WAY"
	else
		echo "$*"
	fi
}

# shellcheck disable=SC2046 # lists of words
main() {
	check the_images_can_be_made provide_images
	rule a_killed_resume_is_gone_on_with resume_killed $(ways kill-before)
	rule a_killed_replacement_is_gone_on_with replacing_killed $(ways kill-before)
	rule a_killed_recreation_is_gone_on_with recreating_killed $(ways kill-before)
	rule a_killed_stop_can_be_repeated stop_killed $(ways kill-before kill-during kill-outlive kill-after)
	rule a_killed_destroy_can_be_repeated destroy_killed $(ways kill-before kill-outlive)
	rule a_start_mends_what_a_killed_destroy_left destroyed_then_started $(ways kill-outlive)
	remove_objects
	remove_images
}

main "$@"
