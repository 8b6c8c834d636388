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

static bool is_made_of(const char *text, size_t len, const char *others)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && strchr(others, text[i]) == NULL)
			return false;
	return len > 0;
}

/* As the node's entrypoint takes it: REPOSITORY:TAG, without a digest. */
static bool is_tagged(const char *ref)
{
	const char *slash = strrchr(ref, '/'), *colon = strrchr(ref, ':');

	if (colon == NULL || (slash != NULL && colon < slash) || !isalnum((unsigned char)*ref))
		return false;
	return is_made_of(ref, (size_t)(colon - ref), "._-/:") && isalnum((unsigned char)colon[-1]) &&
	       is_made_of(colon + 1, strlen(colon + 1), "._-") && strchr(".-", colon[1]) == NULL;
}

int image_push_refs(const struct settings *settings, struct argv *refs, struct error **err)
{
	const char *rest = settings->push_images ? settings->push_images : "";

	while (*rest != '\0') {
		size_t len = strcspn(rest, ",");
		size_t from = strspn(rest, " \t\r\n"), to = len;

		while (to > from && isspace((unsigned char)rest[to - 1]))
			to--;
		if (to > from) {
			autofree char *ref = xstrndup(rest + from, to - from);

			if (!is_tagged(ref))
				return error_set(err, ERROR_USAGE, "OPENSHELL_PUSH_IMAGES: '%s' is not an image's name "
						 "with a tag (and without a digest)", ref);
			argv_add(refs, ref);
		}
		rest += len + (rest[len] == ',');
	}
	return 0;
}

void image_push_env(const struct settings *settings, const char *refs, struct argv *env)
{
	argv_addf(env, "PUSH_IMAGE_REFS=%s", refs);
	argv_addf(env, "IMAGE_TAG=%s", settings_tag(settings));
	argv_add(env, "IMAGE_PULL_POLICY=IfNotPresent");
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
