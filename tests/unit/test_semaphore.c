/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include <sshoal/error.h>
#include <sshoal/semaphore.h>

#include "asleep.h"
#include "base/clock.h"

static sshoal_semaphore *new_semaphore(size_t permits)
{
	sshoal_semaphore *semaphore = NULL;
	assert_int_equal(sshoal_semaphore_new(&semaphore, permits), 0);
	assert_non_null(semaphore);
	return semaphore;
}

static void wrong_arguments_are_refused(void **state)
{
	(void)state;
	sshoal_semaphore *semaphore = new_semaphore(1);
	assert_int_equal(sshoal_semaphore_new(NULL, 1), SSHOAL_EINVAL);
	assert_int_equal(sshoal_semaphore_acquire(NULL, 0), SSHOAL_EINVAL);
	assert_int_equal(sshoal_semaphore_acquire(semaphore, -2),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_semaphore_release(NULL), SSHOAL_EINVAL);
	sshoal_semaphore_free(NULL);
	/* The refused call took nothing. */
	assert_int_equal(sshoal_semaphore_acquire(semaphore, 0), 0);
	sshoal_semaphore_free(semaphore);
}

static void there_are_as_many_permits_as_were_asked_for(void **state)
{
	(void)state;
	static const size_t counts[] = { 0, 1, 5, 1000 };
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		sshoal_semaphore *semaphore = new_semaphore(counts[i]);
		for (size_t taken = 0; taken < counts[i]; taken++)
			assert_int_equal(sshoal_semaphore_acquire(semaphore, 0),
					 0);
		assert_int_equal(sshoal_semaphore_acquire(semaphore, 0),
				 SSHOAL_ETIMEOUT);
		for (size_t taken = 0; taken < counts[i]; taken++)
			assert_int_equal(sshoal_semaphore_release(semaphore),
					 0);
		assert_int_equal(sshoal_semaphore_release(semaphore),
				 SSHOAL_EINVAL);
		sshoal_semaphore_free(semaphore);
	}
}

static void a_release_past_the_bound_adds_nothing(void **state)
{
	(void)state;
	sshoal_semaphore *semaphore = new_semaphore(1);
	assert_int_equal(sshoal_semaphore_release(semaphore), SSHOAL_EINVAL);
	assert_int_equal(sshoal_semaphore_acquire(semaphore, 0), 0);
	assert_int_equal(sshoal_semaphore_acquire(semaphore, 0),
			 SSHOAL_ETIMEOUT);
	sshoal_semaphore_free(semaphore);
}

static void waiting_ends_no_earlier_than_its_limit(void **state)
{
	(void)state;
	sshoal_semaphore *semaphore = new_semaphore(0);
	int64_t before_us = sshoal__clock_now_us();
	assert_int_equal(sshoal_semaphore_acquire(semaphore, 30),
			 SSHOAL_ETIMEOUT);
	assert_in_range(sshoal__clock_now_us() - before_us, 30000, 20000000);
	sshoal_semaphore_free(semaphore);
}

struct waiter {
	sshoal_semaphore *semaphore;
	int64_t timeout_ms;
	_Atomic pid_t id;
	int rc;
};

static void *acquire(void *argument)
{
	struct waiter *waiter = argument;
	waiter->id = gettid();
	waiter->rc =
		sshoal_semaphore_acquire(waiter->semaphore, waiter->timeout_ms);
	return NULL;
}

static void a_release_wakes_who_waits(void **state)
{
	(void)state;
	static const int64_t timeouts[] = { -1, 60000, INT64_MAX,
					    INT64_MAX / 1000 };
	for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
		sshoal_semaphore *semaphore = new_semaphore(1);
		assert_int_equal(sshoal_semaphore_acquire(semaphore, 0), 0);
		struct waiter waiter = { .semaphore = semaphore,
					 .timeout_ms = timeouts[i],
					 .rc = 1 };
		pthread_t thread;
		assert_int_equal(
			pthread_create(&thread, NULL, acquire, &waiter), 0);
		while (waiter.id == 0)
			(void)sched_yield();
		await_asleep(waiter.id);
		assert_int_equal(sshoal_semaphore_release(semaphore), 0);
		assert_int_equal(pthread_join(thread, NULL), 0);
		assert_int_equal(waiter.rc, 0);
		sshoal_semaphore_free(semaphore);
	}
}

#define THREADS 20
#define PERMITS 5
#define ROUNDS 500

struct crowd {
	sshoal_semaphore *semaphore;
	atomic_int inside;
	atomic_int most;
	atomic_int failures;
};

static void *come_and_go(void *argument)
{
	struct crowd *crowd = argument;
	for (int i = 0; i < ROUNDS; i++) {
		if (sshoal_semaphore_acquire(crowd->semaphore, -1) != 0)
			crowd->failures++;
		int inside = ++crowd->inside;
		int most = crowd->most;
		while (inside > most && !atomic_compare_exchange_weak(
						&crowd->most, &most, inside))
			;
		(void)sched_yield();
		crowd->inside--;
		if (sshoal_semaphore_release(crowd->semaphore) != 0)
			crowd->failures++;
	}
	return NULL;
}

static void never_more_are_inside_than_there_are_permits(void **state)
{
	(void)state;
	struct crowd crowd = { .semaphore = new_semaphore(PERMITS) };
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, come_and_go, &crowd),
			0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(crowd.failures, 0);
	assert_in_range(crowd.most, 1, PERMITS);
	/* All permits came back. */
	for (int i = 0; i < PERMITS; i++)
		assert_int_equal(sshoal_semaphore_acquire(crowd.semaphore, 0),
				 0);
	assert_int_equal(sshoal_semaphore_acquire(crowd.semaphore, 0),
			 SSHOAL_ETIMEOUT);
	sshoal_semaphore_free(crowd.semaphore);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_arguments_are_refused),
		cmocka_unit_test(there_are_as_many_permits_as_were_asked_for),
		cmocka_unit_test(a_release_past_the_bound_adds_nothing),
		cmocka_unit_test(waiting_ends_no_earlier_than_its_limit),
		cmocka_unit_test(a_release_wakes_who_waits),
		cmocka_unit_test(never_more_are_inside_than_there_are_permits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
