#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each header compiles alone, has an include guard and a licence line.

set -eu

SRC=${SRC:-${srcdir:-.}/src}

main() {
	rc=0
	for header in "$SRC"/*/*.h; do
		name=${header#"$SRC"/}
		# shellcheck disable=SC2086 # both are lists of words
		if ! printf '#include "%s"\n' "$name" |
			${CC:-cc} -x c -std=gnu11 -D_GNU_SOURCE -DPACKAGE_VERSION='"0"' -Wall -Wextra -Wpedantic \
				-Wstrict-prototypes -I"$SRC" ${HEADER_CFLAGS:-$(pkg-config --cflags yaml-0.1 libcjson libbsd-overlay)} \
				-DLIBBSD_OPENBSD_VIS -Werror -fsyntax-only -; then
			echo "check-headers: $name does not compile alone" >&2
			rc=1
		fi
	done
	for file in "$SRC"/*.c "$SRC"/*/*.[ch]; do
		head -n 1 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || {
			echo "check-headers: $file lacks its licence line" >&2
			rc=1
		}
	done
	exit "$rc"
}

main "$@"
