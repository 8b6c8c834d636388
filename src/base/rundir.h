/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A private directory for as long as this process needs it: sockets and the like. It is locked, so that the next
 * process that makes one knows those whose owners were killed, and removes them.
 */
#ifndef BASE_RUNDIR_H
#define BASE_RUNDIR_H

#include "base/base.h"
#include "base/error.h"

struct rundir {
	char *path; /* NULL: there is none */
	int fd;     /* holds the lock */
};
#define RUNDIR_INIT { NULL, -1 }

/* What rundir_make() adds to parent and prefix: "/" and ".XXXXXX". */
#define RUNDIR_ADDS 8

/* Makes parent/PREFIX.XXXXXX (0700), after those of that prefix whose owners are gone were removed. The parent is made,
 * too, and must be ours alone. */
int rundir_make(struct rundir *dir, const char *parent, const char *prefix, struct error **err) MUST_CHECK;

/* Removes it with the plain files and sockets in it; nothing when there is none. */
void rundir_release(struct rundir *dir);

#endif
