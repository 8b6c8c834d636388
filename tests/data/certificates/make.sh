#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes the certificates that tests/unit/test_mtls.c reads: both forms of time, both kinds of key, and version 1
# (no extensions, no version field). Their keys are thrown away.

set -eu

HERE=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)

write_configuration() {
	cat >"$1" <<-END
		[ca]
		default_ca = test
		[test]
		database = $work/index
		new_certs_dir = $work
		serial = $work/serial
		default_md = sha256
		policy = names
		unique_subject = no
		$2
		[names]
		commonName = supplied
		[extensions]
		basicConstraints = CA:FALSE
		subjectAltName = DNS:localhost,IP:127.0.0.1
		[req]
		distinguished_name = names_asked
		[names_asked]
	END
}

# make NAME END CONFIGURATION KEY-OPTION...
make() {
	name=$1
	end=$2
	configuration=$3
	shift 3
	: >"$work/index"
	echo 01 >"$work/serial"
	openssl req -new "$@" -nodes -keyout "$work/key" -out "$work/csr" -subj /CN=client -config "$configuration"
	openssl ca -batch -selfsign -keyfile "$work/key" -in "$work/csr" -out "$HERE/$name.crt" -notext \
		-config "$configuration" -startdate 20260101000000Z -enddate "$end"
}

main() {
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	write_configuration "$work/v3" 'x509_extensions = extensions'
	write_configuration "$work/v1" ''
	make ec-utc 20361122173800Z "$work/v3" -newkey ec -pkeyopt ec_paramgen_curve:P-256
	make ec-last-utc 20491231235959Z "$work/v3" -newkey ec -pkeyopt ec_paramgen_curve:P-256
	make ec-generalized 20501231235959Z "$work/v3" -newkey ec -pkeyopt ec_paramgen_curve:P-256
	make rsa-utc 20270203040506Z "$work/v3" -newkey rsa:2048
	make rsa-generalized 99991231235959Z "$work/v3" -newkey rsa:4096
	make v1 20300304050607Z "$work/v1" -newkey ec -pkeyopt ec_paramgen_curve:P-256
}

main "$@"
