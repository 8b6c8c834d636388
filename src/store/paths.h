/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where files are, and which names may become part of a path or of an argument.
 *
 *   $XDG_CONFIG_HOME/openshell/  (else ~/.config/openshell/)      directories 0700, files 0600
 *     active_gateway                       name of the active gateway
 *     gateways/NAME/metadata.json          a gateway (see registry.h)
 *     gateways/NAME/mtls/{ca.crt,tls.crt,tls.key}
 *     gateways/NAME/node/{ca.crt,registries.yaml,id}   what the node is given (see nodefiles.h)
 *     gateways/NAME/last_sandbox           also of a gateway of the system (see last_sandbox.h)
 *     gateways/NAME/{edge_token,cf_token,oidc_token.json}   other programs' tokens: removed with the gateway
 *     gateways/NAME_metadata.json          older place of the metadata: read, never written
 *   SYSCONFDIR/openshell/                  active_gateway and metadata for all users, read only
 *   $XDG_RUNTIME_DIR/openshell/NAME.lock   (else TMPDIR/openshell-UID/NAME.lock)
 */
#ifndef STORE_PATHS_H
#define STORE_PATHS_H

#include "base/argv.h"
#include "base/base.h"
#include "base/error.h"

#define NAME_MAX_BYTES 63

struct paths {
	char *user_root;   /* .../openshell */
	char *system_root; /* NULL: it is not to be trusted; it need not be there */
	char *locks;
};

/* Values of environment variables, NULL or blank when unset. */
struct paths_input {
	const char *xdg_config_home, *home;
	const char *system_dir; /* OPENSHELL_SYSTEM_GATEWAY_DIR */
	const char *xdg_runtime_dir, *tmpdir;
};

/* Relative values are ignored, as XDG says; what is ignored is told in warnings. ERROR_USAGE when
 * neither XDG_CONFIG_HOME nor HOME is of use. */
int paths_init(struct paths *paths, const struct paths_input *input, struct argv *warnings,
	       struct error **err) MUST_CHECK;
void paths_release(struct paths *paths);

/* The caller frees each. */
char *paths_gateway_dir(const struct paths *paths, const char *name);
char *paths_metadata(const struct paths *paths, const char *name);
char *paths_flat_metadata(const struct paths *paths, const char *name);
char *paths_system_metadata(const struct paths *paths, const char *name);
char *paths_mtls_dir(const struct paths *paths, const char *name);
char *paths_node_dir(const struct paths *paths, const char *name);
char *paths_last_sandbox(const struct paths *paths, const char *name);
char *paths_active(const char *root);

/* Makes the directory of a gateway's files and those above it, and closes them to others. */
int paths_make_gateway_dir(const struct paths *paths, const char *name, struct error **err) MUST_CHECK;

/* A name for a new gateway: [a-z0-9]([a-z0-9._-]*[a-z0-9])?, at most NAME_MAX_BYTES. */
bool name_is_valid(const char *name);
/* A name of an entry that exists already: [A-Za-z0-9._-]+, not "." or "..", no leading "-". */
bool name_is_readable(const char *name);
/* ERROR_USAGE unless it is such a name: the last guard before a path is made of it. */
int name_check_readable(const char *name, struct error **err) MUST_CHECK;
/* ERROR_USAGE that says what a name may be. what: "--name", "OPENSHELL_GATEWAY". */
int name_check(const char *name, const char *what, struct error **err) MUST_CHECK;
/* The same for a gateway that exists already: older programs allowed names that we read but do not give. */
int name_check_existing(const char *name, const char *what, struct error **err) MUST_CHECK;

#endif
