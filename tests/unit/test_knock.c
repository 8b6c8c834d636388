/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many endpoints at once, on real sockets of the loopback. Names are looked up in tests/cli/list.sh only: glibc's threads
 * outlive it by a second, in which valgrind takes what they have for lost.
 */
#include "script.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/knock.h"

static int64_t fake_ms;

static int64_t fake_now(void *arg)
{
	(void)arg;
	return fake_ms;
}

static const struct clock fake_clock = { fake_now, NULL };

static void finish(struct knocks *knocks)
{
	for (int i = 0; i < 2000 && knocks_step(knocks, 10); i++)
		continue;
	assert_false(knocks_step(knocks, 0));
}

static void who_listens_answers_and_who_does_not_is_silent(void **state)
{
	AUTO(knocks) knocks = { .clock = &clock_real };
	int port;
	autoclose int listener = listen_on_loopback(AF_INET, &port);

	(void)state;
	assert_true(listener >= 0);
	knocks_add(&knocks, "127.0.0.1", port);
	knocks_add(&knocks, "127.0.0.1", 1);
	finish(&knocks);
	assert_int_equal(knocks.v[0].state, KNOCK_ANSWERED);
	assert_int_equal(knocks.v[1].state, KNOCK_SILENT);
}

static void more_than_may_be_open_take_turns(void **state)
{
	AUTO(knocks) knocks = { .clock = &clock_real };
	int port;
	autoclose int listener = listen_on_loopback(AF_INET, &port);

	(void)state;
	assert_true(listener >= 0);
	for (size_t i = 0; i < 3 * KNOCK_MAX; i++)
		knocks_add(&knocks, "127.0.0.1", i + 1 == 3 * KNOCK_MAX ? port : 1);
	finish(&knocks);
	for (size_t i = 0; i < knocks.n; i++)
		assert_int_equal(knocks.v[i].state, i + 1 == knocks.n ? KNOCK_ANSWERED : KNOCK_SILENT);
}

/* A listener that takes nobody in: when its queue is full, no answer comes. */
static void the_dead_are_given_up_after_a_while(void **state)
{
	AUTO(knocks) knocks = { .clock = &fake_clock };
	int port;
	autoclose int listener = listen_on_loopback(AF_INET, &port);

	(void)state;
	assert_true(listener >= 0);
	fake_ms = 1000;
	for (size_t i = 0; i < 10; i++)
		knocks_add(&knocks, "127.0.0.1", port);
	for (size_t i = 0; i < 10; i++)
		knocks_step(&knocks, 10);
	assert_int_equal(knocks.v[0].state, KNOCK_ANSWERED);
	assert_int_equal(knocks.v[9].state, KNOCK_CONNECT);
	fake_ms += KNOCK_MS - 1;
	knocks_step(&knocks, 0);
	assert_int_equal(knocks.v[9].state, KNOCK_CONNECT);
	fake_ms += 1;
	knocks_step(&knocks, 0);
	assert_int_equal(knocks.v[9].state, KNOCK_SILENT);
	assert_int_equal(knocks.v[9].fd, -1);
	assert_false(knocks_step(&knocks, 0));
}

static void nobody_to_ask_is_no_work(void **state)
{
	AUTO(knocks) knocks = { .clock = &clock_real };

	(void)state;
	assert_false(knocks_step(&knocks, 1000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_listens_answers_and_who_does_not_is_silent),
		cmocka_unit_test(more_than_may_be_open_take_turns),
		cmocka_unit_test(the_dead_are_given_up_after_a_while),
		cmocka_unit_test(nobody_to_ask_is_no_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
