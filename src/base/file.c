/* SPDX-License-Identifier: Apache-2.0 */
/* Reading whole files; replacing files and directories as a whole. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define RACES_MAX 100

int file_read(const char *path, size_t max, struct buf *out, struct error **err)
{
	return file_read_at(AT_FDCWD, path, path, max, out, err);
}

int file_read_at(int dir, const char *name, const char *path, size_t max, struct buf *out, struct error **err)
{
	autoclose int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char bytes[16 * 1024];
	size_t before = out->len;
	struct stat st;
	ssize_t got;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(err, "cannot read %s", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_SYSTEM, "cannot read %s: not a regular file", path);
	while ((got = read(fd, bytes, sizeof(bytes))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_errno(err, "cannot read %s", path);
		if (out->len + (size_t)got > max)
			return error_set(err, ERROR_SYSTEM, "cannot read %s: larger than %zu bytes", path, max);
		buf_add(out, bytes, (size_t)got);
		if (out->len - before == (size_t)st.st_size) /* all of it: the end need not be looked for */
			break;
	}
	return 0;
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t put = write(fd, bytes, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return -1;
		bytes += put;
		len -= (size_t)put;
	}
	return 0;
}

static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return xstrdup(".");
	return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

static int sync_dir(const char *path)
{
	autoclose int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -1 : fsync(fd);
}

/* Without a name, where the file system has such files: nothing of it is left when we are killed. *tmp is the name
 * that it has, or is to have. */
static int open_new(const char *path, const char *parent, char **tmp)
{
	int fd = open(parent, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

	*tmp = fd < 0 ? xasprintf("%s.XXXXXX", path) : xasprintf("%s.%ld", path, (long)getpid());
	return fd < 0 ? mkostemp(*tmp, O_CLOEXEC) : fd; /* 0600 and O_EXCL */
}

/* It has a name then, for the moment until it is renamed. */
static int name_file(int fd, const char *tmp)
{
	autofree char *self = xasprintf("/proc/self/fd/%d", fd);
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	if (st.st_nlink > 0)
		return 0;
	unlink(tmp); /* of one that had our number, and was killed just here */
	return linkat(AT_FDCWD, self, AT_FDCWD, tmp, AT_SYMLINK_FOLLOW);
}

int file_write(const char *path, const void *bytes, size_t len, struct error **err)
{
	autofree char *parent = parent_of(path), *tmp = NULL;
	autoclose int fd = open_new(path, parent, &tmp);

	if (fd < 0)
		return error_errno(err, "cannot write %s", path);
	if (write_all(fd, bytes, len) < 0 || fsync(fd) < 0 || name_file(fd, tmp) < 0 || rename(tmp, path) < 0) {
		error_errno(err, "cannot write %s", path);
		unlink(tmp);
		return -1;
	}
	if (sync_dir(parent) < 0)
		return error_errno(err, "cannot sync %s", parent);
	return 0;
}

int file_remove(const char *path, struct error **err)
{
	if (unlink(path) < 0 && errno != ENOENT && errno != ENOTDIR)
		return error_errno(err, "cannot remove %s", path);
	return 0;
}

static bool make_one(const char *path)
{
	bool is_there;
	struct stat st;

	if (mkdir(path, 0700) == 0)
		return true;
	if (errno != EEXIST)
		return false;
	/* another process was quicker, and may have removed it by now; a dangling link is in the way */
	is_there = stat(path, &st) == 0 || lstat(path, &st) == 0;
	if (is_there && S_ISDIR(st.st_mode))
		return true;
	errno = is_there ? EEXIST : ENOENT;
	return false;
}

/* A little longer each time: two processes that make and remove in step get out of it. */
static void pause_after_race(int lost)
{
	poll(NULL, 0, lost / 20);
}

int dir_make(const char *path, struct error **err)
{
	autofree char *parent = parent_of(path);
	struct stat st;

	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return 0;
		return error_set(err, ERROR_SYSTEM, "%s is in the way: not a directory", path);
	}
	if (errno != ENOENT)
		return error_errno(err, "cannot examine %s", path);
	for (int tries = 0;; tries++) {
		if (!streq(parent, path) && dir_make(parent, err) < 0)
			return -1;
		if (make_one(path))
			return 0;
		/* else it or its parent was empty, and another process has removed it meanwhile */
		if (errno != ENOENT || tries == RACES_MAX)
			return error_errno(err, "cannot make the directory %s", path);
		pause_after_race(tries);
	}
}

int dir_make_private(const char *path, struct error **err)
{
	struct stat st;

	if (dir_make(path, err) < 0)
		return -1;
	if (stat(path, &st) < 0)
		/* it was empty, and another process has removed it at once */
		return errno == ENOENT ? dir_make_private(path, err) : error_errno(err, "cannot examine %s", path);
	if ((st.st_mode & ALLPERMS) == 0700 || chmod(path, 0700) == 0)
		return 0;
	/* somebody else's, who lets us in; but nobody beside us may replace what we write there */
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return 0;
	return error_errno(err, "cannot close %s to others", path);
}

static bool is_own_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid();
}

int dir_check_private(const char *path, struct error **err)
{
	autofree char *at = xstrdup(path);
	struct stat st;

	while (faccessat(AT_FDCWD, at, W_OK, AT_EACCESS) < 0) {
		int failure = errno;
		char *above;

		if (failure == EACCES && streq(at, path) && is_own_dir(at))
			return 0; /* it is opened to us then */
		errno = failure;
		if (failure != ENOENT || streq(at, "/") || streq(at, "."))
			return error_errno(err, "cannot write into %s", at);
		above = parent_of(at);
		free(at);
		at = above;
	}
	if (stat(at, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	return error_set(err, ERROR_SYSTEM, "%s is in the way: not a directory", at);
}

int dir_make_own(const char *path, struct error **err)
{
	struct stat st;

	if (dir_make(path, err) < 0)
		return -1;
	if (lstat(path, &st) < 0)
		return error_errno(err, "cannot examine %s", path);
	if (S_ISDIR(st.st_mode) && st.st_uid == getuid() && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return 0;
	return error_set(err, ERROR_REFUSED, "%s must be a directory of yours that only you can write", path);
}

int dir_clear(const char *path, const char *but, struct error **err)
{
	autoclose int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct dirent *entry;
	DIR *dir;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (dir == NULL)
		return error_errno(err, "cannot remove %s", path);
	fd = -1; /* closedir() closes it */
	while ((entry = readdir(dir)) != NULL)
		if (!streq(entry->d_name, ".") && !streq(entry->d_name, "..") && !streq(entry->d_name, but) &&
		    unlinkat(dirfd(dir), entry->d_name, 0) < 0)
			unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR); /* an empty one in the place of a file */
	closedir(dir);
	return 0;
}

int dir_remove(const char *path, struct error **err)
{
	if (dir_clear(path, "", err) < 0)
		return -1;
	if (rmdir(path) == 0 || errno == ENOENT)
		return 0;
	if (errno == ENOTDIR) /* a file or a link in its place: what a link points to is not ours */
		return file_remove(path, err);
	return error_errno(err, "cannot remove %s", path);
}

void dir_remove_if_empty(const char *path)
{
	rmdir(path);
}

static int write_entry(int dir, const struct dir_entry *entry)
{
	autoclose int fd = openat(dir, entry->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -1;
	return write_all(fd, entry->bytes, entry->len) < 0 ? -1 : fsync(fd);
}

static int fill_dir(const char *path, const struct dir_entry *entries, size_t count)
{
	autoclose int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (write_entry(dir, &entries[i]) < 0)
			return -1;
	return fsync(dir);
}

/* The new directory takes the place of the old, which is at tmp or bak then. Where the two can be exchanged
 * nobody ever finds none; else the old one steps aside, and a failure puts it back. */
static int swap_in(const char *tmp, const char *path, const char *bak)
{
	bool had_old;

	if (renameat2(AT_FDCWD, tmp, AT_FDCWD, path, RENAME_EXCHANGE) == 0)
		return 0;
	if (errno != ENOENT && errno != EINVAL && errno != ENOSYS)
		return -1;
	had_old = rename(path, bak) == 0;
	if (!had_old && errno != ENOENT)
		return -1;
	if (rename(tmp, path) == 0)
		return 0;
	if (had_old) {
		int errnum = errno;

		rename(bak, path);
		errno = errnum;
	}
	return -1;
}

int dir_replace(const char *path, const struct dir_entry *entries, size_t count, struct error **err)
{
	autofree char *tmp = xasprintf("%s.tmp", path);
	autofree char *bak = xasprintf("%s.bak", path);
	autofree char *parent = parent_of(path);
	autoerror struct error *ignored = NULL;

	dir_recover(path);
	if (dir_remove(bak, err) < 0 || dir_remove(tmp, err) < 0)
		return -1;
	if (mkdir(tmp, 0700) < 0)
		return error_errno(err, "cannot write %s", path);
	if (fill_dir(tmp, entries, count) < 0 || swap_in(tmp, path, bak) < 0) {
		error_errno(err, "cannot write %s", path);
		(void)!dir_remove(tmp, &ignored);
		return -1;
	}
	if (sync_dir(parent) < 0)
		return error_errno(err, "cannot sync %s", parent);
	return dir_remove(tmp, err) < 0 || dir_remove(bak, err) < 0 ? -1 : 0;
}

int dir_remove_replaced(const char *path, struct error **err)
{
	static const char *const suffixes[] = { "", ".tmp", ".bak" };

	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		autofree char *each = xasprintf("%s%s", path, suffixes[i]);

		if (dir_remove(each, err) < 0)
			return -1;
	}
	return 0;
}

void dir_recover(const char *path)
{
	autofree char *bak = xasprintf("%s.bak", path);
	struct stat st;

	if (lstat(path, &st) < 0 && errno == ENOENT)
		rename(bak, path); /* ENOENT: there is nothing to recover */
}
