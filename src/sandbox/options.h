/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_OPTIONS_H
#define SANDBOX_OPTIONS_H

#include <stdbool.h>
#include <sys/types.h>

enum options_mode {
	MODE_RUN,	/* be the init of a container */
	MODE_ENTER,	/* be confined and become the command */
	MODE_HELP,
	MODE_VERSION,
};

/* What the command line asked for. All pointers are borrowed from argv. */
struct options {
	enum options_mode mode;
	bool has_uid;
	bool has_gid;
	uid_t uid;
	gid_t gid;
	const char *workdir;	/* NULL: stay */
	const char *env_file;	/* NULL: none */
	char **command;		/* NULL-terminated; never empty in MODE_RUN and MODE_ENTER */
};

/*
 * Reads the command line. Returns 0, or -1 after one line on stderr saying what is wrong.
 * A --uid without a --gid asks for the group of the same number, so that nobody keeps group 0
 * by forgetting it.
 */
int options_parse(struct options *options, int argc, char **argv);

#endif
