/* SPDX-License-Identifier: Apache-2.0 */
/* gateway list, select */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/show.h"
#include "cli/table.h"
#include "cli/terminal.h"

/* ------------------------------------------------------------------ the table */

enum { COLUMN_NAME, COLUMN_ENDPOINT, COLUMN_TYPE, COLUMN_SOURCE, COLUMN_AUTH, COLUMNS };

static const char *const headers[COLUMNS] = { "NAME", "ENDPOINT", "TYPE", "SOURCE", "AUTH" };

/* What is kept of the records until the widths are known: thousands of them are to take little memory. */
struct rows {
	const char *active;
	struct buf texts; /* of all cells, each with its NUL */
	size_t *offsets;  /* of the cells in it */
	char *looks;      /* of the rows: an enum look */
	size_t n;
	struct argv reasons; /* why the marked rows are marked */
};

enum look { LOOK_USUAL, LOOK_ACTIVE, LOOK_INVALID, LOOK_ACTIVE_INVALID };

static void rows_release(struct rows *rows)
{
	buf_release(&rows->texts);
	free(rows->offsets);
	free(rows->looks);
	argv_release(&rows->reasons);
}

static bool is_named(const struct record *record, const char *name)
{
	return name != NULL && streq(record->name, name);
}

static void add_row(void *arg, struct record *record)
{
	struct rows *rows = arg;
	bool is_invalid = record->invalid != NULL;
	const char *const cells[COLUMNS] = {
		record->name,
		is_invalid ? "-" : record->endpoint,
		is_invalid ? "invalid" : record_type(record),
		record_source_name(record->source),
		is_invalid ? "-" : record_auth(record),
	};

	if ((rows->n & (rows->n - 1)) == 0) {
		rows->offsets = xreallocarray(rows->offsets, rows->n ? rows->n * 2 : 1, COLUMNS * sizeof(*rows->offsets));
		rows->looks = xreallocarray(rows->looks, rows->n ? rows->n * 2 : 1, 1);
	}
	for (size_t c = 0; c < COLUMNS; c++) {
		rows->offsets[rows->n * COLUMNS + c] = rows->texts.len;
		buf_add(&rows->texts, cells[c], strlen(cells[c]) + 1);
	}
	rows->looks[rows->n++] = (char)((is_named(record, rows->active) ? LOOK_ACTIVE : 0) | (is_invalid ? LOOK_INVALID : 0));
	if (is_invalid)
		argv_addf(&rows->reasons, "gateway '%s' cannot be used: %s", record->name, record->invalid);
}

static const struct {
	const char *marks, *colour;
} looks[] = {
	[LOOK_USUAL] = { "  ", "" },
	[LOOK_ACTIVE] = { "* ", "\033[32m" },
	[LOOK_INVALID] = { "! ", "\033[31m" },
	[LOOK_ACTIVE_INVALID] = { "*!", "\033[31m" },
};

static void print_rows(const struct rows *rows, const struct table *table, bool coloured)
{
	AUTO(buf) line = BUF_INIT;

	buf_adds(&line, "  ");
	table_add_row(&line, table, table->headers);
	for (size_t i = 0; i < rows->n; i++) {
		const char *colour = coloured ? looks[(size_t)rows->looks[i]].colour : "";

		buf_adds(&line, "\n");
		buf_adds(&line, colour);
		buf_adds(&line, looks[(size_t)rows->looks[i]].marks);
		table_add_row(&line, table, table->cells + i * table->columns);
		if (*colour != '\0')
			buf_adds(&line, "\033[0m");
		fwrite(buf_str(&line), 1, line.len, stdout);
		line.len = 0;
	}
	puts("");
}

static void warn_of_unlisted(const struct cli *cli)
{
	autofree char *why = registry_unlisted(cli->paths);

	if (why != NULL)
		progress_warn(cli->env, "%s", why);
}

static void print_table(const struct cli *cli, const struct rows *rows)
{
	const struct settings *settings = cli->settings;
	bool is_terminal = isatty(STDOUT_FILENO);
	const char **cells = xcalloc(rows->n * COLUMNS, sizeof(*cells));
	AUTO(table) table = { .headers = headers, .cells = cells, .columns = COLUMNS, .rows = rows->n };

	if (rows->n == 0) {
		puts("No gateways found.");
		output_hint("openshell gateway start makes one");
	} else {
		for (size_t i = 0; i < rows->n * COLUMNS; i++)
			cells[i] = rows->texts.data + rows->offsets[i];
		/* the marks take two columns */
		table_measure(&table, is_terminal ? terminal_size(STDOUT_FILENO).ws_col - 2 : 0);
		print_rows(rows, &table, is_terminal && !settings->no_color && !settings->dumb_terminal);
		fflush(stdout);
		for (size_t i = 0; i < rows->reasons.n; i++)
			progress_warn(cli->env, "%s", rows->reasons.v[i]);
	}
	warn_of_unlisted(cli);
	free(cells);
}

/* ------------------------------------------------------------------ list */

static const struct opt list_options[] = { OPT_OUTPUT, OPT_END };

static int list_table(const struct cli *cli, const char *active, struct error **err)
{
	AUTO(rows) rows = { .active = active };

	if (registry_each(cli->paths, add_row, &rows, err) < 0)
		return -1;
	print_table(cli, &rows);
	return 0;
}

struct stream {
	struct output_list out;
	const char *active;
};

static void print_item(void *arg, struct record *record)
{
	struct stream *stream = arg;
	struct tree_field fields[SHOW_KEYS];

	output_list_add(&stream->out, fields, show_record_keys(record, stream->active, fields));
}

static int list_items(const struct cli *cli, const char *active, enum output_format format, struct error **err)
{
	struct stream stream = { .out = { .format = format }, .active = active };

	if (registry_each(cli->paths, print_item, &stream, err) < 0)
		return -1;
	output_list_end(&stream.out);
	warn_of_unlisted(cli);
	return 0;
}

static int run_list(const struct cli *cli, const struct invocation *in, int *status, struct error **err)
{
	autofree char *active = NULL;
	enum output_format format;

	(void)status;
	if (in_output(in, &format, err) < 0)
		return -1;
	active = in->gateway ? xstrdup(in->gateway) : show_active(cli);
	return format == OUTPUT_TABLE ? list_table(cli, active, err) : list_items(cli, active, format, err);
}

const struct command cmd_gateway_list = {
	.path = "gateway list",
	.summary = "list all gateways, yours and the system's",
	.options = list_options,
	.run = run_list,
};

/* ------------------------------------------------------------------ select */

static int select_one(const struct cli *cli, const char *name, struct error **err)
{
	AUTO(record) record = { 0 };
	AUTO(argv) warnings = ARGV_INIT;
	const char *override = cli_variable_gateway(cli, &warnings);

	if (!name_is_readable(name) && name_check(name, "gateway select", err) < 0)
		return -1;
	*cli->meant = xstrdup(name);
	if (registry_load(cli->paths, name, &record, err) < 0 || registry_set_active(cli->paths, name, err) < 0)
		return -1;
	progress_success("Active gateway set to '%s'", name);
	output_warnings(cli, &warnings);
	if (override != NULL && !streq(override, name))
		progress_warn(cli->env, "OPENSHELL_GATEWAY=%s overrides it in this shell", override);
	return 0;
}

static int run_select(const struct cli *cli, const struct invocation *in, int *status, struct error **err)
{
	autofree char *active = NULL;
	AUTO(rows) rows = { 0 };

	(void)status;
	if (in->operand_count > 0)
		return select_one(cli, in->operands[0], err);
	active = show_active(cli);
	rows.active = active;
	if (registry_each(cli->paths, add_row, &rows, err) < 0)
		return -1;
	print_table(cli, &rows);
	if (rows.n > 0)
		output_hint("openshell gateway select NAME");
	return 0;
}

const struct command cmd_gateway_select = {
	.path = "gateway select",
	.operands = "[NAME]",
	.summary = "make a gateway the active one; without NAME, list them",
	.max_operands = 1,
	.run = run_select,
};
