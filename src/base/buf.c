/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte buffer. */
#include "base/buf.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_reserve(struct buf *buf, size_t more)
{
	size_t cap = buf->cap ? buf->cap : 64;

	if (buf->len + more + 1 <= buf->cap)
		return;
	while (cap < buf->len + more + 1)
		cap *= 2;
	buf->data = xreallocarray(buf->data, cap, 1);
	buf->cap = cap;
}

void buf_addf(struct buf *buf, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		return;
	buf_reserve(buf, (size_t)len);
	va_start(ap, fmt);
	vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, ap);
	va_end(ap);
	buf->len += (size_t)len;
}

const char *buf_str(const struct buf *buf)
{
	return buf->data ? buf->data : "";
}

void buf_drop(struct buf *buf, size_t count)
{
	if (count == 0)
		return;
	memmove(buf->data, buf->data + count, buf->len - count + 1);
	buf->len -= count;
}

void buf_trim_end(struct buf *buf)
{
	while (buf->len > 0 && isspace((unsigned char)buf->data[buf->len - 1]))
		buf->data[--buf->len] = '\0';
}

char *buf_steal(struct buf *buf)
{
	char *text = buf->data ? buf->data : xstrdup("");

	*buf = (struct buf)BUF_INIT;
	return text;
}

void buf_release(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf)BUF_INIT;
}
