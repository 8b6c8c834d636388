#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# gateway add --local on a real engine: which container is found, and what the other commands make of its entry.

# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/engine.sh
. "$(dirname "$0")/../lib/engine.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/gateway.sh
. "$(dirname "$0")/../lib/gateway.sh"

# From the libraries:
# shellcheck disable=SC2154
: "$config" "$said" "$fake_data"

metadata() {
	jq -r "$2" "$config/gateways/$1/metadata.json"
}

a_gateway_of_somebody_else() {
	fresh
	start add
	container=$(field '{{.Id}}')
	new_home
	forget_requests
	gateway add "https://127.0.0.1:$PORT" --name other --local
	expect_equal 0 "$(mutations)"
	expect_equal "$container" "$(metadata other .container_id)"
	for part in ca.crt tls.crt tls.key; do
		cmp "$fake_data/$part" "$config/gateways/other/mtls/$part"
	done
	"$OPENSHELL" doctor exec --name other -- true
	gateway remove other
	expect_has 'is left as it is' "$said"
	expect_equal true "$(field '{{.State.Running}}')"
}

a_namesake_is_as_after_start() {
	fresh
	start add
	cp -r "$config" "$TEST_TMP/started"
	new_home
	gateway add "https://127.0.0.1:$PORT" --name "$NAME" --local
	for key in .container_id .docker_id .docker_endpoint .image .gateway_port .gateway_endpoint; do
		expect_equal "$(jq -r "$key" "$TEST_TMP/started/gateways/$NAME/metadata.json")" "$(metadata "$NAME" "$key")"
	done
	rm -r "$TEST_TMP/started"
	settled add
}

the_port_tells_which_one() {
	fresh
	start add
	first=$(field '{{.Id}}')
	NAME=two PORT=$((PORT + 1)) start add
	new_home
	expect_status 2 gateway add https://127.0.0.1 --local
	expect_has openshell-cluster-one "$said"
	expect_has openshell-cluster-two "$said"
	expect_status 3 gateway add https://127.0.0.1:1 --local
	[ ! -e "$config" ]
	gateway add "https://127.0.0.1:$PORT" --name found --local
	expect_equal "$first" "$(metadata found .container_id)"
}

an_image_without_our_label_is_known_by_its_name() {
	fresh
	docker tag openshell/fake-cluster:add somewhere.example/openshell/cluster:add
	docker run -d --name openshell-cluster-old somewhere.example/openshell/cluster:add >/dev/null
	docker run -d --name openshell-cluster-not openshell/fake-cluster:add >/dev/null
	gateway add https://127.0.0.1 --name found --local
	expect_equal "$(docker container inspect --format '{{.Id}}' openshell-cluster-old)" "$(metadata found .container_id)"
	docker rmi -f somewhere.example/openshell/cluster:add >/dev/null
}

main() {
	fake add
	at_exit remove_images
	at_exit remove_objects
	check a_gateway_of_somebody_else_is_found_and_nothing_is_changed a_gateway_of_somebody_else
	check a_namesake_is_recorded_as_after_its_start a_namesake_is_as_after_start
	check of_several_the_port_tells_which_one the_port_tells_which_one
	check an_image_without_our_label_is_known_by_its_name an_image_without_our_label_is_known_by_its_name
}

main "$@"
