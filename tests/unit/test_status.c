/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/status.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "script.h"

#define NAME "openshell-cluster-gw"
#define INSPECT "docker container inspect --format '{{json .}}' -- " NAME
#define STATE(status, health) \
	"{\"Id\":\"C1\",\"Image\":\"I\",\"State\":{\"Status\":\"" status "\",\"ExitCode\":3" health "}}\n"
#define HEALTH(word) ",\"Health\":{\"Status\":\"" word "\"}"

/* The state of a gateway whose endpoint is this; the commands are all that docker is asked. */
static enum gateway_state state_of(const struct script_step *steps, size_t count, const char *endpoint, bool is_remote,
				   const char *reason)
{
	struct record record = { .name = (char *)(uintptr_t)"gw", .endpoint = (char *)(uintptr_t)endpoint,
				 .is_remote = is_remote, .port = 8080 };
	AUTO(status) status = { 0 };
	struct error *err = NULL;
	struct scene scene;

	scene_open(&scene);
	scene_script(&scene, steps, count);
	assert_int_equal(gateway_status(&scene.env, &record, &status, &err), 0);
	if (reason == NULL)
		assert_null(status.reason);
	else if (status.reason == NULL || strstr(status.reason, reason) == NULL)
		fail_msg("expected \"%s\", got \"%s\"", reason, status.reason ? status.reason : "no reason");
	scene_close(&scene);
	return status.state;
}

/* While nothing listens on port 1 of the loopback. */
static const struct {
	const char *container;
	enum gateway_state state;
	const char *reason;
} rows[] = {
	{ STATE("created", ""), STATE_STOPPED, "its container is created" },
	{ STATE("exited", HEALTH("unhealthy")), STATE_STOPPED, "its container is exited (exit_code=3)" },
	{ STATE("paused", HEALTH("healthy")), STATE_STOPPED, "its container is paused" },
	{ STATE("dead", ""), STATE_STOPPED, "its container is dead" },
	{ STATE("removing", ""), STATE_STOPPED, "its container is removing" },
	{ STATE("restarting", ""), STATE_UNHEALTHY, "ends again and again (exit_code=3)" },
	{ STATE("running", HEALTH("starting")), STATE_STARTING, "has not passed yet" },
	{ STATE("running", HEALTH("unhealthy")), STATE_UNHEALTHY, "its health check fails" },
	{ STATE("running", HEALTH("healthy")), STATE_UNREACHABLE, "nothing answers at 127.0.0.1 port 1" },
	{ STATE("running", ""), STATE_UNREACHABLE, "nothing answers at 127.0.0.1 port 1" },
};

static void the_container_tells_the_state(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct script_step steps[] = { { .command = INSPECT, .out = rows[i].container } };

		print_message("           %s", rows[i].container);
		assert_int_equal(state_of(steps, 1, "https://127.0.0.1:1", false, rows[i].reason), rows[i].state);
	}
}

static void a_healthy_gateway_that_answers_is_connected(void **state)
{
	static const struct script_step healthy[] = { { .command = INSPECT, .out = STATE("running", HEALTH("healthy")) } };
	static const struct script_step unchecked[] = { { .command = INSPECT, .out = STATE("running", "") } };
	int port, fd = listen_on_loopback(AF_INET, &port);
	autofree char *endpoint = xasprintf("https://127.0.0.1:%d", port);

	(void)state;
	assert_int_equal(state_of(healthy, 1, endpoint, false, NULL), STATE_CONNECTED);
	assert_int_equal(state_of(unchecked, 1, endpoint, false, NULL), STATE_CONNECTED);
	close(fd);
}

static void without_a_container_it_is_stopped(void **state)
{
	static const struct script_step steps[] = {
		{ .command = INSPECT, .code = 1, .out = "[]\n" }, { .command = "docker container ls *" },
	};

	(void)state;
	assert_int_equal(state_of(steps, 2, "https://127.0.0.1:1", false, "does not exist"), STATE_STOPPED);
}

static void without_an_engine_it_is_unreachable(void **state)
{
	static const struct script_step silent[] = {
		{ .command = INSPECT, .code = 1, .out = "\n" }, { .command = "docker container ls *", .code = 1 },
		{ .command = "docker info *", .code = 1, .out = "{\"ServerErrors\":[\"Cannot connect to the Docker daemon\"]}\n" },
	};
	static const struct script_step missing[] = { { .command = INSPECT, .how = SCRIPT_MISSING } };
	static const struct script_step hangs[] = { { .command = INSPECT, .how = SCRIPT_TIMES_OUT } };

	(void)state;
	assert_int_equal(state_of(silent, 3, "https://127.0.0.1:1", false, "Cannot connect"), STATE_UNREACHABLE);
	assert_int_equal(state_of(missing, 1, "https://127.0.0.1:1", false, "not found on PATH"), STATE_UNREACHABLE);
	assert_int_equal(state_of(hangs, 1, "https://127.0.0.1:1", false, "did not end within"), STATE_UNREACHABLE);
}

#define CURL "curl -q *"

/* The same of one whose port takes connections. */
static enum gateway_state state_behind(const char *scheme, const struct script_step *steps, size_t count, bool is_remote,
				       const char *reason)
{
	int port, fd = listen_on_loopback(AF_INET, &port);
	autofree char *endpoint = xasprintf("%s://127.0.0.1:%d", scheme, port);
	enum gateway_state now = state_of(steps, count, endpoint, is_remote, reason);

	close(fd);
	return now;
}

static void a_gateway_elsewhere_is_asked_itself(void **state)
{
	static const struct script_step well[] = { { .command = CURL, .out = "{\"version\":\"1\"}\n200 0 0.000" } };
	static const struct script_step ill[] = { { .command = CURL, .out = "\n503 0 0.000" } };
	static const struct script_step missing[] = { { .command = CURL, .how = SCRIPT_MISSING } };

	(void)state;
	assert_int_equal(state_behind("http", well, 1, true, NULL), STATE_CONNECTED);
	assert_int_equal(state_behind("http", ill, 1, true, "HTTP status 503"), STATE_UNHEALTHY);
	assert_int_equal(state_behind("http", missing, 1, true, "curl is not here"), STATE_UNKNOWN);
	assert_int_equal(state_behind("https", NULL, 0, true, "no certificates here"), STATE_MISMATCH);
	assert_int_equal(state_of(NULL, 0, "http://127.0.0.1:1", true, "nothing answers"), STATE_UNREACHABLE);
	assert_int_equal(state_of(NULL, 0, "https://", true, "is no usable address"), STATE_UNREACHABLE);
}

static void a_gateway_that_answers_is_connected_also_without_docker(void **state)
{
	static const struct script_step well[] = {
		{ .command = INSPECT, .how = SCRIPT_MISSING }, { .command = CURL, .out = "\n200 0 0.000" },
	};
	static const struct script_step ill[] = {
		{ .command = INSPECT, .how = SCRIPT_MISSING }, { .command = CURL, .out = "\n404 0 0.000" },
	};

	(void)state;
	assert_int_equal(state_behind("http", well, 2, false, "docker could not be asked: docker was not found"),
			 STATE_CONNECTED);
	assert_int_equal(state_behind("http", ill, 2, false, "docker was not found"), STATE_UNREACHABLE);
}

static void what_was_added_by_its_address_alone_is_asked_itself_also_on_this_machine(void **state)
{
	struct record record = { .name = (char *)(uintptr_t)"gw", .endpoint = (char *)(uintptr_t)"http://127.0.0.1:1" };
	AUTO(status) status = { 0 };
	struct error *err = NULL;
	struct scene scene;

	(void)state;
	scene_open(&scene);
	assert_int_equal(gateway_status(&scene.env, &record, &status, &err), 0);
	assert_int_equal(status.state, STATE_UNREACHABLE);
	scene_close(&scene);
}

static void what_was_added_from_this_engine_is_known_by_its_id(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker container inspect --format '{{json .}}' -- C1", .out = STATE("exited", "") },
	};
	struct record record = { .name = (char *)(uintptr_t)"gw", .endpoint = (char *)(uintptr_t)"https://127.0.0.1:1",
				 .container_id = (char *)(uintptr_t)"C1" };
	AUTO(status) status = { 0 };
	struct error *err = NULL;
	struct scene scene;

	(void)state;
	scene_open(&scene);
	SCENE_SCRIPT(&scene, steps);
	assert_int_equal(gateway_status(&scene.env, &record, &status, &err), 0);
	assert_int_equal(status.state, STATE_STOPPED);
	scene_close(&scene);
}

static void docker_on_the_gateways_host_knows_its_container(void **state)
{
	static const struct script_step steps[] = { { .command = INSPECT, .out = STATE("exited", "") } };
	struct record record = { .name = (char *)(uintptr_t)"gw", .endpoint = (char *)(uintptr_t)"https://127.0.0.1:1",
				 .is_remote = true, .port = 1 };
	AUTO(status) status = { 0 };
	struct error *err = NULL;
	struct scene scene;

	(void)state;
	scene_open(&scene);
	SCENE_SCRIPT(&scene, steps);
	scene.script.docker.address = "ssh://box";
	assert_int_equal(gateway_status(&scene.env, &record, &status, &err), 0);
	assert_int_equal(status.state, STATE_STOPPED);
	scene_close(&scene);
}

/* What is said of a gateway on another host that ssh is not there to reach. */
static enum gateway_state state_at_box(const struct script_step *steps, size_t count, const char *endpoint, char **reason)
{
	struct record record = { .name = (char *)(uintptr_t)"gw", .endpoint = (char *)(uintptr_t)endpoint,
				 .is_remote = true, .port = 1 };
	const struct site_options box = { "box", NULL, NULL };
	AUTO(status) status = { 0 };
	AUTO(site) site = { 0 };
	struct error *err = NULL;
	struct scene scene;

	scene_open(&scene);
	scene_script(&scene, steps, count);
	assert_int_equal(site_find(&site, &scene.env, NULL, &box, &err), 0);
	assert_int_equal(gateway_status_at(&site, &record, false, &status, &err), 0);
	scene_close(&scene);
	*reason = STEAL(status.reason);
	return status.state;
}

static void ssh_is_needed_only_where_the_endpoint_leaves_it_open(void **state)
{
	static const struct script_line silence[] = { { 0, NULL } };
	static const struct script_step well[] = { { .command = CURL, .out = "{\"version\":\"1\"}\n200 0 0.000" } };
	static const struct script_step silent[] = { { .command = "ssh -nNT *", .how = SCRIPT_MISSING, .lines = silence } };
	autofree char *endpoint = NULL, *reason = NULL, *why = NULL;
	int port;
	autoclose int listener = listen_on_loopback(AF_INET, &port);

	(void)state;
	assert_true(listener >= 0);
	endpoint = xasprintf("http://127.0.0.1:%d", port);
	assert_int_equal(state_at_box(well, 1, endpoint, &reason), STATE_CONNECTED);
	assert_null(reason);
	assert_int_equal(state_at_box(silent, 1, "http://127.0.0.1:1", &why), STATE_UNREACHABLE);
	assert_non_null(strstr(why, "nothing answers at 127.0.0.1 port 1; docker there could not be asked: "));
}

static void a_signal_is_no_state(void **state)
{
	static const struct script_step steps[] = { { .command = INSPECT, .how = SCRIPT_CANCELS } };
	struct record record = { .name = (char *)(uintptr_t)"gw", .endpoint = (char *)(uintptr_t)"https://127.0.0.1:1", .port = 1 };
	AUTO(status) status = { 0 };
	struct error *err = NULL;
	struct scene scene;

	(void)state;
	scene_open(&scene);
	SCENE_SCRIPT(&scene, steps);
	assert_int_equal(gateway_status(&scene.env, &record, &status, &err), -1);
	assert_error(&err, ERROR_CANCELLED, "SIGTERM");
	scene_close(&scene);
}

static void each_state_has_its_name_and_exit_code(void **state)
{
	static const struct {
		enum gateway_state state;
		const char *name;
		int code;
	} states[] = {
		{ STATE_CONNECTED, "connected", 0 }, { STATE_STARTING, "starting", 8 },	      { STATE_STOPPED, "stopped", 8 },
		{ STATE_UNHEALTHY, "unhealthy", 8 }, { STATE_UNREACHABLE, "unreachable", 5 },
		{ STATE_MISMATCH, "tls-mismatch", 6 },	 { STATE_UNKNOWN, "unknown", 1 },
	};

	(void)state;
	assert_int_equal(ARRAY_LEN(states), STATES);
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		assert_string_equal(gateway_state_name(states[i].state), states[i].name);
		assert_int_equal(gateway_state_exit_code(states[i].state), states[i].code);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_container_tells_the_state),
		cmocka_unit_test(a_healthy_gateway_that_answers_is_connected),
		cmocka_unit_test(without_a_container_it_is_stopped),
		cmocka_unit_test(without_an_engine_it_is_unreachable),
		cmocka_unit_test(a_gateway_elsewhere_is_asked_itself),
		cmocka_unit_test(a_gateway_that_answers_is_connected_also_without_docker),
		cmocka_unit_test(what_was_added_by_its_address_alone_is_asked_itself_also_on_this_machine),
		cmocka_unit_test(what_was_added_from_this_engine_is_known_by_its_id),
		cmocka_unit_test(docker_on_the_gateways_host_knows_its_container),
		cmocka_unit_test(ssh_is_needed_only_where_the_endpoint_leaves_it_open),
		cmocka_unit_test(a_signal_is_no_state),
		cmocka_unit_test(each_state_has_its_name_and_exit_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
