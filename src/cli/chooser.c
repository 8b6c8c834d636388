/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, rows, lines. */
#include "cli/chooser.h"

#include <assert.h>
#include <stdlib.h>

#include "base/log.h"
#include "cli/frame.h"

#define ESC '\033'
#define MARKS 4 /* columns before a row: the pointer and the choice's own mark */

/* ------------------------------------------------------------------ keys */

static const struct {
	const char *bytes; /* after the escape character and [ or O */
	enum key_code code;
} sequences[] = {
	{ "A", KEY_UP },       { "B", KEY_DOWN },      { "H", KEY_HOME }, { "F", KEY_END },  { "1~", KEY_HOME },
	{ "7~", KEY_HOME },    { "4~", KEY_END },      { "8~", KEY_END }, { "5~", KEY_PAGE_UP }, { "6~", KEY_PAGE_DOWN },
};

static const struct {
	char byte;
	enum key_code code;
} controls[] = {
	{ '\r', KEY_ENTER }, { '\n', KEY_ENTER },  { 'C' - '@', KEY_CANCEL }, { 'D' - '@', KEY_CANCEL },
	{ 0x7f, KEY_RUBOUT }, { '\b', KEY_RUBOUT }, { 'U' - '@', KEY_CLEAR },  { 'P' - '@', KEY_UP },
	{ 'N' - '@', KEY_DOWN },
};

/* What begins with an escape character: parameters and then one byte from @ on, as ECMA-48 has them. */
static size_t read_sequence(const char *bytes, size_t len, bool is_all, struct key *key)
{
	size_t end = 2;

	if (len == 1 && !is_all)
		return 0;
	if (len == 1 || (bytes[1] != '[' && bytes[1] != 'O')) {
		key->code = KEY_ESCAPE;
		return 1;
	}
	while (end < len && bytes[end] >= 0x20 && bytes[end] < 0x40)
		end++;
	if (end == len)
		return is_all ? len : 0;
	for (size_t i = 0; i < ARRAY_LEN(sequences); i++)
		if (strlen(sequences[i].bytes) == end - 1 && memcmp(sequences[i].bytes, bytes + 2, end - 1) == 0)
			key->code = sequences[i].code;
	return end + 1;
}

size_t key_read(const char *bytes, size_t len, bool is_all, struct key *key)
{
	*key = (struct key){ .code = KEY_NONE };
	if (*bytes == ESC)
		return read_sequence(bytes, len, is_all, key);
	for (size_t i = 0; i < ARRAY_LEN(controls); i++)
		if (*bytes == controls[i].byte)
			key->code = controls[i].code;
	if (*bytes >= 0x20 && *bytes < 0x7f)
		*key = (struct key){ KEY_CHARACTER, *bytes };
	return 1;
}

/* ------------------------------------------------------------------ what a key does */

static bool is_shown(const struct chooser *chooser, size_t row)
{
	const char *const *cells = chooser->table->cells + row * chooser->table->columns;
	const char *filter = buf_str(&chooser->filter);

	return strcasestr(cells[0], filter) != NULL || strcasestr(cells[1], filter) != NULL;
}

/* Points to that row, where the filter leaves it, else to the first. */
static void filter_rows(struct chooser *chooser, size_t row)
{
	chooser->count = chooser->at = 0;
	for (size_t i = 0; i < chooser->table->rows; i++) {
		if (!is_shown(chooser, i))
			continue;
		if (i == row)
			chooser->at = chooser->count;
		chooser->shown[chooser->count++] = i;
	}
}

void chooser_open(struct chooser *chooser, const struct choice *choices, struct table *table, size_t first)
{
	*chooser = (struct chooser){ .choices = choices, .table = table, .page = 1 };
	chooser->shown = xcalloc(table->rows, sizeof(*chooser->shown));
	filter_rows(chooser, first);
}

void chooser_release(struct chooser *chooser)
{
	free(chooser->shown);
	buf_release(&chooser->filter);
	*chooser = (struct chooser){ 0 };
}

size_t chooser_row(const struct chooser *chooser)
{
	assert(chooser->at < chooser->count);
	return chooser->shown[chooser->at];
}

static void change_filter(struct chooser *chooser, bool is_filtering)
{
	size_t row = chooser->count > 0 ? chooser_row(chooser) : 0;

	chooser->is_filtering = is_filtering;
	filter_rows(chooser, row);
}

static void clear_filter(struct chooser *chooser)
{
	buf_drop(&chooser->filter, chooser->filter.len);
	change_filter(chooser, false);
}

/* As far as there are rows. */
static void move(struct chooser *chooser, bool down, size_t rows)
{
	size_t below = chooser->count > 0 ? chooser->count - 1 - chooser->at : 0;

	if (down)
		chooser->at += rows < below ? rows : below;
	else
		chooser->at -= rows < chooser->at ? rows : chooser->at;
}

static void press_character(struct chooser *chooser, char c)
{
	if (!chooser->is_filtering && (c == 'j' || c == 'k')) {
		move(chooser, c == 'j', 1);
	} else if (!chooser->is_filtering && c == 'q') {
		chooser->end = CHOOSER_LEFT;
	} else {
		if (chooser->is_filtering || c != '/')
			buf_add(&chooser->filter, &c, 1);
		change_filter(chooser, true);
	}
}

static void rub_out(struct chooser *chooser)
{
	if (chooser->filter.len == 0) {
		change_filter(chooser, false);
		return;
	}
	chooser->filter.data[--chooser->filter.len] = '\0';
	change_filter(chooser, true);
}

static void choose_row(struct chooser *chooser)
{
	if (chooser->count == 0)
		return;
	if (chooser->choices[chooser_row(chooser)].refusal != NULL)
		chooser->is_refused = true;
	else
		chooser->end = CHOOSER_CHOSEN;
}

void chooser_press(struct chooser *chooser, struct key key)
{
	chooser->is_refused = false;
	switch (key.code) {
	case KEY_NONE:
		break;
	case KEY_UP:
	case KEY_DOWN:
		move(chooser, key.code == KEY_DOWN, 1);
		break;
	case KEY_PAGE_UP:
	case KEY_PAGE_DOWN:
		move(chooser, key.code == KEY_PAGE_DOWN, chooser->page);
		break;
	case KEY_HOME:
	case KEY_END:
		move(chooser, key.code == KEY_END, chooser->count);
		break;
	case KEY_ENTER:
		choose_row(chooser);
		break;
	case KEY_ESCAPE:
		if (chooser->is_filtering)
			clear_filter(chooser);
		else
			chooser->end = CHOOSER_LEFT;
		break;
	case KEY_CANCEL:
		chooser->end = CHOOSER_LEFT;
		break;
	case KEY_RUBOUT:
		rub_out(chooser);
		break;
	case KEY_CLEAR:
		clear_filter(chooser);
		break;
	case KEY_CHARACTER:
		press_character(chooser, key.character);
		break;
	}
}

/* ------------------------------------------------------------------ how it looks */

struct screen {
	struct buf *frame;
	size_t width, lines;
	bool coloured;
};

/* A line, cut to the width. */
static void add_line(struct screen *screen, const char *colour, const char *text)
{
	bool is_cut = frame_columns(text) > screen->width;
	size_t len = is_cut ? frame_fitting(text, screen->width - 1) : strlen(text);
	bool coloured = screen->coloured && *colour != '\0';

	buf_adds(screen->frame, screen->lines++ > 0 ? "\n\033[K" : "\033[K");
	if (coloured)
		buf_adds(screen->frame, colour);
	buf_add(screen->frame, text, len);
	if (is_cut)
		buf_adds(screen->frame, "…");
	if (coloured)
		buf_adds(screen->frame, "\033[0m");
}

static void add_title(struct screen *screen, const struct chooser *chooser)
{
	AUTO(buf) title = BUF_INIT;

	buf_adds(&title, "Select a gateway");
	if (chooser->is_filtering)
		buf_addf(&title, ": %s_  (%zu of %zu)", buf_str(&chooser->filter), chooser->count, chooser->table->rows);
	add_line(screen, "\033[1m", buf_str(&title));
}

static void add_header(struct screen *screen, const struct chooser *chooser)
{
	AUTO(buf) line = BUF_INIT;

	buf_addf(&line, "%*s", MARKS, "");
	table_add_row(&line, chooser->table, chooser->table->headers);
	add_line(screen, "\033[2m", buf_str(&line));
}

static void add_choice(struct screen *screen, const struct chooser *chooser, size_t at)
{
	size_t row = chooser->shown[at];
	const struct choice *choice = &chooser->choices[row];
	AUTO(buf) line = BUF_INIT;

	buf_addf(&line, "%s%s", at == chooser->at ? "> " : "  ", choice->mark);
	table_add_row(&line, chooser->table, chooser->table->cells + row * chooser->table->columns);
	add_line(screen, at == chooser->at ? "\033[36m" : choice->colour, buf_str(&line));
}

static void add_rows(struct screen *screen, struct chooser *chooser, size_t room)
{
	size_t last_top = chooser->count > room ? chooser->count - room : 0;

	chooser->page = room;
	if (chooser->at < chooser->top)
		chooser->top = chooser->at;
	if (chooser->at >= chooser->top + room)
		chooser->top = chooser->at - room + 1;
	if (chooser->top > last_top)
		chooser->top = last_top;
	if (chooser->count == 0)
		add_line(screen, "", "    no gateway has that in its name or endpoint");
	for (size_t i = chooser->top; i < chooser->count && i < chooser->top + room; i++)
		add_choice(screen, chooser, i);
}

static void add_footer(struct screen *screen, const struct chooser *chooser)
{
	if (chooser->is_refused) {
		const char *refusal = chooser->choices[chooser_row(chooser)].refusal;
		autofree char *safe = log_safe_text(refusal, strlen(refusal));

		add_line(screen, "\033[31m", safe);
	} else if (chooser->is_filtering) {
		add_line(screen, "\033[2m", "arrows move, Enter selects, Esc shows all");
	} else {
		add_line(screen, "\033[2m", "arrows, j and k move, Enter selects, Esc leaves, other keys filter");
	}
}

size_t chooser_frame(struct buf *frame, struct chooser *chooser, size_t width, size_t height, bool coloured)
{
	struct screen screen = { frame, width, 0, coloured };
	/* what has no room is left out: first the footer, then the headers, then the title */
	bool has_title = height >= 2, has_header = height >= 3, has_footer = height >= 4;

	table_measure(chooser->table, width > MARKS ? width - MARKS : 1);
	if (has_title)
		add_title(&screen, chooser);
	if (has_header)
		add_header(&screen, chooser);
	add_rows(&screen, chooser, height - (size_t)(has_title + has_header + has_footer));
	if (has_footer)
		add_footer(&screen, chooser);
	return screen.lines;
}
