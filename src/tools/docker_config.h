/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration directory of docker for one command with one more login: the user's config.json with these
 * credentials for this registry, and links to whatever else is in the user's directory (contexts, certificates),
 * so that the command reaches the same engine. `docker login` would write into the user's own file. It is removed
 * by dir_remove(), which leaves alone what the links point to.
 */
#ifndef TOOLS_DOCKER_CONFIG_H
#define TOOLS_DOCKER_CONFIG_H

#include <cjson/cJSON.h>

#include "base/base.h"
#include "base/error.h"

struct docker_login {
	const char *registry; /* as in an image reference: "ghcr.io" */
	const char *username, *password;
};

/* Makes the directory (0700, its config.json 0600), in place of one that a killed run left. user_dir is the
 * user's, or NULL. A config.json that docker could not read either counts as empty. */
int docker_config_make(const char *dir, const char *user_dir, const struct docker_login *login,
		       struct error **err) MUST_CHECK;

/* Puts the login in, and takes out the credential helper that would be asked in its place. Pure. */
void docker_config_add_login(cJSON *config, const struct docker_login *login);

#endif
