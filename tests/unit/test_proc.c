/* SPDX-License-Identifier: Apache-2.0 */
/* Child processes: everything that a child may do to us, with /bin/sh in its part. */
#include "script.h"
#include "scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/file.h"
#include "base/spawn.h"

#define MIB (1024 * 1024)
#define AT_ONCE_MS 1500 /* less than the time of grace, more than a busy machine needs */

static struct proc_spec shell(const char *script)
{
	struct proc_spec spec = PROC_SPEC_INIT("test child");

	argv_addl(&spec.argv, "/bin/sh", "-c", script, NULL);
	spec.out.how = PROC_CAPTURE;
	spec.err.how = PROC_CAPTURE;
	spec.timeout_ms = 60000;
	return spec;
}

/* Runs the script to its end, which must be possible; releases the spec. */
static void run(struct proc_spec spec, struct proc_result *result)
{
	struct error *err = NULL;

	if (runner_run(&runner_real, &spec, result, &err) < 0)
		fail_msg("%s", error_text(err));
	proc_spec_release(&spec);
}

/* Runs it where that must fail. */
static void run_fails(struct proc_spec spec, struct proc_result *result, enum error_kind kind, const char *part)
{
	struct error *err = NULL;

	assert_int_equal(runner_run(&runner_real, &spec, result, &err), -1);
	assert_error(&err, kind, part);
	proc_spec_release(&spec);
}

static void assert_no_children(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* Nothing of the name runs any more; who inherited it may not have reaped it yet. */
static bool has_ended(long pid)
{
	autofree char *path = xasprintf("/proc/%ld/stat", pid);

	for (int i = 0; i < 500; i++) {
		AUTO(buf) stat = BUF_INIT;
		autoerror struct error *err = NULL;
		const char *name_end;

		if (file_read(path, 4096, &stat, &err) < 0)
			return true;
		name_end = strrchr(buf_str(&stat), ')');
		if (name_end != NULL && (name_end[2] == 'Z' || name_end[2] == 'X'))
			return true;
		usleep(10000);
	}
	return false;
}

static int64_t now_ms(void)
{
	return clock_now_ms(&clock_real);
}

static size_t open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

/* The exit status of a process that runs the function; 128 + signal. */
static int in_process(int (*function)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		alarm(60);
		_exit(function());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static bool under_valgrind(void)
{
	const char *preloaded = getenv("LD_PRELOAD");

	return preloaded != NULL && strstr(preloaded, "vgpreload") != NULL;
}

/* ------------------------------------------------------------------ starting */

static void a_program_that_is_not_on_path_is_told_without_a_fork(void **state)
{
	AUTO(proc_spec) spec = PROC_SPEC_INIT("docker info");
	AUTO(proc_result) result = PROC_RESULT_INIT;
	struct error *err = NULL;

	(void)state;
	argv_add(&spec.argv, "openshell-no-such-program");
	assert_int_equal(runner_run(&runner_real, &spec, &result, &err), -1);
	assert_error(&err, ERROR_UNREACHABLE, "docker info: the program 'openshell-no-such-program' was not found on PATH");
	assert_null(runner_start(&runner_real, &spec, &err));
	assert_error(&err, ERROR_UNREACHABLE, "not found");
}

static void put_program(const char *path, const void *bytes, size_t len, mode_t mode)
{
	scratch_put_bytes(path, bytes, len);
	assert_int_equal(chmod(path, mode), 0);
}

static void path_is_searched_in_its_order_for_what_can_be_run(void **state)
{
	autofree char *old = xstrdup(getenv("PATH"));
	autofree char *path = xasprintf("::%s:%s:%s::", scratch("none"), scratch("a"), scratch("b"));
	autofree char *first = NULL, *second = NULL, *third = NULL;

	(void)state;
	put_program(scratch("a/plain"), "x", 1, 0644);
	put_program(scratch("b/plain"), "x", 1, 0755);
	put_program(scratch("a/both"), "x", 1, 0755);
	put_program(scratch("b/both"), "x", 1, 0755);
	assert_int_equal(mkdir(scratch("a/dir"), 0755), 0);
	setenv("PATH", path, 1);
	first = spawn_find("plain");
	second = spawn_find("both");
	third = spawn_find("dir");
	setenv("PATH", old, 1);
	assert_string_equal(first, scratch("b/plain"));
	assert_string_equal(second, scratch("a/both"));
	assert_null(third);
}

static void the_working_directory_is_not_on_path(void **state)
{
	autofree char *old = xstrdup(getenv("PATH")), *cwd = getcwd(NULL, 0), *found = NULL;

	(void)state;
	put_program(scratch("mine"), "x", 1, 0755);
	assert_int_equal(chdir(scratch(".")), 0);
	setenv("PATH", ":", 1);
	found = spawn_find("mine");
	setenv("PATH", old, 1);
	assert_int_equal(chdir(cwd), 0);
	assert_null(found);
}

static void without_path_the_usual_places_are_searched(void **state)
{
	autofree char *old = xstrdup(getenv("PATH")), *found = NULL, *empty = NULL;

	(void)state;
	unsetenv("PATH");
	found = spawn_find("sh");
	setenv("PATH", "", 1);
	empty = spawn_find("sh");
	setenv("PATH", old, 1);
	assert_non_null(found);
	assert_non_null(empty);
}

static void a_program_that_cannot_be_run_is_an_error_not_an_exit_status(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		mode_t mode;
		enum error_kind kind;
		const char *part;
	} rows[] = {
		{ "\177ELF garbage", 12, 0755, ERROR_SYSTEM, "Exec format error" },
		{ "", 0, 0755, ERROR_SYSTEM, "Exec format error" },
		{ "#!/no/such/interpreter\n", 23, 0755, ERROR_UNREACHABLE, "No such file" },
		{ "#!/bin/sh\n", 10, 0644, ERROR_UNREACHABLE, "was not found" },
	};

	(void)state;
	if (under_valgrind())
		skip(); /* it ends a process whose exec fails, so nothing comes back from it */
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct proc_spec spec = PROC_SPEC_INIT("test child");
		AUTO(proc_result) result = PROC_RESULT_INIT;
		size_t before = open_descriptors();

		put_program(scratch("program"), rows[i].bytes, rows[i].len, rows[i].mode);
		argv_add(&spec.argv, scratch("program"));
		run_fails(spec, &result, rows[i].kind, rows[i].part);
		assert_no_children();
		assert_int_equal(open_descriptors(), before);
	}
}

static void arguments_reach_the_child_as_they_are(void **state)
{
	AUTO(proc_result) result = PROC_RESULT_INIT;
	struct proc_spec spec = shell("printf '<%s>' \"$@\"");

	(void)state;
	argv_addl(&spec.argv, "sh", "", "two words", "$(x)", "a\nb", "-n", NULL);
	run(spec, &result);
	assert_string_equal(buf_str(&result.out), "<><two words><$(x)><a\nb><-n>");
}

static void the_environment_is_changed_in_the_child_only(void **state)
{
	AUTO(proc_result) result = PROC_RESULT_INIT;
	struct proc_spec spec = shell("echo \"$SET:$CHANGED:${GONE-none}:$KEPT:$EMPTY:$EQUALS:${CHANGED_TOO}\"");

	(void)state;
	setenv("CHANGED", "old", 1);
	setenv("CHANGED_TOO", "still", 1);
	setenv("GONE", "x", 1);
	setenv("KEPT", "kept", 1);
	argv_addl(&spec.env, "SET=1", "CHANGED=new", "GONE", "EMPTY=", "EQUALS=a=b", "NEVER_THERE", NULL);
	run(spec, &result);
	assert_string_equal(buf_str(&result.out), "1:new:none:kept::a=b:still\n");
	assert_string_equal(getenv("CHANGED"), "old");
	assert_string_equal(getenv("GONE"), "x");
	assert_null(getenv("SET"));
}

static void the_child_has_no_descriptor_of_ours(void **state)
{
	AUTO(proc_result) result = PROC_RESULT_INIT;
	struct proc_spec spec = PROC_SPEC_INIT("ls");
	int low = open("/dev/null", O_RDONLY), high = fcntl(low, F_DUPFD, 200);

	(void)state;
	assert_true(low >= 0 && high >= 200);
	argv_addl(&spec.argv, "ls", "/proc/self/fd", NULL);
	spec.out.how = PROC_CAPTURE;
	run(spec, &result);
	close(low);
	close(high);
	assert_string_equal(buf_str(&result.out), "0\n1\n2\n3\n"); /* 3 is ls reading the directory */
}

static void we_keep_no_descriptor_of_a_child(void **state)
{
	size_t before = open_descriptors();

	(void)state;
	for (int i = 0; i < 20; i++) {
		AUTO(proc_result) result = PROC_RESULT_INIT;
		struct proc_spec spec = shell("cat; echo x >&2");

		spec.input = "input";
		run(spec, &result);
	}
	assert_int_equal(open_descriptors(), before);
	assert_no_children();
}

static int run_without_descriptors(void)
{
	const struct rlimit limit = { 16, 16 };
	autoerror struct error *err = NULL;
	size_t before;

	closefrom(3);
	setrlimit(RLIMIT_NOFILE, &limit);
	for (int fd = 3; fd < 12; fd++)
		if (dup(0) < 0)
			return 1;
	before = open_descriptors();
	for (int i = 0; i < 10; i++) {
		AUTO(proc_result) result = PROC_RESULT_INIT;
		AUTO(proc_spec) spec = shell("echo x");

		spec.input = "y";
		if (runner_run(&runner_real, &spec, &result, &err) == 0 || strstr(err->text, "open pipes") == NULL)
			return 2;
		error_free(&err);
	}
	return open_descriptors() == before ? 0 : 3;
}

static void running_out_of_descriptors_is_an_error_and_loses_none(void **state)
{
	(void)state;
	if (under_valgrind())
		skip(); /* its limit is another one */
	assert_int_equal(in_process(run_without_descriptors), 0);
}

static int run_with_stdio_closed(void)
{
	AUTO(proc_result) result = PROC_RESULT_INIT;
	AUTO(proc_spec) spec = shell("cat; echo err >&2");
	autoerror struct error *err = NULL;

	closefrom(0);
	spec.input = "in";
	if (runner_run(&runner_real, &spec, &result, &err) < 0)
		return 1;
	return streq(buf_str(&result.out), "in") && streq(buf_str(&result.err), "err\n") ? 0 : 2;
}

static void closed_standard_streams_of_ours_do_not_mix_up_the_childs(void **state)
{
	(void)state;
	assert_int_equal(in_process(run_with_stdio_closed), 0);
}

/* ------------------------------------------------------------------ ends */

static void the_exit_status_is_data(void **state)
{
	static const int codes[] = { 0, 1, 125, 255 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		autofree char *script = xasprintf("exit %d", codes[i]);
		AUTO(proc_result) result = PROC_RESULT_INIT;

		run(shell(script), &result);
		assert_int_equal(result.code, codes[i]);
		assert_int_equal(result.sig, 0);
		assert_false(result.timed_out);
	}
}

static void a_signalled_child_is_never_success(void **state)
{
	static const int signals[] = { SIGKILL, SIGTERM, SIGSEGV, SIGPIPE };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		autofree char *script = xasprintf("kill -%d $$", signals[i]);
		AUTO(proc_result) result = PROC_RESULT_INIT;
		AUTO(proc_spec) spec = shell(script);
		struct error *err = NULL;

		assert_int_equal(runner_run(&runner_real, &spec, &result, &err), 0);
		assert_int_equal(result.code, -1);
		assert_int_equal(result.sig, signals[i]);
		assert_int_equal(runner_check(&runner_real, &spec, &result, &err), -1);
		assert_error(&err, ERROR_SYSTEM, "killed by signal");
	}
}

static void a_failed_child_is_told_with_its_last_words(void **state)
{
	static const struct {
		const char *script, *text;
	} rows[] = {
		{ "exit 1", "test child failed (exit 1)" },
		{ "echo ' first '; echo second >&2; echo third >&2; exit 125", "test child failed (exit 125): second third" },
		{ "printf '\\n\\n one\\r\\n\\n' >&2; exit 2", "test child failed (exit 2):  one" },
		{ "printf '\\033[31mred\\a' >&2; exit 2", "test child failed (exit 2): \\033[31mred\\a" },
		{ "kill -9 $$", "test child failed (killed by signal 9 (Killed))" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(proc_result) result = PROC_RESULT_INIT;
		AUTO(proc_spec) spec = shell(rows[i].script);
		autoerror struct error *err = NULL;

		assert_int_equal(runner_check(&runner_real, &spec, &result, &err), -1);
		assert_string_equal(err->text, rows[i].text);
	}
}

static void long_last_words_are_cut_at_their_front_between_characters(void **state)
{
	AUTO(proc_result) result = PROC_RESULT_INIT;
	autoerror struct error *err = NULL;

	(void)state;
	result.code = 1;
	for (int i = 0; i < 400; i++)
		buf_adds(&result.err, "\xc3\xa4");
	buf_adds(&result.err, "the reason");
	assert_int_equal(proc_result_error("docker pull", &result, &err), -1);
	assert_true(strlen(err->text) < 600);
	assert_true(str_ends(err->text, "\xc3\xa4the reason"));
	assert_null(strchr(err->text, '\\')); /* no half of a character */
}

static void success_is_no_error_whatever_it_says(void **state)
{
	AUTO(proc_result) result = PROC_RESULT_INIT;
	AUTO(proc_spec) spec = shell("echo WARNING >&2");
	struct error *err = NULL;

	(void)state;
	assert_int_equal(runner_check(&runner_real, &spec, &result, &err), 0);
	assert_string_equal(buf_str(&result.err), "WARNING\n");
}

static void a_result_can_be_used_again(void **state)
{
	AUTO(proc_result) result = PROC_RESULT_INIT;

	(void)state;
	run(shell("echo first; kill -9 $$"), &result);
	run(shell("echo second"), &result);
	assert_int_equal(result.code, 0);
	assert_int_equal(result.sig, 0);
	assert_string_equal(buf_str(&result.out), "second\n");
}

/* ------------------------------------------------------------------ data */

static void both_streams_may_hold_more_than_a_pipe(void **state)
{
	AUTO(proc_result) result = PROC_RESULT_INIT;

	(void)state;
	run(shell("head -c 1000000 /dev/zero & head -c 1000000 /dev/zero >&2; wait; echo end"), &result);
	assert_int_equal(result.code, 0);
	assert_int_equal(result.out.len, 1000004);
	assert_int_equal(result.err.len, PROC_ERR_MAX);
}

static char *much_input(size_t len)
{
	char *input = xcalloc(len + 1, 1);

	for (size_t i = 0; i < len; i++)
		input[i] = (char)('a' + i % 26);
	return input;
}

static void a_mebibyte_goes_in_while_it_comes_out(void **state)
{
	AUTO(proc_result) result = PROC_RESULT_INIT;
	autofree char *input = much_input(MIB);
	struct proc_spec spec = shell("tee /dev/stderr");

	(void)state;
	spec.input = input;
	run(spec, &result);
	assert_int_equal(result.code, 0);
	assert_int_equal(result.out.len, MIB);
	assert_memory_equal(result.out.data, input, MIB);
	assert_string_equal(buf_str(&result.err), input + MIB - PROC_ERR_MAX);
}

static void a_child_need_not_read_its_input(void **state)
{
	static const char *const scripts[] = { "exit 3", "exec <&-; exit 3", "head -c 10 >/dev/null; exit 3" };
	autofree char *input = much_input(MIB);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
		AUTO(proc_result) result = PROC_RESULT_INIT;
		struct proc_spec spec = shell(scripts[i]);

		spec.input = input;
		run(spec, &result);
		assert_int_equal(result.code, 3);
	}
}

static void input_with_a_length_may_hold_any_byte(void **state)
{
	static const char bytes[] = "a\0b\0\0";
	AUTO(proc_result) result = PROC_RESULT_INIT;
	struct proc_spec spec = shell("cat");

	(void)state;
	spec.input = bytes;
	spec.input_len = sizeof(bytes);
	run(spec, &result);
	assert_int_equal(result.out.len, sizeof(bytes));
	assert_memory_equal(result.out.data, bytes, sizeof(bytes));
}

static void no_input_is_an_empty_one(void **state)
{
	static const char *const inputs[] = { NULL, "" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(inputs); i++) {
		AUTO(proc_result) result = PROC_RESULT_INIT;
		struct proc_spec spec = shell("cat; echo end");

		spec.input = inputs[i];
		run(spec, &result);
		assert_string_equal(buf_str(&result.out), "end\n");
	}
}

static void what_is_not_asked_for_is_thrown_away(void **state)
{
	AUTO(proc_result) result = PROC_RESULT_INIT;
	struct proc_spec spec = shell("echo out; echo err >&2");

	(void)state;
	spec.out.how = spec.err.how = PROC_NULL;
	run(spec, &result);
	assert_int_equal(result.out.len, 0);
	assert_int_equal(result.err.len, 0);
}

static void a_child_that_closes_its_streams_is_waited_for(void **state)
{
	AUTO(proc_result) result = PROC_RESULT_INIT;

	(void)state;
	run(shell("exec >&- 2>&-; sleep 0.2; exit 4"), &result);
	assert_int_equal(result.code, 4);
}

static void endless_output_is_ended(void **state)
{
	AUTO(proc_result) result = PROC_RESULT_INIT;
	struct proc_spec spec = shell("echo $$ >\"$FILE\"; exec yes");
	const char *file = scratch("pid");
	AUTO(buf) pid = BUF_INIT;
	struct error *err = NULL;

	(void)state;
	argv_addf(&spec.env, "FILE=%s", file);
	run_fails(spec, &result, ERROR_SYSTEM, "test child printed more than 4 MiB");
	assert_true(result.overflow);
	assert_int_equal(result.out.len, PROC_OUT_MAX);
	assert_int_equal(file_read(file, 20, &pid, &err), 0);
	assert_true(has_ended(strtol(buf_str(&pid), NULL, 10)));
}

static void the_bound_of_output_is_exact_even_when_the_child_ends_at_once(void **state)
{
	AUTO(proc_result) result = PROC_RESULT_INIT;
	autofree char *fits = xasprintf("exec head -c %d /dev/zero", PROC_OUT_MAX);
	autofree char *too_much = xasprintf("exec head -c %d /dev/zero", PROC_OUT_MAX + 1);

	(void)state;
	run(shell(fits), &result);
	assert_int_equal(result.out.len, PROC_OUT_MAX);
	assert_false(result.overflow);
	for (int i = 0; i < 5; i++)
		run_fails(shell(too_much), &result, ERROR_SYSTEM, "more than 4 MiB");
}

static void of_much_stderr_the_end_is_kept(void **state)
{
	AUTO(proc_result) result = PROC_RESULT_INIT;

	(void)state;
	run(shell("head -c 300000 /dev/zero | tr '\\0' x >&2; echo the reason >&2; exit 1"), &result);
	assert_int_equal(result.err.len, PROC_ERR_MAX);
	assert_true(str_ends(buf_str(&result.err), "xxthe reason\n"));
}

static void any_bytes_are_captured_as_they_are(void **state)
{
	AUTO(proc_result) result = PROC_RESULT_INIT;

	(void)state;
	run(shell("printf 'a\\000b\\377\\n\\r\\n'; head -c 200000 /dev/urandom"), &result);
	assert_int_equal(result.out.len, 200007);
	assert_memory_equal(result.out.data, "a\0b\377\n\r\n", 7);
}

/* ------------------------------------------------------------------ lines */

/* The lines as "<a><b>", NUL bytes as "@". */
static void note_line(void *arg, const char *line, size_t len)
{
	struct buf *lines = arg;

	buf_adds(lines, "<");
	for (size_t i = 0; i < len; i++)
		buf_add(lines, line[i] ? &line[i] : "@", 1);
	buf_adds(lines, ">");
}

static void lines_come_one_by_one_without_their_ends(void **state)
{
	static const struct {
		const char *script, *lines;
	} rows[] = {
		{ ":", "" },
		{ "echo a; echo b", "<a><b>" },
		{ "printf 'a\\nb'", "<a><b>" },
		{ "printf '\\n\\na\\n'", "<><><a>" },
		{ "printf 'a\\r\\nb\\r\\n\\r\\n'", "<a><b><>" },
		{ "printf 'a\\rb\\r\\r\\n'", "<a\rb\r>" },
		{ "printf 'a\\r'", "<a>" },
		{ "printf 'a\\000b\\n\\000\\n'", "<a@b><@>" },
		{ "printf a; sleep 0.1; printf 'b\\nc'; sleep 0.1; echo d", "<ab><cd>" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(proc_result) result = PROC_RESULT_INIT;
		AUTO(buf) lines = BUF_INIT;
		struct proc_spec spec = shell(rows[i].script);

		spec.out = (struct proc_output){ PROC_LINES, note_line, &lines };
		run(spec, &result);
		assert_string_equal(buf_str(&lines), rows[i].lines);
		assert_int_equal(result.out.len, 0);
	}
}

static void a_script_of_lines_is_split_as_a_childs_are(void **state)
{
	AUTO(buf) lines = BUF_INIT;
	const struct proc_output output = { PROC_LINES, note_line, &lines };

	(void)state;
	proc_feed_lines(&output, "a\r\n\nb");
	proc_feed_lines(&output, "");
	assert_string_equal(buf_str(&lines), "<a><><b>");
}

struct sizes {
	size_t lines, bytes, longest;
};

static void measure_line(void *arg, const char *line, size_t len)
{
	struct sizes *sizes = arg;

	(void)line;
	sizes->lines++;
	sizes->bytes += len;
	sizes->longest = len > sizes->longest ? len : sizes->longest;
}

static void a_line_without_end_comes_in_pieces_and_loses_nothing(void **state)
{
	AUTO(proc_result) result = PROC_RESULT_INIT;
	struct sizes sizes = { 0 };
	struct proc_spec spec = shell("head -c 1000000 /dev/zero; echo; echo short");

	(void)state;
	spec.out = (struct proc_output){ PROC_LINES, measure_line, &sizes };
	run(spec, &result);
	assert_int_equal(sizes.bytes, 1000005);
	assert_int_equal(sizes.longest, PROC_LINE_MAX);
	assert_int_equal(sizes.lines, 1000000 / PROC_LINE_MAX + 2);
}

static void garbage_as_lines_does_no_harm(void **state)
{
	AUTO(proc_result) result = PROC_RESULT_INIT;
	struct sizes sizes = { 0 };
	struct proc_spec spec = shell("head -c 3000000 /dev/urandom");

	(void)state;
	spec.out = (struct proc_output){ PROC_LINES, measure_line, &sizes };
	run(spec, &result);
	assert_in_range(sizes.bytes + 2 * sizes.lines, 3000000, 3100000);
}

static void stderr_by_lines_keeps_its_end_too(void **state)
{
	AUTO(proc_result) result = PROC_RESULT_INIT;
	AUTO(buf) lines = BUF_INIT;
	struct proc_spec spec = shell("echo one >&2; echo the reason >&2; exit 1");

	(void)state;
	spec.err = (struct proc_output){ PROC_LINES, note_line, &lines };
	run(spec, &result);
	assert_string_equal(buf_str(&lines), "<one><the reason>");
	assert_string_equal(buf_str(&result.err), "one\nthe reason\n");
}

/* ------------------------------------------------------------------ time, groups and grandchildren */

static void a_child_that_takes_too_long_is_ended_by_term(void **state)
{
	AUTO(proc_result) result = PROC_RESULT_INIT;
	struct proc_spec spec = shell("echo begun; exec sleep 1000");
	int64_t before = now_ms();

	(void)state;
	spec.timeout_ms = 200;
	run_fails(spec, &result, ERROR_TIMEOUT, "test child did not end within 0.2 s");
	assert_true(result.timed_out);
	assert_in_range(now_ms() - before, 200, 200 + AT_ONCE_MS);
	assert_string_equal(buf_str(&result.out), "begun\n");
	assert_no_children();
}

static void a_child_that_ignores_term_is_killed_after_a_time_of_grace(void **state)
{
	AUTO(proc_result) result = PROC_RESULT_INIT;
	struct proc_spec spec = shell("trap '' TERM; while :; do sleep 1; done");
	int64_t before = now_ms();

	(void)state;
	spec.timeout_ms = 100;
	run_fails(spec, &result, ERROR_TIMEOUT, "did not end");
	assert_int_equal(result.sig, SIGKILL);
	assert_in_range(now_ms() - before, 100 + PROC_GRACE_MS, 100 + PROC_GRACE_MS + AT_ONCE_MS);
}

static void a_child_may_use_the_time_of_grace(void **state)
{
	AUTO(proc_result) result = PROC_RESULT_INIT;
	struct proc_spec spec = shell("trap 'sleep 0.2; echo cleaned; exit 5' TERM; echo ready; while :; do sleep 0.05; done");

	(void)state;
	spec.timeout_ms = 300;
	run_fails(spec, &result, ERROR_TIMEOUT, "did not end");
	assert_int_equal(result.code, 5);
	assert_non_null(strstr(buf_str(&result.out), "cleaned"));
}

static void the_whole_group_is_ended_with_the_child(void **state)
{
	static const char *const scripts[] = {
		"sleep 1000 & echo $!; wait",
		"sh -c 'trap \"\" TERM; echo $$; while :; do sleep 1; done' & wait",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
		AUTO(proc_result) result = PROC_RESULT_INIT;
		struct proc_spec spec = shell(scripts[i]);

		spec.timeout_ms = 500;
		run_fails(spec, &result, ERROR_TIMEOUT, "did not end");
		assert_true(has_ended(strtol(buf_str(&result.out), NULL, 10)));
	}
}

static void a_grandchild_that_holds_the_pipes_does_not_hang_us(void **state)
{
	AUTO(proc_result) result = PROC_RESULT_INIT;
	int64_t before = now_ms();
	long grandchild;

	(void)state;
	run(shell("sleep 1000 & echo $!; exit 6"), &result);
	assert_in_range(now_ms() - before, 0, AT_ONCE_MS);
	assert_int_equal(result.code, 6);
	grandchild = strtol(buf_str(&result.out), NULL, 10);
	assert_true(grandchild > 1);
	assert_int_equal(kill((pid_t)grandchild, SIGKILL), 0); /* it is not ours to end: it may be a master of ssh */
}

static void a_grandchild_that_never_stops_writing_does_not_hang_us(void **state)
{
	AUTO(proc_result) result = PROC_RESULT_INIT;
	struct sizes sizes = { 0 };
	struct proc_spec spec = shell("yes & exit 0");
	int64_t before = now_ms();

	(void)state;
	spec.out = (struct proc_output){ PROC_LINES, measure_line, &sizes };
	run(spec, &result);
	assert_in_range(now_ms() - before, 0, 3 * AT_ONCE_MS);
	assert_int_equal(result.code, 0);
}

static void a_child_is_in_a_group_of_its_own(void **state)
{
	AUTO(proc_result) result = PROC_RESULT_INIT;

	(void)state;
	run(shell("read -r pid rest </proc/$$/stat; set -- ${rest##*) }; [ \"$pid\" = \"$3\" ]"), &result);
	assert_int_equal(result.code, 0);
}

/* A process that starts a child, tells its number, and is killed. */
static void a_child_does_not_outlive_us(void **state)
{
	char digits[32] = { 0 };
	int ends[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		AUTO(proc_spec) spec = shell("echo $$ >&2; exec sleep 1000");
		struct error *err = NULL;

		dup2(ends[1], STDERR_FILENO);
		spec.err.how = PROC_INHERIT;
		_exit(runner_start(&runner_real, &spec, &err) == NULL || pause());
	}
	assert_true(read(ends[0], digits, sizeof(digits) - 1) > 0);
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(has_ended(strtol(digits, NULL, 10)));
}

/* ------------------------------------------------------------------ pairs */

struct pair {
	struct proc_spec from, to;
	struct proc_result results[2];
	struct error *err;
	int rc;
	int64_t took_ms;
};

static void pair_run(struct pair *pair, const char *from, const char *to, int64_t timeout_ms)
{
	int64_t before = now_ms();

	*pair = (struct pair){
		.from = shell(from), .to = shell(to), .results = { PROC_RESULT_INIT, PROC_RESULT_INIT },
	};
	pair->from.purpose = "the writer";
	pair->to.purpose = "the reader";
	pair->to.timeout_ms = timeout_ms;
	pair->rc = runner_real.pipe(runner_real.arg, &pair->from, &pair->to, pair->results, &pair->err);
	pair->took_ms = now_ms() - before;
	assert_no_children();
}

static void pair_release(struct pair *pair)
{
	proc_spec_release(&pair->from);
	proc_spec_release(&pair->to);
	proc_result_release(&pair->results[0]);
	proc_result_release(&pair->results[1]);
	error_free(&pair->err);
}

static void what_one_writes_the_other_reads(void **state)
{
	struct pair pair;

	(void)state;
	pair_run(&pair, "printf 'a\\000b\\n'; echo from >&2", "od -An -c; echo to >&2", 60000);
	assert_int_equal(pair.rc, 0);
	assert_string_equal(buf_str(&pair.results[1].out), "   a  \\0   b  \\n\n");
	assert_int_equal(pair.results[0].out.len, 0);
	assert_string_equal(buf_str(&pair.results[0].err), "from\n");
	assert_string_equal(buf_str(&pair.results[1].err), "to\n");
	assert_int_equal(pair.results[0].code + pair.results[1].code, 0);
	pair_release(&pair);
}

static void much_goes_through_a_pair_and_nothing_of_it_through_us(void **state)
{
	struct rusage before, after;
	struct pair pair;

	(void)state;
	getrusage(RUSAGE_SELF, &before);
	pair_run(&pair, "head -c 200000000 /dev/zero", "wc -c", 60000);
	getrusage(RUSAGE_SELF, &after);
	assert_int_equal(pair.rc, 0);
	assert_int_equal(strtol(buf_str(&pair.results[1].out), NULL, 10), 200000000);
	if (!under_valgrind())
		assert_in_range(after.ru_maxrss - before.ru_maxrss, 0, 1024);
	pair_release(&pair);
}

static void the_statuses_of_a_pair_are_data(void **state)
{
	static const struct {
		const char *from, *to;
		int from_code, to_code;
	} rows[] = {
		{ "exit 0", "exit 0", 0, 0 },
		{ "exit 0", "cat; exit 3", 0, 3 },
		{ "sleep 0.2; exit 4", "exit 0", 4, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pair pair;

		pair_run(&pair, rows[i].from, rows[i].to, 60000);
		assert_int_equal(pair.rc, 0);
		assert_int_equal(pair.results[0].code, rows[i].from_code);
		assert_int_equal(pair.results[1].code, rows[i].to_code);
		assert_false(pair.results[0].cut_off || pair.results[1].cut_off);
		pair_release(&pair);
	}
}

static void a_reader_whose_writer_fails_is_ended(void **state)
{
	struct pair pair;

	(void)state;
	pair_run(&pair, "echo half; exit 5", "cat >/dev/null; exec sleep 1000", 60000);
	assert_int_equal(pair.rc, 0);
	assert_in_range(pair.took_ms, 0, AT_ONCE_MS);
	assert_int_equal(pair.results[0].code, 5);
	assert_true(pair.results[1].cut_off);
	pair_release(&pair);
}

static void a_writer_whose_reader_fails_is_ended(void **state)
{
	static const char *const writers[] = { "exec yes", "exec sleep 1000" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(writers); i++) {
		struct pair pair;

		pair_run(&pair, writers[i], "exit 6", 60000);
		assert_int_equal(pair.rc, 0);
		assert_in_range(pair.took_ms, 0, AT_ONCE_MS);
		assert_int_equal(pair.results[1].code, 6);
		assert_int_not_equal(pair.results[0].code, 0);
		pair_release(&pair);
	}
}

static void a_reader_that_has_enough_goes_on_without_its_writer(void **state)
{
	struct pair pair;

	(void)state;
	pair_run(&pair, "exec yes", "head -n 1; exec <&-; sleep 0.3; echo done", 60000);
	assert_int_equal(pair.rc, 0);
	assert_int_equal(pair.results[0].sig, SIGPIPE);
	assert_int_equal(pair.results[1].code, 0);
	assert_false(pair.results[1].cut_off);
	assert_string_equal(buf_str(&pair.results[1].out), "y\ndone\n");
	pair_release(&pair);
}

static void a_pair_that_takes_too_long_is_ended(void **state)
{
	static const struct {
		const char *from, *to;
	} rows[] = {
		{ "exec yes", "exec sleep 1000" }, /* it never reads */
		{ "exec sleep 1000", "exec cat" }, /* it never writes */
		{ "exit 0", "exec sleep 1000" },
		{ "exec sleep 1000", "exit 0" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pair pair;

		pair_run(&pair, rows[i].from, rows[i].to, 200);
		assert_int_equal(pair.rc, -1);
		assert_in_range(pair.took_ms, 200, 200 + AT_ONCE_MS);
		assert_true(pair.results[1].timed_out);
		assert_error(&pair.err, ERROR_TIMEOUT, "the reader did not end within 0.2 s");
		pair_release(&pair);
	}
}

static void of_a_pair_both_ends_of_stderr_are_kept(void **state)
{
#define MUCH "head -c 300000 /dev/zero | tr '\\0' x >&2"
	struct pair pair;

	(void)state;
	pair_run(&pair, MUCH "; echo from >&2", MUCH "; echo to >&2", 60000);
	assert_int_equal(pair.rc, 0);
	assert_int_equal(pair.results[0].err.len, PROC_ERR_MAX);
	assert_int_equal(pair.results[1].err.len, PROC_ERR_MAX);
	assert_true(str_ends(buf_str(&pair.results[0].err), "from\n"));
	assert_true(str_ends(buf_str(&pair.results[1].err), "to\n"));
	pair_release(&pair);
#undef MUCH
}

static void a_reader_that_floods_us_is_ended_with_its_writer(void **state)
{
	struct pair pair;

	(void)state;
	pair_run(&pair, "exec yes", "exec cat", 60000);
	assert_int_equal(pair.rc, -1);
	assert_error(&pair.err, ERROR_SYSTEM, "the reader printed more than 4 MiB");
	pair_release(&pair);
}

static void neither_of_a_pair_holds_the_others_end_nor_do_we(void **state)
{
	size_t before = open_descriptors();
	struct pair pair;

	(void)state;
	pair_run(&pair, "ls /proc/self/fd >&2", "cat >/dev/null; ls /proc/self/fd", 60000);
	assert_int_equal(pair.rc, 0);
	assert_string_equal(buf_str(&pair.results[0].err), "0\n1\n2\n3\n"); /* 3 is ls reading the directory */
	assert_string_equal(buf_str(&pair.results[1].out), "0\n1\n2\n3\n");
	assert_int_equal(open_descriptors(), before);
	pair_release(&pair);
}

static void each_of_a_pair_is_in_a_group_of_its_own(void **state)
{
#define OWN_GROUP "read -r pid rest </proc/$$/stat; set -- ${rest##*) }; [ \"$pid\" = \"$3\" ]"
	struct pair pair;

	(void)state;
	pair_run(&pair, OWN_GROUP, "cat; " OWN_GROUP, 60000);
	assert_int_equal(pair.results[0].code + pair.results[1].code, 0);
	pair_release(&pair);
#undef OWN_GROUP
}

static void of_a_pair_that_cannot_start_nothing_is_left(void **state)
{
	size_t before = open_descriptors();

	(void)state;
	for (int missing = 0; missing < 2; missing++) {
		AUTO(proc_spec) none = PROC_SPEC_INIT("none");
		AUTO(proc_spec) there = shell("exec sleep 1000");
		struct proc_result results[2] = { PROC_RESULT_INIT, PROC_RESULT_INIT };
		struct error *err = NULL;

		argv_add(&none.argv, "openshell-no-such-program");
		assert_int_equal(runner_real.pipe(NULL, missing ? &there : &none, missing ? &none : &there, results, &err), -1);
		assert_error(&err, ERROR_UNREACHABLE, "was not found on PATH");
		assert_no_children();
		proc_result_release(&results[0]);
		proc_result_release(&results[1]);
	}
	assert_int_equal(open_descriptors(), before);
}

static void a_pair_that_failed_is_told_by_who_failed(void **state)
{
	static const struct {
		const char *from, *to, *text;
	} rows[] = {
		{ "echo no space >&2; exit 1", "cat; exec sleep 1000", "the writer failed (exit 1): no space" },
		{ "exec yes", "echo no such image >&2; exit 2", "the reader failed (exit 2): no such image" },
		{ "exec sleep 1000", "kill -9 $$", "the reader failed (killed by signal 9 (Killed))" },
		{ "kill -9 $$", "cat; exec sleep 1000", "the writer failed (killed by signal 9 (Killed))" },
		{ "exec yes", "exit 0", NULL },
		{ "echo x", "cat", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(proc_spec) from = shell(rows[i].from);
		AUTO(proc_spec) to = shell(rows[i].to);
		autoerror struct error *err = NULL;

		from.purpose = "the writer";
		to.purpose = "the reader";
		assert_int_equal(runner_pipe(&runner_real, &from, &to, &err), rows[i].text ? -1 : 0);
		if (rows[i].text != NULL)
			assert_string_equal(err->text, rows[i].text);
		assert_no_children();
	}
}

/* ---- through us */

struct relayed {
	size_t len, longest;
	bool twice, swallows;
};

static void relay(void *arg, const char *bytes, size_t len, struct buf *onward)
{
	struct relayed *relayed = arg;

	relayed->len += len;
	relayed->longest = len > relayed->longest ? len : relayed->longest;
	for (int i = 0; i < (relayed->swallows ? 0 : relayed->twice ? 2 : 1); i++)
		buf_add(onward, bytes, len);
}

static int relay_run(struct relayed *relayed, const char *from_text, const char *to_text, struct proc_result *result,
		     struct error **err)
{
	AUTO(proc_spec) from = shell(from_text);
	AUTO(proc_spec) to = shell(to_text);
	struct proc_result results[2] = { PROC_RESULT_INIT, PROC_RESULT_INIT };
	size_t before = open_descriptors();
	int rc;

	from.relay = (struct proc_relay){ relay, relayed };
	rc = runner_real.pipe(NULL, &from, &to, results, err);
	assert_no_children();
	assert_int_equal(open_descriptors(), before);
	proc_result_release(&results[0]);
	*result = results[1];
	return rc;
}

static void a_relay_gets_all_that_goes_by_and_gives_on_what_it_likes(void **state)
{
	struct relayed all = { 0 }, twice = { .twice = true }, none = { .swallows = true };
	AUTO(proc_result) result = PROC_RESULT_INIT;
	struct error *err = NULL;

	(void)state;
	assert_int_equal(relay_run(&all, "head -c 30000000 /dev/zero", "sleep 0.1; wc -c", &result, &err), 0);
	assert_string_equal(buf_str(&result.out), "30000000\n");
	assert_int_equal(all.len, 30000000);
	assert_in_range(all.longest, 1, 64 * 1024);
	proc_result_release(&result);
	assert_int_equal(relay_run(&twice, "printf ab", "cat", &result, &err), 0);
	assert_string_equal(buf_str(&result.out), "abab");
	proc_result_release(&result);
	assert_int_equal(relay_run(&none, "head -c 300000 /dev/zero", "wc -c", &result, &err), 0);
	assert_string_equal(buf_str(&result.out), "0\n");
}

static void who_fails_ends_the_other_one_beyond_the_relay(void **state)
{
	static const struct {
		const char *from, *to, *text;
	} rows[] = {
		{ "echo no space >&2; exit 1", "cat; exec sleep 1000", "the writer failed (exit 1): no space" },
		{ "exec yes", "echo no such image >&2; exit 2", "the reader failed (exit 2): no such image" },
		{ "exec sleep 1000", "exit 3", "the reader failed (exit 3)" },
		{ "exec yes", "exit 0", NULL },
		{ "exec yes", "exec <&-; sleep 0.2; exit 0", NULL },
		{ "exit 0", "cat", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(proc_spec) from = shell(rows[i].from);
		AUTO(proc_spec) to = shell(rows[i].to);
		struct relayed relayed = { 0 };
		autoerror struct error *err = NULL;

		from.purpose = "the writer";
		to.purpose = "the reader";
		from.relay = (struct proc_relay){ relay, &relayed };
		assert_int_equal(runner_pipe(&runner_real, &from, &to, &err), rows[i].text ? -1 : 0);
		if (rows[i].text != NULL)
			assert_string_equal(err->text, rows[i].text);
		assert_no_children();
	}
}

static int both_failed(void *arg, struct proc_spec *from, struct proc_spec *to, struct proc_result results[2],
		       struct error **err)
{
	(void)arg;
	(void)from;
	(void)to;
	(void)err;
	results[0].code = 1;
	results[1].code = 2;
	buf_adds(&results[0].err, "broken pipe\n");
	buf_adds(&results[1].err, "no such image\n");
	return 0;
}

static void two_that_failed_at_once_are_both_told(void **state)
{
	const struct runner runner = { .pipe = both_failed };
	AUTO(proc_spec) from = PROC_SPEC_INIT("the writer");
	AUTO(proc_spec) to = PROC_SPEC_INIT("the reader");
	struct error *err = NULL;

	(void)state;
	assert_int_equal(runner_pipe(&runner, &from, &to, &err), -1);
	assert_error(&err, ERROR_SYSTEM,
		     "the writer failed (exit 1): broken pipe: the reader failed (exit 2): no such image");
}

static int cancelled_pipe(void)
{
	AUTO(proc_spec) from = shell("kill -TERM $PPID; exec yes");
	AUTO(proc_spec) to = shell("exec sleep 1000");
	struct proc_result results[2] = { PROC_RESULT_INIT, PROC_RESULT_INIT };
	autoerror struct error *err = NULL;
	int64_t before = now_ms();

	cancel_catch();
	if (runner_real.pipe(NULL, &from, &to, results, &err) == 0 || !error_is(err, ERROR_CANCELLED))
		return 1;
	if (now_ms() - before > AT_ONCE_MS || results[1].timed_out)
		return 2;
	/* nor is another one begun */
	error_free(&err);
	if (runner_real.pipe(NULL, &from, &to, results, &err) == 0)
		return 3;
	return waitpid(-1, NULL, 0) < 0 && errno == ECHILD ? error_exit_code(err) : 4;
}

static void a_request_to_stop_ends_a_pair(void **state)
{
	(void)state;
	assert_int_equal(in_process(cancelled_pipe), 128 + SIGTERM);
}

/* ------------------------------------------------------------------ requests to stop */

static int cancelled_run(void)
{
	AUTO(proc_spec) spec = shell("kill -TERM $PPID; exec sleep 1000");
	AUTO(proc_result) result = PROC_RESULT_INIT;
	autoerror struct error *err = NULL;
	int64_t before = now_ms();

	cancel_catch();
	if (runner_run(&runner_real, &spec, &result, &err) == 0 || !error_is(err, ERROR_CANCELLED))
		return 1;
	if (now_ms() - before > AT_ONCE_MS || result.timed_out)
		return 2;
	return waitpid(-1, NULL, 0) < 0 && errno == ECHILD ? error_exit_code(err) : 3;
}

static void a_request_to_stop_ends_the_child(void **state)
{
	(void)state;
	assert_int_equal(in_process(cancelled_run), 128 + SIGTERM);
}

static int cancelled_before(void)
{
	AUTO(proc_spec) spec = shell("touch \"$FILE\"");
	AUTO(proc_result) result = PROC_RESULT_INIT;
	autoerror struct error *err = NULL;

	cancel_catch();
	raise(SIGINT);
	argv_addf(&spec.env, "FILE=%s", scratch("started"));
	return runner_run(&runner_real, &spec, &result, &err) < 0 ? error_exit_code(err) : 1;
}

static void after_a_request_to_stop_nothing_is_started(void **state)
{
	(void)state;
	assert_int_equal(in_process(cancelled_before), 128 + SIGINT);
	assert_gone(scratch("started"));
}

static int runs_after_forgetting(void)
{
	AUTO(proc_spec) spec = shell("exit 9");
	AUTO(proc_result) result = PROC_RESULT_INIT;
	autoerror struct error *err = NULL;

	cancel_catch();
	raise(SIGINT);
	if (cancel_signal() != SIGINT)
		return 1;
	cancel_forget();
	return runner_run(&runner_real, &spec, &result, &err) < 0 ? 2 : result.code;
}

static void cleaning_up_may_run_commands_once_the_request_is_forgotten(void **state)
{
	(void)state;
	assert_int_equal(in_process(runs_after_forgetting), 9);
}

static int child_takes_signals(void)
{
	AUTO(proc_spec) spec = shell("kill -INT $$; sleep 5");
	AUTO(proc_result) result = PROC_RESULT_INIT;
	autoerror struct error *err = NULL;

	cancel_catch();
	return runner_run(&runner_real, &spec, &result, &err) < 0 ? 1 : result.sig;
}

static void what_we_catch_the_child_does_not(void **state)
{
	(void)state;
	assert_int_equal(in_process(child_takes_signals), SIGINT);
}

static int cancelled_pump(void)
{
	AUTO(proc_spec) spec = shell("kill -HUP $PPID; exec sleep 1000");
	autoerror struct error *err = NULL;
	int64_t before = now_ms();
	struct proc *proc;

	cancel_catch();
	proc = runner_start(&runner_real, &spec, &err);
	if (proc == NULL)
		return 1;
	runner_pump(&runner_real, &proc, 1, 30000);
	if (cancel_signal() != SIGHUP)
		return 2;
	runner_stop(&runner_real, proc);
	return now_ms() - before < AT_ONCE_MS ? 0 : 3;
}

static void a_request_to_stop_ends_the_pumping(void **state)
{
	(void)state;
	assert_int_equal(in_process(cancelled_pump), 0);
}

static void count_line(void *arg, const char *line, size_t len)
{
	(void)line;
	(void)len;
	++*(int *)arg;
}

static void a_follower_that_has_ended_is_known_and_was_read(void **state)
{
	AUTO(proc_spec) spec = shell("read -r line; echo one; echo two; echo three >&2");
	struct error *err = NULL;
	struct proc *proc;
	int lines = 0;

	(void)state;
	spec.input = "go on\n";
	spec.out = spec.err = (struct proc_output){ PROC_LINES, count_line, &lines };
	proc = runner_start(&runner_real, &spec, &err);
	assert_non_null(proc);
	for (int tries = 0; tries < 3000 && !runner_ended(&runner_real, proc); tries++)
		runner_pump(&runner_real, &proc, 1, 10);
	assert_true(runner_ended(&runner_real, proc));
	assert_int_equal(lines, 3);
	runner_stop(&runner_real, proc);
}

/* ------------------------------------------------------------------ interactive */

static int interactive_int(void)
{
	struct proc_spec spec = shell("kill -INT $PPID; sleep 0.1; kill -QUIT $PPID; sleep 0.1; exit 7");
	AUTO(proc_result) result = PROC_RESULT_INIT;
	autoerror struct error *err = NULL;
	struct sigaction after;

	spec.interactive = true;
	if (runner_run(&runner_real, &spec, &result, &err) < 0)
		return 1;
	sigaction(SIGINT, NULL, &after);
	proc_spec_release(&spec);
	return after.sa_handler == SIG_DFL ? result.code : 2;
}

static void ctrl_c_is_the_business_of_an_interactive_child(void **state)
{
	(void)state;
	assert_int_equal(in_process(interactive_int), 7);
}

static int interactive_term(void)
{
	AUTO(proc_spec) spec = shell("kill -INT $PPID; sleep 0.1; kill -TERM $PPID; exec sleep 1000");
	AUTO(proc_result) result = PROC_RESULT_INIT;
	autoerror struct error *err = NULL;

	cancel_catch();
	spec.interactive = true;
	if (runner_run(&runner_real, &spec, &result, &err) == 0)
		return 1;
	return err->exit_code;
}

static void a_caught_request_to_stop_ends_an_interactive_child_too(void **state)
{
	(void)state;
	assert_int_equal(in_process(interactive_term), 128 + SIGTERM);
}

static int interactive_child_int(void)
{
	AUTO(proc_spec) spec = shell("kill -INT $$; exit 0");
	AUTO(proc_result) result = PROC_RESULT_INIT;
	autoerror struct error *err = NULL;

	spec.interactive = true;
	return runner_run(&runner_real, &spec, &result, &err) < 0 ? 1 : 100 + result.sig;
}

static void an_interactive_child_is_not_made_to_ignore_it(void **state)
{
	(void)state;
	assert_int_equal(in_process(interactive_child_int), 100 + SIGINT);
}

static void take_signal(int sig)
{
	(void)sig;
}

/* What is typed to end us reaches all of our group; the child that may ask there is ended by us, later. */
static int asking_child(void)
{
	AUTO(proc_spec) spec = shell("trap 'exit 1' TERM; kill -INT 0; kill -QUIT 0; kill -HUP 0; "
				     "read -r pid rest </proc/$$/stat; set -- ${rest##*) }; echo $3");
	AUTO(proc_result) result = PROC_RESULT_INIT;
	autoerror struct error *err = NULL;

	setpgid(0, 0);
	signal(SIGINT, take_signal);
	signal(SIGQUIT, take_signal);
	signal(SIGHUP, take_signal);
	spec.asks = true;
	if (runner_run(&runner_real, &spec, &result, &err) < 0 || result.code != 0)
		return 1;
	return strtol(buf_str(&result.out), NULL, 10) == getpgrp() ? 0 : 2;
}

static void a_child_that_may_ask_has_our_group_and_does_not_mind_what_is_typed(void **state)
{
	(void)state;
	assert_int_equal(in_process(asking_child), 0);
}

static int interactive_streams(void)
{
	AUTO(proc_spec) spec = shell("cat; echo err >&2; read -r pid rest </proc/$$/stat; set -- ${rest##*) }; echo $3");
	AUTO(proc_result) result = PROC_RESULT_INIT;
	autoerror struct error *err = NULL;
	int in = open(scratch("in"), O_RDONLY), out = open(scratch("out"), O_WRONLY | O_CREAT | O_APPEND, 0600);

	setpgid(0, 0);
	dup2(in, 0);
	dup2(out, 1);
	dup2(out, 2);
	printf("%d\n", (int)getpgrp());
	spec.interactive = true;
	spec.input = "not this";
	if (runner_run(&runner_real, &spec, &result, &err) < 0)
		return 1;
	return result.out.len + result.err.len == 0 ? 0 : 2;
}

static void an_interactive_child_has_our_streams_and_group(void **state)
{
	AUTO(buf) out = BUF_INIT;
	struct error *err = NULL;
	autofree char *expected = NULL;

	(void)state;
	scratch_put(scratch("in"), "typed\n");
	fflush(stdout);
	assert_int_equal(in_process(interactive_streams), 0);
	assert_int_equal(file_read(scratch("out"), 1000, &out, &err), 0);
	expected = xasprintf("%ld\ntyped\nerr\n%ld\n", strtol(buf_str(&out), NULL, 10), strtol(buf_str(&out), NULL, 10));
	assert_string_equal(buf_str(&out), expected);
}

static int interactive_without_stdin(void)
{
	AUTO(proc_spec) spec = shell("cat; exit 8");
	AUTO(proc_result) result = PROC_RESULT_INIT;
	autoerror struct error *err = NULL;

	close(0);
	spec.interactive = true;
	return runner_run(&runner_real, &spec, &result, &err) < 0 ? 1 : result.code;
}

static void an_interactive_child_gets_an_empty_stdin_for_a_closed_one(void **state)
{
	(void)state;
	assert_int_equal(in_process(interactive_without_stdin), 8);
}

/* ------------------------------------------------------------------ a child that draws on our terminal */

static int drawing_child(void)
{
	AUTO(proc_spec) spec = shell("echo drawn; echo reason >&2; read -r pid rest </proc/$$/stat; set -- ${rest##*) }; echo $3");
	AUTO(proc_result) result = PROC_RESULT_INIT;
	autoerror struct error *err = NULL;
	int out = open(scratch("out"), O_WRONLY | O_CREAT | O_APPEND, 0600);

	setpgid(0, 0);
	dup2(out, STDERR_FILENO);
	dprintf(out, "%d\n", (int)getpgrp());
	spec.out.how = PROC_STDERR;
	if (runner_run(&runner_real, &spec, &result, &err) < 0)
		return 1;
	return result.out.len == 0 && streq(buf_str(&result.err), "reason\n") ? 0 : 2;
}

static void a_child_that_draws_has_our_stderr_and_group(void **state)
{
	AUTO(buf) out = BUF_INIT;
	struct error *err = NULL;
	autofree char *expected = NULL;

	(void)state;
	assert_int_equal(in_process(drawing_child), 0);
	assert_int_equal(file_read(scratch("out"), 1000, &out, &err), 0);
	expected = xasprintf("%ld\ndrawn\n%ld\n", strtol(buf_str(&out), NULL, 10), strtol(buf_str(&out), NULL, 10));
	assert_string_equal(buf_str(&out), expected);
}

/* As Ctrl-C: both get it, and the child may be the faster one to end. */
static int drawing_child_int(void)
{
	AUTO(proc_spec) spec = shell("kill -INT $PPID; exit 130");
	AUTO(proc_result) result = PROC_RESULT_INIT;
	autoerror struct error *err = NULL;

	cancel_catch();
	spec.out.how = PROC_STDERR;
	if (runner_run(&runner_real, &spec, &result, &err) == 0 || !error_is(err, ERROR_CANCELLED))
		return 1;
	return waitpid(-1, NULL, 0) < 0 && errno == ECHILD ? error_exit_code(err) : 3;
}

static void a_child_that_ctrl_c_ended_is_no_failure_but_a_request_to_stop(void **state)
{
	(void)state;
	assert_int_equal(in_process(drawing_child_int), 128 + SIGINT);
}

static int drawing_child_term(void)
{
	AUTO(proc_spec) spec = shell("kill -TERM $PPID; exec sleep 1000");
	AUTO(proc_result) result = PROC_RESULT_INIT;
	autoerror struct error *err = NULL;
	int64_t before = now_ms();

	cancel_catch();
	spec.out.how = PROC_STDERR;
	if (runner_run(&runner_real, &spec, &result, &err) == 0 || now_ms() - before > AT_ONCE_MS)
		return 1;
	return error_exit_code(err);
}

static void a_child_that_draws_is_ended_with_us(void **state)
{
	(void)state;
	assert_int_equal(in_process(drawing_child_term), 128 + SIGTERM);
}

/* ------------------------------------------------------------------ ticks */

static void count_tick(void *arg)
{
	++*(int *)arg;
}

static void ticks_come_while_a_child_is_waited_for(void **state)
{
	AUTO(proc_result) result = PROC_RESULT_INIT;
	int ticks = 0;

	(void)state;
	proc_set_tick(count_tick, &ticks, 20);
	run(shell("sleep 0.3; echo done; exit 3"), &result);
	proc_set_tick(NULL, NULL, 0);
	assert_in_range(ticks, 2, 60);
	assert_int_equal(result.code, 3);
	assert_string_equal(buf_str(&result.out), "done\n");
}

static void no_tick_comes_any_more_when_none_is_wanted(void **state)
{
	AUTO(proc_result) result = PROC_RESULT_INIT;
	int ticks = 0;

	(void)state;
	proc_set_tick(count_tick, &ticks, 1);
	proc_set_tick(NULL, NULL, 0);
	run(shell("sleep 0.05"), &result);
	assert_int_equal(ticks, 0);
}

static void ticks_change_no_time_limit(void **state)
{
	AUTO(proc_result) result = PROC_RESULT_INIT;
	struct proc_spec spec = shell("trap '' TERM; while :; do sleep 1; done");
	int64_t before = now_ms();
	int ticks = 0;

	(void)state;
	spec.timeout_ms = 200;
	proc_set_tick(count_tick, &ticks, 30);
	run_fails(spec, &result, ERROR_TIMEOUT, "did not end");
	proc_set_tick(NULL, NULL, 0);
	assert_int_equal(result.sig, SIGKILL);
	assert_in_range(now_ms() - before, 200 + PROC_GRACE_MS, 200 + PROC_GRACE_MS + AT_ONCE_MS);
	assert_true(ticks > 10); /* they go on while it is being ended */
}

/* ------------------------------------------------------------------ followers */

static struct proc *follow(const char *script, struct buf *lines)
{
	AUTO(proc_spec) spec = shell(script);
	struct error *err = NULL;
	struct proc *proc;

	spec.timeout_ms = 0;
	spec.out = (struct proc_output){ PROC_LINES, note_line, lines };
	proc = runner_start(&runner_real, &spec, &err);
	assert_non_null(proc);
	return proc;
}

static void pump_until(struct proc *const *procs, size_t count, const struct buf *lines, const char *wanted)
{
	int64_t until = now_ms() + 30000;

	while (strstr(buf_str(lines), wanted) == NULL && now_ms() < until)
		runner_pump(&runner_real, procs, count, 1000);
	assert_non_null(strstr(buf_str(lines), wanted));
}

static void a_line_of_a_follower_ends_the_pumping(void **state)
{
	AUTO(buf) lines = BUF_INIT;
	struct proc *proc = follow("echo one; exec sleep 1000", &lines);
	int64_t before = now_ms();

	(void)state;
	runner_pump(&runner_real, &proc, 1, 30000);
	assert_string_equal(buf_str(&lines), "<one>");
	assert_in_range(now_ms() - before, 0, 15000);
	before = now_ms();
	runner_stop(&runner_real, proc);
	assert_in_range(now_ms() - before, 0, AT_ONCE_MS);
	assert_no_children();
}

static void pumping_lasts_as_long_as_asked_when_nothing_comes(void **state)
{
	AUTO(buf) lines = BUF_INIT;
	struct proc *procs[] = { NULL, follow("printf 'no end of line'; exec sleep 1000", &lines), NULL };
	int64_t before = now_ms();

	(void)state;
	runner_pump(&runner_real, procs, ARRAY_LEN(procs), 150);
	assert_in_range(now_ms() - before, 150, 150 + AT_ONCE_MS);
	assert_string_equal(buf_str(&lines), "");
	runner_stop(&runner_real, procs[1]);
	assert_string_equal(buf_str(&lines), "<no end of line>");
}

static void pumping_without_followers_only_waits(void **state)
{
	struct proc *none[] = { NULL, NULL };
	int64_t before = now_ms();

	(void)state;
	runner_pump(&runner_real, none, 2, 50);
	runner_pump(&runner_real, NULL, 0, 50);
	assert_in_range(now_ms() - before, 100, 100 + AT_ONCE_MS);
	runner_stop(&runner_real, NULL);
}

static void ticks_end_no_pumping(void **state)
{
	AUTO(buf) lines = BUF_INIT;
	int64_t before = now_ms();
	struct proc *proc = follow("sleep 0.2; echo one; exec sleep 1000", &lines);
	int ticks = 0;

	(void)state;
	proc_set_tick(count_tick, &ticks, 20);
	runner_pump(&runner_real, NULL, 0, 100);
	assert_in_range(now_ms() - before, 100, 100 + AT_ONCE_MS);
	assert_in_range(ticks, 1, 60);
	runner_pump(&runner_real, &proc, 1, 30000);
	proc_set_tick(NULL, NULL, 0);
	assert_string_equal(buf_str(&lines), "<one>");
	assert_in_range(now_ms() - before, 200, 15000);
	runner_stop(&runner_real, proc);
}

static void several_followers_are_served_together(void **state)
{
	AUTO(buf) lines = BUF_INIT;
	struct proc *procs[] = { follow("echo first; exec sleep 1000", &lines), NULL, follow("exec yes", &lines) };

	(void)state;
	pump_until(procs, ARRAY_LEN(procs), &lines, "<first>");
	pump_until(procs, ARRAY_LEN(procs), &lines, "<y>");
	for (size_t i = 0; i < ARRAY_LEN(procs); i++)
		runner_stop(&runner_real, procs[i]);
	assert_no_children();
}

static void a_follower_that_has_ended_costs_no_processor_time(void **state)
{
	AUTO(buf) lines = BUF_INIT;
	struct proc *proc = follow("echo last", &lines);
	struct rusage before, after;

	(void)state;
	pump_until(&proc, 1, &lines, "<last>");
	runner_pump(&runner_real, &proc, 1, 100);
	getrusage(RUSAGE_SELF, &before);
	runner_pump(&runner_real, &proc, 1, 500);
	getrusage(RUSAGE_SELF, &after);
	assert_in_range((after.ru_utime.tv_sec - before.ru_utime.tv_sec) * 1000 +
				(after.ru_utime.tv_usec - before.ru_utime.tv_usec) / 1000, 0, 250);
	assert_no_children();
	runner_stop(&runner_real, proc);
}

static void a_follower_that_ignores_term_is_killed(void **state)
{
	AUTO(buf) lines = BUF_INIT;
	struct proc *proc = follow("trap '' TERM; echo ready; while :; do sleep 0.1; done", &lines);
	int64_t before;

	(void)state;
	pump_until(&proc, 1, &lines, "<ready>");
	before = now_ms();
	runner_stop(&runner_real, proc);
	assert_in_range(now_ms() - before, PROC_GRACE_MS, PROC_GRACE_MS + AT_ONCE_MS);
	assert_no_children();
}

/* ------------------------------------------------------------------ words */

static void a_result_is_put_in_words(void **state)
{
	static const struct {
		struct proc_result result;
		const char *words;
	} rows[] = {
		{ { .code = 0 }, "exit 0" },
		{ { .code = 125 }, "exit 125" },
		{ { .code = -1, .sig = SIGKILL }, "killed by signal 9 (Killed)" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *words = proc_result_words(&rows[i].result);

		assert_string_equal(words, rows[i].words);
	}
}

static int tear_down(void **state)
{
	assert_no_children();
	return scratch_teardown(state);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_setup, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_program_that_is_not_on_path_is_told_without_a_fork),
		CASE(path_is_searched_in_its_order_for_what_can_be_run),
		CASE(the_working_directory_is_not_on_path),
		CASE(without_path_the_usual_places_are_searched),
		CASE(a_program_that_cannot_be_run_is_an_error_not_an_exit_status),
		CASE(arguments_reach_the_child_as_they_are),
		CASE(the_environment_is_changed_in_the_child_only),
		CASE(the_child_has_no_descriptor_of_ours),
		CASE(we_keep_no_descriptor_of_a_child),
		CASE(running_out_of_descriptors_is_an_error_and_loses_none),
		CASE(closed_standard_streams_of_ours_do_not_mix_up_the_childs),
		CASE(the_exit_status_is_data),
		CASE(a_signalled_child_is_never_success),
		CASE(a_failed_child_is_told_with_its_last_words),
		CASE(long_last_words_are_cut_at_their_front_between_characters),
		CASE(success_is_no_error_whatever_it_says),
		CASE(a_result_can_be_used_again),
		CASE(both_streams_may_hold_more_than_a_pipe),
		CASE(a_mebibyte_goes_in_while_it_comes_out),
		CASE(a_child_need_not_read_its_input),
		CASE(input_with_a_length_may_hold_any_byte),
		CASE(no_input_is_an_empty_one),
		CASE(what_is_not_asked_for_is_thrown_away),
		CASE(a_child_that_closes_its_streams_is_waited_for),
		CASE(endless_output_is_ended),
		CASE(the_bound_of_output_is_exact_even_when_the_child_ends_at_once),
		CASE(of_much_stderr_the_end_is_kept),
		CASE(any_bytes_are_captured_as_they_are),
		CASE(lines_come_one_by_one_without_their_ends),
		CASE(a_script_of_lines_is_split_as_a_childs_are),
		CASE(a_line_without_end_comes_in_pieces_and_loses_nothing),
		CASE(garbage_as_lines_does_no_harm),
		CASE(stderr_by_lines_keeps_its_end_too),
		CASE(a_child_that_takes_too_long_is_ended_by_term),
		CASE(a_child_that_ignores_term_is_killed_after_a_time_of_grace),
		CASE(a_child_may_use_the_time_of_grace),
		CASE(the_whole_group_is_ended_with_the_child),
		CASE(a_grandchild_that_holds_the_pipes_does_not_hang_us),
		CASE(a_grandchild_that_never_stops_writing_does_not_hang_us),
		CASE(a_child_is_in_a_group_of_its_own),
		CASE(a_child_does_not_outlive_us),
		CASE(what_one_writes_the_other_reads),
		CASE(much_goes_through_a_pair_and_nothing_of_it_through_us),
		CASE(the_statuses_of_a_pair_are_data),
		CASE(a_reader_whose_writer_fails_is_ended),
		CASE(a_writer_whose_reader_fails_is_ended),
		CASE(a_reader_that_has_enough_goes_on_without_its_writer),
		CASE(a_pair_that_takes_too_long_is_ended),
		CASE(of_a_pair_both_ends_of_stderr_are_kept),
		CASE(a_reader_that_floods_us_is_ended_with_its_writer),
		CASE(neither_of_a_pair_holds_the_others_end_nor_do_we),
		CASE(each_of_a_pair_is_in_a_group_of_its_own),
		CASE(of_a_pair_that_cannot_start_nothing_is_left),
		CASE(a_pair_that_failed_is_told_by_who_failed),
		CASE(a_relay_gets_all_that_goes_by_and_gives_on_what_it_likes),
		CASE(who_fails_ends_the_other_one_beyond_the_relay),
		CASE(two_that_failed_at_once_are_both_told),
		CASE(a_request_to_stop_ends_a_pair),
		CASE(a_request_to_stop_ends_the_child),
		CASE(after_a_request_to_stop_nothing_is_started),
		CASE(cleaning_up_may_run_commands_once_the_request_is_forgotten),
		CASE(what_we_catch_the_child_does_not),
		CASE(a_request_to_stop_ends_the_pumping),
		CASE(ctrl_c_is_the_business_of_an_interactive_child),
		CASE(a_caught_request_to_stop_ends_an_interactive_child_too),
		CASE(an_interactive_child_is_not_made_to_ignore_it),
		CASE(an_interactive_child_has_our_streams_and_group),
		CASE(a_child_that_may_ask_has_our_group_and_does_not_mind_what_is_typed),
		CASE(a_follower_that_has_ended_is_known_and_was_read),
		CASE(an_interactive_child_gets_an_empty_stdin_for_a_closed_one),
		CASE(a_child_that_draws_has_our_stderr_and_group),
		CASE(a_child_that_ctrl_c_ended_is_no_failure_but_a_request_to_stop),
		CASE(a_child_that_draws_is_ended_with_us),
		CASE(ticks_come_while_a_child_is_waited_for),
		CASE(no_tick_comes_any_more_when_none_is_wanted),
		CASE(ticks_change_no_time_limit),
		CASE(a_line_of_a_follower_ends_the_pumping),
		CASE(pumping_lasts_as_long_as_asked_when_nothing_comes),
		CASE(pumping_without_followers_only_waits),
		CASE(ticks_end_no_pumping),
		CASE(several_followers_are_served_together),
		CASE(a_follower_that_has_ended_costs_no_processor_time),
		CASE(a_follower_that_ignores_term_is_killed),
		CASE(a_result_is_put_in_words),
	};

	signal(SIGPIPE, SIG_IGN); /* as main() does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
