/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rundir.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch.h"
#include "script.h"

static void make(struct rundir *dir)
{
	struct error *err = NULL;

	assert_int_equal(rundir_make(dir, scratch("run"), "ssh", &err), 0);
}

static void it_is_ours_alone_and_goes_with_its_files(void **state)
{
	AUTO(rundir) dir = RUNDIR_INIT;
	autofree char *path = NULL, *file = NULL;

	(void)state;
	make(&dir);
	assert_mode(scratch("run"), 0700);
	assert_mode(dir.path, 0700);
	assert_int_equal(strlen(dir.path), strlen(scratch("run")) + strlen("ssh") + RUNDIR_ADDS);
	path = xstrdup(dir.path);
	file = xasprintf("%s/file", path);
	scratch_put(file, "x");
	rundir_release(&dir);
	assert_gone(path);
	rundir_release(&dir);
}

static void one_in_use_is_left_alone(void **state)
{
	AUTO(rundir) first = RUNDIR_INIT;
	AUTO(rundir) second = RUNDIR_INIT;

	(void)state;
	make(&first);
	make(&second);
	assert_string_not_equal(first.path, second.path);
	assert_entries(scratch("run"), 2);
}

static void what_a_killed_process_left_is_removed_by_the_next(void **state)
{
	AUTO(rundir) dir = RUNDIR_INIT;
	pid_t child;
	int status;

	(void)state;
	child = fork();
	if (child == 0) {
		struct rundir left = RUNDIR_INIT;
		struct error *err = NULL;

		if (rundir_make(&left, scratch("run"), "ssh", &err) == 0)
			kill(getpid(), SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_entries(scratch("run"), 1);
	make(&dir);
	assert_entries(scratch("run"), 1);
}

static void what_has_another_name_is_not_touched(void **state)
{
	AUTO(rundir) dir = RUNDIR_INIT;

	(void)state;
	scratch_put(scratch("run/gw.lock"), "");
	scratch_put(scratch("run/ssh.abcdef"), "a file");
	scratch_put(scratch("run/ssh.longer-name/file"), "");
	scratch_put(scratch("run/other.abcdef/file"), "");
	assert_int_equal(chmod(scratch("run"), 0700), 0);
	make(&dir);
	assert_entries(scratch("run"), 5);
}

static void a_link_in_its_place_is_not_followed(void **state)
{
	AUTO(rundir) dir = RUNDIR_INIT;

	(void)state;
	scratch_put(scratch("elsewhere/file"), "x");
	assert_int_equal(mkdir(scratch("run"), 0700), 0);
	assert_int_equal(symlink(scratch("elsewhere"), scratch("run/ssh.abcdef")), 0);
	make(&dir);
	assert_holds(scratch("elsewhere/file"), "x");
}

static void a_parent_that_others_can_write_is_refused(void **state)
{
	AUTO(rundir) dir = RUNDIR_INIT;
	struct error *err = NULL;

	(void)state;
	assert_int_equal(mkdir(scratch("run"), 0700), 0);
	assert_int_equal(chmod(scratch("run"), 0777), 0);
	assert_int_equal(rundir_make(&dir, scratch("run"), "ssh", &err), -1);
	assert_error(&err, ERROR_REFUSED, "only you can write");
	assert_entries(scratch("run"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_is_ours_alone_and_goes_with_its_files, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(one_in_use_is_left_alone, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(what_a_killed_process_left_is_removed_by_the_next, scratch_setup,
						scratch_teardown),
		cmocka_unit_test_setup_teardown(what_has_another_name_is_not_touched, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(a_link_in_its_place_is_not_followed, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(a_parent_that_others_can_write_is_refused, scratch_setup, scratch_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
