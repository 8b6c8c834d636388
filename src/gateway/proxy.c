/* SPDX-License-Identifier: Apache-2.0 */
/* Proxies for the container. Never shows a proxy's address. */
#include "gateway/proxy.h"

#include <ctype.h>
#include <stdlib.h>

#include "gateway/endpoint.h"

/* Pods, services, and the names under which the cluster, docker's host and this container are known in it. */
static const char *const cluster_ranges[] = {
	"localhost", "127.0.0.1", "::1", "10.42.0.0/16", "10.43.0.0/16", ".svc", ".cluster.local",
	"host.docker.internal", "host.openshell.internal",
};

struct proxy {
	const char *upper, *lower, *value;
};

void proxies_release(struct proxies *proxies)
{
	argv_release(&proxies->env);
	argv_release(&proxies->secrets);
	argv_release(&proxies->warnings);
}

/* Of [SCHEME://][USER[:PASSWORD]@]HOST[:PORT][/...]. The caller frees. */
static char *host_of(const char *url)
{
	const char *scheme = strstr(url, "://"), *host = scheme ? scheme + strlen("://") : url;
	autofree char *authority = xstrndup(host, strcspn(host, "/?#"));
	const char *at = strrchr(authority, '@');

	host = at ? at + 1 : authority;
	if (*host == '[')
		return xstrndup(host + 1, strcspn(host + 1, "]"));
	return xstrndup(host, strcspn(host, ":"));
}

static bool is_in_the_container(const char *url)
{
	autofree char *host = host_of(url);

	return endpoint_is_loopback(host);
}

static void add_proxy(struct proxies *proxies, const struct proxy *proxy)
{
	argv_addl(&proxies->env, proxy->upper, proxy->lower, NULL);
	argv_addf(&proxies->secrets, "%s=%s", proxy->upper, proxy->value);
	argv_addf(&proxies->secrets, "%s=%s", proxy->lower, proxy->value);
}

static void add_once(struct argv *list, const char *text, size_t len)
{
	autofree char *item = NULL;

	while (len > 0 && isspace((unsigned char)*text)) {
		text++;
		len--;
	}
	while (len > 0 && isspace((unsigned char)text[len - 1]))
		len--;
	item = xstrndup(text, len);
	if (len > 0 && !argv_contains(list, item))
		argv_add(list, item);
}

static void add_list(struct argv *list, const char *text)
{
	while (text != NULL && *text != '\0') {
		size_t len = strcspn(text, ",");

		add_once(list, text, len);
		text += len + (text[len] == ',');
	}
}

static void add_exceptions(struct proxies *proxies, const struct settings *settings,
			   const struct client_proxies *client, const char *node)
{
	AUTO(argv) hosts = ARGV_INIT;
	autofree char *all = NULL;

	add_list(&hosts, settings->no_proxy);
	add_list(&hosts, client->none);
	for (size_t i = 0; i < ARRAY_LEN(cluster_ranges); i++)
		add_list(&hosts, cluster_ranges[i]);
	add_list(&hosts, node);
	all = argv_join(&hosts, ",");
	argv_addf(&proxies->env, "NO_PROXY=%s", all);
	argv_addf(&proxies->env, "no_proxy=%s", all);
}

static int check(const struct proxy *set, size_t count, const char *no_proxy, struct error **err)
{
	for (size_t i = 0; i < count; i++)
		if (set[i].value != NULL && str_has_control(set[i].value))
			return error_set(err, ERROR_USAGE, "%s holds a control character", set[i].upper);
	if (no_proxy != NULL && str_has_control(no_proxy))
		return error_set(err, ERROR_USAGE, "NO_PROXY holds a control character");
	return 0;
}

/* Those are docker's to give: they can only be warned of. */
static bool add_of_client(struct proxies *proxies, const struct client_proxies *client)
{
	const char *const set[] = { client->http, client->https, client->all };
	bool any = false, own = false;

	for (size_t i = 0; i < ARRAY_LEN(set); i++) {
		any |= set[i] != NULL;
		own |= set[i] != NULL && is_in_the_container(set[i]);
	}
	if (own)
		argv_add(&proxies->warnings, "docker's config.json gives containers a proxy on the loopback network, "
					     "which there is their own; name it by host.docker.internal");
	return any;
}

int proxies_plan(struct proxies *proxies, const struct settings *settings, const struct client_proxies *client,
		 const char *node, struct error **err)
{
	const struct proxy set[] = {
		{ "HTTP_PROXY", "http_proxy", settings->http_proxy },
		{ "HTTPS_PROXY", "https_proxy", settings->https_proxy },
		{ "ALL_PROXY", "all_proxy", settings->all_proxy },
	};
	bool any = add_of_client(proxies, client);
	AUTO(argv) left_out = ARGV_INIT;
	autofree char *names = NULL;

	if (check(set, ARRAY_LEN(set), settings->no_proxy, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(set); i++) {
		if (set[i].value == NULL)
			continue;
		if (is_in_the_container(set[i].value)) {
			argv_add(&left_out, set[i].upper);
			continue;
		}
		add_proxy(proxies, &set[i]);
		any = true;
	}
	names = argv_join(&left_out, ", ");
	if (left_out.n > 0)
		argv_addf(&proxies->warnings,
			  "%s: not given to the container, where the loopback network is its own; let the proxy "
			  "listen on docker's network too, and name it by host.docker.internal", names);
	if (any)
		add_exceptions(proxies, settings, client, node);
	return 0;
}
