#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Gateways on another host against ones here: a warm start, and a start from nothing whose image is there, 100 ms there and
# back away; the same by docker's own ssh://. And a docker call to that host: through a tunnel that stands, and by ssh://,
# with a connection for each call and with one that is shared.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/engine.sh"
. "$REPO/tests/lib/remote.sh"
. "$REPO/tests/bench/lib.sh"

REMOTE_RUNS=${REMOTE_RUNS:-10}
ROUND_TRIP_MS=100

# begin_tunnel ALIAS
begin_tunnel() {
	lab exec ssh -nNT -o BatchMode=yes -L "$TEST_TMP/$1.sock:/var/run/docker.sock" "$1" 2>/dev/null &
	at_exit "kill $!"
	eventually 10 test -S "$TEST_TMP/$1.sock"
}

# share ALIAS PORT: connections to ALIAS-shared are one
share() {
	cat - "$LAB/home/.ssh/config" >"$TEST_TMP/config" <<-END
		Host $1-shared
		    HostName remote.test
		    Port $2
		    User deployer
		    ControlMaster auto
		    ControlPath $TEST_TMP/%C
		    ControlPersist 60
	END
	cat "$TEST_TMP/config" >"$LAB/home/.ssh/config"
}

# against ALIAS WHERE: a docker call through the tunnel against the other ways
against() {
	tunnel="unix://$TEST_TMP/$1.sock"
	ratio -l "$2: docker ps by ssh:// : through the tunnel" docker -H "ssh://$1" ps -- docker -H "$tunnel" ps
	ratio -l "$2: docker ps by ssh:// with a shared connection : through the tunnel" \
		docker -H "ssh://$1-shared" ps -- docker -H "$tunnel" ps
	ratio -l "$2: docker ps through the tunnel : ssh host true" docker -H "$tunnel" ps -- ssh "$1" true
}

# command_of NAME LINE: a program $TEST_TMP/NAME
command_of() {
	printf '#!/bin/sh\n%s\n' "$2" >"$TEST_TMP/$1"
	chmod +x "$TEST_TMP/$1"
}

# The gateways of both sides are on one engine, which the workstation reaches by ssh only: one at a time is there.
start_commands() {
	at="$REPO/tests/lib/test-remote.sh exec"
	command_of start-here "exec '$OPENSHELL' gateway start --name here --port 18097"
	command_of start-there "exec $at '$OPENSHELL' gateway start --name there --port 18098 --remote \"\$1\""
	command_of start-by-ssh "exec $at env DOCKER_HOST=\"ssh://\$1\" '$OPENSHELL' gateway start --name there --port 18098"
	command_of warm-here "'$TEST_TMP/start-here'; '$TEST_TMP/start-here'; '$TEST_TMP/start-here'
		$at ssh remote true; $at ssh remote true"
	command_of warm-there "'$TEST_TMP/start-there' remote; '$TEST_TMP/start-there' remote"
	command_of nothing "docker rm -fv openshell-cluster-here openshell-cluster-there
		docker volume rm -f openshell-cluster-here openshell-cluster-there
		docker network rm openshell-cluster-here openshell-cluster-there
		rm -rf '$HOME/.config'; true"
}

starts() {
	new_home
	export DOCKER_HOST="unix://$IN_TEST_ENGINE/docker.sock" OPENSHELL_CLUSTER_IMAGE=openshell/fake-cluster:bench
	"$REPO/tests/engine/fake-cluster/build.sh" "$OPENSHELL_CLUSTER_IMAGE" >"$TEST_TMP/build" 2>&1
	start_commands
	"$TEST_TMP/start-here" >/dev/null 2>&1
	"$TEST_TMP/start-there" remote >/dev/null 2>&1
	ratio -l 'two warm starts there : three here and two ssh host true (bound 1.0)' "$TEST_TMP/warm-there" -- "$TEST_TMP/warm-here"
	ratio -l "start from nothing, $ROUND_TRIP_MS ms away : here (bound: 6000 ms more)" -p "$TEST_TMP/nothing" \
		"$TEST_TMP/start-there" slow -- "$TEST_TMP/start-here"
	ratio -l "start from nothing, $ROUND_TRIP_MS ms away, by docker -H ssh:// : by the tunnel" -p "$TEST_TMP/nothing" \
		"$TEST_TMP/start-by-ssh" slow -- "$TEST_TMP/start-there" slow
	"$TEST_TMP/nothing" >/dev/null 2>&1
	unset DOCKER_HOST OPENSHELL_CLUSTER_IMAGE
}

main() {
	RUNS=$REMOTE_RUNS
	prepare_ratio
	lab delay $((ROUND_TRIP_MS / 2))
	lab allow 1024:65535
	starts
	RATIO_BY="$REPO/tests/lib/test-remote.sh exec"
	share remote 2222
	share slow 2223
	begin_tunnel remote
	begin_tunnel slow
	against remote 'near'
	against slow "$ROUND_TRIP_MS ms away"
	ok what_another_host_costs_was_measured
}

main "$@"
