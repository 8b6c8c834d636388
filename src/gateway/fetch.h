/* SPDX-License-Identifier: Apache-2.0 */
/* Getting the cluster image to the engine. */
#ifndef GATEWAY_FETCH_H
#define GATEWAY_FETCH_H

#include "base/base.h"
#include "base/error.h"
#include "gateway/gateway.h"
#include "gateway/observe.h"

/* Pulls ref for the engine's platform, unless the options' pull policy or the reference forbids it: ERROR_ABSENT
 * then. On another host a reference without a registry becomes a name of the published image (image_published).
 * Credentials are used where they are for the registry that is asked; docker finds them in a directory that is gone
 * afterwards, or replaced by the next pull when we are killed. The gateway's lock is the caller's. */
int gateway_fetch_image(const struct gateway_env *env, const struct deploy_options *options,
			const struct engine *engine, const char *ref, struct error **err) MUST_CHECK;

#endif
