/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/docker.h"

#include <signal.h>
#include <stdlib.h>

#include "base/cancel.h"
#include "script.h"

#define NAME "openshell-cluster-gw"
#define INSPECT "docker container inspect --format '{{json .}}' -- " NAME
#define INFO "docker info --format '{{json .}}'"
#define LIST "docker container ls --all --no-trunc --format '{{.Names}}\\n{{.ID}}'"
#define ENGINE_ANSWERS "{\"ID\":\"E1\",\"ServerVersion\":\"28.2.2\"}\n"
#define ENGINE_SILENT "{\"ID\":\"\",\"ServerErrors\":[\"Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?\"]}\n"
#define CONTAINER(status) \
	"{\"Id\":\"C1\",\"Image\":\"sha256:I1\",\"State\":{\"Status\":\"" status "\",\"ExitCode\":0},\"Config\":{\"Image\":\"x\"}}\n"
#define ABSENT { .command = INSPECT, .code = 1, .out = "[]\n", .err = "Error: No such container\n" }, \
	       { .command = LIST, .out = NAME "2\nC2\n" }
#define SILENT { .command = INSPECT, .code = 1, .out = "\n" }, { .command = LIST, .code = 1 }, \
	       { .command = INFO, .code = 1, .out = ENGINE_SILENT }

static void each_call_is_told_of_its_engine_by_its_environment(void **state)
{
	static const struct script_step steps[] = {
		{ .command = INFO, .out = ENGINE_ANSWERS, .env = "DOCKER_HOST=ssh://box" },
		{ .command = "docker volume create *", .env = "DOCKER_HOST=ssh://box" },
	};
	AUTO(argv) env = ARGV_INIT;
	AUTO(engine) engine = { 0 };
	struct error *err = NULL;
	struct script script;

	(void)state;
	SCRIPT_INIT(&script, steps);
	argv_add(&env, "DOCKER_HOST=ssh://box");
	script.docker.env = &env;
	assert_int_equal(docker_engine(&script.docker, &engine, &err), 0);
	assert_int_equal(docker_volume_create(&script.docker, NAME, "gw", &err), 0);
	script_end(&script);
}

/* ------------------------------------------------------------------ docker create */

static void create_says_all_that_the_container_needs(void **state)
{
	struct container_spec spec = {
		.name = NAME, .gateway = "gw", .hostname = "openshell-gw", .image = "openshell/cluster:dev",
		.version = "1.2.3", .bind = "127.0.0.1", .port = 8080, .cgroup_version = 2,
	};
	AUTO(argv) args = ARGV_INIT;

	(void)state;
	docker_args_create(&args, &spec);
	assert_line(&args, "create --pull never --name openshell-cluster-gw --hostname openshell-gw "
			   "--label ai.openshell.gateway=gw --label ai.openshell.version=1.2.3 "
			   "--privileged --init=false --restart unless-stopped --cgroupns private "
			   "--network openshell-cluster-gw --publish 127.0.0.1:8080:30051/tcp "
			   "--add-host host.docker.internal:host-gateway --add-host host.openshell.internal:host-gateway "
			   "--volume openshell-cluster-gw:/var/lib/rancher/k3s "
			   "openshell/cluster:dev server --disable=traefik --tls-san=127.0.0.1 --tls-san=localhost "
			   "--tls-san=host.docker.internal");
}

static void create_passes_on_everything_that_was_asked_for(void **state)
{
	AUTO(container_spec) spec = {
		.name = NAME, .gateway = "gw", .hostname = "openshell-gw", .image = "reg.example/c@sha256:0",
		.version = "1.2.3", .bind = "fd00::1", .port = 9090, .cgroup_version = 1, .gpu = true,
		.health_missing = true, .files = "0123456789abcdef",
	};
	AUTO(argv) args = ARGV_INIT;

	(void)state;
	argv_addl(&spec.env, "A=1", "TEXT=two words", "REGISTRY_PASSWORD", NULL);
	argv_addl(&spec.secrets, "REGISTRY_PASSWORD=s3cret", NULL);
	argv_addl(&spec.sans, "gw.example", "fd00::1", NULL);
	argv_addl(&spec.dns, "10.0.0.2", "10.0.0.3", NULL);
	docker_args_create(&args, &spec);
	assert_line(&args, "create --pull never --name openshell-cluster-gw --hostname openshell-gw "
			   "--label ai.openshell.gateway=gw --label ai.openshell.version=1.2.3 "
			   "--label ai.openshell.files=0123456789abcdef "
			   "--privileged --init=false --restart unless-stopped --cgroupns host "
			   "--network openshell-cluster-gw --publish '[fd00::1]:9090:30051/tcp' "
			   "--add-host host.docker.internal:host-gateway --add-host host.openshell.internal:host-gateway "
			   "--dns 10.0.0.2 --dns 10.0.0.3 "
			   "--volume openshell-cluster-gw:/var/lib/rancher/k3s --gpus all "
			   "--health-cmd /usr/local/bin/cluster-healthcheck.sh --health-interval 5s --health-timeout 5s "
			   "--health-start-period 20s --health-retries 60 "
			   "--env A=1 --env 'TEXT=two words' --env REGISTRY_PASSWORD "
			   "reg.example/c@sha256:0 server --disable=traefik --tls-san=127.0.0.1 --tls-san=localhost "
			   "--tls-san=host.docker.internal --tls-san=gw.example --tls-san=fd00::1");
}

static void a_secret_is_in_the_environment_of_create_and_not_in_its_arguments(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker create *", .out = "C1\n", .env = "REGISTRY_PASSWORD=s3cret" },
	};
	AUTO(container_spec) spec = {
		.name = NAME, .gateway = "gw", .hostname = "h", .image = "i", .version = "v", .bind = "127.0.0.1", .port = 1,
	};
	struct error *err = NULL;
	struct script script;
	autofree char *id = NULL;

	(void)state;
	SCRIPT_INIT(&script, steps);
	argv_add(&spec.env, "REGISTRY_PASSWORD");
	argv_add(&spec.secrets, "REGISTRY_PASSWORD=s3cret");
	assert_int_equal(docker_container_create(&script.docker, &spec, &id, &err), 0);
	assert_string_equal(id, "C1");
	assert_null(strstr(script.log.v[0], "s3cret"));
	script_end(&script);
}

/* What files hold is in no argument and in no message. */
static void files_go_in_by_stdin(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker cp - " NAME ":/" },
		{ .command = "docker cp - " NAME ":/", .code = 1, .err = "Error response from daemon: no space left on device\n" },
	};
	struct error *err = NULL;
	struct script script;
	AUTO(buf) tar = BUF_INIT;

	(void)state;
	SCRIPT_INIT(&script, steps);
	buf_add(&tar, "a\0s3cret\0", 9);
	assert_int_equal(docker_container_unpack(&script.docker, NAME, &tar, &err), 0);
	assert_int_equal(script.input.len, tar.len);
	assert_memory_equal(script.input.data, tar.data, tar.len);
	assert_int_equal(docker_container_unpack(&script.docker, NAME, &tar, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "docker cp failed (exit 1): Error response from daemon: no space left");
	script_end(&script);
}

/* ------------------------------------------------------------------ calls that are tried, then looked at */

typedef int call_fn(const struct docker *docker, struct error **err);

static int start(const struct docker *docker, struct error **err)
{
	return docker_container_start(docker, NAME, err);
}

static int unpause(const struct docker *docker, struct error **err)
{
	return docker_container_unpause(docker, NAME, err);
}

static int remove_container(const struct docker *docker, struct error **err)
{
	return docker_container_remove(docker, NAME, err);
}

static int remove_network(const struct docker *docker, struct error **err)
{
	return docker_network_remove(docker, NAME, err);
}

static int remove_volume(const struct docker *docker, struct error **err)
{
	return docker_volume_remove(docker, NAME, err);
}

static int create_network(const struct docker *docker, struct error **err)
{
	return docker_network_create(docker, NAME, "gw", err);
}

static int create_volume(const struct docker *docker, struct error **err)
{
	return docker_volume_create(docker, NAME, "gw", err);
}

static int connect_network(const struct docker *docker, struct error **err)
{
	return docker_network_connect(docker, NAME, "C1", err);
}

static int forget_network(const struct docker *docker, struct error **err)
{
	(void)err;
	docker_network_forget(docker, NAME, "C1");
	return 0;
}

static int remove_image(const struct docker *docker, struct error **err)
{
	return docker_image_remove(docker, "x:1", err);
}

#define STEPS 6

/* One call and the commands it runs; problem NULL: it succeeds. */
static const struct row {
	const char *rule;
	call_fn *call;
	struct script_step steps[STEPS];
	const char *problem;
} rows[] = {
	{ "start", start, { { .command = "docker start -- " NAME } }, NULL },
	{ "a start that fails on a running container is none", start,
	  { { .command = "docker start *", .code = 1 }, { .command = INSPECT, .out = CONTAINER("running") } }, NULL },
	{ "a start that fails on a container that is not running fails", start,
	  { { .command = "docker start *", .code = 1, .err = "port is already allocated\n" },
	    { .command = INSPECT, .out = CONTAINER("created") } },
	  "docker start failed (exit 1): port is already allocated" },
	{ "unpause", unpause, { { .command = "docker unpause -- " NAME } }, NULL },
	{ "unpausing what runs is fine", unpause,
	  { { .command = "docker unpause *", .code = 1 }, { .command = INSPECT, .out = CONTAINER("running") } }, NULL },
	{ "rm takes anonymous volumes along", remove_container, { { .command = "docker rm -f -v -- " NAME } }, NULL },
	{ "removing an absent container is fine", remove_container,
	  { { .command = "docker rm *", .code = 1, .err = "no such\n" }, ABSENT }, NULL },
	{ "a container that stays is an error with the first reason", remove_container,
	  { { .command = "docker rm *", .code = 1, .err = "device or resource busy\n" },
	    { .command = INSPECT, .out = CONTAINER("dead") } },
	  "docker rm failed (exit 1): device or resource busy" },
	{ "absence is not believed of an engine that is silent", remove_container,
	  { { .command = "docker rm *", .code = 1, .err = "first reason\n" }, SILENT }, "first reason" },
	{ "nor while it lists the container", remove_container,
	  { { .command = "docker rm *", .code = 1, .err = "first reason\n" },
	    { .command = INSPECT, .code = 1, .out = "\n" }, { .command = LIST, .out = NAME "\nC1\n" } }, "first reason" },
	{ "network create", create_network,
	  { { .command = "docker network create --driver bridge --attachable --label ai.openshell.gateway=gw " NAME } }, NULL },
	{ "network connect", connect_network, { { .command = "docker network connect " NAME " C1" } }, NULL },
	{ "forgetting a network may fail", forget_network,
	  { { .command = "docker network disconnect -f " NAME " C1", .code = 1 } }, NULL },
	{ "network rm", remove_network, { { .command = "docker network rm " NAME } }, NULL },
	{ "removing an absent network is fine", remove_network,
	  { { .command = "docker network rm *", .code = 1 },
	    { .command = "docker network ls --format '{{.Name}}\\n{{.ID}}' --filter name=" NAME,
	      .out = NAME "2\nN2\n" } }, NULL },
	{ "what is attached to a network is detached first", remove_network,
	  { { .command = "docker network rm *", .code = 1, .err = "has active endpoints\n" },
	    { .command = "docker network ls *", .out = NAME "\nN1\n" },
	    { .command = "docker network inspect --format '{{json .Containers}}' -- N1",
	      .out = "{\"C1\":{},\"C2\":{}}\n" },
	    { .command = "docker network disconnect -f N1 C1" },
	    { .command = "docker network disconnect -f N1 C2", .code = 1 },
	    { .command = "docker network rm N1" } }, NULL },
	{ "two networks of one name are both removed", remove_network,
	  { { .command = "docker network rm " NAME, .code = 1, .err = "network is ambiguous (2 matches found on name)\n" },
	    { .command = "docker network ls *", .out = NAME "\nN1\n" NAME "-2\nN2\n" NAME "\nN3\n" },
	    { .command = "docker network inspect *", .out = "{}\n" }, { .command = "docker network rm N1" },
	    { .command = "docker network inspect *", .out = "{}\n" }, { .command = "docker network rm N3" } }, NULL },
	{ "a network that stays is an error", remove_network,
	  { { .command = "docker network rm *", .code = 1, .err = "first\n" },
	    { .command = "docker network ls *", .out = NAME "\nN1\n" },
	    { .command = "docker network inspect *", .out = "{}\n" },
	    { .command = "docker network rm N1", .code = 1, .err = "in use\n" } },
	  "docker network rm failed (exit 1): in use" },
	{ "when the networks cannot be listed the first reason counts", remove_network,
	  { { .command = "docker network rm *", .code = 1, .err = "first reason\n" },
	    { .command = "docker network ls *", .code = 1, .err = "second\n" } }, "first reason" },
	{ "volume create", create_volume,
	  { { .command = "docker volume create --label ai.openshell.gateway=gw " NAME } }, NULL },
	{ "volume rm", remove_volume, { { .command = "docker volume rm -f " NAME } }, NULL },
	{ "removing an absent volume is fine", remove_volume,
	  { { .command = "docker volume rm *", .code = 1 },
	    { .command = "docker volume ls --format '{{.Name}}' --filter name=" NAME, .out = "" } }, NULL },
	{ "a volume in use is an error", remove_volume,
	  { { .command = "docker volume rm *", .code = 1, .err = "volume is in use\n" },
	    { .command = "docker volume ls *", .out = "x\n" NAME "\n" } }, "volume is in use" },
	{ "an image in use stays, and that is told", remove_image,
	  { { .command = "docker image rm --no-prune -- x:1", .code = 1, .err = "image is being used\n" } },
	  "image is being used" },
	{ "without docker nothing works", start,
	  { { .command = "docker start *", .how = SCRIPT_MISSING }, { .command = INSPECT, .how = SCRIPT_MISSING } },
	  "docker was not found on PATH" },
	{ "a docker that hangs is told so", create_volume,
	  { { .command = "docker volume create *", .how = SCRIPT_TIMES_OUT } }, "did not end within 60 s" },
	{ "a docker that is killed has not succeeded", create_volume,
	  { { .command = "docker volume create *", .how = SCRIPT_KILLED, .code = SIGKILL } }, "killed by signal 9" },
	{ "after a request to stop nothing is looked at", remove_network,
	  { { .command = "docker network rm *", .how = SCRIPT_CANCELS } }, "stopped by SIGTERM" },
	{ "a request to stop during the look is the reason", start,
	  { { .command = "docker start *", .code = 1, .err = "first reason\n" }, { .command = INSPECT, .how = SCRIPT_CANCELS } },
	  "stopped by SIGTERM" },
	{ "a request to stop during the list is the reason", remove_network,
	  { { .command = "docker network rm *", .code = 1 }, { .command = "docker network ls *", .how = SCRIPT_CANCELS } },
	  "stopped by SIGTERM" },
	{ "after a request to stop a removal is no success", remove_container,
	  { { .command = "docker rm *", .how = SCRIPT_CANCELS } }, "stopped by SIGTERM" },
};

static size_t count_steps(const struct script_step *steps)
{
	size_t n = 0;

	while (n < STEPS && steps[n].command != NULL)
		n++;
	return n;
}

static void what_counts_is_the_state_that_was_wanted(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error *err = NULL;
		struct script script;
		int rc;

		print_message("           %s\n", rows[i].rule);
		script_init(&script, rows[i].steps, count_steps(rows[i].steps));
		rc = rows[i].call(&script.docker, &err);
		assert_int_equal(rc, rows[i].problem ? -1 : 0);
		if (rows[i].problem != NULL)
			assert_error(&err, err->kind, rows[i].problem);
		assert_null(err);
		script_end(&script);
	}
}

/* ------------------------------------------------------------------ stop */

static int stop_with(const struct script_step *steps, size_t count, bool *stopped, struct error **err)
{
	struct script script;
	int rc;

	script_init(&script, steps, count);
	rc = docker_container_stop(&script.docker, NAME, stopped, err);
	script_end(&script);
	return rc;
}

static void stop_gives_the_container_its_time(void **state)
{
	static const struct script_step steps[] = { { .command = "docker stop -t 10 -- " NAME } };
	struct error *err = NULL;
	bool stopped = false;

	(void)state;
	assert_int_equal(stop_with(steps, ARRAY_LEN(steps), &stopped, &err), 0);
	assert_true(stopped);
}

static void stopping_what_is_absent_is_told(void **state)
{
	static const struct script_step steps[] = { { .command = "docker stop *", .code = 1 }, ABSENT };
	struct error *err = NULL;
	bool stopped = true;

	(void)state;
	assert_int_equal(stop_with(steps, ARRAY_LEN(steps), &stopped, &err), 0);
	assert_false(stopped);
}

static void a_container_that_has_exited_is_stopped(void **state)
{
	static const struct script_step exited[] = { { .command = "docker stop *", .code = 1 },
						     { .command = INSPECT, .out = CONTAINER("exited") } };
	static const struct script_step created[] = { { .command = "docker stop *", .code = 1 },
						      { .command = INSPECT, .out = CONTAINER("created") } };
	struct error *err = NULL;
	bool stopped = false;

	(void)state;
	assert_int_equal(stop_with(exited, ARRAY_LEN(exited), &stopped, &err), 0);
	assert_true(stopped);
	assert_int_equal(stop_with(created, ARRAY_LEN(created), &stopped, &err), 0);
}

static void a_container_that_runs_on_is_an_error(void **state)
{
	static const struct script_step steps[] = { { .command = "docker stop *", .code = 1, .err = "cannot kill\n" },
						    { .command = INSPECT, .out = CONTAINER("running") } };
	static const struct script_step silent[] = { { .command = "docker stop *", .code = 1, .err = "first reason\n" },
						     { .command = INSPECT, .how = SCRIPT_TIMES_OUT } };
	struct error *err = NULL;
	bool stopped;

	(void)state;
	assert_int_equal(stop_with(steps, ARRAY_LEN(steps), &stopped, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "cannot kill");
	assert_int_equal(stop_with(silent, ARRAY_LEN(silent), &stopped, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "first reason");
}

static void a_stop_that_is_broken_off_looks_no_further(void **state)
{
	static const struct script_step steps[] = { { .command = "docker stop *", .how = SCRIPT_CANCELS } };
	struct error *err = NULL;
	bool stopped;

	(void)state;
	assert_int_equal(stop_with(steps, ARRAY_LEN(steps), &stopped, &err), -1);
	assert_int_equal(error_exit_code(err), 128 + SIGTERM);
	assert_error(&err, ERROR_CANCELLED, "stopped by SIGTERM");
}

/* ------------------------------------------------------------------ asking */

static void one_call_asks_for_container_and_images(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker inspect --format '{{json .}}' -- " NAME " a:1 b:2", .code = 1,
		  .out = CONTAINER("running") "{\"Id\":\"sha256:I2\",\"RepoTags\":[\"b:2\"],\"RootFS\":{}}\n" },
	};
	static const char *const refs[] = { "a:1", "b:2" };
	AUTO(container) container = { 0 };
	struct image images[2] = { 0 };
	struct error *err = NULL;
	struct script script;
	bool complete = true;

	(void)state;
	SCRIPT_INIT(&script, steps);
	assert_int_equal(docker_inspect(&script.docker, NAME, refs, 2, &container, images, &complete, &err), 0);
	assert_false(complete);
	assert_int_equal(container.phase, PHASE_RUNNING);
	assert_null(images[0].ref);
	assert_string_equal(images[1].ref, "b:2");
	image_release(&images[1]);
	script_end(&script);
}

static void a_container_is_absent_only_if_the_engine_does_not_list_it(void **state)
{
	static const struct script_step absent[] = { ABSENT };
	static const struct script_step failures[][3] = {
		{ SILENT },
		{ { .command = INSPECT, .code = 1, .err = "RWLayer is unexpectedly nil\n" }, { .command = LIST, .out = NAME "\nC1\n" } },
		{ { .command = INSPECT, .code = 1 }, { .command = LIST, .code = 1, .err = "it is confused\n" },
		  { .command = INFO, .out = ENGINE_ANSWERS } },
	};
	static const struct { enum error_kind kind; const char *part; } expected[] = {
		{ ERROR_UNREACHABLE, "Is the docker daemon running?" },
		{ ERROR_SYSTEM, "docker container inspect failed (exit 1): RWLayer is unexpectedly nil" },
		{ ERROR_SYSTEM, "docker container ls failed (exit 1): it is confused" },
	};
	AUTO(container) container = { 0 };
	struct error *err = NULL;
	struct script script;

	(void)state;
	SCRIPT_INIT(&script, absent);
	assert_int_equal(docker_container_get(&script.docker, NAME, &container, &err), 0);
	assert_int_equal(container.phase, PHASE_ABSENT);
	script_end(&script);
	for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
		script_init(&script, failures[i], i == 1 ? 2 : 3);
		assert_int_equal(docker_container_get(&script.docker, NAME, &container, &err), -1);
		assert_error(&err, expected[i].kind, expected[i].part);
		script_end(&script);
	}
}

static void a_container_is_listed_by_name_or_whole_id(void **state)
{
	static const struct script_step steps[] = { { .command = LIST, .out = "web\nC1\n", .times = 3 } };
	struct error *err = NULL;
	struct script script;
	bool by_name = false, by_id = false, by_part = true;

	(void)state;
	SCRIPT_INIT(&script, steps);
	assert_int_equal(docker_container_exists(&script.docker, "web", &by_name, &err), 0);
	assert_int_equal(docker_container_exists(&script.docker, "C1", &by_id, &err), 0);
	assert_int_equal(docker_container_exists(&script.docker, "we", &by_part, &err), 0);
	assert_true(by_name && by_id && !by_part);
	script_end(&script);
}

static void holders_of_a_port_are_listed_by_name(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker ps --format '{{.Names}}' --filter publish=8080", .out = "web\nother\n\n" },
	};
	AUTO(argv) names = ARGV_INIT;
	struct error *err = NULL;
	struct script script;

	(void)state;
	SCRIPT_INIT(&script, steps);
	assert_int_equal(docker_port_holders(&script.docker, 8080, &names, &err), 0);
	assert_line(&names, "web other");
	script_end(&script);
}

#define LIST_GATEWAYS \
	"docker ps --no-trunc --format '[{{json .ID}},{{json .Names}},{{json .Image}},{{json (.Label \"ai.openshell.gateway\")}}]'"

static void gateways_are_known_by_label_or_image(void **state)
{
	static const struct script_step steps[] = {
		{ .command = LIST_GATEWAYS " --filter publish=8080",
		  .out = "[\"a1\",\"ours\",\"sha256:1\",\"dev\"]\n[\"b2\",\"web\",\"nginx\",\"\"]\n"
			 "[\"c3\",\"old\",\"ghcr.io/nvidia/openshell/cluster:dev\",\"\"]\n" },
		{ .command = LIST_GATEWAYS },
	};
	AUTO(gateway_list) list = { .ids = ARGV_INIT, .names = ARGV_INIT };
	struct error *err = NULL;
	struct script script;

	(void)state;
	SCRIPT_INIT(&script, steps);
	assert_int_equal(docker_gateways(&script.docker, 8080, &list, &err), 0);
	assert_line(&list.ids, "a1 c3");
	assert_line(&list.names, "ours old");
	assert_int_equal(docker_gateways(&script.docker, 0, &list, &err), 0);
	assert_int_equal(list.ids.n, 2);
	script_end(&script);
}

static void gateways_that_are_no_containers_are_an_error(void **state)
{
	static const char *const outs[] = {
		"junk\n", "{}\n", "[]\n", "[\"-f\",\"x\",\"openshell/cluster\",\"\"]\n", "[\"a1\",\"\",\"i\",\"dev\"]\n",
		"[\"a1\",\"x\\u001b[2J\",\"i\",\"dev\"]\n", "[\"a1\",\"x\",3,\"dev\"]\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(outs); i++) {
		const struct script_step steps[] = { { .command = "docker ps *", .out = outs[i] } };
		AUTO(gateway_list) list = { .ids = ARGV_INIT, .names = ARGV_INIT };
		struct error *err = NULL;
		struct script script;

		SCRIPT_INIT(&script, steps);
		assert_int_equal(docker_gateways(&script.docker, 0, &list, &err), -1);
		assert_error(&err, ERROR_SYSTEM, "docker ps");
		script_end(&script);
	}
}

static void a_name_that_only_contains_ours_is_another(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker volume ls *", .out = NAME "-2\nmy-" NAME "\n" },
		{ .command = "docker network ls *", .out = NAME "-2\nN1\n" NAME "\nN2\n" },
	};
	struct error *err = NULL;
	struct script script;
	bool found = true;
	size_t count = 0;

	(void)state;
	SCRIPT_INIT(&script, steps);
	assert_int_equal(docker_volume_exists(&script.docker, NAME, &found, &err), 0);
	assert_false(found);
	assert_int_equal(docker_network_count(&script.docker, NAME, &count, &err), 0);
	assert_int_equal(count, 1);
	script_end(&script);
}

static void lists_that_are_no_names_are_an_error(void **state)
{
	static const char *const outputs[] = { "two words\n", NAME "\n\x1b[2J\n", "\xff\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(outputs); i++) {
		const struct script_step steps[] = { { .command = "docker volume ls *", .out = outputs[i] } };
		struct error *err = NULL;
		struct script script;
		bool found = false;

		SCRIPT_INIT(&script, steps);
		assert_int_equal(docker_volume_exists(&script.docker, NAME, &found, &err), -1);
		assert_error(&err, ERROR_SYSTEM, "docker volume ls printed something that is no name");
		script_end(&script);
	}
}

static void a_create_without_an_id_is_an_error(void **state)
{
	static const char *const outputs[] = { "", "\n", "WARNING: no swap\nC1\n", "\x1b[2J\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(outputs); i++) {
		const struct script_step steps[] = { { .command = "docker create *", .out = outputs[i] } };
		const struct container_spec spec = {
			.name = NAME, .gateway = "gw", .hostname = "h", .image = "i", .version = "v", .bind = "127.0.0.1",
		};
		struct error *err = NULL;
		struct script script;
		char *id = NULL;

		SCRIPT_INIT(&script, steps);
		assert_int_equal(docker_container_create(&script.docker, &spec, &id, &err), -1);
		assert_error(&err, ERROR_SYSTEM, "no container ID");
		assert_null(id);
		script_end(&script);
	}
}

/* Runs to an end that the script does not know: killed by a signal. */
static int run_killed(void *arg, struct proc_spec *spec, struct proc_result *result, struct error **err)
{
	(void)arg;
	(void)spec;
	(void)err;
	result->code = -1;
	result->sig = 9;
	return 0;
}

static void an_inspect_that_was_killed_or_says_nothing_does_not_mean_absent(void **state)
{
	static const struct script_step steps[] = { { .command = INSPECT }, { .command = "docker inspect *" } };
	const struct runner killed = { .run = run_killed };
	const struct docker docker = { .runner = &killed, .timeout_ms = 1000 };
	AUTO(container) container = { 0 };
	struct error *err = NULL;
	struct script script;
	bool complete;

	(void)state;
	SCRIPT_INIT(&script, steps);
	assert_int_equal(docker_container_get(&script.docker, NAME, &container, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "docker container inspect printed nothing");
	assert_int_equal(docker_inspect(&script.docker, NAME, NULL, 0, &container, NULL, &complete, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "docker inspect printed nothing");
	script_end(&script);
	assert_int_equal(docker_container_get(&docker, NAME, &container, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "docker container inspect failed (killed by signal 9 (Killed))");
	assert_int_equal(docker_inspect(&docker, NAME, NULL, 0, &container, NULL, &complete, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "docker inspect failed (killed by signal 9 (Killed))");
}

/* ------------------------------------------------------------------ output of others */

static void collect(void *arg, const char *line, size_t len)
{
	struct buf *text = arg;

	buf_add(text, line, len);
	buf_adds(text, "|");
}

static void a_pull_tells_its_progress_and_has_its_own_time(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker pull -- ghcr.io/x:1", .out = "layer one\nlayer two\n" },
		{ .command = "docker pull -- ghcr.io/x:1", .how = SCRIPT_TIMES_OUT },
	};
	AUTO(buf) lines = BUF_INIT;
	const struct docker_pull pull = { .ref = "ghcr.io/x:1", .line = collect, .arg = &lines };
	struct error *err = NULL;
	struct script script;

	(void)state;
	SCRIPT_INIT(&script, steps);
	assert_int_equal(docker_image_pull(&script.docker, &pull, &err), 0);
	assert_string_equal(buf_str(&lines), "layer one|layer two|");
	assert_int_equal(docker_image_pull(&script.docker, &pull, &err), -1);
	assert_error(&err, ERROR_TIMEOUT, "within 3600 s");
	script_end(&script);
}

static void a_pull_with_a_login_uses_its_own_configuration(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker pull -- ghcr.io/x:1", .env = "DOCKER_CONFIG=/run/one" },
	};
	AUTO(buf) lines = BUF_INIT;
	const struct docker_pull pull = { .ref = "ghcr.io/x:1", .config_dir = "/run/one", .line = collect, .arg = &lines };
	struct error *err = NULL;
	struct script script;

	(void)state;
	SCRIPT_INIT(&script, steps);
	assert_int_equal(docker_image_pull(&script.docker, &pull, &err), 0);
	script_end(&script);
}

static void without_a_place_for_lines_a_pull_draws_on_our_terminal(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker pull -- ghcr.io/x:1", .draws = true },
		{ .command = "docker pull -- ghcr.io/x:1", .draws = true, .code = 1, .err = "no such host\n" },
	};
	const struct docker_pull pull = { .ref = "ghcr.io/x:1" };
	struct error *err = NULL;
	struct script script;

	(void)state;
	SCRIPT_INIT(&script, steps);
	assert_int_equal(docker_image_pull(&script.docker, &pull, &err), 0);
	assert_int_equal(docker_image_pull(&script.docker, &pull, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "docker pull failed (exit 1): no such host");
	script_end(&script);
}

static void a_pull_can_be_for_a_platform(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker pull --platform linux/arm64 -- ghcr.io/x:1", .draws = true },
		{ .command = "docker tag -- ghcr.io/x:1 x:mine" },
	};
	const struct docker_pull pull = { .ref = "ghcr.io/x:1", .platform = "linux/arm64" };
	struct error *err = NULL;
	struct script script;

	(void)state;
	SCRIPT_INIT(&script, steps);
	assert_int_equal(docker_image_pull(&script.docker, &pull, &err), 0);
	assert_int_equal(docker_image_tag(&script.docker, "ghcr.io/x:1", "x:mine", &err), 0);
	script_end(&script);
}

#define IMAGES "docker image inspect --format '{{json .}}' -- a:1 b:2"
#define IMAGE_B \
	"{\"Id\":\"sha256:B\",\"RepoTags\":[\"b:2\"],\"Architecture\":\"arm64\",\"Size\":1234,\"Config\":{}," \
	"\"RootFS\":{\"Layers\":[\"sha256:1\",\"sha256:2\"]}}\n"

static void images_are_told_one_by_one_and_absent_ones_are_data(void **state)
{
	static const char *const refs[] = { "a:1", "b:2" };
	static const struct script_step steps[] = {
		{ .command = IMAGES, .code = 1, .out = IMAGE_B, .err = "Error: No such image: a:1\n" },
		{ .command = INFO, .out = ENGINE_ANSWERS },
		{ .command = IMAGES, .code = 1, .out = "\n" },
		{ .command = INFO, .code = 1, .out = ENGINE_SILENT },
	};
	struct image images[2] = { 0 };
	struct error *err = NULL;
	struct script script;

	(void)state;
	SCRIPT_INIT(&script, steps);
	assert_int_equal(docker_images_get(&script.docker, refs, 2, images, &err), 0);
	assert_null(images[0].ref);
	assert_string_equal(images[1].ref, "b:2");
	assert_string_equal(images[1].arch, "arm64");
	assert_int_equal(images[1].size, 1234);
	assert_line(&images[1].layers, "sha256:1 sha256:2");
	image_release(&images[1]);
	assert_int_equal(docker_images_get(&script.docker, refs, 2, images, &err), -1);
	assert_error(&err, ERROR_UNREACHABLE, "Cannot connect");
	script_end(&script);
}

#define LAYERS_OF(ids) "docker image inspect --format '{{json .RootFS.Layers}}' -- " ids

static void layers_are_present_as_far_as_one_image_has_them_from_the_ground(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker image ls --quiet --no-trunc", .out = "sha256:A\nsha256:B\nsha256:A\nsha256:C\n" },
		{ .command = LAYERS_OF("sha256:A sha256:B sha256:C"), .code = 1,
		  .out = "[\"one\",\"other\",\"three\"]\nnull\n[\"one\",\"two\"]\n" },
		{ .command = "docker image ls --quiet --no-trunc", .out = "sha256:A\n" },
		{ .command = LAYERS_OF("sha256:A"), .out = "[\"two\",\"three\"]\n" },
		{ .command = "docker image ls --quiet --no-trunc", .out = "" },
		{ .command = "docker image ls --quiet --no-trunc", .out = "sha256:A\n" },
		{ .command = LAYERS_OF("sha256:A"), .out = "rubbish\n" },
	};
	static const size_t counts[] = { 2, 0, 0 };
	AUTO(argv) layers = ARGV_INIT;
	struct error *err = NULL;
	struct script script;
	size_t count;

	(void)state;
	argv_addl(&layers, "one", "two", "three", NULL);
	SCRIPT_INIT(&script, steps);
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		assert_int_equal(docker_layers_present(&script.docker, &layers, &count, &err), 0);
		assert_int_equal(count, counts[i]);
	}
	assert_int_equal(docker_layers_present(&script.docker, &layers, &count, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "docker image inspect");
	script_end(&script);
}

static void exec_knows_where_the_kubeconfig_is(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker exec --env KUBECONFIG=/etc/rancher/k3s/k3s.yaml " NAME " kubectl get 'a b'",
		  .code = 3, .out = "x" },
	};
	AUTO(argv) command = ARGV_INIT;
	AUTO(proc_result) result = PROC_RESULT_INIT;
	struct error *err = NULL;
	struct script script;

	(void)state;
	SCRIPT_INIT(&script, steps);
	argv_addl(&command, "kubectl", "get", "a b", NULL);
	assert_int_equal(docker_exec(&script.docker, "kubectl", NAME, &command, &result, &err), 0);
	assert_int_equal(result.code, 3);
	assert_string_equal(buf_str(&result.out), "x");
	script_end(&script);
}

static void a_person_s_exec_and_logs_have_no_time_limit(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker exec -it --env KUBECONFIG=/etc/rancher/k3s/k3s.yaml C1 sh", .code = 7 },
		{ .command = "docker exec -i --env KUBECONFIG=/etc/rancher/k3s/k3s.yaml C1 sh", .how = SCRIPT_KILLED,
		  .code = SIGINT },
		{ .command = "docker logs --timestamps --tail 20 --follow -- C1" },
		{ .command = "docker logs --timestamps --tail all -- C1", .code = 1 },
	};
	AUTO(argv) command = ARGV_INIT;
	struct error *err = NULL;
	struct script script;
	int status = -1;

	(void)state;
	SCRIPT_INIT(&script, steps);
	argv_add(&command, "sh");
	assert_int_equal(docker_exec_interactive(&script.docker, "C1", &command, true, &status, &err), 0);
	assert_int_equal(status, 7);
	assert_int_equal(docker_exec_interactive(&script.docker, "C1", &command, false, &status, &err), 0);
	assert_int_equal(status, 128 + SIGINT);
	assert_int_equal(docker_logs_show(&script.docker, "C1", "20", true, &status, &err), 0);
	assert_int_equal(status, 0);
	assert_int_equal(docker_logs_show(&script.docker, "C1", "all", false, &status, &err), 0);
	assert_int_equal(status, 1);
	script_end(&script);
}

static void the_tail_of_the_logs_is_both_streams_or_nothing(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker logs --tail 20 -- C1", .out = "one\n\ntwo\n", .err = "three\n" },
		{ .command = "docker logs --tail 20 -- C1", .code = 1, .out = "half\n" },
	};
	struct script script;
	autofree char *tail = NULL, *none = NULL;

	(void)state;
	SCRIPT_INIT(&script, steps);
	tail = docker_logs_tail(&script.docker, "C1", 20);
	none = docker_logs_tail(&script.docker, "C1", 20);
	assert_string_equal(tail, "one\ntwo\nthree\n");
	assert_string_equal(none, "");
	script_end(&script);
}

static void followers_deliver_lines_until_they_are_stopped(void **state)
{
	static const struct script_line events[] = { { 500, "{\"Action\":\"die\"}" }, { 0, NULL } };
	static const struct script_line logs[] = { { 200, "first" }, { 500, "second" }, { 0, NULL } };
	static const struct script_step steps[] = {
		{ .command = "docker events --format '{{json .}}' --filter event=health_status --filter event=die "
			     "--filter container=" NAME, .lines = events },
		{ .command = "docker logs --follow --tail 0 -- " NAME, .lines = logs },
		{ .command = "docker logs --follow --tail all -- " NAME, .lines = logs },
	};
	AUTO(buf) lines = BUF_INIT;
	struct error *err = NULL;
	struct script script;
	struct proc *procs[3];

	(void)state;
	SCRIPT_INIT(&script, steps);
	procs[0] = docker_events_follow(&script.docker, NAME, collect, &lines, &err);
	procs[1] = docker_logs_follow(&script.docker, NAME, false, collect, &lines, &err);
	procs[2] = docker_logs_follow(&script.docker, NAME, true, collect, &lines, &err);
	runner_pump(&script.runner, procs, 2, 1000);
	assert_string_equal(buf_str(&lines), "first|");
	runner_pump(&script.runner, procs, 2, 1000);
	assert_string_equal(buf_str(&lines), "first|{\"Action\":\"die\"}|second|");
	runner_pump(&script.runner, procs, 2, 1000);
	assert_int_equal(script_elapsed(&script), 1500);
	for (size_t i = 0; i < ARRAY_LEN(procs); i++)
		runner_stop(&script.runner, procs[i]);
	script_end(&script);
}

/* ------------------------------------------------------------------ images on their way */

static int absent_of(struct script *script, struct argv *absent, struct error **err)
{
	AUTO(argv) refs = ARGV_INIT;

	argv_addl(&refs, "a:1", "b:2", NULL);
	return docker_images_absent(&script->docker, &refs, absent, err);
}

static void images_that_are_all_there_cost_one_call(void **state)
{
	static const struct script_step steps[] = { { .command = "docker image inspect --format '{{.Id}}' -- a:1 b:2" } };
	AUTO(argv) absent = ARGV_INIT;
	struct script script;
	struct error *err = NULL;

	(void)state;
	SCRIPT_INIT(&script, steps);
	assert_int_equal(absent_of(&script, &absent, &err), 0);
	assert_int_equal(absent.n, 0);
	script_end(&script);
}

static void images_are_absent_only_if_the_engine_answers(void **state)
{
	static const struct script_step there[] = {
		{ .command = "docker image inspect * a:1 b:2", .code = 1 }, { .command = INFO, .out = ENGINE_ANSWERS },
		{ .command = "docker image inspect * a:1", .code = 1 }, { .command = "docker image inspect * b:2" },
	};
	static const struct script_step silent[] = {
		{ .command = "docker image inspect *", .code = 1 }, { .command = INFO, .code = 1, .out = ENGINE_SILENT },
	};
	AUTO(argv) absent = ARGV_INIT;
	struct script script;
	struct error *err = NULL;

	(void)state;
	SCRIPT_INIT(&script, there);
	assert_int_equal(absent_of(&script, &absent, &err), 0);
	assert_line(&absent, "a:1");
	script_end(&script);
	SCRIPT_INIT(&script, silent);
	assert_int_equal(absent_of(&script, &absent, &err), -1);
	assert_error(&err, ERROR_UNREACHABLE, "Cannot connect");
	script_end(&script);
}

static void a_command_that_waits_has_more_time(void **state)
{
	static const struct script_step steps[] = { { .command = "docker exec * " NAME " sleep 1", .how = SCRIPT_TIMES_OUT } };
	AUTO(argv) command = ARGV_INIT;
	AUTO(proc_result) result = PROC_RESULT_INIT;
	struct script script;
	struct error *err = NULL;

	(void)state;
	argv_addl(&command, "sleep", "1", NULL);
	SCRIPT_INIT(&script, steps);
	assert_int_equal(docker_exec_wait(&script.docker, "sleep", NAME, 180000, &command, &result, &err), -1);
	assert_error(&err, ERROR_TIMEOUT, "sleep did not end within 240 s");
	script_end(&script);
}

static void only_the_end_of_the_container_has_an_exit_code(void **state)
{
	static const struct {
		const char *line;
		int code;
	} events[] = {
		{ "{\"Action\":\"die\",\"Actor\":{\"Attributes\":{\"exitCode\":\"137\"}}}", 137 },
		{ "{\"Action\":\"die\",\"Actor\":{\"Attributes\":{\"exitCode\":\"0\"}}}", 0 },
		{ "{\"Action\":\"die\"}", 255 },
		{ "{\"status\":\"die\",\"Actor\":{\"Attributes\":{\"exitCode\":\"1\"}}}", 1 },
		{ "{\"Action\":\"health_status: healthy\"}", -1 },
		{ "not JSON", -1 },
		{ "", -1 },
		{ "[]", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(events); i++)
		assert_int_equal(docker_event_exit_code(events[i].line, strlen(events[i].line)), events[i].code);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_call_is_told_of_its_engine_by_its_environment),
		cmocka_unit_test(a_pull_can_be_for_a_platform),
		cmocka_unit_test(images_are_told_one_by_one_and_absent_ones_are_data),
		cmocka_unit_test(layers_are_present_as_far_as_one_image_has_them_from_the_ground),
		cmocka_unit_test(create_says_all_that_the_container_needs),
		cmocka_unit_test(create_passes_on_everything_that_was_asked_for),
		cmocka_unit_test(a_secret_is_in_the_environment_of_create_and_not_in_its_arguments),
		cmocka_unit_test(files_go_in_by_stdin),
		cmocka_unit_test(what_counts_is_the_state_that_was_wanted),
		cmocka_unit_test(stop_gives_the_container_its_time),
		cmocka_unit_test(stopping_what_is_absent_is_told),
		cmocka_unit_test(a_container_that_has_exited_is_stopped),
		cmocka_unit_test(a_container_that_runs_on_is_an_error),
		cmocka_unit_test(a_stop_that_is_broken_off_looks_no_further),
		cmocka_unit_test(one_call_asks_for_container_and_images),
		cmocka_unit_test(a_container_is_absent_only_if_the_engine_does_not_list_it),
		cmocka_unit_test(a_container_is_listed_by_name_or_whole_id),
		cmocka_unit_test(holders_of_a_port_are_listed_by_name),
		cmocka_unit_test(gateways_are_known_by_label_or_image),
		cmocka_unit_test(gateways_that_are_no_containers_are_an_error),
		cmocka_unit_test(a_name_that_only_contains_ours_is_another),
		cmocka_unit_test(lists_that_are_no_names_are_an_error),
		cmocka_unit_test(a_create_without_an_id_is_an_error),
		cmocka_unit_test(an_inspect_that_was_killed_or_says_nothing_does_not_mean_absent),
		cmocka_unit_test(a_pull_tells_its_progress_and_has_its_own_time),
		cmocka_unit_test(without_a_place_for_lines_a_pull_draws_on_our_terminal),
		cmocka_unit_test(a_pull_with_a_login_uses_its_own_configuration),
		cmocka_unit_test(exec_knows_where_the_kubeconfig_is),
		cmocka_unit_test(a_person_s_exec_and_logs_have_no_time_limit),
		cmocka_unit_test(the_tail_of_the_logs_is_both_streams_or_nothing),
		cmocka_unit_test(followers_deliver_lines_until_they_are_stopped),
		cmocka_unit_test(images_that_are_all_there_cost_one_call),
		cmocka_unit_test(images_are_absent_only_if_the_engine_answers),
		cmocka_unit_test(a_command_that_waits_has_more_time),
		cmocka_unit_test(only_the_end_of_the_container_has_an_exit_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
