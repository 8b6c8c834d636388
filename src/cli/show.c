/* SPDX-License-Identifier: Apache-2.0 */
/* Records as people and scripts see them. */
#include "cli/show.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "cli/output.h"
#include "store/last_sandbox.h"
#include "store/mtls.h"

char *show_active(const struct cli *cli)
{
	AUTO(argv) warnings = ARGV_INIT;
	const char *variable = cli_variable_gateway(cli, &warnings);
	char *name = variable ? xstrdup(variable) : registry_active(cli->paths, &warnings);

	output_warnings(cli, &warnings);
	return name;
}

static bool is_active(const struct record *record, const char *active)
{
	return active != NULL && streq(active, record->name);
}

cJSON *show_record_tree(const struct record *record, const char *active)
{
	cJSON *tree = cJSON_CreateObject();

	tree_add_str(tree, "name", record->name);
	if (record->invalid != NULL) {
		tree_add_str(tree, "source", record_source_name(record->source));
		tree_add_str(tree, "path", record->path);
		tree_add_str(tree, "invalid", record->invalid);
		return tree;
	}
	tree_add_str(tree, "endpoint", record->endpoint);
	tree_add_str(tree, "type", record_type(record));
	tree_add_str(tree, "source", record_source_name(record->source));
	tree_add_str(tree, "auth", record_auth(record));
	cJSON_AddBoolToObject(tree, "active", is_active(record, active));
	cJSON_AddBoolToObject(tree, "is_remote", record->is_remote);
	tree_add_str(tree, "remote_host", record->remote_host);
	tree_add_str(tree, "resolved_host", record->resolved_host);
	cJSON_AddNumberToObject(tree, "port", record->port);
	tree_add_str(tree, "path", record->path);
	return tree;
}

static char *last_sandbox(const struct cli *cli, const struct record *record)
{
	AUTO(argv) warnings = ARGV_INIT;
	char *sandbox = last_sandbox_load(cli->paths, record->name, &warnings);

	output_warnings(cli, &warnings);
	return sandbox;
}

void show_add_files(const struct cli *cli, const struct record *record, cJSON *tree)
{
	autofree char *container = gateway_container_name(record->name);
	autofree char *expires = mtls_expiry(cli->paths, record->name);
	autofree char *sandbox = last_sandbox(cli, record);

	tree_add_str(tree, "image", record->image);
	tree_add_str(tree, "container", record->container_id ? container : NULL);
	tree_add_str(tree, "bundle", mtls_state_name(mtls_examine(cli->paths, record->name)));
	tree_add_str(tree, "certificate_expires", expires);
	tree_add_str(tree, "last_sandbox", sandbox);
}

void show_record_fields(const struct cli *cli, const struct record *record)
{
	autofree char *container = gateway_container_name(record->name);
	autofree char *expires = mtls_expiry(cli->paths, record->name);
	enum mtls_state bundle = mtls_examine(cli->paths, record->name);
	autofree char *dir = paths_mtls_dir(cli->paths, record->name), *sandbox = last_sandbox(cli, record);
	autofree char *certificates = expires ? xasprintf("%s (until %s)", dir, expires)
					      : xstrdup(mtls_state_name(bundle));

	output_field("Gateway", record->name);
	output_field("Endpoint", record->endpoint);
	output_field("Type", record_type(record));
	output_field("Source", record_source_name(record->source));
	output_field("Auth", record_auth(record));
	output_field("Remote host", record->remote_host);
	output_field("Resolved host", record->resolved_host);
	output_field("Docker", record->docker_endpoint);
	output_field("Container", record->container_id ? container : NULL);
	output_field("Image", record->image);
	output_field("Certificates", streq(record_auth(record), "mtls") ? certificates : NULL);
	output_field("Last sandbox", sandbox);
	output_field("File", record->path);
}

enum { COLUMN_NAME, COLUMN_ENDPOINT, COLUMN_TYPE, COLUMN_SOURCE, COLUMN_AUTH, COLUMNS };

static void fill_row(char **row, const struct record *record, bool active)
{
	autofree char *name = log_safe_text(record->name, strlen(record->name));

	row[COLUMN_NAME] = xasprintf("%s%s", active ? "* " : "  ", name);
	if (record->invalid != NULL) {
		row[COLUMN_ENDPOINT] = log_safe_text(record->invalid, strlen(record->invalid));
		row[COLUMN_TYPE] = xstrdup("invalid");
		row[COLUMN_AUTH] = xstrdup("-");
	} else {
		const char *auth = record_auth(record);

		row[COLUMN_ENDPOINT] = log_safe_text(record->endpoint, strlen(record->endpoint));
		row[COLUMN_TYPE] = xstrdup(record_type(record));
		row[COLUMN_AUTH] = log_safe_text(auth, strlen(auth));
	}
	row[COLUMN_SOURCE] = xstrdup(record_source_name(record->source));
}

void show_record_table(const struct record_list *list, const char *active)
{
	static const char *const headers[COLUMNS] = { "  NAME", "ENDPOINT", "TYPE", "SOURCE", "AUTH" };
	char **cells = xcalloc(list->n * COLUMNS, sizeof(*cells));

	for (size_t i = 0; i < list->n; i++)
		fill_row(cells + i * COLUMNS, &list->v[i], is_active(&list->v[i], active));
	output_table(headers, COLUMNS, cells, list->n);
	for (size_t i = 0; i < list->n * COLUMNS; i++)
		free(cells[i]);
	free(cells);
}
