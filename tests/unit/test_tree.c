/* SPDX-License-Identifier: Apache-2.0 */
/* JSON in, JSON and YAML out. */
#include "script.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/tree.h"

static cJSON *parse(const char *text)
{
	struct error *err = NULL;
	cJSON *root = tree_json(text, strlen(text), "test", &err);

	if (root == NULL)
		fail_msg("%s: %s", text, err->text);
	return root;
}

static void one_value_of_any_kind_is_json(void **state)
{
	static const char *const rows[] = {
		"{}", "[]", "null", "true", "0", "-1.5e3", "\"x\"", " {\"a\" : [1, {}] } \r\n\t", "{\"a\":1}\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autotree cJSON *root = parse(rows[i]);

		assert_non_null(root);
	}
}

static void what_is_not_one_json_value_is_refused(void **state)
{
	static const char *const rows[] = {
		"", " ", "{", "[", "{\"a\":}", "{\"a\" 1}", "[1,]", "{'a':1}", "nul", "\"x", "{} {}", "{}x", "[] ,",
		"{\"a\":1}}", "\"\\ud800\"", "\"\\u12\"", "json", "{\"a\":1,}", "<html>", "{}\v",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error *err = NULL;

		if (tree_json(rows[i], strlen(rows[i]), "docker inspect", &err) != NULL)
			fail_msg("accepted: %s", rows[i]);
		assert_error(&err, ERROR_SYSTEM, "docker inspect: not JSON");
	}
}

static void a_nul_byte_is_refused_wherever_it_is(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} rows[] = { { "\0", 1 }, { "{}\0", 3 }, { "{\"a\":\"b\0c\"}", 11 }, { "\0{}", 3 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error *err = NULL;

		assert_null(tree_json(rows[i].text, rows[i].len, "file", &err));
		assert_error(&err, ERROR_SYSTEM, "NUL byte");
	}
}

static void the_length_is_respected(void **state)
{
	struct error *err = NULL;
	autofree char *exact = malloc(7); /* no terminator after it: a sanitizer would see a byte too far */
	autotree cJSON *root = NULL;

	(void)state;
	assert_non_null(exact);
	memcpy(exact, "{\"a\":1}", 7);
	root = tree_json(exact, 7, "test", &err);
	assert_int_equal(tree_int(root, "a", 0), 1);
	assert_null(tree_json(exact, 6, "test", &err));
	assert_error(&err, ERROR_SYSTEM, "not JSON");
}

/* A parser that recurses would end the process. */
static void a_deep_document_is_refused(void **state)
{
	static const char *const openings[] = { "[", "{\"a\":" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(openings); i++) {
		AUTO(buf) text = BUF_INIT;
		struct error *err = NULL;

		for (int depth = 0; depth < 200000; depth++)
			buf_adds(&text, openings[i]);
		assert_null(tree_json(buf_str(&text), text.len, "test", &err));
		assert_error(&err, ERROR_SYSTEM, "not JSON");
	}
}

static void a_path_leads_through_objects_and_arrays(void **state)
{
	autotree cJSON *root = parse("{\"a\":{\"b\":[{\"c\":\"x\"},{\"c\":\"y\"}]},\"30051/tcp\":[{\"HostPort\":\"8080\"}],"
				     "\"\":{\"z\":1},\"a/b\":\"slash\",\"~\":\"tilde\"}");

	(void)state;
	assert_ptr_equal(tree_at(root, ""), root);
	assert_string_equal(tree_str(root, "a/b/0/c"), "x");
	assert_string_equal(tree_str(root, "a/b/1/c"), "y");
	assert_string_equal(tree_str(root, "30051~1tcp/0/HostPort"), "8080");
	assert_string_equal(tree_str(root, "a~1b"), "slash");
	assert_string_equal(tree_str(root, "~"), "tilde");
	assert_int_equal(tree_int(root, "/z", 0), 1);
}

static void a_path_that_leads_nowhere_gives_nothing(void **state)
{
	static const char *const paths[] = {
		"x", "a/x", "a/b/2", "a/b/-1", "a/b/x", "a/b/0x0", "a/b/99999999999999999999", "a/b/0/c/d", "A", "s/0",
	};
	autotree cJSON *root = parse("{\"a\":{\"b\":[{\"c\":\"x\"},1]},\"s\":\"text\"}");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (tree_at(root, paths[i]) != NULL)
			fail_msg("found: %s", paths[i]);
	assert_null(tree_at(NULL, "a"));
	assert_null(tree_str(NULL, "a"));
}

static void a_getter_takes_only_its_own_type(void **state)
{
	autotree cJSON *root = parse("{\"s\":\"1\",\"n\":1,\"t\":true,\"f\":false,\"z\":null,\"o\":{},\"a\":[]}");
	static const char *const keys[] = { "s", "n", "t", "f", "z", "o", "a", "none" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		assert_int_equal(tree_str(root, keys[i]) != NULL, streq(keys[i], "s"));
		assert_int_equal(tree_int(root, keys[i], -7), streq(keys[i], "n") ? 1 : -7);
		assert_int_equal(tree_bool(root, keys[i], true), !streq(keys[i], "f"));
		assert_int_equal(tree_bool(root, keys[i], false), streq(keys[i], "t"));
	}
}

static void only_whole_numbers_of_53_bits_are_integers(void **state)
{
	static const struct {
		const char *json;
		int64_t value;
	} rows[] = {
		{ "0", 0 },      { "-0", 0 },     { "1e3", 1000 }, { "9007199254740991", 9007199254740991 },
		{ "-9007199254740991", -9007199254740991 },        { "9007199254740993", -1 },
		{ "1.5", -1 },   { "1e300", -1 }, { "-1e300", -1 }, { "1e999", -1 },
		{ "25276502016", 25276502016 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autotree cJSON *root = parse(rows[i].json);

		assert_int_equal(tree_int(root, "", -1), rows[i].value);
	}
}

static void of_a_key_that_is_there_twice_the_first_counts(void **state)
{
	autotree cJSON *root = parse("{\"a\":\"first\",\"a\":\"second\",\"A\":\"other\"}");

	(void)state;
	assert_string_equal(tree_str(root, "a"), "first");
	assert_string_equal(tree_str(root, "A"), "other");
}

static void json_is_printed_with_two_spaces_a_level(void **state)
{
	autotree cJSON *root = parse("{\"a\":{\"b\":[1,\"x\\n\\\"\",null,true]},\"e\":{},\"l\":[]}");
	autofree char *text = tree_print(root);

	(void)state;
	assert_string_equal(text, "{\n"
				  "  \"a\": {\n"
				  "    \"b\": [\n"
				  "      1,\n"
				  "      \"x\\n\\\"\",\n"
				  "      null,\n"
				  "      true\n"
				  "    ]\n"
				  "  },\n"
				  "  \"e\": {},\n"
				  "  \"l\": []\n"
				  "}\n");
}

static void what_is_printed_reads_back_the_same(void **state)
{
	static const char *const rows[] = {
		"[]", "\"\\u0001\\u001f\\\\/\\u00e4\"", "{\"k\\n\\\"\":{\"\":[[[]]]}}", "[0,-1,1.5,9007199254740991]",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autotree cJSON *root = parse(rows[i]);
		autofree char *text = tree_print(root);
		autotree cJSON *again = parse(text);

		assert_true(cJSON_Compare(root, again, true));
	}
}

static void yaml_has_a_line_for_each_value(void **state)
{
	autotree cJSON *root = parse("[{\"name\":\"dev\",\"port\":8080,\"active\":true,\"remote_host\":null,"
				     "\"path\":\"/etc/x.json\",\"tags\":[]}]");
	autofree char *text = tree_print_yaml(root);

	(void)state;
	assert_string_equal(text, "- name: dev\n"
				  "  port: 8080\n"
				  "  active: true\n"
				  "  remote_host: null\n"
				  "  path: /etc/x.json\n"
				  "  tags: []\n");
}

static void a_text_that_yaml_could_take_for_something_else_is_quoted(void **state)
{
	static const char *const quoted[] = {
		"", "true", "False", "NULL", "yes", "off", "n", "1", "1e3", "-x", "~", "a: b", "a:", "a #b", "it's",
		"0x1f", ".5", "https://h?x=1", " x", "[a]", "2026-11-22", "!x", "&a", "*a", "%x", "@x", "a\\n",
	};
	static const char *const plain[] = { "dev", "/path/x", "mtls", "https://127.0.0.1:8080", "a b", "nullable" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(quoted) + ARRAY_LEN(plain); i++) {
		bool wants = i < ARRAY_LEN(quoted);
		const char *value = wants ? quoted[i] : plain[i - ARRAY_LEN(quoted)];
		autotree cJSON *root = cJSON_CreateObject();
		autofree char *text = NULL;

		tree_add_str(root, "k", value);
		text = tree_print_yaml(root);
		if ((strncmp(text, "k: \"", 4) == 0) != wants)
			fail_msg("%s gives %s", value, text);
	}
}

/* libyaml refuses it, and would end the process at the next call. */
static void text_that_is_not_utf8_still_gives_yaml(void **state)
{
	autotree cJSON *root = cJSON_CreateObject(), *list = cJSON_CreateArray();
	autofree char *text = NULL, *items = NULL;

	(void)state;
	tree_add_str(root, "bad\xff", "\xc3(");
	text = tree_print_yaml(root);
	assert_string_equal(text, "bad\\377: \"\\\\303(\"\n");
	cJSON_AddItemToArray(list, cJSON_CreateString("\x80"));
	items = tree_print_yaml(list);
	assert_string_equal(items, "- \"\\\\200\"\n");
}

/* Which it would write, and no reader would take. */
static void surrogates_and_what_is_beyond_unicode_are_escaped_in_yaml(void **state)
{
	static const struct {
		const char *text, *yaml;
	} rows[] = {
		{ "\xed\xb1\xb1", "\"\\\\355\\\\261\\\\261\"\n" },
		{ "\xf4\x90\x80\x80", "\"\\\\364\\\\220\\\\200\\\\200\"\n" },
		{ "\xf4\x8f\xbf\xbd", "\"\\U0010FFFD\"\n" },
		{ "\xed\x9f\xbf", "\"\xed\x9f\xbf\"\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autotree cJSON *root = cJSON_CreateString(rows[i].text);
		autofree char *text = tree_print_yaml(root);

		assert_string_equal(text, rows[i].yaml);
	}
}

static void no_text_is_null(void **state)
{
	autotree cJSON *root = cJSON_CreateObject();
	autofree char *text = NULL;

	(void)state;
	tree_add_str(root, "a", NULL);
	tree_add_str(root, "b", "");
	text = tree_print(root);
	assert_string_equal(text, "{\n  \"a\": null,\n  \"b\": \"\"\n}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_value_of_any_kind_is_json),
		cmocka_unit_test(what_is_not_one_json_value_is_refused),
		cmocka_unit_test(a_nul_byte_is_refused_wherever_it_is),
		cmocka_unit_test(the_length_is_respected),
		cmocka_unit_test(a_deep_document_is_refused),
		cmocka_unit_test(a_path_leads_through_objects_and_arrays),
		cmocka_unit_test(a_path_that_leads_nowhere_gives_nothing),
		cmocka_unit_test(a_getter_takes_only_its_own_type),
		cmocka_unit_test(only_whole_numbers_of_53_bits_are_integers),
		cmocka_unit_test(of_a_key_that_is_there_twice_the_first_counts),
		cmocka_unit_test(json_is_printed_with_two_spaces_a_level),
		cmocka_unit_test(what_is_printed_reads_back_the_same),
		cmocka_unit_test(yaml_has_a_line_for_each_value),
		cmocka_unit_test(a_text_that_yaml_could_take_for_something_else_is_quoted),
		cmocka_unit_test(text_that_is_not_utf8_still_gives_yaml),
		cmocka_unit_test(surrogates_and_what_is_beyond_unicode_are_escaped_in_yaml),
		cmocka_unit_test(no_text_is_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
