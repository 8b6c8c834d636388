# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# Debian file systems for images. Sourced after cache.sh; functions only.

DEBIAN_SUITE=${DEBIAN_SUITE:-bookworm}
DEBIAN_MIRROR=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
DEBIAN_KEYRING=${DEBIAN_KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}

NEEDS_DEBIAN="debootstrap debootstrap
unshare util-linux
file:$DEBIAN_KEYRING debian-archive-keyring"

# debian_root ARCH DIRECTORY [PACKAGE...]: a minimal system, without what an image has no use for. In a mount namespace
# of its own: a killed run leaves no /proc behind. With a keyring by name, since debootstrap trusts anything without one.
# Another machine's architecture needs binfmt's emulation.
debian_root() {
	[ "$OFFLINE" != true ] || fail "a Debian $DEBIAN_SUITE system is not in the cache, and --offline forbids the download"
	[ "$(id -u)" -eq 0 ] || fail 'only root can make a Debian system: run this once as root'
	need "$NEEDS_DEBIAN"
	dr_arch=$1
	dr_root=$2
	shift 2
	mkdir -p "$CACHE/debs"
	# shellcheck disable=SC2046 # nothing, or one option
	PATH=$PATH:/usr/sbin:/sbin unshare --mount debootstrap --arch="$dr_arch" --variant=minbase \
		--keyring="$DEBIAN_KEYRING" --cache-dir="$CACHE/debs" \
		$([ $# -eq 0 ] || printf -- '--include=%s' "$(echo "$@" | tr ' ' ,)") \
		"$DEBIAN_SUITE" "$dr_root" "$DEBIAN_MIRROR"
	rm -rf "$dr_root"/var/cache/apt/* "$dr_root"/var/lib/apt/lists/* "$dr_root"/var/log/* "${dr_root:?}"/dev \
		"$dr_root"/usr/share/doc/* "$dr_root"/usr/share/man/* "$dr_root"/usr/share/info/* "$dr_root"/usr/share/lintian \
		"$dr_root"/usr/share/locale/*
	mkdir -p "$dr_root"/dev
	rm -f "$dr_root"/etc/hostname "$dr_root"/etc/resolv.conf
	bound_size "$CACHE/debs" 300
}
