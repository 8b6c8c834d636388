/* SPDX-License-Identifier: Apache-2.0 */
/* Base64, as Kubernetes secrets and PEM files hold it. */
#ifndef BASE_ENCODE_H
#define BASE_ENCODE_H

#include "base/base.h"
#include "base/buf.h"

/* Adds the decoded bytes of text to out. White space is skipped; anything else outside the
 * alphabet, or a wrong length or padding, gives false and leaves out as it was. */
bool base64_decode(const char *text, size_t len, struct buf *out) MUST_CHECK;

/* With padding, without line ends. The caller frees. */
char *base64_encode(const void *bytes, size_t len);

#endif
