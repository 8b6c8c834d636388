#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Docker's HEALTHCHECK: exit 0 when the gateway can be used through its published
# port, else 1. One kubectl call answers everything but the port. A gateway that is
# just coming up is waited for, up to 2 s, so that it is seen at once and not at the
# next interval. Under 3 s in all.
# Lines that start with HEALTHCHECK_ are read by the command line.

set -eu

ROOT=${OPENSHELL_ROOT:-}
PORT=${OPENSHELL_NODE_PORT:-30051}
WAIT=${OPENSHELL_PORT_WAIT:-2}
SUPERVISOR=$ROOT/opt/openshell/bin/openshell-sandbox
STARTED=$ROOT/run/openshell-started
ENVOY_MANIFEST=$ROOT/opt/openshell/manifests/envoy-gateway-helmchart.yaml
HELMCHART=openshell-helmchart.yaml
KUBECONFIG=$ROOT/etc/rancher/k3s/k3s.yaml
export KUBECONFIG

DNS_PID=
PORT_OPEN=no

# One fact a line. Missing fields print as <no value>, which equals nothing below.
# shellcheck disable=SC2016 # the dollars are the template's
FACTS='{{range .items}}{{if eq .kind "StatefulSet"}}ready {{.status.readyReplicas}}
revision {{if eq .status.currentRevision .status.updateRevision}}same{{end}}
{{range $key, $value := .metadata.annotations}}{{if eq $key "openshell.ai/config-checksum"}}config {{$value}}
{{end}}{{end}}{{else if eq .kind "Pod"}}{{range .status.containerStatuses}}{{if .state.running}}running {{.state.running.startedAt}}
{{end}}{{end}}{{else if eq .kind "Secret"}}{{range $key, $value := .data}}{{if $value}}key {{$key}}
{{end}}{{end}}{{else if eq .kind "Node"}}{{range .status.conditions}}{{if eq .status "True"}}node {{.type}}
{{end}}{{end}}{{else if eq .kind "Gateway"}}gateway
{{range .status.conditions}}{{if eq .status "True"}}gateway {{.type}}
{{end}}{{end}}{{end}}{{end}}'

mark() {
	printf '%s: %s\n' "$1" "$2"
}

unhealthy() {
	printf 'unhealthy: %s\n' "$1"
	exit 1
}

# The address to which docker forwards the published port.
node_address() {
	na=$(timeout 1 getent ahostsv4 "$(hostname)" 2>/dev/null | awk '{ print $1; exit }') || na=
	printf '%s\n' "${na:-127.0.0.1}"
}

# try_port [SECONDS]: opens and closes; a byte would make the TLS server complain.
# All tries together take that long at most, also where packets are dropped.
# shellcheck disable=SC2016 # the inner shell expands these
try_port() {
	if command -v bash >/dev/null 2>&1; then
		set -- "${1:-}" bash '(exec 3<>"/dev/tcp/$0/$1")'
	else
		set -- "${1:-}" sh 'nc -w 1 "$0" "$1" </dev/null'
	fi
	! timeout "${1:-1}" "$2" -c "until $3; do "'[ -n "$2" ] || exit 1; sleep 0.2; done' \
		"$(node_address)" "$PORT" "$1" >/dev/null 2>&1 || PORT_OPEN=yes
}

tls_enabled() {
	case ${NAV_GATEWAY_TLS_ENABLED:-} in
	true | TRUE | True | 1 | yes | YES) return 0 ;;
	?*) return 1 ;;
	esac
	[ "${DISABLE_TLS:-}" != true ] || return 1
	for te_file in "$ROOT/var/lib/rancher/k3s/server/manifests/$HELMCHART" "$ROOT/opt/openshell/manifests/$HELMCHART"; do
		[ -r "$te_file" ] || continue
		! grep -Eq '^ +disableTls: "?true"? *$' "$te_file" || return 1
		return 0
	done
}

# The registry's name, or nothing where it is an address.
registry_name() {
	rn=${REGISTRY_HOST:-ghcr.io}
	case $rn in \[* | *:*:*) return 0 ;; esac
	rn=${rn%:*}
	printf '%s\n' "$rn" | grep -Ev '^[0-9]+(\.[0-9]+){3}$' || :
}

# Where there is a proxy, it is the proxy that looks the name up.
start_dns_probe() {
	[ -z "${HTTPS_PROXY:-}${https_proxy:-}" ] || return 0
	sp_name=$(registry_name)
	[ -n "$sp_name" ] || return 0
	timeout -s KILL 1 nslookup -timeout=1 -retry=0 "$sp_name" >/dev/null 2>&1 &
	DNS_PID=$!
}

# A name that cannot be resolved explains pulls that fail, no more: a node with all its images works without.
report_dns() {
	[ -n "$DNS_PID" ] || return 0
	wait "$DNS_PID" || mark HEALTHCHECK_DNS_FAILURE "$sp_name cannot be resolved"
}

query() {
	set -- statefulset/openshell pod/openshell-0 "node/${OPENSHELL_NODE_NAME:-$(hostname)}"
	! tls_enabled || set -- "$@" secret/openshell-cli-client
	[ ! -e "$ENVOY_MANIFEST" ] || set -- "$@" gateways.gateway.networking.k8s.io/openshell-gateway
	# Without the port the answer only explains, so it may take less time.
	if [ "$PORT_OPEN" = yes ]; then qu_limit=2; else qu_limit=1; fi
	timeout -s KILL "$qu_limit" kubectl -n openshell get "$@" --ignore-not-found -o "go-template=$FACTS"
}

has() {
	printf '%s\n' "$FOUND" | grep -qx "$1"
}

# A start with other values finds the gateway of the start before at first.
is_the_one_asked_for() {
	ia_want=$(sed -n 's/^ *configChecksum: "\([0-9a-f]*\)"$/\1/p' \
		"$ROOT/var/lib/rancher/k3s/server/manifests/$HELMCHART" 2>/dev/null) || :
	[ -z "$ia_want" ] || ! has 'config .*' || has "config $ia_want"
}

# Right after a restart the API still tells of the node's former life: a pod that is ready, at an address that by now
# another pod may have, and may listen on. The entrypoint noted when this life began.
is_of_this_life() {
	io_began=$(cat "$STARTED" 2>/dev/null) || return 0
	io_running=$(printf '%s\n' "$FOUND" | sed -n 's/^running //p' | sort | head -n 1)
	[ -n "$io_running" ] && [ "$(printf '%s\n%s\n' "$io_began" "$io_running" | sort | head -n 1)" = "$io_began" ]
}

report_pressure() {
	rp=$(printf '%s\n' "$FOUND" | sed -n 's/^node \(.*Pressure\)$/\1/p' | sort | awk '{ printf "%s%s", sep, $0; sep = ", " }')
	[ -z "$rp" ] || mark HEALTHCHECK_NODE_PRESSURE "$rp"
}

report_supervisor() {
	[ -x "$SUPERVISOR" ] ||
		mark HEALTHCHECK_MISSING_SUPERVISOR "${SUPERVISOR#"$ROOT"} is not an executable file"
}

judge() {
	[ "$1" -eq 0 ] || unhealthy "the Kubernetes API does not answer: $(printf '%s' "$FOUND" | tail -n 1)"
	has 'ready .*' || unhealthy 'statefulset openshell does not exist yet'
	is_the_one_asked_for || unhealthy 'statefulset openshell is of an earlier start; the chart is not upgraded yet'
	has 'revision same' || unhealthy 'statefulset openshell is being updated'
	has 'ready 1' || unhealthy 'statefulset openshell is not ready'
	is_of_this_life || unhealthy 'pod openshell-0 has not been started again yet'
	[ -x "$SUPERVISOR" ] || unhealthy 'the supervisor is missing'
	if tls_enabled; then
		for jd_key in ca.crt tls.crt tls.key; do
			has "key $jd_key" || unhealthy "secret openshell-cli-client has no $jd_key"
		done
	fi
	! has gateway || has 'gateway Programmed' || unhealthy 'gateway openshell-gateway is not programmed'
	[ "$PORT_OPEN" = yes ] || unhealthy "port $PORT does not answer"
	echo healthy
}

ask() {
	STATUS=0
	FOUND=$(query 2>&1) || STATUS=$?
}

# One kubectl call, and one more only where the gateway is just coming up: then
# it is worth the while to wait a little for the port.
main() {
	start_dns_probe
	try_port
	ask
	if [ "$PORT_OPEN" = no ] && has 'ready .*'; then
		try_port "$WAIT"
		ask
	fi
	report_dns
	report_pressure
	report_supervisor
	judge "$STATUS"
}

main "$@"
