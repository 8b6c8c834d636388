/* SPDX-License-Identifier: Apache-2.0 */
/* Making and removing entries of gateways that were made elsewhere. */
#include "gateway/enroll.h"

#include <stdlib.h>

#include "base/file.h"
#include "gateway/context.h"
#include "gateway/endpoint.h"
#include "gateway/watch.h"
#include "store/registry.h"
#include "tools/openssl.h"

/* ------------------------------------------------------------------ writing an entry, or nothing */

static int check_name(const struct gateway_env *env, const char *name, struct error **err)
{
	enum record_source source;
	autofree char *path = registry_find(env->paths, name, &source);

	if (path == NULL)
		return 0;
	if (source == SOURCE_SYSTEM) {
		progress_note(env, "This entry hides the system's of that name (%s).", path);
		return 0;
	}
	error_set(err, ERROR_CONFLICT, "gateway '%s' already exists (%s)", name, path);
	error_hint(err, "Give the new one another name with --name");
	return error_hint_command(err, "Or remove that entry", "openshell gateway remove %s", name);
}

/* What is there before the first write. */
struct before {
	char *active;
	bool had_bundle;
	struct mtls_bundle bundle;
};

static void before_release(struct before *before)
{
	free(before->active);
	mtls_bundle_release(&before->bundle);
	*before = (struct before){ 0 };
}

static int before_read(const struct gateway_env *env, const char *name, struct before *before, struct error **err)
{
	AUTO(argv) ignored = ARGV_INIT;

	before->active = registry_active_of_user(env->paths, &ignored);
	/* the user's bundle for an entry of the system's */
	before->had_bundle = mtls_examine(env->paths, name) == MTLS_VALID;
	return before->had_bundle ? mtls_read(env->paths, name, before->bundle.parts, err) : 0;
}

/* As far as it can be done; the failure that led here is the one to tell. */
static void undo(const struct gateway_env *env, const struct enroll_options *options, const struct before *before)
{
	const struct paths *paths = env->paths;
	autofree char *metadata = paths_metadata(paths, options->name);
	autoerror struct error *one = NULL, *two = NULL, *three = NULL, *four = NULL;

	(void)!file_remove(metadata, &one);
	if (options->bundle != NULL && before->had_bundle)
		(void)!mtls_store(paths, options->name, before->bundle.parts, &two);
	else if (options->bundle != NULL)
		(void)!mtls_remove(paths, options->name, &two);
	/* that gateway itself may have been removed */
	if (before->active == NULL || registry_set_active(paths, before->active, &three) < 0)
		(void)!registry_clear_active(paths, options->name, &four);
	registry_tidy(paths, options->name);
}

/* The bundle first: an entry never stands without what it needs. */
static int write_entry(const struct gateway_env *env, const struct enroll_options *options,
		       const struct record *record, struct error **err)
{
	AUTO(before) before = { 0 };

	if (before_read(env, options->name, &before, err) < 0)
		return -1;
	if ((options->bundle == NULL || mtls_store(env->paths, options->name, options->bundle->parts, err) == 0) &&
	    registry_save(env->paths, record, err) == 0 &&
	    registry_set_active(env->paths, options->name, err) == 0)
		return 0;
	undo(env, options, &before);
	return -1;
}

/* ------------------------------------------------------------------ what the engine has of it */

static int hint_to_look(const struct gateway_env *env, struct error **err)
{
	autofree char *command = gateway_docker_command(env, "ps");

	return error_hint_command(err, "See which containers run, and what they publish", "%s", command);
}

static int no_container(const struct gateway_env *env, const struct target *target, struct error **err)
{
	autofree char *place = gateway_place(env);

	if (target->port > 0)
		error_set(err, ERROR_ABSENT, "no gateway's container runs %s that publishes port %d", place,
			  target->port);
	else
		error_set(err, ERROR_ABSENT, "no gateway's container runs %s", place);
	return hint_to_look(env, err);
}

static int many_containers(const struct gateway_env *env, const struct gateway_list *list,
			   const struct target *target, struct error **err)
{
	autofree char *names = argv_join(&list->names, ", "), *place = gateway_place(env);

	error_set(err, ERROR_USAGE, "%zu gateways' containers run %s: %s", list->ids.n, place, names);
	if (target->port == 0)
		error_hint(err, "Say in ENDPOINT which port the gateway publishes");
	return hint_to_look(env, err);
}

/* *is_namesake: it is the one that `gateway start` makes for a gateway of this name. */
static int find_container(const struct gateway_env *env, const struct enroll_options *options,
			  struct container *container, bool *is_namesake, struct error **err)
{
	autofree char *own_name = gateway_container_name(options->name);
	const struct target *target = options->target;
	AUTO(gateway_list) list = { .ids = ARGV_INIT, .names = ARGV_INIT };

	if (docker_gateways(env->docker, target->port, &list, err) < 0)
		return -1;
	if (list.ids.n == 0)
		return no_container(env, target, err);
	if (list.ids.n > 1)
		return many_containers(env, &list, target, err);
	*is_namesake = streq(list.names.v[0], own_name);
	if (docker_container_get(env->docker, list.ids.v[0], container, err) < 0)
		return -1;
	return container->phase == PHASE_ABSENT ? no_container(env, target, err) : 0;
}

static int check_speaks_tls(const struct container *container, const struct target *target, struct error **err)
{
	const char *off = container_env(container, "DISABLE_TLS");

	if (off == NULL || !streq(off, "true"))
		return 0;
	error_set(err, ERROR_USAGE, "that gateway speaks no TLS, and so has no certificates");
	return error_hint_command(err, "Add it as what it is", "openshell gateway add http%s",
				  target->endpoint + strlen("https"));
}

static int fetch_bundle(const struct gateway_env *env, const struct container *container,
			struct mtls_bundle *bundle, struct error **err)
{
	env->progress->step(env->progress->arg, "fetching the certificates");
	if (watch_bundle(env, container->id, container->restarts, bundle, err) < 0)
		return -1;
	env->progress->done(env->progress->arg);
	return 0;
}

/* So that status, logs and stop find it. A namesake's entry is again what `gateway start` wrote. */
static int fill_container(const struct gateway_env *env, const struct container *container, bool is_namesake,
			  struct record *record, struct error **err)
{
	AUTO(engine) engine = { 0 };

	if (docker_engine(env->docker, &engine, err) < 0)
		return -1;
	record->docker_endpoint = gateway_docker_endpoint(env, &engine, err);
	if (record->docker_endpoint == NULL)
		return -1;
	record->docker_id = engine.id ? xstrdup(engine.id) : NULL;
	record->container_id = xstrdup(container->id);
	if (!is_namesake)
		return 0;
	record->port = container->host_port;
	record->image = container->image_ref ? xstrdup(container->image_ref) : NULL;
	return 0;
}

/* ------------------------------------------------------------------ add */

/* What openssl finds wanting: ERROR_USAGE; that it could not be asked is no failure. */
static int judge(const char *what, struct error **err)
{
	autofree char *why = error_is(*err, ERROR_SYSTEM) ? error_text(*err) : NULL;

	if (error_is(*err, ERROR_CANCELLED))
		return -1;
	error_free(err);
	return why != NULL ? error_set(err, ERROR_USAGE, "%s: %s", what, why) : 0;
}

int gateway_check_given(const struct gateway_env *env, const struct mtls_bundle *bundle, struct error **err)
{
	const struct runner *runner = env->docker->runner;
	AUTO(certificate) authority = { 0 };

	if (openssl_certificate(runner, buf_str(&bundle->parts[MTLS_CA]), &authority, err) < 0 && judge("--ca", err) < 0)
		return -1;
	if (openssl_check_key(runner, buf_str(&bundle->parts[MTLS_CERT]), buf_str(&bundle->parts[MTLS_KEY]), err) < 0)
		return judge("--cert, --key", err);
	return 0;
}

/* ssh:// has ssh's name of the host, which may be an alias. */
static char *make_endpoint(const struct target *target, const struct site *site)
{
	if (target->destination == NULL || site->resolved.problem != NULL)
		return xstrdup(target->endpoint);
	return endpoint_url(target->is_plaintext, site->resolved.host, target->port);
}

static void fill_record(const struct gateway_env *env, const struct enroll_options *options, struct record *record)
{
	const struct target *target = options->target;

	record->name = xstrdup(options->name);
	record->path = paths_metadata(env->paths, options->name);
	record->endpoint = make_endpoint(target, options->site);
	record->is_remote = !options->is_local && !endpoint_is_loopback(target->host);
	if (options->site != NULL)
		site_fill_record(options->site, record);
}

/* Where certificates are to be had, or NULL where none are to be fetched. */
static const struct gateway_env *open_engine(const struct gateway_env *env, const struct enroll_options *options,
					     int *rc, struct error **err)
{
	*rc = 0;
	if (options->bundle != NULL || options->target->is_plaintext || (options->site == NULL && !options->is_local))
		return NULL;
	if (options->site == NULL)
		return env;
	*rc = site_open(options->site, options->may_ask, err);
	return options->site->env;
}

/* The certificates that the gateway's own container has. */
static int extract(const struct gateway_env *env, const struct enroll_options *options, struct record *record,
		   struct mtls_bundle *bundle, struct error **err)
{
	AUTO(container) container = { 0 };
	bool is_namesake = false;

	if (find_container(env, options, &container, &is_namesake, err) < 0 ||
	    check_speaks_tls(&container, options->target, err) < 0 ||
	    fetch_bundle(env, &container, bundle, err) < 0)
		return -1;
	return fill_container(env, &container, is_namesake, record, err);
}

static void tell_lack_of_bundle(const struct gateway_env *env, const char *name)
{
	if (mtls_examine(env->paths, name) == MTLS_VALID) {
		progress_note(env, "The certificates that are already stored for '%s' are used.", name);
		return;
	}
	progress_warn(env, "there are no certificates for '%s', and openshell has no login by a browser: to give some, "
			   "remove the entry and add it again with --ca, --cert and --key, or with --local", name);
}

static int enroll(const struct gateway_env *env, const struct enroll_options *options, struct record *record,
		  struct error **err)
{
	struct enroll_options entry = *options;
	AUTO(mtls_bundle) extracted = { 0 };
	const struct gateway_env *engine;
	int rc;

	if (check_name(env, entry.name, err) < 0)
		return -1;
	fill_record(env, &entry, record);
	engine = open_engine(env, &entry, &rc, err);
	if (rc < 0)
		return -1;
	if (engine != NULL) {
		if (extract(engine, &entry, record, &extracted, err) < 0)
			return -1;
		entry.bundle = &extracted;
	}
	if (entry.target->is_plaintext)
		record->auth_mode = xstrdup("plaintext");
	else if (entry.bundle != NULL && record->port == 0)
		record->auth_mode = xstrdup("mtls");
	if (write_entry(env, &entry, record, err) < 0)
		return -1;
	if (!entry.target->is_plaintext && entry.bundle == NULL)
		tell_lack_of_bundle(env, entry.name);
	return 0;
}

int gateway_enroll(const struct gateway_env *env, const struct enroll_options *options, struct record *record,
		   struct error **err)
{
	if (enroll(env, options, record, err) < 0)
		return error_wrap(err, "cannot add gateway '%s'", options->name);
	return 0;
}

/* ------------------------------------------------------------------ remove */

static int refuse_system_entry(const char *name, const char *path, struct error **err)
{
	error_set(err, ERROR_REFUSED,
		  "gateway '%s' is installed by the system and cannot be removed from user config (%s)", name, path);
	error_code(err, "system-entry");
	error_hint_command(err, "Select another gateway", "openshell gateway select");
	return error_hint_command(err, "Or hide it by an entry of yours with that name",
				  "openshell gateway add https://HOST:PORT --name %s", name);
}

/* Of a gateway that gateway_enroll() or gateway_deploy() found on an engine. */
static void tell_container(const struct gateway_env *env, const struct record *record)
{
	if (record->container_id == NULL)
		return;
	if (record->port != 0)
		progress_note(env, "Its container remains: openshell gateway destroy --name %s removes it.",
			      record->name);
	else
		progress_note(env, "Its container (%.12s) is left as it is.", record->container_id);
}

int gateway_forget(const struct gateway_env *env, const char *name, struct error **err)
{
	enum record_source source;
	autofree char *path = NULL, *shared = NULL;
	AUTO(record) record = { 0 };
	autoerror struct error *malformed = NULL;
	bool removed;

	if (name_check_readable(name, err) < 0)
		return -1;
	path = registry_find(env->paths, name, &source);
	if (path != NULL && source == SOURCE_SYSTEM)
		return refuse_system_entry(name, path, err);
	(void)!registry_load(env->paths, name, &record, &malformed);
	if (registry_remove(env->paths, name, &removed, err) < 0)
		return error_wrap(err, "cannot remove gateway '%s'", name);
	if (!removed) {
		error_set(err, ERROR_ABSENT, "there is no gateway '%s' to be removed", name);
		error_code(err, "gateway-absent");
		return error_hint_command(err, "See those that exist", "openshell gateway list");
	}
	tell_container(env, &record);
	context_forget(env, name);
	shared = registry_find(env->paths, name, &source);
	if (shared != NULL)
		progress_note(env, "The system's entry of that name is seen again (%s).", shared);
	return 0;
}

