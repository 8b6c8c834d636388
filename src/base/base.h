/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attributes, cleanup macros and allocation that cannot fail.
 * Everything else may include this; it knows nothing of the program.
 */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PRINTF(f, a) __attribute__((format(printf, f, a)))
#define SENTINEL __attribute__((sentinel))
#define MUST_CHECK __attribute__((warn_unused_result))
#define NORETURN __attribute__((noreturn))

/* AUTO(buf) text = BUF_INIT; releases text by buf_release() when its scope ends. */
#define AUTO(type) __attribute__((cleanup(type##_release))) struct type
/* autofree char *path = ...; frees path when its scope ends. */
#define autofree __attribute__((cleanup(free_pointer)))
/* autoclose int fd = -1; closes fd when its scope ends; a negative one means none. */
#define autoclose __attribute__((cleanup(close_descriptor)))

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

/* Gives ownership of a pointer away: the value, and the variable is NULL afterwards. */
#define STEAL(pointer) \
	__extension__({ \
		__typeof__(pointer) stolen_ = (pointer); \
		(pointer) = NULL; \
		stolen_; \
	})

static inline bool streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static inline bool str_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *text, const char *suffix);

/* NULL, empty, or white space only: what counts as "not set" in the environment. */
bool str_blank(const char *text);

/* A line end, a tab, an escape: nothing that a name or a password is made of. */
bool str_has_control(const char *text);

void free_pointer(void *pointer_to_pointer);
void close_descriptor(const int *fd);

/* These never return NULL: out of memory ends the process with one line and exit status 1. */
void *xcalloc(size_t count, size_t size);
/* The array with room for one more than n elements; its size is the next power of two, and needs no variable. */
void *xgrow(void *array, size_t n, size_t size) MUST_CHECK;
void *xreallocarray(void *old, size_t count, size_t size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t len);
char *xasprintf(const char *fmt, ...) PRINTF(1, 2);
char *xvasprintf(const char *fmt, va_list ap) PRINTF(1, 0);

#endif
