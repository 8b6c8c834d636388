/* SPDX-License-Identifier: Apache-2.0 */

/*
 * openshell-runc - stands before runc where the kernel withholds CAP_SYS_RESOURCE.
 *
 * An engine asks runc for that capability in every privileged container, and where the bounding
 * set lacks it runc refuses to start any of them. So this takes the capability out of the bundle's
 * config.json (create, run) or of the --process file (exec), lowers the rlimits that only the
 * capability would allow to raise, and then becomes runc, with the same arguments.
 *
 * The JSON is edited and not parsed into a tree: everything else passes byte for byte, 64-bit
 * numbers included, and the program needs nothing beyond libc, so that the same static binary
 * serves the host's engine and the node's containerd.
 */

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "openshell-runc"
#define CAPABILITY "\"CAP_SYS_RESOURCE\""
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

enum { MAX_DEPTH = 64, MAX_FILE = 16 << 20 };

/* Where in the document the scan is; only these places are edited. */
enum place { ELSEWHERE, CONFIG, PROCESS, CAPABILITY_SETS, CAPABILITY_SET, RLIMITS, RLIMIT };

/* A string or number as it stands in the text. */
struct token {
	const char *start;
	size_t len;
};

struct scan {
	const char *at;
	const char *end;
	FILE *out;		/* NULL while only looking ahead */
	int depth;
	struct token type;	/* of the rlimit at hand */
};

static bool copy_value(struct scan *s, enum place place);

static void put(struct scan *s, const char *text, size_t len)
{
	if (s->out != NULL)
		fwrite(text, 1, len, s->out);
}

static void skip_space(struct scan *s)
{
	while (s->at < s->end && strchr(" \t\r\n", *s->at) != NULL)
		s->at++;
}

/* Takes c, and the space around it; none of it is put out. */
static bool take(struct scan *s, char c)
{
	skip_space(s);
	if (s->at >= s->end || *s->at != c)
		return false;
	s->at++;
	skip_space(s);
	return true;
}

static bool take_string(struct scan *s, struct token *t)
{
	t->start = s->at;
	if (s->at >= s->end || *s->at != '"')
		return false;
	for (s->at++; s->at < s->end && *s->at != '"'; s->at++)
		if (*s->at == '\\')
			s->at++;
	if (s->at >= s->end)
		return false;
	s->at++;
	t->len = (size_t)(s->at - t->start);
	return true;
}

static bool take_scalar(struct scan *s, struct token *t)
{
	if (s->at < s->end && *s->at == '"')
		return take_string(s, t);
	t->start = s->at;
	while (s->at < s->end && strchr(",]} \t\r\n", *s->at) == NULL)
		s->at++;
	t->len = (size_t)(s->at - t->start);
	return t->len > 0;
}

static bool is(struct token t, const char *text)
{
	return t.len == strlen(text) && memcmp(t.start, text, t.len) == 0;
}

static enum place below(enum place place, struct token key)
{
	if (place == CONFIG && is(key, "\"process\""))
		return PROCESS;
	if (place == PROCESS && is(key, "\"capabilities\""))
		return CAPABILITY_SETS;
	if (place == PROCESS && is(key, "\"rlimits\""))
		return RLIMITS;
	return place == CAPABILITY_SETS ? CAPABILITY_SET : ELSEWHERE;
}

/* The most that this process could raise a limit to; RLIM_INFINITY for one we do not know. */
static rlim_t most(struct token type)
{
	static const struct {
		const char *name;
		int resource;
	} limits[] = {
		{ "\"RLIMIT_AS\"", RLIMIT_AS },
		{ "\"RLIMIT_CORE\"", RLIMIT_CORE },
		{ "\"RLIMIT_CPU\"", RLIMIT_CPU },
		{ "\"RLIMIT_DATA\"", RLIMIT_DATA },
		{ "\"RLIMIT_FSIZE\"", RLIMIT_FSIZE },
		{ "\"RLIMIT_LOCKS\"", RLIMIT_LOCKS },
		{ "\"RLIMIT_MEMLOCK\"", RLIMIT_MEMLOCK },
		{ "\"RLIMIT_MSGQUEUE\"", RLIMIT_MSGQUEUE },
		{ "\"RLIMIT_NICE\"", RLIMIT_NICE },
		{ "\"RLIMIT_NOFILE\"", RLIMIT_NOFILE },
		{ "\"RLIMIT_NPROC\"", RLIMIT_NPROC },
		{ "\"RLIMIT_RSS\"", RLIMIT_RSS },
		{ "\"RLIMIT_RTPRIO\"", RLIMIT_RTPRIO },
		{ "\"RLIMIT_RTTIME\"", RLIMIT_RTTIME },
		{ "\"RLIMIT_SIGPENDING\"", RLIMIT_SIGPENDING },
		{ "\"RLIMIT_STACK\"", RLIMIT_STACK },
	};
	struct rlimit have;

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (is(type, limits[i].name) && getrlimit(limits[i].resource, &have) == 0)
			return have.rlim_max;
	return RLIM_INFINITY;
}

/* Puts out "hard" or "soft", lowered where it is more than we may give. */
static void put_limit(struct scan *s, struct token number)
{
	char text[32];
	rlim_t max = most(s->type);

	if (number.len < sizeof(text) && max != RLIM_INFINITY) {
		memcpy(text, number.start, number.len);
		text[number.len] = '\0';
		if (strtoull(text, NULL, 10) > max) {
			int len = snprintf(text, sizeof(text), "%llu", (unsigned long long)max);

			put(s, text, (size_t)len);
			return;
		}
	}
	put(s, number.start, number.len);
}

static bool copy_member(struct scan *s, enum place place)
{
	struct token key, value;

	if (!take_string(s, &key) || !take(s, ':'))
		return false;
	put(s, key.start, key.len);
	put(s, ":", 1);
	if (place != RLIMIT)
		return copy_value(s, below(place, key));
	if (!take_scalar(s, &value))
		return false;
	if (is(key, "\"type\""))
		s->type = value;
	if (is(key, "\"hard\"") || is(key, "\"soft\""))
		put_limit(s, value);
	else
		put(s, value.start, value.len);
	return true;
}

static bool copy_object(struct scan *s, enum place place)
{
	if (!take(s, '{'))
		return false;
	put(s, "{", 1);
	for (bool first = true; !take(s, '}'); first = false) {
		if (!first) {
			if (!take(s, ','))
				return false;
			put(s, ",", 1);
		}
		if (!copy_member(s, place))
			return false;
	}
	put(s, "}", 1);
	return true;
}

/* An rlimit's type may stand behind its numbers: read it once without output first. */
static bool copy_rlimit(struct scan *s)
{
	struct scan ahead = *s;

	ahead.out = NULL;
	ahead.type = (struct token){ "", 0 };
	if (!copy_object(&ahead, RLIMIT))
		return false;
	s->type = ahead.type;
	return copy_object(s, RLIMIT);
}

static bool copy_element(struct scan *s, enum place place, bool *first)
{
	struct scan ahead = *s;
	struct token element;

	if (place == CAPABILITY_SET && take_string(&ahead, &element) && is(element, CAPABILITY)) {
		s->at = ahead.at;
		return true;
	}
	if (!*first)
		put(s, ",", 1);
	*first = false;
	return place == RLIMITS ? copy_rlimit(s) : copy_value(s, ELSEWHERE);
}

static bool copy_array(struct scan *s, enum place place)
{
	bool first = true;

	if (!take(s, '['))
		return false;
	put(s, "[", 1);
	for (bool more = false; !take(s, ']'); more = true)
		if ((more && !take(s, ',')) || !copy_element(s, place, &first))
			return false;
	put(s, "]", 1);
	return true;
}

static bool copy_value(struct scan *s, enum place place)
{
	struct token scalar;
	bool ok;

	if (s->at >= s->end || ++s->depth > MAX_DEPTH)
		return false;
	if (*s->at == '{') {
		ok = copy_object(s, place);
	} else if (*s->at == '[') {
		ok = copy_array(s, place);
	} else {
		ok = take_scalar(s, &scalar);
		if (ok)
			put(s, scalar.start, scalar.len);
	}
	s->depth--;
	return ok;
}

/* Reads a whole file; NULL and errno when it cannot be. */
static char *slurp(const char *path, size_t *len)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	struct stat st;

	if (f == NULL)
		return NULL;
	if (fstat(fileno(f), &st) == 0 && st.st_size <= MAX_FILE) {
		text = malloc((size_t)st.st_size + 1);
		if (text != NULL) {
			*len = fread(text, 1, (size_t)st.st_size, f);
			text[*len] = '\0';
		}
	} else {
		errno = EFBIG;
	}
	fclose(f);
	return text;
}

/* Replaces path by what edit_text made of it; runc never sees a half of it. */
static bool replace(const char *path, const char *text, size_t len)
{
	char temp[PATH_MAX];
	FILE *f;
	bool ok;

	if (snprintf(temp, sizeof(temp), "%s.new", path) >= (int)sizeof(temp))
		return false;
	f = fopen(temp, "we");
	if (f == NULL)
		return false;
	ok = fchmod(fileno(f), 0600) == 0 && fwrite(text, 1, len, f) == len;
	ok = fclose(f) == 0 && ok;
	return ok && rename(temp, path) == 0;
}

/* A file that cannot be read, or is no JSON, is left for runc to complain of. */
static void edit(const char *path, enum place place)
{
	size_t len, edited_len;
	char *edited = NULL;
	char *text = slurp(path, &len);
	struct scan s = { .at = text, .end = text + (text == NULL ? 0 : len) };

	if (text == NULL)
		return;
	s.out = open_memstream(&edited, &edited_len);
	if (s.out != NULL) {
		skip_space(&s);
		bool whole = copy_value(&s, place);

		skip_space(&s);
		if (fclose(s.out) == 0 && whole && s.at == s.end && !replace(path, edited, edited_len))
			fprintf(stderr, NAME ": %s: %s\n", path, strerror(errno));
		free(edited);
	}
	free(text);
}

/* The value of an option in either form, moving on over a separate one; NULL when arg is another. */
static const char *option_value(char **argv, int *i, const char *name)
{
	size_t len = strlen(name);

	if (strcmp(argv[*i], name) == 0)
		return argv[*i + 1] != NULL ? argv[++*i] : "";
	if (strncmp(argv[*i], name, len) == 0 && argv[*i][len] == '=')
		return argv[*i] + len + 1;
	return NULL;
}

static const char *first_value(char **argv, int *i, const char *const *names)
{
	const char *value = NULL;

	for (; *names != NULL && value == NULL; names++)
		value = option_value(argv, i, *names);
	return value;
}

/* Finds runc's command and the file that it will read; edits that. */
static void edit_for(char **argv)
{
	static const char *const global[] = { "--log", "--log-format", "--root", "--criu", "--rootless", NULL };
	static const char *const bundle_names[] = { "--bundle", "-b", NULL };
	static const char *const process_names[] = { "--process", "-p", NULL };
	const char *bundle = ".", *process = NULL, *command, *value;
	char path[PATH_MAX];
	int i = 1;

	while (argv[i] != NULL && argv[i][0] == '-') {
		first_value(argv, &i, global);
		i++;
	}
	if (argv[i] == NULL)
		return;
	command = argv[i++];
	for (; argv[i] != NULL; i++) {
		if ((value = first_value(argv, &i, bundle_names)) != NULL)
			bundle = value;
		else if ((value = first_value(argv, &i, process_names)) != NULL)
			process = value;
	}
	if (strcmp(command, "exec") == 0 && process != NULL)
		edit(process, PROCESS);
	else if ((strcmp(command, "create") == 0 || strcmp(command, "run") == 0) &&
		 snprintf(path, sizeof(path), "%s/config.json", bundle) < (int)sizeof(path))
		edit(path, CONFIG);
}

int main(int argc, char **argv)
{
	const char *runc = getenv("OPENSHELL_RUNC");

	if (runc == NULL || *runc == '\0')
		runc = "runc";
	if (argc > 1)
		edit_for(argv);
	if (getenv("PATH") == NULL)
		setenv("PATH", DEFAULT_PATH, 1);
	execvp(runc, argv);
	fprintf(stderr, NAME ": %s: %s\n", runc, strerror(errno));
	return 127;
}
