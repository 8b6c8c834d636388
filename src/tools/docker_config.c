/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the docker client's config.json. */
#include "tools/docker_config.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/tree.h"

#define CONFIG_MAX (1024 * 1024)
#define ANY_ENGINE "default"

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
	autofree char *path = xasprintf("%s/config.json", dir);
	AUTO(buf) text = BUF_INIT;
	autotree cJSON *root = NULL;

	if (file_read(path, CONFIG_MAX, &text, err) < 0) {
		if (!error_is(*err, ERROR_ABSENT))
			return -1;
		error_free(err);
		return 0;
	}
	root = tree_json(buf_str(&text), text.len, path, err);
	if (root == NULL)
		return -1;
	choose(tree_at(root, "proxies"), engine, proxies);
	return 0;
}
