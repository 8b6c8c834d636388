/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log lines and error output of other programs.
 *
 * Rules: what log_safe_text() gives is UTF-8 without control characters and without what turns the direction of
 * writing, and making it safe again changes nothing; lines have no newline and the greatest length, and together
 * are the text; the one line made of a child's stderr is safe and short, and a diagnosis keeps it.
 */
#include "fuzz.h"

#include "base/buf.h"
#include "base/proc.h"
#include "gateway/diagnose.h"

/* The character at *text, which moves on; UINT32_MAX when it is not well-formed. */
static uint32_t next_char(const unsigned char **text)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = *(*text)++;
	int len = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : 0;
	uint32_t code = len == 1 ? first : first & (0x7fU >> len);

	if (len == 0)
		return UINT32_MAX;
	for (int i = 1; i < len; i++) {
		if ((**text & 0xc0) != 0x80)
			return UINT32_MAX;
		code = code << 6 | (*(*text)++ & 0x3f);
	}
	return code < least[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? UINT32_MAX : code;
}

/* Unicode's property Bidi_Control, and its line and paragraph separators. */
static bool misleads(uint32_t code)
{
	return code == 0x61c || code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

static void safe_text(const char *text, size_t len)
{
	autofree char *safe = log_safe_text(text, len);
	const unsigned char *at = (const unsigned char *)safe;

	while (*at != '\0') {
		uint32_t code = next_char(&at);

		RULE(code != UINT32_MAX);
		RULE(code == '\t' || (code >= 0x20 && code != 0x7f && !(code >= 0x80 && code < 0xa0)));
		RULE(!misleads(code));
	}
	RULE(is_safe(safe));
	RULE(strlen(safe) >= len && strlen(safe) <= 4 * len);
}

struct rest {
	const char *text; /* what has not come as a line yet */
};

static void take_line(void *arg, const char *line, size_t len)
{
	struct rest *rest = arg;

	RULE(len <= PROC_LINE_MAX && memchr(line, '\n', len) == NULL);
	RULE(strncmp(rest->text, line, len) == 0);
	rest->text += len;
	if (*rest->text == '\r' && len < PROC_LINE_MAX)
		rest->text++;
	if (*rest->text == '\n')
		rest->text++;
	else
		RULE(*rest->text == '\0' || len + 2 >= PROC_LINE_MAX);
}

/* The first byte tells how often the rest is repeated, so that long lines come up. */
static void lines(const char *text)
{
	AUTO(buf) all = BUF_INIT;
	struct rest rest;
	const struct proc_output output = { PROC_LINES, take_line, &rest };
	size_t times = *text == '~' ? 2 * PROC_LINE_MAX / (strlen(text) + 1) : 1;

	while (times-- > 0)
		buf_adds(&all, text);
	rest.text = buf_str(&all);
	proc_feed_lines(&output, buf_str(&all));
	RULE(*rest.text == '\0');
}

static void reason(const char *text, size_t len)
{
	struct proc_result result = { .code = 1 };
	struct error *err = NULL;
	autofree char *before = NULL, *after = NULL;

	buf_add(&result.err, text, len);
	RULE(proc_result_error("docker pull", &result, &err) == -1);
	proc_result_release(&result);
	before = error_text(err);
	diagnose(err, NULL);
	after = error_text(err);
	RULE(is_safe(before) && strchr(before, '\n') == NULL && strlen(before) < 4 * 500 + 100);
	RULE(streq(before, after) && error_exit_code(err) >= 1 && error_exit_code(err) <= 8);
	error_free(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *text = fuzz_text(data, size);

	safe_text((const char *)data, size);
	lines(text);
	reason((const char *)data, size);
	return 0;
}
