/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that a gateway's node is given beside its image: a CA that it is to trust, and k3s' registries.yaml. They
 * are kept in gateways/NAME/node, so that a container made anew gets them again, and replaced as a whole.
 */
#ifndef STORE_NODEFILES_H
#define STORE_NODEFILES_H

#include "base/base.h"
#include "base/buf.h"
#include "base/error.h"
#include "store/paths.h"

enum { NODE_CA, NODE_REGISTRIES, NODE_FILES };

extern const char *const node_file_names[NODE_FILES]; /* "ca.crt", "registries.yaml" */

struct node_files {
	struct buf text[NODE_FILES]; /* empty: there is none */
	/* Stands for these contents where anybody may see it, so it is random: a digest would let a password be
	 * guessed. NULL: there are no files. */
	char *id;
};
void node_files_release(struct node_files *files);

/* What a user gave. ERROR_ABSENT when there is no such file; ERROR_USAGE, with the line, when it is not what it
 * should be. */
int node_file_read(int which, const char *path, struct buf *text, struct error **err) MUST_CHECK;

/* What is kept; no files when nothing is. Puts back what a crash left half replaced. */
int node_files_load(const struct paths *paths, const char *name, struct node_files *files,
		    struct error **err) MUST_CHECK;

/* Keeps these; without any, removes what is kept. */
int node_files_store(const struct paths *paths, const char *name, const struct node_files *files,
		     struct error **err) MUST_CHECK;

/* Absent is fine. */
int node_files_remove(const struct paths *paths, const char *name, struct error **err) MUST_CHECK;

/* The same contents; the IDs do not count. */
bool node_files_equal(const struct node_files *a, const struct node_files *b);

/* The ID that goes with the contents: that of `old` when they are equal, else a new one; none without files. */
void node_files_identify(struct node_files *files, const struct node_files *old);

#endif
