# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034
#
# For tests of gateways on a real engine with the fake cluster image, sourced after tap.sh and engine.sh. NAME and PORT
# are the gateway's; both may be set anew.
#
#   fake VARIANT [OPTION]...   makes the image openshell/fake-cluster:VARIANT, checked every 300 ms; see
#                              tests/engine/fake-cluster/build.sh
#   fresh                      a new home, and nothing on the engine but the images
#   gateway COMMAND...         openshell gateway COMMAND..., bounded in time; what it says is in $said
#   start VARIANT [ARG]...     gateway start from that image, at PORT
#   field FORMAT               of docker container inspect
#   volume_dir                 where this host sees the gateway's volume
#   things                     the gateway's container, volume and network: one line each
#   nothing_is_left            neither on the engine nor in the configuration
#   ready VARIANT              the one way in which every start must end
#   settled VARIANT            ready, and one more start asks the engine for no change and touches no file
#   remove_objects, remove_images

config=${config:?tests/lib/engine.sh must be sourced first}
NAME=one
PORT=18081
said=$TEST_TMP/said
fake_data=$REPO/tests/data/fake-cluster
# Where the gateway listens unless told otherwise, and where it is to be reached.
bound=127.0.0.1
endpoint_host=127.0.0.1
[ -z "${REMOTE:-}" ] || {
	bound=0.0.0.0
	endpoint_host=remote.test
}

fake() {
	f_variant=$1
	shift
	"$REPO/tests/engine/fake-cluster/build.sh" "openshell/fake-cluster:$f_variant" --interval 300ms "$@"
}

remove_images() {
	docker images -q openshell/fake-cluster | sort -u | while read -r ri_image; do
		docker rmi -f "$ri_image" >/dev/null
	done
}

remove_objects() {
	docker ps -aq --filter "name=openshell-cluster-" | while read -r ro_id; do docker rm -fv "$ro_id" >/dev/null; done
	docker volume ls -q --filter name=openshell-cluster- | while read -r ro_id; do docker volume rm "$ro_id" >/dev/null; done
	docker network ls -q --filter name=openshell-cluster- | while read -r ro_id; do docker network rm "$ro_id" >/dev/null; done
}

fresh() {
	remove_objects
	new_home
}

gateway() {
	# a script's background jobs ignore SIGINT, and what they start would, too
	timeout 60 env --default-signal "$OPENSHELL" gateway "$@" >"$said" 2>&1 </dev/null || {
		g_status=$?
		cat "$said"
		return "$g_status"
	}
}

start() {
	s_variant=$1
	shift
	OPENSHELL_CLUSTER_IMAGE=openshell/fake-cluster:$s_variant gateway start --name "$NAME" --port "$PORT" "$@"
}

field() {
	docker container inspect --format "$1" "openshell-cluster-$NAME"
}

volume_dir() {
	docker volume inspect --format '{{.Mountpoint}}' "openshell-cluster-$NAME"
}

things() {
	docker ps -a --filter "name=openshell-cluster-$NAME" --format 'container {{.Names}}'
	docker volume ls --filter "name=openshell-cluster-$NAME" --format 'volume {{.Name}}'
	docker network ls --filter "name=openshell-cluster-$NAME" --format 'network {{.Name}}'
}

nothing_is_left() {
	expect_equal '' "$(things)"
	expect_equal '' "$(config_files)"
}

all_things() {
	for at_kind in container volume network; do
		printf '%s openshell-cluster-%s\n' "$at_kind" "$NAME"
	done
}

all_files() {
	cat <<-END
		-rw------- ./active_gateway
		drwx------ ./gateways
		drwx------ ./gateways/$NAME
		-rw------- ./gateways/$NAME/metadata.json
		drwx------ ./gateways/$NAME/mtls
		-rw------- ./gateways/$NAME/mtls/ca.crt
		-rw------- ./gateways/$NAME/mtls/tls.crt
		-rw------- ./gateways/$NAME/mtls/tls.key
	END
}

engine_id() {
	[ -s "$TEST_TMP/engine_id" ] || docker info --format '{{.ID}}' >"$TEST_TMP/engine_id"
	cat "$TEST_TMP/engine_id"
}

# The container as it must be: each part that another value would be wrong for, in one look.
container_state() {
	docker container inspect "openshell-cluster-$NAME" | jq -c '.[0] | [.State.Status, .State.Health.Status,
		.HostConfig.RestartPolicy.Name, [.Mounts[].Name], .Config.Image,
		(.NetworkSettings.Networks | map(.NetworkID)), .NetworkSettings.Ports["30051/tcp"]]'
}

# expected_container IMAGE
expected_container() {
	jq -n -c --arg name "openshell-cluster-$NAME" --arg image "$1" --arg port "$PORT" --arg bound "$bound" \
		--arg network "$(docker network ls -q --no-trunc --filter "name=openshell-cluster-$NAME")" \
		'["running", "healthy", "unless-stopped", [$name], $image, [$network],
		  [{HostIp: $bound, HostPort: $port}]]'
}

# What the record says of where the gateway is.
place() {
	if [ -n "${REMOTE:-}" ]; then
		jq -n -c --arg destination "$REMOTE" --arg host "$(at_workstation ssh -G -- "$REMOTE" | sed -n 's/^hostname //p')" \
			'{is_remote: true, remote_host: $destination, resolved_host: $host}'
	else
		echo '{"is_remote": false}'
	fi
}

# The record, as far as it follows from what is there.
expected_record() {
	jq -n -S --arg name "$NAME" --argjson port "$PORT" --arg image "$1" --arg container "$(field '{{.Id}}')" \
		--arg engine "$(engine_id)" --argjson place "$(place)" \
		'$place + {name: $name, gateway_endpoint: "https://\($place.resolved_host // "127.0.0.1"):\($port)",
		  gateway_port: $port, image: $image, container_id: $container, docker_id: $engine}'
}

ready() {
	r_image=openshell/fake-cluster:$1
	expect_equal "$(all_things)" "$(things)"
	expect_equal "$(expected_container "$r_image")" "$(container_state)"
	# the fake speaks no TLS
	expect_equal 400 "$(curl -s --max-time 5 -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/" || true)"
	expect_equal "$(all_files)" "$(config_files)"
	for r_part in ca.crt tls.crt tls.key; do
		cmp "$fake_data/$r_part" "$config/gateways/$NAME/mtls/$r_part"
	done
	expect_equal "$NAME" "$(cat "$config/active_gateway")"
	expect_equal "$(expected_record "$r_image")" "$(jq -S 'del(.docker_endpoint)' "$config/gateways/$NAME/metadata.json")"
}

# Every file with its content, times and inode: one that is written anew differs.
config_state() {
	find "$config" -printf '%M %p %i %T@\n' -type f -exec sha256sum {} + | sort
}

settled() {
	ready "$1"
	config_state >"$said.before"
	forget_requests
	start "$1"
	expect_equal '' "$(mutating_requests)"
	config_state | diff "$said.before" - >&2
}
