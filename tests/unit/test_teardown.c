/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/teardown.h"

#include <signal.h>
#include <stdlib.h>

#include "script.h"

#define NAME "openshell-cluster-gw"
#define INSPECT "docker container inspect --format '{{json .}}' -- " NAME
#define ENGINE { .command = "docker info --format '{{json .}}'", .out = "{\"ID\":\"E1\",\"ServerVersion\":\"28.2.2\"}\n" }
#define CONTAINER "{\"Id\":\"C1\",\"Image\":\"I\",\"State\":{\"Status\":\"running\"},\"Config\":{\"Image\":\"openshell/cluster:dev\"}}\n"
#define THERE { .command = INSPECT, .out = CONTAINER }
#define UNLISTED { .command = "docker container ls --all *" }
#define ABSENT { .command = INSPECT, .code = 1, .out = "[]\n" }, UNLISTED
#define REMOVAL \
	{ .command = "docker stop -t 10 -- " NAME }, { .command = "docker rm -f -v -- " NAME }, \
	{ .command = "docker volume rm -f " NAME }, { .command = "docker network rm " NAME }
#define LISTS(volumes, networks) \
	{ .command = "docker volume ls *", .out = volumes }, { .command = "docker network ls *", .out = networks }

static const struct teardown_options plain = { .name = "gw" }, forced = { .name = "gw", .force = true };

static void write_record(const struct scene *scene, const char *container_id, const char *docker_id)
{
	autofree char *text = xasprintf("{\"name\":\"gw\",\"gateway_endpoint\":\"https://127.0.0.1:8080\",\"is_remote\":false,"
					"\"gateway_port\":8080,\"container_id\":\"%s\",\"docker_id\":\"%s\"}", container_id, docker_id);

	scene_write(scene, "gateways/gw/metadata.json", text);
}

static int stop(struct scene *scene, const struct script_step *steps, size_t count, const struct teardown_options *options,
		bool *stopped, struct error **err)
{
	scene_script(scene, steps, count);
	return gateway_stop(&scene->env, options, stopped, err);
}

static int destroy(struct scene *scene, const struct script_step *steps, size_t count,
		   const struct teardown_options *options, bool *found, struct error **err)
{
	scene_script(scene, steps, count);
	return gateway_destroy(&scene->env, options, found, err);
}

#define STOP(scene, steps, options, stopped, err) stop(scene, steps, ARRAY_LEN(steps), options, stopped, err)
#define DESTROY(scene, steps, options, found, err) destroy(scene, steps, ARRAY_LEN(steps), options, found, err)

/* ------------------------------------------------------------------ stop */

static void the_recorded_container_is_stopped_by_one_call(void **state)
{
	static const struct script_step steps[] = { { .command = "docker stop -t 10 -- C1" } };
	struct error *err = NULL;
	bool stopped = false;

	write_record(*state, "C1", "E1");
	assert_int_equal(STOP(*state, steps, &plain, &stopped, &err), 0);
	assert_true(stopped);
}

static void without_a_record_the_container_is_found_by_its_name(void **state)
{
	static const struct script_step steps[] = { THERE, { .command = "docker stop -t 10 -- " NAME } };
	struct error *err = NULL;
	bool stopped = false;

	assert_int_equal(STOP(*state, steps, &plain, &stopped, &err), 0);
	assert_true(stopped);
}

static void stopping_nothing_is_fine(void **state)
{
	static const struct script_step steps[] = { ABSENT };
	struct error *err = NULL;
	bool stopped = true;

	assert_int_equal(STOP(*state, steps, &plain, &stopped, &err), 0);
	assert_false(stopped);
}

#define RECORDED_IS_GONE \
	{ .command = "docker stop -t 10 -- C1", .code = 1 }, \
	{ .command = "docker container inspect --format '{{json .}}' -- C1", .code = 1, .out = "[]\n" }, UNLISTED

static void a_container_that_was_made_anew_is_stopped_by_name(void **state)
{
	static const struct script_step steps[] = {
		RECORDED_IS_GONE, { .command = INSPECT, .out = "{\"Id\":\"C2\",\"Image\":\"I\",\"State\":{\"Status\":\"running\"}}\n" },
		ENGINE, { .command = "docker stop -t 10 -- " NAME },
	};
	struct error *err = NULL;
	bool stopped = false;

	write_record(*state, "C1", "E1");
	assert_int_equal(STOP(*state, steps, &plain, &stopped, &err), 0);
	assert_true(stopped);
}

static void on_another_engine_nothing_is_stopped(void **state)
{
	static const struct script_step steps[] = { RECORDED_IS_GONE, ABSENT, ENGINE };
	static const struct script_step same_name[] = {
		RECORDED_IS_GONE, { .command = INSPECT, .out = "{\"Id\":\"C2\",\"Image\":\"I\",\"State\":{\"Status\":\"running\"}}\n" },
		ENGINE,
	};
	struct error *err = NULL;
	bool stopped;

	write_record(*state, "C1", "E9");
	assert_int_equal(STOP(*state, steps, &plain, &stopped, &err), -1);
	assert_error(&err, ERROR_CONFLICT, "cannot stop gateway 'gw': gateway 'gw' belongs to another docker engine (E9");
	assert_int_equal(STOP(*state, same_name, &plain, &stopped, &err), -1);
	assert_error(&err, ERROR_CONFLICT, "another docker engine");
}

static void force_stops_on_another_engine(void **state)
{
	static const struct script_step steps[] = { THERE, { .command = "docker stop -t 10 -- " NAME } };
	struct error *err = NULL;
	bool stopped = false;

	write_record(*state, "C9", "E9");
	assert_int_equal(STOP(*state, steps, &forced, &stopped, &err), 0);
	assert_true(stopped);
}

static void a_container_that_cannot_be_stopped_is_an_error(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker stop *", .code = 1, .err = "cannot kill\n" },
		{ .command = "docker container inspect *", .out = CONTAINER },
	};
	struct error *err = NULL;
	bool stopped;

	write_record(*state, "C1", "E1");
	assert_int_equal(STOP(*state, steps, &plain, &stopped, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "cannot stop gateway 'gw': docker stop failed (exit 1): cannot kill");
}

static void without_an_engine_nothing_is_stopped(void **state)
{
	static const struct script_step steps[] = { { .command = "docker stop *", .how = SCRIPT_MISSING },
						    { .command = "docker container inspect *", .how = SCRIPT_MISSING } };
	struct error *err = NULL;
	bool stopped;

	write_record(*state, "C1", "E1");
	assert_int_equal(STOP(*state, steps, &plain, &stopped, &err), -1);
	assert_error(&err, ERROR_UNREACHABLE, "docker was not found on PATH");
}

/* ------------------------------------------------------------------ destroy */

static void destroy_removes_everything_in_order(void **state)
{
	static const struct script_step steps[] = { THERE, REMOVAL };
	struct scene *scene = *state;
	struct error *err = NULL;
	bool found = false;

	write_record(scene, "C1", "E1");
	scene_write(scene, "gateways/gw/mtls/ca.crt", "x");
	scene_write(scene, "active_gateway", "gw");
	assert_int_equal(DESTROY(scene, steps, &plain, &found, &err), 0);
	assert_true(found);
	assert_false(scene_has(scene, "gateways/gw"));
	assert_false(scene_has(scene, "active_gateway"));
	assert_line(&scene->steps, "'removing the container' 'removing the volume' 'removing the network' .");
}

static void another_active_gateway_stays_active(void **state)
{
	static const struct script_step steps[] = { THERE, REMOVAL };
	struct scene *scene = *state;
	struct error *err = NULL;
	autofree char *active = NULL;
	bool found;

	write_record(scene, "C1", "E1");
	scene_write(scene, "active_gateway", "other");
	assert_int_equal(DESTROY(scene, steps, &plain, &found, &err), 0);
	active = scene_read(scene, "active_gateway");
	assert_string_equal(active, "other");
}

static void destroying_nothing_is_fine(void **state)
{
	static const struct script_step steps[] = { ABSENT, LISTS("", "") };
	struct error *err = NULL;
	bool found = true;

	assert_int_equal(DESTROY(*state, steps, &plain, &found, &err), 0);
	assert_false(found);
}

static void a_record_alone_is_found_and_removed(void **state)
{
	static const struct script_step steps[] = { ABSENT, ENGINE, LISTS("", "") };
	struct error *err = NULL;
	bool found = false;

	write_record(*state, "C1", "E1");
	assert_int_equal(DESTROY(*state, steps, &plain, &found, &err), 0);
	assert_true(found);
	assert_false(scene_has(*state, "gateways/gw"));
}

/* What is absent is passed over. */
#define STOPPING_NOTHING { .command = "docker stop *", .code = 1 }, ABSENT

static void a_volume_or_a_network_alone_is_removed(void **state)
{
	static const struct script_step volume[] = {
		ABSENT, LISTS(NAME "\n", ""), STOPPING_NOTHING,
		{ .command = "docker rm -f -v -- " NAME }, { .command = "docker volume rm -f " NAME },
		{ .command = "docker network rm *", .code = 1 }, { .command = "docker network ls *", .out = "" },
	};
	static const struct script_step network[] = {
		ABSENT, LISTS("", NAME "\nN1\n"), STOPPING_NOTHING,
		{ .command = "docker rm -f -v -- " NAME, .code = 1 }, ABSENT,
		{ .command = "docker volume rm -f " NAME }, { .command = "docker network rm " NAME },
	};
	struct error *err = NULL;
	bool found = false;

	assert_int_equal(DESTROY(*state, volume, &plain, &found, &err), 0);
	assert_true(found);
	found = false;
	assert_int_equal(DESTROY(*state, network, &plain, &found, &err), 0);
	assert_true(found);
}

static void destroy_works_though_the_stop_fails(void **state)
{
	static const struct script_step steps[] = {
		THERE, { .command = "docker stop *", .code = 1 }, THERE, { .command = "docker rm -f -v -- " NAME },
		{ .command = "docker volume rm -f " NAME }, { .command = "docker network rm " NAME },
	};
	struct error *err = NULL;
	bool found = false;

	assert_int_equal(DESTROY(*state, steps, &plain, &found, &err), 0);
	assert_true(found);
}

static void the_records_stay_until_docker_has_removed_all(void **state)
{
	static const struct script_step steps[] = {
		THERE, { .command = "docker stop *" }, { .command = "docker rm *" },
		{ .command = "docker volume rm *", .code = 1, .err = "volume is in use\n" },
		{ .command = "docker volume ls *", .out = NAME "\n" },
	};
	struct error *err = NULL;
	bool found;

	write_record(*state, "C1", "E1");
	assert_int_equal(DESTROY(*state, steps, &plain, &found, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "cannot destroy gateway 'gw': docker volume rm failed (exit 1): volume is in use");
	assert_true(scene_has(*state, "gateways/gw/metadata.json"));
}

static void a_signal_ends_a_destroy_before_anything_is_removed(void **state)
{
	static const struct script_step steps[] = { THERE, { .command = "docker stop *", .how = SCRIPT_CANCELS } };
	struct error *err = NULL;
	bool found;

	write_record(*state, "C1", "E1");
	assert_int_equal(DESTROY(*state, steps, &plain, &found, &err), -1);
	assert_int_equal(error_exit_code(err), 128 + SIGTERM);
	assert_error(&err, ERROR_CANCELLED, "SIGTERM");
	assert_true(scene_has(*state, "gateways/gw/metadata.json"));
}

static void on_another_engine_nothing_is_destroyed(void **state)
{
	static const struct script_step steps[] = { ABSENT, ENGINE };
	static const struct script_step by_force[] = { ABSENT, LISTS("", "") };
	struct error *err = NULL;
	bool found = false;

	write_record(*state, "C9", "E9");
	assert_int_equal(DESTROY(*state, steps, &plain, &found, &err), -1);
	assert_error(&err, ERROR_CONFLICT, "another docker engine");
	assert_true(scene_has(*state, "gateways/gw/metadata.json"));
	assert_int_equal(DESTROY(*state, by_force, &forced, &found, &err), 0);
	assert_true(found);
	assert_false(scene_has(*state, "gateways/gw"));
}

static void the_image_stays_unless_it_is_asked_for(void **state)
{
	static const struct script_step steps[] = {
		THERE, REMOVAL,
		{ .command = "docker image rm --no-prune -- openshell/cluster:dev", .code = 1, .err = "image is in use\n" },
	};
	static const struct teardown_options options = { .name = "gw", .remove_image = true };
	struct scene *scene = *state;
	struct error *err = NULL;
	bool found;

	assert_int_equal(DESTROY(*state, steps, &options, &found, &err), 0);
	assert_int_equal(scene->warnings.n, 1);
	assert_non_null(strstr(scene->warnings.v[0], "image is in use"));
}

static void a_record_that_cannot_be_read_does_not_stand_in_the_way(void **state)
{
	static const struct script_step steps[] = { THERE, REMOVAL };
	struct error *err = NULL;
	bool found;

	scene_write(*state, "gateways/gw/metadata.json", "{ broken");
	assert_int_equal(DESTROY(*state, steps, &plain, &found, &err), 0);
	assert_false(scene_has(*state, "gateways/gw"));
}

/* ------------------------------------------------------------------ gateways that are not ours */

static void an_entry_of_the_system_is_refused(void **state)
{
	struct scene *scene = *state;
	struct error *err = NULL;
	bool any;

	/* the tree of all users, beside our own */
	scene_write(scene, "../system/gateways/gw/metadata.json",
		    "{\"name\":\"gw\",\"gateway_endpoint\":\"https://127.0.0.1:8080\",\"is_remote\":false,\"gateway_port\":8080}");
	assert_int_equal(gateway_stop(&scene->env, &forced, &any, &err), -1);
	assert_error(&err, ERROR_REFUSED, "is an entry of the system");
	assert_int_equal(gateway_destroy(&scene->env, &forced, &any, &err), -1);
	assert_int_equal(error_exit_code(err), 6);
	assert_error(&err, ERROR_REFUSED, "is an entry of the system");
	assert_true(scene_has(scene, "../system/gateways/gw/metadata.json"));
}

static void an_entry_of_the_system_that_cannot_be_used_is_refused_too(void **state)
{
	static const char *const texts[] = { "{ broken", "", "{}" };
	struct scene *scene = *state;
	struct error *err = NULL;
	bool any;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		scene_write(scene, "../system/gateways/gw/metadata.json", texts[i]);
		assert_int_equal(gateway_destroy(&scene->env, &forced, &any, &err), -1);
		assert_error(&err, ERROR_REFUSED, "is an entry of the system");
		assert_true(scene_has(scene, "../system/gateways/gw/metadata.json"));
	}
}

static void what_another_program_only_registered_is_refused(void **state)
{
	struct scene *scene = *state;
	struct error *err = NULL;
	bool any;

	scene_write(scene, "gateways/gw/metadata.json",
		    "{\"name\":\"gw\",\"gateway_endpoint\":\"http://127.0.0.1:8080\",\"is_remote\":false,\"gateway_port\":0,"
		    "\"client_lifecycle_managed\":false}");
	assert_int_equal(gateway_stop(&scene->env, &forced, &any, &err), -1);
	assert_error(&err, ERROR_REFUSED, "http://127.0.0.1:8080");
	assert_int_equal(gateway_destroy(&scene->env, &forced, &any, &err), -1);
	assert_error(&err, ERROR_REFUSED, "http://127.0.0.1:8080");
}

static void a_gateway_elsewhere_is_refused(void **state)
{
	struct scene *scene = *state;
	struct error *err = NULL;
	bool any;

	scene_write(scene, "gateways/gw/metadata.json",
		    "{\"name\":\"gw\",\"gateway_endpoint\":\"https://far.example\",\"is_remote\":true,\"gateway_port\":0}");
	assert_int_equal(gateway_stop(&scene->env, &forced, &any, &err), -1);
	assert_error(&err, ERROR_REFUSED, "https://far.example");
	assert_int_equal(gateway_destroy(&scene->env, &plain, &any, &err), -1);
	assert_error(&err, ERROR_REFUSED, "https://far.example");
}

static void a_container_is_found_on_its_own_engine_only(void **state)
{
	static const struct script_step steps[] = { THERE, THERE, ENGINE, THERE };
	struct scene *scene = *state;
	struct error *err = NULL;
	AUTO(container) first = { 0 };
	AUTO(container) second = { 0 };
	AUTO(container) third = { 0 };

	SCENE_SCRIPT(scene, steps);
	write_record(scene, "C1", "E9");
	assert_int_equal(gateway_find_container(&scene->env, "gw", false, &first, &err), 0);
	assert_string_equal(first.id, "C1");
	write_record(scene, "C2", "E9");
	assert_int_equal(gateway_find_container(&scene->env, "gw", false, &second, &err), -1);
	assert_error(&err, ERROR_CONFLICT, "another docker engine");
	assert_int_equal(gateway_find_container(&scene->env, "gw", true, &third, &err), 0);
}

/* ------------------------------------------------------------------ one that was added */

/* As `gateway add` writes it for a container that has another name. */
static void write_added(const struct scene *scene)
{
	scene_write(scene, "gateways/gw/metadata.json",
		    "{\"name\":\"gw\",\"gateway_endpoint\":\"https://127.0.0.1:8080\",\"is_remote\":false,"
		    "\"gateway_port\":0,\"container_id\":\"C1\",\"docker_id\":\"E1\"}");
}

static void an_added_container_is_found_by_its_id(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker container inspect --format '{{json .}}' -- C1", .out = CONTAINER },
	};
	struct scene *scene = *state;
	AUTO(container) found = { 0 };
	struct error *err = NULL;

	write_added(scene);
	SCENE_SCRIPT(scene, steps);
	assert_int_equal(gateway_find_container(&scene->env, "gw", false, &found, &err), 0);
	assert_string_equal(found.id, "C1");
}

static void an_added_gateway_is_not_ours_to_destroy(void **state)
{
	struct scene *scene = *state;
	struct error *err = NULL;
	bool found = false;

	write_added(scene);
	assert_int_equal(destroy(scene, NULL, 0, &forced, &found, &err), -1);
	assert_true(advises(err, "openshell gateway remove gw"));
	assert_error(&err, ERROR_REFUSED, "was not made under this name, only added");
	assert_true(scene_has(scene, "gateways/gw/metadata.json"));
}

/* ------------------------------------------------------------------ a removal that docker is at already */

#define REMOVING { .command = INSPECT, .out = "{\"Id\":\"C1\",\"Image\":\"I\",\"State\":{\"Status\":\"removing\"}}\n" }
#define IN_PROGRESS { .command = "docker rm *", .code = 1, .err = "removal is already in progress\n" }, REMOVING, REMOVING

static void a_removal_in_progress_is_awaited(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker stop *" }, IN_PROGRESS, IN_PROGRESS,
		{ .command = "docker rm *", .code = 1, .err = "no such container\n" }, ABSENT,
	};
	struct scene *scene = *state;
	struct error *err = NULL;

	scene_script(scene, steps, ARRAY_LEN(steps));
	assert_int_equal(gateway_remove_container(&scene->env, NAME, &err), 0);
	assert_int_equal(script_elapsed(&scene->script), 1000);
}

static void a_removal_without_an_end_is_an_error(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker stop *" }, { .command = "docker rm *", .code = 1, .err = "in progress\n", .takes_ms = 40000 },
		REMOVING, REMOVING, { .command = "docker rm *", .code = 1, .err = "in progress\n", .takes_ms = 40000 }, REMOVING,
	};
	struct scene *scene = *state;
	struct error *err = NULL;

	scene_script(scene, steps, ARRAY_LEN(steps));
	assert_int_equal(gateway_remove_container(&scene->env, NAME, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "docker rm failed (exit 1): in progress");
}

int main(void)
{
#define RULE(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
	static const struct CMUnitTest tests[] = {
		RULE(the_recorded_container_is_stopped_by_one_call),
		RULE(without_a_record_the_container_is_found_by_its_name),
		RULE(stopping_nothing_is_fine),
		RULE(a_container_that_was_made_anew_is_stopped_by_name),
		RULE(on_another_engine_nothing_is_stopped),
		RULE(force_stops_on_another_engine),
		RULE(a_container_that_cannot_be_stopped_is_an_error),
		RULE(without_an_engine_nothing_is_stopped),
		RULE(destroy_removes_everything_in_order),
		RULE(another_active_gateway_stays_active),
		RULE(destroying_nothing_is_fine),
		RULE(a_record_alone_is_found_and_removed),
		RULE(a_volume_or_a_network_alone_is_removed),
		RULE(destroy_works_though_the_stop_fails),
		RULE(the_records_stay_until_docker_has_removed_all),
		RULE(a_signal_ends_a_destroy_before_anything_is_removed),
		RULE(on_another_engine_nothing_is_destroyed),
		RULE(the_image_stays_unless_it_is_asked_for),
		RULE(a_record_that_cannot_be_read_does_not_stand_in_the_way),
		RULE(an_entry_of_the_system_is_refused),
		RULE(an_entry_of_the_system_that_cannot_be_used_is_refused_too),
		RULE(what_another_program_only_registered_is_refused),
		RULE(a_gateway_elsewhere_is_refused),
		RULE(a_container_is_found_on_its_own_engine_only),
		RULE(an_added_container_is_found_by_its_id),
		RULE(an_added_gateway_is_not_ours_to_destroy),
		RULE(a_removal_in_progress_is_awaited),
		RULE(a_removal_without_an_end_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
