/* SPDX-License-Identifier: MIT */
#include "work/condition.h"

#include <errno.h>
#include <time.h>

#include <sshoal/error.h>

#include "base/clock.h"

/* Setting the wall clock neither ends a wait nor prolongs it. */

void sshoal__condition_init(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(condition, &attributes);
	(void)pthread_condattr_destroy(&attributes);
}

int64_t sshoal__condition_limit_us(int64_t timeout_ms)
{
	if (timeout_ms == 0)
		return 0;
	if (timeout_ms < 0)
		return INT64_MAX;
	int64_t now_us = sshoal__clock_now_us();
	if (timeout_ms > (INT64_MAX - now_us) / 1000 - 1)
		return INT64_MAX;
	/* The clock was read rounded down; no wait may end early by that. */
	return now_us + timeout_ms * 1000 + 1;
}

int sshoal__condition_wait(pthread_cond_t *condition, pthread_mutex_t *lock,
			   int64_t limit_us)
{
	if (limit_us == 0)
		return SSHOAL_ETIMEOUT;
	if (limit_us == INT64_MAX) {
		(void)pthread_cond_wait(condition, lock);
		return 0;
	}
	struct timespec limit = { .tv_sec = (time_t)(limit_us / 1000000),
				  .tv_nsec =
					  (long)(limit_us % 1000000) * 1000 };
	int number = pthread_cond_timedwait(condition, lock, &limit);
	return number == ETIMEDOUT ? SSHOAL_ETIMEOUT : 0;
}
