/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/ssh.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"
#include "script.h"

#define DEFAULTS "-o ConnectTimeout=30 -o ServerAliveInterval=10 -o ServerAliveCountMax=3 -o LogLevel=INFO "

/* ------------------------------------------------------------------ destinations */

static void a_destination_has_one_canonical_text(void **state)
{
	static const struct {
		const char *text, *user, *host;
		int port;
		const char *socket, *canonical;
	} rows[] = {
		{ "box", NULL, "box", 0, NULL, "ssh://box" },
		{ "ssh://box", NULL, "box", 0, NULL, "ssh://box" },
		{ "ssh://box/", NULL, "box", 0, NULL, "ssh://box" },
		{ "me@box.example", "me", "box.example", 0, NULL, "ssh://me@box.example" },
		{ "ssh://me@10.0.0.5:2222", "me", "10.0.0.5", 2222, NULL, "ssh://me@10.0.0.5:2222" },
		{ "ssh://box:22/run/user/1000/docker.sock", NULL, "box", 22, "/run/user/1000/docker.sock",
		  "ssh://box:22/run/user/1000/docker.sock" },
		{ "me@corp.example@box_1", "me@corp.example", "box_1", 0, NULL, "ssh://me@corp.example@box_1" },
		{ "::1", NULL, "::1", 0, NULL, "ssh://[::1]" },
		{ "[::1]", NULL, "::1", 0, NULL, "ssh://[::1]" },
		{ "me@2001:db8::1", "me", "2001:db8::1", 0, NULL, "ssh://me@[2001:db8::1]" },
		{ "ssh://me@[2001:db8::1]:2222/x.sock", "me", "2001:db8::1", 2222, "/x.sock",
		  "ssh://me@[2001:db8::1]:2222/x.sock" },
		{ "fe80::1%eth0", NULL, "fe80::1%eth0", 0, NULL, "ssh://[fe80::1%25eth0]" },
		{ "ssh://[fe80::1%25eth0]:1", NULL, "fe80::1%eth0", 1, NULL, "ssh://[fe80::1%25eth0]:1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(ssh_destination) to = { 0 };
		AUTO(ssh_destination) again = { 0 };
		struct error *err = NULL;
		autofree char *text = NULL, *same = NULL;

		assert_int_equal(ssh_destination_parse(rows[i].text, "--remote", &to, &err), 0);
		assert_string_equal(to.host, rows[i].host);
		assert_string_equal(to.user ? to.user : "", rows[i].user ? rows[i].user : "");
		assert_string_equal(to.socket ? to.socket : "", rows[i].socket ? rows[i].socket : "");
		assert_int_equal(to.port, rows[i].port);
		text = ssh_destination_text(&to);
		assert_string_equal(text, rows[i].canonical);
		assert_int_equal(ssh_destination_parse(text, "--remote", &again, &err), 0);
		same = ssh_destination_text(&again);
		assert_string_equal(same, text);
	}
}

static void what_is_no_destination_is_refused_and_said_why(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "", "it is empty" },
		{ " ", "it is empty" },
		{ "ssh://", "its host is empty" },
		{ "@box", "its user is empty" },
		{ "me@", "its host is empty" },
		{ "-oProxyCommand=x", "its host begins with '-'" },
		{ "ssh://-oProxyCommand=x", "its host begins with '-'" },
		{ "-l@box", "its user begins with '-'" },
		{ "me@-box", "its host begins with '-'" },
		{ "bo x", "there is white space in its host" },
		{ "box\n", "there is a control or other special character in its host" },
		{ "b\033[1mx", "there is a control or other special character in its host" },
		{ "b\303\266x", "there is a control or other special character in its host" },
		{ "m\te@box", "there is white space in its user" },
		{ "box;id", "its host cannot have the character ;" },
		{ "$(id)", "its host cannot have the character $" },
		{ "`id`@box", "its user cannot have the character `" },
		{ "a|b@box", "its user cannot have the character |" },
		{ "ssh://box?x", "its host cannot have the character ?" },
		{ "%h", "its host cannot have the character %" },
		{ "box:22", "a port needs the form ssh://host:port" },
		{ "[::1]:22", "a port needs the form ssh://host:port" },
		{ "ssh://box:", "its port is no number" },
		{ "ssh://box:ssh", "its port is no number" },
		{ "ssh://box:0", "its port is none from 1 to 65535" },
		{ "ssh://box:65536", "its port is none from 1 to 65535" },
		{ "ssh://box:+22", "its port is no number" },
		{ "ssh://[::1", "its '[' has no ']'" },
		{ "ssh://[::1]x", "there is something after its ']' that is no port" },
		{ "ssh://[box]", "there is no IPv6 address in its brackets" },
		{ "[fe80::1%]", "there is no IPv6 address in its brackets" },
		{ "ssh://::1", "an IPv6 address stands in brackets there" },
		{ "box/x.sock", "a socket needs the form ssh://host/path" },
		{ "ssh://box/x y", "there is white space in its socket's path" },
		{ "ssh://box/x:y", "its socket's path cannot have the character :" },
		{ "tcp://box:2375", "only ssh:// is understood" },
		{ "https://box", "only ssh:// is understood" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(ssh_destination) to = { 0 };
		struct error *err = NULL;

		print_message("           %s\n", rows[i].text);
		assert_int_equal(ssh_destination_parse(rows[i].text, "--remote", &to, &err), -1);
		assert_null(to.host);
		assert_true(str_starts(err->text, "--remote: '"));
		assert_null(strpbrk(err->text, "\n\033"));
		assert_error(&err, ERROR_USAGE, rows[i].why);
	}
}

static void a_long_part_is_refused(void **state)
{
	AUTO(buf) text = BUF_INIT;
	AUTO(ssh_destination) to = { 0 };
	struct error *err = NULL;

	(void)state;
	for (int i = 0; i < 256; i++)
		buf_adds(&text, "a");
	assert_int_equal(ssh_destination_parse(buf_str(&text), "--remote", &to, &err), -1);
	assert_error(&err, ERROR_USAGE, "its host is longer than 255 bytes");
	assert_int_equal(ssh_socket_check("/a/", "X", &err), 0);
	buf_release(&text);
	for (int i = 0; i < 54; i++)
		buf_adds(&text, "/a");
	assert_int_equal(ssh_socket_check(buf_str(&text), "X", &err), -1);
	assert_error(&err, ERROR_USAGE, "too long for a socket");
	assert_int_equal(ssh_socket_check("a.sock", "X", &err), -1);
	assert_error(&err, ERROR_USAGE, "does not begin with '/'");
}

static void a_password_is_refused_and_not_repeated(void **state)
{
	static const char *const texts[] = { "ssh://me:secret@box", "me:secret@box", "me:sec/ret@box", "ssh://:secret@box:22/x" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(ssh_destination) to = { 0 };
		struct error *err = NULL;

		assert_int_equal(ssh_destination_parse(texts[i], "--remote", &to, &err), -1);
		assert_null(strstr(err->text, "sec"));
		assert_error(&err, ERROR_USAGE, "password");
	}
}

/* ------------------------------------------------------------------ keys */

#define PRIVATE "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbg==\n-----END OPENSSH PRIVATE KEY-----\n"

static void a_key_is_taken_by_its_absolute_path(void **state)
{
	struct error *err = NULL;
	autofree char *path = NULL, *public = NULL;

	(void)state;
	scratch_put(scratch("id"), PRIVATE);
	assert_int_equal(ssh_key_check(scratch("id"), &path, &err), 0);
	assert_string_equal(path, scratch("id"));
	/* its other half is in an agent */
	scratch_put(scratch("id.pub"), "ssh-ed25519 AAAA me@here\n");
	assert_int_equal(chmod(scratch("id.pub"), 0644), 0);
	assert_int_equal(ssh_key_check(scratch("id.pub"), &public, &err), 0);
}

static void a_relative_path_of_a_key_becomes_absolute(void **state)
{
	struct error *err = NULL;
	autofree char *path = NULL;

	(void)state;
	assert_int_equal(ssh_key_check("no-such-key", &path, &err), -1);
	assert_non_null(strstr(err->text, "/no-such-key"));
	assert_string_equal(error_code_name(err), "file-absent");
	assert_error(&err, ERROR_ABSENT, "--ssh-key");
}

static void what_ssh_would_not_use_as_a_key_is_refused_before(void **state)
{
	struct error *err = NULL;
	autofree char *path = NULL;

	(void)state;
	scratch_put(scratch("id"), PRIVATE);
	assert_int_equal(chmod(scratch("id"), 0640), 0);
	assert_int_equal(ssh_key_check(scratch("id"), &path, &err), -1);
	assert_true(advises(err, "chmod 600"));
	assert_error(&err, ERROR_REFUSED, "mode 0640");
	assert_int_equal(ssh_key_check(scratch("."), &path, &err), -1);
	assert_error(&err, ERROR_USAGE, "not a regular file");
	scratch_put(scratch("empty"), "");
	assert_int_equal(ssh_key_check(scratch("empty"), &path, &err), -1);
	assert_error(&err, ERROR_USAGE, "there is no key in");
	scratch_put(scratch("putty"), "PuTTY-User-Key-File-3: ssh-ed25519\n");
	assert_int_equal(ssh_key_check(scratch("putty"), &path, &err), -1);
	assert_error(&err, ERROR_USAGE, "puttygen");
	scratch_put(scratch("100%%"), PRIVATE);
	assert_int_equal(ssh_key_check(scratch("100%%"), &path, &err), -1);
	assert_error(&err, ERROR_USAGE, "such a character");
	assert_int_equal(ssh_key_check(scratch("putty/below"), &path, &err), -1);
	assert_error(&err, ERROR_USAGE, "ot a directory");
	assert_int_equal(symlink("loop", scratch("loop")), 0);
	assert_int_equal(ssh_key_check(scratch("loop"), &path, &err), -1);
	assert_error(&err, ERROR_USAGE, "cannot read");
	assert_int_equal(ssh_key_check("", &path, &err), -1);
	assert_error(&err, ERROR_USAGE, "empty");
	assert_null(path);
}

/* ------------------------------------------------------------------ options */

static void options_that_run_nothing_are_passed_on(void **state)
{
	static const char *const good[] = {
		"Port=2222", "port=2222", "User=me", "HostName=10.0.0.5", "HostName=%h.example", "HostName=::1",
		"IdentityFile=~/.ssh/id", "IdentitiesOnly=no", "IdentityAgent=none", "ProxyJump=none", "ProxyJump=a,me@b:2222",
		"ProxyJump=ssh://me@[::1]:22", "StrictHostKeyChecking=accept-new", "UserKnownHostsFile=/x y", "ConnectTimeout=5",
		"ServerAliveInterval=0", "HostKeyAlias=box", "KexAlgorithms=+diffie-hellman-group14-sha1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct error *err = NULL;

		print_message("           %s\n", good[i]);
		assert_int_equal(ssh_option_check(good[i], &err), 0);
	}
}

static void other_options_are_refused(void **state)
{
	static const struct {
		const char *option, *why;
	} bad[] = {
		{ "ProxyCommand=nc %h %p", "'ProxyCommand' is none that is passed on" },
		{ "proxycommand=x", "none that is passed on" },
		{ "LocalCommand=x", "none that is passed on" },
		{ "PermitLocalCommand=yes", "none that is passed on" },
		{ "KnownHostsCommand=x", "none that is passed on" },
		{ "PKCS11Provider=x.so", "none that is passed on" },
		{ "SecurityKeyProvider=x.so", "none that is passed on" },
		{ "ControlPath=x", "none that is passed on" },
		{ "LocalForward=1 x:1", "none that is passed on" },
		{ "RemoteCommand=x", "none that is passed on" },
		{ "SendEnv=X", "none that is passed on" },
		{ "LogLevel=DEBUG", "none that is passed on" },
		{ "Port 22", "not of the form Name=value" },
		{ "", "not of the form Name=value" },
		{ "=x", "none that is passed on" },
		{ "Port=", "its value is empty" },
		{ "Port=1\nProxyCommand=x", "control character" },
		{ "User=-l", "begins with '-'" },
		{ "User=a;b", "cannot have the character ;" },
		{ "HostName=$(id)", "cannot have the character $" },
		{ "HostKeyAlias=$(id)", "cannot have the character $" }, /* %k of Match exec */
		{ "ProxyJump=-oProxyCommand=x", "begins with '-'" },
		{ "ProxyJump=a,-b", "begins with '-'" },
		{ "ProxyJump=me:pw@a", "password" },
		{ "ProxyJump=a,", "it is empty" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct error *err = NULL;

		print_message("           %s\n", bad[i].option);
		assert_int_equal(ssh_option_check(bad[i].option, &err), -1);
		assert_true(str_starts(err->text, "--ssh-option"));
		assert_error(&err, ERROR_USAGE, bad[i].why);
	}
}

/* ------------------------------------------------------------------ command lines */

struct lines {
	struct ssh_destination to;
	struct argv options;
	struct ssh ssh;
};

static void lines_open(struct lines *lines, const char *destination, const char *key, const char *option)
{
	struct error *err = NULL;

	*lines = (struct lines){ 0 };
	assert_int_equal(ssh_destination_parse(destination, "--remote", &lines->to, &err), 0);
	if (option != NULL)
		argv_add(&lines->options, option);
	lines->ssh = (struct ssh){ .to = &lines->to, .key = key, .options = &lines->options };
}

static void lines_close(struct lines *lines)
{
	ssh_destination_release(&lines->to);
	argv_release(&lines->options);
}

#define LINE(expected, build, ...) \
	do { \
		AUTO(argv) args_ = ARGV_INIT; \
		build(&args_, __VA_ARGS__); \
		assert_line(&args_, expected); \
	} while (0)

#define CONNECT \
	"ssh -nNT -M -S /r/control -o ControlPersist=no -o ClearAllForwardings=yes -o ExitOnForwardFailure=yes " \
	"-o StreamLocalBindUnlink=yes -o StreamLocalBindMask=0177 -o PermitLocalCommand=no -o ForwardAgent=no -o ForwardX11=no "
#define SESSION \
	"-T -S /r/control -o ControlMaster=no -o RemoteCommand=none -o ClearAllForwardings=yes -o ForwardAgent=no " \
	"-o ForwardX11=no -o BatchMode=yes "

static void the_host_stands_behind_two_dashes_and_the_destination_comes_first(void **state)
{
	struct lines lines;

	(void)state;
	lines_open(&lines, "ssh://me@box:2222", "/k", "User=other");
	LINE("ssh -G -p 2222 -l me -i /k -o User=other -o IdentitiesOnly=yes " DEFAULTS "-- box", ssh_args_resolve, &lines.ssh);
	LINE(CONNECT "-o BatchMode=yes -p 2222 -l me -i /k -o User=other -o IdentitiesOnly=yes " DEFAULTS "-- box",
	     ssh_args_connect, &lines.ssh, "/r/control");
	LINE("ssh -F none -S /r/control -O forward -L /r/x:/var/run/docker.sock -- box", ssh_args_forward, &lines.ssh,
	     "/r/control", "/r/x", "/var/run/docker.sock");
	LINE("ssh " SESSION "-p 2222 -l me -i /k -o User=other -o IdentitiesOnly=yes " DEFAULTS "-- box", ssh_args_session,
	     &lines.ssh, "/r/control");
	LINE("ssh -N -L 127.0.0.1:8080:127.0.0.1:8080 -p 2222 -l me -- box", ssh_args_port, &lines.to, 8080);
	lines_close(&lines);
}

static void where_somebody_can_be_asked_ssh_is_not_in_batch_mode(void **state)
{
	struct lines lines;

	(void)state;
	lines_open(&lines, "::1", NULL, NULL);
	lines.ssh.may_ask = true;
	LINE(CONNECT DEFAULTS "-- ::1", ssh_args_connect, &lines.ssh, "/r/control");
	lines_close(&lines);
}

static void the_shim_calls_docker_there_whatever_it_is_told(void **state)
{
	struct lines lines;
	autofree char *with = NULL, *without = NULL;

	(void)state;
	lines_open(&lines, "box", "/my keys/id", NULL);
	with = ssh_shim(&lines.ssh, "/usr/bin/ssh", "/r/control", "/x.sock");
	assert_string_equal(with, "#!/bin/sh\nexec /usr/bin/ssh " SESSION "-i '/my keys/id' -o IdentitiesOnly=yes " DEFAULTS
				  "-- box docker --host unix:///x.sock system dial-stdio\n");
	without = ssh_shim(&lines.ssh, "/usr/bin/ssh", "/r/control", NULL);
	assert_true(str_ends(without, "-- box docker system dial-stdio\n"));
	lines_close(&lines);
}

static void a_path_that_ssh_would_read_otherwise_is_not_plain(void **state)
{
	AUTO(buf) path = BUF_INIT;

	(void)state;
	assert_true(ssh_path_is_plain("/run/user/1000/openshell/ssh.XXXXXX/remote-docker.sock"));
	assert_false(ssh_path_is_plain("/run/a:b/x"));
	assert_false(ssh_path_is_plain("/run/%d/x"));
	assert_false(ssh_path_is_plain("/run/${X}/x"));
	assert_false(ssh_path_is_plain("/run/a b/x"));
	for (int i = 0; i < 45; i++)
		buf_adds(&path, "/a");
	assert_true(ssh_path_is_plain(buf_str(&path)));
	buf_adds(&path, "/");
	assert_false(ssh_path_is_plain(buf_str(&path)));
}

/* ------------------------------------------------------------------ ssh -G */

static void resolve(struct script *script, struct ssh_resolved *resolved)
{
	struct error *err = NULL;
	struct lines lines;

	lines_open(&lines, "ssh://me@box:2222", NULL, NULL);
	lines.ssh.runner = &script->runner;
	assert_int_equal(ssh_resolve(&lines.ssh, resolved, &err), 0);
	lines_close(&lines);
}

static void what_ssh_makes_of_a_destination_is_read(void **state)
{
	AUTO(buf) text = BUF_INIT;
	AUTO(ssh_resolved) resolved = { 0 };

	(void)state;
	data_read("openssh-9.2-config-jump.txt", &text);
	{
		const struct script_step steps[] = {
			{ .command = "ssh -G -p 2222 -l me " DEFAULTS "-- box", .out = buf_str(&text), .env = "LC_ALL=C" },
		};
		struct script script;

		SCRIPT_INIT(&script, steps);
		resolve(&script, &resolved);
		script_end(&script);
	}
	assert_string_equal(resolved.host, "10.1.2.3");
	assert_string_equal(resolved.user, "alice");
	assert_int_equal(resolved.port, 2222);
	assert_string_equal(resolved.jump, "bastion,me@inner:2200");
	assert_true(resolved.proxied);
	assert_null(resolved.problem);
}

static void a_plain_host_has_none_in_between(void **state)
{
	AUTO(buf) text = BUF_INIT;
	AUTO(ssh_resolved) resolved = { 0 };

	(void)state;
	data_read("openssh-9.2-config-plain.txt", &text);
	ssh_resolved_parse(buf_str(&text), &resolved);
	assert_string_equal(resolved.host, "box");
	assert_int_equal(resolved.port, 22);
	assert_null(resolved.jump);
	assert_false(resolved.proxied);
}

static void lines_that_make_no_sense_are_passed_over(void **state)
{
	AUTO(ssh_resolved) resolved = { 0 };

	(void)state;
	ssh_resolved_parse("\n \nhostname\nhostname -x\nhostname a b\nhostname a;b\nport 0\nport 22x\nport 70000\nuser a\033b\n"
			   "proxyjump none\nproxycommand none\nnew-key of a newer ssh\nhostname first\r\nhostname second\n",
			   &resolved);
	assert_string_equal(resolved.host, "first");
	assert_null(resolved.user);
	assert_int_equal(resolved.port, 0);
	assert_false(resolved.proxied);
	ssh_resolved_parse("proxycommand nc %h %p\n", &resolved);
	assert_true(resolved.proxied);
	assert_null(resolved.jump);
}

static void where_ssh_does_not_tell_the_host_is_the_one_given(void **state)
{
	static const struct script_step failures[] = {
		{ .command = "ssh -G *", .how = SCRIPT_MISSING },
		{ .command = "ssh -G *", .how = SCRIPT_TIMES_OUT },
		{ .command = "ssh -G *", .code = 255, .err = "config: line 1: Bad configuration option: x\n" },
		{ .command = "ssh -G *", .out = "nothing of use\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
		AUTO(ssh_resolved) resolved = { 0 };
		struct script script;

		script_init(&script, &failures[i], 1);
		resolve(&script, &resolved);
		assert_string_equal(resolved.host, "box");
		assert_string_equal(resolved.user, "me");
		assert_int_equal(resolved.port, 2222);
		assert_non_null(resolved.problem);
		assert_true(script_elapsed(&script) <= 10000);
		script_end(&script);
	}
}

static void a_stop_while_ssh_is_asked_is_a_stop(void **state)
{
	static const struct script_step steps[] = { { .command = "ssh -G *", .how = SCRIPT_CANCELS } };
	AUTO(ssh_resolved) resolved = { 0 };
	struct error *err = NULL;
	struct script script;
	struct lines lines;

	(void)state;
	SCRIPT_INIT(&script, steps);
	lines_open(&lines, "box", NULL, NULL);
	lines.ssh.runner = &script.runner;
	assert_int_equal(ssh_resolve(&lines.ssh, &resolved, &err), -1);
	assert_error(&err, ERROR_CANCELLED, "stopped");
	lines_close(&lines);
	script_end(&script);
}

/* ------------------------------------------------------------------ what is there */

static int ask(const char *out, int code, const char *given, struct ssh_engine *engine, struct error **err)
{
	const struct script_step steps[] = { { .command = "ssh " SESSION DEFAULTS "-- box sh", .out = out, .code = code } };
	struct script script;
	struct lines lines;
	int rc;

	SCRIPT_INIT(&script, steps);
	lines_open(&lines, "box", NULL, NULL);
	lines.ssh.runner = &script.runner;
	rc = ssh_ask_engine(&lines.ssh, "/r/control", given, given != NULL, engine, err);
	assert_true(str_starts(buf_str(&script.input), given ? "given='/x.sock'\ncalls=yes\n" : "given=''\ncalls=\n"));
	lines_close(&lines);
	script_end(&script);
	return rc;
}

static void the_host_tells_its_sockets_among_whatever_a_shell_prints(void **state)
{
	AUTO(ssh_engine) engine = { 0 };
	struct error *err = NULL;

	(void)state;
	assert_int_equal(ask("Welcome!\nopenshell-engine client there\r\nopenshell-engine client works\n"
			     "openshell-engine usable /run/user/1000/docker.sock\n"
			     "openshell-engine forbidden /var/run/docker.sock\n"
			     "openshell-engine forbidden /var/run/docker.sock\n"
			     "openshell-engine usable tcp://x\nopenshell-engine usable /a:b\nopenshell-engine new word\n"
			     "openshell-engine end .\nBye\n",
			     0, NULL, &engine, &err), 0);
	assert_true(engine.has_client && engine.client_works);
	assert_int_equal(engine.usable.n, 1);
	assert_string_equal(engine.usable.v[0], "/run/user/1000/docker.sock");
	assert_int_equal(engine.forbidden.n, 1);
}

static void an_answer_that_was_cut_off_is_none(void **state)
{
	AUTO(ssh_engine) engine = { 0 };
	struct error *err = NULL;

	(void)state;
	assert_int_equal(ask("openshell-engine client there\n", 0, "/x.sock", &engine, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "did not say");
	assert_int_equal(ask("This account is not available.\n", 1, NULL, &engine, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "ssh sh failed (exit 1)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_destination_has_one_canonical_text),
		cmocka_unit_test(what_is_no_destination_is_refused_and_said_why),
		cmocka_unit_test(a_long_part_is_refused),
		cmocka_unit_test(a_password_is_refused_and_not_repeated),
		cmocka_unit_test_setup_teardown(a_key_is_taken_by_its_absolute_path, scratch_setup, scratch_teardown),
		cmocka_unit_test(a_relative_path_of_a_key_becomes_absolute),
		cmocka_unit_test_setup_teardown(what_ssh_would_not_use_as_a_key_is_refused_before, scratch_setup,
						scratch_teardown),
		cmocka_unit_test(options_that_run_nothing_are_passed_on),
		cmocka_unit_test(other_options_are_refused),
		cmocka_unit_test(the_host_stands_behind_two_dashes_and_the_destination_comes_first),
		cmocka_unit_test(where_somebody_can_be_asked_ssh_is_not_in_batch_mode),
		cmocka_unit_test(the_shim_calls_docker_there_whatever_it_is_told),
		cmocka_unit_test(a_path_that_ssh_would_read_otherwise_is_not_plain),
		cmocka_unit_test(what_ssh_makes_of_a_destination_is_read),
		cmocka_unit_test(a_plain_host_has_none_in_between),
		cmocka_unit_test(lines_that_make_no_sense_are_passed_over),
		cmocka_unit_test(where_ssh_does_not_tell_the_host_is_the_one_given),
		cmocka_unit_test(a_stop_while_ssh_is_asked_is_a_stop),
		cmocka_unit_test(the_host_tells_its_sockets_among_whatever_a_shell_prints),
		cmocka_unit_test(an_answer_that_was_cut_off_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
