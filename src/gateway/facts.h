/* SPDX-License-Identifier: Apache-2.0 */
/* All that doctor check goes by: what docker, this host and the port tell, gathered once. */
#ifndef GATEWAY_FACTS_H
#define GATEWAY_FACTS_H

#include "base/base.h"
#include "base/error.h"
#include "gateway/gateway.h"
#include "gateway/host.h"

struct facts {
	const char *name;             /* the gateway; borrowed */
	struct error *no_engine;      /* docker does not answer: nothing below is known */
	struct engine engine;
	struct docker_version version; /* empty when docker did not tell */
	char *endpoint;               /* where docker reaches its engine, or NULL */
	char *docker;                 /* path of the docker program, or NULL */
	char *elsewhere;              /* why the engine's host is not this one; NULL: nothing speaks against it */
	struct host host;
	char *iptables;               /* its version, or NULL */
	double disk_gib;              /* free for docker; -1: cannot be seen */
	int64_t skew_ms;              /* how far the engine's clock is ahead of ours; 0: it is not, or is unknown */
	int port;
	struct argv port_containers;  /* that publish it */
	bool port_tried;              /* on 127.0.0.1 of this host */
	bool port_busy;               /* by no container */
	char *port_holder;            /* who, or NULL */
	struct error *port_error;     /* why the port could not be looked at, or NULL */
};

/* The host is looked at below root: "" is the real one. */
void facts_gather(const struct gateway_env *env, const char *name, int port, const char *root, struct facts *facts);
void facts_release(struct facts *facts);

#endif
