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

/* What the cluster says of itself, for people: a view's name and its command. */
struct kubectl_view {
	const char *name; /* a file's */
	const char *args[8];
};
#define KUBECTL_VIEWS 6
extern const struct kubectl_view kubectl_views[KUBECTL_VIEWS];
/* Text of both outputs. An error when kubectl fails. */
int kubectl_view(const struct kubectl *kubectl, const struct kubectl_view *view, struct buf *text,
		 struct error **err) MUST_CHECK;

int kubectl_nodes_delete(const struct kubectl *kubectl, const struct argv *names, struct error **err) MUST_CHECK;

/* kubectl commands that shell text is made of (gateway/dryrun.h). Pure. They print one value of a secret in base64,
 * and a line "NAME STATUS" for each node; the third takes names at its end; the others are of a workload KIND/NAME. */
void kubectl_args_secret_value(struct argv *args, const char *space, const char *secret, const char *key);
void kubectl_args_node_states(struct argv *args);
void kubectl_args_nodes_delete(struct argv *args);
void kubectl_args_workload_get(struct argv *args, const char *space, const char *workload);
void kubectl_args_rollout_restart(struct argv *args, const char *space, const char *workload);
void kubectl_args_rollout_wait(struct argv *args, const char *space, const char *workload);

/* Takes a "context", "cluster" or "user" out of a configuration file of this host's. Pure. */
void kubectl_args_config_delete(struct argv *args, const char *file, const char *kind, const char *name);

/* Parses `kubectl get nodes -o json` for kubectl_stale_nodes(). Pure. */
int kubectl_parse_stale_nodes(const struct buf *json, const char *current, struct argv *names,
			      struct error **err) MUST_CHECK;

#endif
