/* SPDX-License-Identifier: Apache-2.0 */
/* The docker client's own config.json: read for what docker does by itself, and made for one command. Runs nothing. */
#ifndef TOOLS_DOCKER_CONFIG_H
#define TOOLS_DOCKER_CONFIG_H

#include <cjson/cJSON.h>

#include "base/base.h"
#include "base/error.h"

/* docker sets these in each new container, in both cases, unless it is told others. NULL: not set. */
struct client_proxies {
	char *http, *https, *all, *none; /* none: hosts that need no proxy */
	bool by_engine;                  /* some are for certain engines only */
};
void client_proxies_release(struct client_proxies *proxies);

/* From DIR/config.json; none when there is no such file. engine: the address of the engine, or NULL for what holds
 * of any. ERROR_SYSTEM or ERROR_REFUSED when the file cannot be read. */
int docker_client_proxies(const char *dir, const char *engine, struct client_proxies *proxies,
			  struct error **err) MUST_CHECK;

struct docker_login {
	const char *registry; /* as in an image reference: "ghcr.io" */
	const char *username, *password;
};

/*
 * Makes a configuration directory (0700, its config.json 0600) for one command with one more login, in place of one
 * that a killed run left: the user's config.json with these credentials for this registry, and links to whatever else
 * is in the user's directory (contexts, certificates), so that the command reaches the same engine. `docker login`
 * would write into the user's own file. user_dir is the user's, or NULL; a config.json that docker could not read
 * either counts as empty. The directory is removed by dir_remove(), which leaves alone what the links point to.
 */
int docker_config_make(const char *dir, const char *user_dir, const struct docker_login *login,
		       struct error **err) MUST_CHECK;

/* Puts the login in, and takes out the credential helper that would be asked in its place. Pure. */
void docker_config_add_login(cJSON *config, const struct docker_login *login);

#endif
