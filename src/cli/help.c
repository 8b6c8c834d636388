/* SPDX-License-Identifier: Apache-2.0 */
/* Help from the command table. */
#include "cli/help.h"

const struct opt global_options[] = {
	{ "gateway", 'g', "NAME", "the gateway to use" },
	{ "verbose", 'v', NULL, "show every command that is run and every change of state" },
	{ "help", 'h', NULL, "show help" },
	{ "version", 'V', NULL, "show the version" },
	OPT_END,
};

static void print_option(FILE *out, const struct opt *option)
{
	autofree char *letter = option->letter ? xasprintf("-%c, ", option->letter) : xstrdup("    ");
	autofree char *left = xasprintf("%s--%s%s%s", letter, option->name, option->arg ? " " : "",
					option->arg ? option->arg : "");

	fprintf(out, "  %-28s %s\n", left, option->help);
}

static void print_options(FILE *out, const char *title, const struct opt *options)
{
	if (options == NULL || options->name == NULL)
		return;
	fprintf(out, "\n%s\n", title);
	for (; options->name != NULL; options++)
		print_option(out, options);
}

static bool in_group(const struct command *command, const char *group)
{
	size_t len = strlen(group);

	return strncmp(command->path, group, len) == 0 && command->path[len] == ' ';
}

static void print_commands(FILE *out, const struct command *const *commands, size_t count, const char *group)
{
	for (size_t i = 0; i < count; i++)
		if (group == NULL || in_group(commands[i], group))
			fprintf(out, "  %-18s %s\n", commands[i]->path, commands[i]->summary);
}

void help_root(FILE *out, const struct command *const *commands, size_t count)
{
	fprintf(out, "openshell runs a single-node Kubernetes gateway in one docker container.\n\n"
		     "USAGE\n  openshell [-g NAME] COMMAND [OPTIONS]\n\nCOMMANDS\n");
	print_commands(out, commands, count, NULL);
	print_options(out, "OPTIONS", global_options);
	fprintf(out, "\nEXAMPLES\n  openshell gateway start\n  openshell status\n"
		     "  openshell doctor exec -- kubectl get pods -A\n"
		     "\n'openshell COMMAND --help' tells more of a command; openshell(1) tells all.\n");
}

void help_group(FILE *out, const struct command *const *commands, size_t count, const char *group)
{
	fprintf(out, "USAGE\n  openshell %s COMMAND [OPTIONS]\n\nCOMMANDS\n", group);
	print_commands(out, commands, count, group);
	fprintf(out, "\n'openshell COMMAND --help' tells more of a command.\n");
}

void help_command(FILE *out, const struct command *command)
{
	fprintf(out, "%s\n\nUSAGE\n  openshell %s [OPTIONS]%s%s\n", command->summary, command->path,
		command->operands ? " " : "", command->operands ? command->operands : "");
	if (command->details != NULL)
		fprintf(out, "\n%s\n", command->details);
	print_options(out, "OPTIONS", command->options);
	print_options(out, "GLOBAL OPTIONS", global_options);
}

void help_dump(FILE *out, const struct command *const *commands, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "%s\n", commands[i]->path);
		for (const struct opt *o = commands[i]->options; o != NULL && o->name != NULL; o++)
			fprintf(out, "%s --%s\n", commands[i]->path, o->name);
	}
	for (const struct opt *o = global_options; o->name != NULL; o++)
		fprintf(out, "--%s\n", o->name);
}
