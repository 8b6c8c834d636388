# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034
#
# For tests that meddle with each docker call of a run in turn, sourced after gateway.sh: tests/engine/meddling-docker
# tells what can befall a call.
#
#   meddled HOW AT COMMAND...   runs a function of gateway.sh with that docker: its exit status is in $status, and
#                               $met is the call that was met, or empty when the run has fewer calls
#   for_each_call FUNCTION...   FUNCTION... N for N = 1, 2, ... until it leaves $met empty; several at a time, each in
#                               a lane with a gateway, a home and a proxy of its own
#   for_each FUNCTION... -- ITEM...   likewise for each of the items
#   was_killed                  after a meddled run: that is how it ended, and nothing of it runs on
#   remove_own                  the lane's container, volume and network, and its configuration
#   no_process_is_left          of the last meddled run
#   rule NAME FUNCTION HOW...   a check for each HOW: FUNCTION HOW for each call; and a line that says how many
#   tally                       how many runs met how many different calls, since the last tally

home=${home:?tests/lib/engine.sh must be sourced first}
config=${config:?}
LANES=${LANES:-$(nproc)}
[ "$LANES" -le 4 ] || LANES=4 # docker has addresses for some thirty networks, and waits for itself
met=
status=0
meddling=$TEST_TMP/meddling
mkdir "$meddling"
ln -s "$REPO/tests/engine/meddling-docker" "$meddling/docker"
: >"$TEST_TMP/tally"
REAL_DOCKER=$(command -v docker)
export REAL_DOCKER

meddled() {
	MEDDLE_DIR=$home/meddle
	rm -rf "$MEDDLE_DIR"
	mkdir "$MEDDLE_DIR"
	export MEDDLE_DIR MEDDLE_HOW="$1" MEDDLE_AT="$2" MEDDLE_DELAY MEDDLE_RUN
	shift 2
	status=0
	(
		PATH=$meddling:$PATH
		"$@"
	) || status=$?
	met=
	[ ! -e "$MEDDLE_DIR/met" ] || {
		met=$(tr '\n' ' ' <"$MEDDLE_DIR/met" | cut -c1-80)
		echo "$MEDDLE_HOW $MEDDLE_AT" >>"$TEST_TMP/tally"
	}
	echo "$MEDDLE_HOW $MEDDLE_AT: exit $status at: docker $met"
}

tally() {
	sort "$TEST_TMP/tally" | uniq | wc -l | tr '\n' ' '
	echo "injection points, $(wc -l <"$TEST_TMP/tally") runs"
	: >"$TEST_TMP/tally"
}

remove_own() {
	docker rm -fv "openshell-cluster-$NAME" >/dev/null 2>&1 || true
	docker volume rm -f "openshell-cluster-$NAME" >/dev/null
	docker network rm "openshell-cluster-$NAME" >/dev/null 2>&1 || true
	rm -rf "$config"
}

marked_processes() {
	grep -lsF "MEDDLE_DIR=$MEDDLE_DIR" /proc/[0-9]*/environ | cut -d/ -f3 | while read -r mp_pid; do
		tr '\0' ' ' 2>/dev/null <"/proc/$mp_pid/cmdline" || true
	done
}

nobody_is_marked() {
	[ -z "$(marked_processes)" ]
}

no_process_is_left() {
	eventually 5 nobody_is_marked || {
		marked_processes
		return 1
	}
}

# Killed, or at its end before there was such a call.
was_killed() {
	expect_equal "${met:+137}" "$([ "$status" -eq 0 ] || echo "$status")"
	case $MEDDLE_HOW in
	kill-outlive) ;;
	*) no_process_is_left ;;
	esac
}

# A socket of the lane's own before the engine, so that its requests are counted apart.
open_lane() {
	if [ -n "${REMOTE:-}" ]; then
		lab socket "/run/$NAME.sock" "$requests"
		export OPENSHELL_REMOTE_DOCKER_SOCKET="/run/$NAME.sock"
	else
		"$TEST_TMP/socket-proxy" "$home/docker.sock" "$IN_TEST_ENGINE/docker.sock" "$requests" &
		trap 'status=$?; kill '$!'; exit $status' EXIT
		eventually 5 test -S "$home/docker.sock"
		export DOCKER_HOST="unix://$home/docker.sock"
	fi
}

# Sets the lane's own NAME, PORT, home, said, requests, and how its engine is reached.
enter_lane() {
	NAME=lane$1
	PORT=$((18090 + $1))
	new_home
	said=$home/said
	requests=$home/requests
	: >"$requests"
	open_lane
}

walk_calls() {
	wc_n=$1
	enter_lane "$1"
	shift
	met=first
	while [ -n "$met" ]; do
		"$@" "$wc_n"
		wc_n=$((wc_n + LANES))
	done
	remove_own
}

# walk_items LANE FUNCTION... -- ITEM...
walk_items() {
	wi_lane=$1
	enter_lane "$1"
	shift
	wi_function=
	while [ "$1" != -- ]; do
		wi_function="$wi_function $1"
		shift
	done
	shift
	wi_n=0
	for wi_item in "$@"; do
		wi_n=$((wi_n % LANES + 1))
		# shellcheck disable=SC2086 # a function and plain words
		[ "$wi_n" -ne "$wi_lane" ] || $wi_function "$wi_item"
	done
	remove_own
}

in_lanes() {
	il_pids=
	for il_lane in $(seq "$LANES"); do
		il_walk=$1
		shift
		("$il_walk" "$il_lane" "$@") >"$TEST_TMP/lane.$il_lane" 2>&1 &
		il_pids="$il_pids $!"
		set -- "$il_walk" "$@"
	done
	il_lane=0
	il_failed=
	for il_pid in $il_pids; do
		il_lane=$((il_lane + 1))
		wait "$il_pid" || {
			il_failed=yes
			printf 'lane %s:\n' "$il_lane"
			tail -n 25 "$TEST_TMP/lane.$il_lane"
		}
	done
	[ -z "$il_failed" ]
}

for_each_call() {
	in_lanes walk_calls "$@"
}

for_each() {
	in_lanes walk_items "$@"
}

rule() {
	rule_name=$1
	rule_function=$2
	shift 2
	for rule_how in "$@"; do
		check "${rule_name}_($rule_how)" for_each_call "$rule_function" "$rule_how"
	done
	echo "# $rule_name: $(tally)"
}
