#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Rewrites node/go.mod and node/go.sum. Run it by hand after a version below
# has changed, and commit the result. Kubernetes' own go.mod points its staging
# modules at directories that only its repository has; the replace list turns
# each of them into the published module of the same release.

set -eu

KUBERNETES=${KUBERNETES:-v1.35.8}
STAGING=${STAGING:-v0.35.8}
ETCD=${ETCD:-v3.6.5}
HELM=${HELM:-v3.19.0}
HELM_CONTROLLER=${HELM_CONTROLLER:-v0.17.9}

staging_replacements() {
	file=$(go mod download -json "k8s.io/kubernetes@$KUBERNETES" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p')
	sed -n "s,^\t\(k8s.io/[a-z-]*\) => ./staging/src/.*,\t\1 => \1 $STAGING,p" "$file"
}

main() {
	cd "$(dirname "$0")/node"
	replacements=$(staging_replacements)
	[ -n "$replacements" ]
	cat >go.mod <<EOF
module openshell/node

go 1.26.0

require (
	github.com/k3s-io/helm-controller $HELM_CONTROLLER
	go.etcd.io/etcd/server/v3 $ETCD
	helm.sh/helm/v3 $HELM
	k8s.io/kubectl $STAGING
	k8s.io/kubernetes $KUBERNETES
)

tool helm.sh/helm/v3/cmd/helm

replace (
$replacements
)
EOF
	go mod tidy
}

main "$@"
