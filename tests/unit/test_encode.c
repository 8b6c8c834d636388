/* SPDX-License-Identifier: Apache-2.0 */
/* Base64. */
#include "script.h"

#include "base/buf.h"
#include "base/encode.h"

static void texts_of_the_standard_decode(void **state)
{
	static const struct {
		const char *text, *bytes;
	} rows[] = {
		{ "", "" },
		{ "Zg==", "f" },
		{ "Zm8=", "fo" },
		{ "Zm9v", "foo" },
		{ "Zm9vYg==", "foob" },
		{ "Zm9vYmE=", "fooba" },
		{ "Zm9vYmFy", "foobar" },
		{ " Zm9v\r\nYm\tFy\n", "foobar" },
		{ "Zg=\n=", "f" },
		{ "+/+/", "\xfb\xff\xbf" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) out = BUF_INIT;

		assert_true(base64_decode(rows[i].text, strlen(rows[i].text), &out));
		assert_string_equal(buf_str(&out), rows[i].bytes);
	}
}

static void what_is_not_base64_is_refused_and_adds_nothing(void **state)
{
	static const char *const rows[] = {
		"Z",      "Zm9vZ",  "Zg",    "Zg=",   "Zg===",  "Zm8==", "Zm9v=", "====", "=",
		"Zg==Zg==", "Z=g=", "Zm9v!", "Zm9_",  "Zm9-",   "\xc3\xa4==", "Zm9v\x01",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) out = BUF_INIT;

		buf_adds(&out, "before");
		if (base64_decode(rows[i], strlen(rows[i]), &out))
			fail_msg("accepted: %s", rows[i]);
		assert_string_equal(buf_str(&out), "before");
	}
}

static void a_nul_byte_is_refused(void **state)
{
	AUTO(buf) out = BUF_INIT;

	(void)state;
	assert_false(base64_decode("Zm9v\0YmFy", 9, &out));
}

static void the_length_is_respected(void **state)
{
	AUTO(buf) out = BUF_INIT;

	(void)state;
	assert_true(base64_decode("Zm9v!!!", 4, &out));
	assert_string_equal(buf_str(&out), "foo");
}

static void decoded_bytes_are_added(void **state)
{
	AUTO(buf) out = BUF_INIT;

	(void)state;
	assert_true(base64_decode("AAEC", 4, &out));
	assert_true(base64_decode("/w==", 4, &out));
	assert_int_equal(out.len, 4);
	assert_memory_equal(out.data, "\0\1\2\xff", 4);
}

static size_t encode(const unsigned char *bytes, size_t len, char *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t n = 0;

	for (size_t i = 0; i < len; i += 3) {
		uint32_t bits = (uint32_t)bytes[i] << 16 | (i + 1 < len ? (uint32_t)bytes[i + 1] << 8 : 0) |
				(i + 2 < len ? bytes[i + 2] : 0);

		for (int k = 0; k < 4; k++)
			text[n++] = i + (size_t)k <= len ? digits[bits >> (18 - 6 * k) & 63] : '=';
	}
	return n;
}

static void every_byte_at_every_length_comes_back(void **state)
{
	unsigned char bytes[300];
	char text[400];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 7 + i / 256);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		AUTO(buf) out = BUF_INIT;

		assert_true(base64_decode(text, encode(bytes, len, text), &out));
		assert_int_equal(out.len, len);
		assert_memory_equal(buf_str(&out), bytes, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_of_the_standard_decode),
		cmocka_unit_test(what_is_not_base64_is_refused_and_adds_nothing),
		cmocka_unit_test(a_nul_byte_is_refused),
		cmocka_unit_test(the_length_is_respected),
		cmocka_unit_test(decoded_bytes_are_added),
		cmocka_unit_test(every_byte_at_every_length_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
