/* SPDX-License-Identifier: MIT */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <sys/eventfd.h>

#include "asleep.h"

sshoal_pool *rig_pool(uint32_t max_threads, uint32_t order, size_t capacity)
{
	sshoal_pool_options options = SSHOAL_POOL_OPTIONS_INIT;
	options.max_threads = max_threads;
	options.queue_order = order;
	options.queue_capacity = capacity;
	sshoal_pool *pool = NULL;
	assert_int_equal(sshoal_pool_new(&pool, &options, NULL), 0);
	assert_non_null(pool);
	return pool;
}

sshoal_pool *rig_fifo(uint32_t max_threads)
{
	return rig_pool(max_threads, SSHOAL_QUEUE_FIFO, 0);
}

struct rig_door rig_door(void)
{
	struct rig_door door = { .fd = eventfd(0, EFD_CLOEXEC) };
	assert_true(door.fd >= 0);
	return door;
}

void rig_open(struct rig_door *door)
{
	assert_int_equal(eventfd_write(door->fd, 1), 0);
}

void rig_close(struct rig_door *door)
{
	(void)close(door->fd);
}

void *rig_wait_at(void *argument)
{
	struct rig_door *door = argument;
	struct pollfd entry = { .fd = door->fd, .events = POLLIN };
	door->id = gettid();
	door->waiting++;
	while (poll(&entry, 1, -1) != 1)
		;
	door->passed++;
	return door;
}

void rig_await(const atomic_uint *count, unsigned int wanted)
{
	while (*count != wanted)
		(void)sched_yield();
}

sshoal_future *rig_submit(sshoal_pool *pool, sshoal_pool_work_cb *fn,
			  void *argument)
{
	sshoal_future *future = NULL;
	assert_int_equal(sshoal_pool_submit(pool, fn, argument, 0, &future), 0);
	assert_non_null(future);
	return future;
}

sshoal_future *rig_occupy(sshoal_pool *pool, struct rig_door *door)
{
	unsigned int waiting = door->waiting;
	sshoal_future *future = rig_submit(pool, rig_wait_at, door);
	rig_await(&door->waiting, waiting + 1);
	return future;
}

void *rig_same(void *argument)
{
	return argument;
}

void *rig_count_up(void *argument)
{
	atomic_uint *count = argument;
	++*count;
	return argument;
}

void *rig_own_id(void *argument)
{
	(void)argument;
	return (void *)(intptr_t)gettid();
}

void rig_assert_result(sshoal_future *future, const void *expected)
{
	void *result = NULL;
	assert_int_equal(sshoal_future_wait(future, &result, -1), 0);
	assert_ptr_equal(result, expected);
	sshoal_future_free(future);
}

static void *waiter_main(void *argument)
{
	struct rig_waiter *waiter = argument;
	waiter->id = gettid();
	waiter->rc = waiter->future ? sshoal_future_wait(waiter->future,
							 &waiter->result, -1) :
				      sshoal_pool_join(waiter->pool, -1);
	return NULL;
}

void rig_start(struct rig_waiter *waiter)
{
	waiter->rc = 1;
	assert_int_equal(
		pthread_create(&waiter->thread, NULL, waiter_main, waiter), 0);
	while (waiter->id == 0)
		(void)sched_yield();
	await_asleep(waiter->id);
}

int rig_end(struct rig_waiter *waiter)
{
	assert_int_equal(pthread_join(waiter->thread, NULL), 0);
	return waiter->rc;
}
