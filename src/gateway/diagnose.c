/* SPDX-License-Identifier: Apache-2.0 */
/* From texts of docker and registries to kinds and hints. First match wins. */
#include "gateway/diagnose.h"

#include "base/base.h"

struct diagnosis {
	const char *where; /* also part of the text, or NULL */
	const char *texts[12];
	enum error_kind kind;
	bool retriable;
	const char *hint;
};

#define PULL "docker pull"

static const struct diagnosis diagnoses[] = {
	{ NULL, { "was not found on PATH" }, ERROR_UNREACHABLE, false,
	  "install docker (Debian: apt-get install docker.io) or put it on PATH" },
	{ NULL, { "permission denied while trying to connect", "connect: permission denied" },
	  ERROR_REFUSED, false,
	  "may you use docker's socket? join the group docker (then log in again), or use sudo" },
	{ NULL, { "Cannot connect to the Docker daemon", "Is the docker daemon running", "error during connect",
		  "docker does not answer" },
	  ERROR_UNREACHABLE, true, "start docker, or set DOCKER_HOST to where it runs; 'docker info' tells more" },
	{ NULL, { "port is already allocated", "address already in use" }, ERROR_CONFLICT, false,
	  "take another port: openshell gateway start --port 0" },
	{ NULL, { "no space left on device" }, ERROR_SYSTEM, false,
	  "free some disk space: 'docker system df' tells what docker uses" },
	{ NULL, { "could not select device driver" }, ERROR_SYSTEM, false,
	  "install the NVIDIA container toolkit on docker's host, or start without --gpu" },
	{ PULL, { "toomanyrequests", "429 Too Many Requests" }, ERROR_SYSTEM, true,
	  "the registry limits how often you may pull: wait, or log in (docker login)" },
	{ PULL, { "pull access denied", "unauthorized", "denied:", "authentication required", "403 Forbidden" },
	  ERROR_REFUSED, false, "log in to the registry (docker login), or check the image's name" },
	{ PULL, { "manifest unknown", "not found", "does not exist", "no matching manifest" }, ERROR_ABSENT, false,
	  "check OPENSHELL_CLUSTER_IMAGE and IMAGE_TAG, or build the image: deploy/scripts/build-images.sh" },
	{ PULL, { "no such host", "i/o timeout", "network is unreachable", "connection refused",
		  "connection reset", "TLS handshake timeout", "dial tcp", "no route to host",
		  "temporary failure in name resolution", "Client.Timeout exceeded", "context deadline exceeded" },
	  ERROR_SYSTEM, true,
	  "the registry cannot be reached; where there is none, build the image: deploy/scripts/build-images.sh" },
};

static bool matches(const struct diagnosis *diagnosis, const char *text)
{
	if (diagnosis->where != NULL && strstr(text, diagnosis->where) == NULL)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(diagnosis->texts) && diagnosis->texts[i] != NULL; i++)
		if (strstr(text, diagnosis->texts[i]) != NULL)
			return true;
	return false;
}

void diagnose(struct error *err)
{
	autofree char *text = NULL;

	if (err == NULL || (err->kind != ERROR_SYSTEM && err->kind != ERROR_UNREACHABLE))
		return;
	text = error_text(err);
	for (size_t i = 0; i < ARRAY_LEN(diagnoses); i++) {
		if (!matches(&diagnoses[i], text))
			continue;
		err->kind = diagnoses[i].kind;
		err->retriable = diagnoses[i].retriable;
		error_hint(&err, "%s", diagnoses[i].hint);
		return;
	}
}
