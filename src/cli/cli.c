/* SPDX-License-Identifier: Apache-2.0 */
/* The command table, dispatch, and the one place where errors are printed. */
#include "cli/cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/complete.h"
#include "cli/help.h"
#include "cli/lookup.h"
#include "cli/near.h"
#include "cli/output.h"
#include "cli/parse.h"
#include "cli/progress.h"
#include "cli/reach.h"
#include "gateway/diagnose.h"
#include "store/registry.h"

const struct command *const cli_commands[] = {
	&cmd_gateway_start, &cmd_gateway_stop,   &cmd_gateway_destroy, &cmd_gateway_info, &cmd_gateway_list,
	&cmd_gateway_select, &cmd_gateway_add,   &cmd_gateway_remove,  &cmd_gateway_migrate, &cmd_status,
	&cmd_doctor_check,   &cmd_doctor_logs,   &cmd_doctor_exec,   &cmd_doctor_bundle,
	&cmd_gateway_trust, &cmd_gateway_kubeconfig, &cmd_completions,
};
const size_t cli_command_count = ARRAY_LEN(cli_commands);

/* ------------------------------------------------------------------ which command */

/* Who knows a word of a command may have left out the group. */
static int unknown_command(const char *word, struct error **err)
{
	struct near near = { .word = word };
	autofree char *likely = NULL;

	for (size_t i = 0; i < cli_group_count; i++)
		near_offer(&near, cli_groups[i].name, cli_groups[i].name);
	for (size_t i = 0; i < cli_command_count; i++) {
		const char *path = cli_commands[i]->path, *blank = strchr(path, ' ');

		near_offer(&near, blank ? blank + 1 : path, path);
	}
	likely = near_text(&near, "");
	return error_set(err, ERROR_USAGE, "unknown command '%s'%s", word, near.n > 0 ? likely : " (see openshell --help)");
}

static int unknown_in_group(const struct group *group, const char *word, struct error **err)
{
	struct near near = { .word = word };
	autofree char *prefix = xasprintf("%s ", group->name), *likely = NULL;

	for (size_t i = 0; i < cli_command_count; i++) {
		const char *known = lookup_word_in(cli_commands[i], group);

		if (known != NULL)
			near_offer(&near, known, known);
	}
	likely = near_text(&near, prefix);
	if (near.n > 0)
		return error_set(err, ERROR_USAGE, "unknown command '%s%s'%s", prefix, word, likely);
	return error_set(err, ERROR_USAGE, "unknown command '%s%s' (see openshell %s --help)", prefix, word,
			 group->name);
}

/* No command was named: help where that was asked for, else an error. */
static int without_command(const struct globals *globals, int argc, char **argv, struct error **err)
{
	const struct group *group = argc > 0 ? lookup_group(argv[0]) : NULL;

	if (argc > 0 && (streq(argv[argc - 1], "--help") || streq(argv[argc - 1], "-h")))
		argc--;
	if (globals->version) {
		printf("openshell %s\n", PACKAGE_VERSION);
		return 0;
	}
	if (argc == 0 || (streq(argv[0], "help") && argc == 1)) {
		help_root(stdout);
		return 0;
	}
	if (group && argc == 1) {
		help_group(stdout, group);
		return 0;
	}
	if (streq(argv[0], "__dump")) {
		help_dump(stdout);
		return 0;
	}
	return group ? unknown_in_group(group, argv[1], err) : unknown_command(argv[0], err);
}

static int check_operands(const struct invocation *in, struct error **err)
{
	const struct command *command = in->command;

	if (in->operand_count < command->min_operands)
		return error_set(err, ERROR_USAGE, "%s: %s is missing (see openshell %s --help)", command->path,
				 command->operands, command->path);
	if (command->max_operands >= 0 && in->operand_count > command->max_operands)
		return error_set(err, ERROR_USAGE, "%s: unexpected argument '%s'", command->path,
				 in->operands[command->max_operands]);
	return 0;
}

/* ------------------------------------------------------------------ the gateway's name */

const char *cli_variable_gateway(const struct cli *cli, struct argv *warnings)
{
	const char *name = cli->settings->gateway;

	if (name == NULL || name_is_readable(name))
		return name;
	argv_add(warnings, "OPENSHELL_GATEWAY is ignored: it does not hold a gateway name");
	return NULL;
}

int cli_gateway_name(const struct cli *cli, const struct invocation *in, enum name_use use, char **name, bool *chosen,
		     struct error **err)
{
	int flag = in_index(in, "name");
	AUTO(argv) warnings = ARGV_INIT;
	autofree char *active = NULL;
	const char *variable = use == NAME_READ ? cli_variable_gateway(cli, &warnings) : cli->settings->gateway;
	const struct {
		const char *value, *what;
	} sources[] = {
		{ flag < 0 ? NULL : in->values[flag], "--name" }, { in->gateway, "--gateway" }, { variable, "OPENSHELL_GATEWAY" },
	};

	*chosen = true;
	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		if (sources[i].value == NULL)
			continue;
		if ((use == NAME_MAKE ? name_check : name_check_existing)(sources[i].value, sources[i].what, err) < 0)
			return -1;
		*name = xstrdup(sources[i].value);
		*cli->meant = xstrdup(*name);
		return 0;
	}
	if (use != NAME_MAKE)
		active = registry_active(cli->paths, &warnings);
	output_warnings(cli, &warnings);
	*chosen = active != NULL;
	*name = active ? STEAL(active) : xstrdup("openshell");
	*cli->meant = xstrdup(*name);
	return 0;
}

char *cli_near_gateways(const struct cli *cli, const char *name)
{
	AUTO(argv) names = ARGV_INIT;
	struct near near = { .word = name };

	registry_names(cli->paths, "", &names);
	for (size_t i = 0; i < names.n; i++)
		near_offer(&near, names.v[i], names.v[i]);
	return near_text(&near, "");
}

/* ------------------------------------------------------------------ the lock */

#define LOCK_WAIT_S 600

int cli_lock(const struct cli *cli, const struct invocation *in, const char *name, struct lock *lock,
	     struct error **err)
{
	const char *wait = in_value(in, "wait-lock");
	long long seconds = LOCK_WAIT_S;
	autofree char *why = NULL;

	if (wait != NULL && *wait != '\0' && in_number(in, "wait-lock", 1, 86400, &seconds, err) < 0)
		return -1;
	if (lock_take(lock, cli->paths, name, in->command->path, err) == 0)
		return 0;
	if (!error_is(*err, ERROR_CONFLICT))
		return -1;
	if (wait == NULL)
		return error_hint(err, "wait until it has ended: --wait-lock");
	why = error_text(*err);
	progress_note(cli->env, "%s; waiting for its end", why);
	error_free(err);
	return lock_wait(lock, cli->paths, name, in->command->path, cli->clock, seconds * 1000, err);
}

/* ------------------------------------------------------------------ running it */

/* One run of the program. */
struct session {
	const struct app *app;
	struct invocation in;
	char *meant; /* the gateway */
	int status;
};

/* There is none of that name, but there may be one of nearly that name. */
static void suggest_gateway(const struct cli *cli, struct error *err)
{
	autofree char *likely = NULL;

	if (err == NULL || *cli->meant == NULL || !streq(error_code_name(err), "gateway-absent"))
		return;
	likely = cli_near_gateways(cli, *cli->meant);
	error_append(err, likely);
}

static int run_command(struct session *session, struct error **err)
{
	const struct app *app = session->app;
	const struct invocation *in = &session->in;
	struct settings settings;
	AUTO(paths) paths = { 0 };
	AUTO(argv) warnings = ARGV_INIT;
	struct docker docker = { .runner = app->runner };
	struct cli cli = { .settings = &settings, .paths = &paths, .clock = app->clock, .meant = &session->meant };
	struct gateway_env env = { .settings = &settings, .paths = &paths, .docker = &docker, .clock = app->clock };
	int rc;

	umask(077); /* whatever it was: ours are private, and for us to use */
	if (settings_read(&settings, err) < 0 || paths_init(&paths, &settings.paths, &warnings, err) < 0)
		return -1;
	docker.timeout_ms = settings.docker_timeout_ms;
	docker.pull_timeout_ms = settings.pull_timeout_ms;
	docker.push_timeout_ms = settings.push_timeout_ms;
	env.progress = progress_open(&settings);
	cli.env = &env;
	cli.may_ask = progress_may_ask() && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
	output_warnings(&cli, &warnings);
	rc = in->command->run(&cli, in, &session->status, err);
	suggest_gateway(&cli, *err);
	progress_close(*err);
	return rc;
}

/* How stderr is to look, also for the error of a command line that is wrong elsewhere (*err is that, or NULL). */
static int choose_progress(const struct app *app, const struct invocation *in, struct error **err)
{
	autoerror struct error *failed = NULL;
	int mode = PROGRESS_AUTO, rc = 0;

	if (in_index(in, "progress") >= 0)
		rc = in_word(in, "progress", &mode, &failed);
	progress_choose((enum progress_mode)mode, in_index(in, "quiet") >= 0 && in_has(in, "quiet"), app->clock);
	if (rc < 0 && *err == NULL)
		*err = STEAL(failed);
	return rc;
}

/* Options between a group and its command are global ones; the group's name changes places with the last of them. */
static int parse_in_group(struct invocation *in, int *argc, char ***argv, struct globals *globals, struct error **err)
{
	char *group, **last;

	if (*argc < 2 || (*argv)[1][0] != '-' || lookup_group((*argv)[0]) == NULL)
		return 0;
	if (parse_options(in, *argc, *argv, globals, err) < 0)
		return -1;
	group = (*argv)[0];
	last = *argv + optind - 1;
	(*argv)[0] = *last;
	*last = group;
	*argc -= optind - 1;
	*argv = last;
	return 0;
}

static int parse_and_run(struct session *session, int argc, char **argv, struct error **err)
{
	struct invocation *in = &session->in;
	struct globals globals = { 0 };
	int words, rc;

	if (parse_options(in, argc, argv, &globals, err) < 0)
		return -1;
	argc -= optind;
	argv += optind;
	if (argc > 1 && streq(argv[0], "help")) { /* help COMMAND is COMMAND --help */
		globals.help = true;
		argc--;
		argv++;
	}
	if (parse_in_group(in, &argc, &argv, &globals, err) < 0)
		return -1;
	words = globals.version ? 0 : lookup_words(argc, argv, &in->command);
	if (words == 0)
		return without_command(&globals, argc, argv, err);
	/* the last word of the command takes the place of a program's name */
	argc -= words - 1;
	argv += words - 1;
	rc = parse_options(in, argc, argv, &globals, err);
	if (choose_progress(session->app, in, err) < 0 || rc < 0)
		return -1;
	in->operands = argv + optind;
	in->operand_count = argc - optind;
	in->gateway = globals.gateway;
	log_set_level(globals.verbose);
	if (globals.version)
		return without_command(&globals, 0, NULL, err);
	if (globals.help) {
		help_command(stdout, in->command);
		return 0;
	}
	if (check_operands(in, err) < 0 ||
	    (in->gateway != NULL && name_check_existing(in->gateway, "--gateway", err) < 0))
		return -1;
	return run_command(session, err);
}

/* For an error: also where the command has no such option, or there is no command. */
static enum output_format wanted_format(const struct invocation *in)
{
	autoerror struct error *ignored = NULL;
	enum output_format format = OUTPUT_TABLE;

	if (in_index(in, "output") < 0 || in_output(in, &format, &ignored) < 0)
		return OUTPUT_TABLE;
	return format;
}

/* The answer may have gone nowhere: a full disk, or a closed pipe, which is nothing to complain of. */
static int flush_answer(int *status, struct error **err)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	*status = *status != 0 ? *status : 1;
	if (errno == EPIPE)
		return 0;
	error_errno(err, "cannot write the output");
	(*err)->exit_code = *status;
	return -1;
}

int cli_main(const struct app *app, int argc, char **argv)
{
	autoerror struct error *err = NULL;
	struct session session = { .app = app };

	if (argc > 1 && streq(argv[1], "__complete"))
		return complete(stdout, argc - 2, argv + 2);
	if (parse_and_run(&session, argc, argv, &err) < 0 || flush_answer(&session.status, &err) < 0) {
		enum output_format format = wanted_format(&session.in);

		diagnose(err, session.meant);
		reach_advise(&session.in, err);
		fflush(stdout);
		progress_error(err);
		if (format != OUTPUT_TABLE)
			output_error_tree(err, session.in.command->path, format);
		session.status = error_exit_code(err);
		fflush(stdout);
	} else {
		progress_status(session.status);
	}
	for (size_t i = 0; i < OPTIONS_MAX; i++)
		argv_release(&session.in.lists[i]);
	free(session.meant);
	return session.status;
}
