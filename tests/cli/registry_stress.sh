#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Several processes that add, select, remove and list at once leave a valid registry: OPERATIONS in all (10,000).

# out, err, home and config come from lib/cli.sh.
# shellcheck disable=SC2154,SC2034
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

OPERATIONS=${OPERATIONS:-10000}
ROUNDS=${ROUNDS:-40}
WORKERS=4

# The statuses that an operation may have when others are at work on the same few names: done, absent, busy or taken.
# What a list or the active gateway says is checked by who gets it.
write_worker() {
	cat >"$home/worker" <<'END'
program=$1 config=$2 worker=$3 left=$4 log=$5
random=$((worker * 7919 + 1))

roll() {
	random=$(((random * 1103515245 + 12345) % 2147483648))
	rolled=$((random / 65536 % $1))
}

# allow STATUS...: of the last command
allow() {
	for allowed in "$@"; do
		[ "$status" -ne "$allowed" ] || return 0
	done
	echo "worker $worker: status $status of $command"
	cat "$log.err"
}

operate() {
	command=$*
	status=0
	"$program" gateway "$@" >"$log.out" 2>"$log.err" </dev/null || status=$?
}

while [ "$left" -gt 0 ]; do
	left=$((left - 1))
	roll 3
	name=gw$rolled
	roll 10
	case $rolled in
	0 | 1 | 2) operate add "http://127.0.0.1:$((7000 + worker))" --name "$name" && allow 0 4 ;;
	3 | 4) operate remove "$name" && allow 0 3 4 ;;
	5 | 6 | 7) operate select "$name" && allow 0 3 ;;
	8)
		operate list -o json && allow 0
		grep -q invalid "$log.out" && echo "worker $worker: an entry was invalid" && cat "$log.out"
		;;
	9) operate info --name "$name" && allow 0 3 ;;
	esac
	grep -q ignored "$log.err" && echo "worker $worker: $command warned" && cat "$log.err"
done
exit 0
END
}

# in_home COMMAND...: as run does, with its output where it is
in_home() {
	env -i PATH=/usr/bin:/bin HOME="$home" LC_ALL=C XDG_CONFIG_HOME="$home/config" XDG_RUNTIME_DIR="$runtime" \
		TMPDIR="$home/tmp" OPENSHELL_SYSTEM_GATEWAY_DIR="$home/system" "$@"
}

run_workers() {
	write_worker
	number=1
	pids=
	while [ "$number" -le "$WORKERS" ]; do
		in_home sh "$home/worker" "$CLI_PROGRAM" "$config" "$number" $((OPERATIONS / WORKERS)) "$home/log.$number" \
			>"$home/said.$number" 2>&1 &
		pids="$pids $!"
		number=$((number + 1))
	done
	for pid in $pids; do
		wait "$pid"
	done
	cat "$home"/said.*
	[ ! -s "$home/said.1" ] && [ ! -s "$home/said.2" ] && [ ! -s "$home/said.3" ] && [ ! -s "$home/said.4" ]
}

# Every entry is whole, the active gateway is one of them, and nothing else is there.
is_valid() {
	with "OPENSHELL_SYSTEM_GATEWAY_DIR=$home/system"
	run gateway list -o json
	fails test -s "$err"
	jq -e 'all(.[]; has("invalid") | not)' "$out" >/dev/null
	expect_equal "$(jq -r '.[].name' "$out")" "$(find "$config/gateways" -mindepth 1 -maxdepth 1 -printf '%f\n' 2>/dev/null | sort)"
	if [ -e "$config/active_gateway" ]; then
		[ -e "$config/gateways/$(cat "$config/active_gateway")/metadata.json" ]
	fi
	expect_equal '' "$(find "$config" -type f ! -name metadata.json ! -name active_gateway 2>/dev/null)"
	expect_equal '' "$(find "$config" -type f ! -perm 0600 -o -type d ! -perm 0700 2>/dev/null)"
	for name in $(jq -r '.[].name' "$out"); do
		run gateway remove "$name"
	done
	[ ! -e "$config" ]
}

many_at_once() {
	new_home
	run_workers
	is_valid
}

# Without a lock over both a removal and a selection, every second round leaves the name of nothing.
one_selected_and_removed() {
	round=0
	while [ "$round" -lt "$ROUNDS" ]; do
		round=$((round + 1))
		new_home
		with "OPENSHELL_SYSTEM_GATEWAY_DIR=$home/system"
		run gateway add http://127.0.0.1:7001 --name a
		run gateway add http://127.0.0.1:7002 --name b
		pids=
		for command in 'select a' 'remove a' 'select a'; do
			# shellcheck disable=SC2086 # words
			in_home "$CLI_PROGRAM" gateway $command >"$home/said.${command% *}" 2>&1 &
			pids="$pids $!"
		done
		for pid in $pids; do
			wait "$pid" || [ $? -eq 3 ]
		done
		run gateway list -o json
		expect_equal '["b"]' "$(jq -c '[.[].name]' "$out")"
		[ ! -e "$config/active_gateway" ] || expect_equal b "$(cat "$config/active_gateway")"
	done
}

main() {
	check a_gateway_selected_while_it_is_removed_is_not_the_active_one one_selected_and_removed
	check many_processes_at_once_leave_a_valid_registry many_at_once
}

main "$@"
