/* SPDX-License-Identifier: Apache-2.0 */
/* Child processes. Knows nothing of docker or any other program. */
#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/log.h"
#include "base/spawn.h"

/* How long output is still read after the child has ended: a grandchild may hold the pipe open. */
#define DRAIN_MS 50
/* How often, after that, more is read while there is something: it may never stop writing. */
#define DRAIN_ROUNDS 16

struct stream {
	int *fd; /* in proc->child; -1: closed */
	const struct proc_output *output;
	struct buf *kept; /* captured bytes or the tail, or NULL */
	struct buf line;  /* the unfinished line */
	bool keep_tail;
};

struct proc {
	struct spawned child;
	bool own_group, reaped, delivered;
	struct proc_output out_spec, err_spec;
	struct stream out, err;
	const char *input;
	size_t input_left;
	struct proc_result result;
};

static void free_proc(struct proc *proc)
{
	spawned_release(&proc->child);
	buf_release(&proc->out.line);
	buf_release(&proc->err.line);
	proc_result_release(&proc->result);
	free(proc);
}

static void trace(const struct proc_spec *spec)
{
	autofree char *shown = NULL;

	if (!log_enabled())
		return;
	shown = argv_quote(&spec->argv);
	log_debug("run: %s", shown);
}

static const struct spawn_ends no_ends = SPAWN_ENDS_NONE;

static struct proc *start(struct proc_spec *spec, const struct spawn_ends *ends, struct error **err)
{
	struct proc *proc = xcalloc(1, sizeof(*proc));

	trace(spec);
	*proc = (struct proc){
		.child = SPAWNED_INIT,
		.own_group = !spawn_shares_group(spec),
		.out_spec = spec->out,
		.err_spec = spec->err,
		.input = spec->input,
		.input_left = spec->input_len ? spec->input_len : spec->input ? strlen(spec->input) : 0,
		.result = PROC_RESULT_INIT,
	};
	proc->out = (struct stream){ .fd = &proc->child.out, .output = &proc->out_spec };
	proc->err = (struct stream){ .fd = &proc->child.err, .output = &proc->err_spec, .keep_tail = true };
	proc->out.kept = spec->out.how == PROC_CAPTURE ? &proc->result.out : NULL;
	proc->err.kept = &proc->result.err;
	if (spawn_child(spec, ends, &proc->child, err) < 0) {
		free_proc(proc);
		return NULL;
	}
	return proc;
}

static void signal_child(struct proc *proc, int sig)
{
	if (proc->reaped)
		return;
	if (!proc->own_group || kill(-proc->child.pid, sig) < 0)
		kill(proc->child.pid, sig);
}

/* ------------------------------------------------------------------ moving data */

static void emit_line(const struct proc_output *output, const char *line, size_t len)
{
	if (len > 0 && line[len - 1] == '\r')
		len--;
	output->line(output->arg, line, len);
}

/* Takes whole lines out of text; a line that does not end in PROC_LINE_MAX bytes is cut there. */
static bool take_lines(const struct proc_output *output, struct buf *text, bool at_end)
{
	bool any = false;
	size_t start_of_line = 0;

	for (size_t i = 0; i < text->len; i++) {
		bool newline = text->data[i] == '\n';

		if (!newline && i - start_of_line + 1 < PROC_LINE_MAX)
			continue;
		emit_line(output, text->data + start_of_line, i - start_of_line + !newline);
		start_of_line = i + 1;
		any = true;
	}
	buf_drop(text, start_of_line);
	if (at_end && text->len > 0) {
		emit_line(output, text->data, text->len);
		buf_drop(text, text->len);
		any = true;
	}
	return any;
}

void proc_feed_lines(const struct proc_output *output, const char *text)
{
	AUTO(buf) bytes = BUF_INIT;

	buf_adds(&bytes, text);
	take_lines(output, &bytes, true);
}

static void keep(struct proc *proc, struct stream *stream, const char *bytes, size_t len)
{
	size_t max = stream->keep_tail ? PROC_ERR_MAX : PROC_OUT_MAX;

	if (stream->kept == NULL)
		return;
	if (!stream->keep_tail && stream->kept->len + len > max) {
		proc->result.overflow = true;
		len = max - stream->kept->len;
	}
	buf_add(stream->kept, bytes, len);
	if (stream->kept->len > max)
		buf_drop(stream->kept, stream->kept->len - max);
}

/* Reads what is there, at most 64 KiB, so that the timeout is looked at now and then. */
static void read_stream(struct proc *proc, struct stream *stream)
{
	char bytes[16 * 1024];

	for (int round = 0; round < 4 && *stream->fd >= 0; round++) {
		ssize_t got = read(*stream->fd, bytes, sizeof(bytes));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return;
		if (got <= 0) {
			close(*stream->fd);
			*stream->fd = -1;
			if (stream->output->how == PROC_LINES)
				proc->delivered |= take_lines(stream->output, &stream->line, true);
			return;
		}
		keep(proc, stream, bytes, (size_t)got);
		if (stream->output->how == PROC_LINES) {
			buf_add(&stream->line, bytes, (size_t)got);
			proc->delivered |= take_lines(stream->output, &stream->line, false);
		}
	}
}

static void write_input(struct proc *proc)
{
	ssize_t put = write(proc->child.in, proc->input, proc->input_left);

	if (put > 0) {
		proc->input += put;
		proc->input_left -= (size_t)put;
	}
	/* EPIPE: it does not want the rest, which its exit status will explain */
	if (proc->input_left == 0 || (put < 0 && errno != EAGAIN && errno != EINTR)) {
		close(proc->child.in);
		proc->child.in = -1;
	}
}

static void reap(struct proc *proc, int options)
{
	int status;
	pid_t pid;

	if (proc->reaped)
		return;
	do
		pid = waitpid(proc->child.pid, &status, options);
	while (pid < 0 && errno == EINTR);
	if (pid == 0)
		return;
	proc->reaped = true;
	if (pid > 0 && WIFEXITED(status))
		proc->result.code = WEXITSTATUS(status);
	else if (pid > 0 && WIFSIGNALED(status))
		proc->result.sig = WTERMSIG(status);
}

static nfds_t poll_set(const struct proc *proc, struct pollfd *fds)
{
	fds[0] = (struct pollfd){ proc->child.in, POLLOUT, 0 };
	fds[1] = (struct pollfd){ proc->child.out, POLLIN, 0 };
	fds[2] = (struct pollfd){ proc->child.err, POLLIN, 0 };
	fds[3] = (struct pollfd){ proc->reaped ? -1 : proc->child.pidfd, POLLIN, 0 };
	return 4;
}

static void serve(struct proc *proc, const struct pollfd *fds)
{
	if (fds[0].revents != 0 && proc->child.in >= 0)
		write_input(proc);
	if (fds[1].revents != 0)
		read_stream(proc, &proc->out);
	if (fds[2].revents != 0)
		read_stream(proc, &proc->err);
	if (fds[3].revents != 0 || proc->child.pidfd < 0)
		reap(proc, WNOHANG);
}

static bool all_read(const struct proc *proc)
{
	return proc->child.out < 0 && proc->child.err < 0;
}

/* Without pidfd_open (Linux before 5.3, valgrind) the end of the child is looked for every 50 ms:
 * its streams do not tell, a grandchild may hold them open. */
static int64_t wait_ms(const struct proc *proc, int64_t ms)
{
	bool tick = proc->child.pidfd < 0 && !proc->reaped;

	return tick && (ms < 0 || ms > 50) ? 50 : ms;
}

static struct {
	void (*fn)(void *arg);
	void *arg;
	int64_t interval_ms, due_ms;
} ticker;

void proc_set_tick(void (*fn)(void *arg), void *arg, int64_t interval_ms)
{
	ticker.fn = fn;
	ticker.arg = arg;
	ticker.interval_ms = interval_ms;
	ticker.due_ms = clock_now_ms(&clock_real) + interval_ms;
}

/* Ticks when it is time to. Returns how long may be waited: until the next tick, at most ms (-1: any time). */
static int64_t tick(int64_t ms)
{
	int64_t now, left;

	if (ticker.fn == NULL)
		return ms;
	now = clock_now_ms(&clock_real);
	if (now >= ticker.due_ms) {
		ticker.due_ms = now + ticker.interval_ms;
		ticker.fn(ticker.arg);
	}
	left = ticker.due_ms - now;
	return ms >= 0 && ms < left ? ms : left;
}

/* What is in the pipes is read however late it is; then a while for what is still on its way. */
static void drain(struct proc *proc)
{
	int64_t until = clock_now_ms(&clock_real) + DRAIN_MS;
	int late_rounds = 0;
	struct pollfd fds[4];

	close_descriptor(&proc->child.in);
	proc->child.in = -1;
	while (!all_read(proc) && late_rounds < DRAIN_ROUNDS) {
		int64_t left = until - clock_now_ms(&clock_real);
		int ready = poll(fds, poll_set(proc, fds), left > 0 ? (int)left : 0);

		late_rounds += left <= 0;
		if (ready == 0)
			return;
		if (ready > 0)
			serve(proc, fds);
	}
}

/* TERM, a time of grace, KILL, reap; what is left of its group then gets KILL at once. */
static void end_child(struct proc *proc)
{
	int64_t until = clock_now_ms(&clock_real) + PROC_GRACE_MS;
	bool was_running = !proc->reaped;
	struct pollfd fds[4];

	signal_child(proc, SIGTERM);
	while (!proc->reaped) {
		int64_t left = until - clock_now_ms(&clock_real);

		if (left <= 0) {
			signal_child(proc, SIGKILL);
			reap(proc, 0);
			break;
		}
		poll(fds, poll_set(proc, fds), (int)tick(wait_ms(proc, left)));
		serve(proc, fds);
	}
	/* the number is not given away while the group has members; without any this finds nobody */
	if (was_running && proc->own_group)
		kill(-proc->child.pid, SIGKILL);
}

/* ------------------------------------------------------------------ the real runner */

/* Children that are run together: one, or two joined by a pipe. */
#define TOGETHER_MAX 2

static bool all_reaped(struct proc *const *procs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!procs[i]->reaped)
			return false;
	return true;
}

/* What joins two where the bytes go through us: never more of them than one read gives. */
struct relay {
	struct proc_relay by;
	int in, out;      /* our ends, non-blocking; -1: closed, or there is none */
	struct buf ready; /* to be written */
};
#define RELAY_NONE { .in = -1, .out = -1 }

static void shut(int *fd)
{
	close_descriptor(fd);
	*fd = -1;
}

static void relay_release(struct relay *relay)
{
	shut(&relay->in);
	shut(&relay->out);
	buf_release(&relay->ready);
}

static void relay_read(struct relay *relay)
{
	char bytes[64 * 1024];
	ssize_t got = read(relay->in, bytes, sizeof(bytes));

	if (got > 0)
		relay->by.pass(relay->by.arg, bytes, (size_t)got, &relay->ready);
	else if (got == 0 || (errno != EAGAIN && errno != EINTR))
		shut(&relay->in);
}

static void relay_write(struct relay *relay)
{
	ssize_t put = write(relay->out, buf_str(&relay->ready), relay->ready.len);

	if (put > 0)
		buf_drop(&relay->ready, (size_t)put);
	else if (put < 0 && errno != EAGAIN && errno != EINTR)
		relay_release(relay); /* as if the two had a pipe: the one that writes gets SIGPIPE */
}

static nfds_t relay_poll_set(const struct relay *relay, struct pollfd *fds)
{
	bool full = relay->ready.len > 0;

	fds[0] = (struct pollfd){ full ? -1 : relay->in, POLLIN, 0 };
	fds[1] = (struct pollfd){ full ? relay->out : -1, POLLOUT, 0 };
	return 2;
}

static void relay_serve(struct relay *relay, const struct pollfd *fds)
{
	if (fds[0].revents != 0)
		relay_read(relay);
	if (fds[1].revents != 0)
		relay_write(relay);
	if (relay->in < 0 && relay->ready.len == 0)
		shut(&relay->out);
}

static void serve_all(struct proc *const *procs, size_t count, struct relay *relay, int64_t ms)
{
	struct pollfd fds[TOGETHER_MAX * 4 + 2];
	nfds_t n = relay_poll_set(relay, fds);

	for (size_t i = 0; i < count; i++) {
		n += poll_set(procs[i], fds + n);
		ms = wait_ms(procs[i], ms);
	}
	if (cancel_poll(fds, n, tick(ms)) < 0)
		return;
	relay_serve(relay, fds);
	for (size_t i = 0; i < count; i++)
		serve(procs[i], fds + 2 + 4 * i);
}

static void end_all(struct proc *const *procs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!procs[i]->reaped)
			end_child(procs[i]);
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
	end_child(proc);
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
		drain(procs[i]);
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
	free_proc(proc);
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
	proc = start(spec, &no_ends, err);
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
		procs[0] = start(from, &(struct spawn_ends){ -1, first }, err);
		if (procs[0] != NULL)
			procs[1] = start(to, &(struct spawn_ends){ second, -1 }, err);
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
		end_child(procs[0]);
	relay_release(&relay);
	for (size_t i = 0; i < 2; i++)
		hand_over(procs[i], &results[i]);
	return rc;
}

static struct proc *real_start(void *arg, struct proc_spec *spec, struct error **err)
{
	(void)arg;
	return start(spec, &no_ends, err);
}

#define PUMP_MAX 4

static void real_pump(void *arg, struct proc *const *procs, size_t count, int64_t ms)
{
	int64_t until = clock_now_ms(&clock_real) + ms;
	struct pollfd fds[PUMP_MAX * 4];

	(void)arg;
	if (count > PUMP_MAX)
		count = PUMP_MAX;
	while (cancel_signal() == 0) {
		int64_t left = until - clock_now_ms(&clock_real);
		bool delivered = false;

		if (left <= 0)
			return;
		for (size_t i = 0; i < count * 4; i++)
			fds[i] = (struct pollfd){ -1, 0, 0 };
		for (size_t i = 0; i < count; i++)
			if (procs[i] != NULL)
				poll_set(procs[i], fds + 4 * i);
		if (cancel_poll(fds, count * 4, tick(left)) < 0)
			continue;
		for (size_t i = 0; i < count; i++) {
			if (procs[i] == NULL)
				continue;
			procs[i]->delivered = false;
			serve(procs[i], fds + 4 * i);
			delivered |= procs[i]->delivered;
		}
		if (delivered)
			return;
	}
}

static bool real_ended(void *arg, struct proc *proc)
{
	struct pollfd fds[4];

	(void)arg;
	if (poll(fds, poll_set(proc, fds), 0) >= 0)
		serve(proc, fds);
	if (proc->reaped)
		drain(proc);
	return proc->reaped;
}

static void real_stop(void *arg, struct proc *proc)
{
	(void)arg;
	if (proc == NULL)
		return;
	end_child(proc);
	drain(proc);
	free_proc(proc);
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
