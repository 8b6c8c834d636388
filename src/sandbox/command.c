/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last step of both modes: exec, and what its failure means as an exit status.
 */
#include "command.h"

#include <err.h>
#include <errno.h>
#include <unistd.h>

int command_exec(char *const *command)
{
	execvp(command[0], command);
	warn("cannot run '%s'", command[0]);
	return errno == ENOENT || errno == ENOTDIR ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
}
