#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The chart with a real helm, and the names that chart, manifests, images and
# scripts must have in common.
. "$(dirname "$0")/../lib/tap.sh"

CHART=$REPO/deploy/helm/openshell
KUBE=$REPO/deploy/kube
DOCKER=$REPO/deploy/docker
CACHE=${OPENSHELL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/openshell}
HELM_VERSION=v3.19.0
OUT=$TEST_TMP/out
HELM=

# The one on PATH, the one that the local base was built with, or one from the Go proxy.
find_helm() {
	HELM=$(command -v helm) && return 0
	for fh in "$CACHE"/bin/helm-*; do
		[ -x "$fh" ] && "$fh" version >/dev/null 2>&1 && HELM=$fh && return 0
	done
	command -v go >/dev/null 2>&1 || return 1
	HELM=$TEST_TMP/helm
	GOBIN=$TEST_TMP GOFLAGS=-mod=mod CGO_ENABLED=0 timeout 900 go install "helm.sh/helm/v3/cmd/helm@$HELM_VERSION" >&2
}

# render [OPTION]...: all templates into $OUT
render() {
	"$HELM" template openshell "$CHART" --namespace openshell "$@" >"$OUT"
}

# part TEMPLATE [OPTION]...: one template into $OUT
part() {
	pt=$1
	shift
	render --show-only "templates/$pt.yaml" "$@"
}

helm_lint_is_content() {
	"$HELM" lint --strict --quiet "$CHART"
}

every_combination_renders() {
	for ec_tls in true false; do
		for ec_auth in true false; do
			for ec_ip in '' 1.2.3.4; do
				render --set "server.disableTls=$ec_tls,server.disableGatewayAuth=$ec_auth,server.hostGatewayIP=$ec_ip"
				grep -q 'kind: StatefulSet' "$OUT"
			done
		done
	done
	render --set 'imagePullSecrets[0].name=x,nodeSelector.a=b,tolerations[0].operator=Exists,podAnnotations.a=b,podLabels.c=d,probes.type=tcp'
	expect_has tcpSocket "$OUT"
}

all_objects_are_called_openshell() {
	render
	expect_equal openshell "$(sed -n '/^kind: StatefulSet/,/^spec:/s/^  name: //p' "$OUT")"
	expect_equal openshell "$(sed -n '/^kind: Service$/,/^spec:/s/^  name: //p' "$OUT")"
}

the_service_is_node_port_30051_to_8080() {
	part service
	expect_has 'type: NodePort' "$OUT"
	expect_has 'nodePort: 30051' "$OUT"
	expect_has 'port: 8080' "$OUT"
	part service --set service.type=ClusterIP
	expect_lacks nodePort "$OUT"
}

with_tls_the_secrets_are_mounted_where_upstream_has_them() {
	part statefulset
	expect_has 'value: /etc/openshell-tls/server/tls.crt' "$OUT"
	expect_has 'value: /etc/openshell-tls/client-ca/ca.crt' "$OUT"
	expect_has 'mountPath: /etc/openshell-tls/server' "$OUT"
	expect_has 'secretName: openshell-server-tls' "$OUT"
	expect_has 'secretName: openshell-server-client-ca' "$OUT"
	expect_lacks OPENSHELL_DISABLE "$OUT"
	expect_has 'value: "https://openshell.openshell.svc.cluster.local:8080"' "$OUT"
}

in_plaintext_mode_there_is_no_secret_and_no_job() {
	render --set server.disableTls=true,server.disableGatewayAuth=true
	expect_lacks 'secretName:' "$OUT"
	expect_lacks 'name: openshell-pki' "$OUT"
	expect_has OPENSHELL_DISABLE_TLS "$OUT"
	expect_lacks OPENSHELL_DISABLE_GATEWAY_AUTH "$OUT"
	expect_has 'value: "http://openshell.openshell.svc.cluster.local:8080"' "$OUT"
}

without_gateway_authentication_the_certificates_stay() {
	render --set server.disableGatewayAuth=true
	expect_has OPENSHELL_DISABLE_GATEWAY_AUTH "$OUT"
	expect_has 'name: openshell-pki' "$OUT"
	expect_has OPENSHELL_TLS_CERT "$OUT"
}

the_hosts_names_are_in_the_pod_when_its_address_is_known() {
	part statefulset
	expect_lacks hostAliases "$OUT"
	part statefulset --set server.hostGatewayIP=172.17.0.1
	expect_has 'ip: "172.17.0.1"' "$OUT"
	expect_has 'host.docker.internal, host.openshell.internal' "$OUT"
}

the_pod_is_confined_and_has_three_probes() {
	part statefulset
	for tp in 'runAsUser: 1000' 'runAsNonRoot: true' 'readOnlyRootFilesystem: true' 'allowPrivilegeEscalation: false' \
		'type: RuntimeDefault' startupProbe: livenessProbe: readinessProbe: 'terminationGracePeriodSeconds: 5'; do
		expect_has "$tp" "$OUT"
	done
	expect_equal 3 "$(grep -c openshell-probe "$OUT")"
	expect_lacks httpGet "$OUT"
}

the_gateway_may_not_touch_secrets() {
	part role
	expect_lacks secrets "$OUT"
	expect_lacks '"*"' "$OUT"
	part clusterrole
	expect_lacks secrets "$OUT"
	expect_equal 'get list' "$(sed -n 's/.*verbs: \[\(.*\)\]/\1/p' "$OUT" | tr -d , | sort -u)"
}

the_service_selects_nothing_but_the_gateway() {
	part pki-job
	expect_equal '' "$(sed -n '/^kind: Pod/,$p' "$OUT" | grep app.kubernetes.io/instance)"
}

only_the_pki_job_may_read_the_four_secrets() {
	part pki-job
	expect_has 'resourceNames: ["openshell-pki-ca","openshell-server-tls","openshell-server-client-ca","openshell-cli-client"]' "$OUT"
	expect_equal 4 "$(grep -c 'helm.sh/hook: pre-install,pre-upgrade' "$OUT")"
	expect_equal 4 "$(grep -c 'hook-delete-policy: before-hook-creation,hook-succeeded' "$OUT")"
	part pki-job --set 'gateway.tls.extraSANs={a.test,10.0.0.1}'
	expect_has 'value: "a.test,10.0.0.1"' "$OUT"
}

other_names_start_the_pod_anew() {
	part statefulset
	on_one=$(grep pki-checksum "$OUT")
	part statefulset --set configChecksum=abc
	expect_equal "$on_one" "$(grep pki-checksum "$OUT")"
	expect_has 'openshell.ai/config-checksum: "abc"' "$OUT"
	part statefulset --set 'gateway.tls.extraSANs={a.test}'
	[ "$on_one" != "$(grep pki-checksum "$OUT")" ]
}

the_policy_names_the_gateways_account_and_secrets() {
	part admission-policy
	expect_has "'system:serviceaccount:openshell:openshell'" "$OUT"
	expect_has "'openshell-pki-ca', 'openshell-server-tls', 'openshell-server-client-ca'" "$OUT"
	expect_has 'failurePolicy: Fail' "$OUT"
	render --set admissionPolicy.enabled=false
	expect_lacks ValidatingAdmission "$OUT"
}

the_helmcharts_values_are_values_of_the_chart() {
	sed -n '/valuesContent/,$p' "$KUBE/manifests/openshell-helmchart.yaml" | sed 1d |
		sed 's/^    //; s/__SSH_GATEWAY_PORT__/0/; s/__DISABLE_[A-Z_]*__/false/; s/__[A-Z_]*__//' >"$TEST_TMP/values.yaml"
	part statefulset --values "$TEST_TMP/values.yaml"
	expect_has 'image: "ghcr.io/nvidia/openshell/gateway:latest"' "$OUT"
	sed 's/: .*//; s/^ *//' "$TEST_TMP/values.yaml" | sort -u | while read -r th; do
		[ "$th" = chartChecksum ] || grep -q "^ *${th%:}:" "$CHART/values.yaml" || { echo "no value $th"; exit 1; }
	done
}

each_rewritten_line_stands_once_in_the_helmchart() {
	for er in repository tag pullPolicy sandboxImage jobImage extraSANs; do
		expect_equal "$er 1" "$er $(grep -c "^ *$er:" "$KUBE/manifests/openshell-helmchart.yaml")"
	done
}

the_chart_version_is_the_one_in_the_url() {
	tc=$(sed -n 's/^version: //p' "$CHART/Chart.yaml")
	expect_has "static/charts/openshell-$tc.tgz" "$KUBE/manifests/openshell-helmchart.yaml"
}

names_agree_in_chart_healthcheck_and_manifest() {
	for na in openshell-server-tls openshell-server-client-ca openshell-cli-client; do
		expect_has "$na" "$CHART/values.yaml"
		expect_has "$na" "$KUBE/manifests/openshell-helmchart.yaml"
		expect_has "$na" "$DOCKER/gateway/openshell-pki"
	done
	expect_has secret/openshell-cli-client "$DOCKER/cluster-healthcheck.sh"
	expect_has statefulset/openshell "$DOCKER/cluster-healthcheck.sh"
	expect_has 30051 "$DOCKER/cluster-healthcheck.sh"
	expect_has openshell.ai/config-checksum "$DOCKER/cluster-healthcheck.sh"
}

the_device_plugin_is_pinned_without_discovery() {
	td=$KUBE/gpu-manifests/nvidia-device-plugin-helmchart.yaml
	expect_has 'version: 0.18.2' "$td"
	expect_has 'affinity: null' "$td"
	expect_equal 2 "$(grep -c 'enabled: false' "$td")"
}

the_node_image_has_its_healthcheck_and_command_in_both_forms() {
	tn=$DOCKER/Dockerfile.cluster
	expect_equal 2 "$(grep -c 'HEALTHCHECK --interval=5s --timeout=5s --start-period=20s --retries=60' "$tn")"
	expect_equal 2 "$(grep -c '^CMD \["server"\]' "$tn")"
	expect_equal 2 "$(grep -c '^LABEL ai.openshell.version=' "$tn")"
	expect_lacks 'install -y --no-install-recommends openssl' "$tn"
	expect_has 'ARG BASE_IMAGE=rancher/k3s:v1.35.2-k3s1' "$tn"
}

WITH_HELM='helm_lint_is_content
every_combination_renders
all_objects_are_called_openshell
the_service_is_node_port_30051_to_8080
with_tls_the_secrets_are_mounted_where_upstream_has_them
in_plaintext_mode_there_is_no_secret_and_no_job
without_gateway_authentication_the_certificates_stay
the_hosts_names_are_in_the_pod_when_its_address_is_known
the_pod_is_confined_and_has_three_probes
the_gateway_may_not_touch_secrets
the_service_selects_nothing_but_the_gateway
only_the_pki_job_may_read_the_four_secrets
other_names_start_the_pod_anew
the_policy_names_the_gateways_account_and_secrets
the_helmcharts_values_are_values_of_the_chart'
WITHOUT='each_rewritten_line_stands_once_in_the_helmchart
the_chart_version_is_the_one_in_the_url
names_agree_in_chart_healthcheck_and_manifest
the_device_plugin_is_pinned_without_discovery
the_node_image_has_its_healthcheck_and_command_in_both_forms'

main() {
	for mn in $WITHOUT; do check "$mn" "$mn"; done
	if find_helm; then
		for mn in $WITH_HELM; do check "$mn" "$mn"; done
	else
		skip chart 'helm is not here and cannot be built'
	fi
}

main "$@"
