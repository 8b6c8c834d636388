/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a failure means and what to do about it. The one place where text of other programs is matched:
 * after a failure, to explain it and to choose the exit status; never to decide what to do.
 */
#ifndef GATEWAY_DIAGNOSE_H
#define GATEWAY_DIAGNOSE_H

#include "base/error.h"

#define DIAGNOSIS_WHERE 6
#define DIAGNOSIS_TEXTS 12

struct advice {
	const char *text;
	const char *command; /* "%N" stands for the gateway's name; NULL: none */
};

/* A row is found by what a program printed, in one line: one of `texts`, and one of `where` unless that is
 * empty. A row without texts is found by the code that the error was given, or by its kind's word. */
struct diagnosis {
	const char *code;
	enum error_kind kind;
	bool retriable;
	const char *where[DIAGNOSIS_WHERE], *texts[DIAGNOSIS_TEXTS];
	const char *meaning;
	struct advice steps[ERROR_HINTS];
};

/* For the tests that walk them. A code may have several rows, all of one kind. */
extern const struct diagnosis diagnoses[];
extern const size_t diagnosis_count;

/* Completes the error: code, meaning, steps (unless it has some), retriable. The kind changes only where it
 * told no more than that docker or the system failed. gateway is the name for commands; NULL: the default. */
void diagnose(struct error *err, const char *gateway);

#endif
