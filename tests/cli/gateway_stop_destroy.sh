#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# gateway stop and gateway destroy: calls, repetition, and what they refuse.

# out, err, home, config and engine come from lib/cli.sh.
# shellcheck disable=SC2154,SC2034,SC2016
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

C=openshell-cluster-dev

stop_by_recorded_id() {
	new_home
	given_engine
	run gateway start --name dev
	cp "$engine/containers/$C" "$engine/containers/id-of-$C"
	forget_calls
	run gateway stop --name dev
	expect_calls <<-END
		docker stop -t 10 -- id-of-$C
	END
	[ -e "$config/gateways/dev/metadata.json" ]
	expect_equal dev "$(cat "$config/active_gateway")"
}

stop_of_nothing() {
	new_home
	given_engine
	run gateway stop --name dev
	expect_no_out
	expect_err "no gateway 'dev'"
	expect_equal '' "$(calls '^docker (rm|create|start)')"
	[ ! -e "$config" ]
}

destroy_removes_all() {
	new_home
	given_engine
	run gateway start --name dev
	forget_calls
	run gateway destroy --name dev
	expect_equal "docker stop -t 10 -- $C
docker rm -f -v -- $C
docker volume rm -f $C
docker network rm $C" "$(calls '^docker (stop|rm|volume rm|network rm|image)')"
	[ ! -e "$config" ]
}

destroy_of_nothing() {
	new_home
	given_engine
	run gateway destroy --name dev
	expect_no_out
	expect_err "no gateway 'dev'"
	expect_equal '' "$(calls '^docker (rm|volume rm|network rm)')"
	run gateway destroy --name dev
}

destroy_of_remains() {
	new_home
	given_engine
	: >"$engine/volumes/$C"
	run gateway destroy --name dev
	[ ! -e "$engine/volumes/$C" ]
}

others_are_left_alone() {
	new_home
	given_engine
	run gateway start --name dev
	run gateway start --name dev2 --port 8081
	run gateway destroy --name dev
	[ -e "$engine/containers/${C}2" ]
	[ -e "$engine/volumes/${C}2" ]
	[ -e "$engine/networks/${C}2" ]
	expect_equal dev2 "$(cat "$config/active_gateway")"
}

active_is_forgotten() {
	new_home
	given_engine
	run gateway start --name dev
	run gateway start --name dev2 --port 8081
	run gateway destroy --name dev2
	[ ! -e "$config/active_gateway" ]
	[ -e "$config/gateways/dev/metadata.json" ]
}

failing_removal_keeps_the_record() {
	new_home
	given_engine
	run gateway start --name dev
	rule docker 10-rm '^volume rm'
	answer last err 'Error response from daemon: volume is in use'
	answer last rc 1
	expect_status 4 run gateway destroy --name dev
	expect_err 'volume is in use'
	expect_err 'docker ps -a --filter volume=openshell-cluster-dev'
	[ -e "$config/gateways/dev/metadata.json" ]
	rm -r "$FAKE_DIR/docker/10-rm"
	run gateway destroy --name dev
	[ ! -e "$config" ]
}

other_engine() {
	new_home
	given_engine
	given_container dev running healthy
	given_record dev docker_id ANOTHER container_id another
	expect_status 4 run gateway "$1" --name dev
	expect_equal '' "$(calls '^docker (rm|volume rm|network rm)')"
	[ -e "$config/gateways/dev/metadata.json" ]
	run gateway "$1" --name dev --force
}

system_entry() {
	new_home
	given_engine
	mkdir -p "$home/system/gateways/dev"
	echo '{"name":"dev","gateway_endpoint":"https://gw.example","is_remote":true,"gateway_port":0}' \
		>"$home/system/gateways/dev/metadata.json"
	with "OPENSHELL_SYSTEM_GATEWAY_DIR=$home/system"
	expect_status 6 run gateway "$1" --name dev
	[ -e "$home/system/gateways/dev/metadata.json" ]
}

corrupt_record() {
	new_home
	given_engine
	given_container dev running healthy
	mkdir -p "$config/gateways/dev"
	echo '{' >"$config/gateways/dev/metadata.json"
	run gateway destroy --name dev
	[ ! -e "$config" ]
	[ ! -e "$engine/containers/$C" ]
}

flat_record() {
	new_home
	given_engine
	mkdir -p "$config/gateways"
	echo '{"name":"dev","gateway_endpoint":"https://127.0.0.1:8080","is_remote":false,"gateway_port":8080}' \
		>"$config/gateways/dev_metadata.json"
	run gateway destroy --name dev
	[ ! -e "$config" ]
}

main() {
	check stop_needs_one_call stop_by_recorded_id
	check stop_of_nothing_is_0_with_a_note stop_of_nothing
	check destroy_removes_container_volume_network_and_configuration destroy_removes_all
	check destroy_of_nothing_is_0_with_a_note destroy_of_nothing
	check destroy_takes_what_is_left_of_a_gateway destroy_of_remains
	check gateways_with_longer_names_are_left_alone others_are_left_alone
	check destroy_forgets_the_active_gateway_only_if_it_is_this_one active_is_forgotten
	check a_failing_destroy_keeps_the_record_and_can_be_repeated failing_removal_keeps_the_record
	for verb in stop destroy; do
		check "${verb}_on_another_engine_gives_4" other_engine "$verb"
		check "${verb}_of_a_system_entry_gives_6" system_entry "$verb"
	done
	check destroy_works_with_a_corrupt_record corrupt_record
	check destroy_removes_a_record_of_the_old_form flat_record
}

main "$@"
