/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A dry run: what a command would do, as text for a POSIX shell that does the same. Looks are run; changes are told.
 * What docker is told stands there word for word; what the program does itself (files, waits) is put into shell.
 * No secret is part of it: a command that needs one says which variable must hold it.
 */
#ifndef GATEWAY_DRYRUN_H
#define GATEWAY_DRYRUN_H

#include "base/argv.h"
#include "base/base.h"
#include "base/proc.h"

struct dryrun {
	struct runner runner;     /* for docker: runs what changes nothing, tells the rest */
	const struct runner *real;
	const char *docker_host;  /* DOCKER_HOST of this host's docker, or NULL */
	void (*tell)(void *arg, const char *text); /* one line or more, without the last newline */
	void *arg;
};

/* dryrun must stay where it is: its runner points to it. */
void dryrun_init(struct dryrun *dryrun, const struct runner *real, void (*tell)(void *arg, const char *text), void *arg);

void dryrun_tell(const struct dryrun *dryrun, const char *fmt, ...) PRINTF(2, 3);

/* Until docker says that the container is healthy; gives up with 7, and with 8 when it ended. */
void dryrun_wait_healthy(const struct dryrun *dryrun, const char *container, int64_t timeout_ms, int64_t interval_ms);

/* Nodes that are not ready, but never `current`. */
void dryrun_clean_nodes(const struct dryrun *dryrun, const char *container, const char *current);

/* Until containerd answers in the container. */
void dryrun_wait_containerd(const struct dryrun *dryrun, const char *container);

/* Restarts a workload KIND/NAME. wait: waits for it to be there, and to be ready again; else when it is there. */
void dryrun_restart_workload(const struct dryrun *dryrun, const char *container, const char *space,
			     const char *workload, bool wait);

/* The keys of a secret as files of a directory, which takes the place of what is there. */
void dryrun_fetch_secret(const struct dryrun *dryrun, const char *container, const char *space, const char *secret,
			 const char *const *keys, size_t count, const char *dir);

/* A file with this text, and the directories above it. */
void dryrun_write(const struct dryrun *dryrun, const char *path, const char *text);

/* A copy of a file, and the directories above it. */
void dryrun_copy(const struct dryrun *dryrun, const char *from, const char *to);

/* Files into a directory of the container, which belong to root there. */
void dryrun_unpack(const struct dryrun *dryrun, const struct argv *files, const char *container, const char *dir);

/* Files and directories with all that is in them, where they exist. */
void dryrun_remove(const struct dryrun *dryrun, const char *const *paths, size_t count);

#endif
