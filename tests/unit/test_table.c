/* SPDX-License-Identifier: Apache-2.0 */
/* Tables as text. */
#include "script.h"

#include <stdlib.h>

#include "cli/table.h"

static const char *const headers[] = { "NAME", "ENDPOINT", "AUTH" };

/* All lines of the table, each with its newline. */
static char *lines_of(const char *const *cells, size_t rows, size_t width)
{
	AUTO(table) table = { .headers = headers, .cells = cells, .columns = ARRAY_LEN(headers), .rows = rows };
	AUTO(buf) text = BUF_INIT;

	table_measure(&table, width);
	table_add_row(&text, &table, headers);
	for (size_t i = 0; i < rows; i++) {
		buf_adds(&text, "\n");
		table_add_row(&text, &table, cells + i * table.columns);
	}
	return buf_steal(&text);
}

static void assert_table(const char *const *cells, size_t rows, size_t width, const char *expected)
{
	autofree char *text = lines_of(cells, rows, width);

	assert_string_equal(text, expected);
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
	static const char *const cells[] = { "a", "https://one", "mtls", "longer", "b", "plaintext" };

	(void)state;
	assert_table(cells, 2, 0, "NAME    ENDPOINT     AUTH\na       https://one  mtls\nlonger  b            plaintext");
	assert_table(cells, 0, 0, "NAME  ENDPOINT  AUTH");
}

static void the_widest_columns_give_way(void **state)
{
	static const char *const cells[] = { "a-long-name", "https://somewhere.example:8080", "mtls" };

	(void)state;
	assert_table(cells, 1, 49, "NAME         ENDPOINT                        AUTH\n"
				   "a-long-name  https://somewhere.example:8080  mtls");
	assert_table(cells, 1, 48, "NAME         ENDPOINT                       AUTH\n"
				   "a-long-name  https://somewhere.example:80…  mtls");
	assert_table(cells, 1, 24, "NAME      ENDPOINT  AUTH\n"
				   "a-long-…  https:/…  mtls");
}

static void something_is_left_of_each_column(void **state)
{
	static const char *const cells[] = { "a-long-name", "https://somewhere.example:8080", "mtls" };

	(void)state;
	assert_table(cells, 1, 1, "NAME  END…  AUTH\na-l…  htt…  mtls");
}

static void wide_and_combining_characters_are_counted_as_they_are_shown(void **state)
{
	static const char *const cells[] = { "日本語日本", "x", "e\xcc\x81", "b", "y", "m" };

	(void)state;
	assert_table(cells, 2, 0, "NAME        ENDPOINT  AUTH\n日本語日本  x         e\xcc\x81\nb           y         m");
	/* a wide one that is cut in two is left out */
	assert_table(cells, 2, 24, "NAME      ENDPOINT  AUTH\n日本語…   x         e\xcc\x81\nb         y         m");
}

static void a_row_is_one_line(void **state)
{
	static const char *const cells[] = { "a\tb", "c", "\td" };

	(void)state;
	assert_table(cells, 1, 0, "NAME  ENDPOINT  AUTH\na b   c          d");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
		cmocka_unit_test(the_widest_columns_give_way),
		cmocka_unit_test(something_is_left_of_each_column),
		cmocka_unit_test(wide_and_combining_characters_are_counted_as_they_are_shown),
		cmocka_unit_test(a_row_is_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
