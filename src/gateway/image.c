/* SPDX-License-Identifier: Apache-2.0 */
/* Image references. Starts no process. */
#include "gateway/image.h"

#include <ctype.h>

#define DEFAULT_REGISTRY "ghcr.io"
#define DEFAULT_REPO_BASE DEFAULT_REGISTRY "/nvidia/openshell"
#define LOCAL_REPO_BASE "openshell"
#define TOKEN_USER "__token__"

void image_candidates(const struct settings *settings, struct argv *refs)
{
	if (settings->cluster_image != NULL) {
		argv_add(refs, settings->cluster_image);
		return;
	}
	argv_addf(refs, DEFAULT_REPO_BASE "/cluster:%s", settings_tag(settings));
	argv_addf(refs, LOCAL_REPO_BASE "/cluster:%s", settings_tag(settings));
}

bool image_is_local(const char *ref)
{
	size_t first = strcspn(ref, "/");
	autofree char *host = xstrndup(ref, first);

	if (ref[first] == '\0')
		return true;
	return strpbrk(host, ".:") == NULL && !streq(host, "localhost");
}

bool image_ref_is_valid(const char *ref)
{
	if (*ref == '\0' || *ref == '-')
		return false;
	for (; *ref != '\0'; ref++)
		if (!isgraph((unsigned char)*ref))
			return false;
	return true;
}

static void add_repo_base(const struct settings *settings, const char *host, struct argv *env)
{
	const char *space = settings->registry_namespace ? settings->registry_namespace : "openshell";

	if (settings->image_repo_base != NULL) {
		argv_addf(env, "IMAGE_REPO_BASE=%s", settings->image_repo_base);
		/* the entrypoint keeps the images baked into the cluster image unless told so */
		argv_add(env, "IMAGE_REPO_BASE_EXPLICIT=true");
	} else if (streq(host, DEFAULT_REGISTRY) && settings->registry_namespace == NULL) {
		argv_add(env, "IMAGE_REPO_BASE=" DEFAULT_REPO_BASE);
	} else {
		argv_addf(env, "IMAGE_REPO_BASE=%s/%s", host, space);
		argv_add(env, "IMAGE_REPO_BASE_EXPLICIT=true");
	}
}

void image_registry_env(const struct settings *settings, struct argv *env, struct argv *secrets)
{
	const char *host = settings->registry_host ? settings->registry_host : DEFAULT_REGISTRY;
	const char *password = settings->registry_password ? settings->registry_password : settings->registry_token;

	argv_add(env, "REGISTRY_MODE=external");
	argv_addf(env, "REGISTRY_HOST=%s", host);
	argv_addf(env, "REGISTRY_INSECURE=%s", settings->registry_insecure ? "true" : "false");
	add_repo_base(settings, host, env);
	if (settings->registry_endpoint != NULL)
		argv_addf(env, "REGISTRY_ENDPOINT=%s", settings->registry_endpoint);
	if (password != NULL) {
		argv_addf(env, "REGISTRY_USERNAME=%s",
			  settings->registry_username ? settings->registry_username : TOKEN_USER);
		argv_add(env, "REGISTRY_PASSWORD");
		argv_addf(secrets, "REGISTRY_PASSWORD=%s", password);
	}
}
