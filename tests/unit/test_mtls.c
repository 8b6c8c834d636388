/* SPDX-License-Identifier: Apache-2.0 */
/* The TLS bundle: kept or replaced as a whole; when its certificate ends. */
#include "script.h"
#include "scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "store/mtls.h"

#define CERT "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
#define OTHER_CERT "-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n"
#define KEY "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"
#define EC_KEY "-----BEGIN EC PRIVATE KEY-----\nMAA=\n-----END EC PRIVATE KEY-----\n"

static struct paths paths_here(void)
{
	return (struct paths){ .user_root = (char *)(uintptr_t)scratch("openshell") };
}

static int store(const char *ca, const char *cert, const char *key, struct error **err)
{
	const struct paths paths = paths_here();
	const char *texts[MTLS_FILES] = { ca, cert, key };
	struct buf values[MTLS_FILES] = { BUF_INIT, BUF_INIT, BUF_INIT };
	int rc;

	for (int i = 0; i < MTLS_FILES; i++)
		buf_adds(&values[i], texts[i]);
	rc = mtls_store(&paths, "dev", values, err);
	for (int i = 0; i < MTLS_FILES; i++)
		buf_release(&values[i]);
	return rc;
}

static const char *bundle(const char *file)
{
	return scratch("openshell/gateways/dev/%s", file);
}

static enum mtls_state examine(void)
{
	const struct paths paths = paths_here();

	return mtls_examine(&paths, "dev");
}

static void put_bundle(const char *dir, const char *cert)
{
	for (int i = 0; i < MTLS_FILES; i++)
		scratch_put(scratch("openshell/gateways/dev/%s/%s", dir, mtls_keys[i]), i == MTLS_KEY ? KEY : cert);
}

/* ------------------------------------------------------------------ the bundle */

static void a_stored_bundle_is_valid_and_private(void **state)
{
	struct error *err = NULL;

	(void)state;
	umask(0);
	assert_int_equal(examine(), MTLS_ABSENT);
	assert_int_equal(store(OTHER_CERT, CERT, KEY, &err), 0);
	assert_int_equal(examine(), MTLS_VALID);
	assert_holds(bundle("mtls/ca.crt"), OTHER_CERT);
	assert_holds(bundle("mtls/tls.crt"), CERT);
	assert_holds(bundle("mtls/tls.key"), KEY);
	assert_mode(bundle("mtls"), 0700);
	assert_mode(bundle("."), 0700);
	assert_mode(scratch("openshell"), 0700);
	for (int i = 0; i < MTLS_FILES; i++)
		assert_mode(scratch("openshell/gateways/dev/mtls/%s", mtls_keys[i]), 0600);
}

static void any_kind_of_private_key_will_do(void **state)
{
	struct error *err = NULL;

	(void)state;
	assert_int_equal(store(CERT, CERT, EC_KEY, &err), 0);
	assert_int_equal(examine(), MTLS_VALID);
}

static void an_invalid_bundle_never_replaces_a_valid_one(void **state)
{
	static const struct {
		const char *texts[MTLS_FILES], *part;
	} rows[] = {
		{ { "", CERT, KEY }, "ca.crt is not a PEM certificate" },
		{ { CERT, "garbage", KEY }, "tls.crt is not a PEM certificate" },
		{ { CERT, CERT, "" }, "tls.key is not a PEM private key" },
		{ { CERT, CERT, CERT }, "tls.key is not a PEM private key" },
		{ { KEY, CERT, KEY }, "ca.crt is not a PEM certificate" },
		{ { CERT, "-----BEGIN CERTIFICATE-----\nMAA=\n", KEY }, "tls.crt is not a PEM certificate" },
	};
	struct error *err = NULL;

	(void)state;
	assert_int_equal(store(OTHER_CERT, OTHER_CERT, KEY, &err), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(store(rows[i].texts[0], rows[i].texts[1], rows[i].texts[2], &err), -1);
		assert_error(&err, ERROR_SYSTEM, rows[i].part);
		assert_int_equal(examine(), MTLS_VALID);
		assert_holds(bundle("mtls/ca.crt"), OTHER_CERT);
	}
	assert_entries(bundle("."), 1);
}

static void a_bundle_with_a_part_missing_or_spoilt_is_invalid(void **state)
{
	(void)state;
	for (int i = 0; i < MTLS_FILES; i++) {
		const char *path = scratch("openshell/gateways/dev/mtls/%s", mtls_keys[i]);

		put_bundle("mtls", CERT);
		assert_int_equal(examine(), MTLS_VALID);
		scratch_put(path, "garbage");
		assert_int_equal(examine(), MTLS_INVALID);
		scratch_put_bytes(path, "-----BEGIN\0", 11);
		assert_int_equal(examine(), MTLS_INVALID);
		assert_int_equal(unlink(path), 0);
		assert_int_equal(examine(), MTLS_INVALID);
		assert_int_equal(mkfifo(path, 0600), 0);
		assert_int_equal(examine(), MTLS_INVALID);
		assert_int_equal(unlink(path), 0);
	}
}

/* As a full disk or a crash leaves it. */
static void a_part_that_was_cut_off_anywhere_is_invalid(void **state)
{
	static const char *const texts[MTLS_FILES] = { CERT, CERT OTHER_CERT, EC_KEY };

	(void)state;
	for (int i = 0; i < MTLS_FILES; i++) {
		const char *path = scratch("openshell/gateways/dev/mtls/%s", mtls_keys[i]);
		size_t first_block = i == MTLS_CERT ? strlen(CERT) : 0, whole = strlen(texts[i]) - 1;

		put_bundle("mtls", CERT);
		for (size_t len = 0; len < whole; len++) {
			scratch_put_bytes(path, texts[i], len);
			/* after the first certificate nothing says that there was to be another */
			if (first_block == 0 || len < first_block - 1 || len > first_block + strlen("-----BEGIN"))
				assert_int_equal(examine(), MTLS_INVALID);
		}
		scratch_put_bytes(path, texts[i], whole);
		assert_int_equal(examine(), MTLS_VALID);
	}
}

static void a_huge_part_is_invalid(void **state)
{
	AUTO(buf) text = BUF_INIT;

	(void)state;
	put_bundle("mtls", CERT);
	buf_addf(&text, "%s%*s", CERT, 300000, "");
	scratch_put(bundle("mtls/ca.crt"), buf_str(&text));
	assert_int_equal(examine(), MTLS_INVALID);
}

static void a_file_in_place_of_the_directory_is_invalid_and_can_be_replaced(void **state)
{
	struct error *err = NULL;

	(void)state;
	scratch_put(bundle("mtls"), "x");
	assert_int_equal(examine(), MTLS_INVALID);
	assert_int_equal(store(CERT, CERT, KEY, &err), 0);
	assert_int_equal(examine(), MTLS_VALID);
}

static void a_bundle_that_a_crash_put_aside_comes_back(void **state)
{
	const struct paths paths = paths_here();
	autofree char *expiry = NULL;
	AUTO(buf) cert = BUF_INIT;

	(void)state;
	data_read("certificates/ec-utc.crt", &cert);
	put_bundle("mtls.bak", buf_str(&cert));
	expiry = mtls_expiry(&paths, "dev");
	assert_string_equal(expiry, "2036-11-22T17:38:00Z");
	assert_int_equal(examine(), MTLS_VALID);
	assert_gone(bundle("mtls.bak"));
}

static void removing_takes_what_a_crash_left_too(void **state)
{
	const struct paths paths = paths_here();
	struct error *err = NULL;

	(void)state;
	put_bundle("mtls", CERT);
	put_bundle("mtls.tmp", CERT);
	put_bundle("mtls.bak", CERT);
	assert_int_equal(mtls_remove(&paths, "dev", &err), 0);
	assert_entries(bundle("."), 0);
	assert_int_equal(mtls_remove(&paths, "dev", &err), 0);
	assert_int_equal(mtls_remove(&paths, "other", &err), 0);
}

static void tidying_takes_what_a_crash_left_but_never_the_bundle(void **state)
{
	const struct paths paths = paths_here();

	(void)state;
	put_bundle("mtls", CERT);
	put_bundle("mtls.tmp", OTHER_CERT);
	put_bundle("mtls.bak", OTHER_CERT);
	mtls_tidy(&paths, "dev");
	assert_entries(bundle("."), 1);
	assert_holds(bundle("mtls/ca.crt"), CERT);
	assert_int_equal(rename(bundle("mtls"), bundle("mtls.bak")), 0);
	mtls_tidy(&paths, "dev");
	assert_entries(bundle("."), 1);
	assert_int_equal(examine(), MTLS_VALID);
	mtls_tidy(&paths, "other");
	scratch_put(bundle("mtls.tmp/below/x"), "x"); /* not ours: it has a directory in it */
	mtls_tidy(&paths, "dev");
	assert_int_equal(examine(), MTLS_VALID);
}

static void a_name_that_leads_elsewhere_is_refused(void **state)
{
	const struct paths paths = paths_here();
	const struct buf values[MTLS_FILES] = { BUF_INIT, BUF_INIT, BUF_INIT };
	struct error *err = NULL;

	(void)state;
	assert_int_equal(mtls_store(&paths, "../../x", values, &err), -1);
	assert_error(&err, ERROR_USAGE, "not a gateway name");
	assert_int_equal(mtls_remove(&paths, "..", &err), -1);
	assert_error(&err, ERROR_USAGE, "not a gateway name");
}

static void a_part_that_a_person_gives_must_be_such_a_file(void **state)
{
	AUTO(buf) text = BUF_INIT;
	struct error *err = NULL;

	(void)state;
	scratch_put(scratch("key"), "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n");
	assert_int_equal(mtls_file_read(MTLS_KEY, scratch("key"), &text, &err), 0);
	buf_release(&text);
	assert_int_equal(mtls_file_read(MTLS_CERT, scratch("key"), &text, &err), -1);
	assert_error(&err, ERROR_USAGE, "key, line 1: a private key has no place here");
	buf_release(&text);
	assert_int_equal(mtls_file_read(MTLS_CA, scratch("%s", ""), &text, &err), -1);
	assert_error(&err, ERROR_USAGE, "not a regular file");
	assert_int_equal(mtls_file_read(MTLS_CA, scratch("none"), &text, &err), -1);
	assert_error(&err, ERROR_ABSENT, "none");
}

static void each_state_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(mtls_state_name(MTLS_ABSENT), "absent");
	assert_string_equal(mtls_state_name(MTLS_INVALID), "invalid");
	assert_string_equal(mtls_state_name(MTLS_VALID), "valid");
}

/* ------------------------------------------------------------------ expiry */

static const struct {
	const char *file, *ends;
} certificates[] = {
	{ "certificates/ec-utc.crt", "2036-11-22T17:38:00Z" },
	{ "certificates/ec-last-utc.crt", "2049-12-31T23:59:59Z" },
	{ "certificates/ec-generalized.crt", "2050-12-31T23:59:59Z" },
	{ "certificates/rsa-utc.crt", "2027-02-03T04:05:06Z" },
	{ "certificates/rsa-generalized.crt", "9999-12-31T23:59:59Z" },
	{ "certificates/v1.crt", "2030-03-04T05:06:07Z" },
};

static void the_end_of_a_certificate_is_read_in_both_forms_of_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(certificates); i++) {
		AUTO(buf) pem = BUF_INIT;
		autofree char *ends = NULL;

		data_read(certificates[i].file, &pem);
		ends = mtls_pem_expiry(buf_str(&pem));
		assert_non_null(ends);
		assert_string_equal(ends, certificates[i].ends);
	}
}

static void of_several_certificates_the_first_counts_whatever_is_around_it(void **state)
{
	AUTO(buf) pem = BUF_INIT;
	autofree char *ends = NULL;

	(void)state;
	buf_adds(&pem, "subject=CN = client\r\n\r\n");
	data_read(certificates[0].file, &pem);
	data_read(certificates[2].file, &pem);
	ends = mtls_pem_expiry(buf_str(&pem));
	assert_string_equal(ends, certificates[0].ends);
}

static void lines_may_end_as_on_windows(void **state)
{
	AUTO(buf) pem = BUF_INIT, other = BUF_INIT;
	autofree char *ends = NULL;

	(void)state;
	data_read(certificates[0].file, &pem);
	for (const char *c = buf_str(&pem); *c != '\0'; c++)
		buf_addf(&other, "%s%c", *c == '\n' ? "\r" : "", *c);
	ends = mtls_pem_expiry(buf_str(&other));
	assert_string_equal(ends, certificates[0].ends);
}

static void what_is_no_certificate_has_no_end(void **state)
{
	static const char *const rows[] = {
		"", "garbage", KEY, CERT, OTHER_CERT,
		"-----BEGIN CERTIFICATE-----",
		"-----END CERTIFICATE----------BEGIN CERTIFICATE-----",
		"-----BEGIN CERTIFICATE----------END CERTIFICATE-----",
		"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----",
	};
	const struct paths paths = paths_here();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_null(mtls_pem_expiry(rows[i]));
	assert_null(mtls_expiry(&paths, "dev"));
}

/* PEM of the bytes, in a block of its own so that a sanitizer sees a read beyond it. */
static char *pem_of(const unsigned char *der, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	AUTO(buf) pem = BUF_INIT;

	buf_adds(&pem, "-----BEGIN CERTIFICATE-----\n");
	for (size_t i = 0; i < len; i += 3) {
		uint32_t bits = (uint32_t)der[i] << 16 | (i + 1 < len ? (uint32_t)der[i + 1] << 8 : 0) |
				(i + 2 < len ? der[i + 2] : 0);

		for (int k = 0; k < 4; k++)
			buf_add(&pem, i + (size_t)k <= len ? &digits[bits >> (18 - 6 * k) & 63] : "=", 1);
	}
	buf_adds(&pem, "\n-----END CERTIFICATE-----\n");
	return xstrdup(buf_str(&pem));
}

static void load_der(const char *file, struct buf *der)
{
	AUTO(buf) pem = BUF_INIT;
	const char *begin;

	data_read(file, &pem);
	begin = strchr(buf_str(&pem), '\n');
	assert_true(base64_decode(begin, (size_t)(strstr(begin, "-----END") - begin), der));
}

/* NULL, or a time in its one form: nothing else may come of any bytes. */
static void assert_end_or_nothing(const unsigned char *der, size_t len)
{
	static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
	autofree char *pem = pem_of(der, len), *ends = mtls_pem_expiry(pem);

	if (ends == NULL)
		return;
	assert_int_equal(strlen(ends), strlen(form));
	for (size_t i = 0; form[i] != '\0'; i++)
		assert_true(form[i] == 'd' ? ends[i] >= '0' && ends[i] <= '9' : ends[i] == form[i]);
}

static void a_certificate_cut_anywhere_does_no_harm(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(certificates); i++) {
		AUTO(buf) der = BUF_INIT;

		load_der(certificates[i].file, &der);
		for (size_t len = 0; len < der.len; len++) {
			autofree char *pem = pem_of((unsigned char *)der.data, len);

			assert_null(mtls_pem_expiry(pem)); /* the outermost length says more */
		}
	}
}

static void a_certificate_with_any_byte_changed_does_no_harm(void **state)
{
	static const unsigned char changes[] = { 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(certificates); i++) {
		AUTO(buf) der = BUF_INIT;
		unsigned char *bytes;
		size_t last;

		load_der(certificates[i].file, &der);
		bytes = (unsigned char *)der.data;
		last = der.len < 200 ? der.len : 200; /* the times are before this; nothing behind them is read */
		for (size_t at = 0; at < last; at++) {
			unsigned char was = bytes[at];

			for (size_t k = 0; k < ARRAY_LEN(changes); k++) {
				bytes[at] = was ^ changes[k];
				assert_end_or_nothing(bytes, der.len);
			}
			bytes[at] = 0;
			assert_end_or_nothing(bytes, der.len);
			bytes[at] = was;
		}
	}
}

/* Lengths that say more than there is, or nothing, in every form that DER has. */
static void hostile_lengths_do_no_harm(void **state)
{
	static const struct {
		unsigned char bytes[12];
		size_t len;
	} rows[] = {
		{ { 0x30 }, 1 },
		{ { 0x30, 0x80 }, 2 },
		{ { 0x30, 0x81 }, 2 },
		{ { 0x30, 0x84, 0xff, 0xff, 0xff, 0xff }, 6 },
		{ { 0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, 10 },
		{ { 0x30, 0xff }, 2 },
		{ { 0x30, 0x02, 0x30, 0x7f }, 4 },
		{ { 0x30, 0x04, 0x30, 0x02, 0xa0, 0x00 }, 6 },
		{ { 0x30, 0x00 }, 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *pem = pem_of(rows[i].bytes, rows[i].len);

		assert_null(mtls_pem_expiry(pem));
	}
}

/* A minimal certificate around a notAfter of this type and content. */
static char *end_of(unsigned char tag, const char *time, size_t len)
{
	AUTO(buf) der = BUF_INIT;
	autofree char *pem = NULL;
	unsigned char head[] = { 0x30, 0, 0x30, 0, 0x02, 1, 1, 0x30, 0, 0x30, 0, 0x30, 0, 0x17, 0, tag, 0 };

	head[1] = (unsigned char)(sizeof(head) - 2 + len);
	head[3] = (unsigned char)(sizeof(head) - 4 + len);
	head[12] = (unsigned char)(4 + len);
	head[16] = (unsigned char)len;
	buf_add(&der, head, sizeof(head));
	buf_add(&der, time, len);
	pem = pem_of((unsigned char *)der.data, der.len);
	return mtls_pem_expiry(pem);
}

static void only_the_two_forms_of_rfc_5280_are_times(void **state)
{
	static const struct {
		unsigned char tag;
		const char *time;
		size_t len;
		const char *ends;
	} rows[] = {
		{ 0x17, "500101000000Z", 13, "1950-01-01T00:00:00Z" },
		{ 0x17, "491231235959Z", 13, "2049-12-31T23:59:59Z" },
		{ 0x18, "20500101000000Z", 15, "2050-01-01T00:00:00Z" },
		{ 0x17, "20500101000000Z", 15, NULL },
		{ 0x18, "500101000000Z", 13, NULL },
		{ 0x04, "491231235959Z", 13, NULL },
		{ 0x17, "4912312359Z", 11, NULL },
		{ 0x17, "491231235959+0100", 17, NULL },
		{ 0x18, "20500101000000.5Z", 17, NULL },
		{ 0x17, "4912312359590", 13, NULL },
		{ 0x17, "49-231235959Z", 13, NULL },
		{ 0x17, "", 0, NULL },
		{ 0x18, "\0", 1, NULL },
		{ 0x17, "49\0" "231235959Z", 13, NULL },
		{ 0x17, "\0" "91231235959Z", 13, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *ends = end_of(rows[i].tag, rows[i].time, rows[i].len);

		if (rows[i].ends == NULL)
			assert_null(ends);
		else
			assert_string_equal(ends, rows[i].ends);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

/* ------------------------------------------------------------------ beside it, and how long it lasts */

static void a_staged_bundle_is_beside_the_stored_one_until_it_goes(void **state)
{
	const struct paths paths = paths_here();
	struct buf values[MTLS_FILES] = { BUF_INIT, BUF_INIT, BUF_INIT };
	struct error *err = NULL;
	autofree char *dir = NULL;

	(void)state;
	assert_int_equal(store(CERT, CERT, KEY, &err), 0);
	for (int i = 0; i < MTLS_FILES; i++)
		buf_adds(&values[i], i == MTLS_KEY ? KEY : OTHER_CERT);
	for (int round = 0; round < 3; round++) {
		free(dir);
		dir = mtls_stage(&paths, "dev", values, &err);
		assert_string_equal(dir, bundle("mtls.new"));
		assert_holds(bundle("mtls.new/ca.crt"), OTHER_CERT);
		assert_mode(bundle("mtls.new"), 0700);
		assert_mode(bundle("mtls.new/tls.key"), 0600);
		assert_holds(bundle("mtls/ca.crt"), CERT);
		if (round == 0)
			assert_int_equal(mtls_unstage(&paths, "dev", &err), 0);
		else if (round == 1)
			mtls_tidy(&paths, "dev");
		else
			assert_int_equal(mtls_remove(&paths, "dev", &err), 0);
		assert_gone(bundle("mtls.new"));
	}
	assert_gone(bundle("mtls"));
	for (int i = 0; i < MTLS_FILES; i++)
		buf_release(&values[i]);
}

static void a_bundle_is_read_whole_or_not_at_all(void **state)
{
	const struct paths paths = paths_here();
	struct buf values[MTLS_FILES] = { BUF_INIT, BUF_INIT, BUF_INIT };
	struct error *err = NULL;

	(void)state;
	assert_int_equal(mtls_read(&paths, "dev", values, &err), -1);
	assert_error(&err, ERROR_ABSENT, "ca.crt");
	assert_int_equal(store(CERT, OTHER_CERT, KEY, &err), 0);
	assert_int_equal(mtls_read(&paths, "dev", values, &err), 0);
	assert_string_equal(buf_str(&values[MTLS_CA]), CERT);
	assert_string_equal(buf_str(&values[MTLS_CERT]), OTHER_CERT);
	assert_string_equal(buf_str(&values[MTLS_KEY]), KEY);
	for (int i = 0; i < MTLS_FILES; i++)
		buf_release(&values[i]);
	scratch_put(bundle("mtls/tls.key"), CERT);
	assert_int_equal(mtls_read(&paths, "dev", values, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "tls.key is not a whole PEM private key");
	for (int i = 0; i < MTLS_FILES; i++)
		buf_release(&values[i]);
}

static void the_days_left_are_whole_ones(void **state)
{
	static const char end[] = "2026-11-22T17:38:00Z";
	const int64_t at = (int64_t)1795369080 * 1000, hour = 3600 * (int64_t)1000;
	static const struct {
		int hours_before, days;
	} rows[] = { { 0, 0 }, { 1, 0 }, { 24, 1 }, { 47, 1 }, { 48, 2 }, { -1, -1 }, { -24, -1 }, { -25, -2 }, { 24 * 365, 365 } };
	int days;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(mtls_days_left(end, at - rows[i].hours_before * hour, &days));
		assert_int_equal(days, rows[i].days);
	}
	assert_false(mtls_days_left("2026-11-22", at, &days));
	assert_false(mtls_days_left("", at, &days));
	assert_false(mtls_days_left("2026-11-22T17:38:00Z ", at, &days));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_stored_bundle_is_valid_and_private),
		CASE(any_kind_of_private_key_will_do),
		CASE(an_invalid_bundle_never_replaces_a_valid_one),
		CASE(a_bundle_with_a_part_missing_or_spoilt_is_invalid),
		CASE(a_part_that_was_cut_off_anywhere_is_invalid),
		CASE(a_huge_part_is_invalid),
		CASE(a_file_in_place_of_the_directory_is_invalid_and_can_be_replaced),
		CASE(a_bundle_that_a_crash_put_aside_comes_back),
		CASE(removing_takes_what_a_crash_left_too),
		CASE(tidying_takes_what_a_crash_left_but_never_the_bundle),
		CASE(a_name_that_leads_elsewhere_is_refused),
		CASE(a_part_that_a_person_gives_must_be_such_a_file),
		CASE(each_state_has_a_name),
		CASE(the_end_of_a_certificate_is_read_in_both_forms_of_time),
		CASE(of_several_certificates_the_first_counts_whatever_is_around_it),
		CASE(lines_may_end_as_on_windows),
		CASE(what_is_no_certificate_has_no_end),
		CASE(a_certificate_cut_anywhere_does_no_harm),
		CASE(a_certificate_with_any_byte_changed_does_no_harm),
		CASE(hostile_lengths_do_no_harm),
		CASE(only_the_two_forms_of_rfc_5280_are_times),
		cmocka_unit_test_setup_teardown(a_staged_bundle_is_beside_the_stored_one_until_it_goes, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(a_bundle_is_read_whole_or_not_at_all, scratch_setup, scratch_teardown),
		cmocka_unit_test(the_days_left_are_whole_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
