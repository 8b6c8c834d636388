/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of the iptables program. */
#include "tools/iptables.h"

#include <stdlib.h>

/* It only prints a line. */
#define TIMEOUT_MS 5000

static char *version_of(const struct runner *runner, const char *program, struct error **err)
{
	AUTO(proc_spec) spec = PROC_SPEC_INIT("iptables");
	AUTO(proc_result) result = PROC_RESULT_INIT;

	argv_addl(&spec.argv, program, "--version", NULL);
	spec.out.how = PROC_CAPTURE;
	spec.err.how = PROC_CAPTURE;
	spec.timeout_ms = TIMEOUT_MS;
	if (runner_check(runner, &spec, &result, err) < 0)
		return NULL;
	buf_trim_end(&result.out);
	return xstrdup(buf_str(&result.out));
}

char *iptables_version(const struct runner *runner, struct error **err)
{
	char *version = version_of(runner, "iptables", err);

	if (version != NULL || !error_is(*err, ERROR_UNREACHABLE))
		return version;
	/* users who are not root often have no sbin on PATH */
	error_free(err);
	return version_of(runner, "/usr/sbin/iptables", err);
}
