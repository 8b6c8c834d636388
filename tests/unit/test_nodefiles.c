/* SPDX-License-Identifier: Apache-2.0 */
/* The node's files: kept or replaced as a whole. */
#include "script.h"
#include "scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/nodefiles.h"

#define CERT "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
#define YAML "mirrors:\n  docker.io:\n"
#define KEPT(file) scratch("openshell/gateways/gw/node/" file)

static struct paths paths_here(void)
{
	return (struct paths){ .user_root = (char *)(uintptr_t)scratch("openshell") };
}

static void set(struct node_files *files, const char *ca, const char *registries)
{
	static const struct node_files none = { 0 };

	node_files_release(files);
	buf_adds(&files->text[NODE_CA], ca);
	buf_adds(&files->text[NODE_REGISTRIES], registries);
	node_files_identify(files, &none);
}

static void store(const struct node_files *files)
{
	const struct paths paths = paths_here();
	struct error *err = NULL;

	if (node_files_store(&paths, "gw", files, &err) < 0)
		fail_msg("%s", error_text(err));
}

static void load(struct node_files *files)
{
	const struct paths paths = paths_here();
	struct error *err = NULL;

	node_files_release(files);
	if (node_files_load(&paths, "gw", files, &err) < 0)
		fail_msg("%s", error_text(err));
}

static void what_is_kept_is_private_and_comes_back(void **state)
{
	AUTO(node_files) files = { 0 };
	AUTO(node_files) back = { 0 };

	(void)state;
	set(&files, CERT, YAML);
	store(&files);
	assert_mode(KEPT("."), 0700);
	assert_mode(KEPT("ca.crt"), 0600);
	assert_mode(KEPT("registries.yaml"), 0600);
	load(&back);
	assert_true(node_files_equal(&files, &back));
	assert_string_equal(files.id, back.id);
}

static void each_file_may_be_there_alone(void **state)
{
	AUTO(node_files) files = { 0 };
	AUTO(node_files) back = { 0 };

	(void)state;
	set(&files, CERT, "");
	store(&files);
	assert_entries(KEPT("."), 2);
	set(&files, "", YAML);
	store(&files);
	assert_gone(KEPT("ca.crt"));
	load(&back);
	assert_int_equal(back.text[NODE_CA].len, 0);
	assert_string_equal(buf_str(&back.text[NODE_REGISTRIES]), YAML);
}

static void no_files_leave_nothing(void **state)
{
	AUTO(node_files) files = { 0 };

	(void)state;
	load(&files);
	assert_null(files.id);
	store(&files);
	assert_gone(scratch("openshell"));
	set(&files, CERT, "");
	store(&files);
	set(&files, "", "");
	assert_null(files.id);
	store(&files);
	assert_gone(KEPT("."));
}

static void an_id_goes_with_the_contents_and_tells_nothing_of_them(void **state)
{
	AUTO(node_files) first = { 0 };
	AUTO(node_files) second = { 0 };
	AUTO(node_files) third = { 0 };

	(void)state;
	set(&first, CERT, YAML);
	assert_int_equal(strlen(first.id), 16);
	for (int i = 0; i < NODE_FILES; i++)
		buf_add(&second.text[i], buf_str(&first.text[i]), first.text[i].len);
	node_files_identify(&second, &first);
	assert_string_equal(second.id, first.id);
	buf_adds(&second.text[NODE_REGISTRIES], "#\n");
	node_files_identify(&second, &first);
	assert_string_not_equal(second.id, first.id);
	set(&third, CERT, YAML);
	assert_string_not_equal(third.id, first.id);
}

static void an_id_that_is_none_is_made_anew(void **state)
{
	static const char *const ids[] = { "", "x", "0123456789ABCDEF", "0123456789abcde\n", "0123456789abcdef0" };

	(void)state;
	scratch_put(KEPT("ca.crt"), CERT);
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		AUTO(node_files) files = { 0 };

		scratch_put(KEPT("id"), ids[i]);
		load(&files);
		assert_int_equal(strlen(files.id), 16);
		assert_string_not_equal(files.id, ids[i]);
	}
}

static void a_crash_while_they_are_replaced_loses_nothing(void **state)
{
	AUTO(node_files) files = { 0 };
	AUTO(node_files) back = { 0 };

	(void)state;
	set(&files, CERT, YAML);
	store(&files);
	assert_int_equal(rename(scratch("openshell/gateways/gw/node"), scratch("openshell/gateways/gw/node.bak")), 0);
	scratch_put(scratch("openshell/gateways/gw/node.tmp/ca.crt"), "half");
	load(&back);
	assert_true(node_files_equal(&files, &back));
	set(&files, CERT, "");
	store(&files);
	assert_gone(scratch("openshell/gateways/gw/node.tmp"));
	assert_gone(scratch("openshell/gateways/gw/node.bak"));
}

static void removing_takes_what_a_crash_left_too(void **state)
{
	const struct paths paths = paths_here();
	struct error *err = NULL;

	(void)state;
	scratch_put(KEPT("ca.crt"), CERT);
	scratch_put(scratch("openshell/gateways/gw/node.tmp/ca.crt"), CERT);
	scratch_put(scratch("openshell/gateways/gw/node.bak/registries.yaml"), YAML);
	assert_int_equal(node_files_remove(&paths, "gw", &err), 0);
	assert_entries(scratch("openshell/gateways/gw"), 0);
	assert_int_equal(node_files_remove(&paths, "gw", &err), 0);
}

static void a_name_that_is_none_becomes_no_path(void **state)
{
	const struct paths paths = paths_here();
	AUTO(node_files) files = { 0 };
	struct error *err = NULL;

	(void)state;
	set(&files, CERT, "");
	assert_int_equal(node_files_store(&paths, "../x", &files, &err), -1);
	assert_error(&err, ERROR_USAGE, "not a gateway name");
	assert_int_equal(node_files_remove(&paths, "..", &err), -1);
	assert_error(&err, ERROR_USAGE, "not a gateway name");
}

/* ------------------------------------------------------------------ what a user gives */

static int read_given(int which, const char *path, struct error **err)
{
	AUTO(buf) text = BUF_INIT;

	return node_file_read(which, path, &text, err);
}

static void what_is_given_is_checked_and_the_file_is_named(void **state)
{
	struct error *err = NULL;
	AUTO(buf) text = BUF_INIT;

	(void)state;
	scratch_put(scratch("ca.pem"), CERT);
	assert_int_equal(node_file_read(NODE_CA, scratch("ca.pem"), &text, &err), 0);
	assert_string_equal(buf_str(&text), CERT);
	assert_int_equal(read_given(NODE_REGISTRIES, scratch("ca.pem"), &err), -1);
	assert_error(&err, ERROR_USAGE, scratch("ca.pem"));
	scratch_put(scratch("r.yaml"), YAML);
	assert_int_equal(read_given(NODE_REGISTRIES, scratch("r.yaml"), &err), 0);
	assert_int_equal(read_given(NODE_CA, scratch("r.yaml"), &err), -1);
	assert_error(&err, ERROR_USAGE, "holds no certificate");
	assert_int_equal(read_given(NODE_CA, scratch("none.pem"), &err), -1);
	assert_error(&err, ERROR_ABSENT, "none.pem");
	assert_int_equal(read_given(NODE_CA, scratch("."), &err), -1);
	assert_error(&err, ERROR_USAGE, "not a regular file");
}

static void a_file_of_more_than_a_mebibyte_is_refused(void **state)
{
	static char large[1024 * 1024 + 1];
	struct error *err = NULL;

	(void)state;
	memset(large, '#', sizeof(large));
	scratch_put_bytes(scratch("large"), large, sizeof(large));
	for (int i = 0; i < NODE_FILES; i++) {
		assert_int_equal(read_given(i, scratch("large"), &err), -1);
		assert_error(&err, ERROR_USAGE, "larger than 1048576 bytes");
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(what_is_kept_is_private_and_comes_back),
		CASE(each_file_may_be_there_alone),
		CASE(no_files_leave_nothing),
		CASE(an_id_goes_with_the_contents_and_tells_nothing_of_them),
		CASE(an_id_that_is_none_is_made_anew),
		CASE(a_crash_while_they_are_replaced_loses_nothing),
		CASE(removing_takes_what_a_crash_left_too),
		CASE(a_name_that_is_none_becomes_no_path),
		CASE(what_is_given_is_checked_and_the_file_is_named),
		CASE(a_file_of_more_than_a_mebibyte_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
