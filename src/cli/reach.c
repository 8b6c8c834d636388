/* SPDX-License-Identifier: Apache-2.0 */
/* From a command line to a site. */
#include "cli/reach.h"

int reach_find(const struct cli *cli, const struct invocation *in, const char *name, struct site *site,
	       struct error **err)
{
	const struct site_options given = {
		.destination = in_value(in, "remote"),
		.key = in_value(in, "ssh-key"),
		.ssh_options = in_list(in, "ssh-option"),
	};

	return site_find(site, cli->env, name, &given, err);
}

int reach_open(const struct cli *cli, const struct invocation *in, const char *name, struct site *site,
	       struct error **err)
{
	return reach_find(cli, in, name, site, err) < 0 ? -1 : site_open(site, cli->may_ask, err);
}
