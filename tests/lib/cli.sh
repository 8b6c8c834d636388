# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034,SC2119,SC2120
#
# For tests of the command line, sourced after tap.sh: the real program, fake tools (tests/fakes), a private home.
# The program is tests/openshell beside $OPENSHELL, which differs from it only in a clock that does not wait.
#
#   new_home                    an empty $home, configuration $config and run directory $runtime, no rules, no calls;
#                               every test begins with it
#   rule TOOL NN-NAME REGEX     declares a rule of a fake; the answers that follow belong to it
#   answer N|last KEY [TEXT]    the rule's answer to its Nth or any further call: see tests/fakes/docker for the keys.
#                               A rule without an answer says nothing and exits 0.
#   run ARGUMENT...             runs the program: its status is returned; stdout and stderr are in $out and $err
#   expect_out TEXT, expect_err TEXT         a part of what the last run wrote
#   expect_out_is TEXT                       all of stdout, without its last newline
#   expect_no_out, expect_one_line           stdout is empty; stderr is one line
#   expect_one_reason                        stderr is the one line of an error, with its meaning and steps beneath it
#   expect_calls <<END          the calls of the fakes since new_home or forget_calls, exactly: one line each, blanks
#                               within an argument written as "\ "; without `docker events` and
#                               `docker logs --follow`, which run beside the others and so have no place in the order
#   calls [REGEX]               those calls, or the ones that fit
#   forget_calls
#   nothing_unexpected          no fake met arguments that it had no rule for

CLI_PROGRAM=${CLI_PROGRAM:-$(dirname -- "$OPENSHELL")/tests/openshell}
if [ ! -x "$CLI_PROGRAM" ]; then
	not_ok "$(basename "$0" .sh)_has_a_program_to_test" "$CLI_PROGRAM is not there: make tests/openshell, or set OPENSHELL"
	exit 0
fi
out=$TEST_TMP/out
err=$TEST_TMP/err
cli_homes=0

new_home() {
	cli_homes=$((cli_homes + 1))
	home=$TEST_TMP/home.$$.$cli_homes
	runtime=$TEST_RUN/$cli_homes
	rm -rf "$home" "$runtime"
	mkdir -p "$home/config" "$home/fake/docker" "$home/fake/ssh" "$home/tmp"
	mkdir -m 0700 "$runtime"
	config=$home/config/openshell
	FAKE_DIR=$home/fake
	export FAKE_DIR
	: >"$FAKE_DIR/calls"
	: >"$out" # what waits for words of a run in the background is not to find the last test's
	: >"$err"
	cli_rule=
	cli_env=
}

# with NAME=VALUE...: more environment for the runs of this home
with() {
	for cli_pair in "$@"; do
		cli_env="$cli_env$cli_pair
"
	done
}

rule() {
	cli_rule=$FAKE_DIR/$1/$2
	mkdir -p "$cli_rule"
	rm -f "$cli_rule"/*
	printf '%s\n' "$3" >"$cli_rule/match"
	: >"$cli_rule/last.rc"
}

answer() {
	cli_file=$cli_rule/$1.$2
	shift 2
	printf '%s' "$*" >"$cli_file"
	[ $# -eq 0 ] || echo >>"$cli_file"
}

# run_as PROGRAM...: as run, for another program or with something before it
run_as() {
	cli_status=0
	(
		IFS='
'
		# shellcheck disable=SC2086 # one variable a line
		exec env -i PATH="${CLI_PATH:-$REPO/tests/fakes:/usr/bin:/bin}" HOME="$home" LC_ALL=C \
			XDG_CONFIG_HOME="$home/config" XDG_RUNTIME_DIR="$runtime" TMPDIR="$home/tmp" \
			FAKE_DIR="$FAKE_DIR" $cli_env "$@"
	) >"$out" 2>"$err" </dev/null || cli_status=$?
	return "$cli_status"
}

run() {
	run_as "$CLI_PROGRAM" "$@"
}

expect_out() {
	expect_has "$1" "$out"
}

expect_err() {
	expect_has "$1" "$err"
}

expect_out_is() {
	expect_equal "$1" "$(cat "$out")"
}

expect_no_out() {
	expect_equal '' "$(cat "$out")"
}

expect_one_line() {
	[ "$(wc -l <"$err")" -eq 1 ] && return 0
	printf 'expected one line on stderr, got:\n' >&2
	cat "$err" >&2
	return 1
}

expect_one_reason() {
	case $(head -n 1 "$err") in 'openshell: '*) ;; *) cat "$err" >&2 && return 1 ;; esac
	expect_equal 1 "$(grep -c '^openshell: ' "$err")"
}

calls() {
	sed 's/ /\\ /g; s/\t/ /g' "$FAKE_DIR/calls" | grep -E -e "${1:-.}" || true
}

forget_calls() {
	: >"$FAKE_DIR/calls"
}

expect_calls() {
	cat >"$TEST_TMP/calls.want"
	calls | grep -vE '^docker (events|logs --follow) ' >"$TEST_TMP/calls.got" || true
	diff -u "$TEST_TMP/calls.want" "$TEST_TMP/calls.got" >&2
}

nothing_unexpected() {
	[ ! -e "$FAKE_DIR/unexpected" ] && return 0
	printf 'calls that no rule fits:\n' >&2
	cat "$FAKE_DIR/unexpected" >&2
	return 1
}

# fails COMMAND...: true when it is not; "!" alone would not stop a test
fails() {
	! "$@"
}

# given_engine: an empty engine with the image openshell/cluster:dev, behind all rules
given_engine() {
	rule docker 90-engine .
	# shellcheck disable=SC2016 # the hook's own
	answer last sh '. "'"$REPO"'/tests/fakes/engine.sh"'
	engine=$FAKE_DIR/engine
	mkdir -p "$engine/containers" "$engine/networks" "$engine/volumes"
	echo 'openshell/cluster:dev sha256:image-1' >"$engine/images"
	echo '{"items":[]}' >"$engine/nodes.json"
	for cli_part in ca.crt tls.crt tls.key; do
		base64 -w0 "$REPO/tests/data/fake-cluster/$cli_part"
		echo
	done >"$engine/secret"
}

# given_container NAME STATUS HEALTH [IMAGE-ID]: a gateway's container, network and volume
given_container() {
	echo "$2 $3 ${4:-sha256:image-1} 8080 127.0.0.1" >"$engine/containers/openshell-cluster-$1"
	: >"$engine/networks/openshell-cluster-$1"
	: >"$engine/volumes/openshell-cluster-$1"
}

# given_record NAME [KEY VALUE]...: metadata of a gateway; more keys hold texts
given_record() {
	cli_name=$1
	shift
	mkdir -p "$config/gateways/$cli_name"
	{
		printf '{"name":"%s","gateway_endpoint":"https://127.0.0.1:8080","is_remote":false,"gateway_port":8080' "$cli_name"
		while [ $# -ge 2 ]; do
			printf ',"%s":"%s"' "$1" "$2"
			shift 2
		done
		echo '}'
	} >"$config/gateways/$cli_name/metadata.json"
}

given_bundle() {
	mkdir -p "$config/gateways/$1"
	cp -r "$REPO/tests/data/fake-cluster" "$config/gateways/$1/mtls"
	rm -f "$config/gateways/$1/mtls/README"
	chmod 700 "$config/gateways/$1/mtls"
	chmod 600 "$config/gateways/$1/mtls"/*
}

given_active() {
	mkdir -p "$config"
	printf '%s' "$1" >"$config/active_gateway"
}

# given_listener: takes connections on $port and ends them at once; the caller kills $listener
given_listener() {
	rm -f "$TEST_TMP/listener"
	python3 -c '
import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(16)
print(s.getsockname()[1], flush=True)
while True:
    s.accept()[0].close()' >"$TEST_TMP/listener" &
	listener=$!
	eventually 5 test -s "$TEST_TMP/listener"
	port=$(cat "$TEST_TMP/listener")
}
