/* SPDX-License-Identifier: Apache-2.0 */
/* The real clock. */
#include "script.h"

static void time_never_goes_back(void **state)
{
	int64_t last = clock_now_ms(&clock_real);

	(void)state;
	assert_true(last > 0);
	for (int i = 0; i < 10000; i++) {
		int64_t now = clock_now_ms(&clock_real);

		assert_true(now >= last);
		last = now;
	}
}

static int64_t fixed_now(void *arg)
{
	return *(int64_t *)arg;
}

static void any_clock_can_stand_in(void **state)
{
	int64_t now = 5;
	const struct clock clock = { fixed_now, &now };

	(void)state;
	assert_int_equal(clock_now_ms(&clock), 5);
	now += 3600000;
	assert_int_equal(clock_now_ms(&clock), 3600005);
}

static void the_wall_clock_counts_from_1970(void **state)
{
	int64_t now = clock_wall_ms();

	(void)state;
	assert_true(now > 1700000000000); /* 2023 */
	assert_true(now < 4102444800000); /* 2100 */
}

static void the_time_of_day_is_told_in_utc_to_the_millisecond(void **state)
{
	autofree char *now = clock_timestamp();

	(void)state;
	assert_int_equal(strlen(now), strlen("2026-11-26T09:30:00.123Z"));
	assert_true(script_matches("20*-*-*T*:*:*.*Z", now));
	for (size_t i = 0; now[i] != '\0'; i++)
		assert_non_null(strchr("0123456789-T:.Z", now[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_never_goes_back),
		cmocka_unit_test(any_clock_can_stand_in),
		cmocka_unit_test(the_time_of_day_is_told_in_utc_to_the_millisecond),
		cmocka_unit_test(the_wall_clock_counts_from_1970),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
