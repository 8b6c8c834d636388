/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cluster image in one static program, for tests and benchmarks of the command line on a real
 * engine: quick where the real one is slow, and it fails on request. build.sh makes the image.
 *
 * It is what it is called as: the entrypoint (server), the health check, kubectl, ctr, and a few small
 * commands to run by exec. It knows no Kubernetes: its nodes are lines of a file on the volume.
 *
 * The environment chooses what it does:
 *   FAKE_HEALTHY_AFTER_MS   the health check fails so long after the start
 *   FAKE_UNHEALTHY=1        it never succeeds, and prints FAKE_MARKER
 *   FAKE_MARKER             that line (HEALTHCHECK_NODE_PRESSURE: DiskPressure)
 *   FAKE_EXIT_AFTER_MS, FAKE_EXIT_CODE (1)   the server ends so long after its start
 *   FAKE_LOG_EVERY_MS       the server logs a line so often
 *   FAKE_NO_SECRET=1        there is no secret openshell-cli-client
 *   FAKE_SECRET_AFTER_MS    it is there only so long after the start
 *   FAKE_STALE_NODE=NAME    a node of an earlier container that is not ready
 *   FAKE_CTR_AFTER_MS       containerd answers only so long after the start
 *   FAKE_IMPORT_FAILS=1     ctr ends in the middle of what it imports
 *   FAKE_WORKLOAD=deployment   what the gateway is, instead of a StatefulSet
 *   FAKE_WORKLOAD_AFTER_MS  it is there only so long after the start
 *   FAKE_ROLLOUT_FAILS=1    it does not become ready again
 *
 * So do files that a test puts on the volume and takes away again:
 *   fake-sick               the health check fails
 *   fake-crash              the server ends as soon as it is started
 *
 * An import leaves its size on the volume, in the file fake-imported; a rollout what was asked, in fake-rollouts.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STATE_DIR "/var/lib/rancher/k3s"
#define NODES STATE_DIR "/fake-nodes"
#define IMPORTED STATE_DIR "/fake-imported"
#define ROLLOUTS STATE_DIR "/fake-rollouts"
#define SICK STATE_DIR "/fake-sick"
#define CRASH STATE_DIR "/fake-crash"
#define STARTED "/run/fake-started"
#define SECRET "/etc/fake-cluster/secret"	/* three lines of base64, the last without newline */
#define NODE_PORT 30051

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t setting_ms(const char *name, int64_t fallback)
{
	const char *text = getenv(name);

	return text != NULL && *text != '\0' ? strtoll(text, NULL, 10) : fallback;
}

static bool is_set(const char *name)
{
	const char *text = getenv(name);

	return text != NULL && *text != '\0' && strcmp(text, "0") != 0;
}

static int64_t since_start_ms(void)
{
	char text[32] = "";
	int fd = open(STARTED, O_RDONLY);
	ssize_t len;

	if (fd < 0)
		return -1;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	return len > 0 ? now_ms() - strtoll(text, NULL, 10) : -1;
}

static const char *node_name(void)
{
	static char host[256];
	const char *name = getenv("OPENSHELL_NODE_NAME");

	if (name != NULL && *name != '\0')
		return name;
	if (gethostname(host, sizeof(host) - 1) < 0)
		return "unknown";
	return host;
}

static void log_line(const char *text)
{
	printf("fake-cluster: %s\n", text);
	fflush(stdout);
}

/* The next line of the nodes file without its newline; false at the end. */
static bool next_node(FILE *file, char *line, size_t size)
{
	if (file == NULL || fgets(line, (int)size, file) == NULL)
		return false;
	line[strcspn(line, "\n")] = '\0';
	return true;
}

static void add_node(const char *name)
{
	char line[256];
	FILE *file = fopen(NODES, "a+");

	if (file == NULL)
		return;
	rewind(file);
	while (next_node(file, line, sizeof(line))) {
		if (strcmp(line, name) == 0) {
			fclose(file);
			return;
		}
	}
	fprintf(file, "%s\n", name);
	fclose(file);
}

static int delete_node(const char *name, bool ignore_missing)
{
	char line[256];
	FILE *from = fopen(NODES, "r");
	FILE *to = fopen(NODES ".new", "w");
	bool found = false;

	while (to != NULL && next_node(from, line, sizeof(line))) {
		if (strcmp(line, name) == 0)
			found = true;
		else
			fprintf(to, "%s\n", line);
	}
	if (from != NULL)
		fclose(from);
	if (to == NULL || fclose(to) != 0 || rename(NODES ".new", NODES) < 0)
		return 1;
	if (found)
		printf("node \"%s\" deleted\n", name);
	else if (!ignore_missing)
		fprintf(stderr, "Error from server (NotFound): nodes \"%s\" not found\n", name);
	return found || ignore_missing ? 0 : 1;
}

static int get_nodes(void)
{
	char line[256];
	FILE *file = fopen(NODES, "r");
	const char *separator = "";

	printf("{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[");
	while (next_node(file, line, sizeof(line))) {
		bool ready = strcmp(line, node_name()) == 0;

		printf("%s{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"%s\"},"
		       "\"status\":{\"conditions\":[{\"type\":\"MemoryPressure\",\"status\":\"False\"},"
		       "{\"type\":\"Ready\",\"status\":\"%s\"}]}}",
		       separator, line, ready ? "True" : "Unknown");
		separator = ",";
	}
	if (file != NULL)
		fclose(file);
	puts("]}");
	return 0;
}

/* The lines that a jsonpath asks for: that of the one key in it, or all. */
static int print_values(char *text, const char *format)
{
	static const char *const keys[] = { "ca\\.crt", "tls\\.crt", "tls\\.key" };
	int asked = 0, last = 0;

	for (int i = 0; i < 3; i++)
		if (strstr(format, keys[i]) != NULL) {
			asked++;
			last = i;
		}
	if (asked != 1)
		return fputs(text, stdout) < 0;
	while (last-- > 0 && strchr(text, '\n') != NULL)
		text = strchr(text, '\n') + 1;
	return printf("%.*s", (int)strcspn(text, "\n"), text) < 0;
}

static int get_secret(const char *name, const char *format)
{
	char text[8192];
	bool hidden = strcmp(name, "openshell-cli-client") != 0 || is_set("FAKE_NO_SECRET") ||
		      since_start_ms() < setting_ms("FAKE_SECRET_AFTER_MS", 0);
	int fd = hidden ? -1 : open(SECRET, O_RDONLY);
	ssize_t len;

	if (fd < 0) {
		fprintf(stderr, "Error from server (NotFound): secrets \"%s\" not found\n", name);
		return 1;
	}
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return 1;
	text[len] = '\0';
	return print_values(text, format);
}

/* The value of an option that is the next word or follows "=": -o json, -o=json, --raw=/readyz. */
static const char *option(char **words, const char *name)
{
	size_t len = strlen(name);

	for (; *words != NULL; words++) {
		if (strncmp(*words, name, len) != 0)
			continue;
		if ((*words)[len] == '=')
			return *words + len + 1;
		if ((*words)[len] == '\0')
			return words[1] != NULL ? words[1] : "";
	}
	return NULL;
}

/* The nth word that is no option, nor the value of -n or -o. */
static const char *operand(char **words, int nth)
{
	for (; *words != NULL; words++) {
		if (strcmp(*words, "-n") == 0 || strcmp(*words, "-o") == 0) {
			if (words[1] != NULL)
				words++;
		} else if ((*words)[0] != '-' && nth-- == 0) {
			return *words;
		}
	}
	return "";
}

static const char *workload(void)
{
	const char *kind = getenv("FAKE_WORKLOAD");

	return kind != NULL && *kind != '\0' ? kind : "statefulset";
}

static int get_statefulset(const char *format)
{
	if (since_start_ms() < setting_ms("FAKE_WORKLOAD_AFTER_MS", 0))
		return 0; /* it was asked with --ignore-not-found */
	if (strcmp(format, "name") == 0)
		printf("%s.apps/openshell\n", workload());
	else if (strcmp(format, "json") == 0)
		puts("{\"apiVersion\":\"apps/v1\",\"kind\":\"StatefulSet\",\"metadata\":{\"name\":"
		     "\"openshell\",\"namespace\":\"openshell\"},\"spec\":{\"replicas\":1},"
		     "\"status\":{\"replicas\":1,\"readyReplicas\":1}}");
	else
		puts("1");
	return 0;
}

static int kubectl_get(char **words)
{
	const char *kind = operand(words, 1);
	const char *format = option(words, "-o");

	if (option(words, "--raw") != NULL) {
		fputs("ok", stdout);
		return 0;
	}
	if (strcmp(kind, "secret") == 0)
		return get_secret(operand(words, 2), format != NULL ? format : "");
	if (strcmp(kind, "nodes") == 0 || strcmp(kind, "node") == 0)
		return get_nodes();
	if (strncmp(kind, "statefulset", 11) == 0)
		return get_statefulset(format != NULL ? format : "");
	if (strcmp(kind, "namespace") == 0) {
		puts("namespace/openshell");
		return 0;
	}
	if (strcmp(kind, "pods") == 0) {
		puts("NAMESPACE   NAME          READY   STATUS    RESTARTS   AGE\n"
		     "openshell   openshell-0   1/1     Running   0          1s");
		return 0;
	}
	fprintf(stderr, "error: the server doesn't have a resource type \"%s\"\n", kind);
	return 1;
}

static int rollout(char **words)
{
	const char *verb = operand(words, 1), *name = operand(words, 2);
	FILE *file = fopen(ROLLOUTS, "a");

	if (file == NULL || fprintf(file, "%s %s\n", verb, name) < 0 || fclose(file) != 0)
		return 1;
	if (strncmp(name, workload(), strlen(workload())) != 0) {
		fprintf(stderr, "Error from server (NotFound): %s not found\n", name);
		return 1;
	}
	if (strcmp(verb, "status") == 0 && is_set("FAKE_ROLLOUT_FAILS")) {
		fputs("error: timed out waiting for the condition\n", stderr);
		return 1;
	}
	printf("%s done\n", name);
	return 0;
}

static int run_kubectl(char **words)
{
	const char *verb = operand(words, 0);

	if (since_start_ms() < 0) {
		fputs("The connection to the server localhost:6443 was refused\n", stderr);
		return 1;
	}
	if (strcmp(verb, "get") == 0)
		return kubectl_get(words);
	if (strcmp(verb, "delete") == 0)
		return delete_node(operand(words, 2), option(words, "--ignore-not-found") != NULL);
	if (strcmp(verb, "rollout") == 0)
		return rollout(words);
	fprintf(stderr, "error: unknown command \"%s\" for \"kubectl\"\n", verb);
	return 1;
}

static int import_images(void)
{
	static char bytes[65536];
	long long total = 0;
	FILE *file;
	ssize_t len;

	while ((len = read(STDIN_FILENO, bytes, sizeof(bytes))) > 0) {
		total += len;
		if (is_set("FAKE_IMPORT_FAILS")) {
			fputs("ctr: unexpected media type\n", stderr);
			return 1;
		}
	}
	file = fopen(IMPORTED, "w");
	if (len < 0 || file == NULL || fprintf(file, "%lld\n", total) < 0 || fclose(file) != 0)
		return 1;
	puts("unpacking done");
	return 0;
}

/* ctr -a SOCKET -n SPACE version, and ... images import --platform linux - */
static int run_ctr(char **words)
{
	const char *verb = "";

	for (; *words != NULL; words++) {
		if ((strcmp(*words, "-a") == 0 || strcmp(*words, "-n") == 0) && words[1] != NULL) {
			words++;
			continue;
		}
		verb = *words;
		break;
	}
	if (since_start_ms() < 0 || since_start_ms() < setting_ms("FAKE_CTR_AFTER_MS", 0)) {
		fputs("ctr: failed to dial: connection refused\n", stderr);
		return 1;
	}
	if (strcmp(verb, "version") == 0)
		return 0;
	if (strcmp(verb, "images") == 0)
		return import_images();
	fprintf(stderr, "ctr: no such command: %s\n", verb);
	return 1;
}

static int run_healthcheck(void)
{
	int64_t since = since_start_ms();

	if (is_set("FAKE_UNHEALTHY")) {
		const char *marker = getenv("FAKE_MARKER");

		puts(marker != NULL ? marker : "HEALTHCHECK_NODE_PRESSURE: DiskPressure");
		return 1;
	}
	if (since < 0 || since < setting_ms("FAKE_HEALTHY_AFTER_MS", 0) || access(SICK, F_OK) == 0) {
		puts("not ready yet");
		return 1;
	}
	return 0;
}

static int listen_on(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int yes = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 16) < 0)
		return -1;
	return fd;
}

static void answer_client(int listener)
{
	static const char ANSWER[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
	int fd = accept(listener, NULL, NULL);

	if (fd < 0)
		return;
	if (write(fd, ANSWER, sizeof(ANSWER) - 1) < 0)
		log_line("a client went away");
	close(fd);
}

static bool record_start(void)
{
	FILE *file;

	mkdir("/run", 0755);
	file = fopen(STARTED, "w");
	if (file == NULL)
		return false;
	fprintf(file, "%lld\n", (long long)now_ms());
	if (fclose(file) != 0)
		return false;
	if (is_set("FAKE_STALE_NODE"))
		add_node(getenv("FAKE_STALE_NODE"));
	add_node(node_name());
	return true;
}

static int64_t earlier(int64_t a, int64_t b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

/* Until TERM or INT (0), or until FAKE_EXIT_AFTER_MS is over (FAKE_EXIT_CODE). */
static int serve(int signals, int listener)
{
	int64_t started = now_ms();
	int64_t log_every = setting_ms("FAKE_LOG_EVERY_MS", -1);
	int64_t end = setting_ms("FAKE_EXIT_AFTER_MS", -1);
	int64_t next_log = log_every;

	for (;;) {
		struct pollfd wanted[] = {
			{ .fd = signals, .events = POLLIN },
			{ .fd = listener, .events = POLLIN },
		};
		int64_t next = earlier(end, next_log);
		int64_t passed = now_ms() - started;
		int timeout = next < 0 ? -1 : next <= passed ? 0 : (int)(next - passed);

		poll(wanted, 2, timeout);
		if (wanted[0].revents != 0)
			return 0;
		if (wanted[1].revents != 0)
			answer_client(listener);
		passed = now_ms() - started;
		if (log_every > 0 && passed >= next_log) {
			log_line("still at work");
			next_log += log_every;
		}
		if (end >= 0 && passed >= end) {
			log_line("fatal: ending as it was told to");
			return (int)setting_ms("FAKE_EXIT_CODE", 1);
		}
	}
}

static int run_server(void)
{
	sigset_t ends;
	int signals, listener, status;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signals = signalfd(-1, &ends, SFD_CLOEXEC);
	listener = listen_on(NODE_PORT);
	log_line("starting");
	if (access(CRASH, F_OK) == 0) {
		log_line("fatal: " CRASH " is there");
		return 1;
	}
	if (signals < 0 || listener < 0 || !record_start()) {
		fprintf(stderr, "fake-cluster: cannot start: %s\n", strerror(errno));
		return 1;
	}
	log_line("node registered");
	status = serve(signals, listener);
	log_line("stopping");
	return status;
}

static int run_sleep(const char *seconds)
{
	double wanted = seconds != NULL ? strtod(seconds, NULL) : 0;
	struct timespec time = { .tv_sec = (time_t)wanted };

	time.tv_nsec = (long)((wanted - (double)time.tv_sec) * 1e9);
	return nanosleep(&time, NULL) == 0 ? 0 : 1;
}

static int run_cat(void)
{
	char bytes[65536];
	ssize_t len;

	while ((len = read(STDIN_FILENO, bytes, sizeof(bytes))) > 0) {
		if (write(STDOUT_FILENO, bytes, (size_t)len) != len)
			return 1;
	}
	return len == 0 ? 0 : 1;
}

static int run_echo(char **words)
{
	for (; *words != NULL; words++)
		printf("%s%s", *words, words[1] != NULL ? " " : "");
	putchar('\n');
	return 0;
}

/* Tells the size of the terminal, again when it changes, until a line comes, or Ctrl-C. */
static int run_terminal(void)
{
	struct pollfd input = { STDIN_FILENO, POLLIN, 0 };
	struct winsize size, told = { 0 };

	for (;;) {
		if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) < 0) {
			puts("no terminal");
			return 5;
		}
		if (size.ws_row != told.ws_row || size.ws_col != told.ws_col) {
			printf("terminal %d %d\n", size.ws_row, size.ws_col);
			fflush(stdout);
			told = size;
		}
		if (poll(&input, 1, 50) > 0)
			return 4;
	}
}

static int run_applet(const char *name, char **words);

/* Just enough for CMD-SHELL and for `sh -c COMMAND`: words apart by blanks, up to "||" or ";". */
static int run_sh(char **words)
{
	char *command[64] = { NULL };
	size_t count = 0;
	char *text;

	if (words[0] == NULL || words[0][0] != '-' || words[1] == NULL)
		return 2;
	text = words[1];
	while (count < 63 && (text = strtok(count == 0 ? text : NULL, " \t\n")) != NULL) {
		if (strcmp(text, "||") == 0 || strcmp(text, ";") == 0)
			break;
		command[count++] = text;
	}
	if (count == 0)
		return 0;
	return run_applet(command[0], command + 1);
}

static int run_applet(const char *name, char **words)
{
	const char *slash = strrchr(name, '/');

	if (slash != NULL)
		name = slash + 1;
	if (strcmp(name, "fake-cluster") == 0 || strcmp(name, "cluster-entrypoint.sh") == 0)
		return words[0] != NULL ? run_applet(words[0], words + 1) : 2;
	if (strcmp(name, "server") == 0)
		return run_server();
	if (strcmp(name, "cluster-healthcheck.sh") == 0)
		return run_healthcheck();
	if (strcmp(name, "kubectl") == 0)
		return run_kubectl(words);
	if (strcmp(name, "ctr") == 0)
		return run_ctr(words);
	if (strcmp(name, "sh") == 0)
		return run_sh(words);
	if (strcmp(name, "true") == 0)
		return 0;
	if (strcmp(name, "false") == 0)
		return 1;
	if (strcmp(name, "exit") == 0)
		return words[0] != NULL ? (int)strtol(words[0], NULL, 10) : 0;
	if (strcmp(name, "sleep") == 0)
		return run_sleep(words[0]);
	if (strcmp(name, "echo") == 0)
		return run_echo(words);
	if (strcmp(name, "cat") == 0)
		return run_cat();
	if (strcmp(name, "terminal") == 0)
		return run_terminal();
	fprintf(stderr, "fake-cluster: no such command: %s\n", name);
	return 127;
}

int main(int argc, char **argv)
{
	int status;

	(void)argc;
	status = run_applet(argv[0], argv + 1);
	if (fflush(stdout) != 0)
		return 1;
	return status;
}
