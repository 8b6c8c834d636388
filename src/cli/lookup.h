/* SPDX-License-Identifier: Apache-2.0 */
/* Looks things up in the command table. */
#ifndef CLI_LOOKUP_H
#define CLI_LOOKUP_H

#include "cli/cli.h"

struct group {
	const char *name, *alias, *summary;
};

extern const struct group cli_groups[];
extern const size_t cli_group_count;

/* Options that are valid with every command. */
extern const struct opt global_options[];

/* By name or alias; NULL when there is none. */
const struct group *lookup_group(const char *word);

/* By its path; NULL when there is none. */
const struct command *lookup_command(const char *path);

/* The last word of the command's path when it is of the group, else NULL. */
const char *lookup_word_in(const struct command *command, const struct group *group);

/* How many of the words name a command; 0: none does. */
int lookup_words(int argc, char **argv, const struct command **command);

/* The specification of an operand, by its number from 0; NULL: it may have none. The caller frees. */
char *lookup_operand(const struct command *command, int number);

#endif
