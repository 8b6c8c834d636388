/* SPDX-License-Identifier: Apache-2.0 */
/* The scripted runner and its clock. */
#include "script.h"

#include <ftw.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/file.h"

/* Not 0, so that a time taken for a difference shows. */
#define START_MS 5000000
/* More than any wait under its bound asks for. */
#define CALLS_MAX 5000

struct proc {
	struct proc_output out;
	const struct script_line *next;
};

int64_t script_elapsed(const struct script *script)
{
	return script->now_ms - START_MS;
}

bool script_matches(const char *pattern, const char *text)
{
	for (; *pattern != '\0'; pattern++, text++) {
		if (*pattern == '*') {
			for (; *text != '\0'; text++)
				if (script_matches(pattern + 1, text))
					return true;
			return script_matches(pattern + 1, text);
		}
		if (*pattern != *text)
			return false;
	}
	return *text == '\0';
}

/* ------------------------------------------------------------------ which row */

/* Every child has a purpose for its errors and a time limit, unless it shows something to a person
 * or is a follower. */
static void check_spec(const struct proc_spec *spec, const char *line, bool follow)
{
	if (spec->purpose == NULL)
		fail_msg("without a purpose: %s", line);
	if (spec->timeout_ms <= 0 && !spec->interactive && !follow)
		fail_msg("without a time limit: %s", line);
}

static const struct script_step *next_step(struct script *script, const struct proc_spec *spec, bool follow)
{
	autofree char *line = argv_quote(&spec->argv);
	const struct script_step *step;

	argv_add(&script->log, line);
	if (++script->calls > CALLS_MAX)
		fail_msg("no end to it: %s", line);
	check_spec(spec, line, follow);
	for (;; script->at++, script->used = 0) {
		if (script->at >= script->count)
			fail_msg("nothing more was expected\n  ran:      %s", line);
		step = &script->steps[script->at];
		if (script_matches(step->command, line) && (step->times < 0 || script->used < (step->times ? step->times : 1)))
			break;
		if (step->times >= 0 && script->used < (step->times ? step->times : 1))
			fail_msg("row %zu\n  expected: %s\n  ran:      %s", script->at, step->command, line);
	}
	script->used++;
	if ((step->lines != NULL) != follow)
		fail_msg("row %zu: %s a follower: %s", script->at, follow ? "started as" : "not started as", line);
	if (step->draws != (spec->out.how == PROC_STDERR))
		fail_msg("row %zu: %s our stderr: %s", script->at, step->draws ? "not given" : "given", line);
	if (step->env != NULL && !argv_contains(&spec->env, step->env))
		fail_msg("row %zu: its environment lacks %s: %s", script->at, step->env, line);
	return step;
}

/* ------------------------------------------------------------------ the runner */

static void print(const struct proc_output *output, const char *text, struct buf *captured)
{
	if (text == NULL)
		return;
	if (output->how == PROC_CAPTURE)
		buf_adds(captured, text);
	else if (output->how == PROC_LINES)
		proc_feed_lines(output, text);
}

static int answer(struct script *script, const struct script_step *step, const struct proc_spec *spec,
		  struct proc_result *result, struct error **err)
{
	script->now_ms += step->how == SCRIPT_TIMES_OUT ? spec->timeout_ms : step->takes_ms;
	switch (step->how) {
	case SCRIPT_TIMES_OUT:
		result->timed_out = true;
		return error_set(err, ERROR_TIMEOUT, "%s did not end within %g s", spec->purpose,
				 (double)spec->timeout_ms / 1000);
	case SCRIPT_MISSING:
		return error_set(err, ERROR_UNREACHABLE, "%s was not found on PATH", spec->argv.v[0]);
	case SCRIPT_CANCELS:
		cancel_request(SIGTERM);
		return cancel_check(err);
	case SCRIPT_KILLED:
		result->sig = step->code;
		break;
	case SCRIPT_EXITS:
		result->code = step->code;
		break;
	}
	print(&spec->out, step->out, &result->out);
	print(&spec->err, step->err, &result->err);
	return 0;
}

static int script_run(void *arg, struct proc_spec *spec, struct proc_result *result, struct error **err)
{
	struct script *script = arg;
	const struct script_step *step;

	if (!spec->interactive && cancel_check(err) < 0)
		return -1; /* as the real one: nothing is started any more */
	step = next_step(script, spec, false);
	if (spec->input != NULL)
		buf_add(&script->input, spec->input, spec->input_len ? spec->input_len : strlen(spec->input));
	if (script->calls == script->cancel_at) {
		cancel_request(SIGINT);
		return cancel_check(err);
	}
	if (script->calls == script->fail_at) {
		result->code = 1;
		print(&spec->err, "a failure by the script\n", &result->err);
		return 0;
	}
	return answer(script, step, spec, result, err);
}

/* Two rows, the one that writes first. */
static int script_pipe(void *arg, struct proc_spec *from, struct proc_spec *to, struct proc_result results[2],
		       struct error **err)
{
	if (script_run(arg, from, &results[0], err) < 0)
		return -1;
	return script_run(arg, to, &results[1], err);
}

static struct proc *script_start(void *arg, struct proc_spec *spec, struct error **err)
{
	struct script *script = arg;
	const struct script_step *step = next_step(script, spec, true);
	struct proc *proc;

	if (script->calls == script->cancel_at)
		cancel_request(SIGINT);
	if (script->calls == script->fail_at || step->how == SCRIPT_MISSING) {
		error_set(err, ERROR_UNREACHABLE, "%s was not found on PATH", spec->argv.v[0]);
		return NULL;
	}
	proc = xcalloc(1, sizeof(*proc));
	proc->out = spec->out;
	proc->next = step->lines;
	for (size_t i = 0; i < SCRIPT_FOLLOWERS; i++)
		if (script->followers[i] == NULL) {
			script->followers[i] = proc;
			return proc;
		}
	free(proc);
	fail_msg("more than %d followers at once", SCRIPT_FOLLOWERS);
	return NULL;
}

/* When the next line of these followers comes; INT64_MAX: none is left. */
static int64_t next_line_ms(struct proc *const *procs, size_t count)
{
	int64_t first = INT64_MAX;

	for (size_t i = 0; i < count; i++)
		if (procs[i] != NULL && procs[i]->next->text != NULL && procs[i]->next->at_ms < first)
			first = procs[i]->next->at_ms;
	return first;
}

static void deliver(struct script *script, struct proc *const *procs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (; procs[i] != NULL && procs[i]->next->text != NULL &&
		       procs[i]->next->at_ms <= script_elapsed(script); procs[i]->next++)
			print(&procs[i]->out, procs[i]->next->text, NULL);
}

/* Time moves on to the first thing that happens: a line, a request to stop, the end of the wait. */
static void script_pump(void *arg, struct proc *const *procs, size_t count, int64_t ms)
{
	struct script *script = arg;
	int64_t until = script_elapsed(script) + ms, line = next_line_ms(procs, count);

	if (++script->pumps > CALLS_MAX)
		fail_msg("no end to the waiting");
	if (cancel_signal() != 0)
		return;
	if (line < until)
		until = line > script_elapsed(script) ? line : script_elapsed(script);
	if (script->cancel_ms > 0 && script->cancel_ms <= until) {
		until = script->cancel_ms > script_elapsed(script) ? script->cancel_ms : script_elapsed(script);
		cancel_request(SIGTERM);
		script->cancel_ms = 0;
	}
	script->slept_ms += until - script_elapsed(script);
	script->now_ms = START_MS + until;
	deliver(script, procs, count);
}

/* It goes on until it is stopped. */
static bool script_ended(void *arg, struct proc *proc)
{
	(void)arg;
	(void)proc;
	return false;
}

static void script_stop(void *arg, struct proc *proc)
{
	struct script *script = arg;

	for (size_t i = 0; proc != NULL && i < SCRIPT_FOLLOWERS; i++)
		if (script->followers[i] == proc)
			script->followers[i] = NULL;
	free(proc);
}

static int64_t script_now(void *arg)
{
	return ((struct script *)arg)->now_ms;
}

/* ------------------------------------------------------------------ for the tests */

void script_init(struct script *script, const struct script_step *steps, size_t count)
{
	*script = (struct script){
		.steps = steps, .count = count, .now_ms = START_MS, .log = ARGV_INIT,
		.runner = { script_run, script_pipe, script_start, script_pump, script_ended, script_stop, script },
		.clock = { script_now, script },
	};
	script->docker = (struct docker){ &script->runner, 60000, 3600000, 3600000, NULL, NULL, false };
	cancel_forget();
}

void script_release(struct script *script)
{
	for (size_t i = 0; i < SCRIPT_FOLLOWERS; i++)
		free(script->followers[i]);
	argv_release(&script->log);
	buf_release(&script->input);
	cancel_forget();
}

void script_end(struct script *script)
{
	for (; script->at < script->count; script->at++, script->used = 0) {
		const struct script_step *step = &script->steps[script->at];

		if (step->times >= 0 && script->used < (step->times ? step->times : 1))
			fail_msg("row %zu was not run: %s", script->at, step->command);
	}
	for (size_t i = 0; i < SCRIPT_FOLLOWERS; i++)
		if (script->followers[i] != NULL)
			fail_msg("a follower was left running");
	script_release(script);
}

void assert_error(struct error **err, enum error_kind kind, const char *part)
{
	autofree char *text = error_text(*err);

	assert_non_null(*err);
	if ((*err)->kind != kind || strstr(text, part) == NULL)
		fail_msg("expected %s with \"%s\"\n  got %s: %s", error_kind_name(kind), part,
			 error_kind_name((*err)->kind), text);
	error_free(err);
}

bool advises(const struct error *err, const char *part)
{
	for (size_t i = 0; i < err->hint_count; i++)
		if (strstr(err->hints[i].text, part) != NULL ||
		    (err->hints[i].command != NULL && strstr(err->hints[i].command, part) != NULL))
			return true;
	return false;
}

void assert_line(const struct argv *args, const char *expected)
{
	autofree char *line = argv_quote(args);

	assert_string_equal(line, expected);
}

int listen_on_loopback(int family, int *port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr *address = family == AF_INET ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
	socklen_t len = family == AF_INET ? sizeof(v4) : sizeof(v6);
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, address, len) < 0 || listen(fd, 1) < 0 || getsockname(fd, address, &len) < 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*port = ntohs(family == AF_INET ? v4.sin_port : v6.sin6_port);
	return fd;
}

/* ------------------------------------------------------------------ a gateway's surroundings */

static void on_step(void *arg, const char *doing)
{
	argv_add(&((struct scene *)arg)->steps, doing);
}

static void on_done(void *arg)
{
	argv_add(&((struct scene *)arg)->steps, ".");
}

static void on_failed(void *arg, bool fatal)
{
	argv_add(&((struct scene *)arg)->steps, fatal ? "!!" : "!");
}

static void on_line(void *arg, const char *line, size_t len)
{
	argv_addf(&((struct scene *)arg)->lines, "%.*s", (int)len, line);
}

static void on_detail(void *arg, const char *text, size_t len)
{
	argv_addf(&((struct scene *)arg)->details, "%.*s", (int)len, text);
}

static void on_note(void *arg, const char *text)
{
	argv_add(&((struct scene *)arg)->notes, text);
}

static void on_warning(void *arg, const char *text)
{
	argv_add(&((struct scene *)arg)->warnings, text);
}

void scene_open(struct scene *scene)
{
	const char *base = getenv("TMPDIR");

	*scene = (struct scene){
		.dir = xasprintf("%s/openshell-unit-XXXXXX", base ? base : "/tmp"),
		.progress = { on_step, on_done, on_failed, on_line, on_detail, NULL, on_note, on_warning, scene },
	};
	assert_non_null(mkdtemp(scene->dir));
	scene->paths.user_root = xasprintf("%s/openshell", scene->dir);
	scene->paths.locks = xasprintf("%s/locks", scene->dir);
	scene->settings.docker_timeout_ms = 60000;
	scene->settings.pull_timeout_ms = 3600000;
	scene->settings.push_timeout_ms = 3600000;
	script_init(&scene->script, NULL, 0);
	scene->env = (struct gateway_env){
		.settings = &scene->settings, .paths = &scene->paths, .docker = &scene->script.docker,
		.clock = &scene->script.clock, .progress = &scene->progress,
	};
}

static void forget_told(struct scene *scene)
{
	argv_release(&scene->steps);
	argv_release(&scene->lines);
	argv_release(&scene->details);
	argv_release(&scene->notes);
	argv_release(&scene->warnings);
}

void scene_script(struct scene *scene, const struct script_step *steps, size_t count)
{
	script_end(&scene->script);
	script_init(&scene->script, steps, count);
	forget_told(scene);
}

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void scene_close(struct scene *scene)
{
	script_end(&scene->script);
	forget_told(scene);
	nftw(scene->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	paths_release(&scene->paths);
	free(scene->dir);
}

int scene_setup(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));

	scene_open(scene);
	scene->paths.system_root = xasprintf("%s/system", scene->dir);
	*state = scene;
	return 0;
}

int scene_teardown(void **state)
{
	scene_close(*state);
	free(*state);
	return 0;
}

void scene_write(const struct scene *scene, const char *name, const char *text)
{
	autofree char *path = xasprintf("%s/%s", scene->paths.user_root, name);
	autofree char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	struct error *err = NULL;

	assert_int_equal(dir_make(dir, &err), 0);
	assert_int_equal(file_write(path, text, strlen(text), &err), 0);
}

char *scene_read(const struct scene *scene, const char *name)
{
	autofree char *path = xasprintf("%s/%s", scene->paths.user_root, name);
	AUTO(buf) text = BUF_INIT;
	autoerror struct error *ignored = NULL;

	if (file_read(path, 1 << 20, &text, &ignored) < 0)
		return NULL;
	return text.len > 0 ? buf_steal(&text) : xstrdup("");
}

bool scene_has(const struct scene *scene, const char *name)
{
	autofree char *path = xasprintf("%s/%s", scene->paths.user_root, name);

	return access(path, F_OK) == 0;
}

bool says(const struct argv *lines, const char *part)
{
	for (size_t i = 0; i < lines->n; i++)
		if (strstr(lines->v[i], part) != NULL)
			return true;
	return false;
}
