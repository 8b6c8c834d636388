/* SPDX-License-Identifier: Apache-2.0 */
/* gateway stop, destroy, info */
#include <stdio.h>
#include <stdlib.h>

#include "base/cancel.h"
#include "cli/cli.h"
#include "cli/dry.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/reach.h"
#include "cli/show.h"
#include "gateway/teardown.h"

/* ------------------------------------------------------------------ stop, destroy */

static const struct opt stop_options[] = {
	OPT_NAME, OPT_REMOTE, OPT_FORCE, OPT_WAIT_LOCK, OPT_DRY_RUN, OPT_OUTPUT, OPT_PROGRESS, OPT_QUIET, OPT_END,
};
static const struct opt destroy_options[] = {
	OPT_NAME, OPT_REMOTE, OPT_FORCE, OPT_WAIT_LOCK, OPT_DRY_RUN, { "image", 0, NULL, "remove the image it was made from, too" },
	OPT_OUTPUT, OPT_PROGRESS, OPT_QUIET, OPT_END,
};

typedef int teardown_fn(const struct gateway_env *env, const struct teardown_options *options, bool *found,
			struct error **err);

/* Nobody named a gateway and none is active, but there are some: the default name must not choose
 * one of them for a command that takes it away. */
static int check_choice(const struct cli *cli, struct error **err)
{
	AUTO(record_list) list = { 0 };

	if (registry_list(cli->paths, &list, err) < 0)
		return -1;
	if (list.n == 0)
		return 0;
	error_set(err, ERROR_USAGE, "no gateway is active: say which one with --name");
	return error_hint_command(err, "See those that exist", "openshell gateway list");
}

/* done: "stopped", "destroyed". */
static void report(const struct cli *cli, const char *name, const char *done, bool found, enum output_format format)
{
	autotree cJSON *tree = cJSON_CreateObject();
	autofree char *likely = found ? NULL : cli_near_gateways(cli, name);

	if (found)
		progress_success("Gateway '%s' %s.", name, done);
	else
		progress_note(cli->env, "There is no gateway '%s' here: nothing to do.%s", name, likely);
	if (format == OUTPUT_TABLE)
		return;
	tree_add_str(tree, "name", name);
	cJSON_AddBoolToObject(tree, done, found);
	output_tree(tree, format);
}

static int tear_down_dry(const struct site *site, const struct teardown_options *options, teardown_fn *act,
			 struct error **err)
{
	AUTO(dry) dry;
	bool found;

	dry_open(&dry, site);
	if (act(&dry.env, options, &found, err) < 0)
		return -1;
	dry_print(&dry);
	return 0;
}

static int tear_down_there(const struct cli *cli, const struct invocation *in, const struct teardown_options *options,
			   teardown_fn *act, bool *found, struct error **err)
{
	AUTO(site) site = { 0 };

	if (reach_open(cli, in, options->name, &site, err) < 0)
		return -1;
	return in_has(in, "dry-run") ? tear_down_dry(&site, options, act, err) : act(site.env, options, found, err);
}

/* Both change a gateway in one call and tell whether there was anything. */
static int tear_down(const struct cli *cli, const struct invocation *in, bool remove_image, teardown_fn *act,
		     const char *done, struct error **err)
{
	autofree char *name = NULL;
	struct teardown_options options = { NULL, in_has(in, "force"), remove_image };
	struct lock lock = LOCK_INIT;
	enum output_format format;
	bool chosen, found = false;
	int rc;

	cancel_catch();
	if (in_output(in, &format, err) < 0 || cli_gateway_name(cli, in, NAME_CHANGE, &name, &chosen, err) < 0 ||
	    (!chosen && check_choice(cli, err) < 0))
		return -1;
	options.name = name;
	if (in_has(in, "dry-run"))
		return tear_down_there(cli, in, &options, act, &found, err);
	if (cli_lock(cli, in, name, &lock, err) < 0)
		return -1;
	rc = tear_down_there(cli, in, &options, act, &found, err);
	lock_release(&lock);
	if (rc < 0)
		return -1;
	report(cli, name, done, found, format);
	return 0;
}

static int run_stop(const struct cli *cli, const struct invocation *in, int *status, struct error **err)
{
	(void)status;
	return tear_down(cli, in, false, gateway_stop, "stopped", err);
}

static int run_destroy(const struct cli *cli, const struct invocation *in, int *status, struct error **err)
{
	(void)status;
	return tear_down(cli, in, in_has(in, "image"), gateway_destroy, "destroyed", err);
}

const struct command cmd_gateway_stop = {
	.path = "gateway stop",
	.summary = "stop a gateway's container; its data stays",
	.examples = "openshell gateway stop\n"
		    "openshell gateway stop --name two --wait-lock",
	.options = stop_options,
	.run = run_stop,
};

const struct command cmd_gateway_destroy = {
	.path = "gateway destroy",
	.summary = "remove a gateway: container, volume, network, certificates, entry",
	.details = "Images stay, so that a host without a registry can start again; --image removes the one used.",
	.examples = "openshell gateway destroy --name two\n"
		    "openshell gateway destroy --name two --dry-run    # see what would go",
	.options = destroy_options,
	.run = run_destroy,
};

/* ------------------------------------------------------------------ info */

static const struct opt info_options[] = { OPT_NAME, OPT_OUTPUT, OPT_END };

static int run_info(const struct cli *cli, const struct invocation *in, int *status, struct error **err)
{
	autofree char *name = NULL, *active = NULL;
	AUTO(record) record = { 0 };
	enum output_format format;
	bool chosen;

	(void)status;
	if (in_output(in, &format, err) < 0 || cli_gateway_name(cli, in, NAME_READ, &name, &chosen, err) < 0)
		return -1;
	if (registry_load(cli->paths, name, &record, err) < 0)
		return -1;
	show_warn_expiry(cli, &record);
	active = show_active(cli);
	if (format != OUTPUT_TABLE) {
		autotree cJSON *tree = show_record_tree(&record, active);

		show_add_files(cli, &record, tree);
		output_tree(tree, format);
		return 0;
	}
	output_heading(cli, "Gateway Info");
	show_record_fields(cli, &record);
	return 0;
}

const struct command cmd_gateway_info = {
	.path = "gateway info",
	.summary = "show a gateway's entry; asks neither docker nor the network",
	.examples = "openshell gateway info\n"
		    "openshell gateway info --name two -o json | jq -r .endpoint",
	.options = info_options,
	.run = run_info,
};
