#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# No space left where a command writes: it fails with one line, what was there stays whole, what was made is taken
# back. The disks are small tmpfs in a mount namespace of the test's own.

if [ -z "${FULL_DISK_NAMESPACE:-}" ]; then
	for options in -m -rm; do
		if unshare "$options" mount -t tmpfs tmpfs /tmp 2>/dev/null; then
			FULL_DISK_NAMESPACE=yes exec unshare "$options" "$0"
		fi
	done
fi

# out, err, home, config and engine come from lib/cli.sh.
# shellcheck disable=SC2154,SC2034
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

PAGE_KB=4

unmount_all() {
	grep -oE " ($TEST_TMP|$TEST_RUN)/[^ ]*" /proc/self/mounts | while read -r disk; do
		umount "$disk"
	done
}

new_disks() {
	unmount_all
	new_home
}

# given_disk DIRECTORY OPTIONS: a file system of its own
given_disk() {
	mount -t tmpfs -o "mode=0700,$2" tmpfs "$1"
}

# given_room DIRECTORY PAGES: a disk on which so many pages are free
given_room() {
	given_disk "$1" "size=64k"
	head -c $(((64 - $2 * PAGE_KB) * 1024)) /dev/zero >"$1/ballast"
}

expect_full() {
	expect_equal 1 "$(grep -c '^openshell: ' "$err")"
	expect_has 'No space left on device' "$err"
}

expect_nothing_made() {
	expect_equal '' "$(find "$engine/containers" "$engine/networks" "$engine/volumes" -type f)"
	expect_equal '' "$(find "$config" -type f 2>/dev/null)"
	[ ! -e "$config/gateways/openshell" ]
}

# A bundle takes three pages, the entry one, the name of the active gateway one.
a_first_start_with_room_for() {
	new_disks
	given_engine
	given_room "$home/config" "$1"
	expect_status 1 run gateway start
	expect_full
	expect_err "$2"
	expect_nothing_made
	rm "$home/config/ballast"
	run gateway start
	run gateway info
}

# Every file and directory needs an inode: each in turn is the one too many.
a_first_start_with_few_inodes() {
	inodes=1
	while :; do
		new_disks
		given_engine
		given_disk "$home/config" "nr_inodes=$inodes"
		status=0
		run gateway start || status=$?
		[ "$status" -ne 0 ] || break
		expect_equal 1 "$status"
		expect_full
		expect_nothing_made
		inodes=$((inodes + 1))
		[ "$inodes" -le 20 ]
	done
	[ "$inodes" -ge 8 ]
}

snapshot() {
	find "$config" -type f -exec sha256sum {} + | sort
}

# The bundle and the entry are written again: of another container, on another port.
a_recreation_with_room_for() {
	new_disks
	given_engine
	given_disk "$home/config" "size=64k"
	run gateway start
	snapshot >"$home/before"
	head -c $(((64 - (5 + $1) * PAGE_KB) * 1024)) /dev/zero >"$home/config/ballast"
	rm "$engine/containers/"*
	expect_status 1 run gateway start --port 8085
	expect_full
	snapshot | diff "$home/before" -
	expect_equal '' "$(find "$config" -name '*.tmp*' -o -name '*.bak' -o -name 'metadata.json.*')"
	expect_equal '' "$(ls "$engine/containers")"
	[ -e "$engine/volumes/openshell-cluster-openshell" ]
	rm "$home/config/ballast"
	run gateway start --port 8085
}

no_room_for_a_lock() {
	for inodes in 1 2; do
		new_disks
		given_engine
		given_disk "$runtime" "nr_inodes=$inodes"
		expect_status 1 run gateway start
		expect_full
		expect_one_reason
		expect_equal '' "$(calls)"
		expect_nothing_made
	done
}

no_room_for_a_lock_below_tmpdir() {
	new_disks
	given_engine
	with XDG_RUNTIME_DIR=
	given_disk "$home/tmp" nr_inodes=1
	expect_status 1 run gateway start
	expect_full
	expect_one_reason
	expect_err "$home/tmp/openshell-"
	expect_equal '' "$(calls)"
}

# What the file says of the holder is for people; the lock is the kernel's.
a_lock_without_room_for_its_text() {
	new_disks
	given_engine
	given_room "$runtime" 0
	run gateway start
	run gateway destroy
}

selecting_another_gateway() {
	new_disks
	given_disk "$home/config" size=64k
	given_record one
	given_record two
	given_active one
	head -c 64k /dev/zero >"$home/config/ballast" 2>/dev/null || true
	expect_status 1 run gateway select two
	expect_full
	expect_one_reason
	expect_equal one "$(cat "$config/active_gateway")"
	expect_equal '' "$(find "$config" -name 'active_gateway.*')"
}

# The directory has its page already; the entry takes one, and so does the name of the active gateway.
adding_with_room_for() {
	new_disks
	given_room "$home/config" "$1"
	expect_status 1 run gateway add http://127.0.0.1:7001 --name one
	expect_full
	expect_err "$2"
	[ ! -e "$config" ]
	rm "$home/config/ballast"
	run gateway add http://127.0.0.1:7001 --name one
}

migrating() {
	new_disks
	given_disk "$home/config" size=64k
	given_record one
	mv "$config/gateways/one/metadata.json" "$config/gateways/one_metadata.json"
	rmdir "$config/gateways/one"
	snapshot >"$home/before"
	head -c 64k /dev/zero >"$home/config/ballast" 2>/dev/null || true
	expect_status 1 run gateway migrate --apply
	expect_full
	snapshot | diff "$home/before" -
	rm "$home/config/ballast"
	run gateway migrate --apply
	run gateway info --name one
}

stopping_and_destroying() {
	new_disks
	given_engine
	given_disk "$home/config" size=64k
	run gateway start
	head -c 64k /dev/zero >"$home/config/ballast" 2>/dev/null || true
	run gateway stop
	run gateway destroy
	expect_nothing_made_but_ballast
}

expect_nothing_made_but_ballast() {
	rm "$home/config/ballast"
	expect_nothing_made
}

# It would be in vain: neither certificates nor entry could be kept.
a_start_on_a_read_only_configuration() {
	new_disks
	given_engine
	given_disk "$home/config" ro
	expect_status 6 run gateway start "$@"
	expect_one_reason
	expect_err "cannot keep its entry in $config: cannot write into $home/config: Read-only file system"
	expect_equal '' "$(calls '^docker (pull|network|volume|create|start)' | grep -v 'inspect\|ls')"
	expect_nothing_made
}

main() {
	if [ -z "${FULL_DISK_NAMESPACE:-}" ]; then
		skip nothing_is_lost_on_a_full_disk 'no mount namespace can be made'
		return
	fi
	at_exit unmount_all
	for pages in 0 1 2; do
		check "a_first_start_that_can_write_${pages}_files_of_its_bundle_is_taken_back" \
			a_first_start_with_room_for "$pages" 'fetching the certificates: cannot write'
	done
	check a_first_start_that_cannot_write_its_entry_is_taken_back a_first_start_with_room_for 3 metadata.json
	check a_first_start_that_cannot_write_the_active_gateway_is_taken_back a_first_start_with_room_for 4 active_gateway
	check whichever_file_or_directory_cannot_be_made_a_first_start_is_taken_back a_first_start_with_few_inodes
	for pages in 0 1 2; do
		check "entry_and_bundle_stay_when_a_recreation_can_write_${pages}_files" a_recreation_with_room_for "$pages"
	done
	check a_start_that_could_not_keep_its_entry_is_not_begun a_start_on_a_read_only_configuration
	check a_dry_run_says_so_as_well a_start_on_a_read_only_configuration --dry-run
	check without_room_for_a_lock_nothing_is_begun no_room_for_a_lock
	check without_room_for_a_lock_below_TMPDIR_nothing_is_begun no_room_for_a_lock_below_tmpdir
	check a_lock_needs_no_room_for_its_text a_lock_without_room_for_its_text
	check the_active_gateway_stays_when_another_cannot_be_written selecting_another_gateway
	check an_added_entry_that_cannot_be_written_leaves_nothing adding_with_room_for 0 metadata.json
	check an_added_entry_that_cannot_be_made_active_leaves_nothing adding_with_room_for 1 active_gateway
	check an_entry_that_cannot_be_moved_stays_where_it_is migrating
	check stop_and_destroy_need_no_room stopping_and_destroying
}

main "$@"
