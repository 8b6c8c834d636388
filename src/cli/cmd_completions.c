/* SPDX-License-Identifier: Apache-2.0 */
/* completions: the scripts of src/completions, which the build puts into a header. */
#include <stdio.h>

#include "cli/completion_scripts.h"
#include "cli/cli.h"
#include "cli/spec.h"

static int run(const struct cli *cli, const struct invocation *in, int *status, struct error **err)
{
	/* in the order of the operand's words */
	static const char *const scripts[] = { SCRIPT_BASH, SCRIPT_ZSH, SCRIPT_FISH };
	int shell = spec_index(in->command->operands, in->operands[0]);

	(void)cli;
	(void)status;
	if (shell < 0)
		return spec_mismatch(in->command->operands, in->command->path, in->operands[0], err);
	fputs(scripts[shell], stdout);
	return 0;
}

const struct command cmd_completions = {
	.path = "completions",
	.operands = "bash|zsh|fish",
	.summary = "print a script that completes command lines in a shell",
	.details = "An installed openshell has them where the shells look for them. The scripts ask the program,\n"
		   "which reads local files only.",
	.examples = "source <(openshell completions bash)\n"
		    "openshell completions zsh >~/.zfunc/_openshell\n"
		    "openshell completions fish | source",
	.min_operands = 1,
	.max_operands = 1,
	.run = run,
};
