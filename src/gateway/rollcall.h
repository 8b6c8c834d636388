/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How all gateways do, asked at once: docker for the containers of its engine in one batch, the endpoints by TCP side by
 * side. One that is dead costs the others nothing. Changes nothing.
 */
#ifndef GATEWAY_ROLLCALL_H
#define GATEWAY_ROLLCALL_H

#include "base/error.h"
#include "gateway/gateway.h"

struct answer {
	const char *state; /* a name of gateway_state_name(), or "reachable": something listens there, and docker cannot be
			    * asked what; NULL for an entry that cannot be used */
	char *reason;      /* or NULL */
};

/* Fills answers[i] for list->v[i]; timeout_ms is for all of it. -1 only when a stop was asked for. The caller frees the
 * reasons. */
int rollcall(const struct gateway_env *env, const struct record_list *list, int64_t timeout_ms, struct answer *answers,
	     struct error **err) MUST_CHECK;

#endif
