/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_BASE_CLOCK_H
#define SSHOAL_BASE_CLOCK_H

#include <stdint.h>

/* A point of the monotonic clock in milliseconds; DEADLINE_NONE never comes. */
#define DEADLINE_NONE INT64_MAX

/* Milliseconds of the monotonic clock. */
int64_t sshoal__clock_now_ms(void);

/* The same in microseconds, for measuring. */
int64_t sshoal__clock_now_us(void);

/* The point timeout_ms from now; DEADLINE_NONE for a negative timeout. */
int64_t sshoal__deadline_in(int64_t timeout_ms);

/* Milliseconds until a deadline: 0 when it has passed, -1 for none. Never more
 * than INT_MAX, so that poll() takes it. */
int sshoal__deadline_left_ms(int64_t deadline_ms);

/* The point by_ms after another; DEADLINE_NONE where by_ms is negative. */
static inline int64_t sshoal__deadline_after(int64_t from_ms, int64_t by_ms)
{
	return by_ms < 0 || by_ms >= DEADLINE_NONE - from_ms ? DEADLINE_NONE :
							       from_ms + by_ms;
}

/* The earlier of two. */
static inline int64_t sshoal__deadline_min(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

#endif
