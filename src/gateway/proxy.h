/* SPDX-License-Identifier: Apache-2.0 */
/* Which HTTP proxies the container is told of. Pure. */
#ifndef GATEWAY_PROXY_H
#define GATEWAY_PROXY_H

#include "base/argv.h"
#include "base/base.h"
#include "base/error.h"
#include "gateway/settings.h"
#include "tools/docker_config.h"

struct proxies {
	struct argv env;      /* for docker's --env: "K=V", or "K" whose value is in secrets */
	struct argv secrets;  /* "K=V": a proxy's address may hold a password */
	struct argv warnings; /* what is left out, and why */
};
void proxies_release(struct proxies *proxies);

/*
 * Each proxy that is set, in both cases, and NO_PROXY: what was set, what docker's configuration has, the node, and
 * what is reached within the cluster. Nothing when there is no proxy. One on the loopback network is left out, with
 * a warning: in the container that is the container itself. ERROR_USAGE names a variable with a control character.
 */
int proxies_plan(struct proxies *proxies, const struct settings *settings, const struct client_proxies *client,
		 const char *node, struct error **err) MUST_CHECK;

#endif
