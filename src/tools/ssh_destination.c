/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a user may give to ssh. A host or user that begins with "-" would be an option, and ssh puts both into the
 * shell commands of a configuration (ProxyCommand, Match exec): so only what names are made of passes.
 */
#include "tools/ssh.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"

#define SCHEME "ssh://"
#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define HOST_BYTES ALNUM "._-"
/* '@': user@domain, as directories have them */
#define USER_BYTES ALNUM "._-+@"
#define PATH_BYTES ALNUM "._-+=,/"
#define PART_MAX 255

/* ------------------------------------------------------------------ destinations */

/* NULL, or what is wrong with it. The caller frees. */
static char *find_problem(const char *text, const char *allowed, const char *what)
{
	size_t plain = strspn(text, allowed);
	unsigned char odd = (unsigned char)text[plain];

	if (*text == '\0')
		return xasprintf("its %s is empty", what);
	if (*text == '-')
		return xasprintf("its %s begins with '-'", what);
	if (strlen(text) > PART_MAX)
		return xasprintf("its %s is longer than %d bytes", what, PART_MAX);
	if (odd == '\0')
		return NULL;
	if (isblank(odd))
		return xasprintf("there is white space in its %s", what);
	if (!isprint(odd))
		return xasprintf("there is a control or other special character in its %s", what);
	return xasprintf("its %s cannot have the character %c", what, odd);
}

static bool is_ipv6(const char *text)
{
	size_t len = strcspn(text, "%");
	autofree char *address = xstrndup(text, len);
	const char *zone = text[len] == '%' ? text + len + 1 : NULL;
	struct in6_addr bytes;

	return inet_pton(AF_INET6, address, &bytes) == 1 &&
	       (zone == NULL || (*zone != '\0' && zone[strspn(zone, HOST_BYTES)] == '\0'));
}

static char *take_port(const char *digits, struct ssh_destination *to)
{
	const char *problem = NULL;

	if (*digits == '\0' || digits[strspn(digits, "0123456789")] != '\0')
		return xstrdup("its port is no number");
	to->port = (int)strtonum(digits, 1, 65535, &problem);
	return problem == NULL ? NULL : xstrdup("its port is none from 1 to 65535");
}

/* "[v6]" or "[v6]:port"; a zone begins with "%25" in a URL (RFC 6874). */
static char *take_bracketed(const char *text, bool is_url, struct ssh_destination *to)
{
	const char *end = strchr(text, ']'), *zone;

	if (end == NULL)
		return xstrdup("its '[' has no ']'");
	to->host = xstrndup(text + 1, (size_t)(end - text - 1));
	zone = strstr(to->host, "%25");
	if (is_url && zone != NULL)
		memmove(to->host + (zone - to->host) + 1, zone + 3, strlen(zone + 3) + 1);
	if (!is_ipv6(to->host))
		return xstrdup("there is no IPv6 address in its brackets");
	if (end[1] == '\0')
		return NULL;
	if (end[1] != ':')
		return xstrdup("there is something after its ']' that is no port");
	return is_url ? take_port(end + 2, to) : xstrdup("a port needs the form " SCHEME "host:port");
}

static char *take_host(const char *text, bool is_url, struct ssh_destination *to)
{
	const char *colon = strchr(text, ':');
	char *problem;

	if (*text == '[')
		return take_bracketed(text, is_url, to);
	if (colon != NULL && is_ipv6(text)) {
		to->host = xstrdup(text);
		return is_url ? xstrdup("an IPv6 address stands in brackets there") : NULL;
	}
	to->host = colon == NULL ? xstrdup(text) : xstrndup(text, (size_t)(colon - text));
	problem = find_problem(to->host, HOST_BYTES, "host");
	if (problem != NULL || colon == NULL)
		return problem;
	return is_url ? take_port(colon + 1, to) : xstrdup("a port needs the form " SCHEME "host:port");
}

static char *find_path_problem(const char *path)
{
	char *problem = find_problem(path, PATH_BYTES, "socket's path");

	if (problem == NULL && *path != '/')
		problem = xstrdup("its socket's path does not begin with '/'");
	if (problem == NULL && strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		problem = xstrdup("its socket's path is too long for a socket");
	return problem;
}

/* "[user@]host" or, in a URL, "[user@]host[:port]". */
static char *take_authority(char *text, bool is_url, struct ssh_destination *to)
{
	char *at = strrchr(text, '@');
	char *problem;

	if (at == NULL)
		return take_host(text, is_url, to);
	*at = '\0';
	to->user = xstrdup(text);
	problem = find_problem(to->user, USER_BYTES, "user");
	return problem != NULL ? problem : take_host(at + 1, is_url, to);
}

static char *take_all(const char *text, struct ssh_destination *to)
{
	bool is_url = str_starts(text, SCHEME);
	const char *rest = is_url ? text + strlen(SCHEME) : text;
	size_t len = strcspn(rest, "/");
	autofree char *authority = xstrndup(rest, len);
	char *problem;

	if (str_blank(text))
		return xstrdup("it is empty");
	if (!is_url && strstr(text, "://") != NULL)
		return xstrdup("only " SCHEME " is understood");
	if (!is_url && rest[len] == '/')
		return xstrdup("a socket needs the form " SCHEME "host/path");
	problem = take_authority(authority, is_url, to);
	if (problem != NULL || rest[len] == '\0' || rest[len + 1] == '\0')
		return problem;
	to->socket = xstrdup(rest + len);
	return find_path_problem(to->socket);
}

/* "user:password@": whatever else may be wrong, it is not to be repeated. */
static bool has_password(const char *text)
{
	const char *rest = str_starts(text, SCHEME) ? text + strlen(SCHEME) : text;
	const char *at = strrchr(rest, '@');

	return at != NULL && memchr(rest, ':', (size_t)(at - rest)) != NULL;
}

int ssh_destination_parse(const char *text, const char *what, struct ssh_destination *to, struct error **err)
{
	autofree char *problem = NULL, *shown = log_safe_text(text, strlen(text));

	*to = (struct ssh_destination){ 0 };
	if (has_password(text))
		return error_set(err, ERROR_USAGE, "%s: there is a password in it: ssh takes none, it asks, or uses a key",
				 what);
	problem = take_all(text, to);
	if (problem == NULL)
		return 0;
	ssh_destination_release(to);
	return error_set(err, ERROR_USAGE, "%s: '%s' is no destination for ssh: %s", what, shown, problem);
}

void ssh_destination_release(struct ssh_destination *to)
{
	free(to->user);
	free(to->host);
	free(to->socket);
	*to = (struct ssh_destination){ 0 };
}

char *ssh_destination_text(const struct ssh_destination *to)
{
	AUTO(buf) text = BUF_INIT;
	bool is_v6 = strchr(to->host, ':') != NULL;
	const char *zone = strchr(to->host, '%');

	buf_adds(&text, SCHEME);
	if (to->user != NULL)
		buf_addf(&text, "%s@", to->user);
	if (!is_v6)
		buf_adds(&text, to->host);
	else if (zone == NULL)
		buf_addf(&text, "[%s]", to->host);
	else
		buf_addf(&text, "[%.*s%%25%s]", (int)(zone - to->host), to->host, zone + 1);
	if (to->port != 0)
		buf_addf(&text, ":%d", to->port);
	if (to->socket != NULL)
		buf_adds(&text, to->socket);
	return buf_steal(&text);
}

int ssh_socket_check(const char *path, const char *what, struct error **err)
{
	autofree char *problem = find_path_problem(path), *shown = log_safe_text(path, strlen(path));

	if (problem == NULL)
		return 0;
	return error_set(err, ERROR_USAGE, "%s: '%s' is no socket on another host: %s", what, shown, problem);
}

/* ------------------------------------------------------------------ keys */

/* The first line of a key file tells what it is. */
static bool is_private_key(const char *line)
{
	return str_starts(line, "-----BEGIN ") && strstr(line, "PRIVATE KEY-----") != NULL;
}

/* ssh uses an agent's key by its public half. */
static bool is_public_key(const char *line)
{
	return str_starts(line, "ssh-") || str_starts(line, "ecdsa-") || str_starts(line, "sk-");
}

static int examine_key(const char *path, struct error **err)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char line[256] = "";
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		bool leads_nowhere = errno == ENOTDIR || errno == ELOOP || errno == ENAMETOOLONG;

		error_errno(err, "--ssh-key: cannot read %s", path);
		if (leads_nowhere)
			(*err)->kind = ERROR_USAGE;
		return error_is(*err, ERROR_ABSENT) ? error_code(err, "file-absent") : -1;
	}
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_USAGE, "--ssh-key: %s is not a regular file", path);
	if (read(fd, line, sizeof(line) - 1) < 0)
		return error_errno(err, "--ssh-key: cannot read %s", path);
	line[strcspn(line, "\r\n")] = '\0';
	if (str_starts(line, "PuTTY-"))
		return error_set(err, ERROR_USAGE, "--ssh-key: %s is a key of PuTTY; puttygen -O private-openssh makes one for "
				 "ssh of it", path);
	if (!is_private_key(line) && !is_public_key(line))
		return error_set(err, ERROR_USAGE, "--ssh-key: there is no key in %s", path);
	if (is_public_key(line) || st.st_uid != getuid() || (st.st_mode & 077) == 0)
		return 0;
	error_set(err, ERROR_REFUSED, "--ssh-key: others than you can read %s (mode %04o): ssh does not use it", path,
		  (unsigned)st.st_mode & 07777);
	return error_hint_command(err, "Keep it to yourself", "chmod 600 %s", path);
}

int ssh_key_check(const char *path, char **absolute, struct error **err)
{
	autofree char *here = NULL, *full = NULL;

	if (*path == '\0')
		return error_set(err, ERROR_USAGE, "--ssh-key: the path is empty");
	if (*path != '/') {
		here = getcwd(NULL, 0);
		if (here == NULL)
			return error_errno(err, "--ssh-key: cannot tell the working directory");
	}
	full = here == NULL ? xstrdup(path) : xasprintf("%s/%s", here, path);
	/* ssh expands %-letters and variables, and its configuration has quotes */
	for (const char *c = full; *c != '\0'; c++)
		if (strchr("%$\"\\", *c) != NULL || iscntrl((unsigned char)*c))
			return error_set(err, ERROR_USAGE, "--ssh-key: ssh cannot take a path with such a character: %s", full);
	if (examine_key(full, err) < 0)
		return -1;
	*absolute = STEAL(full);
	return 0;
}

/* ------------------------------------------------------------------ options */

/* Of ssh_config(5): what runs a program (ProxyCommand, LocalCommand, KnownHostsCommand), loads a library, opens a
 * forwarding, or would be in our own connection's way is not among them. */
static const char *const option_names[] = {
	"AddKeysToAgent", "AddressFamily", "BindAddress", "BindInterface", "CASignatureAlgorithms", "CertificateFile",
	"CheckHostIP", "Ciphers", "Compression", "ConnectTimeout", "ConnectionAttempts", "GlobalKnownHostsFile",
	"GSSAPIAuthentication", "HashKnownHosts", "HostKeyAlgorithms", "HostKeyAlias", "HostName", "IdentitiesOnly",
	"IdentityAgent", "IdentityFile", "IPQoS", "KbdInteractiveAuthentication", "KexAlgorithms", "MACs",
	"NumberOfPasswordPrompts", "PasswordAuthentication", "Port", "PreferredAuthentications", "ProxyJump",
	"PubkeyAcceptedAlgorithms", "PubkeyAuthentication", "RekeyLimit", "ServerAliveCountMax", "ServerAliveInterval",
	"StrictHostKeyChecking", "TCPKeepAlive", "UpdateHostKeys", "User", "UserKnownHostsFile", "VerifyHostKeyDNS",
};

static const char *find_option(const char *option, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(option_names); i++)
		if (strlen(option_names[i]) == len && strncasecmp(option, option_names[i], len) == 0)
			return option_names[i];
	return NULL;
}

/* Each host between is a destination of its own, "host:port" too. */
static int check_jumps(const char *value, struct error **err)
{
	autofree char *copy = xstrdup(value);
	char *rest = copy, *jump;

	if (streq(value, "none"))
		return 0;
	while ((jump = strsep(&rest, ",")) != NULL) {
		AUTO(ssh_destination) to = { 0 };
		autofree char *url = str_starts(jump, SCHEME) || strchr(jump, ':') == NULL ? xstrdup(jump)
											     : xasprintf(SCHEME "%s", jump);

		if (ssh_destination_parse(url, "--ssh-option ProxyJump", &to, err) < 0)
			return -1;
	}
	return 0;
}

/* A value that becomes a user or a host is held to the same as in a destination. */
static int check_value(const char *name, const char *value, struct error **err)
{
	autofree char *problem = NULL;

	for (const char *c = value; *c != '\0' && problem == NULL; c++)
		if (iscntrl((unsigned char)*c))
			problem = xstrdup("there is a control character in its value");
	if (problem == NULL && (str_blank(value) || *value == '-'))
		problem = xasprintf("its value %s", *value == '-' ? "begins with '-'" : "is empty");
	if (problem == NULL && streq(name, "User"))
		problem = find_problem(value, USER_BYTES, "value");
	if (problem == NULL && (streq(name, "HostName") || streq(name, "HostKeyAlias")) && !is_ipv6(value))
		problem = find_problem(value, HOST_BYTES "%", "value");
	if (problem != NULL)
		return error_set(err, ERROR_USAGE, "--ssh-option %s: %s", name, problem);
	return streq(name, "ProxyJump") ? check_jumps(value, err) : 0;
}

int ssh_option_check(const char *option, struct error **err)
{
	size_t len = strcspn(option, "=");
	autofree char *shown = log_safe_text(option, len);
	const char *name = find_option(option, len);

	if (option[len] == '\0')
		return error_set(err, ERROR_USAGE, "--ssh-option: '%s' is not of the form Name=value", shown);
	if (name != NULL)
		return check_value(name, option + len + 1, err);
	error_set(err, ERROR_USAGE, "--ssh-option: '%s' is none that is passed on to ssh", shown);
	return error_hint(err, "Put it into ssh_config, under an alias for this host, and give the alias to --remote");
}
