// SPDX-License-Identifier: Apache-2.0
/*
 * delay-relay PORT TARGET-PORT MILLISECONDS
 *
 * Listens on PORT and forwards each connection to TARGET-PORT of this host (127.0.0.1), so that it looks MILLISECONDS
 * away: what is read from one side is written to the other that much later, the end of a stream too. The target sees a
 * new connection after three times that, for a handshake has passed the way there, back and there again. What it does
 * not have of a long way: slow start, and losses.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Under way in one direction: more than any delay of a test needs, and a bound on memory. */
#define QUEUE_LIMIT	(16 * 1024 * 1024)

struct chunk {
	struct chunk	*next;
	int64_t		due_ms;
	size_t		len, done;	/* no length: the end of the stream */
	char		data[];
};

struct direction {
	int		from, to;
	int		at_end;		/* no more is read */
	size_t		queued;
	struct chunk	*first, **last;
};

static int64_t delay_ms;

static void fail(const char *what)
{
	fprintf(stderr, "delay-relay: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void take(struct direction *way)
{
	struct chunk *chunk = malloc(sizeof(*chunk) + 65536);
	ssize_t got;

	if (chunk == NULL)
		fail("memory");
	got = read(way->from, chunk->data, 65536);
	way->at_end = got <= 0;
	chunk->next = NULL;
	chunk->due_ms = now_ms() + delay_ms;
	chunk->len = got > 0 ? (size_t)got : 0;
	chunk->done = 0;
	way->queued += chunk->len;
	*way->last = chunk;
	way->last = &chunk->next;
}

/* False when the other side takes no more. */
static int give(struct direction *way)
{
	struct chunk *chunk = way->first;
	ssize_t n = 0;

	if (chunk->len == 0)
		shutdown(way->to, SHUT_WR);
	else
		n = send(way->to, chunk->data + chunk->done, chunk->len - chunk->done, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN;
	chunk->done += (size_t)n;
	if (chunk->done < chunk->len)
		return 1;
	way->queued -= chunk->len;
	way->first = chunk->next;
	if (way->first == NULL)
		way->last = &way->first;
	free(chunk);
	return 1;
}

/* Fills in what to wait for, and returns how long at most. */
static int64_t plan(struct direction *way, struct pollfd *from, struct pollfd *to)
{
	int64_t left = way->first != NULL ? way->first->due_ms - now_ms() : INT64_MAX;

	*from = (struct pollfd){.fd = way->at_end || way->queued >= QUEUE_LIMIT ? -1 : way->from, .events = POLLIN};
	*to = (struct pollfd){.fd = left <= 0 ? way->to : -1, .events = POLLOUT};
	return left <= 0 ? INT64_MAX : left;
}

static int is_over(const struct direction *way)
{
	return way->at_end && way->first == NULL;
}

static void relay(int client, int server)
{
	struct direction ways[2] = {{.from = client, .to = server}, {.from = server, .to = client}};
	struct pollfd fds[4];

	ways[0].last = &ways[0].first;
	ways[1].last = &ways[1].first;
	while (!is_over(&ways[0]) || !is_over(&ways[1])) {
		int64_t wait = plan(&ways[0], &fds[0], &fds[1]);
		int64_t other = plan(&ways[1], &fds[2], &fds[3]);

		if (other < wait)
			wait = other;
		if (poll(fds, 4, wait > 60000 ? 60000 : (int)wait) < 0 && errno != EINTR)
			return;
		for (int i = 0; i < 2; i++) {
			if (fds[2 * i].revents)
				take(&ways[i]);
			if (fds[2 * i + 1].revents && !give(&ways[i]))
				return;
		}
	}
}

static int loopback(uint16_t port)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(port),
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		fail("connect");
	return fd;
}

static void no_delay(int fd)
{
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

/* A child of its own for each connection. */
static void serve(int client, uint16_t target)
{
	int64_t opened = now_ms();
	int server;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (now_ms() - opened < 3 * delay_ms)
		usleep(1000);
	server = loopback(target);
	no_delay(client);
	no_delay(server);
	relay(client, server);
}

static int listen_on(uint16_t port)
{
	struct sockaddr_in6 addr = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 64) < 0)
		fail("listen");
	return fd;
}

int main(int argc, char **argv)
{
	int listener;

	if (argc != 4) {
		fprintf(stderr, "usage: delay-relay PORT TARGET-PORT MILLISECONDS\n");
		return 2;
	}
	signal(SIGCHLD, SIG_IGN);
	delay_ms = atoi(argv[3]);
	listener = listen_on((uint16_t)atoi(argv[1]));
	for (;;) {
		int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (client < 0)
			continue;
		if (fork() == 0) {
			close(listener);
			serve(client, (uint16_t)atoi(argv[2]));
			_exit(0);
		}
		close(client);
	}
}
