/* SPDX-License-Identifier: Apache-2.0 */
/* gateway start */
#include <stdio.h>
#include <stdlib.h>

#include "base/cancel.h"
#include "cli/cli.h"
#include "cli/dry.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/reach.h"
#include "cli/show.h"
#include "cli/values.h"
#include "gateway/deploy.h"
#include "gateway/endpoint.h"
#include "gateway/image.h"

static const struct opt options[] = {
	{ "name", 0, "NAME", "the gateway (default: -g, OPENSHELL_GATEWAY, \"openshell\")" },
	{ "port", 0, "PORT", "port on docker's host; 0 finds a free one (default: as it was, or 8080)" },
	{ "bind", 0, "ADDR", "address to listen on (default: as it was, or 127.0.0.1; 0.0.0.0 on another host)" },
	{ "gateway-host", 0, "HOST", "name or address under which clients reach it" },
	OPT_REMOTE,
	{ "recreate", 0, NULL, "destroy what is there first, its data included" },
	{ "gpu", 0, NULL, "give it all NVIDIA GPUs" },
	{ "plaintext", 0, NULL, "no TLS and no authentication" },
	{ "disable-gateway-auth", 0, NULL, "TLS, but no client certificates" },
	{ "force", 0, NULL, "allow what would be refused: exposure, another docker engine" },
	{ "timeout", 0, "SECONDS", "how long it may take to become healthy (default: 360)" },
	{ "no-wait", 0, NULL, "return as soon as the container runs" },
	{ "keep-failed", 0, NULL, "do not take back what a failed start made" },
	OPT_WAIT_LOCK,
	OPT_DRY_RUN,
	{ "pull", 0, "missing|always|never", "when to pull the image (default: missing)" },
	{ "push-image", 0, NULL, "send the image of this host's docker to the other host; none is pulled" },
	{ "registry-username", 0, "USER", "who to be at the registry (default: __token__)" },
	{ "registry-token", 0, "TOKEN", "password or token; others may see it: rather use" },
	{ "registry-token-file", 0, "FILE", "a file that holds the token; - is standard input" },
	{ "memory", 0, "SIZE", "at most this much memory, such as 4g; 0 takes a limit away" },
	{ "cpus", 0, "NUMBER", "at most this many processors, such as 1.5; 0 takes a limit away" },
	{ "ca", 0, "FILE|none", "certificates of authorities that the node trusts (PEM)" },
	{ "registries", 0, "FILE|none", "k3s' registries.yaml for the node" },
	{ "dns", 0, "ADDR[,ADDR...]|none", "resolvers to use instead of those of docker's host" },
	OPT_OUTPUT,
	OPT_PROGRESS,
	OPT_QUIET,
	OPT_END,
};

#define MEMORY_LEAST (INT64_C(512) << 20)
#define NANO_CPUS_LEAST 10000000 /* the kernel's least share: 1 ms of each 100 */

static bool confirm_recreate(void *arg, const char *name, const struct container *container)
{
	const char *state = container->phase == PHASE_RUNNING ? "running"
			    : container->phase == PHASE_ABSENT ? "volume only"
							       : "stopped";

	(void)arg;
	fprintf(stderr, "Gateway '%s' exists already (%s).\n", name, state);
	return output_confirm("Destroy and recreate it? Its data would be lost.");
}

static int read_pull(const struct invocation *in, enum pull_policy *policy, struct error **err)
{
	int index = (int)*policy;

	if (in_word(in, "pull", &index, err) < 0)
		return -1;
	*policy = (enum pull_policy)index;
	return 0;
}

/* Before anything is connected to. */
static int check_push_image(const struct invocation *in, const struct deploy_options *deploy, const struct site *site,
			    struct error **err)
{
	if (!in_has(in, "push-image"))
		return 0;
	if (!site_is_remote(site))
		return error_set(err, ERROR_USAGE, "--push-image is for --remote, or for a gateway on another host");
	if (deploy->pull == PULL_ALWAYS)
		return error_set(err, ERROR_USAGE, "--push-image and --pull always exclude each other");
	return 0;
}

static int read_limits(const struct invocation *in, struct deploy_options *deploy, struct error **err)
{
	const char *memory = in_value(in, "memory"), *cpus = in_value(in, "cpus");

	if (memory != NULL && !value_bytes(memory, &deploy->memory))
		return error_set(err, ERROR_USAGE, "--memory: '%s' is no size such as 4g or 3500m", memory);
	if (memory != NULL && deploy->memory == 0)
		deploy->memory = NO_LIMIT;
	else if (memory != NULL && deploy->memory < MEMORY_LEAST)
		return error_set(err, ERROR_USAGE, "--memory: a gateway cannot work with less than 512m");
	if (cpus != NULL && !value_nano(cpus, &deploy->nano_cpus))
		return error_set(err, ERROR_USAGE, "--cpus: '%s' is no number such as 1.5", cpus);
	if (cpus != NULL && deploy->nano_cpus == 0)
		deploy->nano_cpus = NO_LIMIT;
	else if (cpus != NULL && deploy->nano_cpus < NANO_CPUS_LEAST)
		return error_set(err, ERROR_USAGE, "--cpus: 0.01 is the least");
	return 0;
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

	if (read_pull(in, &deploy->pull, err) < 0 || read_limits(in, deploy, err) < 0)
		return -1;

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

static int read_credentials(const struct invocation *in, struct deploy_options *deploy, char **token, struct error **err)
{
	const char *username = in_value(in, "registry-username");

	if (username != NULL && !image_user_is_valid(username))
		return error_set(err, ERROR_USAGE, "--registry-username: '%s' is no user name", username);
	if (value_secret(in, "registry-token", "registry-token-file", token, err) < 0)
		return -1;
	deploy->registry_username = username;
	deploy->registry_token = *token;
	return 0;
}

static void report(const struct cli *cli, const struct deploy_outcome *outcome)
{
	const struct record *record = &outcome->record;
	const char *state = outcome->was_running ? "is running" : outcome->waited ? "is ready" : "is starting";

	progress_success("Gateway '%s' %s: %s", record->name, state, record->endpoint);
	if (!outcome->waited)
		progress_note(cli->env, "openshell gateway start --name %s waits for it", record->name);
}

static int run_dry(const struct site *site, const struct deploy_options *deploy, struct error **err)
{
	AUTO(deploy_outcome) outcome = { 0 };
	AUTO(dry) dry;

	dry_open(&dry, site);
	if (gateway_deploy(&dry.env, deploy, &outcome, err) < 0)
		return -1;
	dry_print(&dry);
	return 0;
}

/* Also where the engine is now; the gateway's lock is held unless nothing is to be changed. */
static int deploy_there(const struct cli *cli, const struct invocation *in, struct deploy_options *deploy,
			struct deploy_outcome *outcome, struct error **err)
{
	AUTO(site) site = { 0 };
	int rc;

	if (reach_find(cli, in, deploy->name, &site, err) < 0 || check_push_image(in, deploy, &site, err) < 0 ||
	    site_open_resolved(&site, cli->may_ask, err) < 0)
		return -1;
	if (site_is_remote(&site)) {
		deploy->site = &site;
		deploy->remote_host = site.resolved.host;
		deploy->remote_alias = site.to.host;
		deploy->push_from = in_has(in, "push-image") ? site_home(&site, cli->env) : NULL;
	}
	if (in_has(in, "dry-run"))
		return run_dry(&site, deploy, err);
	rc = gateway_deploy(site.env, deploy, outcome, err);
	if (rc == 0)
		site_warn(&site, &outcome->record);
	return rc;
}

/* As `gateway info` has it: what is on disk now. */
static int report_tree(const struct cli *cli, const struct deploy_outcome *outcome, enum output_format format,
		       struct error **err)
{
	AUTO(record) record = { 0 };
	autofree char *active = NULL;
	autotree cJSON *tree = NULL;

	if (registry_load(cli->paths, outcome->record.name, &record, err) < 0)
		return -1;
	active = show_active(cli);
	tree = show_record_tree(&record, active);
	show_add_files(cli, &record, tree);
	cJSON_AddBoolToObject(tree, "was_running", outcome->was_running);
	cJSON_AddBoolToObject(tree, "waited", outcome->waited);
	output_tree(tree, format);
	return 0;
}

static int run(const struct cli *cli, const struct invocation *in, int *status, struct error **err)
{
	autofree char *name = NULL, *token = NULL;
	struct deploy_options deploy = { 0 };
	struct lock lock = LOCK_INIT;
	struct deploy_outcome outcome = { 0 };
	AUTO(argv) dns = ARGV_INIT;
	enum output_format format;
	bool chosen;
	int rc;

	(void)status;
	/* never the active gateway: a start must not hit another one than the user has in mind */
	if (in_output(in, &format, err) < 0 || read_credentials(in, &deploy, &token, err) < 0 || read_options(in, &deploy, err) < 0 ||
	    read_supply(in, &deploy, &dns, err) < 0 ||
	    cli_gateway_name(cli, in, NAME_MAKE, &name, &chosen, err) < 0)
		return -1;
	deploy.name = name;
	if (in_has(in, "dry-run"))
		return deploy_there(cli, in, &deploy, &outcome, err);
	if (!deploy.recreate && cli->may_ask)
		deploy.confirm_recreate = confirm_recreate;
	cancel_catch();
	if (cli_lock(cli, in, name, &lock, err) < 0)
		return -1;
	rc = deploy_there(cli, in, &deploy, &outcome, err);
	lock_release(&lock);
	if (rc == 0)
		report(cli, &outcome);
	if (rc == 0 && format != OUTPUT_TABLE)
		rc = report_tree(cli, &outcome, format, err);
	deploy_outcome_release(&outcome);
	return rc;
}

const struct command cmd_gateway_start = {
	.path = "gateway start",
	.summary = "make a gateway, or bring the one that is there to work",
	.details = "Starts from whatever is there: a second start of a running gateway changes nothing.\n"
		   "A failed start takes back exactly what it made.",
	.examples = "openshell gateway start\n"
		    "openshell gateway start --name two --port 0    # beside it, on a free port\n"
		    "openshell gateway start --name ci --pull never --timeout 600 -o json\n"
		    "openshell gateway start --dry-run | sh",
	.options = options,
	.run = run,
};
