#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# gateway list: its table in a pipe and on a terminal, malformed entries, and the states with --status.

# out, err, home, config and engine come from lib/cli.sh.
# shellcheck disable=SC2154,SC2034,SC2016
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

ESC=$(printf '\033')

given_malformed() {
	mkdir -p "$config/gateways/$1"
	echo '{' >"$config/gateways/$1/metadata.json"
}

# given_remote NAME ENDPOINT
given_remote() {
	mkdir -p "$config/gateways/$1"
	printf '{"name":"%s","gateway_endpoint":"%s","is_remote":true,"gateway_port":0,"remote_host":"me@host","auth_mode":"cloudflare_jwt"}\n' \
		"$1" "$2" >"$config/gateways/$1/metadata.json"
}

# on_a_terminal COLUMNS ARGUMENT...: what it gets is in $out, without carriage returns
on_a_terminal() {
	columns=$1
	shift
	run_as script -qec "stty cols $columns; '$CLI_PROGRAM' $*" /dev/null
	tr -d '\r' <"$out" >"$out.lines"
	mv "$out.lines" "$out"
}

## the table

table_in_a_pipe() {
	new_home
	given_record beta
	given_remote alpha https://a-rather-long-host-name.example.org:8443
	given_active beta
	run gateway list
	diff -u - "$out" <<-END
		  NAME   ENDPOINT                                          TYPE   SOURCE  AUTH
		  alpha  https://a-rather-long-host-name.example.org:8443  cloud  user    cloudflare_jwt
		* beta   https://127.0.0.1:8080                            local  user    mtls
	END
}

the_active_may_be_named() {
	new_home
	given_record alpha
	given_record beta
	given_active beta
	run -g alpha gateway list
	grep -q '^\* alpha ' "$out"
	grep -q '^  beta ' "$out"
	with OPENSHELL_GATEWAY=alpha
	run gateway list
	grep -q '^\* alpha ' "$out"
}

fits_a_terminal() {
	new_home
	given_record beta
	given_remote a-gateway-with-a-long-name https://a-rather-long-host-name.example.org:8443
	with TERM=xterm
	on_a_terminal 60 gateway list
	expect_out '  NAME           ENDPOINT       TYPE   SOURCE  AUTH'
	expect_out '  a-gateway-wi…  https://a-ra…  cloud  user    cloudflare_j…'
	expect_equal 60 "$(wc -L <"$out")"
	on_a_terminal 200 gateway list
	expect_out https://a-rather-long-host-name.example.org:8443
}

colours() {
	new_home
	given_record alpha
	given_record beta
	given_malformed broken
	given_active beta
	with TERM=xterm
	on_a_terminal 100 gateway list
	expect_out "${ESC}[32m* beta"
	expect_out "${ESC}[31m! broken"
	fails grep -q "$ESC.* alpha" "$out"
	run gateway list
	expect_lacks "$ESC" "$out"
	with NO_COLOR=1
	on_a_terminal 100 gateway list
	expect_lacks "${ESC}[3" "$out"
	expect_out '* beta'
}

table_tests() {
	check the_table_is_as_wide_as_its_cells table_in_a_pipe
	check the_flag_and_the_environment_say_which_is_active the_active_may_be_named
	check on_a_terminal_it_fits fits_a_terminal
	check colours_are_for_terminals_without_no_color colours
}

## malformed entries

malformed_is_a_row() {
	new_home
	given_record alpha
	given_malformed broken
	run gateway list
	diff -u - "$out" <<-END
		  NAME    ENDPOINT                TYPE     SOURCE  AUTH
		  alpha   https://127.0.0.1:8080  local    user    mtls
		! broken  -                       invalid  user    -
	END
	expect_err "warning: gateway 'broken' cannot be used: $config/gateways/broken/metadata.json: not JSON"
	expect_one_line
}

malformed_and_active() {
	new_home
	given_malformed broken
	given_active broken
	run gateway list
	grep -q '^\*!broken ' "$out"
}

malformed_is_an_element() {
	new_home
	given_record alpha
	given_malformed broken
	run gateway list -o json
	expect_equal '["name","source","path","invalid"]' "$(jq -c '.[1] | keys_unsorted' "$out")"
	jq -e '.[1].invalid | test("not JSON")' "$out"
	[ ! -s "$err" ]
	run gateway list -o yaml
	expect_out 'name: broken'
	expect_out 'invalid: '
}

# Whatever is in the place of a file: one element each, and the others as they are.
anything_is_an_element() {
	new_home
	given_record alpha
	for kind in directory fifo link huge deep nul twice latin empty; do
		mkdir -p "$config/gateways/$kind"
	done
	entry='"name":"x","gateway_endpoint":"https://x","is_remote":true,"gateway_port":0'
	mkdir "$config/gateways/directory/metadata.json"
	mkfifo "$config/gateways/fifo/metadata.json"
	ln -s nowhere "$config/gateways/link/metadata.json"
	{ printf '{%s,"x":"' "$entry"; head -c 100000 /dev/zero | tr '\0' x; printf '"}'; } >"$config/gateways/huge/metadata.json"
	{ printf '{%s,"x":' "$entry"; head -c 5000 /dev/zero | tr '\0' '['; } >"$config/gateways/deep/metadata.json"
	printf '{%s}\0' "$entry" >"$config/gateways/nul/metadata.json"
	printf '{%s,"name":"y"}' "$entry" >"$config/gateways/twice/metadata.json"
	printf '{%s,"auth_mode":"\344"}' "$entry" >"$config/gateways/latin/metadata.json"
	: >"$config/gateways/empty/metadata.json"
	run gateway list -o json
	jq -c '.[] | select(.invalid) | .name' "$out" >"$home/invalid"
	expect_equal '"deep" "directory" "empty" "fifo" "huge" "latin" "link" "nul" "twice"' "$(tr '\n' ' ' <"$home/invalid" | sed 's/ $//')"
	expect_equal 10 "$(jq length "$out")"
	run gateway list
	expect_equal 11 "$(wc -l <"$out")"
	expect_equal 9 "$(wc -l <"$err")"
}

malformed_tests() {
	check a_malformed_entry_is_a_marked_row_with_a_reason malformed_is_a_row
	check it_may_be_the_active_one malformed_and_active
	check a_malformed_entry_is_an_element_with_its_path_and_reason malformed_is_an_element
	check whatever_takes_the_place_of_a_file_is_told anything_is_an_element
}

## JSON and YAML

json_is_as_before() {
	new_home
	given_record alpha
	run gateway list -o json
	expect_out_is "[
  {
    \"name\": \"alpha\",
    \"endpoint\": \"https://127.0.0.1:8080\",
    \"type\": \"local\",
    \"source\": \"user\",
    \"auth\": \"mtls\",
    \"active\": false,
    \"is_remote\": false,
    \"remote_host\": null,
    \"resolved_host\": null,
    \"port\": 8080,
    \"path\": \"$config/gateways/alpha/metadata.json\"
  }
]"
	run gateway list -o yaml
	expect_equal '- name: alpha' "$(head -n 1 "$out")"
	expect_equal 11 "$(wc -l <"$out")"
}

nothing_in_any_form() {
	new_home
	run gateway list -o json
	expect_out_is '[]'
	run gateway list -o yaml
	expect_out_is '[]'
	run gateway list --status -o json
	expect_out_is '[]'
	run gateway list --status
	expect_out_is 'No gateways found.'
	expect_calls </dev/null
}

format_tests() {
	check json_is_an_array_with_two_spaces_a_level json_is_as_before
	check nothing_is_an_empty_list_in_any_form nothing_in_any_form
}

## --status

states_of_containers() {
	new_home
	given_engine
	for name in absent stopped starting sick; do
		given_record "$name"
	done
	given_malformed broken
	given_container stopped exited none
	given_container starting running starting
	given_container sick running unhealthy
	run gateway list --status -o json
	expect_equal '["absent","stopped"] ["broken",null] ["sick","unhealthy"] ["starting","starting"] ["stopped","stopped"]' \
		"$(jq -c '.[] | [.name, .state]' "$out" | tr '\n' ' ' | sed 's/ $//')"
	expect_equal '"its container does not exist"' "$(jq '.[0].reason' "$out")"
	expect_equal '[false,false]' "$(jq -c '.[1] | [has("state"), has("reason")]' "$out")"
	expect_calls <<-'END'
		docker container ls --all --no-trunc --format {{.Names}}\n{{.ID}}
		docker container inspect --format {{json\ .}} -- openshell-cluster-sick openshell-cluster-starting openshell-cluster-stopped
	END
	run gateway list --status
	expect_out 'AUTH  STATE'
	grep -q '^  sick .* unhealthy$' "$out"
	grep -q '^! broken .* -$' "$out"
}

# Something listens on $port of the loopback until the test ends.
listen() {
	python3 -c 'import socket, sys, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(); print(s.getsockname()[1], flush=True); time.sleep(60)' >"$home/port" &
	listener=$!
	trap 'kill "$listener"' EXIT
	eventually 10 test -s "$home/port"
	port=$(cat "$home/port")
}

states_of_endpoints() {
	new_home
	given_engine
	listen
	given_remote answers "https://127.0.0.1:$port"
	given_remote named "https://localhost:$port"
	given_remote refuses https://127.0.0.1:1
	given_remote unknown https://no-such-host.invalid:443
	given_record local
	sed -i "s/:8080/:$port/" "$config/gateways/local/metadata.json"
	given_container local running healthy
	run_as "$OPENSHELL" gateway list --status -o json
	expect_equal '["answers","reachable"] ["local","connected"] ["named","reachable"] ["refuses","unreachable"] ["unknown","unreachable"]' \
		"$(jq -c '.[] | [.name, .state]' "$out" | tr '\n' ' ' | sed 's/ $//')"
	expect_equal '"nothing answers at 127.0.0.1 port 1"' "$(jq '.[3].reason' "$out")"
}

a_dead_engine_holds_nobody() {
	new_home
	listen
	given_remote answers "https://127.0.0.1:$port"
	given_record local
	rule docker 10-all .
	answer last hang
	begun=$(date +%s)
	run_as "$OPENSHELL" gateway list --status --timeout 2 -o json
	[ $(($(date +%s) - begun)) -lt 8 ]
	expect_equal '["reachable","unreachable"]' "$(jq -c '[.[].state]' "$out")"
	jq -e '.[1].reason | test("docker")' "$out"
}

a_docker_that_is_missing() {
	new_home
	given_record local
	rule docker 10-all .
	answer last rc 1
	answer last err 'Cannot connect to the Docker daemon'
	run gateway list --status -o json
	expect_equal '["unreachable"]' "$(jq -c '[.[].state]' "$out")"
}

usage_of_status() {
	new_home
	expect_status 2 run gateway list --timeout 3
	expect_one_reason
	expect_status 2 run gateway list --status --timeout 0
	expect_status 2 run gateway list --status --timeout x
}

status_tests() {
	check states_are_asked_of_docker_in_one_batch states_of_containers
	check endpoints_are_asked_by_a_connection states_of_endpoints
	check a_dead_engine_does_not_hold_the_others a_dead_engine_holds_nobody
	check an_engine_that_fails_is_the_state_of_its_gateways a_docker_that_is_missing
	check the_timeout_is_for_status_only usage_of_status
}

main() {
	table_tests
	malformed_tests
	format_tests
	status_tests
}

main "$@"
