/* SPDX-License-Identifier: Apache-2.0 */
/* Takes secrets out of texts that are to be given to somebody else. */
#ifndef BASE_REDACT_H
#define BASE_REDACT_H

#include <cjson/cJSON.h>

#include "base/argv.h"
#include "base/base.h"

/* What is to be taken out. The zero value: nothing but the userinfo of URLs. */
struct redaction {
	struct argv values;
};
void redaction_release(struct redaction *redaction);

/* "NAME=value" of an environment: a secret if the name says so (PASSWORD, TOKEN, SECRET, KEY, CREDENTIAL, AUTH). */
bool redact_is_secret(const char *variable);
/* Takes the value out everywhere. Nothing for NULL, and for one of fewer than four characters. */
void redact_value(struct redaction *redaction, const char *value);
/* The same with a variable's value; a short one only where it stands behind its name. Nothing for a
 * variable that is no secret. */
void redact_variable(struct redaction *redaction, const char *variable);

/* The text with "***" in the place of each, and of what stands before the "@" in URLs. The caller frees. */
char *redact_text(const struct redaction *redaction, const char *text);
/* The same with each text in the tree. */
void redact_tree(const struct redaction *redaction, cJSON *tree);

#endif
