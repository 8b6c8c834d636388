/* SPDX-License-Identifier: Apache-2.0 */
/* The node's files on disk. */
#include "store/nodefiles.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "store/mirrors.h"
#include "store/pem.h"

#define FILE_BYTES_MAX (1024 * 1024)
#define ID_FILE "id"
#define ID_DIGITS 16

const char *const node_file_names[NODE_FILES] = { "ca.crt", "registries.yaml" };

static int (*const checks[NODE_FILES])(const char *text, size_t len, const char *origin, struct error **err) = {
	pem_check_certificates, mirrors_check,
};

void node_files_release(struct node_files *files)
{
	for (int i = 0; i < NODE_FILES; i++)
		buf_release(&files->text[i]);
	free(files->id);
	files->id = NULL;
}

int node_file_read(int which, const char *path, struct buf *text, struct error **err)
{
	if (file_read(path, FILE_BYTES_MAX, text, err) < 0) {
		/* a directory, a pipe, too large: the wrong file was named */
		if (error_is(*err, ERROR_SYSTEM))
			(*err)->kind = ERROR_USAGE;
		return -1;
	}
	return checks[which](buf_str(text), text->len, path, err);
}

/* Absent is fine. */
static int read_kept(const char *dir, const char *name, struct buf *text, struct error **err)
{
	autofree char *path = xasprintf("%s/%s", dir, name);

	if (file_read(path, FILE_BYTES_MAX, text, err) == 0)
		return 0;
	if (!error_is(*err, ERROR_ABSENT))
		return -1;
	error_free(err);
	return 0;
}

static bool is_id(const char *text)
{
	return strlen(text) == ID_DIGITS && text[strspn(text, "0123456789abcdef")] == '\0';
}

static char *new_id(void)
{
	unsigned char bytes[ID_DIGITS / 2];
	AUTO(buf) id = BUF_INIT;

	arc4random_buf(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		buf_addf(&id, "%02x", bytes[i]);
	return buf_steal(&id);
}

static bool has_any(const struct node_files *files)
{
	for (int i = 0; i < NODE_FILES; i++)
		if (files->text[i].len > 0)
			return true;
	return false;
}

int node_files_load(const struct paths *paths, const char *name, struct node_files *files, struct error **err)
{
	autofree char *dir = paths_node_dir(paths, name);
	AUTO(buf) id = BUF_INIT;
	struct stat st;

	if (name_check_readable(name, err) < 0)
		return -1;
	dir_recover(dir);
	if (stat(dir, &st) < 0)
		return 0;
	for (int i = 0; i < NODE_FILES; i++)
		if (read_kept(dir, node_file_names[i], &files->text[i], err) < 0)
			return -1;
	if (!has_any(files))
		return 0;
	if (read_kept(dir, ID_FILE, &id, err) < 0)
		return -1;
	/* somebody else's doing; a new one only has the container made anew */
	files->id = is_id(buf_str(&id)) ? buf_steal(&id) : new_id();
	return 0;
}

int node_files_store(const struct paths *paths, const char *name, const struct node_files *files,
		     struct error **err)
{
	autofree char *dir = paths_node_dir(paths, name);
	struct dir_entry entries[NODE_FILES + 1];
	size_t count = 0;

	if (name_check_readable(name, err) < 0)
		return -1;
	if (!has_any(files))
		return node_files_remove(paths, name, err);
	for (int i = 0; i < NODE_FILES; i++)
		if (files->text[i].len > 0)
			entries[count++] = (struct dir_entry){ node_file_names[i], buf_str(&files->text[i]),
							       files->text[i].len };
	entries[count++] = (struct dir_entry){ ID_FILE, files->id, strlen(files->id) };
	if (paths_make_gateway_dir(paths, name, err) < 0)
		return -1;
	return dir_replace(dir, entries, count, err);
}

int node_files_remove(const struct paths *paths, const char *name, struct error **err)
{
	autofree char *dir = paths_node_dir(paths, name);

	return name_check_readable(name, err) < 0 ? -1 : dir_remove_replaced(dir, err);
}

bool node_files_equal(const struct node_files *a, const struct node_files *b)
{
	for (int i = 0; i < NODE_FILES; i++)
		if (a->text[i].len != b->text[i].len ||
		    memcmp(buf_str(&a->text[i]), buf_str(&b->text[i]), a->text[i].len) != 0)
			return false;
	return true;
}

void node_files_identify(struct node_files *files, const struct node_files *old)
{
	free(files->id);
	files->id = NULL;
	if (has_any(files))
		files->id = old->id != NULL && node_files_equal(files, old) ? xstrdup(old->id) : new_id();
}
