/* SPDX-License-Identifier: Apache-2.0 */
/* Looking before changing. */
#include "gateway/survey.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/log.h"
#include "gateway/endpoint.h"
#include "gateway/host.h"
#include "gateway/image.h"
#include "gateway/site.h"

void survey_release(struct survey *survey)
{
	free(survey->container_name);
	free(survey->image_ref);
	record_release(&survey->record);
	container_release(&survey->container);
	image_release(&survey->image);
	image_release(&survey->sent);
	engine_release(&survey->engine);
	argv_release(&survey->push);
	plan_release(&survey->plan);
	node_files_release(&survey->kept);
	node_files_release(&survey->given);
	node_files_release(&survey->files);
	proxies_release(&survey->proxies);
}

/* The user's entry, if it is a gateway that we may manage here. */
static int load_record(struct survey *survey, const struct gateway_env *env, const char *name, struct error **err)
{
	struct record *record = &survey->record;
	enum record_source source;
	autofree char *path = registry_find(env->paths, name, &source);

	if (path == NULL || source == SOURCE_SYSTEM)
		return 0; /* ours will hide it */
	if (registry_load(env->paths, name, record, err) < 0) {
		if (!error_is(*err, ERROR_ABSENT)) {
			autofree char *why = error_text(*err);

			progress_warn(env, "%s; it will be written anew", why);
		}
		error_free(err);
		return 0;
	}
	if (gateway_is_at_hand(env, record) && record->port > 0)
		return 0;
	error_set(err, ERROR_CONFLICT, "'%s' is the name of a gateway %s (%s)", name,
		  record->is_remote ? "elsewhere" : "that was added by its address", record->endpoint);
	return error_code(err, "name-taken");
}

/* A gateway keeps to the ref it was made from as long as that may be taken at all. */
static void refs_to_try(const struct survey *survey, const struct argv *candidates, struct argv *refs)
{
	if (survey->record.image != NULL && argv_contains(candidates, survey->record.image))
		argv_add(refs, survey->record.image);
	else
		argv_addv(refs, (const char *const *)candidates->v);
}

static int inspect(struct survey *survey, const struct gateway_env *env, const struct argv *refs, bool *complete,
		   struct error **err)
{
	struct image *images = xcalloc(refs->n, sizeof(*images));
	int rc;

	container_release(&survey->container);
	image_release(&survey->image);
	rc = docker_inspect(env->docker, survey->container_name, (const char *const *)refs->v, refs->n,
			    &survey->container, images, complete, err);
	for (size_t i = 0; i < refs->n; i++) {
		if (rc == 0 && survey->image.ref == NULL) {
			survey->image = images[i];
			images[i] = (struct image){ 0 };
		}
		image_release(&images[i]);
	}
	free(images);
	return rc;
}

static int find_candidates(const struct gateway_env *env, struct argv *candidates, struct error **err)
{
	image_candidates(env->settings, candidates);
	if (env->settings->cluster_image != NULL && !image_ref_is_valid(env->settings->cluster_image))
		return error_set(err, ERROR_USAGE, "OPENSHELL_CLUSTER_IMAGE: '%s' is no image reference",
				 env->settings->cluster_image);
	return 0;
}

static int nothing_to_send(const struct argv *candidates, struct error **err)
{
	autofree char *names = argv_join(candidates, ", ");

	error_set(err, ERROR_ABSENT, "--push-image: docker on this host does not have %s", names);
	error_code(err, "image-absent");
	error_hint_command(err, "See the images that are here; OPENSHELL_CLUSTER_IMAGE names another", "docker image ls");
	return error_hint_command(err, "Or build it, in openshell's sources", "deploy/scripts/build-images.sh");
}

/* The image of this host that the engine is to have becomes the only candidate. */
static int find_sent(struct survey *survey, const struct docker *here, struct argv *candidates, struct error **err)
{
	struct image *images = xcalloc(candidates->n, sizeof(*images));
	int rc = docker_images_get(here, (const char *const *)candidates->v, candidates->n, images, err);

	for (size_t i = 0; i < candidates->n; i++) {
		if (rc == 0 && survey->sent.ref == NULL) {
			survey->sent = images[i];
			images[i] = (struct image){ 0 };
		}
		image_release(&images[i]);
	}
	free(images);
	if (rc < 0)
		return error_wrap(err, "--push-image: docker on this host");
	if (survey->sent.ref == NULL)
		return nothing_to_send(candidates, err);
	if (strchr(survey->sent.ref, '@') != NULL)
		return error_set(err, ERROR_USAGE, "--push-image: %s has a digest, which is its registry's: name the image by "
				 "its tag", survey->sent.ref);
	argv_release(candidates);
	argv_add(candidates, survey->sent.ref);
	return 0;
}

/* Everything that one or two inspect calls tell. */
static int look(struct survey *survey, const struct gateway_env *env, const struct deploy_options *options,
		struct error **err)
{
	AUTO(argv) candidates = ARGV_INIT;
	AUTO(argv) refs = ARGV_INIT;
	bool complete = false;

	if (find_candidates(env, &candidates, err) < 0 ||
	    (options->push_from != NULL && find_sent(survey, options->push_from, &candidates, err) < 0))
		return -1;
	refs_to_try(survey, &candidates, &refs);
	if (inspect(survey, env, &refs, &complete, err) < 0)
		return -1;
	if (!complete && docker_engine(env->docker, &survey->engine, err) < 0)
		return -1;
	/* the recorded ref is gone: any other may do */
	if (survey->image.ref == NULL && refs.n < candidates.n &&
	    inspect(survey, env, &candidates, &complete, err) < 0)
		return -1;
	survey->image_ref = xstrdup(survey->image.ref ? survey->image.ref : candidates.v[0]);
	survey->other_image = survey->image.ref == NULL && survey->container.image_ref != NULL &&
			      !argv_contains(&candidates, survey->container.image_ref);
	if (survey->sent.id != NULL && survey->image.id != NULL && streq(survey->sent.id, survey->image.id))
		image_release(&survey->sent); /* it is there */
	survey->fetches = options->pull == PULL_ALWAYS || survey->sent.ref != NULL;
	return 0;
}

/* All that the container would say is "exec format error". */
static int check_platform(const struct image *image, const struct engine *engine, struct error **err)
{
	autofree char *platform = image_platform(engine->os, engine->arch);

	if (image->ref == NULL || image_fits(image->arch, engine->arch))
		return 0;
	error_set(err, ERROR_ABSENT, "the image %s is for %s, and docker's host is %s", image->ref, image->arch,
		  platform ? platform : engine->arch);
	return error_code(err, "image-platform");
}

int survey_image(struct survey *survey, const struct gateway_env *env, struct error **err)
{
	AUTO(container) container = { 0 };
	const char *ref = survey->image_ref;
	bool complete;

	image_release(&survey->image);
	if (docker_inspect(env->docker, survey->container_name, &ref, 1, &container, &survey->image, &complete, err) < 0)
		return -1;
	if (survey->image.ref == NULL) {
		error_set(err, ERROR_ABSENT, "docker pulled %s, but does not have it", ref);
		return error_code(err, "image-absent");
	}
	if (check_platform(&survey->image, &survey->engine, err) < 0)
		return -1;
	if (!survey->afresh)
		survey->action = observe_action(&survey->container, survey->image.id, &survey->plan);
	return 0;
}

/* ------------------------------------------------------------------ reasons to refuse */

static bool creates(const struct survey *survey)
{
	return survey->action == ACTION_CREATE || survey->action == ACTION_RECREATE;
}

/* The one that a container is to be made from now; one that a pull brings is looked at then. */
static int check_image(const struct survey *survey, const char *name, struct error **err)
{
	bool sends = survey->sent.ref != NULL;
	const struct image *image = sends ? &survey->sent : &survey->image;

	if ((!sends && (!creates(survey) || survey->fetches)) || check_platform(image, &survey->engine, err) == 0)
		return 0;
	if (sends)
		error_hint_command(err, "Let that host pull one", "openshell gateway start --name %s", name);
	else if (!image_is_local(image->ref))
		error_hint_command(err, "Pull the one for that platform in its place",
				   "openshell gateway start --name %s --pull always", name);
	error_hint(err, "Or take another image: set OPENSHELL_CLUSTER_IMAGE");
	return error_hint_command(err, "Or build it on such a host, in openshell's sources", "deploy/scripts/build-images.sh");
}

static bool is_recorded(const struct survey *survey)
{
	return record_has_container(&survey->record, survey->container.id);
}

static int check_engine(struct survey *survey, const struct gateway_env *env, const struct deploy_options *options,
			struct error **err)
{
	if (is_recorded(survey) && survey->action == ACTION_KEEP && !survey->fetches)
		return 0; /* the container's ID is proof enough */
	if (survey->engine.id == NULL && docker_engine(env->docker, &survey->engine, err) < 0)
		return -1;
	if (options->force || is_recorded(survey))
		return 0;
	return gateway_check_identity(env, &survey->record, &survey->engine, err);
}

/* What a gateway has been allowed once stays allowed; asked again is whoever asks for it again. */
static bool is_asked_for(const struct survey *survey, const struct deploy_options *options)
{
	return survey->action == ACTION_CREATE || options->plaintext || options->disable_gateway_auth ||
	       options->bind != NULL;
}

static int check_exposure(const struct survey *survey, const struct deploy_options *options, struct error **err)
{
	const struct plan *plan = &survey->plan;
	bool open = plan->plaintext || plan->disable_gateway_auth;

	if (!open || options->force || endpoint_is_loopback(plan->bind) || !is_asked_for(survey, options))
		return 0;
	error_set(err, ERROR_REFUSED, "%s on %s would let anyone on the network control the gateway",
		  plan->plaintext ? "--plaintext" : "--disable-gateway-auth", plan->bind);
	error_code(err, "exposed");
	error_hint_command(err, "Keep it to this host", "openshell gateway start --name %s %s --bind 127.0.0.1",
			   options->name, plan->plaintext ? "--plaintext" : "--disable-gateway-auth");
	return error_hint(err, "Or repeat the command with --force, where everyone on that network may");
}

/* docker would say so when the container that is there has been removed. */
static int check_cpus(const struct survey *survey, struct error **err)
{
	const int64_t nano = 1000000000, asked = survey->plan.nano_cpus, has = survey->engine.cpus;

	if (!creates(survey) || has <= 0 || asked / nano < has || asked == has * nano)
		return 0;
	return error_set(err, ERROR_USAGE, "--cpus: docker's host has %" PRId64 " processors, which is less", has);
}

static int check_push(const struct survey *survey, const struct docker *from, struct error **err)
{
	AUTO(argv) absent = ARGV_INIT;
	autofree char *names = NULL;

	if (survey->push.n == 0)
		return 0;
	if (docker_images_absent(from, &survey->push, &absent, err) < 0)
		return -1;
	if (absent.n == 0)
		return 0;
	names = argv_join(&absent, ", ");
	error_set(err, ERROR_ABSENT, "OPENSHELL_PUSH_IMAGES: docker does not have %s", names);
	error_code(err, "image-absent");
	return error_hint_command(err, "Build or pull it first; see the images that are here", "docker image ls");
}

/* Where docker does not tell its address, it counts as ours. */
static bool is_on_our_address(const struct survey *survey, const struct gateway_env *env, const char *holder)
{
	autoerror struct error *ignored = NULL;
	bool clashes = true;

	return docker_port_clashes(env->docker, holder, survey->plan.bind, survey->plan.port, &clashes, &ignored) < 0 ||
	       clashes;
}

static int check_port_holders(const struct survey *survey, const struct gateway_env *env, const char *name,
			      struct error **err)
{
	AUTO(argv) holders = ARGV_INIT;

	if (docker_port_holders(env->docker, survey->plan.port, &holders, err) < 0)
		return -1;
	for (size_t i = 0; i < holders.n; i++) {
		autofree char *stop = xasprintf("stop %s", holders.v[i]);
		autofree char *command = gateway_docker_command(env, stop);

		if (streq(holders.v[i], survey->container_name) || !is_on_our_address(survey, env, holders.v[i]))
			continue;
		error_set(err, ERROR_CONFLICT, "port %d is held by container '%s'", survey->plan.port, holders.v[i]);
		error_code(err, "port-busy");
		error_hint_command(err, "Take a free port", "openshell gateway start --name %s --port 0", name);
		return error_hint_command(err, "Or stop the container that holds it", "%s", command);
	}
	return 0;
}

/* Our own container listens there: what else may hold the port cannot be tried. A wildcard address
 * counts as any; a new specific one can be tried beside it. */
static bool is_own_port(const struct survey *survey)
{
	const struct container *container = &survey->container;
	const char *ip = container->host_ip ? container->host_ip : "0.0.0.0";

	return (container->phase == PHASE_RUNNING || container->phase == PHASE_PAUSED) &&
	       container->host_port == survey->plan.port &&
	       docker_addresses_clash(ip, survey->plan.bind);
}

/* docker was still starting it, for an earlier run that was killed, when it was looked at: the port is its own. A second
 * look is answered when the start has ended. */
static bool has_come_up(struct survey *survey, const struct gateway_env *env)
{
	AUTO(container) now = { 0 };
	autoerror struct error *ignored = NULL;

	if (survey->container.phase == PHASE_ABSENT || survey->container.host_port != survey->plan.port ||
	    docker_container_get(env->docker, survey->container_name, &now, &ignored) < 0 || now.phase != PHASE_RUNNING)
		return false;
	container_release(&survey->container);
	survey->container = now;
	now = (struct container){ 0 };
	if (survey->action == ACTION_REUSE)
		survey->action = ACTION_KEEP;
	return true;
}

static int check_port_is_free(struct survey *survey, const struct gateway_env *env, const char *name, struct error **err)
{
	autofree char *holder = NULL;
	bool busy = false;

	if (check_port_holders(survey, env, name, err) < 0)
		return -1;
	if (is_own_port(survey) || !gateway_engine_is_here(env))
		return 0;
	if (endpoint_port_busy(survey->plan.bind, survey->plan.port, &busy, err) < 0)
		return -1;
	if (!busy || has_come_up(survey, env))
		return 0;
	holder = host_port_holder("", survey->plan.bind, survey->plan.port);
	error_set(err, ERROR_CONFLICT, "port %d on %s is in use by %s", survey->plan.port, survey->plan.bind,
		  holder ? holder : "another program");
	return error_code(err, "port-busy");
}

static void choose_action(struct survey *survey)
{
	survey->action = observe_action(&survey->container, survey->other_image ? "" : survey->image.id, &survey->plan);
}

/* With --port 0 the container keeps its port, unless somebody else has taken it. */
static int check_port(struct survey *survey, const struct gateway_env *env, const struct deploy_options *options,
		      struct error **err)
{
	if (survey->action == ACTION_KEEP || survey->action == ACTION_UNPAUSE)
		return 0;
	if (survey->plan.port != 0) {
		if (check_port_is_free(survey, env, options->name, err) == 0)
			return 0;
		if (options->port != 0 || !error_is(*err, ERROR_CONFLICT))
			return -1;
		error_free(err);
	}
	if (endpoint_free_port(gateway_engine_is_here(env) ? survey->plan.bind : "0.0.0.0", &survey->plan.port, err) < 0)
		return -1;
	if (!survey->afresh)
		choose_action(survey);
	return 0;
}

/* ------------------------------------------------------------------ what the node is given */

static bool takes_away(const char *path)
{
	return path != NULL && streq(path, FILE_NONE);
}

static int read_files(struct survey *survey, const struct gateway_env *env, const struct deploy_options *options,
		      struct error **err)
{
	static const char *const names[NODE_FILES] = { "--ca", "--registries" };

	for (int i = 0; i < NODE_FILES; i++)
		if (options->files[i] != NULL && !takes_away(options->files[i]) &&
		    node_file_read(i, options->files[i], &survey->given.text[i], err) < 0) {
			if (error_is(*err, ERROR_ABSENT))
				error_code(err, "file-absent");
			return error_wrap(err, "%s", names[i]);
		}
	return node_files_load(env->paths, options->name, &survey->kept, err);
}

/* Each file as it was given, else as it is kept. Where there is nothing and never was, the container may have files
 * of another client's, or of a configuration that was lost: it keeps them. */
static void plan_files(struct survey *survey, const struct deploy_options *options, bool afresh)
{
	bool asked = afresh || survey->kept.id != NULL;

	node_files_release(&survey->files);
	for (int i = 0; i < NODE_FILES; i++) {
		const struct buf *text = options->files[i] != NULL ? &survey->given.text[i] : &survey->kept.text[i];

		asked |= options->files[i] != NULL;
		if (!afresh || options->files[i] != NULL)
			buf_add(&survey->files.text[i], buf_str(text), text->len);
	}
	node_files_identify(&survey->files, &survey->kept);
	if (!asked)
		return;
	free(survey->plan.files);
	survey->plan.files = survey->files.id ? xstrdup(survey->files.id) : NULL;
}

/* What docker adds to a new container by itself. A file that cannot be used is docker's to complain of. */
static void read_client(const struct survey *survey, const struct gateway_env *env, struct client_proxies *client)
{
	const struct settings *settings = env->settings;
	autofree char *dir = settings_docker_dir(settings);
	autofree char *engine = NULL;
	autoerror struct error *failed = NULL;
	int rc = dir == NULL ? 0 : docker_client_proxies(dir, NULL, client, &failed);

	if (rc == 0 && client->by_engine) {
		engine = gateway_docker_endpoint(env, &survey->engine, &failed);
		client_proxies_release(client);
		rc = engine == NULL ? -1 : docker_client_proxies(dir, engine, client, &failed);
	}
	if (rc < 0) {
		autofree char *why = error_text(failed);

		progress_warn(env, "the proxies in docker's configuration are not known: %s", why);
	}
}

static int plan_supply(struct survey *survey, const struct gateway_env *env, const struct deploy_options *options,
		       struct error **err)
{
	AUTO(client_proxies) client = { 0 };
	autofree char *node = gateway_node_name(options->name);

	if (!creates(survey) && !survey->fetches) /* what is brought may be another image than the container's */
		return 0;
	if (survey->plan.files != NULL && survey->files.id == NULL)
		progress_warn(env, "the files that the container was given (--ca, --registries) are not kept here: "
				   "give them again, or the new one is without");
	read_client(survey, env, &client);
	if (proxies_plan(&survey->proxies, env->settings, &client, node, err) < 0)
		return -1;
	for (size_t i = 0; i < survey->proxies.warnings.n; i++)
		progress_warn(env, "%s", survey->proxies.warnings.v[i]);
	return 0;
}

/* ------------------------------------------------------------------ putting it together */

/* afresh: as if nothing of the gateway were there. */
static int decide(struct survey *survey, const struct gateway_env *env, const struct deploy_options *options,
		  bool afresh, struct error **err)
{
	autofree char *tcp_host = endpoint_docker_tcp_host(env->settings->docker_host);
	const struct container no_container = { .phase = PHASE_ABSENT };
	const struct record no_record = { 0 };

	plan_release(&survey->plan);
	plan_make(&survey->plan, options, afresh ? &no_container : &survey->container,
		  afresh ? &no_record : &survey->record, tcp_host);
	if (survey->push.n > 0)
		survey->plan.push_refs = argv_join(&survey->push, ",");
	plan_files(survey, options, afresh);
	if (afresh)
		survey->action = ACTION_CREATE;
	else
		choose_action(survey);
	log_debug("container %s: %s", container_phase_name(survey->container.phase), container_action_name(survey->action));
	if (check_exposure(survey, options, err) < 0)
		return -1;
	return check_engine(survey, env, options, err);
}

static bool wants_destroy(const struct survey *survey, const struct deploy_options *options)
{
	bool exists = survey->container.phase != PHASE_ABSENT || survey->volume_exists;

	return exists && options->confirm_recreate != NULL &&
	       options->confirm_recreate(options->confirm_arg, options->name, &survey->container);
}

int survey_make(struct survey *survey, const struct gateway_env *env, const struct deploy_options *options,
		struct error **err)
{
	bool afresh = options->recreate;

	survey->container_name = gateway_container_name(options->name);
	if (image_check_settings(env->settings, err) < 0 || image_push_refs(env->settings, &survey->push, err) < 0 ||
	    read_files(survey, env, options, err) < 0 ||
	    load_record(survey, env, options->name, err) < 0 || look(survey, env, options, err) < 0 || check_push(survey, site_home(options->site, env), err) < 0 ||
	    decide(survey, env, options, afresh, err) < 0)
		return -1;
	if (survey->action == ACTION_KEEP && options->confirm_recreate == NULL && !survey->fetches)
		return 0;
	if (docker_volume_exists(env->docker, survey->container_name, &survey->volume_exists, err) < 0)
		return -1;
	if (!afresh && wants_destroy(survey, options)) {
		afresh = true;
		if (decide(survey, env, options, afresh, err) < 0)
			return -1;
	}
	survey->afresh = afresh;
	if (check_cpus(survey, err) < 0 || check_image(survey, options->name, err) < 0 || check_port(survey, env, options, err) < 0)
		return -1;
	/* not to be told only when all is made and has been waited for */
	if (creates(survey) && dir_check_private(env->paths->user_root, err) < 0)
		return error_wrap(err, "cannot keep its entry in %s", env->paths->user_root);
	return plan_supply(survey, env, options, err);
}
