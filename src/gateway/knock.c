/* SPDX-License-Identifier: Apache-2.0 */
/* Connections and look-ups side by side; glibc looks up in threads of its own, which nothing else here has. */
#include "gateway/knock.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOKUP_POLL_MS 10 /* they do not wake a poll */

/* What glibc writes to while it looks up, so that it cannot move or go before the end. */
struct lookup {
	struct gaicb request;
	struct addrinfo hints;
	char service[16];
	char *host;
};

static void lookup_free(struct lookup *lookup)
{
	struct gaicb *request = lookup ? &lookup->request : NULL;

	/* one that is under way and cannot be called back keeps its memory, for the moments that are left to us */
	if (lookup == NULL || (gai_error(request) == EAI_INPROGRESS && gai_cancel(request) == EAI_NOTCANCELED))
		return;
	if (request->ar_result != NULL)
		freeaddrinfo(request->ar_result);
	free(lookup->host);
	free(lookup);
}

static struct lookup *lookup_begin(const char *host, int port)
{
	struct lookup *lookup = xcalloc(1, sizeof(*lookup));
	struct gaicb *requests[] = { &lookup->request };
	autofree char *service = xasprintf("%d", port);

	lookup->host = xstrdup(host);
	strlcpy(lookup->service, service, sizeof(lookup->service));
	lookup->hints = (struct addrinfo){ .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | AI_NUMERICHOST };
	/* an address needs no thread; of a request that was never made gai_error() says that it is done */
	if (getaddrinfo(host, service, &lookup->hints, &lookup->request.ar_result) == 0)
		return lookup;
	lookup->hints.ai_flags = AI_NUMERICSERV;
	lookup->request = (struct gaicb){ .ar_name = lookup->host, .ar_service = lookup->service,
					  .ar_request = &lookup->hints };
	if (getaddrinfo_a(GAI_NOWAIT, requests, 1, NULL) == 0)
		return lookup;
	free(lookup->host);
	free(lookup);
	return NULL;
}

void knocks_add(struct knocks *knocks, const char *host, int port)
{
	knocks->v = xgrow(knocks->v, knocks->n, sizeof(*knocks->v));
	knocks->v[knocks->n++] = (struct knock){ .host = xstrdup(host), .port = port, .fd = -1 };
}

static void end(struct knock *knock, enum knock_state state)
{
	close_descriptor(&knock->fd);
	knock->fd = -1;
	lookup_free(knock->lookup);
	knock->lookup = NULL;
	knock->state = state;
}

void knocks_release(struct knocks *knocks)
{
	for (size_t i = 0; i < knocks->n; i++) {
		end(&knocks->v[i], KNOCK_SILENT);
		free(knocks->v[i].host);
	}
	free(knocks->v);
	knocks->v = NULL;
	knocks->n = 0;
}

static const struct addrinfo *address_at(const struct knock *knock)
{
	const struct addrinfo *address = knock->lookup->request.ar_result;

	for (size_t i = 0; i < knock->address && address != NULL; i++)
		address = address->ai_next;
	return address;
}

/* The addresses from knock->address on, until one is not refused at once. */
static void connect_next(struct knock *knock)
{
	const struct addrinfo *address;

	for (; (address = address_at(knock)) != NULL; knock->address++) {
		close_descriptor(&knock->fd);
		knock->fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (knock->fd < 0)
			continue;
		knock->state = KNOCK_CONNECT;
		if (connect(knock->fd, address->ai_addr, address->ai_addrlen) == 0)
			end(knock, KNOCK_ANSWERED);
		else if (errno != EINPROGRESS)
			continue;
		return;
	}
	end(knock, KNOCK_SILENT);
}

static void go_on(struct knock *knock, int64_t now_ms, bool is_ready)
{
	socklen_t len = sizeof(int);
	int failure = 0;

	if (knock->state == KNOCK_WAITING) {
		knock->begun_ms = now_ms;
		knock->lookup = lookup_begin(knock->host, knock->port);
		knock->state = knock->lookup != NULL ? KNOCK_LOOKUP : KNOCK_SILENT;
	} else if (now_ms - knock->begun_ms >= KNOCK_MS) {
		end(knock, KNOCK_SILENT);
	} else if (knock->state == KNOCK_LOOKUP) {
		int rc = gai_error(&knock->lookup->request);

		if (rc == 0)
			connect_next(knock);
		else if (rc != EAI_INPROGRESS)
			end(knock, KNOCK_SILENT);
	} else if (is_ready) {
		if (getsockopt(knock->fd, SOL_SOCKET, SO_ERROR, &failure, &len) == 0 && failure == 0) {
			end(knock, KNOCK_ANSWERED);
			return;
		}
		knock->address++;
		connect_next(knock);
	}
}

static bool is_open(const struct knock *knock)
{
	return knock->state == KNOCK_LOOKUP || knock->state == KNOCK_CONNECT;
}

/* Those at work, and as many of the waiting ones as may join them; returns how many. */
static size_t choose(const struct knocks *knocks, struct knock *chosen[KNOCK_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < knocks->n && count < KNOCK_MAX; i++)
		if (is_open(&knocks->v[i]))
			chosen[count++] = &knocks->v[i];
	for (size_t i = 0; i < knocks->n && count < KNOCK_MAX; i++)
		if (knocks->v[i].state == KNOCK_WAITING)
			chosen[count++] = &knocks->v[i];
	return count;
}

bool knocks_step(struct knocks *knocks, int wait_ms)
{
	struct knock *chosen[KNOCK_MAX];
	struct pollfd fds[KNOCK_MAX];
	size_t count = choose(knocks, chosen);

	for (size_t i = 0; i < count; i++) {
		fds[i] = (struct pollfd){ .fd = chosen[i]->fd, .events = POLLOUT };
		if (chosen[i]->state == KNOCK_WAITING)
			wait_ms = 0;
		else if (chosen[i]->state == KNOCK_LOOKUP && wait_ms > LOOKUP_POLL_MS)
			wait_ms = LOOKUP_POLL_MS;
	}
	if (count == 0)
		return false;
	if (poll(fds, (nfds_t)count, wait_ms) < 0)
		return true;
	for (size_t i = 0; i < count; i++)
		go_on(chosen[i], clock_now_ms(knocks->clock), fds[i].revents != 0);
	return true;
}
