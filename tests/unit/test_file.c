/* SPDX-License-Identifier: Apache-2.0 */
/* Files and directories replaced as a whole. */
#include "script.h"
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

/* ------------------------------------------------------------------ reading */

static void a_file_is_read_whole(void **state)
{
	static const size_t sizes[] = { 0, 1, 16383, 16384, 16385, 100000 };
	const char *path = scratch("file");
	static char bytes[100000];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 31);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		AUTO(buf) text = BUF_INIT;
		struct error *err = NULL;

		scratch_put_bytes(path, bytes, sizes[i]);
		assert_int_equal(file_read(path, sizes[i], &text, &err), 0);
		assert_int_equal(text.len, sizes[i]);
		assert_memory_equal(buf_str(&text), bytes, sizes[i]);
	}
}

static void a_file_that_is_too_large_is_refused(void **state)
{
	AUTO(buf) text = BUF_INIT;
	struct error *err = NULL;

	(void)state;
	scratch_put(scratch("file"), "12345");
	assert_int_equal(file_read(scratch("file"), 4, &text, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "larger than 4 bytes");
	assert_int_equal(file_read("/dev/zero", 4, &text, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "not a regular file");
}

static void an_absent_file_is_told_from_other_failures(void **state)
{
	AUTO(buf) text = BUF_INIT;
	struct error *err = NULL;

	(void)state;
	assert_int_equal(file_read(scratch("none"), 10, &text, &err), -1);
	assert_error(&err, ERROR_ABSENT, "cannot read");
	assert_int_equal(symlink("nowhere", scratch("dangling")), 0);
	assert_int_equal(file_read(scratch("dangling"), 10, &text, &err), -1);
	assert_error(&err, ERROR_ABSENT, "cannot read");
	scratch_put(scratch("file"), "x");
	assert_int_equal(file_read(scratch("file/below"), 10, &text, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "Not a directory");
	assert_int_equal(text.len, 0);
}

static void a_loop_of_links_is_refused(void **state)
{
	AUTO(buf) text = BUF_INIT;
	struct error *err = NULL;

	(void)state;
	assert_int_equal(symlink("loop", scratch("loop")), 0);
	assert_int_equal(file_read(scratch("loop"), 10, &text, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "cannot read");
}

static void make_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strlcpy(address.sun_path, path, sizeof(address.sun_path));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
}

/* Opening a FIFO for reading would wait for a writer. */
static void what_is_no_regular_file_is_refused_at_once(void **state)
{
	const char *names[] = { scratch("fifo"), scratch("dir"), scratch("socket"), "/dev/null" };

	(void)state;
	assert_int_equal(mkfifo(names[0], 0600), 0);
	assert_int_equal(mkdir(names[1], 0700), 0);
	make_socket(names[2]);
	alarm(20);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO(buf) text = BUF_INIT;
		struct error *err = NULL;

		assert_int_equal(file_read(names[i], 10, &text, &err), -1);
		assert_error(&err, ERROR_SYSTEM, "cannot read");
		assert_int_equal(text.len, 0);
	}
	alarm(0);
}

static void read_private(void *path)
{
	AUTO(buf) text = BUF_INIT;
	struct error *err = NULL;

	assert_int_equal(file_read(path, 10, &text, &err), -1);
	assert_error(&err, ERROR_REFUSED, "Permission denied");
}

static void a_file_of_somebody_else_is_refused(void **state)
{
	const char *path = scratch("private");

	(void)state;
	scratch_put(path, "x");
	assert_int_equal(chmod(path, 0), 0);
	as_nobody(read_private, (void *)(uintptr_t)path);
}

/* ------------------------------------------------------------------ writing */

static void a_written_file_is_private_whatever_the_umask_is(void **state)
{
	const char *path = scratch("file");
	mode_t old = umask(0);
	struct error *err = NULL;

	(void)state;
	assert_int_equal(file_write(path, "one", 3, &err), 0);
	assert_mode(path, 0600);
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(file_write(path, "two", 3, &err), 0);
	assert_mode(path, 0600);
	umask(old);
	assert_holds(path, "two");
	assert_entries(scratch("."), 1);
}

static void a_replaced_file_is_a_new_one(void **state)
{
	const char *path = scratch("file"), *other = scratch("other");
	struct error *err = NULL;

	(void)state;
	scratch_put(path, "old");
	assert_int_equal(link(path, other), 0);
	assert_int_equal(file_write(path, "new", 3, &err), 0);
	assert_holds(path, "new");
	assert_holds(other, "old"); /* who had it open reads the old one to its end */
}

static void a_link_is_replaced_not_followed(void **state)
{
	struct stat st;
	struct error *err = NULL;

	(void)state;
	scratch_put(scratch("target"), "mine");
	assert_int_equal(symlink("target", scratch("link")), 0);
	assert_int_equal(file_write(scratch("link"), "new", 3, &err), 0);
	assert_holds(scratch("target"), "mine");
	assert_int_equal(lstat(scratch("link"), &st), 0);
	assert_true(S_ISREG(st.st_mode));
}

static void a_failed_write_leaves_what_was_there_and_nothing_else(void **state)
{
	struct error *err = NULL;

	(void)state;
	assert_int_equal(mkdir(scratch("dir"), 0700), 0);
	assert_int_equal(file_write(scratch("dir"), "x", 1, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "cannot write");
	assert_entries(scratch("."), 1);
	assert_int_equal(file_write(scratch("none/file"), "x", 1, &err), -1);
	assert_error(&err, ERROR_ABSENT, "cannot write");
}

/* A limit on file sizes fails a write half way, as a full disk does. */
static int write_beyond_limit(const char *path, void (*on_limit)(int))
{
	const struct rlimit limit = { 4096, 4096 };
	static char bytes[100000];
	autoerror struct error *err = NULL;

	signal(SIGXFSZ, on_limit);
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		return 2;
	return file_write(path, bytes, sizeof(bytes), &err) < 0 && error_is(err, ERROR_SYSTEM) ? 0 : 1;
}

static void a_full_disk_leaves_the_old_file(void **state)
{
	const char *path = scratch("file");
	int status;
	pid_t pid;

	(void)state;
	scratch_put(path, "old");
	pid = fork();
	if (pid == 0)
		_exit(write_beyond_limit(path, SIG_IGN));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_holds(path, "old");
	assert_entries(scratch("."), 1);
}

/* The same limit, which ends the process now. */
static void a_kill_in_the_middle_of_a_write_leaves_nothing(void **state)
{
	const char *path = scratch("file");
	int status;
	pid_t pid;

	(void)state;
	scratch_put(path, "old");
	pid = fork();
	if (pid == 0)
		_exit(write_beyond_limit(path, SIG_DFL));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_holds(path, "old");
	assert_entries(scratch("."), 1);
}

static void write_refused(void *path)
{
	struct error *err = NULL;

	assert_int_equal(file_write(path, "x", 1, &err), -1);
	assert_error(&err, ERROR_REFUSED, "Permission denied");
}

static void a_directory_that_is_not_ours_is_refused(void **state)
{
	(void)state;
	assert_int_equal(mkdir(scratch("dir"), 0500), 0);
	as_nobody(write_refused, (void *)(uintptr_t)scratch("dir/file"));
	assert_entries(scratch("dir"), 0);
}

static void a_read_only_place_is_an_error_not_a_crash(void **state)
{
	struct error *err = NULL;

	(void)state;
	assert_int_equal(file_write("/proc/openshell", "x", 1, &err), -1);
	error_free(&err);
	assert_int_equal(dir_make("/proc/openshell/x", &err), -1);
	error_free(&err);
}

static void removing_a_file_that_is_not_there_is_fine(void **state)
{
	struct error *err = NULL;

	(void)state;
	scratch_put(scratch("file"), "x");
	assert_int_equal(file_remove(scratch("file"), &err), 0);
	assert_gone(scratch("file"));
	assert_int_equal(file_remove(scratch("file"), &err), 0);
	assert_int_equal(file_remove(scratch("none/file"), &err), 0);
	assert_int_equal(mkdir(scratch("dir"), 0700), 0);
	assert_int_equal(file_remove(scratch("dir"), &err), -1);
	error_free(&err);
}

/* ------------------------------------------------------------------ directories */

static void directories_are_made_private_down_to_the_last(void **state)
{
	mode_t old = umask(0);
	struct error *err = NULL;

	(void)state;
	assert_int_equal(dir_make(scratch("a/b/c"), &err), 0);
	umask(old);
	assert_mode(scratch("a"), 0700);
	assert_mode(scratch("a/b"), 0700);
	assert_mode(scratch("a/b/c"), 0700);
	assert_int_equal(dir_make(scratch("a/b/c"), &err), 0);
	assert_int_equal(dir_make(scratch("a//x/"), &err), 0);
	assert_mode(scratch("a/x"), 0700);
}

static void a_directory_that_is_there_keeps_its_mode(void **state)
{
	struct error *err = NULL;

	(void)state;
	assert_int_equal(mkdir(scratch("a"), 0755), 0);
	assert_int_equal(chmod(scratch("a"), 0755), 0);
	assert_int_equal(dir_make(scratch("a/b"), &err), 0);
	assert_mode(scratch("a"), 0755);
}

static void a_private_directory_is_closed_to_others_also_when_it_was_there(void **state)
{
	static const mode_t modes[] = { 0755, 0777, 0500, 0700 };
	struct error *err = NULL;

	(void)state;
	assert_int_equal(mkdir(scratch("a"), 0755), 0);
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		assert_int_equal(chmod(scratch("a"), modes[i]), 0);
		assert_int_equal(dir_make_private(scratch("a"), &err), 0);
		assert_mode(scratch("a"), 0700);
	}
	assert_int_equal(dir_make_private(scratch("a/b/c"), &err), 0);
	assert_mode(scratch("a/b/c"), 0700);
}

static void check_private(void *path)
{
	struct error *err = NULL;

	assert_int_equal(dir_check_private(path, &err), -1);
	assert_error(&err, ERROR_REFUSED, "cannot write into");
}

static void whether_a_directory_could_be_made_is_seen_without_making_it(void **state)
{
	struct error *err = NULL;

	(void)state;
	assert_int_equal(dir_check_private(scratch("a/b/c"), &err), 0);
	assert_int_equal(access(scratch("a"), F_OK), -1);
	assert_int_equal(mkdir(scratch("a"), 0500), 0);
	assert_int_equal(dir_check_private(scratch("a"), &err), 0); /* it would be opened */
	scratch_put(scratch("file"), "");
	assert_int_equal(dir_check_private(scratch("file"), &err), -1);
	assert_error(&err, ERROR_SYSTEM, "not a directory");
	assert_int_equal(dir_check_private(scratch("file/a"), &err), -1);
	assert_error(&err, ERROR_SYSTEM, "file/a: Not a directory");
	as_nobody(check_private, (void *)(uintptr_t)scratch("a/b"));
}

static void make_private(void *path)
{
	struct error *err = NULL;

	assert_int_equal(dir_make_private(path, &err), -1);
	assert_error(&err, ERROR_REFUSED, "to others");
}

static void a_directory_of_somebody_else_that_others_can_write_is_no_private_one(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(mkdir(scratch("a"), 0700), 0);
	assert_int_equal(chmod(scratch("a"), 0777), 0);
	as_nobody(make_private, (void *)(uintptr_t)scratch("a"));
	assert_mode(scratch("a"), 0777);
}

static void remove_and_make(const char *path)
{
	for (int i = 0; i < 1000000; i++) {
		rmdir(path);
		mkdir(path, 0700);
	}
	_exit(0);
}

static void a_parent_that_another_process_removes_is_made_again(void **state)
{
	pid_t pid = fork();
	struct error *err = NULL;

	(void)state;
	if (pid == 0)
		remove_and_make(scratch("a"));
	for (int i = 0; i < 400; i++) {
		assert_int_equal(dir_make(scratch("a/b"), &err), 0);
		rmdir(scratch("a/b"));
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void what_stands_in_the_way_of_a_directory_is_told(void **state)
{
	struct error *err = NULL;

	(void)state;
	scratch_put(scratch("file"), "x");
	assert_int_equal(dir_make(scratch("file"), &err), -1);
	assert_error(&err, ERROR_SYSTEM, "not a directory");
	assert_int_equal(dir_make(scratch("file/below"), &err), -1);
	error_free(&err);
	assert_int_equal(symlink("nowhere", scratch("dangling")), 0);
	assert_int_equal(dir_make(scratch("dangling"), &err), -1);
	error_free(&err);
	assert_holds(scratch("file"), "x");
}

static void a_link_to_a_directory_is_one(void **state)
{
	struct error *err = NULL;

	(void)state;
	assert_int_equal(mkdir(scratch("real"), 0700), 0);
	assert_int_equal(symlink("real", scratch("link")), 0);
	assert_int_equal(dir_make(scratch("link/below"), &err), 0);
	assert_mode(scratch("real/below"), 0700);
}

static void a_directory_is_removed_with_its_files(void **state)
{
	struct error *err = NULL;

	(void)state;
	scratch_put(scratch("dir/a"), "x");
	scratch_put(scratch("dir/.b"), "x");
	assert_int_equal(symlink("/etc/passwd", scratch("dir/link")), 0);
	assert_int_equal(dir_remove(scratch("dir"), &err), 0);
	assert_gone(scratch("dir"));
	assert_int_equal(dir_remove(scratch("dir"), &err), 0);
	assert_int_equal(access("/etc/passwd", F_OK), 0);
}

static void empty_directories_in_the_place_of_files_are_removed_too(void **state)
{
	struct error *err = NULL;

	(void)state;
	scratch_put(scratch("dir/file"), "x");
	assert_int_equal(mkdir(scratch("dir/empty"), 0700), 0);
	assert_int_equal(dir_remove(scratch("dir"), &err), 0);
	assert_gone(scratch("dir"));
}

static void a_cleared_directory_keeps_one_file_and_what_a_link_leads_to(void **state)
{
	struct error *err = NULL;

	(void)state;
	scratch_put(scratch("dir/kept"), "x");
	scratch_put(scratch("dir/file"), "x");
	assert_int_equal(symlink("dir", scratch("link")), 0);
	assert_int_equal(dir_clear(scratch("link"), "", &err), 0);
	assert_entries(scratch("dir"), 2);
	assert_int_equal(dir_clear(scratch("dir"), "kept", &err), 0);
	assert_entries(scratch("dir"), 1);
	assert_holds(scratch("dir/kept"), "x");
	assert_int_equal(dir_clear(scratch("none"), "", &err), 0);
}

static void a_directory_with_directories_is_not_removed(void **state)
{
	struct error *err = NULL;

	(void)state;
	scratch_put(scratch("dir/below/file"), "x");
	assert_int_equal(dir_remove(scratch("dir"), &err), -1);
	assert_error(&err, ERROR_SYSTEM, "cannot remove");
	assert_holds(scratch("dir/below/file"), "x");
}

static void what_a_link_points_to_is_not_removed_with_it(void **state)
{
	struct error *err = NULL;

	(void)state;
	scratch_put(scratch("mine/file"), "x");
	assert_int_equal(symlink("mine", scratch("link")), 0);
	assert_int_equal(dir_remove(scratch("link"), &err), 0);
	assert_gone(scratch("link"));
	assert_holds(scratch("mine/file"), "x");
	scratch_put(scratch("plain"), "x");
	assert_int_equal(dir_remove(scratch("plain"), &err), 0);
	assert_gone(scratch("plain"));
}

static void only_an_empty_directory_is_removed_if_empty(void **state)
{
	(void)state;
	scratch_put(scratch("full/file"), "x");
	assert_int_equal(mkdir(scratch("empty"), 0700), 0);
	dir_remove_if_empty(scratch("full"));
	dir_remove_if_empty(scratch("empty"));
	dir_remove_if_empty(scratch("none"));
	assert_holds(scratch("full/file"), "x");
	assert_gone(scratch("empty"));
}

/* ------------------------------------------------------------------ replacing a directory */

static const struct dir_entry new_entries[] = { { "a", "new a", 5 }, { "b", "b\0b", 3 }, { "empty", "", 0 } };

static int replace(struct error **err)
{
	return dir_replace(scratch("d"), new_entries, ARRAY_LEN(new_entries), err);
}

/* The new content and nothing else, neither in it nor beside it. */
static void assert_replaced(void)
{
	assert_holds(scratch("d/a"), "new a");
	assert_holds(scratch("d/empty"), "");
	assert_entries(scratch("d"), ARRAY_LEN(new_entries));
	assert_entries(scratch("."), 1);
}

static void a_directory_is_replaced_as_a_whole(void **state)
{
	struct error *err = NULL;

	(void)state;
	assert_int_equal(replace(&err), 0);
	assert_replaced();
	scratch_put(scratch("d/stale"), "x");
	scratch_put(scratch("d/a"), "old");
	assert_int_equal(replace(&err), 0);
	assert_replaced();
}

static void a_replaced_directory_is_private_whatever_the_umask_is(void **state)
{
	mode_t old = umask(0);
	struct error *err = NULL;

	(void)state;
	assert_int_equal(replace(&err), 0);
	umask(old);
	assert_mode(scratch("d"), 0700);
	for (size_t i = 0; i < ARRAY_LEN(new_entries); i++)
		assert_mode(scratch("d/%s", new_entries[i].name), 0600);
}

/* Each row is what a crash may leave: the old one at its place, aside, both, with or without a half-written new one. */
static void every_state_that_a_crash_leaves_is_mended_by_the_next_call(void **state)
{
	static const struct {
		bool at_place, aside, half_written;
	} rows[] = {
		{ true, false, true },  { false, true, false }, { false, true, true },
		{ true, true, false },  { true, true, true },   { false, false, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error *err = NULL;

		if (rows[i].at_place)
			scratch_put(scratch("d/a"), "old");
		if (rows[i].aside)
			scratch_put(scratch("d.bak/a"), "old");
		if (rows[i].half_written)
			scratch_put(scratch("d.tmp/a"), "ne");
		assert_int_equal(replace(&err), 0);
		assert_replaced();
		assert_int_equal(dir_remove(scratch("d"), &err), 0);
	}
}

static void the_old_directory_comes_back_when_it_is_alone(void **state)
{
	(void)state;
	scratch_put(scratch("d.bak/a"), "old");
	dir_recover(scratch("d"));
	assert_holds(scratch("d/a"), "old");
	assert_gone(scratch("d.bak"));
	scratch_put(scratch("d.bak/a"), "older");
	dir_recover(scratch("d"));
	assert_holds(scratch("d/a"), "old");
	assert_holds(scratch("d.bak/a"), "older");
	dir_recover(scratch("none"));
	assert_gone(scratch("none"));
}

static void other_things_in_the_way_are_replaced(void **state)
{
	struct error *err = NULL;

	(void)state;
	scratch_put(scratch("d"), "a file");
	scratch_put(scratch("d.tmp"), "a file");
	assert_int_equal(symlink("/etc", scratch("d.bak")), 0);
	assert_int_equal(replace(&err), 0);
	assert_replaced();
	assert_int_equal(access("/etc/passwd", F_OK), 0);
}

static int replace_beyond_limit(void)
{
	const struct rlimit limit = { 3, 3 };
	struct error *err = NULL;

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		return 2;
	return replace(&err) < 0 && error_is(err, ERROR_SYSTEM) ? 0 : 1;
}

static void a_full_disk_leaves_the_old_directory(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	scratch_put(scratch("d/a"), "old");
	pid = fork();
	if (pid == 0)
		_exit(replace_beyond_limit());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_holds(scratch("d/a"), "old");
	assert_entries(scratch("."), 1);
}

static void a_directory_that_cannot_be_put_aside_stays(void **state)
{
	struct error *err = NULL;

	(void)state;
	scratch_put(scratch("d/a"), "old");
	scratch_put(scratch("d.bak/below/x"), "x"); /* not ours: it has a directory in it */
	assert_int_equal(replace(&err), -1);
	assert_error(&err, ERROR_SYSTEM, "cannot remove");
	assert_holds(scratch("d/a"), "old");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_file_is_read_whole),
		CASE(a_file_that_is_too_large_is_refused),
		CASE(an_absent_file_is_told_from_other_failures),
		CASE(a_loop_of_links_is_refused),
		CASE(what_is_no_regular_file_is_refused_at_once),
		CASE(a_file_of_somebody_else_is_refused),
		CASE(a_written_file_is_private_whatever_the_umask_is),
		CASE(a_replaced_file_is_a_new_one),
		CASE(a_link_is_replaced_not_followed),
		CASE(a_failed_write_leaves_what_was_there_and_nothing_else),
		CASE(a_full_disk_leaves_the_old_file),
		CASE(a_kill_in_the_middle_of_a_write_leaves_nothing),
		CASE(a_directory_that_is_not_ours_is_refused),
		CASE(a_read_only_place_is_an_error_not_a_crash),
		CASE(removing_a_file_that_is_not_there_is_fine),
		CASE(directories_are_made_private_down_to_the_last),
		CASE(a_directory_that_is_there_keeps_its_mode),
		CASE(a_private_directory_is_closed_to_others_also_when_it_was_there),
		CASE(a_directory_of_somebody_else_that_others_can_write_is_no_private_one),
		CASE(whether_a_directory_could_be_made_is_seen_without_making_it),
		CASE(a_parent_that_another_process_removes_is_made_again),
		CASE(what_stands_in_the_way_of_a_directory_is_told),
		CASE(a_link_to_a_directory_is_one),
		CASE(a_directory_is_removed_with_its_files),
		CASE(empty_directories_in_the_place_of_files_are_removed_too),
		CASE(a_cleared_directory_keeps_one_file_and_what_a_link_leads_to),
		CASE(a_directory_with_directories_is_not_removed),
		CASE(what_a_link_points_to_is_not_removed_with_it),
		CASE(only_an_empty_directory_is_removed_if_empty),
		CASE(a_directory_is_replaced_as_a_whole),
		CASE(a_replaced_directory_is_private_whatever_the_umask_is),
		CASE(every_state_that_a_crash_leaves_is_mended_by_the_next_call),
		CASE(the_old_directory_comes_back_when_it_is_alone),
		CASE(other_things_in_the_way_are_replaced),
		CASE(a_full_disk_leaves_the_old_directory),
		CASE(a_directory_that_cannot_be_put_aside_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
