/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_COMMAND_H
#define SANDBOX_COMMAND_H

enum {
	STATUS_USAGE = 2,		/* the command line was wrong */
	STATUS_SETUP = 125,		/* the confinement could not be made */
	STATUS_NOT_EXECUTABLE = 126,
	STATUS_NOT_FOUND = 127,
	STATUS_SIGNAL = 128,		/* plus the number of the signal */
};

/*
 * Becomes the command, looked up on PATH when its name has no slash. Comes back only when that
 * fails: then one line was printed and the result is STATUS_NOT_FOUND or STATUS_NOT_EXECUTABLE.
 */
int command_exec(char *const *command);

#endif
