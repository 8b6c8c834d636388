# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034
#
# For the end-to-end tests, sourced after tap.sh and engine.sh: the real cluster image and a client that is not ours.
#
#   provide_images            openshell/cluster:dev and its like in the test engine, from the cache or built
#   start [ARGUMENT...]       openshell gateway start, bounded in time; what it said is in $TEST_TMP/start
#   endpoint NAME             the recorded endpoint
#   ask URL [CURL-OPTION...]  prints the HTTP status of a request (000: no answer); the body is in $TEST_TMP/body
#   bundle NAME               curl's options for the gateway's own certificates
#   kubectl_as NAME ARG...    a plain kubectl with the three files of the bundle
#   in_cluster NAME ARG...    kubectl in the container, as the administrator

config=${config:?tests/lib/engine.sh must be sourced first}
START_LIMIT=${START_LIMIT:-300}
IMAGE=openshell/cluster:dev

provide_images() {
	HOME=$REAL_HOME DOCKER_BUILDKIT=0 "$REPO/deploy/scripts/build-images.sh" --tag dev || return
	KUBECTL=$IN_TEST_ENGINE/kubectl
	[ -x "$KUBECTL" ] || copy_kubectl
}

# The image's own kubectl is a static program, and the one that is sure to fit.
copy_kubectl() {
	ck_id=$(docker create --entrypoint /bin/true "$IMAGE")
	docker cp "$ck_id:/bin/k3s" "$IN_TEST_ENGINE/k3s"
	docker rm -v "$ck_id" >/dev/null
	ln -sf k3s "$KUBECTL"
	"$KUBECTL" version --client >/dev/null
}

start() {
	timeout "$START_LIMIT" "$OPENSHELL" gateway start "$@" >"$TEST_TMP/start" 2>&1 </dev/null || {
		s_rc=$?
		cat "$TEST_TMP/start"
		return "$s_rc"
	}
}

endpoint() {
	jq -r .gateway_endpoint "$config/gateways/$1/metadata.json"
}

ask() {
	ask_url=$1
	shift
	curl -s --max-time 15 -o "$TEST_TMP/body" -w '%{http_code}' "$@" "$ask_url" || true
}

bundle() {
	printf -- '--cacert %s/ca.crt --cert %s/tls.crt --key %s/tls.key' \
		"$config/gateways/$1/mtls" "$config/gateways/$1/mtls" "$config/gateways/$1/mtls"
}

kubectl_as() {
	ka_dir=$config/gateways/$1/mtls
	ka_server=$(endpoint "$1")
	shift
	timeout 60 "$KUBECTL" --kubeconfig /dev/null --server "$ka_server" --certificate-authority "$ka_dir/ca.crt" \
		--client-certificate "$ka_dir/tls.crt" --client-key "$ka_dir/tls.key" "$@"
}

in_cluster() {
	ic_name=$1
	shift
	timeout 60 docker exec -e KUBECONFIG=/etc/rancher/k3s/k3s.yaml "openshell-cluster-$ic_name" kubectl "$@"
}

# The gateway's door opens to its own bundle.
answers() {
	# shellcheck disable=SC2046 # options for curl
	expect_equal 200 "$(ask "$(endpoint "$1")/healthz" $(bundle "$1"))"
}

connected() {
	timeout 60 "$OPENSHELL" -g "$1" status >"$TEST_TMP/status" 2>&1
}

container() {
	docker container inspect --format "$2" "openshell-cluster-$1"
}

# A later test may run whatever became of an earlier one: nothing is left of either.
remove_all_gateways() {
	for rg in $(docker ps -aq --filter label=ai.openshell.gateway); do docker rm -f -v "$rg" >/dev/null; done
	for rg in $(docker volume ls -q --filter name=openshell-cluster-); do docker volume rm -f "$rg" >/dev/null; done
	for rg in $(docker network ls -q --filter name=openshell-cluster-); do docker network rm "$rg" >/dev/null; done
}

if provide_images >"$TEST_TMP/images" 2>&1; then
	remove_all_gateways
	at_exit remove_all_gateways
else
	not_ok the_images_are_there_or_can_be_built "$(tail -n 30 "$TEST_TMP/images")"
	exit 0
fi
