/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/dossier.h"

#include <stdlib.h>

#include "script.h"

#define RUNNING "{\"Id\":\"c1\",\"Name\":\"/openshell-cluster-gw\",\"Image\":\"sha256:1\",\"State\":{\"Status\":\"running\"}," \
	"\"Config\":{\"Image\":\"i\",\"Env\":[\"REGISTRY_PASSWORD=s3cret&x\",\"A=b\"]}}\n"
#define REPORTED "{\"Id\":\"c1\",\"Config\":{\"Env\":[\"REGISTRY_PASSWORD=s3cret\\u0026x\",\"A=b\"]}}\n"
#define LOOK { .command = "docker container inspect *", .out = RUNNING }
#define REPORT { .command = "docker container inspect --format '{{json .}}' -- c1", .out = REPORTED }

static const struct findings one_finding = {
	.v = { { "docker", CHECK_FAIL, "docker-old", (char *)(uintptr_t) "too old", NULL, NULL, 1 } }, .n = 1,
};

/* The text of a file in the archive, whose blocks have 512 bytes. The caller frees; NULL: it is not there. */
static char *file_of(const struct buf *tar, const char *name)
{
	autofree char *path = xasprintf("openshell-gw/%s", name);

	for (size_t at = 0; at + 512 <= tar->len && tar->data[at] != '\0';) {
		size_t size = strtoul(tar->data + at + 124, NULL, 8);

		if (streq(tar->data + at, path))
			return xstrndup(tar->data + at + 512, size);
		at += 512 + (size + 511) / 512 * 512;
	}
	return NULL;
}

static void assert_file(const struct dossier *dossier, const char *name, const char *part)
{
	autofree char *text = file_of(&dossier->tar, name);

	if (text == NULL || strstr(text, part) == NULL)
		fail_msg("%s: no \"%s\" in \"%s\"", name, part, text ? text : "(nothing)");
}

static void all_that_can_be_had_is_gathered_and_no_secret(void **state)
{
	static const struct script_step steps[] = {
		LOOK,
		REPORT,
		{ .command = "docker version --format '{{json .}}'", .out = "{\"Client\":{}}\n" },
		{ .command = "docker info --format '{{json .}}'", .out = "{\"HttpProxy\":\"http://me:pw@proxy\"}\n" },
		{ .command = "docker logs --tail 2000 -- c1", .out = "login with s3cret&x\n" },
		{ .command = "docker exec *kubectl * get nodes -o wide", .out = "node s3cret&x\n" },
		{ .command = "docker exec *kubectl * get pods *", .code = 1, .err = "no API\n" },
		{ .command = "docker exec *kubectl * get deployments,*" },
		{ .command = "docker exec *kubectl * get persistentvolumes,*" },
		{ .command = "docker exec *kubectl * get events *" },
		{ .command = "docker exec *kubectl * -n openshell describe pods" },
	};
	struct scene *scene = *state;
	AUTO(dossier) dossier = { .lacking = ARGV_INIT };
	struct error *err = NULL;

	SCENE_SCRIPT(scene, steps);
	scene_write(scene, "gateways/gw/metadata.json",
		    "{\"name\":\"gw\",\"gateway_endpoint\":\"https://h:1\",\"is_remote\":false,\"gateway_port\":1}");
	assert_int_equal(gateway_dossier(&scene->env, "gw", false, &one_finding, &dossier, &err), 0);
	assert_file(&dossier, "about.txt", "gateway 'gw'");
	assert_file(&dossier, "container.json", "\"REGISTRY_PASSWORD=***\"");
	assert_file(&dossier, "entry.json", "\"https://h:1\"");
	assert_file(&dossier, "checks.txt", "fail  docker       (docker-old) too old\n");
	assert_file(&dossier, "docker-version.json", "\"Client\"");
	assert_file(&dossier, "docker-info.json", "\"http://***@proxy\"");
	assert_file(&dossier, "container.log", "login with ***\n");
	assert_file(&dossier, "kubectl-nodes.txt", "node ***\n");
	assert_file(&dossier, "kubectl-pods.txt", "could not be had: kubectl failed (exit 1): no API\n");
	assert_null(memmem(dossier.tar.data, dossier.tar.len, "s3cret", 6));
	assert_int_equal(dossier.lacking.n, 1);
	assert_int_equal(dossier.tar.len % 512, 0);
}

static void a_docker_that_does_not_answer_is_asked_once(void **state)
{
	static const struct script_step steps[] = { { .command = "docker container inspect *", .how = SCRIPT_TIMES_OUT } };
	struct scene *scene = *state;
	AUTO(dossier) dossier = { .lacking = ARGV_INIT };
	struct error *err = NULL;

	SCENE_SCRIPT(scene, steps);
	assert_int_equal(gateway_dossier(&scene->env, "gw", false, &one_finding, &dossier, &err), 0);
	assert_file(&dossier, "container.json", "could not be had: ");
	assert_file(&dossier, "docker-info.json", "could not be had: docker did not answer before");
	assert_file(&dossier, "checks.txt", "too old");
	assert_file(&dossier, "entry.json", "could not be had: ");
	assert_null(file_of(&dossier.tar, "container.log"));
}

static void a_stop_ends_it(void **state)
{
	static const struct script_step steps[] = { { .command = "docker container inspect *", .how = SCRIPT_CANCELS } };
	struct scene *scene = *state;
	AUTO(dossier) dossier = { .lacking = ARGV_INIT };
	struct error *err = NULL;

	SCENE_SCRIPT(scene, steps);
	assert_int_equal(gateway_dossier(&scene->env, "gw", false, &one_finding, &dossier, &err), -1);
	assert_error(&err, ERROR_CANCELLED, "stopped");
}

int main(void)
{
#define RULE(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
	static const struct CMUnitTest tests[] = {
		RULE(all_that_can_be_had_is_gathered_and_no_secret),
		RULE(a_docker_that_does_not_answer_is_asked_once),
		RULE(a_stop_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
