/* SPDX-License-Identifier: Apache-2.0 */
/* Tar archives (POSIX ustar): made in memory, of directories and small files that belong to root; or sieved. */
#ifndef BASE_TAR_H
#define BASE_TAR_H

#include "base/base.h"
#include "base/buf.h"

/* Paths have no leading slash and fewer than 100 bytes; a directory's ends with one. */
void tar_add_dir(struct buf *tar, const char *path, unsigned mode);
void tar_add_file(struct buf *tar, const char *path, unsigned mode, const void *bytes, size_t len);

/* The two empty blocks that end an archive. */
void tar_end(struct buf *tar);

/*
 * Leaves files out of an archive that goes by in pieces. Once it holds something else than plain files, directories
 * and links, which may mean more than it seems, all the rest goes by as it is.
 */
struct tar_sieve {
	bool (*drops)(void *arg, const char *path); /* whether this file is left out */
	void *arg;
	struct buf header;             /* of the next entry, as far as it has come */
	uint64_t left;                 /* bytes of this entry still to come, those that fill its last block too */
	bool is_dropping, passes_all;
};

void tar_sieve_pass(struct tar_sieve *sieve, const char *bytes, size_t len, struct buf *onward);
void tar_sieve_release(struct tar_sieve *sieve);

#endif
