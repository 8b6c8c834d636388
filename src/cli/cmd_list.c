/* SPDX-License-Identifier: Apache-2.0 */
/* gateway list, select */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/choose.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/show.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "gateway/rollcall.h"

/* ------------------------------------------------------------------ the table */

static const char *const headers[] = { "NAME", "ENDPOINT", "TYPE", "SOURCE", "AUTH", "STATE" };

#define COLUMNS_MAX ARRAY_LEN(headers)

/* What is kept of the records until the widths are known: thousands of them are to take little memory. */
struct rows {
	const char *active;
	size_t columns;   /* the last one only where states are known */
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

static void add_row_with_state(struct rows *rows, const struct record *record, const char *state)
{
	bool is_invalid = record->invalid != NULL;
	const char *const cells[COLUMNS_MAX] = {
		record->name,
		is_invalid ? "-" : record->endpoint,
		is_invalid ? "invalid" : record_type(record),
		record_source_name(record->source),
		is_invalid ? "-" : record_auth(record),
		state,
	};

	rows->offsets = xgrow(rows->offsets, rows->n, rows->columns * sizeof(*rows->offsets));
	rows->looks = xgrow(rows->looks, rows->n, 1);
	for (size_t c = 0; c < rows->columns; c++) {
		rows->offsets[rows->n * rows->columns + c] = rows->texts.len;
		buf_add(&rows->texts, cells[c], strlen(cells[c]) + 1);
	}
	rows->looks[rows->n++] = (char)((record_is_named(record, rows->active) ? LOOK_ACTIVE : 0) | (is_invalid ? LOOK_INVALID : 0));
	if (is_invalid)
		argv_addf(&rows->reasons, "gateway '%s' cannot be used: %s", record->name, record->invalid);
}

static void add_row(void *arg, struct record *record)
{
	add_row_with_state(arg, record, "");
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
		const char *colour = coloured ? looks[(enum look)rows->looks[i]].colour : "";

		buf_adds(&line, "\n");
		buf_adds(&line, colour);
		buf_adds(&line, looks[(enum look)rows->looks[i]].marks);
		table_add_row(&line, table, table->cells + i * table->columns);
		if (*colour != '\0')
			buf_adds(&line, "\033[0m");
		fwrite(buf_str(&line), 1, line.len, stdout);
		line.len = 0;
	}
	puts("");
}

/* The cells of all rows, for as long as no row is added; the caller frees. */
static const char **rows_cells(const struct rows *rows)
{
	const char **cells = xcalloc(rows->n * rows->columns, sizeof(*cells));

	for (size_t i = 0; i < rows->n * rows->columns; i++)
		cells[i] = rows->texts.data + rows->offsets[i];
	return cells;
}

/* A list without those of the system is no reason to fail, but one to tell. */
static void warn_of_unlisted(const struct cli *cli)
{
	autofree char *why = registry_unlisted(cli->paths);

	if (why != NULL)
		progress_warn(cli->env, "%s", why);
}

static void print_table(const struct cli *cli, const struct rows *rows)
{
	autofree const char **cells = rows_cells(rows);
	AUTO(table) table = { .headers = headers, .cells = cells, .columns = rows->columns, .rows = rows->n };

	if (rows->n == 0) {
		puts("No gateways found.");
		output_hint("openshell gateway start makes one");
		return;
	}
	/* the marks take two columns */
	table_measure(&table, isatty(STDOUT_FILENO) ? terminal_size(STDOUT_FILENO).ws_col - 2 : 0);
	print_rows(rows, &table, output_may_colour(cli));
	fflush(stdout);
	output_warnings(cli, &rows->reasons);
}

/* ------------------------------------------------------------------ list */

#define STATUS_TIMEOUT_S 10

static const struct opt list_options[] = {
	{ "status", 0, NULL, "ask them all, at once, how they do" },
	{ "timeout", 0, "SECONDS", "how long --status may take (default: 10)" },
	OPT_OUTPUT,
	OPT_END,
};

static int list_table(const struct cli *cli, const char *active, struct error **err)
{
	AUTO(rows) rows = { .active = active, .columns = COLUMNS_MAX - 1 };

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
	return 0;
}

static void print_states(const struct cli *cli, const struct record_list *list, const struct answer *answers,
			 const char *active)
{
	AUTO(rows) rows = { .active = active, .columns = COLUMNS_MAX };

	for (size_t i = 0; i < list->n; i++)
		add_row_with_state(&rows, &list->v[i], answers[i].state ? answers[i].state : "-");
	print_table(cli, &rows);
}

static void print_state_items(const struct record_list *list, const struct answer *answers, const char *active,
			      enum output_format format)
{
	struct output_list out = { .format = format };

	for (size_t i = 0; i < list->n; i++) {
		struct tree_field fields[SHOW_KEYS + 2];
		size_t count = show_record_keys(&list->v[i], active, fields);

		if (answers[i].state != NULL) {
			fields[count++] = (struct tree_field){ "state", FIELD_TEXT, answers[i].state, 0 };
			fields[count++] = (struct tree_field){ "reason", FIELD_TEXT, answers[i].reason, 0 };
		}
		output_list_add(&out, fields, count);
	}
	output_list_end(&out);
}

static int list_states(const struct cli *cli, const char *active, int64_t timeout_ms, enum output_format format,
		       struct error **err)
{
	AUTO(record_list) list = { 0 };
	autofree struct answer *answers = NULL;
	int rc;

	if (registry_list(cli->paths, &list, err) < 0)
		return -1;
	answers = xcalloc(list.n, sizeof(*answers));
	rc = rollcall(cli->env, &list, timeout_ms, answers, err);
	if (rc == 0 && format == OUTPUT_TABLE)
		print_states(cli, &list, answers, active);
	else if (rc == 0)
		print_state_items(&list, answers, active, format);
	for (size_t i = 0; i < list.n; i++)
		free(answers[i].reason);
	return rc;
}

static int run_list(const struct cli *cli, const struct invocation *in, int *status, struct error **err)
{
	autofree char *active = NULL;
	enum output_format format;
	long long seconds = STATUS_TIMEOUT_S;

	(void)status;
	if (in_output(in, &format, err) < 0 || in_number(in, "timeout", 1, 3600, &seconds, err) < 0)
		return -1;
	if (in_has(in, "timeout") && !in_has(in, "status"))
		return error_set(err, ERROR_USAGE, "--timeout is of use with --status only");
	active = in->gateway ? xstrdup(in->gateway) : show_active(cli);
	warn_of_unlisted(cli);
	if (in_has(in, "status"))
		return list_states(cli, active, seconds * 1000, format, err);
	return format == OUTPUT_TABLE ? list_table(cli, active, err) : list_items(cli, active, format, err);
}

const struct command cmd_gateway_list = {
	.path = "gateway list",
	.summary = "list all gateways, yours and the system's",
	.details = "With --status, docker is asked for the containers of this engine, and the other endpoints by a TCP\n"
		   "connection: \"reachable\" says that something listens there, 'openshell status' tells more.",
	.examples = "openshell gateway list\n"
		    "openshell gateway list --status\n"
		    "openshell gateway list -o json | jq -r '.[].name'",
	.options = list_options,
	.run = run_list,
};

/* ------------------------------------------------------------------ select */

static int select_one(const struct cli *cli, const char *name, struct error **err)
{
	AUTO(record) record = { 0 };

	if (name_check_existing(name, "gateway select", err) < 0)
		return -1;
	*cli->meant = xstrdup(name);
	if (registry_load(cli->paths, name, &record, err) < 0 || registry_set_active(cli->paths, name, err) < 0)
		return -1;
	progress_success("Active gateway set to '%s'", name);
	show_override(cli, name);
	return 0;
}

/* The choices that the rows are, and which one is pointed to first: the one that this command line means. */
static struct choice *make_choices(const struct rows *rows, size_t *first)
{
	struct choice *choices = xcalloc(rows->n, sizeof(*choices));
	size_t reason = 0;

	*first = 0;
	for (size_t i = 0; i < rows->n; i++) {
		enum look look = (enum look)rows->looks[i];

		choices[i] = (struct choice){ .mark = looks[look].marks, .colour = looks[look].colour };
		if ((look & LOOK_INVALID) != 0)
			choices[i].refusal = rows->reasons.v[reason++];
		if ((look & LOOK_ACTIVE) != 0)
			*first = i;
	}
	return choices;
}

static int select_at(const struct cli *cli, int terminal, const struct rows *rows, struct error **err)
{
	autofree const char **cells = rows_cells(rows);
	AUTO(table) table = { .headers = headers, .cells = cells, .columns = rows->columns, .rows = rows->n };
	AUTO(chooser) chooser = { 0 };
	size_t first;
	autofree struct choice *choices = make_choices(rows, &first);

	chooser_open(&chooser, choices, &table, first);
	if (choose(terminal, &chooser, !cli->settings->no_color, err) < 0)
		return -1;
	if (chooser.end == CHOOSER_CHOSEN)
		return select_one(cli, cells[chooser_row(&chooser) * rows->columns], err);
	progress_note(cli->env, "Gateway selection cancelled");
	return 0;
}

static int run_select(const struct cli *cli, const struct invocation *in, int *status, struct error **err)
{
	autofree char *active = NULL;
	autoclose int terminal = -1;
	AUTO(rows) rows = { .columns = COLUMNS_MAX - 1 };

	(void)status;
	if (in->operand_count > 0)
		return select_one(cli, in->operands[0], err);
	active = in->gateway ? xstrdup(in->gateway) : show_active(cli);
	rows.active = active;
	warn_of_unlisted(cli);
	if (registry_each(cli->paths, add_row, &rows, err) < 0)
		return -1;
	if (rows.n > 0)
		terminal = choose_terminal(cli->settings);
	if (terminal >= 0)
		return select_at(cli, terminal, &rows, err);
	print_table(cli, &rows);
	if (rows.n > 0)
		output_hint("openshell gateway select NAME");
	return 0;
}

const struct command cmd_gateway_select = {
	.path = "gateway select",
	.operands = "[NAME]",
	.summary = "make a gateway the active one; without NAME, choose it",
	.details = "On a terminal: arrows, j, k, PageUp, PageDown, Home and End move, Enter selects, Esc and q leave.\n"
		   "Other characters, or / first, filter by name and endpoint; Esc shows all again.\n"
		   "Elsewhere it lists the gateways and changes nothing.",
	.examples = "openshell gateway select\n"
		    "openshell gateway select two",
	.max_operands = 1,
	.run = run_select,
};
