/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a certificate's time, from PEM: the input as the file, and as the bytes of a certificate in one.
 *
 * Rule: the answer is none, or a time as "2036-11-22T17:38:00Z".
 */
#include "fuzz.h"

#include "base/buf.h"
#include "store/mtls.h"

static void check(const char *pem)
{
	static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
	autofree char *time = mtls_pem_expiry(pem);

	if (time == NULL)
		return;
	RULE(strlen(time) == strlen(form));
	for (size_t i = 0; form[i] != '\0'; i++)
		RULE(form[i] == 'd' ? time[i] >= '0' && time[i] <= '9' : time[i] == form[i]);
}

/* Base64 without padding troubles: the bytes are filled up with zeros, which DER ignores at its end. */
static void wrap(const uint8_t *data, size_t size, struct buf *pem)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	buf_adds(pem, "-----BEGIN CERTIFICATE-----\n");
	for (size_t i = 0; i < size; i += 3) {
		uint32_t bits = 0;

		for (size_t j = i; j < i + 3; j++)
			bits = bits << 8 | (j < size ? data[j] : 0);
		for (int shift = 18; shift >= 0; shift -= 6)
			buf_add(pem, &alphabet[bits >> shift & 63], 1);
	}
	buf_adds(pem, "\n-----END CERTIFICATE-----\n");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *text = fuzz_text(data, size);
	AUTO(buf) pem = BUF_INIT;

	check(text);
	wrap(data, size, &pem);
	check(buf_str(&pem));
	return 0;
}
