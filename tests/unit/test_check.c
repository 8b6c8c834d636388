/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/check.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/endpoint.h"
#include "script.h"

#define INFO(version, memory, root) \
	{ .command = "docker info --format '{{json .}}'", \
	  .out = "{\"ID\":\"E1\",\"ServerVersion\":\"" version "\",\"OSType\":\"linux\",\"Architecture\":\"x86_64\"," \
		 "\"CgroupVersion\":\"2\",\"DockerRootDir\":\"" root "\",\"MemTotal\":" memory ",\"ClientInfo\":{\"Context\":\"default\"}}\n" }
#define HOLDERS(names) { .command = "docker ps --format '{{.Names}}' --filter publish=*", .out = names }
#define PLENTY "17179869184"

struct examination {
	struct scene scene;
	struct findings findings;
};

static void examine(struct examination *e, const struct script_step *steps, size_t count, int port)
{
	scene_open(&e->scene);
	scene_script(&e->scene, steps, count);
	e->findings = (struct findings){ .n = 0 };
	gateway_check(&e->scene.env, "gw", port, &e->findings);
}

#define EXAMINE(e, steps, port) examine(e, steps, ARRAY_LEN(steps), port)

static void end(struct examination *e)
{
	findings_release(&e->findings);
	scene_close(&e->scene);
}

static const struct finding *find(const struct examination *e, const char *what)
{
	for (size_t i = 0; i < e->findings.n; i++)
		if (streq(e->findings.v[i].what, what))
			return &e->findings.v[i];
	fail_msg("nothing was found about %s", what);
	return NULL;
}

static void assert_finding(const struct examination *e, const char *what, enum check_verdict verdict, const char *text)
{
	const struct finding *finding = find(e, what);

	if (finding->verdict != verdict || strstr(finding->text, text) == NULL)
		fail_msg("%s: %d \"%s\"", what, finding->verdict, finding->text);
	if (verdict == CHECK_FAIL)
		assert_non_null(finding->fix);
}

static int free_port(void)
{
	struct error *err = NULL;
	int port;

	assert_int_equal(endpoint_free_port("127.0.0.1", &port, &err), 0);
	return port;
}

static void a_good_host_passes_with_five_findings(void **state)
{
	static const struct script_step steps[] = { INFO("28.2.2", PLENTY, "/nowhere"), HOLDERS("") };
	struct examination e;

	(void)state;
	EXAMINE(&e, steps, free_port());
	assert_int_equal(e.findings.n, CHECKS);
	assert_finding(&e, "docker", CHECK_OK, "answers at unix:///var/run/docker.sock");
	assert_finding(&e, "version", CHECK_OK, "docker 28.2.2 on linux/x86_64, cgroup v2");
	assert_finding(&e, "port", CHECK_OK, "is free");
	assert_finding(&e, "memory", CHECK_OK, "16.0 GiB");
	/* the engine may be on another host */
	assert_finding(&e, "disk", CHECK_WARN, "/nowhere cannot be seen from here");
	assert_int_equal(findings_exit_code(&e.findings), 0);
	end(&e);
}

static void without_docker_nothing_else_is_looked_at(void **state)
{
	static const struct {
		struct script_step step;
		int code;
		const char *text;
	} rows[] = {
		{ { .command = "docker info *", .how = SCRIPT_MISSING }, 5, "not found on PATH" },
		{ { .command = "docker info *", .code = 1, .out = "{\"ServerErrors\":[\"Cannot connect to the Docker daemon\"]}" },
		  5, "Cannot connect" },
		{ { .command = "docker info *", .code = 1,
		    .out = "{\"ServerErrors\":[\"permission denied while trying to connect\"]}" }, 6, "permission denied" },
		{ { .command = "docker info *", .how = SCRIPT_TIMES_OUT }, 7, "did not end within" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct examination e;

		examine(&e, &rows[i].step, 1, 8080);
		assert_int_equal(e.findings.n, 1);
		assert_finding(&e, "docker", CHECK_FAIL, rows[i].text);
		assert_int_equal(findings_exit_code(&e.findings), rows[i].code);
		end(&e);
	}
}

static void an_engine_before_20_10_is_too_old(void **state)
{
	static const struct {
		const char *version;
		enum check_verdict verdict;
	} rows[] = { { "19.03.15", CHECK_FAIL }, { "20.10.24+dfsg1", CHECK_OK }, { "28.2.2", CHECK_OK }, { "dev", CHECK_OK } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *info = xasprintf("{\"ID\":\"E1\",\"ServerVersion\":\"%s\",\"MemTotal\":" PLENTY "}", rows[i].version);
		const struct script_step steps[] = { { .command = "docker info *", .out = info }, HOLDERS("") };
		struct examination e;

		EXAMINE(&e, steps, free_port());
		assert_finding(&e, "version", rows[i].verdict, rows[i].version);
		assert_int_equal(findings_exit_code(&e.findings), rows[i].verdict == CHECK_FAIL ? 1 : 0);
		end(&e);
	}
}

static void memory_is_rated(void **state)
{
	static const struct {
		const char *bytes;
		enum check_verdict verdict;
		const char *text;
	} rows[] = {
		{ "1073741824", CHECK_FAIL, "1.0 GiB" },
		{ "2147483648", CHECK_WARN, "2.0 GiB" },
		{ "4294967296", CHECK_OK, "4.0 GiB" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *info = xasprintf("{\"ID\":\"E1\",\"ServerVersion\":\"28.2.2\",\"MemTotal\":%s}", rows[i].bytes);
		const struct script_step steps[] = { { .command = "docker info *", .out = info }, HOLDERS("") };
		struct examination e;

		EXAMINE(&e, steps, free_port());
		assert_finding(&e, "memory", rows[i].verdict, rows[i].text);
		end(&e);
	}
}

static void a_directory_that_can_be_seen_is_measured(void **state)
{
	static const struct script_step steps[] = { INFO("28.2.2", PLENTY, "/"), HOLDERS("") };
	struct examination e;

	(void)state;
	EXAMINE(&e, steps, free_port());
	assert_non_null(strstr(find(&e, "disk")->text, "GiB free in /"));
	end(&e);
}

static void a_port_that_the_gateway_itself_holds_is_fine(void **state)
{
	static const struct script_step own[] = { INFO("28.2.2", PLENTY, "/nowhere"), HOLDERS("openshell-cluster-gw\n") };
	static const struct script_step both[] = { INFO("28.2.2", PLENTY, "/nowhere"),
						   HOLDERS("web\nopenshell-cluster-gw\n") };
	static const struct script_step other[] = { INFO("28.2.2", PLENTY, "/nowhere"), HOLDERS("web\n") };
	struct examination e;

	(void)state;
	EXAMINE(&e, own, 8080);
	assert_finding(&e, "port", CHECK_OK, "8080 is held by container 'openshell-cluster-gw'");
	assert_int_equal(findings_exit_code(&e.findings), 0);
	end(&e);
	EXAMINE(&e, both, 8080);
	assert_finding(&e, "port", CHECK_OK, "8080 is held by container 'openshell-cluster-gw'");
	end(&e);
	EXAMINE(&e, other, 8080);
	assert_finding(&e, "port", CHECK_FAIL, "8080 is held by container 'web'");
	assert_int_equal(findings_exit_code(&e.findings), 4);
	end(&e);
}

static void a_port_of_another_program_fails(void **state)
{
	static const struct script_step steps[] = { INFO("28.2.2", PLENTY, "/nowhere"), HOLDERS("") };
	struct examination e;
	int port, fd = listen_on_loopback(AF_INET, &port);

	(void)state;
	EXAMINE(&e, steps, port);
	assert_finding(&e, "port", CHECK_FAIL, "in use by another program");
	assert_int_equal(findings_exit_code(&e.findings), 4);
	end(&e);
	close(fd);
}

static void holders_that_cannot_be_listed_are_a_warning(void **state)
{
	static const struct script_step steps[] = { INFO("28.2.2", PLENTY, "/nowhere"),
						    { .command = "docker ps *", .code = 1, .err = "no idea\n" } };
	struct examination e;

	(void)state;
	EXAMINE(&e, steps, 8080);
	assert_finding(&e, "port", CHECK_WARN, "docker ps failed (exit 1): no idea");
	assert_int_equal(findings_exit_code(&e.findings), 0);
	end(&e);
}

static void the_first_failure_gives_the_exit_code(void **state)
{
	static const struct script_step steps[] = { INFO("19.03.1", "1073741824", "/nowhere"), HOLDERS("web\n") };
	struct examination e;

	(void)state;
	EXAMINE(&e, steps, 8080);
	assert_int_equal(findings_exit_code(&e.findings), 1);
	end(&e);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_host_passes_with_five_findings),
		cmocka_unit_test(without_docker_nothing_else_is_looked_at),
		cmocka_unit_test(an_engine_before_20_10_is_too_old),
		cmocka_unit_test(memory_is_rated),
		cmocka_unit_test(a_directory_that_can_be_seen_is_measured),
		cmocka_unit_test(a_port_that_the_gateway_itself_holds_is_fine),
		cmocka_unit_test(a_port_of_another_program_fails),
		cmocka_unit_test(holders_that_cannot_be_listed_are_a_warning),
		cmocka_unit_test(the_first_failure_gives_the_exit_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
