/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metadata files and the file that names the active gateway, as anybody may have written them. The files are in a
 * private directory below TMPDIR.
 *
 * Rules: a record that is loaded is complete, in range and can be printed, and is the same after it was saved and
 * loaded again, with what others keep in the file; the list has it exactly when it can be loaded, else with the reason; both places of metadata are
 * read alike; a name that is taken for the active gateway's can be part of a path.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "store/registry.h"

#define GATEWAY "fuzz"

static struct paths paths;

/* In the place of libc's: nothing here has to outlive the machine, and a run has thousands of files a second. */
int fsync(int fd)
{
	(void)fd;
	return 0;
}

static void clean(void)
{
	autofree char *gateways = xasprintf("%s/gateways", paths.user_root);
	autofree char *active = paths_active(paths.user_root);
	autoerror struct error *ignored = NULL;
	bool removed;

	(void)!registry_remove(&paths, GATEWAY, &removed, &ignored);
	unlink(active);
	rmdir(gateways);
	rmdir(paths.user_root);
	free(paths.user_root);
}

static void set_up(void)
{
	const char *tmpdir = getenv("TMPDIR");

	if (paths.user_root != NULL)
		return;
	paths.user_root = xasprintf("%s/openshell-fuzz.XXXXXX", tmpdir ? tmpdir : "/tmp");
	RULE(mkdtemp(paths.user_root) != NULL);
	atexit(clean);
}

static void put(const char *path, const uint8_t *data, size_t size)
{
	autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	RULE(fd >= 0 && write(fd, data, size) == (ssize_t)size);
}

static void check_text(const char *text)
{
	RULE(text == NULL || (!str_blank(text) && is_safe(text)));
}

static void check_record(const struct record *record)
{
	RULE(streq(record->name, GATEWAY) && record->path != NULL && record->invalid == NULL);
	RULE(str_starts(record->endpoint, "https://") || str_starts(record->endpoint, "http://"));
	RULE(record->port >= 0 && record->port <= 65535);
	check_text(record->endpoint);
	check_text(record->remote_host);
	check_text(record->resolved_host);
	check_text(record->auth_mode);
	check_text(record->docker_endpoint);
	check_text(record->docker_id);
	check_text(record->container_id);
	check_text(record->image);
	RULE(record_type(record) != NULL && record_auth(record) != NULL);
}

static bool same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : streq(a, b);
}

static bool same(const struct record *a, const struct record *b)
{
	return streq(a->name, b->name) && streq(a->endpoint, b->endpoint) && a->is_remote == b->is_remote &&
	       a->port == b->port && same_text(a->remote_host, b->remote_host) &&
	       same_text(a->resolved_host, b->resolved_host) && same_text(a->auth_mode, b->auth_mode) &&
	       same_text(a->docker_endpoint, b->docker_endpoint) && same_text(a->docker_id, b->docker_id) &&
	       same_text(a->container_id, b->container_id) && same_text(a->image, b->image);
}

static void check_list(bool loads)
{
	struct record_list list = { 0 };
	autoerror struct error *err = NULL;

	RULE(registry_list(&paths, &list, &err) == 0 && list.n == 1);
	RULE(streq(list.v[0].name, GATEWAY) && (list.v[0].invalid == NULL) == loads);
	record_list_release(&list);
}

/* Saved and loaded again, by way of the nested place. */
static void check_round_trip(const struct record *first)
{
	AUTO(record) again = { 0 };
	autoerror struct error *err = NULL;

	autofree char *text = registry_text(&paths, first), *text_again = NULL;

	RULE(registry_save(&paths, first, &err) == 0);
	RULE(registry_load(&paths, GATEWAY, &again, &err) == 0);
	check_record(&again);
	RULE(same(first, &again));
	text_again = registry_text(&paths, &again);
	RULE(streq(text, text_again));
}

static bool load_from(const char *path, const uint8_t *data, size_t size, struct record *record)
{
	autoerror struct error *err = NULL;
	bool loads;

	put(path, data, size);
	loads = registry_load(&paths, GATEWAY, record, &err) == 0;
	RULE(loads == (err == NULL));
	check_list(loads);
	if (loads)
		check_record(record);
	return loads;
}

static void metadata(const uint8_t *data, size_t size)
{
	autofree char *flat = paths_flat_metadata(&paths, GATEWAY), *nested = paths_metadata(&paths, GATEWAY);
	autofree char *dir = paths_gateway_dir(&paths, GATEWAY);
	AUTO(record) first = { 0 };
	AUTO(record) second = { 0 };
	autoerror struct error *err = NULL;
	bool loads;

	RULE(unlink(nested) == 0 || access(nested, F_OK) < 0);
	RULE(dir_make(dir, &err) == 0);
	loads = load_from(flat, data, size, &first);
	RULE(load_from(nested, data, size, &second) == loads);
	if (!loads)
		return;
	RULE(same(&first, &second));
	check_round_trip(&first);
}

static void active(const uint8_t *data, size_t size)
{
	autofree char *path = paths_active(paths.user_root), *name = NULL, *again = NULL;
	AUTO(argv) warnings = ARGV_INIT;
	autoerror struct error *err = NULL;

	put(path, data, size);
	name = registry_active(&paths, &warnings);
	if (name == NULL)
		return;
	RULE(name_is_readable(name) && is_safe(name) && strchr(name, '/') == NULL && warnings.n == 0);
	if (registry_set_active(&paths, name, &err) < 0) {
		RULE(error_is(err, ERROR_ABSENT)); /* there is no such entry */
		return;
	}
	again = registry_active(&paths, &warnings);
	RULE(again != NULL && streq(name, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	set_up();
	metadata(data, size);
	active(data, size);
	return 0;
}
