/* SPDX-License-Identifier: Apache-2.0 */
/* docker's config.json: what is read of it, and the one for one command. */
#include "tools/docker_config.h"

#include <unistd.h>

#include "base/file.h"
#include "base/tree.h"
#include "scratch.h"
#include "script.h"

static const struct docker_login login = { "reg.example", "me", "s3cret" };

static char *with_login(const char *config, const struct docker_login *as)
{
	struct error *err = NULL;
	autotree cJSON *tree = tree_json(config, strlen(config), "test", &err);

	docker_config_add_login(tree, as);
	return cJSON_PrintUnformatted(tree);
}

static void a_login_is_added_and_helpers_for_it_are_taken_out(void **state)
{
	static const struct {
		const char *before, *after;
	} rows[] = {
		{ "{}", "{\"auths\":{\"reg.example\":{\"auth\":\"bWU6czNjcmV0\"}}}" },
		{ "{\"auths\":7}", "{\"auths\":{\"reg.example\":{\"auth\":\"bWU6czNjcmV0\"}}}" },
		{ "{\"auths\":{\"reg.example\":{\"auth\":\"b2xk\"},\"x\":{}},\"credsStore\":\"s\",\"currentContext\":\"c\","
		  "\"credHelpers\":{\"reg.example\":\"h\",\"x\":\"h\"}}",
		  "{\"auths\":{\"x\":{},\"reg.example\":{\"auth\":\"bWU6czNjcmV0\"}},\"currentContext\":\"c\","
		  "\"credHelpers\":{\"x\":\"h\"}}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *after = with_login(rows[i].before, &login);

		assert_string_equal(after, rows[i].after);
	}
}

static void dockers_own_registry_has_another_name(void **state)
{
	const struct docker_login hub = { "docker.io", "me", "s3cret" };
	autofree char *after = with_login("{}", &hub);

	(void)state;
	assert_string_equal(after, "{\"auths\":{\"https://index.docker.io/v1/\":{\"auth\":\"bWU6czNjcmV0\"}}}");
}

static void the_directory_is_private_and_links_to_the_users(void **state)
{
	struct error *err = NULL;
	char target[4096] = "";

	(void)state;
	scratch_put(scratch("user/config.json"), "{\"currentContext\":\"c\"}");
	scratch_put(scratch("user/contexts/meta"), "m");
	assert_int_equal(docker_config_make(scratch("run/one"), scratch("user"), &login, &err), 0);
	assert_mode(scratch("run/one"), 0700);
	assert_mode(scratch("run/one/config.json"), 0600);
	assert_entries(scratch("run/one"), 2);
	assert_holds(scratch("run/one/contexts/meta"), "m");
	assert_true(readlink(scratch("run/one/contexts"), target, sizeof(target) - 1) > 0);
	assert_true(target[0] == '/');
	assert_int_equal(dir_remove(scratch("run/one"), &err), 0);
	assert_gone(scratch("run/one"));
	assert_holds(scratch("user/contexts/meta"), "m");
}

static void a_user_without_a_configuration_has_an_empty_one(void **state)
{
	struct error *err = NULL;

	(void)state;
	assert_int_equal(docker_config_make(scratch("run/one"), NULL, &login, &err), 0);
	assert_entries(scratch("run/one"), 1);
	assert_int_equal(docker_config_make(scratch("run/one"), scratch("nowhere"), &login, &err), 0);
	assert_entries(scratch("run/one"), 1);
}

static void what_is_no_object_counts_as_empty(void **state)
{
	static const char *const texts[] = { "", "[]", "7", "{\"auths\":", "null" };
	struct error *err = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(buf) text = BUF_INIT;

		scratch_put(scratch("user/config.json"), texts[i]);
		assert_int_equal(docker_config_make(scratch("run/one"), scratch("user"), &login, &err), 0);
		assert_int_equal(file_read(scratch("run/one/config.json"), 4096, &text, &err), 0);
		assert_non_null(strstr(buf_str(&text), "bWU6czNjcmV0"));
	}
}

static void a_directory_that_cannot_be_made_is_an_error(void **state)
{
	struct error *err = NULL;

	(void)state;
	scratch_put(scratch("run"), "a file");
	assert_int_equal(docker_config_make(scratch("run/one"), NULL, &login, &err), -1);
	error_free(&err);
}

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
		cmocka_unit_test(a_login_is_added_and_helpers_for_it_are_taken_out),
		cmocka_unit_test(dockers_own_registry_has_another_name),
		CASE(the_directory_is_private_and_links_to_the_users),
		CASE(a_user_without_a_configuration_has_an_empty_one),
		CASE(what_is_no_object_counts_as_empty),
		CASE(a_directory_that_cannot_be_made_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
