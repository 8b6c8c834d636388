/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a gateway's docker is: here, or on another host, by what was asked for or else what the gateway's record says.
 * Whoever is to work there is given site->env.
 */
#ifndef GATEWAY_SITE_H
#define GATEWAY_SITE_H

#include "base/argv.h"
#include "base/base.h"
#include "base/error.h"
#include "gateway/gateway.h"
#include "gateway/remote.h"
#include "store/registry.h"
#include "tools/ssh.h"

/* As somebody gave it, unchecked; NULL: not given. */
struct site_options {
	const char *destination, *key;
	const struct argv *ssh_options; /* none: not given */
};

struct site {
	const struct gateway_env *env; /* for work there: the given one, or the other host's once it is open */
	char *destination;             /* as it was given or is recorded; NULL: docker is where it always is */
	struct ssh_destination to;
	char *key;                     /* or NULL */
	struct argv ssh_options;
	char *socket;                  /* docker's there, as the record knows it; or NULL */
	struct ssh_resolved resolved;  /* zero until it is asked for */
	struct remote remote;
};

/*
 * Finds out, and connects nowhere. name: of the gateway whose record counts; NULL: none does. What is given goes above
 * the record; its key and options count for the recorded destination alone. An entry of the system, or one that another
 * program only registered, leads nowhere. ERROR_USAGE: a destination, key or option that cannot be one, or a key or
 * options without a destination; ERROR_ABSENT, ERROR_REFUSED: the key; ERROR_SYSTEM: the record.
 */
int site_find(struct site *site, const struct gateway_env *env, const char *name, const struct site_options *given,
	      struct error **err) MUST_CHECK;
/* Releases all, the connection too; nothing for a zero value. */
void site_release(struct site *site);

static inline bool site_is_remote(const struct site *site)
{
	return site->destination != NULL;
}

/* What ssh makes of the host's name; needs no connection. Nothing to do here. */
int site_resolve(struct site *site, struct error **err) MUST_CHECK;

/* Connects, where there is anything to connect to (remote.h); *site must stay where it is from then on. may_ask: ssh
 * may ask at our terminal. */
int site_open(struct site *site, bool may_ask, struct error **err) MUST_CHECK;
/* Both: one takes no longer for the other. */
int site_open_resolved(struct site *site, bool may_ask, struct error **err) MUST_CHECK;

/* This host's docker: that of env, unless the site, which may be NULL, is another host. */
const struct docker *site_home(const struct site *site, const struct gateway_env *env);

/* What was given, or was found, as options for a shell, "--remote DEST ..."; NULL without a destination. The caller
 * frees. */
char *site_options_text(const struct site_options *given);
char *site_text(const struct site *site);

/* Writes into a record where its gateway is. */
void site_fill_record(const struct site *site, struct record *record);

/* Warns of what the names of a remote host mean for the endpoint of this record (remote_warn). */
void site_warn(const struct site *site, const struct record *record);

#endif
