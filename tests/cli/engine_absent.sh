#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# No docker, no engine, no permission: every command says so in one line and with the right status.

# out, err, home, config and engine come from lib/cli.sh.
# shellcheck disable=SC2154,SC2034,SC2016
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

COMMANDS='gateway start
gateway stop
gateway destroy
doctor check
doctor logs
doctor exec -- true
status'

no_docker() {
	new_home
	given_record openshell container_id id-of-x docker_id ENGINE-ID
	given_active openshell
	mkdir "$home/bin"
	CLI_PATH=$home/bin
	expect_status 5 run "$@"
	CLI_PATH=""
	grep -q docker "$out" "$err"
}

# The client's own words and status when there is no engine: DC 28 prints an empty line.
engine_down() {
	new_home
	given_record openshell container_id id-of-x docker_id ENGINE-ID
	given_active openshell
	rule docker 10-info '^info'
	answer last out '{"ServerErrors":["Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"],"ClientInfo":{"Context":"default"}}'
	answer last rc 1
	rule docker 20-all .
	answer last out ''
	answer last err 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?'
	answer last rc 1
	expect_status 5 run "$@"
	grep -q 'Cannot connect to the Docker daemon' "$out" "$err"
}

permission_denied() {
	new_home
	rule docker 20-all .
	answer last err 'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock'
	answer last rc 1
	expect_status 6 run gateway start
	expect_err 'permission denied'
	[ ! -e "$config" ]
}

nothing_is_written() {
	new_home
	rule docker 20-all .
	answer last rc 1
	fails run gateway start
	[ ! -e "$config" ]
}

slow_engine() {
	new_home
	with OPENSHELL_DOCKER_TIMEOUT=1
	rule docker 20-all .
	answer last hang
	expect_status 7 run gateway start
	[ ! -e "$config" ]
}

lists_need_no_docker() {
	new_home
	given_record openshell
	CLI_PATH=$home/none
	run gateway list
	run gateway select openshell
	CLI_PATH=""
}

main() {
	while read -r words; do
		name=$(echo "${words%% --*}" | tr ' ' _)
		# shellcheck disable=SC2086 # a list of words
		check "${name}_without_docker_gives_5" no_docker $words
		# shellcheck disable=SC2086
		check "${name}_without_an_engine_gives_5" engine_down $words
	done <<-END
		$COMMANDS
	END
	check a_refused_socket_gives_6 permission_denied
	check a_failed_start_writes_nothing nothing_is_written
	check an_engine_that_does_not_answer_in_time_gives_7 slow_engine
	check list_and_select_need_no_docker lists_need_no_docker
}

main "$@"
