/* SPDX-License-Identifier: Apache-2.0 */
/* Values of options that are more than a word. */
#ifndef CLI_VALUES_H
#define CLI_VALUES_H

#include "base/base.h"
#include "base/error.h"
#include "cli/cli.h"

/* A whole number, and k, m, g or t for the powers of 1024: bytes. */
bool value_bytes(const char *text, int64_t *bytes) MUST_CHECK;

/* A decimal number with at most nine digits after the point: billionths. */
bool value_nano(const char *text, int64_t *nano) MUST_CHECK;

/* A secret from an option, which is wiped from our arguments at once, or from the file that another names ("-":
 * stdin), without the line end; both are a usage error. NULL when neither was given. The caller frees. */
int value_secret(const struct invocation *in, const char *option, const char *file_option, char **secret,
		 struct error **err) MUST_CHECK;

#endif
