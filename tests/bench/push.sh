#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The push of a 1 GiB image into a gateway that runs, against the bare pipeline of a shell: time, and the program's own
# memory. On the fake node, which reads what comes and keeps nothing, so that nothing else's time covers ours.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/engine.sh"
. "$REPO/tests/bench/lib.sh"

PUSH_RUNS=${PUSH_RUNS:-5}
PUSH_MIB=${PUSH_MIB:-1024}
C=openshell-cluster-openshell
NODE=openshell/fake-cluster:bench-push
REF=openshell/gateway:bench-push

big_image() {
	mkdir "$TEST_TMP/root"
	head -c "$((PUSH_MIB * 1024 * 1024))" /dev/urandom >"$TEST_TMP/root/data"
	tar -C "$TEST_TMP/root" -cf - . | docker import - "$REF"
	rm -r "$TEST_TMP/root"
}

bare_pipeline() {
	cat >"$TEST_TMP/bare" <<-EOF2
		#!/bin/sh
		docker save $REF | docker exec -i $C ctr -a /run/k3s/containerd/containerd.sock -n k8s.io images import -
	EOF2
	chmod +x "$TEST_TMP/bare"
}

clean_up() {
	docker rm -f -v $C
	docker volume rm -f $C
	docker network rm $C
	docker rmi -f $REF $NODE
}

main() {
	export DOCKER_HOST="unix://$IN_TEST_ENGINE/docker.sock"
	new_home
	export OPENSHELL_CLUSTER_IMAGE="$NODE"
	prepare_ratio
	"$REPO/tests/engine/fake-cluster/build.sh" "$NODE" >"$TEST_TMP/build" 2>&1
	big_image >/dev/null
	bare_pipeline
	export OPENSHELL_PUSH_IMAGES="$REF"
	"$OPENSHELL" gateway start >"$TEST_TMP/first" 2>&1
	RUNS=$PUSH_RUNS
	ratio -o -l "push of a $PUSH_MIB MiB image : docker save | docker exec -i in a shell (bounds: ratio 1.1, 8192 KiB)" \
		"$OPENSHELL" gateway start -- "$TEST_TMP/bare"
	clean_up >/dev/null 2>&1 || true
	ok the_push_was_measured
}

main "$@"
