/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/diagnose.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/lookup.h"
#include "scratch.h"
#include "script.h"
#include "tryout.h"

/* What programs print, and what it means. hint: a part of one of the steps. */
static const struct {
	const char *code;
	enum error_kind kind;
	bool retriable;
	const char *text, *hint;
} samples[] = {
	{ "ssh-missing", ERROR_UNREACHABLE, false, "ssh: the program 'ssh' was not found on PATH", "openssh-client" },
	{ "ssh-host-key-changed", ERROR_REFUSED, false,
	  "docker info failed (exit 1): error during connect: command [ssh -- box docker system dial-stdio] has exited with exit "
	  "status 255: stderr=@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @",
	  "administers" },
	{ "ssh-host-key-changed", ERROR_REFUSED, false,
	  "ssh to ssh://box failed: Host key for [127.0.0.1]:22011 has changed and you have requested strict checking.; Host "
	  "key verification failed.",
	  "ssh-keygen -R" },
	{ "ssh-host-key-unknown", ERROR_REFUSED, false,
	  "ssh to ssh://box failed: No ED25519 host key is known for [127.0.0.1]:22011 and you have requested strict "
	  "checking.; Host key verification failed.",
	  "fingerprint" },
	{ "ssh-auth", ERROR_REFUSED, false,
	  "docker info failed (exit 1): error during connect: command [ssh -l me -- box docker system dial-stdio] has exited "
	  "with exit status 255: stderr=me@box: Permission denied (publickey).",
	  "--ssh-key" },
	{ "ssh-auth", ERROR_REFUSED, false,
	  "ssh to ssh://box failed: Received disconnect from 10.0.0.5 port 22:2: Too many authentication failures", "ssh-add -l" },
	{ "ssh-host-unknown", ERROR_UNREACHABLE, false,
	  "ssh to ssh://box failed: ssh: Could not resolve hostname box: Name or service not known", "alias" },
	{ "ssh-jump", ERROR_UNREACHABLE, true,
	  "ssh to ssh://box failed: channel 0: open failed: connect failed: Connection refused; stdio forwarding failed",
	  "AllowTcpForwarding" },
	{ "ssh-refused", ERROR_UNREACHABLE, true,
	  "ssh to ssh://box failed: ssh: connect to host box port 22: Connection refused", "HOST:PORT" },
	{ "ssh-algorithms", ERROR_UNREACHABLE, false,
	  "ssh to ssh://box failed: Unable to negotiate with 10.0.0.5 port 22: no matching host key type found. Their offer: "
	  "ssh-rsa",
	  "HostKeyAlgorithms=+" },
	{ "ssh-config", ERROR_UNREACHABLE, false,
	  "ssh to ssh://box failed: /home/me/.ssh/config: line 1: Bad configuration option: nosuchoption", "Mend" },
	{ "ssh-unreachable", ERROR_UNREACHABLE, true,
	  "ssh to ssh://box failed: ssh: connect to host box port 22: Connection timed out", "ssh -v" },
	{ "ssh-unreachable", ERROR_UNREACHABLE, true,
	  "ssh to ssh://box failed: ssh: connect to host 203.0.113.7 port 22: Network is unreachable", "ssh -v" },
	{ "ssh-unreachable", ERROR_UNREACHABLE, true,
	  "ssh to ssh://box failed: kex_exchange_identification: read: Connection reset by peer; Connection reset by 10.0.0.5 "
	  "port 22",
	  "journalctl" },
	{ "remote-docker-refused", ERROR_REFUSED, false,
	  "error during connect: command [ssh -- box docker system dial-stdio] has exited with exit status 1: stderr=dial unix "
	  "/var/run/docker.sock: connect: permission denied",
	  "--remote USER@HOST" },
	{ "remote-docker-absent", ERROR_UNREACHABLE, false,
	  "error during connect: command [ssh -- box docker system dial-stdio] has exited with exit status 127: stderr=sh: 1: "
	  "docker: not found",
	  "docker.io" },
	{ "remote-docker-absent", ERROR_UNREACHABLE, false,
	  "error during connect: command [ssh -- box docker system dial-stdio] has exited with exit status 127: stderr=fish: "
	  "Unknown command: docker",
	  "docker.io" },
	{ "remote-docker-down", ERROR_UNREACHABLE, true,
	  "failed to connect to the docker API at unix:///run/user/0/openshell/ssh.abcdef/remote-docker.sock", "systemctl" },
	{ "ssh-config", ERROR_UNREACHABLE, false,
	  "ssh to ssh://box failed: command-line line 0: Bad key types 'nonsense'.", "ssh -v" },
	{ "ssh-config", ERROR_UNREACHABLE, false,
	  "ssh to ssh://box failed: Bad owner or permissions on /home/me/.ssh/config", "Mend" },
	{ "ssh-unreachable", ERROR_UNREACHABLE, true,
	  "ssh to ssh://box failed: ssh: connect to host box port 22: No route to host", "ssh -v" },
	{ "ssh-unreachable", ERROR_UNREACHABLE, true,
	  "ssh to ssh://box failed: Connection closed by 10.0.0.5 port 22", "journalctl" },
	{ "remote-docker-refused", ERROR_REFUSED, false,
	  "docker info failed (exit 1): error during connect: command [ssh -- box docker system dial-stdio] has exited with exit "
	  "status 1: stderr=permission denied while trying to connect to the Docker daemon socket",
	  "group docker" },
	{ "remote-docker-absent", ERROR_UNREACHABLE, false,
	  "error during connect: command [ssh -- box docker system dial-stdio] has exited with exit status 127: stderr=bash: "
	  "line 1: docker: command not found",
	  "OPENSHELL_REMOTE_DOCKER_SOCKET" },
	{ "remote-docker-down", ERROR_UNREACHABLE, true,
	  "Cannot connect to the Docker daemon at unix:///run/user/0/openshell/ssh.abcdef/remote-docker.sock. Is the docker "
	  "daemon running?",
	  "On that host" },
	{ "remote-docker-down", ERROR_UNREACHABLE, true,
	  "error during connect: Get \"http://%2Frun%2Fopenshell%2Fssh.abcdef%2Fremote-docker.sock/v1.50/info\": EOF",
	  "On that host" },
	{ "ssh-failed", ERROR_UNREACHABLE, false,
	  "error during connect: Get \"http://docker.example.com/v1.50/info\": command [ssh -o ConnectTimeout=30 -T -- box docker "
	  "system dial-stdio] has exited with exit status 255, make sure the URL is valid, and Docker 18.09 or later is "
	  "installed on the remote host: stderr=hostname contains invalid characters",
	  "ssh -v" },
	{ "remote-docker-down", ERROR_UNREACHABLE, true,
	  "Cannot connect to the Docker daemon at http://docker.example.com. Is the docker daemon running?", "On that host" },

	{ "docker-missing", ERROR_UNREACHABLE, false, "docker info: the program 'docker' was not found on PATH",
	  "Install docker" },
	{ "docker-refused", ERROR_REFUSED, false,
	  "docker info failed (exit 1): permission denied while trying to connect to the Docker daemon socket",
	  "group docker" },
	{ "docker-refused", ERROR_REFUSED, false,
	  "permission denied while trying to connect to the docker API at unix:///var/run/docker.sock",
	  "group docker" },
	{ "docker-refused", ERROR_REFUSED, false,
	  "docker does not answer: dial unix /var/run/docker.sock: connect: permission denied", "group docker" },
	{ "docker-client-old", ERROR_UNREACHABLE, false,
	  "Error response from daemon: client version 1.42 is too old. Minimum supported API version is 1.44, "
	  "please upgrade your client to a newer version",
	  "docker version" },
	{ "docker-engine-old", ERROR_UNREACHABLE, false,
	  "docker does not answer: Error response from daemon: client version 1.44 is too new. Maximum supported "
	  "API version is 1.43",
	  "DOCKER_API_VERSION" },
	{ "docker-engine-old", ERROR_UNREACHABLE, false,
	  "docker volume ls failed (exit 1): docker volume ls requires API version 1.21, but the Docker daemon API "
	  "version is 1.12",
	  "20.10" },
	{ "docker-context", ERROR_UNREACHABLE, false,
	  "Failed to initialize: unable to resolve docker endpoint: context \"x\": context not found: open "
	  "/root/.docker/contexts/meta/x/meta.json: no such file or directory",
	  "docker context ls" },
	{ "docker-unreachable", ERROR_UNREACHABLE, true,
	  "Cannot connect to the Docker daemon at unix:///run/user/1000/docker.sock. Is the docker daemon running?",
	  "systemctl --user" },
	{ "docker-unreachable", ERROR_UNREACHABLE, true,
	  "docker inspect failed (exit 1): Cannot connect to the Docker daemon at unix:///x. Is the docker daemon "
	  "running?",
	  "DOCKER_HOST" },
	{ "docker-unreachable", ERROR_UNREACHABLE, true, "Is the docker daemon running?", "docker info" },
	{ "docker-unreachable", ERROR_UNREACHABLE, true, "error during connect: Get \"http://x/v1\": EOF",
	  "DOCKER_HOST" },
	{ "docker-unreachable", ERROR_UNREACHABLE, true, "docker does not answer: something", "Start docker" },
	{ "docker-unreachable", ERROR_UNREACHABLE, true,
	  "failed to connect to the docker API at unix:///var/run/docker.sock; check if the path is correct and "
	  "if the daemon is running: dial unix /var/run/docker.sock: connect: no such file or directory",
	  "systemctl start docker" },
	{ "docker-unreachable", ERROR_UNREACHABLE, true,
	  "dial unix /var/run/docker.sock: connect: connection refused", "systemctl start docker" },

	{ "supervisor-missing", ERROR_UNHEALTHY, false, "HEALTHCHECK_MISSING_SUPERVISOR: the image lacks it",
	  "build-images.sh" },
	{ "node-pressure", ERROR_UNHEALTHY, false, "HEALTHCHECK_NODE_PRESSURE: DiskPressure, MemoryPressure",
	  "docker system df" },
	{ "out-of-memory", ERROR_UNHEALTHY, false,
	  "the gateway's container exited (status=exited, exit_code=137, OOMKilled=true)", "4 GiB" },
	{ "out-of-memory", ERROR_UNHEALTHY, false, "the gateway's container exited (status=exited, exit_code=137)",
	  "4 GiB" },
	{ "cgroup-v1", ERROR_UNHEALTHY, false,
	  "failed to validate kubelet configuration, error: kubelet is configured to not run on a host using "
	  "cgroup v1. cgroup v1 support is unsupported and will be removed in a future release",
	  "systemd.unified_cgroup_hierarchy=1" },
	{ "cgroup-v1", ERROR_UNHEALTHY, false, "set 'failCgroupV1' to 'false' in the kubelet configuration",
	  "cgroup" },
	{ "cgroup-v1", ERROR_UNHEALTHY, false, "--fail-cgroupv1: prevent the kubelet from starting", "cgroup" },
	{ "cgroup-controllers", ERROR_UNHEALTHY, false,
	  "level=fatal msg=\"Error: failed to find cpuset cgroup (v2)\"", "cgroup.controllers" },
	{ "cgroup-controllers", ERROR_UNHEALTHY, false, "level=fatal msg=\"failed to find cpu cgroup (v2)\"",
	  "cgroup" },
	{ "cgroup-controllers", ERROR_UNHEALTHY, false, "level=fatal msg=\"failed to find pids cgroup (v2)\"",
	  "cgroup" },
	{ "cgroup-controllers", ERROR_UNHEALTHY, false,
	  "failed to find memory cgroup, you may need to add \"cgroup_memory=1 cgroup_enable=memory\" to your "
	  "linux cmdline",
	  "cgroup_enable=memory" },
	{ "cgroup-controllers", ERROR_UNHEALTHY, false,
	  "\"Failed to start ContainerManager\" err=\"failed to initialize top level QOS containers: error "
	  "validating root container [kubepods] : cgroup [\\\"kubepods\\\"] has some missing controllers: cpu, "
	  "cpuset, hugetlb, memory, pids\"",
	  "cgroup" },
	{ "cgroup-controllers", ERROR_UNHEALTHY, false,
	  "cgroup [\"kubepods\"] has some missing paths: /sys/fs/cgroup/cpuset", "cgroup" },
	{ "cgroup-controllers", ERROR_UNHEALTHY, false,
	  "cannot enter cgroupv2 \"/sys/fs/cgroup/docker\" with domain controllers -- it is in threaded mode: "
	  "unknown",
	  "cgroup" },
	{ "foreign-kubelet", ERROR_UNHEALTHY, false,
	  "Failed to listen and serve err=\"listen tcp 0.0.0.0:10250: bind: address already in use\"", "ss -ltnp" },
	{ "foreign-kubelet", ERROR_UNHEALTHY, false, "listen tcp 127.0.0.1:10248: bind: address already in use",
	  "MicroK8s" },
	{ "foreign-kubelet", ERROR_UNHEALTHY, false, "listen tcp 127.0.0.1:6443: bind: address already in use",
	  "MicroK8s" },
	{ "foreign-kubelet", ERROR_UNHEALTHY, false,
	  "Failed to start ContainerManager: Unit kubepods.slice already exists", "pgrep" },
	{ "foreign-kubelet", ERROR_UNHEALTHY, false,
	  "failed to initialize top level QOS containers: root container [kubepods] doesn't exist", "pgrep" },
	{ "inotify-limits", ERROR_UNHEALTHY, false, "failed to run Kubelet: inotify_init: too many open files",
	  "fs.inotify.max_user_instances" },
	{ "inotify-limits", ERROR_UNHEALTHY, false,
	  "failed to create CRI service: failed to create cni conf monitor for default: failed to create fsnotify "
	  "watcher: too many open files",
	  "fs.inotify.max_user_watches" },
	{ "inotify-limits", ERROR_UNHEALTHY, false,
	  "\"Failed to start cAdvisor\" err=\"inotify_add_watch /sys/fs/cgroup/cpu,cpuacct: no space left on "
	  "device\"",
	  "fs.inotify.max_user_watches" },
	{ "storage-driver", ERROR_UNHEALTHY, false,
	  "\"overlayfs\" snapshotter cannot be enabled for \"/var/lib/rancher/k3s/agent/containerd\", try using "
	  "\"fuse-overlayfs\" or \"native\": failed to mount overlay: invalid argument",
	  "data-root" },
	{ "storage-driver", ERROR_UNHEALTHY, false,
	  "error creating overlay mount to /var/lib/docker/overlay2/6972/merged: invalid argument", "findmnt" },
	{ "no-default-route", ERROR_UNHEALTHY, true,
	  "level=fatal msg=\"no default routes found in \\\"/proc/net/route\\\" or \\\"/proc/net/ipv6_route\\\"\"",
	  "docker network prune" },
	{ "no-default-route", ERROR_UNHEALTHY, true, "no default route after 30 s; routes and addresses:",
	  "docker ps --format" },
	{ "no-default-route", ERROR_UNHEALTHY, true,
	  "Unable to find suitable network address.error='unable to select an IP from default routes.'",
	  "restart docker" },

	{ "subnet-overlap", ERROR_CONFLICT, false,
	  "docker network create failed (exit 1): Error response from daemon: could not find an available, "
	  "non-overlapping IPv4 address pool among the defaults to assign to the network",
	  "docker network prune" },
	{ "subnet-overlap", ERROR_CONFLICT, false,
	  "Error response from daemon: all predefined address pools have been fully subnetted",
	  "default-address-pools" },
	{ "subnet-overlap", ERROR_CONFLICT, false,
	  "Error response from daemon: invalid pool request: Pool overlaps with other one on this address space",
	  "ip route" },
	{ "subnet-overlap", ERROR_CONFLICT, false,
	  "cannot create network 1 (br-1): conflicts with network 2 (br-2): networks have overlapping IPv4",
	  "docker network ls" },
	{ "port-busy", ERROR_CONFLICT, false,
	  "docker start failed (exit 1): Bind for 127.0.0.1:8080 failed: port is already allocated", "--port 0" },
	{ "port-busy", ERROR_CONFLICT, false, "listen tcp4 127.0.0.1:8080: bind: address already in use",
	  "--port 0" },
	{ "port-busy", ERROR_CONFLICT, false,
	  "error while calling RootlessKit PortManager.AddPort(): listen tcp4 127.0.0.1:8080: bind: address "
	  "already in use",
	  "docker ps" },
	{ "disk-full", ERROR_SYSTEM, false, "docker create failed (exit 1): no space left on device",
	  "docker system df" },
	{ "disk-full", ERROR_SYSTEM, false,
	  "cannot write /home/u/.config/openshell/active_gateway: No space left on device", "df -h" },
	{ "disk-full", ERROR_SYSTEM, false,
	  "docker pull failed (exit 1): failed to register layer: write /usr/bin/k3s: no space left on device",
	  "image prune" },
	{ "cdi-missing", ERROR_SYSTEM, false,
	  "error modifying OCI spec: failed to inject CDI devices: unresolvable CDI devices nvidia.com/gpu=all: "
	  "unknown",
	  "nvidia-ctk cdi generate" },
	{ "cdi-missing", ERROR_SYSTEM, false, "CDI device injection failed: x", "nvidia-ctk cdi list" },
	{ "cdi-missing", ERROR_SYSTEM, false, "unknown CDI device requested: nvidia.com/gpu=all",
	  "nvidia-ctk cdi list" },
	{ "cdi-missing", ERROR_SYSTEM, false, "CDI device not found: nvidia.com/gpu=all", "--gpu" },
	{ "cdi-missing", ERROR_SYSTEM, false, "no CDI devices found", "--gpu" },
	{ "cdi-missing", ERROR_SYSTEM, false, "could not select device driver \"cdi\" with capabilities: []",
	  "/etc/cdi/" },
	{ "gpu-toolkit", ERROR_SYSTEM, false, "could not select device driver \"\" with capabilities: [[gpu]]",
	  "NVIDIA" },
	{ "gpu-toolkit", ERROR_SYSTEM, false,
	  "nvidia-container-cli: initialization error: nvml error: driver not loaded: unknown", "nvidia-smi" },
	{ "gpu-toolkit", ERROR_SYSTEM, false, "unknown or invalid runtime name: nvidia",
	  "nvidia-ctk runtime configure" },
	{ "firewall-rules", ERROR_SYSTEM, true,
	  "driver failed programming external connectivity on endpoint x: iptables: No chain/target/match by that "
	  "name.",
	  "restart docker" },
	{ "firewall-rules", ERROR_SYSTEM, true,
	  "Warning: Extension statistic revision 0 not supported, missing kernel module?", "modprobe" },
	{ "security-module", ERROR_SYSTEM, false,
	  "error during container init: unable to apply apparmor profile: apparmor failed to apply profile: write "
	  "/proc/self/attr/apparmor/exec: no such file or directory: unknown.",
	  "install apparmor" },
	{ "security-module", ERROR_SYSTEM, false,
	  "AppArmor enabled on system but the docker-default profile could not be loaded", "install apparmor" },
	{ "security-module", ERROR_SYSTEM, false, "SELinux relabeling of /etc is not allowed", "dmesg" },
	{ "rootless", ERROR_SYSTEM, false,
	  "error while calling RootlessKit PortManager.AddPort(): cannot expose privileged port 80",
	  "docker context use" },
	{ "rootless", ERROR_SYSTEM, false, "[rootlesskit:parent] error: failed to setup UID/GID map",
	  "DOCKER_HOST" },
	{ "rootless", ERROR_SYSTEM, false, "exec: \"slirp4netns\": executable file not found in $PATH",
	  "DOCKER_HOST" },
	{ "rootless", ERROR_SYSTEM, false,
	  "Failed to start ContainerManager [open /proc/sys/vm/overcommit_memory: permission denied, open "
	  "/proc/sys/kernel/panic: permission denied, open /proc/sys/kernel/panic_on_oops: permission denied]",
	  "docker context use" },
	{ "rootless", ERROR_SYSTEM, false, "failed to create kubelet: open /dev/kmsg: operation not permitted",
	  "doctor check" },
	{ "snap-docker", ERROR_SYSTEM, false,
	  "snap-confine has elevated permissions and is not confined but should be. Refusing to continue to avoid "
	  "permission escalation attacks",
	  "snap remove docker" },
	{ "snap-docker", ERROR_SYSTEM, false,
	  "/system.slice/ci.service is not a snap cgroup for tag snap.docker.docker", "apt-get install docker.io" },
	{ "snap-docker", ERROR_SYSTEM, false,
	  "open /var/snap/docker/common/var-lib-docker/tmp/x: read-only file system", "snap remove docker" },
	{ "credential-helper", ERROR_REFUSED, false,
	  "docker pull failed (exit 1): error getting credentials - err: exec: \"docker-credential-desktop\": "
	  "executable file not found in $PATH, out: ``",
	  "credsStore" },

	{ "rate-limited", ERROR_SYSTEM, true,
	  "docker pull failed (exit 1): toomanyrequests: You have reached your pull rate limit", "docker login" },
	{ "rate-limited", ERROR_SYSTEM, true, "docker pull failed (exit 1): 429 Too Many Requests", "Wait" },
	{ "registry-refused", ERROR_REFUSED, false,
	  "docker pull failed (exit 1): pull access denied for x, repository does not exist", "docker login" },
	{ "registry-refused", ERROR_REFUSED, false, "docker pull failed (exit 1): unauthorized", "docker login" },
	{ "registry-refused", ERROR_REFUSED, false, "docker pull failed (exit 1): denied: denied", "docker login" },
	{ "registry-refused", ERROR_REFUSED, false, "docker pull failed (exit 1): denied: access forbidden",
	  "docker login" },
	{ "registry-refused", ERROR_REFUSED, false, "docker pull failed (exit 1): authentication required",
	  "docker login" },
	{ "registry-refused", ERROR_REFUSED, false, "docker pull failed (exit 1): no basic auth credentials",
	  "docker login" },
	{ "registry-refused", ERROR_REFUSED, false, "docker pull failed (exit 1): unexpected status: 403 Forbidden",
	  "docker login" },
	{ "registry-refused", ERROR_REFUSED, false,
	  "\"PullImage from image service failed\" err=\"failed to authorize: failed to fetch anonymous token: "
	  "unexpected status from GET request to https://ghcr.io/token: 403 Forbidden\"",
	  "OPENSHELL_REGISTRY_TOKEN" },
	{ "image-absent", ERROR_ABSENT, false, "docker pull failed (exit 1): manifest unknown", "build-images.sh" },
	{ "image-absent", ERROR_ABSENT, false, "docker pull failed (exit 1): ghcr.io/x:1: not found", "IMAGE_TAG" },
	{ "image-absent", ERROR_ABSENT, false, "docker pull failed (exit 1): repository name x does not exist",
	  "IMAGE_TAG" },
	{ "image-absent", ERROR_ABSENT, false,
	  "docker create failed (exit 1): Error response from daemon: No such image: openshell/cluster:dev",
	  "docker image ls" },
	{ "image-platform", ERROR_ABSENT, false,
	  "docker pull failed (exit 1): no matching manifest for linux/arm64/v8", "OPENSHELL_CLUSTER_IMAGE" },
	{ "image-platform", ERROR_ABSENT, false, "exec /usr/local/bin/cluster-entrypoint.sh: exec format error",
	  "Architecture" },
	{ "registry-certificate", ERROR_SYSTEM, false,
	  "docker pull failed (exit 1): Get \"https://r.example/v2/\": tls: failed to verify certificate: x509: "
	  "certificate signed by unknown authority",
	  "certs.d" },
	{ "registry-certificate", ERROR_SYSTEM, false,
	  "docker pull failed (exit 1): http: server gave HTTP response to HTTPS client", "certs.d" },
	{ "dns-failure", ERROR_SYSTEM, true, "dial tcp: lookup ghcr.io: Try again", "resolv.conf" },
	{ "dns-failure", ERROR_SYSTEM, true, "dial tcp: lookup ghcr.io on 127.0.0.11:53: server misbehaving",
	  "daemon.json" },
	{ "dns-failure", ERROR_SYSTEM, true, "HEALTHCHECK_DNS_FAILURE: ghcr.io cannot be resolved", "daemon.json" },
	{ "dns-failure", ERROR_SYSTEM, true, "DNS_PROBE_FAILED: ghcr.io", "daemon.json" },
	{ "registry-unreachable", ERROR_SYSTEM, true, "docker pull failed (exit 1): lookup ghcr.io: no such host",
	  "curl" },
	{ "registry-unreachable", ERROR_SYSTEM, true, "docker pull failed (exit 1): read tcp: i/o timeout",
	  "curl" },
	{ "registry-unreachable", ERROR_SYSTEM, true,
	  "docker pull failed (exit 1): connect: network is unreachable", "curl" },
	{ "registry-unreachable", ERROR_SYSTEM, true, "docker pull failed (exit 1): connect: connection refused",
	  "curl" },
	{ "registry-unreachable", ERROR_SYSTEM, true, "docker pull failed (exit 1): connection reset by peer",
	  "curl" },
	{ "registry-unreachable", ERROR_SYSTEM, true,
	  "docker pull failed (exit 1): net/http: TLS handshake timeout", "proxy" },
	{ "registry-unreachable", ERROR_SYSTEM, true, "docker pull failed (exit 1): dial tcp 1.2.3.4:443: x",
	  "proxy" },
	{ "registry-unreachable", ERROR_SYSTEM, true, "docker pull failed (exit 1): connect: no route to host",
	  "curl" },
	{ "registry-unreachable", ERROR_SYSTEM, true,
	  "docker pull failed (exit 1): lookup x: temporary failure in name resolution", "build-images.sh" },
	{ "registry-unreachable", ERROR_SYSTEM, true,
	  "docker pull failed (exit 1): Client.Timeout exceeded while awaiting headers", "proxy" },
	{ "registry-unreachable", ERROR_SYSTEM, true, "docker pull failed (exit 1): context deadline exceeded",
	  "curl" },
	{ "registry-unreachable", ERROR_SYSTEM, true,
	  "failed to pull image \"ghcr.io/x:1\": failed to do request: Head \"https://ghcr.io/v2/x/manifests/1\": "
	  "dial tcp 140.82.121.34:443: i/o timeout",
	  "curl" },

	{ "certificates", ERROR_UNHEALTHY, false,
	  "x509: certificate has expired or is not yet valid: current time 2026-11-22T10:00:00Z is after "
	  "2025-01-01T00:00:00Z",
	  "date" },
	{ "certificates", ERROR_UNHEALTHY, false, "x509: certificate signed by unknown authority", "gateway stop" },
	{ "certificates", ERROR_UNHEALTHY, false, "tls: failed to verify certificate", "--recreate" },
	{ "broken-state", ERROR_UNHEALTHY, true,
	  "configmaps \"extension-apiserver-authentication\" is forbidden: User \"system:kube-scheduler\" cannot "
	  "get resource \"configmaps\" in API group \"\" in the namespace \"kube-system\"",
	  "Try again" },
	{ "broken-state", ERROR_UNHEALTHY, true,
	  "failed to bootstrap cluster data: bootstrap data already found and encrypted with different token",
	  "--recreate" },
	{ "broken-state", ERROR_UNHEALTHY, true, "database disk image is malformed", "--recreate" },

	/* the same words of another call mean something else */
	{ "failed", ERROR_SYSTEM, false, "docker network rm failed (exit 1): network x not found", "-v" },
	{ "failed", ERROR_SYSTEM, false,
	  "kubectl delete node failed (exit 1): dial tcp 127.0.0.1:6443: connection refused", "-v" },
	{ "failed", ERROR_SYSTEM, false, "docker exec failed (exit 1): unauthorized", "-v" },
	{ "failed", ERROR_SYSTEM, false, "cannot read /x: No such file or directory", "-v" },
	{ "failed", ERROR_SYSTEM, false, "Resource temporarily unavailable. Try again", "-v" },
	{ "failed", ERROR_SYSTEM, false, "something else", "-v" },
};

static void assert_code(const struct error *err, const char *code)
{
	if (!streq(error_code_name(err), code))
		fail_msg("expected %s, got %s: %s", code, error_code_name(err), err->text);
}

static void a_text_has_a_code_a_kind_and_steps(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		autoerror struct error *err = NULL;

		print_message("           %s\n", samples[i].text);
		error_set(&err, ERROR_SYSTEM, "%s", samples[i].text);
		error_wrap(&err, "cannot start gateway 'x'");
		diagnose(err, "x");
		assert_code(err, samples[i].code);
		assert_int_equal(err->kind, samples[i].kind);
		assert_int_equal(err->retriable, samples[i].retriable);
		assert_non_null(err->meaning);
		assert_true(advises(err, samples[i].hint));
	}
}

/* What OpenSSH 9.2 wrote, and docker when it called that (tests/data/ssh). */
static const struct {
	const char *what, *code;
	enum error_kind kind;
} recorded[] = {
	{ "bad-option", "ssh-config", ERROR_UNREACHABLE },
	{ "host-key-changed", "ssh-host-key-changed", ERROR_REFUSED },
	{ "host-key-unknown", "ssh-host-key-unknown", ERROR_REFUSED },
	{ "jump-forbidden", "ssh-jump", ERROR_UNREACHABLE },
	{ "jump-refused", "ssh-refused", ERROR_UNREACHABLE },
	{ "jump-to-refused", "ssh-jump", ERROR_UNREACHABLE },
	{ "jump-unknown-host", "ssh-jump", ERROR_UNREACHABLE },
	{ "key-garbage", "ssh-auth", ERROR_REFUSED },
	{ "key-open", "ssh-auth", ERROR_REFUSED },
	{ "max-startups", "ssh-unreachable", ERROR_UNREACHABLE },
	{ "no-common-host-key", "ssh-algorithms", ERROR_UNREACHABLE },
	{ "no-common-kex", "ssh-algorithms", ERROR_UNREACHABLE },
	{ "passphrase", "ssh-auth", ERROR_REFUSED },
	{ "publickey-denied", "ssh-auth", ERROR_REFUSED },
	{ "publickey-denied-user", "ssh-auth", ERROR_REFUSED },
	{ "refused", "ssh-refused", ERROR_UNREACHABLE },
	{ "timeout", "ssh-unreachable", ERROR_UNREACHABLE },
	{ "too-many-keys", "ssh-auth", ERROR_REFUSED },
	{ "unknown-host", "ssh-host-unknown", ERROR_UNREACHABLE },
	{ "unreachable", "ssh-unreachable", ERROR_UNREACHABLE },
};

static void what_ssh_was_recorded_to_say_has_a_code(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(recorded); i++) {
		autofree char *name = xasprintf("ssh/ssh-%s.err", recorded[i].what);
		autoerror struct error *err = NULL;
		AUTO(buf) text = BUF_INIT;

		print_message("           %s\n", name);
		data_read(name, &text);
		buf_trim_end(&text);
		for (char *c = text.data; *c != '\0'; c++)
			if (*c == '\n') /* as tools/tunnel.c joins lines */
				*c = ' ';
		error_set(&err, ERROR_UNREACHABLE, "ssh to ssh://me@box failed: %s", buf_str(&text));
		diagnose(err, "x");
		assert_code(err, recorded[i].code);
		assert_int_equal(err->kind, recorded[i].kind);
		assert_true(err->hint_count > 0);
	}
}

static void the_last_words_of_the_container_are_read_and_the_kind_stays(void **state)
{
	static const enum error_kind kinds[] = { ERROR_UNHEALTHY, ERROR_TIMEOUT };

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(samples); i++) {
		autoerror struct error *err = NULL;
		autofree char *log = xasprintf("last lines of the container's log:\nstarting\n%s\nthe end\n",
					       samples[i / 2].text);

		if (streq(samples[i / 2].code, "failed"))
			continue;
		error_set(&err, kinds[i % 2], "the gateway's container did not become healthy");
		error_detail(&err, log);
		error_wrap(&err, "waiting for the gateway");
		diagnose(err, "x");
		assert_code(err, samples[i / 2].code);
		assert_int_equal(err->kind, kinds[i % 2]);
		assert_int_equal(err->retriable, samples[i / 2].retriable);
		assert_true(advises(err, samples[i / 2].hint));
	}
}

static void what_the_error_says_goes_before_what_the_log_had(void **state)
{
	autoerror struct error *err = NULL;

	(void)state;
	error_set(&err, ERROR_UNHEALTHY, "the gateway's container exited (exit_code=137, OOMKilled=true)");
	error_detail(&err, "kubelet: no default routes found in \"/proc/net/route\"\n");
	diagnose(err, NULL);
	assert_code(err, "out-of-memory");
}

static void words_of_two_lines_do_not_belong_together(void **state)
{
	autoerror struct error *err = NULL;

	(void)state;
	error_set(&err, ERROR_UNHEALTHY, "it ended");
	error_detail(&err, "failed to pull image \"x\"\ndial tcp 127.0.0.1:6443: connect: connection refused\n"
			   "dial tcp: lookup x\nTry again\n");
	diagnose(err, NULL);
	assert_code(err, "unhealthy");
}

static void a_kind_that_was_known_is_not_guessed(void **state)
{
	(void)state;
	for (int kind = 0; kind < ERROR_KINDS; kind++) {
		autoerror struct error *err = NULL;

		if (kind == ERROR_SYSTEM || kind == ERROR_UNREACHABLE || kind == ERROR_TIMEOUT ||
		    kind == ERROR_UNHEALTHY)
			continue;
		error_set(&err, (enum error_kind)kind, "Cannot connect to the Docker daemon");
		diagnose(err, NULL);
		assert_int_equal(err->kind, kind);
		assert_code(err, error_kind_name((enum error_kind)kind));
		assert_false(advises(err, "docker"));
	}
}

static void wrong_usage_and_a_stop_need_no_advice(void **state)
{
	static const enum error_kind kinds[] = { ERROR_USAGE, ERROR_CANCELLED };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		autoerror struct error *err = NULL;

		error_set(&err, kinds[i], "x");
		diagnose(err, "x");
		assert_null(err->meaning);
		assert_int_equal(err->hint_count, 0);
		assert_false(err->retriable);
	}
}

static void every_other_kind_has_a_meaning_and_steps(void **state)
{
	(void)state;
	for (int kind = 0; kind < ERROR_KINDS; kind++) {
		autoerror struct error *err = NULL;

		if (kind == ERROR_USAGE || kind == ERROR_CANCELLED)
			continue;
		error_set(&err, (enum error_kind)kind, "x");
		diagnose(err, "x");
		assert_int_equal(err->kind, kind);
		assert_non_null(err->meaning);
		assert_true(err->hint_count > 0);
	}
}

static void steps_that_were_given_stay(void **state)
{
	autoerror struct error *err = NULL;

	(void)state;
	error_set(&err, ERROR_SYSTEM, "port is already allocated");
	error_hint(&err, "mine");
	diagnose(err, NULL);
	assert_int_equal(err->hint_count, 1);
	assert_string_equal(err->hints[0].text, "mine");
	assert_int_equal(err->kind, ERROR_CONFLICT);
	assert_code(err, "port-busy");
	assert_non_null(err->meaning);
}

static void a_code_that_was_given_finds_its_row(void **state)
{
	autoerror struct error *err = NULL, *busy = NULL;

	(void)state;
	error_set(&err, ERROR_ABSENT, "there is no gateway 'x'");
	error_code(&err, "gateway-absent");
	diagnose(err, "x");
	assert_code(err, "gateway-absent");
	assert_true(advises(err, "openshell gateway list"));
	error_set(&busy, ERROR_CONFLICT, "port 8080 is in use");
	error_code(&busy, "port-busy");
	diagnose(busy, "x");
	assert_true(advises(busy, "openshell gateway start --name x --port 0"));
}

static void a_text_tells_more_than_a_code_of_no_certain_kind(void **state)
{
	autoerror struct error *err = NULL;

	(void)state;
	error_set(&err, ERROR_TIMEOUT, "not healthy within 360 s");
	error_code(&err, "not-ready");
	error_detail(&err, "inotify_init: too many open files\n");
	diagnose(err, "x");
	assert_code(err, "inotify-limits");
	assert_int_equal(err->kind, ERROR_TIMEOUT);
}

static void commands_name_the_gateway(void **state)
{
	autoerror struct error *err = NULL, *unnamed = NULL;

	(void)state;
	error_set(&err, ERROR_UNHEALTHY, "x");
	diagnose(err, "my-gw");
	assert_true(advises(err, "openshell doctor logs --name my-gw --lines 100"));
	assert_false(advises(err, "%"));
	error_set(&unnamed, ERROR_UNHEALTHY, "x");
	diagnose(unnamed, NULL);
	assert_true(advises(unnamed, "openshell doctor logs --name openshell --lines 100"));
}

static void no_error_needs_no_diagnosis(void **state)
{
	(void)state;
	diagnose(NULL, NULL);
}

/* ------------------------------------------------------------------ the table */

static bool is_recorded(const char *code, const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(samples); i++)
		if (streq(samples[i].code, code) && strstr(samples[i].text, text) != NULL)
			return true;
	return false;
}

static void every_text_of_the_table_is_in_a_sentence_of_a_program(void **state)
{
	(void)state;
	for (size_t i = 0; i < diagnosis_count; i++)
		for (size_t t = 0; t < DIAGNOSIS_TEXTS && diagnoses[i].texts[t] != NULL; t++)
			if (!is_recorded(diagnoses[i].code, diagnoses[i].texts[t]))
				fail_msg("%s: no sample has \"%s\"", diagnoses[i].code, diagnoses[i].texts[t]);
}

/* Their steps name a thing that only the place of the error knows. */
static bool is_advised_elsewhere(const char *code)
{
	static const char *const codes[] = { "other-engine", "system-entry", "exposed", "health-check-missing" };

	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (streq(code, codes[i]))
			return true;
	return false;
}

static void every_row_is_complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < diagnosis_count; i++) {
		const struct diagnosis *row = &diagnoses[i];

		print_message("           %s\n", row->code);
		assert_int_equal(strspn(row->code, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(row->code));
		assert_true(str_ends(row->meaning, "."));
		assert_true(row->steps[0].text != NULL || is_advised_elsewhere(row->code));
		for (size_t s = 0; s < ERROR_HINTS && row->steps[s].text != NULL; s++)
			assert_false(str_ends(row->steps[s].text, ".") || str_ends(row->steps[s].text, ":"));
	}
}

static void a_code_means_one_exit_status(void **state)
{
	(void)state;
	for (size_t i = 0; i < diagnosis_count; i++)
		for (size_t j = 0; j < i; j++)
			if (streq(diagnoses[i].code, diagnoses[j].code)) {
				assert_int_equal(diagnoses[i].kind, diagnoses[j].kind);
				assert_int_equal(diagnoses[i].retriable, diagnoses[j].retriable);
			}
}

/* ------------------------------------------------------------------ commands that are advised parse */

static void the_parser_tells_a_wrong_command(void **state)
{
	(void)state;
	assert_int_equal(try_command("openshell gateway start --port 0"), 0);
	assert_int_equal(try_command("openshell doctor exec --name x -- kubectl get pods -A"), 0);
	assert_int_equal(try_command("openshell gateway start --lines 3"), 2);
	assert_int_equal(try_command("openshell doctor logs --name"), 2);
	assert_int_equal(try_command("openshell gateway frobnicate"), 2);
	assert_int_equal(try_command("openshell restart"), 2);
}

static void every_command_of_the_table_parses(void **state)
{
	int found = 0;

	(void)state;
	for (size_t i = 0; i < diagnosis_count; i++)
		for (size_t s = 0; s < ERROR_HINTS; s++) {
			const char *command = diagnoses[i].steps[s].command;

			if (command == NULL || !str_starts(command, "openshell "))
				continue;
			found++;
			if (try_command(command) != 0)
				fail_msg("%s advises '%s', which does not parse", diagnoses[i].code, command);
		}
	assert_true(found > 20);
}

static bool begins_a_command(const char *text)
{
	autofree char *word = xstrndup(text, strcspn(text, " \"'\\;:,)"));

	return lookup_group(word) != NULL || lookup_command(word) != NULL;
}

static int check_advice(const char *source, const char *file)
{
	int found = 0;

	for (const char *at = source; (at = strstr(at, "openshell ")) != NULL; at++) {
		autofree char *command = NULL;

		if (!begins_a_command(at + strlen("openshell ")))
			continue;
		command = xstrndup(at, strcspn(at, "\"'\\;:,()|#\n"));
		found++;
		if (try_command(command) != 0)
			fail_msg("%s advises '%s', which does not parse", file, command);
	}
	return found;
}

/* Codes that are given in the code are rows of the table. */
static int check_codes(const char *source, const char *file)
{
	static const char call[] = "error_code(err, ";
	int found = 0;

	for (const char *at = source; (at = strstr(at, call)) != NULL; at++) {
		const char *end = strchr(at, ';'), *quote = at;

		while ((quote = strchr(quote, '"')) != NULL && quote < end) {
			autofree char *code = xstrndup(quote + 1, strcspn(quote + 1, "\""));
			bool known = false;

			for (size_t i = 0; i < diagnosis_count; i++)
				known = known || streq(diagnoses[i].code, code);
			if (!known)
				fail_msg("%s gives the code '%s', which has no row", file, code);
			quote += strlen(code) + 2;
			found++;
		}
	}
	return found;
}

static int each_source(int (*check)(const char *source, const char *file))
{
	static const char *const layers[] = { "tools", "store", "gateway", "cli" };
	const char *srcdir = getenv("srcdir");
	int found = 0;

	for (size_t i = 0; i < ARRAY_LEN(layers); i++) {
		autofree char *dir_name = xasprintf("%s/src/%s", srcdir ? srcdir : ".", layers[i]);
		DIR *dir = opendir(dir_name);
		const struct dirent *entry;

		if (dir == NULL)
			fail_msg("%s cannot be read: srcdir must name the source", dir_name);
		while ((entry = readdir(dir)) != NULL) {
			autofree char *path = xasprintf("%s/%s", dir_name, entry->d_name);
			AUTO(buf) text = BUF_INIT;
			struct error *err = NULL;

			if (!str_ends(entry->d_name, ".c"))
				continue;
			assert_int_equal(file_read(path, 1 << 20, &text, &err), 0);
			found += check(buf_str(&text), path);
		}
		closedir(dir);
	}
	return found;
}

static void a_command_that_is_advised_exists(void **state)
{
	(void)state;
	assert_true(each_source(check_advice) > 10);
}

static void a_code_that_is_given_has_a_row(void **state)
{
	(void)state;
	assert_true(each_source(check_codes) > 10);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_has_a_code_a_kind_and_steps),
		cmocka_unit_test(what_ssh_was_recorded_to_say_has_a_code),
		cmocka_unit_test(the_last_words_of_the_container_are_read_and_the_kind_stays),
		cmocka_unit_test(what_the_error_says_goes_before_what_the_log_had),
		cmocka_unit_test(words_of_two_lines_do_not_belong_together),
		cmocka_unit_test(a_kind_that_was_known_is_not_guessed),
		cmocka_unit_test(wrong_usage_and_a_stop_need_no_advice),
		cmocka_unit_test(every_other_kind_has_a_meaning_and_steps),
		cmocka_unit_test(steps_that_were_given_stay),
		cmocka_unit_test(a_code_that_was_given_finds_its_row),
		cmocka_unit_test(a_text_tells_more_than_a_code_of_no_certain_kind),
		cmocka_unit_test(commands_name_the_gateway),
		cmocka_unit_test(no_error_needs_no_diagnosis),
		cmocka_unit_test(every_text_of_the_table_is_in_a_sentence_of_a_program),
		cmocka_unit_test(every_row_is_complete),
		cmocka_unit_test(a_code_means_one_exit_status),
		cmocka_unit_test(the_parser_tells_a_wrong_command),
		cmocka_unit_test(every_command_of_the_table_parses),
		cmocka_unit_test(a_command_that_is_advised_exists),
		cmocka_unit_test(a_code_that_is_given_has_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
