/* SPDX-License-Identifier: Apache-2.0 */
/* Look-ups in the command table; the table itself is in cli.c. */
#include "cli/lookup.h"

const struct group cli_groups[] = {
	{ "gateway", "gw", "make, look at and remove gateways" },
	{ "doctor", "dr", "look into a gateway and at its host" },
};
const size_t cli_group_count = ARRAY_LEN(cli_groups);

const struct opt global_options[] = {
	{ "gateway", 'g', "NAME", "the gateway to use" },
	{ "verbose", 'v', NULL, "show every command that is run and every change of state" },
	{ "help", 'h', NULL, "show help" },
	{ "version", 'V', NULL, "show the version" },
	OPT_END,
};

const struct group *lookup_group(const char *word)
{
	for (size_t i = 0; i < cli_group_count; i++)
		if (streq(word, cli_groups[i].name) || streq(word, cli_groups[i].alias))
			return &cli_groups[i];
	return NULL;
}

const struct command *lookup_command(const char *path)
{
	for (size_t i = 0; i < cli_command_count; i++)
		if (streq(cli_commands[i]->path, path))
			return cli_commands[i];
	return NULL;
}

const char *lookup_word_in(const struct command *command, const struct group *group)
{
	size_t len = strlen(group->name);

	if (strncmp(command->path, group->name, len) != 0 || command->path[len] != ' ')
		return NULL;
	return command->path + len + 1;
}

int lookup_words(int argc, char **argv, const struct command **command)
{
	const struct group *group = argc > 1 ? lookup_group(argv[0]) : NULL;
	autofree char *two = group ? xasprintf("%s %s", group->name, argv[1]) : NULL;

	*command = argc > 0 ? lookup_command(argv[0]) : NULL;
	if (*command != NULL)
		return 1;
	*command = two ? lookup_command(two) : NULL;
	return *command != NULL ? 2 : 0;
}

char *lookup_operand(const struct command *command, int number)
{
	const char *at = command->operands;

	if (at == NULL || (command->max_operands >= 0 && number >= command->max_operands))
		return NULL;
	at += str_starts(at, "-- ") ? 3 : 0;
	for (const char *next; number > 0 && (next = strchr(at, ' ')) != NULL; number--)
		at = next + 1;
	return xstrndup(at, strcspn(at, " "));
}
