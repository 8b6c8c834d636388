#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the node is given, on a real Kubernetes: a registry behind a private CA, one that wants a password, one behind a
# proxy, and a resolver. The tests build on each other: a start takes 20 s.
# shellcheck disable=SC2154,SC2030,SC2031
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/engine.sh"
. "$(dirname "$0")/../lib/e2e.sh"

PORT=18084
C=openshell-cluster-supply
WEB=$TEST_TMP/web
TLS_PORT=15443 AUTH_PORT=15080 PROXY_PORT=13128
TLS_IMAGE=host.docker.internal:$TLS_PORT/test/sleeper:1
AUTH_IMAGE=private.test/test/sleeper:1
PROXY_IMAGE=proxied.test/test/sleeper:1

# --- the world around the gateway ---------------------------------------------------------------------------------

# blob FILE: puts it into the registry's tree; prints its digest and size as JSON
blob() {
	b_sum=$(sha256sum "$1" | cut -d' ' -f1)
	cp "$1" "$WEB/v2/test/sleeper/blobs/sha256:$b_sum"
	jq -nc --arg d "sha256:$b_sum" --argjson s "$(stat -c %s "$1")" '{digest: $d, size: $s}'
}

# A registry is a tree of files: one image whose only program sleeps.
make_registry() {
	mkdir -p "$WEB/v2/test/sleeper/blobs" "$WEB/v2/test/sleeper/manifests" "$TEST_TMP/layer"
	echo 'int pause(void); int main(void) { return pause(); }' >"$TEST_TMP/sleeper.c"
	cc -O1 -static -s -o "$TEST_TMP/layer/sleeper" "$TEST_TMP/sleeper.c"
	tar --mtime=@0 --owner=0 --group=0 -C "$TEST_TMP/layer" -cf "$TEST_TMP/layer.tar" sleeper
	gzip -n <"$TEST_TMP/layer.tar" >"$TEST_TMP/layer.tgz"
	mr_layer=$(blob "$TEST_TMP/layer.tgz")
	jq -nc --arg id "sha256:$(sha256sum "$TEST_TMP/layer.tar" | cut -d' ' -f1)" '{architecture: "amd64", os: "linux",
		config: {Cmd: ["/sleeper"]}, rootfs: {type: "layers", diff_ids: [$id]}}' >"$TEST_TMP/config.json"
	mr_config=$(blob "$TEST_TMP/config.json")
	jq -nc --argjson layer "$mr_layer" --argjson config "$mr_config" '{schemaVersion: 2,
		mediaType: "application/vnd.docker.distribution.manifest.v2+json",
		config: ($config + {mediaType: "application/vnd.docker.container.image.v1+json"}),
		layers: [$layer + {mediaType: "application/vnd.docker.image.rootfs.diff.tar.gzip"}]}' >"$WEB/v2/test/sleeper/manifests/1"
	mr_digest=sha256:$(sha256sum "$WEB/v2/test/sleeper/manifests/1" | cut -d' ' -f1)
	cp "$WEB/v2/test/sleeper/manifests/1" "$WEB/v2/test/sleeper/manifests/$mr_digest"
	chmod -R a+rX "$TEST_TMP"
}

make_certificates() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj '/CN=a private authority' \
		-keyout "$TEST_TMP/ca.key" -out "$TEST_TMP/ca.pem"
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=registry -keyout "$TEST_TMP/registry.key" \
		-out "$TEST_TMP/registry.csr"
	printf 'subjectAltName=DNS:host.docker.internal\n' >"$TEST_TMP/extensions"
	openssl x509 -req -in "$TEST_TMP/registry.csr" -CA "$TEST_TMP/ca.pem" -CAkey "$TEST_TMP/ca.key" -CAcreateserial -days 2 \
		-extfile "$TEST_TMP/extensions" -out "$TEST_TMP/registry.pem"
}

# One nginx is the registry with TLS, the one with a password, and the proxy, which knows a host that nobody else knows.
run_web() {
	printf 'me:%s\n' "$(openssl passwd -apr1 pa55word)" >"$TEST_TMP/passwords"
	chmod 644 "$TEST_TMP/passwords"
	cat >"$TEST_TMP/nginx.conf" <<-END
		pid $TEST_TMP/nginx.pid;
		error_log $TEST_TMP/nginx.errors;
		worker_processes 1;
		events {}
		http {
		    log_format seen '\$server_port \$request_method \$http_host \$status "\$http_proxy_authorization"';
		    access_log $TEST_TMP/seen seen;
		    root $WEB;
		    client_body_temp_path $TEST_TMP/t1; proxy_temp_path $TEST_TMP/t2; fastcgi_temp_path $TEST_TMP/t3;
		    uwsgi_temp_path $TEST_TMP/t4; scgi_temp_path $TEST_TMP/t5;
		    server {
		        listen $TLS_PORT ssl;
		        ssl_certificate $TEST_TMP/registry.pem;
		        ssl_certificate_key $TEST_TMP/registry.key;
		        include $TEST_TMP/registry.conf;
		    }
		    server {
		        listen $AUTH_PORT;
		        auth_basic registry;
		        auth_basic_user_file $TEST_TMP/passwords;
		        include $TEST_TMP/registry.conf;
		    }
		    server {
		        listen $PROXY_PORT;
		        include $TEST_TMP/registry.conf;
		    }
		}
	END
	cat >"$TEST_TMP/registry.conf" <<-'END'
		location = /v2/ { return 200 '{}'; }
		location /v2/test/sleeper/manifests/ { default_type application/vnd.docker.distribution.manifest.v2+json; }
		location /v2/test/sleeper/blobs/ { default_type application/octet-stream; }
	END
	nginx -c "$TEST_TMP/nginx.conf" -g 'daemon off;' &
	at_exit "kill $!"
	eventually 10 curl -s -o /dev/null "http://127.0.0.1:$AUTH_PORT/"
}

# Answers every A query with 192.0.2.7 and nothing else.
run_resolver() {
	cat >"$TEST_TMP/resolver.py" <<-'END'
		import socket, sys
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind((sys.argv[1], 53))
		while True:
		    q, peer = s.recvfrom(512)
		    end = q.index(b"\0", 12) + 5
		    a = q[end - 4:end - 2] == b"\0\1"
		    answer = b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4" + bytes([192, 0, 2, 7]) if a else b""
		    s.sendto(q[:2] + b"\x81\x80\0\1\0" + bytes([1 if a else 0]) + b"\0\0\0\0" + q[12:end] + answer, peer)
	END
	BRIDGE=$(ip -4 -o addr show dev docker0 | awk '{ sub(/\/.*/, "", $4); print $4 }')
	python3 "$TEST_TMP/resolver.py" "$BRIDGE" &
	at_exit "kill $!"
}

# --- the tests ----------------------------------------------------------------------------------------------------

# pod NAME IMAGE: always pulled, so that what is on the node does not help
pod() {
	in_cluster supply -n default delete pod "$1" --ignore-not-found --grace-period=0 --force >/dev/null 2>&1
	in_cluster supply -n default run "$1" --image="$2" --image-pull-policy=Always --restart=Never >/dev/null
}

# running NAME: its image was pulled and its program runs
running() {
	in_cluster supply -n default wait --for=condition=Ready "pod/$1" --timeout=50s || {
		in_cluster supply -n default describe pod "$1" | tail -n 20
		return 1
	}
}

# refused NAME TEXT: the kubelet says why it cannot pull
refused() {
	eventually 60 why_has "$1" "$2"
}

why_has() {
	in_cluster supply -n default describe pod "$1" 2>/dev/null | grep -q "$2"
}

the_world_can_be_made() {
	make_registry
	make_certificates
}

without_the_ca() {
	start --name supply --port "$PORT" --dns "$BRIDGE"
	pod with-ca "$TLS_IMAGE"
	refused with-ca 'certificate signed by unknown authority'
}

names_go_to_the_resolver() {
	in_cluster supply -n openshell exec openshell-0 -- nslookup any.corp.test >"$TEST_TMP/nslookup" || true
	expect_has 192.0.2.7 "$TEST_TMP/nslookup"
	docker exec "$C" cat /etc/rancher/k3s/resolv.conf >"$TEST_TMP/resolv.conf"
	# by way of docker's own resolver
	expect_equal "nameserver $(docker exec "$C" hostname -i | cut -d' ' -f1)" "$(cat "$TEST_TMP/resolv.conf")"
	# and the cluster's own names are still its own
	in_cluster supply -n openshell exec openshell-0 -- nslookup openshell.openshell.svc.cluster.local | grep -q 10.43.
}

with_the_ca() {
	docker volume inspect --format '{{.CreatedAt}}' "$C" >"$TEST_TMP/volume"
	start --name supply --ca "$TEST_TMP/ca.pem"
	docker volume inspect --format '{{.CreatedAt}}' "$C" | diff "$TEST_TMP/volume" -
	pod with-ca "$TLS_IMAGE"
	running with-ca
}

the_ca_lasts() {
	docker restart -t 10 "$C" >/dev/null
	start --name supply
	expect_equal 1 "$(docker exec "$C" grep -c '^# given by openshell' /etc/ssl/certs/ca-certificates.crt)"
	pod with-ca "$TLS_IMAGE"
	running with-ca
}

# Whatever asks the proxy for an encrypted connection shows as CONNECT: nothing of the cluster itself may.
with_registries_and_a_proxy() {
	cat >"$TEST_TMP/registries.yaml" <<-END
		mirrors:
		  private.test:
		    endpoint: ["http://host.docker.internal:$AUTH_PORT"]
		  proxied.test:
		    endpoint: ["http://proxied.test"]
		configs:
		  "host.docker.internal:$AUTH_PORT":
		    auth: {username: me, password: pa55word}
	END
	proxy=http://me:pr0xyword@host.docker.internal:$PROXY_PORT
	HTTP_PROXY=$proxy HTTPS_PROXY=$proxy start --name supply --registries "$TEST_TMP/registries.yaml" --dns none
	connected supply
	: >"$TEST_TMP/seen"
	pod private "$AUTH_IMAGE"
	pod proxied "$PROXY_IMAGE"
	running private
	running proxied
	cat "$TEST_TMP/seen"
	grep -q "^$AUTH_PORT GET host.docker.internal:$AUTH_PORT 200" "$TEST_TMP/seen"
	grep -q "^$PROXY_PORT GET proxied.test 200 \"Basic $(printf me:pr0xyword | base64)\"" "$TEST_TMP/seen"
}

the_cluster_goes_round_the_proxy() {
	answers supply
	in_cluster supply -n openshell exec openshell-0 -- true
	in_cluster supply -n openshell logs openshell-0 --tail=1 >/dev/null
	pod with-ca "$TLS_IMAGE"
	running with-ca
	sort "$TEST_TMP/seen" | uniq -c
	expect_equal 0 "$(grep -c CONNECT "$TEST_TMP/seen" || true)"
}

passwords_are_out_of_sight() {
	docker inspect "$C" >"$TEST_TMP/inspect"
	docker logs "$C" >"$TEST_TMP/log" 2>&1
	expect_lacks pa55word "$TEST_TMP/inspect"
	expect_lacks pa55word "$TEST_TMP/log"
	expect_lacks pr0xyword "$TEST_TMP/log"
	expect_lacks pr0xyword "$TEST_TMP/start"
}

main() {
	run_resolver
	check a_registry_and_its_authority_can_be_made the_world_can_be_made
	run_web
	check an_image_behind_a_private_authority_is_refused_at_first without_the_ca
	[ "$tap_failed" -eq 0 ] || exit 0
	check pods_ask_the_resolver_that_was_given_by_way_of_dockers names_go_to_the_resolver
	check with_its_ca_the_image_is_pulled_and_the_volume_kept with_the_ca
	check the_ca_outlasts_a_restart_and_is_there_once the_ca_lasts
	check a_mirror_with_a_password_and_one_behind_a_proxy_are_pulled_from with_registries_and_a_proxy
	check the_cluster_itself_goes_round_the_proxy the_cluster_goes_round_the_proxy
	check passwords_show_neither_in_inspect_nor_in_the_log passwords_are_out_of_sight
}

main "$@"
