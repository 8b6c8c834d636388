/* SPDX-License-Identifier: Apache-2.0 */
/* The client's TLS bundle of a gateway: ca.crt, tls.crt, tls.key, replaced as a whole or not at all. */
#ifndef STORE_MTLS_H
#define STORE_MTLS_H

#include "base/base.h"
#include "base/buf.h"
#include "base/error.h"
#include "store/paths.h"

enum { MTLS_CA, MTLS_CERT, MTLS_KEY, MTLS_FILES };

/* The contents of the three files. */
struct mtls_bundle {
	struct buf parts[MTLS_FILES];
};
void mtls_bundle_release(struct mtls_bundle *bundle);

/* Names of the files, which are the keys of the secret too. */
extern const char *const mtls_keys[MTLS_FILES];

enum mtls_state { MTLS_ABSENT, MTLS_INVALID, MTLS_VALID };
const char *mtls_state_name(enum mtls_state state);

/* Puts a bundle that a crash left half replaced back, then looks at it. */
enum mtls_state mtls_examine(const struct paths *paths, const char *name);

/* Refuses a bundle whose parts are not PEM of the right kind: what is stored stays. */
int mtls_store(const struct paths *paths, const char *name, const struct buf values[MTLS_FILES],
	       struct error **err) MUST_CHECK;

/* ERROR_SYSTEM when one is not PEM of its kind. Pure. */
int mtls_check(const struct buf values[MTLS_FILES], struct error **err) MUST_CHECK;

/* The three files; ERROR_ABSENT when there are none, ERROR_SYSTEM when one is not PEM of its kind. */
int mtls_read(const struct paths *paths, const char *name, struct buf values[MTLS_FILES], struct error **err) MUST_CHECK;

/* Puts a bundle beside the stored one, for programs that are to look at it first: the directory, which the caller
 * frees, until mtls_unstage() or a mtls_tidy() removes it. The lock of the gateway is the caller's. */
char *mtls_stage(const struct paths *paths, const char *name, const struct buf values[MTLS_FILES],
		 struct error **err) MUST_CHECK;
int mtls_unstage(const struct paths *paths, const char *name, struct error **err) MUST_CHECK;

/* A part of a bundle that a person gives: ERROR_USAGE, with the line, for a file of anything else. */
int mtls_file_read(int which, const char *path, struct buf *text, struct error **err) MUST_CHECK;

/* Absent is fine. */
int mtls_remove(const struct paths *paths, const char *name, struct error **err) MUST_CHECK;

/* Removes what a run that was killed left beside a bundle, old keys perhaps; it is only litter, so a failure is none.
 * The lock of the gateway is the caller's. */
void mtls_tidy(const struct paths *paths, const char *name);

/* When the client's certificate ends, as "2036-11-22T17:38:00Z"; NULL when it cannot be told.
 * Puts things back as mtls_examine() does. The caller frees. */
char *mtls_expiry(const struct paths *paths, const char *name);

/* The same for a certificate in PEM form. Pure. */
char *mtls_pem_expiry(const char *pem);

/* Whole days from now_ms (since 1970) until such a time; negative when it is past. False when it is none. Pure. */
bool mtls_days_left(const char *expires, int64_t now_ms, int *days);

#endif
