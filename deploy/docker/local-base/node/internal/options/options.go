// SPDX-License-Identifier: Apache-2.0

// Package options reads the command line of `server`, which is k3s'.
package options

import (
	"os"
	"slices"
	"strings"
)

// Options are the flags of k3s that this node honours.
type Options struct {
	Disable        []string // bundled parts not to deploy
	TLSSANs        []string // more names for the API server's certificate
	NodeName       string
	NodeIP         string
	ResolvConf     string
	KubeconfigMode string // octal, of /etc/rancher/k3s/k3s.yaml

	// Arguments handed through to the parts, each as --name=value.
	KubeletArgs, APIServerArgs, ControllerManagerArgs, SchedulerArgs, ProxyArgs []string

	// NoFsync lets etcd skip fsync. A crash of the machine may then cost the
	// cluster's state; it is for tests, whose clusters live for minutes.
	NoFsync bool

	// Ignored are the flags that were given but mean nothing here.
	Ignored []string
}

// Parse reads k3s' flags, in the forms --flag=value and --flag value. A flag
// that it does not know is noted and ignored, so that a command line written for
// k3s starts this node too.
func Parse(args []string) *Options {
	host, _ := os.Hostname()
	o := &Options{
		NodeName:       strings.ToLower(host),
		KubeconfigMode: os.Getenv("K3S_KUBECONFIG_MODE"),
		NoFsync:        os.Getenv("OPENSHELL_UNSAFE_NO_FSYNC") == "true",
	}
	for i := 0; i < len(args); i++ {
		name, value, joined := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		if !joined && i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
			i++
			value = args[i]
		}
		if !o.set(name, value) {
			o.Ignored = append(o.Ignored, "--"+name)
		}
	}
	return o
}

// Disabled tells whether a bundled part was switched off.
func (o *Options) Disabled(part string) bool { return slices.Contains(o.Disable, part) }

func (o *Options) set(name, value string) bool {
	switch name {
	case "disable":
		o.Disable = append(o.Disable, strings.Split(value, ",")...)
	case "tls-san":
		o.TLSSANs = append(o.TLSSANs, strings.Split(value, ",")...)
	case "node-name":
		o.NodeName = value
	case "node-ip":
		o.NodeIP = value
	case "resolv-conf":
		o.ResolvConf = value
	case "write-kubeconfig-mode":
		o.KubeconfigMode = value
	case "kubelet-arg":
		o.KubeletArgs = append(o.KubeletArgs, "--"+value)
	case "kube-apiserver-arg":
		o.APIServerArgs = append(o.APIServerArgs, "--"+value)
	case "kube-controller-manager-arg":
		o.ControllerManagerArgs = append(o.ControllerManagerArgs, "--"+value)
	case "kube-scheduler-arg":
		o.SchedulerArgs = append(o.SchedulerArgs, "--"+value)
	case "kube-proxy-arg":
		o.ProxyArgs = append(o.ProxyArgs, "--"+value)
	default:
		return false
	}
	return true
}
