/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of the ssh program. What it prints for people is not read here. */
#include "tools/ssh.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <sys/un.h>

#include "base/buf.h"

#define RESOLVE_TIMEOUT_MS 10000
/* Of a call over an open connection; docker on the other host may take a while. */
#define CALL_TIMEOUT_MS 30000
/* ssh prints about 10 KiB of its configuration. */
#define RESOLVED_MAX (256 * 1024)

/* ------------------------------------------------------------------ command lines */

static void add_option(struct argv *args, const char *option)
{
	argv_addl(args, "-o", option, NULL);
}

static void add_destination(struct argv *args, const struct ssh_destination *to)
{
	if (to->port != 0) {
		argv_add(args, "-p");
		argv_addf(args, "%d", to->port);
	}
	if (to->user != NULL)
		argv_addl(args, "-l", to->user, NULL);
}

/* Of several values of an option ssh takes the first: what the destination says, what the user says, then these. */
static void add_common(struct argv *args, const struct ssh *ssh)
{
	add_destination(args, ssh->to);
	if (ssh->key != NULL)
		argv_addl(args, "-i", ssh->key, NULL);
	for (size_t i = 0; ssh->options != NULL && i < ssh->options->n; i++)
		add_option(args, ssh->options->v[i]);
	if (ssh->key != NULL)
		add_option(args, "IdentitiesOnly=yes"); /* an agent may hold more keys than a server lets us try */
	add_option(args, "ConnectTimeout=30");
	add_option(args, "ServerAliveInterval=10");
	add_option(args, "ServerAliveCountMax=3");
	add_option(args, "LogLevel=INFO"); /* why it failed is to be told, also where the configuration wants silence */
}

static void add_host(struct argv *args, const struct ssh *ssh)
{
	argv_addl(args, "--", ssh->to->host, NULL);
}

void ssh_args_resolve(struct argv *args, const struct ssh *ssh)
{
	argv_addl(args, "ssh", "-G", NULL);
	add_common(args, ssh);
	add_host(args, ssh);
}

/* What a configuration may ask for that would break the connection or stay behind it is taken back: above all its
 * forwardings, whose ports may be those of a session that the user has open. (ForkAfterAuthentication cannot be: ssh
 * before 8.7 does not know it.) */
void ssh_args_connect(struct argv *args, const struct ssh *ssh, const char *control)
{
	argv_addl(args, "ssh", "-nNT", "-M", "-S", control, NULL);
	add_option(args, "ControlPersist=no");
	add_option(args, "ClearAllForwardings=yes");
	add_option(args, "ExitOnForwardFailure=yes");
	add_option(args, "StreamLocalBindUnlink=yes");
	add_option(args, "StreamLocalBindMask=0177");
	add_option(args, "PermitLocalCommand=no");
	add_option(args, "ForwardAgent=no");
	add_option(args, "ForwardX11=no");
	if (!ssh->may_ask)
		add_option(args, "BatchMode=yes");
	add_common(args, ssh);
	add_host(args, ssh);
}

/* Without a configuration: its forwardings would be asked for, too. */
void ssh_args_forward(struct argv *args, const struct ssh *ssh, const char *control, const char *local,
		      const char *remote)
{
	argv_addl(args, "ssh", "-F", "none", "-S", control, "-O", "forward", "-L", NULL);
	argv_addf(args, "%s:%s", local, remote);
	add_host(args, ssh);
}

static void add_exit(struct argv *args, const struct ssh *ssh, const char *control)
{
	argv_addl(args, "ssh", "-F", "none", "-S", control, "-O", "exit", NULL);
	add_host(args, ssh);
}

/* Where the connection has no room for another session, ssh opens a connection of its own. */
void ssh_args_session(struct argv *args, const struct ssh *ssh, const char *control)
{
	argv_addl(args, "ssh", "-T", "-S", control, NULL);
	add_option(args, "ControlMaster=no");
	add_option(args, "RemoteCommand=none");
	add_option(args, "ClearAllForwardings=yes");
	add_option(args, "ForwardAgent=no");
	add_option(args, "ForwardX11=no");
	add_option(args, "BatchMode=yes");
	add_common(args, ssh);
	add_host(args, ssh);
}

void ssh_args_port(struct argv *args, const struct ssh_destination *to, int port)
{
	argv_addl(args, "ssh", "-N", "-L", NULL);
	argv_addf(args, "127.0.0.1:%d:127.0.0.1:%d", port, port);
	add_destination(args, to);
	argv_addl(args, "--", to->host, NULL);
}

bool ssh_path_is_plain(const char *path)
{
	/* while it makes a control socket, ssh puts "." and 16 characters behind its name */
	return strlen(path) + 17 < sizeof(((struct sockaddr_un *)NULL)->sun_path) &&
	       path[strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+=,/")] == '\0';
}

/* ------------------------------------------------------------------ calls */

static struct proc_spec ssh_spec(const struct ssh *ssh, const char *purpose, int64_t timeout_ms)
{
	struct proc_spec spec = PROC_SPEC_INIT(purpose);

	argv_add(&spec.env, "LC_ALL=C");
	if (!ssh->may_ask)
		argv_add(&spec.env, "SSH_ASKPASS_REQUIRE=never");
	spec.out.how = PROC_CAPTURE;
	spec.err.how = PROC_CAPTURE;
	spec.timeout_ms = timeout_ms;
	return spec;
}

struct proc *ssh_connect(const struct ssh *ssh, const char *control, proc_line_fn *line, void *arg, struct error **err)
{
	/* no timeout: it lasts as long as the connection is needed */
	AUTO(proc_spec) spec = ssh_spec(ssh, "ssh", 0);

	ssh_args_connect(&spec.argv, ssh, control);
	spec.asks = ssh->may_ask;
	spec.out = spec.err = (struct proc_output){ PROC_LINES, line, arg };
	return runner_start(ssh->runner, &spec, err);
}

int ssh_forward(const struct ssh *ssh, const char *control, const char *local, const char *remote, struct error **err)
{
	AUTO(proc_spec) spec = ssh_spec(ssh, "ssh -O forward", CALL_TIMEOUT_MS);
	AUTO(proc_result) result = PROC_RESULT_INIT;

	ssh_args_forward(&spec.argv, ssh, control, local, remote);
	return runner_check(ssh->runner, &spec, &result, err);
}

int ssh_exit(const struct ssh *ssh, const char *control, struct error **err)
{
	AUTO(proc_spec) spec = ssh_spec(ssh, "ssh -O exit", CALL_TIMEOUT_MS);
	AUTO(proc_result) result = PROC_RESULT_INIT;

	add_exit(&spec.argv, ssh, control);
	return runner_check(ssh->runner, &spec, &result, err);
}

char *ssh_shim(const struct ssh *ssh, const char *program, const char *control, const char *socket)
{
	AUTO(argv) args = ARGV_INIT;
	autofree char *line = NULL;

	ssh_args_session(&args, ssh, control);
	argv_add(&args, "docker");
	if (socket != NULL) {
		argv_add(&args, "--host");
		argv_addf(&args, "unix://%s", socket);
	}
	argv_addl(&args, "system", "dial-stdio", NULL);
	free(args.v[0]);
	args.v[0] = xstrdup(program); /* "ssh" is the shim itself there */
	line = argv_quote(&args);
	return xasprintf("#!/bin/sh\nexec %s\n", line);
}

/* The directory's path is not known, so that what is in it goes by relative names. */
char *ssh_script(const struct ssh *ssh, const char *socket)
{
	struct ssh asking = *ssh;
	AUTO(argv) connect = ARGV_INIT;
	AUTO(argv) forward = ARGV_INIT;
	AUTO(argv) end = ARGV_INIT;
	autofree char *first = NULL, *second = NULL, *last = NULL;

	asking.may_ask = true; /* of the shell that this is given to nothing is known */
	ssh_args_connect(&connect, &asking, "control");
	ssh_args_forward(&forward, ssh, "control", "./docker.sock", socket);
	add_exit(&end, ssh, "control");
	first = argv_quote(&connect);
	second = argv_quote(&forward);
	last = argv_quote(&end);
	return xasprintf("tunnel=$(mktemp -d)\n"
			 "close_tunnel() {\n"
			 "\t(cd \"$tunnel\" && %s 2>/dev/null) || :\n"
			 "\trm -rf \"$tunnel\"\n"
			 "}\n"
			 "trap close_tunnel EXIT\n"
			 "trap 'exit 130' HUP INT TERM\n"
			 "(cd \"$tunnel\" && ssh -f%s && %s)\n"
			 "export DOCKER_HOST=\"unix://$tunnel/docker.sock\"\n"
			 "unset DOCKER_CONTEXT DOCKER_TLS DOCKER_TLS_VERIFY DOCKER_CERT_PATH",
			 last, first + strlen("ssh"), second);
}

/* ------------------------------------------------------------------ ssh -G */

/* What becomes a name in a certificate and a part of URLs. */
static bool is_host(const char *text)
{
	struct in6_addr v6;

	if (inet_pton(AF_INET6, text, &v6) == 1)
		return true;
	return isalnum((unsigned char)*text) && strlen(text) <= 253 &&
	       text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_")] == '\0';
}

static bool is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if (!isprint((unsigned char)*text))
			return false;
	return true;
}

/* The first value of each key counts; a newer or older ssh prints more or fewer keys. */
static void take_line(char *line, struct ssh_resolved *resolved)
{
	char *value = strchr(line, ' ');
	const char *problem = NULL;

	line[strcspn(line, "\r")] = '\0';
	if (value == NULL)
		return;
	*value++ = '\0';
	if (streq(line, "hostname") && resolved->host == NULL && is_host(value))
		resolved->host = xstrdup(value);
	else if (streq(line, "user") && resolved->user == NULL && is_plain(value))
		resolved->user = xstrdup(value);
	else if (streq(line, "port") && resolved->port == 0)
		resolved->port = (int)strtonum(value, 1, 65535, &problem);
	else if (streq(line, "proxyjump") && resolved->jump == NULL && !streq(value, "none") && is_plain(value))
		resolved->jump = xstrdup(value);
	else if (streq(line, "proxycommand") && !streq(value, "none"))
		resolved->proxied = true;
}

void ssh_resolved_parse(const char *text, struct ssh_resolved *resolved)
{
	autofree char *copy = xstrdup(text);
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n")) != NULL)
		take_line(line, resolved);
	resolved->proxied |= resolved->jump != NULL;
}

/* Why ssh could not be asked becomes a part of *resolved, unless we are to stop. */
static int ask_ssh(const struct ssh *ssh, struct ssh_resolved *resolved, struct error **err)
{
	AUTO(proc_spec) spec = ssh_spec(ssh, "ssh -G", RESOLVE_TIMEOUT_MS);
	AUTO(proc_result) result = PROC_RESULT_INIT;
	autoerror struct error *failed = NULL;

	ssh_args_resolve(&spec.argv, ssh);
	if (runner_check(ssh->runner, &spec, &result, &failed) == 0) {
		if (result.out.len <= RESOLVED_MAX)
			ssh_resolved_parse(buf_str(&result.out), resolved);
		if (resolved->host == NULL)
			resolved->problem = xstrdup("ssh -G names no host");
		return 0;
	}
	if (error_is(failed, ERROR_CANCELLED)) {
		*err = STEAL(failed);
		return -1;
	}
	resolved->problem = error_text(failed);
	return 0;
}

int ssh_resolve(const struct ssh *ssh, struct ssh_resolved *resolved, struct error **err)
{
	*resolved = (struct ssh_resolved){ 0 };
	if (ask_ssh(ssh, resolved, err) < 0)
		return -1;
	if (resolved->host == NULL)
		resolved->host = xstrdup(ssh->to->host);
	if (resolved->port == 0)
		resolved->port = ssh->to->port;
	if (resolved->user == NULL && ssh->to->user != NULL)
		resolved->user = xstrdup(ssh->to->user);
	return 0;
}

void ssh_resolved_release(struct ssh_resolved *resolved)
{
	free(resolved->host);
	free(resolved->user);
	free(resolved->jump);
	free(resolved->problem);
	*resolved = (struct ssh_resolved){ 0 };
}

/* ------------------------------------------------------------------ what is there */

/* On stdin of a plain sh: any login shell can run that, and nothing needs quoting for it. What a login shell prints by
 * itself does not begin with the mark. */
#define MARK "openshell-engine "
static const char ask_script[] =
	"LC_ALL=C\n"
	"export LC_ALL\n"
	"say() { printf '" MARK "%s %s\\n' \"$1\" \"$2\"; }\n"
	"host=\n"
	"if [ -n \"$given\" ]; then DOCKER_HOST=unix://$given; export DOCKER_HOST; unset DOCKER_CONTEXT; fi\n"
	"if command -v docker >/dev/null 2>&1; then\n"
	"	say client there\n"
	"	[ -z \"$calls\" ] || ! docker version --format '{{.Server.Version}}' </dev/null >/dev/null 2>&1 || say client works\n"
	"	host=${DOCKER_HOST:-$(docker context inspect --format '{{.Endpoints.docker.Host}}' </dev/null 2>/dev/null)}\n"
	"fi\n"
	"set -- \"${host#unix://}\" /var/run/docker.sock \"${XDG_RUNTIME_DIR:-/run/user/$(id -u)}/docker.sock\"\n"
	"[ -z \"$given\" ] || set -- \"$given\"\n"
	"for socket; do\n"
	"	[ -S \"$socket\" ] || continue\n"
	"	if [ -w \"$socket\" ]; then say usable \"$socket\"; else say forbidden \"$socket\"; fi\n"
	"done\n"
	"say end .\n";

static void add_socket(struct argv *sockets, const char *path)
{
	autoerror struct error *odd = NULL;

	if (ssh_socket_check(path, "socket", &odd) == 0 && !argv_contains(sockets, path))
		argv_add(sockets, path);
}

/* Whether the whole of it came. */
static bool parse_engine_lines(const char *text, struct ssh_engine *engine)
{
	autofree char *copy = xstrdup(text);
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		const char *word = line + strlen(MARK);

		line[strcspn(line, "\r")] = '\0';
		if (!str_starts(line, MARK))
			continue;
		engine->has_client |= streq(word, "client there");
		engine->client_works |= streq(word, "client works");
		if (str_starts(word, "usable "))
			add_socket(&engine->usable, word + strlen("usable "));
		else if (str_starts(word, "forbidden "))
			add_socket(&engine->forbidden, word + strlen("forbidden "));
		else if (streq(word, "end ."))
			return true;
	}
	return false;
}

int ssh_ask_engine(const struct ssh *ssh, const char *control, const char *given, bool calls_docker,
		   struct ssh_engine *engine, struct error **err)
{
	AUTO(proc_spec) spec = ssh_spec(ssh, "ssh sh", CALL_TIMEOUT_MS);
	AUTO(proc_result) result = PROC_RESULT_INIT;
	autofree char *script = xasprintf("given='%s'\ncalls=%s\n%s", given ? given : "", calls_docker ? "yes" : "",
					   ask_script);

	ssh_args_session(&spec.argv, ssh, control);
	argv_add(&spec.argv, "sh");
	spec.input = script;
	if (runner_check(ssh->runner, &spec, &result, err) < 0)
		return -1;
	if (parse_engine_lines(buf_str(&result.out), engine))
		return 0;
	return error_set(err, ERROR_SYSTEM, "the shell on the other host did not say what it was asked");
}

void ssh_engine_release(struct ssh_engine *engine)
{
	argv_release(&engine->usable);
	argv_release(&engine->forbidden);
}
