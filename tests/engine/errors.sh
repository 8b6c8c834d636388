#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What the real docker says is understood: failures that can be provoked on any engine have the code of their row.

# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/engine.sh
. "$(dirname "$0")/../lib/engine.sh"

PORT=18082
IMAGE=openshell/fake-cluster:errors

# fails_as STATUS CODE [-u NAME]... [NAME=VALUE]... COMMAND...: the command fails so in this environment
fails_as() {
	wanted_status=$1 wanted_code=$2
	shift 2
	new_home
	rc=0
	OPENSHELL_CLUSTER_IMAGE=$IMAGE timeout 120 env "$@" -o json >"$TEST_TMP/answer" 2>"$TEST_TMP/said" || rc=$?
	cat "$TEST_TMP/said"
	expect_equal "$wanted_status $wanted_code" "$rc $(jq -r .error.code "$TEST_TMP/answer")"
}

start() {
	start_status=$1 start_code=$2
	shift 2
	fails_as "$start_status" "$start_code" "$@" "$OPENSHELL" gateway start --name errors --port "$PORT"
}

no_socket() {
	start 5 docker-unreachable DOCKER_HOST="unix://$TEST_TMP/none.sock"
}

no_tcp_engine() {
	start 5 docker-unreachable DOCKER_HOST=tcp://127.0.0.1:1
}

rootless_socket() {
	start 5 docker-unreachable DOCKER_HOST=unix:///run/user/4711/docker.sock
	expect_has 'systemctl --user start docker' "$TEST_TMP/said"
}

old_client() {
	start 5 docker-client-old DOCKER_API_VERSION=1.11
}

old_engine() {
	start 5 docker-engine-old DOCKER_API_VERSION=1.99
}

unknown_context() {
	start 5 docker-context -u DOCKER_HOST DOCKER_CONTEXT=none
}

no_registry() {
	start 1 registry-unreachable OPENSHELL_CLUSTER_IMAGE=127.0.0.1:1/openshell/cluster:dev
}

no_gpu() {
	fails_as 1 gpu-toolkit "$OPENSHELL" gateway start --name errors --port "$PORT" --gpu
}

# All private addresses are somebody's.
no_subnet() {
	ip link add name full type bridge
	trap 'ip link del full' EXIT
	ip link set full up
	ip address add 172.16.0.1/12 dev full
	ip address add 192.168.0.1/16 dev full
	start 4 subnet-overlap
}

# The exit code of a process that the kernel killed
killed_container() {
	"$REPO/tests/engine/fake-cluster/build.sh" "$IMAGE-dies" --interval 300ms --set FAKE_EXIT_AFTER_MS=500 \
		--set FAKE_EXIT_CODE=137 --set FAKE_HEALTHY_AFTER_MS=3600000
	start 8 out-of-memory OPENSHELL_CLUSTER_IMAGE="$IMAGE-dies"
}

remove_images() {
	docker images -q openshell/fake-cluster | sort -u | while read -r image; do
		docker rmi -f "$image" >/dev/null
	done
}

main() {
	"$REPO/tests/engine/fake-cluster/build.sh" "$IMAGE" --interval 300ms
	at_exit remove_images
	check a_socket_that_is_not_there_is_docker_unreachable no_socket
	check an_engine_that_does_not_listen_is_docker_unreachable no_tcp_engine
	check a_rootless_engine_that_does_not_run_is_told_apart rootless_socket
	check an_api_version_below_the_least_is_an_old_client old_client
	check an_api_version_above_the_most_is_an_old_engine old_engine
	check an_unknown_context_is_named unknown_context
	check a_registry_that_does_not_answer_is_worth_another_try no_registry
	if command -v nvidia-container-cli >/dev/null; then
		skip gpus_without_a_driver_want_the_toolkit 'the toolkit is installed'
	else
		check gpus_without_a_driver_want_the_toolkit no_gpu
	fi
	check no_free_subnet_is_told no_subnet
	check an_exit_by_sigkill_is_taken_for_lack_of_memory killed_container
}

main "$@"
