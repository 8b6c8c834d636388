/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing of `gateway add`'s ENDPOINT and --remote. */
#include "gateway/target.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include "gateway/endpoint.h"
#include "store/paths.h"

#define DEFAULT_NAME "openshell"
#define USER_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

enum scheme { SCHEME_HTTPS, SCHEME_HTTP, SCHEME_SSH, SCHEMES };

static const char *const scheme_names[SCHEMES] = { "https://", "http://", "ssh://" };

void target_release(struct target *target)
{
	free(target->endpoint);
	free(target->host);
	free(target->destination);
	*target = (struct target){ 0 };
}

static char *lower(const char *text)
{
	char *copy = xstrdup(text);

	for (char *c = copy; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return copy;
}

/* What follows the scheme; NULL when it is none of ours. */
static const char *skip_scheme(const char *text, enum scheme *scheme)
{
	*scheme = SCHEME_HTTPS;
	if (strstr(text, "://") == NULL)
		return text;
	for (int i = 0; i < SCHEMES; i++)
		if (strncasecmp(text, scheme_names[i], strlen(scheme_names[i])) == 0) {
			*scheme = (enum scheme)i;
			return text + strlen(scheme_names[i]);
		}
	return NULL;
}

/* 1 to 65535 in plain digits; strtonum alone would take a sign and blanks. */
static bool parse_port(const char *text, int *port)
{
	const char *problem = NULL;

	if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
		return false;
	*port = (int)strtonum(text, 1, 65535, &problem);
	return problem == NULL;
}

/* HOST, HOST:PORT, [V6] or [V6]:PORT, to its end. */
static int parse_host(const char *text, struct target *target, struct error **err)
{
	bool bracketed = *text == '[';
	size_t len = strcspn(text + bracketed, bracketed ? "]" : ":");
	autofree char *host = xstrndup(text + bracketed, len);
	const char *rest = text + bracketed + len;

	if (bracketed && *rest++ != ']')
		return error_set(err, ERROR_USAGE, "ENDPOINT: ']' is missing after the address");
	if (len == 0)
		return error_set(err, ERROR_USAGE, "ENDPOINT: the host is missing");
	if (!bracketed && *rest == ':' && strchr(rest + 1, ':') != NULL)
		return error_set(err, ERROR_USAGE, "ENDPOINT: an IPv6 address stands in brackets: [%s]", text);
	if (!endpoint_host_is_valid(host) || bracketed != (strchr(host, ':') != NULL))
		return error_set(err, ERROR_USAGE,
				 "ENDPOINT: '%s' is no host name or address (write other letters as xn--)", host);
	if (*rest != '\0' && (*rest != ':' || !parse_port(rest + 1, &target->port)))
		return error_set(err, ERROR_USAGE, "ENDPOINT: the port is no number from 1 to 65535");
	target->host = lower(host);
	return 0;
}

/* Takes the text apart at '@', which only ssh:// may have. */
static int parse_authority(const char *text, enum scheme scheme, struct target *target, struct error **err)
{
	const char *at = strrchr(text, '@'), *host = at != NULL ? at + 1 : text;
	autofree char *user = at != NULL ? xstrndup(text, (size_t)(at - text)) : NULL;

	if (user != NULL && scheme != SCHEME_SSH)
		return error_set(err, ERROR_USAGE, "ENDPOINT: a user or a password has no place in it");
	if (user != NULL && strchr(user, ':') != NULL)
		return error_set(err, ERROR_USAGE, "ENDPOINT: a password has no place in it");
	if (parse_host(host, target, err) < 0)
		return -1;
	if (scheme != SCHEME_SSH)
		return 0;
	if (target->port == 0)
		return error_set(err, ERROR_USAGE, "ENDPOINT: ssh:// needs the gateway's port: ssh://%s:PORT",
				 text);
	target->destination = xstrndup(text, (size_t)(host - text) + (*host == '[' ? strcspn(host, "]") + 1
										    : strcspn(host, ":")));
	return 0;
}

static int check_destination(const char *text, struct error **err)
{
	const char *at = strrchr(text, '@'), *host = at != NULL ? at + 1 : text;
	size_t user = at != NULL ? (size_t)(at - text) : 0, len = strlen(host);
	bool bracketed = *host == '[' && len > 1 && host[len - 1] == ']';
	autofree char *plain = xstrndup(host + bracketed, len - 2 * (size_t)bracketed);

	/* what begins with a dash would be an option of ssh */
	if (*text != '-' && (at == NULL || (user > 0 && strspn(text, USER_BYTES) == user)) &&
	    endpoint_host_is_valid(plain))
		return 0;
	return error_set(err, ERROR_USAGE, "ENDPOINT: no [USER@]HOST that ssh could be given");
}

static char *make_endpoint(const struct target *target)
{
	const char *scheme = scheme_names[target->is_plaintext ? SCHEME_HTTP : SCHEME_HTTPS];
	bool v6 = strchr(target->host, ':') != NULL;

	if (target->port > 0)
		return endpoint_url(target->is_plaintext, target->host, target->port);
	return xasprintf("%s%s%s%s", scheme, v6 ? "[" : "", target->host, v6 ? "]" : "");
}

int target_parse(const char *text, struct target *target, struct error **err)
{
	enum scheme scheme;
	const char *rest = skip_scheme(text, &scheme);
	autofree char *authority = NULL;

	for (const char *c = text; *c != '\0'; c++)
		if (iscntrl((unsigned char)*c) || isspace((unsigned char)*c))
			return error_set(err, ERROR_USAGE,
					 "ENDPOINT: blanks and control characters have no place in it");
	if (rest == NULL)
		return error_set(err, ERROR_USAGE, "ENDPOINT: it begins with none of https://, http:// and ssh://");
	authority = xstrndup(rest, strcspn(rest, "/?#"));
	rest += strlen(authority);
	if (*rest != '\0' && !streq(rest, "/"))
		return error_set(err, ERROR_USAGE, "ENDPOINT: nothing may follow host and port");
	target->is_plaintext = scheme == SCHEME_HTTP;
	if (parse_authority(authority, scheme, target, err) < 0 ||
	    (target->destination != NULL && check_destination(target->destination, err) < 0)) {
		target_release(target);
		return -1;
	}
	target->endpoint = make_endpoint(target);
	return 0;
}

char *target_name(const struct target *target)
{
	autofree char *name = NULL;
	size_t len;

	if (endpoint_is_loopback(target->host))
		return xstrdup(DEFAULT_NAME);
	name = xstrndup(target->host + strspn(target->host, ".:-"), NAME_MAX_BYTES);
	for (char *c = name; *c != '\0'; c++)
		if (*c == ':')
			*c = '-';
	for (len = strlen(name); len > 0 && strchr("._-", name[len - 1]) != NULL; len--)
		name[len - 1] = '\0';
	return name_is_valid(name) ? STEAL(name) : xstrdup(DEFAULT_NAME);
}
