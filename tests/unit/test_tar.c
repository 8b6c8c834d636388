/* SPDX-License-Identifier: Apache-2.0 */
/* The archive, as tar reads it. */
#include "script.h"
#include "scratch.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/tar.h"

/* What the system's tar says of an archive. */
static void run_tar(const struct buf *tar, const char *options, struct buf *out)
{
	AUTO(proc_spec) spec = PROC_SPEC_INIT("tar");
	AUTO(proc_result) result = PROC_RESULT_INIT;
	struct error *err = NULL;

	argv_addl(&spec.argv, "tar", options, "-", "-C", scratch("."), NULL);
	argv_addl(&spec.env, "TZ=UTC", "LC_ALL=C", NULL);
	spec.input = buf_str(tar);
	spec.input_len = tar->len;
	spec.out.how = spec.err.how = PROC_CAPTURE;
	spec.timeout_ms = 20000;
	if (runner_check(&runner_real, &spec, &result, &err) < 0)
		fail_msg("%s", error_text(err));
	assert_string_equal(buf_str(&result.err), "");
	buf_adds(out, buf_str(&result.out));
}

static void directories_and_files_have_their_modes_and_belong_to_root(void **state)
{
	AUTO(buf) tar = BUF_INIT;
	AUTO(buf) listing = BUF_INIT;

	(void)state;
	tar_add_dir(&tar, "etc/openshell/", 0755);
	tar_add_file(&tar, "etc/openshell/ca.crt", 0600, "text\n", 5);
	tar_end(&tar);
	run_tar(&tar, "tvf", &listing);
	assert_string_equal(buf_str(&listing), "drwxr-xr-x root/root         0 1970-01-01 00:00 etc/openshell/\n"
					       "-rw------- root/root         5 1970-01-01 00:00 etc/openshell/ca.crt\n");
}

/* Around the size of a block, with bytes of every value. */
static void contents_of_any_size_come_back_as_they_were(void **state)
{
	static const size_t sizes[] = { 0, 1, 511, 512, 513, 1024, 70000 };
	unsigned char bytes[70000];
	AUTO(buf) tar = BUF_INIT;
	AUTO(buf) nothing = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 7);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		autofree char *name = xasprintf("file-%zu", sizes[i]);

		tar_add_file(&tar, name, 0640, bytes, sizes[i]);
	}
	tar_end(&tar);
	assert_int_equal(tar.len % 512, 0);
	run_tar(&tar, "xf", &nothing);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		AUTO(buf) got = BUF_INIT;
		struct error *err = NULL;

		assert_int_equal(file_read(scratch("file-%zu", sizes[i]), sizeof(bytes), &got, &err), 0);
		assert_int_equal(got.len, sizes[i]);
		assert_memory_equal(buf_str(&got), bytes, sizes[i]);
	}
}

static void the_longest_name_fits(void **state)
{
	AUTO(buf) tar = BUF_INIT;
	AUTO(buf) listing = BUF_INIT;
	autofree char *name = xasprintf("%099d", 7), *line = xasprintf("%s\n", name);

	(void)state;
	tar_add_file(&tar, name, 0600, "", 0);
	tar_end(&tar);
	run_tar(&tar, "tf", &listing);
	assert_string_equal(buf_str(&listing), line);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(directories_and_files_have_their_modes_and_belong_to_root, scratch_setup,
						scratch_teardown),
		cmocka_unit_test_setup_teardown(contents_of_any_size_come_back_as_they_were, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(the_longest_name_fits, scratch_setup, scratch_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
