/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and makes the docker client's config.json. */
#include "tools/docker_config.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/tree.h"

#define CONFIG_FILE "config.json"
#define CONFIG_MAX (1024 * 1024)
#define ANY_ENGINE "default"

static cJSON *load(const char *dir, struct error **err)
{
	autofree char *path = xasprintf("%s/" CONFIG_FILE, dir);
	AUTO(buf) text = BUF_INIT;

	return file_read(path, CONFIG_MAX, &text, err) < 0 ? NULL : tree_json(buf_str(&text), text.len, path, err);
}

/* ------------------------------------------------------------------ proxies */

void client_proxies_release(struct client_proxies *proxies)
{
	free(proxies->http);
	free(proxies->https);
	free(proxies->all);
	free(proxies->none);
	*proxies = (struct client_proxies){ 0 };
}

static char *copy(const cJSON *object, const char *key)
{
	const char *text = tree_str(object, key);

	return str_blank(text) ? NULL : xstrdup(text);
}

/* As docker chooses: an engine's own entry hides the one for all. */
static void choose(const cJSON *all, const char *engine, struct client_proxies *proxies)
{
	const cJSON *chosen = engine ? cJSON_GetObjectItemCaseSensitive(all, engine) : NULL, *entry;

	if (!cJSON_IsObject(all))
		return;
	if (chosen == NULL)
		chosen = cJSON_GetObjectItemCaseSensitive(all, ANY_ENGINE);
	proxies->http = copy(chosen, "httpProxy");
	proxies->https = copy(chosen, "httpsProxy");
	proxies->all = copy(chosen, "allProxy");
	proxies->none = copy(chosen, "noProxy");
	cJSON_ArrayForEach(entry, all)
		proxies->by_engine |= !streq(entry->string, ANY_ENGINE);
}

int docker_client_proxies(const char *dir, const char *engine, struct client_proxies *proxies, struct error **err)
{
	autotree cJSON *root = load(dir, err);

	if (root != NULL) {
		choose(tree_at(root, "proxies"), engine, proxies);
		return 0;
	}
	if (!error_is(*err, ERROR_ABSENT))
		return -1;
	error_free(err);
	return 0;
}

/* ------------------------------------------------------------------ a login */

/* Under which name docker keeps the login of a registry. */
static const char *key_of(const char *registry)
{
	return streq(registry, "docker.io") ? "https://index.docker.io/v1/" : registry;
}

void docker_config_add_login(cJSON *config, const struct docker_login *login)
{
	const char *key = key_of(login->registry);
	autofree char *pair = xasprintf("%s:%s", login->username, login->password);
	autofree char *encoded = base64_encode(pair, strlen(pair));
	cJSON *auths = cJSON_GetObjectItemCaseSensitive(config, "auths");
	cJSON *entry = cJSON_CreateObject();

	if (!cJSON_IsObject(auths)) {
		cJSON_DeleteItemFromObjectCaseSensitive(config, "auths");
		auths = cJSON_AddObjectToObject(config, "auths");
	}
	tree_add_str(entry, "auth", encoded);
	cJSON_DeleteItemFromObjectCaseSensitive(auths, key);
	cJSON_AddItemToObject(auths, key, entry);
	/* the one store is asked for all registries, but this command asks for one only */
	cJSON_DeleteItemFromObjectCaseSensitive(config, "credsStore");
	cJSON_DeleteItemFromObjectCaseSensitive(cJSON_GetObjectItemCaseSensitive(config, "credHelpers"), key);
	explicit_bzero(pair, strlen(pair));
	explicit_bzero(encoded, strlen(encoded));
}

static cJSON *config_or_empty(const char *user_dir)
{
	autoerror struct error *ignored = NULL;
	cJSON *config = user_dir ? load(user_dir, &ignored) : NULL;

	if (cJSON_IsObject(config))
		return config;
	cJSON_Delete(config);
	return cJSON_CreateObject();
}

static int link_entry(const char *dir, const char *user_dir, const char *name, struct error **err)
{
	autofree char *from = xasprintf("%s/%s", user_dir, name);
	autofree char *to = xasprintf("%s/%s", dir, name);

	return symlink(from, to) == 0 ? 0 : error_errno(err, "cannot link %s", to);
}

static int link_entries(const char *dir, const char *given, struct error **err)
{
	autofree char *user_dir = realpath(given, NULL); /* links do not start from where we are */
	DIR *entries = user_dir ? opendir(user_dir) : NULL;
	const struct dirent *entry;
	int rc = 0;

	if (entries == NULL)
		return 0; /* docker would have none of it either */
	while (rc == 0 && (entry = readdir(entries)) != NULL)
		if (!streq(entry->d_name, ".") && !streq(entry->d_name, "..") && !streq(entry->d_name, CONFIG_FILE))
			rc = link_entry(dir, user_dir, entry->d_name, err);
	closedir(entries);
	return rc;
}

int docker_config_make(const char *dir, const char *user_dir, const struct docker_login *login, struct error **err)
{
	autofree char *path = xasprintf("%s/" CONFIG_FILE, dir);
	autotree cJSON *config = NULL;
	autofree char *text = NULL;
	int rc;

	if (dir_remove(dir, err) < 0 || dir_make(dir, err) < 0)
		return -1;
	config = config_or_empty(user_dir);
	docker_config_add_login(config, login);
	text = tree_print(config);
	rc = file_write(path, text, strlen(text), err);
	explicit_bzero(text, strlen(text));
	return rc == 0 && user_dir != NULL ? link_entries(dir, user_dir, err) : rc;
}
