#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A plain kubectl with the gateway's configuration; an authority that is replaced behind the client's back.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/engine.sh"
. "$(dirname "$0")/../lib/e2e.sh"

PORT=18085
bundle_dir=$config/gateways/trust/mtls
kubeconfig=$TEST_TMP/kubeconfig

started() {
	start --name trust --port "$PORT"
}

# plain ARGUMENT...: kubectl, which knows nothing but its own configuration file
plain() {
	KUBECONFIG=$kubeconfig timeout 60 "$KUBECTL" "$@"
}

shell() {
	timeout 240 "$OPENSHELL" "$@"
}

printed_configuration_works() {
	shell gateway kubeconfig --name trust >"$kubeconfig"
	plain get pods | grep -q ^openshell-0
	expect_equal openshell-trust "$(plain config current-context)"
}

merged_configuration_works() {
	rm -f "$kubeconfig"
	plain config set-cluster mine --server https://192.0.2.1
	plain config set-context mine --cluster mine --namespace elsewhere
	plain config use-context mine
	plain config view >"$TEST_TMP/before"
	echo '# a comment' >>"$kubeconfig"
	KUBECONFIG=$kubeconfig shell gateway kubeconfig --name trust --merge
	plain get pods | grep -q ^openshell-0
	expect_equal '# a comment' "$(grep '^#' "$kubeconfig")"
	plain config use-context mine
	# kubectl's own writing of the same file is one that can be merged into, too
	KUBECONFIG=$kubeconfig shell gateway kubeconfig --name trust --merge --keep-context
	expect_equal mine "$(plain config current-context)"
	plain --context openshell-trust get pods | grep -q ^openshell-0
}

kubectl_has_the_file() {
	: >"$kubeconfig.lock"
	code=0
	KUBECONFIG=$kubeconfig shell gateway kubeconfig --name trust --merge || code=$?
	rm "$kubeconfig.lock"
	expect_equal 4 "$code"
}

trust_is_the_same() {
	shell gateway trust --name trust -o json >"$TEST_TMP/trust"
	expect_equal same "$(jq -r .trust "$TEST_TMP/trust")"
	shell status --name trust -o json >"$TEST_TMP/status"
	expect_equal 'connected ok' "$(jq -r '"\(.state) \(.tls)"' "$TEST_TMP/status")"
}

# The cluster's data is lost and made anew; the client's files are brought back from before.
authority_is_another() {
	cp -r "$bundle_dir" "$TEST_TMP/bundle"
	docker rm -f openshell-cluster-trust >/dev/null
	docker volume rm openshell-cluster-trust >/dev/null
	start --name trust
	rm -r "$bundle_dir"
	cp -r "$TEST_TMP/bundle" "$bundle_dir"
	expect_status 6 shell status --name trust -o json >"$TEST_TMP/status"
	expect_equal 'tls-mismatch wrong-ca healthy' "$(jq -r '"\(.state) \(.tls) \(.health)"' "$TEST_TMP/status")"
	expect_status 6 shell gateway trust --name trust -o json >"$TEST_TMP/trust"
	expect_equal differs "$(jq -r .trust "$TEST_TMP/trust")"
	expect_equal false "$(jq '.ca.sha256 == .node_ca.sha256' "$TEST_TMP/trust")"
	diff -r "$TEST_TMP/bundle" "$bundle_dir"
	# kubectl's copy of the old authority is of no more use
	fails_with_kubectl
}

fails_with_kubectl() {
	! plain --context openshell-trust get pods
}

refresh_makes_it_good() {
	shell gateway trust --name trust --refresh -o json >"$TEST_TMP/trust"
	expect_equal 'same true' "$(jq -r '"\(.trust) \(.changed)"' "$TEST_TMP/trust")"
	connected trust
	answers trust
	KUBECONFIG=$kubeconfig shell gateway kubeconfig --name trust --merge
	plain get pods | grep -q ^openshell-0
	shell gateway trust --name trust --refresh -o json >"$TEST_TMP/trust"
	expect_equal false "$(jq .changed "$TEST_TMP/trust")"
}

# The secret is another one, and no endpoint goes with it: what works stays.
a_bad_secret_is_not_taken() {
	cp -r "$bundle_dir" "$TEST_TMP/good"
	in_cluster trust -n openshell get secret openshell-cli-client -o json >"$TEST_TMP/secret"
	jq --arg ca "$(base64 -w0 "$TEST_TMP/bundle/ca.crt")" '.data."ca.crt" = $ca' "$TEST_TMP/secret" |
		timeout 60 docker exec -i -e KUBECONFIG=/etc/rancher/k3s/k3s.yaml openshell-cluster-trust kubectl replace -f -
	expect_status 8 shell gateway trust --name trust --refresh
	diff -r "$TEST_TMP/good" "$bundle_dir"
	connected trust
}

without_docker_it_is_still_connected() {
	DOCKER_HOST=unix:///nonexistent shell status --name trust -o json >"$TEST_TMP/status"
	expect_equal connected "$(jq -r .state "$TEST_TMP/status")"
	jq -e '.reason | test("docker could not be asked")' "$TEST_TMP/status" >/dev/null
}

destroy_takes_the_context_away() {
	KUBECONFIG=$kubeconfig shell gateway destroy --name trust
	expect_equal mine "$(plain config get-contexts -o name)"
	expect_lacks openshell-trust "$kubeconfig"
	grep -q 'https://192.0.2.1' "$kubeconfig"
}

main() {
	check a_gateway_starts started
	[ "$tap_failed" -eq 0 ] || exit 0
	check a_plain_kubectl_works_with_the_printed_configuration printed_configuration_works
	check a_plain_kubectl_works_with_the_merged_configuration merged_configuration_works
	check kubectls_lock_is_respected kubectl_has_the_file
	check its_authority_is_the_one_that_is_trusted trust_is_the_same
	check a_replaced_authority_is_a_mismatch authority_is_another
	check refresh_makes_it_good_again refresh_makes_it_good
	check a_bundle_that_the_endpoint_does_not_go_with_is_not_taken a_bad_secret_is_not_taken
	check a_gateway_is_connected_also_without_docker without_docker_it_is_still_connected
	check destroy_takes_the_context_out_of_kubectls_file destroy_takes_the_context_away
}

main "$@"
