/* SPDX-License-Identifier: Apache-2.0 */
/* What stderr gets: on a terminal of our own, with a small picture of its screen, and in a file. */
#include "script.h"
#include "scratch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/tree.h"
#include "cli/progress.h"

/* ------------------------------------------------------------------ where stderr goes */

static int64_t now = 1000;

static int64_t fake_now(void *arg)
{
	(void)arg;
	return now;
}

static const struct clock clock_fake = { fake_now, NULL };

static struct {
	int saved, master;
} stderr_is = { -1, -1 };

static void take_stderr(int fd)
{
	fflush(stderr);
	stderr_is.saved = dup(STDERR_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
}

/* A failing test may not have given it back. */
static void give_stderr_back(void)
{
	if (stderr_is.saved < 0)
		return;
	dup2(stderr_is.saved, STDERR_FILENO);
	close(stderr_is.saved);
	stderr_is.saved = -1;
}

static const struct progress *open_with(enum progress_mode mode, bool quiet, const struct settings *settings)
{
	now = 1000;
	progress_choose(mode, quiet, &clock_fake);
	return progress_open(settings);
}

static const struct progress *open_on_file(enum progress_mode mode, bool quiet)
{
	static const struct settings settings = { 0 };

	take_stderr(open(scratch("stderr"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
	return open_with(mode, quiet, &settings);
}

static void set_size(int width, int height)
{
	const struct winsize size = { .ws_col = (unsigned short)width, .ws_row = (unsigned short)height };

	assert_int_equal(ioctl(stderr_is.master, TIOCSWINSZ, &size), 0);
}

/* What is written there comes out of the master as it is. */
static const struct progress *open_on_terminal(enum progress_mode mode, bool quiet, const struct settings *settings)
{
	struct termios raw;
	int slave;

	stderr_is.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_int_equal(grantpt(stderr_is.master) + unlockpt(stderr_is.master), 0);
	slave = open(ptsname(stderr_is.master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_int_equal(tcgetattr(slave, &raw), 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(slave, TCSANOW, &raw), 0);
	fcntl(stderr_is.master, F_SETFL, O_NONBLOCK);
	set_size(40, 10);
	take_stderr(slave);
	return open_with(mode, quiet, settings);
}

static const struct settings plain_terminal = { .no_color = true };

static int setup(void **state)
{
	return scratch_setup(state);
}

static int teardown(void **state)
{
	progress_close(NULL);
	progress_choose(PROGRESS_PLAIN, false, &clock_fake);
	progress_status(0);
	give_stderr_back();
	close_descriptor(&stderr_is.master);
	stderr_is.master = -1;
	return scratch_teardown(state);
}

static void read_terminal(struct buf *bytes)
{
	char some[4096];
	ssize_t got;

	while ((got = read(stderr_is.master, some, sizeof(some))) > 0)
		buf_add(bytes, some, (size_t)got);
}

/* ------------------------------------------------------------------ a screen */

#define ROWS 12
#define COLUMNS 41 /* one more than the terminal has: a line that is too long shows */

static struct {
	wchar_t cells[ROWS][COLUMNS];
	size_t row, column, saved;
} screen;

static void clear_row(size_t row, size_t from)
{
	for (size_t i = from; i < COLUMNS; i++)
		screen.cells[row][i] = L' ';
}

static void clear_screen(void)
{
	screen.row = screen.column = 0;
	for (size_t row = 0; row < ROWS; row++)
		clear_row(row, 0);
}

static void control(char command, size_t number)
{
	if (command == 'K') {
		clear_row(screen.row, screen.column);
	} else if (command == 'J') {
		clear_row(screen.row, screen.column);
		for (size_t row = screen.row + 1; row < ROWS; row++)
			clear_row(row, 0);
	} else if (command == 'A') {
		assert_in_range(number, 1, screen.row);
		screen.row -= number;
	} else if (command == 'B') {
		screen.row += screen.row + 1 < ROWS;
	} else if (strchr("mhl", command) == NULL) {
		fail_msg("an unexpected escape sequence: %c", command);
	}
}

static void put_cell(wchar_t code)
{
	if (code == L'\r') {
		screen.column = 0;
	} else if (code == L'\n') {
		screen.row++;
		screen.column = 0; /* as a terminal that is not raw */
		assert_in_range(screen.row, 0, ROWS - 1);
	} else {
		assert_in_range(screen.column, 0, COLUMNS - 1);
		screen.cells[screen.row][screen.column++] = code;
	}
}

/* Draws what has come. */
static void look(void)
{
	AUTO(buf) bytes = BUF_INIT;
	const char *at;

	read_terminal(&bytes);
	for (at = buf_str(&bytes); *at != '\0';) {
		const unsigned char *byte = (const unsigned char *)at;

		if (*at == '\033' && at[1] == '7') {
			screen.saved = screen.row;
			assert_int_equal(screen.column, 0);
			at += 2;
		} else if (*at == '\033' && at[1] == '8') {
			screen.row = screen.saved;
			screen.column = 0;
			at += 2;
		} else if (*at == '\033') {
			size_t skip = at[2] == '?' ? 3 : 2;
			char *end;
			long number = strtol(at + skip, &end, 10);

			assert_int_equal(at[1], '[');
			control(*end, (size_t)number);
			at = end + 1;
		} else if (*byte >= 0xe0) {
			put_cell(((*byte & 0x0f) << 12) | ((byte[1] & 0x3f) << 6) | (byte[2] & 0x3f));
			at += 3;
		} else {
			put_cell((wchar_t)*byte);
			at++;
		}
	}
}

/* Each row begins with this, and there are no others; the stars of a row stand for any text. */
static void assert_screen(const char *const *rows, size_t count, size_t cursor)
{
	look();
	for (size_t row = 0; row < ROWS; row++) {
		AUTO(buf) text = BUF_INIT;

		for (size_t i = 0; i < COLUMNS; i++) {
			wchar_t code = screen.cells[row][i];

			if (code < 0x80)
				buf_addf(&text, "%c", (int)code);
			else
				buf_addf(&text, "%c%c%c", 0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
		}
		buf_trim_end(&text);
		if (!script_matches(row < count ? rows[row] : "", buf_str(&text))) {
			give_stderr_back();
			fail_msg("row %zu\n  expected: %s\n  got:      %s", row, row < count ? rows[row] : "", buf_str(&text));
		}
	}
	assert_int_equal(screen.row, cursor);
	assert_int_equal(screen.column, 0);
}

/* The cursor is in the row `cursor`, which is the one after those that stay. */
#define ASSERT_SCREEN(cursor, ...) \
	do { \
		static const char *const rows_[] = { __VA_ARGS__ }; \
		assert_screen(rows_, ARRAY_LEN(rows_), cursor); \
	} while (0)

static void line_of_log(const struct progress *progress, const char *text)
{
	progress->line(progress->arg, text, strlen(text));
}

/* So long that there is a tick. */
static void wait_for_tick(void)
{
	runner_pump(&runner_real, NULL, 0, 250);
}

/* ------------------------------------------------------------------ on a terminal */

static void steps_are_ticked_and_the_last_line_has_the_whole_time(void **state)
{
	const struct progress *progress = open_on_terminal(PROGRESS_AUTO, false, &plain_terminal);

	(void)state;
	clear_screen();
	progress->step(progress->arg, "first");
	ASSERT_SCREEN(0, "⠋ first 0.0 s");
	now += 1500;
	progress->done(progress->arg);
	ASSERT_SCREEN(1, "✓ first (1.5 s)");
	progress->step(progress->arg, "second");
	now += 500;
	progress_note(&(struct gateway_env){ .progress = progress }, "a note");
	ASSERT_SCREEN(2, "✓ first (1.5 s)", "• a note", "⠋ second 0.5 s");
	progress->step(progress->arg, "third"); /* which ends the second */
	progress->failed(progress->arg, false);
	progress_warn(&(struct gateway_env){ .progress = progress }, "it went wrong");
	progress_success("All is %s.", "well");
	progress_close(NULL);
	ASSERT_SCREEN(6, "✓ first (1.5 s)", "• a note", "✓ second (0.5 s)", "! third (0.0 s)", "! warning: it went wrong",
		      "✓ All is well. (2.0 s)");
}

static void what_was_done_without_steps_has_no_time(void **state)
{
	(void)state;
	open_on_terminal(PROGRESS_AUTO, false, &plain_terminal);
	clear_screen();
	progress_success("Done.");
	progress_close(NULL);
	ASSERT_SCREEN(1, "✓ Done.");
}

static void the_spinner_turns_while_children_are_waited_for(void **state)
{
	const struct progress *progress = open_on_terminal(PROGRESS_AUTO, false, &plain_terminal);

	(void)state;
	clear_screen();
	progress->step(progress->arg, "waiting");
	progress->detail(progress->arg, "half", 4);
	wait_for_tick();
	look();
	assert_int_not_equal(screen.cells[0][0], L'⠋');
	ASSERT_SCREEN(0, "* waiting 0.0 s (half)");
}

static void the_log_is_a_panel_that_goes_with_success(void **state)
{
	const struct progress *progress = open_on_terminal(PROGRESS_AUTO, false, &plain_terminal);

	(void)state;
	clear_screen();
	progress->step(progress->arg, "waiting");
	line_of_log(progress, "one\033[2J");
	line_of_log(progress, "");
	line_of_log(progress, "two");
	wait_for_tick();
	ASSERT_SCREEN(0, "* waiting 0.0 s", "*── gateway log ──*", "one\\033[2J", "two", "──*");
	progress->done(progress->arg);
	ASSERT_SCREEN(1, "✓ waiting (0.0 s)", "*── gateway log ──*", "one\\033[2J", "two", "──*");
	progress_success("Ready.");
	progress_close(NULL);
	ASSERT_SCREEN(2, "✓ waiting (0.0 s)", "✓ Ready. (0.0 s)");
}

static void the_log_stays_after_a_failure(void **state)
{
	const struct progress *progress = open_on_terminal(PROGRESS_AUTO, false, &plain_terminal);
	autoerror struct error *err = NULL;

	(void)state;
	clear_screen();
	error_set(&err, ERROR_TIMEOUT, "late");
	progress->step(progress->arg, "waiting");
	line_of_log(progress, "one");
	progress_close(err);
	ASSERT_SCREEN(4, "✗ waiting (0.0 s)", "*── gateway log ──*", "one", "──*");
}

static void a_log_that_the_error_quotes_does_not_stay(void **state)
{
	const struct progress *progress = open_on_terminal(PROGRESS_AUTO, false, &plain_terminal);
	autoerror struct error *err = NULL;

	(void)state;
	clear_screen();
	error_set(&err, ERROR_TIMEOUT, "late");
	error_detail(&err, "last lines:\none\ntwo\n");
	progress->step(progress->arg, "waiting");
	line_of_log(progress, "one");
	line_of_log(progress, "two");
	progress_close(err);
	ASSERT_SCREEN(1, "✗ waiting (0.0 s)");
}

static void the_panel_has_the_newest_lines_and_obeys_the_size(void **state)
{
	const struct progress *progress = open_on_terminal(PROGRESS_AUTO, false, &plain_terminal);

	(void)state;
	clear_screen();
	progress->step(progress->arg, "waiting");
	for (int i = 0; i < 100; i++) {
		autofree char *text = xasprintf("line %d", i);

		line_of_log(progress, text);
	}
	set_size(40, 6);
	wait_for_tick();
	ASSERT_SCREEN(0, "* waiting 0.0 s", "*── gateway log ──*", "line 97", "line 98", "line 99", "──*");
	set_size(8, 5);
	wait_for_tick();
	ASSERT_SCREEN(0, "* waiti…", "────────", "line 98", "line 99", "────────");
	set_size(40, 3);
	wait_for_tick();
	ASSERT_SCREEN(0, "* waiting 0.0 s");
}

static void a_terminal_that_has_no_size_is_80_by_24(void **state)
{
	const struct progress *progress = open_on_terminal(PROGRESS_AUTO, false, &plain_terminal);
	AUTO(buf) bytes = BUF_INIT;

	(void)state;
	set_size(0, 0);
	for (int i = 0; i < 20; i++)
		line_of_log(progress, "a line of log");
	progress->step(progress->arg, "waiting");
	read_terminal(&bytes);
	assert_non_null(strstr(buf_str(&bytes), "\033[17A"));
}

static void a_lent_terminal_is_left_alone(void **state)
{
	const struct progress *progress = open_on_terminal(PROGRESS_AUTO, false, &plain_terminal);

	(void)state;
	clear_screen();
	progress->step(progress->arg, "fetching");
	progress->lend(progress->arg, true);
	ASSERT_SCREEN(1, "  fetching...");
	fprintf(stderr, "docker's own\n");
	wait_for_tick();
	ASSERT_SCREEN(2, "  fetching...", "docker's own");
	progress->lend(progress->arg, false);
	progress->done(progress->arg);
	ASSERT_SCREEN(3, "  fetching...", "docker's own", "✓ fetching (0.0 s)");
}

static void a_terminal_that_was_lent_twice_is_ours_when_both_gave_it_back(void **state)
{
	const struct progress *progress = open_on_terminal(PROGRESS_AUTO, false, &plain_terminal);

	(void)state;
	clear_screen();
	progress->step(progress->arg, "fetching");
	progress->lend(progress->arg, true);
	progress->lend(progress->arg, true);
	progress->lend(progress->arg, false);
	fprintf(stderr, "docker's own\n");
	wait_for_tick();
	ASSERT_SCREEN(2, "  fetching...", "docker's own");
	progress->lend(progress->arg, false);
	progress->done(progress->arg);
	ASSERT_SCREEN(3, "  fetching...", "docker's own", "✓ fetching (0.0 s)");
}

static void the_trace_goes_above_what_moves(void **state)
{
	const struct progress *progress = open_on_terminal(PROGRESS_AUTO, false, &plain_terminal);

	(void)state;
	clear_screen();
	progress->step(progress->arg, "waiting");
	log_set_level(1);
	log_debug("run: %s", "x\033y");
	log_set_level(0);
	ASSERT_SCREEN(1, "openshell: debug: run: x\\033y", "⠋ waiting 0.0 s");
}

static void colours_are_used_unless_they_are_not_wanted(void **state)
{
	static const struct settings coloured = { 0 };
	const struct progress *progress = open_on_terminal(PROGRESS_AUTO, false, &coloured);
	AUTO(buf) bytes = BUF_INIT;

	(void)state;
	progress->step(progress->arg, "first");
	progress->done(progress->arg);
	progress_close(NULL);
	read_terminal(&bytes);
	assert_non_null(strstr(buf_str(&bytes), "\033[32m✓\033[0m first"));
}

/* Neither moves anything nor sends an escape sequence, though stderr is a terminal. */
static void assert_plain(enum progress_mode mode, const struct settings *settings)
{
	const struct progress *progress = open_on_terminal(mode, false, settings);
	AUTO(buf) bytes = BUF_INIT;

	progress->step(progress->arg, "first");
	progress->done(progress->arg);
	progress_success("Done.");
	progress_close(NULL);
	read_terminal(&bytes);
	assert_string_equal(buf_str(&bytes), "first...\nDone.\n");
	assert_null(progress->lend);
}

static void plain_lines_can_be_had_on_a_terminal_too(void **state)
{
	(void)state;
	assert_plain(PROGRESS_PLAIN, &plain_terminal);
}

static void a_dumb_terminal_gets_plain_lines(void **state)
{
	static const struct settings dumb = { .dumb_terminal = true };

	(void)state;
	assert_plain(PROGRESS_AUTO, &dumb);
}

static void a_quiet_terminal_shows_warnings_only(void **state)
{
	const struct progress *progress = open_on_terminal(PROGRESS_AUTO, true, &plain_terminal);

	(void)state;
	clear_screen();
	assert_null(progress->lend);
	progress->step(progress->arg, "first");
	line_of_log(progress, "one");
	progress->detail(progress->arg, "x", 1);
	progress->note(progress->arg, "note");
	progress->warn(progress->arg, "look out");
	progress->done(progress->arg);
	wait_for_tick();
	progress_success("Done.");
	assert_false(progress_may_ask());
	progress_close(NULL);
	ASSERT_SCREEN(1, "! warning: look out");
}

/* ------------------------------------------------------------------ plain lines */

static void everything_is_a_line_without_a_terminal(void **state)
{
	const struct progress *progress = open_on_file(PROGRESS_AUTO, false);
	autoerror struct error *err = NULL;

	(void)state;
	progress->step(progress->arg, "first");
	progress->detail(progress->arg, "layer", 5);
	progress->done(progress->arg);
	progress->step(progress->arg, "second");
	line_of_log(progress, "a line\r\033[31m");
	line_of_log(progress, "");
	progress->note(progress->arg, "note");
	progress->warn(progress->arg, "look out");
	progress->failed(progress->arg, false);
	progress_success("Done.");
	error_set(&err, ERROR_SYSTEM, "it broke");
	error_hint(&err, "mend it");
	progress_close(err);
	progress_error(err);
	give_stderr_back();
	assert_holds(scratch("stderr"), "first...\n    layer\nsecond...\n    a line\\r\\033[31m\nnote\nwarning: look out\n"
					"Done.\nopenshell: it broke\nTo fix it:\n  1. mend it\n");
}

static void quiet_leaves_warnings_and_the_error(void **state)
{
	const struct progress *progress = open_on_file(PROGRESS_PLAIN, true);
	autoerror struct error *err = NULL;

	(void)state;
	progress->step(progress->arg, "first");
	progress->detail(progress->arg, "layer", 5);
	progress->done(progress->arg);
	line_of_log(progress, "a line");
	progress->note(progress->arg, "note");
	progress->warn(progress->arg, "look out");
	progress->failed(progress->arg, true);
	progress_success("Done.");
	error_set(&err, ERROR_SYSTEM, "it broke");
	progress_close(err);
	progress_error(err);
	give_stderr_back();
	assert_holds(scratch("stderr"), "warning: look out\nopenshell: it broke\n");
}

/* ------------------------------------------------------------------ JSON */

/* Reads what was written: an object for each line, all with the common keys. The caller frees. */
static cJSON *read_events(void)
{
	AUTO(buf) text = BUF_INIT;
	cJSON *events = cJSON_CreateArray();
	struct error *err = NULL;
	char *line, *rest;

	give_stderr_back();
	assert_int_equal(file_read(scratch("stderr"), 64 << 20, &text, &err), 0);
	rest = text.data;
	while (rest != NULL && (line = strsep(&rest, "\n")) != NULL && rest != NULL) {
		cJSON *event = tree_json(line, strlen(line), "a line", &err);

		assert_non_null(event);
		assert_int_equal(tree_int(event, "schema", 0), 1);
		assert_true(script_matches("20*-*-*T*:*:*.*Z", tree_str(event, "time")));
		assert_non_null(tree_str(event, "event"));
		assert_true(tree_int(event, "elapsed_ms", -1) >= 0);
		cJSON_AddItemToArray(events, event);
	}
	assert_string_equal(line, ""); /* the last line has its end, too */
	return events;
}

/* The events without time and schema. */
static void assert_events(const char *expected)
{
	autotree cJSON *events = read_events();
	cJSON *event;
	AUTO(buf) text = BUF_INIT;

	cJSON_ArrayForEach(event, events) {
		char *line;

		cJSON_DeleteItemFromObject(event, "schema");
		cJSON_DeleteItemFromObject(event, "time");
		line = cJSON_PrintUnformatted(event);
		buf_addf(&text, "%s\n", line);
		free(line);
	}
	assert_string_equal(buf_str(&text), expected);
}

static void each_event_is_an_object_and_the_result_the_last(void **state)
{
	const struct progress *progress = open_on_file(PROGRESS_JSON, false);

	(void)state;
	assert_null(progress->lend);
	assert_false(progress_may_ask());
	progress->step(progress->arg, "first");
	progress->detail(progress->arg, "layer", 5);
	now += 20;
	progress->done(progress->arg);
	progress->step(progress->arg, "second");
	line_of_log(progress, "a line");
	now += 5;
	progress->failed(progress->arg, false);
	progress->warn(progress->arg, "look out");
	progress->step(progress->arg, "third");
	progress->step(progress->arg, "fourth");
	progress->done(progress->arg);
	progress->note(progress->arg, "note");
	log_set_level(1);
	log_debug("run: x");
	log_set_level(0);
	progress_success("Done: %d.", 1);
	progress_close(NULL);
	progress_status(8);
	assert_events("{\"event\":\"step\",\"elapsed_ms\":0,\"step\":\"first\"}\n"
		      "{\"event\":\"detail\",\"elapsed_ms\":0,\"step\":\"first\",\"text\":\"layer\"}\n"
		      "{\"event\":\"done\",\"elapsed_ms\":20,\"step\":\"first\",\"step_ms\":20}\n"
		      "{\"event\":\"step\",\"elapsed_ms\":20,\"step\":\"second\"}\n"
		      "{\"event\":\"line\",\"elapsed_ms\":20,\"text\":\"a line\"}\n"
		      "{\"event\":\"failed\",\"elapsed_ms\":25,\"fatal\":false,\"step\":\"second\",\"step_ms\":5}\n"
		      "{\"event\":\"warning\",\"elapsed_ms\":25,\"text\":\"look out\"}\n"
		      "{\"event\":\"step\",\"elapsed_ms\":25,\"step\":\"third\"}\n"
		      "{\"event\":\"done\",\"elapsed_ms\":25,\"step\":\"third\",\"step_ms\":0}\n"
		      "{\"event\":\"step\",\"elapsed_ms\":25,\"step\":\"fourth\"}\n"
		      "{\"event\":\"done\",\"elapsed_ms\":25,\"step\":\"fourth\",\"step_ms\":0}\n"
		      "{\"event\":\"note\",\"elapsed_ms\":25,\"text\":\"note\"}\n"
		      "{\"event\":\"debug\",\"elapsed_ms\":25,\"text\":\"run: x\"}\n"
		      "{\"event\":\"result\",\"elapsed_ms\":25,\"exit_code\":8,\"text\":\"Done: 1.\"}\n");
}

static void an_error_is_the_last_object_instead(void **state)
{
	const struct progress *progress = open_on_file(PROGRESS_JSON, false);
	autoerror struct error *err = NULL;

	(void)state;
	progress->step(progress->arg, "first");
	error_set(&err, ERROR_TIMEOUT, "it broke\033");
	error_hint(&err, "mend it");
	error_detail(&err, "one\n\xff\ntwo\n");
	error_wrap(&err, "cannot do it");
	progress_close(err);
	progress_error(err);
	assert_events("{\"event\":\"step\",\"elapsed_ms\":0,\"step\":\"first\"}\n"
		      "{\"event\":\"failed\",\"elapsed_ms\":0,\"fatal\":true,\"step\":\"first\",\"step_ms\":0}\n"
		      "{\"event\":\"error\",\"elapsed_ms\":0,\"code\":\"timeout\",\"kind\":\"timeout\",\"exit_code\":7,"
		      "\"retriable\":true,\"doing\":\"cannot do it\",\"message\":\"cannot do it: it broke\\\\033\","
		      "\"meaning\":null,\"steps\":[{\"text\":\"mend it\",\"command\":null}],"
		      "\"detail\":\"one\\n\\\\377\\ntwo\\n\"}\n");
}

static void what_is_not_known_is_null_or_empty(void **state)
{
	autoerror struct error *err = NULL;

	(void)state;
	open_on_file(PROGRESS_JSON, false);
	error_set(&err, ERROR_SYSTEM, "it broke");
	progress_close(err);
	progress_error(err);
	progress_status(0);
	assert_events("{\"event\":\"error\",\"elapsed_ms\":0,\"code\":\"failed\",\"kind\":\"failed\",\"exit_code\":1,"
		      "\"retriable\":false,\"doing\":null,\"message\":\"it broke\",\"meaning\":null,\"steps\":[],\"detail\":null}\n"
		      "{\"event\":\"result\",\"elapsed_ms\":0,\"exit_code\":0,\"text\":null}\n");
}

static void quiet_objects_are_warnings_and_errors(void **state)
{
	const struct progress *progress = open_on_file(PROGRESS_JSON, true);

	(void)state;
	progress->step(progress->arg, "first");
	progress->detail(progress->arg, "layer", 5);
	line_of_log(progress, "a line");
	progress->note(progress->arg, "note");
	progress->warn(progress->arg, "look out");
	progress->done(progress->arg);
	progress_success("Done.");
	progress_close(NULL);
	progress_status(0);
	assert_events("{\"event\":\"warning\",\"elapsed_ms\":0,\"text\":\"look out\"}\n");
}

/* ------------------------------------------------------------------ text of others */

/* Escape sequences, C1 controls, what turns the direction of text, carriage returns, NUL, broken UTF-8, quotes. */
static const char hostile[] = "a\033[2J\x9b" "2J\xc2\x9b" "2J\xe2\x80\xae\xe2\x81\xa6\rb\0c\xff\xc3\xe0\x80\x80\"\\\n\x7f";

static void assert_harmless(const char *text)
{
	for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
		assert_true(*at >= 0x20 || *at == '\n' || *at == '\r');
		assert_int_not_equal(*at, 0x7f);
		assert_int_not_equal(*at, 0x9b);
		assert_false(at[0] == 0xe2 && at[1] == 0x80 && at[2] == 0xae);
	}
}

static void tell_hostile(const struct progress *progress)
{
	progress->step(progress->arg, "waiting");
	progress->line(progress->arg, hostile, sizeof(hostile) - 1);
	progress->detail(progress->arg, hostile, sizeof(hostile) - 1);
	progress->note(progress->arg, hostile);
	progress->warn(progress->arg, hostile);
}

static void no_text_of_others_commands_a_terminal(void **state)
{
	const struct progress *progress = open_on_terminal(PROGRESS_AUTO, false, &plain_terminal);
	AUTO(buf) bytes = BUF_INIT;

	(void)state;
	set_size(400, 20);
	tell_hostile(progress);
	progress_success("%s", hostile);
	progress_close(NULL);
	read_terminal(&bytes);
	/* ours are few, and known */
	for (char *at = bytes.data; (at = strchr(at, '\033')) != NULL; at++) {
		assert_true(strchr("78", at[1]) != NULL || strchr("ABKJ0123456789?", at[2]) != NULL);
		assert_null(strstr(at, "\033[2J"));
		*at = '!';
	}
	assert_harmless(bytes.data);
	assert_int_equal(strlen(bytes.data), bytes.len);
}

static void no_text_of_others_commands_who_reads_plain_lines(void **state)
{
	const struct progress *progress = open_on_file(PROGRESS_PLAIN, false);
	AUTO(buf) bytes = BUF_INIT;
	struct error *err = NULL;

	(void)state;
	tell_hostile(progress);
	give_stderr_back();
	assert_int_equal(file_read(scratch("stderr"), 1 << 20, &bytes, &err), 0);
	assert_null(strchr(bytes.data, '\r'));
	assert_harmless(bytes.data);
	assert_int_equal(strlen(bytes.data), bytes.len);
}

static void any_text_of_others_is_a_valid_string(void **state)
{
	const struct progress *progress = open_on_file(PROGRESS_JSON, false);
	autotree cJSON *events = NULL;
	cJSON *event;
	size_t texts = 0;

	(void)state;
	tell_hostile(progress);
	events = read_events();
	cJSON_ArrayForEach(event, events) {
		const char *text = tree_str(event, "text");
		autofree char *again = text ? log_safe_text(text, strlen(text)) : NULL;

		if (text == NULL)
			continue;
		texts++;
		assert_string_equal(text, again);
		assert_true(str_starts(text, "a\\033[2J\\2332J\\302\\2332J\\342\\200\\256"));
	}
	assert_int_equal(texts, 4);
}

static void a_line_of_a_mebibyte_is_told_whole(void **state)
{
	const struct progress *progress = open_on_file(PROGRESS_JSON, false);
	char *line = xcalloc(1, (1 << 20) + 1);
	autotree cJSON *events = NULL;

	(void)state;
	memset(line, 'x', 1 << 20);
	line_of_log(progress, line);
	events = read_events();
	assert_string_equal(tree_str(events, "0/text"), line);
	free(line);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(steps_are_ticked_and_the_last_line_has_the_whole_time),
		CASE(what_was_done_without_steps_has_no_time),
		CASE(the_spinner_turns_while_children_are_waited_for),
		CASE(the_log_is_a_panel_that_goes_with_success),
		CASE(the_log_stays_after_a_failure),
		CASE(a_log_that_the_error_quotes_does_not_stay),
		CASE(the_panel_has_the_newest_lines_and_obeys_the_size),
		CASE(a_terminal_that_has_no_size_is_80_by_24),
		CASE(a_lent_terminal_is_left_alone),
		CASE(a_terminal_that_was_lent_twice_is_ours_when_both_gave_it_back),
		CASE(the_trace_goes_above_what_moves),
		CASE(colours_are_used_unless_they_are_not_wanted),
		CASE(plain_lines_can_be_had_on_a_terminal_too),
		CASE(a_dumb_terminal_gets_plain_lines),
		CASE(a_quiet_terminal_shows_warnings_only),
		CASE(everything_is_a_line_without_a_terminal),
		CASE(quiet_leaves_warnings_and_the_error),
		CASE(each_event_is_an_object_and_the_result_the_last),
		CASE(an_error_is_the_last_object_instead),
		CASE(what_is_not_known_is_null_or_empty),
		CASE(quiet_objects_are_warnings_and_errors),
		CASE(no_text_of_others_commands_a_terminal),
		CASE(no_text_of_others_commands_who_reads_plain_lines),
		CASE(any_text_of_others_is_a_valid_string),
		CASE(a_line_of_a_mebibyte_is_told_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
