/* SPDX-License-Identifier: Apache-2.0 */
/* From a command line to a site. */
#include "cli/reach.h"

#include <stdlib.h>

#include "cli/lookup.h"
#include "cli/parse.h"

static struct site_options given_options(const struct invocation *in)
{
	return (struct site_options){
		.destination = in_value(in, "remote"),
		.key = in_value(in, "ssh-key"),
		.ssh_options = in_list(in, "ssh-option"),
	};
}

int reach_find(const struct cli *cli, const struct invocation *in, const char *name, struct site *site,
	       struct error **err)
{
	const struct site_options given = given_options(in);

	return site_find(site, cli->env, name, &given, err);
}

int reach_open(const struct cli *cli, const struct invocation *in, const char *name, struct site *site,
	       struct error **err)
{
	return reach_find(cli, in, name, site, err) < 0 ? -1 : site_open(site, cli->may_ask, err);
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
	struct site_options given = { 0 };
	autofree char *options = NULL;

	if (err == NULL || in_index(in, "remote") < 0 || !in_has(in, "remote"))
		return;
	given = given_options(in);
	options = site_options_text(&given);
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
