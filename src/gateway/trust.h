/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a gateway's client trusts: what is stored, whether it is still the node's, and fetching it again. */
#ifndef GATEWAY_TRUST_H
#define GATEWAY_TRUST_H

#include "base/base.h"
#include "base/error.h"
#include "gateway/gateway.h"

enum trust_state {
	TRUST_SAME,      /* the node has the authority that is trusted here */
	TRUST_DIFFERS,   /* it has another one */
	TRUST_ABSENT,    /* nothing usable is stored */
	TRUST_UNSEEN,    /* neither the node nor the endpoint could be asked */
	TRUST_PLAINTEXT, /* no TLS, so there is nothing to trust */
	TRUST_STATES,
};
const char *trust_state_name(enum trust_state state);
/* 0, 6, 3, 5, 0. */
int trust_exit_code(enum trust_state state);

/* A certificate; what is not known is NULL. */
struct trusted {
	char *subject, *fingerprint; /* as openssl has them, where it is here */
	char *expires;               /* "2036-11-22T17:38:00Z" */
};

struct trust {
	enum trust_state state;
	char *reason; /* what was found, or why nothing was, or NULL */
	struct trusted ca, client;
	struct trusted node_ca; /* where the node was asked and has another one */
	bool changed;           /* by gateway_trust_refresh() */
};
void trust_release(struct trust *trust);

/* Looks, and changes nothing. force: also on another engine than the record's. */
int gateway_trust(const struct gateway_env *env, const struct record *record, bool force, struct trust *trust,
		  struct error **err) MUST_CHECK;

/*
 * Fetches the bundle from the node, as a start does, and stores it where it is another one than the stored. It must be
 * PEM, whole as far as openssl can tell, and fit what the endpoint shows, if that answers; else what is stored stays,
 * and it is an error. The lock of the gateway is the caller's, and so is cancel_catch().
 */
int gateway_trust_refresh(const struct gateway_env *env, const struct record *record, bool force, struct trust *trust,
			  struct error **err) MUST_CHECK;

#endif
