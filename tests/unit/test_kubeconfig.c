/* SPDX-License-Identifier: Apache-2.0 */
/* kubectl's configuration: what is put in and taken out, and that all else stays byte for byte. */
#include "store/kubeconfig.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"
#include "script.h"

static const struct kube_entry plain = { .name = "openshell-gw", .server = "http://127.0.0.1:80", .space = "openshell" };

#define CLUSTER "- cluster:\n    server: http://127.0.0.1:80\n  name: openshell-gw\n"
#define CONTEXT \
	"- context:\n    cluster: openshell-gw\n    namespace: openshell\n    user: openshell-gw\n  name: openshell-gw\n"
#define USER "- name: openshell-gw\n  user: {}\n"
#define CURRENT "current-context: openshell-gw\n"
#define WHOLE \
	"apiVersion: v1\nkind: Config\nclusters:\n" CLUSTER "contexts:\n" CONTEXT "users:\n" USER CURRENT

/* As kubectl writes them. */
#define OTHER_CLUSTER "- cluster:\n    server: https://k\n  name: kind-k\n"
#define OTHER_CONTEXT "- context:\n    cluster: kind-k\n    user: kind-k\n  name: kind-k\n"
#define OTHER_USER "- name: kind-k\n  user:\n    token: t\n"
#define OTHERS(clusters, contexts, users, current) \
	"apiVersion: v1\nclusters:\n" OTHER_CLUSTER clusters "contexts:\n" OTHER_CONTEXT contexts \
	"current-context: " current "\nkind: Config\npreferences: {}\nusers:\n" OTHER_USER users

static void assert_merges(const char *text, bool select, const char *expected)
{
	struct error *err = NULL;
	autofree char *merged = kubeconfig_merge(text, strlen(text), "FILE", &plain, select, &err);

	if (merged == NULL)
		fail_msg("%s", err->text);
	assert_string_equal(merged, expected);
}

static void assert_goes(const char *text, const char *expected)
{
	struct error *err = NULL;
	autofree char *rest = kubeconfig_without(text, strlen(text), "FILE", "openshell-gw", &err);

	if (rest == NULL)
		fail_msg("%s", err->text);
	assert_string_equal(rest, expected);
}

static void the_whole_file_has_one_context_with_the_bundle(void **state)
{
	struct buf pem = BUF_INIT;
	struct kube_entry entry = { .name = "openshell-gw", .server = "https://[::1]:8080", .space = "openshell",
				    .ca = &pem, .certificate = &pem, .key = &pem };
	autofree char *text = NULL, *without = kubeconfig_text(&plain);

	(void)state;
	buf_adds(&pem, "PEM");
	text = kubeconfig_text(&entry);
	assert_string_equal(without, WHOLE);
	assert_string_equal(text, "apiVersion: v1\nkind: Config\nclusters:\n- cluster:\n"
				  "    certificate-authority-data: UEVN\n    server: https://[::1]:8080\n  name: openshell-gw\n"
				  "contexts:\n" CONTEXT "users:\n- name: openshell-gw\n  user:\n"
				  "    client-certificate-data: UEVN\n    client-key-data: UEVN\n" CURRENT);
	buf_release(&pem);
}

static void assert_others(bool expected, const char *text)
{
	struct buf ca = BUF_INIT, certificate = BUF_INIT;
	const struct kube_entry entry = { .name = "openshell-gw", .ca = &ca, .certificate = &certificate };

	buf_adds(&ca, "PEM");
	buf_adds(&certificate, "MEP");
	assert_int_equal(kubeconfig_has_others(text, strlen(text), &entry), expected);
	assert_false(kubeconfig_has_others(text, strlen(text), &plain));
	buf_release(&ca);
	buf_release(&certificate);
}

static void other_certificates_of_the_name_are_seen(void **state)
{
	(void)state;
#define ENTRY(name, ca, certificate)                                                                                 \
	"clusters:\n- cluster:\n    certificate-authority-data: " ca "\n    server: https://changed\n  name: " name      \
	"\nusers:\n- user: {client-certificate-data: " certificate "}\n  name: " name "\n"
	assert_others(false, ENTRY("openshell-gw", "UEVN", "TUVQ"));
	assert_others(true, ENTRY("openshell-gw", "TUVQ", "TUVQ"));
	assert_others(true, ENTRY("openshell-gw", "UEVN", "UEVN"));
	assert_others(false, ENTRY("openshell-gw2", "TUVQ", "UEVN"));
#undef ENTRY
	assert_others(false, WHOLE);
	assert_others(false, "clusters: openshell-gw\nusers:\n- openshell-gw\n- name: openshell-gw\n  user: [x]\n");
	assert_others(false, "openshell-gw: {");
	assert_others(false, "");
}

static void an_empty_file_becomes_the_whole(void **state)
{
	(void)state;
	assert_merges("", true, WHOLE);
	assert_merges("\n", true, "\n" WHOLE);
	assert_merges("# mine\n", true, "# mine\n" WHOLE);
	assert_merges("# mine", true, "# mine\n" WHOLE);
}

static void what_others_wrote_stays(void **state)
{
	(void)state;
	assert_merges(OTHERS("", "", "", "kind-k"), true, OTHERS(CLUSTER, CONTEXT, USER, "openshell-gw"));
	assert_merges(OTHERS("", "", "", "kind-k"), false, OTHERS(CLUSTER, CONTEXT, USER, "kind-k"));
}

static void a_second_merge_changes_nothing(void **state)
{
	(void)state;
	assert_merges(WHOLE, true, WHOLE);
	assert_merges(OTHERS(CLUSTER, CONTEXT, USER, "openshell-gw"), true, OTHERS(CLUSTER, CONTEXT, USER, "openshell-gw"));
}

static void what_has_the_name_is_replaced_where_it_stands(void **state)
{
	(void)state;
	assert_merges("clusters:\n- name: openshell-gw\n  cluster:\n    server: https://old\n    x: |\n      many\n      lines\n"
		      "# of the next\n" OTHER_CLUSTER "contexts:\n" CONTEXT "users:\n" USER CURRENT,
		      true, "clusters:\n" CLUSTER "# of the next\n" OTHER_CLUSTER "contexts:\n" CONTEXT "users:\n" USER CURRENT);
}

static void comments_and_indentation_stay(void **state)
{
	(void)state;
	assert_merges("# top\nclusters: # all\n  # first\n  - cluster: {server: 'https://k'} # flow\n    name: \"kind-k\"\n"
		      "\n# before users\nusers:   \n    - name: kind-k\n      user: {token: t}\n# end\n",
		      false,
		      "# top\nclusters: # all\n  # first\n  - cluster: {server: 'https://k'} # flow\n    name: \"kind-k\"\n"
		      "  - cluster:\n      server: http://127.0.0.1:80\n    name: openshell-gw\n"
		      "\n# before users\nusers:   \n    - name: kind-k\n      user: {token: t}\n"
		      "    - name: openshell-gw\n      user: {}\n# end\ncontexts:\n" CONTEXT);
}

static void lists_of_nothing_are_filled(void **state)
{
	(void)state;
	assert_merges("apiVersion: v1\nclusters: null\ncontexts: []\ncurrent-context: \"\"\nkind: Config\nusers:\n", true,
		      "apiVersion: v1\nclusters:\n" CLUSTER "contexts:\n" CONTEXT CURRENT "kind: Config\nusers:\n" USER);
	assert_merges("---\nkind: Config\n", true, "---\nkind: Config\nclusters:\n" CLUSTER "contexts:\n" CONTEXT "users:\n" USER CURRENT);
	assert_merges("kind: Config", false, "kind: Config\nclusters:\n" CLUSTER "contexts:\n" CONTEXT "users:\n" USER);
}

static void lines_may_end_as_on_windows(void **state)
{
	(void)state;
	assert_merges("kind: Config\r\ncurrent-context: kind-k\r\n", true,
		      "kind: Config\r\n" CURRENT "clusters:\n" CLUSTER "contexts:\n" CONTEXT "users:\n" USER);
}

static void what_goes_leaves_the_rest(void **state)
{
	(void)state;
	assert_goes(OTHERS(CLUSTER, CONTEXT, USER, "openshell-gw"), OTHERS("", "", "", "\"\""));
	assert_goes(OTHERS(CLUSTER, CONTEXT, USER, "kind-k"), OTHERS("", "", "", "kind-k"));
	assert_goes(OTHERS("", "", "", "kind-k"), OTHERS("", "", "", "kind-k"));
	assert_goes(WHOLE, "apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\ncurrent-context: \"\"\n");
	assert_goes("clusters: # mine\n# c\n" CLUSTER "# d\n", "clusters: [] # mine\n# c\n# d\n");
	assert_goes("", "");
	assert_goes("# nothing\n", "# nothing\n");
}

static void a_file_that_could_be_harmed_is_refused(void **state)
{
	static const struct {
		const char *text, *reason;
	} rows[] = {
		{ "{\"kind\": \"Config\"}\n", "line 1: JSON" },
		{ "clusters: [{name: a}]\n", "line 1: not a list with an item on each line" },
		{ "clusters: word\n", "not a list" },
		{ "clusters: {a: b}\n", "not a list" },
		{ "a: 1\nclusters:\n- &x {name: a}\n", "line 3: anchors" },
		{ "clusters:\n- !t {name: a}\n", "line 2: anchors" },
		{ "a: &x b\nc: *x\n", "line 1: anchors" },
		{ "a: b\n---\nc: d\n", "line 2: a second document" },
		{ "a: b\n...\n", "FILE, line" },
		{ "- a\n", "not a configuration" },
		{ "word\n", "not a configuration" },
		{ "  clusters: []\n", "line 1: JSON and keys that do not begin a line" },
		{ "clusters:\n- name: openshell-gw\n- name: openshell-gw\n", "line 3: a second item" },
		{ "clusters: []\nclusters: []\n", "twice" },
		{ "current-context: [a]\n", "not one name" },
		{ "clusters:\n-\n  name: a\n", "does not begin its line" },
		{ "a: [\n", "not YAML" },
		{ "a: \"\xff\"\n", "not YAML" },
		{ "a: b\rc: d\n", "ends of lines" },
		{ "a: \xc2\x85" "b\n", "ends of lines" },
		{ "a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n", "too deep" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error *err = NULL;

		print_message("           %s", rows[i].text);
		assert_null(kubeconfig_merge(rows[i].text, strlen(rows[i].text), "FILE", &plain, true, &err));
		assert_true(advises(err, "--file"));
		assert_error(&err, ERROR_SYSTEM, rows[i].reason);
	}
	{
		struct error *err = NULL;

		assert_null(kubeconfig_merge("a: b\0\n", 6, "FILE", &plain, true, &err));
		assert_error(&err, ERROR_SYSTEM, "NUL");
	}
}

/* ------------------------------------------------------------------ files */

static void put(const char *path)
{
	struct error *err = NULL;

	assert_int_equal(kubeconfig_put(path, &plain, true, &err), 0);
	assert_null(err);
}

static void a_file_is_made_private_with_what_is_above_it(void **state)
{
	(void)state;
	put(scratch("home/.kube/config"));
	assert_holds(scratch("home/.kube/config"), WHOLE);
	assert_mode(scratch("home/.kube/config"), 0600);
	assert_mode(scratch("home/.kube"), 0700);
	assert_entries(scratch("home/.kube"), 1);
}

static void a_link_stays_one(void **state)
{
	struct stat st;

	(void)state;
	scratch_put(scratch("real/config"), OTHERS("", "", "", "kind-k"));
	assert_int_equal(mkdir(scratch("kube"), 0700), 0);
	assert_int_equal(symlink("../real/config", scratch("kube/config")), 0);
	put(scratch("kube/config"));
	assert_int_equal(lstat(scratch("kube/config"), &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_holds(scratch("real/config"), OTHERS(CLUSTER, CONTEXT, USER, "openshell-gw"));
	assert_entries(scratch("kube"), 1);
}

static void a_link_to_nothing_is_refused(void **state)
{
	struct error *err = NULL;

	(void)state;
	assert_int_equal(symlink("nowhere", scratch("config")), 0);
	assert_int_equal(kubeconfig_put(scratch("config"), &plain, true, &err), -1);
	assert_error(&err, ERROR_ABSENT, "cannot use");
}

static void a_file_that_is_refused_stays_and_no_lock_with_it(void **state)
{
	struct error *err = NULL;

	(void)state;
	scratch_put(scratch("config"), "{}\n");
	assert_int_equal(kubeconfig_put(scratch("config"), &plain, true, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "config, line 1: JSON");
	assert_holds(scratch("config"), "{}\n");
	assert_gone(scratch("config.lock"));
}

static void the_lock_of_kubectl_is_respected(void **state)
{
	struct error *err = NULL;

	(void)state;
	scratch_put(scratch("config"), WHOLE);
	scratch_put(scratch("config.lock"), "");
	assert_int_equal(kubeconfig_put(scratch("config"), &plain, true, &err), -1);
	assert_true(advises(err, "rm -f"));
	assert_error(&err, ERROR_CONFLICT, "config.lock");
	assert_holds(scratch("config.lock"), "");
}

static void what_has_the_name_is_dropped_from_a_file(void **state)
{
	struct error *err = NULL;
	bool found;

	(void)state;
	scratch_put(scratch("config"), OTHERS(CLUSTER, CONTEXT, USER, "openshell-gw"));
	assert_int_equal(kubeconfig_drop(scratch("config"), "openshell-gw", &found, &err), 0);
	assert_true(found);
	assert_holds(scratch("config"), OTHERS("", "", "", "\"\""));
	assert_int_equal(kubeconfig_drop(scratch("config"), "openshell-gw", &found, &err), 0);
	assert_false(found);
	assert_int_equal(kubeconfig_drop(scratch("absent"), "openshell-gw", &found, &err), 0);
	assert_false(found);
	assert_gone(scratch("absent"));
}

static void put_as_nobody(void *path)
{
	struct error *err = NULL;

	assert_int_equal(kubeconfig_put(path, &plain, true, &err), -1);
	assert_error(&err, ERROR_REFUSED, "another user");
}

static void another_users_file_is_refused(void **state)
{
	(void)state;
	if (getuid() != 0)
		skip();
	scratch_put(scratch("open/config"), WHOLE);
	assert_int_equal(chmod(scratch("open"), 0777), 0);
	assert_int_equal(chmod(scratch("open/config"), 0644), 0);
	as_nobody(put_as_nobody, (void *)(uintptr_t)scratch("open/config"));
	assert_holds(scratch("open/config"), WHOLE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole_file_has_one_context_with_the_bundle),
		cmocka_unit_test(other_certificates_of_the_name_are_seen),
		cmocka_unit_test(an_empty_file_becomes_the_whole),
		cmocka_unit_test(what_others_wrote_stays),
		cmocka_unit_test(a_second_merge_changes_nothing),
		cmocka_unit_test(what_has_the_name_is_replaced_where_it_stands),
		cmocka_unit_test(comments_and_indentation_stay),
		cmocka_unit_test(lists_of_nothing_are_filled),
		cmocka_unit_test(lines_may_end_as_on_windows),
		cmocka_unit_test(what_goes_leaves_the_rest),
		cmocka_unit_test(a_file_that_could_be_harmed_is_refused),
		cmocka_unit_test_setup_teardown(a_file_is_made_private_with_what_is_above_it, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(a_link_stays_one, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(a_link_to_nothing_is_refused, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(a_file_that_is_refused_stays_and_no_lock_with_it, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(the_lock_of_kubectl_is_respected, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(what_has_the_name_is_dropped_from_a_file, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(another_users_file_is_refused, scratch_setup, scratch_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
