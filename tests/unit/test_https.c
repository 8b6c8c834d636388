/* SPDX-License-Identifier: Apache-2.0 */
/* curl and openssl: what they are told, and what their numbers mean. */
#include "tools/https.h"

#include <stdlib.h>

#include "script.h"
#include "tools/curl.h"
#include "tools/openssl.h"

static const struct https_question secure = {
	.url = "https://127.0.0.1:8080/healthz", .host = "127.0.0.1", .port = 8080, .path = "/healthz", .bundle = "/b:c",
	.direct = true,
};

typedef int get_fn(const struct runner *runner, const struct https_question *question, struct https_answer *answer,
		   struct error **err);

static void ask(get_fn *get, const struct script_step *step, struct https_answer *answer)
{
	struct script script;
	struct error *err = NULL;

	script_init(&script, step, 1);
	assert_int_equal(get(&script.runner, &secure, answer, &err), 0);
	script_end(&script);
}

static enum https_end end_of(get_fn *get, int code, const char *out, const char *words)
{
	const struct script_step step = { .command = "*", .code = code, .out = out, .err = words };
	AUTO(https_answer) answer = { 0 };

	ask(get, &step, &answer);
	return answer.end;
}

/* ------------------------------------------------------------------ curl */

static void curl_reads_no_curlrc_and_trusts_only_the_bundle(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "curl -q --silent --show-error --globoff --proto =http,https --connect-timeout 5 --max-time 10 "
			     "--max-filesize 65536 --write-out '\n%{http_code} %{ssl_verify_result} %{time_appconnect}' "
			     "--noproxy '*' --cacert /b:c/ca.crt --capath /b:c --cert '/b\\:c/tls.crt' --key /b:c/tls.key "
			     "--url https://127.0.0.1:8080/healthz",
		  .out = "{}\n200 0 0.01" },
	};
	AUTO(https_answer) answer = { 0 };

	(void)state;
	ask(curl_get, steps, &answer);
	assert_int_equal(answer.end, HTTPS_ANSWERED);
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer.body, "{}");
	assert_null(answer.words);
}

static void curl_gives_no_certificates_and_uses_proxies_where_it_may(void **state)
{
	static const struct https_question plain = { .url = "http://h:1/healthz", .host = "h", .port = 1, .path = "/healthz" };
	static const struct script_step steps[] = { { .command = "curl *%{time_appconnect}' --url http://h:1/healthz",
						      .out = "\n200 0 0" } };
	AUTO(https_answer) answer = { 0 };
	struct error *err = NULL;
	struct script script;

	(void)state;
	SCRIPT_INIT(&script, steps);
	assert_int_equal(curl_get(&script.runner, &plain, &answer, &err), 0);
	script_end(&script);
}

static void curls_numbers_tell_how_it_ended(void **state)
{
	static const struct {
		int code;
		const char *report;
		enum https_end end;
	} rows[] = {
		{ 0, "\n404 0 0.1", HTTPS_ANSWERED },
		{ 63, "\n200 0 0.1", HTTPS_ANSWERED },
		{ 6, "\n000 0 0.000", HTTPS_SILENT },
		{ 7, "\n000 0 0.000", HTTPS_SILENT },
		{ 28, "\n000 1 0.000", HTTPS_SILENT },
		{ 60, "\n000 20 0.000", HTTPS_WRONG_CA },
		{ 60, "\n000 18 0.000", HTTPS_WRONG_CA },
		{ 60, "\n000 19 0.000", HTTPS_WRONG_CA },
		{ 60, "\n000 7 0.000", HTTPS_WRONG_CA },
		{ 51, "\n000 20 0.000", HTTPS_WRONG_CA },
		{ 60, "\n000 10 0.000", HTTPS_EXPIRED },
		{ 60, "\n000 9 0.000", HTTPS_EXPIRED },
		{ 60, "\n000 1 0.000", HTTPS_WRONG_NAME },
		{ 60, "\n000 0 0.000", HTTPS_WRONG_NAME },
		{ 60, "\n000 62 0.000", HTTPS_WRONG_NAME },
		/* GnuTLS: invalid (2) and signer not found (64), or expired (1024) */
		{ 60, "\n000 66 0.000", HTTPS_WRONG_CA },
		{ 60, "\n000 1026 0.000", HTTPS_EXPIRED },
		{ 35, "\n000 1 0.000", HTTPS_FAILED },
		{ 56, "\n000 0 0.007", HTTPS_CLIENT_REFUSED },
		{ 52, "\n000 0 0.007", HTTPS_CLIENT_REFUSED },
		{ 55, "\n000 0 0.007", HTTPS_CLIENT_REFUSED },
		{ 56, "\n000 0 0.000", HTTPS_FAILED },
		{ 58, "\n000 0 0.000", HTTPS_BAD_BUNDLE },
		{ 77, "\n000 0 0.000", HTTPS_BAD_BUNDLE },
		{ 2, "\n000 0 0.000", HTTPS_FAILED },
		{ 0, "", HTTPS_FAILED },
		{ 0, "\nnonsense", HTTPS_FAILED },
		{ 127, "", HTTPS_FAILED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("           %d %s\n", rows[i].code, rows[i].report);
		assert_int_equal(end_of(curl_get, rows[i].code, rows[i].report, "curl: (1) why\n"), rows[i].end);
	}
}

static void why_curl_failed_is_told_in_its_words(void **state)
{
	static const struct script_step step = { .command = "*", .code = 35, .out = "\n000 1 0", .err = "curl: (35) alert\n" };
	AUTO(https_answer) answer = { 0 };

	(void)state;
	ask(curl_get, &step, &answer);
	assert_string_equal(answer.words, "curl failed (exit 35): curl: (35) alert");
}

/* ------------------------------------------------------------------ openssl */

static void openssl_is_given_the_request_and_the_bundle(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "openssl s_client -quiet -verify_return_error -no-CApath -noservername -verify_ip ::1 "
			     "-CAfile /b/ca.crt -cert /b/tls.crt -key /b/tls.key -connect '[::1]:8080'",
		  .out = "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n{\"version\":\"1\"}\n", .err = "verify return:1\n" },
		{ .command = "openssl s_client *-servername gw.example -verify_hostname gw.example *-connect gw.example:8080",
		  .out = "HTTP/1.0 400 Bad\r\n\r\n" },
	};
	static const struct https_question v6 = { .host = "::1", .port = 8080, .path = "/healthz", .bundle = "/b" };
	static const struct https_question named = { .host = "gw.example", .port = 8080, .path = "/healthz", .bundle = "/b" };
	AUTO(https_answer) first = { 0 }, second = { 0 };
	struct error *err = NULL;
	struct script script;

	(void)state;
	SCRIPT_INIT(&script, steps);
	assert_int_equal(openssl_get(&script.runner, &v6, &first, &err), 0);
	assert_string_equal(buf_str(&script.input), "GET /healthz HTTP/1.0\r\nHost: ::1\r\n\r\n");
	assert_int_equal(first.end, HTTPS_ANSWERED);
	assert_int_equal(first.status, 200);
	assert_string_equal(first.body, "{\"version\":\"1\"}\n");
	assert_int_equal(openssl_get(&script.runner, &named, &second, &err), 0);
	assert_int_equal(second.status, 400);
	script_end(&script);
}

static void openssls_numbers_tell_how_it_ended(void **state)
{
	static const struct {
		const char *words;
		enum https_end end;
	} rows[] = {
		{ "depth=0 CN=x\nverify error:num=20:unable to get local issuer certificate\n", HTTPS_WRONG_CA },
		{ "verify return:1\nverify error:num=10:certificate has expired\nnotAfter=x\n", HTTPS_EXPIRED },
		{ "verify error:num=64:IP address mismatch\n", HTTPS_WRONG_NAME },
		{ "verify error:num=62:hostname mismatch\n", HTTPS_WRONG_NAME },
		{ "verify error:num=99:something new\n", HTTPS_FAILED },
		{ "verify return:1\n80:error:0A:tlsv1 alert unknown ca:x.c:1601:SSL alert number 48\n", HTTPS_CLIENT_REFUSED },
		{ "x:SSL alert number 116\n", HTTPS_CLIENT_REFUSED },
		{ "x:SSL alert number 40\n", HTTPS_CLIENT_REFUSED },
		{ "x:SSL alert number 70\n", HTTPS_FAILED },
		{ "x:wrong version number:y\n", HTTPS_FAILED },
		{ "", HTTPS_FAILED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("           %s\n", rows[i].words);
		assert_int_equal(end_of(openssl_get, 1, NULL, rows[i].words), rows[i].end);
	}
	assert_int_equal(end_of(openssl_get, 0, "not HTTP", ""), HTTPS_FAILED);
}

static void an_openssl_that_hangs_is_no_answer(void **state)
{
	static const struct script_step step = { .command = "openssl *", .how = SCRIPT_TIMES_OUT };
	AUTO(https_answer) answer = { 0 };

	(void)state;
	ask(openssl_get, &step, &answer);
	assert_int_equal(answer.end, HTTPS_SILENT);
}

static void a_certificate_is_described(void **state)
{
	static const char *const outputs[] = {
		"subject=CN=ca,O=x=y\nsha256 Fingerprint=AB:CD\n", /* 3.0 */
		"subject=CN=ca,O=x=y\nSHA256 Fingerprint=AB:CD\n", /* 1.1.1 */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(outputs); i++) {
		const struct script_step steps[] = {
			{ .command = "openssl x509 -noout -subject -nameopt RFC2253 -fingerprint -sha256", .out = outputs[i] },
		};
		AUTO(certificate) certificate = { 0 };
		struct error *err = NULL;
		struct script script;

		SCRIPT_INIT(&script, steps);
		assert_int_equal(openssl_certificate(&script.runner, "PEM", &certificate, &err), 0);
		assert_string_equal(buf_str(&script.input), "PEM");
		assert_string_equal(certificate.subject, "CN=ca,O=x=y");
		assert_string_equal(certificate.fingerprint, "AB:CD");
		script_end(&script);
	}
}

/* ------------------------------------------------------------------ a bundle, by openssl */

#define VERIFY "openssl verify -no-CApath -purpose sslclient -CAfile /b/ca.crt /b/tls.crt"
#define CERTIFIED "openssl x509 -noout -pubkey -in /b/tls.crt"
#define OWN "openssl pkey -pubout -in /b/tls.key"

static int check(const struct script_step *steps, size_t count, struct error **err)
{
	struct script script;
	int rc;

	script_init(&script, steps, count);
	rc = openssl_check_bundle(&script.runner, "/b", err);
	script_end(&script);
	return rc;
}

static void a_whole_bundle_passes(void **state)
{
	static const struct script_step steps[] = {
		{ .command = VERIFY }, { .command = CERTIFIED, .out = "PUB\n" }, { .command = OWN, .out = "PUB\n" },
	};
	struct error *err = NULL;

	(void)state;
	assert_int_equal(check(steps, 3, &err), 0);
}

static void a_bundle_that_does_not_fit_itself_is_refused(void **state)
{
	static const struct script_step unsigned_[] = { { .command = VERIFY, .code = 2, .err = "error 20 at 0 depth\n" } };
	static const struct script_step other_key[] = {
		{ .command = VERIFY }, { .command = CERTIFIED, .out = "A\n" }, { .command = OWN, .out = "B\n" },
	};
	static const struct script_step no_key[] = {
		{ .command = VERIFY }, { .command = CERTIFIED, .out = "A\n" },
		{ .command = OWN, .code = 1, .err = "Could not read key\n" },
	};
	static const struct script_step missing[] = { { .command = VERIFY, .how = SCRIPT_MISSING } };
	struct error *err = NULL;

	(void)state;
	assert_int_equal(check(unsigned_, 1, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "error 20 at 0 depth");
	assert_int_equal(check(other_key, 3, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "tls.key is not the key of tls.crt");
	assert_int_equal(check(no_key, 3, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "Could not read key");
	assert_int_equal(check(missing, 1, &err), -1);
	assert_error(&err, ERROR_UNREACHABLE, "openssl was not found");
}

static void a_key_is_compared_with_its_certificate(void **state)
{
	static const struct script_step same[] = {
		{ .command = "openssl x509 -noout -pubkey", .out = "PUB\n" }, { .command = "openssl pkey -pubout", .out = "PUB\n" },
	};
	static const struct script_step other[] = {
		{ .command = "openssl x509 -noout -pubkey", .out = "A\n" }, { .command = "openssl pkey -pubout", .out = "B\n" },
	};
	struct error *err = NULL;
	struct script script;

	(void)state;
	script_init(&script, same, ARRAY_LEN(same));
	assert_int_equal(openssl_check_key(&script.runner, "CERT", "KEY", &err), 0);
	script_end(&script);
	script_init(&script, other, ARRAY_LEN(other));
	assert_int_equal(openssl_check_key(&script.runner, "CERT", "KEY", &err), -1);
	assert_error(&err, ERROR_SYSTEM, "not that of the certificate");
	script_end(&script);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(curl_reads_no_curlrc_and_trusts_only_the_bundle),
		cmocka_unit_test(curl_gives_no_certificates_and_uses_proxies_where_it_may),
		cmocka_unit_test(curls_numbers_tell_how_it_ended),
		cmocka_unit_test(why_curl_failed_is_told_in_its_words),
		cmocka_unit_test(openssl_is_given_the_request_and_the_bundle),
		cmocka_unit_test(openssls_numbers_tell_how_it_ended),
		cmocka_unit_test(an_openssl_that_hangs_is_no_answer),
		cmocka_unit_test(a_certificate_is_described),
		cmocka_unit_test(a_whole_bundle_passes),
		cmocka_unit_test(a_bundle_that_does_not_fit_itself_is_refused),
		cmocka_unit_test(a_key_is_compared_with_its_certificate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
