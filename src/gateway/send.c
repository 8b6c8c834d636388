/* SPDX-License-Identifier: Apache-2.0 */
/* Sending an image: what of it has to go, how far it is, and whether it came. */
#include "gateway/send.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/tar.h"

/* Where an archive of an image has its layers, by digest, since docker 25. */
#define LAYER_ALGORITHM "sha256:"
#define LAYER_DIR "blobs/sha256/"

#define TELL_EVERY_MS 1000
#define MEGABYTE 1000000

struct sending {
	const struct gateway_env *env;
	const struct image *image;
	struct tar_sieve sieve;
	struct argv present; /* digests of layers that need not go */
	uint64_t gone_by, sent;
	int64_t told_ms;
};

static void sending_release(struct sending *sending)
{
	tar_sieve_release(&sending->sieve);
	argv_release(&sending->present);
}

/* ------------------------------------------------------------------ what goes */

static bool is_present(void *arg, const char *path)
{
	const struct sending *sending = arg;
	autofree char *digest = NULL;

	if (!str_starts(path, LAYER_DIR))
		return false;
	digest = xasprintf(LAYER_ALGORITHM "%s", path + strlen(LAYER_DIR));
	return argv_contains(&sending->present, digest);
}

/*
 * An engine whose images are in its storage driver does not read the file of a layer that it has upon the same
 * ones (20.10 to 28). A digest that comes again higher up, such as an empty layer's, is another layer there.
 */
static int find_present(struct sending *sending, struct error **err)
{
	const struct argv *layers = &sending->image->layers;
	size_t count;

	if (docker_layers_present(sending->env->docker, layers, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		bool again = false;

		for (size_t above = count; above < layers->n; above++)
			again |= streq(layers->v[above], layers->v[i]);
		if (!again)
			argv_add(&sending->present, layers->v[i]);
	}
	return 0;
}

/* ------------------------------------------------------------------ how far it is */

static void tell_how_far(struct sending *sending)
{
	const struct progress *progress = sending->env->progress;
	int64_t now = clock_now_ms(sending->env->clock);
	uint64_t size = sending->image->size > 0 ? (uint64_t)sending->image->size : 0;
	/* the archive has some more than the layers */
	uint64_t done = size > 0 && sending->gone_by > size ? size : sending->gone_by;
	autofree char *text = NULL;

	if (now - sending->told_ms < TELL_EVERY_MS)
		return;
	sending->told_ms = now;
	text = size > 0 ? xasprintf("%" PRIu64 " of %" PRIu64 " MB", done / MEGABYTE, size / MEGABYTE)
			: xasprintf("%" PRIu64 " MB", done / MEGABYTE);
	progress->detail(progress->arg, text, strlen(text));
}

static void pass(void *arg, const char *bytes, size_t len, struct buf *onward)
{
	struct sending *sending = arg;
	size_t before = onward->len;

	tar_sieve_pass(&sending->sieve, bytes, len, onward);
	sending->gone_by += len;
	sending->sent += onward->len - before;
	tell_how_far(sending);
}

/* ------------------------------------------------------------------ whether it came */

static bool same_layers(const struct image *one, const struct image *other)
{
	if (one->layers.n == 0 || one->layers.n != other->layers.n)
		return false;
	for (size_t i = 0; i < one->layers.n; i++)
		if (!streq(one->layers.v[i], other->layers.v[i]))
			return false;
	return true;
}

/* Engines of the two kinds of image stores call the same image by different IDs. */
static int check_arrival(const struct sending *sending, struct error **err)
{
	const struct image *image = sending->image;
	AUTO(image) there = { 0 };
	const char *ref = image->ref;

	if (docker_images_get(sending->env->docker, &ref, 1, &there, err) < 0)
		return -1;
	if (there.id != NULL && ((image->id != NULL && streq(there.id, image->id)) || same_layers(&there, image)))
		return 0;
	return error_set(err, ERROR_SYSTEM, "docker load succeeded, but the engine %s", there.ref != NULL
			 ? "has another image of that name" : "does not have the image");
}

static int stream(struct sending *sending, const struct docker *here, struct error **err)
{
	const struct docker *there = sending->env->docker;
	autofree char *load = xasprintf("docker load on %s", there->address ? there->address : "the other engine");
	const struct docker_transfer transfer = {
		.here = here, .there = there, .ref = sending->image->ref,
		.save_purpose = "docker save on this host", .load_purpose = load,
		.relay = { pass, sending },
	};

	sending->gone_by = sending->sent = 0;
	tar_sieve_release(&sending->sieve);
	sending->sieve = (struct tar_sieve){ .drops = is_present, .arg = sending };
	return docker_image_transfer(&transfer, err);
}

static int transfer(struct sending *sending, const struct docker *here, struct error **err)
{
	return stream(sending, here, err) < 0 ? -1 : check_arrival(sending, err);
}

/* Another engine than we know, or the layers were removed meanwhile. */
static bool may_want_all(const struct sending *sending, const struct error *err)
{
	return sending->sent < sending->gone_by && error_is(err, ERROR_SYSTEM);
}

static int send_what_is_missing(struct sending *sending, const struct docker *here, struct error **err)
{
	autofree char *why = NULL;

	if (transfer(sending, here, err) == 0)
		return 0;
	if (!may_want_all(sending, *err))
		return -1;
	why = error_text(*err);
	progress_note(sending->env, "the engine did not take the image without the layers that it has (%s): all of it is "
				    "sent", why);
	error_free(err);
	argv_release(&sending->present);
	return transfer(sending, here, err);
}

/* ------------------------------------------------------------------ putting it together */

int gateway_send_image(const struct gateway_env *env, const struct docker *here, const struct image *image,
		       struct error **err)
{
	AUTO(sending) sending = { .env = env, .image = image, .told_ms = clock_now_ms(env->clock) };

	if (env->dryrun != NULL)
		return stream(&sending, here, err);
	if (find_present(&sending, err) < 0 || send_what_is_missing(&sending, here, err) < 0) {
		if (error_is(*err, ERROR_SYSTEM))
			error_code(err, "image-not-sent");
		return error_wrap(err, "cannot send the image %s of this host", image->ref);
	}
	if (sending.sent < sending.gone_by)
		progress_note(env, "sent %" PRIu64 " of %" PRIu64 " MB: the engine had the rest",
			      sending.sent / MEGABYTE, sending.gone_by / MEGABYTE);
	return 0;
}
