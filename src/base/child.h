/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One child process while it runs: its data, its signals and its end. For proc.c, which runs one or two to their ends or
 * keeps them as followers.
 */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include <poll.h>

#include "base/proc.h"
#include "base/spawn.h"

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

/* Starts it; NULL as of runner.run(). */
struct proc *child_start(struct proc_spec *spec, const struct spawn_ends *ends, struct error **err) MUST_CHECK;
/* Frees what is kept of one that has been reaped. */
void child_free(struct proc *proc);

/* What is to be polled for it: CHILD_FDS descriptors, whose number is returned. child_serve() takes the results. */
#define CHILD_FDS 4
nfds_t child_poll_set(const struct proc *proc, struct pollfd *fds);
/* Moves data, and reaps it when it has ended. */
void child_serve(struct proc *proc, const struct pollfd *fds);

/* How long poll() may wait for this child: at most ms (-1: any time). */
int64_t child_wait_ms(const struct proc *proc, int64_t ms);
/* Ticks when it is time to (proc_set_tick). Returns how long may be waited until the next tick: at most ms (-1: any
 * time). */
int64_t child_tick(int64_t ms);

/* Reads what is still in the pipes of one that has been reaped: however late it is, and a moment for what is on its
 * way. */
void child_drain(struct proc *proc);
/* TERM, a time of grace, KILL, and reaps it; what is left of its group then gets KILL at once. */
void child_end(struct proc *proc);

#endif
