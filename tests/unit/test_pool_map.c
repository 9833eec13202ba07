/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "asleep.h"
#include "rig.h"
#include "scarcity.h"
#include "work/pool.h"

static void *doubled(void *argument)
{
	return (void *)((uintptr_t)argument * 2);
}

#define MANY 10000

static void map_returns_results_in_the_order_of_items(void **state)
{
	(void)state;
	static const size_t counts[] = { 0, 1, 3, 4, 5, MANY };
	void **items = calloc(MANY, sizeof(void *));
	void **results = calloc(MANY, sizeof(void *));
	assert_non_null(items);
	assert_non_null(results);
	sshoal_pool *pool = rig_fifo(4);
	for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
		for (uintptr_t i = 0; i < MANY; i++)
			items[i] = (void *)i;
		assert_int_equal(sshoal_pool_map(pool, doubled, items,
						 counts[c], results),
				 0);
		for (uintptr_t i = 0; i < counts[c]; i++)
			assert_int_equal((uintptr_t)results[i], 2 * i);
		assert_int_equal(
			sshoal_pool_map(pool, doubled, items, counts[c], items),
			0);
		for (uintptr_t i = 0; i < counts[c]; i++)
			assert_int_equal((uintptr_t)items[i], 2 * i);
	}
	assert_in_range(sshoal__pool_threads(pool), 1, 4);
	sshoal_pool_free(pool);
	free(results);
	free(items);
}

static void map_calls_each_item_once_without_results_too(void **state)
{
	(void)state;
	sshoal_pool *pool = rig_fifo(3);
	atomic_uint counts[100];
	void *items[100];
	for (size_t i = 0; i < 100; i++) {
		atomic_init(&counts[i], 0);
		items[i] = &counts[i];
	}
	/* Often, so that some helper comes when all is done. */
	for (int round = 0; round < 500; round++)
		assert_int_equal(
			sshoal_pool_map(pool, rig_count_up, items, 100, NULL),
			0);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(counts[i], 500);
	sshoal_pool_free(pool);
}

/* An item that leaves the pool no thread for what map() has waiting. */
struct hog {
	sshoal_pool *pool;
	struct rig_door *door;
	int rc;
};

static void *take_a_thread(void *argument)
{
	struct hog *hog = argument;
	hog->rc =
		sshoal_pool_submit(hog->pool, rig_wait_at, hog->door, -1, NULL);
	return hog;
}

static void map_ends_with_its_items_whatever_else_is_done(void **state)
{
	(void)state;
	sshoal_pool *pool = rig_pool(2, SSHOAL_QUEUE_PRIORITY, 0);
	struct rig_door door = rig_door();
	sshoal_future_free(rig_occupy(pool, &door));
	/* The one thread left does both and has to wait at the door then. */
	struct hog hogs[2] = { { pool, &door, 1 }, { pool, &door, 1 } };
	void *items[2] = { &hogs[0], &hogs[1] };
	assert_int_equal(sshoal_pool_map(pool, take_a_thread, items, 2, NULL),
			 0);
	assert_int_equal(door.passed, 0);
	assert_int_equal(hogs[0].rc, 0);
	assert_int_equal(hogs[1].rc, 0);
	rig_open(&door);
	sshoal_pool_free(pool);
	assert_int_equal(door.passed, 3);
	rig_close(&door);
}

struct mapper {
	sshoal_pool *pool;
	void *items[10];
	_Atomic pid_t id;
	int rc;
};

static void *call_map(void *argument)
{
	struct mapper *mapper = argument;
	mapper->id = gettid();
	mapper->rc = sshoal_pool_map(mapper->pool, doubled, mapper->items, 10,
				     mapper->items);
	return NULL;
}

static void map_waits_its_turn_where_the_queue_is_full(void **state)
{
	(void)state;
	struct mapper mapper = { .pool = rig_pool(2, SSHOAL_QUEUE_FIFO, 1),
				 .rc = 1 };
	for (uintptr_t i = 0; i < 10; i++)
		mapper.items[i] = (void *)i;
	struct rig_door door = rig_door();
	for (int i = 0; i < 3; i++)
		sshoal_future_free(rig_submit(mapper.pool, rig_wait_at, &door));
	assert_int_equal(
		sshoal_pool_submit(mapper.pool, rig_wait_at, &door, 0, NULL),
		SSHOAL_EFULL);
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, call_map, &mapper), 0);
	while (mapper.id == 0)
		(void)sched_yield();
	await_asleep(mapper.id);
	rig_open(&door);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(mapper.rc, 0);
	for (uintptr_t i = 0; i < 10; i++)
		assert_int_equal((uintptr_t)mapper.items[i], 2 * i);
	sshoal_pool_free(mapper.pool);
	rig_close(&door);
}

static void a_map_that_fails_calls_nothing(void **state)
{
	(void)state;
	sshoal_pool *pool = rig_fifo(2);
	atomic_uint count = 0;
	void *items[3] = { &count, &count, &count };
	void *results[3] = { NULL, NULL, NULL };
	for (int memory = 0; memory < 2; memory++) {
		scarcity_of_memory(memory);
		int rc = sshoal_pool_map(pool, rig_count_up, items, 3, results);
		scarcity_of_memory(NO_SCARCITY);
		assert_int_equal(rc, SSHOAL_ENOMEM);
	}
	scarcity_of_threads(0);
	int rc = sshoal_pool_map(pool, rig_count_up, items, 3, results);
	scarcity_of_threads(NO_SCARCITY);
	assert_int_equal(rc, SSHOAL_ELOCAL);
	sshoal_pool_close(pool);
	assert_int_equal(sshoal_pool_map(pool, rig_count_up, items, 3, results),
			 SSHOAL_ECLOSED);
	assert_int_equal(count, 0);
	assert_null(results[0]);
	sshoal_pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(map_returns_results_in_the_order_of_items),
		cmocka_unit_test(map_calls_each_item_once_without_results_too),
		cmocka_unit_test(map_ends_with_its_items_whatever_else_is_done),
		cmocka_unit_test(map_waits_its_turn_where_the_queue_is_full),
		cmocka_unit_test(a_map_that_fails_calls_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
