/* SPDX-License-Identifier: Apache-2.0 */
/* Images onto a node that is ready, late, or ends meanwhile. */
#include "gateway/push.h"

#include <stdlib.h>

#include "script.h"

#define NAME "openshell-cluster-gw"
#define EVENTS { .command = "docker events --format '{{json .}}' *", .lines = no_lines }
#define INSPECT "docker container inspect --format '{{json .}}' -- " NAME
#define STATE(status) "{\"Id\":\"C1\",\"Image\":\"sha256:I1\",\"State\":{\"Status\":\"" status "\",\"ExitCode\":3}}\n"
#define RUNS { .command = INSPECT, .out = STATE("running") }
#define ASK "docker exec * " NAME " ctr -a * version"
#define SAVE "docker save -- a/gateway:1 b:2"
#define IMPORT "docker exec -i " NAME " ctr -a * images import *"
#define WORKLOAD "docker exec * kubectl -n openshell get statefulset/openshell deployment/openshell *"
#define RESTART "docker exec * kubectl rollout restart "
#define ROLLOUT "docker exec * kubectl rollout status "
#define EXPLAINED { .command = "docker logs --tail 20 -- " NAME, .out = "last words\n" }, RUNS

static const struct script_line no_lines[] = { { 0, NULL } };

struct bench {
	struct scene scene;
	struct watch watch;
	struct argv refs;
	struct push push;
};

static int bench_setup(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));

	scene_open(&bench->scene);
	argv_addl(&bench->refs, "a/gateway:1", "b:2", NULL);
	bench->push = (struct push){ .gateway = "gw", .from = &bench->scene.script.docker, .refs = &bench->refs, .timeout_ms = 10000 };
	*state = bench;
	return 0;
}

static int bench_teardown(void **state)
{
	struct bench *bench = *state;

	argv_release(&bench->refs);
	scene_close(&bench->scene);
	free(bench);
	return 0;
}

/* Pushes with these commands; the events follower comes first. */
static int push(struct bench *bench, const struct script_step *steps, size_t count, struct error **err)
{
	int rc;

	scene_script(&bench->scene, steps, count);
	assert_int_equal(watch_open(&bench->watch, &bench->scene.env, NAME, 0, err), 0);
	rc = push_images(&bench->watch, &bench->push, err);
	watch_release(&bench->watch);
	return rc;
}

#define PUSH(bench, steps, err) push(bench, steps, ARRAY_LEN(steps), err)

static void a_ready_node_takes_the_images_and_its_gateway_is_restarted(void **state)
{
	static const struct script_step steps[] = {
		EVENTS, { .command = ASK }, { .command = SAVE }, { .command = IMPORT },
		{ .command = WORKLOAD, .out = "statefulset.apps/openshell\n" },
		{ .command = RESTART "statefulset/openshell -n openshell" },
		{ .command = ROLLOUT "statefulset/openshell -n openshell --timeout=180s" },
	};
	struct bench *bench = *state;
	struct error *err = NULL;

	assert_int_equal(PUSH(bench, steps, &err), 0);
	assert_int_equal(bench->scene.script.slept_ms, 0);
}

static void a_deployment_is_restarted_as_well(void **state)
{
	static const struct script_step steps[] = {
		EVENTS, { .command = ASK }, { .command = SAVE }, { .command = IMPORT },
		{ .command = WORKLOAD, .out = "deployment.apps/openshell\n" },
		{ .command = RESTART "deployment/openshell -n openshell" },
		{ .command = ROLLOUT "deployment/openshell -n openshell --timeout=180s" },
	};
	struct bench *bench = *state;
	struct error *err = NULL;

	assert_int_equal(PUSH(bench, steps, &err), 0);
}

static void a_node_that_comes_up_is_waited_for(void **state)
{
	static const struct script_step steps[] = {
		EVENTS,
		{ .command = ASK, .code = 1 }, RUNS, { .command = ASK, .code = 1 }, RUNS, { .command = ASK },
		{ .command = SAVE }, { .command = IMPORT, .takes_ms = 60000 },
		{ .command = WORKLOAD, .code = 1 }, RUNS, { .command = WORKLOAD }, RUNS,
		{ .command = WORKLOAD, .out = "statefulset.apps/openshell\n" },
		{ .command = RESTART "*" }, { .command = ROLLOUT "*", .takes_ms = 170000 },
	};
	struct bench *bench = *state;
	struct error *err = NULL;

	assert_int_equal(PUSH(bench, steps, &err), 0);
	assert_int_equal(bench->scene.script.slept_ms, 4 * WATCH_INTERVAL_MS);
}

static void a_node_without_containerd_is_told_in_time(void **state)
{
	static const struct script_step steps[] = {
		EVENTS,
		{ .command = ASK, .code = 1 }, RUNS, { .command = ASK, .code = 1 }, RUNS, { .command = ASK, .code = 1 }, RUNS,
		{ .command = ASK, .code = 1 }, RUNS, { .command = ASK, .code = 1 }, RUNS, { .command = ASK, .code = 1 }, RUNS,
		EXPLAINED,
	};
	struct bench *bench = *state;
	struct error *err = NULL;

	assert_int_equal(PUSH(bench, steps, &err), -1);
	assert_non_null(strstr(err->detail, "last words"));
	assert_error(&err, ERROR_TIMEOUT, "containerd did not answer in the container within 10 s");
}

static void a_workload_that_does_not_come_is_told_in_time(void **state)
{
	static const struct script_step steps[] = {
		EVENTS, { .command = ASK }, { .command = SAVE }, { .command = IMPORT },
		{ .command = WORKLOAD }, RUNS, { .command = WORKLOAD }, RUNS, EXPLAINED,
	};
	struct bench *bench = *state;
	struct error *err = NULL;

	bench->push.timeout_ms = 2000;
	assert_int_equal(PUSH(bench, steps, &err), -1);
	assert_error(&err, ERROR_TIMEOUT, "neither a StatefulSet nor a Deployment 'openshell' was there within 2 s");
}

static void a_container_that_ends_is_not_waited_for(void **state)
{
	static const struct script_step before[] = {
		EVENTS, { .command = ASK, .code = 1 }, { .command = INSPECT, .out = STATE("exited") }, EXPLAINED,
	};
	static const struct script_step after[] = {
		EVENTS, { .command = ASK }, { .command = SAVE }, { .command = IMPORT },
		{ .command = WORKLOAD, .code = 1 }, { .command = INSPECT, .out = STATE("exited") }, EXPLAINED,
	};
	struct bench *bench = *state;
	struct error *err = NULL;

	assert_int_equal(PUSH(bench, before, &err), -1);
	assert_error(&err, ERROR_UNHEALTHY, "exit_code=3");
	assert_int_equal(PUSH(bench, after, &err), -1);
	assert_error(&err, ERROR_UNHEALTHY, "exit_code=3");
}

static void a_gateway_that_is_not_ready_again_is_unhealthy(void **state)
{
	static const struct script_step steps[] = {
		EVENTS, { .command = ASK }, { .command = SAVE }, { .command = IMPORT },
		{ .command = WORKLOAD, .out = "statefulset.apps/openshell\n" }, { .command = RESTART "*" },
		{ .command = ROLLOUT "*", .code = 1, .err = "error: timed out waiting for the condition\n" },
	};
	struct bench *bench = *state;
	struct error *err = NULL;

	assert_int_equal(PUSH(bench, steps, &err), -1);
	assert_true(advises(err, "openshell doctor exec --name gw -- kubectl -n openshell describe pods"));
	assert_error(&err, ERROR_UNHEALTHY, "kubectl rollout status failed (exit 1): error: timed out");
}

static void without_waiting_only_what_is_there_is_restarted(void **state)
{
	static const struct script_step there[] = {
		EVENTS, { .command = ASK }, { .command = SAVE }, { .command = IMPORT },
		{ .command = WORKLOAD, .out = "statefulset.apps/openshell\n" }, { .command = RESTART "*" },
	};
	static const struct script_step not_yet[] = {
		EVENTS, { .command = ASK, .code = 1 }, RUNS, { .command = ASK }, { .command = SAVE },
		{ .command = IMPORT }, { .command = WORKLOAD, .code = 1 },
	};
	struct bench *bench = *state;
	struct error *err = NULL;

	bench->push.no_wait = true;
	assert_int_equal(PUSH(bench, there, &err), 0);
	assert_int_equal(PUSH(bench, not_yet, &err), 0);
}

static const struct script_step whole_push[] = {
	EVENTS, { .command = ASK }, { .command = SAVE, .times = -1 }, { .command = IMPORT, .times = -1 },
	{ .command = WORKLOAD, .out = "statefulset.apps/openshell\n", .times = -1 },
	{ .command = RESTART "*", .times = -1 }, { .command = ROLLOUT "*", .times = -1 },
};

static int push_broken_at(struct bench *bench, int *fail_at, int at, struct error **err)
{
	int rc;

	scene_script(&bench->scene, whole_push, ARRAY_LEN(whole_push));
	assert_int_equal(watch_open(&bench->watch, &bench->scene.env, NAME, 0, err), 0);
	*fail_at = at;
	rc = push_images(&bench->watch, &bench->push, err);
	watch_release(&bench->watch);
	return rc;
}

/* The calls of a push: events, version, save, import, workload, restart, rollout. */
static void each_call_that_fails_ends_the_push(void **state)
{
	static const char *const told[] = {
		"docker save failed (exit 1): a failure by the script", "ctr images import failed (exit 1)", NULL,
		"kubectl rollout restart failed (exit 1)", "kubectl rollout status failed (exit 1)",
	};
	struct bench *bench = *state;

	for (size_t i = 0; i < ARRAY_LEN(told); i++) {
		struct error *err = NULL;

		if (told[i] == NULL)
			continue; /* a workload that cannot be seen is one that is not there yet */
		assert_int_equal(push_broken_at(bench, &bench->scene.script.fail_at, 3 + (int)i, &err), -1);
		assert_error(&err, i == 4 ? ERROR_UNHEALTHY : ERROR_SYSTEM, told[i]);
	}
}

static void a_request_to_stop_ends_the_push_at_any_call(void **state)
{
	struct bench *bench = *state;

	for (int at = 2; at <= 7; at++) {
		struct error *err = NULL;

		assert_int_equal(push_broken_at(bench, &bench->scene.script.cancel_at, at, &err), -1);
		assert_int_equal(bench->scene.script.calls, at);
		assert_error(&err, ERROR_CANCELLED, "stopped by");
	}
}

int main(void)
{
#define RULE(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)
	static const struct CMUnitTest tests[] = {
		RULE(a_ready_node_takes_the_images_and_its_gateway_is_restarted),
		RULE(a_deployment_is_restarted_as_well),
		RULE(a_node_that_comes_up_is_waited_for),
		RULE(a_node_without_containerd_is_told_in_time),
		RULE(a_workload_that_does_not_come_is_told_in_time),
		RULE(a_container_that_ends_is_not_waited_for),
		RULE(a_gateway_that_is_not_ready_again_is_unhealthy),
		RULE(without_waiting_only_what_is_there_is_restarted),
		RULE(each_call_that_fails_ends_the_push),
		RULE(a_request_to_stop_ends_the_push_at_any_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
