#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# OPENSHELL_PUSH_IMAGES: which calls a push makes, what it needs, and that what is pushed goes from docker to docker.

# out, err, home, config and engine come from lib/cli.sh.
# shellcheck disable=SC2154,SC2016
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

C=openshell-cluster-openshell
EXEC="docker exec --env KUBECONFIG=/etc/rancher/k3s/k3s.yaml $C"
CTR='ctr -a /run/k3s/containerd/containerd.sock -n k8s.io'
WORKLOAD='get statefulset/openshell deployment/openshell'

# given_images REF...: more images of the engine
given_images() {
	for ref in "$@"; do
		echo "$ref sha256:of-$ref" >>"$engine/images"
	done
}

given_push() {
	new_home
	given_engine
	given_images openshell/gateway:new openshell/sandbox:new
	with 'OPENSHELL_PUSH_IMAGES= openshell/gateway:new, openshell/sandbox:new ,'
}

calls_of_a_push() {
	given_push
	run gateway start
	forget_calls
	run gateway start
	nothing_unexpected
	calls | grep -v '^docker events' | grep -v '^docker save' >"$TEST_TMP/calls.got"
	cat >"$TEST_TMP/calls.want" <<-END
		docker inspect --format {{json\ .}} -- $C openshell/cluster:dev
		docker image inspect --format {{.Id}} -- openshell/gateway:new openshell/sandbox:new
		$EXEC $CTR version
		docker exec -i $C $CTR images import --platform linux -
		$EXEC kubectl -n openshell $WORKLOAD --request-timeout=10s --ignore-not-found -o name
		$EXEC kubectl rollout restart statefulset/openshell -n openshell
		$EXEC kubectl rollout status statefulset/openshell -n openshell --timeout=180s
	END
	diff -u "$TEST_TMP/calls.want" "$TEST_TMP/calls.got" >&2
	expect_equal 'docker save -- openshell/gateway:new openshell/sandbox:new' "$(calls '^docker save')"
	expect_err "Gateway 'openshell' is ready"
}

# It is pushed before the health is waited for, and the container is told.
order_on_nothing() {
	given_push
	run gateway start
	calls '^docker (create|start|save|exec [^ ]* [^ ]* [^ ]* kubectl rollout status|container inspect)' |
		sed 's/^docker \([a-z]*\).*/\1/' | uniq >"$TEST_TMP/order"
	expect_equal 'create start save exec container' "$(tr '\n' ' ' <"$TEST_TMP/order" | sed 's/ $//')"
	calls '^docker create' >"$TEST_TMP/create"
	expect_has '--env PUSH_IMAGE_REFS=openshell/gateway:new,openshell/sandbox:new --env IMAGE_TAG=dev --env IMAGE_PULL_POLICY=IfNotPresent ' \
		"$TEST_TMP/create"
}

# Five megabytes, byte by byte, and nothing on the disk in between.
all_bytes_and_no_file() {
	given_push
	head -c 5000000 /dev/urandom >"$engine/archive"
	run gateway start
	{ echo 'archive of openshell/gateway:new openshell/sandbox:new' && cat "$engine/archive"; } | cmp - "$engine/imported"
	expect_equal '' "$(find "$home/tmp" -type f)"
	expect_equal '' "$(calls '^docker cp ')"
}

same_refs_keep_the_container() {
	given_push
	run gateway start
	forget_calls
	run gateway start
	expect_equal '' "$(calls '^docker (create|start|stop|rm|network|volume (create|rm)) ')"
	expect_equal 1 "$(calls '^docker save' | wc -l)"
}

other_refs_recreate_the_container() {
	given_push
	run gateway start
	given_images openshell/gateway:newer
	with OPENSHELL_PUSH_IMAGES=openshell/gateway:newer
	forget_calls
	run gateway start
	expect_equal "docker rm -f -v -- $C" "$(calls '^docker rm')"
	expect_equal '' "$(calls '^docker volume (create|rm)')"
	calls '^docker create' | grep -q -e '--env PUSH_IMAGE_REFS=openshell/gateway:newer '
}

# What was pushed stays when the variable is not there the next time.
unset_changes_nothing() {
	given_push
	run gateway start
	forget_calls
	cli_env=
	run gateway start
	expect_calls <<-END
		docker inspect --format {{json\ .}} -- $C openshell/cluster:dev
	END
}

nothing_but_commas_pushes_nothing() {
	new_home
	given_engine
	with 'OPENSHELL_PUSH_IMAGES= , ,'
	run gateway start
	expect_equal '' "$(calls '(^docker save|PUSH_IMAGE_REFS|IMAGE_PULL_POLICY)')"
}

absent_image() {
	given_push
	with OPENSHELL_PUSH_IMAGES=openshell/gateway:new,openshell/gone:1
	expect_status 3 run gateway start
	expect_err 'OPENSHELL_PUSH_IMAGES: docker does not have openshell/gone:1'
	expect_equal '' "$(calls '^docker (create|pull|save|network create|volume create)')"
	[ ! -e "$config" ]
}

bad_ref() {
	given_push
	with "OPENSHELL_PUSH_IMAGES=$1"
	expect_status 2 run gateway start
	expect_err OPENSHELL_PUSH_IMAGES
	expect_calls </dev/null
}

no_wait_pushes() {
	given_push
	rule docker 10-workload "$WORKLOAD"
	run gateway start --no-wait
	expect_equal 1 "$(calls '^docker save' | wc -l)"
	expect_equal '' "$(calls 'kubectl rollout')"
	expect_err 'is starting'
	rm -r "$FAKE_DIR/docker/10-workload"
	forget_calls
	run gateway start --no-wait
	expect_equal "$EXEC kubectl rollout restart statefulset/openshell -n openshell" "$(calls 'kubectl rollout')"
}

late_node() {
	given_push
	rule docker 10-ctr ' ctr .* version$'
	for n in 1 2 3; do answer "$n" rc 1; done
	rule docker 10-workload "$WORKLOAD"
	for n in 1 2 3; do answer "$n" rc 1; done
	answer 4 rc 0
	answer last out deployment.apps/openshell
	run gateway start
	expect_equal 4 "$(calls ' version$' | wc -l)"
	expect_equal 5 "$(calls "$WORKLOAD" | wc -l)"
	expect_equal 2 "$(calls 'kubectl rollout [a-z]* deployment/openshell' | wc -l)"
}

# fails_with STATUS TEXT RULE...: a failing push takes back what was made
fails_with() {
	wanted=$1
	text=$2
	given_push
	rule docker 10-fail "$3"
	answer last err "$4"
	answer last rc 1
	expect_status "$wanted" run gateway start
	expect_err "$text"
	[ ! -e "$engine/containers/$C" ]
	[ ! -e "$engine/volumes/$C" ]
	[ ! -e "$config/gateways/openshell" ]
}

# A gateway that was there before is still there.
failure_keeps_what_was_there() {
	given_push
	run gateway start
	rule docker 10-fail '^exec -i '
	answer last err 'ctr: unexpected EOF'
	answer last rc 1
	forget_calls
	expect_status 1 run gateway start
	expect_err 'pushing the images: ctr images import failed (exit 1): ctr: unexpected EOF'
	expect_equal '' "$(calls '^docker (rm|stop|network|volume rm) ')"
}

interrupted() {
	given_push
	rule docker 10-import '^exec -i '
	answer last hang
	run_as env --default-signal "$CLI_PROGRAM" gateway start &
	runner=$!
	eventually 5 importing
	kill -s TERM "$(tr -d ' ' <"/proc/$runner/task/$runner/children")"
	expect_status 143 wait "$runner"
	[ ! -e "$engine/containers/$C" ]
	fails grep -lsF "FAKE_DIR=$FAKE_DIR" /proc/[0-9]*/environ
}

importing() {
	[ -n "$(calls '^docker exec -i')" ]
}

own_time_limit() {
	given_push
	rule docker 10-import '^exec -i '
	answer last hang
	with OPENSHELL_PUSH_TIMEOUT=1
	expect_status 7 run gateway start
	expect_err 'ctr images import did not end within 1 s'
}

main() {
	check a_push_makes_exactly_these_calls calls_of_a_push
	check images_are_pushed_between_the_start_and_the_health_wait order_on_nothing
	check every_byte_arrives_and_no_file_is_made all_bytes_and_no_file
	check the_same_images_are_pushed_again_into_the_same_container same_refs_keep_the_container
	check other_images_recreate_the_container_and_keep_the_volume other_refs_recreate_the_container
	check without_the_variable_a_pushed_gateway_stays_as_it_is unset_changes_nothing
	check nothing_but_commas_pushes_nothing nothing_but_commas_pushes_nothing
	check an_image_that_docker_does_not_have_gives_3_before_anything_is_made absent_image
	check an_image_without_a_tag_gives_2 bad_ref openshell/gateway
	check an_image_with_a_digest_gives_2 bad_ref openshell/gateway:a@sha256:0123
	check an_image_like_an_option_gives_2 bad_ref --all:1
	check no_wait_pushes_and_waits_for_no_rollout no_wait_pushes
	check a_node_that_is_not_up_yet_is_waited_for late_node
	check a_save_that_fails_leaves_nothing fails_with 1 'docker save failed (exit 1): no space' '^save ' 'no space'
	check an_import_that_fails_leaves_nothing fails_with 1 'ctr images import failed (exit 1): bad' '^exec -i ' bad
	check a_rollout_that_fails_gives_8 fails_with 8 'timed out waiting' 'rollout status' 'error: timed out waiting for the condition'
	check a_push_that_fails_keeps_a_gateway_that_was_there failure_keeps_what_was_there
	check a_term_during_a_push_gives_143_and_leaves_nothing interrupted
	check a_push_has_a_time_limit_of_its_own own_time_limit
}

main "$@"
