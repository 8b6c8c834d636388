/* SPDX-License-Identifier: Apache-2.0 */
/* The TLS bundle on disk. Does no cryptography. */
#include "store/mtls.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/encode.h"
#include "base/file.h"
#include "store/pem.h"

#define PEM_MAX (256 * 1024)
#define BEGIN_CERT "-----BEGIN CERTIFICATE-----"
#define END_CERT "-----END CERTIFICATE-----"

const char *const mtls_keys[MTLS_FILES] = { "ca.crt", "tls.crt", "tls.key" };

void mtls_bundle_release(struct mtls_bundle *bundle)
{
	for (int i = 0; i < MTLS_FILES; i++)
		buf_release(&bundle->parts[i]);
}

static const char *const state_names[] = { "absent", "invalid", "valid" };
static_assert(ARRAY_LEN(state_names) == MTLS_VALID + 1, "one name per state");

const char *mtls_state_name(enum mtls_state state)
{
	return state_names[state];
}

/* Whole blocks only, one of them of the kind: one that was cut off has no end. */
static bool is_pem(const char *text, int which)
{
	const char *label = which == MTLS_KEY ? "PRIVATE KEY-----" : "CERTIFICATE-----";
	const char *begin, *end, *kind;
	bool found = false;

	for (; (begin = strstr(text, "-----BEGIN ")) != NULL; text = end + 1) {
		end = strstr(begin, "-----END ");
		if (end == NULL || strstr(end + 1, "-----") == NULL)
			return false;
		kind = strstr(begin, label);
		found |= kind != NULL && kind < end;
	}
	return found;
}

static int read_part(const struct paths *paths, const char *name, int which, struct buf *text, struct error **err)
{
	autofree char *dir = paths_mtls_dir(paths, name);
	autofree char *path = xasprintf("%s/%s", dir, mtls_keys[which]);

	return file_read(path, PEM_MAX, text, err);
}

enum mtls_state mtls_examine(const struct paths *paths, const char *name)
{
	autofree char *dir = paths_mtls_dir(paths, name);
	struct stat st;

	dir_recover(dir);
	if (stat(dir, &st) < 0)
		return MTLS_ABSENT;
	for (int i = 0; i < MTLS_FILES; i++) {
		AUTO(buf) text = BUF_INIT;
		autoerror struct error *ignored = NULL;

		if (read_part(paths, name, i, &text, &ignored) < 0 || !is_pem(buf_str(&text), i))
			return MTLS_INVALID;
	}
	return MTLS_VALID;
}

int mtls_check(const struct buf values[MTLS_FILES], struct error **err)
{
	for (int i = 0; i < MTLS_FILES; i++)
		if (!is_pem(buf_str(&values[i]), i))
			return error_set(err, ERROR_SYSTEM, "the gateway's %s is not a PEM %s", mtls_keys[i],
					 i == MTLS_KEY ? "private key" : "certificate");
	return 0;
}

int mtls_read(const struct paths *paths, const char *name, struct buf values[MTLS_FILES], struct error **err)
{
	autofree char *dir = paths_mtls_dir(paths, name);

	if (name_check_readable(name, err) < 0)
		return -1;
	dir_recover(dir);
	for (int i = 0; i < MTLS_FILES; i++) {
		if (read_part(paths, name, i, &values[i], err) < 0)
			return -1;
		if (!is_pem(buf_str(&values[i]), i) || strlen(buf_str(&values[i])) != values[i].len)
			return error_set(err, ERROR_SYSTEM, "%s/%s is not a whole PEM %s", dir, mtls_keys[i],
					 i == MTLS_KEY ? "private key" : "certificate");
	}
	return 0;
}

/* Makes dir hold the three files. */
static int put(const struct paths *paths, const char *name, const char *dir, const struct buf values[MTLS_FILES],
	       struct error **err)
{
	struct dir_entry entries[MTLS_FILES];

	if (name_check_readable(name, err) < 0 || mtls_check(values, err) < 0)
		return -1;
	for (int i = 0; i < MTLS_FILES; i++)
		entries[i] = (struct dir_entry){ mtls_keys[i], buf_str(&values[i]), values[i].len };
	if (paths_make_gateway_dir(paths, name, err) < 0)
		return -1;
	return dir_replace(dir, entries, MTLS_FILES, err);
}

int mtls_store(const struct paths *paths, const char *name, const struct buf values[MTLS_FILES], struct error **err)
{
	autofree char *dir = paths_mtls_dir(paths, name);

	return put(paths, name, dir, values, err);
}

static char *staging_dir(const struct paths *paths, const char *name)
{
	autofree char *dir = paths_mtls_dir(paths, name);

	return xasprintf("%s.new", dir);
}

char *mtls_stage(const struct paths *paths, const char *name, const struct buf values[MTLS_FILES], struct error **err)
{
	autofree char *dir = staging_dir(paths, name);

	return put(paths, name, dir, values, err) < 0 ? NULL : STEAL(dir);
}

int mtls_unstage(const struct paths *paths, const char *name, struct error **err)
{
	autofree char *dir = staging_dir(paths, name);

	return name_check_readable(name, err) < 0 ? -1 : dir_remove_replaced(dir, err);
}

int mtls_remove(const struct paths *paths, const char *name, struct error **err)
{
	autofree char *dir = paths_mtls_dir(paths, name);

	return mtls_unstage(paths, name, err) < 0 ? -1 : dir_remove_replaced(dir, err);
}

void mtls_tidy(const struct paths *paths, const char *name)
{
	autofree char *dir = paths_mtls_dir(paths, name);
	autofree char *tmp = xasprintf("%s.tmp", dir), *bak = xasprintf("%s.bak", dir);
	autoerror struct error *ignored = NULL;

	dir_recover(dir);
	if (mtls_unstage(paths, name, &ignored) < 0)
		error_free(&ignored);
	if (dir_remove(tmp, &ignored) < 0)
		error_free(&ignored);
	(void)!dir_remove(bak, &ignored);
}

int mtls_file_read(int which, const char *path, struct buf *text, struct error **err)
{
	if (file_read(path, PEM_MAX, text, err) < 0) {
		/* a directory, a pipe, too large: the wrong file was named */
		if (error_is(*err, ERROR_SYSTEM))
			(*err)->kind = ERROR_USAGE;
		return -1;
	}
	return which == MTLS_KEY ? pem_check_key(buf_str(text), text->len, path, err)
				 : pem_check_certificates(buf_str(text), text->len, path, err);
}

/* ------------------------------------------------------------------ expiry (X.509, RFC 5280 section 4.1) */

struct der {
	const unsigned char *at, *end;
};

/* Steps over one element; false at the end or when it is malformed. Its content is *inner. */
static bool der_next(struct der *der, unsigned *tag, struct der *inner)
{
	size_t len, bytes;

	if (der->end - der->at < 2)
		return false;
	*tag = *der->at++;
	len = *der->at++;
	if (len >= 0x80) {
		bytes = len & 0x7f;
		if (bytes == 0 || bytes > 4 || (size_t)(der->end - der->at) < bytes)
			return false;
		for (len = 0; bytes > 0; bytes--)
			len = len << 8 | *der->at++;
	}
	if ((size_t)(der->end - der->at) < len)
		return false;
	*inner = (struct der){ der->at, der->at + len };
	der->at += len;
	return true;
}

/* Certificate > TBSCertificate > [version], serial, signature, issuer, validity > notBefore, notAfter */
static bool find_not_after(struct der certificate, unsigned *tag, struct der *time)
{
	struct der tbs, part;

	if (!der_next(&certificate, tag, &tbs) || !der_next(&tbs, tag, &part))
		return false;
	tbs = part;
	if (!der_next(&tbs, tag, &part))
		return false;
	if (*tag == 0xa0 && !der_next(&tbs, tag, &part))
		return false;
	for (int i = 0; i < 3; i++)
		if (!der_next(&tbs, tag, &part))
			return false;
	return der_next(&part, tag, time) && der_next(&part, tag, time);
}

/* UTCTime YYMMDDHHMMSSZ (two-digit years below 50 are 20xx) or GeneralizedTime YYYYMMDDHHMMSSZ. */
static char *iso_time(unsigned tag, const struct der *time)
{
	size_t len = (size_t)(time->end - time->at), year_digits = tag == 0x18 ? 4 : 2;
	autofree char *text = xstrndup((const char *)time->at, len); /* shorter where it holds a NUL */
	const char *rest = text + year_digits;

	if ((tag != 0x17 && tag != 0x18) || len != year_digits + 11 ||
	    strspn(text, "0123456789") != len - 1 || text[len - 1] != 'Z')
		return NULL;
	return xasprintf("%s%.*s-%.2s-%.2sT%.2s:%.2s:%.2sZ",
			 tag == 0x18 ? "" : text[0] < '5' ? "20" : "19", (int)year_digits, text, rest,
			 rest + 2, rest + 4, rest + 6, rest + 8);
}

char *mtls_pem_expiry(const char *pem)
{
	const char *begin = strstr(pem, BEGIN_CERT), *end = begin ? strstr(begin, END_CERT) : NULL;
	AUTO(buf) bytes = BUF_INIT;
	struct der time;
	unsigned tag;

	if (end == NULL)
		return NULL;
	begin += strlen(BEGIN_CERT);
	if (!base64_decode(begin, (size_t)(end - begin), &bytes))
		return NULL;
	if (!find_not_after((struct der){ (const unsigned char *)buf_str(&bytes),
					  (const unsigned char *)buf_str(&bytes) + bytes.len }, &tag, &time))
		return NULL;
	return iso_time(tag, &time);
}

char *mtls_expiry(const struct paths *paths, const char *name)
{
	AUTO(buf) text = BUF_INIT;
	autoerror struct error *ignored = NULL;
	autofree char *dir = paths_mtls_dir(paths, name);

	dir_recover(dir);
	if (read_part(paths, name, MTLS_CERT, &text, &ignored) < 0)
		return NULL;
	return mtls_pem_expiry(buf_str(&text));
}

bool mtls_days_left(const char *expires, int64_t now_ms, int *days)
{
	const int64_t day_ms = 24 * 3600 * (int64_t)1000;
	struct tm tm = { 0 };
	const char *end = strptime(expires, "%Y-%m-%dT%H:%M:%SZ", &tm);
	int64_t left;

	if (end == NULL || *end != '\0')
		return false;
	left = (int64_t)timegm(&tm) * 1000 - now_ms;
	*days = (int)(left / day_ms - (left < 0 && left % day_ms != 0));
	return true;
}
