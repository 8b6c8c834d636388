/* SPDX-License-Identifier: Apache-2.0 */
/* What is trusted and what the node has: compared, fetched, and never replaced by what does not fit. */
#include "gateway/trust.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/encode.h"
#include "script.h"

#define NAME "openshell-cluster-gw"
#define CERT(body) "-----BEGIN CERTIFICATE-----\n" body "\n-----END CERTIFICATE-----\n"
#define KEY "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"
#define CA CERT("MAA=")
#define OTHER_CA CERT("MAAA")

#define INSPECT "docker container inspect --format '{{json .}}' -- " NAME
#define RUNNING "{\"Id\":\"C1\",\"Image\":\"I\",\"State\":{\"Status\":\"running\"}}\n"
#define EXITED "{\"Id\":\"C1\",\"Image\":\"I\",\"State\":{\"Status\":\"exited\"}}\n"
#define SECRET "docker exec --env * " NAME " kubectl -n openshell get secret openshell-cli-client *"
#define DESCRIBE { .command = "openssl x509 *", .how = SCRIPT_MISSING }
#define EVENTS { .command = "docker events *", .lines = no_lines }

static const struct script_line no_lines[] = { { 0, NULL } };

struct world {
	struct scene scene;
	struct record record;
	struct trust trust;
	struct error *err;
};

static void world_open(struct world *world, const char *ca)
{
	*world = (struct world){ .record = { .name = (char *)(uintptr_t)"gw", .endpoint = (char *)(uintptr_t)"https://127.0.0.1:1",
					     .port = 1,
					     .container_id = (char *)(uintptr_t)"C1" } };
	scene_open(&world->scene);
	if (ca == NULL)
		return;
	scene_write(&world->scene, "gateways/gw/mtls/ca.crt", ca);
	scene_write(&world->scene, "gateways/gw/mtls/tls.crt", CERT("MAA="));
	scene_write(&world->scene, "gateways/gw/mtls/tls.key", KEY);
}

static void world_close(struct world *world)
{
	trust_release(&world->trust);
	error_free(&world->err);
	scene_close(&world->scene);
}

/* The secret as kubectl prints it; lives until the next call. */
static const char *secret(const char *ca, const char *certificate, const char *key)
{
	static char *text;
	autofree char *a = base64_encode(ca, strlen(ca)), *b = base64_encode(certificate, strlen(certificate));
	autofree char *c = base64_encode(key, strlen(key));

	free(text);
	text = xasprintf("%s\n%s\n%s", a, b, c);
	return text;
}

static void assert_stored(const struct world *world, const char *ca)
{
	autofree char *now = scene_read(&world->scene, "gateways/gw/mtls/ca.crt");

	assert_string_equal(now, ca);
	assert_false(scene_has(&world->scene, "gateways/gw/mtls.new"));
}

static bool has_reason(const struct world *world, const char *part)
{
	return world->trust.reason != NULL && strstr(world->trust.reason, part) != NULL;
}

/* ------------------------------------------------------------------ looking */

static void look(struct world *world, const struct script_step *steps, size_t count)
{
	scene_script(&world->scene, steps, count);
	assert_int_equal(gateway_trust(&world->scene.env, &world->record, false, &world->trust, &world->err), 0);
}

static void the_nodes_authority_is_compared(void **state)
{
	const struct script_step same[] = {
		DESCRIBE, DESCRIBE, { .command = INSPECT, .out = RUNNING },
		{ .command = SECRET, .out = secret(CA, CERT("MAA="), KEY) },
	};
	struct world world;

	(void)state;
	world_open(&world, CA);
	look(&world, same, ARRAY_LEN(same));
	assert_int_equal(world.trust.state, TRUST_SAME);
	assert_null(world.trust.reason);
	world_close(&world);
}

static void another_authority_differs(void **state)
{
	const struct script_step other[] = {
		DESCRIBE, DESCRIBE, { .command = INSPECT, .out = RUNNING },
		{ .command = SECRET, .out = secret(OTHER_CA, CERT("MAA="), KEY) },
		{ .command = "openssl x509 *", .out = "subject=CN=new\nsha256 Fingerprint=AB\n" },
	};
	struct world world;

	(void)state;
	world_open(&world, CA);
	look(&world, other, ARRAY_LEN(other));
	assert_int_equal(world.trust.state, TRUST_DIFFERS);
	assert_string_equal(world.trust.node_ca.subject, "CN=new");
	assert_string_equal(world.trust.node_ca.fingerprint, "AB");
	assert_stored(&world, CA);
	world_close(&world);
}

static void another_certificate_of_the_same_authority_is_told(void **state)
{
	const struct script_step renewed[] = {
		DESCRIBE, DESCRIBE, { .command = INSPECT, .out = RUNNING },
		{ .command = SECRET, .out = secret(CA, CERT("MAAA"), KEY) },
	};
	struct world world;

	(void)state;
	world_open(&world, CA);
	look(&world, renewed, ARRAY_LEN(renewed));
	assert_int_equal(world.trust.state, TRUST_SAME);
	assert_true(has_reason(&world, "another client's certificate"));
	world_close(&world);
}

static void without_a_bundle_there_is_nothing_to_compare(void **state)
{
	struct world world;

	(void)state;
	world_open(&world, NULL);
	look(&world, NULL, 0);
	assert_int_equal(world.trust.state, TRUST_ABSENT);
	world_close(&world);
	world_open(&world, "no PEM");
	look(&world, NULL, 0);
	assert_int_equal(world.trust.state, TRUST_ABSENT);
	assert_true(has_reason(&world, "ca.crt is not a whole PEM certificate"));
	world_close(&world);
}

static void plaintext_trusts_nobody(void **state)
{
	struct world world;

	(void)state;
	world_open(&world, NULL);
	world.record.endpoint = (char *)(uintptr_t)"http://127.0.0.1:1";
	look(&world, NULL, 0);
	assert_int_equal(world.trust.state, TRUST_PLAINTEXT);
	world_close(&world);
}

static void where_docker_cannot_be_asked_the_endpoint_is(void **state)
{
	static const struct script_step silent[] = { DESCRIBE, DESCRIBE, { .command = INSPECT, .how = SCRIPT_MISSING } };
	static const struct script_step shown[] = {
		DESCRIBE, DESCRIBE, { .command = "curl *", .code = 60, .out = "\n000 20 0" },
	};
	int port, fd = listen_on_loopback(AF_INET, &port);
	autofree char *endpoint = xasprintf("https://127.0.0.1:%d", port);
	struct world world;

	(void)state;
	world_open(&world, CA);
	look(&world, silent, ARRAY_LEN(silent));
	assert_int_equal(world.trust.state, TRUST_UNSEEN);
	assert_true(has_reason(&world, "docker was not found"));
	world_close(&world);

	world_open(&world, CA);
	world.record.is_remote = true;
	world.record.endpoint = endpoint;
	look(&world, shown, ARRAY_LEN(shown));
	assert_int_equal(world.trust.state, TRUST_DIFFERS);
	world_close(&world);
	close(fd);
}

static void each_state_has_its_name_and_exit_code(void **state)
{
	static const struct {
		const char *name;
		int code;
	} rows[TRUST_STATES] = { { "same", 0 }, { "differs", 6 }, { "absent", 3 }, { "unseen", 5 }, { "plaintext", 0 } };

	(void)state;
	for (int i = 0; i < TRUST_STATES; i++) {
		assert_string_equal(trust_state_name(i), rows[i].name);
		assert_int_equal(trust_exit_code(i), rows[i].code);
	}
}

/* ------------------------------------------------------------------ fetching */

static int refresh(struct world *world, const struct script_step *steps, size_t count)
{
	scene_script(&world->scene, steps, count);
	return gateway_trust_refresh(&world->scene.env, &world->record, false, &world->trust, &world->err);
}

#define WELL { .command = "openssl verify *mtls.new/ca.crt *mtls.new/tls.crt" }, \
	{ .command = "openssl x509 -noout -pubkey *", .out = "P" }, { .command = "openssl pkey *", .out = "P" }

static void a_changed_bundle_is_checked_and_stored(void **state)
{
	const struct script_step steps[] = {
		{ .command = INSPECT, .out = RUNNING }, EVENTS, { .command = SECRET, .out = secret(OTHER_CA, CERT("MAA="), KEY) },
		WELL, DESCRIBE, DESCRIBE,
	};
	struct world world;

	(void)state;
	world_open(&world, CA);
	assert_int_equal(refresh(&world, steps, ARRAY_LEN(steps)), 0);
	assert_true(world.trust.changed);
	assert_true(has_reason(&world, "another authority than before"));
	assert_stored(&world, OTHER_CA);
	world_close(&world);
}

static void a_first_bundle_is_stored_also_without_openssl(void **state)
{
	const struct script_step steps[] = {
		{ .command = INSPECT, .out = RUNNING }, EVENTS, { .command = SECRET, .out = secret(CA, CERT("MAA="), KEY) },
		{ .command = "openssl verify *", .how = SCRIPT_MISSING }, DESCRIBE, DESCRIBE,
	};
	struct world world;

	(void)state;
	world_open(&world, NULL);
	assert_int_equal(refresh(&world, steps, ARRAY_LEN(steps)), 0);
	assert_true(world.trust.changed);
	assert_stored(&world, CA);
	world_close(&world);
}

static void the_same_bundle_is_left_alone(void **state)
{
	const struct script_step steps[] = {
		{ .command = INSPECT, .out = RUNNING }, EVENTS, { .command = SECRET, .out = secret(CA, CERT("MAA="), KEY) },
		DESCRIBE, DESCRIBE,
	};
	struct world world;

	(void)state;
	world_open(&world, CA);
	assert_int_equal(refresh(&world, steps, ARRAY_LEN(steps)), 0);
	assert_false(world.trust.changed);
	assert_stored(&world, CA);
	world_close(&world);
}

/* The stored bundle stays, and nothing beside it. */
static void assert_refused(const struct script_step *steps, size_t count, const char *reason)
{
	struct world world;

	world_open(&world, CA);
	assert_int_equal(refresh(&world, steps, count), -1);
	assert_string_equal(error_code_name(world.err), "certificates");
	assert_stored(&world, CA);
	assert_error(&world.err, ERROR_UNHEALTHY, reason);
	world_close(&world);
}

static void what_is_not_pem_is_refused(void **state)
{
	const struct script_step steps[] = {
		{ .command = INSPECT, .out = RUNNING }, EVENTS, { .command = SECRET, .out = secret("junk", CERT("MAA="), KEY) },
	};

	(void)state;
	assert_refused(steps, ARRAY_LEN(steps), "what is stored stays: the gateway's ca.crt is not a PEM certificate");
}

static void what_openssl_finds_wanting_is_refused(void **state)
{
	const struct script_step steps[] = {
		{ .command = INSPECT, .out = RUNNING }, EVENTS, { .command = SECRET, .out = secret(OTHER_CA, CERT("MAA="), KEY) },
		{ .command = "openssl verify *", .code = 2, .err = "verification failed\n" },
	};

	(void)state;
	assert_refused(steps, ARRAY_LEN(steps), "stays: openssl verify failed (exit 2): verification failed");
}

static void what_the_endpoint_does_not_go_with_is_refused(void **state)
{
	const struct script_step steps[] = {
		{ .command = INSPECT, .out = RUNNING }, EVENTS, { .command = SECRET, .out = secret(OTHER_CA, CERT("MAA="), KEY) },
		WELL, { .command = "curl *--cacert *mtls.new/ca.crt *", .code = 60, .out = "\n000 20 0" },
	};
	int port, fd = listen_on_loopback(AF_INET, &port);
	autofree char *endpoint = xasprintf("https://127.0.0.1:%d", port);
	struct world world;

	(void)state;
	world_open(&world, CA);
	world.record.endpoint = endpoint;
	assert_int_equal(refresh(&world, steps, ARRAY_LEN(steps)), -1);
	assert_true(advises(world.err, "rollout restart"));
	assert_string_equal(error_code_name(world.err), "certificates");
	assert_stored(&world, CA);
	assert_error(&world.err, ERROR_UNHEALTHY, "its endpoint does not go with them");
	world_close(&world);
	close(fd);
}

static void what_curl_cannot_read_is_refused_where_there_is_no_openssl(void **state)
{
	const struct script_step steps[] = {
		{ .command = INSPECT, .out = RUNNING }, EVENTS, { .command = SECRET, .out = secret(OTHER_CA, CERT("MAA="), KEY) },
		{ .command = "openssl verify *", .how = SCRIPT_MISSING },
		{ .command = "curl *--cacert *mtls.new/ca.crt *", .code = 58, .out = "\n000 0 0", .err = "no key\n" },
	};
	int port, fd = listen_on_loopback(AF_INET, &port);
	autofree char *endpoint = xasprintf("https://127.0.0.1:%d", port);
	struct world world;

	(void)state;
	world_open(&world, CA);
	world.record.endpoint = endpoint;
	assert_int_equal(refresh(&world, steps, ARRAY_LEN(steps)), -1);
	assert_string_equal(error_code_name(world.err), "certificates");
	assert_stored(&world, CA);
	assert_error(&world.err, ERROR_UNHEALTHY, "what is stored stays: the certificates cannot be used: curl failed");
	world_close(&world);
	close(fd);
}

static void a_gateway_that_does_not_run_here_cannot_be_asked(void **state)
{
	static const struct script_step exited[] = { { .command = INSPECT, .out = EXITED } };
	struct world world;

	(void)state;
	world_open(&world, CA);
	assert_int_equal(refresh(&world, exited, 1), -1);
	assert_string_equal(error_code_name(world.err), "gateway-stopped");
	world_close(&world);
	world_open(&world, CA);
	world.record.is_remote = true;
	assert_int_equal(refresh(&world, NULL, 0), -1);
	assert_string_equal(error_code_name(world.err), "gateway-elsewhere");
	assert_stored(&world, CA);
	world_close(&world);
}

static void another_engines_container_is_not_trusted(void **state)
{
	static const struct script_step steps[] = {
		{ .command = INSPECT, .out = RUNNING },
		{ .command = "docker info *", .out = "{\"ID\":\"E2\",\"ServerVersion\":\"28.0.0\"}\n" },
	};
	struct world world;

	(void)state;
	world_open(&world, CA);
	world.record.container_id = (char *)(uintptr_t)"C9";
	world.record.docker_id = (char *)(uintptr_t)"E1";
	assert_int_equal(refresh(&world, steps, ARRAY_LEN(steps)), -1);
	assert_error(&world.err, ERROR_CONFLICT, "another docker engine");
	assert_stored(&world, CA);
	world_close(&world);
}

/* Whatever call fails or is interrupted: the stored bundle is the old one or the new one, whole, and nothing beside it. */
static void each_call_may_fail(void **state)
{
	const struct script_step steps[] = {
		{ .command = INSPECT, .out = RUNNING, .times = -1 }, EVENTS,
		{ .command = SECRET, .out = secret(OTHER_CA, CERT("MAA="), KEY), .times = -1 },
		{ .command = INSPECT, .out = EXITED, .times = -1 },
		{ .command = "openssl *", .out = "P", .times = -1 }, { .command = "docker *", .times = -1 },
		{ .command = "*", .times = -1 },
	};

	(void)state;
	for (int call = 1; call <= 8; call++) {
		struct world world;
		int rc;

		world_open(&world, CA);
		scene_script(&world.scene, steps, ARRAY_LEN(steps));
		world.scene.script.cancel_at = call;
		rc = gateway_trust_refresh(&world.scene.env, &world.record, false, &world.trust, &world.err);
		assert_true(rc == 0 || error_is(world.err, ERROR_CANCELLED));
		assert_stored(&world, call <= 6 ? CA : OTHER_CA);
		trust_release(&world.trust);
		error_free(&world.err);
		script_release(&world.scene.script);
		script_init(&world.scene.script, NULL, 0);
		scene_close(&world.scene);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nodes_authority_is_compared),
		cmocka_unit_test(another_authority_differs),
		cmocka_unit_test(another_certificate_of_the_same_authority_is_told),
		cmocka_unit_test(without_a_bundle_there_is_nothing_to_compare),
		cmocka_unit_test(plaintext_trusts_nobody),
		cmocka_unit_test(where_docker_cannot_be_asked_the_endpoint_is),
		cmocka_unit_test(each_state_has_its_name_and_exit_code),
		cmocka_unit_test(a_changed_bundle_is_checked_and_stored),
		cmocka_unit_test(a_first_bundle_is_stored_also_without_openssl),
		cmocka_unit_test(the_same_bundle_is_left_alone),
		cmocka_unit_test(what_is_not_pem_is_refused),
		cmocka_unit_test(what_openssl_finds_wanting_is_refused),
		cmocka_unit_test(what_the_endpoint_does_not_go_with_is_refused),
		cmocka_unit_test(what_curl_cannot_read_is_refused_where_there_is_no_openssl),
		cmocka_unit_test(a_gateway_that_does_not_run_here_cannot_be_asked),
		cmocka_unit_test(another_engines_container_is_not_trusted),
		cmocka_unit_test(each_call_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
