/* SPDX-License-Identifier: Apache-2.0 */
/* status */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/output.h"
#include "cli/show.h"
#include "gateway/status.h"
#include "store/mtls.h"

static const struct opt options[] = { OPT_NAME, OPT_OUTPUT, OPT_END };

static int no_gateway(enum output_format format, int *status)
{
	*status = 3;
	if (format == OUTPUT_TABLE) {
		puts("Gateway Status\n");
		output_field("Status", "No gateway configured.");
		output_hint("openshell gateway start");
	} else {
		autotree cJSON *tree = cJSON_CreateObject();

		tree_add_str(tree, "name", NULL);
		tree_add_str(tree, "state", "absent");
		output_tree(tree, format);
	}
	return 0;
}

static void print_tree(const struct cli *cli, const struct record *record, const struct status *now,
		       enum output_format format)
{
	autofree char *active = show_active(cli);
	autotree cJSON *tree = show_record_tree(record, active);
	const struct container *container = &now->container;
	bool present = container->phase != PHASE_ABSENT;

	show_add_files(cli, record, tree);
	tree_add_str(tree, "state", gateway_state_name(now->state));
	tree_add_str(tree, "reason", now->reason);
	tree_add_str(tree, "health", present ? container_health_name(container->health) : NULL);
	tree_add_str(tree, "version", container->version);
	output_tree(tree, format);
}

static void print_fields(const struct cli *cli, const struct record *record, const struct status *now)
{
	autofree char *expires = mtls_expiry(cli->paths, record->name);

	puts("Gateway Status\n");
	output_field("Gateway", record->name);
	output_field("Endpoint", record->endpoint);
	output_field("Status", gateway_state_name(now->state));
	output_field("Reason", now->reason);
	output_field("Version", now->container.version);
	output_field("Image", now->container.image_ref);
	output_field("Expires", expires);
}

static int run(const struct cli *cli, const struct invocation *in, int *status, struct error **err)
{
	autofree char *name = NULL;
	AUTO(record) record = { 0 };
	AUTO(status) now = { 0 };
	enum output_format format;
	bool chosen;

	if (in_output(in, &format, err) < 0 || cli_gateway_name(cli, in, NAME_READ, &name, &chosen, err) < 0)
		return -1;
	if (registry_load(cli->paths, name, &record, err) < 0) {
		if (chosen || !error_is(*err, ERROR_ABSENT))
			return -1;
		error_free(err);
		return no_gateway(format, status);
	}
	if (gateway_status(cli->env, &record, &now, err) < 0)
		return -1;
	if (format == OUTPUT_TABLE)
		print_fields(cli, &record, &now);
	else
		print_tree(cli, &record, &now, format);
	*status = gateway_state_exit_code(now.state);
	return 0;
}

const struct command cmd_status = {
	.path = "status",
	.summary = "show whether a gateway can be used",
	.details = "Exit status: 0 connected, 3 no such gateway, 5 docker or the endpoint does not answer,\n"
		   "8 stopped, starting or unhealthy.",
	.examples = "openshell status\n"
		    "openshell status --name two -o json | jq -r .state",
	.options = options,
	.run = run,
};
