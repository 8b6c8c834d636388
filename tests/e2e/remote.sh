#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A gateway with the real Kubernetes on another host: made over ssh, used from the workstation by curl and by a plain
# kubectl, resumed, destroyed.

REMOTE=deployer@remote
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/engine.sh
. "$(dirname "$0")/../lib/engine.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/e2e.sh
. "$(dirname "$0")/../lib/e2e.sh"

# From the libraries:
# shellcheck disable=SC2154
: "$config" "$IMAGE" "$KUBECTL"

PORT=18086

from_nothing() {
	lab forget
	start --name far --port "$PORT"
	expect_equal 1 "$(lab connections)"
	expect_equal "https://remote.test:$PORT" "$(endpoint far)"
}

# At the workstation, which reaches nothing of the engine: the certificate has the host's name.
used_from_there() {
	# shellcheck disable=SC2046 # options
	expect_equal 200 "$(here curl -s --max-time 15 -o /dev/null -w '%{http_code}' $(bundle far) "$(endpoint far)/healthz")"
	lab forget
	"$OPENSHELL" status
	expect_equal 0 "$(lab connections)"
	"$OPENSHELL" gateway kubeconfig --name far >"$TEST_TMP/kubeconfig"
	cp -L "$KUBECTL" "$TEST_TMP/kubectl" # the engine's directory is not seen from there
	here "$TEST_TMP/kubectl" --kubeconfig "$TEST_TMP/kubeconfig" -n openshell get pods | grep -q openshell-0
	"$OPENSHELL" doctor exec -- kubectl get nodes | grep -q ' Ready '
}

still_trusted() {
	"$OPENSHELL" gateway trust --name far | grep -q "the node's authority is the one that is trusted here"
}

goes_on() {
	"$OPENSHELL" gateway stop --name far
	expect_status 8 "$OPENSHELL" status
	start --name far
	"$OPENSHELL" status
}

gone() {
	"$OPENSHELL" gateway destroy --name far
	expect_equal '' "$(config_files)"
	expect_equal '' "$(docker ps -aq --filter name=openshell-cluster-far)"
}

main() {
	check the_cluster_image_can_be_had provide_images
	check a_gateway_is_made_over_one_connection from_nothing
	check it_is_used_from_the_workstation_alone used_from_there
	check the_node_is_asked_for_what_it_trusts still_trusted
	check a_stopped_one_goes_on goes_on
	check destroy_leaves_nothing_there gone
}

main "$@"
