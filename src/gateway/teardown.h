/* SPDX-License-Identifier: Apache-2.0 */
/* gateway stop and gateway destroy. */
#ifndef GATEWAY_TEARDOWN_H
#define GATEWAY_TEARDOWN_H

#include "base/base.h"
#include "base/error.h"
#include "gateway/gateway.h"

struct teardown_options {
	const char *name;
	bool force;        /* also on another engine than the recorded one */
	bool remove_image; /* destroy only */
};

/* Stops the container; state is kept. *stopped is false when there is none. The lock is the caller's. */
int gateway_stop(const struct gateway_env *env, const struct teardown_options *options, bool *stopped,
		 struct error **err) MUST_CHECK;

/* Removes container, volume, network, metadata, bundle and active reference. *found is false when
 * there was nothing of it. The lock is the caller's. */
int gateway_destroy(const struct gateway_env *env, const struct teardown_options *options, bool *found,
		    struct error **err) MUST_CHECK;

/* The container alone: stopped, then removed by force. */
int gateway_remove_container(const struct gateway_env *env, const char *container, struct error **err) MUST_CHECK;

/* Container, volume and network alone. */
int gateway_remove_resources(const struct gateway_env *env, const char *container, struct error **err) MUST_CHECK;

/* The container of a gateway, after a look whether this is its engine. phase is PHASE_ABSENT when there
 * is none. For commands that are about to do something to it. */
int gateway_find_container(const struct gateway_env *env, const char *name, bool force, struct container *container,
			   struct error **err) MUST_CHECK;

/* Whether a container of the gateway's name is that of the record: the recorded one, or on an engine that
 * gateway_check_identity() passes. force: it is taken as it is. */
int gateway_check_container(const struct gateway_env *env, const struct record *record,
			    const struct container *container, bool force, struct error **err) MUST_CHECK;

#endif
