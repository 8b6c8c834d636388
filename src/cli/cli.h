/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command table and what a command is given. Help, usage errors, completion and the man page check
 * all come from this table. To add a command: a `const struct command` beside the code that serves it,
 * and its address in the array in cli.c.
 *
 * What a value may be is said as a synopsis says it, and read by spec.h: alternatives with '|' between
 * them, of which those in lower case are words to type ("table|json|yaml", "FILE|none"), and those in
 * upper case stand for something: NAME for a gateway, FILE for a file, DIR for a directory, any other
 * for what cannot be guessed. "..." at its end: the option may be given several times.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "base/argv.h"
#include "base/base.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/proc.h"
#include "gateway/gateway.h"
#include "store/lock.h"

struct opt {
	const char *name; /* without the dashes; NULL ends a table */
	char letter;      /* 0: none */
	const char *arg;  /* what its value may be; NULL: a flag; "[N]": an optional number */
	const char *help;
};

struct invocation;
struct cli;

struct command {
	const char *path;     /* "gateway start" */
	const char *operands; /* "[NAME]", "-- COMMAND..."; NULL: none */
	const char *summary;
	const char *details;  /* more help text, or NULL */
	const char *examples; /* lines for a shell */
	const struct opt *options;
	int min_operands, max_operands; /* max -1: any, and options end at the first operand */
	/* 0, or -1 with an error; *status is the exit status of a success that is not 0. */
	int (*run)(const struct cli *cli, const struct invocation *in, int *status, struct error **err);
};

#define OPTIONS_MAX 32

struct invocation {
	const struct command *command;
	const char *values[OPTIONS_MAX]; /* by index in command->options; NULL: not given */
	struct argv lists[OPTIONS_MAX];  /* likewise: all values of one that may be given several times */
	char **operands;                 /* ends with NULL */
	int operand_count;
	const char *gateway;             /* -g */
};

/* The value of an option of the command's table: NULL when not given, "" for a flag or an optional
 * number left out. */
const char *in_value(const struct invocation *in, const char *option);
bool in_has(const struct invocation *in, const char *option);
/* All values of an option that may be given several times. */
const struct argv *in_list(const struct invocation *in, const char *option);

/* A whole number of plain digits within the bounds; *value stays when the option was not given. */
int in_number(const struct invocation *in, const char *option, long long min, long long max, long long *value,
	      struct error **err) MUST_CHECK;

/* Which of the option's words ("a|b|c" in the table) was given, from 0 on; *index stays when none was. */
int in_word(const struct invocation *in, const char *option, int *index, struct error **err) MUST_CHECK;

enum output_format { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_YAML };
/* The value of --output. */
int in_output(const struct invocation *in, enum output_format *format, struct error **err) MUST_CHECK;

struct cli {
	const struct settings *settings;
	const struct paths *paths;
	const struct gateway_env *env;
	const struct clock *clock;
	char **meant; /* a copy of the gateway's name, once it is known: for the advice after a failure */
	bool may_ask; /* somebody at a terminal can be asked */
};

/* What a command wants the name of a gateway for. */
enum name_use {
	NAME_MAKE,   /* it must be one for a new gateway; the active one is not meant */
	NAME_CHANGE, /* a name that cannot be one is an error: the next best is not to be changed instead */
	NAME_READ,   /* one in OPENSHELL_GATEWAY is passed over with a warning, as one in the active file always is */
};

/* What OPENSHELL_GATEWAY names; NULL, with a warning where it cannot be a name, else. Borrowed. */
const char *cli_variable_gateway(const struct cli *cli, struct argv *warnings);

/* Which gateway a command means: --name, -g, OPENSHELL_GATEWAY, the active one; else "openshell". *chosen: somebody
 * named it. The caller frees *name. */
int cli_gateway_name(const struct cli *cli, const struct invocation *in, enum name_use use, char **name,
		     bool *chosen, struct error **err) MUST_CHECK;

/* " (did you mean 'x'?)" with names of gateways that are like this one, or ""; the caller frees. */
char *cli_near_gateways(const struct cli *cli, const char *name);

/* The gateway's lock, for a command whose table has OPT_WAIT_LOCK; a wait for it is told. */
int cli_lock(const struct cli *cli, const struct invocation *in, const char *name, struct lock *lock,
	     struct error **err) MUST_CHECK;

struct app {
	const struct clock *clock;
	const struct runner *runner;
};

/* The exit status. Prints errors. */
int cli_main(const struct app *app, int argc, char **argv);

extern const struct command *const cli_commands[];
extern const size_t cli_command_count;

extern const struct command cmd_gateway_start, cmd_gateway_stop, cmd_gateway_destroy, cmd_gateway_info,
	cmd_gateway_list, cmd_gateway_migrate, cmd_gateway_select, cmd_gateway_add, cmd_gateway_remove,
	cmd_gateway_trust, cmd_gateway_kubeconfig, cmd_status, cmd_doctor_logs, cmd_doctor_exec, cmd_doctor_check, cmd_doctor_bundle,
	cmd_completions;

#define OPT_NAME { "name", 0, "NAME", "the gateway (default: -g, OPENSHELL_GATEWAY, the active one, \"openshell\")" }
#define OPT_OUTPUT { "output", 'o', "table|json|yaml", "how to give the answer (default: table)" }
#define OPT_PROGRESS { "progress", 0, "auto|plain|json", "what stderr shows; json is for programs (default: auto)" }
#define OPT_QUIET { "quiet", 'q', NULL, "show warnings and errors only" }
#define OPT_FORCE { "force", 0, NULL, "also when the gateway belongs to another docker engine" }
#define OPT_WAIT_LOCK { "wait-lock", 0, "[SECONDS]", "wait while another openshell is at work on it (default: 600)" }
#define OPT_END { NULL, 0, NULL, NULL }

#endif
