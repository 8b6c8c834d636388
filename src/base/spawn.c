/* SPDX-License-Identifier: Apache-2.0 */
/* From a spec to a running child. What becomes of its data is proc.c's business. */
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cancel.h"

extern char **environ;

char *spawn_find(const char *program)
{
	const char *path = getenv("PATH");

	if (strchr(program, '/') != NULL)
		return access(program, X_OK) == 0 ? xstrdup(program) : NULL;
	if (str_blank(path))
		path = "/usr/local/bin:/usr/bin:/bin";
	while (*path != '\0') {
		size_t len = strcspn(path, ":");
		autofree char *file = xasprintf("%.*s/%s", (int)len, path, program);
		struct stat st;

		if (len > 0 && stat(file, &st) == 0 && S_ISREG(st.st_mode) && access(file, X_OK) == 0)
			return STEAL(file);
		path += len;
		path += *path == ':';
	}
	return NULL;
}

static bool same_name(const char *entry, const char *setting)
{
	size_t len = strcspn(setting, "=");

	return strncmp(entry, setting, len) == 0 && entry[len] == '=';
}

/* Our environment with the spec's changes; entries are borrowed. */
static char **child_environment(const struct argv *changes)
{
	size_t count = 0, n = 0;
	char **envp;

	while (environ[count] != NULL)
		count++;
	envp = xcalloc(count + changes->n + 1, sizeof(*envp));
	for (size_t i = 0; i < count; i++) {
		bool changed = false;

		for (size_t k = 0; k < changes->n && !changed; k++)
			changed = same_name(environ[i], changes->v[k]);
		if (!changed)
			envp[n++] = environ[i];
	}
	for (size_t k = 0; k < changes->n; k++)
		if (strchr(changes->v[k], '=') != NULL)
			envp[n++] = changes->v[k];
	return envp;
}

struct child_fds {
	int in, out, err, failure;
};

/* Our caller holds them back (proc.c); the child takes them from the start. */
static void release_interrupts(void)
{
	sigset_t both;

	sigemptyset(&both);
	sigaddset(&both, SIGINT);
	sigaddset(&both, SIGQUIT);
	sigprocmask(SIG_UNBLOCK, &both, NULL);
}

/* It is in our group, so that it can read from the terminal; we end it ourselves, when we need it no more. */
static void ignore_typed(void)
{
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
}

bool spawn_shares_group(const struct proc_spec *spec)
{
	return spec->interactive || spec->asks || spec->out.how == PROC_STDERR || spec->err.how == PROC_STDERR;
}

/* In the child: async-signal-safe calls only. Never returns. */
static NORETURN void become(const char *file, const struct proc_spec *spec, char **envp,
			    const struct child_fds *fds, pid_t parent)
{
	int errnum;

	signal(SIGPIPE, SIG_DFL);
	cancel_reset_child();
	if (spec->interactive)
		release_interrupts();
	if (spec->asks)
		ignore_typed();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(127);
	if (!spawn_shares_group(spec))
		setpgid(0, 0);
	if (dup2(fds->in, 0) >= 0 && dup2(fds->out, 1) >= 0 && dup2(fds->err, 2) >= 0) {
		dup2(fds->failure, 3);
		fcntl(3, F_SETFD, FD_CLOEXEC);
		closefrom(4);
		execve(file, spec->argv.v, envp);
		errnum = errno;
		(void)!write(3, &errnum, sizeof(errnum));
		_exit(127);
	}
	errnum = errno;
	(void)!write(fds->failure, &errnum, sizeof(errnum));
	_exit(127);
}

/* Descriptors that may become 0 to 3 of the child must not be among these numbers themselves. */
static int above_stdio(int fd)
{
	int high;

	if (fd < 0 || fd > 3)
		return fd;
	high = fcntl(fd, F_DUPFD_CLOEXEC, 4);
	close(fd);
	return high;
}

int spawn_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	ends[0] = above_stdio(ends[0]);
	ends[1] = above_stdio(ends[1]);
	if (ends[0] >= 0 && ends[1] >= 0)
		return 0;
	close_descriptor(&ends[0]);
	close_descriptor(&ends[1]);
	return -1;
}

/* The parent's end, or -1; *child gets the child's end. */
static int open_output(enum proc_stream how, int inherited, int *child)
{
	int ends[2];

	if (how == PROC_INHERIT || how == PROC_STDERR) {
		*child = fcntl(how == PROC_STDERR ? STDERR_FILENO : inherited, F_DUPFD_CLOEXEC, 4);
		return -1;
	}
	if (how == PROC_NULL) {
		*child = above_stdio(open("/dev/null", O_WRONLY | O_CLOEXEC));
		return -1;
	}
	if (spawn_pipe(ends) < 0)
		return -1;
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	*child = ends[1];
	return ends[0];
}

static int open_input(const struct proc_spec *spec, int *child)
{
	int ends[2];

	if (spec->interactive) {
		*child = fcntl(0, F_DUPFD_CLOEXEC, 4);
		if (*child < 0) /* our stdin is closed */
			*child = above_stdio(open("/dev/null", O_RDONLY | O_CLOEXEC));
		return -1;
	}
	if (spec->input == NULL) {
		*child = above_stdio(open("/dev/null", O_RDONLY | O_CLOEXEC));
		return -1;
	}
	if (spawn_pipe(ends) < 0)
		return -1;
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	*child = ends[0];
	return ends[1];
}

static int open_streams(const struct proc_spec *spec, const struct spawn_ends *ends, struct spawned *child,
			struct child_fds *fds)
{
	if (ends->in >= 0)
		fds->in = fcntl(ends->in, F_DUPFD_CLOEXEC, 4);
	else
		child->in = open_input(spec, &fds->in);
	if (ends->out >= 0)
		child->out = open_output(PROC_INHERIT, ends->out, &fds->out);
	else
		child->out = open_output(spec->interactive ? PROC_INHERIT : spec->out.how, 1, &fds->out);
	child->err = open_output(spec->interactive ? PROC_INHERIT : spec->err.how, spec->err_is_out ? 1 : 2, &fds->err);
	return fds->in < 0 || fds->out < 0 || fds->err < 0 ? -1 : 0;
}

/* The child writes errno there when it cannot become the program; a successful exec closes the pipe. */
static int await_exec(int failure, const char *file, const struct proc_spec *spec, pid_t pid, struct error **err)
{
	int errnum = 0;
	ssize_t got;

	do
		got = read(failure, &errnum, sizeof(errnum));
	while (got < 0 && errno == EINTR);
	if (got != sizeof(errnum))
		return 0;
	waitpid(pid, NULL, 0);
	errno = errnum;
	error_errno(err, "cannot run %s (%s)", spec->argv.v[0], file);
	if ((*err)->kind == ERROR_ABSENT) /* its interpreter */
		(*err)->kind = ERROR_UNREACHABLE;
	return -1;
}

static int fork_child(const char *file, const struct proc_spec *spec, const struct spawn_ends *ends,
		      struct spawned *child, struct error **err)
{
	autofree char **envp = child_environment(&spec->env);
	struct child_fds fds = { -1, -1, -1, -1 };
	int failure[2] = { -1, -1 };
	pid_t parent = getpid();

	if (open_streams(spec, ends, child, &fds) < 0 || spawn_pipe(failure) < 0) {
		error_errno(err, "cannot open pipes for %s", spec->purpose);
	} else {
		fds.failure = failure[1];
		if (spec->interactive)
			fflush(stdout); /* what we said comes before what it says */
		child->pid = fork();
		if (child->pid == 0)
			become(file, spec, envp, &fds, parent);
		if (child->pid < 0)
			error_errno(err, "cannot start %s", spec->purpose);
	}
	close_descriptor(&fds.in);
	close_descriptor(&fds.out);
	close_descriptor(&fds.err);
	close_descriptor(&failure[1]);
	if (*err == NULL)
		(void)!await_exec(failure[0], file, spec, child->pid, err);
	close_descriptor(&failure[0]);
	return *err == NULL ? 0 : -1;
}

void spawned_release(struct spawned *child)
{
	close_descriptor(&child->in);
	close_descriptor(&child->out);
	close_descriptor(&child->err);
	close_descriptor(&child->pidfd);
	*child = (struct spawned)SPAWNED_INIT;
}

int spawn_child(const struct proc_spec *spec, const struct spawn_ends *ends, struct spawned *child,
		struct error **err)
{
	autofree char *file = spawn_find(spec->argv.v[0]);

	if (file == NULL)
		return error_set(err, ERROR_UNREACHABLE, "%s: the program '%s' was not found on PATH",
				 spec->purpose, spec->argv.v[0]);
	if (fork_child(file, spec, ends, child, err) < 0) {
		spawned_release(child);
		return -1;
	}
	/* glibc has a wrapper since 2.36 only */
	child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
	return 0;
}
