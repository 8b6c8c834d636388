/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/survey.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/endpoint.h"
#include "script.h"

#define NAME "openshell-cluster-gw"
#define PUBLISHED "ghcr.io/nvidia/openshell/cluster:dev"
#define LOCAL "openshell/cluster:dev"
#define INSPECT "docker inspect --format '{{json .}}' -- " NAME " " PUBLISHED " " LOCAL
#define INFO "docker info --format '{{json .}}'"
#define ENGINE { .command = INFO, .out = "{\"ID\":\"E1\",\"ServerVersion\":\"28.2.2\",\"CgroupVersion\":\"2\"}\n" }
#define VOLUMES(names) { .command = "docker volume ls *", .out = names }
#define PORTS(json) \
	{ .command = "docker container inspect --format '{{json .NetworkSettings.Ports}}' -- web", .out = json }
#define HOLDERS(names) { .command = "docker ps --format '{{.Names}}' --filter publish=*", .out = names }
#define IMAGE(ref) "{\"Id\":\"sha256:I1\",\"RepoTags\":[\"" ref "\"],\"RootFS\":{},\"Config\":{}}\n"
#define CONTAINER(status, port, env) \
	"{\"Id\":\"C1\",\"Image\":\"sha256:I1\",\"State\":{\"Status\":\"" status "\",\"ExitCode\":0," \
	"\"Health\":{\"Status\":\"healthy\"}},\"Config\":{\"Image\":\"" LOCAL "\",\"Env\":[" env "]}," \
	"\"HostConfig\":{\"PortBindings\":{\"30051/tcp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"" port "\"}]}}," \
	"\"NetworkSettings\":{\"Networks\":{\"" NAME "\":{}}}}\n"
#define NOTHING { .command = INSPECT, .code = 1, .out = IMAGE(LOCAL) }, ENGINE

/* One look with these commands; the survey is released. */
static int look(struct scene *scene, const struct script_step *steps, size_t count, const struct deploy_options *options,
		struct error **err)
{
	AUTO(survey) survey = { 0 };

	scene_script(scene, steps, count);
	return survey_make(&survey, &scene->env, options, err);
}

#define LOOK(scene, steps, options, err) look(scene, steps, ARRAY_LEN(steps), options, err)

static void write_record(const struct scene *scene, const char *more)
{
	autofree char *text = xasprintf("{\"name\":\"gw\",\"gateway_endpoint\":\"https://127.0.0.1:8080\","
					"\"is_remote\":false,\"gateway_port\":8080%s}\n", more);

	scene_write(scene, "gateways/gw/metadata.json", text);
}

static const struct deploy_options plain = { .name = "gw", .port = -1 };

/* ------------------------------------------------------------------ warm start */

static void a_recorded_gateway_that_runs_costs_one_look(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker inspect --format '{{json .}}' -- " NAME " " LOCAL,
		  .out = CONTAINER("running", "8080", "") IMAGE(LOCAL) },
	};
	struct scene *scene = *state;
	struct error *err = NULL;
	AUTO(survey) survey = { 0 };

	write_record(scene, ",\"container_id\":\"C1\",\"docker_id\":\"E1\",\"image\":\"" LOCAL "\"");
	SCENE_SCRIPT(scene, steps);
	assert_int_equal(survey_make(&survey, &scene->env, &plain, &err), 0);
	assert_int_equal(survey.action, ACTION_KEEP);
}

static void so_does_one_on_another_host_where_docker_there_is_asked(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker inspect --format '{{json .}}' -- " NAME " " LOCAL,
		  .out = CONTAINER("running", "8080", "") IMAGE(LOCAL) },
	};
	struct scene *scene = *state;
	struct error *err = NULL;
	AUTO(survey) survey = { 0 };

	scene_write(scene, "gateways/gw/metadata.json",
		    "{\"name\":\"gw\",\"gateway_endpoint\":\"https://box.lan:8080\",\"is_remote\":true,\"gateway_port\":8080,"
		    "\"remote_host\":\"box\",\"container_id\":\"C1\",\"docker_id\":\"E1\",\"image\":\"" LOCAL "\"}");
	SCENE_SCRIPT(scene, steps);
	scene->script.docker.address = "ssh://box";
	assert_int_equal(survey_make(&survey, &scene->env, &plain, &err), 0);
	assert_int_equal(survey.action, ACTION_KEEP);
}

static void on_another_host_it_listens_everywhere_and_no_port_is_tried_here(void **state)
{
	static const struct script_step steps[] = { NOTHING, VOLUMES(""), HOLDERS("") };
	struct deploy_options options = { .name = "gw", .remote_host = "box.lan", .remote_alias = "box" };
	autoclose int busy = listen_on_loopback(AF_INET, &options.port);
	struct scene *scene = *state;
	struct error *err = NULL;
	AUTO(survey) survey = { 0 };

	assert_true(busy >= 0);
	SCENE_SCRIPT(scene, steps);
	scene->script.docker.address = "ssh://box";
	assert_int_equal(survey_make(&survey, &scene->env, &options, &err), 0);
	assert_string_equal(survey.plan.bind, "0.0.0.0");
	assert_string_equal(survey.plan.host, "box.lan");
	assert_line(&survey.plan.sans, "box.lan box");
}

static void a_gateway_keeps_the_image_it_was_made_from(void **state)
{
	static const struct script_step gone[] = {
		{ .command = "docker inspect --format '{{json .}}' -- " NAME " " LOCAL, .code = 1, .out = CONTAINER("running", "8080", "") },
		ENGINE,
		{ .command = INSPECT, .code = 1, .out = CONTAINER("running", "8080", "") IMAGE(PUBLISHED) },
	};
	struct scene *scene = *state;
	struct error *err = NULL;
	AUTO(survey) survey = { 0 };

	write_record(scene, ",\"container_id\":\"C1\",\"docker_id\":\"E1\",\"image\":\"" LOCAL "\"");
	SCENE_SCRIPT(scene, gone);
	assert_int_equal(survey_make(&survey, &scene->env, &plain, &err), 0);
	assert_string_equal(survey.image.ref, PUBLISHED);
}

static void the_published_image_is_taken_before_our_own(void **state)
{
	static const struct script_step both[] = {
		{ .command = INSPECT, .code = 1, .out = IMAGE(PUBLISHED) IMAGE(LOCAL) }, ENGINE, VOLUMES(""), HOLDERS(""),
	};
	static const struct script_step none[] = {
		{ .command = INSPECT, .code = 1, .out = "\n" }, ENGINE, VOLUMES(NAME "\n"), HOLDERS(""),
	};
	struct deploy_options options = plain;
	struct scene *scene = *state;
	struct error *err = NULL;
	AUTO(survey) first = { 0 };
	AUTO(survey) second = { 0 };

	assert_int_equal(endpoint_free_port("127.0.0.1", &options.port, &err), 0);
	SCENE_SCRIPT(scene, both);
	assert_int_equal(survey_make(&first, &scene->env, &options, &err), 0);
	assert_string_equal(first.image.ref, PUBLISHED);
	assert_int_equal(first.action, ACTION_CREATE);
	assert_false(first.volume_exists);
	SCENE_SCRIPT(scene, none);
	assert_int_equal(survey_make(&second, &scene->env, &options, &err), 0);
	assert_null(second.image.ref);
	assert_string_equal(second.image_ref, PUBLISHED);
	assert_true(second.volume_exists);
}

static void a_ref_that_is_none_is_a_usage_error(void **state)
{
	struct scene *scene = *state;
	struct error *err = NULL;
	AUTO(survey) survey = { 0 };

	scene->settings.cluster_image = "--privileged";
	assert_int_equal(survey_make(&survey, &scene->env, &plain, &err), -1);
	assert_error(&err, ERROR_USAGE, "OPENSHELL_CLUSTER_IMAGE");
}

static void an_image_that_a_pull_brought_must_be_there(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker inspect --format '{{json .}}' -- " NAME " x/y:1", .code = 1, .out = "\n" },
		{ .command = "docker inspect --format '{{json .}}' -- " NAME " x/y:1", .code = 1, .out = IMAGE("x/y:1") },
	};
	struct scene *scene = *state;
	struct error *err = NULL;
	AUTO(survey) survey = { .container_name = xstrdup(NAME), .image_ref = xstrdup("x/y:1") };

	SCENE_SCRIPT(scene, steps);
	assert_int_equal(survey_image(&survey, &scene->env, &err), -1);
	assert_error(&err, ERROR_ABSENT, "docker pulled x/y:1, but does not have it");
	assert_int_equal(survey_image(&survey, &scene->env, &err), 0);
	assert_string_equal(survey.image.id, "sha256:I1");
}

/* ------------------------------------------------------------------ platforms, and an image of this host */

#define ARM_ENGINE \
	{ .command = INFO, .out = "{\"ID\":\"E1\",\"ServerVersion\":\"28.2.2\",\"OSType\":\"linux\",\"Architecture\":\"aarch64\"}\n" }
#define IMAGE_FOR(ref, id, arch) \
	"{\"Id\":\"" id "\",\"RepoTags\":[\"" ref "\"],\"Architecture\":\"" arch "\",\"RootFS\":{},\"Config\":{}}\n"

static void an_image_for_another_platform_is_not_made_into_a_container(void **state)
{
	static const struct script_step ours[] = {
		{ .command = INSPECT, .code = 1, .out = IMAGE_FOR(LOCAL, "sha256:I1", "amd64") }, ARM_ENGINE, VOLUMES(""),
	};
	static const struct script_step published[] = {
		{ .command = INSPECT, .code = 1, .out = IMAGE_FOR(PUBLISHED, "sha256:I1", "amd64") }, ARM_ENGINE, VOLUMES(""),
	};
	static const struct script_step fits[] = {
		{ .command = INSPECT, .code = 1, .out = IMAGE_FOR(LOCAL, "sha256:I1", "arm64") }, ARM_ENGINE, VOLUMES(""), HOLDERS(""),
	};
	static const struct script_step pulled[] = {
		{ .command = INSPECT, .code = 1, .out = IMAGE_FOR(PUBLISHED, "sha256:I1", "amd64") }, ARM_ENGINE, VOLUMES(""),
		HOLDERS(""),
	};
	struct deploy_options options = plain;
	struct scene *scene = *state;
	struct error *err = NULL;

	assert_int_equal(endpoint_free_port("127.0.0.1", &options.port, &err), 0);
	assert_int_equal(LOOK(scene, ours, &options, &err), -1);
	assert_string_equal(err->code, "image-platform");
	assert_false(advises(err, "--pull always"));
	assert_error(&err, ERROR_ABSENT, "the image " LOCAL " is for amd64, and docker's host is linux/arm64");
	assert_int_equal(LOOK(scene, published, &options, &err), -1);
	assert_true(advises(err, "openshell gateway start --name gw --pull always"));
	error_free(&err);
	assert_int_equal(LOOK(scene, fits, &options, &err), 0);
	/* what a pull brings in its place is looked at then */
	options.pull = PULL_ALWAYS;
	assert_int_equal(LOOK(scene, pulled, &options, &err), 0);
}

static void a_container_of_another_platform_that_is_there_is_docker_s_business(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker inspect --format '{{json .}}' -- " NAME " " LOCAL,
		  .out = CONTAINER("running", "8080", "") IMAGE_FOR(LOCAL, "sha256:I1", "arm64") },
	};
	struct scene *scene = *state;
	struct error *err = NULL;

	write_record(scene, ",\"container_id\":\"C1\",\"docker_id\":\"E1\",\"image\":\"" LOCAL "\"");
	assert_int_equal(LOOK(scene, steps, &plain, &err), 0);
}

static void what_a_pull_brought_must_be_for_the_platform(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker inspect --format '{{json .}}' -- " NAME " x/y:1", .code = 1,
		  .out = IMAGE_FOR("x/y:1", "sha256:I1", "amd64") },
	};
	struct scene *scene = *state;
	struct error *err = NULL;
	AUTO(survey) survey = {
		.container_name = xstrdup(NAME), .image_ref = xstrdup("x/y:1"),
		.engine = { .os = xstrdup("linux"), .arch = xstrdup("aarch64") },
	};

	SCENE_SCRIPT(scene, steps);
	assert_int_equal(survey_image(&survey, &scene->env, &err), -1);
	assert_string_equal(err->code, "image-platform");
	assert_error(&err, ERROR_ABSENT, "x/y:1 is for amd64");
}

#define HERE "docker image inspect --format '{{json .}}' -- " PUBLISHED " " LOCAL
#define ONLY(ref) "docker inspect --format '{{json .}}' -- " NAME " " ref

/* By one docker here: which engine it asks is told by its environment. */
static struct deploy_options with_push_from(struct scene *scene, struct docker *here, struct argv *env)
{
	struct deploy_options options = plain;

	argv_add(env, "WHERE=here");
	*here = scene->script.docker;
	here->env = env;
	options.push_from = here;
	return options;
}

static void the_image_of_this_host_is_the_one_to_use(void **state)
{
	static const struct script_step absent[] = {
		{ .command = HERE, .code = 1, .out = IMAGE_FOR(LOCAL, "sha256:I2", "arm64"), .env = "WHERE=here" }, ENGINE,
		{ .command = ONLY(LOCAL), .code = 1, .out = "\n" }, ARM_ENGINE, VOLUMES(""), HOLDERS(""),
	};
	static const struct script_step present[] = {
		{ .command = HERE, .code = 1, .out = IMAGE_FOR(LOCAL, "sha256:I1", "arm64") }, ENGINE,
		{ .command = ONLY(LOCAL), .out = CONTAINER("running", "8080", "") IMAGE_FOR(LOCAL, "sha256:I1", "arm64") },
	};
	static const struct script_step another[] = {
		{ .command = HERE, .code = 1, .out = IMAGE_FOR(LOCAL, "sha256:I2", "arm64") }, ENGINE,
		{ .command = ONLY(LOCAL), .out = CONTAINER("running", "8080", "") IMAGE_FOR(LOCAL, "sha256:I1", "arm64") },
		ARM_ENGINE, VOLUMES(NAME "\n"),
	};
	AUTO(argv) env = ARGV_INIT;
	AUTO(survey) first = { 0 };
	AUTO(survey) second = { 0 };
	AUTO(survey) third = { 0 };
	struct docker here;
	struct scene *scene = *state;
	struct deploy_options options = with_push_from(scene, &here, &env);
	struct error *err = NULL;

	assert_int_equal(endpoint_free_port("127.0.0.1", &options.port, &err), 0);
	SCENE_SCRIPT(scene, absent);
	assert_int_equal(survey_make(&first, &scene->env, &options, &err), 0);
	assert_string_equal(first.sent.id, "sha256:I2");
	assert_string_equal(first.image_ref, LOCAL);
	assert_true(first.fetches);
	options.port = -1;
	write_record(scene, ",\"container_id\":\"C1\",\"docker_id\":\"E1\",\"image\":\"" LOCAL "\"");
	SCENE_SCRIPT(scene, present);
	assert_int_equal(survey_make(&second, &scene->env, &options, &err), 0);
	assert_int_equal(second.action, ACTION_KEEP);
	assert_null(second.sent.ref);
	assert_false(second.fetches);
	SCENE_SCRIPT(scene, another);
	assert_int_equal(survey_make(&third, &scene->env, &options, &err), 0);
	assert_string_equal(third.sent.id, "sha256:I2");
	assert_true(third.fetches);
}

static void an_image_that_cannot_be_sent_is_refused_at_once(void **state)
{
	static const struct script_step none[] = { { .command = HERE, .code = 1, .out = "\n" }, ENGINE };
	static const struct script_step silent[] = {
		{ .command = HERE, .code = 1 }, { .command = INFO, .code = 1, .err = "Cannot connect to the Docker daemon\n" },
	};
	static const struct script_step foreign[] = {
		{ .command = HERE, .code = 1, .out = IMAGE_FOR(LOCAL, "sha256:I2", "amd64") }, ENGINE,
		{ .command = ONLY(LOCAL), .code = 1, .out = "\n" }, ARM_ENGINE, VOLUMES(""),
	};
	static const struct script_step digest[] = {
		{ .command = "docker image inspect --format '{{json .}}' -- r.example/x@sha256:0123",
		  .out = IMAGE_FOR("r.example/x:1", "sha256:I2", "amd64") },
	};
	AUTO(argv) env = ARGV_INIT;
	struct docker here;
	struct scene *scene = *state;
	struct deploy_options options = with_push_from(scene, &here, &env);
	struct error *err = NULL;

	assert_int_equal(LOOK(scene, none, &options, &err), -1);
	assert_string_equal(err->code, "image-absent");
	assert_error(&err, ERROR_ABSENT, "docker on this host does not have " PUBLISHED ", " LOCAL);
	assert_int_equal(LOOK(scene, silent, &options, &err), -1);
	assert_error(&err, ERROR_UNREACHABLE, "--push-image: docker on this host: ");
	assert_int_equal(LOOK(scene, foreign, &options, &err), -1);
	assert_string_equal(err->code, "image-platform");
	assert_true(advises(err, "openshell gateway start --name gw"));
	assert_error(&err, ERROR_ABSENT, "is for amd64");
	scene->settings.cluster_image = "r.example/x@sha256:0123";
	assert_int_equal(LOOK(scene, digest, &options, &err), -1);
	assert_error(&err, ERROR_USAGE, "has a digest");
}

static void images_to_push_are_looked_for_on_the_engine(void **state)
{
	static const struct script_step here[] = {
		NOTHING, { .command = "docker image inspect --format '{{.Id}}' -- a/b:1 c:2", .out = "sha256:1\nsha256:2\n" },
		VOLUMES(""), HOLDERS(""),
	};
	static const struct script_step gone[] = {
		NOTHING, { .command = "docker image inspect --format '{{.Id}}' -- a/b:1 c:2", .code = 1, .out = "sha256:1\n" },
		ENGINE, { .command = "docker image inspect --format '{{.Id}}' -- a/b:1", .out = "sha256:1\n" },
		{ .command = "docker image inspect --format '{{.Id}}' -- c:2", .code = 1, .err = "No such image\n" },
	};
	struct deploy_options options = plain;
	struct scene *scene = *state;
	struct error *err = NULL;
	AUTO(survey) survey = { 0 };

	assert_int_equal(endpoint_free_port("127.0.0.1", &options.port, &err), 0);
	scene->settings.push_images = "a/b:1, c:2";
	SCENE_SCRIPT(scene, here);
	assert_int_equal(survey_make(&survey, &scene->env, &options, &err), 0);
	assert_line(&survey.push, "a/b:1 c:2");
	assert_string_equal(survey.plan.push_refs, "a/b:1,c:2");
	assert_int_equal(LOOK(scene, gone, &options, &err), -1);
	assert_true(advises(err, "docker image ls"));
	assert_error(&err, ERROR_ABSENT, "OPENSHELL_PUSH_IMAGES: docker does not have c:2");
}

static void a_ref_that_cannot_be_pushed_is_told_before_docker_is_asked(void **state)
{
	struct scene *scene = *state;
	struct error *err = NULL;
	AUTO(survey) survey = { 0 };

	scene->settings.push_images = "a/b:1,c/d";
	assert_int_equal(survey_make(&survey, &scene->env, &plain, &err), -1);
	assert_error(&err, ERROR_USAGE, "OPENSHELL_PUSH_IMAGES: 'c/d' is not an image's name with a tag");
}

/* ------------------------------------------------------------------ whose it is */

static void another_engine_is_a_conflict_unless_by_force(void **state)
{
	static const struct script_step refused[] = { NOTHING };
	static const struct script_step forced[] = { NOTHING, VOLUMES(""), HOLDERS("") };
	struct deploy_options options = plain;
	struct scene *scene = *state;
	struct error *err = NULL;

	assert_int_equal(endpoint_free_port("127.0.0.1", &options.port, &err), 0);
	write_record(scene, ",\"container_id\":\"C9\",\"docker_id\":\"E9\"");
	assert_int_equal(LOOK(scene, refused, &options, &err), -1);
	assert_error(&err, ERROR_CONFLICT, "belongs to another docker engine (E9");
	options.force = true;
	assert_int_equal(LOOK(scene, forced, &options, &err), 0);
}

static void the_recorded_container_is_proof_of_its_engine(void **state)
{
	/* docker gave itself another ID, but the container is the one */
	static const struct script_step steps[] = {
		{ .command = INSPECT, .code = 1, .out = CONTAINER("running", "8080", "") IMAGE(LOCAL) }, ENGINE,
	};
	struct scene *scene = *state;
	struct error *err = NULL;

	write_record(scene, ",\"container_id\":\"C1\",\"docker_id\":\"E9\"");
	assert_int_equal(LOOK(scene, steps, &plain, &err), 0);
}

static void a_name_that_means_a_gateway_elsewhere_is_a_conflict(void **state)
{
	struct scene *scene = *state;
	struct error *err = NULL;
	AUTO(survey) survey = { 0 };

	scene_write(scene, "gateways/gw/metadata.json", "{\"name\":\"gw\",\"gateway_endpoint\":\"https://far.example\","
							"\"is_remote\":true,\"gateway_port\":0}");
	assert_int_equal(survey_make(&survey, &scene->env, &plain, &err), -1);
	assert_error(&err, ERROR_CONFLICT, "https://far.example");
}

static void a_name_that_means_an_added_gateway_is_a_conflict(void **state)
{
	struct scene *scene = *state;
	struct error *err = NULL;
	AUTO(survey) survey = { 0 };

	scene_write(scene, "gateways/gw/metadata.json", "{\"name\":\"gw\",\"gateway_endpoint\":\"http://127.0.0.1:80\","
							"\"is_remote\":false,\"gateway_port\":0}");
	assert_int_equal(survey_make(&survey, &scene->env, &plain, &err), -1);
	assert_error(&err, ERROR_CONFLICT, "that was added by its address (http://127.0.0.1:80)");
}

static void a_record_that_cannot_be_read_is_written_anew(void **state)
{
	static const struct script_step steps[] = { NOTHING, VOLUMES(""), HOLDERS("") };
	struct deploy_options options = plain;
	struct scene *scene = *state;
	struct error *err = NULL;
	AUTO(survey) survey = { 0 };

	assert_int_equal(endpoint_free_port("127.0.0.1", &options.port, &err), 0);
	scene_write(scene, "gateways/gw/metadata.json", "{ broken");
	SCENE_SCRIPT(scene, steps);
	assert_int_equal(survey_make(&survey, &scene->env, &options, &err), 0);
	assert_true(says(&scene->warnings, "written anew"));
	assert_null(survey.record.name);
}

static void an_engine_that_is_silent_is_unreachable(void **state)
{
	static const struct script_step steps[] = {
		{ .command = INSPECT, .code = 1, .out = "\n", .err = "Cannot connect to the Docker daemon\n" },
		{ .command = INFO, .code = 1, .out = "{\"ServerErrors\":[\"Cannot connect to the Docker daemon\"]}\n" },
	};
	static const struct script_step missing[] = { { .command = INSPECT, .how = SCRIPT_MISSING } };
	struct scene *scene = *state;
	struct error *err = NULL;

	assert_int_equal(LOOK(scene, steps, &plain, &err), -1);
	assert_error(&err, ERROR_UNREACHABLE, "Cannot connect to the Docker daemon");
	assert_int_equal(LOOK(scene, missing, &plain, &err), -1);
	assert_error(&err, ERROR_UNREACHABLE, "docker was not found on PATH");
}

/* ------------------------------------------------------------------ exposure */

static const struct {
	const char *rule;
	struct deploy_options options;
	const char *docker_host;
	bool refused;
} exposures[] = {
	{ "TLS on all addresses", { .name = "gw", .port = 0, .bind = "0.0.0.0" }, NULL, false },
	{ "plaintext on the loopback", { .name = "gw", .port = 0, .plaintext = true }, NULL, false },
	{ "plaintext on all addresses", { .name = "gw", .port = 0, .plaintext = true, .bind = "0.0.0.0" }, NULL, true },
	{ "the same by force", { .name = "gw", .port = 0, .plaintext = true, .bind = "0.0.0.0", .force = true }, NULL, false },
	{ "no authentication on the loopback", { .name = "gw", .port = 0, .disable_gateway_auth = true }, NULL, false },
	{ "no authentication on all addresses", { .name = "gw", .port = 0, .disable_gateway_auth = true, .bind = "0.0.0.0" },
	  NULL, true },
	{ "no authentication on one address", { .name = "gw", .port = 0, .disable_gateway_auth = true, .bind = "192.0.2.1" },
	  NULL, true },
	{ "plaintext on another host's docker", { .name = "gw", .port = 0, .plaintext = true }, "tcp://docker.example:2375", true },
	{ "plaintext on a docker by loopback TCP", { .name = "gw", .port = 0, .plaintext = true }, "tcp://127.0.0.1:2375", false },
};

static void an_open_gateway_on_the_network_needs_force(void **state)
{
	static const struct script_step refused[] = { { .command = INSPECT, .code = 1, .out = IMAGE(LOCAL) }, ENGINE };
	static const struct script_step allowed[] = { NOTHING, VOLUMES("") };
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_LEN(exposures); i++) {
		struct error *err = NULL;

		print_message("           %s\n", exposures[i].rule);
		scene->settings.docker_host = exposures[i].docker_host;
		if (!exposures[i].refused) {
			assert_int_equal(LOOK(scene, allowed, &exposures[i].options, &err), 0);
			continue;
		}
		assert_int_equal(LOOK(scene, refused, &exposures[i].options, &err), -1);
		assert_true(advises(err, "--force"));
		assert_error(&err, ERROR_REFUSED, "would let anyone on the network control the gateway");
	}
}

/* ------------------------------------------------------------------ the limits */

static void more_processors_than_there_are_are_refused_while_the_gateway_runs_on(void **state)
{
	static const struct script_step steps[] = {
		{ .command = INSPECT, .out = CONTAINER("running", "8080", "") IMAGE(LOCAL) },
		{ .command = INFO, .out = "{\"ID\":\"E1\",\"ServerVersion\":\"28.2.2\",\"NCPU\":2}\n" },
		VOLUMES(NAME "\n"), HOLDERS(NAME "\n"),
	};
	struct deploy_options options = { .name = "gw", .port = -1, .nano_cpus = 2000000001 };
	struct scene *scene = *state;
	struct error *err = NULL;
	AUTO(survey) survey = { 0 };

	scene_script(scene, steps, ARRAY_LEN(steps) - 1);
	assert_int_equal(survey_make(&survey, &scene->env, &options, &err), -1);
	assert_error(&err, ERROR_USAGE, "--cpus: docker's host has 2 processors");
	survey_release(&survey);
	survey = (struct survey){ 0 };
	options.nano_cpus = 2000000000;
	SCENE_SCRIPT(scene, steps);
	assert_int_equal(survey_make(&survey, &scene->env, &options, &err), 0);
	assert_int_equal(survey.action, ACTION_RECREATE);
}

/* ------------------------------------------------------------------ the port */

#define HELD(ip, port) "{\"53/udp\":null,\"80/tcp\":[{\"HostIp\":\"" ip "\",\"HostPort\":\"" port "\"}]}"

/* ip: the holder's, or NULL for an answer that cannot be read */
static void assert_held(struct scene *scene, const char *bind, const char *ip, bool refused)
{
	struct deploy_options options = { .name = "gw", .bind = bind };
	struct error *err = NULL;
	autofree char *json = NULL;
	struct script_step steps[] = { NOTHING, VOLUMES(""), HOLDERS("web\n"), PORTS("{") };
	int rc;

	assert_int_equal(endpoint_free_port(bind, &options.port, &err), 0);
	json = xasprintf(HELD("%s", "%d"), ip ? ip : "", options.port);
	if (ip != NULL)
		steps[ARRAY_LEN(steps) - 1].out = json;
	rc = LOOK(scene, steps, &options, &err);
	if (refused)
		assert_error(&err, ERROR_CONFLICT, "is held by container 'web'");
	else
		assert_int_equal(rc, 0);
	script_end(&scene->script);
}

static void a_container_on_another_address_leaves_the_port_to_ours(void **state)
{
	struct scene *scene = *state;

	assert_held(scene, "127.0.0.1", "127.0.0.2", false);
	assert_held(scene, "127.0.0.1", "127.0.0.1", true);
	assert_held(scene, "127.0.0.1", "0.0.0.0", true);
	assert_held(scene, "127.0.0.1", "::", true);
	assert_held(scene, "0.0.0.0", "127.0.0.2", true);
	assert_held(scene, "127.0.0.1", NULL, true);
}

static void a_container_that_holds_the_port_is_named(void **state)
{
	static const struct script_step steps[] = { NOTHING, VOLUMES(""), HOLDERS("web\n"), PORTS(HELD("0.0.0.0", "8080")) };
	struct deploy_options options = { .name = "gw", .port = 8080 };
	struct scene *scene = *state;
	struct error *err = NULL;

	assert_int_equal(LOOK(scene, steps, &options, &err), -1);
	assert_true(advises(err, "docker stop web"));
	assert_error(&err, ERROR_CONFLICT, "port 8080 is held by container 'web'");
}

static void a_container_that_holds_another_hosts_port_is_stopped_there(void **state)
{
	static const struct script_step steps[] = { NOTHING, VOLUMES(""), HOLDERS("web\n"), PORTS(HELD("0.0.0.0", "8080")) };
	const struct deploy_options options = { .name = "gw", .port = 8080 };
	struct scene *scene = *state;
	struct error *err = NULL;
	AUTO(survey) survey = { 0 };

	SCENE_SCRIPT(scene, steps);
	scene->script.docker.address = "ssh://box";
	assert_int_equal(survey_make(&survey, &scene->env, &options, &err), -1);
	assert_true(advises(err, "docker -H ssh://box stop web"));
	error_free(&err);
}

static void a_port_of_another_program_is_a_conflict(void **state)
{
	static const struct script_step steps[] = { NOTHING, VOLUMES(""), HOLDERS("") };
	struct deploy_options options = { .name = "gw" };
	struct scene *scene = *state;
	struct error *err = NULL;
	int fd = listen_on_loopback(AF_INET, &options.port);
	autofree char *holder = xasprintf("port %d on 127.0.0.1 is in use by ", options.port);
	autofree char *pid = xasprintf(" (pid %d)", (int)getpid());

	assert_int_equal(LOOK(scene, steps, &options, &err), -1);
	assert_non_null(strstr(err->text, holder));
	assert_error(&err, ERROR_CONFLICT, pid);
	/* another host's ports are not ours to try */
	scene->settings.docker_host = "tcp://docker.example:2375";
	assert_int_equal(LOOK(scene, steps, &options, &err), 0);
	close(fd);
}

static void the_own_container_does_not_count(void **state)
{
	int port, fd = listen_on_loopback(AF_INET, &port);
	autofree char *container = xasprintf(
		"{\"Id\":\"C1\",\"Image\":\"sha256:OLD\",\"State\":{\"Status\":\"running\"},\"Config\":{\"Image\":\"" LOCAL "\"},"
		"\"HostConfig\":{\"PortBindings\":{\"30051/tcp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"%d\"}]}}}\n" IMAGE(LOCAL), port);
	const struct script_step steps[] = {
		{ .command = INSPECT, .code = 1, .out = container }, ENGINE, VOLUMES(NAME "\n"), HOLDERS(NAME "\n"),
	};
	struct scene *scene = *state;
	struct error *err = NULL;
	AUTO(survey) survey = { 0 };

	SCENE_SCRIPT(scene, steps);
	assert_int_equal(survey_make(&survey, &scene->env, &plain, &err), 0);
	assert_int_equal(survey.action, ACTION_RECREATE);
	assert_int_equal(survey.plan.port, port);
	scene_script(scene, NULL, 0); /* the steps end here */
	close(fd);
}

/* A run was killed when it had told docker to start the container: the port is bound before docker shows that it runs. */
static void the_own_container_does_not_count_while_docker_starts_it(void **state)
{
	static const char json[] = "{\"Id\":\"C1\",\"Image\":\"sha256:%s\",\"State\":{\"Status\":\"%s\"},\"Config\":{\"Image\":\"" LOCAL "\"},"
				   "\"HostConfig\":{\"PortBindings\":{\"30051/tcp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"%d\"}]}}}\n";
	static const struct {
		const char *image, *later;
		bool refused;
		enum container_action action;
	} rows[] = {
		{ "I1", "running", false, ACTION_KEEP },
		{ "OLD", "running", false, ACTION_RECREATE },
		{ "I1", "created", true, ACTION_REUSE },
	};
	struct scene *scene = *state;
	struct error *err = NULL;
	int port, fd = listen_on_loopback(AF_INET, &port);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *first = xasprintf(json, rows[i].image, "created", port), *images = xasprintf("%s" IMAGE(LOCAL), first);
		autofree char *later = xasprintf(json, rows[i].image, rows[i].later, port);
		const struct script_step steps[] = {
			{ .command = INSPECT, .code = 1, .out = images }, ENGINE, VOLUMES(NAME "\n"), HOLDERS(""),
			{ .command = "docker container inspect *", .out = later },
		};
		AUTO(survey) survey = { 0 };

		SCENE_SCRIPT(scene, steps);
		assert_int_equal(survey_make(&survey, &scene->env, &plain, &err), rows[i].refused ? -1 : 0);
		assert_int_equal(survey.action, rows[i].action);
		if (rows[i].refused)
			assert_error(&err, ERROR_CONFLICT, "in use by ");
		scene_script(scene, NULL, 0); /* the steps end here */
	}
	close(fd);
}

static void port_0_leaves_a_port_that_somebody_else_has_taken(void **state)
{
	int port, fd = listen_on_loopback(AF_INET, &port);
	autofree char *now = xasprintf(CONTAINER("exited", "%d", ""), port);
	autofree char *both = xasprintf("%s" IMAGE(LOCAL), now);
	const struct script_step taken[] = {
		{ .command = INSPECT, .out = both }, ENGINE, VOLUMES(NAME "\n"), HOLDERS(""),
		{ .command = "docker container inspect --format '{{json .}}' -- " NAME, .out = now },
	};
	const struct deploy_options options = { .name = "gw", .port = 0 };
	struct scene *scene = *state;
	struct error *err = NULL;
	AUTO(survey) moved = { 0 };
	AUTO(survey) kept = { 0 };

	SCENE_SCRIPT(scene, taken);
	assert_int_equal(survey_make(&moved, &scene->env, &options, &err), 0);
	assert_int_equal(moved.action, ACTION_RECREATE);
	assert_in_range(moved.plan.port, 1, 65535);
	assert_int_not_equal(moved.plan.port, port);
	close(fd);
	scene_script(scene, taken, ARRAY_LEN(taken) - 1);
	assert_int_equal(survey_make(&kept, &scene->env, &options, &err), 0);
	assert_int_equal(kept.action, ACTION_REUSE);
	assert_int_equal(kept.plan.port, port);
	scene_script(scene, NULL, 0); /* the steps end here */
}

static void port_0_finds_a_free_one_without_asking_docker(void **state)
{
	static const struct script_step steps[] = { NOTHING, VOLUMES("") };
	struct deploy_options options = { .name = "gw", .port = 0 };
	struct scene *scene = *state;
	struct error *err = NULL;
	AUTO(survey) survey = { 0 };

	SCENE_SCRIPT(scene, steps);
	assert_int_equal(survey_make(&survey, &scene->env, &options, &err), 0);
	assert_in_range(survey.plan.port, 1, 65535);
}

/* ------------------------------------------------------------------ asking a person */

static bool answer;
static int asked;

static bool confirm(void *arg, const char *name, const struct container *container)
{
	(void)arg;
	(void)container;
	assert_string_equal(name, "gw");
	asked++;
	return answer;
}


static void a_person_is_asked_before_what_exists_is_destroyed(void **state)
{
	static const struct script_step kept[] = {
		{ .command = INSPECT, .code = 1, .out = CONTAINER("running", "8080", "") IMAGE(LOCAL) }, ENGINE, VOLUMES(NAME "\n"),
	};
	static const struct script_step destroyed[] = {
		{ .command = INSPECT, .code = 1, .out = CONTAINER("running", "8080", "") IMAGE(LOCAL) }, ENGINE, VOLUMES(NAME "\n"),
	};
	struct deploy_options options = { .name = "gw", .port = -1, .confirm_recreate = confirm };
	struct scene *scene = *state;
	struct error *err = NULL;
	AUTO(survey) survey = { 0 };

	asked = 0;
	answer = false;
	assert_int_equal(LOOK(scene, kept, &options, &err), 0);
	assert_int_equal(asked, 1);
	answer = true;
	options.port = 0;
	SCENE_SCRIPT(scene, destroyed);
	assert_int_equal(survey_make(&survey, &scene->env, &options, &err), 0);
	assert_int_equal(asked, 2);
	assert_int_equal(survey.action, ACTION_CREATE);
	assert_true(survey.afresh);
}

static void nobody_is_asked_about_nothing(void **state)
{
	static const struct script_step steps[] = { NOTHING, VOLUMES("") };
	struct deploy_options options = { .name = "gw", .port = 0, .confirm_recreate = confirm };
	struct scene *scene = *state;
	struct error *err = NULL;

	asked = 0;
	answer = true;
	assert_int_equal(LOOK(scene, steps, &options, &err), 0);
	assert_int_equal(asked, 0);
}

static void a_volume_alone_is_reason_to_ask(void **state)
{
	static const struct script_step steps[] = { NOTHING, VOLUMES(NAME "\n") };
	struct deploy_options options = { .name = "gw", .port = 0, .confirm_recreate = confirm };
	struct scene *scene = *state;
	struct error *err = NULL;

	asked = 0;
	answer = false;
	assert_int_equal(LOOK(scene, steps, &options, &err), 0);
	assert_int_equal(asked, 1);
}

static void recreate_asks_nobody(void **state)
{
	static const struct script_step steps[] = {
		{ .command = INSPECT, .code = 1, .out = CONTAINER("exited", "8080", "") IMAGE(LOCAL) }, ENGINE, VOLUMES(NAME "\n"),
	};
	struct deploy_options options = { .name = "gw", .port = 0, .recreate = true, .confirm_recreate = confirm };
	struct scene *scene = *state;
	struct error *err = NULL;

	asked = 0;
	assert_int_equal(LOOK(scene, steps, &options, &err), 0);
	assert_int_equal(asked, 0);
}

/* ------------------------------------------------------------------ what the node is given */

static void files_that_cannot_be_used_are_refused_before_docker_is_asked(void **state)
{
	static const struct {
		int which;
		const char *file, *text, *error;
		enum error_kind kind;
	} rows[] = {
		{ NODE_CA, "ca.pem", NULL, "--ca: cannot read ", ERROR_ABSENT },
		{ NODE_CA, "ca.pem", "hello\n", "holds no certificate", ERROR_USAGE },
		{ NODE_REGISTRIES, "r.yaml", "mirror: {}\n", "r.yaml, line 1: 'mirror' is not known here", ERROR_USAGE },
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *path = xasprintf("%s/%s", scene->paths.user_root, rows[i].file);
		struct deploy_options options = plain;
		AUTO(survey) survey = { 0 };
		struct error *err = NULL;

		if (rows[i].text != NULL)
			scene_write(scene, rows[i].file, rows[i].text);
		options.files[rows[i].which] = path;
		assert_int_equal(survey_make(&survey, &scene->env, &options, &err), -1);
		assert_error(&err, rows[i].kind, rows[i].error);
	}
}

#define CA_TEXT "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
#define LABELLED(id) \
	"{\"Id\":\"C1\",\"Image\":\"sha256:I1\",\"State\":{\"Status\":\"running\",\"Health\":{\"Status\":\"healthy\"}}," \
	"\"Config\":{\"Image\":\"" LOCAL "\",\"Labels\":{\"ai.openshell.files\":\"" id "\"}},\"HostConfig\":{\"PortBindings\":" \
	"{\"30051/tcp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"8080\"}]}},\"NetworkSettings\":{\"Networks\":{\"" NAME "\":{}}}}\n"

/* The files of a container that another client made, or of a configuration that was lost. */
static void a_container_with_files_that_are_not_kept_here_stays_as_it_is(void **state)
{
	static const struct script_step same[] = {
		{ .command = INSPECT, .code = 1, .out = LABELLED("0123456789abcdef") IMAGE(LOCAL) }, ENGINE,
	};
	static const struct script_step other_port[] = {
		{ .command = INSPECT, .code = 1, .out = LABELLED("0123456789abcdef") IMAGE(LOCAL) }, ENGINE, VOLUMES(NAME "\n"), HOLDERS(""),
	};
	struct scene *scene = *state;
	struct deploy_options options = plain;
	struct error *err = NULL;
	AUTO(survey) kept = { 0 };
	AUTO(survey) made_anew = { 0 };

	SCENE_SCRIPT(scene, same);
	assert_int_equal(survey_make(&kept, &scene->env, &plain, &err), 0);
	assert_int_equal(kept.action, ACTION_KEEP);
	SCENE_SCRIPT(scene, other_port);
	assert_int_equal(endpoint_free_port("127.0.0.1", &options.port, &err), 0);
	assert_int_equal(survey_make(&made_anew, &scene->env, &options, &err), 0);
	assert_int_equal(made_anew.action, ACTION_RECREATE);
	assert_null(made_anew.files.id);
	assert_true(says(&scene->warnings, "are not kept here"));
}

static void a_container_that_lacks_what_is_kept_is_made_anew(void **state)
{
	static const struct script_step steps[] = {
		{ .command = INSPECT, .code = 1, .out = CONTAINER("running", "8080", "") IMAGE(LOCAL) }, ENGINE, VOLUMES(NAME "\n"),
		HOLDERS(""),
	};
	struct scene *scene = *state;
	struct error *err = NULL;
	AUTO(survey) survey = { 0 };

	scene_write(scene, "gateways/gw/node/ca.crt", CA_TEXT);
	scene_write(scene, "gateways/gw/node/id", "0123456789abcdef");
	SCENE_SCRIPT(scene, steps);
	assert_int_equal(survey_make(&survey, &scene->env, &plain, &err), 0);
	assert_int_equal(survey.action, ACTION_RECREATE);
	assert_string_equal(survey.plan.files, "0123456789abcdef");
}

static void one_file_is_changed_and_the_other_stays(void **state)
{
	static const struct script_step steps[] = {
		{ .command = INSPECT, .code = 1, .out = LABELLED("0123456789abcdef") IMAGE(LOCAL) }, ENGINE, VOLUMES(NAME "\n"), HOLDERS(""),
	};
	struct scene *scene = *state;
	struct deploy_options options = plain;
	autofree char *path = xasprintf("%s/r.yaml", scene->paths.user_root);
	struct error *err = NULL;
	AUTO(survey) survey = { 0 };

	scene_write(scene, "gateways/gw/node/ca.crt", CA_TEXT);
	scene_write(scene, "gateways/gw/node/registries.yaml", "mirrors:\n");
	scene_write(scene, "gateways/gw/node/id", "0123456789abcdef");
	scene_write(scene, "r.yaml", "configs:\n");
	options.files[NODE_REGISTRIES] = path;
	SCENE_SCRIPT(scene, steps);
	assert_int_equal(survey_make(&survey, &scene->env, &options, &err), 0);
	assert_int_equal(survey.action, ACTION_RECREATE);
	assert_string_equal(buf_str(&survey.files.text[NODE_CA]), CA_TEXT);
	assert_string_equal(buf_str(&survey.files.text[NODE_REGISTRIES]), "configs:\n");
	assert_string_not_equal(survey.files.id, "0123456789abcdef");
}

/* ------------------------------------------------------------------ proxies */

static void a_proxy_is_judged_when_a_container_is_to_be_made(void **state)
{
	static const struct script_step none[] = { NOTHING, VOLUMES(""), HOLDERS("") };
	static const struct script_step running[] = {
		{ .command = INSPECT, .code = 1, .out = CONTAINER("running", "8080", "") IMAGE(LOCAL) }, ENGINE,
	};
	struct scene *scene = *state;
	struct deploy_options options = plain;
	struct error *err = NULL;
	AUTO(survey) survey = { 0 };

	assert_int_equal(endpoint_free_port("127.0.0.1", &options.port, &err), 0);
	scene->settings.http_proxy = "http://127.0.0.1:3128";
	SCENE_SCRIPT(scene, none);
	assert_int_equal(survey_make(&survey, &scene->env, &options, &err), 0);
	assert_true(says(&scene->warnings, "HTTP_PROXY: not given to the container"));
	scene->settings.http_proxy = "http://p\n";
	assert_int_equal(LOOK(scene, none, &options, &err), -1);
	assert_error(&err, ERROR_USAGE, "HTTP_PROXY holds a control character");
	assert_int_equal(LOOK(scene, running, &plain, &err), 0);
	assert_int_equal(scene->warnings.n, 0);
}

static void dockers_configuration_is_read_for_its_proxies(void **state)
{
	static const struct script_step none[] = { NOTHING, VOLUMES(""), HOLDERS("") };
	static const struct script_step far[] = {
		{ .command = INSPECT, .code = 1, .out = IMAGE(LOCAL) },
		{ .command = INFO, .out = "{\"ID\":\"E1\",\"ServerVersion\":\"28.2.2\",\"ClientInfo\":{\"Context\":\"far\"}}\n" },
		VOLUMES(""), HOLDERS(""),
		{ .command = "docker context inspect *", .out = "tcp://far:2376\n" },
	};
	struct scene *scene = *state;
	struct deploy_options options = plain;
	autofree char *dir = xasprintf("%s/docker", scene->paths.user_root);
	struct error *err = NULL;
	AUTO(survey) first = { 0 };
	AUTO(survey) second = { 0 };

	assert_int_equal(endpoint_free_port("127.0.0.1", &options.port, &err), 0);
	scene->settings.docker_config = dir;
	scene_write(scene, "docker/config.json", "{\"proxies\":{\"default\":{\"httpProxy\":\"http://p\",\"noProxy\":\"corp\"}}}");
	SCENE_SCRIPT(scene, none);
	assert_int_equal(survey_make(&first, &scene->env, &options, &err), 0);
	assert_true(str_starts(first.proxies.env.v[0], "NO_PROXY=corp,localhost,"));
	scene_write(scene, "docker/config.json", "{\"proxies\":{\"tcp://far:2376\":{\"httpProxy\":\"http://p\",\"noProxy\":\"far\"}}}");
	SCENE_SCRIPT(scene, far);
	assert_int_equal(survey_make(&second, &scene->env, &options, &err), 0);
	assert_true(str_starts(second.proxies.env.v[0], "NO_PROXY=far,localhost,"));
	scene_write(scene, "docker/config.json", "not JSON");
	assert_int_equal(LOOK(scene, none, &options, &err), 0);
	assert_true(says(&scene->warnings, "the proxies in docker's configuration are not known"));
}

int main(void)
{
#define RULE(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
	static const struct CMUnitTest tests[] = {
		RULE(a_recorded_gateway_that_runs_costs_one_look),
		RULE(so_does_one_on_another_host_where_docker_there_is_asked),
		RULE(on_another_host_it_listens_everywhere_and_no_port_is_tried_here),
		RULE(a_gateway_keeps_the_image_it_was_made_from),
		RULE(the_published_image_is_taken_before_our_own),
		RULE(a_ref_that_is_none_is_a_usage_error),
		RULE(an_image_that_a_pull_brought_must_be_there),
		RULE(images_to_push_are_looked_for_on_the_engine),
		RULE(a_ref_that_cannot_be_pushed_is_told_before_docker_is_asked),
		RULE(another_engine_is_a_conflict_unless_by_force),
		RULE(the_recorded_container_is_proof_of_its_engine),
		RULE(a_name_that_means_a_gateway_elsewhere_is_a_conflict),
		RULE(a_name_that_means_an_added_gateway_is_a_conflict),
		RULE(a_record_that_cannot_be_read_is_written_anew),
		RULE(an_engine_that_is_silent_is_unreachable),
		RULE(an_open_gateway_on_the_network_needs_force),
		RULE(more_processors_than_there_are_are_refused_while_the_gateway_runs_on),
		RULE(a_container_that_holds_the_port_is_named),
		RULE(a_container_on_another_address_leaves_the_port_to_ours),
		RULE(a_container_that_holds_another_hosts_port_is_stopped_there),
		RULE(a_port_of_another_program_is_a_conflict),
		RULE(the_own_container_does_not_count),
		RULE(the_own_container_does_not_count_while_docker_starts_it),
		RULE(port_0_leaves_a_port_that_somebody_else_has_taken),
		RULE(port_0_finds_a_free_one_without_asking_docker),
		RULE(a_person_is_asked_before_what_exists_is_destroyed),
		RULE(nobody_is_asked_about_nothing),
		RULE(an_image_for_another_platform_is_not_made_into_a_container),
		RULE(a_container_of_another_platform_that_is_there_is_docker_s_business),
		RULE(what_a_pull_brought_must_be_for_the_platform),
		RULE(the_image_of_this_host_is_the_one_to_use),
		RULE(an_image_that_cannot_be_sent_is_refused_at_once),
		RULE(a_volume_alone_is_reason_to_ask),
		RULE(recreate_asks_nobody),
		RULE(files_that_cannot_be_used_are_refused_before_docker_is_asked),
		RULE(a_container_with_files_that_are_not_kept_here_stays_as_it_is),
		RULE(a_container_that_lacks_what_is_kept_is_made_anew),
		RULE(one_file_is_changed_and_the_other_stays),
		RULE(a_proxy_is_judged_when_a_container_is_to_be_made),
		RULE(dockers_configuration_is_read_for_its_proxies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
