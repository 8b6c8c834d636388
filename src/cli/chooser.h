/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list from which one row is chosen by keys: what a key does, and how it looks. Pure: terminal and signals are
 * choose.c's business.
 *
 * Up, Down, k, j, Ctrl-P, Ctrl-N, PageUp, PageDown, Home and End move; Enter chooses; Esc and q leave. Any other
 * letter, digit or sign, or a slash, begins a filter of the rows. While there is one, every character belongs to it, j, k
 * and q too; Backspace takes the last one away, and Esc or Ctrl-U all of them.
 */
#ifndef CLI_CHOOSER_H
#define CLI_CHOOSER_H

#include "base/base.h"
#include "base/buf.h"
#include "cli/table.h"

enum key_code {
	KEY_NONE, /* one that means nothing here */
	KEY_UP,
	KEY_DOWN,
	KEY_PAGE_UP,
	KEY_PAGE_DOWN,
	KEY_HOME,
	KEY_END,
	KEY_ENTER,
	KEY_ESCAPE,
	KEY_CANCEL, /* leaves at once, filter or not */
	KEY_RUBOUT,
	KEY_CLEAR,
	KEY_CHARACTER,
};

struct key {
	enum key_code code;
	char character;
};

/* Reads one key from what a terminal sent: how many bytes it is, or 0 when more may belong to it. is_all: nothing more
 * comes. len is not 0. */
size_t key_read(const char *bytes, size_t len, bool is_all, struct key *key);

struct choice {
	const char *mark;    /* two columns before the row */
	const char *refusal; /* why it cannot be chosen, or NULL */
	const char *colour;  /* a sequence, or "" */
};

enum chooser_end { CHOOSER_OPEN, CHOOSER_CHOSEN, CHOOSER_LEFT };

struct chooser {
	const struct choice *choices;
	struct table *table;  /* a row for each; the first two columns are filtered by */
	size_t *shown;        /* rows that the filter leaves */
	size_t count;         /* of these */
	size_t at, top, page; /* the row pointed to, the first on the screen, how many have room: of the shown ones */
	struct buf filter;
	bool is_filtering, is_refused;
	enum chooser_end end;
};

/* first: the row pointed to. Choices and table are borrowed; there is at least one. */
void chooser_open(struct chooser *chooser, const struct choice *choices, struct table *table, size_t first);
void chooser_release(struct chooser *chooser);

void chooser_press(struct chooser *chooser, struct key key);

/* The row that is pointed to; only while the filter leaves one. */
size_t chooser_row(const struct chooser *chooser);

/* Adds the lines for a terminal of this size, as frame_make() does, and returns how many there are. */
size_t chooser_frame(struct buf *frame, struct chooser *chooser, size_t width, size_t height, bool coloured);

#endif
