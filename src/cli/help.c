/* SPDX-License-Identifier: Apache-2.0 */
/* Help from the command table, for a terminal of 80 columns. */
#include "cli/help.h"

#define WIDTH 80
#define OPTION_COLUMN 31

/* Words from a column on, of which the first `at` are written already. Texts are ASCII. */
static void print_words(FILE *out, size_t at, size_t column, const char *text)
{
	bool first = true;

	while (*text != '\0') {
		size_t len = strcspn(text, " \n");

		if (!first && at + 1 + len > WIDTH) {
			fputc('\n', out);
			at = 0;
			first = true;
		}
		fprintf(out, "%*s%.*s", first ? (int)(column - at) : 1, "", (int)len, text);
		at = (first ? column : at + 1) + len;
		first = false;
		text += len + (text[len] != '\0');
	}
	fputc('\n', out);
}

/* What is left of the column and too wide for it has a line of its own. */
static void print_row(FILE *out, const char *left, size_t column, const char *text)
{
	size_t at = (size_t)fprintf(out, "  %s", left);

	if (at + 1 > column) {
		fputc('\n', out);
		at = 0;
	}
	print_words(out, at, column, text);
}

static void print_options(FILE *out, const char *title, const struct opt *options)
{
	if (options == NULL || options->name == NULL)
		return;
	fprintf(out, "\n%s\n", title);
	for (; options->name != NULL; options++) {
		autofree char *letter = options->letter ? xasprintf("-%c, ", options->letter) : xstrdup("    ");
		autofree char *left = xasprintf("%s--%s%s%s", letter, options->name, options->arg ? " " : "",
						options->arg ? options->arg : "");

		print_row(out, left, OPTION_COLUMN, options->help);
	}
}

/* Indents lines. */
static void print_examples(FILE *out, const char *lines)
{
	fputs("\nEXAMPLES\n", out);
	while (*lines != '\0') {
		size_t len = strcspn(lines, "\n");

		fprintf(out, "  %.*s\n", (int)len, lines);
		lines += len + (lines[len] == '\n');
	}
}

static bool is_listed(const struct command *command, const struct group *group)
{
	return group == NULL || lookup_word_in(command, group) != NULL;
}

static void print_commands(FILE *out, const struct group *group)
{
	size_t widest = 0;

	for (size_t i = 0; i < cli_command_count; i++)
		if (is_listed(cli_commands[i], group) && strlen(cli_commands[i]->path) > widest)
			widest = strlen(cli_commands[i]->path);
	for (size_t i = 0; i < cli_command_count; i++)
		if (is_listed(cli_commands[i], group))
			print_row(out, cli_commands[i]->path, widest + 4, cli_commands[i]->summary);
}

void help_root(FILE *out)
{
	fputs("openshell runs a single-node Kubernetes gateway in one docker container.\n\n"
	      "USAGE\n  openshell [-g NAME] COMMAND [OPTIONS]\n\nCOMMANDS\n",
	      out);
	print_commands(out, NULL);
	print_options(out, "OPTIONS", global_options);
	fputs("\nALIAS\n", out);
	for (size_t i = 0; i < cli_group_count; i++)
		print_row(out, cli_groups[i].alias, 6, cli_groups[i].name);
	print_examples(out, "openshell gateway start\nopenshell status\nopenshell doctor exec -- kubectl get pods -A");
	fputs("\n'openshell help COMMAND' tells more of a command; openshell(1) tells all.\n", out);
}

void help_group(FILE *out, const struct group *group)
{
	fprintf(out, "%s\n\nUSAGE\n  openshell %s COMMAND [OPTIONS]\n\nALIAS\n  %s\n\nCOMMANDS\n", group->summary, group->name,
		group->alias);
	print_commands(out, group);
	print_options(out, "GLOBAL OPTIONS", global_options);
	fprintf(out, "\n'openshell help %s COMMAND' tells more of a command.\n", group->name);
}

void help_command(FILE *out, const struct command *command)
{
	print_words(out, 0, 0, command->summary);
	fprintf(out, "\nUSAGE\n  openshell %s%s%s%s\n", command->path,
		command->options ? " [OPTIONS]" : "", command->operands ? " " : "",
		command->operands ? command->operands : "");
	if (command->details != NULL) {
		fputc('\n', out);
		print_words(out, 0, 0, command->details);
	}
	print_options(out, "OPTIONS", command->options);
	print_options(out, "GLOBAL OPTIONS", global_options);
	if (command->examples != NULL)
		print_examples(out, command->examples);
}

static void dump_options(FILE *out, const char *kind, const struct opt *options)
{
	for (; options != NULL && options->name != NULL; options++)
		fprintf(out, "%s %s %c %s\n", kind, options->name, options->letter ? options->letter : '-',
			options->arg ? options->arg : "");
}

void help_dump(FILE *out)
{
	for (size_t i = 0; i < cli_group_count; i++)
		fprintf(out, "group %s %s\n", cli_groups[i].name, cli_groups[i].alias);
	dump_options(out, "global", global_options);
	for (size_t i = 0; i < cli_command_count; i++) {
		fprintf(out, "command %s\n", cli_commands[i]->path);
		if (cli_commands[i]->operands != NULL)
			fprintf(out, "operands %s\n", cli_commands[i]->operands);
		dump_options(out, "option", cli_commands[i]->options);
	}
}
