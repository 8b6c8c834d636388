/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The docker program: its arguments and its output formats live here and nowhere else.
 * Existence is decided by what inspect or a listing prints, never by the text of an error;
 * ensure and remove look again after a failure and succeed when the wanted state holds.
 */
#ifndef TOOLS_DOCKER_H
#define TOOLS_DOCKER_H

#include "base/argv.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/proc.h"
#include "base/tree.h"

#define LABEL_GATEWAY "ai.openshell.gateway"
#define LABEL_VERSION "ai.openshell.version"
#define LABEL_FILES "ai.openshell.files"

/* The port that the cluster container publishes: the gateway's NodePort. */
#define GATEWAY_NODE_PORT "30051"

struct docker {
	const struct runner *runner;
	int64_t timeout_ms;      /* of a call that should be quick */
	int64_t pull_timeout_ms; /* of an image pull */
	int64_t push_timeout_ms; /* of images on their way to a node */
	const struct argv *env;  /* what docker is told of its engine by its environment; NULL: what we were told */
	const char *address;     /* that engine's, as people and records have it; NULL: by DOCKER_HOST or a context */
	bool one_by_one;         /* it may take no second call while there is one: nothing is to be followed beside others */
};

/* ------------------------------------------------------------------ what the engine has */

enum container_phase {
	PHASE_ABSENT,
	PHASE_CREATED,
	PHASE_RUNNING,
	PHASE_PAUSED,
	PHASE_RESTARTING,
	PHASE_REMOVING,
	PHASE_EXITED,
	PHASE_DEAD,
	PHASE_UNKNOWN,
	PHASES,
};

enum container_health {
	HEALTH_NONE, /* the image has no HEALTHCHECK */
	HEALTH_STARTING,
	HEALTH_HEALTHY,
	HEALTH_UNHEALTHY,
	HEALTHS,
};

const char *container_phase_name(enum container_phase phase);
const char *container_health_name(enum container_health health);

struct container {
	enum container_phase phase;
	enum container_health health;
	int exit_code;
	bool oom_killed;
	int restarts;
	char *id, *image_id, *image_ref; /* NULL when absent */
	char *error;                     /* docker's own reason for a failed start, or NULL */
	char *version;                   /* label LABEL_VERSION, or NULL */
	char *host_ip;                   /* where GATEWAY_NODE_PORT is published, or NULL */
	int host_port;                   /* 0: not published */
	bool on_network;                 /* attached to the network of its own name */
	bool gpu;
	int64_t memory, nano_cpus;       /* limits as in container_spec */
	struct argv env;                 /* K=V, as the container was created */
	char *health_log;                /* outputs of the last health checks, or NULL */
	char *health_newest;             /* of the very last one, or NULL */
	char *files;                     /* label LABEL_FILES, or NULL */
	struct argv dns;                 /* the resolvers that it was created with; none: the engine's own */
};

/* The value of a variable in the container's environment, or NULL. */
const char *container_env(const struct container *container, const char *name);

/* "container exited (status=exited, exit_code=137, OOMKilled=true)"; the caller frees. */
char *container_words(const struct container *container);

void container_release(struct container *container);

struct image {
	char *ref; /* as asked for; NULL: not there */
	char *id;
	char *version; /* label LABEL_VERSION, or NULL */
	char *arch;    /* what it is for, as Go calls it ("amd64"); NULL: it does not tell */
	bool has_healthcheck;
	int64_t size;       /* bytes, unpacked */
	struct argv layers; /* digests, the lowest first */
};
void image_release(struct image *image);

/* Fills *container from one element of `docker container inspect`. Pure. */
int container_parse(const cJSON *inspect, const char *name, struct container *container,
		    struct error **err) MUST_CHECK;

/*
 * One call that asks for a container and images: absent ones are data (PHASE_ABSENT, ref NULL).
 * When anything is missing nothing is known of the engine: *complete is false then, and the caller
 * makes sure by docker_engine() that it answers at all.
 */
int docker_inspect(const struct docker *docker, const char *container_name, const char *const *refs,
		   size_t count, struct container *container, struct image *images, bool *complete,
		   struct error **err) MUST_CHECK;

/* The container alone, by name or ID. It is absent when no list has it; ERROR_UNREACHABLE when the engine does not
 * answer. */
int docker_container_get(const struct docker *docker, const char *name, struct container *container,
			 struct error **err) MUST_CHECK;

/*
 * Many at once, by names or IDs, in two calls whatever their number (a third where a hundred of them exist): containers[i]
 * is that of names->v[i], absent when no list has it, of PHASE_UNKNOWN when what inspect says of it cannot be read.
 */
int docker_containers_get(const struct docker *docker, const struct argv *names, struct container *containers,
			  struct error **err) MUST_CHECK;

struct engine {
	char *id, *version, *os, *arch;
	char *context;  /* name of the docker context, or NULL */
	char *root_dir; /* where it keeps its data, on its host */
	int64_t memory; /* bytes */
	int64_t cpus;   /* 0: it does not tell */
	int cgroup_version; /* 1 or 2 */
	bool rootless;
	char *name, *kernel; /* its host's: name and kernel release */
	char *distribution;  /* its host's, or "Docker Desktop" */
	char *storage;       /* the storage driver */
	char *storage_base;  /* the file system below it ("extfs"), or NULL */
	bool lacks_d_type;   /* that file system is too old for overlays */
	char *firewall;      /* "iptables", "nftables"; NULL: it does not tell (before 28.3) */
	bool remaps_users;   /* userns-remap */
	struct argv pools;   /* default-address-pools, when they were configured */
	struct argv lacking; /* cgroup controllers that it does without */
	int64_t time_ms;     /* its clock, since 1970; 0: unknown */
};

/* ERROR_UNREACHABLE when it does not answer. */
int docker_engine(const struct docker *docker, struct engine *engine, struct error **err) MUST_CHECK;
void engine_release(struct engine *engine);

/* What client and engine say of themselves; NULL where they do not. */
struct docker_version {
	char *client;     /* version of the docker program */
	char *engine;     /* "Engine", "Podman Engine" */
	char *api;        /* the API that the two speak with each other */
	char *client_api; /* the newest that the client knows */
	char *engine_api; /* the newest that the engine knows */
};

int docker_version(const struct docker *docker, struct docker_version *version, struct error **err) MUST_CHECK;
void docker_version_release(struct docker_version *version);

/* The address of the engine behind a docker context; the caller frees. */
char *docker_context_host(const struct docker *docker, const char *context, struct error **err) MUST_CHECK;

/* Names of running containers that publish the host port, on whichever address. */
int docker_port_holders(const struct docker *docker, int port, struct argv *names, struct error **err) MUST_CHECK;
/* Whether one port cannot be published on both addresses; those that mean all, and none, clash with any. */
bool docker_addresses_clash(const char *one, const char *other);
/* Whether a container does so on that address; the addresses that mean all count as any. */
int docker_port_clashes(const struct docker *docker, const char *container, const char *address, int port,
			bool *clashes, struct error **err) MUST_CHECK;

/* Running containers that are a gateway's by their label, or by their image where a program before ours made them. */
struct gateway_list {
	struct argv ids, names; /* of the same containers */
};
void gateway_list_release(struct gateway_list *list);
/* port: only those that publish this one of the host; 0: all. */
int docker_gateways(const struct docker *docker, int port, struct gateway_list *list, struct error **err) MUST_CHECK;

/* images[i] is that of refs[i], its ref NULL when the engine does not have it; ERROR_UNREACHABLE when it does not
 * answer. */
int docker_images_get(const struct docker *docker, const char *const *refs, size_t count, struct image *images,
		      struct error **err) MUST_CHECK;

/* Adds those of the images that the engine does not have. */
int docker_images_absent(const struct docker *docker, const struct argv *refs, struct argv *absent,
			 struct error **err) MUST_CHECK;

/* By name or whole ID, also of a container that docker lists but cannot inspect. */
int docker_container_exists(const struct docker *docker, const char *name, bool *exists, struct error **err) MUST_CHECK;
int docker_volume_exists(const struct docker *docker, const char *name, bool *exists, struct error **err) MUST_CHECK;
/* How many have this name: two, when docker was asked twice at one moment. */
int docker_network_count(const struct docker *docker, const char *name, size_t *count, struct error **err) MUST_CHECK;

/* ------------------------------------------------------------------ making and removing */

struct container_spec {
	const char *name; /* also of its volume and network */
	const char *gateway, *hostname, *image, *version;
	const char *bind; /* address on the host */
	int port;
	int cgroup_version;
	int64_t memory;    /* bytes; 0: no limit */
	int64_t nano_cpus; /* billionths of a processor; 0: no limit */
	bool gpu, health_missing; /* health_missing: the image lost its HEALTHCHECK, pass one */
	struct argv env;          /* "K=V", or "K" whose value is in secrets */
	struct argv secrets;      /* "K=V" for docker's own environment, never in its arguments */
	struct argv sans;         /* further names for the API server's certificate */
	struct argv dns;          /* resolvers instead of the engine's */
	const char *files;        /* which files it is given before its start, or NULL */
};
void container_spec_release(struct container_spec *spec);

/* `docker create` with its arguments. Pure. */
void docker_args_create(struct argv *args, const struct container_spec *spec);

/* *id is the new container's; the caller frees. */
int docker_container_create(const struct docker *docker, const struct container_spec *spec, char **id,
			    struct error **err) MUST_CHECK;
/* `cp` of a tar archive on stdin, as docker's own arguments. Pure. */
void docker_args_unpack(struct argv *args, const char *container);

/* Unpacks a tar archive at the container's root, running or not. */
int docker_container_unpack(const struct docker *docker, const char *name, const struct buf *tar,
			    struct error **err) MUST_CHECK;
int docker_container_start(const struct docker *docker, const char *name, struct error **err) MUST_CHECK;
int docker_container_unpause(const struct docker *docker, const char *name, struct error **err) MUST_CHECK;
/* *stopped is false when there is no such container. docker kills it when it has not ended in 10 s. */
int docker_container_stop(const struct docker *docker, const char *name, bool *stopped, struct error **err) MUST_CHECK;
/* Force; its anonymous volumes too. Absent is fine. */
int docker_container_remove(const struct docker *docker, const char *name, struct error **err) MUST_CHECK;

int docker_network_create(const struct docker *docker, const char *name, const char *gateway,
			  struct error **err) MUST_CHECK;
/* All of that name; what is attached is detached first. Absent is fine. */
int docker_network_remove(const struct docker *docker, const char *name, struct error **err) MUST_CHECK;
int docker_network_connect(const struct docker *docker, const char *network, const char *container,
			   struct error **err) MUST_CHECK;
/* The container forgets a network, also one that is gone. Failing is not an error. */
void docker_network_forget(const struct docker *docker, const char *network, const char *container);

int docker_volume_create(const struct docker *docker, const char *name, const char *gateway,
			 struct error **err) MUST_CHECK;
/* Absent is fine. */
int docker_volume_remove(const struct docker *docker, const char *name, struct error **err) MUST_CHECK;

struct docker_pull {
	const char *ref;
	const char *platform;   /* "linux/arm64"; NULL: docker's choice */
	const char *config_dir; /* where docker's config.json is for this call (docker_config.h); NULL: as usual */
	proc_line_fn *line;     /* gets the lines of progress; NULL: docker shows it on our stderr, with bars on a terminal */
	void *arg;
};
int docker_image_pull(const struct docker *docker, const struct docker_pull *pull, struct error **err) MUST_CHECK;
/* to: a further name; it is taken from an image that has it. */
int docker_image_tag(const struct docker *docker, const char *ref, const char *to, struct error **err) MUST_CHECK;
int docker_image_remove(const struct docker *docker, const char *ref, struct error **err) MUST_CHECK;
/* `docker save` of images that `from` has into the stdin of a command in the container, which must succeed. */
int docker_images_stream(const struct docker *from, const struct docker *docker, const struct argv *refs, const char *purpose,
			 const char *container, const struct argv *command, struct error **err) MUST_CHECK;

/* `docker save` here into `docker load` there, through the relay. The purposes are what the two are called in errors. */
struct docker_transfer {
	const struct docker *here, *there;
	const char *ref;
	const char *save_purpose, *load_purpose;
	struct proc_relay relay;
};
int docker_image_transfer(const struct docker_transfer *transfer, struct error **err) MUST_CHECK;

/* How many of the lowest of these layers the engine has, one upon the other, as layers of some image. */
int docker_layers_present(const struct docker *docker, const struct argv *layers, size_t *count,
			  struct error **err) MUST_CHECK;

/* ------------------------------------------------------------------ looking into it */

/* `docker exec` of a command that finds the cluster. Pure. */
void docker_args_exec(struct argv *args, const char *container, const struct argv *command);
/* `docker container inspect` that prints "PHASE HEALTH", such as "running healthy". Pure. */
void docker_args_health(struct argv *args, const char *container);

/* Runs a command in the container and captures its output; its status is data. */
int docker_exec(const struct docker *docker, const char *purpose, const char *container,
		const struct argv *command, struct proc_result *result, struct error **err) MUST_CHECK;
/* For a command that waits for something: timeout_ms is what it may take beyond a call that should be quick. */
int docker_exec_wait(const struct docker *docker, const char *purpose, const char *container, int64_t timeout_ms,
		     const struct argv *command, struct proc_result *result, struct error **err) MUST_CHECK;

/* What docker says of itself and its engine, of the engine, or of a container: JSON as it comes, for people. */
enum docker_report { REPORT_VERSION, REPORT_INFO, REPORT_CONTAINER };
/* container: of the last one; else NULL. ERROR_UNREACHABLE when the engine does not answer. */
int docker_report(const struct docker *docker, enum docker_report what, const char *container, struct buf *json,
		  struct error **err) MUST_CHECK;

/* The last lines of both streams; "" when there are none or they cannot be had. The caller frees. */
char *docker_logs_tail(const struct docker *docker, const char *container, int lines);

/* Followers; end them by runner_stop(). all: the lines so far too. */
struct proc *docker_logs_follow(const struct docker *docker, const char *container, bool all, proc_line_fn *line,
				void *arg, struct error **err) MUST_CHECK;
/* A line for each health change and each end of the container; see docker_event_exit_code() and
 * docker_event_is_healthy(). */
struct proc *docker_events_follow(const struct docker *docker, const char *container, proc_line_fn *line,
				  void *arg, struct error **err) MUST_CHECK;
/* The exit status in an event line that tells of the container's end; -1 for any other line. */
int docker_event_exit_code(const char *line, size_t len);
/* Whether an event line tells that the container has become healthy. */
bool docker_event_is_healthy(const char *line, size_t len);

/* Interactive: our streams are the child's. No timeout: the user decides how long it lasts.
 * *status is the child's, 128 + n for a signal. */
int docker_exec_interactive(const struct docker *docker, const char *container, const struct argv *command,
			    bool tty, int *status, struct error **err) MUST_CHECK;
/* Both streams of the container go to our stdout. tail: a number or "all". */
int docker_logs_show(const struct docker *docker, const char *container, const char *tail, bool follow,
		     int *status, struct error **err) MUST_CHECK;

#endif
