/* SPDX-License-Identifier: Apache-2.0 */
/* What passes for k3s' registries.yaml. */
#include "script.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/mirrors.h"

static int check(const char *text, struct error **err)
{
	return mirrors_check(text, strlen(text), "r.yaml", err);
}

static const char *const good[] = {
	"mirrors:\n"
	"  docker.io:\n"
	"    endpoint:\n"
	"      - \"https://registry.example:5000\"\n"
	"      - http://10.0.0.5/v2\n"
	"      - mirror.example\n"
	"    rewrite:\n"
	"      \"^rancher/(.*)\": \"mirror/$1\"\n"
	"  \"*\":\n"
	"  quay.io: {endpoint: [https://q.example]}\n"
	"configs:\n"
	"  'registry.example:5000':\n"
	"    auth:\n"
	"      username: me # this is who\n"
	"      password: 12345\n"
	"      auth: 'p''x: #'\n"
	"      identity_token: \"t\\u00e4\"\n"
	"    tls:\n"
	"      cert_file: # the path\n"
	"      key_file: ~\n"
	"      ca_file: /etc/openshell/node/ca.crt\n"
	"      insecure_skip_verify: true\n",
	"mirrors:\n",
	"configs: {}",
	"%YAML 1.1\n---\nmirrors: {}\n...\n",
	"{\"mirrors\": {\"ghcr.io\": {\"endpoint\": [\"https://m\"]}}, \"configs\": {\"m\": {\"tls\": {\"insecure_skip_verify\": off}}}}",
	"\xef\xbb\xbfmirrors:\n  a: {endpoint: null}\n",
	"configs:\n  a:\n    auth:\n      password: |\n        two\n        lines\n",
};

static void what_k3s_reads_passes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct error *err = NULL;

		if (check(good[i], &err) < 0)
			fail_msg("%zu: %s", i, error_text(err));
	}
}

static const struct {
	const char *text, *error;
} bad[] = {
	/* not YAML, or nothing */
	{ "", "r.yaml: is empty" },
	{ "# only a comment\n", "r.yaml: is empty" },
	{ "---\n", "r.yaml: is empty" },
	{ "mirrors:\n\t- x\n", "r.yaml, line 2: not YAML: " },
	{ "mirrors: {\n", "line 2: not YAML" },
	{ "mirrors:\n  a: \xff\n", "not YAML: " },
	{ "mirrors: ]\n", "line 1: not YAML" },
	{ "mirrors:\n---\nmirrors:\n", "line 2: a second document" },
	/* other shapes */
	{ "- mirrors\n", "line 1: keys with values are expected here" },
	{ "just text\n", "line 1: keys with values" },
	{ "mirrors:\n  - docker.io\n", "line 2: keys with values" },
	{ "mirrors:\n  docker.io: https://m\n", "line 2: keys with values" },
	{ "mirrors:\n  docker.io:\n    endpoint: https://m\n", "line 3: a list of endpoints" },
	{ "mirrors:\n  docker.io:\n    endpoint: {a: b}\n", "line 3: a list of endpoints" },
	{ "mirrors:\n  docker.io:\n    endpoint:\n    - [x]\n", "line 4: a text is expected" },
	{ "configs:\n  a:\n    auth: {username: [x]}\n", "line 3: a text is expected" },
	{ "configs:\n  a:\n    tls: {insecure_skip_verify: \"true\"}\n", "line 3: true or false" },
	{ "configs:\n  a:\n    tls: {insecure_skip_verify: 1}\n", "line 3: true or false" },
	{ "configs:\n  a:\n    tls: {insecure_skip_verify: [true]}\n", "line 3: true or false" },
	{ "mirrors:\n  ? [a]\n  : {}\n", "line 2: a key is expected" },
	{ "mirrors:\n  '': {}\n", "line 2: a key is expected" },
	/* keys */
	{ "mirror:\n  a: {}\n", "line 1: 'mirror' is not known here" },
	{ "auths: {}\n", "line 1: 'auths' is not known here" },
	{ "mirrors:\n  a:\n    endpoints: []\n", "line 3: 'endpoints' is not known here" },
	{ "configs:\n  a:\n    username: me\n", "line 3: 'username' is not known here" },
	{ "configs:\n  a:\n    auth:\n      pass: x\n", "line 4: 'pass' is not known here" },
	{ "configs:\n  a:\n    \"x\\e[31m\": {}\n", "line 3: 'x\\033[31m' is not known here" },
	{ "mirrors: {}\nmirrors: {}\n", "line 2: 'mirrors' is there twice" },
	{ "mirrors:\n  a: {}\n  b: {}\n  a: {}\n", "line 4: 'a' is there twice" },
	{ "configs:\n  a:\n    auth: {auth: x, auth: y}\n", "'auth' is there twice" },
	/* what makes one text stand for another */
	{ "mirrors: &m\n  a: {}\n", "line 1: anchors (&), aliases (*) and tags (!)" },
	{ "mirrors:\n  a: &x {}\n  b: *x\n", "line 2: anchors" },
	{ "configs:\n  a: *x\n", "line 2: " },
	{ "mirrors: !!map {}\n", "line 1: anchors" },
	{ "configs:\n  a:\n    auth: {password: !secret x}\n", "line 3: anchors" },
	{ "mirrors:\n  a:\n    endpoint: !l [x]\n", "line 3: anchors" },
	{ "mirrors:\n  <<: {a: {}}\n", "line 2: merges" },
	/* endpoints */
	{ "mirrors:\n  a:\n    endpoint: ['']\n", "line 3: this is no endpoint" },
	{ "mirrors:\n  a:\n    endpoint: [ftp://m]\n", "line 3: this is no endpoint" },
	{ "mirrors:\n  a:\n    endpoint: ['https://']\n", "line 3: this is no endpoint" },
	{ "mirrors:\n  a:\n    endpoint: ['https:///v2']\n", "line 3: this is no endpoint" },
	{ "mirrors:\n  a:\n    endpoint: ['https://m n']\n", "line 3: this is no endpoint" },
	{ "mirrors:\n  a:\n    endpoint: [\"https://m\\n\"]\n", "line 3: this is no endpoint" },
	{ "configs:\n  a:\n    auth: {password: \"x\\0y\"}\n", "line 3: a text holds a NUL" },
};

static void anything_else_is_refused_and_the_line_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct error *err = NULL;

		print_message("           %s\n", bad[i].error);
		if (check(bad[i].text, &err) == 0)
			fail_msg("it passes: %s", bad[i].text);
		assert_error(&err, ERROR_USAGE, bad[i].error);
	}
}

/* Nothing that stands where a secret may stand is ever part of an error. */
static void values_are_not_shown(void **state)
{
	static const char *const texts[] = {
		"configs:\n  a:\n    auth: {password: [pa55word]}\n", "configs:\n  a:\n    auth: {password: &pa55word x}\n",
		"configs:\n  a:\n    tls: {insecure_skip_verify: pa55word}\n", "configs:\n  a:\n    auth: pa55word\n",
		"mirrors:\n  a:\n    endpoint: ['ftp://me:pa55word@m']\n", "configs:\n  a:\n    auth: {password: \"pa55word\n",
		"configs:\n  a:\n    auth: {password: !pa55word x}\n", "configs: pa55word\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct error *err = NULL;
		autofree char *text = NULL;

		assert_int_equal(check(texts[i], &err), -1);
		text = error_text(err);
		if (strstr(text, "pa55word") != NULL)
			fail_msg("shown: %s", text);
		error_free(&err);
	}
}

static void however_deep_or_long_it_ends_soon(void **state)
{
	AUTO(buf) deep = BUF_INIT;
	AUTO(buf) wide = BUF_INIT;
	struct error *err = NULL;

	(void)state;
	buf_adds(&deep, "mirrors: ");
	for (int i = 0; i < 200000; i++)
		buf_adds(&deep, "{a: ");
	assert_int_equal(check(buf_str(&deep), &err), -1);
	assert_error(&err, ERROR_USAGE, "r.yaml, line 1: ");
	buf_adds(&wide, "mirrors:\n");
	for (int i = 0; i < 100000; i++)
		buf_addf(&wide, "  h%d:\n", i);
	assert_int_equal(check(buf_str(&wide), &err), -1);
	assert_error(&err, ERROR_USAGE, "line 1002: more than 1000 entries");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_k3s_reads_passes),
		cmocka_unit_test(anything_else_is_refused_and_the_line_is_named),
		cmocka_unit_test(values_are_not_shown),
		cmocka_unit_test(however_deep_or_long_it_ends_soon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
