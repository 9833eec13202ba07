/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_WORK_FUTURE_H
#define SSHOAL_WORK_FUTURE_H

#include <stdbool.h>

#include <sshoal/pool.h>

/* One piece of work, as it was given to a pool. */
struct work {
	sshoal_pool_work_cb *fn;
	void *argument;
	sshoal_pool_done_cb *done; /* NULL for none */
	void *data;                /* of done */
};

/* Makes work that has not begun, with one reference. 0 or SSHOAL_ENOMEM. */
int sshoal__future_new(sshoal_future **future, const struct work *work);

/* Takes one more reference, given up by sshoal_future_free(). */
sshoal_future *sshoal__future_ref(sshoal_future *future);

/* Marks work as begun, once. False when it was cancelled before. */
bool sshoal__future_begin(sshoal_future *future);

/* Does work that was begun. Returns its result. */
void *sshoal__future_run(const sshoal_future *future);

/* Stores the result and wakes all who wait for it. */
void sshoal__future_finish(sshoal_future *future, void *result);

#endif
