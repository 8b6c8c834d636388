/* SPDX-License-Identifier: Apache-2.0 */
/* Reading option values. */
#include "cli/values.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"

#define NANO 1000000000
#define SECRET_MAX (64 * 1024)

/* The digits at text as a number, at most max; NULL when there are none or they are too many. */
static const char *digits(const char *text, int64_t max, int64_t *value)
{
	if (!isdigit((unsigned char)*text))
		return NULL;
	for (*value = 0; isdigit((unsigned char)*text); text++) {
		int digit = *text - '0';

		if (*value > (max - digit) / 10)
			return NULL;
		*value = *value * 10 + digit;
	}
	return text;
}

bool value_bytes(const char *text, int64_t *bytes)
{
	static const char units[] = "bkmgt";
	const char *rest = digits(text, INT64_MAX, bytes), *unit;
	int shift;

	if (rest == NULL || *rest == '\0')
		return rest != NULL;
	unit = strchr(units, tolower((unsigned char)*rest));
	if (unit == NULL || rest[1] != '\0')
		return false;
	shift = 10 * (int)(unit - units);
	if (*bytes > INT64_MAX >> shift)
		return false;
	*bytes <<= shift;
	return true;
}

bool value_nano(const char *text, int64_t *nano)
{
	const char *rest = digits(text, 100000, nano);
	int64_t scale = NANO;

	if (rest == NULL)
		return false;
	*nano *= NANO;
	if (*rest == '.' && rest[1] == '\0')
		return false;
	for (rest += *rest == '.'; isdigit((unsigned char)*rest) && scale > 1; rest++) {
		scale /= 10;
		*nano += (*rest - '0') * scale;
	}
	return *rest == '\0';
}

static int read_stdin(struct buf *text, struct error **err)
{
	char bytes[4096];
	ssize_t got;

	while ((got = read(STDIN_FILENO, bytes, sizeof(bytes))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_errno(err, "cannot read standard input");
		if (text->len + (size_t)got > SECRET_MAX)
			return error_set(err, ERROR_USAGE, "standard input holds more than a token");
		buf_add(text, bytes, (size_t)got);
	}
	explicit_bzero(bytes, sizeof(bytes));
	return 0;
}

static bool is_one_line(const struct buf *text)
{
	for (size_t i = 0; i < text->len; i++)
		if (iscntrl((unsigned char)text->data[i]))
			return false;
	return text->len > 0;
}

int value_secret(const struct invocation *in, const char *option, const char *file_option, char **secret,
		 struct error **err)
{
	const char *given = in_value(in, option), *file = in_value(in, file_option), *from = given ? option : file_option;
	AUTO(buf) text = BUF_INIT;
	int rc = 0;

	if (given != NULL) {
		buf_adds(&text, given);
		/* getopt's value points into the argument vector, which ps shows */
		explicit_bzero((char *)(uintptr_t)given, strlen(given));
	}
	if (given != NULL && file != NULL)
		return error_set(err, ERROR_USAGE, "--%s and --%s exclude each other", option, file_option);
	if (file != NULL)
		rc = streq(file, "-") ? read_stdin(&text, err) : file_read(file, SECRET_MAX, &text, err);
	if (rc < 0 && error_is(*err, ERROR_ABSENT))
		error_code(err, "file-absent");
	if (rc < 0)
		return error_wrap(err, "--%s", file_option);
	if (given == NULL && file == NULL)
		return 0;
	buf_trim_end(&text);
	if (!is_one_line(&text))
		return error_set(err, ERROR_USAGE, "--%s: a token is one line without control characters", from);
	*secret = buf_steal(&text);
	return 0;
}
