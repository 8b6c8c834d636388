/* SPDX-License-Identifier: Apache-2.0 */
/* Options that say on which host a gateway's docker is, and the way there. */
#ifndef CLI_REACH_H
#define CLI_REACH_H

#include "base/base.h"
#include "base/error.h"
#include "cli/cli.h"
#include "gateway/site.h"

/* clang-format off */
#define OPT_REMOTE \
	{ "remote", 0, "DEST", "docker is on that host, [ssh://][USER@]HOST[:PORT] (default: as recorded)" }, \
	{ "ssh-key", 0, "FILE", "private key for ssh to that host (default: as recorded)" }, \
	{ "ssh-option", 0, "NAME=VALUE...", "an option of ssh_config for that connection" }
/* clang-format on */

/* Finds out where the gateway's docker is (site_find), of a command whose table has OPT_REMOTE; name may be NULL. */
int reach_find(const struct cli *cli, const struct invocation *in, const char *name, struct site *site,
	       struct error **err) MUST_CHECK;

/* The same, and connects: site->env is for work there. */
int reach_open(const struct cli *cli, const struct invocation *in, const char *name, struct site *site,
	       struct error **err) MUST_CHECK;

/* Steps of the error that are commands of ours, and would ask docker, get the destination that this command was given:
 * a gateway that was not made has no record that leads there. */
void reach_advise(const struct invocation *in, struct error *err);

#endif
