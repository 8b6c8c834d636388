// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"

	"openshell/node/internal/options"
)

// The command lines of the Kubernetes parts. Nothing else knows their flags.

const (
	etcdClient = "http://127.0.0.1:2379"
	etcdPeer   = "http://127.0.0.1:2380"
	issuer     = "https://kubernetes.default.svc.cluster.local"
)

func etcdArgs(o *options.Options) []string {
	args := []string{
		"--name=default",
		"--data-dir=" + dataDir + "/server/db/etcd",
		"--listen-client-urls=" + etcdClient, "--advertise-client-urls=" + etcdClient,
		"--listen-peer-urls=" + etcdPeer, "--initial-advertise-peer-urls=" + etcdPeer,
		"--initial-cluster=default=" + etcdPeer,
		"--auto-compaction-retention=5m", "--quota-backend-bytes=2147483648",
		"--log-level=warn",
	}
	if o.NoFsync {
		args = append(args, "--unsafe-no-fsync=true")
	}
	return args
}

func apiServerArgs(o *options.Options) []string {
	return append([]string{
		"--etcd-servers=" + etcdClient, "--etcd-healthcheck-timeout=10s",
		"--secure-port=6443", "--bind-address=0.0.0.0", "--advertise-address=" + o.NodeIP,
		"--tls-cert-file=" + tlsDir + "/serving-kube-apiserver.crt",
		"--tls-private-key-file=" + tlsDir + "/serving-kube-apiserver.key",
		"--anonymous-auth=false", "--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction", "--allow-privileged=true", "--profiling=false",
		"--client-ca-file=" + tlsDir + "/client-ca.crt",
		"--kubelet-certificate-authority=" + tlsDir + "/server-ca.crt",
		"--kubelet-client-certificate=" + tlsDir + "/client-kube-apiserver.crt",
		"--kubelet-client-key=" + tlsDir + "/client-kube-apiserver.key",
		"--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname",
		"--proxy-client-cert-file=" + tlsDir + "/client-auth-proxy.crt",
		"--proxy-client-key-file=" + tlsDir + "/client-auth-proxy.key",
		"--requestheader-client-ca-file=" + tlsDir + "/request-header-ca.crt",
		"--requestheader-allowed-names=system:auth-proxy",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-username-headers=X-Remote-User",
		"--service-account-issuer=" + issuer, "--api-audiences=" + issuer + ",k3s",
		"--service-account-key-file=" + tlsDir + "/service.key",
		"--service-account-signing-key-file=" + tlsDir + "/service.key",
		"--service-cluster-ip-range=" + serviceCIDR, "--service-node-port-range=30000-32767",
	}, o.APIServerArgs...)
}

func controllerManagerArgs(o *options.Options) []string {
	args := append(ownKubeconfig("controller"),
		"--leader-elect=false", "--bind-address=127.0.0.1", "--profiling=false",
		"--use-service-account-credentials=true", "--controllers=*,tokencleaner",
		// The default of 20 a second delays the node's Ready by four seconds.
		"--kube-api-qps=200", "--kube-api-burst=400",
		"--allocate-node-cidrs=true", "--cluster-cidr="+podCIDR, "--service-cluster-ip-range="+serviceCIDR,
		"--root-ca-file="+tlsDir+"/server-ca.crt",
		"--service-account-private-key-file="+tlsDir+"/service.key")
	for signer, ca := range map[string]string{
		"kube-apiserver-client": "client-ca", "kubelet-client": "client-ca",
		"kubelet-serving": "server-ca", "legacy-unknown": "server-ca",
	} {
		args = append(args, "--cluster-signing-"+signer+"-cert-file="+tlsDir+"/"+ca+".crt",
			"--cluster-signing-"+signer+"-key-file="+tlsDir+"/"+ca+".key")
	}
	return append(args, o.ControllerManagerArgs...)
}

func schedulerArgs(o *options.Options) []string {
	args := append(ownKubeconfig("scheduler"), "--leader-elect=false", "--bind-address=127.0.0.1", "--profiling=false")
	return append(args, o.SchedulerArgs...)
}

// proxyArgs leaves NodePorts on every address, the container's eth0 among them:
// there docker's published port arrives.
func proxyArgs(o *options.Options) []string {
	return append([]string{
		"--kubeconfig=" + kubeconfig("kube-proxy"), "--hostname-override=" + o.NodeName,
		"--proxy-mode=iptables", "--cluster-cidr=" + podCIDR,
		"--healthz-bind-address=127.0.0.1:10256", "--metrics-bind-address=127.0.0.1:10249",
		// Conntrack's limits are the host's and read-only in a container.
		"--conntrack-max-per-core=0", "--conntrack-tcp-timeout-established=0s", "--conntrack-tcp-timeout-close-wait=0s",
	}, o.ProxyArgs...)
}

func ownKubeconfig(user string) []string {
	path := kubeconfig(user)
	return []string{"--kubeconfig=" + path, "--authentication-kubeconfig=" + path, "--authorization-kubeconfig=" + path}
}

// kubeletArgs writes the kubelet's configuration file and gives the flags that
// have no place in it.
func kubeletArgs(o *options.Options) ([]string, error) {
	resolv, err := resolvConf(o)
	if err != nil {
		return nil, err
	}
	config, err := json.MarshalIndent(kubeletConfig(resolv), "", "  ")
	if err != nil {
		return nil, err
	}
	path := agentEtc + "/kubelet.json"
	if err := writeFile(path, string(config)); err != nil {
		return nil, err
	}
	return append([]string{
		"--config=" + path, "--kubeconfig=" + kubeconfig("kubelet"),
		"--hostname-override=" + o.NodeName, "--node-ip=" + o.NodeIP,
	}, o.KubeletArgs...), nil
}

type object = map[string]any

func kubeletConfig(resolv string) object {
	return object{
		"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
		"authentication": object{
			"anonymous": object{"enabled": false},
			"webhook":   object{"enabled": true},
			"x509":      object{"clientCAFile": tlsDir + "/client-ca.crt"},
		},
		"authorization":            object{"mode": "Webhook"},
		"cgroupDriver":             "cgroupfs", // no systemd in the container
		"cgroupRoot":               "/",
		"clusterDNS":               []string{dnsService},
		"clusterDomain":            "cluster.local",
		"containerRuntimeEndpoint": "unix://" + containerdSocket,
		"failCgroupV1":             false,
		"failSwapOn":               false,
		// A laptop's disk is often nearly full; the defaults would evict at 10 %.
		"evictionHard":                object{"imagefs.available": "2%", "nodefs.available": "2%", "memory.available": "100Mi"},
		"imageGCHighThresholdPercent": 98, "imageGCLowThresholdPercent": 97,
		"enforceNodeAllocatable":    []string{"pods"},
		"healthzBindAddress":        "127.0.0.1",
		"nodeStatusUpdateFrequency": "5s",
		"podLogsDir":                "/var/log/pods",
		"protectKernelDefaults":     false,
		"readOnlyPort":              0,
		"resolvConf":                resolv,
		"serializeImagePulls":       false,
		"syncFrequency":             "30s",
		"tlsCertFile":               tlsDir + "/serving-kubelet.crt",
		"tlsPrivateKeyFile":         tlsDir + "/serving-kubelet.key",
		"volumePluginDir":           "/var/lib/kubelet/volumeplugins",
	}
}
