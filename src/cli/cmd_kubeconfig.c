/* SPDX-License-Identifier: Apache-2.0 */
/* gateway kubeconfig */
#include <stdio.h>
#include <stdlib.h>

#include "base/cancel.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/show.h"
#include "gateway/context.h"

static const struct opt options[] = {
	OPT_NAME,
	{ "merge", 0, NULL, "put it into kubectl's own file instead of printing it" },
	{ "file", 0, "FILE", "put it into FILE" },
	{ "keep-context", 0, NULL, "leave the current context as it is" },
	OPT_PROGRESS, OPT_QUIET, OPT_END,
};

static int merge(const struct cli *cli, const struct invocation *in, const struct record *record,
		 struct error **err)
{
	const char *given = in_value(in, "file");
	autofree char *file = given ? xstrdup(given) : context_file(cli->settings);
	autofree char *name = context_name(record->name);
	bool select = !in_has(in, "keep-context");

	if (file == NULL || *file == '\0')
		return error_set(err, ERROR_USAGE, "there is no file to put it into: no --file, KUBECONFIG or HOME");
	cancel_catch();
	if (context_merge(cli->env, record, file, select, err) < 0)
		return error_wrap(err, "cannot put gateway '%s' into %s", record->name, file);
	progress_success("The context %s is in %s%s.", name, file, select ? ", and is the current one" : "");
	return 0;
}

static int print(const struct cli *cli, const struct record *record, struct error **err)
{
	autofree char *text = context_text(cli->env, record, err);

	if (text == NULL)
		return -1;
	fputs(text, stdout);
	return 0;
}

static int run(const struct cli *cli, const struct invocation *in, int *status, struct error **err)
{
	bool merges = in_has(in, "merge") || in_has(in, "file"), chosen;
	autofree char *name = NULL;
	AUTO(record) record = { 0 };

	(void)status;
	if (!merges && in_has(in, "keep-context"))
		return error_set(err, ERROR_USAGE, "--keep-context goes with --merge or --file");
	if (cli_gateway_name(cli, in, NAME_READ, &name, &chosen, err) < 0 ||
	    registry_load(cli->paths, name, &record, err) < 0)
		return -1;
	show_warn_expiry(cli, &record);
	return merges ? merge(cli, in, &record, err) : print(cli, &record, err);
}

const struct command cmd_gateway_kubeconfig = {
	.path = "gateway kubeconfig",
	.summary = "print a configuration for kubectl, or merge it into kubectl's own",
	.details = "What is printed holds the client's private key. The context is called openshell-NAME.",
	.examples = "openshell gateway kubeconfig --merge\n"
		    "openshell gateway kubeconfig --name two >two.yaml",
	.options = options,
	.run = run,
};
