/* SPDX-License-Identifier: Apache-2.0 */
/* Writing tar archives, and leaving out. Touches no file. */
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

static unsigned sum_of(const struct header *header)
{
	struct header copy = *header;
	unsigned sum = 0;

	memset(copy.sum, ' ', sizeof(copy.sum));
	for (size_t i = 0; i < BLOCK; i++)
		sum += ((const unsigned char *)&copy)[i];
	return sum;
}

static void add_header(struct buf *tar, const char *path, unsigned mode, char type, size_t size)
{
	struct header header = { .type = type, .magic = "ustar", .version = { '0', '0' }, .owner = "root",
				 .group = "root" };

	assert(strlen(path) < sizeof(header.name) && mode <= 07777 && size <= 0777777777);
	strlcpy(header.name, path, sizeof(header.name));
	snprintf(header.mode, sizeof(header.mode), "%07o", mode & 07777);
	snprintf(header.uid, sizeof(header.uid), "%07o", 0);
	snprintf(header.gid, sizeof(header.gid), "%07o", 0);
	snprintf(header.size, sizeof(header.size), "%011zo", size);
	snprintf(header.mtime, sizeof(header.mtime), "%011o", 0);
	snprintf(header.sum, sizeof(header.sum), "%06o", sum_of(&header));
	header.sum[7] = ' ';
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

/* ------------------------------------------------------------------ leaving out */

/* Octal digits, blanks before them, a blank or a NUL after; false for anything else, such as GNU's binary sizes. */
static bool read_octal(const char *field, size_t len, uint64_t *number)
{
	size_t i = 0;

	*number = 0;
	while (i < len && field[i] == ' ')
		i++;
	for (; i < len && field[i] >= '0' && field[i] <= '7'; i++)
		*number = *number * 8 + (uint64_t)(field[i] - '0');
	return i == len || field[i] == ' ' || field[i] == '\0';
}

static bool is_plain(const struct header *header, uint64_t *size)
{
	uint64_t sum;

	return memcmp(header->magic, "ustar", 5) == 0 && read_octal(header->sum, sizeof(header->sum), &sum) &&
	       sum == sum_of(header) && read_octal(header->size, sizeof(header->size), size) &&
	       (header->type == '0' || header->type == '\0' ||
		(header->type >= '1' && header->type <= '5' && *size == 0));
}

static bool drops(const struct tar_sieve *sieve, const struct header *header)
{
	autofree char *path = xstrndup(header->name, sizeof(header->name));

	return (header->type == '0' || header->type == '\0') && header->prefix[0] == '\0' &&
	       sieve->drops(sieve->arg, path);
}

static void begin_entry(struct tar_sieve *sieve, struct buf *onward)
{
	struct header header;
	uint64_t size = 0;

	memcpy(&header, buf_str(&sieve->header), sizeof(header));
	sieve->passes_all = !is_plain(&header, &size);
	sieve->is_dropping = !sieve->passes_all && drops(sieve, &header);
	if (!sieve->is_dropping)
		buf_add(onward, &header, sizeof(header));
	if (!sieve->passes_all)
		sieve->left = (size + BLOCK - 1) / BLOCK * BLOCK;
	buf_drop(&sieve->header, sieve->header.len);
}

void tar_sieve_pass(struct tar_sieve *sieve, const char *bytes, size_t len, struct buf *onward)
{
	while (len > 0) {
		bool in_header = sieve->left == 0 && !sieve->passes_all;
		size_t wanted = in_header ? BLOCK - sieve->header.len : len, part;

		if (!in_header && !sieve->passes_all && sieve->left < len)
			wanted = (size_t)sieve->left;
		part = wanted < len ? wanted : len;
		if (in_header)
			buf_add(&sieve->header, bytes, part);
		else if (!sieve->is_dropping)
			buf_add(onward, bytes, part);
		if (!in_header && !sieve->passes_all)
			sieve->left -= part;
		if (in_header && sieve->header.len == BLOCK)
			begin_entry(sieve, onward);
		bytes += part;
		len -= part;
	}
}

void tar_sieve_release(struct tar_sieve *sieve)
{
	buf_release(&sieve->header);
}
