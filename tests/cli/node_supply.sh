#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# gateway start: what the node is given: --ca, --registries, --dns, and the proxies of the environment.

# out, err, home, config and engine come from lib/cli.sh.
# shellcheck disable=SC2154,SC2034
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

C=openshell-cluster-openshell
CA=$REPO/tests/data/fake-cluster/ca.crt
OWN=localhost,127.0.0.1,::1,10.42.0.0/16,10.43.0.0/16,.svc,.cluster.local,host.docker.internal,host.openshell.internal,openshell-openshell

given_files() {
	new_home
	given_engine
	kept=$config/gateways/openshell/node
	printf 'configs:\n  reg.example:\n    auth:\n      username: me\n      password: pa55word-yaml\n' >"$home/registries.yaml"
}

# The calls that change something since forget_calls, by their first words.
changes() {
	calls '^docker (create|cp|start|rm|stop|network (create|rm)|volume (create|rm))' | cut -d' ' -f1-3 | sed 's/ --pull$//; s/ --$//'
}

id() { cat "$kept/id"; }

files_reach_the_container() {
	given_files
	run gateway start --ca "$CA" --registries "$home/registries.yaml"
	nothing_unexpected
	expect_equal "docker cp - $C:/" "$(calls '^docker cp')"
	expect_equal "$(id)" "$(cat "$engine/files/$C")"
	calls '^docker create' | grep -q -- "--label ai.openshell.files=$(id) "
	tar -tvf "$engine/tar/$C" | awk '{ print $1, $2, $6 }' | diff - "$TEST_TMP/listing" >&2
	mkdir "$home/unpacked"
	tar -C "$home/unpacked" -xf "$engine/tar/$C"
	cmp "$CA" "$home/unpacked/etc/openshell/node/ca.crt"
	cmp "$home/registries.yaml" "$home/unpacked/etc/openshell/node/registries.yaml"
	# after the create, before the start
	expect_equal 'docker create
docker cp -
docker start' "$(calls '^docker (create|cp|start)' | cut -d' ' -f1-3 | sed 's/ --.*//')"
}

files_are_kept_in_private() {
	given_files
	run gateway start --ca "$CA" --registries "$home/registries.yaml"
	expect_mode 700 "$kept"
	for fk in ca.crt registries.yaml id; do expect_mode 600 "$kept/$fk"; done
	cmp "$CA" "$kept/ca.crt"
	cmp "$home/registries.yaml" "$kept/registries.yaml"
}

a_second_start_costs_nothing() {
	given_files
	run gateway start --ca "$CA" --registries "$home/registries.yaml" --dns 10.0.0.2
	for as in '' "--ca $CA" "--registries $home/registries.yaml --ca $CA" '--dns 10.0.0.2'; do
		forget_calls
		# shellcheck disable=SC2086 # options
		run gateway start $as
		expect_equal 1 "$(calls | wc -l)"
		expect_equal '' "$(changes)"
	done
}

a_changed_file_recreates() {
	given_files
	run gateway start --ca "$CA" --registries "$home/registries.yaml"
	cr_id=$(id)
	echo '      auth: x' >>"$home/registries.yaml"
	forget_calls
	run gateway start --registries "$home/registries.yaml"
	[ "$cr_id" != "$(id)" ]
	expect_equal '' "$(calls '^docker volume (create|rm)')"
	expect_equal 1 "$(calls '^docker create' | wc -l)"
	# the CA that was given before goes with it
	tar -xOf "$engine/tar/$C" etc/openshell/node/ca.crt | cmp - "$CA"
}

a_lost_container_gets_them_again() {
	given_files
	run gateway start --ca "$CA"
	rm "$engine/containers/$C" "$engine/tar/$C"
	run gateway start
	tar -xOf "$engine/tar/$C" etc/openshell/node/ca.crt | cmp - "$CA"
	expect_equal "$(id)" "$(cat "$engine/files/$C")"
}

none_takes_them_away() {
	given_files
	run gateway start --ca "$CA" --registries "$home/registries.yaml" --dns 10.0.0.2
	run gateway start --registries none
	[ ! -e "$kept/registries.yaml" ]
	cmp "$CA" "$kept/ca.crt"
	run gateway start --ca none --dns none
	[ ! -e "$kept" ]
	[ ! -e "$engine/files/$C" ]
	[ ! -e "$engine/dns/$C" ]
	forget_calls
	run gateway start
	expect_equal '' "$(changes)"
}

recreate_forgets_them() {
	given_files
	run gateway start --ca "$CA" --dns 10.0.0.2
	run gateway start --recreate
	[ ! -e "$kept" ]
	[ ! -e "$engine/files/$C" ]
	[ ! -e "$engine/dns/$C" ]
}

destroy_removes_them() {
	given_files
	run gateway start --ca "$CA" --registries "$home/registries.yaml"
	run gateway destroy
	[ ! -e "$config/gateways" ]
}

# refused STATUS TEXT ARGUMENT...: and docker is not asked for anything
refused() {
	rf_status=$1 rf_text=$2
	shift 2
	forget_calls
	expect_status "$rf_status" run gateway start "$@"
	expect_err "$rf_text"
	expect_one_reason
	expect_equal '' "$(calls)"
	[ ! -e "$config/gateways" ]
}

bad_files_are_refused() {
	given_files
	refused 3 "--ca: cannot read $home/none.pem: No such file" --ca "$home/none.pem"
	refused 3 "--registries: cannot read $home/none.yaml" --registries "$home/none.yaml"
	refused 2 "--ca: $home/registries.yaml: holds no certificate" --ca "$home/registries.yaml"
	refused 2 "--registries: $CA, line " --registries "$CA"
	refused 2 'not a regular file' --ca "$home"
	cat "$CA" "$REPO/tests/data/fake-cluster/tls.key" >"$home/both.pem"
	refused 2 "both.pem, line $(($(wc -l <"$CA") + 1)): a private key" --ca "$home/both.pem"
	printf 'mirrors:\n  a:\n    endpoint: [x]\n    x: y\n' >"$home/bad.yaml"
	refused 2 "--registries: $home/bad.yaml, line 4: 'x' is not known here" --registries "$home/bad.yaml"
}

bad_resolvers_are_refused() {
	given_files
	refused 2 "--dns: 'dns.example' is no IP address" --dns dns.example
	refused 2 'in the container is its own' --dns 127.0.0.53
	refused 2 'in the container is its own' --dns 10.0.0.2,::1
	refused 2 "'' is no IP address" --dns=
}

resolvers_reach_docker() {
	given_files
	run gateway start --dns 10.0.0.2,10.0.0.3
	calls '^docker create' | grep -q -- '--dns 10.0.0.2 --dns 10.0.0.3 .*--env FALLBACK_DNS=10.0.0.2,10.0.0.3 '
	forget_calls
	run gateway start --dns 10.0.0.3
	expect_equal 1 "$(calls '^docker create' | wc -l)"
	calls '^docker create' | grep -q -- '--dns 10.0.0.3 --volume'
	expect_equal '' "$(calls '^docker volume (create|rm)')"
}

proxies_reach_docker() {
	given_files
	with HTTP_PROXY=http://one.example:1 https_proxy=http://two.example:2 NO_PROXY=corp.example,.svc
	run gateway start
	calls '^docker create' | grep -q -- '--env HTTP_PROXY --env http_proxy --env HTTPS_PROXY --env https_proxy '
	pr_none=corp.example,.svc,$(printf %s "$OWN" | sed 's/\.svc,//')
	calls '^docker create' | grep -q -- "--env NO_PROXY=$pr_none --env no_proxy=$pr_none "
	for pr in HTTP_PROXY=http://one.example:1 http_proxy=http://one.example:1 HTTPS_PROXY=http://two.example:2 \
		https_proxy=http://two.example:2; do
		grep -qx "$pr" "$engine/create.env"
	done
}

a_changed_proxy_waits() {
	given_files
	run gateway start
	with HTTPS_PROXY=http://new.example
	forget_calls
	run gateway start
	expect_equal '' "$(changes)"
}

a_loopback_proxy_is_left_out() {
	given_files
	with HTTPS_PROXY=http://me:pa55word-proxy@127.0.0.1:3128 HTTP_PROXY=http://localhost:3128
	run gateway start
	expect_err 'warning: HTTP_PROXY, HTTPS_PROXY: not given to the container'
	expect_err host.docker.internal
	expect_equal 1 "$(grep -c 'not given to the container' "$err")"
	expect_equal '' "$(calls PROXY)"
	expect_lacks pa55word-proxy "$err"
}

dockers_own_proxies_get_exceptions() {
	given_files
	mkdir "$home/.docker"
	echo '{"proxies":{"default":{"httpsProxy":"http://me:pa55word-docker@p","noProxy":"corp.example"}}}' >"$home/.docker/config.json"
	run -v gateway start
	calls '^docker create' | grep -q -- "--env NO_PROXY=corp.example,$OWN --env no_proxy=corp.example,$OWN "
	expect_equal '' "$(calls '[-][-]env HTTPS_PROXY')"
	expect_lacks pa55word-docker "$err"
	echo garbage >"$home/.docker/config.json"
	run gateway start --recreate
	expect_err "warning: the proxies in docker's configuration are not known"
	mkdir "$home/elsewhere"
	with "DOCKER_CONFIG=$home/elsewhere"
	run gateway start --recreate
	expect_lacks warning "$err"
}

a_proxy_that_is_none_is_refused() {
	given_files
	# the tab is the only control character that an environment here can hold
	with "HTTPS_PROXY=http://p	x"
	expect_status 2 run gateway start
	expect_err 'HTTPS_PROXY holds a control character'
	expect_equal '' "$(calls '^docker (create|network create|volume create)')"
	run status --name other || [ $? -eq 3 ]
}

secrets_stay_out_of_sight() {
	given_files
	with HTTPS_PROXY=http://me:pa55word-proxy@proxy.example:3128 all_proxy=socks5://me:pa55word-socks@proxy.example
	run -vv gateway start --registries "$home/registries.yaml"
	for ss in pa55word-yaml pa55word-proxy pa55word-socks; do
		expect_lacks "$ss" "$FAKE_DIR/calls"
		expect_lacks "$ss" "$err"
		expect_lacks "$ss" "$out"
		expect_lacks "$ss" "$config/gateways/openshell/metadata.json"
		expect_lacks "$ss" "$engine/files/$C"
	done
	# and they did arrive
	grep -q '^https_proxy=.*pa55word-proxy' "$engine/create.env"
	tar -xOf "$engine/tar/$C" etc/openshell/node/registries.yaml | grep -q pa55word-yaml
	expect_lacks pa55word-yaml "$engine/create.env"
}

a_failed_copy_is_taken_back() {
	given_files
	rule docker 10-fail '^cp'
	answer last err 'Error response from daemon: no space left on device'
	answer last rc 1
	expect_status 1 run gateway start --ca "$CA"
	expect_err "copying the node's files: docker cp failed (exit 1): Error response from daemon: no space left on device"
	[ ! -e "$engine/containers/$C" ]
	[ ! -e "$engine/volumes/$C" ]
	[ ! -e "$config/gateways/openshell" ]
}

a_failed_change_puts_the_former_files_back() {
	given_files
	run gateway start --ca "$CA"
	fc_id=$(id)
	rule docker 10-fail '^cp'
	answer last rc 1
	expect_status 1 run gateway start --registries "$home/registries.yaml"
	expect_equal "$fc_id" "$(id)"
	[ ! -e "$kept/registries.yaml" ]
	rm -r "$FAKE_DIR/docker/10-fail"
	run gateway start
	expect_equal "$fc_id" "$(cat "$engine/files/$C")"
	tar -xOf "$engine/tar/$C" etc/openshell/node/ca.crt | cmp - "$CA"
}

# A kill leaves a container that names its files and has none.
a_kill_before_the_copy_is_mended() {
	given_files
	rule docker 10-hang '^cp'
	answer last hang
	run_as env "$CLI_PROGRAM" gateway start --ca "$CA" &
	runner=$!
	eventually 5 copying
	kill -KILL "$(tr -d ' ' <"/proc/$runner/task/$runner/children")"
	expect_status 137 wait "$runner"
	rm -r "$FAKE_DIR/docker/10-hang"
	[ ! -e "$engine/tar/$C" ]
	expect_equal created "$(cut -d' ' -f1 "$engine/containers/$C")"
	forget_calls
	run gateway start
	expect_equal '' "$(calls '^docker create')"
	tar -xOf "$engine/tar/$C" etc/openshell/node/ca.crt | cmp - "$CA"
	expect_equal running "$(cut -d' ' -f1 "$engine/containers/$C")"
}

copying() {
	[ -n "$(calls '^docker cp')" ]
}

main() {
	cat >"$TEST_TMP/listing" <<-END
		drwxr-xr-x root/root etc/openshell/
		drwx------ root/root etc/openshell/node/
		-rw------- root/root etc/openshell/node/ca.crt
		-rw------- root/root etc/openshell/node/registries.yaml
	END
	check the_files_are_copied_between_create_and_start files_reach_the_container
	check the_files_are_kept_in_private files_are_kept_in_private
	check what_was_given_once_is_kept_at_no_cost a_second_start_costs_nothing
	check a_changed_file_recreates_the_container_and_keeps_the_volume a_changed_file_recreates
	check a_container_made_anew_gets_the_files_again a_lost_container_gets_them_again
	check none_takes_files_and_resolvers_away none_takes_them_away
	check recreate_forgets_files_and_resolvers recreate_forgets_them
	check destroy_removes_what_is_kept destroy_removes_them
	check files_that_cannot_be_used_are_refused_before_docker_is_asked bad_files_are_refused
	check addresses_that_no_container_can_ask_are_refused bad_resolvers_are_refused
	check resolvers_reach_docker_and_others_recreate resolvers_reach_docker
	check proxies_are_given_in_both_cases_with_exceptions proxies_reach_docker
	check a_changed_environment_does_not_recreate a_changed_proxy_waits
	check a_proxy_on_the_loopback_network_is_left_out_and_told a_loopback_proxy_is_left_out
	check the_proxies_of_dockers_configuration_get_exceptions_too dockers_own_proxies_get_exceptions
	check a_proxy_with_a_control_character_gives_2 a_proxy_that_is_none_is_refused
	check passwords_are_in_no_argument_trace_label_or_record secrets_stay_out_of_sight
	check a_copy_that_fails_leaves_nothing a_failed_copy_is_taken_back
	check a_change_that_fails_puts_the_former_files_back a_failed_change_puts_the_former_files_back
	check a_kill_before_the_copy_is_mended_by_the_next_start a_kill_before_the_copy_is_mended
}

main "$@"
