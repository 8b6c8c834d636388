/* SPDX-License-Identifier: Apache-2.0 */
/* The real clock. */
#include "base/clock.h"

#include <time.h>

static int64_t read_ms(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t real_now_ms(void *arg)
{
	(void)arg;
	return read_ms(CLOCK_MONOTONIC);
}

const struct clock clock_real = { real_now_ms, NULL };

int64_t clock_now_ms(const struct clock *clock)
{
	return clock->now_ms(clock->arg);
}

int64_t clock_wall_ms(void)
{
	return read_ms(CLOCK_REALTIME);
}

char *clock_timestamp(void)
{
	int64_t now_ms = clock_wall_ms();
	time_t seconds = (time_t)(now_ms / 1000);
	struct tm utc;

	gmtime_r(&seconds, &utc);
	return xasprintf("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
			 utc.tm_hour, utc.tm_min, utc.tm_sec, (int)(now_ms % 1000));
}
