/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/endpoint.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "script.h"

static void only_a_foreign_tcp_docker_host_gives_a_host(void **state)
{
	static const struct {
		const char *docker_host, *host;
	} rows[] = {
		{ NULL, NULL },
		{ "unix:///var/run/docker.sock", NULL },
		{ "ssh://user@host", NULL },
		{ "tcp://docker:2375", "docker" },
		{ "tcp://docker", "docker" },
		{ "tcp://10.0.0.5:2376/", "10.0.0.5" },
		{ "tcp://[fd00::5]:2375", "fd00::5" },
		{ "tcp://[fd00::5]", "fd00::5" },
		{ "tcp://127.0.0.1:2375", NULL },
		{ "tcp://127.9.9.9:2375", NULL },
		{ "tcp://localhost:2375", NULL },
		{ "tcp://[::1]:2375", NULL },
		{ "tcp://", NULL },
		{ "tcp://:2375", NULL },
		{ "tcp://host:0", NULL },
		{ "tcp://host:65536", NULL },
		{ "tcp://host:port", NULL },
		{ "tcp://[fd00::5", NULL },
		{ "tcp://[fd00::5]2375", NULL },
		{ "tcp://fd00::5", NULL },
		{ "tcp://docker_dind:2375", "docker_dind" },
		{ "tcp://--tls-san=x:2375", NULL },
		{ "tcp://a,b:2375", NULL },
		{ "tcp://me@host:2375", NULL },
		{ "tcp://a b:2375", NULL },
		{ "tcp://a\x1b[2J:2375", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *host = endpoint_docker_tcp_host(rows[i].docker_host);

		if ((host == NULL) != (rows[i].host == NULL))
			fail_msg("%s gives %s", rows[i].docker_host, host ? host : "nothing");
		if (host != NULL)
			assert_string_equal(host, rows[i].host);
	}
}

static void networks_overlap_when_one_holds_the_other(void **state)
{
	static const struct {
		const char *a, *b;
		bool overlap;
	} rows[] = {
		{ "10.42.0.0/16", "10.42.0.0/16", true },
		{ "10.0.0.0/8", "10.42.0.0/16", true },
		{ "10.42.7.0/24", "10.42.0.0/16", true },
		{ "10.43.255.255/32", "10.43.0.0/16", true },
		{ "0.0.0.0/0", "10.42.0.0/16", true },
		{ "10.44.0.0/16", "10.42.0.0/16", false },
		{ "10.40.0.0/15", "10.42.0.0/16", false },
		{ "192.168.0.0/16", "10.42.0.0/16", false },
		{ "10.42.0.0", "10.42.0.0/16", false },
		{ "10.42.0.0/33", "10.42.0.0/16", false },
		{ "10.42.0.0/", "10.42.0.0/16", false },
		{ "/16", "10.42.0.0/16", false },
		{ "fd00::/8", "10.42.0.0/16", false },
		{ "", "10.42.0.0/16", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (endpoint_networks_overlap(rows[i].a, rows[i].b) != rows[i].overlap ||
		    endpoint_networks_overlap(rows[i].b, rows[i].a) != rows[i].overlap)
			fail_msg("%s and %s", rows[i].a, rows[i].b);
}

static void loopback_is_127_slash_8_and_its_names(void **state)
{
	static const char *const yes[] = { "localhost", "127.0.0.1", "127.255.0.3", "::1" };
	static const char *const no[] = { "0.0.0.0", "128.0.0.1", "10.0.0.1", "::", "127.0.0.1.example", "localhost.example", "" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(yes); i++)
		assert_true(endpoint_is_loopback(yes[i]));
	for (size_t i = 0; i < ARRAY_LEN(no); i++)
		if (endpoint_is_loopback(no[i]))
			fail_msg("%s", no[i]);
}

static void a_host_is_a_name_or_an_address_and_nothing_else(void **state)
{
	static const char *const good[] = { "host", "a.b-c.example", "10.0.0.5", "::1", "fd00::5", "HOST7" };
	static const char *const bad[] = { "", "-host", ".host", "a b", "a,b", "a/b", "a:b", "user@host", "a;b", "$(x)",
					   "a\nb", "[::1]", "a_b", "fe80::1%eth0" };
	autofree char *longest = xasprintf("%0253d", 0), *longer = xasprintf("%0254d", 0);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		if (!endpoint_host_is_valid(good[i]))
			fail_msg("%s is refused", good[i]);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (endpoint_host_is_valid(bad[i]))
			fail_msg("'%s' passes", bad[i]);
	assert_true(endpoint_host_is_valid(longest));
	assert_false(endpoint_host_is_valid(longer));
}

static void only_an_ip_address_can_be_bound_to(void **state)
{
	static const char *const good[] = { "127.0.0.1", "0.0.0.0", "10.1.2.3", "::", "::1", "fd00::5" };
	static const char *const bad[] = { "", "localhost", "1.2.3", "256.0.0.1", "[::1]", "127.0.0.1:80", "*" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(endpoint_bind_is_valid(good[i]));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (endpoint_bind_is_valid(bad[i]))
			fail_msg("'%s' passes", bad[i]);
}

static void resolvers_are_a_list_of_addresses(void **state)
{
	static const struct {
		const char *text, *list;
	} rows[] = {
		{ "10.0.0.2", "10.0.0.2" }, { "10.0.0.2,fd00::1", "10.0.0.2 fd00::1" }, { "10.0.0.2,10.0.0.2", "10.0.0.2" },
		{ "none", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(argv) list = ARGV_INIT;
		struct error *err = NULL;

		assert_int_equal(endpoint_dns_list(rows[i].text, &list, &err), 0);
		assert_line(&list, rows[i].list);
	}
}

static void what_cannot_be_a_containers_resolver_is_refused(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "", "--dns: '' is no IP address" }, { "dns.example", "'dns.example' is no IP address" },
		{ "10.0.0.2,", "'' is no IP address" }, { "10.0.0.2, 10.0.0.3", "' 10.0.0.3' is no IP address" },
		{ "10.0.0.2:53", "is no IP address" }, { "none,10.0.0.2", "'none' is no IP address" },
		{ "127.0.0.53", "127.0.0.53 is of the loopback network, which in the container is its own" },
		{ "10.0.0.2,::1", "::1 is of the loopback network" }, { "0.0.0.0", "0.0.0.0 is no address of a resolver" },
		{ "::", ":: is no address of a resolver" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(argv) list = ARGV_INIT;
		struct error *err = NULL;

		if (endpoint_dns_list(rows[i].text, &list, &err) == 0)
			fail_msg("%s passes", rows[i].text);
		assert_error(&err, ERROR_USAGE, rows[i].error);
	}
}

static void a_url_can_be_taken_apart_again(void **state)
{
	static const struct {
		bool plaintext;
		const char *host;
		int port;
		const char *url;
	} rows[] = {
		{ false, "127.0.0.1", 8080, "https://127.0.0.1:8080" },
		{ true, "127.0.0.1", 80, "http://127.0.0.1:80" },
		{ false, "host.example", 443, "https://host.example:443" },
		{ false, "fd00::5", 8080, "https://[fd00::5]:8080" },
		{ true, "::1", 1, "http://[::1]:1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *url = endpoint_url(rows[i].plaintext, rows[i].host, rows[i].port), *host = NULL;
		int port = -1;

		assert_string_equal(url, rows[i].url);
		assert_true(endpoint_split(url, &host, &port));
		assert_string_equal(host, rows[i].host);
		assert_int_equal(port, rows[i].port);
	}
}

static void urls_of_people_are_split_too(void **state)
{
	static const struct {
		const char *url, *host;
		int port;
	} rows[] = {
		{ "https://gw.example", "gw.example", 443 },  { "http://gw.example", "gw.example", 80 },
		{ "https://gw.example/", "gw.example", 443 }, { "https://gw.example:8443/x/y", "gw.example", 8443 },
		{ "https://[fd00::5]", "fd00::5", 443 },      { "https://[fd00::5]/x", "fd00::5", 443 },
	};
	static const char *const bad[] = { "", "gw.example", "https://", "https:///x", "https://a:b", "https://a:0",
					   "https://a:70000", "https://a:", "https://[::1", "https://fd00::5",
					   "https://[a/b]", "https://[]", "https://[/]:1" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *host = NULL;
		int port = -1;

		if (!endpoint_split(rows[i].url, &host, &port))
			fail_msg("%s cannot be split", rows[i].url);
		assert_string_equal(host, rows[i].host);
		assert_int_equal(port, rows[i].port);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		autofree char *host = NULL;
		int port;

		if (endpoint_split(bad[i], &host, &port))
			fail_msg("'%s' can be split", bad[i]);
	}
}

/* ------------------------------------------------------------------ real sockets on the loopback */

static void a_port_that_is_listened_on_is_busy(void **state)
{
	struct error *err = NULL;
	bool busy = false;
	int port, fd = listen_on_loopback(AF_INET, &port);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(endpoint_port_busy("127.0.0.1", port, &busy, &err), 0);
	assert_true(busy);
	assert_int_equal(endpoint_port_busy("0.0.0.0", port, &busy, &err), 0);
	assert_true(busy);
	/* another address of the loopback has its own ports */
	assert_int_equal(endpoint_port_busy("127.0.0.2", port, &busy, &err), 0);
	assert_false(busy);
	close(fd);
	assert_int_equal(endpoint_port_busy("127.0.0.1", port, &busy, &err), 0);
	assert_false(busy);
}

static void an_address_of_another_machine_is_a_usage_error(void **state)
{
	struct error *err = NULL;
	bool busy;
	int port;

	(void)state;
	/* TEST-NET-1: nobody's */
	assert_int_equal(endpoint_port_busy("192.0.2.1", 8080, &busy, &err), -1);
	assert_error(&err, ERROR_USAGE, "--bind: 192.0.2.1");
	assert_int_equal(endpoint_free_port("192.0.2.1", &port, &err), -1);
	assert_error(&err, ERROR_USAGE, "--bind: 192.0.2.1");
}

static void a_free_port_can_be_listened_on(void **state)
{
	struct error *err = NULL;
	bool busy = true;
	int port = 0;

	(void)state;
	assert_int_equal(endpoint_free_port("127.0.0.1", &port, &err), 0);
	assert_in_range(port, 1, 65535);
	assert_int_equal(endpoint_port_busy("127.0.0.1", port, &busy, &err), 0);
	assert_false(busy);
}

static void an_endpoint_answers_while_somebody_listens(void **state)
{
	int port, fd = listen_on_loopback(AF_INET, &port);

	(void)state;
	assert_true(endpoint_answers("127.0.0.1", port, 1000));
	assert_true(endpoint_answers("localhost", port, 1000));
	close(fd);
	assert_false(endpoint_answers("127.0.0.1", port, 1000));
}

static void one_that_says_nothing_does_not_hang_up(void **state)
{
	int port, fd = listen_on_loopback(AF_INET, &port);

	(void)state;
	assert_false(endpoint_hangs_up("127.0.0.1", port, 10));
	close(fd);
	assert_true(endpoint_hangs_up("127.0.0.1", port, 1000));
}

static void ipv6_works_where_the_host_has_it(void **state)
{
	struct error *err = NULL;
	bool busy = false;
	int port, fd = listen_on_loopback(AF_INET6, &port);

	(void)state;
	if (fd < 0)
		skip();
	assert_true(endpoint_answers("::1", port, 1000));
	assert_int_equal(endpoint_port_busy("::1", port, &busy, &err), 0);
	assert_true(busy);
	close(fd);
	assert_int_equal(endpoint_free_port("::1", &port, &err), 0);
	assert_in_range(port, 1, 65535);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_a_foreign_tcp_docker_host_gives_a_host),
		cmocka_unit_test(networks_overlap_when_one_holds_the_other),
		cmocka_unit_test(loopback_is_127_slash_8_and_its_names),
		cmocka_unit_test(a_host_is_a_name_or_an_address_and_nothing_else),
		cmocka_unit_test(only_an_ip_address_can_be_bound_to),
		cmocka_unit_test(resolvers_are_a_list_of_addresses),
		cmocka_unit_test(what_cannot_be_a_containers_resolver_is_refused),
		cmocka_unit_test(a_url_can_be_taken_apart_again),
		cmocka_unit_test(urls_of_people_are_split_too),
		cmocka_unit_test(a_port_that_is_listened_on_is_busy),
		cmocka_unit_test(an_address_of_another_machine_is_a_usage_error),
		cmocka_unit_test(a_free_port_can_be_listened_on),
		cmocka_unit_test(an_endpoint_answers_while_somebody_listens),
		cmocka_unit_test(one_that_says_nothing_does_not_hang_up),
		cmocka_unit_test(ipv6_works_where_the_host_has_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
