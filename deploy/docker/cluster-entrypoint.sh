#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Prepares the container and becomes `k3s server`: DNS for pods, registry
# configuration, charts, manifests and images that the data volume would hide.
# Plain POSIX sh: /bin/sh is dash or busybox. docs/cluster-image.md lists the
# environment. OPENSHELL_ROOT prefixes every path and K3S_BIN names the program
# to become; both exist for tests only.

set -eu

ROOT=${OPENSHELL_ROOT:-}
K3S_BIN=${K3S_BIN:-/bin/k3s}
BUNDLE=$ROOT/opt/openshell
DATA=$ROOT/var/lib/rancher/k3s
ETC=$ROOT/etc/rancher/k3s
RUN=$ROOT/run/openshell
MANIFESTS=$DATA/server/manifests
STAGE=$DATA/server/.openshell-stage
RESOLV_CONF=$ETC/resolv.conf
CDI_SPEC_DIR=$ROOT/var/run/cdi
CDI_WSL_INPUT=$CDI_SPEC_DIR/k8s.device-plugin.nvidia.com-gpu.json
CDI_WSL_OUTPUT=$CDI_SPEC_DIR/openshell-wsl.json
DXG=$ROOT/dev/dxg
# What openshell gateway start --ca and --registries put into the container.
GIVEN=$ROOT/etc/openshell/node
CERTS=$ROOT/etc/ssl/certs

IPTABLES=iptables
HOST_IP=
NL='
'

say() {
	printf 'cluster-entrypoint: %s\n' "$*" >&2
}

warn() {
	say "warning: $*"
}

die() {
	say "$*"
	exit 2
}

# The command line reads a marker at the start of a line of the log.
mark() {
	printf '%s: %s\n' "$1" "$2" >&2
}

# --- checks of what comes in ----------------------------------------------

matches() {
	case $1 in *"$NL"*) return 1 ;; esac
	printf '%s\n' "$1" | grep -Eq -e "$2"
}

is_ipv4() {
	matches "$1" '^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])$'
}

is_ipv6() {
	matches "$1" '^[0-9a-fA-F:]*:[0-9a-fA-F:.]*$'
}

is_host() {
	is_ipv4 "$1" || is_ipv6 "$1" ||
		matches "$1" '^[A-Za-z0-9]([A-Za-z0-9_.-]{0,252}[A-Za-z0-9])?$'
}

is_san() {
	is_host "${1#\*.}"
}

is_port() {
	matches "$1" '^[1-9][0-9]{0,4}$' && [ "$1" -le 65535 ]
}

is_repository() {
	matches "$1" '^(\[[0-9a-fA-F:]+\](:[0-9]+)?/|[A-Za-z0-9.-]+(:[0-9]+)?/)?[a-z0-9]+([._/-]+[a-z0-9]+)*$'
}

is_tag() {
	matches "$1" '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$'
}

# An image reference with a tag and without a digest.
is_image() {
	case $1 in *@*) return 1 ;; */*:*) ;; *) return 1 ;; esac
	is_repository "${1%:*}" && is_tag "${1##*:}"
}

require() {
	[ -z "$2" ] || "$3" "$2" || die "$1: '$2' is not $4"
}

is_pull_policy() {
	case $1 in Always | IfNotPresent | Never) ;; *) return 1 ;; esac
}

check_environment() {
	require IMAGE_REPO_BASE "${IMAGE_REPO_BASE:-}" is_repository 'an image repository'
	require IMAGE_TAG "${IMAGE_TAG:-}" is_tag 'an image tag'
	require IMAGE_PULL_POLICY "${IMAGE_PULL_POLICY:-}" is_pull_policy 'Always, IfNotPresent or Never'
	require SSH_GATEWAY_HOST "${SSH_GATEWAY_HOST:-}" is_host 'a host name or address'
	require SSH_GATEWAY_PORT "${SSH_GATEWAY_PORT:-}" is_port 'a port'
	require OPENSHELL_NODE_NAME "${OPENSHELL_NODE_NAME:-}" is_host 'a node name'
}

# --- kernel and packet filter ---------------------------------------------

check_kernel() {
	if [ ! -e "$ROOT/proc/sys/net/bridge/bridge-nf-call-iptables" ]; then
		warn 'bridge netfilter is not loaded; if pods cannot reach services, run "modprobe br_netfilter" on the host'
	fi
	ck_file=$ROOT/proc/sys/fs/inotify/max_user_instances
	[ -r "$ck_file" ] || return 0
	ck_value=$(cat "$ck_file")
	[ "$ck_value" -ge 256 ] ||
		warn "fs.inotify.max_user_instances is $ck_value; set it to 512 on the host (sysctl -w) if the node does not come up"
}

# Some kernels lack xt_comment for nft, which kube-proxy cannot do without.
probe_iptables() {
	[ -z "${USE_IPTABLES_LEGACY:-}" ] || return 0
	iptables -N _xt_probe 2>/dev/null || return 0
	iptables -A _xt_probe -m comment --comment probe -j ACCEPT 2>/dev/null || USE_IPTABLES_LEGACY=1
	iptables -D _xt_probe -m comment --comment probe -j ACCEPT 2>/dev/null || :
	iptables -X _xt_probe 2>/dev/null || :
}

select_iptables() {
	probe_iptables
	[ "${USE_IPTABLES_LEGACY:-}" = 1 ] || return 0
	say 'using the legacy iptables'
	IPTABLES=iptables-legacy
	for si_tool in iptables ip6tables; do
		update-alternatives --set "$si_tool" "/usr/sbin/$si_tool-legacy" >/dev/null 2>&1 ||
			warn "$si_tool cannot be switched to the legacy one"
	done
}

# --- DNS for pods -----------------------------------------------------------

# Of the addresses on stdin those that pods can use as they are, three at most:
# not loopback, not IPv6 (the pod network has none).
for_pods() {
	tr -d '\r \t' | while read -r fp_ip; do
		case $fp_ip in 127.* | 0.0.0.0) continue ;; esac
		if is_ipv4 "$fp_ip"; then printf '%s\n' "$fp_ip"; fi
	done | awk '!seen[$0]++ && ++n <= 3'
}

usable_nameservers() {
	{
		printf '%s\n' "${UPSTREAM_DNS:-}" | tr ',' '\n'
		[ ! -r "$ROOT/etc/resolv.conf" ] ||
			awk '$1 == "nameserver" { print $2 }' "$ROOT/etc/resolv.conf"
	} | for_pods
}

# What docker's own resolver asks: the --dns of the container, else what its host
# has. Engines since 26 write it into a comment, "# ExtServers: [10.0.0.2 host(127.0.0.53)]";
# where they knew of none, they say so and name public ones.
servers_behind_docker() {
	{
		printf '%s\n' "${FALLBACK_DNS:-}" | tr ',' '\n'
		[ ! -r "$ROOT/etc/resolv.conf" ] || awk '
			/^# Used default nameservers/ { exit }
			/^# ExtServers: / {
				gsub(/host\(|[][)]/, " ")
				for (i = 3; i <= NF; i++) print $i
			}' "$ROOT/etc/resolv.conf"
	} | for_pods
}

# dns_port PROTO: reads `iptables -S` on stdin, prints the port on which docker's own resolver listens.
dns_port() {
	awk -v proto="$1" '
	$1 != "-A" || $2 != "DOCKER_OUTPUT" { next }
	{
		p = d = t = ""
		for (i = 3; i < NF; i++) {
			if ($i == "-p") p = $(i + 1)
			else if ($i == "--dport") d = $(i + 1)
			else if ($i == "--to-destination") t = $(i + 1)
		}
	}
	p == proto && d == "53" && t ~ /^127\.0\.0\.11:[0-9]+$/ {
		sub(/^.*:/, "", t); print t; exit
	}'
}

container_ip() {
	ip -4 -o addr show dev eth0 2>/dev/null |
		awk '{ for (i = 1; i < NF; i++) if ($i == "inet") { sub(/\/.*/, "", $(i + 1)); print $(i + 1); exit } }'
}

# Docker writes its rules with either backend: ask the chosen one, then the rest.
docker_rules() {
	for dr_tool in "$IPTABLES" iptables-legacy iptables-nft; do
		dr_out=$("$dr_tool" -t nat -S DOCKER_OUTPUT 2>/dev/null) || continue
		case $dr_out in *--to-destination*) ;; *) continue ;; esac
		printf '%s\n%s\n' "$dr_tool" "$dr_out"
		return 0
	done
	return 1
}

dnat() {
	"$1" -t nat -C PREROUTING -p "$2" --dport 53 -d "$3" -j DNAT --to-destination "127.0.0.11:$4" 2>/dev/null ||
		"$1" -t nat -I PREROUTING -p "$2" --dport 53 -d "$3" -j DNAT --to-destination "127.0.0.11:$4"
}

# Pods cannot reach 127.0.0.11, so let them ask this container's address, which
# the kernel passes on to docker's resolver. Returns 1 where that cannot work.
proxy_docker_dns() {
	pd_all=$(docker_rules) || pd_all=
	pd_tool=${pd_all%%"$NL"*}
	pd_udp=$(printf '%s\n' "$pd_all" | dns_port udp)
	pd_tcp=$(printf '%s\n' "$pd_all" | dns_port tcp)
	pd_ip=$(container_ip)
	if [ -z "$pd_udp" ] || [ -z "$pd_tcp" ]; then
		warn "docker's DNS ports: udp ${pd_udp:-<not found>}, tcp ${pd_tcp:-<not found>}"
		return 1
	fi
	if [ -z "$pd_ip" ]; then
		warn 'eth0 has no IPv4 address'
		return 1
	fi
	dnat "$pd_tool" udp "$pd_ip" "$pd_udp" || return 1
	dnat "$pd_tool" tcp "$pd_ip" "$pd_tcp" || return 1
	# A packet for 127/8 that came in from a pod is dropped as a martian without this.
	{ echo 1 >"$ROOT/proc/sys/net/ipv4/conf/all/route_localnet"; } 2>/dev/null ||
		warn 'route_localnet cannot be set; pods may be without DNS'
	printf 'nameserver %s\n' "$pd_ip" | put "$RESOLV_CONF" 644
	say "pods ask $pd_ip for names, which docker's resolver answers (udp $pd_udp, tcp $pd_tcp)"
}

# pods_ask ADDRESSES: false when there are none.
pods_ask() {
	[ -n "$1" ] || return 1
	printf '%s\n' "$1" | sed 's/^/nameserver /' | put "$RESOLV_CONF" 644
	say "pods ask $(printf '%s' "$1" | tr '\n' ' ') for names"
}

# Where docker found no resolver on its host, it asks public ones without a word.
tell_of_dockers_choice() {
	! grep -q '^# Used default nameservers' "$ROOT/etc/resolv.conf" 2>/dev/null ||
		warn "docker's host has no resolver, so docker asks public ones; name others: openshell gateway start --dns ADDR"
}

setup_dns() {
	tell_of_dockers_choice
	! pods_ask "$(usable_nameservers)" || return 0
	! proxy_docker_dns || return 0
	if pods_ask "$(servers_behind_docker)"; then
		warn "docker's resolver cannot serve pods: they ask the servers behind it, and know no container by name"
		return 0
	fi
	printf 'nameserver %s\n' 8.8.8.8 8.8.4.4 | put "$RESOLV_CONF" 644
	mark DNS_PROBE_FAILED "no resolver of this container can serve pods; they will ask 8.8.8.8 and 8.8.4.4"
	warn 'public resolvers are often out of reach behind a firewall and on Docker Desktop; name others: openshell gateway start --dns ADDR'
}

# The host name in HOST[:PORT]; nothing for an address.
registry_name() {
	rn=${1#*://}
	rn=${rn%%/*}
	case $rn in \[* | *:*:*) return 0 ;; esac
	rn=${rn%:*}
	is_ipv4 "$rn" || printf '%s\n' "$rn"
}

# Runs beside k3s: on a host that reaches no registry this takes its whole time
# and changes nothing, since all images may be baked in.
verify_dns() {
	if [ -n "${HTTPS_PROXY:-}${https_proxy:-}" ]; then
		say 'the registry is behind a proxy, which looks its name up'
		return 0
	fi
	vd_host=$(registry_name "${REGISTRY_HOST:-ghcr.io}")
	if [ -z "$vd_host" ]; then
		say 'the registry is an address: no name to look up'
		return 0
	fi
	for vd_try in 1 2 3 4 5; do
		[ "$vd_try" -eq 1 ] || sleep 1
		timeout 2 nslookup -timeout=1 -retry=1 "$vd_host" >/dev/null 2>&1 && return 0
	done
	mark DNS_PROBE_FAILED "$vd_host cannot be resolved (resolv.conf for pods: $(tr '\n' ' ' <"$RESOLV_CONF"))"
	warn 'images that are not on this node cannot be pulled; restarting Docker or removing unused networks often helps'
}

# --- files ------------------------------------------------------------------

# put FILE MODE: stdin becomes FILE in one step, never seen half written.
put() {
	put_tmp=$1.tmp.$$
	(umask 077 && cat >"$put_tmp") && chmod "$2" "$put_tmp" && mv -f "$put_tmp" "$1"
}

yaml_quote() {
	printf "'"
	printf '%s' "$1" | sed "s/'/''/g"
	printf "'"
}

has_control() {
	case $1 in *[[:cntrl:]]*) return 0 ;; *) return 1 ;; esac
}

is_yes() {
	case $1 in [Tt][Rr][Uu][Ee] | 1 | [Yy][Ee][Ss] | [Oo][Nn]) ;; *) return 1 ;; esac
}

mirror() {
	printf '  %s:\n    endpoint:\n      - %s\n' "$(yaml_quote "$1")" "$(yaml_quote "$2")"
}

auth() {
	printf '  %s:\n    auth:\n      username: %s\n      password: %s\n' \
		"$(yaml_quote "$1")" "$(yaml_quote "$2")" "$(yaml_quote "$3")"
}

# containerd looks credentials up by the host that it talks to, which is the
# endpoint where one is given.
registry_auths() {
	ra_endpoint=${1#*://}
	ra_endpoint=${ra_endpoint%%/*}
	if [ -n "${REGISTRY_USERNAME:-}" ] && [ -n "${REGISTRY_PASSWORD:-}" ]; then
		auth "$REGISTRY_HOST" "$REGISTRY_USERNAME" "$REGISTRY_PASSWORD"
		[ "$ra_endpoint" = "$REGISTRY_HOST" ] ||
			auth "$ra_endpoint" "$REGISTRY_USERNAME" "$REGISTRY_PASSWORD"
	fi
	[ -n "$2" ] && [ "$ra_endpoint" != "$2" ] || return 0
	[ -n "${COMMUNITY_REGISTRY_USERNAME:-}" ] && [ -n "${COMMUNITY_REGISTRY_PASSWORD:-}" ] || return 0
	auth "$2" "$COMMUNITY_REGISTRY_USERNAME" "$COMMUNITY_REGISTRY_PASSWORD"
}

registries() {
	rs_endpoint=${REGISTRY_ENDPOINT:-$REGISTRY_HOST}
	case $rs_endpoint in
	*://*) ;;
	*) if is_yes "${REGISTRY_INSECURE:-}"; then rs_endpoint=http://$rs_endpoint; else rs_endpoint=https://$rs_endpoint; fi ;;
	esac
	rs_other=${COMMUNITY_REGISTRY_HOST:-}
	[ "$rs_other" != "$REGISTRY_HOST" ] || rs_other=
	echo 'mirrors:'
	mirror "$REGISTRY_HOST" "$rs_endpoint"
	[ -z "$rs_other" ] || mirror "$rs_other" "https://$rs_other"
	rs_auths=$(registry_auths "$rs_endpoint" "$rs_other")
	[ -z "$rs_auths" ] || printf 'configs:\n%s\n' "$rs_auths"
}

# A file that was given holds as it is: what it says of a registry and what the
# environment says cannot be told apart by who reads the result.
take_registries() {
	[ -e "$GIVEN/registries.yaml" ] || return 1
	put "$ETC/registries.yaml" 600 <"$GIVEN/registries.yaml"
	[ -z "${REGISTRY_USERNAME:-}${REGISTRY_ENDPOINT:-}" ] ||
		warn 'REGISTRY_USERNAME, REGISTRY_PASSWORD and REGISTRY_ENDPOINT have no effect: registries.yaml was given'
}

write_registries() {
	! take_registries || return 0
	if [ -z "${REGISTRY_HOST:-}" ]; then
		rm -f "$ETC/registries.yaml"
		warn 'REGISTRY_HOST is not set: no registry is configured'
		return 0
	fi
	if has_control "$REGISTRY_HOST${REGISTRY_ENDPOINT:-}${COMMUNITY_REGISTRY_HOST:-}${REGISTRY_USERNAME:-}${REGISTRY_PASSWORD:-}${COMMUNITY_REGISTRY_USERNAME:-}${COMMUNITY_REGISTRY_PASSWORD:-}"; then
		die 'a REGISTRY_* value holds a control character'
	fi
	registries | put "$ETC/registries.yaml" 600
}

# k3s, containerd and all that is written in Go read every file of the directory;
# other programs read the bundle, which a second start finds done.
trust_ca() {
	[ -e "$GIVEN/ca.crt" ] || return 0
	mkdir -p "$CERTS"
	put "$CERTS/openshell-node-ca.crt" 644 <"$GIVEN/ca.crt"
	tc_mark='# given by openshell gateway start --ca'
	tc_bundle=$CERTS/ca-certificates.crt
	if [ -e "$tc_bundle" ] && ! grep -qxF -e "$tc_mark" "$tc_bundle"; then
		{ cat "$tc_bundle"; printf '\n%s\n' "$tc_mark"; cat "$GIVEN/ca.crt"; } | put "$tc_bundle" 644
	fi
	say "certificates added to those that the node trusts (--ca): $(grep -c '^-----BEGIN CERTIFICATE-----' "$GIVEN/ca.crt")"
}

# install_file FROM DIR: by way of a directory that nobody watches.
install_file() {
	if_name=${1##*/}
	cp "$1" "$STAGE/$if_name"
	mv -f "$STAGE/$if_name" "$2/$if_name"
}

make_directories() {
	mkdir -p "$ETC" "$RUN" "$ROOT/run/flannel" "$MANIFESTS" "$DATA/server/static/charts" "$DATA/agent/images" "$STAGE"
	rm -f "$STAGE"/*
	: >"$RUN/removed-charts"
}

copy_charts() {
	for cc_chart in "$BUNDLE"/charts/*.tgz; do
		[ ! -e "$cc_chart" ] || install_file "$cc_chart" "$DATA/server/static/charts"
	done
}

chart_checksum() {
	for ch_chart in "$BUNDLE"/charts/openshell-*.tgz; do
		[ ! -e "$ch_chart" ] || sha256sum "$ch_chart"
	done | sed 's/ .*//;q'
}

# Removing a manifest does not remove what it made. The names of charts go into
# a list that delete_removed_charts works off.
drop_manifest() {
	say "removing the manifest ${1##*/}: it is not part of this image or of this start"
	awk '/^kind:/ { kind = $2 } /^  name:/ && kind == "HelmChart" { print $2; kind = "" }' "$1" >>"$RUN/removed-charts"
	rm -f "$1"
}

copy_manifests() {
	for cm_file in "$BUNDLE"/manifests/*.yaml; do
		case $cm_file in */openshell-helmchart.yaml) continue ;; esac
		[ ! -e "$cm_file" ] || install_file "$cm_file" "$MANIFESTS"
	done
	for cm_file in "$MANIFESTS"/openshell-*.yaml "$MANIFESTS"/envoy-gateway-*.yaml \
		"$MANIFESTS"/agent-*.yaml "$MANIFESTS"/sandbox-*.yaml; do
		case $cm_file in */openshell-coredns-custom.yaml) continue ;; esac
		[ ! -e "$cm_file" ] || [ -e "$BUNDLE/manifests/${cm_file##*/}" ] || drop_manifest "$cm_file"
	done
}

copy_gpu_manifests() {
	for cg_file in "$BUNDLE"/gpu-manifests/*.yaml; do
		[ -e "$cg_file" ] || continue
		if [ "${GPU_ENABLED:-}" = true ]; then
			install_file "$cg_file" "$MANIFESTS"
		elif [ -e "$MANIFESTS/${cg_file##*/}" ]; then
			drop_manifest "$MANIFESTS/${cg_file##*/}"
		fi
	done
}

delete_removed_charts() {
	for dc_try in $(seq 60); do
		[ "$dc_try" -eq 1 ] || sleep 5
		# shellcheck disable=SC2046 # one word a name
		kubectl --kubeconfig "$ETC/k3s.yaml" -n kube-system delete helmchart \
			--ignore-not-found $(cat "$RUN/removed-charts") >/dev/null 2>&1 && return 0
	done
	warn "charts whose manifests are gone are still installed: $(tr '\n' ' ' <"$RUN/removed-charts")"
}

# Times are kept: k3s imports an archive again only when it looks changed.
copy_images() {
	for ci_file in "$BUNDLE"/images/*.tar; do
		[ -e "$ci_file" ] || continue
		ci_to=$DATA/agent/images/${ci_file##*/}
		[ ! -e "$ci_to" ] || [ "$(stat -c %s.%Y "$ci_file")" != "$(stat -c %s.%Y "$ci_to")" ] || continue
		cp -p "$ci_file" "$ci_to.tmp"
		mv -f "$ci_to.tmp" "$ci_to"
	done
}

# --- the chart's values -----------------------------------------------------

# image_of NAME: the reference that the chart is to use for this component, or
# nothing to leave what it has. What was pushed comes first, then a repository
# that somebody named, then what the image carries, then the default repository.
image_of() {
	io_ref=$(printf '%s\n' "${PUSH_IMAGE_REFS:-}" | tr ',' '\n' | tr -d ' \t' | grep "/$1:[^/]*\$" | tail -n 1) || :
	if [ -z "$io_ref" ] && [ "${IMAGE_REPO_BASE_EXPLICIT:-}" != true ] && [ -r "$BUNDLE/images/refs" ]; then
		io_ref=$(grep "/$1:[^/]*\$" "$BUNDLE/images/refs" | head -n 1) || :
	fi
	if [ -z "$io_ref" ] && [ -n "${IMAGE_REPO_BASE:-}" ]; then
		io_ref=$IMAGE_REPO_BASE/$1:${IMAGE_TAG:-latest}
	fi
	[ -z "$io_ref" ] || is_image "$io_ref" ||
		die "'$io_ref' is not an image reference with a tag (digests are not taken)"
	printf '%s\n' "$io_ref"
}

# Lines of the template are found by their key; a value comes from the
# environment, where nothing has a second meaning.
rewrite_images() {
	NEW_GATEWAY=$(image_of gateway) || exit
	NEW_SANDBOX=$(image_of sandbox) || exit
	NEW_JOB=$(image_of pki-job) || exit
	export NEW_GATEWAY NEW_SANDBOX NEW_JOB
	awk '
	function set(value) { match($0, /^[ ]*[A-Za-z]+:/); print substr($0, 1, RLENGTH) " " value }
	function latest(ref, tag) { if (tag != "") sub(/:latest$/, ":" tag, ref); return ref }
	BEGIN {
		ref = ENVIRON["NEW_GATEWAY"]; tag = ENVIRON["IMAGE_TAG"]
		if (ref != "") { repo = ref; sub(/:[^:]*$/, "", repo); sub(/^.*:/, "", ref) }
	}
	/^ +repository: / && repo != "" { set(repo); next }
	/^ +tag: / && ref != "" { set("\"" ref "\""); next }
	/^ +tag: "?latest"? *$/ && tag != "" { set("\"" tag "\""); next }
	/^ +sandboxImage: / { set(ENVIRON["NEW_SANDBOX"] != "" ? ENVIRON["NEW_SANDBOX"] : latest($2, tag)); next }
	/^ +jobImage: / { set(ENVIRON["NEW_JOB"] != "" ? ENVIRON["NEW_JOB"] : latest($2, tag)); next }
	/^ +pullPolicy: / && ENVIRON["IMAGE_PULL_POLICY"] != "" { set(ENVIRON["IMAGE_PULL_POLICY"]); next }
	{ print }'
}

san_list() {
	sl_out=
	sl_all=$(printf '%s\n' "${EXTRA_SANS:-}" | tr ',' '\n' | tr -d ' \t\r')
	for sl_one in $sl_all; do
		if is_san "$sl_one"; then
			sl_out="$sl_out${sl_out:+,}'$sl_one'"
		else
			warn "EXTRA_SANS: '$sl_one' is no host name or address; left out"
		fi
	done
	printf '%s\n' "$sl_out"
}

literal_true() {
	if [ "$1" = true ]; then echo true; else echo false; fi
}

rewrite_values() {
	V_HOST=${SSH_GATEWAY_HOST:-} V_PORT=${SSH_GATEWAY_PORT:-0} V_HOST_IP=$HOST_IP
	V_NOAUTH=$(literal_true "${DISABLE_GATEWAY_AUTH:-}") V_NOTLS=$(literal_true "${DISABLE_TLS:-}")
	V_SUM=$(chart_checksum) V_SANS=$(san_list)
	export V_HOST V_PORT V_HOST_IP V_NOAUTH V_NOTLS V_SUM V_SANS
	awk '
	function fill(mark, value,   at) {
		while ((at = index($0, mark)) > 0)
			$0 = substr($0, 1, at - 1) value substr($0, at + length(mark))
	}
	/__CHART_CHECKSUM__/ && ENVIRON["V_SUM"] == "" { next }
	/^ +extraSANs: \[\] *$/ && ENVIRON["V_SANS"] != "" { sub(/\[\] *$/, ""); $0 = $0 "[" ENVIRON["V_SANS"] "]" }
	{
		fill("__SSH_GATEWAY_HOST__", ENVIRON["V_HOST"]); fill("__SSH_GATEWAY_PORT__", ENVIRON["V_PORT"])
		fill("__HOST_GATEWAY_IP__", ENVIRON["V_HOST_IP"]); fill("__CHART_CHECKSUM__", ENVIRON["V_SUM"])
		fill("__DISABLE_GATEWAY_AUTH__", ENVIRON["V_NOAUTH"]); fill("__DISABLE_TLS__", ENVIRON["V_NOTLS"])
		print
	}'
}

write_helmchart() {
	wh_from=$BUNDLE/manifests/openshell-helmchart.yaml
	[ -e "$wh_from" ] || return 0
	rewrite_images <"$wh_from" >"$STAGE/helmchart.1"
	rewrite_values <"$STAGE/helmchart.1" >"$STAGE/helmchart.2"
	# The chart writes this onto what it installs, so that the healthcheck can
	# tell the gateway that was asked for from the one of the last start.
	wh_sum=$(sha256sum <"$STAGE/helmchart.2" | cut -c 1-32)
	sed "s/__CONFIG_CHECKSUM__/$wh_sum/" "$STAGE/helmchart.2" >"$STAGE/helmchart.3"
	mv -f "$STAGE/helmchart.3" "$MANIFESTS/openshell-helmchart.yaml"
	rm -f "$STAGE/helmchart.1" "$STAGE/helmchart.2"
}

# --- names of the host ------------------------------------------------------

# On Docker Desktop the bridge's gateway is not the host, so the name comes first.
find_host_ip() {
	HOST_IP=$(timeout 2 getent ahostsv4 host.docker.internal 2>/dev/null | awk '{ print $1; exit }') || :
	if [ -z "$HOST_IP" ]; then
		HOST_IP=$(ip -4 route 2>/dev/null | awk '$1 == "default" && $2 == "via" { print $3; exit }') || :
	fi
	if ! is_ipv4 "$HOST_IP"; then
		HOST_IP=
		warn "the host's address was not found: host.docker.internal is not known to pods"
	fi
}

# k3s' CoreDNS, and the local base's, take in /etc/coredns/custom/*.server from this object.
write_coredns_custom() {
	if [ -z "$HOST_IP" ]; then
		rm -f "$MANIFESTS/openshell-coredns-custom.yaml"
		return 0
	fi
	cat >"$STAGE/coredns" <<-END
		apiVersion: v1
		kind: ConfigMap
		metadata:
		  name: coredns-custom
		  namespace: kube-system
		data:
		  openshell-host.server: |
		    host.docker.internal:53 host.openshell.internal:53 {
		        errors
		        hosts {
		            $HOST_IP host.docker.internal host.openshell.internal
		        }
		    }
	END
	mv -f "$STAGE/coredns" "$MANIFESTS/openshell-coredns-custom.yaml"
}

# --- proxies ----------------------------------------------------------------

has_proxy() {
	[ -n "${HTTP_PROXY:-}${http_proxy:-}${HTTPS_PROXY:-}${https_proxy:-}${ALL_PROXY:-}${all_proxy:-}" ]
}

# The API server reaches the kubelet by the node's address, which is another one
# after each change of the network: no proxy may come between them, nor between
# pods and services, nor before docker's host.
extend_no_proxy() {
	has_proxy || return 0
	en_all=${NO_PROXY:-${no_proxy:-}}
	en_network=$(ip -4 -o addr show dev eth0 2>/dev/null |
		awk '{ for (i = 1; i < NF; i++) if ($i == "inet") { print $(i + 1); exit } }')
	for en_one in localhost 127.0.0.1 ::1 10.42.0.0/16 10.43.0.0/16 .svc .cluster.local host.docker.internal \
		host.openshell.internal "${OPENSHELL_NODE_NAME:-}" "${en_network%/*}" "$en_network" "$HOST_IP"; do
		case ,$en_all, in *",$en_one,"*) continue ;; esac
		[ -z "$en_one" ] || en_all=$en_all${en_all:+,}$en_one
	done
	NO_PROXY=$en_all no_proxy=$en_all
	export NO_PROXY no_proxy
	say "images are fetched by way of a proxy; without it: $en_all"
}

# --- WSL2 -------------------------------------------------------------------

# containerd takes neither the version nor the device name "all" of the spec that
# the device plugin writes there. The temporary name has no suffix that a reader
# of the directory would load.
transform_wsl_cdi_spec() {
	tw_tmp=$CDI_WSL_OUTPUT.$$
	grep -q /dev/dxg "$CDI_WSL_INPUT" 2>/dev/null || return 0
	if jq '.cdiVersion = "0.5.0" | if .devices[0].name == "all" then .devices[0].name = "0" else . end' \
		"$CDI_WSL_INPUT" >"$tw_tmp" 2>/dev/null && [ -s "$tw_tmp" ]; then
		mv -f "$tw_tmp" "$CDI_WSL_OUTPUT"
	else
		rm -f "$tw_tmp"
		warn "$CDI_WSL_INPUT is not a spec that can be read"
	fi
}

# The watch is set before the first look, so that no spec is missed between the two.
watch_cdi_events() {
	inotifywait -q -m -e close_write -e moved_to --format %f "$CDI_SPEC_DIR" 2>/dev/null | {
		transform_wsl_cdi_spec
		while read -r wc_name; do
			[ "$wc_name" != "${CDI_WSL_INPUT##*/}" ] || transform_wsl_cdi_spec
		done
	}
}

watch_cdi_specs() {
	set +e
	mkdir -p "$CDI_SPEC_DIR"
	while :; do
		watch_cdi_events
		sleep 2
		transform_wsl_cdi_spec
	done
}

start_cdi_watcher() {
	[ "${GPU_ENABLED:-}" = true ] && [ -c "$DXG" ] || return 0
	say 'WSL2: watching for CDI specs'
	watch_cdi_specs &
}

# --- k3s --------------------------------------------------------------------

# With a cgroup namespace of our own, its root holds this process; controllers
# can be handed down only from an empty one.
delegate_cgroups() {
	dg=$ROOT/sys/fs/cgroup
	[ -w "$dg/cgroup.subtree_control" ] || return 0
	mkdir -p "$dg/init" 2>/dev/null || return 0
	while read -r dg_pid; do
		{ echo "$dg_pid" >"$dg/init/cgroup.procs"; } 2>/dev/null || :
	done <"$dg/cgroup.procs"
	tr ' ' '\n' <"$dg/cgroup.controllers" | while read -r dg_name; do
		{ echo "+$dg_name" >"$dg/cgroup.subtree_control"; } 2>/dev/null ||
			warn "the cgroup controller $dg_name cannot be handed to pods"
	done
}

wait_for_route() {
	for wr_try in $(seq 30); do
		[ -z "$(ip -4 route show default 2>/dev/null)" ] || return 0
		[ "$wr_try" -ne 1 ] || say 'waiting for a default route'
		sleep 1
	done
	say 'no default route after 30 s; routes and addresses:'
	{ ip route; ip addr; } >&2 || :
	die 'k3s needs a default route: is the container attached to its network?'
}

prepare() {
	check_environment
	make_directories
	check_kernel
	select_iptables
	setup_dns
	verify_dns &
	trust_ca
	write_registries
	copy_charts
	copy_manifests
	copy_gpu_manifests
	start_cdi_watcher
	find_host_ip
	extend_no_proxy
	write_helmchart
	write_coredns_custom
	copy_images
	[ ! -s "$RUN/removed-charts" ] || delete_removed_charts &
}

# For the healthcheck: what the API tells of earlier times is stale.
note_the_start() {
	mkdir -p "$ROOT/run"
	date -u '+%Y-%m-%dT%H:%M:%SZ' >"$ROOT/run/openshell-started"
}

main() {
	[ $# -gt 0 ] || set -- server
	[ "$1" = server ] || exec "$K3S_BIN" "$@"
	note_the_start
	prepare
	[ -z "${OPENSHELL_NODE_NAME:-}" ] || set -- "$@" "--node-name=$OPENSHELL_NODE_NAME"
	set -- "$@" "--kubelet-arg=resolv-conf=$RESOLV_CONF"
	# One node has few rules: do not wait a second before a port is opened.
	set -- "$@" --kube-proxy-arg=iptables-min-sync-period=100ms
	if [ -e "$ROOT/sys/fs/cgroup/cgroup.controllers" ]; then
		delegate_cgroups
	else
		set -- "$@" --kubelet-arg=fail-cgroupv1=false
	fi
	[ "${USE_IPTABLES_LEGACY:-}" != 1 ] || set -- "$@" --disable-network-policy
	wait_for_route
	exec "$K3S_BIN" "$@"
}

main "$@"
