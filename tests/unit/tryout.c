/* SPDX-License-Identifier: Apache-2.0 */
#include "tryout.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "script.h"

/* With --help the options are parsed and nothing is done. */
static int parse_only(char **argv, int argc)
{
	struct script nothing;
	struct app app = { .clock = &nothing.clock, .runner = &nothing.runner };
	autoclose int null = open("/dev/null", O_WRONLY);
	autoclose int saved = dup(STDOUT_FILENO);
	int status;

	script_init(&nothing, NULL, 0);
	fflush(stdout);
	dup2(null, STDOUT_FILENO);
	status = cli_main(&app, argc, argv);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	script_end(&nothing);
	return status;
}

int try_command(const char *command)
{
	AUTO(argv) args = ARGV_INIT;
	autofree char *copy = xstrdup(command);
	char *rest = copy, *word;
	bool helped = false;

	while ((word = strsep(&rest, " ")) != NULL) {
		if (*word == '\0')
			continue;
		if (streq(word, "--")) {
			argv_add(&args, "--help");
			helped = true;
		}
		argv_add(&args, streq(word, "%N") || streq(word, "%s") ? "x" : streq(word, "%d") ? "1" : word);
	}
	if (!helped)
		argv_add(&args, "--help");
	return parse_only(args.v, (int)args.n);
}
