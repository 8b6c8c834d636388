/* SPDX-License-Identifier: Apache-2.0 */
/* Errors: kinds, chains, exit codes. */
#include "script.h"

#include <errno.h>

#include "base/error.h"

static void every_kind_has_its_exit_code_and_word(void **state)
{
	static const struct {
		enum error_kind kind;
		int code;
		const char *name;
	} rows[] = {
		{ ERROR_SYSTEM, 1, "failed" },       { ERROR_USAGE, 2, "usage" },
		{ ERROR_ABSENT, 3, "absent" },       { ERROR_CONFLICT, 4, "conflict" },
		{ ERROR_UNREACHABLE, 5, "unreachable" }, { ERROR_REFUSED, 6, "refused" },
		{ ERROR_TIMEOUT, 7, "timeout" },     { ERROR_UNHEALTHY, 8, "unhealthy" },
		{ ERROR_CANCELLED, 130, "cancelled" },
	};

	(void)state;
	assert_int_equal(ARRAY_LEN(rows), ERROR_KINDS);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autoerror struct error *err = NULL;

		assert_int_equal(error_set(&err, rows[i].kind, "%s", "x"), -1);
		assert_int_equal(error_exit_code(err), rows[i].code);
		assert_string_equal(error_kind_name(rows[i].kind), rows[i].name);
		assert_true(error_is(err, rows[i].kind));
		assert_false(error_is(err, (enum error_kind)((rows[i].kind + 1) % ERROR_KINDS)));
	}
}

static void no_error_is_of_no_kind(void **state)
{
	struct error *err = NULL;

	(void)state;
	assert_false(error_is(NULL, ERROR_SYSTEM));
	error_free(&err);
	assert_null(err);
}

static void the_operating_system_decides_the_kind(void **state)
{
	static const struct {
		int errnum;
		enum error_kind kind;
	} rows[] = {
		{ ENOENT, ERROR_ABSENT }, { EACCES, ERROR_REFUSED }, { EPERM, ERROR_REFUSED },
		{ EROFS, ERROR_REFUSED }, { ENOSPC, ERROR_SYSTEM },  { EIO, ERROR_SYSTEM },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error *err = NULL;

		errno = rows[i].errnum;
		assert_int_equal(error_errno(&err, "cannot read %s", "file"), -1);
		assert_error(&err, rows[i].kind, strerror(rows[i].errnum));
	}
}

static void a_wrapped_error_reads_from_the_outside_in(void **state)
{
	autoerror struct error *err = NULL;
	autofree char *text = NULL;

	(void)state;
	error_set(&err, ERROR_TIMEOUT, "no answer");
	assert_int_equal(error_wrap(&err, "docker %s", "info"), -1);
	error_wrap(&err, "cannot start gateway 'dev'");
	text = error_text(err);
	assert_string_equal(text, "cannot start gateway 'dev': docker info: no answer");
	assert_true(error_is(err, ERROR_TIMEOUT));
}

static void a_wrapped_error_keeps_what_was_said_of_it(void **state)
{
	autoerror struct error *err = NULL;

	(void)state;
	error_set(&err, ERROR_CONFLICT, "busy");
	err->retriable = true;
	err->exit_code = 143;
	error_hint(&err, "wait %d s", 5);
	error_hint_command(&err, "look", "ls %s", "x");
	error_code(&err, "busy-bee");
	error_meaning(&err, "It is busy.");
	error_detail(&err, "line 1\nline 2");
	error_wrap(&err, "outer");
	assert_true(err->retriable);
	assert_int_equal(error_exit_code(err), 143);
	assert_string_equal(error_code_name(err), "busy-bee");
	assert_int_equal(err->hint_count, 2);
	assert_string_equal(err->hints[0].text, "wait 5 s");
	assert_null(err->hints[0].command);
	assert_string_equal(err->hints[1].text, "look");
	assert_string_equal(err->hints[1].command, "ls x");
	assert_string_equal(err->meaning, "It is busy.");
	assert_string_equal(err->detail, "line 1\nline 2");
	assert_int_equal(err->cause->hint_count, 0);
	assert_null(err->cause->meaning);
	assert_null(err->cause->detail);
}

static void only_what_took_too_long_is_worth_another_try(void **state)
{
	(void)state;
	for (int kind = 0; kind < ERROR_KINDS; kind++) {
		autoerror struct error *err = NULL;

		error_set(&err, (enum error_kind)kind, "x");
		assert_int_equal(err->retriable, kind == ERROR_TIMEOUT);
	}
}

static void the_first_code_meaning_and_detail_stay(void **state)
{
	autoerror struct error *err = NULL;

	(void)state;
	error_set(&err, ERROR_SYSTEM, "x");
	assert_string_equal(error_code_name(err), "failed");
	assert_int_equal(error_code(&err, "first"), -1);
	error_code(&err, "second");
	assert_int_equal(error_meaning(&err, "first"), -1);
	error_meaning(&err, "second");
	assert_int_equal(error_detail(&err, " \n"), -1);
	assert_null(err->detail);
	error_detail(&err, "first");
	error_detail(&err, "second");
	assert_string_equal(error_code_name(err), "first");
	assert_string_equal(err->meaning, "first");
	assert_string_equal(err->detail, "first");
}

static void the_steps_of_the_level_below_stay_alone(void **state)
{
	autoerror struct error *err = NULL;

	(void)state;
	error_set(&err, ERROR_SYSTEM, "x");
	error_wrap(&err, "nobody knew better yet");
	assert_int_equal(error_hint(&err, "first"), -1);
	assert_int_equal(error_hint_command(&err, "second", "true"), -1);
	error_wrap(&err, "outer");
	error_hint(&err, "too general");
	error_hint_command(&err, "as well", "false");
	assert_int_equal(err->hint_count, 2);
	assert_string_equal(err->hints[0].text, "first");
	assert_string_equal(err->hints[1].command, "true");
}

static void the_text_of_a_user_is_no_format(void **state)
{
	struct error *err = NULL;

	(void)state;
	error_set(&err, ERROR_USAGE, "%s", "100%n%s");
	error_wrap(&err, "%s", "%d");
	assert_error(&err, ERROR_USAGE, "%d: 100%n%s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_has_its_exit_code_and_word),
		cmocka_unit_test(no_error_is_of_no_kind),
		cmocka_unit_test(the_operating_system_decides_the_kind),
		cmocka_unit_test(a_wrapped_error_reads_from_the_outside_in),
		cmocka_unit_test(a_wrapped_error_keeps_what_was_said_of_it),
		cmocka_unit_test(only_what_took_too_long_is_worth_another_try),
		cmocka_unit_test(the_first_code_meaning_and_detail_stay),
		cmocka_unit_test(the_steps_of_the_level_below_stay_alone),
		cmocka_unit_test(the_text_of_a_user_is_no_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
