/* SPDX-License-Identifier: Apache-2.0 */
/* A tar archive in memory (POSIX ustar): directories and small files that belong to root. */
#ifndef BASE_TAR_H
#define BASE_TAR_H

#include "base/base.h"
#include "base/buf.h"

/* Paths have no leading slash and fewer than 100 bytes; a directory's ends with one. */
void tar_add_dir(struct buf *tar, const char *path, unsigned mode);
void tar_add_file(struct buf *tar, const char *path, unsigned mode, const void *bytes, size_t len);

/* The two empty blocks that end an archive. */
void tar_end(struct buf *tar);

#endif
