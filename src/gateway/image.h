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

/* [REGISTRY/]REPOSITORY[:TAG][@DIGEST], as docker reads it. A first component is a registry host when
 * it has a '.' or a ':' or is "localhost". Parts that are missing are NULL; the repository is not. */
struct image_ref {
	char *registry, *repository, *tag, *digest;
};
bool image_ref_parse(const char *ref, struct image_ref *parsed) MUST_CHECK;
void image_ref_release(struct image_ref *parsed);

/* A reference that names no registry: it cannot be pulled. */
bool image_is_local(const char *ref);

bool image_ref_is_valid(const char *ref);

/* What another host is given for a reference that names no registry: the published image of its tag; of "latest" where
 * it is one word alone, whose tag is its maker's own. NULL for one with a digest. The caller frees. */
char *image_published(const char *ref);

/* For `docker pull --platform`: "linux/amd64" for what docker info calls linux and x86_64. NULL where it does not tell.
 * The caller frees. */
char *image_platform(const char *os, const char *arch);
/* Whether an engine of that architecture (as docker info has it) runs an image of this one (as docker image inspect has
 * it). Any does where one of them is NULL. */
bool image_fits(const char *image_arch, const char *engine_arch);

/* ERROR_USAGE names the variable that the registry or the node would not put up with, a secret's without its value:
 * else it would be known when the container has ended. */
int image_check_settings(const struct settings *settings, struct error **err) MUST_CHECK;
bool image_user_is_valid(const char *user);

/* Whom to be at the registry that images come from (OPENSHELL_REGISTRY_HOST, else the default one);
 * password is NULL where nobody is to be. Borrowed, but for what image_credentials_release() frees. */
struct image_credentials {
	const char *registry, *username, *password;
	char *built_in; /* the decoded credentials of the distribution, or NULL */
};

/* The flags' (NULL: not given), else the environment's. A user without a password is nobody. */
void image_credentials(const struct settings *settings, const char *username, const char *token,
		       struct image_credentials *credentials);
/* Where nobody is to be at the default registry: who configure --with-distribution-auth says, if any.
 * They are for pulls, and are not given to the container. */
void image_credentials_for_pull(struct image_credentials *credentials);
void image_credentials_release(struct image_credentials *credentials);

/* Undoes the masking of configure --with-distribution-auth, which keeps a secret out of `strings`, not from
 * anybody who wants it. "USER:PASSWORD"; the caller frees. Pure. */
char *image_unmask(const unsigned char *masked, size_t len);

/* The refs of OPENSHELL_PUSH_IMAGES; none when it is unset. ERROR_USAGE for one that the node could not be told of: it
 * needs a tag, and may not have a digest. */
int image_push_refs(const struct settings *settings, struct argv *refs, struct error **err) MUST_CHECK;

/* What the container is told about images that are pushed, as "K=V" for docker's --env. refs: joined by commas. */
void image_push_env(const struct settings *settings, const char *refs, struct argv *env);

/* What the container is told about registries, as "K=V" for docker's --env; a password is given as
 * "K" in env and "K=V" in secrets. */
void image_registry_env(const struct settings *settings, const struct image_credentials *credentials,
			struct argv *env, struct argv *secrets);

#endif
