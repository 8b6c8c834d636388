#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# gateway start, stop and destroy on the fake cluster image, against the docker commands that any tool must run.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/engine.sh"
. "$REPO/tests/bench/lib.sh"

NAME=openshell-cluster-openshell
IMAGE=openshell/fake-cluster:bench

# The shortest sequence that ends with a healthy container and its certificates: events are followed, nothing is polled.
shortest_start() {
	cat >"$TEST_TMP/shortest" <<EOF2
#!/bin/sh
set -eu
docker image inspect $IMAGE >/dev/null
docker network create --attachable $NAME >/dev/null
docker volume create $NAME >/dev/null
docker create --name $NAME --privileged --network $NAME -p 127.0.0.1:8080:30051/tcp -v $NAME:/var/lib/rancher/k3s \
	--add-host host.docker.internal:host-gateway $IMAGE server >/dev/null
mkfifo "$TEST_TMP/events.\$\$"
docker events --filter event=health_status --filter container=$NAME >"$TEST_TMP/events.\$\$" &
follower=\$!
docker start $NAME >/dev/null
read -r event <"$TEST_TMP/events.\$\$"
kill \$follower
wait \$follower 2>/dev/null || true
rm "$TEST_TMP/events.\$\$"
docker exec $NAME kubectl -n openshell get secret openshell-cli-client \
	-o 'jsonpath={.data.ca\.crt}{"\n"}{.data.tls\.crt}{"\n"}{.data.tls\.key}' >/dev/null
EOF2
	chmod +x "$TEST_TMP/shortest"
}

shortest_destroy() {
	printf '#!/bin/sh\ndocker stop %s\ndocker rm -f -v %s\ndocker volume rm -f %s\ndocker network rm %s\n' \
		$NAME $NAME $NAME $NAME >"$TEST_TMP/destroy"
	chmod +x "$TEST_TMP/destroy"
}

nothing_there() {
	echo "docker rm -f -v $NAME; docker volume rm -f $NAME; docker network rm $NAME; rm -rf $HOME/.config; true"
}

main() {
	export DOCKER_HOST="unix://$IN_TEST_ENGINE/docker.sock"
	new_home
	export OPENSHELL_CLUSTER_IMAGE="$IMAGE"
	prepare_ratio
	"$REPO/tests/engine/fake-cluster/build.sh" "$IMAGE" >"$TEST_TMP/build" 2>&1
	shortest_start
	shortest_destroy
	ratio -l 'cold gateway start : shortest docker commands (bound 1.3)' -p "$(nothing_there)" "$OPENSHELL" gateway start -- "$TEST_TMP/shortest"
	sh -c "$(nothing_there)" >/dev/null 2>&1
	"$OPENSHELL" gateway start >/dev/null 2>&1
	ratio -l 'warm gateway start : docker container inspect (bound 2.0)' "$OPENSHELL" gateway start -- docker container inspect $NAME
	ratio -l 'status : docker container inspect' "$OPENSHELL" status -- docker container inspect $NAME
	ratio -l 'gateway stop : docker stop (bound 1.15)' -p "docker start $NAME" "$OPENSHELL" gateway stop -- docker stop $NAME
	RUNS=$(((RUNS + 2) / 3))
	ratio -l 'gateway destroy : stop, rm, volume rm, network rm (bound 1.2)' -p "$OPENSHELL gateway start" "$OPENSHELL" gateway destroy -- "$TEST_TMP/destroy"
	sh -c "$(nothing_there)" >/dev/null 2>&1
	ok the_commands_were_measured
}

main "$@"
