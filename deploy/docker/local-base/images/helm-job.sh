#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What helm-controller's jobs run in place of rancher/klipper-helm, whose contract (arguments and environment) it keeps:
#   helm-job install|delete [HELM-ARGUMENT]...

set -eu

export HELM_CACHE_HOME=/home/klipper-helm/.cache
export HELM_CONFIG_HOME=/home/klipper-helm/.config
export HELM_DATA_HOME=/home/klipper-helm/.helm
STATIC_URL='https://%{KUBERNETES_API}%/static/'
STATIC_PORT=6447

release_status() {
	helm status "$NAME" -n "$namespace" 2>/dev/null | sed -n 's/^STATUS: //p'
}

delete() {
	[ -n "$(release_status)" ] || exit 0
	exec helm uninstall "$NAME" -n "$namespace" --wait
}

# A chart comes inline, from the node's own file server, or from wherever CHART says. The server is on the node, which
# is the pod's gateway, and is the pod itself while the network is being set up.
find_chart() {
	if [ -s "/chart/$NAME.tgz.base64" ]; then
		base64 -d "/chart/$NAME.tgz.base64" >"/tmp/$NAME.tgz"
		CHART=/tmp/$NAME.tgz
	fi
	case $CHART in
	"$STATIC_URL"*)
		node=127.0.0.1
		[ "${BOOTSTRAP:-}" = true ] || node=$(ip route | awk '$1 == "default" { print $3; exit }')
		CHART=http://$node:$STATIC_PORT/static/${CHART#"$STATIC_URL"}
		;;
	esac
}

# A release that a killed job left half done blocks every later one.
clear_broken_release() {
	[ "${FAILURE_POLICY:-reinstall}" = reinstall ] || return 0
	case $(release_status) in
	failed | pending-* | uninstalling) helm uninstall "$NAME" -n "$namespace" --wait || true ;;
	esac
}

install() {
	find_chart
	set -- "$@" --namespace "$namespace"
	if [ -n "${REPO:-}" ]; then
		set -- "$@" --repo "$REPO"
		CHART=${CHART##*/}
	fi
	for values in /config/values-*.yaml; do
		[ ! -f "$values" ] || set -- "$@" --values "$values"
	done
	[ -z "${TIMEOUT:-}" ] || set -- "$@" --timeout "$TIMEOUT"
	[ -z "${CONFIG_HASH:-}" ] || set -- "$@" --labels "helmcharts.helm.cattle.io/configHash=$CONFIG_HASH"
	clear_broken_release
	exec helm upgrade --install "$NAME" "$CHART" "$@"
}

main() {
	command=$1
	shift
	namespace=${TARGET_NAMESPACE:-$CHART_NAMESPACE}
	case $command in
	delete) delete ;;
	*) install "$@" ;;
	esac
}

main "$@"
