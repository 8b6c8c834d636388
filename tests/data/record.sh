#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# record.sh [DIRECTORY]: what docker clients print for the cluster container, as the unit tests of the parsers read it.
# Run it on the test engine: tests/lib/test-engine.sh start && tests/lib/test-engine.sh exec tests/data/record.sh
#
# CLIENTS names the clients to record. Each makes files docker-VERSION-WHAT.json: the container created, running
# (healthy), unhealthy, exited, paused; the image; a bare inspect of container and images with one missing; info with
# and without an engine; events. Paths and names of the host that recorded are replaced.

set -eu

HERE=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
CLIENTS=${CLIENTS:-/usr/local/bin/docker /usr/bin/docker}
NAME=openshell-cluster-recorded
IMAGE=openshell/fake-cluster:recorded
UNHEALTHY=openshell/fake-cluster:recorded-unhealthy

# The data root, the address range of the test engine's network and this machine's names are nobody's business.
sanitize() {
	root=$($client info --format '{{.DockerRootDir}}')
	sed -e "s|$root|/var/lib/docker|g" -e "s|${root%/*}/exec|/var/run/docker|g" -e "s|/etc/docker/[^\"]*|/etc/docker/|g" \
		-e "s|\"Name\":\"$(uname -n)\"|\"Name\":\"host\"|g" -e "s|$(uname -n)|host|g" \
		-e 's|"KernelVersion":"[^"]*"|"KernelVersion":"6.1.0"|' -e "s|$(uname -r)|6.1.0|g" \
		-e 's|"CgroupParent":"[^"]*"|"CgroupParent":""|'
}

inspect() {
	$client inspect --format '{{json .}}' -- "$@" 2>/dev/null || true
}

record() {
	sanitize >"$out/docker-$version-$1.json"
}

wait_for() {
	for _ in $(seq 100); do
		[ "$($client inspect --format "$2" "$1")" != "$3" ] || return 0
		sleep 0.1
	done
	echo "record.sh: $1 did not become $3" >&2
	exit 1
}

forget() {
	$client rm -f -v "$NAME" >/dev/null 2>&1 || true
	$client network rm "$NAME" >/dev/null 2>&1 || true
	$client volume rm "$NAME" >/dev/null 2>&1 || true
}

create() {
	$client network create "$NAME" >/dev/null
	$client volume create "$NAME" >/dev/null
	$client create --pull never --name "$NAME" --hostname openshell-recorded --privileged --cgroupns host \
		--restart unless-stopped --label ai.openshell.gateway=recorded --label ai.openshell.version=0.1.0 \
		--network "$NAME" --publish 127.0.0.1:18080:30051/tcp --volume "$NAME:/var/lib/rancher/k3s" \
		--add-host host.openshell.internal:host-gateway \
		--env REGISTRY_MODE=external --env EXTRA_SANS=gw.example,10.0.0.5 --env IMAGE_TAG=dev \
		"$1" server --disable=traefik --tls-san=127.0.0.1 >/dev/null
}

record_life() {
	$client events --format '{{json .}}' --filter event=health_status --filter event=die \
		--filter "container=$NAME" >"$work/events" &
	follower=$!
	create "$IMAGE"
	inspect "$NAME" | record inspect-created
	inspect "$NAME" "$IMAGE" openshell/absent:dev | record inspect-mixed
	$client start "$NAME" >/dev/null
	wait_for "$NAME" '{{.State.Health.Status}}' healthy
	inspect "$NAME" | record inspect-running
	$client pause "$NAME" >/dev/null
	inspect "$NAME" | record inspect-paused
	$client unpause "$NAME" >/dev/null
	$client stop -t 1 "$NAME" >/dev/null
	inspect "$NAME" | record inspect-exited
	forget
	create "$UNHEALTHY"
	$client start "$NAME" >/dev/null
	wait_for "$NAME" '{{.State.Health.Status}}' unhealthy
	sleep 2.5 # until the log holds more checks than are shown
	inspect "$NAME" | record inspect-unhealthy
	$client kill "$NAME" >/dev/null
	forget
	kill "$follower"
	record events <"$work/events"
}

record_client() {
	version=$($client version --format '{{.Client.Version}}' | cut -d. -f1-2)
	inspect "$IMAGE" | record inspect-image
	inspect openshell-cluster-absent openshell/absent:dev | record inspect-absent
	$client info --format '{{json .}}' 2>/dev/null | record info
	{ $client -H unix:///nonexistent/docker.sock info --format '{{json .}}' 2>/dev/null || true; } | record info-unreachable
	$client version --format '{{json .}}' | record version
	record_life
}

main() {
	out=${1:-$HERE}
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	trap 'exit 130' INT TERM HUP
	"$HERE/../engine/fake-cluster/build.sh" "$IMAGE"
	"$HERE/../engine/fake-cluster/build.sh" "$UNHEALTHY" --set FAKE_UNHEALTHY=1 --retries 2
	for client in $CLIENTS; do
		forget
		record_client
	done
}

main "$@"
