/* SPDX-License-Identifier: Apache-2.0 */
/* kubectl inside the gateway's container: its arguments and output formats live here. */
#ifndef TOOLS_KUBECTL_H
#define TOOLS_KUBECTL_H

#include "base/argv.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/error.h"
#include "tools/docker.h"

#define ROLLOUT_TIMEOUT_S 180

struct kubectl {
	const struct docker *docker;
	const char *container;
};

/*
 * The values of the keys of a secret, base64-decoded, in the order asked for.
 * ready is false, and nothing is written, when the secret or one of the keys is not there yet or
 * the API does not answer; values that are not base64 are an error.
 */
int kubectl_secret_get(const struct kubectl *kubectl, const char *space, const char *secret,
		       const char *const *keys, size_t count, struct buf *values, bool *ready,
		       struct error **err) MUST_CHECK;

/* Names of nodes whose Ready condition is not True, but never `current`. ready is false when the
 * API does not answer yet. */
int kubectl_stale_nodes(const struct kubectl *kubectl, const char *current, struct argv *names, bool *ready,
			struct error **err) MUST_CHECK;

/* "statefulset/NAME" or "deployment/NAME", whichever there is; NULL when there is none yet or the API does not
 * answer. The caller frees. */
int kubectl_workload_get(const struct kubectl *kubectl, const char *space, const char *name, char **workload,
			 struct error **err) MUST_CHECK;
int kubectl_rollout_restart(const struct kubectl *kubectl, const char *space, const char *workload,
			    struct error **err) MUST_CHECK;
/* Returns when all its pods are new and ready; that may take ROLLOUT_TIMEOUT_S. */
int kubectl_rollout_wait(const struct kubectl *kubectl, const char *space, const char *workload,
			 struct error **err) MUST_CHECK;

int kubectl_nodes_delete(const struct kubectl *kubectl, const struct argv *names, struct error **err) MUST_CHECK;

/* Parses `kubectl get nodes -o json` for kubectl_stale_nodes(). Pure. */
int kubectl_parse_stale_nodes(const struct buf *json, const char *current, struct argv *names,
			      struct error **err) MUST_CHECK;

#endif
