#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each function of the list in src/base/banned.h really fails to compile, and nothing else does.

set -eu

SRC=${SRC:-${srcdir:-.}/src}

compiles() {
	printf '%s\n' "$1" | ${CC:-cc} -x c -std=gnu11 -D_GNU_SOURCE -include "$SRC/base/banned.h" -fsyntax-only - 2>/dev/null
}

main() {
	compiles 'int main(void) { return 0; }' || { echo 'check-banned: banned.h itself does not compile' >&2; exit 1; }
	banned=$(sed -n 's/^#pragma GCC poison //p' "$SRC/base/banned.h")
	[ -n "$banned" ] || { echo 'check-banned: the list is empty' >&2; exit 1; }
	for function in $banned; do
		if compiles "void *p = (void *)$function;"; then
			echo "check-banned: $function compiles" >&2
			exit 1
		fi
	done
	for required in strcpy strcat sprintf strtok system popen atoi gets; do
		case " $banned " in
		*" $required "*) ;;
		*) echo "check-banned: $required is not in the list" >&2 && exit 1 ;;
		esac
	done
}

main "$@"
