/* SPDX-License-Identifier: Apache-2.0 */
/* Time as a parameter, so that tests need not wait. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/base.h"

struct clock {
	/* Milliseconds of a clock that never goes back; only differences mean anything. */
	int64_t (*now_ms)(void *arg);
	/* Waits; returns early when a signal asks us to stop (see cancel.h). */
	void (*sleep_ms)(void *arg, int64_t ms);
	void *arg;
};

extern const struct clock clock_real;

int64_t clock_now_ms(const struct clock *clock);
void clock_sleep_ms(const struct clock *clock, int64_t ms);

#endif
