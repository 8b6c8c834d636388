/* SPDX-License-Identifier: Apache-2.0 */
/* k3s' registries.yaml: where images are really fetched from, and as whom. Pure. */
#ifndef STORE_MIRRORS_H
#define STORE_MIRRORS_H

#include "base/base.h"
#include "base/error.h"

/* One YAML document with `mirrors` and `configs` and, under them, only what k3s knows, in the types that it reads.
 * Stricter than k3s, which passes over what it does not know: such a key is a slip of the pen. No anchors, aliases,
 * tags or merges. ERROR_USAGE names the line; values, which may be secrets, are never shown. */
int mirrors_check(const char *text, size_t len, const char *origin, struct error **err) MUST_CHECK;

#endif
