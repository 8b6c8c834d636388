/* SPDX-License-Identifier: Apache-2.0 */
/* Which image a gateway is made from, and where its component images come from. Pure. */
#ifndef GATEWAY_IMAGE_H
#define GATEWAY_IMAGE_H

#include "base/argv.h"
#include "base/base.h"
#include "base/error.h"
#include "gateway/settings.h"

/* The refs that may be taken, best first: OPENSHELL_CLUSTER_IMAGE alone, else the published image,
 * then the one that our build scripts make. The first that is present is used; if none is, the
 * first is pulled. */
void image_candidates(const struct settings *settings, struct argv *refs);

/* Its first component is no registry host (no '.', no ':', not "localhost"): it cannot be pulled. */
bool image_is_local(const char *ref);

/* A plausible reference: no white space, no leading '-', no control characters. */
bool image_ref_is_valid(const char *ref);

/* The refs of OPENSHELL_PUSH_IMAGES; none when it is unset. ERROR_USAGE for one that the node could not be
 * told of: it needs a tag, and may not have a digest. */
int image_push_refs(const struct settings *settings, struct argv *refs, struct error **err) MUST_CHECK;

/* What the container is told about images that are pushed, as "K=V" for docker's --env. refs: joined by commas. */
void image_push_env(const struct settings *settings, const char *refs, struct argv *env);

/* What the container is told about registries, as "K=V" for docker's --env; a password is given as
 * "K" in env and "K=V" in secrets. */
void image_registry_env(const struct settings *settings, struct argv *env, struct argv *secrets);

#endif
