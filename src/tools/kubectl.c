/* SPDX-License-Identifier: Apache-2.0 */
/* kubectl in the container, by docker exec. */
#include "tools/kubectl.h"

#include <stdio.h>

#include "base/encode.h"
#include "base/tree.h"

/* An API server that hangs is asked again, as one that does not answer. */
#define REQUEST_TIMEOUT "--request-timeout=10s"

/* "{.data.ca\.crt}{"\n"}{.data.tls\.crt}...": a line for each key, empty for a missing one. */
static char *jsonpath(const char *const *keys, size_t count)
{
	AUTO(buf) path = BUF_INIT;

	buf_adds(&path, "jsonpath=");
	for (size_t i = 0; i < count; i++) {
		buf_adds(&path, i > 0 ? "{\"\\n\"}{.data." : "{.data.");
		for (const char *c = keys[i]; *c != '\0'; c++)
			buf_addf(&path, "%s%c", *c == '.' ? "\\" : "", *c);
		buf_adds(&path, "}");
	}
	return buf_steal(&path);
}

static int decode_lines(const struct buf *out, const char *secret, size_t count, struct buf *values, bool *ready,
			struct error **err)
{
	const char *line = buf_str(out);

	for (size_t i = 0; i < count; i++) {
		size_t len = strcspn(line, "\n");

		if (len == 0) { /* not there yet */
			while (i-- > 0)
				buf_release(&values[i]);
			return 0;
		}
		if (!base64_decode(line, len, &values[i]) || values[i].len == 0)
			return error_set(err, ERROR_SYSTEM, "secret %s: value %zu is not base64", secret, i + 1);
		line += len;
		line += *line == '\n';
	}
	*ready = true;
	return 0;
}

void kubectl_args_secret_value(struct argv *args, const char *space, const char *secret, const char *key)
{
	autofree char *path = jsonpath(&key, 1);

	argv_addl(args, "kubectl", "-n", space, "get", "secret", secret, REQUEST_TIMEOUT, "-o", path, NULL);
}

void kubectl_args_node_states(struct argv *args)
{
	argv_addl(args, "kubectl", "get", "nodes", REQUEST_TIMEOUT, "-o",
		  "jsonpath={range .items[*]}{.metadata.name}{\" \"}{.status.conditions[?(@.type==\"Ready\")].status}{\"\\n\"}{end}",
		  NULL);
}

void kubectl_args_nodes_delete(struct argv *args)
{
	argv_addl(args, "kubectl", "delete", "node", "--ignore-not-found", "--wait=false", NULL);
}

int kubectl_secret_get(const struct kubectl *kubectl, const char *space, const char *secret,
		       const char *const *keys, size_t count, struct buf *values, bool *ready, struct error **err)
{
	AUTO(argv) command = ARGV_INIT;
	AUTO(proc_result) result = PROC_RESULT_INIT;
	autofree char *path = jsonpath(keys, count);

	*ready = false;
	argv_addl(&command, "kubectl", "-n", space, "get", "secret", secret, REQUEST_TIMEOUT, "-o", path, NULL);
	if (docker_exec(kubectl->docker, "kubectl get secret", kubectl->container, &command, &result, err) < 0)
		return -1;
	if (result.code != 0)
		return 0;
	return decode_lines(&result.out, secret, count, values, ready, err);
}

static bool is_ready(const cJSON *node)
{
	const cJSON *condition;

	cJSON_ArrayForEach(condition, tree_at(node, "status/conditions")) {
		const char *type = tree_str(condition, "type"), *status = tree_str(condition, "status");

		if (type != NULL && streq(type, "Ready"))
			return status != NULL && streq(status, "True");
	}
	return false;
}

/* Kubernetes names nodes by DNS names; anything else must not become an argument. */
static bool is_node_name(const char *name)
{
	return name != NULL && *name != '\0' && *name != '-' &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-")] == '\0';
}

int kubectl_parse_stale_nodes(const struct buf *json, const char *current, struct argv *names, struct error **err)
{
	autotree cJSON *nodes = tree_json(buf_str(json), json->len, "kubectl get nodes", err);
	const cJSON *node;

	if (nodes == NULL)
		return -1;
	cJSON_ArrayForEach(node, tree_at(nodes, "items")) {
		const char *name = tree_str(node, "metadata/name");

		if (is_node_name(name) && !streq(name, current) && !is_ready(node))
			argv_add(names, name);
	}
	return 0;
}

int kubectl_stale_nodes(const struct kubectl *kubectl, const char *current, struct argv *names, bool *ready,
			struct error **err)
{
	AUTO(argv) command = ARGV_INIT;
	AUTO(proc_result) result = PROC_RESULT_INIT;

	argv_addl(&command, "kubectl", "get", "nodes", REQUEST_TIMEOUT, "-o", "json", NULL);
	if (docker_exec(kubectl->docker, "kubectl get nodes", kubectl->container, &command, &result, err) < 0)
		return -1;
	*ready = result.code == 0;
	return *ready ? kubectl_parse_stale_nodes(&result.out, current, names, err) : 0;
}

int kubectl_nodes_delete(const struct kubectl *kubectl, const struct argv *names, struct error **err)
{
	AUTO(argv) command = ARGV_INIT;
	AUTO(proc_result) result = PROC_RESULT_INIT;

	kubectl_args_nodes_delete(&command);
	argv_addv(&command, (const char *const *)names->v);
	if (docker_exec(kubectl->docker, "kubectl delete node", kubectl->container, &command, &result, err) < 0)
		return -1;
	return result.code == 0 ? 0 : proc_result_error("kubectl delete node", &result, err);
}

/* "statefulset.apps/openshell" */
static bool is_kind(const char *line, const char *kind)
{
	size_t len = strlen(kind);

	return strncmp(line, kind, len) == 0 && (line[len] == '.' || line[len] == '/');
}

void kubectl_args_workload_get(struct argv *args, const char *space, const char *workload)
{
	argv_addl(args, "kubectl", "-n", space, "get", workload, REQUEST_TIMEOUT, "-o", "name", NULL);
}

int kubectl_workload_get(const struct kubectl *kubectl, const char *space, const char *name, char **workload,
			 struct error **err)
{
	static const char *const kinds[] = { "statefulset", "deployment" };
	AUTO(argv) command = ARGV_INIT;
	AUTO(proc_result) result = PROC_RESULT_INIT;

	*workload = NULL;
	argv_addl(&command, "kubectl", "-n", space, "get", NULL);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		argv_addf(&command, "%s/%s", kinds[i], name);
	argv_addl(&command, REQUEST_TIMEOUT, "--ignore-not-found", "-o", "name", NULL);
	if (docker_exec(kubectl->docker, "kubectl get", kubectl->container, &command, &result, err) < 0)
		return -1;
	for (size_t i = 0; result.code == 0 && *workload == NULL && i < ARRAY_LEN(kinds); i++)
		if (is_kind(buf_str(&result.out), kinds[i]))
			*workload = xasprintf("%s/%s", kinds[i], name);
	return 0;
}

void kubectl_args_rollout_restart(struct argv *args, const char *space, const char *workload)
{
	argv_addl(args, "kubectl", "rollout", "restart", workload, "-n", space, NULL);
}

void kubectl_args_rollout_wait(struct argv *args, const char *space, const char *workload)
{
	argv_addl(args, "kubectl", "rollout", "status", workload, "-n", space, NULL);
	argv_addf(args, "--timeout=%ds", ROLLOUT_TIMEOUT_S);
}

int kubectl_rollout_restart(const struct kubectl *kubectl, const char *space, const char *workload, struct error **err)
{
	AUTO(argv) command = ARGV_INIT;
	AUTO(proc_result) result = PROC_RESULT_INIT;

	kubectl_args_rollout_restart(&command, space, workload);
	if (docker_exec(kubectl->docker, "kubectl rollout restart", kubectl->container, &command, &result, err) < 0)
		return -1;
	return result.code == 0 ? 0 : proc_result_error("kubectl rollout restart", &result, err);
}

int kubectl_rollout_wait(const struct kubectl *kubectl, const char *space, const char *workload, struct error **err)
{
	AUTO(argv) command = ARGV_INIT;
	AUTO(proc_result) result = PROC_RESULT_INIT;

	kubectl_args_rollout_wait(&command, space, workload);
	if (docker_exec_wait(kubectl->docker, "kubectl rollout status", kubectl->container, ROLLOUT_TIMEOUT_S * 1000,
			     &command, &result, err) < 0)
		return -1;
	return result.code == 0 ? 0 : proc_result_error("kubectl rollout status", &result, err);
}

void kubectl_args_config_delete(struct argv *args, const char *file, const char *kind, const char *name)
{
	argv_add(args, "kubectl");
	argv_addf(args, "--kubeconfig=%s", file);
	argv_add(args, "config");
	argv_addf(args, "delete-%s", kind);
	argv_add(args, name);
}

/* ------------------------------------------------------------------ for people */

const struct kubectl_view kubectl_views[KUBECTL_VIEWS] = {
	{ "nodes", { "get", "nodes", "-o", "wide" } },
	{ "pods", { "get", "pods", "-A", "-o", "wide" } },
	{ "workloads", { "get", "deployments,statefulsets,services,jobs", "-A", "-o", "wide" } },
	{ "volumes", { "get", "persistentvolumes,persistentvolumeclaims", "-A" } },
	{ "events", { "get", "events", "-A", "--sort-by=.lastTimestamp" } },
	{ "gateway-pods", { "-n", "openshell", "describe", "pods" } },
};

int kubectl_view(const struct kubectl *kubectl, const struct kubectl_view *view, struct buf *text, struct error **err)
{
	AUTO(argv) command = ARGV_INIT;
	AUTO(proc_result) result = PROC_RESULT_INIT;

	argv_addl(&command, "kubectl", REQUEST_TIMEOUT, NULL);
	argv_addv(&command, view->args);
	if (docker_exec(kubectl->docker, "kubectl", kubectl->container, &command, &result, err) < 0)
		return -1;
	if (result.code != 0)
		return proc_result_error("kubectl", &result, err);
	buf_add(text, buf_str(&result.out), result.out.len);
	buf_add(text, buf_str(&result.err), result.err.len);
	return 0;
}
