#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# build-supervisor.sh [--arch amd64|arm64] OUT: compiles openshell-sandbox as one static program without libraries, for
# this machine or, with a cross compiler, for the other architecture. `make` builds the same program for this machine.

set -eu

HERE=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
# shellcheck source=deploy/scripts/lib/packages.sh
. "$HERE/lib/packages.sh"
# shellcheck source=deploy/scripts/lib/common.sh
. "$HERE/lib/common.sh"

SOURCES=${SOURCES:-$HERE/../../src/sandbox}

usage() {
	say "$1"
	printf 'usage: build-supervisor.sh [--arch amd64|arm64] OUT\n' >&2
	exit 2
}

needs() {
	if [ "$1" = "$(machine_arch)" ]; then
		printf 'cc gcc\nfile:/usr/include/stdio.h libc6-dev\n'
	elif [ "$1" = arm64 ]; then
		printf 'aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu\nfile:/usr/aarch64-linux-gnu/lib/libc.a libc6-dev-arm64-cross\n'
	else
		printf 'x86_64-linux-gnu-gcc gcc-x86-64-linux-gnu\nfile:/usr/x86_64-linux-gnu/lib/libc.a libc6-dev-amd64-cross\n'
	fi
}

main() {
	arch=$(machine_arch)
	if [ "${1:-}" = --arch ]; then
		[ $# -ge 2 ] || usage '--arch needs a value'
		arch=$2
		shift 2
	fi
	[ $# -eq 1 ] || usage 'one output file, please'
	case $1 in -*) usage "unknown option: $1" ;; esac
	case $arch in amd64 | arm64) ;; *) usage "unknown architecture: $arch" ;; esac
	need "$(needs "$arch")"
	step "compiling openshell-sandbox for $arch" compile_static "$arch" "$1" "$SOURCES"/*.c
}

main "$@"
