/* SPDX-License-Identifier: Apache-2.0 */
/* Where entries are: looking them up, listing, writing and removing them. Starts no process. */
#include "store/registry.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/tree.h"
#include "store/guard.h"
#include "store/lock.h"
#include "store/mtls.h"
#include "store/nodefiles.h"

#define METADATA_MAX (64 * 1024)
#define METADATA_FILE "metadata.json"
#define FLAT_SUFFIX "_metadata.json"
#define ACTIVE_MAX 4096

static int load_file(int dir, const char *file, const char *path, struct record *record, struct error **err)
{
	AUTO(buf) text = BUF_INIT;
	const cJSON *root;

	if (file_read_at(dir, file, path, METADATA_MAX, &text, err) < 0)
		return -1;
	root = tree_json_once(buf_str(&text), text.len, path, err);
	return root == NULL ? -1 : record_parse(root, path, record, err);
}

/* A file that cannot be examined counts as there: it may hide a system entry, not the reverse. */
static bool is_there_at(int dir, const char *file)
{
	struct stat st;

	return fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

static bool is_there(const char *path)
{
	return is_there_at(AT_FDCWD, path);
}

char *registry_find(const struct paths *paths, const char *name, enum record_source *source)
{
	autofree char *nested = paths_metadata(paths, name), *flat = paths_flat_metadata(paths, name);
	autofree char *shared = NULL;
	struct stat st;

	*source = SOURCE_USER;
	if (is_there(nested))
		return STEAL(nested);
	if (is_there(flat))
		return STEAL(flat);
	if (paths->system_root == NULL)
		return NULL;
	*source = SOURCE_SYSTEM;
	shared = paths_system_metadata(paths, name);
	/* what the system keeps closed is no entry for us */
	return lstat(shared, &st) == 0 ? STEAL(shared) : NULL;
}

static int absent(const struct paths *paths, const char *name, struct error **err)
{
	error_set(err, ERROR_ABSENT, "there is no gateway '%s' (no %s/gateways/%s/" METADATA_FILE "%s%s)", name,
		  paths->user_root, name, paths->system_root ? " and none under " : "",
		  paths->system_root ? paths->system_root : "");
	return error_code(err, "gateway-absent");
}

/* file: the same as record->path, as seen from dir. */
static int load_entry(int dir, const char *file, struct record *record, struct error **err)
{
	if (record->source == SOURCE_SYSTEM && guard_check_entry(dir, file, record->path, err) < 0)
		return -1;
	return load_file(dir, file, record->path, record, err);
}

/* It was there a moment ago, and its look-up failed since another process has removed it. */
static bool has_gone(const char *path, struct error **err)
{
	if (!error_is(*err, ERROR_ABSENT) || is_there(path))
		return false;
	error_free(err);
	return true;
}

int registry_load(const struct paths *paths, const char *name, struct record *record, struct error **err)
{
	struct record loaded = { 0 };

	if (name_check_readable(name, err) < 0)
		return -1;
	loaded.path = registry_find(paths, name, &loaded.source);
	if (loaded.path == NULL)
		return absent(paths, name, err);
	if (load_entry(AT_FDCWD, loaded.path, &loaded, err) < 0) {
		bool gone = has_gone(loaded.path, err);

		record_release(&loaded);
		if (gone)
			return registry_load(paths, name, record, err);
		if (error_is(*err, ERROR_SYSTEM))
			error_code(err, "entry-invalid");
		return error_wrap(err, "the entry of gateway '%s' cannot be used", name);
	}
	/* look-ups go by the file's place, so that is the name an entry has */
	loaded.name = xstrdup(name);
	*record = loaded;
	return 0;
}

/* What other programs keep in the user's entry as it is now: nothing of it is lost when we write ours. */
static void add_foreign(cJSON *root, const struct paths *paths, const char *name)
{
	enum record_source source;
	autofree char *path = registry_find(paths, name, &source);
	AUTO(buf) text = BUF_INIT;
	autotree cJSON *old = NULL;
	autoerror struct error *ignored = NULL;
	cJSON *item, *next;

	if (path == NULL || source != SOURCE_USER || file_read(path, METADATA_MAX, &text, &ignored) < 0)
		return;
	old = tree_json(buf_str(&text), text.len, path, &ignored);
	for (item = cJSON_IsObject(old) ? old->child : NULL; item != NULL; item = next) {
		next = item->next;
		if (!record_has_key(item->string))
			cJSON_AddItemToObject(root, item->string, cJSON_DetachItemViaPointer(old, item));
	}
}

char *registry_text(const struct paths *paths, const struct record *record)
{
	autotree cJSON *root = record_tree(record);

	add_foreign(root, paths, record->name);
	return tree_print(root);
}

/* The file says this already, and only we can read it. */
static bool is_saved(const char *path, const char *text)
{
	AUTO(buf) now = BUF_INIT;
	autoerror struct error *ignored = NULL;
	struct stat st;

	return stat(path, &st) == 0 && (st.st_mode & ALLPERMS) == 0600 &&
	       file_read(path, METADATA_MAX, &now, &ignored) == 0 && now.len == strlen(text) &&
	       streq(buf_str(&now), text);
}

int registry_save(const struct paths *paths, const struct record *record, struct error **err)
{
	autofree char *path = paths_metadata(paths, record->name), *flat = paths_flat_metadata(paths, record->name);
	autofree char *text = NULL;
	autoerror struct error *ignored = NULL;

	if (name_check_readable(record->name, err) < 0)
		return -1;
	text = registry_text(paths, record);
	if (!is_saved(path, text) && (paths_make_gateway_dir(paths, record->name, err) < 0 ||
				      file_write(path, text, strlen(text), err) < 0))
		return -1;
	(void)!file_remove(flat, &ignored); /* all of it is in the newer place, which hides this one */
	return 0;
}

static void trim(struct buf *text)
{
	buf_trim_end(text);
	buf_drop(text, strspn(buf_str(text), " \t\r\n"));
}

/* The user's active gateway is no longer this one. The configuration is locked. */
static int deselect(const struct paths *paths, const char *name, struct error **err)
{
	autofree char *path = paths_active(paths->user_root);
	AUTO(buf) text = BUF_INIT;
	autoerror struct error *ignored = NULL;

	if (file_read(path, ACTIVE_MAX, &text, &ignored) < 0)
		return 0;
	trim(&text);
	return streq(buf_str(&text), name) ? file_remove(path, err) : 0;
}

/* The directories above the entries; the configuration is locked, so that nobody is about to use them. */
static void remove_empty(const struct paths *paths)
{
	autofree char *gateways = xasprintf("%s/gateways", paths->user_root);

	dir_remove_if_empty(gateways);
	dir_remove_if_empty(paths->user_root);
}

static int remove_entry(const struct paths *paths, const char *name, struct error **err)
{
	autofree char *dir = paths_gateway_dir(paths, name), *flat = paths_flat_metadata(paths, name);
	struct stat st;

	/* a link goes as such: what it leads to is kept by somebody else */
	if (lstat(dir, &st) == 0 && S_ISLNK(st.st_mode))
		return file_remove(flat, err) < 0 ? -1 : file_remove(dir, err);
	/* the entry goes after what is secret: while anything of that is left it can be seen, and removed again */
	if (mtls_remove(paths, name, err) < 0 || node_files_remove(paths, name, err) < 0 ||
	    dir_clear(dir, METADATA_FILE, err) < 0 || file_remove(flat, err) < 0)
		return -1;
	return dir_remove(dir, err);
}

int registry_remove(const struct paths *paths, const char *name, bool *removed, struct error **err)
{
	autofree char *dir = paths_gateway_dir(paths, name), *flat = paths_flat_metadata(paths, name);
	AUTO(lock) lock = LOCK_INIT;

	*removed = false;
	if (name_check_readable(name, err) < 0)
		return -1;
	if (!is_there(paths->user_root))
		return 0;
	if (lock_configuration(&lock, paths, err) < 0)
		return -1;
	*removed = is_there(flat) || is_there(dir);
	if (deselect(paths, name, err) < 0 || remove_entry(paths, name, err) < 0)
		return -1;
	remove_empty(paths);
	return 0;
}

void registry_tidy(const struct paths *paths, const char *name)
{
	autofree char *dir = paths_gateway_dir(paths, name);
	AUTO(lock) lock = LOCK_INIT;
	autoerror struct error *ignored = NULL;

	dir_remove_if_empty(dir);
	if (is_there(paths->user_root) && lock_configuration(&lock, paths, &ignored) == 0)
		remove_empty(paths);
}

/* ------------------------------------------------------------------ lists */

/* Where an entry of a name may be; the first of these that is there hides the others. */
enum place_kind { PLACE_NESTED, PLACE_FLAT, PLACE_SYSTEM };

struct place {
	uint32_t name; /* where it is in places.names */
	enum place_kind kind;
};

/* All places where there may be entries, and the directories that they are in. */
struct places {
	const struct paths *paths;
	const char *prefix; /* that names begin with */
	DIR *mine, *shared; /* NULL: there is none */
	struct buf names;   /* each with its NUL: sorting thousands of them is quicker when they lie together */
	struct place *v;
	size_t n;
};

static void places_release(struct places *places)
{
	buf_release(&places->names);
	free(places->v);
	if (places->mine != NULL)
		closedir(places->mine);
	if (places->shared != NULL)
		closedir(places->shared);
}

static const char *place_name(const struct places *places, const struct place *place)
{
	return places->names.data + place->name;
}

static void add_place(struct places *places, const char *name, enum place_kind kind)
{
	if (!str_starts(name, places->prefix) || !name_is_readable(name))
		return;
	assert(places->names.len < UINT32_MAX);
	places->v = xgrow(places->v, places->n, sizeof(*places->v));
	places->v[places->n++] = (struct place){ (uint32_t)places->names.len, kind };
	buf_add(&places->names, name, strlen(name) + 1);
}

/* The gateway that a directory entry of the user's tree is the metadata of, or NULL. */
static char *flat_name(const char *entry)
{
	size_t len = strlen(entry), tail = strlen(FLAT_SUFFIX);

	if (len <= tail || !str_ends(entry, FLAT_SUFFIX))
		return NULL;
	return xstrndup(entry, len - tail);
}

static void add_places(struct places *places, DIR *dir, enum record_source source)
{
	const struct dirent *entry;

	while ((entry = readdir(dir)) != NULL) {
		autofree char *flat = source == SOURCE_USER ? flat_name(entry->d_name) : NULL;

		if (flat != NULL)
			add_place(places, flat, PLACE_FLAT);
		else
			add_place(places, entry->d_name, source == SOURCE_USER ? PLACE_NESTED : PLACE_SYSTEM);
	}
}

static int by_place(const void *a, const void *b, void *names)
{
	const struct place *one = a, *other = b;
	int order = strcmp((const char *)names + one->name, (const char *)names + other->name);

	return order != 0 ? order : (int)one->kind - (int)other->kind;
}

static int find_places(struct places *places, struct error **err)
{
	autofree char *user = xasprintf("%s/gateways", places->paths->user_root);

	places->mine = opendir(user);
	if (places->mine == NULL && errno != ENOENT)
		return error_errno(err, "cannot read %s", user);
	if (places->mine != NULL)
		add_places(places, places->mine, SOURCE_USER);
	if (places->paths->system_root != NULL) {
		autofree char *shared = xasprintf("%s/gateways", places->paths->system_root);

		places->shared = opendir(shared);
	}
	if (places->shared != NULL)
		add_places(places, places->shared, SOURCE_SYSTEM);
	if (places->n > 0)
		qsort_r(places->v, places->n, sizeof(*places->v), by_place, places->names.data);
	return 0;
}

static char *place_path(const struct places *places, const struct place *place)
{
	const char *name = place_name(places, place);

	switch (place->kind) {
	case PLACE_NESTED:
		return paths_metadata(places->paths, name);
	case PLACE_FLAT:
		return paths_flat_metadata(places->paths, name);
	case PLACE_SYSTEM:
		break;
	}
	return paths_system_metadata(places->paths, name);
}

/* The file of a place as seen from its directory: with thousands of files the way to it would be half of the work. */
static const char *seen_from(const struct places *places, const struct place *place, const char *path, int *dir)
{
	bool shared = place->kind == PLACE_SYSTEM;

	*dir = dirfd(shared ? places->shared : places->mine);
	return path + strlen(shared ? places->paths->system_root : places->paths->user_root) + strlen("/gateways/");
}

/* As is_there(), of a file that could not be read: one that came since then is not, and a link to nothing is. */
static bool hides_others(int dir, const char *file, const struct error *err)
{
	struct stat st;

	if (fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno != ENOENT && errno != ENOTDIR;
	return !error_is(err, ERROR_ABSENT) || S_ISLNK(st.st_mode);
}

/* False when there is nothing at the place. */
static bool load_place(const struct places *places, const struct place *place, struct record *record)
{
	enum record_source source = place->kind == PLACE_SYSTEM ? SOURCE_SYSTEM : SOURCE_USER;
	struct record loaded = { .source = source, .path = place_path(places, place) };
	int dir;
	const char *file = seen_from(places, place, loaded.path, &dir);
	autoerror struct error *err = NULL;

	if (load_entry(dir, file, &loaded, &err) < 0) {
		bool counts = hides_others(dir, file, err);

		record_release(&loaded);
		if (!counts)
			return false;
		loaded.source = source;
		loaded.path = place_path(places, place);
		loaded.invalid = error_text(err);
	}
	loaded.name = xstrdup(place_name(places, place)); /* as in registry_load() */
	*record = loaded;
	return true;
}

static void visit_places(const struct places *places, registry_fn *visit, void *arg)
{
	const char *last = "";

	for (size_t i = 0; i < places->n; i++) {
		const char *name = place_name(places, &places->v[i]);
		AUTO(record) record = { 0 };

		if (streq(name, last) || !load_place(places, &places->v[i], &record))
			continue;
		last = name;
		visit(arg, &record);
	}
}

int registry_each(const struct paths *paths, registry_fn *visit, void *arg, struct error **err)
{
	AUTO(places) places = { .paths = paths, .prefix = "" };

	if (find_places(&places, err) < 0)
		return -1;
	visit_places(&places, visit, arg);
	return 0;
}

static bool has_place(const struct places *places, const struct place *place)
{
	autofree char *path = place_path(places, place);
	int dir;
	const char *file = seen_from(places, place, path, &dir);

	return is_there_at(dir, file);
}

void registry_names(const struct paths *paths, const char *prefix, struct argv *names)
{
	AUTO(places) places = { .paths = paths, .prefix = prefix };
	autoerror struct error *ignored = NULL;
	const char *last = "";

	if (find_places(&places, &ignored) < 0)
		return;
	for (size_t i = 0; i < places.n; i++) {
		const char *name = place_name(&places, &places.v[i]);

		if (streq(name, last) || !has_place(&places, &places.v[i]))
			continue;
		last = name;
		argv_add(names, last);
	}
}

static void add_record(void *arg, struct record *record)
{
	struct record_list *list = arg;

	list->v = xgrow(list->v, list->n, sizeof(*list->v));
	list->v[list->n++] = *record;
	*record = (struct record){ 0 };
}

int registry_list(const struct paths *paths, struct record_list *list, struct error **err)
{
	return registry_each(paths, add_record, list, err);
}

char *registry_unlisted(const struct paths *paths)
{
	autofree char *gateways = paths->system_root ? xasprintf("%s/gateways", paths->system_root) : NULL;
	autoerror struct error *failed = NULL;
	DIR *dir = gateways ? opendir(gateways) : NULL;

	if (dir != NULL)
		closedir(dir);
	else if (gateways != NULL && errno != ENOENT && errno != ENOTDIR)
		error_errno(&failed, "the gateways of the system are not listed: cannot read %s", gateways);
	return failed != NULL ? error_text(failed) : NULL;
}

void record_list_release(struct record_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		record_release(&list->v[i]);
	free(list->v);
	*list = (struct record_list){ 0 };
}

/* ------------------------------------------------------------------ the active gateway */

static void warn_of(struct argv *warnings, const struct error *failed)
{
	autofree char *why = error_text(failed);

	argv_add(warnings, why);
}

static char *read_active(const char *root, enum record_source source, struct argv *warnings)
{
	autofree char *path = paths_active(root);
	AUTO(buf) text = BUF_INIT;
	autoerror struct error *failed = NULL;

	if ((source == SOURCE_SYSTEM && guard_check(path, &failed) < 0) || file_read(path, ACTIVE_MAX, &text, &failed) < 0) {
		if (!error_is(failed, ERROR_ABSENT))
			warn_of(warnings, failed);
		return NULL;
	}
	trim(&text);
	if (text.len == 0)
		return NULL;
	if (strlen(buf_str(&text)) != text.len || !name_is_readable(buf_str(&text))) {
		argv_addf(warnings, "%s is ignored: it does not hold a gateway name", path);
		return NULL;
	}
	return buf_steal(&text);
}

char *registry_active(const struct paths *paths, struct argv *warnings)
{
	char *name = read_active(paths->user_root, SOURCE_USER, warnings);

	if (name == NULL && paths->system_root != NULL)
		name = read_active(paths->system_root, SOURCE_SYSTEM, warnings);
	return name;
}

char *registry_active_of_user(const struct paths *paths, struct argv *warnings)
{
	return read_active(paths->user_root, SOURCE_USER, warnings);
}

static bool is_there_any(const struct paths *paths, const char *name)
{
	enum record_source source;
	autofree char *path = registry_find(paths, name, &source);

	return path != NULL;
}

int registry_set_active(const struct paths *paths, const char *name, struct error **err)
{
	autofree char *path = paths_active(paths->user_root);
	AUTO(lock) lock = LOCK_INIT;

	if (name_check_readable(name, err) < 0)
		return -1;
	if (!is_there_any(paths, name))
		return absent(paths, name, err);
	if (is_saved(path, name))
		return 0;
	if (lock_configuration(&lock, paths, err) < 0)
		return -1;
	/* it may have been removed before we had the lock; who removes it now takes it back */
	if (!is_there_any(paths, name))
		return absent(paths, name, err);
	return file_write(path, name, strlen(name), err);
}

int registry_clear_active(const struct paths *paths, const char *name, struct error **err)
{
	AUTO(lock) lock = LOCK_INIT;

	if (!is_there(paths->user_root))
		return 0;
	if (lock_configuration(&lock, paths, err) < 0 || deselect(paths, name, err) < 0)
		return -1;
	dir_remove_if_empty(paths->user_root);
	return 0;
}
