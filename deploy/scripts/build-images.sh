#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# build-images.sh [OPTION]...
#
# Sees to it that the engine which `docker` reaches has openshell/cluster:TAG, openshell/gateway:TAG and
# openshell/pki-job:TAG, built from this tree. The finished cluster image is cached by the content of everything that
# goes into it; it carries the other two, so that one archive restores all three in seconds.
#
#   --tag TAG           default dev
#   --offline           never touch the network; fails, naming what is missing
#   --base auto|local|REF  what the node is made of: the k3s image REF, the local base (deploy/docker/local-base), or
#                       the k3s image where it is here or can be pulled and else the local base (auto, the default)
#   --supervisor FILE   a static openshell-sandbox, instead of compiling it
#   --print-key         print the content key and stop (auto: that of the local base, unless the k3s image is here)

set -eu

HERE=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
DEPLOY=$HERE/..
# shellcheck source=deploy/scripts/lib/packages.sh
. "$HERE/lib/packages.sh"
# shellcheck source=deploy/scripts/lib/common.sh
. "$HERE/lib/common.sh"
# shellcheck source=deploy/scripts/lib/cache.sh
. "$HERE/lib/cache.sh"

K3S_IMAGE=${K3S_IMAGE:-rancher/k3s:v1.35.2-k3s1}
DEBIAN_IMAGE=${DEBIAN_IMAGE:-debian:bookworm-slim}
# Where a k3s release lists the images that it runs itself.
K3S_RELEASES=${K3S_RELEASES:-https://github.com/k3s-io/k3s/releases/download}
PULL_TIMEOUT=${PULL_TIMEOUT:-300}
LOCAL_BASE=$DEPLOY/docker/local-base/build.sh
LOCAL_BASE_IMAGE=openshell/local-base:v1.35.8
KEY_LABEL=ai.openshell.key
NEEDS='zstd zstd
tar tar
flock util-linux'

tag=dev
base=auto
supervisor=
print_key=false

usage() {
	say "$1"
	printf 'usage: build-images.sh [--tag TAG] [--offline] [--base auto|local|REF] [--supervisor FILE] [--print-key]\n' >&2
	exit 2
}

parse() {
	while [ $# -gt 0 ]; do
		case $1 in
		--offline) OFFLINE=true ;;
		--print-key) print_key=true ;;
		--tag | --base | --supervisor)
			if [ $# -lt 2 ] || [ -z "$2" ]; then usage "$1 needs a value"; fi
			case $1 in
			--tag) tag=$2 ;;
			--base) base=$2 ;;
			--supervisor) supervisor=$2 ;;
			esac
			shift
			;;
		*) usage "unknown option: $1" ;;
		esac
		shift
	done
	case $tag in '' | *[!A-Za-z0-9._-]* | [.-]*) usage "not an image tag: $tag" ;; esac
	[ -z "$supervisor" ] || [ -f "$supervisor" ] || fail "no such file: $supervisor"
}

version() {
	sed -n 's/^appVersion:[[:space:]]*"\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$DEPLOY/helm/openshell/Chart.yaml"
}

image_here() {
	docker image inspect "$1" >/dev/null 2>&1
}

# The key that an image was built under, nothing where it is absent or not ours.
image_key() {
	docker image inspect -f "{{index .Config.Labels \"$KEY_LABEL\"}}" "$1" 2>/dev/null || true
}

# key_for local|REF: changes with everything that goes into the cluster image.
key_for() {
	kf_base=$1
	[ "$kf_base" != local ] || kf_base="local $("$LOCAL_BASE" --print-key)"
	content_key "$tag $(version) $DEBIAN_IMAGE $kf_base" \
		"$DEPLOY/docker/Dockerfile.cluster" "$DEPLOY/docker/Dockerfile.gateway" "$DEPLOY/docker/gateway" \
		"$DEPLOY/docker/cluster-entrypoint.sh" "$DEPLOY/docker/cluster-healthcheck.sh" "$DEPLOY/docker/debian-base.sh" \
		"$DEPLOY/helm" "$DEPLOY/kube" "$HERE/build-images.sh" "${supervisor:-$DEPLOY/../src/sandbox}"
}

archive_for() {
	echo "$CACHE/cluster-$(machine_arch)-$tag-$1.tar.zst"
}

# --- what is there already ----------------------------------------------------------------------------------------

in_engine() {
	[ "$(image_key "openshell/cluster:$tag")" = "$1" ] && image_here "openshell/gateway:$tag" &&
		image_here "openshell/pki-job:$tag"
}

restore() {
	zstd -qdc "$1" | docker load
}

# The cluster image carries the archive of the other two.
load_carried() {
	lc_id=$(docker create --entrypoint /bin/true "openshell/cluster:$tag")
	docker cp "$lc_id:/opt/openshell/images/openshell.tar" - | tar -xOf - | docker load
	docker rm -v "$lc_id"
}

# look_for KEY: sets found to true when the images of this key are in the engine or were brought there from the cache.
# Never part of a condition: there the shell would go on after a failed command.
look_for() {
	found=true
	if in_engine "$1"; then
		say "openshell/cluster:$tag is up to date"
		return 0
	fi
	if [ "$(image_key "openshell/cluster:$tag")" != "$1" ]; then
		lf_archive=$(archive_for "$1")
		if [ ! -e "$lf_archive" ]; then
			found=false
			return 0
		fi
		touch "$lf_archive"
		step "openshell/cluster:$tag from the cache" restore "$lf_archive"
	fi
	step "openshell/gateway:$tag and openshell/pki-job:$tag from the cluster image" load_carried
}

# --- the base -----------------------------------------------------------------------------------------------------

pull() {
	timeout "$PULL_TIMEOUT" docker pull -q "$1"
}

# Sets base to local or to the k3s image, which then is here.
choose_base() {
	[ "$base" != local ] || return 0
	cb_ref=$K3S_IMAGE
	[ "$base" = auto ] || cb_ref=$base
	if ! image_here "$cb_ref"; then
		if [ "$OFFLINE" = true ] || ! pull "$cb_ref" >/dev/null 2>&1; then
			[ "$base" = auto ] || fail "$cb_ref is not here and cannot be pulled"
			say "$cb_ref cannot be had; building the local base"
			base=local
			return 0
		fi
		say "$cb_ref pulled"
	fi
	base=$cb_ref
}

offline_option() {
	[ "$OFFLINE" = false ] || echo --offline
}

# Brings the base and Debian into the engine; sets base_image and target.
provide_bases() {
	base_image=$base
	target=cluster
	if [ "$base" = local ]; then
		base_image=$LOCAL_BASE_IMAGE
		target=cluster-local
		if [ "$(image_key "$LOCAL_BASE_IMAGE")" != "$("$LOCAL_BASE" --print-key)" ]; then
			# shellcheck disable=SC2046 # nothing, or one option
			pb_archive=$("$LOCAL_BASE" $(offline_option))
			step "loading $LOCAL_BASE_IMAGE" restore "$pb_archive"
		fi
	fi
	# shellcheck disable=SC2046
	"$DEPLOY/docker/debian-base.sh" $(offline_option) "$DEBIAN_IMAGE"
}

# --- the images ---------------------------------------------------------------------------------------------------

# build_image NAME CONTEXT DOCKERFILE TARGET: for the classic builder and BuildKit. Offline, what a RUN step would
# fetch must be in the engine's own build cache.
build_image() {
	docker build --build-arg "BASE_IMAGE=$base_image" --build-arg "DEBIAN_IMAGE=$DEBIAN_IMAGE" \
		--build-arg "OPENSHELL_VERSION=$(version)" --label "$KEY_LABEL=$key" \
		--target "$4" -t "openshell/$1:$tag" -f "$3" "$2"
}

# The same sources give the same bytes, and so the same checksum in the HelmChart.
package_chart() {
	pc_version=$(sed -n 's/^version:[[:space:]]*//p' "$DEPLOY/helm/$1/Chart.yaml")
	tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 --mode=u=rwX,go=rX -C "$DEPLOY/helm" -cf - "$1" |
		gzip -n9 >"$2/$1-$pc_version.tgz"
}

# One archive for both of our images: they share their layers.
save_images() {
	docker save -o "$1/openshell.tar" "openshell/gateway:$tag" "openshell/pki-job:$tag"
	printf '%s\n' "openshell/gateway:$tag" "openshell/pki-job:$tag" >"$1/refs"
	[ -s "$WORK/k3s-images" ] || return 0
	# shellcheck disable=SC2046 # a list of image names
	docker save -o "$1/k3s.tar" $(cat "$WORK/k3s-images")
}

# Brings what k3s itself runs (pause, CoreDNS, the helm job, local-path, ...), so that a host without a registry needs no
# more than the cluster image. Traefik is switched off on our nodes.
provide_k3s_images() {
	case $base in *rancher/k3s:*) ;; *) return 0 ;; esac
	need 'curl curl'
	pk_release=$(printf '%s' "${base##*:}" | sed 's/-k3s/%2Bk3s/')
	if ! curl -fsSL --max-time 60 -o "$WORK/k3s-images.all" "$K3S_RELEASES/$pk_release/k3s-images.txt"; then
		say 'the list of the images that k3s runs cannot be had: nodes will pull them'
		return 0
	fi
	step 'pulling what k3s itself runs' pull_k3s_images
}

pull_k3s_images() {
	grep -v traefik "$WORK/k3s-images.all" >"$WORK/k3s-images.new"
	while read -r pk_ref; do
		image_here "$pk_ref" || pull "$pk_ref"
	done <"$WORK/k3s-images.new"
	mv "$WORK/k3s-images.new" "$WORK/k3s-images"
}

# stage CONTEXT: the files of the image below root/, where the Dockerfile takes them from.
stage() {
	s_opt=$1/root/opt/openshell
	s_bin=$1/root/usr/local/bin
	mkdir -p "$s_bin" "$s_opt/bin" "$s_opt/charts" "$s_opt/images" "$s_opt/manifests" "$s_opt/gpu-manifests"
	cp "$DEPLOY/docker/cluster-entrypoint.sh" "$DEPLOY/docker/cluster-healthcheck.sh" "$s_bin/"
	cp "$DEPLOY"/kube/manifests/*.yaml "$s_opt/manifests/"
	cp "$DEPLOY"/kube/gpu-manifests/*.yaml "$s_opt/gpu-manifests/"
	for s_chart in "$DEPLOY"/helm/*/Chart.yaml; do
		package_chart "$(basename "$(dirname "$s_chart")")" "$s_opt/charts"
	done
	supervisor_into "$s_opt/bin/openshell-sandbox"
	step 'archive of the images that the node runs' save_images "$s_opt/images"
	chmod -R u=rwX,go=rX "$1"
	chmod 0755 "$s_bin"/*.sh
}

supervisor_into() {
	if [ -n "$supervisor" ]; then
		cp "$supervisor" "$1"
	else
		"$HERE/build-supervisor.sh" "$1"
	fi
	chmod 0755 "$1"
}

save_cluster() {
	docker save "openshell/cluster:$tag" | zstd -q -T0 -3 -o "$WORK/cluster.tar.zst"
	mv "$WORK/cluster.tar.zst" "$1"
}

# What was replaced is known by our label; where a container still runs it, it stays until a later run.
remove_replaced() {
	docker images -q --no-trunc -f dangling=true -f "label=$KEY_LABEL" | sort -u | while read -r rr_id; do
		docker rmi "$rr_id" >/dev/null 2>&1 || true
	done
}

build() {
	provide_bases
	context=$WORK/context
	step "openshell/gateway:$tag" build_image gateway "$DEPLOY/docker/gateway" "$DEPLOY/docker/Dockerfile.gateway" gateway
	step "openshell/pki-job:$tag" build_image pki-job "$DEPLOY/docker/gateway" "$DEPLOY/docker/Dockerfile.gateway" pki-job
	[ "$OFFLINE" = true ] || provide_k3s_images
	stage "$context"
	step "openshell/cluster:$tag" build_image cluster "$context" "$DEPLOY/docker/Dockerfile.cluster" "$target"
	step "caching openshell/cluster:$tag" save_cluster "$(archive_for "$key")"
	keep_newest 3 "$CACHE" "cluster-$(machine_arch)-"
}

# With --base auto, what is here of either form is taken before the network is asked.
look_for_any() {
	if [ "$base" != auto ]; then
		look_for "$(key_for "$base")"
		return 0
	fi
	look_for "$(key_for "$K3S_IMAGE")"
	[ "$found" = true ] || look_for "$(key_for local)"
}

print_key_only() {
	if [ "$base" = auto ]; then
		base=local
		! image_here "$K3S_IMAGE" || base=$K3S_IMAGE
	fi
	key_for "$base"
}

main() {
	parse "$@"
	if [ "$print_key" = true ]; then
		print_key_only
		return 0
	fi
	command -v docker >/dev/null 2>&1 || fail 'docker is not installed: apt-get install docker.io'
	docker version --format '{{.Server.Version}}' >/dev/null 2>&1 ||
		fail "no Docker engine answers on ${DOCKER_HOST:-the default socket}: start one, such as with deploy/scripts/engine.sh"
	need "$NEEDS"
	lock_cache images
	look_for_any
	if [ "$found" = false ]; then
		choose_base
		key=$(key_for "$base")
		build
	fi
	remove_replaced
	say "openshell/cluster:$tag, openshell/gateway:$tag and openshell/pki-job:$tag are ready"
}

main "$@"
