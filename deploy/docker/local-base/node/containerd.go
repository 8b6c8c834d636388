// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"time"

	"openshell/node/internal/registries"
)

const (
	containerdBin  = "/usr/bin/containerd"
	ctrBin         = "/usr/bin/ctr"
	certsDir       = agentEtc + "/containerd/certs.d"
	containerdConf = agentEtc + "/containerd/config.toml"
	pauseImage     = "docker.io/rancher/mirrored-pause:3.6"

	capSysResource = 24
)

// startContainerd writes containerd's configuration, starts it and waits until
// it answers.
func startContainerd(ctx context.Context, c *children) error {
	auth, err := configureRegistries()
	if err != nil {
		return err
	}
	text, err := containerdConfig()
	if err != nil {
		return err
	}
	if err := writeFile(containerdConf, text+auth); err != nil {
		return err
	}
	if err := c.start("containerd", containerdBin, nil, "-c", containerdConf); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if !waitFor(ctx, func() bool { return ctr(ctx, "version").Run() == nil }) {
		return fmt.Errorf("containerd does not answer, see %s/containerd.log", logDir)
	}
	return nil
}

func ctr(ctx context.Context, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, ctrBin, append([]string{"-a", containerdSocket, "-n", "k8s.io"}, args...)...)
}

// configureRegistries writes a hosts.toml for each registry that registries.yaml
// names and gives the credentials for config.toml.
func configureRegistries() (string, error) {
	if err := os.RemoveAll(certsDir); err != nil {
		return "", err
	}
	if err := os.MkdirAll(certsDir, 0o755); err != nil {
		return "", err
	}
	path := etcDir + "/registries.yaml"
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	config, err := registries.Parse(text)
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	files, err := config.HostsFiles()
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	for dir, text := range files {
		if err := writeFile(certsDir+"/"+dir+"/hosts.toml", text); err != nil {
			return "", err
		}
	}
	return config.AuthSections(), nil
}

// containerdConfig is config.toml. Where the kernel withholds CAP_SYS_RESOURCE,
// nobody may lower an oom_score_adj, and pods that ask for the capability start
// only through the wrapper that takes it out of their bundle.
func containerdConfig() (string, error) {
	mayRaise, err := hasCapability(capSysResource)
	if err != nil {
		return "", err
	}
	runc := "/usr/sbin/runc"
	if !mayRaise {
		runc = "/usr/local/bin/openshell-runc"
	}
	return fmt.Sprintf(`version = 2
root = %q
state = %q
oom_score = 0
disabled_plugins = [
  "io.containerd.internal.v1.restart", "io.containerd.internal.v1.tracing",
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.tracing.processor.v1.otlp",
]

[grpc]
  address = %q

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = %q
  enable_selinux = false
  disable_apparmor = true
  restrict_oom_score_adj = %t
  disable_hugetlb_controller = true
  tolerate_missing_hugetlb_controller = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "10010"

[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = "overlayfs"
  default_runtime_name = "runc"
  disable_snapshot_annotations = true

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = false
  BinaryName = %q

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = %q

[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = %q
`, dataDir+"/agent/containerd", runDir+"/containerd", containerdSocket, pauseImage, !mayRaise, runc, cniDir, certsDir), nil
}

// hasCapability reads this process's effective set.
func hasCapability(bit uint) (bool, error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return false, err
	}
	for _, line := range strings.Split(string(text), "\n") {
		var set uint64
		if n, _ := fmt.Sscanf(line, "CapEff: %x", &set); n == 1 {
			return set&(1<<bit) != 0, nil
		}
	}
	return false, errors.New("/proc/self/status names no capabilities")
}
