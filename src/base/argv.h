/* SPDX-License-Identifier: Apache-2.0 */
/* A growing argument vector; v ends with NULL, also when empty. Texts are copied. */
#ifndef BASE_ARGV_H
#define BASE_ARGV_H

#include "base/base.h"

struct argv {
	char **v;
	size_t n, cap;
};
#define ARGV_INIT { NULL, 0, 0 }

void argv_add(struct argv *args, const char *text);
void argv_addf(struct argv *args, const char *fmt, ...) PRINTF(2, 3);
void argv_addl(struct argv *args, ...) SENTINEL;
/* texts ends with NULL, or is NULL, as the v of an empty vector is. */
void argv_addv(struct argv *args, const char *const *texts);

bool argv_contains(const struct argv *args, const char *text);

/* Joins with a separator; the caller frees. */
char *argv_join(const struct argv *args, const char *separator);

/* One line that a POSIX shell splits into the same vector; the caller frees. */
char *argv_quote(const struct argv *args);

void argv_release(struct argv *args);

#endif
