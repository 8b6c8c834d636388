/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/target.h"

#include <stdlib.h>

#include "script.h"

static void assert_same(const char *what, const char *expected, const char *got)
{
	if ((expected == NULL) != (got == NULL) || (got != NULL && !streq(expected, got)))
		fail_msg("%s: expected %s, got %s", what, expected ? expected : "none", got ? got : "none");
}

static void an_endpoint_is_taken_apart(void **state)
{
	static const struct {
		const char *text, *endpoint, *host;
		int port;
		bool is_plaintext;
		const char *destination, *name;
	} rows[] = {
		{ "gw.example:8443", "https://gw.example:8443", "gw.example", 8443, false, NULL, "gw.example" },
		{ "gw.example", "https://gw.example", "gw.example", 0, false, NULL, "gw.example" },
		{ "https://gw.example/", "https://gw.example", "gw.example", 0, false, NULL, "gw.example" },
		{ "HTTPS://GW.Example:1/", "https://gw.example:1", "gw.example", 1, false, NULL, "gw.example" },
		{ "http://10.0.0.5:65535", "http://10.0.0.5:65535", "10.0.0.5", 65535, true, NULL, "10.0.0.5" },
		{ "http://localhost:8080", "http://localhost:8080", "localhost", 8080, true, NULL, "openshell" },
		{ "127.0.0.1:8080", "https://127.0.0.1:8080", "127.0.0.1", 8080, false, NULL, "openshell" },
		{ "https://[::1]:8080", "https://[::1]:8080", "::1", 8080, false, NULL, "openshell" },
		{ "https://[2001:DB8::1]", "https://[2001:db8::1]", "2001:db8::1", 0, false, NULL, "2001-db8--1" },
		{ "https://[::5]:8080", "https://[::5]:8080", "::5", 8080, false, NULL, "5" },
		{ "https://xn--bcher-kva.example", "https://xn--bcher-kva.example", "xn--bcher-kva.example", 0, false, NULL,
		  "xn--bcher-kva.example" },
		{ "https://example.", "https://example.", "example.", 0, false, NULL, "example" },
		{ "ssh://me@host:8080", "https://host:8080", "host", 8080, false, "me@host", "host" },
		{ "ssh://Host:8080/", "https://host:8080", "host", 8080, false, "Host", "host" },
		{ "ssh://me@[fd00::5]:8080", "https://[fd00::5]:8080", "fd00::5", 8080, false, "me@[fd00::5]", "fd00--5" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(target) target = { 0 };
		autofree char *name = NULL;
		struct error *err = NULL;

		if (target_parse(rows[i].text, &target, &err) < 0)
			fail_msg("%s: %s", rows[i].text, error_text(err));
		name = target_name(&target);
		assert_same(rows[i].text, rows[i].endpoint, target.endpoint);
		assert_same(rows[i].text, rows[i].host, target.host);
		assert_same(rows[i].text, rows[i].destination, target.destination);
		assert_same(rows[i].text, rows[i].name, name);
		assert_int_equal(target.port, rows[i].port);
		assert_int_equal(target.is_plaintext, rows[i].is_plaintext);
	}
}

static void anything_else_is_refused(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "", "the host is missing" },
		{ "https://", "the host is missing" },
		{ "https://:8080", "the host is missing" },
		{ "https:///", "the host is missing" },
		{ "ftp://host", "begins with none of https://, http:// and ssh://" },
		{ "unix:///run/x", "begins with none of" },
		{ "://host", "begins with none of" },
		{ "https://me@host", "a user or a password has no place in it" },
		{ "https://me:secret@host:8080", "a user or a password has no place in it" },
		{ "https://@host", "a user or a password has no place in it" },
		{ "ssh://me:secret@host:8080", "a password has no place in it" },
		{ "https://host/path", "nothing may follow host and port" },
		{ "https://host//", "nothing may follow" },
		{ "https://host:8080?q=secret", "nothing may follow" },
		{ "https://host#part", "nothing may follow" },
		{ "https://host:0", "the port is no number from 1 to 65535" },
		{ "https://host:65536", "the port is no number" },
		{ "https://host:18446744073709551617", "the port is no number" },
		{ "https://host:", "the port is no number" },
		{ "https://host:+80", "the port is no number" },
		{ "https://host:8080x", "the port is no number" },
		{ "https://host:80:90", "an IPv6 address stands in brackets" },
		{ "https://fd00::5", "an IPv6 address stands in brackets" },
		{ "https://[fd00::5", "']' is missing" },
		{ "https://[fd00::5]8080", "the port is no number" },
		{ "https://[]:8080", "the host is missing" },
		{ "https://[host]:8080", "no host name or address" },
		{ "https://[fe80::1%eth0]:8080", "no host name or address" },
		{ "https://-oProxyCommand=x", "no host name or address" },
		{ "https://b\xc3\xbc" "cher.example", "no host name or address (write other letters as xn--)" },
		{ "https://ho st", "blanks and control characters" },
		{ "https://host\n", "blanks and control characters" },
		{ "https://host\x1b[2J", "blanks and control characters" },
		{ "ssh://me@host", "needs the gateway's port" },
		{ "ssh://-oProxyCommand=x@host:80", "no [USER@]HOST" },
		{ "ssh://a b@host:80", "blanks" },
		{ "ssh://@host:80", "no [USER@]HOST" },
		{ "ssh://a@b@host:80", "no [USER@]HOST" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(target) target = { 0 };
		struct error *err = NULL;

		print_message("           %s\n", rows[i].error);
		assert_int_equal(target_parse(rows[i].text, &target, &err), -1);
		assert_null(target.endpoint);
		assert_null(strstr(err->text, "secret"));
		assert_error(&err, ERROR_USAGE, rows[i].error);
	}
}

static void a_very_long_host_gives_a_short_name(void **state)
{
	char host[254] = { 0 };
	autofree char *text = NULL, *name = NULL;
	AUTO(target) target = { 0 };
	struct error *err = NULL;

	(void)state;
	memset(host, 'a', sizeof(host) - 1);
	host[62] = '.';
	text = xasprintf("https://%s", host);
	assert_int_equal(target_parse(text, &target, &err), 0);
	name = target_name(&target);
	assert_int_equal(strlen(name), 62);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_endpoint_is_taken_apart),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(a_very_long_host_gives_a_short_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
