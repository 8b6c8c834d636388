// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"openshell/node/internal/options"
)

const cgroupRoot = "/sys/fs/cgroup"

// prepareHost turns a fresh or restarted container into something that kubelet,
// containerd and kube-proxy can work in. What the engine forbids is logged and
// left: the part that needs it will say so more clearly.
func prepareHost(o *options.Options) {
	// Mounts made for a pod must reach the others; a container's root is private.
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_SHARED, ""); err != nil {
		log.Printf("make / shared: %v", err)
	}
	// A stopped and started container keeps the files of /run but none of the
	// processes, mounts and namespaces they speak of.
	for _, dir := range []string{runDir, "/run/netns", "/run/containerd", "/run/flannel"} {
		if err := os.RemoveAll(dir); err != nil {
			log.Print(err)
		}
	}
	dropOldCNI(o)
	setSysctls()
	if _, err := os.Stat("/dev/kmsg"); err != nil {
		_ = os.Symlink("/dev/null", "/dev/kmsg") // the kubelet opens it
	}
	if _, err := os.Stat(cgroupRoot + "/cgroup.controllers"); err == nil {
		delegateCgroups()
	}
}

// dropOldCNI keeps this node's own network configuration, which the teardown
// of the last run's pods needs at once, and removes that of another node name,
// whose pod range was another.
func dropOldCNI(o *options.Options) {
	files, _ := filepath.Glob(cniDir + "/*")
	for _, f := range files {
		if f != cniFile(o) {
			_ = os.Remove(f)
		}
	}
}

func setSysctls() {
	for name, value := range map[string]string{
		"net/ipv4/ip_forward":                 "1",
		"net/ipv6/conf/all/forwarding":        "1",
		"net/bridge/bridge-nf-call-iptables":  "1",
		"net/bridge/bridge-nf-call-ip6tables": "1",
		"net/ipv4/conf/all/route_localnet":    "1",
	} {
		if err := os.WriteFile("/proc/sys/"+name, []byte(value), 0o644); err != nil {
			log.Printf("sysctl %s: %v", name, err)
		}
	}
}

// delegateCgroups moves everything out of the root of cgroup v2, where no
// process may be once controllers are handed down, and hands them down. The
// entrypoint may have done the same; doing it again changes nothing.
func delegateCgroups() {
	leaf := cgroupRoot + "/init"
	if err := os.MkdirAll(leaf, 0o755); err != nil {
		log.Print(err)
		return
	}
	procs, _ := os.ReadFile(cgroupRoot + "/cgroup.procs")
	for _, pid := range strings.Fields(string(procs)) {
		_ = os.WriteFile(leaf+"/cgroup.procs", []byte(pid), 0o644)
	}
	controllers, _ := os.ReadFile(cgroupRoot + "/cgroup.controllers")
	for _, name := range strings.Fields(string(controllers)) {
		if err := os.WriteFile(cgroupRoot+"/cgroup.subtree_control", []byte("+"+name), 0o644); err != nil {
			log.Printf("cgroup controller %s: %v", name, err)
		}
	}
}

// primaryIP is the address that a packet to a far host would leave from.
func primaryIP() (string, error) {
	if c, err := net.Dial("udp", "192.0.2.1:9"); err == nil {
		defer c.Close()
		return c.LocalAddr().(*net.UDPAddr).IP.String(), nil
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return "", err
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() && n.IP.To4() != nil {
			return n.IP.String(), nil
		}
	}
	return "", fmt.Errorf("no IPv4 address: the node needs a network")
}

// resolvConf picks the pods' resolv.conf: the flag, then the entrypoint's file,
// then the container's own unless a nameserver in it is loopback, as on every
// user-defined docker network, where a pod would ask itself.
func resolvConf(o *options.Options) (string, error) {
	if o.ResolvConf != "" {
		return o.ResolvConf, nil
	}
	if _, err := os.Stat(etcDir + "/resolv.conf"); err == nil {
		return etcDir + "/resolv.conf", nil
	}
	text, _ := os.ReadFile("/etc/resolv.conf")
	if usableResolvers(string(text)) {
		return "/etc/resolv.conf", nil
	}
	log.Print("no nameserver that pods can reach; using 8.8.8.8, as k3s does")
	path := agentEtc + "/resolv.conf"
	return path, writeFile(path, "nameserver 8.8.8.8\n")
}

func usableResolvers(text string) bool {
	found := false
	for _, line := range strings.Split(text, "\n") {
		f := strings.Fields(line)
		if len(f) < 2 || f[0] != "nameserver" {
			continue
		}
		if ip := net.ParseIP(f[1]); ip == nil || !ip.IsGlobalUnicast() {
			return false
		}
		found = true
	}
	return found
}

// writeFile writes what only root may read, with the directories above it.
func writeFile(path, content string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(content), 0o600)
}
