/* SPDX-License-Identifier: Apache-2.0 */
/* The command table, and the help that is made from it. */
#include "cli/help.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/spec.h"
#include "script.h"
#include "tryout.h"

/* The help of the command, else of the group, else of all; the caller frees. */
static char *help_of(const struct group *group, const struct command *command)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (command != NULL)
		help_command(out, command);
	else if (group != NULL)
		help_group(out, group);
	else
		help_root(out);
	fclose(out);
	return text;
}

static void assert_fits(const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		for (size_t i = 0; i < len; i++)
			assert_true(isprint((unsigned char)text[i]));
		if (len > 80 || (len > 0 && text[len - 1] == ' '))
			fail_msg("too wide, or blanks at the end: %.*s", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

static void help_fits_80_columns_of_ascii(void **state)
{
	autofree char *root = help_of(NULL, NULL);

	(void)state;
	assert_fits(root);
	for (size_t i = 0; i < cli_group_count; i++) {
		autofree char *text = help_of(&cli_groups[i], NULL);

		assert_fits(text);
	}
	for (size_t i = 0; i < cli_command_count; i++) {
		autofree char *text = help_of(NULL, cli_commands[i]);

		assert_fits(text);
	}
}

static void help_names_all_that_there_is(void **state)
{
	autofree char *root = help_of(NULL, NULL);

	(void)state;
	for (size_t i = 0; i < cli_group_count; i++) {
		autofree char *alias = xasprintf("  %s  %s\n", cli_groups[i].alias, cli_groups[i].name);

		assert_non_null(strstr(root, alias));
	}
	for (size_t i = 0; i < cli_command_count; i++) {
		const struct command *command = cli_commands[i];
		autofree char *text = help_of(NULL, command), *usage = xasprintf("\nUSAGE\n  openshell %s", command->path);

		assert_non_null(strstr(root, command->path));
		assert_non_null(strstr(text, usage));
		assert_non_null(strstr(text, "\nEXAMPLES\n"));
		for (const struct opt *o = command->options; o != NULL && o->name != NULL; o++) {
			autofree char *option = xasprintf("--%s", o->name);

			assert_non_null(strstr(text, option));
		}
	}
}

static void a_group_lists_its_commands_and_no_others(void **state)
{
	(void)state;
	for (size_t g = 0; g < cli_group_count; g++) {
		autofree char *text = help_of(&cli_groups[g], NULL);

		for (size_t i = 0; i < cli_command_count; i++) {
			const char *path = cli_commands[i]->path;
			autofree char *row = xasprintf("\n  %s ", path);
			bool is_of_it = str_starts(path, cli_groups[g].name);

			assert_int_equal(strstr(text, row) != NULL, is_of_it);
			assert_int_equal(lookup_word_in(cli_commands[i], &cli_groups[g]) != NULL, is_of_it);
		}
	}
}

static void every_group_of_a_path_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < cli_command_count; i++) {
		const char *path = cli_commands[i]->path, *blank = strchr(path, ' ');
		autofree char *word = blank ? xstrndup(path, (size_t)(blank - path)) : NULL;

		if (word != NULL && lookup_group(word) == NULL)
			fail_msg("'%s': there is no group '%s' in lookup.c", path, word);
	}
}

/* A line of an example up to where a shell would take over, with the openshell in it first; the caller frees. */
static char *command_of(const char *line, size_t len)
{
	autofree char *whole = xstrndup(line, len);
	const char *at = strstr(whole, "openshell ");

	if (at == NULL)
		fail_msg("an example without openshell: %s", whole);
	return xstrndup(at, strcspn(at, "|#>&;)"));
}

static void examples_begin_with_the_command_and_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < cli_command_count; i++) {
		autofree char *begin = xasprintf("openshell %s", cli_commands[i]->path);
		const char *line = cli_commands[i]->examples;

		if (line == NULL)
			fail_msg("'%s' has no example", cli_commands[i]->path);
		while (*line != '\0') {
			size_t len = strcspn(line, "\n");
			autofree char *command = command_of(line, len);

			print_message("           %s\n", command);
			assert_true(str_starts(command, begin));
			assert_int_equal(try_command(command), 0);
			line += len + (line[len] == '\n');
		}
	}
}

static void global_options_and_aliases_parse_before_a_command(void **state)
{
	(void)state;
	assert_int_equal(try_command("openshell --gateway demo status"), 0);
	assert_int_equal(try_command("openshell -g demo -v gw list"), 0);
	assert_int_equal(try_command("openshell --gateway=demo dr check"), 0);
	assert_int_equal(try_command("openshell help gw"), 0);
	assert_int_equal(try_command("openshell help"), 0);
	assert_int_equal(try_command("openshell gw"), 0);
	assert_int_equal(try_command("openshell gw frobnicate"), 2);
	assert_int_equal(try_command("openshell help frobnicate"), 2);
}

static void a_specification_is_read_as_a_synopsis(void **state)
{
	static const struct {
		const char *spec;
		int kinds[4], count;
	} samples[] = {
		{ "table|json|yaml", { VALUE_WORD, VALUE_WORD, VALUE_WORD }, 3 },
		{ "FILE|none", { VALUE_FILE, VALUE_WORD }, 2 },
		{ "ADDR[,ADDR...]|none", { VALUE_OTHER, VALUE_WORD }, 2 },
		{ "[N]", { VALUE_OTHER }, 1 },
		{ "[NAME]", { VALUE_GATEWAY }, 1 },
		{ "DIR", { VALUE_DIRECTORY }, 1 },
		{ "[ARGUMENT...]", { VALUE_FILE }, 1 },
		{ "", { 0 }, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		const char *spec = samples[i].spec;
		struct alternative alternative;
		int n = 0;

		for (; spec_next(&spec, &alternative); n++)
			assert_int_equal(alternative.kind, samples[i].kinds[n]);
		assert_int_equal(n, samples[i].count);
	}
}

static void words_of_a_specification_are_whole_words(void **state)
{
	(void)state;
	assert_int_equal(spec_index("table|json|yaml", "table"), 0);
	assert_int_equal(spec_index("table|json|yaml", "yaml"), 2);
	assert_int_equal(spec_index("FILE|none", "none"), 1);
	assert_int_equal(spec_index("FILE|none", "FILE"), -1);
	assert_int_equal(spec_index("table|json|yaml", "jso"), -1);
	assert_int_equal(spec_index("table|json|yaml", "json|yaml"), -1);
	assert_int_equal(spec_index("table|json|yaml", ""), -1);
}

static void a_value_that_is_none_of_the_words_is_told_with_all_of_them(void **state)
{
	autoerror struct error *err = NULL;
	autofree char *text = NULL;

	(void)state;
	assert_int_equal(spec_mismatch("table|json|yaml", "--output", "jsn", &err), -1);
	text = error_text(err);
	assert_string_equal(text, "--output: 'jsn' is none of table, json, yaml (did you mean 'json'?)");
	assert_true(error_is(err, ERROR_USAGE));
}

static void assert_operand(const struct command *command, int number, const char *spec)
{
	autofree char *got = lookup_operand(command, number);

	if (spec == NULL)
		assert_null(got);
	else
		assert_string_equal(got, spec);
}

static void operands_have_their_specifications_in_order(void **state)
{
	const struct command two = { .operands = "NAME [FILE]", .max_operands = 2 };

	(void)state;
	assert_operand(&cmd_status, 0, NULL);
	assert_operand(&cmd_gateway_select, 0, "[NAME]");
	assert_operand(&cmd_gateway_select, 1, NULL);
	assert_operand(&two, 1, "[FILE]");
	assert_operand(&cmd_doctor_exec, 0, "COMMAND");
	assert_operand(&cmd_doctor_exec, 1, "[ARGUMENT...]");
	assert_operand(&cmd_doctor_exec, 7, "[ARGUMENT...]");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(help_fits_80_columns_of_ascii),
		cmocka_unit_test(help_names_all_that_there_is),
		cmocka_unit_test(a_group_lists_its_commands_and_no_others),
		cmocka_unit_test(every_group_of_a_path_is_known),
		cmocka_unit_test(examples_begin_with_the_command_and_parse),
		cmocka_unit_test(global_options_and_aliases_parse_before_a_command),
		cmocka_unit_test(a_specification_is_read_as_a_synopsis),
		cmocka_unit_test(words_of_a_specification_are_whole_words),
		cmocka_unit_test(a_value_that_is_none_of_the_words_is_told_with_all_of_them),
		cmocka_unit_test(operands_have_their_specifications_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
