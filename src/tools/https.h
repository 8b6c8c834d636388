/* SPDX-License-Identifier: Apache-2.0 */
/* What a program that speaks HTTPS for us is asked, and how its answers are told apart. No text of it decides. */
#ifndef TOOLS_HTTPS_H
#define TOOLS_HTTPS_H

#include "base/base.h"

#define HTTPS_CONNECT_S 5
#define HTTPS_TOTAL_S 10

/* One GET. Texts are borrowed. */
struct https_question {
	const char *url, *host; /* host: without brackets */
	int port;
	const char *path;       /* "/healthz": the end of url */
	const char *bundle;     /* directory of ca.crt, tls.crt and tls.key; NULL: no TLS */
	bool direct;            /* not by the environment's proxies */
};

enum https_end {
	HTTPS_ANSWERED,       /* by an HTTP status */
	HTTPS_SILENT,         /* no connection, or no answer in time */
	HTTPS_WRONG_CA,       /* the server's certificate is not of this authority */
	HTTPS_EXPIRED,        /* it is not valid now */
	HTTPS_WRONG_NAME,     /* it is for another host */
	HTTPS_CLIENT_REFUSED, /* the server ended the connection when it had seen ours */
	HTTPS_BAD_BUNDLE,     /* the program cannot use our files */
	HTTPS_FAILED,         /* anything else; the words tell */
};

struct https_answer {
	enum https_end end;
	int status;  /* of HTTP */
	char *body;  /* its beginning */
	char *words; /* why the program failed, one line; NULL where it did not */
};
void https_answer_release(struct https_answer *answer);

/* The end by a verification result of OpenSSL (X509_V_ERR_*), as its programs print it. Pure. */
enum https_end https_verification(long result);

#endif
