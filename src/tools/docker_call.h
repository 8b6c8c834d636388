/* SPDX-License-Identifier: Apache-2.0 */
/* How docker is called: for docker.c and docker_image.c, which know what for. */
#ifndef TOOLS_DOCKER_CALL_H
#define TOOLS_DOCKER_CALL_H

#include "tools/docker.h"

/* `docker` with its environment, both outputs captured; its arguments are to be added. */
struct proc_spec docker_spec(const struct docker *docker, const char *purpose, int64_t timeout_ms);

/* Runs `docker ARGS...`, which changes something, and throws the output away. */
int docker_change(const struct docker *docker, const char *purpose, const struct argv *args,
		  struct error **err) MUST_CHECK;

/* The same with the arguments one by one. */
#define DOCKER_CHANGE(docker, purpose, err, ...) \
	__extension__({ \
		AUTO(argv) call_args_ = ARGV_INIT; \
		argv_addl(&call_args_, __VA_ARGS__, NULL); \
		docker_change(docker, purpose, &call_args_, err); \
	})

/* Objects that are missing make the status 1: only a docker that was killed, or has nothing to say of success,
 * leaves it open what is there. */
int docker_run_inspect(const struct docker *docker, struct proc_spec *spec, struct proc_result *result,
		       struct error **err) MUST_CHECK;

/* What docker calls a name or an ID: one word. */
bool docker_is_word(const char *text);

/* Adds output lines, each of which is to be a name. */
int docker_list(const struct docker *docker, const char *purpose, const struct argv *args, struct argv *lines,
		struct error **err) MUST_CHECK;

#endif
