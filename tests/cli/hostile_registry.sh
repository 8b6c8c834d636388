#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Files of the configuration as nobody of sense would write them: each costs one line and the exit status that is
# documented for it, nothing hangs, nothing grows, and the other entries stay as they are.

# out, err, home, config and engine come from lib/cli.sh.
# shellcheck disable=SC2154,SC2034
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

USER_ID=65534
LIMIT_S=10
MEMORY_KB=65536

VALID='"name":"bad","gateway_endpoint":"https://127.0.0.1:8080","is_remote":false,"gateway_port":8080'

# What any file can be instead of one that can be used. The dangling link is apart: it is an absent file.
OBJECTS='empty huge sparse deep nul utf8 dots link-to-itself link-to-zero link-to-directory fifo socket directory full-directory'

# hostile KIND PATH: puts it there
hostile() {
	rm -rf "$2"
	case $1 in
	empty) : >"$2" ;;
	huge) head -c 5000000 /dev/zero | tr '\0' ' ' >"$2" && printf '{%s}' "$VALID" >>"$2" ;;
	sparse) truncate -s 1T "$2" ;;
	deep) head -c 60000 /dev/zero | tr '\0' '[' >"$2" ;;
	nul) printf '{%s}\0{%s}' "$VALID" "$VALID" >"$2" ;;
	utf8) printf '{%s,"remote_host":"\377\376"}' "$VALID" >"$2" ;;
	dots) printf '{"name":"../../good","gateway_endpoint":"https://h","is_remote":false,"gateway_port":1}' >"$2" ;;
	twice) printf '{%s,"gateway_endpoint":"https://evil.example"}' "$VALID" >"$2" ;;
	control) printf '{%s,"remote_host":"\\u001b]0;x\\u0007"}' "$VALID" >"$2" ;;
	cut) printf '{%s' "$VALID" >"$2" ;;
	link-to-itself) ln -s "${2##*/}" "$2" ;;
	link-to-zero) ln -s /dev/zero "$2" ;;
	link-to-directory) ln -s / "$2" ;;
	link-to-nothing) ln -s nothing "$2" ;;
	fifo) mkfifo "$2" ;;
	socket) socket "$2" ;;
	directory) mkdir "$2" ;;
	full-directory) mkdir -p "$2/below" && : >"$2/below/file" ;;
	esac
}

# Its name may be longer than a socket's may.
socket() {
	(cd "${1%/*}" && perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0) and bind(S, sockaddr_un($ARGV[0])) or die' "${1##*/}")
}

new_scene() {
	new_home
	given_engine
	given_record good
	given_bundle good
	given_record bad
	given_active good
}

# What is not of the bad one.
others_state() {
	find "$config" -path '*/bad*' -prune -o -type f -exec sha256sum {} + | sort
}

# bounded ARGUMENT...: in little time and memory
bounded() {
	# shellcheck disable=SC2016 # the shell's own
	run_as sh -c 'ulimit -v "$1"; shift; exec timeout "$@"' sh "$MEMORY_KB" "$LIMIT_S" "$CLI_PROGRAM" "$@"
}

# ends N COMMAND...: with that status, an error of one reason if it is one, and the other entries as they were
ends() {
	e_want=$1
	shift
	others_state >"$home/before"
	e_status=0
	bounded "$@" || e_status=$?
	[ "$e_status" -eq "$e_want" ] || { echo "$e_status instead of $e_want from: $*"; cat "$err"; return 1; }
	[ "$e_want" -eq 0 ] || expect_equal 1 "$(grep -c '^openshell: ' "$err")"
	others_state | diff "$home/before" -
}

# one_warning TEXT: and it is all that is on stderr
one_warning() {
	expect_one_line
	expect_err "$1"
}

usable_as_ever() {
	bounded gateway info --name good -o json
	expect_equal '["good","valid"]' "$(jq -c '[.name, .bundle]' "$out")"
}

## metadata

# metadata STATUS PATH KIND...
metadata_is() {
	want=$1 path=$2
	shift 2
	for kind in "$@"; do
		new_scene
		rm "$config/gateways/bad/metadata.json"
		hostile "$kind" "$config/gateways/$path"
		echo "# $kind"
		ends 0 gateway list -o json
		expect_equal '["bad","good"]' "$(jq -c '[.[].name]' "$out")"
		jq -e --arg path "$config/gateways/$path" '.[0] | (.invalid | contains($path)) and .source == "user"' "$out" >/dev/null
		fails test -s "$err"
		ends 0 gateway list
		one_warning "$config/gateways/$path"
		for command in 'gateway info --name' 'gateway select' 'gateway migrate'; do
			# shellcheck disable=SC2086 # words
			ends "$want" $command bad
			expect_err "$config/gateways/$path"
			expect_no_out
		done
		ends 0 gateway migrate --apply
		one_warning "gateway 'bad' stays as it is"
		usable_as_ever
	done
}

# What cannot be used can be removed, but for what is not ours to remove.
metadata_is_removed() {
	for kind in $OBJECTS twice control cut link-to-nothing; do
		for path in bad/metadata.json bad_metadata.json; do
			new_scene
			rm "$config/gateways/bad/metadata.json"
			hostile "$kind" "$config/gateways/$path"
			echo "# $kind $path"
			case $kind-$path in
			full-directory-* | directory-bad_metadata.json) want=1 ;;
			*) want=0 ;;
			esac
			ends "$want" gateway remove bad
			if [ "$want" -eq 0 ]; then
				bounded gateway list -o json
				expect_equal '["good"]' "$(jq -c '[.[].name]' "$out")"
				expect_equal '' "$(find "$config" -path '*bad*')"
			fi
			[ -e /dev/zero ]
			usable_as_ever
		done
	done
}

metadata_is_written_anew() {
	for kind in $OBJECTS twice control cut link-to-nothing; do
		new_scene
		hostile "$kind" "$config/gateways/bad/metadata.json"
		echo "# $kind"
		case $kind in
		directory | full-directory)
			ends 1 gateway start --name bad
			expect_err "$config/gateways/bad/metadata.json: Is a directory"
			;;
		*)
			bounded gateway start --name bad
			[ "$kind" = link-to-nothing ] || expect_equal 1 "$(grep -c 'it will be written anew' "$err")"
			bounded gateway info --name bad
			expect_mode 600 "$config/gateways/bad/metadata.json"
			;;
		esac
		usable_as_ever
	done
}

metadata_of_others() {
	new_scene
	chmod 0711 "$home"
	chown -R "$USER_ID" "$home/config" "$runtime" "$home/tmp" "$FAKE_DIR"
	for owner in "$USER_ID" 0; do
		chown "$owner" "$config/gateways/bad/metadata.json"
		chmod 0600 "$config/gateways/bad/metadata.json"
		[ "$owner" = 0 ] || chmod 0 "$config/gateways/bad/metadata.json"
		expect_status 6 as_user gateway info --name bad
		expect_one_reason
		expect_err 'metadata.json: Permission denied'
		as_user gateway list -o json
		expect_equal '[true,false]' "$(jq -c '[.[] | has("invalid")]' "$out")"
	done
	chmod 0644 "$config/gateways/bad/metadata.json"
	as_user gateway info --name bad
	chmod 0600 "$config/gateways/bad/metadata.json"
	chown 0 "$config/gateways/bad"
	chmod 0700 "$config/gateways/bad"
	expect_status 6 as_user gateway info --name bad
	expect_status 6 as_user gateway remove bad
	as_user gateway list -o json
	expect_equal '[true,false]' "$(jq -c '[.[] | has("invalid")]' "$out")"
	as_user gateway info --name good
}

as_user() {
	run_as setpriv --reuid="$USER_ID" --regid="$USER_ID" --clear-groups timeout "$LIMIT_S" "$CLI_PROGRAM" "$@"
}

metadata_tests() {
	# shellcheck disable=SC2086 # words
	check metadata_that_cannot_be_used_is_listed_as_such_and_gives_1 \
		metadata_is 1 bad/metadata.json $OBJECTS twice control cut
	check a_link_to_nothing_is_listed_as_such_and_gives_3 metadata_is 3 bad/metadata.json link-to-nothing
	# shellcheck disable=SC2086 # words
	check metadata_of_the_older_place_likewise metadata_is 1 bad_metadata.json $OBJECTS twice control cut
	check what_cannot_be_used_can_be_removed metadata_is_removed
	check what_cannot_be_used_is_written_anew_by_a_start metadata_is_written_anew
}

## the active gateway

active_is_passed_over() {
	for kind in $OBJECTS twice cut; do
		new_scene
		hostile "$kind" "$config/active_gateway"
		echo "# $kind"
		# nothing and blanks are as no file
		case $kind in empty) lines=0 ;; *) lines=1 ;; esac
		bounded gateway list -o json
		expect_equal '[false,false]' "$(jq -c '[.[].active]' "$out")"
		expect_equal "$lines" "$(wc -l <"$err")"
		expect_status 3 bounded gateway info
		expect_status 2 bounded gateway destroy
		expect_status 2 bounded gateway remove
		usable_as_ever
		case $kind in *directory) ;; *)
			bounded gateway select good
			expect_equal good "$(cat "$config/active_gateway")"
			[ -e /dev/zero ]
			;;
		esac
	done
}

active_stands_in_the_way() {
	for kind in directory full-directory; do
		new_scene
		hostile "$kind" "$config/active_gateway"
		ends 1 gateway select good
		expect_err "$config/active_gateway: Is a directory"
		ends 1 gateway add http://127.0.0.1:7001 --name new
		bounded gateway list -o json
		expect_equal '["bad","good"]' "$(jq -c '[.[].name]' "$out")"
		bounded gateway remove bad
		usable_as_ever
	done
}

active_tests() {
	check an_active_file_that_cannot_be_used_is_passed_over_with_one_line active_is_passed_over
	check a_directory_in_its_place_is_an_error_for_who_writes_it active_stands_in_the_way
}

## certificates

bundle_is_invalid() {
	for part in ca.crt tls.crt tls.key; do
		[ "$part" = tls.key ] && kinds="$OBJECTS link-to-nothing cut" || kinds='fifo cut directory link-to-zero'
		for kind in $kinds; do
			new_scene
			given_bundle bad
			hostile "$kind" "$config/gateways/bad/mtls/$part"
			echo "# $part $kind"
			ends 0 gateway info --name bad -o json
			expect_equal '"invalid"' "$(jq .bundle "$out")"
			ends 0 gateway list
		done
	done
	usable_as_ever
}

bundle_is_fetched_anew() {
	for kind in $OBJECTS link-to-nothing; do
		new_scene
		bounded gateway start --name bad
		hostile "$kind" "$config/gateways/bad/mtls/tls.key"
		echo "# $kind"
		status=0
		bounded gateway start --name bad || status=$?
		case $kind in full-directory) want=1 ;; *) want=0 ;; esac
		expect_equal "$want" "$status"
		bounded gateway info --name bad -o json
		expect_equal '"valid"' "$(jq .bundle "$out")"
		usable_as_ever
	done
}

something_in_the_place_of_a_bundle() {
	for kind in empty link-to-itself link-to-zero link-to-nothing fifo socket full-directory; do
		new_scene
		hostile "$kind" "$config/gateways/bad/mtls"
		echo "# $kind"
		ends 0 gateway info --name bad -o json
		jq -e '.bundle == "invalid" or .bundle == "absent"' "$out" >/dev/null
		case $kind in full-directory) want=1 ;; *) want=0 ;; esac
		ends "$want" gateway remove bad
		usable_as_ever
	done
}

bundle_tests() {
	check a_part_of_a_bundle_that_cannot_be_used_makes_it_invalid bundle_is_invalid
	check an_invalid_bundle_is_fetched_anew bundle_is_fetched_anew
	check something_in_the_place_of_a_bundle_is_none_and_goes_with_the_gateway something_in_the_place_of_a_bundle
}

## the last sandbox, and tokens

last_sandbox_is_none() {
	for kind in $OBJECTS link-to-nothing cut; do
		new_scene
		hostile "$kind" "$config/gateways/bad/last_sandbox"
		echo "# $kind"
		case $kind in empty | link-to-nothing) lines=0 ;; *) lines=1 ;; esac
		ends 0 gateway info --name bad -o json
		expect_equal null "$(jq .last_sandbox "$out")"
		expect_equal "$lines" "$(wc -l <"$err")"
	done
}

tokens_go() {
	for kind in $OBJECTS link-to-nothing; do
		new_scene
		for token in edge_token cf_token oidc_token.json; do
			hostile "$kind" "$config/gateways/bad/$token"
		done
		case $kind in full-directory) want=1 ;; *) want=0 ;; esac
		echo "# $kind"
		ends "$want" gateway remove bad
		[ "$want" -eq 1 ] || [ ! -e "$config/gateways/bad" ]
		[ -e /dev/zero ]
	done
	usable_as_ever
}

other_tests() {
	check a_last_sandbox_that_cannot_be_used_is_none_with_one_line last_sandbox_is_none
	check whatever_stands_in_the_place_of_a_token_goes_with_the_gateway tokens_go
}

## directories

no_directory_of_an_entry() {
	for kind in empty link-to-itself link-to-nothing fifo socket; do
		new_scene
		rm -r "$config/gateways/bad"
		hostile "$kind" "$config/gateways/bad"
		echo "# $kind"
		ends 0 gateway list -o json
		usable_as_ever
		ends 0 gateway migrate --apply
	done
	new_scene
	rm -r "$config/gateways/bad"
	: >"$config/gateways/bad"
	others_state >"$home/before"
	expect_status 1 bounded gateway start --name bad
	expect_err "$config/gateways/bad is in the way: not a directory"
	others_state | diff "$home/before" -
	expect_equal '' "$(find "$engine/containers" "$engine/volumes" -type f)"
}

no_directory_of_entries() {
	for place in gateways .; do
		for kind in empty fifo link-to-itself; do
			new_scene
			rm -r "$config/gateways"
			[ "$place" = gateways ] || rm -r "$config"
			hostile "$kind" "${config%/*}/openshell${place#.}"
			[ "$place" = . ] || hostile "$kind" "$config/gateways"
			echo "# $place $kind"
			expect_status 1 bounded gateway list
			expect_equal 1 "$(grep -c '^openshell: ' "$err")"
			# what cannot be examined counts as an entry
			case $kind in link-to-itself) want=4 ;; *) want=1 ;; esac
			expect_status "$want" bounded gateway add http://127.0.0.1:7001 --name new
			expect_equal 1 "$(grep -c '^openshell: ' "$err")"
		done
	done
}

names_that_are_none() {
	new_scene
	long=$(head -c 250 /dev/zero | tr '\0' x)
	for name in "$(printf 'a\nb')" "$(printf '\377')" -x "$(printf '\033[31m')" 'a b' "$long" '...json' ..x; do
		mkdir "$config/gateways/$name"
		cp "$config/gateways/good/metadata.json" "$config/gateways/$name"
	done
	cp "$config/gateways/good/metadata.json" "$config/gateways/_metadata.json"
	cp "$config/gateways/good/metadata.json" "$config/gateways/-_metadata.json"
	ends 0 gateway list -o json
	expect_equal '["...json","..x","bad","good"]' "$(jq -c '[.[].name]' "$out")"
	ends 0 gateway list
	fails grep -q "$(printf '\033')" "$out"
}

odd_masks() {
	for mask in 0 0777 0277 0027; do
		new_home
		given_engine
		# shellcheck disable=SC2016 # the shell's own
		for arguments in 'start --name one' 'add http://127.0.0.1:7001 --name two' 'select one' 'list' 'stop --name one'; do
			run_as sh -c 'umask "$1"; exec "$2" gateway $3' sh "$mask" "$CLI_PROGRAM" "$arguments"
		done
		expect_equal '' "$(find "$config" "$runtime/openshell" -type f ! -perm 0600 -o -type d ! -perm 0700)"
	done
}

modes_that_were_there() {
	new_home
	given_engine
	umask 022
	given_record old
	given_active other
	chmod 0755 "$config" "$config/gateways"
	run gateway select old
	run gateway start --name old
	expect_equal '' "$(find "$config" -type f ! -perm 0600 -o -type d ! -perm 0700)"
}

directory_tests() {
	check what_is_no_directory_holds_no_entry no_directory_of_an_entry
	check without_a_directory_for_entries_there_is_one_line_and_1 no_directory_of_entries
	check names_that_are_none_are_passed_over names_that_are_none
	check files_are_private_and_usable_whatever_the_umask_is odd_masks
	check what_was_open_to_others_is_closed_when_it_is_written_to modes_that_were_there
}

main() {
	metadata_tests
	if [ "$(id -u)" -eq 0 ] && setpriv --reuid="$USER_ID" --clear-groups "$CLI_PROGRAM" --version >/dev/null 2>&1; then
		chmod 0711 "$TEST_TMP" "$TEST_RUN"
		check metadata_that_belongs_to_others_gives_6_unless_it_can_be_read metadata_of_others
	else
		skip metadata_that_belongs_to_others_gives_6_unless_it_can_be_read 'not root, or others cannot run the program'
	fi
	active_tests
	bundle_tests
	other_tests
	directory_tests
}

main "$@"
