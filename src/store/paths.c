/* SPDX-License-Identifier: Apache-2.0 */
/* Paths and names. Reads no environment: the values come as parameters. */
#include "store/paths.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "store/guard.h"

#define PROGRAM_DIR "openshell"

static bool usable(const char *value, const char *variable, struct argv *warnings)
{
	if (str_blank(value))
		return false;
	if (value[0] == '/')
		return true;
	argv_addf(warnings, "%s is ignored: '%s' is not an absolute path", variable, value);
	return false;
}

/* Entries that others could have written must not decide where we send certificates. What is not there, or closed
 * to us, tells nothing anyway. */
static bool is_trusted(const char *path, struct argv *warnings)
{
	autoerror struct error *failed = NULL;
	autofree char *why = NULL;
	struct stat st;

	if (stat(path, &st) < 0 || guard_check(path, &failed) == 0)
		return true;
	why = error_text(failed);
	argv_addf(warnings, "the gateways of the system are ignored: %s", why);
	return false;
}

static char *system_dir(const struct paths_input *input, struct argv *warnings)
{
	autofree char *dir = NULL, *gateways = NULL;

	if (input->system_dir != NULL && str_blank(input->system_dir))
		argv_add(warnings, "OPENSHELL_SYSTEM_GATEWAY_DIR is ignored: it is empty");
	if (usable(input->system_dir, "OPENSHELL_SYSTEM_GATEWAY_DIR", warnings))
		dir = xstrdup(input->system_dir);
	else
		dir = xstrdup(SYSCONFDIR "/" PROGRAM_DIR);
	gateways = xasprintf("%s/gateways", dir);
	return is_trusted(dir, warnings) && is_trusted(gateways, warnings) ? STEAL(dir) : NULL;
}

int paths_init(struct paths *paths, const struct paths_input *input, struct argv *warnings, struct error **err)
{
	if (usable(input->xdg_config_home, "XDG_CONFIG_HOME", warnings))
		paths->user_root = xasprintf("%s/" PROGRAM_DIR, input->xdg_config_home);
	else if (usable(input->home, "HOME", warnings))
		paths->user_root = xasprintf("%s/.config/" PROGRAM_DIR, input->home);
	else
		return error_set(err, ERROR_USAGE,
				 "cannot tell where the configuration is: neither XDG_CONFIG_HOME nor HOME is set");
	paths->system_root = system_dir(input, warnings);
	if (usable(input->xdg_runtime_dir, "XDG_RUNTIME_DIR", warnings))
		paths->locks = xasprintf("%s/" PROGRAM_DIR, input->xdg_runtime_dir);
	else
		paths->locks = xasprintf("%s/" PROGRAM_DIR "-%u",
					 usable(input->tmpdir, "TMPDIR", warnings) ? input->tmpdir : "/tmp",
					 (unsigned)getuid());
	return 0;
}

void paths_release(struct paths *paths)
{
	free(paths->user_root);
	free(paths->system_root);
	free(paths->locks);
	*paths = (struct paths){ 0 };
}

/* Thousands of them are made for a list, so without a format to be read. */
static char *join(const char *root, const char *name, const char *tail)
{
	static const char gateways[] = "/gateways/";
	AUTO(buf) path = BUF_INIT;

	buf_reserve(&path, strlen(root) + sizeof(gateways) + strlen(name) + strlen(tail));
	buf_adds(&path, root);
	buf_adds(&path, gateways);
	buf_adds(&path, name);
	buf_adds(&path, tail);
	return buf_steal(&path);
}

char *paths_gateway_dir(const struct paths *paths, const char *name)
{
	return join(paths->user_root, name, "");
}

char *paths_metadata(const struct paths *paths, const char *name)
{
	return join(paths->user_root, name, "/metadata.json");
}

char *paths_flat_metadata(const struct paths *paths, const char *name)
{
	return join(paths->user_root, name, "_metadata.json");
}

char *paths_system_metadata(const struct paths *paths, const char *name)
{
	return join(paths->system_root, name, "/metadata.json");
}

char *paths_mtls_dir(const struct paths *paths, const char *name)
{
	return join(paths->user_root, name, "/mtls");
}

char *paths_node_dir(const struct paths *paths, const char *name)
{
	return join(paths->user_root, name, "/node");
}

char *paths_last_sandbox(const struct paths *paths, const char *name)
{
	return join(paths->user_root, name, "/last_sandbox");
}

int paths_make_gateway_dir(const struct paths *paths, const char *name, struct error **err)
{
	autofree char *gateways = xasprintf("%s/gateways", paths->user_root), *dir = paths_gateway_dir(paths, name);
	const char *const dirs[] = { paths->user_root, gateways, dir };

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		if (dir_make_private(dirs[i], err) < 0)
			return -1;
	return 0;
}

char *paths_active(const char *root)
{
	return xasprintf("%s/active_gateway", root);
}

static bool is_lower(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_inner(char c)
{
	return c == '.' || c == '_' || c == '-';
}

bool name_is_valid(const char *name)
{
	size_t len = 0;

	while (is_lower(name[len]) || is_inner(name[len]))
		len++;
	return name[len] == '\0' && len > 0 && len <= NAME_MAX_BYTES && is_lower(name[0]) && is_lower(name[len - 1]);
}

bool name_is_readable(const char *name)
{
	size_t len = 0;

	while (is_lower(name[len]) || is_upper(name[len]) || is_inner(name[len]))
		len++;
	return name[len] == '\0' && len > 0 && len <= 255 - sizeof("_metadata.json") && !streq(name, ".") &&
	       !streq(name, "..") && name[0] != '-';
}

int name_check_readable(const char *name, struct error **err)
{
	if (name_is_readable(name))
		return 0;
	return error_set(err, ERROR_USAGE, "'%s' is not a gateway name", name);
}

int name_check(const char *name, const char *what, struct error **err)
{
	if (name_is_valid(name))
		return 0;
	return error_set(err, ERROR_USAGE,
			 "%s: '%s' is not a gateway name (lower-case letters, digits and inner '.', '_', '-'; at most %d)",
			 what, name, NAME_MAX_BYTES);
}

int name_check_existing(const char *name, const char *what, struct error **err)
{
	return name_is_readable(name) ? 0 : name_check(name, what, err);
}
