/* SPDX-License-Identifier: Apache-2.0 */
/* containerd's ctr inside the gateway's container: its arguments live here. */
#ifndef TOOLS_CTR_H
#define TOOLS_CTR_H

#include "base/argv.h"
#include "base/base.h"
#include "base/error.h"
#include "tools/docker.h"

/* Whether containerd answers there already. */
int ctr_is_ready(const struct docker *docker, const char *container, bool *ready, struct error **err) MUST_CHECK;

/* The command that tells. Pure. */
void ctr_args_version(struct argv *args);

/* Gives images that docker `from` has to the Kubernetes in the container, in one stream: no file is made, and no byte passes
 * through us. What is there under these names already is replaced. */
int ctr_images_import(const struct docker *from, const struct docker *docker, const char *container,
		      const struct argv *refs, struct error **err) MUST_CHECK;

#endif
