/* SPDX-License-Identifier: Apache-2.0 */
/* Getting the cluster image to the engine. */
#ifndef GATEWAY_FETCH_H
#define GATEWAY_FETCH_H

#include "base/base.h"
#include "base/error.h"
#include "gateway/gateway.h"
#include "gateway/observe.h"

/* Pulls ref, unless the options' pull policy or the reference forbids it: ERROR_ABSENT then. Credentials are used
 * where they are for the registry that ref names; docker finds them in a directory that is gone afterwards, or
 * replaced by the next pull when we are killed. The gateway's lock is the caller's. */
int gateway_fetch_image(const struct gateway_env *env, const struct deploy_options *options, const char *ref,
			struct error **err) MUST_CHECK;

#endif
