/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting for a gateway: its container's health, its certificates. The wait is woken by docker's
 * events, so that "healthy" is seen at once; every WATCH_INTERVAL_MS it looks by itself.
 */
#ifndef GATEWAY_WATCH_H
#define GATEWAY_WATCH_H

#include "base/base.h"
#include "base/buf.h"
#include "base/error.h"
#include "gateway/gateway.h"
#include "store/mtls.h"

#define WATCH_INTERVAL_MS 2000
#define HEALTH_TIMEOUT_MS (180 * WATCH_INTERVAL_MS)
#define SECRET_TIMEOUT_MS (90 * WATCH_INTERVAL_MS)
#define RECENT_LINES 15

struct watch {
	const struct gateway_env *env;
	const char *container;
	struct proc *procs[2];       /* events, logs */
	bool woken;                  /* an event came */
	bool became_healthy;         /* the last one said so */
	int died_code;               /* exit status in a die event, or -1 */
	int restarts_before;
	const char *old_health_log;  /* of the container's former life: says nothing of this one; may be NULL */
	int pressure_seen;           /* looks in a row with that marker */
	bool dns_failed;             /* names were seen not to be resolved; told once */
	char *recent[RECENT_LINES];  /* last log lines, a ring */
	size_t lines;
	char *told_health;           /* what the last health check said that was told, or NULL */
};

/* Follows docker's events of the container from now on; it need not run yet. Where docker takes one call at a time, looks
 * alone have to do. */
int watch_open(struct watch *watch, const struct gateway_env *env, const char *container, int restarts_before,
	       struct error **err) MUST_CHECK;
/* Shows the container's log lines as progress. all: also those so far. */
void watch_logs(struct watch *watch, bool all);
/* Ends the followers. */
void watch_release(struct watch *watch);

/* Returns when an event came, ms have passed, or a stop was asked for. */
void watch_sleep(struct watch *watch, int64_t ms);

/* 0 when healthy. ERROR_UNHEALTHY when the container ended, has no health check or a marker in its
 * output says that it cannot become healthy (a registry that cannot be resolved is only told); ERROR_TIMEOUT after timeout_ms. */
int watch_healthy(struct watch *watch, int64_t timeout_ms, struct error **err) MUST_CHECK;

/* Where the gateway's PKI job puts the client's bundle. */
#define SECRET_SPACE "openshell"
#define SECRET_NAME "openshell-cli-client"
/* Something that the container has a while after its start. */
struct awaited {
	const char *what; /* for the error: "the secret x was not complete" */
	int64_t timeout_ms;
	int (*ask)(void *arg, bool *there, struct error **err);
	void *arg;
};

/* Asks until it is there. ERROR_UNHEALTHY when the container ended, ERROR_TIMEOUT when the time is over. */
int watch_until(struct watch *watch, const struct awaited *awaited, struct error **err) MUST_CHECK;

/* The three values of the client's secret, decoded. */
int watch_secret(struct watch *watch, struct buf values[MTLS_FILES], struct error **err) MUST_CHECK;

/* The same of a container that runs and that nobody watches yet. restarts: how often it was restarted before. */
int watch_bundle(const struct gateway_env *env, const char *container, int restarts, struct mtls_bundle *bundle,
		 struct error **err) MUST_CHECK;

/* Adds what the container said last to *err. Always -1. */
int watch_explain(const struct gateway_env *env, const char *container, struct error **err);

#endif
