/* SPDX-License-Identifier: Apache-2.0 */
/* Many endpoints asked at once whether something listens there. Opens sockets, sends nothing. */
#ifndef GATEWAY_KNOCK_H
#define GATEWAY_KNOCK_H

#include "base/base.h"
#include "base/clock.h"

/* How many are asked at once, and how long one is waited for: the dead must not keep the living waiting. */
#define KNOCK_MAX 64
#define KNOCK_MS 5000

enum knock_state {
	KNOCK_WAITING, /* not asked yet */
	KNOCK_LOOKUP,  /* its host's addresses are looked up */
	KNOCK_CONNECT,
	KNOCK_ANSWERED,
	KNOCK_SILENT,  /* it refuses, does not answer in KNOCK_MS, or has no address */
};

struct lookup;

struct knock {
	char *host; /* owned */
	int port;
	enum knock_state state;
	int64_t begun_ms;
	struct lookup *lookup;
	size_t address; /* which of its addresses is tried */
	int fd;
};

/* Those that are asked, or will be. */
struct knocks {
	const struct clock *clock;
	struct knock *v;
	size_t n;
};
void knocks_release(struct knocks *knocks);

/* One more; its index is the number of those before. It is asked when its turn comes. */
void knocks_add(struct knocks *knocks, const char *host, int port);

/* Goes on with them, and waits up to wait_ms for one to move. Returns whether any is still open. */
bool knocks_step(struct knocks *knocks, int wait_ms);

#endif
