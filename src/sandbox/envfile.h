/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_ENVFILE_H
#define SANDBOX_ENVFILE_H

/*
 * Puts the variables of a file into the environment of this process; the last of a name wins.
 * A line is KEY=VALUE, empty, or a comment when its first sign is '#'. A KEY is letters, digits
 * and '_', not beginning with a digit. The VALUE is all that follows the first '=', as it
 * stands: no quotes, no escapes, no expansion; only a CR at the end of the line is dropped.
 * Returns 0, or -1 after one line on stderr with the file and the number of the line. Values
 * never appear in messages. After a failure some variables may have been set.
 */
int envfile_load(const char *path);

#endif
