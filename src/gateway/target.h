/* SPDX-License-Identifier: Apache-2.0 */
/* The ENDPOINT that a person gives for a gateway made by somebody else, taken apart. Pure. */
#ifndef GATEWAY_TARGET_H
#define GATEWAY_TARGET_H

#include "base/base.h"
#include "base/error.h"

struct target {
	char *endpoint;    /* "https://HOST[:PORT]" or "http://HOST[:PORT]", and nothing after it */
	char *host;        /* without brackets; letters are small */
	int port;          /* 0: none was given */
	bool is_plaintext; /* http:// */
	char *destination; /* the [USER@]HOST of ssh://, as it was given; else NULL */
};

/* https:// where there is no scheme. ERROR_USAGE says what is wrong, and repeats nothing of a text that holds a
 * password. */
int target_parse(const char *text, struct target *target, struct error **err) MUST_CHECK;
void target_release(struct target *target);

/* A name for the gateway there, made of its host; "openshell" for this machine. The caller frees. */
char *target_name(const struct target *target);

#endif
