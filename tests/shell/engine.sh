#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# deploy/scripts/engine.sh with a faked dockerd: what it starts, what it leaves alone, what it says.
. "$(dirname "$0")/../lib/tap.sh"

ENGINE=$REPO/deploy/scripts/engine.sh
state=$TEST_TMP/state
bin=$TEST_TMP/bin

# A dockerd that "serves" by making a file where the socket would be, and a docker that looks for that file. FAKE says
# how dockerd behaves: serve, die or hang.
make_fakes() {
	mkdir -p "$bin"
	cat >"$bin/dockerd" <<'END'
#!/bin/sh
printf '%s\n' "$@" >"$STATE/arguments"
for a; do case $a in
	--pidfile=*) [ "$FAKE" = die ] || echo $$ >"${a#*=}" ;;
	--host=unix://*) socket=${a#--host=unix://} ;;
esac; done
case $FAKE in
die)
	echo 'level=fatal msg="failed to start daemon: no space left on device"'
	exit 1
	;;
serve) : >"$socket" ;;
esac
trap 'rm -f "$socket"; exit 0' TERM
while :; do
	sleep 0.1
done
END
	cat >"$bin/docker" <<'END'
#!/bin/sh
[ -e "${2#unix://}" ] && echo 20.10.24
END
	chmod +x "$bin/dockerd" "$bin/docker"
	# Whatever this machine's bounding set is, the tests choose what engine.sh sees.
	printf 'CapBnd:\t000001ffffffffff\n' >"$TEST_TMP/all"
	printf 'CapBnd:\t000001fffeffffff\n' >"$TEST_TMP/less"
}

engine() {
	verb=$1
	shift
	PATH=$bin:$PATH "$ENGINE" "$verb" --socket "$state/docker.sock" --data-root "$state/data" --exec-root "$state/exec" \
		--pidfile "$state/docker.pid" --log "$state/log" "$@"
}

# Each case begins on an empty directory and stops what it started.
fresh() {
	[ ! -e "$state/docker.pid" ] || kill "$(cat "$state/docker.pid")" 2>/dev/null || true
	rm -rf "$state"
	mkdir -p "$state"
	export STATE="$state" FAKE=serve
}

starts() {
	fresh
	engine start 2>"$state/said"
	expect_has "answers on $state/docker.sock" "$state/said"
	expect_has "--host=unix://$state/docker.sock" "$state/arguments"
	expect_has "--data-root=$state/data" "$state/arguments"
	expect_has "--exec-root=$state/exec" "$state/arguments"
	engine status
	engine stop
	[ ! -e "$state/docker.sock" ]
	expect_status 3 engine status
}

passes_arguments_on() {
	fresh
	engine start -- --debug --label=x
	expect_has '--debug' "$state/arguments"
	expect_has '--label=x' "$state/arguments"
	engine stop
}

leaves_a_served_socket_alone() {
	fresh
	: >"$state/docker.sock"
	engine start 2>"$state/said"
	expect_has 'left alone' "$state/said"
	[ ! -e "$state/arguments" ]
	engine stop 2>"$state/said"
	expect_has 'not started by engine.sh' "$state/said"
	[ -e "$state/docker.sock" ]
}

starts_once() {
	fresh
	engine start
	first=$(cat "$state/docker.pid")
	engine start
	expect_equal "$first" "$(cat "$state/docker.pid")"
	engine stop
}

says_why_it_died() {
	fresh
	FAKE=die expect_status 1 engine start 2>"$state/said"
	expect_has 'no space left on device' "$state/said"
	expect_has "$state/log" "$state/said"
}

gives_up_in_time() {
	fresh
	FAKE=hang expect_status 1 engine start --timeout 1 2>"$state/said"
	expect_has 'did not answer' "$state/said"
	! kill -0 "$(cat "$state/docker.pid")" 2>/dev/null
}

spares_another_process() {
	fresh
	sleep 60 &
	other=$!
	echo "$other" >"$state/docker.pid"
	engine stop
	kill -0 "$other"
	engine start
	[ "$(cat "$state/docker.pid")" != "$other" ]
	kill -0 "$other"
	kill "$other"
	engine stop
}

stops_twice() {
	fresh
	engine stop
	engine stop
}

runs_in_the_foreground() {
	fresh
	PATH=$bin:$PATH "$ENGINE" run --socket "$state/docker.sock" --data-root "$state/data" --pidfile "$state/docker.pid" \
		2>"$state/said" &
	front=$!
	eventually 10 test -e "$state/docker.sock"
	expect_equal "$front" "$(cat "$state/docker.pid")"
	expect_status 1 engine run
	kill "$front"
	expect_status 0 wait "$front"
}

names_the_package() {
	fresh
	mkdir -p "$state/bin"
	for tool in sh timeout sed cat tr id dirname uname; do ln -s "$(command -v $tool)" "$state/bin/"; done
	ln -s "$bin/docker" "$state/bin/docker"
	sed 's,^PATH=.*,PATH='"$state/bin"',' "$ENGINE" >"$state/engine.sh"
	mkdir "$state/lib"
	cp "$REPO/deploy/scripts/lib/common.sh" "$REPO/deploy/scripts/lib/packages.sh" "$state/lib/"
	expect_status 1 "$state/bin/sh" "$state/engine.sh" start --socket "$state/docker.sock" --pidfile "$state/docker.pid" 2>"$state/said"
	expect_has 'docker.io' "$state/said"
}

wraps_runc_where_the_capability_is_missing() {
	fresh
	SELF_STATUS=$TEST_TMP/less OPENSHELL_RUNTIME_WRAPPER=/bin/true engine start
	expect_has 'openshell=/bin/true' "$state/arguments"
	expect_has '--default-runtime' "$state/arguments"
	engine stop
}

leaves_runc_where_the_capability_is_there() {
	fresh
	SELF_STATUS=$TEST_TMP/all engine start
	expect_lacks '--default-runtime' "$state/arguments"
	engine stop
}

refuses_bad_usage() {
	fresh
	expect_status 2 engine nonsense
	expect_status 2 engine start --nonsense
	expect_status 2 "$ENGINE"
	expect_status 2 "$ENGINE" start --socket
}

main() {
	make_fakes
	at_exit fresh
	check the_usage_is_checked refuses_bad_usage
	if [ "$(id -u)" -ne 0 ]; then
		skip an_engine_is_started_and_stopped 'only root starts an engine'
		return 0
	fi
	check an_engine_is_started_and_stopped starts
	check arguments_after_two_dashes_go_to_dockerd passes_arguments_on
	check a_socket_that_answers_is_left_alone leaves_a_served_socket_alone
	check a_second_start_starts_nothing starts_once
	check an_engine_that_dies_says_why says_why_it_died
	check an_engine_that_never_answers_is_ended_after_the_timeout gives_up_in_time
	check a_stale_pidfile_harms_no_other_process spares_another_process
	check stop_without_an_engine_succeeds stops_twice
	check run_stays_in_the_foreground runs_in_the_foreground
	check a_missing_dockerd_is_named_with_its_package names_the_package
	check runc_is_wrapped_where_the_bounding_set_lacks_cap_sys_resource wraps_runc_where_the_capability_is_missing
	check runc_is_used_plainly_where_the_capability_is_there leaves_runc_where_the_capability_is_there
}

main "$@"
