/* SPDX-License-Identifier: Apache-2.0 */
/* Time as a parameter, so that tests need not wait. Waiting itself is the runner's pump() (proc.h). */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/base.h"

struct clock {
	/* Milliseconds of a clock that never goes back; only differences mean anything. */
	int64_t (*now_ms)(void *arg);
	void *arg;
};

extern const struct clock clock_real;

int64_t clock_now_ms(const struct clock *clock);

/* Milliseconds since 1970 as this host believes. Not to be waited by: it may jump. */
int64_t clock_wall_ms(void);
/* The time of day, UTC, to be shown: "2026-11-26T09:30:00.123Z". The caller frees. */
char *clock_timestamp(void);

#endif
