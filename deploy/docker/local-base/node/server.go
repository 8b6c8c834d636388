// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"openshell/node/internal/options"
)

const (
	poll         = 100 * time.Millisecond
	helmJobImage = "docker.io/rancher/klipper-helm:local"
)

// node is a running server: its options, its parts, and the way to its API.
type node struct {
	*options.Options
	children children
	api      kubernetes.Interface
	self     string
	started  time.Time
}

// serve runs the node until it is told to stop.
func serve(args []string) int {
	log.SetFlags(log.LstdFlags | log.Lmicroseconds)
	n := &node{Options: options.Parse(args), started: time.Now()}
	for _, flag := range n.Ignored {
		log.Printf("flag %s means nothing here and is ignored", flag)
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	err := n.run(ctx)
	n.step("stopping")
	n.children.stop()
	n.step("stopped")
	if err != nil && ctx.Err() == nil {
		log.Printf("error: %v", err)
		return 1
	}
	return 0
}

// step logs the start-up's timeline.
func (n *node) step(format string, args ...any) {
	log.Printf("[%6.2fs] %s", time.Since(n.started).Seconds(), fmt.Sprintf(format, args...))
}

// run starts everything in the order in which one part needs another, as early
// as each can be started, and returns when ctx ends or a step fails.
func (n *node) run(ctx context.Context) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	if err := n.prepare(); err != nil {
		return err
	}
	if err := n.part("etcd", etcdArgs(n.Options)); err != nil {
		return err
	}
	if err := n.part("kube-apiserver", apiServerArgs(n.Options)); err != nil {
		return err
	}
	if err := startContainerd(ctx, &n.children); err != nil {
		return err
	}
	n.step("containerd answers")
	go func() {
		if err := n.runPods(ctx); err != nil {
			fail(err)
		}
	}()
	if n.apiAnswers(ctx, "/readyz") {
		n.step("API server ready")
		if err := n.runOnAPI(ctx); err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// runPods imports the images and then starts the kubelet: a pod that finds its
// image missing waits ten seconds before it looks again. The control plane goes
// on meanwhile, so that the pods are there when the kubelet comes.
func (n *node) runPods(ctx context.Context) error {
	count, err := importImages(ctx)
	if err != nil {
		return err
	}
	n.step("%d image archives imported", count)
	if !n.apiAnswers(ctx, "/livez/ping") {
		return nil
	}
	args, err := kubeletArgs(n.Options)
	if err != nil {
		return err
	}
	return n.part("kubelet", args)
}

// prepare makes what the parts find on disk, and the client to the API.
func (n *node) prepare() (err error) {
	prepareHost(n.Options)
	if n.self, err = os.Executable(); err != nil {
		return err
	}
	if n.NodeIP == "" {
		if n.NodeIP, err = primaryIP(); err != nil {
			return err
		}
	}
	for _, dir := range []string{manifestsDir, staticDir + "/charts", imagesDir} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if err := makeCertificates(n.Options); err != nil {
		return err
	}
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig("admin"))
	if err != nil {
		return err
	}
	config.QPS, config.Burst = 50, 100
	if n.api, err = kubernetes.NewForConfig(config); err != nil {
		return err
	}
	n.step("certificates ready, node %s %s", n.NodeName, n.NodeIP)
	return nil
}

// runOnAPI starts what only talks to the API server, and then deploys.
func (n *node) runOnAPI(ctx context.Context) error {
	for _, p := range []struct {
		name string
		args []string
	}{
		{"kube-controller-manager", controllerManagerArgs(n.Options)},
		{"kube-scheduler", schedulerArgs(n.Options)},
		{"kube-proxy", proxyArgs(n.Options)},
	} {
		if err := n.part(p.name, p.args); err != nil {
			return err
		}
	}
	if !n.Disabled("helm-controller") {
		err := n.children.start("helm-controller", n.self, []string{"NODE_NAME=" + n.NodeName},
			"--kubeconfig="+kubeconfig("admin"), "--default-job-image="+helmJobImage)
		if err != nil {
			return err
		}
	}
	if !n.Disabled("local-storage") {
		go runLocalPath(ctx, n.api, n.NodeName)
	}
	go serveStatic()
	go n.reportReady(ctx)
	deployManifests(ctx, n.Options)
	return nil
}

func (n *node) reportReady(ctx context.Context) {
	subnet, err := setUpNode(ctx, n.api, n.Options)
	if err != nil {
		if ctx.Err() == nil {
			log.Printf("node %s: %v", n.NodeName, err)
		}
		return
	}
	n.step("pods get addresses from %s", subnet)
	if nodeReady(ctx, n.api, n.NodeName, n.started) {
		n.step("node Ready")
	}
}

// part starts one of this binary's own parts.
func (n *node) part(name string, args []string) error {
	return n.children.start(name, n.self, nil, args...)
}

func (n *node) apiAnswers(ctx context.Context, path string) bool {
	return waitFor(ctx, func() bool {
		_, err := n.api.CoreV1().RESTClient().Get().AbsPath(path).DoRaw(ctx)
		return err == nil
	})
}

// waitFor asks until the answer is yes; no means that ctx has ended.
func waitFor(ctx context.Context, yes func() bool) bool {
	for !yes() {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(poll):
		}
	}
	return true
}
