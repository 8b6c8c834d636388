#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# gateway start: the exact calls, what is written, what a repetition costs, and every refusal.

# out, err, home, config and engine come from lib/cli.sh.
# shellcheck disable=SC2154,SC2034,SC2016
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

C=openshell-cluster-openshell
INSPECT='docker inspect --format {{json\ .}} --'
REFS='ghcr.io/nvidia/openshell/cluster:dev openshell/cluster:dev'

# held SECONDS: somebody has the gateway's lock for so long
held() {
	[ -d "$runtime/openshell" ] || mkdir -m 0700 "$runtime/openshell"
	echo 'process 1 (openshell gateway destroy)' >"$runtime/openshell/openshell.lock"
	# one process, so that the end of it is the end of the lock
	(flock 9 && exec sleep "$1") 9>>"$runtime/openshell/openshell.lock" &
	eventually 5 fails flock -n "$runtime/openshell/openshell.lock" true
}

busy_is_told() {
	new_home
	given_engine
	held 2
	expect_status 4 run gateway start
	expect_err 'process 1 (openshell gateway destroy)'
	expect_err --wait-lock
	expect_equal '' "$(calls)"
	expect_status 4 run gateway stop
	expect_status 4 run gateway destroy -o json
	expect_equal '"gateway-busy" true' "$(jq -r '"\"\(.error.code)\" \(.error.retriable)"' "$out")"
	wait
}

busy_is_waited_for() {
	new_home
	given_engine
	held 1
	run gateway start --wait-lock
	expect_err 'waiting for its end'
	[ -e "$engine/containers/$C" ]
	wait
	held 30
	expect_status 4 run gateway stop --wait-lock 5
	expect_status 2 run gateway stop --wait-lock=never
	kill $!
	wait || true
}

the_calls_of_a_first_start() {
	new_home
	given_engine
	run gateway start
	nothing_unexpected
	expect_calls <<-END
		$INSPECT $C $REFS
		docker info --format {{json\ .}}
		docker volume ls --format {{.Name}} --filter name=$C
		docker ps --format {{.Names}} --filter publish=8080
		docker network create --driver bridge --attachable --label ai.openshell.gateway=openshell $C
		docker network ls --format {{.Name}}\\n{{.ID}} --filter name=$C
		docker volume create --label ai.openshell.gateway=openshell $C
		docker create --pull never --name $C --hostname openshell-openshell --label ai.openshell.gateway=openshell --label ai.openshell.version=1.2.3 --privileged --init=false --restart unless-stopped --cgroupns host --network $C --publish 127.0.0.1:8080:30051/tcp --add-host host.docker.internal:host-gateway --add-host host.openshell.internal:host-gateway --volume $C:/var/lib/rancher/k3s --env REGISTRY_MODE=external --env REGISTRY_HOST=ghcr.io --env REGISTRY_INSECURE=false --env IMAGE_REPO_BASE=ghcr.io/nvidia/openshell --env OPENSHELL_NODE_NAME=openshell-openshell openshell/cluster:dev server --disable=traefik --tls-san=127.0.0.1 --tls-san=localhost --tls-san=host.docker.internal
		docker start -- $C
		docker container inspect --format {{json\ .}} -- $C
		docker exec --env KUBECONFIG=/etc/rancher/k3s/k3s.yaml $C kubectl -n openshell get secret openshell-cli-client --request-timeout=10s -o jsonpath={.data.ca\.crt}{"\n"}{.data.tls\.crt}{"\n"}{.data.tls\.key}
	END
	expect_equal 2 "$(calls '^docker (events|logs --follow) ' | wc -l)"
}

what_a_first_start_writes() {
	new_home
	given_engine
	run gateway start --name dev --port 8085
	expect_mode 700 "$config/gateways/dev/mtls"
	for part in ca.crt tls.crt tls.key; do
		cmp "$REPO/tests/data/fake-cluster/$part" "$config/gateways/dev/mtls/$part"
		expect_mode 600 "$config/gateways/dev/mtls/$part"
	done
	expect_equal dev "$(cat "$config/active_gateway")"
	expect_equal '["dev","https://127.0.0.1:8085",false,8085,"ENGINE-ID","id-of-openshell-cluster-dev"]' \
		"$(jq -c '[.name, .gateway_endpoint, .is_remote, .gateway_port, .docker_id, .container_id]' \
			"$config/gateways/dev/metadata.json")"
	expect_equal '' "$(find "$config" -name '*.tmp*' -o -name '*.bak')"
	expect_no_stray_processes
}

# The followers were told to go.
expect_no_stray_processes() {
	fails grep -lsF "FAKE_DIR=$FAKE_DIR" /proc/[0-9]*/environ
}

a_second_start() {
	new_home
	given_engine
	run gateway start
	find "$config" -printf '%p %T@ %i\n' | sort >"$home/before"
	forget_calls
	run gateway start
	expect_calls <<-END
		$INSPECT $C openshell/cluster:dev
	END
	find "$config" -printf '%p %T@ %i\n' | sort | diff "$home/before" -
}

a_stopped_container_is_started() {
	new_home
	given_engine
	run gateway start
	echo 'exited none sha256:image-1 8080 127.0.0.1' >"$engine/containers/$C"
	forget_calls
	run gateway start
	expect_equal '' "$(calls '^docker (create|rm|volume (create|rm))')"
	expect_equal "docker start -- $C" "$(calls '^docker start')"
}

another_image_recreates() {
	new_home
	given_engine
	run gateway start
	echo 'openshell/cluster:dev sha256:image-2' >"$engine/images"
	forget_calls
	run gateway start
	expect_equal 1 "$(calls '^docker create' | wc -l)"
	expect_equal "docker rm -f -v -- $C" "$(calls '^docker rm')"
	expect_equal '' "$(calls '^docker volume (create|rm)')"
}

recreate_destroys_first() {
	new_home
	given_engine
	run gateway start
	forget_calls
	run gateway start --recreate
	expect_equal "docker rm -f -v -- $C
docker volume rm -f $C
docker network rm $C" "$(calls '^docker (rm|volume rm|network rm)')"
	expect_equal 1 "$(calls '^docker create' | wc -l)"
}

name_sources() {
	new_home
	given_engine
	given_active other
	run gateway start --no-wait
	[ -e "$engine/containers/$C" ]
	with OPENSHELL_GATEWAY=from-env
	run gateway start --no-wait --port 8081
	[ -e "$engine/containers/openshell-cluster-from-env" ]
	run -g from-flag gateway start --no-wait --port 8082
	[ -e "$engine/containers/openshell-cluster-from-flag" ]
	run gateway start --name from-name --no-wait --port 8083
	[ -e "$engine/containers/openshell-cluster-from-name" ]
}

options_reach_docker() {
	new_home
	given_engine
	run gateway start --gpu --plaintext --gateway-host gw.example --port 9001 --no-wait
	create=$(calls '^docker create')
	for part in '--gpus all' '--env DISABLE_TLS=true' '--env GPU_ENABLED=true' '--env SSH_GATEWAY_HOST=gw.example' \
		'--env SSH_GATEWAY_PORT=9001' '--env EXTRA_SANS=gw.example' '--tls-san=gw.example' 127.0.0.1:9001:30051/tcp; do
		case $create in *"$part"*) ;; *) echo "no '$part' in: $create"; return 1 ;; esac
	done
	expect_equal '"http://gw.example:9001"' "$(jq -c .gateway_endpoint "$config/gateways/openshell/metadata.json")"
}

plaintext_fetches_no_secret() {
	new_home
	given_engine
	run gateway start --plaintext
	expect_equal '' "$(calls 'get secret')"
	[ ! -e "$config/gateways/openshell/mtls" ]
}

open_doors_need_force() {
	new_home
	given_engine
	expect_status 6 run gateway start "$1" --bind 0.0.0.0
	expect_err --force
	expect_equal '' "$(calls '^docker (create|network create|volume create)')"
	run gateway start "$1" --bind 0.0.0.0 --force
}

secrets_stay_out_of_sight() {
	new_home
	given_engine
	with OPENSHELL_REGISTRY_USERNAME=someone OPENSHELL_REGISTRY_PASSWORD=pa55word-xyz
	run -v gateway start
	expect_lacks pa55word-xyz "$FAKE_DIR/calls"
	expect_lacks pa55word-xyz "$err"
	expect_lacks pa55word-xyz "$out"
	expect_has REGISTRY_PASSWORD=pa55word-xyz "$engine/create.env"
	calls '^docker create' | grep -q -- '--env REGISTRY_USERNAME=someone --env REGISTRY_PASSWORD '
}

healthy_after_a_while() {
	new_home
	given_engine
	rule docker 10-wait '^container inspect'
	for n in 1 2 3 4 5; do answer "$n" out "$(container_line running starting)"; done
	answer last out "$(container_line running healthy)"
	run gateway start
	expect_equal 6 "$(calls '^docker container inspect' | wc -l)"
}

# container_line STATUS HEALTH [EXIT-CODE [HEALTH-OUTPUT]]: what inspect prints of $C
container_line() {
	printf '{"Id":"id-of-%s","Image":"sha256:image-1","RestartCount":0,"State":{"Status":"%s","ExitCode":%s,"OOMKilled":false,"Error":"","Health":{"Status":"%s","Log":[{"ExitCode":1,"Output":"%s"}]}},"Config":{"Image":"openshell/cluster:dev","Env":[],"Labels":{}},"HostConfig":{"PortBindings":{"30051/tcp":[{"HostIp":"127.0.0.1","HostPort":"8080"}]}},"NetworkSettings":{"Networks":{"%s":{}}}}' \
		"$C" "$1" "${3:-0}" "$2" "${4:-}" "$C"
}

# Everything that this run made is taken back, in the reverse order, and no entry is left.
rolled_back() {
	expect_equal "docker rm -f -v -- $C
docker network rm $C
docker volume rm -f $C" "$(calls '^docker (rm|network rm|volume rm)')"
	[ ! -e "$config/gateways/openshell" ]
	[ ! -e "$config/active_gateway" ]
}

an_exited_container() {
	new_home
	given_engine
	rule docker 10-wait '^container inspect'
	answer 1 out "$(container_line running starting)"
	answer last out "$(container_line exited none 42)"
	rule docker 11-logs '^logs --tail'
	answer last out 'k3s: the last words'
	expect_status 8 run gateway start
	expect_err exit_code=42
	expect_err 'the last words'
	rolled_back
	expect_no_stray_processes
}

never_healthy() {
	new_home
	given_engine
	rule docker 10-wait '^container inspect'
	answer last out "$(container_line running starting)"
	expect_status 7 run gateway start --timeout 20
	rolled_back
}

unhealthy_to_the_end() {
	new_home
	given_engine
	rule docker 10-wait '^container inspect'
	answer last out "$(container_line running unhealthy)"
	expect_status 8 run gateway start --timeout 20
	rolled_back
}

markers_are_read() {
	new_home
	given_engine
	rule docker 10-wait '^container inspect'
	answer last out "$(container_line running starting 0 "$1")"
	expect_status 8 run gateway start
	expect_err "${1%%:*}"
	rolled_back
}

# An unreachable registry name is worth a word, but the node may well become healthy.
dns_failure_is_a_warning() {
	new_home
	given_engine
	rule docker 10-wait '^container inspect'
	for n in 1 2 3 4 5 6 7 8 9; do
		answer "$n" out "$(container_line running starting 0 'HEALTHCHECK_DNS_FAILURE: ghcr.io cannot be resolved')"
	done
	answer last out "$(container_line running healthy 0 'HEALTHCHECK_DNS_FAILURE: ghcr.io cannot be resolved')"
	run gateway start
}

no_secret() {
	new_home
	given_engine
	rule docker 10-secret 'get secret'
	answer last rc 1
	answer last err 'Error from server (NotFound)'
	expect_status 7 run gateway start
	expect_err openshell-cli-client
	rolled_back
}

bad_secret() {
	new_home
	given_engine
	given_bundle openshell
	: >"$engine/volumes/$C"
	rule docker 10-secret 'get secret'
	answer last out 'bm90IGEgY2VydGlmaWNhdGU=
bm90IGEgY2VydGlmaWNhdGU=
bm90IGEga2V5'
	expect_status 1 run gateway start
	cmp "$REPO/tests/data/fake-cluster/tls.key" "$config/gateways/openshell/mtls/tls.key"
}

keep_failed() {
	new_home
	given_engine
	rule docker 10-wait '^container inspect'
	answer last out "$(container_line exited none 1)"
	expect_status 8 run gateway start --keep-failed
	expect_equal '' "$(calls '^docker (rm|network rm|volume rm)')"
}

# fails_at REGEX: a docker that fails there; what was made before is taken back
fails_at() {
	new_home
	given_engine
	rule docker 10-fail "$1"
	answer last err 'Error response from daemon: it did not work'
	answer last rc 1
	expect_status 1 run gateway start
	expect_err 'it did not work'
	[ ! -e "$engine/networks/$C" ]
	[ ! -e "$engine/volumes/$C" ]
	[ ! -e "$engine/containers/$C" ]
	[ ! -e "$config" ] || expect_equal '' "$(find "$config" -type f)"
}

old_volume_is_kept() {
	new_home
	given_engine
	: >"$engine/volumes/$C"
	rule docker 10-fail '^start'
	answer last rc 1
	expect_status 1 run gateway start
	[ -e "$engine/volumes/$C" ]
	[ ! -e "$engine/containers/$C" ]
}

stale_nodes_go() {
	new_home
	given_engine
	: >"$engine/volumes/$C"
	echo '{"items":[{"metadata":{"name":"old"},"status":{"conditions":[{"type":"Ready","status":"Unknown"}]}},
		{"metadata":{"name":"other-but-ready"},"status":{"conditions":[{"type":"Ready","status":"True"}]}},
		{"metadata":{"name":"openshell-openshell"},"status":{"conditions":[{"type":"Ready","status":"False"}]}}]}' \
		>"$engine/nodes.json"
	run gateway start
	expect_equal "docker exec --env KUBECONFIG=/etc/rancher/k3s/k3s.yaml $C kubectl delete node --ignore-not-found --wait=false old" \
		"$(calls 'delete node')"
}

port_of_a_container() {
	new_home
	given_engine
	echo some-other >"$engine/port-holders"
	expect_status 4 run gateway start
	expect_err some-other
	expect_err 8080
	expect_equal '' "$(calls '^docker (create|network create|volume create)')"
	[ ! -e "$config" ]
}

port_of_a_program() {
	new_home
	given_engine
	python3 -c '
import socket, sys, time
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen()
print(s.getsockname()[1], flush=True)
time.sleep(60)' >"$home/port" &
	holder=$!
	eventually 5 test -s "$home/port"
	status=0
	expect_status 4 run gateway start --port "$(cat "$home/port")" || status=1
	kill "$holder"
	[ "$status" -eq 0 ]
	expect_equal '' "$(calls '^docker (create|network create|volume create)')"
}

free_port_is_recorded() {
	new_home
	given_engine
	run gateway start --port 0
	port=$(jq .gateway_port "$config/gateways/openshell/metadata.json")
	[ "$port" -gt 0 ]
	calls '^docker create' | grep -q "127.0.0.1:$port:30051/tcp"
}

image_is_pulled() {
	new_home
	given_engine
	: >"$engine/images"
	rule docker 10-pull '^pull'
	# shellcheck disable=SC2016 # the hook's own
	answer last sh 'echo "ghcr.io/nvidia/openshell/cluster:dev sha256:pulled" >"$FAKE_DIR/engine/images"'
	run gateway start
	expect_equal 'docker pull --platform linux/amd64 -- ghcr.io/nvidia/openshell/cluster:dev' "$(calls '^docker pull')"
}

# pull_fails STATUS MESSAGE
pull_fails() {
	new_home
	given_engine
	: >"$engine/images"
	rule docker 10-pull '^pull'
	answer last err "$2"
	answer last rc 1
	expect_status "$1" run gateway start
	expect_equal '' "$(calls '^docker (create|network create|volume create)')"
	[ ! -e "$config" ]
}

local_image_is_absent() {
	new_home
	given_engine
	with OPENSHELL_CLUSTER_IMAGE=openshell/other:1
	expect_status 3 run gateway start
	expect_err openshell/other:1
	expect_equal '' "$(calls '^docker pull')"
	[ ! -e "$config" ]
}

bad_image_name() {
	new_home
	given_engine
	with OPENSHELL_CLUSTER_IMAGE=--privileged
	expect_status 2 run gateway start
	expect_calls </dev/null
}

busy_gateway() {
	new_home
	given_engine
	mkdir -p "$runtime/openshell"
	flock "$runtime/openshell/openshell.lock" sleep 60 &
	holder=$!
	eventually 5 fails flock -n "$runtime/openshell/openshell.lock" true
	for words in 'gateway start' 'gateway stop' 'gateway destroy'; do
		# shellcheck disable=SC2086 # two words
		expect_status 4 run $words || echo failed >"$home/failed"
		expect_err busy || echo failed >"$home/failed"
	done
	kill "$holder"
	expect_calls </dev/null
	[ ! -e "$home/failed" ]
}

corrupt_record_is_rewritten() {
	new_home
	given_engine
	mkdir -p "$config/gateways/openshell"
	echo '{"name": 5' >"$config/gateways/openshell/metadata.json"
	run gateway start
	expect_err metadata.json
	jq -e '.name == "openshell"' "$config/gateways/openshell/metadata.json"
}

remote_name_is_taken() {
	new_home
	given_engine
	mkdir -p "$config/gateways/far"
	echo '{"name":"far","gateway_endpoint":"https://far.example","is_remote":true,"gateway_port":0}' \
		>"$config/gateways/far/metadata.json"
	expect_status 4 run gateway start --name far
	expect_equal '' "$(calls '^docker (create|start)')"
}

other_engine_is_refused() {
	new_home
	given_engine
	given_record openshell docker_id ANOTHER container_id gone
	expect_status 4 run gateway start
	expect_equal '' "$(calls '^docker (create|start|rm)')"
	run gateway start --force
}

interrupted() {
	new_home
	given_engine
	rule docker 10-start '^start'
	answer last hang
	run_as env --default-signal "$CLI_PROGRAM" gateway start &
	runner=$!
	eventually 5 started
	kill -s "$1" "$(tr -d ' ' <"/proc/$runner/task/$runner/children")"
	expect_status "$2" wait "$runner"
	rolled_back
}

started() {
	[ -n "$(calls '^docker start')" ]
}

unwritable_configuration() {
	new_home
	given_engine
	: >"$home/config/openshell"
	expect_status 1 run gateway start
	[ ! -e "$engine/containers/$C" ]
}

main() {
	check a_busy_gateway_says_who_is_at_work busy_is_told
	check a_busy_gateway_is_waited_for_when_asked busy_is_waited_for
	check a_first_start_makes_exactly_these_calls the_calls_of_a_first_start
	check a_first_start_writes_bundle_record_and_active_gateway what_a_first_start_writes
	check a_second_start_looks_once_and_changes_nothing a_second_start
	check a_stopped_container_is_started_again a_stopped_container_is_started
	check another_image_recreates_the_container_and_keeps_the_volume another_image_recreates
	check recreate_destroys_first recreate_destroys_first
	check the_name_never_comes_from_the_active_file name_sources
	check options_reach_docker options_reach_docker
	check plaintext_fetches_no_secret plaintext_fetches_no_secret
	check plaintext_off_loopback_needs_force open_doors_need_force --plaintext
	check no_authentication_off_loopback_needs_force open_doors_need_force --disable-gateway-auth
	check a_password_is_in_no_argument_and_no_trace secrets_stay_out_of_sight
	check start_waits_until_the_container_is_healthy healthy_after_a_while
	check stale_nodes_are_deleted_by_name_and_condition stale_nodes_go
	check a_free_port_is_found_and_recorded free_port_is_recorded
	check a_missing_image_is_pulled image_is_pulled
	check a_corrupt_record_is_written_anew corrupt_record_is_rewritten
	check a_registry_that_cannot_be_resolved_is_only_a_warning dns_failure_is_a_warning

	check a_container_that_exits_gives_8_with_its_last_words an_exited_container
	check a_container_that_never_is_healthy_gives_7 never_healthy
	check a_container_that_stays_unhealthy_gives_8 unhealthy_to_the_end
	check a_missing_supervisor_gives_8 markers_are_read HEALTHCHECK_MISSING_SUPERVISOR
	check a_node_under_pressure_gives_8 markers_are_read 'HEALTHCHECK_NODE_PRESSURE: DiskPressure'
	check a_secret_that_does_not_come_gives_7 no_secret
	check a_bad_secret_never_replaces_a_valid_bundle bad_secret
	check keep_failed_keeps_everything keep_failed
	check a_failing_network_create_leaves_nothing fails_at '^network create'
	check a_failing_volume_create_leaves_nothing fails_at '^volume create'
	check a_failing_create_leaves_nothing fails_at '^create'
	check a_failing_start_leaves_nothing fails_at '^start'
	check a_volume_of_before_survives_a_failure old_volume_is_kept
	check a_configuration_that_cannot_be_written_leaves_no_container unwritable_configuration

	check a_port_of_a_container_gives_4 port_of_a_container
	check a_port_of_a_program_gives_4 port_of_a_program
	check a_refused_pull_gives_6 pull_fails 6 \
		'Error response from daemon: pull access denied for x, repository does not exist or may require docker login: denied'
	check an_unauthorized_pull_gives_6 pull_fails 6 'Error response from daemon: unauthorized: authentication required'
	check an_unknown_image_gives_3 pull_fails 3 'Error response from daemon: manifest for x:dev not found: manifest unknown'
	check an_unreachable_registry_gives_1 pull_fails 1 'Error response from daemon: Get "https://ghcr.io/v2/": dial tcp: lookup ghcr.io: no such host'
	check a_local_image_that_is_absent_gives_3_without_a_pull local_image_is_absent
	check an_image_name_like_an_option_is_refused bad_image_name
	check a_busy_gateway_gives_4 busy_gateway
	check a_name_of_a_gateway_elsewhere_gives_4 remote_name_is_taken
	check a_record_of_another_engine_gives_4 other_engine_is_refused
	check an_interrupt_gives_130_and_leaves_nothing interrupted INT 130
	check a_term_gives_143_and_leaves_nothing interrupted TERM 143
}

main "$@"
