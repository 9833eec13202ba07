/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_PROCESSOR_H
#define TESTS_UNIT_PROCESSOR_H

#include <stdint.h>
#include <time.h>

/* The processor time this thread has taken, which does not grow while others
 * have the processor. */
static inline int64_t processor_us(void)
{
	struct timespec now = { 0 };
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

#endif
