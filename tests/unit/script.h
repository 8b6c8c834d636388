/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A runner that starts nothing: each command line is compared with the next row of a table and
 * answered from it. A command that the table does not expect fails the test and shows both lines. A pair joined by a
 * pipe is two rows.
 * Time is a number that waits and followers move on.
 */
#ifndef UNIT_SCRIPT_H
#define UNIT_SCRIPT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/argv.h"
#include "base/base.h"
#include "base/clock.h"
#include "base/proc.h"
#include "gateway/gateway.h"
#include "tools/docker.h"

enum script_how {
	SCRIPT_EXITS,     /* with .code, after printing .out and .err */
	SCRIPT_KILLED,    /* by signal .code */
	SCRIPT_TIMES_OUT, /* ERROR_TIMEOUT, and its whole time has passed */
	SCRIPT_MISSING,   /* ERROR_UNREACHABLE: not on PATH */
	SCRIPT_CANCELS,   /* a request to stop comes while it runs */
};

/* What a follower prints, and when: milliseconds since script_init(). text NULL ends a list. */
struct script_line {
	int64_t at_ms;
	const char *text;
};

struct script_step {
	const char *command; /* as argv_quote() prints it; "*" stands for any text */
	const char *out, *err;
	int code;
	enum script_how how;
	int64_t takes_ms;
	int times;           /* how often in a row; 0 means once, -1 any number (none too) */
	const char *env;     /* must be in the child's environment, or NULL */
	bool draws;          /* it must be given our stderr for its stdout */
	const struct script_line *lines; /* not NULL: it is started as a follower and prints these */
};

#define SCRIPT_FOLLOWERS 4

struct script {
	const struct script_step *steps;
	size_t count, at;
	int used;            /* of the row `at` */
	int calls;           /* commands so far, followers included */
	int fail_at;         /* the command of this number (from 1) fails; 0: none */
	int cancel_at;       /* a request to stop comes with the command of this number; 0: none */
	int64_t cancel_ms;   /* a request to stop comes at this time; 0: never */
	int64_t now_ms, slept_ms;
	int pumps;
	struct argv log;     /* every command line */
	struct buf input;    /* what commands were given on stdin */
	struct proc *followers[SCRIPT_FOLLOWERS];
	struct runner runner;
	struct clock clock;
	struct docker docker; /* by this runner */
};

/* Any request to stop that an earlier test left is forgotten. */
void script_init(struct script *script, const struct script_step *steps, size_t count);
#define SCRIPT_INIT(script, steps) script_init(script, steps, ARRAY_LEN(steps))

/* Milliseconds since script_init(). */
int64_t script_elapsed(const struct script *script);

/* Fails the test when a row was not used or a follower not stopped; releases. */
void script_end(struct script *script);
/* Releases without looking what is left. */
void script_release(struct script *script);

/* Whether text fits a pattern in which "*" stands for any text. */
bool script_matches(const char *pattern, const char *text);

/* The error's whole text contains this; frees the error. */
void assert_error(struct error **err, enum error_kind kind, const char *part);

/* One of the error's steps has this in its text or command. */
bool advises(const struct error *err, const char *part);

/* The vector as argv_quote() prints it. */
void assert_line(const struct argv *args, const char *expected);

/* A socket that listens on a free port of the loopback (AF_INET or AF_INET6), which is *port; -1 when
 * this host has no such address. The caller closes it. */
int listen_on_loopback(int family, int *port);

/* ------------------------------------------------------------------ a gateway's surroundings */

/* What an operation on a gateway is given: no settings, an empty configuration directory of its own,
 * the script's docker and clock, and a memory of what was told. */
struct scene {
	struct script script;
	struct settings settings;
	struct paths paths;
	struct progress progress;
	struct gateway_env env;
	char *dir;
	struct argv steps, lines, details, notes, warnings; /* steps: "." after one that ended well, "!" or (fatal) "!!" else */
};

void scene_open(struct scene *scene);
/* The commands to come; those before must have been run. */
void scene_script(struct scene *scene, const struct script_step *steps, size_t count);
#define SCENE_SCRIPT(scene, steps) scene_script(scene, steps, ARRAY_LEN(steps))
/* Checks the script, removes the directory. */
void scene_close(struct scene *scene);

/* For cmocka: *state is a scene, which has a system's tree of its own, too. */
int scene_setup(void **state);
int scene_teardown(void **state);

/* Writes a file of the user's tree, directories included: "gateways/gw/metadata.json". */
void scene_write(const struct scene *scene, const char *name, const char *text);
/* What such a file holds; NULL when there is none. The caller frees. */
char *scene_read(const struct scene *scene, const char *name);
bool scene_has(const struct scene *scene, const char *name);

/* One of the lines contains this. */
bool says(const struct argv *lines, const char *part);

#endif
