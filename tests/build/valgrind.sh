#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The unit tests under valgrind: no invalid access, nothing lost.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/build.sh"

builds() {
	configure_variant gcc CC=gcc
	make -C "$BUILD/gcc" -j"$JOBS" CFLAGS="-g -O2 -Werror $BUILD_WARNINGS" all
	make -C "$BUILD/gcc" -j"$JOBS" CFLAGS="-g -O2 -Werror $BUILD_WARNINGS" check TESTS=
}

clean() {
	cd "$BUILD/gcc" || return
	srcdir=$BUILD/source timeout 300 valgrind -q --error-exitcode=99 --leak-check=full \
		--errors-for-leak-kinds=definite --child-silent-after-fork=yes "$1"
}

main() {
	check unit_tests_are_built builds
	find "$BUILD/gcc/tests/unit" -type f -name 'test_*' -perm -u+x 2>/dev/null | sort >"$TEST_TMP/programs"
	while read -r program; do
		check "$(basename "$program")_is_clean_under_valgrind" clean "$program"
	done <"$TEST_TMP/programs"
}

main "$@"
