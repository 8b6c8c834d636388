/* SPDX-License-Identifier: Apache-2.0 */
/* doctor check: whether docker's host can run a gateway. */
#ifndef GATEWAY_CHECK_H
#define GATEWAY_CHECK_H

#include "base/base.h"
#include "base/error.h"
#include "gateway/facts.h"
#include "gateway/gateway.h"

enum check_verdict { CHECK_OK, CHECK_WARN, CHECK_FAIL, CHECK_VERDICTS };

/* "ok", "warn", "fail" */
const char *check_verdict_name(enum check_verdict verdict);

struct finding {
	const char *what; /* "docker", "port", ... */
	enum check_verdict verdict;
	const char *code; /* a stable word for scripts, such as "inotify-low"; NULL of a CHECK_OK */
	char *text;       /* what was found */
	char *fix;        /* NULL when there is nothing to mend */
	char *command;    /* that mends it or tells more, or NULL */
	int exit_code;    /* of a CHECK_FAIL */
};

#define CHECKS 20

struct findings {
	struct finding v[CHECKS];
	size_t n;
};

/* Looks at everything. Left out is what cannot be known: all but docker when that does not answer, what the
 * kernel tells when docker's host is not this one. root: as of facts_gather(). */
void gateway_check(const struct gateway_env *env, const char *name, int port, const char *root,
		   struct findings *findings);

/* The judgement alone. Pure. */
void check_facts(const struct facts *facts, struct findings *findings);

/* The worst of all. */
enum check_verdict findings_verdict(const struct findings *findings);
/* 0, or the exit code of the first check that failed; the order is that of importance. */
int findings_exit_code(const struct findings *findings);
/* How many have this verdict. */
size_t findings_count(const struct findings *findings, enum check_verdict verdict);
void findings_release(struct findings *findings);

#endif
