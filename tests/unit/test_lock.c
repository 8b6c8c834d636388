/* SPDX-License-Identifier: Apache-2.0 */
/* One command at a time: a child holds the lock. */
#include "script.h"
#include "scratch.h"

#include <fcntl.h>
#include <libutil.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cancel.h"
#include "store/lock.h"

static struct paths paths_here(void)
{
	return (struct paths){ .locks = (char *)(uintptr_t)scratch("run/openshell") };
}

typedef int take_fn(struct lock *lock, const struct paths *paths, struct error **err);

/* A process that has the lock when this returns: for moment_ms, at the end of which there is a file "ended", or until it
 * is killed (-1). */
static pid_t process_with(take_fn *take, const struct paths *paths, int moment_ms)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		struct lock lock = LOCK_INIT;
		struct error *err = NULL;

		if (take(&lock, paths, &err) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		poll(NULL, 0, moment_ms);
		scratch_put(scratch("ended"), "");
		lock_release(&lock);
		_exit(0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static int take_dev(struct lock *lock, const struct paths *paths, struct error **err)
{
	return lock_take(lock, paths, "dev", "gateway start", err);
}

static pid_t holder(const struct paths *paths)
{
	return process_with(take_dev, paths, -1);
}

static void end(pid_t pid, int sig)
{
	assert_int_equal(kill(pid, sig), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void a_free_lock_is_taken_and_its_file_is_private(void **state)
{
	const struct paths paths = paths_here();
	AUTO(lock) lock = LOCK_INIT;
	autofree char *line = xasprintf("process %ld (openshell gateway stop)\n", (long)getpid());
	struct error *err = NULL;

	(void)state;
	umask(0);
	assert_int_equal(lock_take(&lock, &paths, "dev", "gateway stop", &err), 0);
	assert_mode(scratch("run/openshell"), 0700);
	assert_mode(scratch("run/openshell/dev.lock"), 0600);
	assert_holds(scratch("run/openshell/dev.lock"), line);
}

static void a_busy_gateway_names_who_is_at_work(void **state)
{
	const struct paths paths = paths_here();
	pid_t pid = holder(&paths);
	autofree char *words = xasprintf("gateway 'dev' is busy: process %ld (openshell gateway start) is at work", (long)pid);
	AUTO(lock) lock = LOCK_INIT;
	struct error *err = NULL;

	(void)state;
	assert_int_equal(lock_take(&lock, &paths, "dev", "gateway stop", &err), -1);
	assert_int_equal(lock.fd, -1);
	assert_true(err->retriable);
	assert_int_equal(error_exit_code(err), 4);
	assert_error(&err, ERROR_CONFLICT, words);
	end(pid, SIGTERM);
}

/* A process that has the lock, and says who it is when we have begun to ask. */
static void a_holder_that_is_about_to_tell_its_name_is_given_time(void **state)
{
	const struct paths paths = paths_here();
	AUTO(lock) lock = LOCK_INIT;
	struct error *err = NULL;
	int fd;
	pid_t pid;

	(void)state;
	scratch_put(scratch("run/openshell/dev.lock"), "");
	assert_int_equal(chmod(paths.locks, 0700), 0);
	fd = flopen(scratch("run/openshell/dev.lock"), O_RDWR);
	assert_true(fd >= 0);
	pid = fork();
	if (pid == 0) {
		poll(NULL, 0, 20);
		_exit(write(fd, "process 7\n", 10) == 10 ? 0 : 1);
	}
	assert_int_equal(lock_take(&lock, &paths, "dev", "gateway stop", &err), -1);
	assert_error(&err, ERROR_CONFLICT, "process 7");
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(fd);
}

static void a_released_lock_names_nobody(void **state)
{
	const struct paths paths = paths_here();
	struct lock lock = LOCK_INIT;
	struct error *err = NULL;

	(void)state;
	assert_int_equal(lock_take(&lock, &paths, "dev", "gateway start", &err), 0);
	lock_release(&lock);
	assert_holds(scratch("run/openshell/dev.lock"), "");
}

static pid_t keeper(const struct paths *paths, int moment_ms)
{
	return process_with(lock_configuration, paths, moment_ms);
}

static void the_configuration_is_waited_for_and_nothing_of_the_lock_stays(void **state)
{
	const struct paths paths = { .user_root = (char *)(uintptr_t)scratch("config/openshell") };
	AUTO(lock) lock = LOCK_INIT;
	struct error *err = NULL;
	pid_t pid = keeper(&paths, 50);
	int status;

	(void)state;
	assert_int_equal(lock_configuration(&lock, &paths, &err), 0);
	assert_holds(scratch("ended"), "");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_mode(paths.user_root, 0700);
	assert_entries(paths.user_root, 0);
}

static void waiting_for_the_configuration_ends_with_a_signal(void **state)
{
	const struct paths paths = { .user_root = (char *)(uintptr_t)scratch("config/openshell") };
	struct lock lock = LOCK_INIT;
	struct error *err = NULL;
	pid_t pid = keeper(&paths, 10000);

	(void)state;
	cancel_request(SIGTERM);
	assert_int_equal(lock_configuration(&lock, &paths, &err), -1);
	assert_error(&err, ERROR_CANCELLED, "SIGTERM");
	assert_int_equal(lock.fd, -1);
	cancel_forget();
	end(pid, SIGKILL);
}

static void a_configuration_that_was_removed_meanwhile_is_made_again(void **state)
{
	const struct paths paths = { .user_root = (char *)(uintptr_t)scratch("config/openshell") };
	AUTO(lock) first = LOCK_INIT;
	AUTO(lock) second = LOCK_INIT;
	struct error *err = NULL;

	(void)state;
	assert_int_equal(lock_configuration(&first, &paths, &err), 0);
	assert_int_equal(rmdir(paths.user_root), 0);
	assert_int_equal(lock_configuration(&second, &paths, &err), 0);
	assert_mode(paths.user_root, 0700);
}

static void gateways_do_not_keep_each_other_out(void **state)
{
	const struct paths paths = paths_here();
	pid_t pid = holder(&paths);
	AUTO(lock) lock = LOCK_INIT;
	struct error *err = NULL;

	(void)state;
	assert_int_equal(lock_take(&lock, &paths, "prod", "gateway start", &err), 0);
	end(pid, SIGTERM);
}

static void the_lock_of_a_killed_process_is_free(void **state)
{
	const struct paths paths = paths_here();
	AUTO(lock) lock = LOCK_INIT;
	struct error *err = NULL;

	(void)state;
	end(holder(&paths), SIGKILL);
	assert_int_equal(lock_take(&lock, &paths, "dev", "gateway start", &err), 0);
}

static void a_released_lock_can_be_taken_again(void **state)
{
	const struct paths paths = paths_here();
	struct lock lock = LOCK_INIT;
	struct error *err = NULL;

	(void)state;
	lock_release(&lock);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(lock_take(&lock, &paths, "dev", "gateway start", &err), 0);
		lock_release(&lock);
		lock_release(&lock);
		assert_int_equal(lock.fd, -1);
	}
}

/* A child that outlived us would keep the lock. */
static void children_do_not_inherit_the_lock(void **state)
{
	const struct paths paths = paths_here();
	AUTO(proc_spec) spec = PROC_SPEC_INIT("ls");
	AUTO(proc_result) result = PROC_RESULT_INIT;
	AUTO(lock) lock = LOCK_INIT;
	struct error *err = NULL;

	(void)state;
	assert_int_equal(lock_take(&lock, &paths, "dev", "gateway start", &err), 0);
	argv_addl(&spec.argv, "/bin/sh", "-c", "ls -l /proc/$$/fd", NULL);
	spec.out.how = PROC_CAPTURE;
	assert_int_equal(runner_check(&runner_real, &spec, &result, &err), 0);
	assert_null(strstr(buf_str(&result.out), "dev.lock"));
}

static void a_directory_that_others_can_write_is_refused(void **state)
{
	static const mode_t modes[] = { 0770, 0707, 01777 };
	const struct paths paths = paths_here();
	struct lock lock = LOCK_INIT;
	struct error *err = NULL;

	(void)state;
	scratch_put(scratch("run/openshell/x"), "");
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		assert_int_equal(chmod(paths.locks, modes[i]), 0);
		assert_int_equal(lock_take(&lock, &paths, "dev", "gateway start", &err), -1);
		assert_error(&err, ERROR_REFUSED, "only you can write");
	}
}

static void a_directory_of_another_user_or_a_link_to_one_is_refused(void **state)
{
	const struct paths paths = paths_here();
	struct lock lock = LOCK_INIT;
	struct error *err = NULL;

	(void)state;
	scratch_put(scratch("real/x"), "");
	scratch_put(scratch("run/x"), "");
	assert_int_equal(symlink("../real", paths.locks), 0);
	assert_int_equal(lock_take(&lock, &paths, "dev", "gateway start", &err), -1);
	assert_error(&err, ERROR_REFUSED, "directory of yours");
	if (geteuid() != 0)
		return; /* giving a directory away takes root */
	assert_int_equal(unlink(paths.locks), 0);
	assert_int_equal(mkdir(paths.locks, 0700), 0);
	assert_int_equal(chown(paths.locks, 12345, 12345), 0);
	assert_int_equal(lock_take(&lock, &paths, "dev", "gateway start", &err), -1);
	assert_error(&err, ERROR_REFUSED, "directory of yours");
}

static void a_link_or_directory_in_place_of_the_lock_is_refused(void **state)
{
	const struct paths paths = paths_here();
	struct lock lock = LOCK_INIT;
	struct error *err = NULL;

	(void)state;
	scratch_put(scratch("target"), "mine");
	scratch_put(scratch("run/openshell/x"), "");
	assert_int_equal(symlink("../../target", scratch("run/openshell/dev.lock")), 0);
	assert_int_equal(lock_take(&lock, &paths, "dev", "gateway start", &err), -1);
	assert_error(&err, ERROR_SYSTEM, "cannot lock");
	assert_holds(scratch("target"), "mine");
	assert_int_equal(mkdir(scratch("run/openshell/b.lock"), 0700), 0);
	assert_int_equal(lock_take(&lock, &paths, "b", "gateway start", &err), -1);
	assert_error(&err, ERROR_SYSTEM, "cannot lock");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_free_lock_is_taken_and_its_file_is_private),
		CASE(a_busy_gateway_names_who_is_at_work),
		CASE(a_holder_that_is_about_to_tell_its_name_is_given_time),
		CASE(a_released_lock_names_nobody),
		CASE(the_configuration_is_waited_for_and_nothing_of_the_lock_stays),
		CASE(waiting_for_the_configuration_ends_with_a_signal),
		CASE(a_configuration_that_was_removed_meanwhile_is_made_again),
		CASE(gateways_do_not_keep_each_other_out),
		CASE(the_lock_of_a_killed_process_is_free),
		CASE(a_released_lock_can_be_taken_again),
		CASE(children_do_not_inherit_the_lock),
		CASE(a_directory_that_others_can_write_is_refused),
		CASE(a_directory_of_another_user_or_a_link_to_one_is_refused),
		CASE(a_link_or_directory_in_place_of_the_lock_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
