/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/watch.h"

#include <signal.h>
#include <stdlib.h>

#include "base/cancel.h"
#include "gateway/diagnose.h"
#include "script.h"

#define NAME "openshell-cluster-gw"
#define INSPECT "docker container inspect --format '{{json .}}' -- " NAME
#define EVENTS "docker events --format '{{json .}}' *"
#define SECRET "docker exec * kubectl -n openshell get secret openshell-cli-client *"
#define TAIL "docker logs --tail 20 -- " NAME

#define OUTPUT(text) "{\"ExitCode\":1,\"Output\":\"" text "\"}"
#define STATE(status, health, log, more) \
	"{\"Id\":\"C1\",\"Image\":\"sha256:I1\"," more "\"State\":{\"Status\":\"" status "\",\"ExitCode\":3," \
	"\"Health\":{\"Status\":\"" health "\",\"Log\":[" log "]}}}\n"
#define RUNNING(health) STATE("running", health, "", "")
#define MARKED(marker) STATE("running", "starting", OUTPUT(marker), "")
#define NO_HEALTHCHECK "{\"Id\":\"C1\",\"Image\":\"sha256:I1\",\"State\":{\"Status\":\"running\"}}\n"
#define ABSENT { .command = INSPECT, .code = 1, .out = "[]\n" }, \
	       { .command = "docker container ls *" }
/* what is said after a failure */
#define EXPLAINED { .command = TAIL, .out = "last words\n" }, { .command = INSPECT, .out = RUNNING("unhealthy") }

#define DIE(code) "{\"Action\":\"die\",\"Actor\":{\"Attributes\":{\"exitCode\":\"" code "\"}}}"

static const struct script_line no_lines[] = { { 0, NULL } };

struct bench {
	struct scene scene;
	struct watch watch;
};

static void bench_open(struct bench *bench, const struct script_step *steps, size_t count)
{
	struct error *err = NULL;

	scene_open(&bench->scene);
	scene_script(&bench->scene, steps, count);
	assert_int_equal(watch_open(&bench->watch, &bench->scene.env, NAME, 0, &err), 0);
}

static void bench_close(struct bench *bench)
{
	watch_release(&bench->watch);
	scene_close(&bench->scene);
}

/* Waits for health with these commands; the events follower comes first. */
static int wait_health(struct bench *bench, const struct script_step *steps, size_t count, int64_t timeout_ms,
		       struct error **err)
{
	bench_open(bench, steps, count);
	return watch_healthy(&bench->watch, timeout_ms, err);
}

#define WAIT(bench, steps, err) wait_health(bench, steps, ARRAY_LEN(steps), HEALTH_TIMEOUT_MS, err)

/* ------------------------------------------------------------------ in time */

static void a_healthy_container_is_not_waited_for(void **state)
{
	static const struct script_step steps[] = {
		{ .command = EVENTS "--filter container=" NAME, .lines = no_lines },
		{ .command = INSPECT, .out = RUNNING("healthy") },
	};
	struct error *err = NULL;
	struct bench bench;

	(void)state;
	assert_int_equal(WAIT(&bench, steps, &err), 0);
	assert_int_equal(script_elapsed(&bench.scene.script), 0);
	bench_close(&bench);
}

static void an_event_wakes_the_wait(void **state)
{
	/* podman's, which tells no more than that there is something to see */
	static const struct script_line healthy[] = { { 700, "{\"Action\":\"health_status\"}" }, { 0, NULL } };
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = healthy },
		{ .command = INSPECT, .out = RUNNING("starting") },
		{ .command = INSPECT, .out = RUNNING("healthy") },
	};
	struct error *err = NULL;
	struct bench bench;

	(void)state;
	assert_int_equal(WAIT(&bench, steps, &err), 0);
	assert_int_equal(script_elapsed(&bench.scene.script), 700);
	bench_close(&bench);
}

static void an_event_that_says_healthy_needs_no_look(void **state)
{
	static const struct script_line healthy[] = {
		{ 300, "{\"Action\":\"health_status: unhealthy\"}" }, { 700, "{\"Action\":\"health_status: healthy\"}" }, { 0, NULL },
	};
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = healthy },
		{ .command = INSPECT, .out = RUNNING("starting") },
		{ .command = INSPECT, .out = RUNNING("unhealthy") },
	};
	struct error *err = NULL;
	struct bench bench;

	(void)state;
	assert_int_equal(WAIT(&bench, steps, &err), 0);
	assert_int_equal(script_elapsed(&bench.scene.script), 700);
	bench_close(&bench);
}

static void healthy_before_it_ended_does_not_count(void **state)
{
	static const struct script_line both[] = {
		{ 700, "{\"Action\":\"health_status: healthy\"}" }, { 700, DIE("3") }, { 0, NULL },
	};
	static const struct script_line reversed[] = {
		{ 700, DIE("3") }, { 700, "{\"Action\":\"health_status: healthy\"}" }, { 0, NULL },
	};
	const struct script_line *const orders[] = { both, reversed };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		const struct script_step steps[] = {
			{ .command = EVENTS, .lines = orders[i] },
			{ .command = INSPECT, .out = RUNNING("starting") },
			{ .command = INSPECT, .out = RUNNING("healthy") },
			EXPLAINED,
		};
		struct error *err = NULL;
		struct bench bench;

		assert_int_equal(WAIT(&bench, steps, &err), -1);
		assert_error(&err, ERROR_UNHEALTHY, "exit_code=3");
		bench_close(&bench);
	}
}

static void healthy_before_the_wait_is_looked_at_once_more(void **state)
{
	static const struct script_line early[] = { { 100, "{\"Action\":\"health_status: healthy\"}" }, { 0, NULL } };
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = early },
		{ .command = INSPECT, .out = RUNNING("starting") },
		{ .command = INSPECT, .out = RUNNING("healthy") },
	};
	struct error *err = NULL;
	struct bench bench;

	(void)state;
	bench_open(&bench, steps, ARRAY_LEN(steps));
	watch_sleep(&bench.watch, 500);
	assert_int_equal(watch_healthy(&bench.watch, 60000, &err), 0);
	bench_close(&bench);
}

static void without_events_it_looks_every_two_seconds(void **state)
{
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = no_lines },
		{ .command = INSPECT, .out = RUNNING("starting"), .times = 3 },
		{ .command = INSPECT, .out = RUNNING("healthy") },
	};
	struct error *err = NULL;
	struct bench bench;

	(void)state;
	assert_int_equal(WAIT(&bench, steps, &err), 0);
	assert_int_equal(script_elapsed(&bench.scene.script), 3 * WATCH_INTERVAL_MS);
	bench_close(&bench);
}

static void unhealthy_may_become_healthy(void **state)
{
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = no_lines },
		{ .command = INSPECT, .out = RUNNING("unhealthy"), .times = 100 },
		{ .command = INSPECT, .out = RUNNING("healthy") },
	};
	struct error *err = NULL;
	struct bench bench;

	(void)state;
	assert_int_equal(WAIT(&bench, steps, &err), 0);
	bench_close(&bench);
}

/* ------------------------------------------------------------------ too late */

static void the_wait_is_bounded_by_180_times_2_seconds(void **state)
{
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = no_lines },
		{ .command = INSPECT, .out = RUNNING("starting"), .times = 181 },
		{ .command = TAIL, .out = "last words\n" },
		{ .command = INSPECT, .out = MARKED("API is not ready") },
	};
	struct error *err = NULL;
	struct bench bench;

	(void)state;
	assert_int_equal(WAIT(&bench, steps, &err), -1);
	assert_int_equal(script_elapsed(&bench.scene.script), 180 * 2000);
	assert_true(err->retriable);
	assert_string_equal(error_code_name(err), "not-ready");
	diagnose(err, "gw");
	assert_true(advises(err, "--timeout"));
	assert_non_null(strstr(err->detail, "last words"));
	assert_non_null(strstr(err->detail, "API is not ready"));
	assert_error(&err, ERROR_TIMEOUT, "within 360 s (its health is 'starting')");
	bench_close(&bench);
}

static void unhealthy_at_the_end_is_unhealthy(void **state)
{
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = no_lines },
		{ .command = INSPECT, .out = RUNNING("unhealthy"), .times = 181 },
		EXPLAINED,
	};
	struct error *err = NULL;
	struct bench bench;

	(void)state;
	assert_int_equal(WAIT(&bench, steps, &err), -1);
	assert_int_equal(error_exit_code(err), 8);
	assert_error(&err, ERROR_UNHEALTHY, "its health is 'unhealthy'");
	bench_close(&bench);
}

static void a_shorter_time_is_kept_to_the_millisecond(void **state)
{
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = no_lines },
		{ .command = INSPECT, .out = RUNNING("starting"), .times = 4 },
		EXPLAINED,
	};
	struct error *err = NULL;
	struct bench bench;

	(void)state;
	assert_int_equal(wait_health(&bench, steps, ARRAY_LEN(steps), 5500, &err), -1);
	assert_int_equal(script_elapsed(&bench.scene.script), 5500);
	assert_error(&err, ERROR_TIMEOUT, "within 5.5 s");
	bench_close(&bench);
}

static void the_time_that_docker_takes_counts(void **state)
{
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = no_lines },
		{ .command = INSPECT, .out = RUNNING("starting"), .takes_ms = 3000, .times = 2 },
		{ .command = INSPECT, .out = RUNNING("starting"), .takes_ms = 500 },
		EXPLAINED,
	};
	struct error *err = NULL;
	struct bench bench;

	(void)state;
	assert_int_equal(wait_health(&bench, steps, ARRAY_LEN(steps), 10000, &err), -1);
	assert_error(&err, ERROR_TIMEOUT, "within 10 s");
	assert_int_equal(script_elapsed(&bench.scene.script), 10500);
	bench_close(&bench);
}

/* ------------------------------------------------------------------ the container ends */

static void assert_ended(const struct script_step *steps, size_t count, int restarts_before, const char *part)
{
	struct error *err = NULL;
	struct bench bench;

	bench_open(&bench, steps, count);
	bench.watch.restarts_before = restarts_before;
	assert_int_equal(watch_healthy(&bench.watch, HEALTH_TIMEOUT_MS, &err), -1);
	assert_error(&err, ERROR_UNHEALTHY, part);
	bench_close(&bench);
}

static void a_container_that_has_exited_tells_its_code(void **state)
{
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = no_lines },
		{ .command = INSPECT, .out = STATE("exited", "starting", "", "") },
		EXPLAINED,
	};

	(void)state;
	assert_ended(steps, ARRAY_LEN(steps), 0, "container exited (status=exited, exit_code=3)");
}

static void a_container_that_ran_out_of_memory_tells_so(void **state)
{
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = no_lines },
		{ .command = INSPECT,
		  .out = "{\"Id\":\"C1\",\"Image\":\"I\",\"State\":{\"Status\":\"exited\",\"ExitCode\":137,\"OOMKilled\":true}}\n" },
		EXPLAINED,
	};

	(void)state;
	assert_ended(steps, ARRAY_LEN(steps), 0, "container exited (status=exited, exit_code=137, OOMKilled=true)");
}

static void a_die_event_counts_though_docker_restarted_it(void **state)
{
	static const struct script_line dies[] = { { 300, DIE("42") }, { 0, NULL } };
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = dies },
		{ .command = INSPECT, .out = RUNNING("starting") },
		{ .command = INSPECT, .out = RUNNING("starting") },
		EXPLAINED,
	};

	(void)state;
	assert_ended(steps, ARRAY_LEN(steps), 0, "exit_code=42");
}

static void an_end_with_exit_code_0_is_an_end(void **state)
{
	static const struct script_line dies[] = { { 300, DIE("0") }, { 0, NULL } };
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = dies },
		{ .command = INSPECT, .out = RUNNING("starting") },
		{ .command = INSPECT, .out = RUNNING("healthy") },
		EXPLAINED,
	};

	(void)state;
	assert_ended(steps, ARRAY_LEN(steps), 0, "exit_code=0");
}

static void a_restart_that_no_event_told_of_is_an_end(void **state)
{
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = no_lines },
		{ .command = INSPECT, .out = STATE("running", "starting", "", "\"RestartCount\":3,") },
		EXPLAINED,
	};

	(void)state;
	assert_ended(steps, ARRAY_LEN(steps), 2, "container exited");
}

static void restarts_before_our_time_do_not_count(void **state)
{
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = no_lines },
		{ .command = INSPECT, .out = STATE("running", "healthy", "", "\"RestartCount\":3,") },
	};
	struct error *err = NULL;
	struct bench bench;

	(void)state;
	bench_open(&bench, steps, ARRAY_LEN(steps));
	bench.watch.restarts_before = 3;
	assert_int_equal(watch_healthy(&bench.watch, HEALTH_TIMEOUT_MS, &err), 0);
	bench_close(&bench);
}

static void a_container_that_is_removed_meanwhile_is_told(void **state)
{
	static const struct script_step steps[] = { { .command = EVENTS, .lines = no_lines }, ABSENT };

	(void)state;
	assert_ended(steps, ARRAY_LEN(steps), 0, "was removed meanwhile");
}

static void without_a_health_check_there_is_nothing_to_wait_for(void **state)
{
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = no_lines },
		{ .command = INSPECT, .out = NO_HEALTHCHECK },
	};

	(void)state;
	assert_ended(steps, ARRAY_LEN(steps), 0, "has no health check");
}

/* ------------------------------------------------------------------ markers */

static void a_missing_supervisor_fails_at_once(void **state)
{
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = no_lines },
		{ .command = INSPECT, .out = MARKED("HEALTHCHECK_MISSING_SUPERVISOR") },
		EXPLAINED,
	};

	(void)state;
	assert_ended(steps, ARRAY_LEN(steps), 0, "HEALTHCHECK_MISSING_SUPERVISOR");
}

static void node_pressure_fails_when_seen_eight_times_in_a_row(void **state)
{
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = no_lines },
		{ .command = INSPECT, .out = MARKED("HEALTHCHECK_NODE_PRESSURE: DiskPressure"), .times = 8 },
		EXPLAINED,
	};
	struct error *err = NULL;
	struct bench bench;

	(void)state;
	assert_int_equal(WAIT(&bench, steps, &err), -1);
	assert_int_equal(script_elapsed(&bench.scene.script), 7 * WATCH_INTERVAL_MS);
	assert_error(&err, ERROR_UNHEALTHY, "HEALTHCHECK_NODE_PRESSURE");
	bench_close(&bench);
}

static void node_pressure_that_passes_is_forgotten(void **state)
{
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = no_lines },
		{ .command = INSPECT, .out = MARKED("HEALTHCHECK_NODE_PRESSURE: DiskPressure"), .times = 7 },
		{ .command = INSPECT, .out = RUNNING("starting") },
		{ .command = INSPECT, .out = MARKED("HEALTHCHECK_NODE_PRESSURE: DiskPressure"), .times = 7 },
		{ .command = INSPECT, .out = RUNNING("healthy") },
	};
	struct error *err = NULL;
	struct bench bench;

	(void)state;
	assert_int_equal(WAIT(&bench, steps, &err), 0);
	bench_close(&bench);
}

static void a_registry_without_a_name_is_told_once_and_waited_for(void **state)
{
	static const char *const markers[] = { MARKED("HEALTHCHECK_DNS_FAILURE"), MARKED("DNS_PROBE_FAILED") };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(markers); i++) {
		const struct script_step steps[] = {
			{ .command = EVENTS, .lines = no_lines },
			{ .command = INSPECT, .out = markers[i], .times = 50 },
			{ .command = INSPECT, .out = RUNNING("healthy") },
		};
		struct error *err = NULL;
		struct bench bench;

		assert_int_equal(WAIT(&bench, steps, &err), 0);
		assert_int_equal(bench.scene.warnings.n, 1);
		assert_true(says(&bench.scene.warnings, "cannot be resolved"));
		bench_close(&bench);
	}
}

static void markers_are_found_in_the_log_too(void **state)
{
	static const struct script_line marker[] = { { 100, "x HEALTHCHECK_MISSING_SUPERVISOR y" }, { 0, NULL } };
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = no_lines },
		{ .command = "docker logs --follow --tail all -- " NAME, .lines = marker },
		{ .command = INSPECT, .out = RUNNING("starting"), .times = 2 },
		EXPLAINED,
	};
	struct error *err = NULL;
	struct bench bench;

	(void)state;
	bench_open(&bench, steps, ARRAY_LEN(steps));
	watch_logs(&bench.watch, true);
	assert_int_equal(watch_healthy(&bench.watch, HEALTH_TIMEOUT_MS, &err), -1);
	assert_error(&err, ERROR_UNHEALTHY, "HEALTHCHECK_MISSING_SUPERVISOR");
	bench_close(&bench);
}

/* ------------------------------------------------------------------ logs, signals */

static void log_lines_are_shown_while_it_waits(void **state)
{
	static const struct script_line lines[] = { { 100, "one" }, { 1200, "two" }, { 9000, "late" }, { 0, NULL } };
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = no_lines },
		{ .command = "docker logs --follow --tail 0 -- " NAME, .lines = lines },
		{ .command = INSPECT, .out = RUNNING("starting") },
		{ .command = INSPECT, .out = RUNNING("healthy") },
	};
	struct error *err = NULL;
	struct bench bench;

	(void)state;
	bench_open(&bench, steps, ARRAY_LEN(steps));
	watch_logs(&bench.watch, false);
	assert_int_equal(watch_healthy(&bench.watch, HEALTH_TIMEOUT_MS, &err), 0);
	/* a line of the log is no reason to look again */
	assert_int_equal(script_elapsed(&bench.scene.script), WATCH_INTERVAL_MS);
	assert_line(&bench.scene.lines, "one two");
	bench_close(&bench);
}

static void each_new_word_of_the_health_check_is_told(void **state)
{
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = no_lines },
		{ .command = INSPECT, .out = RUNNING("starting") },
		{ .command = INSPECT, .out = MARKED("unhealthy: no API yet\\nof no interest"), .times = 3 },
		{ .command = INSPECT, .out = MARKED("unhealthy: not ready") },
		{ .command = INSPECT, .out = RUNNING("healthy") },
	};
	struct error *err = NULL;
	struct bench bench;

	(void)state;
	assert_int_equal(WAIT(&bench, steps, &err), 0);
	assert_line(&bench.scene.details, "'unhealthy: no API yet' 'unhealthy: not ready'");
	bench_close(&bench);
}

static void what_the_health_check_said_in_a_former_life_is_not_told(void **state)
{
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = no_lines },
		{ .command = INSPECT, .out = MARKED("unhealthy: of old") },
		{ .command = INSPECT, .out = RUNNING("healthy") },
	};
	struct error *err = NULL;
	struct bench bench;

	(void)state;
	bench_open(&bench, steps, ARRAY_LEN(steps));
	bench.watch.old_health_log = "unhealthy: of old\n";
	assert_int_equal(watch_healthy(&bench.watch, HEALTH_TIMEOUT_MS, &err), 0);
	assert_int_equal(bench.scene.details.n, 0);
	bench_close(&bench);
}

static void logs_that_cannot_be_shown_are_no_failure(void **state)
{
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = no_lines },
		{ .command = "docker logs --follow *", .how = SCRIPT_MISSING, .lines = no_lines },
		{ .command = INSPECT, .out = RUNNING("healthy") },
	};
	struct error *err = NULL;
	struct bench bench;

	(void)state;
	bench_open(&bench, steps, ARRAY_LEN(steps));
	watch_logs(&bench.watch, false);
	assert_int_equal(watch_healthy(&bench.watch, HEALTH_TIMEOUT_MS, &err), 0);
	bench_close(&bench);
}

static void without_events_there_is_no_watch(void **state)
{
	static const struct script_step steps[] = { { .command = EVENTS, .how = SCRIPT_MISSING, .lines = no_lines } };
	struct error *err = NULL;
	struct scene scene;
	struct watch watch;

	(void)state;
	scene_open(&scene);
	SCENE_SCRIPT(&scene, steps);
	assert_int_equal(watch_open(&watch, &scene.env, NAME, 0, &err), -1);
	assert_error(&err, ERROR_UNREACHABLE, "docker was not found");
	watch_release(&watch);
	scene_close(&scene);
}

static void a_signal_ends_the_wait_at_once(void **state)
{
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = no_lines },
		{ .command = INSPECT, .out = RUNNING("starting"), .times = 2 },
	};
	struct error *err = NULL;
	struct bench bench;

	(void)state;
	bench_open(&bench, steps, ARRAY_LEN(steps));
	bench.scene.script.cancel_ms = 3100;
	assert_int_equal(watch_healthy(&bench.watch, HEALTH_TIMEOUT_MS, &err), -1);
	assert_int_equal(script_elapsed(&bench.scene.script), 3100);
	assert_int_equal(error_exit_code(err), 128 + SIGTERM);
	assert_error(&err, ERROR_CANCELLED, "SIGTERM");
	bench_close(&bench);
}

static void docker_that_fails_meanwhile_ends_the_wait(void **state)
{
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = no_lines },
		{ .command = INSPECT, .out = RUNNING("starting") },
		{ .command = INSPECT, .how = SCRIPT_TIMES_OUT },
	};
	struct error *err = NULL;
	struct bench bench;

	(void)state;
	assert_int_equal(WAIT(&bench, steps, &err), -1);
	assert_error(&err, ERROR_TIMEOUT, "docker container inspect did not end");
	bench_close(&bench);
}

/* ------------------------------------------------------------------ the secret */

#define COMPLETE "Q0E=\nQ0VSVA==\nS0VZ"

static int wait_secret(struct bench *bench, const struct script_step *steps, size_t count, struct buf *values,
		       struct error **err)
{
	bench_open(bench, steps, count);
	return watch_secret(&bench->watch, values, err);
}

static void release(struct buf *values)
{
	for (int i = 0; i < MTLS_FILES; i++)
		buf_release(&values[i]);
}

static void a_secret_that_is_there_is_taken_at_once(void **state)
{
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = no_lines },
		{ .command = SECRET, .out = COMPLETE },
	};
	struct buf values[MTLS_FILES] = { BUF_INIT, BUF_INIT, BUF_INIT };
	struct error *err = NULL;
	struct bench bench;

	(void)state;
	assert_int_equal(wait_secret(&bench, steps, ARRAY_LEN(steps), values, &err), 0);
	assert_string_equal(buf_str(&values[MTLS_CA]), "CA");
	assert_string_equal(buf_str(&values[MTLS_CERT]), "CERT");
	assert_string_equal(buf_str(&values[MTLS_KEY]), "KEY");
	assert_int_equal(script_elapsed(&bench.scene.script), 0);
	release(values);
	bench_close(&bench);
}

static void a_secret_that_comes_bit_by_bit_is_taken_whole(void **state)
{
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = no_lines },
		{ .command = SECRET, .code = 1, .err = "not found\n" },
		{ .command = INSPECT, .out = RUNNING("healthy") },
		{ .command = SECRET, .out = "Q0E=\n\n" },
		{ .command = INSPECT, .out = RUNNING("healthy") },
		{ .command = SECRET, .out = "Q0E=\nQ0VSVA==\n" },
		{ .command = INSPECT, .out = RUNNING("healthy") },
		{ .command = SECRET, .out = COMPLETE },
	};
	struct buf values[MTLS_FILES] = { BUF_INIT, BUF_INIT, BUF_INIT };
	struct error *err = NULL;
	struct bench bench;

	(void)state;
	assert_int_equal(wait_secret(&bench, steps, ARRAY_LEN(steps), values, &err), 0);
	assert_string_equal(buf_str(&values[MTLS_CA]), "CA");
	assert_string_equal(buf_str(&values[MTLS_CERT]), "CERT");
	assert_string_equal(buf_str(&values[MTLS_KEY]), "KEY");
	assert_int_equal(script_elapsed(&bench.scene.script), 3 * WATCH_INTERVAL_MS);
	release(values);
	bench_close(&bench);
}

/* Asks, looks, and so on: one row cannot stand for two commands. */
static struct script_step *ninety_times(size_t *count)
{
	struct script_step *steps = xcalloc(2 * 91 + 3, sizeof(*steps));

	*count = 0;
	steps[(*count)++] = (struct script_step){ .command = EVENTS, .lines = no_lines };
	for (int i = 0; i < 91; i++) {
		steps[(*count)++] = (struct script_step){ .command = SECRET, .out = "\n\n" };
		steps[(*count)++] = (struct script_step){ .command = INSPECT, .out = RUNNING("healthy") };
	}
	steps[(*count)++] = (struct script_step){ .command = TAIL, .out = "last words\n" };
	steps[(*count)++] = (struct script_step){ .command = INSPECT, .out = RUNNING("healthy") };
	return steps;
}

static void the_wait_for_the_secret_is_bounded_by_90_times_2_seconds(void **state)
{
	struct buf values[MTLS_FILES] = { BUF_INIT, BUF_INIT, BUF_INIT };
	struct error *err = NULL;
	struct bench bench;
	size_t count;
	autofree struct script_step *steps = ninety_times(&count);

	(void)state;
	assert_int_equal(wait_secret(&bench, steps, count, values, &err), -1);
	assert_int_equal(script_elapsed(&bench.scene.script), 90 * 2000);
	assert_non_null(strstr(err->detail, "last words"));
	assert_error(&err, ERROR_TIMEOUT, "openshell-cli-client was not complete within 180 s");
	release(values);
	bench_close(&bench);
}

static void a_secret_that_is_no_base64_is_not_waited_for(void **state)
{
	static const struct script_step steps[] = {
		{ .command = EVENTS, .lines = no_lines },
		{ .command = SECRET, .out = "Q0E=\n***\nS0VZ" },
	};
	struct buf values[MTLS_FILES] = { BUF_INIT, BUF_INIT, BUF_INIT };
	struct error *err = NULL;
	struct bench bench;

	(void)state;
	assert_int_equal(wait_secret(&bench, steps, ARRAY_LEN(steps), values, &err), -1);
	assert_error(&err, ERROR_SYSTEM, "is not base64");
	release(values);
	bench_close(&bench);
}

static void a_container_that_goes_before_the_secret_comes_is_told(void **state)
{
	static const struct script_step exits[] = {
		{ .command = EVENTS, .lines = no_lines },
		{ .command = SECRET, .code = 1, .err = "is not running\n" },
		{ .command = INSPECT, .out = STATE("exited", "unhealthy", "", "") },
		EXPLAINED,
	};
	static const struct script_step goes[] = {
		{ .command = EVENTS, .lines = no_lines },
		{ .command = SECRET, .code = 1, .err = "No such container\n" },
		ABSENT,
	};
	struct buf values[MTLS_FILES] = { BUF_INIT, BUF_INIT, BUF_INIT };
	struct error *err = NULL;
	struct bench bench;

	(void)state;
	assert_int_equal(wait_secret(&bench, exits, ARRAY_LEN(exits), values, &err), -1);
	assert_error(&err, ERROR_UNHEALTHY, "exit_code=3");
	bench_close(&bench);
	assert_int_equal(wait_secret(&bench, goes, ARRAY_LEN(goes), values, &err), -1);
	assert_error(&err, ERROR_UNHEALTHY, "was removed meanwhile");
	bench_close(&bench);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_healthy_container_is_not_waited_for),
		cmocka_unit_test(an_event_wakes_the_wait),
		cmocka_unit_test(an_event_that_says_healthy_needs_no_look),
		cmocka_unit_test(healthy_before_it_ended_does_not_count),
		cmocka_unit_test(healthy_before_the_wait_is_looked_at_once_more),
		cmocka_unit_test(without_events_it_looks_every_two_seconds),
		cmocka_unit_test(unhealthy_may_become_healthy),
		cmocka_unit_test(the_wait_is_bounded_by_180_times_2_seconds),
		cmocka_unit_test(unhealthy_at_the_end_is_unhealthy),
		cmocka_unit_test(a_shorter_time_is_kept_to_the_millisecond),
		cmocka_unit_test(the_time_that_docker_takes_counts),
		cmocka_unit_test(a_container_that_has_exited_tells_its_code),
		cmocka_unit_test(a_container_that_ran_out_of_memory_tells_so),
		cmocka_unit_test(a_die_event_counts_though_docker_restarted_it),
		cmocka_unit_test(an_end_with_exit_code_0_is_an_end),
		cmocka_unit_test(a_restart_that_no_event_told_of_is_an_end),
		cmocka_unit_test(restarts_before_our_time_do_not_count),
		cmocka_unit_test(a_container_that_is_removed_meanwhile_is_told),
		cmocka_unit_test(without_a_health_check_there_is_nothing_to_wait_for),
		cmocka_unit_test(a_missing_supervisor_fails_at_once),
		cmocka_unit_test(node_pressure_fails_when_seen_eight_times_in_a_row),
		cmocka_unit_test(node_pressure_that_passes_is_forgotten),
		cmocka_unit_test(a_registry_without_a_name_is_told_once_and_waited_for),
		cmocka_unit_test(markers_are_found_in_the_log_too),
		cmocka_unit_test(log_lines_are_shown_while_it_waits),
		cmocka_unit_test(each_new_word_of_the_health_check_is_told),
		cmocka_unit_test(what_the_health_check_said_in_a_former_life_is_not_told),
		cmocka_unit_test(logs_that_cannot_be_shown_are_no_failure),
		cmocka_unit_test(without_events_there_is_no_watch),
		cmocka_unit_test(a_signal_ends_the_wait_at_once),
		cmocka_unit_test(docker_that_fails_meanwhile_ends_the_wait),
		cmocka_unit_test(a_secret_that_is_there_is_taken_at_once),
		cmocka_unit_test(a_secret_that_comes_bit_by_bit_is_taken_whole),
		cmocka_unit_test(the_wait_for_the_secret_is_bounded_by_90_times_2_seconds),
		cmocka_unit_test(a_secret_that_is_no_base64_is_not_waited_for),
		cmocka_unit_test(a_container_that_goes_before_the_secret_comes_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
