/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway start: from whatever is there to a gateway that answers, by the step table in deploy.c.
 * A gateway that runs and is healthy costs one docker call that changes nothing. When a step fails,
 * or a signal asks us to stop, exactly what this run made is taken back.
 */
#ifndef GATEWAY_DEPLOY_H
#define GATEWAY_DEPLOY_H

#include "base/base.h"
#include "base/error.h"
#include "gateway/gateway.h"
#include "gateway/observe.h"
#include "store/registry.h"

enum deploy_state {
	DEPLOY_NEW,
	DEPLOY_IMAGE_READY,
	DEPLOY_CLEARED,
	DEPLOY_NETWORK_READY,
	DEPLOY_VOLUME_READY,
	DEPLOY_CONTAINER_READY,
	DEPLOY_SUPPLIED,
	DEPLOY_RUNNING,
	DEPLOY_NODES_CLEAN,
	DEPLOY_HEALTHY,
	DEPLOY_TRUSTED,
	DEPLOY_RECORDED,
	DEPLOY_READY,
	DEPLOY_STATES,
};
const char *deploy_state_name(enum deploy_state state);

struct deploy;

struct step {
	enum deploy_state from, to;
	const char *doing; /* "preparing the network": for progress and for errors */
	bool (*needed)(const struct deploy *deploy);
	int (*act)(struct deploy *deploy, struct error **err);
	bool optional;     /* its failure is a warning */
};

/* For the test that walks it: rows in order, from each state to the next. */
extern const struct step deploy_steps[];
extern const size_t deploy_step_count;

struct deploy_outcome {
	struct record record;
	bool was_running; /* nothing had to be done */
	bool waited;      /* it is known to be healthy */
};
void deploy_outcome_release(struct deploy_outcome *outcome);

/* The lock of the gateway is the caller's to hold. */
int gateway_deploy(const struct gateway_env *env, const struct deploy_options *options,
		   struct deploy_outcome *outcome, struct error **err) MUST_CHECK;

#endif
