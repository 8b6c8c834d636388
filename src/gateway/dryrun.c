/* SPDX-License-Identifier: Apache-2.0 */
/* Shell text in place of work. */
#include "gateway/dryrun.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "tools/ctr.h"
#include "tools/docker.h"
#include "tools/kubectl.h"

void dryrun_tell(const struct dryrun *dryrun, const char *fmt, ...)
{
	autofree char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	dryrun->tell(dryrun->arg, text);
}

static char *quote(const char *word)
{
	AUTO(argv) words = ARGV_INIT;

	argv_add(&words, word);
	return argv_quote(&words);
}

/* Which engine docker is told to use is said once, at the beginning; the language does not matter. */
static bool is_no_secret(const char *setting)
{
	return str_starts(setting, "LC_ALL=") || str_starts(setting, "DOCKER_HOST=") || str_starts(setting, "PATH=");
}

/* What else the child would be given beyond our own environment is a secret. */
static void tell_environment(const struct dryrun *dryrun, const struct argv *env)
{
	for (size_t i = 0; i < env->n; i++) {
		size_t len = strcspn(env->v[i], "=");

		if (env->v[i][len] == '=' && !is_no_secret(env->v[i]))
			dryrun_tell(dryrun, "export %.*s=\"${%.*s:?must hold the secret, which is not shown}\"", (int)len,
				    env->v[i], (int)len, env->v[i]);
	}
}

static int run(void *arg, struct proc_spec *spec, struct proc_result *result, struct error **err)
{
	const struct dryrun *dryrun = arg;
	autofree char *command = NULL;

	if (!spec->changes)
		return runner_run(dryrun->real, spec, result, err);
	tell_environment(dryrun, &spec->env);
	command = argv_quote(&spec->argv);
	dryrun->tell(dryrun->arg, command);
	buf_adds(&result->out, "dry-run\n"); /* in place of an ID that it would print */
	result->code = 0;
	return 0;
}

static bool tells_host(const struct proc_spec *spec)
{
	for (size_t i = 0; i < spec->env.n; i++)
		if (str_starts(spec->env.v[i], "DOCKER_HOST="))
			return true;
	return false;
}

/* The script has set DOCKER_HOST for another host by now, which is not for this one. */
static char *quote_for_home(const struct dryrun *dryrun, const struct proc_spec *spec)
{
	AUTO(argv) words = ARGV_INIT;

	argv_add(&words, "env");
	if (dryrun->docker_host != NULL)
		argv_addf(&words, "DOCKER_HOST=%s", dryrun->docker_host);
	else
		argv_addl(&words, "-u", "DOCKER_HOST", NULL);
	argv_addv(&words, (const char *const *)spec->argv.v);
	return argv_quote(&words);
}

/* Two that are joined are so in the shell, too. */
static int join(void *arg, struct proc_spec *from, struct proc_spec *to, struct proc_result results[2],
		struct error **err)
{
	const struct dryrun *dryrun = arg;
	bool from_home = tells_host(to) && !tells_host(from);
	autofree char *left = from_home ? quote_for_home(dryrun, from) : argv_quote(&from->argv);
	autofree char *right = argv_quote(&to->argv);

	(void)err;
	dryrun_tell(dryrun, "%s |\n\t%s", left, right);
	results[0].code = results[1].code = 0;
	return 0;
}

static struct proc *start(void *arg, struct proc_spec *spec, struct error **err)
{
	const struct dryrun *dryrun = arg;

	return runner_start(dryrun->real, spec, err);
}

static void pump(void *arg, struct proc *const *procs, size_t count, int64_t ms)
{
	const struct dryrun *dryrun = arg;

	runner_pump(dryrun->real, procs, count, ms);
}

static bool ended(void *arg, struct proc *proc)
{
	const struct dryrun *dryrun = arg;

	return runner_ended(dryrun->real, proc);
}

static void stop(void *arg, struct proc *proc)
{
	const struct dryrun *dryrun = arg;

	runner_stop(dryrun->real, proc);
}

void dryrun_init(struct dryrun *dryrun, const struct runner *real, void (*tell)(void *arg, const char *text), void *arg)
{
	*dryrun = (struct dryrun){
		.runner = { run, join, start, pump, ended, stop, dryrun },
		.real = real,
		.tell = tell,
		.arg = arg,
	};
}

/* ------------------------------------------------------------------ waits */

void dryrun_wait_healthy(const struct dryrun *dryrun, const char *container, int64_t timeout_ms, int64_t interval_ms)
{
	AUTO(argv) words = ARGV_INIT;
	autofree char *health = NULL;

	docker_args_health(&words, container);
	health = argv_quote(&words);
	dryrun_tell(dryrun,
		    "n=0\n"
		    "while :; do\n"
		    "\tcase $(%s) in\n"
		    "\t'running healthy') break ;;\n"
		    "\trunning*) ;;\n"
		    "\t*) echo '%s has ended' >&2; exit 8 ;;\n"
		    "\tesac\n"
		    "\tn=$((n + 1))\n"
		    "\t[ \"$n\" -lt %" PRId64 " ] || { echo '%s did not become healthy' >&2; exit 7; }\n"
		    "\tsleep %" PRId64 "\n"
		    "done",
		    health, container, (timeout_ms + interval_ms - 1) / interval_ms, container, interval_ms / 1000);
}

static char *exec_line(const char *container, const struct argv *command)
{
	AUTO(argv) words = ARGV_INIT;

	docker_args_exec(&words, container, command);
	return argv_quote(&words);
}

void dryrun_clean_nodes(const struct dryrun *dryrun, const char *container, const char *current)
{
	AUTO(argv) states = ARGV_INIT;
	AUTO(argv) removal = ARGV_INIT;
	autofree char *list = NULL, *remove = NULL;

	kubectl_args_node_states(&states);
	kubectl_args_nodes_delete(&removal);
	list = exec_line(container, &states);
	remove = exec_line(container, &removal);
	dryrun_tell(dryrun, "%s |\n\tawk '$1 != \"%s\" && $2 != \"True\" { print $1 }' |\n\txargs -r %s", list, current,
		    remove);
}

/* Looks again until the condition, shell text, holds. */
static void wait_until(const struct dryrun *dryrun, const char *condition, const char *otherwise)
{
	dryrun_tell(dryrun,
		    "n=0\n"
		    "until %s; do\n"
		    "\tn=$((n + 1))\n"
		    "\t[ \"$n\" -lt 180 ] || { echo '%s' >&2; exit 7; }\n"
		    "\tsleep 2\n"
		    "done",
		    condition, otherwise);
}

void dryrun_wait_containerd(const struct dryrun *dryrun, const char *container)
{
	AUTO(argv) version = ARGV_INIT;
	autofree char *line = NULL, *condition = NULL;

	ctr_args_version(&version);
	line = exec_line(container, &version);
	condition = xasprintf("%s >/dev/null 2>&1", line);
	wait_until(dryrun, condition, "containerd did not answer");
}

void dryrun_restart_workload(const struct dryrun *dryrun, const char *container, const char *space,
			     const char *workload, bool wait)
{
	AUTO(argv) get = ARGV_INIT;
	AUTO(argv) restart = ARGV_INIT;
	AUTO(argv) status = ARGV_INIT;
	autofree char *look = NULL, *again = NULL, *until_ready = NULL, *condition = NULL;

	kubectl_args_workload_get(&get, space, workload);
	kubectl_args_rollout_restart(&restart, space, workload);
	kubectl_args_rollout_wait(&status, space, workload);
	look = exec_line(container, &get);
	again = exec_line(container, &restart);
	until_ready = exec_line(container, &status);
	condition = xasprintf("%s >/dev/null 2>&1", look);
	if (wait) {
		wait_until(dryrun, condition, "there is nothing to restart");
		dryrun_tell(dryrun, "%s\n%s", again, until_ready);
	} else {
		dryrun_tell(dryrun, "! %s || %s", condition, again);
	}
}

/* ------------------------------------------------------------------ files */

void dryrun_fetch_secret(const struct dryrun *dryrun, const char *container, const char *space, const char *secret,
			 const char *const *keys, size_t count, const char *dir)
{
	autofree char *new_dir = xasprintf("%s.tmp", dir), *to = quote(dir), *from = quote(new_dir);

	dryrun_tell(dryrun, "rm -rf %s && mkdir -p %s", from, from);
	for (size_t i = 0; i < count; i++) {
		AUTO(argv) command = ARGV_INIT;
		autofree char *path = xasprintf("%s/%s", new_dir, keys[i]), *file = quote(path), *line = NULL;

		kubectl_args_secret_value(&command, space, secret, keys[i]);
		line = exec_line(container, &command);
		dryrun_tell(dryrun, "%s | base64 -d >%s && [ -s %s ]", line, file, file);
	}
	dryrun_tell(dryrun, "rm -rf %s && mv %s %s", to, from, to);
}

static char *quoted_parent(const char *path)
{
	autofree char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));

	return quote(dir);
}

void dryrun_write(const struct dryrun *dryrun, const char *path, const char *text)
{
	autofree char *parent = quoted_parent(path), *file = quote(path), *content = quote(text);

	dryrun_tell(dryrun, "mkdir -p %s && printf %%s %s >%s", parent, content, file);
}

void dryrun_copy(const struct dryrun *dryrun, const char *from, const char *to)
{
	autofree char *parent = quoted_parent(to), *source = quote(from), *target = quote(to);

	dryrun_tell(dryrun, "mkdir -p %s && cat %s >%s", parent, source, target);
}

void dryrun_unpack(const struct dryrun *dryrun, const struct argv *files, const char *container, const char *dir)
{
	AUTO(argv) unpack = ARGV_INIT;
	autofree char *names = argv_quote(files), *command = NULL;

	argv_add(&unpack, "docker");
	docker_args_unpack(&unpack, container);
	command = argv_quote(&unpack);
	dryrun_tell(dryrun,
		    "stage=$(mktemp -d) && mkdir -p \"$stage/%s\" && cp %s \"$stage/%s\"\n"
		    "tar -C \"$stage\" --owner=0 --group=0 -cf - %s |\n\t%s\n"
		    "rm -rf \"$stage\"",
		    dir, names, dir, dir, command);
}

void dryrun_remove(const struct dryrun *dryrun, const char *const *paths, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		autofree char *path = quote(paths[i]);

		if (access(paths[i], F_OK) == 0)
			dryrun_tell(dryrun, "rm -rf %s", path);
	}
}
