/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Confinement of the calling process, by system calls alone.
 * Knows nothing of children: what it does is inherited by whatever is started later.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1	/* setresuid and its family */
#endif

#include "confine.h"

#include "options.h"

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's capset interface, written down here so that libc headers alone suffice. */
#define CAPABILITY_VERSION_3 0x20080522
struct capability_header {
	uint32_t version;
	int pid;
};
struct capability_data {
	uint32_t effective;
	uint32_t permitted;
	uint32_t inheritable;
};

/* open takes the lowest free number, so it fills the gaps in order. */
static int open_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			return -1;
	}
	return 0;
}

/* For kernels and filters that refuse close_range: those above 2 that /proc shows. */
static int close_listed_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;

	if (dir == NULL)
		return -1;
	while ((entry = readdir(dir)) != NULL) {
		long fd = strtol(entry->d_name, NULL, 10);

		if (fd > STDERR_FILENO && fd <= INT_MAX && fd != dirfd(dir))
			close((int)fd);
	}
	closedir(dir);
	return 0;
}

int confine_descriptors(void)
{
	if (open_standard_descriptors() < 0) {
		warn("cannot open /dev/null");
		return -1;
	}
#ifdef SYS_close_range
	if (syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0) == 0)
		return 0;
#endif
	if (close_listed_descriptors() < 0) {
		warn("cannot close inherited descriptors");
		return -1;
	}
	return 0;
}

/*
 * Without CAP_SETPCAP the bounding set stays; no_new_privs, set before, already keeps an exec
 * from granting any of it.
 */
static void drop_bounding_set(void)
{
	for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
			return;
	}
}

static int drop_capabilities(void)
{
	struct capability_header header = { .version = CAPABILITY_VERSION_3, .pid = 0 };
	struct capability_data none[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

	/* EINVAL is a kernel from before ambient capabilities. */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL) {
		warn("cannot drop ambient capabilities");
		return -1;
	}
	if (syscall(SYS_capset, &header, none) < 0) {
		warn("cannot drop capabilities");
		return -1;
	}
	return 0;
}

static bool has_identity(uid_t uid, gid_t gid)
{
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid;

	if (getresuid(&ruid, &euid, &suid) < 0 || getresgid(&rgid, &egid, &sgid) < 0)
		return false;
	return ruid == uid && euid == uid && suid == uid &&
	       rgid == gid && egid == gid && sgid == gid;
}

static int change_identity(const struct options *options)
{
	uid_t uid = options->has_uid ? options->uid : getuid();
	gid_t gid = options->has_gid ? options->gid : getgid();

	if (!options->has_uid && !options->has_gid)
		return 0;
	if (setgroups(0, NULL) < 0) {
		if (errno == EPERM && has_identity(uid, gid))
			return 0;
		warn("cannot give up the supplementary groups to become %u:%u", (unsigned int)uid,
		     (unsigned int)gid);
		return -1;
	}
	if (setresgid(gid, gid, gid) < 0) {
		warn("cannot become group %u", (unsigned int)gid);
		return -1;
	}
	if (setresuid(uid, uid, uid) < 0) {
		warn("cannot become user %u", (unsigned int)uid);
		return -1;
	}
	return 0;
}

int confine_process(const struct options *options)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		warn("cannot set no_new_privs");
		return -1;
	}
	drop_bounding_set();
	if (change_identity(options) < 0 || drop_capabilities() < 0)
		return -1;
	if (options->workdir != NULL && chdir(options->workdir) < 0) {
		warn("cannot enter directory '%s'", options->workdir);
		return -1;
	}
	return 0;
}
