/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Another host's docker, over one ssh connection.
 *
 * Whoever is to work there is given remote->env in the place of its own: each docker call then goes by the connection,
 * and all else is as it was. The first way that works is taken:
 *
 *   1. the socket that was given, or was the way before, forwarded to one of ours (one ssh process, no session)
 *   2. those that the host tells when it is asked: what docker there uses, REMOTE_SOCKET, a rootless engine's; the second
 *      alone where the host runs nothing for us
 *   3. `docker -H ssh://`, by sessions of the same connection: where the server forbids forwarding, or the user may
 *      not use the socket but docker there works all the same
 *
 * So a warm start makes one connection, and two and three make no further one. While it lasts, the connection may be
 * lost once: the next docker call connects again, and one that only looks and failed for it is made again. A change is
 * never repeated: it fails with the code "ssh-lost".
 */
#ifndef GATEWAY_REMOTE_H
#define GATEWAY_REMOTE_H

#include "base/argv.h"
#include "base/base.h"
#include "base/error.h"
#include "base/proc.h"
#include "gateway/gateway.h"
#include "tools/ssh.h"
#include "tools/tunnel.h"

/* Where an engine has its socket, unless somebody chose another place. */
#define REMOTE_SOCKET "/var/run/docker.sock"

/* All is borrowed for as long as the connection lasts. */
struct remote_options {
	const struct ssh_destination *to;
	const char *known;              /* the engine's socket there, as it was found before; NULL: it is to be asked for */
	const char *key;                /* ssh_key_check(), or NULL */
	const struct argv *ssh_options; /* each of ssh_option_check(), or NULL */
	bool may_ask;                   /* ssh may ask for a passphrase or about a host key at our terminal */
	struct ssh_resolved *resolved;  /* gets what remote_resolve() finds, while the connection is being made; or NULL */
};

struct remote {
	struct gateway_env env; /* for those who work there */
	struct docker docker;
	char *address; /* "ssh://[user@]host[:port][/socket]": for records, and to be parsed for the next time */
	char *socket;  /* the engine's there; NULL: docker on that host knows */
	bool is_forwarded;
	const struct gateway_env *outer; /* as given: this host's docker */
	struct ssh ssh;
	struct tunnel tunnel;
	struct runner runner;
	struct argv docker_env;
	int renewals; /* how often a lost connection may still be made again */
};

/* Connects; signals are caught from then on (cancel.h), so that nothing is left behind. *remote must stay where it is,
 * since remote->env points into it. The socket is that of the destination, else of OPENSHELL_REMOTE_DOCKER_SOCKET.
 * ERROR_UNREACHABLE or ERROR_REFUSED, with a code where ssh does not tell itself. */
int remote_open(struct remote *remote, const struct gateway_env *env, const struct remote_options *options,
		struct error **err) MUST_CHECK;
/* Disconnects, and removes what was made here; nothing for a zero value. */
void remote_release(struct remote *remote);

/* Shell text after which docker works there, too: how the open connection was made. The caller frees. */
char *remote_script(const struct remote *remote);

/* `ssh -G`, for the names of the host; works before remote_open(), too. -1 only when a stop was asked for. */
int remote_resolve(const struct gateway_env *env, const struct remote_options *options, struct ssh_resolved *resolved,
		   struct error **err) MUST_CHECK;

/* What the user is to know of the names, as warnings: ssh -G failed, or there are hosts between, so that the endpoint
 * may not be reachable from here; how to forward it then. port: the gateway's; given: --gateway-host was. */
void remote_warn(const struct gateway_env *env, const struct ssh_destination *to, const struct ssh_resolved *resolved,
		 int port, bool given);

#endif
