/* SPDX-License-Identifier: Apache-2.0 */
/* Control sequences that all terminals of today know. */
#include "cli/terminal.h"

struct winsize terminal_size(int fd)
{
	struct winsize size = { 0 };

	if (ioctl(fd, TIOCGWINSZ, &size) < 0)
		size = (struct winsize){ 0 };
	size.ws_col = size.ws_col ? size.ws_col : 80;
	size.ws_row = size.ws_row ? size.ws_row : 24;
	return size;
}

/* Rows beneath the cursor for so many lines, by scrolling; they stay unless the terminal shrinks. */
static void make_room(struct buf *bytes, struct terminal_area *area, size_t lines, const struct winsize *size)
{
	bool is_smaller = size->ws_col < area->size.ws_col || size->ws_row < area->size.ws_row;

	area->size = *size;
	if (lines <= area->rows && !is_smaller)
		return;
	for (size_t i = 1; i < lines; i++)
		buf_adds(bytes, "\n");
	if (lines > 1)
		buf_addf(bytes, "\033[%zuA", lines - 1);
	area->rows = lines;
}

/*
 * Lines do not wrap, so that a character that is wider than we think costs no row, and going down does not scroll:
 * tmux 3.3 tells of a new size a quarter of a second after it has it.
 */
void terminal_add_frame(struct buf *bytes, struct terminal_area *area, const char *frame, size_t lines,
			const struct winsize *size)
{
	make_room(bytes, area, lines, size);
	buf_adds(bytes, "\r\0337\033[?7l");
	for (;;) {
		size_t len = strcspn(frame, "\n");
		bool is_last = frame[len] == '\0';

		buf_addf(bytes, "%s%.*s", is_last ? "\033[J" : "", (int)len, frame);
		if (is_last)
			break;
		buf_adds(bytes, "\r\033[B");
		frame += len + 1;
	}
	buf_adds(bytes, "\033[?7h\0338");
}
