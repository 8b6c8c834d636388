/* SPDX-License-Identifier: Apache-2.0 */
/* What is there, what is wanted, and what follows from both. Pure. */
#ifndef GATEWAY_OBSERVE_H
#define GATEWAY_OBSERVE_H

#include "base/argv.h"
#include "base/base.h"
#include "store/nodefiles.h"
#include "store/registry.h"
#include "tools/docker.h"

struct site;

#define DEFAULT_PORT 8080
#define FILE_NONE "none"

enum pull_policy {
	PULL_MISSING, /* when it is not here */
	PULL_ALWAYS,
	PULL_NEVER,
};

#define NO_LIMIT (-1)

/* What the user asked for by name; the zero value with port -1 asks for nothing. */
struct deploy_options {
	const char *name;
	int port;         /* -1: not given; 0: any free one */
	const char *bind; /* NULL: not given */
	const char *gateway_host;
	bool gpu, plaintext, disable_gateway_auth;
	bool recreate, force, no_wait, keep_failed;
	int64_t timeout_ms; /* of the health wait; 0: not given */
	int64_t memory, nano_cpus; /* bytes, billionths of a processor, or NO_LIMIT; 0: not given */
	enum pull_policy pull;
	const struct docker *push_from; /* of this host, whose image is sent to the engine and none pulled; NULL: not so */
	const char *registry_username, *registry_token; /* NULL: not given */
	/* Asked when a container or volume is there already; true: destroy it first. May be NULL. */
	bool (*confirm_recreate)(void *arg, const char *name, const struct container *container);
	void *confirm_arg;
	/* Names of the engine's host where that is reached by ssh: as ssh resolves it, and as it was given; else NULL. */
	const char *remote_host, *remote_alias;
	const struct site *site; /* where that is, for the record; NULL: here */
	const struct argv *dns; /* resolvers, none for docker's own; NULL: not given */
	/* Paths of files for the node, or FILE_NONE; NULL: not given. */
	const char *files[NODE_FILES];
};

/* How the gateway's container is to be. */
struct plan {
	int port; /* 0: a free one is still to be found */
	bool gpu, plaintext, disable_gateway_auth;
	char *bind, *gateway_host; /* gateway_host may be NULL */
	char *host;                /* of the endpoint */
	char *push_refs;           /* joined by commas; NULL: none are pushed, and what was pushed before stays */
	struct argv sans;          /* beyond those that are always there */
	int64_t memory, nano_cpus; /* 0: no limit */
	struct argv dns;           /* resolvers; none: docker's own */
	char *files;               /* ID of the node's files; NULL: none */
};
void plan_release(struct plan *plan);

/* What was asked for; else as the container is; else as its record says; else the default.
 * docker_tcp_host: endpoint_docker_tcp_host(), where there is no remote_host. */
void plan_make(struct plan *plan, const struct deploy_options *options, const struct container *container,
	       const struct record *record, const char *docker_tcp_host);

enum container_action {
	ACTION_CREATE,   /* there is none */
	ACTION_REUSE,    /* start the one that is there */
	ACTION_KEEP,     /* it runs */
	ACTION_UNPAUSE,  /* it is paused */
	ACTION_RECREATE, /* remove it, make it anew; the volume stays */
	ACTIONS,
};
const char *container_action_name(enum container_action action);

/* image_id: of the image wanted; NULL when the container is to be taken as it is; "" is no container's. */
enum container_action observe_action(const struct container *container, const char *image_id,
				     const struct plan *plan);

#endif
