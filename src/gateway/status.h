/* SPDX-License-Identifier: Apache-2.0 */
/* How a gateway does: asked of docker where it is ours, and of its endpoint. */
#ifndef GATEWAY_STATUS_H
#define GATEWAY_STATUS_H

#include "base/base.h"
#include "base/error.h"
#include "gateway/gateway.h"
#include "gateway/probe.h"
#include "gateway/site.h"

enum gateway_state {
	STATE_CONNECTED,   /* healthy, and the endpoint answers */
	STATE_STARTING,
	STATE_STOPPED,     /* no container, or it does not run */
	STATE_UNHEALTHY,
	STATE_UNREACHABLE, /* docker or the endpoint does not answer */
	STATE_MISMATCH,    /* it answers, but its certificates and ours do not fit */
	STATE_UNKNOWN,     /* something answers; what, could not be found out */
	STATES,
};
const char *gateway_state_name(enum gateway_state state);
/* 0, 8, 8, 8, 5, 6, 1. */
int gateway_state_exit_code(enum gateway_state state);

struct status {
	enum gateway_state state;
	char *reason; /* why it is not connected; or, when it is, what could not be asked; or NULL */
	struct probe probe;
	struct container container;
};
void status_release(struct status *status);

/* The label of its container, else what the endpoint says; NULL when neither is known. */
const char *status_version(const struct status *status);
/* What the container alone tells; true when it runs well, so that the endpoint has the last word. */
bool status_of_container(const struct container *container, struct status *status);

/* Never fails for a gateway that is down: that is the answer. One on another host is asked of docker where env is for work
 * there, else of its endpoint alone. */
int gateway_status(const struct gateway_env *env, const struct record *record, struct status *status,
		   struct error **err) MUST_CHECK;

/* The same by the endpoint, and where that does not settle it by docker on the site's host, to which it connects then.
 * may_ask: of site_open(). */
int gateway_status_at(struct site *site, const struct record *record, bool may_ask, struct status *status,
		      struct error **err) MUST_CHECK;

#endif
