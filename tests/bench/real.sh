#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# On the real cluster image: how long a start takes, and how soon it ends after docker reports the container healthy.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/engine.sh"
. "$REPO/tests/lib/e2e.sh"

REAL_RUNS=${REAL_RUNS:-3}

milliseconds() {
	echo $(($(date +%s%N) / 1000000))
}

# Prints "seconds-of-the-start milliseconds-from-healthy-to-exit".
one_start() {
	: >"$TEST_TMP/events"
	docker events --filter event=health_status --format '{{.TimeNano}} {{.Status}}' >"$TEST_TMP/events" &
	os_follower=$!
	sleep 0.3
	os_begin=$(milliseconds)
	start --name bench --port 18090
	os_end=$(milliseconds)
	eventually 5 grep -q 'health_status: healthy' "$TEST_TMP/events"
	kill "$os_follower"
	os_healthy=$(sed -n 's/^\([0-9]*\) health_status: healthy.*/\1/p' "$TEST_TMP/events" | head -n 1)
	echo "$(((os_end - os_begin) / 1000)).$(((os_end - os_begin) % 1000 / 100)) $((os_end - os_healthy / 1000000))"
}

main() {
	export DOCKER_HOST="unix://$IN_TEST_ENGINE/docker.sock"
	provide_images >"$TEST_TMP/images" 2>&1
	run=0
	while [ "$run" -lt "$REAL_RUNS" ]; do
		run=$((run + 1))
		new_home
		one_start >"$TEST_TMP/times.$run"
		echo "# real cold start $run: $(cut -d' ' -f1 "$TEST_TMP/times.$run") s, from healthy to exit $(cut -d' ' -f2 "$TEST_TMP/times.$run") ms (bound 300)"
		"$OPENSHELL" gateway destroy --name bench >/dev/null 2>&1
	done
	ok the_real_start_was_measured
}

main "$@"
