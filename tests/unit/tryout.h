/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a command that is shown to people is one: the program's own parser is given it, and nothing is done. */
#ifndef UNIT_TRYOUT_H
#define UNIT_TRYOUT_H

/* The exit status. command: words and blanks; what stands for a value is left or replaced. */
int try_command(const char *command);

#endif
