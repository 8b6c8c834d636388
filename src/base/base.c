/* SPDX-License-Identifier: Apache-2.0 */
/* Allocation that cannot fail and the functions behind the cleanup macros. */
#include "base/base.h"

#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

bool str_ends(const char *text, const char *suffix)
{
	size_t len = strlen(text), tail = strlen(suffix);

	return len >= tail && streq(text + len - tail, suffix);
}

bool str_blank(const char *text)
{
	if (text == NULL)
		return true;
	while (isspace((unsigned char)*text))
		text++;
	return *text == '\0';
}

bool str_has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if (iscntrl((unsigned char)*text))
			return true;
	return false;
}

void free_pointer(void *pointer_to_pointer)
{
	free(*(void **)pointer_to_pointer);
}

void close_descriptor(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static void *checked(void *memory)
{
	if (memory == NULL)
		errx(1, "out of memory");
	return memory;
}

void *xcalloc(size_t count, size_t size)
{
	return checked(calloc(count ? count : 1, size ? size : 1));
}

void *xreallocarray(void *old, size_t count, size_t size)
{
	return checked(reallocarray(old, count, size));
}

void *xgrow(void *array, size_t n, size_t size)
{
	return (n & (n - 1)) == 0 ? xreallocarray(array, n ? n * 2 : 1, size) : array;
}

char *xstrdup(const char *text)
{
	return checked(strdup(text));
}

char *xstrndup(const char *text, size_t len)
{
	return checked(strndup(text, len));
}

char *xvasprintf(const char *fmt, va_list ap)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	return checked(text);
}

char *xasprintf(const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	return text;
}
