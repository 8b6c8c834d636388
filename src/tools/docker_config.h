/* SPDX-License-Identifier: Apache-2.0 */
/* What the docker client's own config.json has for the containers that it creates. Runs nothing. */
#ifndef TOOLS_DOCKER_CONFIG_H
#define TOOLS_DOCKER_CONFIG_H

#include "base/base.h"
#include "base/error.h"

/* docker sets these in each new container, in both cases, unless it is told others. NULL: not set. */
struct client_proxies {
	char *http, *https, *all, *none; /* none: hosts that need no proxy */
	bool by_engine;                  /* some are for certain engines only */
};
void client_proxies_release(struct client_proxies *proxies);

/* From DIR/config.json; none when there is no such file. engine: the address of the engine, or NULL for what holds
 * of any. ERROR_SYSTEM or ERROR_REFUSED when the file cannot be read. */
int docker_client_proxies(const char *dir, const char *engine, struct client_proxies *proxies,
			  struct error **err) MUST_CHECK;

#endif
