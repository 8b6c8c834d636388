/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/check.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/endpoint.h"
#include "script.h"

#define INFO(version, memory, root) \
	{ .command = "docker info --format '{{json .}}'", \
	  .out = "{\"ID\":\"E1\",\"ServerVersion\":\"" version "\",\"Driver\":\"overlay2\",\"OSType\":\"linux\",\"Architecture\":\"x86_64\"," \
		 "\"CgroupVersion\":\"2\",\"DockerRootDir\":\"" root "\",\"MemTotal\":" memory ",\"ClientInfo\":{\"Context\":\"default\"}}\n" }
#define VERSIONS \
	{ .command = "docker version --format '{{json .}}'", \
	  .out = "{\"Client\":{\"Version\":\"28.2.2\",\"ApiVersion\":\"1.50\",\"DefaultAPIVersion\":\"1.50\"}," \
		 "\"Server\":{\"Components\":[{\"Name\":\"Engine\"}],\"ApiVersion\":\"1.50\"}}\n" }
#define IPTABLES { .command = "iptables --version", .out = "iptables v1.8.9 (nf_tables)\n" }
/* after docker info, on the engine's own host */
#define TOOLS VERSIONS, IPTABLES
#define HOLDERS(names) { .command = "docker ps --format '{{.Names}}' --filter publish=*", .out = names }
#define PLENTY "17179869184"

struct examination {
	struct scene scene;
	struct findings findings;
};

static void examine(struct examination *e, const struct script_step *steps, size_t count, int port)
{
	scene_open(&e->scene);
	scene_script(&e->scene, steps, count);
	e->findings = (struct findings){ .n = 0 };
	gateway_check(&e->scene.env, "gw", port, e->scene.paths.user_root, &e->findings);
}

#define EXAMINE(e, steps, port) examine(e, steps, ARRAY_LEN(steps), port)

static void end(struct examination *e)
{
	findings_release(&e->findings);
	scene_close(&e->scene);
}

static const struct finding *find(const struct examination *e, const char *what)
{
	for (size_t i = 0; i < e->findings.n; i++)
		if (streq(e->findings.v[i].what, what))
			return &e->findings.v[i];
	fail_msg("nothing was found about %s", what);
	return NULL;
}

static void assert_finding(const struct examination *e, const char *what, enum check_verdict verdict, const char *text)
{
	const struct finding *finding = find(e, what);

	if (finding->verdict != verdict || strstr(finding->text, text) == NULL)
		fail_msg("%s: %d \"%s\"", what, finding->verdict, finding->text);
	if (verdict == CHECK_FAIL)
		assert_non_null(finding->fix);
}

static int free_port(void)
{
	struct error *err = NULL;
	int port;

	assert_int_equal(endpoint_free_port("127.0.0.1", &port, &err), 0);
	return port;
}

static void a_good_host_passes_every_check(void **state)
{
	static const struct script_step steps[] = { INFO("28.2.2", PLENTY, "/nowhere"), TOOLS, HOLDERS("") };
	struct examination e;

	(void)state;
	scene_open(&e.scene);
	scene_write(&e.scene, "proc/sys/kernel/osrelease", "6.1.0\n");
	scene_write(&e.scene, "proc/sys/fs/inotify/max_user_instances", "512\n");
	scene_write(&e.scene, "proc/sys/fs/inotify/max_user_watches", "524288\n");
	scene_write(&e.scene, "proc/sys/net/bridge/bridge-nf-call-iptables", "1\n");
	scene_write(&e.scene, "proc/self/ns/cgroup", "");
	scene_write(&e.scene, "proc/net/route", "");
	SCENE_SCRIPT(&e.scene, steps);
	e.findings = (struct findings){ .n = 0 };
	gateway_check(&e.scene.env, "gw", free_port(), e.scene.paths.user_root, &e.findings);
	assert_int_equal(e.findings.n, CHECKS);
	assert_finding(&e, "docker", CHECK_OK, "answers at unix:///var/run/docker.sock");
	assert_finding(&e, "version", CHECK_OK, "docker 28.2.2 on linux/x86_64, cgroup v2");
	assert_finding(&e, "port", CHECK_OK, "is free");
	assert_finding(&e, "memory", CHECK_OK, "16.0 GiB");
	/* the engine may be on another host */
	assert_finding(&e, "disk", CHECK_WARN, "/nowhere cannot be seen from here");
	assert_int_equal(findings_count(&e.findings, CHECK_OK), CHECKS - 1);
	assert_int_equal(findings_exit_code(&e.findings), 0);
	end(&e);
}

static void without_docker_nothing_else_is_looked_at(void **state)
{
	static const struct {
		struct script_step step;
		int code;
		const char *text;
	} rows[] = {
		{ { .command = "docker info *", .how = SCRIPT_MISSING }, 5, "not found on PATH" },
		{ { .command = "docker info *", .code = 1, .out = "{\"ServerErrors\":[\"Cannot connect to the Docker daemon\"]}" },
		  5, "Cannot connect" },
		{ { .command = "docker info *", .code = 1,
		    .out = "{\"ServerErrors\":[\"permission denied while trying to connect\"]}" }, 6, "permission denied" },
		{ { .command = "docker info *", .how = SCRIPT_TIMES_OUT }, 7, "did not end within" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct examination e;

		examine(&e, &rows[i].step, 1, 8080);
		assert_int_equal(e.findings.n, 1);
		assert_finding(&e, "docker", CHECK_FAIL, rows[i].text);
		assert_int_equal(findings_exit_code(&e.findings), rows[i].code);
		end(&e);
	}
}

static void an_engine_before_20_10_is_too_old(void **state)
{
	static const struct {
		const char *version;
		enum check_verdict verdict;
	} rows[] = { { "19.03.15", CHECK_FAIL }, { "20.10.24+dfsg1", CHECK_OK }, { "28.2.2", CHECK_OK }, { "dev", CHECK_OK } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *info = xasprintf("{\"ID\":\"E1\",\"ServerVersion\":\"%s\",\"MemTotal\":" PLENTY "}", rows[i].version);
		const struct script_step steps[] = { { .command = "docker info *", .out = info }, TOOLS, HOLDERS("") };
		struct examination e;

		EXAMINE(&e, steps, free_port());
		assert_finding(&e, "version", rows[i].verdict, rows[i].version);
		assert_int_equal(findings_exit_code(&e.findings), rows[i].verdict == CHECK_FAIL ? 1 : 0);
		end(&e);
	}
}

static void memory_is_rated(void **state)
{
	static const struct {
		const char *bytes;
		enum check_verdict verdict;
		const char *text;
	} rows[] = {
		{ "1073741824", CHECK_FAIL, "1.0 GiB" },
		{ "2147483648", CHECK_WARN, "2.0 GiB" },
		{ "4294967296", CHECK_OK, "4.0 GiB" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *info = xasprintf("{\"ID\":\"E1\",\"ServerVersion\":\"28.2.2\",\"MemTotal\":%s}", rows[i].bytes);
		const struct script_step steps[] = { { .command = "docker info *", .out = info }, TOOLS, HOLDERS("") };
		struct examination e;

		EXAMINE(&e, steps, free_port());
		assert_finding(&e, "memory", rows[i].verdict, rows[i].text);
		end(&e);
	}
}

static void a_directory_that_can_be_seen_is_measured(void **state)
{
	static const struct script_step steps[] = { INFO("28.2.2", PLENTY, "/"), TOOLS, HOLDERS("") };
	struct examination e;

	(void)state;
	EXAMINE(&e, steps, free_port());
	assert_non_null(strstr(find(&e, "disk")->text, "GiB free in /"));
	end(&e);
}

static void a_port_that_the_gateway_itself_holds_is_fine(void **state)
{
	static const struct script_step own[] = { INFO("28.2.2", PLENTY, "/nowhere"), TOOLS,
						  HOLDERS("openshell-cluster-gw\n") };
	static const struct script_step both[] = { INFO("28.2.2", PLENTY, "/nowhere"), TOOLS,
						   HOLDERS("web\nopenshell-cluster-gw\n") };
	static const struct script_step other[] = { INFO("28.2.2", PLENTY, "/nowhere"), TOOLS, HOLDERS("web\n") };
	struct examination e;

	(void)state;
	EXAMINE(&e, own, 8080);
	assert_finding(&e, "port", CHECK_OK, "8080 is held by container 'openshell-cluster-gw'");
	assert_int_equal(findings_exit_code(&e.findings), 0);
	end(&e);
	EXAMINE(&e, both, 8080);
	assert_finding(&e, "port", CHECK_OK, "8080 is held by container 'openshell-cluster-gw'");
	end(&e);
	EXAMINE(&e, other, 8080);
	assert_finding(&e, "port", CHECK_FAIL, "8080 is held by container 'web'");
	assert_int_equal(findings_exit_code(&e.findings), 4);
	end(&e);
}

static void a_port_of_another_program_fails(void **state)
{
	static const struct script_step steps[] = { INFO("28.2.2", PLENTY, "/nowhere"), TOOLS, HOLDERS("") };
	struct examination e;
	int port, fd = listen_on_loopback(AF_INET, &port);

	(void)state;
	EXAMINE(&e, steps, port);
	assert_finding(&e, "port", CHECK_FAIL, "in use by another program");
	assert_int_equal(findings_exit_code(&e.findings), 4);
	end(&e);
	close(fd);
}

static void holders_that_cannot_be_listed_are_a_warning(void **state)
{
	static const struct script_step steps[] = { INFO("28.2.2", PLENTY, "/nowhere"), TOOLS,
						    { .command = "docker ps *", .code = 1, .err = "no idea\n" } };
	struct examination e;

	(void)state;
	EXAMINE(&e, steps, 8080);
	assert_finding(&e, "port", CHECK_WARN, "docker ps failed (exit 1): no idea");
	assert_int_equal(findings_exit_code(&e.findings), 0);
	end(&e);
}

static void the_first_failure_gives_the_exit_code(void **state)
{
	static const struct script_step steps[] = { INFO("19.03.1", "1073741824", "/nowhere"), TOOLS, HOLDERS("web\n") };
	struct examination e;

	(void)state;
	EXAMINE(&e, steps, 8080);
	assert_int_equal(findings_exit_code(&e.findings), 1);
	end(&e);
}

/* ------------------------------------------------------------------ the judgement alone */

/* A host that nothing can be said against. Nothing of it is ever released. */
static struct facts good(void)
{
	return (struct facts){
		.name = "gw",
		.engine = { .version = "28.2.2", .os = "linux", .arch = "x86_64", .root_dir = "/var/lib/docker",
			    .memory = 17179869184, .cgroup_version = 2, .storage = "overlay2", .storage_base = "extfs" },
		.version = { "28.2.2", "Engine", "1.50", "1.50", "1.50" },
		.docker = "/usr/bin/docker",
		.host = { .kernel = "6.1.0", .inotify_instances = 512, .inotify_watches = 524288,
			  .filters_bridges = true, .has_cgroup_namespaces = true, .has_routes = true },
		.iptables = "iptables v1.8.9 (nf_tables)",
		.disk_gib = 100,
		.port = 8080,
		.port_tried = true,
	};
}

/* What the facts give for one check. Empty code: it is ok; NULL: it is left out. */
static void judge(const struct facts *facts, const char *check, const char *code, const char *text,
		  const char *file, int line)
{
	AUTO(findings) findings = { .n = 0 };
	const struct finding *found = NULL;

	check_facts(facts, &findings);
	for (size_t i = 0; i < findings.n; i++)
		if (streq(findings.v[i].what, check))
			found = &findings.v[i];
		else if (findings.v[i].code != NULL && code != NULL)
			fail_msg("%s:%d: %s: %s", file, line, findings.v[i].code, findings.v[i].text);
	if ((found == NULL) != (code == NULL) ||
	    (found != NULL && (!streq(found->code ? found->code : "", code) || strstr(found->text, text) == NULL)))
		fail_msg("%s:%d: %s: %s: %s", file, line, check, found && found->code ? found->code : "ok",
			 found ? found->text : "left out");
	if (found == NULL)
		return;
	assert_int_equal(found->fix != NULL, found->code != NULL);
	assert_int_equal(findings_verdict(&findings), found->verdict);
	assert_int_equal(findings_count(&findings, CHECK_OK), findings.n - (found->code != NULL));
}

#define JUDGE(facts, check, code, text) judge(facts, check, code, text, __FILE__, __LINE__)

static void a_good_host_has_nothing_to_mend(void **state)
{
	struct facts facts = good();

	(void)state;
	JUDGE(&facts, "docker", "", "answers");
	JUDGE(&facts, "host", "", "this one, Linux 6.1.0");
	JUDGE(&facts, "port", "", "8080 is free");
	facts.engine.distribution = "Debian GNU/Linux 12 (bookworm)";
	JUDGE(&facts, "host", "", "this one, Debian GNU/Linux 12 (bookworm), Linux 6.1.0");
}

static void only_docker_20_10_and_newer_will_do(void **state)
{
	static const struct {
		char *version;
		const char *code;
	} rows[] = {
		{ "18.09.9", "engine-old" }, { "19.03.15", "engine-old" }, { "20.03", "engine-old" }, { "20.10.0", "" },
		{ "20.10.24+dfsg1", "" }, { "23.0.1", "" }, { "29.1.3", "" }, { "dev", "" }, { "library-import", "" },
	};
	struct facts facts = good();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		facts.engine.version = rows[i].version;
		JUDGE(&facts, "version", rows[i].code, rows[i].version);
	}
}

static void another_engine_than_dockers_is_untested(void **state)
{
	struct facts facts = good();

	(void)state;
	facts.engine.version = "4.9.3";
	facts.version.engine = "Podman Engine";
	JUDGE(&facts, "version", "engine-untested", "Podman Engine 4.9.3");
}

static void the_api_must_be_1_41_and_the_best_of_both(void **state)
{
	static const struct {
		char *api, *client, *engine;
		const char *code, *text;
	} rows[] = {
		{ "1.41", "1.41", "1.41", "", "client 28.2.2 speaks API 1.41" },
		{ "1.41", "1.50", "1.41", "", "1.41" },
		{ "1.44", "1.44", "1.52", "", "1.44" },
		{ "1.44", NULL, "1.52", "", "1.44" },
		{ "1.44", "1.50", "1.52", "api-pinned", "1.44" },
		{ "1.40", "1.40", "1.50", "api-old", "1.40" },
		{ "1.40", "1.50", "1.50", "api-old", "1.40" },
		{ "2.0", "2.0", "2.0", "", "2.0" },
		{ NULL, NULL, NULL, "api-not-seen", "does not tell" },
	};
	struct facts facts = good();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		facts.version.api = rows[i].api;
		facts.version.client_api = rows[i].client;
		facts.version.engine_api = rows[i].engine;
		JUDGE(&facts, "api", rows[i].code, rows[i].text);
	}
}

static void docker_must_be_root(void **state)
{
	struct facts rootless = good(), mapped = good();

	(void)state;
	rootless.engine.rootless = true;
	JUDGE(&rootless, "root", "rootless", "without root");
	mapped.engine.remaps_users = true;
	JUDGE(&mapped, "root", "userns-remap", "another user");
}

static void storage_must_bear_overlays(void **state)
{
	static const struct {
		char *driver, *base;
		bool lacks_d_type;
		const char *code, *text;
	} rows[] = {
		{ "overlay2", "extfs", false, "", "overlay2 on extfs" },
		{ "overlay2", "xfs", false, "", "overlay2 on xfs" },
		{ "overlayfs", NULL, false, "", "overlayfs" }, /* containerd's */
		{ "overlay2", "xfs", true, "storage-no-d-type", "the xfs " },
		{ "overlay2", NULL, true, "storage-no-d-type", "the file system " },
		{ "overlay2", "btrfs", false, "storage-base", "btrfs" },
		{ "overlay2", "overlayfs", false, "storage-base", "overlayfs" },
		{ "btrfs", NULL, false, "storage-base", "btrfs" },
		{ "zfs", NULL, false, "storage-base", "zfs" },
		{ "vfs", NULL, false, "storage-vfs", "vfs copies" },
		{ "vfs", "extfs", false, "storage-vfs", "vfs copies" },
		{ "devicemapper", "xfs", false, "storage-untested", "devicemapper on xfs" },
		{ "fuse-overlayfs", NULL, false, "storage-untested", "fuse-overlayfs" },
		{ "aufs", "extfs", false, "storage-untested", "aufs" },
		{ NULL, NULL, false, "storage-untested", "unknown" },
	};
	struct facts facts = good();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		facts.engine.storage = rows[i].driver;
		facts.engine.storage_base = rows[i].base;
		facts.engine.lacks_d_type = rows[i].lacks_d_type;
		JUDGE(&facts, "storage", rows[i].code, rows[i].text);
	}
}

static void cgroups_must_have_what_a_kubelet_needs(void **state)
{
	struct facts facts = good();
	AUTO(argv) lacking = ARGV_INIT;

	(void)state;
	JUDGE(&facts, "cgroup", "", "version 2");
	JUDGE(&facts, "cgroupns", "", "one of its own");
	facts.engine.cgroup_version = 1;
	JUDGE(&facts, "cgroup", "cgroup-v1", "version 1");
	facts.engine.cgroup_version = 2;
	argv_addl(&lacking, "memory", "pids", NULL);
	facts.engine.lacking = lacking;
	JUDGE(&facts, "cgroup", "cgroup-controllers", "memory, pids");
}

static void version_2_wants_cgroup_namespaces(void **state)
{
	struct facts facts = good();

	(void)state;
	facts.host.has_cgroup_namespaces = false;
	JUDGE(&facts, "cgroupns", "cgroupns-missing", "has none");
}

static void a_firewall_of_nftables_is_a_warning(void **state)
{
	static char *const well[] = { NULL, "iptables", "iptables+firewalld" };
	static char *const new[] = { "nftables", "nftables+firewalld" };
	struct facts facts = good();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(well); i++) {
		facts.engine.firewall = well[i];
		JUDGE(&facts, "firewall", "", "iptables");
	}
	for (size_t i = 0; i < ARRAY_LEN(new); i++) {
		facts.engine.firewall = new[i];
		JUDGE(&facts, "firewall", "firewall-nftables", new[i]);
	}
}

static void the_backend_of_iptables_is_told(void **state)
{
	struct facts facts = good();

	(void)state;
	JUDGE(&facts, "iptables", "", "(nf_tables)");
	facts.iptables = NULL;
	JUDGE(&facts, "iptables", "iptables-missing", "no iptables");
}

static void br_netfilter_must_be_loaded(void **state)
{
	struct facts facts = good();

	(void)state;
	facts.host.filters_bridges = false;
	JUDGE(&facts, "br-netfilter", "br-netfilter-missing", "not loaded");
}

static void limits_of_inotify_are_rated(void **state)
{
	static const struct {
		int64_t watches, instances;
		const char *code;
	} rows[] = {
		{ 524288, 512, "" }, { 524287, 512, "inotify-low" }, { 524288, 511, "inotify-low" },
		{ 8192, 128, "inotify-low" }, { 8191, 512, "inotify-too-low" }, { 524288, 127, "inotify-too-low" },
		{ 0, 0, "inotify-too-low" }, { -1, 512, "inotify-not-seen" }, { 524288, -1, "inotify-not-seen" },
	};
	struct facts facts = good();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		facts.host.inotify_watches = rows[i].watches;
		facts.host.inotify_instances = rows[i].instances;
		JUDGE(&facts, "inotify", rows[i].code, "");
	}
}

/* The check with one network, of docker's pools or of the routes. */
static void judge_network(const char *check, const char *network, const char *code, const char *text)
{
	struct facts facts = good();
	AUTO(argv) networks = ARGV_INIT;

	argv_add(&networks, "192.168.0.0/16");
	argv_add(&networks, network);
	if (streq(check, "pools"))
		facts.engine.pools = networks;
	else
		facts.host.routes = networks;
	JUDGE(&facts, check, code, text);
}

static void networks_of_the_cluster_must_be_its_own(void **state)
{
	struct facts facts = good();

	(void)state;
	JUDGE(&facts, "pools", "", "docker's own choice");
	judge_network("pools", "172.17.0.0/12", "", "none of the cluster's");
	judge_network("pools", "10.0.0.0/8", "pool-overlap", "10.0.0.0/8, and the cluster has 10.42.0.0/16");
	judge_network("routes", "10.43.9.0/24 dev tun0", "route-overlap",
		      "10.43.9.0/24 dev tun0, which the cluster cannot take");
	judge_network("routes", "10.44.0.0/16 dev tun0", "", "none");
	facts.host.has_routes = false;
	JUDGE(&facts, "routes", "routes-not-seen", "cannot be read");
}

static void another_kubelet_is_in_the_way_of_cgroup_v1_only(void **state)
{
	struct facts facts = good();
	AUTO(findings) findings = { .n = 0 };

	(void)state;
	facts.host.kubelet = "k3s-server (pid 77)";
	JUDGE(&facts, "kubelet", "", "k3s-server (pid 77) runs here, too");
	facts.engine.cgroup_version = 1;
	check_facts(&facts, &findings);
	for (size_t i = 0; i < findings.n; i++)
		if (streq(findings.v[i].what, "kubelet"))
			assert_string_equal(findings.v[i].code, "foreign-kubelet");
}

static void a_snap_is_known_by_where_it_is(void **state)
{
	struct facts facts = good();

	(void)state;
	facts.docker = "/snap/bin/docker";
	JUDGE(&facts, "snap", "snap-docker", "/snap/bin/docker");
	facts.engine.root_dir = "/var/snap/docker/common/var-lib-docker";
	JUDGE(&facts, "snap", "snap-docker", "/var/snap/docker");
	facts.docker = NULL;
	JUDGE(&facts, "snap", "snap-docker", "/var/snap/docker");
	facts.engine.root_dir = "/snapshots";
	JUDGE(&facts, "snap", "", "none");
}

static void who_holds_the_port_is_named(void **state)
{
	struct facts facts = good();
	AUTO(argv) holders = ARGV_INIT;
	AUTO(findings) findings = { .n = 0 };

	(void)state;
	facts.port_busy = true;
	JUDGE(&facts, "port", "port-busy", "8080 is in use by another program");
	facts.port_holder = "nginx (pid 123)";
	JUDGE(&facts, "port", "port-busy", "8080 is in use by nginx (pid 123)");
	check_facts(&facts, &findings);
	assert_int_equal(findings_exit_code(&findings), 4);
	for (size_t i = 0; i < findings.n; i++)
		if (streq(findings.v[i].what, "port"))
			assert_string_equal(findings.v[i].command, "openshell gateway start --name gw --port 0");
	facts.port_busy = facts.port_tried = false;
	JUDGE(&facts, "port", "", "8080 is published by no container");
	argv_add(&holders, "web");
	facts.port_containers = holders;
	JUDGE(&facts, "port", "port-busy", "8080 is held by container 'web'");
}

static void disk_and_memory_are_rated(void **state)
{
	static const struct {
		double disk;
		const char *code;
	} disks[] = {
		{ 10, "" }, { 9.9, "disk-low" }, { 3, "disk-low" }, { 2.9, "disk-too-low" }, { -1, "disk-not-seen" },
	};
	static const struct {
		double gib;
		const char *code;
	} memories[] = {
		{ 4, "" }, { 3.9, "memory-low" }, { 1.5, "memory-low" }, { 1.4, "memory-too-low" }, { 0, "memory-not-seen" },
	};
	struct facts disk = good(), memory = good();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(disks); i++) {
		disk.disk_gib = disks[i].disk;
		JUDGE(&disk, "disk", disks[i].code, "/var/lib/docker");
	}
	for (size_t i = 0; i < ARRAY_LEN(memories); i++) {
		memory.engine.memory = (int64_t)(memories[i].gib * (1 << 30));
		JUDGE(&memory, "memory", memories[i].code, "host has");
	}
}

static void clocks_may_differ_by_a_minute(void **state)
{
	static const struct {
		int64_t ms;
		const char *code, *text;
	} rows[] = {
		{ 60000, "", "docker's is" }, { -60000, "", "docker's is" },
		{ 90000, "clock-skew", "90 s ahead" }, { -3600000, "clock-skew", "3600 s behind" },
	};
	struct facts facts = good();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		facts.skew_ms = rows[i].ms;
		JUDGE(&facts, "clock", rows[i].code, rows[i].text);
	}
}

/* What is wrong here does not count there: nothing is said of this host, and nothing fails. */
static void of_another_host_nothing_is_claimed(void **state)
{
	static const char *const checks[] = { "cgroupns", "iptables", "br-netfilter", "inotify", "routes", "kubelet" };
	struct facts facts = good();

	(void)state;
	facts.host = (struct host){ .kernel = "6.1.0", .inotify_watches = 1, .kubelet = "kubelet (pid 7)" };
	facts.iptables = NULL;
	facts.disk_gib = -1;
	facts.elsewhere = "docker runs in the virtual machine of Docker Desktop";
	for (size_t i = 0; i < ARRAY_LEN(checks); i++)
		JUDGE(&facts, checks[i], NULL, NULL);
	facts.disk_gib = 100;
	JUDGE(&facts, "host", "host-not-seen", "Docker Desktop");
}

static void without_proc_nothing_is_claimed_of_the_host(void **state)
{
	struct facts facts = good();

	(void)state;
	facts.host = (struct host){ .kernel = NULL };
	JUDGE(&facts, "host", "host-not-seen", "/proc");
	JUDGE(&facts, "inotify", NULL, NULL);
}

static void verdicts_have_words(void **state)
{
	(void)state;
	assert_string_equal(check_verdict_name(CHECK_OK), "ok");
	assert_string_equal(check_verdict_name(CHECK_WARN), "warn");
	assert_string_equal(check_verdict_name(CHECK_FAIL), "fail");
}

static void the_worst_counts_and_warnings_do_not_fail(void **state)
{
	struct facts facts = good();
	AUTO(findings) warned = { .n = 0 };
	AUTO(findings) failed = { .n = 0 };

	(void)state;
	facts.host.filters_bridges = false;
	facts.engine.cgroup_version = 1;
	check_facts(&facts, &warned);
	assert_int_equal(findings_verdict(&warned), CHECK_WARN);
	assert_int_equal(findings_count(&warned, CHECK_WARN), 2);
	assert_int_equal(findings_exit_code(&warned), 0);
	facts.port_busy = true;
	facts.disk_gib = 1;
	check_facts(&facts, &failed);
	assert_int_equal(findings_verdict(&failed), CHECK_FAIL);
	assert_int_equal(findings_count(&failed, CHECK_FAIL), 2);
	assert_int_equal(findings_exit_code(&failed), 4); /* the port comes before the disk */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_host_passes_every_check),
		cmocka_unit_test(without_docker_nothing_else_is_looked_at),
		cmocka_unit_test(an_engine_before_20_10_is_too_old),
		cmocka_unit_test(memory_is_rated),
		cmocka_unit_test(a_directory_that_can_be_seen_is_measured),
		cmocka_unit_test(a_port_that_the_gateway_itself_holds_is_fine),
		cmocka_unit_test(a_port_of_another_program_fails),
		cmocka_unit_test(holders_that_cannot_be_listed_are_a_warning),
		cmocka_unit_test(the_first_failure_gives_the_exit_code),
		cmocka_unit_test(a_good_host_has_nothing_to_mend),
		cmocka_unit_test(only_docker_20_10_and_newer_will_do),
		cmocka_unit_test(another_engine_than_dockers_is_untested),
		cmocka_unit_test(the_api_must_be_1_41_and_the_best_of_both),
		cmocka_unit_test(docker_must_be_root),
		cmocka_unit_test(storage_must_bear_overlays),
		cmocka_unit_test(cgroups_must_have_what_a_kubelet_needs),
		cmocka_unit_test(version_2_wants_cgroup_namespaces),
		cmocka_unit_test(a_firewall_of_nftables_is_a_warning),
		cmocka_unit_test(the_backend_of_iptables_is_told),
		cmocka_unit_test(br_netfilter_must_be_loaded),
		cmocka_unit_test(limits_of_inotify_are_rated),
		cmocka_unit_test(networks_of_the_cluster_must_be_its_own),
		cmocka_unit_test(another_kubelet_is_in_the_way_of_cgroup_v1_only),
		cmocka_unit_test(a_snap_is_known_by_where_it_is),
		cmocka_unit_test(who_holds_the_port_is_named),
		cmocka_unit_test(disk_and_memory_are_rated),
		cmocka_unit_test(clocks_may_differ_by_a_minute),
		cmocka_unit_test(of_another_host_nothing_is_claimed),
		cmocka_unit_test(without_proc_nothing_is_claimed_of_the_host),
		cmocka_unit_test(verdicts_have_words),
		cmocka_unit_test(the_worst_counts_and_warnings_do_not_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
