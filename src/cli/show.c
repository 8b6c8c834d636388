/* SPDX-License-Identifier: Apache-2.0 */
/* Records as people and scripts see them. */
#include "cli/show.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/output.h"
#include "store/last_sandbox.h"
#include "store/mtls.h"

#define EXPIRY_WARN_DAYS 30

char *show_active(const struct cli *cli)
{
	AUTO(argv) warnings = ARGV_INIT;
	const char *variable = cli_variable_gateway(cli, &warnings);
	char *name = variable ? xstrdup(variable) : registry_active(cli->paths, &warnings);

	output_warnings(cli, &warnings);
	return name;
}

void show_override(const struct cli *cli, const char *name)
{
	AUTO(argv) warnings = ARGV_INIT;
	const char *variable = cli_variable_gateway(cli, &warnings);

	output_warnings(cli, &warnings);
	if (variable != NULL && !streq(variable, name))
		progress_warn(cli->env, "OPENSHELL_GATEWAY=%s overrides it in this shell", variable);
}

size_t show_record_keys(const struct record *record, const char *active, struct tree_field fields[SHOW_KEYS])
{
	const struct tree_field invalid[] = {
		{ "name", FIELD_TEXT, record->name, 0 },
		{ "source", FIELD_TEXT, record_source_name(record->source), 0 },
		{ "path", FIELD_TEXT, record->path, 0 },
		{ "invalid", FIELD_TEXT, record->invalid, 0 },
	};
	const struct tree_field valid[SHOW_KEYS] = {
		{ "name", FIELD_TEXT, record->name, 0 },
		{ "endpoint", FIELD_TEXT, record->endpoint, 0 },
		{ "type", FIELD_TEXT, record->invalid ? NULL : record_type(record), 0 },
		{ "source", FIELD_TEXT, record_source_name(record->source), 0 },
		{ "auth", FIELD_TEXT, record->invalid ? NULL : record_auth(record), 0 },
		{ "active", FIELD_FLAG, NULL, record_is_named(record, active) },
		{ "is_remote", FIELD_FLAG, NULL, record->is_remote },
		{ "remote_host", FIELD_TEXT, record->remote_host, 0 },
		{ "resolved_host", FIELD_TEXT, record->resolved_host, 0 },
		{ "port", FIELD_NUMBER, NULL, record->port },
		{ "path", FIELD_TEXT, record->path, 0 },
	};

	memcpy(fields, record->invalid ? invalid : valid, record->invalid ? sizeof(invalid) : sizeof(valid));
	return record->invalid ? ARRAY_LEN(invalid) : ARRAY_LEN(valid);
}

cJSON *show_record_tree(const struct record *record, const char *active)
{
	struct tree_field fields[SHOW_KEYS];
	cJSON *tree = cJSON_CreateObject();

	tree_add_fields(tree, fields, show_record_keys(record, active, fields));
	return tree;
}

/* expires may be NULL. */
static bool days_left(const char *expires, int *days)
{
	return expires != NULL && mtls_days_left(expires, clock_wall_ms(), days);
}

void show_add_expiry(cJSON *tree, const char *prefix, const char *expires)
{
	autofree char *date_key = xasprintf("%sexpires", prefix), *days_key = xasprintf("%sdays_left", prefix);
	int days;

	tree_add_str(tree, date_key, expires);
	if (days_left(expires, &days))
		cJSON_AddNumberToObject(tree, days_key, days);
	else
		cJSON_AddNullToObject(tree, days_key);
}

void show_warn_expiry(const struct cli *cli, const struct record *record)
{
	autofree char *expires = mtls_expiry(cli->paths, record->name);
	int days;

	if (!streq(record_auth(record), "mtls") || !days_left(expires, &days) || days >= EXPIRY_WARN_DAYS)
		return;
	if (days < 0)
		progress_warn(cli->env, "the client's certificate of gateway '%s' has expired (%s)", record->name,
			      expires);
	else
		progress_warn(cli->env, "the client's certificate of gateway '%s' expires in %d day%s (%s)",
			      record->name, days, days == 1 ? "" : "s", expires);
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
	cJSON *options = cJSON_CreateArray();

	for (size_t i = 0; i < record->ssh_options.n; i++)
		cJSON_AddItemToArray(options, cJSON_CreateString(record->ssh_options.v[i]));
	tree_add_str(tree, "ssh_key", record->ssh_key);
	cJSON_AddItemToObject(tree, "ssh_options", options);
	tree_add_str(tree, "image", record->image);
	tree_add_str(tree, "container", record->container_id ? container : NULL);
	tree_add_str(tree, "bundle", mtls_state_name(mtls_examine(cli->paths, record->name)));
	show_add_expiry(tree, "certificate_", expires);
	tree_add_str(tree, "last_sandbox", sandbox);
}

/* Elsewhere, and nothing is known of where. */
static bool is_external(const struct record *record)
{
	return record->is_remote && record->remote_host == NULL && record->container_id == NULL;
}

void show_record_fields(const struct cli *cli, const struct record *record)
{
	autofree char *container = gateway_container_name(record->name);
	autofree char *expires = mtls_expiry(cli->paths, record->name);
	enum mtls_state bundle = mtls_examine(cli->paths, record->name);
	autofree char *dir = paths_mtls_dir(cli->paths, record->name), *sandbox = last_sandbox(cli, record);
	autofree char *certificates = expires ? xasprintf("%s (until %s)", dir, expires)
					      : xstrdup(mtls_state_name(bundle));
	autofree char *options = record->ssh_options.n > 0 ? argv_join(&record->ssh_options, ", ") : NULL;

	output_field("Gateway", record->name);
	output_field("Endpoint", record->endpoint);
	output_field("Type", is_external(record) ? "External registration" : record_type(record));
	output_field("Source", record_source_name(record->source));
	output_field("Auth", record_auth(record));
	output_field("Remote host", record->remote_host);
	output_field("Resolved host", record->resolved_host);
	output_field("SSH key", record->ssh_key);
	output_field("SSH options", options);
	output_field("Docker", record->docker_endpoint);
	output_field("Container", record->container_id ? container : NULL);
	output_field("Image", record->image);
	output_field("Certificates", streq(record_auth(record), "mtls") ? certificates : NULL);
	output_field("Last sandbox", sandbox);
	output_field("File", record->path);
}
