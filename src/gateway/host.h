/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this host's kernel tells in /proc. Whether it is the engine's host, too, is not known here.
 * Files are looked for below root: "" is the real one.
 */
#ifndef GATEWAY_HOST_H
#define GATEWAY_HOST_H

#include "base/argv.h"
#include "base/base.h"

struct host {
	char *name, *kernel;         /* NULL: there is no /proc to be read */
	int64_t inotify_instances, inotify_watches; /* what a user may have; -1: not to be read */
	bool filters_bridges;        /* br_netfilter is there */
	bool has_cgroup_namespaces;
	bool has_routes;             /* they could be read */
	struct argv routes;          /* IPv4, without default ones: "10.0.0.0/8 dev tun0" */
	char *kubelet;               /* "kubelet (pid 77)", one that is in no container; or NULL */
};

void host_read(const char *root, struct host *host);
void host_release(struct host *host);

/* Who listens on a TCP port: "nginx (pid 123)", or "a program of user 33" where the process is not ours to
 * see; NULL: nobody that is in the way of that address, or it cannot be told. The caller frees. */
char *host_port_holder(const char *root, const char *address, int port);

#endif
