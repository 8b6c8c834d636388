/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for health and certificates. */
#include "gateway/watch.h"

#include <stdlib.h>

#include "base/cancel.h"
#include "tools/kubectl.h"

#define MARK_SUPERVISOR "HEALTHCHECK_MISSING_SUPERVISOR"
#define MARK_PRESSURE "HEALTHCHECK_NODE_PRESSURE"
#define MARK_DNS "HEALTHCHECK_DNS_FAILURE"
#define MARK_PROBE "DNS_PROBE_FAILED"
#define PRESSURE_LOOKS 8
#define LOG_LINES_SHOWN 20

static void on_event(void *arg, const char *line, size_t len)
{
	struct watch *watch = arg;
	int code = docker_event_exit_code(line, len);

	watch->woken = true;
	watch->became_healthy = docker_event_is_healthy(line, len);
	if (code >= 0)
		watch->died_code = code;
}

static void on_log_line(void *arg, const char *line, size_t len)
{
	struct watch *watch = arg;
	char **slot = &watch->recent[watch->lines++ % RECENT_LINES];

	free(*slot);
	*slot = xstrndup(line, len);
	watch->env->progress->line(watch->env->progress->arg, line, len);
}

int watch_open(struct watch *watch, const struct gateway_env *env, const char *container, int restarts_before,
	       struct error **err)
{
	*watch = (struct watch){
		.env = env, .container = container, .died_code = -1, .restarts_before = restarts_before,
	};
	if (env->docker->one_by_one)
		return 0;
	watch->procs[0] = docker_events_follow(env->docker, container, on_event, watch, err);
	return watch->procs[0] == NULL ? -1 : 0;
}

void watch_logs(struct watch *watch, bool all)
{
	autoerror struct error *ignored = NULL;

	if (watch->env->docker->one_by_one)
		return;
	/* a log that cannot be shown is no reason to fail */
	watch->procs[1] = docker_logs_follow(watch->env->docker, watch->container, all, on_log_line, watch, &ignored);
}

/* They end with the connection to another host's docker, and with an engine; the looks show that there is one again. */
static void follow_again(struct watch *watch)
{
	const struct docker *docker = watch->env->docker;
	autoerror struct error *ignored = NULL;

	if (watch->procs[0] == NULL || !runner_ended(docker->runner, watch->procs[0]))
		return;
	runner_stop(docker->runner, watch->procs[0]);
	watch->procs[0] = docker_events_follow(docker, watch->container, on_event, watch, &ignored);
	if (watch->procs[1] == NULL)
		return;
	runner_stop(docker->runner, watch->procs[1]);
	watch_logs(watch, false);
}

void watch_release(struct watch *watch)
{
	for (size_t i = 0; watch->env != NULL && i < ARRAY_LEN(watch->procs); i++)
		runner_stop(watch->env->docker->runner, watch->procs[i]);
	for (size_t i = 0; i < RECENT_LINES; i++)
		free(watch->recent[i]);
	free(watch->told_health);
	*watch = (struct watch){ 0 };
}

void watch_sleep(struct watch *watch, int64_t ms)
{
	const struct clock *clock = watch->env->clock;
	int64_t until = clock_now_ms(clock) + ms, left;

	while (!watch->woken && cancel_signal() == 0 && (left = until - clock_now_ms(clock)) > 0)
		runner_pump(watch->env->docker->runner, watch->procs, ARRAY_LEN(watch->procs), left);
	watch->woken = false;
}

/* What docker shows is still of the container's former life. */
static bool is_old_health(const struct watch *watch, const struct container *container)
{
	return watch->old_health_log != NULL && container->health_log != NULL &&
	       streq(watch->old_health_log, container->health_log);
}

/* The first line of what the last health check said, each time that it is another one. */
static void tell_health(struct watch *watch, const struct container *container)
{
	const struct progress *progress = watch->env->progress;
	const char *words = container->health_newest;

	if (words == NULL || *words == '\0' || is_old_health(watch, container) ||
	    (watch->told_health != NULL && streq(words, watch->told_health)))
		return;
	free(watch->told_health);
	watch->told_health = xstrdup(words);
	progress->detail(progress->arg, words, strcspn(words, "\n"));
}

static bool has_marker(const struct watch *watch, const struct container *container, const char *marker)
{
	bool is_old = is_old_health(watch, container);

	if (!is_old && container->health_newest != NULL && strstr(container->health_newest, marker) != NULL)
		return true;
	for (size_t i = 0; i < RECENT_LINES; i++)
		if (watch->recent[i] != NULL && strstr(watch->recent[i], marker) != NULL)
			return true;
	return false;
}

static int check_markers(struct watch *watch, const struct container *container, struct error **err)
{
	if (has_marker(watch, container, MARK_SUPERVISOR))
		return error_set(err, ERROR_UNHEALTHY, MARK_SUPERVISOR
				 ": the image lacks the sandbox supervisor /opt/openshell/bin/openshell-sandbox");
	watch->pressure_seen = has_marker(watch, container, MARK_PRESSURE) ? watch->pressure_seen + 1 : 0;
	if (watch->pressure_seen >= PRESSURE_LOOKS)
		return error_set(err, ERROR_UNHEALTHY, MARK_PRESSURE ": the node is short of disk, memory or process IDs");
	/* where all images are here already nothing needs a registry: told once, no reason to fail */
	if (!watch->dns_failed && (has_marker(watch, container, MARK_DNS) || has_marker(watch, container, MARK_PROBE))) {
		watch->dns_failed = true;
		progress_warn(watch->env, "the registry's name cannot be resolved in the container: images that are not "
					  "there yet cannot be pulled");
	}
	return 0;
}

/* The container has ended, also when docker has started it again meanwhile. */
static bool has_ended(const struct watch *watch, const struct container *container)
{
	return watch->died_code >= 0 || container->phase != PHASE_RUNNING ||
	       container->restarts > watch->restarts_before;
}

static int ended(const struct watch *watch, struct container *container, struct error **err)
{
	autofree char *words = NULL;

	if (container->phase == PHASE_ABSENT)
		return error_set(err, ERROR_UNHEALTHY, "the container %s was removed meanwhile", watch->container);
	if (watch->died_code >= 0)
		container->exit_code = watch->died_code;
	words = container_words(container);
	error_set(err, ERROR_UNHEALTHY, "the gateway's %s", words);
	return watch_explain(watch->env, watch->container, err);
}

static int late(const struct watch *watch, const struct container *container, int64_t timeout_ms, struct error **err)
{
	enum error_kind kind = container->health == HEALTH_UNHEALTHY ? ERROR_UNHEALTHY : ERROR_TIMEOUT;

	error_set(err, kind, "the gateway did not become healthy within %g s (its health is '%s')",
		  (double)timeout_ms / 1000, container_health_name(container->health));
	(*err)->retriable = true;
	error_code(err, watch->dns_failed ? "dns-failure" : "not-ready");
	return watch_explain(watch->env, watch->container, err);
}

static int hint_to_remove(const struct watch *watch, struct error **err)
{
	autofree char *arguments = xasprintf("rm -f %s", watch->container);
	autofree char *command = gateway_docker_command(watch->env, arguments);

	return error_hint_command(err, "Remove the container, its data stays; then start again", "%s", command);
}

int watch_healthy(struct watch *watch, int64_t timeout_ms, struct error **err)
{
	const struct clock *clock = watch->env->clock;
	int64_t until = clock_now_ms(clock) + timeout_ms;

	watch->became_healthy = false; /* whatever was heard so far: the first look tells how it is */
	for (;;) {
		AUTO(container) now = { 0 };
		int64_t left = until - clock_now_ms(clock);

		/* docker's word for it is as good as a look, which would take longer than anything else here */
		if (watch->became_healthy && watch->died_code < 0)
			return 0;
		if (docker_container_get(watch->env->docker, watch->container, &now, err) < 0)
			return -1;
		if (has_ended(watch, &now))
			return ended(watch, &now, err);
		if (now.health == HEALTH_HEALTHY)
			return 0;
		if (now.health == HEALTH_NONE) {
			error_set(err, ERROR_UNHEALTHY, "the container %s has no health check", watch->container);
			error_code(err, "health-check-missing");
			return hint_to_remove(watch, err);
		}
		follow_again(watch);
		tell_health(watch, &now);
		if (check_markers(watch, &now, err) < 0)
			return watch_explain(watch->env, watch->container, err);
		if (left <= 0)
			return late(watch, &now, timeout_ms, err);
		watch_sleep(watch, left < WATCH_INTERVAL_MS ? left : WATCH_INTERVAL_MS);
	}
}

static int check_running(struct watch *watch, struct error **err)
{
	AUTO(container) now = { 0 };

	if (docker_container_get(watch->env->docker, watch->container, &now, err) < 0)
		return -1;
	if (has_ended(watch, &now))
		return ended(watch, &now, err);
	follow_again(watch);
	return 0;
}

int watch_until(struct watch *watch, const struct awaited *awaited, struct error **err)
{
	const struct clock *clock = watch->env->clock;
	int64_t until = clock_now_ms(clock) + awaited->timeout_ms;

	for (;;) {
		int64_t left = until - clock_now_ms(clock);
		bool there = false;

		if (awaited->ask(awaited->arg, &there, err) < 0)
			return -1;
		if (there)
			return 0;
		if (check_running(watch, err) < 0)
			return -1;
		if (left <= 0) {
			error_set(err, ERROR_TIMEOUT, "%s within %g s", awaited->what,
				  (double)awaited->timeout_ms / 1000);
			return watch_explain(watch->env, watch->container, err);
		}
		watch_sleep(watch, left < WATCH_INTERVAL_MS ? left : WATCH_INTERVAL_MS);
	}
}

struct secret {
	struct kubectl kubectl;
	struct buf *values;
};

static int ask_secret(void *arg, bool *there, struct error **err)
{
	const struct secret *secret = arg;

	return kubectl_secret_get(&secret->kubectl, SECRET_SPACE, SECRET_NAME, mtls_keys, MTLS_FILES,
				  secret->values, there, err);
}

int watch_secret(struct watch *watch, struct buf values[MTLS_FILES], struct error **err)
{
	struct secret secret = { { watch->env->docker, watch->container }, values };
	const struct awaited awaited = {
		"the secret " SECRET_NAME " was not complete", SECRET_TIMEOUT_MS, ask_secret, &secret,
	};

	return watch_until(watch, &awaited, err);
}

int watch_bundle(const struct gateway_env *env, const char *container, int restarts, struct mtls_bundle *bundle,
		 struct error **err)
{
	AUTO(watch) watch = { 0 };

	return watch_open(&watch, env, container, restarts, err) < 0 ? -1 : watch_secret(&watch, bundle->parts, err);
}

int watch_explain(const struct gateway_env *env, const char *container, struct error **err)
{
	AUTO(container) now = { 0 };
	AUTO(buf) text = BUF_INIT;
	autoerror struct error *ignored = NULL;
	autofree char *logs = docker_logs_tail(env->docker, container, LOG_LINES_SHOWN);

	if (docker_container_get(env->docker, container, &now, &ignored) == 0 && now.health_log != NULL)
		buf_addf(&text, "last health checks said:\n%s", now.health_log);
	buf_addf(&text, "last lines of the container's log:\n%s", *logs ? logs : "(none)\n");
	return error_detail(err, buf_str(&text));
}
