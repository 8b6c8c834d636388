/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of doctor check: what the facts mean for a gateway. */
#include "gateway/check.h"

#include <assert.h>
#include <stdlib.h>

#include "gateway/endpoint.h"

#define DISK_LOW_GIB 10.0
#define DISK_LEAST_GIB 3.0
#define GIB (1024.0 * 1024 * 1024)
#define MEMORY_LOW_GIB 4.0
#define MEMORY_LEAST_GIB 1.5
/* The kernel's own defaults, below which a node hardly comes up, and what kind recommends for one. */
#define WATCHES_LEAST 8192
#define WATCHES_LOW 524288
#define INSTANCES_LEAST 128
#define INSTANCES_LOW 512
/* A certificate is made a moment before it is used. */
#define SKEW_MAX_MS 60000

/* Of pods and of services, inside the node. */
static const char *const cluster_networks[] = { "10.42.0.0/16", "10.43.0.0/16" };

/* ------------------------------------------------------------------ what can be wrong */

enum code {
	CODE_OK,
	CODE_DOCKER_FAILED,
	CODE_DOCKER_UNREACHABLE,
	CODE_DOCKER_REFUSED,
	CODE_DOCKER_TIMEOUT,
	CODE_HOST_NOT_SEEN,
	CODE_ENGINE_OLD,
	CODE_ENGINE_UNTESTED,
	CODE_API_NOT_SEEN,
	CODE_API_OLD,
	CODE_API_PINNED,
	CODE_ROOTLESS,
	CODE_USERNS_REMAP,
	CODE_STORAGE_NO_D_TYPE,
	CODE_STORAGE_VFS,
	CODE_STORAGE_BASE,
	CODE_STORAGE_UNTESTED,
	CODE_CGROUP_CONTROLLERS,
	CODE_CGROUP_V1,
	CODE_CGROUPNS_MISSING,
	CODE_FIREWALL_NFTABLES,
	CODE_IPTABLES_MISSING,
	CODE_BR_NETFILTER_MISSING,
	CODE_INOTIFY_NOT_SEEN,
	CODE_INOTIFY_TOO_LOW,
	CODE_INOTIFY_LOW,
	CODE_POOL_OVERLAP,
	CODE_ROUTES_NOT_SEEN,
	CODE_ROUTE_OVERLAP,
	CODE_FOREIGN_KUBELET,
	CODE_SNAP_DOCKER,
	CODE_PORT_BUSY,
	CODE_PORT_NOT_SEEN,
	CODE_DISK_NOT_SEEN,
	CODE_DISK_TOO_LOW,
	CODE_DISK_LOW,
	CODE_MEMORY_NOT_SEEN,
	CODE_MEMORY_TOO_LOW,
	CODE_MEMORY_LOW,
	CODE_CLOCK_SKEW,
	CODES,
};

#define DAEMON_JSON "/etc/docker/daemon.json"
#define RESTART_DOCKER "sudo systemctl restart docker"
#define RAISE_INOTIFY "raise the limits; a file in /etc/sysctl.d keeps them", \
		"sudo sysctl -w fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512"
#define ANOTHER_DISK "let docker keep its data on ext4 or xfs: \"data-root\" in " DAEMON_JSON
#define FREE_DISK "have at least 10 GiB free"
#define MORE_MEMORY "have at least 4 GiB of memory for docker"

static const struct {
	const char *name;
	enum check_verdict verdict;
	enum error_kind kind; /* of a CHECK_FAIL: gives the exit code */
	const char *fix, *command;
} codes[] = {
	[CODE_OK] = { NULL, CHECK_OK, 0, NULL, NULL },
	[CODE_DOCKER_FAILED] = { "docker-failed", CHECK_FAIL, ERROR_SYSTEM, "see what docker says", "docker info" },
	[CODE_DOCKER_UNREACHABLE] = { "docker-unreachable", CHECK_FAIL, ERROR_UNREACHABLE,
		"start docker, or set DOCKER_HOST to where it runs", "docker info" },
	[CODE_DOCKER_REFUSED] = { "docker-refused", CHECK_FAIL, ERROR_REFUSED,
		"join the group docker and log in again, or use sudo", "docker info" },
	[CODE_DOCKER_TIMEOUT] = { "docker-timeout", CHECK_FAIL, ERROR_TIMEOUT, "see whether docker hangs",
		"docker info" },
	[CODE_HOST_NOT_SEEN] = { "host-not-seen", CHECK_WARN, 0,
		"run this on docker's host to have its kernel, network and processes looked at",
		"openshell doctor check" },
	[CODE_ENGINE_OLD] = { "engine-old", CHECK_FAIL, ERROR_SYSTEM, "install docker 20.10 or newer", NULL },
	[CODE_ENGINE_UNTESTED] = { "engine-untested", CHECK_WARN, 0,
		"use docker: gateways are tested with nothing else", NULL },
	[CODE_API_NOT_SEEN] = { "api-not-seen", CHECK_WARN, 0, "see what docker says", "docker version" },
	[CODE_API_OLD] = { "api-old", CHECK_FAIL, ERROR_SYSTEM,
		"install docker 20.10 or newer, client and engine", NULL },
	[CODE_API_PINNED] = { "api-pinned", CHECK_WARN, 0, "let docker choose", "unset DOCKER_API_VERSION" },
	[CODE_ROOTLESS] = { "rootless", CHECK_FAIL, ERROR_SYSTEM,
		"use the docker that root's service runs", "docker context use default" },
	[CODE_USERNS_REMAP] = { "userns-remap", CHECK_FAIL, ERROR_SYSTEM,
		"take \"userns-remap\" out of " DAEMON_JSON ", then restart docker", RESTART_DOCKER },
	[CODE_STORAGE_NO_D_TYPE] = { "storage-no-d-type", CHECK_FAIL, ERROR_SYSTEM, ANOTHER_DISK, NULL },
	[CODE_STORAGE_VFS] = { "storage-vfs", CHECK_WARN, 0,
		"set \"storage-driver\": \"overlay2\" in " DAEMON_JSON ", then restart docker", RESTART_DOCKER },
	[CODE_STORAGE_BASE] = { "storage-base", CHECK_WARN, 0, ANOTHER_DISK, NULL },
	[CODE_STORAGE_UNTESTED] = { "storage-untested", CHECK_WARN, 0,
		"if pods do not start, set \"storage-driver\": \"overlay2\" in " DAEMON_JSON, NULL },
	[CODE_CGROUP_CONTROLLERS] = { "cgroup-controllers", CHECK_FAIL, ERROR_SYSTEM,
		"boot the kernel with them; a Raspberry Pi wants cgroup_enable=memory on its command line", NULL },
	[CODE_CGROUP_V1] = { "cgroup-v1", CHECK_WARN, 0,
		"boot the kernel with systemd.unified_cgroup_hierarchy=1", NULL },
	[CODE_CGROUPNS_MISSING] = { "cgroupns-missing", CHECK_FAIL, ERROR_SYSTEM,
		"use a kernel with CONFIG_CGROUP_NS, 4.6 or newer", NULL },
	[CODE_FIREWALL_NFTABLES] = { "firewall-nftables", CHECK_WARN, 0,
		"if pods cannot resolve names, set \"firewall-backend\": \"iptables\" in " DAEMON_JSON,
		RESTART_DOCKER },
	[CODE_IPTABLES_MISSING] = { "iptables-missing", CHECK_WARN, 0,
		"install iptables, as docker asks for (Debian: apt-get install iptables)", NULL },
	[CODE_BR_NETFILTER_MISSING] = { "br-netfilter-missing", CHECK_WARN, 0,
		"load it; a file in /etc/modules-load.d keeps it", "sudo modprobe br_netfilter" },
	[CODE_INOTIFY_NOT_SEEN] = { "inotify-not-seen", CHECK_WARN, 0,
		"see that they are at least 524288 and 512", "sysctl fs.inotify" },
	[CODE_INOTIFY_TOO_LOW] = { "inotify-too-low", CHECK_FAIL, ERROR_SYSTEM, RAISE_INOTIFY },
	[CODE_INOTIFY_LOW] = { "inotify-low", CHECK_WARN, 0, RAISE_INOTIFY },
	[CODE_POOL_OVERLAP] = { "pool-overlap", CHECK_WARN, 0,
		"keep 10.42.0.0/15 out of \"default-address-pools\" in " DAEMON_JSON ", then restart docker",
		RESTART_DOCKER },
	[CODE_ROUTES_NOT_SEEN] = { "routes-not-seen", CHECK_WARN, 0,
		"see that no route leads to addresses in 10.42.0.0/15", "ip route" },
	[CODE_ROUTE_OVERLAP] = { "route-overlap", CHECK_WARN, 0,
		"give that network other addresses, or do without them in the gateway", "ip route" },
	[CODE_FOREIGN_KUBELET] = { "foreign-kubelet", CHECK_WARN, 0,
		"stop the other Kubernetes, or boot with cgroup v2, where the two stay apart", NULL },
	[CODE_SNAP_DOCKER] = { "snap-docker", CHECK_WARN, 0,
		"if a gateway does not start, take docker's own packages: https://docs.docker.com/engine/install/",
		NULL },
	[CODE_PORT_BUSY] = { "port-busy", CHECK_FAIL, ERROR_CONFLICT,
		"start with another port: --port 0 finds a free one", NULL },
	[CODE_PORT_NOT_SEEN] = { "port-not-seen", CHECK_WARN, 0, "see who publishes it", "docker ps" },
	[CODE_DISK_NOT_SEEN] = { "disk-not-seen", CHECK_WARN, 0,
		"check on docker's host that it has at least 10 GiB free", "df -h" },
	[CODE_DISK_TOO_LOW] = { "disk-too-low", CHECK_FAIL, ERROR_SYSTEM, FREE_DISK, "docker system df" },
	[CODE_DISK_LOW] = { "disk-low", CHECK_WARN, 0, FREE_DISK, "docker system df" },
	[CODE_MEMORY_NOT_SEEN] = { "memory-not-seen", CHECK_WARN, 0,
		"check on docker's host that it has at least 4 GiB", "free -h" },
	[CODE_MEMORY_TOO_LOW] = { "memory-too-low", CHECK_FAIL, ERROR_SYSTEM, MORE_MEMORY, NULL },
	[CODE_MEMORY_LOW] = { "memory-low", CHECK_WARN, 0, MORE_MEMORY, NULL },
	[CODE_CLOCK_SKEW] = { "clock-skew", CHECK_WARN, 0, "set the clock that is wrong", "timedatectl" },
};
static_assert(ARRAY_LEN(codes) == CODES, "one row per code");

/* ------------------------------------------------------------------ docker */

static enum code found(struct finding *finding, enum code code, const char *fmt, ...) PRINTF(3, 4);

static enum code found(struct finding *finding, enum code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	finding->text = xvasprintf(fmt, ap);
	va_end(ap);
	return code;
}

/* "20.10.24+dfsg1"; a version that is no number passes. */
static bool is_at_least(const char *version, long major, long minor)
{
	char *rest;
	long first = strtol(version, &rest, 10), second = *rest == '.' ? strtol(rest + 1, NULL, 10) : 0;

	return rest == version || first > major || (first == major && second >= minor);
}

static enum code check_docker(const struct facts *facts, struct finding *finding)
{
	const char *endpoint = facts->endpoint ? facts->endpoint : "its context's address";
	const struct error *err = facts->no_engine;

	if (err == NULL)
		return found(finding, CODE_OK, "answers at %s", endpoint);
	finding->text = error_text(err);
	if (err->hint_count > 0) {
		finding->fix = xstrdup(err->hints[0].text);
		finding->command = err->hints[0].command ? xstrdup(err->hints[0].command) : NULL;
	}
	return error_is(err, ERROR_UNREACHABLE) ? CODE_DOCKER_UNREACHABLE
	       : error_is(err, ERROR_REFUSED)   ? CODE_DOCKER_REFUSED
	       : error_is(err, ERROR_TIMEOUT)   ? CODE_DOCKER_TIMEOUT
						: CODE_DOCKER_FAILED;
}

static bool host_is_seen(const struct facts *facts)
{
	return facts->elsewhere == NULL && facts->host.kernel != NULL;
}

static enum code check_host(const struct facts *facts, struct finding *finding)
{
	const char *distribution = facts->engine.distribution;

	if (!host_is_seen(facts))
		return found(finding, CODE_HOST_NOT_SEEN, "%s",
			     facts->elsewhere ? facts->elsewhere : "/proc cannot be read here");
	return found(finding, CODE_OK, "this one%s%s, Linux %s", distribution ? ", " : "",
		     distribution ? distribution : "", facts->host.kernel);
}

static enum code check_version(const struct facts *facts, struct finding *finding)
{
	const struct engine *engine = &facts->engine;
	const char *what = facts->version.engine;
	bool other = what != NULL && !streq(what, "Engine");
	enum code code = other					? CODE_ENGINE_UNTESTED
			 : is_at_least(engine->version, 20, 10) ? CODE_OK
								: CODE_ENGINE_OLD;

	return found(finding, code, "%s %s on %s/%s, cgroup v%d%s", other ? what : "docker", engine->version,
		     engine->os ? engine->os : "?", engine->arch ? engine->arch : "?", engine->cgroup_version,
		     engine->rootless ? ", rootless" : "");
}

/* Version b of the API is newer than a. */
static bool is_newer(const char *b, const char *a)
{
	char *rest;
	long major = strtol(a, &rest, 10), minor = *rest == '.' ? strtol(rest + 1, NULL, 10) : 0;

	return b != NULL && is_at_least(b, major, minor + 1);
}

static enum code check_api(const struct facts *facts, struct finding *finding)
{
	const struct docker_version *version = &facts->version;
	const char *api = version->api;
	enum code code = CODE_OK;

	if (api == NULL)
		return found(finding, CODE_API_NOT_SEEN, "docker does not tell which API it speaks");
	if (!is_at_least(api, 1, 41))
		code = CODE_API_OLD;
	else if (is_newer(version->client_api, api) && is_newer(version->engine_api, api))
		code = CODE_API_PINNED;
	return found(finding, code, "client %s speaks API %s with the engine",
		     version->client ? version->client : "?", api);
}

static enum code check_root(const struct facts *facts, struct finding *finding)
{
	if (facts->engine.rootless)
		return found(finding, CODE_ROOTLESS, "docker runs without root, which a gateway's kubelet needs");
	if (facts->engine.remaps_users)
		return found(finding, CODE_USERNS_REMAP,
			     "docker maps root to another user, which forbids privileged containers");
	return found(finding, CODE_OK, "docker runs as root");
}

static bool is_one_of(const char *text, const char *const *list)
{
	while (*list != NULL && !streq(text, *list))
		list++;
	return *list != NULL;
}

/* The node's own containers are overlays in a volume, on the file system that docker's data is on. */
static enum code check_storage(const struct facts *facts, struct finding *finding)
{
	static const char *const overlays[] = { "overlay2", "overlayfs", NULL };
	static const char *const bases[] = { "extfs", "xfs", "tmpfs", NULL };
	static const char *const both[] = { "btrfs", "zfs", NULL };
	const char *driver = facts->engine.storage ? facts->engine.storage : "an unknown driver";
	const char *base = is_one_of(driver, both) ? driver : facts->engine.storage_base;

	if (facts->engine.lacks_d_type)
		return found(finding, CODE_STORAGE_NO_D_TYPE,
			     "the %s that docker's data is on has no d_type: a node cannot make overlays there",
			     base ? base : "file system");
	if (base != NULL && !is_one_of(base, bases))
		return found(finding, CODE_STORAGE_BASE,
			     "docker's data is on %s, where a node's overlays or its look at disks often fail",
			     base);
	if (streq(driver, "vfs"))
		return found(finding, CODE_STORAGE_VFS,
			     "vfs copies the whole image for each container: slow, and much disk");
	return found(finding, is_one_of(driver, overlays) ? CODE_OK : CODE_STORAGE_UNTESTED, "%s%s%s", driver,
		     base ? " on " : "", base ? base : "");
}

static enum code check_cgroup(const struct facts *facts, struct finding *finding)
{
	const struct engine *engine = &facts->engine;
	autofree char *lacking = argv_join(&engine->lacking, ", ");

	if (engine->lacking.n > 0)
		return found(finding, CODE_CGROUP_CONTROLLERS, "version %d, without what a kubelet needs: %s",
			     engine->cgroup_version, lacking);
	if (engine->cgroup_version == 1)
		return found(finding, CODE_CGROUP_V1,
			     "version 1: gateways still run, but Kubernetes and docker are giving it up");
	return found(finding, CODE_OK, "version %d", engine->cgroup_version);
}

/* Gateways use the host's with version 1, see docker_args_create(). */
static enum code check_cgroupns(const struct facts *facts, struct finding *finding)
{
	if (facts->engine.cgroup_version == 1)
		return found(finding, CODE_OK, "the host's, as always with version 1");
	if (!facts->host.has_cgroup_namespaces)
		return found(finding, CODE_CGROUPNS_MISSING, "the kernel has none, and a gateway wants one");
	return found(finding, CODE_OK, "one of its own for each gateway");
}

/* ------------------------------------------------------------------ network */

/* An engine that does not tell has nothing but iptables (before 28.3). */
static enum code check_firewall(const struct facts *facts, struct finding *finding)
{
	const char *driver = facts->engine.firewall ? facts->engine.firewall : "iptables";

	if (str_starts(driver, "nftables"))
		return found(finding, CODE_FIREWALL_NFTABLES,
			     "docker uses %s: the node may not find docker's resolver", driver);
	return found(finding, CODE_OK, "docker uses %s", driver);
}

static enum code check_iptables(const struct facts *facts, struct finding *finding)
{
	if (facts->iptables == NULL)
		return found(finding, CODE_IPTABLES_MISSING, "there is no iptables on PATH or in /usr/sbin");
	return found(finding, CODE_OK, "%s", facts->iptables);
}

/* Off is as good as on: a node has the setting for itself, and turns it on. */
static enum code check_br_netfilter(const struct facts *facts, struct finding *finding)
{
	if (!facts->host.filters_bridges)
		return found(finding, CODE_BR_NETFILTER_MISSING,
			     "not loaded: pods may not reach services, and a container cannot load it");
	return found(finding, CODE_OK, "loaded");
}

static enum code check_inotify(const struct facts *facts, struct finding *finding)
{
	int64_t watches = facts->host.inotify_watches, instances = facts->host.inotify_instances;
	enum code code = CODE_OK;

	if (watches < 0 || instances < 0)
		return found(finding, CODE_INOTIFY_NOT_SEEN, "the limits cannot be read");
	if (watches < WATCHES_LEAST || instances < INSTANCES_LEAST)
		code = CODE_INOTIFY_TOO_LOW;
	else if (watches < WATCHES_LOW || instances < INSTANCES_LOW)
		code = CODE_INOTIFY_LOW;
	return found(finding, code, "%lld watches and %lld instances for a user", (long long)watches,
		     (long long)instances);
}

static const char *cluster_network_in(const char *network)
{
	for (size_t i = 0; i < ARRAY_LEN(cluster_networks); i++)
		if (endpoint_networks_overlap(network, cluster_networks[i]))
			return cluster_networks[i];
	return NULL;
}

static enum code check_pools(const struct facts *facts, struct finding *finding)
{
	const struct argv *pools = &facts->engine.pools;

	for (size_t i = 0; i < pools->n; i++) {
		const char *ours = cluster_network_in(pools->v[i]);

		if (ours != NULL)
			return found(finding, CODE_POOL_OVERLAP,
				     "docker may take a network of %s, and the cluster has %s", pools->v[i], ours);
	}
	return found(finding, CODE_OK, pools->n > 0 ? "docker's are none of the cluster's" : "docker's own choice");
}

static enum code check_routes(const struct facts *facts, struct finding *finding)
{
	const struct argv *routes = &facts->host.routes;

	if (!facts->host.has_routes)
		return found(finding, CODE_ROUTES_NOT_SEEN, "the routes cannot be read");
	for (size_t i = 0; i < routes->n; i++) {
		autofree char *network = xstrndup(routes->v[i], strcspn(routes->v[i], " "));
		const char *ours = cluster_network_in(network);

		if (ours != NULL)
			return found(finding, CODE_ROUTE_OVERLAP,
				     "there is a route to %s, which the cluster cannot take, having %s itself",
				     routes->v[i], ours);
	}
	return found(finding, CODE_OK, "none leads to addresses of the cluster");
}

/* ------------------------------------------------------------------ who else is there */

/* With version 1 the node's pods are in the host's /kubepods, where another kubelet takes them for its own. */
static enum code check_kubelet(const struct facts *facts, struct finding *finding)
{
	const char *kubelet = facts->host.kubelet;

	if (kubelet == NULL)
		return found(finding, CODE_OK, "no other runs here");
	if (facts->engine.cgroup_version == 1)
		return found(finding, CODE_FOREIGN_KUBELET, "%s runs here, too: each may end the pods of the other",
			     kubelet);
	return found(finding, CODE_OK, "%s runs here, too, with cgroups of its own", kubelet);
}

/* Which part of docker is a snap, or NULL. */
static const char *find_snap(const struct facts *facts)
{
	const char *root_dir = facts->engine.root_dir, *program = facts->docker;

	if (root_dir != NULL && str_starts(root_dir, "/var/snap/"))
		return root_dir;
	return program != NULL && str_starts(program, "/snap/") ? program : NULL;
}

static enum code check_snap(const struct facts *facts, struct finding *finding)
{
	const char *snap = find_snap(facts);

	if (snap != NULL)
		return found(finding, CODE_SNAP_DOCKER,
			     "docker is a snap (%s): it sees no files in hidden and temporary directories", snap);
	return found(finding, CODE_OK, "docker is none");
}

static enum code port_busy(const struct facts *facts, struct finding *finding)
{
	finding->command = xasprintf("openshell gateway start --name %s --port 0", facts->name);
	if (facts->port_containers.n > 0)
		return found(finding, CODE_PORT_BUSY, "%d is held by container '%s'", facts->port,
			     facts->port_containers.v[0]);
	return found(finding, CODE_PORT_BUSY, "%d is in use by %s", facts->port,
		     facts->port_holder ? facts->port_holder : "another program");
}

/* The port that a start would take: free, or held by this gateway itself. */
static enum code check_port(const struct facts *facts, struct finding *finding)
{
	autofree char *own = gateway_container_name(facts->name);

	if (facts->port_error != NULL) {
		finding->text = error_text(facts->port_error);
		return CODE_PORT_NOT_SEEN;
	}
	if (argv_contains(&facts->port_containers, own))
		return found(finding, CODE_OK, "%d is held by container '%s'", facts->port, own);
	if (facts->port_containers.n > 0 || facts->port_busy)
		return port_busy(facts, finding);
	if (!facts->port_tried)
		return found(finding, CODE_OK, "%d is published by no container", facts->port);
	return found(finding, CODE_OK, "%d is free", facts->port);
}

/* ------------------------------------------------------------------ resources */

static enum code check_disk(const struct facts *facts, struct finding *finding)
{
	const char *dir = facts->engine.root_dir ? facts->engine.root_dir : "?";
	enum code code = facts->disk_gib < DISK_LEAST_GIB ? CODE_DISK_TOO_LOW
			 : facts->disk_gib < DISK_LOW_GIB ? CODE_DISK_LOW
							  : CODE_OK;

	if (facts->disk_gib < 0)
		return found(finding, CODE_DISK_NOT_SEEN, "docker's directory %s cannot be seen from here", dir);
	return found(finding, code, "%.1f GiB free in %s", facts->disk_gib, dir);
}

static enum code check_memory(const struct facts *facts, struct finding *finding)
{
	double gib = (double)facts->engine.memory / GIB;
	enum code code = gib < MEMORY_LEAST_GIB ? CODE_MEMORY_TOO_LOW
			 : gib < MEMORY_LOW_GIB ? CODE_MEMORY_LOW
						: CODE_OK;

	if (facts->engine.memory <= 0)
		return found(finding, CODE_MEMORY_NOT_SEEN, "docker does not tell how much its host has");
	return found(finding, code, "docker's host has %.1f GiB", gib);
}

static enum code check_clock(const struct facts *facts, struct finding *finding)
{
	long long seconds = (long long)facts->skew_ms / 1000;

	if (facts->skew_ms >= -SKEW_MAX_MS && facts->skew_ms <= SKEW_MAX_MS)
		return found(finding, CODE_OK, "docker's is this host's");
	return found(finding, CODE_CLOCK_SKEW,
		     "docker's is %lld s %s of this host's: certificates may not be valid yet",
		     seconds < 0 ? -seconds : seconds, seconds < 0 ? "behind" : "ahead");
}

/* ------------------------------------------------------------------ the table */

static const struct {
	const char *name;
	bool of_host; /* left out where docker's host is not this one */
	enum code (*check)(const struct facts *facts, struct finding *finding);
} checks[] = {
	{ "docker", false, check_docker },
	{ "host", false, check_host },
	{ "version", false, check_version },
	{ "api", false, check_api },
	{ "root", false, check_root },
	{ "storage", false, check_storage },
	{ "cgroup", false, check_cgroup },
	{ "cgroupns", true, check_cgroupns },
	{ "firewall", false, check_firewall },
	{ "iptables", true, check_iptables },
	{ "br-netfilter", true, check_br_netfilter },
	{ "inotify", true, check_inotify },
	{ "pools", false, check_pools },
	{ "routes", true, check_routes },
	{ "kubelet", true, check_kubelet },
	{ "snap", false, check_snap },
	{ "port", false, check_port },
	{ "disk", false, check_disk },
	{ "memory", false, check_memory },
	{ "clock", false, check_clock },
};
static_assert(ARRAY_LEN(checks) == CHECKS, "room for each finding");

static void apply(size_t row, const struct facts *facts, struct findings *findings)
{
	struct finding *finding = &findings->v[findings->n++];
	struct error by_kind = { 0 };
	enum code code;

	*finding = (struct finding){ .what = checks[row].name };
	code = checks[row].check(facts, finding);
	finding->verdict = codes[code].verdict;
	finding->code = codes[code].name;
	if (finding->fix == NULL && codes[code].fix != NULL)
		finding->fix = xstrdup(codes[code].fix);
	if (finding->command == NULL && codes[code].command != NULL)
		finding->command = xstrdup(codes[code].command);
	by_kind.kind = codes[code].kind;
	if (finding->verdict == CHECK_FAIL)
		finding->exit_code = error_exit_code(&by_kind);
}

void check_facts(const struct facts *facts, struct findings *findings)
{
	size_t count = facts->no_engine == NULL ? CHECKS : 1;

	for (size_t row = 0; row < count; row++)
		if (!checks[row].of_host || host_is_seen(facts))
			apply(row, facts, findings);
}

void gateway_check(const struct gateway_env *env, const char *name, int port, const char *root,
		   struct findings *findings)
{
	AUTO(facts) facts;

	facts_gather(env, name, port, root, &facts);
	check_facts(&facts, findings);
}

/* ------------------------------------------------------------------ the findings */

static const char *const verdict_names[] = { [CHECK_OK] = "ok", [CHECK_WARN] = "warn", [CHECK_FAIL] = "fail" };
static_assert(ARRAY_LEN(verdict_names) == CHECK_VERDICTS, "one name per verdict");

const char *check_verdict_name(enum check_verdict verdict)
{
	return verdict_names[verdict];
}

enum check_verdict findings_verdict(const struct findings *findings)
{
	enum check_verdict worst = CHECK_OK;

	for (size_t i = 0; i < findings->n; i++)
		if (findings->v[i].verdict > worst)
			worst = findings->v[i].verdict;
	return worst;
}

int findings_exit_code(const struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++)
		if (findings->v[i].verdict == CHECK_FAIL)
			return findings->v[i].exit_code;
	return 0;
}

size_t findings_count(const struct findings *findings, enum check_verdict verdict)
{
	size_t count = 0;

	for (size_t i = 0; i < findings->n; i++)
		count += findings->v[i].verdict == verdict;
	return count;
}

void findings_release(struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++) {
		free(findings->v[i].text);
		free(findings->v[i].fix);
		free(findings->v[i].command);
	}
	findings->n = 0;
}
