/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What we know of gateways: one metadata file each, in the user's tree and in the system's, and the
 * name of the active one. A user entry that exists, or cannot be examined, hides the system entry of
 * its name. The system's tree is never written.
 */
#ifndef STORE_REGISTRY_H
#define STORE_REGISTRY_H

#include "base/argv.h"
#include "base/base.h"
#include "base/error.h"
#include "store/paths.h"
#include "store/record.h"

/* The file that holds the entry, usable or not, and whose it is; NULL when neither tree has one. The caller frees. */
char *registry_find(const struct paths *paths, const char *name, enum record_source *source);

/* ERROR_ABSENT when neither tree has it. */
int registry_load(const struct paths *paths, const char *name, struct record *record, struct error **err) MUST_CHECK;

/* What the metadata file is to hold: this record, and what others keep in the user's entry now. The caller frees. */
char *registry_text(const struct paths *paths, const struct record *record);

/* Writes the user's entry, unless the file says the same already; that of the older place goes. The gateway's lock is
 * the caller's, here and where an entry is removed. */
int registry_save(const struct paths *paths, const struct record *record, struct error **err) MUST_CHECK;

/* Removes what the user's tree has of the gateway: metadata of both places, bundle, node's files, tokens, directory;
 * it is not the active one then. *removed tells whether there was anything. */
int registry_remove(const struct paths *paths, const char *name, bool *removed, struct error **err) MUST_CHECK;
/* Removes those directories of an entry, and above it, that are empty. */
void registry_tidy(const struct paths *paths, const char *name);

/* Calls visit for each entry, in the order of the names, those that cannot be used (with `invalid` set) too. What it
 * wants to keep of the record it takes out of it. */
typedef void registry_fn(void *arg, struct record *record);
int registry_each(const struct paths *paths, registry_fn *visit, void *arg, struct error **err) MUST_CHECK;

/* Adds the names of entries that begin with prefix, in their order, by the names of files alone: none is read. */
void registry_names(const struct paths *paths, const char *prefix, struct argv *names);

struct record_list {
	struct record *v; /* sorted by name */
	size_t n;
};
/* Entries that cannot be used are in the list with `invalid` set. */
int registry_list(const struct paths *paths, struct record_list *list, struct error **err) MUST_CHECK;
void record_list_release(struct record_list *list);
/* Why a list lacks those of the system, or NULL. The caller frees. */
char *registry_unlisted(const struct paths *paths);

/* The active gateway: the user's file, else the system's; NULL when there is none. A name that
 * cannot be one is passed over with a warning. The caller frees. */
char *registry_active(const struct paths *paths, struct argv *warnings);
/* That of the user's file alone. The caller frees. */
char *registry_active_of_user(const struct paths *paths, struct argv *warnings);
/* ERROR_ABSENT when there is no such entry. */
int registry_set_active(const struct paths *paths, const char *name, struct error **err) MUST_CHECK;
/* Removes the user's active file when it holds this name. */
int registry_clear_active(const struct paths *paths, const char *name, struct error **err) MUST_CHECK;

#endif
