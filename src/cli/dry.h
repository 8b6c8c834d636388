/* SPDX-License-Identifier: Apache-2.0 */
/* --dry-run: the surroundings in which a command tells, on stdout, what it would do. */
#ifndef CLI_DRY_H
#define CLI_DRY_H

#include "base/base.h"
#include "base/buf.h"
#include "gateway/dryrun.h"
#include "gateway/site.h"

#define OPT_DRY_RUN { "dry-run", 0, NULL, "change nothing; print the commands that would be run, for a shell" }

struct dry {
	struct dryrun run;
	struct docker docker;
	struct progress progress;
	const struct progress *shown; /* where notes and warnings go */
	struct gateway_env env;       /* for the operation */
	struct buf text;
	bool told; /* something would be done */
};

/* dry must stay where it is. What is told begins with how the shell is to take it, and how it gets to another host's
 * docker. */
void dry_open(struct dry *dry, const struct site *site);
/* When the operation has succeeded: half of it would be worse than nothing in a shell. Says so when nothing would be
 * done. */
void dry_print(const struct dry *dry);
void dry_release(struct dry *dry);

#endif
