/* SPDX-License-Identifier: Apache-2.0 */
/* Help texts, made from the command table. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "cli/cli.h"

/* Options that are valid with every command. */
extern const struct opt global_options[];

/* Help of the whole program, of a group ("gateway"), or of a command. */
void help_root(FILE *out, const struct command *const *commands, size_t count);
void help_group(FILE *out, const struct command *const *commands, size_t count, const char *group);
void help_command(FILE *out, const struct command *command);

/* One line for each command and option, "gateway start --port": for the man page check. */
void help_dump(FILE *out, const struct command *const *commands, size_t count);

#endif
