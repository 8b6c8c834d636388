#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What a press of the TAB key costs: against an empty C program that links the same libraries, with few gateways and with
# ten thousand, there against a C program that looks for the same files.
. "$(dirname "$0")/../lib/tap.sh"
. "$REPO/tests/bench/lib.sh"

# gateways DIRECTORY COUNT
gateways() {
	mkdir -p "$1/.config/openshell/gateways"
	(cd "$1/.config/openshell/gateways" && seq -f 'gateway-%05g' "$2" | xargs mkdir &&
		seq -f 'gateway-%05g/metadata.json' "$2" | xargs touch)
}

same_files_program() {
	cat >"$TEST_TMP/look.c" <<-'END'
		#include <dirent.h>
		#include <fcntl.h>
		#include <stdio.h>
		#include <sys/stat.h>

		int main(int argc, char **argv)
		{
			DIR *dir = opendir(argv[1]);
			struct dirent *entry;
			struct stat st;
			char path[512];

			while (dir != NULL && (entry = readdir(dir)) != NULL) {
				snprintf(path, sizeof(path), "%s/metadata.json", entry->d_name);
				if (fstatat(dirfd(dir), path, &st, AT_SYMLINK_NOFOLLOW) == 0)
					puts(entry->d_name);
			}
			return argc != 2;
		}
	END
	like_us "$TEST_TMP/look.c" "$TEST_TMP/look"
}

main() {
	prepare_ratio
	empty_program
	same_files_program
	gateways "$TEST_TMP/few" 10
	gateways "$TEST_TMP/many" 10000
	export HOME="$TEST_TMP/few"
	ratio -l 'openshell __complete gateway st : empty program (bound: 5 ms)' \
		"$OPENSHELL" __complete gateway st -- "$TEST_TMP/empty"
	ratio -l 'openshell __complete gateway select "", 10 gateways : empty program (bound: 5 ms)' \
		"$OPENSHELL" __complete gateway select '' -- "$TEST_TMP/empty"
	export HOME="$TEST_TMP/many"
	ratio -l 'openshell __complete gateway select "", 10,000 gateways : the same files looked for' \
		"$OPENSHELL" __complete gateway select '' -- "$TEST_TMP/look" "$HOME/.config/openshell/gateways"
	ratio -l 'openshell __complete gateway select gateway-0042, 10,000 gateways : empty program' \
		"$OPENSHELL" __complete gateway select gateway-0042 -- "$TEST_TMP/empty"
	ok completion_was_measured
}

main "$@"
