/* SPDX-License-Identifier: Apache-2.0 */
/* Names of gateways, by the files that would be their entries (see registry.h). */
#include "store/names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#define FLAT_SUFFIX "_metadata.json"
#define ENTRIES_MAX 100000

/* As in registry.c, one that cannot be examined is one. */
static bool has_metadata(int dir, const char *name)
{
	autofree char *path = xasprintf("%s/metadata.json", name);
	struct stat st;

	return fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

static void add_tree(const char *root, bool has_flat, const char *prefix, struct argv *names)
{
	autofree char *gateways = xasprintf("%s/gateways", root);
	DIR *dir = opendir(gateways);
	const struct dirent *entry;

	for (int i = 0; dir != NULL && i < ENTRIES_MAX && (entry = readdir(dir)) != NULL; i++) {
		bool flat = has_flat && str_ends(entry->d_name, FLAT_SUFFIX);
		size_t len = strlen(entry->d_name) - (flat ? strlen(FLAT_SUFFIX) : 0);
		autofree char *name = xstrndup(entry->d_name, len);

		if (str_starts(name, prefix) && name_is_readable(name) && (flat || has_metadata(dirfd(dir), name)))
			argv_add(names, name);
	}
	if (dir != NULL)
		closedir(dir);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void registry_names(const struct paths *paths, const char *prefix, struct argv *names)
{
	AUTO(argv) all = ARGV_INIT;

	add_tree(paths->user_root, true, prefix, &all);
	if (paths->system_root != NULL)
		add_tree(paths->system_root, false, prefix, &all);
	if (all.n > 0)
		qsort(all.v, all.n, sizeof(*all.v), by_text);
	for (size_t i = 0; i < all.n; i++)
		if (i == 0 || !streq(all.v[i], all.v[i - 1]))
			argv_add(names, all.v[i]);
}
