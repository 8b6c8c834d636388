/* SPDX-License-Identifier: Apache-2.0 */
/* What a value may be, as the command table has it: "table|json|yaml", "FILE|none", "[N]" (see cli.h). */
#ifndef CLI_SPEC_H
#define CLI_SPEC_H

#include "base/base.h"
#include "base/error.h"

struct alternative {
	enum { VALUE_WORD, VALUE_GATEWAY, VALUE_FILE, VALUE_DIRECTORY, VALUE_OTHER } kind;
	const char *text;
	size_t len;
};

/* The next one, beginning with *spec, which is moved on; false at the end. */
bool spec_next(const char **spec, struct alternative *alternative);

/* The place of the word in the specification, or -1. */
int spec_index(const char *spec, const char *word);

/* ERROR_USAGE: the value, of what is named so ("--pull"), is none of the specification's words. */
int spec_mismatch(const char *spec, const char *what, const char *value, struct error **err);

#endif
