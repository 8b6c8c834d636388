#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# debian-base.sh [--offline] [REF]: sees to it that the engine has the Debian image that ours are built on: pulled, or
# made by debootstrap where no registry can be reached. The default is debian:bookworm-slim.

set -eu

HERE=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
LIB=$HERE/../scripts/lib
# shellcheck source=deploy/scripts/lib/packages.sh
. "$LIB/packages.sh"
# shellcheck source=deploy/scripts/lib/common.sh
. "$LIB/common.sh"
# shellcheck source=deploy/scripts/lib/cache.sh
. "$LIB/cache.sh"
# shellcheck source=deploy/scripts/lib/archive.sh
. "$LIB/archive.sh"
# shellcheck source=deploy/scripts/lib/debian.sh
. "$LIB/debian.sh"

# shellcheck disable=SC2034 # what say begins with
NAME=build-debian-base
PULL_TIMEOUT=${PULL_TIMEOUT:-120}
ref=debian:$DEBIAN_SUITE-slim

pull() {
	[ "$OFFLINE" != true ] && timeout "$PULL_TIMEOUT" docker pull -q "$ref" >/dev/null 2>&1
}

# What the published image has, too: the three sources, and no documentation with later packages.
finish_root() {
	cat >"$1/etc/apt/sources.list" <<EOF
deb $DEBIAN_MIRROR $DEBIAN_SUITE main
deb $DEBIAN_MIRROR $DEBIAN_SUITE-updates main
deb http://deb.debian.org/debian-security $DEBIAN_SUITE-security main
EOF
	cat >"$1/etc/dpkg/dpkg.cfg.d/openshell-slim" <<EOF
path-exclude /usr/share/doc/*
path-exclude /usr/share/man/*
path-exclude /usr/share/info/*
path-exclude /usr/share/lintian/*
path-exclude /usr/share/locale/*
EOF
	printf 'Acquire::Languages "none";\nAPT::Install-Recommends "false";\n' >"$1/etc/apt/apt.conf.d/openshell-slim"
	printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
	chmod +x "$1/usr/sbin/policy-rc.d"
}

make_archive() {
	debian_root "$arch" "$WORK/root" ca-certificates
	finish_root "$WORK/root"
	image_archive "$ref" "$arch" "$WORK/root" '{"Cmd":["bash"],"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]}' "$WORK/image.tar"
	zstd -q -T0 -8 --rm "$WORK/image.tar" -o "$WORK/image.tar.zst"
	mv "$WORK/image.tar.zst" "$archive"
}

load() {
	zstd -qdc "$archive" | docker load
}

main() {
	[ "${1:-}" != --offline ] || {
		OFFLINE=true
		shift
	}
	ref=${1:-$ref}
	! docker image inspect "$ref" >/dev/null 2>&1 || return 0
	if pull; then
		say "$ref pulled"
		return 0
	fi
	need 'zstd zstd'
	arch=$(machine_arch)
	lock_cache debian
	archive=$CACHE/debian-$arch-$(content_key "$arch $ref" "$HERE/debian-base.sh" "$LIB/debian.sh").tar.zst
	if [ ! -e "$archive" ]; then
		say "$ref cannot be pulled; making it by debootstrap"
		step "debootstrap $ref" make_archive
	fi
	touch "$archive"
	keep_newest 3 "$CACHE" debian-
	step "loading $ref" load
}

main "$@"
