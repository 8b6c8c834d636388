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

/* ------------------------------------------------------------------ leaving out */

static bool is_named_drop(void *arg, const char *path)
{
	argv_add(arg, path);
	return str_starts(path, "drop");
}

/* In pieces of this size. */
static void sieve(const struct buf *tar, size_t piece, struct buf *out, struct argv *asked)
{
	AUTO(tar_sieve) sieve = { .drops = is_named_drop, .arg = asked };

	for (size_t at = 0; at < tar->len; at += piece)
		tar_sieve_pass(&sieve, buf_str(tar) + at, tar->len - at < piece ? tar->len - at : piece, out);
}

static void files_are_left_out_however_the_archive_is_cut(void **state)
{
	static const size_t pieces[] = { 1, 511, 512, 513, 4096, 1000000 };
	AUTO(buf) tar = BUF_INIT;
	AUTO(buf) without = BUF_INIT;
	char bytes[1500];

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	for (int i = 0; i < 2; i++) {
		struct buf *to = i ? &without : &tar;

		tar_add_dir(to, "drop-dir/", 0755);
		tar_add_file(to, "first", 0600, bytes, 1500);
		if (i == 0)
			tar_add_file(to, "drop-one", 0600, bytes, 1025);
		if (i == 0)
			tar_add_file(to, "drop-empty", 0600, "", 0);
		tar_add_file(to, "last", 0600, bytes, 512);
		if (i == 0)
			tar_add_file(to, "drop-block", 0600, bytes, 1024);
		tar_end(to);
	}
	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		AUTO(buf) out = BUF_INIT;
		AUTO(argv) asked = ARGV_INIT;

		sieve(&tar, pieces[i], &out, &asked);
		assert_int_equal(out.len, without.len);
		assert_memory_equal(out.data, without.data, without.len);
		assert_line(&asked, "first drop-one drop-empty last drop-block");
	}
}

/* What follows a header that may mean more than it seems goes by as it is. */
static void what_is_not_plain_ends_the_leaving_out(void **state)
{
	static const struct {
		size_t at; /* in the header of "odd" */
		const char *byte;
	} rows[] = { { 156, "x" }, { 156, "L" }, { 156, "S" }, { 156, "2" }, { 124, "\200" }, { 0, "O" }, { 257, "U" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) tar = BUF_INIT;
		AUTO(buf) out = BUF_INIT;
		AUTO(argv) asked = ARGV_INIT;

		tar_add_file(&tar, "odd", 0600, "12345", 5);
		tar.data[rows[i].at] = *rows[i].byte;
		tar_add_file(&tar, "drop", 0600, "12345", 5);
		tar_end(&tar);
		sieve(&tar, 100, &out, &asked);
		assert_int_equal(out.len, tar.len);
		assert_memory_equal(out.data, tar.data, tar.len);
		assert_int_equal(asked.n, 0);
	}
}

static void archives_of_the_systems_tar_are_sieved(void **state)
{
	static const char *const formats[] = { "--format=ustar", "--format=gnu" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		AUTO(proc_spec) spec = PROC_SPEC_INIT("tar");
		AUTO(proc_result) result = PROC_RESULT_INIT;
		AUTO(buf) out = BUF_INIT;
		AUTO(buf) listing = BUF_INIT;
		AUTO(argv) asked = ARGV_INIT;
		struct error *err = NULL;

		for (int file = 0; file < 3; file++)
			assert_int_equal(file_write(scratch("%s", file == 1 ? "drop" : file ? "stay" : "keep"), "text", 4, &err), 0);
		argv_addl(&spec.argv, "tar", "-C", scratch("."), formats[i], "-cf", "-", "keep", "drop", "stay", NULL);
		spec.out.how = spec.err.how = PROC_CAPTURE;
		spec.timeout_ms = 20000;
		assert_int_equal(runner_check(&runner_real, &spec, &result, &err), 0);
		sieve(&result.out, 700, &out, &asked);
		run_tar(&out, "tf", &listing);
		assert_string_equal(buf_str(&listing), "keep\nstay\n");
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(directories_and_files_have_their_modes_and_belong_to_root, scratch_setup,
						scratch_teardown),
		cmocka_unit_test_setup_teardown(contents_of_any_size_come_back_as_they_were, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(the_longest_name_fits, scratch_setup, scratch_teardown),
		cmocka_unit_test(files_are_left_out_however_the_archive_is_cut),
		cmocka_unit_test(what_is_not_plain_ends_the_leaving_out),
		cmocka_unit_test_setup_teardown(archives_of_the_systems_tar_are_sieved, scratch_setup, scratch_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
