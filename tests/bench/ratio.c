/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ratio [-o] [-n RUNS] [-p COMMAND] [-l LABEL] A... -- B...
 *
 * Runs A and B in turn, RUNS times each (30), their output thrown away, and prints the median wall
 * time and the largest memory of each and the ratio of the medians. COMMAND (for sh) is run before
 * each run, untimed. Ends with 1 when a run fails.
 *
 * The memory is that of the process or of the largest of its children. With -o it is the process'
 * own, looked at every 10 ms while it runs.
 */
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static bool own_memory;

struct side {
	char **argv;
	double *ms;
	long max_rss_kib;
};

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1e6;
}

/* The high-water mark of its memory so far; 0 when it has ended. */
static long high_water_kib(pid_t pid)
{
	char path[64], line[256];
	long kib = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "r");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL && kib == 0)
		if (strncmp(line, "VmHWM:", 6) == 0)
			kib = strtol(line + 6, NULL, 10);
	if (file != NULL)
		fclose(file);
	return kib;
}

/* Until it ends. The first look comes late enough for it to be the program and no copy of us. */
static long watch_memory(pid_t pid)
{
	struct pollfd end = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
	long most = 0;

	while (end.fd >= 0 && poll(&end, 1, 10) == 0) {
		long now = high_water_kib(pid);

		if (now > most)
			most = now;
	}
	if (end.fd >= 0)
		close(end.fd);
	return most;
}

static int run(char **argv, long *rss)
{
	posix_spawn_file_actions_t actions;
	struct rusage usage;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ) != 0) {
		perror(argv[0]);
		return -1;
	}
	posix_spawn_file_actions_destroy(&actions);
	*rss = own_memory ? watch_memory(pid) : 0;
	if (wait4(pid, &status, 0, &usage) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "ratio: %s failed\n", argv[0]);
		return -1;
	}
	if (!own_memory)
		*rss = usage.ru_maxrss;
	return 0;
}

static int measure(struct side *side, int i, char *prepare)
{
	char *before[] = { "sh", "-c", prepare, NULL };
	double started;
	long rss;

	if (prepare != NULL && run(before, &rss) < 0)
		return -1;
	started = now_ms();
	if (run(side->argv, &rss) < 0)
		return -1;
	side->ms[i] = now_ms() - started;
	if (rss > side->max_rss_kib)
		side->max_rss_kib = rss;
	return 0;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *ms, int n)
{
	qsort(ms, (size_t)n, sizeof(*ms), by_size);
	return n % 2 ? ms[n / 2] : (ms[n / 2 - 1] + ms[n / 2]) / 2;
}

int main(int argc, char **argv)
{
	struct side a = { 0 }, b = { 0 };
	const char *label = "ratio";
	char *prepare = NULL;
	int runs = 30, option;

	while ((option = getopt(argc, argv, "+on:p:l:")) != -1) {
		if (option == 'n')
			runs = (int)strtol(optarg, NULL, 10);
		else if (option == 'o')
			own_memory = true;
		else if (option == 'p')
			prepare = optarg;
		else if (option == 'l')
			label = optarg;
		else
			return 2;
	}
	a.argv = argv + optind;
	for (char **word = a.argv; *word != NULL && b.argv == NULL; word++)
		if (strcmp(*word, "--") == 0) {
			*word = NULL;
			b.argv = word + 1;
		}
	if (runs < 1 || a.argv[0] == NULL || b.argv == NULL || b.argv[0] == NULL)
		return 2;
	a.ms = calloc((size_t)runs, sizeof(double));
	b.ms = calloc((size_t)runs, sizeof(double));
	if (a.ms == NULL || b.ms == NULL)
		return 1;
	for (int i = 0; i < runs; i++)
		if (measure(&a, i, prepare) < 0 || measure(&b, i, prepare) < 0)
			return 1;
	printf("%s: %.2f ms against %.2f ms, ratio %.2f (%d runs, medians; peak %ld KiB against %ld KiB)\n", label,
	       median(a.ms, runs), median(b.ms, runs), median(a.ms, runs) / median(b.ms, runs), runs,
	       a.max_rss_kib, b.max_rss_kib);
	return 0;
}
