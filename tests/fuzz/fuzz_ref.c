/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Image references, and what a container is told about registries. The input's lines are the settings.
 *
 * Rules: a reference that is valid can be an argument of docker and can be printed; its parts put together are the
 * reference again; one with a registry has a host before its first slash; the environment has one "K=V" for each name; a password is in the secrets alone.
 */
#include "fuzz.h"

#include "gateway/image.h"

#define PASSWORD "p4ss-w0rd"

static char *put_together(const struct image_ref *ref)
{
	return xasprintf("%s%s%s%s%s%s%s", ref->registry ? ref->registry : "", ref->registry ? "/" : "", ref->repository,
			 ref->tag ? ":" : "", ref->tag ? ref->tag : "", ref->digest ? "@" : "",
			 ref->digest ? ref->digest : "");
}

static void ref(const char *text)
{
	AUTO(image_ref) parsed = { 0 };
	autofree char *again = NULL;

	if (!image_ref_parse(text, &parsed)) {
		RULE(!image_ref_is_valid(text) && !image_is_local(text));
		RULE(parsed.registry == NULL && parsed.repository == NULL && parsed.tag == NULL && parsed.digest == NULL);
		return;
	}
	again = put_together(&parsed);
	RULE(streq(again, text));
	RULE(image_ref_is_valid(text) && image_is_local(text) == (parsed.registry == NULL));
	RULE(*text != '\0' && *text != '-');
	RULE(strpbrk(text, " \t\r\n\v\f") == NULL && is_safe(text));
	RULE(parsed.registry == NULL || strpbrk(parsed.registry, ".:") != NULL || streq(parsed.registry, "localhost"));
}

/* Lines of the input, "" when they are used up. */
static const char *next_line(char **rest)
{
	char *line = strsep(rest, "\n");

	return line ? line : "";
}

static const char *optional(char **rest)
{
	const char *line = next_line(rest);

	return str_blank(line) ? NULL : line;
}

static void environment(char *text)
{
	const struct settings settings = {
		.cluster_image = optional(&text),
		.image_tag = optional(&text),
		.registry_host = optional(&text),
		.registry_namespace = optional(&text),
		.registry_endpoint = optional(&text),
		.registry_username = optional(&text),
		.image_repo_base = optional(&text),
		.registry_password = *next_line(&text) != '\0' ? PASSWORD : NULL,
	};
	AUTO(argv) refs = ARGV_INIT;
	AUTO(argv) env = ARGV_INIT;
	AUTO(argv) secrets = ARGV_INIT;
	struct image_credentials credentials;

	image_candidates(&settings, &refs);
	RULE(refs.n == (settings.cluster_image ? 1 : 2));
	image_credentials(&settings, NULL, NULL, &credentials);
	image_registry_env(&settings, &credentials, &env, &secrets);
	RULE(secrets.n == (settings.registry_password ? 1 : 0));
	RULE(secrets.n == 0 || streq(secrets.v[0], "REGISTRY_PASSWORD=" PASSWORD));
	for (size_t i = 0; i < env.n; i++) {
		size_t name = strcspn(env.v[i], "=");

		RULE(name > 0 && (env.v[i][name] == '=' || streq(env.v[i], "REGISTRY_PASSWORD")));
		for (size_t j = 0; j < i; j++)
			RULE(strncmp(env.v[i], env.v[j], name) != 0 || env.v[j][name] != env.v[i][name]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *text = fuzz_text(data, size);

	ref(text);
	environment(text);
	return 0;
}
