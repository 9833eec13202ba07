/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_RIG_H
#define TESTS_UNIT_RIG_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include <sshoal/pool.h>

/* What the tests of a pool are built from. Each call asserts its success. */

sshoal_pool *rig_pool(uint32_t max_threads, uint32_t order, size_t capacity);
sshoal_pool *rig_fifo(uint32_t max_threads);

/* A future for work that the pool must take. */
sshoal_future *rig_submit(sshoal_pool *pool, sshoal_pool_work_cb *fn,
			  void *argument);

/* Waits for a future, compares its result and frees it. */
void rig_assert_result(sshoal_future *future, const void *expected);

/* A door that work waits at until the test opens it, for good. */
struct rig_door {
	int fd;
	atomic_uint waiting; /* how many ever came */
	atomic_uint passed;
	_Atomic pid_t id; /* of the last thread that came */
};

struct rig_door rig_door(void);
void rig_open(struct rig_door *door);
void rig_close(struct rig_door *door);

/* Gives a pool work that waits at the door; returns when it does. */
sshoal_future *rig_occupy(sshoal_pool *pool, struct rig_door *door);

/* Returns when a counter has come to a number. */
void rig_await(const atomic_uint *count, unsigned int wanted);

/* Work: returns its argument; waits at the door first; counts an atomic_uint
 * up first. rig_own_id returns the id of the thread it is done by. */
void *rig_same(void *argument);
void *rig_wait_at(void *door);
void *rig_count_up(void *count);
void *rig_own_id(void *argument);

/* A thread that waits for a future, or for all work of a pool. */
struct rig_waiter {
	sshoal_future *future;
	sshoal_pool *pool; /* where future is NULL */
	pthread_t thread;
	_Atomic pid_t id;
	void *result;
	int rc;
};

/* Returns when the thread waits in its call; rig_end() when it has ended, with
 * what the call returned. */
void rig_start(struct rig_waiter *waiter);
int rig_end(struct rig_waiter *waiter);

#endif
