/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <limits.h>
#include <time.h>

/* Time limits are points of CLOCK_MONOTONIC; the wall clock is never asked. */

int64_t sshoal__clock_now_us(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t sshoal__clock_now_ms(void)
{
	return sshoal__clock_now_us() / 1000;
}

int64_t sshoal__deadline_in(int64_t timeout_ms)
{
	if (timeout_ms < 0)
		return DEADLINE_NONE;
	int64_t now_ms = sshoal__clock_now_ms();
	if (timeout_ms >= DEADLINE_NONE - now_ms)
		return DEADLINE_NONE;
	return now_ms + timeout_ms;
}

int sshoal__deadline_left_ms(int64_t deadline_ms)
{
	if (deadline_ms == DEADLINE_NONE)
		return -1;
	int64_t now_ms = sshoal__clock_now_ms();
	if (deadline_ms <= now_ms)
		return 0;
	int64_t left_ms = deadline_ms - now_ms;
	return left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}
