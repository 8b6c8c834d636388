/* SPDX-License-Identifier: Apache-2.0 */
/* Reading /proc: settings, routes, processes, listening sockets. Judges nothing. */
#include "gateway/host.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"

#define SMALL_MAX (64 * 1024)
#define TABLE_MAX (8 * 1024 * 1024) /* some 50000 sockets or routes */

/* Descriptors of processes that are looked at for one socket. */
#define DESCRIPTORS_MAX 200000

#define KUBELET_PORT 10250

/* Networks larger than this stand for all addresses, as a VPN's two halves of the default route do. */
#define LEAST_PREFIX 8

/* False when there is no such file, or it may not be read. */
static bool read_file(const char *root, const char *path, size_t max, struct buf *text)
{
	autofree char *file = xasprintf("%s%s", root, path);
	autoerror struct error *ignored = NULL;

	return file_read(file, max, text, &ignored) == 0;
}

static bool has(const char *root, const char *path)
{
	autofree char *file = xasprintf("%s%s", root, path);

	return access(file, F_OK) == 0;
}

/* A file of one line, or NULL. */
static char *read_line(const char *root, const char *path)
{
	AUTO(buf) text = BUF_INIT;

	if (!read_file(root, path, SMALL_MAX, &text) || str_blank(text.data))
		return NULL;
	text.data[strcspn(text.data, "\n")] = '\0';
	return buf_steal(&text);
}

static int64_t read_number(const char *root, const char *path)
{
	autofree char *line = read_line(root, path);
	const char *problem = "there is none";
	int64_t value = line != NULL ? strtonum(line, 0, INT64_MAX, &problem) : -1;

	return problem == NULL ? value : -1;
}

/* ------------------------------------------------------------------ routes */

/* Addresses in /proc/net are the 32 bits as they are in memory: in network byte order. */
static void add_route(struct argv *routes, const char *line)
{
	char device[32], text[INET_ADDRSTRLEN];
	unsigned destination, mask;
	struct in_addr address;
	int prefix;

	if (sscanf(line, "%31s %8x %*s %*s %*s %*s %*s %8x", device, &destination, &mask) != 3)
		return;
	prefix = __builtin_popcount(mask);
	address.s_addr = destination;
	if (prefix >= LEAST_PREFIX && inet_ntop(AF_INET, &address, text, sizeof(text)) != NULL)
		argv_addf(routes, "%s/%d dev %s", text, prefix, device);
}

static bool read_routes(const char *root, struct argv *routes)
{
	AUTO(buf) text = BUF_INIT;
	char *rest, *line;

	if (!read_file(root, "/proc/net/route", TABLE_MAX, &text))
		return false;
	for (rest = text.data; rest != NULL && (line = strsep(&rest, "\n")) != NULL;)
		add_route(routes, line);
	return true;
}

/* ------------------------------------------------------------------ processes */

/* "nginx (pid 123)" */
static char *process_words(const char *root, const char *pid)
{
	autofree char *path = xasprintf("/proc/%s/comm", pid);
	autofree char *name = read_line(root, path);

	return xasprintf("%s (pid %s)", name ? name : "a program", pid);
}

/* The words for the first process for which fits() holds, in the order of the listing (by number). */
static char *find_process(const char *root, bool (*fits)(const char *root, const char *pid, void *arg), void *arg)
{
	autofree char *path = xasprintf("%s/proc", root);
	DIR *dir = opendir(path);
	struct dirent *entry;
	char *words = NULL;

	while (dir != NULL && words == NULL && (entry = readdir(dir)) != NULL)
		if (isdigit((unsigned char)entry->d_name[0]) && fits(root, entry->d_name, arg))
			words = process_words(root, entry->d_name);
	if (dir != NULL)
		closedir(dir);
	return words;
}

/* Whatever made the container, its cgroup has its ID of 64 hexadecimal digits in its name. */
static bool is_contained(const char *root, const char *pid)
{
	autofree char *path = xasprintf("/proc/%s/cgroup", pid);
	AUTO(buf) text = BUF_INIT;
	const char *c;
	size_t digits;

	if (!read_file(root, path, SMALL_MAX, &text))
		return false;
	for (c = buf_str(&text); *c != '\0'; c += digits + (c[digits] != '\0')) {
		digits = strspn(c, "0123456789abcdef");
		if (digits == 64)
			return true;
	}
	return false;
}

static bool is_kubelet(const char *root, const char *pid, void *arg)
{
	static const char *const names[] = { "kubelet", "kubelite", "k3s-server", "k3s-agent" };
	autofree char *path = xasprintf("/proc/%s/comm", pid);
	autofree char *name = read_line(root, path);

	(void)arg;
	for (size_t i = 0; name != NULL && i < ARRAY_LEN(names); i++)
		if (streq(name, names[i]))
			return !is_contained(root, pid);
	return false;
}

/* Processes may be hidden from us (hidepid), their ports are not. */
static char *find_kubelet(const char *root)
{
	char *words = find_process(root, is_kubelet, NULL);
	autofree char *holder = words == NULL ? host_port_holder(root, "0.0.0.0", KUBELET_PORT) : NULL;

	return holder != NULL ? xasprintf("%s, on a kubelet's port %d,", holder, KUBELET_PORT) : words;
}

void host_read(const char *root, struct host *host)
{
	*host = (struct host){
		.name = read_line(root, "/proc/sys/kernel/hostname"),
		.kernel = read_line(root, "/proc/sys/kernel/osrelease"),
		.inotify_instances = read_number(root, "/proc/sys/fs/inotify/max_user_instances"),
		.inotify_watches = read_number(root, "/proc/sys/fs/inotify/max_user_watches"),
		.filters_bridges = has(root, "/proc/sys/net/bridge/bridge-nf-call-iptables"),
		.has_cgroup_namespaces = has(root, "/proc/self/ns/cgroup"),
		.kubelet = find_kubelet(root),
	};
	host->has_routes = read_routes(root, &host->routes);
}

void host_release(struct host *host)
{
	free(host->name);
	free(host->kernel);
	free(host->kubelet);
	argv_release(&host->routes);
	*host = (struct host){ 0 };
}

/* ------------------------------------------------------------------ listening sockets */

#define STATE_LISTEN 0x0a

struct listener {
	unsigned long inode;
	unsigned uid;
};

/* An address as in_addr or in6_addr: four or sixteen bytes. */
struct address {
	unsigned char bytes[sizeof(struct in6_addr)];
	size_t len;
};

static bool is_wildcard(const struct address *address)
{
	static const unsigned char zeros[sizeof(address->bytes)];

	return memcmp(address->bytes, zeros, address->len) == 0;
}

/* Whether one who listens on theirs keeps us from listening on ours. [::] takes the ports of IPv4, too. */
static bool collides(const struct address *theirs, const struct address *ours)
{
	if (is_wildcard(theirs))
		return theirs->len >= ours->len || is_wildcard(ours);
	if (is_wildcard(ours))
		return ours->len >= theirs->len;
	return theirs->len == ours->len && memcmp(theirs->bytes, ours->bytes, ours->len) == 0;
}

/* "0100007F:1F90": each group of 32 bits as it is in memory, then the port. */
static bool parse_local(const char *text, struct address *address, unsigned *port)
{
	/* ::ffff:127.0.0.1 is how some write 127.0.0.1 */
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	size_t digits = strcspn(text, ":");

	address->len = digits / 2;
	if (digits != 8 && digits != 32)
		return false;
	for (size_t i = 0; i < digits / 8; i++) {
		unsigned group;

		if (sscanf(text + i * 8, "%8x", &group) != 1)
			return false;
		memcpy(address->bytes + i * 4, &group, sizeof(group));
	}
	if (address->len > sizeof(struct in_addr) && memcmp(address->bytes, mapped, sizeof(mapped)) == 0) {
		address->len = sizeof(struct in_addr);
		memcpy(address->bytes, address->bytes + sizeof(mapped), address->len);
	}
	return sscanf(text + digits, ":%4x", port) == 1;
}

static bool parse_listener(const char *line, const struct address *ours, int port, struct listener *listener)
{
	char local[48];
	struct address theirs = { .len = 0 };
	unsigned state, their_port;

	return sscanf(line, "%*s %47s %*s %x %*s %*s %*s %u %*s %lu", local, &state, &listener->uid,
		      &listener->inode) == 4 &&
	       state == STATE_LISTEN && parse_local(local, &theirs, &their_port) && their_port == (unsigned)port &&
	       collides(&theirs, ours);
}

static bool find_listener(const char *root, const char *path, const struct address *ours, int port,
			  struct listener *listener)
{
	AUTO(buf) text = BUF_INIT;
	char *rest, *line;

	if (!read_file(root, path, TABLE_MAX, &text))
		return false;
	for (rest = text.data; rest != NULL && (line = strsep(&rest, "\n")) != NULL;)
		if (parse_listener(line, ours, port, listener))
			return true;
	return false;
}

static bool links_to(int dir, const char *name, const char *wanted)
{
	char target[64];
	ssize_t len = readlinkat(dir, name, target, sizeof(target) - 1);

	return len > 0 && (size_t)len == strlen(wanted) && memcmp(target, wanted, (size_t)len) == 0;
}

struct wanted_socket {
	char *name; /* "socket:[INODE]" */
	int left;   /* of DESCRIPTORS_MAX */
};

static bool has_socket(const char *root, const char *pid, void *arg)
{
	struct wanted_socket *wanted = arg;
	autofree char *path = xasprintf("%s/proc/%s/fd", root, pid);
	DIR *dir = opendir(path);
	struct dirent *entry;
	bool found = false;

	while (dir != NULL && !found && wanted->left > 0 && (entry = readdir(dir)) != NULL) {
		found = links_to(dirfd(dir), entry->d_name, wanted->name);
		wanted->left--;
	}
	if (dir != NULL)
		closedir(dir);
	return found;
}

char *host_port_holder(const char *root, const char *address, int port)
{
	struct address ours = { .len = sizeof(struct in_addr) };
	struct listener listener;
	struct wanted_socket wanted = { NULL, DESCRIPTORS_MAX };
	char *words;

	if (inet_pton(AF_INET, address, ours.bytes) != 1) {
		ours.len = sizeof(struct in6_addr);
		if (inet_pton(AF_INET6, address, ours.bytes) != 1)
			return NULL;
	}
	if (!find_listener(root, "/proc/net/tcp", &ours, port, &listener) &&
	    !find_listener(root, "/proc/net/tcp6", &ours, port, &listener))
		return NULL;
	wanted.name = xasprintf("socket:[%lu]", listener.inode);
	words = find_process(root, has_socket, &wanted);
	free(wanted.name);
	return words != NULL ? words : xasprintf("a program of user %u", listener.uid);
}
