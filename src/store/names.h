/* SPDX-License-Identifier: Apache-2.0 */
/* Names of gateways, for completion and for suggestions: what directories tell; no entry is read. */
#ifndef STORE_NAMES_H
#define STORE_NAMES_H

#include "base/argv.h"
#include "store/paths.h"

/* Adds the names that begin with prefix, of both trees, sorted, each once. What cannot be read has none; of a directory
 * with more than a hundred thousand entries some are left out. */
void registry_names(const struct paths *paths, const char *prefix, struct argv *names);

#endif
