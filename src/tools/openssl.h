/* SPDX-License-Identifier: Apache-2.0 */
/* The openssl program: its arguments and output formats live here. Each is ERROR_UNREACHABLE when it is not here. */
#ifndef TOOLS_OPENSSL_H
#define TOOLS_OPENSSL_H

#include "base/error.h"
#include "base/proc.h"
#include "tools/https.h"

/* As curl_get(), for a question with a bundle, of a port that answers; proxies are never used. */
int openssl_get(const struct runner *runner, const struct https_question *question, struct https_answer *answer,
		struct error **err) MUST_CHECK;

/* What the first certificate of a PEM text says of itself. */
struct certificate {
	char *subject;     /* as RFC 2253 has it: "CN=x,O=y" */
	char *fingerprint; /* SHA-256, "AB:CD:..." */
};
void certificate_release(struct certificate *certificate);
int openssl_certificate(const struct runner *runner, const char *pem, struct certificate *certificate,
			struct error **err) MUST_CHECK;

/* ERROR_SYSTEM, in openssl's words, unless the bundle in this directory is whole: the authority has signed the
 * client's certificate, which is valid now, and the key is that certificate's. */
int openssl_check_bundle(const struct runner *runner, const char *dir, struct error **err) MUST_CHECK;

/* ERROR_SYSTEM, where openssl cannot read a text in its words, unless the key is that of the certificate; both in PEM
 * form. */
int openssl_check_key(const struct runner *runner, const char *certificate, const char *key, struct error **err) MUST_CHECK;

#endif
