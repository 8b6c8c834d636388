/* SPDX-License-Identifier: Apache-2.0 */
/* Which way is taken to another host's docker. A runner plays ssh: it makes the sockets that ssh makes. */
#include "gateway/remote.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/file.h"
#include "script.h"

#define ENGINE(text) "openshell-engine " text "\n"
#define WORKS ENGINE("client there") ENGINE("client works")
#define END ENGINE("end .")

struct proc {
	struct proc_output err;
};

/* The other host, and what was asked of it. */
struct host {
	const char *refuses;   /* what ssh says, and ends; NULL: it connects */
	bool hangs;            /* it does neither */
	const char *answering; /* the socket behind which an engine is, or NULL */
	bool is_silent;        /* it takes the call and says nothing */
	const char *tells;     /* what its shell says; NULL: it has none */
	int calls_to_loss;     /* the connection breaks during this docker call, from 1; 0: never */
	int losses;            /* so often: each call is one, from then on */
	int connections, sessions, calls;
	bool names_before; /* ssh -G was run before a connection was begun */
	bool stops;        /* somebody stops us during ssh -G */
	bool is_up;
	char *forwarded;
	int listening;
	bool holds_back;       /* it answers a first call when another comes */
	int first_call;
	struct argv commands;
	int64_t now_ms;
};

struct fixture {
	struct scene scene;
	struct host host;
	struct runner runner;
	struct clock clock;
	struct docker docker;
	struct gateway_env env;
	struct ssh_destination to;
	struct remote_options options;
};

static const char *after(const struct argv *args, const char *word)
{
	for (size_t i = 0; i + 1 < args->n; i++)
		if (streq(args->v[i], word))
			return args->v[i + 1];
	fail_msg("no %s", word);
	return NULL;
}

static void forward(struct host *host, const char *paths)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strcspn(paths, ":");
	autofree char *local = xstrndup(paths, len);

	close_descriptor(&host->listening);
	unlink(local);
	strlcpy(address.sun_path, local, sizeof(address.sun_path));
	host->listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(host->listening, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(host->listening, 5), 0);
	free(host->forwarded);
	host->forwarded = xstrdup(paths + len + 1);
}

static int run_session(struct host *host, struct proc_result *result)
{
	host->sessions++;
	result->code = host->tells == NULL ? 255 : 0;
	buf_adds(host->tells ? &result->out : &result->err, host->tells ? host->tells : "refused");
	return 0;
}

static int host_run(void *arg, struct proc_spec *spec, struct proc_result *result, struct error **err)
{
	struct host *host = arg;

	assert_true(spec->timeout_ms > 0 || spec->interactive);
	argv_add(&host->commands, spec->argv.v[spec->argv.n - 1]);
	result->code = 0;
	if (!streq(spec->argv.v[0], "ssh")) {
		host->calls++;
		if (host->losses > 0 && host->calls >= host->calls_to_loss) {
			host->losses--;
			host->is_up = false;
			result->code = 1;
		}
		return 0;
	}
	if (argv_contains(&spec->argv, "-O")) {
		forward(host, after(&spec->argv, "-L"));
		return 0;
	}
	if (argv_contains(&spec->argv, "-G")) {
		host->names_before = host->connections == 0;
		if (host->stops)
			return error_set(err, ERROR_CANCELLED, "stopped");
		buf_adds(&result->out, "hostname 10.0.0.5\n");
		return 0;
	}
	if (streq(spec->argv.v[spec->argv.n - 1], "sh"))
		return run_session(host, result);
	return error_set(err, ERROR_SYSTEM, "unexpected");
}

static int host_pipe(void *arg, struct proc_spec *from, struct proc_spec *to, struct proc_result results[2],
		     struct error **err)
{
	return host_run(arg, from, &results[0], err) < 0 ? -1 : host_run(arg, to, &results[1], err);
}

static struct proc *host_start(void *arg, struct proc_spec *spec, struct error **err)
{
	struct host *host = arg;
	struct proc *proc = xcalloc(1, sizeof(*proc));

	proc->err = spec->err;
	if (!streq(spec->argv.v[0], "ssh"))
		return proc;
	host->connections++;
	host->is_up = host->refuses == NULL;
	if (host->refuses != NULL)
		proc_feed_lines(&spec->err, host->refuses);
	else if (!host->hangs && file_write(after(&spec->argv, "-S"), "", 0, err) < 0)
		fail_msg("no control socket");
	return proc;
}

static void host_pump(void *arg, struct proc *const *procs, size_t count, int64_t ms)
{
	struct host *host = arg;
	autoclose int fd = host->listening >= 0 && !host->is_silent ? accept(host->listening, NULL, NULL) : -1;

	(void)procs;
	assert_true(count <= 4);
	host->now_ms += ms;
	if (fd < 0 || host->answering == NULL || !streq(host->answering, host->forwarded))
		return;
	if (host->holds_back && host->first_call < 0) {
		host->first_call = fd;
		fd = -1;
		return;
	}
	assert_int_equal(send(host->holds_back ? host->first_call : fd, "HTTP", 4, MSG_NOSIGNAL), 4);
}

static bool host_ended(void *arg, struct proc *proc)
{
	const struct host *host = arg;

	(void)proc;
	return !host->is_up;
}

static void host_stop(void *arg, struct proc *proc)
{
	(void)arg;
	free(proc);
}

static int64_t host_now(void *arg)
{
	return ((struct host *)arg)->now_ms;
}

static void open_fixture(struct fixture *f, const char *destination)
{
	struct error *err = NULL;

	scene_open(&f->scene);
	f->host = (struct host){ .listening = -1, .first_call = -1 };
	f->runner = (struct runner){ host_run, host_pipe, host_start, host_pump, host_ended, host_stop, &f->host };
	f->clock = (struct clock){ host_now, &f->host };
	f->docker = (struct docker){ .runner = &f->runner, .timeout_ms = 1000 };
	f->env = f->scene.env;
	f->env.docker = &f->docker;
	f->env.clock = &f->clock;
	assert_int_equal(ssh_destination_parse(destination, "--remote", &f->to, &err), 0);
	f->options = (struct remote_options){ .to = &f->to };
}

static void close_fixture(struct fixture *f)
{
	close_descriptor(&f->host.listening);
	close_descriptor(&f->host.first_call);
	free(f->host.forwarded);
	argv_release(&f->host.commands);
	ssh_destination_release(&f->to);
	scene_close(&f->scene);
}

static void assert_way(const struct remote *remote, const char *socket)
{
	autofree char *local = xasprintf("DOCKER_HOST=unix://%s", remote->tunnel.socket);

	assert_true(remote->is_forwarded);
	assert_string_equal(remote->socket, socket);
	assert_true(argv_contains(&remote->docker_env, local));
	assert_true(argv_contains(&remote->docker_env, "DOCKER_CONTEXT"));
	assert_true(argv_contains(&remote->docker_env, "DOCKER_TLS_VERIFY"));
}

/* ------------------------------------------------------------------ the way */

static void a_known_socket_costs_one_connection_and_no_session(void **state)
{
	AUTO(remote) remote = { 0 };
	struct fixture f;
	struct error *err = NULL;
	autofree char *dir = NULL;

	(void)state;
	open_fixture(&f, "me@box");
	f.options.known = "/var/run/docker.sock";
	f.host.answering = "/var/run/docker.sock";
	assert_int_equal(remote_open(&remote, &f.env, &f.options, &err), 0);
	assert_way(&remote, "/var/run/docker.sock");
	assert_string_equal(remote.address, "ssh://me@box");
	assert_string_equal(remote.env.docker->address, remote.address);
	assert_int_equal(f.host.connections, 1);
	assert_int_equal(f.host.sessions, 0);
	dir = xstrdup(remote.tunnel.dir.path);
	remote_release(&remote);
	assert_int_equal(access(dir, F_OK), -1);
	close_fixture(&f);
}

static void names_are_asked_for_while_the_connection_is_being_made(void **state)
{
	(void)state;
	for (int stops = 0; stops <= 1; stops++) {
		AUTO(remote) remote = { 0 };
		struct fixture f;
		struct ssh_resolved resolved = { 0 };
		struct error *err = NULL;

		open_fixture(&f, "me@box");
		f.host.answering = "/var/run/docker.sock";
		f.host.stops = stops;
		f.options.resolved = &resolved;
		assert_int_equal(remote_open(&remote, &f.env, &f.options, &err), stops ? -1 : 0);
		assert_int_equal(f.host.connections, 1);
		assert_false(f.host.names_before);
		if (stops)
			assert_error(&err, ERROR_CANCELLED, "stopped");
		else
			assert_string_equal(resolved.host, "10.0.0.5");
		ssh_resolved_release(&resolved);
		remote_release(&remote);
		close_fixture(&f);
	}
}

static void a_given_socket_is_the_only_one_that_is_tried(void **state)
{
	static const struct {
		const char *destination, *setting, *address;
	} rows[] = {
		{ "ssh://box/run/x.sock", NULL, "ssh://box/run/x.sock" },
		{ "ssh://box/run/x.sock", "/other.sock", "ssh://box/run/x.sock" },
		{ "box", "/run/x.sock", "ssh://box/run/x.sock" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(remote) remote = { 0 };
		struct fixture f;
		struct error *err = NULL;

		open_fixture(&f, rows[i].destination);
		f.scene.settings.remote_docker_socket = rows[i].setting;
		f.host.answering = "/run/x.sock";
		assert_int_equal(remote_open(&remote, &f.env, &f.options, &err), 0);
		assert_way(&remote, "/run/x.sock");
		assert_string_equal(remote.address, rows[i].address);
		remote_release(&remote);
		f.host.answering = "/var/run/docker.sock";
		f.host.tells = ENGINE("usable /var/run/docker.sock") END;
		assert_int_equal(remote_open(&remote, &f.env, &f.options, &err), -1);
		error_free(&err);
		close_fixture(&f);
	}
}

static void a_socket_in_the_environment_that_can_be_none_is_refused(void **state)
{
	AUTO(remote) remote = { 0 };
	struct fixture f;
	struct error *err = NULL;

	(void)state;
	open_fixture(&f, "box");
	f.scene.settings.remote_docker_socket = "x;y";
	assert_int_equal(remote_open(&remote, &f.env, &f.options, &err), -1);
	assert_error(&err, ERROR_USAGE, "OPENSHELL_REMOTE_DOCKER_SOCKET: 'x;y'");
	assert_int_equal(f.host.connections, 0);
	close_fixture(&f);
}

static void what_docker_there_uses_goes_before_the_usual_socket(void **state)
{
	static const char *const known[] = { NULL, "/var/run/docker.sock", "/gone.sock" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		AUTO(remote) remote = { 0 };
		struct fixture f;
		struct error *err = NULL;

		open_fixture(&f, "box");
		f.options.known = known[i]; /* it does not answer any more */
		f.host.answering = "/run/user/1000/docker.sock";
		f.host.tells = WORKS ENGINE("usable /run/user/1000/docker.sock") ENGINE("usable /var/run/docker.sock") END;
		assert_int_equal(remote_open(&remote, &f.env, &f.options, &err), 0);
		assert_way(&remote, "/run/user/1000/docker.sock");
		assert_string_equal(remote.address, "ssh://box/run/user/1000/docker.sock"); /* known the next time */
		assert_string_equal(remote.env.docker->address, remote.address);
		assert_int_equal(f.host.connections, 1);
		assert_int_equal(f.host.sessions, 1);
		remote_release(&remote);
		close_fixture(&f);
	}
}

static void where_the_host_runs_nothing_the_usual_socket_is_tried(void **state)
{
	AUTO(remote) remote = { 0 };
	struct fixture f;
	struct error *err = NULL;

	(void)state;
	open_fixture(&f, "box");
	f.host.answering = "/var/run/docker.sock";
	assert_int_equal(remote_open(&remote, &f.env, &f.options, &err), 0);
	assert_way(&remote, "/var/run/docker.sock");
	assert_string_equal(remote.address, "ssh://box");
	remote_release(&remote);
	close_fixture(&f);
}

static void where_forwarding_is_forbidden_docker_there_is_called(void **state)
{
	static const char *const tells[] = {
		WORKS ENGINE("usable /var/run/docker.sock") END,
		WORKS ENGINE("forbidden /var/run/docker.sock") END, /* its docker works by other means */
		WORKS END,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tells); i++) {
		AUTO(remote) remote = { 0 };
		AUTO(buf) shim = BUF_INIT;
		struct fixture f;
		struct error *err = NULL;
		autofree char *path = NULL, *search = NULL;

		open_fixture(&f, "ssh://me@box:2222");
		f.scene.settings.path = "/my/bin";
		f.host.tells = tells[i];
		assert_int_equal(remote_open(&remote, &f.env, &f.options, &err), 0);
		assert_false(remote.is_forwarded);
		assert_null(remote.socket);
		assert_true(argv_contains(&remote.docker_env, "DOCKER_HOST=ssh://me@box:2222"));
		search = xasprintf("PATH=%s:/my/bin", remote.tunnel.dir.path);
		assert_true(argv_contains(&remote.docker_env, search));
		path = xasprintf("%s/ssh", remote.tunnel.dir.path);
		assert_int_equal(access(path, X_OK), 0);
		assert_int_equal(file_read(path, 10000, &shim, &err), 0);
		assert_non_null(strstr(buf_str(&shim), remote.tunnel.control));
		assert_int_equal(f.host.connections, 1);
		remote_release(&remote);
		close_fixture(&f);
	}
}

static void what_keeps_docker_from_being_reached_is_told_by_name(void **state)
{
	static const struct {
		const char *tells, *code;
		enum error_kind kind;
		const char *text;
	} rows[] = {
		{ ENGINE("client there") ENGINE("usable /var/run/docker.sock") END, "remote-docker-down", ERROR_UNREACHABLE,
		  "nothing answers at /var/run/docker.sock on ssh://box" },
		{ ENGINE("usable /var/run/docker.sock") END, "ssh-forwarding", ERROR_UNREACHABLE, "nothing answers at" },
		{ ENGINE("client there") ENGINE("forbidden /var/run/docker.sock") END, "remote-docker-refused", ERROR_REFUSED,
		  "may not use docker's socket /var/run/docker.sock" },
		{ END, "remote-docker-absent", ERROR_UNREACHABLE, "nor the program docker" },
		{ ENGINE("client there") END, "remote-docker-absent", ERROR_UNREACHABLE, "there is no docker socket" },
		{ NULL, "ssh-forwarding", ERROR_UNREACHABLE, "the host runs nothing that could tell why" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(remote) remote = { 0 };
		struct fixture f;
		struct error *err = NULL;

		open_fixture(&f, "box");
		f.host.tells = rows[i].tells;
		assert_int_equal(remote_open(&remote, &f.env, &f.options, &err), -1);
		assert_string_equal(error_code_name(err), rows[i].code);
		assert_error(&err, rows[i].kind, rows[i].text);
		assert_null(remote.address);
		close_fixture(&f);
	}
}

static void a_connection_that_is_not_made_tells_what_ssh_said(void **state)
{
	AUTO(remote) remote = { 0 };
	struct fixture f;
	struct error *err = NULL;

	(void)state;
	open_fixture(&f, "box");
	f.host.refuses = "1\n2\n\n  3\r\n4\033[1m\n5\n";
	assert_int_equal(remote_open(&remote, &f.env, &f.options, &err), -1);
	assert_string_equal(err->text, "ssh to ssh://box failed: 2; 3; 4\\033[1m; 5");
	assert_non_null(strstr(err->detail, "1\n2\n"));
	error_free(&err);
	f.host.refuses = "";
	assert_int_equal(remote_open(&remote, &f.env, &f.options, &err), -1);
	assert_null(err->detail);
	assert_string_equal(error_code_name(err), "ssh-failed");
	assert_error(&err, ERROR_UNREACHABLE, "ssh to ssh://box failed: it ended without a word");
	close_fixture(&f);
}

static void a_connection_is_waited_for_for_a_minute_or_while_somebody_is_asked(void **state)
{
	(void)state;
	for (int asks = 0; asks < 2; asks++) {
		AUTO(remote) remote = { 0 };
		struct fixture f;
		struct error *err = NULL;

		open_fixture(&f, "box");
		f.host.hangs = true;
		f.options.may_ask = asks;
		assert_int_equal(remote_open(&remote, &f.env, &f.options, &err), -1);
		assert_string_equal(error_code_name(err), "ssh-timeout");
		assert_error(&err, ERROR_UNREACHABLE, "ssh to ssh://box took too long: it says nothing");
		assert_in_range(f.host.now_ms, asks ? 300000 : 60000, asks ? 300100 : 60100);
		close_fixture(&f);
	}
}

static void an_engine_that_takes_the_call_and_stays_silent_is_waited_for_30_s(void **state)
{
	AUTO(remote) remote = { 0 };
	struct fixture f;
	struct error *err = NULL;

	(void)state;
	open_fixture(&f, "box");
	f.host.is_silent = true;
	assert_int_equal(remote_open(&remote, &f.env, &f.options, &err), -1);
	assert_true(advises(err, "docker info"));
	assert_error(&err, ERROR_TIMEOUT,
		     "docker's socket /var/run/docker.sock on ssh://box takes calls, but nothing answers within 30 s");
	assert_in_range(f.host.now_ms, 30000, 30100);
	close_fixture(&f);
}

/* As sshd does until what it sent before is acknowledged, for which nothing is sent while we only wait. */
static void an_answer_that_is_held_back_is_had_by_asking_once_more(void **state)
{
	AUTO(remote) remote = { 0 };
	struct fixture f;
	struct error *err = NULL;

	(void)state;
	open_fixture(&f, "box");
	f.host.answering = "/var/run/docker.sock";
	f.host.holds_back = true;
	assert_int_equal(remote_open(&remote, &f.env, &f.options, &err), 0);
	assert_way(&remote, "/var/run/docker.sock");
	assert_in_range(f.host.now_ms, 0, 10);
	close_fixture(&f);
}

static void what_ssh_says_is_told_where_somebody_may_be_asked(void **state)
{
	(void)state;
	for (int asks = 0; asks < 2; asks++) {
		AUTO(remote) remote = { 0 };
		struct fixture f;
		struct error *err = NULL;

		open_fixture(&f, "box");
		f.host.refuses = "Touch your security key\n";
		f.options.may_ask = asks;
		assert_int_equal(remote_open(&remote, &f.env, &f.options, &err), -1);
		assert_int_equal(says(&f.scene.notes, "ssh: Touch your security key"), asks);
		error_free(&err);
		close_fixture(&f);
	}
}

static void a_stop_ends_the_wait(void **state)
{
	AUTO(remote) remote = { 0 };
	struct fixture f;
	struct error *err = NULL;

	(void)state;
	open_fixture(&f, "box");
	f.host.hangs = true;
	cancel_request(SIGINT);
	assert_int_equal(remote_open(&remote, &f.env, &f.options, &err), -1);
	assert_error(&err, ERROR_CANCELLED, "stopped");
	cancel_forget();
	close_fixture(&f);
}

/* ------------------------------------------------------------------ calls */

static int call(struct remote *remote, bool changes, struct error **err)
{
	AUTO(proc_spec) spec = PROC_SPEC_INIT("docker inspect");
	AUTO(proc_result) result = PROC_RESULT_INIT;
	int rc;

	argv_addl(&spec.argv, "docker", "inspect", NULL);
	spec.out.how = PROC_CAPTURE;
	spec.timeout_ms = 1000;
	spec.changes = changes;
	rc = runner_run(remote->docker.runner, &spec, &result, err);
	return rc < 0 ? -1 : result.code;
}

static void open_one(struct remote *remote, struct fixture *f, int calls_to_loss, int losses)
{
	struct error *err = NULL;

	open_fixture(f, "box");
	f->host.answering = "/var/run/docker.sock";
	f->host.calls_to_loss = calls_to_loss;
	f->host.losses = losses;
	assert_int_equal(remote_open(remote, &f->env, &f->options, &err), 0);
}

static void a_look_that_lost_its_connection_is_made_again_once(void **state)
{
	AUTO(remote) remote = { 0 };
	struct fixture f;
	struct error *err = NULL;

	(void)state;
	open_one(&remote, &f, 2, 2);
	assert_int_equal(call(&remote, false, &err), 0);
	assert_int_equal(call(&remote, false, &err), 1); /* lost, made again, and lost again with it */
	assert_int_equal(f.host.calls, 3);
	assert_int_equal(f.host.connections, 2);
	assert_true(says(&f.scene.warnings, "the connection to ssh://box was lost"));
	assert_int_equal(call(&remote, false, &err), -1);
	assert_string_equal(error_code_name(err), "ssh-lost");
	assert_error(&err, ERROR_UNREACHABLE, "was lost during docker inspect");
	assert_int_equal(f.host.calls, 3);
	remote_release(&remote);
	close_fixture(&f);
}

static void a_change_that_lost_its_connection_is_not_repeated_but_what_follows_connects_again(void **state)
{
	AUTO(remote) remote = { 0 };
	struct fixture f;
	struct error *err = NULL;

	(void)state;
	open_one(&remote, &f, 1, 1);
	assert_int_equal(call(&remote, true, &err), -1);
	assert_string_equal(error_code_name(err), "ssh-lost");
	assert_error(&err, ERROR_UNREACHABLE, "was lost during docker inspect");
	assert_int_equal(f.host.calls, 1);
	assert_int_equal(call(&remote, true, &err), 0);
	assert_int_equal(f.host.connections, 2);
	remote_release(&remote);
	close_fixture(&f);
}

static void a_call_that_fails_by_itself_costs_no_connection(void **state)
{
	AUTO(remote) remote = { 0 };
	struct fixture f;
	struct error *err = NULL;

	(void)state;
	open_one(&remote, &f, 1, 1);
	f.host.losses = 0;
	assert_int_equal(call(&remote, false, &err), 0);
	assert_int_equal(f.host.connections, 1);
	remote_release(&remote);
	close_fixture(&f);
}

static void an_engine_that_went_away_with_the_connection_is_told(void **state)
{
	AUTO(remote) remote = { 0 };
	struct fixture f;
	struct error *err = NULL;

	(void)state;
	open_one(&remote, &f, 1, 1);
	f.host.answering = NULL;
	assert_int_equal(call(&remote, false, &err), -1);
	assert_string_equal(error_code_name(err), "remote-docker-down");
	assert_error(&err, ERROR_UNREACHABLE, "any more");
	remote_release(&remote);
	close_fixture(&f);
}

static void the_connection_is_read_while_followers_are_waited_for(void **state)
{
	AUTO(remote) remote = { 0 };
	struct proc *none[4] = { NULL };
	struct fixture f;

	(void)state;
	open_one(&remote, &f, 0, 0);
	runner_pump(remote.docker.runner, none, 3, 100);
	runner_pump(remote.docker.runner, none, 4, 100); /* host_pump() counts */
	remote_release(&remote);
	close_fixture(&f);
}

/* ------------------------------------------------------------------ names */

static void hosts_in_between_are_warned_of_unless_an_address_was_given(void **state)
{
	static const struct ssh_resolved jumped = { .host = (char *)(uintptr_t) "10.0.0.5", .jump = (char *)(uintptr_t) "bastion",
						     .proxied = true };
	static const struct ssh_resolved commanded = { .host = (char *)(uintptr_t) "10.0.0.5", .proxied = true };
	static const struct ssh_resolved unknown = { .host = (char *)(uintptr_t) "box", .problem = (char *)(uintptr_t) "no ssh" };
	struct fixture f;

	(void)state;
	open_fixture(&f, "ssh://me@box:2222");
	remote_warn(&f.env, &f.to, &jumped, 8080, true);
	assert_int_equal(f.scene.warnings.n, 0);
	remote_warn(&f.env, &f.to, &jumped, 8081, false);
	assert_true(says(&f.scene.warnings, "by way of bastion"));
	assert_true(says(&f.scene.warnings, "ssh -N -L 127.0.0.1:8081:127.0.0.1:8081 -p 2222 -l me -- box"));
	remote_warn(&f.env, &f.to, &commanded, 8080, false);
	assert_true(says(&f.scene.warnings, "by a ProxyCommand"));
	remote_warn(&f.env, &f.to, &unknown, 8080, false);
	assert_true(says(&f.scene.warnings, "does not tell which host box is"));
	assert_int_equal(f.scene.warnings.n, 3);
	close_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_known_socket_costs_one_connection_and_no_session),
		cmocka_unit_test(names_are_asked_for_while_the_connection_is_being_made),
		cmocka_unit_test(a_given_socket_is_the_only_one_that_is_tried),
		cmocka_unit_test(a_socket_in_the_environment_that_can_be_none_is_refused),
		cmocka_unit_test(what_docker_there_uses_goes_before_the_usual_socket),
		cmocka_unit_test(where_the_host_runs_nothing_the_usual_socket_is_tried),
		cmocka_unit_test(where_forwarding_is_forbidden_docker_there_is_called),
		cmocka_unit_test(what_keeps_docker_from_being_reached_is_told_by_name),
		cmocka_unit_test(a_connection_that_is_not_made_tells_what_ssh_said),
		cmocka_unit_test(a_connection_is_waited_for_for_a_minute_or_while_somebody_is_asked),
		cmocka_unit_test(an_engine_that_takes_the_call_and_stays_silent_is_waited_for_30_s),
		cmocka_unit_test(an_answer_that_is_held_back_is_had_by_asking_once_more),
		cmocka_unit_test(what_ssh_says_is_told_where_somebody_may_be_asked),
		cmocka_unit_test(a_stop_ends_the_wait),
		cmocka_unit_test(a_look_that_lost_its_connection_is_made_again_once),
		cmocka_unit_test(a_change_that_lost_its_connection_is_not_repeated_but_what_follows_connects_again),
		cmocka_unit_test(a_call_that_fails_by_itself_costs_no_connection),
		cmocka_unit_test(an_engine_that_went_away_with_the_connection_is_told),
		cmocka_unit_test(the_connection_is_read_while_followers_are_waited_for),
		cmocka_unit_test(hosts_in_between_are_warned_of_unless_an_address_was_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
