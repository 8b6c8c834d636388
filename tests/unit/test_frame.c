/* SPDX-License-Identifier: Apache-2.0 */
/* What is shown on a terminal, as text. */
#include "script.h"

#include <stdlib.h>

#include "base/log.h"
#include "cli/frame.h"

#define WIDE 1000
#define HIGH 100

/* The frame with its escape sequences shown: K for clearing a row, and colours as <number>. */
static char *shown(const struct view *view, size_t width, size_t height, size_t *lines)
{
	AUTO(buf) frame = BUF_INIT;
	AUTO(buf) text = BUF_INIT;

	*lines = frame_make(&frame, view, width, height);
	for (const char *at = buf_str(&frame); *at != '\0'; at++) {
		size_t digits = *at == '\033' ? strspn(at + 2, "0123456789") : 0;

		if (*at != '\033') {
			buf_add(&text, at, 1);
			continue;
		}
		assert_int_equal(at[1], '[');
		if (at[2 + digits] == 'm')
			buf_addf(&text, "<%.*s>", (int)digits, at + 2);
		else
			assert_int_equal(at[2 + digits], 'K');
		if (at[2 + digits] == 'K')
			buf_adds(&text, "K");
		at += 2 + digits;
	}
	return buf_steal(&text);
}

static void assert_frame(const struct view *view, size_t width, size_t height, const char *expected)
{
	size_t lines, newlines = 0;
	autofree char *text = shown(view, width, height, &lines);

	assert_string_equal(text, expected);
	for (const char *at = text; *at != '\0'; at++)
		newlines += *at == '\n';
	assert_int_equal(lines, *text == '\0' ? 0 : newlines + 1);
}

/* ------------------------------------------------------------------ columns, durations */

static void a_text_takes_as_many_columns_as_a_terminal_gives_it(void **state)
{
	static const struct {
		const char *text;
		size_t columns;
	} rows[] = {
		{ "", 0 }, { "plain", 5 }, { "\xc3\xa4\xc3\xb6", 2 }, { "\xe6\x97\xa5\xe6\x9c\xac", 4 },
		{ "e\xcc\x81", 1 }, { "\xf0\x9f\x9a\x80", 2 }, { "─…✓⠋", 4 }, { "\xe2\x80\x8b", 0 },
		{ "\xc3", 1 }, { "\xf0\x9f", 1 }, /* cut off: never beyond the end */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(frame_columns(rows[i].text), rows[i].columns);
}

static void a_duration_has_tenths_below_a_minute(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} rows[] = {
		{ 0, "0.0 s" }, { 1234, "1.2 s" }, { 59900, "59.9 s" }, { 60000, "1 min 0 s" }, { 3725999, "62 min 5 s" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *text = frame_duration(rows[i].ms);

		assert_string_equal(text, rows[i].text);
	}
}

/* ------------------------------------------------------------------ the picture */

static void a_step_is_one_line_with_its_time(void **state)
{
	(void)state;
	assert_frame(&(struct view){ .step = "pulling", .elapsed_ms = 2500 }, 80, 24, "K⠋ pulling 2.5 s");
	assert_frame(&(struct view){ .step = "pulling", .elapsed_ms = 65000, .spin = 12, .detail = "half of it" }, 80, 24,
		     "K⠹ pulling 1 min 5 s (half of it)");
}

static void the_spinner_goes_round(void **state)
{
	AUTO(buf) pictures = BUF_INIT;

	(void)state;
	for (unsigned spin = 0; spin < 20; spin++) {
		size_t lines;
		autofree char *text = shown(&(struct view){ .step = "s", .spin = spin }, 80, 24, &lines);

		if (strstr(buf_str(&pictures), text) == NULL)
			buf_adds(&pictures, text);
		assert_int_equal(spin < 10, strlen(text) * (spin + 1) == pictures.len);
	}
}

static const char *const three[] = { "one", "two", "three" };

static void the_log_is_a_panel_beneath_the_step(void **state)
{
	(void)state;
	assert_frame(&(struct view){ .step = "waiting", .log = three, .log_count = 3 }, 21, 24,
		     "K⠋ waiting 0.0 s\n"
		     "K──── gateway log ────\n"
		     "Kone\nKtwo\nKthree\n"
		     "K─────────────────────");
}

static void without_a_step_there_is_only_the_panel(void **state)
{
	(void)state;
	assert_frame(&(struct view){ .log = three, .log_count = 3 }, 14, 24,
		     "K gateway log ─\nKone\nKtwo\nKthree\nK──────────────");
	assert_frame(&(struct view){ .log_count = 0 }, 14, 24, "");
}

static void a_rule_that_is_too_narrow_for_its_label_has_none(void **state)
{
	(void)state;
	assert_frame(&(struct view){ .log = three, .log_count = 1 }, 4, 24, "K────\nKone\nK────");
}

static void colours_are_set_and_taken_back(void **state)
{
	(void)state;
	assert_frame(&(struct view){ .step = "s", .detail = "d", .log = three, .log_count = 1, .colour = true }, 4, 24,
		     "K<36>⠋<0> s \n"
		     "K<36>────<0>\nK<2>one<0>\nK<36>────<0>");
}

/* ------------------------------------------------------------------ cut to size */

static void what_does_not_fit_is_cut_with_an_ellipsis(void **state)
{
	static const char *const lines[] = {
		"exactly te", "ten and one", "日本語日本語", "a日本語日本", "e\xcc\x81" "e\xcc\x81" "e\xcc\x81 accents", "tab\there",
	};

	(void)state;
	assert_frame(&(struct view){ .log = lines, .log_count = ARRAY_LEN(lines) }, 10, 24,
		     "K──────────\n"
		     "Kexactly te\nKten and o…\nK日本語日…\nKa日本語日…\nKe\xcc\x81" "e\xcc\x81" "e\xcc\x81 accen…\nKtab here\n"
		     "K──────────");
	assert_frame(&(struct view){ .step = "waiting", .detail = "for something" }, 24, 24, "K⠋ waiting 0.0 s (for so…");
	assert_frame(&(struct view){ .step = "waiting", .detail = "for something" }, 6, 24, "K⠋ wai…");
	assert_frame(&(struct view){ .step = "waiting" }, 1, 24, "K⠋");
}

/* The columns of each line, without escape sequences; fails when a character was cut. */
static void assert_narrow(const char *text, size_t width)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");
		autofree char *line = xstrndup(text + 1, len - 1), *safe = log_safe_text(line, strlen(line));

		assert_int_equal(*text, 'K');
		assert_string_equal(line, safe);
		assert_in_range(frame_columns(line), 0, width);
		text += len;
		text += *text == '\n';
	}
}

static void no_line_is_wider_than_the_terminal_nor_the_frame_higher(void **state)
{
	static const char *const lines[] = { "短い日本語の行", "\xf0\x9f\x9a\x80\xf0\x9f\x9a\x80", "", "plain", "äöü\xcc\x81", "\t\t" };
	const struct view view = {
		.step = "ein Schritt, der wärt", .detail = "日本", .log = lines, .log_count = ARRAY_LEN(lines),
	};

	(void)state;
	for (size_t width = 1; width < 60; width++)
		for (size_t height = 0; height < 12; height++) {
			size_t count;
			autofree char *text = shown(&view, width, height, &count);

			assert_narrow(text, width);
			assert_in_range(count, 0, height);
		}
}

static void a_log_that_is_too_high_shows_its_end(void **state)
{
	(void)state;
	assert_frame(&(struct view){ .step = "s", .log = three, .log_count = 3 }, 3, 5, "K⠋ …\nK───\nKtwo\nKth…\nK───");
	assert_frame(&(struct view){ .step = "s", .log = three, .log_count = 3 }, 3, 4, "K⠋ …\nK───\nKth…\nK───");
	assert_frame(&(struct view){ .step = "s", .log = three, .log_count = 3 }, 3, 3, "K⠋ …");
	assert_frame(&(struct view){ .step = "s", .log = three, .log_count = 3 }, 3, 1, "K⠋ …");
	assert_frame(&(struct view){ .step = "s", .log = three, .log_count = 3 }, 3, 0, "");
}

static void a_panel_has_at_most_fifteen_lines(void **state)
{
	const char *lines[40];
	size_t count;
	autofree char *text = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		lines[i] = i < 25 ? "old" : "new";
	text = shown(&(struct view){ .step = "s", .log = lines, .log_count = ARRAY_LEN(lines) }, WIDE, HIGH, &count);
	assert_int_equal(count, 1 + 1 + 15 + 1);
	assert_null(strstr(text, "old"));
}

static void a_line_of_a_mebibyte_is_cut_like_any_other(void **state)
{
	char *line = xcalloc(1, (1 << 20) + 1);
	const char *lines[] = { line };
	size_t count;
	autofree char *text = NULL;

	(void)state;
	memset(line, 'x', 1 << 20);
	text = shown(&(struct view){ .log = lines, .log_count = 1 }, 80, 24, &count);
	assert_int_equal(count, 3);
	assert_narrow(text, 80);
	free(line);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_takes_as_many_columns_as_a_terminal_gives_it),
		cmocka_unit_test(a_duration_has_tenths_below_a_minute),
		cmocka_unit_test(a_step_is_one_line_with_its_time),
		cmocka_unit_test(the_spinner_goes_round),
		cmocka_unit_test(the_log_is_a_panel_beneath_the_step),
		cmocka_unit_test(without_a_step_there_is_only_the_panel),
		cmocka_unit_test(a_rule_that_is_too_narrow_for_its_label_has_none),
		cmocka_unit_test(colours_are_set_and_taken_back),
		cmocka_unit_test(what_does_not_fit_is_cut_with_an_ellipsis),
		cmocka_unit_test(no_line_is_wider_than_the_terminal_nor_the_frame_higher),
		cmocka_unit_test(a_log_that_is_too_high_shows_its_end),
		cmocka_unit_test(a_panel_has_at_most_fifteen_lines),
		cmocka_unit_test(a_line_of_a_mebibyte_is_cut_like_any_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
