/* SPDX-License-Identifier: Apache-2.0 */
/* What the container is told of proxies. */
#include "gateway/proxy.h"

#include <stdlib.h>

#include "script.h"

#define OWN "localhost,127.0.0.1,::1,10.42.0.0/16,10.43.0.0/16,.svc,.cluster.local,host.docker.internal," \
	    "host.openshell.internal,openshell-gw"

static int plan(struct proxies *proxies, const struct settings *settings, const struct client_proxies *client,
		struct error **err)
{
	static const struct client_proxies none = { 0 };

	return proxies_plan(proxies, settings, client ? client : &none, "openshell-gw", err);
}

static void without_a_proxy_nothing_is_told(void **state)
{
	static const struct settings settings[] = { { .gateway = NULL }, { .no_proxy = "a,b" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		AUTO(proxies) proxies = { 0 };
		struct error *err = NULL;

		assert_int_equal(plan(&proxies, &settings[i], NULL, &err), 0);
		assert_int_equal(proxies.env.n + proxies.secrets.n + proxies.warnings.n, 0);
	}
}

static void each_proxy_is_told_in_both_cases_and_by_its_name_only(void **state)
{
	const struct settings settings = { .http_proxy = "http://me:pa55@p:1", .https_proxy = "http://p:2",
					   .all_proxy = "socks5://p:3" };
	AUTO(proxies) proxies = { 0 };
	struct error *err = NULL;

	(void)state;
	assert_int_equal(plan(&proxies, &settings, NULL, &err), 0);
	assert_line(&proxies.env, "HTTP_PROXY http_proxy HTTPS_PROXY https_proxy ALL_PROXY all_proxy "
				  "NO_PROXY=" OWN " no_proxy=" OWN);
	assert_line(&proxies.secrets, "HTTP_PROXY=http://me:pa55@p:1 http_proxy=http://me:pa55@p:1 HTTPS_PROXY=http://p:2 "
				      "https_proxy=http://p:2 ALL_PROXY=socks5://p:3 all_proxy=socks5://p:3");
	assert_int_equal(proxies.warnings.n, 0);
}

static void the_clusters_own_are_added_to_what_needs_no_proxy_and_none_is_there_twice(void **state)
{
	const struct settings settings = { .https_proxy = "http://p", .no_proxy = " corp.example ,10.42.0.0/16,,.svc, corp.example" };
	const struct client_proxies client = { .none = (char *)(uintptr_t)"corp.example,other.example" };
	AUTO(proxies) proxies = { 0 };
	struct error *err = NULL;

	(void)state;
	assert_int_equal(plan(&proxies, &settings, &client, &err), 0);
	assert_string_equal(proxies.env.v[2],
			    "NO_PROXY=corp.example,10.42.0.0/16,.svc,other.example,localhost,127.0.0.1,::1,10.43.0.0/16,"
			    ".cluster.local,host.docker.internal,host.openshell.internal,openshell-gw");
}

static void dockers_own_proxies_need_the_exceptions_too(void **state)
{
	const struct settings settings = { .gateway = NULL };
	const struct client_proxies client = { .https = (char *)(uintptr_t)"http://me:pa55@p", .none = (char *)(uintptr_t)"x" };
	AUTO(proxies) proxies = { 0 };
	struct error *err = NULL;

	(void)state;
	assert_int_equal(plan(&proxies, &settings, &client, &err), 0);
	assert_line(&proxies.env, "NO_PROXY=x," OWN " no_proxy=x," OWN);
	assert_int_equal(proxies.secrets.n, 0);
	assert_int_equal(proxies.warnings.n, 0);
}

static void a_proxy_on_the_loopback_network_is_left_out_with_one_warning(void **state)
{
	static const char *const urls[] = {
		"http://127.0.0.1:3128", "127.0.0.1:3128", "localhost", "http://me:pa55@localhost:1/", "http://[::1]:3128",
		"socks5h://127.1.2.3", "http://me:p@ss@127.0.0.1:1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		const struct settings settings = { .http_proxy = urls[i], .https_proxy = urls[i] };
		AUTO(proxies) proxies = { 0 };
		struct error *err = NULL;

		print_message("           %s\n", urls[i]);
		assert_int_equal(plan(&proxies, &settings, NULL, &err), 0);
		assert_int_equal(proxies.env.n + proxies.secrets.n, 0);
		assert_int_equal(proxies.warnings.n, 1);
		assert_true(str_starts(proxies.warnings.v[0], "HTTP_PROXY, HTTPS_PROXY: not given"));
		assert_non_null(strstr(proxies.warnings.v[0], "host.docker.internal"));
		assert_null(strstr(proxies.warnings.v[0], "pa55"));
	}
}

static void a_host_that_only_looks_like_loopback_is_passed_on(void **state)
{
	static const char *const urls[] = { "http://127.0.0.1@proxy:1", "http://localhost.example:1", "http://proxy/127.0.0.1",
					    "http://[fd00::1]:1", "http://1270.example" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		const struct settings settings = { .http_proxy = urls[i] };
		AUTO(proxies) proxies = { 0 };
		struct error *err = NULL;

		assert_int_equal(plan(&proxies, &settings, NULL, &err), 0);
		if (proxies.warnings.n != 0 || proxies.secrets.n != 2)
			fail_msg("%s is left out", urls[i]);
	}
}

static void dockers_own_proxy_on_the_loopback_network_is_warned_of(void **state)
{
	const struct settings settings = { .gateway = NULL };
	const struct client_proxies client = { .http = (char *)(uintptr_t)"http://me:pa55@127.0.0.1:3128" };
	AUTO(proxies) proxies = { 0 };
	struct error *err = NULL;

	(void)state;
	assert_int_equal(plan(&proxies, &settings, &client, &err), 0);
	assert_int_equal(proxies.warnings.n, 1);
	assert_null(strstr(proxies.warnings.v[0], "pa55"));
}

static void a_control_character_is_a_usage_error(void **state)
{
	static const struct {
		struct settings settings;
		const char *name;
	} rows[] = {
		{ { .http_proxy = "http://p\n" }, "HTTP_PROXY" }, { { .https_proxy = "http://\tp" }, "HTTPS_PROXY" },
		{ { .all_proxy = "\033" }, "ALL_PROXY" }, { { .no_proxy = "a,\nb" }, "NO_PROXY" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(proxies) proxies = { 0 };
		struct error *err = NULL;

		assert_int_equal(plan(&proxies, &rows[i].settings, NULL, &err), -1);
		assert_error(&err, ERROR_USAGE, rows[i].name);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_proxy_nothing_is_told),
		cmocka_unit_test(each_proxy_is_told_in_both_cases_and_by_its_name_only),
		cmocka_unit_test(the_clusters_own_are_added_to_what_needs_no_proxy_and_none_is_there_twice),
		cmocka_unit_test(dockers_own_proxies_need_the_exceptions_too),
		cmocka_unit_test(a_proxy_on_the_loopback_network_is_left_out_with_one_warning),
		cmocka_unit_test(a_host_that_only_looks_like_loopback_is_passed_on),
		cmocka_unit_test(dockers_own_proxy_on_the_loopback_network_is_warned_of),
		cmocka_unit_test(a_control_character_is_a_usage_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
