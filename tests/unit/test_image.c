/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/image.h"

#include <stdlib.h>

#include "script.h"

static void assert_same(const char *text, const char *expected)
{
	if (expected == NULL)
		assert_null(text);
	else
		assert_string_equal(text, expected);
}

static void assert_candidates(const struct settings *settings, const char *expected)
{
	AUTO(argv) refs = ARGV_INIT;

	image_candidates(settings, &refs);
	assert_line(&refs, expected);
}

static void the_published_image_comes_before_our_own(void **state)
{
	struct settings plain = { 0 }, tagged = { .image_tag = "1.2.3" };

	(void)state;
	assert_candidates(&plain, "ghcr.io/nvidia/openshell/cluster:dev openshell/cluster:dev");
	assert_candidates(&tagged, "ghcr.io/nvidia/openshell/cluster:1.2.3 openshell/cluster:1.2.3");
}

static void an_image_that_was_named_is_the_only_one(void **state)
{
	struct settings settings = { .cluster_image = "reg.example/x@sha256:abc", .image_tag = "1.2.3" };

	(void)state;
	assert_candidates(&settings, "reg.example/x@sha256:abc");
}

static void a_ref_is_local_when_its_first_part_is_no_registry(void **state)
{
	static const struct {
		const char *ref;
		bool local;
	} rows[] = {
		{ "cluster", true },		   { "cluster:dev", true },
		{ "openshell/cluster:dev", true }, { "openshell/cluster@sha256:abc", true },
		{ "ghcr.io/nvidia/openshell/cluster:dev", false },
		{ "localhost/x", false },	   { "localhost:5000/x", false },
		{ "registry:5000/x:1", false },	   { "docker.io/library/x", false },
		{ "10.0.0.1/x", false },	   { "localhosts/x", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (image_is_local(rows[i].ref) != rows[i].local)
			fail_msg("%s", rows[i].ref);
}

static void a_ref_is_no_option_and_has_no_blanks(void **state)
{
	static const char *const good[] = { "a", "a/b:c", "reg:5000/a@sha256:0123" };
	static const char *const bad[] = { "", "-f", "--pull", "a b", "a\n", "a\tb", "\x01", "a\x7f", "caf\xc3\xa9" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(image_ref_is_valid(good[i]));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (image_ref_is_valid(bad[i]))
			fail_msg("'%s' passes", bad[i]);
}

static void a_ref_is_taken_apart_as_docker_does(void **state)
{
	static const struct {
		const char *ref, *registry, *repository, *tag, *digest;
	} rows[] = {
		{ "cluster", NULL, "cluster", NULL, NULL },
		{ "cluster:dev", NULL, "cluster", "dev", NULL },
		{ "openshell/cluster:1.2_x-3", NULL, "openshell/cluster", "1.2_x-3", NULL },
		{ "reg.example/a/b", "reg.example", "a/b", NULL, NULL },
		{ "reg:5000/a", "reg:5000", "a", NULL, NULL },
		{ "reg:5000/a:1", "reg:5000", "a", "1", NULL },
		{ "[::1]:5000/a:1", "[::1]:5000", "a", "1", NULL },
		{ "localhost/a", "localhost", "a", NULL, NULL },
		{ "a@sha256:0123abcd", NULL, "a", NULL, "sha256:0123abcd" },
		{ "reg:5000/a__b/c-d.e:v1@sha256:0123", "reg:5000", "a__b/c-d.e", "v1", "sha256:0123" },
		{ "sha256:0123abcd", NULL, "sha256", "0123abcd", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(image_ref) parsed = { 0 };

		assert_true(image_ref_parse(rows[i].ref, &parsed));
		assert_same(parsed.registry, rows[i].registry);
		assert_same(parsed.repository, rows[i].repository);
		assert_same(parsed.tag, rows[i].tag);
		assert_same(parsed.digest, rows[i].digest);
	}
}

static void what_docker_would_refuse_is_no_ref(void **state)
{
	static const char *const bad[] = {
		":", ":tag", "a:", "a:.x", "a:-x", "a@", "a@sha256", "a@sha256:", "a@sha256:xyz", "a@b@sha256:00", "A",
		"a/B", "a//b", "/a", "a/", "a..b", "a___b", "a.-b", "-a", "a-", "reg:5000/", 
		"-reg.example/a", "a:b:c", "a b/c",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (image_ref_is_valid(bad[i]))
			fail_msg("'%s' passes", bad[i]);
}

/* ------------------------------------------------------------------ credentials */

static void what_was_given_by_option_wins(void **state)
{
	struct settings settings = { .registry_username = "env", .registry_password = "p", .registry_token = "t" };
	struct image_credentials credentials;

	(void)state;
	image_credentials(&settings, "me", "flag", &credentials);
	assert_same(credentials.registry, "ghcr.io");
	assert_same(credentials.username, "me");
	assert_same(credentials.password, "flag");
	image_credentials(&settings, NULL, "flag", &credentials);
	assert_same(credentials.username, "env");
}

static void built_in_credentials_are_unmasked(void **state)
{
	/* deploy/scripts/mask-auth.sh on a file that holds u:p */
	static const unsigned char masked[] = { 5, 236, 229 };
	autofree char *text = image_unmask(masked, sizeof(masked));

	(void)state;
	assert_string_equal(text, "u:p");
}

/* ------------------------------------------------------------------ what is pushed */

static void assert_pushed(const char *value, const char *expected)
{
	struct settings settings = { .push_images = value };
	AUTO(argv) refs = ARGV_INIT;
	struct error *err = NULL;

	assert_int_equal(image_push_refs(&settings, &refs, &err), 0);
	assert_line(&refs, expected);
}

static void images_to_push_stand_between_commas(void **state)
{
	(void)state;
	assert_pushed(NULL, "");
	assert_pushed("", "");
	assert_pushed(" , ,,\t", "");
	assert_pushed("a:1", "a:1");
	assert_pushed("openshell/gateway:dev,openshell/sandbox:dev", "openshell/gateway:dev openshell/sandbox:dev");
	assert_pushed(" a/b:1 ,\tc/d:2\n,", "a/b:1 c/d:2");
	assert_pushed("a/b:1,a/b:1", "a/b:1 a/b:1");
}

static void an_image_to_push_has_a_tag_and_no_digest(void **state)
{
	static const char *const good[] = {
		"a:1", "gateway:dev", "openshell/gateway:1.2.3-rc_1", "reg.example:5000/a/b__c/d-e:_x", "localhost/a:B",
	};
	static const char *const bad[] = {
		"gateway", "openshell/gateway", "reg:5000/gateway", "openshell/gateway:", "a:1@sha256:0123",
		"a@sha256:0123", "-a:1", "--all:1", ":1", "/a:1", "a/:1", "a b:1", "a:b c", "a:-1", "a:.1", "a:b/", "a:\xc3\xa4",
		"a;b:1", "$(x):1", "a:1\x1b[0m",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_pushed(good[i], good[i]);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		autofree char *value = xasprintf("a/b:1, %s", bad[i]);
		struct settings settings = { .push_images = value };
		AUTO(argv) refs = ARGV_INIT;
		struct error *err = NULL;

		if (image_push_refs(&settings, &refs, &err) == 0)
			fail_msg("'%s' passes", bad[i]);
		assert_error(&err, ERROR_USAGE, "OPENSHELL_PUSH_IMAGES: '");
	}
}

static void the_container_is_told_what_is_pushed(void **state)
{
	struct settings plain = { 0 }, tagged = { .image_tag = "1.2.3" };
	AUTO(argv) first = ARGV_INIT;
	AUTO(argv) second = ARGV_INIT;

	(void)state;
	image_push_env(&plain, "a/b:1,c/d:2", &first);
	assert_line(&first, "PUSH_IMAGE_REFS=a/b:1,c/d:2 IMAGE_TAG=dev IMAGE_PULL_POLICY=IfNotPresent");
	image_push_env(&tagged, "a/b:1", &second);
	assert_line(&second, "PUSH_IMAGE_REFS=a/b:1 IMAGE_TAG=1.2.3 IMAGE_PULL_POLICY=IfNotPresent");
}

/* ------------------------------------------------------------------ what the environment says */

static void what_the_registry_is_called_by_is_checked(void **state)
{
	static const struct {
		struct settings settings;
		const char *problem; /* NULL: none */
	} rows[] = {
		{ { .registry_host = "reg.example" }, NULL },
		{ { .registry_host = "127.0.0.1:5000" }, NULL },
		{ { .registry_host = "[::1]:5000" }, NULL },
		{ { .registry_host = "https://ghcr.io" }, "OPENSHELL_REGISTRY_HOST: 'https://ghcr.io'" },
		{ { .registry_host = "ghcr.io/nvidia" }, "OPENSHELL_REGISTRY_HOST: 'ghcr.io/nvidia'" },
		{ { .registry_host = "a b" }, "OPENSHELL_REGISTRY_HOST" },
		{ { .registry_namespace = "nvidia/openshell" }, NULL },
		{ { .registry_namespace = "/nvidia" }, "OPENSHELL_REGISTRY_NAMESPACE" },
		{ { .registry_namespace = "Team" }, "OPENSHELL_REGISTRY_NAMESPACE" },
		{ { .image_repo_base = "127.0.0.1:5000/openshell" }, NULL },
		{ { .image_repo_base = "openshell" }, NULL },
		{ { .image_repo_base = "reg.example/x:1" }, "IMAGE_REPO_BASE" },
		{ { .image_repo_base = "reg.example/x@sha256:ab" }, "IMAGE_REPO_BASE" },
		{ { .image_repo_base = "reg.example/x/" }, "IMAGE_REPO_BASE" },
		{ { .image_tag = "1.2.3-rc_1" }, NULL },
		{ { .image_tag = "a b", .cluster_image = "x" }, "IMAGE_TAG: 'a b'" },
		{ { .registry_endpoint = "mirror:5000" }, NULL },
		{ { .registry_endpoint = "http://mirror.example:5000/v2" }, NULL },
		{ { .registry_endpoint = "ftp://mirror" }, "OPENSHELL_REGISTRY_ENDPOINT" },
		{ { .registry_endpoint = "https://" }, "OPENSHELL_REGISTRY_ENDPOINT" },
		{ { .registry_endpoint = "https://mirror/a b" }, "OPENSHELL_REGISTRY_ENDPOINT" },
		{ { .registry_username = "me@example" }, NULL },
		{ { .registry_username = "a:b" }, "OPENSHELL_REGISTRY_USERNAME" },
		{ { .registry_username = "a\tb" }, "OPENSHELL_REGISTRY_USERNAME" },
		{ { .registry_password = "p:'x #" }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error *err = NULL;
		int rc = image_check_settings(&rows[i].settings, &err);

		if (rows[i].problem != NULL)
			assert_error(&err, ERROR_USAGE, rows[i].problem);
		else if (rc < 0)
			fail_msg("row %zu: %s", i, err->text);
	}
}

static void a_wrong_secret_is_named_but_not_shown(void **state)
{
	static const struct settings rows[] = {
		{ .registry_password = "sesame\nsesame" },
		{ .registry_token = "sesame\001" },
		{ .registry_endpoint = "https://me:sesame@mirror" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autoerror struct error *err = NULL;

		assert_int_equal(image_check_settings(&rows[i], &err), -1);
		assert_int_equal(err->kind, ERROR_USAGE);
		assert_null(strstr(err->text, "sesame"));
	}
}

/* ------------------------------------------------------------------ what the container is told */

static void assert_env(const struct settings *settings, const char *env_line, const char *secrets_line)
{
	AUTO(argv) env = ARGV_INIT;
	AUTO(argv) secrets = ARGV_INIT;
	struct image_credentials credentials;

	image_credentials(settings, NULL, NULL, &credentials);
	image_registry_env(settings, &credentials, &env, &secrets);
	assert_line(&env, env_line);
	assert_line(&secrets, secrets_line);
}

static void four_variables_are_always_set(void **state)
{
	struct settings settings = { 0 };

	(void)state;
	assert_env(&settings, "REGISTRY_MODE=external REGISTRY_HOST=ghcr.io REGISTRY_INSECURE=false "
			      "IMAGE_REPO_BASE=ghcr.io/nvidia/openshell", "");
}

static void another_registry_brings_its_own_base(void **state)
{
	struct settings host = { .registry_host = "reg.example" };
	struct settings both = { .registry_host = "reg.example:5000", .registry_namespace = "team" };
	struct settings space = { .registry_namespace = "team" };

	(void)state;
	assert_env(&host, "REGISTRY_MODE=external REGISTRY_HOST=reg.example REGISTRY_INSECURE=false "
			  "IMAGE_REPO_BASE=reg.example/openshell IMAGE_REPO_BASE_EXPLICIT=true", "");
	assert_env(&both, "REGISTRY_MODE=external REGISTRY_HOST=reg.example:5000 REGISTRY_INSECURE=false "
			  "IMAGE_REPO_BASE=reg.example:5000/team IMAGE_REPO_BASE_EXPLICIT=true", "");
	assert_env(&space, "REGISTRY_MODE=external REGISTRY_HOST=ghcr.io REGISTRY_INSECURE=false "
			   "IMAGE_REPO_BASE=ghcr.io/team IMAGE_REPO_BASE_EXPLICIT=true", "");
}

static void a_base_that_was_given_is_told_to_be_so(void **state)
{
	struct settings settings = { .image_repo_base = "reg.example/a/b", .registry_host = "other" };

	(void)state;
	assert_env(&settings, "REGISTRY_MODE=external REGISTRY_HOST=other REGISTRY_INSECURE=false "
			      "IMAGE_REPO_BASE=reg.example/a/b IMAGE_REPO_BASE_EXPLICIT=true", "");
}

static void endpoint_and_insecurity_are_passed_on(void **state)
{
	struct settings settings = { .registry_endpoint = "http://mirror:5000", .registry_insecure = true };

	(void)state;
	assert_env(&settings, "REGISTRY_MODE=external REGISTRY_HOST=ghcr.io REGISTRY_INSECURE=true "
			      "IMAGE_REPO_BASE=ghcr.io/nvidia/openshell REGISTRY_ENDPOINT=http://mirror:5000", "");
}

#define DEFAULTS "REGISTRY_MODE=external REGISTRY_HOST=ghcr.io REGISTRY_INSECURE=false " \
		 "IMAGE_REPO_BASE=ghcr.io/nvidia/openshell"

static void a_password_is_named_but_not_shown(void **state)
{
	struct settings settings = { .registry_username = "me", .registry_password = "s3cret" };

	(void)state;
	assert_env(&settings, DEFAULTS " REGISTRY_USERNAME=me REGISTRY_PASSWORD", "REGISTRY_PASSWORD=s3cret");
}

static void a_token_comes_with_the_token_user(void **state)
{
	struct settings settings = { .registry_token = "t0ken" };

	(void)state;
	assert_env(&settings, DEFAULTS " REGISTRY_USERNAME=__token__ REGISTRY_PASSWORD", "REGISTRY_PASSWORD=t0ken");
}

static void a_password_wins_over_a_token(void **state)
{
	struct settings settings = { .registry_password = "s3cret", .registry_token = "t0ken" };

	(void)state;
	assert_env(&settings, DEFAULTS " REGISTRY_USERNAME=__token__ REGISTRY_PASSWORD", "REGISTRY_PASSWORD=s3cret");
}

static void a_user_without_a_password_is_nobody(void **state)
{
	struct settings settings = { .registry_username = "me" };

	(void)state;
	assert_env(&settings, DEFAULTS, "");
}

static void a_platform_is_called_as_registries_do(void **state)
{
	static const struct {
		const char *os, *arch, *platform;
	} rows[] = {
		{ "linux", "x86_64", "linux/amd64" },  { "linux", "aarch64", "linux/arm64" }, { "Linux", "ARM64", "linux/arm64" },
		{ "linux", "armv7l", "linux/arm/v7" }, { "linux", "riscv64", "linux/riscv64" }, { "linux", "amd64", "linux/amd64" },
		{ NULL, "x86_64", NULL },              { "linux", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *platform = image_platform(rows[i].os, rows[i].arch);

		if (rows[i].platform == NULL)
			assert_null(platform);
		else
			assert_string_equal(platform, rows[i].platform);
	}
}

static void an_image_fits_the_engine_of_its_architecture(void **state)
{
	static const struct {
		const char *image, *engine;
		bool fits;
	} rows[] = {
		{ "amd64", "x86_64", true }, { "arm64", "aarch64", true }, { "arm64", "x86_64", false }, { "amd64", "aarch64", false },
		{ "386", "x86_64", false },  { "arm", "armv7l", true },    { "s390x", "s390x", true },   { NULL, "x86_64", true },
		{ "arm64", NULL, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (image_fits(rows[i].image, rows[i].engine) != rows[i].fits)
			fail_msg("row %zu: %s on %s", i, rows[i].image, rows[i].engine);
}

static void another_host_is_given_the_published_image_of_the_tag(void **state)
{
	static const char *const rows[][2] = {
		{ "openshell/cluster:dev", "ghcr.io/nvidia/openshell/cluster:dev" },
		{ "openshell/cluster", "ghcr.io/nvidia/openshell/cluster:latest" },
		{ "cluster-local:mine", "ghcr.io/nvidia/openshell/cluster:latest" },
		{ "openshell/cluster@sha256:0123456789abcdef", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *ref = image_published(rows[i][0]);

		if (rows[i][1] == NULL)
			assert_null(ref);
		else
			assert_string_equal(ref, rows[i][1]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_image_comes_before_our_own),
		cmocka_unit_test(an_image_that_was_named_is_the_only_one),
		cmocka_unit_test(a_ref_is_local_when_its_first_part_is_no_registry),
		cmocka_unit_test(a_ref_is_no_option_and_has_no_blanks),
		cmocka_unit_test(a_ref_is_taken_apart_as_docker_does),
		cmocka_unit_test(what_docker_would_refuse_is_no_ref),
		cmocka_unit_test(a_platform_is_called_as_registries_do),
		cmocka_unit_test(an_image_fits_the_engine_of_its_architecture),
		cmocka_unit_test(another_host_is_given_the_published_image_of_the_tag),
		cmocka_unit_test(what_was_given_by_option_wins),
		cmocka_unit_test(built_in_credentials_are_unmasked),
		cmocka_unit_test(images_to_push_stand_between_commas),
		cmocka_unit_test(an_image_to_push_has_a_tag_and_no_digest),
		cmocka_unit_test(the_container_is_told_what_is_pushed),
		cmocka_unit_test(what_the_registry_is_called_by_is_checked),
		cmocka_unit_test(a_wrong_secret_is_named_but_not_shown),
		cmocka_unit_test(four_variables_are_always_set),
		cmocka_unit_test(another_registry_brings_its_own_base),
		cmocka_unit_test(a_base_that_was_given_is_told_to_be_so),
		cmocka_unit_test(endpoint_and_insecurity_are_passed_on),
		cmocka_unit_test(a_password_is_named_but_not_shown),
		cmocka_unit_test(a_token_comes_with_the_token_user),
		cmocka_unit_test(a_password_wins_over_a_token),
		cmocka_unit_test(a_user_without_a_password_is_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
