/* SPDX-License-Identifier: Apache-2.0 */
/* JSON of the plainest kind. */
#include "script.h"

#include <stdlib.h>

#include "base/plain.h"
#include "base/tree.h"

static struct plain plain;

static void what_is_plain_means_what_cjson_makes_of_it(void **state)
{
	static const char *const rows[] = {
		"{\"a\":\"b\"}",
		" {\r\n\t\"a\" : \"b\" , \"c\":true,\"d\":false,\"e\":null } \n",
		"{\"a\":0,\"b\":-1,\"c\":999999999,\"d\":-999999999,\"e\":10}",
		"{\"\":\"\",\"a\":\"\xc3\xa4 \xff /'\x7f\"}",
		"{\"a\":1,\"a\":\"2\",\"a\":null}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error *err = NULL;
		autofree char *text = xstrdup(rows[i]);
		autotree cJSON *expected = tree_json(rows[i], strlen(rows[i]), "test", &err);
		autofree char *wanted = tree_print(expected), *got = NULL;
		const cJSON *root = plain_read(&plain, text, strlen(text));

		if (root == NULL)
			fail_msg("not read: %s", rows[i]);
		got = tree_print(root);
		assert_string_equal(got, wanted);
		assert_ptr_equal(root->child->prev->next, NULL); /* the first knows the last, as cJSON has it */
	}
}

static void all_else_is_left_alone(void **state)
{
	static const char *const rows[] = {
		"", " ", "{}", "{ }", "[]", "null", "\"a\"", "{\"a\":{}}", "{\"a\":[]}", "{\"a\":\"\\n\"}", "{\"\\u0061\":1}",
		"{\"a\":1.5}", "{\"a\":1e3}", "{\"a\":01}", "{\"a\":-0}", "{\"a\":-}", "{\"a\":+1}", "{\"a\":1000000000}",
		"{\"a\":\"\n\"}", "{\"a\":\"b}", "{\"a\":1", "{\"a\":1,}", "{,\"a\":1}", "{\"a\" 1}", "{a:1}", "{\"a\":tru}",
		"{\"a\":truex}", "{\"a\":nul}", "{\"a\":1} x", "{\"a\":1}}", "\xef\xbb\xbf{\"a\":1}", "{\"a\":1 \"b\":2}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *text = xstrdup(rows[i]);

		if (plain_read(&plain, text, strlen(text)) != NULL)
			fail_msg("read: %s", rows[i]);
	}
}

static void a_nul_byte_is_no_end(void **state)
{
	char after[] = "{\"a\":1}\0", inside[] = "{\"a\":\"b\0c\"}";

	(void)state;
	assert_null(plain_read(&plain, after, sizeof(after) - 1));
	assert_null(plain_read(&plain, inside, sizeof(inside) - 1));
}

static void there_is_room_for_so_many_keys(void **state)
{
	(void)state;
	for (size_t extra = 0; extra < 2; extra++) {
		AUTO(buf) text = BUF_INIT;

		for (size_t i = 0; i < PLAIN_ITEMS + extra; i++)
			buf_addf(&text, "%s\"%zu\":1", i ? "," : "{", i);
		buf_adds(&text, "}");
		assert_int_equal(plain_read(&plain, text.data, text.len) != NULL, extra == 0);
	}
}

static void any_byte_is_known_wherever_it_is(void **state)
{
	char text[33];

	(void)state;
	for (size_t at = 0; at < sizeof(text); at++)
		for (int byte = 0; byte < 256; byte++) {
			bool is_special = byte < 0x20 || byte == '"' || byte == '\\';

			memset(text, 'x', sizeof(text));
			text[at] = (char)byte;
			text[sizeof(text) - 1] = at + 1 < sizeof(text) ? '"' : text[at];
			assert_int_equal(plain_len(text, sizeof(text)), is_special ? at : at + 1 < sizeof(text) ? 32 : 33);
			assert_int_equal(plain_len(text, at), at);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_plain_means_what_cjson_makes_of_it),
		cmocka_unit_test(all_else_is_left_alone),
		cmocka_unit_test(a_nul_byte_is_no_end),
		cmocka_unit_test(there_is_room_for_so_many_keys),
		cmocka_unit_test(any_byte_is_known_wherever_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
