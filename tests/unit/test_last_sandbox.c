/* SPDX-License-Identifier: Apache-2.0 */
/* Which sandbox was used last. */
#include "script.h"
#include "scratch.h"

#include <sys/stat.h>
#include <unistd.h>

#include "store/last_sandbox.h"
#include "store/registry.h"

static struct paths here;

static int set_up(void **state)
{
	if (scratch_setup(state) < 0)
		return -1;
	here = scratch_trees();
	return 0;
}

static void assert_sandbox(const char *gateway, const char *sandbox, size_t warnings)
{
	AUTO(argv) told = ARGV_INIT;
	autofree char *found = last_sandbox_load(&here, gateway, &told);

	if (sandbox == NULL)
		assert_null(found);
	else
		assert_string_equal(found ? found : "(none)", sandbox);
	assert_int_equal(told.n, warnings);
}

static void each_gateway_has_its_own(void **state)
{
	(void)state;
	assert_sandbox("dev", NULL, 0);
	scratch_put(scratch("user/gateways/dev/last_sandbox"), "one");
	scratch_put(scratch("user/gateways/prod/last_sandbox"), "two");
	assert_sandbox("dev", "one", 0);
	assert_sandbox("prod", "two", 0);
}

static void white_space_does_not_count_and_a_blank_file_is_as_none(void **state)
{
	static const struct {
		const char *text, *sandbox;
	} rows[] = { { " one\n", "one" }, { "one\r\n\n", "one" }, { "", NULL }, { " \n\t\n", NULL } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		scratch_put(scratch("user/gateways/dev/last_sandbox"), rows[i].text);
		assert_sandbox("dev", rows[i].sandbox, 0);
	}
}

static void of_the_two_lines_of_later_programs_the_second_is_the_sandbox(void **state)
{
	(void)state;
	scratch_put(scratch("user/gateways/dev/last_sandbox"), "workspace\none\n");
	assert_sandbox("dev", "one", 0);
}

static void a_file_that_holds_no_name_is_none_with_a_warning(void **state)
{
	static const char *const texts[] = { "../x", "a b", "-x", ".", "\xff", "\033[31m", "a/b" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		scratch_put(scratch("user/gateways/dev/last_sandbox"), texts[i]);
		assert_sandbox("dev", NULL, 1);
	}
	scratch_put_bytes(scratch("user/gateways/dev/last_sandbox"), "one\0x", 5);
	assert_sandbox("dev", NULL, 1);
}

static void a_file_that_cannot_be_read_is_none_with_a_warning(void **state)
{
	const char *path = scratch("user/gateways/dev/last_sandbox");
	AUTO(buf) huge = BUF_INIT;

	(void)state;
	buf_addf(&huge, "one%*s", 5000, "");
	scratch_put(path, buf_str(&huge));
	assert_sandbox("dev", NULL, 1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_sandbox("dev", NULL, 1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/dev/zero", path), 0);
	assert_sandbox("dev", NULL, 1);
}

static void that_of_a_gateway_of_the_system_is_kept_by_the_user_and_hides_nothing(void **state)
{
	AUTO(record) record = { 0 };
	struct error *err = NULL;

	(void)state;
	scratch_put(scratch("system/gateways/dev/metadata.json"),
		    "{\"name\":\"dev\",\"gateway_endpoint\":\"https://h\",\"is_remote\":true,\"gateway_port\":0}");
	scratch_put(scratch("system/gateways/dev/last_sandbox"), "not-this");
	scratch_put(scratch("user/gateways/dev/last_sandbox"), "one");
	assert_sandbox("dev", "one", 0);
	assert_int_equal(registry_load(&here, "dev", &record, &err), 0);
	assert_int_equal(record.source, SOURCE_SYSTEM);
	assert_int_equal(last_sandbox_forget(&here, "dev", &err), 0);
	assert_sandbox("dev", NULL, 0);
	assert_holds(scratch("system/gateways/dev/last_sandbox"), "not-this");
	record_release(&record);
	assert_int_equal(registry_load(&here, "dev", &record, &err), 0);
	assert_int_equal(record.source, SOURCE_SYSTEM);
}

static void forgetting_twice_is_fine_and_a_name_that_leads_elsewhere_is_not(void **state)
{
	struct error *err = NULL;

	(void)state;
	assert_int_equal(last_sandbox_forget(&here, "dev", &err), 0);
	assert_int_equal(last_sandbox_forget(&here, "../dev", &err), -1);
	assert_error(&err, ERROR_USAGE, "not a gateway name");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_gateway_has_its_own),
		CASE(white_space_does_not_count_and_a_blank_file_is_as_none),
		CASE(of_the_two_lines_of_later_programs_the_second_is_the_sandbox),
		CASE(a_file_that_holds_no_name_is_none_with_a_warning),
		CASE(a_file_that_cannot_be_read_is_none_with_a_warning),
		CASE(that_of_a_gateway_of_the_system_is_kept_by_the_user_and_hides_nothing),
		CASE(forgetting_twice_is_fine_and_a_name_that_leads_elsewhere_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
