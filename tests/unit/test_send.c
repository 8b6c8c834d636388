/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/send.h"

#include <stdlib.h>

#include "base/tar.h"
#include "script.h"

#define REF "openshell/cluster:dev"
#define SAVE "docker save -- " REF
#define LOAD "docker load --quiet"
#define LS "docker image ls --quiet --no-trunc"
#define LAYERS "docker image inspect --format '{{json .RootFS.Layers}}' -- *"
#define LOOK "docker image inspect --format '{{json .}}' -- " REF
#define IMAGE(id, layers) \
	"{\"Id\":\"" id "\",\"RepoTags\":[\"" REF "\"],\"RootFS\":{\"Layers\":[" layers "]},\"Config\":{}}\n"
#define OURS IMAGE("sha256:I", "\"sha256:aa\",\"sha256:bb\",\"sha256:aa\",\"sha256:cc\"")
#define HERE "HOME=/here"
#define THERE "DOCKER_HOST=unix:///there"

struct sender {
	struct scene scene;
	struct argv env_here, env_there;
	struct docker here, there;
	struct image image;
	struct runner runner;
	const char *archive_dir; /* of the layers */
	struct argv gone; /* names in what went on to `docker load`; one list for all transfers */
};

static bool note_name(void *arg, const char *path)
{
	argv_add(arg, strrchr(path, '/') + 1);
	return false;
}

/* What `docker save` would write goes by the relay. */
static void relay_archive(struct sender *sender, const struct proc_relay *relay)
{
	static const char *const names[] = { "aa", "bb", "cc", "config" };
	AUTO(tar_sieve) reader = { .drops = note_name, .arg = &sender->gone };
	AUTO(buf) tar = BUF_INIT;
	AUTO(buf) onward = BUF_INIT;
	AUTO(buf) ignored = BUF_INIT;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		autofree char *path = xasprintf("%s%s", sender->archive_dir, names[i]);
		static const char bytes[3000000];

		tar_add_file(&tar, path, 0600, bytes, i == 3 ? 10 : sizeof(bytes));
	}
	tar_end(&tar);
	for (size_t at = 0; at < tar.len; at += 65536) {
		sender->scene.script.now_ms += 20;
		relay->pass(relay->arg, tar.data + at, tar.len - at < 65536 ? tar.len - at : 65536, &onward);
	}
	tar_sieve_pass(&reader, buf_str(&onward), onward.len, &ignored);
}

static int joined(void *arg, struct proc_spec *from, struct proc_spec *to, struct proc_result results[2],
		  struct error **err)
{
	struct sender *sender = arg;
	const struct runner *script = &sender->scene.script.runner;

	assert_true(to->changes);
	relay_archive(sender, &from->relay);
	return script->pipe(script->arg, from, to, results, err);
}

static int run(void *arg, struct proc_spec *spec, struct proc_result *result, struct error **err)
{
	struct sender *sender = arg;
	const struct runner *script = &sender->scene.script.runner;

	return script->run(script->arg, spec, result, err);
}

static int sender_setup(void **state)
{
	struct sender *sender = xcalloc(1, sizeof(*sender));

	scene_open(&sender->scene);
	argv_add(&sender->env_here, HERE);
	argv_add(&sender->env_there, THERE);
	sender->runner = (struct runner){ .run = run, .pipe = joined, .arg = sender };
	sender->here = sender->there = sender->scene.script.docker;
	sender->here.env = &sender->env_here;
	sender->there.env = &sender->env_there;
	sender->there.runner = &sender->runner;
	sender->there.address = "ssh://box";
	sender->scene.env.docker = &sender->there;
	sender->image = (struct image){ .ref = xstrdup(REF), .id = xstrdup("sha256:I"), .size = 9000000 };
	argv_addl(&sender->image.layers, "sha256:aa", "sha256:bb", "sha256:aa", "sha256:cc", NULL);
	sender->archive_dir = "blobs/sha256/";
	*state = sender;
	return 0;
}

static int sender_teardown(void **state)
{
	struct sender *sender = *state;

	scene_close(&sender->scene);
	argv_release(&sender->env_here);
	argv_release(&sender->env_there);
	argv_release(&sender->gone);
	image_release(&sender->image);
	free(sender);
	return 0;
}

static int send_image(struct sender *sender, const struct script_step *steps, size_t count, struct error **err)
{
	scene_script(&sender->scene, steps, count);
	/* scene_script() makes the script's runner anew, at the same place */
	sender->here.runner = &sender->scene.script.runner;
	return gateway_send_image(&sender->scene.env, &sender->here, &sender->image, err);
}

#define SEND(sender, steps, err) send_image(sender, steps, ARRAY_LEN(steps), err)

/* Each side's docker is told of its own engine. */
static void an_engine_that_has_nothing_gets_all_of_it(void **state)
{
	static const struct script_step steps[] = {
		{ .command = LS, .out = "", .env = THERE },
		{ .command = SAVE, .env = HERE },
		{ .command = LOAD, .env = THERE },
		{ .command = LOOK, .out = OURS, .env = THERE },
	};
	struct sender *sender = *state;
	struct error *err = NULL;

	assert_int_equal(SEND(sender, steps, &err), 0);
	assert_line(&sender->gone, "aa bb cc config");
	assert_int_equal(sender->scene.notes.n, 0);
}

static void how_far_it_is_is_told_once_in_a_while(void **state)
{
	static const struct script_step steps[] = {
		{ .command = LS, .out = "" }, { .command = SAVE }, { .command = LOAD }, { .command = LOOK, .out = OURS },
	};
	struct sender *sender = *state;
	struct error *err = NULL;

	assert_int_equal(SEND(sender, steps, &err), 0);
	/* 138 pieces, 20 ms each */
	assert_int_equal(sender->scene.details.n, 2);
	assert_string_equal(sender->scene.details.v[0], "3 of 9 MB");
	assert_string_equal(sender->scene.details.v[1], "6 of 9 MB");
}

/* The lowest comes again higher up. */
static void layers_that_the_engine_has_are_left_out(void **state)
{
	static const struct script_step steps[] = {
		{ .command = LS, .out = "sha256:J\n" },
		{ .command = LAYERS, .out = "[\"sha256:aa\",\"sha256:bb\",\"sha256:dd\"]\n" },
		{ .command = SAVE }, { .command = LOAD }, { .command = LOOK, .out = OURS },
	};
	struct sender *sender = *state;
	struct error *err = NULL;

	assert_int_equal(SEND(sender, steps, &err), 0);
	assert_line(&sender->gone, "aa cc config");
	assert_true(says(&sender->scene.notes, "sent 6 of 9 MB: the engine had the rest"));
}

static void all_of_them_may_be_left_out(void **state)
{
	static const struct script_step steps[] = {
		{ .command = LS, .out = "sha256:J\n" },
		{ .command = LAYERS, .out = "[\"sha256:aa\",\"sha256:bb\",\"sha256:aa\",\"sha256:cc\"]\n" },
		{ .command = SAVE }, { .command = LOAD }, { .command = LOOK, .out = OURS },
	};
	struct sender *sender = *state;
	struct error *err = NULL;

	assert_int_equal(SEND(sender, steps, &err), 0);
	assert_line(&sender->gone, "config");
}

/* As docker before 25 names layers. */
static void layers_of_unknown_names_go(void **state)
{
	static const struct script_step steps[] = {
		{ .command = LS, .out = "sha256:J\n" },
		{ .command = LAYERS, .out = "[\"sha256:aa\",\"sha256:bb\"]\n" },
		{ .command = SAVE }, { .command = LOAD }, { .command = LOOK, .out = OURS },
	};
	struct sender *sender = *state;
	struct error *err = NULL;

	sender->archive_dir = "0123/";
	assert_int_equal(SEND(sender, steps, &err), 0);
	assert_line(&sender->gone, "aa bb cc config");
}

static void an_engine_that_wants_more_gets_all(void **state)
{
	static const struct script_step refused[] = {
		{ .command = LS, .out = "sha256:J\n" },
		{ .command = LAYERS, .out = "[\"sha256:aa\",\"sha256:bb\"]\n" },
		{ .command = SAVE }, { .command = LOAD, .code = 1, .err = "content digest not found\n" },
		{ .command = SAVE }, { .command = LOAD }, { .command = LOOK, .out = OURS },
	};
	static const struct script_step other[] = {
		{ .command = LS, .out = "sha256:J\n" },
		{ .command = LAYERS, .out = "[\"sha256:aa\",\"sha256:bb\"]\n" },
		{ .command = SAVE }, { .command = LOAD }, { .command = LOOK, .out = IMAGE("sha256:X", "\"sha256:aa\"") },
		{ .command = SAVE }, { .command = LOAD }, { .command = LOOK, .out = OURS },
	};
	struct sender *sender = *state;
	struct error *err = NULL;

	assert_int_equal(SEND(sender, refused, &err), 0);
	assert_line(&sender->gone, "aa cc config aa bb cc config");
	assert_true(says(&sender->scene.notes, "docker load on ssh://box failed (exit 1): content digest not found"));
	argv_release(&sender->gone);
	assert_int_equal(SEND(sender, other, &err), 0);
	assert_line(&sender->gone, "aa cc config aa bb cc config");
}

static void what_came_must_be_the_image(void **state)
{
	static const struct script_step other[] = {
		{ .command = LS, .out = "" }, { .command = SAVE }, { .command = LOAD },
		{ .command = LOOK, .out = IMAGE("sha256:X", "\"sha256:aa\"") },
	};
	static const struct script_step none[] = {
		{ .command = LS, .out = "" }, { .command = SAVE }, { .command = LOAD },
		{ .command = LOOK, .code = 1, .out = "\n" },
		{ .command = "docker info *", .out = "{\"ID\":\"E1\",\"ServerVersion\":\"28.2.2\"}\n" },
	};
	/* an engine with another kind of store */
	static const struct script_step same[] = {
		{ .command = LS, .out = "" }, { .command = SAVE }, { .command = LOAD },
		{ .command = LOOK, .out = IMAGE("sha256:X", "\"sha256:aa\",\"sha256:bb\",\"sha256:aa\",\"sha256:cc\"") },
	};
	struct sender *sender = *state;
	struct error *err = NULL;

	assert_int_equal(SEND(sender, other, &err), -1);
	assert_string_equal(err->code, "image-not-sent");
	assert_error(&err, ERROR_SYSTEM, "the engine has another image of that name");
	assert_int_equal(SEND(sender, none, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "the engine does not have the image");
	assert_int_equal(SEND(sender, same, &err), 0);
}

static void the_side_that_failed_is_told(void **state)
{
	static const struct script_step save[] = {
		{ .command = LS, .out = "" }, { .command = SAVE, .code = 1, .err = "no space\n" }, { .command = LOAD },
	};
	static const struct script_step load[] = {
		{ .command = LS, .out = "" }, { .command = SAVE }, { .command = LOAD, .code = 1, .err = "no space\n" },
	};
	static const struct script_step late[] = {
		{ .command = LS, .out = "sha256:J\n" }, { .command = LAYERS, .out = "[\"sha256:aa\",\"sha256:bb\"]\n" },
		{ .command = SAVE }, { .command = LOAD, .how = SCRIPT_TIMES_OUT },
	};
	struct sender *sender = *state;
	struct error *err = NULL;

	assert_int_equal(SEND(sender, save, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "cannot send the image " REF " of this host: docker save on this host failed (exit 1): no space");
	assert_int_equal(SEND(sender, load, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "docker load on ssh://box failed (exit 1): no space");
	/* not for the layers that were left out */
	assert_int_equal(SEND(sender, late, &err), -1);
	assert_error(&err, ERROR_TIMEOUT, "docker load on ssh://box did not end");
}

static void a_request_to_stop_ends_it(void **state)
{
	static const struct script_step looking[] = { { .command = LS, .how = SCRIPT_CANCELS } };
	static const struct script_step sending[] = {
		{ .command = LS, .out = "sha256:J\n" }, { .command = LAYERS, .out = "[\"sha256:aa\",\"sha256:bb\"]\n" },
		{ .command = SAVE }, { .command = LOAD, .how = SCRIPT_CANCELS },
	};
	struct sender *sender = *state;
	struct error *err = NULL;

	assert_int_equal(SEND(sender, looking, &err), -1);
	assert_error(&err, ERROR_CANCELLED, "");
	assert_int_equal(SEND(sender, sending, &err), -1);
	assert_error(&err, ERROR_CANCELLED, "");
}

#define RULE(rule) cmocka_unit_test_setup_teardown(rule, sender_setup, sender_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RULE(an_engine_that_has_nothing_gets_all_of_it),
		RULE(how_far_it_is_is_told_once_in_a_while),
		RULE(layers_that_the_engine_has_are_left_out),
		RULE(all_of_them_may_be_left_out),
		RULE(layers_of_unknown_names_go),
		RULE(an_engine_that_wants_more_gets_all),
		RULE(what_came_must_be_the_image),
		RULE(the_side_that_failed_is_told),
		RULE(a_request_to_stop_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
