/* SPDX-License-Identifier: Apache-2.0 */
/* A chooser on the terminal that the user sits at. */
#ifndef CLI_CHOOSE_H
#define CLI_CHOOSE_H

#include "base/error.h"
#include "cli/chooser.h"
#include "gateway/settings.h"

/* The terminal, open for keys and drawing; -1 where nobody can choose: stdin or stdout is none, or it can only print
 * lines. */
int choose_terminal(const struct settings *settings);

/* Shows it until it is no longer CHOOSER_OPEN. Nothing of it is left then on the terminal, which is as it was before: also
 * while we are stopped, and after a signal that ends us (ERROR_CANCELLED). */
int choose(int terminal, struct chooser *chooser, bool coloured, struct error **err) MUST_CHECK;

#endif
