#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A gateway image of one's own, pushed onto a real node. The tests build on each other: a start takes 20 s.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/engine.sh"
. "$(dirname "$0")/../lib/e2e.sh"

PORT=18083

# changed TAG TEXT: openshell/gateway:TAG is the gateway image with TEXT in /pushed
changed() {
	mkdir -p "$TEST_TMP/changed"
	printf '%s\n' "$2" >"$TEST_TMP/changed/pushed"
	printf 'FROM openshell/gateway:dev\nCOPY pushed /pushed\n' >"$TEST_TMP/changed/Dockerfile"
	DOCKER_BUILDKIT=0 docker build -q -t "openshell/gateway:$1" "$TEST_TMP/changed"
}

# push TAG: starts with that image
push() {
	OPENSHELL_PUSH_IMAGES=openshell/gateway:$1 start --name push --port "$PORT"
}

# runs TAG TEXT: the gateway that answers is of that image
runs() {
	expect_equal "openshell/gateway:$1" \
		"$(in_cluster push -n openshell get pod openshell-0 -o 'jsonpath={.spec.containers[0].image}')"
	expect_equal "$2" "$(in_cluster push -n openshell exec openshell-0 -- cat /pushed)"
	connected push
	answers push
}

on_a_new_node() {
	changed one first
	push one
	runs one first
}

same_tag() {
	id=$(container push '{{.Id}}')
	changed one second
	push one
	expect_equal "$id" "$(container push '{{.Id}}')"
	runs one second
}

other_tag() {
	id=$(container push '{{.Id}}')
	made=$(docker volume inspect -f '{{.CreatedAt}}' openshell-cluster-push)
	changed two third
	push two
	[ "$(container push '{{.Id}}')" != "$id" ]
	expect_equal "$made" "$(docker volume inspect -f '{{.CreatedAt}}' openshell-cluster-push)"
	runs two third
}

without_the_variable() {
	id=$(container push '{{.Id}}')
	timeout 120 "$OPENSHELL" gateway stop --name push
	start --name push
	expect_equal "$id" "$(container push '{{.Id}}')"
	runs two third
}

taken_away() {
	timeout 120 "$OPENSHELL" gateway destroy --name push
	docker rmi -f openshell/gateway:one openshell/gateway:two
}

main() {
	check an_image_that_is_pushed_onto_a_new_node_runs_there on_a_new_node
	check the_same_tag_with_other_contents_runs_in_the_same_container same_tag
	check another_tag_runs_in_a_new_container_on_the_same_volume other_tag
	check without_the_variable_a_restart_keeps_what_was_pushed without_the_variable
	check a_gateway_with_pushed_images_is_destroyed_like_any_other taken_away
}

main "$@"
