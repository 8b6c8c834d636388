# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# The cache of build results. A result's name ends in a key made of everything that goes into it, so that a result that
# is there is right, and needs no other check. Sourced after common.sh; functions only.

CACHE=${OPENSHELL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/openshell}

# content_key TEXT PATH...: a key of the text and of the files, and files below the directories: names, contents and
# execute bits, but not where the tree lies.
content_key() {
	{
		printf '%s\n' "$1"
		shift
		for ck_path; do
			(
				cd "$(dirname "$ck_path")" || exit
				find "$(basename "$ck_path")" -type f ! -name '*_test.go' ! -path '*/.build/*' | LC_ALL=C sort |
					while read -r ck_file; do
						[ ! -x "$ck_file" ] || printf 'x '
						sha256sum <"$ck_file" | cut -d' ' -f1
						printf '%s\n' "$ck_file"
					done
			)
		done
	} | sha256sum | cut -c1-16
}

# lock_cache NAME: until the script ends. Sets WORK, a directory on the cache's file system that is removed then; what
# a killed run left there goes first.
lock_cache() {
	mkdir -p "$CACHE"
	exec 9>"$CACHE/$1.lock"
	if ! flock -n 9; then
		say "waiting for another run (lock $CACHE/$1.lock)"
		flock 9
	fi
	WORK=$CACHE/$1.tmp
	remove_work
	mkdir "$WORK"
	trap remove_work EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

remove_work() {
	rm -rf --one-file-system "$WORK"
}

# keep_newest NUMBER DIRECTORY PREFIX: removes the older files of the kind that PREFIX names. A result that is used is
# touched, so that it is new.
keep_newest() {
	find "$2" -maxdepth 1 -type f -name "$3*" -printf '%T@ %p\n' 2>/dev/null | sort -rn | tail -n "+$(($1 + 1))" |
		cut -d' ' -f2- | while read -r kn_file; do
		rm -f "$kn_file"
	done
}

# bound_size DIRECTORY MEGABYTES: removes the files that were not touched for longest.
bound_size() {
	bs_have=$(du -sm "$1" 2>/dev/null | cut -f1)
	[ "${bs_have:-0}" -gt "$2" ] || return 0
	find "$1" -type f -printf '%T@ %s %p\n' | sort -n |
		awk -v over=$(((bs_have - $2) * 1048576)) 'removed < over { removed += $2; print $3 }' |
		while read -r bs_file; do rm -f "$bs_file"; done
}
