/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <pthread.h>
#include <semaphore.h>
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

/* An address that does not answer, a call that does not return: neither of them
 * may change how another host is judged. */

/* Set for the tests in which a call returns while it is given up. */
static bool returns_late;

/* The call that does not return until it is let, and what became so far of it
 * and of the hosts. */
static sem_t spin_end;
static sem_t told;

static void await(sem_t *semaphore)
{
	while (sem_wait(semaphore))
		;
}

int __real_sshoal__pool_abandon(sshoal_pool *pool, const sshoal_future *future);
int __wrap_sshoal__pool_abandon(sshoal_pool *pool, const sshoal_future *future);

int __wrap_sshoal__pool_abandon(sshoal_pool *pool, const sshoal_future *future)
{
	if (returns_late) {
		(void)sem_post(&spin_end);
		/* Not awaited, only made likely: the worker tells nobody. */
		(void)usleep(300000);
	}
	return __real_sshoal__pool_abandon(pool, future);
}

/* --- an address that does not answer --- */

#define SILENT 200

/* Ends the run at the good host's result, which must be the first. */
static int end_with_the_good(const sshoal_result *result, void *data)
{
	int64_t *first = data;
	if (*first < 0)
		*first = (int64_t)sshoal_result_index(result);
	return sshoal_result_index(result) == SILENT;
}

static void many_at_a_silent_address_hold_up_no_other(void **state)
{
	uint16_t port;
	int fd = port_listen(&port, 64);
	assert_true(fd >= 0);
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.parallel = 4;
	options.logins_per_address = 1;
	options.deadline_ms = SITE_LIMIT_MS;
	sshoal_fleet *fleet = fleet_of(&options);
	sshoal_client_options client = site_options(*state, "127.0.0.1");
	uint32_t good = client.port;
	client.port = port;
	for (size_t i = 0; i < SILENT; i++)
		fleet_with(fleet, &client);
	client.port = good;
	client.host = "127.0.0.2";
	fleet_with(fleet, &client);
	int64_t first = -1;
	struct observed observed = { .on_result = end_with_the_good,
				     .data = &first };
	assert_int_equal(observe(&observed, fleet, "echo here"), 0);
	assert_int_equal(first, SILENT);
	assert_seen_ok(&observed, SILENT, "here\n");
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
	(void)sem_post(&spin_end);
	for (int i = 0; i < 3000 && count_threads() > threads_before; i++)
		(void)usleep(10000);
	assert_int_equal(count_threads(), threads_before);
}

static void stay(void *data)
{
	(void)data;
	(void)sem_post(&told);
	await(&spin_end);
}

static int tell(const sshoal_result *result, void *data)
{
	(void)result, (void)data;
	(void)sem_post(&told);
	return 0;
}

/* When the good hosts have their results and the other one is in its call. */
static void *trigger_when_told(void *argument)
{
	for (int i = 0; i < 3; i++)
		await(&told);
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
		if (i == 2)
			client.connect_timeout_ms = limit_ms;
		fleet_with(fleet, &client);
	}
	size_t threads_before = count_threads();
	pthread_t thread;
	assert_int_equal(sem_init(&spin_end, 0, 0), 0);
	assert_int_equal(sem_init(&told, 0, 0), 0);
	sshoal__fleet_spin(fleet, "127.0.0.2", stay, NULL);
	observed->on_result = tell;
	if (cancel)
		assert_int_equal(pthread_create(&thread, NULL,
						trigger_when_told, cancel),
				 0);
	assert_int_equal(observe(observed, fleet, "echo through"), 0);
	if (cancel)
		(void)pthread_join(thread, NULL);
	sshoal_fleet_free(fleet);
	end_spin(threads_before);
	(void)sem_destroy(&spin_end);
	(void)sem_destroy(&told);
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
		spin(&observed, *state, 2000, NULL);
		observed_free(&observed);
	}
	returns_late = false;
}

static void a_cancel_does_not_wait_for_a_call(void **state)
{
	sshoal_cancel *cancel = NULL;
	assert_int_equal(sshoal_cancel_new(&cancel), 0);
	struct observed observed = { .list = NULL };
	spin(&observed, *state, 2 * SITE_LIMIT_MS, cancel);
	assert_true(observed.summary.duration_ms < SITE_LIMIT_MS);
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
		options.deadline_ms = 3000;
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
		cmocka_unit_test(many_at_a_silent_address_hold_up_no_other),
		cmocka_unit_test(a_call_that_does_not_return_costs_one_host),
		cmocka_unit_test(a_cancel_does_not_wait_for_a_call),
		cmocka_unit_test(the_runs_deadline_ends_the_wait_for_a_try),
	};
	return cmocka_run_group_tests(tests, site_setup, site_teardown);
}
