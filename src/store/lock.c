/* SPDX-License-Identifier: Apache-2.0 */
/* Locks per gateway, by flock(2). */
#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <libutil.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "base/file.h"

#define LOOK_INTERVAL_MS 200
#define HOLDER_TRIES 20
#define HOLDER_INTERVAL_MS 5

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

	if (dir_make_private(paths->locks, err) < 0)
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

void lock_release(struct lock *lock)
{
	/* the file stays: removing it would let two processes lock two files of one name */
	if (lock->fd >= 0)
		(void)!ftruncate(lock->fd, 0); /* the next one that is kept out is not to read of us */
	close_descriptor(&lock->fd);
	lock->fd = -1;
}
