/* SPDX-License-Identifier: Apache-2.0 */
#include "base/redact.h"

#include <stdlib.h>

#include "base/buf.h"

#define MASK "***"
/* What is shorter would be found in words that mean something else. */
#define VALUE_MIN 4

void redaction_release(struct redaction *redaction)
{
	argv_release(&redaction->values);
}

bool redact_is_secret(const char *variable)
{
	static const char *const words[] = { "PASSWORD", "TOKEN", "SECRET", "KEY", "CREDENTIAL", "AUTH" };
	size_t len = strspn(variable, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
	autofree char *name = xstrndup(variable, len);

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (variable[len] == '=' && variable[len + 1] != '\0' && strcasestr(name, words[i]) != NULL)
			return true;
	return false;
}

void redact_value(struct redaction *redaction, const char *value)
{
	if (value != NULL && strlen(value) >= VALUE_MIN && !argv_contains(&redaction->values, value))
		argv_add(&redaction->values, value);
}

void redact_variable(struct redaction *redaction, const char *variable)
{
	if (redact_is_secret(variable))
		redact_value(redaction, strchr(variable, '=') + 1);
}

/* The longest secret that the text begins with: one may begin another. */
static size_t secret_at(const struct redaction *redaction, const char *text)
{
	size_t longest = 0;

	for (size_t i = 0; i < redaction->values.n; i++)
		if (str_starts(text, redaction->values.v[i]) && strlen(redaction->values.v[i]) > longest)
			longest = strlen(redaction->values.v[i]);
	return longest;
}

/* "user:password" behind "://", when an "@" follows it before the host ends. */
static size_t userinfo_at(const char *text, size_t at)
{
	size_t len;

	if (at < 3 || strncmp(text + at - 3, "://", 3) != 0)
		return 0;
	len = strcspn(text + at, "@/?# \t\r\n\"'<>");
	return text[at + len] == '@' ? len : 0;
}

char *redact_text(const struct redaction *redaction, const char *text)
{
	AUTO(buf) out = BUF_INIT;

	for (size_t i = 0; text[i] != '\0';) {
		size_t userinfo = userinfo_at(text, i), len = userinfo > 0 ? userinfo : secret_at(redaction, text + i);

		buf_add(&out, len > 0 ? MASK : text + i, len > 0 ? strlen(MASK) : 1);
		i += len > 0 ? len : 1;
	}
	return buf_steal(&out);
}

/* A variable that is a secret, however short, is masked as a whole. */
static char *redact_one(const struct redaction *redaction, const char *text)
{
	if (redact_is_secret(text))
		return xasprintf("%.*s=" MASK, (int)strcspn(text, "="), text);
	return redact_text(redaction, text);
}

void redact_tree(const struct redaction *redaction, cJSON *tree)
{
	cJSON *item;

	if (cJSON_IsString(tree)) {
		autofree char *clean = redact_one(redaction, tree->valuestring);

		cJSON_SetValuestring(tree, clean);
	}
	cJSON_ArrayForEach(item, tree)
		redact_tree(redaction, item);
}
