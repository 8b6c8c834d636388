/* SPDX-License-Identifier: Apache-2.0 */
/* Files of older programs. */
#include "store/migrate.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"

#define METADATA_MAX (64 * 1024)
#define LEVELS 2 /* NAME/FILE and NAME/mtls/FILE */

struct migration {
	bool apply;
	struct argv *changes;
};

/* Written before the older one goes: a crash leaves both, of which the newer one counts. */
static int move_metadata(const struct migration *migration, const struct paths *paths, const struct record *record,
			 struct error **err)
{
	autofree char *nested = paths_metadata(paths, record->name);
	AUTO(buf) text = BUF_INIT;

	if (streq(record->path, nested))
		return 0;
	argv_addf(migration->changes, "%s moves to %s", record->path, nested);
	if (!migration->apply)
		return 0;
	if (file_read(record->path, METADATA_MAX, &text, err) < 0 ||
	    paths_make_gateway_dir(paths, record->name, err) < 0 ||
	    file_write(nested, buf_str(&text), text.len, err) < 0)
		return -1;
	return file_remove(record->path, err);
}

static int close_one(const struct migration *migration, const char *path, const struct stat *st, struct error **err)
{
	mode_t mode = S_ISDIR(st->st_mode) ? 0700 : 0600;

	if ((st->st_mode & (S_IRWXG | S_IRWXO)) == 0)
		return 0;
	argv_addf(migration->changes, "%s gets mode %04o instead of %04o", path, (unsigned)mode,
		  (unsigned)(st->st_mode & ALLPERMS));
	if (migration->apply && chmod(path, mode) < 0)
		return error_errno(err, "cannot close %s to others", path);
	return 0;
}

static int close_all(const struct migration *migration, const char *path, int levels, struct error **err);

static int close_entries(const struct migration *migration, const char *path, int levels, struct error **err)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	int rc = 0;

	if (dir == NULL)
		return error_errno(err, "cannot read %s", path);
	while (rc == 0 && (entry = readdir(dir)) != NULL) {
		autofree char *each = xasprintf("%s/%s", path, entry->d_name);

		if (!streq(entry->d_name, ".") && !streq(entry->d_name, ".."))
			rc = close_all(migration, each, levels, err);
	}
	closedir(dir);
	return rc;
}

/* Files, and directories with so many levels in them; what is neither, or only a link, is not ours to change. */
static int close_all(const struct migration *migration, const char *path, int levels, struct error **err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : error_errno(err, "cannot examine %s", path);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return 0;
	if (close_one(migration, path, &st, err) < 0)
		return -1;
	return S_ISDIR(st.st_mode) && levels > 0 ? close_entries(migration, path, levels - 1, err) : 0;
}

int migrate_entry(const struct paths *paths, const struct record *record, bool apply, struct argv *changes,
		  struct error **err)
{
	const struct migration migration = { apply, changes };
	autofree char *dir = paths_gateway_dir(paths, record->name);

	if (move_metadata(&migration, paths, record, err) < 0 || close_all(&migration, dir, LEVELS, err) < 0)
		return error_wrap(err, "cannot migrate gateway '%s'", record->name);
	return 0;
}
