/* SPDX-License-Identifier: Apache-2.0 */
/* Records of gateways in the user's and in the system's tree; which one is active. */
#include "script.h"
#include "scratch.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "store/registry.h"

static struct paths here;

static int set_up(void **state)
{
	if (scratch_setup(state) < 0)
		return -1;
	here = scratch_trees();
	return 0;
}

#define METADATA(name, port) \
	"{\"name\":\"" name "\",\"gateway_endpoint\":\"https://127.0.0.1:" #port "\",\"is_remote\":false,\"gateway_port\":" #port "}"

static void put(const char *tree, const char *name, const char *text)
{
	scratch_put(scratch("%s/gateways/%s/metadata.json", tree, name), text);
}

static void put_flat(const char *name, const char *text)
{
	scratch_put(scratch("user/gateways/%s_metadata.json", name), text);
}

/* The port of the entry that a look-up finds. */
static void assert_found(const char *name, int port, enum record_source source)
{
	AUTO(record) record = { 0 };
	struct error *err = NULL;

	if (registry_load(&here, name, &record, &err) < 0)
		fail_msg("%s: %s", name, error_text(err));
	assert_string_equal(record.name, name);
	assert_int_equal(record.port, port);
	assert_int_equal(record.source, source);
}

static void assert_not_found(const char *name, enum error_kind kind, const char *part)
{
	AUTO(record) record = { 0 };
	struct error *err = NULL;

	assert_int_equal(registry_load(&here, name, &record, &err), -1);
	assert_null(record.name);
	assert_error(&err, kind, part);
}

/* "name:source name:source!", "!" for an entry that cannot be used. */
static void assert_list(const char *expected)
{
	AUTO(record_list) list = { 0 };
	AUTO(buf) text = BUF_INIT;
	struct error *err = NULL;

	assert_int_equal(registry_list(&here, &list, &err), 0);
	for (size_t i = 0; i < list.n; i++) {
		const struct record *record = &list.v[i];

		buf_addf(&text, "%s%s:%s%s", i ? " " : "", record->name, record_source_name(record->source),
			 record->invalid ? "!" : "");
		assert_true(record->invalid != NULL || access(record->path, F_OK) == 0);
	}
	assert_string_equal(buf_str(&text), expected);
}

/* ------------------------------------------------------------------ look-up and shadowing */

static void an_entry_of_either_tree_is_found(void **state)
{
	(void)state;
	put("user", "a", METADATA("a", 1001));
	put("system", "b", METADATA("b", 1002));
	assert_found("a", 1001, SOURCE_USER);
	assert_found("b", 1002, SOURCE_SYSTEM);
	assert_list("a:user b:system");
}

static void an_absent_entry_is_told_with_both_places(void **state)
{
	(void)state;
	assert_not_found("dev", ERROR_ABSENT, here.user_root);
	assert_not_found("dev", ERROR_ABSENT, here.system_root);
	here.system_root = NULL;
	assert_not_found("dev", ERROR_ABSENT, "there is no gateway 'dev'");
}

static void a_user_entry_hides_the_system_entry_of_its_name(void **state)
{
	(void)state;
	put("user", "dev", METADATA("dev", 1001));
	put("system", "dev", METADATA("dev", 1002));
	assert_found("dev", 1001, SOURCE_USER);
	assert_list("dev:user");
}

static void a_corrupt_user_entry_hides_it_too(void **state)
{
	(void)state;
	put("user", "dev", "{");
	put("system", "dev", METADATA("dev", 1002));
	assert_not_found("dev", ERROR_SYSTEM, "the entry of gateway 'dev' cannot be used");
	assert_list("dev:user!");
}

static void an_empty_user_directory_hides_nothing(void **state)
{
	(void)state;
	put("system", "dev", METADATA("dev", 1002));
	scratch_put(scratch("user/gateways/dev/last_sandbox"), "x");
	assert_found("dev", 1002, SOURCE_SYSTEM);
	assert_list("dev:system");
}

static void look_where_it_is_closed(void *arg)
{
	(void)arg;
	assert_not_found("dev", ERROR_REFUSED, "Permission denied");
	assert_list("dev:user!");
}

static void a_user_entry_that_cannot_be_examined_hides_it_too(void **state)
{
	(void)state;
	put("user", "dev", METADATA("dev", 1001));
	put("system", "dev", METADATA("dev", 1002));
	assert_int_equal(chmod(scratch("user"), 0755), 0);
	assert_int_equal(chmod(scratch("user/gateways"), 0755), 0);
	assert_int_equal(chmod(scratch("user/gateways/dev"), 0), 0);
	as_nobody(look_where_it_is_closed, NULL);
}

static void a_system_entry_is_seen_again_when_the_user_entry_is_removed(void **state)
{
	struct error *err = NULL;
	bool removed = false;

	(void)state;
	put("user", "dev", METADATA("dev", 1001));
	put("system", "dev", METADATA("dev", 1002));
	assert_int_equal(registry_remove(&here, "dev", &removed, &err), 0);
	assert_true(removed);
	assert_found("dev", 1002, SOURCE_SYSTEM);
}

static void the_older_place_is_read_where_the_newer_one_has_nothing(void **state)
{
	(void)state;
	put_flat("dev", METADATA("dev", 1003));
	put("system", "dev", METADATA("dev", 1002));
	assert_found("dev", 1003, SOURCE_USER);
	assert_list("dev:user");
	put("user", "dev", METADATA("dev", 1001));
	assert_found("dev", 1001, SOURCE_USER);
	assert_list("dev:user");
}

static void the_older_place_is_not_read_in_the_system_tree(void **state)
{
	(void)state;
	scratch_put(scratch("system/gateways/dev_metadata.json"), METADATA("dev", 1002));
	assert_not_found("dev", ERROR_ABSENT, "there is no gateway");
	assert_list("");
}

static void an_entry_has_the_name_of_its_place(void **state)
{
	(void)state;
	put("user", "mine", METADATA("other", 1001));
	assert_found("mine", 1001, SOURCE_USER);
	assert_not_found("other", ERROR_ABSENT, "there is no gateway 'other'");
	assert_list("mine:user");
}

static void a_name_that_leads_elsewhere_is_refused_everywhere(void **state)
{
	static const char *const names[] = { "", ".", "..", "a/b", "../x", "/etc", "-x", "a\nb" };
	struct record record = { .endpoint = (char *)(uintptr_t)"https://h" };
	struct error *err = NULL;
	bool removed;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		assert_not_found(names[i], ERROR_USAGE, "not a gateway name");
		record.name = (char *)(uintptr_t)names[i];
		assert_int_equal(registry_save(&here, &record, &err), -1);
		assert_error(&err, ERROR_USAGE, "not a gateway name");
		assert_int_equal(registry_remove(&here, names[i], &removed, &err), -1);
		assert_error(&err, ERROR_USAGE, "not a gateway name");
		assert_int_equal(registry_set_active(&here, names[i], &err), -1);
		assert_error(&err, ERROR_USAGE, "not a gateway name");
	}
	assert_gone(scratch("user"));
}

/* ------------------------------------------------------------------ metadata */

static void every_key_is_read_and_others_are_ignored(void **state)
{
	AUTO(record) record = { 0 };
	struct error *err = NULL;

	(void)state;
	put("user", "dev", "{\"future\":[{}],\"name\":\"dev\",\"gateway_endpoint\":\"https://10.0.0.5:8080\","
			   "\"is_remote\":true,\"gateway_port\":8080,\"remote_host\":\"me@box\","
			   "\"resolved_host\":\"10.0.0.5\",\"auth_mode\":\"mtls\",\"docker_endpoint\":\"ssh://me@box\","
			   "\"docker_id\":\"ABC\",\"container_id\":\"c1\",\"image\":\"openshell/cluster:dev\"}");
	assert_int_equal(registry_load(&here, "dev", &record, &err), 0);
	assert_string_equal(record.endpoint, "https://10.0.0.5:8080");
	assert_true(record.is_remote);
	assert_int_equal(record.port, 8080);
	assert_string_equal(record.remote_host, "me@box");
	assert_string_equal(record.resolved_host, "10.0.0.5");
	assert_string_equal(record.docker_endpoint, "ssh://me@box");
	assert_string_equal(record.docker_id, "ABC");
	assert_string_equal(record.container_id, "c1");
	assert_string_equal(record.image, "openshell/cluster:dev");
	assert_string_equal(record.path, scratch("user/gateways/dev/metadata.json"));
}

static void optional_keys_may_be_missing_null_blank_or_of_another_type(void **state)
{
	static const char *const values[] = { "", ",\"remote_host\":null", ",\"remote_host\":\" \"", ",\"remote_host\":7" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		autofree char *text = xasprintf("{\"name\":\"dev\",\"gateway_endpoint\":\"http://h\",\"is_remote\":false,"
						"\"gateway_port\":0%s}", values[i]);
		AUTO(record) record = { 0 };
		struct error *err = NULL;

		put("user", "dev", text);
		assert_int_equal(registry_load(&here, "dev", &record, &err), 0);
		assert_null(record.remote_host);
	}
}

static void metadata_that_cannot_be_used_is_refused_with_the_reason(void **state)
{
#define REST ",\"is_remote\":false,\"gateway_port\":1}"
	static const struct {
		const char *text, *part;
	} rows[] = {
		{ "", "not JSON" },
		{ "\xff\xfe{\0}", "not JSON" },
		{ "[]", "is missing" },
		{ "null", "is missing" },
		{ "\"text\"", "is missing" },
		{ "[" METADATA("dev", 1) "]", "is missing" },
		{ METADATA("dev", 1) METADATA("dev", 1), "not JSON" },
		{ "{\"gateway_endpoint\":\"https://h\"" REST, "is missing" },
		{ "{\"name\":\"dev\"" REST, "is missing" },
		{ "{\"name\":\"dev\",\"gateway_endpoint\":\"https://h\",\"gateway_port\":1}", "is missing" },
		{ "{\"name\":7,\"gateway_endpoint\":\"https://h\"" REST, "is missing" },
		{ "{\"name\":{},\"gateway_endpoint\":\"https://h\"" REST, "is missing" },
		{ "{\"name\":\"dev\",\"gateway_endpoint\":[\"https://h\"]" REST, "is missing" },
		{ "{\"name\":\"dev\",\"gateway_endpoint\":\"https://h\",\"is_remote\":\"false\",\"gateway_port\":1}", "is missing" },
		{ "{\"name\":\"dev\",\"gateway_endpoint\":\"https://h\",\"is_remote\":0,\"gateway_port\":1}", "is missing" },
		{ "{\"name\":\"../x\",\"gateway_endpoint\":\"https://h\"" REST, "no gateway name" },
		{ "{\"name\":\"\",\"gateway_endpoint\":\"https://h\"" REST, "no gateway name" },
		{ "{\"name\":\"dev\",\"gateway_endpoint\":\"\"" REST, "neither https:// nor http://" },
		{ "{\"name\":\"dev\",\"gateway_endpoint\":\"file:///etc/passwd\"" REST, "neither https:// nor http://" },
		{ "{\"name\":\"dev\",\"gateway_endpoint\":\"https://h\\u001b[31m\"" REST, "control characters" },
		{ "{\"name\":\"dev\",\"gateway_endpoint\":\"https://h\xff\"" REST, "no UTF-8" },
		{ "{\"name\":\"dev\",\"gateway_endpoint\":\"https://h\",\"remote_host\":\"x\\ny\"" REST, "'remote_host'" },
		{ "{\"name\":\"dev\",\"gateway_endpoint\":\"https://h\",\"is_remote\":false}", "no port" },
		{ "{\"name\":\"dev\",\"gateway_endpoint\":\"https://h\",\"is_remote\":false,\"gateway_port\":65536}", "no port" },
		{ "{\"name\":\"dev\",\"gateway_endpoint\":\"https://h\",\"is_remote\":false,\"gateway_port\":-1}", "no port" },
		{ "{\"name\":\"dev\",\"gateway_endpoint\":\"https://h\",\"is_remote\":false,\"gateway_port\":1.5}", "no port" },
		{ "{\"name\":\"dev\",\"gateway_endpoint\":\"https://h\",\"is_remote\":false,\"gateway_port\":\"80\"}", "no port" },
		{ "{\"name\":\"dev\",\"gateway_endpoint\":\"https://h\",\"is_remote\":false,\"gateway_port\":1e999}", "no port" },
	};
#undef REST

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		put("user", "dev", rows[i].text);
		assert_not_found("dev", ERROR_SYSTEM, rows[i].part);
		assert_list("dev:user!");
	}
}

static void options_for_ssh_are_a_list_of_texts_or_the_entry_is_of_no_use(void **state)
{
#define HERE "{\"name\":\"dev\",\"gateway_endpoint\":\"https://h:1\",\"is_remote\":true,\"gateway_port\":1,\"ssh_options\":"
	static const char *const bad[] = { "\"Port=1\"", "[1]", "[\"Port=1\",null]", "{\"Port\":\"1\"}", "[\"a\\u001b\"]", "true" };
	AUTO(record) record = { 0 }, none = { 0 };
	struct error *err = NULL;

	(void)state;
	put("user", "dev", HERE "[\"Port=1\",\"User=a b\"]}");
	assert_int_equal(registry_load(&here, "dev", &record, &err), 0);
	assert_int_equal(record.ssh_options.n, 2);
	assert_string_equal(record.ssh_options.v[1], "User=a b");
	put("user", "dev", HERE "null}");
	assert_int_equal(registry_load(&here, "dev", &none, &err), 0);
	assert_int_equal(none.ssh_options.n, 0);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		autofree char *text = xasprintf(HERE "%s}", bad[i]);

		put("user", "dev", text);
		assert_not_found("dev", ERROR_SYSTEM, "'ssh_options' is no list of texts");
	}
#undef HERE
}

static void a_key_of_ours_that_is_there_twice_is_refused(void **state)
{
	static const char *const extra[] = {
		"\"gateway_port\":1", "\"name\":\"dev\"", "\"is_remote\":false", "\"gateway_endpoint\":\"https://evil\"",
		"\"remote_host\":\"a\",\"remote_host\":\"b\"", "\"auth_mode\":null,\"auth_mode\":\"mtls\"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(extra); i++) {
		autofree char *text = xasprintf("{%s,%s", extra[i], &METADATA("dev", 1)[1]);

		put("user", "dev", text);
		assert_not_found("dev", ERROR_SYSTEM, "is there more than once");
		assert_list("dev:user!");
	}
	put("user", "dev", "{\"x\":1,\"x\":2,\"Name\":\"other\",\"NAME\":\"third\",\"gateway_port\":1,\"name\":\"dev\","
			   "\"gateway_endpoint\":\"https://h\",\"is_remote\":false}");
	assert_found("dev", 1, SOURCE_USER);
}

/* As upstream's releases wrote them. */
static void entries_of_other_programs_are_read(void **state)
{
#define BASE "\"name\":\"dev\",\"gateway_endpoint\":\"https://g.example:8080\",\"gateway_port\":8080"
	static const struct {
		const char *text, *type, *auth;
		bool elsewhere;
	} rows[] = {
		{ "{" BASE ",\"is_remote\":false}", "local", "mtls", false },
		{ "{" BASE ",\"is_remote\":false,\"remote_host\":null,\"resolved_host\":null,\"auth_mode\":null}", "local", "mtls", false },
		{ "{" BASE ",\"is_remote\":true,\"auth_mode\":\"cloudflare_jwt\",\"cf_team_domain\":\"t\",\"cf_auth_url\":\"https://a\"}",
		  "cloud", "cloudflare_jwt", true },
		{ "{" BASE ",\"is_remote\":true,\"auth_mode\":\"cloudflare_jwt\",\"edge_team_domain\":\"t\",\"edge_auth_url\":null}",
		  "cloud", "cloudflare_jwt", true },
		{ "{" BASE ",\"is_remote\":true,\"remote_host\":\"me@box\",\"resolved_host\":\"10.0.0.5\"}", "remote", "mtls", true },
		{ "{" BASE ",\"is_remote\":false,\"auth_mode\":\"oidc\",\"oidc_issuer\":\"https://i\",\"oidc_client_id\":\"c\","
		  "\"oidc_audience\":null,\"oidc_scopes\":\"a b\",\"vm_driver_state_dir\":\"/x\"}", "local", "oidc", false },
		{ "{" BASE ",\"is_remote\":false,\"client_lifecycle_managed\":true}", "local", "mtls", false },
		{ "{" BASE ",\"is_remote\":false,\"client_lifecycle_managed\":null}", "local", "mtls", false },
		{ "{" BASE ",\"is_remote\":false,\"client_lifecycle_managed\":false}", "local", "mtls", true },
	};
#undef BASE

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(record) record = { 0 };
		struct error *err = NULL;

		put_flat("dev", rows[i].text);
		assert_int_equal(registry_load(&here, "dev", &record, &err), 0);
		assert_string_equal(record_type(&record), rows[i].type);
		assert_string_equal(record_auth(&record), rows[i].auth);
		assert_int_equal(record.is_remote || record.is_external, rows[i].elsewhere);
	}
}

static void a_huge_or_deep_file_is_refused(void **state)
{
	AUTO(buf) huge = BUF_INIT, deep = BUF_INIT;

	(void)state;
	buf_addf(&huge, "%s%*s", METADATA("dev", 1), 70000, "");
	put("user", "dev", buf_str(&huge));
	assert_not_found("dev", ERROR_SYSTEM, "larger than 65536 bytes");
	for (int i = 0; i < 30000; i++)
		buf_adds(&deep, "[");
	put("user", "dev", buf_str(&deep));
	assert_not_found("dev", ERROR_SYSTEM, "not JSON");
}

static void a_nul_byte_in_the_file_is_refused(void **state)
{
	static const char text[] = METADATA("dev", 1) "\0";

	(void)state;
	scratch_put_bytes(scratch("user/gateways/dev/metadata.json"), text, sizeof(text) - 1);
	assert_not_found("dev", ERROR_SYSTEM, "NUL byte");
}

static void what_is_no_file_is_refused_and_hides_the_system_entry(void **state)
{
	const char *path = scratch("user/gateways/dev/metadata.json");

	(void)state;
	put("system", "dev", METADATA("dev", 1002));
	scratch_put(scratch("user/gateways/dev/x"), "");
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_not_found("dev", ERROR_SYSTEM, "not a regular file");
	assert_list("dev:user!");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_not_found("dev", ERROR_SYSTEM, "not a regular file");
	assert_list("dev:user!");
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink("nowhere", path), 0);
	assert_not_found("dev", ERROR_ABSENT, "cannot be used");
	assert_list("dev:user!");
}

static void a_link_to_a_file_is_followed(void **state)
{
	(void)state;
	scratch_put(scratch("elsewhere.json"), METADATA("dev", 1001));
	scratch_put(scratch("user/gateways/dev/x"), "");
	assert_int_equal(symlink("../../../elsewhere.json", scratch("user/gateways/dev/metadata.json")), 0);
	assert_found("dev", 1001, SOURCE_USER);
}

static void the_kind_of_a_gateway_follows_from_its_record(void **state)
{
	static char https[] = "https://h", http[] = "http://h", host[] = "me@box", jwt[] = "cloudflare_jwt", mtls[] = "mtls";
	static const struct {
		struct record record;
		const char *type, *auth;
	} rows[] = {
		{ { .endpoint = https }, "local", "mtls" },
		{ { .endpoint = http }, "local", "plaintext" },
		{ { .endpoint = http, .auth_mode = mtls }, "local", "mtls" },
		{ { .endpoint = https, .is_remote = true, .remote_host = host }, "remote", "mtls" },
		{ { .endpoint = https, .is_remote = true }, "remote", "mtls" },
		{ { .endpoint = https, .is_remote = true, .auth_mode = jwt }, "cloud", "cloudflare_jwt" },
		{ { .endpoint = https, .source = SOURCE_SYSTEM }, "local", "mtls" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_string_equal(record_type(&rows[i].record), rows[i].type);
		assert_string_equal(record_auth(&rows[i].record), rows[i].auth);
	}
}

/* ------------------------------------------------------------------ writing */

static char dev[] = "dev", endpoint[] = "https://127.0.0.1:8080", engine[] = "unix:///var/run/docker.sock", id[] = "ABC";

static void a_saved_record_reads_back_and_is_private(void **state)
{
	const struct record record = {
		.name = dev, .endpoint = endpoint, .port = 8080, .docker_endpoint = engine, .docker_id = id,
	};
	struct error *err = NULL;

	(void)state;
	umask(0);
	assert_int_equal(registry_save(&here, &record, &err), 0);
	assert_found("dev", 8080, SOURCE_USER);
	assert_mode(scratch("user/gateways/dev/metadata.json"), 0600);
	assert_mode(scratch("user/gateways/dev"), 0700);
	assert_mode(scratch("user"), 0700);
	assert_holds(scratch("user/gateways/dev/metadata.json"),
		     "{\n"
		     "  \"name\": \"dev\",\n"
		     "  \"gateway_endpoint\": \"https://127.0.0.1:8080\",\n"
		     "  \"is_remote\": false,\n"
		     "  \"gateway_port\": 8080,\n"
		     "  \"docker_endpoint\": \"unix:///var/run/docker.sock\",\n"
		     "  \"docker_id\": \"ABC\"\n"
		     "}\n");
}

static ino_t inode(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static void what_the_file_says_already_is_not_written_again(void **state)
{
	struct record record = { .name = dev, .endpoint = endpoint, .port = 8080 };
	const char *path = scratch("user/gateways/dev/metadata.json");
	struct error *err = NULL;
	ino_t first;

	(void)state;
	assert_int_equal(registry_save(&here, &record, &err), 0);
	assert_int_equal(link(path, scratch("kept")), 0); /* so that its number is not given away */
	first = inode(path);
	assert_int_equal(registry_save(&here, &record, &err), 0);
	assert_int_equal(inode(path), first);
	record.port = 8081;
	assert_int_equal(registry_save(&here, &record, &err), 0);
	assert_int_not_equal(inode(path), first);
	assert_found("dev", 8081, SOURCE_USER);
}

static void what_is_open_to_others_is_closed_when_it_is_saved(void **state)
{
	static const char *const dirs[] = { "user", "user/gateways", "user/gateways/dev" };
	const struct record record = { .name = dev, .endpoint = endpoint, .port = 8080 };
	const char *path = scratch("user/gateways/dev/metadata.json");
	struct error *err = NULL;

	(void)state;
	assert_int_equal(registry_save(&here, &record, &err), 0);
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		assert_int_equal(chmod(scratch("%s", dirs[i]), 0755), 0);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(registry_save(&here, &record, &err), 0);
	assert_mode(path, 0600);
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		assert_mode(scratch("%s", dirs[i]), 0700);
}

static void keys_of_other_programs_survive_a_save(void **state)
{
	static char mode[] = "plaintext";
	struct record record = { .name = dev, .endpoint = endpoint, .port = 8080, .auth_mode = mode };
	const char *expected = "{\n"
			       "  \"name\": \"dev\",\n"
			       "  \"gateway_endpoint\": \"https://127.0.0.1:8080\",\n"
			       "  \"is_remote\": false,\n"
			       "  \"gateway_port\": 8080,\n"
			       "  \"auth_mode\": \"plaintext\",\n"
			       "  \"cf_team_domain\": \"t\",\n"
			       "  \"future\": [\n"
			       "    {\n"
			       "      \"a\": null\n"
			       "    }\n"
			       "  ],\n"
			       "  \"client_lifecycle_managed\": true\n"
			       "}\n";
	struct error *err = NULL;

	(void)state;
	put("user", "dev", "{\"cf_team_domain\":\"t\",\"name\":\"dev\",\"gateway_endpoint\":\"https://h\",\"is_remote\":true,"
			   "\"remote_host\":\"gone\",\"future\":[{\"a\":null}],\"gateway_port\":1,\"client_lifecycle_managed\":true}");
	assert_int_equal(registry_save(&here, &record, &err), 0);
	assert_holds(scratch("user/gateways/dev/metadata.json"), expected);
	assert_int_equal(registry_save(&here, &record, &err), 0);
	assert_holds(scratch("user/gateways/dev/metadata.json"), expected);
}

static void those_of_the_system_are_not_taken_over(void **state)
{
	const struct record record = { .name = dev, .endpoint = endpoint, .port = 8080 };
	autofree char *text = NULL;

	(void)state;
	put("system", "dev", "{\"theirs\":1,\"name\":\"dev\",\"gateway_endpoint\":\"https://h\",\"is_remote\":true,\"gateway_port\":1}");
	text = registry_text(&here, &record);
	assert_null(strstr(text, "theirs"));
}

static void a_save_moves_an_entry_from_the_older_place(void **state)
{
	const struct record record = { .name = dev, .endpoint = endpoint, .port = 8080 };
	AUTO(buf) now = BUF_INIT;
	struct error *err = NULL;

	(void)state;
	put_flat("dev", "{\"future\":7,\"name\":\"dev\",\"gateway_endpoint\":\"https://h\",\"is_remote\":false,\"gateway_port\":1}");
	assert_int_equal(registry_save(&here, &record, &err), 0);
	assert_gone(scratch("user/gateways/dev_metadata.json"));
	assert_int_equal(file_read(scratch("user/gateways/dev/metadata.json"), 4096, &now, &err), 0);
	assert_non_null(strstr(buf_str(&now), "\"future\": 7"));
	assert_found("dev", 8080, SOURCE_USER);
}

static void saving_never_writes_the_system_tree(void **state)
{
	const struct record record = { .name = dev, .endpoint = endpoint, .port = 8080, .source = SOURCE_SYSTEM };
	struct error *err = NULL;

	(void)state;
	put("system", "dev", METADATA("dev", 1002));
	assert_int_equal(registry_save(&here, &record, &err), 0);
	assert_holds(scratch("system/gateways/dev/metadata.json"), METADATA("dev", 1002));
	assert_found("dev", 8080, SOURCE_USER);
}

static void removing_takes_both_places_and_the_bundle_and_leaves_others(void **state)
{
	struct error *err = NULL;
	bool removed = false;

	(void)state;
	put("user", "dev", METADATA("dev", 1001));
	put_flat("dev", METADATA("dev", 1003));
	scratch_put(scratch("user/gateways/dev/mtls/tls.key"), "x");
	scratch_put(scratch("user/gateways/dev/mtls.bak/tls.key"), "x");
	scratch_put(scratch("user/gateways/dev/node/registries.yaml"), "x");
	scratch_put(scratch("user/gateways/dev/node.tmp/id"), "x");
	scratch_put(scratch("user/gateways/dev/last_sandbox"), "x");
	put("user", "dev2", METADATA("dev2", 1004));
	assert_int_equal(registry_remove(&here, "dev", &removed, &err), 0);
	assert_true(removed);
	assert_list("dev2:user");
	assert_entries(scratch("user/gateways"), 1);
}

static void removing_the_last_one_leaves_no_directories(void **state)
{
	struct error *err = NULL;
	bool removed = false;

	(void)state;
	put("user", "dev", METADATA("dev", 1001));
	assert_int_equal(registry_remove(&here, "dev", &removed, &err), 0);
	assert_true(removed);
	assert_gone(scratch("user"));
	assert_int_equal(registry_remove(&here, "dev", &removed, &err), 0);
	assert_false(removed);
}

static void removing_a_name_of_the_system_tree_leaves_it(void **state)
{
	struct error *err = NULL;
	bool removed = true;

	(void)state;
	put("system", "dev", METADATA("dev", 1002));
	assert_int_equal(registry_remove(&here, "dev", &removed, &err), 0);
	assert_false(removed);
	assert_found("dev", 1002, SOURCE_SYSTEM);
}

static void a_removed_gateway_is_not_the_active_one(void **state)
{
	struct error *err = NULL;
	bool removed = false;

	(void)state;
	put("user", "dev", METADATA("dev", 1001));
	put("user", "prod", METADATA("prod", 1001));
	scratch_put(scratch("user/active_gateway"), "prod\n");
	assert_int_equal(registry_remove(&here, "dev", &removed, &err), 0);
	assert_holds(scratch("user/active_gateway"), "prod\n");
	assert_int_equal(registry_remove(&here, "prod", &removed, &err), 0);
	assert_gone(scratch("user"));
}

static void tokens_and_whatever_stands_in_their_place_are_removed_with_a_gateway(void **state)
{
	static const char *const files[] = { "edge_token", "cf_token", "oidc_token.json", "last_sandbox", "unknown" };
	struct error *err = NULL;
	bool removed = false;

	(void)state;
	put("user", "dev", METADATA("dev", 1001));
	put("user", "other", METADATA("other", 1001));
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		scratch_put(scratch("user/gateways/dev/%s", files[i]), "x");
	assert_int_equal(mkdir(scratch("user/gateways/dev/mtls"), 0700), 0);
	assert_int_equal(mkfifo(scratch("user/gateways/dev/mtls/tls.key"), 0600), 0);
	assert_int_equal(mkdir(scratch("user/gateways/dev/node"), 0700), 0);
	assert_int_equal(mkdir(scratch("user/gateways/dev/node/id"), 0700), 0);
	assert_int_equal(registry_remove(&here, "dev", &removed, &err), 0);
	assert_true(removed);
	assert_gone(scratch("user/gateways/dev"));
	assert_list("other:user");
}

static void a_gateway_directory_that_is_a_link_is_removed_as_one(void **state)
{
	struct error *err = NULL;
	bool removed = false;

	(void)state;
	scratch_put(scratch("real/metadata.json"), METADATA("dev", 1001));
	scratch_put(scratch("real/mtls/tls.key"), "key");
	scratch_put(scratch("real/node/ca.crt"), "ca");
	scratch_put(scratch("user/gateways/other/x"), "");
	assert_int_equal(symlink("../../real", scratch("user/gateways/dev")), 0);
	put_flat("dev", METADATA("dev", 1002));
	assert_int_equal(registry_remove(&here, "dev", &removed, &err), 0);
	assert_true(removed);
	assert_gone(scratch("user/gateways/dev"));
	assert_gone(scratch("user/gateways/dev_metadata.json"));
	assert_holds(scratch("real/metadata.json"), METADATA("dev", 1001));
	assert_holds(scratch("real/mtls/tls.key"), "key");
	assert_holds(scratch("real/node/ca.crt"), "ca");
}

/* ------------------------------------------------------------------ lists */

static void a_list_is_sorted_over_both_trees(void **state)
{
	(void)state;
	put("system", "m", METADATA("m", 1));
	put("user", "z", METADATA("z", 1));
	put("user", "a", METADATA("a", 1));
	put("system", "b", METADATA("b", 1));
	put("user", "A", METADATA("A", 1));
	put_flat("n", METADATA("n", 1));
	put("system", "z", METADATA("z", 1));
	assert_list("A:user a:user b:system m:system n:user z:user");
}

static void a_long_list_is_whole(void **state)
{
	AUTO(record_list) list = { 0 };
	struct error *err = NULL;

	(void)state;
	for (int i = 0; i < 100; i++) {
		autofree char *name = xasprintf("g%03d", i);

		put(i % 2 ? "user" : "system", name, METADATA("g", 1));
	}
	assert_int_equal(registry_list(&here, &list, &err), 0);
	assert_int_equal(list.n, 100);
	for (size_t i = 0; i < list.n; i++) {
		assert_int_equal(list.v[i].source, i % 2 ? SOURCE_USER : SOURCE_SYSTEM);
		assert_true(i == 0 || strcmp(list.v[i - 1].name, list.v[i].name) < 0);
	}
}

static void what_is_no_entry_is_not_listed(void **state)
{
	static const char *const files[] = {
		"user/gateways/README", "user/gateways/_metadata.json", "user/gateways/-x/metadata.json",
		"user/gateways/a b/metadata.json", "user/gateways/empty/last_sandbox", "user/gateways/-x_metadata.json",
		"system/gateways/x_metadata.json",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		scratch_put(scratch("%s", files[i]), METADATA("x", 1));
	assert_list("");
}

static void there_may_be_no_trees_at_all(void **state)
{
	(void)state;
	assert_list("");
	here.system_root = NULL;
	assert_list("");
}

static void assert_told_as_unlisted(const char *part)
{
	autofree char *why = registry_unlisted(&here);

	if (part == NULL)
		assert_null(why);
	else
		assert_non_null(strstr(why, part));
}

static void a_system_tree_that_is_not_there_or_can_be_read_is_not_told_of(void **state)
{
	(void)state;
	assert_told_as_unlisted(NULL);
	put("system", "b", METADATA("b", 1));
	assert_told_as_unlisted(NULL);
	here.system_root = NULL;
	assert_told_as_unlisted(NULL);
}

static void what_others_could_have_written_in_the_system_tree_is_listed_as_unusable_and_refused(void **state)
{
	(void)state;
	put("system", "dev", METADATA("dev", 1002));
	put("system", "good", METADATA("good", 1003));
	put("user", "mine", METADATA("mine", 1001));
	assert_int_equal(chmod(scratch("system/gateways/dev/metadata.json"), 0666), 0);
	assert_list("dev:system! good:system mine:user");
	assert_not_found("dev", ERROR_REFUSED, "can be written by others than its owner");
	assert_found("good", 1003, SOURCE_SYSTEM);
	assert_int_equal(chmod(scratch("system/gateways/dev/metadata.json"), 0644), 0);
	assert_int_equal(chmod(scratch("system/gateways/dev"), 0777), 0);
	assert_list("dev:system! good:system mine:user");
	assert_int_equal(chmod(scratch("system/gateways/dev"), 0755), 0);
	assert_list("dev:system good:system mine:user");
}

static void list_where_it_is_closed(void *arg)
{
	struct record_list list = { 0 };
	struct error *err = NULL;

	(void)arg;
	assert_list("a:user");
	assert_told_as_unlisted("Permission denied");
	assert_not_found("b", ERROR_ABSENT, "there is no gateway 'b'");
	here.user_root = here.system_root;
	assert_int_equal(registry_list(&here, &list, &err), -1);
	assert_error(&err, ERROR_REFUSED, "cannot read");
}

static void a_system_tree_that_cannot_be_read_spoils_nothing_a_user_tree_does(void **state)
{
	(void)state;
	put("user", "a", METADATA("a", 1));
	put("system", "b", METADATA("b", 1));
	assert_int_equal(chmod(scratch("user"), 0755), 0);
	assert_int_equal(chmod(scratch("user/gateways"), 0755), 0);
	assert_int_equal(chmod(scratch("user/gateways/a"), 0755), 0);
	assert_int_equal(chmod(scratch("user/gateways/a/metadata.json"), 0644), 0);
	assert_int_equal(chmod(scratch("system"), 0755), 0);
	assert_int_equal(chmod(scratch("system/gateways"), 0), 0);
	as_nobody(list_where_it_is_closed, NULL);
}

/* ------------------------------------------------------------------ the active gateway */

static void assert_active(const char *name, size_t warnings)
{
	AUTO(argv) told = ARGV_INIT;
	autofree char *active = registry_active(&here, &told);

	if (name == NULL)
		assert_null(active);
	else
		assert_string_equal(active, name);
	assert_int_equal(told.n, warnings);
}

static void the_active_gateway_is_the_users_else_the_systems(void **state)
{
	(void)state;
	assert_active(NULL, 0);
	scratch_put(scratch("system/active_gateway"), "shared\n");
	assert_active("shared", 0);
	scratch_put(scratch("user/active_gateway"), "mine");
	assert_active("mine", 0);
	here.system_root = NULL;
	assert_active("mine", 0);
}

static void white_space_around_the_name_does_not_count(void **state)
{
	(void)state;
	scratch_put(scratch("user/active_gateway"), " \n\tmine \r\n");
	assert_active("mine", 0);
}

static void a_blank_active_file_is_as_none(void **state)
{
	(void)state;
	scratch_put(scratch("system/active_gateway"), "shared");
	scratch_put(scratch("user/active_gateway"), "");
	assert_active("shared", 0);
	scratch_put(scratch("user/active_gateway"), " \n\n");
	assert_active("shared", 0);
}

static void an_active_file_that_holds_no_name_is_passed_over_with_a_warning(void **state)
{
	static const char *const texts[] = { "../x", "a b", "a\nb", "-x", ".", "..", "/etc", "\xff", "\033[31m" };

	(void)state;
	scratch_put(scratch("system/active_gateway"), "shared");
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		scratch_put(scratch("user/active_gateway"), texts[i]);
		assert_active("shared", 1);
	}
	scratch_put_bytes(scratch("user/active_gateway"), "mine\0x", 6);
	assert_active("shared", 1);
	scratch_put(scratch("system/active_gateway"), "a/b");
	assert_active(NULL, 2);
}

static void an_active_file_that_cannot_be_read_is_passed_over_with_a_warning(void **state)
{
	AUTO(buf) huge = BUF_INIT;
	const char *path = scratch("user/active_gateway");

	(void)state;
	scratch_put(scratch("system/active_gateway"), "shared");
	buf_addf(&huge, "mine%*s", 5000, "");
	scratch_put(path, buf_str(&huge));
	assert_active("shared", 1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_active("shared", 1);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_active("shared", 1);
}

static void selecting_writes_the_users_file_once(void **state)
{
	const char *path = scratch("user/active_gateway");
	struct error *err = NULL;
	ino_t first;

	(void)state;
	umask(0);
	put("user", "dev", METADATA("dev", 1));
	put("system", "prod", METADATA("prod", 1));
	scratch_put(scratch("system/active_gateway"), "shared");
	assert_int_equal(registry_set_active(&here, "dev", &err), 0);
	assert_holds(path, "dev");
	assert_mode(path, 0600);
	first = inode(path);
	assert_int_equal(registry_set_active(&here, "dev", &err), 0);
	assert_int_equal(inode(path), first);
	assert_holds(scratch("system/active_gateway"), "shared");
	assert_int_equal(registry_set_active(&here, "prod", &err), 0);
	assert_active("prod", 0);
}

static void only_a_gateway_that_is_there_can_be_selected(void **state)
{
	struct error *err = NULL;

	(void)state;
	put("user", "dev", METADATA("dev", 1));
	scratch_put(scratch("user/active_gateway"), "dev");
	assert_int_equal(registry_set_active(&here, "prod", &err), -1);
	assert_error(&err, ERROR_ABSENT, "there is no gateway 'prod'");
	assert_holds(scratch("user/active_gateway"), "dev");
	assert_mode(scratch("user/active_gateway"), 0600);
}

static void an_active_file_of_the_system_that_others_could_have_written_is_passed_over(void **state)
{
	(void)state;
	scratch_put(scratch("system/active_gateway"), "shared");
	assert_int_equal(chmod(scratch("system/active_gateway"), 0666), 0);
	assert_active(NULL, 1);
	assert_int_equal(chmod(scratch("system/active_gateway"), 0644), 0);
	assert_active("shared", 0);
}

/* Selects in one process, removes and saves in the other: the name in the file is always of an entry. */
static void select_often(void)
{
	for (int i = 0; i < 400; i++) {
		struct error *err = NULL;

		if (registry_set_active(&here, "dev", &err) < 0 && !error_is(err, ERROR_ABSENT))
			_exit(1);
		error_free(&err);
	}
	_exit(0);
}

static void a_removal_and_a_selection_at_once_leave_no_name_of_nothing(void **state)
{
	const struct record record = { .name = dev, .endpoint = endpoint, .port = 8080 };
	pid_t pid = fork();
	int status = -1;

	(void)state;
	if (pid == 0)
		select_often();
	for (int i = 0; i < 200; i++) {
		struct error *err = NULL;
		bool removed;

		assert_int_equal(registry_save(&here, &record, &err), 0);
		assert_int_equal(registry_remove(&here, "dev", &removed, &err), 0);
		assert_true(removed);
		assert_active(NULL, 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void only_the_gateway_that_goes_is_deselected(void **state)
{
	struct error *err = NULL;

	(void)state;
	assert_int_equal(registry_clear_active(&here, "dev", &err), 0);
	scratch_put(scratch("user/active_gateway"), "dev2\n");
	assert_int_equal(registry_clear_active(&here, "dev", &err), 0);
	assert_active("dev2", 0);
	assert_int_equal(registry_clear_active(&here, "dev2", &err), 0);
	assert_active(NULL, 0);
	assert_gone(scratch("user"));
	scratch_put(scratch("system/active_gateway"), "dev");
	assert_int_equal(registry_clear_active(&here, "dev", &err), 0);
	assert_active("dev", 0);
}

/* ------------------------------------------------------------------ names alone */

static void put_file(const char *path)
{
	scratch_put(scratch("%s", path), "no JSON: nobody reads it");
}

static void assert_names(const char *prefix, const char *list)
{
	AUTO(argv) names = ARGV_INIT;
	autofree char *got = NULL;

	registry_names(&here, prefix, &names);
	got = argv_join(&names, " ");
	assert_string_equal(got, list);
}

static void names_of_both_trees_are_sorted_and_each_is_there_once(void **state)
{
	(void)state;
	put_file("user/gateways/beta/metadata.json");
	put_file("user/gateways/both/metadata.json");
	put_file("user/gateways/both_metadata.json");
	put_file("user/gateways/flat_metadata.json");
	put_file("system/gateways/alpha/metadata.json");
	put_file("system/gateways/both/metadata.json");
	assert_names("", "alpha beta both flat");
	assert_names("b", "beta both");
	assert_names("both_", "");
}

static void what_is_no_entry_has_no_name(void **state)
{
	(void)state;
	put_file("user/gateways/good/metadata.json");
	put_file("user/gateways/bad name/metadata.json");
	put_file("user/gateways/\x1b[31mred/metadata.json");
	put_file("user/gateways/-option/metadata.json");
	put_file("user/gateways/_metadata.json");
	put_file("user/gateways/new\nline/metadata.json");
	put_file("user/gateways/stale/mtls/ca.crt");
	put_file("user/gateways/file");
	put_file("system/gateways/flat_metadata.json");
	assert_names("", "good");
}

static void an_entry_of_any_kind_counts_as_in_the_registry(void **state)
{
	(void)state;
	put_file("user/gateways/x/mtls/ca.crt");
	assert_int_equal(symlink("/nowhere", scratch("user/gateways/x/metadata.json")), 0);
	put_file("user/gateways/y/mtls/ca.crt");
	assert_int_equal(mkfifo(scratch("user/gateways/y/metadata.json"), 0600), 0);
	assert_names("", "x y");
}

static void without_trees_there_are_no_names(void **state)
{
	(void)state;
	assert_names("", "");
	put_file("user/gateways");
	assert_names("", "");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, scratch_teardown)

static void the_file_of_an_entry_is_found_also_when_it_is_of_no_use(void **state)
{
	enum record_source source;
	autofree char *none = registry_find(&here, "gw", &source), *shared = NULL, *flat = NULL, *nested = NULL;

	(void)state;
	assert_null(none);
	put("system", "gw", "{");
	shared = registry_find(&here, "gw", &source);
	assert_string_equal(shared, scratch("system/gateways/gw/metadata.json"));
	assert_int_equal(source, SOURCE_SYSTEM);
	put_flat("gw", "{");
	flat = registry_find(&here, "gw", &source);
	assert_string_equal(flat, scratch("user/gateways/gw_metadata.json"));
	assert_int_equal(source, SOURCE_USER);
	put("user", "gw", "{");
	nested = registry_find(&here, "gw", &source);
	assert_string_equal(nested, scratch("user/gateways/gw/metadata.json"));
}

static void the_users_active_gateway_is_never_the_systems(void **state)
{
	AUTO(argv) warnings = ARGV_INIT;
	autofree char *none = NULL, *own = NULL;

	(void)state;
	scratch_put(scratch("system/active_gateway"), "shared");
	none = registry_active_of_user(&here, &warnings);
	assert_null(none);
	scratch_put(scratch("user/active_gateway"), " own\n");
	own = registry_active_of_user(&here, &warnings);
	assert_string_equal(own, "own");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_entry_of_either_tree_is_found),
		CASE(an_absent_entry_is_told_with_both_places),
		CASE(a_user_entry_hides_the_system_entry_of_its_name),
		CASE(a_corrupt_user_entry_hides_it_too),
		CASE(an_empty_user_directory_hides_nothing),
		CASE(the_file_of_an_entry_is_found_also_when_it_is_of_no_use),
		CASE(the_users_active_gateway_is_never_the_systems),
		CASE(a_user_entry_that_cannot_be_examined_hides_it_too),
		CASE(a_system_entry_is_seen_again_when_the_user_entry_is_removed),
		CASE(the_older_place_is_read_where_the_newer_one_has_nothing),
		CASE(the_older_place_is_not_read_in_the_system_tree),
		CASE(an_entry_has_the_name_of_its_place),
		CASE(a_name_that_leads_elsewhere_is_refused_everywhere),
		CASE(every_key_is_read_and_others_are_ignored),
		CASE(optional_keys_may_be_missing_null_blank_or_of_another_type),
		CASE(metadata_that_cannot_be_used_is_refused_with_the_reason),
		CASE(options_for_ssh_are_a_list_of_texts_or_the_entry_is_of_no_use),
		CASE(a_key_of_ours_that_is_there_twice_is_refused),
		CASE(entries_of_other_programs_are_read),
		CASE(a_huge_or_deep_file_is_refused),
		CASE(a_nul_byte_in_the_file_is_refused),
		CASE(what_is_no_file_is_refused_and_hides_the_system_entry),
		CASE(a_link_to_a_file_is_followed),
		CASE(the_kind_of_a_gateway_follows_from_its_record),
		CASE(a_saved_record_reads_back_and_is_private),
		CASE(what_the_file_says_already_is_not_written_again),
		CASE(what_is_open_to_others_is_closed_when_it_is_saved),
		CASE(keys_of_other_programs_survive_a_save),
		CASE(those_of_the_system_are_not_taken_over),
		CASE(a_save_moves_an_entry_from_the_older_place),
		CASE(saving_never_writes_the_system_tree),
		CASE(removing_takes_both_places_and_the_bundle_and_leaves_others),
		CASE(removing_the_last_one_leaves_no_directories),
		CASE(removing_a_name_of_the_system_tree_leaves_it),
		CASE(a_removed_gateway_is_not_the_active_one),
		CASE(tokens_and_whatever_stands_in_their_place_are_removed_with_a_gateway),
		CASE(a_gateway_directory_that_is_a_link_is_removed_as_one),
		CASE(a_list_is_sorted_over_both_trees),
		CASE(a_long_list_is_whole),
		CASE(what_is_no_entry_is_not_listed),
		CASE(there_may_be_no_trees_at_all),
		CASE(a_system_tree_that_is_not_there_or_can_be_read_is_not_told_of),
		CASE(what_others_could_have_written_in_the_system_tree_is_listed_as_unusable_and_refused),
		CASE(a_system_tree_that_cannot_be_read_spoils_nothing_a_user_tree_does),
		CASE(the_active_gateway_is_the_users_else_the_systems),
		CASE(white_space_around_the_name_does_not_count),
		CASE(a_blank_active_file_is_as_none),
		CASE(an_active_file_that_holds_no_name_is_passed_over_with_a_warning),
		CASE(an_active_file_that_cannot_be_read_is_passed_over_with_a_warning),
		CASE(selecting_writes_the_users_file_once),
		CASE(only_a_gateway_that_is_there_can_be_selected),
		CASE(an_active_file_of_the_system_that_others_could_have_written_is_passed_over),
		CASE(only_the_gateway_that_goes_is_deselected),
		CASE(a_removal_and_a_selection_at_once_leave_no_name_of_nothing),
		CASE(names_of_both_trees_are_sorted_and_each_is_there_once),
		CASE(what_is_no_entry_has_no_name),
		CASE(an_entry_of_any_kind_counts_as_in_the_registry),
		CASE(without_trees_there_are_no_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
