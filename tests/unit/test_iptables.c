/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/iptables.h"

#include <stdlib.h>

#include "script.h"

static void the_version_names_the_backend(void **state)
{
	static const char *const versions[] = { "iptables v1.8.9 (nf_tables)", "iptables v1.8.7 (legacy)", "iptables v1.6.1" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		autofree char *out = xasprintf("%s\n", versions[i]);
		const struct script_step steps[] = { { .command = "iptables --version", .out = out } };
		autofree char *version = NULL;
		struct error *err = NULL;
		struct script script;

		SCRIPT_INIT(&script, steps);
		version = iptables_version(&script.runner, &err);
		assert_string_equal(version, versions[i]);
		script_end(&script);
	}
}

static void sbin_is_looked_into_when_path_lacks_it(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "iptables --version", .how = SCRIPT_MISSING },
		{ .command = "/usr/sbin/iptables --version", .out = "iptables v1.8.9 (nf_tables)\n" },
	};
	autofree char *version = NULL;
	struct error *err = NULL;
	struct script script;

	(void)state;
	SCRIPT_INIT(&script, steps);
	version = iptables_version(&script.runner, &err);
	assert_null(err);
	assert_string_equal(version, "iptables v1.8.9 (nf_tables)");
	script_end(&script);
}

static void without_the_program_it_is_absent(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "iptables --version", .how = SCRIPT_MISSING },
		{ .command = "/usr/sbin/iptables --version", .how = SCRIPT_MISSING },
	};
	struct error *err = NULL;
	struct script script;

	(void)state;
	SCRIPT_INIT(&script, steps);
	assert_null(iptables_version(&script.runner, &err));
	assert_error(&err, ERROR_UNREACHABLE, "not found on PATH");
	script_end(&script);
}

static void a_program_that_fails_is_not_tried_elsewhere(void **state)
{
	static const struct script_step steps[] = { { .command = "iptables --version", .code = 1, .err = "broken\n" } };
	struct error *err = NULL;
	struct script script;

	(void)state;
	SCRIPT_INIT(&script, steps);
	assert_null(iptables_version(&script.runner, &err));
	assert_error(&err, ERROR_SYSTEM, "iptables failed (exit 1): broken");
	script_end(&script);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_version_names_the_backend),
		cmocka_unit_test(sbin_is_looked_into_when_path_lacks_it),
		cmocka_unit_test(without_the_program_it_is_absent),
		cmocka_unit_test(a_program_that_fails_is_not_tried_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
