/* SPDX-License-Identifier: Apache-2.0 */
/* What could stand at a place of a command line. */
#include "cli/complete.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/lookup.h"
#include "script.h"
#include "scratch.h"

static int set_up(void **state)
{
	if (scratch_setup(state) < 0)
		return -1;
	setenv("XDG_CONFIG_HOME", scratch("config"), 1);
	setenv("OPENSHELL_SYSTEM_GATEWAY_DIR", scratch("system"), 1);
	scratch_put(scratch("config/openshell/gateways/demo/metadata.json"), "{}");
	scratch_put(scratch("config/openshell/gateways/Old_one/metadata.json"), "{}");
	scratch_put(scratch("config/openshell/gateways/\x1b[2Jdevil/metadata.json"), "{}");
	scratch_put(scratch("system/gateways/shared/metadata.json"), "{}");
	return 0;
}

/* line: words with one blank between them, the last is the one to complete. The caller frees. */
static char *answer(const char *line)
{
	char *text = NULL, *words[16];
	autofree char *copy = xstrdup(line);
	char *rest = copy, *word;
	size_t size = 0;
	int n = 0;
	FILE *out = open_memstream(&text, &size);

	while ((word = strsep(&rest, " ")) != NULL)
		words[n++] = word;
	assert_int_equal(complete(out, n, words), 0);
	fclose(out);
	return text;
}

/* What it could become, without the descriptions, separated by blanks. */
static void assert_offers(const char *line, const char *list)
{
	autofree char *text = answer(line);
	AUTO(argv) words = ARGV_INIT;
	autofree char *got = NULL;
	char *rest = text, *one;

	while ((one = strsep(&rest, "\n")) != NULL)
		if (*one != '\0')
			argv_addf(&words, "%.*s", (int)strcspn(one, "\t"), one);
	got = argv_join(&words, " ");
	if (!streq(got, list))
		fail_msg("'%s' offers '%s', not '%s'", line, got, list);
}

static bool offers(const char *line, const char *word)
{
	autofree char *text = answer(line), *all = xasprintf("\n%s", text);
	autofree char *with_about = xasprintf("\n%s\t", word), *alone = xasprintf("\n%s\n", word);

	return strstr(all, with_about) != NULL || strstr(all, alone) != NULL;
}

static void the_first_word_is_a_group_or_a_command_by_its_whole_name(void **state)
{
	(void)state;
	assert_true(offers("", "gateway") && offers("", "status") && offers("", "doctor") && offers("", "help"));
	assert_false(offers("", "gw") || offers("", "dr") || offers("", "start") || offers("", "__complete"));
	assert_offers("comp", "completions");
	assert_offers("gat", "gateway");
	assert_offers("nonsense", "");
	assert_int_equal(complete(stdout, 0, NULL), 0);
}

static void a_group_is_followed_by_its_commands(void **state)
{
	(void)state;
	assert_offers("gateway des", "destroy");
	assert_offers("gw des", "destroy");
	assert_offers("doctor e", "exec");
	assert_offers("gateway gateway", "");
	assert_offers("nonsense des", "");
	assert_offers("gateway nonsense --", "");
}

static void help_is_followed_by_what_a_command_consists_of(void **state)
{
	(void)state;
	assert_offers("help gat", "gateway");
	assert_offers("help gateway des", "destroy");
	assert_offers("help he", "");
	assert_offers("help gateway select ", "");
}

static void options_are_the_commands_and_the_global_ones(void **state)
{
	(void)state;
	assert_offers("--", "--gateway --verbose --help --version");
	assert_offers("gateway --v", "--verbose --version");
	assert_offers("doctor exec -", "--name --remote --ssh-key --ssh-option --force --gateway -g --verbose -v --help -h --version -V");
	assert_offers("gateway start --reg", "--registry-username --registry-token --registry-token-file --registries");
	assert_offers("gateway list --reg", "");
}

static void every_option_of_every_command_is_offered(void **state)
{
	(void)state;
	for (size_t i = 0; i < cli_command_count; i++) {
		autofree char *line = xasprintf("%s --", cli_commands[i]->path);

		for (const struct opt *o = cli_commands[i]->options; o != NULL && o->name != NULL; o++) {
			autofree char *option = xasprintf("--%s", o->name);

			assert_true(offers(line, option));
		}
		assert_true(offers(line, "--gateway"));
	}
}

static void a_value_is_one_of_its_options_words(void **state)
{
	(void)state;
	assert_offers("status --output ", "table json yaml");
	assert_offers("status -o y", "yaml");
	assert_offers("status -vo y", "yaml");
	assert_offers("status --output=j", "--output=json");
	assert_offers("gateway start --pull ", "missing always never");
	assert_offers("gateway start --progress=", "--progress=auto --progress=plain --progress=json");
	assert_offers("status --output=x", "");
	assert_offers("status --nonsense=", "");
	assert_offers("status --verbose=", "");
}

static void gateways_are_offered_wherever_one_is_named(void **state)
{
	(void)state;
	assert_offers("--gateway ", "Old_one demo shared");
	assert_offers("-g d", "demo");
	assert_offers("--gateway=s", "--gateway=shared");
	assert_offers("gateway select ", "Old_one demo shared");
	assert_offers("gateway info --name s", "shared");
	assert_offers("status -g ", "Old_one demo shared");
	assert_offers("gateway select demo ", "");
}

static void files_are_left_to_the_shell(void **state)
{
	(void)state;
	assert_offers("gateway start --registry-token-file ", ":files");
	assert_offers("gateway start --ca=", ":files --ca=none");
	assert_offers("gateway start --ca /e", ":files");
}

static void a_value_that_was_given_is_no_operand(void **state)
{
	(void)state;
	assert_offers("--gateway demo stat", "status");
	assert_offers("-gdemo stat", "status");
	assert_offers("-vg demo stat", "status");
	assert_offers("--gateway gateway stat", "status");
	assert_offers("gateway select -g demo d", "demo");
	assert_offers("--gateway=demo gateway des", "destroy");
}

static void behind_two_dashes_there_is_only_what_the_shell_knows(void **state)
{
	(void)state;
	assert_offers("-- ", "");
	assert_offers("gateway select -- ", "");
	assert_offers("doctor exec -- ", ":files");
	assert_offers("doctor exec -- kubectl get ", ":files");
	assert_offers("doctor exec -- kubectl --", ":files");
	assert_offers("doctor exec kubectl --", ":files");
	assert_offers("gateway select --name -- --", "");
}

static void where_no_operand_can_stand_the_options_are_offered(void **state)
{
	(void)state;
	assert_true(offers("gateway start ", "--port"));
	assert_false(offers("gateway start x", "--port"));
}

static void words_of_the_completions_command_are_its_shells(void **state)
{
	(void)state;
	assert_offers("completions ", "bash zsh fish");
	assert_offers("completions z", "zsh");
}

static void hostile_words_are_never_printed(void **state)
{
	static const char *const lines[] = {
		"\x1b[2J", "gateway \x1b[2J", "--\x1b[2J=", "--gateway=\x1b[2J", "gateway select \x1b", "-\x1b", "\xff\xfe",
		"gateway select demo\n", "doctor exec \x1b[2J -\x07",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		autofree char *text = answer(lines[i]);

		assert_null(strpbrk(text, "\x1b\x07\xff\xfe"));
	}
	assert_offers("gateway select \x1b", "");
}

static void without_a_home_there_are_no_gateways_and_no_complaint(void **state)
{
	const char *home = getenv("HOME");
	autofree char *saved = home ? xstrdup(home) : NULL;

	(void)state;
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("HOME");
	assert_offers("gateway select ", "");
	assert_offers("gat", "gateway");
	if (saved != NULL)
		setenv("HOME", saved, 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, scratch_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(the_first_word_is_a_group_or_a_command_by_its_whole_name),
		CASE(a_group_is_followed_by_its_commands),
		CASE(help_is_followed_by_what_a_command_consists_of),
		CASE(options_are_the_commands_and_the_global_ones),
		CASE(every_option_of_every_command_is_offered),
		CASE(a_value_is_one_of_its_options_words),
		CASE(gateways_are_offered_wherever_one_is_named),
		CASE(files_are_left_to_the_shell),
		CASE(a_value_that_was_given_is_no_operand),
		CASE(behind_two_dashes_there_is_only_what_the_shell_knows),
		CASE(where_no_operand_can_stand_the_options_are_offered),
		CASE(words_of_the_completions_command_are_its_shells),
		CASE(hostile_words_are_never_printed),
		CASE(without_a_home_there_are_no_gateways_and_no_complaint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
