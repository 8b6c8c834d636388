/* SPDX-License-Identifier: Apache-2.0 */
/* Making and removing entries of gateways that were made elsewhere. */
#include "gateway/enroll.h"

#include <stdlib.h>

#include "base/file.h"
#include "gateway/endpoint.h"
#include "store/registry.h"

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
	struct buf bundle[MTLS_FILES];
};

static void before_release(struct before *before)
{
	free(before->active);
	for (int i = 0; i < MTLS_FILES; i++)
		buf_release(&before->bundle[i]);
	*before = (struct before){ 0 };
}

static int before_read(const struct gateway_env *env, const char *name, struct before *before, struct error **err)
{
	AUTO(argv) ignored = ARGV_INIT;

	before->active = registry_active_of_user(env->paths, &ignored);
	/* the user's bundle for an entry of the system's */
	before->had_bundle = mtls_examine(env->paths, name) == MTLS_VALID;
	return before->had_bundle ? mtls_load(env->paths, name, before->bundle, err) : 0;
}

/* As far as it can be done; the failure that led here is the one to tell. */
static void undo(const struct gateway_env *env, const struct enroll_options *options, const struct before *before)
{
	const struct paths *paths = env->paths;
	autofree char *metadata = paths_metadata(paths, options->name);
	autoerror struct error *one = NULL, *two = NULL, *three = NULL;

	(void)!file_remove(metadata, &one);
	if (options->bundle != NULL && before->had_bundle)
		(void)!mtls_store(paths, options->name, before->bundle, &two);
	else if (options->bundle != NULL)
		(void)!mtls_remove(paths, options->name, &two);
	if (before->active != NULL)
		(void)!registry_set_active(paths, before->active, &three);
	else
		(void)!registry_clear_active(paths, options->name, &three);
	registry_tidy(paths, options->name);
}

/* The bundle first: an entry never stands without what it needs. */
static int write_entry(const struct gateway_env *env, const struct enroll_options *options,
		       const struct record *record, struct error **err)
{
	AUTO(before) before = { 0 };

	if (before_read(env, options->name, &before, err) < 0)
		return -1;
	if ((options->bundle == NULL || mtls_store(env->paths, options->name, options->bundle, err) == 0) &&
	    registry_save(env->paths, record, err) == 0 &&
	    registry_set_active(env->paths, options->name, err) == 0)
		return 0;
	undo(env, options, &before);
	return -1;
}

/* ------------------------------------------------------------------ add */

static void fill_record(const struct enroll_options *options, struct record *record)
{
	const struct target *target = options->target;

	record->name = xstrdup(options->name);
	record->endpoint = xstrdup(target->endpoint);
	record->remote_host = options->destination ? xstrdup(options->destination) : NULL;
	record->is_remote = record->remote_host != NULL || (!options->is_local && !endpoint_is_loopback(target->host));
	record->auth_mode = target->is_plaintext ? xstrdup("plaintext") : options->bundle ? xstrdup("mtls") : NULL;
}

int gateway_enroll(const struct gateway_env *env, const struct enroll_options *options, struct record *record,
		   struct error **err)
{
	if (check_name(env, options->name, err) < 0)
		return -1;
	fill_record(options, record);
	if (write_entry(env, options, record, err) < 0)
		return error_wrap(err, "cannot add gateway '%s'", options->name);
	return 0;
}

/* ------------------------------------------------------------------ remove */

static int refuse_system_entry(const char *name, const char *path, struct error **err)
{
	error_set(err, ERROR_REFUSED, "gateway '%s' is installed by the system and cannot be removed from user config (%s)",
		  name, path);
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
		progress_note(env, "Its container remains: openshell gateway destroy --name %s removes it.", record->name);
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
	if (registry_clear_active(env->paths, name, err) < 0 ||
	    registry_remove(env->paths, name, &removed, err) < 0)
		return error_wrap(err, "cannot remove gateway '%s'", name);
	if (!removed) {
		error_set(err, ERROR_ABSENT, "there is no gateway '%s' to be removed", name);
		error_code(err, "gateway-absent");
		return error_hint_command(err, "See those that exist", "openshell gateway list");
	}
	tell_container(env, &record);
	shared = registry_find(env->paths, name, &source);
	if (shared != NULL)
		progress_note(env, "The system's entry of that name is seen again (%s).", shared);
	return 0;
}

