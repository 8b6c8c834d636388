#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What certificates have to do with: status by TLS, gateway trust, gateway kubeconfig; against a real TLS server.

# out, err, home, config and engine come from lib/cli.sh.
# shellcheck disable=SC2154,SC2034,SC2016
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

C=openshell-cluster-openshell
pki=$TEST_TMP/pki

## certificates

# authority NAME
authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$pki/$1.key" -out "$pki/$1.crt" -days 90 \
		-subj "/CN=$1" 2>/dev/null
}

# certificate NAME AUTHORITY SUBJECT-ALTERNATIVE-NAME DAYS
certificate() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$pki/$1.key" -out "$pki/$1.csr" -subj "/CN=$1" 2>/dev/null
	printf 'subjectAltName=%s\n' "$3" >"$pki/$1.ext"
	openssl x509 -req -in "$pki/$1.csr" -CA "$pki/$2.crt" -CAkey "$pki/$2.key" -CAcreateserial -out "$pki/$1.crt" -days "$4" \
		-extfile "$pki/$1.ext" 2>/dev/null
}

make_certificates() {
	mkdir -p "$pki/www"
	printf 'HTTP/1.0 200 OK\r\n\r\n{"status":"ok","version":"9.9"}\n' >"$pki/www/healthz"
	authority ca
	authority other
	certificate server ca IP:127.0.0.1 90
	certificate wrong-ca other IP:127.0.0.1 90
	certificate expired ca IP:127.0.0.1 -1
	certificate wrong-name ca DNS:elsewhere.example 90
	certificate client ca DNS:client 90
	certificate soon ca DNS:client 10
	certificate past ca DNS:client -1
	certificate stranger other DNS:client 90
}

## servers

# serve CERTIFICATE [OPTION]...: a gateway's endpoint on $port
serve() {
	sv_certificate=$1
	shift
	rm -f "$TEST_TMP/server"
	(
		cd "$pki/www" || exit
		exec openssl s_server -accept 127.0.0.1:0 -HTTP -cert "$pki/$sv_certificate.crt" -key "$pki/$sv_certificate.key" \
			-CAfile "$pki/ca.crt" -Verify 1 -verify_return_error "$@"
	) >"$TEST_TMP/server" 2>&1 </dev/null &
	server=$!
	eventually 10 grep -qs ^ACCEPT "$TEST_TMP/server"
	port=$(sed -n 's/^ACCEPT .*://p' "$TEST_TMP/server")
}

# unserve: its end
unserve() {
	kill "$server" 2>/dev/null || true
	wait "$server" 2>/dev/null || true
}

# registered CLIENT [SCHEME]: a gateway at $port, elsewhere, with this client's certificate
registered() {
	new_home
	mkdir -p "$config/gateways/far/mtls"
	printf '{"name":"far","gateway_endpoint":"%s://127.0.0.1:%s","is_remote":true,"gateway_port":%s}' "${2:-https}" "$port" "$port" \
		>"$config/gateways/far/metadata.json"
	cp "$pki/ca.crt" "$config/gateways/far/mtls/ca.crt"
	cp "$pki/$1.crt" "$config/gateways/far/mtls/tls.crt"
	cp "$pki/$1.key" "$config/gateways/far/mtls/tls.key"
	given_active far
}

# only PROGRAM...: the PATH has these, and what the shell of a fake needs
only() {
	mkdir -p "$home/bin"
	for on_program in "$@"; do
		ln -sf "$(command -v "$on_program")" "$home/bin/$on_program"
	done
	CLI_PATH=$home/bin
}

## status of what is elsewhere

# by_tls SERVER CLIENT STATUS STATE TLS [PROGRAM]: what status says, and with which words; by that program alone
by_tls() {
	for bt_version in -tls1_2 -tls1_3; do
		serve "$1" "$bt_version"
		registered "$2"
		[ -z "${6:-}" ] || only "$6"
		code=0
		run status -o json || code=$?
		unserve
		cat "$out"
		expect_equal "$3 $4 $5" "$code $(jq -r '"\(.state) \(.tls)"' "$out")"
		[ "$4" = connected ] || jq -e '.reason | length > 10' "$out" >/dev/null
	done
}

the_endpoint_tells_its_version() {
	serve server
	registered client
	run status || { unserve; return 1; }
	unserve
	grep -qx '  Version:       9.9' "$out"
}

an_expired_client_is_named() {
	serve server -tls1_3
	registered past
	code=0
	run status -o json || code=$?
	unserve
	expect_equal 6 "$code"
	jq -e '.reason | test("certificate, which ended at 20")' "$out" >/dev/null
	expect_equal true "$(jq '.certificate_days_left < 0' "$out")"
	expect_err 'has expired'
}

a_hint_names_trust() {
	serve wrong-ca
	registered client
	code=0
	run status || code=$?
	unserve
	expect_equal 6 "$code"
	expect_out 'not of the authority'
	expect_err 'openshell gateway trust'
}

with_neither_program() {
	serve server
	registered client
	only sh
	code=0
	run status -o json || code=$?
	unserve
	expect_equal '1 unknown null' "$code $(jq -r '"\(.state) \(.tls)"' "$out")"
	jq -e '.reason | test("neither curl nor openssl is here")' "$out" >/dev/null
}

a_forwarder_with_nothing_behind_it() {
	given_listener
	registered client
	code=0
	run status -o json || code=$?
	kill "$listener"
	expect_equal '5 unreachable' "$code $(jq -r .state "$out")"
	jq -e '.reason | test("nothing is behind it")' "$out" >/dev/null
}

plaintext_is_asked_too() {
	mkdir -p "$pki/plain"
	rm -f "$TEST_TMP/server"
	echo '{"version":"8"}' >"$pki/plain/healthz"
	python3 -u -m http.server 0 --bind 127.0.0.1 --directory "$pki/plain" >"$TEST_TMP/server" 2>&1 &
	server=$!
	eventually 10 grep -qs ^Serving "$TEST_TMP/server"
	port=$(sed -n 's/^Serving .* port \([0-9]*\).*/\1/p' "$TEST_TMP/server")
	registered client http
	code=0
	run status -o json || code=$?
	rm -f "$pki/plain/healthz"
	after=0
	run_as sh -c '"$0" status -o json' "$CLI_PROGRAM" || after=$?
	unserve
	expect_equal '0 8' "$code $after"
	expect_equal unhealthy "$(jq -r .state "$out")"
}

without_certificates() {
	serve server
	registered client
	rm -r "$config/gateways/far/mtls"
	code=0
	run status -o json || code=$?
	unserve
	expect_equal '6 no-certificates' "$code $(jq -r .tls "$out")"
}

curlrc_is_not_read() {
	serve server
	registered client
	echo 'insecure' >"$home/.curlrc"
	echo 'output = "/nonexistent/x"' >>"$home/.curlrc"
	code=0
	run status || code=$?
	unserve
	expect_equal 0 "$code"
}

elsewhere_tests() {
	check a_gateway_with_our_certificates_is_connected by_tls server client 0 connected ok
	check another_authority_is_a_mismatch by_tls wrong-ca client 6 tls-mismatch wrong-ca
	check an_expired_certificate_is_a_mismatch by_tls expired client 6 tls-mismatch expired
	check a_certificate_of_another_host_is_a_mismatch by_tls wrong-name client 6 tls-mismatch wrong-name
	check a_refused_client_is_a_mismatch by_tls server stranger 6 tls-mismatch client-refused
	check openssl_connects_where_there_is_no_curl by_tls server client 0 connected ok openssl
	check openssl_tells_another_authority by_tls wrong-ca client 6 tls-mismatch wrong-ca openssl
	check openssl_tells_an_expired_certificate by_tls expired client 6 tls-mismatch expired openssl
	check openssl_tells_another_host by_tls wrong-name client 6 tls-mismatch wrong-name openssl
	check openssl_tells_a_refused_client by_tls server stranger 6 tls-mismatch client-refused openssl
	check the_endpoint_tells_its_version the_endpoint_tells_its_version
	check a_client_certificate_that_has_ended_is_named an_expired_client_is_named
	check a_mismatch_gives_a_hint a_hint_names_trust
	check with_neither_curl_nor_openssl_the_state_is_unknown with_neither_program
	check a_port_with_nothing_behind_it_is_unreachable a_forwarder_with_nothing_behind_it
	check a_plaintext_gateway_is_asked_for_healthz plaintext_is_asked_too
	check without_certificates_that_is_the_reason without_certificates
	check no_curlrc_is_read curlrc_is_not_read
}

## status of a local gateway

# started_at: a gateway of the fake engine whose endpoint is $port, with the client's certificates of the test
started_at() {
	new_home
	given_engine
	given_record openshell container_id "id-of-$C"
	sed -i "s/8080/$port/g" "$config/gateways/openshell/metadata.json"
	given_container openshell running healthy
	mkdir -p "$config/gateways/openshell/mtls"
	cp "$pki/ca.crt" "$config/gateways/openshell/mtls/ca.crt"
	cp "$pki/client.crt" "$config/gateways/openshell/mtls/tls.crt"
	cp "$pki/client.key" "$config/gateways/openshell/mtls/tls.key"
	bundle=$config/gateways/openshell/mtls
}

# secret AUTHORITY CLIENT: what the node has
secret() {
	for se_part in "$1.crt" "$2.crt" "$2.key"; do
		base64 -w0 "$pki/$se_part"
		echo
	done >"$engine/secret"
}

a_healthy_gateway_with_other_certificates() {
	serve wrong-ca
	started_at
	code=0
	run status -o json || code=$?
	unserve
	expect_equal '6 tls-mismatch wrong-ca healthy' "$code $(jq -r '"\(.state) \(.tls) \(.health)"' "$out")"
}

docker_is_away() {
	serve server
	started_at
	rule docker 10-all .
	answer last rc 1
	answer last out '{"ServerErrors":["Cannot connect to the Docker daemon"]}'
	code=0
	run status -o json || code=$?
	unserve
	expect_equal '0 connected' "$code $(jq -r .state "$out")"
	jq -e '.reason | test("docker could not be asked: .*Cannot connect")' "$out" >/dev/null
	expect_status 5 run status -o json
	jq -e '.reason | test("Cannot connect")' "$out" >/dev/null
}

local_tests() {
	check a_healthy_gateway_with_other_certificates_is_a_mismatch a_healthy_gateway_with_other_certificates
	check a_gateway_that_answers_without_docker_is_connected docker_is_away
}

## expiry

# expiry CLIENT WORD: the warning
expiry() {
	port=1
	registered "$1"
	run gateway info
	expect_err "$2"
	run gateway info -o json
	expect_equal true "$(jq '.certificate_days_left < 30' "$out")"
	expect_status 5 run status
	expect_err "$2"
}

no_warning_before() {
	port=1
	registered client
	run gateway info
	expect_equal '' "$(cat "$err")"
}

expiry_tests() {
	check a_certificate_that_ends_soon_is_a_warning expiry soon 'expires in 9 days'
	check a_certificate_that_has_ended_is_a_warning expiry past 'has expired'
	check there_is_no_warning_before no_warning_before
}

## status --watch

# watched ARGUMENT...: status --watch=1 of the fake engine's gateway that changes, and then Ctrl-C
watched() {
	port=1
	started_at
	run_as env --default-signal "$CLI_PROGRAM" status "$@" &
	runner=$!
	eventually 5 grep -q unreachable "$out"
	given_container openshell running starting
	eventually 5 grep -q starting "$out"
	rm "$engine/containers/$C"
	eventually 5 grep -q stopped "$out"
	mv "$config/gateways/openshell" "$home/away"
	# the state: a bundle may be absent a look earlier
	eventually 5 grep -qE '(state"?: ?"?|Z [a-z-]+ )absent' "$out"
	kill -s INT "$(tr -d ' ' <"/proc/$runner/task/$runner/children")"
	expect_status 130 wait "$runner"
	expect_equal '' "$(cat "$err")"
}

watch_lines() {
	watched --watch=1
	expect_equal '4' "$(wc -l <"$out")"
	expect_equal 4 "$(grep -cE '^20[0-9-]*T[0-9:]*Z (openshell|-) [a-z]+(: .*)?$' "$out")"
}

# A look may fall into the middle of the removal, when the certificates are gone first.
watch_json() {
	watched -w 1 -o json
	expect_equal '["unreachable","starting","stopped","absent"]' \
		"$(jq -sc '[.[].state] | reduce .[] as $x ([]; if .[-1] == $x then . else . + [$x] end)' "$out")"
	expect_equal "$(jq -s length "$out")" "$(wc -l <"$out")"
	jq -es 'all(.[]; .time | test("^20.*Z$"))' "$out" >/dev/null
}

watch_yaml() {
	watched --watch -o yaml
	expect_equal "$(grep -c ^state: "$out")" "$(grep -cx -e --- "$out")"
}

watch_on_a_terminal() {
	port=1
	started_at
	with TERM=xterm
	run_as script -qec "stty cols 80; env --default-signal sh -c 'echo \$\$ >\"$home/pid\"; exec \"$CLI_PROGRAM\" status --watch 1'; echo ended \$?" \
		/dev/null &
	runner=$!
	eventually 10 grep -q unreachable "$out"
	given_container openshell running starting
	eventually 10 grep -q starting "$out"
	kill -s INT "$(cat "$home/pid")"
	wait "$runner"
	grep -q "$(printf '\033\\[10A')" "$out"
	expect_out 'ended 130'
}

watch_of_nothing() {
	new_home
	given_engine
	expect_status 3 run status --watch
	expect_status 3 run -g nothing status --watch
	expect_status 2 run status --watch=0
	expect_status 2 run status --watch=x
	expect_status 2 run status --watch=3601
}

watch_ends_with_its_reader() {
	port=1
	started_at
	run_as sh -c 'timeout 20 "$0" status --watch=1 -o json | head -n 1' "$CLI_PROGRAM" &
	runner=$!
	eventually 5 grep -q unreachable "$out"
	given_container openshell running starting
	expect_status 0 wait "$runner"
}

watch_tests() {
	check each_change_is_a_line watch_lines
	check each_change_is_an_object_on_a_line watch_json
	check each_change_is_a_document watch_yaml
	check on_a_terminal_it_is_drawn_in_place watch_on_a_terminal
	check what_does_not_exist_is_not_watched watch_of_nothing
	check it_ends_when_nobody_reads watch_ends_with_its_reader
}

## gateway trust

trust_is_the_same() {
	port=1
	started_at
	secret ca client
	run gateway trust
	expect_out 'Authority:     CN=ca, until '
	expect_out 'Client:        CN=client, until '
	expect_out 'is the one that is trusted here'
	run gateway trust -o json
	expect_equal '["same",null,false,null]' "$(jq -c '[.trust, .reason, .changed, .node_ca]' "$out")"
	expect_equal "sha256 Fingerprint=$(jq -r .ca.sha256 "$out")" "$(openssl x509 -in "$pki/ca.crt" -noout -fingerprint -sha256)"
	expect_equal true "$(jq '.client.days_left > 80' "$out")"
}

trust_differs() {
	port=1
	started_at
	secret other stranger
	expect_status 6 run gateway trust
	expect_err 'openshell gateway trust --refresh'
	expect_status 6 run gateway trust -o json
	expect_equal '["differs","CN=ca","CN=other"]' "$(jq -c '[.trust, .ca.subject, .node_ca.subject]' "$out")"
	cmp "$pki/ca.crt" "$bundle/ca.crt"
	rm -r "$bundle"
	expect_status 3 run gateway trust
}

trust_is_plaintext() {
	port=1
	registered client http
	run gateway trust
	expect_out 'nothing to trust'
	run gateway trust --refresh
	expect_err 'nothing to do'
}

trust_of_what_is_elsewhere() {
	serve wrong-ca
	registered client
	code=0
	run gateway trust -o json || code=$?
	unserve
	expect_equal '6 differs' "$code $(jq -r .trust "$out")"
	expect_status 5 run gateway trust
	expect_status 6 run gateway trust --refresh
	expect_err 'not on this docker engine'
}

nothing_beside_the_bundle() {
	[ ! -e "$bundle.new" ] && [ ! -e "$bundle.tmp" ] && [ ! -e "$bundle.bak" ]
}

refresh_stores() {
	port=1
	started_at
	secret other stranger
	run gateway trust --refresh -o json
	expect_equal '["same",true,"CN=other"]' "$(jq -c '[.trust, .changed, .ca.subject]' "$out")"
	cmp "$pki/other.crt" "$bundle/ca.crt"
	cmp "$pki/stranger.key" "$bundle/tls.key"
	expect_equal 600 "$(stat -c %a "$bundle/tls.key")"
	nothing_beside_the_bundle
	run gateway trust --refresh
	expect_err 'are still the node'
	expect_equal '' "$(calls '^docker (start|stop|create|rm|network|volume)')"
}

# refresh_refuses AUTHORITY CERTIFICATE KEY WORDS
refresh_refuses() {
	port=1
	started_at
	for rr_part in "$1.crt" "$2.crt" "$3.key"; do
		base64 -w0 "$pki/$rr_part"
		echo
	done >"$engine/secret"
	expect_status 8 run gateway trust --refresh
	expect_err "$4"
	expect_err 'what is stored stays'
	cmp "$pki/ca.crt" "$bundle/ca.crt"
	cmp "$pki/client.key" "$bundle/tls.key"
	nothing_beside_the_bundle
}

refresh_asks_the_endpoint() {
	serve server
	started_at
	secret other stranger
	code=0
	run gateway trust --refresh || code=$?
	unserve
	expect_equal 8 "$code"
	expect_err 'its endpoint does not go with them'
	expect_err 'rollout restart'
	cmp "$pki/ca.crt" "$bundle/ca.crt"
	nothing_beside_the_bundle
}

refresh_without_openssl() {
	port=1
	started_at
	secret other stranger
	mkdir -p "$home/bin"
	for rw_program in sh cat awk sed grep date sleep base64 mktemp rm mv dirname; do ln -s "$(command -v "$rw_program")" "$home/bin/$rw_program"; done
	ln -s "$REPO/tests/fakes/docker" "$home/bin/docker"
	CLI_PATH=$home/bin run gateway trust --refresh -o json
	expect_equal '[true,null,null]' "$(jq -c '[.changed, .ca.subject, .ca.sha256]' "$out")"
	jq -e '.ca.expires | startswith("20")' "$out" >/dev/null
	cmp "$pki/other.crt" "$bundle/ca.crt"
}

refresh_of_a_system_entry() {
	port=1
	started_at
	secret other stranger
	mkdir -p "$home/system/gateways/openshell"
	mv "$config/gateways/openshell/metadata.json" "$home/system/gateways/openshell/"
	chmod -R go-w "$home/system"
	with OPENSHELL_SYSTEM_GATEWAY_DIR="$home/system"
	run gateway trust --name openshell --refresh
	cmp "$pki/other.crt" "$bundle/ca.crt"
	[ ! -e "$config/gateways/openshell/metadata.json" ]
	expect_equal metadata.json "$(ls "$home/system/gateways/openshell")"
}

refresh_takes_the_lock() {
	port=1
	started_at
	secret ca client
	rule docker 10-stop '^stop'
	answer last hang
	run_as "$CLI_PROGRAM" gateway stop --name openshell >/dev/null 2>&1 &
	runner=$!
	eventually 5 stopping
	expect_status 4 run gateway trust --refresh
	kill -s TERM "$(tr -d ' ' <"/proc/$runner/task/$runner/children")"
	wait "$runner" || true
}

stopping() {
	[ -n "$(calls '^docker stop')" ]
}

a_stopped_gateway_cannot_be_asked() {
	port=1
	started_at
	given_container openshell exited none
	expect_status 8 run gateway trust --refresh -o json
	expect_equal '"gateway-stopped"' "$(jq .error.code "$out")"
}

trust_tests() {
	check trust_shows_what_is_trusted trust_is_the_same
	check another_authority_gives_6_and_nothing_changes trust_differs
	check plaintext_has_nothing_to_trust trust_is_plaintext
	check what_is_elsewhere_is_judged_by_its_endpoint trust_of_what_is_elsewhere
	check refresh_stores_what_is_new refresh_stores
	check a_certificate_of_another_authority_is_refused refresh_refuses other client client 'openssl verify failed'
	check a_key_of_another_certificate_is_refused refresh_refuses ca client stranger 'not the key of tls.crt'
	check an_expired_certificate_is_refused refresh_refuses ca past past 'openssl verify failed'
	check what_the_endpoint_does_not_show_is_refused refresh_asks_the_endpoint
	check without_openssl_pem_is_checked refresh_without_openssl
	check a_system_entry_has_a_bundle_of_the_users refresh_of_a_system_entry
	check refresh_takes_the_gateways_lock refresh_takes_the_lock
	check a_stopped_gateway_gives_8 a_stopped_gateway_cannot_be_asked
}

## gateway kubeconfig

kubeconfig_is_printed() {
	port=1
	started_at
	run gateway kubeconfig
	python3 - "$out" "$bundle/tls.key" <<'END'
import base64, re, sys
text = open(sys.argv[1]).read()
key = base64.b64decode(re.search(r"client-key-data: (\S+)", text).group(1))
assert key == open(sys.argv[2], "rb").read()
assert "current-context: openshell-openshell\n" in text and "server: https://127.0.0.1:1\n" in text
END
	[ ! -e "$home/.kube" ]
}

kubeconfig_is_merged() {
	port=1
	started_at
	run gateway kubeconfig --merge
	expect_equal 600 "$(stat -c %a "$home/.kube/config")"
	expect_no_out
	printf '# mine\nclusters:\n- name: a\n  cluster: {server: b} # c\ncurrent-context: mine\n' >"$home/own"
	run gateway kubeconfig --file "$home/own" --keep-context
	grep -qx '# mine' "$home/own"
	grep -qx '  cluster: {server: b} # c' "$home/own"
	grep -qx 'current-context: mine' "$home/own"
	with KUBECONFIG="$home/none:$home/own"
	run gateway kubeconfig --merge
	grep -qx 'current-context: openshell-openshell' "$home/own"
	[ ! -e "$home/none" ]
}

kubeconfig_refuses() {
	port=1
	started_at
	expect_status 2 run gateway kubeconfig --keep-context
	echo '{"kind":"Config"}' >"$home/own"
	expect_status 1 run gateway kubeconfig --file "$home/own"
	expect_err "$home/own, line 1: JSON"
	expect_equal '{"kind":"Config"}' "$(cat "$home/own")"
	expect_status 1 run gateway kubeconfig --file "$home"
	rm -r "$bundle"
	expect_status 3 run gateway kubeconfig
	expect_err 'gateway trust --name openshell --refresh'
	expect_no_out
}

# outdated: the only warning, of which the command is run
outdated() {
	expect_equal 1 "$(grep -c 'has older certificates' "$err")"
	renew=$(sed -n 's/.*has older certificates; renew it: openshell //p' "$err")
	eval "run $renew"
	[ "$(grep -c "$(base64 -w0 "$bundle/tls.crt")" "$home/its own")" -eq 1 ]
	grep -qx 'current-context: mine' "$home/its own"
}

new_certificates_are_told_of() {
	port=1
	started_at
	printf 'current-context: mine\n' >"$home/its own"
	printf 'kind: Config\n# openshell-openshell\n' >"$home/other"
	with "KUBECONFIG=$home/other:$home/its own:$home/none"
	run gateway kubeconfig --file "$home/its own" --keep-context
	secret other stranger
	run gateway trust --refresh
	run gateway trust --refresh
	outdated
	run gateway trust --refresh
	expect_lacks older "$err"
	secret ca client
	rm -r "$bundle"
	run gateway start
	outdated
}

destroy_takes_it_away() {
	port=1
	started_at
	run gateway kubeconfig --merge
	run gateway destroy --name openshell --dry-run
	expect_out "kubectl --kubeconfig=$home/.kube/config config delete-context openshell-openshell"
	grep -q openshell-openshell "$home/.kube/config"
	run gateway destroy --name openshell
	expect_lacks openshell-openshell "$home/.kube/config"
}

merges_at_once() {
	port=1
	started_at
	printf 'clusters:\n' >"$home/own"
	for ma in 1 2 3 4 5 6 7 8; do
		cp -r "$config/gateways/openshell" "$config/gateways/g$ma"
		run_as "$CLI_PROGRAM" gateway kubeconfig --name "g$ma" --file "$home/own" &
	done
	wait
	for ma in 1 2 3 4 5 6 7 8; do grep -qx "    cluster: openshell-g$ma" "$home/own"; done
	[ ! -e "$home/own.lock" ]
}

kubeconfig_tests() {
	check kubeconfig_is_printed_with_the_bundle_in_it kubeconfig_is_printed
	check kubeconfig_is_merged_and_the_rest_stays kubeconfig_is_merged
	check kubeconfig_refuses_what_could_be_harmed kubeconfig_refuses
	check new_certificates_tell_what_renews_a_context new_certificates_are_told_of
	check destroy_takes_the_context_away destroy_takes_it_away
	check merges_at_once_lose_nothing merges_at_once
}

main() {
	make_certificates || { not_ok certificates_can_be_made "$(openssl version)"; exit 0; }
	elsewhere_tests
	local_tests
	expiry_tests
	watch_tests
	trust_tests
	kubeconfig_tests
}

main "$@"
