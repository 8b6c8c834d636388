/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Environment files: one bounded read, then line by line.
 * Knows nothing of shells: what is written is what the command sees.
 */
#include "envfile.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX ((size_t)1024 * 1024)
#define LINE_MAX_BYTES ((size_t)128 * 1024 - 1)	/* the kernel's MAX_ARG_STRLEN less its NUL */

static bool is_name(const char *text, size_t len)
{
	static const char SIGNS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

	if (len == 0 || (text[0] >= '0' && text[0] <= '9'))
		return false;
	return strspn(text, SIGNS) >= len;
}

static int bad_line(const char *path, size_t number, const char *what)
{
	warnx("%s:%zu: %s", path, number, what);
	return -1;
}

/* line has no newline and is terminated by NUL at line[len]. */
static int load_line(const char *path, size_t number, char *line, size_t len)
{
	char *equals;

	if (len > 0 && line[len - 1] == '\r')
		line[--len] = '\0';
	if (strlen(line) != len)
		return bad_line(path, number, "there is a NUL byte in the line");
	if (len > LINE_MAX_BYTES)
		return bad_line(path, number, "the line is longer than 131071 bytes");
	line += strspn(line, " \t");
	if (*line == '\0' || *line == '#')
		return 0;
	equals = strchr(line, '=');
	if (equals == NULL)
		return bad_line(path, number, "expected KEY=VALUE, there is no '='");
	if (!is_name(line, (size_t)(equals - line)))
		return bad_line(path, number,
				"a name is letters, digits and '_', not beginning with a digit");
	*equals = '\0';
	if (setenv(line, equals + 1, 1) < 0) {
		warn("%s:%zu", path, number);
		return -1;
	}
	return 0;
}

static int load_text(const char *path, char *text, size_t len)
{
	size_t number = 0;
	char *end = text + len;

	while (text < end) {
		char *newline = memchr(text, '\n', (size_t)(end - text));
		char *stop = newline != NULL ? newline : end;

		*stop = '\0';
		number++;
		if (load_line(path, number, text, (size_t)(stop - text)) < 0)
			return -1;
		text = stop + 1;
	}
	return 0;
}

/* Reads until the end or until the buffer is full; -1 with errno when reading fails. */
static ssize_t read_all(int fd, char *buffer, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t got = read(fd, buffer + len, size - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		len += (size_t)got;
	}
	return (ssize_t)len;
}

static int load_fd(const char *path, int fd)
{
	char *text = malloc(FILE_MAX + 2);	/* one more byte shows an excess, one is the NUL */
	ssize_t len;
	int status;

	if (text == NULL) {
		warn("%s", path);
		return -1;
	}
	len = read_all(fd, text, FILE_MAX + 1);
	if (len < 0) {
		warn("cannot read environment file '%s'", path);
		status = -1;
	} else if ((size_t)len > FILE_MAX) {
		warnx("environment file '%s' is larger than 1 MiB", path);
		status = -1;
	} else {
		status = load_text(path, text, (size_t)len);
	}
	explicit_bzero(text, FILE_MAX + 2);
	free(text);
	return status;
}

int envfile_load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int status;

	if (fd < 0) {
		warn("cannot open environment file '%s'", path);
		return -1;
	}
	status = load_fd(path, fd);
	close(fd);
	return status;
}
