/* SPDX-License-Identifier: Apache-2.0 */
/* Look-ups in the command table; the table itself is in cli.c. */
#include "cli/table.h"

#include <ctype.h>

#include "base/buf.h"
#include "cli/near.h"

const struct group groups[] = {
	{ "gateway", "gw", "make, look at and remove gateways" },
	{ "doctor", "dr", "look into a gateway and at its host" },
};
const size_t group_count = ARRAY_LEN(groups);

const struct opt global_options[] = {
	{ "gateway", 'g', "NAME", "the gateway to use" },
	{ "verbose", 'v', NULL, "show every command that is run and every change of state" },
	{ "help", 'h', NULL, "show help" },
	{ "version", 'V', NULL, "show the version" },
	OPT_END,
};

/* ------------------------------------------------------------------ commands */

const struct group *table_group(const char *word)
{
	for (size_t i = 0; i < group_count; i++)
		if (streq(word, groups[i].name) || streq(word, groups[i].alias))
			return &groups[i];
	return NULL;
}

const struct command *table_command(const char *path)
{
	for (size_t i = 0; i < cli_command_count; i++)
		if (streq(cli_commands[i]->path, path))
			return cli_commands[i];
	return NULL;
}

const char *table_word_in(const struct command *command, const struct group *group)
{
	size_t len = strlen(group->name);

	if (strncmp(command->path, group->name, len) != 0 || command->path[len] != ' ')
		return NULL;
	return command->path + len + 1;
}

int table_resolve(int argc, char **argv, const struct command **command)
{
	const struct group *group = argc > 1 ? table_group(argv[0]) : NULL;
	autofree char *two = group ? xasprintf("%s %s", group->name, argv[1]) : NULL;

	*command = argc > 0 ? table_command(argv[0]) : NULL;
	if (*command != NULL)
		return 1;
	*command = two ? table_command(two) : NULL;
	return *command != NULL ? 2 : 0;
}

/* ------------------------------------------------------------------ values */

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

char *table_operand(const struct command *command, int number)
{
	const char *at = command->operands;

	if (at == NULL || (command->max_operands >= 0 && number >= command->max_operands))
		return NULL;
	at += str_starts(at, "-- ") ? 3 : 0;
	for (const char *next; number > 0 && (next = strchr(at, ' ')) != NULL; number--)
		at = next + 1;
	return xstrndup(at, strcspn(at, " "));
}
