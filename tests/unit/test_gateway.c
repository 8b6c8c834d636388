/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/gateway.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "script.h"
#include "scratch.h"

static void the_container_is_named_after_the_gateway(void **state)
{
	autofree char *name = gateway_container_name("my-gw");

	(void)state;
	assert_string_equal(name, "openshell-cluster-my-gw");
}

static void a_node_name_is_the_gateway_name_as_dns_labels(void **state)
{
	static const struct {
		const char *name, *node;
	} rows[] = {
		{ "openshell", "openshell-openshell" }, { "prod", "openshell-prod" },
		{ "Prod_US", "openshell-prod-us" },	{ "gw.prod", "openshell-gw-prod" },
		{ "._Prod..__-Gateway-.", "openshell-prod-gateway" }, { "a__b", "openshell-a-b" },
		{ "._.", "openshell-gateway" },		{ "", "openshell-gateway" },
		{ "7", "openshell-7" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *node = gateway_node_name(rows[i].name);

		assert_string_equal(node, rows[i].node);
	}
}

static void assert_is_dns_label(const char *node)
{
	assert_in_range(strlen(node), 1, 63);
	assert_int_equal(node[strspn(node, "abcdefghijklmnopqrstuvwxyz0123456789-")], '\0');
	assert_true(isalnum((unsigned char)node[0]) && isalnum((unsigned char)node[strlen(node) - 1]));
}

static void a_node_name_has_at_most_63_bytes(void **state)
{
	(void)state;
	for (int len = 1; len <= 100; len++) {
		autofree char *name = xasprintf("%0*d", len, 7);
		autofree char *node = gateway_node_name(name);

		assert_is_dns_label(node);
		/* what fits is not touched */
		if (len <= 53)
			assert_int_equal(strlen(node), strlen("openshell-") + (size_t)len);
		else
			assert_int_equal(strlen(node), 63);
	}
}

static void long_names_that_differ_stay_apart(void **state)
{
	char names[3][64];
	autofree char *one = NULL, *two = NULL, *three = NULL;

	(void)state;
	for (int i = 0; i < 3; i++)
		snprintf(names[i], sizeof(names[i]), "%062d%c", 0, 'a' + i);
	one = gateway_node_name(names[0]);
	two = gateway_node_name(names[1]);
	three = gateway_node_name(names[2]);
	assert_string_not_equal(one, two);
	assert_string_not_equal(two, three);
	assert_string_not_equal(one, three);
}

static void a_node_name_stays_the_same(void **state)
{
	autofree char *node = gateway_node_name("a-name-that-is-so-long-that-it-must-be-shortened-by-a-hash-12");

	(void)state;
	assert_string_equal(node, "openshell-a-name-that-is-so-long-that-it-must-be-short-dca9e0bf");
}

/* ------------------------------------------------------------------ whose engine */

static void the_recorded_engine_passes(void **state)
{
	struct record record = { .name = "gw", .docker_id = "AAAA" };
	struct engine engine = { .id = "AAAA" };
	struct error *err = NULL;

	(void)state;
	assert_int_equal(gateway_check_engine(&record, &engine, &err), 0);
}

static void another_engine_is_a_conflict_that_names_both(void **state)
{
	struct record record = { .name = "gw", .docker_id = "AAAA", .docker_endpoint = "tcp://there:2375" };
	struct engine engine = { .id = "BBBB" };
	struct error *err = NULL;

	(void)state;
	assert_int_equal(gateway_check_engine(&record, &engine, &err), -1);
	assert_non_null(strstr(err->text, "AAAA"));
	assert_non_null(strstr(err->text, "BBBB"));
	assert_true(advises(err, "--force"));
	assert_error(&err, ERROR_CONFLICT, "tcp://there:2375");
}

static void a_record_that_does_not_know_its_engine_passes(void **state)
{
	struct record unknown = { .name = "gw" }, known = { .name = "gw", .docker_id = "AAAA" };
	struct engine engine = { .id = "BBBB" }, nameless = { 0 };
	struct error *err = NULL;

	(void)state;
	assert_int_equal(gateway_check_engine(&unknown, &engine, &err), 0);
	assert_int_equal(gateway_check_engine(&known, &nameless, &err), 0);
}

static int check_identity(const char *docker_host, const struct record *record, struct error **err)
{
	const struct settings settings = { .docker_host = docker_host };
	const struct docker docker = { 0 };
	const struct gateway_env env = { .settings = &settings, .docker = &docker };
	const struct engine engine = { .id = (char *)(uintptr_t)"AAAA" };

	return gateway_check_identity(&env, record, &engine, err);
}

static char *record_text(const char *text)
{
	return (char *)(uintptr_t)text;
}

/* A container that has the record's ID is proof by itself; this is for when there is none. */
static void engines_of_one_id_are_told_apart_by_their_endpoints(void **state)
{
	const char *socket = scratch("docker.sock"), *link = scratch("link");
	autofree char *by_socket = xasprintf("unix://%s", socket), *by_link = xasprintf("unix://%s", link);
	struct record record = { .name = record_text("gw"), .docker_id = record_text("AAAA"),
				 .docker_endpoint = record_text("tcp://one:2375"), .container_id = record_text("C1") };
	struct error *err = NULL;

	(void)state;
	assert_int_equal(check_identity("tcp://one:2375", &record, &err), 0);
	assert_int_equal(check_identity("tcp://two:2375", &record, &err), -1);
	assert_non_null(strstr(err->text, "tcp://two:2375"));
	assert_true(advises(err, "--force"));
	assert_true(advises(err, "docker context ls"));
	assert_string_equal(error_code_name(err), "other-engine");
	assert_error(&err, ERROR_CONFLICT, "tcp://one:2375");
	record.is_remote = true;
	record.remote_host = record_text("deployer@box");
	assert_int_equal(check_identity("tcp://two:2375", &record, &err), -1);
	assert_true(advises(err, "--remote deployer@box"));
	assert_error(&err, ERROR_CONFLICT, "tcp://one:2375");
	assert_int_equal(check_identity(NULL, &record, &err), -1);
	assert_error(&err, ERROR_CONFLICT, "unix:///var/run/docker.sock");
	record.docker_id = record_text("BBBB");
	assert_int_equal(check_identity("tcp://one:2375", &record, &err), -1);
	assert_error(&err, ERROR_CONFLICT, "BBBB");
	record.docker_id = record_text("AAAA");
	record.container_id = NULL;
	assert_int_equal(check_identity("tcp://two:2375", &record, &err), 0);
	record.container_id = record_text("C1");
	record.docker_endpoint = by_socket;
	scratch_put(socket, "");
	assert_int_equal(check_identity(by_link, &record, &err), -1);
	assert_error(&err, ERROR_CONFLICT, link);
	assert_int_equal(symlink(socket, link), 0);
	assert_int_equal(check_identity(by_link, &record, &err), 0);
	record.docker_endpoint = NULL;
	assert_int_equal(check_identity("tcp://two:2375", &record, &err), 0);
}

static char *endpoint_of(struct script *script, const char *docker_host, const char *context, struct error **err)
{
	struct settings settings = { .docker_host = docker_host };
	struct gateway_env env = { .settings = &settings, .docker = &script->docker };
	struct engine engine = { .context = (char *)(uintptr_t)context };

	return gateway_docker_endpoint(&env, &engine, err);
}

static void the_docker_endpoint_is_docker_host_or_the_context(void **state)
{
	static const struct script_step asks[] = {
		{ .command = "docker context inspect --format '{{.Endpoints.docker.Host}}' -- colima",
		  .out = "unix:///home/me/.colima/docker.sock\n" },
	};
	struct error *err = NULL;
	struct script script;
	autofree char *by_host = NULL, *by_default = NULL, *without = NULL, *by_context = NULL;

	(void)state;
	SCRIPT_INIT(&script, asks);
	by_host = endpoint_of(&script, "tcp://10.0.0.5:2375", "colima", &err);
	by_default = endpoint_of(&script, NULL, "default", &err);
	without = endpoint_of(&script, NULL, NULL, &err);
	by_context = endpoint_of(&script, NULL, "colima", &err);
	assert_string_equal(by_host, "tcp://10.0.0.5:2375");
	assert_string_equal(by_default, "unix:///var/run/docker.sock");
	assert_string_equal(without, "unix:///var/run/docker.sock");
	assert_string_equal(by_context, "unix:///home/me/.colima/docker.sock");
	script_end(&script);
}

static void a_context_that_cannot_be_asked_is_an_error(void **state)
{
	static const struct script_step fails[] = {
		{ .command = "docker context inspect *", .code = 1, .err = "context \"x\" does not exist\n" },
	};
	struct error *err = NULL;
	struct script script;

	(void)state;
	SCRIPT_INIT(&script, fails);
	assert_null(endpoint_of(&script, NULL, "x", &err));
	assert_error(&err, ERROR_SYSTEM, "docker context inspect failed (exit 1): context \"x\" does not exist");
	script_end(&script);
}

static void an_engine_of_another_host_is_known_by_the_address_of_that(void **state)
{
	const struct settings settings = { .docker_host = "unix:///var/run/docker.sock" };
	const struct docker docker = { .address = "ssh://me@box" };
	const struct gateway_env env = { .settings = &settings, .docker = &docker };
	const struct engine engine = { 0 };
	struct error *err = NULL;
	autofree char *endpoint = gateway_docker_endpoint(&env, &engine, &err);

	(void)state;
	assert_string_equal(endpoint, "ssh://me@box");
	assert_false(gateway_engine_is_here(&env));
}

static void a_command_that_is_advised_is_for_the_right_engine(void **state)
{
	const struct docker local = { .address = NULL }, remote = { .address = "ssh://me@[::1]/run/d.sock" };
	const struct gateway_env by_local = { .docker = &local }, by_remote = { .docker = &remote };
	autofree char *here = gateway_docker_command(&by_local, "rm x"), *there = gateway_docker_command(&by_remote, "rm x");

	(void)state;
	assert_string_equal(here, "docker rm x");
	assert_string_equal(there, "docker -H 'ssh://me@[::1]/run/d.sock' rm x");
}

static void only_another_hosts_docker_is_that_of_a_gateway_there(void **state)
{
	static const struct record here = { .name = NULL }, there = { .is_remote = true }, foreign = { .is_external = true };
	const struct docker local = { .address = NULL }, remote = { .address = (char *)(uintptr_t) "ssh://box" };
	const struct gateway_env by_local = { .docker = &local }, by_remote = { .docker = &remote };

	(void)state;
	assert_true(gateway_is_at_hand(&by_local, &here));
	assert_false(gateway_is_at_hand(&by_local, &there));
	assert_true(gateway_is_at_hand(&by_remote, &there));
	assert_true(gateway_is_at_hand(&by_remote, &here)); /* which engine it is shows its ID */
	assert_false(gateway_is_at_hand(&by_local, &foreign));
	assert_false(gateway_is_at_hand(&by_remote, &foreign));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_container_is_named_after_the_gateway),
		cmocka_unit_test(a_node_name_is_the_gateway_name_as_dns_labels),
		cmocka_unit_test(a_node_name_has_at_most_63_bytes),
		cmocka_unit_test(long_names_that_differ_stay_apart),
		cmocka_unit_test(a_node_name_stays_the_same),
		cmocka_unit_test(the_recorded_engine_passes),
		cmocka_unit_test(another_engine_is_a_conflict_that_names_both),
		cmocka_unit_test(a_record_that_does_not_know_its_engine_passes),
		cmocka_unit_test_setup_teardown(engines_of_one_id_are_told_apart_by_their_endpoints, scratch_setup,
						scratch_teardown),
		cmocka_unit_test(the_docker_endpoint_is_docker_host_or_the_context),
		cmocka_unit_test(only_another_hosts_docker_is_that_of_a_gateway_there),
		cmocka_unit_test(an_engine_of_another_host_is_known_by_the_address_of_that),
		cmocka_unit_test(a_command_that_is_advised_is_for_the_right_engine),
		cmocka_unit_test(a_context_that_cannot_be_asked_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
