/* SPDX-License-Identifier: MIT */
#include "work/future.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "work/condition.h"

/*
 * A future knows nothing of its pool, so either may be freed first: the pool
 * and each waiting thread have references of their own.
 */

enum state { PENDING, RUNNING, FINISHED, CANCELLED };

struct sshoal_future {
	atomic_uint references;
	struct work work;     /* never changes */
	pthread_mutex_t lock; /* protects all below */
	pthread_cond_t over;
	enum state state;
	void *result; /* once FINISHED */
};

int sshoal__future_new(sshoal_future **future, const struct work *work)
{
	sshoal_future *made = malloc(sizeof *made);
	if (!made)
		return SSHOAL_ENOMEM;
	*made = (sshoal_future){ .work = *work, .state = PENDING };
	atomic_init(&made->references, 1);
	(void)pthread_mutex_init(&made->lock, NULL);
	sshoal__condition_init(&made->over);
	*future = made;
	return 0;
}

sshoal_future *sshoal__future_ref(sshoal_future *future)
{
	atomic_fetch_add(&future->references, 1);
	return future;
}

bool sshoal__future_begin(sshoal_future *future)
{
	(void)pthread_mutex_lock(&future->lock);
	bool begun = future->state == PENDING;
	if (begun)
		future->state = RUNNING;
	(void)pthread_mutex_unlock(&future->lock);
	return begun;
}

void *sshoal__future_run(const sshoal_future *future)
{
	const struct work *work = &future->work;
	void *result = work->fn(work->argument);
	if (work->done)
		work->done(result, work->data);
	return result;
}

void sshoal__future_finish(sshoal_future *future, void *result)
{
	(void)pthread_mutex_lock(&future->lock);
	future->state = FINISHED;
	future->result = result;
	(void)pthread_cond_broadcast(&future->over);
	(void)pthread_mutex_unlock(&future->lock);
}

static bool is_over(const sshoal_future *future)
{
	return future->state == FINISHED || future->state == CANCELLED;
}

static int outcome(const sshoal_future *future, void **result)
{
	switch (future->state) {
	case PENDING:
	case RUNNING:
		return SSHOAL_ETIMEOUT;
	case CANCELLED:
		return SSHOAL_ECANCELLED;
	case FINISHED:
		break;
	}
	if (result)
		*result = future->result;
	return 0;
}

int sshoal_future_wait(sshoal_future *future, void **result, int64_t timeout_ms)
{
	if (!future || !sshoal__timeout_is_valid(timeout_ms))
		return SSHOAL_EINVAL;
	int64_t limit_us = sshoal__condition_limit_us(timeout_ms);
	int waited = 0;
	(void)sshoal__future_ref(future);
	(void)pthread_mutex_lock(&future->lock);
	while (!is_over(future) && waited == 0)
		waited = sshoal__condition_wait(&future->over, &future->lock,
						limit_us);
	int rc = outcome(future, result);
	(void)pthread_mutex_unlock(&future->lock);
	sshoal_future_free(future);
	return rc;
}

bool sshoal_future_is_done(const sshoal_future *future)
{
	if (!future)
		return false;
	/* const promises the caller that the outcome stays; the lock moves. */
	pthread_mutex_t *lock = (pthread_mutex_t *)&future->lock;
	(void)pthread_mutex_lock(lock);
	bool over = is_over(future);
	(void)pthread_mutex_unlock(lock);
	return over;
}

int sshoal_future_cancel(sshoal_future *future)
{
	if (!future)
		return SSHOAL_EINVAL;
	(void)pthread_mutex_lock(&future->lock);
	if (future->state == PENDING) {
		future->state = CANCELLED;
		(void)pthread_cond_broadcast(&future->over);
	}
	int rc = future->state == CANCELLED ? 0 : SSHOAL_EINVAL;
	(void)pthread_mutex_unlock(&future->lock);
	return rc;
}

void sshoal_future_free(sshoal_future *future)
{
	if (!future || atomic_fetch_sub(&future->references, 1) > 1)
		return;
	(void)pthread_cond_destroy(&future->over);
	(void)pthread_mutex_destroy(&future->lock);
	free(future);
}
