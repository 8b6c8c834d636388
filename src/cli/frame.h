/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The moving part of a terminal as text: a line for the step at work and, beneath it, a panel with the
 * newest lines of a log. Pure: what is on the terminal is progress.c's business.
 */
#ifndef CLI_FRAME_H
#define CLI_FRAME_H

#include "base/base.h"
#include "base/buf.h"

#define FRAME_LOG_LINES 15

/* What is to be seen. Texts are those of log_safe_text(). */
struct view {
	const char *step;       /* NULL: none is at work, so there is only the panel */
	int64_t elapsed_ms;     /* of the step */
	const char *detail;     /* how far it is, or NULL */
	const char *const *log; /* oldest first; none: no panel */
	size_t log_count;
	unsigned spin;          /* which picture of the spinner */
	bool colour;
};

/*
 * Adds the lines for a terminal of this size, with newlines between them; each clears its row first, and none
 * is wider. Log lines that have no room are left out, the oldest first, and then the panel. Returns how many
 * lines there are.
 */
size_t frame_make(struct buf *frame, const struct view *view, size_t width, size_t height);

/* The columns that a text takes on a terminal. */
size_t frame_columns(const char *text);

/* How many bytes of a text have room in so many columns. */
size_t frame_fitting(const char *text, size_t columns);

/* "1.2 s", "2 min 5 s"; the caller frees. */
char *frame_duration(int64_t ms);

#endif
