#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/run.sh [STAGE | SCRIPT]...     STAGE is unit, cli, shell, engine, remote, remote-engine, e2e, bench,
#                                      fuzz or all (the default: all but remote-engine, bench and fuzz)
#
# Runs test scripts (tests/STAGE/*.sh; the unit stage's are in tests/build) and counts their results. Builds in a
# private copy, starts an engine of its own where a stage needs one, and leaves only logs behind: see docs/testing.md.
# With "all", the stages that mostly wait for docker run beside the others, in a run and with an engine of their own.
# The last line is "N passed, N failed, N skipped"; exits 1 when a test failed or none was run.
#
# bash, for arrays and for pipefail.

set -euo pipefail

REPO=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
TEST_STATE=${TEST_STATE:-${TMPDIR:-/tmp}/openshell-test-$(id -u)}
BUILD=$TEST_STATE/build
LOGS=$TEST_STATE/logs
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export REPO TEST_STATE BUILD
owned=
child=
engine=
beside=
passed=0
failed=0
skipped=0

# shellcheck source=tests/lib/needs.sh
. "$REPO/tests/lib/needs.sh"

say() {
	printf '%s\n' "$*" >&2
}

usage() {
	sed -n 's/^# \{0,1\}//; 3,10p' "$REPO/tests/run.sh" >&2
	exit 2
}

# "pid start-time" of a living process: a number given to another process since is not taken for ours.
stamp() {
	local stat
	stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
	stat=${stat##*) }
	case $stat in Z* | X*) return 1 ;; esac
	printf '%s %s\n' "$1" "$(cut -d' ' -f20 <<<"$stat")"
}

still_there() {
	local pid start
	[ -s "$1" ] && read -r pid start <"$1" && [ "$(stamp "$pid")" = "$pid $start" ]
}

# One run at a time for a state directory; what a killed one left there is removed.
take_state() {
	mkdir -p "$TEST_STATE"
	if still_there "$TEST_STATE/owner"; then
		say "tests: process $(cut -d' ' -f1 "$TEST_STATE/owner") is using $TEST_STATE: wait for it, or set TEST_STATE"
		exit 1
	fi
	if still_there "$TEST_STATE/child"; then
		kill -KILL -- "-$(cut -d' ' -f1 "$TEST_STATE/child")" || true
	fi
	"$REPO/tests/lib/test-engine.sh" sweep
	rm -rf "$BUILD" "$LOGS" "$TEST_STATE/tmp" "$TEST_STATE/child"
	stamp $$ >"$TEST_STATE/owner"
	owned=yes
	mkdir -p "$BUILD" "$LOGS" "$TEST_STATE/tmp"
	export TMPDIR=$TEST_STATE/tmp
}

# At once: a script's own cleanup would only tidy what the runner removes anyway.
stop_child() {
	[ -n "$child" ] || return 0
	kill -KILL -- "-$child" 2>/dev/null || kill -KILL "$child" 2>/dev/null || true
	wait "$child" 2>/dev/null || true
	child=
}

stop_engine() {
	[ -n "$engine" ] || return 0
	[ ! -e "$TEST_STATE/engine/dockerd.log" ] || cp "$TEST_STATE/engine/dockerd.log" "$LOGS/dockerd.log"
	kill -TERM "$engine" 2>/dev/null || true
	wait "$engine" 2>/dev/null || true
	engine=
}

# run_beside STAGE...: another run of this script, of what is built here already
run_beside() {
	TEST_STATE=$TEST_STATE/beside TESTED=$OPENSHELL \
		setpriv --pdeathsig TERM /bin/bash "$REPO/tests/run.sh" "$@" >"$LOGS/beside.log" 2>&1 </dev/null &
	beside=$!
}

# Waits for it, shows what it printed, and counts its results.
join_beside() {
	local log=$LOGS/beside.log status=0 line
	wait "$beside" || status=$?
	beside=
	cp "$TEST_STATE/beside/logs/"* "$LOGS/" 2>/dev/null || true
	sed '$d' "$log"
	line=$(tail -n 1 "$log")
	if [[ ! $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
		printf 'not ok - the_run_beside_ends_by_itself\n#   status %s: %s\n' "$status" "$line"
		failed=$((failed + 1))
		return
	fi
	passed=$((passed + BASH_REMATCH[1]))
	failed=$((failed + BASH_REMATCH[2]))
	skipped=$((skipped + BASH_REMATCH[3]))
	if [ "$status" -ne 0 ] && [ "${BASH_REMATCH[2]}" -eq 0 ]; then
		printf 'not ok - the_run_beside_ends_well\n#   status %s\n' "$status"
		failed=$((failed + 1))
	fi
}

stop_beside() {
	[ -n "$beside" ] || return 0
	kill -TERM "$beside" 2>/dev/null || true
	wait "$beside" 2>/dev/null || true
	beside=
}

finish() {
	local rc=$?
	trap - EXIT
	trap '' HUP INT TERM
	stop_beside
	stop_child
	stop_engine
	if [ -n "$owned" ]; then
		[ -n "${KEEP_BUILD:-}" ] || rm -rf "$BUILD"
		rm -rf "$TEST_STATE/tmp" "$TEST_STATE/child" "$TEST_STATE/owner"
	fi
	[ "$failed" -eq 0 ] || say "tests: logs are in $LOGS"
	printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
	if [ "$rc" -ne 0 ] || [ "$failed" -gt 0 ] || [ $((passed + failed)) -eq 0 ]; then
		exit 1
	fi
	exit 0
}

limit_of() {
	case $1 in
	build) echo 900 ;;
	cli | shell) echo 300 ;;
	engine) echo 600 ;;
	remote | remote-engine) echo 1200 ;;
	fuzz) echo $((900 + 20 * ${FUZZ_SECONDS:-60})) ;;
	*) echo 3000 ;;
	esac
}

on_engine() {
	case $1 in engine | remote | remote-engine | e2e | bench) ;; *) false ;; esac
}

# Where it may, a script gets a PID namespace that dies with this process; otherwise a process group that the next run
# ends. An engine, remote, e2e or bench script runs in the engine's namespaces, which die in the same way.
leash_of() {
	leash=(setsid)
	limit=(timeout --foreground -k 20 "$(limit_of "$1")")
	if on_engine "$1"; then
		leash=(setsid "$REPO/tests/lib/test-engine.sh" exec)
		limit=(timeout -k 20 "$(limit_of "$1")")
	elif unshare --pid --mount-proc --fork true 2>/dev/null; then
		# shellcheck disable=SC2016 # for the inner shell, which reaps orphans
		leash=(setsid setpriv --pdeathsig KILL unshare --pid --mount-proc --fork --kill-child
			/bin/bash -c '"$@" & wait $!' leash)
		limit=(timeout -k 20 "$(limit_of "$1")")
	fi
}

provide_engine() {
	[ -z "$engine" ] || return 0
	setpriv --pdeathsig KILL /bin/bash "$REPO/tests/lib/test-engine.sh" run >"$LOGS/engine.log" 2>&1 </dev/null &
	engine=$!
	sleep 0.3
	"$REPO/tests/lib/test-engine.sh" wait
}

count() {
	local log=$1 status=$2 name=$3 bad
	passed=$((passed + $(grep -c '^ok - ' "$log" || true)))
	skipped=$((skipped + $(grep -c '^skip - ' "$log" || true)))
	bad=$(grep -c '^not ok - ' "$log" || true)
	if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
		printf 'not ok - %s_ends_by_itself\n#   status %s (124: out of time); log: %s\n' "$name" "$status" "$log"
		tail -n 30 "$log" | sed 's/^/#   /'
		bad=1
	fi
	failed=$((failed + bad))
}

run_script() {
	local script=$1 stage name log status=0 leash limit started=$SECONDS
	stage=$(basename "$(dirname "$script")")
	name=$(basename "$script" .sh)
	log=$LOGS/$stage-$name.log
	if on_engine "$stage"; then
		if [ "$(id -u)" -ne 0 ]; then
			printf 'skip - %s/%s # an engine of its own needs root\n' "$stage" "$name"
			skipped=$((skipped + 1))
			return
		fi
		provide_engine
	fi
	leash_of "$stage"
	"${leash[@]}" "${limit[@]}" "$script" >"$log" 2>&1 </dev/null 9>&- &
	child=$!
	stamp "$child" >"$TEST_STATE/child" || true
	wait "$child" || status=$?
	child=
	grep -E '^(ok|not ok|skip) - |^#' "$log" || true
	count "$log" "$status" "${stage}_$name"
	say "tests: $stage/$name took $((SECONDS - started)) s"
}

# Everything but the unit stage itself tests the binary that its first script builds.
provide_binary() {
	export OPENSHELL=${TESTED:-$BUILD/gcc/openshell}
	[ -x "$OPENSHELL" ] || run_script "$REPO/tests/build/gcc.sh"
}

run_stage() {
	local script
	say "tests: stage $1"
	for script in "$REPO/tests/$1"/*.sh; do
		[ -x "$script" ] || continue
		case $1/$(basename "$script") in build/gcc.sh) continue ;; esac
		run_script "$script"
	done
}

stages_of() {
	case $1 in
	all) echo shell cli unit engine remote e2e ;;
	unit | cli | shell | engine | remote | remote-engine | e2e | bench | fuzz) echo "$1" ;;
	*/*.sh) basename "$(dirname "$1")" | sed 's/^build$/unit/' ;;
	*) return 1 ;;
	esac
}

# What an argument stands for: directories of scripts in order, the fast ones first, or one script.
parts_of() {
	case $1 in
	all) echo cli shell build e2e beside ;;
	unit) echo build ;;
	*) echo "$1" ;;
	esac
}

run_all() {
	local what part
	for what in "$@"; do
		case $what in shell | fuzz | */fuzz/*) ;; *) provide_binary ;; esac
		[ "$what" != all ] || [ ! -x "$OPENSHELL" ] || run_beside engine remote
		for part in $(parts_of "$what"); do
			case $part in
			*build/gcc.sh) ;;
			beside) [ -z "$beside" ] || join_beside ;;
			cli | engine | remote | remote-engine | e2e | bench) [ ! -x "$OPENSHELL" ] || run_stage "$part" ;;
			*.sh) run_script "$REPO/tests/${part##*tests/}" ;;
			*) run_stage "$part" ;;
			esac
		done
	done
}

main() {
	local what stages=
	[ $# -gt 0 ] || set -- all
	for what in "$@"; do
		stages="$stages $(stages_of "$what")" || usage
	done
	trap finish EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	take_state
	# shellcheck disable=SC2086 # a list of names
	if ! provide_needs "$LOGS/packages.log" $stages; then
		failed=1
		return 1
	fi
	run_all "$@"
}

main "$@"
