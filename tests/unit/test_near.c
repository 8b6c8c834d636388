/* SPDX-License-Identifier: Apache-2.0 */
/* Which words are taken for slips of which. */
#include "script.h"

#include <stdio.h>

#include "cli/near.h"

static const char *const words[] = { "start", "stop", "status", "select", "destroy", "json", "gateway", "gw" };

static void assert_near(const char *wrong, const char *text)
{
	struct near near = { .word = wrong };
	autofree char *got = NULL;

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		near_offer(&near, words[i], words[i]);
	got = near_text(&near, "");
	assert_string_equal(got, text);
}

static void one_slip_of_each_kind_is_seen(void **state)
{
	(void)state;
	assert_near("jsn", " (did you mean 'json'?)");      /* missed */
	assert_near("jsoon", " (did you mean 'json'?)");    /* added */
	assert_near("jsom", " (did you mean 'json'?)");     /* mistaken */
	assert_near("josn", " (did you mean 'json'?)");     /* exchanged */
	assert_near("sjon", " (did you mean 'json'?)");
	assert_near("JSON", " (did you mean 'json'?)");
}

static void a_long_word_may_have_more_slips(void **state)
{
	(void)state;
	assert_near("gatwya", " (did you mean 'gateway'?)");
	assert_near("detsory", " (did you mean 'destroy'?)");
}

static void what_is_like_none_gets_nothing(void **state)
{
	(void)state;
	assert_near("", "");
	assert_near("x", "");
	assert_near("frobnicate", "");
	assert_near("jn", "");
	assert_near("yaml", "");
	assert_near("\xff\xfe\x01", "");
}

static void the_beginning_of_a_word_is_as_good_as_the_word(void **state)
{
	(void)state;
	assert_near("dest", " (did you mean 'destroy'?)");
	assert_near("stat", " (did you mean 'status' or 'start'?)");
	assert_near("ga", "");
}

static void at_most_two_are_said_the_nearest_first(void **state)
{
	struct near near = { .word = "abcdef" };
	autofree char *text = NULL;

	(void)state;
	near_offer(&near, "abcdXY", "third");
	near_offer(&near, "abcdeX", "second");
	near_offer(&near, "abXdYf", "third as well");
	near_offer(&near, "abcdef", "first");
	text = near_text(&near, "--");
	assert_string_equal(text, " (did you mean '--first' or '--second'?)");
}

static void words_of_any_length_can_be_compared(void **state)
{
	char at_bound[65], beyond[2000];
	struct near near = { .word = at_bound };

	(void)state;
	memset(at_bound, 'a', sizeof(at_bound));
	at_bound[64] = '\0';
	memset(beyond, 'a', sizeof(beyond));
	beyond[sizeof(beyond) - 1] = '\0';
	near_offer(&near, beyond, "longer");
	near_offer(&near, at_bound + 1, "shorter");
	assert_int_equal(near.n, 1);
	assert_string_equal(near.shown[0], "shorter");
	near = (struct near){ .word = beyond };
	near_offer(&near, at_bound, "x");
	assert_int_equal(near.n, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_slip_of_each_kind_is_seen),
		cmocka_unit_test(a_long_word_may_have_more_slips),
		cmocka_unit_test(what_is_like_none_gets_nothing),
		cmocka_unit_test(the_beginning_of_a_word_is_as_good_as_the_word),
		cmocka_unit_test(at_most_two_are_said_the_nearest_first),
		cmocka_unit_test(words_of_any_length_can_be_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
