/* SPDX-License-Identifier: Apache-2.0 */
/* Printing a dry run. */
#include "cli/dry.h"

#include <stdio.h>

static void print_command(void *arg, const char *text)
{
	struct dry *dry = arg;

	dry->told = true;
	puts(text);
}

static void print_step(void *arg, const char *doing)
{
	(void)arg;
	printf("# %s\n", doing);
}

static void ignore(void *arg)
{
	(void)arg;
}

static void ignore_failed(void *arg, bool fatal)
{
	(void)arg;
	(void)fatal;
}

void dry_open(struct dry *dry, const struct site *site)
{
	const struct gateway_env *env = site->env;

	*dry = (struct dry){ .env = *env, .docker = *env->docker, .progress = *env->progress };
	dryrun_init(&dry->run, dry->docker.runner, print_command, dry);
	dry->run.docker_host = env->settings->docker_host;
	dry->docker.runner = &dry->run.runner;
	dry->progress.step = print_step;
	dry->progress.done = ignore;
	dry->progress.failed = ignore_failed;
	dry->progress.lend = NULL;
	dry->env.docker = &dry->docker;
	dry->env.progress = &dry->progress;
	dry->env.dryrun = &dry->run;
	puts("set -eu\numask 077");
	if (site_is_remote(site)) {
		autofree char *text = remote_script(&site->remote);

		puts(text);
	}
}

void dry_close(const struct dry *dry)
{
	if (!dry->told)
		puts("# nothing to do");
}
