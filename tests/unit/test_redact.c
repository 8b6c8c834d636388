/* SPDX-License-Identifier: Apache-2.0 */
#include "base/redact.h"

#include <stdlib.h>

#include "base/tree.h"
#include "scratch.h"

static void a_variable_is_a_secret_by_its_name(void **state)
{
	static const struct {
		const char *variable;
		bool is_secret;
	} rows[] = {
		{ "REGISTRY_PASSWORD=x", true }, { "github_token=x", true }, { "AWS_SECRET_ACCESS=x", true },
		{ "API_KEY=a b", true },         { "AUTH=x", true },         { "CREDENTIALS=x", true },
		{ "REGISTRY_PASSWORD=", false }, { "REGISTRY_PASSWORD", false }, { "REGISTRY_HOST=token", false },
		{ "the token=x", false },        { "", false },              { "=KEY", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (redact_is_secret(rows[i].variable) != rows[i].is_secret)
			fail_msg("%s", rows[i].variable);
}

static void values_and_what_urls_hold_are_masked(void **state)
{
	static const char *const variables[] = { "A_TOKEN=hunter", "B_TOKEN=hunter22", "C_TOKEN=abc", "D_HOST=docker.io" };
	static const struct {
		const char *text, *clean;
	} rows[] = {
		{ "", "" },
		{ "hunter", "***" },
		{ "xhunterx hunter22.", "x***x ***." },
		{ "abc at docker.io", "abc at docker.io" },
		{ "http://me:pw@proxy:3128/", "http://***@proxy:3128/" },
		{ "http://me@a, https://b/c@d", "http://***@a, https://b/c@d" },
		{ "://@", "://@" },
		{ "ssh://me:hunter", "ssh://me:***" },
	};
	struct redaction redaction = { .values = ARGV_INIT };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(variables); i++)
		redact_variable(&redaction, variables[i]);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *clean = redact_text(&redaction, rows[i].text);

		assert_string_equal(clean, rows[i].clean);
	}
	redaction_release(&redaction);
}

static void nothing_hides_behind_how_json_writes_it(void **state)
{
	static const char json[] = "{\"Env\":[\"A_TOKEN=p\\u0026q\\\"r\",\"C_TOKEN=abc\",\"HOST=h\"],\"n\":1,"
				   "\"deep\":{\"log\":\"was p&q\\\"r\"}}";
	struct redaction redaction = { .values = ARGV_INIT };
	autotree cJSON *tree = NULL;
	struct error *err = NULL;

	(void)state;
	redact_variable(&redaction, "A_TOKEN=p&q\"r");
	tree = tree_json(json, strlen(json), "test", &err);
	assert_non_null(tree);
	redact_tree(&redaction, tree);
	assert_string_equal(tree_str(tree, "Env/0"), "A_TOKEN=***");
	assert_string_equal(tree_str(tree, "Env/1"), "C_TOKEN=***");
	assert_string_equal(tree_str(tree, "Env/2"), "HOST=h");
	assert_string_equal(tree_str(tree, "deep/log"), "was ***");
	assert_int_equal(tree_int(tree, "n", 0), 1);
	redaction_release(&redaction);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_variable_is_a_secret_by_its_name),
		cmocka_unit_test(values_and_what_urls_hold_are_masked),
		cmocka_unit_test(nothing_hides_behind_how_json_writes_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
