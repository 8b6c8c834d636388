/* SPDX-License-Identifier: Apache-2.0 */
/* Directories that do not outlive their process, or not for long. */
#include "base/rundir.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define MAKE_TRIES 5

/* The lock, or -1: somebody has it. */
static int lock_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close_descriptor(&fd);
		return -1;
	}
	return fd;
}

static void remove_dir(const char *path)
{
	autoerror struct error *ignored = NULL;

	/* what cannot be removed now is tried again by the next one */
	(void)!dir_remove(path, &ignored);
}

static bool is_of_prefix(const char *name, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(name, prefix, len) == 0 && name[len] == '.' && strlen(name) == len + RUNDIR_ADDS - 1;
}

/* Their locks went with their owners. */
static void sweep(const char *parent, const char *prefix)
{
	DIR *dir = opendir(parent);
	struct dirent *entry;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		autofree char *path = xasprintf("%s/%s", parent, entry->d_name);
		autoclose int fd = is_of_prefix(entry->d_name, prefix) ? lock_dir(path) : -1;

		if (fd >= 0)
			remove_dir(path);
	}
	closedir(dir);
}

/* Another process may have swept it away between its making and its lock: it is not at its path then. */
static bool is_there(const char *path, int fd)
{
	struct stat here, held;

	return fd >= 0 && fstat(fd, &held) == 0 && lstat(path, &here) == 0 && here.st_dev == held.st_dev &&
	       here.st_ino == held.st_ino;
}

int rundir_make(struct rundir *dir, const char *parent, const char *prefix, struct error **err)
{
	if (dir_make_own(parent, err) < 0)
		return -1;
	sweep(parent, prefix);
	for (int tries = 0; tries < MAKE_TRIES; tries++) {
		autofree char *path = xasprintf("%s/%s.XXXXXX", parent, prefix);
		autoclose int fd = -1;

		if (mkdtemp(path) == NULL) /* 0700 */
			return error_errno(err, "cannot make a directory in %s", parent);
		fd = lock_dir(path);
		if (is_there(path, fd)) {
			*dir = (struct rundir){ STEAL(path), fd };
			fd = -1;
			return 0;
		}
	}
	return error_set(err, ERROR_SYSTEM, "cannot keep a directory in %s: it is removed at once", parent);
}

void rundir_release(struct rundir *dir)
{
	if (dir->path != NULL)
		remove_dir(dir->path);
	free(dir->path);
	close_descriptor(&dir->fd);
	*dir = (struct rundir)RUNDIR_INIT;
}
