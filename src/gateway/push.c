/* SPDX-License-Identifier: Apache-2.0 */
/* Pushing images: when the node can take them, and what has to be restarted for them. */
#include "gateway/push.h"

#include <stdlib.h>

#include "tools/ctr.h"
#include "tools/kubectl.h"

static int ask_containerd(void *arg, bool *there, struct error **err)
{
	const struct watch *watch = arg;

	return ctr_is_ready(watch->env->docker, watch->container, there, err);
}

static int wait_for_containerd(struct watch *watch, int64_t timeout_ms, struct error **err)
{
	const struct awaited containerd = {
		"containerd did not answer in the container", timeout_ms, ask_containerd, watch,
	};

	return watch_until(watch, &containerd, err);
}

struct workload {
	struct kubectl kubectl;
	char *name; /* "statefulset/openshell"; NULL: not there yet */
};

static int ask_workload(void *arg, bool *there, struct error **err)
{
	struct workload *workload = arg;

	if (kubectl_workload_get(&workload->kubectl, WORKLOAD_SPACE, WORKLOAD_NAME, &workload->name, err) < 0)
		return -1;
	*there = workload->name != NULL;
	return 0;
}

/* On a new node it comes with the chart, a while after the API. */
static int find_workload(struct watch *watch, struct workload *workload, const struct push *push,
			 struct error **err)
{
	const struct awaited installed = {
		"neither a StatefulSet nor a Deployment '" WORKLOAD_NAME "' was there", push->timeout_ms, ask_workload, workload,
	};
	bool there;

	if (push->no_wait)
		return ask_workload(workload, &there, err);
	return watch_until(watch, &installed, err);
}

static int wait_for_rollout(const struct workload *workload, const char *gateway, struct error **err)
{
	if (kubectl_rollout_wait(&workload->kubectl, WORKLOAD_SPACE, workload->name, err) == 0)
		return 0;
	if (error_is(*err, ERROR_SYSTEM)) /* kubectl ended with another status than 0 */
		(*err)->kind = ERROR_UNHEALTHY;
	return error_hint_command(err, "See why; --keep-failed leaves a new gateway for that",
				  "openshell doctor exec --name %s -- kubectl -n " WORKLOAD_SPACE " describe pods", gateway);
}

static int restart_workload(struct watch *watch, const struct push *push, struct error **err)
{
	struct workload workload = { { watch->env->docker, watch->container }, NULL };
	int rc = find_workload(watch, &workload, push, err);

	if (rc == 0 && workload.name != NULL)
		rc = kubectl_rollout_restart(&workload.kubectl, WORKLOAD_SPACE, workload.name, err);
	if (rc == 0 && !push->no_wait)
		rc = wait_for_rollout(&workload, push->gateway, err);
	free(workload.name);
	return rc;
}

int push_images(struct watch *watch, const struct push *push, struct error **err)
{
	if (wait_for_containerd(watch, push->timeout_ms, err) < 0 ||
	    ctr_images_import(push->from, watch->env->docker, watch->container, push->refs, err) < 0)
		return -1;
	return restart_workload(watch, push, err);
}
