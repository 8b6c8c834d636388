/* SPDX-License-Identifier: Apache-2.0 */
/* Checks PEM text (RFC 7468) line by line. */
#include "store/pem.h"

#include <stdlib.h>

#include "base/argv.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/log.h"

#define BEGIN "-----BEGIN "
#define END "-----END "
#define DASHES "-----"
#define CERTIFICATE "CERTIFICATE"
#define PRIVATE_KEY "PRIVATE KEY"
#define EC_PARAMETERS "EC PARAMETERS"
#define DER_SEQUENCE 0x30

struct reader {
	const char *origin;
	bool wants_key;    /* else certificates */
	char *label;       /* of the open block */
	size_t line;       /* number of the current one */
	const char *body;  /* after the BEGIN line of the open block, or NULL */
	size_t begin;      /* that line's number */
	size_t count;      /* whole certificates or keys so far */
};

static void reader_release(struct reader *reader)
{
	free(reader->label);
}

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

static int encrypted(const struct reader *reader, struct error **err)
{
	AUTO(argv) command = ARGV_INIT;
	autofree char *line = NULL;

	argv_addl(&command, "openssl", "pkey", "-in", reader->origin, "-out", "plain.key", NULL);
	line = argv_quote(&command);
	wrong(reader, err, "the key is encrypted, and nobody is asked for its passphrase");
	return error_hint_command(err, "Give a copy of it without one", "%s", line);
}

static int check_label(const struct reader *reader, const char *label, struct error **err)
{
	autofree char *shown = log_safe_text(label, strlen(label));
	bool is_key = str_ends(label, PRIVATE_KEY);

	if (is_key && !reader->wants_key)
		return wrong(reader, err, "a private key has no place here; only certificates have");
	if (is_key && str_starts(label, "ENCRYPTED "))
		return encrypted(reader, err);
	if (reader->wants_key ? is_key || streq(label, EC_PARAMETERS) : streq(label, CERTIFICATE))
		return 0;
	return error_set(err, ERROR_USAGE, "%s, line %zu: '%s' is no %s", reader->origin, reader->line, shown,
			 reader->wants_key ? PRIVATE_KEY : CERTIFICATE);
}

static int begin_block(struct reader *reader, const char *line, const char *after, struct error **err)
{
	autofree char *label = label_of(line, BEGIN);

	if (check_label(reader, label, err) < 0)
		return -1;
	if (reader->body != NULL)
		return wrong(reader, err, reader->wants_key ? "a key begins within another one"
							    : "a certificate begins within another one");
	if (reader->wants_key && reader->count > 0)
		return wrong(reader, err, "something follows the key");
	reader->body = after;
	reader->begin = reader->line;
	free(reader->label);
	reader->label = STEAL(label);
	return 0;
}

static int end_block(struct reader *reader, const char *line, const char *start, struct error **err)
{
	autofree char *label = label_of(line, END);
	bool counts = reader->body != NULL && !streq(reader->label, EC_PARAMETERS);
	AUTO(buf) bytes = BUF_INIT;

	if (reader->body == NULL || !streq(label, reader->label))
		return wrong(reader, err, "the end of something that did not begin");
	if (!base64_decode(reader->body, (size_t)(start - reader->body), &bytes) || bytes.len < 2 ||
	    (counts && (unsigned char)bytes.data[0] != DER_SEQUENCE)) {
		reader->line = reader->begin;
		return wrong(reader, err, reader->wants_key ? "what begins here is no key in base64"
							    : "what begins here is no certificate in base64");
	}
	reader->body = NULL;
	reader->count += counts;
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
	/* the older form has a header within the block (RFC 1421) */
	if (reader->wants_key && reader->body != NULL && str_starts(line, "Proc-Type:") &&
	    str_ends(line, "ENCRYPTED"))
		return encrypted(reader, err);
	return 0;
}

static int check(struct reader *reader, const char *text, size_t len, struct error **err)
{
	const char *end = text + len;

	if (memchr(text, '\0', len) != NULL)
		return error_set(err, ERROR_USAGE, "%s: not text (PEM); it holds a NUL byte", reader->origin);
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *after = newline ? newline + 1 : end;

		reader->line++;
		if (read_line(reader, text, (size_t)((newline ? newline : end) - text), after, err) < 0)
			return -1;
		text = after;
	}
	if (reader->body != NULL) {
		reader->line = reader->begin;
		return wrong(reader, err, reader->wants_key ? "the key that begins here has no end"
							    : "the certificate that begins here has no end");
	}
	if (reader->count > 0)
		return 0;
	return error_set(err, ERROR_USAGE, "%s: holds no %s in PEM form (" BEGIN "%s" DASHES ")", reader->origin,
			 reader->wants_key ? "private key" : "certificate",
			 reader->wants_key ? PRIVATE_KEY : CERTIFICATE);
}

int pem_check_certificates(const char *text, size_t len, const char *origin, struct error **err)
{
	AUTO(reader) reader = { .origin = origin };

	return check(&reader, text, len, err);
}

int pem_check_key(const char *text, size_t len, const char *origin, struct error **err)
{
	AUTO(reader) reader = { .origin = origin, .wants_key = true };

	return check(&reader, text, len, err);
}
