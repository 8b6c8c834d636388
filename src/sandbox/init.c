/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The duties of an init process for one command.
 * Knows nothing of confinement: it was done before, and the supervisor is itself under it.
 */
#include "init.h"

#include "command.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TERM_GRACE_MS 2000
#define KILL_GRACE_MS 1000
#define SWEEP_POLL_MS 20

struct init {
	pid_t child;
	bool child_ended;
	int child_status;	/* as waitpid gives it; valid once child_ended */
	bool is_first;		/* PID 1 of our namespace */
	bool owns_terminal;	/* we were the foreground group of stdin's terminal */
	sigset_t awaited;	/* what is blocked and taken with sigwait */
	sigset_t inherited;	/* the mask that the command shall start with */
};

/* A blocked signal stays pending even for PID 1, whose unhandled ones the kernel drops. */
static int block_signals(struct init *init)
{
	/* Those that the kernel raises for our own faults must act at once. */
	static const int FAULTS[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP };

	sigfillset(&init->awaited);
	for (size_t i = 0; i < sizeof(FAULTS) / sizeof(FAULTS[0]); i++)
		sigdelset(&init->awaited, FAULTS[i]);
	/* An inherited SIG_IGN would make the kernel reap for us and lose the status. */
	if (signal(SIGCHLD, SIG_DFL) == SIG_ERR)
		return -1;
	return sigprocmask(SIG_SETMASK, &init->awaited, &init->inherited);
}

static bool goes_to_group(int signum)
{
	switch (signum) {
	case SIGHUP:
	case SIGINT:
	case SIGQUIT:
	case SIGTERM:
	case SIGWINCH:
	case SIGCONT:
	case SIGTSTP:
		return true;
	default:
		return false;
	}
}

static void forward(const struct init *init, int signum)
{
	if (goes_to_group(signum))
		kill(-init->child, signum);
	else
		kill(init->child, signum);
}

/*
 * The user has suspended the command: stop too, so that the calling shell gets its terminal, and
 * go on together. PID 1 has no such shell and cannot be stopped.
 */
static void suspend(const struct init *init)
{
	if (init->is_first || !init->owns_terminal)
		return;
	tcsetpgrp(STDIN_FILENO, getpgrp());
	raise(SIGSTOP);
	if (tcgetpgrp(STDIN_FILENO) == getpgrp())
		tcsetpgrp(STDIN_FILENO, init->child);
	kill(-init->child, SIGCONT);
}

/* Takes the status of every child that has ended. Returns whether any children are left. */
static bool reap(struct init *init)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		if (pid != init->child || init->child_ended)
			continue;
		if (WIFSTOPPED(status)) {
			suspend(init);
			continue;
		}
		init->child_ended = true;
		init->child_status = status;
	}
	return pid == 0;
}

/* Never returns. SIGTTOU is still blocked here, so a background group may take the terminal. */
static void run_child(const struct init *init, char *const *command)
{
	setpgid(0, 0);
	if (init->owns_terminal)
		tcsetpgrp(STDIN_FILENO, getpid());
	sigprocmask(SIG_SETMASK, &init->inherited, NULL);
	_exit(command_exec(command));
}

static int start(struct init *init, char *const *command)
{
	init->owns_terminal = tcgetpgrp(STDIN_FILENO) == getpgrp();
	init->child = fork();
	if (init->child < 0)
		return -1;
	if (init->child == 0)
		run_child(init, command);
	/* Also here, so that the group exists before the first signal; too late after an exec. */
	setpgid(init->child, init->child);
	return 0;
}

static void supervise(struct init *init)
{
	while (!init->child_ended) {
		int signum;

		if (sigwait(&init->awaited, &signum) != 0)
			continue;
		if (signum == SIGCHLD)
			reap(init);
		else
			forward(init, signum);
	}
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * Signals all processes of our PID namespace and waits until none is left or the time is over.
 * Those that entered from outside are no children of ours, hence the poll besides SIGCHLD.
 */
static bool sweep(struct init *init, int signum, int64_t limit_ms)
{
	const struct timespec poll = { .tv_nsec = SWEEP_POLL_MS * 1000000L };
	int64_t deadline = now_ms() + limit_ms;
	sigset_t child_ended;

	sigemptyset(&child_ended);
	sigaddset(&child_ended, SIGCHLD);
	kill(-1, signum);
	while (reap(init) || kill(-1, 0) == 0 || errno != ESRCH) {
		if (now_ms() >= deadline)
			return false;
		sigtimedwait(&child_ended, NULL, &poll);
	}
	return true;
}

static void end_remaining(struct init *init)
{
	if (!sweep(init, SIGTERM, TERM_GRACE_MS))
		sweep(init, SIGKILL, KILL_GRACE_MS);
}

int init_run(char *const *command)
{
	struct init init = { .is_first = getpid() == 1 };

	/* The command must not trace its supervisor; exec makes the command itself traceable. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* Fails on kernels before 3.4 only, and matters only when we are not PID 1. */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	if (block_signals(&init) < 0 || start(&init, command) < 0) {
		warn("cannot start a child process");
		return STATUS_SETUP;
	}
	supervise(&init);
	if (init.is_first)
		end_remaining(&init);
	else if (init.owns_terminal)
		tcsetpgrp(STDIN_FILENO, getpgrp());
	if (WIFSIGNALED(init.child_status))
		return STATUS_SIGNAL + WTERMSIG(init.child_status);
	return WEXITSTATUS(init.child_status);
}
