/* SPDX-License-Identifier: Apache-2.0 */
/* From a command line to a site. */
#include "cli/reach.h"

#include <stdlib.h>

#include "cli/lookup.h"
#include "cli/parse.h"

int reach_find(const struct cli *cli, const struct invocation *in, const char *name, struct site *site,
	       struct error **err)
{
	const struct site_options given = {
		.destination = in_value(in, "remote"),
		.key = in_value(in, "ssh-key"),
		.ssh_options = in_list(in, "ssh-option"),
	};

	return site_find(site, cli->env, name, &given, err);
}

int reach_open(const struct cli *cli, const struct invocation *in, const char *name, struct site *site,
	       struct error **err)
{
	return reach_find(cli, in, name, site, err) < 0 ? -1 : site_open(site, cli->may_ask, err);
}

/* The caller frees. */
static char *options_text(const struct invocation *in)
{
	AUTO(argv) args = ARGV_INIT;

	argv_addl(&args, "--remote", in_value(in, "remote"), NULL);
	if (in_has(in, "ssh-key"))
		argv_addl(&args, "--ssh-key", in_value(in, "ssh-key"), NULL);
	for (size_t i = 0; i < in_list(in, "ssh-option")->n; i++)
		argv_addl(&args, "--ssh-option", in_list(in, "ssh-option")->v[i], NULL);
	return argv_quote(&args);
}

/* Of a step, whose words have no quotes before its options. */
static bool takes_destination(const char *step)
{
	AUTO(argv) words = ARGV_INIT;
	struct invocation in = { 0 };
	autofree char *copy = xstrdup(step);
	char *rest = copy, *word;

	while ((word = strsep(&rest, " ")) != NULL)
		argv_add(&words, word);
	return streq(words.v[0], "openshell") && lookup_words((int)words.n - 1, words.v + 1, &in.command) > 0 &&
	       in_index(&in, "remote") >= 0;
}

void reach_advise(const struct invocation *in, struct error *err)
{
	autofree char *options = NULL;

	if (err == NULL || in_index(in, "remote") < 0 || !in_has(in, "remote"))
		return;
	options = options_text(in);
	for (size_t i = 0; i < err->hint_count; i++) {
		char *step = err->hints[i].command;
		const char *operands = step != NULL ? strstr(step, " -- ") : NULL;

		if (step == NULL || !takes_destination(step))
			continue;
		operands = operands != NULL ? operands : step + strlen(step);
		err->hints[i].command = xasprintf("%.*s %s%s", (int)(operands - step), step, options, operands);
		free(step);
	}
}
