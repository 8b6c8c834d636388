#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The second compiler, with the same warnings as errors.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/build.sh"

builds() {
	configure_variant clang CC=clang
	make -C "$BUILD/clang" -j"$JOBS" -k CFLAGS="-g -O2 -Werror $BUILD_WARNINGS" all
	make -C "$BUILD/clang" -j"$JOBS" -k CFLAGS="-g -O2 -Werror $BUILD_WARNINGS" check TESTS=
}

main() {
	check clang_builds_it_without_a_warning builds
}

main "$@"
