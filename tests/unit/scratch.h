/* SPDX-License-Identifier: Apache-2.0 */
/* A private directory for each test, files in it, and recorded data. Functions fail the test when they cannot. */
#ifndef UNIT_SCRATCH_H
#define UNIT_SCRATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

#include "base/base.h"
#include "base/buf.h"
#include "store/paths.h"

/* Set-up and tear-down of a test; the directory is removed with all that is in it. */
int scratch_setup(void **state);
int scratch_teardown(void **state);

/* "DIRECTORY/" and the text; lives until the test ends. */
const char *scratch(const char *fmt, ...) PRINTF(1, 2);

/* The user's tree and the system's in it, "user" and "system". */
struct paths scratch_trees(void);

/* Writes a file with mode 0600 and makes the directories above it. */
void scratch_put(const char *path, const char *text);
void scratch_put_bytes(const char *path, const void *bytes, size_t len);

/* The file's content is this text. */
void assert_holds(const char *path, const char *text);
/* There is nothing of that name. */
void assert_gone(const char *path);
void assert_mode(const char *path, mode_t mode);
/* The directory has so many entries. */
void assert_entries(const char *path, size_t count);

/* tests/data/NAME, found by $srcdir; added to text. */
void data_read(const char *name, struct buf *text);

/* Runs the function as a user who is not root, for tests of permissions; the directory is made passable. */
void as_nobody(void (*function)(void *arg), void *arg);

#endif
