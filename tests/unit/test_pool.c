/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <string.h>

#include "asleep.h"
#include "base/clock.h"
#include "rig.h"
#include "work/pool.h"

static void wrong_arguments_are_refused(void **state)
{
	(void)state;
	sshoal_pool *pool = rig_fifo(1);
	sshoal_future *future = NULL;
	void *items[1] = { NULL };
	assert_int_equal(sshoal_pool_new(NULL, NULL, NULL), SSHOAL_EINVAL);
	assert_int_equal(sshoal_pool_submit(NULL, rig_same, NULL, 0, &future),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_pool_submit(pool, NULL, NULL, 0, &future),
			 SSHOAL_EINVAL);
	assert_int_equal(
		sshoal_pool_submit_callback(pool, rig_same, NULL, NULL, NULL),
		SSHOAL_EINVAL);
	assert_int_equal(sshoal_pool_map(NULL, rig_same, items, 1, items),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_pool_map(pool, NULL, items, 1, items),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_pool_map(pool, rig_same, NULL, 1, items),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_pool_join(NULL, 0), SSHOAL_EINVAL);
	assert_int_equal(sshoal_pool_join(pool, -2), SSHOAL_EINVAL);
	assert_int_equal(sshoal_future_wait(NULL, NULL, 0), SSHOAL_EINVAL);
	assert_int_equal(sshoal_future_cancel(NULL), SSHOAL_EINVAL);
	assert_false(sshoal_future_is_done(NULL));
	assert_int_equal(sshoal__pool_abandon(NULL, NULL), SSHOAL_EINVAL);
	assert_int_equal(sshoal__pool_abandon(pool, NULL), SSHOAL_EINVAL);
	assert_null(future);
	assert_int_equal(sshoal__pool_threads(pool), 0);
	sshoal_pool_close(NULL);
	sshoal_pool_free(NULL);
	sshoal_future_free(NULL);
	future = rig_submit(pool, rig_same, NULL);
	assert_int_equal(sshoal_future_wait(future, NULL, -2), SSHOAL_EINVAL);
	sshoal_future_free(future);
	sshoal_pool_free(pool);
}

static void wrong_options_are_named(void **state)
{
	(void)state;
	static const struct {
		sshoal_pool_options options;
		const char *name;
	} cases[] = {
		{ { .size = 0 }, "size: " },
		{ { .size = sizeof(sshoal_pool_options) - 1 }, "size: " },
		{ { .size = sizeof(sshoal_pool_options), .queue_order = 3 },
		  "queue_order: " },
		{ { .size = sizeof(sshoal_pool_options),
		    .stack_size_bytes = 1 },
		  "stack_size_bytes: " },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		sshoal_pool *pool = NULL;
		sshoal_error error = { .code = 0 };
		assert_int_equal(
			sshoal_pool_new(&pool, &cases[i].options, &error),
			SSHOAL_EINVAL);
		assert_null(pool);
		assert_int_equal(error.code, SSHOAL_EINVAL);
		assert_int_equal(strncmp(error.text, cases[i].name,
					 strlen(cases[i].name)),
				 0);
	}
}

static void work_is_done_and_its_result_comes_back(void **state)
{
	(void)state;
	sshoal_pool *pool = NULL;
	assert_int_equal(sshoal_pool_new(&pool, NULL, NULL), 0);
	int thing = 0;
	rig_assert_result(rig_submit(pool, rig_same, &thing), &thing);
	rig_assert_result(rig_submit(pool, rig_same, NULL), NULL);
	sshoal_pool_free(pool);
}

static void work_nobody_asks_about_is_done_too(void **state)
{
	(void)state;
	sshoal_pool *pool = rig_fifo(4);
	atomic_uint count = 0;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(
			sshoal_pool_submit(pool, rig_count_up, &count, 0, NULL),
			0);
	assert_int_equal(sshoal_pool_join(pool, -1), 0);
	assert_int_equal(count, 1000);
	sshoal_pool_free(pool);
}

static void an_idle_thread_is_used_again(void **state)
{
	(void)state;
	sshoal_pool *pool = rig_fifo(8);
	assert_int_equal(sshoal__pool_threads(pool), 0);
	void *first = NULL;
	for (int i = 0; i < 1000; i++) {
		void *id = NULL;
		sshoal_future *future = rig_submit(pool, rig_own_id, NULL);
		assert_int_equal(sshoal_future_wait(future, &id, -1), 0);
		sshoal_future_free(future);
		first = first ? first : id;
		assert_ptr_equal(id, first);
		assert_int_equal(sshoal__pool_threads(pool), 1);
	}
	assert_int_not_equal((intptr_t)first, gettid());
	sshoal_pool_free(pool);
}

static void threads_are_made_as_work_comes_up_to_the_maximum(void **state)
{
	(void)state;
	sshoal_pool *pool = rig_fifo(5);
	struct rig_door door = rig_door();
	for (uint32_t i = 1; i <= 20; i++) {
		assert_int_equal(
			sshoal_pool_submit(pool, rig_wait_at, &door, 0, NULL),
			0);
		assert_int_equal(sshoal__pool_threads(pool), i < 5 ? i : 5);
	}
	rig_await(&door.waiting, 5);
	rig_open(&door);
	assert_int_equal(sshoal_pool_join(pool, -1), 0);
	assert_int_equal(door.passed, 20);
	assert_int_equal(sshoal__pool_threads(pool), 5);
	sshoal_pool_free(pool);
	rig_close(&door);
}

static void by_default_there_is_a_thread_for_each_processor(void **state)
{
	(void)state;
	uint32_t online = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
	sshoal_pool *pool = rig_fifo(0);
	struct rig_door door = rig_door();
	for (uint32_t i = 0; i < online + 3; i++)
		assert_int_equal(
			sshoal_pool_submit(pool, rig_wait_at, &door, 0, NULL),
			0);
	assert_int_equal(sshoal__pool_threads(pool), online);
	rig_open(&door);
	sshoal_pool_free(pool);
	rig_close(&door);
}

/* What was begun, in order; only one thread writes it. */
struct record {
	int begun[8];
	size_t count;
};

struct entry {
	struct record *record;
	int number;
};

static void *write_down(void *argument)
{
	const struct entry *entry = argument;
	entry->record->begun[entry->record->count++] = entry->number;
	return NULL;
}

#define ENTRIES 6

static void waiting_work_is_begun_in_order(void **state)
{
	(void)state;
	static const int priorities[ENTRIES] = { 2, 1, INT_MAX, 1, INT_MIN, 2 };
	static const struct {
		uint32_t order;
		int expected[ENTRIES];
	} cases[] = {
		{ SSHOAL_QUEUE_FIFO, { 0, 1, 2, 3, 4, 5 } },
		{ SSHOAL_QUEUE_LIFO, { 5, 4, 3, 2, 1, 0 } },
		{ SSHOAL_QUEUE_PRIORITY, { 4, 1, 3, 0, 5, 2 } },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		sshoal_pool *pool = rig_pool(1, cases[i].order, 0);
		struct rig_door door = rig_door();
		sshoal_future_free(rig_occupy(pool, &door));
		struct record record = { .count = 0 };
		struct entry entries[ENTRIES];
		for (int j = 0; j < ENTRIES; j++) {
			entries[j] = (struct entry){ .record = &record,
						     .number = j };
			assert_int_equal(sshoal_pool_submit(
						 pool, write_down, &entries[j],
						 priorities[j], NULL),
					 0);
		}
		rig_open(&door);
		sshoal_pool_free(pool);
		rig_close(&door);
		assert_int_equal(record.count, ENTRIES);
		assert_memory_equal(record.begun, cases[i].expected,
				    sizeof cases[i].expected);
	}
}

static void capacity_bounds_what_waits_for_busy_threads(void **state)
{
	(void)state;
	sshoal_pool *pool = rig_pool(3, SSHOAL_QUEUE_FIFO, 2);
	struct rig_door door = rig_door();
	/* Three have a thread at once, begun or not; two wait. */
	for (int i = 0; i < 5; i++)
		assert_int_equal(
			sshoal_pool_submit(pool, rig_wait_at, &door, 0, NULL),
			0);
	sshoal_future *future = NULL;
	for (int i = 0; i < 3; i++)
		assert_int_equal(sshoal_pool_submit(pool, rig_wait_at, &door, 0,
						    &future),
				 SSHOAL_EFULL);
	assert_null(future);
	rig_open(&door);
	assert_int_equal(sshoal_pool_join(pool, -1), 0);
	assert_int_equal(door.passed, 5);
	/* There is room again. */
	for (int i = 0; i < 5; i++)
		assert_int_equal(
			sshoal_pool_submit(pool, rig_wait_at, &door, 0, NULL),
			0);
	sshoal_pool_free(pool);
	assert_int_equal(door.passed, 10);
	rig_close(&door);
}

struct callback {
	sshoal_pool *pool;
	atomic_uint count;
	void *result;
	_Atomic pid_t id;
};

static void take_result(void *result, void *data)
{
	struct callback *callback = data;
	callback->result = result;
	callback->id = gettid();
	/* It may give the pool more to do. */
	if (++callback->count < 10 &&
	    sshoal_pool_submit_callback(callback->pool, rig_own_id, NULL,
					take_result, callback) != 0)
		callback->count = 1000;
}

static void a_callback_gets_the_result_on_the_pools_thread(void **state)
{
	(void)state;
	struct callback callback = { .pool = rig_fifo(1) };
	assert_int_equal(sshoal_pool_submit_callback(callback.pool, rig_own_id,
						     NULL, take_result,
						     &callback),
			 0);
	assert_int_equal(sshoal_pool_join(callback.pool, -1), 0);
	assert_int_equal(callback.count, 10);
	assert_int_equal((intptr_t)callback.result, callback.id);
	assert_int_not_equal(callback.id, gettid());
	sshoal_pool_free(callback.pool);
}

static void a_closed_pool_does_what_it_has_and_takes_no_more(void **state)
{
	(void)state;
	sshoal_pool *pool = rig_fifo(1);
	struct rig_door door = rig_door();
	atomic_uint count = 0;
	sshoal_future_free(rig_occupy(pool, &door));
	for (int i = 0; i < 10; i++)
		assert_int_equal(
			sshoal_pool_submit(pool, rig_count_up, &count, 0, NULL),
			0);
	sshoal_pool_close(pool);
	sshoal_pool_close(pool);
	sshoal_future *future = NULL;
	assert_int_equal(
		sshoal_pool_submit(pool, rig_count_up, &count, 0, &future),
		SSHOAL_ECLOSED);
	assert_int_equal(sshoal_pool_submit_callback(pool, rig_count_up, &count,
						     take_result, NULL),
			 SSHOAL_ECLOSED);
	assert_null(future);
	rig_open(&door);
	assert_int_equal(sshoal_pool_join(pool, -1), 0);
	assert_int_equal(count, 10);
	sshoal_pool_free(pool);
	rig_close(&door);
}

static void join_waits_for_begun_and_waiting_work(void **state)
{
	(void)state;
	sshoal_pool *pool = rig_fifo(1);
	struct rig_door door = rig_door();
	assert_int_equal(sshoal_pool_join(pool, -1), 0);
	sshoal_future_free(rig_occupy(pool, &door));
	sshoal_future_free(rig_submit(pool, rig_wait_at, &door));
	assert_int_equal(sshoal_pool_join(pool, 0), SSHOAL_ETIMEOUT);
	int64_t before_us = sshoal__clock_now_us();
	assert_int_equal(sshoal_pool_join(pool, 30), SSHOAL_ETIMEOUT);
	assert_in_range(sshoal__clock_now_us() - before_us, 30000, 20000000);
	rig_open(&door);
	assert_int_equal(sshoal_pool_join(pool, INT64_MAX), 0);
	assert_int_equal(door.passed, 2);
	assert_int_equal(sshoal_pool_join(pool, 0), 0);
	/* The pool is open as before. */
	sshoal_future_free(rig_submit(pool, rig_wait_at, &door));
	assert_int_equal(sshoal_pool_join(pool, 60000), 0);
	assert_int_equal(door.passed, 3);
	sshoal_pool_free(pool);
	rig_close(&door);
}

static void free_does_the_work_that_waits(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++) {
		sshoal_pool *pool = rig_fifo(3);
		atomic_uint count = 0;
		for (int j = 0; j < 100; j++)
			assert_int_equal(sshoal_pool_submit(pool, rig_count_up,
							    &count, 0, NULL),
					 0);
		sshoal_pool_free(pool);
		assert_int_equal(count, 100);
	}
}

#define SUBMITTERS 16

#define PIECES 2000

struct rush {
	sshoal_pool *pool;
	atomic_uint count;
	atomic_uint failures;
};

static void *submit_many(void *argument)
{
	struct rush *rush = argument;
	for (int i = 0; i < PIECES; i++) {
		sshoal_future *future = NULL;
		int rc = sshoal_pool_submit(rush->pool, rig_count_up,
					    &rush->count, i % 3,
					    i % 2 ? &future : NULL);
		if (rc != 0)
			rush->failures++;
		if (i % 4 == 1 && sshoal_future_wait(future, NULL, -1) != 0)
			rush->failures++;
		sshoal_future_free(future);
	}
	return NULL;
}

static void many_threads_may_submit_at_once(void **state)
{
	(void)state;
	struct rush rush = { .pool = rig_pool(6, SSHOAL_QUEUE_PRIORITY, 0) };
	pthread_t threads[SUBMITTERS];
	for (int i = 0; i < SUBMITTERS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, submit_many, &rush),
			0);
	for (int i = 0; i < SUBMITTERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(sshoal_pool_join(rush.pool, -1), 0);
	assert_int_equal(rush.failures, 0);
	assert_int_equal(rush.count, SUBMITTERS * PIECES);
	assert_in_range(sshoal__pool_threads(rush.pool), 1, 6);
	sshoal_pool_free(rush.pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_arguments_are_refused),
		cmocka_unit_test(wrong_options_are_named),
		cmocka_unit_test(work_is_done_and_its_result_comes_back),
		cmocka_unit_test(work_nobody_asks_about_is_done_too),
		cmocka_unit_test(an_idle_thread_is_used_again),
		cmocka_unit_test(
			threads_are_made_as_work_comes_up_to_the_maximum),
		cmocka_unit_test(
			by_default_there_is_a_thread_for_each_processor),
		cmocka_unit_test(waiting_work_is_begun_in_order),
		cmocka_unit_test(capacity_bounds_what_waits_for_busy_threads),
		cmocka_unit_test(
			a_callback_gets_the_result_on_the_pools_thread),
		cmocka_unit_test(
			a_closed_pool_does_what_it_has_and_takes_no_more),
		cmocka_unit_test(join_waits_for_begun_and_waiting_work),
		cmocka_unit_test(free_does_the_work_that_waits),
		cmocka_unit_test(many_threads_may_submit_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
