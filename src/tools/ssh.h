/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ssh program: destinations, its options and what it prints live here and nowhere else. What a user or a file gave
 * is checked before it becomes an argument, and the host stands after "--". tunnel.h keeps a connection open.
 */
#ifndef TOOLS_SSH_H
#define TOOLS_SSH_H

#include "base/argv.h"
#include "base/base.h"
#include "base/error.h"
#include "base/proc.h"

/* ------------------------------------------------------------------ what a user may give */

struct ssh_destination {
	char *user;   /* NULL: as ssh decides */
	char *host;   /* a name, an alias of ssh_config, or an address (IPv6 without brackets) */
	int port;     /* 0: as ssh decides */
	char *socket; /* docker's on that host, absolute; NULL: not given */
};

/* "host", "user@host" or "ssh://[user@]host[:port][/socket/path]". ERROR_USAGE names `what` it was given by
 * ("--remote") and what is wrong with it; a password is not repeated. */
int ssh_destination_parse(const char *text, const char *what, struct ssh_destination *to, struct error **err) MUST_CHECK;
void ssh_destination_release(struct ssh_destination *to);

/* "ssh://[user@]host[:port][/socket/path]": one text for one destination; parsing it gives the same again, and docker
 * takes it for DOCKER_HOST. The caller frees. */
char *ssh_destination_text(const struct ssh_destination *to);

/* A socket's path on the other host, of the form that a destination may have; ERROR_USAGE that names `what`. */
int ssh_socket_check(const char *path, const char *what, struct error **err) MUST_CHECK;

/* The file of --ssh-key: *absolute is its path, which the caller frees. ERROR_ABSENT, ERROR_REFUSED (it cannot be read,
 * or others can, which ssh does not put up with), ERROR_USAGE (it is no key, or ssh would read its name otherwise). */
int ssh_key_check(const char *path, char **absolute, struct error **err) MUST_CHECK;

/* "Name=value" of --ssh-option: a name of the list of those that run nothing and load nothing. ERROR_USAGE. */
int ssh_option_check(const char *option, struct error **err) MUST_CHECK;

/* ------------------------------------------------------------------ calls */

/* How one host is reached. All is borrowed. */
struct ssh {
	const struct runner *runner;
	const struct ssh_destination *to;
	const char *key;            /* ssh_key_check(); NULL: ssh's own */
	const struct argv *options; /* each of ssh_option_check(); NULL: none */
	bool may_ask;               /* somebody at our terminal can be asked for a passphrase; else ssh asks nothing */
};

/* What ssh's configuration makes of the destination. */
struct ssh_resolved {
	char *host;    /* never NULL: as given where ssh does not tell */
	char *user;    /* or NULL */
	int port;      /* 0: unknown */
	char *jump;    /* the hosts between, as ProxyJump names them, or NULL */
	bool proxied;  /* there are some, or a command in their place: the host itself may not be reachable from here */
	char *problem; /* why ssh did not tell, or NULL */
};

/* `ssh -G`: needs no network. -1 only when a stop was asked for. */
int ssh_resolve(const struct ssh *ssh, struct ssh_resolved *resolved, struct error **err) MUST_CHECK;
void ssh_resolved_release(struct ssh_resolved *resolved);
/* What `ssh -G` printed. Pure; what is no host name is passed over. */
void ssh_resolved_parse(const char *text, struct ssh_resolved *resolved);

/* The connection itself: a follower that listens at `control` once it is made, and runs nothing on the other host.
 * line: what it says. */
struct proc *ssh_connect(const struct ssh *ssh, const char *control, proc_line_fn *line, void *arg,
			 struct error **err) MUST_CHECK;

/* Has the connection at `control` forward a local socket, which is made anew, to a remote one. Whether there is any, and
 * whether the server allows it, shows only when the local one is used. */
int ssh_forward(const struct ssh *ssh, const char *control, const char *local, const char *remote,
		struct error **err) MUST_CHECK;

/* Ends the connection at `control`, whoever's child it is. */
int ssh_exit(const struct ssh *ssh, const char *control, struct error **err) MUST_CHECK;

/* What the other host has of docker, seen from there. */
struct ssh_engine {
	bool has_client;       /* the program docker is there */
	bool client_works;     /* and reaches an engine, if that was tried */
	struct argv usable;    /* sockets that this user may write to: what docker there uses first */
	struct argv forbidden; /* sockets that are there, but for others */
};

/* Asks by a session of the open connection at `control`. given: the only socket to look at, or NULL; calls_docker:
 * whether docker there works is to be tried, too. An error when the host runs nothing for us. */
int ssh_ask_engine(const struct ssh *ssh, const char *control, const char *given, bool calls_docker,
		   struct ssh_engine *engine, struct error **err) MUST_CHECK;
void ssh_engine_release(struct ssh_engine *engine);

/* Whether a path can stand in those arguments: ssh expands some characters, and a socket's path is short. */
bool ssh_path_is_plain(const char *path);

/* Shell text of a program that docker takes for ssh: whatever its arguments, it talks to docker over the open
 * connection. socket: the engine's there; NULL: docker's own. The caller frees. */
char *ssh_shim(const struct ssh *ssh, const char *program, const char *control, const char *socket);

/* Shell text that makes a connection, forwards to the engine's socket there, tells docker of it, and ends it with the
 * shell. The caller frees. */
char *ssh_script(const struct ssh *ssh, const char *socket);

/* Command lines, "ssh" included. Pure. */
void ssh_args_resolve(struct argv *args, const struct ssh *ssh);
void ssh_args_connect(struct argv *args, const struct ssh *ssh, const char *control);
void ssh_args_forward(struct argv *args, const struct ssh *ssh, const char *control, const char *local,
		      const char *remote);
void ssh_args_session(struct argv *args, const struct ssh *ssh, const char *control);
/* For a person to type: a port of the other host's loopback becomes the same one of ours. */
void ssh_args_port(struct argv *args, const struct ssh_destination *to, int port);

#endif
