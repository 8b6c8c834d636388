# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What each stage of tests/run.sh needs, as "probe package": a command on the PATH, or pc:MODULE for a library that
# pkg-config knows. Sourced; functions only.

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

NEEDS_UNIT="$NEEDS_BUILD
clang clang
valgrind valgrind"

NEEDS_SHELL="$NEEDS_BUILD
shellcheck shellcheck
jq jq
openssl openssl"

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
file:/etc/ssl/certs/ca-certificates.crt ca-certificates
debootstrap debootstrap"

needs_of() {
	case $1 in
	unit) echo "$NEEDS_UNIT" ;;
	shell) echo "$NEEDS_SHELL" ;;
	engine | e2e | bench) echo "$NEEDS_ENGINE" ;;
	*) echo "$NEEDS_BUILD" ;;
	esac
}

need_is_met() {
	case $1 in
	pc:*) pkg-config --exists "${1#pc:}" 2>/dev/null ;;
	file:*) [ -e "${1#file:}" ] ;;
	*) command -v "$1" >/dev/null 2>&1 ;;
	esac
}

# Prints the packages that are missing for the stages, one a line.
missing_packages() {
	local stage probe package
	for stage in "$@"; do needs_of "$stage"; done | sort -u | while read -r probe package; do
		need_is_met "$probe" || echo "$package"
	done | sort -u
}

# Installing docker.io must not start an engine on a machine without systemd: runlevel 1 keeps init scripts still.
install_packages() {
	export DEBIAN_FRONTEND=noninteractive
	[ -d /run/systemd/system ] || export RUNLEVEL=1
	apt-get update -q && apt-get install -q -y --no-install-recommends "$@"
}

# Sees to it that everything is there, or says what is not and fails.
provide_needs() {
	local log=$1 missing
	shift
	missing=$(missing_packages "$@" | tr '\n' ' ')
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
		printf 'tests: installing %s\n' "$missing" >&2
		# shellcheck disable=SC2086 # a list of package names
		install_packages $missing >"$log" 2>&1 || tail -n 20 "$log" >&2
		missing=$(missing_packages "$@" | tr '\n' ' ')
		[ -n "$missing" ] || return 0
	fi
	printf 'tests: these are missing (Debian package names): %s\n' "$missing" >&2
	return 1
}
