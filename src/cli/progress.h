/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command tells on stderr while it works, how it ends, and the -v trace, in one of three looks: a
 * terminal on which steps are ticked and something moves, plain lines, or JSON objects, one a line
 * (openshell-gateway(1), PROGRESS).
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "base/clock.h"
#include "base/error.h"
#include "gateway/gateway.h"
#include "gateway/settings.h"

enum progress_mode {
	PROGRESS_AUTO, /* as a terminal where stderr is one that can be drawn on, else plain */
	PROGRESS_PLAIN,
	PROGRESS_JSON,
};

/* The look of all that follows; time counts from here on. quiet: warnings and errors only. */
void progress_choose(enum progress_mode mode, bool quiet, const struct clock *clock);

/* What operations are given, until progress_close(). */
const struct progress *progress_open(const struct settings *settings);

/* Somebody reads along: neither quiet nor JSON. */
bool progress_may_ask(void);

/* A good end: "✓ text (12.3 s)" on a terminal. */
void progress_success(const char *fmt, ...) PRINTF(1, 2);

/* The command has ended, badly where err is not NULL: nothing moves any more, and a step that is still at work has
 * failed. */
void progress_close(const struct error *err);

/* The last word, after stdout: the error, or the exit status (which only JSON tells). */
void progress_error(const struct error *err);
void progress_status(int status);

#endif
