/* SPDX-License-Identifier: Apache-2.0 */
/* What joins two children where the bytes go through us: never more of them than one read gives. For proc.c. */
#ifndef BASE_RELAY_H
#define BASE_RELAY_H

#include <poll.h>

#include "base/proc.h"

struct relay {
	struct proc_relay by;
	int in, out;      /* our ends, non-blocking; -1: closed, or there is none */
	struct buf ready; /* to be written */
};
#define RELAY_NONE { .in = -1, .out = -1 }

/* Closes both ends; nothing is passed on any more. */
void relay_release(struct relay *relay);

/* What is to be polled for it: RELAY_FDS descriptors, whose number is returned. relay_serve() takes the results. */
#define RELAY_FDS 2
nfds_t relay_poll_set(const struct relay *relay, struct pollfd *fds);
/* Moves data; the second end is closed when all of the first one's has passed. */
void relay_serve(struct relay *relay, const struct pollfd *fds);

#endif
