/* SPDX-License-Identifier: Apache-2.0 */
/* Lines for a terminal, cut to its width. */
#include "cli/frame.h"

#include <locale.h>
#include <stdlib.h>
#include <wchar.h>

#define CLEAR_ROW "\033[K"
#define CYAN "\033[36m"
#define DIM "\033[2m"
#define PLAIN "\033[0m"

#define LOG_LABEL " gateway log "

/* ------------------------------------------------------------------ columns */

/* The code point at text and its length in bytes. */
static wchar_t code_point(const char *text, size_t *len)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t wanted = bytes[0] < 0xc0 ? 1 : bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;
	wchar_t code = wanted == 1 ? bytes[0] : bytes[0] & (0x7f >> wanted);

	for (*len = 1; *len < wanted && (bytes[*len] & 0xc0) == 0x80; ++*len)
		code = (code << 6) | (bytes[*len] & 0x3f);
	return code;
}

/* As the C library has it in its UTF-8 locale, whatever the user's is; without that one each takes one column. */
static size_t code_columns(wchar_t code)
{
	static locale_t utf8;
	static bool is_known;
	locale_t ours;
	int columns;

	if (code < 0x80)
		return 1;
	if (!is_known)
		utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	is_known = true;
	if (utf8 == (locale_t)0)
		return 1;
	ours = uselocale(utf8);
	columns = wcwidth(code);
	uselocale(ours);
	return columns < 0 ? 1 : (size_t)columns;
}

static bool is_ascii(const char *text, size_t len)
{
	unsigned char any = 0;

	for (size_t i = 0; i < len; i++)
		any |= (unsigned char)text[i];
	return any < 0x80;
}

size_t frame_columns(const char *text)
{
	size_t columns = 0, len = strlen(text);

	if (is_ascii(text, len))
		return len;
	for (; *text != '\0'; text += len)
		columns += code_columns(code_point(text, &len));
	return columns;
}

size_t frame_fitting(const char *text, size_t columns)
{
	size_t taken = 0, len;
	const char *at = text;

	for (; *at != '\0'; at += len) {
		taken += code_columns(code_point(at, &len));
		if (taken > columns)
			break;
	}
	return (size_t)(at - text);
}

/* ------------------------------------------------------------------ lines */

char *frame_duration(int64_t ms)
{
	if (ms < 60000)
		return xasprintf("%.1f s", (double)ms / 1000);
	return xasprintf("%d min %d s", (int)(ms / 60000), (int)(ms / 1000 % 60));
}

/* A line in the making. */
struct line {
	struct buf *out;
	size_t left; /* columns */
	bool colour;
};

static struct line begin_line(struct buf *frame, const struct view *view, size_t width)
{
	buf_adds(frame, frame->len > 0 ? "\n" CLEAR_ROW : CLEAR_ROW);
	return (struct line){ frame, width, view->colour };
}

static void put_bytes(struct line *line, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf_add(line->out, text[i] == '\t' ? " " : text + i, 1);
}

/* As much of the text as there is room for; an ellipsis stands for the rest. */
static void put(struct line *line, const char *colour, const char *text)
{
	size_t columns = frame_columns(text);
	bool coloured = line->colour && *colour != '\0';

	if (line->left == 0 || *text == '\0')
		return;
	if (coloured)
		buf_adds(line->out, colour);
	if (columns <= line->left) {
		put_bytes(line, text, strlen(text));
		line->left -= columns;
	} else {
		put_bytes(line, text, frame_fitting(text, line->left - 1));
		buf_adds(line->out, "…");
		line->left = 0;
	}
	if (coloured)
		buf_adds(line->out, PLAIN);
}

static void add_step(struct buf *frame, const struct view *view, size_t width)
{
	static const char *const pictures[] = { "⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏" };
	struct line line = begin_line(frame, view, width);
	autofree char *duration = frame_duration(view->elapsed_ms);
	autofree char *step = xasprintf(" %s ", view->step);
	autofree char *detail = view->detail ? xasprintf(" (%s)", view->detail) : xstrdup("");

	put(&line, CYAN, pictures[view->spin % ARRAY_LEN(pictures)]);
	put(&line, "", step);
	put(&line, DIM, duration);
	put(&line, DIM, detail);
}

static void add_rule(struct buf *frame, const struct view *view, size_t width, const char *label)
{
	struct line line = begin_line(frame, view, width);
	AUTO(buf) rule = BUF_INIT;
	size_t dashes;

	if (frame_columns(label) > width)
		label = "";
	dashes = width - frame_columns(label);
	for (size_t i = 0; i < dashes; i++) {
		if (i == dashes / 2)
			buf_adds(&rule, label);
		buf_adds(&rule, "─");
	}
	put(&line, CYAN, buf_str(&rule));
}

static void add_log(struct buf *frame, const struct view *view, size_t width, size_t count)
{
	add_rule(frame, view, width, LOG_LABEL);
	for (size_t i = view->log_count - count; i < view->log_count; i++) {
		struct line line = begin_line(frame, view, width);

		put(&line, DIM, view->log[i]);
	}
	add_rule(frame, view, width, "");
}

size_t frame_make(struct buf *frame, const struct view *view, size_t width, size_t height)
{
	size_t step_lines = view->step != NULL, rules = 2, room = 0;

	if (height < step_lines)
		return 0;
	if (view->step != NULL)
		add_step(frame, view, width);
	if (height > step_lines + rules)
		room = height - step_lines - rules;
	if (room > FRAME_LOG_LINES)
		room = FRAME_LOG_LINES;
	if (room > view->log_count)
		room = view->log_count;
	if (room == 0)
		return step_lines;
	add_log(frame, view, width, room);
	return step_lines + rules + room;
}
