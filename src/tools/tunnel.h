/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One open connection to another host, for as long as a command needs it: a single `ssh` child, and in a private
 * directory its control socket and the socket that it forwards. It ends with us, also when we are killed; what is left
 * of the directory then is removed by the next one (rundir.h).
 */
#ifndef TOOLS_TUNNEL_H
#define TOOLS_TUNNEL_H

#include "base/base.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/rundir.h"
#include "tools/ssh.h"

/* The last part of the forwarded socket's path: by it texts of docker tell that the engine is not of this host. */
#define TUNNEL_SOCKET "remote-docker.sock"

struct tunnel {
	const struct ssh *ssh; /* borrowed, as is the clock */
	const struct clock *clock;
	struct rundir dir;
	char *control, *socket; /* paths in it */
	struct proc *master;
	struct buf said;        /* the last that ssh said since it was started */
	/* Gets each line that ssh says before the connection is made, such as a server's banner; may be NULL. */
	proc_line_fn *tell;
	void *tell_arg;
	bool is_made;
};

/* Makes the directory: in the first of the parents (NULL ends them) whose path suits sockets and ssh. */
int tunnel_init(struct tunnel *tunnel, const struct ssh *ssh, const struct clock *clock, const char *const *parents,
		struct error **err) MUST_CHECK;
/* Ends the connection and removes the directory; nothing for a zero value. */
void tunnel_release(struct tunnel *tunnel);

/* Starts to connect, or to connect again. */
int tunnel_begin(struct tunnel *tunnel, struct error **err) MUST_CHECK;
/* Waits until the connection is made. ERROR_UNREACHABLE "ssh to DESTINATION failed: what it said"; why is found by
 * gateway/diagnose.c. Bounded: 60 s, or 300 s where somebody may be asked. */
int tunnel_await(struct tunnel *tunnel, struct error **err) MUST_CHECK;

/* Whether ssh still runs. A network that swallows everything shows after half a minute, when it gives up. */
bool tunnel_is_up(const struct tunnel *tunnel);

/* Puts an error with the code "ssh-lost" in the place of *err, if any. Always -1. */
int tunnel_lost(const struct tunnel *tunnel, const char *purpose, struct error **err);

/* The last lines that ssh said, as one. The caller frees. */
char *tunnel_words(const struct tunnel *tunnel);

/* Forwards tunnel->socket to a socket on the other host, and asks there who answers ("/_ping"): *answers. It does not
 * where there is no engine, where the user may not use the socket, and where the server forbids it: ssh tells these
 * apart for nobody. -1 when the connection is lost, or when it accepts and stays silent (ERROR_TIMEOUT). */
int tunnel_forward(struct tunnel *tunnel, const char *remote, bool *answers, struct error **err) MUST_CHECK;

/* Makes a program `ssh` in the directory: with that first on PATH, `docker -H ssh://ANY` goes by this connection.
 * socket: the engine's there, or NULL. */
int tunnel_shim(struct tunnel *tunnel, const char *socket, struct error **err) MUST_CHECK;

/* For the followers that a runner pumps: the connection is one more. */
struct proc *tunnel_proc(const struct tunnel *tunnel);

#endif
