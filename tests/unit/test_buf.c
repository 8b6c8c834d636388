/* SPDX-License-Identifier: Apache-2.0 */
/* The growing buffer. */
#include "script.h"

#include <stdlib.h>

#include "base/buf.h"

static void an_empty_buffer_is_an_empty_text(void **state)
{
	AUTO(buf) buf = BUF_INIT;
	autofree char *stolen = NULL;

	(void)state;
	assert_string_equal(buf_str(&buf), "");
	buf_trim_end(&buf);
	buf_drop(&buf, 0);
	stolen = buf_steal(&buf);
	assert_string_equal(stolen, "");
}

static void adding_nothing_leaves_a_valid_text(void **state)
{
	AUTO(buf) buf = BUF_INIT;

	(void)state;
	buf_add(&buf, NULL, 0);
	buf_adds(&buf, "");
	buf_addf(&buf, "%s", "");
	assert_int_equal(buf.len, 0);
	assert_string_equal(buf_str(&buf), "");
}

static void content_is_terminated_at_every_length(void **state)
{
	AUTO(buf) buf = BUF_INIT;

	(void)state;
	for (size_t i = 1; i <= 5000; i++) {
		buf_add(&buf, "x", 1);
		assert_int_equal(buf.len, i);
		assert_int_equal(buf_str(&buf)[i], '\0');
	}
}

static void nul_bytes_are_kept(void **state)
{
	AUTO(buf) buf = BUF_INIT;

	(void)state;
	buf_add(&buf, "a\0b", 3);
	assert_int_equal(buf.len, 3);
	assert_memory_equal(buf.data, "a\0b", 4);
}

static void formatted_text_may_be_long(void **state)
{
	AUTO(buf) buf = BUF_INIT;

	(void)state;
	buf_addf(&buf, "%*s|%d", 10000, "x", 7);
	assert_int_equal(buf.len, 10002);
	assert_string_equal(buf_str(&buf) + 9999, "x|7");
}

static void dropping_keeps_the_rest(void **state)
{
	AUTO(buf) buf = BUF_INIT;

	(void)state;
	buf_adds(&buf, "abcdef");
	buf_drop(&buf, 2);
	assert_string_equal(buf_str(&buf), "cdef");
	buf_drop(&buf, 4);
	assert_string_equal(buf_str(&buf), "");
	assert_int_equal(buf.len, 0);
}

static void trimming_removes_white_space_at_the_end_only(void **state)
{
	AUTO(buf) buf = BUF_INIT;

	(void)state;
	buf_adds(&buf, " a b \t\r\n");
	buf_trim_end(&buf);
	assert_string_equal(buf_str(&buf), " a b");
	buf_release(&buf);
	buf_adds(&buf, "\n \n");
	buf_trim_end(&buf);
	assert_string_equal(buf_str(&buf), "");
}

static void stealing_empties_the_buffer(void **state)
{
	AUTO(buf) buf = BUF_INIT;
	autofree char *text = NULL;

	(void)state;
	buf_adds(&buf, "text");
	text = buf_steal(&buf);
	assert_string_equal(text, "text");
	assert_int_equal(buf.len, 0);
	buf_adds(&buf, "again");
	assert_string_equal(buf_str(&buf), "again");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_buffer_is_an_empty_text),
		cmocka_unit_test(adding_nothing_leaves_a_valid_text),
		cmocka_unit_test(content_is_terminated_at_every_length),
		cmocka_unit_test(nul_bytes_are_kept),
		cmocka_unit_test(formatted_text_may_be_long),
		cmocka_unit_test(dropping_keeps_the_rest),
		cmocka_unit_test(trimming_removes_white_space_at_the_end_only),
		cmocka_unit_test(stealing_empties_the_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
