/* SPDX-License-Identifier: Apache-2.0 */
/* Options of a command line, as the command table has them; the values are read by in_value() and its like (cli.h). */
#ifndef CLI_PARSE_H
#define CLI_PARSE_H

#include "cli/cli.h"

/* What the words before a command's own options asked for. */
struct globals {
	const char *gateway;
	int verbose;
	bool help, version;
};

/* Reads options up to the operands, of which getopt's optind is the first; argv may be reordered. in->values,
 * in->lists and *globals get what was given; in->command may be NULL (there is none yet), with global options only.
 * ERROR_USAGE tells the first option that is wrong; the rest is read all the same. */
int parse_options(struct invocation *in, int argc, char **argv, struct globals *globals, struct error **err) MUST_CHECK;

/* The option's place in the command's table; -1 when it has none of that name, or there is no command. */
int in_index(const struct invocation *in, const char *option);

#endif
