/* SPDX-License-Identifier: Apache-2.0 */
/* gateway trust */
#include <stdio.h>
#include <stdlib.h>

#include "base/cancel.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/reach.h"
#include "cli/show.h"
#include "gateway/trust.h"

static const struct opt options[] = {
	OPT_NAME, OPT_REMOTE, { "refresh", 0, NULL, "fetch the certificates from the node, and store them where they are new" },
	OPT_FORCE, OPT_WAIT_LOCK, OPT_OUTPUT, OPT_PROGRESS, OPT_QUIET, OPT_END,
};

static const char *const state_words[] = {
	[TRUST_SAME] = "the node's authority is the one that is trusted here",
	[TRUST_DIFFERS] = "not what is trusted here",
	[TRUST_ABSENT] = "nothing is trusted here yet",
	[TRUST_UNSEEN] = "could not be asked",
	[TRUST_PLAINTEXT] = "no TLS, so there is nothing to trust",
};

/* ------------------------------------------------------------------ for people */

static void print_certificate(const char *label, const struct trusted *trusted)
{
	const char *subject = trusted->subject ? trusted->subject : "a certificate";
	autofree char *text = trusted->expires ? xasprintf("%s, until %s", subject, trusted->expires) : NULL;

	output_field(label, text);
	output_field("  SHA-256", trusted->fingerprint);
}

static void print_fields(const struct cli *cli, const struct record *record, const struct trust *trust)
{
	autofree char *dir = paths_mtls_dir(cli->paths, record->name);

	output_heading(cli, "Gateway Trust");
	output_field("Gateway", record->name);
	output_field("Endpoint", record->endpoint);
	print_certificate("Authority", &trust->ca);
	print_certificate("Client", &trust->client);
	output_field("Files", trust->ca.expires ? dir : NULL);
	output_field("Node", state_words[trust->state]);
	output_field("Reason", trust->reason);
	print_certificate("Node's", &trust->node_ca);
}

/* ------------------------------------------------------------------ for programs */

static void add_certificate(cJSON *tree, const char *key, const struct trusted *trusted)
{
	cJSON *object;

	if (trusted->expires == NULL && trusted->fingerprint == NULL) {
		cJSON_AddNullToObject(tree, key);
		return;
	}
	object = cJSON_AddObjectToObject(tree, key);
	tree_add_str(object, "subject", trusted->subject);
	tree_add_str(object, "sha256", trusted->fingerprint);
	show_add_expiry(object, "", trusted->expires);
}

static void print_tree(const struct cli *cli, const struct record *record, const struct trust *trust,
		       enum output_format format)
{
	autofree char *dir = paths_mtls_dir(cli->paths, record->name);
	autotree cJSON *tree = cJSON_CreateObject();

	tree_add_str(tree, "name", record->name);
	tree_add_str(tree, "endpoint", record->endpoint);
	tree_add_str(tree, "trust", trust_state_name(trust->state));
	tree_add_str(tree, "reason", trust->reason);
	cJSON_AddBoolToObject(tree, "changed", trust->changed);
	add_certificate(tree, "ca", &trust->ca);
	add_certificate(tree, "client", &trust->client);
	add_certificate(tree, "node_ca", &trust->node_ca);
	tree_add_str(tree, "directory", dir);
	output_tree(tree, format);
}

/* ------------------------------------------------------------------ the command */

static int refresh(const struct cli *cli, const struct invocation *in, const struct record *record,
		   struct trust *trust, struct error **err)
{
	struct lock lock = LOCK_INIT;
	struct site site = { 0 };
	int rc;

	cancel_catch();
	if (cli_lock(cli, in, record->name, &lock, err) < 0)
		return -1;
	rc = reach_open(cli, in, record->name, &site, err);
	if (rc == 0)
		rc = gateway_trust_refresh(site.env, record, in_has(in, "force"), trust, err);
	site_release(&site);
	lock_release(&lock);
	if (rc < 0)
		return error_wrap(err, "cannot refresh the certificates of gateway '%s'", record->name);
	if (trust->state == TRUST_PLAINTEXT)
		progress_note(cli->env, "Gateway '%s' has no TLS: nothing to do.", record->name);
	else if (trust->changed)
		progress_success("New certificates of gateway '%s' are stored: %s.", record->name, trust->reason);
	else
		progress_success("The certificates of gateway '%s' are still the node's.", record->name);
	return 0;
}

/* The endpoint can still be asked when the other host cannot. */
static int look(const struct cli *cli, const struct invocation *in, const struct record *record, struct trust *trust,
		struct error **err)
{
	AUTO(site) site = { 0 };

	if (reach_find(cli, in, record->name, &site, err) < 0)
		return -1;
	if (site_open(&site, cli->may_ask, err) < 0) {
		autofree char *why = error_text(*err);

		if (error_is(*err, ERROR_CANCELLED))
			return -1;
		progress_warn(cli->env, "%s", why);
		error_free(err);
	}
	return gateway_trust(site.env, record, in_has(in, "force"), trust, err);
}

static int run(const struct cli *cli, const struct invocation *in, int *status, struct error **err)
{
	autofree char *name = NULL;
	AUTO(record) record = { 0 };
	AUTO(trust) trust = { 0 };
	enum output_format format;
	bool chosen, refreshes = in_has(in, "refresh");

	if (in_output(in, &format, err) < 0 ||
	    cli_gateway_name(cli, in, refreshes ? NAME_CHANGE : NAME_READ, &name, &chosen, err) < 0 ||
	    registry_load(cli->paths, name, &record, err) < 0)
		return -1;
	if (refreshes ? refresh(cli, in, &record, &trust, err) < 0
		      : look(cli, in, &record, &trust, err) < 0)
		return -1;
	show_warn_expiry(cli, &record);
	if (format == OUTPUT_TABLE)
		print_fields(cli, &record, &trust);
	else
		print_tree(cli, &record, &trust, format);
	if (!refreshes && (trust.state == TRUST_DIFFERS || trust.state == TRUST_ABSENT))
		output_hint("openshell gateway trust --refresh fetches what the node has");
	*status = trust_exit_code(trust.state);
	return 0;
}

const struct command cmd_gateway_trust = {
	.path = "gateway trust",
	.summary = "show which certificates are trusted, and whether the node still has them",
	.details = "Exit status: 0 the same, 3 none are stored, 5 nothing could be asked, 6 it has others.",
	.examples = "openshell gateway trust\n"
		    "openshell gateway trust --refresh",
	.options = options,
	.run = run,
};
