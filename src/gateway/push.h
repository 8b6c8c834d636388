/* SPDX-License-Identifier: Apache-2.0 */
/* Images of this host's docker onto a gateway's node, and the gateway anew from them. */
#ifndef GATEWAY_PUSH_H
#define GATEWAY_PUSH_H

#include "base/argv.h"
#include "base/base.h"
#include "base/error.h"
#include "gateway/watch.h"

/* What is restarted: a StatefulSet or a Deployment. */
#define WORKLOAD_SPACE "openshell"
#define WORKLOAD_NAME "openshell"

struct push {
	const char *gateway;
	const struct docker *from; /* has the images */
	const struct argv *refs;
	int64_t timeout_ms; /* for containerd to answer, and for the workload to exist, after a start */
	bool no_wait;       /* a workload that is there is restarted, but nothing is waited for after the import */
};

/* ERROR_UNHEALTHY when the container ended meanwhile, or the workload did not become ready. */
int push_images(struct watch *watch, const struct push *push, struct error **err) MUST_CHECK;

#endif
