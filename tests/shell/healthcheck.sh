#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The cluster image's healthcheck with a faked kubectl, against a real socket.
# shellcheck disable=SC2016 # the fakes are written as they are to run
. "$(dirname "$0")/../lib/tap.sh"

HEALTHCHECK=$REPO/deploy/docker/cluster-healthcheck.sh
F=$TEST_TMP/fakes
R=$TEST_TMP/root
OUT=$TEST_TMP/out
CALLS=$TEST_TMP/calls
SH=dash
TOOLS=$PATH
OPEN_PORT=

ALL='ready 1
running 2026-01-02T03:04:05Z
revision same
config c0ffee
node Ready
key ca.crt
key tls.crt
key tls.key'

fake() {
	printf '#!/bin/sh\n%s\n' "$2" >"$F/$1"
	chmod +x "$F/$1"
}

# kubectl answers with $ANSWER, which is what its template would print.
make_fakes() {
	mkdir -p "$F" "$R/opt/openshell/bin" "$R/opt/openshell/manifests"
	fake kubectl 'echo "kubectl $*" >>"$CALLS"
[ -z "${API_HANGS:-}" ] || exec /bin/sleep 30
[ -z "${API_DOWN:-}" ] || { echo "The connection to the server was refused" >&2; exit 1; }
printf "%s\n" "$ANSWER"'
	fake nslookup '[ -z "${DNS_HANGS:-}" ] || exec /bin/sleep 30; [ -z "${DNS_FAILS:-}" ]'
	fake getent 'exit 2'
	printf '#!/bin/sh\n' >"$R/opt/openshell/bin/openshell-sandbox"
	chmod +x "$R/opt/openshell/bin/openshell-sandbox"
}

# A listener that remembers what it was sent.
make_port() {
	cat >"$TEST_TMP/listen.py" <<-'END'
		import socket, sys
		s = socket.socket()
		s.bind(("127.0.0.1", 0))
		s.listen(64)
		open(sys.argv[1] + "/port", "w").write(str(s.getsockname()[1]))
		while True:
		    c, _ = s.accept()
		    data = c.recv(16)
		    open(sys.argv[1] + "/received", "ab").write(data)
		    c.close()
	END
	python3 "$TEST_TMP/listen.py" "$TEST_TMP" &
	at_exit "kill $!"
	eventually 5 test -s "$TEST_TMP/port"
	OPEN_PORT=$(cat "$TEST_TMP/port")
}

# run STATUS [VAR=VALUE...]: one healthcheck with the port open and all well, but for what is given.
run() {
	rn_want=$1
	shift
	: >"$CALLS"
	expect_status "$rn_want" env -i PATH="$F:$TOOLS" OPENSHELL_ROOT="$R" OPENSHELL_NODE_PORT="$OPEN_PORT" CALLS="$CALLS" \
		OPENSHELL_PORT_WAIT=1 ANSWER="$ALL" "$@" "$SH" "$HEALTHCHECK" >"$OUT" || { cat "$OUT"; return 1; }
}

without() {
	printf '%s\n' "$ALL" | grep -v "^$1\$"
}

all_is_well() {
	run 0
	expect_equal healthy "$(cat "$OUT")"
	expect_equal 1 "$(grep -c '^kubectl ' "$CALLS")"
}

a_gateway_that_does_not_exist_yet_is_not_waited_for() {
	ag_from=$(date +%s%N)
	run 1 ANSWER='node Ready' OPENSHELL_NODE_PORT=1 OPENSHELL_PORT_WAIT=4
	[ $((($(date +%s%N) - ag_from) / 1000000)) -lt 3000 ]
	expect_equal 1 "$(grep -c '^kubectl ' "$CALLS")"
}

a_pod_of_the_former_life_is_not_believed() {
	mkdir -p "$R/run"
	echo 2026-01-02T03:04:06Z >"$R/run/openshell-started"
	run 1
	expect_has 'has not been started again' "$OUT"
	run 1 ANSWER="$(without 'running .*')"
	echo 2026-01-02T03:03:59Z >"$R/run/openshell-started"
	run 0
	rm "$R/run/openshell-started"
}

no_byte_is_sent_to_the_port() {
	run 0
	[ ! -s "$TEST_TMP/received" ]
}

an_api_that_does_not_answer_is_unhealthy() {
	run 1 API_DOWN=1 OPENSHELL_NODE_PORT=1
	expect_has 'API does not answer' "$OUT"
	expect_lacks HEALTHCHECK_ "$OUT"
}

an_api_that_hangs_is_given_up_in_time() {
	ah_from=$(date +%s%N)
	run 1 API_HANGS=1 DNS_HANGS=1 OPENSHELL_NODE_PORT=1 OPENSHELL_PORT_WAIT=2
	[ $((($(date +%s%N) - ah_from) / 1000000)) -lt 3500 ]
}

a_registry_that_cannot_be_resolved_is_only_marked() {
	run 0 DNS_FAILS=1 REGISTRY_HOST=registry.test
	grep -q '^HEALTHCHECK_DNS_FAILURE: registry.test ' "$OUT"
}

a_registry_address_is_not_looked_up() {
	run 0 DNS_FAILS=1 REGISTRY_HOST=127.0.0.1:5000
	run 0 DNS_FAILS=1 REGISTRY_HOST=registry.test HTTPS_PROXY=http://proxy.test
	run 0 DNS_FAILS=1 'REGISTRY_HOST=[::1]:5000'
	expect_lacks HEALTHCHECK_ "$OUT"
}

node_pressure_is_only_marked() {
	run 0 ANSWER="$ALL
node DiskPressure
node MemoryPressure"
	grep -qx 'HEALTHCHECK_NODE_PRESSURE: DiskPressure, MemoryPressure' "$OUT"
}

a_missing_statefulset_is_unhealthy() {
	run 1 ANSWER='node Ready'
	expect_has 'does not exist' "$OUT"
}

a_statefulset_that_is_not_ready_is_unhealthy() {
	for ar in '<no value>' 0 10; do
		run 1 ANSWER="$(without 'ready 1')
ready $ar"
		expect_has 'not ready' "$OUT"
	done
}

an_update_that_is_under_way_is_unhealthy() {
	run 1 ANSWER="$(without 'revision same')
revision "
	expect_has 'being updated' "$OUT"
}

a_gateway_of_an_earlier_start_is_unhealthy() {
	mkdir -p "$R/var/lib/rancher/k3s/server/manifests"
	echo '    configChecksum: "c0ffee"' >"$R/var/lib/rancher/k3s/server/manifests/openshell-helmchart.yaml"
	run 0
	run 0 ANSWER="$(without 'config c0ffee')"
	echo '    configChecksum: "bad"' >"$R/var/lib/rancher/k3s/server/manifests/openshell-helmchart.yaml"
	run 1
	expect_has 'earlier start' "$OUT"
	rm -r "${R:?}/var"
}

a_missing_supervisor_is_marked_and_unhealthy() {
	chmod -x "$R/opt/openshell/bin/openshell-sandbox"
	as_status=0
	run 1 || as_status=1
	chmod +x "$R/opt/openshell/bin/openshell-sandbox"
	[ "$as_status" -eq 0 ]
	grep -q '^HEALTHCHECK_MISSING_SUPERVISOR: ' "$OUT"
}

an_incomplete_client_secret_is_unhealthy() {
	for ai in ca.crt tls.crt tls.key; do
		run 1 ANSWER="$(without "key $ai")"
		expect_has "no $ai" "$OUT"
	done
}

without_tls_no_secret_is_asked_for() {
	run 0 DISABLE_TLS=true ANSWER='ready 1
revision same'
	expect_lacks secret/ "$CALLS"
	run 0 NAV_GATEWAY_TLS_ENABLED=no ANSWER='ready 1
revision same'
	run 1 NAV_GATEWAY_TLS_ENABLED=1 DISABLE_TLS=true ANSWER='ready 1
revision same'
}

the_manifest_says_whether_there_is_tls() {
	echo '      disableTls: true' >"$R/opt/openshell/manifests/openshell-helmchart.yaml"
	run 0 ANSWER='ready 1
revision same'
	mkdir -p "$R/var/lib/rancher/k3s/server/manifests"
	echo '      disableTls: false' >"$R/var/lib/rancher/k3s/server/manifests/openshell-helmchart.yaml"
	run 1 ANSWER='ready 1
revision same'
	rm -r "${R:?}/var" "$R/opt/openshell/manifests/openshell-helmchart.yaml"
}

a_closed_port_is_unhealthy() {
	run 1 OPENSHELL_NODE_PORT=1
	expect_has 'does not answer' "$OUT"
}

a_port_that_opens_within_a_second_is_seen() {
	ap=$((OPEN_PORT + 1))
	(/bin/sleep 0.5; exec timeout 3 python3 -c "
import socket
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', $ap)); s.listen(8); s.accept()[0].recv(1)") &
	run 0 OPENSHELL_NODE_PORT="$ap" OPENSHELL_PORT_WAIT=2
}

the_gateway_object_counts_only_where_envoy_is_bundled() {
	run 0
	expect_lacks gateways "$CALLS"
	touch "$R/opt/openshell/manifests/envoy-gateway-helmchart.yaml"
	run 0
	expect_has gateways.gateway.networking.k8s.io/openshell-gateway "$CALLS"
	run 1 ANSWER="$ALL
gateway"
	run 0 ANSWER="$ALL
gateway
gateway Programmed"
	rm "$R/opt/openshell/manifests/envoy-gateway-helmchart.yaml"
}

TESTS='all_is_well
a_gateway_that_does_not_exist_yet_is_not_waited_for
a_pod_of_the_former_life_is_not_believed
no_byte_is_sent_to_the_port
an_api_that_does_not_answer_is_unhealthy
an_api_that_hangs_is_given_up_in_time
a_registry_that_cannot_be_resolved_is_only_marked
a_registry_address_is_not_looked_up
node_pressure_is_only_marked
a_missing_statefulset_is_unhealthy
a_statefulset_that_is_not_ready_is_unhealthy
an_update_that_is_under_way_is_unhealthy
a_gateway_of_an_earlier_start_is_unhealthy
a_missing_supervisor_is_marked_and_unhealthy
an_incomplete_client_secret_is_unhealthy
without_tls_no_secret_is_asked_for
the_manifest_says_whether_there_is_tls
a_closed_port_is_unhealthy
a_port_that_opens_within_a_second_is_seen
the_gateway_object_counts_only_where_envoy_is_bundled'

run_all() {
	for ra in $TESTS; do
		check "${ra}_under_$1" "$ra"
	done
}

# busybox' tools and no bash: the port is then tried with nc.
use_busybox() {
	mkdir -p "$TEST_TMP/busybox"
	for ub in $(busybox --list); do ln -sf "$(command -v busybox)" "$TEST_TMP/busybox/$ub"; done
	SH=$TEST_TMP/busybox/sh
	TOOLS=$TEST_TMP/busybox
}

main() {
	if ! command -v python3 >/dev/null 2>&1; then
		skip healthcheck 'python3, which listens on the port, is not installed'
		return 0
	fi
	make_fakes
	make_port
	run_all dash
	if ! command -v busybox >/dev/null 2>&1; then
		skip healthcheck_under_busybox 'busybox is not installed'
		return 0
	fi
	use_busybox
	run_all busybox
}

main "$@"
