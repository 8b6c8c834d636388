#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The exit statuses that openshell(1) promises, one by one.

# out, err, home, config and engine come from lib/cli.sh.
# shellcheck disable=SC2154,SC2034,SC2016
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

C=openshell-cluster-openshell

# container_line STATUS HEALTH EXIT-CODE: what inspect prints of $C
container_line() {
	printf '{"Id":"id-of-%s","Image":"sha256:image-1","RestartCount":0,"State":{"Status":"%s","ExitCode":%s,"OOMKilled":false,"Error":"","Health":{"Status":"%s","Log":[]}},"Config":{"Image":"openshell/cluster:dev"},"HostConfig":{},"NetworkSettings":{"Networks":{}}}' \
		"$C" "$1" "$3" "$2"
}

done_gives_0() {
	new_home
	given_engine
	expect_status 0 run gateway start
	expect_status 0 run gateway stop
	expect_status 0 run gateway destroy
}

absence_is_done_for_stop_and_destroy() {
	new_home
	given_engine
	expect_status 0 run gateway stop --name none
	expect_status 0 run gateway destroy --name none
}

a_failure_gives_1() {
	new_home
	given_engine
	rule docker 10-fail '^volume create'
	answer last err 'Error response from daemon: it did not work'
	answer last rc 1
	expect_status 1 run gateway start
}

an_unreachable_registry_gives_1() {
	new_home
	given_engine
	: >"$engine/images"
	rule docker 10-pull '^pull'
	answer last err 'Error response from daemon: Get "https://ghcr.io/v2/": net/http: TLS handshake timeout'
	answer last rc 1
	expect_status 1 run gateway start
}

wrong_usage_gives_2() {
	new_home
	expect_status 2 run gateway start --port none
	expect_status 2 run frobnicate
	with OPENSHELL_DOCKER_TIMEOUT=soon
	expect_status 2 run gateway start
}

what_is_not_there_gives_3() {
	new_home
	given_engine
	expect_status 3 run gateway info --name none
	expect_status 3 run gateway select none
	expect_status 3 run doctor logs --name none
	expect_status 3 run status --name none
	expect_status 3 run status
}

an_absent_image_gives_3() {
	new_home
	given_engine
	with OPENSHELL_CLUSTER_IMAGE=openshell/other:1
	expect_status 3 run gateway start
}

a_taken_port_gives_4() {
	new_home
	given_engine
	echo another >"$engine/port-holders"
	expect_status 4 run gateway start
}

a_port_that_docker_finds_taken_gives_4() {
	new_home
	given_engine
	rule docker 10-start '^start'
	answer last err 'Error response from daemon: Bind for 127.0.0.1:8080 failed: port is already allocated'
	answer last rc 1
	expect_status 4 run gateway start
}

another_engine_gives_4() {
	new_home
	given_engine
	given_record openshell docker_id ANOTHER container_id gone
	expect_status 4 run gateway stop --name openshell
}

no_docker_gives_5() {
	new_home
	mkdir "$home/bin"
	CLI_PATH=$home/bin
	expect_status 5 run gateway start
	CLI_PATH=""
}

no_engine_gives_5() {
	new_home
	rule docker 20-all .
	answer last err 'failed to connect to the docker API at unix:///var/run/docker.sock; check if the path is correct'
	answer last rc 1
	expect_status 5 run gateway start
}

a_refusal_gives_6() {
	new_home
	given_engine
	expect_status 6 run gateway start --plaintext --bind 0.0.0.0
	: >"$engine/images"
	rule docker 10-pull '^pull'
	answer last err 'Error response from daemon: unauthorized: authentication required'
	answer last rc 1
	expect_status 6 run gateway start
}

an_entry_of_the_system_gives_6() {
	new_home
	given_engine
	with OPENSHELL_SYSTEM_GATEWAY_DIR="$home/system"
	mkdir -p "$home/system/gateways/shared"
	echo '{"name":"shared","gateway_endpoint":"https://there.example","is_remote":true,"gateway_port":0}' \
		>"$home/system/gateways/shared/metadata.json"
	expect_status 6 run gateway destroy --name shared
}

out_of_time_gives_7() {
	new_home
	given_engine
	rule docker 10-wait '^container inspect'
	answer last out "$(container_line running starting 0)"
	expect_status 7 run gateway start --timeout 10
	expect_err openshell
}

docker_out_of_time_gives_7() {
	new_home
	with OPENSHELL_DOCKER_TIMEOUT=1
	rule docker 20-all .
	answer last hang
	expect_status 7 run gateway start
}

an_ended_container_gives_8() {
	new_home
	given_engine
	rule docker 10-wait '^container inspect'
	answer last out "$(container_line exited none 3)"
	expect_status 8 run gateway start
}

# The container's log explains it, and is no reason for another status.
an_ended_container_that_explains_itself_gives_8() {
	new_home
	given_engine
	rule docker 10-wait '^container inspect'
	answer last out "$(container_line exited none 1)"
	rule docker 11-logs '^logs --tail'
	answer last out 'failed to run Kubelet: inotify_init: too many open files'
	expect_status 8 run gateway start
	expect_err max_user_instances
}

a_stopped_gateway_gives_8() {
	new_home
	given_engine
	given_record openshell container_id "id-of-$C"
	given_container openshell exited none
	expect_status 8 run status
	expect_status 8 run doctor exec -- true
}

# by_signal SIGNAL STATUS
by_signal() {
	new_home
	given_engine
	rule docker 10-start '^start'
	answer last hang
	run_as env --default-signal "$CLI_PROGRAM" gateway start &
	runner=$!
	eventually 5 started
	kill -s "$1" "$(tr -d ' ' <"/proc/$runner/task/$runner/children")"
	expect_status "$2" wait "$runner"
}

started() {
	[ -n "$(calls '^docker start')" ]
}

# of_the_child KEY VALUE STATUS: doctor exec gives what docker's child ended with
of_the_child() {
	new_home
	given_engine
	given_record openshell container_id "id-of-$C"
	given_container openshell running healthy
	rule docker 10-exec '^exec '
	answer last "$1" "$2"
	expect_status "$3" run doctor exec -- some command
	rule docker 10-logs '^logs '
	answer last "$1" "$2"
	expect_status "$3" run doctor logs
}

main() {
	check done_gives_0 done_gives_0
	check absence_is_done_for_stop_and_destroy absence_is_done_for_stop_and_destroy
	check a_failure_gives_1 a_failure_gives_1
	check an_unreachable_registry_gives_1 an_unreachable_registry_gives_1
	check wrong_usage_gives_2 wrong_usage_gives_2
	check what_is_not_there_gives_3 what_is_not_there_gives_3
	check an_absent_image_gives_3 an_absent_image_gives_3
	check a_taken_port_gives_4 a_taken_port_gives_4
	check a_port_that_docker_finds_taken_gives_4 a_port_that_docker_finds_taken_gives_4
	check another_engine_gives_4 another_engine_gives_4
	check no_docker_gives_5 no_docker_gives_5
	check no_engine_gives_5 no_engine_gives_5
	check a_refusal_gives_6 a_refusal_gives_6
	check an_entry_of_the_system_gives_6 an_entry_of_the_system_gives_6
	check out_of_time_gives_7 out_of_time_gives_7
	check docker_out_of_time_gives_7 docker_out_of_time_gives_7
	check an_ended_container_gives_8 an_ended_container_gives_8
	check an_ended_container_that_explains_itself_gives_8 an_ended_container_that_explains_itself_gives_8
	check a_stopped_gateway_gives_8 a_stopped_gateway_gives_8
	check hangup_gives_129 by_signal HUP 129
	check interrupt_gives_130 by_signal INT 130
	check term_gives_143 by_signal TERM 143
	for code in 0 1 2 5 8 126 127 130 255; do
		check "a_childs_${code}_is_passed_on" of_the_child rc "$code" "$code"
	done
	check a_childs_signal_is_passed_on_as_128_plus_n of_the_child signal KILL 137
}

main "$@"
