/* SPDX-License-Identifier: Apache-2.0 */
/* Argument vectors and their shell-quoted rendering. */
#include "base/argv.h"

#include <stdlib.h>

#include "base/buf.h"

#define PLAIN_BYTES \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./-_"

static void add_owned(struct argv *args, char *text)
{
	if (args->n + 2 > args->cap) {
		args->cap = args->cap ? args->cap * 2 : 16;
		args->v = xreallocarray(args->v, args->cap, sizeof(*args->v));
	}
	args->v[args->n++] = text;
	args->v[args->n] = NULL;
}

void argv_add(struct argv *args, const char *text)
{
	add_owned(args, xstrdup(text));
}

void argv_addf(struct argv *args, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_owned(args, xvasprintf(fmt, ap));
	va_end(ap);
}

void argv_addl(struct argv *args, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, args);
	while ((text = va_arg(ap, const char *)) != NULL)
		argv_add(args, text);
	va_end(ap);
}

void argv_addv(struct argv *args, const char *const *texts)
{
	while (texts != NULL && *texts != NULL)
		argv_add(args, *texts++);
}

bool argv_contains(const struct argv *args, const char *text)
{
	for (size_t i = 0; i < args->n; i++)
		if (streq(args->v[i], text))
			return true;
	return false;
}

char *argv_join(const struct argv *args, const char *separator)
{
	AUTO(buf) line = BUF_INIT;

	for (size_t i = 0; i < args->n; i++) {
		if (i > 0)
			buf_adds(&line, separator);
		buf_adds(&line, args->v[i]);
	}
	return buf_steal(&line);
}

static void add_quoted(struct buf *line, const char *text)
{
	if (*text != '\0' && text[strspn(text, PLAIN_BYTES)] == '\0') {
		buf_adds(line, text);
		return;
	}
	buf_adds(line, "'");
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			buf_adds(line, "'\\''");
		else
			buf_add(line, text, 1);
	}
	buf_adds(line, "'");
}

char *argv_quote(const struct argv *args)
{
	AUTO(buf) line = BUF_INIT;

	for (size_t i = 0; i < args->n; i++) {
		if (i > 0)
			buf_adds(&line, " ");
		add_quoted(&line, args->v[i]);
	}
	return buf_steal(&line);
}

void argv_release(struct argv *args)
{
	for (size_t i = 0; i < args->n; i++)
		free(args->v[i]);
	free(args->v);
	*args = (struct argv)ARGV_INIT;
}
