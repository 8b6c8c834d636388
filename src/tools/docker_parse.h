/* SPDX-License-Identifier: Apache-2.0 */
/* What the docker program prints, as structs. Pure; private to tools/docker*.c and the tests. */
#ifndef TOOLS_DOCKER_PARSE_H
#define TOOLS_DOCKER_PARSE_H

#include "tools/docker.h"

/* Lines of `docker inspect --format '{{json .}}'`: containers and images in any order, also things
 * of other kinds that have the name (a network, a volume), which are passed over. */
int parse_inspect(const struct buf *out, const char *container_name, const char *const *refs, size_t count,
		  struct container *container, struct image *images, struct error **err) MUST_CHECK;

/* The same lines, of containers alone: containers[i] is filled when names->v[i] is its name or ID. One that cannot be read is
 * PHASE_UNKNOWN and tells why in `error`. */
int parse_containers(const struct buf *out, const struct argv *names, struct container *containers,
		     struct error **err) MUST_CHECK;

/* `docker info --format '{{json .}}'`. A client without an engine prints JSON too. */
int parse_engine(const struct proc_result *result, struct engine *engine, struct error **err) MUST_CHECK;

/* `docker version --format '{{json .}}'`. */
int parse_version(const struct buf *out, struct docker_version *version, struct error **err) MUST_CHECK;

/* Lines of the layers of images, each a list of digests: how many of the lowest of `layers` are so in one of them. */
int parse_layers(const struct buf *out, const struct argv *layers, size_t *count, struct error **err) MUST_CHECK;

/* `docker container inspect --format '{{json .NetworkSettings.Ports}}'`: whether the host port is published on that
 * address, or either of them is all addresses. */
int parse_publishes(const struct buf *out, const char *address, int port, bool *publishes, struct error **err) MUST_CHECK;

/* `docker ps`, a line [ID, names, image, label LABEL_GATEWAY] for each container. */
int parse_gateways(const struct buf *out, struct gateway_list *list, struct error **err) MUST_CHECK;

#endif
