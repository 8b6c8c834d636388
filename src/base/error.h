/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why something failed: text for people, kind for code. Fallible functions take `struct error **err`
 * last (never NULL, *err is NULL on entry) and return 0 or -1, or a pointer or NULL.
 * Low levels say what happened, each level above adds what for; only main prints.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "base/base.h"

enum error_kind {
	ERROR_SYSTEM,      /* the operating system refused, or a program failed */
	ERROR_USAGE,       /* the command line or an environment variable is wrong */
	ERROR_ABSENT,      /* the thing asked for does not exist */
	ERROR_CONFLICT,    /* in use, busy, or in the way */
	ERROR_UNREACHABLE, /* docker is missing or does not answer */
	ERROR_REFUSED,     /* permission or credentials */
	ERROR_TIMEOUT,     /* did not happen in time; worth trying again */
	ERROR_UNHEALTHY,   /* the gateway's container ended or is not healthy */
	ERROR_CANCELLED,   /* a signal asked us to stop */
	ERROR_KINDS,
};

/* One step towards a remedy. */
struct hint {
	char *text;
	char *command;       /* to be typed as it stands, or NULL */
};

#define ERROR_HINTS 5

struct error {
	enum error_kind kind;
	bool retriable;      /* the same call may succeed later */
	int exit_code;       /* 0: by kind; else this one (128 + signal) */
	const char *code;    /* a stable word for scripts, static; NULL: the kind's */
	char *text;
	char *meaning;       /* what it means, in a sentence or two, or NULL */
	struct hint hints[ERROR_HINTS];
	size_t hint_count;
	bool is_advised;     /* by a level below: no more hints */
	char *detail;        /* many lines: recent log lines and the like, or NULL */
	struct error *cause;
};

/* Always -1, so that failing is one line. */
int error_set(struct error **err, enum error_kind kind, const char *fmt, ...) PRINTF(3, 4);

/* Kind by errno (absent, refused, system); ": strerror" is added. Always -1. */
int error_errno(struct error **err, const char *fmt, ...) PRINTF(2, 3);

/* Puts a new outermost text before what is in *err. Always -1. */
int error_wrap(struct error **err, const char *fmt, ...) PRINTF(2, 3);

/* Adds to the end of the innermost text, such as a name that is like the wrong one. */
void error_append(struct error *err, const char *text);

/* Adds a step towards a remedy: text, or text and a command. Where a level below gave steps, these stay
 * alone: what is nearer to the failure knows better. Always -1. */
int error_hint(struct error **err, const char *fmt, ...) PRINTF(2, 3);
int error_hint_command(struct error **err, const char *text, const char *fmt, ...) PRINTF(3, 4);

/* Sets code (a row of gateway/diagnose.c), meaning or detail of *err unless it has one already. Always -1. */
int error_code(struct error **err, const char *code);
int error_meaning(struct error **err, const char *text);
int error_detail(struct error **err, const char *text);

bool error_is(const struct error *err, enum error_kind kind);

/* "outer: inner: cause"; the caller frees. */
char *error_text(const struct error *err);

/* The process' exit status for it: the one table from kinds to codes. */
int error_exit_code(const struct error *err);

/* A stable word for scripts, such as "timeout". */
const char *error_kind_name(enum error_kind kind);

/* The code, or the kind's word where none was set. */
const char *error_code_name(const struct error *err);

/* Frees *err and sets it to NULL; nothing when it is NULL. */
void error_free(struct error **err);

/* For AUTO-like use: autoerror struct error *ignored = NULL; */
#define autoerror __attribute__((cleanup(error_free)))

#endif
