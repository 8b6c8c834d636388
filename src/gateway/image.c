/* SPDX-License-Identifier: Apache-2.0 */
/* Image references. Starts no process. */
#include "gateway/image.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/buf.h"

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

/* ------------------------------------------------------------------ references */

void image_ref_release(struct image_ref *parsed)
{
	free(parsed->registry);
	free(parsed->repository);
	free(parsed->tag);
	free(parsed->digest);
	*parsed = (struct image_ref){ 0 };
}

#define LOWER_ALNUM "abcdefghijklmnopqrstuvwxyz0123456789"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool consists_of(const char *text, const char *characters)
{
	return *text != '\0' && text[strspn(text, characters)] == '\0';
}

/* Lower-case words, joined by single dots, one or two underscores, any dashes, or slashes. */
static bool is_repository(const char *text)
{
	static const char *const joints[] = { ".", "_", "__", "/" };

	while (*text != '\0') {
		size_t word = strspn(text, LOWER_ALNUM), joint, dashes;
		bool known = false;

		text += word;
		joint = strcspn(text, LOWER_ALNUM);
		dashes = strspn(text, "-");
		for (size_t i = 0; i < ARRAY_LEN(joints); i++)
			known |= strlen(joints[i]) == joint && strncmp(text, joints[i], joint) == 0;
		if (word == 0 || (joint > 0 && !known && dashes != joint))
			return false;
		text += joint;
		if (joint > 0 && *text == '\0')
			return false;
	}
	return true;
}

static bool is_tag(const char *text)
{
	return consists_of(text, LOWER_ALNUM UPPER "_.-") && *text != '.' && *text != '-' && strlen(text) <= 128;
}

/* ALGORITHM:HEX; how long it must be is the algorithm's business. */
static bool is_digest(const char *text)
{
	autofree char *algorithm = xstrndup(text, strcspn(text, ":"));

	return text[strlen(algorithm)] == ':' && consists_of(algorithm, LOWER_ALNUM UPPER "+._-") &&
	       consists_of(text + strlen(algorithm) + 1, "0123456789abcdefABCDEF");
}

static bool is_registry(const char *text)
{
	return consists_of(text, LOWER_ALNUM UPPER ".-_:[]") && *text != '-';
}

bool image_ref_parse(const char *ref, struct image_ref *parsed)
{
	const char *at = strchr(ref, '@'), *slash, *colon;
	autofree char *name = xstrndup(ref, at ? (size_t)(at - ref) : strlen(ref));
	autofree char *first = xstrndup(name, strcspn(name, "/"));
	AUTO(image_ref) parts = { 0 };
	bool named = strchr(name, '/') != NULL && (strpbrk(first, ".:") != NULL || streq(first, "localhost"));
	const char *rest = named ? name + strlen(first) + 1 : name;

	colon = strrchr(rest, ':');
	slash = strrchr(rest, '/');
	if (colon != NULL && slash != NULL && colon < slash)
		return false;
	parts.registry = named ? STEAL(first) : NULL;
	parts.repository = xstrndup(rest, colon ? (size_t)(colon - rest) : strlen(rest));
	parts.tag = colon ? xstrdup(colon + 1) : NULL;
	parts.digest = at ? xstrdup(at + 1) : NULL;
	if (*parts.repository == '\0' || !is_repository(parts.repository) ||
	    (parts.registry != NULL && !is_registry(parts.registry)) || (parts.tag != NULL && !is_tag(parts.tag)) ||
	    (parts.digest != NULL && !is_digest(parts.digest)))
		return false;
	*parsed = parts;
	parts = (struct image_ref){ 0 };
	return true;
}

bool image_is_local(const char *ref)
{
	AUTO(image_ref) parsed = { 0 };

	return image_ref_parse(ref, &parsed) && parsed.registry == NULL;
}

bool image_ref_is_valid(const char *ref)
{
	AUTO(image_ref) parsed = { 0 };

	return image_ref_parse(ref, &parsed);
}

char *image_published(const char *ref)
{
	AUTO(image_ref) parsed = { 0 };

	if (!image_ref_parse(ref, &parsed) || parsed.digest != NULL)
		return NULL;
	return xasprintf(DEFAULT_REPO_BASE "/cluster:%s",
			 parsed.tag != NULL && strchr(parsed.repository, '/') != NULL ? parsed.tag : "latest");
}

/* ------------------------------------------------------------------ platforms */

/* The kernel's names, and those of docker's registries. */
static char *arch_of(const char *machine)
{
	static const struct { const char *machine, *arch; } rows[] = {
		{ "x86_64", "amd64" }, { "aarch64", "arm64" }, { "armv7l", "arm/v7" },
	};
	char *arch = xstrdup(machine);

	for (char *c = arch; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (streq(arch, rows[i].machine)) {
			free(arch);
			return xstrdup(rows[i].arch);
		}
	return arch;
}

char *image_platform(const char *os, const char *arch)
{
	autofree char *first = os ? arch_of(os) : NULL;
	autofree char *second = arch ? arch_of(arch) : NULL;

	return first && second ? xasprintf("%s/%s", first, second) : NULL;
}

bool image_fits(const char *image_arch, const char *engine_arch)
{
	autofree char *has = image_arch ? arch_of(image_arch) : NULL;
	autofree char *needs = engine_arch ? arch_of(engine_arch) : NULL;

	if (has == NULL || needs == NULL)
		return true;
	/* what stands after the slash is a variant, which inspect tells apart */
	needs[strcspn(needs, "/")] = '\0';
	return streq(has, needs);
}

/* ------------------------------------------------------------------ credentials */

#ifdef DISTRIBUTION_AUTH
static const unsigned char distribution_auth[] = { DISTRIBUTION_AUTH };
#endif

char *image_unmask(const unsigned char *masked, size_t len)
{
	AUTO(buf) text = BUF_INIT;
	uint32_t key = 0x6f70656eu; /* deploy/scripts/mask-auth.sh has the same */

	for (size_t i = 0; i < len; i++) {
		char byte = (char)(masked[i] ^ (key >> 16 & 0xff));

		buf_add(&text, &byte, 1);
		key = key * 1103515245u + 12345u;
	}
	return buf_steal(&text);
}

void image_credentials(const struct settings *settings, const char *username, const char *token,
		       struct image_credentials *credentials)
{
	const char *password = token                        ? token
			       : settings->registry_password ? settings->registry_password
							     : settings->registry_token;

	*credentials = (struct image_credentials){
		.registry = settings->registry_host ? settings->registry_host : DEFAULT_REGISTRY,
		.password = password,
	};
	if (password != NULL)
		credentials->username = username                      ? username
					: settings->registry_username ? settings->registry_username
								      : TOKEN_USER;
}

void image_credentials_for_pull(struct image_credentials *credentials)
{
#ifdef DISTRIBUTION_AUTH
	char *colon;

	if (credentials->password != NULL || !streq(credentials->registry, DEFAULT_REGISTRY))
		return;
	credentials->built_in = image_unmask(distribution_auth, sizeof(distribution_auth));
	colon = strchr(credentials->built_in, ':');
	if (colon == NULL)
		return;
	*colon = '\0';
	credentials->username = credentials->built_in;
	credentials->password = colon + 1;
#else
	(void)credentials;
#endif
}

void image_credentials_release(struct image_credentials *credentials)
{
	free(credentials->built_in);
	*credentials = (struct image_credentials){ 0 };
}

/* ------------------------------------------------------------------ what the environment says */

/* A base to which "/gateway:TAG" is added. */
static bool is_repo_base(const char *text)
{
	AUTO(image_ref) parsed = { 0 };

	return image_ref_parse(text, &parsed) && parsed.tag == NULL && parsed.digest == NULL;
}

/* HOST[:PORT], or a URL. Not one with a password, which would be seen wherever this is. */
static bool is_endpoint(const char *text)
{
	const char *host = str_starts(text, "https://")  ? text + strlen("https://")
			   : str_starts(text, "http://") ? text + strlen("http://")
							 : text;
	autofree char *authority = xstrndup(host, strcspn(host, "/"));

	return is_registry(authority) && !str_has_control(host) && strpbrk(host, " @") == NULL &&
	       strstr(host, "//") == NULL;
}

bool image_user_is_valid(const char *user)
{
	return !str_blank(user) && strchr(user, ':') == NULL && !str_has_control(user);
}

static bool is_password(const char *text)
{
	return !str_has_control(text);
}

int image_check_settings(const struct settings *settings, struct error **err)
{
	const struct {
		const char *name, *value, *is_no;
		bool (*is_valid)(const char *);
		bool secret;
	} rows[] = {
		{ "IMAGE_TAG", settings->image_tag, "is no tag of an image", is_tag, false },
		{ "OPENSHELL_REGISTRY_HOST", settings->registry_host, "is no HOST or HOST:PORT", is_registry, false },
		{ "OPENSHELL_REGISTRY_NAMESPACE", settings->registry_namespace, "is no path such as nvidia/openshell",
		  is_repository, false },
		{ "IMAGE_REPO_BASE or OPENSHELL_IMAGE_REPO_BASE", settings->image_repo_base,
		  "is no name such as registry.example/openshell", is_repo_base, false },
		{ "OPENSHELL_REGISTRY_ENDPOINT", settings->registry_endpoint,
		  "it is HOST, HOST:PORT or a URL, without a user", is_endpoint, true },
		{ "OPENSHELL_REGISTRY_USERNAME", settings->registry_username, "is no user name", image_user_is_valid,
		  false },
		{ "OPENSHELL_REGISTRY_PASSWORD", settings->registry_password, "it holds a control character",
		  is_password, true },
		{ "OPENSHELL_REGISTRY_TOKEN", settings->registry_token, "it holds a control character", is_password,
		  true },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].value == NULL || rows[i].is_valid(rows[i].value))
			continue;
		if (rows[i].secret)
			return error_set(err, ERROR_USAGE, "%s: %s", rows[i].name, rows[i].is_no);
		return error_set(err, ERROR_USAGE, "%s: '%s' %s", rows[i].name, rows[i].value, rows[i].is_no);
	}
	return 0;
}

/* ------------------------------------------------------------------ what the container is told */

/* As the node's entrypoint takes it. */
static bool is_tagged(const char *ref)
{
	AUTO(image_ref) parsed = { 0 };

	return image_ref_parse(ref, &parsed) && parsed.tag != NULL && parsed.digest == NULL;
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

void image_registry_env(const struct settings *settings, const struct image_credentials *credentials,
			struct argv *env, struct argv *secrets)
{
	argv_add(env, "REGISTRY_MODE=external");
	argv_addf(env, "REGISTRY_HOST=%s", credentials->registry);
	argv_addf(env, "REGISTRY_INSECURE=%s", settings->registry_insecure ? "true" : "false");
	add_repo_base(settings, credentials->registry, env);
	if (settings->registry_endpoint != NULL)
		argv_addf(env, "REGISTRY_ENDPOINT=%s", settings->registry_endpoint);
	if (credentials->password != NULL) {
		argv_addf(env, "REGISTRY_USERNAME=%s", credentials->username);
		argv_add(env, "REGISTRY_PASSWORD");
		argv_addf(secrets, "REGISTRY_PASSWORD=%s", credentials->password);
	}
}
