/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of curl. */
#include "tools/curl.h"

#include <stdio.h>
#include <stdlib.h>

#define BODY_MAX "65536"

/* After the body, on a line of its own: HTTP status, result of the verification, seconds until TLS was agreed on. */
#define REPORT "\n%{http_code} %{ssl_verify_result} %{time_appconnect}"

/* Exit statuses (curl(1)). */
enum {
	CURL_OK = 0,
	CURL_NO_PROXY_NAME = 5,
	CURL_NO_NAME = 6,
	CURL_NO_CONNECTION = 7,
	CURL_TIMEOUT = 28,
	CURL_OLD_VERIFICATION = 51, /* before 7.62 */
	CURL_EMPTY_REPLY = 52,
	CURL_SEND_ERROR = 55,
	CURL_RECEIVE_ERROR = 56,
	CURL_CLIENT_CERTIFICATE = 58,
	CURL_VERIFICATION = 60,
	CURL_CA_FILE = 77,
	CURL_BODY_TOO_LARGE = 63,
};

/* What follows a colon would be a password. */
static char *escape_cert(const char *path)
{
	AUTO(buf) escaped = BUF_INIT;

	for (; *path != '\0'; path++)
		buf_addf(&escaped, "%s%c", *path == ':' || *path == '\\' ? "\\" : "", *path);
	return buf_steal(&escaped);
}

static void add_bundle(struct argv *argv, const char *dir)
{
	autofree char *certificate = xasprintf("%s/tls.crt", dir);
	autofree char *escaped = escape_cert(certificate);

	/* no other authorities: curl may have a directory of the system's built in; in this one it finds none */
	argv_add(argv, "--cacert");
	argv_addf(argv, "%s/ca.crt", dir);
	argv_addl(argv, "--capath", dir, "--cert", escaped, "--key", NULL);
	argv_addf(argv, "%s/tls.key", dir);
}

static void build(struct argv *argv, const struct https_question *question)
{
	/* -q must be the first: no ~/.curlrc */
	argv_addl(argv, "curl", "-q", "--silent", "--show-error", "--globoff", "--proto", "=http,https", NULL);
	argv_add(argv, "--connect-timeout");
	argv_addf(argv, "%d", HTTPS_CONNECT_S);
	argv_add(argv, "--max-time");
	argv_addf(argv, "%d", HTTPS_TOTAL_S);
	argv_addl(argv, "--max-filesize", BODY_MAX, "--write-out", REPORT, NULL);
	if (question->direct)
		argv_addl(argv, "--noproxy", "*", NULL);
	if (question->bundle != NULL)
		add_bundle(argv, question->bundle);
	argv_addl(argv, "--url", question->url, NULL);
}

/* GnuTLS tells by bits what OpenSSL tells by numbers below 100; that a bit is set for "invalid" tells them apart. */
static enum https_end verification(long result)
{
	const long invalid = 1 << 1, unknown_signer = 1 << 6, not_yet = 1 << 9, expired = 1 << 10;

	if (result <= 1)
		return HTTPS_WRONG_NAME; /* the chain is well, and curl itself compares the names */
	if (result < 100 && result != (invalid | unknown_signer))
		return https_verification(result);
	return result & (not_yet | expired) ? HTTPS_EXPIRED : HTTPS_WRONG_CA;
}

static enum https_end end_of(int code, long verified, bool agreed)
{
	switch (code) {
	case CURL_OK:
	case CURL_BODY_TOO_LARGE:
		return HTTPS_ANSWERED;
	case CURL_NO_PROXY_NAME:
	case CURL_NO_NAME:
	case CURL_NO_CONNECTION:
	case CURL_TIMEOUT:
		return HTTPS_SILENT;
	case CURL_OLD_VERIFICATION:
	case CURL_VERIFICATION:
		return verification(verified);
	case CURL_CLIENT_CERTIFICATE:
	case CURL_CA_FILE:
		return HTTPS_BAD_BUNDLE;
	case CURL_EMPTY_REPLY:
	case CURL_SEND_ERROR:
	case CURL_RECEIVE_ERROR:
		/* TLS 1.3: the server looks at our certificate when for us all is agreed on */
		return agreed ? HTTPS_CLIENT_REFUSED : HTTPS_FAILED;
	default:
		return HTTPS_FAILED;
	}
}

static void read_report(const struct proc_result *result, struct https_answer *answer)
{
	const char *out = buf_str(&result->out), *line = strrchr(out, '\n');
	long verified = 0;
	double agreed = 0;

	if (line == NULL || sscanf(line, "%d %ld %lf", &answer->status, &verified, &agreed) != 3) {
		answer->end = HTTPS_FAILED;
		return;
	}
	answer->end = end_of(result->code, verified, agreed > 0);
	answer->body = xstrndup(out, (size_t)(line - out));
}

int curl_get(const struct runner *runner, const struct https_question *question, struct https_answer *answer,
	     struct error **err)
{
	AUTO(proc_spec) spec = PROC_SPEC_INIT("curl");
	AUTO(proc_result) result = PROC_RESULT_INIT;

	build(&spec.argv, question);
	spec.out.how = PROC_CAPTURE;
	spec.err.how = PROC_CAPTURE;
	spec.timeout_ms = 2 * HTTPS_TOTAL_S * 1000; /* its own limit is sooner */
	if (runner_run(runner, &spec, &result, err) < 0)
		return -1;
	read_report(&result, answer);
	answer->words = result.code != 0 ? proc_result_failure(spec.purpose, &result) : NULL;
	return 0;
}
