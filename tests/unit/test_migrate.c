/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of other programs: what would change, and what does. */
#include "script.h"
#include "scratch.h"

#include <sys/stat.h>
#include <unistd.h>

#include "store/migrate.h"

/* Blanks and unknown keys, which stay. */
#define METADATA "{ \"future\": [1],\n\"name\":\"dev\",\"gateway_endpoint\":\"https://h\",\"is_remote\":false,\"gateway_port\":0}"

static struct paths here;

static int set_up(void **state)
{
	if (scratch_setup(state) < 0)
		return -1;
	here = (struct paths){ .user_root = (char *)(uintptr_t)scratch("user") };
	return 0;
}

/* What is told is one line with each part, in any order of lines; NULL ends the parts. */
static void assert_changes(bool apply, const char *const *parts)
{
	AUTO(record) record = { 0 };
	AUTO(argv) changes = ARGV_INIT;
	autofree char *all = NULL;
	struct error *err = NULL;
	size_t n = 0;

	assert_int_equal(registry_load(&here, "dev", &record, &err), 0);
	if (migrate_entry(&here, &record, apply, &changes, &err) < 0)
		fail_msg("%s", error_text(err));
	all = argv_join(&changes, "\n");
	for (; parts[n] != NULL; n++)
		if (strstr(all, parts[n]) == NULL)
			fail_msg("no '%s' in: %s", parts[n], all);
	assert_int_equal(changes.n, n);
}

static const char *const nothing[] = { NULL };

static void an_entry_of_ours_has_nothing_to_change(void **state)
{
	(void)state;
	scratch_put(scratch("user/gateways/dev/metadata.json"), METADATA);
	scratch_put(scratch("user/gateways/dev/mtls/tls.key"), "x");
	assert_changes(false, nothing);
	assert_changes(true, nothing);
}

static void metadata_of_the_older_place_moves_as_it_is_when_asked(void **state)
{
	static const char *const moves[] = { "gateways/dev_metadata.json moves to ", NULL };

	(void)state;
	scratch_put(scratch("user/gateways/dev_metadata.json"), METADATA);
	assert_changes(false, moves);
	assert_holds(scratch("user/gateways/dev_metadata.json"), METADATA);
	assert_gone(scratch("user/gateways/dev"));
	assert_changes(true, moves);
	assert_gone(scratch("user/gateways/dev_metadata.json"));
	assert_holds(scratch("user/gateways/dev/metadata.json"), METADATA);
	assert_mode(scratch("user/gateways/dev"), 0700);
	assert_mode(scratch("user/gateways/dev/metadata.json"), 0600);
	assert_changes(true, nothing);
}

static void files_that_others_can_read_are_closed_when_asked(void **state)
{
	static const char *const files[] = { "metadata.json", "edge_token", "cf_token", "mtls/tls.key" };
	static const char *const modes[] = {
		"/metadata.json gets mode 0600 instead of 0644", "/edge_token gets mode 0600 instead of 0644",
		"/cf_token gets mode 0600 instead of 0644", "/mtls/tls.key gets mode 0600 instead of 0644",
		"/dev gets mode 0700 instead of 0755", NULL,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		scratch_put(scratch("user/gateways/dev/%s", files[i]), METADATA);
		assert_int_equal(chmod(scratch("user/gateways/dev/%s", files[i]), 0644), 0);
	}
	scratch_put(scratch("user/gateways/dev/last_sandbox"), "one");
	assert_int_equal(chmod(scratch("user/gateways/dev"), 0755), 0);
	assert_changes(false, modes);
	assert_mode(scratch("user/gateways/dev/edge_token"), 0644);
	assert_changes(true, modes);
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		assert_mode(scratch("user/gateways/dev/%s", files[i]), 0600);
	assert_mode(scratch("user/gateways/dev"), 0700);
	assert_changes(true, nothing);
}

static void what_a_link_leads_to_stays_as_it_is(void **state)
{
	(void)state;
	scratch_put(scratch("elsewhere"), "x");
	assert_int_equal(chmod(scratch("elsewhere"), 0644), 0);
	scratch_put(scratch("user/gateways/dev/metadata.json"), METADATA);
	assert_int_equal(symlink(scratch("elsewhere"), scratch("user/gateways/dev/edge_token")), 0);
	assert_int_equal(mkfifo(scratch("user/gateways/dev/fifo"), 0600), 0);
	assert_int_equal(chmod(scratch("user/gateways/dev/fifo"), 0644), 0);
	assert_changes(true, nothing);
	assert_mode(scratch("elsewhere"), 0644);
}

static void what_stands_in_the_way_leaves_the_older_place(void **state)
{
	AUTO(record) record = { 0 };
	AUTO(argv) changes = ARGV_INIT;
	struct error *err = NULL;

	(void)state;
	scratch_put(scratch("user/gateways/dev_metadata.json"), METADATA);
	scratch_put(scratch("user/gateways/dev"), "a file");
	assert_int_equal(registry_load(&here, "dev", &record, &err), 0);
	assert_int_equal(migrate_entry(&here, &record, true, &changes, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "cannot migrate gateway 'dev'");
	assert_holds(scratch("user/gateways/dev_metadata.json"), METADATA);
	assert_holds(scratch("user/gateways/dev"), "a file");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_entry_of_ours_has_nothing_to_change),
		CASE(metadata_of_the_older_place_moves_as_it_is_when_asked),
		CASE(files_that_others_can_read_are_closed_when_asked),
		CASE(what_a_link_leads_to_stays_as_it_is),
		CASE(what_stands_in_the_way_leaves_the_older_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
