/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Child processes, one or a pair: start, feed, drain, time out, reap.
 *
 * A child runs in a process group of its own (except one that has our terminal: an interactive one, one that
 * may ask there, or PROC_STDERR), is told to end when we die, has no descriptor of ours but 0 to 2, and its PATH
 * look-up happens before the fork, so that "not found" is an ordinary result. A timeout or a request
 * to stop (cancel.h) sends TERM to the group and KILL after PROC_GRACE_MS.
 */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include "base/argv.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"

#define PROC_GRACE_MS 2000
#define PROC_OUT_MAX (4 * 1024 * 1024)
#define PROC_ERR_MAX (16 * 1024)
#define PROC_LINE_MAX (16 * 1024)

/* What becomes of an output of the child. The zero value throws it away. */
enum proc_stream {
	PROC_NULL,    /* /dev/null */
	PROC_CAPTURE, /* into proc_result: stdout keeps the first bytes, stderr the last */
	PROC_LINES,   /* to a callback, line by line without the newline; stderr also keeps its tail */
	PROC_INHERIT, /* ours */
	PROC_STDERR,  /* our stderr: it draws on our terminal, and Ctrl-C and Ctrl-Z there are for both of us */
};

typedef void proc_line_fn(void *arg, const char *line, size_t len);

struct proc_output {
	enum proc_stream how;
	proc_line_fn *line;
	void *arg;
};

/* Of two that are joined: gets what the first one writes, and adds what the second one is to read to onward. */
typedef void proc_relay_fn(void *arg, const char *bytes, size_t len, struct buf *onward);

struct proc_relay {
	proc_relay_fn *pass; /* NULL: a pipe of the kernel joins them, of which no byte passes through us */
	void *arg;
};

struct proc_spec {
	const char *purpose;  /* what it is for, for errors: "docker pull" */
	struct argv argv;     /* argv[0] is looked up on PATH */
	struct argv env;      /* "K=V" sets, "K" unsets, in the child only; never shown anywhere */
	const char *input;    /* given on stdin; NULL: /dev/null */
	size_t input_len;     /* its bytes; 0: it is a string */
	bool changes;         /* it changes something: a dry run tells it and does not run it */
	bool interactive;     /* all three streams are ours, Ctrl-C is the child's business */
	bool err_is_out;      /* interactive: its stderr goes to our stdout, too */
	bool asks;            /* it may ask at /dev/tty; what is typed there to end us, and a hangup, is not for it */
	struct proc_output out, err;
	struct proc_relay relay; /* of the first one of a pair */
	int64_t timeout_ms;   /* 0: none; say why where it is set */
};
#define PROC_SPEC_INIT(what) { .purpose = (what), .argv = ARGV_INIT, .env = ARGV_INIT }

struct proc_result {
	int code;       /* exit status; -1 when a signal ended it */
	int sig;        /* that signal, or 0 */
	bool timed_out; /* we ended it for the time it took */
	bool overflow;  /* stdout had more than PROC_OUT_MAX bytes */
	bool cut_off;   /* we ended it because its partner in a pipe had failed */
	struct buf out, err;
};
#define PROC_RESULT_INIT { .code = -1 }

/* A running child. */
struct proc;

/* Where commands go: main passes runner_real, unit tests a script. */
struct runner {
	/* Runs to the end. -1 when it could not be run (ERROR_UNREACHABLE when the program is not
	 * on PATH), timed out (ERROR_TIMEOUT), flooded us or was cancelled; else the exit status is data. */
	int (*run)(void *arg, struct proc_spec *spec, struct proc_result *result, struct error **err);
	/* Runs two to their ends, the stdout of `from` being the stdin of `to`, by way of its relay if it has one.
	 * When one fails, the other is ended (cut_off); but a `from` that SIGPIPE ended leaves the verdict to
	 * `to`. The time limit is that of `to`. -1 as above; else both statuses are data. */
	int (*pipe)(void *arg, struct proc_spec *from, struct proc_spec *to, struct proc_result results[2],
		    struct error **err);
	/* Starts a follower whose lines go to the callbacks while pump() waits. */
	struct proc *(*start)(void *arg, struct proc_spec *spec, struct error **err);
	/* Moves data of the followers (NULL entries are skipped, four at most) until something was
	 * delivered, ms have passed or a stop was asked for. */
	void (*pump)(void *arg, struct proc *const *procs, size_t count, int64_t ms);
	/* Whether a follower has ended by itself; all that it said was delivered then. */
	bool (*ended)(void *arg, struct proc *proc);
	/* Ends and frees a follower; nothing for NULL. */
	void (*stop)(void *arg, struct proc *proc);
	void *arg;
};

extern const struct runner runner_real;

int runner_run(const struct runner *runner, struct proc_spec *spec, struct proc_result *result,
	       struct error **err) MUST_CHECK;

/* Also -1 when the child failed: "PURPOSE failed (exit 1): last lines of stderr". */
int runner_check(const struct runner *runner, struct proc_spec *spec, struct proc_result *result,
		 struct error **err) MUST_CHECK;

/* Runs `from | to`. Also -1 when one of them failed, as of runner_check(); that `to` did not read all is
 * no failure. */
int runner_pipe(const struct runner *runner, struct proc_spec *from, struct proc_spec *to,
		struct error **err) MUST_CHECK;

struct proc *runner_start(const struct runner *runner, struct proc_spec *spec, struct error **err) MUST_CHECK;
void runner_pump(const struct runner *runner, struct proc *const *procs, size_t count, int64_t ms);
bool runner_ended(const struct runner *runner, struct proc *proc);
void runner_stop(const struct runner *runner, struct proc *proc);

/* "exit 3", "killed by signal 9 (Killed)". The caller frees. */
char *proc_result_words(const struct proc_result *result);

/* "docker start failed (exit 1): last lines of stderr". The caller frees. */
char *proc_result_failure(const char *purpose, const struct proc_result *result);

/* Sets the error that runner_check() makes of a failed child. Always -1. */
int proc_result_error(const char *purpose, const struct proc_result *result, struct error **err);

/* For scripted runners: splits text into lines as a real child's output is. */
void proc_feed_lines(const struct proc_output *output, const char *text);

/* While we wait for children, fn(arg) is called every interval_ms, for what is to move on a terminal. It must be
 * quick and run no child. Nothing else changes: not how long a wait lasts, nor what ends it. NULL: no more. */
void proc_set_tick(void (*fn)(void *arg), void *arg, int64_t interval_ms);

void proc_spec_release(struct proc_spec *spec);
void proc_result_release(struct proc_result *result);

#endif
