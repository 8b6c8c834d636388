# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What each stage of tests/run.sh needs, in the form of deploy/scripts/lib/packages.sh. Sourced; functions only.

# shellcheck source=deploy/scripts/lib/packages.sh
. "$REPO/deploy/scripts/lib/packages.sh"

NEEDS_BUILD='gcc gcc
make make
autoconf autoconf
automake automake
pkg-config pkg-config
xz xz-utils
git git
file:/usr/include/stdio.h libc6-dev
pc:yaml-0.1 libyaml-dev
pc:libcjson libcjson-dev
pc:libbsd-overlay libbsd-dev
pc:cmocka libcmocka-dev'

NEEDS_FUZZ="$NEEDS_BUILD
clang clang
clang:-fsanitize=fuzzer libclang-rt-dev"

NEEDS_UNIT="$NEEDS_FUZZ
valgrind valgrind"

NEEDS_SHELL="$NEEDS_BUILD
shellcheck shellcheck
jq jq
openssl openssl
curl curl
busybox busybox
nginx nginx-light
python3 python3
inotifywait inotify-tools
mandoc mandoc"

NEEDS_CLI="$NEEDS_BUILD
jq jq
curl curl
openssl openssl
python3 python3
strace strace
script bsdutils
tmux tmux
sshd openssh-server
ssh openssh-client
ssh-agent openssh-client
pkill procps"

NEEDS_ENGINE="$NEEDS_BUILD
dockerd docker.io
docker docker.io
iptables iptables
ip iproute2
unshare util-linux
setpriv util-linux
curl curl
openssl openssl
zstd zstd
jq jq
nginx nginx-light
python3 python3
file:/etc/ssl/certs/ca-certificates.crt ca-certificates
debootstrap debootstrap"

NEEDS_REMOTE="$NEEDS_ENGINE
ssh openssh-client
sshd openssh-server
ss iproute2
ping iputils-ping
pkill procps"

needs_of() {
	case $1 in
	unit) echo "$NEEDS_UNIT" ;;
	fuzz) echo "$NEEDS_FUZZ" ;;
	shell) echo "$NEEDS_SHELL" ;;
	cli) echo "$NEEDS_CLI" ;;
	remote | remote-engine | e2e | bench) echo "$NEEDS_REMOTE" ;;
	engine) echo "$NEEDS_ENGINE" ;;
	*) echo "$NEEDS_BUILD" ;;
	esac
}

missing_for() {
	local stage
	for stage in "$@"; do needs_of "$stage"; done | missing_packages | tr '\n' ' '
}

# Sees to it that everything is there, or says what is not and fails. A second round finds what is known to be missing
# only then (see clang_can_link).
provide_needs() {
	local log=$1 missing
	shift
	for _ in 1 2; do
		missing=$(missing_for "$@")
		[ -n "$missing" ] || return 0
		can_install_packages || break
		printf 'tests: installing %s\n' "$missing" >&2
		# shellcheck disable=SC2086 # a list of package names
		install_packages $missing >>"$log" 2>&1 || { tail -n 20 "$log" >&2; break; }
	done
	missing=$(missing_for "$@")
	[ -n "$missing" ] || return 0
	printf 'tests: these are missing (Debian package names): %s\n' "$missing" >&2
	return 1
}
