/* SPDX-License-Identifier: Apache-2.0 */
/* Gathering what doctor check judges (gateway/check.c). */
#include "gateway/facts.h"

#include <stdlib.h>
#include <sys/statvfs.h>

#include "base/spawn.h"
#include "gateway/diagnose.h"
#include "gateway/endpoint.h"
#include "tools/iptables.h"

#define GIB (1024.0 * 1024 * 1024)

/* Positive: their clock is ahead of all that ours showed during the call. */
static int64_t skew(int64_t theirs_ms, int64_t before_ms, int64_t after_ms)
{
	if (theirs_ms == 0 || (theirs_ms >= before_ms && theirs_ms <= after_ms))
		return 0;
	return theirs_ms - (theirs_ms < before_ms ? before_ms : after_ms);
}

static int ask_engine(const struct gateway_env *env, struct facts *facts)
{
	int64_t before_ms = clock_wall_ms();

	if (docker_engine(env->docker, &facts->engine, &facts->no_engine) < 0)
		return -1;
	facts->skew_ms = skew(facts->engine.time_ms, before_ms, clock_wall_ms());
	return 0;
}

static bool differ(const char *a, const char *b)
{
	return a != NULL && b != NULL && !streq(a, b);
}

/* The socket may be this host's and the engine in a virtual machine behind it; a container with the socket
 * mounted has the engine's kernel, but not its network. */
static char *tell_elsewhere(const struct gateway_env *env, const struct facts *facts)
{
	const struct engine *engine = &facts->engine;

	if (!gateway_engine_is_here(env) || (facts->endpoint != NULL && !str_starts(facts->endpoint, "unix://")))
		return xasprintf("docker is reached at %s",
				 facts->endpoint ? facts->endpoint : env->settings->docker_host);
	if (engine->distribution != NULL && strstr(engine->distribution, "Docker Desktop") != NULL)
		return xstrdup("docker runs in the virtual machine of Docker Desktop");
	if (differ(engine->kernel, facts->host.kernel))
		return xasprintf("docker's kernel is %s, this host's is %s", engine->kernel, facts->host.kernel);
	if (differ(engine->name, facts->host.name))
		return xasprintf("docker's host is '%s', this one is '%s'", engine->name, facts->host.name);
	return NULL;
}

static void look_at_port(const struct gateway_env *env, const char *root, struct facts *facts)
{
	static const char address[] = "127.0.0.1";

	if (docker_port_holders(env->docker, facts->port, &facts->port_containers, &facts->port_error) < 0 ||
	    facts->port_containers.n > 0 || !gateway_engine_is_here(env))
		return;
	facts->port_tried = endpoint_port_busy(address, facts->port, &facts->port_busy, &facts->port_error) == 0;
	if (facts->port_busy)
		facts->port_holder = host_port_holder(root, address, facts->port);
}

static double disk_gib(const struct facts *facts)
{
	struct statvfs fs;

	if (facts->elsewhere != NULL || facts->engine.root_dir == NULL || statvfs(facts->engine.root_dir, &fs) < 0)
		return -1;
	return (double)fs.f_bavail * (double)fs.f_frsize / GIB;
}

void facts_gather(const struct gateway_env *env, const char *name, int port, const char *root, struct facts *facts)
{
	autoerror struct error *no_version = NULL, *no_endpoint = NULL, *no_iptables = NULL;

	*facts = (struct facts){ .name = name, .port = port, .docker = spawn_find("docker") };
	if (ask_engine(env, facts) < 0) {
		diagnose(facts->no_engine, name);
		return;
	}
	(void)!docker_version(env->docker, &facts->version, &no_version);
	facts->endpoint = gateway_docker_endpoint(env, &facts->engine, &no_endpoint);
	host_read(root, &facts->host);
	facts->elsewhere = tell_elsewhere(env, facts);
	if (facts->elsewhere == NULL)
		facts->iptables = iptables_version(env->docker->runner, &no_iptables);
	look_at_port(env, root, facts);
	facts->disk_gib = disk_gib(facts);
}

void facts_release(struct facts *facts)
{
	error_free(&facts->no_engine);
	engine_release(&facts->engine);
	docker_version_release(&facts->version);
	free(facts->endpoint);
	free(facts->docker);
	free(facts->elsewhere);
	host_release(&facts->host);
	free(facts->iptables);
	argv_release(&facts->port_containers);
	free(facts->port_holder);
	error_free(&facts->port_error);
}
