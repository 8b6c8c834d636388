/* SPDX-License-Identifier: Apache-2.0 */
/* Parsers of docker's JSON. Starts no process. */
#include "tools/docker_parse.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char *const phase_names[] = {
	[PHASE_ABSENT] = "absent",       [PHASE_CREATED] = "created",   [PHASE_RUNNING] = "running",
	[PHASE_PAUSED] = "paused",       [PHASE_RESTARTING] = "restarting", [PHASE_REMOVING] = "removing",
	[PHASE_EXITED] = "exited",       [PHASE_DEAD] = "dead",         [PHASE_UNKNOWN] = "unknown",
};
static_assert(ARRAY_LEN(phase_names) == PHASES, "one name per phase");

static const char *const health_names[] = {
	[HEALTH_NONE] = "none",
	[HEALTH_STARTING] = "starting",
	[HEALTH_HEALTHY] = "healthy",
	[HEALTH_UNHEALTHY] = "unhealthy",
};
static_assert(ARRAY_LEN(health_names) == HEALTHS, "one name per health");

const char *container_phase_name(enum container_phase phase)
{
	return phase_names[phase];
}

const char *container_health_name(enum container_health health)
{
	return health_names[health];
}

static enum container_phase phase_of(const char *name)
{
	for (int i = PHASE_CREATED; name != NULL && i < PHASES; i++)
		if (streq(name, phase_names[i]))
			return (enum container_phase)i;
	return PHASE_UNKNOWN;
}

static enum container_health health_of(const char *name)
{
	for (int i = HEALTH_NONE; name != NULL && i < HEALTHS; i++)
		if (streq(name, health_names[i]))
			return (enum container_health)i;
	return HEALTH_NONE;
}

static char *copy(const cJSON *root, const char *path)
{
	const char *text = tree_str(root, path);

	return text != NULL && *text != '\0' ? xstrdup(text) : NULL;
}

/* Statuses and counts: the fallback for what is none. */
static int count_of(const cJSON *root, const char *path, int fallback)
{
	int64_t count = tree_int(root, path, fallback);

	return count >= 0 && count <= INT_MAX ? (int)count : fallback;
}

/* The outputs of the newest checks, oldest first. */
static char *health_log(const cJSON *inspect, int newest)
{
	const cJSON *log = tree_at(inspect, "State/Health/Log");
	AUTO(buf) text = BUF_INIT;
	int count = cJSON_GetArraySize(log);

	for (int i = count > newest ? count - newest : 0; i < count; i++) {
		const char *output = tree_str(cJSON_GetArrayItem(log, i), "Output");

		if (!str_blank(output))
			buf_addf(&text, "%s%s", output, str_ends(output, "\n") ? "" : "\n");
	}
	return text.len > 0 ? buf_steal(&text) : NULL;
}

/* HostConfig holds what was asked for, also while the container is stopped. */
static void parse_port(const cJSON *inspect, struct container *container)
{
	const cJSON *binding = tree_at(inspect, "HostConfig/PortBindings/" GATEWAY_NODE_PORT "~1tcp/0");
	const char *port = tree_str(binding, "HostPort"), *wrong = NULL;

	container->host_ip = copy(binding, "HostIp");
	if (port != NULL)
		container->host_port = (int)strtonum(port, 1, 65535, &wrong); /* 0 when it is none */
}

int container_parse(const cJSON *inspect, const char *name, struct container *container, struct error **err)
{
	const cJSON *item;

	container->id = copy(inspect, "Id");
	container->image_id = copy(inspect, "Image");
	if (container->id == NULL || container->image_id == NULL || tree_at(inspect, "State") == NULL)
		return error_set(err, ERROR_SYSTEM, "docker inspect of container %s lacks Id, Image or State", name);
	container->phase = phase_of(tree_str(inspect, "State/Status"));
	container->health = health_of(tree_str(inspect, "State/Health/Status"));
	container->exit_code = count_of(inspect, "State/ExitCode", -1);
	container->oom_killed = tree_bool(inspect, "State/OOMKilled", false);
	container->restarts = count_of(inspect, "RestartCount", 0);
	container->error = copy(inspect, "State/Error");
	container->image_ref = copy(inspect, "Config/Image");
	container->version = copy(inspect, "Config/Labels/" LABEL_VERSION);
	container->files = copy(inspect, "Config/Labels/" LABEL_FILES);
	container->gpu = cJSON_GetArraySize(tree_at(inspect, "HostConfig/DeviceRequests")) > 0;
	container->memory = tree_int(inspect, "HostConfig/Memory", 0);
	container->nano_cpus = tree_int(inspect, "HostConfig/NanoCpus", 0);
	container->health_log = health_log(inspect, 3);
	container->health_newest = health_log(inspect, 1);
	parse_port(inspect, container);
	cJSON_ArrayForEach(item, tree_at(inspect, "NetworkSettings/Networks"))
		container->on_network |= streq(item->string, name);
	cJSON_ArrayForEach(item, tree_at(inspect, "Config/Env"))
		if (cJSON_IsString(item))
			argv_add(&container->env, item->valuestring);
	cJSON_ArrayForEach(item, tree_at(inspect, "HostConfig/Dns"))
		if (cJSON_IsString(item))
			argv_add(&container->dns, item->valuestring);
	return 0;
}

const char *container_env(const struct container *container, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < container->env.n; i++)
		if (strncmp(container->env.v[i], name, len) == 0 && container->env.v[i][len] == '=')
			return container->env.v[i] + len + 1;
	return NULL;
}

char *container_words(const struct container *container)
{
	return xasprintf("container exited (status=%s, exit_code=%d%s%s%s)",
			 container_phase_name(container->phase), container->exit_code,
			 container->error ? ", error=" : "", container->error ? container->error : "",
			 container->oom_killed ? ", OOMKilled=true" : "");
}

void container_release(struct container *container)
{
	free(container->id);
	free(container->image_id);
	free(container->image_ref);
	free(container->error);
	free(container->version);
	free(container->host_ip);
	free(container->health_log);
	free(container->health_newest);
	free(container->files);
	argv_release(&container->env);
	argv_release(&container->dns);
	*container = (struct container){ 0 };
}

void image_release(struct image *image)
{
	free(image->ref);
	free(image->id);
	free(image->version);
	free(image->arch);
	argv_release(&image->layers);
	*image = (struct image){ 0 };
}

static bool lists(const cJSON *array, const char *text)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, array)
		if (cJSON_IsString(item) && streq(item->valuestring, text))
			return true;
	return false;
}

/* Which of the refs asked for an image answers; with one ref there is no question. */
static size_t image_index(const cJSON *inspect, const char *const *refs, size_t count)
{
	for (size_t i = 0; count > 1 && i < count; i++)
		if (lists(tree_at(inspect, "RepoTags"), refs[i]) || lists(tree_at(inspect, "RepoDigests"), refs[i]))
			return i;
	return count == 1 ? 0 : count;
}

static void parse_image(const cJSON *inspect, const char *const *refs, size_t count, struct image *images)
{
	size_t i = image_index(inspect, refs, count);
	const cJSON *check = tree_at(inspect, "Config/Healthcheck/Test"), *layer;

	if (i == count || images[i].ref != NULL)
		return;
	images[i].ref = xstrdup(refs[i]);
	images[i].id = copy(inspect, "Id");
	images[i].version = copy(inspect, "Config/Labels/" LABEL_VERSION);
	images[i].arch = copy(inspect, "Architecture");
	images[i].size = tree_int(inspect, "Size", 0);
	images[i].has_healthcheck = cJSON_GetArraySize(check) > 0 && !lists(check, "NONE");
	cJSON_ArrayForEach(layer, tree_at(inspect, "RootFS/Layers"))
		if (cJSON_IsString(layer))
			argv_add(&images[i].layers, layer->valuestring);
}

/* By name or ID: a container may have the name of an image that was asked for. */
static bool is_container(const cJSON *inspect, const char *wanted)
{
	const char *name = tree_str(inspect, "Name"), *id = tree_str(inspect, "Id");

	if (name == NULL || streq(name + (*name == '/'), wanted))
		return true;
	return id != NULL && *wanted != '\0' && str_starts(id, wanted);
}

static int parse_object(const cJSON *inspect, const char *container_name, const char *const *refs, size_t count,
			struct container *container, struct image *images, struct error **err)
{
	if (tree_at(inspect, "State") != NULL && tree_at(inspect, "Image") != NULL)
		return container->id == NULL && is_container(inspect, container_name)
			       ? container_parse(inspect, container_name, container, err) : 0;
	if (tree_at(inspect, "RootFS") != NULL)
		parse_image(inspect, refs, count, images);
	return 0;
}

/* How many of the lowest layers are the same. */
static size_t count_common(const cJSON *digests, const struct argv *layers)
{
	size_t n = 0;

	while (n < layers->n) {
		const cJSON *digest = cJSON_GetArrayItem(digests, (int)n);

		if (!cJSON_IsString(digest) || !streq(digest->valuestring, layers->v[n]))
			break;
		n++;
	}
	return n;
}

int parse_layers(const struct buf *out, const struct argv *layers, size_t *count, struct error **err)
{
	const char *line = buf_str(out), *end = line + out->len;

	*count = 0;
	for (; line < end; line++) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)((newline ? newline : end) - line), common;
		autotree cJSON *digests = len > 0 ? tree_json(line, len, "docker image inspect", err) : NULL;

		if (len > 0 && digests == NULL)
			return -1;
		common = count_common(digests, layers);
		*count = common > *count ? common : *count;
		line += len;
	}
	return 0;
}

/* The object of the next line, at *line, which goes on to the one after it; NULL at the end, or with an error. */
static cJSON *next_object(const char **line, const char *end, struct error **err)
{
	while (*line < end) {
		const char *text = *line, *newline = memchr(text, '\n', (size_t)(end - text));
		size_t len = (size_t)((newline ? newline : end) - text);

		*line += len + 1;
		if (len > 0 && *text == '{')
			return tree_json(text, len, "docker inspect", err);
		/* a client without an engine prints an empty line or "[]" */
		if (len > 0 && !str_starts(text, "[]")) {
			error_set(err, ERROR_SYSTEM, "docker inspect printed something that is not JSON");
			return NULL;
		}
	}
	return NULL;
}

int parse_inspect(const struct buf *out, const char *container_name, const char *const *refs, size_t count,
		  struct container *container, struct image *images, struct error **err)
{
	const char *line = buf_str(out), *end = line + out->len;

	for (;;) {
		autotree cJSON *inspect = next_object(&line, end, err);

		if (inspect == NULL)
			return *err == NULL ? 0 : -1;
		if (parse_object(inspect, container_name, refs, count, container, images, err) < 0)
			return -1;
	}
}

static void parse_one(const cJSON *inspect, const char *name, struct container *container)
{
	autoerror struct error *unreadable = NULL;

	if (container->id != NULL || container_parse(inspect, name, container, &unreadable) == 0)
		return;
	container_release(container);
	container->phase = PHASE_UNKNOWN;
	container->error = error_text(unreadable);
}

int parse_containers(const struct buf *out, const struct argv *names, struct container *containers, struct error **err)
{
	const char *line = buf_str(out), *end = line + out->len;

	for (;;) {
		autotree cJSON *inspect = next_object(&line, end, err);
		const char *name = tree_str(inspect, "Name"), *id = tree_str(inspect, "Id");

		if (inspect == NULL)
			return *err == NULL ? 0 : -1;
		for (size_t i = 0; i < names->n; i++)
			if ((name != NULL && streq(name + (*name == '/'), names->v[i])) ||
			    (id != NULL && streq(id, names->v[i])))
				parse_one(inspect, names->v[i], &containers[i]);
	}
}

static int no_engine(const struct proc_result *result, const cJSON *info, struct error **err)
{
	const char *reason = tree_str(info, "ServerErrors/0");

	if (reason != NULL)
		return error_set(err, ERROR_UNREACHABLE, "docker does not answer: %s", reason);
	if (result->code == 0 && result->err.len == 0)
		return error_set(err, ERROR_UNREACHABLE, "docker info printed something that tells of no engine");
	proc_result_error("docker info", result, err);
	(*err)->kind = ERROR_UNREACHABLE;
	return -1;
}

/* "2026-11-22T18:28:42.271332825Z", or with an offset such as "+01:00", as ms since 1970; 0 when it is none. */
static int64_t parse_time(const char *text)
{
	struct tm tm = { 0 };
	const char *rest = text != NULL ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
	int64_t seconds = rest != NULL ? timegm(&tm) : 0;

	if (rest == NULL)
		return 0;
	if (*rest == '.')
		rest += 1 + strspn(rest + 1, "0123456789");
	/* only now: timegm() resets what %z sets */
	if (strptime(rest, "%z", &tm) == NULL)
		return 0;
	return (seconds - tm.tm_gmtoff) * 1000;
}

/* DriverStatus is a list of pairs; NULL when the key is not among them. */
static const char *driver_status(const cJSON *info, const char *key)
{
	const cJSON *pair;

	cJSON_ArrayForEach(pair, tree_at(info, "DriverStatus")) {
		const char *name = tree_str(pair, "0");

		if (name != NULL && streq(name, key))
			return tree_str(pair, "1");
	}
	return NULL;
}

static void parse_storage(const cJSON *info, struct engine *engine)
{
	const char *d_type = driver_status(info, "Supports d_type");
	const char *base = driver_status(info, "Backing Filesystem");

	engine->storage = copy(info, "Driver");
	engine->storage_base = base != NULL && !streq(base, "<unknown>") ? xstrdup(base) : NULL;
	engine->lacks_d_type = d_type != NULL && streq(d_type, "false");
}

static void parse_security(const cJSON *info, struct engine *engine)
{
	const cJSON *option;

	cJSON_ArrayForEach(option, tree_at(info, "SecurityOptions")) {
		if (!cJSON_IsString(option))
			continue;
		engine->rootless |= str_starts(option->valuestring, "name=rootless");
		engine->remaps_users |= str_starts(option->valuestring, "name=userns");
	}
}

static void parse_cgroups(const cJSON *info, struct engine *engine)
{
	static const struct {
		const char *key, *controller;
	} controllers[] = {
		{ "CPUShares", "cpu" }, { "CPUSet", "cpuset" }, { "MemoryLimit", "memory" }, { "PidsLimit", "pids" },
	};
	const char *version = tree_str(info, "CgroupVersion");

	engine->cgroup_version = version != NULL && streq(version, "2") ? 2 : 1;
	for (size_t i = 0; i < ARRAY_LEN(controllers); i++)
		if (!tree_bool(info, controllers[i].key, true))
			argv_add(&engine->lacking, controllers[i].controller);
}

static void parse_host(const cJSON *info, struct engine *engine)
{
	const cJSON *pool;

	engine->os = copy(info, "OSType");
	engine->arch = copy(info, "Architecture");
	engine->name = copy(info, "Name");
	engine->kernel = copy(info, "KernelVersion");
	engine->distribution = copy(info, "OperatingSystem");
	engine->memory = tree_int(info, "MemTotal", 0);
	engine->cpus = tree_int(info, "NCPU", 0);
	engine->time_ms = parse_time(tree_str(info, "SystemTime"));
	engine->firewall = copy(info, "FirewallBackend/Driver");
	cJSON_ArrayForEach(pool, tree_at(info, "DefaultAddressPools"))
		if (tree_str(pool, "Base") != NULL)
			argv_add(&engine->pools, tree_str(pool, "Base"));
}

int parse_engine(const struct proc_result *result, struct engine *engine, struct error **err)
{
	autotree cJSON *info = NULL;
	autoerror struct error *ignored = NULL;

	info = tree_json(buf_str(&result->out), result->out.len, "docker info", &ignored);
	if (result->code != 0 || str_blank(tree_str(info, "ServerVersion")))
		return no_engine(result, info, err);
	engine->id = copy(info, "ID");
	engine->version = copy(info, "ServerVersion");
	engine->context = copy(info, "ClientInfo/Context");
	engine->root_dir = copy(info, "DockerRootDir");
	parse_host(info, engine);
	parse_cgroups(info, engine);
	parse_security(info, engine);
	parse_storage(info, engine);
	return 0;
}

void engine_release(struct engine *engine)
{
	free(engine->id);
	free(engine->version);
	free(engine->os);
	free(engine->arch);
	free(engine->context);
	free(engine->root_dir);
	free(engine->name);
	free(engine->kernel);
	free(engine->distribution);
	free(engine->storage);
	free(engine->storage_base);
	free(engine->firewall);
	argv_release(&engine->pools);
	argv_release(&engine->lacking);
	*engine = (struct engine){ 0 };
}

static bool is_wildcard(const char *address)
{
	return *address == '\0' || streq(address, "0.0.0.0") || streq(address, "::");
}

bool docker_addresses_clash(const char *one, const char *other)
{
	return streq(one, other) || is_wildcard(one) || is_wildcard(other);
}

int parse_publishes(const struct buf *out, const char *address, int port, bool *publishes, struct error **err)
{
	autotree cJSON *ports = tree_json(buf_str(out), out->len, "docker container inspect", err);
	autofree char *wanted = xasprintf("%d", port);
	const cJSON *bindings, *binding;

	*publishes = false;
	if (ports == NULL)
		return -1;
	cJSON_ArrayForEach(bindings, ports) {
		cJSON_ArrayForEach(binding, bindings) {
			const char *ip = tree_str(binding, "HostIp"), *host_port = tree_str(binding, "HostPort");

			if (host_port != NULL && streq(host_port, wanted))
				*publishes |= ip == NULL || docker_addresses_clash(ip, address);
		}
	}
	return 0;
}

int parse_version(const struct buf *out, struct docker_version *version, struct error **err)
{
	autotree cJSON *json = tree_json(buf_str(out), out->len, "docker version", err);

	if (json == NULL)
		return -1;
	version->client = copy(json, "Client/Version");
	version->client_api = copy(json, "Client/DefaultAPIVersion");
	version->api = copy(json, "Client/ApiVersion");
	version->engine = copy(json, "Server/Components/0/Name");
	version->engine_api = copy(json, "Server/ApiVersion");
	return 0;
}

void docker_version_release(struct docker_version *version)
{
	free(version->client);
	free(version->engine);
	free(version->api);
	free(version->client_api);
	free(version->engine_api);
	*version = (struct docker_version){ 0 };
}

void container_spec_release(struct container_spec *spec)
{
	argv_release(&spec->env);
	argv_release(&spec->secrets);
	argv_release(&spec->sans);
	argv_release(&spec->dns);
}

int docker_event_exit_code(const char *line, size_t len)
{
	autoerror struct error *ignored = NULL;
	autotree cJSON *event = tree_json(line, len, "docker events", &ignored);
	const char *action = tree_str(event, "Action"), *code = tree_str(event, "Actor/Attributes/exitCode");
	const char *wrong = NULL;
	int status;

	if (action == NULL)
		action = tree_str(event, "status"); /* podman */
	if (action == NULL || !streq(action, "die"))
		return -1;
	status = (int)strtonum(code ? code : "", 0, INT_MAX, &wrong);
	return wrong ? 255 : status;
}

bool docker_event_is_healthy(const char *line, size_t len)
{
	autoerror struct error *ignored = NULL;
	autotree cJSON *event = tree_json(line, len, "docker events", &ignored);
	const char *action = tree_str(event, "Action");

	return action != NULL && streq(action, "health_status: healthy");
}

/* ------------------------------------------------------------------ docker ps */

/* What programs before ours call the image; ours has a label in any case. */
#define GATEWAY_IMAGE "openshell/cluster"

/* An ID, or names: "web", "web,other/link". */
static bool is_word(const char *text)
{
	static const char bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.,-/";

	return *text != '\0' && text[strspn(text, bytes)] == '\0';
}

static int parse_gateway(const char *line, size_t len, struct gateway_list *list, struct error **err)
{
	autotree cJSON *fields = tree_json(line, len, "docker ps", err);
	const char *id = tree_str(fields, "0"), *name = tree_str(fields, "1"), *image = tree_str(fields, "2");

	if (fields == NULL)
		return -1;
	if (id == NULL || name == NULL || image == NULL || !is_word(id) || *id == '-' || !is_word(name))
		return error_set(err, ERROR_SYSTEM, "docker ps printed something that is no container");
	if (str_blank(tree_str(fields, "3")) && strstr(image, GATEWAY_IMAGE) == NULL)
		return 0;
	argv_add(&list->ids, id);
	argv_add(&list->names, name);
	return 0;
}

int parse_gateways(const struct buf *out, struct gateway_list *list, struct error **err)
{
	const char *line = buf_str(out), *end = line + out->len;

	for (; line < end; line++) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)((newline ? newline : end) - line);

		if (len > 0 && parse_gateway(line, len, list, err) < 0)
			return -1;
		line += len;
	}
	return 0;
}
