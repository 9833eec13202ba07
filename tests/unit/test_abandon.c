/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "asleep.h"
#include "rig.h"
#include "scarcity.h"
#include "work/pool.h"

static void abandoned_work_holds_nobody_up(void **state)
{
	(void)state;
	sshoal_pool *pool = rig_fifo(1);
	struct rig_door door = rig_door();
	sshoal_future *stuck = rig_occupy(pool, &door);
	pid_t id = door.id;
	sshoal_future *next = rig_submit(pool, rig_same, &door);
	assert_int_equal(sshoal_future_wait(next, NULL, 10), SSHOAL_ETIMEOUT);
	assert_int_equal(sshoal__pool_abandon(pool, stuck), 0);
	/* What waited has a thread at once, and the pool goes on. */
	rig_assert_result(next, &door);
	rig_assert_result(rig_submit(pool, rig_same, pool), pool);
	assert_int_equal(sshoal__pool_threads(pool), 1);
	assert_int_equal(sshoal_pool_join(pool, -1), 0);
	assert_int_equal(sshoal__pool_abandon(pool, stuck), SSHOAL_ENOENT);
	assert_false(sshoal_future_is_done(stuck));
	sshoal_pool_free(pool);
	/* It returns long after the pool is gone. */
	rig_open(&door);
	rig_assert_result(stuck, &door);
	await_gone(id);
	rig_close(&door);
}

static void many_may_be_abandoned_and_return_in_any_order(void **state)
{
	(void)state;
	enum { STUCK = 40 };
	sshoal_pool *pool = rig_fifo(4);
	struct rig_door doors[STUCK];
	sshoal_future *futures[STUCK];
	pid_t ids[STUCK];
	for (int i = 0; i < STUCK; i++) {
		doors[i] = rig_door();
		futures[i] = rig_occupy(pool, &doors[i]);
		ids[i] = doors[i].id;
		if (i % 3 == 2)
			rig_assert_result(rig_submit(pool, rig_same, pool),
					  pool);
		assert_int_equal(sshoal__pool_abandon(pool, futures[i]), 0);
		/* Some return while the pool lives. */
		if (i % 2)
			rig_open(&doors[i]);
	}
	atomic_uint count = 0;
	for (int i = 0; i < 100; i++)
		assert_int_equal(
			sshoal_pool_submit(pool, rig_count_up, &count, 0, NULL),
			0);
	sshoal_pool_free(pool);
	assert_int_equal(count, 100);
	for (int i = STUCK - 1; i >= 0; i--) {
		if (i % 2 == 0)
			rig_open(&doors[i]);
		rig_assert_result(futures[i], &doors[i]);
		await_gone(ids[i]);
		rig_close(&doors[i]);
	}
}

static void only_work_under_way_can_be_abandoned(void **state)
{
	(void)state;
	sshoal_pool *pool = rig_fifo(1);
	sshoal_pool *other = rig_fifo(1);
	struct rig_door door = rig_door();
	sshoal_future *running = rig_occupy(pool, &door);
	sshoal_future *pending = rig_submit(pool, rig_same, &door);
	assert_int_equal(sshoal__pool_abandon(pool, pending), SSHOAL_ENOENT);
	assert_int_equal(sshoal__pool_abandon(other, running), SSHOAL_ENOENT);
	rig_open(&door);
	assert_int_equal(sshoal_future_wait(running, NULL, -1), 0);
	assert_int_equal(sshoal__pool_abandon(pool, running), SSHOAL_ENOENT);
	rig_assert_result(pending, &door);
	assert_int_equal(sshoal__pool_threads(pool), 1);
	sshoal_future_free(running);
	sshoal_pool_free(other);
	sshoal_pool_free(pool);
	rig_close(&door);
}

static void abandoning_ends_a_join_that_waits(void **state)
{
	(void)state;
	sshoal_pool *pool = rig_fifo(2);
	struct rig_door door = rig_door();
	sshoal_future *stuck = rig_occupy(pool, &door);
	pid_t id = door.id;
	struct rig_waiter joiner = { .pool = pool };
	rig_start(&joiner);
	assert_int_equal(sshoal__pool_abandon(pool, stuck), 0);
	assert_int_equal(rig_end(&joiner), 0);
	sshoal_pool_free(pool);
	rig_open(&door);
	rig_assert_result(stuck, &door);
	await_gone(id);
	rig_close(&door);
}

static void abandoning_races_with_returning(void **state)
{
	(void)state;
	sshoal_pool *pool = rig_fifo(1);
	unsigned int done = 0;
	for (int i = 0; i < 500; i++) {
		struct rig_door door = rig_door();
		sshoal_future *future = rig_occupy(pool, &door);
		pid_t id = door.id;
		rig_open(&door);
		int rc = sshoal__pool_abandon(pool, future);
		assert_true(rc == 0 || rc == SSHOAL_ENOENT);
		rig_assert_result(future, &door);
		if (rc == 0)
			await_gone(id);
		rig_close(&door);
		rig_assert_result(rig_submit(pool, rig_same, &done), &done);
	}
	assert_int_equal(sshoal__pool_threads(pool), 1);
	sshoal_pool_free(pool);
}

/* Leaves a pool of one thread without it and with work that waits. */
static sshoal_future *strand(sshoal_pool *pool, struct rig_door *door,
			     atomic_uint *count, int pieces)
{
	sshoal_future *stuck = rig_occupy(pool, door);
	for (int i = 0; i < pieces; i++)
		assert_int_equal(
			sshoal_pool_submit(pool, rig_count_up, count, 0, NULL),
			0);
	scarcity_of_threads(0);
	assert_int_equal(sshoal__pool_abandon(pool, stuck), SSHOAL_ELOCAL);
	assert_int_equal(sshoal__pool_threads(pool), 0);
	assert_int_equal(sshoal_pool_join(pool, -1), SSHOAL_ELOCAL);
	assert_int_equal(sshoal_pool_submit(pool, rig_count_up, count, 0, NULL),
			 SSHOAL_ELOCAL);
	assert_int_equal(*count, 0);
	return stuck;
}

static void stranded_work_is_done_when_a_thread_can_be_had(void **state)
{
	(void)state;
	sshoal_pool *pool = rig_fifo(1);
	struct rig_door door = rig_door();
	atomic_uint count = 0;
	sshoal_future *stuck = strand(pool, &door, &count, 10);
	pid_t id = door.id;
	scarcity_of_threads(NO_SCARCITY);
	assert_int_equal(sshoal_pool_join(pool, -1), 0);
	assert_int_equal(count, 10);
	sshoal_pool_free(pool);
	rig_open(&door);
	rig_assert_result(stuck, &door);
	await_gone(id);
	rig_close(&door);
}

static void stranded_work_is_done_by_who_frees_the_pool(void **state)
{
	(void)state;
	sshoal_pool *pool = rig_fifo(1);
	struct rig_door door = rig_door();
	atomic_uint count = 0;
	sshoal_future *stuck = strand(pool, &door, &count, 10);
	pid_t id = door.id;
	sshoal_pool_free(pool);
	scarcity_of_threads(NO_SCARCITY);
	assert_int_equal(count, 10);
	rig_open(&door);
	rig_assert_result(stuck, &door);
	await_gone(id);
	rig_close(&door);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(abandoned_work_holds_nobody_up),
		cmocka_unit_test(many_may_be_abandoned_and_return_in_any_order),
		cmocka_unit_test(only_work_under_way_can_be_abandoned),
		cmocka_unit_test(abandoning_ends_a_join_that_waits),
		cmocka_unit_test(abandoning_races_with_returning),
		cmocka_unit_test(
			stranded_work_is_done_when_a_thread_can_be_had),
		cmocka_unit_test(stranded_work_is_done_by_who_frees_the_pool),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
