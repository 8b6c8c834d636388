/* SPDX-License-Identifier: Apache-2.0 */
/* Files of certificates and keys that a person gives. Pure; does no cryptography. */
#ifndef STORE_PEM_H
#define STORE_PEM_H

#include "base/base.h"
#include "base/error.h"

/* One or more certificates in PEM form and nothing else but text between them. ERROR_USAGE names the line of what
 * is wrong; a private key is refused, since who gives one has taken the wrong file. */
int pem_check_certificates(const char *text, size_t len, const char *origin, struct error **err) MUST_CHECK;

/* The same for one private key, which must not need a passphrase; parameters of its curve may stand before it. */
int pem_check_key(const char *text, size_t len, const char *origin, struct error **err) MUST_CHECK;

#endif
