/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kubectl prints in the container: the values of a secret, and the list of nodes. A runner that answers with
 * the input stands in for docker.
 *
 * Rules: values come all, not empty and decoded as base64 says, or none of them; a node that is named can be an
 * argument of kubectl and is not the current one.
 */
#include "answer.h"
#include "fuzz.h"

#include "base/encode.h"
#include "tools/kubectl.h"

#define KEYS 3
#define NODE "openshell-openshell"

static const char *const keys[KEYS] = { "ca.crt", "tls.crt", "tls.key" };

static void encode(const struct buf *bytes, struct buf *text)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < bytes->len; i += 3) {
		size_t left = bytes->len - i;
		const unsigned char *at = (const unsigned char *)bytes->data + i;
		uint32_t bits = (uint32_t)at[0] << 16 | (left > 1 ? (uint32_t)at[1] << 8 : 0) | (left > 2 ? at[2] : 0);

		buf_addf(text, "%c%c%c%c", alphabet[bits >> 18], alphabet[bits >> 12 & 63],
			 left > 1 ? alphabet[bits >> 6 & 63] : '=', left > 2 ? alphabet[bits & 63] : '=');
	}
}

static void check_base64(const struct buf *value)
{
	AUTO(buf) text = BUF_INIT;
	AUTO(buf) again = BUF_INIT;

	encode(value, &text);
	RULE(base64_decode(buf_str(&text), text.len, &again));
	RULE(again.len == value->len && memcmp(buf_str(&again), buf_str(value), value->len) == 0);
}

static void secret(const struct kubectl *kubectl)
{
	struct buf values[KEYS] = { BUF_INIT, BUF_INIT, BUF_INIT };
	autoerror struct error *err = NULL;
	bool ready = false;
	int rc = kubectl_secret_get(kubectl, "openshell", "openshell-cli-client", keys, KEYS, values, &ready, &err);

	RULE(rc == (err ? -1 : 0) && (rc == 0 || !ready));
	for (int i = 0; i < KEYS; i++) {
		RULE(rc < 0 || (values[i].len > 0) == ready);
		if (ready)
			check_base64(&values[i]);
		buf_release(&values[i]);
	}
}

static void nodes(const struct kubectl *kubectl)
{
	AUTO(argv) names = ARGV_INIT;
	autoerror struct error *err = NULL;
	bool ready = false;
	int rc = kubectl_stale_nodes(kubectl, NODE, &names, &ready, &err);

	RULE(rc == (err ? -1 : 0) && ready);
	for (size_t i = 0; i < names.n; i++) {
		RULE(*names.v[i] != '\0' && *names.v[i] != '-' && is_safe(names.v[i]));
		RULE(!streq(names.v[i], NODE) && strpbrk(names.v[i], " /") == NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_answer with = { data, size };
	const struct runner runner = { .run = fuzz_answer, .arg = &with };
	const struct docker docker = { .runner = &runner, .timeout_ms = 1000 };
	const struct kubectl kubectl = { &docker, "openshell-cluster-openshell" };

	secret(&kubectl);
	nodes(&kubectl);
	return 0;
}
