/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What docker prints as JSON: inspect (a stream of objects), info, events.
 *
 * Rules: a parser that fails says so in an error, one that succeeds does not; what it took is complete, in range,
 * and answers what was asked for; the line of a container's end always gives its exit status.
 */
#include "fuzz.h"

#include "base/buf.h"
#include "tools/docker_parse.h"

#define CONTAINER "openshell-cluster-openshell"

static const char *const refs[] = { "ghcr.io/nvidia/openshell/cluster:dev", "openshell/cluster:dev" };

static void check_container(const struct container *container)
{
	autofree char *words = container_words(container);

	RULE((container->phase == PHASE_ABSENT) == (container->id == NULL));
	RULE(strlen(words) > 0);
	RULE(container_phase_name(container->phase) != NULL && container_health_name(container->health) != NULL);
	RULE(container->id == NULL || (*container->id != '\0' && *container->image_id != '\0'));
	RULE(container->host_port >= 0 && container->host_port <= 65535);
	RULE(container->restarts >= 0 && container->exit_code >= -1);
	RULE((container->health_newest == NULL) || container->health_log != NULL);
	for (size_t i = 0; i < container->env.n; i++)
		RULE(container->env.v[i] != NULL);
	(void)container_env(container, "EXTRA_SANS");
}

static void inspect(const struct buf *text, size_t count)
{
	AUTO(container) container = { 0 };
	struct image images[ARRAY_LEN(refs)] = { { 0 } };
	autoerror struct error *err = NULL;
	int rc = parse_inspect(text, CONTAINER, refs, count, &container, images, &err);

	RULE(rc == (err ? -1 : 0));
	if (rc == 0)
		check_container(&container);
	for (size_t i = 0; i < ARRAY_LEN(refs); i++) {
		RULE(images[i].ref == NULL || (i < count && streq(images[i].ref, refs[i])));
		image_release(&images[i]);
	}
}

static void info(const struct buf *text, int code)
{
	struct proc_result result = { .code = code };
	AUTO(engine) engine = { 0 };
	autoerror struct error *err = NULL;
	int rc;

	buf_add(&result.out, buf_str(text), text->len);
	rc = parse_engine(&result, &engine, &err);
	proc_result_release(&result);
	RULE(rc == (err ? -1 : 0) && (rc == 0 || error_is(err, ERROR_UNREACHABLE)));
	if (rc == 0) {
		RULE(code == 0 && engine.version != NULL);
		RULE(engine.cgroup_version == 1 || engine.cgroup_version == 2);
	}
}

static void event(const char *line, size_t len)
{
	autoerror struct error *ignored = NULL;
	autotree cJSON *root = tree_json(line, len, "event", &ignored);
	const char *action = tree_str(root, "Action");
	int code = docker_event_exit_code(line, len);

	RULE(code >= -1);
	if (action != NULL)
		RULE(streq(action, "die") == (code >= 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buf) text = BUF_INIT;

	buf_add(&text, data, size);
	inspect(&text, ARRAY_LEN(refs));
	inspect(&text, 1);
	inspect(&text, 0);
	info(&text, 0);
	info(&text, 1);
	for (const char *line = buf_str(&text), *end = line + size; line < end;) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));

		event(line, (size_t)((newline ? newline : end) - line));
		line = newline ? newline + 1 : end;
	}
	return 0;
}
