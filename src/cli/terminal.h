/* SPDX-License-Identifier: Apache-2.0 */
/* What a terminal is told to show several lines at a place, and again at that place. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <sys/ioctl.h>

#include "base/base.h"
#include "base/buf.h"

/* From the cursor on, all is cleared. */
#define TERMINAL_CLEAR_BELOW "\r\033[J"

/* 80 columns and 24 rows where the descriptor does not tell. */
struct winsize terminal_size(int fd);

/* The rows from the cursor on that were made sure of. */
struct terminal_area {
	size_t rows;
	struct winsize size; /* the terminal's then */
};

/*
 * Adds what draws a frame (lines with newlines between, none wider than the terminal) from the cursor on, and takes the
 * cursor back to where it was: when a terminal changes its size and wraps the frame's lines, that place moves with them,
 * and what is beneath it is ours to clear, however many rows it has become. So nothing need be known of what was drawn
 * before, or at what size.
 */
void terminal_add_frame(struct buf *bytes, struct terminal_area *area, const char *frame, size_t lines,
			const struct winsize *size);

#endif
