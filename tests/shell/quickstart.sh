#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# deploy/quickstart.sh with a checkout, an engine and tools that are all fakes.
. "$(dirname "$0")/../lib/tap.sh"

QUICKSTART=$REPO/deploy/quickstart.sh

fake() {
	printf '#!/bin/sh\n%s\n' "$2" >"$1"
	chmod +x "$1"
}

# A checkout that "builds" an openshell which keeps its gateways as files in $W.
fake_repo() {
	mkdir -p "$W/repo/deploy/scripts/lib" "$W/repo/src" "$W/repo/m4" "$W/repo/docs"
	cp "$REPO/deploy/scripts/lib/packages.sh" "$W/repo/deploy/scripts/lib/"
	: >"$W/repo/configure.ac"
	: >"$W/repo/Makefile.am"
	# shellcheck disable=SC2016 # for the fakes, which expand it
	fake "$W/repo/configure" 'echo configure >>"$W/calls"; printf "%s\n" "${1#--prefix=}" >prefix'
	# shellcheck disable=SC2016
	fake "$W/bin/make" '
echo "make $*" >>"$W/calls"
[ ! -e "$W/make-fails" ] || { echo "cc1: no such thing"; exit 2; }
[ "$1" = install ] || exit 0
dest=${2#DESTDIR=}$(cat prefix)
mkdir -p "$dest/bin" "$dest/share/openshell"
cp "$W/openshell" "$dest/bin/openshell"
echo data >"$dest/share/openshell/data"'
	# shellcheck disable=SC2016
	fake "$W/openshell" '
echo "openshell $*" >>"$W/calls"
case "$*" in
"gateway info --name "*) [ -e "$W/gateway-$4" ] && echo "{\"name\":\"$4\",\"endpoint\": \"https://127.0.0.1:8080\"}" || exit 3 ;;
"gateway start --name "*) [ ! -e "$W/start-fails" ] || exit 8; : >"$W/gateway-$4" ;;
"gateway destroy --name "*) [ ! -e "$W/destroy-fails" ] || exit 1; rm -f "$W/gateway-$4" ;;
status*) echo connected ;;
esac'
}

fake_tools() {
	# shellcheck disable=SC2016
	fake "$W/bin/docker" '
[ -e "$W/engine-up" ] || exit 1
case "$*" in
version*) echo 20.10 ;;
images*) cat "$W/images" ;;
"image inspect "*) for ref; do :; done; grep -qxF "$ref" "$W/images" ;;
"rmi "*) grep -vxF "$2" "$W/images" >"$W/images.new"; mv "$W/images.new" "$W/images" ;;
*) exit 9 ;;
esac'
	# shellcheck disable=SC2016
	fake "$W/bin/engine.sh" 'echo "engine $1" >>"$W/calls"; case $1 in start) : >"$W/engine-up" ;; stop) rm "$W/engine-up" ;; esac'
	# shellcheck disable=SC2016
	fake "$W/bin/systemctl" 'echo "systemctl $*" >>"$W/calls"; : >"$W/engine-up"'
	# shellcheck disable=SC2016
	fake "$W/bin/build-images.sh" '
echo "images $*" >>"$W/calls"
[ ! -e "$W/images-hang" ] || { echo $$ >"$W/hanging"; exec sleep 60; }
[ ! -e "$W/images-fail" ] || { echo "build-images: no registry" >&2; exit 1; }
printf "%s\n" openshell/cluster:dev openshell/gateway:dev >>"$W/images"; sort -u -o "$W/images" "$W/images"'
	# shellcheck disable=SC2016
	fake "$W/bin/curl" 'echo "curl $*" >>"$W/calls"; [ ! -e "$W/endpoint-down" ]'
	# shellcheck disable=SC2016
	fake "$W/bin/pkg-config" '! grep -qs . "$W/missing"'
	# shellcheck disable=SC2016
	fake "$W/bin/apt-get" 'echo "apt-get $*" >>"$W/calls"; case $1 in install) rm -f "$W/missing" ;; esac'
	# shellcheck disable=SC2016
	fake "$W/bin/id" '[ "$*" = -u ] && cat "$W/uid"'
	fake "$W/bin/sudo" 'exit 1'
}

# Each test runs in a subshell with a world of its own.
world() {
	W=$(mktemp -d "$TEST_TMP/w.XXXXXX")
	mkdir -p "$W/bin" "$W/home"
	echo 0 >"$W/uid"
	echo debian:unrelated >"$W/images"
	: >"$W/calls"
	: >"$W/engine-up"
	fake_repo
	fake_tools
	export W HOME="$W/home" PATH="$W/bin:$PATH" SYSTEMD_DIR="$W/no-systemd" DOCKER_SOCKET="$W/docker.sock"
	export ENGINE_SH="$W/bin/engine.sh" BUILD_IMAGES="$W/bin/build-images.sh"
	unset XDG_STATE_HOME XDG_CACHE_HOME XDG_CONFIG_HOME OPENSHELL_CACHE DOCKER_HOST OPENSHELL_CLUSTER_IMAGE IMAGE_TAG
}

quickstart() {
	REPO=$W/repo "$QUICKSTART" "$@" </dev/null >"$W/out" 2>&1 || {
		rc=$?
		cat "$W/out"
		return "$rc"
	}
}

calls() {
	grep -c -e "^$1" "$W/calls" || true
}

first_run() {
	world
	quickstart --yes --name one
	[ -x "$HOME/.local/bin/openshell" ]
	[ -e "$W/gateway-one" ]
	expect_has 'curl' "$W/calls"
	expect_has '/healthz' "$W/calls"
	expect_has 'gateways/one/mtls/tls.crt' "$W/calls"
	expect_has 'https://127.0.0.1:8080 answers' "$W/out"
	expect_has 'kubectl get pods -A' "$W/out"
	expect_equal 0 "$(calls engine)"
}

plan_comes_first() {
	world
	expect_status 2 quickstart
	expect_has 'It will' "$W/out"
	expect_has 'build openshell' "$W/out"
	expect_has '--yes' "$W/out"
	expect_equal '' "$(cat "$W/calls")"
}

second_run() {
	world
	quickstart --yes
	quickstart --yes
	expect_equal 1 "$(calls configure)"
	expect_has 'which is up to date' "$W/out"
	echo 'int x;' >"$W/repo/src/x.c"
	quickstart --yes
	expect_equal 2 "$(calls configure)"
	quickstart --yes --prefix "$W/elsewhere"
	[ -x "$W/elsewhere/bin/openshell" ]
}

port_is_passed_on() {
	world
	quickstart --yes --port 18080
	expect_has 'gateway start --name openshell --port 18080' "$W/calls"
}

engine_is_started() {
	world
	rm "$W/engine-up"
	quickstart --yes
	expect_equal 1 "$(calls 'engine start')"
	quickstart --undo --yes
	expect_equal 1 "$(calls 'engine stop')"
}

engine_by_systemd() {
	world
	rm "$W/engine-up"
	mkdir "$SYSTEMD_DIR"
	quickstart --yes
	expect_equal 1 "$(calls 'systemctl start docker')"
	expect_equal 0 "$(calls 'engine start')"
}

engine_needs_root() {
	world
	rm "$W/engine-up"
	echo 1000 >"$W/uid"
	expect_status 5 quickstart --yes
	expect_has 'only root can start one' "$W/out"
}

dead_docker_host() {
	world
	rm "$W/engine-up"
	export DOCKER_HOST=unix:///nowhere
	expect_status 5 quickstart --yes
	expect_has 'DOCKER_HOST is unix:///nowhere' "$W/out"
	expect_equal '' "$(cat "$W/calls")"
}

packages_by_apt() {
	world
	echo yes >"$W/missing"
	quickstart --yes
	expect_has 'apt-get install' "$W/calls"
	expect_has 'libyaml-dev' "$W/calls"
	quickstart --undo --yes
	expect_has 'libyaml-dev' "$W/out"
}

packages_are_named() {
	world
	echo yes >"$W/missing"
	echo 1000 >"$W/uid"
	expect_status 1 quickstart --yes
	expect_has 'please install' "$W/out"
	expect_has 'libcjson-dev' "$W/out"
	expect_equal '' "$(cat "$W/calls")"
}

failed_build() {
	world
	: >"$W/make-fails"
	expect_status 1 quickstart --yes
	expect_has 'cc1: no such thing' "$W/out"
	expect_has "$HOME/.local/state/openshell/quickstart/log" "$W/out"
	expect_equal 0 "$(calls images)"
	rm "$W/make-fails"
	quickstart --yes
}

failed_images() {
	world
	: >"$W/images-fail"
	expect_status 1 quickstart --yes
	expect_has 'no registry' "$W/out"
	expect_equal 0 "$(calls 'openshell gateway start')"
}

failed_start() {
	world
	: >"$W/start-fails"
	expect_status 8 quickstart --yes
	expect_has 'did not start' "$W/out"
}

dead_endpoint() {
	world
	: >"$W/endpoint-down"
	expect_status 1 quickstart --yes
	expect_has 'did not answer' "$W/out"
}

interrupted() {
	world
	: >"$W/images-hang"
	REPO=$W/repo "$QUICKSTART" --yes >"$W/out" 2>&1 </dev/null &
	pid=$!
	eventually 20 test -s "$W/hanging"
	kill -TERM "$pid"
	expect_status 143 wait "$pid"
	expect_has 'interrupted in step images' "$W/out"
	eventually 5 gone "$(cat "$W/hanging")"
	rm "$W/images-hang"
	quickstart --yes
	quickstart --undo --yes
	expect_equal debian:unrelated "$(cat "$W/images")"
}

gone() {
	! kill -0 "$1" 2>/dev/null
}

one_at_a_time() {
	world
	: >"$W/images-hang"
	REPO=$W/repo "$QUICKSTART" --yes >"$W/out1" 2>&1 </dev/null &
	pid=$!
	eventually 20 test -s "$W/hanging"
	rc=0
	quickstart --yes || rc=$?
	kill -TERM "$pid"
	wait "$pid" || true
	expect_equal 4 "$rc"
}

undo() {
	world
	mkdir -p "$HOME/.local/bin"
	echo mine >"$HOME/.local/bin/other"
	quickstart --yes --name one
	quickstart --yes --name two
	quickstart --undo --yes
	[ ! -e "$W/gateway-one" ]
	[ ! -e "$W/gateway-two" ]
	expect_equal debian:unrelated "$(cat "$W/images")"
	[ ! -e "$HOME/.local/bin/openshell" ]
	[ ! -e "$HOME/.local/share" ]
	[ ! -e "$HOME/.local/state/openshell/quickstart" ]
	expect_equal mine "$(cat "$HOME/.local/bin/other")"
	expect_equal 0 "$(calls engine)"
	quickstart --undo --yes
	expect_has 'nothing to undo' "$W/out"
}

undo_keeps_foreign() {
	world
	: >"$W/gateway-openshell"
	echo openshell/gateway:dev >>"$W/images"
	quickstart --yes
	quickstart --undo --yes
	[ -e "$W/gateway-openshell" ]
	expect_has openshell/gateway:dev "$W/images"
	expect_lacks openshell/cluster:dev "$W/images"
}

undo_can_be_repeated() {
	world
	quickstart --yes
	: >"$W/destroy-fails"
	expect_status 1 quickstart --undo --yes
	expect_has 'could not remove: gateway openshell' "$W/out"
	[ -x "$HOME/.local/bin/openshell" ]
	rm "$W/destroy-fails"
	quickstart --undo --yes
	[ ! -e "$W/gateway-openshell" ]
	[ ! -e "$HOME/.local/bin/openshell" ]
}

undo_needs_the_engine() {
	world
	quickstart --yes
	rm "$W/engine-up"
	expect_status 5 quickstart --undo --yes
	[ -x "$HOME/.local/bin/openshell" ]
}

openssl_instead_of_curl() {
	world
	mkdir "$W/path"
	for tool in sh env sed grep sort awk cat cut tail head find tar mkdir rm rmdir mv cp date flock setsid sleep \
		sha256sum comm dirname git timeout kill xargs tr chmod getconf; do
		ln -s "$(command -v "$tool")" "$W/path/$tool"
	done
	rm "$W/bin/curl"
	# shellcheck disable=SC2016
	fake "$W/bin/openssl" 'echo "openssl $*" >>"$W/calls"; cat >/dev/null; printf "HTTP/1.1 200 OK\r\n\r\n"'
	for tool in gcc autoconf automake debootstrap zstd dockerd iptables; do fake "$W/bin/$tool" 'exit 0'; done
	PATH=$W/bin:$W/path
	quickstart --yes
	expect_has 's_client' "$W/calls"
	expect_has '-connect 127.0.0.1:8080' "$W/calls"
}

bad_arguments() {
	world
	expect_status 2 quickstart --nonsense
	expect_status 2 quickstart --port eighty --yes
	expect_status 2 quickstart --name '../x' --yes
	expect_status 2 quickstart --name
	quickstart --help
	expect_has 'usage:' "$W/out"
}

main() {
	check quickstart_goes_from_a_checkout_to_an_answering_gateway first_run
	check quickstart_states_its_plan_and_needs_yes_without_a_terminal plan_comes_first
	check quickstart_builds_again_only_when_something_changed second_run
	check quickstart_passes_the_port_on port_is_passed_on
	check quickstart_starts_an_engine_where_none_answers_and_undo_stops_it engine_is_started
	check quickstart_leaves_the_engine_to_systemd_where_there_is_one engine_by_systemd
	check quickstart_says_that_only_root_can_start_an_engine engine_needs_root
	check quickstart_refuses_a_docker_host_that_does_not_answer dead_docker_host
	check quickstart_installs_what_is_missing_and_undo_names_it packages_by_apt
	check quickstart_names_what_is_missing_where_it_may_not_install packages_are_named
	check quickstart_shows_why_a_build_failed_and_can_be_run_again failed_build
	check quickstart_stops_when_the_images_cannot_be_built failed_images
	check quickstart_passes_the_exit_code_of_start_on failed_start
	check quickstart_fails_when_the_endpoint_does_not_answer dead_endpoint
	check quickstart_can_be_interrupted_and_goes_on_later interrupted
	check quickstart_runs_once_at_a_time one_at_a_time
	check undo_removes_all_that_was_made_and_nothing_else undo
	check undo_leaves_gateways_and_images_that_were_there_before undo_keeps_foreign
	check undo_keeps_a_record_of_what_it_could_not_remove undo_can_be_repeated
	check undo_wants_the_engine_that_holds_the_gateway undo_needs_the_engine
	check quickstart_asks_the_endpoint_by_openssl_where_curl_is_missing openssl_instead_of_curl
	check quickstart_refuses_bad_arguments bad_arguments
}

main "$@"
