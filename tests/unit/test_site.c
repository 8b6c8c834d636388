/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/site.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "script.h"

#define KEY "-----BEGIN OPENSSH PRIVATE KEY-----\n"
#define ENTRY(more) "{\"name\":\"gw\",\"gateway_endpoint\":\"https://h:1\",\"is_remote\":true,\"gateway_port\":1" more "}"
#define BOX ",\"remote_host\":\"me@box\",\"ssh_options\":[\"Port=2222\",\"User=you\"]"
#define METADATA "gateways/gw/metadata.json"

/* A key of the user's own in the configuration directory. The caller frees its path. */
static char *make_key(const struct scene *scene, const char *name)
{
	char *path = xasprintf("%s/%s", scene->paths.user_root, name);

	scene_write(scene, name, KEY);
	assert_int_equal(chmod(path, 0600), 0);
	return path;
}

static void record_with_key(const struct scene *scene, const char *key)
{
	autofree char *text = xasprintf(ENTRY(BOX ",\"ssh_key\":\"%s\""), key);

	scene_write(scene, METADATA, text);
}

static void what_is_given_leads_there(void **state)
{
	struct scene *scene = *state;
	AUTO(argv) options = ARGV_INIT;
	AUTO(site) site = { 0 };
	autofree char *key = make_key(scene, "id");
	const struct site_options given = { "ssh://me@box:22/run/x.sock", key, &options };
	struct error *err = NULL;

	argv_addl(&options, "Port=1", "User=a", NULL);
	assert_int_equal(site_find(&site, &scene->env, "gw", &given, &err), 0);
	assert_true(site_is_remote(&site));
	assert_string_equal(site.destination, "ssh://me@box:22/run/x.sock");
	assert_string_equal(site.to.host, "box");
	assert_string_equal(site.to.socket, "/run/x.sock");
	assert_string_equal(site.key, key);
	assert_int_equal(site.ssh_options.n, 2);
	assert_ptr_equal(site.env, &scene->env);
}

static void without_anything_docker_is_here_and_nothing_is_asked(void **state)
{
	struct scene *scene = *state;
	const struct site_options nothing = { NULL, NULL, NULL };
	AUTO(site) site = { 0 };
	struct error *err = NULL;

	assert_int_equal(site_find(&site, &scene->env, "gw", &nothing, &err), 0);
	assert_false(site_is_remote(&site));
	assert_int_equal(site_resolve(&site, &err), 0);
	assert_int_equal(site_open(&site, false, &err), 0);
	assert_ptr_equal(site.env, &scene->env);
}

static void the_record_tells_destination_key_and_options(void **state)
{
	struct scene *scene = *state;
	const struct site_options nothing = { NULL, NULL, NULL };
	AUTO(site) site = { 0 };
	autofree char *key = make_key(scene, "id");
	struct error *err = NULL;

	record_with_key(scene, key);
	assert_int_equal(site_find(&site, &scene->env, "gw", &nothing, &err), 0);
	assert_string_equal(site.destination, "me@box");
	assert_string_equal(site.key, key);
	assert_string_equal(site.ssh_options.v[1], "User=you");
}

static void the_record_knows_the_socket_of_its_destination(void **state)
{
	static const struct {
		const char *endpoint, *given, *socket;
	} rows[] = {
		{ "\"ssh://me@box/run/user/1/docker.sock\"", NULL, "/run/user/1/docker.sock" },
		{ "\"ssh://me@box/run/user/1/docker.sock\"", "me@box", "/run/user/1/docker.sock" },
		{ "\"ssh://me@box/run/user/1/docker.sock\"", "other", NULL },
		{ "\"ssh://me@box\"", NULL, "/var/run/docker.sock" },
		{ "\"unix:///x.sock\"", NULL, NULL },
		{ "null", NULL, NULL },
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct site_options given = { rows[i].given, NULL, NULL };
		autofree char *text = xasprintf(ENTRY(BOX ",\"docker_endpoint\":%s"), rows[i].endpoint);
		AUTO(site) site = { 0 };
		struct error *err = NULL;

		scene_write(scene, METADATA, text);
		assert_int_equal(site_find(&site, &scene->env, "gw", &given, &err), 0);
		if (rows[i].socket != NULL)
			assert_string_equal(site.socket, rows[i].socket);
		else
			assert_null(site.socket);
	}
}

static void what_is_given_goes_above_the_record(void **state)
{
	struct scene *scene = *state;
	AUTO(argv) options = ARGV_INIT;
	AUTO(site) site = { 0 };
	autofree char *key = make_key(scene, "id"), *other = make_key(scene, "other");
	const struct site_options given = { NULL, other, &options };
	struct error *err = NULL;

	argv_add(&options, "Port=1");
	record_with_key(scene, key);
	assert_int_equal(site_find(&site, &scene->env, "gw", &given, &err), 0);
	assert_string_equal(site.destination, "me@box");
	assert_string_equal(site.key, other);
	assert_int_equal(site.ssh_options.n, 1);
}

static void recorded_key_and_options_are_for_the_recorded_host_alone(void **state)
{
	static const struct {
		const char *destination;
		bool same;
	} rows[] = { { "me@box", true }, { "ssh://me@box", true }, { "ssh://me@box/", true }, { "box", false }, { "me@other", false } };
	struct scene *scene = *state;
	autofree char *key = make_key(scene, "id");

	record_with_key(scene, key);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct site_options given = { rows[i].destination, NULL, NULL };
		AUTO(site) site = { 0 };
		struct error *err = NULL;

		assert_int_equal(site_find(&site, &scene->env, "gw", &given, &err), 0);
		assert_int_equal(site.key != NULL, rows[i].same);
		assert_int_equal(site.ssh_options.n > 0, rows[i].same);
	}
}

static void an_entry_that_is_not_ours_to_manage_leads_nowhere(void **state)
{
	static const struct {
		const char *file, *text;
	} rows[] = {
		{ METADATA, ENTRY("") },
		{ METADATA, ENTRY(BOX ",\"client_lifecycle_managed\":false") },
		{ METADATA, "{\"name\":\"gw\",\"gateway_endpoint\":\"https://h:1\",\"is_remote\":false,\"gateway_port\":1" BOX "}" },
		{ METADATA, "{" },
		{ "../system/" METADATA, ENTRY(BOX) },
	};
	const struct site_options nothing = { NULL, NULL, NULL };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct scene *scene;
		AUTO(site) site = { 0 };
		struct error *err = NULL;

		scene_teardown(state);
		scene_setup(state);
		scene = *state;
		scene_write(scene, rows[i].file, rows[i].text);
		assert_int_equal(site_find(&site, &scene->env, "gw", &nothing, &err), 0);
		assert_false(site_is_remote(&site));
	}
}

static void what_cannot_be_is_refused(void **state)
{
	static char *odd_option[] = { (char *)(uintptr_t) "ProxyCommand=id", NULL }, *good[] = { (char *)(uintptr_t) "Port=1", NULL };
	static const struct argv odd = { odd_option, 1, 0 }, port = { good, 1, 0 };
	static const struct {
		struct site_options given;
		enum error_kind kind;
		const char *text;
	} rows[] = {
		{ { "-oProxyCommand=id", NULL, NULL }, ERROR_USAGE, "--remote: '-oProxyCommand=id' is no destination" },
		{ { "", NULL, NULL }, ERROR_USAGE, "--remote" },
		{ { "box", "/nonexistent/key", NULL }, ERROR_ABSENT, "--ssh-key: cannot read /nonexistent/key" },
		{ { "box", NULL, &odd }, ERROR_USAGE, "--ssh-option: 'ProxyCommand'" },
		{ { NULL, "/k", NULL }, ERROR_USAGE, "--ssh-key is for --remote" },
		{ { NULL, NULL, &port }, ERROR_USAGE, "--ssh-option is for --remote" },
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(site) site = { 0 };
		struct error *err = NULL;

		assert_int_equal(site_find(&site, &scene->env, "gw", &rows[i].given, &err), -1);
		assert_error(&err, rows[i].kind, rows[i].text);
	}
}

static void what_an_entry_has_is_held_to_the_same(void **state)
{
	static const struct {
		const char *more;
		enum error_kind kind;
		const char *text;
	} rows[] = {
		{ ",\"remote_host\":\"-oProxyCommand=id\"", ERROR_SYSTEM, "remote_host: '-oProxyCommand=id'" },
		{ ",\"remote_host\":\"a;b\"", ERROR_SYSTEM, "the entry of gateway 'gw' cannot be used" },
		{ ",\"remote_host\":\"box\",\"ssh_options\":[\"LocalCommand=id\"]", ERROR_SYSTEM, "LocalCommand" },
		{ ",\"remote_host\":\"box\",\"ssh_key\":\"/nonexistent/key\"", ERROR_SYSTEM,
		  "the entry of gateway 'gw' cannot be used" },
		{ ",\"remote_host\":\"box\",\"ssh_key\":\"\\\"; id\"", ERROR_SYSTEM, "cannot take a path" },
	};
	const struct site_options nothing = { NULL, NULL, NULL };
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *text = xasprintf(ENTRY("%s"), rows[i].more);
		AUTO(site) site = { 0 };
		struct error *err = NULL;

		scene_write(scene, METADATA, text);
		assert_int_equal(site_find(&site, &scene->env, "gw", &nothing, &err), -1);
		assert_error(&err, rows[i].kind, rows[i].text);
	}
}

static void a_record_tells_all_that_the_next_command_needs(void **state)
{
	static const struct script_step steps[] = { { .command = "ssh -G *-- box", .out = "hostname 10.0.0.5\nuser me\nport 22\n" } };
	struct scene *scene = *state;
	AUTO(argv) options = ARGV_INIT;
	AUTO(site) site = { 0 }, again = { 0 };
	AUTO(record) record = { .port = 1 }, read = { 0 };
	autofree char *key = make_key(scene, "id");
	const struct site_options given = { "me@box", key, &options }, nothing = { NULL, NULL, NULL };
	struct error *err = NULL;

	SCENE_SCRIPT(scene, steps);
	argv_add(&options, "IPQoS=lowdelay throughput");
	assert_int_equal(site_find(&site, &scene->env, NULL, &given, &err), 0);
	assert_int_equal(site_resolve(&site, &err), 0);
	record.name = xstrdup("gw");
	record.endpoint = xstrdup("https://10.0.0.5:1");
	site_fill_record(&site, &record);
	assert_int_equal(registry_save(&scene->paths, &record, &err), 0);
	assert_int_equal(registry_load(&scene->paths, "gw", &read, &err), 0);
	assert_true(read.is_remote);
	assert_string_equal(read.remote_host, "me@box");
	assert_string_equal(read.resolved_host, "10.0.0.5");
	assert_int_equal(site_find(&again, &scene->env, "gw", &nothing, &err), 0);
	assert_string_equal(again.destination, "me@box");
	assert_string_equal(again.key, key);
	assert_string_equal(again.ssh_options.v[0], "IPQoS=lowdelay throughput");
}

static void of_a_host_between_it_is_warned_unless_the_endpoint_is_another(void **state)
{
	static const struct script_step steps[] = { { .command = "ssh -G *", .out = "hostname box.lan\nproxyjump hop\n" } };
	struct scene *scene = *state;
	const struct site_options given = { "box", NULL, NULL };
	struct record direct = { .endpoint = (char *)(uintptr_t) "https://box.lan:8443" };
	struct record forwarded = { .endpoint = (char *)(uintptr_t) "https://127.0.0.1:8443" };
	AUTO(site) site = { 0 };
	struct error *err = NULL;

	SCENE_SCRIPT(scene, steps);
	assert_int_equal(site_find(&site, &scene->env, NULL, &given, &err), 0);
	assert_int_equal(site_resolve(&site, &err), 0);
	site_warn(&site, &forwarded);
	assert_int_equal(scene->warnings.n, 0);
	site_warn(&site, &direct);
	assert_true(says(&scene->warnings, "by way of hop"));
	assert_true(says(&scene->warnings, "ssh -N -L 127.0.0.1:8443:127.0.0.1:8443 -- box"));
}

static void a_connection_that_cannot_be_made_leaves_the_site_as_it_was(void **state)
{
	static const struct script_line silence[] = { { 0, NULL } };
	static const struct script_step steps[] = { { .command = "ssh -nNT *", .how = SCRIPT_MISSING, .lines = silence } };
	struct scene *scene = *state;
	const struct site_options given = { "box", NULL, NULL };
	AUTO(site) site = { 0 };
	struct error *err = NULL;

	SCENE_SCRIPT(scene, steps);
	assert_int_equal(site_find(&site, &scene->env, NULL, &given, &err), 0);
	assert_int_equal(site_open(&site, false, &err), -1);
	error_free(&err);
	assert_ptr_equal(site.env, &scene->env);
}

int main(void)
{
#define RULE(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
	static const struct CMUnitTest tests[] = {
		RULE(what_is_given_leads_there),
		RULE(without_anything_docker_is_here_and_nothing_is_asked),
		RULE(the_record_tells_destination_key_and_options),
		RULE(the_record_knows_the_socket_of_its_destination),
		RULE(what_is_given_goes_above_the_record),
		RULE(recorded_key_and_options_are_for_the_recorded_host_alone),
		RULE(an_entry_that_is_not_ours_to_manage_leads_nowhere),
		RULE(what_cannot_be_is_refused),
		RULE(what_an_entry_has_is_held_to_the_same),
		RULE(a_record_tells_all_that_the_next_command_needs),
		RULE(of_a_host_between_it_is_warned_unless_the_endpoint_is_another),
		RULE(a_connection_that_cannot_be_made_leaves_the_site_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
