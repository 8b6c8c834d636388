/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every environment variable that the program looks at, read once. A blank value counts as unset.
 *
 *   OPENSHELL_GATEWAY             the gateway that commands mean
 *   OPENSHELL_CLUSTER_IMAGE       the whole image reference, used verbatim
 *   IMAGE_TAG                     tag of the default images ("dev" when unset)
 *   OPENSHELL_PUSH_IMAGES         images of docker's that go to the node, separated by commas
 *   OPENSHELL_REGISTRY_HOST, OPENSHELL_REGISTRY_NAMESPACE, OPENSHELL_REGISTRY_ENDPOINT,
 *   OPENSHELL_REGISTRY_INSECURE, OPENSHELL_REGISTRY_USERNAME, OPENSHELL_REGISTRY_PASSWORD,
 *   OPENSHELL_REGISTRY_TOKEN      where the cluster pulls its images from, and as whom
 *   IMAGE_REPO_BASE, OPENSHELL_IMAGE_REPO_BASE   base path of the component images
 *   NAV_GATEWAY_TLS_ENABLED       whether client certificates are fetched (true/1/yes/on/false/0/no/off)
 *   OPENSHELL_DOCKER_TIMEOUT      seconds a quick docker call may take (60)
 *   OPENSHELL_PULL_TIMEOUT        seconds an image pull may take (3600)
 *   OPENSHELL_PUSH_TIMEOUT        seconds the images of OPENSHELL_PUSH_IMAGES may take (3600)
 *   OPENSHELL_SYSTEM_GATEWAY_DIR, XDG_CONFIG_HOME, HOME, XDG_RUNTIME_DIR, TMPDIR   see paths.h
 *   DOCKER_HOST                   tcp://HOST: HOST becomes the endpoint's host (docker reads it too)
 *   DOCKER_CONFIG                 directory of docker's config.json, else $HOME/.docker (docker reads it too)
 *   KUBECONFIG                    kubectl's configuration files, separated by colons (kubectl reads it too)
 *   HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY   given on to the container; in lower case, too, where the
 *                                 upper case is unset: so do docker and all else that is written in Go
 *   OPENSHELL_REMOTE_DOCKER_SOCKET   docker's socket on the host of --remote, where its address names none
 *   PATH                          for docker, when it is to find our own `ssh` first
 *   NO_COLOR                      no colours
 *   TERM                          "dumb": no colours and no rewritten lines
 */
#ifndef GATEWAY_SETTINGS_H
#define GATEWAY_SETTINGS_H

#include "base/base.h"
#include "base/error.h"
#include "store/paths.h"

enum tls_override { TLS_AS_ASKED, TLS_ON, TLS_OFF };

/* Strings are borrowed from the environment; NULL when unset. */
struct settings {
	const char *gateway;
	const char *cluster_image, *image_tag, *push_images;
	const char *registry_host, *registry_namespace, *registry_endpoint;
	const char *registry_username, *registry_password, *registry_token;
	const char *image_repo_base;
	bool registry_insecure;
	enum tls_override tls;
	int64_t docker_timeout_ms, pull_timeout_ms, push_timeout_ms;
	const char *docker_host, *docker_config, *kubeconfig, *remote_docker_socket;
	const char *path;
	bool no_color, dumb_terminal;
	struct paths_input paths;
	const char *http_proxy, *https_proxy, *all_proxy, *no_proxy;
};

/* docker's configuration directory, or NULL. The caller frees. */
char *settings_docker_dir(const struct settings *settings);

/* ERROR_USAGE names the variable that is wrong. */
int settings_read(struct settings *settings, struct error **err) MUST_CHECK;

/* The tag of default images. */
const char *settings_tag(const struct settings *settings);

#endif
