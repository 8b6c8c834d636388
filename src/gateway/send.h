/* SPDX-License-Identifier: Apache-2.0 */
/* An image of this host's docker to the engine that a gateway is made on, where no registry is between. */
#ifndef GATEWAY_SEND_H
#define GATEWAY_SEND_H

#include "base/base.h"
#include "base/error.h"
#include "gateway/gateway.h"
#include "tools/docker.h"

/*
 * Streams an image that `here` has to env->docker, under the same name. Of layers that the engine has already,
 * those are left out that `docker save` names by their digests (25.0 and newer); where the engine does not take the
 * rest for the image, all of it is sent. On success the engine has this very image; what came of a broken-off
 * transfer is docker's to forget.
 */
int gateway_send_image(const struct gateway_env *env, const struct docker *here, const struct image *image,
		       struct error **err) MUST_CHECK;

#endif
