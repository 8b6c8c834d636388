/* SPDX-License-Identifier: Apache-2.0 */
/* The deploy table and its actions. What a dry run does instead is in deploy_show.c. */
#include "gateway/deploy_steps.h"

#include <stdlib.h>

#include "base/tar.h"
#include "gateway/context.h"
#include "gateway/endpoint.h"
#include "gateway/fetch.h"
#include "gateway/image.h"
#include "gateway/push.h"
#include "gateway/send.h"
#include "gateway/site.h"
#include "gateway/teardown.h"
#include "store/last_sandbox.h"
#include "store/mtls.h"
#include "store/nodefiles.h"
#include "tools/kubectl.h"

#define STALE_NODES_WAIT_MS 45000
#define STALE_NODES_INTERVAL_MS 1000

bool deploy_creates(const struct deploy *deploy)
{
	return deploy->survey.action == ACTION_CREATE || deploy->survey.action == ACTION_RECREATE;
}

static bool lacks_image(const struct deploy *deploy)
{
	return deploy->survey.fetches || (deploy_creates(deploy) && deploy->survey.image.ref == NULL);
}

int deploy_fetch(const struct deploy *deploy, struct error **err)
{
	const struct survey *survey = &deploy->survey;

	if (survey->sent.ref != NULL)
		return gateway_send_image(deploy->env, deploy->options->push_from, &survey->sent, err);
	return gateway_fetch_image(deploy->env, deploy->options, &survey->engine, survey->image_ref, err);
}

static int deploy_image(struct deploy *deploy, struct error **err)
{
	if (deploy_fetch(deploy, err) < 0)
		return -1;
	return survey_image(&deploy->survey, deploy->env, err);
}

static bool is_in_the_way(const struct deploy *deploy)
{
	return deploy->survey.action == ACTION_RECREATE || deploy->survey.afresh;
}

/* As gateway destroy does, but for the entry, which is written anew: nothing of the former gateway counts. */
static int destroy_first(struct deploy *deploy, struct error **err)
{
	struct survey *survey = &deploy->survey;

	if (gateway_remove_resources(deploy->env, survey->container_name, err) < 0)
		return -1;
	survey->volume_exists = false;
	container_release(&survey->container);
	record_release(&survey->record);
	return 0;
}

static int deploy_clear(struct deploy *deploy, struct error **err)
{
	if (deploy->survey.afresh)
		return destroy_first(deploy, err);
	return gateway_remove_container(deploy->env, deploy->survey.container_name, err);
}

static bool lacks_network(const struct deploy *deploy)
{
	return deploy_creates(deploy) || deploy->survey.action == ACTION_REUSE || !deploy->survey.container.on_network;
}

/* There is one already, or docker's reason to make none comes again. */
static int replace_network(struct deploy *deploy, struct error **err)
{
	const struct docker *docker = deploy->env->docker;
	const char *name = deploy->survey.container_name;

	if (docker_network_remove(docker, name, err) < 0)
		return -1;
	if (docker_network_create(docker, name, deploy->options->name, err) == 0)
		return 0;
	deploy->made_network = true; /* perhaps: the call may have worked, and the former one is gone */
	return -1;
}

/* The survey saw no container, but an earlier run that was killed may have left its create in docker's hands: what came
 * of it was never started, and goes. Any other one is not ours to decide on. */
static int remove_unstarted(const struct deploy *deploy, bool *removed, struct error **err)
{
	const struct docker *docker = deploy->env->docker;
	const char *name = deploy->survey.container_name;
	AUTO(container) now = { 0 };

	*removed = false;
	if (docker_container_get(docker, name, &now, err) < 0)
		return -1;
	if (now.phase == PHASE_ABSENT)
		return 0;
	if (now.phase == PHASE_CREATED) {
		*removed = true;
		return docker_container_remove(docker, name, err);
	}
	error_set(err, ERROR_CONFLICT, "a container %s has come up meanwhile (%s)", name, container_phase_name(now.phase));
	(*err)->retriable = true;
	return error_hint(err, "start it again");
}

int deploy_attach(const struct deploy *deploy, struct error **err)
{
	const struct docker *docker = deploy->env->docker;
	const char *name = deploy->survey.container_name;

	if (deploy_creates(deploy))
		return 0;
	if (deploy->survey.container.on_network)
		docker_network_forget(docker, name, name);
	return docker_network_connect(docker, name, name, err);
}

/* docker may have been about to make one for an earlier run that was killed, and then has two of the name, with which
 * no container starts. */
static int remove_twins(struct deploy *deploy, struct error **err)
{
	size_t count;

	if (docker_network_count(deploy->env->docker, deploy->survey.container_name, &count, err) < 0)
		return -1;
	return count > 1 ? replace_network(deploy, err) : 0;
}

/* Made anew unless a running container uses it; a stopped one is attached to the new one. */
static int deploy_network(struct deploy *deploy, struct error **err)
{
	const struct docker *docker = deploy->env->docker;
	const char *name = deploy->survey.container_name;
	autoerror struct error *first = NULL;
	bool removed;

	if (docker_network_create(docker, name, deploy->options->name, &first) == 0) {
		deploy->made_network = true;
	} else {
		if (error_is(first, ERROR_CANCELLED)) {
			/* perhaps, unless a container has it already */
			deploy->made_network = !deploy->survey.container.on_network;
			*err = STEAL(first);
			return -1;
		}
		/* a call that took too long may have made it */
		deploy->made_network = error_is(first, ERROR_TIMEOUT) && !deploy->survey.container.on_network;
		/* it may not be taken from a container unseen */
		if ((deploy->survey.container.phase == PHASE_ABSENT && remove_unstarted(deploy, &removed, err) < 0) ||
		    replace_network(deploy, err) < 0)
			return -1;
	}
	return remove_twins(deploy, err) < 0 ? -1 : deploy_attach(deploy, err);
}

static int deploy_volume(struct deploy *deploy, struct error **err)
{
	const char *name = deploy->survey.container_name;

	if (deploy->survey.volume_exists)
		return 0;
	deploy->made_volume = true; /* also when the call is cut off */
	if (docker_volume_create(deploy->env->docker, name, deploy->options->name, err) < 0)
		return -1;
	/* a bundle from an earlier volume is of a CA that is gone, and so are its sandboxes */
	if (last_sandbox_forget(deploy->env->paths, deploy->options->name, err) < 0)
		return -1;
	return mtls_remove(deploy->env->paths, deploy->options->name, err);
}

static void add_gateway_env(const struct deploy *deploy, struct container_spec *spec)
{
	const struct settings *settings = deploy->env->settings;
	const struct plan *plan = &deploy->survey.plan;
	autofree char *sans = argv_join(&plan->sans, ",");
	AUTO(image_credentials) credentials = { 0 };

	image_credentials(settings, deploy->options->registry_username, deploy->options->registry_token, &credentials);
	image_registry_env(settings, &credentials, &spec->env, &spec->secrets);
	if (*sans != '\0')
		argv_addf(&spec->env, "EXTRA_SANS=%s", sans);
	if (plan->gateway_host != NULL) {
		argv_addf(&spec->env, "SSH_GATEWAY_HOST=%s", plan->gateway_host);
		argv_addf(&spec->env, "SSH_GATEWAY_PORT=%d", plan->port);
	}
	if (plan->push_refs != NULL)
		image_push_env(settings, plan->push_refs, &spec->env);
	else if (settings->image_tag != NULL)
		argv_addf(&spec->env, "IMAGE_TAG=%s", settings->image_tag);
	if (plan->plaintext)
		argv_add(&spec->env, "DISABLE_TLS=true");
	if (plan->disable_gateway_auth)
		argv_add(&spec->env, "DISABLE_GATEWAY_AUTH=true");
	if (plan->gpu)
		argv_add(&spec->env, "GPU_ENABLED=true");
	argv_addf(&spec->env, "OPENSHELL_NODE_NAME=%s", deploy->node);
	argv_addv(&spec->sans, (const char *const *)plan->sans.v);
}

static void add_network_env(const struct deploy *deploy, struct container_spec *spec)
{
	const struct plan *plan = &deploy->survey.plan;
	const struct proxies *proxies = &deploy->survey.proxies;
	autofree char *dns = argv_join(&plan->dns, ",");

	/* where pods cannot ask docker's own resolver, which asks these: engines before 26 do not tell the container */
	if (plan->dns.n > 0)
		argv_addf(&spec->env, "FALLBACK_DNS=%s", dns);
	argv_addv(&spec->dns, (const char *const *)plan->dns.v);
	argv_addv(&spec->env, (const char *const *)proxies->env.v);
	argv_addv(&spec->secrets, (const char *const *)proxies->secrets.v);
}

/* Before there is a container that names them, so that after a crash the next start has what it needs. */
static int keep_files(struct deploy *deploy, struct error **err)
{
	const struct survey *survey = &deploy->survey;

	if (deploy->env->dryrun != NULL || node_files_equal(&survey->files, &survey->kept))
		return 0;
	deploy->changed_files = true;
	return node_files_store(deploy->env->paths, deploy->options->name, &survey->files, err);
}

int deploy_create(struct deploy *deploy, struct error **err)
{
	const struct survey *survey = &deploy->survey;
	AUTO(container_spec) spec = {
		.name = survey->container_name,
		.gateway = deploy->options->name,
		.hostname = deploy->node,
		.image = survey->image.ref,
		.version = survey->image.version ? survey->image.version : PACKAGE_VERSION,
		.bind = survey->plan.bind,
		.port = survey->plan.port,
		.memory = survey->plan.memory,
		.nano_cpus = survey->plan.nano_cpus,
		.cgroup_version = survey->engine.cgroup_version,
		.gpu = survey->plan.gpu,
		.health_missing = !survey->image.has_healthcheck,
		.files = survey->files.id,
	};
	autoerror struct error *ignored = NULL;
	bool removed;

	add_gateway_env(deploy, &spec);
	add_network_env(deploy, &spec);
	if (keep_files(deploy, err) < 0)
		return -1;
	/* docker may have made it although the call failed or was cut off */
	deploy->made_container = true;
	free(STEAL(deploy->record.container_id));
	if (docker_container_create(deploy->env->docker, &spec, &deploy->record.container_id, err) == 0)
		return 0;
	deploy->create_failed = true;
	if (error_is(*err, ERROR_CANCELLED) || remove_unstarted(deploy, &removed, &ignored) < 0 || !removed)
		return -1;
	error_free(err);
	deploy->create_failed = docker_container_create(deploy->env->docker, &spec, &deploy->record.container_id, err) < 0;
	return deploy->create_failed ? -1 : 0;
}

/* A container that was never started may have been left without its files. */
static bool lacks_files(const struct deploy *deploy)
{
	const struct survey *survey = &deploy->survey;

	return survey->files.id != NULL &&
	       (deploy_creates(deploy) || (survey->action == ACTION_REUSE && survey->container.phase == PHASE_CREATED));
}

static int deploy_supply(struct deploy *deploy, struct error **err)
{
	const struct node_files *files = &deploy->survey.files;
	AUTO(buf) tar = BUF_INIT;

	tar_add_dir(&tar, "etc/openshell/", 0755);
	tar_add_dir(&tar, NODE_FILES_DIR, 0700);
	for (int i = 0; i < NODE_FILES; i++) {
		autofree char *path = xasprintf(NODE_FILES_DIR "%s", node_file_names[i]);

		if (files->text[i].len > 0)
			tar_add_file(&tar, path, 0600, buf_str(&files->text[i]), files->text[i].len);
	}
	tar_end(&tar);
	return docker_container_unpack(deploy->env->docker, deploy->survey.container_name, &tar, err);
}

static bool is_down(const struct deploy *deploy)
{
	return deploy->survey.action != ACTION_KEEP;
}

static int start_watching(struct deploy *deploy, struct error **err)
{
	if (deploy->watching)
		return 0;
	if (watch_open(&deploy->watch, deploy->env, deploy->survey.container_name,
		       deploy->made_container ? 0 : deploy->survey.container.restarts, err) < 0)
		return -1;
	deploy->watching = true;
	return 0;
}

static int deploy_start(struct deploy *deploy, struct error **err)
{
	const struct docker *docker = deploy->env->docker;
	const char *container = deploy->survey.container_name;
	autoerror struct error *ignored = NULL;
	bool stopped;

	if (deploy->survey.action == ACTION_UNPAUSE)
		return docker_container_unpause(docker, container, err);
	if (deploy->survey.container.phase == PHASE_RESTARTING)
		(void)!docker_container_stop(docker, container, &stopped, &ignored);
	if (start_watching(deploy, err) < 0 || docker_container_start(docker, container, err) < 0)
		return -1;
	deploy->watch.old_health_log = deploy->survey.container.health_log;
	watch_logs(&deploy->watch, deploy->made_container);
	return 0;
}

static bool has_old_nodes(const struct deploy *deploy)
{
	return deploy->made_container && !deploy->made_volume && !deploy->options->no_wait;
}

/* Right after a start the API does not answer yet, so this waits for it, as long as the container lives. */
static int deploy_clean_nodes(struct deploy *deploy, struct error **err)
{
	const struct kubectl kubectl = { deploy->env->docker, deploy->survey.container_name };
	const struct clock *clock = deploy->env->clock;
	int64_t until = clock_now_ms(clock) + STALE_NODES_WAIT_MS;
	AUTO(argv) names = ARGV_INIT;
	bool ready = false;

	while (kubectl_stale_nodes(&kubectl, deploy->node, &names, &ready, err) == 0 && !ready) {
		if (clock_now_ms(clock) >= until)
			return error_set(err, ERROR_TIMEOUT, "the Kubernetes API did not answer within %d s",
					 STALE_NODES_WAIT_MS / 1000);
		if (deploy->watch.died_code >= 0)
			return 0; /* the health wait tells why */
		watch_sleep(&deploy->watch, STALE_NODES_INTERVAL_MS);
	}
	if (*err != NULL || names.n == 0)
		return *err != NULL ? -1 : 0;
	return kubectl_nodes_delete(&kubectl, &names, err);
}

static int64_t health_timeout_ms(const struct deploy *deploy)
{
	return deploy->options->timeout_ms ? deploy->options->timeout_ms : HEALTH_TIMEOUT_MS;
}

static bool pushes(const struct deploy *deploy)
{
	return deploy->survey.push.n > 0;
}

static int deploy_push(struct deploy *deploy, struct error **err)
{
	const struct push push = {
		.gateway = deploy->options->name,
		.from = site_home(deploy->options->site, deploy->env),
		.refs = &deploy->survey.push,
		.timeout_ms = health_timeout_ms(deploy),
		.no_wait = deploy->options->no_wait,
	};

	if (start_watching(deploy, err) < 0)
		return -1;
	return push_images(&deploy->watch, &push, err);
}

static bool must_wait(const struct deploy *deploy)
{
	const struct survey *survey = &deploy->survey;

	return !deploy->options->no_wait &&
	       !(survey->action == ACTION_KEEP && survey->container.health == HEALTH_HEALTHY);
}

static int deploy_wait(struct deploy *deploy, struct error **err)
{
	if (start_watching(deploy, err) < 0)
		return -1;
	return watch_healthy(&deploy->watch, health_timeout_ms(deploy), err);
}

/* Fetched again whenever the container is not the one that the stored bundle was fetched from. */
static bool lacks_bundle(const struct deploy *deploy)
{
	const struct survey *survey = &deploy->survey;
	bool same = survey->action == ACTION_KEEP && record_has_container(&survey->record, survey->container.id);
	enum tls_override tls = deploy->env->settings->tls;

	if (deploy->options->no_wait || tls == TLS_OFF || (survey->plan.plaintext && tls != TLS_ON))
		return false;
	return !same || mtls_examine(deploy->env->paths, deploy->options->name) != MTLS_VALID;
}

static int deploy_trust(struct deploy *deploy, struct error **err)
{
	const struct gateway_env *env = deploy->env;
	const char *name = deploy->options->name;
	AUTO(mtls_bundle) bundle = { 0 };
	bool had_one = mtls_examine(env->paths, name) != MTLS_ABSENT;
	int rc = start_watching(deploy, err);

	if (rc == 0)
		rc = watch_secret(&deploy->watch, bundle.parts, err);
	if (rc == 0)
		rc = mtls_store(env->paths, name, bundle.parts, err);
	deploy->made_bundle = rc == 0 && !had_one;
	if (rc == 0)
		context_warn_outdated(env, name, &bundle);
	return rc;
}

static bool always(const struct deploy *deploy)
{
	(void)deploy;
	return true;
}

static void replace(char **field, const char *text)
{
	char *copy = text ? xstrdup(text) : NULL;

	free(*field);
	*field = copy;
}

int deploy_fill_record(struct deploy *deploy, struct error **err)
{
	const struct survey *survey = &deploy->survey;
	const struct plan *plan = &survey->plan;
	struct record *record = &deploy->record;

	replace(&record->name, deploy->options->name);
	free(record->endpoint);
	record->endpoint = endpoint_url(plan->plaintext, plan->host, plan->port);
	record->port = plan->port;
	replace(&record->auth_mode, plan->plaintext ? "plaintext" : NULL);
	replace(&record->image, deploy_creates(deploy) ? survey->image.ref : survey->container.image_ref);
	if (deploy->options->site != NULL)
		site_fill_record(deploy->options->site, record);
	if (record->container_id == NULL)
		replace(&record->container_id, survey->container.id);
	/* without a look at the engine the recorded one is right: the container's ID said so */
	if (survey->engine.id != NULL) {
		replace(&record->docker_id, survey->engine.id);
		free(record->docker_endpoint);
		record->docker_endpoint = gateway_docker_endpoint(deploy->env, &survey->engine, err);
		if (record->docker_endpoint == NULL)
			return -1;
	} else {
		replace(&record->docker_id, survey->record.docker_id);
		replace(&record->docker_endpoint, survey->record.docker_endpoint);
	}
	return 0;
}

static int deploy_record(struct deploy *deploy, struct error **err)
{
	mtls_tidy(deploy->env->paths, deploy->options->name);
	return deploy_fill_record(deploy, err) < 0 ? -1 : registry_save(deploy->env->paths, &deploy->record, err);
}

static int deploy_select(struct deploy *deploy, struct error **err)
{
	return registry_set_active(deploy->env->paths, deploy->options->name, err);
}

const struct step deploy_steps[] = {
	{ DEPLOY_NEW, DEPLOY_IMAGE_READY, "fetching the image", lacks_image, deploy_image, show_image, false },
	{ DEPLOY_IMAGE_READY, DEPLOY_CLEARED, "removing the old container", is_in_the_way, deploy_clear, deploy_clear, false },
	{ DEPLOY_CLEARED, DEPLOY_NETWORK_READY, "preparing the network", lacks_network, deploy_network, show_network, false },
	{ DEPLOY_NETWORK_READY, DEPLOY_VOLUME_READY, "preparing the volume", deploy_creates, deploy_volume, show_volume, false },
	{ DEPLOY_VOLUME_READY, DEPLOY_CONTAINER_READY, "creating the container", deploy_creates, deploy_create, show_create, false },
	{ DEPLOY_CONTAINER_READY, DEPLOY_SUPPLIED, "copying the node's files", lacks_files, deploy_supply, show_supply, false },
	{ DEPLOY_SUPPLIED, DEPLOY_RUNNING, "starting the container", is_down, deploy_start, show_start, false },
	{ DEPLOY_RUNNING, DEPLOY_NODES_CLEAN, "removing stale nodes", has_old_nodes, deploy_clean_nodes, show_clean_nodes, true },
	{ DEPLOY_NODES_CLEAN, DEPLOY_IMAGES_PUSHED, "pushing the images", pushes, deploy_push, show_push, false },
	{ DEPLOY_IMAGES_PUSHED, DEPLOY_HEALTHY, "waiting for the gateway", must_wait, deploy_wait, show_wait, false },
	{ DEPLOY_HEALTHY, DEPLOY_TRUSTED, "fetching the certificates", lacks_bundle, deploy_trust, show_trust, false },
	{ DEPLOY_TRUSTED, DEPLOY_RECORDED, NULL, always, deploy_record, show_record, false },
	{ DEPLOY_RECORDED, DEPLOY_READY, NULL, always, deploy_select, show_select, false },
};
const size_t deploy_step_count = ARRAY_LEN(deploy_steps);
