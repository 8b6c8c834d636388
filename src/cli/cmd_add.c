/* SPDX-License-Identifier: Apache-2.0 */
/* gateway add, remove: entries of gateways that somebody else made */
#include <stdlib.h>

#include "base/cancel.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/show.h"
#include "gateway/enroll.h"

/* ------------------------------------------------------------------ add */

static const struct opt add_options[] = {
	{ "name", 0, "NAME", "the gateway (default: -g, else by ENDPOINT's host; \"openshell\" for this machine)" },
	OPT_WAIT_LOCK, OPT_OUTPUT, OPT_PROGRESS, OPT_QUIET, OPT_END,
};

/* Never by OPENSHELL_GATEWAY, which means another gateway than the new one. */
static int choose_name(const struct cli *cli, const struct invocation *in, const struct target *target, char **name,
		       struct error **err)
{
	const char *given = in_value(in, "name");

	if ((given != NULL && name_check(given, "--name", err) < 0) ||
	    (given == NULL && in->gateway != NULL && name_check(in->gateway, "--gateway", err) < 0))
		return -1;
	*name = given || in->gateway ? xstrdup(given ? given : in->gateway) : target_name(target);
	*cli->meant = xstrdup(*name);
	return 0;
}

static int report_added(const struct cli *cli, const char *name, enum output_format format, struct error **err)
{
	const char *override = cli->settings->gateway;
	AUTO(record) record = { 0 };
	autotree cJSON *tree = NULL;

	if (registry_load(cli->paths, name, &record, err) < 0)
		return -1;
	progress_success("Gateway '%s' added, and active now: %s", name, record.endpoint);
	if (override != NULL && !streq(override, name))
		progress_warn(cli->env, "OPENSHELL_GATEWAY=%s overrides it in this shell", override);
	if (format == OUTPUT_TABLE)
		return 0;
	tree = show_record_tree(&record, override ? override : name);
	show_add_files(cli, &record, tree);
	output_tree(tree, format);
	return 0;
}

static int run_add(const struct cli *cli, const struct invocation *in, int *status, struct error **err)
{
	struct enroll_options options = { .is_local = false };
	AUTO(target) target = { 0 };
	AUTO(record) record = { 0 };
	struct lock lock = LOCK_INIT;
	autofree char *name = NULL;
	enum output_format format;
	int rc;

	(void)status;
	if (in_output(in, &format, err) < 0 || target_parse(in->operands[0], &target, err) < 0 ||
	    choose_name(cli, in, &target, &name, err) < 0)
		return -1;
	options.target = &target;
	options.name = name;
	cancel_catch();
	if (cli_lock(cli, in, name, &lock, err) < 0)
		return -1;
	rc = gateway_enroll(cli->env, &options, &record, err);
	lock_release(&lock);
	return rc < 0 ? -1 : report_added(cli, name, format, err);
}

const struct command cmd_gateway_add = {
	.path = "gateway add",
	.operands = "ENDPOINT",
	.summary = "register a gateway that somebody else made, and make it the active one",
	.options = add_options,
	.min_operands = 1,
	.max_operands = 1,
	.run = run_add,
};

/* ------------------------------------------------------------------ remove */

static const struct opt remove_options[] = { OPT_WAIT_LOCK, OPT_OUTPUT, OPT_PROGRESS, OPT_QUIET, OPT_END };

static int name_to_remove(const struct cli *cli, const struct invocation *in, char **name, struct error **err)
{
	bool chosen;

	if (in->operand_count > 0) {
		if (!name_is_readable(in->operands[0]) && name_check(in->operands[0], "gateway remove", err) < 0)
			return -1;
		*name = xstrdup(in->operands[0]);
		*cli->meant = xstrdup(*name);
		return 0;
	}
	if (cli_gateway_name(cli, in, true, name, &chosen, err) < 0 || chosen)
		return *name != NULL ? 0 : -1;
	error_set(err, ERROR_USAGE, "no gateway is active: say which one is to be removed");
	return error_hint_command(err, "See those that exist", "openshell gateway list");
}

static int run_remove(const struct cli *cli, const struct invocation *in, int *status, struct error **err)
{
	struct lock lock = LOCK_INIT;
	autofree char *name = NULL;
	enum output_format format;
	int rc;

	(void)status;
	if (in_output(in, &format, err) < 0 || name_to_remove(cli, in, &name, err) < 0)
		return -1;
	cancel_catch();
	if (cli_lock(cli, in, name, &lock, err) < 0)
		return -1;
	rc = gateway_forget(cli->env, name, err);
	lock_release(&lock);
	if (rc < 0)
		return -1;
	progress_success("Gateway '%s' removed.", name);
	if (format != OUTPUT_TABLE) {
		autotree cJSON *tree = cJSON_CreateObject();

		tree_add_str(tree, "name", name);
		cJSON_AddBoolToObject(tree, "removed", true);
		output_tree(tree, format);
	}
	return 0;
}

const struct command cmd_gateway_remove = {
	.path = "gateway remove",
	.operands = "[NAME]",
	.summary = "remove a gateway's entry and certificates; the gateway itself stays",
	.options = remove_options,
	.max_operands = 1,
	.run = run_remove,
};
