/* SPDX-License-Identifier: Apache-2.0 */
/* status */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/frame.h"
#include "cli/output.h"
#include "cli/reach.h"
#include "cli/show.h"
#include "cli/terminal.h"
#include "gateway/status.h"
#include "store/mtls.h"

#define WATCH_S 2
#define WATCH_MAX_S 3600
#define TIME_OF_DAY_SECONDS 19 /* of a timestamp, without the fraction */

static const struct opt options[] = {
	OPT_NAME, OPT_REMOTE, OPT_OUTPUT,
	{ "watch", 'w', "[SECONDS]", "go on, and show each change until Ctrl-C; look every SECONDS (default: 2)" },
	OPT_END,
};

/* One look at a gateway. */
struct look {
	struct record record; /* of no name: there is no such gateway (any more) */
	struct status now;
};

static void look_release(struct look *look)
{
	record_release(&look->record);
	status_release(&look->now);
}

static const char *look_state(const struct look *look)
{
	return look->record.name ? gateway_state_name(look->now.state) : "absent";
}

static cJSON *look_tree(const struct cli *cli, const struct look *look)
{
	const struct container *container = &look->now.container;
	bool present = container->phase != PHASE_ABSENT;
	autofree char *active = NULL;
	cJSON *tree;

	if (look->record.name == NULL) {
		tree = cJSON_CreateObject();
		tree_add_str(tree, "name", NULL);
		tree_add_str(tree, "state", "absent");
		return tree;
	}
	active = show_active(cli);
	tree = show_record_tree(&look->record, active);
	show_add_files(cli, &look->record, tree);
	tree_add_str(tree, "state", look_state(look));
	tree_add_str(tree, "reason", look->now.reason);
	tree_add_str(tree, "tls", probe_tls_name(look->now.probe.verdict));
	tree_add_str(tree, "health", present ? container_health_name(container->health) : NULL);
	tree_add_str(tree, "version", status_version(&look->now));
	return tree;
}

static void add_fields(const struct cli *cli, const struct look *look, struct buf *text)
{
	const struct record *record = &look->record;
	const struct status *now = &look->now;
	autofree char *expires = record->name ? mtls_expiry(cli->paths, record->name) : NULL;

	output_add_heading(cli, text, "Gateway Status");
	if (record->name == NULL) {
		output_add_field(text, "Status", "No gateway configured.");
		return;
	}
	output_add_field(text, "Gateway", record->name);
	output_add_field(text, "Endpoint", record->endpoint);
	output_add_field(text, "Status", look_state(look));
	output_add_field(text, "Reason", now->reason);
	output_add_field(text, "Version", status_version(now));
	output_add_field(text, "Image", now->container.image_ref);
	output_add_field(text, "Expires", expires);
}

static int load(const struct cli *cli, const char *name, bool chosen, struct look *look, struct error **err)
{
	if (registry_load(cli->paths, name, &look->record, err) == 0)
		return 0;
	if (chosen || !error_is(*err, ERROR_ABSENT))
		return -1;
	error_free(err);
	return 0;
}

/* ------------------------------------------------------------------ once */

static void show_once(const struct cli *cli, const struct look *look, enum output_format format)
{
	autotree cJSON *tree = NULL;
	AUTO(buf) text = BUF_INIT;

	if (format != OUTPUT_TABLE) {
		tree = look_tree(cli, look);
		output_tree(tree, format);
		return;
	}
	add_fields(cli, look, &text);
	fputs(buf_str(&text), stdout);
	if (look->record.name == NULL)
		output_hint("openshell gateway start");
	else if (look->now.state == STATE_MISMATCH)
		output_hint("openshell gateway trust tells what is trusted, and --refresh fetches what the node has");
}

/* ------------------------------------------------------------------ again and again */

struct watching {
	const struct cli *cli;
	const struct gateway_env *env;
	enum output_format format;
	bool in_place;  /* on a terminal, where what was shown is overwritten */
	char *shown;    /* of the last look: all that is shown but the time */
	size_t rows;    /* that it takes on the terminal */
};

static size_t rows_of(const char *text)
{
	size_t width = terminal_size(STDOUT_FILENO).ws_col, rows = 0;

	while (*text != '\0') {
		size_t len = strcspn(text, "\n");
		autofree char *line = xstrndup(text, len);
		size_t columns = frame_columns(line);

		rows += columns == 0 ? 1 : (columns + width - 1) / width;
		text += len + (text[len] == '\n');
	}
	return rows;
}

static void redraw(struct watching *watching, const struct look *look, const char *time)
{
	AUTO(buf) text = BUF_INIT;

	add_fields(watching->cli, look, &text);
	output_add_field(&text, "Since", time);
	if (watching->rows > 0)
		printf("\033[%zuA\r\033[J", watching->rows);
	fputs(buf_str(&text), stdout);
	watching->rows = rows_of(buf_str(&text));
}

static void show_line(const struct look *look, const char *time)
{
	const char *reason = look->now.reason;
	autofree char *safe = reason ? log_safe_text(reason, strlen(reason)) : NULL;

	printf("%s %s %s%s%s\n", time, look->record.name ? look->record.name : "-", look_state(look),
	       safe ? ": " : "", safe ? safe : "");
}

/* tree: NULL for a table. */
static void show_change(struct watching *watching, const struct look *look, cJSON *tree)
{
	autofree char *time = clock_timestamp(), *seconds = xasprintf("%.*sZ", TIME_OF_DAY_SECONDS, time);

	if (watching->format == OUTPUT_TABLE && watching->in_place) {
		redraw(watching, look, seconds);
	} else if (watching->format == OUTPUT_TABLE) {
		show_line(look, seconds);
	} else {
		tree_add_str(tree, "time", time);
		output_tree_line(tree, watching->format);
	}
}

static char *look_text(const struct watching *watching, const struct look *look, const cJSON *tree)
{
	AUTO(buf) text = BUF_INIT;

	if (watching->format != OUTPUT_TABLE)
		return tree_print(tree);
	if (watching->in_place)
		add_fields(watching->cli, look, &text);
	else
		buf_addf(&text, "%s %s", look_state(look), look->now.reason ? look->now.reason : "");
	return buf_steal(&text);
}

static int look_again(struct watching *watching, const char *name, struct error **err)
{
	const struct cli *cli = watching->cli;
	AUTO(look) look = { 0 };
	autotree cJSON *tree = NULL;
	autofree char *text = NULL;

	if (load(cli, name, false, &look, err) < 0 ||
	    (look.record.name != NULL && gateway_status(watching->env, &look.record, &look.now, err) < 0))
		return -1;
	if (watching->format != OUTPUT_TABLE)
		tree = look_tree(cli, &look);
	text = look_text(watching, &look, tree);
	if (watching->shown != NULL && streq(text, watching->shown))
		return 0;
	show_change(watching, &look, tree);
	free(watching->shown);
	watching->shown = STEAL(text);
	return 0;
}

/* Until a signal, which is the way to end it and so no error, or until nobody reads any more. */
static int watch(struct watching *watching, const char *name, long long seconds, int *status, struct error **err)
{
	int rc = 0;

	cancel_catch();
	while (rc == 0 && cancel_signal() == 0) {
		rc = look_again(watching, name, err);
		if (fflush(stdout) != 0)
			break;
		if (rc == 0)
			runner_pump(watching->env->docker->runner, NULL, 0, seconds * 1000);
	}
	free(watching->shown);
	if (cancel_signal() == 0)
		return rc;
	error_free(err);
	*status = 128 + cancel_signal();
	return 0;
}

/* ------------------------------------------------------------------ the command */

/* --remote asks docker there from the beginning. Each look of --watch goes by the same, which else is the endpoint. */
static int show(const struct cli *cli, const struct invocation *in, struct look *look, long long seconds, int *status,
		struct error **err)
{
	AUTO(site) site = { 0 };
	struct watching watching = { .cli = cli, .in_place = output_is_terminal(cli) };

	if (in_output(in, &watching.format, err) < 0 || reach_find(cli, in, look->record.name, &site, err) < 0 ||
	    (in_has(in, "remote") && site_open(&site, cli->may_ask, err) < 0))
		return -1;
	watching.env = site.env;
	if (in_has(in, "watch"))
		return watch(&watching, look->record.name, seconds, status, err);
	if (in_has(in, "remote") ? gateway_status(site.env, &look->record, &look->now, err) < 0
				 : gateway_status_at(&site, &look->record, cli->may_ask, &look->now, err) < 0)
		return -1;
	show_once(cli, look, watching.format);
	*status = gateway_state_exit_code(look->now.state);
	return 0;
}

static int run(const struct cli *cli, const struct invocation *in, int *status, struct error **err)
{
	const char *every = in_value(in, "watch");
	long long seconds = WATCH_S;
	autofree char *name = NULL;
	AUTO(look) look = { 0 };
	enum output_format format;
	bool chosen;

	if (in_output(in, &format, err) < 0 ||
	    (every != NULL && *every != '\0' && in_number(in, "watch", 1, WATCH_MAX_S, &seconds, err) < 0) ||
	    cli_gateway_name(cli, in, NAME_READ, &name, &chosen, err) < 0 ||
	    load(cli, name, chosen, &look, err) < 0)
		return -1;
	if (look.record.name != NULL) {
		show_warn_expiry(cli, &look.record);
		return show(cli, in, &look, seconds, status, err);
	}
	show_once(cli, &look, format);
	*status = 3;
	return 0;
}

const struct command cmd_status = {
	.path = "status",
	.summary = "show whether a gateway can be used",
	.details = "Exit status: 0 connected, 1 unknown, 3 no such gateway, 5 docker or the endpoint does not answer,\n"
		   "6 TLS does not fit (openshell gateway trust), 8 stopped, starting or unhealthy.",
	.examples = "openshell status\n"
		    "openshell status --watch\n"
		    "openshell status --name two -o json | jq -r .state",
	.options = options,
	.run = run,
};
