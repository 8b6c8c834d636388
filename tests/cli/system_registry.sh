#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Entries of the system beside the user's: which one counts, that the system's are never written, and when they are
# trusted.

# out, err, home, config and engine come from lib/cli.sh.
# shellcheck disable=SC2154,SC2034
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

USER_ID=65534

# new_home, and in it a tree of the system's with the entries NAME...
given_system() {
	new_home
	given_engine
	system=$home/system
	mkdir -m 0755 "$system" "$system/gateways"
	for name in "$@"; do
		mkdir -m 0755 "$system/gateways/$name"
		printf '{"name":"%s","gateway_endpoint":"https://%s.example:443","is_remote":true,"gateway_port":0}\n' \
			"$name" "$name" >"$system/gateways/$name/metadata.json"
	done
	with "OPENSHELL_SYSTEM_GATEWAY_DIR=$system"
}

# Everything that could change: names, modes, inodes, times and contents.
system_state() {
	find "$system" -printf '%p %M %u %i %T@ %C@\n' | sort
	find "$system" -type f -exec sha256sum {} + | sort
}

user_state() {
	find "$config" -printf '%p %M\n' 2>/dev/null | sort
	find "$config" -type f -exec sha256sum {} + 2>/dev/null | sort
}

# in_list KEY: that key of all entries
in_list() {
	run gateway list -o json
	jq -c "[.[].$1]" "$out"
}

## which one counts

list_tells_the_source() {
	given_system beta
	given_record alpha
	run gateway list
	expect_out SOURCE
	grep -E '^. *alpha .* user ' "$out"
	grep -E '^. *beta .* system ' "$out"
	expect_equal '["user","system"]' "$(in_list source)"
}

added_over_the_systems() {
	given_system dev
	run gateway add http://127.0.0.1:7001 --name dev
	expect_equal '["http://127.0.0.1:7001"]' "$(in_list endpoint)"
	expect_equal '["user"]' "$(in_list source)"
	run gateway remove dev
	expect_equal '["https://dev.example:443"]' "$(in_list endpoint)"
	expect_equal '["system"]' "$(in_list source)"
}

started_over_the_systems() {
	given_system openshell
	run gateway start
	expect_equal '["user"]' "$(in_list source)"
	run gateway destroy
	expect_equal '["system"]' "$(in_list source)"
}

what_hides() {
	given_system dev
	mkdir -p "$config/gateways/dev/mtls"
	expect_equal '["system"]' "$(in_list source)"
	echo one >"$config/gateways/dev/last_sandbox"
	expect_equal '["system"]' "$(in_list source)"
	ln -s nowhere "$config/gateways/dev/metadata.json"
	expect_equal '["user"]' "$(in_list source)"
	rm "$config/gateways/dev/metadata.json"
	echo '{' >"$config/gateways/dev_metadata.json"
	expect_equal '["user"]' "$(in_list source)"
	expect_status 1 run gateway info --name dev
	echo junk >"$config/gateways/dev/metadata.json"
	rm "$config/gateways/dev_metadata.json"
	expect_status 1 run gateway select dev
	expect_err "$config/gateways/dev/metadata.json"
}

# active_is NAME: what info takes
active_is() {
	run gateway info -o json
	expect_equal "\"$1\"" "$(jq .name "$out")"
}

active_falls_through() {
	given_system dev prod
	echo dev >"$system/active_gateway"
	active_is dev
	given_active prod
	active_is prod
	fails test -s "$err"
	given_active '../prod'
	active_is dev
	expect_one_line
	expect_err "$config/active_gateway is ignored"
	given_active ' '
	active_is dev
	fails test -s "$err"
	with OPENSHELL_GATEWAY=prod
	active_is prod
	with 'OPENSHELL_GATEWAY=no/name'
	given_active dev
	active_is dev
	expect_one_line
	expect_err 'OPENSHELL_GATEWAY is ignored'
	run gateway list -o json
	expect_one_line
	run status || true
	expect_equal 1 "$(grep -c 'OPENSHELL_GATEWAY is ignored' "$err")"
}

bad_names_of_commands_that_change() {
	given_system dev
	given_record openshell
	given_active openshell
	with 'OPENSHELL_GATEWAY=no/name'
	user_state >"$home/before"
	for command in 'gateway start' 'gateway stop' 'gateway destroy' 'gateway remove' 'doctor exec -- true'; do
		# shellcheck disable=SC2086 # words
		expect_status 2 run $command
		expect_one_line
		expect_err "OPENSHELL_GATEWAY: 'no/name'"
	done
	user_state | diff "$home/before" -
	expect_calls </dev/null
}

names_that_lead_elsewhere() {
	given_system dev
	mkdir -p "$config/gateways" "$home/config/evil"
	cp "$system/gateways/dev/metadata.json" "$home/config/evil/metadata.json"
	for name in '' . .. ../evil ../../evil ./dev dev/ dev/. /etc -x "$(printf 'a\nb')"; do
		for command in 'gateway info --name=' 'gateway stop --name=' 'gateway destroy --name=' 'status --name=' \
			'gateway start --name=' 'gateway add http://h --name=' 'doctor logs --name=' '--gateway=' \
			'gateway select -- ' 'gateway remove -- ' 'gateway migrate -- '; do
			last=${command##* }
			# shellcheck disable=SC2086 # words, but the name
			set -- ${command% *}
			[ "$command" != '--gateway=' ] || set --
			case $last in
			'') set -- "$@" "$name" ;;
			--gateway=) set -- "$last$name" gateway info ;;
			*) set -- "$@" "$last$name" ;;
			esac
			status=0
			run "$@" || status=$?
			[ "$status" -eq 2 ] || { echo "$status from: $*"; cat "$err"; return 1; }
			expect_no_out
		done
	done
	expect_equal '' "$(find "$config" -type f)"
	[ -e "$home/config/evil/metadata.json" ]
	expect_calls </dev/null
}

choice_tests() {
	check list_tells_whose_an_entry_is list_tells_the_source
	check an_entry_added_over_the_systems_hides_it_until_it_is_removed added_over_the_systems
	check a_gateway_started_over_the_systems_hides_it_until_it_is_destroyed started_over_the_systems
	check metadata_hides_also_when_broken_and_a_directory_without_it_does_not what_hides
	check the_active_gateway_is_the_users_then_the_systems_and_no_name_falls_through_with_one_warning active_falls_through
	check what_cannot_be_a_name_is_an_error_for_commands_that_change bad_names_of_commands_that_change
	check a_name_that_leads_elsewhere_is_refused_by_every_command names_that_lead_elsewhere
}

## never written

# refused COMMAND...: with 6, by name of the code, nothing changed on either side
refused() {
	user_state >"$home/before"
	expect_status 6 run "$@"
	expect_equal 1 "$(grep -c '^openshell: ' "$err")"
	expect_err "$system/gateways/dev/metadata.json"
	expect_err 'Entries of the system belong to who administers this host'
	user_state | diff "$home/before" -
}

what_changes_is_refused() {
	given_system dev
	given_container dev running healthy
	given_active dev
	system_state >"$home/system.before"
	refused gateway stop --name dev
	refused gateway stop
	refused gateway destroy --name dev --force --image
	refused gateway destroy --dry-run
	refused gateway remove dev
	expect_err 'installed by the system and cannot be removed from user config'
	refused gateway migrate --apply dev
	refused doctor exec --name dev -- true
	expect_equal '' "$(calls)"
	expect_equal '["dev"]' "$(in_list name)"
	echo '{ broken' >"$system/gateways/dev/metadata.json"
	system_state >"$home/system.before"
	refused gateway destroy --name dev
	system_state | diff "$home/system.before" -
}

nothing_writes() {
	given_system dev prod openshell
	mkdir -m 0755 "$system/gateways/dev/mtls"
	echo prod >"$system/active_gateway"
	cp "$REPO/tests/data/fake-cluster/"*.crt "$REPO/tests/data/fake-cluster/tls.key" "$system/gateways/dev/mtls"
	mv "$system/gateways/dev/mtls" "$system/gateways/dev/mtls.bak"
	system_state >"$home/system.before"
	for command in 'gateway list' 'gateway info --name dev' 'gateway select dev' 'gateway start' \
		'gateway start --name dev --port 8085' 'gateway stop --name dev' 'gateway destroy --name dev' 'gateway destroy --name openshell' \
		'gateway add http://127.0.0.1:1 --name dev' 'gateway remove dev' 'gateway migrate --apply' \
		'gateway select prod' 'gateway destroy --name nothing'; do
		# shellcheck disable=SC2086 # words
		run $command
	done
	system_state | diff "$home/system.before" -
	expect_equal prod "$(cat "$config/active_gateway")"
}

last_sandbox_is_the_users() {
	given_system dev
	mkdir -p "$config/gateways/dev"
	echo mine >"$config/gateways/dev/last_sandbox"
	echo theirs >"$system/gateways/dev/last_sandbox"
	run gateway info --name dev -o json
	expect_equal '["system","mine"]' "$(jq -c '[.source, .last_sandbox]' "$out")"
	run gateway info --name dev
	grep -E 'Last sandbox: +mine$' "$out"
	rm "$config/gateways/dev/last_sandbox"
	run gateway info --name dev -o json
	expect_equal '["system",null]' "$(jq -c '[.source, .last_sandbox]' "$out")"
}

last_sandbox_is_forgotten() {
	new_home
	given_engine
	run gateway start
	echo mine >"$config/gateways/openshell/last_sandbox"
	rm "$engine/containers/"*
	run gateway start
	run gateway info -o json
	expect_equal '"mine"' "$(jq .last_sandbox "$out")"
	run gateway start --recreate
	run gateway info -o json
	expect_equal null "$(jq .last_sandbox "$out")"
	echo mine >"$config/gateways/openshell/last_sandbox"
	run gateway destroy
	[ ! -e "$config" ]
}

writing_tests() {
	check what_changes_a_gateway_of_the_system_is_refused_and_nothing_changes what_changes_is_refused
	check no_command_touches_the_systems_tree nothing_writes
	check the_last_sandbox_of_a_gateway_of_the_system_is_the_users_own last_sandbox_is_the_users
	check the_last_sandbox_is_forgotten_with_its_volume_and_its_gateway last_sandbox_is_forgotten
}

## trusted or not

bad_variables() {
	for value in '' ' ' relative/dir .; do
		new_home
		with "OPENSHELL_SYSTEM_GATEWAY_DIR=$value"
		run gateway list -o json
		expect_one_line
		expect_err 'OPENSHELL_SYSTEM_GATEWAY_DIR is ignored'
		run gateway select
		expect_equal 1 "$(grep -c 'OPENSHELL_SYSTEM_GATEWAY_DIR is ignored' "$err")"
	done
}

# ignored LEVEL: once, by name, and the user's own entries are there
ignored() {
	run gateway list -o json
	expect_equal '["mine"]' "$(jq -c '[.[].name]' "$out")"
	expect_one_line
	expect_err 'the gateways of the system are ignored'
	expect_err "$1"
	expect_status 3 run gateway info --name dev
}

a_tree_that_others_can_write() {
	given_system dev
	given_record mine
	for level in "$system" "$system/gateways"; do
		for mode in 0775 0757 1777; do
			chmod "$mode" "$level"
			ignored "$level can be written by others"
		done
		chmod 0755 "$level"
		expect_equal '["dev","mine"]' "$(in_list name)"
	done
	chmod 0777 "$home"
	ignored "$home can be written by others"
	chmod 1777 "$home"
	expect_equal '["dev","mine"]' "$(in_list name)"
	chmod 0755 "$home"
}

a_tree_behind_a_link() {
	given_system dev
	given_record mine
	mv "$system" "$home/real"
	ln -s real "$system"
	expect_equal '["dev","mine"]' "$(in_list name)"
	chmod 0777 "$home/real"
	ignored "$home/real can be written by others"
	chmod 0755 "$home/real"
	mkdir -m 0777 "$home/open"
	chmod 0777 "$home/open"
	mv "$home/real" "$home/open/real"
	rm "$system"
	ln -s "$home/open/real" "$system"
	ignored "$home/open can be written by others"
}

# one_refused PATH: its entry alone is of no use, by name of what is wrong
one_refused() {
	expect_equal '["dev","good","mine"]' "$(in_list name)"
	run gateway list -o json
	jq -e --arg path "$1" '.[0].invalid | contains($path)' "$out" >/dev/null
	expect_status 6 run gateway info --name dev
	expect_one_reason
	expect_err "$1"
	expect_status 6 run gateway select dev
	run gateway info --name good
}

an_entry_that_others_can_write() {
	given_system dev good
	given_record mine
	chmod 0666 "$system/gateways/dev/metadata.json"
	one_refused "$system/gateways/dev/metadata.json"
	chmod 0644 "$system/gateways/dev/metadata.json"
	chmod 0777 "$system/gateways/dev"
	one_refused "$system/gateways/dev"
	chmod 0755 "$system/gateways/dev"
	mkdir -m 0777 "$home/open"
	chmod 0777 "$home/open"
	mv "$system/gateways/dev/metadata.json" "$home/open"
	ln -s "$home/open/metadata.json" "$system/gateways/dev/metadata.json"
	one_refused "$home/open"
}

an_active_file_that_others_can_write() {
	given_system dev
	echo dev >"$system/active_gateway"
	chmod 0666 "$system/active_gateway"
	run gateway list -o json
	expect_one_line
	expect_err "$system/active_gateway can be written by others"
	expect_equal '[false]' "$(jq -c '[.[].active]' "$out")"
}

# as_user ARGUMENT...: as somebody who is not root, with this home
as_user() {
	chown -R "$USER_ID" "$home/config" "$runtime" "$home/tmp" "$FAKE_DIR"
	run_as setpriv --reuid="$USER_ID" --regid="$USER_ID" --clear-groups "$CLI_PROGRAM" "$@"
}

a_closed_tree() {
	given_system dev
	given_record mine
	echo dev >"$system/active_gateway"
	chmod 0700 "$system/gateways"
	as_user gateway list -o json
	expect_equal '["mine"]' "$(jq -c '[.[].name]' "$out")"
	expect_one_line
	expect_err "not listed: cannot read $system/gateways: Permission denied"
	expect_status 3 as_user gateway info --name dev
	as_user gateway start --name dev
	fails grep -q warning "$err"
	as_user gateway destroy --name dev
	chmod 0711 "$system/gateways"
	as_user gateway info --name dev -o json
	expect_equal '"system"' "$(jq .source "$out")"
	chmod 0600 "$system/gateways/dev/metadata.json"
	expect_status 6 as_user gateway info --name dev
	expect_one_reason
	chmod 0700 "$system"
	as_user gateway list -o json
	expect_equal '["mine"]' "$(jq -c '[.[].name]' "$out")"
}

a_tree_of_a_third_user() {
	given_system dev
	given_record mine
	chown -R 12345 "$system"
	as_user gateway list -o json
	expect_equal '["mine"]' "$(jq -c '[.[].name]' "$out")"
	expect_one_line
	expect_err "$system belongs neither to root nor to you"
	chown -R "$USER_ID" "$system"
	as_user gateway list -o json
	expect_equal '["dev","mine"]' "$(jq -c '[.[].name]' "$out")"
	chown 12345 "$system/gateways/dev"
	expect_status 6 as_user gateway info --name dev
	expect_err "$system/gateways/dev belongs neither to root nor to you"
}

trust_tests() {
	check a_variable_that_is_empty_or_relative_is_ignored_with_one_warning bad_variables
	check a_tree_that_others_can_write_is_ignored_with_one_warning a_tree_that_others_can_write
	check a_tree_behind_a_link_is_looked_at_where_it_is a_tree_behind_a_link
	check an_entry_that_others_can_write_is_refused_alone an_entry_that_others_can_write
	check an_active_file_that_others_can_write_is_ignored an_active_file_that_others_can_write
	if [ "$(id -u)" -eq 0 ] && setpriv --reuid="$USER_ID" --clear-groups "$CLI_PROGRAM" --version >/dev/null 2>&1; then
		chmod 0711 "$TEST_TMP" "$TEST_RUN"
		check a_tree_that_is_closed_to_the_user_costs_nothing_of_the_users_own a_closed_tree
		check a_tree_of_a_third_user_is_ignored a_tree_of_a_third_user
	else
		skip a_tree_that_is_closed_to_the_user_costs_nothing_of_the_users_own 'not root, or others cannot run the program'
		skip a_tree_of_a_third_user_is_ignored 'not root, or others cannot run the program'
	fi
}

main() {
	choice_tests
	writing_tests
	trust_tests
}

main "$@"
