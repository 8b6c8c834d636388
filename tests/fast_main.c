/* SPDX-License-Identifier: Apache-2.0 */
/* The program with a clock that runs a hundred times as fast, for tests of waits that take minutes. */
#include <signal.h>

#include "cli/cli.h"

#define HURRY 100

static int64_t fast_now_ms(void *arg)
{
	return clock_real.now_ms(arg) * HURRY;
}

static void fast_pump(void *arg, struct proc *const *procs, size_t count, int64_t ms)
{
	runner_real.pump(arg, procs, count, ms / HURRY + 1);
}

int main(int argc, char **argv)
{
	const struct clock clock = { fast_now_ms, NULL };
	struct runner runner = runner_real;
	const struct app app = { &clock, &runner };

	runner.pump = fast_pump;
	signal(SIGPIPE, SIG_IGN);
	return cli_main(&app, argc, argv);
}
