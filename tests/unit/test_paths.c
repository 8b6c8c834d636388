/* SPDX-License-Identifier: Apache-2.0 */
/* Where files are, and which names are names. */
#include "script.h"
#include "scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "store/paths.h"

static void init(struct paths *paths, const struct paths_input *input, struct argv *warnings)
{
	struct error *err = NULL;

	assert_int_equal(paths_init(paths, input, warnings, &err), 0);
}

static void the_configuration_is_where_xdg_says_else_in_the_home(void **state)
{
	static const struct {
		const char *xdg, *home, *root;
		size_t warnings;
	} rows[] = {
		{ "/x", "/h", "/x/openshell", 0 },
		{ NULL, "/h", "/h/.config/openshell", 0 },
		{ "", "/h", "/h/.config/openshell", 0 },
		{ "  ", "/h", "/h/.config/openshell", 0 },
		{ "relative", "/h", "/h/.config/openshell", 1 },
		{ "/x", NULL, "/x/openshell", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(paths) paths = { 0 };
		AUTO(argv) warnings = ARGV_INIT;

		init(&paths, &(struct paths_input){ .xdg_config_home = rows[i].xdg, .home = rows[i].home }, &warnings);
		assert_string_equal(paths.user_root, rows[i].root);
		assert_int_equal(warnings.n, rows[i].warnings);
	}
}

static void without_a_usable_home_nothing_can_be_done(void **state)
{
	static const char *const homes[] = { NULL, "", "relative" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(homes); i++) {
		AUTO(paths) paths = { 0 };
		AUTO(argv) warnings = ARGV_INIT;
		struct error *err = NULL;

		assert_int_equal(paths_init(&paths, &(struct paths_input){ .home = homes[i] }, &warnings, &err), -1);
		assert_error(&err, ERROR_USAGE, "neither XDG_CONFIG_HOME nor HOME");
	}
}

static void the_system_directory_must_be_absolute_and_not_empty(void **state)
{
	const char *dir = scratch("system");
	const struct {
		const char *value, *root;
		size_t warnings;
	} rows[] = {
		{ NULL, SYSCONFDIR "/openshell", 0 },
		{ "", SYSCONFDIR "/openshell", 1 },
		{ " ", SYSCONFDIR "/openshell", 1 },
		{ "rel/dir", SYSCONFDIR "/openshell", 1 },
		{ dir, dir, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(paths) paths = { 0 };
		AUTO(argv) warnings = ARGV_INIT;

		init(&paths, &(struct paths_input){ .home = "/h", .system_dir = rows[i].value }, &warnings);
		assert_string_equal(paths.system_root, rows[i].root);
		assert_int_equal(warnings.n, rows[i].warnings);
	}
}

static void a_system_directory_that_others_can_write_is_not_trusted(void **state)
{
	static const struct {
		mode_t mode;
		bool trusted;
	} rows[] = { { 0755, true }, { 0700, true }, { 0775, false }, { 0757, false }, { 01777, false } };
	const char *dir = scratch("system");

	(void)state;
	assert_int_equal(mkdir(dir, 0755), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(paths) paths = { 0 };
		AUTO(argv) warnings = ARGV_INIT;

		assert_int_equal(chmod(dir, rows[i].mode), 0);
		init(&paths, &(struct paths_input){ .home = "/h", .system_dir = dir }, &warnings);
		assert_int_equal(paths.system_root != NULL, rows[i].trusted);
		assert_int_equal(warnings.n, !rows[i].trusted);
	}
}

static void each_level_of_it_must_be_the_owners_alone(void **state)
{
	static const struct {
		const char *what;
		mode_t good, bad;
	} rows[] = { { "shared/etc", 0755, 0777 }, { "shared", 0755, 0775 }, { "shared/etc/gateways", 0755, 0757 } };
	const char *dir = scratch("shared/etc");

	(void)state;
	assert_int_equal(mkdir(scratch("shared"), 0755), 0);
	assert_int_equal(mkdir(dir, 0755), 0);
	assert_int_equal(mkdir(scratch("shared/etc/gateways"), 0755), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (int bad = 0; bad < 2; bad++) {
			AUTO(paths) paths = { 0 };
			AUTO(argv) warnings = ARGV_INIT;

			assert_int_equal(chmod(scratch("%s", rows[i].what), bad ? rows[i].bad : rows[i].good), 0);
			init(&paths, &(struct paths_input){ .home = "/h", .system_dir = dir }, &warnings);
			assert_int_equal(paths.system_root == NULL, bad);
			assert_int_equal(warnings.n, bad);
			if (bad)
				assert_non_null(strstr(warnings.v[0], rows[i].what));
		}
		assert_int_equal(chmod(scratch("%s", rows[i].what), rows[i].good), 0);
	}
}

static void a_system_directory_of_another_user_is_not_trusted(void **state)
{
	const char *dir = scratch("system");
	AUTO(paths) paths = { 0 };
	AUTO(argv) warnings = ARGV_INIT;

	(void)state;
	if (geteuid() != 0)
		skip(); /* nobody else can give it away */
	assert_int_equal(mkdir(dir, 0755), 0);
	assert_int_equal(chown(dir, 12345, 12345), 0);
	init(&paths, &(struct paths_input){ .home = "/h", .system_dir = dir }, &warnings);
	assert_null(paths.system_root);
	assert_int_equal(warnings.n, 1);
}

static void locks_are_in_the_runtime_directory_else_in_a_directory_of_the_user(void **state)
{
	autofree char *in_tmp = xasprintf("/tmp/openshell-%u", (unsigned)getuid());
	autofree char *in_other = xasprintf("/other/openshell-%u", (unsigned)getuid());
	const struct {
		const char *runtime, *tmpdir, *locks;
	} rows[] = {
		{ "/run/user/7", "/other", "/run/user/7/openshell" },
		{ NULL, "/other", in_other },
		{ "", NULL, in_tmp },
		{ "rel", "rel", in_tmp },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(paths) paths = { 0 };
		AUTO(argv) warnings = ARGV_INIT;

		init(&paths,
		     &(struct paths_input){ .home = "/h", .xdg_runtime_dir = rows[i].runtime, .tmpdir = rows[i].tmpdir },
		     &warnings);
		assert_string_equal(paths.locks, rows[i].locks);
	}
}

static void each_file_has_its_place(void **state)
{
	char user[] = "/c/openshell", shared[] = "/etc/openshell";
	const struct paths paths = { user, shared, NULL };
	char *const found[] = {
		paths_gateway_dir(&paths, "dev"),     paths_metadata(&paths, "dev"), paths_flat_metadata(&paths, "dev"),
		paths_system_metadata(&paths, "dev"), paths_mtls_dir(&paths, "dev"), paths_active(paths.user_root),
		paths_active(paths.system_root),
	};
	static const char *const expected[] = {
		"/c/openshell/gateways/dev",
		"/c/openshell/gateways/dev/metadata.json",
		"/c/openshell/gateways/dev_metadata.json",
		"/etc/openshell/gateways/dev/metadata.json",
		"/c/openshell/gateways/dev/mtls",
		"/c/openshell/active_gateway",
		"/etc/openshell/active_gateway",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(found); i++) {
		assert_string_equal(found[i], expected[i]);
		free(found[i]);
	}
}

#define TEN "aaaaaaaaaa"
#define SIXTY TEN TEN TEN TEN TEN TEN

static void a_new_name_is_short_lower_case_and_begins_and_ends_with_a_letter_or_digit(void **state)
{
	static const struct {
		const char *name;
		bool valid, readable;
	} rows[] = {
		{ "openshell", true, true },     { "a", true, true },          { "my-gateway", true, true },
		{ "gateway_v2", true, true },    { "gw.prod", true, true },    { "0", true, true },
		{ SIXTY "aaa", true, true },     { SIXTY "aaaa", false, true }, { "Prod_US", false, true },
		{ "a-", false, true },           { "a.", false, true },        { "_a", false, true },
		{ ".a", false, true },           { "...", false, true },       { "", false, false },
		{ ".", false, false },           { "..", false, false },       { "-a", false, false },
		{ "--name", false, false },      { "a/b", false, false },      { "/a", false, false },
		{ "../x", false, false },        { "a b", false, false },      { "a;b", false, false },
		{ "$(x)", false, false },        { "a\nb", false, false },     { "\xc3\xa4", false, false },
		{ "a\x7f", false, false },       { "a:b", false, false },      { "[::1]", false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error *err = NULL;

		if (name_is_valid(rows[i].name) != rows[i].valid || name_is_readable(rows[i].name) != rows[i].readable)
			fail_msg("name '%s'", rows[i].name);
		assert_int_equal(name_check(rows[i].name, "--name", &err), rows[i].valid ? 0 : -1);
		if (!rows[i].valid)
			assert_error(&err, ERROR_USAGE, "--name: '");
		assert_int_equal(name_check_readable(rows[i].name, &err), rows[i].readable ? 0 : -1);
		error_free(&err);
	}
}

static void the_longest_readable_name_fits_a_file_name(void **state)
{
	char name[300];
	autofree char *flat = NULL;

	(void)state;
	memset(name, 'x', sizeof(name));
	name[240] = '\0';
	assert_true(name_is_readable(name));
	flat = xasprintf("%s_metadata.json", name);
	assert_true(strlen(flat) <= 255);
	name[240] = 'x';
	name[241] = '\0';
	assert_false(name_is_readable(name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_configuration_is_where_xdg_says_else_in_the_home),
		cmocka_unit_test(without_a_usable_home_nothing_can_be_done),
		cmocka_unit_test_setup_teardown(the_system_directory_must_be_absolute_and_not_empty, scratch_setup,
						scratch_teardown),
		cmocka_unit_test_setup_teardown(a_system_directory_that_others_can_write_is_not_trusted, scratch_setup,
						scratch_teardown),
		cmocka_unit_test_setup_teardown(each_level_of_it_must_be_the_owners_alone, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(a_system_directory_of_another_user_is_not_trusted, scratch_setup,
						scratch_teardown),
		cmocka_unit_test(locks_are_in_the_runtime_directory_else_in_a_directory_of_the_user),
		cmocka_unit_test(each_file_has_its_place),
		cmocka_unit_test(a_new_name_is_short_lower_case_and_begins_and_ends_with_a_letter_or_digit),
		cmocka_unit_test(the_longest_readable_name_fits_a_file_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
