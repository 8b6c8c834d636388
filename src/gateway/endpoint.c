/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, URLs, and whether a port is free or answers. */
#include "gateway/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

bool endpoint_is_loopback(const char *host)
{
	struct in_addr v4;

	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return streq(host, "localhost") || streq(host, "::1");
}

/* HOST, HOST:PORT, [V6] or [V6]:PORT up to a slash; port is 0 when there is none. */
static bool split_authority(const char *text, char **host, int *port)
{
	const char *rest, *problem = NULL;
	autofree char *digits = NULL;
	size_t len;

	if (*text == '[') {
		len = strcspn(++text, "]/");
		rest = text[len] == ']' ? text + len + 1 : NULL;
	} else {
		len = strcspn(text, ":/");
		rest = text + len;
	}
	*port = 0;
	if (rest == NULL || len == 0 || (*rest != '\0' && *rest != ':' && *rest != '/'))
		return false;
	if (*rest == ':') {
		digits = xstrndup(rest + 1, strcspn(rest + 1, "/"));
		*port = (int)strtonum(digits, 1, 65535, &problem);
		if (problem != NULL)
			return false;
	}
	*host = xstrndup(text, len);
	return true;
}

/* What becomes a name in a certificate and a part of URLs; networks of docker have names with "_", too. */
static bool is_plain_host(const char *host)
{
	return *host != '-' &&
	       host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:%")] == '\0';
}

char *endpoint_docker_tcp_host(const char *docker_host)
{
	autofree char *host = NULL;
	int port;

	if (docker_host == NULL || !str_starts(docker_host, "tcp://") ||
	    !split_authority(docker_host + strlen("tcp://"), &host, &port) || !is_plain_host(host) ||
	    endpoint_is_loopback(host))
		return NULL;
	return STEAL(host);
}

bool endpoint_host_is_valid(const char *host)
{
	struct in6_addr v6;

	if (inet_pton(AF_INET6, host, &v6) == 1)
		return true;
	return *host != '\0' && *host != '-' && *host != '.' && strlen(host) <= 253 &&
	       host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")] == '\0';
}

bool endpoint_bind_is_valid(const char *address)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, address, bytes) == 1 || inet_pton(AF_INET6, address, bytes) == 1;
}

static int check_resolver(const char *address, struct error **err)
{
	if (!endpoint_bind_is_valid(address))
		return error_set(err, ERROR_USAGE, "--dns: '%s' is no IP address", address);
	if (endpoint_is_loopback(address))
		return error_set(err, ERROR_USAGE,
				 "--dns: %s is of the loopback network, which in the container is its own",
				 address);
	if (streq(address, "0.0.0.0") || streq(address, "::"))
		return error_set(err, ERROR_USAGE, "--dns: %s is no address of a resolver", address);
	return 0;
}

int endpoint_dns_list(const char *text, struct argv *addresses, struct error **err)
{
	autofree char *copy = xstrdup(text);
	char *rest = copy, *address;

	if (streq(text, "none"))
		return 0;
	while ((address = strsep(&rest, ",")) != NULL) {
		if (check_resolver(address, err) < 0)
			return -1;
		if (!argv_contains(addresses, address))
			argv_add(addresses, address);
	}
	return 0;
}

char *endpoint_url(bool plaintext, const char *host, int port)
{
	bool v6 = strchr(host, ':') != NULL;

	return xasprintf("%s://%s%s%s:%d", plaintext ? "http" : "https", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

static bool parse_network(const char *text, uint32_t *address, long long *prefix)
{
	const char *slash = strchr(text, '/'), *problem = NULL;
	autofree char *host = NULL;
	struct in_addr v4;

	if (slash == NULL)
		return false;
	host = xstrndup(text, (size_t)(slash - text));
	*prefix = strtonum(slash + 1, 0, 32, &problem);
	if (problem != NULL || inet_pton(AF_INET, host, &v4) != 1)
		return false;
	*address = ntohl(v4.s_addr);
	return true;
}

bool endpoint_networks_overlap(const char *a, const char *b)
{
	long long prefix_a, prefix_b, shorter;
	uint32_t address_a, address_b;

	if (!parse_network(a, &address_a, &prefix_a) || !parse_network(b, &address_b, &prefix_b))
		return false;
	shorter = prefix_a < prefix_b ? prefix_a : prefix_b;
	return shorter == 0 || (address_a ^ address_b) >> (32 - shorter) == 0;
}

bool endpoint_split(const char *url, char **host, int *port)
{
	const char *authority = strstr(url, "://");

	if (authority == NULL || !split_authority(authority + 3, host, port))
		return false;
	if (*port == 0)
		*port = str_starts(url, "http://") ? 80 : 443;
	return true;
}

/* A connected socket, or -1. */
static int connect_to(const struct addrinfo *address, int timeout_ms)
{
	autoclose int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct pollfd ready = { fd, POLLOUT, 0 };
	socklen_t len = sizeof(int);
	int failure = 0, connected = fd;

	if (fd < 0)
		return -1;
	if (connect(fd, address->ai_addr, address->ai_addrlen) < 0 &&
	    (errno != EINPROGRESS || poll(&ready, 1, timeout_ms) <= 0 ||
	     getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &len) < 0 || failure != 0))
		return -1;
	fd = -1;
	return connected;
}

/* To the first of the host's addresses that takes a connection. */
static int connect_host(const char *host, int port, int timeout_ms)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
	autofree char *service = xasprintf("%d", port);
	int fd = -1;

	if (getaddrinfo(host, service, &hints, &found) != 0)
		return -1;
	for (const struct addrinfo *a = found; a != NULL && fd < 0; a = a->ai_next)
		fd = connect_to(a, timeout_ms);
	freeaddrinfo(found);
	return fd;
}

bool endpoint_answers(const char *host, int port, int timeout_ms)
{
	autoclose int fd = connect_host(host, port, timeout_ms);

	return fd >= 0;
}

bool endpoint_hangs_up(const char *host, int port, int timeout_ms)
{
	autoclose int fd = connect_host(host, port, timeout_ms);
	struct pollfd ended = { fd, POLLIN, 0 };
	char byte;

	return fd < 0 || (poll(&ended, 1, timeout_ms) > 0 && recv(fd, &byte, 1, MSG_PEEK) <= 0);
}

static int bind_to(const char *address, int port, struct sockaddr_storage *bound)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	bool is_v4 = inet_pton(AF_INET, address, &v4.sin_addr) == 1;
	autoclose int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(*bound);
	int yes = 1;

	if (!is_v4 && inet_pton(AF_INET6, address, &v6.sin6_addr) != 1)
		errno = EINVAL;
	else if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0 &&
		 bind(fd, is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6,
		      is_v4 ? sizeof(v4) : sizeof(v6)) == 0 &&
		 listen(fd, 1) == 0 && getsockname(fd, (struct sockaddr *)bound, &len) == 0)
		return 0;
	return -1;
}

/* Of EADDRNOTAVAIL: the user's slip. */
static int bind_is_elsewhere(const char *address, struct error **err)
{
	return error_set(err, ERROR_USAGE, "--bind: %s is no address of this machine", address);
}

int endpoint_port_busy(const char *address, int port, bool *busy, struct error **err)
{
	struct sockaddr_storage bound;

	*busy = false;
	if (bind_to(address, port, &bound) == 0)
		return 0;
	if (errno == EADDRINUSE) {
		*busy = true;
		return 0;
	}
	/* a low port is docker's to open, not ours */
	if (errno == EACCES || errno == EPERM)
		return 0;
	if (errno == EADDRNOTAVAIL)
		return bind_is_elsewhere(address, err);
	return error_errno(err, "cannot listen on %s port %d", address, port);
}

int endpoint_free_port(const char *address, int *port, struct error **err)
{
	struct sockaddr_storage bound;

	if (bind_to(address, 0, &bound) < 0)
		return errno == EADDRNOTAVAIL ? bind_is_elsewhere(address, err)
					      : error_errno(err, "cannot find a free port on %s", address);
	*port = ntohs(bound.ss_family == AF_INET ? ((struct sockaddr_in *)&bound)->sin_port
						 : ((struct sockaddr_in6 *)&bound)->sin6_port);
	return 0;
}
