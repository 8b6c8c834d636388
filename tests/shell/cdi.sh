#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The entrypoint's watcher for WSL2 CDI specs, with real jq and inotifywait.
# shellcheck disable=SC2016,SC2119,SC2120 # the fakes are written as they are to run; start takes VAR=VALUE
. "$(dirname "$0")/../lib/tap.sh"

R=$TEST_TMP/root
D=$R/var/run/cdi
IN=$D/k8s.device-plugin.nvidia.com-gpu.json
OUT=$D/openshell-wsl.json
SPEC='{"cdiVersion":"0.7.0","kind":"nvidia.com/gpu","devices":[{"name":"all","containerEdits":{"deviceNodes":[{"path":"/dev/dxg"}]}}]}'
GROUP=

prepare() {
	stop
	rm -rf "$R"
	mkdir -p "$R/dev" "$R/etc" "$R/proc" "$D" "$TEST_TMP/bin"
	mknod "$R/dev/dxg" c 1 3
	echo 'nameserver 10.0.0.1' >"$R/etc/resolv.conf"
	for pp in nslookup iptables update-alternatives; do printf '#!/bin/sh\n' >"$TEST_TMP/bin/$pp"; done
	printf '#!/bin/sh\necho default via 10.0.0.1\n' >"$TEST_TMP/bin/ip"
	printf '#!/bin/sh\nexec sleep 60\n' >"$TEST_TMP/bin/k3s"
	chmod +x "$TEST_TMP"/bin/*
}

# start [VAR=VALUE...]: in a process group of its own, since the watcher outlives the shell.
start() {
	env PATH="$TEST_TMP/bin:$PATH" OPENSHELL_ROOT="$R" K3S_BIN="$TEST_TMP/bin/k3s" GPU_ENABLED=true REGISTRY_HOST=127.0.0.1:5000 "$@" \
		setsid sh "$REPO/deploy/docker/cluster-entrypoint.sh" >"$TEST_TMP/log" 2>&1 &
	echo $! >"$TEST_TMP/group"
	eventually 2 grep -q 'watching for CDI' "$TEST_TMP/log" || return 1
	eventually 5 watching
}

watching() {
	grep -qs "$D" /proc/[0-9]*/cmdline
}

stop() {
	[ -e "$TEST_TMP/group" ] || return 0
	GROUP=$(cat "$TEST_TMP/group")
	kill -KILL "-$GROUP" 2>/dev/null || :
	rm -f "$TEST_TMP/group"
}

transformed() {
	[ "$(jq -r '"\(.cdiVersion) \(.devices[0].name)"' "$OUT" 2>/dev/null)" = '0.5.0 0' ]
}

a_spec_that_is_there_already_is_transformed() {
	prepare
	echo "$SPEC" >"$IN"
	start
	eventually 4 transformed
}

a_spec_that_is_moved_in_is_transformed() {
	prepare
	start
	echo "$SPEC" >"$R/spec"
	mv "$R/spec" "$IN"
	eventually 4 transformed
}

a_spec_that_is_written_in_place_is_transformed_each_time() {
	prepare
	start
	echo "$SPEC" >"$IN"
	eventually 4 transformed
	rm "$OUT"
	echo "$SPEC" >"$IN"
	eventually 4 transformed
}

only_the_device_called_all_is_renamed() {
	prepare
	echo "$SPEC" | sed 's/"all"/"1"/' >"$IN"
	start
	eventually 4 test -s "$OUT"
	expect_equal '0.5.0 1' "$(jq -r '"\(.cdiVersion) \(.devices[0].name)"' "$OUT")"
}

what_is_not_wsl_or_not_json_is_left_alone_and_the_watch_goes_on() {
	prepare
	echo "$SPEC" | sed 's/dxg/nvidia0/' >"$IN"
	start
	echo '{ /dev/dxg broken' >"$IN"
	eventually 4 grep -q 'not a spec' "$TEST_TMP/log"
	[ ! -e "$OUT" ]
	echo "$SPEC" >"$D/other.json"
	echo "$SPEC" >"$IN"
	eventually 4 transformed
	expect_equal 3 "$(find "$D" -type f | wc -l)"
}

without_the_gpu_flag_or_the_device_nobody_watches() {
	prepare
	rm "$R/dev/dxg"
	expect_status 1 start
	expect_lacks 'watching for CDI' "$TEST_TMP/log"
	prepare
	expect_status 1 start GPU_ENABLED=1
	! watching
}

main() {
	if [ "$(id -u)" -ne 0 ] || ! mknod "$TEST_TMP/null" c 1 3 2>/dev/null; then
		skip cdi 'a device node cannot be made here'
		return 0
	fi
	if ! command -v inotifywait >/dev/null 2>&1 || ! command -v jq >/dev/null 2>&1; then
		skip cdi 'inotifywait and jq are not installed'
		return 0
	fi
	at_exit stop
	for mn in a_spec_that_is_there_already_is_transformed a_spec_that_is_moved_in_is_transformed \
		a_spec_that_is_written_in_place_is_transformed_each_time only_the_device_called_all_is_renamed \
		what_is_not_wsl_or_not_json_is_left_alone_and_the_watch_goes_on without_the_gpu_flag_or_the_device_nobody_watches; do
		check "$mn" "$mn"
	done
}

main "$@"
