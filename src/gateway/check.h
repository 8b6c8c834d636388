/* SPDX-License-Identifier: Apache-2.0 */
/* doctor check: whether this host can run a gateway. */
#ifndef GATEWAY_CHECK_H
#define GATEWAY_CHECK_H

#include "base/base.h"
#include "base/error.h"
#include "gateway/gateway.h"

enum check_verdict { CHECK_OK, CHECK_WARN, CHECK_FAIL };

struct finding {
	const char *what; /* "docker", "port", ... */
	enum check_verdict verdict;
	char *text;       /* what was found */
	char *fix;        /* NULL when there is nothing to mend */
	int exit_code;    /* of a CHECK_FAIL */
};

#define CHECKS 5

struct findings {
	struct finding v[CHECKS];
	size_t n;
};

/* Looks at everything; what cannot be seen because docker does not answer is left out. */
void gateway_check(const struct gateway_env *env, const char *name, int port, struct findings *findings);
/* 0, or the exit code of the worst finding (the first of the failed ones). */
int findings_exit_code(const struct findings *findings);
void findings_release(struct findings *findings);

#endif
