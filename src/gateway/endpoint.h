/* SPDX-License-Identifier: Apache-2.0 */
/* Under which address a gateway is reached. Pure but for the last four, which open sockets. */
#ifndef GATEWAY_ENDPOINT_H
#define GATEWAY_ENDPOINT_H

#include "base/argv.h"
#include "base/base.h"
#include "base/error.h"

/* The host of a tcp:// DOCKER_HOST that is not this machine (IPv6 without brackets); else NULL.
 * The caller frees. */
char *endpoint_docker_tcp_host(const char *docker_host);

/* localhost, 127.0.0.0/8 or ::1. */
bool endpoint_is_loopback(const char *host);

/* A host name or an IP address as it may stand in a certificate: nothing else. */
bool endpoint_host_is_valid(const char *host);
/* An IP address of this machine, or 0.0.0.0 or ::. */
bool endpoint_bind_is_valid(const char *address);

/* Adds the addresses of a comma list, or nothing for "none". ERROR_USAGE for what a container cannot have as a
 * resolver. */
int endpoint_dns_list(const char *text, struct argv *addresses, struct error **err) MUST_CHECK;

/* "https://HOST:PORT", brackets where they are needed. The caller frees. */
char *endpoint_url(bool plaintext, const char *host, int port);

/* Whether two IPv4 networks ("10.42.0.0/16") have addresses in common; false when one is none. */
bool endpoint_networks_overlap(const char *a, const char *b);

/* Splits a URL that endpoint_url() or a person made; *host is freed by the caller. */
bool endpoint_split(const char *url, char **host, int *port);

/* Whether something listens: a TCP connection, closed at once. */
bool endpoint_answers(const char *host, int port, int timeout_ms);

/* Whether it takes no connection, or ends one within this time although nothing was sent. */
bool endpoint_hangs_up(const char *host, int port, int timeout_ms);

/* Whether address:port can be listened on here: *busy. */
int endpoint_port_busy(const char *address, int port, bool *busy, struct error **err) MUST_CHECK;

/* A port that is free on that address now. */
int endpoint_free_port(const char *address, int *port, struct error **err) MUST_CHECK;

#endif
