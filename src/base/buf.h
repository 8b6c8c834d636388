/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte buffer whose content is always a valid C string. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/base.h"

struct buf {
	char *data; /* NULL while nothing was added; use buf_str() to read */
	size_t len, cap;
};
#define BUF_INIT { NULL, 0, 0 }

/* Makes room for so many more bytes and the NUL. */
void buf_reserve(struct buf *buf, size_t more);

static inline void buf_add(struct buf *buf, const void *bytes, size_t len)
{
	if (buf->cap - buf->len <= len)
		buf_reserve(buf, len);
	if (len > 0)
		memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

static inline void buf_adds(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_addf(struct buf *buf, const char *fmt, ...) PRINTF(2, 3);

/* Never NULL, "" when empty; valid until the next change. */
const char *buf_str(const struct buf *buf);

/* Forgets the first count bytes. */
void buf_drop(struct buf *buf, size_t count);

/* Removes white space at the end. */
void buf_trim_end(struct buf *buf);

/* The caller frees the result; buf is empty again. */
char *buf_steal(struct buf *buf);

void buf_release(struct buf *buf);

#endif
