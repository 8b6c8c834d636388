/* SPDX-License-Identifier: Apache-2.0 */
/* Owners and modes along a path. */
#include "store/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

#define LINKS_MAX 40 /* as the kernel has it */

static bool is_ours(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == getuid();
}

/* is_above: more of the path follows. */
static bool is_closed(const struct stat *st, bool is_above)
{
	return (st->st_mode & (S_IWGRP | S_IWOTH)) == 0 || (is_above && (st->st_mode & S_ISVTX) != 0);
}

static int check_owner(const char *path, const struct stat *st, struct error **err)
{
	if (is_ours(st))
		return 0;
	return error_set(err, ERROR_REFUSED, "%s belongs neither to root nor to you (but to user %lu)", path,
			 (unsigned long)st->st_uid);
}

static int check_one(const char *path, const struct stat *st, bool is_above, struct error **err)
{
	if (check_owner(path, st, err) < 0)
		return -1;
	if (is_closed(st, is_above))
		return 0;
	return error_set(err, ERROR_REFUSED, "%s can be written by others than its owner", path);
}

struct walk {
	struct buf done; /* seen, and free of links; "" is the root */
	char *rest;      /* still to be seen; owned */
	int links;
};

static void walk_release(struct walk *walk)
{
	buf_release(&walk->done);
	free(walk->rest);
}

/* Takes the first name off the rest; NULL when there is none. The caller frees. */
static char *next_name(struct walk *walk)
{
	char *begin = walk->rest + strspn(walk->rest, "/"), *name;
	size_t len = strcspn(begin, "/");

	if (len == 0)
		return NULL;
	name = xstrndup(begin, len);
	memmove(walk->rest, begin + len, strlen(begin + len) + 1);
	return name;
}

static void go_up(struct walk *walk)
{
	char *slash = strrchr(buf_str(&walk->done), '/');

	if (slash == NULL)
		return;
	*slash = '\0';
	walk->done.len = (size_t)(slash - walk->done.data);
}

static int follow(struct walk *walk, const char *link, struct error **err)
{
	char target[PATH_MAX];
	ssize_t len = readlink(link, target, sizeof(target) - 1);
	char *rest;

	if (++walk->links > LINKS_MAX) {
		errno = ELOOP;
		len = -1;
	}
	if (len < 0)
		return error_errno(err, "cannot examine %s", link);
	target[len] = '\0';
	if (target[0] == '/')
		buf_drop(&walk->done, walk->done.len);
	rest = xasprintf("%s/%s", target, walk->rest);
	free(walk->rest);
	walk->rest = rest;
	return 0;
}

static int step(struct walk *walk, const char *name, struct error **err)
{
	autofree char *path = xasprintf("%s/%s", buf_str(&walk->done), name);
	struct stat st;

	if (streq(name, "."))
		return 0;
	if (streq(name, "..")) {
		go_up(walk);
		return 0;
	}
	if (lstat(path, &st) < 0)
		return error_errno(err, "cannot examine %s", path);
	if (S_ISLNK(st.st_mode))
		return check_owner(path, &st, err) < 0 ? -1 : follow(walk, path, err);
	buf_addf(&walk->done, "/%s", name);
	return check_one(path, &st, walk->rest[strspn(walk->rest, "/")] != '\0', err);
}

int guard_check(const char *path, struct error **err)
{
	AUTO(walk) walk = { .rest = xstrdup(path) };
	struct stat root;
	char *name;

	if (lstat("/", &root) < 0)
		return error_errno(err, "cannot examine /");
	if (check_one("/", &root, true, err) < 0)
		return -1;
	while ((name = next_name(&walk)) != NULL) {
		int rc = step(&walk, name, err);

		free(name);
		if (rc < 0)
			return -1;
	}
	return 0;
}

int guard_check_entry(int dir, const char *file, const char *path, struct error **err)
{
	autofree char *entry = xstrndup(file, (size_t)(strrchr(file, '/') - file));
	const char *const both[] = { entry, file };
	struct stat st;

	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		if (fstatat(dir, both[i], &st, AT_SYMLINK_NOFOLLOW) < 0)
			return error_errno(err, "cannot examine %s", path);
		if (S_ISLNK(st.st_mode) || !is_ours(&st) || !is_closed(&st, false))
			return guard_check(path, err); /* which says what is wrong, if anything */
	}
	return 0;
}
