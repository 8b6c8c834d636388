/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a user or a file gives for ssh, and what ssh prints: destinations, options, `ssh -G`, and the answer of the other
 * host's shell. A runner that answers with the input stands in for ssh.
 *
 * Rules: a destination that passes has a canonical text that parses to the same; neither its host nor its user can be an
 * option, or be more than a word in a shell; its socket fits a socket; an error is one line that can be printed. An
 * option that passes runs nothing. A host that ssh -G names is a host name; what is told to be a socket is a path.
 */
#include "answer.h"
#include "fuzz.h"

#include <strings.h>

#include "tools/ssh.h"

#define META " \t\r\n\"'`$\\;&|<>(){}*?!#~"

static void check_error(struct error *err)
{
	autofree char *text = error_text(err);

	RULE(err->kind == ERROR_USAGE && is_safe(text) && strchr(text, '\n') == NULL);
}

static void check_word(const char *text)
{
	RULE(*text != '\0' && *text != '-' && strpbrk(text, META) == NULL && is_safe(text) && strlen(text) <= 255);
}

static void check_destination(const struct ssh_destination *to)
{
	check_word(to->host);
	RULE(strchr(to->host, '@') == NULL && strchr(to->host, '/') == NULL);
	if (to->user != NULL) {
		check_word(to->user);
		RULE(strpbrk(to->user, ":/%") == NULL);
	}
	RULE(to->port >= 0 && to->port <= 65535);
	if (to->socket != NULL) {
		check_word(to->socket);
		RULE(*to->socket == '/' && strlen(to->socket) < 108 && strpbrk(to->socket, ":%") == NULL);
	}
}

static bool same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : streq(a, b);
}

static void destination(const char *text)
{
	AUTO(ssh_destination) to = { 0 };
	AUTO(ssh_destination) again = { 0 };
	autoerror struct error *err = NULL;
	autofree char *canonical = NULL, *twice = NULL;

	if (ssh_destination_parse(text, "--remote", &to, &err) < 0) {
		check_error(err);
		RULE(to.host == NULL && to.user == NULL && to.socket == NULL);
		return;
	}
	check_destination(&to);
	canonical = ssh_destination_text(&to);
	RULE(str_starts(canonical, "ssh://"));
	RULE(ssh_destination_parse(canonical, "--remote", &again, &err) == 0);
	RULE(same(to.user, again.user) && same(to.host, again.host) && to.port == again.port && same(to.socket, again.socket));
	twice = ssh_destination_text(&again);
	RULE(streq(twice, canonical));
}

static void option(const char *text)
{
	static const char *const forbidden[] = { "ProxyCommand", "LocalCommand", "PermitLocalCommand", "KnownHostsCommand",
						 "PKCS11Provider", "SecurityKeyProvider", "RemoteCommand", "Include", "Match" };
	autoerror struct error *err = NULL;

	if (ssh_option_check(text, &err) < 0) {
		check_error(err);
		return;
	}
	RULE(strchr(text, '=') != NULL && strpbrk(text, "\r\n") == NULL);
	for (size_t i = 0; i < ARRAY_LEN(forbidden); i++)
		RULE(strncasecmp(text, forbidden[i], strlen(forbidden[i])) != 0);
}

static void resolved(const struct ssh *ssh)
{
	AUTO(ssh_resolved) names = { 0 };
	autoerror struct error *err = NULL;

	RULE(ssh_resolve(ssh, &names, &err) == 0);
	RULE(*names.host != '\0' && *names.host != '-' && strpbrk(names.host, META "@/[]") == NULL && is_safe(names.host));
	RULE(names.port >= 0 && names.port <= 65535);
	RULE(names.user == NULL || is_safe(names.user));
	RULE(names.jump == NULL || (names.proxied && is_safe(names.jump)));
	RULE(names.problem == NULL || streq(names.host, "box"));
}

static void check_sockets(const struct argv *sockets)
{
	for (size_t i = 0; i < sockets->n; i++) {
		check_word(sockets->v[i]);
		RULE(sockets->v[i][0] == '/' && strlen(sockets->v[i]) < 108);
	}
}

static void engine(const struct ssh *ssh)
{
	AUTO(ssh_engine) there = { 0 };
	autoerror struct error *err = NULL;
	int rc = ssh_ask_engine(ssh, "/r/control", NULL, true, &there, &err);

	RULE(rc == (err ? -1 : 0));
	check_sockets(&there.usable);
	check_sockets(&there.forbidden);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *text = fuzz_text(data, size);
	struct fuzz_answer with = { data, size };
	const struct runner runner = { .run = fuzz_answer, .arg = &with };
	const struct ssh_destination to = { .host = (char *)(uintptr_t)"box" };
	const struct ssh ssh = { .runner = &runner, .to = &to };

	destination(text);
	option(text);
	resolved(&ssh);
	engine(&ssh);
	return 0;
}
