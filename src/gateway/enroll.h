/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries for gateways that somebody else made: how they come into the registry and leave it. Nothing is changed in
 * docker. The caller holds the gateway's lock.
 */
#ifndef GATEWAY_ENROLL_H
#define GATEWAY_ENROLL_H

#include "base/base.h"
#include "base/buf.h"
#include "base/error.h"
#include "gateway/gateway.h"
#include "gateway/site.h"
#include "gateway/target.h"
#include "store/mtls.h"

struct enroll_options {
	const char *name;
	const struct target *target;
	bool is_local;            /* its container is on the engine reached now, and the certificates are taken from there */
	struct site *site;        /* where it is, when that is another host: it is connected to where that is needed */
	bool may_ask;             /* of site_open() */
	const struct mtls_bundle *bundle; /* certificates that somebody gave, or NULL */
};

/* ERROR_USAGE where openssl, if it is here, tells that these are of no use: the key is not that of the client's
 * certificate, or it cannot read one of the three. */
int gateway_check_given(const struct gateway_env *env, const struct mtls_bundle *bundle, struct error **err) MUST_CHECK;

/*
 * Makes the user's entry and the active gateway of it; after a failure all is as it was. *record is what was
 * written. ERROR_CONFLICT where the user has an entry of that name; one of the system's is hidden, and that is told.
 * is_local, or another host without bundle: ERROR_ABSENT where no gateway's container runs, ERROR_USAGE where several do.
 */
int gateway_enroll(const struct gateway_env *env, const struct enroll_options *options, struct record *record,
		   struct error **err) MUST_CHECK;

/* Removes all that the user's tree has of a gateway, also of a malformed entry. ERROR_REFUSED for an entry of the
 * system, of which nothing is changed; ERROR_ABSENT where there is none. What remains elsewhere is told. */
int gateway_forget(const struct gateway_env *env, const char *name, struct error **err) MUST_CHECK;

#endif
