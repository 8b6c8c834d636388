#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What goes wrong under a gateway: its container dies while it starts, its engine dies while it runs.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/engine.sh"
. "$(dirname "$0")/../lib/e2e.sh"

running_for_two_seconds() {
	[ "$(container one '{{.State.Running}}' 2>/dev/null)" = true ] && sleep 2
}

killed_in_health_wait() {
	objects >"$TEST_TMP/before"
	config_files >"$TEST_TMP/config.before"
	timeout "$START_LIMIT" "$OPENSHELL" gateway start --name one --port 18080 >"$TEST_TMP/start" 2>&1 </dev/null &
	pid=$!
	eventually 60 running_for_two_seconds
	docker kill openshell-cluster-one
	expect_status 8 wait "$pid"
}

# Uses what the test before left in $TEST_TMP.
failure_is_told() {
	cat "$TEST_TMP/start"
	expect_has 137 "$TEST_TMP/start"
	# A line of the container's own log.
	grep -qE 'cluster-entrypoint|k3s|level=|Starting' "$TEST_TMP/start"
}

nothing_is_left() {
	objects | diff "$TEST_TMP/before" -
	config_files | grep -v ' ./gateways$' | diff "$TEST_TMP/config.before" - || true
	[ ! -e "$config/gateways/one" ]
	[ ! -e "$config/active_gateway" ]
}

engine_killed() {
	start --name one --port 18080
	connected one
	sha256sum "$config/gateways/one/mtls"/* >"$TEST_TMP/certificates"
	"$ENGINE" engine kill
	expect_status 5 connected one
	"$ENGINE" engine start
	start --name one
	connected one
	answers one
	sha256sum -c "$TEST_TMP/certificates"
}

engine_restarted() {
	"$ENGINE" engine restart
	start --name one
	connected one
	answers one
	timeout 120 "$OPENSHELL" gateway destroy --name one
}

main() {
	check a_container_that_dies_in_the_health_wait_gives_status_8 killed_in_health_wait
	check its_exit_code_and_last_log_lines_are_told failure_is_told
	check nothing_of_the_failed_start_is_left nothing_is_left
	check start_resumes_after_the_engine_was_killed engine_killed
	check start_resumes_after_the_engine_was_restarted engine_restarted
}

main "$@"
