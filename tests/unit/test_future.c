/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "rig.h"

static void a_wait_ends_with_the_work_or_its_time(void **state)
{
	(void)state;
	sshoal_pool *pool = rig_fifo(1);
	struct rig_door door = rig_door();
	sshoal_future *running = rig_occupy(pool, &door);
	sshoal_future *pending = rig_submit(pool, rig_same, &door);
	sshoal_future *const both[] = { running, pending };
	for (size_t i = 0; i < 2; i++) {
		void *result = NULL;
		assert_false(sshoal_future_is_done(both[i]));
		assert_int_equal(sshoal_future_wait(both[i], &result, 0),
				 SSHOAL_ETIMEOUT);
		int64_t before_us = sshoal__clock_now_us();
		assert_int_equal(sshoal_future_wait(both[i], &result, 30),
				 SSHOAL_ETIMEOUT);
		assert_in_range(sshoal__clock_now_us() - before_us, 30000,
				20000000);
		assert_null(result);
	}
	rig_open(&door);
	for (size_t i = 0; i < 2; i++) {
		void *result = NULL;
		assert_int_equal(sshoal_future_wait(both[i], NULL, INT64_MAX),
				 0);
		assert_true(sshoal_future_is_done(both[i]));
		assert_int_equal(sshoal_future_wait(both[i], &result, 0), 0);
		assert_ptr_equal(result, &door);
		sshoal_future_free(both[i]);
	}
	sshoal_pool_free(pool);
	rig_close(&door);
}

static void only_work_that_has_not_begun_can_be_cancelled(void **state)
{
	(void)state;
	sshoal_pool *pool = rig_fifo(1);
	struct rig_door door = rig_door();
	atomic_uint count = 0;
	void *result = NULL;
	sshoal_future *running = rig_occupy(pool, &door);
	sshoal_future *pending = rig_submit(pool, rig_count_up, &count);
	sshoal_future *last = rig_submit(pool, rig_same, &count);
	assert_int_equal(sshoal_future_cancel(running), SSHOAL_EINVAL);
	assert_int_equal(sshoal_future_cancel(pending), 0);
	assert_int_equal(sshoal_future_cancel(pending), 0);
	assert_true(sshoal_future_is_done(pending));
	assert_int_equal(sshoal_future_wait(pending, &result, -1),
			 SSHOAL_ECANCELLED);
	assert_null(result);
	rig_open(&door);
	rig_assert_result(running, &door);
	assert_int_equal(sshoal_future_wait(last, NULL, -1), 0);
	assert_int_equal(sshoal_future_cancel(last), SSHOAL_EINVAL);
	rig_assert_result(last, &count);
	assert_int_equal(sshoal_pool_join(pool, -1), 0);
	assert_int_equal(count, 0);
	assert_int_equal(sshoal_future_wait(pending, NULL, 0),
			 SSHOAL_ECANCELLED);
	sshoal_future_free(pending);
	sshoal_pool_free(pool);
	rig_close(&door);
}

static void cancelled_work_keeps_nobody_waiting(void **state)
{
	(void)state;
	sshoal_pool *pool = rig_fifo(1);
	struct rig_door door = rig_door();
	sshoal_future_free(rig_occupy(pool, &door));
	for (int i = 0; i < 100; i++) {
		sshoal_future *future = rig_submit(pool, rig_same, NULL);
		assert_int_equal(sshoal_future_cancel(future), 0);
		sshoal_future_free(future);
	}
	assert_int_equal(sshoal_pool_join(pool, 0), SSHOAL_ETIMEOUT);
	rig_open(&door);
	assert_int_equal(sshoal_pool_join(pool, -1), 0);
	sshoal_pool_free(pool);
	rig_close(&door);
}

static void cancel_and_begin_never_both_happen(void **state)
{
	(void)state;
	sshoal_pool *pool = rig_fifo(2);
	atomic_uint count = 0;
	unsigned int cancelled = 0;
	for (int i = 0; i < 5000; i++) {
		sshoal_future *future = rig_submit(pool, rig_count_up, &count);
		bool was_cancelled = sshoal_future_cancel(future) == 0;
		assert_int_equal(sshoal_future_wait(future, NULL, -1),
				 was_cancelled ? SSHOAL_ECANCELLED : 0);
		cancelled += was_cancelled ? 1 : 0;
		sshoal_future_free(future);
	}
	sshoal_pool_free(pool);
	assert_int_equal(count + cancelled, 5000);
}

static void a_future_may_be_freed_at_any_moment(void **state)
{
	(void)state;
	sshoal_pool *pool = rig_fifo(2);
	struct rig_door door = rig_door();
	atomic_uint count = 0;
	sshoal_future_free(rig_occupy(pool, &door));
	sshoal_future_free(rig_occupy(pool, &door));
	sshoal_future_free(rig_submit(pool, rig_count_up, &count));
	rig_open(&door);
	for (int i = 0; i < 5000; i++)
		sshoal_future_free(rig_submit(pool, rig_count_up, &count));
	assert_int_equal(sshoal_pool_join(pool, -1), 0);
	assert_int_equal(count, 5001);
	sshoal_pool_free(pool);
	rig_close(&door);
}

static void a_future_outlives_its_pool(void **state)
{
	(void)state;
	sshoal_pool *pool = rig_fifo(1);
	struct rig_door door = rig_door();
	sshoal_future *done = rig_occupy(pool, &door);
	sshoal_future *cancelled = rig_submit(pool, rig_same, NULL);
	assert_int_equal(sshoal_future_cancel(cancelled), 0);
	rig_open(&door);
	sshoal_pool_free(pool);
	assert_int_equal(sshoal_future_cancel(done), SSHOAL_EINVAL);
	rig_assert_result(done, &door);
	assert_int_equal(sshoal_future_wait(cancelled, NULL, -1),
			 SSHOAL_ECANCELLED);
	sshoal_future_free(cancelled);
	rig_close(&door);
}

#define WAITERS 16

static void all_who_wait_are_woken_even_after_free(void **state)
{
	(void)state;
	static const int codes[] = { 0, SSHOAL_ECANCELLED };
	for (size_t c = 0; c < 2; c++) {
		sshoal_pool *pool = rig_fifo(1);
		struct rig_door door = rig_door();
		sshoal_future *running = rig_occupy(pool, &door);
		sshoal_future *future = rig_submit(pool, rig_same, &door);
		struct rig_waiter waiters[WAITERS];
		for (int i = 0; i < WAITERS; i++) {
			waiters[i] = (struct rig_waiter){ .future = future };
			rig_start(&waiters[i]);
		}
		if (codes[c])
			assert_int_equal(sshoal_future_cancel(future), 0);
		sshoal_future_free(future);
		rig_open(&door);
		for (int i = 0; i < WAITERS; i++) {
			assert_int_equal(rig_end(&waiters[i]), codes[c]);
			assert_ptr_equal(waiters[i].result,
					 codes[c] ? NULL : &door);
		}
		sshoal_future_free(running);
		sshoal_pool_free(pool);
		rig_close(&door);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wait_ends_with_the_work_or_its_time),
		cmocka_unit_test(only_work_that_has_not_begun_can_be_cancelled),
		cmocka_unit_test(cancelled_work_keeps_nobody_waiting),
		cmocka_unit_test(cancel_and_begin_never_both_happen),
		cmocka_unit_test(a_future_may_be_freed_at_any_moment),
		cmocka_unit_test(a_future_outlives_its_pool),
		cmocka_unit_test(all_who_wait_are_woken_even_after_free),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
