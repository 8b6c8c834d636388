/* SPDX-License-Identifier: Apache-2.0 */
/* For fuzz targets: a rule that does not hold ends the process, which libFuzzer reports with the input. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/base.h"
#include "base/log.h"

#define RULE(holds) \
	do { \
		if (!(holds)) { \
			fprintf(stderr, "%s:%d: broken rule: %s\n", __FILE__, __LINE__, #holds); \
			abort(); \
		} \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* It can be printed as it is: log_safe_text() finds nothing to escape, which fuzz_log checks by other means. */
static inline bool is_safe(const char *text)
{
	autofree char *safe = log_safe_text(text, strlen(text));

	return streq(safe, text);
}

/* Text of the input up to a NUL or its end, as the program meets arguments and environment variables. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	return xstrndup((const char *)data, size);
}

#endif
