/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/settings.h"

#include <stdlib.h>

#include "script.h"

static const char *const variables[] = {
	"OPENSHELL_GATEWAY", "OPENSHELL_CLUSTER_IMAGE", "IMAGE_TAG", "OPENSHELL_REGISTRY_HOST",
	"OPENSHELL_REGISTRY_NAMESPACE", "OPENSHELL_REGISTRY_ENDPOINT", "OPENSHELL_REGISTRY_INSECURE",
	"OPENSHELL_REGISTRY_USERNAME", "OPENSHELL_REGISTRY_PASSWORD", "OPENSHELL_REGISTRY_TOKEN",
	"IMAGE_REPO_BASE", "OPENSHELL_IMAGE_REPO_BASE", "NAV_GATEWAY_TLS_ENABLED",
	"OPENSHELL_DOCKER_TIMEOUT", "OPENSHELL_PULL_TIMEOUT", "OPENSHELL_SYSTEM_GATEWAY_DIR",
	"XDG_CONFIG_HOME", "HOME", "XDG_RUNTIME_DIR", "TMPDIR", "DOCKER_HOST", "NO_COLOR",
	"DOCKER_CONFIG", "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY",
	"no_proxy",
};

static int clean_environment(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(variables); i++)
		unsetenv(variables[i]);
	return 0;
}

static struct settings read_settings(void)
{
	struct settings settings;
	struct error *err = NULL;

	assert_int_equal(settings_read(&settings, &err), 0);
	return settings;
}

static void without_variables_the_defaults_hold(void **state)
{
	struct settings settings = read_settings();

	(void)state;
	assert_null(settings.gateway);
	assert_null(settings.cluster_image);
	assert_null(settings.image_tag);
	assert_null(settings.docker_host);
	assert_false(settings.registry_insecure);
	assert_false(settings.no_color);
	assert_int_equal(settings.tls, TLS_AS_ASKED);
	assert_int_equal(settings.docker_timeout_ms, 60000);
	assert_int_equal(settings.pull_timeout_ms, 3600000);
	assert_string_equal(settings_tag(&settings), "dev");
}

/* Variables whose text is taken as it is. */
static const struct {
	const char *variable;
	size_t offset;
} texts[] = {
	{ "OPENSHELL_GATEWAY", offsetof(struct settings, gateway) },
	{ "OPENSHELL_CLUSTER_IMAGE", offsetof(struct settings, cluster_image) },
	{ "IMAGE_TAG", offsetof(struct settings, image_tag) },
	{ "OPENSHELL_REGISTRY_HOST", offsetof(struct settings, registry_host) },
	{ "OPENSHELL_REGISTRY_NAMESPACE", offsetof(struct settings, registry_namespace) },
	{ "OPENSHELL_REGISTRY_ENDPOINT", offsetof(struct settings, registry_endpoint) },
	{ "OPENSHELL_REGISTRY_USERNAME", offsetof(struct settings, registry_username) },
	{ "OPENSHELL_REGISTRY_PASSWORD", offsetof(struct settings, registry_password) },
	{ "OPENSHELL_REGISTRY_TOKEN", offsetof(struct settings, registry_token) },
	{ "IMAGE_REPO_BASE", offsetof(struct settings, image_repo_base) },
	{ "OPENSHELL_IMAGE_REPO_BASE", offsetof(struct settings, image_repo_base) },
	{ "DOCKER_HOST", offsetof(struct settings, docker_host) },
	{ "DOCKER_CONFIG", offsetof(struct settings, docker_config) },
	{ "HTTP_PROXY", offsetof(struct settings, http_proxy) },
	{ "http_proxy", offsetof(struct settings, http_proxy) },
	{ "HTTPS_PROXY", offsetof(struct settings, https_proxy) },
	{ "https_proxy", offsetof(struct settings, https_proxy) },
	{ "ALL_PROXY", offsetof(struct settings, all_proxy) },
	{ "all_proxy", offsetof(struct settings, all_proxy) },
	{ "NO_PROXY", offsetof(struct settings, no_proxy) },
	{ "no_proxy", offsetof(struct settings, no_proxy) },
	{ "OPENSHELL_SYSTEM_GATEWAY_DIR", offsetof(struct settings, paths.system_dir) },
	{ "XDG_CONFIG_HOME", offsetof(struct settings, paths.xdg_config_home) },
	{ "HOME", offsetof(struct settings, paths.home) },
	{ "XDG_RUNTIME_DIR", offsetof(struct settings, paths.xdg_runtime_dir) },
	{ "TMPDIR", offsetof(struct settings, paths.tmpdir) },
};

static const char *text_at(const struct settings *settings, size_t offset)
{
	return *(const char *const *)((const char *)settings + offset);
}

static void each_variable_reaches_its_setting(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct settings settings;

		clean_environment(state);
		setenv(texts[i].variable, "some-text", 1);
		settings = read_settings();
		if (text_at(&settings, texts[i].offset) == NULL)
			fail_msg("%s is not read", texts[i].variable);
		assert_string_equal(text_at(&settings, texts[i].offset), "some-text");
	}
}

static void of_two_spellings_the_upper_case_wins(void **state)
{
	struct settings settings;

	(void)state;
	setenv("http_proxy", "http://lower", 1);
	setenv("HTTP_PROXY", "http://upper", 1);
	setenv("NO_PROXY", " ", 1);
	setenv("no_proxy", "lower", 1);
	settings = read_settings();
	assert_string_equal(settings.http_proxy, "http://upper");
	assert_string_equal(settings.no_proxy, "lower");
}

static void a_blank_value_counts_as_unset(void **state)
{
	static const char *const blanks[] = { "", " ", "\t \n" };

	for (size_t i = 0; i < ARRAY_LEN(blanks); i++) {
		struct settings settings;

		clean_environment(state);
		for (size_t j = 0; j < ARRAY_LEN(variables); j++)
			setenv(variables[j], blanks[i], 1);
		settings = read_settings();
		/* the last five are judged by paths.c */
		for (size_t j = 0; j < ARRAY_LEN(texts) - 5; j++)
			if (text_at(&settings, texts[j].offset) != NULL)
				fail_msg("%s: a blank is taken for a value", texts[j].variable);
		assert_string_equal(settings_tag(&settings), "dev");
		assert_int_equal(settings.tls, TLS_AS_ASKED);
		assert_int_equal(settings.docker_timeout_ms, 60000);
		assert_false(settings.no_color);
	}
}

static void image_repo_base_wins_over_its_longer_name(void **state)
{
	struct settings settings;

	(void)state;
	setenv("IMAGE_REPO_BASE", "one", 1);
	setenv("OPENSHELL_IMAGE_REPO_BASE", "two", 1);
	settings = read_settings();
	assert_string_equal(settings.image_repo_base, "one");
}

static void the_registry_is_insecure_only_when_said_so(void **state)
{
	static const struct {
		const char *value;
		bool insecure;
	} rows[] = { { "1", true },    { "true", true }, { "TRUE", true }, { "yes", true }, { "On", true },
		     { "0", false },   { "no", false },	 { "off", false }, { "2", false },  { "treu", false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct settings settings;

		setenv("OPENSHELL_REGISTRY_INSECURE", rows[i].value, 1);
		settings = read_settings();
		if (settings.registry_insecure != rows[i].insecure)
			fail_msg("OPENSHELL_REGISTRY_INSECURE=%s", rows[i].value);
	}
}

static void tls_is_switched_by_words(void **state)
{
	static const struct {
		const char *value;
		enum tls_override tls;
	} rows[] = { { "true", TLS_ON },  { "1", TLS_ON },   { "yes", TLS_ON },	  { "YES", TLS_ON },
		     { "false", TLS_OFF }, { "0", TLS_OFF }, { "No", TLS_OFF } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct settings settings;

		setenv("NAV_GATEWAY_TLS_ENABLED", rows[i].value, 1);
		settings = read_settings();
		if (settings.tls != rows[i].tls)
			fail_msg("NAV_GATEWAY_TLS_ENABLED=%s", rows[i].value);
	}
}

static void times_are_whole_seconds(void **state)
{
	struct settings settings;

	(void)state;
	setenv("OPENSHELL_DOCKER_TIMEOUT", "1", 1);
	setenv("OPENSHELL_PULL_TIMEOUT", "86400", 1);
	settings = read_settings();
	assert_int_equal(settings.docker_timeout_ms, 1000);
	assert_int_equal(settings.pull_timeout_ms, 86400000);
}

static void a_bad_value_is_a_usage_error_that_names_its_variable(void **state)
{
	static const struct {
		const char *variable, *value;
	} rows[] = {
		{ "NAV_GATEWAY_TLS_ENABLED", "maybe" },	   { "NAV_GATEWAY_TLS_ENABLED", "2" },
		{ "OPENSHELL_DOCKER_TIMEOUT", "0" },	   { "OPENSHELL_DOCKER_TIMEOUT", "-1" },
		{ "OPENSHELL_DOCKER_TIMEOUT", "1.5" },	   { "OPENSHELL_DOCKER_TIMEOUT", "10s" },
		{ "OPENSHELL_DOCKER_TIMEOUT", "86401" },   { "OPENSHELL_PULL_TIMEOUT", "never" },
		{ "OPENSHELL_PULL_TIMEOUT", "99999999999999999999" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct settings settings;
		struct error *err = NULL;

		clean_environment(state);
		setenv(rows[i].variable, rows[i].value, 1);
		assert_int_equal(settings_read(&settings, &err), -1);
		assert_error(&err, ERROR_USAGE, rows[i].variable);
	}
}

static void no_color_is_a_switch_of_any_value(void **state)
{
	(void)state;
	setenv("NO_COLOR", "0", 1);
	assert_true(read_settings().no_color);
}

int main(void)
{
#define RULE(name) cmocka_unit_test_setup(name, clean_environment)
	static const struct CMUnitTest tests[] = {
		RULE(without_variables_the_defaults_hold),
		RULE(each_variable_reaches_its_setting),
		RULE(of_two_spellings_the_upper_case_wins),
		RULE(a_blank_value_counts_as_unset),
		RULE(image_repo_base_wins_over_its_longer_name),
		RULE(the_registry_is_insecure_only_when_said_so),
		RULE(tls_is_switched_by_words),
		RULE(times_are_whole_seconds),
		RULE(a_bad_value_is_a_usage_error_that_names_its_variable),
		RULE(no_color_is_a_switch_of_any_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
