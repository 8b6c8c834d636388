/* SPDX-License-Identifier: Apache-2.0 */
#include "base/relay.h"

#include <errno.h>
#include <unistd.h>

static void shut(int *fd)
{
	close_descriptor(fd);
	*fd = -1;
}

void relay_release(struct relay *relay)
{
	shut(&relay->in);
	shut(&relay->out);
	buf_release(&relay->ready);
}

static void relay_read(struct relay *relay)
{
	char bytes[64 * 1024];
	ssize_t got = read(relay->in, bytes, sizeof(bytes));

	if (got > 0)
		relay->by.pass(relay->by.arg, bytes, (size_t)got, &relay->ready);
	else if (got == 0 || (errno != EAGAIN && errno != EINTR))
		shut(&relay->in);
}

static void relay_write(struct relay *relay)
{
	ssize_t put = write(relay->out, buf_str(&relay->ready), relay->ready.len);

	if (put > 0)
		buf_drop(&relay->ready, (size_t)put);
	else if (put < 0 && errno != EAGAIN && errno != EINTR)
		relay_release(relay); /* as if the two had a pipe: the one that writes gets SIGPIPE */
}

nfds_t relay_poll_set(const struct relay *relay, struct pollfd *fds)
{
	bool full = relay->ready.len > 0;

	fds[0] = (struct pollfd){ full ? -1 : relay->in, POLLIN, 0 };
	fds[1] = (struct pollfd){ full ? relay->out : -1, POLLOUT, 0 };
	return RELAY_FDS;
}

void relay_serve(struct relay *relay, const struct pollfd *fds)
{
	if (fds[0].revents != 0)
		relay_read(relay);
	if (fds[1].revents != 0)
		relay_write(relay);
	if (relay->in < 0 && relay->ready.len == 0)
		shut(&relay->out);
}
