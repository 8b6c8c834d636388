#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# gateway list, info and select: which entries there are, which one is meant, and broken ones.

# out, err, home, config and engine come from lib/cli.sh.
# shellcheck disable=SC2154,SC2034,SC2016
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

# system_record NAME: an entry of the system's directory
system_record() {
	mkdir -p "$home/system/gateways/$1"
	printf '{"name":"%s","gateway_endpoint":"https://%s.example","is_remote":true,"gateway_port":0}\n' "$1" "$1" \
		>"$home/system/gateways/$1/metadata.json"
	with "OPENSHELL_SYSTEM_GATEWAY_DIR=$home/system"
}

## list

empty_list() {
	new_home
	run gateway list
	expect_out_is 'No gateways found.'
	run gateway list -o json
	expect_equal '[]' "$(jq -c . "$out")"
	expect_calls </dev/null
	[ ! -e "$config" ]
}

list_shows_all() {
	new_home
	given_record beta
	given_record alpha auth_mode plaintext
	system_record shared
	given_active beta
	run gateway list -o json
	expect_equal '["alpha","beta","shared"]' "$(jq -c '[.[].name]' "$out")"
	expect_equal '["user","user","system"]' "$(jq -c '[.[].source]' "$out")"
	expect_equal '[false,true,false]' "$(jq -c '[.[].active]' "$out")"
	run gateway list
	expect_out alpha
	expect_out https://shared.example
	expect_calls </dev/null
}

list_has_all_keys() {
	new_home
	given_record dev
	run gateway list -o json
	expect_equal '["active","auth","endpoint","is_remote","name","path","port","remote_host","resolved_host","source","type"]' \
		"$(jq -c '.[0] | keys' "$out")"
	expect_equal '["dev","https://127.0.0.1:8080","local","mtls",8080]' \
		"$(jq -c '.[0] | [.name, .endpoint, .type, .auth, .port]' "$out")"
}

list_as_yaml() {
	new_home
	given_record dev
	run gateway list -o yaml
	expect_out 'name: dev'
	expect_out 'active: '
}

user_hides_system() {
	new_home
	system_record dev
	given_record dev
	run gateway list -o json
	expect_equal '["user"]' "$(jq -c '[.[].source]' "$out")"
	rm "$config/gateways/dev/metadata.json"
	run gateway list -o json
	expect_equal '["system"]' "$(jq -c '[.[].source]' "$out")"
}

corrupt_hides_system_too() {
	new_home
	system_record dev
	given_record good
	mkdir -p "$config/gateways/dev"
	echo '{"name":' >"$config/gateways/dev/metadata.json"
	run gateway list -o json
	expect_equal '["user"]' "$(jq -c '[.[] | select(.name == "dev") | .source]' "$out")"
	jq -e '.[] | select(.name == "good")' "$out"
}

old_form_is_read() {
	new_home
	mkdir -p "$config/gateways"
	echo '{"name":"old","gateway_endpoint":"https://127.0.0.1:9","is_remote":false,"gateway_port":9}' \
		>"$config/gateways/old_metadata.json"
	run gateway list -o json
	expect_equal '["old"]' "$(jq -c '[.[].name]' "$out")"
}

untrusted_system_directory() {
	new_home
	system_record dev
	chmod 777 "$home/system"
	run gateway list -o json
	expect_equal '[]' "$(jq -c . "$out")"
	expect_err "$home/system"
	with OPENSHELL_SYSTEM_GATEWAY_DIR=relative/dir
	run gateway list -o json
	expect_err relative/dir
}

strange_files_are_passed_over() {
	new_home
	given_record dev
	mkdir -p "$config/gateways/.hidden" "$config/gateways/empty" "$config/gateways/Bad Name"
	echo junk >"$config/gateways/README"
	cp "$config/gateways/dev/metadata.json" "$config/gateways/Bad Name/metadata.json"
	run gateway list -o json
	expect_equal '["dev"]' "$(jq -c '[.[].name]' "$out")"
}

control_bytes_are_not_printed() {
	new_home
	given_record dev remote_host "$(printf 'a\\u001b[31mb')"
	run gateway list
	fails grep -q "$(printf '\033')" "$out"
	expect_status 1 run gateway info --name dev
	fails grep -q "$(printf '\033')" "$out" "$err"
	expect_err "'remote_host' holds control characters"
}

list_tests() {
	check an_empty_list_is_an_empty_answer empty_list
	check list_shows_both_trees_sorted_with_source_and_active list_shows_all
	check list_as_json_has_all_keys list_has_all_keys
	check list_as_yaml list_as_yaml
	check a_user_entry_hides_a_system_entry user_hides_system
	check a_corrupt_user_entry_hides_a_system_entry_too corrupt_hides_system_too
	check entries_of_the_old_form_are_read old_form_is_read
	check a_system_directory_that_others_can_write_is_ignored untrusted_system_directory
	check files_that_are_no_entries_are_passed_over strange_files_are_passed_over
	check control_bytes_of_a_record_are_not_printed control_bytes_are_not_printed
}

## info

info_has_all_keys() {
	new_home
	given_engine
	run gateway start --name dev
	forget_calls
	run gateway info --name dev -o json
	for key in name endpoint type source auth active is_remote remote_host resolved_host port path ssh_key ssh_options \
		image container bundle certificate_expires certificate_days_left; do
		jq -e "has(\"$key\")" "$out" >/dev/null || { echo "no key $key"; return 1; }
	done
	expect_equal '["dev","openshell/cluster:dev","openshell-cluster-dev","valid"]' \
		"$(jq -c '[.name, .image, .container, .bundle]' "$out")"
	jq -e '.certificate_expires | startswith("2126-")' "$out"
	expect_calls </dev/null
}

info_names_where_it_is() {
	new_home
	given_record dev
	sed -i 's/"is_remote":false/"is_remote":true/' "$config/gateways/dev/metadata.json"
	run gateway info --name dev
	grep -qx '  Type:          External registration' "$out"
	given_record far remote_host me@host resolved_host 192.0.2.1 ssh_key /keys/id
	sed -i 's/"is_remote":false/"is_remote":true,"ssh_options":["Port=1","IPQoS=none"]/' "$config/gateways/far/metadata.json"
	run gateway info --name far
	grep -qx '  Type:          remote' "$out"
	grep -qx '  Remote host:   me@host' "$out"
	grep -qx '  Resolved host: 192.0.2.1' "$out"
	grep -qx '  SSH key:       /keys/id' "$out"
	grep -qx '  SSH options:   Port=1, IPQoS=none' "$out"
	run gateway info --name far -o json
	expect_equal '"/keys/id" ["Port=1","IPQoS=none"]' "$(jq -c .ssh_key,.ssh_options "$out" | paste -sd ' ')"
	run gateway info --name dev -o json
	expect_equal '"remote"' "$(jq .type "$out")"
}

info_of_nothing() {
	new_home
	given_engine
	expect_status 3 run gateway info --name nothing
	expect_no_out
	expect_err nothing
}

info_of_corrupt() {
	new_home
	given_engine
	mkdir -p "$config/gateways/dev"
	for text in '' '{' '[]' '{"name":"dev"}' '{"name":"dev","gateway_endpoint":"ftp://x","is_remote":false}' \
		'{"name":"../x","gateway_endpoint":"https://x","is_remote":false}' \
		'{"name":"dev","gateway_endpoint":"https://x","is_remote":"no"}' \
		'{"name":"dev","gateway_endpoint":"https://x","is_remote":false,"gateway_port":70000}' \
		'{"name":"dev","gateway_endpoint":"https://x","is_remote":false,"gateway_port":1} trailing'; do
		printf '%s' "$text" >"$config/gateways/dev/metadata.json"
		expect_status 1 run gateway info --name dev
		expect_no_out
		expect_err "$config/gateways/dev/metadata.json"
	done
}

info_takes_the_active() {
	new_home
	given_engine
	given_record dev
	given_record other
	given_active other
	run gateway info -o json
	expect_equal '"other"' "$(jq .name "$out")"
	with OPENSHELL_GATEWAY=dev
	run gateway info -o json
	expect_equal '"dev"' "$(jq .name "$out")"
	run -g other gateway info -o json
	expect_equal '"other"' "$(jq .name "$out")"
	run -g other gateway info --name dev -o json
	expect_equal '"dev"' "$(jq .name "$out")"
}

info_tests() {
	check info_names_the_host_or_an_external_registration info_names_where_it_is
	check info_as_json_has_all_keys_and_asks_nobody info_has_all_keys
	check info_of_an_unknown_gateway_gives_3 info_of_nothing
	check info_of_a_corrupt_entry_names_the_file info_of_corrupt
	check the_gateway_is_name_then_flag_then_environment_then_active info_takes_the_active
}

## select

select_sets_the_active() {
	new_home
	given_record dev
	given_record other
	run gateway select other
	expect_equal other "$(cat "$config/active_gateway")"
	run gateway select dev
	expect_equal dev "$(cat "$config/active_gateway")"
	expect_equal '' "$(find "$config" -name 'active_gateway?*')"
	expect_calls </dev/null
}

select_refuses_the_unknown() {
	new_home
	given_record dev
	given_active dev
	expect_status 3 run gateway select other
	expect_no_out
	expect_equal dev "$(cat "$config/active_gateway")"
}

select_of_a_system_entry() {
	new_home
	system_record shared
	run gateway select shared
	expect_equal shared "$(cat "$config/active_gateway")"
}

select_without_a_name() {
	new_home
	given_record dev
	given_active dev
	run gateway select
	expect_equal dev "$(cat "$config/active_gateway")"
	grep -q dev "$out" "$err"
}

bad_active_file() {
	new_home
	given_engine
	given_record dev
	given_active '../../etc'
	run gateway list -o json
	expect_equal '[false]' "$(jq -c '[.[].active]' "$out")"
	expect_err active_gateway
}

select_tests() {
	check select_sets_the_active_gateway select_sets_the_active
	check select_of_an_unknown_gateway_gives_3_and_changes_nothing select_refuses_the_unknown
	check select_takes_a_system_entry select_of_a_system_entry
	check select_without_a_name_and_terminal_changes_nothing select_without_a_name
	check an_active_file_without_a_name_is_ignored_with_a_word bad_active_file
}

main() {
	list_tests
	info_tests
	select_tests
}

main "$@"
