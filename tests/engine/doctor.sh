#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# doctor check on the host of a real engine: it sees what is there, and changes nothing.

# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/engine.sh
. "$(dirname "$0")/../lib/engine.sh"

IMAGE=openshell/fake-cluster:doctor

# what_of CHECK FIELD: of the last doctor_check
what_of() {
	jq -r --arg check "$1" ".checks[] | select(.check == \$check) | .$2" "$TEST_TMP/check.json"
}

doctor_check() {
	timeout 60 "$OPENSHELL" doctor check -o json >"$TEST_TMP/check.json"
}

host_is_seen() {
	new_home
	forget_requests
	doctor_check
	expect_equal 0 "$(mutations)"
	expect_equal 20 "$(jq '.checks | length' "$TEST_TMP/check.json")"
	expect_equal ok "$(what_of host verdict)"
	what_of host text | grep -qF "Linux $(uname -r)"
	what_of version text | grep -qF "$(docker info --format '{{.ServerVersion}} on linux/{{.Architecture}}, cgroup v{{.CgroupVersion}}')"
	what_of api text | grep -qF "$(docker version --format '{{.Client.APIVersion}}')"
	what_of storage text | grep -q "^$(docker info --format '{{.Driver}}')"
	what_of inotify text | grep -q "^$(cat /proc/sys/fs/inotify/max_user_watches) watches and $(cat /proc/sys/fs/inotify/max_user_instances) instances"
	expect_equal ok "$(what_of clock verdict)"
	what_of disk text | grep -qF " GiB free in $(docker info --format '{{.DockerRootDir}}')"
}

overlapping_route_is_named() {
	new_home
	ip route add 10.43.99.0/24 dev lo
	trap 'ip route del 10.43.99.0/24 dev lo' EXIT
	doctor_check
	expect_equal 'warn route-overlap' "$(what_of routes verdict) $(what_of routes code)"
	what_of routes text | grep -q '10\.43\.99\.0/24 dev lo'
}

# With version 1 of cgroups it is a warning, with version 2 it is only told.
foreign_kubelet_is_named() {
	new_home
	cp "$(command -v sleep)" "$TEST_TMP/kubelet"
	"$TEST_TMP/kubelet" 60 &
	kubelet=$!
	trap 'kill "$kubelet"' EXIT
	doctor_check
	what_of kubelet text | grep -qE '^kubelet \(pid [0-9]+\) runs here, too'
}

contained_kubelet_is_none() {
	new_home
	docker create --name kubelet --entrypoint /bin/kubelet "$IMAGE" server
	trap 'docker rm -f kubelet' EXIT
	echo 'int pause(void); int main(void) { return pause(); }' | cc -static -x c -o "$TEST_TMP/contained" -
	docker cp "$TEST_TMP/contained" kubelet:/bin/kubelet
	docker start kubelet
	eventually 5 grep -qx kubelet "/proc/$(docker inspect --format '{{.State.Pid}}' kubelet)/comm"
	doctor_check
	expect_equal 'no other runs here' "$(what_of kubelet text)"
}

port_of_the_gateway_is_its_own() {
	new_home
	OPENSHELL_CLUSTER_IMAGE=$IMAGE timeout 60 "$OPENSHELL" gateway start --port 0 </dev/null
	trap 'timeout 30 "$OPENSHELL" gateway destroy' EXIT
	doctor_check
	expect_equal ok "$(what_of port verdict)"
	what_of port text | grep -q "held by container 'openshell-cluster-openshell'"
}

bundle_is_whole() {
	new_home
	at_exit 'docker rm -f -v openshell-cluster-sick >/dev/null 2>&1; docker volume rm openshell-cluster-sick >/dev/null 2>&1
		docker network rm openshell-cluster-sick >/dev/null 2>&1'
	OPENSHELL_CLUSTER_IMAGE=$IMAGE OPENSHELL_REGISTRY_TOKEN='s3cr3t&of-the-test' "$OPENSHELL" gateway start --name sick --port 0
	docker container inspect openshell-cluster-sick | grep -q 's3cr3t&of-the-test\|s3cr3t\\u0026of-the-test'
	forget_requests
	(cd "$home" && "$OPENSHELL" doctor bundle --name sick sick.tar && tar -xf sick.tar)
	expect_equal 0 "$(mutations)"
	expect_lacks s3cr3t "$home/sick.tar"
	expect_lacks 'PRIVATE KEY' "$home/sick.tar"
	expect_equal running "$(jq -r .State.Status "$home/openshell-sick/container.json")"
	expect_has 'fake-cluster: ' "$home/openshell-sick/container.log"
	jq -e .ServerVersion "$home/openshell-sick/docker-info.json"
	"$OPENSHELL" gateway destroy --name sick
}

main() {
	check the_image_can_be_made "$REPO/tests/engine/fake-cluster/build.sh" "$IMAGE" --interval 300ms
	check the_host_of_the_engine_is_seen_and_left_alone host_is_seen
	check an_overlapping_route_is_named overlapping_route_is_named
	check a_kubelet_of_the_host_is_named foreign_kubelet_is_named
	check a_kubelet_in_a_container_is_none_of_the_hosts contained_kubelet_is_none
	check the_port_of_a_running_gateway_is_its_own port_of_the_gateway_is_its_own
	check a_bundle_holds_what_the_engine_and_the_cluster_say_and_no_secret bundle_is_whole
	docker rmi -f "$IMAGE" >/dev/null
}

main "$@"
