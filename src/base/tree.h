/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON text as a cJSON tree, and typed getters. A path such as "State/Health/Status" names nested
 * keys; "~1" is a slash within a key, a number is an index of an array.
 */
#ifndef BASE_TREE_H
#define BASE_TREE_H

#include <cjson/cJSON.h>

#include "base/base.h"
#include "base/buf.h"
#include "base/error.h"

/* For AUTO-like use: autotree cJSON *root = ...; */
#define autotree __attribute__((cleanup(tree_free)))
void tree_free(cJSON **root);

/* One JSON value, nothing after it. origin names the file or command for the error. */
cJSON *tree_json(const char *text, size_t len, const char *origin, struct error **err) MUST_CHECK;

/* The same, of a tree that is read at once and not changed: it lives until the next call of this, and nobody frees it.
 * For thousands of small texts. */
const cJSON *tree_json_once(const char *text, size_t len, const char *origin, struct error **err) MUST_CHECK;

/* NULL when there is nothing. */
const cJSON *tree_at(const cJSON *root, const char *path);

/* NULL when missing or not a string. Borrowed from the tree. */
const char *tree_str(const cJSON *root, const char *path);

bool tree_bool(const cJSON *root, const char *path, bool fallback);

/* The fallback when missing, not a number, or not a whole number of 53 bits. */
int64_t tree_int(const cJSON *root, const char *path, int64_t fallback);

/* The items of an object that have these keys, each the first of its key, else NULL: one way through it for all. Returns
 * one whose key was there before, or NULL. */
const cJSON *tree_pick(const cJSON *object, const char *const *keys, size_t count, const cJSON **items);

/* JSON of the tree with two spaces per level and a newline at the end; the caller frees. */
char *tree_print(const cJSON *root);

/* YAML of the tree; the caller frees. */
char *tree_print_yaml(const cJSON *root);

/* Adds a string, or null when text is NULL. */
void tree_add_str(cJSON *object, const char *key, const char *text);

/* An object of nothing but texts, truth values and numbers. */
struct tree_field {
	const char *key;
	enum { FIELD_TEXT, FIELD_FLAG, FIELD_NUMBER } kind;
	const char *text; /* borrowed; NULL: null */
	int number;       /* or flag */
};
void tree_add_fields(cJSON *object, const struct tree_field *fields, size_t count);
/* Adds the same as JSON, as tree_print_at() would, for thousands of them. */
void tree_print_fields_at(struct buf *out, const struct tree_field *fields, size_t count, int depth);

#endif
