/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files and directories that are read whole and replaced as a whole. Everything written here is
 * private (directories 0700, files 0600 from the first byte), synced to disk, and renamed into place.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <sys/types.h>

#include "base/base.h"
#include "base/buf.h"
#include "base/error.h"

/* A regular file of at most max bytes. ERROR_ABSENT when there is none; anything else than a
 * regular file (a FIFO would hang us) is refused. */
int file_read(const char *path, size_t max, struct buf *out, struct error **err) MUST_CHECK;
/* The same by a name relative to an open directory (or AT_FDCWD); errors call it path. */
int file_read_at(int dir, const char *name, const char *path, size_t max, struct buf *out,
		 struct error **err) MUST_CHECK;

/* Replaces path, or makes it, with mode 0600; its directory must exist. */
int file_write(const char *path, const void *bytes, size_t len, struct error **err) MUST_CHECK;

/* Removes a file; absent is fine. */
int file_remove(const char *path, struct error **err) MUST_CHECK;

/* Makes the directory and those above it that are missing, each with mode 0700. */
int dir_make(const char *path, struct error **err) MUST_CHECK;

/* The same, and the directory itself has mode 0700 then, also one that was there; the caller's own only. */
int dir_make_private(const char *path, struct error **err) MUST_CHECK;
/* Fails where that, or a file in it, could not be made for want of permission or on a disk that is read only. Makes
 * nothing itself. */
int dir_check_private(const char *path, struct error **err) MUST_CHECK;

/* As dir_make(), for one that may be below a shared /tmp: ERROR_REFUSED unless it belongs to us and only we can write. */
int dir_make_own(const char *path, struct error **err) MUST_CHECK;

/* Removes a directory with the plain files and empty directories in it (no further levels); absent is fine. A file
 * or a link of that name is removed itself. */
int dir_remove(const char *path, struct error **err) MUST_CHECK;

/* Removes what dir_remove() would remove in a directory, but the file called so; a link is not followed. */
int dir_clear(const char *path, const char *but, struct error **err) MUST_CHECK;

/* Removes a directory when it is empty; anything else is left and no error. */
void dir_remove_if_empty(const char *path);

struct dir_entry {
	const char *name;
	const void *bytes;
	size_t len;
};

/*
 * Makes directory path (0700) hold exactly these files (0600): written beside it as path.tmp, which is then
 * exchanged with path. Where the file system cannot exchange, path becomes path.bak and path.tmp becomes path.
 * After a crash at any point the old or the new directory is at path or path.bak; dir_recover() puts it back,
 * and the next call removes what was left. One writer at a time: the caller holds a lock; readers need none.
 */
int dir_replace(const char *path, const struct dir_entry *entries, size_t count, struct error **err) MUST_CHECK;

/* Removes such a directory, and what a broken-off replacement left beside it; absent is fine. */
int dir_remove_replaced(const char *path, struct error **err) MUST_CHECK;

/* Renames a lone path.bak back to path. */
void dir_recover(const char *path);

#endif
