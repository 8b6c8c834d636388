/* SPDX-License-Identifier: Apache-2.0 */
/* A gateway asked by its endpoint, as a client would: TCP, TLS with the bundle, GET /healthz. Changes nothing. */
#ifndef GATEWAY_PROBE_H
#define GATEWAY_PROBE_H

#include "base/base.h"
#include "base/error.h"
#include "gateway/gateway.h"

enum probe_verdict {
	PROBE_UNASKED,        /* zero: it was not asked */
	PROBE_WELL,           /* it answers as it should */
	PROBE_SILENT,         /* nothing answers */
	PROBE_WRONG_CA,
	PROBE_EXPIRED,        /* its certificate is not valid now */
	PROBE_WRONG_NAME,
	PROBE_CLIENT_REFUSED, /* ours does not suit it */
	PROBE_NO_BUNDLE,      /* there are no certificates to ask with */
	PROBE_TLS_FAILED,
	PROBE_STATUS,         /* /healthz gives another status than it should */
	PROBE_LOGIN,          /* it wants a login that only a browser can do */
	PROBE_OPEN,           /* something listens; there is no program to ask more with */
	PROBE_VERDICTS,
};

/* What it says of TLS, for programs: "ok", "wrong-ca", ...; NULL when nothing is known. */
const char *probe_tls_name(enum probe_verdict verdict);

/* The client and this endpoint do not fit together, beyond doubt. */
bool probe_is_mismatch(enum probe_verdict verdict);

struct probe {
	enum probe_verdict verdict;
	char *reason;  /* NULL when it is well */
	char *version; /* which it says it has, or NULL */
};
void probe_release(struct probe *probe);

/* bundle: the directory of another bundle than the stored one, or NULL. -1 only when a stop was asked for. */
int probe_endpoint(const struct gateway_env *env, const struct record *record, const char *bundle,
		   struct probe *probe, struct error **err) MUST_CHECK;

#endif
