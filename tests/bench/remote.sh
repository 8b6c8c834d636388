#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A docker call to another host: through a tunnel that stands, and by docker's own ssh://, with a connection for each
# call and with one that is shared; near, and 100 ms there and back away.
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

main() {
	RUNS=$REMOTE_RUNS
	RATIO_BY="$REPO/tests/lib/test-remote.sh exec"
	prepare_ratio
	lab delay $((ROUND_TRIP_MS / 2))
	share remote 2222
	share slow 2223
	begin_tunnel remote
	begin_tunnel slow
	against remote 'near'
	against slow "$ROUND_TRIP_MS ms away"
	ok calls_to_another_host_were_measured
}

main "$@"
