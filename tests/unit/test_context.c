/* SPDX-License-Identifier: Apache-2.0 */
/* Which of kubectl's files a gateway's context goes into, and what it has. */
#include "gateway/context.h"

#include <stdlib.h>

#include "gateway/dryrun.h"
#include "scratch.h"
#include "script.h"

#define CERT "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
#define KEY "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"

static void assert_file(const char *kubeconfig, const char *home, const char *expected)
{
	const struct settings settings = { .kubeconfig = kubeconfig, .paths.home = home };
	autofree char *file = context_file(&settings);

	if (expected == NULL)
		assert_null(file);
	else
		assert_string_equal(file, expected);
}

static void the_file_is_the_one_that_kubectl_would_write(void **state)
{
	autofree char *two = NULL, *none = NULL;

	(void)state;
	scratch_put(scratch("b"), "");
	two = xasprintf("%s:%s:%s", scratch("a"), scratch("b"), scratch("c"));
	none = xasprintf("%s:%s", scratch("a"), scratch("c"));
	assert_file(NULL, "/home/u", "/home/u/.kube/config");
	assert_file("/x", "/home/u", "/x");
	assert_file(two, NULL, scratch("b"));
	assert_file(none, NULL, scratch("c"));
	assert_file("::/x:", "/home/u", "/x");
	assert_file(":", "/home/u", "/home/u/.kube/config");
	assert_file(NULL, NULL, NULL);
}

/* The line that has this, without the blanks before it. */
static char *line_with(const char *text, const char *word)
{
	const char *at = strstr(text, word);

	return at ? xstrndup(at, strcspn(at, "\n")) : xstrdup("");
}

static void assert_server(const char *endpoint, const char *expected)
{
	struct record record = { .name = (char *)(uintptr_t)"gw", .endpoint = (char *)(uintptr_t)endpoint };
	autofree char *text = NULL, *line = NULL;
	struct error *err = NULL;
	struct scene scene;

	scene_open(&scene);
	scene_write(&scene, "gateways/gw/mtls/ca.crt", CERT);
	scene_write(&scene, "gateways/gw/mtls/tls.crt", CERT);
	scene_write(&scene, "gateways/gw/mtls/tls.key", KEY);
	text = context_text(&scene.env, &record, &err);
	if (expected == NULL) {
		assert_null(text);
		assert_error(&err, ERROR_SYSTEM, "no address that kubectl could use");
	} else {
		line = line_with(text, "server: ");
		assert_string_equal(line, expected);
		assert_int_equal(strstr(text, "client-key-data: ") != NULL, str_starts(endpoint, "https"));
	}
	scene_close(&scene);
}

static void the_server_is_the_endpoint(void **state)
{
	(void)state;
	assert_server("https://127.0.0.1:8080", "server: https://127.0.0.1:8080");
	assert_server("https://gw.example", "server: https://gw.example:443");
	assert_server("https://[::1]:8080/", "server: https://[::1]:8080");
	assert_server("http://127.0.0.1:8080", "server: http://127.0.0.1:8080");
	assert_server("https://a b:1", NULL);
	assert_server("https://a\"b:1", NULL);
	assert_server("https://a: b #c", NULL);
}

static void without_certificates_there_is_none(void **state)
{
	struct record record = { .name = (char *)(uintptr_t)"gw", .endpoint = (char *)(uintptr_t)"https://h:1" };
	struct error *err = NULL;
	struct scene scene;

	(void)state;
	scene_open(&scene);
	assert_null(context_text(&scene.env, &record, &err));
	assert_true(advises(err, "gateway trust --name gw --refresh"));
	assert_error(&err, ERROR_ABSENT, "the certificates of gateway 'gw' cannot be used");
	scene_close(&scene);
}

static void merge_into(struct scene *scene, const char *file)
{
	struct record record = { .name = (char *)(uintptr_t)"gw", .endpoint = (char *)(uintptr_t)"http://127.0.0.1:1" };
	struct error *err = NULL;

	assert_int_equal(context_merge(&scene->env, &record, file, true, &err), 0);
}

static void a_forgotten_gateway_is_in_no_file_that_kubectl_reads(void **state)
{
	autofree char *files = xasprintf("%s:%s", scratch("a"), scratch("b"));
	struct scene scene;

	(void)state;
	scene_open(&scene);
	scene.settings.kubeconfig = files;
	merge_into(&scene, scratch("a"));
	merge_into(&scene, scratch("b"));
	scratch_put(scratch("b"), "{ broken openshell-gw");
	context_forget(&scene.env, "gw");
	assert_holds(scratch("a"), "apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\ncurrent-context: \"\"\n");
	assert_true(says(&scene.notes, "openshell-gw is taken out of"));
	assert_true(says(&scene.warnings, "openshell-gw stays in"));
	assert_holds(scratch("b"), "{ broken openshell-gw");
	scene_close(&scene);
}

static void tell(void *arg, const char *text)
{
	argv_add(arg, text);
}

static void a_dry_run_tells_how_kubectl_would(void **state)
{
	struct dryrun dryrun;
	AUTO(argv) told = ARGV_INIT;
	autofree char *before = NULL;
	struct scene scene;

	(void)state;
	scene_open(&scene);
	scene.settings.kubeconfig = scratch("a");
	dryrun_init(&dryrun, &scene.script.runner, tell, &told);
	scene.env.dryrun = &dryrun;
	context_forget(&scene.env, "gw");
	assert_int_equal(told.n, 0);
	merge_into(&scene, scratch("a"));
	context_forget(&scene.env, "gw");
	assert_int_equal(told.n, 3);
	before = xasprintf("kubectl --kubeconfig=%s config delete-context openshell-gw", scratch("a"));
	assert_string_equal(told.v[0], before);
	scene_close(&scene);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_file_is_the_one_that_kubectl_would_write, scratch_setup, scratch_teardown),
		cmocka_unit_test(the_server_is_the_endpoint),
		cmocka_unit_test(without_certificates_there_is_none),
		cmocka_unit_test_setup_teardown(a_forgotten_gateway_is_in_no_file_that_kubectl_reads, scratch_setup,
						scratch_teardown),
		cmocka_unit_test_setup_teardown(a_dry_run_tells_how_kubectl_would, scratch_setup, scratch_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
