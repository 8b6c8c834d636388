/* SPDX-License-Identifier: Apache-2.0 */
/* Child processes: one to its end, two joined by a pipe, or followers. Knows nothing of docker or any other program. */
#include "base/proc.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/child.h"
#include "base/relay.h"

static const struct spawn_ends no_ends = SPAWN_ENDS_NONE;

/* ------------------------------------------------------------------ waiting */

/* Children that are run together: one, or two joined by a pipe. */
#define TOGETHER_MAX 2

static bool all_reaped(struct proc *const *procs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!procs[i]->reaped)
			return false;
	return true;
}

static void serve_all(struct proc *const *procs, size_t count, struct relay *relay, int64_t ms)
{
	struct pollfd fds[TOGETHER_MAX * CHILD_FDS + RELAY_FDS];
	nfds_t n = relay_poll_set(relay, fds);

	for (size_t i = 0; i < count; i++) {
		n += child_poll_set(procs[i], fds + n);
		ms = child_wait_ms(procs[i], ms);
	}
	if (cancel_poll(fds, n, child_tick(ms)) < 0)
		return;
	relay_serve(relay, fds);
	for (size_t i = 0; i < count; i++)
		child_serve(procs[i], fds + RELAY_FDS + CHILD_FDS * i);
}

static void end_all(struct proc *const *procs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!procs[i]->reaped)
			child_end(procs[i]);
}

/* What `from` could not write because `to` did not want it is no failure of `from`. */
static bool from_failed(const struct proc_result *from)
{
	return from->code != 0 && from->sig != SIGPIPE && !from->cut_off;
}

static bool to_failed(const struct proc_result *to)
{
	return to->code != 0 && !to->cut_off;
}

static void cut_off(struct proc *proc)
{
	if (proc->reaped)
		return;
	proc->result.cut_off = true;
	child_end(proc);
}

static void end_partner(struct proc *from, struct proc *to)
{
	if (from->reaped && from_failed(&from->result))
		cut_off(to);
	if (to->reaped && to_failed(&to->result))
		cut_off(from);
}

/* spec: of the last one, whose output and time limit count. */
static int wait_for_end(struct proc *const *procs, size_t count, struct relay *relay, const struct proc_spec *spec,
			struct error **err)
{
	int64_t until = clock_now_ms(&clock_real) + spec->timeout_ms;
	struct proc_result *result = &procs[count - 1]->result;

	while (!all_reaped(procs, count)) {
		int64_t left = spec->timeout_ms ? until - clock_now_ms(&clock_real) : -1;

		if (spec->timeout_ms && left <= 0) {
			end_all(procs, count);
			result->timed_out = true;
			return error_set(err, ERROR_TIMEOUT, "%s did not end within %g s",
					 spec->purpose, (double)spec->timeout_ms / 1000);
		}
		/* of an interactive one only a hangup and SIGTERM: what is typed is ignored here meanwhile */
		if (cancel_check(err) < 0) {
			end_all(procs, count);
			return -1;
		}
		serve_all(procs, count, relay, left);
		if (result->overflow)
			end_all(procs, count);
		else if (count > 1)
			end_partner(procs[0], procs[1]);
	}
	for (size_t i = 0; i < count; i++)
		child_drain(procs[i]);
	/* what was typed may have ended it before we looked */
	if (!spec->interactive && !procs[count - 1]->own_group && cancel_check(err) < 0)
		return -1;
	if (result->overflow)
		return error_set(err, ERROR_SYSTEM, "%s printed more than %d MiB", spec->purpose, PROC_OUT_MAX >> 20);
	return 0;
}

/* Nothing for NULL. */
static void hand_over(struct proc *proc, struct proc_result *result)
{
	if (proc == NULL)
		return;
	proc_result_release(result);
	*result = proc->result;
	proc->result = (struct proc_result)PROC_RESULT_INIT;
	child_free(proc);
}

/* Ctrl-C is an interactive child's business, as in system(3): held from before there is a child until
 * we ignore it, so that it cannot end us in between. */
struct interrupts {
	sigset_t mask;
	struct sigaction on_int, on_quit;
};

static void interrupts_hold(struct interrupts *old)
{
	sigset_t both;

	sigemptyset(&both);
	sigaddset(&both, SIGINT);
	sigaddset(&both, SIGQUIT);
	sigprocmask(SIG_BLOCK, &both, &old->mask);
}

static void interrupts_ignore(struct interrupts *old)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGINT, &ignore, &old->on_int);
	sigaction(SIGQUIT, &ignore, &old->on_quit);
	sigprocmask(SIG_SETMASK, &old->mask, NULL);
}

static void interrupts_restore(const struct interrupts *old)
{
	sigaction(SIGINT, &old->on_int, NULL);
	sigaction(SIGQUIT, &old->on_quit, NULL);
}

static int real_run(void *arg, struct proc_spec *spec, struct proc_result *result, struct error **err)
{
	struct relay none = RELAY_NONE;
	struct interrupts old;
	struct proc *proc;
	int rc = -1;

	(void)arg;
	if (!spec->interactive && cancel_check(err) < 0)
		return -1;
	if (spec->interactive)
		interrupts_hold(&old);
	proc = child_start(spec, &no_ends, err);
	if (spec->interactive)
		interrupts_ignore(&old);
	if (proc != NULL)
		rc = wait_for_end(&proc, 1, &none, spec, err);
	if (spec->interactive)
		interrupts_restore(&old);
	hand_over(proc, result);
	return rc;
}

/* One pipe, or two with the relay between: what the first one writes to, and what the second one reads from. */
static int open_between(const struct proc_spec *from, struct relay *relay, int *first, int *second)
{
	int before[2] = { -1, -1 }, after[2] = { -1, -1 };

	if (spawn_pipe(before) < 0)
		return -1;
	*first = before[1];
	*second = before[0];
	if (from->relay.pass == NULL)
		return 0;
	relay->by = from->relay;
	relay->in = before[0];
	*second = -1;
	if (spawn_pipe(after) < 0)
		return -1;
	relay->out = after[1];
	*second = after[0];
	fcntl(relay->in, F_SETFL, O_NONBLOCK);
	fcntl(relay->out, F_SETFL, O_NONBLOCK);
	return 0;
}

/* Our copies of the children's ends are closed when both have theirs, or nobody would see the pipe's end. */
static int start_pair(struct proc_spec *from, struct proc_spec *to, struct proc *procs[2], struct relay *relay,
		      struct error **err)
{
	int first = -1, second = -1;

	if (open_between(from, relay, &first, &second) == 0) {
		procs[0] = child_start(from, &(struct spawn_ends){ -1, first }, err);
		if (procs[0] != NULL)
			procs[1] = child_start(to, &(struct spawn_ends){ second, -1 }, err);
	} else {
		error_errno(err, "cannot open a pipe for %s", from->purpose);
	}
	close_descriptor(&first);
	close_descriptor(&second);
	return procs[1] == NULL ? -1 : 0;
}

static int real_pipe(void *arg, struct proc_spec *from, struct proc_spec *to, struct proc_result results[2],
		     struct error **err)
{
	struct proc *procs[2] = { NULL, NULL };
	struct relay relay = RELAY_NONE;
	int rc = -1;

	(void)arg;
	if (cancel_check(err) < 0)
		return -1;
	if (start_pair(from, to, procs, &relay, err) == 0)
		rc = wait_for_end(procs, 2, &relay, to, err);
	else if (procs[0] != NULL)
		child_end(procs[0]);
	relay_release(&relay);
	for (size_t i = 0; i < 2; i++)
		hand_over(procs[i], &results[i]);
	return rc;
}

static struct proc *real_start(void *arg, struct proc_spec *spec, struct error **err)
{
	(void)arg;
	return child_start(spec, &no_ends, err);
}

#define PUMP_MAX 4

static void real_pump(void *arg, struct proc *const *procs, size_t count, int64_t ms)
{
	int64_t until = clock_now_ms(&clock_real) + ms;
	struct pollfd fds[PUMP_MAX * CHILD_FDS];

	(void)arg;
	if (count > PUMP_MAX)
		count = PUMP_MAX;
	while (cancel_signal() == 0) {
		int64_t left = until - clock_now_ms(&clock_real);
		bool delivered = false;

		if (left <= 0)
			return;
		for (size_t i = 0; i < count * CHILD_FDS; i++)
			fds[i] = (struct pollfd){ -1, 0, 0 };
		for (size_t i = 0; i < count; i++)
			if (procs[i] != NULL)
				child_poll_set(procs[i], fds + CHILD_FDS * i);
		if (cancel_poll(fds, count * CHILD_FDS, child_tick(left)) < 0)
			continue;
		for (size_t i = 0; i < count; i++) {
			if (procs[i] == NULL)
				continue;
			procs[i]->delivered = false;
			child_serve(procs[i], fds + CHILD_FDS * i);
			delivered |= procs[i]->delivered;
		}
		if (delivered)
			return;
	}
}

static bool real_ended(void *arg, struct proc *proc)
{
	struct pollfd fds[CHILD_FDS];

	(void)arg;
	if (poll(fds, child_poll_set(proc, fds), 0) >= 0)
		child_serve(proc, fds);
	if (proc->reaped)
		child_drain(proc);
	return proc->reaped;
}

static void real_stop(void *arg, struct proc *proc)
{
	(void)arg;
	if (proc == NULL)
		return;
	child_end(proc);
	child_drain(proc);
	child_free(proc);
}

const struct runner runner_real = { real_run, real_pipe, real_start, real_pump, real_ended, real_stop, NULL };

/* ------------------------------------------------------------------ a pair, for callers */

/* Both are told where both failed by themselves: either may be the cause. */
static int pair_error(const char *from, const char *to, const struct proc_result results[2], struct error **err)
{
	autofree char *text = proc_result_failure(from, &results[0]);

	if (!to_failed(&results[1]))
		return from_failed(&results[0]) ? error_set(err, ERROR_SYSTEM, "%s", text) : 0;
	proc_result_error(to, &results[1], err);
	return from_failed(&results[0]) ? error_wrap(err, "%s", text) : -1;
}

int runner_pipe(const struct runner *runner, struct proc_spec *from, struct proc_spec *to, struct error **err)
{
	struct proc_result results[2] = { PROC_RESULT_INIT, PROC_RESULT_INIT };
	int rc = runner->pipe(runner->arg, from, to, results, err);

	if (rc == 0)
		rc = pair_error(from->purpose, to->purpose, results, err);
	proc_result_release(&results[0]);
	proc_result_release(&results[1]);
	return rc;
}
