/* SPDX-License-Identifier: Apache-2.0 */
/* "did you mean": which of some words are most like one that is wrong. */
#ifndef CLI_NEAR_H
#define CLI_NEAR_H

#include "base/base.h"

#define NEAR_MOST 2

struct near {
	const char *word; /* the wrong one */
	const char *shown[NEAR_MOST];
	size_t cost[NEAR_MOST];
	size_t n;
};

/* Compares the wrong word with one that would be right; shown is what to say for it. Both must live on. */
void near_offer(struct near *near, const char *right, const char *shown);

/* " (did you mean 'PREFIXa' or 'PREFIXb'?)", or "" where none is like it; the caller frees. */
char *near_text(const struct near *near, const char *prefix);

#endif
