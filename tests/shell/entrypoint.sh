#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The cluster image's entrypoint with faked tools, under dash and under busybox
# with busybox' own tools.
# shellcheck disable=SC2016 # the fakes are written as they are to run
. "$(dirname "$0")/../lib/tap.sh"

ENTRYPOINT=$REPO/deploy/docker/cluster-entrypoint.sh
F=$TEST_TMP/fakes
R=$TEST_TMP/root
LOG=$TEST_TMP/log
ARGV=$TEST_TMP/argv
CALLS=$TEST_TMP/calls
SH=
TOOLS=

fake() {
	printf '#!/bin/sh\n%s\n' "$2" >"$F/$1"
	chmod +x "$F/$1"
}

make_fakes() {
	mkdir -p "$F"
	fake k3s 'printf "%s\n" "$@" >"$ARGV"'
	fake iptables 'echo "${0##*/} $*" >>"$CALLS"
case $* in
*DOCKER_OUTPUT*) cat "$RULES" 2>/dev/null ;;
*"-C PREROUTING"*) [ -n "${HAVE_RULES:-}" ] ;;
"-A _xt_probe"*) [ -z "${NO_COMMENT:-}" ] ;;
*"-I PREROUTING"*) [ -z "${NO_DNAT:-}" ] ;;
esac'
	cp "$F/iptables" "$F/iptables-legacy"
	fake iptables-nft 'exit 1'
	fake ip 'case $* in
*"addr show dev eth0"*) [ -n "${NO_ETH0:-}" ] || echo "7: eth0    inet 172.20.0.2/16 brd 172.20.255.255 scope global eth0" ;;
*route*) [ -n "${NO_ROUTE:-}" ] || echo "default via 172.20.0.1 dev eth0" ;;
esac'
	fake getent 'echo "$*" | grep -q host.docker.internal && [ -n "${HOST_ALIAS:-}" ] && echo "$HOST_ALIAS STREAM host.docker.internal"'
	fake nslookup 'echo "nslookup $*" >>"$CALLS"; [ -z "${DNS_HANGS:-}" ] || exec /bin/sleep 3; [ -z "${DNS_FAILS:-}" ]'
	fake update-alternatives 'echo "alternatives $*" >>"$CALLS"'
	fake sleep 'exec /bin/sleep 0.01'
	fake kubectl 'echo "kubectl $*" >>"$CALLS"'
}

make_root() {
	rm -rf "$R"
	mkdir -p "$R/opt/openshell/manifests" "$R/opt/openshell/gpu-manifests" "$R/opt/openshell/charts" "$R/opt/openshell/images" \
		"$R/etc" "$R/proc/sys/net/bridge" "$R/proc/sys/net/ipv4/conf/all" "$R/proc/sys/fs/inotify"
	cp "$REPO"/deploy/kube/manifests/*.yaml "$R/opt/openshell/manifests/"
	cp "$REPO"/deploy/kube/gpu-manifests/*.yaml "$R/opt/openshell/gpu-manifests/"
	echo chart >"$R/opt/openshell/charts/openshell-0.1.0.tgz"
	echo 1 >"$R/proc/sys/net/bridge/bridge-nf-call-iptables"
	echo 512 >"$R/proc/sys/fs/inotify/max_user_instances"
	: >"$R/proc/sys/net/ipv4/conf/all/route_localnet"
	echo 'nameserver 127.0.0.11' >"$R/etc/resolv.conf"
	cat >"$TEST_TMP/rules" <<-'END'
		-N DOCKER_OUTPUT
		-A DOCKER_OUTPUT -d 127.0.0.11/32 -p tcp -m tcp --dport 53 -j DNAT --to-destination 127.0.0.11:33021
		-A DOCKER_OUTPUT -d 10.0.0.1/32 -p udp -m udp --dport 5353 -j DNAT --to-destination 10.0.0.1:9
		-A DOCKER_OUTPUT -d 127.0.0.11/32 -p udp -m addrtype --dst-type LOCAL -m udp --dport 53 -j DNAT --to-destination 127.0.0.11:41234
	END
}

# start [VAR=VALUE...] [-- ARGUMENT...]: one run of the entrypoint.
start() {
	st_env=
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		st_env="$st_env '$(printf '%s' "$1" | sed "s/'/'\\\\''/g")'"
		shift
	done
	if [ $# -gt 0 ]; then shift; else set -- server; fi
	rm -f "$ARGV" "$LOG"
	# A file of its own: the name check of the run before may still be at it.
	CALLS=$(mktemp "$TEST_TMP/calls.XXXXXX")
	eval "env -i PATH='$F:$TOOLS' OPENSHELL_ROOT='$R' K3S_BIN='$F/k3s' RULES='$TEST_TMP/rules' \
		ARGV='$ARGV' CALLS='$CALLS' $st_env $SH '$ENTRYPOINT' \"\$@\"" >"$LOG" 2>&1
}

resolv() { cat "$R/etc/rancher/k3s/resolv.conf"; }
chart() { echo "$R/var/lib/rancher/k3s/server/manifests/openshell-helmchart.yaml"; }
value() { sed -n "s/^ *$1: //p" "$(chart)"; }
manifests() { echo "$R/var/lib/rancher/k3s/server/manifests"; }
registries() { cat "$R/etc/rancher/k3s/registries.yaml"; }
names() { eventually 6 grep -q "$1" "$LOG"; }

# --- the filter and DNS -----------------------------------------------------

missing_bridge_netfilter_is_a_warning() {
	rm "$R/proc/sys/net/bridge/bridge-nf-call-iptables"
	start && expect_has 'modprobe br_netfilter' "$LOG"
}

few_inotify_instances_are_a_warning() {
	echo 128 >"$R/proc/sys/fs/inotify/max_user_instances"
	start && expect_has 'max_user_instances is 128' "$LOG"
}

a_kernel_without_comment_match_gets_legacy_iptables() {
	start NO_COMMENT=1
	expect_has 'alternatives --set iptables /usr/sbin/iptables-legacy' "$CALLS"
	expect_has 'iptables-legacy -t nat -I PREROUTING' "$CALLS"
	expect_has --disable-network-policy "$ARGV"
}

legacy_by_environment_skips_the_probe() {
	start USE_IPTABLES_LEGACY=1
	expect_lacks _xt_probe "$CALLS"
	expect_has --disable-network-policy "$ARGV"
}

usable_nameservers_are_preferred() {
	printf 'nameserver 127.0.0.53\nnameserver 10.1.1.1\r\nnameserver fd00::1\nnameserver 10.1.1.2\n' >"$R/etc/resolv.conf"
	start
	expect_equal 'nameserver 10.1.1.1
nameserver 10.1.1.2' "$(resolv)"
	expect_lacks PREROUTING "$CALLS"
}

named_resolvers_come_first() {
	start UPSTREAM_DNS=9.9.9.9,127.0.0.1,9.9.9.9
	expect_equal 'nameserver 9.9.9.9' "$(resolv)"
}

dockers_resolver_is_reached_through_two_rules() {
	start
	expect_equal 'nameserver 172.20.0.2' "$(resolv)"
	expect_has '-t nat -I PREROUTING -p udp --dport 53 -d 172.20.0.2 -j DNAT --to-destination 127.0.0.11:41234' "$CALLS"
	expect_has '-t nat -I PREROUTING -p tcp --dport 53 -d 172.20.0.2 -j DNAT --to-destination 127.0.0.11:33021' "$CALLS"
	expect_equal 1 "$(cat "$R/proc/sys/net/ipv4/conf/all/route_localnet")"
	expect_lacks DNS_PROBE_FAILED "$LOG"
}

rules_that_are_there_are_not_added_again() {
	start HAVE_RULES=1
	expect_lacks '-I PREROUTING' "$CALLS"
	expect_equal 'nameserver 172.20.0.2' "$(resolv)"
}

public() {
	expect_equal 'nameserver 8.8.8.8
nameserver 8.8.4.4' "$(resolv)"
	grep -q '^DNS_PROBE_FAILED: ' "$LOG"
	expect_has 'warning:' "$LOG"
}

public_resolvers_are_marked_when_no_rule_is_found() {
	: >"$TEST_TMP/rules"
	start && public && expect_has 'udp <not found>, tcp <not found>' "$LOG"
}

public_resolvers_are_marked_when_eth0_has_no_address() {
	start NO_ETH0=1 && public
}

public_resolvers_are_marked_when_a_rule_cannot_be_added() {
	start NO_DNAT=1 && public
}

# what_docker_wrote SERVERS [LINE]: a container's resolv.conf by an engine since 26
what_docker_wrote() {
	{
		printf '# Generated by Docker Engine.\n\nnameserver 127.0.0.11\noptions ndots:0\n\n'
		printf "# Based on host file: '/etc/resolv.conf' (internal resolver)\n"
		[ -z "${2:-}" ] || printf '%s\n' "$2"
		printf '# ExtServers: [%s]\n# Overrides: []\n# Option ndots from: internal\n' "$1"
	} >"$R/etc/resolv.conf"
}

the_hosts_resolvers_are_preferred_to_public_ones() {
	what_docker_wrote 'host(127.0.0.53) 10.0.0.2 host(10.0.0.3) fd00::1 host(fe80::1%eth0)'
	start NO_DNAT=1
	expect_equal 'nameserver 10.0.0.2
nameserver 10.0.0.3' "$(resolv)"
	expect_lacks DNS_PROBE_FAILED "$LOG"
	expect_has "warning: docker's resolver cannot serve pods" "$LOG"
}

the_resolvers_of_the_container_come_before_those_of_the_host() {
	what_docker_wrote 10.0.0.2
	: >"$TEST_TMP/rules"
	start FALLBACK_DNS=10.0.0.9,10.0.0.8
	expect_equal 'nameserver 10.0.0.9
nameserver 10.0.0.8
nameserver 10.0.0.2' "$(resolv)"
}

dockers_resolver_is_asked_before_those_behind_it() {
	what_docker_wrote 10.0.0.2
	start FALLBACK_DNS=10.0.0.9
	expect_equal 'nameserver 172.20.0.2' "$(resolv)"
}

public_resolvers_are_marked_when_docker_knows_of_loopback_only() {
	what_docker_wrote 'host(127.0.0.53)'
	start NO_DNAT=1 && public
}

public_resolvers_that_docker_chose_itself_are_marked() {
	what_docker_wrote '8.8.8.8 8.8.4.4' '# Used default nameservers.'
	start NO_DNAT=1 && public
}

public_resolvers_of_dockers_choice_are_told() {
	what_docker_wrote '8.8.8.8 8.8.4.4' '# Used default nameservers.'
	start
	expect_equal 'nameserver 172.20.0.2' "$(resolv)"
	expect_has "warning: docker's host has no resolver, so docker asks public ones" "$LOG"
	what_docker_wrote 10.0.0.2
	start
	expect_lacks 'public ones' "$LOG"
}

a_registry_behind_a_proxy_is_not_looked_up() {
	start DNS_FAILS=1 REGISTRY_HOST=registry.test HTTPS_PROXY=http://proxy.test:3128
	names 'which looks its name up'
	expect_lacks nslookup "$CALLS"
}

a_name_that_cannot_be_resolved_is_marked_and_starts_anyway() {
	start DNS_FAILS=1 REGISTRY_HOST=registry.test:5000
	expect_has server "$ARGV"
	names '^DNS_PROBE_FAILED: registry.test '
	expect_equal 5 "$(grep -c 'nslookup .*registry.test' "$CALLS")"
}

a_resolver_that_hangs_does_not_delay_the_start() {
	da_from=$(date +%s%N)
	start DNS_HANGS=1
	[ $((($(date +%s%N) - da_from) / 1000000)) -lt 2500 ]
}

an_address_is_not_looked_up() {
	for aa in 127.0.0.1:5000 10.0.0.1 '[::1]:5000' ::1; do
		start "REGISTRY_HOST=$aa"
		names 'no name to look up'
		expect_lacks nslookup "$CALLS"
	done
}

a_host_name_of_hexadecimal_letters_is_a_name() {
	start REGISTRY_HOST=feed:5000
	eventually 3 grep -q 'nslookup .*feed' "$CALLS"
}

# --- registries.yaml --------------------------------------------------------

one_registry_without_credentials() {
	start REGISTRY_HOST=ghcr.io
	expect_equal "mirrors:
  'ghcr.io':
    endpoint:
      - 'https://ghcr.io'" "$(registries)"
	expect_mode 600 "$R/etc/rancher/k3s/registries.yaml"
}

an_insecure_mirror_with_another_endpoint() {
	start REGISTRY_HOST=127.0.0.1:5000 REGISTRY_ENDPOINT=host.docker.internal:5000 REGISTRY_INSECURE=TRUE COMMUNITY_REGISTRY_HOST=ghcr.io
	expect_equal "mirrors:
  '127.0.0.1:5000':
    endpoint:
      - 'http://host.docker.internal:5000'
  'ghcr.io':
    endpoint:
      - 'https://ghcr.io'" "$(registries)"
}

credentials_are_quoted_and_not_logged() {
	start REGISTRY_HOST=ghcr.io REGISTRY_USERNAME=u "REGISTRY_PASSWORD=p'x: #"
	expect_equal "mirrors:
  'ghcr.io':
    endpoint:
      - 'https://ghcr.io'
configs:
  'ghcr.io':
    auth:
      username: 'u'
      password: 'p''x: #'" "$(registries)"
	expect_lacks "p'x" "$LOG"
}

credentials_also_stand_under_the_endpoint() {
	start REGISTRY_HOST=ghcr.io REGISTRY_ENDPOINT=https://mirror.test/v2 REGISTRY_USERNAME=u REGISTRY_PASSWORD=p
	expect_equal 2 "$(registries | grep -c 'username:')"
	registries | grep -q "^  'mirror.test':"
	registries | grep -q "^      - 'https://mirror.test/v2'"
}

half_of_the_credentials_is_none() {
	start REGISTRY_HOST=ghcr.io REGISTRY_USERNAME=u
	expect_lacks configs "$R/etc/rancher/k3s/registries.yaml"
}

community_credentials_may_stand_alone_and_configs_stands_once() {
	start REGISTRY_HOST=a.test COMMUNITY_REGISTRY_HOST=b.test COMMUNITY_REGISTRY_USERNAME=c COMMUNITY_REGISTRY_PASSWORD=d
	registries | sed -n '/^configs/,$p' | grep -q "'b.test'"
	start REGISTRY_HOST=a.test REGISTRY_USERNAME=u REGISTRY_PASSWORD=p COMMUNITY_REGISTRY_HOST=b.test \
		COMMUNITY_REGISTRY_USERNAME=c COMMUNITY_REGISTRY_PASSWORD=d
	expect_equal '1 2' "$(registries | grep -c '^configs:') $(registries | grep -c 'username:')"
}

the_same_community_registry_is_left_out() {
	start REGISTRY_HOST=a.test COMMUNITY_REGISTRY_HOST=a.test COMMUNITY_REGISTRY_USERNAME=c COMMUNITY_REGISTRY_PASSWORD=d
	expect_equal 1 "$(registries | grep -c a.test:)" || expect_equal 1 "$(registries | grep -c "'a.test'")"
	expect_lacks configs "$R/etc/rancher/k3s/registries.yaml"
}

no_registry_means_no_file() {
	mkdir -p "$R/etc/rancher/k3s"
	echo old >"$R/etc/rancher/k3s/registries.yaml"
	start
	[ ! -e "$R/etc/rancher/k3s/registries.yaml" ]
	expect_equal 1 "$(grep -c 'no registry is configured' "$LOG")"
}

a_line_break_in_a_password_is_refused() {
	expect_status 2 start REGISTRY_HOST=a.test REGISTRY_USERNAME=u "REGISTRY_PASSWORD=a
b"
}

# --- what the command line gives --------------------------------------------

given() {
	mkdir -p "$R/etc/openshell/node"
	cat >"$R/etc/openshell/node/$1"
	chmod 600 "$R/etc/openshell/node/$1"
}

a_registries_file_that_was_given_holds_as_it_is() {
	printf 'mirrors:\n  docker.io:\n' | given registries.yaml
	start REGISTRY_HOST=ghcr.io
	expect_equal 'mirrors:
  docker.io:' "$(registries)"
	expect_mode 600 "$R/etc/rancher/k3s/registries.yaml"
	expect_lacks warning "$LOG"
}

credentials_that_a_given_file_replaces_are_told_of() {
	echo 'configs:' | given registries.yaml
	start REGISTRY_HOST=ghcr.io REGISTRY_USERNAME=u REGISTRY_PASSWORD=pa55
	expect_equal 'configs:' "$(registries)"
	expect_has 'REGISTRY_USERNAME, REGISTRY_PASSWORD and REGISTRY_ENDPOINT have no effect' "$LOG"
	expect_lacks pa55 "$LOG"
}

a_ca_joins_the_bundle_once_however_often_it_starts() {
	mkdir -p "$R/etc/ssl/certs"
	printf 'old bundle\n' >"$R/etc/ssl/certs/ca-certificates.crt"
	given ca.crt <"$REPO/tests/data/fake-cluster/ca.crt"
	start
	cp "$R/etc/ssl/certs/ca-certificates.crt" "$TEST_TMP/bundle"
	start
	cmp "$TEST_TMP/bundle" "$R/etc/ssl/certs/ca-certificates.crt"
	expect_has 'old bundle' "$TEST_TMP/bundle"
	expect_equal 1 "$(grep -c '^-----BEGIN CERTIFICATE-----' "$TEST_TMP/bundle")"
	expect_mode 644 "$R/etc/ssl/certs/ca-certificates.crt"
	cmp "$REPO/tests/data/fake-cluster/ca.crt" "$R/etc/ssl/certs/openshell-node-ca.crt"
	expect_has '(--ca): 1' "$LOG"
}

a_ca_is_trusted_where_there_is_no_bundle() {
	given ca.crt <"$REPO/tests/data/fake-cluster/ca.crt"
	start
	cmp "$REPO/tests/data/fake-cluster/ca.crt" "$R/etc/ssl/certs/openshell-node-ca.crt"
	expect_mode 644 "$R/etc/ssl/certs/openshell-node-ca.crt"
	[ ! -e "$R/etc/ssl/certs/ca-certificates.crt" ]
}

nothing_given_changes_nothing() {
	mkdir -p "$R/etc/ssl/certs"
	echo old >"$R/etc/ssl/certs/ca-certificates.crt"
	start
	expect_equal old "$(cat "$R/etc/ssl/certs/ca-certificates.crt")"
	[ ! -e "$R/etc/ssl/certs/openshell-node-ca.crt" ]
}

# --- proxies ----------------------------------------------------------------

# exported NAME: what k3s has in its environment
exported() { sed -n "s/^$1=//p" "$TEST_TMP/environment"; }

start_with_proxy() {
	fake k3s 'printf "%s\n" "$@" >"$ARGV"; env >"${ARGV%/*}/environment"'
	start "$@"
	fake k3s 'printf "%s\n" "$@" >"$ARGV"'
}

own='localhost,127.0.0.1,::1,10.42.0.0/16,10.43.0.0/16,.svc,.cluster.local,host.docker.internal,host.openshell.internal'

the_nodes_own_addresses_need_no_proxy() {
	start_with_proxy HTTPS_PROXY=http://me:pa55@proxy.test:3128 OPENSHELL_NODE_NAME=openshell-gw HOST_ALIAS=192.168.65.254
	expect_equal "$own,openshell-gw,172.20.0.2,172.20.0.2/16,192.168.65.254" "$(exported NO_PROXY)"
	expect_equal "$(exported NO_PROXY)" "$(exported no_proxy)"
	expect_equal http://me:pa55@proxy.test:3128 "$(exported HTTPS_PROXY)"
	expect_lacks pa55 "$LOG"
}

what_needs_no_proxy_already_is_not_named_twice() {
	start_with_proxy http_proxy=http://proxy.test "no_proxy=corp.test,$own,172.20.0.2" NO_ETH0=
	expect_equal "corp.test,$own,172.20.0.2,172.20.0.2/16,172.20.0.1" "$(exported no_proxy)"
}

without_a_proxy_there_are_no_exceptions() {
	start_with_proxy NO_PROXY=
	expect_equal '' "$(exported no_proxy)"
}

# --- charts, manifests, images ----------------------------------------------

charts_and_manifests_are_copied_over_old_ones() {
	mkdir -p "$(manifests)" "$R/var/lib/rancher/k3s/server/static/charts"
	echo old >"$(manifests)/sandbox-crd.yaml"
	echo old >"$R/var/lib/rancher/k3s/server/static/charts/openshell-0.1.0.tgz"
	start
	cmp "$R/opt/openshell/manifests/sandbox-crd.yaml" "$(manifests)/sandbox-crd.yaml"
	expect_equal chart "$(cat "$R/var/lib/rancher/k3s/server/static/charts/openshell-0.1.0.tgz")"
}

only_our_own_stale_manifests_are_removed() {
	mkdir -p "$(manifests)"
	for so in openshell-old envoy-gateway-old agent-old coredns ccm; do echo x >"$(manifests)/$so.yaml"; done
	start
	expect_equal 'ccm.yaml coredns.yaml openshell-coredns-custom.yaml openshell-helmchart.yaml openshell-namespace.yaml sandbox-crd.yaml ' \
		"$(find "$(manifests)" -type f -exec basename {} \; | sort | tr '\n' ' ')"
}

gpu_manifests_come_and_go_with_the_flag() {
	start GPU_ENABLED=true
	[ -e "$(manifests)/nvidia-device-plugin-helmchart.yaml" ]
	start GPU_ENABLED=yes
	[ ! -e "$(manifests)/nvidia-device-plugin-helmchart.yaml" ]
	eventually 3 grep -q 'kubectl .*delete helmchart --ignore-not-found nvidia-device-plugin' "$CALLS"
}

images_are_copied_with_their_times() {
	echo archive >"$R/opt/openshell/images/openshell.tar"
	touch -d '2024-01-02 03:04:05' "$R/opt/openshell/images/openshell.tar"
	start
	ia=$R/var/lib/rancher/k3s/agent/images/openshell.tar
	expect_equal "$(stat -c %Y "$R/opt/openshell/images/openshell.tar")" "$(stat -c %Y "$ia")"
	ia_inode=$(stat -c %i "$ia")
	start
	expect_equal "$ia_inode" "$(stat -c %i "$ia")"
}

nothing_half_written_is_ever_in_the_watched_directory() {
	start
	expect_equal '' "$(find "$(manifests)" -name '*tmp*' -o -name '.*' -type f)"
	expect_equal '' "$(find "$R/var/lib/rancher/k3s/server/.openshell-stage" -type f)"
}

# --- the chart's values -----------------------------------------------------

without_environment_the_template_stands() {
	start
	expect_equal 'ghcr.io/nvidia/openshell/gateway latest IfNotPresent []' \
		"$(value repository) $(value tag) $(value pullPolicy) $(value extraSANs)"
	expect_equal '"" 0 false false' "$(value sshGatewayHost) $(value sshGatewayPort) $(value disableGatewayAuth) $(value disableTls)"
	sed '/^#/d' "$(chart)" >"$TEST_TMP/chart"
	expect_lacks __ "$TEST_TMP/chart"
	expect_equal "\"$(echo chart | sha256sum | cut -d ' ' -f 1)\"" "$(value chartChecksum)"
}

a_repository_and_a_tag_go_into_all_images() {
	start IMAGE_REPO_BASE=127.0.0.1:5000/openshell IMAGE_TAG=dev
	expect_equal '127.0.0.1:5000/openshell/gateway "dev"' "$(value repository) $(value tag)"
	expect_equal '127.0.0.1:5000/openshell/pki-job:dev 127.0.0.1:5000/openshell/sandbox:dev' "$(value jobImage) $(value sandboxImage)"
}

a_tag_alone_replaces_latest_only() {
	start IMAGE_TAG=dev
	expect_equal '"dev" ghcr.io/nvidia/openshell/pki-job:dev' "$(value tag) $(value jobImage)"
	sed -i 's/tag: latest/tag: latest-foo/' "$R/opt/openshell/manifests/openshell-helmchart.yaml"
	start IMAGE_TAG=dev
	expect_equal latest-foo "$(value tag)"
}

pushed_images_win() {
	start IMAGE_REPO_BASE=127.0.0.1:5000/openshell IMAGE_TAG=dev IMAGE_PULL_POLICY=Always \
		'PUSH_IMAGE_REFS=openshell/gateway:abc, openshell/sandbox:abc'
	expect_equal 'openshell/gateway "abc" Always' "$(value repository) $(value tag) $(value pullPolicy)"
	expect_equal openshell/sandbox:abc "$(value sandboxImage)"
}

pushed_names_need_a_slash_and_a_tag() {
	start PUSH_IMAGE_REFS=gateway:abc,host:5000/x/gateway
	expect_equal 'ghcr.io/nvidia/openshell/gateway latest' "$(value repository) $(value tag)"
}

a_digest_is_refused() {
	expect_status 2 start PUSH_IMAGE_REFS=x/gateway:1@sha256:0123
}

baked_images_are_used_unless_a_repository_was_named() {
	printf 'openshell/gateway:b1\nopenshell/pki-job:b1\n' >"$R/opt/openshell/images/refs"
	start IMAGE_REPO_BASE=ghcr.io/nvidia/openshell IMAGE_TAG=dev
	expect_equal 'openshell/gateway "b1" openshell/pki-job:b1' "$(value repository) $(value tag) $(value jobImage)"
	start IMAGE_REPO_BASE=r.test/o IMAGE_REPO_BASE_EXPLICIT=true IMAGE_TAG=dev
	expect_equal 'r.test/o/gateway "dev" r.test/o/pki-job:dev' "$(value repository) $(value tag) $(value jobImage)"
	start PUSH_IMAGE_REFS=openshell/gateway:p
	expect_equal '"p" openshell/pki-job:b1' "$(value tag) $(value jobImage)"
}

switches_accept_only_true() {
	start DISABLE_TLS=true DISABLE_GATEWAY_AUTH=1
	expect_equal 'true false' "$(value disableTls) $(value disableGatewayAuth)"
}

extra_names_become_a_list() {
	start 'EXTRA_SANS=gw.example.com, 10.0.0.5,,fd00::1,*.example.com'
	expect_equal "['gw.example.com','10.0.0.5','fd00::1','*.example.com']" "$(value extraSANs)"
}

a_bad_extra_name_is_left_out_and_named() {
	start "EXTRA_SANS=a'b,ok.test"
	expect_equal "['ok.test']" "$(value extraSANs)"
	expect_has "'a'b' is no host name" "$LOG"
}

the_ssh_endpoint_is_filled_in() {
	start SSH_GATEWAY_HOST=gw.example.com SSH_GATEWAY_PORT=8443
	expect_equal '"gw.example.com" 8443' "$(value sshGatewayHost) $(value sshGatewayPort)"
}

bad_values_are_refused() {
	for bv in 'IMAGE_PULL_POLICY=always' 'SSH_GATEWAY_PORT=0' 'SSH_GATEWAY_PORT=70000' 'SSH_GATEWAY_HOST=a b' \
		'IMAGE_REPO_BASE=a|b&c' 'IMAGE_TAG=x y' 'SSH_GATEWAY_HOST=a
b' 'OPENSHELL_NODE_NAME=-x'; do
		expect_status 2 start "$bv"
		expect_has "${bv%%=*}" "$LOG"
		[ ! -e "$ARGV" ]
	done
}

other_values_have_another_checksum() {
	start
	oc_first=$(value configChecksum)
	start
	expect_equal "$oc_first" "$(value configChecksum)"
	start DISABLE_TLS=true
	[ "$oc_first" != "$(value configChecksum)" ]
	[ "${#oc_first}" -eq 34 ]
}

a_missing_template_is_no_error() {
	rm "$R/opt/openshell/manifests/openshell-helmchart.yaml"
	rm "$R/opt/openshell/charts/openshell-0.1.0.tgz"
	start
	[ ! -e "$(chart)" ]
}

a_chart_that_is_not_there_leaves_no_checksum() {
	rm "$R/opt/openshell/charts/openshell-0.1.0.tgz"
	start
	expect_lacks chartChecksum "$(chart)"
}

# --- the host's name --------------------------------------------------------

the_hosts_name_is_preferred_to_the_route() {
	start HOST_ALIAS=192.168.65.254
	expect_equal '"192.168.65.254"' "$(value hostGatewayIP)"
	expect_has '192.168.65.254 host.docker.internal host.openshell.internal' "$(manifests)/openshell-coredns-custom.yaml"
}

the_route_serves_where_the_name_is_unknown() {
	start
	expect_equal '"172.20.0.1"' "$(value hostGatewayIP)"
}

# --- k3s --------------------------------------------------------------------

k3s_gets_the_arguments_and_the_extras() {
	start OPENSHELL_NODE_NAME=openshell-dev -- server --disable=traefik --tls-san=127.0.0.1
	expect_equal "server --disable=traefik --tls-san=127.0.0.1 --node-name=openshell-dev --kubelet-arg=resolv-conf=$R/etc/rancher/k3s/resolv.conf --kube-proxy-arg=iptables-min-sync-period=100ms --kubelet-arg=fail-cgroupv1=false " \
		"$(tr '\n' ' ' <"$ARGV")"
}

no_argument_means_server() {
	start --
	expect_equal server "$(head -n 1 "$ARGV")"
}

another_command_gets_nothing_extra() {
	start OPENSHELL_NODE_NAME=x -- kubectl get pods
	expect_equal 'kubectl get pods ' "$(tr '\n' ' ' <"$ARGV")"
	[ ! -e "$R/etc/rancher" ]
}

on_cgroup_v2_the_controllers_are_handed_down() {
	mkdir -p "$R/sys/fs/cgroup"
	echo 'cpu memory pids' >"$R/sys/fs/cgroup/cgroup.controllers"
	echo 1 >"$R/sys/fs/cgroup/cgroup.procs"
	: >"$R/sys/fs/cgroup/cgroup.subtree_control"
	start
	expect_lacks fail-cgroupv1 "$ARGV"
	expect_equal 1 "$(cat "$R/sys/fs/cgroup/init/cgroup.procs")"
	expect_equal +pids "$(cat "$R/sys/fs/cgroup/cgroup.subtree_control")"
}

without_a_route_it_gives_up_and_says_so() {
	expect_status 2 start NO_ROUTE=1 HOST_ALIAS=10.9.9.9
	expect_has 'no default route after 30 s' "$LOG"
}

run_all() {
	sed -n 's/^\([a-z][a-z0-9_]*\)() {$/\1/p' "$0" >"$TEST_TMP/tests"
	while read -r ra; do
		case $ra in
		fake | make_fakes | make_root | start | resolv | chart | value | manifests | registries | names | public | run_all | main) continue ;;
		what_docker_wrote | given | exported | start_with_proxy) continue ;;
		esac
		make_root
		check "${ra}_under_$1" "$ra"
	done <"$TEST_TMP/tests"
}

main() {
	make_fakes
	SH=dash TOOLS=/usr/sbin:/usr/bin:/sbin:/bin
	run_all dash
	if ! command -v busybox >/dev/null 2>&1; then
		skip entrypoint_under_busybox 'busybox is not installed'
		return 0
	fi
	mkdir -p "$TEST_TMP/busybox"
	for mn in $(busybox --list); do ln -sf "$(command -v busybox)" "$TEST_TMP/busybox/$mn"; done
	SH="$TEST_TMP/busybox/sh" TOOLS=$TEST_TMP/busybox:/usr/sbin:/usr/bin:/sbin:/bin
	run_all busybox
}

main "$@"
