/* SPDX-License-Identifier: Apache-2.0 */
/*
 * openshell-sandbox: runs one command confined, as the init of a container or entering one.
 */
#include "command.h"
#include "confine.h"
#include "envfile.h"
#include "init.h"
#include "options.h"

#include <err.h>
#include <stdio.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "dev"
#endif

static const char HELP[] =
	"Usage: openshell-sandbox run [OPTIONS] -- COMMAND [ARGUMENT...]\n"
	"       openshell-sandbox enter [OPTIONS] -- COMMAND [ARGUMENT...]\n"
	"\n"
	"Runs COMMAND without capabilities, and without a way to gain new privileges.\n"
	"\n"
	"  run    be the first process of a container: pass signals on, reap, exit as COMMAND does\n"
	"  enter  become COMMAND, for later entries into the container\n"
	"\n"
	"Options of both:\n"
	"  --uid N          user to become\n"
	"  --gid N          group to become (the number of --uid when only that is given)\n"
	"  --workdir DIR    directory to start in\n"
	"  --env-file FILE  variables to add to the environment, lines KEY=VALUE\n"
	"\n"
	"  --help           show this\n"
	"  --version        show the version\n"
	"\n"
	"Exit status: that of COMMAND, 128 + n when signal n ended it, 127 COMMAND not found,\n"
	"126 not executable, 125 the confinement could not be made, 2 wrong usage.\n";

static int answer(const char *text)
{
	if (fputs(text, stdout) == EOF || fclose(stdout) != 0) {
		warn("cannot write");
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct options options;

	if (options_parse(&options, argc, argv) < 0)
		return STATUS_USAGE;
	if (options.mode == MODE_HELP)
		return answer(HELP);
	if (options.mode == MODE_VERSION)
		return answer("openshell-sandbox " PACKAGE_VERSION "\n");
	if (confine_descriptors() < 0)
		return STATUS_SETUP;
	if (options.env_file != NULL && envfile_load(options.env_file) < 0)
		return STATUS_SETUP;
	if (confine_process(&options) < 0)
		return STATUS_SETUP;
	if (options.mode == MODE_ENTER)
		return command_exec(options.command);
	return init_run(options.command);
}
