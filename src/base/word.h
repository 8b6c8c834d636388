/* SPDX-License-Identifier: Apache-2.0 */
/* Eight bytes of a text looked at together, for loops over thousands of texts. */
#ifndef BASE_WORD_H
#define BASE_WORD_H

#include <endian.h>

#include "base/base.h"

#define WORD_BYTES sizeof(uint64_t)
#define WORD_OF(byte) (UINT64_C(0x0101010101010101) * (unsigned char)(byte))

/* The first byte is the lowest one, on any machine. */
static inline uint64_t word_at(const char *text)
{
	uint64_t word;

	memcpy(&word, text, sizeof(word));
	return le64toh(word);
}

/* Not 0 when a byte is below the limit, which is at most 0x80; word_first() is the first such byte. (Those after it may
 * be wrong: a difference borrows from the next.) */
static inline uint64_t word_below(uint64_t word, unsigned char limit)
{
	return (word - WORD_OF(limit)) & ~word & WORD_OF(0x80);
}

static inline uint64_t word_equal(uint64_t word, char byte)
{
	return word_below(word ^ WORD_OF(byte), 1);
}

/* Of one such result, or of several together; it is not 0. */
static inline size_t word_first(uint64_t found)
{
	return (size_t)__builtin_ctzll(found) / 8;
}

#endif
