/* SPDX-License-Identifier: Apache-2.0 */
/* The state of one gateway. Changes nothing. */
#include "gateway/status.h"

#include <assert.h>
#include <stdlib.h>

#include "gateway/endpoint.h"

#define PROBE_TIMEOUT_MS 5000

static const struct {
	const char *name;
	int exit_code;
} states[] = {
	[STATE_CONNECTED] = { "connected", 0 },
	[STATE_STARTING] = { "starting", 8 },
	[STATE_STOPPED] = { "stopped", 8 },
	[STATE_UNHEALTHY] = { "unhealthy", 8 },
	[STATE_UNREACHABLE] = { "unreachable", 5 },
};
static_assert(ARRAY_LEN(states) == STATES, "one row per state");

const char *gateway_state_name(enum gateway_state state)
{
	return states[state].name;
}

int gateway_state_exit_code(enum gateway_state state)
{
	return states[state].exit_code;
}

void status_release(struct status *status)
{
	free(status->reason);
	container_release(&status->container);
	*status = (struct status){ 0 };
}

static void say(struct status *status, enum gateway_state state, char *reason)
{
	status->state = state;
	status->reason = reason;
}

static void probe(const struct record *record, struct status *status)
{
	autofree char *host = NULL;
	int port;

	if (!endpoint_split(record->endpoint, &host, &port))
		say(status, STATE_UNREACHABLE, xasprintf("%s is no usable address", record->endpoint));
	else if (!endpoint_answers(host, port, PROBE_TIMEOUT_MS))
		say(status, STATE_UNREACHABLE, xasprintf("nothing answers at %s port %d", host, port));
}

bool status_of_container(const struct container *container, struct status *status)
{
	if (container->phase == PHASE_ABSENT)
		say(status, STATE_STOPPED, xstrdup("its container does not exist"));
	else if (container->phase == PHASE_RESTARTING)
		say(status, STATE_UNHEALTHY, xasprintf("its container ends again and again (exit_code=%d)",
						       container->exit_code));
	else if (container->phase != PHASE_RUNNING)
		say(status, STATE_STOPPED, xasprintf("its container is %s (exit_code=%d)",
						     container_phase_name(container->phase), container->exit_code));
	else if (container->health == HEALTH_STARTING)
		say(status, STATE_STARTING, xstrdup("its health check has not passed yet"));
	else if (container->health == HEALTH_UNHEALTHY)
		say(status, STATE_UNHEALTHY, xstrdup("its health check fails"));
	else
		return true;
	return false;
}

int gateway_status(const struct gateway_env *env, const struct record *record, struct status *status,
		   struct error **err)
{
	autofree char *container = gateway_record_container(record);

	if (record->is_remote || record->source == SOURCE_SYSTEM || container == NULL) {
		probe(record, status);
		return 0;
	}
	if (docker_container_get(env->docker, container, &status->container, err) < 0) {
		if (error_is(*err, ERROR_CANCELLED))
			return -1;
		say(status, STATE_UNREACHABLE, error_text(*err));
		error_free(err);
		return 0;
	}
	if (status_of_container(&status->container, status))
		probe(record, status);
	return 0;
}
