#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A gateway without TLS.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/engine.sh"
. "$(dirname "$0")/../lib/e2e.sh"

plaintext_start() {
	start --name plain --port 18082 --plaintext
	connected plain
	expect_equal http://127.0.0.1:18082 "$(endpoint plain)"
}

http_works() {
	expect_equal 200 "$(ask http://127.0.0.1:18082/healthz)"
	expect_equal 200 "$(ask http://127.0.0.1:18082/api/v1/namespaces/openshell/pods)"
	expect_equal 403 "$(ask http://127.0.0.1:18082/api/v1/namespaces/openshell/secrets)"
}

destroyed() {
	timeout 120 "$OPENSHELL" gateway destroy --name plain
	expect_equal 000 "$(ask http://127.0.0.1:18082/healthz)"
	[ ! -e "$config/gateways/plain" ]
}

main() {
	check a_plaintext_gateway_is_recorded_with_http plaintext_start
	check its_endpoint_answers_http_within_the_same_limits http_works
	check a_plaintext_gateway_is_destroyed_like_any_other destroyed
}

main "$@"
