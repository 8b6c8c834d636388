/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line of openshell-sandbox.
 * Knows nothing of what the options do.
 */
#include "options.h"

#include <err.h>
#include <getopt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The last number, (uid_t)-1, means "leave it" to the kernel and is nobody's. */
#define ID_MAX (UINT32_MAX - 1)

static const struct option GLOBAL_OPTIONS[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static const struct option RUN_OPTIONS[] = {
	{ "uid", required_argument, NULL, 'u' },
	{ "gid", required_argument, NULL, 'g' },
	{ "workdir", required_argument, NULL, 'w' },
	{ "env-file", required_argument, NULL, 'e' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static int usage_error(const char *what, const char *word)
{
	warnx("%s '%s' (see openshell-sandbox --help)", what, word);
	return -1;
}

static int parse_id(const char *option, const char *text, uint32_t *id)
{
	unsigned long long value = 0;

	if (*text == '\0')
		return usage_error("empty number for", option);
	for (const char *digit = text; *digit != '\0'; digit++) {
		if (*digit < '0' || *digit > '9')
			return usage_error("not a number from 0 to 4294967294:", text);
		value = value * 10 + (unsigned long long)(*digit - '0');
		if (value > ID_MAX)
			return usage_error("not a number from 0 to 4294967294:", text);
	}
	*id = (uint32_t)value;
	return 0;
}

static int parse_text(const char *option, const char *text, const char **value)
{
	if (*value != NULL)
		return usage_error("given twice:", option);
	if (*text == '\0')
		return usage_error("empty value for", option);
	*value = text;
	return 0;
}

static int apply_id(const char *option, const char *text, bool *has, uint32_t *id)
{
	if (*has)
		return usage_error("given twice:", option);
	*has = true;
	return parse_id(option, text, id);
}

static int apply(struct options *options, int letter, const char *word)
{
	switch (letter) {
	case 'u':
		return apply_id("--uid", optarg, &options->has_uid, &options->uid);
	case 'g':
		return apply_id("--gid", optarg, &options->has_gid, &options->gid);
	case 'w':
		return parse_text("--workdir", optarg, &options->workdir);
	case 'e':
		return parse_text("--env-file", optarg, &options->env_file);
	case 'h':
		options->mode = MODE_HELP;
		return 0;
	case 'V':
		options->mode = MODE_VERSION;
		return 0;
	case ':':
		return usage_error("a value is missing after", word);
	default:
		return usage_error("unknown option", word);
	}
}

/* "+" stops at the first operand, so that the options of the command stay its own. */
static int parse_options(struct options *options, const struct option *known, int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;
	int letter;

	opterr = 0;
	optind = 0;	/* makes glibc start over with another vector */
	while ((letter = getopt_long(argc, argv, "+:", known, NULL)) != -1) {
		if (apply(options, letter, word) < 0)
			return -1;
		if (options->mode == MODE_HELP || options->mode == MODE_VERSION)
			return 0;
		word = argv[optind];
	}
	return 0;
}

static int parse_mode(const char *word, enum options_mode *mode)
{
	if (strcmp(word, "run") == 0)
		*mode = MODE_RUN;
	else if (strcmp(word, "enter") == 0)
		*mode = MODE_ENTER;
	else
		return usage_error("unknown command", word);
	return 0;
}

int options_parse(struct options *options, int argc, char **argv)
{
	*options = (struct options){ .mode = MODE_RUN };
	if (parse_options(options, GLOBAL_OPTIONS, argc, argv) < 0)
		return -1;
	if (options->mode != MODE_RUN)
		return 0;
	argc -= optind;
	argv += optind;
	if (argc < 1) {
		warnx("'run' or 'enter' is missing (see openshell-sandbox --help)");
		return -1;
	}
	if (parse_mode(argv[0], &options->mode) < 0)
		return -1;
	if (parse_options(options, RUN_OPTIONS, argc, argv) < 0)
		return -1;
	if (options->mode == MODE_HELP)
		return 0;
	options->command = argv + optind;
	if (optind >= argc || options->command[0][0] == '\0') {
		warnx("a command is missing after '--' (see openshell-sandbox --help)");
		return -1;
	}
	if (options->has_uid && !options->has_gid) {
		options->has_gid = true;
		options->gid = options->uid;
	}
	return 0;
}
