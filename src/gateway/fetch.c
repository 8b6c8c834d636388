/* SPDX-License-Identifier: Apache-2.0 */
/* Pulling, with credentials that docker keeps nowhere. */
#include "gateway/fetch.h"

#include "base/file.h"
#include "gateway/dryrun.h"
#include "gateway/image.h"
#include "tools/docker_config.h"

/* What is asked for at a registry; NULL: nothing can be. The caller frees. */
static char *source_of(const struct deploy_options *options, const char *ref)
{
	if (!image_is_local(ref))
		return xstrdup(ref);
	return options->site != NULL ? image_published(ref) : NULL;
}

/* first: the words for a file, where that is the first step. */
static int hint_to_bring(const struct gateway_env *env, const struct deploy_options *options, const char *first,
			 struct error **err)
{
	autofree char *command = gateway_docker_command(env, "load -i FILE");

	if (options->site == NULL)
		return error_hint_command(err, first, "%s", command);
	error_hint_command(err, "Send the one that docker has on this host",
			   "openshell gateway start --name %s --push-image", options->name);
	return error_hint_command(err, "Or load it there from an archive", "%s", command);
}

static int check_policy(const struct gateway_env *env, const struct deploy_options *options, const char *ref,
			const char *source, struct error **err)
{
	const char *where = options->site != NULL ? "on that host" : "here";

	if (options->pull == PULL_NEVER) {
		error_set(err, ERROR_ABSENT, "the image %s is not %s, and --pull never forbids to pull it", ref, where);
		error_code(err, "image-absent");
		return hint_to_bring(env, options, "Load it from an archive", err);
	}
	if (source != NULL)
		return 0;
	if (options->pull == PULL_ALWAYS) {
		error_set(err, ERROR_ABSENT, "the image %s cannot be pulled (--pull always), and its name has no registry to "
			  "pull it from", ref);
		error_meaning(err, "Only an image whose name begins with a registry can be pulled.");
		error_hint_command(err, "Take the one that docker has, if it has it", "openshell gateway start --name %s",
				   options->name);
	} else {
		error_set(err, ERROR_ABSENT, "the image %s is not %s, and its name has no registry to pull it from", ref,
			  where);
	}
	error_code(err, "image-absent");
	error_hint_command(err, "Build it, in openshell's sources", "deploy/scripts/build-images.sh");
	return hint_to_bring(env, options, "Or load it from an archive", err);
}

/* The registry that a reference means; docker's own where it names none. */
static bool is_for(const struct image_credentials *credentials, const char *ref)
{
	AUTO(image_ref) parsed = { 0 };

	return image_ref_parse(ref, &parsed) && parsed.registry != NULL &&
	       streq(parsed.registry, credentials->registry);
}

/* docker's own bars where there is a terminal for them, else its lines. */
static int pull_shown(const struct gateway_env *env, struct docker_pull *pull, struct error **err)
{
	const struct progress *progress = env->progress;
	int rc;

	pull->line = progress->lend != NULL ? NULL : progress->detail;
	pull->arg = progress->arg;
	if (progress->lend != NULL)
		progress->lend(progress->arg, true);
	rc = docker_image_pull(env->docker, pull, err);
	if (progress->lend != NULL)
		progress->lend(progress->arg, false);
	return rc;
}

static int pull_as(const struct gateway_env *env, const struct image_credentials *credentials, const char *name,
		   struct docker_pull *pull, struct error **err)
{
	autofree char *dir = xasprintf("%s/%s.docker", env->paths->locks, name);
	autofree char *user_dir = settings_docker_dir(env->settings);
	const struct docker_login login = { credentials->registry, credentials->username, credentials->password };
	autoerror struct error *ignored = NULL;
	int rc;

	if (env->dryrun != NULL) {
		dryrun_tell(env->dryrun, "# as user %s of %s, whose password is not shown: docker login %s", login.username,
			    login.registry, login.registry);
		return pull_shown(env, pull, err);
	}
	rc = docker_config_make(dir, user_dir, &login, err);

	pull->config_dir = dir;
	if (rc == 0)
		rc = pull_shown(env, pull, err);
	(void)!dir_remove(dir, &ignored);
	return rc;
}

static int pull_source(const struct gateway_env *env, const struct deploy_options *options, struct docker_pull *pull,
		       struct error **err)
{
	AUTO(image_credentials) credentials = { 0 };

	image_credentials(env->settings, options->registry_username, options->registry_token, &credentials);
	if (credentials.password != NULL && !is_for(&credentials, pull->ref))
		progress_note(env, "the registry credentials are for %s: %s is pulled without them "
				   "(OPENSHELL_REGISTRY_HOST names another registry)", credentials.registry, pull->ref);
	else
		image_credentials_for_pull(&credentials);
	if (credentials.password != NULL && is_for(&credentials, pull->ref))
		return pull_as(env, &credentials, options->name, pull, err);
	return pull_shown(env, pull, err);
}

int gateway_fetch_image(const struct gateway_env *env, const struct deploy_options *options,
			const struct engine *engine, const char *ref, struct error **err)
{
	autofree char *source = source_of(options, ref);
	autofree char *platform = image_platform(engine->os, engine->arch);
	struct docker_pull pull = { .ref = source, .platform = platform };
	bool renamed = source != NULL && !streq(source, ref);

	if (check_policy(env, options, ref, source, err) < 0)
		return -1;
	if (renamed)
		progress_note(env, "%s names no registry: the published image %s is taken for it", ref, source);
	if (pull_source(env, options, &pull, err) < 0)
		return -1;
	return renamed ? docker_image_tag(env->docker, source, ref, err) : 0;
}
