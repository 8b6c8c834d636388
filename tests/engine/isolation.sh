#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The test engine itself: a second one, started within the first, must leave nothing of itself.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/engine.sh"

INNER=$TEST_TMP/inner

inner() {
	TEST_STATE=$INNER "$ENGINE" "$@"
}

# What the surroundings of an engine show of it.
surroundings() {
	ip -o link | sed 's/^[0-9]*: //' | cut -d: -f1 | sort
	iptables -w -t nat -S
	iptables -w -S
	cut -d' ' -f2,3 /proc/mounts | sort
	docker ps -aq
	find /sys/fs/cgroup -maxdepth 2 -name 'openshell-test-*' | sort
}

runs_apart() {
	surroundings >"$TEST_TMP/before"
	inner start
	inner exec docker volume create apart
	expect_equal '' "$(docker volume ls -q --filter name=apart)"
	inner exec ip addr show docker0
	inner stop
	surroundings | diff "$TEST_TMP/before" -
	[ ! -e "$INNER/engine" ]
}

survives_nothing() {
	surroundings >"$TEST_TMP/before"
	inner start
	read -r owner _ <"$INNER/engine/owner"
	kill -KILL "$owner"
	eventually 10 nobody_uses "$INNER/engine"
	inner sweep
	surroundings | diff "$TEST_TMP/before" -
	[ ! -e "$INNER/engine" ]
}

nobody_uses() {
	for nu_file in /proc/[0-9]*/cmdline; do
		case $(tr '\0' ' ' 2>/dev/null <"$nu_file") in *dockerd*"$1"*) return 1 ;; esac
	done
}

dies_with_its_parent() {
	surroundings >"$TEST_TMP/before"
	# shellcheck disable=SC2016 # for the inner shell, the parent
	TEST_STATE=$INNER sh -c 'setpriv --pdeathsig KILL "$0" run & sleep 60' "$ENGINE" &
	parent=$!
	eventually 10 test -s "$INNER/engine/owner"
	inner wait
	kill -KILL "$parent"
	eventually 10 nobody_uses "$INNER/engine"
	inner sweep
	surroundings | diff "$TEST_TMP/before" -
}

main() {
	check an_engine_leaves_its_surroundings_as_they_were runs_apart
	check a_killed_engine_dies_whole_and_can_be_swept survives_nothing
	check an_engine_dies_with_the_process_that_runs_it dies_with_its_parent
}

main "$@"
