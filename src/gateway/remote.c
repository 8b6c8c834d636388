/* SPDX-License-Identifier: Apache-2.0 */
/* Which way leads to another host's docker, and what becomes of calls when it breaks. */
#include "gateway/remote.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/log.h"

#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"
#define RENEWALS 1
/* The runner's limit of followers that are pumped at once, of which the connection is one. */
#define FOLLOWERS_MAX 4

/* ------------------------------------------------------------------ connecting */

/* resolved: gets the names while the other host takes its time; may be NULL. */
static int make_connection(struct remote *remote, struct ssh_resolved *resolved, struct error **err)
{
	if (tunnel_begin(&remote->tunnel, err) < 0 ||
	    (resolved != NULL && ssh_resolve(&remote->ssh, resolved, err) < 0))
		return -1;
	return tunnel_await(&remote->tunnel, err);
}

/* ssh may draw on the terminal: what moves there stands still meanwhile. */
static int connect_shown(struct remote *remote, struct ssh_resolved *resolved, struct error **err)
{
	const struct progress *progress = remote->outer->progress;
	bool lends = remote->ssh.may_ask && progress->lend != NULL;
	int rc;

	if (lends)
		progress->lend(progress->arg, true);
	rc = make_connection(remote, resolved, err);
	if (lends)
		progress->lend(progress->arg, false);
	return rc;
}

static void tell_line(void *arg, const char *line, size_t len)
{
	const struct remote *remote = arg;

	progress_note(remote->outer, "ssh: %.*s", (int)len, line);
}

static void unset_all(struct argv *env)
{
	argv_addl(env, "DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", NULL);
}

static void use_forwarded(struct remote *remote, const char *socket)
{
	argv_addf(&remote->docker_env, "DOCKER_HOST=unix://%s", remote->tunnel.socket);
	unset_all(&remote->docker_env);
	remote->socket = xstrdup(socket);
	remote->is_forwarded = true;
	log_debug("docker on %s: its socket %s is forwarded to %s", remote->address, socket, remote->tunnel.socket);
}

/* The path of a socket is the shim's business: docker takes one in an address since 24.0 only. */
static int use_sessions(struct remote *remote, const char *given, struct error **err)
{
	const char *path = remote->outer->settings->path;
	struct ssh_destination to = *remote->ssh.to;
	autofree char *address = NULL;

	to.socket = NULL;
	address = ssh_destination_text(&to);
	if (tunnel_shim(&remote->tunnel, given, err) < 0)
		return -1;
	argv_addf(&remote->docker_env, "DOCKER_HOST=%s", address);
	argv_addf(&remote->docker_env, "PATH=%s:%s", remote->tunnel.dir.path, path ? path : DEFAULT_PATH);
	unset_all(&remote->docker_env);
	remote->docker.one_by_one = true; /* each call is a session, of which a server may allow one (MaxSessions) */
	log_debug("docker on %s: its socket cannot be forwarded; docker there is called for each connection",
		  remote->address);
	return 0;
}

/* None of what the host has can be used. */
static int no_engine(const struct remote *remote, const struct ssh_engine *there, const char *tried, struct error **err)
{
	const char *address = remote->address;

	if (there->usable.n > 0) {
		error_set(err, ERROR_UNREACHABLE, "nothing answers at %s on %s", there->usable.v[0], address);
		return error_code(err, there->has_client ? "remote-docker-down" : "ssh-forwarding");
	}
	if (there->forbidden.n > 0) {
		error_set(err, ERROR_REFUSED, "the user on %s may not use docker's socket %s", address, there->forbidden.v[0]);
		return error_code(err, "remote-docker-refused");
	}
	error_set(err, ERROR_UNREACHABLE, "there is no docker socket %s on %s%s", tried, address,
		  there->has_client ? "" : ", nor the program docker");
	return error_code(err, "remote-docker-absent");
}

static char *make_address(const struct ssh_destination *to, const char *socket)
{
	struct ssh_destination full = *to;

	full.socket = (char *)(uintptr_t)socket; /* only read */
	return ssh_destination_text(&full);
}

/* One that was found: the next time it need not be asked for. */
static void remember(struct remote *remote, const char *socket)
{
	if (streq(socket, REMOTE_SOCKET))
		return;
	free(remote->address);
	remote->address = make_address(remote->ssh.to, socket);
	remote->docker.address = remote->address;
}

static int try_socket(struct remote *remote, const char *socket, struct error **err)
{
	bool answers;

	if (tunnel_forward(&remote->tunnel, socket, &answers, err) < 0)
		return -1;
	if (answers)
		use_forwarded(remote, socket);
	return 0;
}

/* tried: not that one again; NULL: none was. */
static int try_all(struct remote *remote, const struct ssh_engine *there, const char *tried, struct error **err)
{
	for (size_t i = 0; i < there->usable.n && !remote->is_forwarded; i++)
		if ((tried == NULL || !streq(there->usable.v[i], tried)) && try_socket(remote, there->usable.v[i], err) < 0)
			return -1;
	if (remote->is_forwarded)
		remember(remote, remote->socket);
	return 0;
}

/* Such as one that has a forced command, or whose users have no shell. */
static int cannot_ask(const struct remote *remote, const char *tried, struct error **err)
{
	autofree char *why = error_text(*err);

	if (error_is(*err, ERROR_CANCELLED))
		return -1;
	error_free(err);
	error_set(err, ERROR_UNREACHABLE, "docker's socket %s on %s does not answer, and the host runs nothing that could tell "
		  "why: %s", tried, remote->address, why);
	return error_code(err, "ssh-forwarding");
}

/* The sockets do not lead there: does docker there? tried: the one that was, the last. */
static int ask_for_docker(struct remote *remote, const char *given, const char *tried, struct error **err)
{
	AUTO(ssh_engine) there = { 0 };

	if (ssh_ask_engine(&remote->ssh, remote->tunnel.control, given, true, &there, err) < 0)
		return cannot_ask(remote, tried, err);
	if (given == NULL && try_all(remote, &there, tried, err) < 0)
		return -1;
	if (remote->is_forwarded)
		return 0;
	return there.client_works ? use_sessions(remote, given, err) : no_engine(remote, &there, tried, err);
}

/* A host that runs nothing for us may have a socket in the usual place all the same. */
static int ask_for_socket(struct remote *remote, struct error **err)
{
	AUTO(ssh_engine) there = { 0 };
	autoerror struct error *why = NULL;

	if (ssh_ask_engine(&remote->ssh, remote->tunnel.control, NULL, false, &there, &why) == 0)
		return try_all(remote, &there, NULL, err);
	if (error_is(why, ERROR_CANCELLED)) {
		*err = STEAL(why);
		return -1;
	}
	return try_socket(remote, REMOTE_SOCKET, err);
}

static int find_way(struct remote *remote, const char *given, const char *known, struct error **err)
{
	const char *first = given ? given : known;
	int rc = first ? try_socket(remote, first, err) : ask_for_socket(remote, err);

	if (rc < 0 || remote->is_forwarded)
		return rc;
	return ask_for_docker(remote, given, first ? first : REMOTE_SOCKET, err);
}

/* ------------------------------------------------------------------ docker calls */

/* The same directory and paths: docker's environment stays as it is. */
static int renew(struct remote *remote, struct error **err)
{
	autofree char *words = tunnel_words(&remote->tunnel);
	bool answers = true;

	remote->renewals--;
	progress_warn(remote->outer, "the connection to %s was lost (%s); connecting again", remote->address, words);
	if (connect_shown(remote, NULL, err) < 0 ||
	    (remote->is_forwarded && tunnel_forward(&remote->tunnel, remote->socket, &answers, err) < 0))
		return error_wrap(err, "the connection was lost, and cannot be made again");
	if (!answers) {
		error_set(err, ERROR_UNREACHABLE, "nothing answers at %s on %s any more", remote->socket, remote->address);
		return error_code(err, "remote-docker-down");
	}
	return 0;
}

static int see_to_connection(struct remote *remote, const char *purpose, struct error **err)
{
	if (tunnel_is_up(&remote->tunnel))
		return 0;
	return remote->renewals > 0 ? renew(remote, err) : tunnel_lost(&remote->tunnel, purpose, err);
}

/* A call that failed may have failed for the connection; what it did is not known then. */
static bool may_be_lost(int rc, const struct proc_result *result, const struct error *err)
{
	return rc < 0 ? error_is(err, ERROR_TIMEOUT) : result->code != 0;
}

static bool may_be_repeated(const struct remote *remote, const struct proc_spec *spec)
{
	return remote->renewals > 0 && !spec->changes && !spec->interactive && spec->out.how == PROC_CAPTURE;
}

static int run(void *arg, struct proc_spec *spec, struct proc_result *result, struct error **err)
{
	struct remote *remote = arg;
	const struct runner *real = remote->ssh.runner;
	int rc;

	if (see_to_connection(remote, spec->purpose, err) < 0)
		return -1;
	rc = runner_run(real, spec, result, err);
	if (spec->interactive ? rc < 0 : !may_be_lost(rc, result, *err))
		return rc;
	if (tunnel_is_up(&remote->tunnel))
		return rc;
	if (!may_be_repeated(remote, spec))
		return tunnel_lost(&remote->tunnel, spec->purpose, err);
	error_free(err);
	proc_result_release(result);
	return renew(remote, err) < 0 ? -1 : runner_run(real, spec, result, err);
}

static int join(void *arg, struct proc_spec *from, struct proc_spec *to, struct proc_result results[2],
		struct error **err)
{
	struct remote *remote = arg;
	int rc;

	if (see_to_connection(remote, to->purpose, err) < 0)
		return -1;
	rc = remote->ssh.runner->pipe(remote->ssh.runner->arg, from, to, results, err);
	if ((!may_be_lost(rc, &results[0], *err) && !may_be_lost(rc, &results[1], *err)) || tunnel_is_up(&remote->tunnel))
		return rc;
	return tunnel_lost(&remote->tunnel, to->purpose, err);
}

static struct proc *start(void *arg, struct proc_spec *spec, struct error **err)
{
	struct remote *remote = arg;

	if (see_to_connection(remote, spec->purpose, err) < 0)
		return NULL;
	return runner_start(remote->ssh.runner, spec, err);
}

/* What ssh says is read meanwhile, or it would stop when its pipe is full. */
static void pump(void *arg, struct proc *const *procs, size_t count, int64_t ms)
{
	const struct remote *remote = arg;
	struct proc *all[FOLLOWERS_MAX] = { tunnel_proc(&remote->tunnel) };
	size_t n = 1;

	for (size_t i = 0; i < count && n < FOLLOWERS_MAX; i++)
		all[n++] = procs[i];
	runner_pump(remote->ssh.runner, all, n, ms);
}

static bool ended(void *arg, struct proc *proc)
{
	const struct remote *remote = arg;

	return runner_ended(remote->ssh.runner, proc);
}

static void stop(void *arg, struct proc *proc)
{
	const struct remote *remote = arg;

	runner_stop(remote->ssh.runner, proc);
}

/* ------------------------------------------------------------------ opening and closing */

static struct ssh make_ssh(const struct gateway_env *env, const struct remote_options *options)
{
	return (struct ssh){
		.runner = env->docker->runner,
		.to = options->to,
		.key = options->key,
		.options = options->ssh_options,
		.may_ask = options->may_ask,
	};
}

static void init(struct remote *remote, const struct gateway_env *env, const struct remote_options *options,
		 const char *given)
{
	*remote = (struct remote){
		.env = *env, .docker = *env->docker, .outer = env, .ssh = make_ssh(env, options), .renewals = RENEWALS,
		.address = make_address(options->to, given),
		.runner = { run, join, start, pump, ended, stop, remote },
	};
	remote->docker.runner = &remote->runner;
	remote->docker.env = &remote->docker_env;
	remote->docker.address = remote->address;
	remote->env.docker = &remote->docker;
}

int remote_open(struct remote *remote, const struct gateway_env *env, const struct remote_options *options,
		struct error **err)
{
	autofree char *last = xasprintf("/tmp/openshell-%u", (unsigned)getuid());
	const char *const parents[] = { env->paths->locks, last, NULL };
	const char *given = options->to->socket ? options->to->socket : env->settings->remote_docker_socket;

	if (given != NULL && ssh_socket_check(given, "OPENSHELL_REMOTE_DOCKER_SOCKET", err) < 0)
		return -1;
	cancel_catch();
	init(remote, env, options, given);
	if (tunnel_init(&remote->tunnel, &remote->ssh, env->clock, parents, err) == 0) {
		remote->tunnel.tell = options->may_ask ? tell_line : NULL;
		remote->tunnel.tell_arg = remote;
		if (connect_shown(remote, options->resolved, err) == 0 && find_way(remote, given, options->known, err) == 0)
			return 0;
	}
	remote_release(remote);
	return -1;
}

void remote_release(struct remote *remote)
{
	tunnel_release(&remote->tunnel);
	argv_release(&remote->docker_env);
	free(remote->address);
	free(remote->socket);
	*remote = (struct remote){ 0 };
}

/* docker's own ssh knows of no key or option but those of its configuration. */
static char *session_script(const struct remote *remote)
{
	bool lacks = remote->ssh.key != NULL || (remote->ssh.options != NULL && remote->ssh.options->n > 0);
	const char *host = "";

	for (size_t i = 0; i < remote->docker_env.n; i++)
		if (str_starts(remote->docker_env.v[i], "DOCKER_HOST="))
			host = remote->docker_env.v[i];
	return xasprintf("%sexport %s\nunset DOCKER_CONTEXT",
			 lacks ? "# --ssh-key and --ssh-option have to be in ssh_config for this\n" : "", host);
}

char *remote_script(const struct remote *remote)
{
	return remote->is_forwarded ? ssh_script(&remote->ssh, remote->socket) : session_script(remote);
}

/* ------------------------------------------------------------------ names */

int remote_resolve(const struct gateway_env *env, const struct remote_options *options, struct ssh_resolved *resolved,
		   struct error **err)
{
	const struct ssh ssh = make_ssh(env, options);

	return ssh_resolve(&ssh, resolved, err);
}

void remote_warn(const struct gateway_env *env, const struct ssh_destination *to, const struct ssh_resolved *resolved,
		 int port, bool given)
{
	AUTO(argv) forward = ARGV_INIT;
	autofree char *command = NULL;

	if (resolved->problem != NULL)
		progress_warn(env, "ssh does not tell which host %s is, so that certificate and endpoint have this name: %s", to->host,
			      resolved->problem);
	if (!resolved->proxied || given)
		return;
	ssh_args_port(&forward, to, port);
	command = argv_quote(&forward);
	progress_warn(env, "%s is reached %s%s: the gateway's port %d may not be reachable from here. Where it is not, start it "
		      "with --gateway-host 127.0.0.1, and forward the port: %s", to->host,
		      resolved->jump ? "by way of " : "by a ProxyCommand", resolved->jump ? resolved->jump : "", port, command);
}
