#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# From a checkout to a running gateway. Everything it does is recorded, so that it can be run again and undone.

set -eu

REPO=${REPO:-$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)}
CACHE=${OPENSHELL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/openshell}
STATE=${XDG_STATE_HOME:-$HOME/.local/state}/openshell/quickstart
MANIFEST=$STATE/manifest
LOG=$STATE/log
BUILD=$CACHE/quickstart-build
ENGINE_SH=${ENGINE_SH:-$REPO/deploy/scripts/engine.sh}
BUILD_IMAGES=${BUILD_IMAGES:-$REPO/deploy/scripts/build-images.sh}
SYSTEMD_DIR=${SYSTEMD_DIR:-/run/systemd/system}
DOCKER_SOCKET=${DOCKER_SOCKET:-/var/run/docker.sock}
TAG=${IMAGE_TAG:-dev}
# The images that a build may bring: only what is new among these is ever taken away again.
OUR_IMAGES='^(openshell/|debian:bookworm-slim$|rancher/k3s:)'

NEEDS_BUILD='gcc gcc
make make
autoconf autoconf
automake automake
pkg-config pkg-config
file:/usr/include/stdio.h libc6-dev
pc:yaml-0.1 libyaml-dev
pc:libcjson libcjson-dev
pc:libbsd-overlay libbsd-dev'
NEEDS_IMAGES='debootstrap debootstrap
zstd zstd
file:/etc/ssl/certs/ca-certificates.crt ca-certificates'
NEEDS_ENGINE='docker docker.io'
NEEDS_DAEMON='dockerd docker.io
iptables iptables'

name=openshell
port=
prefix=
yes=
undo=
child=
step=
step_start=0
started=$(date +%s)

# shellcheck source=deploy/scripts/lib/packages.sh
. "$REPO/deploy/scripts/lib/packages.sh"

usage() {
	cat <<'TEXT'
usage: deploy/quickstart.sh [--name NAME] [--port PORT] [--prefix DIR] [--yes] [--undo]

Builds and installs openshell, sees to a Docker engine and the images, starts a gateway and checks that it answers.
Can be interrupted and run again: what is done is not done twice.

  --name NAME    the gateway (openshell)
  --port PORT    its port on this host (8080; 0: a free one)
  --prefix DIR   where openshell is installed (~/.local)
  --yes          do not ask; needed where there is no terminal to ask on
  --undo         remove what earlier runs made
TEXT
}

say() {
	printf '%s\n' "$*" >&2
}

die() {
	printf 'quickstart: %s\n' "$1" >&2
	exit "${2:-1}"
}

parse() {
	while [ $# -gt 0 ]; do
		case $1 in
		--name | --port | --prefix)
			[ -n "${2:-}" ] || die "$1 needs a value" 2
			case $1 in
			--name) name=$2 ;;
			--port) port=$2 ;;
			--prefix) prefix=$2 ;;
			esac
			shift
			;;
		--yes | -y) yes=yes ;;
		--undo) undo=yes ;;
		--help | -h)
			usage
			exit 0
			;;
		*) die "unknown argument: $1 (see --help)" 2 ;;
		esac
		shift
	done
	case $port in *[!0-9]*) die "--port takes a number, not $port" 2 ;; esac
	case $name in *[!a-z0-9._-]* | [!a-z0-9]*) die "not a gateway name: $name" 2 ;; esac
	prefix=${prefix:-$HOME/.local}
	case $prefix in /*) ;; *) prefix=$PWD/$prefix ;; esac
	openshell=$prefix/bin/openshell
}

# --- records: one line a thing made, "KIND VALUE" -----------------------------------------------------------------

recorded() {
	[ ! -e "$MANIFEST" ] || sed -n "s/^$1 //p" "$MANIFEST"
}

record() {
	grep -qxF "$*" "$MANIFEST" 2>/dev/null || printf '%s\n' "$*" >>"$MANIFEST"
}

forget() {
	[ -e "$MANIFEST" ] || return 0
	grep -vxF "$*" "$MANIFEST" >"$MANIFEST.new" || true
	mv "$MANIFEST.new" "$MANIFEST"
}

# --- steps: what is shown while something runs ----------------------------------------------------------------------

begin() {
	step=$1
	step_start=$(date +%s)
	printf '%-10s %s ... ' "$1" "$2" >&2
	printf '\n=== %s %s: %s\n' "$(date '+%F %T')" "$1" "$2" >>"$LOG"
}

finished() {
	say "${1:-done} ($(($(date +%s) - step_start)) s)"
	step=
}

failed() {
	say 'failed'
	tail -n 20 "$LOG" | sed 's/^/    /' >&2
	die "$1; the whole log is $LOG" "${2:-1}"
}

# Runs a command in a session of its own, so that an interrupt can end all of it; its output goes to the log.
logged() {
	setsid "$@" >>"$LOG" 2>&1 </dev/null &
	child=$!
	l_status=0
	wait "$child" || l_status=$?
	child=
	return "$l_status"
}

stopped() {
	trap '' INT TERM HUP
	trap - EXIT
	[ -z "${follower:-}" ] || kill "$follower" 2>/dev/null || true
	if [ -n "$child" ]; then
		kill -TERM "-$child" 2>/dev/null || kill -TERM "$child" 2>/dev/null || true
		wait "$child" 2>/dev/null || true
	fi
	say ''
	say "quickstart: interrupted${step:+ in step $step}; run it again to go on, or with --undo to remove what it made"
	exit "$1"
}

# --- what there is --------------------------------------------------------------------------------------------------

engine_answers() {
	docker version --format '{{.Server.Version}}' >/dev/null 2>&1
}

image_present() {
	docker image inspect --format . "$1" >/dev/null 2>&1
}

# What the build depends on: the sources, and where it is installed to.
source_key() {
	{
		printf '%s\n' "$prefix"
		cd "$REPO" && find configure.ac Makefile.am m4 src deploy docs -type f ! -path 'deploy/docker/.build/*' \
			-exec sha256sum {} + 2>/dev/null | sort
	} | sha256sum | cut -c1-32
}

installed() {
	[ -x "$openshell" ] && [ "$(recorded build | tail -n 1)" = "$key" ]
}

needs() {
	installed || printf '%s\n' "$NEEDS_BUILD"
	printf '%s\n' "$NEEDS_ENGINE"
	[ "$engine" = there ] || printf '%s\n' "$NEEDS_DAEMON"
	image_present "openshell/cluster:$TAG" || [ -n "${OPENSHELL_CLUSTER_IMAGE:-}" ] || printf '%s\n' "$NEEDS_IMAGES"
}

# Sets engine to there, systemd, script (ours to start), or fails with the reason why none can be had.
find_engine() {
	engine=there
	if engine_answers; then return 0; fi
	if [ -n "${DOCKER_HOST:-}" ]; then
		die "DOCKER_HOST is $DOCKER_HOST, and no engine answers there: start it, or unset the variable" 5
	fi
	if [ -S "$DOCKER_SOCKET" ] && [ ! -w "$DOCKER_SOCKET" ]; then
		die "you may not use $DOCKER_SOCKET: join the group that owns it, or run this as root" 6
	fi
	root_command >/dev/null || die 'no Docker engine answers, and only root can start one: start it, or run this as root' 5
	engine=script
	[ ! -d "$SYSTEMD_DIR" ] || engine=systemd
}

plan() {
	say "openshell quickstart: gateway \"$name\", installed under $prefix. It will"
	[ -z "$missing" ] || say "  - install packages: $missing"
	if installed; then
		say "  - keep $openshell, which is up to date"
	else
		say "  - build openshell in $BUILD and install it"
	fi
	case $engine in
	there) say '  - use the Docker engine that docker reaches' ;;
	systemd) say '  - start the Docker engine (systemctl start docker)' ;;
	script) say "  - start a Docker engine on $DOCKER_SOCKET ($ENGINE_SH)" ;;
	esac
	if [ -n "${OPENSHELL_CLUSTER_IMAGE:-}" ]; then
		say "  - use the image $OPENSHELL_CLUSTER_IMAGE"
	else
		say "  - see that the images are there and up to date (the first time without a registry: up to 30 min)"
	fi
	say "  - start the gateway and check that it answers"
}

confirm() {
	[ -z "$yes" ] || return 0
	[ -t 0 ] || die 'no terminal to ask on: say --yes' 2
	printf 'Go on? [Y/n] ' >&2
	read -r c_answer || c_answer=n
	case $c_answer in '' | [yY]*) ;; *) die 'nothing was done' ;; esac
}

# --- the steps ------------------------------------------------------------------------------------------------------

do_packages() {
	[ -n "$missing" ] || return 0
	can_install_packages || die "please install these packages (Debian names) and run this again: $missing"
	begin packages "$missing"
	# shellcheck disable=SC2086 # a list of package names
	install_packages $missing >>"$LOG" 2>&1 || failed 'the packages could not be installed'
	for p in $missing; do record package "$p"; done
	finished
}

copy_source() {
	rm -rf "$BUILD"
	mkdir -p "$BUILD/source"
	cd "$REPO"
	if git rev-parse --git-dir >/dev/null 2>&1; then
		git ls-files -z --cached --others --exclude-standard
	else
		find . -type f -print0
	fi | tar --null --ignore-failed-read -T - -cf - 2>/dev/null | tar -C "$BUILD/source" -xf -
}

# Notes what an install would add, before it does: a file, or a directory that is not there yet.
record_install() {
	(cd "$BUILD/stage" && find . -mindepth 1 | sort | sed 's/^\.//') >"$BUILD/list"
	while read -r f; do
		if [ ! -d "$BUILD/stage$f" ]; then
			record file "$f"
		elif [ ! -d "$f" ]; then
			record dir "$f"
		fi
	done <"$BUILD/list"
}

compile() {
	cd "$BUILD/source"
	[ -x configure ] || logged autoreconf -fi
	logged ./configure --prefix="$prefix"
	logged make -j"$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)"
	logged make install DESTDIR="$BUILD/stage"
	record_install
	logged make install
	cd "$REPO"
}

do_build() {
	! installed || return 0
	begin build "openshell to $prefix"
	trap 'failed "openshell could not be built"' EXIT
	copy_source >>"$LOG" 2>&1
	compile
	trap - EXIT
	rm -rf "$BUILD"
	record build "$key"
	finished
}

do_engine() {
	[ "$engine" != there ] || return 0
	begin engine 'starting a Docker engine'
	record engine "$engine"
	if [ "$engine" = systemd ]; then
		# shellcheck disable=SC2046 # a command and its arguments, or nothing
		logged $(root_command) systemctl start docker || failed 'systemd could not start docker' 5
	else
		# shellcheck disable=SC2046
		logged $(root_command) /bin/sh -c 'exec "$@" 9>&-' sh "$ENGINE_SH" start --socket "$DOCKER_SOCKET" ||
			failed 'the engine did not start' 5
	fi
	engine_answers || failed 'the engine was started and does not answer' 5
	finished
}

our_images() {
	docker images --format '{{.Repository}}:{{.Tag}}' | grep -E "$OUR_IMAGES" | grep -v ':<none>$' | sort || true
}

# The list from before the build stays until it is done, so that an interrupted build is accounted for, too.
record_images() {
	[ -e "$STATE/images-before" ] || return 0
	our_images | comm -13 "$STATE/images-before" - >"$STATE/images-new"
	while read -r i; do record image "$i"; done <"$STATE/images-new"
	rm -f "$STATE/images-before" "$STATE/images-new"
}

do_images() {
	[ -z "${OPENSHELL_CLUSTER_IMAGE:-}" ] || return 0
	[ -e "$STATE/images-before" ] || our_images >"$STATE/images-before"
	begin images "openshell/cluster:$TAG"
	say ''
	tail -n 0 -f "$LOG" | sed -nuE 's/^build[a-z-]*: /    /p' >&2 &
	follower=$!
	status=0
	logged "$BUILD_IMAGES" --tag "$TAG" || status=$?
	kill "$follower" 2>/dev/null || true
	[ "$status" -eq 0 ] || failed 'the images could not be built' "$status"
	record_images
	finished '          done'
}

do_gateway() {
	"$openshell" gateway info --name "$name" >/dev/null 2>&1 || record gateway "$name"
	[ -d "${XDG_CONFIG_HOME:-$HOME/.config}" ] || record dir "${XDG_CONFIG_HOME:-$HOME/.config}"
	begin gateway "starting $name"
	logged "$openshell" gateway start --name "$name" ${port:+--port "$port"} || failed 'the gateway did not start' "$?"
	finished
}

# The gateway's answer to one request with the client certificate of its bundle.
ask_endpoint() {
	a_dir=${XDG_CONFIG_HOME:-$HOME/.config}/openshell/gateways/$name/mtls
	a_at=${endpoint#*://}
	if command -v curl >/dev/null 2>&1; then
		curl -fsS --max-time 20 --cacert "$a_dir/ca.crt" --cert "$a_dir/tls.crt" --key "$a_dir/tls.key" "$endpoint/healthz"
	else
		printf 'GET /healthz HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$a_at" |
			timeout 20 openssl s_client -quiet -verify_return_error -connect "$a_at" -CAfile "$a_dir/ca.crt" \
				-cert "$a_dir/tls.crt" -key "$a_dir/tls.key" 2>>"$LOG" | grep -x 'HTTP/1.1 200 .*'
	fi
}

do_check() {
	begin check 'status, and a request with the client certificate'
	"$openshell" status -g "$name" >"$STATE/status" 2>>"$LOG" </dev/null || failed 'the gateway is not connected' "$?"
	endpoint=$("$openshell" gateway info --name "$name" -o json |
		sed -n 's/.*"endpoint"[[:space:]]*:[[:space:]]*"\([^"]*\)".*/\1/p' | head -n 1)
	ask_endpoint >>"$LOG" 2>&1 || failed "the gateway's endpoint $endpoint did not answer"
	finished "$endpoint answers"
	sed 's/^/    /' "$STATE/status" >&2
}

next_commands() {
	say ''
	say "The gateway \"$name\" is ready after $(($(date +%s) - started)) s. Try:"
	n_command=openshell
	case :$PATH: in *:"$prefix/bin":*) ;; *) n_command=$openshell ;; esac
	say "  $n_command status"
	say "  $n_command doctor exec -- kubectl get pods -A"
	say "  $n_command gateway info --name $name"
}

# --- undo -----------------------------------------------------------------------------------------------------------

# Runs one removal and forgets its record; what fails stays recorded for the next try.
undo_one() {
	uo_record=$1
	shift
	if logged "$@"; then
		forget "$uo_record"
	else
		say "    could not remove: $uo_record (see $LOG)"
		undo_failed=yes
	fi
}

undo_gateways() {
	recorded gateway >"$STATE/list"
	while read -r g; do
		begin gateway "destroying $g"
		undo_one "gateway $g" "$(recorded file | grep '/bin/openshell$' | head -n 1)" gateway destroy --name "$g"
		finished
	done <"$STATE/list"
}

undo_images() {
	record_images
	recorded image >"$STATE/list"
	[ -s "$STATE/list" ] || return 0
	begin images 'removing'
	while read -r i; do
		if image_present "$i"; then undo_one "image $i" docker rmi "$i"; else forget "image $i"; fi
	done <"$STATE/list"
	finished
}

undo_engine() {
	for e in $(recorded engine); do
		begin engine 'stopping'
		# shellcheck disable=SC2046 # a command and its arguments, or nothing
		case $e in
		systemd) undo_one "engine $e" $(root_command) systemctl stop docker ;;
		script) undo_one "engine $e" $(root_command) "$ENGINE_SH" stop --socket "$DOCKER_SOCKET" ;;
		esac
		finished
	done
}

# The last of it: the records themselves lie in directories that may be ours, too.
undo_files() {
	begin files 'removing what was installed'
	recorded file | while read -r f; do rm -f -- "$f"; done
	dirs=$(recorded dir | sort -r)
	finished
	rm -rf "$STATE" "$BUILD"
	printf '%s\n' "$dirs" | while read -r d; do rmdir -- "$d" 2>/dev/null || true; done
}

undo_all() {
	if [ ! -s "$MANIFEST" ]; then
		say 'quickstart: nothing to undo'
		return 0
	fi
	set_up
	say 'quickstart --undo will remove what it made:'
	sed -E '/^(build|package|dir) /d; s/^/  - /' "$MANIFEST" >&2
	confirm
	if [ -n "$(recorded gateway; recorded image)" ] && ! engine_answers; then
		die 'the Docker engine that holds the gateway and the images does not answer: start it first' 5
	fi
	undo_failed=
	undo_gateways
	undo_images
	undo_engine
	left=$(recorded package | tr '\n' ' ')
	[ -z "$undo_failed" ] || die 'not everything could be removed: see above, and run --undo again'
	undo_files
	[ -z "$left" ] || say "Left as they are: the packages it installed ($left)"
	[ ! -d "$CACHE" ] || say "Left for the next time: the cache $CACHE"
}

set_up() {
	su_new=
	su_dir=$STATE
	while [ ! -d "$su_dir" ]; do
		su_new="$su_dir
$su_new"
		su_dir=$(dirname -- "$su_dir")
	done
	mkdir -p "$STATE"
	printf '%s' "$su_new" | while read -r su_dir; do record dir "$su_dir"; done
	exec 9>"$STATE/lock"
	flock -n 9 || die 'another quickstart is running' 4
	trap 'stopped 130' INT
	trap 'stopped 143' TERM
	trap 'stopped 129' HUP
}

main() {
	parse "$@"
	if [ -n "$undo" ]; then
		undo_all
		return
	fi
	find_engine
	key=$(source_key)
	missing=$(needs | missing_packages | tr '\n' ' ')
	plan
	confirm
	set_up
	do_packages
	do_build
	do_engine
	do_images
	do_gateway
	do_check
	next_commands
}

main "$@"
