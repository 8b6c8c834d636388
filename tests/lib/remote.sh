# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034
#
# For tests with another host, sourced after tap.sh and engine.sh (by engine.sh itself where REMOTE is set): makes the
# hosts of tests/lib/test-remote.sh, which end with the script.
#
#   lab COMMAND...         a command of test-remote.sh
#   at_workstation CMD...  runs it there; the home that ssh reads is $LAB/home
#   LAB                    the hosts' directory
#   REMOTE                 with it set, OPENSHELL is a program on the workstation that makes its gateways on that
#                          destination, `requests` counts what it asks the remote engine for, and docker still asks the
#                          engine itself

LAB=$IN_TEST_ENGINE/lab

lab() {
	"$REPO/tests/lib/test-remote.sh" "$@"
}

at_workstation() {
	lab exec "$@"
}

begin_lab() {
	rm -f "$LAB/ready"
	"$REPO/tests/lib/test-remote.sh" run >"$TEST_TMP/lab.log" 2>&1 </dev/null &
	at_exit "kill $! 2>/dev/null; wait $!"
	eventually 60 test -e "$LAB/ready" || {
		cat "$TEST_TMP/lab.log" >&2
		return 1
	}
}

# Only what makes a gateway is told where: the other commands find that in its record.
write_remote_openshell() {
	cat >"$TEST_TMP/openshell" <<-EOF
		#!/bin/sh
		case " \$* " in
		*' gateway start '*' --remote '*) ;;
		*' gateway start '*) set -- "\$@" --remote "\$REMOTE" ;;
		esac
		exec "$REPO/tests/lib/test-remote.sh" exec "$OPENSHELL" "\$@"
	EOF
	chmod +x "$TEST_TMP/openshell"
	OPENSHELL=$TEST_TMP/openshell
}

begin_lab
if [ -n "${REMOTE:-}" ]; then
	export REMOTE
	write_remote_openshell
	lab allow 1024:65535 # for the gateways' own ports
	requests=$LAB/requests
	export DOCKER_HOST="unix://$IN_TEST_ENGINE/docker.sock"
	here() {
		at_workstation "$@"
	}
fi
