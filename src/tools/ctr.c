/* SPDX-License-Identifier: Apache-2.0 */
/* ctr in the container, by docker exec. */
#include "tools/ctr.h"

#define SOCKET "/run/k3s/containerd/containerd.sock"
#define SPACE "k8s.io"

/* docker exec: the command cannot be run, or is not there. It will not come. */
#define EXIT_NO_PROGRAM 126

static void add_ctr(struct argv *command)
{
	argv_addl(command, "ctr", "-a", SOCKET, "-n", SPACE, NULL);
}

void ctr_args_version(struct argv *args)
{
	add_ctr(args);
	argv_add(args, "version");
}

int ctr_is_ready(const struct docker *docker, const char *container, bool *ready, struct error **err)
{
	AUTO(argv) command = ARGV_INIT;
	AUTO(proc_result) result = PROC_RESULT_INIT;

	ctr_args_version(&command);
	if (docker_exec(docker, "ctr version", container, &command, &result, err) < 0)
		return -1;
	*ready = result.code == 0;
	if (result.code == EXIT_NO_PROGRAM || result.code == EXIT_NO_PROGRAM + 1)
		return proc_result_error("ctr version", &result, err);
	return 0;
}

/*
 * An engine with containerd's image store saves the index of a multi-platform image and only those platforms
 * that were pulled. The import must not look for the rest, as it does with --all-platforms, and before
 * containerd 2 for a platform that this one could run, too (386 on amd64): "content digest not found". "linux"
 * alone is the architecture that ctr was built for, which is the node's. `docker save --platform` would need
 * API 1.48.
 */
int ctr_images_import(const struct docker *from, const struct docker *docker, const char *container,
		      const struct argv *refs, struct error **err)
{
	AUTO(argv) command = ARGV_INIT;

	add_ctr(&command);
	argv_addl(&command, "images", "import", "--platform", "linux", "-", NULL);
	return docker_images_stream(from, docker, refs, "ctr images import", container, &command, err);
}
