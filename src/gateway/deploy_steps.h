/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What deploy.c and the steps share, and the steps as a dry run takes them (dryrun.h). For these files only.
 */
#ifndef GATEWAY_DEPLOY_STEPS_H
#define GATEWAY_DEPLOY_STEPS_H

#include "base/base.h"
#include "base/error.h"
#include "gateway/deploy.h"
#include "gateway/survey.h"
#include "gateway/watch.h"

struct deploy {
	const struct gateway_env *env;
	const struct deploy_options *options;
	enum deploy_state state;
	struct survey survey;
	struct watch watch;
	bool watching;
	char *node; /* the Kubernetes node's name */
	bool made_network, made_volume, made_container, made_bundle;
	bool changed_files; /* what is kept of the node's files is no longer as before */
	bool create_failed; /* made_container is only a guess then */
	struct record record;
};

/* In the container: where the entrypoint finds what --ca and --registries gave. */
#define NODE_FILES_DIR "etc/openshell/node/"

/* A container is to be made. */
bool deploy_creates(const struct deploy *deploy);
/* Pulls the image, or sends this host's. */
int deploy_fetch(const struct deploy *deploy, struct error **err) MUST_CHECK;
/* A container that is reused gets the network that was made anew; a new one is made with it. */
int deploy_attach(const struct deploy *deploy, struct error **err) MUST_CHECK;
/* Everything but the ID of a container that is still to be made. */
int deploy_fill_record(struct deploy *deploy, struct error **err) MUST_CHECK;

/* As it is, but for the node's files, which a dry run does not keep. */
int deploy_create(struct deploy *deploy, struct error **err) MUST_CHECK;

int show_image(struct deploy *deploy, struct error **err) MUST_CHECK;
int show_network(struct deploy *deploy, struct error **err) MUST_CHECK;
int show_volume(struct deploy *deploy, struct error **err) MUST_CHECK;
int show_create(struct deploy *deploy, struct error **err) MUST_CHECK;
int show_supply(struct deploy *deploy, struct error **err) MUST_CHECK;
int show_start(struct deploy *deploy, struct error **err) MUST_CHECK;
int show_clean_nodes(struct deploy *deploy, struct error **err) MUST_CHECK;
int show_push(struct deploy *deploy, struct error **err) MUST_CHECK;
int show_wait(struct deploy *deploy, struct error **err) MUST_CHECK;
int show_trust(struct deploy *deploy, struct error **err) MUST_CHECK;
int show_record(struct deploy *deploy, struct error **err) MUST_CHECK;
int show_select(struct deploy *deploy, struct error **err) MUST_CHECK;

#endif
