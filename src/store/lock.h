/* SPDX-License-Identifier: Apache-2.0 */
/* One command at a time changes a gateway, or what is said of all of them. The kernel releases the lock when we die. */
#ifndef STORE_LOCK_H
#define STORE_LOCK_H

#include "base/base.h"
#include "base/clock.h"
#include "base/error.h"
#include "store/paths.h"

struct lock {
	int fd;
};
#define LOCK_INIT { -1 }

/* what: the command, shown to whom the lock keeps out. ERROR_CONFLICT names the holder. */
int lock_take(struct lock *lock, const struct paths *paths, const char *name, const char *what,
	      struct error **err) MUST_CHECK;
/* As lock_take(), but looks again until wait_ms have passed or a stop was asked for. */
int lock_wait(struct lock *lock, const struct paths *paths, const char *name, const char *what,
	      const struct clock *clock, int64_t wait_ms, struct error **err) MUST_CHECK;
/* The lock of the configuration, for what concerns more than one gateway: which of them is active. It is held for
 * moments, and so waited for. Makes the directory that it is of. ERROR_CONFLICT when somebody keeps it. */
int lock_configuration(struct lock *lock, const struct paths *paths, struct error **err) MUST_CHECK;
void lock_release(struct lock *lock);

#endif
