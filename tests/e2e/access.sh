#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a client with the bundle can do through the endpoint, and what it cannot.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/engine.sh"
. "$(dirname "$0")/../lib/e2e.sh"

PORT=18083

kube() {
	kubectl_as access -n openshell "$@"
}

# stateful_set NAME POD-FIELDS [LABELS]: with one container that runs the gateway's image, or with those given.
stateful_set() {
	jq -n --arg name "$1" --arg image "$GATEWAY_IMAGE" --argjson pod "$2" --argjson labels "${3:-null}" '{
		apiVersion: "apps/v1", kind: "StatefulSet", metadata: {name: $name},
		spec: {serviceName: $name, selector: {matchLabels: {app: $name}}, template: {
			metadata: {labels: ({app: $name} + ($labels // {}))},
			spec: ({terminationGracePeriodSeconds: 1, containers: [{name: "agent", image: $image,
				command: ["sh", "-c", "trap exit TERM; while :; do echo alive; sleep 0.5; done"]}]} + $pod)}}}'
}

started() {
	start --name access --port "$PORT"
	GATEWAY_IMAGE=$(in_cluster access -n openshell get statefulset openshell -o 'jsonpath={.spec.template.spec.containers[0].image}')
	echo "$GATEWAY_IMAGE" >"$TEST_TMP/gateway-image"
}

a_gateway_added_under_another_name_is_used_with_its_own_bundle() {
	ga_home=$config
	new_home
	timeout 120 "$OPENSHELL" gateway add "https://127.0.0.1:$PORT" --name mine --local
	"$OPENSHELL" status
	# shellcheck disable=SC2046 # curl's options
	expect_equal 200 "$(ask "$(endpoint mine)/healthz" $(bundle mine))"
	kubectl_as mine -n openshell get pods
	for ga_part in ca.crt tls.crt tls.key; do
		cmp "$ga_home/gateways/access/mtls/$ga_part" "$config/gateways/mine/mtls/$ga_part"
	done
	"$OPENSHELL" gateway remove
	[ ! -e "$config" ]
}

a_client_runs_a_stateful_set() {
	stateful_set box '{}' | kube apply -f -
	kube wait --for='jsonpath={.status.readyReplicas}=1' statefulset/box --timeout=50s
}

a_client_enters_a_pod_and_gets_the_status() {
	expect_equal hello "$(kube exec box-0 -- echo hello)"
	expect_status 7 kube exec box-0 -- sh -c 'exit 7'
	expect_equal input "$(echo input | kube exec -i box-0 -- cat)"
}

a_client_copies_files_both_ways() {
	head -c 3000000 /dev/urandom >"$TEST_TMP/blob"
	kube cp "$TEST_TMP/blob" box-0:/tmp/blob
	kube cp box-0:/tmp/blob "$TEST_TMP/blob.back"
	cmp "$TEST_TMP/blob" "$TEST_TMP/blob.back"
}

a_client_reads_and_follows_logs() {
	kube logs box-0 --tail=1 | grep -qx alive
	timeout 5 "$KUBECTL" --kubeconfig /dev/null --server "$(endpoint access)" \
		--certificate-authority "$config/gateways/access/mtls/ca.crt" --client-certificate "$config/gateways/access/mtls/tls.crt" \
		--client-key "$config/gateways/access/mtls/tls.key" -n openshell logs -f box-0 --tail=1 >"$TEST_TMP/followed" || true
	[ "$(grep -c alive "$TEST_TMP/followed")" -gt 3 ]
}

a_client_forwards_a_port() {
	kube exec box-0 -- sh -c 'mkdir -p /tmp/www && echo page >/tmp/www/index.html && busybox httpd -p 8099 -h /tmp/www'
	kube port-forward box-0 18099:8099 >"$TEST_TMP/forward" 2>&1 &
	fp_pid=$!
	eventually 10 grep -q Forwarding "$TEST_TMP/forward"
	expect_equal page "$(curl -s --max-time 5 http://127.0.0.1:18099/)"
	kill "$fp_pid"
}

a_client_makes_a_sandbox_object() {
	sandbox '{}' | kube apply -f -
	kube get sandboxes | grep -q ^probe
	kube delete sandbox probe
}

sandbox() {
	stateful_set probe "$1" | jq '.apiVersion = "agents.x-k8s.io/v1alpha1" | .kind = "Sandbox" | .spec = {podTemplate: .spec.template}'
}

# refused WHY COMMAND...: forbidden, with that in the message.
refused() {
	rf_why=$1
	shift
	"$@" >"$TEST_TMP/refused" 2>&1 && { cat "$TEST_TMP/refused"; return 1; }
	expect_has "$rf_why" "$TEST_TMP/refused"
}

apply_pod() {
	stateful_set bad "$@" | kube apply -f -
}

the_gateways_secrets_cannot_be_mounted_or_read_into_the_environment() {
	why="a sandbox may not use the gateway's secrets"
	refused "$why" apply_pod '{"volumes": [{"name": "s", "secret": {"secretName": "openshell-server-tls"}}]}'
	refused "$why" apply_pod '{"volumes": [{"name": "s", "projected": {"sources": [{"secret": {"name": "openshell-pki-ca"}}]}}]}'
	refused "$why" apply_pod '{"containers": [{"name": "a", "image": "x", "env": [{"name": "K", "valueFrom":
		{"secretKeyRef": {"name": "openshell-pki-ca", "key": "tls.key"}}}]}]}'
	refused "$why" apply_pod '{"initContainers": [{"name": "b", "image": "x", "envFrom": [{"secretRef": {"name": "openshell-pki-ca"}}]}]}'
}

the_clients_own_bundle_may_be_mounted() {
	stateful_set good '{"volumes": [{"name": "s", "secret": {"secretName": "openshell-cli-client"}}]}' | kube apply --dry-run=server -f -
}

the_node_cannot_be_taken_over() {
	refused 'privileged' apply_pod '{"hostNetwork": true}'
	refused 'privileged' apply_pod '{"hostPID": true}'
	refused 'privileged' apply_pod '{"containers": [{"name": "a", "image": "x", "securityContext": {"privileged": true}}]}'
	refused '/opt/openshell/bin' apply_pod '{"volumes": [{"name": "h", "hostPath": {"path": "/"}}]}'
	refused '/opt/openshell/bin' apply_pod '{"volumes": [{"name": "h", "hostPath": {"path": "/opt/openshell/bin"}}],
		"containers": [{"name": "a", "image": "x", "volumeMounts": [{"name": "h", "mountPath": "/b"}]}]}'
	sandbox '{"hostPID": true}' >"$TEST_TMP/sandbox.json"
	refused 'privileged' kube apply -f "$TEST_TMP/sandbox.json"
}

the_supervisor_may_be_mounted_read_only() {
	stateful_set good '{"volumes": [{"name": "h", "hostPath": {"path": "/opt/openshell/bin"}}], "containers": [{"name": "a",
		"image": "x", "volumeMounts": [{"name": "h", "mountPath": "/b", "readOnly": true}]}]}' | kube apply --dry-run=server -f -
}

another_account_and_the_gateways_service_cannot_be_taken() {
	refused 'default service account' apply_pod '{"serviceAccountName": "openshell"}'
	refused "gateway's service" apply_pod '{}' '{"app.kubernetes.io/instance": "openshell"}'
}

the_gateway_itself_cannot_be_entered_or_changed() {
	refused 'not a sandbox' kube exec openshell-0 -- id
	refused 'not a sandbox' kube port-forward openshell-0 18098:8080
	refused 'not a sandbox' kube delete statefulset openshell
	refused 'not a sandbox' kube patch statefulset openshell -p '{"spec": {"replicas": 0}}'
}

nothing_else_of_the_cluster_is_open() {
	for ne in 'get secrets' 'get configmaps' 'delete pod openshell-0' 'create configmap x' 'get pods -n kube-system' \
		'create serviceaccount x' 'get --raw /api/v1/nodes/x/proxy/'; do
		# shellcheck disable=SC2086 # words
		refused orbidden kube $ne
	done
	refused cannot kubectl_as access get secrets -A
	refused cannot kubectl_as access get secrets -A --as=system:admin --as-group=system:masters
}

without_client_certificates_tls_stays() {
	timeout 120 "$OPENSHELL" gateway destroy --name access
	start --name access --port "$PORT" --disable-gateway-auth
	expect_equal 200 "$(ask "https://127.0.0.1:$PORT/healthz" -k)"
	expect_equal 400 "$(ask "http://127.0.0.1:$PORT/healthz")"
	expect_equal 403 "$(ask "https://127.0.0.1:$PORT/api/v1/namespaces/openshell/secrets" -k)"
}

main() {
	check a_gateway_starts started
	[ "$tap_failed" -eq 0 ] || exit 0
	GATEWAY_IMAGE=$(cat "$TEST_TMP/gateway-image")
	for mn in a_gateway_added_under_another_name_is_used_with_its_own_bundle a_client_runs_a_stateful_set a_client_enters_a_pod_and_gets_the_status a_client_copies_files_both_ways \
		a_client_reads_and_follows_logs a_client_forwards_a_port a_client_makes_a_sandbox_object \
		the_gateways_secrets_cannot_be_mounted_or_read_into_the_environment the_clients_own_bundle_may_be_mounted \
		the_node_cannot_be_taken_over the_supervisor_may_be_mounted_read_only \
		another_account_and_the_gateways_service_cannot_be_taken the_gateway_itself_cannot_be_entered_or_changed \
		nothing_else_of_the_cluster_is_open without_client_certificates_tls_stays; do
		check "$mn" "$mn"
	done
}

main "$@"
