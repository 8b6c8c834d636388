/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor bundle: what somebody who knows more is to be given when a gateway does not work. Secrets are taken out: values
 * of the container's variables whose names tell (redact.h), what settings of ours hold, and passwords in URLs. Keys and
 * certificates are not looked at.
 */
#ifndef GATEWAY_DOSSIER_H
#define GATEWAY_DOSSIER_H

#include "base/argv.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/error.h"
#include "gateway/check.h"
#include "gateway/gateway.h"

struct dossier {
	struct buf tar;       /* the archive: text files in one directory, openshell-NAME */
	struct argv lacking;  /* "FILE: why" of what could not be had; the file says so, too */
};
void dossier_release(struct dossier *dossier);

/* Looks at the gateway of that name and at docker's host, and changes nothing. What cannot be had does not keep the rest
 * from being taken; docker is not asked again after it did not answer. force: its container counts also on another engine
 * than the recorded one. -1 only when a stop was asked for. */
int gateway_dossier(const struct gateway_env *env, const char *name, bool force, const struct findings *findings,
		    struct dossier *dossier, struct error **err) MUST_CHECK;

#endif
