/* SPDX-License-Identifier: Apache-2.0 */
/* Writing tar archives. Touches no file. */
#include "base/tar.h"

#include <assert.h>
#include <stdio.h>

#define BLOCK 512

/* Numbers are octal digits with a NUL after them; the sum is taken over the header with blanks in its own place. */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
	char magic[6], version[2], owner[32], group[32], major[8], minor[8], prefix[155], rest[12];
};
static_assert(sizeof(struct header) == BLOCK, "a header is one block");

static void add_header(struct buf *tar, const char *path, unsigned mode, char type, size_t size)
{
	struct header header = { .type = type, .magic = "ustar", .version = { '0', '0' }, .owner = "root",
				 .group = "root" };
	unsigned sum = 0;

	assert(strlen(path) < sizeof(header.name) && mode <= 07777 && size <= 0777777777);
	strlcpy(header.name, path, sizeof(header.name));
	snprintf(header.mode, sizeof(header.mode), "%07o", mode & 07777);
	snprintf(header.uid, sizeof(header.uid), "%07o", 0);
	snprintf(header.gid, sizeof(header.gid), "%07o", 0);
	snprintf(header.size, sizeof(header.size), "%011zo", size);
	snprintf(header.mtime, sizeof(header.mtime), "%011o", 0);
	memset(header.sum, ' ', sizeof(header.sum));
	for (size_t i = 0; i < BLOCK; i++)
		sum += ((const unsigned char *)&header)[i];
	snprintf(header.sum, sizeof(header.sum), "%06o", sum);
	buf_add(tar, &header, sizeof(header));
}

void tar_add_dir(struct buf *tar, const char *path, unsigned mode)
{
	add_header(tar, path, mode, '5', 0);
}

void tar_add_file(struct buf *tar, const char *path, unsigned mode, const void *bytes, size_t len)
{
	static const char zeros[BLOCK];

	add_header(tar, path, mode, '0', len);
	buf_add(tar, bytes, len);
	buf_add(tar, zeros, (BLOCK - len % BLOCK) % BLOCK);
}

void tar_end(struct buf *tar)
{
	static const char zeros[2 * BLOCK];

	buf_add(tar, zeros, sizeof(zeros));
}
