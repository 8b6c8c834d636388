/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of openssl. Options are those of 1.1.1 and newer. */
#include "tools/openssl.h"

#include <arpa/inet.h>
#include <stdlib.h>

/* It reads and prints a few kilobytes. */
#define LOCAL_TIMEOUT_MS 10000

#define VERIFY_ERROR "verify error:num="
#define ALERT "SSL alert number "
#define ALERT_FAILURE 40 /* handshake_failure: what a server says that misses a certificate in TLS 1.2 */
#define ALERT_BAD_MIN 42   /* bad_certificate */
#define ALERT_BAD_MAX 49   /* access_denied */
#define ALERT_WANTED 116   /* certificate_required */

static int run(const struct runner *runner, struct proc_spec *spec, struct proc_result *result, struct error **err)
{
	spec->out.how = PROC_CAPTURE;
	spec->err.how = PROC_CAPTURE;
	return runner_run(runner, spec, result, err);
}

/* ------------------------------------------------------------------ a request */

static bool is_address(const char *host)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

static void build_client(struct argv *argv, const struct https_question *question)
{
	const char *host = question->host;
	bool v6 = strchr(host, ':') != NULL;

	argv_addl(argv, "openssl", "s_client", "-quiet", "-verify_return_error", "-no-CApath", NULL);
	if (is_address(host))
		argv_addl(argv, "-noservername", "-verify_ip", host, NULL);
	else
		argv_addl(argv, "-servername", host, "-verify_hostname", host, NULL);
	argv_add(argv, "-CAfile");
	argv_addf(argv, "%s/ca.crt", question->bundle);
	argv_add(argv, "-cert");
	argv_addf(argv, "%s/tls.crt", question->bundle);
	argv_add(argv, "-key");
	argv_addf(argv, "%s/tls.key", question->bundle);
	argv_add(argv, "-connect");
	argv_addf(argv, "%s%s%s:%d", v6 ? "[" : "", host, v6 ? "]" : "", question->port);
}

/* The number after a word, -1 when the word is not there. */
static long number_after(const char *text, const char *word)
{
	const char *at = strstr(text, word);

	return at ? strtol(at + strlen(word), NULL, 10) : -1;
}

/* "HTTP/1.1 200 OK", header lines, an empty line, the body. */
static void read_response(const char *text, struct https_answer *answer)
{
	const char *body = strstr(text, "\r\n\r\n");

	if (str_starts(text, "HTTP/"))
		answer->status = (int)strtol(text + strcspn(text, " \r\n"), NULL, 10);
	answer->end = answer->status > 0 ? HTTPS_ANSWERED : HTTPS_FAILED;
	answer->body = body ? xstrdup(body + 4) : NULL;
}

static void read_failure(const char *text, struct https_answer *answer)
{
	long verified = number_after(text, VERIFY_ERROR), alert = number_after(text, ALERT);

	if (verified >= 0)
		answer->end = https_verification(verified);
	else if (alert == ALERT_FAILURE || alert == ALERT_WANTED ||
		 (alert >= ALERT_BAD_MIN && alert <= ALERT_BAD_MAX))
		answer->end = HTTPS_CLIENT_REFUSED;
	else
		answer->end = HTTPS_FAILED;
}

int openssl_get(const struct runner *runner, const struct https_question *question, struct https_answer *answer,
		struct error **err)
{
	AUTO(proc_spec) spec = PROC_SPEC_INIT("openssl s_client");
	AUTO(proc_result) result = PROC_RESULT_INIT;
	autofree char *request = xasprintf("GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", question->path, question->host);

	build_client(&spec.argv, question);
	spec.input = request;
	spec.timeout_ms = HTTPS_TOTAL_S * 1000;
	if (run(runner, &spec, &result, err) < 0) {
		if (!error_is(*err, ERROR_TIMEOUT))
			return -1;
		answer->end = HTTPS_SILENT;
		answer->words = error_text(*err);
		error_free(err);
		return 0;
	}
	if (result.out.len > 0)
		read_response(buf_str(&result.out), answer);
	else
		read_failure(buf_str(&result.err), answer);
	answer->words = result.code != 0 ? proc_result_failure(spec.purpose, &result) : NULL;
	return 0;
}

/* ------------------------------------------------------------------ certificates */

void certificate_release(struct certificate *certificate)
{
	free(certificate->subject);
	free(certificate->fingerprint);
	*certificate = (struct certificate){ 0 };
}

/* The rest of the line that begins with this up to a "="; NULL when there is none. */
static char *line_value(const char *text, const char *key)
{
	for (; *text != '\0'; text += strcspn(text, "\n"), text += *text == '\n') {
		size_t len = strcspn(text, "\n"), name = strcspn(text, "=\n");
		autofree char *word = xstrndup(text, name);

		if (name < len && strcasecmp(word, key) == 0)
			return xstrndup(text + name + 1, len - name - 1);
	}
	return NULL;
}

int openssl_certificate(const struct runner *runner, const char *pem, struct certificate *certificate,
			struct error **err)
{
	AUTO(proc_spec) spec = PROC_SPEC_INIT("openssl x509");
	AUTO(proc_result) result = PROC_RESULT_INIT;

	argv_addl(&spec.argv, "openssl", "x509", "-noout", "-subject", "-nameopt", "RFC2253", "-fingerprint",
		  "-sha256", NULL);
	spec.input = pem;
	spec.timeout_ms = LOCAL_TIMEOUT_MS;
	if (run(runner, &spec, &result, err) < 0)
		return -1;
	if (result.code != 0)
		return proc_result_error(spec.purpose, &result, err);
	certificate->subject = line_value(buf_str(&result.out), "subject");
	certificate->fingerprint = line_value(buf_str(&result.out), "sha256 Fingerprint");
	return 0;
}

static int check_chain(const struct runner *runner, const char *dir, struct error **err)
{
	AUTO(proc_spec) spec = PROC_SPEC_INIT("openssl verify");
	AUTO(proc_result) result = PROC_RESULT_INIT;

	argv_addl(&spec.argv, "openssl", "verify", "-no-CApath", "-purpose", "sslclient", "-CAfile", NULL);
	argv_addf(&spec.argv, "%s/ca.crt", dir);
	argv_addf(&spec.argv, "%s/tls.crt", dir);
	spec.timeout_ms = LOCAL_TIMEOUT_MS;
	if (run(runner, &spec, &result, err) < 0)
		return -1;
	return result.code == 0 ? 0 : proc_result_error(spec.purpose, &result, err);
}

/* The public key of something, by one of openssl's commands: of a file, or of a text where there is none. */
static char *public_key(const struct runner *runner, const char *const *command, const char *file, const char *text,
			struct error **err)
{
	AUTO(proc_spec) spec = PROC_SPEC_INIT("openssl");
	AUTO(proc_result) result = PROC_RESULT_INIT;

	argv_add(&spec.argv, "openssl");
	argv_addv(&spec.argv, command);
	if (file != NULL)
		argv_addl(&spec.argv, "-in", file, NULL);
	spec.input = text;
	spec.timeout_ms = LOCAL_TIMEOUT_MS;
	if (run(runner, &spec, &result, err) < 0)
		return NULL;
	if (result.code != 0) {
		proc_result_error(spec.purpose, &result, err);
		return NULL;
	}
	return buf_steal(&result.out);
}

static const char *const of_certificate[] = { "x509", "-noout", "-pubkey", NULL };
static const char *const of_key[] = { "pkey", "-pubout", NULL };

int openssl_check_bundle(const struct runner *runner, const char *dir, struct error **err)
{
	autofree char *certificate = xasprintf("%s/tls.crt", dir), *key = xasprintf("%s/tls.key", dir);
	autofree char *certified = NULL, *own = NULL;

	if (check_chain(runner, dir, err) < 0)
		return -1;
	certified = public_key(runner, of_certificate, certificate, NULL, err);
	own = certified ? public_key(runner, of_key, key, NULL, err) : NULL;
	if (own == NULL)
		return -1;
	if (!streq(certified, own))
		return error_set(err, ERROR_SYSTEM, "tls.key is not the key of tls.crt");
	return 0;
}

int openssl_check_key(const struct runner *runner, const char *certificate, const char *key, struct error **err)
{
	autofree char *certified = public_key(runner, of_certificate, NULL, certificate, err), *own = NULL;

	own = certified ? public_key(runner, of_key, NULL, key, err) : NULL;
	if (own == NULL)
		return -1;
	return streq(certified, own) ? 0 : error_set(err, ERROR_SYSTEM, "the key is not that of the certificate");
}
