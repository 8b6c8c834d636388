/* SPDX-License-Identifier: Apache-2.0 */
/* gateway add, remove: entries of gateways that somebody else made */
#include <stdlib.h>

#include "base/cancel.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/reach.h"
#include "cli/show.h"
#include "gateway/enroll.h"

/* ------------------------------------------------------------------ add */

static const char *const part_options[MTLS_FILES] = { "ca", "cert", "key" };

static const struct opt add_options[] = {
	{ "name", 0, "NAME", "the gateway (default: -g, else by ENDPOINT's host; \"openshell\" for this machine)" },
	{ "local", 0, NULL, "its container is on this docker engine: take the certificates from there" },
	OPT_REMOTE,
	{ "ca", 0, "FILE", "certificate of the authority that the gateway's is signed by" },
	{ "cert", 0, "FILE", "certificate of the client" },
	{ "key", 0, "FILE", "its private key, without a passphrase" },
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

static void report_added(const struct cli *cli, const struct record *record, enum output_format format)
{
	progress_success("Gateway '%s' added, and active now: %s (%s, %s)", record->name, record->endpoint,
			 record_type(record), record_auth(record));
	show_override(cli, record->name);
	show_warn_expiry(cli, record);
	if (format != OUTPUT_TABLE) {
		autofree char *active = show_active(cli);
		autotree cJSON *tree = show_record_tree(record, active);

		show_add_files(cli, record, tree);
		output_tree(tree, format);
	}
}

static int exclude(const char *one, const char *other, struct error **err)
{
	return error_set(err, ERROR_USAGE, "%s and %s exclude each other", one, other);
}

/* Where it is: on this docker engine, on another host, or wherever. */
static int read_place(const struct cli *cli, const struct invocation *in, const struct target *target, struct site *site,
		      struct enroll_options *options, struct error **err)
{
	const char *remote = in_value(in, "remote");
	const struct site_options given = {
		.destination = remote ? remote : target->destination,
		.key = in_value(in, "ssh-key"),
		.ssh_options = in_list(in, "ssh-option"),
	};

	options->is_local = in_has(in, "local");
	options->may_ask = cli->may_ask;
	if (target->destination != NULL && (remote != NULL || options->is_local))
		return exclude("ssh://", remote ? "--remote" : "--local", err);
	if (options->is_local && remote != NULL)
		return exclude("--local", "--remote", err);
	if (in_has(in, "ssh-key") && given.destination == NULL)
		return error_set(err, ERROR_USAGE, "--ssh-key is for --remote, or an ENDPOINT of ssh://");
	if (site_find(site, cli->env, NULL, &given, err) < 0 || site_resolve(site, err) < 0)
		return -1;
	options->site = site_is_remote(site) ? site : NULL;
	return 0;
}

/* *given: all three parts are; some of them are not enough. */
static int check_parts(const struct invocation *in, const struct enroll_options *options, bool *given,
		       struct error **err)
{
	const char *missing = NULL;

	*given = false;
	for (int i = 0; i < MTLS_FILES; i++) {
		*given |= in_has(in, part_options[i]);
		if (!in_has(in, part_options[i]))
			missing = part_options[i];
	}
	if (*given && missing != NULL)
		return error_set(err, ERROR_USAGE, "--ca, --cert and --key go together: --%s is missing", missing);
	if (*given && options->is_local)
		return exclude("--local", "--ca, --cert, --key", err);
	if (*given && options->target->is_plaintext)
		return error_set(err, ERROR_USAGE, "--ca, --cert and --key are for https://");
	return 0;
}

static int read_bundle(const struct cli *cli, const struct invocation *in, struct mtls_bundle *bundle, struct error **err)
{
	for (int i = 0; i < MTLS_FILES; i++)
		if (mtls_file_read(i, in_value(in, part_options[i]), &bundle->parts[i], err) < 0) {
			if (error_is(*err, ERROR_ABSENT))
				error_code(err, "file-absent");
			return error_wrap(err, "--%s", part_options[i]);
		}
	return gateway_check_given(cli->env, bundle, err);
}

static int enroll(const struct cli *cli, const struct invocation *in, const struct enroll_options *options,
		  struct record *record, struct error **err)
{
	struct lock lock = LOCK_INIT;
	int rc;

	cancel_catch();
	if (cli_lock(cli, in, options->name, &lock, err) < 0)
		return -1;
	rc = gateway_enroll(cli->env, options, record, err);
	if (rc == 0 && options->site != NULL)
		site_warn(options->site, record);
	lock_release(&lock);
	return rc;
}

static int add(const struct cli *cli, const struct invocation *in, struct record *record, struct error **err)
{
	struct enroll_options options = { 0 };
	AUTO(mtls_bundle) bundle = { 0 };
	AUTO(target) target = { 0 };
	AUTO(site) site = { 0 };
	autofree char *name = NULL;
	bool given;

	options.target = &target;
	if (target_parse(in->operands[0], &target, err) < 0 || read_place(cli, in, &target, &site, &options, err) < 0 ||
	    choose_name(cli, in, &target, &name, err) < 0 || check_parts(in, &options, &given, err) < 0 ||
	    (given && read_bundle(cli, in, &bundle, err) < 0))
		return -1;
	options.name = name;
	options.bundle = given ? &bundle : NULL;
	return enroll(cli, in, &options, record, err);
}

static int run_add(const struct cli *cli, const struct invocation *in, int *status, struct error **err)
{
	AUTO(record) record = { 0 };
	enum output_format format;

	(void)status;
	if (in_output(in, &format, err) < 0 || add(cli, in, &record, err) < 0)
		return -1;
	report_added(cli, &record, format);
	return 0;
}

const struct command cmd_gateway_add = {
	.path = "gateway add",
	.operands = "ENDPOINT",
	.summary = "register a gateway that somebody else made, and make it the active one",
	.details = "ENDPOINT is [https://|http://]HOST[:PORT], or ssh://[USER@]HOST:PORT for --remote and https.",
	.examples = "openshell gateway add gw.example:8080 --ca ca.crt --cert tls.crt --key tls.key\n"
		    "openshell gateway add localhost:8080 --local",
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
		if (name_check_existing(in->operands[0], "gateway remove", err) < 0)
			return -1;
		*name = xstrdup(in->operands[0]);
		*cli->meant = xstrdup(*name);
		return 0;
	}
	if (cli_gateway_name(cli, in, NAME_CHANGE, name, &chosen, err) < 0 || chosen)
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
	.examples = "openshell gateway remove two",
	.options = remove_options,
	.max_operands = 1,
	.run = run_remove,
};
