/* SPDX-License-Identifier: Apache-2.0 */
/* Compares, checks and replaces the stored bundle. */
#include "gateway/trust.h"

#include <assert.h>
#include <stdlib.h>

#include "gateway/context.h"
#include "gateway/probe.h"
#include "gateway/teardown.h"
#include "gateway/watch.h"
#include "store/mtls.h"
#include "tools/kubectl.h"
#include "tools/openssl.h"

static const struct {
	const char *name;
	int exit_code;
} states[] = {
	[TRUST_SAME] = { "same", 0 },
	[TRUST_DIFFERS] = { "differs", 6 },
	[TRUST_ABSENT] = { "absent", 3 },
	[TRUST_UNSEEN] = { "unseen", 5 },
	[TRUST_PLAINTEXT] = { "plaintext", 0 },
};
static_assert(ARRAY_LEN(states) == TRUST_STATES, "one row per state");

const char *trust_state_name(enum trust_state state)
{
	return states[state].name;
}

int trust_exit_code(enum trust_state state)
{
	return states[state].exit_code;
}

static void trusted_release(struct trusted *trusted)
{
	free(trusted->subject);
	free(trusted->fingerprint);
	free(trusted->expires);
	*trusted = (struct trusted){ 0 };
}

void trust_release(struct trust *trust)
{
	free(trust->reason);
	trusted_release(&trust->ca);
	trusted_release(&trust->client);
	trusted_release(&trust->node_ca);
	*trust = (struct trust){ 0 };
}

static void say(struct trust *trust, enum trust_state state, char *reason)
{
	free(trust->reason);
	trust->state = state;
	trust->reason = reason;
}

static bool same_part(const struct mtls_bundle *one, const struct mtls_bundle *other, int which)
{
	return streq(buf_str(&one->parts[which]), buf_str(&other->parts[which]));
}

static bool same_bundle(const struct mtls_bundle *one, const struct mtls_bundle *other)
{
	for (int i = 0; i < MTLS_FILES; i++)
		if (!same_part(one, other, i))
			return false;
	return true;
}

/* What can be told of a certificate here. */
static int describe(const struct gateway_env *env, const char *pem, struct trusted *trusted, struct error **err)
{
	AUTO(certificate) certificate = { 0 };

	trusted_release(trusted);
	trusted->expires = mtls_pem_expiry(pem);
	if (openssl_certificate(env->docker->runner, pem, &certificate, err) < 0) {
		if (error_is(*err, ERROR_CANCELLED))
			return -1;
		error_free(err);
	}
	trusted->subject = STEAL(certificate.subject);
	trusted->fingerprint = STEAL(certificate.fingerprint);
	return 0;
}

static int describe_bundle(const struct gateway_env *env, const struct mtls_bundle *bundle, struct trust *trust,
			   struct error **err)
{
	if (describe(env, buf_str(&bundle->parts[MTLS_CA]), &trust->ca, err) < 0)
		return -1;
	return describe(env, buf_str(&bundle->parts[MTLS_CERT]), &trust->client, err);
}

/* Its container, if that runs. */
static int find_node(const struct gateway_env *env, const struct record *record, bool force,
		     struct container *container, struct error **err)
{
	autofree char *name = gateway_record_container(record), *place = gateway_place(env);

	if (!gateway_is_at_hand(env, record) || name == NULL) {
		error_set(err, ERROR_REFUSED, "gateway '%s' is not on this docker engine (%s)", record->name,
			  record->endpoint);
		return error_code(err, "gateway-elsewhere");
	}
	if (docker_container_get(env->docker, name, container, err) < 0 ||
	    gateway_check_container(env, record, container, force, err) < 0)
		return -1;
	if (container->phase == PHASE_RUNNING)
		return 0;
	if (container->phase == PHASE_ABSENT)
		error_set(err, ERROR_UNHEALTHY, "gateway '%s' has no container %s", record->name, place);
	else
		error_set(err, ERROR_UNHEALTHY, "the container of gateway '%s' is not running (%s)", record->name,
			  container_phase_name(container->phase));
	return error_code(err, "gateway-stopped");
}

/* ------------------------------------------------------------------ looking */

/* The node's own bundle, asked for once. */
static int ask_node(const struct gateway_env *env, const struct record *record, bool force,
		    struct mtls_bundle *node, struct error **err)
{
	autofree char *name = gateway_record_container(record);
	const struct kubectl kubectl = { env->docker, name };
	AUTO(container) container = { 0 };
	bool ready;

	if (find_node(env, record, force, &container, err) < 0 ||
	    kubectl_secret_get(&kubectl, SECRET_SPACE, SECRET_NAME, mtls_keys, MTLS_FILES, node->parts, &ready,
			       err) < 0)
		return -1;
	return ready ? 0 : error_set(err, ERROR_UNHEALTHY, "the node does not show its secret " SECRET_NAME);
}

static int compare(const struct gateway_env *env, const struct mtls_bundle *stored, const struct mtls_bundle *node,
		   struct trust *trust, struct error **err)
{
	if (!same_part(stored, node, MTLS_CA)) {
		say(trust, TRUST_DIFFERS, xstrdup("the node has another authority"));
		return describe(env, buf_str(&node->parts[MTLS_CA]), &trust->node_ca, err);
	}
	say(trust, TRUST_SAME, same_part(stored, node, MTLS_CERT)
			       ? NULL : xstrdup("the node has made another client's certificate, by the same "
						"authority"));
	return 0;
}

/* The next best: what the endpoint shows. */
static int ask_endpoint(const struct gateway_env *env, const struct record *record, const char *why,
			struct trust *trust, struct error **err)
{
	AUTO(probe) probe = { 0 };

	if (probe_endpoint(env, record, NULL, &probe, err) < 0)
		return -1;
	if (probe.verdict == PROBE_WELL || probe.verdict == PROBE_STATUS)
		say(trust, TRUST_SAME,
		    xasprintf("by what the endpoint shows; the node itself could not be asked: %s", why));
	else if (probe_is_mismatch(probe.verdict))
		say(trust, TRUST_DIFFERS, xstrdup(probe.reason));
	else
		say(trust, TRUST_UNSEEN, xasprintf("%s; %s", why, probe.reason));
	return 0;
}

int gateway_trust(const struct gateway_env *env, const struct record *record, bool force, struct trust *trust,
		  struct error **err)
{
	AUTO(mtls_bundle) stored = { 0 }, node = { 0 };
	autofree char *why = NULL;

	if (streq(record_auth(record), "plaintext")) {
		say(trust, TRUST_PLAINTEXT, NULL);
		return 0;
	}
	if (mtls_read(env->paths, record->name, stored.parts, err) < 0) {
		say(trust, TRUST_ABSENT, error_text(*err));
		error_free(err);
		return 0;
	}
	if (describe_bundle(env, &stored, trust, err) < 0)
		return -1;
	if (ask_node(env, record, force, &node, err) == 0)
		return compare(env, &stored, &node, trust, err);
	/* another engine's container must not be spoken of as this gateway's: that is for the user to settle */
	if (error_is(*err, ERROR_CANCELLED) || error_is(*err, ERROR_CONFLICT))
		return -1;
	why = error_text(*err);
	error_free(err);
	return ask_endpoint(env, record, why, trust, err);
}

/* ------------------------------------------------------------------ fetching */

static int fetch(const struct gateway_env *env, const struct record *record, const struct container *container,
		 struct mtls_bundle *node, struct error **err)
{
	autofree char *name = gateway_record_container(record);

	return watch_bundle(env, name, container->restarts, node, err);
}

/* Always -1. */
static int reject(struct error **err)
{
	if (error_is(*err, ERROR_SYSTEM)) { /* a program's word, but the gateway's fault */
		autofree char *why = error_text(*err);

		error_free(err);
		error_set(err, ERROR_UNHEALTHY, "%s", why);
	}
	error_wrap(err, "the certificates that the node has are not taken; what is stored stays");
	return error_code(err, "certificates");
}

/* A new bundle in this directory, before it takes the place of one that may be good. */
static int check_staged(const struct gateway_env *env, const struct record *record, const char *dir,
			struct error **err)
{
	AUTO(probe) probe = { 0 };

	if (openssl_check_bundle(env->docker->runner, dir, err) < 0) {
		if (error_is(*err, ERROR_CANCELLED))
			return -1;
		if (!error_is(*err, ERROR_UNREACHABLE))
			return reject(err);
		error_free(err);
	}
	if (probe_endpoint(env, record, dir, &probe, err) < 0)
		return -1;
	if (probe.verdict == PROBE_NO_BUNDLE) { /* curl cannot read them, where no openssl was here to say so */
		error_set(err, ERROR_UNHEALTHY, "%s", probe.reason);
		return reject(err);
	}
	if (!probe_is_mismatch(probe.verdict))
		return 0;
	error_set(err, ERROR_UNHEALTHY, "its endpoint does not go with them: %s", probe.reason);
	error_hint_command(err, "Where the gateway in the node has not taken them up yet, restart it",
			   "openshell doctor exec --name %s -- kubectl -n " SECRET_SPACE
			   " rollout restart statefulset/openshell", record->name);
	error_hint_command(err, "Then fetch them", "openshell gateway trust --name %s --refresh", record->name);
	return reject(err);
}

static int replace(const struct gateway_env *env, const struct record *record, const struct mtls_bundle *node,
		   struct error **err)
{
	autoerror struct error *ignored = NULL;
	autofree char *dir = NULL;
	int rc = -1;

	if (mtls_check(node->parts, err) < 0)
		return reject(err);
	dir = mtls_stage(env->paths, record->name, node->parts, err);
	if (dir == NULL)
		return -1;
	if (check_staged(env, record, dir, err) == 0)
		rc = mtls_store(env->paths, record->name, node->parts, err);
	if (mtls_unstage(env->paths, record->name, &ignored) < 0 && rc == 0) {
		*err = STEAL(ignored);
		return -1;
	}
	return rc;
}

/* What is new, in words. had: there was a usable bundle. */
static char *difference(const struct mtls_bundle *stored, const struct mtls_bundle *node, bool had)
{
	if (!had)
		return xstrdup("there was no usable bundle before");
	if (!same_part(stored, node, MTLS_CA))
		return xstrdup("the node has another authority than before");
	return xstrdup("the node has another client's certificate than before, by the same authority");
}

int gateway_trust_refresh(const struct gateway_env *env, const struct record *record, bool force, struct trust *trust,
			  struct error **err)
{
	const struct progress *progress = env->progress;
	AUTO(mtls_bundle) stored = { 0 }, node = { 0 };
	AUTO(container) container = { 0 };
	bool had;

	if (streq(record_auth(record), "plaintext")) {
		say(trust, TRUST_PLAINTEXT, NULL);
		return 0;
	}
	had = mtls_read(env->paths, record->name, stored.parts, err) == 0;
	error_free(err);
	progress->step(progress->arg, "fetching the certificates");
	if (find_node(env, record, force, &container, err) < 0 || fetch(env, record, &container, &node, err) < 0)
		return -1;
	trust->changed = !had || !same_bundle(&stored, &node);
	if (trust->changed) {
		progress->step(progress->arg, "checking them");
		if (replace(env, record, &node, err) < 0)
			return -1;
	}
	progress->done(progress->arg);
	context_warn_outdated(env, record->name, &node);
	say(trust, TRUST_SAME, trust->changed ? difference(&stored, &node, had) : NULL);
	return describe_bundle(env, &node, trust, err);
}
