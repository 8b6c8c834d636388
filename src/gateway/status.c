/* SPDX-License-Identifier: Apache-2.0 */
/* The state of one gateway. Changes nothing. */
#include "gateway/status.h"

#include <assert.h>
#include <stdlib.h>

#include "gateway/endpoint.h"
#include "store/mtls.h"

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
	[STATE_MISMATCH] = { "tls-mismatch", 6 },
	[STATE_UNKNOWN] = { "unknown", 1 },
};
static_assert(ARRAY_LEN(states) == STATES, "one row per state");

static const enum gateway_state verdict_states[] = {
	[PROBE_UNASKED] = STATE_UNKNOWN,
	[PROBE_WELL] = STATE_CONNECTED,
	[PROBE_SILENT] = STATE_UNREACHABLE,
	[PROBE_WRONG_CA] = STATE_MISMATCH,
	[PROBE_EXPIRED] = STATE_MISMATCH,
	[PROBE_WRONG_NAME] = STATE_MISMATCH,
	[PROBE_CLIENT_REFUSED] = STATE_MISMATCH,
	[PROBE_NO_BUNDLE] = STATE_MISMATCH,
	[PROBE_TLS_FAILED] = STATE_MISMATCH,
	[PROBE_STATUS] = STATE_UNHEALTHY,
	[PROBE_LOGIN] = STATE_UNKNOWN,
	[PROBE_OPEN] = STATE_UNKNOWN,
};
static_assert(ARRAY_LEN(verdict_states) == PROBE_VERDICTS, "one row per verdict");

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
	probe_release(&status->probe);
	container_release(&status->container);
	*status = (struct status){ 0 };
}

const char *status_version(const struct status *status)
{
	return status->container.version ? status->container.version : status->probe.version;
}

static void say(struct status *status, enum gateway_state state, char *reason)
{
	status->state = state;
	status->reason = reason;
}

/* The endpoint's word decides. */
static int ask_endpoint(const struct gateway_env *env, const struct record *record, struct status *status,
			struct error **err)
{
	if (probe_endpoint(env, record, NULL, &status->probe, err) < 0)
		return -1;
	say(status, verdict_states[status->probe.verdict],
	    status->probe.reason ? xstrdup(status->probe.reason) : NULL);
	return 0;
}

static bool answers(const struct record *record, struct status *status)
{
	autofree char *host = NULL;
	int port;

	if (!endpoint_split(record->endpoint, &host, &port))
		say(status, STATE_UNREACHABLE, xasprintf("%s is no usable address", record->endpoint));
	else if (!endpoint_answers(host, port, PROBE_TIMEOUT_MS))
		say(status, STATE_UNREACHABLE, xasprintf("nothing answers at %s port %d", host, port));
	return status->state != STATE_UNREACHABLE;
}

/* Docker's health check has looked at more than a client can see: only a doubtless mismatch goes above it. */
static int ask_as_client(const struct gateway_env *env, const struct record *record, struct status *status,
			 struct error **err)
{
	if (!answers(record, status) || !streq(record_auth(record), "mtls") ||
	    mtls_examine(env->paths, record->name) != MTLS_VALID)
		return 0;
	if (probe_endpoint(env, record, NULL, &status->probe, err) < 0)
		return -1;
	if (probe_is_mismatch(status->probe.verdict))
		say(status, STATE_MISMATCH, xstrdup(status->probe.reason));
	return 0;
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

/* Docker does not answer, but the gateway may: it needs no docker to be used. */
static int without_docker(const struct gateway_env *env, const struct record *record, const char *why,
			  struct status *status, struct error **err)
{
	if (probe_endpoint(env, record, NULL, &status->probe, err) < 0)
		return -1;
	if (status->probe.verdict == PROBE_WELL)
		say(status, STATE_CONNECTED,
		    xasprintf("the gateway answers, but docker could not be asked: %s", why));
	else
		say(status, STATE_UNREACHABLE, xstrdup(why));
	return 0;
}

int gateway_status(const struct gateway_env *env, const struct record *record, struct status *status,
		   struct error **err)
{
	autofree char *container = gateway_record_container(record), *why = NULL;

	*status = (struct status){ 0 };
	if (!gateway_is_at_hand(env, record) || record->source == SOURCE_SYSTEM || container == NULL)
		return ask_endpoint(env, record, status, err);
	if (docker_container_get(env->docker, container, &status->container, err) == 0)
		return status_of_container(&status->container, status) ? ask_as_client(env, record, status, err) : 0;
	if (error_is(*err, ERROR_CANCELLED))
		return -1;
	why = error_text(*err);
	error_free(err);
	return without_docker(env, record, why, status, err);
}

/* What the endpoint said stays, and why docker could not be asked is told beside it. */
static int without_site(struct status *status, struct error **err)
{
	autofree char *why = NULL, *said = STEAL(status->reason);

	if (error_is(*err, ERROR_CANCELLED))
		return -1;
	why = error_text(*err);
	error_free(err);
	status->reason = xasprintf("%s; docker there could not be asked: %s", said ? said : "it is not known more", why);
	return 0;
}

/* A tunnel of the user's, or a port that is closed on the way. */
static void explain_silence(struct status *status)
{
	autofree char *said = NULL;

	if (status->state != STATE_UNREACHABLE || status->container.phase != PHASE_RUNNING)
		return;
	said = STEAL(status->reason);
	status->reason = xasprintf("%s, but its container there runs well: the port may be closed on the way", said);
}

/* Of TLS that only fails in some way the health check knows more. */
static bool is_settled(const struct status *status)
{
	return status->state == STATE_CONNECTED || probe_is_mismatch(status->probe.verdict);
}

int gateway_status_at(struct site *site, const struct record *record, bool may_ask, struct status *status,
		      struct error **err)
{
	if (gateway_status(site->env, record, status, err) < 0)
		return -1;
	if (!site_is_remote(site) || is_settled(status))
		return 0;
	if (site_open(site, may_ask, err) < 0)
		return without_site(status, err);
	status_release(status);
	if (gateway_status(site->env, record, status, err) < 0)
		return -1;
	explain_silence(status);
	return 0;
}
