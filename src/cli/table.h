/* SPDX-License-Identifier: Apache-2.0 */
/* Looks things up in the command table: commands, groups, options, and what a value may be. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "cli/cli.h"

struct group {
	const char *name, *alias, *summary;
};

extern const struct group groups[];
extern const size_t group_count;

/* Options that are valid with every command. */
extern const struct opt global_options[];

/* By name or alias; NULL when there is none. */
const struct group *table_group(const char *word);

/* By its path; NULL when there is none. */
const struct command *table_command(const char *path);

/* The last word of the command's path when it is of the group, else NULL. */
const char *table_word_in(const struct command *command, const struct group *group);

/* How many of the words name a command; 0: none does. */
int table_resolve(int argc, char **argv, const struct command **command);

/* A part of a specification such as "table|json|yaml", "FILE|none" or "[N]" (see cli.h). */
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

/* The specification of an operand, by its number from 0; NULL: it may have none. The caller frees. */
char *table_operand(const struct command *command, int number);

#endif
