/* SPDX-License-Identifier: Apache-2.0 */
/* Completion from the command table. */
#include "cli/complete.h"

#include "cli/lookup.h"
#include "cli/spec.h"
#include "gateway/settings.h"
#include "store/registry.h"

/* What the words before the one to be completed say of it. */
struct place {
	const struct group *group;     /* its command comes next */
	const struct command *command;
	const struct opt *waits;       /* for its value */
	int operands;                  /* so many were there */
	bool asks_help;                /* "help", so that a command is wanted and no more */
	bool options_end, is_lost;     /* lost: no word can be right */
};

/* ------------------------------------------------------------------ printing */

/* prefix: what of the word stays as it is ("--output="). */
static void print_word(FILE *out, const char *prefix, const char *word, const char *about)
{
	fprintf(out, "%s%s%s%s\n", prefix, word, about ? "\t" : "", about ? about : "");
}

static void print_gateways(FILE *out, const char *prefix, const char *begun)
{
	struct settings settings;
	AUTO(paths) paths = { 0 };
	AUTO(argv) ignored = ARGV_INIT, names = ARGV_INIT;
	autoerror struct error *failed = NULL;

	if (settings_read(&settings, &failed) < 0 || paths_init(&paths, &settings.paths, &ignored, &failed) < 0)
		return;
	registry_names(&paths, begun, &names);
	for (size_t i = 0; i < names.n; i++)
		print_word(out, prefix, names.v[i], NULL);
}

static void print_values(FILE *out, const char *spec, const char *prefix, const char *begun)
{
	struct alternative alternative;

	while (spec_next(&spec, &alternative)) {
		autofree char *word = xstrndup(alternative.text, alternative.len);

		switch (alternative.kind) {
		case VALUE_WORD:
			if (str_starts(word, begun))
				print_word(out, prefix, word, NULL);
			break;
		case VALUE_GATEWAY:
			print_gateways(out, prefix, begun);
			break;
		case VALUE_FILE:
			fputs(":files\n", out);
			break;
		case VALUE_DIRECTORY:
			fputs(":directories\n", out);
			break;
		case VALUE_OTHER:
			break;
		}
	}
}

static void print_options(FILE *out, const struct opt *options, const char *begun)
{
	for (; options != NULL && options->name != NULL; options++) {
		autofree char *name = xasprintf("--%s", options->name), *letter = xasprintf("-%c", options->letter);

		if (str_starts(name, begun))
			print_word(out, "", name, options->help);
		if (options->letter != 0 && !str_starts(begun, "--") && str_starts(letter, begun))
			print_word(out, "", letter, options->help);
	}
}

static void print_commands(FILE *out, const struct group *group, const char *begun)
{
	for (size_t i = 0; group == NULL && i < cli_group_count; i++)
		if (str_starts(cli_groups[i].name, begun))
			print_word(out, "", cli_groups[i].name, cli_groups[i].summary);
	for (size_t i = 0; i < cli_command_count; i++) {
		const struct command *command = cli_commands[i];
		const char *word = group ? lookup_word_in(command, group) : command->path;

		if (word != NULL && strchr(word, ' ') == NULL && str_starts(word, begun))
			print_word(out, "", word, command->summary);
	}
}

/* ------------------------------------------------------------------ the words before it */

static const struct opt *find_in(const struct opt *options, const char *name, size_t len, char letter)
{
	for (; options != NULL && options->name != NULL; options++)
		if (letter != 0 ? options->letter == letter
				: strlen(options->name) == len && strncmp(options->name, name, len) == 0)
			return options;
	return NULL;
}

/* By the name of this length, or by its letter where that is not 0. */
static const struct opt *find_option(const struct place *place, const char *name, size_t len, char letter)
{
	const struct opt *options = place->command ? place->command->options : NULL;
	const struct opt *found = find_in(options, name, len, letter);

	return found ? found : find_in(global_options, name, len, letter);
}

static bool needs_value(const struct opt *option)
{
	return option != NULL && option->arg != NULL && option->arg[0] != '[';
}

/* The option that takes its value from the next word, or NULL. */
static const struct opt *option_that_waits(const struct place *place, const char *word)
{
	const struct opt *option;

	if (str_starts(word, "--")) {
		option = find_option(place, word + 2, strlen(word + 2), 0);
		return needs_value(option) ? option : NULL;
	}
	for (word++; *word != '\0'; word++) {
		option = find_option(place, NULL, 0, *word);
		if (needs_value(option))
			return word[1] == '\0' ? option : NULL;
	}
	return NULL;
}

static void take_command_word(struct place *place, const char *word)
{
	autofree char *path = place->group ? xasprintf("%s %s", place->group->name, word) : xstrdup(word);

	if (place->group == NULL && !place->asks_help && streq(word, "help")) {
		place->asks_help = true;
		return;
	}
	place->command = lookup_command(path);
	if (place->command != NULL)
		return;
	place->is_lost = place->group != NULL || (place->group = lookup_group(word)) == NULL;
}

static void take_word(struct place *place, const char *word)
{
	if (place->waits != NULL) {
		place->waits = NULL;
	} else if (!place->options_end && streq(word, "--")) {
		place->options_end = true;
		place->is_lost |= place->command == NULL;
	} else if (!place->options_end && word[0] == '-' && word[1] != '\0') {
		place->waits = option_that_waits(place, word);
	} else if (place->command == NULL) {
		take_command_word(place, word);
	} else {
		place->operands++;
		place->options_end |= place->command->max_operands < 0;
	}
}

/* ------------------------------------------------------------------ the word */

static void complete_operand(FILE *out, const struct place *place, const char *begun)
{
	autofree char *spec = lookup_operand(place->command, place->operands);

	/* behind "--" only the words of another command are not names */
	if (place->options_end && place->command->max_operands >= 0)
		return;
	if (spec != NULL)
		print_values(out, spec, "", begun);
	else if (*begun == '\0')
		print_options(out, place->command->options, begun);
}

static void complete_word(FILE *out, const struct place *place, const char *begun)
{
	const char *equals = strchr(begun, '=');

	if (place->waits != NULL) {
		print_values(out, place->waits->arg, "", begun);
	} else if (!place->options_end && str_starts(begun, "--") && equals != NULL) {
		const struct opt *option = find_option(place, begun + 2, (size_t)(equals - begun - 2), 0);
		autofree char *prefix = option ? xasprintf("--%s=", option->name) : NULL;

		if (option != NULL && option->arg != NULL)
			print_values(out, option->arg, prefix, equals + 1);
	} else if (!place->options_end && *begun == '-') {
		print_options(out, place->command ? place->command->options : NULL, begun);
		print_options(out, global_options, begun);
	} else if (place->command == NULL) {
		print_commands(out, place->group, begun);
		if (place->group == NULL && !place->asks_help && str_starts("help", begun))
			print_word(out, "", "help", "show the help of a command");
	} else if (!place->asks_help) {
		complete_operand(out, place, begun);
	}
}

int complete(FILE *out, int count, char **words)
{
	struct place place = { 0 };

	for (int i = 0; i < count - 1 && !place.is_lost; i++)
		take_word(&place, words[i]);
	if (count > 0 && !place.is_lost)
		complete_word(out, &place, words[count - 1]);
	fflush(out);
	return 0;
}
