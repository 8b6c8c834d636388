/* SPDX-License-Identifier: Apache-2.0 */
/* All gateways asked at once. */
#include "script.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/rollcall.h"

#define LIST "docker container ls --all --no-trunc --format '{{.Names}}\\n{{.ID}}'"
#define INSPECT "docker container inspect --format '{{json .}}' -- "
#define CONTAINER(name, state) \
	"{\"Id\":\"" name "-id\",\"Name\":\"/" name "\",\"Image\":\"I\",\"State\":{\"Status\":\"" state "\",\"ExitCode\":3}}\n"

#define FREE_PORT "https://127.0.0.1:1"

enum whose { LOCAL, REMOTE, SYSTEM, ADDED, INVALID };

static struct record make(enum whose whose, const char *name, const char *endpoint)
{
	struct record record = { .name = xstrdup(name), .source = whose == SYSTEM ? SOURCE_SYSTEM : SOURCE_USER };

	if (whose == INVALID)
		record.invalid = xstrdup("broken");
	else
		record.endpoint = xstrdup(endpoint);
	record.is_remote = whose == REMOTE;
	record.port = whose == LOCAL ? 8080 : 0;
	if (whose == ADDED)
		record.container_id = xstrdup("found-id");
	return record;
}

/* "name:state ..." after these commands. */
static void assert_roll(const struct script_step *steps, size_t count, struct record *records, size_t n,
			const char *expected, const char *reason)
{
	struct record_list list = { records, n };
	struct answer *answers = xcalloc(n, sizeof(*answers));
	AUTO(buf) text = BUF_INIT;
	struct error *err = NULL;
	struct scene scene;
	bool is_told = reason == NULL;

	scene_open(&scene);
	scene_script(&scene, steps, count);
	assert_int_equal(rollcall(&scene.env, &list, 10000, answers, &err), 0);
	for (size_t i = 0; i < n; i++) {
		buf_addf(&text, "%s%s:%s", i ? " " : "", records[i].name, answers[i].state ? answers[i].state : "-");
		is_told = is_told || (answers[i].reason != NULL && strstr(answers[i].reason, reason) != NULL);
		free(answers[i].reason);
		record_release(&records[i]);
	}
	free(answers);
	assert_string_equal(buf_str(&text), expected);
	assert_true(is_told);
	scene_close(&scene);
}

static void containers_are_asked_for_in_one_call(void **state)
{
	static const struct script_step steps[] = {
		{ .command = LIST, .out = "openshell-cluster-a\nA-id\nopenshell-cluster-c\nC-id\nother\nfound-id\n" },
		{ .command = INSPECT "openshell-cluster-a openshell-cluster-c found-id",
		  .out = CONTAINER("openshell-cluster-c", "paused") CONTAINER("openshell-cluster-a", "exited")
			 "{\"Id\":\"found-id\",\"Name\":\"/other\",\"Image\":\"I\",\"State\":{\"Status\":\"restarting\"}}\n" },
	};
	struct record records[] = {
		make(LOCAL, "a", FREE_PORT), make(LOCAL, "b", FREE_PORT), make(LOCAL, "c", FREE_PORT),
		make(ADDED, "d", FREE_PORT), make(INVALID, "e", ""),
	};

	(void)state;
	assert_roll(steps, ARRAY_LEN(steps), records, ARRAY_LEN(records),
		    "a:stopped b:stopped c:stopped d:unhealthy e:-", "its container is paused");
}

static void a_container_that_runs_leaves_the_word_to_the_endpoint(void **state)
{
	static const struct script_step steps[] = {
		{ .command = LIST, .out = "openshell-cluster-a\nopenshell-cluster-b\n" },
		{ .command = INSPECT "openshell-cluster-a openshell-cluster-b",
		  .out = CONTAINER("openshell-cluster-a", "running") CONTAINER("openshell-cluster-b", "running") },
	};
	int port;
	autoclose int listener = listen_on_loopback(AF_INET, &port);
	autofree char *endpoint = xasprintf("https://127.0.0.1:%d", port);
	struct record records[] = { make(LOCAL, "a", endpoint), make(LOCAL, "b", FREE_PORT) };

	(void)state;
	assert_true(listener >= 0);
	assert_roll(steps, ARRAY_LEN(steps), records, ARRAY_LEN(records), "a:connected b:unreachable",
		    "nothing answers at 127.0.0.1 port 1");
}

static void what_docker_does_not_know_is_asked_by_its_endpoint(void **state)
{
	int port;
	autoclose int listener = listen_on_loopback(AF_INET, &port);
	autofree char *endpoint = xasprintf("https://127.0.0.1:%d", port);
	struct record records[] = { make(REMOTE, "a", endpoint), make(SYSTEM, "b", endpoint), make(REMOTE, "c", FREE_PORT),
				    make(REMOTE, "d", "https://") };

	(void)state;
	assert_true(listener >= 0);
	assert_roll(NULL, 0, records, ARRAY_LEN(records), "a:reachable b:reachable c:unreachable d:unreachable",
		    "https:// is no usable address");
}

static void an_engine_that_does_not_answer_is_the_state_of_its_own(void **state)
{
	static const struct script_step steps[] = { { .command = LIST, .how = SCRIPT_TIMES_OUT } };
	int port;
	autoclose int listener = listen_on_loopback(AF_INET, &port);
	autofree char *endpoint = xasprintf("https://127.0.0.1:%d", port);
	struct record records[] = { make(LOCAL, "a", endpoint), make(REMOTE, "b", FREE_PORT) };

	(void)state;
	assert_true(listener >= 0);
	assert_roll(steps, ARRAY_LEN(steps), records, ARRAY_LEN(records), "a:unreachable b:unreachable", "docker container ls");
}

static void what_cannot_be_read_of_a_container_spoils_no_other(void **state)
{
	static const struct script_step steps[] = {
		{ .command = LIST, .out = "openshell-cluster-a\nopenshell-cluster-b\n" },
		{ .command = INSPECT "openshell-cluster-a openshell-cluster-b",
		  .out = "{\"Id\":\"X\",\"Name\":\"/openshell-cluster-a\",\"State\":{}}\n" CONTAINER("openshell-cluster-b", "exited") },
	};
	struct record records[] = { make(LOCAL, "a", FREE_PORT), make(LOCAL, "b", FREE_PORT) };

	(void)state;
	assert_roll(steps, ARRAY_LEN(steps), records, ARRAY_LEN(records), "a:stopped b:stopped", "its container is unknown");
}

static void a_request_to_stop_ends_it(void **state)
{
	static const struct script_step steps[] = { { .command = LIST, .how = SCRIPT_CANCELS } };
	struct record records[] = { make(LOCAL, "a", FREE_PORT) };
	struct record_list list = { records, 1 };
	struct answer answer = { NULL, NULL };
	struct error *err = NULL;
	struct scene scene;

	(void)state;
	scene_open(&scene);
	SCENE_SCRIPT(&scene, steps);
	assert_int_equal(rollcall(&scene.env, &list, 10000, &answer, &err), -1);
	assert_error(&err, ERROR_CANCELLED, "");
	free(answer.reason);
	record_release(&records[0]);
	scene_close(&scene);
}

static void nobody_is_quickly_asked(void **state)
{
	(void)state;
	assert_roll(NULL, 0, NULL, 0, "", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(containers_are_asked_for_in_one_call),
		cmocka_unit_test(a_container_that_runs_leaves_the_word_to_the_endpoint),
		cmocka_unit_test(what_docker_does_not_know_is_asked_by_its_endpoint),
		cmocka_unit_test(an_engine_that_does_not_answer_is_the_state_of_its_own),
		cmocka_unit_test(what_cannot_be_read_of_a_container_spoils_no_other),
		cmocka_unit_test(a_request_to_stop_ends_it),
		cmocka_unit_test(nobody_is_quickly_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
