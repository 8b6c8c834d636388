#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# status and doctor: exit statuses, arguments of what is run, and the streams.

# out, err, home, config and engine come from lib/cli.sh.
# shellcheck disable=SC2154,SC2034,SC2016
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

C=openshell-cluster-openshell

started() {
	new_home
	given_engine
	run gateway start
	forget_calls
}

# listen: something that accepts connections on the recorded port, as the gateway would
listen() {
	given_listener
	sed -i "s/8080/$port/g" "$config/gateways/openshell/metadata.json" "$engine/containers/$C"
}

## status

status_connected() {
	started
	listen
	code=0
	run status -o json || code=$?
	kill "$listener"
	expect_equal 0 "$code"
	expect_equal '["openshell","connected","healthy","openshell/cluster:dev","valid"]' \
		"$(jq -c '[.name, .state, .health, .image, .bundle]' "$out")"
	expect_equal '' "$(calls '^docker (start|stop|create|rm|network|volume)')"
}

status_unreachable_endpoint() {
	started
	expect_status 5 run status
	expect_out openshell
}

status_none() {
	new_home
	given_engine
	expect_status 3 run status
	expect_out 'No gateway'
	expect_status 3 run status -o json
	expect_equal '[null,"absent"]' "$(jq -c '[.name, .state]' "$out")"
	expect_status 3 run -g nothing status
	expect_no_out
}

# status_of STATUS HEALTH STATE
status_of() {
	started
	echo "$1 $2 sha256:image-1 8080 127.0.0.1" >"$engine/containers/$C"
	expect_status 8 run status
	expect_status 8 run status -o json
	expect_equal "\"$3\"" "$(jq .state "$out")"
}

status_absent_container() {
	started
	rm "$engine/containers/$C"
	expect_status 8 run status
}

status_tests() {
	check a_gateway_that_answers_is_connected status_connected
	check an_endpoint_that_does_not_answer_gives_5 status_unreachable_endpoint
	check no_gateway_gives_3 status_none
	check a_stopped_gateway_gives_8 status_of exited none stopped
	check a_starting_gateway_gives_8 status_of running starting starting
	check an_unhealthy_gateway_gives_8 status_of running unhealthy unhealthy
	check a_gateway_that_ends_again_and_again_gives_8 status_of restarting none unhealthy
	check a_gateway_without_its_container_gives_8 status_absent_container
}

## doctor exec

exec_rule() {
	rule docker 10-exec '^exec '
}

exec_arguments() {
	started
	exec_rule
	run doctor exec -- kubectl get pods -A --selector 'a=b c'
	expect_equal "docker exec -i --env KUBECONFIG=/etc/rancher/k3s/k3s.yaml id-of-$C kubectl get pods -A --selector a=b\\ c" \
		"$(calls '^docker exec')"
}

exec_status_is_passed() {
	started
	for code in 0 1 3 7 125 126 127 255; do
		exec_rule
		answer last rc "$code"
		expect_status "$code" run doctor exec -- true
	done
}

exec_signal_is_128_plus_n() {
	started
	exec_rule
	answer last signal TERM
	expect_status 143 run doctor exec -- true
}

exec_streams_are_inherited() {
	started
	exec_rule
	answer last in
	answer last out 'its answer'
	answer last err 'its complaint'
	printf 'some input' >"$home/input"
	(
		run_as sh -c '"$0" doctor exec -- cat <"$HOME/input"' "$CLI_PROGRAM"
	)
	expect_equal 'some input' "$(cat "$cli_rule/stdin.1")"
	expect_out_is 'its answer'
	expect_err 'its complaint'
}

exec_with_no_container() {
	new_home
	given_engine
	expect_status 3 run doctor exec -- true
	expect_equal '' "$(calls '^docker exec')"
}

exec_options_belong_to_the_command() {
	started
	exec_rule
	run doctor exec kubectl --help
	calls '^docker exec' | grep -q ' kubectl --help$'
}

exec_takes_no_option_for_a_container() {
	started
	exec_rule
	run doctor exec -- --privileged
	calls '^docker exec' | grep -q "$C --privileged$"
}

exec_tests() {
	check exec_passes_arguments_unchanged exec_arguments
	check exec_passes_the_status_on exec_status_is_passed
	check exec_gives_128_plus_n_for_a_signal exec_signal_is_128_plus_n
	check exec_leaves_the_streams_to_the_command exec_streams_are_inherited
	check exec_without_a_gateway_gives_3 exec_with_no_container
	check options_after_the_first_word_are_the_commands exec_options_belong_to_the_command
	check words_after_the_dashes_come_after_the_container exec_takes_no_option_for_a_container
}

## doctor logs

# logs_call EXPECTED [ARGUMENT]...
logs_call() {
	started
	rule docker 10-logs '^logs'
	answer last out 'a line of the log'
	wanted=$1
	shift
	run doctor logs "$@"
	expect_equal "$wanted" "$(calls '^docker logs')"
	expect_out_is 'a line of the log'
}

logs_without_a_gateway() {
	new_home
	given_engine
	expect_status 3 run doctor logs
}

logs_tests() {
	check logs_of_a_number_of_lines logs_call "docker logs --timestamps --tail 5 -- id-of-$C" --lines 5
	check tail_with_a_number_does_not_follow logs_call "docker logs --timestamps --tail 5 -- id-of-$C" --tail 5
	check tail_with_an_equals_sign_does_not_follow logs_call "docker logs --timestamps --tail 5 -- id-of-$C" --tail=5
	check follow_follows follow_call
	check logs_without_a_gateway_gives_3 logs_without_a_gateway
}

follow_call() {
	started
	rule docker 10-logs '^logs'
	for words in --follow --tail; do
		forget_calls
		run doctor logs $words
		calls '^docker logs' | grep -q -- --follow
	done
}

## doctor check

check_is_well() {
	started
	echo "$C" >"$engine/port-holders"
	run doctor check
	expect_out 28.2.2
	expect_out 'All checks passed'
}

check_names_the_port_holder() {
	new_home
	given_engine
	echo another >"$engine/port-holders"
	expect_status 4 run doctor check --port 8077
	expect_out another
	expect_equal "docker ps --format {{.Names}} --filter publish=8077" "$(calls '^docker ps')"
}

# little_of FIELD VALUE: an engine that has less of something than a gateway needs
little_of() {
	new_home
	given_engine
	rule docker 10-info '^info'
	answer last out "$(printf '{"ID":"E","ServerVersion":"28.2.2","DockerRootDir":"/","MemTotal":17179869184}' |
		jq -c ".$1 = $2")"
	fails run doctor check
	expect_out FAILED
}

# info_with JQ-EXPRESSION: an engine whose answer to docker info is changed so
info_with() {
	new_home
	given_engine
	rule docker 10-info '^info'
	answer last out "$(printf '{"ID":"E","ServerVersion":"28.2.2","Driver":"overlay2","DockerRootDir":"/","MemTotal":17179869184,"CgroupVersion":"2","ClientInfo":{"Context":"default"}}' |
		jq -c "$1")"
}

# Another host: what the machine of the test has to say does not matter.
ELSEWHERE='.Name = "elsewhere" | .KernelVersion = "0.0"'

json_has_all() {
	info_with "$ELSEWHERE"
	run doctor check -o json
	expect_equal '["check","verdict","code","text","fix","command"]' "$(jq -c '.checks[0] | keys_unsorted' "$out")"
	expect_equal '["docker","ok",null,null]' "$(jq -c '.checks[0] | [.check, .verdict, .code, .fix]' "$out")"
	expect_equal '["host-not-seen","disk-not-seen"]' "$(jq -c '[.checks[] | select(.verdict == "warn") | .code]' "$out")"
	expect_equal '["warn",0]' "$(jq -c '[.verdict, .exit_code]' "$out")"
	jq -e 'all(.checks[]; (.code == null) == (.verdict == "ok") and (.fix == null) == (.verdict == "ok"))' "$out"
}

json_of_this_host() {
	started
	echo "$C" >"$engine/port-holders"
	run doctor check -o json
	expect_equal '["docker","host","version","api","root","storage","cgroup","cgroupns","firewall","iptables","br-netfilter","inotify","pools","routes","kubelet","snap","port","disk","memory","clock"]' \
		"$(jq -c '[.checks[].check]' "$out")"
	expect_equal 0 "$(jq .exit_code "$out")"
	expect_equal "docker info
docker version
docker ps" "$(calls | cut -d' ' -f1-2)"
}

# is_found CODE VERDICT STATUS JQ-EXPRESSION: what doctor check makes of such an engine, in each form
is_found() {
	info_with "$ELSEWHERE | $4"
	expect_status "$3" run doctor check -o json
	expect_equal "[\"$1\"]" "$(jq -c --arg verdict "$2" '[.checks[] | select(.verdict == $verdict and (.code | endswith("not-seen") | not)) | .code]' "$out")"
	expect_equal "[\"$2\",$3]" "$(jq -c '[.verdict, .exit_code]' "$out")"
	expect_status "$3" run doctor check -o yaml
	expect_out "code: $1"
	expect_status "$3" run doctor check
	expect_out "($1): "
	expect_out "fix: "
	if [ "$3" -eq 0 ]; then expect_out 'All checks passed. 3 warnings.'; else expect_out '1 check failed. 2 warnings.'; fi
}

# docker_fails STATUS CODE KEY [TEXT]: what doctor check makes of a docker that ends so
docker_fails() {
	new_home
	with OPENSHELL_DOCKER_TIMEOUT=1
	rule docker 10-all .
	answer last rc 1
	answer last "$3" "${4:-}"
	expect_status "$1" run doctor check -o json
	expect_equal "[\"$2\",\"fail\",$1]" "$(jq -c '[.checks[0].code, .verdict, .exit_code]' "$out")"
	expect_equal 1 "$(jq '.checks | length' "$out")"
}

# busy_port COMMAND...: the program that listens on the port is named
busy_port() {
	new_home
	given_engine
	python3 -c '
import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(16)
print(s.getsockname()[1], flush=True)
s.accept()' >"$home/port" &
	listener=$!
	eventually 5 test -s "$home/port"
	code=0
	run "$@" --port "$(cat "$home/port")" || code=$?
	kill "$listener"
	expect_equal 4 "$code"
	grep -q 'in use by python3 (pid [0-9]*)' "$out" "$err"
}

# What a fix says to type is a command of this program.
fix_can_be_typed() {
	started
	echo another >"$engine/port-holders"
	expect_status 4 run doctor check -o json --port 8077
	command=$(jq -r '.checks[] | select(.check == "port") | .command' "$out")
	rm "$engine/port-holders" "$engine/containers/$C"
	# shellcheck disable=SC2086 # its words
	run ${command#openshell }
	expect_has '"gateway_port": ' "$config/gateways/openshell/metadata.json"
	expect_lacks '"gateway_port": 8080' "$config/gateways/openshell/metadata.json"
}

doctor_tests() {
	check a_well_engine_gives_0 check_is_well
	check a_held_port_gives_4 check_names_the_port_holder
	check too_little_memory_fails_the_check little_of MemTotal 1000000000
	check an_old_engine_fails_the_check little_of ServerVersion '"19.03.1"'
	check the_check_as_json_has_verdicts_codes_and_fixes json_has_all
	check every_check_is_made_on_dockers_own_host json_of_this_host
	check rootless_docker_fails is_found rootless fail 1 '.SecurityOptions = ["name=rootless"]'
	check userns_remap_fails is_found userns-remap fail 1 '.SecurityOptions = ["name=userns"]'
	check missing_cgroup_controllers_fail is_found cgroup-controllers fail 1 '.MemoryLimit = false'
	check a_storage_driver_of_copies_is_a_warning is_found storage-vfs warn 0 '.Driver = "vfs"'
	check cgroup_v1_is_a_warning is_found cgroup-v1 warn 0 '.CgroupVersion = "1"'
	check a_snap_is_a_warning is_found snap-docker warn 0 '.DockerRootDir = "/var/snap/docker/common/var-lib-docker"'
	check overlapping_pools_are_a_warning is_found pool-overlap warn 0 '.DefaultAddressPools = [{"Base":"10.0.0.0/8","Size":24}]'
	check nftables_are_a_warning is_found firewall-nftables warn 0 '.FirewallBackend.Driver = "nftables"'
	check a_clock_that_is_off_is_a_warning is_found clock-skew warn 0 '.SystemTime = "2001-01-01T00:00:00Z"'
	check no_engine_gives_5 docker_fails 5 docker-unreachable out '{"ServerErrors":["Cannot connect to the Docker daemon"]}'
	check no_permission_gives_6 docker_fails 6 docker-refused err 'permission denied while trying to connect to the socket'
	check a_hanging_docker_gives_7 docker_fails 7 docker-timeout hang
	check doctor_check_names_the_program_on_the_port busy_port doctor check
	check the_command_of_a_fix_can_be_typed fix_can_be_typed
	check start_names_the_program_on_the_port busy_port gateway start
}

## streams

plain_when_piped() {
	started
	run status -o json || true
	run gateway list
	run gateway start --recreate
	for file in "$out" "$err"; do
		fails grep -q "$(printf '\033')" "$file"
	done
}

# on_a_terminal [NAME=VALUE]: what stderr gets there
on_a_terminal() {
	started
	with TERM=xterm "$@"
	run_as script -qec "'$CLI_PROGRAM' gateway start --recreate" /dev/null
}

colours_on_a_terminal() {
	on_a_terminal
	grep -q "$(printf '\033\\[')" "$out"
}

no_color_is_honoured() {
	on_a_terminal NO_COLOR=1
	fails grep -q "$(printf '\033\\[[0-9;]*m')" "$out"
}

closed_stdin() {
	started
	run_as sh -c 'exec "$0" gateway list -o json <&-' "$CLI_PROGRAM"
	jq -e '.[0].name == "openshell"' "$out"
	run_as sh -c 'exec "$0" gateway start --recreate <&-' "$CLI_PROGRAM"
}

closed_stdout() {
	started
	run_as sh -c '"$0" gateway list >&-; [ $? -le 1 ]' "$CLI_PROGRAM"
	expect_status 1 run_as sh -c 'exec "$0" gateway list >/dev/full' "$CLI_PROGRAM"
}

verbose_shows_commands() {
	started
	run -v gateway stop
	expect_err 'docker stop'
	expect_no_out
}

large_output_is_bounded() {
	started
	rule docker 10-flood '^(container )?inspect'
	answer last bigout 9000000
	expect_status 5 run status
}

stream_tests() {
	check no_escape_sequences_in_a_pipe plain_when_piped
	if command -v script >/dev/null; then
		check colours_on_a_terminal colours_on_a_terminal
		check no_color_is_honoured no_color_is_honoured
	else
		skip colours_on_a_terminal 'no script(1)'
		skip no_color_is_honoured 'no script(1)'
	fi
	check a_bundle_is_gathered_without_secrets bundle_is_gathered
	check a_bundle_has_what_can_be_had bundle_without_docker
	check a_closed_stdin_does_not_matter closed_stdin
	check an_answer_that_cannot_be_written_is_an_error closed_stdout
	check verbose_shows_the_commands_on_stderr verbose_shows_commands
	check output_of_docker_is_bounded large_output_is_bounded
}

## doctor bundle

bundle_is_gathered() {
	started
	cd "$home"
	rule docker 09-inspect '^container inspect .* -- id-of'
	answer last out '{"Id":"c1","Config":{"Env":["REGISTRY_PASSWORD=p\u0026q"]}}'
	rule docker 10-log '^logs'
	answer last out 'token hunter2-of-the-test, again hunter2-of-the-test'
	with OPENSHELL_REGISTRY_TOKEN=hunter2-of-the-test
	run doctor bundle
	file=$(cat "$out")
	echo "$file" | grep -qx 'openshell-openshell-[0-9]\{8\}T[0-9]\{6\}Z\.tar'
	expect_mode 600 "$file"
	tar -xf "$file"
	expect_equal about.txt,checks.txt,container.json,container.log,docker-info.json,docker-version.json,entry.json "$(
		find openshell-openshell -name '[acde]*' -type f -printf '%f\n' | sort | paste -sd ,)"
	expect_equal 'REGISTRY_PASSWORD=***' "$(jq -r '.Config.Env[0]' openshell-openshell/container.json)"
	expect_equal openshell "$(jq -r .name openshell-openshell/entry.json)"
	expect_equal 'token ***, again ***' "$(cat openshell-openshell/container.log)"
	expect_lacks hunter2 "$file"
	expect_lacks 'BEGIN' "$file"
	expect_equal '' "$(calls '^docker (start|stop|create|rm|network|volume)')"
	expect_status 4 run doctor bundle "$file"
	expect_err 'is there already'
	expect_err 'Name another FILE'
	run doctor bundle -
	tar -tf "$out" >listed
	expect_has openshell-openshell/container.json listed
}

bundle_without_docker() {
	new_home
	given_record openshell
	cd "$home"
	rule docker 10-down .
	answer last rc 1
	answer last err 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?'
	run doctor bundle one.tar
	expect_out one.tar
	expect_err 'warning: container.json: '
	tar -xf one.tar
	expect_has 'could not be had' openshell-openshell/docker-info.json
	expect_has docker openshell-openshell/checks.txt
	expect_status 2 run doctor bundle one two
	expect_status 3 run doctor bundle "$home/absent/x.tar"
	expect_err "cannot write $home/absent/x.tar"
}

main() {
	status_tests
	exec_tests
	logs_tests
	doctor_tests
	stream_tests
}

main "$@"
