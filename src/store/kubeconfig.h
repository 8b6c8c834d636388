/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kubectl's configuration files: cluster, user and context of one name, put into the text of a file and taken out of
 * it. All else in a file stays byte for byte, comments too: lines are put in and taken out, nothing is printed anew.
 * A file in which that cannot be done without harm is refused.
 */
#ifndef STORE_KUBECONFIG_H
#define STORE_KUBECONFIG_H

#include "base/base.h"
#include "base/buf.h"
#include "base/error.h"

struct kube_entry {
	const char *name;   /* of all three: letters, digits, ".", "_", "-" */
	const char *server; /* a URL without blanks and quotes */
	const char *space;  /* the context's namespace */
	const struct buf *ca, *certificate, *key; /* PEM; NULL: none */
};

/* A file with this entry alone, which is the current context. The caller frees. */
char *kubeconfig_text(const struct kube_entry *entry);

/* The text of a file, into which the entry is put or in which it takes the place of the one of its name. select: it
 * becomes the current context. NULL with ERROR_SYSTEM, which names file and line, when the text is none that this can
 * be done to. The caller frees. Pure. */
char *kubeconfig_merge(const char *text, size_t len, const char *origin, const struct kube_entry *entry, bool select,
		       struct error **err) MUST_CHECK;

/* The same without what has this name; where it was the current context there is none then. */
char *kubeconfig_without(const char *text, size_t len, const char *origin, const char *name,
			 struct error **err) MUST_CHECK;

/* Whether a text has the entry's name with other certificates than the entry's. False also where a merge would refuse
 * the text. Pure. */
bool kubeconfig_has_others(const char *text, size_t len, const struct kube_entry *entry);

/* Does kubeconfig_merge() to a file, which is made where there is none, under the lock that kubectl takes (PATH.lock).
 * A link stays one. ERROR_CONFLICT when the lock is not to be had in a few seconds, ERROR_REFUSED when the file is
 * another user's. Signals must be caught (cancel.h), or the lock's file could be left. */
int kubeconfig_put(const char *path, const struct kube_entry *entry, bool select, struct error **err) MUST_CHECK;

/* Does kubeconfig_without() to a file; *found tells whether it had anything of it. An absent file is fine. */
int kubeconfig_drop(const char *path, const char *name, bool *found, struct error **err) MUST_CHECK;

/* Whether a file seems to have something of this name. */
bool kubeconfig_mentions(const char *path, const char *name);

/* Does kubeconfig_has_others() to a file; one that cannot be read has none. */
bool kubeconfig_is_outdated(const char *path, const struct kube_entry *entry);

#endif
