/* SPDX-License-Identifier: Apache-2.0 */
/* Reads specifications of values. */
#include "cli/spec.h"

#include <ctype.h>

#include "base/argv.h"
#include "cli/near.h"

static bool is(const struct alternative *alternative, const char *text)
{
	return alternative->len == strlen(text) && strncmp(alternative->text, text, alternative->len) == 0;
}

static void set_kind(struct alternative *alternative)
{
	static const struct {
		const char *text;
		int kind;
	} kinds[] = {
		{ "NAME", VALUE_GATEWAY }, { "FILE", VALUE_FILE },	   { "DIR", VALUE_DIRECTORY },
		{ "COMMAND", VALUE_FILE }, { "ARGUMENT...", VALUE_FILE },
	};

	alternative->kind = islower((unsigned char)*alternative->text) ? VALUE_WORD : VALUE_OTHER;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (is(alternative, kinds[i].text))
			alternative->kind = kinds[i].kind;
}

bool spec_next(const char **spec, struct alternative *alternative)
{
	const char *at = *spec;

	at += strspn(at, "[|");
	if (*at == '\0')
		return false;
	/* of what is optional within ("ADDR[,ADDR...]") nothing is a word */
	alternative->text = at;
	alternative->len = strcspn(at, "[]|");
	set_kind(alternative);
	at += strcspn(at, "|");
	*spec = at;
	return true;
}

int spec_index(const char *spec, const char *word)
{
	struct alternative alternative;

	for (int i = 0; spec_next(&spec, &alternative); i++)
		if (alternative.kind == VALUE_WORD && is(&alternative, word))
			return i;
	return -1;
}

int spec_mismatch(const char *spec, const char *what, const char *value, struct error **err)
{
	AUTO(argv) words = ARGV_INIT;
	struct alternative alternative;
	struct near near = { .word = value };
	autofree char *list = NULL, *likely = NULL;

	while (spec_next(&spec, &alternative))
		if (alternative.kind == VALUE_WORD)
			argv_addf(&words, "%.*s", (int)alternative.len, alternative.text);
	for (size_t i = 0; i < words.n; i++)
		near_offer(&near, words.v[i], words.v[i]);
	list = argv_join(&words, ", ");
	likely = near_text(&near, "");
	return error_set(err, ERROR_USAGE, "%s: '%s' is none of %s%s", what, value, list, likely);
}
