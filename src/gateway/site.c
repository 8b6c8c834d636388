/* SPDX-License-Identifier: Apache-2.0 */
/* From options and records to a docker. */
#include "gateway/site.h"

#include <stdlib.h>

#include "gateway/endpoint.h"

/* The destination that an entry leads to, or NULL. */
static const char *recorded_destination(const struct record *record)
{
	return record->is_remote && !record->is_external && record->source == SOURCE_USER ? record->remote_host : NULL;
}

/* The user's entry; zero where there is none. One that cannot be used is for those to tell who need it. */
static void load_record(const struct gateway_env *env, const char *name, struct record *record)
{
	autoerror struct error *ignored = NULL;

	if (name != NULL)
		(void)!registry_load(env->paths, name, record, &ignored);
}

static bool is_same(const struct ssh_destination *to, const char *recorded)
{
	AUTO(ssh_destination) other = { 0 };
	autoerror struct error *ignored = NULL;
	autofree char *one = NULL, *two = NULL;

	if (recorded == NULL || ssh_destination_parse(recorded, "", &other, &ignored) < 0)
		return false;
	one = ssh_destination_text(to);
	two = ssh_destination_text(&other);
	return streq(one, two);
}

static int add_options(struct site *site, const struct argv *options, struct error **err)
{
	for (size_t i = 0; i < options->n; i++) {
		if (ssh_option_check(options->v[i], err) < 0)
			return -1;
		argv_add(&site->ssh_options, options->v[i]);
	}
	return 0;
}

/* Whatever is wrong in an entry is no slip on the command line, nor is the gateway absent when its key is. */
static int entry_invalid(const struct record *record, struct error **err)
{
	if (error_is(*err, ERROR_USAGE) || error_is(*err, ERROR_ABSENT)) {
		(*err)->kind = ERROR_SYSTEM;
		(*err)->code = "entry-invalid";
	}
	return error_wrap(err, "the entry of gateway '%s' cannot be used (%s)", record->name, record->path);
}

static int take_destination(struct site *site, const struct record *record, const struct site_options *given,
			    struct error **err)
{
	const char *recorded = recorded_destination(record);

	if (given->destination != NULL) {
		site->destination = xstrdup(given->destination);
		return ssh_destination_parse(given->destination, "--remote", &site->to, err);
	}
	if (recorded == NULL)
		return 0;
	site->destination = xstrdup(recorded);
	if (ssh_destination_parse(recorded, "remote_host", &site->to, err) < 0)
		return entry_invalid(record, err);
	return 0;
}

static int take_key(struct site *site, const struct record *record, const struct site_options *given,
		    struct error **err)
{
	if (given->key != NULL)
		return ssh_key_check(given->key, &site->key, err);
	if (record->ssh_key == NULL || !is_same(&site->to, recorded_destination(record)))
		return 0;
	if (ssh_key_check(record->ssh_key, &site->key, err) == 0)
		return 0;
	if (error_is(*err, ERROR_ABSENT))
		error_meaning(err, "The key for ssh that the entry names has been moved or removed.");
	error_hint(err, "Give another with --ssh-key; it is remembered by gateway start");
	return entry_invalid(record, err);
}

static int take_options(struct site *site, const struct record *record, const struct site_options *given,
			struct error **err)
{
	if (given->ssh_options != NULL && given->ssh_options->n > 0)
		return add_options(site, given->ssh_options, err);
	if (!is_same(&site->to, recorded_destination(record)))
		return 0;
	return add_options(site, &record->ssh_options, err) < 0 ? entry_invalid(record, err) : 0;
}

/* An entry whose engine has no path in its address was reached at the usual place. */
static void take_socket(struct site *site, const struct record *record)
{
	AUTO(ssh_destination) to = { 0 };
	autoerror struct error *ignored = NULL;

	if (record->docker_endpoint == NULL || !is_same(&site->to, recorded_destination(record)) ||
	    ssh_destination_parse(record->docker_endpoint, "", &to, &ignored) < 0)
		return;
	site->socket = xstrdup(to.socket ? to.socket : REMOTE_SOCKET);
}

static int check_needed(const struct site_options *given, struct error **err)
{
	const char *option = given->key != NULL                                           ? "--ssh-key"
			     : given->ssh_options != NULL && given->ssh_options->n > 0 ? "--ssh-option"
											     : NULL;

	if (option == NULL)
		return 0;
	return error_set(err, ERROR_USAGE, "%s is for --remote, or for a gateway on another host", option);
}

int site_find(struct site *site, const struct gateway_env *env, const char *name, const struct site_options *given,
	      struct error **err)
{
	AUTO(record) record = { 0 };

	*site = (struct site){ .env = env };
	load_record(env, name, &record);
	if (take_destination(site, &record, given, err) < 0)
		return -1;
	if (!site_is_remote(site))
		return check_needed(given, err);
	take_socket(site, &record);
	return take_key(site, &record, given, err) < 0 ? -1 : take_options(site, &record, given, err);
}

void site_release(struct site *site)
{
	remote_release(&site->remote);
	ssh_resolved_release(&site->resolved);
	ssh_destination_release(&site->to);
	argv_release(&site->ssh_options);
	free(site->destination);
	free(site->key);
	free(site->socket);
	*site = (struct site){ 0 };
}

static struct remote_options options_of(const struct site *site, bool may_ask)
{
	return (struct remote_options){
		.to = &site->to, .known = site->socket, .key = site->key, .ssh_options = &site->ssh_options, .may_ask = may_ask,
	};
}

int site_resolve(struct site *site, struct error **err)
{
	const struct remote_options options = options_of(site, false);

	return site_is_remote(site) ? remote_resolve(site->env, &options, &site->resolved, err) : 0;
}

static int connect_to(struct site *site, const struct remote_options *options, struct error **err)
{
	if (!site_is_remote(site))
		return 0;
	if (remote_open(&site->remote, site->env, options, err) < 0)
		return -1;
	site->env = &site->remote.env;
	return 0;
}

int site_open(struct site *site, bool may_ask, struct error **err)
{
	const struct remote_options options = options_of(site, may_ask);

	return connect_to(site, &options, err);
}

int site_open_resolved(struct site *site, bool may_ask, struct error **err)
{
	struct remote_options options = options_of(site, may_ask);

	options.resolved = &site->resolved;
	return connect_to(site, &options, err);
}

const struct docker *site_home(const struct site *site, const struct gateway_env *env)
{
	return site != NULL && site_is_remote(site) ? site->remote.outer->docker : env->docker;
}

static void replace(char **field, const char *text)
{
	char *copy = text ? xstrdup(text) : NULL;

	free(*field);
	*field = copy;
}

char *site_options_text(const struct site_options *given)
{
	AUTO(argv) args = ARGV_INIT;

	if (given->destination == NULL)
		return NULL;
	argv_addl(&args, "--remote", given->destination, NULL);
	if (given->key != NULL)
		argv_addl(&args, "--ssh-key", given->key, NULL);
	for (size_t i = 0; given->ssh_options != NULL && i < given->ssh_options->n; i++)
		argv_addl(&args, "--ssh-option", given->ssh_options->v[i], NULL);
	return argv_quote(&args);
}

char *site_text(const struct site *site)
{
	const struct site_options found = { site->destination, site->key, &site->ssh_options };

	return site_options_text(&found);
}

void site_fill_record(const struct site *site, struct record *record)
{
	record->is_remote = site_is_remote(site);
	replace(&record->remote_host, site->destination);
	replace(&record->resolved_host, site->resolved.host);
	replace(&record->ssh_key, site->key);
	argv_release(&record->ssh_options);
	argv_addv(&record->ssh_options, (const char *const *)site->ssh_options.v);
}

void site_warn(const struct site *site, const struct record *record)
{
	autofree char *host = NULL;
	int port;

	if (site_is_remote(site) && endpoint_split(record->endpoint, &host, &port))
		remote_warn(site->env, &site->to, &site->resolved, port, !streq(host, site->resolved.host));
}
