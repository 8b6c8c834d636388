/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/diagnose.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/cli.h"
#include "script.h"

/* What programs print, and what it means. hint NULL: the error stays as it is. */
static const struct {
	const char *text;
	enum error_kind kind;
	bool retriable;
	const char *hint;
} rows[] = {
	{ "docker was not found on PATH", ERROR_UNREACHABLE, false, "install docker" },
	{ "docker info failed (exit 1): permission denied while trying to connect to the Docker daemon socket",
	  ERROR_REFUSED, false, "group docker" },
	{ "docker does not answer: dial unix /var/run/docker.sock: connect: permission denied", ERROR_REFUSED, false,
	  "group docker" },
	{ "docker inspect failed (exit 1): Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?",
	  ERROR_UNREACHABLE, true, "DOCKER_HOST" },
	{ "Is the docker daemon running?", ERROR_UNREACHABLE, true, "docker info" },
	{ "error during connect: Get \"http://x/v1\": EOF", ERROR_UNREACHABLE, true, "DOCKER_HOST" },
	{ "docker does not answer: something", ERROR_UNREACHABLE, true, "start docker" },
	{ "docker start failed (exit 1): Bind for 127.0.0.1:8080 failed: port is already allocated", ERROR_CONFLICT,
	  false, "--port 0" },
	{ "listen tcp4 127.0.0.1:8080: bind: address already in use", ERROR_CONFLICT, false, "--port 0" },
	{ "docker create failed (exit 1): no space left on device", ERROR_SYSTEM, false, "docker system df" },
	{ "could not select device driver \"\" with capabilities: [[gpu]]", ERROR_SYSTEM, false, "NVIDIA" },
	{ "docker pull failed (exit 1): toomanyrequests: You have reached your pull rate limit", ERROR_SYSTEM, true,
	  "docker login" },
	{ "docker pull failed (exit 1): 429 Too Many Requests", ERROR_SYSTEM, true, "wait" },
	{ "docker pull failed (exit 1): pull access denied for x, repository does not exist", ERROR_REFUSED, false,
	  "docker login" },
	{ "docker pull failed (exit 1): unauthorized", ERROR_REFUSED, false, "docker login" },
	{ "docker pull failed (exit 1): denied: denied", ERROR_REFUSED, false, "docker login" },
	{ "docker pull failed (exit 1): authentication required", ERROR_REFUSED, false, "docker login" },
	{ "docker pull failed (exit 1): unexpected status: 403 Forbidden", ERROR_REFUSED, false, "docker login" },
	{ "docker pull failed (exit 1): manifest unknown", ERROR_ABSENT, false, "build-images.sh" },
	{ "docker pull failed (exit 1): ghcr.io/x:1: not found", ERROR_ABSENT, false, "IMAGE_TAG" },
	{ "docker pull failed (exit 1): repository name x does not exist", ERROR_ABSENT, false, "IMAGE_TAG" },
	{ "docker pull failed (exit 1): no matching manifest for linux/arm64/v8", ERROR_ABSENT, false, "IMAGE_TAG" },
	{ "docker pull failed (exit 1): lookup ghcr.io: no such host", ERROR_SYSTEM, true, "cannot be reached" },
	{ "docker pull failed (exit 1): read tcp: i/o timeout", ERROR_SYSTEM, true, "cannot be reached" },
	{ "docker pull failed (exit 1): connect: network is unreachable", ERROR_SYSTEM, true, "cannot be reached" },
	{ "docker pull failed (exit 1): connect: connection refused", ERROR_SYSTEM, true, "cannot be reached" },
	{ "docker pull failed (exit 1): connection reset by peer", ERROR_SYSTEM, true, "cannot be reached" },
	{ "docker pull failed (exit 1): net/http: TLS handshake timeout", ERROR_SYSTEM, true, "cannot be reached" },
	{ "docker pull failed (exit 1): dial tcp 1.2.3.4:443: x", ERROR_SYSTEM, true, "cannot be reached" },
	{ "docker pull failed (exit 1): connect: no route to host", ERROR_SYSTEM, true, "cannot be reached" },
	{ "docker pull failed (exit 1): lookup x: temporary failure in name resolution", ERROR_SYSTEM, true,
	  "cannot be reached" },
	{ "docker pull failed (exit 1): Client.Timeout exceeded while awaiting headers", ERROR_SYSTEM, true,
	  "cannot be reached" },
	{ "docker pull failed (exit 1): context deadline exceeded", ERROR_SYSTEM, true, "cannot be reached" },
	/* the same words of another call mean something else */
	{ "docker network rm failed (exit 1): network x not found", ERROR_SYSTEM, false, NULL },
	{ "kubectl delete node failed (exit 1): dial tcp 127.0.0.1:6443: connection refused", ERROR_SYSTEM, false, NULL },
	{ "docker exec failed (exit 1): unauthorized", ERROR_SYSTEM, false, NULL },
	{ "something else", ERROR_SYSTEM, false, NULL },
};

static void a_text_has_a_kind_and_a_hint(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autoerror struct error *err = NULL;

		print_message("           %s\n", rows[i].text);
		error_set(&err, ERROR_SYSTEM, "%s", rows[i].text);
		error_wrap(&err, "cannot start gateway 'x'");
		diagnose(err);
		assert_int_equal(err->kind, rows[i].kind);
		assert_int_equal(err->retriable, rows[i].retriable);
		if (rows[i].hint == NULL)
			assert_null(err->hint);
		else
			assert_non_null(strstr(err->hint, rows[i].hint));
	}
}

static void a_kind_that_was_known_is_not_guessed(void **state)
{
	(void)state;
	for (int kind = 0; kind < ERROR_KINDS; kind++) {
		autoerror struct error *err = NULL;

		if (kind == ERROR_SYSTEM || kind == ERROR_UNREACHABLE)
			continue;
		error_set(&err, (enum error_kind)kind, "Cannot connect to the Docker daemon");
		diagnose(err);
		assert_int_equal(err->kind, kind);
		assert_null(err->hint);
	}
}

static void a_hint_that_was_given_stays(void **state)
{
	autoerror struct error *err = NULL;

	(void)state;
	error_set(&err, ERROR_SYSTEM, "port is already allocated");
	error_hint(&err, "mine");
	diagnose(err);
	assert_string_equal(err->hint, "mine");
	assert_int_equal(err->kind, ERROR_CONFLICT);
}

static void no_error_needs_no_diagnosis(void **state)
{
	(void)state;
	diagnose(NULL);
}

/* ------------------------------------------------------------------ hints name commands that exist */

/* What the program says of its own commands: a line for each command and each of its options. */
static char *command_table(void)
{
	struct app app = { .clock = &clock_real, .runner = &runner_real };
	char program[] = "openshell", dump[] = "__dump", *argv[] = { program, dump, NULL };
	FILE *copy = tmpfile();
	int saved = dup(STDOUT_FILENO);
	char *text = xcalloc(1, 65536);

	assert_non_null(copy);
	fflush(stdout);
	dup2(fileno(copy), STDOUT_FILENO);
	assert_int_equal(cli_main(&app, 2, argv), 0);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	rewind(copy);
	assert_true(fread(text, 1, 65535, copy) > 0);
	fclose(copy);
	return text;
}

static bool has_line(const char *table, const char *line)
{
	size_t len = strlen(line);

	for (const char *at = table; (at = strstr(at, line)) != NULL; at++)
		if ((at == table || at[-1] == '\n') && at[len] == '\n')
			return true;
	return false;
}

/* The word at text: lower case letters, digits and dashes. */
static char *word_at(const char *text)
{
	return xstrndup(text, strspn(text, "abcdefghijklmnopqrstuvwxyz-"));
}

/* text stands after "openshell ": a command and options as far as the advice goes. */
static void check_advice(const char *table, const char *text, const char *file)
{
	autofree char *first = word_at(text), *path = NULL;
	const char *rest = text + strlen(first);

	if (*first == '\0' || streq(first, "runs") || first[0] == '-')
		return; /* "openshell %s", "openshell COMMAND": not a certain command */
	path = xstrdup(first);
	if (*rest == ' ' && !has_line(table, path)) {
		autofree char *second = word_at(rest + 1);

		free(path);
		path = xasprintf("%s %s", first, second);
		rest += 1 + strlen(second);
	}
	if (!has_line(table, path))
		fail_msg("%s advises 'openshell %s', which is no command", file, path);
	/* up to the end of the advice: options that it names must be the command's own */
	for (const char *at = rest; *at == ' ' && at[1] == '-' && at[2] == '-' && at[3] != ' ';) {
		autofree char *option = word_at(at + 1), *line = xasprintf("%s %s", path, option);

		if (!has_line(table, line) && !has_line(table, option))
			fail_msg("%s advises 'openshell %s', which has no %s", file, path, option);
		at += 1 + strlen(option);
		/* its value */
		while (*at == ' ' && at[1] != '-' && at[1] != '\0' && strchr("%0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", at[1]))
			at += 1 + strcspn(at + 1, " \"\\");
	}
}

static int check_file(const char *table, const char *dir, const char *name)
{
	autofree char *path = xasprintf("%s/%s", dir, name);
	AUTO(buf) text = BUF_INIT;
	struct error *err = NULL;
	int found = 0;

	assert_int_equal(file_read(path, 1 << 20, &text, &err), 0);
	for (const char *at = buf_str(&text); (at = strstr(at, "openshell ")) != NULL; found++) {
		at += strlen("openshell ");
		check_advice(table, at, path);
	}
	return found;
}

static void a_command_that_is_advised_exists(void **state)
{
	static const char *const layers[] = { "gateway", "cli" };
	const char *srcdir = getenv("srcdir");
	autofree char *table = command_table();
	int found = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(layers); i++) {
		autofree char *dir_name = xasprintf("%s/src/%s", srcdir ? srcdir : ".", layers[i]);
		DIR *dir = opendir(dir_name);
		const struct dirent *entry;

		if (dir == NULL)
			fail_msg("%s cannot be read: srcdir must name the source", dir_name);
		while ((entry = readdir(dir)) != NULL)
			if (str_ends(entry->d_name, ".c"))
				found += check_file(table, dir_name, entry->d_name);
		closedir(dir);
	}
	assert_true(found > 10);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_has_a_kind_and_a_hint),
		cmocka_unit_test(a_kind_that_was_known_is_not_guessed),
		cmocka_unit_test(a_hint_that_was_given_stays),
		cmocka_unit_test(no_error_needs_no_diagnosis),
		cmocka_unit_test(a_command_that_is_advised_exists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
