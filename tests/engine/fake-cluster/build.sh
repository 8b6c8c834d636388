#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# build.sh [REF] [--set NAME=VALUE]... [--interval TIME] [--retries N] [--no-healthcheck] [--print-id]
#
# Makes the fake cluster image (default openshell/fake-cluster:dev) in the engine that `docker`
# reaches, from one static program and without a network. --set puts a FAKE_... variable of
# fake-cluster.c into the image, --interval is the time between health checks (1s), --retries how many
# of them fail before the container counts as unhealthy (60).

set -eu

HERE=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
DATA=${DATA:-$HERE/../../data/fake-cluster}
DOCKER=${DOCKER:-docker}
APPLETS='kubectl ctr sh true false exit sleep echo cat terminal'

die() {
	printf 'build.sh: %s\n' "$*" >&2
	exit 1
}

# One more argument for docker import, in $changes, apart by newlines.
change() {
	changes="$changes--change
$1
"
}

read_options() {
	ref=openshell/fake-cluster:dev
	interval=1s
	retries=60
	health=yes
	print_id=
	changes=
	while [ $# -gt 0 ]; do
		case $1 in
		--set | --interval | --retries)
			[ $# -ge 2 ] || die "a value is missing after $1"
			case $1 in
			--set) change "ENV $2" ;;
			--interval) interval=$2 ;;
			--retries) retries=$2 ;;
			esac
			shift
			;;
		--no-healthcheck) health= ;;
		--print-id) print_id=yes ;;
		-*) die "unknown option $1" ;;
		*) ref=$1 ;;
		esac
		shift
	done
}

# musl makes it twenty times smaller, but any compiler will do.
compiler() {
	command -v "${CC:-musl-gcc}" || command -v cc || command -v gcc || die 'no C compiler'
}

make_root() {
	mkdir -p "$root/bin" "$root/run" "$root/tmp" "$root/usr/local/bin" "$root/etc/fake-cluster" \
		"$root/var/lib/rancher/k3s" "$root/etc/rancher/k3s" "$root/opt/openshell/bin"
	"$(compiler)" -std=gnu11 -O2 -Wall -Wextra -static -s -o "$root/bin/fake-cluster" "$HERE/fake-cluster.c"
	for applet in $APPLETS; do
		ln -s fake-cluster "$root/bin/$applet"
	done
	ln -s /bin/fake-cluster "$root/usr/local/bin/cluster-entrypoint.sh"
	ln -s /bin/fake-cluster "$root/usr/local/bin/cluster-healthcheck.sh"
	{
		base64 -w0 "$DATA/ca.crt" && echo
		base64 -w0 "$DATA/tls.crt" && echo
		base64 -w0 "$DATA/tls.key"
	} >"$root/etc/fake-cluster/secret"
}

make_image() {
	change 'ENTRYPOINT ["/usr/local/bin/cluster-entrypoint.sh"]'
	change 'CMD ["server"]'
	change 'ENV PATH=/usr/local/bin:/bin'
	change 'LABEL ai.openshell.version=fake'
	change 'VOLUME /var/lib/rancher/k3s'
	if [ -n "$health" ]; then
		change "HEALTHCHECK --interval=$interval --timeout=2s --retries=$retries CMD [\"/usr/local/bin/cluster-healthcheck.sh\"]"
	fi
	IFS='
'
	# shellcheck disable=SC2086 # one argument a line
	tar -C "$root" --sort=name --mtime=@0 --owner=0 --group=0 -cf - . |
		"$DOCKER" import $changes - "$ref" >"$root.id"
	[ -z "$print_id" ] || cat "$root.id"
}

main() {
	read_options "$@"
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	trap 'exit 130' INT TERM HUP
	root=$work/root
	make_root
	make_image
}

main "$@"
