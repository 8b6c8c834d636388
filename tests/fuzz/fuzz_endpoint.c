/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs, hosts and addresses.
 *
 * Rules: the URL of a valid host splits into that host and port; what is split has a host and a port; an address to
 * listen on is a valid host; what `gateway add` takes makes a usable entry; the host of a tcp:// DOCKER_HOST can be an
 * argument and a part of a URL, and is never this machine.
 */
#include "fuzz.h"

#include "gateway/endpoint.h"
#include "gateway/target.h"
#include "store/paths.h"

static void split(const char *url)
{
	autofree char *host = NULL;
	int port = -1;

	if (endpoint_split(url, &host, &port))
		RULE(host != NULL && *host != '\0' && strchr(host, '/') == NULL && port >= 1 && port <= 65535);
	else
		RULE(host == NULL);
}

static void round_trip(const char *text, bool plaintext, int port)
{
	autofree char *url = endpoint_url(plaintext, text, port), *host = NULL;
	int found = 0;

	RULE(endpoint_split(url, &host, &found));
	RULE(streq(host, text) && found == port && is_safe(url));
}

static void docker_host(const char *text)
{
	autofree char *url = xasprintf("tcp://%s", text);
	autofree char *host = endpoint_docker_tcp_host(url), *direct = endpoint_docker_tcp_host(text);

	if (host != NULL) {
		RULE(*host != '-' && strpbrk(host, " ,/@'\"\\") == NULL && is_safe(host) && !endpoint_is_loopback(host));
		round_trip(host, true, 2376);
	}
	if (direct != NULL)
		RULE(str_starts(text, "tcp://"));
}

/* What becomes an entry can be read back, has a name that may be given, and no part of it can be an option. */
static void target(const char *text)
{
	AUTO(target) target = { 0 };
	autoerror struct error *ignored = NULL;
	autofree char *name = NULL, *host = NULL;
	int port;

	if (target_parse(text, &target, &ignored) < 0) {
		RULE(target.endpoint == NULL && target.destination == NULL);
		return;
	}
	name = target_name(&target);
	RULE(name_is_valid(name) && is_safe(target.endpoint) && *target.host != '-');
	RULE(endpoint_split(target.endpoint, &host, &port) && streq(host, target.host));
	RULE(target.port == 0 || target.port == port);
	RULE(target.destination == NULL || (target.port > 0 && *target.destination != '-' && is_safe(target.destination)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *text = fuzz_text(data, size);

	split(text);
	docker_host(text);
	target(text);
	if (endpoint_bind_is_valid(text))
		RULE(endpoint_host_is_valid(text));
	if (endpoint_host_is_valid(text)) {
		round_trip(text, size % 2 == 0, 1 + (int)(size * 8191 % 65535));
		RULE(*text != '-' && strpbrk(text, " ,/@'\"") == NULL);
	} else {
		RULE(!endpoint_is_loopback(text));
	}
	return 0;
}
