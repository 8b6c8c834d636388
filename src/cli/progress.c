/* SPDX-License-Identifier: Apache-2.0 */
/* stderr, in one of three looks. There is one stderr, so there is one state. */
#include "cli/progress.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/tree.h"
#include "cli/frame.h"
#include "cli/output.h"
#include "cli/terminal.h"

#define SCHEMA 1
#define TICK_MS 120

#define GREEN "\033[32m"
#define RED "\033[31m"
#define YELLOW "\033[33m"
#define DIM "\033[2m"
#define PLAIN "\033[0m"

enum look { LOOK_PLAIN, LOOK_TERMINAL, LOOK_JSON };

static struct {
	enum look look;
	bool may_draw, is_quiet, colour;
	const struct clock *clock;
	int64_t began_ms;
	char *step; /* at work, or NULL */
	int64_t step_ms;
	char *success; /* JSON keeps it for the last object */
	struct progress callbacks;
} told;

/* What is on the terminal beneath the lines that stay. */
static struct {
	char *detail;
	char *log[FRAME_LOG_LINES]; /* a ring */
	size_t logged;
	unsigned spin;
	struct terminal_area area;
	bool has_frame, is_moving;
	int lent; /* how often: ssh may have to ask while docker has the terminal */
} live;

static volatile sig_atomic_t was_stopped;

static int64_t since(int64_t ms)
{
	return clock_now_ms(told.clock) - ms;
}

/* In one piece, so that a terminal does not show half of it and nothing gets between. */
static void write_out(const struct buf *bytes)
{
	fwrite(buf_str(bytes), 1, bytes->len, stderr);
}

static void replace(char **field, char *text)
{
	free(*field);
	*field = text;
}

static void begin_step(const char *doing)
{
	replace(&told.step, xstrdup(doing));
	told.step_ms = clock_now_ms(told.clock);
}

/* ------------------------------------------------------------------ plain lines */

static void plain_line(const char *before, const char *text, size_t len)
{
	autofree char *safe = log_safe_text(text, len);

	fprintf(stderr, "%s%s\n", before, safe);
}

static void plain_step(void *arg, const char *doing)
{
	(void)arg;
	begin_step(doing);
	fprintf(stderr, "%s...\n", doing);
}

static void plain_done(void *arg)
{
	(void)arg;
	replace(&told.step, NULL);
}

static void plain_failed(void *arg, bool fatal)
{
	(void)fatal;
	plain_done(arg);
}

static void plain_output(void *arg, const char *line, size_t len)
{
	(void)arg;
	if (len > 0)
		plain_line("    ", line, len);
}

static void plain_note(void *arg, const char *text)
{
	(void)arg;
	plain_line("", text, strlen(text));
}

static void plain_warn(void *arg, const char *text)
{
	(void)arg;
	plain_line("warning: ", text, strlen(text));
}

/* ------------------------------------------------------------------ a terminal */

/* A job in the background draws nothing over what the user does now. */
static bool is_in_front(void)
{
	pid_t group = tcgetpgrp(STDERR_FILENO);

	return group < 0 || group == getpgrp();
}

static size_t view_log(const char *lines[FRAME_LOG_LINES])
{
	size_t count = live.logged < FRAME_LOG_LINES ? live.logged : FRAME_LOG_LINES;

	for (size_t i = 0; i < count; i++)
		lines[i] = live.log[(live.logged - count + i) % FRAME_LOG_LINES];
	return count;
}

static size_t make_frame(struct buf *frame, const char *step, const struct winsize *size)
{
	const char *lines[FRAME_LOG_LINES];
	const struct view view = {
		.step = step,
		.elapsed_ms = since(told.step_ms),
		.detail = live.detail,
		.log = lines,
		.log_count = view_log(lines),
		.spin = live.spin,
		.colour = told.colour,
	};

	return frame_make(frame, &view, size->ws_col, size->ws_row);
}

/* Puts a line that stays (or NULL: none), and beneath it the frame anew. The cursor is left where the frame begins. */
static void draw(const char *above)
{
	const struct winsize size = terminal_size(STDERR_FILENO);
	AUTO(buf) bytes = BUF_INIT;
	AUTO(buf) frame = BUF_INIT;
	bool in_front = is_in_front();
	size_t lines = 0;

	if (was_stopped)
		live.has_frame = false;
	was_stopped = 0;
	if (live.lent == 0 && in_front)
		lines = make_frame(&frame, told.step, &size);
	if (above != NULL)
		buf_addf(&bytes, "%s%s\n", in_front ? TERMINAL_CLEAR_BELOW : "", above);
	if (above != NULL || !live.has_frame)
		live.area.rows = 0;
	if (lines > 0) {
		terminal_add_frame(&bytes, &live.area, buf_str(&frame), lines, &size);
	} else if (live.has_frame) {
		buf_adds(&bytes, TERMINAL_CLEAR_BELOW);
	}
	live.has_frame = lines > 0;
	write_out(&bytes);
}

static void draw_marked(const char *colour, const char *mark, const char *text, int64_t took_ms)
{
	autofree char *safe = log_safe_text(text, strlen(text));
	autofree char *duration = took_ms >= 0 ? frame_duration(took_ms) : NULL;
	AUTO(buf) line = BUF_INIT;

	buf_addf(&line, "%s%s%s %s", told.colour ? colour : "", mark, told.colour ? PLAIN : "", safe);
	if (duration != NULL)
		buf_addf(&line, " %s(%s)%s", told.colour ? DIM : "", duration, told.colour ? PLAIN : "");
	draw(buf_str(&line));
}

static void end_step(const char *colour, const char *mark)
{
	autofree char *step = STEAL(told.step);

	replace(&live.detail, NULL);
	if (step != NULL)
		draw_marked(colour, mark, step, since(told.step_ms));
}

static void terminal_done(void *arg)
{
	(void)arg;
	end_step(GREEN, "✓");
}

static void terminal_failed(void *arg, bool fatal)
{
	(void)arg;
	end_step(fatal ? RED : YELLOW, fatal ? "✗" : "!");
}

static void forget_log(void)
{
	for (size_t i = 0; i < FRAME_LOG_LINES; i++)
		replace(&live.log[i], NULL);
	live.logged = 0;
}

/* It is shown with the next tick: a log may come faster than a terminal can be drawn on. */
static void terminal_line(void *arg, const char *line, size_t len)
{
	(void)arg;
	if (len > 0)
		replace(&live.log[live.logged++ % FRAME_LOG_LINES], log_safe_text(line, len));
}

static void terminal_detail(void *arg, const char *text, size_t len)
{
	(void)arg;
	replace(&live.detail, log_safe_text(text, len));
}

static void terminal_lend(void *arg, bool lent)
{
	autofree char *line = NULL;

	(void)arg;
	live.lent += lent ? 1 : -1;
	if (lent && live.lent == 1 && told.step != NULL)
		line = xasprintf("  %s...", told.step);
	draw(line);
}

static void terminal_note(void *arg, const char *text)
{
	(void)arg;
	draw_marked("", "•", text, -1);
}

static void terminal_warn(void *arg, const char *text)
{
	autofree char *line = xasprintf("warning: %s", text);

	(void)arg;
	draw_marked(YELLOW, "!", line, -1);
}

static void terminal_trace(const char *line)
{
	autofree char *whole = xasprintf("openshell: debug: %s", line);

	draw(whole);
}

static void terminal_success(const char *text)
{
	forget_log();
	draw_marked(GREEN, "✓", text, live.is_moving ? since(told.began_ms) : -1);
}

static void on_tick(void *arg)
{
	(void)arg;
	live.spin++;
	if (told.step != NULL && live.lent == 0)
		draw(NULL);
}

static void on_stop(int sig);

static void catch_stop(void)
{
	const struct sigaction action = {
		.sa_handler = on_stop, .sa_flags = SA_RESETHAND | SA_NODEFER | SA_RESTART,
	};
	struct sigaction old;

	sigaction(SIGTSTP, NULL, &old);
	if (old.sa_handler != SIG_IGN)
		sigaction(SIGTSTP, &action, NULL);
}

/* Ctrl-Z: the shell's prompt must not come among our lines. When we go on, the next tick draws them again. */
static void on_stop(int sig)
{
	if (live.has_frame)
		(void)!write(STDERR_FILENO, TERMINAL_CLEAR_BELOW, sizeof(TERMINAL_CLEAR_BELOW) - 1);
	raise(sig);
	was_stopped = 1;
	catch_stop();
}

static void begin_moving(void)
{
	catch_stop();
	proc_set_tick(on_tick, NULL, TICK_MS);
	live.is_moving = true;
	live.spin = 0;
}

static void end_moving(void)
{
	proc_set_tick(NULL, NULL, 0);
	live.is_moving = false;
}

static void terminal_step(void *arg, const char *doing)
{
	terminal_done(arg);
	begin_step(doing);
	if (!live.is_moving)
		begin_moving();
	draw(NULL);
}

/* The error shows the newest line of the log itself. */
static bool quotes_log(const struct error *err)
{
	const char *newest = live.logged > 0 ? live.log[(live.logged - 1) % FRAME_LOG_LINES] : "";

	return err->detail != NULL && strstr(err->detail, newest) != NULL;
}

/* When the command failed, the log stays to be read. */
static void terminal_close(const struct error *err)
{
	const struct winsize size = terminal_size(STDERR_FILENO);
	AUTO(buf) panel = BUF_INIT;

	if (err != NULL)
		terminal_failed(NULL, true);
	if (err != NULL && !quotes_log(err))
		make_frame(&panel, NULL, &size);
	forget_log();
	replace(&told.step, NULL);
	draw(panel.len > 0 ? buf_str(&panel) : NULL);
	end_moving();
}

/* ------------------------------------------------------------------ JSON */

static cJSON *new_event(const char *name)
{
	cJSON *event = cJSON_CreateObject();
	autofree char *now = clock_timestamp();

	cJSON_AddNumberToObject(event, "schema", SCHEMA);
	tree_add_str(event, "time", now);
	tree_add_str(event, "event", name);
	cJSON_AddNumberToObject(event, "elapsed_ms", (double)since(told.began_ms));
	return event;
}

/* Whatever the bytes are, the value is a UTF-8 string without control characters; null for NULL. */
static void add_text(cJSON *event, const char *key, const char *text, size_t len)
{
	autofree char *safe = text ? log_safe_text(text, len) : NULL;

	tree_add_str(event, key, safe);
}

static void emit(cJSON *event)
{
	autofree char *text = cJSON_PrintUnformatted(event);
	AUTO(buf) line = BUF_INIT;

	buf_addf(&line, "%s\n", text ? text : "");
	write_out(&line);
	cJSON_Delete(event);
}

static void emit_text(const char *name, const char *text, size_t len)
{
	cJSON *event = new_event(name);

	add_text(event, "text", text, len);
	emit(event);
}

static void json_step(void *arg, const char *doing)
{
	cJSON *event;

	if (told.step != NULL)
		told.callbacks.done(arg);
	begin_step(doing);
	event = new_event("step");
	tree_add_str(event, "step", doing);
	emit(event);
}

static void json_end_step(cJSON *event)
{
	tree_add_str(event, "step", told.step);
	cJSON_AddNumberToObject(event, "step_ms", (double)since(told.step_ms));
	replace(&told.step, NULL);
	emit(event);
}

static void json_done(void *arg)
{
	(void)arg;
	json_end_step(new_event("done"));
}

static void json_failed(void *arg, bool fatal)
{
	cJSON *event = new_event("failed");

	(void)arg;
	cJSON_AddBoolToObject(event, "fatal", fatal);
	json_end_step(event);
}

static void json_line(void *arg, const char *line, size_t len)
{
	(void)arg;
	emit_text("line", line, len);
}

static void json_detail(void *arg, const char *text, size_t len)
{
	cJSON *event = new_event("detail");

	(void)arg;
	tree_add_str(event, "step", told.step);
	add_text(event, "text", text, len);
	emit(event);
}

static void json_note(void *arg, const char *text)
{
	(void)arg;
	emit_text("note", text, strlen(text));
}

static void json_warn(void *arg, const char *text)
{
	(void)arg;
	emit_text("warning", text, strlen(text));
}

static void json_trace(const char *line)
{
	emit_text("debug", line, strlen(line));
}

/* ------------------------------------------------------------------ which look */

static const struct progress looks[] = {
	[LOOK_PLAIN] = {
		.step = plain_step, .done = plain_done, .failed = plain_failed, .line = plain_output,
		.detail = plain_output, .note = plain_note, .warn = plain_warn,
	},
	[LOOK_TERMINAL] = {
		.step = terminal_step, .done = terminal_done, .failed = terminal_failed, .line = terminal_line,
		.detail = terminal_detail, .lend = terminal_lend, .note = terminal_note, .warn = terminal_warn,
	},
	[LOOK_JSON] = {
		.step = json_step, .done = json_done, .failed = json_failed, .line = json_line,
		.detail = json_detail, .note = json_note, .warn = json_warn,
	},
};

static void ignore_text(void *arg, const char *text)
{
	(void)arg;
	(void)text;
}

static void ignore_done(void *arg)
{
	(void)arg;
}

static void ignore_failed(void *arg, bool fatal)
{
	(void)arg;
	(void)fatal;
}

static void ignore_line(void *arg, const char *line, size_t len)
{
	(void)arg;
	(void)line;
	(void)len;
}

static void choose_callbacks(void)
{
	told.callbacks = looks[told.look];
	if (!told.is_quiet)
		return;
	told.callbacks.step = told.callbacks.note = ignore_text;
	told.callbacks.done = ignore_done;
	told.callbacks.failed = ignore_failed;
	told.callbacks.line = told.callbacks.detail = ignore_line;
	told.callbacks.lend = NULL;
}

void progress_choose(enum progress_mode mode, bool quiet, const struct clock *clock)
{
	told.look = mode == PROGRESS_JSON ? LOOK_JSON : LOOK_PLAIN;
	told.may_draw = mode == PROGRESS_AUTO;
	told.is_quiet = quiet;
	told.clock = clock;
	told.began_ms = clock_now_ms(clock);
}

const struct progress *progress_open(const struct settings *settings)
{
	if (told.may_draw && isatty(STDERR_FILENO) && !settings->dumb_terminal)
		told.look = LOOK_TERMINAL;
	told.colour = !settings->no_color;
	if (told.look == LOOK_TERMINAL)
		log_set_sink(terminal_trace);
	if (told.look == LOOK_JSON)
		log_set_sink(json_trace);
	choose_callbacks();
	return &told.callbacks;
}

bool progress_may_ask(void)
{
	return !told.is_quiet && told.look != LOOK_JSON;
}

void progress_success(const char *fmt, ...)
{
	autofree char *text = NULL;
	va_list ap;

	if (told.is_quiet)
		return;
	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	if (told.look == LOOK_JSON)
		replace(&told.success, STEAL(text));
	else if (told.look == LOOK_TERMINAL)
		terminal_success(text);
	else
		plain_line("", text, strlen(text));
}

void progress_close(const struct error *err)
{
	if (told.look == LOOK_TERMINAL)
		terminal_close(err);
	else if (told.step != NULL && err != NULL)
		told.callbacks.failed(NULL, true);
	log_set_sink(NULL);
}

void progress_error(const struct error *err)
{
	cJSON *event;

	if (told.look != LOOK_JSON) {
		output_error(err);
		return;
	}
	event = new_event("error");
	output_add_error(event, err, NULL);
	emit(event);
}

void progress_status(int status)
{
	cJSON *event;

	if (told.look == LOOK_JSON && !told.is_quiet) {
		event = new_event("result");
		cJSON_AddNumberToObject(event, "exit_code", status);
		add_text(event, "text", told.success, told.success ? strlen(told.success) : 0);
		emit(event);
	}
	replace(&told.success, NULL);
}
