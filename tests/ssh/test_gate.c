/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <sshoal/error.h>

#include "servers/port.h"
#include "servers/site.h"
#include "ssh/observed.h"
#include "unit/asleep.h"

/* A run that is held by a gate, and who is running in one. */

static const struct expected not_started = { SSHOAL_STATUS_NOT_STARTED,
					     SSHOAL_PHASE_QUEUE, SSHOAL_RAN_NO,
					     -1, NULL };

/* A run on a thread of its own. */
struct scene {
	sshoal_gate *gate;
	sshoal_cancel *cancel;
	sshoal_fleet *fleet;
	const char *command;
	struct observed observed;
	pthread_t thread;
	_Atomic pid_t id;
	atomic_uint started;
	int rc;
};

static int on_start(const sshoal_target *target, void *data)
{
	struct scene *scene = data;
	(void)target;
	scene->started++;
	return 0;
}

static int shut_on_start(const sshoal_target *target, void *data)
{
	struct scene *scene = data;
	if (++scene->started == 1)
		(void)sshoal_gate_shut(scene->gate);
	(void)target;
	return 0;
}

static void prepare(struct scene *scene, sshoal_fleet_options *options)
{
	*scene = (struct scene){ .command = "echo done", .rc = 1 };
	assert_int_equal(sshoal_gate_new(&scene->gate), 0);
	assert_int_equal(sshoal_cancel_new(&scene->cancel), 0);
	options->gate = scene->gate;
	options->cancel = scene->cancel;
	scene->fleet = fleet_of(options);
	scene->observed.on_start = on_start;
	scene->observed.data = scene;
}

static void *scene_main(void *argument)
{
	struct scene *scene = argument;
	scene->id = gettid();
	scene->rc = observe(&scene->observed, scene->fleet, scene->command);
	return NULL;
}

static void begin(struct scene *scene)
{
	assert_int_equal(
		pthread_create(&scene->thread, NULL, scene_main, scene), 0);
	while (scene->id == 0)
		(void)sched_yield();
}

static void end(struct scene *scene)
{
	assert_int_equal(pthread_join(scene->thread, NULL), 0);
	assert_int_equal(scene->rc, 0);
}

static void fini(struct scene *scene)
{
	observed_free(&scene->observed);
	sshoal_fleet_free(scene->fleet);
	sshoal_cancel_free(scene->cancel);
	sshoal_gate_free(scene->gate);
}

static void nobody_is_contacted_before_the_gate_opens(void **state)
{
	(void)state;
	struct site site; /* whose log is empty */
	assert_int_equal(site_start(&site, NULL), 0);
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	struct scene scene;
	prepare(&scene, &options);
	fleet_with_hosts(scene.fleet, &site, 3);
	begin(&scene);
	await_asleep(scene.id);
	assert_int_equal(scene.started, 0);
	assert_int_equal(sshoal_fleet_status(scene.fleet, NULL, 0), 0);
	assert_int_equal(process_count(site.sshd.process, "Connection from"),
			 0);
	assert_int_equal(sshoal_gate_open(scene.gate), 0);
	end(&scene);
	for (size_t i = 0; i < 3; i++)
		assert_seen_ok(&scene.observed, i, "done\n");
	assert_int_equal(scene.started, 3);
	fini(&scene);
	site_stop(&site);
}

static void what_runs_goes_on_while_no_other_is_started(void **state)
{
	static const uint32_t widths[] = { 1, 8 };
	for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
		sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
		options.parallel = widths[i];
		struct scene scene;
		prepare(&scene, &options);
		scene.observed.on_start = shut_on_start;
		fleet_with_hosts(scene.fleet, *state, 4);
		assert_int_equal(sshoal_gate_open(scene.gate), 0);
		begin(&scene);
		while (scene.started == 0 ||
		       sshoal_fleet_status(scene.fleet, NULL, 0) > 0)
			(void)sched_yield();
		await_asleep(scene.id);
		assert_int_equal(scene.started, 1);
		assert_int_equal(sshoal_gate_open(scene.gate), 0);
		end(&scene);
		for (size_t k = 0; k < 4; k++)
			assert_seen_ok(&scene.observed, k, "done\n");
		fini(&scene);
	}
}

static void a_next_try_waits_for_the_gate(void **state)
{
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.retries = 1;
	options.retry_delay_ms = 1;
	struct scene scene;
	prepare(&scene, &options);
	scene.observed.on_start = shut_on_start;
	uint16_t port = 0;
	int fd = port_closed(&port);
	assert_true(fd >= 0);
	sshoal_client_options client = site_options(*state, "127.0.0.1");
	client.port = port;
	fleet_with(scene.fleet, &client);
	assert_int_equal(sshoal_gate_open(scene.gate), 0);
	begin(&scene);
	while (scene.started == 0 ||
	       sshoal_fleet_status(scene.fleet, NULL, 0) > 0)
		(void)sched_yield();
	await_asleep(scene.id);
	assert_int_equal(sshoal_cancel_trigger(scene.cancel, SSHOAL_CANCEL_END),
			 0);
	end(&scene);
	assert_seen_status(&scene.observed, 0, SSHOAL_STATUS_CANCELLED);
	assert_int_equal(scene.observed.list[0].attempts, 1);
	fini(&scene);
	(void)close(fd);
}

static void a_run_that_is_held_can_be_cancelled(void **state)
{
	static const int levels[] = { SSHOAL_CANCEL_END, SSHOAL_CANCEL_ABORT };
	for (size_t i = 0; i < 2; i++) {
		sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
		struct scene scene;
		prepare(&scene, &options);
		fleet_with_hosts(scene.fleet, *state, 3);
		begin(&scene);
		await_asleep(scene.id);
		assert_int_equal(sshoal_cancel_trigger(scene.cancel, levels[i]),
				 0);
		end(&scene);
		for (size_t k = 0; k < 3; k++)
			assert_seen(&scene.observed, k, &not_started);
		fini(&scene);
	}
}

static void the_deadline_ends_a_run_that_is_held(void **state)
{
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.deadline_ms = 50;
	struct scene scene;
	prepare(&scene, &options);
	fleet_with_hosts(scene.fleet, *state, 2);
	begin(&scene);
	end(&scene);
	assert_seen(&scene.observed, 0, &not_started);
	assert_seen(&scene.observed, 1, &not_started);
	assert_true(scene.observed.summary.duration_ms >= 49);
	fini(&scene);
}

static void one_gate_holds_several_fleets_which_keep_it(void **state)
{
	sshoal_gate *gate = NULL;
	assert_int_equal(sshoal_gate_new(&gate), 0);
	struct scene scenes[3];
	for (size_t i = 0; i < 3; i++) {
		sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
		options.gate = gate;
		scenes[i] = (struct scene){ .fleet = fleet_of(&options),
					    .command = "echo done" };
		fleet_with_hosts(scenes[i].fleet, *state, 2);
		begin(&scenes[i]);
	}
	for (size_t i = 0; i < 3; i++)
		await_asleep(scenes[i].id);
	assert_int_equal(sshoal_gate_open(gate), 0);
	sshoal_gate_free(gate);
	for (size_t i = 0; i < 3; i++) {
		end(&scenes[i]);
		assert_seen_ok(&scenes[i].observed, 0, "done\n");
		assert_seen_ok(&scenes[i].observed, 1, "done\n");
		fini(&scenes[i]);
	}
}

/* What a program that was built with an older release hands in. */
static void options_from_before_the_gate_are_taken(void **state)
{
	struct old_options {
		unsigned char bytes[offsetof(sshoal_fleet_options, gate)];
	};
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.size = sizeof(struct old_options);
	options.parallel = 1;
	void *old = malloc(sizeof(struct old_options));
	assert_non_null(old);
	memcpy(old, &options, sizeof(struct old_options));
	sshoal_fleet *fleet = fleet_of(old);
	free(old);
	fleet_with_hosts(fleet, *state, 1);
	struct observed observed = { .list = NULL };
	assert_int_equal(observe(&observed, fleet, "echo old"), 0);
	assert_seen_ok(&observed, 0, "old\n");
	observed_free(&observed);
	sshoal_fleet_free(fleet);
}

/* --- who is running --- */

#define CROWD 4

struct question {
	sshoal_fleet *fleet;
	unsigned heard; /* hosts that said something */
	size_t counts[2];
	sshoal_fleet_running list[CROWD + 1];
};

static void *ask(void *argument)
{
	struct question *question = argument;
	question->counts[0] =
		sshoal_fleet_status(question->fleet, question->list, CROWD + 1);
	return NULL;
}

/* Once all that can run do, two threads ask, and the run is ended. */
static int ask_when_all_run(const sshoal_target *target, int stream,
			    const void *bytes, size_t size_bytes, void *data)
{
	struct question *question = data;
	pthread_t thread;
	(void)target, (void)stream, (void)bytes, (void)size_bytes;
	if (++question->heard < CROWD)
		return 0;
	if (pthread_create(&thread, NULL, ask, question) == 0)
		(void)pthread_join(thread, NULL);
	question->counts[1] = sshoal_fleet_status(question->fleet, NULL, 7);
	return 1;
}

static void status_says_who_runs_in_which_phase(void **state)
{
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.parallel = CROWD;
	struct question question = { .fleet = fleet_of(&options) };
	question.list[CROWD].phase = 77;
	fleet_with_hosts(question.fleet, *state, CROWD + 3);
	assert_int_equal(sshoal_fleet_status(question.fleet, question.list, 1),
			 0);
	struct observed observed = { .on_output = ask_when_all_run,
				     .data = &question };
	assert_int_equal(
		observe(&observed, question.fleet, "echo begun; sleep 600"), 0);
	assert_int_equal(question.counts[0], CROWD);
	assert_int_equal(question.counts[1], CROWD);
	for (size_t i = 0; i < CROWD; i++) {
		const sshoal_fleet_running *running = &question.list[i];
		assert_int_equal(sshoal_target_index(running->target), i);
		assert_int_equal(running->phase, SSHOAL_PHASE_RUN);
		assert_int_equal(running->attempt, 1);
		assert_in_range(running->running_ms, 0, 300000);
		assert_int_equal(running->reserved[0], 0);
	}
	assert_int_equal(question.list[CROWD].phase, 77);
	assert_int_equal(sshoal_fleet_status(question.fleet, NULL, 0), 0);
	assert_int_equal(sshoal_fleet_status(NULL, NULL, 0), 0);
	observed_free(&observed);
	sshoal_fleet_free(question.fleet);
}

static void status_may_be_asked_for_all_the_time(void **state)
{
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.parallel = 4;
	struct scene scene;
	prepare(&scene, &options);
	fleet_with_hosts(scene.fleet, *state, 20);
	assert_int_equal(sshoal_gate_open(scene.gate), 0);
	begin(&scene);
	size_t most = 0;
	while (thread_state(scene.id) != 0) {
		sshoal_fleet_running list[2];
		size_t count = sshoal_fleet_status(scene.fleet, list, 2);
		most = count > most ? count : most;
		for (size_t i = 0; i < count && i < 2; i++) {
			assert_non_null(sshoal_target_label(list[i].target));
			assert_non_null(sshoal_phase_name(list[i].phase));
		}
	}
	end(&scene);
	assert_in_range(most, 1, 4);
	fini(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_contacted_before_the_gate_opens),
		cmocka_unit_test(what_runs_goes_on_while_no_other_is_started),
		cmocka_unit_test(a_next_try_waits_for_the_gate),
		cmocka_unit_test(a_run_that_is_held_can_be_cancelled),
		cmocka_unit_test(the_deadline_ends_a_run_that_is_held),
		cmocka_unit_test(one_gate_holds_several_fleets_which_keep_it),
		cmocka_unit_test(options_from_before_the_gate_are_taken),
		cmocka_unit_test(status_says_who_runs_in_which_phase),
		cmocka_unit_test(status_may_be_asked_for_all_the_time),
	};
	return cmocka_run_group_tests(tests, site_setup, site_teardown);
}
