/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a deploy in a dry run, where they are not the same calls with another runner. */
#include "gateway/deploy_steps.h"

#include <stdlib.h>

#include "gateway/dryrun.h"
#include "gateway/push.h"
#include "gateway/site.h"
#include "store/mtls.h"
#include "store/nodefiles.h"
#include "tools/ctr.h"
#include "tools/kubectl.h"

static void take_sent(struct survey *survey)
{
	image_release(&survey->image);
	survey->image = survey->sent;
	survey->sent = (struct image){ 0 };
	if (!survey->afresh)
		survey->action = observe_action(&survey->container, survey->image.id, &survey->plan);
}

/* What a pull will bring is not known: an image with a health check, one hopes, and no other than now. */
int show_image(struct deploy *deploy, struct error **err)
{
	struct survey *survey = &deploy->survey;

	if (deploy_fetch(deploy, err) < 0)
		return -1;
	if (survey->sent.ref != NULL) {
		take_sent(survey);
	} else if (survey->image.ref == NULL) {
		survey->image.ref = xstrdup(survey->image_ref);
		survey->image.has_healthcheck = true;
	}
	return 0;
}

int show_network(struct deploy *deploy, struct error **err)
{
	const struct docker *docker = deploy->env->docker;
	const char *name = deploy->survey.container_name;
	size_t count = 0;

	if (!deploy->survey.afresh && docker_network_count(docker, name, &count, err) < 0)
		return -1;
	if (count > 0 && docker_network_remove(docker, name, err) < 0)
		return -1;
	if (docker_network_create(docker, name, deploy->options->name, err) < 0)
		return -1;
	return deploy_attach(deploy, err);
}

int show_volume(struct deploy *deploy, struct error **err)
{
	autofree char *bundle = paths_mtls_dir(deploy->env->paths, deploy->options->name);
	const char *const stale[] = { bundle };

	if (deploy->survey.volume_exists)
		return 0;
	deploy->made_volume = true;
	dryrun_remove(deploy->env->dryrun, stale, 1);
	return docker_volume_create(deploy->env->docker, deploy->survey.container_name, deploy->options->name, err);
}

/* What options gave is kept beside the entry; the contents, which may hold passwords, are copied, not shown. */
static void show_kept_files(const struct deploy *deploy)
{
	const struct survey *survey = &deploy->survey;
	const struct dryrun *dryrun = deploy->env->dryrun;
	autofree char *dir = paths_node_dir(deploy->env->paths, deploy->options->name);
	autofree char *id = xasprintf("%s/id", dir);
	const char *const kept[] = { dir };

	if (node_files_equal(&survey->files, &survey->kept))
		return;
	if (survey->files.id == NULL) {
		dryrun_remove(dryrun, kept, 1);
		return;
	}
	for (int i = 0; i < NODE_FILES; i++) {
		autofree char *file = xasprintf("%s/%s", dir, node_file_names[i]);
		const char *const gone[] = { file };

		if (survey->files.text[i].len == 0)
			dryrun_remove(dryrun, gone, 1);
		else if (deploy->options->files[i] != NULL)
			dryrun_copy(dryrun, deploy->options->files[i], file);
	}
	dryrun_write(dryrun, id, survey->files.id);
}

int show_create(struct deploy *deploy, struct error **err)
{
	show_kept_files(deploy);
	return deploy_create(deploy, err);
}

int show_supply(struct deploy *deploy, struct error **err)
{
	autofree char *dir = paths_node_dir(deploy->env->paths, deploy->options->name);
	AUTO(argv) files = ARGV_INIT;

	(void)err;
	for (int i = 0; i < NODE_FILES; i++)
		if (deploy->survey.files.text[i].len > 0)
			argv_addf(&files, "%s/%s", dir, node_file_names[i]);
	dryrun_unpack(deploy->env->dryrun, &files, deploy->survey.container_name, NODE_FILES_DIR);
	return 0;
}

int show_start(struct deploy *deploy, struct error **err)
{
	const struct docker *docker = deploy->env->docker;
	const char *container = deploy->survey.container_name;
	bool stopped;

	if (deploy->survey.action == ACTION_UNPAUSE)
		return docker_container_unpause(docker, container, err);
	if (deploy->survey.container.phase == PHASE_RESTARTING &&
	    docker_container_stop(docker, container, &stopped, err) < 0)
		return -1;
	return docker_container_start(docker, container, err);
}

/* The nodes can be seen when the gateway is healthy, which comes next: healthy it may be with a stale node beside. */
int show_clean_nodes(struct deploy *deploy, struct error **err)
{
	if (show_wait(deploy, err) < 0)
		return -1;
	dryrun_clean_nodes(deploy->env->dryrun, deploy->survey.container_name, deploy->node);
	return 0;
}

int show_push(struct deploy *deploy, struct error **err)
{
	const struct dryrun *dryrun = deploy->env->dryrun;
	const char *container = deploy->survey.container_name;
	const struct kubectl kubectl = { deploy->env->docker, container };
	autofree char *workload = NULL;

	if (deploy->survey.action == ACTION_KEEP &&
	    kubectl_workload_get(&kubectl, WORKLOAD_SPACE, WORKLOAD_NAME, &workload, err) < 0)
		return -1;
	dryrun_wait_containerd(dryrun, container);
	if (ctr_images_import(site_home(deploy->options->site, deploy->env), deploy->env->docker, container, &deploy->survey.push, err) < 0)
		return -1;
	/* where it cannot be seen yet: as in our chart */
	dryrun_restart_workload(dryrun, container, WORKLOAD_SPACE, workload ? workload : "statefulset/" WORKLOAD_NAME,
				!deploy->options->no_wait);
	return 0;
}

int show_wait(struct deploy *deploy, struct error **err)
{
	int64_t timeout_ms = deploy->options->timeout_ms ? deploy->options->timeout_ms : HEALTH_TIMEOUT_MS;

	(void)err;
	dryrun_wait_healthy(deploy->env->dryrun, deploy->survey.container_name, timeout_ms, WATCH_INTERVAL_MS);
	return 0;
}

int show_trust(struct deploy *deploy, struct error **err)
{
	autofree char *dir = paths_mtls_dir(deploy->env->paths, deploy->options->name);

	(void)err;
	dryrun_fetch_secret(deploy->env->dryrun, deploy->survey.container_name, SECRET_SPACE, SECRET_NAME, mtls_keys,
			    MTLS_FILES, dir);
	return 0;
}

/* The next start adds the ID of a container that is made only now. */
int show_record(struct deploy *deploy, struct error **err)
{
	autofree char *path = paths_metadata(deploy->env->paths, deploy->options->name);
	const char *from = deploy->survey.record.path;
	autofree char *text = NULL, *now = NULL;

	if (deploy_fill_record(deploy, err) < 0)
		return -1;
	if (deploy_creates(deploy))
		free(STEAL(deploy->record.container_id));
	text = registry_text(deploy->env->paths, &deploy->record);
	now = deploy->survey.record.name != NULL ? registry_text(deploy->env->paths, &deploy->survey.record) : NULL;
	if (now == NULL || !streq(now, text) || !streq(from, path))
		dryrun_write(deploy->env->dryrun, path, text);
	if (now != NULL && !streq(from, path)) /* the older place */
		dryrun_remove(deploy->env->dryrun, &from, 1);
	return 0;
}

int show_select(struct deploy *deploy, struct error **err)
{
	const struct paths *paths = deploy->env->paths;
	autofree char *path = paths_active(paths->user_root);
	AUTO(argv) ignored = ARGV_INIT;
	autofree char *now = registry_active(paths, &ignored);

	(void)err;
	if (now == NULL || !streq(now, deploy->options->name))
		dryrun_write(deploy->env->dryrun, path, deploy->options->name);
	return 0;
}
