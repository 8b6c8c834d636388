/* SPDX-License-Identifier: Apache-2.0 */
/* One name in a file. */
#include "store/last_sandbox.h"

#include "base/buf.h"
#include "base/file.h"

#define FILE_MAX 4096

/* Later upstream programs write a line for the workspace before that of the sandbox. */
static const char *last_line(const char *text)
{
	const char *newline = strrchr(text, '\n');

	return newline ? newline + 1 : text;
}

char *last_sandbox_load(const struct paths *paths, const char *name, struct argv *warnings)
{
	autofree char *path = paths_last_sandbox(paths, name);
	AUTO(buf) text = BUF_INIT;
	autoerror struct error *failed = NULL;
	const char *sandbox;

	if (file_read(path, FILE_MAX, &text, &failed) < 0) {
		autofree char *why = error_text(failed);

		if (!error_is(failed, ERROR_ABSENT))
			argv_add(warnings, why);
		return NULL;
	}
	buf_trim_end(&text);
	if (text.len == 0)
		return NULL;
	sandbox = last_line(buf_str(&text));
	sandbox += strspn(sandbox, " \t");
	if (strlen(buf_str(&text)) == text.len && name_is_readable(sandbox))
		return xstrdup(sandbox);
	argv_addf(warnings, "%s is ignored: it does not hold a sandbox's name", path);
	return NULL;
}

int last_sandbox_forget(const struct paths *paths, const char *name, struct error **err)
{
	autofree char *path = paths_last_sandbox(paths, name);

	return name_check_readable(name, err) < 0 ? -1 : file_remove(path, err);
}
