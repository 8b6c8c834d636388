#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One gateway from nothing to nothing on a real Kubernetes. The tests build on each other: a start takes 20 s.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/engine.sh"
. "$(dirname "$0")/../lib/e2e.sh"

PORT=18080
SECOND_PORT=18081
mtls=$config/gateways/one/mtls
metadata=$config/gateways/one/metadata.json

# --- a first start ----------------------------------------------------------------------------------------------

first_start() {
	objects >"$TEST_TMP/before"
	start --name one --port "$PORT"
	connected one
}

status_tells() {
	connected one
	cat "$TEST_TMP/status"
	grep -qi connected "$TEST_TMP/status"
	version=$(docker image inspect --format '{{index .Config.Labels "ai.openshell.version"}}' "$IMAGE")
	[ -n "$version" ]
	grep -qF "$version" "$TEST_TMP/status"
	"$OPENSHELL" status -o json | jq -e --arg version "$version" '.version == $version and .name == "one"'
}

bundle_is_private() {
	expect_mode 700 "$mtls"
	for file in ca.crt tls.crt tls.key; do
		[ -s "$mtls/$file" ]
		expect_mode 600 "$mtls/$file"
	done
	expect_equal 3 "$(find "$mtls" -mindepth 1 | wc -l)"
	openssl verify -CAfile "$mtls/ca.crt" "$mtls/tls.crt"
	openssl x509 -in "$mtls/tls.crt" -noout -pubkey >"$TEST_TMP/pub1"
	openssl pkey -in "$mtls/tls.key" -pubout >"$TEST_TMP/pub2"
	cmp "$TEST_TMP/pub1" "$TEST_TMP/pub2"
}

metadata_and_active() {
	jq -e --arg endpoint "https://127.0.0.1:$PORT" --argjson port "$PORT" \
		'.name == "one" and .gateway_endpoint == $endpoint and .gateway_port == $port and .is_remote == false' \
		"$metadata" || { cat "$metadata"; return 1; }
	expect_equal one "$(cat "$config/active_gateway")"
}

own_certificate() {
	answers one
	grep -q version "$TEST_TMP/body"
}

no_certificate() {
	status=$(ask "https://127.0.0.1:$PORT/healthz" --cacert "$mtls/ca.crt")
	echo "status $status"
	case $status in 000 | 4??) ;; *) return 1 ;; esac
	status=$(ask "https://127.0.0.1:$PORT/api/v1/pods" --cacert "$mtls/ca.crt")
	case $status in 000 | 4??) ;; *) return 1 ;; esac
}

foreign_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /O=openshell/CN=openshell-ca \
		-keyout "$TEST_TMP/foreign-ca.key" -out "$TEST_TMP/foreign-ca.crt"
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=openshell-client \
		-keyout "$TEST_TMP/foreign.key" -out "$TEST_TMP/foreign.csr"
	openssl x509 -req -in "$TEST_TMP/foreign.csr" -CA "$TEST_TMP/foreign-ca.crt" -CAkey "$TEST_TMP/foreign-ca.key" \
		-CAcreateserial -days 1 -out "$TEST_TMP/foreign.crt"
	status=$(ask "https://127.0.0.1:$PORT/healthz" --cacert "$mtls/ca.crt" --cert "$TEST_TMP/foreign.crt" \
		--key "$TEST_TMP/foreign.key")
	echo "status $status"
	case $status in 000 | 4??) ;; *) return 1 ;; esac
}

plaintext() {
	status=$(ask "http://127.0.0.1:$PORT/healthz")
	echo "status $status"
	case $status in 000 | 4??) ;; *) return 1 ;; esac
}

only_loopback() {
	address=$(ip -o -4 addr show eth0 | awk '{ sub("/.*", "", $4); print $4 }')
	# shellcheck disable=SC2046
	expect_equal 000 "$(ask "https://$address:$PORT/healthz" -k $(bundle one))"
}

kubectl_with_bundle() {
	kubectl_as one get sandboxes.agents.x-k8s.io -n openshell
	kubectl_as one get pods -n openshell
}

kubectl_without_secrets() {
	expect_status 1 kubectl_as one get secrets -n openshell
	expect_status 1 kubectl_as one get secrets -A
	expect_status 1 kubectl_as one get secret openshell-cli-client -n openshell
}

# --- a second start, and commands on a running gateway ------------------------------------------------------------

warm_start() {
	id=$(container one '{{.Id}}')
	forget_requests
	start --name one --port "$PORT"
	mutating_requests
	expect_equal 0 "$(mutations)"
	expect_equal "$id" "$(container one '{{.Id}}')"
}

doctor_exec() {
	timeout 60 "$OPENSHELL" doctor exec -g one -- kubectl get pods -A >"$TEST_TMP/out"
	cat "$TEST_TMP/out"
	expect_has openshell-0 "$TEST_TMP/out"
}

doctor_exec_status() {
	expect_status 7 timeout 60 "$OPENSHELL" doctor exec -g one -- sh -c 'exit 7'
	expect_status 0 timeout 60 "$OPENSHELL" doctor exec -g one -- true
}

doctor_logs() {
	timeout 60 "$OPENSHELL" doctor logs -g one --tail 5 >"$TEST_TMP/out"
	expect_equal 5 "$(wc -l <"$TEST_TMP/out")"
}

# Asks from within a pod; the first address that nslookup prints is the server's.
resolves() {
	in_cluster one -n openshell exec openshell-0 -- nslookup "$1" >"$TEST_TMP/nslookup" 2>&1 || true
	cat "$TEST_TMP/nslookup"
	sed 1,2d "$TEST_TMP/nslookup" | grep -qE '^Address.*[: ][0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$'
}

names_resolve() {
	resolves openshell.openshell.svc.cluster.local
	resolves host.docker.internal
	resolves kubernetes.default.svc.cluster.local
	! resolves nonesuch.openshell.svc.cluster.local || return 1
}

# --- what must survive --------------------------------------------------------------------------------------------

server_certificate() {
	timeout 20 openssl s_client -connect "127.0.0.1:$PORT" </dev/null >"$TEST_TMP/s_client" 2>&1 || true
	openssl x509 -in "$TEST_TMP/s_client" -noout -fingerprint -sha256 || {
		cat "$TEST_TMP/s_client"
		docker ps -a
		container one '{{json .State}}'
		return 1
	}
}

remember() {
	sha256sum "$mtls"/* >"$TEST_TMP/certificates"
	server_certificate >>"$TEST_TMP/certificates"
	in_cluster one get nodes -o 'jsonpath={.items[*].metadata.name}' >"$TEST_TMP/nodes"
	in_cluster one -n openshell create configmap survivor --from-literal=key=value --dry-run=client -o yaml |
		timeout 60 docker exec -i -e KUBECONFIG=/etc/rancher/k3s/k3s.yaml openshell-cluster-one kubectl apply -f -
}

same_as_before() {
	sha256sum "$mtls"/* >"$TEST_TMP/certificates.now"
	server_certificate >>"$TEST_TMP/certificates.now"
	diff "$TEST_TMP/certificates" "$TEST_TMP/certificates.now"
	expect_equal "$(cat "$TEST_TMP/nodes")" "$(in_cluster one get nodes -o 'jsonpath={.items[*].metadata.name}')"
	expect_equal value "$(in_cluster one -n openshell get configmap survivor -o 'jsonpath={.data.key}')"
}

all_nodes_ready() {
	in_cluster one get nodes
	in_cluster one get nodes -o json |
		jq -e '[.items[] | any(.status.conditions[]; .type == "Ready" and .status == "True")] | length == 1 and all'
}

workload_is_back() {
	eventually 60 workload_ready
	in_cluster one get pods -A
}

workload_ready() {
	[ "$(in_cluster one -n openshell get statefulset openshell -o 'jsonpath={.status.readyReplicas}')" = 1 ]
}

stop_and_start() {
	remember
	timeout 120 "$OPENSHELL" gateway stop --name one
	expect_equal false "$(container one '{{.State.Running}}')"
	expect_status 8 connected one
	start --name one
	connected one
	same_as_before
	all_nodes_ready
	workload_is_back
	answers one
}

container_removed() {
	remember
	created=$(docker volume inspect --format '{{.CreatedAt}}' openshell-cluster-one)
	docker rm -f -v openshell-cluster-one
	start --name one
	connected one
	expect_equal "$created" "$(docker volume inspect --format '{{.CreatedAt}}' openshell-cluster-one)"
	expect_equal "$PORT" "$(jq .gateway_port "$metadata")"
	same_as_before
	all_nodes_ready
	workload_is_back
	answers one
}

other_image() {
	remember
	id=$(container one '{{.Id}}')
	created=$(docker volume inspect --format '{{.CreatedAt}}' openshell-cluster-one)
	printf 'FROM %s\nLABEL test=other\n' "$IMAGE" | DOCKER_BUILDKIT=0 docker build -q -t openshell/cluster:other -
	OPENSHELL_CLUSTER_IMAGE=openshell/cluster:other start --name one
	connected one
	[ "$id" != "$(container one '{{.Id}}')" ]
	expect_equal openshell/cluster:other "$(container one '{{.Config.Image}}')"
	expect_equal "$created" "$(docker volume inspect --format '{{.CreatedAt}}' openshell-cluster-one)"
	same_as_before
	all_nodes_ready
	workload_is_back
	answers one
}

# --- two at once, and the end -------------------------------------------------------------------------------------

second_gateway() {
	start --name two --port "$SECOND_PORT"
	connected two
	answers two
	answers one
	expect_equal 2 "$("$OPENSHELL" gateway list -o json | jq length)"
	expect_equal two "$(cat "$config/active_gateway")"
}

bundles_are_apart() {
	# shellcheck disable=SC2046
	status=$(ask "https://127.0.0.1:$SECOND_PORT/healthz" -k $(bundle one))
	case $status in 000 | 4??) ;; *) return 1 ;; esac
}

destroyed() {
	timeout 120 "$OPENSHELL" gateway destroy --name two
	connected one
	answers one
	timeout 120 "$OPENSHELL" gateway destroy --name one
	docker rmi openshell/cluster:other
	objects | diff "$TEST_TMP/before" -
	expect_equal '' "$(config_files | grep -v ' ./gateways$' || true)"
}

destroyed_twice() {
	timeout 60 "$OPENSHELL" gateway destroy --name one
	expect_status 3 timeout 60 "$OPENSHELL" status
}

main() {
	check a_first_start_ends_with_a_connected_gateway first_start
	[ "$tap_failed" -eq 0 ] || exit 0
	check status_tells_that_it_is_connected_and_the_version status_tells
	check the_bundle_is_three_private_files_that_belong_together bundle_is_private
	check metadata_and_active_gateway_are_written metadata_and_active
	check the_endpoint_answers_the_bundles_certificate own_certificate
	check the_endpoint_refuses_a_client_without_certificate no_certificate
	check the_endpoint_refuses_a_foreign_certificate foreign_certificate
	check the_endpoint_refuses_plaintext plaintext
	check the_endpoint_is_published_on_loopback_only only_loopback
	check a_plain_kubectl_lists_sandboxes_with_the_bundle kubectl_with_bundle
	check a_plain_kubectl_may_not_read_secrets_with_the_bundle kubectl_without_secrets
	check a_second_start_makes_no_mutating_call warm_start
	check doctor_exec_runs_kubectl_in_the_container doctor_exec
	check doctor_exec_passes_the_exit_status_on doctor_exec_status
	check doctor_logs_tail_prints_that_many_lines doctor_logs
	check pods_resolve_the_service_the_host_and_the_api names_resolve
	check stop_and_start_keep_node_certificates_and_workload stop_and_start
	check a_container_removed_by_hand_is_remade_on_its_volume container_removed
	check another_image_replaces_the_container_and_keeps_the_volume other_image
	check two_gateways_run_side_by_side second_gateway
	check a_bundle_opens_only_its_own_gateway bundles_are_apart
	check destroy_leaves_engine_and_configuration_as_they_were destroyed
	check destroying_what_is_gone_is_no_error destroyed_twice
}

main "$@"
