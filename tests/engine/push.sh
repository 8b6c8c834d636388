#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# OPENSHELL_PUSH_IMAGES on a real engine, onto the fake node: `docker save` and `docker exec` joined by a pipe.

# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/engine.sh
. "$(dirname "$0")/../lib/engine.sh"

# From lib/engine.sh:
# shellcheck disable=SC2154
: "$config"

PORT=18084
C=openshell-cluster-push
STATE=/var/lib/rancher/k3s

# node VARIANT [OPTION]...: the image openshell/fake-cluster:push-VARIANT
node() {
	variant=$1
	shift
	"$REPO/tests/engine/fake-cluster/build.sh" "openshell/fake-cluster:push-$variant" --interval 300ms "$@"
}

# image REF BYTES: an image that hardly compresses
image() {
	mkdir -p "$TEST_TMP/root"
	head -c "$2" /dev/urandom >"$TEST_TMP/root/data"
	tar -C "$TEST_TMP/root" -cf - . | docker_here import - "$1"
}

provide_images() {
	node dev
	node late --set FAKE_CTR_AFTER_MS=1500 --set FAKE_WORKLOAD_AFTER_MS=3000 --set FAKE_WORKLOAD=deployment
	node breaks --set FAKE_IMPORT_FAILS=1
	node dies --set FAKE_EXIT_AFTER_MS=1500 --set FAKE_EXIT_CODE=42 --set FAKE_CTR_AFTER_MS=3600000
	node sick --set FAKE_ROLLOUT_FAILS=1
	[ -z "${REMOTE:-}" ] || lab local-engine
	image openshell/gateway:pushed 3000000
	image openshell/sandbox:pushed 70000000
}

remove_objects() {
	docker rm -fv "$C" >/dev/null 2>&1 || true
	docker volume rm -f "$C" >/dev/null 2>&1 || true
	docker network rm "$C" >/dev/null 2>&1 || true
}

remove_images() {
	docker_here rmi -f openshell/gateway:pushed openshell/sandbox:pushed >/dev/null
	docker images --format '{{.Repository}}:{{.Tag}}' | grep -E ':push-.*$' | while read -r ref; do
		docker rmi -f "$ref" >/dev/null
	done
}

fresh() {
	remove_objects
	new_home
	trap remove_objects EXIT
}

# start VARIANT REFS [ARGUMENT]...: what it says is in $TEST_TMP/said
start() {
	start_image=openshell/fake-cluster:push-$1 start_refs=$2
	shift 2
	OPENSHELL_CLUSTER_IMAGE=$start_image OPENSHELL_PUSH_IMAGES=$start_refs TMPDIR=$home timeout 60 \
		"$OPENSHELL" gateway start --name push --port "$PORT" "$@" >"$TEST_TMP/said" 2>&1 </dev/null
}

# A file on the node's volume.
on_node() {
	docker cp "$C:$STATE/$1" - 2>/dev/null | tar -xOf -
}

container_id() {
	docker container inspect --format '{{.Id}}' "$C"
}

arrives_whole() {
	fresh
	start dev openshell/gateway:pushed,openshell/sandbox:pushed
	expect_equal "$(docker_here save openshell/gateway:pushed openshell/sandbox:pushed | wc -c)" "$(on_node fake-imported)"
	expect_equal 'restart statefulset/openshell
status statefulset/openshell' "$(on_node fake-rollouts)"
	docker container inspect --format '{{join .Config.Env "\n"}}' "$C" >"$TEST_TMP/env"
	expect_has PUSH_IMAGE_REFS=openshell/gateway:pushed,openshell/sandbox:pushed "$TEST_TMP/env"
	expect_has IMAGE_PULL_POLICY=IfNotPresent "$TEST_TMP/env"
	expect_equal '' "$(find "$home" -size +1000k)"
}

pushed_again() {
	fresh
	start dev openshell/gateway:pushed
	id=$(container_id)
	forget_requests
	start dev openshell/gateway:pushed
	expect_equal "$id" "$(container_id)"
	expect_equal 4 "$(on_node fake-rollouts | wc -l)"
	mutating_requests
	expect_equal 0 "$(mutations)"
	start dev openshell/sandbox:pushed
	[ "$(container_id)" != "$id" ]
}

late_node_is_waited_for() {
	fresh
	start late openshell/gateway:pushed
	expect_equal 'restart deployment/openshell
status deployment/openshell' "$(on_node fake-rollouts)"
}

broken_import() {
	fresh
	expect_status 1 start breaks openshell/sandbox:pushed
	expect_has 'ctr images import failed (exit 1): ctr: unexpected media type' "$TEST_TMP/said"
	fails docker container inspect "$C"
	fails pgrep -f 'docker (save|exec)'
}

fails() {
	! "$@" >/dev/null 2>&1
}

dead_node() {
	fresh
	expect_status 8 start dies openshell/gateway:pushed
	expect_has exit_code=42 "$TEST_TMP/said"
}

failed_rollout() {
	fresh
	expect_status 8 start sick openshell/gateway:pushed
	expect_has 'kubectl rollout status failed (exit 1): error: timed out waiting for the condition' "$TEST_TMP/said"
}

absent_image() {
	fresh
	expect_status 3 start dev openshell/gateway:pushed,openshell/gateway:gone
	expect_has openshell/gateway:gone "$TEST_TMP/said"
	fails docker network inspect "$C"
}

main() {
	check the_images_can_be_made provide_images
	check two_images_arrive_as_docker_saves_them arrives_whole
	check the_same_images_go_into_the_same_container_and_others_do_not pushed_again
	check a_node_that_comes_up_late_is_waited_for late_node_is_waited_for
	check an_import_that_breaks_leaves_nothing_behind broken_import
	check a_node_that_dies_during_a_push_gives_8 dead_node
	check a_rollout_that_fails_gives_8 failed_rollout
	check an_image_that_is_not_there_gives_3_and_nothing_is_made absent_image
	remove_objects
	remove_images
}

main "$@"
