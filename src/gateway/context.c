/* SPDX-License-Identifier: Apache-2.0 */
/* What of a gateway goes into kubectl's configuration, and into which files. */
#include "gateway/context.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "gateway/dryrun.h"
#include "gateway/endpoint.h"
#include "store/kubeconfig.h"
#include "store/mtls.h"
#include "tools/kubectl.h"

/* Where a client of the gateway may do something. */
#define SPACE "openshell"

char *context_name(const char *gateway)
{
	return xasprintf("openshell-%s", gateway);
}

/* ------------------------------------------------------------------ which files */

static void list_files(const struct settings *settings, struct argv *files)
{
	autofree char *copy = settings->kubeconfig ? xstrdup(settings->kubeconfig) : NULL;
	char *rest = copy, *file;

	while ((file = strsep(&rest, ":")) != NULL)
		if (*file != '\0' && !argv_contains(files, file))
			argv_add(files, file);
	if (files->n == 0 && !str_blank(settings->paths.home))
		argv_addf(files, "%s/.kube/config", settings->paths.home);
}

char *context_file(const struct settings *settings)
{
	AUTO(argv) files = ARGV_INIT;

	list_files(settings, &files);
	for (size_t i = 0; i < files.n; i++)
		if (access(files.v[i], F_OK) == 0)
			return xstrdup(files.v[i]);
	return files.n > 0 ? xstrdup(files.v[files.n - 1]) : NULL;
}

/* ------------------------------------------------------------------ what is in them */

/* Its texts, which an entry borrows. */
struct context {
	char *name, *server;
	struct mtls_bundle bundle;
	struct kube_entry entry;
};

static void context_release(struct context *context)
{
	free(context->name);
	free(context->server);
	mtls_bundle_release(&context->bundle);
}

/* The endpoint as it may stand in YAML without quotes. */
static char *server_of(const struct record *record, struct error **err)
{
	autofree char *host = NULL;
	int port;

	if (endpoint_split(record->endpoint, &host, &port) && endpoint_host_is_valid(host))
		return endpoint_url(str_starts(record->endpoint, "http://"), host, port);
	error_set(err, ERROR_SYSTEM, "the endpoint of gateway '%s' is no address that kubectl could use (%s)",
		  record->name, record->endpoint);
	return NULL;
}

static int read_bundle(const struct gateway_env *env, const struct record *record, struct context *context,
		       struct error **err)
{
	if (mtls_read(env->paths, record->name, context->bundle.parts, err) < 0) {
		error_wrap(err, "the certificates of gateway '%s' cannot be used", record->name);
		return error_hint_command(err, "Fetch them", "openshell gateway trust --name %s --refresh",
					  record->name);
	}
	context->entry.ca = &context->bundle.parts[MTLS_CA];
	context->entry.certificate = &context->bundle.parts[MTLS_CERT];
	context->entry.key = &context->bundle.parts[MTLS_KEY];
	return 0;
}

static int fill(const struct gateway_env *env, const struct record *record, struct context *context,
		struct error **err)
{
	context->name = context_name(record->name);
	context->server = server_of(record, err);
	if (context->server == NULL)
		return -1;
	context->entry = (struct kube_entry){ .name = context->name, .server = context->server, .space = SPACE };
	return str_starts(context->server, "http://") ? 0 : read_bundle(env, record, context, err);
}

char *context_text(const struct gateway_env *env, const struct record *record, struct error **err)
{
	AUTO(context) context = { 0 };

	return fill(env, record, &context, err) < 0 ? NULL : kubeconfig_text(&context.entry);
}

int context_merge(const struct gateway_env *env, const struct record *record, const char *file, bool select,
		  struct error **err)
{
	AUTO(context) context = { 0 };

	return fill(env, record, &context, err) < 0 ? -1 : kubeconfig_put(file, &context.entry, select, err);
}

/* ------------------------------------------------------------------ keeping it new */

void context_warn_outdated(const struct gateway_env *env, const char *gateway, const struct mtls_bundle *bundle)
{
	autofree char *name = context_name(gateway);
	const struct kube_entry entry = {
		.name = name, .ca = &bundle->parts[MTLS_CA], .certificate = &bundle->parts[MTLS_CERT],
	};
	AUTO(argv) files = ARGV_INIT;

	list_files(env->settings, &files);
	for (size_t i = 0; i < files.n; i++) {
		AUTO(argv) command = ARGV_INIT;
		autofree char *line = NULL;

		if (!kubeconfig_is_outdated(files.v[i], &entry))
			continue;
		argv_addl(&command, "openshell", "gateway", "kubeconfig", "--name", gateway, "--file", files.v[i],
			  "--keep-context", NULL);
		line = argv_quote(&command);
		progress_warn(env, "the context %s in %s has older certificates; renew it: %s", name, files.v[i], line);
	}
}

/* ------------------------------------------------------------------ taking it away */

static void tell_forgetting(const struct gateway_env *env, const char *file, const char *name)
{
	static const char *const kinds[] = { "context", "cluster", "user" };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		AUTO(argv) command = ARGV_INIT;
		autofree char *line = NULL;

		kubectl_args_config_delete(&command, file, kinds[i], name);
		line = argv_quote(&command);
		dryrun_tell(env->dryrun, "%s", line);
	}
}

static void forget_in(const struct gateway_env *env, const char *file, const char *name)
{
	autoerror struct error *err = NULL;
	autofree char *why = NULL;
	bool found;

	if (env->dryrun != NULL) {
		if (kubeconfig_mentions(file, name))
			tell_forgetting(env, file, name);
		return;
	}
	if (kubeconfig_drop(file, name, &found, &err) == 0) {
		if (found)
			progress_note(env, "The context %s is taken out of %s.", name, file);
		return;
	}
	why = error_text(err);
	progress_warn(env, "the context %s stays in %s: %s", name, file, why);
}

void context_forget(const struct gateway_env *env, const char *gateway)
{
	autofree char *name = context_name(gateway);
	AUTO(argv) files = ARGV_INIT;

	list_files(env->settings, &files);
	for (size_t i = 0; i < files.n; i++)
		forget_in(env, files.v[i], name);
}
