/* SPDX-License-Identifier: Apache-2.0 */
/* One gateway's metadata: from and to JSON. Touches no file. */
#include "store/record.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/log.h"
#include "store/paths.h"

const char *record_source_name(enum record_source source)
{
	return source == SOURCE_USER ? "user" : "system";
}

const char *record_type(const struct record *record)
{
	if (record->auth_mode != NULL && streq(record->auth_mode, "cloudflare_jwt"))
		return "cloud";
	return record->is_remote ? "remote" : "local";
}

const char *record_auth(const struct record *record)
{
	if (record->auth_mode != NULL)
		return record->auth_mode;
	return str_starts(record->endpoint, "http://") ? "plaintext" : "mtls";
}

bool record_is_named(const struct record *record, const char *name)
{
	return name != NULL && streq(record->name, name);
}

bool record_has_container(const struct record *record, const char *container_id)
{
	return record->container_id != NULL && container_id != NULL && streq(record->container_id, container_id);
}

void record_release(struct record *record)
{
	free(record->name);
	free(record->endpoint);
	free(record->remote_host);
	free(record->resolved_host);
	free(record->auth_mode);
	free(record->ssh_key);
	argv_release(&record->ssh_options);
	free(record->docker_endpoint);
	free(record->docker_id);
	free(record->container_id);
	free(record->image);
	free(record->path);
	free(record->invalid);
	*record = (struct record){ 0 };
}

/* The optional strings of a record: one table for both directions. */
static const struct {
	const char *key;
	size_t offset;
} optional_keys[] = {
	{ "remote_host", offsetof(struct record, remote_host) },
	{ "resolved_host", offsetof(struct record, resolved_host) },
	{ "auth_mode", offsetof(struct record, auth_mode) },
	{ "ssh_key", offsetof(struct record, ssh_key) },
	{ "docker_endpoint", offsetof(struct record, docker_endpoint) },
	{ "docker_id", offsetof(struct record, docker_id) },
	{ "container_id", offsetof(struct record, container_id) },
	{ "image", offsetof(struct record, image) },
};

static char **field(const struct record *record, size_t i)
{
	return (char **)((char *)(uintptr_t)record + optional_keys[i].offset);
}

/* What every file says, a list, another program's word, and then the optional keys, in their order. */
enum { KEY_NAME, KEY_ENDPOINT, KEY_REMOTE, KEY_PORT, KEY_OPTIONS, KEY_MANAGED, KEYS };

static const char *const fixed_keys[KEYS] = {
	"name", "gateway_endpoint", "is_remote", "gateway_port", "ssh_options", "client_lifecycle_managed",
};

/* Readers differ in which of two values they take: such a file does not say where the gateway is. */
static int pick(const cJSON *root, const char *path, const cJSON *items[KEYS + ARRAY_LEN(optional_keys)],
		struct error **err)
{
	const char *keys[KEYS + ARRAY_LEN(optional_keys)];
	const cJSON *repeated;

	memcpy(keys, fixed_keys, sizeof(fixed_keys));
	for (size_t i = 0; i < ARRAY_LEN(optional_keys); i++)
		keys[KEYS + i] = optional_keys[i].key;
	repeated = tree_pick(root, keys, ARRAY_LEN(keys), items);
	if (repeated == NULL)
		return 0;
	return error_set(err, ERROR_SYSTEM, "%s: '%s' is there more than once", path, repeated->string);
}

bool record_has_key(const char *key)
{
	for (size_t i = 0; i < KEY_MANAGED; i++)
		if (streq(key, fixed_keys[i]))
			return true;
	for (size_t i = 0; i < ARRAY_LEN(optional_keys); i++)
		if (streq(key, optional_keys[i].key))
			return true;
	return false;
}

/* Without one of them ssh might go elsewhere: so none is passed over. */
static int parse_ssh_options(const cJSON *list, const char *path, struct argv *options, struct error **err)
{
	const cJSON *item;

	if (list == NULL || cJSON_IsNull(list))
		return 0;
	cJSON_ArrayForEach(item, list) {
		const char *text = cJSON_IsArray(list) ? cJSON_GetStringValue(item) : NULL;

		if (text == NULL || !log_is_safe(text))
			break;
		argv_add(options, text);
	}
	if (cJSON_IsArray(list) && item == NULL)
		return 0;
	return error_set(err, ERROR_SYSTEM, "%s: 'ssh_options' is no list of texts", path);
}

int record_parse(const cJSON *root, const char *path, struct record *record, struct error **err)
{
	const cJSON *items[KEYS + ARRAY_LEN(optional_keys)];
	const char *name, *endpoint;
	int64_t port;

	if (pick(root, path, items, err) < 0)
		return -1;
	name = cJSON_GetStringValue(items[KEY_NAME]);
	endpoint = cJSON_GetStringValue(items[KEY_ENDPOINT]);
	port = tree_int(items[KEY_PORT], "", -1);
	if (name == NULL || endpoint == NULL || !cJSON_IsBool(items[KEY_REMOTE]))
		return error_set(err, ERROR_SYSTEM,
				 "%s: 'name', 'gateway_endpoint' (texts) or 'is_remote' (true or false) is missing", path);
	if (!name_is_readable(name))
		return error_set(err, ERROR_SYSTEM, "%s: 'name' is no gateway name", path);
	if (!str_starts(endpoint, "https://") && !str_starts(endpoint, "http://"))
		return error_set(err, ERROR_SYSTEM, "%s: 'gateway_endpoint' is neither https:// nor http://", path);
	if (!log_is_safe(endpoint))
		return error_set(err, ERROR_SYSTEM, "%s: 'gateway_endpoint' holds control characters or no UTF-8", path);
	if (port < 0 || port > 65535)
		return error_set(err, ERROR_SYSTEM, "%s: 'gateway_port' is no port (0 to 65535)", path);
	record->endpoint = xstrdup(endpoint);
	record->is_remote = cJSON_IsTrue(items[KEY_REMOTE]);
	record->is_external = cJSON_IsFalse(items[KEY_MANAGED]);
	record->port = (int)port;
	if (parse_ssh_options(items[KEY_OPTIONS], path, &record->ssh_options, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(optional_keys); i++) {
		const char *text = cJSON_GetStringValue(items[KEYS + i]);

		if (str_blank(text))
			continue;
		if (!log_is_safe(text))
			return error_set(err, ERROR_SYSTEM, "%s: '%s' holds control characters or no UTF-8", path,
					 optional_keys[i].key);
		*field(record, i) = xstrdup(text);
	}
	return 0;
}

static void add_ssh_options(cJSON *root, const struct record *record)
{
	cJSON *list = record->ssh_options.n > 0 ? cJSON_AddArrayToObject(root, fixed_keys[KEY_OPTIONS]) : NULL;

	for (size_t i = 0; i < record->ssh_options.n; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(record->ssh_options.v[i]));
}

cJSON *record_tree(const struct record *record)
{
	cJSON *root = cJSON_CreateObject();

	cJSON_AddStringToObject(root, "name", record->name);
	cJSON_AddStringToObject(root, "gateway_endpoint", record->endpoint);
	cJSON_AddBoolToObject(root, "is_remote", record->is_remote);
	cJSON_AddNumberToObject(root, "gateway_port", record->port);
	for (size_t i = 0; i < ARRAY_LEN(optional_keys); i++)
		if (*field(record, i) != NULL)
			cJSON_AddStringToObject(root, optional_keys[i].key, *field(record, i));
	add_ssh_options(root, record);
	return root;
}
