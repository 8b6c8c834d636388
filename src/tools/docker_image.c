/* SPDX-License-Identifier: Apache-2.0 */
/* Images: which are there, and getting them from one place to another. */
#include "tools/docker.h"

#include "tools/docker_call.h"
#include "tools/docker_parse.h"

/* ------------------------------------------------------------------ what the engine has */

int docker_images_get(const struct docker *docker, const char *const *refs, size_t count, struct image *images,
		      struct error **err)
{
	AUTO(proc_spec) spec = docker_spec(docker, "docker image inspect", docker->timeout_ms);
	AUTO(proc_result) result = PROC_RESULT_INIT;
	AUTO(container) none = { 0 };
	AUTO(engine) engine = { 0 };

	argv_addl(&spec.argv, "image", "inspect", "--format", "{{json .}}", "--", NULL);
	for (size_t i = 0; i < count; i++)
		argv_add(&spec.argv, refs[i]);
	if (docker_run_inspect(docker, &spec, &result, err) < 0)
		return -1;
	if (result.code != 0 && docker_engine(docker, &engine, err) < 0) /* absent, if the engine answers */
		return -1;
	return parse_inspect(&result.out, "", refs, count, &none, images, err);
}

/* `docker image inspect` of some: 0 when all are there. */
static int look_for_images(const struct docker *docker, const char *const *refs, int *code, struct error **err)
{
	AUTO(proc_spec) spec = docker_spec(docker, "docker image inspect", docker->timeout_ms);
	AUTO(proc_result) result = PROC_RESULT_INIT;

	argv_addl(&spec.argv, "image", "inspect", "--format", "{{.Id}}", "--", NULL);
	argv_addv(&spec.argv, refs);
	if (runner_run(docker->runner, &spec, &result, err) < 0)
		return -1;
	*code = result.code;
	return 0;
}

int docker_images_absent(const struct docker *docker, const struct argv *refs, struct argv *absent,
			 struct error **err)
{
	AUTO(engine) engine = { 0 };
	int code = 0;

	if (look_for_images(docker, (const char *const *)refs->v, &code, err) < 0)
		return -1;
	if (code == 0)
		return 0;
	if (docker_engine(docker, &engine, err) < 0) /* absent, if the engine answers */
		return -1;
	for (size_t i = 0; i < refs->n; i++) {
		const char *one[] = { refs->v[i], NULL };

		if (look_for_images(docker, one, &code, err) < 0)
			return -1;
		if (code != 0)
			argv_add(absent, refs->v[i]);
	}
	return 0;
}

/* ------------------------------------------------------------------ moving and removing */

int docker_image_pull(const struct docker *docker, const struct docker_pull *pull, struct error **err)
{
	AUTO(proc_spec) spec = docker_spec(docker, "docker pull", docker->pull_timeout_ms);
	AUTO(proc_result) result = PROC_RESULT_INIT;

	argv_add(&spec.argv, "pull");
	if (pull->platform != NULL)
		argv_addl(&spec.argv, "--platform", pull->platform, NULL);
	argv_addl(&spec.argv, "--", pull->ref, NULL);
	if (pull->config_dir != NULL) {
		argv_addf(&spec.env, "DOCKER_CONFIG=%s", pull->config_dir);
		argv_add(&spec.env, "DOCKER_AUTH_CONFIG"); /* would hide the login (docker 28.3 and newer) */
	}
	spec.out = (struct proc_output){ pull->line ? PROC_LINES : PROC_STDERR, pull->line, pull->arg };
	spec.changes = true;
	return runner_check(docker->runner, &spec, &result, err);
}

int docker_image_tag(const struct docker *docker, const char *ref, const char *to, struct error **err)
{
	return DOCKER_CHANGE(docker, "docker tag", err, "tag", "--", ref, to);
}

int docker_image_remove(const struct docker *docker, const char *ref, struct error **err)
{
	AUTO(proc_spec) spec = docker_spec(docker, "docker image rm", docker->timeout_ms);
	AUTO(proc_result) result = PROC_RESULT_INIT;

	argv_addl(&spec.argv, "image", "rm", "--no-prune", "--", ref, NULL);
	spec.changes = true;
	return runner_check(docker->runner, &spec, &result, err);
}

int docker_images_stream(const struct docker *from, const struct docker *docker, const struct argv *refs,
			 const char *purpose, const char *container, const struct argv *command, struct error **err)
{
	AUTO(proc_spec) save = docker_spec(from, "docker save", docker->push_timeout_ms);
	AUTO(proc_spec) into = docker_spec(docker, purpose, docker->push_timeout_ms);

	argv_addl(&save.argv, "save", "--", NULL);
	argv_addv(&save.argv, (const char *const *)refs->v);
	argv_addl(&into.argv, "exec", "-i", container, NULL);
	argv_addv(&into.argv, (const char *const *)command->v);
	into.out.how = PROC_NULL;
	return runner_pipe(docker->runner, &save, &into, err);
}

int docker_image_transfer(const struct docker_transfer *transfer, struct error **err)
{
	const struct docker *here = transfer->here, *there = transfer->there;
	AUTO(proc_spec) save = docker_spec(here, transfer->save_purpose, here->push_timeout_ms);
	AUTO(proc_spec) load = docker_spec(there, transfer->load_purpose, there->push_timeout_ms);

	argv_addl(&save.argv, "save", "--", transfer->ref, NULL);
	argv_addl(&load.argv, "load", "--quiet", NULL);
	save.relay = transfer->relay;
	load.changes = true;
	load.out.how = PROC_NULL;
	return runner_pipe(there->runner, &save, &load, err);
}

/* Each prints some KiB at most. */
#define IMAGES_MAX 200

static int list_images(const struct docker *docker, struct argv *ids, struct error **err)
{
	AUTO(argv) args = ARGV_INIT;
	AUTO(argv) lines = ARGV_INIT;

	argv_addl(&args, "image", "ls", "--quiet", "--no-trunc", NULL);
	if (docker_list(docker, "docker image ls", &args, &lines, err) < 0)
		return -1;
	for (size_t i = 0; i < lines.n && ids->n < IMAGES_MAX; i++)
		if (!argv_contains(ids, lines.v[i])) /* one for each of its names */
			argv_add(ids, lines.v[i]);
	return 0;
}

int docker_layers_present(const struct docker *docker, const struct argv *layers, size_t *count, struct error **err)
{
	AUTO(proc_spec) spec = docker_spec(docker, "docker image inspect", docker->timeout_ms);
	AUTO(proc_result) result = PROC_RESULT_INIT;
	AUTO(argv) ids = ARGV_INIT;

	*count = 0;
	if (list_images(docker, &ids, err) < 0)
		return -1;
	if (ids.n == 0)
		return 0;
	argv_addl(&spec.argv, "image", "inspect", "--format", "{{json .RootFS.Layers}}", "--", NULL);
	argv_addv(&spec.argv, (const char *const *)ids.v);
	/* one that is gone meanwhile makes the status 1; the others are printed all the same */
	if (runner_run(docker->runner, &spec, &result, err) < 0)
		return -1;
	return parse_layers(&result.out, layers, count, err);
}

