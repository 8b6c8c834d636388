/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of the docker program. Knows nothing of gateways beyond names and labels it is given. */
#include "tools/docker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cancel.h"
#include "tools/docker_call.h"
#include "tools/docker_parse.h"

/* In the container: where the cluster's own files are. */
#define KUBECONFIG_ENV "KUBECONFIG=/etc/rancher/k3s/k3s.yaml"
#define STATE_DIR "/var/lib/rancher/k3s"
#define HEALTHCHECK "/usr/local/bin/cluster-healthcheck.sh"

#define NANO 1000000000

/* From the TERM of a stop to its KILL. */
#define STOP_GRACE_S 10

/* ------------------------------------------------------------------ what the engine has */

int docker_inspect(const struct docker *docker, const char *container_name, const char *const *refs,
		   size_t count, struct container *container, struct image *images, bool *complete,
		   struct error **err)
{
	AUTO(proc_spec) spec = docker_spec(docker, "docker inspect", docker->timeout_ms);
	AUTO(proc_result) result = PROC_RESULT_INIT;

	argv_addl(&spec.argv, "inspect", "--format", "{{json .}}", "--", container_name, NULL);
	for (size_t i = 0; i < count; i++)
		argv_add(&spec.argv, refs[i]);
	if (docker_run_inspect(docker, &spec, &result, err) < 0)
		return -1;
	*complete = result.code == 0;
	return parse_inspect(&result.out, container_name, refs, count, container, images, err);
}

/* A list that could not be had: because the engine does not answer, or for its own reason. */
static int fail_list(const struct docker *docker, struct error *reason, struct error **err)
{
	AUTO(engine) engine = { 0 };

	if (error_is(reason, ERROR_SYSTEM) && docker_engine(docker, &engine, err) < 0)
		error_free(&reason);
	else
		*err = reason;
	return -1;
}

int docker_container_get(const struct docker *docker, const char *name, struct container *container,
			 struct error **err)
{
	AUTO(proc_spec) spec = docker_spec(docker, "docker container inspect", docker->timeout_ms);
	AUTO(proc_result) result = PROC_RESULT_INIT;
	autoerror struct error *unlisted = NULL;
	bool found = false;

	argv_addl(&spec.argv, "container", "inspect", "--format", "{{json .}}", "--", name, NULL);
	if (docker_run_inspect(docker, &spec, &result, err) < 0 ||
	    parse_inspect(&result.out, name, NULL, 0, container, NULL, err) < 0)
		return -1;
	if (container->phase != PHASE_ABSENT)
		return 0;
	if (docker_container_exists(docker, name, &found, &unlisted) < 0)
		return fail_list(docker, STEAL(unlisted), err);
	return found ? proc_result_error(spec.purpose, &result, err) : 0;
}

int docker_engine(const struct docker *docker, struct engine *engine, struct error **err)
{
	AUTO(proc_spec) spec = docker_spec(docker, "docker info", docker->timeout_ms);
	AUTO(proc_result) result = PROC_RESULT_INIT;

	argv_addl(&spec.argv, "info", "--format", "{{json .}}", NULL);
	if (runner_run(docker->runner, &spec, &result, err) < 0)
		return -1;
	return parse_engine(&result, engine, err);
}

int docker_version(const struct docker *docker, struct docker_version *version, struct error **err)
{
	AUTO(proc_spec) spec = docker_spec(docker, "docker version", docker->timeout_ms);
	AUTO(proc_result) result = PROC_RESULT_INIT;

	argv_addl(&spec.argv, "version", "--format", "{{json .}}", NULL);
	if (runner_check(docker->runner, &spec, &result, err) < 0)
		return -1;
	return parse_version(&result.out, version, err);
}

char *docker_context_host(const struct docker *docker, const char *context, struct error **err)
{
	AUTO(proc_spec) spec = docker_spec(docker, "docker context inspect", docker->timeout_ms);
	AUTO(proc_result) result = PROC_RESULT_INIT;

	argv_addl(&spec.argv, "context", "inspect", "--format", "{{.Endpoints.docker.Host}}", "--", context, NULL);
	if (runner_check(docker->runner, &spec, &result, err) < 0)
		return NULL;
	buf_trim_end(&result.out);
	return buf_steal(&result.out);
}

int docker_port_holders(const struct docker *docker, int port, struct argv *names, struct error **err)
{
	AUTO(argv) args = ARGV_INIT;

	argv_addl(&args, "ps", "--format", "{{.Names}}", "--filter", NULL);
	argv_addf(&args, "publish=%d", port);
	return docker_list(docker, "docker ps", &args, names, err);
}

int docker_port_clashes(const struct docker *docker, const char *container, const char *address, int port,
			bool *clashes, struct error **err)
{
	AUTO(proc_spec) spec = docker_spec(docker, "docker container inspect", docker->timeout_ms);
	AUTO(proc_result) result = PROC_RESULT_INIT;

	argv_addl(&spec.argv, "container", "inspect", "--format", "{{json .NetworkSettings.Ports}}", "--", container, NULL);
	if (runner_check(docker->runner, &spec, &result, err) < 0)
		return -1;
	return parse_publishes(&result.out, address, port, clashes, err);
}

void gateway_list_release(struct gateway_list *list)
{
	argv_release(&list->ids);
	argv_release(&list->names);
}

int docker_gateways(const struct docker *docker, int port, struct gateway_list *list, struct error **err)
{
	AUTO(proc_spec) spec = docker_spec(docker, "docker ps", docker->timeout_ms);
	AUTO(proc_result) result = PROC_RESULT_INIT;

	/* "{{json .}}" would give all labels as one text */
	argv_addl(&spec.argv, "ps", "--no-trunc", "--format",
		  "[{{json .ID}},{{json .Names}},{{json .Image}},{{json (.Label \"" LABEL_GATEWAY "\")}}]", NULL);
	if (port > 0)
		argv_add(&spec.argv, "--filter");
	if (port > 0)
		argv_addf(&spec.argv, "publish=%d", port);
	return runner_check(docker->runner, &spec, &result, err) < 0 ? -1 : parse_gateways(&result.out, list, err);
}

/* Names and IDs; all are asked for, as a filter is for one of the two. */
static int list_containers(const struct docker *docker, struct argv *lines, struct error **err)
{
	AUTO(argv) args = ARGV_INIT;

	argv_addl(&args, "container", "ls", "--all", "--no-trunc", "--format", "{{.Names}}\\n{{.ID}}", NULL);
	return docker_list(docker, "docker container ls", &args, lines, err);
}

int docker_container_exists(const struct docker *docker, const char *name, bool *found, struct error **err)
{
	AUTO(argv) lines = ARGV_INIT;

	if (list_containers(docker, &lines, err) < 0)
		return -1;
	*found = argv_contains(&lines, name);
	return 0;
}

/* Each prints some 10 KiB, and PROC_OUT_MAX bounds it all. */
#define INSPECT_MAX 100

static int inspect_some(const struct docker *docker, const struct argv *present, size_t from, const struct argv *names,
			struct container *containers, struct error **err)
{
	AUTO(proc_spec) spec = docker_spec(docker, "docker container inspect", docker->timeout_ms);
	AUTO(proc_result) result = PROC_RESULT_INIT;

	argv_addl(&spec.argv, "container", "inspect", "--format", "{{json .}}", "--", NULL);
	for (size_t i = from; i < present->n && i < from + INSPECT_MAX; i++)
		argv_add(&spec.argv, present->v[i]);
	if (docker_run_inspect(docker, &spec, &result, err) < 0)
		return -1;
	return parse_containers(&result.out, names, containers, err);
}

int docker_containers_get(const struct docker *docker, const struct argv *names, struct container *containers,
			  struct error **err)
{
	AUTO(argv) lines = ARGV_INIT;
	AUTO(argv) present = ARGV_INIT;
	autoerror struct error *unlisted = NULL;

	if (list_containers(docker, &lines, &unlisted) < 0)
		return fail_list(docker, STEAL(unlisted), err);
	for (size_t i = 0; i < names->n; i++)
		if (argv_contains(&lines, names->v[i]))
			argv_add(&present, names->v[i]);
	for (size_t from = 0; from < present.n; from += INSPECT_MAX)
		if (inspect_some(docker, &present, from, names, containers, err) < 0)
			return -1;
	return 0;
}

/* The name filter is a substring or a regular expression, so the answer is compared as well. */
int docker_volume_exists(const struct docker *docker, const char *name, bool *found, struct error **err)
{
	AUTO(argv) args = ARGV_INIT;
	AUTO(argv) names = ARGV_INIT;

	argv_addl(&args, "volume", "ls", "--format", "{{.Name}}", "--filter", NULL);
	argv_addf(&args, "name=%s", name);
	if (docker_list(docker, "docker volume ls", &args, &names, err) < 0)
		return -1;
	*found = argv_contains(&names, name);
	return 0;
}

/* docker makes two of one name when it is asked at one moment; only their IDs tell them apart. */
static int network_ids(const struct docker *docker, const char *name, struct argv *ids, struct error **err)
{
	AUTO(argv) args = ARGV_INIT;
	AUTO(argv) lines = ARGV_INIT;

	argv_addl(&args, "network", "ls", "--format", "{{.Name}}\\n{{.ID}}", "--filter", NULL);
	argv_addf(&args, "name=%s", name);
	if (docker_list(docker, "docker network ls", &args, &lines, err) < 0)
		return -1;
	for (size_t i = 0; i + 1 < lines.n; i += 2)
		if (streq(lines.v[i], name))
			argv_add(ids, lines.v[i + 1]);
	return 0;
}

int docker_network_count(const struct docker *docker, const char *name, size_t *count, struct error **err)
{
	AUTO(argv) ids = ARGV_INIT;

	if (network_ids(docker, name, &ids, err) < 0)
		return -1;
	*count = ids.n;
	return 0;
}

/* ------------------------------------------------------------------ making and removing */

static void add_label(struct argv *args, const char *label, const char *value)
{
	argv_add(args, "--label");
	argv_addf(args, "%s=%s", label, value);
}

static void add_identity(struct argv *args, const struct container_spec *spec)
{
	argv_addl(args, "--name", spec->name, "--hostname", spec->hostname, NULL);
	add_label(args, LABEL_GATEWAY, spec->gateway);
	add_label(args, LABEL_VERSION, spec->version);
	if (spec->files != NULL)
		add_label(args, LABEL_FILES, spec->files);
}

static void add_network(struct argv *args, const struct container_spec *spec)
{
	bool ipv6 = strchr(spec->bind, ':') != NULL && spec->bind[0] != '[';

	argv_addl(args, "--network", spec->name, "--publish", NULL);
	argv_addf(args, ipv6 ? "[%s]:%d:" GATEWAY_NODE_PORT "/tcp" : "%s:%d:" GATEWAY_NODE_PORT "/tcp",
		  spec->bind, spec->port);
	argv_addl(args, "--add-host", "host.docker.internal:host-gateway", "--add-host",
		  "host.openshell.internal:host-gateway", NULL);
	for (size_t i = 0; i < spec->dns.n; i++)
		argv_addl(args, "--dns", spec->dns.v[i], NULL);
}

static void add_limits(struct argv *args, const struct container_spec *spec)
{
	if (spec->memory > 0) {
		argv_add(args, "--memory");
		argv_addf(args, "%" PRId64, spec->memory);
	}
	if (spec->nano_cpus > 0) {
		argv_add(args, "--cpus");
		argv_addf(args, "%" PRId64 ".%09" PRId64, spec->nano_cpus / NANO, spec->nano_cpus % NANO);
	}
}

void docker_args_create(struct argv *args, const struct container_spec *spec)
{
	/* the image was made sure of before: create must not pull one on its own */
	argv_addl(args, "create", "--pull", "never", NULL);
	add_identity(args, spec);
	argv_addl(args, "--privileged", "--init=false", "--restart", "unless-stopped", "--cgroupns",
		  spec->cgroup_version == 2 ? "private" : "host", NULL);
	add_network(args, spec);
	argv_add(args, "--volume");
	argv_addf(args, "%s:" STATE_DIR, spec->name);
	if (spec->gpu)
		argv_addl(args, "--gpus", "all", NULL);
	add_limits(args, spec);
	if (spec->health_missing)
		argv_addl(args, "--health-cmd", HEALTHCHECK, "--health-interval", "5s", "--health-timeout",
			  "5s", "--health-start-period", "20s", "--health-retries", "60", NULL);
	for (size_t i = 0; i < spec->env.n; i++)
		argv_addl(args, "--env", spec->env.v[i], NULL);
	argv_addl(args, spec->image, "server", "--disable=traefik", "--tls-san=127.0.0.1",
		  "--tls-san=localhost", "--tls-san=host.docker.internal", NULL);
	for (size_t i = 0; i < spec->sans.n; i++)
		argv_addf(args, "--tls-san=%s", spec->sans.v[i]);
}

int docker_container_create(const struct docker *docker, const struct container_spec *container, char **id,
			    struct error **err)
{
	AUTO(proc_spec) spec = docker_spec(docker, "docker create", docker->timeout_ms);
	AUTO(proc_result) result = PROC_RESULT_INIT;

	docker_args_create(&spec.argv, container);
	argv_addv(&spec.env, (const char *const *)container->secrets.v);
	spec.changes = true;
	if (runner_check(docker->runner, &spec, &result, err) < 0)
		return -1;
	buf_trim_end(&result.out);
	if (strlen(buf_str(&result.out)) != result.out.len || !docker_is_word(buf_str(&result.out)))
		return error_set(err, ERROR_SYSTEM, "docker create printed something that is no container ID");
	*id = buf_steal(&result.out);
	return 0;
}

/* Looks at the container after a failed call: true when it is in the wanted phase. */
static bool phase_is(const struct docker *docker, const char *name, enum container_phase wanted)
{
	AUTO(container) now = { 0 };
	autoerror struct error *ignored = NULL;

	return docker_container_get(docker, name, &now, &ignored) == 0 && now.phase == wanted;
}

/* A request to stop that came during the look is the reason then. */
static int fail_with(struct error *reason, struct error **err)
{
	if (cancel_check(err) < 0)
		error_free(&reason);
	else
		*err = reason;
	return -1;
}

static int accept_if(bool holds, struct error **err)
{
	if (!holds)
		return fail_with(STEAL(*err), err);
	error_free(err);
	return 0;
}

void docker_args_unpack(struct argv *args, const char *container)
{
	argv_addl(args, "cp", "-", NULL);
	argv_addf(args, "%s:/", container);
}

int docker_container_unpack(const struct docker *docker, const char *name, const struct buf *tar, struct error **err)
{
	AUTO(proc_spec) spec = docker_spec(docker, "docker cp", docker->timeout_ms);
	AUTO(proc_result) result = PROC_RESULT_INIT;

	/* from stdin: docker as a snap reads neither /tmp nor what begins with a dot */
	docker_args_unpack(&spec.argv, name);
	spec.input = buf_str(tar);
	spec.input_len = tar->len;
	spec.changes = true;
	return runner_check(docker->runner, &spec, &result, err);
}

int docker_container_start(const struct docker *docker, const char *name, struct error **err)
{
	if (DOCKER_CHANGE(docker, "docker start", err, "start", "--", name) == 0)
		return 0;
	return accept_if(phase_is(docker, name, PHASE_RUNNING), err);
}

int docker_container_unpause(const struct docker *docker, const char *name, struct error **err)
{
	if (DOCKER_CHANGE(docker, "docker unpause", err, "unpause", "--", name) == 0)
		return 0;
	return accept_if(phase_is(docker, name, PHASE_RUNNING), err);
}

int docker_container_stop(const struct docker *docker, const char *name, bool *stopped, struct error **err)
{
	AUTO(proc_spec) spec = docker_spec(docker, "docker stop", docker->timeout_ms + STOP_GRACE_S * 1000);
	AUTO(proc_result) result = PROC_RESULT_INIT;
	AUTO(container) now = { 0 };
	autoerror struct error *first = NULL;

	argv_addl(&spec.argv, "stop", "-t", NULL);
	argv_addf(&spec.argv, "%d", STOP_GRACE_S);
	argv_addl(&spec.argv, "--", name, NULL);
	spec.changes = true;
	*stopped = true;
	if (runner_check(docker->runner, &spec, &result, &first) == 0)
		return 0;
	if (error_is(first, ERROR_CANCELLED) || docker_container_get(docker, name, &now, err) < 0) {
		error_free(err);
		return fail_with(STEAL(first), err);
	}
	*stopped = now.phase != PHASE_ABSENT;
	if (now.phase == PHASE_ABSENT || now.phase == PHASE_EXITED || now.phase == PHASE_CREATED)
		return 0;
	return fail_with(STEAL(first), err);
}

int docker_container_remove(const struct docker *docker, const char *name, struct error **err)
{
	if (DOCKER_CHANGE(docker, "docker rm", err, "rm", "-f", "-v", "--", name) == 0)
		return 0;
	return accept_if(phase_is(docker, name, PHASE_ABSENT), err);
}

int docker_network_create(const struct docker *docker, const char *name, const char *gateway, struct error **err)
{
	AUTO(argv) args = ARGV_INIT;

	argv_addl(&args, "network", "create", "--driver", "bridge", "--attachable", NULL);
	add_label(&args, LABEL_GATEWAY, gateway);
	argv_add(&args, name);
	return docker_change(docker, "docker network create", &args, err);
}

static int detach_all(const struct docker *docker, const char *network, struct error **err)
{
	AUTO(proc_spec) spec = docker_spec(docker, "docker network inspect", docker->timeout_ms);
	AUTO(proc_result) result = PROC_RESULT_INIT;
	autotree cJSON *attached = NULL;
	const cJSON *member;

	argv_addl(&spec.argv, "network", "inspect", "--format", "{{json .Containers}}", "--", network, NULL);
	if (runner_check(docker->runner, &spec, &result, err) < 0)
		return -1;
	attached = tree_json(buf_str(&result.out), result.out.len, spec.purpose, err);
	if (attached == NULL)
		return -1;
	cJSON_ArrayForEach(member, attached)
		docker_network_forget(docker, network, member->string);
	return 0;
}

int docker_network_remove(const struct docker *docker, const char *name, struct error **err)
{
	autoerror struct error *first = NULL, *ignored = NULL;
	AUTO(argv) ids = ARGV_INIT;

	if (DOCKER_CHANGE(docker, "docker network rm", &first, "network", "rm", name) == 0)
		return 0;
	if (error_is(first, ERROR_CANCELLED) || network_ids(docker, name, &ids, &ignored) < 0)
		return fail_with(STEAL(first), err);
	for (size_t i = 0; i < ids.n; i++)
		if (detach_all(docker, ids.v[i], err) < 0 ||
		    DOCKER_CHANGE(docker, "docker network rm", err, "network", "rm", ids.v[i]) < 0)
			return -1;
	return 0;
}

int docker_network_connect(const struct docker *docker, const char *network, const char *container,
			   struct error **err)
{
	return DOCKER_CHANGE(docker, "docker network connect", err, "network", "connect", network, container);
}

void docker_network_forget(const struct docker *docker, const char *network, const char *container)
{
	autoerror struct error *ignored = NULL;

	(void)DOCKER_CHANGE(docker, "docker network disconnect", &ignored, "network", "disconnect", "-f", network, container);
}

int docker_volume_create(const struct docker *docker, const char *name, const char *gateway, struct error **err)
{
	AUTO(argv) args = ARGV_INIT;

	argv_addl(&args, "volume", "create", NULL);
	add_label(&args, LABEL_GATEWAY, gateway);
	argv_add(&args, name);
	return docker_change(docker, "docker volume create", &args, err);
}

int docker_volume_remove(const struct docker *docker, const char *name, struct error **err)
{
	bool found = true;
	autoerror struct error *ignored = NULL;

	if (DOCKER_CHANGE(docker, "docker volume rm", err, "volume", "rm", "-f", name) == 0)
		return 0;
	return accept_if(docker_volume_exists(docker, name, &found, &ignored) == 0 && !found, err);
}

/* ------------------------------------------------------------------ looking into it */

void docker_args_exec(struct argv *args, const char *container, const struct argv *command)
{
	argv_addl(args, "docker", "exec", "--env", KUBECONFIG_ENV, container, NULL);
	argv_addv(args, (const char *const *)command->v);
}

void docker_args_health(struct argv *args, const char *container)
{
	argv_addl(args, "docker", "container", "inspect", "--format", "{{.State.Status}} {{.State.Health.Status}}", "--",
		  container, NULL);
}

int docker_exec(const struct docker *docker, const char *purpose, const char *container,
		const struct argv *command, struct proc_result *result, struct error **err)
{
	return docker_exec_wait(docker, purpose, container, 0, command, result, err);
}

int docker_exec_wait(const struct docker *docker, const char *purpose, const char *container, int64_t timeout_ms,
		     const struct argv *command, struct proc_result *result, struct error **err)
{
	AUTO(proc_spec) spec = docker_spec(docker, purpose, docker->timeout_ms + timeout_ms);

	argv_addl(&spec.argv, "exec", "--env", KUBECONFIG_ENV, container, NULL);
	argv_addv(&spec.argv, (const char *const *)command->v);
	return runner_run(docker->runner, &spec, result, err);
}

static void append_line(void *arg, const char *line, size_t len)
{
	struct buf *text = arg;

	if (len > 0) {
		buf_add(text, line, len);
		buf_adds(text, "\n");
	}
}

int docker_report(const struct docker *docker, enum docker_report what, const char *container, struct buf *json,
		  struct error **err)
{
	static const struct {
		const char *purpose, *object, *verb;
	} calls[] = {
		[REPORT_VERSION] = { "docker version", "version", NULL },
		[REPORT_INFO] = { "docker info", "info", NULL },
		[REPORT_CONTAINER] = { "docker container inspect", "container", "inspect" },
	};
	AUTO(proc_spec) spec = docker_spec(docker, calls[what].purpose, docker->timeout_ms);
	AUTO(proc_result) result = PROC_RESULT_INIT;

	argv_add(&spec.argv, calls[what].object);
	if (calls[what].verb != NULL)
		argv_add(&spec.argv, calls[what].verb);
	argv_addl(&spec.argv, "--format", "{{json .}}", NULL);
	if (container != NULL)
		argv_addl(&spec.argv, "--", container, NULL);
	if (runner_check(docker->runner, &spec, &result, err) < 0)
		return -1;
	buf_add(json, buf_str(&result.out), result.out.len);
	return 0;
}

char *docker_logs_tail(const struct docker *docker, const char *container, int lines)
{
	AUTO(proc_spec) spec = docker_spec(docker, "docker logs", docker->timeout_ms);
	AUTO(proc_result) result = PROC_RESULT_INIT;
	AUTO(buf) text = BUF_INIT;
	autoerror struct error *ignored = NULL;

	argv_addl(&spec.argv, "logs", "--tail", NULL);
	argv_addf(&spec.argv, "%d", lines);
	argv_addl(&spec.argv, "--", container, NULL);
	spec.out = spec.err = (struct proc_output){ PROC_LINES, append_line, &text };
	if (runner_check(docker->runner, &spec, &result, &ignored) < 0)
		return xstrdup("");
	return buf_steal(&text);
}

struct proc *docker_logs_follow(const struct docker *docker, const char *container, bool all, proc_line_fn *line,
				void *arg, struct error **err)
{
	/* no timeout: it is ended by runner_stop() when the wait that shows it ends */
	AUTO(proc_spec) spec = docker_spec(docker, "docker logs --follow", 0);

	argv_addl(&spec.argv, "logs", "--follow", "--tail", all ? "all" : "0", "--", container, NULL);
	spec.out = spec.err = (struct proc_output){ PROC_LINES, line, arg };
	return runner_start(docker->runner, &spec, err);
}

struct proc *docker_events_follow(const struct docker *docker, const char *container, proc_line_fn *line,
				  void *arg, struct error **err)
{
	/* no timeout: as above */
	AUTO(proc_spec) spec = docker_spec(docker, "docker events", 0);

	argv_addl(&spec.argv, "events", "--format", "{{json .}}", "--filter", "event=health_status", "--filter",
		  "event=die", "--filter", NULL);
	argv_addf(&spec.argv, "container=%s", container);
	spec.out = (struct proc_output){ PROC_LINES, line, arg };
	return runner_start(docker->runner, &spec, err);
}

static int show(const struct docker *docker, struct proc_spec *spec, int *status, struct error **err)
{
	AUTO(proc_result) result = PROC_RESULT_INIT;

	spec->interactive = true;
	if (runner_run(docker->runner, spec, &result, err) < 0)
		return -1;
	*status = result.sig ? 128 + result.sig : result.code;
	return 0;
}

int docker_exec_interactive(const struct docker *docker, const char *container, const struct argv *command,
			    bool tty, int *status, struct error **err)
{
	AUTO(proc_spec) spec = docker_spec(docker, "docker exec", 0); /* no timeout: the user decides */

	argv_addl(&spec.argv, "exec", tty ? "-it" : "-i", "--env", KUBECONFIG_ENV, container, NULL);
	argv_addv(&spec.argv, (const char *const *)command->v);
	return show(docker, &spec, status, err);
}

int docker_logs_show(const struct docker *docker, const char *container, const char *tail, bool follow,
		     int *status, struct error **err)
{
	AUTO(proc_spec) spec = docker_spec(docker, "docker logs", 0); /* no timeout: the user decides */

	spec.err_is_out = true; /* what the container wrote to either stream is the answer */
	argv_addl(&spec.argv, "logs", "--timestamps", "--tail", tail, NULL);
	if (follow)
		argv_add(&spec.argv, "--follow");
	argv_addl(&spec.argv, "--", container, NULL);
	return show(docker, &spec, status, err);
}
