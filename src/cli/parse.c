/* SPDX-License-Identifier: Apache-2.0 */
/* Options from the command table, by getopt. */
#include "cli/parse.h"

#include <assert.h>
#include <getopt.h>
#include <stdlib.h>

#include "cli/lookup.h"
#include "cli/near.h"
#include "cli/spec.h"

/* ------------------------------------------------------------------ what was given */

int in_index(const struct invocation *in, const char *option)
{
	const struct opt *options = in->command ? in->command->options : NULL;

	for (int i = 0; options != NULL && options[i].name != NULL; i++)
		if (streq(options[i].name, option))
			return i;
	return -1;
}

const char *in_value(const struct invocation *in, const char *option)
{
	int index = in_index(in, option);

	assert(index >= 0); /* the option is in the command's table */
	return in->values[index];
}

bool in_has(const struct invocation *in, const char *option)
{
	return in_value(in, option) != NULL;
}

const struct argv *in_list(const struct invocation *in, const char *option)
{
	int index = in_index(in, option);

	assert(index >= 0);
	return &in->lists[index];
}

int in_number(const struct invocation *in, const char *option, long long min, long long max, long long *value,
	      struct error **err)
{
	const char *text = in_value(in, option), *problem = NULL;

	if (text == NULL)
		return 0;
	*value = strtonum(text, min, max, &problem);
	if (problem != NULL || str_blank(text) || text[strspn(text, "0123456789")] != '\0')
		return error_set(err, ERROR_USAGE, "--%s: '%s' is no number from %lld to %lld", option, text, min, max);
	return 0;
}

int in_word(const struct invocation *in, const char *option, int *index, struct error **err)
{
	const char *value = in_value(in, option), *spec = in->command->options[in_index(in, option)].arg;
	autofree char *what = xasprintf("--%s", option);
	int found = value ? spec_index(spec, value) : -1;

	if (value != NULL && found < 0)
		return spec_mismatch(spec, what, value, err);
	*index = value ? found : *index;
	return 0;
}

int in_output(const struct invocation *in, enum output_format *format, struct error **err)
{
	int index = OUTPUT_TABLE;

	if (in_word(in, "output", &index, err) < 0)
		return -1;
	*format = (enum output_format)index;
	return 0;
}

/* ------------------------------------------------------------------ reading them */

#define GLOBAL_BASE 1000 /* getopt values of global options; below it: 1 + index in the command's table */

struct parser {
	struct option longs[OPTIONS_MAX + 8];
	char shorts[2 * OPTIONS_MAX + 16];
	const struct opt *table; /* the command's, or NULL */
};

static void add_options(struct parser *parser, const struct opt *table, int base, size_t *n, size_t *s)
{
	for (size_t i = 0; table != NULL && table[i].name != NULL; i++) {
		int argument = table[i].arg == NULL ? no_argument : table[i].arg[0] == '[' ? optional_argument
											  : required_argument;

		assert(i < OPTIONS_MAX && *n + 1 < ARRAY_LEN(parser->longs));
		parser->longs[(*n)++] = (struct option){ table[i].name, argument, NULL, base + (int)i };
		if (table[i].letter == 0)
			continue;
		parser->shorts[(*s)++] = table[i].letter;
		if (argument == required_argument)
			parser->shorts[(*s)++] = ':';
	}
	parser->longs[*n] = (struct option){ 0 };
	parser->shorts[*s] = '\0';
}

static void parser_init(struct parser *parser, const struct command *command)
{
	size_t n = 0, s = 0;

	/* '+': options end at the first operand; ':': a missing value is told from an unknown option */
	if (command == NULL || command->max_operands < 0)
		parser->shorts[s++] = '+';
	parser->shorts[s++] = ':';
	parser->table = command ? command->options : NULL;
	add_options(parser, parser->table, 1, &n, &s);
	add_options(parser, global_options, GLOBAL_BASE, &n, &s);
}

/* The index that a short option stands for, as the long one would give it. */
static int long_value(const struct parser *parser, int letter)
{
	for (int i = 0; parser->table != NULL && parser->table[i].name != NULL; i++)
		if (parser->table[i].letter == letter)
			return 1 + i;
	for (int i = 0; global_options[i].name != NULL; i++)
		if (global_options[i].letter == letter)
			return GLOBAL_BASE + i;
	return '?';
}

static void offer_options(struct near *near, const struct opt *table)
{
	for (; table != NULL && table->name != NULL; table++)
		near_offer(near, table->name, table->name);
}

static int unknown_option(const struct parser *parser, const char *word, struct error **err)
{
	autofree char *name = xstrndup(word + 2, strcspn(word + 2, "="));
	struct near near = { .word = name };
	autofree char *likely = NULL;

	offer_options(&near, parser->table);
	offer_options(&near, global_options);
	likely = near_text(&near, "--");
	return error_set(err, ERROR_USAGE, "unknown option '%s'%s", word, likely);
}

static int bad_option(const struct parser *parser, int result, char **argv, struct error **err)
{
	const char *word = argv[optind - 1];

	if (result == ':')
		return error_set(err, ERROR_USAGE, "option '%s' needs a value", word);
	if (optopt >= GLOBAL_BASE || (optopt > 0 && optopt < 32))
		return error_set(err, ERROR_USAGE, "option '%s' takes no value", word);
	if (optopt != 0)
		return error_set(err, ERROR_USAGE, "unknown option '-%c'", optopt);
	return unknown_option(parser, word, err);
}

static void take_global(struct globals *globals, int index, const char *value)
{
	switch (global_options[index].letter) {
	case 'g':
		globals->gateway = value;
		break;
	case 'v':
		globals->verbose++;
		break;
	case 'h':
		globals->help = true;
		break;
	case 'V':
		globals->version = true;
		break;
	}
}

static bool all_digits(const char *text)
{
	return text != NULL && *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static bool may_repeat(const struct opt *option)
{
	size_t len = option->arg ? strlen(option->arg) : 0;

	return len > 3 && streq(option->arg + len - 3, "...");
}

int parse_options(struct invocation *in, int argc, char **argv, struct globals *globals, struct error **err)
{
	struct parser parser;
	int result;

	parser_init(&parser, in->command);
	optind = 0; /* glibc: start afresh */
	opterr = 0;
	while ((result = getopt_long(argc, argv, parser.shorts, parser.longs, NULL)) != -1) {
		int value = result > 32 && result < GLOBAL_BASE ? long_value(&parser, result) : result;

		/* the first one is told, the rest is read all the same: how to tell may stand there */
		if (result == '?' || result == ':') {
			if (*err == NULL)
				bad_option(&parser, result, argv, err);
			continue;
		}
		if (value >= GLOBAL_BASE) {
			take_global(globals, value - GLOBAL_BASE, optarg);
			continue;
		}
		/* getopt takes an optional value only with '='; a number that follows is one too */
		if (optarg == NULL && parser.table[value - 1].arg != NULL && all_digits(argv[optind]))
			optarg = argv[optind++];
		in->values[value - 1] = optarg ? optarg : "";
		if (may_repeat(&parser.table[value - 1]))
			argv_add(&in->lists[value - 1], optarg);
	}
	return *err == NULL ? 0 : -1;
}
