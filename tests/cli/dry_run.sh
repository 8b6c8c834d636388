#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# --dry-run: what is told is what a real run does, and nothing is changed. tests/engine/dry_run.sh lets a shell run it.

# out, err, home, config and engine come from lib/cli.sh.
# shellcheck disable=SC2154,SC2034
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

C=openshell-cluster-openshell
CHANGES='^docker (create|start|stop|rm|pull|unpause|image rm|network (create|rm|connect|disconnect)|volume (create|rm))( |$)'

# What the engine and the configuration hold.
everything() {
	find "$engine" "$config" "$runtime" -type f ! -name '*.lock' -exec md5sum {} + 2>/dev/null | sort -k 2
}

# same_as_real ARGUMENT...: the commands of a dry run are those of the run that follows it.
same_as_real() {
	forget_calls
	everything >"$home/before"
	run "$@" --dry-run
	everything | diff "$home/before" - >&2
	expect_equal '' "$(calls "$CHANGES")"
	grep -E "$CHANGES" "$out" >"$home/told" || true
	run "$@"
	calls "$CHANGES" >"$home/done"
	sh -n "$out"
	diff "$home/told" "$home/done" >&2
}

on_nothing() {
	new_home
	given_engine
	same_as_real gateway start
	expect_has "docker create" "$home/told"
}

with_options() {
	new_home
	given_engine
	same_as_real gateway start --gpu --gateway-host gw.example --port 9001 --memory 2g --name two
}

on_a_stopped_one() {
	new_home
	given_engine
	run gateway start
	echo 'exited none sha256:image-1 8080 127.0.0.1' >"$engine/containers/$C"
	run gateway start --dry-run
	expect_has "docker start -- $C" "$out"
	expect_has "docker network connect $C $C" "$out"
	expect_lacks 'docker create' "$out"
}

by_another_image() {
	new_home
	given_engine
	run gateway start
	echo 'openshell/cluster:dev sha256:image-2' >"$engine/images"
	run gateway start --dry-run
	expect_has "docker rm -f -v -- $C" "$out"
	expect_has 'docker create' "$out"
	expect_lacks 'docker volume' "$out"
	expect_has 'kubectl delete node' "$out"
}

on_a_running_one() {
	new_home
	given_engine
	run gateway start
	run gateway start --dry-run
	expect_has '# nothing to do' "$out"
	expect_equal '' "$(grep '^docker' "$out" || true)"
}

pulls() {
	new_home
	given_engine
	: >"$engine/images"
	with OPENSHELL_REGISTRY_TOKEN=s3cr3t-of-the-test
	run gateway start --dry-run
	expect_has 'docker pull --platform linux/amd64 -- ghcr.io/nvidia/openshell/cluster:dev' "$out"
	expect_has 'docker login ghcr.io' "$out"
	# shellcheck disable=SC2016
	expect_has 'export REGISTRY_PASSWORD="${REGISTRY_PASSWORD:?' "$out"
	expect_has '--env REGISTRY_PASSWORD ' "$out"
	expect_lacks s3cr3t-of-the-test "$out"
	expect_lacks s3cr3t-of-the-test "$err"
	sh -n "$out"
	[ ! -e "$config" ]
}

pushing() {
	new_home
	given_engine
	echo 'openshell/gateway:dev sha256:image-7' >>"$engine/images"
	with OPENSHELL_PUSH_IMAGES=openshell/gateway:dev
	run gateway start --dry-run
	sh -n "$out"
	expect_has 'docker save -- openshell/gateway:dev |' "$out"
	expect_has 'ctr -a /run/k3s/containerd/containerd.sock -n k8s.io images import' "$out"
	expect_has 'kubectl rollout restart statefulset/openshell -n openshell' "$out"
	expect_has 'kubectl rollout status statefulset/openshell -n openshell --timeout=180s' "$out"
	expect_equal '' "$(calls "$CHANGES")"
	expect_equal '' "$(calls '^docker (save|exec)')"
}

refusals_are_told() {
	new_home
	given_engine
	echo holder >"$engine/port-holders"
	expect_status 4 run gateway start --dry-run
	expect_err holder
	expect_no_out
	expect_status 4 run gateway start --dry-run -o json
	expect_equal port-busy "$(jq -r .error.code "$out")"
}

# A shell would begin what cannot be done.
nothing_of_what_fails_half_way_is_told() {
	new_home
	given_engine
	run gateway start
	rm -rf "$engine/images"/*
	with OPENSHELL_CLUSTER_IMAGE=openshell/other:1
	expect_status 3 run gateway start --recreate --pull never --dry-run
	expect_no_out
}

takes_no_lock() {
	new_home
	given_engine
	run gateway start
	(
		flock -n 9
		run gateway start --dry-run
		run gateway stop --dry-run
	) 9>"$runtime/openshell/openshell.lock"
}

stops_and_destroys() {
	new_home
	given_engine
	run gateway start
	run gateway stop --dry-run
	expect_has "docker stop -t 10 -- $C" "$out"
	same_as_real gateway stop --name nowhere
	run gateway destroy --dry-run
	expect_has "rm -rf $config/gateways/openshell" "$out"
	expect_has "rm -rf $config/active_gateway" "$out"
	same_as_real gateway destroy
	run gateway destroy --dry-run
	expect_has '# nothing to do' "$out"
}

main() {
	check a_first_start_is_told_as_it_is_run on_nothing
	check options_are_part_of_it with_options
	check a_stopped_container_would_be_started on_a_stopped_one
	check another_image_would_replace_the_container by_another_image
	check a_running_gateway_needs_nothing on_a_running_one
	check secrets_are_masked_and_asked_for pulls
	check a_push_is_told_as_one_pipe pushing
	check a_refusal_is_one_in_a_dry_run_too refusals_are_told
	check nothing_is_told_of_a_start_that_fails_half_way nothing_of_what_fails_half_way_is_told
	check no_lock_is_needed takes_no_lock
	check stop_and_destroy_are_told_as_they_are_run stops_and_destroys
}

main "$@"
