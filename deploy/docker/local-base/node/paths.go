// SPDX-License-Identifier: Apache-2.0

package main

// The paths and addresses of k3s' contract. /var/lib/rancher/k3s is the only
// directory that outlives the container.
const (
	dataDir = "/var/lib/rancher/k3s"
	etcDir  = "/etc/rancher/k3s"
	runDir  = "/run/k3s"

	tlsDir       = dataDir + "/server/tls"
	credDir      = dataDir + "/server/cred"
	manifestsDir = dataDir + "/server/manifests"
	staticDir    = dataDir + "/server/static"
	imagesDir    = dataDir + "/agent/images"
	agentEtc     = dataDir + "/agent/etc"
	cniDir       = agentEtc + "/cni/net.d"
	storageDir   = dataDir + "/storage"
	logDir       = "/var/log/k3s"

	// What the image itself brings, out of the volume's way.
	bakedImages    = "/usr/share/k3s/images"
	bakedManifests = "/usr/share/k3s/manifests"

	containerdSocket = runDir + "/containerd/containerd.sock"

	podCIDR     = "10.42.0.0/16"
	serviceCIDR = "10.43.0.0/16"
	apiService  = "10.43.0.1"
	dnsService  = "10.43.0.10"
	apiServer   = "https://127.0.0.1:6443"

	// Charts for helm jobs, over plain HTTP: k3s serves them on 6443, but
	// there the API server listens by itself here.
	staticPort = "6447"
)

func kubeconfig(user string) string { return credDir + "/" + user + ".kubeconfig" }
