#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# gateway add and remove: entries for gateways that somebody else made.

# out, err, home, config and engine come from lib/cli.sh.
# shellcheck disable=SC2154,SC2034,SC2016
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

parts=$REPO/tests/data/fake-cluster
files="--ca $parts/ca.crt --cert $parts/tls.crt --key $parts/tls.key"

metadata() {
	jq -r "$2" "$config/gateways/$1/metadata.json"
}

active() {
	cat "$config/active_gateway"
}

# nothing_written: not even a directory
nothing_written() {
	[ ! -e "$config" ] || { find "$config" >&2; return 1; }
}

system_record() {
	mkdir -p "$home/system/gateways/$1"
	printf '{"name":"%s","gateway_endpoint":"https://%s.example","is_remote":true,"gateway_port":0}\n' "$1" "$1" \
		>"$home/system/gateways/$1/metadata.json"
	with "OPENSHELL_SYSTEM_GATEWAY_DIR=$home/system"
}

# given_other_active: another gateway, private as we leave it
given_other_active() {
	given_record other
	given_active other
	chmod 700 "$config" "$config/gateways" "$config/gateways/other"
	chmod 600 "$config/active_gateway" "$config/gateways/other/metadata.json"
}

# snapshot DIRECTORY: every name, mode and content in it
snapshot() {
	(cd "$1" && find . -printf '%p %m %y\n' | sort && find . -type f -exec md5sum {} + | sort)
}

## add: what it registers

add_plaintext() {
	new_home
	run gateway add http://gw.example:8080
	expect_err "Gateway 'gw.example' added"
	expect_no_out
	expect_equal 'http://gw.example:8080 plaintext true 0' \
		"$(metadata gw.example '"\(.gateway_endpoint) \(.auth_mode) \(.is_remote) \(.gateway_port)"')"
	expect_equal gw.example "$(active)"
	expect_mode 600 "$config/gateways/gw.example/metadata.json"
	expect_mode 700 "$config/gateways/gw.example"
	run gateway add http://127.0.0.1:8080
	expect_equal 'false openshell' "$(metadata openshell '"\(.is_remote) \(.name)"')"
	run gateway add http://other.example --name near --local
	expect_equal false "$(metadata near .is_remote)"
	expect_calls </dev/null
}

add_with_files() {
	new_home
	# shellcheck disable=SC2086 # options
	run gateway add gw.example:8443 $files -o json
	expect_equal '["gw.example","https://gw.example:8443","remote","user","mtls",true,"valid"]' \
		"$(jq -c '[.name, .endpoint, .type, .source, .auth, .active, .bundle]' "$out")"
	for part in ca.crt tls.crt tls.key; do
		cmp "$parts/$part" "$config/gateways/gw.example/mtls/$part"
		expect_mode 600 "$config/gateways/gw.example/mtls/$part"
	done
	expect_calls </dev/null
}

# ssh is asked for names alone.
add_another_host_with_files() {
	new_home
	rule ssh 10-names '^-G '
	answer last out 'hostname far.lan'
	ssh-keygen -q -t ed25519 -N '' -f "$home/id"
	# shellcheck disable=SC2086
	run gateway add ssh://me@Far:8443 $files --ssh-key "$home/id" --ssh-option Port=2222
	expect_equal "https://far.lan:8443 me@Far far.lan true $home/id [\"Port=2222\"]" \
		"$(metadata far '"\(.gateway_endpoint) \(.remote_host) \(.resolved_host) \(.is_remote) \(.ssh_key) \(.ssh_options)"')"
	# shellcheck disable=SC2086
	run gateway add https://far:1 --name three --remote ssh://you@far $files
	expect_equal 'https://far:1 ssh://you@far' "$(metadata three '"\(.gateway_endpoint) \(.remote_host)"')"
	# shellcheck disable=SC2086
	expect_status 3 run gateway add https://far:1 --name four --remote you@far $files --ssh-key /nonexistent
	expect_equal '' "$(calls | grep -v '^ssh -G ')"
}

# What ssh does not tell is as it was given, and that is said.
add_an_unknown_host() {
	new_home
	rule ssh 10-names '^-G '
	answer last rc 255
	# shellcheck disable=SC2086
	run gateway add ssh://me@Far:8443 $files
	expect_equal 'https://far:8443' "$(metadata far .gateway_endpoint)"
	expect_err 'ssh does not tell which host Far is'
}

add_without_login() {
	new_home
	run gateway add https://gw.example
	expect_err 'no login by a browser'
	expect_err "Gateway 'gw.example' added"
	run gateway list -o json
	expect_equal '["gw.example","remote","mtls",true]' "$(jq -c '.[0] | [.name, .type, .auth, .active]' "$out")"
	run gateway info
}

add_as_yaml() {
	new_home
	run gateway add http://gw.example --name dev -o yaml
	expect_out 'name: dev'
	expect_out 'auth: plaintext'
}

add_names_it() {
	new_home
	with OPENSHELL_GATEWAY=elsewhere
	run gateway add http://gw.example --name dev
	expect_equal dev "$(active)"
	expect_err 'OPENSHELL_GATEWAY=elsewhere overrides it'
	run -g other gateway add http://gw.example
	expect_equal other "$(active)"
	expect_status 2 run gateway add http://gw.example --name ../x
	expect_status 2 run gateway add http://gw.example --name Upper
	expect_status 2 run -g -x gateway add http://gw.example
}

add_duplicate() {
	new_home
	run gateway add http://gw.example:1 --name dev
	snapshot "$config" >"$TEST_TMP/before"
	expect_status 4 run gateway add http://gw.example:2 --name dev
	expect_err 'already exists'
	expect_err 'openshell gateway remove dev'
	snapshot "$config" | cmp "$TEST_TMP/before"
	echo '{' >"$config/gateways/dev/metadata.json"
	expect_status 4 run gateway add http://gw.example:2 --name dev
}

## add: what it refuses

add_hostile_endpoints() {
	new_home
	for endpoint in '' https:// http://:80 ftp://host https://me:secret@host https://me@host ssh://me:secret@host:80 \
		https://host/path 'https://host?q=secret' 'https://host#x' https://host:0 https://host:65536 https://host: \
		https://host:80x https://::1 'https://[::1' 'https://[::1]x' 'https://[fe80::1%eth0]:80' https://-oProxyCommand=x \
		"https://b$(printf '\303\274')cher.example" "https://ho$(printf '\033')st" "$(printf 'https://host\nx')" \
		'https://ho st' ssh://host ssh://-oProxyCommand=x@host:80 ../../etc; do
		expect_status 2 run gateway add "$endpoint"
		expect_one_reason
		expect_lacks secret "$err"
		expect_lacks "$(printf '\033')" "$err"
	done
	expect_status 2 run gateway add "https://$(head -c 100000 /dev/zero | tr '\0' a)"
	expect_status 2 run gateway add
	expect_status 2 run gateway add http://one http://two
	expect_status 2 run gateway add ssh://host
	expect_err port
	nothing_written
	expect_calls </dev/null
}

add_contradictions() {
	new_home
	for options in '--local --remote me@host' '--ssh-key /k' '--ca /x' '--ca /x --cert /y' "--local $files" '--remote -x' \
		'--remote a;b'; do
		# shellcheck disable=SC2086
		expect_status 2 run gateway add https://host:80 $options
		expect_one_reason
	done
	expect_status 2 run gateway add ssh://me@host:80 --local
	expect_status 2 run gateway add ssh://me@host:80 --remote you@host
	# shellcheck disable=SC2086
	expect_status 2 run gateway add http://host $files
	nothing_written
	expect_calls </dev/null
}

# tests/remote/gateway.sh has those that can be reached.
add_another_host_out_of_reach() {
	new_home
	rule ssh 10-names '^-G '
	answer last out 'hostname host'
	rule ssh 20-connection '^-nNT '
	answer last err 'ssh: connect to host host port 22: Connection refused'
	answer last rc 255
	expect_status 5 run gateway add ssh://me@host:80
	expect_err 'no ssh server listens'
	expect_status 5 run gateway add https://host --remote me@host
	nothing_written
	run gateway add http://host --remote me@host
	expect_equal me@host "$(metadata host .remote_host)"
	expect_equal '' "$(calls '^docker')"
}

# refused_parts STATUS TEXT CA CERT KEY
refused_parts() {
	expect_status "$1" run gateway add https://host --name dev --ca "$3" --cert "$4" --key "$5"
	expect_one_reason
	expect_err "$2"
	nothing_written
}

add_hostile_files() {
	new_home
	dir=$home/parts
	mkdir "$dir"
	mkfifo "$dir/fifo"
	ln -s nowhere "$dir/dangling"
	head -c 300000 /dev/zero >"$dir/huge"
	: >"$dir/empty"
	printf '%s\n' '-----BEGIN ENCRYPTED PRIVATE KEY-----' MAA= '-----END ENCRYPTED PRIVATE KEY-----' >"$dir/encrypted"
	{ cat "$parts/ca.crt" && printf '\0'; } >"$dir/nul"
	head -n 3 "$parts/ca.crt" >"$dir/cut"
	for file in fifo huge empty nul cut; do
		refused_parts 2 --ca "$dir/$file" "$parts/tls.crt" "$parts/tls.key"
		refused_parts 2 --cert "$parts/ca.crt" "$dir/$file" "$parts/tls.key"
		refused_parts 2 --key "$parts/ca.crt" "$parts/tls.crt" "$dir/$file"
	done
	refused_parts 2 --ca "$dir" "$parts/tls.crt" "$parts/tls.key"
	refused_parts 2 --ca /dev/zero "$parts/tls.crt" "$parts/tls.key"
	refused_parts 3 --ca "$dir/dangling" "$parts/tls.crt" "$parts/tls.key"
	refused_parts 3 --ca '' "$parts/tls.crt" "$parts/tls.key"
	refused_parts 2 'private key' "$parts/tls.key" "$parts/tls.crt" "$parts/tls.key"
	refused_parts 2 'is no PRIVATE KEY' "$parts/ca.crt" "$parts/tls.crt" "$parts/tls.crt"
	refused_parts 2 encrypted "$parts/ca.crt" "$parts/tls.crt" "$dir/encrypted"
}

# What is PEM, and of no use; a certificate that has ended is somebody's own affair.
add_useless_files() {
	new_home
	dir=$home/parts
	mkdir "$dir"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/key" -out "$dir/soon" -days 10 -subj /CN=x \
		2>/dev/null
	sed 2d "$parts/ca.crt" >"$dir/cut"
	refused_parts 2 'not that of the certificate' "$parts/ca.crt" "$parts/tls.crt" "$dir/key"
	refused_parts 2 'openssl failed' "$parts/ca.crt" "$dir/cut" "$parts/tls.key"
	refused_parts 2 --ca "$dir/cut" "$parts/tls.crt" "$parts/tls.key"
	run gateway add gw.example --ca "$parts/ca.crt" --cert "$dir/soon" --key "$dir/key"
	expect_err 'expires in 9 days'
	CLI_PATH=$REPO/tests/fakes run gateway add two.example --ca "$dir/cut" --cert "$parts/tls.crt" --key "$dir/key"
}

## add --local

# given_listing [LINE]...: what docker ps prints
given_listing() {
	rule docker 10-ps '^ps --no-trunc '
	: >"$cli_rule/last.out"
	for line in "$@"; do
		printf '%s\n' "$line" >>"$cli_rule/last.out"
	done
}

# The fake engine's container is known by its ID, too.
given_local() {
	new_home
	given_engine
	given_container dev running healthy
	cp "$engine/containers/openshell-cluster-dev" "$engine/containers/id-of-openshell-cluster-dev"
	dev='["id-of-openshell-cluster-dev","openshell-cluster-dev","openshell/cluster:dev","dev"]'
	given_listing "$dev"
}

add_local() {
	given_local
	run gateway add 127.0.0.1:8080 --name mine --local -o json
	expect_equal '["mine","https://127.0.0.1:8080","local","mtls","valid"]' \
		"$(jq -c '[.name, .endpoint, .type, .auth, .bundle]' "$out")"
	expect_equal 'id-of-openshell-cluster-dev ENGINE-ID unix:///var/run/docker.sock 0' \
		"$(metadata mine '"\(.container_id) \(.docker_id) \(.docker_endpoint) \(.gateway_port)"')"
	cmp "$parts/tls.key" "$config/gateways/mine/mtls/tls.key"
	expect_equal mine "$(active)"
	calls '^docker ps ' | grep -qF -e '--filter publish=8080'
	expect_equal '' "$(calls '^docker (create|start|stop|rm|volume|network|cp) ')"
	nothing_unexpected
}

add_local_namesake() {
	given_local
	run gateway add https://127.0.0.1 --name dev --local
	expect_equal '8080 openshell/cluster:dev' "$(metadata dev '"\(.gateway_port) \(.image)"')"
}

add_local_finds_none_or_two() {
	given_local
	given_listing '["id2","web","nginx","" ]'
	expect_status 3 run gateway add https://127.0.0.1:8080 --local
	expect_err 'port 8080'
	expect_err 'docker ps'
	given_listing "$dev" '["id2","old","ghcr.io/nvidia/openshell/cluster:1",""]'
	expect_status 2 run gateway add https://127.0.0.1 --local
	expect_err 'openshell-cluster-dev, old'
	expect_err port
	nothing_written
}

add_local_fails() {
	given_local
	given_other_active
	snapshot "$config" >"$TEST_TMP/before"
	given_listing 'junk'
	expect_status 1 run gateway add https://127.0.0.1 --local
	snapshot "$config" | cmp "$TEST_TMP/before"
	given_listing "$dev"
	printf 'eHh4\neHh4\neHh4\n' >"$engine/secret"
	expect_status 1 run gateway add https://127.0.0.1 --local
	snapshot "$config" | cmp "$TEST_TMP/before"
	printf '\n\n\n' >"$engine/secret"
	expect_status 7 run gateway add https://127.0.0.1 --local
	snapshot "$config" | cmp "$TEST_TMP/before"
	rule docker 05-none .
	answer last rc 1
	answer last err 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?'
	expect_status 5 run gateway add https://127.0.0.1 --local
	snapshot "$config" | cmp "$TEST_TMP/before"
}

add_local_and_the_other_commands() {
	given_local
	run gateway add 127.0.0.1:8080 --name mine --local
	expect_status 6 run gateway destroy --name mine
	expect_err 'openshell gateway remove mine'
	expect_status 4 run gateway start --name mine
	[ -e "$engine/containers/openshell-cluster-dev" ]
	run gateway remove mine
	expect_err 'is left as it is'
	[ -e "$engine/containers/openshell-cluster-dev" ]
	nothing_unexpected
}

## entries of the system

add_over_the_systems() {
	new_home
	system_record dev
	snapshot "$home/system" >"$TEST_TMP/before"
	run gateway add http://mine.example --name dev
	expect_err "hides the system's"
	run gateway list -o json
	expect_equal '[["dev","user","http://mine.example"]]' "$(jq -c '[.[] | [.name, .source, .endpoint]]' "$out")"
	run gateway remove dev
	expect_err 'is seen again'
	run gateway list -o json
	expect_equal '[["dev","system","https://dev.example"]]' "$(jq -c '[.[] | [.name, .source, .endpoint]]' "$out")"
	snapshot "$home/system" | cmp "$TEST_TMP/before"
	nothing_written
}

remove_of_the_systems() {
	new_home
	system_record dev
	printf dev >"$home/system/active_gateway"
	snapshot "$home/system" >"$TEST_TMP/before"
	expect_status 6 run gateway remove dev
	expect_err 'installed by the system and cannot be removed from user config'
	expect_err 'openshell gateway select'
	expect_status 6 run gateway remove
	snapshot "$home/system" | cmp "$TEST_TMP/before"
	run gateway list
	expect_out dev.example
}

## remove

remove_takes_all() {
	new_home
	given_record dev
	given_record dev2
	given_bundle dev
	given_active dev
	for file in edge_token cf_token oidc_token.json last_sandbox; do
		echo secret >"$config/gateways/dev/$file"
	done
	run gateway remove dev -o json
	expect_equal '{"name":"dev","removed":true}' "$(jq -c . "$out")"
	[ ! -e "$config/gateways/dev" ]
	[ ! -e "$config/active_gateway" ]
	[ -e "$config/gateways/dev2/metadata.json" ]
	expect_calls </dev/null
}

remove_without_a_name() {
	new_home
	expect_status 2 run gateway remove
	expect_one_reason
	given_record one
	given_record two
	expect_status 2 run gateway remove
	expect_err 'openshell gateway list'
	given_active two
	run gateway remove
	[ ! -e "$config/gateways/two" ]
	run -g one gateway remove
	nothing_written
}

remove_unknown() {
	new_home
	expect_status 3 run gateway remove nobody
	expect_err 'openshell gateway list'
	expect_status 2 run gateway remove ../x
	expect_status 2 run gateway remove ''
	expect_status 2 run gateway remove one two
	nothing_written
}

remove_odd_entries() {
	new_home
	mkdir -p "$config/gateways/fifo" "$config/gateways/link" "$config/gateways/bad" "$config/gateways/Old_Name"
	mkfifo "$config/gateways/fifo/metadata.json"
	ln -s nowhere "$config/gateways/link/metadata.json"
	echo '{' >"$config/gateways/bad/metadata.json"
	echo '{}' >"$config/gateways/flat_metadata.json"
	echo '{}' >"$config/gateways/Old_Name/metadata.json"
	for name in fifo link bad flat Old_Name; do
		run gateway remove "$name"
	done
	nothing_written
}

remove_tells_of_the_container() {
	new_home
	given_record dev container_id 0123456789abcdef docker_id X
	run gateway remove dev
	expect_err 'openshell gateway destroy --name dev'
	expect_calls </dev/null
}

## both at once, and killed

lock_is_taken() {
	new_home
	given_record dev
	mkdir -m 700 "$runtime/openshell"
	: >"$runtime/openshell/dev.lock"
	chmod 600 "$runtime/openshell/dev.lock"
	(
		exec 9<>"$runtime/openshell/dev.lock"
		flock 9
		expect_status 4 run gateway remove dev
		expect_status 4 run gateway add http://x --name dev
	)
	[ -e "$config/gateways/dev/metadata.json" ]
}

# add_is_valid: what is there of dev is nothing, or an entry that can be used
add_is_valid() {
	run gateway list -o json
	expect_equal '[]' "$(jq -c '[.[] | select(.invalid)]' "$out")"
	[ ! -e "$config/gateways/dev/metadata.json" ] || cmp "$parts/tls.key" "$config/gateways/dev/mtls/tls.key"
	[ ! -e "$config/active_gateway" ] || [ "$(active)" = dev ]
}

# with_fault CALL N FAULT: an add whose Nth such system call has this befall it
with_fault() {
	run_as strace -f -qq -o "$TEST_TMP/trace" -e "trace=$1" -e "inject=$1:$3:when=$2" "$CLI_PROGRAM" \
		gateway add https://host --name dev --ca "$parts/ca.crt" --cert "$parts/tls.crt" --key "$parts/tls.key"
}

# for_each_call FAULT FUNCTION: an add for each call that changes a file; FUNCTION gets its exit status
for_each_call() {
	points=0
	for call in mkdir linkat rename renameat2 unlink unlinkat rmdir fsync write; do
		n=0
		while n=$((n + 1)) && [ "$n" -lt 80 ]; do
			rm -rf "$config"
			given_other_active
			snapshot "$config" >"$TEST_TMP/before"
			status=0
			with_fault "$call" "$n" "$1" || status=$?
			grep -qE 'INJECTED|killed by' "$TEST_TMP/trace" || break
			points=$((points + 1))
			"$2" "$status" || { echo "at $call $n" >&2; return 1; }
		done
	done
	[ "$points" -gt 20 ]
}

# What a kill leaves is no entry, or one that can be used, and the next add and remove mend the rest.
killed_once() {
	run gateway list -o json
	expect_equal '[]' "$(jq -c '[.[] | select(.invalid)]' "$out")"
	[ ! -e "$config/gateways/dev/metadata.json" ] || cmp "$parts/tls.key" "$config/gateways/dev/mtls/tls.key"
	case $(active) in dev | other) ;; *) return 1 ;; esac
	[ -e "$config/gateways/dev/metadata.json" ] || run gateway add http://host --name dev
	run gateway remove dev
	[ ! -e "$config/gateways/dev" ]
	run gateway remove other
	# a file that had its name for the moment before it was renamed
	expect_equal '' "$(find "$config" -type f ! -name 'active_gateway.*' 2>/dev/null)"
}

killed_anywhere() {
	new_home
	for_each_call signal=KILL killed_once
}

failed_once() {
	if [ "$1" -eq 0 ]; then
		expect_equal dev "$(active)"
		return
	fi
	snapshot "$config" | diff "$TEST_TMP/before" - >&2
}

failing_anywhere() {
	new_home
	for_each_call error=ENOSPC failed_once
}

main() {
	check http_is_registered_without_certificates add_plaintext
	check certificates_can_be_given_as_files add_with_files
	check for_another_host_with_files_only_names_are_asked_for add_another_host_with_files
	check a_host_that_ssh_does_not_know_keeps_its_name add_an_unknown_host
	check without_certificates_it_says_that_there_is_no_login add_without_login
	check the_entry_is_shown_as_yaml add_as_yaml
	check the_name_is_that_of_an_option_or_of_the_host add_names_it
	check an_entry_of_the_users_is_never_replaced add_duplicate
	check every_other_endpoint_is_refused_in_one_line add_hostile_endpoints
	check options_that_contradict_each_other_are_refused add_contradictions
	check where_another_host_is_out_of_reach_nothing_is_written add_another_host_out_of_reach
	check files_that_are_no_certificates_are_refused_in_one_line add_hostile_files
	check certificates_that_nobody_can_use_are_refused add_useless_files
	check local_takes_the_certificates_from_the_container add_local
	check a_namesake_is_recorded_as_by_start add_local_namesake
	check local_needs_exactly_one_container add_local_finds_none_or_two
	check when_docker_fails_all_is_as_it_was add_local_fails
	check an_added_gateway_is_neither_destroyed_nor_started add_local_and_the_other_commands
	check an_entry_of_the_systems_is_hidden_and_seen_again add_over_the_systems
	check an_entry_of_the_systems_is_never_removed remove_of_the_systems
	check remove_takes_all_that_is_kept_of_it remove_takes_all
	check remove_wants_to_know_which_one remove_without_a_name
	check what_is_not_there_cannot_be_removed remove_unknown
	check odd_entries_can_be_removed remove_odd_entries
	check remove_says_that_a_container_remains remove_tells_of_the_container
	check both_respect_the_lock lock_is_taken
	if command -v strace >/dev/null && strace -qq -o /dev/null true 2>/dev/null; then
		check an_add_that_is_killed_leaves_a_valid_registry killed_anywhere
		check an_add_that_cannot_write_leaves_all_as_it_was failing_anywhere
	else
		skip an_add_that_is_killed_leaves_a_valid_registry 'there is no strace'
		skip an_add_that_cannot_write_leaves_all_as_it_was 'there is no strace'
	fi
}

main "$@"
