/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that fail to compile here; included before every source file by the Makefile. */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* clang's fortified headers make macros of these */
#undef sprintf
#undef vsprintf
#undef strcpy
#undef strcat

#pragma GCC poison strcpy strcat sprintf vsprintf strtok gets system popen atoi atol atoll mktemp tmpnam gmtime localtime ctime asctime

#endif
