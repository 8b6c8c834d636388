/* SPDX-License-Identifier: Apache-2.0 */
/* What docker prints: recorded output of two clients, podman's differences, and hostile data. */
#include "script.h"
#include "scratch.h"

#include <stdio.h>

#include "tools/docker_parse.h"

#define NAME "openshell-cluster-recorded"
#define IMAGE "openshell/fake-cluster:recorded"

static const char *const clients[] = { "28.2", "20.10" };

static void recorded(const char *client, const char *what, struct buf *text)
{
	autofree char *name = xasprintf("docker-%s-%s.json", client, what);

	data_read(name, text);
}

/* The container in a recorded inspect. */
static void load(const char *client, const char *what, struct container *container)
{
	AUTO(buf) text = BUF_INIT;
	struct error *err = NULL;

	recorded(client, what, &text);
	if (parse_inspect(&text, NAME, NULL, 0, container, NULL, &err) < 0)
		fail_msg("%s %s: %s", client, what, err->text);
}

static int parse(const char *text, const char *name, struct container *container, struct error **err)
{
	AUTO(buf) out = BUF_INIT;

	buf_adds(&out, text);
	return parse_inspect(&out, name, NULL, 0, container, NULL, err);
}

/* ------------------------------------------------------------------ containers */

static void the_life_of_a_container_is_read_from_both_clients(void **state)
{
	static const struct {
		const char *what;
		enum container_phase phase;
		enum container_health health;
	} rows[] = {
		{ "inspect-created", PHASE_CREATED, HEALTH_NONE },
		{ "inspect-running", PHASE_RUNNING, HEALTH_HEALTHY },
		{ "inspect-unhealthy", PHASE_RUNNING, HEALTH_UNHEALTHY },
		{ "inspect-paused", PHASE_PAUSED, HEALTH_UNHEALTHY }, /* no checks run: docker says so */
		{ "inspect-exited", PHASE_EXITED, HEALTH_UNHEALTHY },
	};

	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(clients); c++)
		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			AUTO(container) container = { 0 };

			load(clients[c], rows[i].what, &container);
			assert_string_equal(container_phase_name(container.phase), container_phase_name(rows[i].phase));
			assert_string_equal(container_health_name(container.health),
					    container_health_name(rows[i].health));
		}
}

static void what_a_container_was_made_with_is_read(void **state)
{
	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(clients); c++) {
		AUTO(container) container = { 0 };

		load(clients[c], "inspect-running", &container);
		assert_int_equal(strlen(container.id), 64);
		assert_true(str_starts(container.image_id, "sha256:"));
		assert_string_equal(container.image_ref, IMAGE);
		assert_string_equal(container.version, "0.1.0");
		assert_string_equal(container.host_ip, "127.0.0.1");
		assert_int_equal(container.host_port, 18080);
		assert_true(container.on_network);
		assert_false(container.gpu);
		assert_false(container.oom_killed);
		assert_int_equal(container.exit_code, 0);
		assert_int_equal(container.restarts, 0);
		assert_null(container.error);
		assert_string_equal(container_env(&container, "EXTRA_SANS"), "gw.example,10.0.0.5");
		assert_string_equal(container_env(&container, "REGISTRY_MODE"), "external");
		assert_null(container_env(&container, "EXTRA"));
		assert_null(container_env(&container, "EXTRA_SANS=gw.example"));
	}
}

static void the_port_is_known_while_the_container_is_stopped(void **state)
{
	static const char *const whats[] = { "inspect-created", "inspect-exited" };

	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(clients); c++)
		for (size_t i = 0; i < ARRAY_LEN(whats); i++) {
			AUTO(container) container = { 0 };

			load(clients[c], whats[i], &container);
			assert_int_equal(container.host_port, 18080);
			assert_true(container.on_network);
		}
}

static void the_last_three_health_checks_that_said_something_are_kept(void **state)
{
	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(clients); c++) {
		AUTO(container) container = { 0 }, healthy = { 0 };

		load(clients[c], "inspect-unhealthy", &container);
		assert_string_equal(container.health_log, "HEALTHCHECK_NODE_PRESSURE: DiskPressure\n"
							  "HEALTHCHECK_NODE_PRESSURE: DiskPressure\n"
							  "HEALTHCHECK_NODE_PRESSURE: DiskPressure\n");
		load(clients[c], "inspect-running", &healthy);
		assert_null(healthy.health_log);
	}
}

#define CONTAINER(name, state, rest) \
	"{\"Id\":\"c1\",\"Name\":\"/" name "\",\"Image\":\"sha256:i1\",\"State\":{" state "}" rest "}"

static void every_phase_and_health_has_a_name_that_reads_back(void **state)
{
	(void)state;
	for (int phase = PHASE_CREATED; phase < PHASES; phase++) {
		autofree char *text = xasprintf(CONTAINER("x", "\"Status\":\"%s\"", ""),
						container_phase_name((enum container_phase)phase));
		AUTO(container) container = { 0 };
		struct error *err = NULL;

		assert_int_equal(parse(text, "x", &container, &err), 0);
		assert_int_equal(container.phase, phase);
	}
	for (int health = HEALTH_NONE; health < HEALTHS; health++) {
		autofree char *text = xasprintf(CONTAINER("x", "\"Health\":{\"Status\":\"%s\"}", ""),
						container_health_name((enum container_health)health));
		AUTO(container) container = { 0 };
		struct error *err = NULL;

		assert_int_equal(parse(text, "x", &container, &err), 0);
		assert_int_equal(container.health, health);
	}
}

static void words_that_docker_does_not_know_are_unknown(void **state)
{
	static const char *const states[] = {
		"\"Status\":\"\"", "\"Status\":\"Running\"", "\"Status\":\"stopped\"", "\"Status\":7", "\"Status\":\"absent\"", "",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		autofree char *text = xasprintf(CONTAINER("x", "%s", ""), states[i]);
		AUTO(container) container = { 0 };
		struct error *err = NULL;

		assert_int_equal(parse(text, "x", &container, &err), 0);
		assert_int_equal(container.phase, PHASE_UNKNOWN);
		assert_int_equal(container.health, HEALTH_NONE);
	}
}

static void a_dead_container_is_put_in_words(void **state)
{
	static const struct {
		const char *state, *words;
	} rows[] = {
		{ "\"Status\":\"exited\",\"ExitCode\":137,\"OOMKilled\":true",
		  "container exited (status=exited, exit_code=137, OOMKilled=true)" },
		{ "\"Status\":\"created\",\"ExitCode\":128,\"Error\":\"port is already allocated\"",
		  "container exited (status=created, exit_code=128, error=port is already allocated)" },
		{ "\"Status\":\"dead\"", "container exited (status=dead, exit_code=-1)" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *text = xasprintf(CONTAINER("x", "%s", ""), rows[i].state);
		AUTO(container) container = { 0 };
		autofree char *words = NULL;
		struct error *err = NULL;

		assert_int_equal(parse(text, "x", &container, &err), 0);
		words = container_words(&container);
		assert_string_equal(words, rows[i].words);
	}
}

static void gpus_restarts_and_foreign_networks_are_seen(void **state)
{
	AUTO(container) container = { 0 };
	struct error *err = NULL;

	(void)state;
	assert_int_equal(parse(CONTAINER("x", "\"Status\":\"running\"",
					 ",\"RestartCount\":3,\"HostConfig\":{\"DeviceRequests\":[{\"Count\":-1}]},"
					 "\"NetworkSettings\":{\"Networks\":{\"bridge\":{},\"x2\":{}}}"),
			       "x", &container, &err), 0);
	assert_int_equal(container.restarts, 3);
	assert_true(container.gpu);
	assert_false(container.on_network);
	assert_int_equal(container.host_port, 0);
	assert_null(container.host_ip);
}

static void numbers_that_cannot_be_counts_are_as_missing(void **state)
{
	static const char *const numbers[] = { "-2", "4294967296", "2147483648", "1e300", "0.5", "\"1\"", "null" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		autofree char *text = xasprintf(CONTAINER("x", "\"ExitCode\":%s", ",\"RestartCount\":%s"), numbers[i],
						numbers[i]);
		AUTO(container) container = { 0 };
		struct error *err = NULL;

		assert_int_equal(parse(text, "x", &container, &err), 0);
		assert_int_equal(container.exit_code, -1);
		assert_int_equal(container.restarts, 0);
	}
}

static void resolvers_and_files_are_read(void **state)
{
	AUTO(container) container = { 0 };
	AUTO(container) plain = { 0 };
	struct error *err = NULL;

	(void)state;
	assert_int_equal(parse("{\"Id\":\"c\",\"Image\":\"i\",\"State\":{},\"Config\":{\"Labels\":{\"ai.openshell.files\":\"0a1b\"}},"
			       "\"HostConfig\":{\"Dns\":[\"10.0.0.2\",7,\"fd00::1\"]}}", "x", &container, &err), 0);
	assert_line(&container.dns, "10.0.0.2 fd00::1");
	assert_string_equal(container.files, "0a1b");
	assert_int_equal(parse("{\"Id\":\"c\",\"Image\":\"i\",\"State\":{},\"HostConfig\":{\"Dns\":null}}", "x", &plain, &err), 0);
	assert_int_equal(plain.dns.n, 0);
	assert_null(plain.files);
}

static void a_port_that_is_none_is_as_not_published(void **state)
{
	static const char *const ports[] = { "\"\"", "\"0\"", "\"65536\"", "\"-1\"", "\"99999999999999999999\"", "\"x\"", "80", "null" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
		autofree char *text = xasprintf(
			CONTAINER("x", "", ",\"HostConfig\":{\"PortBindings\":{\"30051/tcp\":[{\"HostPort\":%s}]}}"), ports[i]);
		AUTO(container) container = { 0 };
		struct error *err = NULL;

		assert_int_equal(parse(text, "x", &container, &err), 0);
		assert_int_equal(container.host_port, 0);
	}
}

/* ------------------------------------------------------------------ which object is which */

static void a_container_is_taken_by_its_name_or_id_only(void **state)
{
	static const struct {
		const char *wanted;
		bool taken;
	} rows[] = { { "x", true }, { "c1", true }, { "c", true }, { "y", false }, { "x2", false }, { "/x", false }, { "", false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(container) container = { 0 };
		struct error *err = NULL;

		assert_int_equal(parse(CONTAINER("x", "\"Status\":\"running\"", ""), rows[i].wanted, &container, &err), 0);
		assert_int_equal(container.phase, rows[i].taken ? PHASE_RUNNING : PHASE_ABSENT);
	}
}

static void the_first_of_two_containers_that_answer_is_taken(void **state)
{
	AUTO(container) container = { 0 };
	AUTO(buf) out = BUF_INIT;
	struct error *err = NULL;

	(void)state;
	buf_adds(&out, CONTAINER("x", "\"Status\":\"running\"", "") "\n");
	buf_adds(&out, CONTAINER("x", "\"Status\":\"exited\"", "") "\n");
	assert_int_equal(parse_inspect(&out, "x", NULL, 0, &container, NULL, &err), 0);
	assert_int_equal(container.phase, PHASE_RUNNING);
}

/* `docker inspect NAME REF` prefers a container where one is called as the image is. */
static void a_container_with_the_name_of_an_image_is_not_ours(void **state)
{
	static const char *const refs[] = { "myimage" };
	AUTO(container) container = { 0 };
	AUTO(image) image = { 0 };
	AUTO(buf) out = BUF_INIT;
	struct error *err = NULL;

	(void)state;
	buf_adds(&out, CONTAINER("x", "\"Status\":\"running\"", "") "\n");
	buf_adds(&out, CONTAINER("myimage", "\"Status\":\"exited\"", "") "\n");
	assert_int_equal(parse_inspect(&out, "x", refs, 1, &container, &image, &err), 0);
	assert_int_equal(container.phase, PHASE_RUNNING);
	assert_null(image.ref);
}

static void nothing_found_is_no_error(void **state)
{
	static const char *const texts[] = { "", "\n", "[]\n", "[]\n\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(container) container = { 0 };
		struct error *err = NULL;

		assert_int_equal(parse(texts[i], "x", &container, &err), 0);
		assert_int_equal(container.phase, PHASE_ABSENT);
	}
	for (size_t c = 0; c < ARRAY_LEN(clients); c++) {
		AUTO(container) container = { 0 };

		load(clients[c], "inspect-absent", &container);
		assert_int_equal(container.phase, PHASE_ABSENT);
	}
}

static void container_and_images_come_from_one_call(void **state)
{
	static const char *const refs[] = { "openshell/absent:dev", IMAGE };

	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(clients); c++) {
		AUTO(container) container = { 0 };
		struct image images[ARRAY_LEN(refs)] = { { 0 } };
		AUTO(buf) out = BUF_INIT;
		struct error *err = NULL;

		recorded(clients[c], "inspect-mixed", &out);
		assert_int_equal(parse_inspect(&out, NAME, refs, ARRAY_LEN(refs), &container, images, &err), 0);
		assert_int_equal(container.phase, PHASE_CREATED);
		assert_null(images[0].ref);
		assert_string_equal(images[1].ref, IMAGE);
		assert_string_equal(images[1].id, container.image_id);
		assert_string_equal(images[1].version, "fake");
		assert_true(images[1].has_healthcheck);
		image_release(&images[1]);
	}
}

static void the_only_image_asked_for_answers_to_any_of_its_names(void **state)
{
	static const char *const refs[] = { "some@sha256:digest" };

	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(clients); c++) {
		AUTO(container) container = { 0 };
		AUTO(image) image = { 0 };
		AUTO(buf) out = BUF_INIT;
		struct error *err = NULL;

		recorded(clients[c], "inspect-image", &out);
		assert_int_equal(parse_inspect(&out, NAME, refs, 1, &container, &image, &err), 0);
		assert_string_equal(image.ref, "some@sha256:digest");
		assert_int_equal(container.phase, PHASE_ABSENT);
	}
}

static void an_image_is_told_by_tag_or_digest_among_several(void **state)
{
	static const char *const refs[] = { "a:1", "b@sha256:d", "c:1" };
	AUTO(container) container = { 0 };
	struct image images[ARRAY_LEN(refs)] = { { 0 } };
	AUTO(buf) out = BUF_INIT;
	struct error *err = NULL;

	(void)state;
	buf_adds(&out, "{\"Id\":\"i2\",\"RepoTags\":[],\"RepoDigests\":[\"b@sha256:d\"],\"RootFS\":{}}\n");
	buf_adds(&out, "{\"Id\":\"i1\",\"RepoTags\":[\"z:1\",\"a:1\",7],\"RootFS\":{}}\n");
	buf_adds(&out, "{\"Id\":\"i9\",\"RepoTags\":[\"other:1\"],\"RootFS\":{}}\n");
	assert_int_equal(parse_inspect(&out, "x", refs, ARRAY_LEN(refs), &container, images, &err), 0);
	assert_string_equal(images[0].id, "i1");
	assert_string_equal(images[1].id, "i2");
	assert_null(images[2].ref);
	for (size_t i = 0; i < ARRAY_LEN(refs); i++)
		image_release(&images[i]);
}

static void a_healthcheck_may_be_missing_empty_or_none(void **state)
{
	static const struct {
		const char *config;
		bool has;
	} rows[] = {
		{ "", false },
		{ ",\"Config\":null", false },
		{ ",\"Config\":{\"Healthcheck\":null}", false },
		{ ",\"Config\":{\"Healthcheck\":{\"Test\":[]}}", false },
		{ ",\"Config\":{\"Healthcheck\":{\"Test\":[\"NONE\"]}}", false },
		{ ",\"Config\":{\"Healthcheck\":{\"Test\":[\"CMD\",\"/x\"]}}", true },
	};
	static const char *const refs[] = { "a:1" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(container) container = { 0 };
		AUTO(image) image = { 0 };
		AUTO(buf) out = BUF_INIT;
		struct error *err = NULL;

		buf_addf(&out, "{\"Id\":\"i\",\"RootFS\":{}%s}", rows[i].config);
		assert_int_equal(parse_inspect(&out, "x", refs, 1, &container, &image, &err), 0);
		assert_int_equal(image.has_healthcheck, rows[i].has);
	}
}

static void things_of_other_kinds_are_passed_over(void **state)
{
	static const char *const texts[] = {
		"{\"Name\":\"x\",\"Id\":\"n1\",\"Scope\":\"local\",\"Driver\":\"bridge\"}\n",
		"{\"Name\":\"x\",\"Mountpoint\":\"/var/lib/docker/volumes/x/_data\",\"Driver\":\"local\"}\n", "{}\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(container) container = { 0 };
		struct error *err = NULL;

		assert_int_equal(parse(texts[i], "x", &container, &err), 0);
		assert_int_equal(container.phase, PHASE_ABSENT);
	}
}

/* ------------------------------------------------------------------ podman */

/* No slash before the name, bare image IDs, 125 and "[]" for what is absent; the engine is another program. */
static void podmans_differences_are_tolerated(void **state)
{
	AUTO(container) container = { 0 };
	AUTO(proc_result) info = PROC_RESULT_INIT;
	AUTO(engine) engine = { 0 };
	struct error *err = NULL;

	(void)state;
	assert_int_equal(parse("{\"Id\":\"c1\",\"Name\":\"x\",\"Image\":\"3fd9065eaf02\",\"RestartCount\":0,"
			       "\"State\":{\"Status\":\"running\",\"ExitCode\":0,\"Health\":{\"Status\":\"healthy\",\"FailingStreak\":0,"
			       "\"Log\":null}},\"HostConfig\":{\"PortBindings\":{\"30051/tcp\":[{\"HostIp\":\"127.0.0.1\","
			       "\"HostPort\":\"8080\"}]}},\"NetworkSettings\":{\"Networks\":{\"x\":{}}},"
			       "\"Config\":{\"Labels\":null,\"Env\":[\"A=1\"]}}\n",
			       "x", &container, &err), 0);
	assert_int_equal(container.phase, PHASE_RUNNING);
	assert_int_equal(container.health, HEALTH_HEALTHY);
	assert_int_equal(container.host_port, 8080);
	assert_true(container.on_network);
	info.code = 0;
	buf_adds(&info.out, "{\"host\":{\"arch\":\"amd64\"},\"version\":{\"Version\":\"4.3.1\"}}\n");
	assert_int_equal(parse_engine(&info, &engine, &err), -1);
	assert_error(&err, ERROR_UNREACHABLE, "docker info");
}

/* ------------------------------------------------------------------ the engine */

static void the_engine_is_read_from_both_clients(void **state)
{
	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(clients); c++) {
		AUTO(proc_result) info = PROC_RESULT_INIT;
		AUTO(engine) engine = { 0 };
		struct error *err = NULL;

		info.code = 0;
		recorded(clients[c], "info", &info.out);
		assert_int_equal(parse_engine(&info, &engine, &err), 0);
		assert_true(str_starts(engine.version, "20.10.24"));
		assert_int_equal(strlen(engine.id), 59);
		assert_string_equal(engine.os, "linux");
		assert_string_equal(engine.arch, "x86_64");
		assert_string_equal(engine.context, "default");
		assert_string_equal(engine.root_dir, "/var/lib/docker");
		assert_true(engine.memory > 0);
		assert_int_equal(engine.cpus, 2);
		assert_int_equal(engine.cgroup_version, 1);
		assert_false(engine.rootless);
	}
}

/* 28.2 prints an empty server and exits with 1, 20.10 the reason and exits with 0. */
static void a_client_without_an_engine_is_told_from_one_with(void **state)
{
	static const struct {
		const char *client;
		int code;
	} rows[] = { { "28.2", 1 }, { "28.2", 0 }, { "20.10", 0 }, { "20.10", 1 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(proc_result) info = PROC_RESULT_INIT;
		AUTO(engine) engine = { 0 };
		struct error *err = NULL;

		info.code = rows[i].code;
		recorded(rows[i].client, "info-unreachable", &info.out);
		buf_adds(&info.err, "Cannot connect to the Docker daemon at unix:///nonexistent/docker.sock.\n");
		assert_int_equal(parse_engine(&info, &engine, &err), -1);
		assert_null(engine.version);
		assert_error(&err, ERROR_UNREACHABLE, "Cannot connect to the Docker daemon");
	}
}

static void what_is_no_answer_of_an_engine_is_unreachable(void **state)
{
	static const char *const texts[] = { "", "json\n", "[]", "null", "{", "{}", "{\"ServerVersion\":7}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(proc_result) info = PROC_RESULT_INIT;
		AUTO(engine) engine = { 0 };
		struct error *err = NULL;

		info.code = 0;
		buf_adds(&info.out, texts[i]);
		assert_int_equal(parse_engine(&info, &engine, &err), -1);
		assert_error(&err, ERROR_UNREACHABLE, "docker info");
	}
}

static void cgroups_and_rootless_engines_are_seen(void **state)
{
	AUTO(proc_result) info = PROC_RESULT_INIT;
	AUTO(engine) engine = { 0 };
	struct error *err = NULL;

	(void)state;
	info.code = 0;
	buf_adds(&info.out, "{\"ServerVersion\":\"29.0\",\"CgroupVersion\":\"2\",\"MemTotal\":\"x\","
			    "\"SecurityOptions\":[7,\"name=seccomp,profile=builtin\",\"name=rootless\"]}");
	assert_int_equal(parse_engine(&info, &engine, &err), 0);
	assert_int_equal(engine.cgroup_version, 2);
	assert_true(engine.rootless);
	assert_int_equal(engine.memory, 0);
	assert_null(engine.id);
}

static void the_engines_host_is_read_from_both_clients(void **state)
{
	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(clients); c++) {
		AUTO(proc_result) info = PROC_RESULT_INIT;
		AUTO(engine) engine = { 0 };
		struct error *err = NULL;

		info.code = 0;
		recorded(clients[c], "info", &info.out);
		assert_int_equal(parse_engine(&info, &engine, &err), 0);
		assert_string_equal(engine.name, "host");
		assert_string_equal(engine.kernel, "6.1.0");
		assert_true(str_starts(engine.distribution, "Debian GNU/Linux 12"));
		assert_string_equal(engine.storage, "overlay2");
		assert_string_equal(engine.storage_base, "extfs");
		assert_false(engine.lacks_d_type);
		assert_false(engine.remaps_users);
		assert_null(engine.firewall);
		assert_int_equal(engine.pools.n, 0);
		assert_int_equal(engine.lacking.n, 0);
		assert_true(engine.time_ms / 1000 > 1795000000); /* November 2026 */
		assert_true(engine.time_ms / 1000 < 1796000000);
	}
}

/* docker 29 with containerd's image store, nftables, ranges of its own, and a kernel without memory cgroups. */
static void what_newer_engines_tell_is_read(void **state)
{
	AUTO(proc_result) info = PROC_RESULT_INIT;
	AUTO(engine) engine = { 0 };
	struct error *err = NULL;

	(void)state;
	info.code = 0;
	buf_adds(&info.out, "{\"ServerVersion\":\"29.1.3\",\"Driver\":\"overlayfs\",\"MemoryLimit\":false,\"PidsLimit\":false,"
			    "\"DriverStatus\":[[\"driver-type\",\"io.containerd.snapshotter.v1\"]],"
			    "\"DefaultAddressPools\":[{\"Base\":\"10.40.0.0/13\",\"Size\":24},{\"Size\":7}],"
			    "\"SecurityOptions\":[\"name=userns\",\"name=cgroupns\"],"
			    "\"FirewallBackend\":{\"Driver\":\"nftables\",\"Info\":[[\"EnableUserlandProxy\",\"true\"]]}}");
	assert_int_equal(parse_engine(&info, &engine, &err), 0);
	assert_string_equal(engine.storage, "overlayfs");
	assert_null(engine.storage_base);
	assert_string_equal(engine.firewall, "nftables");
	assert_true(engine.remaps_users);
	assert_false(engine.rootless);
	assert_line(&engine.pools, "10.40.0.0/13");
	assert_line(&engine.lacking, "memory pids");
	assert_int_equal(engine.time_ms, 0);
}

static void an_old_file_system_is_seen(void **state)
{
	static const char *const texts[] = {
		"[[\"Backing Filesystem\",\"xfs\"],[\"Supports d_type\",\"false\"]]", "[[\"Backing Filesystem\",\"<unknown>\"]]",
		"[[]]", "[7,[\"Supports d_type\"],[8,9]]", "{}", "null",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(proc_result) info = PROC_RESULT_INIT;
		AUTO(engine) engine = { 0 };
		struct error *err = NULL;

		info.code = 0;
		buf_addf(&info.out, "{\"ServerVersion\":\"20.10.1\",\"DriverStatus\":%s}", texts[i]);
		assert_int_equal(parse_engine(&info, &engine, &err), 0);
		assert_int_equal(engine.lacks_d_type, i == 0);
		if (i > 0)
			assert_null(engine.storage_base);
	}
}

static void the_engines_time_is_read_in_any_zone(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} rows[] = {
		{ "\"1970-01-02T00:00:00Z\"", 86400000 },
		{ "\"2026-11-22T18:28:42.271332825Z\"", 1795372122000 },
		{ "\"2026-11-22T19:28:42.271332825+01:00\"", 1795372122000 },
		{ "\"2026-11-22T10:58:42-07:30\"", 1795372122000 },
		{ "\"2026-11-22T18:28:42\"", 0 },
		{ "\"2026-11-22\"", 0 },
		{ "\"now\"", 0 },
		{ "\"\"", 0 },
		{ "7", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(proc_result) info = PROC_RESULT_INIT;
		AUTO(engine) engine = { 0 };
		struct error *err = NULL;

		info.code = 0;
		buf_addf(&info.out, "{\"ServerVersion\":\"20.10.1\",\"SystemTime\":%s}", rows[i].text);
		assert_int_equal(parse_engine(&info, &engine, &err), 0);
		if (engine.time_ms != rows[i].ms)
			fail_msg("%s: %lld", rows[i].text, (long long)engine.time_ms);
	}
}

static void versions_are_read_from_both_clients(void **state)
{
	static const struct {
		const char *client, *version, *client_api;
	} rows[] = { { "28.2", "28.2.2", "1.50" }, { "20.10", "20.10.24+dfsg1", "1.41" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(docker_version) version = { 0 };
		AUTO(buf) out = BUF_INIT;
		struct error *err = NULL;

		recorded(rows[i].client, "version", &out);
		assert_int_equal(parse_version(&out, &version, &err), 0);
		assert_string_equal(version.client, rows[i].version);
		assert_string_equal(version.client_api, rows[i].client_api);
		assert_string_equal(version.engine, "Engine");
		assert_string_equal(version.engine_api, "1.41");
		assert_string_equal(version.api, "1.41");
	}
}

static void a_version_that_is_no_json_is_an_error(void **state)
{
	AUTO(docker_version) version = { 0 };
	AUTO(buf) out = BUF_INIT;
	struct error *err = NULL;

	(void)state;
	buf_adds(&out, "Docker version 20.10\n");
	assert_int_equal(parse_version(&out, &version, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "docker version");
}

/* ------------------------------------------------------------------ events */

static void the_end_of_a_container_is_known_from_its_event(void **state)
{
	static const int codes[] = { -1, 0, -1, 137 }; /* healthy, die, unhealthy, die */

	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(clients); c++) {
		AUTO(buf) events = BUF_INIT;
		const char *line;
		size_t n = 0;

		recorded(clients[c], "events", &events);
		for (line = buf_str(&events); *line != '\0'; n++) {
			size_t len = strcspn(line, "\n");

			assert_in_range(n, 0, ARRAY_LEN(codes) - 1);
			assert_int_equal(docker_event_exit_code(line, len), codes[n]);
			assert_int_equal(docker_event_is_healthy(line, len), n == 0);
			line += len + 1;
		}
		assert_int_equal(n, ARRAY_LEN(codes));
	}
}

static void an_event_that_says_less_is_read_as_far_as_it_goes(void **state)
{
	static const struct {
		const char *line;
		int code;
	} rows[] = {
		{ "{\"status\":\"die\",\"Actor\":{\"Attributes\":{\"exitCode\":\"3\"}}}", 3 },
		{ "{\"Action\":\"die\"}", 255 },
		{ "{\"Action\":\"die\",\"Actor\":{\"Attributes\":{\"exitCode\":137}}}", 255 },
		{ "{\"Action\":\"die\",\"Actor\":{\"Attributes\":{\"exitCode\":\"-1\"}}}", 255 },
		{ "{\"Action\":\"die\",\"Actor\":{\"Attributes\":{\"exitCode\":\"4294967295\"}}}", 255 },
		{ "{\"Action\":\"die\",\"Actor\":{\"Attributes\":{\"exitCode\":\"\"}}}", 255 },
		{ "{\"Action\":\"start\",\"status\":\"die\"}", -1 },
		{ "{\"Action\":\"health_status: healthy\"}", -1 },
		{ "{\"Action\":7}", -1 },
		{ "{}", -1 },
		{ "[]", -1 },
		{ "", -1 },
		{ "not json", -1 },
		{ "{\"Action\":\"die\"", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(docker_event_exit_code(rows[i].line, strlen(rows[i].line)), rows[i].code);
}

static void only_dockers_own_word_is_healthy(void **state)
{
	static const char *const others[] = {
		"{\"Action\":\"health_status: unhealthy\"}", "{\"Action\":\"health_status: healthy2\"}",
		"{\"Action\":\"health_status\"}", "{\"status\":\"health_status: healthy\"}", "{\"Action\":7}", "{}", "[]", "",
		"health_status: healthy",
	};
	static const char healthy[] = "{\"Action\":\"health_status: healthy\"}";

	(void)state;
	assert_true(docker_event_is_healthy(healthy, strlen(healthy)));
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_false(docker_event_is_healthy(others[i], strlen(others[i])));
}

/* ------------------------------------------------------------------ hostile output */

static void what_is_not_json_is_an_error(void **state)
{
	static const char *const texts[] = {
		"json\n", "'{}'\n", "{\n", "{}{}\n", "Emulate Docker CLI using podman.\n", "{\"Id\":\"\xc3\x28", "\x01",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(container) container = { 0 };
		struct error *err = NULL;

		assert_int_equal(parse(texts[i], "x", &container, &err), -1);
		assert_error(&err, ERROR_SYSTEM, "docker inspect");
	}
}

static void a_container_without_id_or_image_is_an_error(void **state)
{
	static const char *const texts[] = {
		"{\"Name\":\"/x\",\"Image\":\"i\",\"State\":{}}", "{\"Id\":\"\",\"Name\":\"/x\",\"Image\":\"i\",\"State\":{}}",
		"{\"Id\":7,\"Name\":\"/x\",\"Image\":\"i\",\"State\":{}}", "{\"Id\":\"c\",\"Name\":\"/x\",\"Image\":{},\"State\":{}}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(container) container = { 0 };
		struct error *err = NULL;

		assert_int_equal(parse(texts[i], "x", &container, &err), -1);
		assert_error(&err, ERROR_SYSTEM, "lacks Id, Image or State");
	}
}

/* Each value of a real container replaced by one of each type, in turn: no crash, and what it says is bounded. */
static void wrong_types_anywhere_do_no_harm(void **state)
{
	static const char *const values[] = { "null", "7", "-1e999", "\"x\"", "[]", "[1,[2]]", "{}", "{\"a\":[]}", "true" };
	static const char *const paths[] = {
		"State", "State/Status", "State/Health", "State/Health/Status", "State/Health/Log", "State/Health/Log/0",
		"State/Health/Log/0/Output", "State/ExitCode", "State/OOMKilled", "State/Error", "RestartCount", "Image", "Id",
		"Name", "Config", "Config/Env", "Config/Env/0", "Config/Labels", "Config/Image", "HostConfig",
		"HostConfig/DeviceRequests", "HostConfig/Dns", "HostConfig/PortBindings", "HostConfig/PortBindings/30051~1tcp",
		"HostConfig/PortBindings/30051~1tcp/0", "HostConfig/PortBindings/30051~1tcp/0/HostPort", "NetworkSettings",
		"NetworkSettings/Networks", ("NetworkSettings/Networks/" NAME),
	};
	AUTO(buf) text = BUF_INIT;

	(void)state;
	recorded("28.2", "inspect-unhealthy", &text);
	for (size_t p = 0; p < ARRAY_LEN(paths); p++)
		for (size_t v = 0; v < ARRAY_LEN(values); v++) {
			AUTO(container) container = { 0 };
			autoerror struct error *err = NULL;
			autotree cJSON *root = tree_json(buf_str(&text), text.len, "test", &err);
			cJSON *old = (cJSON *)(uintptr_t)tree_at(root, paths[p]);
			cJSON *parent = root;
			autofree char *up = xstrdup(paths[p]), *printed = NULL;
			char *slash = strrchr(up, '/');

			assert_non_null(old);
			if (slash != NULL) {
				*slash = '\0';
				parent = (cJSON *)(uintptr_t)tree_at(root, up);
			}
			cJSON_ReplaceItemViaPointer(parent, old, cJSON_Parse(values[v]));
			printed = cJSON_PrintUnformatted(root);
			if (parse(printed, NAME, &container, &err) == 0)
				assert_in_range(container.host_port, 0, 65535);
		}
}

static void output_cut_anywhere_is_an_error_or_nothing(void **state)
{
	AUTO(buf) text = BUF_INIT;

	(void)state;
	recorded("28.2", "inspect-running", &text);
	buf_trim_end(&text);
	for (size_t len = 0; len < text.len; len += 7) {
		AUTO(buf) cut = BUF_INIT;
		AUTO(container) container = { 0 };
		struct error *err = NULL;

		buf_add(&cut, buf_str(&text), len);
		assert_int_equal(parse_inspect(&cut, NAME, NULL, 0, &container, NULL, &err), len == 0 ? 0 : -1);
		error_free(&err);
		assert_int_equal(container.phase, PHASE_ABSENT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_life_of_a_container_is_read_from_both_clients),
		cmocka_unit_test(what_a_container_was_made_with_is_read),
		cmocka_unit_test(the_port_is_known_while_the_container_is_stopped),
		cmocka_unit_test(the_last_three_health_checks_that_said_something_are_kept),
		cmocka_unit_test(every_phase_and_health_has_a_name_that_reads_back),
		cmocka_unit_test(words_that_docker_does_not_know_are_unknown),
		cmocka_unit_test(a_dead_container_is_put_in_words),
		cmocka_unit_test(gpus_restarts_and_foreign_networks_are_seen),
		cmocka_unit_test(numbers_that_cannot_be_counts_are_as_missing),
		cmocka_unit_test(resolvers_and_files_are_read),
		cmocka_unit_test(a_port_that_is_none_is_as_not_published),
		cmocka_unit_test(a_container_is_taken_by_its_name_or_id_only),
		cmocka_unit_test(the_first_of_two_containers_that_answer_is_taken),
		cmocka_unit_test(a_container_with_the_name_of_an_image_is_not_ours),
		cmocka_unit_test(nothing_found_is_no_error),
		cmocka_unit_test(container_and_images_come_from_one_call),
		cmocka_unit_test(the_only_image_asked_for_answers_to_any_of_its_names),
		cmocka_unit_test(an_image_is_told_by_tag_or_digest_among_several),
		cmocka_unit_test(a_healthcheck_may_be_missing_empty_or_none),
		cmocka_unit_test(things_of_other_kinds_are_passed_over),
		cmocka_unit_test(podmans_differences_are_tolerated),
		cmocka_unit_test(the_engine_is_read_from_both_clients),
		cmocka_unit_test(a_client_without_an_engine_is_told_from_one_with),
		cmocka_unit_test(what_is_no_answer_of_an_engine_is_unreachable),
		cmocka_unit_test(cgroups_and_rootless_engines_are_seen),
		cmocka_unit_test(the_engines_host_is_read_from_both_clients),
		cmocka_unit_test(what_newer_engines_tell_is_read),
		cmocka_unit_test(an_old_file_system_is_seen),
		cmocka_unit_test(the_engines_time_is_read_in_any_zone),
		cmocka_unit_test(versions_are_read_from_both_clients),
		cmocka_unit_test(a_version_that_is_no_json_is_an_error),
		cmocka_unit_test(the_end_of_a_container_is_known_from_its_event),
		cmocka_unit_test(an_event_that_says_less_is_read_as_far_as_it_goes),
		cmocka_unit_test(only_dockers_own_word_is_healthy),
		cmocka_unit_test(what_is_not_json_is_an_error),
		cmocka_unit_test(a_container_without_id_or_image_is_an_error),
		cmocka_unit_test(wrong_types_anywhere_do_no_harm),
		cmocka_unit_test(output_cut_anywhere_is_an_error_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
