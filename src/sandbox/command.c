/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last step of both modes: exec, and what its failure means as an exit status.
 */
#include "command.h"

#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_on_path(const char *name)
{
	const char *dir = getenv("PATH");
	char file[PATH_MAX];

	while (dir != NULL && *dir != '\0') {
		size_t len = strcspn(dir, ":");
		/* an empty element is the current directory */
		int n = snprintf(file, sizeof(file), "%.*s%s/%s", (int)len, dir, len ? "" : ".", name);

		if (n > 0 && (size_t)n < sizeof(file) && access(file, F_OK) == 0)
			return true;
		dir += len;
		dir += *dir == ':';
	}
	return false;
}

int command_exec(char *const *command)
{
	execvp(command[0], command);
	/* It also says so of a directory on PATH that we may not search: nothing was found there. */
	if (errno == EACCES && strchr(command[0], '/') == NULL && !is_on_path(command[0]))
		errno = ENOENT;
	warn("cannot run '%s'", command[0]);
	return errno == ENOENT || errno == ENOTDIR ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
}
