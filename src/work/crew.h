/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_WORK_CREW_H
#define SSHOAL_WORK_CREW_H

#include <stdint.h>

#include <sshoal/pool.h>

/*
 * The inside of a pool: its threads and the work that waits for them. It
 * outlives the pool for threads that were abandoned and return late. Any
 * thread, except sshoal__crew_free().
 */
struct crew;

/* Makes a crew without threads; max_threads is not 0, the order is one. 0,
 * SSHOAL_EINVAL when the system takes no such stack size, or SSHOAL_ENOMEM. */
int sshoal__crew_new(struct crew **crew, const sshoal_pool_options *options);

/* Adds work and sees to it that somebody does it; takes a reference of its
 * own. may_overfill: the capacity does not matter. 0, SSHOAL_ECLOSED,
 * SSHOAL_EFULL, SSHOAL_ELOCAL without any thread, or SSHOAL_ENOMEM. */
int sshoal__crew_add(struct crew *crew, sshoal_future *future, int priority,
		     bool may_overfill);

void sshoal__crew_close(struct crew *crew);

/* As sshoal_pool_join(); limit_us as sshoal__condition_wait() takes it. */
int sshoal__crew_join(struct crew *crew, int64_t limit_us);

/* As sshoal__pool_abandon(). */
int sshoal__crew_abandon(struct crew *crew, const sshoal_future *future);

/* How many threads there are, abandoned ones not counted, and how often the
 * system refused one. */
uint32_t sshoal__crew_threads(struct crew *crew);
uint32_t sshoal__crew_refused(struct crew *crew);

/* As sshoal_pool_free(). */
void sshoal__crew_free(struct crew *crew);

#endif
