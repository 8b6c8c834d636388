/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SIGINT, SIGTERM and SIGHUP as a request to stop: commands that make things catch them, so that
 * what is half made can be taken back. The signals stay blocked except while we wait in
 * cancel_poll(); there is no window in which one could be lost.
 */
#ifndef BASE_CANCEL_H
#define BASE_CANCEL_H

#include <poll.h>
#include <signal.h>

#include "base/base.h"
#include "base/error.h"

/* From here on the three signals are caught; before it they end the process as usual. */
void cancel_catch(void);

/* The signal that asked us to stop, or 0. */
int cancel_signal(void);

/* Forgets the request, so that cleaning up can run; a further signal sets it again. */
void cancel_forget(void);

/* poll(2) in which the caught signals are let in: returns -1 with EINTR then. */
int cancel_poll(struct pollfd *fds, nfds_t count, int64_t timeout_ms);

/* Puts the signal mask and handlers of a child back to what they were before cancel_catch(). */
void cancel_reset_child(void);

/* ERROR_CANCELLED with exit code 128 + signal when a stop was asked for; else 0. */
int cancel_check(struct error **err);

/* For tests: acts as if the signal had come. */
void cancel_request(int sig);

#endif
