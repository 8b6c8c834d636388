/* SPDX-License-Identifier: Apache-2.0 */
/* doctor logs, exec, check, bundle */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/file.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/reach.h"
#include "gateway/check.h"
#include "gateway/dossier.h"
#include "gateway/observe.h"
#include "gateway/teardown.h"

static int no_container(const struct site *site, const char *name, struct error **err)
{
	autofree char *place = gateway_place(site->env);

	error_set(err, ERROR_ABSENT, "gateway '%s' has no container %s", name, place);
	return error_code(err, "gateway-absent");
}

/* ------------------------------------------------------------------ logs */

static const struct opt logs_options[] = {
	OPT_NAME,
	OPT_REMOTE,
	{ "lines", 'l', "N", "show the last N lines (default: all)" },
	{ "tail", 0, "[N]", "with N: show the last N lines; without: follow" },
	{ "follow", 'f', NULL, "show new lines as they come, until Ctrl-C" },
	OPT_FORCE,
	OPT_END,
};

static int check_lines(const char *option, const char *value, struct error **err)
{
	if (value == NULL || (*value != '\0' && strlen(value) <= 9 && value[strspn(value, "0123456789")] == '\0'))
		return 0;
	return error_set(err, ERROR_USAGE, "--%s: '%s' is no number of lines", option, value);
}

static int run_logs(const struct cli *cli, const struct invocation *in, int *status, struct error **err)
{
	const char *lines = in_value(in, "lines"), *tail = in_value(in, "tail");
	bool follow = in_has(in, "follow") || (tail != NULL && *tail == '\0');
	autofree char *name = NULL;
	AUTO(container) container = { 0 };
	AUTO(site) site = { 0 };
	bool chosen;

	if (tail != NULL && *tail == '\0')
		tail = NULL;
	if (check_lines("lines", lines, err) < 0 || check_lines("tail", tail, err) < 0 ||
	    cli_gateway_name(cli, in, NAME_READ, &name, &chosen, err) < 0 || reach_open(cli, in, name, &site, err) < 0 ||
	    gateway_find_container(site.env, name, in_has(in, "force"), &container, err) < 0)
		return -1;
	if (container.phase == PHASE_ABSENT)
		return no_container(&site, name, err);
	if (tail == NULL)
		tail = lines ? lines : follow ? "0" : "all";
	return docker_logs_show(site.env->docker, container.id, tail, follow, status, err);
}

const struct command cmd_doctor_logs = {
	.path = "doctor logs",
	.summary = "show the log of a gateway's container",
	.examples = "openshell doctor logs --lines 100\n"
		    "openshell doctor logs --name two --follow",
	.options = logs_options,
	.run = run_logs,
};

/* ------------------------------------------------------------------ exec */

static const struct opt exec_options[] = { OPT_NAME, OPT_REMOTE, OPT_FORCE, OPT_END };

static int run_exec(const struct cli *cli, const struct invocation *in, int *status, struct error **err)
{
	autofree char *name = NULL;
	AUTO(container) container = { 0 };
	AUTO(argv) command = ARGV_INIT;
	AUTO(site) site = { 0 };
	bool chosen, tty = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);

	if (cli_gateway_name(cli, in, NAME_CHANGE, &name, &chosen, err) < 0 ||
	    reach_open(cli, in, name, &site, err) < 0 || gateway_find_container(site.env, name, in_has(in, "force"), &container, err) < 0)
		return -1;
	if (container.phase == PHASE_ABSENT)
		return no_container(&site, name, err);
	if (container.phase != PHASE_RUNNING) {
		error_set(err, ERROR_UNHEALTHY, "the container of gateway '%s' is not running (%s)", name,
			  container_phase_name(container.phase));
		return error_code(err, "gateway-stopped");
	}
	argv_addv(&command, (const char *const *)in->operands);
	return docker_exec_interactive(site.env->docker, container.id, &command, tty, status, err);
}

const struct command cmd_doctor_exec = {
	.path = "doctor exec",
	.operands = "-- COMMAND [ARGUMENT...]",
	.summary = "run a command in a gateway's container; its exit status is passed on",
	.details = "KUBECONFIG is set, so that kubectl works. No shell splits or expands the arguments.",
	.examples = "openshell doctor exec -- kubectl get pods -A\n"
		    "openshell doctor exec --name two -- sh",
	.options = exec_options,
	.min_operands = 1,
	.max_operands = -1,
	.run = run_exec,
};

/* ------------------------------------------------------------------ check */

static const struct opt check_options[] = {
	OPT_NAME, OPT_REMOTE, { "port", 0, "PORT", "the port to check (default: the gateway's, or 8080)" }, OPT_OUTPUT, OPT_END,
};

static int recorded_port(const struct cli *cli, const char *name)
{
	AUTO(record) record = { 0 };
	autoerror struct error *ignored = NULL;

	return registry_load(cli->paths, name, &record, &ignored) == 0 && record.port > 0 ? record.port : DEFAULT_PORT;
}

static int check_port_of(const struct cli *cli, const struct invocation *in, const char *name, int *port,
			 struct error **err)
{
	long long value = recorded_port(cli, name);

	if (in_number(in, "port", 1, 65535, &value, err) < 0)
		return -1;
	*port = (int)value;
	return 0;
}

static void print_finding(const struct finding *finding)
{
	static const char *const words[] = { "ok", "warning", "FAILED" };
	bool good = finding->code == NULL;
	autofree char *value = xasprintf("%s%s%s%s: %s", words[finding->verdict], good ? "" : " (",
					 good ? "" : finding->code, good ? "" : ")", finding->text);

	output_field(finding->what, value);
	if (finding->fix != NULL)
		printf("  %-13s fix: %s\n", "", finding->fix);
	if (finding->command != NULL)
		printf("  %-13s run: %s\n", "", finding->command);
}

static void print_summary(const struct findings *findings)
{
	size_t failed = findings_count(findings, CHECK_FAIL), warned = findings_count(findings, CHECK_WARN);

	if (failed == 0)
		fputs("\nAll checks passed.", stdout);
	else
		printf("\n%zu check%s failed.", failed, failed == 1 ? "" : "s");
	if (warned > 0)
		printf(" %zu warning%s.", warned, warned == 1 ? "" : "s");
	puts("");
}

static void print_findings(const struct site *site, const struct findings *findings)
{
	printf("Checking %s\n\n", site_is_remote(site) ? site->remote.address : "this host");
	for (size_t i = 0; i < findings->n; i++)
		print_finding(&findings->v[i]);
	print_summary(findings);
}

static void print_findings_tree(const struct findings *findings, enum output_format format)
{
	autotree cJSON *tree = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(tree, "checks");

	for (size_t i = 0; i < findings->n; i++) {
		const struct finding *finding = &findings->v[i];
		cJSON *item = cJSON_CreateObject();

		tree_add_str(item, "check", finding->what);
		tree_add_str(item, "verdict", check_verdict_name(finding->verdict));
		tree_add_str(item, "code", finding->code);
		tree_add_str(item, "text", finding->text);
		tree_add_str(item, "fix", finding->fix);
		tree_add_str(item, "command", finding->command);
		cJSON_AddItemToArray(list, item);
	}
	tree_add_str(tree, "verdict", check_verdict_name(findings_verdict(findings)));
	cJSON_AddNumberToObject(tree, "exit_code", findings_exit_code(findings));
	output_tree(tree, format);
}

static int run_check(const struct cli *cli, const struct invocation *in, int *status, struct error **err)
{
	autofree char *name = NULL;
	AUTO(findings) findings = { .n = 0 };
	AUTO(site) site = { 0 };
	enum output_format format;
	bool chosen;
	int port;

	if (in_output(in, &format, err) < 0 || cli_gateway_name(cli, in, NAME_READ, &name, &chosen, err) < 0 ||
	    check_port_of(cli, in, name, &port, err) < 0 || reach_open(cli, in, name, &site, err) < 0)
		return -1;
	gateway_check(site.env, name, port, "", &findings);
	if (format == OUTPUT_TABLE)
		print_findings(&site, &findings);
	else
		print_findings_tree(&findings, format);
	*status = findings_exit_code(&findings);
	return 0;
}

const struct command cmd_doctor_check = {
	.path = "doctor check",
	.summary = "check whether this host can run a gateway",
	.details = "Looks at docker, its host and the port, and changes nothing. openshell(1) lists the checks.\n"
		   "Exit status: 0, or that of the first check that failed; warnings do not count.",
	.examples = "openshell doctor check\n"
		    "openshell doctor check --port 9090 -o json",
	.options = check_options,
	.run = run_check,
};

/* ------------------------------------------------------------------ bundle */

static const struct opt bundle_options[] = { OPT_NAME, OPT_REMOTE, OPT_FORCE, OPT_END };

/* "openshell-NAME-20261127T094459Z.tar" of a timestamp "2026-11-27T09:44:59.123Z". The caller frees. */
static char *bundle_file(const char *name)
{
	autofree char *now = clock_timestamp();
	AUTO(buf) stamp = BUF_INIT;

	for (const char *c = now; *c != '\0' && *c != '.' && *c != 'Z'; c++)
		if (*c != '-' && *c != ':')
			buf_add(&stamp, c, 1);
	return xasprintf("openshell-%s-%sZ.tar", name, buf_str(&stamp));
}

/* Before anything is looked at. */
static int check_file(const char *file, struct error **err)
{
	if (streq(file, "-") && isatty(STDOUT_FILENO))
		return error_set(err, ERROR_USAGE, "an archive is not for a terminal: name a FILE, or send stdout elsewhere");
	if (streq(file, "-") || access(file, F_OK) < 0)
		return 0;
	error_set(err, ERROR_CONFLICT, "%s is there already, and is left alone", file);
	error_meaning(err, "An archive takes the place of no other file.");
	return error_hint(err, "Name another FILE, or none");
}

static int write_bundle(const char *file, const struct buf *tar, struct error **err)
{
	if (!streq(file, "-")) {
		if (file_write(file, buf_str(tar), tar->len, err) < 0)
			return -1;
		puts(file);
	} else {
		fwrite(buf_str(tar), 1, tar->len, stdout);
	}
	return 0;
}

static int run_bundle(const struct cli *cli, const struct invocation *in, int *status, struct error **err)
{
	autofree char *name = NULL, *file = NULL;
	AUTO(findings) findings = { .n = 0 };
	AUTO(dossier) dossier = { .lacking = ARGV_INIT };
	AUTO(site) site = { 0 };
	bool chosen;

	(void)status;
	if (cli_gateway_name(cli, in, NAME_READ, &name, &chosen, err) < 0)
		return -1;
	file = in->operand_count > 0 ? xstrdup(in->operands[0]) : bundle_file(name);
	if (check_file(file, err) < 0 || reach_open(cli, in, name, &site, err) < 0)
		return -1;
	cancel_catch();
	gateway_check(site.env, name, recorded_port(cli, name), "", &findings);
	if (gateway_dossier(site.env, name, in_has(in, "force"), &findings, &dossier, err) < 0)
		return -1;
	output_warnings(cli, &dossier.lacking);
	return write_bundle(file, &dossier.tar, err);
}

const struct command cmd_doctor_bundle = {
	.path = "doctor bundle",
	.operands = "[FILE]",
	.summary = "gather what tells why a gateway does not work, for somebody who is to help",
	.details = "FILE becomes a tar archive: the checks, what docker and the cluster say, the log. \"-\" is stdout;\n"
		   "the default is openshell-NAME-TIME.tar. Secrets that are known as such are taken out of it.",
	.examples = "openshell doctor bundle\n"
		    "openshell doctor bundle --name two - | gzip > two.tar.gz",
	.options = bundle_options,
	.max_operands = 1,
	.run = run_bundle,
};
