/* SPDX-License-Identifier: Apache-2.0 */
/* Help texts, made from the command table. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "cli/table.h"

/* Help of the whole program, of a group, or of a command. */
void help_root(FILE *out);
void help_group(FILE *out, const struct group *group);
void help_command(FILE *out, const struct command *command);

/* One line for each command, option and word: "gateway start --pull missing|always|never". For the check of the
 * manual pages. */
void help_dump(FILE *out);

#endif
