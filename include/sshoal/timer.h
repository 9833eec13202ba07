/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_TIMER_H
#define SSHOAL_TIMER_H

#include <stdint.h>

#include <sshoal/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Calls a function once, later, on a thread of its own, as Python's
 * threading.Timer. The time is that of the monotonic clock.
 */
typedef struct sshoal_timer sshoal_timer;

/**
 * What a timer calls, on a thread of the library. Signals are blocked there,
 * so that a program's handlers run on its own threads; only those a fault
 * raises (SIGSEGV and its like) are not. It may free its own timer.
 */
typedef void sshoal_timer_cb(void *argument);

/**
 * Has fn(argument) called once delay_ms have passed, unless the timer is
 * cancelled or freed before. *timer is set before fn can be called.
 * @param timer receives what to give to sshoal_timer_free()
 * @param delay_ms in milliseconds, 0 or more
 * @return 0, SSHOAL_ELOCAL (the system refuses a thread), SSHOAL_ENOMEM or
 *         SSHOAL_EINVAL.
 */
SSHOAL_API int sshoal_timer_start(sshoal_timer **timer, int64_t delay_ms,
				  sshoal_timer_cb *fn, void *argument);

/**
 * Sees to it that the function will not be called. Never waits; any thread,
 * any number of times.
 * @return 0 (also when it was cancelled before), or SSHOAL_EINVAL when it came
 *         too late: the call has begun, and goes on, or is over.
 */
SSHOAL_API int sshoal_timer_cancel(sshoal_timer *timer);

/**
 * Frees a timer, which no other call may be using. A function that was not
 * called will not be; one that runs is waited for, unless this is called from
 * within it: then the timer goes when the function returns. NULL is ignored.
 */
SSHOAL_API void sshoal_timer_free(sshoal_timer *timer);

#ifdef __cplusplus
}
#endif
#endif
