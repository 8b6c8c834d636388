/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_INIT_H
#define SANDBOX_INIT_H

/*
 * Starts the command as a child in a process group of its own (the foreground one when stdin is
 * our terminal), and until it has ended
 *  - reaps every process that has become our child, as PID 1 or as child subreaper;
 *  - passes signals on: those that a terminal or an operator sends to a whole job (HUP, INT, QUIT,
 *    TERM, WINCH, CONT, TSTP) to the process group, all others that can be caught to the child
 *    alone, because they end a bystander that does not expect them.
 * As PID 1 it then ends what remains: TERM, KILL after two seconds, at most one second more.
 * Returns the exit status of the command, STATUS_SIGNAL + n when a signal ended it, or, after one
 * line on stderr, STATUS_SETUP when no child could be made.
 */
int init_run(char *const *command);

#endif
