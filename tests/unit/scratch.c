/* SPDX-License-Identifier: Apache-2.0 */
/* Private directories of tests. */
#include "scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/argv.h"
#include "base/file.h"

#define NOBODY 65534

static char *dir;
static struct argv paths;

int scratch_setup(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	dir = xasprintf("%s/openshell-unit.XXXXXX", tmp != NULL && *tmp == '/' ? tmp : "/tmp");
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *place)
{
	(void)st;
	(void)type;
	(void)place;
	return remove(path);
}

/* Before it is walked: directories without permission are made passable. */
static int open_up(const char *path, const struct stat *st, int type, struct FTW *place)
{
	(void)place;
	if (type == FTW_DNR || (type == FTW_D && (st->st_mode & 0700) != 0700))
		chmod(path, 0700);
	return 0;
}

int scratch_teardown(void **state)
{
	(void)state;
	nftw(dir, open_up, 16, FTW_PHYS);
	nftw(dir, remove_entry, 16, FTW_PHYS | FTW_DEPTH);
	free(dir);
	argv_release(&paths);
	return 0;
}

const char *scratch(const char *fmt, ...)
{
	char name[PATH_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	argv_addf(&paths, "%s/%s", dir, name);
	return paths.v[paths.n - 1];
}

static void make_parents(const char *path)
{
	struct error *err = NULL;
	autofree char *parent = xstrndup(path, (size_t)(strrchr(path, '/') - path));

	assert_int_equal(dir_make(parent, &err), 0);
}

void scratch_put_bytes(const char *path, const void *bytes, size_t len)
{
	autoclose int fd = -1;

	make_parents(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
}

struct paths scratch_trees(void)
{
	return (struct paths){
		.user_root = (char *)(uintptr_t)scratch("user"), .system_root = (char *)(uintptr_t)scratch("system"),
	};
}

void scratch_put(const char *path, const char *text)
{
	scratch_put_bytes(path, text, strlen(text));
}

void assert_holds(const char *path, const char *text)
{
	AUTO(buf) now = BUF_INIT;
	autoerror struct error *err = NULL;

	assert_int_equal(file_read(path, 1 << 20, &now, &err), 0);
	assert_string_equal(buf_str(&now), text);
	assert_int_equal(now.len, strlen(text));
}

void assert_gone(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), -1);
	assert_int_equal(errno, ENOENT);
}

void assert_mode(const char *path, mode_t mode)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
}

void assert_entries(const char *path, size_t count)
{
	DIR *entries = opendir(path);
	size_t n = 0;

	assert_non_null(entries);
	for (struct dirent *entry; (entry = readdir(entries)) != NULL;)
		n += !streq(entry->d_name, ".") && !streq(entry->d_name, "..");
	closedir(entries);
	assert_int_equal(n, count);
}

void data_read(const char *name, struct buf *text)
{
	const char *srcdir = getenv("srcdir");
	autofree char *path = xasprintf("%s/tests/data/%s", srcdir != NULL ? srcdir : ".", name);
	struct error *err = NULL;

	if (file_read(path, 1 << 20, text, &err) < 0)
		fail_msg("%s: %s", path, err->text);
}

void as_nobody(void (*function)(void *arg), void *arg)
{
	bool root = geteuid() == 0;

	if (root) {
		assert_int_equal(chmod(dir, 0711), 0);
		assert_int_equal(seteuid(NOBODY), 0);
	}
	function(arg);
	if (root)
		assert_int_equal(seteuid(0), 0);
}
