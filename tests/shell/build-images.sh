#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# deploy/scripts/build-images.sh and the cache beneath it, with a faked docker; and the Go packages of the local base.
. "$(dirname "$0")/../lib/tap.sh"

tree=$TEST_TMP/tree
bin=$TEST_TMP/bin
engine=$TEST_TMP/engine
OPENSHELL_CACHE=$TEST_TMP/cache
export OPENSHELL_CACHE

# A docker whose images are files that hold their key; a registry has what $REGISTRY lists; `save` and `load` carry names.
make_fakes() {
	mkdir -p "$bin"
	cat >"$bin/docker" <<'END'
#!/bin/sh
echo "docker $*" >>"$TEST_TMP/calls"
file() { printf '%s/%s' "$ENGINE" "$(printf '%s' "$1" | tr /: __)"; }
verb=$1
shift
case $verb in
version) [ "${ENGINE_DOWN:-}" != yes ] && echo 20.10 ;;
image)
	for ref; do :; done
	cat "$(file "$ref")" 2>/dev/null
	;;
pull)
	for ref; do :; done
	case " $REGISTRY " in *" $ref "*) : >"$(file "$ref")" ;; *) exit 1 ;; esac
	;;
build)
	while [ $# -gt 1 ]; do
		case $1 in
		--label) key=${2#*=} ;;
		-t) ref=$2 ;;
		esac
		shift
	done
	echo "$key" >"$(file "$ref")"
	[ ! -e "$1/root" ] || { rm -rf "$TEST_TMP/context" && cp -a "$1" "$TEST_TMP/context"; }
	;;
save)
	case $1 in
	-o) echo archive >"$2" ;;
	*) echo "$1 $(cat "$(file "$1")")" ;;
	esac
	;;
load) while read -r ref key; do [ -z "$key" ] || echo "$key" >"$(file "$ref")"; done ;;
create) echo id ;;
cp)
	echo 'openshell/gateway:dev x' >"$TEST_TMP/openshell.tar"
	echo 'openshell/pki-job:dev x' >>"$TEST_TMP/openshell.tar"
	tar -C "$TEST_TMP" -cf - openshell.tar
	;;
rm | rmi) ;;
*) exit 1 ;;
esac
END
	printf '#!/bin/sh\nexit 22\n' >"$bin/curl"
	cat >"$bin/go" <<'END'
#!/bin/sh
[ "$1" != env ] || exec echo go1.26.0
echo no modules
exit 1
END
	chmod +x "$bin/docker" "$bin/curl" "$bin/go"
	mkdir -p "$tree/src"
	cp -R "$REPO/deploy" "$tree/"
	cp -R "$REPO/src/sandbox" "$tree/src/"
	REAL_PATH=$PATH
	PATH=$bin:$PATH
	ENGINE=$engine
	REGISTRY='rancher/k3s:v1.35.2-k3s1 debian:bookworm-slim'
	export PATH ENGINE REGISTRY
}

# The cache and the engine empty.
fresh() {
	rm -rf "$OPENSHELL_CACHE" "$engine"
	mkdir -p "$engine"
	: >"$TEST_TMP/calls"
}

build() {
	"$tree/deploy/scripts/build-images.sh" "$@" 2>"$TEST_TMP/said"
}

count() {
	grep -c "^docker $1" "$TEST_TMP/calls" || true
}

builds_once() {
	fresh
	build
	expect_equal 3 "$(count build)"
	build
	expect_equal 3 "$(count build)"
	expect_has 'up to date' "$TEST_TMP/said"
}

builds_again_after_a_change() {
	fresh
	build
	echo '# changed' >>"$tree/deploy/docker/cluster-entrypoint.sh"
	build
	expect_equal 6 "$(count build)"
}

restores_without_the_network() {
	fresh
	build
	rm -rf "$engine"
	mkdir "$engine"
	: >"$TEST_TMP/calls"
	build --offline
	expect_equal 0 "$(count build)"
	expect_equal 0 "$(count pull)"
	docker image inspect openshell/cluster:dev
	docker image inspect openshell/pki-job:dev
}

stages_what_the_dockerfile_names() {
	fresh
	build
	root=$TEST_TMP/context/root
	for file in usr/local/bin/cluster-entrypoint.sh usr/local/bin/cluster-healthcheck.sh opt/openshell/bin/openshell-sandbox \
		opt/openshell/charts/openshell-0.1.0.tgz opt/openshell/images/refs opt/openshell/images/openshell.tar \
		opt/openshell/manifests/openshell-helmchart.yaml; do
		[ -s "$root/$file" ] || { echo "missing: $file"; return 1; }
	done
	expect_equal "openshell/gateway:dev
openshell/pki-job:dev" "$(cat "$root/opt/openshell/images/refs")"
	expect_mode 755 "$root/opt/openshell/bin/openshell-sandbox"
}

packages_the_chart_alike() {
	fresh
	build
	sum=$(sha256sum <"$TEST_TMP/context/root/opt/openshell/charts/openshell-0.1.0.tgz")
	find "$tree/deploy/helm" -exec touch {} +
	fresh
	build
	expect_equal "$sum" "$(sha256sum <"$TEST_TMP/context/root/opt/openshell/charts/openshell-0.1.0.tgz")"
}

keeps_three() {
	fresh
	for tag in a b c d e; do build --tag "$tag"; done
	expect_equal 3 "$(find "$OPENSHELL_CACHE" -name 'cluster-*' | wc -l)"
}

says_what_is_missing_offline() {
	fresh
	expect_status 1 build --offline --base rancher/k3s:other
	expect_has 'rancher/k3s:other' "$TEST_TMP/said"
	expect_equal 0 "$(count pull)"
	expect_status 1 build --offline --base local
	expect_has '--offline' "$TEST_TMP/said"
}

says_when_no_engine_answers() {
	fresh
	ENGINE_DOWN=yes expect_status 1 build
	expect_has 'no Docker engine answers' "$TEST_TMP/said"
}

prints_a_stable_key() {
	fresh
	key=$(build --print-key --base local)
	[ "${#key}" -eq 16 ]
	expect_equal "$key" "$(build --print-key --base local)"
	[ "$key" != "$(build --print-key --base local --tag other)" ]
	[ "$key" != "$(build --print-key --base rancher/k3s:v1.35.2-k3s1)" ]
	expect_equal '' "$(ls -A "$OPENSHELL_CACHE" 2>/dev/null || true)"
}

leaves_nothing_half_done() {
	fresh
	mv "$bin/zstd" "$bin/zstd.off" 2>/dev/null || true
	printf '#!/bin/sh\nexit 1\n' >"$bin/zstd"
	chmod +x "$bin/zstd"
	expect_status 1 build
	rm "$bin/zstd"
	expect_equal '' "$(find "$OPENSHELL_CACHE" -name 'cluster-*' -o -name '*.tmp')"
	build
}

refuses_bad_usage() {
	expect_status 2 build --nonsense
	expect_status 2 build --tag
	expect_status 2 build --tag 'a b'
	expect_status 1 build --supervisor "$TEST_TMP/none"
}

names_go() {
	fresh
	mkdir -p "$TEST_TMP/nogo"
	for tool in sh uname dirname basename find sort sha256sum cut mkdir flock rm tr date mktemp ls touch zstd; do
		ln -sf "$(command -v "$tool")" "$TEST_TMP/nogo/"
	done
	sed 's,^PATH=.*,,' "$tree/deploy/docker/local-base/build.sh" >"$tree/deploy/docker/local-base/nogo.sh"
	PATH=$TEST_TMP/nogo expect_status 1 sh "$tree/deploy/docker/local-base/nogo.sh" 2>"$TEST_TMP/said"
	expect_has 'Go 1.26' "$TEST_TMP/said"
}

go_tests() {
	cd "$REPO/deploy/docker/local-base/node" || return
	PATH=$REAL_PATH GOCACHE=${GO_CACHE:?} CGO_ENABLED=0 GOFLAGS=-mod=readonly go test ./internal/...
}

main() {
	make_fakes
	check the_usage_is_checked refuses_bad_usage
	check a_second_run_builds_nothing builds_once
	check a_change_in_the_tree_builds_again builds_again_after_a_change
	check the_cache_restores_everything_offline restores_without_the_network
	check the_context_holds_what_the_dockerfile_copies stages_what_the_dockerfile_names
	check the_same_chart_gives_the_same_bytes packages_the_chart_alike
	check three_archives_of_a_kind_are_kept keeps_three
	check offline_names_what_is_missing says_what_is_missing_offline
	check an_engine_that_does_not_answer_is_named says_when_no_engine_answers
	check the_key_depends_on_content_tag_and_base prints_a_stable_key
	check a_failed_run_leaves_nothing_half_done leaves_nothing_half_done
	check a_missing_go_is_named names_go
	# The module of the local base needs a Go that a machine need not have.
	GO_CACHE=${XDG_CACHE_HOME:-${HOME:?}/.cache}/openshell/go-build
	case $(PATH=$REAL_PATH GOTOOLCHAIN=local go env GOVERSION 2>/dev/null) in
	go1.2[6-9]* | go1.[3-9][0-9]*) check the_go_packages_of_the_local_base_pass_their_tests go_tests ;;
	*) skip the_go_packages_of_the_local_base_pass_their_tests 'no Go 1.26 or later' ;;
	esac
}

main "$@"
