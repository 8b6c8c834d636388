#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Two engines: what is done to a gateway is done on its own one, or refused.

# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/engine.sh
. "$(dirname "$0")/../lib/engine.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/gateway.sh
. "$(dirname "$0")/../lib/gateway.sh"

# From the libraries:
# shellcheck disable=SC2154
: "$config" "$home" "$said"

CONTAINER=openshell-cluster-$NAME
OTHER_PORT=18082
# Beside the first one, so that it is on the same file system and swept with it.
OTHER=$IN_TEST_ENGINE/other
OTHER_HOST=unix://$OTHER/docker.sock

# In the network namespace of the first, which is why it leaves the packet filter alone. /etc/docker holds the key that
# an engine's ID is made of.
start_other_engine() {
	# shellcheck disable=SC2016 # for the inner shell
	unshare --mount sh -c 'mount --bind "$0/etc" /etc/docker && exec "$@"' "$OTHER" \
		"$REPO/deploy/scripts/engine.sh" run --socket "$OTHER/docker.sock" --data-root "$OTHER/data" \
		--exec-root "$OTHER/exec" --pidfile "$OTHER/docker.pid" -- \
		--bridge=none --iptables=false --ip6tables=false >"$TEST_TMP/other.log" 2>&1 &
	other_pid=$!
}

stop_other_engine() {
	kill "$other_pid"
	wait "$other_pid" || true
}

provide_other_engine() {
	mkdir -p "$OTHER/etc"
	cp /etc/docker/daemon.json "$OTHER/etc"
	start_other_engine
	at_exit "rm -rf '$OTHER'"
	at_exit stop_other_engine
	at_exit 'other remove_objects'
}

# other COMMAND...: with the other engine
# shellcheck disable=SC2030,SC2031
other() (
	export DOCKER_HOST="$OTHER_HOST"
	"$@"
)

other_answers() {
	other docker version >/dev/null 2>&1
}

two_engines() {
	eventually 60 other_answers || {
		cat "$TEST_TMP/other.log"
		return 1
	}
	fake dev
	other fake dev
	[ "$(engine_id)" != "$(other_id)" ]
}

other_id() {
	other docker info --format '{{.ID}}'
}

# A gateway on the first engine; on the other one a container, volume and network of the same names that are not its.
begin() {
	other remove_objects
	fresh
	start dev
	config_state >"$TEST_TMP/files"
	docker container inspect "$CONTAINER" >"$TEST_TMP/container"
}

namesakes() {
	other docker volume create "$CONTAINER"
	other docker run -d --name "$CONTAINER" --network none --volume "$CONTAINER:/var/lib/rancher/k3s" \
		openshell/fake-cluster:dev
	other docker network create "$CONTAINER"
}

# Container and files are as they were.
is_untouched() {
	docker container inspect "$CONTAINER" | without_checks >"$TEST_TMP/now"
	without_checks <"$TEST_TMP/container" | diff - "$TEST_TMP/now" >&2
	config_state | diff "$TEST_TMP/files" - >&2
}

without_checks() {
	jq 'del(.[0].State.Health, .[0].ExecIDs)'
}

other_runs() {
	expect_equal true "$(other docker container inspect --format '{{.State.Running}}' "$CONTAINER")"
}

# refused COMMAND...: by 4, naming both engines, and changing neither
refused() {
	expect_status 4 other timeout 60 "$OPENSHELL" "$@" >"$said" 2>&1 </dev/null
	expect_has "$(engine_id)" "$said"
	expect_has "$(other_id)" "$said"
	expect_has "unix://$TEST_TMP/docker.sock" "$said"
	expect_has '--force' "$said"
	is_untouched
}

all_refused() {
	export OPENSHELL_CLUSTER_IMAGE=openshell/fake-cluster:dev
	refused gateway start --name "$NAME"
	refused gateway start --name "$NAME" --recreate
	refused gateway stop --name "$NAME"
	refused gateway destroy --name "$NAME"
	refused -g "$NAME" doctor exec -- true
}

refused_without_namesakes() {
	begin
	all_refused
	expect_equal '' "$(other things)"
}

refused_with_namesakes() {
	begin
	namesakes
	other things >"$TEST_TMP/things"
	all_refused
	other things | diff "$TEST_TMP/things" - >&2
	other_runs
}

# The volume is of the old one's engine, as far as one can tell.
stopped_gateway_is_refused() {
	begin
	gateway stop --name "$NAME"
	docker container inspect "$CONTAINER" >"$TEST_TMP/container"
	all_refused
}

force_execs() {
	begin
	namesakes
	expect_equal there "$(other timeout 60 "$OPENSHELL" -g "$NAME" doctor exec --force -- echo there)"
	is_untouched
}

force_stops() {
	begin
	namesakes
	other gateway stop --name "$NAME" --force
	expect_equal false "$(other docker container inspect --format '{{.State.Running}}' "$CONTAINER")"
	is_untouched
	timeout 20 "$OPENSHELL" status
}

# The entry goes with it, as that is what the command is for; the first engine keeps everything.
force_destroys() {
	begin
	namesakes
	other docker volume create unrelated
	other gateway destroy --name "$NAME" --force
	expect_equal '' "$(other things)"
	expect_equal unrelated "$(other docker volume ls -q)"
	other docker volume rm unrelated
	expect_equal '' "$(config_files)"
	expect_equal "$(all_things)" "$(things)"
	expect_equal running "$(field '{{.State.Status}}')"
	start dev
	settled dev
}

force_starts() {
	begin
	PORT=$OTHER_PORT
	other start dev --force
	other things >"$TEST_TMP/things"
	all_things | diff - "$TEST_TMP/things" >&2
	expect_equal "$(other_id)" "$(jq -r .docker_id "$config/gateways/$NAME/metadata.json")"
	expect_equal "$OTHER_HOST" "$(jq -r .docker_endpoint "$config/gateways/$NAME/metadata.json")"
	expect_equal running "$(field '{{.State.Status}}')"
	expect_status 4 gateway stop --name "$NAME"
	other gateway destroy --name "$NAME"
	expect_equal '' "$(other things)"
	expect_equal running "$(field '{{.State.Status}}')"
}

# What a copied machine has: the same ID.
copy_the_id() {
	stop_other_engine
	cp /etc/docker/key.json "$OTHER/etc" 2>/dev/null || true
	cp "$IN_TEST_ENGINE/data/engine-id" "$OTHER/data" 2>/dev/null || true
	start_other_engine
}

copy_is_refused() {
	eventually 60 other_answers
	expect_equal "$(engine_id)" "$(other_id)"
	refused_with_namesakes
}

# A container that has the recorded ID is proof enough, whatever the way to it.
another_way_is_the_same_engine() {
	begin
	# shellcheck disable=SC2031
	export DOCKER_HOST="unix://$IN_TEST_ENGINE/docker.sock"
	start dev
	is_untouched
	gateway stop --name "$NAME"
	gateway destroy --name "$NAME"
	nothing_is_left
}

main() {
	provide_other_engine
	check two_engines_are_there two_engines
	check another_engine_is_refused_and_both_are_named refused_without_namesakes
	check what_has_the_same_name_on_another_engine_is_left_alone refused_with_namesakes
	check a_stopped_gateway_is_not_taken_to_another_engine stopped_gateway_is_refused
	check force_execs_on_the_other_engine force_execs
	check force_stops_what_is_on_the_other_engine force_stops
	check force_destroys_what_is_on_the_other_engine force_destroys
	check force_starts_on_the_other_engine force_starts
	copy_the_id
	check a_copy_of_the_engine_is_another_one copy_is_refused
	check an_engine_is_the_same_by_another_way another_way_is_the_same_engine
	remove_objects
	remove_images
}

main "$@"
