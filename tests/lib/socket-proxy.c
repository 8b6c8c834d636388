// SPDX-License-Identifier: Apache-2.0
/*
 * socket-proxy LISTEN TARGET LOG
 *
 * Forwards each connection on the unix socket LISTEN to the unix socket TARGET and appends one line
 * "METHOD PATH" to LOG for each HTTP request that passes, so that tests can count what a program asks the
 * engine to do. Understands just enough HTTP/1.1 to find the next request on a connection that is kept
 * alive: Content-Length, chunked bodies, and upgraded connections, which are opaque from there on.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum state { HEAD, BODY, CHUNK_SIZE, CHUNK_DATA, TRAILER, OPAQUE };

struct parser {
	enum state	state;
	unsigned long	left;		/* bytes of the body or chunk still to come */
	size_t		len;
	char		text[65536];	/* the head, or one line of a chunked body */
};

static int log_fd;

static void fail(const char *what)
{
	fprintf(stderr, "socket-proxy: %s: %s\n", what, strerror(errno));
	exit(1);
}

static const char *header(const char *head, const char *name)
{
	const char *line = head;
	size_t len = strlen(name);

	while ((line = strchr(line, '\n')) != NULL) {
		line++;
		if (strncasecmp(line, name, len) == 0 && line[len] == ':')
			return line + len + 1 + strspn(line + len + 1, " ");
	}
	return NULL;
}

static void head_done(struct parser *p)
{
	const char *value;
	char line[4096];
	int len;

	len = snprintf(line, sizeof(line), "%.*s\n", (int)strcspn(p->text, "\r\n"), p->text);
	if (len > 0 && (size_t)len < sizeof(line)) {
		char *version = strstr(line, " HTTP/");

		if (version != NULL)
			memcpy(version, "\n", 2);
		if (write(log_fd, line, strlen(line)) < 0)
			fail("log");
	}
	p->left = 0;
	if (header(p->text, "Upgrade") != NULL)
		p->state = OPAQUE;
	else if ((value = header(p->text, "Transfer-Encoding")) != NULL &&
		 strncasecmp(value, "chunked", 7) == 0)
		p->state = CHUNK_SIZE;
	else if ((value = header(p->text, "Content-Length")) != NULL && (p->left = strtoul(value, NULL, 10)) > 0)
		p->state = BODY;
}

static void line_done(struct parser *p)
{
	if (p->state == TRAILER) {
		if (p->text[0] == '\r' || p->text[0] == '\n')
			p->state = HEAD;
		return;
	}
	p->left = strtoul(p->text, NULL, 16);
	p->state = p->left > 0 ? CHUNK_DATA : TRAILER;
	p->left += 2; /* the line end after the data */
}

static void parse_text(struct parser *p, char c)
{
	if (p->len < sizeof(p->text) - 1)
		p->text[p->len++] = c;
	p->text[p->len] = '\0';
	if (c != '\n')
		return;
	if (p->state != HEAD) {
		line_done(p);
		p->len = 0;
	} else if (p->len >= 4 && memcmp(p->text + p->len - 4, "\r\n\r\n", 4) == 0) {
		head_done(p);
		p->len = 0;
	}
}

static void parse(struct parser *p, const char *data, size_t len)
{
	while (len > 0 && p->state != OPAQUE) {
		if (p->state == BODY || p->state == CHUNK_DATA) {
			size_t step = len < p->left ? len : p->left;

			data += step;
			len -= step;
			p->left -= step;
			if (p->left == 0)
				p->state = p->state == BODY ? HEAD : CHUNK_SIZE;
			continue;
		}
		parse_text(p, *data);
		data++;
		len--;
	}
}

/* Moves what is there from one socket to the other; false at the end of the stream. */
static int pump(int from, int to, struct parser *p)
{
	char data[65536];
	ssize_t got = read(from, data, sizeof(data));

	if (got <= 0) {
		shutdown(to, SHUT_WR);
		return 0;
	}
	if (p != NULL)
		parse(p, data, (size_t)got);
	for (ssize_t done = 0; done < got;) {
		ssize_t n = write(to, data + done, (size_t)(got - done));

		if (n < 0)
			return 0;
		done += n;
	}
	return 1;
}

static void serve(int client, int server)
{
	static struct parser parser;
	struct pollfd fds[2] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};

	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		if (poll(fds, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			break;
		}
		if (fds[0].revents && !pump(client, server, &parser))
			fds[0].fd = -1;
		if (fds[1].revents && !pump(server, client, NULL))
			break;
	}
}

static int unix_socket(const char *path, struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memset(addr, 0, sizeof(*addr));
	addr->sun_family = AF_UNIX;
	if (fd < 0 || strlen(path) >= sizeof(addr->sun_path))
		fail(path);
	strcpy(addr->sun_path, path);
	return fd;
}

int main(int argc, char **argv)
{
	struct sockaddr_un addr, target;
	int listener;

	if (argc != 4) {
		fprintf(stderr, "usage: socket-proxy LISTEN TARGET LOG\n");
		return 2;
	}
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	log_fd = open(argv[3], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log_fd < 0)
		fail(argv[3]);
	listener = unix_socket(argv[1], &addr);
	unlink(argv[1]);
	if (bind(listener, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(listener, 64) < 0)
		fail(argv[1]);
	for (;;) {
		int client = accept(listener, NULL, NULL);

		if (client < 0)
			continue;
		if (fork() == 0) {
			int server = unix_socket(argv[2], &target);

			prctl(PR_SET_PDEATHSIG, SIGKILL);
			close(listener);
			if (connect(server, (struct sockaddr *)&target, sizeof(target)) == 0)
				serve(client, server);
			_exit(0);
		}
		close(client);
	}
}
