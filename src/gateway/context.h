/* SPDX-License-Identifier: Apache-2.0 */
/* A gateway as a context of kubectl's: "openshell-NAME", of cluster, user and namespace. */
#ifndef GATEWAY_CONTEXT_H
#define GATEWAY_CONTEXT_H

#include "base/base.h"
#include "base/error.h"
#include "gateway/gateway.h"
#include "store/mtls.h"

/* The caller frees. */
char *context_name(const char *gateway);

/* A configuration file with this context alone. The caller frees; the key is in it. */
char *context_text(const struct gateway_env *env, const struct record *record, struct error **err) MUST_CHECK;

/* The file that kubectl would put a new context into: the only one of KUBECONFIG, else the first of them that exists,
 * else the last; without it ~/.kube/config. NULL when there is no home. The caller frees. */
char *context_file(const struct settings *settings);

/* Puts the context into a file; see kubeconfig_put(). select: it becomes the current one. */
int context_merge(const struct gateway_env *env, const struct record *record, const char *file, bool select,
		  struct error **err) MUST_CHECK;

/* After new certificates: warns of each file that kubectl reads now and that has the context with others, and tells the
 * command that renews it. */
void context_warn_outdated(const struct gateway_env *env, const char *gateway, const struct mtls_bundle *bundle);

/* Takes it out of all files that kubectl reads now, and tells so; what cannot be done is a warning. In a dry run it
 * is told how kubectl would. */
void context_forget(const struct gateway_env *env, const char *gateway);

#endif
