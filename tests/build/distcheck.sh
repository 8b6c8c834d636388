#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # ${datadir} is make's
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
	for page in man1/openshell.1 man1/openshell-gateway.1 man5/openshell-metadata.5 man8/openshell-sandbox.8; do
		[ -s "$TEST_TMP/root/usr/local/share/man/$page" ]
	done
	[ -d "$TEST_TMP/root/usr/local/share/openshell/deploy" ]
	for file in bash-completion/completions/openshell zsh/site-functions/_openshell fish/vendor_completions.d/openshell.fish; do
		cmp "$BUILD/source/src/completions/${file##*/}" "$TEST_TMP/root/usr/local/share/$file"
	done
	make -C "$BUILD/dist" uninstall DESTDIR="$TEST_TMP/root"
	expect_equal '' "$(find "$TEST_TMP/root" -type f)"
}

completions_go_where_they_are_told() {
	mkdir "$TEST_TMP/told"
	cd "$TEST_TMP/told" || return
	"$BUILD/source/configure" --with-bash-completion-dir=/etc/bash_completion.d --with-fish-completion-dir=no \
		--with-zsh-completion-dir='${datadir}/zsh/vendor-completions'
	make install-data DESTDIR="$TEST_TMP/other"
	[ -s "$TEST_TMP/other/etc/bash_completion.d/openshell" ]
	[ -s "$TEST_TMP/other/usr/local/share/zsh/vendor-completions/_openshell" ]
	[ ! -e "$TEST_TMP/other/usr/local/share/fish" ]
}

main() {
	check the_tarball_passes_distcheck distcheck
	check an_install_is_complete_and_can_be_undone installs_under_destdir
	check completions_are_installed_where_configure_is_told completions_go_where_they_are_told
}

main "$@"
