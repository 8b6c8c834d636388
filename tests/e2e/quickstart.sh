#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# deploy/quickstart.sh for real: it builds, installs, starts a gateway and takes all of it away again.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/engine.sh"
. "$(dirname "$0")/../lib/e2e.sh"

quickstart() {
	timeout 1500 "$REPO/deploy/quickstart.sh" --name quick --port 18083 --yes "$@" >"$TEST_TMP/out" 2>&1 </dev/null || {
		q_rc=$?
		cat "$TEST_TMP/out"
		tail -n 40 "$HOME/.local/state/openshell/quickstart/log" || true
		return "$q_rc"
	}
}

files_in_home() {
	find "$HOME" -mindepth 1 ! -path "$HOME/run*" ! -path "$HOME/.docker*" | sort
}

first_run() {
	objects >"$TEST_TMP/before"
	files_in_home >"$TEST_TMP/home.before"
	quickstart
	cat "$TEST_TMP/out"
	connected_by_installed
	answers quick
	expect_has 'https://127.0.0.1:18083 answers' "$TEST_TMP/out"
}

connected_by_installed() {
	timeout 60 "$HOME/.local/bin/openshell" -g quick status
}

second_run() {
	began=$(date +%s)
	quickstart
	took=$(($(date +%s) - began))
	echo "took $took s"
	[ "$took" -lt 60 ]
	expect_has 'which is up to date' "$TEST_TMP/out"
}

undone() {
	quickstart --undo
	objects | diff "$TEST_TMP/before" -
	files_in_home | diff "$TEST_TMP/home.before" -
}

# In the namespaces of the test engine the usual socket is nobody's, and /var/lib/docker is private.
without_an_engine() {
	"$ENGINE" engine stop
	unset DOCKER_HOST
	expect_status 1 docker version
	quickstart
	cat "$TEST_TMP/out"
	expect_has 'start a Docker engine' "$TEST_TMP/out"
	connected_by_installed
	answers quick
}

undone_with_engine() {
	unset DOCKER_HOST
	quickstart --undo
	expect_status 1 docker version
	[ ! -e "$HOME/.local/bin/openshell" ]
	files_in_home | diff "$TEST_TMP/home.before" -
}

main() {
	at_exit "'$ENGINE' engine start"
	check quickstart_ends_with_a_gateway_that_answers first_run
	check a_second_run_takes_less_than_a_minute second_run
	check undo_leaves_engine_and_home_as_they_were undone
	new_home
	check quickstart_starts_an_engine_where_none_runs without_an_engine
	check undo_stops_the_engine_that_it_started undone_with_engine
}

main "$@"
