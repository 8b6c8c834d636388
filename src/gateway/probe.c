/* SPDX-License-Identifier: Apache-2.0 */
/* From what curl or openssl tell of an endpoint to what is the matter with it. */
#include "gateway/probe.h"

#include <assert.h>
#include <stdlib.h>

#include "base/tree.h"
#include "gateway/endpoint.h"
#include "store/mtls.h"
#include "tools/curl.h"
#include "tools/openssl.h"

#define TCP_TIMEOUT_MS (HTTPS_CONNECT_S * 1000)
#define HANG_UP_MS 300
#define HEALTH_PATH "/healthz"

/* nginx' answer to a client whose certificate is missing or of another authority, when TLS itself is done. */
#define STATUS_BAD_CERTIFICATE 400

static const char *const tls_names[] = {
	[PROBE_WELL] = "ok", [PROBE_WRONG_CA] = "wrong-ca", [PROBE_EXPIRED] = "expired",
	[PROBE_WRONG_NAME] = "wrong-name", [PROBE_CLIENT_REFUSED] = "client-refused",
	[PROBE_NO_BUNDLE] = "no-certificates", [PROBE_TLS_FAILED] = "failed", [PROBE_STATUS] = "ok",
	[PROBE_OPEN] = NULL,
};
static_assert(ARRAY_LEN(tls_names) == PROBE_VERDICTS, "one name per verdict");

const char *probe_tls_name(enum probe_verdict verdict)
{
	return tls_names[verdict];
}

bool probe_is_mismatch(enum probe_verdict verdict)
{
	return verdict >= PROBE_WRONG_CA && verdict <= PROBE_CLIENT_REFUSED;
}

void probe_release(struct probe *probe)
{
	free(probe->reason);
	free(probe->version);
	*probe = (struct probe){ 0 };
}

static void say(struct probe *probe, enum probe_verdict verdict, char *reason)
{
	free(probe->reason);
	probe->verdict = verdict;
	probe->reason = reason;
}

/* Of one question. */
struct asking {
	const struct gateway_env *env;
	const struct record *record;
	struct https_question question;
	bool is_tls;
};

/* The client's certificate may be what has ended. */
static char *refusal(const struct asking *asking, const char *words)
{
	autofree char *expires = mtls_expiry(asking->env->paths, asking->record->name);
	int days;

	if (expires != NULL && mtls_days_left(expires, clock_wall_ms(), &days) && days < 0)
		return xasprintf("the gateway refuses the client's certificate, which ended at %s", expires);
	return xasprintf("the gateway refuses the client's certificate: %s", words);
}

static void judge_status(const struct asking *asking, int status, struct probe *probe)
{
	bool is_login = streq(record_auth(asking->record), "cloudflare_jwt");
	autofree char *words = xasprintf("it answers " HEALTH_PATH " with HTTP status %d", status);

	if (status >= 200 && status < 300)
		say(probe, PROBE_WELL, NULL);
	else if (is_login && status >= 300 && status < 500)
		say(probe, PROBE_LOGIN, xasprintf("%s: it wants a login by a browser, which there is not here", words));
	else if (asking->is_tls && status == STATUS_BAD_CERTIFICATE)
		say(probe, PROBE_CLIENT_REFUSED, refusal(asking, words));
	else
		say(probe, PROBE_STATUS, STEAL(words));
}

/* What forwards ports, docker's proxy for one, takes connections when nothing is behind it, and ends them at once. */
static void judge_failure(const struct asking *asking, const char *words, struct probe *probe)
{
	const struct https_question *question = &asking->question;

	if (endpoint_hangs_up(question->host, question->port, HANG_UP_MS))
		say(probe, PROBE_SILENT,
		    xasprintf("%s port %d takes connections and ends them at once: nothing is behind it", question->host,
			      question->port));
	else if (asking->is_tls)
		say(probe, PROBE_TLS_FAILED, xasprintf("TLS fails: %s", words));
	else
		say(probe, PROBE_SILENT, xasprintf("no answer: %s", words));
}

static void judge(const struct asking *asking, const struct https_answer *answer, struct probe *probe)
{
	const char *words = answer->words ? answer->words : "no reason was given";

	switch (answer->end) {
	case HTTPS_ANSWERED:
		judge_status(asking, answer->status, probe);
		return;
	case HTTPS_SILENT:
		say(probe, PROBE_SILENT, xstrdup(words));
		return;
	case HTTPS_WRONG_CA:
		say(probe, PROBE_WRONG_CA,
		    xstrdup("the gateway's certificate is not of the authority that is trusted here"));
		return;
	case HTTPS_EXPIRED:
		say(probe, PROBE_EXPIRED, xstrdup("the gateway's certificate, or its authority's, has expired or is not "
						  "valid yet by this host's clock"));
		return;
	case HTTPS_WRONG_NAME:
		say(probe, PROBE_WRONG_NAME,
		    xasprintf("the gateway's certificate is not for %s", asking->question.host));
		return;
	case HTTPS_CLIENT_REFUSED:
		say(probe, PROBE_CLIENT_REFUSED, refusal(asking, words));
		return;
	case HTTPS_BAD_BUNDLE:
		say(probe, PROBE_NO_BUNDLE, xasprintf("the certificates cannot be used: %s", words));
		return;
	case HTTPS_FAILED:
		judge_failure(asking, words, probe);
		return;
	}
}

/* {"status":"ok","version":"1.2"} */
static char *version_of(const char *body)
{
	autoerror struct error *ignored = NULL;
	autotree cJSON *tree = body ? tree_json(body, strlen(body), HEALTH_PATH, &ignored) : NULL;
	const char *version = tree ? tree_str(tree, "version") : NULL;

	return version ? xstrdup(version) : NULL;
}

/* Whether openssl can be asked at all: *asked. */
static int ask_openssl(const struct asking *asking, struct https_answer *answer, bool *asked, struct error **err)
{
	*asked = openssl_get(asking->env->docker->runner, &asking->question, answer, err) == 0;
	if (*asked)
		return 0;
	if (error_is(*err, ERROR_CANCELLED))
		return -1;
	error_free(err);
	return 0;
}

/* A server that refuses our certificate before TLS is agreed on, as with TLS 1.2, says so by an alert, whose number
 * openssl tells and curl does not. */
static int look_for_alert(const struct asking *asking, struct https_answer *answer, struct error **err)
{
	AUTO(https_answer) second = { 0 };
	bool asked;

	if (answer->end != HTTPS_FAILED || !asking->is_tls || !asking->question.direct)
		return 0;
	if (ask_openssl(asking, &second, &asked, err) < 0)
		return -1;
	if (asked && second.end == HTTPS_CLIENT_REFUSED)
		answer->end = second.end;
	return 0;
}

/* By the first program that is here; *asked is false when none is. */
static int ask(const struct asking *asking, struct https_answer *answer, bool *asked, struct error **err)
{
	*asked = true;
	if (curl_get(asking->env->docker->runner, &asking->question, answer, err) == 0)
		return look_for_alert(asking, answer, err);
	if (error_is(*err, ERROR_CANCELLED))
		return -1;
	if (!error_is(*err, ERROR_UNREACHABLE)) { /* a program that hangs or floods us */
		answer->end = HTTPS_FAILED;
		answer->words = error_text(*err);
		error_free(err);
		return 0;
	}
	error_free(err);
	*asked = false;
	return asking->is_tls ? ask_openssl(asking, answer, asked, err) : 0;
}

/* As kubectl, which never goes to this machine by a proxy; curl would. */
static bool is_direct(const struct settings *settings, const char *host)
{
	return endpoint_is_loopback(host) ||
	       (settings->https_proxy == NULL && settings->http_proxy == NULL && settings->all_proxy == NULL);
}

static int ask_and_judge(const struct asking *asking, struct probe *probe, struct error **err)
{
	const struct https_question *question = &asking->question;
	AUTO(https_answer) answer = { 0 };
	bool asked;

	if (question->direct && !endpoint_answers(question->host, question->port, TCP_TIMEOUT_MS)) {
		say(probe, PROBE_SILENT, xasprintf("nothing answers at %s port %d", question->host, question->port));
		return 0;
	}
	if (asking->is_tls && question->bundle == NULL) {
		say(probe, PROBE_NO_BUNDLE,
		    xstrdup("something answers, but there are no certificates here to ask it with"));
		return 0;
	}
	if (ask(asking, &answer, &asked, err) < 0)
		return -1;
	if (!asked) {
		say(probe, PROBE_OPEN, xasprintf("something answers at %s port %d; %s here to ask it more",
						 question->host, question->port,
						 asking->is_tls ? "neither curl nor openssl is" : "curl is not"));
		return 0;
	}
	judge(asking, &answer, probe);
	probe->version = probe->verdict == PROBE_WELL ? version_of(answer.body) : NULL;
	return 0;
}

int probe_endpoint(const struct gateway_env *env, const struct record *record, const char *bundle,
		   struct probe *probe, struct error **err)
{
	struct asking asking = { .env = env, .record = record, .is_tls = !str_starts(record->endpoint, "http://") };
	autofree char *host = NULL, *base = NULL, *url = NULL, *stored = paths_mtls_dir(env->paths, record->name);
	int port;

	*probe = (struct probe){ 0 };
	if (!endpoint_split(record->endpoint, &host, &port)) {
		say(probe, PROBE_SILENT, xasprintf("%s is no usable address", record->endpoint));
		return 0;
	}
	base = endpoint_url(!asking.is_tls, host, port);
	url = xasprintf("%s" HEALTH_PATH, base);
	if (bundle == NULL && asking.is_tls && mtls_examine(env->paths, record->name) == MTLS_VALID)
		bundle = stored;
	asking.question = (struct https_question){
		.url = url, .host = host, .port = port, .path = HEALTH_PATH, .bundle = asking.is_tls ? bundle : NULL,
		.direct = is_direct(env->settings, host),
	};
	return ask_and_judge(&asking, probe, err);
}
