/* SPDX-License-Identifier: Apache-2.0 */
/* Printing a dry run. */
#include "cli/dry.h"

#include <stdio.h>

static void add_command(void *arg, const char *text)
{
	struct dry *dry = arg;

	dry->told = true;
	buf_addf(&dry->text, "%s\n", text);
}

static void add_step(void *arg, const char *doing)
{
	struct dry *dry = arg;

	buf_addf(&dry->text, "# %s\n", doing);
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

static void pass_note(void *arg, const char *text)
{
	const struct dry *dry = arg;

	dry->shown->note(dry->shown->arg, text);
}

static void pass_warning(void *arg, const char *text)
{
	const struct dry *dry = arg;

	dry->shown->warn(dry->shown->arg, text);
}

void dry_open(struct dry *dry, const struct site *site)
{
	const struct gateway_env *env = site->env;

	*dry = (struct dry){
		.env = *env,
		.docker = *env->docker,
		.shown = env->progress,
		.progress = { .step = add_step, .done = ignore, .failed = ignore_failed, .note = pass_note,
			      .warn = pass_warning, .arg = dry },
	};
	dryrun_init(&dry->run, dry->docker.runner, add_command, dry);
	dry->run.docker_host = env->settings->docker_host;
	dry->docker.runner = &dry->run.runner;
	dry->env.docker = &dry->docker;
	dry->env.progress = &dry->progress;
	dry->env.dryrun = &dry->run;
	buf_adds(&dry->text, "set -eu\numask 077\n");
	if (site_is_remote(site)) {
		autofree char *text = remote_script(&site->remote);

		buf_addf(&dry->text, "%s\n", text);
	}
}

void dry_print(const struct dry *dry)
{
	fputs(buf_str(&dry->text), stdout);
	if (!dry->told)
		puts("# nothing to do");
}

void dry_release(struct dry *dry)
{
	buf_release(&dry->text);
}
