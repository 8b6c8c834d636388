/* SPDX-License-Identifier: Apache-2.0 */
/* The trace, and text of other programs made safe. */
#include "script.h"
#include "scratch.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

static void printable_text_stays(void **state)
{
	static const char *const rows[] = {
		"", "plain text\twith tab", "\\backslash \"quotes\" $x %s", "\xc3\xa4\xe2\x82\xac",
		"\xf0\x9f\x9a\x80", "\xef\xbf\xbd", "\xed\x9f\xbf", "\xee\x80\x80", "\xc2\xa0", "\xe2\x80\x9c",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *safe = log_safe_text(rows[i], strlen(rows[i]));

		assert_string_equal(safe, rows[i]);
	}
}

static void what_could_command_a_terminal_is_escaped(void **state)
{
	static const struct {
		const char *text, *safe;
	} rows[] = {
		{ "\033[31mred", "\\033[31mred" },
		{ "a\nb\r", "a\\nb\\r" },
		{ "\a\b\v\f", "\\a\\b\\v\\f" },
		{ "\x7f", "\\177" },
		{ "\x01", "\\001" },
		{ "\x9b" "31m", "\\23331m" },
		{ "\xc2\x9b" "31m", "\\302\\23331m" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *safe = log_safe_text(rows[i].text, strlen(rows[i].text));

		assert_string_equal(safe, rows[i].safe);
	}
}

static void malformed_utf8_is_escaped(void **state)
{
	static const char *const rows[] = {
		"\xff", "\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x80\x80\x80",
		"\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3", "\xe2\x82", "\xf0\x9f\x9a", "\xc3(",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *safe = log_safe_text(rows[i], strlen(rows[i]));

		for (const char *c = safe; *c != '\0'; c++)
			assert_in_range(*c, 0x20, 0x7e);
	}
}

static void what_turns_the_direction_of_text_is_escaped(void **state)
{
	static const char *const rows[] = { "\xe2\x80\xa8", "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa9",
					    "\xe2\x80\x8e", "\xe2\x80\x8f", "\xd8\x9c" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *safe = log_safe_text(rows[i], strlen(rows[i]));

		assert_int_equal(safe[0], '\\');
	}
}

static void nul_bytes_are_shown_and_do_not_cut_the_text(void **state)
{
	autofree char *safe = log_safe_text("a\0b\0" "7", 5);

	(void)state;
	assert_string_equal(safe, "a\\0b\\0007");
}

static void the_length_is_respected_within_a_character(void **state)
{
	autofree char *safe = log_safe_text("\xe2\x82\xac", 2);

	(void)state;
	assert_string_equal(safe, "\\342\\202");
}

static void every_pair_of_bytes_is_safe(void **state)
{
	(void)state;
	for (int i = 0; i < 65536; i++) {
		char pair[2] = { (char)(i >> 8), (char)i };
		autofree char *safe = log_safe_text(pair, 2);

		for (const unsigned char *c = (unsigned char *)safe; *c != '\0'; c++)
			assert_true(*c == '\t' || (*c >= 0x20 && *c != 0x7f));
	}
}

/* What the calls print on stderr. */
static void trace(int level, struct buf *text)
{
	const char *path = scratch("stderr");
	struct error *err = NULL;
	int saved = dup(STDERR_FILENO), file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	dup2(file, STDERR_FILENO);
	log_set_level(level);
	log_debug("run: %s", "docker\033[2J info");
	log_set_level(0);
	dup2(saved, STDERR_FILENO);
	close(file);
	close(saved);
	assert_int_equal(file_read(path, 4096, text, &err), 0);
}

static void nothing_is_traced_unless_asked_for(void **state)
{
	AUTO(buf) text = BUF_INIT;

	(void)state;
	assert_false(log_enabled());
	trace(0, &text);
	assert_string_equal(buf_str(&text), "");
}

static void a_traced_line_is_safe(void **state)
{
	AUTO(buf) text = BUF_INIT;

	(void)state;
	trace(1, &text);
	assert_string_equal(buf_str(&text), "openshell: debug: run: docker\\033[2J info\n");
}

static struct buf caught = BUF_INIT;

static void catch_line(const char *line)
{
	buf_addf(&caught, "<%s>", line);
}

static void a_sink_gets_the_trace_instead_of_stderr(void **state)
{
	AUTO(buf) text = BUF_INIT;

	(void)state;
	log_set_sink(catch_line);
	trace(1, &text);
	log_set_sink(NULL);
	assert_string_equal(buf_str(&text), "");
	assert_string_equal(buf_str(&caught), "<run: docker\\033[2J info>");
	buf_release(&caught);
}

static void a_byte_is_shown_or_escaped_wherever_it_is(void **state)
{
	(void)state;
	for (size_t at = 0; at < 20; at++)
		for (int byte = 1; byte < 256; byte++) {
			char text[] = "abcdefghijklmnopqrst";
			const char alone[] = { (char)byte, '\0' };
			autofree char *one = log_safe_text(alone, 1), *safe = NULL, *expected = NULL;

			text[at] = (char)byte;
			safe = log_safe_text(text, strlen(text));
			expected = xasprintf("%.*s%s%s", (int)at, text, one, text + at + 1);
			assert_string_equal(safe, expected);
			assert_int_equal(log_is_safe(text), streq(safe, text));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(printable_text_stays),
		cmocka_unit_test(what_could_command_a_terminal_is_escaped),
		cmocka_unit_test(malformed_utf8_is_escaped),
		cmocka_unit_test(what_turns_the_direction_of_text_is_escaped),
		cmocka_unit_test(nul_bytes_are_shown_and_do_not_cut_the_text),
		cmocka_unit_test(the_length_is_respected_within_a_character),
		cmocka_unit_test(every_pair_of_bytes_is_safe),
		cmocka_unit_test(a_byte_is_shown_or_escaped_wherever_it_is),
		cmocka_unit_test_setup_teardown(nothing_is_traced_unless_asked_for, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(a_traced_line_is_safe, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(a_sink_gets_the_trace_instead_of_stderr, scratch_setup, scratch_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
