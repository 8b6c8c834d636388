/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/observe.h"

#include <assert.h>
#include <stdlib.h>

#include "script.h"

/* A container as a start without any option makes it. */
static struct container usual(enum container_phase phase)
{
	struct container container = { .phase = phase };

	if (phase == PHASE_ABSENT)
		return container;
	container.id = xstrdup("C1");
	container.image_id = xstrdup("sha256:I1");
	container.host_ip = xstrdup("127.0.0.1");
	container.host_port = 8080;
	container.on_network = true;
	argv_add(&container.env, "REGISTRY_MODE=external");
	return container;
}

static const struct deploy_options nothing_asked = { .name = "gw", .port = -1 };

/* ------------------------------------------------------------------ the decision table */

static const struct {
	enum container_phase phase;
	enum container_action same, other_image, image_unknown;
} decisions[] = {
	{ PHASE_ABSENT, ACTION_CREATE, ACTION_CREATE, ACTION_CREATE },
	{ PHASE_CREATED, ACTION_REUSE, ACTION_RECREATE, ACTION_REUSE },
	{ PHASE_RUNNING, ACTION_KEEP, ACTION_RECREATE, ACTION_KEEP },
	{ PHASE_PAUSED, ACTION_UNPAUSE, ACTION_RECREATE, ACTION_UNPAUSE },
	{ PHASE_RESTARTING, ACTION_REUSE, ACTION_RECREATE, ACTION_REUSE },
	{ PHASE_REMOVING, ACTION_RECREATE, ACTION_RECREATE, ACTION_RECREATE },
	{ PHASE_EXITED, ACTION_REUSE, ACTION_RECREATE, ACTION_REUSE },
	{ PHASE_DEAD, ACTION_RECREATE, ACTION_RECREATE, ACTION_RECREATE },
	{ PHASE_UNKNOWN, ACTION_RECREATE, ACTION_RECREATE, ACTION_RECREATE },
};
static_assert(ARRAY_LEN(decisions) == PHASES, "one row per phase");

static enum container_action decide(const struct container *container, const char *image_id,
				    const struct deploy_options *options)
{
	struct record record = { 0 };
	AUTO(plan) plan = { 0 };

	plan_make(&plan, options, container, &record, NULL);
	return observe_action(container, image_id, &plan);
}

static void what_is_done_with_a_container_is_a_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(decisions); i++) {
		AUTO(container) container = usual(decisions[i].phase);

		print_message("           %s\n", container_phase_name(decisions[i].phase));
		assert_int_equal(decide(&container, "sha256:I1", &nothing_asked), decisions[i].same);
		assert_int_equal(decide(&container, "sha256:I2", &nothing_asked), decisions[i].other_image);
		assert_int_equal(decide(&container, NULL, &nothing_asked), decisions[i].image_unknown);
	}
}

static void a_running_container_with_another_image_is_recreated(void **state)
{
	AUTO(container) container = usual(PHASE_RUNNING);

	(void)state;
	assert_int_equal(decide(&container, "sha256:I2", &nothing_asked), ACTION_RECREATE);
}

/* Each setting that was asked for by name, on a container that has it otherwise. */
static const struct {
	const char *rule;
	struct deploy_options options;
	enum container_action action;
} asked[] = {
	{ "nothing", { .port = -1 }, ACTION_KEEP },
	{ "the port that it has", { .port = 8080 }, ACTION_KEEP },
	{ "any port: it has one", { .port = 0 }, ACTION_KEEP },
	{ "another port", { .port = 9090 }, ACTION_RECREATE },
	{ "the address that it has", { .port = -1, .bind = "127.0.0.1" }, ACTION_KEEP },
	{ "another address", { .port = -1, .bind = "0.0.0.0" }, ACTION_RECREATE },
	{ "a gateway host", { .port = -1, .gateway_host = "gw.example" }, ACTION_RECREATE },
	{ "GPUs", { .port = -1, .gpu = true }, ACTION_RECREATE },
	{ "plaintext", { .port = -1, .plaintext = true }, ACTION_RECREATE },
	{ "no authentication", { .port = -1, .disable_gateway_auth = true }, ACTION_RECREATE },
	{ "the memory limit that it has", { .port = -1, .memory = 1000 }, ACTION_KEEP },
	{ "another memory limit", { .port = -1, .memory = 2000 }, ACTION_RECREATE },
	{ "no memory limit", { .port = -1, .memory = NO_LIMIT }, ACTION_RECREATE },
	{ "a processor limit", { .port = -1, .nano_cpus = 1000 }, ACTION_RECREATE },
	{ "no processor limit, as it is", { .port = -1, .nano_cpus = NO_LIMIT }, ACTION_KEEP },
};

static void a_setting_that_was_asked_for_recreates_the_container(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		AUTO(container) container = usual(PHASE_RUNNING);

		container.memory = 1000;
		print_message("           %s\n", asked[i].rule);
		assert_int_equal(decide(&container, "sha256:I1", &asked[i].options), asked[i].action);
	}
}

static void a_setting_that_was_not_asked_for_stays_as_it_is(void **state)
{
	AUTO(container) container = usual(PHASE_EXITED);

	(void)state;
	free(container.host_ip);
	container.host_ip = xstrdup("0.0.0.0");
	container.host_port = 9090;
	container.gpu = true;
	argv_addl(&container.env, "DISABLE_TLS=true", "DISABLE_GATEWAY_AUTH=true", "SSH_GATEWAY_HOST=gw.example", NULL);
	assert_int_equal(decide(&container, "sha256:I1", &nothing_asked), ACTION_REUSE);
}

/* The resolvers of a container against those that were asked for. */
static const struct {
	const char *now, *asked; /* NULL: nothing was asked for */
	enum container_action action;
} resolvers[] = {
	{ "", NULL, ACTION_KEEP },        { "10.0.0.2", NULL, ACTION_KEEP },        { "10.0.0.2", "10.0.0.2", ACTION_KEEP },
	{ "", "", ACTION_KEEP },          { "", "10.0.0.2", ACTION_RECREATE },      { "10.0.0.2", "", ACTION_RECREATE },
	{ "10.0.0.2", "10.0.0.3", ACTION_RECREATE }, { "10.0.0.2 10.0.0.3", "10.0.0.2", ACTION_RECREATE },
	{ "10.0.0.2 10.0.0.3", "10.0.0.3 10.0.0.2", ACTION_RECREATE },
};

static void add_words(struct argv *list, const char *words)
{
	autofree char *copy = xstrdup(words);
	char *rest = copy, *word;

	while ((word = strsep(&rest, " ")) != NULL)
		if (*word != '\0')
			argv_add(list, word);
}

static void other_resolvers_recreate_the_container(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(resolvers); i++) {
		AUTO(container) container = usual(PHASE_RUNNING);
		AUTO(argv) asked_for = ARGV_INIT;
		struct deploy_options options = { .name = "gw", .port = -1 };

		print_message("           '%s', asked for: %s\n", resolvers[i].now, resolvers[i].asked ? resolvers[i].asked : "-");
		add_words(&container.dns, resolvers[i].now);
		if (resolvers[i].asked != NULL) {
			add_words(&asked_for, resolvers[i].asked);
			options.dns = &asked_for;
		}
		assert_int_equal(decide(&container, "sha256:I1", &options), resolvers[i].action);
	}
}

static void other_files_recreate_the_container(void **state)
{
	static const struct {
		const char *now, *wanted;
		enum container_action action;
	} rows[] = {
		{ NULL, NULL, ACTION_KEEP },       { "a", "a", ACTION_KEEP },       { "a", "b", ACTION_RECREATE },
		{ "a", NULL, ACTION_RECREATE },    { NULL, "a", ACTION_RECREATE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(container) container = usual(PHASE_RUNNING);
		struct record record = { 0 };
		AUTO(plan) plan = { 0 };

		container.files = rows[i].now ? xstrdup(rows[i].now) : NULL;
		plan_make(&plan, &nothing_asked, &container, &record, NULL);
		/* as it is, until the survey says otherwise */
		assert_int_equal(observe_action(&container, "sha256:I1", &plan), ACTION_KEEP);
		free(plan.files);
		plan.files = rows[i].wanted ? xstrdup(rows[i].wanted) : NULL;
		assert_int_equal(observe_action(&container, "sha256:I1", &plan), rows[i].action);
	}
}

static void a_container_published_nowhere_is_recreated(void **state)
{
	AUTO(container) container = usual(PHASE_EXITED);

	(void)state;
	container.host_port = 0;
	assert_int_equal(decide(&container, "sha256:I1", &nothing_asked), ACTION_RECREATE);
}

static void an_empty_address_is_every_address(void **state)
{
	AUTO(container) container = usual(PHASE_RUNNING);

	(void)state;
	free(STEAL(container.host_ip));
	assert_int_equal(decide(&container, "sha256:I1", &nothing_asked), ACTION_KEEP);
}

static void other_images_to_push_recreate_the_container(void **state)
{
	static const struct {
		const char *pushed, *asked;
		enum container_action action;
	} rows[] = {
		{ NULL, NULL, ACTION_KEEP },
		{ "a:1", NULL, ACTION_KEEP },
		{ "a:1,b:2", "a:1,b:2", ACTION_KEEP },
		{ NULL, "a:1", ACTION_RECREATE },
		{ "a:1", "a:2", ACTION_RECREATE },
		{ "a:1,b:2", "a:1", ACTION_RECREATE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(container) container = usual(PHASE_RUNNING);
		struct record record = { 0 };
		AUTO(plan) plan = { 0 };

		if (rows[i].pushed != NULL)
			argv_addf(&container.env, "PUSH_IMAGE_REFS=%s", rows[i].pushed);
		plan_make(&plan, &nothing_asked, &container, &record, NULL);
		assert_null(plan.push_refs);
		plan.push_refs = rows[i].asked ? xstrdup(rows[i].asked) : NULL;
		assert_int_equal(observe_action(&container, "sha256:I1", &plan), rows[i].action);
	}
}

/* ------------------------------------------------------------------ the plan */

static const struct {
	const char *rule;
	int asked, container, recorded, port;
} ports[] = {
	{ "the default", -1, 0, 0, DEFAULT_PORT },
	{ "as recorded", -1, 0, 7000, 7000 },
	{ "as the container", -1, 9090, 7000, 9090 },
	{ "as asked", 5000, 9090, 7000, 5000 },
	{ "any", 0, 0, 7000, 0 },
	{ "any, but the container has one", 0, 9090, 7000, 9090 },
};

static void the_port_is_as_asked_as_it_was_as_recorded_or_8080(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
		AUTO(container) container = usual(ports[i].container ? PHASE_EXITED : PHASE_ABSENT);
		struct deploy_options options = { .name = "gw", .port = ports[i].asked };
		struct record record = { .port = ports[i].recorded };
		AUTO(plan) plan = { 0 };

		container.host_port = ports[i].container;
		plan_make(&plan, &options, &container, &record, NULL);
		if (plan.port != ports[i].port)
			fail_msg("%s: %d", ports[i].rule, plan.port);
	}
}

/* Where it listens, under which name it is reached, and which names its certificate needs. */
static const struct {
	const char *bind, *gateway_host, *tcp_host;
	const char *plan_bind, *host, *sans;
} addresses[] = {
	{ NULL, NULL, NULL, "127.0.0.1", "127.0.0.1", "" },
	{ "127.0.0.1", NULL, NULL, "127.0.0.1", "127.0.0.1", "" },
	{ "0.0.0.0", NULL, NULL, "0.0.0.0", "127.0.0.1", "" },
	/* what listens on :: alone does not answer 127.0.0.1 */
	{ "::", NULL, NULL, "::", "::1", "::1" },
	{ "10.0.0.7", NULL, NULL, "10.0.0.7", "10.0.0.7", "10.0.0.7" },
	{ "::1", NULL, NULL, "::1", "::1", "::1" },
	{ "127.0.0.2", NULL, NULL, "127.0.0.2", "127.0.0.2", "127.0.0.2" },
	{ NULL, "gw.example", NULL, "127.0.0.1", "gw.example", "gw.example" },
	{ "0.0.0.0", "gw.example", NULL, "0.0.0.0", "gw.example", "gw.example" },
	{ "10.0.0.7", "gw.example", NULL, "10.0.0.7", "gw.example", "gw.example 10.0.0.7" },
	{ NULL, "localhost", NULL, "127.0.0.1", "localhost", "" },
	{ NULL, NULL, "docker.example", "0.0.0.0", "docker.example", "docker.example" },
	{ NULL, NULL, "fd00::5", "0.0.0.0", "fd00::5", "fd00::5" },
	{ NULL, "gw.example", "docker.example", "0.0.0.0", "gw.example", "docker.example gw.example" },
	{ NULL, "docker.example", "docker.example", "0.0.0.0", "docker.example", "docker.example" },
	{ "10.0.0.7", NULL, "docker.example", "10.0.0.7", "docker.example", "docker.example 10.0.0.7" },
};

static void an_endpoint_has_the_name_that_clients_can_use(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
		struct deploy_options options = { .name = "gw", .port = -1, .bind = addresses[i].bind,
						  .gateway_host = addresses[i].gateway_host };
		struct container absent = { 0 };
		struct record record = { 0 };
		AUTO(plan) plan = { 0 };

		print_message("           --bind %s --gateway-host %s, docker at %s\n",
			      addresses[i].bind ? addresses[i].bind : "-",
			      addresses[i].gateway_host ? addresses[i].gateway_host : "-",
			      addresses[i].tcp_host ? addresses[i].tcp_host : "-");
		plan_make(&plan, &options, &absent, &record, addresses[i].tcp_host);
		assert_string_equal(plan.bind, addresses[i].plan_bind);
		assert_string_equal(plan.host, addresses[i].host);
		assert_line(&plan.sans, addresses[i].sans);
	}
}

static void a_host_that_ssh_reaches_has_both_its_names(void **state)
{
	static const struct {
		const char *resolved, *given, *gateway_host, *tcp_host;
		const char *host, *sans;
	} rows[] = {
		{ "10.0.0.5", "box", NULL, NULL, "10.0.0.5", "10.0.0.5 box" },
		{ "box.example", "box.example", NULL, NULL, "box.example", "box.example" },
		{ "10.0.0.5", "box", "gw.example", NULL, "gw.example", "10.0.0.5 box gw.example" },
		{ "10.0.0.5", "box", "127.0.0.1", NULL, "127.0.0.1", "10.0.0.5 box" },
		{ "2001:db8::5", "box", NULL, NULL, "2001:db8::5", "2001:db8::5 box" },
		/* DOCKER_HOST is another engine's */
		{ "10.0.0.5", "box", NULL, "docker.example", "10.0.0.5", "10.0.0.5 box" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct deploy_options options = { .name = "gw", .port = -1, .gateway_host = rows[i].gateway_host,
						  .remote_host = rows[i].resolved, .remote_alias = rows[i].given };
		struct container absent = { 0 };
		struct record record = { 0 };
		AUTO(plan) plan = { 0 };

		plan_make(&plan, &options, &absent, &record, rows[i].tcp_host);
		assert_string_equal(plan.bind, "0.0.0.0");
		assert_string_equal(plan.host, rows[i].host);
		assert_line(&plan.sans, rows[i].sans);
	}
}

static void the_plan_of_a_container_is_how_it_is(void **state)
{
	AUTO(container) container = usual(PHASE_RUNNING);
	struct record record = { .endpoint = (char *)(uintptr_t)"https://127.0.0.1:8080", .port = 8080 };
	AUTO(plan) plan = { 0 };

	(void)state;
	argv_addl(&container.env, "DISABLE_TLS=true", "SSH_GATEWAY_HOST=gw.example", NULL);
	container.gpu = true;
	plan_make(&plan, &nothing_asked, &container, &record, NULL);
	assert_true(plan.plaintext);
	assert_true(plan.gpu);
	assert_false(plan.disable_gateway_auth);
	assert_string_equal(plan.gateway_host, "gw.example");
	assert_string_equal(plan.host, "gw.example");
}

static void without_a_container_the_record_tells_of_plaintext(void **state)
{
	struct container absent = { 0 };
	struct record plain = { .endpoint = (char *)(uintptr_t)"http://127.0.0.1:8080" };
	struct record tls = { .endpoint = (char *)(uintptr_t)"https://127.0.0.1:8080" };
	AUTO(plan) first = { 0 };
	AUTO(plan) second = { 0 };
	AUTO(plan) third = { 0 };
	AUTO(container) there = usual(PHASE_EXITED);

	(void)state;
	plan_make(&first, &nothing_asked, &absent, &plain, NULL);
	assert_true(first.plaintext);
	plan_make(&second, &nothing_asked, &absent, &tls, NULL);
	assert_false(second.plaintext);
	/* the container knows better than the record */
	plan_make(&third, &nothing_asked, &there, &plain, NULL);
	assert_false(third.plaintext);
}

static void every_action_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < ACTIONS; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(container_action_name((enum container_action)i),
						container_action_name((enum container_action)j));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_done_with_a_container_is_a_table),
		cmocka_unit_test(a_running_container_with_another_image_is_recreated),
		cmocka_unit_test(a_setting_that_was_asked_for_recreates_the_container),
		cmocka_unit_test(a_setting_that_was_not_asked_for_stays_as_it_is),
		cmocka_unit_test(other_resolvers_recreate_the_container),
		cmocka_unit_test(other_files_recreate_the_container),
		cmocka_unit_test(a_container_published_nowhere_is_recreated),
		cmocka_unit_test(an_empty_address_is_every_address),
		cmocka_unit_test(other_images_to_push_recreate_the_container),
		cmocka_unit_test(the_port_is_as_asked_as_it_was_as_recorded_or_8080),
		cmocka_unit_test(an_endpoint_has_the_name_that_clients_can_use),
		cmocka_unit_test(a_host_that_ssh_reaches_has_both_its_names),
		cmocka_unit_test(the_plan_of_a_container_is_how_it_is),
		cmocka_unit_test(without_a_container_the_record_tells_of_plaintext),
		cmocka_unit_test(every_action_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
