/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "fleet/fleet.h"
#include "servers/port.h"
#include "servers/site.h"
#include "ssh/observed.h"
#include "work/pool.h"

/* A caller that is slow, a call that does not return, an address that does not
 * answer: none of them may change how another host, or time, is judged. */

#define MUCH 8000000
#define MUCH_OUTPUT "head -c 8000000 /dev/zero"

/* Set for the tests in which a call returns while it is given up. */
static bool returns_late;
static atomic_bool spin_end;

int __real_sshoal__pool_abandon(sshoal_pool *pool, const sshoal_future *future);
int __wrap_sshoal__pool_abandon(sshoal_pool *pool, const sshoal_future *future);

int __wrap_sshoal__pool_abandon(sshoal_pool *pool, const sshoal_future *future)
{
	if (returns_late) {
		atomic_store(&spin_end, true);
		/* Not awaited, only made likely: the worker tells nobody. */
		(void)usleep(300000);
	}
	return __real_sshoal__pool_abandon(pool, future);
}

/* --- a slow caller --- */

/* Sleeps in its first call alone. */
static void sleep_once(unsigned *ms)
{
	(void)usleep(*ms * 1000);
	*ms = 0;
}

static int sleep_at_output(const sshoal_target *target, int stream,
			   const void *bytes, size_t size_bytes, void *data)
{
	(void)target, (void)stream, (void)bytes, (void)size_bytes;
	sleep_once(data);
	return 0;
}

static int sleep_at_start(const sshoal_target *target, void *data)
{
	(void)target;
	sleep_once(data);
	return 0;
}

static void assert_all_of_it(const struct site *site,
			     const sshoal_fleet_options *options,
			     const char *command, unsigned sleep_ms)
{
	const sshoal_client_options client = site_options(site, "127.0.0.1");
	struct observed observed = { .on_output = sleep_at_output,
				     .data = &sleep_ms };
	observe_one(&observed, options, &client, command);
	assert_seen_status(&observed, 0, SSHOAL_STATUS_OK);
	assert_int_equal(observed.list[0].streams[0].bytes, MUCH);
	observed_free(&observed);
}

static void a_slow_caller_does_not_end_the_grace(void **state)
{
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.detach_grace_ms = 500;
	assert_all_of_it(*state, &options, MUCH_OUTPUT " & exit 0", 2000);
}

static void a_slow_caller_does_not_make_a_host_idle(void **state)
{
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.idle_timeout_ms = 500;
	assert_all_of_it(*state, &options, MUCH_OUTPUT, 2000);
}

static void a_slow_caller_takes_no_time_from_a_name(void **state)
{
	unsigned sleep_ms = 2500;
	sshoal_fleet *fleet = fleet_of(NULL);
	sshoal_client_options client = site_options(*state, "127.0.0.1");
	fleet_with(fleet, &client);
	client.host = "localhost";
	client.host_key_policy = SSHOAL_HOST_KEY_OFF;
	client.connect_timeout_ms = 2000;
	fleet_with(fleet, &client);
	struct observed observed = { .on_start = sleep_at_start,
				     .data = &sleep_ms };
	assert_int_equal(observe(&observed, fleet, "echo in time"), 0);
	assert_seen_ok(&observed, 0, "in time\n");
	assert_seen_ok(&observed, 1, "in time\n");
	observed_free(&observed);
	sshoal_fleet_free(fleet);
}

/* --- an address that does not answer --- */

static void many_at_a_silent_address_hold_up_no_other(void **state)
{
	uint16_t port;
	int fd = port_listen(&port, 64);
	assert_true(fd >= 0);
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.parallel = 4;
	options.logins_per_address = 1;
	options.deadline_ms = 5000;
	sshoal_fleet *fleet = fleet_of(&options);
	sshoal_client_options client = site_options(*state, "127.0.0.1");
	uint32_t good = client.port;
	client.port = port;
	for (size_t i = 0; i < 200; i++)
		fleet_with(fleet, &client);
	client.port = good;
	client.host = "127.0.0.2";
	fleet_with(fleet, &client);
	struct observed observed = { .list = NULL };
	assert_int_equal(observe(&observed, fleet, "echo here"), 0);
	assert_seen_ok(&observed, 200, "here\n");
	observed_free(&observed);
	sshoal_fleet_free(fleet);
	(void)close(fd);
}

/* --- a call that does not return --- */

static size_t count_threads(void)
{
	size_t count = 0;
	DIR *folder = opendir("/proc/self/task");
	assert_non_null(folder);
	for (const struct dirent *entry = readdir(folder); entry;
	     entry = readdir(folder))
		count += entry->d_name[0] != '.';
	(void)closedir(folder);
	return count;
}

/* Ends the call and awaits the end of its thread, which frees what it has. */
static void end_spin(size_t threads_before)
{
	atomic_store(&spin_end, true);
	for (int i = 0; i < 3000 && count_threads() > threads_before; i++)
		(void)usleep(10000);
	assert_int_equal(count_threads(), threads_before);
}

static void *trigger_later(void *argument)
{
	(void)usleep(1000000);
	(void)sshoal_cancel_trigger(argument, SSHOAL_CANCEL_END);
	return NULL;
}

/* Runs three hosts, of which the second stays in a call. */
static void spin(struct observed *observed, const struct site *site,
		 int64_t limit_ms, sshoal_cancel *cancel)
{
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.cancel = cancel;
	sshoal_fleet *fleet = fleet_of(&options);
	for (unsigned i = 1; i <= 3; i++) {
		char host[32];
		(void)snprintf(host, sizeof host, "127.0.0.%u", i);
		sshoal_client_options client = site_options(site, host);
		client.connect_timeout_ms = limit_ms;
		fleet_with(fleet, &client);
	}
	size_t threads_before = count_threads();
	pthread_t thread;
	atomic_store(&spin_end, false);
	sshoal__fleet_spin(fleet, "127.0.0.2", &spin_end);
	if (cancel)
		assert_int_equal(
			pthread_create(&thread, NULL, trigger_later, cancel),
			0);
	assert_int_equal(observe(observed, fleet, "echo through"), 0);
	if (cancel)
		(void)pthread_join(thread, NULL);
	sshoal_fleet_free(fleet);
	end_spin(threads_before);
	assert_int_equal(observed->summary.given_up, 1);
	assert_seen_ok(observed, 0, "through\n");
	assert_seen_ok(observed, 2, "through\n");
	assert_seen_status(observed, 1, SSHOAL_STATUS_CONNECT_TIMEOUT);
	assert_int_equal(observed->list[1].ran, SSHOAL_RAN_NO);
}

static void a_call_that_does_not_return_costs_one_host(void **state)
{
	for (int i = 0; i < 2; i++) {
		returns_late = i == 1;
		struct observed observed = { .list = NULL };
		spin(&observed, *state, 1000, NULL);
		observed_free(&observed);
	}
	returns_late = false;
}

static void a_cancel_does_not_wait_for_a_call(void **state)
{
	sshoal_cancel *cancel = NULL;
	assert_int_equal(sshoal_cancel_new(&cancel), 0);
	struct observed observed = { .list = NULL };
	spin(&observed, *state, 60000, cancel);
	assert_true(observed.summary.duration_ms < 30000);
	observed_free(&observed);
	sshoal_cancel_free(cancel);
}

/* --- waits between tries --- */

static void the_runs_deadline_ends_the_wait_for_a_try(void **state)
{
	static const int64_t delays[] = { 60000, INT64_MAX / 2 };
	for (size_t i = 0; i < 2; i++) {
		uint16_t port;
		int fd = port_closed(&port);
		assert_true(fd >= 0);
		sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
		options.retries = 3;
		options.retry_delay_ms = delays[i];
		options.deadline_ms = 500;
		sshoal_client_options client =
			site_options(*state, "127.0.0.1");
		client.port = port;
		struct observed observed = { .list = NULL };
		observe_one(&observed, &options, &client, "true");
		assert_int_equal(observed.list[0].attempts, 1);
		assert_seen_status(&observed, 0, SSHOAL_STATUS_TIMEOUT);
		observed_free(&observed);
		(void)close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slow_caller_does_not_end_the_grace),
		cmocka_unit_test(a_slow_caller_does_not_make_a_host_idle),
		cmocka_unit_test(a_slow_caller_takes_no_time_from_a_name),
		cmocka_unit_test(many_at_a_silent_address_hold_up_no_other),
		cmocka_unit_test(a_call_that_does_not_return_costs_one_host),
		cmocka_unit_test(a_cancel_does_not_wait_for_a_call),
		cmocka_unit_test(the_runs_deadline_ends_the_wait_for_a_try),
	};
	return cmocka_run_group_tests(tests, site_setup, site_teardown);
}
