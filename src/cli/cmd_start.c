/* SPDX-License-Identifier: Apache-2.0 */
/* gateway start */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cancel.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "gateway/deploy.h"
#include "gateway/endpoint.h"
#include "store/lock.h"

static const struct opt options[] = {
	{ "name", 0, "NAME", "the gateway (default: -g, OPENSHELL_GATEWAY, \"openshell\")" },
	{ "port", 0, "PORT", "port on this host; 0 finds a free one (default: as it was, or 8080)" },
	{ "bind", 0, "ADDR", "address to listen on (default: as it was, or 127.0.0.1)" },
	{ "gateway-host", 0, "HOST", "name or address under which clients reach it" },
	{ "recreate", 0, NULL, "destroy what is there first, its data included" },
	{ "gpu", 0, NULL, "give it all NVIDIA GPUs" },
	{ "plaintext", 0, NULL, "no TLS and no authentication" },
	{ "disable-gateway-auth", 0, NULL, "TLS, but no client certificates" },
	{ "force", 0, NULL, "allow what would be refused: exposure, another docker engine" },
	{ "timeout", 0, "SECONDS", "how long it may take to become healthy (default: 360)" },
	{ "no-wait", 0, NULL, "return as soon as the container runs" },
	{ "keep-failed", 0, NULL, "do not take back what a failed start made" },
	{ "ca", 0, "FILE", "certificates of authorities that the node trusts (PEM), or \"none\"" },
	{ "registries", 0, "FILE", "k3s' registries.yaml for the node, or \"none\"" },
	{ "dns", 0, "ADDR[,ADDR...]", "resolvers to use instead of those of docker's host, or \"none\"" },
	OPT_END,
};

static bool confirm_recreate(void *arg, const char *name, const struct container *container)
{
	const char *state = container->phase == PHASE_RUNNING ? "running"
			    : container->phase == PHASE_ABSENT ? "volume only"
							       : "stopped";

	(void)arg;
	fprintf(stderr, "Gateway '%s' exists already (%s).\n", name, state);
	return output_confirm("Destroy and recreate it? Its data would be lost.");
}

/* What the node is given; dns is filled and lives as long as the options do. */
static int read_supply(const struct invocation *in, struct deploy_options *deploy, struct argv *dns,
		       struct error **err)
{
	deploy->files[NODE_CA] = in_value(in, "ca");
	deploy->files[NODE_REGISTRIES] = in_value(in, "registries");
	if (!in_has(in, "dns"))
		return 0;
	deploy->dns = dns;
	return endpoint_dns_list(in_value(in, "dns"), dns, err);
}

static int read_options(const struct invocation *in, struct deploy_options *deploy, struct error **err)
{
	long long port = -1, timeout_s = 0;

	if (in_number(in, "port", 0, 65535, &port, err) < 0 || in_number(in, "timeout", 1, 86400, &timeout_s, err) < 0)
		return -1;
	deploy->port = (int)port;
	deploy->timeout_ms = timeout_s * 1000;
	deploy->bind = in_value(in, "bind");
	deploy->gateway_host = in_value(in, "gateway-host");
	deploy->recreate = in_has(in, "recreate");
	deploy->gpu = in_has(in, "gpu");
	deploy->plaintext = in_has(in, "plaintext");
	deploy->disable_gateway_auth = in_has(in, "disable-gateway-auth");
	deploy->force = in_has(in, "force");
	deploy->no_wait = in_has(in, "no-wait");
	deploy->keep_failed = in_has(in, "keep-failed");
	if (deploy->bind != NULL && !endpoint_bind_is_valid(deploy->bind))
		return error_set(err, ERROR_USAGE, "--bind: '%s' is no IP address", deploy->bind);
	if (deploy->gateway_host != NULL && !endpoint_host_is_valid(deploy->gateway_host))
		return error_set(err, ERROR_USAGE, "--gateway-host: '%s' is no host name or address",
				 deploy->gateway_host);
	return 0;
}

static void report(const struct cli *cli, const struct deploy_outcome *outcome)
{
	const struct record *record = &outcome->record;
	const char *state = outcome->was_running ? "is running" : outcome->waited ? "is ready" : "is starting";

	output_success(cli, "Gateway '%s' %s: %s", record->name, state, record->endpoint);
	if (!outcome->waited)
		output_success(cli, "openshell gateway start --name %s waits for it", record->name);
}

static int run(const struct cli *cli, const struct invocation *in, int *status, struct error **err)
{
	autofree char *name = NULL;
	struct deploy_options deploy = { 0 };
	struct lock lock = LOCK_INIT;
	struct deploy_outcome outcome = { 0 };
	AUTO(argv) dns = ARGV_INIT;
	bool chosen;
	int rc;

	(void)status;
	/* never the active gateway: a start must not hit another one than the user has in mind */
	if (read_options(in, &deploy, err) < 0 || read_supply(in, &deploy, &dns, err) < 0 ||
	    cli_gateway_name(cli, in, false, &name, &chosen, err) < 0)
		return -1;
	deploy.name = name;
	if (!deploy.recreate && isatty(STDIN_FILENO) && isatty(STDERR_FILENO))
		deploy.confirm_recreate = confirm_recreate;
	if (lock_take(&lock, cli->paths, name, "gateway start", err) < 0)
		return -1;
	cancel_catch();
	rc = gateway_deploy(cli->env, &deploy, &outcome, err);
	lock_release(&lock);
	if (rc == 0)
		report(cli, &outcome);
	deploy_outcome_release(&outcome);
	return rc;
}

const struct command cmd_gateway_start = {
	.path = "gateway start",
	.summary = "make a gateway, or bring the one that is there to work",
	.details = "Starts from whatever is there: a second start of a running gateway changes nothing.\n"
		   "A failed start takes back exactly what it made.",
	.options = options,
	.run = run,
};
