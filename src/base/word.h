/* SPDX-License-Identifier: Apache-2.0 */
/* Eight bytes of a text looked at together, for loops over thousands of texts. */
#ifndef BASE_WORD_H
#define BASE_WORD_H

#include "base/base.h"

#define WORD_BYTES sizeof(uint64_t)
#define WORD_OF(byte) (UINT64_C(0x0101010101010101) * (unsigned char)(byte))

static inline uint64_t word_at(const char *text)
{
	uint64_t word;

	memcpy(&word, text, sizeof(word));
	return word;
}

/* Whether one of the bytes is below the limit, which is at most 0x80; one from 0x80 on may be taken for such. */
static inline bool word_has_below(uint64_t word, unsigned char limit)
{
	return ((word - WORD_OF(limit)) & ~word & WORD_OF(0x80)) != 0;
}

static inline bool word_has(uint64_t word, char byte)
{
	return word_has_below(word ^ WORD_OF(byte), 1);
}

#endif
