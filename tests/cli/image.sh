#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Which image gateway start takes, when it is pulled, as whom, and that no secret is seen on the way.

# out, err, home, config and engine come from lib/cli.sh.
# shellcheck disable=SC2154,SC2034,SC2016
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/cli.sh
. "$(dirname "$0")/../lib/cli.sh"

PUBLISHED=ghcr.io/nvidia/openshell/cluster:dev
SECRET=s3cr3t-of-the-test

# Nothing is here; the registry has the published image.
given_registry() {
	new_home
	given_engine
	: >"$engine/images"
	echo "$PUBLISHED sha256:image-1" >"$engine/registry"
}

absent_is_pulled() {
	given_registry
	run gateway start
	expect_equal "docker pull --platform linux/amd64 -- $PUBLISHED" "$(calls '^docker pull')"
	expect_err 'Status: Downloaded'
	expect_equal 1 "$(calls '^docker create' | wc -l)"
}

present_is_not_pulled() {
	given_registry
	echo "$PUBLISHED sha256:image-1" >"$engine/images"
	run gateway start
	expect_equal '' "$(calls '^docker pull')"
}

the_tag_is_chosen() {
	given_registry
	echo 'ghcr.io/nvidia/openshell/cluster:1.2.3 sha256:image-1' >"$engine/registry"
	with IMAGE_TAG=1.2.3
	run gateway start
	expect_equal 'docker pull --platform linux/amd64 -- ghcr.io/nvidia/openshell/cluster:1.2.3' "$(calls '^docker pull')"
}

verbatim() {
	given_registry
	echo "$1 sha256:image-1" >"$engine/registry"
	with "OPENSHELL_CLUSTER_IMAGE=$1" IMAGE_TAG=ignored
	run gateway start
	expect_equal "docker pull --platform linux/amd64 -- $1" "$(calls '^docker pull')"
}

local_is_not_pulled() {
	given_registry
	with "OPENSHELL_CLUSTER_IMAGE=$1"
	expect_status 3 run gateway start
	expect_err build-images.sh
	expect_equal '' "$(calls '^docker (pull|create|network create|volume create)')"
}

no_reference() {
	given_registry
	with "OPENSHELL_CLUSTER_IMAGE=$1"
	expect_status 2 run gateway start
	expect_err OPENSHELL_CLUSTER_IMAGE
	expect_equal '' "$(calls)"
}

for_another_platform() {
	given_registry
	echo "$PUBLISHED sha256:image-1" >"$engine/images"
	echo arm64 >"$engine/arch"
	expect_status 3 run gateway start
	expect_err "the image $PUBLISHED is for arm64, and docker's host is linux/amd64"
	expect_err 'openshell gateway start --name openshell --pull always'
	expect_equal '' "$(calls '^docker (pull|create|network create|volume create)')"
	: >"$engine/images"
	expect_status 3 run gateway start --progress=json
	expect_equal image-platform "$(jq -r 'select(.event == "error").code' "$err")"
	expect_equal "docker pull --platform linux/amd64 -- $PUBLISHED" "$(calls '^docker pull')"
	expect_equal '' "$(calls '^docker (create|network create|volume create)')"
}

runs_for_another_platform() {
	given_registry
	echo "$PUBLISHED sha256:image-1" >"$engine/images"
	given_container openshell running healthy
	echo arm64 >"$engine/arch"
	run gateway start
	expect_equal '' "$(calls '^docker (pull|create|rm|stop|start)')"
}

push_image_for_others_only() {
	given_registry
	expect_status 2 run gateway start --push-image
	expect_one_line
	expect_err '--push-image is for --remote'
	expect_status 2 run gateway start --push-image --remote me@host --pull always
	expect_one_line
	expect_err '--pull always'
	expect_equal '' "$(calls)"
}

never_is_never() {
	given_registry
	expect_status 3 run gateway start --pull never
	expect_err 'docker load'
	expect_equal '' "$(calls '^docker (pull|create|network create|volume create)')"
	echo "$PUBLISHED sha256:image-1" >"$engine/images"
	run gateway start --pull=never
	expect_equal '' "$(calls '^docker pull')"
}

always_replaces() {
	given_registry
	run gateway start
	forget_calls
	run gateway start --pull always
	expect_equal "docker pull --platform linux/amd64 -- $PUBLISHED" "$(calls '^docker pull')"
	expect_equal '' "$(calls '^docker (create|rm|stop|start)')"
	echo "$PUBLISHED sha256:image-2" >"$engine/registry"
	: >"$engine/images"
	forget_calls
	run gateway start --pull always
	expect_equal 1 "$(calls '^docker create' | wc -l)"
	expect_equal '' "$(calls '^docker volume (create|rm)')"
}

always_needs_a_registry() {
	given_registry
	echo 'openshell/cluster:dev sha256:image-1' >"$engine/images"
	with OPENSHELL_CLUSTER_IMAGE=openshell/cluster:dev
	expect_status 3 run gateway start --pull always
	expect_err '--pull always'
	fails grep -q 'does not have' "$err"
	expect_err 'openshell gateway start --name openshell'
}

bad_policy() {
	given_registry
	expect_status 2 run gateway start --pull sometimes
	expect_one_line
	expect_equal '' "$(calls)"
}

# Neither in arguments, nor in what is shown, nor left on disk.
secret_is_nowhere() {
	expect_lacks "$SECRET" "$FAKE_DIR/calls"
	expect_lacks "$SECRET" "$out"
	expect_lacks "$SECRET" "$err"
	encoded=$(printf '__token__:%s' "$SECRET" | base64)
	fails grep -rqF -e "$SECRET" -e "$encoded" "$config" "$runtime" "$home/tmp"
}

login_of() {
	jq -r ".auths[\"$1\"].auth" "$engine/pull.config/config.json" | base64 -d
}

token_by() {
	given_registry
	printf '%s\n' "$SECRET" >"$home/token"
	case $1 in
	environment) with "OPENSHELL_REGISTRY_TOKEN=$SECRET" && run -v gateway start ;;
	password) with "OPENSHELL_REGISTRY_PASSWORD=$SECRET" && run -v gateway start ;;
	file) run -v gateway start --registry-token-file "$home/token" ;;
	stdin) run_as sh -c 'exec "$@" <"$HOME/token"' sh "$CLI_PROGRAM" -v gateway start --registry-token-file - ;;
	flag) run -v gateway start --registry-token "$SECRET" ;;
	joined) run -v gateway start "--registry-token=$SECRET" ;;
	esac
	expect_equal "__token__:$SECRET" "$(login_of ghcr.io)"
	expect_mode 700 "$engine/pull.config"
	expect_mode 600 "$engine/pull.config/config.json"
	expect_has "REGISTRY_PASSWORD=$SECRET" "$engine/create.env"
	secret_is_nowhere
	[ ! -e "$runtime/openshell/openshell.docker" ]
}

the_user_is_chosen() {
	given_registry
	with "OPENSHELL_REGISTRY_TOKEN=$SECRET" OPENSHELL_REGISTRY_USERNAME=from-env
	run gateway start
	expect_equal "from-env:$SECRET" "$(login_of ghcr.io)"
	: >"$engine/images"
	run gateway start --recreate --registry-username from-flag
	expect_equal "from-flag:$SECRET" "$(login_of ghcr.io)"
}

without_a_login() {
	given_registry
	run gateway start
	expect_lacks DOCKER_CONFIG= "$engine/pull.env"
}

not_for_another_registry() {
	given_registry
	echo 'reg.example/x:1 sha256:image-1' >"$engine/registry"
	with "OPENSHELL_REGISTRY_TOKEN=$SECRET" OPENSHELL_CLUSTER_IMAGE=reg.example/x:1
	run gateway start
	expect_lacks DOCKER_CONFIG= "$engine/pull.env"
	expect_err OPENSHELL_REGISTRY_HOST
	: >"$engine/images"
	with OPENSHELL_REGISTRY_HOST=reg.example
	run gateway start --recreate
	expect_equal "__token__:$SECRET" "$(login_of reg.example)"
}

# The user's context and helpers reach docker, his own login and store do not stand in the way.
users_configuration() {
	given_registry
	mkdir -p "$home/.docker/contexts/meta"
	: >"$home/.docker/contexts/meta/one"
	printf '%s' '{"currentContext":"ctx","credsStore":"pass","credHelpers":{"ghcr.io":"gh","other":"o"},
		"auths":{"ghcr.io":{"auth":"b2xkOm9sZA=="},"else":{"auth":"eDp5"}}}' >"$home/.docker/config.json"
	with "OPENSHELL_REGISTRY_TOKEN=$SECRET"
	run gateway start
	expect_equal '["ctx",null,{"other":"o"},"eDp5"]' \
		"$(jq -c '[.currentContext, .credsStore, .credHelpers, .auths.else.auth]' "$engine/pull.config/config.json")"
	expect_equal "__token__:$SECRET" "$(login_of ghcr.io)"
	[ -e "$engine/pull.config/contexts/meta/one" ]
	[ -e "$home/.docker/contexts/meta/one" ]
	expect_has b2xkOm9sZA== "$home/.docker/config.json"
}

given_directory() {
	given_registry
	mkdir -p "$home/elsewhere"
	printf '%s' "$1" >"$home/elsewhere/config.json"
	with "OPENSHELL_REGISTRY_TOKEN=$SECRET" "DOCKER_CONFIG=$home/elsewhere"
	run gateway start
	expect_equal "__token__:$SECRET" "$(login_of ghcr.io)"
}

# After a pull that failed nothing is left either, and docker's reason is told.
failed_pull() {
	given_registry
	: >"$engine/registry"
	with "OPENSHELL_REGISTRY_TOKEN=$SECRET"
	expect_status 3 run gateway start
	expect_err 'manifest unknown'
	secret_is_nowhere
	[ ! -e "$runtime/openshell/openshell.docker" ]
}

what_a_kill_left_is_replaced() {
	given_registry
	mkdir -p "$runtime/openshell/openshell.docker"
	chmod 700 "$runtime/openshell"
	echo "$SECRET" >"$runtime/openshell/openshell.docker/config.json"
	ln -s "$home/config" "$runtime/openshell/openshell.docker/contexts"
	with OPENSHELL_REGISTRY_TOKEN=another
	run gateway start
	[ ! -e "$runtime/openshell/openshell.docker" ]
	[ -d "$home/config" ]
}

bad_token() {
	given_registry
	printf '%b' "$1" >"$home/token"
	expect_status 2 run gateway start --registry-token-file "$home/token"
	expect_err --registry-token-file
	expect_one_line
	expect_equal '' "$(calls)"
}

bad_token_words() {
	given_registry
	printf 'x\n' >"$home/token"
	expect_status 2 run gateway start --registry-token-file "$home/token" --registry-token "$SECRET"
	secret_is_nowhere
	expect_status 3 run gateway start --registry-token-file "$home/nowhere"
	expect_status 2 run gateway start --registry-username a:b --registry-token x
	expect_status 2 run gateway start --registry-username '' --registry-token x
	expect_equal '' "$(calls)"
}

# The arguments of a running process: docker sleeps in the pull while they are looked at.
argv_is_wiped() {
	given_registry
	rule docker 10-pull '^pull'
	answer last sh 'tr "\\0" " " <"/proc/$PPID/cmdline" >"$FAKE_DIR/engine/parent"'
	expect_status 3 run gateway start --registry-token "$SECRET"
	expect_has 'gateway start --registry-token' "$engine/parent"
	expect_lacks "$SECRET" "$engine/parent"
}

limits_reach_docker() {
	new_home
	given_engine
	run gateway start --memory 4g --cpus 1.5
	create=$(calls '^docker create')
	case $create in *' --memory 4294967296 --cpus 1.500000000 '*) ;; *) echo "$create" && return 1 ;; esac
}

memory_is_any_number_of_units() {
	for size in 8589934592 8589934592b 8388608K 8192m 8g; do
		new_home
		given_engine
		run gateway start --memory "$size"
		create=$(calls '^docker create')
		case $create in *' --memory 8589934592 '*) ;; *) echo "$create" && return 1 ;; esac
	done
}

bad_limit() {
	new_home
	given_engine
	expect_status 2 run gateway start "$1" "$2"
	expect_one_line
	expect_err "$1"
	expect_equal '' "$(calls)"
}

masked_by_configure() {
	printf 'dist:%s\n' "$SECRET" >"$TEST_TMP/auth"
	"$REPO/deploy/scripts/mask-auth.sh" "$TEST_TMP/auth" >"$TEST_TMP/masked"
	grep -Eqx '[0-9]+(,[0-9]+)+' "$TEST_TMP/masked"
	expect_equal "$(printf 'dist:%s' "$SECRET" | wc -c)" "$(tr ',' '\n' <"$TEST_TMP/masked" | wc -l)"
	for text in '' nocolon ':x' 'x:' "$(printf 'a:b\nc:d')"; do
		printf '%s\n' "$text" >"$TEST_TMP/auth"
		fails "$REPO/deploy/scripts/mask-auth.sh" "$TEST_TMP/auth" 2>/dev/null
	done
}

# The node would end because of it, six minutes later or again and again.
bad_setting() {
	new_home
	given_engine
	with "$1"
	expect_status 2 run gateway start
	expect_one_line
	expect_err "${1%%=*}"
	expect_equal '' "$(calls)"
}

main() {
	check an_absent_image_is_pulled absent_is_pulled
	check a_present_image_asks_no_registry present_is_not_pulled
	check the_tag_comes_from_IMAGE_TAG the_tag_is_chosen
	for ref in reg.example:5000/a/b reg.example/x@sha256:0123456789abcdef localhost/x:1 docker.io/a/b:c; do
		check "a_named_image_is_taken_verbatim ($ref)" verbatim "$ref"
	done
	for ref in cluster cluster-local:dev openshell/cluster:dev; do
		check "an_absent_local_image_is_not_pulled ($ref)" local_is_not_pulled "$ref"
	done
	for ref in --help 'a b' A:b a@b a: reg.example/; do
		check "what_is_no_reference_gives_2 ($ref)" no_reference "$ref"
	done
	check an_image_for_another_platform_makes_no_container for_another_platform
	check a_container_that_runs_is_not_asked_for_its_platform runs_for_another_platform
	check push_image_is_for_another_host_and_pulls_none push_image_for_others_only
	check pull_never_asks_no_registry never_is_never
	check pull_always_replaces_only_by_another_image always_replaces
	check pull_always_needs_a_registry always_needs_a_registry
	check an_unknown_pull_policy_gives_2 bad_policy
	for way in environment password file stdin flag joined; do
		check "a_token_is_used_and_not_seen ($way)" token_by "$way"
	done
	check a_token_on_the_command_line_is_overwritten argv_is_wiped
	check the_user_is_the_options_then_the_environments the_user_is_chosen
	check without_credentials_docker_is_configured_as_usual without_a_login
	check credentials_go_to_their_own_registry_only not_for_another_registry
	check the_users_docker_configuration_is_honoured users_configuration
	check DOCKER_CONFIG_names_the_directory given_directory '{"auths":{}}'
	check a_broken_config_json_counts_as_empty given_directory '{"auths":'
	check a_failed_pull_leaves_no_secret failed_pull
	check what_a_killed_pull_left_is_replaced what_a_kill_left_is_replaced
	check an_empty_token_file_gives_2 bad_token ''
	check a_token_of_two_lines_gives_2 bad_token 'a\nb\n'
	check credentials_that_contradict_give_2 bad_token_words
	check limits_reach_docker limits_reach_docker
	check memory_is_any_number_of_units_not_only_a_small_one memory_is_any_number_of_units
	for pair in '--memory 1x' '--memory -1' '--memory 1.5g' '--memory 511m' '--memory 536870911' '--memory 9223372036854775808' \
		'--memory 8388608t' '--memory 99999999999t' '--cpus x' \
		'--cpus 1.' '--cpus .5' '--cpus 0.009' '--cpus 1.0000000001' '--cpus -1'; do
		check "a_limit_that_is_none_gives_2 ($pair)" bad_limit "${pair%% *}" "${pair#* }"
	done
	for pair in OPENSHELL_REGISTRY_HOST=https://ghcr.io OPENSHELL_REGISTRY_NAMESPACE=/x 'IMAGE_REPO_BASE=a b' \
		OPENSHELL_REGISTRY_ENDPOINT=https://me:pw@mirror OPENSHELL_REGISTRY_USERNAME=a:b; do
		check "what_the_registry_cannot_be_gives_2_before_anything_is_made ($pair)" bad_setting "$pair"
	done
	check distribution_credentials_are_masked_by_configure masked_by_configure
}

main "$@"
