/* SPDX-License-Identifier: Apache-2.0 */
/* The -v trace on stderr. Control bytes are escaped, secrets never get here (see proc.h). */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/base.h"

/* 0: nothing (default). 1: each child with its arguments, each change of state. */
void log_set_level(int level);
bool log_enabled(void);

/* Where the lines go, without "openshell: debug: ", instead of stderr; NULL: there again. For a terminal on which
 * something is drawn, and for output that only programs read. */
void log_set_sink(void (*sink)(const char *line));

/* One line "openshell: debug: ..." when the level is at least 1. */
void log_debug(const char *fmt, ...) PRINTF(1, 2);

/* Text of other programs made safe for a terminal: printable UTF-8 and tab stay, the rest is
 * escaped as vis(3) does. The caller frees. */
char *log_safe_text(const char *text, size_t len);

/* Whether log_safe_text() would change nothing. */
bool log_is_safe(const char *text);

#endif
