/* SPDX-License-Identifier: Apache-2.0 */
/* Starting a child: PATH, environment, pipes, fork, exec. The only place that forks; see proc.h. */
#ifndef BASE_SPAWN_H
#define BASE_SPAWN_H

#include <sys/types.h>

#include "base/base.h"
#include "base/error.h"
#include "base/proc.h"

struct spawned {
	pid_t pid;
	int pidfd;        /* becomes readable when the child ends; -1 on Linux before 5.3 */
	int in, out, err; /* our ends of its streams, non-blocking; -1 where there is no pipe */
};
#define SPAWNED_INIT { .pid = -1, .pidfd = -1, .in = -1, .out = -1, .err = -1 }

/* Descriptors that become the child's stdin and stdout in the place of what its spec says; -1: none. The caller
 * closes them. */
struct spawn_ends {
	int in, out;
};
#define SPAWN_ENDS_NONE { -1, -1 }

/* ERROR_UNREACHABLE when the program is not on PATH; a failing exec is an error here, not an exit status. */
int spawn_child(const struct proc_spec *spec, const struct spawn_ends *ends, struct spawned *child,
		struct error **err) MUST_CHECK;

/* A pipe whose ends no child inherits and that can be its stdin or stdout. */
int spawn_pipe(int ends[2]) MUST_CHECK;

/* The child is in our process group, so that what is typed at our terminal reaches it. */
bool spawn_shares_group(const struct proc_spec *spec);

/* Closes our ends; the child itself is the caller's to reap. */
void spawned_release(struct spawned *child);

/* The absolute path of a program on PATH, or NULL. The caller frees. */
char *spawn_find(const char *program);

#endif
