/* SPDX-License-Identifier: Apache-2.0 */
/* Pulling, with credentials that docker keeps nowhere. */
#include "gateway/fetch.h"

#include "base/file.h"
#include "gateway/dryrun.h"
#include "gateway/image.h"
#include "tools/docker_config.h"

static int check_policy(const struct deploy_options *options, const char *ref, struct error **err)
{
	if (options->pull == PULL_NEVER) {
		error_set(err, ERROR_ABSENT, "the image %s is not here, and --pull never forbids to pull it", ref);
		error_code(err, "image-absent");
		return error_hint_command(err, "Load it from an archive", "docker load -i FILE");
	}
	if (image_is_local(ref)) {
		error_set(err, ERROR_ABSENT, "the image %s %s, and its name has no registry to pull it from", ref,
			  options->pull == PULL_ALWAYS ? "cannot be pulled (--pull always)" : "is not here");
		error_code(err, "image-absent");
		error_hint_command(err, "Build it, in openshell's sources", "deploy/scripts/build-images.sh");
		return error_hint_command(err, "Or load it from an archive", "docker load -i FILE");
	}
	return 0;
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

int gateway_fetch_image(const struct gateway_env *env, const struct deploy_options *options, const char *ref,
			struct error **err)
{
	struct docker_pull pull = { .ref = ref };
	AUTO(image_credentials) credentials = { 0 };

	if (check_policy(options, ref, err) < 0)
		return -1;
	image_credentials(env->settings, options->registry_username, options->registry_token, &credentials);
	if (credentials.password != NULL && !is_for(&credentials, ref))
		progress_note(env, "the registry credentials are for %s: %s is pulled without them "
				   "(OPENSHELL_REGISTRY_HOST names another registry)", credentials.registry, ref);
	else
		image_credentials_for_pull(&credentials);
	if (credentials.password != NULL && is_for(&credentials, ref))
		return pull_as(env, &credentials, options->name, &pull, err);
	return pull_shown(env, &pull, err);
}
