/* SPDX-License-Identifier: Apache-2.0 */
/* The environment, once. */
#include "gateway/settings.h"

#include <stdlib.h>
#include <strings.h>

static const char *get(const char *name)
{
	const char *value = getenv(name);

	return str_blank(value) ? NULL : value;
}

/* Of a variable that has two spellings. */
static const char *get_either(const char *upper, const char *lower)
{
	const char *value = get(upper);

	return value != NULL ? value : get(lower);
}

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcasecmp(text, *words) == 0)
			return true;
	return false;
}

static const char *const yes_words[] = { "true", "1", "yes", "on", NULL };
static const char *const no_words[] = { "false", "0", "no", "off", NULL };

static int read_tls(struct settings *settings, struct error **err)
{
	const char *value = get("NAV_GATEWAY_TLS_ENABLED");

	if (value == NULL)
		return 0;
	if (is_one_of(value, yes_words))
		settings->tls = TLS_ON;
	else if (is_one_of(value, no_words))
		settings->tls = TLS_OFF;
	else
		return error_set(err, ERROR_USAGE, "NAV_GATEWAY_TLS_ENABLED: '%s' is neither true nor false", value);
	return 0;
}

static int read_seconds(const char *name, int fallback, int64_t *ms, struct error **err)
{
	const char *value = get(name), *problem = NULL;
	long long seconds = fallback;

	if (value != NULL)
		seconds = strtonum(value, 1, 86400, &problem);
	if (problem != NULL)
		return error_set(err, ERROR_USAGE, "%s: '%s' is no number of seconds from 1 to 86400", name, value);
	*ms = seconds * 1000;
	return 0;
}

int settings_read(struct settings *settings, struct error **err)
{
	const char *insecure = get("OPENSHELL_REGISTRY_INSECURE"), *terminal = get("TERM");

	*settings = (struct settings){
		.gateway = get("OPENSHELL_GATEWAY"),
		.cluster_image = get("OPENSHELL_CLUSTER_IMAGE"),
		.image_tag = get("IMAGE_TAG"),
		.push_images = get("OPENSHELL_PUSH_IMAGES"),
		.registry_host = get("OPENSHELL_REGISTRY_HOST"),
		.registry_namespace = get("OPENSHELL_REGISTRY_NAMESPACE"),
		.registry_endpoint = get("OPENSHELL_REGISTRY_ENDPOINT"),
		.registry_username = get("OPENSHELL_REGISTRY_USERNAME"),
		.registry_password = get("OPENSHELL_REGISTRY_PASSWORD"),
		.registry_token = get("OPENSHELL_REGISTRY_TOKEN"),
		.image_repo_base = get("IMAGE_REPO_BASE"),
		.registry_insecure = insecure != NULL && is_one_of(insecure, yes_words),
		.docker_host = get("DOCKER_HOST"),
		.docker_config = get("DOCKER_CONFIG"),
		.kubeconfig = get("KUBECONFIG"),
		.remote_docker_socket = get("OPENSHELL_REMOTE_DOCKER_SOCKET"),
		.path = get("PATH"),
		.no_color = get("NO_COLOR") != NULL,
		.dumb_terminal = terminal != NULL && streq(terminal, "dumb"),
		.paths = {
			.xdg_config_home = getenv("XDG_CONFIG_HOME"),
			.home = getenv("HOME"),
			.system_dir = getenv("OPENSHELL_SYSTEM_GATEWAY_DIR"),
			.xdg_runtime_dir = getenv("XDG_RUNTIME_DIR"),
			.tmpdir = getenv("TMPDIR"),
		},
		.http_proxy = get_either("HTTP_PROXY", "http_proxy"),
		.https_proxy = get_either("HTTPS_PROXY", "https_proxy"),
		.all_proxy = get_either("ALL_PROXY", "all_proxy"),
		.no_proxy = get_either("NO_PROXY", "no_proxy"),
	};
	if (settings->image_repo_base == NULL)
		settings->image_repo_base = get("OPENSHELL_IMAGE_REPO_BASE");
	if (read_tls(settings, err) < 0 ||
	    read_seconds("OPENSHELL_DOCKER_TIMEOUT", 60, &settings->docker_timeout_ms, err) < 0 ||
	    read_seconds("OPENSHELL_PUSH_TIMEOUT", 3600, &settings->push_timeout_ms, err) < 0)
		return -1;
	return read_seconds("OPENSHELL_PULL_TIMEOUT", 3600, &settings->pull_timeout_ms, err);
}

const char *settings_tag(const struct settings *settings)
{
	return settings->image_tag ? settings->image_tag : DEFAULT_IMAGE_TAG;
}

char *settings_docker_dir(const struct settings *settings)
{
	if (settings->docker_config != NULL)
		return xstrdup(settings->docker_config);
	return str_blank(settings->paths.home) ? NULL : xasprintf("%s/.docker", settings->paths.home);
}
