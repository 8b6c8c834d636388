/* SPDX-License-Identifier: Apache-2.0 */
/* Stopping and removing. Each call takes absence for success, so that a broken-off run can be repeated. */
#include "gateway/teardown.h"

#include <stdlib.h>

#include "gateway/context.h"
#include "gateway/dryrun.h"
#include "store/mtls.h"
#include "store/registry.h"

#define REMOVAL_WAIT_MS 60000
#define REMOVAL_INTERVAL_MS 500

static int refuse_system_entry(const char *name, const char *path, struct error **err)
{
	error_set(err, ERROR_REFUSED, "gateway '%s' is an entry of the system (%s), not one of yours", name, path);
	error_code(err, "system-entry");
	error_hint_command(err, "Make one of that name, which hides it", "openshell gateway start --name %s", name);
	return error_hint_command(err, "Or select another", "openshell gateway select");
}

/* The user's record, zero when there is none or it cannot be read; never somebody else's gateway. */
static int load_own(const struct gateway_env *env, const char *name, struct record *record, struct error **err)
{
	enum record_source source;
	autofree char *path = registry_find(env->paths, name, &source);

	if (path != NULL && source == SOURCE_SYSTEM) /* also one that cannot be used */
		return refuse_system_entry(name, path, err);
	if (registry_load(env->paths, name, record, err) < 0) {
		error_free(err);
		return 0;
	}
	if (gateway_is_at_hand(env, record))
		return 0;
	error_set(err, ERROR_REFUSED, "gateway '%s' is not on this docker engine (%s)", name, record->endpoint);
	return error_code(err, "gateway-elsewhere");
}

int gateway_check_container(const struct gateway_env *env, const struct record *record,
			    const struct container *container, bool force, struct error **err)
{
	AUTO(engine) engine = { 0 };

	if (force || record->docker_id == NULL || record_has_container(record, container->id))
		return 0;
	if (docker_engine(env->docker, &engine, err) < 0)
		return -1;
	return gateway_check_identity(env, record, &engine, err);
}

int gateway_find_container(const struct gateway_env *env, const char *name, bool force, struct container *container,
			   struct error **err)
{
	AUTO(record) record = { 0 };
	autofree char *wanted = NULL;

	if (load_own(env, name, &record, err) < 0)
		return -1;
	wanted = record.name != NULL ? gateway_record_container(&record) : NULL;
	if (wanted == NULL)
		wanted = gateway_container_name(name);
	if (docker_container_get(env->docker, wanted, container, err) < 0)
		return -1;
	return gateway_check_container(env, &record, container, force, err);
}

static void step(const struct gateway_env *env, const char *doing)
{
	env->progress->step(env->progress->arg, doing);
}

static int stop_container(const struct gateway_env *env, const struct teardown_options *options, bool *stopped,
			  struct error **err)
{
	autofree char *name = gateway_container_name(options->name);
	AUTO(record) record = { 0 };
	AUTO(container) container = { 0 };

	if (load_own(env, options->name, &record, err) < 0)
		return -1;
	/* an ID is of one engine only: in the usual case one call both checks and stops */
	if (record.container_id != NULL && !options->force && env->dryrun == NULL) {
		if (docker_container_stop(env->docker, record.container_id, stopped, err) < 0)
			return -1;
		if (*stopped)
			return 0;
	}
	if (docker_container_get(env->docker, name, &container, err) < 0 ||
	    gateway_check_container(env, &record, &container, options->force, err) < 0)
		return -1;
	*stopped = container.phase != PHASE_ABSENT;
	if (env->dryrun != NULL && (container.phase == PHASE_EXITED || container.phase == PHASE_CREATED))
		return 0;
	return *stopped ? docker_container_stop(env->docker, name, stopped, err) : 0;
}

int gateway_stop(const struct gateway_env *env, const struct teardown_options *options, bool *stopped,
		 struct error **err)
{
	step(env, "stopping the container");
	if (stop_container(env, options, stopped, err) < 0)
		return error_wrap(err, "cannot stop gateway '%s'", options->name);
	env->progress->done(env->progress->arg);
	return 0;
}

static bool is_being_removed(const struct gateway_env *env, const char *name)
{
	AUTO(container) now = { 0 };
	autoerror struct error *ignored = NULL;

	return docker_container_get(env->docker, name, &now, &ignored) == 0 && now.phase == PHASE_REMOVING;
}

/* docker refuses to remove what it is removing, for an earlier run that was killed: the end of that is awaited. */
static int remove_or_await(const struct gateway_env *env, const char *container, struct error **err)
{
	int64_t until = clock_now_ms(env->clock) + REMOVAL_WAIT_MS;

	while (docker_container_remove(env->docker, container, err) < 0) {
		if (error_is(*err, ERROR_CANCELLED) || clock_now_ms(env->clock) >= until ||
		    !is_being_removed(env, container))
			return -1;
		error_free(err);
		runner_pump(env->docker->runner, NULL, 0, REMOVAL_INTERVAL_MS);
	}
	return 0;
}

int gateway_remove_container(const struct gateway_env *env, const char *container, struct error **err)
{
	bool stopped;
	autoerror struct error *ignored = NULL;

	/* a clean end first; the removal is by force, so a failure here does not matter */
	if (docker_container_stop(env->docker, container, &stopped, &ignored) < 0 &&
	    error_is(ignored, ERROR_CANCELLED)) {
		*err = STEAL(ignored);
		return -1;
	}
	return remove_or_await(env, container, err);
}

int gateway_remove_resources(const struct gateway_env *env, const char *container, struct error **err)
{
	step(env, "removing the container");
	if (gateway_remove_container(env, container, err) < 0)
		return -1;
	step(env, "removing the volume");
	if (docker_volume_remove(env->docker, container, err) < 0)
		return -1;
	step(env, "removing the network");
	return docker_network_remove(env->docker, container, err);
}

/* One that another container uses stays, and that is said. */
static int remove_image(const struct gateway_env *env, const char *ref, struct error **err)
{
	autofree char *why = NULL;

	if (ref == NULL || docker_image_remove(env->docker, ref, err) == 0)
		return 0;
	if (error_is(*err, ERROR_CANCELLED))
		return -1;
	why = error_text(*err);
	progress_warn(env, "the image %s remains: %s", ref, why);
	error_free(err);
	return 0;
}

static void show_removal(const struct gateway_env *env, const char *name)
{
	autofree char *dir = paths_gateway_dir(env->paths, name), *flat = paths_flat_metadata(env->paths, name);
	autofree char *path = paths_active(env->paths->user_root);
	AUTO(argv) ignored = ARGV_INIT;
	autofree char *active = registry_active(env->paths, &ignored);
	const char *const files[] = { dir, flat, path };

	dryrun_remove(env->dryrun, files, active != NULL && streq(active, name) ? 3 : 2);
}

/* One that `gateway add` found is somebody else's to destroy; without a record it is told by names. */
static int check_made_here(const struct record *record, struct error **err)
{
	if (record->name == NULL || record->port > 0)
		return 0;
	error_set(err, ERROR_REFUSED, "gateway '%s' was not made under this name, only added (%s)", record->name,
		  record->endpoint);
	error_code(err, "gateway-elsewhere");
	return error_hint_command(err, "Remove the entry", "openshell gateway remove %s", record->name);
}

static int destroy(const struct gateway_env *env, const struct teardown_options *options, bool *found,
		   struct error **err)
{
	autofree char *name = gateway_container_name(options->name);
	AUTO(record) record = { 0 };
	AUTO(container) container = { 0 };
	bool recorded = false, volume = false;
	size_t networks = 0;

	if (load_own(env, options->name, &record, err) < 0 || check_made_here(&record, err) < 0 ||
	    docker_container_get(env->docker, name, &container, err) < 0 ||
	    gateway_check_container(env, &record, &container, options->force, err) < 0)
		return -1;
	*found = container.phase != PHASE_ABSENT;
	if (!*found && (docker_volume_exists(env->docker, name, &volume, err) < 0 ||
			docker_network_count(env->docker, name, &networks, err) < 0))
		return -1;
	if ((*found || volume || networks > 0) && gateway_remove_resources(env, name, err) < 0)
		return -1;
	if (options->remove_image && remove_image(env, container.image_ref ? container.image_ref : record.image, err) < 0)
		return -1;
	if (env->dryrun != NULL) {
		show_removal(env, options->name);
		context_forget(env, options->name);
		return 0;
	}
	if (registry_remove(env->paths, options->name, &recorded, err) < 0)
		return -1;
	context_forget(env, options->name);
	*found = container.phase != PHASE_ABSENT || volume || networks > 0 || recorded;
	return 0;
}

int gateway_destroy(const struct gateway_env *env, const struct teardown_options *options, bool *found,
		    struct error **err)
{
	if (destroy(env, options, found, err) < 0)
		return error_wrap(err, "cannot destroy gateway '%s'", options->name);
	env->progress->done(env->progress->arg);
	return 0;
}
