/* SPDX-License-Identifier: Apache-2.0 */
#include "base/child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"

/* How long output is still read after the child has ended: a grandchild may hold the pipe open. */
#define DRAIN_MS 50
/* How often, after that, more is read while there is something: it may never stop writing. */
#define DRAIN_ROUNDS 16

void child_free(struct proc *proc)
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

struct proc *child_start(struct proc_spec *spec, const struct spawn_ends *ends, struct error **err)
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
		child_free(proc);
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

nfds_t child_poll_set(const struct proc *proc, struct pollfd *fds)
{
	fds[0] = (struct pollfd){ proc->child.in, POLLOUT, 0 };
	fds[1] = (struct pollfd){ proc->child.out, POLLIN, 0 };
	fds[2] = (struct pollfd){ proc->child.err, POLLIN, 0 };
	fds[3] = (struct pollfd){ proc->reaped ? -1 : proc->child.pidfd, POLLIN, 0 };
	return CHILD_FDS;
}

void child_serve(struct proc *proc, const struct pollfd *fds)
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
int64_t child_wait_ms(const struct proc *proc, int64_t ms)
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

int64_t child_tick(int64_t ms)
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

void child_drain(struct proc *proc)
{
	int64_t until = clock_now_ms(&clock_real) + DRAIN_MS;
	int late_rounds = 0;
	struct pollfd fds[CHILD_FDS];

	close_descriptor(&proc->child.in);
	proc->child.in = -1;
	while (!all_read(proc) && late_rounds < DRAIN_ROUNDS) {
		int64_t left = until - clock_now_ms(&clock_real);
		int ready = poll(fds, child_poll_set(proc, fds), left > 0 ? (int)left : 0);

		late_rounds += left <= 0;
		if (ready == 0)
			return;
		if (ready > 0)
			child_serve(proc, fds);
	}
}

void child_end(struct proc *proc)
{
	int64_t until = clock_now_ms(&clock_real) + PROC_GRACE_MS;
	bool was_running = !proc->reaped;
	struct pollfd fds[CHILD_FDS];

	signal_child(proc, SIGTERM);
	while (!proc->reaped) {
		int64_t left = until - clock_now_ms(&clock_real);

		if (left <= 0) {
			signal_child(proc, SIGKILL);
			reap(proc, 0);
			break;
		}
		poll(fds, child_poll_set(proc, fds), (int)child_tick(child_wait_ms(proc, left)));
		child_serve(proc, fds);
	}
	/* the number is not given away while the group has members; without any this finds nobody */
	if (was_running && proc->own_group)
		kill(-proc->child.pid, SIGKILL);
}
