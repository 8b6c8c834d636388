/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to stop. */
#include "base/cancel.h"

#include <time.h>

static volatile sig_atomic_t requested;
static bool catching;
static sigset_t waiting_mask;

static const int stop_signals[] = { SIGINT, SIGTERM, SIGHUP };

static void on_signal(int sig)
{
	requested = sig;
}

void cancel_catch(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t blocked;

	if (catching)
		return;
	sigemptyset(&blocked);
	for (size_t i = 0; i < ARRAY_LEN(stop_signals); i++) {
		struct sigaction old;

		/* nohup and `&` of a plain shell ask that a signal be ignored: respect it */
		sigaction(stop_signals[i], NULL, &old);
		if (old.sa_handler == SIG_IGN)
			continue;
		sigaction(stop_signals[i], &action, NULL);
		sigaddset(&blocked, stop_signals[i]);
	}
	sigprocmask(SIG_BLOCK, &blocked, &waiting_mask);
	catching = true;
}

int cancel_signal(void)
{
	sigset_t pending;

	if (catching && requested == 0 && sigpending(&pending) == 0)
		for (size_t i = 0; i < ARRAY_LEN(stop_signals); i++)
			if (sigismember(&pending, stop_signals[i]) == 1) {
				cancel_poll(NULL, 0, 0);
				break;
			}
	return requested;
}

void cancel_forget(void)
{
	requested = 0;
}

int cancel_poll(struct pollfd *fds, nfds_t count, int64_t timeout_ms)
{
	struct timespec timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000000 };

	return ppoll(fds, count, timeout_ms < 0 ? NULL : &timeout, catching ? &waiting_mask : NULL);
}

void cancel_reset_child(void)
{
	if (!catching)
		return;
	for (size_t i = 0; i < ARRAY_LEN(stop_signals); i++) {
		struct sigaction old;

		sigaction(stop_signals[i], NULL, &old);
		if (old.sa_handler != SIG_IGN)
			signal(stop_signals[i], SIG_DFL);
	}
	sigprocmask(SIG_SETMASK, &waiting_mask, NULL);
}

int cancel_check(struct error **err)
{
	int sig = cancel_signal();

	if (sig == 0)
		return 0;
	error_set(err, ERROR_CANCELLED, "stopped by %s",
		  sig == SIGINT ? "Ctrl-C (SIGINT)" : sig == SIGTERM ? "SIGTERM" : "SIGHUP");
	(*err)->exit_code = 128 + sig;
	return -1;
}

void cancel_request(int sig)
{
	requested = sig;
}
