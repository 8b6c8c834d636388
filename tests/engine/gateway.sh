#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The commands on a real engine, with the fake cluster image: what is made, kept, and left behind.

# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/engine.sh
. "$(dirname "$0")/../lib/engine.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/gateway.sh
. "$(dirname "$0")/../lib/gateway.sh"

# From the libraries:
# shellcheck disable=SC2154
: "$config" "$endpoint_host" "$home" "$said"

provide_images() {
	fake dev
	fake two --set FAKE_VARIANT=two
	fake late-secret --set FAKE_SECRET_AFTER_MS=1500
	fake dies --set FAKE_EXIT_AFTER_MS=1000 --set FAKE_EXIT_CODE=42 --set FAKE_HEALTHY_AFTER_MS=3600000
	fake sick --set FAKE_UNHEALTHY=1 --retries 2
	fake pressed --set FAKE_UNHEALTHY=1
	fake never --set FAKE_HEALTHY_AFTER_MS=3600000
	fake stale --set FAKE_STALE_NODE=openshell-old
	fake no-check --no-healthcheck
}

# Each test begins with nothing but the images, and may end with nothing else on the whole engine.
fresh() {
	remove_objects
	new_home
	objects | sort >"$TEST_TMP/objects.before"
	trap remove_objects EXIT
}

nothing_is_left() {
	objects | sort | diff "$TEST_TMP/objects.before" - >&2
	expect_equal '' "$(config_files)"
}

starts_on_nothing() {
	fresh
	start dev
	expect_equal 'running healthy' "$(field '{{.State.Status}} {{.State.Health.Status}}')"
	expect_mode 700 "$config/gateways/one/mtls"
	for part in ca.crt tls.crt tls.key; do
		cmp "$REPO/tests/data/fake-cluster/$part" "$config/gateways/one/mtls/$part"
		expect_mode 600 "$config/gateways/one/mtls/$part"
	done
	expect_equal one "$(cat "$config/active_gateway")"
	expect_has "\"gateway_endpoint\": \"https://$endpoint_host:18081\"" "$config/gateways/one/metadata.json"
	timeout 20 "$OPENSHELL" status
}

second_start_changes_nothing() {
	fresh
	start dev
	config_files >"$TEST_TMP/files"
	forget_requests
	start dev
	mutating_requests
	expect_equal 0 "$(mutations)"
	config_files | diff "$TEST_TMP/files" -
}

stopped_is_started_again() {
	fresh
	start dev
	id=$(field '{{.Id}}')
	timeout 30 "$OPENSHELL" gateway stop --name one
	expect_equal exited "$(field '{{.State.Status}}')"
	expect_status 8 timeout 20 "$OPENSHELL" status
	start dev
	expect_equal "$id running" "$(field '{{.Id}} {{.State.Status}}')"
}

network_is_made_again() {
	fresh
	start dev
	docker stop openshell-cluster-one
	docker network disconnect -f openshell-cluster-one openshell-cluster-one
	docker network rm openshell-cluster-one
	start dev
	expect_equal running "$(field '{{.State.Status}}')"
	field '{{json .NetworkSettings.Networks}}' | grep -q openshell-cluster-one
}

volume_and_node_survive() {
	fresh
	start stale
	docker exec openshell-cluster-one kubectl get nodes -o json | grep -q openshell-old
	docker rm -f openshell-cluster-one
	start dev
	docker exec openshell-cluster-one kubectl get nodes -o json >"$TEST_TMP/nodes"
	expect_has '"name":"openshell-one"' "$TEST_TMP/nodes"
	expect_lacks openshell-old "$TEST_TMP/nodes"
}

other_image_recreates() {
	fresh
	start dev
	docker exec openshell-cluster-one kubectl get nodes -o json >"$TEST_TMP/nodes"
	id=$(field '{{.Id}}')
	made=$(docker volume inspect -f '{{.CreatedAt}}' openshell-cluster-one)
	start two
	[ "$(field '{{.Id}}')" != "$id" ]
	expect_equal openshell/fake-cluster:two "$(field '{{.Config.Image}}')"
	expect_equal "$made" "$(docker volume inspect -f '{{.CreatedAt}}' openshell-cluster-one)"
	docker exec openshell-cluster-one kubectl get nodes -o json | diff "$TEST_TMP/nodes" -
}

secret_is_awaited() {
	fresh
	start late-secret
	cmp "$REPO/tests/data/fake-cluster/tls.key" "$config/gateways/one/mtls/tls.key"
}

check_is_supplied() {
	fresh
	start no-check
	expect_equal healthy "$(field '{{.State.Health.Status}}')"
}

death_is_told_and_cleaned_up() {
	fresh
	expect_status 8 start dies
	expect_has exit_code=42 "$said"
	expect_has 'fatal: ending as it was told to' "$said"
	nothing_is_left
}

failed_can_be_kept() {
	fresh
	expect_status 8 start dies --keep-failed
	objects >"$TEST_TMP/objects.now"
	expect_has 'container openshell-cluster-one' "$TEST_TMP/objects.now"
	expect_has 'volume openshell-cluster-one' "$TEST_TMP/objects.now"
}

old_volume_survives_failure() {
	fresh
	start dev
	timeout 30 "$OPENSHELL" gateway stop --name one
	docker rm -f openshell-cluster-one
	expect_status 8 start dies
	objects >"$TEST_TMP/objects.now"
	expect_has 'volume openshell-cluster-one' "$TEST_TMP/objects.now"
	expect_lacks 'container openshell-cluster-one' "$TEST_TMP/objects.now"
	start dev
}

unhealthy_is_8() {
	fresh
	expect_status 8 start sick --timeout 8
	nothing_is_left
}

pressure_is_named() {
	fresh
	expect_status 8 start pressed --timeout 40
	expect_has HEALTHCHECK_NODE_PRESSURE "$said"
	nothing_is_left
}

late_is_7() {
	fresh
	expect_status 7 start never --timeout 2
	nothing_is_left
}

no_wait_does_not_wait() {
	fresh
	start never --no-wait
	expect_equal running "$(field '{{.State.Status}}')"
}

# interrupted SIGNAL STATUS: sent in the middle of the wait for health
interrupted() {
	fresh
	OPENSHELL_CLUSTER_IMAGE=openshell/fake-cluster:never env --default-signal "$OPENSHELL" gateway start --name one \
		--port "$PORT" >"$said" 2>&1 </dev/null &
	pid=$!
	eventually 20 is_running
	kill -s "$1" "$pid"
	expect_status "$2" wait "$pid"
	nothing_is_left
}

is_running() {
	[ "$(field '{{.State.Status}}' 2>/dev/null)" = running ]
}

# What is half made when the program is killed is taken over by the next start.
killed_start_is_resumed() {
	fresh
	OPENSHELL_CLUSTER_IMAGE=openshell/fake-cluster:dev "$OPENSHELL" gateway start --name one --port "$PORT" \
		>"$said" 2>&1 </dev/null &
	pid=$!
	eventually 20 docker container inspect openshell-cluster-one >/dev/null
	kill -KILL "$pid"
	wait "$pid" || true
	start dev
	expect_equal 'running healthy' "$(field '{{.State.Status}} {{.State.Health.Status}}')"
}

port_of_a_container() {
	fresh
	docker run -d --name holder -p "127.0.0.1:$PORT:80" openshell/fake-cluster:dev
	status=0
	expect_status 4 start dev || status=1
	docker rm -f -v holder
	expect_has holder "$said"
	[ "$status" -eq 0 ]
	nothing_is_left
}

second_start_at_once_is_busy() {
	fresh
	OPENSHELL_CLUSTER_IMAGE=openshell/fake-cluster:never "$OPENSHELL" gateway start --name one --port "$PORT" \
		--timeout 6 >"$TEST_TMP/first" 2>&1 </dev/null &
	pid=$!
	eventually 20 is_running
	expect_status 4 start dev
	expect_status 4 timeout 20 "$OPENSHELL" gateway destroy --name one
	expect_status 7 wait "$pid"
}

destroy_leaves_nothing() {
	fresh
	start dev
	timeout 30 "$OPENSHELL" gateway destroy --name one
	nothing_is_left
	# no record tells any more where it was
	timeout 30 "$OPENSHELL" gateway destroy --name one ${REMOTE:+--remote "$REMOTE"}
	timeout 30 "$OPENSHELL" gateway stop --name one ${REMOTE:+--remote "$REMOTE"}
	nothing_is_left
}

two_side_by_side() {
	fresh
	start dev
	OPENSHELL_CLUSTER_IMAGE=openshell/fake-cluster:dev timeout 60 "$OPENSHELL" gateway start --name one-two --port 0 </dev/null
	expect_equal 2 "$("$OPENSHELL" gateway list -o json | grep -c '"name"')"
	expect_equal one-two "$(cat "$config/active_gateway")"
	timeout 30 "$OPENSHELL" gateway destroy --name one
	timeout 20 "$OPENSHELL" -g one-two status
	timeout 30 "$OPENSHELL" gateway destroy --name one-two
	nothing_is_left
}

exec_and_logs() {
	fresh
	start dev
	expect_status 7 "$OPENSHELL" doctor exec -- exit 7
	expect_equal 'a b' "$(printf 'a b' | "$OPENSHELL" doctor exec -- cat)"
	"$OPENSHELL" doctor exec -- kubectl get pods -A | grep -q openshell-0
	"$OPENSHELL" doctor logs --lines 1 | grep -q 'node registered'
}

other_daemon_is_refused() {
	fresh
	start dev
	sed -i 's/"docker_id": "[^"]*"/"docker_id": "another"/; s/"container_id": "[^"]*"/"container_id": "other"/' \
		"$config/gateways/one/metadata.json"
	expect_status 4 timeout 30 "$OPENSHELL" gateway stop --name one
	expect_equal running "$(field '{{.State.Status}}')"
}

# A token is where the node needs it, in one variable, and nowhere else that can be looked at.
token_is_in_one_place() {
	fresh
	OPENSHELL_REGISTRY_TOKEN=s3cr3t-of-the-test
	export OPENSHELL_REGISTRY_TOKEN
	start dev -v
	expect_lacks s3cr3t-of-the-test "$said"
	docker container inspect openshell-cluster-one >"$TEST_TMP/inspected"
	expect_equal '["REGISTRY_PASSWORD=s3cr3t-of-the-test"]' \
		"$(jq -c '[.. | strings | select(contains("s3cr3t-of-the-test"))]' "$TEST_TMP/inspected")"
	docker volume inspect openshell-cluster-one >"$TEST_TMP/inspected"
	docker network inspect openshell-cluster-one >>"$TEST_TMP/inspected"
	"$OPENSHELL" doctor logs >>"$TEST_TMP/inspected"
	expect_lacks s3cr3t-of-the-test "$TEST_TMP/inspected"
	if grep -rq s3cr3t-of-the-test "$home"; then return 1; fi
}

main() {
	check the_images_can_be_made provide_images
	check start_on_nothing_makes_a_gateway starts_on_nothing
	check a_second_start_changes_nothing second_start_changes_nothing
	check a_stopped_gateway_is_started_again stopped_is_started_again
	check a_lost_network_is_made_again network_is_made_again
	check a_lost_container_keeps_volume_and_node_and_stale_nodes_go volume_and_node_survive
	check another_image_recreates_the_container_and_keeps_the_volume other_image_recreates
	check a_secret_that_comes_late_is_awaited secret_is_awaited
	check an_image_without_a_health_check_gets_one check_is_supplied
	check a_container_that_dies_is_told_and_cleaned_up death_is_told_and_cleaned_up
	check keep_failed_keeps_what_failed failed_can_be_kept
	check a_failure_keeps_a_volume_that_was_there_before old_volume_survives_failure
	check an_unhealthy_gateway_gives_8 unhealthy_is_8
	check a_pressed_node_is_named pressure_is_named
	check a_late_gateway_gives_7 late_is_7
	check no_wait_does_not_wait no_wait_does_not_wait
	check an_interrupt_gives_130_and_leaves_nothing interrupted INT 130
	check a_term_gives_143_and_leaves_nothing interrupted TERM 143
	check a_killed_start_is_resumed killed_start_is_resumed
	check a_port_of_another_container_gives_4 port_of_a_container
	check a_second_command_at_once_is_told_busy second_start_at_once_is_busy
	check destroy_leaves_nothing_and_may_be_repeated destroy_leaves_nothing
	check two_gateways_live_side_by_side two_side_by_side
	check exec_passes_the_status_and_logs_are_shown exec_and_logs
	check a_token_is_in_one_variable_of_the_container_alone token_is_in_one_place
	check a_record_of_another_engine_is_refused other_daemon_is_refused
	remove_objects
	remove_images
}

main "$@"
