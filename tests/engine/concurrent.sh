#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Several commands at once.

# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/engine.sh
. "$(dirname "$0")/../lib/engine.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/gateway.sh
. "$(dirname "$0")/../lib/gateway.sh"

# From the libraries:
# shellcheck disable=SC2154
: "$config" "$home"

provide_images() {
	fake dev
	# no start ends before the last one has begun
	fake slow --set FAKE_HEALTHY_AFTER_MS=3000
}

# begin NUMBER ARGUMENT...: a start beside the others; its process is in $home/pid.NUMBER, what it says in said.NUMBER
begin() {
	b_number=$1
	shift
	OPENSHELL_CLUSTER_IMAGE=openshell/fake-cluster:slow "$OPENSHELL" gateway start "$@" \
		>"$home/said.$b_number" 2>&1 </dev/null &
	echo $! >"$home/pid.$b_number"
}

# Sets $status.
end() {
	status=0
	wait "$(cat "$home/pid.$1")" || status=$?
	sed "s/^/$1 ($status): /" "$home/said.$1"
}

one_of_six_does_it() {
	fresh
	for i in 1 2 3 4 5 6; do begin "$i" --name "$NAME" --port "$PORT"; done
	winner=
	for i in 1 2 3 4 5 6; do
		end "$i"
		case $status in
		0) winner="$winner$i" ;;
		4) ;;
		*) expect_equal '0 or 4' "$status" ;;
		esac
	done
	case $winner in [1-6]) ;; *) expect_equal 'one of them' "$winner" ;; esac
	for i in 1 2 3 4 5 6; do
		[ "$i" = "$winner" ] ||
			expect_has "process $(cat "$home/pid.$winner") (openshell gateway start)" "$home/said.$i"
	done
	settled slow
}

# Exactly what one start asks for, however many there were.
losers_ask_nothing() {
	fresh
	start slow
	gateway destroy --name "$NAME"
	forget_requests
	start slow
	one=$(mutations)
	fresh
	forget_requests
	for i in 1 2 3 4; do begin "$i" --name "$NAME" --port "$PORT"; done
	for i in 1 2 3 4; do end "$i"; done
	mutating_requests
	expect_equal "$one" "$(mutations)"
}

gateways_of_other_names() {
	fresh
	for i in 1 2 3; do begin "$i" --name "many-$i" --port 0; done
	for i in 1 2 3; do
		end "$i"
		expect_equal 0 "$status"
	done
	expect_equal 3 "$(jq -s 'map(.gateway_port) | unique | length' "$config"/gateways/*/metadata.json)"
	for i in 1 2 3; do
		NAME=many-$i
		expect_equal healthy "$(field '{{.State.Health.Status}}')"
		cmp "$REPO/tests/data/fake-cluster/tls.key" "$config/gateways/$NAME/mtls/tls.key"
	done
	grep -qx 'many-[123]' "$config/active_gateway"
	for i in 1 2 3; do timeout 60 "$OPENSHELL" gateway destroy --name "many-$i" </dev/null & done
	wait
	NAME=many
	nothing_is_left
}

# Whoever held the lock is dead, so nobody does.
lock_of_a_killed_start_is_free() {
	fresh
	begin 1 --name "$NAME" --port "$PORT"
	eventually 20 docker container inspect "openshell-cluster-$NAME"
	kill -KILL "$(cat "$home/pid.1")"
	end 1
	start slow
	settled slow
}

other_commands_are_refused() {
	fresh
	begin 1 --name "$NAME" --port "$PORT"
	eventually 20 docker container inspect "openshell-cluster-$NAME"
	for command in start stop destroy; do
		expect_status 4 gateway "$command" --name "$NAME"
		grep -q "process $(cat "$home/pid.1") (openshell gateway start)" "$said"
	done
	end 1
	expect_equal 0 "$status"
	settled slow
}

main() {
	check the_images_can_be_made provide_images
	check one_of_six_starts_does_it_and_the_others_name_it one_of_six_does_it
	check the_others_ask_the_engine_for_nothing losers_ask_nothing
	check while_a_start_is_at_work_nothing_else_is other_commands_are_refused
	check gateways_of_other_names_are_not_in_each_others_way gateways_of_other_names
	check the_lock_of_a_killed_start_is_free lock_of_a_killed_start_is_free
	remove_objects
	remove_images
}

main "$@"
