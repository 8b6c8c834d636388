/* SPDX-License-Identifier: Apache-2.0 */
/* --dry-run: the surroundings in which a command tells, on stdout, what it would do. */
#ifndef CLI_DRY_H
#define CLI_DRY_H

#include "base/base.h"
#include "gateway/dryrun.h"
#include "gateway/site.h"

#define OPT_DRY_RUN { "dry-run", 0, NULL, "change nothing; print the commands that would be run, for a shell" }

struct dry {
	struct dryrun run;
	struct docker docker;
	struct progress progress;
	struct gateway_env env; /* for the operation */
	bool told;              /* something would be done */
};

/* dry must stay where it is. Prints how the shell is to take what follows, and how it gets to another host's docker. */
void dry_open(struct dry *dry, const struct site *site);
/* Says so when nothing would be done. */
void dry_close(const struct dry *dry);

#endif
