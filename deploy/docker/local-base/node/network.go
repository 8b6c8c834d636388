// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"openshell/node/internal/options"
)

const nodeLabels = `{"metadata":{"labels":{
	"node-role.kubernetes.io/control-plane":"true",
	"node.kubernetes.io/instance-type":"k3s",
	"beta.kubernetes.io/instance-type":"k3s"}}}`

// cniFile is named after the node: another name has another pod range.
func cniFile(o *options.Options) string { return cniDir + "/10-" + o.NodeName + ".conflist" }

// setUpNode labels the node as k3s does, and gives containerd its network as
// soon as the controller manager has given the node its range of pod addresses.
func setUpNode(ctx context.Context, api kubernetes.Interface, o *options.Options) (string, error) {
	nodes := api.CoreV1().Nodes()
	labelled, subnet := false, ""
	ok := waitFor(ctx, func() bool {
		node, err := nodes.Get(ctx, o.NodeName, metav1.GetOptions{})
		if err != nil {
			return false
		}
		if !labelled {
			_, err = nodes.Patch(ctx, o.NodeName, types.StrategicMergePatchType, []byte(nodeLabels), metav1.PatchOptions{})
			labelled = err == nil
		}
		subnet = node.Spec.PodCIDR
		return labelled && subnet != ""
	})
	if !ok {
		return "", ctx.Err()
	}
	return subnet, writeFile(cniFile(o), cniConfig(subnet))
}

func cniConfig(subnet string) string {
	return fmt.Sprintf(`{"cniVersion":"1.0.0","name":"cbr0","plugins":[
 {"type":"bridge","bridge":"cni0","isDefaultGateway":true,"ipMasq":true,"hairpinMode":true,
  "ipam":{"type":"host-local","ranges":[[{"subnet":%q}]],"dataDir":"/var/lib/cni/networks"}},
 {"type":"portmap","capabilities":{"portMappings":true}}]}
`, subnet)
}

// nodeReady waits for the kubelet's word, given since the time of the start: until
// the kubelet reports, a restarted node shows the condition of its last run.
func nodeReady(ctx context.Context, api kubernetes.Interface, name string, since time.Time) bool {
	return waitFor(ctx, func() bool {
		node, err := api.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return false
		}
		for _, c := range node.Status.Conditions {
			if c.Type == corev1.NodeReady {
				return c.Status == corev1.ConditionTrue && c.LastHeartbeatTime.After(since)
			}
		}
		return false
	})
}
