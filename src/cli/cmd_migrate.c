/* SPDX-License-Identifier: Apache-2.0 */
/* gateway migrate */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "store/migrate.h"

static const struct opt options[] = {
	{ "apply", 0, NULL, "make the changes that are shown without it" }, OPT_WAIT_LOCK, OPT_OUTPUT, OPT_END,
};

/* With the lock, the record is read anew: it may have changed meanwhile, or gone. */
static int apply(const struct cli *cli, const struct invocation *in, const char *name, struct argv *changes,
		 struct error **err)
{
	AUTO(lock) lock = LOCK_INIT;
	AUTO(record) record = { 0 };

	if (cli_lock(cli, in, name, &lock, err) < 0 || registry_load(cli->paths, name, &record, err) < 0)
		return -1;
	return record.source == SOURCE_USER ? migrate_entry(cli->paths, &record, true, changes, err) : 0;
}

static cJSON *changes_tree(const char *name, const struct argv *changes)
{
	cJSON *tree = cJSON_CreateObject(), *texts = cJSON_AddArrayToObject(tree, "changes");

	tree_add_str(tree, "name", name);
	for (size_t i = 0; i < changes->n; i++)
		cJSON_AddItemToArray(texts, cJSON_CreateString(changes->v[i]));
	return tree;
}

/* Adds what changes of it, if anything does, to the answer. */
static int migrate_one(const struct cli *cli, const struct invocation *in, const struct record *record, cJSON *answer,
		       struct error **err)
{
	AUTO(argv) changes = ARGV_INIT;
	int rc = in_has(in, "apply") ? apply(cli, in, record->name, &changes, err)
				     : migrate_entry(cli->paths, record, false, &changes, err);

	if (changes.n > 0)
		cJSON_AddItemToArray(answer, changes_tree(record->name, &changes));
	return rc;
}

static int migrate_all(const struct cli *cli, const struct invocation *in, cJSON *answer, struct error **err)
{
	AUTO(record_list) list = { 0 };

	if (registry_list(cli->paths, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.n; i++) {
		const struct record *record = &list.v[i];

		if (record->source == SOURCE_SYSTEM)
			continue;
		if (record->invalid != NULL)
			progress_warn(cli->env, "gateway '%s' stays as it is: %s", record->name, record->invalid);
		else if (migrate_one(cli, in, record, answer, err) < 0)
			return -1;
	}
	return 0;
}

static int migrate_named(const struct cli *cli, const struct invocation *in, cJSON *answer, struct error **err)
{
	const char *name = in->operands[0];
	AUTO(record) record = { 0 };

	if (name_check_existing(name, "gateway migrate", err) < 0)
		return -1;
	*cli->meant = xstrdup(name);
	if (registry_load(cli->paths, name, &record, err) < 0)
		return -1;
	if (record.source == SOURCE_USER)
		return migrate_one(cli, in, &record, answer, err);
	error_set(err, ERROR_REFUSED, "gateway '%s' is an entry of the system (%s), not one of yours", name, record.path);
	return error_code(err, "system-entry");
}

static void print_changes(const cJSON *answer)
{
	const cJSON *one, *change;

	cJSON_ArrayForEach(one, answer)
		cJSON_ArrayForEach(change, tree_at(one, "changes"))
			printf("%s: %s\n", tree_str(one, "name"), change->valuestring);
}

static int run(const struct cli *cli, const struct invocation *in, int *status, struct error **err)
{
	autotree cJSON *answer = cJSON_CreateArray();
	enum output_format format;
	int rc;

	(void)status;
	if (in_output(in, &format, err) < 0)
		return -1;
	rc = in->operand_count > 0 ? migrate_named(cli, in, answer, err) : migrate_all(cli, in, answer, err);
	if (format == OUTPUT_TABLE)
		print_changes(answer);
	if (rc < 0)
		return -1;
	if (format != OUTPUT_TABLE)
		output_tree(answer, format);
	else if (cJSON_GetArraySize(answer) == 0)
		puts("Nothing to change.");
	else if (!in_has(in, "apply"))
		output_hint("openshell gateway migrate --apply makes these changes");
	return 0;
}

const struct command cmd_gateway_migrate = {
	.path = "gateway migrate",
	.operands = "[NAME]",
	.summary = "show what would be changed in entries that other programs wrote, or change it",
	.details = "Such entries work as they are. Contents stay; the metadata moves to its newer place, and files that\n"
		   "others can read are closed to them.",
	.examples = "openshell gateway migrate\n"
		    "openshell gateway migrate --apply",
	.options = options,
	.max_operands = 1,
	.run = run,
};
