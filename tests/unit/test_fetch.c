/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/fetch.h"

#include <stdlib.h>

#include "gateway/site.h"
#include "script.h"

#define DIST "ghcr.io/nvidia/openshell/cluster"

static const struct engine amd = { .os = (char *)"linux", .arch = (char *)"x86_64" };
static const struct engine arm = { .os = (char *)"linux", .arch = (char *)"aarch64" };
static const struct engine unknown = { 0 };
static const struct site elsewhere = { 0 };

static void the_platform_is_the_engines(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker pull --platform linux/amd64 -- r.example/x:1" },
		{ .command = "docker pull --platform linux/arm64 -- r.example/x@sha256:0123" },
		{ .command = "docker pull -- r.example/x:1" },
	};
	const struct deploy_options options = { .name = "gw" };
	struct scene *scene = *state;
	struct error *err = NULL;

	SCENE_SCRIPT(scene, steps);
	assert_int_equal(gateway_fetch_image(&scene->env, &options, &amd, "r.example/x:1", &err), 0);
	assert_int_equal(gateway_fetch_image(&scene->env, &options, &arm, "r.example/x@sha256:0123", &err), 0);
	assert_int_equal(gateway_fetch_image(&scene->env, &options, &unknown, "r.example/x:1", &err), 0);
}

/* The name is its own there; one with a registry is pulled from that. */
static void another_host_gets_the_published_image_under_the_local_name(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker pull --platform linux/arm64 -- " DIST ":mine" },
		{ .command = "docker tag -- " DIST ":mine openshell/cluster:mine" },
		{ .command = "docker pull --platform linux/arm64 -- " DIST ":latest" },
		{ .command = "docker tag -- " DIST ":latest cluster-local:mine" },
		{ .command = "docker pull --platform linux/arm64 -- r.example/x:1" },
	};
	const struct deploy_options options = { .name = "gw", .site = &elsewhere };
	struct scene *scene = *state;
	struct error *err = NULL;

	SCENE_SCRIPT(scene, steps);
	assert_int_equal(gateway_fetch_image(&scene->env, &options, &arm, "openshell/cluster:mine", &err), 0);
	assert_true(says(&scene->notes, "the published image " DIST ":mine is taken for it"));
	assert_int_equal(gateway_fetch_image(&scene->env, &options, &arm, "cluster-local:mine", &err), 0);
	assert_int_equal(gateway_fetch_image(&scene->env, &options, &arm, "r.example/x:1", &err), 0);
}

static void what_cannot_be_pulled_asks_no_registry(void **state)
{
	static const struct {
		const char *ref;
		bool elsewhere;
		enum pull_policy pull;
		const char *text, *step;
	} rows[] = {
		{ "openshell/cluster:mine", false, PULL_MISSING, "is not here, and its name has no registry", "build-images.sh" },
		{ "openshell/cluster:mine", false, PULL_ALWAYS, "cannot be pulled (--pull always)", "docker load" },
		{ "openshell/cluster@sha256:0123", true, PULL_MISSING, "is not on that host, and its name has no registry", "--push-image" },
		{ "r.example/x:1", false, PULL_NEVER, "is not here, and --pull never forbids", "docker load" },
		{ "openshell/cluster:mine", true, PULL_NEVER, "is not on that host, and --pull never forbids", "--push-image" },
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct deploy_options options = {
			.name = "gw", .pull = rows[i].pull, .site = rows[i].elsewhere ? &elsewhere : NULL,
		};
		struct error *err = NULL;

		scene_script(scene, NULL, 0);
		assert_int_equal(gateway_fetch_image(&scene->env, &options, &amd, rows[i].ref, &err), -1);
		assert_string_equal(err->code, "image-absent");
		assert_true(advises(err, rows[i].step));
		assert_int_equal(advises(err, "--push-image"), rows[i].elsewhere);
		assert_error(&err, ERROR_ABSENT, rows[i].text);
	}
}

/* What is asked for at the registry counts, not what it is to be called. */
static void credentials_go_with_the_published_image(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker pull --platform linux/amd64 -- " DIST ":mine", .env = "DOCKER_AUTH_CONFIG" },
		{ .command = "docker tag *" },
		{ .command = "docker pull --platform linux/amd64 -- r.example/x:1" },
	};
	const struct deploy_options options = { .name = "gw", .site = &elsewhere, .registry_token = "secret" };
	struct scene *scene = *state;
	struct error *err = NULL;

	SCENE_SCRIPT(scene, steps);
	assert_int_equal(gateway_fetch_image(&scene->env, &options, &amd, "openshell/cluster:mine", &err), 0);
	assert_int_equal(gateway_fetch_image(&scene->env, &options, &amd, "r.example/x:1", &err), 0);
	assert_true(says(&scene->notes, "r.example/x:1 is pulled without them"));
}

static void a_name_that_cannot_be_given_is_a_failure(void **state)
{
	static const struct script_step steps[] = {
		{ .command = "docker pull *" }, { .command = "docker tag *", .code = 1, .err = "no space\n" },
	};
	const struct deploy_options options = { .name = "gw", .site = &elsewhere };
	struct scene *scene = *state;
	struct error *err = NULL;

	SCENE_SCRIPT(scene, steps);
	assert_int_equal(gateway_fetch_image(&scene->env, &options, &amd, "openshell/cluster:mine", &err), -1);
	assert_error(&err, ERROR_SYSTEM, "docker tag failed (exit 1): no space");
}

#define RULE(rule) cmocka_unit_test_setup_teardown(rule, scene_setup, scene_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RULE(the_platform_is_the_engines),
		RULE(another_host_gets_the_published_image_under_the_local_name),
		RULE(what_cannot_be_pulled_asks_no_registry),
		RULE(credentials_go_with_the_published_image),
		RULE(a_name_that_cannot_be_given_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
