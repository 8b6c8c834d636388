/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of doctor check. */
#include "gateway/check.h"

#include <stdlib.h>
#include <sys/statvfs.h>

#include "gateway/diagnose.h"
#include "gateway/endpoint.h"

#define OLDEST_ENGINE 20
#define GIB (1024.0 * 1024 * 1024)
#define DISK_LOW_GIB 10.0
#define DISK_LEAST_GIB 3.0
#define MEMORY_LOW_GIB 4.0
#define MEMORY_LEAST_GIB 1.5

static struct finding *add(struct findings *findings, const char *what, enum check_verdict verdict, char *text,
			   const char *fix)
{
	struct finding *finding = &findings->v[findings->n++];

	*finding = (struct finding){ what, verdict, text, fix ? xstrdup(fix) : NULL, verdict == CHECK_FAIL };
	return finding;
}

static bool check_docker(const struct gateway_env *env, struct engine *engine, struct findings *findings)
{
	autoerror struct error *err = NULL;
	struct finding *finding;

	if (docker_engine(env->docker, engine, &err) == 0) {
		autofree char *endpoint = gateway_docker_endpoint(env, engine, &err);

		add(findings, "docker", CHECK_OK, xasprintf("answers at %s", endpoint ? endpoint : "its context's address"),
		    NULL);
		return true;
	}
	diagnose(err, NULL);
	finding = add(findings, "docker", CHECK_FAIL, error_text(err),
		      err->hint_count > 0 && err->hints[0].command ? err->hints[0].command : "'docker info' tells more");
	finding->exit_code = error_exit_code(err);
	return false;
}

static void check_version(const struct engine *engine, struct findings *findings)
{
	long major = strtol(engine->version, NULL, 10);
	bool old = major > 0 && major < OLDEST_ENGINE;

	add(findings, "version", old ? CHECK_FAIL : CHECK_OK,
	    xasprintf("docker %s on %s/%s, cgroup v%d%s", engine->version, engine->os ? engine->os : "?",
		      engine->arch ? engine->arch : "?", engine->cgroup_version, engine->rootless ? ", rootless" : ""),
	    old ? "install docker 20.10 or newer" : NULL);
}

/* The port that a start would take: free, or held by this gateway itself. */
static void check_port(const struct gateway_env *env, const char *name, int port, struct findings *findings)
{
	autofree char *own = gateway_container_name(name);
	autoerror struct error *err = NULL;
	AUTO(argv) holders = ARGV_INIT;
	bool busy = false;

	if (docker_port_holders(env->docker, port, &holders, &err) == 0 && holders.n > 0) {
		bool ours = argv_contains(&holders, own);

		add(findings, "port", ours ? CHECK_OK : CHECK_FAIL,
		    xasprintf("%d is held by container '%s'", port, ours ? own : holders.v[0]),
		    ours ? NULL : "start with another port: --port 0 finds a free one")->exit_code = 4;
		return;
	}
	/* another host's ports cannot be tried from here */
	if (err == NULL && gateway_engine_is_here(env) && endpoint_port_busy("127.0.0.1", port, &busy, &err) == 0 && busy)
		add(findings, "port", CHECK_FAIL, xasprintf("%d is in use by another program", port),
		    "start with another port: --port 0 finds a free one")->exit_code = 4;
	else if (err != NULL)
		add(findings, "port", CHECK_WARN, error_text(err), NULL);
	else
		add(findings, "port", CHECK_OK, xasprintf("%d is free", port), NULL);
}

static enum check_verdict rate(double amount, double least, double low)
{
	return amount < least ? CHECK_FAIL : amount < low ? CHECK_WARN : CHECK_OK;
}

static void check_disk(const struct gateway_env *env, const struct engine *engine, struct findings *findings)
{
	struct statvfs fs;
	enum check_verdict verdict;
	double free_gib;

	/* the engine's directory may be on another host, or not ours to see */
	if (!gateway_engine_is_here(env) || engine->root_dir == NULL || statvfs(engine->root_dir, &fs) < 0) {
		add(findings, "disk", CHECK_WARN,
		    xasprintf("docker's directory %s cannot be seen from here", engine->root_dir ? engine->root_dir : "?"),
		    "check on docker's host that it has at least 10 GiB free: df -h");
		return;
	}
	free_gib = (double)fs.f_bavail * (double)fs.f_frsize / GIB;
	verdict = rate(free_gib, DISK_LEAST_GIB, DISK_LOW_GIB);
	add(findings, "disk", verdict, xasprintf("%.1f GiB free in %s", free_gib, engine->root_dir),
	    verdict == CHECK_OK ? NULL : "have at least 10 GiB free: 'docker system df' tells what docker uses");
}

static void check_memory(const struct engine *engine, struct findings *findings)
{
	double gib = (double)engine->memory / GIB;
	enum check_verdict verdict = rate(gib, MEMORY_LEAST_GIB, MEMORY_LOW_GIB);

	add(findings, "memory", verdict, xasprintf("docker's host has %.1f GiB", gib),
	    verdict == CHECK_OK ? NULL : "have at least 4 GiB of memory for docker");
}

void gateway_check(const struct gateway_env *env, const char *name, int port, struct findings *findings)
{
	AUTO(engine) engine = { 0 };

	if (!check_docker(env, &engine, findings))
		return;
	check_version(&engine, findings);
	check_port(env, name, port, findings);
	check_disk(env, &engine, findings);
	check_memory(&engine, findings);
}

int findings_exit_code(const struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++)
		if (findings->v[i].verdict == CHECK_FAIL)
			return findings->v[i].exit_code;
	return 0;
}

void findings_release(struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++) {
		free(findings->v[i].text);
		free(findings->v[i].fix);
	}
	findings->n = 0;
}
