#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# build.sh [--offline] [--arch amd64|arm64] [--print-key]
#
# Builds the node image openshell/local-base from Kubernetes' Go modules and Debian packages, for hosts that cannot
# pull rancher/k3s, and prints the path of its archive (zstd; `zstd -dc FILE | docker load`). Needs Go 1.26 or later, a
# C compiler and debootstrap, and root for debootstrap. Every product is cached by the content of what goes into it:
# the first build takes ten minutes, a repeated one less than a second. docs/local-base.md tells what the node honours.

set -eu

HERE=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
LIB=$HERE/../../scripts/lib
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
NAME=build-local-base
VERSION=v1.35.8
REF=openshell/local-base:$VERSION
HELM_VERSION=v3.19.0
GO_MINOR=26
GO_CACHE_MB=4096
WRAPPER=$HERE/../runtime-wrapper/openshell-runc.c
PATH=$PATH:/usr/local/go/bin

PACKAGES='busybox-static ca-certificates conntrack containerd containernetworking-plugins inotify-tools iproute2
iptables jq kmod mount runc'
NEEDS_C='cc gcc
file:/usr/include/stdio.h libc6-dev'

# %s: the key of what it was built from.
CONFIG='{"Labels":{"ai.openshell.key":"%s"},"Entrypoint":["/bin/k3s"],"Cmd":["server"],"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","CONTAINERD_ADDRESS=/run/k3s/containerd/containerd.sock","CONTAINERD_NAMESPACE=k8s.io"],"Volumes":{"/var/lib/kubelet":{},"/var/lib/rancher/k3s":{},"/var/lib/cni":{},"/var/log":{}}}'
PAUSE_CONFIG='{"Entrypoint":["/pause"],"User":"65535:65535"}'
COREDNS_CONFIG='{"Entrypoint":["/coredns"]}'
HELM_CONFIG='{"Entrypoint":["/bin/entry"],"User":"1000:1000","WorkingDir":"/home/klipper-helm","Env":["PATH=/bin","HOME=/home/klipper-helm"]}'

arch=
print_key=false

need_go() {
	command -v go >/dev/null 2>&1 || fail "Go 1.$GO_MINOR or later is needed to build the local base, and no go is on the PATH"
	go_version=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null) || fail 'go env does not work'
	go_minor=${go_version#go1.}
	go_minor=${go_minor%%[!0-9]*}
	[ "${go_minor:-0}" -ge "$GO_MINOR" ] ||
		fail "Go 1.$GO_MINOR or later is needed to build the local base; $(command -v go) is $go_version"
	export GOCACHE="$CACHE/go-build" GOARCH="$arch" GOOS=linux CGO_ENABLED=0 GOFLAGS=-mod=readonly GOWORK=off
	[ "$OFFLINE" = false ] || export GOPROXY=off GOTOOLCHAIN=local
}

# go_program NAME MODULE PACKAGE LDFLAGS TAGS: builds a program, or takes it from the cache, into $WORK/bin.
go_program() {
	gp_out=$CACHE/bin/$1-$arch-$(content_key "$arch $3 $4 $5" "$HERE/$2")
	if [ ! -e "$gp_out" ]; then
		need_go
		step "go build $1" go_build "$2" "$3" "-s -w $4" "$5" "$gp_out"
	fi
	touch "$gp_out"
	keep_newest 2 "$CACHE/bin" "$1-$arch-"
	ln "$gp_out" "$WORK/bin/$1"
}

go_build() {
	cd "$HERE/$1"
	go build -trimpath -buildvcs=false -ldflags "$3" -tags "$4" -o "$WORK/program" "$2" ||
		fail "$([ "$OFFLINE" = false ] || echo 'the Go modules may be missing, and --offline forbids the download; ')go build failed"
	mv "$WORK/program" "$5"
}

build_programs() {
	v=k8s.io/component-base/version
	kubernetes="-X $v.gitVersion=$VERSION -X $v.gitMajor=1 -X $v.gitMinor=35 -X $v.gitTreeState=clean"
	kubernetes="$kubernetes -X $v.gitCommit=gomodule -X $v.buildDate=1970-01-01T00:00:00Z"
	tags=netgo,osusergo,providerless,selinux_disabled
	mkdir -p "$CACHE/bin" "$WORK/bin"
	go_program k3s node . "$kubernetes" "$tags"
	go_program kubectl node ./cmd/kubectl "$kubernetes" "$tags"
	go_program helm node helm.sh/helm/v3/cmd/helm "-X helm.sh/helm/v3/internal/version.version=$HELM_VERSION" ''
	go_program coredns coredns . '-X github.com/coredns/coredns/coremain.GitCommit=gomodule' ''
	bound_size "$CACHE/go-build" "$GO_CACHE_MB"
	need "$NEEDS_C"
	step 'compiling pause and openshell-runc' compile_c
}

compile_c() {
	compile_static "$arch" "$WORK/bin/pause" "$HERE/images/pause.c"
	compile_static "$arch" "$WORK/bin/openshell-runc" "$WRAPPER"
}

# Unpacks the node's Debian system into $WORK/root, made anew when the packages have changed.
unpack_debian() {
	# shellcheck disable=SC2086 # a list of package names
	set -- $PACKAGES
	debian=$CACHE/node-root-$arch-$(content_key "$arch $DEBIAN_SUITE $*" "$LIB/debian.sh").tar.zst
	if [ ! -e "$debian" ]; then
		step "debootstrap $DEBIAN_SUITE" make_debian "$@"
	fi
	touch "$debian"
	keep_newest 2 "$CACHE" "node-root-$arch-"
	mkdir "$WORK/root"
	zstd -qdc "$debian" | tar -C "$WORK/root" --numeric-owner -xpf -
}

make_debian() {
	debian_root "$arch" "$WORK/debian" "$@"
	tar -C "$WORK/debian" --numeric-owner -cf - . | zstd -q -T0 -3 -o "$WORK/debian.tar.zst"
	rm -rf --one-file-system "$WORK/debian"
	mv "$WORK/debian.tar.zst" "$debian"
}

# A node installs nothing more: what only a full system needs goes, openssl's command among it.
prune_root() {
	cd "$WORK/root"
	rm -rf usr/share/zoneinfo usr/share/perl* usr/share/bash-completion usr/lib/*-linux-gnu/gconv usr/lib/*-linux-gnu/perl* \
		usr/lib/udev/hwdb* etc/udev usr/bin/containerd-stress usr/bin/containerd-shim usr/bin/containerd-shim-runc-v1 \
		usr/bin/openssl usr/bin/perl* usr/bin/apt* usr/lib/apt var/lib/apt usr/sbin/iptables-apply
	for plugin in bandwidth dhcp host-device ipvlan macvlan ptp sbr static tuning vlan vrf; do
		rm -f usr/lib/cni/$plugin
	done
}

# busybox gives the small tools that Debian's packages here do not (nslookup, wget, ps, ...).
link_busybox() {
	for tool in $(busybox_tools); do
		for dir in bin sbin usr/bin usr/sbin; do
			if [ -e "$1/$dir/$tool" ] || [ -L "$1/$dir/$tool" ]; then continue 2; fi
		done
		ln -s busybox "$1/bin/$tool"
	done
}

# Another architecture's busybox cannot be asked.
busybox_tools() {
	"$WORK/root/bin/busybox" --list 2>/dev/null ||
		echo base64 cut dirname free hostname id less nc nslookup od ping ps tail top tr vi wc wget xargs | tr ' ' '\n'
}

# small_image REF ROOT CONFIG NAME: baked under a name with its sum, since a node imports an archive again only when it
# looks like another one, and all files of the image have the same time.
small_image() {
	image_archive "$1" "$arch" "$2" "$3" "$WORK/small.tar" --owner=0 --group=0
	mv "$WORK/small.tar" "$WORK/root/usr/share/k3s/images/$4-$(sha256sum <"$WORK/small.tar" | cut -c1-8).tar"
}

bake_images() {
	mkdir -p "$WORK/root/usr/share/k3s/images" "$WORK/pause" "$WORK/coredns"
	cp "$WORK/bin/pause" "$WORK/pause/"
	small_image rancher/mirrored-pause:3.6 "$WORK/pause" "$PAUSE_CONFIG" pause
	cp "$WORK/bin/coredns" "$WORK/coredns/"
	small_image rancher/mirrored-coredns-coredns:1.13.1 "$WORK/coredns" "$COREDNS_CONFIG" coredns
	helm=$WORK/helm
	mkdir -p "$helm/bin" "$helm/etc" "$helm/home/klipper-helm/.helm" "$helm/tmp"
	chmod 1777 "$helm/tmp"
	cp "$WORK/root/bin/busybox" "$WORK/bin/helm" "$helm/bin/"
	cp "$HERE/images/helm-job.sh" "$helm/bin/entry"
	for tool in awk base64 cat ip ls sed sh; do ln -s busybox "$helm/bin/$tool"; done
	echo 'klipper:x:1000:1000::/home/klipper-helm:/bin/sh' >"$helm/etc/passwd"
	small_image rancher/klipper-helm:local "$helm" "$HELM_CONFIG" klipper-helm
}

assemble() {
	(prune_root)
	root=$WORK/root
	mkdir -p "$root/usr/local/bin" "$root/usr/share/k3s/manifests"
	cp "$WORK/bin/k3s" "$WORK/bin/kubectl" "$root/bin/"
	cp "$WORK/bin/openshell-runc" "$root/usr/local/bin/"
	cp "$HERE"/images/manifests/*.yaml "$root/usr/share/k3s/manifests/"
	link_busybox "$root"
	bake_images
	# shellcheck disable=SC2059 # a template
	image_archive "$REF" "$arch" "$root" "$(printf "$CONFIG" "$key")" "$WORK/image.tar"
}

compress() {
	zstd -q -T0 -10 --rm "$WORK/image.tar" -o "$WORK/image.tar.zst"
	mv "$WORK/image.tar.zst" "$archive"
}

build() {
	need 'zstd zstd'
	build_programs
	unpack_debian
	step 'assembling the node' assemble
	step 'compressing' compress
	say "$REF: $(du -m "$archive" | cut -f1) MB in $archive"
}

parse() {
	while [ $# -gt 0 ]; do
		case $1 in
		--offline) OFFLINE=true ;;
		--print-key) print_key=true ;;
		--arch)
			[ $# -ge 2 ] || fail '--arch needs a value'
			arch=$2
			shift
			;;
		*)
			say "unknown option: $1"
			exit 2
			;;
		esac
		shift
	done
	arch=${arch:-$(machine_arch)}
}

main() {
	parse "$@"
	key=$(content_key "$arch $DEBIAN_SUITE" "$HERE" "$WRAPPER" "$LIB/archive.sh" "$LIB/debian.sh")
	if [ "$print_key" = true ]; then
		echo "$key"
		return 0
	fi
	archive=$CACHE/local-base-$VERSION-$arch-$key.tar.zst
	if [ ! -e "$archive" ]; then
		lock_cache local-base
		[ -e "$archive" ] || build
	fi
	touch "$archive"
	keep_newest 3 "$CACHE" "local-base-$VERSION-$arch-"
	echo "$archive"
}

main "$@"
