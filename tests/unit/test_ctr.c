/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/ctr.h"

#include "script.h"

#define CTR "ctr -a /run/k3s/containerd/containerd.sock -n k8s.io "
#define ASK "docker exec --env KUBECONFIG=/etc/rancher/k3s/k3s.yaml C1 " CTR "version"
#define IMPORT "docker exec -i C1 " CTR "images import --platform linux -"

static int import(struct script *script, struct error **err)
{
	AUTO(argv) refs = ARGV_INIT;

	argv_addl(&refs, "openshell/gateway:a", "reg:5000/x/sandbox:b", NULL);
	return ctr_images_import(&script->docker, &script->docker, "C1", &refs, err);
}

static void images_go_from_docker_to_containerd_in_one_pipe(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker save -- openshell/gateway:a reg:5000/x/sandbox:b", .env = "LC_ALL=C" },
		{ .command = IMPORT },
	};
	struct script script;
	struct error *err = NULL;

	(void)state;
	SCRIPT_INIT(&script, steps);
	assert_int_equal(import(&script, &err), 0);
	script_end(&script);
}

static void an_import_that_fails_is_told_by_who_failed(void **state)
{
	static const struct script_step save[] = {
		{ .command = "docker save *", .code = 1, .err = "Error response from daemon: no space left\n" },
		{ .command = IMPORT },
	};
	static const struct script_step load[] = {
		{ .command = "docker save *", .how = SCRIPT_KILLED, .code = 13 },
		{ .command = IMPORT, .code = 1, .err = "ctr: content digest sha256:1: not found\n" },
	};
	struct script script;
	struct error *err = NULL;

	(void)state;
	SCRIPT_INIT(&script, save);
	assert_int_equal(import(&script, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "docker save failed (exit 1): Error response from daemon: no space left");
	script_end(&script);
	SCRIPT_INIT(&script, load);
	assert_int_equal(import(&script, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "ctr images import failed (exit 1): ctr: content digest sha256:1: not found");
	script_end(&script);
}

static void an_import_has_a_time_limit_of_its_own(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker save *" },
		{ .command = IMPORT, .how = SCRIPT_TIMES_OUT },
	};
	struct script script;
	struct error *err = NULL;

	(void)state;
	SCRIPT_INIT(&script, steps);
	script.docker.push_timeout_ms = 7000000;
	assert_int_equal(import(&script, &err), -1);
	assert_error(&err, ERROR_TIMEOUT, "ctr images import did not end within 7000 s");
	script_end(&script);
}

static void a_request_to_stop_ends_an_import(void **state)
{
	static const struct script_step steps[] = { { .command = "docker save *", .how = SCRIPT_CANCELS } };
	struct script script;
	struct error *err = NULL;

	(void)state;
	SCRIPT_INIT(&script, steps);
	assert_int_equal(import(&script, &err), -1);
	assert_error(&err, ERROR_CANCELLED, "stopped by");
	script_end(&script);
}

static void containerd_is_ready_when_it_tells_its_version(void **state)
{
	static const struct {
		int code;
		bool ready;
	} rows[] = { { 0, true }, { 1, false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct script_step steps[] = { { .command = ASK, .code = rows[i].code } };
		struct script script;
		struct error *err = NULL;
		bool ready = !rows[i].ready;

		SCRIPT_INIT(&script, steps);
		assert_int_equal(ctr_is_ready(&script.docker, "C1", &ready, &err), 0);
		assert_int_equal(ready, rows[i].ready);
		script_end(&script);
	}
}

static void a_container_without_ctr_is_not_asked_again(void **state)
{
	static const int codes[] = { 126, 127 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		const struct script_step steps[] = {
			{ .command = ASK, .code = codes[i], .err = "exec: \"ctr\": executable file not found in $PATH\n" },
		};
		struct script script;
		struct error *err = NULL;
		bool ready;

		SCRIPT_INIT(&script, steps);
		assert_int_equal(ctr_is_ready(&script.docker, "C1", &ready, &err), -1);
		assert_error(&err, ERROR_SYSTEM, "executable file not found");
		script_end(&script);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(images_go_from_docker_to_containerd_in_one_pipe),
		cmocka_unit_test(an_import_that_fails_is_told_by_who_failed),
		cmocka_unit_test(an_import_has_a_time_limit_of_its_own),
		cmocka_unit_test(a_request_to_stop_ends_an_import),
		cmocka_unit_test(containerd_is_ready_when_it_tells_its_version),
		cmocka_unit_test(a_container_without_ctr_is_not_asked_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
