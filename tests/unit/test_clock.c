/* SPDX-License-Identifier: Apache-2.0 */
/* The real clock. */
#include "script.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cancel.h"

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

static void a_wait_lasts_as_long_as_asked(void **state)
{
	int64_t before = clock_now_ms(&clock_real);

	(void)state;
	clock_sleep_ms(&clock_real, 30);
	assert_in_range(clock_now_ms(&clock_real) - before, 30, 5000);
}

static void no_time_is_no_wait(void **state)
{
	int64_t before = clock_now_ms(&clock_real);

	(void)state;
	clock_sleep_ms(&clock_real, 0);
	clock_sleep_ms(&clock_real, -5);
	assert_in_range(clock_now_ms(&clock_real) - before, 0, 1000);
}

static void a_request_to_stop_ends_the_wait(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0) {
		int64_t before = clock_now_ms(&clock_real);

		cancel_catch();
		raise(SIGTERM);
		clock_sleep_ms(&clock_real, 60000);
		_exit(clock_now_ms(&clock_real) - before < 30000 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static int64_t fixed_now(void *arg)
{
	return *(int64_t *)arg;
}

static void fixed_sleep(void *arg, int64_t ms)
{
	*(int64_t *)arg += ms;
}

static void any_clock_can_stand_in(void **state)
{
	int64_t now = 5;
	const struct clock clock = { fixed_now, fixed_sleep, &now };

	(void)state;
	clock_sleep_ms(&clock, 3600000);
	assert_int_equal(clock_now_ms(&clock), 3600005);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_never_goes_back),
		cmocka_unit_test(a_wait_lasts_as_long_as_asked),
		cmocka_unit_test(no_time_is_no_wait),
		cmocka_unit_test(a_request_to_stop_ends_the_wait),
		cmocka_unit_test(any_clock_can_stand_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
