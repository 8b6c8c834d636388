// SPDX-License-Identifier: Apache-2.0

// k3s is one binary that is every part of a small Kubernetes node: the control
// plane, the kubelet, kube-proxy, etcd, the helm-controller, and the server
// that starts them in order. Which part it is, argv[0] says, or argv[1].
//
// It stands in for k3s where no registry can be reached: k3s' own module is not
// to be had there, Kubernetes' modules are.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	helmcontroller "github.com/k3s-io/helm-controller/pkg/app"
	"go.etcd.io/etcd/server/v3/etcdmain"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	"k8s.io/component-base/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"

	"openshell/node/kubectl"
)

const usage = "usage: k3s server|kubectl|ctr|kube-apiserver|kube-controller-manager|kube-scheduler|" +
	"kubelet|kube-proxy|etcd|helm-controller ..."

// parts maps a program's name to its main function, which returns the exit
// status. Each reads os.Args, as it would in a binary of its own.
var parts = map[string]func() int{
	"server":                  server,
	"kube-apiserver":          func() int { return cli.Run(apiserver.NewAPIServerCommand()) },
	"kube-controller-manager": func() int { return cli.Run(controllermanager.NewControllerManagerCommand()) },
	"kube-scheduler":          func() int { return cli.Run(scheduler.NewSchedulerCommand()) },
	"kube-proxy":              func() int { return cli.Run(proxy.NewProxyCommand()) },
	// The kubelet installs its own signal handler; a second one panics.
	"kubelet":         func() int { return cli.Run(kubelet.NewKubeletCommand(context.Background())) },
	"etcd":            func() int { etcdmain.Main(os.Args); return 0 },
	"helm-controller": helmController,
	"kubectl":         kubectl.Main,
	"ctr":             func() int { return become(ctrBin) },
	"--version": func() int {
		fmt.Println("k3s version " + version.Get().GitVersion + " (openshell local base)")
		return 0
	},
}

func helmController() int {
	if err := helmcontroller.New().RunContext(genericapiserver.SetupSignalContext(), os.Args); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// become runs a program of its own in our place.
func become(path string) int {
	fmt.Fprintln(os.Stderr, syscall.Exec(path, os.Args, os.Environ()))
	return 127
}

func main() {
	part, ok := parts[filepath.Base(os.Args[0])]
	if !ok && len(os.Args) > 1 {
		os.Args = os.Args[1:]
		part, ok = parts[os.Args[0]]
	}
	if !ok {
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
	os.Exit(part())
}
