/* SPDX-License-Identifier: Apache-2.0 */
/* A connection that is kept open. */
#include "tools/tunnel.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/file.h"
#include "base/log.h"
#include "base/spawn.h"

#define DIR_PREFIX "ssh"
#define CONTROL "control"
/* ssh itself gives up on a host that does not answer after 30 s; a chain of hosts takes longer. */
#define CONNECT_TIMEOUT_MS 60000
/* Somebody has to find a passphrase first, or a second factor. */
#define ASK_TIMEOUT_MS 300000
/* An engine may first be started by this very connection. */
#define PING_TIMEOUT_MS 30000
#define LOOK_INTERVAL_MS 2
#define SAID_MAX 4096
/* A chain of hosts says in the first of four what is wrong. */
#define WORDS_LINES 4

/* ------------------------------------------------------------------ what ssh says */

static void on_line(void *arg, const char *line, size_t len)
{
	struct tunnel *tunnel = arg;
	autofree char *safe = log_safe_text(line, len);

	if (str_blank(safe))
		return;
	log_debug("ssh: %s", safe);
	buf_addf(&tunnel->said, "%s\n", safe);
	if (tunnel->said.len > SAID_MAX)
		buf_drop(&tunnel->said, tunnel->said.len - SAID_MAX);
	if (!tunnel->is_made && tunnel->tell != NULL)
		tunnel->tell(tunnel->tell_arg, safe, strlen(safe));
}

char *tunnel_words(const struct tunnel *tunnel)
{
	AUTO(buf) words = BUF_INIT;
	const char *text = buf_str(&tunnel->said);
	size_t from = tunnel->said.len, lines = 0;

	while (from > 0 && (text[from - 1] != '\n' || ++lines <= WORDS_LINES))
		from--;
	for (const char *c = text + from; *c != '\0'; c++) {
		if (*c == '\n' && c[1] != '\0')
			buf_adds(&words, "; ");
		else if (*c != '\n' && (*c != ' ' || (words.len > 0 && words.data[words.len - 1] != ' ')))
			buf_add(&words, c, 1);
	}
	if (words.len > 0)
		return buf_steal(&words);
	return xstrdup(tunnel_is_up(tunnel) ? "it says nothing" : "it ended without a word");
}

/* ------------------------------------------------------------------ the directory */

int tunnel_init(struct tunnel *tunnel, const struct ssh *ssh, const struct clock *clock, const char *const *parents,
		struct error **err)
{
	*tunnel = (struct tunnel){ .ssh = ssh, .clock = clock, .dir = RUNDIR_INIT };
	for (size_t i = 0; parents[i] != NULL; i++) {
		autofree char *longest = xasprintf("%s/" DIR_PREFIX ".XXXXXX/" TUNNEL_SOCKET, parents[i]);

		if (!ssh_path_is_plain(longest))
			continue;
		if (rundir_make(&tunnel->dir, parents[i], DIR_PREFIX, err) < 0)
			return -1;
		tunnel->control = xasprintf("%s/" CONTROL, tunnel->dir.path);
		tunnel->socket = xasprintf("%s/" TUNNEL_SOCKET, tunnel->dir.path);
		return 0;
	}
	return error_set(err, ERROR_SYSTEM, "there is no directory whose path is short and plain enough for a socket of ssh");
}

static int connect_local(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strlcpy(address.sun_path, path, sizeof(address.sun_path)); /* it fits: ssh_path_is_plain() */
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		close_descriptor(&fd);
		return -1;
	}
	return fd;
}

/* Whether a connection outlives our child: of ssh that ended, no socket answers. */
static bool is_left_behind(const struct tunnel *tunnel)
{
	autoclose int fd = tunnel->control ? connect_local(tunnel->control) : -1;

	return fd >= 0;
}

static void disconnect(struct tunnel *tunnel)
{
	autoerror struct error *ignored = NULL;

	runner_stop(tunnel->ssh->runner, tunnel->master);
	if (tunnel->master != NULL && is_left_behind(tunnel))
		(void)!ssh_exit(tunnel->ssh, tunnel->control, &ignored);
	tunnel->master = NULL;
	tunnel->is_made = false;
}

void tunnel_release(struct tunnel *tunnel)
{
	if (tunnel->ssh == NULL)
		return;
	disconnect(tunnel);
	rundir_release(&tunnel->dir);
	free(tunnel->control);
	free(tunnel->socket);
	buf_release(&tunnel->said);
	*tunnel = (struct tunnel){ .dir = RUNDIR_INIT };
}

/* ------------------------------------------------------------------ connecting */

bool tunnel_is_up(const struct tunnel *tunnel)
{
	return tunnel->master != NULL && !runner_ended(tunnel->ssh->runner, tunnel->master);
}

struct proc *tunnel_proc(const struct tunnel *tunnel)
{
	return tunnel->master;
}

/* Sets the error for a connection that was not made. What ssh said in many lines is all of it of use. */
static void fail(const struct tunnel *tunnel, const char *how, struct error **err)
{
	autofree char *to = ssh_destination_text(tunnel->ssh->to), *words = tunnel_words(tunnel);

	error_set(err, ERROR_UNREACHABLE, "ssh to %s %s: %s", to, how, words);
	if (strlen(words) + 1 < tunnel->said.len)
		error_detail(err, buf_str(&tunnel->said));
}

/* ssh listens there when it is connected and let in. */
static int await_control(struct tunnel *tunnel, struct error **err)
{
	int64_t timeout_ms = tunnel->ssh->may_ask ? ASK_TIMEOUT_MS : CONNECT_TIMEOUT_MS;
	int64_t until = clock_now_ms(tunnel->clock) + timeout_ms;
	struct stat st;

	while (lstat(tunnel->control, &st) < 0) {
		if (cancel_check(err) < 0)
			return -1;
		if (!tunnel_is_up(tunnel)) {
			fail(tunnel, "failed", err);
			return error_code(err, "ssh-failed"); /* unless its words tell */
		}
		if (clock_now_ms(tunnel->clock) >= until) {
			fail(tunnel, "took too long", err);
			return error_code(err, "ssh-timeout");
		}
		runner_pump(tunnel->ssh->runner, &tunnel->master, 1, LOOK_INTERVAL_MS);
	}
	return 0;
}

int tunnel_begin(struct tunnel *tunnel, struct error **err)
{
	disconnect(tunnel);
	buf_release(&tunnel->said);
	/* of one that was killed: ssh does not share such a socket, nor take it over */
	if (file_remove(tunnel->control, err) < 0 || file_remove(tunnel->socket, err) < 0)
		return -1;
	tunnel->master = ssh_connect(tunnel->ssh, tunnel->control, on_line, tunnel, err);
	return tunnel->master == NULL ? -1 : 0;
}

int tunnel_await(struct tunnel *tunnel, struct error **err)
{
	if (await_control(tunnel, err) < 0) {
		disconnect(tunnel);
		return -1;
	}
	tunnel->is_made = true;
	return 0;
}

int tunnel_lost(const struct tunnel *tunnel, const char *purpose, struct error **err)
{
	autofree char *to = ssh_destination_text(tunnel->ssh->to), *words = tunnel_words(tunnel);

	error_free(err);
	error_set(err, ERROR_UNREACHABLE, "the connection to %s was lost during %s: %s", to, purpose, words);
	return error_code(err, "ssh-lost");
}

/* ------------------------------------------------------------------ forwarding */

/* Soon after it was made: a configuration may have sent it into the background, where it is nobody's child. */
static int gone(const struct tunnel *tunnel, const char *purpose, struct error **err)
{
	autofree char *to = ssh_destination_text(tunnel->ssh->to);

	if (!is_left_behind(tunnel))
		return tunnel_lost(tunnel, purpose, err);
	error_free(err);
	error_set(err, ERROR_UNREACHABLE, "ssh to %s went into the background, as ForkAfterAuthentication in its "
		  "configuration says: nothing would end it", to);
	return error_code(err, "ssh-config");
}

/* Without a step of its own it would be told to set docker's time limit higher, which does not count here. */
static int too_silent(const struct tunnel *tunnel, const char *remote, struct error **err)
{
	autofree char *to = ssh_destination_text(tunnel->ssh->to);

	error_set(err, ERROR_TIMEOUT, "docker's socket %s on %s takes calls, but nothing answers within %d s", remote, to,
		  PING_TIMEOUT_MS / 1000);
	return error_hint_command(err, "On that host, see whether docker answers", "docker info");
}

static int ping(const struct tunnel *tunnel)
{
	static const char request[] = "GET /_ping HTTP/1.0\r\n\r\n";
	int fd = connect_local(tunnel->socket);

	/* what cannot be sent shows in the answer */
	if (fd >= 0)
		(void)!send(fd, request, strlen(request), MSG_NOSIGNAL);
	return fd;
}

/* The end of a connection that ssh could not carry on, or the first byte of an answer. What is not answered at a first
 * look is asked once more beside it: sshd holds an answer back until what it sent before is acknowledged (Nagle's
 * algorithm), for which a near host would wait 40 ms unless we send something. */
static int await_answer(struct tunnel *tunnel, const char *remote, int fd, bool *answers, struct error **err)
{
	int64_t until = clock_now_ms(tunnel->clock) + PING_TIMEOUT_MS;
	autoclose int second = -1;
	size_t looks = 0;
	char byte;
	ssize_t got;

	while ((got = recv(fd, &byte, 1, MSG_DONTWAIT)) < 0 && (errno == EAGAIN || errno == EINTR)) {
		if (cancel_check(err) < 0)
			return -1;
		if (!tunnel_is_up(tunnel))
			return gone(tunnel, "a look at docker's socket", err);
		if (clock_now_ms(tunnel->clock) >= until)
			return too_silent(tunnel, remote, err);
		if (++looks == 2)
			second = ping(tunnel);
		runner_pump(tunnel->ssh->runner, &tunnel->master, 1, LOOK_INTERVAL_MS);
	}
	*answers = got == 1;
	return 0;
}

int tunnel_forward(struct tunnel *tunnel, const char *remote, bool *answers, struct error **err)
{
	autoclose int fd = -1;

	*answers = false;
	if (ssh_forward(tunnel->ssh, tunnel->control, tunnel->socket, remote, err) < 0)
		return tunnel_is_up(tunnel) ? -1 : gone(tunnel, "ssh -O forward", err);
	fd = ping(tunnel);
	if (fd < 0)
		return error_errno(err, "cannot connect to %s", tunnel->socket);
	return await_answer(tunnel, remote, fd, answers, err);
}

/* ------------------------------------------------------------------ docker's own way */

int tunnel_shim(struct tunnel *tunnel, const char *socket, struct error **err)
{
	autofree char *program = spawn_find("ssh");
	autofree char *text = NULL, *path = NULL;

	if (program == NULL)
		return error_set(err, ERROR_UNREACHABLE, "ssh: the program 'ssh' was not found on PATH");
	path = xasprintf("%s/ssh", tunnel->dir.path);
	text = ssh_shim(tunnel->ssh, program, tunnel->control, socket);
	if (file_write(path, text, strlen(text), err) < 0)
		return -1;
	if (chmod(path, 0700) < 0)
		return error_errno(err, "cannot write %s", path);
	if (access(path, X_OK) < 0)
		return error_errno(err, "cannot run %s: set XDG_RUNTIME_DIR to a directory that is not mounted noexec", path);
	return 0;
}
