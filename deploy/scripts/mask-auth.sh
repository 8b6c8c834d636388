#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# mask-auth.sh FILE: the one line USER:PASSWORD of FILE as masked bytes for a C array, for
# configure --with-distribution-auth. Masked is not encrypted: the program undoes it (image_unmask in
# src/gateway/image.c), and so can anybody who has the program.

set -eu

fail() {
	printf 'mask-auth.sh: %s\n' "$*" >&2
	exit 1
}

# The same generator as in image_unmask(); bytes are read as numbers.
mask() {
	key=1869636974
	separator=
	for byte in $(printf '%s' "$1" | od -An -v -tu1); do
		printf '%s%d' "$separator" $((byte ^ (key >> 16 & 255)))
		separator=,
		key=$(((key * 1103515245 + 12345) & 4294967295))
	done
	echo
}

main() {
	[ $# -eq 1 ] || fail 'usage: mask-auth.sh FILE'
	[ -r "$1" ] || fail "cannot read $1"
	[ "$(grep -c '' "$1")" -eq 1 ] || fail "$1 does not hold one line"
	text=$(cat "$1")
	case $text in
	?*:?*) mask "$text" ;;
	*) fail "$1 does not hold USER:PASSWORD" ;;
	esac
}

main "$@"
