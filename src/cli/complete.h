/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What could stand at a place of a command line, for the completion scripts of shells (src/completions). Reads
 * directories of the registry, and nothing else; starts nothing; complains of nothing.
 */
#ifndef CLI_COMPLETE_H
#define CLI_COMPLETE_H

#include <stdio.h>

/*
 * words are those after the program's name, the last one is to be completed and may be empty. Prints the whole words
 * that it could become, one a line, some with a tab and a description behind it. A line ":files" or ":directories" says
 * that the shell is to add names of these. Returns 0, the exit status.
 */
int complete(FILE *out, int count, char **words);

#endif
