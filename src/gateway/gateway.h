/* SPDX-License-Identifier: Apache-2.0 */
/* What every operation on a gateway is given, and the names derived from a gateway's name. */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include "base/base.h"
#include "base/clock.h"
#include "base/error.h"
#include "gateway/settings.h"
#include "store/paths.h"
#include "store/registry.h"
#include "tools/docker.h"

/* How an operation tells what it does. Texts are safe for a terminal only after log_safe_text(). */
struct progress {
	void (*step)(void *arg, const char *doing);              /* a new step begins */
	void (*done)(void *arg);                                 /* the step has ended well */
	void (*failed)(void *arg, bool fatal);                   /* it has not; the error or a warning tells why */
	void (*line)(void *arg, const char *line, size_t len);   /* of the container's log */
	void (*detail)(void *arg, const char *text, size_t len); /* how far the step is */
	/* From true to false a child may itself show on our stderr, a terminal, how far the step is. NULL: none may. */
	void (*lend)(void *arg, bool lent);
	void (*note)(void *arg, const char *text);               /* something worth telling */
	void (*warn)(void *arg, const char *text);
	void *arg;
};

struct dryrun;

struct gateway_env {
	const struct settings *settings;
	const struct paths *paths;
	const struct docker *docker;
	const struct clock *clock;
	const struct progress *progress;
	const struct dryrun *dryrun; /* nothing is to be changed, only told (dryrun.h); else NULL */
};

void progress_note(const struct gateway_env *env, const char *fmt, ...) PRINTF(2, 3);
void progress_warn(const struct gateway_env *env, const char *fmt, ...) PRINTF(2, 3);

/* "openshell-cluster-NAME": container, volume and network. The caller frees. */
char *gateway_container_name(const char *name);

/* What docker knows the container of a record by: its name where `gateway start` made it, its ID where it was found
 * under another name by `gateway add`; NULL where only an endpoint was registered. The caller frees. */
char *gateway_record_container(const struct record *record);

/* "openshell-" + the name as DNS labels, at most 63 bytes; longer ones are cut and get a hash, so
 * that two long names stay two nodes. The caller frees. */
char *gateway_node_name(const char *name);

/* The docker that is reached now may be that of the gateway: one elsewhere is reached by another host's alone, one that
 * another program only registered by none. */
bool gateway_is_at_hand(const struct gateway_env *env, const struct record *record);

/* The engine of this record is another one than the one that docker reaches now: ERROR_CONFLICT.
 * A record that does not know its engine passes. */
int gateway_check_engine(const struct record *record, const struct engine *engine, struct error **err) MUST_CHECK;

/* The same for a record whose container is not on the engine reached now: it must have been made at the same endpoint,
 * too, since machines that were copied have engines of one ID (as have two engines on one machine). */
int gateway_check_identity(const struct gateway_env *env, const struct record *record, const struct engine *engine,
			   struct error **err) MUST_CHECK;

/* Ports that the engine opens are opened on this machine, as far as its address tells. */
bool gateway_engine_is_here(const struct gateway_env *env);

/* "docker ARGUMENTS" for people to type here, also when the engine is another host's. The caller frees. */
char *gateway_docker_command(const struct gateway_env *env, const char *arguments);

/* Where that engine is, for messages: "here", or "on ADDRESS" of another host. The caller frees. */
char *gateway_place(const struct gateway_env *env);

/* Where docker reaches its engine: the address of another host, else DOCKER_HOST, else the context's address. The caller frees. */
char *gateway_docker_endpoint(const struct gateway_env *env, const struct engine *engine, struct error **err) MUST_CHECK;

#endif
