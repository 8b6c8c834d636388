/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a metadata file says of a gateway.
 *
 * Metadata (JSON object): name, gateway_endpoint, is_remote, gateway_port are required; remote_host,
 * resolved_host, auth_mode ("mtls" when absent, "plaintext", ...) and ours: ssh_key, ssh_options (a list of texts),
 * docker_endpoint, docker_id, container_id, image. client_lifecycle_managed, when false, is another program's word for a gateway that is only
 * registered here. Other keys are ignored, and kept when we write the entry. None of ours may be there twice.
 */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include "base/argv.h"
#include "base/base.h"
#include "base/error.h"
#include "base/tree.h"

enum record_source { SOURCE_USER, SOURCE_SYSTEM };

struct record {
	char *name, *endpoint;
	bool is_remote, is_external;
	int port; /* 0: unknown, or not ours to know */
	char *remote_host, *resolved_host, *auth_mode;
	char *ssh_key;           /* path of the private key for remote_host, or NULL */
	struct argv ssh_options; /* "Name=value" for ssh to remote_host */
	char *docker_endpoint, *docker_id, *container_id, *image;
	enum record_source source;
	char *path;    /* of the metadata file */
	char *invalid; /* why the file cannot be used (only in lists), or NULL */
};

const char *record_source_name(enum record_source source);
/* "local", "remote" or "cloud". */
const char *record_type(const struct record *record);
/* "mtls", "plaintext", ... also where the file does not say. */
const char *record_auth(const struct record *record);
/* name may be NULL. */
bool record_is_named(const struct record *record, const char *name);
/* The container's ID, which may be NULL, is the recorded one: it is of the recorded engine, too. */
bool record_has_container(const struct record *record, const char *container_id);
void record_release(struct record *record);

/* From what a metadata file holds. ERROR_SYSTEM names path, and what is wrong. `name` is left to the caller, who knows it
 * by the file's place. */
int record_parse(const cJSON *root, const char *path, struct record *record, struct error **err) MUST_CHECK;
/* As a metadata file holds it, without what others keep there; the caller frees. */
cJSON *record_tree(const struct record *record);
/* It is one of the keys that record_tree() writes. */
bool record_has_key(const char *key);

#endif
