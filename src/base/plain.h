/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON objects of the plainest kind, as programs write them to small files: keys and strings without escapes, true,
 * false, null, whole numbers of at most nine digits, nothing nested. Strict: what is not just that is left to cJSON,
 * and what is taken means what cJSON would have made of it (tests/fuzz/fuzz_tree.c holds the two side by side).
 */
#ifndef BASE_PLAIN_H
#define BASE_PLAIN_H

#include <cjson/cJSON.h>

#include "base/base.h"

#define PLAIN_ITEMS 32

/* How many bytes from text on are the same in a JSON string: no control characters, quotes and backslashes. */
size_t plain_len(const char *text, size_t len);

/* A tree without memory of its own. */
struct plain {
	cJSON nodes[PLAIN_ITEMS + 1]; /* the object first */
};

/* Reads the object at text, which ends with a NUL at text[len] and is cut up: the tree points into it. NULL when it is not
 * plain; how text looks then is not told. */
const cJSON *plain_read(struct plain *plain, char *text, size_t len) MUST_CHECK;

#endif
