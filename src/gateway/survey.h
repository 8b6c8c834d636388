/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The look at what is there before a start changes anything: record, container, image, engine, port.
 * All reasons to refuse are found here.
 */
#ifndef GATEWAY_SURVEY_H
#define GATEWAY_SURVEY_H

#include "base/base.h"
#include "base/error.h"
#include "gateway/gateway.h"
#include "gateway/observe.h"
#include "gateway/proxy.h"
#include "store/nodefiles.h"
#include "store/registry.h"

struct survey {
	char *container_name;
	struct record record;       /* the user's entry; zero when there is none */
	struct container container;
	struct image image;         /* the one to use, when it is here */
	char *image_ref;            /* the one to pull, when none is here */
	struct image sent;          /* the one of this host that goes to the engine, when that does not have it */
	bool fetches;               /* an image is brought even if one is here */
	bool other_image;           /* none is here, and the container is of none of those that may be taken */
	struct engine engine;       /* only looked at when something has to change */
	bool volume_exists;         /* likewise */
	struct argv push;           /* images of this host's docker that go to the node; none: nothing is pushed */
	bool afresh;                /* all that is there is to be destroyed first */
	struct plan plan;
	enum container_action action;
	struct node_files kept;     /* what the node was given before */
	struct node_files given;    /* by options */
	struct node_files files;    /* what it is to have */
	struct proxies proxies;     /* only planned when a container is to be made */
};

/* Changes nothing. ERROR_CONFLICT: busy port, other
 * engine, name taken by a gateway that is not ours; ERROR_REFUSED: exposure without --force; ERROR_ABSENT: an image
 * to be pushed; also ERROR_USAGE: files for the node. */
int survey_make(struct survey *survey, const struct gateway_env *env, const struct deploy_options *options,
		struct error **err) MUST_CHECK;

/* Looks at survey->image_ref again, after it was pulled or sent, and decides again what to do with the container.
 * ERROR_ABSENT when it is not there, or not for the engine's platform. */
int survey_image(struct survey *survey, const struct gateway_env *env, struct error **err) MUST_CHECK;

void survey_release(struct survey *survey);

#endif
