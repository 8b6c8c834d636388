# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# Debian packages that a script needs, as lines "PROBE PACKAGE". A probe is a command on the PATH, pc:MODULE for a
# library that pkg-config knows, file:PATH, or clang:FLAG for a way of linking. Sourced; functions only.

# Debian releases differ in which package has clang's run-time libraries: clang itself, or one beside it. Nothing is
# missing while there is no clang, so this is to be asked again after its installation.
clang_can_link() {
	command -v clang >/dev/null 2>&1 || return 0
	ccl_dir=$(mktemp -d) || return 1
	ccl_status=0
	echo 'int LLVMFuzzerTestOneInput(const char *data, unsigned long size) { return data == 0 && size; }' |
		clang "$1" -x c - -o "$ccl_dir/program" 2>/dev/null || ccl_status=1
	rm -rf "$ccl_dir"
	return "$ccl_status"
}

need_is_met() {
	case $1 in
	pc:*) pkg-config --exists "${1#pc:}" 2>/dev/null ;;
	file:*) [ -e "${1#file:}" ] ;;
	clang:*) clang_can_link "${1#clang:}" ;;
	*) command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || [ -x "/sbin/$1" ] ;;
	esac
}

# Reads needs, prints the packages that are missing, one a line.
missing_packages() {
	sort -u | while read -r mp_probe mp_package; do
		[ -z "$mp_probe" ] || need_is_met "$mp_probe" || echo "$mp_package"
	done | sort -u
}

# The command that gives this user root's rights without asking, empty for root; false where there is none.
root_command() {
	if [ "$(id -u)" -eq 0 ]; then
		echo
	elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
		echo 'sudo -n'
	else
		return 1
	fi
}

can_install_packages() {
	command -v apt-get >/dev/null 2>&1 && root_command >/dev/null
}

# Installing docker.io must not start an engine behind the caller's back on a machine without systemd: runlevel 1 keeps
# init scripts still.
install_packages() {
	ip_root=$(root_command)
	ip_env='DEBIAN_FRONTEND=noninteractive'
	[ -d /run/systemd/system ] || ip_env="$ip_env RUNLEVEL=1"
	# shellcheck disable=SC2086 # a command and assignments without blanks in them
	$ip_root env $ip_env apt-get update -q &&
		$ip_root env $ip_env apt-get install -q -y --no-install-recommends "$@"
}
