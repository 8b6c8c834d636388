/* SPDX-License-Identifier: Apache-2.0 */
/* What an endpoint's answers mean. Something listens on the port and says nothing; the programs' answers are scripted. */
#include "gateway/probe.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "script.h"

#define CERT "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
#define KEY "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"
#define CURL "curl -q *"
#define OPENSSL "openssl s_client *"

static void store_bundle(const struct scene *scene)
{
	scene_write(scene, "gateways/gw/mtls/ca.crt", CERT);
	scene_write(scene, "gateways/gw/mtls/tls.crt", CERT);
	scene_write(scene, "gateways/gw/mtls/tls.key", KEY);
}

struct asked {
	const char *scheme;
	const char *auth; /* NULL: as the scheme says */
	bool lacks_bundle;
};
static const struct asked secure = { .scheme = "https" }, plaintext = { .scheme = "http" };

/* reason: a part of it; NULL: there is none. */
static void assert_probe(const struct asked *asked, const struct script_step *steps, size_t count,
			 enum probe_verdict verdict, const char *reason)
{
	int port, fd = listen_on_loopback(AF_INET, &port);
	autofree char *endpoint = xasprintf("%s://127.0.0.1:%d", asked->scheme, port);
	struct record record = { .name = (char *)(uintptr_t)"gw", .endpoint = endpoint, .is_remote = true,
				 .auth_mode = (char *)(uintptr_t)asked->auth };
	AUTO(probe) probe = { 0 };
	struct error *err = NULL;
	struct scene scene;

	scene_open(&scene);
	if (!asked->lacks_bundle)
		store_bundle(&scene);
	scene_script(&scene, steps, count);
	assert_int_equal(probe_endpoint(&scene.env, &record, NULL, &probe, &err), 0);
	assert_int_equal(probe.verdict, verdict);
	if (reason == NULL)
		assert_null(probe.reason);
	else if (strstr(probe.reason, reason) == NULL)
		fail_msg("expected \"%s\", got \"%s\"", reason, probe.reason);
	scene_close(&scene);
	close(fd);
}

static void curls_answer_is_the_verdict(void **state)
{
	static const struct {
		int code;
		const char *out;
		enum probe_verdict verdict;
		const char *reason;
	} rows[] = {
		{ 0, "{\"status\":\"ok\"}\n200 0 0.1", PROBE_WELL, NULL },
		{ 0, "\n204 0 0.1", PROBE_WELL, NULL },
		{ 0, "\n502 0 0.1", PROBE_STATUS, "HTTP status 502" },
		{ 0, "\n400 0 0.1", PROBE_CLIENT_REFUSED, "refuses the client's certificate: it answers /healthz with HTTP status 400" },
		{ 7, "\n000 0 0", PROBE_SILENT, "curl failed (exit 7)" },
		{ 28, "\n000 0 0", PROBE_SILENT, "curl failed (exit 28)" },
		{ 60, "\n000 20 0", PROBE_WRONG_CA, "not of the authority" },
		{ 60, "\n000 10 0", PROBE_EXPIRED, "has expired" },
		{ 60, "\n000 1 0", PROBE_WRONG_NAME, "not for 127.0.0.1" },
		{ 56, "\n000 0 0.1", PROBE_CLIENT_REFUSED, "refuses the client's certificate: curl failed" },
		{ 58, "\n000 0 0", PROBE_NO_BUNDLE, "cannot be used" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct script_step steps[] = { { .command = CURL, .code = rows[i].code, .out = rows[i].out } };

		print_message("           %d %s\n", rows[i].code, rows[i].out);
		assert_probe(&secure, steps, 1, rows[i].verdict, rows[i].reason);
	}
}

static void a_refusal_before_tls_is_agreed_on_is_told_by_the_alert(void **state)
{
	static const struct script_step alert[] = {
		{ .command = CURL, .code = 35, .out = "\n000 1 0", .err = "curl: (35) alert\n" },
		{ .command = OPENSSL, .code = 1, .err = "x:SSL alert number 48\n" },
	};
	static const struct script_step other[] = {
		{ .command = CURL, .code = 35, .out = "\n000 1 0", .err = "curl: (35) wrong version\n" },
		{ .command = OPENSSL, .code = 1, .err = "x:wrong version number\n" },
	};
	static const struct script_step alone[] = {
		{ .command = CURL, .code = 35, .out = "\n000 1 0", .err = "curl: (35) wrong version\n" },
		{ .command = OPENSSL, .how = SCRIPT_MISSING },
	};

	(void)state;
	assert_probe(&secure, alert, 2, PROBE_CLIENT_REFUSED, "refuses the client's certificate");
	assert_probe(&secure, other, 2, PROBE_TLS_FAILED, "TLS fails: curl failed (exit 35): curl: (35) wrong version");
	assert_probe(&secure, alone, 2, PROBE_TLS_FAILED, "curl: (35) wrong version");
}

static void openssl_takes_the_place_of_curl(void **state)
{
	static const struct script_step well[] = {
		{ .command = CURL, .how = SCRIPT_MISSING },
		{ .command = OPENSSL, .out = "HTTP/1.1 200 OK\r\n\r\n{}" },
	};
	static const struct script_step wrong[] = {
		{ .command = CURL, .how = SCRIPT_MISSING },
		{ .command = OPENSSL, .code = 1, .err = "verify error:num=20:x\n" },
	};

	(void)state;
	assert_probe(&secure, well, 2, PROBE_WELL, NULL);
	assert_probe(&secure, wrong, 2, PROBE_WRONG_CA, "not of the authority");
}

static void without_both_only_the_port_is_known(void **state)
{
	static const struct script_step missing[] = {
		{ .command = CURL, .how = SCRIPT_MISSING }, { .command = OPENSSL, .how = SCRIPT_MISSING },
	};
	static const struct script_step no_curl[] = { { .command = CURL, .how = SCRIPT_MISSING } };

	(void)state;
	assert_probe(&secure, missing, 2, PROBE_OPEN, "neither curl nor openssl is here");
	assert_probe(&plaintext, no_curl, 1, PROBE_OPEN, "; curl is not here");
}

static void without_certificates_nothing_is_asked(void **state)
{
	static const struct asked bare = { .scheme = "https", .lacks_bundle = true };

	(void)state;
	assert_probe(&bare, NULL, 0, PROBE_NO_BUNDLE, "there are no certificates here");
}

static void plaintext_needs_no_certificates(void **state)
{
	static const struct asked bare = { .scheme = "http", .lacks_bundle = true };
	static const struct script_step well[] = { { .command = CURL, .out = "\n200 0 0" } };
	static const struct script_step bad[] = { { .command = CURL, .out = "\n400 0 0" } };
	static const struct script_step cut[] = { { .command = CURL, .code = 52, .out = "\n000 0 0" } };

	(void)state;
	assert_probe(&bare, well, 1, PROBE_WELL, NULL);
	assert_probe(&bare, bad, 1, PROBE_STATUS, "400");
	assert_probe(&bare, cut, 1, PROBE_SILENT, "no answer");
}

static void a_login_by_a_browser_is_not_ours(void **state)
{
	static const struct asked edge = { .scheme = "https", .auth = "cloudflare_jwt" };
	static const struct script_step steps[] = { { .command = CURL, .out = "\n302 0 0.1" } };

	(void)state;
	assert_probe(&edge, steps, 1, PROBE_LOGIN, "a login by a browser");
}

static void a_curl_that_hangs_is_a_failure(void **state)
{
	static const struct script_step steps[] = { { .command = CURL, .how = SCRIPT_TIMES_OUT } };

	(void)state;
	assert_probe(&secure, steps, 1, PROBE_TLS_FAILED, "did not end within");
}

static void a_stop_is_no_verdict(void **state)
{
	static const struct script_step steps[] = { { .command = CURL, .how = SCRIPT_CANCELS } };
	int port, fd = listen_on_loopback(AF_INET, &port);
	autofree char *endpoint = xasprintf("http://127.0.0.1:%d", port);
	struct record record = { .name = (char *)(uintptr_t)"gw", .endpoint = endpoint };
	AUTO(probe) probe = { 0 };
	struct error *err = NULL;
	struct scene scene;

	(void)state;
	scene_open(&scene);
	SCENE_SCRIPT(&scene, steps);
	assert_int_equal(probe_endpoint(&scene.env, &record, NULL, &probe, &err), -1);
	assert_error(&err, ERROR_CANCELLED, "SIGTERM");
	scene_close(&scene);
	close(fd);
}

/* A name that no resolver knows: without a proxy it is not even asked for by curl. */
static void where_there_is_a_proxy_curl_finds_the_way(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "curl *%{time_appconnect}' --url http://gw.invalid:8080/healthz", .out = "\n200 0 0" },
	};
	struct record record = { .name = (char *)(uintptr_t)"gw", .endpoint = (char *)(uintptr_t)"http://gw.invalid:8080/" };
	AUTO(probe) probe = { 0 };
	struct error *err = NULL;
	struct scene scene;

	(void)state;
	scene_open(&scene);
	scene.settings.http_proxy = "http://proxy:3128";
	SCENE_SCRIPT(&scene, steps);
	assert_int_equal(probe_endpoint(&scene.env, &record, NULL, &probe, &err), 0);
	assert_int_equal(probe.verdict, PROBE_WELL);
	scene_close(&scene);
}

static void only_a_mismatch_beyond_doubt_is_one(void **state)
{
	static const enum probe_verdict certain[] = { PROBE_WRONG_CA, PROBE_EXPIRED, PROBE_WRONG_NAME, PROBE_CLIENT_REFUSED };
	int count = 0;

	(void)state;
	for (int verdict = 0; verdict < PROBE_VERDICTS; verdict++)
		count += probe_is_mismatch(verdict);
	for (size_t i = 0; i < ARRAY_LEN(certain); i++)
		assert_true(probe_is_mismatch(certain[i]));
	assert_int_equal(count, ARRAY_LEN(certain));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(curls_answer_is_the_verdict),
		cmocka_unit_test(a_refusal_before_tls_is_agreed_on_is_told_by_the_alert),
		cmocka_unit_test(openssl_takes_the_place_of_curl),
		cmocka_unit_test(without_both_only_the_port_is_known),
		cmocka_unit_test(without_certificates_nothing_is_asked),
		cmocka_unit_test(plaintext_needs_no_certificates),
		cmocka_unit_test(a_login_by_a_browser_is_not_ours),
		cmocka_unit_test(a_curl_that_hangs_is_a_failure),
		cmocka_unit_test(a_stop_is_no_verdict),
		cmocka_unit_test(where_there_is_a_proxy_curl_finds_the_way),
		cmocka_unit_test(only_a_mismatch_beyond_doubt_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
