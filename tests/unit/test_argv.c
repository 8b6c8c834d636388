/* SPDX-License-Identifier: Apache-2.0 */
/* Argument vectors and their quoting. */
#include "script.h"

#include <stdio.h>
#include <stdlib.h>

static void an_empty_vector_is_usable(void **state)
{
	AUTO(argv) args = ARGV_INIT;
	autofree char *joined = argv_join(&args, ","), *quoted = argv_quote(&args);

	(void)state;
	assert_int_equal(args.n, 0);
	assert_string_equal(joined, "");
	assert_string_equal(quoted, "");
	assert_false(argv_contains(&args, ""));
}

static void the_vector_ends_with_null_at_every_size(void **state)
{
	AUTO(argv) args = ARGV_INIT;

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		argv_addf(&args, "%zu", i);
		assert_int_equal(args.n, i + 1);
		assert_null(args.v[args.n]);
	}
	assert_string_equal(args.v[199], "199");
}

static void texts_are_copied(void **state)
{
	AUTO(argv) args = ARGV_INIT;
	char text[] = "docker";

	(void)state;
	argv_add(&args, text);
	text[0] = 'x';
	assert_string_equal(args.v[0], "docker");
}

static void lists_are_added_up_to_their_end(void **state)
{
	static const char *const none[] = { NULL }, *const two[] = { "c", "", NULL };
	AUTO(argv) args = ARGV_INIT;

	(void)state;
	argv_addl(&args, "a", "b", NULL);
	argv_addl(&args, NULL);
	argv_addv(&args, none);
	argv_addv(&args, two);
	assert_line(&args, "a b c ''");
	assert_true(argv_contains(&args, "b"));
	assert_false(argv_contains(&args, "B"));
}

static void joining_puts_the_separator_between(void **state)
{
	AUTO(argv) args = ARGV_INIT;
	autofree char *joined = NULL;

	(void)state;
	argv_addl(&args, "a", "", "c", NULL);
	joined = argv_join(&args, ", ");
	assert_string_equal(joined, "a, , c");
}

static void a_released_vector_can_be_used_again(void **state)
{
	struct argv args = ARGV_INIT;

	(void)state;
	argv_add(&args, "x");
	argv_release(&args);
	argv_release(&args);
	assert_int_equal(args.n, 0);
	argv_add(&args, "y");
	assert_line(&args, "y");
	argv_release(&args);
}

static void words_are_quoted_only_where_a_shell_needs_it(void **state)
{
	static const struct {
		const char *text, *quoted;
	} rows[] = {
		{ "--name=x", "--name=x" },
		{ "A_b-1.2:3/4@5%6+7,8", "A_b-1.2:3/4@5%6+7,8" },
		{ "", "''" },
		{ "two words", "'two words'" },
		{ "it's", "'it'\\''s'" },
		{ "'", "''\\'''" },
		{ "$(rm -rf x)", "'$(rm -rf x)'" },
		{ "~", "'~'" },
		{ "a\nb", "'a\nb'" },
		{ "{{json .}}", "'{{json .}}'" },
		{ "\xc3\xa4", "'\xc3\xa4'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(argv) args = ARGV_INIT;

		argv_add(&args, rows[i].text);
		assert_line(&args, rows[i].quoted);
	}
}

/* Every byte a text can hold, in one argument and alone. */
static void a_shell_reads_the_quoted_line_as_the_same_vector(void **state)
{
	AUTO(proc_spec) spec = PROC_SPEC_INIT("printf");
	AUTO(proc_result) result = PROC_RESULT_INIT;
	AUTO(argv) args = ARGV_INIT;
	AUTO(buf) expected = BUF_INIT, all = BUF_INIT;
	autofree char *line = NULL, *script = NULL;
	struct error *err = NULL;

	(void)state;
	for (int byte = 1; byte < 256; byte++) {
		char one[2] = { (char)byte, '\0' };

		buf_adds(&all, one);
		argv_add(&args, one);
		buf_addf(&expected, "<%s>", one);
	}
	argv_add(&args, buf_str(&all));
	buf_addf(&expected, "<%s>", buf_str(&all));
	line = argv_quote(&args);
	script = xasprintf("printf '<%%s>' %s", line);
	argv_addl(&spec.argv, "/bin/sh", "-c", script, NULL);
	spec.out.how = PROC_CAPTURE;
	assert_int_equal(runner_check(&runner_real, &spec, &result, &err), 0);
	assert_string_equal(buf_str(&result.out), buf_str(&expected));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_vector_is_usable),
		cmocka_unit_test(the_vector_ends_with_null_at_every_size),
		cmocka_unit_test(texts_are_copied),
		cmocka_unit_test(lists_are_added_up_to_their_end),
		cmocka_unit_test(joining_puts_the_separator_between),
		cmocka_unit_test(a_released_vector_can_be_used_again),
		cmocka_unit_test(words_are_quoted_only_where_a_shell_needs_it),
		cmocka_unit_test(a_shell_reads_the_quoted_line_as_the_same_vector),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
