/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and what they do; the chooser as text. */
#include "script.h"

#include <stdlib.h>

#include "cli/chooser.h"

/* ------------------------------------------------------------------ keys */

static void keys_are_read_as_terminals_send_them(void **state)
{
	static const struct {
		const char *bytes;
		enum key_code code;
	} rows[] = {
		{ "\033[A", KEY_UP },        { "\033OA", KEY_UP },         { "\033[B", KEY_DOWN },      { "\033OB", KEY_DOWN },
		{ "\033[H", KEY_HOME },      { "\033OH", KEY_HOME },       { "\033[1~", KEY_HOME },     { "\033[7~", KEY_HOME },
		{ "\033[F", KEY_END },       { "\033[4~", KEY_END },       { "\033[8~", KEY_END },      { "\033[5~", KEY_PAGE_UP },
		{ "\033[6~", KEY_PAGE_DOWN }, { "\r", KEY_ENTER },         { "\n", KEY_ENTER },         { "\x7f", KEY_RUBOUT },
		{ "\b", KEY_RUBOUT },        { "\x15", KEY_CLEAR },        { "\x10", KEY_UP },          { "\x0e", KEY_DOWN },
		{ "\x03", KEY_CANCEL },      { "\x04", KEY_CANCEL },       { "j", KEY_CHARACTER },      { " ", KEY_CHARACTER },
		/* those that mean nothing here take nothing else with them */
		{ "\033[C", KEY_NONE },      { "\033[1;5A", KEY_NONE },    { "\033[15~", KEY_NONE },    { "\t", KEY_NONE },
		{ "\xc3", KEY_NONE },        { "\033OP", KEY_NONE },       { "\033[200~", KEY_NONE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t len = strlen(rows[i].bytes);
		autofree char *more = xasprintf("%sx", rows[i].bytes);
		struct key key;

		assert_int_equal(key_read(rows[i].bytes, len, false, &key), len);
		assert_int_equal(key.code, rows[i].code);
		assert_int_equal(key_read(more, len + 1, true, &key), len);
		assert_int_equal(key.code, rows[i].code);
	}
}

static void an_escape_alone_is_a_key_once_nothing_follows(void **state)
{
	struct key key;

	(void)state;
	assert_int_equal(key_read("\033", 1, false, &key), 0);
	assert_int_equal(key_read("\033", 1, true, &key), 1);
	assert_int_equal(key.code, KEY_ESCAPE);
	assert_int_equal(key_read("\033\033", 2, false, &key), 1);
	assert_int_equal(key.code, KEY_ESCAPE);
	assert_int_equal(key_read("\033j", 2, false, &key), 1);
	assert_int_equal(key.code, KEY_ESCAPE);
}

static void a_sequence_that_is_not_complete_is_waited_for(void **state)
{
	static const char *const rows[] = { "\033[", "\033O", "\033[1", "\033[1;5" };
	struct key key;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(key_read(rows[i], strlen(rows[i]), false, &key), 0);
		assert_int_equal(key_read(rows[i], strlen(rows[i]), true, &key), strlen(rows[i]));
		assert_int_equal(key.code, KEY_NONE);
	}
}

/* ------------------------------------------------------------------ what they do */

static const char *const headers[] = { "NAME", "ENDPOINT", "AUTH" };
static const char *const cells[] = {
	"alpha", "https://one", "mtls", "beta", "https://two", "mtls", "broken", "-", "-", "jupiter", "https://q", "mtls",
};
static const struct choice choices[] = {
	{ "* ", NULL, "<green>" }, { "  ", NULL, "" }, { "! ", "it is \033 broken", "<red>" }, { "  ", NULL, "" },
};

/*
 * After these keys: "name" pointed to, "name chosen", "left", "name refused", "none". Arrows are ^ and v, pages { and },
 * Home < and End >, Enter $, Escape !, Backspace ~, Ctrl-U =, Ctrl-C %.
 */
static char *after(const char *keys, size_t first)
{
	static const char signs[] = "^v{}<>$!~=%";
	static const enum key_code codes[] = {
		KEY_UP, KEY_DOWN, KEY_PAGE_UP, KEY_PAGE_DOWN, KEY_HOME, KEY_END, KEY_ENTER, KEY_ESCAPE, KEY_RUBOUT, KEY_CLEAR,
		KEY_CANCEL,
	};
	AUTO(table) table = { .headers = headers, .cells = cells, .columns = 3, .rows = ARRAY_LEN(choices) };
	AUTO(chooser) chooser = { 0 };

	chooser_open(&chooser, choices, &table, first);
	chooser.page = 2;
	for (; *keys != '\0'; keys++) {
		const char *sign = strchr(signs, *keys);
		struct key key = { KEY_CHARACTER, *keys };

		assert_int_equal(chooser.end, CHOOSER_OPEN);
		if (sign != NULL)
			key = (struct key){ codes[sign - signs], 0 };
		chooser_press(&chooser, key);
	}
	if (chooser.end == CHOOSER_LEFT || chooser.count == 0)
		return xstrdup(chooser.end == CHOOSER_LEFT ? "left" : "none");
	return xasprintf("%s%s", cells[chooser_row(&chooser) * 3],
			 chooser.end == CHOOSER_CHOSEN ? " chosen" : chooser.is_refused ? " refused" : "");
}

static void assert_after(const char *keys, const char *expected)
{
	autofree char *got = after(keys, 0);

	if (!streq(got, expected))
		fail_msg("after '%s': %s, not %s", keys, got, expected);
}

static void the_first_row_is_the_one_asked_for(void **state)
{
	autofree char *got = after("", 3);

	(void)state;
	assert_string_equal(got, "jupiter");
	assert_after("", "alpha");
}

static void keys_move_as_far_as_there_are_rows(void **state)
{
	(void)state;
	assert_after("v", "beta");
	assert_after("jk", "alpha");
	assert_after("^", "alpha");
	assert_after("vvvvvv", "jupiter");
	assert_after("}", "broken");
	assert_after("}}}", "jupiter");
	assert_after("}{", "alpha");
	assert_after(">", "jupiter");
	assert_after("><", "alpha");
}

static void enter_chooses_and_escape_leaves(void **state)
{
	(void)state;
	assert_after("v$", "beta chosen");
	assert_after("v!", "left");
	assert_after("q", "left");
	assert_after("%", "left");
}

static void what_cannot_be_chosen_is_refused_and_can_be_passed(void **state)
{
	(void)state;
	assert_after("vv$", "broken refused");
	assert_after("vv$v", "jupiter");
	assert_after("vv$v$", "jupiter chosen");
}

static void characters_filter_by_name_and_endpoint(void **state)
{
	(void)state;
	assert_after("b", "beta");
	assert_after("br", "broken");
	assert_after("TWO", "beta");
	assert_after("two$", "beta chosen");
	assert_after("mtls", "none"); /* a column that is not looked at */
	assert_after("mtls$", "none");
	assert_after("mtlsvk^><{}", "none");
	assert_after("b>", "broken");
}

static void while_there_is_a_filter_each_character_belongs_to_it(void **state)
{
	(void)state;
	assert_after("/j", "jupiter");
	assert_after("/q", "jupiter");
	assert_after("/ok", "broken");
	assert_after("s://q", "jupiter");
	assert_after("bq", "none");
}

static void a_filter_can_be_taken_back(void **state)
{
	(void)state;
	assert_after("br~", "broken"); /* the row pointed to stays, where it can */
	assert_after("bq~", "beta");
	assert_after("br!", "broken");
	assert_after("br=v", "jupiter");
	assert_after("b~~j", "broken"); /* the second ends it: j moves again */
	assert_after("/!", "alpha");
	assert_after("/!!", "left");
	assert_after("b%", "left");
	assert_after("~", "alpha");
}

/* ------------------------------------------------------------------ how it looks */

static void assert_frame(const char *keys, size_t width, size_t height, bool coloured, const char *expected)
{
	AUTO(table) table = { .headers = headers, .cells = cells, .columns = 3, .rows = ARRAY_LEN(choices) };
	AUTO(chooser) chooser = { 0 };
	AUTO(buf) frame = BUF_INIT;
	AUTO(buf) text = BUF_INIT;
	size_t lines, newlines = 0;

	chooser_open(&chooser, choices, &table, 0);
	for (; *keys != '\0'; keys++)
		chooser_press(&chooser, *keys == '$' ? (struct key){ KEY_ENTER, 0 } : (struct key){ KEY_CHARACTER, *keys });
	lines = chooser_frame(&frame, &chooser, width, height, coloured);
	for (const char *at = buf_str(&frame); *at != '\0'; at++) {
		newlines += *at == '\n';
		if (str_starts(at, "\033[K"))
			at += 2;
		else
			buf_add(&text, at, 1);
	}
	assert_string_equal(buf_str(&text), expected);
	assert_int_equal(lines, newlines + 1);
}

static void it_shows_title_headers_rows_and_keys(void **state)
{
	(void)state;
	assert_frame("j", 80, 24, false,
		     "Select a gateway\n"
		     "    NAME     ENDPOINT     AUTH\n"
		     "  * alpha    https://one  mtls\n"
		     ">   beta     https://two  mtls\n"
		     "  ! broken   -            -\n"
		     "    jupiter  https://q    mtls\n"
		     "arrows, j and k move, Enter selects, Esc leaves, other keys filter");
	assert_frame("https", 80, 24, false,
		     "Select a gateway: https_  (3 of 4)\n"
		     "    NAME     ENDPOINT     AUTH\n"
		     "> * alpha    https://one  mtls\n"
		     "    beta     https://two  mtls\n"
		     "    jupiter  https://q    mtls\n"
		     "arrows move, Enter selects, Esc shows all");
	assert_frame("xy", 80, 24, false,
		     "Select a gateway: xy_  (0 of 4)\n"
		     "    NAME     ENDPOINT     AUTH\n"
		     "    no gateway has that in its name or endpoint\n"
		     "arrows move, Enter selects, Esc shows all");
}

static void a_refusal_is_told_where_the_keys_were(void **state)
{
	(void)state;
	assert_frame("jj$", 80, 5, false,
		     "Select a gateway\n"
		     "    NAME     ENDPOINT     AUTH\n"
		     "    beta     https://two  mtls\n"
		     "> ! broken   -            -\n"
		     "it is \\033 broken");
}

static void what_has_no_room_is_scrolled_or_left_out(void **state)
{
	(void)state;
	assert_frame("jjj", 80, 4, false,
		     "Select a gateway\n"
		     "    NAME     ENDPOINT     AUTH\n"
		     ">   jupiter  https://q    mtls\n"
		     "arrows, j and k move, Enter selects, Esc leaves, other keys filter");
	assert_frame("jj", 80, 3, false, "Select a gateway\n    NAME     ENDPOINT     AUTH\n> ! broken   -            -");
	assert_frame("j", 80, 2, false, "Select a gateway\n>   beta     https://two  mtls");
	assert_frame("j", 80, 1, false, ">   beta     https://two  mtls");
}

static void lines_are_cut_to_the_width(void **state)
{
	(void)state;
	assert_frame("j", 24, 5, false,
		     "Select a gateway\n"
		     "    NAME    ENDPO…  AUTH\n"
		     "  * alpha   https…  mtls\n"
		     ">   beta    https…  mtls\n"
		     "arrows, j and k move, E…");
	assert_frame("", 5, 1, false, "> * …");
	assert_frame("", 1, 1, false, "…");
}

static void colours_are_of_whole_lines(void **state)
{
	(void)state;
	assert_frame("jj", 80, 24, true,
		     "\033[1mSelect a gateway\033[0m\n"
		     "\033[2m    NAME     ENDPOINT     AUTH\033[0m\n"
		     "<green>  * alpha    https://one  mtls\033[0m\n"
		     "    beta     https://two  mtls\n"
		     "\033[36m> ! broken   -            -\033[0m\n"
		     "    jupiter  https://q    mtls\n"
		     "\033[2marrows, j and k move, Enter selects, Esc leaves, other keys filter\033[0m");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_read_as_terminals_send_them),
		cmocka_unit_test(an_escape_alone_is_a_key_once_nothing_follows),
		cmocka_unit_test(a_sequence_that_is_not_complete_is_waited_for),
		cmocka_unit_test(the_first_row_is_the_one_asked_for),
		cmocka_unit_test(keys_move_as_far_as_there_are_rows),
		cmocka_unit_test(enter_chooses_and_escape_leaves),
		cmocka_unit_test(what_cannot_be_chosen_is_refused_and_can_be_passed),
		cmocka_unit_test(characters_filter_by_name_and_endpoint),
		cmocka_unit_test(while_there_is_a_filter_each_character_belongs_to_it),
		cmocka_unit_test(a_filter_can_be_taken_back),
		cmocka_unit_test(it_shows_title_headers_rows_and_keys),
		cmocka_unit_test(a_refusal_is_told_where_the_keys_were),
		cmocka_unit_test(what_has_no_room_is_scrolled_or_left_out),
		cmocka_unit_test(lines_are_cut_to_the_width),
		cmocka_unit_test(colours_are_of_whole_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
