/* SPDX-License-Identifier: Apache-2.0 */
/* The proxies in docker's config.json. */
#include "script.h"
#include "scratch.h"

#include <stdio.h>

#include "tools/docker_config.h"

static int read_for(const char *engine, struct client_proxies *proxies, struct error **err)
{
	return docker_client_proxies(scratch("docker"), engine, proxies, err);
}

static void without_a_file_there_are_none(void **state)
{
	AUTO(client_proxies) proxies = { 0 };
	struct error *err = NULL;

	(void)state;
	assert_int_equal(read_for(NULL, &proxies, &err), 0);
	assert_null(proxies.http);
	assert_false(proxies.by_engine);
}

static void those_for_any_engine_are_read(void **state)
{
	AUTO(client_proxies) proxies = { 0 };
	struct error *err = NULL;

	(void)state;
	scratch_put(scratch("docker/config.json"),
		    "{\"auths\":{},\"proxies\":{\"default\":{\"httpProxy\":\"http://p:1\",\"httpsProxy\":\"http://p:2\","
		    "\"allProxy\":\"socks5://p:3\",\"noProxy\":\"a,b\",\"ftpProxy\":\"x\"}}}\n");
	assert_int_equal(read_for(NULL, &proxies, &err), 0);
	assert_string_equal(proxies.http, "http://p:1");
	assert_string_equal(proxies.https, "http://p:2");
	assert_string_equal(proxies.all, "socks5://p:3");
	assert_string_equal(proxies.none, "a,b");
	assert_false(proxies.by_engine);
}

static void an_engines_own_hide_those_for_any(void **state)
{
	AUTO(client_proxies) any = { 0 };
	AUTO(client_proxies) own = { 0 };
	AUTO(client_proxies) other = { 0 };
	struct error *err = NULL;

	(void)state;
	scratch_put(scratch("docker/config.json"), "{\"proxies\":{\"default\":{\"httpProxy\":\"http://any\"},"
						   "\"tcp://far:2376\":{\"noProxy\":\"x\"}}}");
	assert_int_equal(read_for(NULL, &any, &err), 0);
	assert_true(any.by_engine);
	assert_string_equal(any.http, "http://any");
	assert_int_equal(read_for("tcp://far:2376", &own, &err), 0);
	assert_null(own.http);
	assert_string_equal(own.none, "x");
	assert_int_equal(read_for("unix:///var/run/docker.sock", &other, &err), 0);
	assert_string_equal(other.http, "http://any");
}

static void other_shapes_are_no_proxies(void **state)
{
	static const char *const texts[] = {
		"{}", "[]", "7", "{\"proxies\":null}", "{\"proxies\":[{\"httpProxy\":\"x\"}]}", "{\"proxies\":\"x\"}",
		"{\"proxies\":{\"default\":[]}}", "{\"proxies\":{\"default\":{\"httpProxy\":7,\"noProxy\":\" \"}}}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(client_proxies) proxies = { 0 };
		struct error *err = NULL;

		scratch_put(scratch("docker/config.json"), texts[i]);
		assert_int_equal(read_for("default", &proxies, &err), 0);
		assert_null(proxies.http);
		assert_null(proxies.none);
	}
}

static void a_file_that_cannot_be_read_is_an_error(void **state)
{
	AUTO(client_proxies) proxies = { 0 };
	struct error *err = NULL;

	(void)state;
	scratch_put(scratch("docker/config.json"), "{\"proxies\":");
	assert_int_equal(read_for(NULL, &proxies, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "docker/config.json: not JSON");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(without_a_file_there_are_none),
		CASE(those_for_any_engine_are_read),
		CASE(an_engines_own_hide_those_for_any),
		CASE(other_shapes_are_no_proxies),
		CASE(a_file_that_cannot_be_read_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
