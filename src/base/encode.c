/* SPDX-License-Identifier: Apache-2.0 */
/* Base64. glibc has none, and libresolv's b64_pton is no part of the libraries we link. */
#include "base/encode.h"

#include <ctype.h>

static int digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four digits make three bytes; padding at the end takes one or two of them away. */
static void add_group(struct buf *bytes, uint32_t bits, int digits)
{
	unsigned char group[3] = { bits >> 16 & 0xff, bits >> 8 & 0xff, bits & 0xff };

	buf_add(bytes, group, (size_t)digits - 1);
}

bool base64_decode(const char *text, size_t len, struct buf *out)
{
	AUTO(buf) bytes = BUF_INIT;
	uint32_t bits = 0;
	int digits = 0, padding = 0;

	for (size_t i = 0; i < len; i++) {
		int value = digit(text[i]);

		if (isspace((unsigned char)text[i]))
			continue;
		if (text[i] == '=') {
			padding++;
			continue;
		}
		if (value < 0 || padding > 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		if (++digits == 4) {
			add_group(&bytes, bits, 4);
			bits = 0;
			digits = 0;
		}
	}
	if (digits == 1 || (digits == 0 && padding != 0) || (digits != 0 && digits + padding != 4))
		return false;
	if (digits > 0)
		add_group(&bytes, bits << (6 * (4 - digits)), digits);
	buf_add(out, buf_str(&bytes), bytes.len);
	return true;
}

char *base64_encode(const void *bytes, size_t len)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *in = bytes;
	AUTO(buf) text = BUF_INIT;

	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i;
		uint32_t bits = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) | (left > 2 ? in[i + 2] : 0);
		char digits[4] = { alphabet[bits >> 18], alphabet[bits >> 12 & 63],
				   left > 1 ? alphabet[bits >> 6 & 63] : '=', left > 2 ? alphabet[bits & 63] : '=' };

		buf_add(&text, digits, sizeof(digits));
	}
	return text.len > 0 ? buf_steal(&text) : xstrdup("");
}
