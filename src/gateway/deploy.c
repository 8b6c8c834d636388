/* SPDX-License-Identifier: Apache-2.0 */
/* Going through the deploy table (deploy_steps.c), and taking back what a failed run made. */
#include "gateway/deploy.h"

#include <assert.h>
#include <stdlib.h>

#include "base/cancel.h"
#include "base/log.h"
#include "gateway/deploy_steps.h"
#include "gateway/site.h"
#include "store/mtls.h"
#include "store/nodefiles.h"

static const char *const state_names[] = {
	[DEPLOY_NEW] = "new",
	[DEPLOY_IMAGE_READY] = "image-ready",
	[DEPLOY_CLEARED] = "cleared",
	[DEPLOY_NETWORK_READY] = "network-ready",
	[DEPLOY_VOLUME_READY] = "volume-ready",
	[DEPLOY_CONTAINER_READY] = "container-ready",
	[DEPLOY_SUPPLIED] = "supplied",
	[DEPLOY_RUNNING] = "running",
	[DEPLOY_NODES_CLEAN] = "nodes-clean",
	[DEPLOY_IMAGES_PUSHED] = "images-pushed",
	[DEPLOY_HEALTHY] = "healthy",
	[DEPLOY_TRUSTED] = "trusted",
	[DEPLOY_RECORDED] = "recorded",
	[DEPLOY_READY] = "ready",
};
static_assert(ARRAY_LEN(state_names) == DEPLOY_STATES, "one name per state");

const char *deploy_state_name(enum deploy_state state)
{
	return state_names[state];
}

void deploy_outcome_release(struct deploy_outcome *outcome)
{
	record_release(&outcome->record);
}

/* ------------------------------------------------------------------ the driver */

static int run_step(struct deploy *deploy, const struct step *step, struct error **err)
{
	const struct progress *progress = deploy->env->progress;
	int (*act)(struct deploy *, struct error **) = deploy->env->dryrun != NULL ? step->show : step->act;
	bool fatal = !step->optional;

	if (step->doing != NULL)
		progress->step(progress->arg, step->doing);
	if (act(deploy, err) == 0) {
		if (step->doing != NULL)
			progress->done(progress->arg);
		return 0;
	}
	fatal |= error_is(*err, ERROR_CANCELLED);
	if (step->doing != NULL)
		progress->failed(progress->arg, fatal);
	if (!fatal) {
		autofree char *why = error_text(*err);

		progress_warn(deploy->env, "%s: %s", step->doing, why);
		error_free(err);
		return 0;
	}
	return step->doing != NULL ? error_wrap(err, "%s", step->doing) : -1;
}

static int run_steps(struct deploy *deploy, struct error **err)
{
	for (size_t i = 0; i < deploy_step_count; i++) {
		const struct step *step = &deploy_steps[i];

		assert(step->from == deploy->state);
		if (step->needed(deploy) && (cancel_check(err) < 0 || run_step(deploy, step, err) < 0))
			return -1;
		log_debug("%s -> %s", deploy_state_name(deploy->state), deploy_state_name(step->to));
		deploy->state = step->to;
	}
	return 0;
}

/* ------------------------------------------------------------------ taking back */

/* False when it remains. */
static bool take_back(struct deploy *deploy, bool made, const char *what,
		      int (*remove)(const struct docker *, const char *, struct error **))
{
	autoerror struct error *failed = NULL;
	const char *name = deploy->survey.container_name;
	const struct site *site = deploy->options->site;
	autofree char *why = NULL, *options = NULL;

	if (!made || remove(deploy->env->docker, name, &failed) == 0)
		return true;
	why = error_text(failed);
	progress_warn(deploy->env, "the %s %s remains: %s", what, name, why);
	options = site != NULL ? site_text(site) : NULL; /* there may be no record that leads there */
	progress_warn(deploy->env, "to remove it: openshell gateway destroy --name %s%s%s", deploy->options->name,
		      options != NULL ? " " : "", options != NULL ? options : "");
	return false;
}

/* After a failed create a container may be there that we did not make: ours has never been started.
 * One that cannot be looked at is told as what remains. */
static bool has_own_container(const struct deploy *deploy)
{
	AUTO(container) now = { 0 };
	autoerror struct error *ignored = NULL;

	if (!deploy->create_failed)
		return deploy->made_container;
	return docker_container_get(deploy->env->docker, deploy->survey.container_name, &now, &ignored) < 0 ||
	       now.phase == PHASE_CREATED;
}

static void restore_files(const struct deploy *deploy)
{
	autoerror struct error *failed = NULL;
	autofree char *why = NULL;

	if (!deploy->changed_files)
		return;
	if (node_files_store(deploy->env->paths, deploy->options->name, &deploy->survey.kept, &failed) < 0) {
		why = error_text(failed);
		progress_warn(deploy->env, "the former files of the node are lost: %s", why);
	}
}

static void take_back_objects(struct deploy *deploy)
{
	const struct progress *progress = deploy->env->progress;
	bool gone;

	if (!deploy->made_container && !deploy->made_network && !deploy->made_volume)
		return;
	progress->step(progress->arg, "taking back what was made");
	gone = take_back(deploy, has_own_container(deploy), "container", docker_container_remove);
	gone &= take_back(deploy, deploy->made_network, "network", docker_network_remove);
	gone &= take_back(deploy, deploy->made_volume, "volume", docker_volume_remove);
	if (gone)
		progress->done(progress->arg);
	else
		progress->failed(progress->arg, false);
}

static void keep(const struct deploy *deploy)
{
	const struct { bool made; const char *what; } rows[] = {
		{ deploy->made_container, "container" }, { deploy->made_network, "network" }, { deploy->made_volume, "volume" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].made)
			progress_note(deploy->env, "the %s %s of the failed start is kept (--keep-failed)", rows[i].what,
				      deploy->survey.container_name);
}

static void roll_back(struct deploy *deploy)
{
	autoerror struct error *ignored = NULL;
	bool removed;

	if (deploy->env->dryrun != NULL)
		return;
	/* a second signal breaks this off; what is left is told */
	cancel_forget();
	if (deploy->options->keep_failed) {
		keep(deploy);
		return;
	}
	take_back_objects(deploy);
	/* the record was written, but not made active; an entry that was there before stays */
	if (deploy->state >= DEPLOY_RECORDED && deploy->survey.record.name == NULL) {
		(void)!registry_remove(deploy->env->paths, deploy->options->name, &removed, &ignored);
	} else if (deploy->made_bundle) {
		(void)!mtls_remove(deploy->env->paths, deploy->options->name, &ignored);
	}
	restore_files(deploy);
	registry_tidy(deploy->env->paths, deploy->options->name);
}

static void deploy_release(struct deploy *deploy)
{
	if (deploy->watching)
		watch_release(&deploy->watch);
	survey_release(&deploy->survey);
	record_release(&deploy->record);
	free(deploy->node);
}

static int start_failed(const char *name, struct error **err)
{
	if (error_is(*err, ERROR_SYSTEM))
		error_code(err, "start-failed");
	return error_wrap(err, "cannot start gateway '%s'", name);
}

int gateway_deploy(const struct gateway_env *env, const struct deploy_options *options,
		   struct deploy_outcome *outcome, struct error **err)
{
	AUTO(deploy) deploy = {
		.env = env, .options = options, .state = DEPLOY_NEW,
		.node = gateway_node_name(options->name),
	};

	if (survey_make(&deploy.survey, env, options, err) < 0)
		return start_failed(options->name, err);
	if (run_steps(&deploy, err) < 0) {
		start_failed(options->name, err);
		if (deploy.watching)
			watch_release(&deploy.watch);
		deploy.watching = false;
		roll_back(&deploy);
		return -1;
	}
	outcome->was_running = deploy.survey.action == ACTION_KEEP && deploy.survey.push.n == 0 &&
			       deploy.survey.container.health == HEALTH_HEALTHY;
	outcome->waited = !options->no_wait || outcome->was_running;
	outcome->record = deploy.record;
	deploy.record = (struct record){ 0 };
	return 0;
}
