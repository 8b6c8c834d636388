/* SPDX-License-Identifier: Apache-2.0 */
/* All gateways at once. */
#include "gateway/rollcall.h"

#include <stdlib.h>

#include "base/cancel.h"
#include "gateway/endpoint.h"
#include "gateway/knock.h"
#include "gateway/status.h"

#define STEP_MS 100

/* One call of the roll. */
struct roll {
	const struct gateway_env *env;
	const struct record_list *list;
	struct answer *answers;
	int64_t end_ms;
	struct knocks knocks;
	size_t *knockers; /* the entries that they are for */
};

static void roll_release(struct roll *roll)
{
	knocks_release(&roll->knocks);
	free(roll->knockers);
}

static void say(struct answer *answer, enum gateway_state state, char *reason)
{
	free(answer->reason);
	answer->state = gateway_state_name(state);
	answer->reason = reason;
}

/* answered: the state when something listens. */
static void knock_at(struct roll *roll, size_t i, const char *answered)
{
	const struct record *record = &roll->list->v[i];
	autofree char *host = NULL;
	int port;

	if (!endpoint_split(record->endpoint, &host, &port)) {
		say(&roll->answers[i], STATE_UNREACHABLE, xasprintf("%s is no usable address", record->endpoint));
		return;
	}
	roll->knockers[roll->knocks.n] = i;
	roll->answers[i].state = answered;
	knocks_add(&roll->knocks, host, port);
}

/* The container that docker is to be asked for, or NULL. The caller frees. */
static char *container_of(const struct record *record)
{
	if (record->invalid != NULL || record->is_remote || record->source == SOURCE_SYSTEM)
		return NULL;
	return gateway_record_container(record);
}

static void on_tick(void *arg)
{
	struct roll *roll = arg;

	knocks_step(&roll->knocks, 0);
}

/* While docker is at it, the endpoints go on. */
static int ask_docker(struct roll *roll, const struct argv *names, struct container *containers, struct error **err)
{
	struct docker docker = *roll->env->docker;
	int64_t left_ms = roll->end_ms - clock_now_ms(roll->env->clock);
	int rc;

	if (docker.timeout_ms > left_ms)
		docker.timeout_ms = left_ms;
	proc_set_tick(on_tick, roll, STEP_MS);
	rc = docker_containers_get(&docker, names, containers, err);
	proc_set_tick(NULL, NULL, 0);
	return rc;
}

static void judge(struct roll *roll, size_t i, const struct container *container)
{
	AUTO(status) status = { 0 };

	if (status_of_container(container, &status))
		knock_at(roll, i, gateway_state_name(STATE_CONNECTED));
	else
		say(&roll->answers[i], status.state, STEAL(status.reason));
}

static int call_local(struct roll *roll, struct error **err)
{
	struct container *containers = xcalloc(roll->list->n, sizeof(*containers));
	size_t *whose = xcalloc(roll->list->n, sizeof(*whose));
	AUTO(argv) names = ARGV_INIT;
	autofree char *why = NULL;

	for (size_t i = 0; i < roll->list->n; i++) {
		autofree char *name = container_of(&roll->list->v[i]);

		if (name == NULL)
			continue;
		whose[names.n] = i;
		argv_add(&names, name);
	}
	if (names.n > 0 && ask_docker(roll, &names, containers, err) < 0)
		why = error_text(*err);
	for (size_t k = 0; k < names.n; k++) {
		if (why != NULL)
			say(&roll->answers[whose[k]], STATE_UNREACHABLE, xstrdup(why));
		else
			judge(roll, whose[k], &containers[k]);
		container_release(&containers[k]);
	}
	free(containers);
	free(whose);
	if (why != NULL && error_is(*err, ERROR_CANCELLED))
		return -1;
	error_free(err);
	return 0;
}

static void take_down(struct roll *roll, size_t k)
{
	const struct knock *knock = &roll->knocks.v[k];
	struct answer *answer = &roll->answers[roll->knockers[k]];

	if (knock->state == KNOCK_SILENT)
		say(answer, STATE_UNREACHABLE, xasprintf("nothing answers at %s port %d", knock->host, knock->port));
	else if (knock->state != KNOCK_ANSWERED)
		say(answer, STATE_UNREACHABLE, xasprintf("%s port %d had not answered when the time was over",
							 knock->host, knock->port));
}

int rollcall(const struct gateway_env *env, const struct record_list *list, int64_t timeout_ms, struct answer *answers,
	     struct error **err)
{
	AUTO(roll) roll = { .env = env, .list = list, .answers = answers, .knocks = { .clock = env->clock } };

	roll.end_ms = clock_now_ms(env->clock) + timeout_ms;
	roll.knockers = xcalloc(list->n, sizeof(*roll.knockers));
	for (size_t i = 0; i < list->n; i++) {
		autofree char *container = container_of(&list->v[i]);

		if (container == NULL && list->v[i].invalid == NULL)
			knock_at(&roll, i, "reachable");
	}
	knocks_step(&roll.knocks, 0);
	if (call_local(&roll, err) < 0)
		return -1;
	while (clock_now_ms(env->clock) < roll.end_ms && knocks_step(&roll.knocks, STEP_MS))
		if (cancel_check(err) < 0)
			return -1;
	for (size_t k = 0; k < roll.knocks.n; k++)
		take_down(&roll, k);
	return 0;
}
