/* SPDX-License-Identifier: Apache-2.0 */
/* From texts of docker, registries and the container's log to what they mean. First match wins. */
#include "gateway/diagnose.h"

#include <stdlib.h>

#include "base/buf.h"
#include "tools/tunnel.h"

#define DEFAULT_GATEWAY "openshell"

/* Who pulls: docker for us, or containerd and kubelet in the container. */
#define PULLS { "docker pull", "pull image", "PullImage", "resolve reference", "ErrImagePull", "ImagePullBackOff" }

#define CHECK_HOST { "Check this host", "openshell doctor check --name %N" }
#define TRY_AGAIN { "Then try again", "openshell gateway start --name %N" }
#define KEEP_FAILED { "Keep the container for a look at it", "openshell gateway start --name %N --keep-failed" }
#define READ_LOG { "Read its log", "openshell doctor logs --name %N --lines 100" }
#define BEGIN_AFRESH { "If its data may be lost, begin afresh", "openshell gateway start --name %N --recreate" }
#define BUILD_IMAGE \
	{ "Where there is no registry, build the image, in openshell's sources", "deploy/scripts/build-images.sh" }
#define RAISE_INOTIFY \
	{ "See the limits", "sysctl fs.inotify" }, \
	{ "Raise them", "sudo sysctl -w fs.inotify.max_user_instances=8192 fs.inotify.max_user_watches=524288" }, \
	{ "Write both into a file in /etc/sysctl.d, so that they survive a reboot", NULL }, TRY_AGAIN
/* Where ssh's own words are: ours on a connection that was not made, and docker's on the program it called. */
#define SSH_SAYS { "ssh to ", "command [ssh " }
#define SSH_BY_HAND { "Try it by hand, with the same destination and key; -v tells each step: ssh -v", NULL }
#define SSH_FAILED_MEANING \
	"The connection was not made, and what ssh says, if anything, is none of the failures that openshell knows."
#define SSH_FAILED_STEPS \
	SSH_BY_HAND, { "On the host, see what its ssh server tells", "journalctl -u ssh" }
#define RESTART_DOCKER { "Restart docker", "sudo systemctl restart docker" }

const struct diagnosis diagnoses[] = {
	/* ---- the way to another host */
	{
		.code = "ssh-missing", .kind = ERROR_UNREACHABLE,
		.where = { "'ssh'" },
		.texts = { "was not found on PATH" },
		.meaning = "Docker on another host is reached by the program ssh, and that is not here.",
		.steps = {
			{ "Install it", "sudo apt-get install openssh-client" },
		},
	},
	{
		.code = "ssh-host-key-changed", .kind = ERROR_REFUSED,
		.where = SSH_SAYS,
		.texts = { "REMOTE HOST IDENTIFICATION HAS CHANGED", "has changed and you have requested strict checking" },
		.meaning = "The host shows another key than it did before: it was installed anew, its address belongs to "
			   "another one now, or somebody is in between.",
		.steps = {
			{ "Find out which, from whoever administers the host", NULL },
			{ "Where the new key is right, forget the old one: ssh-keygen -R, and the host as it is "
			  "named above", NULL },
			{ "Then connect once by hand, and compare the fingerprint that ssh shows", NULL },
		},
	},
	{
		.code = "ssh-host-key-unknown", .kind = ERROR_REFUSED,
		.where = SSH_SAYS,
		.texts = { "Host key verification failed", "host key is known for" },
		.meaning = "The host's key is not known here, and nobody could be asked whether it is right.",
		.steps = {
			{ "Connect once by hand, and compare the fingerprint that ssh shows", NULL },
			{ "Or run the same command on a terminal, where ssh can ask", NULL },
		},
	},
	{
		.code = "ssh-auth", .kind = ERROR_REFUSED,
		.where = SSH_SAYS,
		.texts = { "Permission denied (", "Too many authentication failures" },
		.meaning = "The host does not let this user in with these keys. Without a terminal ssh can ask for no "
			   "passphrase and no password.",
		.steps = {
			{ "See which keys an agent holds", "ssh-add -l" },
			{ "Name the user and the key: --remote USER@HOST --ssh-key FILE", NULL },
			{ "For a key with a passphrase, add it to an agent", "ssh-add" },
			SSH_BY_HAND,
		},
	},
	{
		.code = "ssh-host-unknown", .kind = ERROR_UNREACHABLE,
		.where = SSH_SAYS,
		.texts = { "Could not resolve hostname" },
		.meaning = "Neither ssh's configuration nor the name service knows the host.",
		.steps = {
			{ "Look for a slip in its name, and for its alias in the configuration",
			  "grep -i '^host' ~/.ssh/config" },
			SSH_BY_HAND,
		},
	},
	{
		.code = "ssh-jump", .kind = ERROR_UNREACHABLE, .retriable = true,
		.where = SSH_SAYS,
		.texts = { "stdio forwarding failed" },
		.meaning = "The host in between (ProxyJump) lets the user in, but does not reach the other one, or may not.",
		.steps = {
			{ "Look for a slip in the other's name and port, as the host in between knows it", NULL },
			{ "On the host in between, see that AllowTcpForwarding is not no", NULL },
			SSH_BY_HAND,
		},
	},
	{
		.code = "ssh-refused", .kind = ERROR_UNREACHABLE, .retriable = true,
		.where = SSH_SAYS,
		.texts = { "Connection refused" },
		.meaning = "The host is there, but no ssh server listens on that port.",
		.steps = {
			{ "Where it listens on another port: --remote ssh://USER@HOST:PORT", NULL },
			{ "On the host, see whether the server runs", "systemctl status ssh" },
		},
	},
	{
		.code = "ssh-algorithms", .kind = ERROR_UNREACHABLE,
		.where = SSH_SAYS,
		.texts = { "Unable to negotiate with" },
		.meaning = "ssh here and the server there have no algorithm in common: one of the two is old, or was told to "
			   "be strict.",
		.steps = {
			{ "Allow one that the host offers: --ssh-option KexAlgorithms=+NAME, or HostKeyAlgorithms=+NAME", NULL },
			{ "Better: upgrade the older one", NULL },
		},
	},
	{
		.code = "ssh-config", .kind = ERROR_UNREACHABLE,
		.where = SSH_SAYS,
		.texts = { "Bad configuration option", "Bad owner or permissions on", "command-line line " },
		.meaning = "ssh does not put up with its configuration, or with a value of --ssh-option.",
		.steps = {
			{ "Mend what is named above", NULL },
			SSH_BY_HAND,
		},
	},
	{
		.code = "ssh-unreachable", .kind = ERROR_UNREACHABLE, .retriable = true,
		.where = SSH_SAYS,
		.texts = { "timed out", "No route to host", "Network is unreachable", "Connection reset by",
			   "kex_exchange_identification", "closed by" },
		.meaning = "The host does not answer, or hangs up: it is down, a firewall or a VPN is in between, or it has "
			   "as many callers as it takes.",
		.steps = {
			SSH_BY_HAND,
			{ "On the host, see what its ssh server tells", "journalctl -u ssh" },
			{ "Then try again", NULL },
		},
	},
	{
		.code = "remote-docker-refused", .kind = ERROR_REFUSED,
		.where = { TUNNEL_SOCKET, "command [ssh " },
		.texts = { "permission denied while trying to connect", "docker.sock: connect: permission denied" },
		.meaning = "Docker runs on the other host, but the user there may not use its socket.",
		.steps = {
			{ "On that host, let the user join the group docker", "sudo usermod -aG docker \"$USER\"" },
			{ "Or name another user: --remote USER@HOST", NULL },
		},
	},
	{
		.code = "remote-docker-absent", .kind = ERROR_UNREACHABLE,
		.where = { "command [ssh " },
		.texts = { "docker: command not found", "docker: not found", "Unknown command: docker" },
		.meaning = "The other host has no docker where it was looked for.",
		.steps = {
			{ "Install docker there (Debian's package is docker.io)", "sudo apt-get install docker.io" },
			{ "Where its socket is elsewhere, name it: --remote ssh://USER@HOST/PATH, or "
			  "OPENSHELL_REMOTE_DOCKER_SOCKET", NULL },
		},
	},
	{
		.code = "ssh-failed", .kind = ERROR_UNREACHABLE,
		.where = { "command [ssh " },
		.texts = { "exit status 255" }, /* ssh's own, not that of what it was to run there */
		.meaning = SSH_FAILED_MEANING,
		.steps = {
			SSH_FAILED_STEPS,
		},
	},
	{
		.code = "remote-docker-down", .kind = ERROR_UNREACHABLE, .retriable = true,
		.where = { TUNNEL_SOCKET, "docker.example.com" },
		.texts = { "Cannot connect to the Docker daemon", "failed to connect to the docker API",
			   "error during connect" },
		.meaning = "ssh reaches the other host, but docker does not run there.",
		.steps = {
			{ "On that host, start docker", "sudo systemctl start docker" },
			{ "and see whether it answers", "docker info" },
		},
	},

	/* ---- docker itself */
	{
		.code = "docker-missing", .kind = ERROR_UNREACHABLE,
		.texts = { "was not found on PATH" },
		.meaning = "Gateways are docker containers, and the program that makes them is not here.",
		.steps = {
			{ "Install docker (Debian's package is docker.io), or put it on PATH",
			  "sudo apt-get install docker.io" },
			CHECK_HOST,
		},
	},
	{
		.code = "docker-refused", .kind = ERROR_REFUSED,
		.texts = { "permission denied while trying to connect", "docker.sock: connect: permission denied" },
		.meaning = "Docker runs, but this user may not use its socket.",
		.steps = {
			{ "Join the group docker, then log in again", "sudo usermod -aG docker \"$USER\"" },
			{ "See whether docker answers now", "docker info" },
		},
	},
	{
		.code = "docker-client-old", .kind = ERROR_UNREACHABLE,
		.texts = { "Minimum supported API version is" },
		.meaning = "The docker program is older than its engine puts up with.",
		.steps = {
			{ "See both versions", "docker version" },
			{ "Where DOCKER_API_VERSION is set, unset it", "unset DOCKER_API_VERSION" },
			{ "Else install the docker program of the engine's version (Debian's package is "
			  "docker-cli)", NULL },
		},
	},
	{
		.code = "docker-engine-old", .kind = ERROR_UNREACHABLE,
		.texts = { "Maximum supported API version is", "but the Docker daemon API version is" },
		.meaning = "The docker program asks for more than its engine can do.",
		.steps = {
			{ "See both versions", "docker version" },
			{ "Where DOCKER_API_VERSION is set, unset it, and the two agree on one",
			  "unset DOCKER_API_VERSION" },
			{ "Else upgrade the engine; it must be 20.10 or newer", NULL },
		},
	},
	{
		.code = "docker-context", .kind = ERROR_UNREACHABLE,
		.texts = { "unable to resolve docker endpoint" },
		.meaning = "Docker was told to use a context or certificates that it does not have.",
		.steps = {
			{ "See the contexts that exist", "docker context ls" },
			{ "Take the one of this host, and unset DOCKER_CONTEXT and DOCKER_TLS_VERIFY",
			  "docker context use default" },
		},
	},
	{
		.code = "docker-unreachable", .kind = ERROR_UNREACHABLE, .retriable = true,
		.where = { "unix:///run/user/" },
		.texts = { "Cannot connect to the Docker daemon", "failed to connect to the docker API" },
		.meaning = "Docker's address is that of a rootless engine of this user, and it does not run.",
		.steps = {
			{ "Start it", "systemctl --user start docker" },
			{ "Or use the system's engine: it, unlike a rootless one, can run a gateway",
			  "docker context use default" },
			{ "See whether docker answers now", "docker info" },
		},
	},
	{
		.code = "docker-unreachable", .kind = ERROR_UNREACHABLE, .retriable = true,
		.texts = { "Cannot connect to the Docker daemon", "Is the docker daemon running",
			   "failed to connect to the docker API", "error during connect",
			   "docker.sock: connect: no such file or directory",
			   "docker.sock: connect: connection refused", "docker does not answer" },
		.meaning = "The docker program is here, but nothing answers at the address that it uses: docker "
			   "does not run, or it runs elsewhere.",
		.steps = {
			{ "Start docker", "sudo systemctl start docker" },
			{ "Where it runs at another address, set DOCKER_HOST to that", NULL },
			{ "See whether docker answers now", "docker info" },
		},
	},

	/* ---- the node in the container */
	{
		.code = "supervisor-missing", .kind = ERROR_UNHEALTHY,
		.texts = { "HEALTHCHECK_MISSING_SUPERVISOR" },
		.meaning = "The cluster image lacks the program that confines sandboxes: each would fail.",
		.steps = {
			{ "Build the cluster image again, in openshell's sources",
			  "deploy/scripts/build-images.sh" },
			{ "Or take another image: set OPENSHELL_CLUSTER_IMAGE", NULL },
			TRY_AGAIN,
		},
	},
	{
		.code = "node-pressure", .kind = ERROR_UNHEALTHY,
		.texts = { "HEALTHCHECK_NODE_PRESSURE" },
		.meaning = "The node is so short of disk, memory or process IDs that it puts pods out; it does "
			   "not get healthy before that changes.",
		.steps = {
			{ "See how full the disks are", "df -h" },
			{ "See what docker keeps", "docker system df" },
			{ "See how much memory is left", "free -h" },
			TRY_AGAIN,
		},
	},
	{
		.code = "out-of-memory", .kind = ERROR_UNHEALTHY,
		.texts = { "OOMKilled", "exit_code=137" },
		.meaning = "The container was killed, most likely because there was no memory left. A gateway "
			   "needs 4 GiB.",
		.steps = {
			{ "See how much memory is left", "free -h" },
			{ "Give docker at least 4 GiB, or end other programs", NULL },
			TRY_AGAIN,
		},
	},
	{
		.code = "cgroup-v1", .kind = ERROR_UNHEALTHY,
		.texts = { "configured to not run on a host using cgroup v1", "failCgroupV1", "fail-cgroupv1" },
		.meaning = "The host uses version 1 of control groups, which Kubernetes has given up.",
		.steps = {
			{ "See which version it is: cgroup2fs is 2, tmpfs is 1", "stat -f -c %T /sys/fs/cgroup" },
			{ "Boot with the kernel parameter systemd.unified_cgroup_hierarchy=1", NULL },
			{ "On a host that must stay as it is, take a cluster image of this openshell: it allows "
			  "version 1", NULL },
		},
	},
	{
		.code = "cgroup-controllers", .kind = ERROR_UNHEALTHY,
		.texts = { "failed to find cpuset cgroup", "failed to find memory cgroup",
			   "failed to find cpu cgroup", "failed to find pids cgroup",
			   "has some missing controllers", "has some missing paths", "it is in threaded mode" },
		.meaning = "The container is not given all the control groups that Kubernetes needs: cpu, cpuset, "
			   "memory and pids.",
		.steps = {
			{ "See what the host has", "cat /sys/fs/cgroup/cgroup.controllers" },
			{ "Where memory is missing, boot with the kernel parameters cgroup_enable=memory "
			  "cgroup_memory=1", NULL },
			{ "Where docker is rootless, use the system's engine", "docker context use default" },
			CHECK_HOST,
		},
	},
	{
		.code = "foreign-kubelet", .kind = ERROR_UNHEALTHY,
		.where = { ":10250: bind", ":10248: bind", ":10256: bind", ":10257: bind", ":10259: bind",
			   ":6443: bind" },
		.texts = { "address already in use" },
		.meaning = "Another Kubernetes runs where the gateway's own should: it holds a port of the "
			   "kubelet or of the API server.",
		.steps = {
			{ "See who holds ports 10248 to 10259 and 6443", "sudo ss -ltnp" },
			{ "Stop the other Kubernetes (k3s, MicroK8s, kubelet) on this host", NULL },
			TRY_AGAIN,
		},
	},
	{
		.code = "foreign-kubelet", .kind = ERROR_UNHEALTHY,
		.texts = { "kubepods.slice already exists", "[kubepods] doesn't exist" },
		.meaning = "Another kubelet seems to manage the control group kubepods on this host.",
		.steps = {
			{ "See whether one runs", "pgrep -a 'kubel|k3s'" },
			{ "Stop the other Kubernetes (k3s, MicroK8s, kubelet) on this host", NULL },
			TRY_AGAIN,
		},
	},
	{
		.code = "inotify-limits", .kind = ERROR_UNHEALTHY,
		.texts = { "too many open files" },
		.meaning = "The host lets a user have too few inotify instances, by which Kubernetes watches "
			   "files.",
		.steps = {
			RAISE_INOTIFY,
		},
	},
	{
		.code = "inotify-limits", .kind = ERROR_UNHEALTHY,
		.where = { "inotify" },
		.texts = { "no space left on device" },
		.meaning = "The host lets a user watch too few files; no disk is full.",
		.steps = {
			RAISE_INOTIFY,
		},
	},
	{
		.code = "storage-driver", .kind = ERROR_UNHEALTHY,
		.texts = { "snapshotter cannot be enabled", "failed to mount overlay",
			   "error creating overlay mount" },
		.meaning = "Containers need an overlay file system, and docker's data lies where there can be "
			   "none: on another overlay, on ZFS, or on a network.",
		.steps = {
			{ "See where docker's data is, and by which driver",
			  "docker info --format '{{.DockerRootDir}} {{.Driver}}'" },
			{ "See the file system below it", "findmnt -T /var/lib/docker" },
			{ "Move it to ext4 or xfs (\"data-root\" in /etc/docker/daemon.json), then restart docker",
			  "sudo systemctl restart docker" },
		},
	},
	{
		.code = "no-default-route", .kind = ERROR_UNHEALTHY, .retriable = true,
		.texts = { "no default route", "unable to select an IP from default routes" },
		.meaning = "The container has no way out of its network: docker did not attach it, which happens "
			   "with networks left over, or a port that another container holds.",
		.steps = {
			{ "See which containers hold ports", "docker ps --format '{{.Names}}: {{.Ports}}'" },
			{ "Remove networks that nothing uses", "docker network prune -f" },
			RESTART_DOCKER,
			TRY_AGAIN,
		},
	},

	/* ---- what docker refuses */
	{
		.code = "subnet-overlap", .kind = ERROR_CONFLICT,
		.texts = { "could not find an available, non-overlapping IPv4 address pool",
			   "all predefined address pools have been fully subnetted",
			   "Pool overlaps with other one on this address space", "networks have overlapping IPv4" },
		.meaning = "Docker has no range of addresses left for the gateway's network: other networks, or "
			   "the routes of a VPN, take them all.",
		.steps = {
			{ "See the networks", "docker network ls" },
			{ "Remove those that nothing uses", "docker network prune -f" },
			{ "See the host's routes; end a VPN that takes all of 172.16.0.0/12 and 192.168.0.0/16",
			  "ip route" },
			{ "Or give docker other ranges (\"default-address-pools\" in /etc/docker/daemon.json), "
			  "then restart it",
			  "sudo systemctl restart docker" },
		},
	},
	{
		.code = "port-busy", .kind = ERROR_CONFLICT,
		.texts = { "port is already allocated", "address already in use" },
		.meaning = "Another container or program listens on the gateway's port.",
		.steps = {
			{ "See which containers hold ports", "docker ps --format '{{.Names}}: {{.Ports}}'" },
			{ "See which programs do", "sudo ss -ltnp" },
			{ "Or take a free port", "openshell gateway start --name %N --port 0" },
		},
	},
	{
		.code = "volume-in-use", .kind = ERROR_CONFLICT,
		.texts = { "volume is in use" },
		.meaning = "Another container uses the gateway's volume, which cannot be removed before that one is.",
		.steps = {
			{ "See which; docker rm -f and its name removes it",
			  "docker ps -a --filter volume=openshell-cluster-%N" },
			{ "Then repeat the command; it goes on from what is left", NULL },
		},
	},
	{
		.code = "disk-full", .kind = ERROR_SYSTEM,
		.texts = { "no space left on device", "No space left on device" },
		.meaning = "A disk is full: that of docker's data, of your configuration, or of what the output goes to.",
		.steps = {
			{ "See which", "df -h" },
			{ "See what docker keeps", "docker system df" },
			{ "Remove images that nothing refers to", "docker image prune" },
			{ "Then try again", NULL }, /* not only gateway start writes */
		},
	},
	{
		.code = "cdi-missing", .kind = ERROR_SYSTEM,
		.texts = { "failed to inject CDI devices", "unresolvable CDI devices",
			   "CDI device injection failed", "unknown CDI device", "CDI device not found",
			   "no CDI devices found", "select device driver \"cdi\"" },
		.meaning = "Docker knows of GPUs by CDI only, and their description is missing on its host or out "
			   "of date.",
		.steps = {
			{ "Write it, on docker's host",
			  "sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml" },
			{ "See what it names", "nvidia-ctk cdi list" },
			{ "Then try again", "openshell gateway start --name %N --gpu" },
		},
	},
	{
		.code = "gpu-toolkit", .kind = ERROR_SYSTEM,
		.texts = { "could not select device driver", "nvidia-container-cli", "runtime name: nvidia" },
		.meaning = "Docker cannot give a container NVIDIA GPUs: driver or container toolkit are missing "
			   "on its host, or do not fit each other.",
		.steps = {
			{ "See whether the driver works, on docker's host", "nvidia-smi" },
			{ "Install the NVIDIA container toolkit and tell docker of it",
			  "sudo nvidia-ctk runtime configure --runtime=docker" },
			RESTART_DOCKER,
			{ "Or start without --gpu", "openshell gateway start --name %N" },
		},
	},
	{
		.code = "firewall-rules", .kind = ERROR_SYSTEM, .retriable = true,
		.texts = { "No chain/target/match by that name", "not supported, missing kernel module?" },
		.meaning = "Docker's firewall rules are gone, as after a restart of firewalld, or the kernel "
			   "lacks a module for them.",
		.steps = {
			{ "Load what Kubernetes needs", "sudo modprobe -a br_netfilter xt_comment xt_statistic" },
			{ "Let docker write its rules anew", "sudo systemctl restart docker" },
			TRY_AGAIN,
		},
	},
	{
		.code = "security-module", .kind = ERROR_SYSTEM,
		.texts = { "unable to apply apparmor profile", "apparmor failed to apply profile",
			   "AppArmor enabled on system but", "SELinux relabeling of" },
		.meaning = "AppArmor or SELinux on docker's host is in docker's way.",
		.steps = {
			{ "Install AppArmor's tools, which docker calls", "sudo apt-get install apparmor" },
			RESTART_DOCKER,
			{ "See what was denied", "sudo dmesg" },
		},
	},
	{
		.code = "rootless", .kind = ERROR_SYSTEM,
		.texts = { "RootlessKit", "rootlesskit", "slirp4netns",
			   "/proc/sys/vm/overcommit_memory: permission denied",
			   "/proc/sys/kernel/panic: permission denied", "/dev/kmsg: operation not permitted" },
		.meaning = "Docker runs rootless: its containers may not do what a Kubernetes node must.",
		.steps = {
			{ "Use the system's engine", "docker context use default" },
			{ "Where DOCKER_HOST names the rootless one, unset it", "unset DOCKER_HOST" },
			CHECK_HOST,
		},
	},
	{
		.code = "snap-docker", .kind = ERROR_SYSTEM,
		.texts = { "snap-confine", "is not a snap cgroup", "snap.docker", "/snap/docker/" },
		.meaning = "This docker comes as a snap: it is confined, and sees neither hidden directories nor "
			   "/tmp.",
		.steps = {
			{ "Remove it; its containers and images go with it", "sudo snap remove docker" },
			{ "Install docker as a package", "sudo apt-get install docker.io" },
			CHECK_HOST,
		},
	},
	{
		.code = "credential-helper", .kind = ERROR_REFUSED,
		.texts = { "error getting credentials" },
		.meaning = "Docker's configuration names a helper that keeps its passwords, and it is missing or "
			   "fails.",
		.steps = {
			{ "See which: credsStore and credHelpers", "grep -i cred ~/.docker/config.json" },
			{ "Install it, or take these lines out and log in again", "docker login ghcr.io" },
		},
	},

	/* ---- registries */
	{
		.code = "rate-limited", .kind = ERROR_SYSTEM, .retriable = true,
		.where = PULLS,
		.texts = { "toomanyrequests", "429 Too Many Requests" },
		.meaning = "The registry limits how often you may pull, and you have used that up for now.",
		.steps = {
			{ "Wait, or log in: the limit is higher then", "docker login" },
			TRY_AGAIN,
			BUILD_IMAGE,
		},
	},
	{
		.code = "registry-refused", .kind = ERROR_REFUSED,
		.where = PULLS,
		.texts = { "pull access denied", "unauthorized", "denied:", "authentication required",
			   "403 Forbidden", "no basic auth credentials" },
		.meaning = "The registry does not give this image to you, or does not have it: it does not tell "
			   "these apart.",
		.steps = {
			{ "Check the image's name: OPENSHELL_CLUSTER_IMAGE, IMAGE_TAG and the registry's variables",
			  NULL },
			{ "Log in", "docker login ghcr.io" },
			{ "For images that the cluster pulls, set OPENSHELL_REGISTRY_USERNAME and "
			  "OPENSHELL_REGISTRY_TOKEN", NULL },
			BUILD_IMAGE,
		},
	},
	{
		.code = "image-platform", .kind = ERROR_ABSENT,
		.texts = { "no matching manifest", "exec format error" },
		.meaning = "The image is not for the processor of docker's host.",
		.steps = {
			{ "See which that is", "docker info --format '{{.OSType}}/{{.Architecture}}'" },
			{ "Take an image for it: set OPENSHELL_CLUSTER_IMAGE", NULL },
			BUILD_IMAGE,
		},
	},
	{
		.code = "image-absent", .kind = ERROR_ABSENT,
		.texts = { "No such image" },
		.meaning = "Docker does not have this image.",
		.steps = {
			{ "See the images that are here", "docker image ls" },
			BUILD_IMAGE,
		},
	},
	{
		.code = "image-absent", .kind = ERROR_ABSENT,
		.where = PULLS,
		.texts = { "manifest unknown", "not found", "does not exist" },
		.meaning = "The registry does not have this image.",
		.steps = {
			{ "Check the image's name: OPENSHELL_CLUSTER_IMAGE, IMAGE_TAG and the registry's variables",
			  NULL },
			{ "See the images that are here", "docker image ls" },
			BUILD_IMAGE,
		},
	},
	{
		.code = "registry-certificate", .kind = ERROR_SYSTEM,
		.where = PULLS,
		.texts = { "x509:", "tls: failed to verify", "server gave HTTP response to HTTPS client" },
		.meaning = "The registry, or a proxy before it, shows no certificate that docker trusts.",
		.steps = {
			{ "Put the authority's certificate into /etc/docker/certs.d/REGISTRY/ca.crt", NULL },
			{ "See whether the clock is right", "date" },
			RESTART_DOCKER,
			TRY_AGAIN,
		},
	},
	{
		.code = "dns-failure", .kind = ERROR_SYSTEM, .retriable = true,
		.where = { "dial tcp: lookup" },
		.texts = { "Try again", "server misbehaving" },
		.meaning = "Names cannot be resolved in the container: the resolver that docker gives it does not "
			   "answer.",
		.steps = {
			{ "See the host's resolvers", "cat /etc/resolv.conf" },
			{ "Give docker one that containers can reach (\"dns\" in /etc/docker/daemon.json), then "
			  "restart it",
			  "sudo systemctl restart docker" },
			TRY_AGAIN,
		},
	},
	{
		.code = "registry-unreachable", .kind = ERROR_SYSTEM, .retriable = true,
		.where = PULLS,
		.texts = { "no such host", "i/o timeout", "network is unreachable", "connection refused",
			   "connection reset", "TLS handshake timeout", "dial tcp", "no route to host",
			   "Client.Timeout exceeded", "context deadline exceeded",
			   "temporary failure in name resolution" },
		.meaning = "The registry cannot be reached: no network, no name service, a firewall, or a proxy "
			   "that docker was not told of.",
		.steps = {
			{ "See whether it answers on docker's host, with its name in place of ghcr.io", "curl -sI https://ghcr.io/v2/" },
			{ "See which proxy docker uses",
			  "docker info --format '{{.HTTPProxy}} {{.HTTPSProxy}} {{.NoProxy}}'" },
			TRY_AGAIN,
			BUILD_IMAGE,
		},
	},

	/* ---- words that a healthy start prints, too: last */
	{
		.code = "certificates", .kind = ERROR_UNHEALTHY,
		.texts = { "certificate has expired", "x509: certificate", "tls: failed to verify" },
		.meaning = "The cluster's certificates have expired or do not fit each other, as after a wrong "
			   "clock or a volume that another gateway wrote.",
		.steps = {
			{ "See whether the clock is right", "date" },
			{ "Renew them by a restart: stop it", "openshell gateway stop --name %N" },
			{ "and start it", "openshell gateway start --name %N" },
			BEGIN_AFRESH,
		},
	},
	{
		.code = "broken-state", .kind = ERROR_UNHEALTHY, .retriable = true,
		.texts = { "extension-apiserver-authentication", "cannot get resource", "is forbidden",
			   "encrypted with different token", "database disk image is malformed" },
		.meaning = "What the cluster keeps in its volume is not whole, as after a start that was cut off.",
		.steps = {
			{ "Try again: most of it mends itself", "openshell gateway start --name %N" },
			BEGIN_AFRESH,
		},
	},
	{
		.code = "dns-failure", .kind = ERROR_SYSTEM, .retriable = true,
		.texts = { "HEALTHCHECK_DNS_FAILURE", "DNS_PROBE_FAILED" },
		.meaning = "Names cannot be resolved in the container, so that images which are not there yet "
			   "cannot be pulled.",
		.steps = {
			{ "See the host's resolvers", "cat /etc/resolv.conf" },
			{ "Give docker one that containers can reach (\"dns\" in /etc/docker/daemon.json), then "
			  "restart it",
			  "sudo systemctl restart docker" },
			TRY_AGAIN,
		},
	},

	/* ---- what we know without a text */
	{
		.code = "ssh-failed", .kind = ERROR_UNREACHABLE,
		.meaning = SSH_FAILED_MEANING,
		.steps = {
			SSH_FAILED_STEPS,
		},
	},
	{
		.code = "ssh-timeout", .kind = ERROR_UNREACHABLE, .retriable = true,
		.meaning = "The connection was not made in time: the host is slow to answer, or something waits for an "
			   "answer that nobody can give.",
		.steps = {
			SSH_BY_HAND,
			{ "On the host, see what its ssh server tells", "journalctl -u ssh" },
		},
	},
	{
		.code = "ssh-lost", .kind = ERROR_UNREACHABLE, .retriable = true,
		.meaning = "The connection to the other host broke, and what was under way there may be done or not: the "
			   "same command goes on from there.",
		.steps = {
			{ "See whether the host answers: ssh -v, and the same destination", NULL },
			{ "Then repeat the command; start goes on from what is there", "openshell gateway start --name %N" },
		},
	},
	{
		.code = "ssh-forwarding", .kind = ERROR_UNREACHABLE,
		.meaning = "Either docker does not run there, or the ssh server forbids to forward its socket; the host has "
			   "no docker program either that could be called in its place.",
		.steps = {
			{ "On that host, see whether docker runs", "systemctl status docker" },
			{ "Allow it in /etc/ssh/sshd_config: AllowStreamLocalForwarding yes, and no DisableForwarding, then",
			  "sudo systemctl reload ssh" },
			{ "Or install the docker program there", "sudo apt-get install docker.io" },
		},
	},
	{
		.code = "gateway-absent", .kind = ERROR_ABSENT,
		.meaning = "There is no gateway of that name here.",
		.steps = {
			{ "See those that exist", "openshell gateway list" },
			{ "Or make it", "openshell gateway start --name %N" },
		},
	},
	{
		.code = "gateway-stopped", .kind = ERROR_UNHEALTHY,
		.meaning = "The gateway exists, but its container has to run for this.",
		.steps = {
			{ "Start it", "openshell gateway start --name %N" },
		},
	},
	{
		.code = "gateway-busy", .kind = ERROR_CONFLICT, .retriable = true,
		.meaning = "One command at a time changes a gateway; this one has changed nothing.",
		.steps = {
			{ "Wait for the other, then try again", NULL },
			{ "See how the gateway is", "openshell status --name %N" },
		},
	},
	{
		.code = "name-taken", .kind = ERROR_CONFLICT,
		.meaning = "A name means one gateway, and the one that has it was not made here.",
		.steps = {
			{ "Choose another name; these are taken", "openshell gateway list" },
		},
	},
	{
		.code = "gateway-elsewhere", .kind = ERROR_REFUSED,
		.meaning = "Only the entry is here: the gateway is managed where it runs.",
		.steps = {
			{ "See what is known of it", "openshell gateway info --name %N" },
		},
	},
	{
		.code = "other-engine", .kind = ERROR_CONFLICT,
		.meaning = "Docker reaches another engine than the one that this gateway was made on: to go on "
			   "could hit a container that only has the same name.",
	},
	{
		.code = "system-entry", .kind = ERROR_REFUSED,
		.meaning = "Entries of the system belong to who administers this host; they are only read.",
	},
	{
		.code = "exposed", .kind = ERROR_REFUSED,
		.meaning = "Without certificates of its clients a gateway obeys whoever reaches its port.",
	},
	{
		.code = "entry-invalid", .kind = ERROR_SYSTEM,
		.meaning = "The file that holds the gateway's entry is damaged, or was written by something else.",
		.steps = {
			{ "See which entries can be used", "openshell gateway list" },
			{ "Write it anew; a gateway that runs is kept", "openshell gateway start --name %N" },
		},
	},
	{
		.code = "health-check-missing", .kind = ERROR_UNHEALTHY,
		.meaning = "Docker was not told how to see whether the gateway is healthy.",
	},
	{
		.code = "not-ready", .kind = ERROR_TIMEOUT, .retriable = true,
		.meaning = "The container runs, but the gateway in it was not ready in time: the host is slow, or "
			   "something in it does not start.",
		.steps = {
			{ "Give it more time", "openshell gateway start --name %N --timeout 900" },
			KEEP_FAILED,
			READ_LOG,
			CHECK_HOST,
		},
	},
	{
		.code = "image-not-sent", .kind = ERROR_SYSTEM,
		.meaning = "The image did not get from this host's docker to the other host's; what is named first failed.",
		.steps = {
			{ "See on both hosts whether docker has room for it", "docker system df" },
			{ "Or let the other host pull it", "openshell gateway start --name %N" },
			{ "Or bring it there as a file, for docker load", "docker save --help" },
		},
	},
	{
		.code = "start-failed", .kind = ERROR_SYSTEM,
		.meaning = "This is none of the failures that openshell knows.",
		.steps = {
			CHECK_HOST,
			KEEP_FAILED,
			READ_LOG,
			BEGIN_AFRESH,
		},
	},

	/* ---- the kinds' words */
	{
		.code = "failed", .kind = ERROR_SYSTEM,
		.meaning = "The system or another program refused, and this is none of the failures that "
			   "openshell knows.",
		.steps = {
			{ "Repeat the command with -v, which shows each command that is run", NULL },
			CHECK_HOST,
		},
	},
	{
		.code = "file-absent", .kind = ERROR_ABSENT,
		.meaning = "An option names a file that is not there.",
		.steps = {
			{ "Mend the path", NULL },
		},
	},
	{
		.code = "absent", .kind = ERROR_ABSENT,
		.meaning = "What was asked for is not here.",
		.steps = {
			{ "See the gateways that exist", "openshell gateway list" },
		},
	},
	{
		.code = "conflict", .kind = ERROR_CONFLICT,
		.meaning = "Something else is in the way.",
		.steps = {
			{ "See the gateways that exist", "openshell gateway list" },
			CHECK_HOST,
		},
	},
	{
		.code = "unreachable", .kind = ERROR_UNREACHABLE,
		.meaning = "Docker does not do what it is asked for.",
		.steps = {
			{ "See what docker says", "docker info" },
			CHECK_HOST,
		},
	},
	{
		.code = "refused", .kind = ERROR_REFUSED,
		.meaning = "This user may not do that.",
		.steps = {
			{ "See who owns what is named above, and who may write there: ls -ld", NULL },
		},
	},
	{
		.code = "timeout", .kind = ERROR_TIMEOUT, .retriable = true,
		.meaning = "It took longer than it may. The same command may work the next time.",
		.steps = {
			{ "See whether docker answers", "docker info" },
			{ "Allow it more: OPENSHELL_DOCKER_TIMEOUT, and OPENSHELL_PULL_TIMEOUT for pulls, in "
			  "seconds", NULL },
		},
	},
	{
		.code = "unhealthy", .kind = ERROR_UNHEALTHY,
		.meaning = "The gateway's container ended or does not work, and its last words are of no failure "
			   "that openshell knows.",
		.steps = {
			CHECK_HOST,
			KEEP_FAILED,
			READ_LOG,
			BEGIN_AFRESH,
		},
	},
};
const size_t diagnosis_count = ARRAY_LEN(diagnoses);

/* ------------------------------------------------------------------ finding the row */

static bool holds_one(const char *line, size_t len, const char *const *texts, size_t max)
{
	for (size_t i = 0; i < max && texts[i] != NULL; i++)
		if (memmem(line, len, texts[i], strlen(texts[i])) != NULL)
			return true;
	return false;
}

static bool fits_line(const struct diagnosis *row, const char *line, size_t len)
{
	return holds_one(line, len, row->texts, DIAGNOSIS_TEXTS) &&
	       (row->where[0] == NULL || holds_one(line, len, row->where, DIAGNOSIS_WHERE));
}

static bool fits(const struct diagnosis *row, const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		if (fits_line(row, text, len))
			return true;
		text += len;
		text += *text == '\n';
	}
	return false;
}

static const struct diagnosis *find_by_text(const char *text)
{
	for (size_t i = 0; i < diagnosis_count; i++)
		if (fits(&diagnoses[i], text))
			return &diagnoses[i];
	return NULL;
}

static const struct diagnosis *find_by_code(const char *code)
{
	for (size_t i = 0; i < diagnosis_count; i++)
		if (streq(diagnoses[i].code, code))
			return &diagnoses[i];
	return NULL;
}

/* The others are set where the reason is known for certain; with these it is somebody else's. */
static bool is_explained_by_text(enum error_kind kind)
{
	return kind == ERROR_SYSTEM || kind == ERROR_UNREACHABLE || kind == ERROR_TIMEOUT ||
	       kind == ERROR_UNHEALTHY;
}

/* What the error itself says is nearer to the failure than what the log had last. */
static const struct diagnosis *find_in_texts(const struct error *err)
{
	autofree char *text = error_text(err);
	const struct diagnosis *row = find_by_text(text);

	return row == NULL && err->detail != NULL ? find_by_text(err->detail) : row;
}

/* ------------------------------------------------------------------ completing the error */

static void advise(struct error *err, const struct advice *advice, const char *gateway)
{
	AUTO(buf) command = BUF_INIT;
	const char *at = advice->command, *place;

	if (at == NULL) {
		error_hint(&err, "%s", advice->text);
		return;
	}
	for (; (place = strstr(at, "%N")) != NULL; at = place + 2) {
		buf_add(&command, at, (size_t)(place - at));
		buf_adds(&command, gateway ? gateway : DEFAULT_GATEWAY);
	}
	buf_adds(&command, at);
	error_hint_command(&err, advice->text, "%s", buf_str(&command));
}

void diagnose(struct error *err, const char *gateway)
{
	const struct diagnosis *row = NULL;

	if (err == NULL)
		return;
	if (is_explained_by_text(err->kind))
		row = find_in_texts(err);
	if (row != NULL) {
		err->code = row->code;
		err->retriable = row->retriable;
		if (err->kind == ERROR_SYSTEM || err->kind == ERROR_UNREACHABLE)
			err->kind = row->kind;
	} else {
		row = find_by_code(error_code_name(err));
	}
	if (row == NULL)
		return;
	error_code(&err, row->code);
	err->retriable |= row->retriable;
	error_meaning(&err, row->meaning);
	if (err->hint_count > 0)
		return;
	for (size_t i = 0; i < ERROR_HINTS && row->steps[i].text != NULL; i++)
		advise(err, &row->steps[i], gateway);
}
