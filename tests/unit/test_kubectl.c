/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/kubectl.h"

#include <stdlib.h>

#include "script.h"

#define EXEC "docker exec --env KUBECONFIG=/etc/rancher/k3s/k3s.yaml C1 kubectl "
/* base64 of "CA", "CERT", "KEY" */
#define CA "Q0E="
#define CERT "Q0VSVA=="
#define KEY "S0VZ"

static const char *const keys[] = { "ca.crt", "tls.crt", "tls.key" };

static int get_secret(struct script *script, struct buf *values, bool *ready, struct error **err)
{
	struct kubectl kubectl = { &script->docker, "C1" };

	return kubectl_secret_get(&kubectl, "openshell", "openshell-cli-client", keys, 3, values, ready, err);
}

static void release(struct buf *values)
{
	for (int i = 0; i < 3; i++)
		buf_release(&values[i]);
}

static void a_secret_is_asked_for_by_one_call_and_decoded(void **state)
{
	static const struct script_step steps[] = {
		{ .command = EXEC "-n openshell get secret openshell-cli-client --request-timeout=10s -o "
			     "'jsonpath={.data.ca\\.crt}{\"\\n\"}{.data.tls\\.crt}{\"\\n\"}{.data.tls\\.key}'",
		  .out = CA "\n" CERT "\n" KEY },
	};
	struct buf values[3] = { BUF_INIT, BUF_INIT, BUF_INIT };
	struct error *err = NULL;
	struct script script;
	bool ready = false;

	(void)state;
	SCRIPT_INIT(&script, steps);
	assert_int_equal(get_secret(&script, values, &ready, &err), 0);
	assert_true(ready);
	assert_string_equal(buf_str(&values[0]), "CA");
	assert_string_equal(buf_str(&values[1]), "CERT");
	assert_string_equal(buf_str(&values[2]), "KEY");
	release(values);
	script_end(&script);
}

static void a_secret_that_is_not_complete_is_not_ready_and_leaves_nothing(void **state)
{
	static const char *const outputs[] = { "", "\n\n", CA "\n\n" KEY, "\n" CERT "\n" KEY, CA "\n" CERT "\n", CA "\n" CERT,
					       CA };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(outputs); i++) {
		const struct script_step steps[] = { { .command = EXEC "*", .out = outputs[i] } };
		struct buf values[3] = { BUF_INIT, BUF_INIT, BUF_INIT };
		struct error *err = NULL;
		struct script script;
		bool ready = true;

		SCRIPT_INIT(&script, steps);
		assert_int_equal(get_secret(&script, values, &ready, &err), 0);
		assert_false(ready);
		/* the next look adds to the same buffers */
		for (int j = 0; j < 3; j++)
			if (values[j].len != 0)
				fail_msg("row %zu: value %d holds '%s'", i, j, buf_str(&values[j]));
		release(values);
		script_end(&script);
	}
}

static void an_api_that_does_not_answer_is_not_ready(void **state)
{
	static const struct script_step steps[] = {
		{ .command = EXEC "*", .code = 1, .err = "The connection to the server was refused\n" },
		{ .command = EXEC "*", .code = 1, .err = "Error from server (NotFound)\n", .out = "leftover" },
		{ .command = EXEC "*", .how = SCRIPT_KILLED, .code = 9 },
	};
	struct buf values[3] = { BUF_INIT, BUF_INIT, BUF_INIT };
	struct error *err = NULL;
	struct script script;

	(void)state;
	SCRIPT_INIT(&script, steps);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		bool ready = true;

		assert_int_equal(get_secret(&script, values, &ready, &err), 0);
		assert_false(ready);
	}
	script_end(&script);
}

static void a_value_that_is_not_base64_is_an_error(void **state)
{
	static const char *const outputs[] = { "!!!\n" CERT "\n" KEY, CA "\n" CERT "\nS0VZ=", CA "\nS0\n" KEY };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(outputs); i++) {
		const struct script_step steps[] = { { .command = EXEC "*", .out = outputs[i] } };
		struct buf values[3] = { BUF_INIT, BUF_INIT, BUF_INIT };
		struct error *err = NULL;
		struct script script;
		bool ready = true;

		SCRIPT_INIT(&script, steps);
		assert_int_equal(get_secret(&script, values, &ready, &err), -1);
		assert_error(&err, ERROR_SYSTEM, "openshell-cli-client");
		assert_false(ready);
		release(values);
		script_end(&script);
	}
}

static void without_docker_a_secret_cannot_be_asked_for(void **state)
{
	static const struct script_step steps[] = { { .command = EXEC "*", .how = SCRIPT_MISSING } };
	struct buf values[3] = { BUF_INIT, BUF_INIT, BUF_INIT };
	struct error *err = NULL;
	struct script script;
	bool ready;

	(void)state;
	SCRIPT_INIT(&script, steps);
	assert_int_equal(get_secret(&script, values, &ready, &err), -1);
	assert_error(&err, ERROR_UNREACHABLE, "docker was not found on PATH");
	script_end(&script);
}

/* ------------------------------------------------------------------ nodes */

#define NODE(name, ready) \
	"{\"metadata\":{\"name\":\"" name "\"},\"status\":{\"conditions\":[{\"type\":\"DiskPressure\",\"status\":\"False\"}," \
	"{\"type\":\"Ready\",\"status\":\"" ready "\"}]}}"
#define NEVER_READY "{\"metadata\":{\"name\":\"new\"},\"status\":{}}"
#define NODES(list) "{\"items\":[" list "]}"

static void stale_nodes_are_the_others_that_are_not_ready(void **state)
{
	static const struct {
		const char *json, *names;
	} lists[] = {
		{ NODES(""), "" },
		{ NODES(NODE("me", "True")), "" },
		{ NODES(NODE("me", "False") "," NODE("old", "True")), "" },
		{ NODES(NODE("me", "True") "," NODE("old", "False") "," NODE("older", "Unknown") "," NEVER_READY), "old older new" },
		{ NODES(NODE("--all", "False") "," NODE("", "False") "," NODE("a b", "False") "," NODE("\\u001b[2J", "False")), "" },
		{ "{}", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		AUTO(argv) names = ARGV_INIT;
		AUTO(buf) json = BUF_INIT;
		struct error *err = NULL;

		buf_adds(&json, lists[i].json);
		assert_int_equal(kubectl_parse_stale_nodes(&json, "me", &names, &err), 0);
		assert_line(&names, lists[i].names);
	}
}

static void nodes_that_are_no_json_are_an_error(void **state)
{
	AUTO(argv) names = ARGV_INIT;
	AUTO(buf) json = BUF_INIT;
	struct error *err = NULL;

	(void)state;
	buf_adds(&json, "No resources found");
	assert_int_equal(kubectl_parse_stale_nodes(&json, "me", &names, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "kubectl get nodes");
}

static void nodes_are_listed_and_deleted_without_waiting(void **state)
{
	static const struct script_step steps[] = {
		{ .command = EXEC "get nodes --request-timeout=10s -o json", .code = 1, .err = "connection refused\n" },
		{ .command = EXEC "get nodes --request-timeout=10s -o json", .out = NODES(NODE("old", "False") "," NEVER_READY) },
		{ .command = EXEC "delete node --ignore-not-found --wait=false old new" },
		{ .command = EXEC "delete node *", .code = 1, .err = "forbidden\n" },
	};
	AUTO(argv) names = ARGV_INIT;
	struct error *err = NULL;
	struct script script;
	struct kubectl kubectl = { &script.docker, "C1" };
	bool ready = true;

	(void)state;
	SCRIPT_INIT(&script, steps);
	assert_int_equal(kubectl_stale_nodes(&kubectl, "me", &names, &ready, &err), 0);
	assert_false(ready);
	assert_int_equal(kubectl_stale_nodes(&kubectl, "me", &names, &ready, &err), 0);
	assert_true(ready);
	assert_int_equal(kubectl_nodes_delete(&kubectl, &names, &err), 0);
	assert_int_equal(kubectl_nodes_delete(&kubectl, &names, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "kubectl delete node failed (exit 1): forbidden");
	script_end(&script);
}

static void a_workload_is_a_statefulset_or_a_deployment_or_not_there_yet(void **state)
{
	static const struct {
		const char *out;
		int code;
		const char *workload;
	} rows[] = {
		{ "statefulset.apps/openshell\n", 0, "statefulset/openshell" },
		{ "deployment.apps/openshell\n", 0, "deployment/openshell" },
		{ "statefulset.apps/openshell\ndeployment.apps/openshell\n", 0, "statefulset/openshell" },
		{ "", 0, NULL },
		{ "statefulset.apps/openshell\n", 1, NULL },
		{ "daemonset.apps/openshell\n", 0, NULL },
		{ "statefulsets\n", 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct script_step steps[] = {
			{ .command = EXEC "-n openshell get statefulset/openshell deployment/openshell --request-timeout=10s "
				     "--ignore-not-found -o name",
			  .out = rows[i].out, .code = rows[i].code },
		};
		autofree char *workload = NULL;
		struct error *err = NULL;
		struct script script;
		struct kubectl kubectl = { &script.docker, "C1" };

		SCRIPT_INIT(&script, steps);
		assert_int_equal(kubectl_workload_get(&kubectl, "openshell", "openshell", &workload, &err), 0);
		if (rows[i].workload == NULL)
			assert_null(workload);
		else
			assert_string_equal(workload, rows[i].workload);
		script_end(&script);
	}
}

static void a_rollout_is_asked_for_and_waited_for(void **state)
{
	static const struct script_step steps[] = {
		{ .command = EXEC "rollout restart statefulset/openshell -n openshell" },
		{ .command = EXEC "rollout restart deployment/openshell -n openshell", .code = 1, .err = "forbidden\n" },
		{ .command = EXEC "rollout status statefulset/openshell -n openshell --timeout=180s", .takes_ms = 179000 },
		{ .command = EXEC "rollout status *", .code = 1, .err = "error: timed out waiting for the condition\n" },
		/* it has its 180 s and the time of a quick call */
		{ .command = EXEC "rollout status *", .how = SCRIPT_TIMES_OUT },
	};
	struct error *err = NULL;
	struct script script;
	struct kubectl kubectl = { &script.docker, "C1" };

	(void)state;
	SCRIPT_INIT(&script, steps);
	assert_int_equal(kubectl_rollout_restart(&kubectl, "openshell", "statefulset/openshell", &err), 0);
	assert_int_equal(kubectl_rollout_restart(&kubectl, "openshell", "deployment/openshell", &err), -1);
	assert_error(&err, ERROR_SYSTEM, "kubectl rollout restart failed (exit 1): forbidden");
	assert_int_equal(kubectl_rollout_wait(&kubectl, "openshell", "statefulset/openshell", &err), 0);
	assert_int_equal(kubectl_rollout_wait(&kubectl, "openshell", "statefulset/openshell", &err), -1);
	assert_error(&err, ERROR_SYSTEM, "kubectl rollout status failed (exit 1): error: timed out waiting");
	assert_int_equal(kubectl_rollout_wait(&kubectl, "openshell", "statefulset/openshell", &err), -1);
	assert_error(&err, ERROR_TIMEOUT, "did not end within 240 s");
	script_end(&script);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_is_asked_for_by_one_call_and_decoded),
		cmocka_unit_test(a_secret_that_is_not_complete_is_not_ready_and_leaves_nothing),
		cmocka_unit_test(an_api_that_does_not_answer_is_not_ready),
		cmocka_unit_test(a_value_that_is_not_base64_is_an_error),
		cmocka_unit_test(without_docker_a_secret_cannot_be_asked_for),
		cmocka_unit_test(stale_nodes_are_the_others_that_are_not_ready),
		cmocka_unit_test(nodes_that_are_no_json_are_an_error),
		cmocka_unit_test(nodes_are_listed_and_deleted_without_waiting),
		cmocka_unit_test(a_workload_is_a_statefulset_or_a_deployment_or_not_there_yet),
		cmocka_unit_test(a_rollout_is_asked_for_and_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
