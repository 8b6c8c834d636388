/* SPDX-License-Identifier: Apache-2.0 */
/* The -v trace, and text of others made safe to show. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <vis.h>

#include "base/buf.h"
#include "base/word.h"

static int log_level;
static void (*log_sink)(const char *line);

void log_set_level(int level)
{
	log_level = level;
}

void log_set_sink(void (*sink)(const char *line))
{
	log_sink = sink;
}

bool log_enabled(void)
{
	return log_level > 0;
}

void log_debug(const char *fmt, ...)
{
	autofree char *line = NULL;
	autofree char *safe = NULL;
	va_list ap;

	if (!log_enabled())
		return;
	va_start(ap, fmt);
	if (vasprintf(&line, fmt, ap) < 0)
		line = NULL;
	va_end(ap);
	if (line == NULL)
		return;
	safe = log_safe_text(line, strlen(line));
	if (log_sink != NULL)
		log_sink(safe);
	else
		fprintf(stderr, "openshell: debug: %s\n", safe);
}

/* Line ends and what turns the direction of writing: text after it could look like ours. */
static bool misleads(const unsigned char *text)
{
	if (text[0] == 0xd8)
		return text[1] == 0x9c;
	return text[0] == 0xe2 && ((text[1] == 0x80 && text[2] >= 0xa8 && text[2] <= 0xae) ||
				   (text[1] == 0x80 && (text[2] == 0x8e || text[2] == 0x8f)) ||
				   (text[1] == 0x81 && text[2] >= 0xa6 && text[2] <= 0xa9));
}

/* The length of a well-formed UTF-8 sequence (RFC 3629) of printable kind at text, or 0. */
static size_t utf8_len(const unsigned char *text, size_t left)
{
	static const struct {
		unsigned char first, low, high; /* the second byte is not free after these */
	} narrow[] = { { 0xe0, 0xa0, 0xbf }, { 0xed, 0x80, 0x9f }, { 0xf0, 0x90, 0xbf }, { 0xf4, 0x80, 0x8f } };
	size_t len = text[0] >= 0xf0 && text[0] < 0xf5 ? 4 : text[0] >= 0xe0 ? 3 : 2;

	if (text[0] < 0xc2 || text[0] >= 0xf5 || len > left)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	for (size_t i = 0; i < ARRAY_LEN(narrow); i++)
		if (text[0] == narrow[i].first && (text[1] < narrow[i].low || text[1] > narrow[i].high))
			return 0;
	if (text[0] == 0xc2 && text[1] < 0xa0) /* C1 control characters */
		return 0;
	return misleads(text) ? 0 : len;
}

/* Nothing but printable ASCII. */
static bool is_plain_word(uint64_t word)
{
	return ((word & WORD_OF(0x80)) | word_below(word, 0x20) | word_equal(word, 0x7f)) == 0;
}

/* How many bytes from text on may be shown as they are. */
static size_t safe_len(const char *text, size_t len)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t i = 0, run = 1;

	while (i < len && run > 0) {
		if (len - i >= WORD_BYTES && is_plain_word(word_at(text + i)))
			run = WORD_BYTES;
		else if ((bytes[i] >= 0x20 && bytes[i] < 0x7f) || bytes[i] == '\t')
			run = 1;
		else
			run = utf8_len(bytes + i, len - i);
		i += run;
	}
	return i;
}

bool log_is_safe(const char *text)
{
	size_t len = strlen(text);

	return safe_len(text, len) == len;
}

char *log_safe_text(const char *text, size_t len)
{
	AUTO(buf) safe = BUF_INIT;

	for (size_t i = 0; i < len;) {
		size_t run = safe_len(text + i, len - i);
		char escaped[8];

		buf_add(&safe, text + i, run);
		i += run;
		if (i == len)
			break;
		vis(escaped, text[i], VIS_OCTAL | VIS_CSTYLE | VIS_NL, i + 1 < len ? text[i + 1] : 0);
		buf_adds(&safe, escaped);
		i++;
	}
	return buf_steal(&safe);
}
