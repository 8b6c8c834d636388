// SPDX-License-Identifier: Apache-2.0

// Package kubectl is kubectl as the node has it: within the multicall binary,
// and as a binary of its own, which is less than half the size, starts faster
// and is small enough to go into other images.
package kubectl

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
)

// As k3s does: on the node itself no KUBECONFIG is needed.
const nodeConfig = "/etc/rancher/k3s/k3s.yaml"

// Main runs kubectl with os.Args and gives its exit status.
func Main() int {
	if _, err := os.Stat(nodeConfig); err == nil && os.Getenv("KUBECONFIG") == "" {
		if err := os.Setenv("KUBECONFIG", nodeConfig); err != nil {
			return 1
		}
	}
	if err := cli.RunNoErrOutput(cmd.NewDefaultKubectlCommand()); err != nil {
		util.CheckErr(err) // prints it as kubectl does, and exits
	}
	return 0
}
