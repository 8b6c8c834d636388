/* SPDX-License-Identifier: Apache-2.0 */
/* What doctor check asks, and whether the host that it looks at is the engine's. */
#include "gateway/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/endpoint.h"
#include "script.h"

#define INFO(more) \
	{ .command = "docker info --format '{{json .}}'", \
	  .out = "{\"ID\":\"E1\",\"ServerVersion\":\"28.2.2\",\"DockerRootDir\":\"/\"" more "}\n" }
#define CONTEXT(name) ",\"ClientInfo\":{\"Context\":\"" name "\"}"
#define VERSIONS { .command = "docker version --format '{{json .}}'", .out = "{\"Client\":{\"ApiVersion\":\"1.50\"}}\n" }
#define IPTABLES { .command = "iptables --version", .out = "iptables v1.8.9 (nf_tables)\n" }
/* after docker info, on the engine's own host */
#define TOOLS VERSIONS, IPTABLES
#define HOLDERS { .command = "docker ps --format '{{.Names}}' --filter publish=*" }

struct inquiry {
	struct scene scene;
	struct facts facts;
	int port;
};

/* This host is "box" with a kernel 6.1.0. */
static void open_inquiry(struct inquiry *q)
{
	struct error *err = NULL;

	scene_open(&q->scene);
	scene_write(&q->scene, "proc/sys/kernel/hostname", "box\n");
	scene_write(&q->scene, "proc/sys/kernel/osrelease", "6.1.0\n");
	q->facts = (struct facts){ .name = NULL };
	assert_int_equal(endpoint_free_port("127.0.0.1", &q->port, &err), 0);
}

static void gather(struct inquiry *q, const struct script_step *steps, size_t count)
{
	facts_release(&q->facts);
	scene_script(&q->scene, steps, count);
	facts_gather(&q->scene.env, "gw", q->port, q->scene.paths.user_root, &q->facts);
	scene_script(&q->scene, NULL, 0); /* every step was used */
}

#define GATHER(q, steps) gather(q, steps, ARRAY_LEN(steps))

static void close_inquiry(struct inquiry *q)
{
	facts_release(&q->facts);
	scene_close(&q->scene);
}

static void everything_is_asked_once(void **state)
{
	static const struct script_step steps[] = {
		INFO(",\"KernelVersion\":\"6.1.0\",\"Name\":\"box\"" CONTEXT("default")), TOOLS, HOLDERS,
	};
	struct inquiry q;

	(void)state;
	open_inquiry(&q);
	GATHER(&q, steps);
	assert_null(q.facts.no_engine);
	assert_null(q.facts.elsewhere);
	assert_string_equal(q.facts.endpoint, "unix:///var/run/docker.sock");
	assert_string_equal(q.facts.version.api, "1.50");
	assert_string_equal(q.facts.iptables, "iptables v1.8.9 (nf_tables)");
	assert_string_equal(q.facts.host.kernel, "6.1.0");
	assert_true(q.facts.disk_gib >= 0);
	assert_true(q.facts.port_tried);
	assert_false(q.facts.port_busy);
	assert_int_equal(q.facts.skew_ms, 0);
	close_inquiry(&q);
}

static void without_an_engine_nothing_more_is_asked(void **state)
{
	static const struct script_step steps[] = { { .command = "docker info *", .how = SCRIPT_MISSING } };
	struct inquiry q;

	(void)state;
	open_inquiry(&q);
	GATHER(&q, steps);
	assert_true(error_is(q.facts.no_engine, ERROR_UNREACHABLE));
	assert_true(q.facts.no_engine->hint_count > 0); /* it has been diagnosed */
	close_inquiry(&q);
}

static void an_engine_behind_a_socket_of_this_host_may_be_elsewhere(void **state)
{
	static const struct {
		struct script_step info;
		const char *why; /* NULL: nothing speaks against it */
	} rows[] = {
		{ INFO(CONTEXT("default")), NULL },
		{ INFO(",\"KernelVersion\":\"6.1.0\"" CONTEXT("default")), NULL },
		{ INFO(",\"KernelVersion\":\"6.1.0\",\"Name\":\"colima\"" CONTEXT("default")),
		  "docker's host is 'colima', this one is 'box'" },
		{ INFO(",\"KernelVersion\":\"5.15.49-linuxkit\",\"Name\":\"box\"" CONTEXT("default")),
		  "docker's kernel is 5.15.49-linuxkit" },
		{ INFO(",\"KernelVersion\":\"6.1.0\",\"Name\":\"box\",\"OperatingSystem\":\"Docker Desktop\"" CONTEXT("default")),
		  "Docker Desktop" },
	};
	struct inquiry q;

	(void)state;
	open_inquiry(&q);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct script_step here[] = { rows[i].info, TOOLS, HOLDERS };
		const struct script_step there[] = { rows[i].info, VERSIONS, HOLDERS };

		if (rows[i].why == NULL) {
			GATHER(&q, here);
			assert_null(q.facts.elsewhere);
			continue;
		}
		GATHER(&q, there);
		assert_non_null(strstr(q.facts.elsewhere, rows[i].why));
		assert_true(q.facts.disk_gib < 0); /* that directory is another one here */
		assert_null(q.facts.iptables);
	}
	close_inquiry(&q);
}

static void an_address_of_another_host_is_elsewhere(void **state)
{
	static const struct script_step named[] = { INFO(CONTEXT("default")), VERSIONS, HOLDERS };
	static const struct script_step context[] = {
		INFO(CONTEXT("far")), VERSIONS, { .command = "docker context inspect *", .out = "ssh://far.example\n" }, HOLDERS,
	};
	struct inquiry q;

	(void)state;
	open_inquiry(&q);
	GATHER(&q, context);
	assert_string_equal(q.facts.elsewhere, "docker is reached at ssh://far.example");
	q.scene.settings.docker_host = "tcp://far.example:2375";
	GATHER(&q, named);
	assert_string_equal(q.facts.elsewhere, "docker is reached at tcp://far.example:2375");
	assert_false(q.facts.port_tried);
	close_inquiry(&q);
}

static void what_cannot_be_asked_is_left_empty(void **state)
{
	static const struct script_step steps[] = {
		INFO(CONTEXT("gone")), { .command = "docker version *", .code = 1, .err = "no idea\n" },
		{ .command = "docker context inspect *", .code = 1 }, { .command = "iptables *", .how = SCRIPT_MISSING },
		{ .command = "/usr/sbin/iptables *", .how = SCRIPT_MISSING }, { .command = "docker ps *", .code = 1, .err = "busy\n" },
	};
	struct inquiry q;

	(void)state;
	open_inquiry(&q);
	GATHER(&q, steps);
	assert_null(q.facts.version.api);
	assert_null(q.facts.endpoint);
	assert_null(q.facts.iptables);
	assert_null(q.facts.elsewhere);
	assert_false(q.facts.port_tried);
	assert_error(&q.facts.port_error, ERROR_SYSTEM, "busy");
	close_inquiry(&q);
}

static void the_holder_of_a_busy_port_is_looked_for(void **state)
{
	static const struct script_step steps[] = { INFO(CONTEXT("default")), TOOLS, HOLDERS };
	autofree char *line = NULL;
	struct inquiry q;
	int fd;

	(void)state;
	open_inquiry(&q);
	fd = listen_on_loopback(AF_INET, &q.port);
	line = xasprintf("   0: 00000000:%04X 00000000:0000 0A 00000000:00000000 00:00000000 00000000    33        0 9 1\n",
			 (unsigned)q.port);
	scene_write(&q.scene, "proc/net/tcp", line);
	GATHER(&q, steps);
	close(fd);
	assert_true(q.facts.port_busy);
	assert_string_equal(q.facts.port_holder, "a program of user 33");
	close_inquiry(&q);
}

static void a_port_that_a_container_publishes_is_not_tried(void **state)
{
	static const struct script_step steps[] = {
		INFO(CONTEXT("default")), TOOLS, { .command = "docker ps *", .out = "web\nother\n" },
	};
	struct inquiry q;

	(void)state;
	open_inquiry(&q);
	GATHER(&q, steps);
	assert_line(&q.facts.port_containers, "web other");
	assert_false(q.facts.port_tried);
	close_inquiry(&q);
}

static void the_difference_of_the_clocks_is_told(void **state)
{
	static const struct script_step past[] = {
		INFO(",\"SystemTime\":\"2001-02-03T04:05:06.7Z\"" CONTEXT("default")), TOOLS, HOLDERS,
	};
	static const struct script_step future[] = {
		INFO(",\"SystemTime\":\"2999-02-03T04:05:06.7Z\"" CONTEXT("default")), TOOLS, HOLDERS,
	};
	struct inquiry q;

	(void)state;
	open_inquiry(&q);
	GATHER(&q, past);
	assert_true(q.facts.skew_ms < -365LL * 86400000);
	GATHER(&q, future);
	assert_true(q.facts.skew_ms > 365LL * 86400000);
	close_inquiry(&q);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_asked_once),
		cmocka_unit_test(without_an_engine_nothing_more_is_asked),
		cmocka_unit_test(an_engine_behind_a_socket_of_this_host_may_be_elsewhere),
		cmocka_unit_test(an_address_of_another_host_is_elsewhere),
		cmocka_unit_test(what_cannot_be_asked_is_left_empty),
		cmocka_unit_test(the_holder_of_a_busy_port_is_looked_for),
		cmocka_unit_test(a_port_that_a_container_publishes_is_not_tried),
		cmocka_unit_test(the_difference_of_the_clocks_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
