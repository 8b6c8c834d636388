#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# gateway start from every state that a gateway can be found in: the same end, and nothing left to do for a second one.
#
# The states are made by plain docker and file operations, each from a gateway that is ready. Docker's `dead` and
# `removing` cannot be had that way (a removal that fails half way leaves them); tests/unit/test_deploy.c has them.

# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/engine.sh
. "$(dirname "$0")/../lib/engine.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/gateway.sh
. "$(dirname "$0")/../lib/gateway.sh"

# From the libraries:
# shellcheck disable=SC2154
: "$config" "$said" "$home"

CONTAINER=openshell-cluster-$NAME
OTHER_PORT=18082

provide_images() {
	fake dev
	fake two --set FAKE_VARIANT=two
	fake slow --set FAKE_HEALTHY_AFTER_MS=2000
	fake sick --retries 1
	fake never --set FAKE_HEALTHY_AFTER_MS=3600000
}

# before VARIANT: a gateway that is ready, as the test before left it or made anew
before() {
	start "$1" >/dev/null 2>&1 || {
		fresh
		start "$1"
	}
}

# ------------------------------------------------------------------ states of the engine

nothing() {
	fresh
}

network_only() {
	fresh
	docker network create "$CONTAINER"
}

# As when docker is asked twice at one moment; the older API lets it be done at leisure.
two_networks_of_one_name() {
	fresh
	# shellcheck disable=SC2034 # a count
	for tn_nth in 1 2; do
		curl -sS --fail -o /dev/null --unix-socket "${DOCKER_HOST#unix://}" -H 'Content-Type: application/json' \
			-d '{"Name":"'"$CONTAINER"'","Driver":"bridge","Attachable":true}' http://docker/v1.40/networks/create
	done
	expect_equal 2 "$(docker network ls -q --filter "name=$CONTAINER" | wc -l)"
}

volume_only() {
	fresh
	docker volume create "$CONTAINER"
}

network_and_volume() {
	network_only
	docker volume create "$CONTAINER"
}

container_lost() {
	before dev
	docker rm -f "$CONTAINER"
}

container_and_network_lost() {
	container_lost
	docker network rm "$CONTAINER"
}

all_but_the_files_lost() {
	container_and_network_lost
	docker volume rm "$CONTAINER"
}

# What docker create was given, without its start.
created() {
	fresh
	docker network create "$CONTAINER"
	docker create --name "$CONTAINER" --hostname openshell-one --privileged --init=false --restart unless-stopped \
		--network "$CONTAINER" --volume "$CONTAINER:/var/lib/rancher/k3s" --publish "$bound:$PORT:30051/tcp" \
		openshell/fake-cluster:dev server
	expect_equal created "$(field '{{.State.Status}}')"
}

exited() {
	before dev
	docker stop "$CONTAINER"
}

killed() {
	before dev
	docker kill "$CONTAINER"
	expect_equal 'exited 137' "$(field '{{.State.Status}} {{.State.ExitCode}}')"
}

exited_without_a_network() {
	exited
	docker network rm "$CONTAINER"
}

exited_on_a_network_of_the_same_name() {
	exited
	docker network rm "$CONTAINER"
	docker network create "$CONTAINER"
}

paused() {
	before dev
	docker pause "$CONTAINER"
}

running_without_a_network() {
	before dev
	docker network disconnect "$CONTAINER" "$CONTAINER"
}

running_and_its_network_is_gone() {
	running_without_a_network
	docker network rm "$CONTAINER"
}

# It ends as soon as it is started, so that docker waits a little longer before each next time.
restarting() {
	before dev
	touch "$(volume_dir)/fake-crash"
	# not by docker, which would take it for a wish to stop it
	kill "$(field '{{.State.Pid}}')"
	eventually 20 pausing_between_restarts
	rm "$(volume_dir)/fake-crash"
}

# The wait is doubled each time, from 0.1 s: after four it is long enough for what follows.
pausing_between_restarts() {
	case $(field '{{.State.Status}} {{.RestartCount}}') in
	'restarting '[4-9]) ;;
	*) return 1 ;;
	esac
}

starting() {
	before slow
	docker restart "$CONTAINER"
	expect_equal 'running starting' "$(field '{{.State.Status}} {{.State.Health.Status}}')"
}

unhealthy() {
	before sick
	touch "$(volume_dir)/fake-sick"
	eventually 20 is_unhealthy
	(sleep 1 && rm "$(volume_dir)/fake-sick") >/dev/null 2>&1 &
}

is_unhealthy() {
	[ "$(field '{{.State.Health.Status}}')" = unhealthy ]
}

other_image() {
	before two
}

other_image_exited() {
	before two
	docker stop "$CONTAINER"
}

other_port() {
	before dev
	# the subshell of this test alone
	PORT=$OTHER_PORT
}

# ------------------------------------------------------------------ states of the files

gateway_dir() {
	printf '%s/gateways/%s\n' "$config" "$NAME"
}

no_files() {
	before dev
	rm -r "$config"
}

no_bundle() {
	before dev
	rm -r "$(gateway_dir)/mtls"
}

no_record() {
	before dev
	rm "$(gateway_dir)/metadata.json"
}

no_active_gateway() {
	before dev
	rm "$config/active_gateway"
}

bundle_with_half_a_key() {
	before dev
	head -c 100 "$fake_data/tls.key" >"$(gateway_dir)/mtls/tls.key"
}

bundle_with_an_empty_key() {
	before dev
	: >"$(gateway_dir)/mtls/tls.key"
}

bundle_without_a_certificate() {
	before dev
	rm "$(gateway_dir)/mtls/tls.crt"
}

# As a kill leaves it while a bundle is written for the first time.
first_bundle_half_written() {
	before dev
	rm "$(gateway_dir)/mtls/tls.key"
	mv "$(gateway_dir)/mtls" "$(gateway_dir)/mtls.tmp"
}

# ... while it is written beside an older one.
next_bundle_half_written() {
	before dev
	mkdir -m 700 "$(gateway_dir)/mtls.tmp"
	head -c 100 "$fake_data/tls.key" >"$(gateway_dir)/mtls.tmp/tls.key"
}

# ... when the old one has stepped aside, where the two cannot be exchanged at once.
old_bundle_aside() {
	next_bundle_half_written
	mv -T "$(gateway_dir)/mtls" "$(gateway_dir)/mtls.bak"
}

# ... when the new one is in its place.
old_bundle_left() {
	before dev
	cp -a "$(gateway_dir)/mtls" "$(gateway_dir)/mtls.bak"
	cp -a "$(gateway_dir)/mtls" "$(gateway_dir)/mtls.tmp"
}

record_cut_off() {
	before dev
	head -c 60 "$(gateway_dir)/metadata.json" >"$TEST_TMP/half"
	cp "$TEST_TMP/half" "$(gateway_dir)/metadata.json"
}

record_of_a_former_container() {
	before dev
	sed -i 's/"container_id": "[^"]*"/"container_id": "0123456789ab"/' "$(gateway_dir)/metadata.json"
}

another_gateway_active() {
	before dev
	printf two >"$config/active_gateway"
}

# ------------------------------------------------------------------ what happens to the engine

engine_restarted_under_a_running_one() {
	before dev
	"$ENGINE" engine restart
}

engine_restarted_under_a_stopped_one() {
	exited
	"$ENGINE" engine restart
}

engine_killed_under_a_running_one() {
	before dev
	"$ENGINE" engine kill
	"$ENGINE" engine start
}

reboot() {
	"$ENGINE" engine crash
	"$ENGINE" engine start
}

rebooted_while_running() {
	before dev
	reboot
}

rebooted_while_stopped() {
	exited
	reboot
}

rebooted_while_paused() {
	paused
	reboot
}

# begin_waiting VARIANT: a start in the middle of its wait for health; its number is in $pid
begin_waiting() {
	OPENSHELL_CLUSTER_IMAGE=openshell/fake-cluster:$1 timeout 60 "$OPENSHELL" gateway start --name "$NAME" \
		--port "$PORT" >"$said" 2>&1 </dev/null &
	pid=$!
	eventually 20 is_running
}

is_running() {
	[ "$(field '{{.State.Status}}' 2>/dev/null)" = running ]
}

ended_with() {
	got=0
	wait "$pid" || got=$?
	cat "$said"
	case " $* " in
	*" $got "*) ;;
	*) expect_equal "$*" "$got" ;;
	esac
}

rebooted_while_a_start_waits() {
	fresh
	begin_waiting never
	"$ENGINE" engine crash
	ended_with 5
	expect_has 'gateway destroy' "$said"
	"$ENGINE" engine start
}

engine_restarted_while_a_start_waits() {
	fresh
	begin_waiting never
	"$ENGINE" engine restart
	ended_with 5 8
}

engine_killed_while_a_resume_waits() {
	before slow
	docker stop "$CONTAINER"
	begin_waiting slow
	"$ENGINE" engine kill
	ended_with 5
	"$ENGINE" engine start
}

# ------------------------------------------------------------------

# ends_ready STATE [VARIANT]
ends_ready() {
	"$1"
	start "${2:-dev}"
	settled "${2:-dev}"
}

# from STATE [VARIANT]
from() {
	check "start_ends_ready_from_$1" ends_ready "$@"
}

destroy_leaves_nothing() {
	before dev
	gateway destroy --name "$NAME"
	nothing_is_left
}

main() {
	check the_images_can_be_made provide_images
	from nothing
	from network_only
	from two_networks_of_one_name
	from volume_only
	from network_and_volume
	from created
	from container_lost
	from container_and_network_lost
	from all_but_the_files_lost
	from exited
	from killed
	from exited_without_a_network
	from exited_on_a_network_of_the_same_name
	from paused
	from running_without_a_network
	from running_and_its_network_is_gone
	from restarting
	from starting slow
	from unhealthy sick
	from other_image
	from other_image_exited
	from other_port
	from no_files
	from no_bundle
	from no_record
	from no_active_gateway
	from bundle_with_half_a_key
	from bundle_with_an_empty_key
	from bundle_without_a_certificate
	from first_bundle_half_written
	from next_bundle_half_written
	from old_bundle_aside
	from old_bundle_left
	from record_cut_off
	from record_of_a_former_container
	from another_gateway_active
	from engine_restarted_under_a_running_one
	from engine_restarted_under_a_stopped_one
	from engine_killed_under_a_running_one
	from rebooted_while_running
	from rebooted_while_stopped
	from rebooted_while_paused
	from rebooted_while_a_start_waits
	from engine_restarted_while_a_start_waits
	from engine_killed_while_a_resume_waits slow
	check destroy_leaves_nothing_after_all_that destroy_leaves_nothing
	remove_objects
	remove_images
}

main "$@"
