#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# gateway start --push-image: an image from one real engine to another over ssh.

# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
REMOTE=deployer@remote
# shellcheck source-path=SCRIPTDIR source=../lib/engine.sh
. "$(dirname "$0")/../lib/engine.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/gateway.sh
. "$(dirname "$0")/../lib/gateway.sh"

# From the libraries:
# shellcheck disable=SC2154
: "$home" "$requests" "$said"

IMAGE=openshell/fake-cluster:sent

fresh() {
	remove_objects
	docker image ls --format '{{.Repository}}:{{.Tag}}' openshell/fake-cluster | xargs -r docker rmi -f >/dev/null
	docker image prune -f >/dev/null
	new_home
	forget_requests
}

sent() {
	start sent --push-image
}

image_here() {
	docker_here image inspect --format '{{.Id}}' "$1"
}

image_there() {
	docker image inspect --format '{{.Id}}' "$1"
}

pulls() {
	grep -c 'POST .*/images/create' "$requests" || true
}

absent_is_sent() {
	fresh
	sent
	expect_equal "$(image_here "$IMAGE")" "$(image_there "$IMAGE")"
	expect_equal "running healthy $IMAGE" "$(field '{{.State.Status}} {{.State.Health.Status}} {{.Config.Image}}')"
	expect_equal 0 "$(pulls)"
	settled sent
}

there_is_not_sent_again() {
	fresh
	sent
	forget_requests
	sent
	expect_equal 0 "$(mutations)"
	expect_equal "$IMAGE" "$(field '{{.Config.Image}}')"
}

other_is_replaced() {
	fresh
	docker load -q <"$TEST_TMP/images.tar"
	docker tag openshell/fake-cluster:base "$IMAGE"
	start sent
	id=$(field '{{.Id}}')
	sent
	expect_equal "$(image_here "$IMAGE")" "$(image_there "$IMAGE")"
	expect_equal "$(image_here "$IMAGE")" "$(field '{{.Image}}')"
	[ "$(field '{{.Id}}')" != "$id" ]
	settled sent
}

absent_here_is_told() {
	fresh
	expect_status 3 start none --push-image
	expect_has 'docker on this host does not have openshell/fake-cluster:none' "$said"
	nothing_is_left
}

other_platform_is_refused() {
	fresh
	expect_status 3 start arm --push-image
	expect_has "the image openshell/fake-cluster:arm is for arm64, and docker's host is linux/amd64" "$said"
	nothing_is_left
	expect_equal '' "$(docker image ls -q openshell/fake-cluster)"
	docker load -q <"$TEST_TMP/arm.tar"
	expect_status 3 start arm
	expect_has 'is for arm64' "$said"
	nothing_is_left
}

# meddled COMMAND...: with this as what the workstation's docker does at save ($SAVE) and load ($LOAD)
meddled() {
	mkdir -p "$TEST_TMP/meddled"
	cat >"$TEST_TMP/meddled/docker" <<-EOF
		#!/bin/sh
		PATH=$PATH
		case \$1 in
		save) ${SAVE:-} ;;
		load) ${LOAD:-} ;;
		esac
		exec docker "\$@"
	EOF
	chmod +x "$TEST_TMP/meddled/docker"
	PATH=$TEST_TMP/meddled:$PATH "$@"
}

layers_there_are_left_out() {
	fresh
	docker load -q <"$TEST_TMP/base.tar"
	SAVE="docker \"\$@\" | '$TEST_TMP/as-docker-25'; exit" meddled sent
	grep -E '^sent 30 of [0-9]+ MB: the engine had the rest' "$said"
	expect_equal "$(image_here "$IMAGE")" "$(image_there "$IMAGE")"
	settled sent
}

all_layers_are_left_out() {
	fresh
	docker load -q <"$TEST_TMP/images.tar"
	docker tag "$IMAGE" openshell/fake-cluster:same-layers
	printf 'FROM %s\nLABEL another=yes\n' "$IMAGE" | docker_here build -q -t openshell/fake-cluster:labelled -
	SAVE="docker \"\$@\" | '$TEST_TMP/as-docker-25'; exit" meddled start labelled --push-image
	grep -E '^sent 0 of [0-9]+ MB: the engine had the rest' "$said"
	expect_equal yes "$(docker image inspect --format '{{.Config.Labels.another}}' openshell/fake-cluster:labelled)"
}

all_is_sent_where_gaps_are_refused() {
	fresh
	docker load -q <"$TEST_TMP/base.tar"
	SAVE="docker \"\$@\" | '$TEST_TMP/as-docker-25'; exit" \
		LOAD="[ -e '$TEST_TMP/refused' ] || { : >'$TEST_TMP/refused'; cat >/dev/null; echo no such blob >&2; exit 1; }" \
		meddled sent
	expect_has 'did not take the image without the layers that it has (docker load on ssh://deployer@remote failed (exit 1): no such blob): all of it is sent' "$said"
	expect_lacks 'the engine had the rest' "$said"
	expect_equal "$(image_here "$IMAGE")" "$(image_there "$IMAGE")"
	settled sent
}

side_is_told() {
	fresh
	SAVE='echo disk is gone >&2; exit 1' expect_status 1 meddled sent
	expect_has 'cannot send the image openshell/fake-cluster:sent of this host: docker save on this host failed (exit 1): disk is gone' \
		"$said"
	LOAD='echo disk is full >&2; exit 1' expect_status 1 meddled sent
	expect_has 'docker load on ssh://deployer@remote failed (exit 1): disk is full' "$said"
	nothing_is_left
}

# begin_slowly: a start whose transfer crawls from half way on; $slow is its process
begin_slowly() {
	rm -f "$TEST_TMP/half-way"
	SAVE="docker \"\$@\" | { head -c 20000000; : >'$TEST_TMP/half-way'; while sleep 0.2; do head -c 4096; done; }; exit" \
		LOAD=: meddled env OPENSHELL_CLUSTER_IMAGE="$IMAGE" "$OPENSHELL" gateway start --name one --port "$PORT" --push-image \
		>"$said" 2>&1 &
	slow=$!
	trap 'pkill -KILL -x openshell || :' EXIT
	eventually 30 test -e "$TEST_TMP/half-way"
}

no_transfer_is_left() {
	! pgrep -f "docker (save|load) " >/dev/null
}

signal_ends_both() {
	fresh
	begin_slowly
	pkill -TERM -x openshell
	expect_status 143 wait "$slow"
	eventually 10 no_transfer_is_left
	nothing_is_left
	sent
	settled sent
}

lost_connection_is_told() {
	fresh
	begin_slowly
	lab cut reset existing
	expect_status 5 wait "$slow"
	lab heal
	expect_has 'was lost' "$said"
	eventually 10 no_transfer_is_left
	nothing_is_left
	sent
	settled sent
}

dry_run_is_the_same() {
	fresh
	OPENSHELL_CLUSTER_IMAGE=$IMAGE timeout 60 "$OPENSHELL" gateway start --name one --port "$PORT" --push-image --dry-run \
		>"$TEST_TMP/script"
	grep -E "^env .*DOCKER_HOST.* docker save -- $IMAGE \\|\$" "$TEST_TMP/script"
	expect_equal '' "$(docker image ls -q openshell/fake-cluster)"
	timeout 120 "$REPO/tests/lib/test-remote.sh" exec sh "$TEST_TMP/script"
	expect_equal "$(image_here "$IMAGE")" "$(image_there "$IMAGE")"
	id=$(field '{{.Id}}')
	sent
	expect_equal "$id" "$(field '{{.Id}}')"
	settled sent
}

# What `docker save` of 25.0 and newer makes of an image, from what an older one made.
cat >"$TEST_TMP/as-docker-25" <<'EOF'
#!/bin/sh
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
tar -xf - -C "$dir"
cd "$dir"
mkdir -p new/blobs/sha256
set -- "$(jq -r '.[0].Config' manifest.json)"
mv "$1" "new/blobs/sha256/${1%.json}"
config=blobs/sha256/${1%.json}
layers=
for layer in $(jq -r '.[0].Layers[]' manifest.json); do
	sum=$(sha256sum <"$layer")
	cp -L "$layer" "new/blobs/sha256/${sum%% *}"
	layers=$layers,\"blobs/sha256/${sum%% *}\"
done
jq -c --arg config "$config" --argjson layers "[${layers#,}]" '.[0].Config = $config | .[0].Layers = $layers' manifest.json \
	>new/manifest.json
tar -C new --format=ustar --owner=0 --group=0 -cf - blobs manifest.json
EOF
chmod +x "$TEST_TMP/as-docker-25"

# The image for another platform: its configuration says so.
make_foreign() {
	mkdir "$TEST_TMP/arm"
	docker save openshell/fake-cluster:base | tar -xf - -C "$TEST_TMP/arm"
	(
		cd "$TEST_TMP/arm"
		jq -c '.architecture = "arm64"' "$(jq -r '.[0].Config' manifest.json)" >arm.json
		jq -c '.[0].Config = "arm.json" | .[0].RepoTags = ["openshell/fake-cluster:arm"]' manifest.json >new.json
		mv new.json manifest.json
		rm -f repositories
		tar -cf "$TEST_TMP/arm.tar" -- *
	)
}

# Made on the remote engine, which the tests' docker asks; brought to the workstation's, and forgotten there.
provide_images() {
	fake base
	printf 'FROM openshell/fake-cluster:base\nLABEL sent=yes\nCOPY ballast /ballast\n' >"$TEST_TMP/Dockerfile"
	head -c 30000000 /dev/urandom >"$TEST_TMP/ballast"
	DOCKER_BUILDKIT=0 docker build -q -t "$IMAGE" "$TEST_TMP"
	docker save openshell/fake-cluster:base >"$TEST_TMP/base.tar"
	docker save "$IMAGE" openshell/fake-cluster:base >"$TEST_TMP/images.tar"
	make_foreign
	lab local-engine
	for archive in images arm; do docker_here load -q <"$TEST_TMP/$archive.tar"; done
} >/dev/null 2>"$TEST_TMP/build.log"

provide_images || {
	cat "$TEST_TMP/build.log" >&2
	exit 1
}
check an_absent_image_is_sent_and_started absent_is_sent
check an_image_that_is_there_is_not_sent_again there_is_not_sent_again
check another_image_of_that_name_is_replaced_and_the_gateway_recreated other_is_replaced
check an_image_that_this_host_does_not_have_is_told absent_here_is_told
check an_image_for_another_platform_is_neither_sent_nor_started other_platform_is_refused
check layers_that_are_there_are_left_out layers_there_are_left_out
check an_image_all_of_whose_layers_are_there_costs_nothing all_layers_are_left_out
check all_is_sent_where_gaps_are_refused all_is_sent_where_gaps_are_refused
check a_failure_tells_which_side_failed side_is_told
check a_signal_ends_both_sides_and_the_next_start_converges signal_ends_both
check a_connection_lost_half_way_is_told_and_the_next_start_converges lost_connection_is_told
check a_dry_run_is_a_script_that_does_the_same dry_run_is_the_same
