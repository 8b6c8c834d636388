/* SPDX-License-Identifier: Apache-2.0 */
/* Locks by flock(2). */
#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <libutil.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "base/file.h"

#define LOOK_INTERVAL_MS 200
#define HOLDER_TRIES 20
#define HOLDER_INTERVAL_MS 5
#define CONFIGURATION_TRIES 5000
#define CONFIGURATION_INTERVAL_MS 2

static int busy(const char *path, const char *name, struct error **err)
{
	AUTO(buf) holder = BUF_INIT;
	autoerror struct error *ignored = NULL;

	/* it says who it is a moment after it has the lock */
	for (int tries = 0; holder.len == 0 && tries < HOLDER_TRIES; tries++) {
		if (tries > 0)
			poll(NULL, 0, HOLDER_INTERVAL_MS);
		error_free(&ignored);
		(void)!file_read(path, 200, &holder, &ignored);
		buf_trim_end(&holder);
	}
	error_set(err, ERROR_CONFLICT, "gateway '%s' is busy: %s is at work on it", name,
		  holder.len > 0 ? buf_str(&holder) : "another openshell");
	(*err)->retriable = true;
	return error_code(err, "gateway-busy");
}

int lock_take(struct lock *lock, const struct paths *paths, const char *name, const char *what, struct error **err)
{
	autofree char *path = xasprintf("%s/%s.lock", paths->locks, name);
	int fd;

	if (dir_make_own(paths->locks, err) < 0)
		return -1;
	fd = flopen(path, O_RDWR | O_CREAT | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 && errno == EWOULDBLOCK)
		return busy(path, name, err);
	if (fd < 0)
		return error_errno(err, "cannot lock %s", path);
	/* only told to others; the lock itself does not depend on it */
	if (ftruncate(fd, 0) == 0)
		dprintf(fd, "process %ld (openshell %s)\n", (long)getpid(), what);
	lock->fd = fd;
	return 0;
}

int lock_wait(struct lock *lock, const struct paths *paths, const char *name, const char *what,
	      const struct clock *clock, int64_t wait_ms, struct error **err)
{
	int64_t until = clock_now_ms(clock) + wait_ms;

	while (lock_take(lock, paths, name, what, err) < 0) {
		int64_t left = until - clock_now_ms(clock);

		if (!error_is(*err, ERROR_CONFLICT) || left <= 0)
			return -1;
		error_free(err);
		cancel_poll(NULL, 0, left < LOOK_INTERVAL_MS ? left : LOOK_INTERVAL_MS);
		if (cancel_check(err) < 0)
			return -1;
	}
	return 0;
}

/* The directory itself is what is locked: no file is left behind, and whoever may write there may lock. */
static int wait_for_dir(int fd, const char *path, struct error **err)
{
	for (int tries = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; tries++) {
		/* a network file system that locks no directories: what is written is whole there, too */
		if (errno != EWOULDBLOCK && errno != EINTR)
			break;
		if (tries == CONFIGURATION_TRIES) {
			error_set(err, ERROR_CONFLICT, "another openshell keeps the configuration in %s", path);
			(*err)->retriable = true;
			return -1;
		}
		cancel_poll(NULL, 0, CONFIGURATION_INTERVAL_MS);
		if (cancel_check(err) < 0)
			return -1;
	}
	return 0;
}

/* Else it was empty, and removed between opening and locking. */
static bool is_still(int fd, const char *path)
{
	struct stat opened, named;

	return fstat(fd, &opened) == 0 && stat(path, &named) == 0 && opened.st_dev == named.st_dev &&
	       opened.st_ino == named.st_ino;
}

int lock_configuration(struct lock *lock, const struct paths *paths, struct error **err)
{
	do {
		lock_release(lock);
		if (dir_make_private(paths->user_root, err) < 0)
			return -1;
		lock->fd = open(paths->user_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (lock->fd < 0 && errno != ENOENT)
			return error_errno(err, "cannot open %s", paths->user_root);
		if (lock->fd >= 0 && wait_for_dir(lock->fd, paths->user_root, err) < 0) {
			lock_release(lock);
			return -1;
		}
	} while (lock->fd < 0 || !is_still(lock->fd, paths->user_root));
	return 0;
}

void lock_release(struct lock *lock)
{
	/* the file stays: removing it would let two processes lock two files of one name */
	if (lock->fd >= 0)
		(void)!ftruncate(lock->fd, 0); /* the next one that is kept out is not to read of us */
	close_descriptor(&lock->fd);
	lock->fd = -1;
}
