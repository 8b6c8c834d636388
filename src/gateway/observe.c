/* SPDX-License-Identifier: Apache-2.0 */
/* The decision what to do with what is there. Starts no process. */
#include "gateway/observe.h"

#include <assert.h>
#include <stdlib.h>

#include "gateway/endpoint.h"

static const char *const action_names[] = {
	[ACTION_CREATE] = "create", [ACTION_REUSE] = "reuse",       [ACTION_KEEP] = "keep",
	[ACTION_UNPAUSE] = "unpause", [ACTION_RECREATE] = "recreate",
};
static_assert(ARRAY_LEN(action_names) == ACTIONS, "one name per action");

const char *container_action_name(enum container_action action)
{
	return action_names[action];
}

void plan_release(struct plan *plan)
{
	free(plan->bind);
	free(plan->gateway_host);
	free(plan->host);
	free(plan->push_refs);
	argv_release(&plan->sans);
	argv_release(&plan->dns);
	free(plan->files);
	*plan = (struct plan){ 0 };
}

static bool env_is(const struct container *container, const char *name, const char *value)
{
	const char *now = container_env(container, name);

	return now != NULL && streq(now, value);
}

static int choose_port(const struct deploy_options *options, const struct container *container,
		       const struct record *record)
{
	if (options->port > 0)
		return options->port;
	if (container->host_port > 0)
		return container->host_port;
	if (options->port == 0)
		return 0;
	return record->port > 0 ? record->port : DEFAULT_PORT;
}

static const char *choose_bind(const struct deploy_options *options, const struct container *container,
			       const char *elsewhere)
{
	if (options->bind != NULL)
		return options->bind;
	if (container->host_port > 0)
		return container->host_ip ? container->host_ip : "0.0.0.0";
	return elsewhere != NULL ? "0.0.0.0" : "127.0.0.1";
}

static int64_t choose_limit(int64_t asked, int64_t now)
{
	return asked == NO_LIMIT ? 0 : asked > 0 ? asked : now;
}

static bool is_wildcard(const char *address)
{
	return streq(address, "0.0.0.0") || streq(address, "::");
}

static void add_san(struct plan *plan, const char *host)
{
	if (host != NULL && !streq(host, "127.0.0.1") && !streq(host, "localhost") && !argv_contains(&plan->sans, host))
		argv_add(&plan->sans, host);
}

/* elsewhere: the name of the engine's host, or NULL; alias: another one of it, or NULL. */
static void choose_host(struct plan *plan, const char *elsewhere, const char *alias)
{
	bool special = !is_wildcard(plan->bind) && !streq(plan->bind, "127.0.0.1"), v6 = streq(plan->bind, "::");
	const char *host = plan->gateway_host ? plan->gateway_host
			   : elsewhere        ? elsewhere
			   : special          ? plan->bind
			   : v6               ? "::1" /* docker's :: does not answer on 127.0.0.1 */
					      : "127.0.0.1";

	plan->host = xstrdup(host);
	add_san(plan, elsewhere);
	add_san(plan, alias);
	add_san(plan, plan->gateway_host);
	add_san(plan, special ? plan->bind : v6 ? "::1" : NULL);
}

void plan_make(struct plan *plan, const struct deploy_options *options, const struct container *container,
	       const struct record *record, const char *docker_tcp_host)
{
	bool exists = container->phase != PHASE_ABSENT;
	const char *gateway_host = options->gateway_host;
	const char *elsewhere = options->remote_host ? options->remote_host : docker_tcp_host;

	if (gateway_host == NULL)
		gateway_host = container_env(container, "SSH_GATEWAY_HOST");
	plan->port = choose_port(options, container, record);
	plan->bind = xstrdup(choose_bind(options, container, elsewhere));
	plan->gateway_host = gateway_host ? xstrdup(gateway_host) : NULL;
	plan->gpu = options->gpu || container->gpu;
	plan->plaintext = options->plaintext || env_is(container, "DISABLE_TLS", "true") ||
			  (!exists && record->endpoint != NULL && str_starts(record->endpoint, "http://"));
	plan->memory = choose_limit(options->memory, container->memory);
	plan->nano_cpus = choose_limit(options->nano_cpus, container->nano_cpus);
	plan->disable_gateway_auth = options->disable_gateway_auth || env_is(container, "DISABLE_GATEWAY_AUTH", "true");
	choose_host(plan, elsewhere, options->remote_host ? options->remote_alias : NULL);
	argv_addv(&plan->dns, (const char *const *)(options->dns ? options->dns->v : container->dns.v));
	plan->files = container->files ? xstrdup(container->files) : NULL;
}

static bool lists_equal(const struct argv *a, const struct argv *b)
{
	bool equal = a->n == b->n;

	for (size_t i = 0; equal && i < a->n; i++)
		equal = streq(a->v[i], b->v[i]);
	return equal;
}

/* What the container was given beside its own settings. */
static bool supply_differs(const struct container *container, const struct plan *plan)
{
	const char *now = container->files ? container->files : "", *wanted = plan->files ? plan->files : "";

	return !streq(now, wanted) || !lists_equal(&container->dns, &plan->dns);
}

/* The plan was made from the container, so that it differs only where something was asked for. */
static bool settings_differ(const struct container *container, const struct plan *plan)
{
	const char *ip = container->host_ip ? container->host_ip : "0.0.0.0";
	const char *gateway_host = container_env(container, "SSH_GATEWAY_HOST");

	return container->memory != plan->memory || container->nano_cpus != plan->nano_cpus ||
	       container->host_port != plan->port || !streq(ip, plan->bind) || container->gpu != plan->gpu ||
	       env_is(container, "DISABLE_TLS", "true") != plan->plaintext ||
	       env_is(container, "DISABLE_GATEWAY_AUTH", "true") != plan->disable_gateway_auth ||
	       (plan->push_refs != NULL && !env_is(container, "PUSH_IMAGE_REFS", plan->push_refs)) ||
	       (plan->gateway_host != NULL && (gateway_host == NULL || !streq(gateway_host, plan->gateway_host))) ||
	       supply_differs(container, plan);
}

static const enum container_action action_of_phase[] = {
	[PHASE_ABSENT] = ACTION_CREATE,   [PHASE_CREATED] = ACTION_REUSE,     [PHASE_RUNNING] = ACTION_KEEP,
	[PHASE_PAUSED] = ACTION_UNPAUSE,  [PHASE_RESTARTING] = ACTION_REUSE,  [PHASE_REMOVING] = ACTION_RECREATE,
	[PHASE_EXITED] = ACTION_REUSE,    [PHASE_DEAD] = ACTION_RECREATE,     [PHASE_UNKNOWN] = ACTION_RECREATE,
};
static_assert(ARRAY_LEN(action_of_phase) == PHASES, "one action per phase");

enum container_action observe_action(const struct container *container, const char *image_id, const struct plan *plan)
{
	if (container->phase == PHASE_ABSENT)
		return ACTION_CREATE;
	if (image_id != NULL && !streq(image_id, container->image_id))
		return ACTION_RECREATE;
	if (settings_differ(container, plan))
		return ACTION_RECREATE;
	return action_of_phase[container->phase];
}
