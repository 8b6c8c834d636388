/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/enroll.h"

#include <stdlib.h>

#include "script.h"

#define PS "docker ps --no-trunc --format *"
#define FOUND "[\"C1\",\"openshell-cluster-dev\",\"openshell/cluster:dev\",\"dev\"]\n"
#define INSPECT "docker container inspect --format '{{json .}}' -- C1"
#define CONTAINER(env) \
	"{\"Id\":\"C1\",\"Image\":\"I\",\"Name\":\"/openshell-cluster-dev\",\"State\":{\"Status\":\"running\"}," \
	"\"Config\":{\"Image\":\"openshell/cluster:dev\",\"Env\":[" env "]},\"HostConfig\":{\"PortBindings\":" \
	"{\"30051/tcp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"8080\"}]}}}\n"
#define ENGINE "{\"ID\":\"E1\",\"ServerVersion\":\"28.2.2\",\"ClientInfo\":{\"Context\":\"default\"}}\n"
/* each part is the same here: "-----BEGIN CERTIFICATE-----..." and "-----BEGIN PRIVATE KEY-----..." in base64 */
#define CERT64 "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1BQT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo="
#define KEY64 "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1BQT0KLS0tLS1FTkQgUFJJVkFURSBLRVktLS0tLQo="
#define CERT "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
#define OTHER "-----BEGIN CERTIFICATE-----\nMAB=\n-----END CERTIFICATE-----\n"
#define KEY "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"
#define METADATA "gateways/gw/metadata.json"
#define ENTRY "{\"name\":\"gw\",\"gateway_endpoint\":\"https://h:1\",\"is_remote\":true,\"gateway_port\":0}"

static const struct script_line no_events[] = { { 0, NULL } };

static const struct script_step extraction[] = {
	{ .command = PS, .out = FOUND }, { .command = INSPECT, .out = CONTAINER("") },
	{ .command = "docker events *", .lines = no_events },
	{ .command = "docker exec *get secret openshell-cli-client*", .out = CERT64 "\n" CERT64 "\n" KEY64 "\n" },
	{ .command = "docker info --format '{{json .}}'", .out = ENGINE },
};

static void system_write(const struct scene *scene, const char *name, const char *text)
{
	autofree char *path = xasprintf("../system/%s", name);

	scene_write(scene, path, text);
}

struct request {
	const char *name, *endpoint, *destination;
	bool is_local, has_bundle;
};

/* With the given parts where has_bundle. */
static int add(struct scene *scene, const struct request *request, struct record *record, struct error **err)
{
	AUTO(mtls_bundle) bundle = { 0 };
	AUTO(target) target = { 0 };
	AUTO(site) site = { 0 };
	const struct site_options place = { request->destination, NULL, NULL };
	struct enroll_options options = {
		.name = request->name, .target = &target, .is_local = request->is_local,
		.site = request->destination != NULL ? &site : NULL, .bundle = request->has_bundle ? &bundle : NULL,
	};

	assert_int_equal(target_parse(request->endpoint, &target, err), 0);
	assert_int_equal(site_find(&site, &scene->env, NULL, &place, err), 0);
	for (int i = 0; i < MTLS_FILES; i++)
		buf_adds(&bundle.parts[i], i == MTLS_KEY ? KEY : CERT);
	return gateway_enroll(&scene->env, &options, record, err);
}

static void assert_file(const struct scene *scene, const char *name, const char *expected)
{
	autofree char *text = scene_read(scene, name);

	if (expected == NULL)
		assert_null(text);
	else if (text == NULL || !streq(text, expected))
		fail_msg("%s: expected \"%s\", got \"%s\"", name, expected, text ? text : "nothing");
}

/* ------------------------------------------------------------------ what is written */

static void an_entry_says_what_was_given(void **state)
{
	static const struct {
		struct request request;
		bool is_remote;
		const char *auth_mode, *remote_host;
	} rows[] = {
		{ { "gw", "http://127.0.0.1:80", NULL, false, false }, false, "plaintext", NULL },
		{ { "gw", "http://host:80", NULL, false, false }, true, "plaintext", NULL },
		{ { "gw", "http://host:80", NULL, true, false }, false, "plaintext", NULL },
		{ { "gw", "http://127.0.0.1:80", "me@host", false, false }, true, "plaintext", "me@host" },
		{ { "gw", "https://host", NULL, false, true }, true, "mtls", NULL },
		{ { "gw", "https://host", "me@host", false, true }, true, "mtls", "me@host" },
		{ { "gw", "https://host", NULL, false, false }, true, NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(record) written = { 0 }, record = { 0 };
		struct error *err = NULL;

		assert_int_equal(add(*state, &rows[i].request, &written, &err), 0);
		assert_int_equal(registry_load(&((struct scene *)*state)->paths, "gw", &record, &err), 0);
		assert_string_equal(record.endpoint, rows[i].request.endpoint);
		assert_string_equal(record.path, written.path);
		assert_int_equal(record.is_remote, rows[i].is_remote);
		assert_int_equal(record.port, 0);
		assert_string_equal(record.auth_mode ? record.auth_mode : "-", rows[i].auth_mode ? rows[i].auth_mode : "-");
		assert_string_equal(record.remote_host ? record.remote_host : "-",
				    rows[i].remote_host ? rows[i].remote_host : "-");
		assert_file(*state, "active_gateway", "gw");
		assert_file(*state, "gateways/gw/mtls/tls.key", rows[i].request.has_bundle ? KEY : NULL);
		assert_int_equal(gateway_forget(&((struct scene *)*state)->env, "gw", &err), 0);
	}
}

static void without_certificates_and_login_it_is_said(void **state)
{
	static const struct request request = { "gw", "https://host", NULL, false, false };
	struct scene *scene = *state;
	AUTO(record) record = { 0 };
	struct error *err = NULL;

	assert_int_equal(add(scene, &request, &record, &err), 0);
	assert_true(says(&scene->warnings, "no login by a browser"));
}

static void an_entry_of_the_users_is_a_conflict_also_a_malformed_one(void **state)
{
	static const struct request request = { "gw", "http://host", NULL, false, false };
	static const char *const files[] = { METADATA, "gateways/gw_metadata.json" };
	static const char *const texts[] = { ENTRY, "{", "" };
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_LEN(files) * ARRAY_LEN(texts); i++) {
		const char *file = files[i % ARRAY_LEN(files)], *text = texts[i / ARRAY_LEN(files)];
		AUTO(record) record = { 0 };
		struct error *err = NULL;

		scene_write(scene, file, text);
		assert_int_equal(add(scene, &request, &record, &err), -1);
		assert_true(advises(err, "openshell gateway remove gw"));
		assert_error(&err, ERROR_CONFLICT, "'gw' already exists");
		assert_file(scene, file, text);
		assert_file(scene, "active_gateway", NULL);
		assert_int_equal(gateway_forget(&scene->env, "gw", &err), 0);
	}
}

static void an_entry_of_the_systems_is_hidden(void **state)
{
	static const struct request request = { "gw", "http://host", NULL, false, false };
	struct scene *scene = *state;
	AUTO(record) record = { 0 }, seen = { 0 };
	struct error *err = NULL;

	system_write(scene, METADATA, ENTRY);
	assert_int_equal(add(scene, &request, &record, &err), 0);
	assert_true(says(&scene->notes, "hides the system's"));
	assert_int_equal(registry_load(&scene->paths, "gw", &seen, &err), 0);
	assert_int_equal(seen.source, SOURCE_USER);
	assert_file(scene, "../system/" METADATA, ENTRY);
}

/* ------------------------------------------------------------------ from the engine */

static const struct request local = { "gw", "https://127.0.0.1:8080", NULL, true, false };

static void certificates_are_taken_from_the_container(void **state)
{
	struct scene *scene = *state;
	AUTO(record) record = { 0 };
	struct error *err = NULL;

	SCENE_SCRIPT(scene, extraction);
	assert_int_equal(add(scene, &local, &record, &err), 0);
	assert_true(script_matches("*--filter publish=8080", scene->script.log.v[0]));
	assert_file(scene, "gateways/gw/mtls/ca.crt", CERT);
	assert_file(scene, "gateways/gw/mtls/tls.crt", CERT);
	assert_file(scene, "gateways/gw/mtls/tls.key", KEY);
	assert_string_equal(record.container_id, "C1");
	assert_string_equal(record.docker_id, "E1");
	assert_string_equal(record.docker_endpoint, "unix:///var/run/docker.sock");
	assert_string_equal(record.auth_mode, "mtls");
	assert_int_equal(record.port, 0);
	assert_false(record.is_remote);
}

static void a_namesake_is_recorded_as_a_start_does(void **state)
{
	static const struct request namesake = { "dev", "https://127.0.0.1", NULL, true, false };
	struct scene *scene = *state;
	AUTO(record) record = { 0 };
	struct error *err = NULL;

	SCENE_SCRIPT(scene, extraction);
	assert_int_equal(add(scene, &namesake, &record, &err), 0);
	assert_false(script_matches("*--filter*", scene->script.log.v[0]));
	assert_int_equal(record.port, 8080);
	assert_string_equal(record.image, "openshell/cluster:dev");
}

static void the_container_must_be_one(void **state)
{
	static const struct {
		const char *out, *endpoint, *error;
		enum error_kind kind;
		const char *advice;
	} rows[] = {
		{ "", "https://127.0.0.1:8080", "that publishes port 8080", ERROR_ABSENT, "docker ps" },
		{ "", "https://127.0.0.1", "no gateway's container runs here", ERROR_ABSENT, "docker ps" },
		{ "[\"C2\",\"web\",\"nginx\",\"\"]\n", "https://127.0.0.1", "no gateway's container", ERROR_ABSENT, "docker ps" },
		{ FOUND "[\"C2\",\"other\",\"ghcr.io/x/openshell/cluster:1\",\"\"]\n", "https://127.0.0.1",
		  "2 gateways' containers run here: openshell-cluster-dev, other", ERROR_USAGE, "port" },
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct script_step steps[] = { { .command = PS, .out = rows[i].out } };
		const struct request request = { "gw", rows[i].endpoint, NULL, true, false };
		AUTO(record) record = { 0 };
		struct error *err = NULL;

		SCENE_SCRIPT(scene, steps);
		assert_int_equal(add(scene, &request, &record, &err), -1);
		assert_true(advises(err, rows[i].advice));
		assert_error(&err, rows[i].kind, rows[i].error);
		scene_script(scene, NULL, 0);
		assert_false(scene_has(scene, "."));
	}
}

static void what_is_missing_on_another_host_is_not_looked_for_here(void **state)
{
	static const struct script_step steps[] = { { .command = PS, .out = "" } };
	static const struct request request = { "gw", "https://127.0.0.1:8080", NULL, true, false };
	struct scene *scene = *state;
	AUTO(record) record = { 0 };
	struct error *err = NULL;

	SCENE_SCRIPT(scene, steps);
	scene->script.docker.address = "ssh://me@box";
	assert_int_equal(add(scene, &request, &record, &err), -1);
	assert_true(advises(err, "docker -H ssh://me@box ps"));
	assert_error(&err, ERROR_ABSENT, "no gateway's container runs on ssh://me@box that publishes port 8080");
}

static void a_gateway_without_tls_has_no_certificates(void **state)
{
	static const struct script_step steps[] = {
		{ .command = PS, .out = FOUND }, { .command = INSPECT, .out = CONTAINER("\"DISABLE_TLS=true\"") },
	};
	AUTO(record) record = { 0 };
	struct error *err = NULL;

	SCENE_SCRIPT((struct scene *)*state, steps);
	assert_int_equal(add(*state, &local, &record, &err), -1);
	assert_true(advises(err, "openshell gateway add http://127.0.0.1:8080"));
	assert_error(&err, ERROR_USAGE, "speaks no TLS");
}

static void where_another_host_cannot_be_reached_nothing_is_written(void **state)
{
	static const struct request request = { "gw", "https://host:8080", "me@host", false, false };
	static const struct script_step steps[] = { { .command = "ssh -nNT *-- host", .how = SCRIPT_MISSING, .lines = no_events } };
	AUTO(record) record = { 0 };
	struct error *err = NULL;

	SCENE_SCRIPT((struct scene *)*state, steps);
	assert_int_equal(add(*state, &request, &record, &err), -1);
	assert_error(&err, ERROR_UNREACHABLE, "cannot add gateway 'gw'");
	assert_false(scene_has(*state, "gateways"));
}

/* The first commands of the extraction, the last of them as told. */
static void fail_at(struct scene *scene, size_t number, enum script_how how)
{
	struct script_step steps[ARRAY_LEN(extraction)];
	AUTO(record) record = { 0 };
	struct error *err = NULL;

	memcpy(steps, extraction, sizeof(extraction));
	steps[number - 1].how = how;
	scene_script(scene, steps, number);
	if (how == SCRIPT_CANCELS)
		scene->script.cancel_at = (int)number;
	assert_int_equal(add(scene, &local, &record, &err), -1);
	assert_true(error_is(err, how == SCRIPT_CANCELS ? ERROR_CANCELLED : ERROR_UNREACHABLE));
	error_free(&err);
	scene_script(scene, NULL, 0);
	assert_false(scene_has(scene, "gateways"));
	assert_file(scene, "active_gateway", "before");
}

static void whichever_call_fails_or_is_interrupted_nothing_is_left(void **state)
{
	scene_write(*state, "active_gateway", "before");
	for (size_t number = 1; number <= ARRAY_LEN(extraction); number++) {
		fail_at(*state, number, SCRIPT_MISSING);
		fail_at(*state, number, SCRIPT_CANCELS);
	}
}

/* ------------------------------------------------------------------ a failure to write */

/* Something that is in the way of a file. */
static void block(const struct scene *scene, const char *name)
{
	autofree char *inner = xasprintf("%s/x", name);

	scene_write(scene, inner, "");
}

static void a_failed_write_leaves_all_as_it_was(void **state)
{
	static const struct request request = { "gw", "https://host", NULL, false, true };
	static const char *const blocks[] = { "gateways/gw/mtls.tmp/x", "active_gateway" };
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
		AUTO(record) record = { 0 };
		struct error *err = NULL;

		block(scene, blocks[i]);
		assert_int_equal(add(scene, &request, &record, &err), -1);
		assert_error(&err, ERROR_SYSTEM, "cannot add gateway 'gw': cannot ");
		assert_false(scene_has(scene, METADATA));
		assert_false(scene_has(scene, "gateways/gw/mtls"));
		assert_true(scene_has(scene, blocks[i]));
	}
}

static void the_bundle_for_an_entry_of_the_systems_comes_back(void **state)
{
	static const struct request request = { "gw", "https://host", NULL, false, true };
	struct scene *scene = *state;
	AUTO(record) record = { 0 };
	struct error *err = NULL;

	system_write(scene, METADATA, ENTRY);
	scene_write(scene, "gateways/gw/mtls/ca.crt", OTHER);
	scene_write(scene, "gateways/gw/mtls/tls.crt", OTHER);
	scene_write(scene, "gateways/gw/mtls/tls.key", KEY);
	scene_write(scene, "gateways/gw/last_sandbox", "box");
	block(scene, "active_gateway");
	assert_int_equal(add(scene, &request, &record, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "active_gateway");
	assert_false(scene_has(scene, METADATA));
	assert_file(scene, "gateways/gw/mtls/ca.crt", OTHER);
	assert_file(scene, "gateways/gw/last_sandbox", "box");
}

static void the_systems_active_gateway_never_becomes_the_users(void **state)
{
	static const struct request request = { "gw", "https://host", NULL, false, false };
	struct scene *scene = *state;
	AUTO(record) record = { 0 };
	struct error *err = NULL;

	system_write(scene, "active_gateway", "shared");
	scene_write(scene, "gateways/gw", "");
	assert_int_equal(add(scene, &request, &record, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "gateways/gw is in the way");
	assert_file(scene, "active_gateway", NULL);
	assert_file(scene, "gateways/gw", "");
}

/* ------------------------------------------------------------------ remove */

static void all_that_the_user_has_of_it_is_removed(void **state)
{
	static const char *const files[] = {
		METADATA, "gateways/gw_metadata.json", "gateways/gw/mtls/ca.crt", "gateways/gw/mtls/tls.key",
		"gateways/gw/node/ca.crt", "gateways/gw/edge_token", "gateways/gw/cf_token", "gateways/gw/oidc_token.json",
		"gateways/gw/last_sandbox", "active_gateway",
	};
	struct scene *scene = *state;
	struct error *err = NULL;

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		scene_write(scene, files[i], streq(files[i], "active_gateway") ? "gw\n" : ENTRY);
	scene_write(scene, "gateways/gw2/metadata.json", ENTRY);
	assert_int_equal(gateway_forget(&scene->env, "gw", &err), 0);
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		assert_false(scene_has(scene, files[i]));
	assert_false(scene_has(scene, "gateways/gw"));
	assert_true(scene_has(scene, "gateways/gw2/metadata.json"));
}

static void another_active_gateway_stays(void **state)
{
	struct scene *scene = *state;
	struct error *err = NULL;

	scene_write(scene, METADATA, ENTRY);
	scene_write(scene, "active_gateway", "other");
	assert_int_equal(gateway_forget(&scene->env, "gw", &err), 0);
	assert_file(scene, "active_gateway", "other");
}

static void a_malformed_entry_can_be_removed(void **state)
{
	static const char *const texts[] = { "", "{", "\xff\xfe", "[]" };
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct error *err = NULL;

		scene_write(scene, METADATA, texts[i]);
		assert_int_equal(gateway_forget(&scene->env, "gw", &err), 0);
		assert_false(scene_has(scene, "."));
	}
}

static void what_a_killed_add_left_can_be_removed(void **state)
{
	struct scene *scene = *state;
	struct error *err = NULL;

	scene_write(scene, "gateways/gw/mtls/ca.crt", CERT);
	assert_int_equal(gateway_forget(&scene->env, "gw", &err), 0);
	assert_false(scene_has(scene, "."));
}

static void an_unknown_one_is_absent(void **state)
{
	struct scene *scene = *state;
	struct error *err = NULL;

	assert_int_equal(gateway_forget(&scene->env, "gw", &err), -1);
	assert_true(advises(err, "openshell gateway list"));
	assert_error(&err, ERROR_ABSENT, "there is no gateway 'gw'");
}

static void an_entry_of_the_systems_is_refused_and_stays(void **state)
{
	struct scene *scene = *state;
	struct error *err = NULL;

	system_write(scene, METADATA, ENTRY);
	system_write(scene, "active_gateway", "gw");
	scene_write(scene, "gateways/gw/last_sandbox", "box");
	scene_write(scene, "active_gateway", "gw");
	assert_int_equal(gateway_forget(&scene->env, "gw", &err), -1);
	assert_true(advises(err, "openshell gateway select"));
	assert_error(&err, ERROR_REFUSED, "is installed by the system and cannot be removed from user config");
	assert_file(scene, "../system/" METADATA, ENTRY);
	assert_file(scene, "gateways/gw/last_sandbox", "box");
	assert_file(scene, "active_gateway", "gw");
}

static void removing_what_hides_it_shows_the_systems_again(void **state)
{
	struct scene *scene = *state;
	AUTO(record) record = { 0 };
	struct error *err = NULL;

	system_write(scene, METADATA, ENTRY);
	scene_write(scene, METADATA, "{");
	assert_int_equal(gateway_forget(&scene->env, "gw", &err), 0);
	assert_true(says(&scene->notes, "is seen again"));
	assert_int_equal(registry_load(&scene->paths, "gw", &record, &err), 0);
	assert_int_equal(record.source, SOURCE_SYSTEM);
}

static void a_container_that_remains_is_told_without_asking_docker(void **state)
{
	static const struct {
		int port;
		const char *note;
	} rows[] = {
		{ 8080, "openshell gateway destroy --name gw removes it" },
		{ 0, "Its container (0123456789ab) is left" },
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *text = xasprintf("{\"name\":\"gw\",\"gateway_endpoint\":\"https://h:1\",\"is_remote\":false,"
						"\"gateway_port\":%d,\"container_id\":\"0123456789abcdef\"}", rows[i].port);
		struct error *err = NULL;

		scene_script(scene, NULL, 0);
		scene_write(scene, METADATA, text);
		assert_int_equal(gateway_forget(&scene->env, "gw", &err), 0);
		assert_true(says(&scene->notes, rows[i].note));
	}
}

int main(void)
{
#define RULE(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
	static const struct CMUnitTest tests[] = {
		RULE(an_entry_says_what_was_given),
		RULE(without_certificates_and_login_it_is_said),
		RULE(an_entry_of_the_users_is_a_conflict_also_a_malformed_one),
		RULE(an_entry_of_the_systems_is_hidden),
		RULE(certificates_are_taken_from_the_container),
		RULE(a_namesake_is_recorded_as_a_start_does),
		RULE(the_container_must_be_one),
		RULE(what_is_missing_on_another_host_is_not_looked_for_here),
		RULE(a_gateway_without_tls_has_no_certificates),
		RULE(where_another_host_cannot_be_reached_nothing_is_written),
		RULE(whichever_call_fails_or_is_interrupted_nothing_is_left),
		RULE(a_failed_write_leaves_all_as_it_was),
		RULE(the_bundle_for_an_entry_of_the_systems_comes_back),
		RULE(the_systems_active_gateway_never_becomes_the_users),
		RULE(all_that_the_user_has_of_it_is_removed),
		RULE(another_active_gateway_stays),
		RULE(a_malformed_entry_can_be_removed),
		RULE(what_a_killed_add_left_can_be_removed),
		RULE(an_unknown_one_is_absent),
		RULE(an_entry_of_the_systems_is_refused_and_stays),
		RULE(removing_what_hides_it_shows_the_systems_again),
		RULE(a_container_that_remains_is_told_without_asking_docker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
