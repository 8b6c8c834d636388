#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What a container is given on a real engine: files, resolvers and proxies, where they arrive and where they do not show.

# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/engine.sh
. "$(dirname "$0")/../lib/engine.sh"

# From lib/engine.sh:
# shellcheck disable=SC2154
: "$config" "$requests"

PORT=18085
C=openshell-cluster-one
CA=$REPO/tests/data/fake-cluster/ca.crt
IMAGE=openshell/fake-cluster:supply

provide_image() {
	"$REPO/tests/engine/fake-cluster/build.sh" "$IMAGE" --interval 300ms
}

remove_all() {
	docker rm -fv "$C" >/dev/null 2>&1 || true
	docker volume rm -f "$C" >/dev/null
	docker network rm "$C" >/dev/null 2>&1 || true
}

fresh() {
	remove_all
	new_home
	printf 'configs:\n  reg.example:\n    auth:\n      username: me\n      password: pa55word-yaml\n' >"$home/registries.yaml"
	trap remove_all EXIT
}

# start [ARGUMENT]...: what it says is in $TEST_TMP/said
start() {
	OPENSHELL_CLUSTER_IMAGE=$IMAGE timeout 60 "$OPENSHELL" -v gateway start --name one --port "$PORT" "$@" \
		>"$TEST_TMP/said" 2>&1 </dev/null || { cat "$TEST_TMP/said" && return 1; }
}

field() {
	docker container inspect --format "$1" "$C"
}

files_arrive() {
	fresh
	start --ca "$CA" --registries "$home/registries.yaml"
	docker cp "$C:/etc/openshell" - | tar -tvf - | awk '{ print $1, $2, $6 }' | sort -k 3 >"$TEST_TMP/listing"
	expect_equal 'drwxr-xr-x 0/0 openshell/
drwx------ 0/0 openshell/node/
-rw------- 0/0 openshell/node/ca.crt
-rw------- 0/0 openshell/node/registries.yaml' "$(sed 's, root/root , 0/0 ,' "$TEST_TMP/listing")"
	docker cp "$C:/etc/openshell/node/ca.crt" - | tar -xOf - | cmp - "$CA"
	docker cp "$C:/etc/openshell/node/registries.yaml" - | tar -xOf - | cmp - "$home/registries.yaml"
	# what the image has beside them is as it was
	docker cp "$C:/etc" - | tar -tvf - | grep -q '^drwxr-xr-x .* etc/$'
	docker cp "$C:/etc/fake-cluster/secret" - | tar -tf - >/dev/null
}

a_second_start_changes_nothing() {
	forget_requests
	start
	expect_equal 0 "$(mutations)"
	start --ca "$CA" --registries "$home/registries.yaml"
	expect_equal 0 "$(mutations)"
}

second_start() {
	fresh
	start --ca "$CA" --registries "$home/registries.yaml" --dns 10.0.0.2
	a_second_start_changes_nothing
	docker stop -t 1 "$C" >/dev/null
	start
	a_second_start_changes_nothing
}

made_anew() {
	fresh
	start --ca "$CA"
	docker volume inspect --format '{{.CreatedAt}}' "$C" >"$TEST_TMP/volume"
	docker rm -f "$C" >/dev/null
	start
	docker cp "$C:/etc/openshell/node/ca.crt" - | tar -xOf - | cmp - "$CA"
	start --ca none
	fails docker cp "$C:/etc/openshell/node/ca.crt" - >/dev/null 2>&1
	docker volume inspect --format '{{.CreatedAt}}' "$C" | diff "$TEST_TMP/volume" -
}

fails() {
	! "$@"
}

resolvers_arrive() {
	fresh
	start --dns 10.0.0.2,10.0.0.3
	expect_equal '[10.0.0.2 10.0.0.3]' "$(field '{{.HostConfig.Dns}}')"
	docker cp "$C:/etc/resolv.conf" - | tar -xOf - >"$TEST_TMP/resolv.conf"
	expect_has 'nameserver 127.0.0.11' "$TEST_TMP/resolv.conf"
	# as the entrypoint reads it
	if [ "$(docker version --format '{{.Server.Version}}' | cut -d. -f1)" -ge 26 ]; then
		expect_has '# ExtServers: [10.0.0.2 10.0.0.3]' "$TEST_TMP/resolv.conf"
	fi
	start --dns none
	expect_equal '[]' "$(field '{{.HostConfig.Dns}}')"
}

proxies_arrive() {
	fresh
	mkdir "$home/.docker"
	echo '{"proxies":{"default":{"httpProxy":"http://of-docker","httpsProxy":"http://of-docker","noProxy":"corp.example"}}}' \
		>"$home/.docker/config.json"
	HTTPS_PROXY=http://me:pa55word-proxy@proxy.example NO_PROXY=other.example start
	field '{{range .Config.Env}}{{println .}}{{end}}' >"$TEST_TMP/environment"
	for pa in HTTPS_PROXY=http://me:pa55word-proxy@proxy.example https_proxy=http://me:pa55word-proxy@proxy.example \
		HTTP_PROXY=http://of-docker http_proxy=http://of-docker; do
		grep -qx "$pa" "$TEST_TMP/environment"
	done
	for pa in NO_PROXY no_proxy; do
		expect_equal 1 "$(grep -c "^$pa=other.example,corp.example,localhost,.*,openshell-one\$" "$TEST_TMP/environment")"
	done
	expect_lacks pa55word "$TEST_TMP/said"
}

secrets_do_not_show() {
	fresh
	start --registries "$home/registries.yaml"
	docker inspect "$C" >"$TEST_TMP/inspect"
	docker logs "$C" >"$TEST_TMP/log" 2>&1
	for sd in inspect log said requests; do expect_lacks pa55word-yaml "$TEST_TMP/$sd"; done
	expect_has "\"ai.openshell.files\": \"$(cat "$config/gateways/one/node/id")\"" "$TEST_TMP/inspect"
}

# A container that has the name of its files, but not the files.
half_made() {
	fresh
	start --ca "$CA"
	docker rm -f "$C" >/dev/null
	docker create --name "$C" --network "$C" --label ai.openshell.gateway=one --label "ai.openshell.files=$(cat "$config/gateways/one/node/id")" \
		--publish "127.0.0.1:$PORT:30051/tcp" --volume "$C:/var/lib/rancher/k3s" "$IMAGE" server >"$TEST_TMP/id"
	start
	expect_equal "$(cat "$TEST_TMP/id")" "$(field '{{.Id}}')"
	docker cp "$C:/etc/openshell/node/ca.crt" - | tar -xOf - | cmp - "$CA"
}

destroyed() {
	fresh
	start --ca "$CA" --registries "$home/registries.yaml"
	timeout 60 "$OPENSHELL" gateway destroy --name one
	expect_equal '' "$(config_files)"
}

main() {
	check the_image_can_be_made provide_image
	check files_arrive_with_their_modes_and_owner files_arrive
	check a_second_start_changes_nothing_also_after_a_stop second_start
	check a_container_made_anew_gets_the_files_and_can_lose_them made_anew
	check resolvers_arrive_and_can_be_taken_away resolvers_arrive
	check proxies_arrive_beside_those_of_dockers_configuration proxies_arrive
	check a_password_in_registries_yaml_shows_nowhere secrets_do_not_show
	check a_container_that_was_left_without_its_files_gets_them half_made
	check destroy_removes_what_was_kept destroyed
	remove_all
	docker rmi -f "$IMAGE" >/dev/null
}

main "$@"
