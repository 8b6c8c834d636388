# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034
#
# For tests on a real engine, sourced after tap.sh. Begins the script again inside the test engine's namespaces when it
# is not there yet (start one by hand with tests/lib/test-engine.sh start); gives it a private home there, and a proxy
# in front of the engine's socket that counts requests.
#
#   new_home               an empty $home, configuration $config and run directory $runtime
#   mutations              how often the engine was asked to change something since forget_requests
#   forget_requests
#   objects                the names of all containers, volumes, networks and images
#   here COMMAND...        a command on the host that openshell runs on
#   docker_here ARG...     docker with the engine of the host that openshell runs on
#   config_files           the configuration directory, one line for each entry
#   ENGINE                 tests/lib/test-engine.sh, for engine start|stop|kill|crash|restart
#
# REMOTE=DESTINATION makes the gateways of a script on another host, whose engine is this one: tests/lib/remote.sh.

ENGINE=$REPO/tests/lib/test-engine.sh
TEST_STATE=${TEST_STATE:-${TMPDIR:-/tmp}/openshell-test-$(id -u)}
export TEST_STATE
# Kept from the user's home, which the tests replace: the caches of images and of what they are built from.
OPENSHELL_CACHE=${OPENSHELL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/openshell}
REAL_HOME=${REAL_HOME:-$HOME}
export OPENSHELL_CACHE REAL_HOME

if [ -z "${IN_TEST_ENGINE:-}" ]; then
	trap - EXIT
	rm -rf "$TEST_TMP" "$TEST_RUN"
	exec "$ENGINE" exec "$0" "$@"
fi

requests=$TEST_TMP/requests

start_proxy() {
	cc -std=gnu11 -O1 -o "$TEST_TMP/socket-proxy" "$REPO/tests/lib/socket-proxy.c"
	: >"$requests"
	"$TEST_TMP/socket-proxy" "$TEST_TMP/docker.sock" "$IN_TEST_ENGINE/docker.sock" "$requests" &
	at_exit "kill $!"
	eventually 5 test -S "$TEST_TMP/docker.sock"
	export DOCKER_HOST="unix://$TEST_TMP/docker.sock"
}

new_home() {
	home=$(mktemp -d "$TEST_TMP/home.XXXXXX")
	config=$home/.config/openshell
	runtime=$(mktemp -d "$TEST_RUN/XXXXXX")
	export HOME="$home" XDG_RUNTIME_DIR="$runtime"
	unset XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME OPENSHELL_GATEWAY OPENSHELL_CLUSTER_IMAGE IMAGE_TAG
}

forget_requests() {
	: >"$requests"
}

# Every request that is not a GET or HEAD changes something, save these: a login check, waiting, attaching, and running
# a command in a container (the container's business, not the engine's).
mutating_requests() {
	grep -vE '^(GET|HEAD) ' "$requests" |
		grep -vE '^POST (/v[0-9.]+)?(/auth|/session|/exec/[^/]*/(start|resize)|/containers/[^/]*/(exec|wait|attach|resize))([?]|$)' ||
		true
}

mutations() {
	mutating_requests | wc -l
}

objects() {
	{
		docker ps -a --format 'container {{.Names}}'
		docker volume ls --format 'volume {{.Name}}'
		docker network ls --format 'network {{.Name}}'
		docker images --format 'image {{.Repository}}:{{.Tag}} {{.ID}}'
	} | sort
}

here() {
	"$@"
}

docker_here() {
	here docker "$@"
}

config_files() {
	[ ! -d "$config" ] || (cd "$config" && find . -mindepth 1 -printf '%M %p\n' | sort -k 2)
}

if [ -n "${REMOTE:-}" ]; then
	# shellcheck source=tests/lib/remote.sh
	. "$REPO/tests/lib/remote.sh"
else
	start_proxy
fi
new_home
