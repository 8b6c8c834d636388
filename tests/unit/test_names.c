/* SPDX-License-Identifier: Apache-2.0 */
/* Names of gateways as directories tell them. */
#include "script.h"
#include "scratch.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/names.h"

static void put(const char *path)
{
	scratch_put(scratch("%s", path), "no JSON: nobody reads it");
}

static void assert_names(const char *prefix, const char *list)
{
	const struct paths paths = {
		.user_root = (char *)(uintptr_t)scratch("user"),
		.system_root = (char *)(uintptr_t)scratch("system"),
	};
	AUTO(argv) names = ARGV_INIT;
	autofree char *got = NULL;

	registry_names(&paths, prefix, &names);
	got = argv_join(&names, " ");
	assert_string_equal(got, list);
}

static void names_of_both_trees_are_sorted_and_each_is_there_once(void **state)
{
	(void)state;
	put("user/gateways/beta/metadata.json");
	put("user/gateways/both/metadata.json");
	put("user/gateways/both_metadata.json");
	put("user/gateways/flat_metadata.json");
	put("system/gateways/alpha/metadata.json");
	put("system/gateways/both/metadata.json");
	assert_names("", "alpha beta both flat");
	assert_names("b", "beta both");
	assert_names("both_", "");
}

static void what_is_no_entry_has_no_name(void **state)
{
	(void)state;
	put("user/gateways/good/metadata.json");
	put("user/gateways/bad name/metadata.json");
	put("user/gateways/\x1b[31mred/metadata.json");
	put("user/gateways/-option/metadata.json");
	put("user/gateways/_metadata.json");
	put("user/gateways/new\nline/metadata.json");
	put("user/gateways/stale/mtls/ca.crt");
	put("user/gateways/file");
	put("system/gateways/flat_metadata.json");
	assert_names("", "good");
}

static void an_entry_of_any_kind_counts_as_in_the_registry(void **state)
{
	(void)state;
	put("user/gateways/x/mtls/ca.crt");
	assert_int_equal(symlink("/nowhere", scratch("user/gateways/x/metadata.json")), 0);
	put("user/gateways/y/mtls/ca.crt");
	assert_int_equal(mkfifo(scratch("user/gateways/y/metadata.json"), 0600), 0);
	assert_names("", "x y");
}

static void without_trees_there_are_no_names(void **state)
{
	(void)state;
	assert_names("", "");
	put("user/gateways");
	assert_names("", "");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(names_of_both_trees_are_sorted_and_each_is_there_once),
		CASE(what_is_no_entry_has_no_name),
		CASE(an_entry_of_any_kind_counts_as_in_the_registry),
		CASE(without_trees_there_are_no_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
