/* SPDX-License-Identifier: Apache-2.0 */
/* Help texts, made from the command table. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "cli/lookup.h"

/* Help of the whole program, of a group, or of a command. */
void help_root(FILE *out);
void help_group(FILE *out, const struct group *group);
void help_command(FILE *out, const struct command *command);

/* The table, for the check of the manual pages, a line for each: "group gateway gw", "global help h ", "command gateway
 * start", "operands [NAME]" and "option pull - missing|always|never" (-: no letter) of the command before. */
void help_dump(FILE *out);

#endif
