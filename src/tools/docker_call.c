/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/docker_call.h"

#include <ctype.h>

struct proc_spec docker_spec(const struct docker *docker, const char *purpose, int64_t timeout_ms)
{
	struct proc_spec spec = PROC_SPEC_INIT(purpose);

	argv_add(&spec.argv, "docker");
	/* docker speaks English only, but what it runs (ssh, credential helpers) may not */
	argv_add(&spec.env, "LC_ALL=C");
	if (docker->env != NULL)
		argv_addv(&spec.env, (const char *const *)docker->env->v);
	spec.out.how = PROC_CAPTURE;
	spec.err.how = PROC_CAPTURE;
	spec.timeout_ms = timeout_ms;
	return spec;
}

int docker_change(const struct docker *docker, const char *purpose, const struct argv *args, struct error **err)
{
	AUTO(proc_spec) spec = docker_spec(docker, purpose, docker->timeout_ms);
	AUTO(proc_result) result = PROC_RESULT_INIT;

	argv_addv(&spec.argv, (const char *const *)args->v);
	spec.changes = true;
	return runner_check(docker->runner, &spec, &result, err);
}

int docker_run_inspect(const struct docker *docker, struct proc_spec *spec, struct proc_result *result,
		       struct error **err)
{
	if (runner_run(docker->runner, spec, result, err) < 0)
		return -1;
	if (result->sig != 0)
		return proc_result_error(spec->purpose, result, err);
	if (result->code == 0 && result->out.len == 0)
		return error_set(err, ERROR_SYSTEM, "%s printed nothing", spec->purpose);
	return 0;
}

bool docker_is_word(const char *text)
{
	const char *end = text;

	while (isgraph((unsigned char)*end))
		end++;
	return end > text && *end == '\0';
}

int docker_list(const struct docker *docker, const char *purpose, const struct argv *args, struct argv *lines,
		struct error **err)
{
	AUTO(proc_spec) spec = docker_spec(docker, purpose, docker->timeout_ms);
	AUTO(proc_result) result = PROC_RESULT_INIT;
	char *line, *rest;

	argv_addv(&spec.argv, (const char *const *)args->v);
	if (runner_check(docker->runner, &spec, &result, err) < 0)
		return -1;
	rest = result.out.data;
	if (rest != NULL && strlen(rest) != result.out.len)
		return error_set(err, ERROR_SYSTEM, "%s printed something that is no name", purpose);
	while (rest != NULL && (line = strsep(&rest, "\n")) != NULL) {
		if (str_blank(line))
			continue;
		if (!docker_is_word(line))
			return error_set(err, ERROR_SYSTEM, "%s printed something that is no name", purpose);
		argv_add(lines, line);
	}
	return 0;
}
