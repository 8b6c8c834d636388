/* SPDX-License-Identifier: Apache-2.0 */
/* Text helpers, cleanup macros and allocation. */
#include "script.h"

#include <fcntl.h>
#include <unistd.h>

static void a_blank_text_is_absent_empty_or_white_space(void **state)
{
	(void)state;
	assert_true(str_blank(NULL));
	assert_true(str_blank(""));
	assert_true(str_blank(" \t\r\n\v\f"));
	assert_false(str_blank(" x "));
	assert_false(str_blank("\xff"));
}

static void prefixes_and_suffixes_are_whole(void **state)
{
	(void)state;
	assert_true(str_starts("https://x", "https://"));
	assert_false(str_starts("http", "https"));
	assert_true(str_starts("", ""));
	assert_true(str_ends("a.json", ".json"));
	assert_false(str_ends("json", ".json"));
	assert_true(str_ends("x", ""));
	assert_false(str_ends("", "x"));
}

static void a_stolen_pointer_leaves_null_behind(void **state)
{
	char *first = xstrdup("x"), *second;

	(void)state;
	second = STEAL(first);
	assert_null(first);
	assert_string_equal(second, "x");
	free_pointer(&second);
}

static void a_descriptor_is_closed_with_its_scope(void **state)
{
	int seen;

	(void)state;
	{
		autoclose int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		autoclose int none = -1;

		assert_true(fd >= 0 && none < 0);
		seen = fd;
	}
	assert_int_equal(fcntl(seen, F_GETFD), -1);
}

static void allocation_of_nothing_is_not_null(void **state)
{
	autofree void *zero = xcalloc(0, 0);
	autofree char *text = xasprintf("%s-%d", "n", 7), *cut = xstrndup("abcdef", 3);

	(void)state;
	assert_non_null(zero);
	assert_string_equal(text, "n-7");
	assert_string_equal(cut, "abc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_blank_text_is_absent_empty_or_white_space),
		cmocka_unit_test(prefixes_and_suffixes_are_whole),
		cmocka_unit_test(a_stolen_pointer_leaves_null_behind),
		cmocka_unit_test(a_descriptor_is_closed_with_its_scope),
		cmocka_unit_test(allocation_of_nothing_is_not_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
