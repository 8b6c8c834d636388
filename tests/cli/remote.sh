#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# --remote, --ssh-key and --ssh-option, with a fake docker behind the real ssh and a server on the loopback. The way
# itself is in ssh_transport.sh; tests/remote has a host of its own at the other end.

# shellcheck disable=SC2154,SC2034,SC2016,SC2119 # from the libraries, for them, and for other shells
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
CLI_PROGRAM=$OPENSHELL # the real clock: ssh is real
# shellcheck source-path=SCRIPTDIR source=../lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/sshd.sh
. "$(dirname "$0")/../lib/sshd.sh"

sock=$TEST_TMP/engine.sock
user=$(id -un)
mkdir "$TEST_TMP/path"
ln -s "$REPO/tests/fakes/docker" "$TEST_TMP/path/docker"
ln -s "$REPO/tests/fakes/engine.sh" "$TEST_TMP/path/engine.sh"

# A home from which the server is reached, and an engine that notes where it was called.
given_host() {
	new_home
	given_engine
	answer last sh 'echo "${DOCKER_HOST:-here}" >>"$FAKE_DIR/hosts"; . "'"$REPO"'/tests/fakes/engine.sh"'
	: >"$FAKE_DIR/hosts"
	CLI_PATH=$TEST_TMP/path:/usr/bin:/bin
	box=ssh://$user@127.0.0.1:$sshd_port$sock
	there="--remote $box --ssh-key $ssh_key --ssh-option UserKnownHostsFile=$ssh_known --ssh-option IPQoS=none"
}

called_there() {
	[ -s "$FAKE_DIR/hosts" ]
	expect_equal '' "$(grep -v "^unix://$runtime/openshell/ssh\..*/remote-docker.sock\$" "$FAKE_DIR/hosts")"
	: >"$FAKE_DIR/hosts"
}

no_trace() {
	expect_equal '' "$(find "$runtime" -name 'ssh.*')"
	expect_equal '' "$(pgrep -f -- "-S $runtime" || true)"
}

all_commands() {
	given_host
	# shellcheck disable=SC2086 # options
	run gateway start --name far $there
	called_there
	expect_equal "true $box 127.0.0.1 https://127.0.0.1:8080 $box" \
		"$(jq -r '"\(.is_remote) \(.remote_host) \(.resolved_host) \(.gateway_endpoint) \(.docker_endpoint)"' \
			"$config/gateways/far/metadata.json")"
	expect_has '--publish 0.0.0.0:8080' "$(calls_file)"
	rule docker 10-look '^(logs --timestamps|exec -i )'
	answer last sh 'echo "$DOCKER_HOST" >>"$FAKE_DIR/hosts"'
	for command in 'gateway start' 'gateway stop' 'gateway start' 'doctor logs --lines 3' 'gateway destroy'; do
		# shellcheck disable=SC2086 # words
		run $command --name far
		called_there
		[ "$command" != 'gateway start' ] || run doctor exec --name far -- true
		: >"$FAKE_DIR/hosts"
		no_trace
	done
	[ ! -e "$config/gateways/far" ]
}

calls_file() {
	calls | sed 's/\\ / /g' >"$TEST_TMP/calls"
	echo "$TEST_TMP/calls"
}

warm() {
	given_host
	# shellcheck disable=SC2086
	run gateway start $there
	forget_calls
	before=$(sshd_connections)
	run gateway start
	expect_equal $((before + 1)) "$(sshd_connections)"
	expect_equal 1 "$(calls '^docker' | wc -l)"
}

asked_of_the_record_alone() {
	given_host
	# shellcheck disable=SC2086
	run gateway start $there
	before=$(sshd_connections)
	: >"$FAKE_DIR/hosts"
	run gateway info
	run gateway list
	run gateway list --status
	run gateway kubeconfig
	expect_equal "$before" "$(sshd_connections)"
	expect_equal '' "$(cat "$FAKE_DIR/hosts")"
}

told_only() {
	given_host
	# shellcheck disable=SC2086
	run gateway start --dry-run $there
	sh -n "$out"
	expect_has "-i $ssh_key" "$out"
	expect_has "-o IPQoS=none" "$out"
	expect_has "-O forward -L ./docker.sock:$sock" "$out"
	expect_has 'export DOCKER_HOST="unix://$tunnel/docker.sock"' "$out"
	expect_lacks "$runtime" "$out"
	expect_equal '' "$(calls '^docker (create|start|network create)')"
	[ ! -e "$config/gateways" ]
	no_trace
}

# refused STATUS TEXT ARGUMENT...: in one line, and nothing was called
refused() {
	refused_status=$1
	refused_text=$2
	shift 2
	expect_status "$refused_status" run "$@"
	expect_one_reason
	expect_err "$refused_text"
	expect_equal '' "$(calls)"
}

bad_destinations() {
	given_host
	for dest in '' -oProxyCommand=id 'me@-x' 'me@' '@box' 'a b' 'box;id' '$(id)' 'box
x' https://box ssh:// ssh://box:0 ssh://box/a/../'$x' '[::1' box:22; do
		refused 2 '--remote' gateway start --remote "$dest"
	done
	refused 2 'password' gateway start --remote me:secret@box
	expect_lacks secret "$err"
}

bad_options() {
	given_host
	refused 2 "'ProxyCommand' is none that is passed on" gateway start --remote box --ssh-option ProxyCommand=id
	refused 2 'not of the form' gateway start --remote box --ssh-option Port
	refused 3 '/nonexistent' gateway start --remote box --ssh-key /nonexistent
	echo x >"$home/odd"
	refused 2 'no key' gateway start --remote box --ssh-key "$home/odd"
	refused 2 '--ssh-key is for --remote' gateway stop --name here --ssh-key "$ssh_key"
	refused 2 '--ssh-option is for --remote' doctor logs --ssh-option Port=22
}

# What an entry says is held to the same as what is typed.
bad_entries() {
	for key in '"remote_host":"-oProxyCommand=id"' '"remote_host":"box","ssh_options":["LocalCommand=id"]' \
		'"remote_host":"a;b"'; do
		given_host
		mkdir -p "$config/gateways/far"
		printf '{"name":"far","gateway_endpoint":"https://b:1","is_remote":true,"gateway_port":1,%s}\n' "$key" \
			>"$config/gateways/far/metadata.json"
		for command in 'doctor exec --name far -- true' 'gateway stop --name far' 'status --name far'; do
			# shellcheck disable=SC2086 # words
			expect_status 1 run $command
			expect_err "gateway 'far' cannot be used"
		done
		expect_equal '' "$(calls)"
	done
}

# What only the system says leads to no host: somebody else would have us connect there.
system_entry() {
	given_host
	mkdir -p "$home/system/gateways/far"
	printf '{"name":"far","gateway_endpoint":"https://b:1","is_remote":true,"gateway_port":1,"remote_host":"%s"}\n' "$box" \
		>"$home/system/gateways/far/metadata.json"
	with "OPENSHELL_SYSTEM_GATEWAY_DIR=$home/system"
	before=$(sshd_connections)
	expect_status 6 run gateway stop --name far
	run status --name far || true
	expect_equal "$before" "$(sshd_connections)"
}

moved() {
	given_host
	# shellcheck disable=SC2086
	run gateway start --name far $there
	jq '.remote_host = "ssh://nobody@127.0.0.1:1"' "$config/gateways/far/metadata.json" >"$home/new"
	cp "$home/new" "$config/gateways/far/metadata.json"
	expect_status 5 run gateway stop --name far
	# shellcheck disable=SC2086
	run gateway start --name far $there
	expect_equal "$box" "$(jq -r .remote_host "$config/gateways/far/metadata.json")"
	run gateway stop --name far
}

key_is_gone() {
	given_host
	cp "$ssh_key" "$home/key"
	# shellcheck disable=SC2086
	run gateway start --name far $there --ssh-key "$home/key"
	rm "$home/key"
	for command in 'status' 'gateway stop'; do
		# shellcheck disable=SC2086 # words
		expect_status 1 run $command --name far -o json
		expect_equal entry-invalid "$(jq -r .error.code "$out")"
		expect_err 'has been moved or removed'
	done
	run gateway stop --name far --ssh-key "$ssh_key"
}

# A gateway that was not made has no record that leads to its host.
advised() {
	given_host
	# shellcheck disable=SC2086
	expect_status 3 run doctor exec --name far $there -- true
	expect_err "openshell gateway start --name far --remote $box --ssh-key $ssh_key --ssh-option UserKnownHostsFile=$ssh_known"
	expect_err "gateway 'far' has no container on $box"
	expect_equal 'openshell gateway list' "$(sed -n 's/.*\(openshell gateway list\)/\1/p' "$err")"
	# shellcheck disable=SC2086
	expect_status 3 run gateway add https://box.test:19999 --name far ${there}
	expect_err "no gateway's container runs on $box that publishes port 19999"
}

odd_ssh() {
	given_host
	mkdir "$home/bin"
	printf '#!/bin/sh\necho strange >&2\nexit 255\n' >"$home/bin/ssh"
	chmod 755 "$home/bin/ssh"
	CLI_PATH=$home/bin:$TEST_TMP/path:/usr/bin:/bin
	expect_status 5 run gateway stop -o json --remote box
	expect_equal 'ssh-failed false ssh to ssh://box failed: strange' \
		"$(jq -r '.error | "\(.code) \(.retriable) \(.message)"' "$out")"
	expect_err 'ssh -v'
	no_trace
}

main() {
	engine_start "$sock"
	sshd_start
	check each_command_finds_the_host_by_the_record all_commands
	check a_warm_start_makes_one_connection_and_one_call warm
	check what_needs_no_docker_makes_no_connection asked_of_the_record_alone
	check a_dry_run_tells_how_to_get_there told_only
	check what_is_no_destination_is_refused_in_one_line bad_destinations
	check keys_and_options_are_looked_at_first bad_options
	check an_entry_is_held_to_the_same bad_entries
	check a_recorded_key_that_is_gone_is_told_of_the_entry key_is_gone
	check an_entry_of_the_system_leads_nowhere system_entry
	check a_host_that_moved_is_named_by_a_start moved
	check steps_lead_to_the_host_that_was_given advised
	check what_ssh_says_that_is_not_known_is_told_as_its_own odd_ssh
}

main "$@"
