/* SPDX-License-Identifier: Apache-2.0 */
/* Checks PEM text (RFC 7468) line by line. */
#include "store/pem.h"

#include "base/buf.h"
#include "base/encode.h"
#include "base/log.h"

#define BEGIN "-----BEGIN "
#define END "-----END "
#define DASHES "-----"
#define CERTIFICATE "CERTIFICATE"
#define DER_SEQUENCE 0x30

struct reader {
	const char *origin;
	size_t line;       /* number of the current one */
	const char *body;  /* after the BEGIN line of the open block, or NULL */
	size_t begin;      /* that line's number */
	size_t count;      /* whole certificates so far */
};

static int wrong(const struct reader *reader, struct error **err, const char *what)
{
	return error_set(err, ERROR_USAGE, "%s, line %zu: %s", reader->origin, reader->line, what);
}

/* What stands between the words and the dashes at the end. The caller frees. */
static char *label_of(const char *line, const char *prefix)
{
	size_t len = strlen(line), before = strlen(prefix), after = strlen(DASHES);

	return len < before + after || !str_ends(line, DASHES) ? xstrdup("")
							       : xstrndup(line + before, len - before - after);
}

static int begin_block(struct reader *reader, const char *line, const char *after, struct error **err)
{
	autofree char *label = label_of(line, BEGIN);
	autofree char *shown = log_safe_text(label, strlen(label));

	if (str_ends(label, "PRIVATE KEY"))
		return wrong(reader, err, "a private key is not for the node; only certificates are");
	if (!streq(label, CERTIFICATE))
		return error_set(err, ERROR_USAGE, "%s, line %zu: '%s' is no " CERTIFICATE, reader->origin,
				 reader->line, shown);
	if (reader->body != NULL)
		return wrong(reader, err, "a certificate begins within another one");
	reader->body = after;
	reader->begin = reader->line;
	return 0;
}

static int end_block(struct reader *reader, const char *line, const char *start, struct error **err)
{
	autofree char *label = label_of(line, END);
	AUTO(buf) bytes = BUF_INIT;

	if (reader->body == NULL || !streq(label, CERTIFICATE))
		return wrong(reader, err, "the end of something that did not begin");
	if (!base64_decode(reader->body, (size_t)(start - reader->body), &bytes) || bytes.len < 2 ||
	    (unsigned char)bytes.data[0] != DER_SEQUENCE) {
		reader->line = reader->begin;
		return wrong(reader, err, "what begins here is no certificate in base64");
	}
	reader->body = NULL;
	reader->count++;
	return 0;
}

static int read_line(struct reader *reader, const char *start, size_t len, const char *after, struct error **err)
{
	autofree char *line = NULL;

	while (len > 0 && strchr(" \t\r", start[len - 1]) != NULL)
		len--;
	line = xstrndup(start, len);
	if (str_starts(line, BEGIN))
		return begin_block(reader, line, after, err);
	if (str_starts(line, END))
		return end_block(reader, line, start, err);
	return 0;
}

int pem_check_certificates(const char *text, size_t len, const char *origin, struct error **err)
{
	struct reader reader = { .origin = origin };
	const char *end = text + len;

	if (memchr(text, '\0', len) != NULL)
		return error_set(err, ERROR_USAGE, "%s: not text (PEM); it holds a NUL byte", origin);
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *after = newline ? newline + 1 : end;

		reader.line++;
		if (read_line(&reader, text, (size_t)((newline ? newline : end) - text), after, err) < 0)
			return -1;
		text = after;
	}
	if (reader.body != NULL) {
		reader.line = reader.begin;
		return wrong(&reader, err, "the certificate that begins here has no end");
	}
	if (reader.count == 0)
		return error_set(err, ERROR_USAGE,
				 "%s: holds no certificate in PEM form (" BEGIN CERTIFICATE DASHES ")", origin);
	return 0;
}
