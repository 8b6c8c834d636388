/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway start against an engine in memory: from every state to a gateway that is ready, and back
 * to that state when any one call fails or is broken off.
 */
#include "gateway/deploy.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cancel.h"
#include "gateway/dryrun.h"
#include "gateway/endpoint.h"
#include "script.h"
#include "store/mtls.h"

#define NAME "openshell-cluster-gw"
#define PUBLISHED "ghcr.io/nvidia/openshell/cluster:dev"
#define LOCAL "openshell/cluster:dev"
#define CERT "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tClEwRVZTVkE9PQotLS0tLUVORCBDRVJUSUZJQ0FURS0tLS0tCg=="
#define KEY "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tClMwVloKLS0tLS1FTkQgUFJJVkFURSBLRVktLS0tLQo="

/* ------------------------------------------------------------------ the engine in memory */

enum fault {
	FAULT_NONE,
	FAULT_FAILS,       /* the call fails and has done nothing */
	FAULT_FAILS_LATE,  /* it has done its work, but fails */
	FAULT_CANCEL,      /* a request to stop comes before it has done anything */
	FAULT_CANCEL_LATE, /* it comes when the work is done */
	FAULTS,
};

struct model {
	/* 0: not there; else a number that no other object has */
	int network, volume, container;
	bool races; /* docker makes a network for somebody else, too, when we ask for ours */
	int twin;   /* the other one of that name */
	int attached;         /* the network that the container knows */
	enum container_phase phase;
	bool healthy;         /* becomes so when it starts */
	const char *health;   /* while it runs; NULL: as `healthy` says */
	int port;
	char *bind, *image;
	struct argv env;
	char *files;          /* the label that the container was created with */
	bool supplied;        /* it was given them */
	struct argv secrets;  /* what docker create had in its environment */
	struct buf input;     /* what docker had on stdin */
	bool published_here, local_here, registry_answers;
	const char *image_id; /* of whichever image is here */
	const char *container_image_id;
	const char *engine_id, *holder, *nodes;
	bool secret;
	const char *workload; /* as kubectl prints it; NULL: not there yet */
	int imports, restarts, rollouts;
	enum container_phase late; /* what an earlier run had begun comes up when the volumes are listed */
	/* */
	int numbers, calls, mutations, fault_at, pumps, followers;
	enum fault fault;
	bool all_after;       /* everything after the fault fails too */
	bool draws;           /* the pull was given our stderr */
	int64_t now_ms;
	struct argv log;
	struct runner runner;
	struct clock clock;
	struct docker docker;
};

static bool is_up(const struct model *model)
{
	return model->phase == PHASE_RUNNING || model->phase == PHASE_PAUSED || model->phase == PHASE_RESTARTING;
}

static const char *health_of(const struct model *model)
{
	return model->health ? model->health : model->healthy ? "healthy" : "starting";
}

static int refuse(struct proc_result *result, const char *why)
{
	buf_adds(&result->err, why);
	buf_adds(&result->err, "\n");
	return 1;
}

static void print_container(const struct model *model, struct buf *out)
{
	buf_addf(out, "{\"Id\":\"C%d\",\"Name\":\"/" NAME "\",\"Image\":\"%s\",\"RestartCount\":0,\"State\":{\"Status\":\"%s\","
		      "\"ExitCode\":0,\"Health\":{\"Status\":\"%s\",\"Log\":[]}},\"Config\":{\"Image\":\"%s\",\"Env\":[",
		 model->container, model->container_image_id, container_phase_name(model->phase), health_of(model),
		 model->image);
	for (size_t i = 0; i < model->env.n; i++)
		buf_addf(out, "%s\"%s\"", i ? "," : "", model->env.v[i]);
	buf_adds(out, "],\"Labels\":{");
	if (model->files != NULL)
		buf_addf(out, "\"ai.openshell.files\":\"%s\"", model->files);
	buf_addf(out, "}},\"HostConfig\":{\"PortBindings\":{\"30051/tcp\":[{\"HostIp\":\"%s\",\"HostPort\":\"%d\"}]}},"
		      "\"NetworkSettings\":{\"Networks\":{%s}}}\n",
		 model->bind, model->port, model->attached ? "\"" NAME "\":{}" : "");
}

static bool print_image(const struct model *model, const char *ref, struct buf *out)
{
	bool here = streq(ref, PUBLISHED) ? model->published_here : streq(ref, LOCAL) && model->local_here;

	if (here)
		buf_addf(out, "{\"Id\":\"%s\",\"RepoTags\":[\"%s\"],\"RootFS\":{},\"Config\":{\"Labels\":{\"ai.openshell.version\":\"9.9\"},"
			      "\"Healthcheck\":{\"Test\":[\"CMD\",\"x\"]}}}\n", model->image_id, ref);
	return here;
}

static int do_inspect(struct model *model, const struct argv *args, struct proc_result *result)
{
	bool complete = true;

	for (size_t i = 0; i < args->n; i++) {
		if (!str_starts(args->v[i], "openshell") && !str_starts(args->v[i], "ghcr.io"))
			continue;
		if (streq(args->v[i], NAME) && model->container)
			print_container(model, &result->out);
		else if (!print_image(model, args->v[i], &result->out))
			complete = false;
	}
	return complete ? 0 : refuse(result, "Error: No such object");
}

static int do_info(struct model *model, const struct argv *args, struct proc_result *result)
{
	(void)args;
	buf_addf(&result->out, "{\"ID\":\"%s\",\"ServerVersion\":\"28.2.2\",\"CgroupVersion\":\"2\",\"ClientInfo\":{\"Context\":\"default\"}}\n",
		 model->engine_id);
	return 0;
}

static int do_ps(struct model *model, const struct argv *args, struct proc_result *result)
{
	(void)args;
	if (model->holder != NULL)
		buf_addf(&result->out, "%s\n", model->holder);
	if (is_up(model))
		buf_adds(&result->out, NAME "\n");
	return 0;
}

static int do_container_ls(struct model *model, const struct argv *args, struct proc_result *result)
{
	(void)args;
	if (model->container)
		buf_addf(&result->out, NAME "\nC%d\n", model->container);
	return 0;
}

static int do_volume_ls(struct model *model, const struct argv *args, struct proc_result *result)
{
	(void)args;
	if (model->late != PHASE_ABSENT) {
		model->container = ++model->numbers;
		model->phase = model->late;
		model->attached = model->network;
		model->late = PHASE_ABSENT;
	}
	buf_adds(&result->out, model->volume ? NAME "\n" : NAME "-other\n");
	return 0;
}

static int do_network_ls(struct model *model, const struct argv *args, struct proc_result *result)
{
	(void)args;
	if (model->network)
		buf_addf(&result->out, NAME "\nN%d\n", model->network);
	if (model->twin)
		buf_addf(&result->out, NAME "\nN%d\n", model->twin);
	return 0;
}

static int do_pull(struct model *model, const struct argv *args, struct proc_result *result)
{
	(void)args;
	if (!model->registry_answers)
		return refuse(result, "dial tcp: lookup ghcr.io: no such host");
	buf_adds(&result->out, "0001: Pull complete\n");
	model->published_here = true;
	return 0;
}

static int do_network_create(struct model *model, const struct argv *args, struct proc_result *result)
{
	(void)args;
	if (model->network)
		return refuse(result, "network with name " NAME " already exists");
	model->network = ++model->numbers;
	if (model->races)
		model->twin = ++model->numbers;
	model->races = false;
	return 0;
}

static int refuse_twins(struct proc_result *result)
{
	return refuse(result, "network " NAME " is ambiguous (2 matches found on name)");
}

static int do_network_rm(struct model *model, const struct argv *args, struct proc_result *result)
{
	const char *network = args->v[args->n - 1];
	autofree char *twin = xasprintf("N%d", model->twin);

	if (model->twin && streq(network, NAME))
		return refuse_twins(result);
	if (model->twin && streq(network, twin)) {
		model->twin = 0;
		return 0;
	}
	if (!model->network)
		return refuse(result, "network " NAME " not found");
	if (model->container && is_up(model) && model->attached == model->network)
		return refuse(result, "network has active endpoints");
	model->network = 0;
	return 0;
}

static int do_network_inspect(struct model *model, const struct argv *args, struct proc_result *result)
{
	(void)args;
	buf_addf(&result->out, "{%s}\n", model->attached == model->network && is_up(model) ? "\"" NAME "\":{}" : "");
	return 0;
}

static int do_connect(struct model *model, const struct argv *args, struct proc_result *result)
{
	(void)args;
	if (model->twin)
		return refuse_twins(result);
	if (!model->network || !model->container)
		return refuse(result, "no such thing");
	if (model->attached)
		return refuse(result, "endpoint already exists");
	model->attached = model->network;
	return 0;
}

static int do_disconnect(struct model *model, const struct argv *args, struct proc_result *result)
{
	(void)args;
	(void)result;
	model->attached = 0;
	return 0;
}

static int do_volume_create(struct model *model, const struct argv *args, struct proc_result *result)
{
	(void)args;
	(void)result;
	if (!model->volume)
		model->volume = ++model->numbers;
	return 0;
}

static int do_volume_rm(struct model *model, const struct argv *args, struct proc_result *result)
{
	(void)args;
	if (model->container)
		return refuse(result, "volume is in use");
	model->volume = 0;
	return 0;
}

static void keep_create_arguments(struct model *model, const struct argv *args)
{
	for (size_t i = 0; i + 1 < args->n; i++) {
		if (streq(args->v[i], "--env"))
			argv_add(&model->env, args->v[i + 1]);
		if (streq(args->v[i], "--publish")) {
			const char *colon = strchr(args->v[i + 1], ':');

			free(model->bind);
			model->bind = xstrndup(args->v[i + 1], (size_t)(colon - args->v[i + 1]));
			model->port = (int)strtol(colon + 1, NULL, 10);
		}
		if (str_starts(args->v[i], "ai.openshell.files=")) {
			free(model->files);
			model->files = xstrdup(strchr(args->v[i], '=') + 1);
		}
		if (streq(args->v[i + 1], "server")) {
			free(model->image);
			model->image = xstrdup(args->v[i]);
		}
	}
}

static int do_create(struct model *model, const struct argv *args, struct proc_result *result)
{
	if (model->container)
		return refuse(result, "Conflict. The container name is already in use");
	if (!model->network || !model->volume)
		return refuse(result, "network or volume not found");
	argv_release(&model->env);
	free(STEAL(model->files));
	model->supplied = false;
	keep_create_arguments(model, args);
	model->container = ++model->numbers;
	model->attached = model->network;
	model->phase = PHASE_CREATED;
	model->container_image_id = model->image_id;
	model->health = NULL;
	model->healthy = false;
	buf_addf(&result->out, "C%d\n", model->container);
	return 0;
}

static int do_cp(struct model *model, const struct argv *args, struct proc_result *result)
{
	(void)args;
	if (!model->container)
		return refuse(result, "No such container");
	model->supplied = true;
	return 0;
}

static int do_start(struct model *model, const struct argv *args, struct proc_result *result)
{
	(void)args;
	if (!model->container)
		return refuse(result, "No such container");
	if (model->twin)
		return refuse_twins(result);
	if (model->attached == 0 || model->attached != model->network)
		return refuse(result, "network not found");
	if (model->files != NULL && !model->supplied)
		fail_msg("it is started without its files");
	model->phase = PHASE_RUNNING;
	return 0;
}

static int do_unpause(struct model *model, const struct argv *args, struct proc_result *result)
{
	(void)args;
	(void)result;
	model->phase = PHASE_RUNNING;
	return 0;
}

static int do_stop(struct model *model, const struct argv *args, struct proc_result *result)
{
	(void)args;
	if (!model->container)
		return refuse(result, "No such container");
	model->phase = PHASE_EXITED;
	return 0;
}

static int do_rm(struct model *model, const struct argv *args, struct proc_result *result)
{
	(void)args;
	if (!model->container)
		return refuse(result, "No such container");
	model->container = model->attached = 0;
	model->phase = PHASE_ABSENT;
	return 0;
}

static int do_nodes(struct model *model, const struct argv *args, struct proc_result *result)
{
	(void)args;
	buf_adds(&result->out, model->nodes ? model->nodes : "{\"items\":[]}");
	return 0;
}

static int do_secret(struct model *model, const struct argv *args, struct proc_result *result)
{
	(void)args;
	buf_adds(&result->out, model->secret ? CERT "\n" CERT "\n" KEY : "\n\n");
	return 0;
}

static int do_image_inspect(struct model *model, const struct argv *args, struct proc_result *result)
{
	(void)model;
	for (size_t i = 0; i < args->n; i++)
		if (streq(args->v[i], "gone:1"))
			return refuse(result, "Error: No such image: gone:1");
	return 0;
}

/* Nothing answers in a container that is not up. */
static int do_in_node(struct model *model, const struct argv *args, struct proc_result *result)
{
	(void)args;
	return model->phase == PHASE_RUNNING ? 0 : refuse(result, "container is not running");
}

static int do_import(struct model *model, const struct argv *args, struct proc_result *result)
{
	model->imports++;
	return do_in_node(model, args, result);
}

static int do_workload(struct model *model, const struct argv *args, struct proc_result *result)
{
	(void)args;
	buf_addf(&result->out, "%s\n", model->workload ? model->workload : "");
	return 0;
}

static int do_restart(struct model *model, const struct argv *args, struct proc_result *result)
{
	model->restarts++;
	return do_in_node(model, args, result);
}

static int do_rollout(struct model *model, const struct argv *args, struct proc_result *result)
{
	model->rollouts++;
	return do_in_node(model, args, result);
}

static int do_nothing(struct model *model, const struct argv *args, struct proc_result *result)
{
	(void)model;
	(void)args;
	(void)result;
	return 0;
}

static const struct {
	const char *pattern;
	int (*act)(struct model *, const struct argv *, struct proc_result *);
	bool changes;
} verbs[] = {
	{ "docker inspect *", do_inspect, false },
	{ "docker container inspect *", do_inspect, false },
	{ "docker info *", do_info, false },
	{ "docker ps *", do_ps, false },
	{ "docker container ls *", do_container_ls, false },
	{ "docker volume ls *", do_volume_ls, false },
	{ "docker network ls *", do_network_ls, false },
	{ "docker network inspect *", do_network_inspect, false },
	{ "docker logs --tail *", do_nothing, false },
	{ "docker exec * kubectl get nodes *", do_nodes, false },
	{ "docker exec * get secret openshell-cli-client *", do_secret, false },
	{ "docker exec * kubectl delete node *", do_nothing, true },
	{ "docker image inspect *", do_image_inspect, false },
	{ "docker save -- *", do_nothing, false },
	{ "docker exec * ctr -a * version", do_in_node, false },
	{ "docker exec -i " NAME " ctr -a * images import *", do_import, true },
	{ "docker exec * kubectl -n openshell get statefulset/openshell *", do_workload, false },
	{ "docker exec * kubectl rollout restart statefulset/openshell -n openshell", do_restart, true },
	{ "docker exec * kubectl rollout status statefulset/openshell -n openshell --timeout=180s", do_rollout, false },
	{ "docker pull *", do_pull, true },
	{ "docker network create *" NAME, do_network_create, true },
	{ "docker network rm *", do_network_rm, true },
	{ "docker network connect " NAME " " NAME, do_connect, true },
	{ "docker network disconnect -f * " NAME, do_disconnect, true },
	{ "docker volume create *" NAME, do_volume_create, true },
	{ "docker volume rm -f " NAME, do_volume_rm, true },
	{ "docker create *", do_create, true },
	{ "docker cp - " NAME ":/", do_cp, true },
	{ "docker start -- " NAME, do_start, true },
	{ "docker unpause -- " NAME, do_unpause, true },
	{ "docker stop -t 10 -- " NAME, do_stop, true },
	{ "docker rm -f -v -- " NAME, do_rm, true },
};

static void act(struct model *model, const struct proc_spec *spec, const char *line, struct proc_result *result)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (script_matches(verbs[i].pattern, line)) {
			/* what a dry run would not run; it never gets to a command in the container */
			if (!str_starts(line, "docker exec"))
				assert_int_equal(spec->changes, verbs[i].changes);
			model->mutations += verbs[i].changes;
			result->code = verbs[i].act(model, &spec->argv, result);
			return;
		}
	fail_msg("the engine does not know: %s", line);
}

static int model_run(void *arg, struct proc_spec *spec, struct proc_result *result, struct error **err)
{
	struct model *model = arg;
	autofree char *line = argv_quote(&spec->argv);
	bool now, broken;

	if (cancel_check(err) < 0)
		return -1;
	argv_add(&model->log, line);
	model->draws |= spec->out.how == PROC_STDERR;
	if (++model->calls > 2000)
		fail_msg("no end to it: %s", line);
	assert_non_null(spec->purpose);
	assert_true(spec->timeout_ms > 0);
	now = model->calls == model->fault_at;
	broken = model->all_after && model->fault_at > 0 && model->calls > model->fault_at;
	if (broken || (now && model->fault == FAULT_FAILS)) {
		result->code = refuse(result, "the engine says no");
		return 0;
	}
	if (script_matches("docker create *", line))
		argv_addv(&model->secrets, (const char *const *)spec->env.v);
	if (spec->input != NULL)
		buf_add(&model->input, spec->input, spec->input_len);
	if (!now || model->fault != FAULT_CANCEL)
		act(model, spec, line, result);
	if (now && (model->fault == FAULT_CANCEL || model->fault == FAULT_CANCEL_LATE)) {
		cancel_request(SIGTERM);
		return cancel_check(err);
	}
	if (now && model->fault == FAULT_FAILS_LATE) {
		buf_release(&result->out);
		result->code = refuse(result, "the engine lost the thread");
	}
	return 0;
}

static int model_pipe(void *arg, struct proc_spec *from, struct proc_spec *to, struct proc_result results[2],
		      struct error **err)
{
	if (model_run(arg, from, &results[0], err) < 0)
		return -1;
	return model_run(arg, to, &results[1], err);
}

static struct proc *model_start(void *arg, struct proc_spec *spec, struct error **err)
{
	struct model *model = arg;
	autofree char *line = argv_quote(&spec->argv);
	bool now = ++model->calls == model->fault_at, cancelled = model->fault == FAULT_CANCEL || model->fault == FAULT_CANCEL_LATE;

	argv_add(&model->log, line);
	if (now && cancelled)
		cancel_request(SIGTERM);
	if ((now && !cancelled) || (model->all_after && model->fault_at > 0 && model->calls > model->fault_at)) {
		error_set(err, ERROR_SYSTEM, "cannot start docker");
		return NULL;
	}
	model->followers++;
	return (struct proc *)(void *)&model->followers;
}

/* A container that runs is healthy after a while. */
static void model_pump(void *arg, struct proc *const *procs, size_t count, int64_t ms)
{
	struct model *model = arg;

	(void)procs;
	(void)count;
	if (cancel_signal() != 0)
		return;
	if (++model->pumps > 2000)
		fail_msg("no end to the waiting");
	model->now_ms += ms;
	if (model->phase == PHASE_RUNNING)
		model->healthy = true;
}

/* It goes on until it is stopped. */
static bool model_ended(void *arg, struct proc *proc)
{
	(void)arg;
	(void)proc;
	return false;
}

static void model_stop(void *arg, struct proc *proc)
{
	if (proc != NULL)
		((struct model *)arg)->followers--;
}

static int64_t model_now(void *arg)
{
	return ((struct model *)arg)->now_ms;
}

/* ------------------------------------------------------------------ the stage of a test */

struct stage {
	struct scene scene;
	struct model model;
	int port; /* free on this host */
	bool keep_failed;
};

static void stage_open(struct stage *stage)
{
	struct model *model = &stage->model;
	struct error *err = NULL;

	scene_open(&stage->scene);
	stage->keep_failed = false;
	*model = (struct model){
		.bind = xstrdup("127.0.0.1"), .image = xstrdup(LOCAL), .local_here = true, .registry_answers = true,
		.image_id = "sha256:I1", .container_image_id = "sha256:I1", .engine_id = "E1", .secret = true,
		.workload = "statefulset.apps/openshell",
		.runner = { model_run, model_pipe, model_start, model_pump, model_ended, model_stop, model },
		.clock = { model_now, model },
	};
	model->docker = (struct docker){ &model->runner, 60000, 3600000, 3600000, NULL, NULL, false };
	stage->scene.env.docker = &model->docker;
	stage->scene.env.clock = &model->clock;
	assert_int_equal(endpoint_free_port("127.0.0.1", &stage->port, &err), 0);
	model->port = stage->port;
}

static void stage_close(struct stage *stage)
{
	free(stage->model.bind);
	free(stage->model.image);
	free(stage->model.files);
	argv_release(&stage->model.secrets);
	buf_release(&stage->model.input);
	argv_release(&stage->model.env);
	argv_release(&stage->model.log);
	scene_close(&stage->scene);
}

/* Everything that a start asks for by name. */
static int start_with(struct stage *stage, const struct deploy_options *options, struct error **err)
{
	struct deploy_outcome outcome = { 0 };
	struct deploy_options these = *options;
	int rc;

	these.keep_failed |= stage->keep_failed;
	stage->model.calls = stage->model.mutations = stage->model.pumps = 0;
	stage->model.imports = stage->model.restarts = stage->model.rollouts = 0;
	argv_release(&stage->model.log);
	cancel_forget();
	rc = gateway_deploy(&stage->scene.env, &these, &outcome, err);
	deploy_outcome_release(&outcome);
	cancel_forget();
	if (stage->model.followers != 0)
		fail_msg("a follower was left running");
	return rc;
}

static int start(struct stage *stage, struct error **err)
{
	/* a port by name only where nothing has one yet, so that no test needs 8080 */
	const struct deploy_options options = { .name = "gw", .port = stage->model.container ? -1 : stage->port };

	return start_with(stage, &options, err);
}

static void write_record(struct stage *stage, const char *container_id, const char *docker_id)
{
	autofree char *text = xasprintf("{\"name\":\"gw\",\"gateway_endpoint\":\"https://127.0.0.1:%d\",\"is_remote\":false,"
					"\"gateway_port\":%d,\"docker_endpoint\":\"unix:///var/run/docker.sock\","
					"\"docker_id\":\"%s\",\"container_id\":\"%s\",\"image\":\"" LOCAL "\"}\n",
					stage->port, stage->port, docker_id, container_id);

	scene_write(&stage->scene, "gateways/gw/metadata.json", text);
}

static void write_bundle(struct stage *stage)
{
	static const char certificate[] = "-----BEGIN CERTIFICATE-----\nb2xk\n-----END CERTIFICATE-----\n";

	scene_write(&stage->scene, "gateways/gw/mtls/ca.crt", certificate);
	scene_write(&stage->scene, "gateways/gw/mtls/tls.crt", certificate);
	scene_write(&stage->scene, "gateways/gw/mtls/tls.key",
		    "-----BEGIN PRIVATE KEY-----\nb2xk\n-----END PRIVATE KEY-----\n");
}

/* ------------------------------------------------------------------ from where it starts */

struct situation {
	const char *name;
	bool network, volume, container, twin, races;
	enum container_phase phase;
	const char *health;
	bool record, bundle, other_image, other_port, pull, stray_record;
	const char *push, *pushed; /* asked for now, and when the container was made */
	bool ca, other_ca; /* it has been given a CA; one is given that it has not */
	bool is_warm;     /* one call, and nothing changes */
	bool replaces;    /* the container that is there is replaced */
};

#define ALL .network = true, .volume = true, .container = true
#define KNOWN .record = true, .bundle = true

static const struct situation situations[] = {
	{ "nothing", .health = NULL },
	{ "nothing, and the image must be pulled", .pull = true },
	{ "network only", .network = true },
	{ "nothing, and docker still makes a network for a run that was killed", .races = true },
	{ "two networks of one name", .network = true, .twin = true },
	{ "exited, two networks of one name", ALL, .phase = PHASE_EXITED, KNOWN, .twin = true },
	{ "volume only", .volume = true },
	{ "volume and network", .network = true, .volume = true },
	{ "volume, record and bundle", .volume = true, KNOWN },
	{ "record of a container that is gone", .record = true, .bundle = true },
	{ "created", ALL, .phase = PHASE_CREATED },
	{ "exited", ALL, .phase = PHASE_EXITED, KNOWN },
	{ "exited, its network is gone", .volume = true, .container = true, .phase = PHASE_EXITED, KNOWN },
	{ "paused", ALL, .phase = PHASE_PAUSED, KNOWN },
	{ "restarting", ALL, .phase = PHASE_RESTARTING, KNOWN },
	{ "dead", ALL, .phase = PHASE_DEAD, KNOWN, .replaces = true },
	{ "removing", ALL, .phase = PHASE_REMOVING, KNOWN, .replaces = true },
	{ "running, starting", ALL, .phase = PHASE_RUNNING, .health = NULL, KNOWN },
	{ "running, healthy", ALL, .phase = PHASE_RUNNING, .health = "healthy", KNOWN, .is_warm = true },
	{ "running, healthy, without a bundle", ALL, .phase = PHASE_RUNNING, .health = "healthy", .record = true },
	{ "running, healthy, without a record", ALL, .phase = PHASE_RUNNING, .health = "healthy", .bundle = true },
	{ "running, healthy, with neither", ALL, .phase = PHASE_RUNNING, .health = "healthy" },
	{ "running, healthy, recorded as another", ALL, .phase = PHASE_RUNNING, .health = "healthy", KNOWN,
	  .stray_record = true },
	{ "running, healthy, its network is gone", .volume = true, .container = true, .phase = PHASE_RUNNING,
	  .health = "healthy", KNOWN },
	{ "running, other image", ALL, .phase = PHASE_RUNNING, .health = "healthy", KNOWN, .other_image = true,
	  .replaces = true },
	{ "exited, other image", ALL, .phase = PHASE_EXITED, KNOWN, .other_image = true, .replaces = true },
	{ "running, other port", ALL, .phase = PHASE_RUNNING, .health = "healthy", KNOWN, .other_port = true,
	  .replaces = true },
	{ "nothing, with images to push", .push = "a/gateway:1, b:2" },
	{ "volume only, with images to push", .volume = true, .push = "a/gateway:1" },
	{ "exited, the same images to push", ALL, .phase = PHASE_EXITED, KNOWN, .push = "a/gateway:1", .pushed = "a/gateway:1" },
	{ "running, healthy, the same images to push", ALL, .phase = PHASE_RUNNING, .health = "healthy", KNOWN,
	  .push = "a/gateway:1,b:2", .pushed = "a/gateway:1,b:2" },
	{ "running, healthy, other images to push", ALL, .phase = PHASE_RUNNING, .health = "healthy", KNOWN,
	  .push = "a/gateway:2", .pushed = "a/gateway:1", .replaces = true },
	{ "running, healthy, images to push for the first time", ALL, .phase = PHASE_RUNNING, .health = "healthy", KNOWN,
	  .push = "a/gateway:1", .replaces = true },
	{ "nothing, with a CA", .other_ca = true },
	{ "a CA is kept, and the container is gone", .volume = true, KNOWN, .ca = true },
	{ "running, with its CA", ALL, .phase = PHASE_RUNNING, .health = "healthy", KNOWN, .ca = true, .is_warm = true },
	{ "running, with another CA", ALL, .phase = PHASE_RUNNING, .health = "healthy", KNOWN, .ca = true, .other_ca = true,
	  .replaces = true },
	{ "created, with its CA or not yet", ALL, .phase = PHASE_CREATED, .ca = true },
	{ "exited, with its CA", ALL, .phase = PHASE_EXITED, KNOWN, .ca = true },
};

#define CA(text) "-----BEGIN CERTIFICATE-----\n" text "\n-----END CERTIFICATE-----\n"
#define CA_ID "0123456789abcdef"

static void give_ca(struct stage *stage)
{
	scene_write(&stage->scene, "gateways/gw/node/ca.crt", CA("MAA="));
	scene_write(&stage->scene, "gateways/gw/node/id", CA_ID);
	if (stage->model.container)
		stage->model.files = xstrdup(CA_ID);
	stage->model.supplied = stage->model.phase != PHASE_CREATED;
}

static void stage_set(struct stage *stage, const struct situation *situation)
{
	struct model *model = &stage->model;

	stage_open(stage);
	model->network = situation->network ? ++model->numbers : 0;
	model->twin = situation->twin ? ++model->numbers : 0;
	model->races = situation->races;
	model->volume = situation->volume ? ++model->numbers : 0;
	model->container = situation->container ? ++model->numbers : 0;
	model->attached = situation->container ? model->network : 0;
	model->phase = situation->container ? situation->phase : PHASE_ABSENT;
	model->health = situation->health;
	if (situation->other_image)
		model->container_image_id = "sha256:I0";
	if (situation->pull)
		model->local_here = false;
	stage->scene.settings.push_images = situation->push;
	if (situation->pushed)
		argv_addf(&model->env, "PUSH_IMAGE_REFS=%s", situation->pushed);
	if (situation->record) {
		autofree char *id = xasprintf("C%d", situation->stray_record ? 77 : model->container ? model->container : 99);

		write_record(stage, id, "E1");
	}
	if (situation->bundle)
		write_bundle(stage);
	if (situation->ca)
		give_ca(stage);
}

static int start_here(struct stage *stage, const struct situation *situation, struct error **err)
{
	struct deploy_options options = { .name = "gw", .port = -1 };
	struct error *no_port = NULL;
	autofree char *ca = xasprintf("%s/ca.pem", stage->scene.paths.user_root);

	if (situation->other_ca) {
		scene_write(&stage->scene, "ca.pem", CA("MAAA"));
		options.files[NODE_CA] = ca;
		options.port = stage->model.container ? -1 : stage->port;
		return start_with(stage, &options, err);
	}
	if (!situation->other_port)
		return start(stage, err);
	do
		assert_int_equal(endpoint_free_port("127.0.0.1", &options.port, &no_port), 0);
	while (options.port == stage->port);
	return start_with(stage, &options, err);
}

static void assert_ready(struct stage *stage)
{
	struct model *model = &stage->model;
	autofree char *record = scene_read(&stage->scene, "gateways/gw/metadata.json");
	autofree char *active = scene_read(&stage->scene, "active_gateway");
	autofree char *id = xasprintf("\"container_id\": \"C%d\"", model->container);
	autofree char *port = xasprintf("\"gateway_port\": %d", model->port);
	autofree char *files = scene_read(&stage->scene, "gateways/gw/node/id");

	assert_string_equal(model->files ? model->files : "", files ? files : "");
	assert_int_equal(model->supplied, model->files != NULL);
	assert_true(model->container && model->volume && model->network && !model->twin);
	assert_int_equal(model->phase, PHASE_RUNNING);
	assert_string_equal(health_of(model), "healthy");
	assert_int_equal(model->attached, model->network);
	assert_non_null(record);
	if (strstr(record, id) == NULL || strstr(record, port) == NULL || strstr(record, "\"docker_id\": \"E1\"") == NULL)
		fail_msg("the record is wrong: %s", record);
	assert_int_equal(mtls_examine(&stage->scene.paths, "gw"), MTLS_VALID);
	assert_string_equal(active, "gw");
}

static void assert_warm(struct stage *stage)
{
	struct error *err = NULL;
	autofree char *before = scene_read(&stage->scene, "gateways/gw/metadata.json"), *after = NULL;

	assert_int_equal(start(stage, &err), 0);
	after = scene_read(&stage->scene, "gateways/gw/metadata.json");
	if (stage->model.calls != 1 || stage->model.mutations != 0 || !str_starts(stage->model.log.v[0], "docker inspect "))
		fail_msg("a warm start made %d calls", stage->model.calls);
	assert_string_equal(before, after);
	assert_int_equal(stage->scene.warnings.n, 0);
}

/* Each start pushes again, and restarts the workload; it costs no other change. Without images it stays as it is. */
static void assert_pushed(struct stage *stage)
{
	struct error *err = NULL;
	int container = stage->model.container;

	assert_int_equal(stage->model.imports, 1);
	assert_int_equal(stage->model.restarts, 1);
	assert_int_equal(stage->model.rollouts, 1);
	assert_int_equal(start(stage, &err), 0);
	assert_int_equal(stage->model.imports, 1);
	assert_int_equal(stage->model.restarts, 1);
	assert_int_equal(stage->model.mutations, 2);
	assert_int_equal(stage->model.container, container);
	assert_ready(stage);
	stage->scene.settings.push_images = NULL;
}

static void from_every_state_a_start_ends_ready_and_the_next_changes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(situations); i++) {
		struct stage stage;
		struct error *err = NULL;
		int volume, container;

		print_message("           %s\n", situations[i].name);
		stage_set(&stage, &situations[i]);
		volume = stage.model.volume;
		container = stage.model.container;
		if (start_here(&stage, &situations[i], &err) < 0)
			fail_msg("%s", error_text(err));
		assert_ready(&stage);
		if (volume != 0)
			assert_int_equal(stage.model.volume, volume);
		if (container != 0 && !situations[i].replaces)
			assert_int_equal(stage.model.container, container);
		if (situations[i].replaces)
			assert_int_not_equal(stage.model.container, container);
		if (situations[i].is_warm)
			assert_int_equal(stage.model.calls, 1);
		if (situations[i].push != NULL)
			assert_pushed(&stage);
		assert_warm(&stage);
		stage_close(&stage);
	}
}

/* ------------------------------------------------------------------ failing at every call */

static const char *const fault_names[] = { "none", "fails", "fails late", "cancelled", "cancelled late" };
static_assert(ARRAY_LEN(fault_names) == FAULTS, "one name per fault");

/* What is kept for the node is what was kept before, to the letter. */
static void assert_ca_taken_back(const struct stage *stage, const struct situation *situation, const char *where)
{
	autofree char *ca = scene_read(&stage->scene, "gateways/gw/node/ca.crt");
	autofree char *id = scene_read(&stage->scene, "gateways/gw/node/id");

	if (!situation->ca && (ca != NULL || id != NULL))
		fail_msg("%s: the CA is left", where);
	if (situation->ca && (ca == NULL || !streq(ca, CA("MAA=")) || id == NULL || !streq(id, CA_ID)))
		fail_msg("%s: the former CA is lost", where);
}

/* What this run made is gone, what was there before still is. */
static void assert_taken_back(const struct stage *stage, const struct situation *situation, const struct model *before,
			      const char *where)
{
	const struct model *now = &stage->model;
	int old = before->numbers;

	/* a network is made anew for a container that is there: it has a new number, and stays */
	if (now->container > old || now->volume > old || (now->network > old && before->network == 0))
		fail_msg("%s: something that was made is left (container %d, volume %d, network %d)", where,
			 now->container > old, now->volume > old, now->network > old);
	if (now->volume != before->volume)
		fail_msg("%s: the volume was removed", where);
	/* one that was never started cannot be told from one that this run made, and holds nothing */
	if (now->container != before->container && !situation->replaces && before->phase != PHASE_CREATED)
		fail_msg("%s: the container was removed", where);
	if (scene_has(&stage->scene, "gateways/gw/metadata.json") != situation->record)
		fail_msg("%s: the record %s", where, situation->record ? "was removed" : "is left");
	if (scene_has(&stage->scene, "gateways/gw/mtls") && !situation->bundle)
		fail_msg("%s: the bundle is left", where);
	assert_ca_taken_back(stage, situation, where);
	if (!situation->record && !situation->bundle && !situation->ca && scene_has(&stage->scene, "gateways"))
		fail_msg("%s: the directory is left", where);
	if (scene_has(&stage->scene, "active_gateway"))
		fail_msg("%s: it became the active gateway", where);
}

/* false: the run has fewer calls than that. */
static bool fail_once(const struct situation *situation, enum fault fault, int at)
{
	struct stage stage;
	struct error *err = NULL;
	struct model before;
	autofree char *where = NULL;
	int rc, calls;

	stage_set(&stage, situation);
	before = stage.model;
	stage.model.fault = fault;
	stage.model.fault_at = at;
	rc = start_here(&stage, situation, &err);
	calls = stage.model.calls;
	where = xasprintf("%s: call %d of %d %s: %s", situation->name, at, calls, fault_names[fault],
			  calls >= at ? stage.model.log.v[at - 1] : "-");
	if (rc < 0 && (fault == FAULT_CANCEL || fault == FAULT_CANCEL_LATE)) {
		if (!error_is(err, ERROR_CANCELLED) || error_exit_code(err) != 128 + SIGTERM)
			fail_msg("%s: %s", where, error_text(err));
	}
	if (rc < 0)
		assert_taken_back(&stage, situation, &before, where);
	else
		assert_ready(&stage);
	error_free(&err);
	/* and whatever is left, the next start mends it */
	stage.model.fault_at = 0;
	if (start(&stage, &err) < 0)
		fail_msg("%s: the next start fails: %s", where, error_text(err));
	assert_ready(&stage);
	stage_close(&stage);
	return calls >= at;
}

static void fail_at_every_call(enum fault fault)
{
	for (size_t i = 0; i < ARRAY_LEN(situations); i++) {
		int at = 1;

		while (fail_once(&situations[i], fault, at))
			at++;
		assert_true(situations[i].is_warm ? at == 2 : at > 2);
	}
}

static void whichever_call_fails_what_was_made_is_taken_back(void **state)
{
	(void)state;
	fail_at_every_call(FAULT_FAILS);
}

static void a_call_that_fails_when_its_work_is_done_is_taken_back_too(void **state)
{
	(void)state;
	fail_at_every_call(FAULT_FAILS_LATE);
}

static void whenever_a_signal_comes_what_was_made_is_taken_back(void **state)
{
	(void)state;
	fail_at_every_call(FAULT_CANCEL);
}

static void a_signal_after_the_work_was_done_is_taken_back_too(void **state)
{
	(void)state;
	fail_at_every_call(FAULT_CANCEL_LATE);
}

/* As a kill after that call leaves it: nothing is taken back. */
static bool break_off_once(const struct situation *situation, int at)
{
	struct stage stage;
	struct error *err = NULL;
	int calls;

	stage_set(&stage, situation);
	stage.keep_failed = true;
	stage.model.fault = FAULT_FAILS_LATE;
	stage.model.fault_at = at;
	(void)!start_here(&stage, situation, &err);
	error_free(&err);
	calls = stage.model.calls;
	stage.model.fault_at = 0;
	if (start(&stage, &err) < 0)
		fail_msg("%s: broken off at call %d: the next start fails: %s", situation->name, at, error_text(err));
	assert_ready(&stage);
	stage_close(&stage);
	return calls >= at;
}

static void wherever_it_is_broken_off_the_next_start_ends_ready(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(situations); i++) {
		int at = 1;

		while (break_off_once(&situations[i], at))
			at++;
	}
}

/* Nothing can be removed either: each thing that remains is named, and how to remove it. */
static void what_cannot_be_taken_back_is_told(void **state)
{
	static const struct situation nothing = { "nothing", .health = NULL };
	int told = 0;

	(void)state;
	for (int at = 1;; at++) {
		struct stage stage;
		struct error *err = NULL;
		int rc;

		stage_set(&stage, &nothing);
		stage.model.fault = FAULT_FAILS_LATE;
		stage.model.fault_at = at;
		stage.model.all_after = true;
		rc = start(&stage, &err);
		if (stage.model.calls < at) {
			stage_close(&stage);
			break;
		}
		error_free(&err);
		if (rc < 0 && stage.model.container)
			assert_true(says(&stage.scene.warnings, "the container " NAME " remains"));
		/* a create that fails alone does not tell whether a network was there before */
		if (rc < 0 && stage.model.network && !str_starts(stage.model.log.v[at - 1], "docker network create"))
			assert_true(says(&stage.scene.warnings, "the network " NAME " remains"));
		if (rc < 0 && stage.model.volume)
			assert_true(says(&stage.scene.warnings, "the volume " NAME " remains"));
		if (stage.model.container || stage.model.volume) {
			assert_true(says(&stage.scene.warnings, "openshell gateway destroy --name gw"));
			told++;
		}
		stage_close(&stage);
	}
	assert_true(told > 3);
}

static size_t index_of(const struct argv *log, const char *pattern)
{
	for (size_t i = 0; i < log->n; i++)
		if (script_matches(pattern, log->v[i]))
			return i;
	fail_msg("never run: %s", pattern);
	return 0;
}

static void things_are_taken_back_in_the_order_that_docker_allows(void **state)
{
	static const struct situation nothing = { "nothing", .health = NULL };
	const struct deploy_options options = { .name = "gw", .port = -1, .timeout_ms = 4000 };
	struct stage stage;
	struct error *err = NULL;
	struct deploy_options here = options;

	(void)state;
	stage_set(&stage, &nothing);
	here.port = stage.port;
	stage.model.health = "unhealthy";
	stage.model.secret = false;
	/* it never has a secret, so that the run fails as late as it can */
	assert_int_equal(start_with(&stage, &here, &err), -1);
	assert_error(&err, ERROR_TIMEOUT, "openshell-cli-client");
	assert_true(index_of(&stage.model.log, "docker logs --tail *") < index_of(&stage.model.log, "docker rm *"));
	assert_true(index_of(&stage.model.log, "docker rm *") < index_of(&stage.model.log, "docker network rm *"));
	assert_true(index_of(&stage.model.log, "docker network rm *") < index_of(&stage.model.log, "docker volume rm *"));
	assert_int_equal(stage.model.container + stage.model.volume + stage.model.network, 0);
	stage_close(&stage);
}

static void keep_failed_keeps_all_and_says_so(void **state)
{
	static const struct situation nothing = { "nothing", .health = NULL };
	struct deploy_options options = { .name = "gw", .port = -1, .keep_failed = true };
	struct stage stage;
	struct error *err = NULL;

	(void)state;
	stage_set(&stage, &nothing);
	options.port = stage.port;
	stage.model.secret = false;
	assert_int_equal(start_with(&stage, &options, &err), -1);
	error_free(&err);
	assert_true(stage.model.container && stage.model.volume && stage.model.network);
	assert_true(says(&stage.scene.notes, "--keep-failed"));
	assert_true(says(&stage.scene.notes, "the container " NAME));
	assert_true(says(&stage.scene.notes, "the network " NAME));
	assert_true(says(&stage.scene.notes, "the volume " NAME));
	stage.model.secret = true;
	assert_int_equal(start(&stage, &err), 0);
	assert_ready(&stage);
	stage_close(&stage);
}

static void a_record_that_cannot_be_written_takes_all_back(void **state)
{
	static const struct situation nothing = { "nothing", .health = NULL };
	struct stage stage;
	struct error *err = NULL;

	(void)state;
	stage_set(&stage, &nothing);
	/* a file where the directory should be */
	scene_write(&stage.scene, "gateways/gw", "in the way");
	assert_int_equal(start(&stage, &err), -1);
	error_free(&err);
	assert_int_equal(stage.model.container + stage.model.volume + stage.model.network, 0);
	stage_close(&stage);
}

static void an_active_file_that_cannot_be_written_takes_all_back(void **state)
{
	static const struct situation nothing = { "nothing", .health = NULL };
	struct stage stage;
	struct error *err = NULL;

	(void)state;
	stage_set(&stage, &nothing);
	/* a directory where the file should be */
	scene_write(&stage.scene, "active_gateway/x", "in the way");
	assert_int_equal(start(&stage, &err), -1);
	error_free(&err);
	assert_int_equal(stage.model.container + stage.model.volume + stage.model.network, 0);
	assert_false(scene_has(&stage.scene, "gateways/gw"));
	stage_close(&stage);
}

/* ------------------------------------------------------------------ the step table */

static void the_steps_lead_from_new_to_ready_one_by_one(void **state)
{
	int reached[DEPLOY_STATES] = { [DEPLOY_NEW] = 1 };

	(void)state;
	assert_int_equal(deploy_steps[0].from, DEPLOY_NEW);
	assert_int_equal(deploy_steps[deploy_step_count - 1].to, DEPLOY_READY);
	for (size_t i = 0; i < deploy_step_count; i++) {
		assert_non_null(deploy_steps[i].needed);
		assert_non_null(deploy_steps[i].act);
		assert_int_equal(deploy_steps[i].to, deploy_steps[i].from + 1);
		if (i > 0)
			assert_int_equal(deploy_steps[i].from, deploy_steps[i - 1].to);
		reached[deploy_steps[i].to]++;
	}
	for (int i = 0; i < DEPLOY_STATES; i++) {
		assert_int_equal(reached[i], 1);
		assert_non_null(deploy_state_name((enum deploy_state)i));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(deploy_state_name((enum deploy_state)i), deploy_state_name((enum deploy_state)j));
	}
}

static void only_the_stale_nodes_may_stay(void **state)
{
	(void)state;
	for (size_t i = 0; i < deploy_step_count; i++)
		assert_int_equal(deploy_steps[i].optional, deploy_steps[i].to == DEPLOY_NODES_CLEAN);
}

static void a_cold_start_shows_each_step_once(void **state)
{
	static const struct situation nothing = { "nothing", .pull = true };
	struct stage stage;
	struct error *err = NULL;

	(void)state;
	stage_set(&stage, &nothing);
	assert_int_equal(start(&stage, &err), 0);
	assert_line(&stage.scene.steps,
		    "'fetching the image' . 'preparing the network' . 'preparing the volume' . 'creating the container' . "
		    "'starting the container' . 'waiting for the gateway' . 'fetching the certificates' .");
	stage_close(&stage);
}

/* ------------------------------------------------------------------ images that are pushed */

static const struct situation fresh_push = { "nothing, with images to push", .push = "a/gateway:1, b:2" };

static void images_are_pushed_before_the_health_is_waited_for(void **state)
{
	struct stage stage;
	struct error *err = NULL;

	(void)state;
	stage_set(&stage, &fresh_push);
	assert_int_equal(start(&stage, &err), 0);
	assert_line(&stage.scene.steps,
		    "'preparing the network' . 'preparing the volume' . 'creating the container' . "
		    "'starting the container' . 'pushing the images' . 'waiting for the gateway' . 'fetching the certificates' .");
	assert_true(index_of(&stage.model.log, "docker image inspect * -- a/gateway:1 b:2") <
		    index_of(&stage.model.log, "docker network create *"));
	assert_true(index_of(&stage.model.log, "docker save -- a/gateway:1 b:2") <
		    index_of(&stage.model.log, "docker exec * rollout restart *"));
	index_of(&stage.model.log, "docker create * --env PUSH_IMAGE_REFS=a/gateway:1,b:2 --env IMAGE_TAG=dev "
				   "--env IMAGE_PULL_POLICY=IfNotPresent *");
	stage_close(&stage);
}

static void an_image_to_push_that_is_not_here_is_told_before_anything_is_made(void **state)
{
	struct stage stage;
	struct error *err = NULL;

	(void)state;
	stage_set(&stage, &fresh_push);
	stage.scene.settings.push_images = "a/gateway:1,gone:1";
	assert_int_equal(start(&stage, &err), -1);
	assert_int_equal(stage.model.mutations, 0);
	assert_error(&err, ERROR_ABSENT, "OPENSHELL_PUSH_IMAGES: docker does not have gone:1");
	stage_close(&stage);
}

static void without_waiting_images_are_pushed_all_the_same(void **state)
{
	struct deploy_options options = { .name = "gw", .no_wait = true };
	struct stage stage;
	struct error *err = NULL;

	(void)state;
	stage_set(&stage, &fresh_push);
	options.port = stage.port;
	stage.model.workload = NULL;
	assert_int_equal(start_with(&stage, &options, &err), 0);
	assert_int_equal(stage.model.imports, 1);
	assert_int_equal(stage.model.restarts + stage.model.rollouts + stage.model.pumps, 0);
	options.port = -1;
	stage.model.workload = "statefulset.apps/openshell";
	assert_int_equal(start_with(&stage, &options, &err), 0);
	assert_int_equal(stage.model.imports, 1);
	assert_int_equal(stage.model.restarts, 1);
	assert_int_equal(stage.model.rollouts, 0);
	stage_close(&stage);
}

static void a_push_is_more_than_a_look_at_what_runs(void **state)
{
	static const struct situation running = {
		"running", ALL, .phase = PHASE_RUNNING, .health = "healthy", KNOWN, .push = "a:1", .pushed = "a:1",
	};
	const struct deploy_options options = { .name = "gw", .port = -1 };
	struct deploy_outcome outcome = { 0 };
	struct stage stage;
	struct error *err = NULL;

	(void)state;
	stage_set(&stage, &running);
	assert_int_equal(gateway_deploy(&stage.scene.env, &options, &outcome, &err), 0);
	assert_false(outcome.was_running);
	assert_true(outcome.waited);
	deploy_outcome_release(&outcome);
	stage_close(&stage);
}

/* ------------------------------------------------------------------ what the container is told */

static void assert_create(struct stage *stage, const char *expected)
{
	const char *line = stage->model.log.v[index_of(&stage->model.log, "docker create *")];
	autofree char *port = xasprintf("%d", stage->port);
	AUTO(buf) text = BUF_INIT;

	for (; *line != '\0'; line++)
		if (strncmp(line, port, strlen(port)) == 0) {
			buf_adds(&text, "PORT");
			line += strlen(port) - 1;
		} else {
			buf_add(&text, line, 1);
		}
	assert_string_equal(buf_str(&text), expected);
}

#define CREATE(bind) \
	"docker create --pull never --name openshell-cluster-gw --hostname openshell-gw --label ai.openshell.gateway=gw " \
	"--label ai.openshell.version=9.9 --privileged --init=false --restart unless-stopped --cgroupns private " \
	"--network openshell-cluster-gw --publish " bind ":PORT:30051/tcp --add-host host.docker.internal:host-gateway " \
	"--add-host host.openshell.internal:host-gateway --volume openshell-cluster-gw:/var/lib/rancher/k3s "
#define SERVER " openshell/cluster:dev server --disable=traefik --tls-san=127.0.0.1 --tls-san=localhost " \
	       "--tls-san=host.docker.internal"

static void a_plain_container_is_told_no_more_than_it_needs(void **state)
{
	static const struct situation nothing = { "nothing", .health = NULL };
	struct stage stage;
	struct error *err = NULL;

	(void)state;
	stage_set(&stage, &nothing);
	assert_int_equal(start(&stage, &err), 0);
	assert_create(&stage, CREATE("127.0.0.1")
		      "--env REGISTRY_MODE=external --env REGISTRY_HOST=ghcr.io --env REGISTRY_INSECURE=false "
		      "--env IMAGE_REPO_BASE=ghcr.io/nvidia/openshell --env OPENSHELL_NODE_NAME=openshell-gw" SERVER);
	stage_close(&stage);
}

static void everything_that_was_asked_for_reaches_the_container(void **state)
{
	static const struct situation nothing = { "nothing", .health = NULL };
	struct deploy_options options = { .name = "gw", .bind = "0.0.0.0", .gateway_host = "gw.example", .gpu = true,
					  .plaintext = true, .disable_gateway_auth = true, .force = true };
	struct stage stage;
	struct error *err = NULL;
	const char *line;

	(void)state;
	stage_set(&stage, &nothing);
	options.port = stage.port;
	stage.scene.settings.registry_host = "reg.example";
	stage.scene.settings.registry_endpoint = "http://mirror";
	stage.scene.settings.registry_username = "me";
	stage.scene.settings.registry_password = "s3cret";
	stage.scene.settings.registry_insecure = true;
	stage.scene.settings.image_tag = "dev";
	assert_int_equal(start_with(&stage, &options, &err), 0);
	assert_create(&stage, CREATE("0.0.0.0") "--gpus all "
		      "--env REGISTRY_MODE=external --env REGISTRY_HOST=reg.example --env REGISTRY_INSECURE=true "
		      "--env IMAGE_REPO_BASE=reg.example/openshell --env IMAGE_REPO_BASE_EXPLICIT=true "
		      "--env REGISTRY_ENDPOINT=http://mirror --env REGISTRY_USERNAME=me --env REGISTRY_PASSWORD "
		      "--env EXTRA_SANS=gw.example --env SSH_GATEWAY_HOST=gw.example --env SSH_GATEWAY_PORT=PORT "
		      "--env IMAGE_TAG=dev --env DISABLE_TLS=true --env DISABLE_GATEWAY_AUTH=true --env GPU_ENABLED=true "
		      "--env OPENSHELL_NODE_NAME=openshell-gw" SERVER " --tls-san=gw.example");
	line = argv_join(&stage.model.log, "\n");
	assert_null(strstr(line, "s3cret"));
	free((char *)(uintptr_t)line);
	stage_close(&stage);
}

/* The passwords are in what docker reads from its environment and from stdin, and nowhere that is shown. */
static void resolvers_proxies_and_files_reach_the_container(void **state)
{
	static const struct situation kept = { "kept", .volume = true, .ca = true };
	struct deploy_options options = { .name = "gw", .port = -1 };
	AUTO(argv) dns = ARGV_INIT;
	struct stage stage;
	struct error *err = NULL;
	autofree char *log = NULL;

	(void)state;
	stage_set(&stage, &kept);
	options.port = stage.port;
	argv_addl(&dns, "10.0.0.2", "10.0.0.3", NULL);
	options.dns = &dns;
	scene_write(&stage.scene, "gateways/gw/node/registries.yaml", "configs: {a: {auth: {password: pa55}}}\n");
	stage.scene.settings.https_proxy = "http://me:s3cret@proxy:3128";
	stage.scene.settings.no_proxy = "corp.example";
	assert_int_equal(start_with(&stage, &options, &err), 0);
	assert_create(&stage, "docker create --pull never --name openshell-cluster-gw --hostname openshell-gw "
		      "--label ai.openshell.gateway=gw --label ai.openshell.version=9.9 --label ai.openshell.files=" CA_ID " "
		      "--privileged --init=false --restart unless-stopped --cgroupns private "
		      "--network openshell-cluster-gw --publish 127.0.0.1:PORT:30051/tcp "
		      "--add-host host.docker.internal:host-gateway --add-host host.openshell.internal:host-gateway "
		      "--dns 10.0.0.2 --dns 10.0.0.3 --volume openshell-cluster-gw:/var/lib/rancher/k3s "
		      "--env REGISTRY_MODE=external --env REGISTRY_HOST=ghcr.io --env REGISTRY_INSECURE=false "
		      "--env IMAGE_REPO_BASE=ghcr.io/nvidia/openshell --env OPENSHELL_NODE_NAME=openshell-gw "
		      "--env FALLBACK_DNS=10.0.0.2,10.0.0.3 --env HTTPS_PROXY --env https_proxy "
		      "--env NO_PROXY=corp.example,localhost,127.0.0.1,::1,10.42.0.0/16,10.43.0.0/16,.svc,.cluster.local,"
		      "host.docker.internal,host.openshell.internal,openshell-gw "
		      "--env no_proxy=corp.example,localhost,127.0.0.1,::1,10.42.0.0/16,10.43.0.0/16,.svc,.cluster.local,"
		      "host.docker.internal,host.openshell.internal,openshell-gw" SERVER);
	assert_true(argv_contains(&stage.model.secrets, "HTTPS_PROXY=http://me:s3cret@proxy:3128"));
	assert_true(argv_contains(&stage.model.secrets, "https_proxy=http://me:s3cret@proxy:3128"));
	assert_non_null(memmem(stage.model.input.data, stage.model.input.len, "password: pa55", 14));
	assert_non_null(memmem(stage.model.input.data, stage.model.input.len, CA("MAA="), strlen(CA("MAA="))));
	assert_true(index_of(&stage.model.log, "docker create *") < index_of(&stage.model.log, "docker cp - " NAME ":/"));
	assert_true(index_of(&stage.model.log, "docker cp *") < index_of(&stage.model.log, "docker start *"));
	log = argv_join(&stage.model.log, "\n");
	assert_null(strstr(log, "s3cret"));
	assert_null(strstr(log, "pa55"));
	stage_close(&stage);
}

static void a_file_that_is_taken_away_goes_from_the_container_and_from_here(void **state)
{
	static const struct situation running = { "running", ALL, .phase = PHASE_RUNNING, .health = "healthy", KNOWN, .ca = true };
	const struct deploy_options options = { .name = "gw", .port = -1, .files = { FILE_NONE, NULL } };
	struct stage stage;
	struct error *err = NULL;
	int container;

	(void)state;
	stage_set(&stage, &running);
	container = stage.model.container;
	assert_int_equal(start_with(&stage, &options, &err), 0);
	assert_int_not_equal(stage.model.container, container);
	assert_null(stage.model.files);
	assert_false(scene_has(&stage.scene, "gateways/gw/node"));
	assert_ready(&stage);
	assert_warm(&stage);
	stage_close(&stage);
}

static void recreate_forgets_the_files_as_it_forgets_all(void **state)
{
	static const struct situation running = { "running", ALL, .phase = PHASE_RUNNING, .health = "healthy", KNOWN, .ca = true };
	struct deploy_options options = { .name = "gw", .recreate = true };
	struct stage stage;
	struct error *err = NULL;

	(void)state;
	stage_set(&stage, &running);
	options.port = stage.port;
	assert_int_equal(start_with(&stage, &options, &err), 0);
	assert_null(stage.model.files);
	assert_false(scene_has(&stage.scene, "gateways/gw/node"));
	assert_ready(&stage);
	stage_close(&stage);
}

/* ------------------------------------------------------------------ single rules */

static void a_local_image_that_is_not_here_is_not_looked_for_elsewhere(void **state)
{
	static const struct situation nothing = { "nothing", .health = NULL };
	struct stage stage;
	struct error *err = NULL;

	(void)state;
	stage_set(&stage, &nothing);
	stage.scene.settings.cluster_image = "openshell/cluster:mine";
	assert_int_equal(start(&stage, &err), -1);
	assert_true(advises(err, "build-images.sh"));
	assert_int_equal(stage.model.mutations, 0);
	assert_error(&err, ERROR_ABSENT, "openshell/cluster:mine is not here");
	stage_close(&stage);
}

static void an_image_that_cannot_be_pulled_leaves_nothing_behind(void **state)
{
	static const struct situation nothing = { "nothing", .pull = true };
	struct stage stage;
	struct error *err = NULL;

	(void)state;
	stage_set(&stage, &nothing);
	stage.model.registry_answers = false;
	assert_int_equal(start(&stage, &err), -1);
	assert_int_equal(stage.model.mutations, 1);
	assert_error(&err, ERROR_SYSTEM, "fetching the image: docker pull failed (exit 1): dial tcp");
	assert_false(scene_has(&stage.scene, "gateways"));
	stage_close(&stage);
}

static void a_container_runs_on_when_its_image_is_gone(void **state)
{
	static const struct situation running = { "running", ALL, .phase = PHASE_RUNNING, .health = "healthy", KNOWN };
	struct stage stage;
	struct error *err = NULL;

	(void)state;
	stage_set(&stage, &running);
	stage.model.local_here = false;
	assert_int_equal(start(&stage, &err), 0);
	assert_int_equal(stage.model.mutations, 0);
	assert_ready(&stage);
	stage_close(&stage);
}

/* A run was killed, but docker carries its create out: it is not there yet when we look, and is when we act. */
static void a_container_that_a_killed_run_left_to_docker_is_replaced(void **state)
{
	static const struct situation rows[] = { { "network", .network = true }, { "nothing", .health = NULL } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct stage stage;
		struct error *err = NULL;

		stage_set(&stage, &rows[i]);
		stage.model.late = PHASE_CREATED;
		assert_int_equal(start(&stage, &err), 0);
		index_of(&stage.model.log, "docker rm *");
		assert_ready(&stage);
		assert_warm(&stage);
		stage_close(&stage);
	}
}

static void a_container_that_has_come_up_meanwhile_is_left_alone(void **state)
{
	static const struct situation rows[] = { { "network", .network = true, .volume = true },
						   { "volume", .volume = true } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct stage stage;
		struct error *err = NULL;
		int network;

		stage_set(&stage, &rows[i]);
		network = stage.model.network;
		stage.model.late = PHASE_RUNNING;
		assert_int_equal(start(&stage, &err), -1);
		error_free(&err);
		assert_int_equal(stage.model.phase, PHASE_RUNNING);
		assert_int_equal(stage.model.network, network);
		assert_int_equal(start(&stage, &err), 0);
		assert_ready(&stage);
		stage_close(&stage);
	}
}

static void what_a_killed_run_left_beside_the_bundle_goes(void **state)
{
	static const struct situation running = { "running", ALL, .phase = PHASE_RUNNING, .health = "healthy", KNOWN };
	struct stage stage;
	struct error *err = NULL;

	(void)state;
	stage_set(&stage, &running);
	scene_write(&stage.scene, "gateways/gw/mtls.tmp/tls.key", "half");
	scene_write(&stage.scene, "gateways/gw/mtls.bak/tls.key", "old");
	assert_int_equal(start(&stage, &err), 0);
	assert_int_equal(stage.model.mutations, 0);
	assert_false(scene_has(&stage.scene, "gateways/gw/mtls.tmp"));
	assert_false(scene_has(&stage.scene, "gateways/gw/mtls.bak"));
	assert_ready(&stage);
	stage_close(&stage);
}

static void old_nodes_go_when_the_container_is_new_and_the_volume_is_not(void **state)
{
	static const struct situation volume = { "volume", .volume = true };
	struct stage stage;
	struct error *err = NULL;

	(void)state;
	stage_set(&stage, &volume);
	stage.model.nodes = "{\"items\":[{\"metadata\":{\"name\":\"old\"},\"status\":{}},"
			    "{\"metadata\":{\"name\":\"openshell-gw\"},\"status\":{}}]}";
	assert_int_equal(start(&stage, &err), 0);
	index_of(&stage.model.log, "docker exec * kubectl delete node --ignore-not-found --wait=false old");
	stage_close(&stage);
}

static void a_new_volume_has_no_old_nodes(void **state)
{
	static const struct situation nothing = { "nothing", .health = NULL };
	struct stage stage;
	struct error *err = NULL;

	(void)state;
	stage_set(&stage, &nothing);
	assert_int_equal(start(&stage, &err), 0);
	for (size_t i = 0; i < stage.model.log.n; i++)
		assert_null(strstr(stage.model.log.v[i], "get nodes"));
	stage_close(&stage);
}

static void plaintext_needs_no_bundle(void **state)
{
	static const struct situation nothing = { "nothing", .health = NULL };
	struct deploy_options options = { .name = "gw", .plaintext = true };
	struct stage stage;
	struct error *err = NULL;
	autofree char *record = NULL;

	(void)state;
	stage_set(&stage, &nothing);
	options.port = stage.port;
	stage.model.secret = false;
	assert_int_equal(start_with(&stage, &options, &err), 0);
	record = scene_read(&stage.scene, "gateways/gw/metadata.json");
	assert_non_null(strstr(record, "\"auth_mode\": \"plaintext\""));
	assert_non_null(strstr(record, "http://127.0.0.1:"));
	assert_false(scene_has(&stage.scene, "gateways/gw/mtls"));
	stage_close(&stage);
}

static void no_wait_returns_as_soon_as_it_runs(void **state)
{
	static const struct situation nothing = { "nothing", .health = NULL };
	struct deploy_options options = { .name = "gw", .no_wait = true };
	struct stage stage;
	struct error *err = NULL;

	(void)state;
	stage_set(&stage, &nothing);
	options.port = stage.port;
	assert_int_equal(start_with(&stage, &options, &err), 0);
	assert_int_equal(stage.model.pumps, 0);
	assert_int_equal(stage.model.phase, PHASE_RUNNING);
	assert_true(scene_has(&stage.scene, "gateways/gw/metadata.json"));
	assert_int_equal(start(&stage, &err), 0);
	assert_ready(&stage);
	stage_close(&stage);
}

static void recreate_takes_everything_and_starts_afresh(void **state)
{
	static const struct situation running = { "running", ALL, .phase = PHASE_RUNNING, .health = "healthy", KNOWN };
	struct deploy_options options = { .name = "gw", .recreate = true };
	struct stage stage;
	struct error *err = NULL;
	int container, volume;

	(void)state;
	stage_set(&stage, &running);
	options.port = stage.port;
	container = stage.model.container;
	volume = stage.model.volume;
	assert_int_equal(start_with(&stage, &options, &err), 0);
	assert_int_not_equal(stage.model.container, container);
	assert_int_not_equal(stage.model.volume, volume);
	assert_ready(&stage);
	stage_close(&stage);
}

static void a_refusal_comes_before_anything_is_destroyed(void **state)
{
	static const struct situation exited = { "exited", ALL, .phase = PHASE_EXITED, KNOWN };
	struct deploy_options options = { .name = "gw", .recreate = true };
	struct stage stage;
	struct error *err = NULL;

	(void)state;
	stage_set(&stage, &exited);
	options.port = stage.port;
	stage.model.holder = "web";
	assert_int_equal(start_with(&stage, &options, &err), -1);
	assert_int_equal(stage.model.mutations, 0);
	assert_error(&err, ERROR_CONFLICT, "is held by container 'web'");
	stage_close(&stage);
}

static void nothing_is_destroyed_before_an_image_is_there(void **state)
{
	static const struct situation running = { "running", ALL, .phase = PHASE_RUNNING, .health = "healthy", KNOWN };
	struct deploy_options options = { .name = "gw", .recreate = true };
	struct stage stage;
	struct error *err = NULL;

	(void)state;
	stage_set(&stage, &running);
	options.port = stage.port;
	stage.scene.settings.cluster_image = "openshell/clusterr:dev";
	assert_int_equal(start_with(&stage, &options, &err), -1);
	assert_int_equal(stage.model.mutations, 0);
	assert_error(&err, ERROR_ABSENT, "openshell/clusterr:dev is not here");
	stage_close(&stage);
}

/* The steps of a first start in which the creation of the volume fails, and with it all that follows or nothing. */
static void assert_steps_of_failure(bool all_after, const char *expected)
{
	static const struct situation nothing = { "nothing", .health = NULL };
	struct stage stage;
	struct error *err = NULL;
	int at;

	stage_set(&stage, &nothing);
	assert_int_equal(start(&stage, &err), 0);
	at = (int)index_of(&stage.model.log, "docker volume create *") + 1;
	stage_close(&stage);
	stage_set(&stage, &nothing);
	stage.model.fault = FAULT_FAILS;
	stage.model.fault_at = at;
	stage.model.all_after = all_after;
	assert_int_equal(start(&stage, &err), -1);
	error_free(&err);
	assert_line(&stage.scene.steps, expected);
	stage_close(&stage);
}

static void a_step_that_fails_is_told_and_so_is_the_taking_back(void **state)
{
	(void)state;
	assert_steps_of_failure(false, "'preparing the network' . 'preparing the volume' '!!' 'taking back what was made' .");
}

static void what_remains_is_no_good_end_of_the_taking_back(void **state)
{
	(void)state;
	assert_steps_of_failure(true, "'preparing the network' . 'preparing the volume' '!!' 'taking back what was made' '!'");
}

static void a_pull_tells_its_lines_where_docker_may_not_draw(void **state)
{
	static const struct situation nothing = { "nothing", .pull = true };
	struct stage stage;
	struct error *err = NULL;

	(void)state;
	stage_set(&stage, &nothing);
	assert_int_equal(start(&stage, &err), 0);
	assert_false(stage.model.draws);
	stage_close(&stage);
}

static void note_lend(void *arg, bool lent)
{
	argv_add(&((struct scene *)arg)->steps, lent ? "lent" : "returned");
}

static void a_terminal_is_lent_to_docker_for_the_pull_alone(void **state)
{
	static const struct situation nothing = { "nothing", .pull = true };
	struct stage stage;
	struct error *err = NULL;

	(void)state;
	for (int answers = 0; answers <= 1; answers++) {
		stage_set(&stage, &nothing);
		stage.model.registry_answers = answers != 0;
		stage.scene.progress.lend = note_lend;
		assert_int_equal(start(&stage, &err), answers ? 0 : -1);
		error_free(&err);
		assert_true(stage.model.draws);
		assert_string_equal(stage.scene.steps.v[1], "lent");
		assert_string_equal(stage.scene.steps.v[2], "returned");
		assert_string_equal(stage.scene.steps.v[3], answers ? "." : "!!");
		stage_close(&stage);
	}
}

/* ------------------------------------------------------------------ a dry run */

static void remember(void *arg, const char *text)
{
	argv_add(arg, text);
}

static void a_dry_run_from_anywhere_changes_nothing_and_tells_what_a_run_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(situations); i++) {
		struct stage stage;
		struct error *err = NULL;
		AUTO(argv) told = ARGV_INIT;
		autofree char *before = NULL, *after = NULL;
		struct dryrun dryrun;
		struct docker dry;
		int creates = 0;

		/* a dry run removes networks by name, which does not tell twins apart */
		if (situations[i].twin || situations[i].races)
			continue;
		print_message("           %s\n", situations[i].name);
		stage_set(&stage, &situations[i]);
		before = scene_read(&stage.scene, "gateways/gw/metadata.json");
		dryrun_init(&dryrun, &stage.model.runner, remember, &told);
		dry = stage.model.docker;
		dry.runner = &dryrun.runner;
		stage.scene.env.docker = &dry;
		stage.scene.env.dryrun = &dryrun;
		assert_int_equal(start_here(&stage, &situations[i], &err), 0);
		assert_int_equal(stage.model.mutations, 0);
		after = scene_read(&stage.scene, "gateways/gw/metadata.json");
		assert_true((before == NULL && after == NULL) || streq(before, after));
		for (size_t k = 0; k < told.n; k++)
			creates += str_starts(told.v[k], "docker create ");
		stage.scene.env.docker = &stage.model.docker;
		stage.scene.env.dryrun = NULL;
		assert_int_equal(start_here(&stage, &situations[i], &err), 0);
		for (size_t k = 0; k < stage.model.log.n; k++)
			creates -= str_starts(stage.model.log.v[k], "docker create ");
		assert_int_equal(creates, 0);
		assert_ready(&stage);
		stage_close(&stage);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dry_run_from_anywhere_changes_nothing_and_tells_what_a_run_does),
		cmocka_unit_test(from_every_state_a_start_ends_ready_and_the_next_changes_nothing),
		cmocka_unit_test(whichever_call_fails_what_was_made_is_taken_back),
		cmocka_unit_test(a_call_that_fails_when_its_work_is_done_is_taken_back_too),
		cmocka_unit_test(whenever_a_signal_comes_what_was_made_is_taken_back),
		cmocka_unit_test(a_signal_after_the_work_was_done_is_taken_back_too),
		cmocka_unit_test(wherever_it_is_broken_off_the_next_start_ends_ready),
		cmocka_unit_test(what_cannot_be_taken_back_is_told),
		cmocka_unit_test(things_are_taken_back_in_the_order_that_docker_allows),
		cmocka_unit_test(keep_failed_keeps_all_and_says_so),
		cmocka_unit_test(a_record_that_cannot_be_written_takes_all_back),
		cmocka_unit_test(an_active_file_that_cannot_be_written_takes_all_back),
		cmocka_unit_test(the_steps_lead_from_new_to_ready_one_by_one),
		cmocka_unit_test(only_the_stale_nodes_may_stay),
		cmocka_unit_test(a_cold_start_shows_each_step_once),
		cmocka_unit_test(a_step_that_fails_is_told_and_so_is_the_taking_back),
		cmocka_unit_test(what_remains_is_no_good_end_of_the_taking_back),
		cmocka_unit_test(a_pull_tells_its_lines_where_docker_may_not_draw),
		cmocka_unit_test(a_terminal_is_lent_to_docker_for_the_pull_alone),
		cmocka_unit_test(images_are_pushed_before_the_health_is_waited_for),
		cmocka_unit_test(an_image_to_push_that_is_not_here_is_told_before_anything_is_made),
		cmocka_unit_test(without_waiting_images_are_pushed_all_the_same),
		cmocka_unit_test(a_push_is_more_than_a_look_at_what_runs),
		cmocka_unit_test(a_plain_container_is_told_no_more_than_it_needs),
		cmocka_unit_test(everything_that_was_asked_for_reaches_the_container),
		cmocka_unit_test(resolvers_proxies_and_files_reach_the_container),
		cmocka_unit_test(a_file_that_is_taken_away_goes_from_the_container_and_from_here),
		cmocka_unit_test(recreate_forgets_the_files_as_it_forgets_all),
		cmocka_unit_test(a_local_image_that_is_not_here_is_not_looked_for_elsewhere),
		cmocka_unit_test(an_image_that_cannot_be_pulled_leaves_nothing_behind),
		cmocka_unit_test(a_container_runs_on_when_its_image_is_gone),
		cmocka_unit_test(a_container_that_a_killed_run_left_to_docker_is_replaced),
		cmocka_unit_test(a_container_that_has_come_up_meanwhile_is_left_alone),
		cmocka_unit_test(what_a_killed_run_left_beside_the_bundle_goes),
		cmocka_unit_test(old_nodes_go_when_the_container_is_new_and_the_volume_is_not),
		cmocka_unit_test(a_new_volume_has_no_old_nodes),
		cmocka_unit_test(plaintext_needs_no_bundle),
		cmocka_unit_test(no_wait_returns_as_soon_as_it_runs),
		cmocka_unit_test(recreate_takes_everything_and_starts_afresh),
		cmocka_unit_test(nothing_is_destroyed_before_an_image_is_there),
		cmocka_unit_test(a_refusal_comes_before_anything_is_destroyed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
