/* SPDX-License-Identifier: Apache-2.0 */
/* The program: real clock, real processes. */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "cli/cli.h"

/* A descriptor we open must never become stdin, stdout or stderr by accident. */
static void open_stdio(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY) != fd)
			_exit(1);
}

int main(int argc, char **argv)
{
	const struct app app = { &clock_real, &runner_real };

	open_stdio();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL); /* ignored by whoever started us, children would leave no exit status */
	return cli_main(&app, argc, argv);
}
