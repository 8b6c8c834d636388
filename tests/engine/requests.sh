#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The proxy that counts requests: other tests stand on its being right.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/engine.sh"

reads_are_seen() {
	forget_requests
	docker ps -a
	docker container inspect nonesuch || true
	grep -q '^GET .*/containers/json?all=1$' "$requests"
	grep -q '^GET .*/containers/nonesuch/json' "$requests"
	expect_equal 0 "$(mutations)"
}

changes_are_counted() {
	forget_requests
	docker volume create counted
	docker volume rm counted
	mutating_requests
	expect_equal 2 "$(mutations)"
}

# A body of unknown length in chunks, then more requests by the same client.
bodies_are_skipped() {
	mkdir "$TEST_TMP/root"
	for i in 1 2 3 4 5 6 7 8; do printf 'POST /fake HTTP/1.1\r\n\r\n' >"$TEST_TMP/root/$i"; done
	head -c 3000000 /dev/urandom >"$TEST_TMP/root/random"
	forget_requests
	tar -C "$TEST_TMP/root" -cf - . | docker import - counted:1
	docker rmi counted:1
	cat "$requests"
	expect_equal 2 "$(mutations)"
	expect_lacks /fake "$requests"
}

main() {
	check reading_is_not_counted_as_a_change reads_are_seen
	check each_change_is_counted_once changes_are_counted
	check what_is_uploaded_is_not_taken_for_requests bodies_are_skipped
}

main "$@"
