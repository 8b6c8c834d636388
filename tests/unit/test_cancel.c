/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to stop. Catching cannot be undone, so each test that catches does so in a child. */
#include "script.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cancel.h"

/* The status of a child that runs the function: its exit status, or 128 + signal. */
static int in_child(int (*function)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(function());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int uncaught(void)
{
	raise(SIGTERM);
	return 0;
}

static void before_catching_a_signal_ends_the_process(void **state)
{
	(void)state;
	assert_int_equal(in_child(uncaught), 128 + SIGTERM);
}

static int caught(int sig)
{
	autoerror struct error *err = NULL;

	cancel_catch();
	cancel_catch();
	if (cancel_signal() != 0 || cancel_check(&err) != 0 || err != NULL)
		return 10;
	raise(sig);
	if (cancel_signal() != sig || cancel_check(&err) != -1 || err->kind != ERROR_CANCELLED)
		return 11;
	return error_exit_code(err);
}

static int caught_int(void)
{
	return caught(SIGINT);
}

static int caught_term(void)
{
	return caught(SIGTERM);
}

static int caught_hup(void)
{
	return caught(SIGHUP);
}

static void each_signal_is_a_request_with_its_own_exit_code(void **state)
{
	(void)state;
	assert_int_equal(in_child(caught_int), 128 + SIGINT);
	assert_int_equal(in_child(caught_term), 128 + SIGTERM);
	assert_int_equal(in_child(caught_hup), 128 + SIGHUP);
}

static int ignored(void)
{
	signal(SIGHUP, SIG_IGN);
	cancel_catch();
	raise(SIGHUP);
	return cancel_signal();
}

static void a_signal_that_was_ignored_stays_ignored(void **state)
{
	(void)state;
	assert_int_equal(in_child(ignored), 0);
}

static int forgotten(void)
{
	cancel_catch();
	raise(SIGINT);
	if (cancel_signal() != SIGINT)
		return 1;
	cancel_forget();
	if (cancel_signal() != 0)
		return 2;
	raise(SIGTERM);
	return cancel_signal() == SIGTERM ? 0 : 3;
}

static void a_forgotten_request_can_come_again(void **state)
{
	(void)state;
	assert_int_equal(in_child(forgotten), 0);
}

static int interrupted_wait(void)
{
	pid_t parent = getpid();

	cancel_catch();
	if (fork() == 0) {
		usleep(20000);
		kill(parent, SIGTERM);
		_exit(0);
	}
	if (cancel_poll(NULL, 0, 10000) != -1 || errno != EINTR)
		return 1;
	return cancel_signal() == SIGTERM ? 0 : 2;
}

static void waiting_ends_when_the_signal_comes(void **state)
{
	(void)state;
	assert_int_equal(in_child(interrupted_wait), 0);
}

/* Between looking and waiting nothing is lost: the signal stays pending until the wait. */
static int pending_before_wait(void)
{
	cancel_catch();
	raise(SIGINT);
	return cancel_poll(NULL, 0, 10000) == -1 && errno == EINTR ? 0 : 1;
}

static void a_signal_before_the_wait_ends_it_at_once(void **state)
{
	(void)state;
	assert_int_equal(in_child(pending_before_wait), 0);
}

static int reset_for_a_child(void)
{
	cancel_catch();
	cancel_reset_child();
	raise(SIGINT);
	return 0;
}

static void a_reset_child_ends_by_the_signal(void **state)
{
	(void)state;
	assert_int_equal(in_child(reset_for_a_child), 128 + SIGINT);
}

static int reset_keeps_ignored(void)
{
	signal(SIGINT, SIG_IGN);
	cancel_catch();
	cancel_reset_child();
	raise(SIGINT);
	return 7;
}

static void a_reset_child_keeps_what_was_ignored(void **state)
{
	(void)state;
	assert_int_equal(in_child(reset_keeps_ignored), 7);
}

static void a_wait_without_a_signal_times_out(void **state)
{
	(void)state;
	assert_int_equal(cancel_poll(NULL, 0, 1), 0);
}

static void a_test_can_ask_to_stop(void **state)
{
	struct error *err = NULL;

	(void)state;
	cancel_request(SIGINT);
	assert_int_equal(cancel_signal(), SIGINT);
	assert_int_equal(cancel_check(&err), -1);
	assert_error(&err, ERROR_CANCELLED, "Ctrl-C");
	cancel_forget();
	assert_int_equal(cancel_check(&err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_catching_a_signal_ends_the_process),
		cmocka_unit_test(each_signal_is_a_request_with_its_own_exit_code),
		cmocka_unit_test(a_signal_that_was_ignored_stays_ignored),
		cmocka_unit_test(a_forgotten_request_can_come_again),
		cmocka_unit_test(waiting_ends_when_the_signal_comes),
		cmocka_unit_test(a_signal_before_the_wait_ends_it_at_once),
		cmocka_unit_test(a_reset_child_ends_by_the_signal),
		cmocka_unit_test(a_reset_child_keeps_what_was_ignored),
		cmocka_unit_test(a_wait_without_a_signal_times_out),
		cmocka_unit_test(a_test_can_ask_to_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
