/* SPDX-License-Identifier: Apache-2.0 */
/* Each part is a function that fills a text; one that fails leaves its reason in the text's place. */
#include "gateway/dossier.h"

#include <stdlib.h>

#include "base/redact.h"
#include "base/tar.h"
#include "gateway/teardown.h"
#include "store/registry.h"
#include "tools/kubectl.h"

/* In the archive; of a long name that a tar of this kind takes. */
#define DIRECTORY "openshell-%.60s/"
#define LOG_LINES 2000

struct gathering {
	const struct gateway_env *env;
	const char *name;
	bool force;
	const struct findings *findings;
	const struct kubectl_view *view; /* which one, for the part that asks the cluster */
	struct dossier *dossier;
	struct container container; /* PHASE_ABSENT before it was looked for */
	struct redaction redaction;
	bool is_silent; /* docker did not answer, and is not asked any more */
};

typedef int part_fn(struct gathering *g, struct buf *text, struct error **err);

void dossier_release(struct dossier *dossier)
{
	buf_release(&dossier->tar);
	argv_release(&dossier->lacking);
}

/* ------------------------------------------------------------------ the archive */

/* JSON is cleaned text by text, so that nothing hides behind how JSON writes a character. */
static char *clean(const struct redaction *redaction, const struct buf *text)
{
	autoerror struct error *no_json = NULL;
	autotree cJSON *tree = tree_json(buf_str(text), text->len, "", &no_json);

	if (!cJSON_IsObject(tree))
		return redact_text(redaction, buf_str(text));
	redact_tree(redaction, tree);
	return tree_print(tree);
}

static void put(struct gathering *g, const char *file, const struct buf *text)
{
	autofree char *path = xasprintf(DIRECTORY "%s", g->name, file), *cleaned = clean(&g->redaction, text);

	tar_add_file(&g->dossier->tar, path, 0600, cleaned, strlen(cleaned));
}

static void lacks(struct gathering *g, const char *file, const struct error *why, struct buf *text)
{
	autofree char *reason = error_text(why);

	argv_addf(&g->dossier->lacking, "%s: %s", file, reason);
	buf_release(text);
	buf_addf(text, "could not be had: %s\n", reason);
}

static int add(struct gathering *g, const char *file, part_fn *part, struct error **err)
{
	AUTO(buf) text = BUF_INIT;
	autoerror struct error *failed = NULL;

	if (part(g, &text, &failed) < 0) {
		if (error_is(failed, ERROR_CANCELLED)) {
			*err = STEAL(failed);
			return -1;
		}
		lacks(g, file, failed, &text);
		g->is_silent |= error_is(failed, ERROR_TIMEOUT) || error_is(failed, ERROR_UNREACHABLE);
	}
	put(g, file, &text);
	return 0;
}

static int silence(struct gathering *g, struct buf *text, struct error **err)
{
	(void)g;
	(void)text;
	return error_set(err, ERROR_SYSTEM, "docker did not answer before");
}

/* A part that asks docker. */
static int ask(struct gathering *g, const char *file, part_fn *part, struct error **err)
{
	return add(g, file, g->is_silent ? silence : part, err);
}

/* ------------------------------------------------------------------ the parts */

static int about(struct gathering *g, struct buf *text, struct error **err)
{
	autofree char *now = clock_timestamp();

	(void)err;
	buf_addf(text, "openshell %s looked at gateway '%s' at %s.\n", PACKAGE_VERSION, g->name, now);
	buf_addf(text, "Docker: %s\n", g->env->docker->address ? g->env->docker->address : "as this host reaches it");
	buf_adds(text, "\"***\" stands for secrets. Look through the files before you give them away: a log may hold more.\n");
	return 0;
}

static int entry(struct gathering *g, struct buf *text, struct error **err)
{
	AUTO(record) record = { 0 };
	autotree cJSON *tree = NULL;
	autofree char *json = NULL;

	if (registry_load(g->env->paths, g->name, &record, err) < 0)
		return -1;
	tree = record_tree(&record);
	json = tree_print(tree);
	buf_adds(text, json);
	return 0;
}

static int checks(struct gathering *g, struct buf *text, struct error **err)
{
	(void)err;
	for (size_t i = 0; i < g->findings->n; i++) {
		const struct finding *finding = &g->findings->v[i];

		buf_addf(text, "%-5s %-12s %s%s%s%s\n", check_verdict_name(finding->verdict), finding->what,
			 finding->code ? "(" : "", finding->code ? finding->code : "", finding->code ? ") " : "",
			 finding->text);
	}
	return 0;
}

static int ask_docker(struct gathering *g, enum docker_report what, struct buf *text, struct error **err)
{
	const char *container = what == REPORT_CONTAINER ? g->container.id : NULL;

	return docker_report(g->env->docker, what, container, text, err);
}

static int version(struct gathering *g, struct buf *text, struct error **err)
{
	return ask_docker(g, REPORT_VERSION, text, err);
}

static int info(struct gathering *g, struct buf *text, struct error **err)
{
	return ask_docker(g, REPORT_INFO, text, err);
}

/* What its variables hold is known from here on. */
static int container(struct gathering *g, struct buf *text, struct error **err)
{
	if (gateway_find_container(g->env, g->name, g->force, &g->container, err) < 0)
		return -1;
	if (g->container.phase == PHASE_ABSENT)
		return error_set(err, ERROR_ABSENT, "the gateway has no container there");
	for (size_t i = 0; i < g->container.env.n; i++)
		redact_variable(&g->redaction, g->container.env.v[i]);
	return ask_docker(g, REPORT_CONTAINER, text, err);
}

static int container_log(struct gathering *g, struct buf *text, struct error **err)
{
	autofree char *log = docker_logs_tail(g->env->docker, g->container.id, LOG_LINES);

	(void)err;
	buf_adds(text, log);
	return 0;
}

static int cluster(struct gathering *g, struct buf *text, struct error **err)
{
	const struct kubectl kubectl = { g->env->docker, g->container.id };

	return kubectl_view(&kubectl, g->view, text, err);
}

static int add_cluster(struct gathering *g, struct error **err)
{
	for (size_t i = 0; i < KUBECTL_VIEWS; i++) {
		autofree char *file = xasprintf("kubectl-%s.txt", kubectl_views[i].name);

		g->view = &kubectl_views[i];
		if (ask(g, file, cluster, err) < 0)
			return -1;
	}
	return 0;
}

/* The container first: what is secret in it is taken out of the others, too. */
static int gather(struct gathering *g, struct error **err)
{
	if (add(g, "about.txt", about, err) < 0 || ask(g, "container.json", container, err) < 0 ||
	    add(g, "entry.json", entry, err) < 0 || add(g, "checks.txt", checks, err) < 0 ||
	    ask(g, "docker-version.json", version, err) < 0 || ask(g, "docker-info.json", info, err) < 0)
		return -1;
	if (g->container.phase == PHASE_ABSENT)
		return 0;
	if (ask(g, "container.log", container_log, err) < 0)
		return -1;
	return g->container.phase == PHASE_RUNNING ? add_cluster(g, err) : 0;
}

/* Ours may be in a container's log without being in its variables. */
static void redact_settings(struct redaction *redaction, const struct settings *settings)
{
	redact_value(redaction, settings->registry_password);
	redact_value(redaction, settings->registry_token);
}

int gateway_dossier(const struct gateway_env *env, const char *name, bool force, const struct findings *findings,
		    struct dossier *dossier, struct error **err)
{
	struct gathering g = { .env = env, .name = name, .force = force, .findings = findings, .dossier = dossier };
	autofree char *dir = xasprintf(DIRECTORY, name);
	int rc;

	redact_settings(&g.redaction, env->settings);
	tar_add_dir(&dossier->tar, dir, 0700);
	rc = gather(&g, err);
	tar_end(&dossier->tar);
	container_release(&g.container);
	redaction_release(&g.redaction);
	return rc;
}
