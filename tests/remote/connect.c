/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connect [-a] [-c] [-k KEY] [-o NAME=VALUE]... DESTINATION COMMAND ARGUMENT...
 *
 * Runs a command with docker's environment, over a connection as openshell has it; for tests of the connection alone.
 *
 *   -a  ssh may ask at the terminal
 *   -c  the command changes something, so that it is not repeated
 *   -n  ssh is only asked for the host's names: "HOST PORT USER JUMP"
 *
 * Stdout: the way ("forwarded SOCKET" or "sessions"), then what the command printed. Stderr: warnings, notes, and a
 * failure as "CODE: text" and a line "step: ..." for each of its steps. The exit status is the command's or, after a
 * failure, openshell's.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "gateway/diagnose.h"
#include "gateway/remote.h"

static bool changes, names_only;

static void tell(void *arg, const char *text)
{
	fprintf(stderr, "%s: %s\n", (const char *)arg, text);
}

static void note(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "note: %s\n", text);
}

static int names(const struct gateway_env *env, const struct remote_options *options, struct error **err)
{
	AUTO(ssh_resolved) resolved = { 0 };

	if (remote_resolve(env, options, &resolved, err) < 0)
		return -1;
	printf("%s %d %s %s\n", resolved.host, resolved.port, resolved.user ? resolved.user : "-",
	       resolved.jump ? resolved.jump : "-");
	remote_warn(env, options->to, &resolved, 8080, false);
	return 0;
}

static int run(struct remote *remote, char **command, int *status, struct error **err)
{
	AUTO(proc_spec) spec = PROC_SPEC_INIT(command[0]);
	AUTO(proc_result) result = PROC_RESULT_INIT;

	if (remote->is_forwarded)
		printf("forwarded %s\n", remote->socket);
	else
		puts("sessions");
	fflush(stdout);
	argv_addv(&spec.argv, (const char *const *)command);
	argv_addv(&spec.env, (const char *const *)remote->docker_env.v);
	spec.timeout_ms = 120000;
	spec.changes = changes;
	spec.out.how = spec.err.how = PROC_CAPTURE;
	if (runner_run(remote->docker.runner, &spec, &result, err) < 0)
		return -1;
	fputs(buf_str(&result.out), stdout);
	fputs(buf_str(&result.err), stderr);
	*status = result.sig ? 128 + result.sig : result.code;
	return 0;
}

static int connect_and_run(const struct gateway_env *env, const struct remote_options *options, char **command,
			   int *status, struct error **err)
{
	AUTO(remote) remote = { 0 };

	if (remote_open(&remote, env, options, err) < 0)
		return -1;
	return run(&remote, command, status, err);
}

static int work(int argc, char **argv, int *status, struct error **err)
{
	static const struct progress progress = { .warn = tell, .note = note, .arg = (void *)(uintptr_t) "warning" };
	struct settings settings;
	AUTO(paths) paths = { 0 };
	AUTO(argv) warnings = ARGV_INIT;
	AUTO(argv) ssh_options = ARGV_INIT;
	AUTO(ssh_destination) to = { 0 };
	autofree char *key = NULL;
	const struct docker docker = { .runner = &runner_real };
	const struct gateway_env env = {
		.settings = &settings, .paths = &paths, .docker = &docker, .clock = &clock_real, .progress = &progress,
	};
	struct remote_options options = { .to = &to, .ssh_options = &ssh_options };
	int letter;

	if (settings_read(&settings, err) < 0 || paths_init(&paths, &settings.paths, &warnings, err) < 0)
		return -1;
	while ((letter = getopt(argc, argv, "+acnvk:o:")) != -1) {
		options.may_ask |= letter == 'a';
		changes |= letter == 'c';
		names_only |= letter == 'n';
		if (letter == 'v')
			log_set_level(1);
		if (letter == 'k' && ssh_key_check(optarg, &key, err) < 0)
			return -1;
		if (letter == 'o' && ssh_option_check(optarg, err) < 0)
			return -1;
		if (letter == 'o')
			argv_add(&ssh_options, optarg);
	}
	options.key = key;
	if (optind >= argc || ssh_destination_parse(argv[optind], "DESTINATION", &to, err) < 0)
		return *err == NULL ? error_set(err, ERROR_USAGE, "a destination is missing") : -1;
	return names_only ? names(&env, &options, err) : connect_and_run(&env, &options, argv + optind + 1, status, err);
}

int main(int argc, char **argv)
{
	autoerror struct error *err = NULL;
	autofree char *text = NULL;
	int status = 0;

	signal(SIGPIPE, SIG_IGN);
	if (work(argc, argv, &status, &err) == 0)
		return status;
	diagnose(err, NULL);
	text = error_text(err);
	fprintf(stderr, "%s: %s\n", error_code_name(err), text);
	for (size_t i = 0; i < err->hint_count; i++)
		fprintf(stderr, "step: %s\n", err->hints[i].text);
	return error_exit_code(err);
}
