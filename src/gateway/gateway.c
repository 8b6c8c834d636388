/* SPDX-License-Identifier: Apache-2.0 */
/* Names of a gateway's things, and whose engine it is. */
#include "gateway/gateway.h"

#include <ctype.h>
#include <sys/stat.h>

#include "base/buf.h"

#define LABEL_MAX 63
#define DEFAULT_SOCKET "unix:///var/run/docker.sock"

void progress_note(const struct gateway_env *env, const char *fmt, ...)
{
	autofree char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	env->progress->note(env->progress->arg, text);
}

void progress_warn(const struct gateway_env *env, const char *fmt, ...)
{
	autofree char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	env->progress->warn(env->progress->arg, text);
}

char *gateway_container_name(const char *name)
{
	return xasprintf("openshell-cluster-%s", name);
}

char *gateway_record_container(const struct record *record)
{
	if (record->port > 0)
		return gateway_container_name(record->name);
	return record->container_id ? xstrdup(record->container_id) : NULL;
}

/* FNV-1a: no secret depends on it, it only keeps shortened names apart. */
static uint32_t hash(const char *text)
{
	uint32_t value = 2166136261u;

	for (; *text != '\0'; text++)
		value = (value ^ (unsigned char)*text) * 16777619u;
	return value;
}

char *gateway_node_name(const char *name)
{
	AUTO(buf) label = BUF_INIT;

	buf_adds(&label, "openshell-");
	for (const char *c = name; *c != '\0'; c++) {
		if (isalnum((unsigned char)*c))
			buf_addf(&label, "%c", tolower((unsigned char)*c));
		else if (label.data[label.len - 1] != '-')
			buf_adds(&label, "-");
	}
	while (label.data[label.len - 1] == '-')
		label.data[--label.len] = '\0';
	if (streq(label.data, "openshell"))
		buf_adds(&label, "-gateway");
	if (label.len > LABEL_MAX)
		return xasprintf("%.*s-%08x", LABEL_MAX - 9, label.data, hash(name));
	return buf_steal(&label);
}

bool gateway_is_at_hand(const struct gateway_env *env, const struct record *record)
{
	return !record->is_external && (!record->is_remote || env->docker->address != NULL);
}

/* Completes the error. Always -1. */
static int not_its_engine(const struct record *record, struct error **err)
{
	error_code(err, "other-engine");
	if (record->is_remote && record->remote_host != NULL)
		error_hint(err, "Leave out --remote, or name the host that the entry has: --remote %s", record->remote_host);
	else
		error_hint_command(err, "Select that engine, or set DOCKER_HOST to its address", "docker context ls");
	return error_hint(err, "Or repeat the command with --force, where this engine is meant");
}

int gateway_check_engine(const struct record *record, const struct engine *engine, struct error **err)
{
	if (record->docker_id == NULL || engine->id == NULL || streq(record->docker_id, engine->id))
		return 0;
	error_set(err, ERROR_CONFLICT,
		  "gateway '%s' belongs to another docker engine (%s at %s) than the one reached now (%s)",
		  record->name, record->docker_id, record->docker_endpoint ? record->docker_endpoint : "?",
		  engine->id);
	return not_its_engine(record, err);
}

/* Two names of one socket are the same: /var/run is a link to /run. */
static bool is_same_endpoint(const char *one, const char *other)
{
	const size_t scheme = strlen("unix://");
	struct stat a, b;

	if (streq(one, other))
		return true;
	return str_starts(one, "unix://") && str_starts(other, "unix://") && stat(one + scheme, &a) == 0 &&
	       stat(other + scheme, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int gateway_check_identity(const struct gateway_env *env, const struct record *record, const struct engine *engine,
			   struct error **err)
{
	autofree char *endpoint = NULL;

	if (gateway_check_engine(record, engine, err) < 0)
		return -1;
	if (record->docker_endpoint == NULL || record->container_id == NULL)
		return 0;
	endpoint = gateway_docker_endpoint(env, engine, err);
	if (endpoint == NULL)
		return -1;
	if (is_same_endpoint(record->docker_endpoint, endpoint))
		return 0;
	error_set(err, ERROR_CONFLICT,
		  "gateway '%s' belongs to the docker engine at %s, and its container is not on the one at %s, which is "
		  "reached now and has the same ID (%s)",
		  record->name, record->docker_endpoint, endpoint, engine->id);
	return not_its_engine(record, err);
}

bool gateway_engine_is_here(const struct gateway_env *env)
{
	return env->docker->address == NULL &&
	       (env->settings->docker_host == NULL || str_starts(env->settings->docker_host, "unix://"));
}

char *gateway_docker_command(const struct gateway_env *env, const char *arguments)
{
	AUTO(argv) words = ARGV_INIT;
	autofree char *docker = NULL;

	argv_add(&words, "docker");
	if (env->docker->address != NULL)
		argv_addl(&words, "-H", env->docker->address, NULL);
	docker = argv_quote(&words);
	return xasprintf("%s %s", docker, arguments);
}

char *gateway_place(const struct gateway_env *env)
{
	return env->docker->address == NULL ? xstrdup("here") : xasprintf("on %s", env->docker->address);
}

char *gateway_docker_endpoint(const struct gateway_env *env, const struct engine *engine, struct error **err)
{
	if (env->docker->address != NULL)
		return xstrdup(env->docker->address);
	if (env->settings->docker_host != NULL)
		return xstrdup(env->settings->docker_host);
	if (engine->context == NULL || streq(engine->context, "default"))
		return xstrdup(DEFAULT_SOCKET);
	return docker_context_host(env->docker, engine->context, err);
}
