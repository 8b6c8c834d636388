/* SPDX-License-Identifier: Apache-2.0 */
/* Error objects: kinds, cause chain, exit codes. Knows nothing of who prints them. */
#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"

static const struct {
	const char *name;
	int exit_code;
} kinds[] = {
	[ERROR_SYSTEM] = { "failed", 1 },
	[ERROR_USAGE] = { "usage", 2 },
	[ERROR_ABSENT] = { "absent", 3 },
	[ERROR_CONFLICT] = { "conflict", 4 },
	[ERROR_UNREACHABLE] = { "unreachable", 5 },
	[ERROR_REFUSED] = { "refused", 6 },
	[ERROR_TIMEOUT] = { "timeout", 7 },
	[ERROR_UNHEALTHY] = { "unhealthy", 8 },
	[ERROR_CANCELLED] = { "cancelled", 130 },
};
static_assert(ARRAY_LEN(kinds) == ERROR_KINDS, "one row per kind");

static struct error *new_error(enum error_kind kind, char *text)
{
	struct error *e = xcalloc(1, sizeof(*e));

	e->kind = kind;
	e->text = text;
	e->retriable = kind == ERROR_TIMEOUT;
	return e;
}

int error_set(struct error **err, enum error_kind kind, const char *fmt, ...)
{
	va_list ap;

	assert(*err == NULL);
	va_start(ap, fmt);
	*err = new_error(kind, xvasprintf(fmt, ap));
	va_end(ap);
	return -1;
}

static enum error_kind kind_of_errno(int errnum)
{
	switch (errnum) {
	case ENOENT:
		return ERROR_ABSENT;
	case EACCES:
	case EPERM:
	case EROFS:
		return ERROR_REFUSED;
	default:
		return ERROR_SYSTEM;
	}
}

int error_errno(struct error **err, const char *fmt, ...)
{
	int errnum = errno;
	autofree char *what = NULL;
	va_list ap;

	assert(*err == NULL);
	va_start(ap, fmt);
	what = xvasprintf(fmt, ap);
	va_end(ap);
	*err = new_error(kind_of_errno(errnum), xasprintf("%s: %s", what, strerror(errnum)));
	return -1;
}

int error_wrap(struct error **err, const char *fmt, ...)
{
	struct error *outer;
	va_list ap;

	assert(*err != NULL);
	va_start(ap, fmt);
	outer = new_error((*err)->kind, xvasprintf(fmt, ap));
	va_end(ap);
	outer->retriable = (*err)->retriable;
	outer->exit_code = (*err)->exit_code;
	outer->code = (*err)->code;
	outer->meaning = STEAL((*err)->meaning);
	outer->detail = STEAL((*err)->detail);
	memcpy(outer->hints, (*err)->hints, sizeof(outer->hints));
	outer->hint_count = (*err)->hint_count;
	outer->is_advised = outer->hint_count > 0;
	(*err)->hint_count = 0;
	outer->cause = *err;
	*err = outer;
	return -1;
}

void error_append(struct error *err, const char *text)
{
	autofree char *before = NULL;

	while (err->cause != NULL)
		err = err->cause;
	before = err->text;
	err->text = xasprintf("%s%s", before, text);
}

/* Takes both texts over. */
static int add_hint(struct error *err, char *text, char *command)
{
	if (err->is_advised) {
		free(text);
		free(command);
		return -1;
	}
	assert(err->hint_count < ERROR_HINTS);
	err->hints[err->hint_count++] = (struct hint){ text, command };
	return -1;
}

int error_hint(struct error **err, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	return add_hint(*err, text, NULL);
}

int error_hint_command(struct error **err, const char *text, const char *fmt, ...)
{
	char *command;
	va_list ap;

	va_start(ap, fmt);
	command = xvasprintf(fmt, ap);
	va_end(ap);
	return add_hint(*err, xstrdup(text), command);
}

int error_code(struct error **err, const char *code)
{
	if ((*err)->code == NULL)
		(*err)->code = code;
	return -1;
}

int error_meaning(struct error **err, const char *text)
{
	if ((*err)->meaning == NULL)
		(*err)->meaning = xstrdup(text);
	return -1;
}

int error_detail(struct error **err, const char *text)
{
	if ((*err)->detail == NULL && !str_blank(text))
		(*err)->detail = xstrdup(text);
	return -1;
}

bool error_is(const struct error *err, enum error_kind kind)
{
	return err != NULL && err->kind == kind;
}

char *error_text(const struct error *err)
{
	AUTO(buf) text = BUF_INIT;

	for (; err != NULL; err = err->cause)
		buf_addf(&text, "%s%s", text.len ? ": " : "", err->text);
	return buf_steal(&text);
}

int error_exit_code(const struct error *err)
{
	return err->exit_code ? err->exit_code : kinds[err->kind].exit_code;
}

const char *error_kind_name(enum error_kind kind)
{
	return kinds[kind].name;
}

const char *error_code_name(const struct error *err)
{
	return err->code ? err->code : kinds[err->kind].name;
}

void error_free(struct error **err)
{
	while (*err != NULL) {
		struct error *cause = (*err)->cause;

		free((*err)->text);
		free((*err)->meaning);
		for (size_t i = 0; i < (*err)->hint_count; i++) {
			free((*err)->hints[i].text);
			free((*err)->hints[i].command);
		}
		free((*err)->detail);
		free(*err);
		*err = cause;
	}
}
