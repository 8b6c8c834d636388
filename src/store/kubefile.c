/* SPDX-License-Identifier: Apache-2.0 */
/* kubectl's configuration files on disk: its lock, links, owners. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/file.h"
#include "store/kubeconfig.h"

#define FILE_MAX (4 * 1024 * 1024)
#define LOCK_LOOKS 50
#define LOCK_INTERVAL_MS 100

/* The lock is a file that must not be there (client-go, tools/clientcmd). */
static int take_lock(const char *lock, struct error **err)
{
	for (int look = 0;; look++) {
		int fd = open(lock, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);

		if (fd >= 0) {
			close(fd);
			return 0;
		}
		if (errno != EEXIST)
			return error_errno(err, "cannot make %s", lock);
		if (look == LOCK_LOOKS)
			break;
		cancel_poll(NULL, 0, LOCK_INTERVAL_MS);
		if (cancel_check(err) < 0)
			return -1;
	}
	error_set(err, ERROR_CONFLICT, "another program changes the file: there is %s", lock);
	(*err)->retriable = true;
	return error_hint_command(err, "Where none does, remove what one that was killed has left", "rm -f %s", lock);
}

/* The file that a name leads to: a link is to stay one. It need not exist. */
static char *target_of(const char *path, struct error **err)
{
	char *target = realpath(path, NULL);
	struct stat st;

	if (target != NULL)
		return target;
	if (errno == ENOENT && lstat(path, &st) < 0)
		return xstrdup(path);
	error_errno(err, "cannot use %s", path);
	return NULL;
}

static int make_parent(const char *path, struct error **err)
{
	const char *slash = strrchr(path, '/');
	autofree char *parent = slash != NULL && slash != path ? xstrndup(path, (size_t)(slash - path)) : NULL;

	return parent == NULL ? 0 : dir_make(parent, err);
}

static int check_owner(const char *target, struct error **err)
{
	struct stat st;

	if (stat(target, &st) < 0 || st.st_uid == geteuid())
		return 0;
	return error_set(err, ERROR_REFUSED, "%s belongs to another user, whose it would not be any more", target);
}

/* entry NULL: what has the name goes. */
struct change {
	const struct kube_entry *entry;
	const char *name;
	bool select, changed;
};

static int change_target(const char *target, struct change *change, struct error **err)
{
	AUTO(buf) text = BUF_INIT;
	autofree char *edited = NULL;

	if (check_owner(target, err) < 0)
		return -1;
	if (file_read(target, FILE_MAX, &text, err) < 0) {
		if (!error_is(*err, ERROR_ABSENT))
			return -1;
		error_free(err);
	}
	if (change->entry != NULL)
		edited = kubeconfig_merge(buf_str(&text), text.len, target, change->entry, change->select, err);
	else
		edited = kubeconfig_without(buf_str(&text), text.len, target, change->name, err);
	if (edited == NULL)
		return -1;
	change->changed = !streq(edited, buf_str(&text));
	return change->changed ? file_write(target, edited, strlen(edited), err) : 0;
}

static int change_file(const char *path, struct change *change, struct error **err)
{
	autofree char *lock = xasprintf("%s.lock", path), *target = NULL;
	int rc;

	if (make_parent(path, err) < 0)
		return -1;
	target = target_of(path, err);
	if (target == NULL || take_lock(lock, err) < 0)
		return -1;
	rc = change_target(target, change, err);
	unlink(lock);
	return rc;
}

int kubeconfig_put(const char *path, const struct kube_entry *entry, bool select, struct error **err)
{
	struct change change = { entry, entry->name, select, false };

	return change_file(path, &change, err);
}

int kubeconfig_drop(const char *path, const char *name, bool *found, struct error **err)
{
	struct change change = { .name = name };
	int rc = 0;

	*found = false;
	if (kubeconfig_mentions(path, name))
		rc = change_file(path, &change, err);
	*found = change.changed;
	return rc;
}

bool kubeconfig_mentions(const char *path, const char *name)
{
	AUTO(buf) text = BUF_INIT;
	autoerror struct error *ignored = NULL;

	return file_read(path, FILE_MAX, &text, &ignored) == 0 && strstr(buf_str(&text), name) != NULL;
}

bool kubeconfig_is_outdated(const char *path, const struct kube_entry *entry)
{
	AUTO(buf) text = BUF_INIT;
	autoerror struct error *ignored = NULL;

	return file_read(path, FILE_MAX, &text, &ignored) == 0 &&
	       kubeconfig_has_others(buf_str(&text), text.len, entry);
}
