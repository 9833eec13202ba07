/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_WORK_CONDITION_H
#define SSHOAL_WORK_CONDITION_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Prepares a condition variable whose time limits are points of the monotonic
 * clock. It is released with pthread_cond_destroy(). */
void sshoal__condition_init(pthread_cond_t *condition);

/* Whether a public call's timeout_ms is one: -1 or more. */
static inline bool sshoal__timeout_is_valid(int64_t timeout_ms)
{
	return timeout_ms >= -1;
}

/* The point timeout_ms from now, in microseconds: 0 for one that has passed,
 * INT64_MAX for one that never comes. */
int64_t sshoal__condition_limit_us(int64_t timeout_ms);

/*
 * Waits with the lock held, which is given up meanwhile. 0 or SSHOAL_ETIMEOUT;
 * the caller checks afterwards what it waits for, in both cases: a wake-up may
 * be for somebody else, and one may come together with the limit.
 */
int sshoal__condition_wait(pthread_cond_t *condition, pthread_mutex_t *lock,
			   int64_t limit_us);

#endif
