#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A dry run given to a shell does the job: on a real engine, from several states, with the fake cluster image.

# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/engine.sh
. "$(dirname "$0")/../lib/engine.sh"

# shellcheck source-path=SCRIPTDIR source=../lib/gateway.sh
. "$(dirname "$0")/../lib/gateway.sh"

# From lib/engine.sh:
# shellcheck disable=SC2154
: "$config"

PORT=18082
C=openshell-cluster-one

provide_images() {
	fake dev
	fake two --set FAKE_VARIANT=two
}

openshell_with() {
	variant=$1
	shift
	OPENSHELL_CLUSTER_IMAGE=openshell/fake-cluster:$variant timeout 60 "$OPENSHELL" "$@" </dev/null
}

# dry VARIANT ARGUMENT...: tells, changing nothing, then lets a shell do it
dry() {
	objects >"$TEST_TMP/objects.1"
	config_files >"$TEST_TMP/files.1"
	forget_requests
	openshell_with "$@" --dry-run >"$TEST_TMP/script"
	expect_equal 0 "$(mutations)"
	objects | diff "$TEST_TMP/objects.1" -
	config_files | diff "$TEST_TMP/files.1" -
	here timeout 60 sh "$TEST_TMP/script" >/dev/null
}

is_ready() {
	expect_equal 'running healthy' "$(docker container inspect --format '{{.State.Status}} {{.State.Health.Status}}' "$C")"
	for part in ca.crt tls.crt tls.key; do
		cmp "$REPO/tests/data/fake-cluster/$part" "$config/gateways/one/mtls/$part"
		expect_mode 600 "$config/gateways/one/mtls/$part"
	done
	expect_mode 700 "$config/gateways/one/mtls"
	expect_mode 600 "$config/gateways/one/metadata.json"
	expect_equal one "$(cat "$config/active_gateway")"
	openshell_with dev status
}

# What the shell made is what a start makes: the next one has nothing to change.
nothing_to_change() {
	forget_requests
	openshell_with "${1:-dev}" gateway start --name one
	mutating_requests
	expect_equal 0 "$(mutations)"
}

on_nothing() {
	fresh
	dry dev gateway start --name one --port "$PORT"
	is_ready
	nothing_to_change
}

on_a_stopped_one() {
	fresh
	openshell_with dev gateway start --name one --port "$PORT"
	docker stop "$C"
	dry dev gateway start --name one
	is_ready
	nothing_to_change
}

on_a_paused_one() {
	fresh
	openshell_with dev gateway start --name one --port "$PORT"
	docker pause "$C"
	dry dev gateway start --name one
	is_ready
}

on_a_volume() {
	fresh
	docker volume create "$C"
	docker network create "$C"
	dry dev gateway start --name one --port "$PORT"
	is_ready
	nothing_to_change
}

by_another_image() {
	fresh
	openshell_with dev gateway start --name one --port "$PORT"
	dry two gateway start --name one
	is_ready
	expect_equal openshell/fake-cluster:two "$(docker container inspect --format '{{.Config.Image}}' "$C")"
	nothing_to_change two
}

afresh() {
	fresh
	openshell_with dev gateway start --name one --port "$PORT"
	made=$(docker volume inspect -f '{{.CreatedAt}}' "$C")
	sleep 1
	dry dev gateway start --name one --port "$PORT" --recreate
	is_ready
	[ "$made" != "$(docker volume inspect -f '{{.CreatedAt}}' "$C")" ]
}

pushing() {
	fresh
	[ -z "${REMOTE:-}" ] || {
		lab local-engine
		docker save openshell/fake-cluster:two | docker_here load
	}
	OPENSHELL_PUSH_IMAGES=openshell/fake-cluster:two
	export OPENSHELL_PUSH_IMAGES
	dry dev gateway start --name one --port "$PORT"
	is_ready
	[ "$(cat "$(volume_dir)/fake-imported")" -gt 10000 ]
}

with_a_secret() {
	fresh
	OPENSHELL_REGISTRY_PASSWORD=s3cr3t-of-the-test
	export OPENSHELL_REGISTRY_PASSWORD
	openshell_with dev gateway start --name one --port "$PORT" --dry-run >"$TEST_TMP/script"
	unset OPENSHELL_REGISTRY_PASSWORD
	expect_lacks s3cr3t-of-the-test "$TEST_TMP/script"
	expect_status 2 here timeout 60 sh "$TEST_TMP/script" >/dev/null
	remove_objects
	REGISTRY_PASSWORD=s3cr3t-of-the-test here timeout 60 sh "$TEST_TMP/script" >/dev/null
	docker container inspect --format '{{json .Config.Env}}' "$C" | grep -q REGISTRY_PASSWORD=s3cr3t-of-the-test
	is_ready
}

stops_and_destroys() {
	fresh
	openshell_with dev gateway start --name one --port "$PORT"
	dry dev gateway stop --name one
	expect_equal exited "$(docker container inspect --format '{{.State.Status}}' "$C")"
	dry dev gateway destroy --name one
	expect_equal '' "$(things)"
	[ ! -e "$config/gateways/one" ]
	[ ! -e "$config/active_gateway" ]
}

main() {
	check the_images_can_be_made provide_images
	check on_nothing_a_shell_makes_a_gateway_of_a_dry_run on_nothing
	check a_stopped_gateway_is_started_by_it on_a_stopped_one
	check a_paused_gateway_goes_on_by_it on_a_paused_one
	check a_volume_and_a_network_are_taken_over_by_it on_a_volume
	check another_image_takes_over_by_it by_another_image
	check recreate_begins_afresh_by_it afresh
	check images_are_pushed_by_it pushing
	check a_secret_is_asked_for_by_name with_a_secret
	check stop_and_destroy_work_by_it stops_and_destroys
	remove_objects
}

main "$@"
