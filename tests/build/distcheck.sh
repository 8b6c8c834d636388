#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a user of the tarball gets: it builds out of tree, passes its tests, installs and uninstalls cleanly.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/build.sh"

distcheck() {
	configure_variant dist CC=gcc
	make -C "$BUILD/dist" -j"$JOBS" distcheck
}

installs_under_destdir() {
	make -C "$BUILD/dist" -j"$JOBS" install DESTDIR="$TEST_TMP/root"
	"$TEST_TMP/root/usr/local/bin/openshell" --version
	[ -s "$TEST_TMP/root/usr/local/share/man/man1/openshell.1" ]
	[ -d "$TEST_TMP/root/usr/local/share/openshell/deploy" ]
	make -C "$BUILD/dist" uninstall DESTDIR="$TEST_TMP/root"
	expect_equal '' "$(find "$TEST_TMP/root" -type f)"
}

main() {
	check the_tarball_passes_distcheck distcheck
	check an_install_is_complete_and_can_be_undone installs_under_destdir
}

main "$@"
