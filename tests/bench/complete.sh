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

# processor_time LABEL COMMAND...: of one run, the mean of a hundred; the clock on the wall tells of other work, too
processor_time() {
	label=$1
	shift
	# shellcheck disable=SC2016 # for the inner shell
	sh -c 'i=0; while [ "$i" -lt 100 ]; do "$@" >/dev/null; i=$((i + 1)); done; times' sh "$@" | tail -n 1 |
		tr 'ms' '  ' | awk -v label="$label" \
			'{ printf "# %s: %.1f ms of processor time\n", label, ($1 * 60 + $2 + $3 * 60 + $4) * 10 }'
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
	processor_time 'openshell __complete gateway select "", 10 gateways' "$OPENSHELL" __complete gateway select ''
	processor_time 'empty program' "$TEST_TMP/empty"
	export HOME="$TEST_TMP/many"
	ratio -l 'openshell __complete gateway select "", 10,000 gateways : the same files looked for' \
		"$OPENSHELL" __complete gateway select '' -- "$TEST_TMP/look" "$HOME/.config/openshell/gateways"
	ratio -l 'openshell __complete gateway select gateway-0042, 10,000 gateways : empty program' \
		"$OPENSHELL" __complete gateway select gateway-0042 -- "$TEST_TMP/empty"
	ok completion_was_measured
}

main "$@"
