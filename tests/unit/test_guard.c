/* SPDX-License-Identifier: Apache-2.0 */
/* Who could have written a file of the system's tree. */
#include "script.h"
#include "scratch.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/guard.h"

#define ENTRY "etc/gateways/dev"
#define FILE_OF_ENTRY ENTRY "/metadata.json"

/* A tree as an administrator makes it. */
static int set_up(void **state)
{
	static const char *const dirs[] = { "etc", "etc/gateways", ENTRY };

	if (scratch_setup(state) < 0)
		return -1;
	scratch_put(scratch(FILE_OF_ENTRY), "{}");
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		if (chmod(scratch("%s", dirs[i]), 0755) < 0)
			return -1;
	return chmod(scratch(FILE_OF_ENTRY), 0644);
}

static void set_mode(const char *what, mode_t mode)
{
	assert_int_equal(chmod(scratch("%s", what), mode), 0);
}

/* Both looks, the long and the short one, say the same. */
static void assert_passes(void)
{
	struct error *err = NULL;

	if (guard_check(scratch(FILE_OF_ENTRY), &err) < 0)
		fail_msg("%s", error_text(err));
	if (guard_check_entry(AT_FDCWD, scratch(FILE_OF_ENTRY), scratch(FILE_OF_ENTRY), &err) < 0)
		fail_msg("%s", error_text(err));
}

static void assert_refused(const char *what)
{
	struct error *err = NULL;

	assert_int_equal(guard_check(scratch(FILE_OF_ENTRY), &err), -1);
	assert_error(&err, ERROR_REFUSED, scratch("%s", what));
	assert_int_equal(guard_check_entry(AT_FDCWD, scratch(FILE_OF_ENTRY), scratch(FILE_OF_ENTRY), &err), -1);
	assert_error(&err, ERROR_REFUSED, scratch("%s", what));
}

static void a_tree_that_only_its_owner_can_write_passes(void **state)
{
	(void)state;
	assert_passes();
	set_mode("etc", 0700);
	set_mode(FILE_OF_ENTRY, 0400);
	assert_passes();
}

static void a_file_or_its_directory_that_others_can_write_is_refused_by_name(void **state)
{
	static const struct {
		const char *what;
		mode_t good, bad;
	} rows[] = {
		{ FILE_OF_ENTRY, 0644, 0664 }, { FILE_OF_ENTRY, 0644, 0646 }, { FILE_OF_ENTRY, 0644, 0666 },
		{ ENTRY, 0755, 0775 },         { ENTRY, 0755, 0757 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		set_mode(rows[i].what, rows[i].bad);
		assert_refused(rows[i].what);
		set_mode(rows[i].what, rows[i].good);
		assert_passes();
	}
}

static void each_directory_above_counts(void **state)
{
	static const char *const dirs[] = { "etc/gateways", "etc", "" };
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		set_mode(dirs[i], 0777);
		assert_int_equal(guard_check(scratch(FILE_OF_ENTRY), &err), -1);
		assert_error(&err, ERROR_REFUSED, "can be written by others than its owner");
		set_mode(dirs[i], 0755);
	}
}

static void above_it_a_sticky_directory_will_do_and_at_the_end_not(void **state)
{
	struct error *err = NULL;

	(void)state;
	set_mode("etc", 01777);
	assert_int_equal(guard_check(scratch("etc/gateways"), &err), 0);
	assert_int_equal(guard_check(scratch("etc"), &err), -1);
	assert_error(&err, ERROR_REFUSED, "can be written by others");
}

static void what_belongs_to_another_user_is_refused(void **state)
{
	static const char *const all[] = { FILE_OF_ENTRY, ENTRY };

	(void)state;
	if (geteuid() != 0)
		skip(); /* nobody else can give it away */
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		assert_int_equal(chown(scratch("%s", all[i]), 12345, 12345), 0);
		assert_refused(all[i]);
		assert_int_equal(chown(scratch("%s", all[i]), 0, 0), 0);
	}
}

static void give_link(const char *target, const char *place)
{
	assert_int_equal(rename(scratch("%s", place), scratch("aside")), 0);
	assert_int_equal(symlink(target, scratch("%s", place)), 0);
}

static void a_link_is_followed_to_what_it_leads_to(void **state)
{
	struct error *err = NULL;

	(void)state;
	scratch_put(scratch("elsewhere/dev/metadata.json"), "{}");
	give_link("../../elsewhere/dev", ENTRY);
	assert_passes();
	set_mode("elsewhere/dev/metadata.json", 0666);
	assert_refused("elsewhere/dev/metadata.json");
	set_mode("elsewhere/dev/metadata.json", 0644);
	set_mode("elsewhere", 0777);
	assert_refused("elsewhere");
	set_mode("elsewhere", 0755);
	assert_int_equal(unlink(scratch(ENTRY)), 0);
	assert_int_equal(symlink(scratch("elsewhere/./dev"), scratch(ENTRY)), 0);
	assert_passes();
	assert_int_equal(guard_check(scratch("etc/../etc//gateways/./dev/"), &err), 0);
}

static void a_link_of_another_user_is_refused(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	scratch_put(scratch("elsewhere/dev/metadata.json"), "{}");
	give_link("../../elsewhere/dev", ENTRY);
	assert_int_equal(lchown(scratch(ENTRY), 12345, 12345), 0);
	assert_refused(ENTRY);
}

static void links_that_lead_nowhere_or_round_in_circles_are_errors(void **state)
{
	struct error *err = NULL;

	(void)state;
	give_link("nowhere", FILE_OF_ENTRY);
	assert_int_equal(guard_check(scratch(FILE_OF_ENTRY), &err), -1);
	assert_error(&err, ERROR_ABSENT, "nowhere");
	assert_int_equal(unlink(scratch(FILE_OF_ENTRY)), 0);
	assert_int_equal(symlink("metadata.json", scratch(FILE_OF_ENTRY)), 0);
	assert_int_equal(guard_check(scratch(FILE_OF_ENTRY), &err), -1);
	assert_error(&err, ERROR_SYSTEM, "symbolic links");
}

static void what_is_not_there_is_absent(void **state)
{
	struct error *err = NULL;

	(void)state;
	assert_int_equal(guard_check(scratch("etc/gateways/prod/metadata.json"), &err), -1);
	assert_error(&err, ERROR_ABSENT, "etc/gateways/prod");
	assert_int_equal(guard_check_entry(AT_FDCWD, scratch(ENTRY "/x"), scratch(ENTRY "/x"), &err), -1);
	assert_error(&err, ERROR_ABSENT, ENTRY "/x");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_tree_that_only_its_owner_can_write_passes),
		CASE(a_file_or_its_directory_that_others_can_write_is_refused_by_name),
		CASE(each_directory_above_counts),
		CASE(above_it_a_sticky_directory_will_do_and_at_the_end_not),
		CASE(what_belongs_to_another_user_is_refused),
		CASE(a_link_is_followed_to_what_it_leads_to),
		CASE(a_link_of_another_user_is_refused),
		CASE(links_that_lead_nowhere_or_round_in_circles_are_errors),
		CASE(what_is_not_there_is_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
