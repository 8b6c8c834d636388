/* SPDX-License-Identifier: Apache-2.0 */
/* What passes for a file of certificates. */
#include "script.h"
#include "scratch.h"

#include <stdio.h>

#include "store/pem.h"

#define CERT "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"

static int check(const char *text, struct error **err)
{
	return pem_check_certificates(text, strlen(text), "ca.pem", err);
}

static void certificates_with_text_between_them_pass(void **state)
{
	static const char *const good[] = {
		CERT, (CERT CERT), ("# The corporation\n" CERT "\n\nSubject: CN = x\n" CERT "end"),
		"-----BEGIN CERTIFICATE-----\r\nMA\r\nA=\r\n-----END CERTIFICATE-----\r\n",
		"-----BEGIN CERTIFICATE----- \nMAA=\n-----END CERTIFICATE-----", ("\xef\xbb\xbf\n" CERT),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct error *err = NULL;

		if (check(good[i], &err) < 0)
			fail_msg("%zu: %s", i, error_text(err));
	}
}

static void real_certificates_pass(void **state)
{
	static const char *const files[] = { "certificates/ec-utc.crt", "certificates/rsa-utc.crt", "fake-cluster/ca.crt" };
	AUTO(buf) text = BUF_INIT;
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		data_read(files[i], &text);
	assert_int_equal(pem_check_certificates(buf_str(&text), text.len, "x", &err), 0);
}

static const struct {
	const char *text, *error;
} bad[] = {
	{ "", "ca.pem: holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)" },
	{ "hello\n", "holds no certificate" },
	{ "MAA=\n", "holds no certificate" },
	{ CERT "-----BEGIN PRIVATE KEY-----\nMAA=\n", "ca.pem, line 4: a private key has no place here" },
	{ "-----BEGIN EC PRIVATE KEY-----\n", "line 1: a private key" },
	{ "-----BEGIN ENCRYPTED PRIVATE KEY-----\n", "line 1: a private key" },
	{ "-----BEGIN CERTIFICATE-----\nMAA=\n-----BEGIN PRIVATE KEY-----\n", "line 3: a private key" },
	{ "-----BEGIN CERTIFICATE REQUEST-----\n", "line 1: 'CERTIFICATE REQUEST' is no CERTIFICATE" },
	{ "-----BEGIN X509 CRL-----\n", "line 1: 'X509 CRL' is no CERTIFICATE" },
	{ "-----BEGIN \033[31m-----\n", "line 1: '\\033[31m' is no CERTIFICATE" },
	{ "-----BEGIN CERTIFICATE\n", "line 1: '' is no CERTIFICATE" },
	{ "\n\n-----BEGIN CERTIFICATE-----\nMAA=\n", "line 3: the certificate that begins here has no end" },
	{ "-----BEGIN CERTIFICATE-----\nMAA=\n" CERT, "line 3: a certificate begins within another one" },
	{ "\n-----END CERTIFICATE-----\n", "line 2: the end of something that did not begin" },
	{ "-----BEGIN CERTIFICATE-----\nMAA=\n-----END X-----\n", "line 3: the end of something" },
	{ "#\n-----BEGIN CERTIFICATE-----\nM*A=\n-----END CERTIFICATE-----\n", "line 2: what begins here is no certificate in base64" },
	{ "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "line 1: what begins here is no certificate" },
	{ "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n", "line 1: what begins here is no certificate" },
	/* Go passes over certificates with headers */
	{ "-----BEGIN CERTIFICATE-----\nProc-Type: 4\n\nMAA=\n-----END CERTIFICATE-----\n", "line 1: what begins here" },
};

static void anything_else_is_refused_and_the_line_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct error *err = NULL;

		print_message("           %s\n", bad[i].error);
		assert_int_equal(check(bad[i].text, &err), -1);
		assert_error(&err, ERROR_USAGE, bad[i].error);
	}
}

static void a_nul_byte_is_refused(void **state)
{
	static const char text[] = CERT "\0" CERT;
	struct error *err = NULL;

	(void)state;
	assert_int_equal(pem_check_certificates(text, sizeof(text) - 1, "ca.der", &err), -1);
	assert_error(&err, ERROR_USAGE, "ca.der: not text (PEM)");
}

#define KEY "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"
#define PARAMETERS "-----BEGIN EC PARAMETERS-----\nBgA=\n-----END EC PARAMETERS-----\n"

static void one_key_passes_also_after_the_parameters_of_its_curve(void **state)
{
	static const char *const good[] = {
		KEY, ("Bag Attributes\n" KEY "end"), "-----BEGIN RSA PRIVATE KEY-----\r\nMAA=\r\n-----END RSA PRIVATE KEY-----\r\n",
		(PARAMETERS "-----BEGIN EC PRIVATE KEY-----\nMAA=\n-----END EC PRIVATE KEY-----\n"),
	};
	AUTO(buf) text = BUF_INIT;
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		if (pem_check_key(good[i], strlen(good[i]), "k", &err) < 0)
			fail_msg("%zu: %s", i, error_text(err));
	data_read("fake-cluster/tls.key", &text);
	assert_int_equal(pem_check_key(buf_str(&text), text.len, "k", &err), 0);
}

static void what_is_not_one_key_is_refused(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "", "k: holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)" },
		{ PARAMETERS, "k: holds no private key" },
		{ CERT, "k, line 1: 'CERTIFICATE' is no PRIVATE KEY" },
		{ "-----BEGIN PUBLIC KEY-----\n", "line 1: 'PUBLIC KEY' is no PRIVATE KEY" },
		{ KEY KEY, "k, line 4: something follows the key" },
		{ KEY CERT, "k, line 4: 'CERTIFICATE' is no PRIVATE KEY" },
		{ "-----BEGIN PRIVATE KEY-----\nMAA=\n", "line 1: the key that begins here has no end" },
		{ "-----BEGIN PRIVATE KEY-----\n" KEY, "line 2: a key begins within another one" },
		{ "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END RSA PRIVATE KEY-----\n", "line 3: the end of something" },
		{ "-----BEGIN PRIVATE KEY-----\n!!\n-----END PRIVATE KEY-----\n", "line 1: what begins here is no key in base64" },
		{ "-----BEGIN PRIVATE KEY-----\nBgA=\n-----END PRIVATE KEY-----\n", "line 1: what begins here is no key" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error *err = NULL;

		print_message("           %s\n", rows[i].error);
		assert_int_equal(pem_check_key(rows[i].text, strlen(rows[i].text), "k", &err), -1);
		assert_error(&err, ERROR_USAGE, rows[i].error);
	}
}

static void a_key_with_a_passphrase_is_refused_with_the_command_that_helps(void **state)
{
	static const char *const rows[] = {
		"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n",
		"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nMAA=\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error *err = NULL;

		assert_int_equal(pem_check_key(rows[i], strlen(rows[i]), "my key", &err), -1);
		assert_true(advises(err, "openssl pkey -in 'my key' -out"));
		assert_error(&err, ERROR_USAGE, "the key is encrypted");
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificates_with_text_between_them_pass),
		cmocka_unit_test(real_certificates_pass),
		cmocka_unit_test(anything_else_is_refused_and_the_line_is_named),
		cmocka_unit_test(a_nul_byte_is_refused),
		cmocka_unit_test(one_key_passes_also_after_the_parameters_of_its_curve),
		cmocka_unit_test(what_is_not_one_key_is_refused),
		cmocka_unit_test(a_key_with_a_passphrase_is_refused_with_the_command_that_helps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
