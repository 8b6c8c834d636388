#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The PKI job with a kubectl that keeps secrets as files: $S/NAME/{.type,KEY}.
# shellcheck disable=SC2016 # the fake is written as it is to run
. "$(dirname "$0")/../lib/tap.sh"

PKI=$REPO/deploy/docker/gateway/openshell-pki
S=$TEST_TMP/secrets
CA=openshell-pki-ca
SERVER=openshell-server-tls
CLIENT_CA=openshell-server-client-ca
CLI=openshell-cli-client
SH=dash

make_kubectl() {
	mkdir -p "$TEST_TMP/bin"
	cat >"$TEST_TMP/bin/kubectl" <<-'END'
		#!/bin/sh
		[ -z "${API_DOWN:-}" ] || { echo refused >&2; exit 1; }
		shift 2
		case $1 in
		get)
			for dir in "$S"/*; do
				[ -d "$dir" ] || continue
				name=${dir##*/}
				echo "$name type $(cat "$dir/.type")"
				for file in "$dir"/*; do [ ! -e "$file" ] || echo "$name ${file##*/} $(base64 -w 0 <"$file")"; done
			done ;;
		delete) rm -rf "${S:?}/$3"; echo "deleted $3" >>"$S.calls" ;;
		apply)
			for file; do :; done
			while read -r key value; do
				case $key in
				name:) name=$value; mkdir -p "$S/$name"; echo "applied $name" >>"$S.calls" ;;
				type:) echo "$value" >"$S/$name/.type" ;;
				*.crt: | *.key:) printf %s "$value" | base64 -d >"$S/$name/${key%:}" ;;
				esac
			done <"$file" ;;
		esac
	END
	chmod +x "$TEST_TMP/bin/kubectl"
}

job() {
	: >"$S.calls"
	env S="$S" PATH="$TEST_TMP/bin:$PATH" "$@" "$SH" "$PKI" 2>"$TEST_TMP/log" || { cat "$TEST_TMP/log"; return 1; }
}

fresh() {
	rm -rf "$S"
	mkdir -p "$S"
	job "$@"
}

applied() {
	sort "$S.calls" | tr '\n' ' '
}

print() {
	cat "$S/$1/$2"
}

sans() {
	openssl x509 -in "$S/$SERVER/tls.crt" -noout -ext subjectAltName | sed 1d | tr -d ' '
}

all_four_secrets_are_made() {
	fresh
	expect_equal "applied $CLI applied $CA applied $CLIENT_CA applied $SERVER " "$(applied)"
	expect_equal "kubernetes.io/tls Opaque Opaque" "$(print $SERVER .type) $(print $CLIENT_CA .type) $(print $CLI .type)"
	cmp "$S/$CLI/ca.crt" "$S/$CLIENT_CA/ca.crt"
	expect_equal 'ca.crt' "$(ls "$S/$CLIENT_CA")"
	openssl verify -CAfile "$S/$CLI/ca.crt" -purpose sslserver "$S/$SERVER/tls.crt"
	openssl verify -CAfile "$S/$CLIENT_CA/ca.crt" -purpose sslclient "$S/$CLI/tls.crt"
	expect_status 2 openssl verify -CAfile "$S/$CLI/ca.crt" -purpose sslclient "$S/$SERVER/tls.crt"
	openssl pkey -in "$S/$SERVER/tls.key" -noout -text | grep -q prime256v1
}

the_names_are_as_agreed() {
	fresh EXTRA_SANS='gw.example.com, 10.0.0.5,fd00::1'
	expect_equal 'DNS:openshell,DNS:openshell.openshell.svc,DNS:openshell.openshell.svc.cluster.local,DNS:localhost,DNS:host.docker.internal,IPAddress:127.0.0.1,DNS:gw.example.com,IPAddress:10.0.0.5,IPAddress:FD00:0:0:0:0:0:0:1' "$(sans)"
}

the_authority_signs_no_further_authority() {
	fresh
	openssl x509 -in "$S/$CA/tls.crt" -noout -ext basicConstraints,keyUsage >"$TEST_TMP/ext"
	expect_has 'CA:TRUE, pathlen:0' "$TEST_TMP/ext"
	expect_has 'Certificate Sign, CRL Sign' "$TEST_TMP/ext"
}

what_is_valid_is_left_alone() {
	fresh EXTRA_SANS=gw.example.com,FD00::1
	cp -R "$S" "$S.before"
	job EXTRA_SANS=fd00::1,gw.example.com
	expect_equal '' "$(applied)"
	diff -r "$S" "$S.before"
	rm -r "$S.before"
}

other_names_replace_the_server_certificate_only() {
	fresh
	cp -R "$S" "$S.before"
	job EXTRA_SANS=gw.example.com
	expect_equal "applied $SERVER " "$(applied)"
	sans | grep -q DNS:gw.example.com
	diff -r "$S/$CLI" "$S.before/$CLI"
	openssl verify -CAfile "$S/$CLI/ca.crt" "$S/$SERVER/tls.crt"
	job
	expect_equal "applied $SERVER " "$(applied)"
	rm -r "$S.before"
}

each_missing_secret_is_made_again_from_the_same_authority() {
	for em in $SERVER $CLIENT_CA $CLI; do
		fresh
		em_ca=$(print $CA tls.crt)
		rm -r "${S:?}/$em"
		job
		expect_equal "applied $em " "$(applied)"
		expect_equal "$em_ca" "$(print $CA tls.crt)"
		openssl verify -CAfile "$S/$CLI/ca.crt" "$S/$SERVER/tls.crt" "$S/$CLI/tls.crt"
	done
}

a_missing_key_or_another_ones_key_is_repaired() {
	fresh
	rm "$S/$CLI/tls.key"
	job
	expect_equal "applied $CLI " "$(applied)"
	cp "$S/$CLI/tls.key" "$S/$SERVER/tls.key"
	job
	expect_equal "applied $SERVER " "$(applied)"
}

a_foreign_certificate_is_replaced() {
	fresh
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$S/$CLI/tls.key" -out "$S/$CLI/tls.crt" \
		-subj /CN=foreign -days 10 2>/dev/null
	job
	expect_equal "applied $CLI " "$(applied)"
}

rubbish_is_replaced() {
	fresh
	echo rubbish >"$S/$SERVER/tls.crt"
	echo rubbish >"$S/$CLI/ca.crt"
	job
	expect_equal "applied $CLI applied $SERVER " "$(applied)"
}

a_server_certificate_that_ends_soon_is_replaced() {
	fresh CERT_DAYS=40
	job
	expect_equal '' "$(applied)"
	fresh CERT_DAYS=20
	job CERT_DAYS=3650
	grep -q "applied $SERVER" "$S.calls"
}

a_bundle_without_its_authority_stays_while_it_serves() {
	fresh
	rm -r "${S:?}/$CA"
	job
	expect_equal '' "$(applied)"
	job EXTRA_SANS=gw.example.com
	expect_equal "applied $CLI applied $CA applied $CLIENT_CA applied $SERVER " "$(applied)"
	openssl verify -CAfile "$S/$CLI/ca.crt" "$S/$SERVER/tls.crt" "$S/$CLI/tls.crt"
}

a_secret_of_another_type_is_made_anew() {
	fresh
	echo Opaque >"$S/$SERVER/.type"
	job
	expect_equal "applied $SERVER deleted $SERVER " "$(applied)"
	expect_equal kubernetes.io/tls "$(print $SERVER .type)"
}

an_api_that_refuses_is_an_error() {
	! fresh API_DOWN=1
}

nothing_secret_is_left_or_printed() {
	fresh
	expect_lacks PRIVATE "$TEST_TMP/log"
	expect_equal '' "$(find "$TEST_TMP/tmp" -mindepth 1)"
}

TESTS='all_four_secrets_are_made
the_names_are_as_agreed
the_authority_signs_no_further_authority
what_is_valid_is_left_alone
other_names_replace_the_server_certificate_only
each_missing_secret_is_made_again_from_the_same_authority
a_missing_key_or_another_ones_key_is_repaired
a_foreign_certificate_is_replaced
rubbish_is_replaced
a_server_certificate_that_ends_soon_is_replaced
a_bundle_without_its_authority_stays_while_it_serves
a_secret_of_another_type_is_made_anew
an_api_that_refuses_is_an_error
nothing_secret_is_left_or_printed'

run_all() {
	for ra in $TESTS; do
		check "${ra}_under_$1" "$ra"
	done
}

main() {
	make_kubectl
	mkdir -p "$TEST_TMP/tmp"
	TMPDIR=$TEST_TMP/tmp
	export TMPDIR
	run_all dash
	if ! command -v busybox >/dev/null 2>&1; then
		skip pki_under_busybox 'busybox is not installed'
		return 0
	fi
	for mn in $(busybox --list); do [ -e "$TEST_TMP/bin/$mn" ] || ln -s "$(command -v busybox)" "$TEST_TMP/bin/$mn"; done
	SH=$TEST_TMP/bin/sh
	run_all busybox
}

main "$@"
