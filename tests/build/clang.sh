#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The second compiler, with the same warnings as errors, and as a distribution would build a release.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/build.sh"

builds() {
	printf 'dist:s3cr3t-of-the-test\n' >"$BUILD/auth"
	configure_variant clang CC=clang --enable-release "--with-distribution-auth=$BUILD/auth"
	make -C "$BUILD/clang" -j"$JOBS" -k CFLAGS="-g -O2 -Werror $BUILD_WARNINGS" all
	make -C "$BUILD/clang" -j"$JOBS" -k CFLAGS="-g -O2 -Werror $BUILD_WARNINGS" check TESTS=
}

# A pull of the released image by a fake docker, which shows the login that it was given.
pulls_as_the_distribution() {
	mkdir -p "$TEST_TMP/bin" "$TEST_TMP/run"
	chmod 700 "$TEST_TMP/run"
	cat >"$TEST_TMP/bin/docker" <<-'END'
		#!/bin/sh
		case "$1" in
		inspect) echo && exit 1 ;;
		info) echo '{"ID":"E","ServerVersion":"28.2.2"}' ;;
		pull) echo "$*" >"$TEST_TMP/pulled" && cat "$DOCKER_CONFIG/config.json" >"$TEST_TMP/config.json" && exit 1 ;;
		*) exit 0 ;;
		esac
	END
	chmod +x "$TEST_TMP/bin/docker"
	export TEST_TMP
	expect_status 1 env -i TEST_TMP="$TEST_TMP" PATH="$TEST_TMP/bin:/usr/bin:/bin" HOME="$TEST_TMP" \
		XDG_RUNTIME_DIR="$TEST_TMP/run" "$BUILD/clang/openshell" gateway start --port 0
	version=$("$BUILD/clang/openshell" --version | sed 's/.* //')
	expect_equal "pull -- ghcr.io/nvidia/openshell/cluster:$version" "$(cat "$TEST_TMP/pulled")"
	expect_has "$(printf 'dist:s3cr3t-of-the-test' | base64)" "$TEST_TMP/config.json"
	if grep -q s3cr3t-of-the-test "$BUILD/clang/openshell"; then return 1; fi
}

main() {
	check clang_builds_it_without_a_warning builds
	check a_release_pulls_its_own_version_with_the_credentials_of_its_distribution pulls_as_the_distribution
}

main "$@"
