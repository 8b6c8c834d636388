# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# Image archives, as `docker save` writes them, made without an engine. The same files give the same bytes.
# Sourced after cache.sh; functions only.

# image_archive REF ARCH ROOT CONFIG OUT [TAR-OPTION...]: an image of one layer. CONFIG is the JSON object of Entrypoint,
# Env and so on. OUT - writes to stdout.
image_archive() {
	ia_ref=$1
	ia_arch=$2
	ia_root=$3
	ia_config=$4
	ia_out=$5
	shift 5
	ia_work=$WORK/archive
	rm -rf "$ia_work"
	mkdir "$ia_work"
	tar --sort=name --numeric-owner --mtime=@0 "$@" -C "$ia_root" -cf "$ia_work/layer.tar" .
	printf '{"architecture":"%s","os":"linux","created":"1970-01-01T00:00:00Z","config":%s,"rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[{"created":"1970-01-01T00:00:00Z","created_by":"openshell"}]}' \
		"$ia_arch" "$ia_config" "$(sha256sum <"$ia_work/layer.tar" | cut -d' ' -f1)" >"$ia_work/config"
	ia_id=$(sha256sum <"$ia_work/config" | cut -d' ' -f1)
	mv "$ia_work/config" "$ia_work/$ia_id.json"
	printf '[{"Config":"%s.json","RepoTags":["%s"],"Layers":["layer.tar"]}]\n' "$ia_id" "$ia_ref" >"$ia_work/manifest.json"
	tar --numeric-owner --owner=0 --group=0 --mtime=@0 -C "$ia_work" -cf "$ia_out" manifest.json "$ia_id.json" layer.tar
	rm -rf "$ia_work"
}
