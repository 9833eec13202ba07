/* SPDX-License-Identifier: MIT */
#include "work/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/options.h"
#include "work/condition.h"
#include "work/crew.h"
#include "work/future.h"

/* A pool is the public face of a crew, which has the threads and the lock. */

struct sshoal_pool {
	struct crew *crew;
	uint32_t max_threads;
};

static uint32_t processors(void)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	return online > 0 ? (uint32_t)online : 1;
}

static int read_options(sshoal_pool_options *own,
			const sshoal_pool_options *options, sshoal_error *error)
{
	int rc = sshoal__options_copy(own, sizeof *own, sizeof *own, options,
				      error);
	if (rc)
		return rc;
	if (own->queue_order > SSHOAL_QUEUE_PRIORITY)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "queue_order: %u is not an order",
					 own->queue_order);
	if (own->max_threads == 0)
		own->max_threads = processors();
	return 0;
}

int sshoal_pool_new(sshoal_pool **pool, const sshoal_pool_options *options,
		    sshoal_error *error)
{
	sshoal_pool_options own = SSHOAL_POOL_OPTIONS_INIT;
	if (!pool)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	int rc = read_options(&own, options, error);
	if (rc)
		return rc;
	sshoal_pool *made = malloc(sizeof *made);
	if (!made)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	*made = (sshoal_pool){ .max_threads = own.max_threads };
	rc = sshoal__crew_new(&made->crew, &own);
	if (rc) {
		free(made);
		if (rc != SSHOAL_EINVAL)
			return sshoal__error_code(error, rc);
		return sshoal__error_set(error, rc,
					 "stack_size_bytes: %zu is too small",
					 own.stack_size_bytes);
	}
	*pool = made;
	return 0;
}

static int submit(sshoal_pool *pool, const struct work *work, int priority,
		  bool may_overfill, sshoal_future **future)
{
	sshoal_future *made;
	int rc = sshoal__future_new(&made, work);
	if (rc)
		return rc;
	rc = sshoal__crew_add(pool->crew, made, priority, may_overfill);
	if (rc == 0 && future)
		*future = made;
	else
		sshoal_future_free(made);
	return rc;
}

int sshoal_pool_submit(sshoal_pool *pool, sshoal_pool_work_cb *fn,
		       void *argument, int priority, sshoal_future **future)
{
	if (!pool || !fn)
		return SSHOAL_EINVAL;
	struct work work = { .fn = fn, .argument = argument };
	return submit(pool, &work, priority, false, future);
}

int sshoal_pool_submit_callback(sshoal_pool *pool, sshoal_pool_work_cb *fn,
				void *argument, sshoal_pool_done_cb *done,
				void *data)
{
	if (!pool || !fn || !done)
		return SSHOAL_EINVAL;
	struct work work = {
		.fn = fn, .argument = argument, .done = done, .data = data
	};
	return submit(pool, &work, 0, false, NULL);
}

/*
 * One call of sshoal_pool_map(): as many pieces of work as there are threads,
 * each of which takes one item after the other.
 */
struct harvest {
	sshoal_pool_work_cb *fn;
	void *const *items;
	void **results; /* NULL: nobody asks */
	size_t count;
	atomic_size_t next;   /* the first item nobody has taken */
	pthread_mutex_t lock; /* protects left */
	pthread_cond_t gathered;
	size_t left; /* items that are not done */
};

static void *gather(void *argument)
{
	struct harvest *harvest = argument;
	for (;;) {
		size_t i = atomic_fetch_add(&harvest->next, 1);
		if (i >= harvest->count)
			return NULL;
		void *result = harvest->fn(harvest->items[i]);
		if (harvest->results)
			harvest->results[i] = result;
		(void)pthread_mutex_lock(&harvest->lock);
		if (--harvest->left == 0)
			(void)pthread_cond_signal(&harvest->gathered);
		(void)pthread_mutex_unlock(&harvest->lock);
	}
}

/* Waits for all items, and then for every gatherer: one that has not begun by
 * then is not needed, and one that has still looks at the harvest. */
static void bring_in(struct harvest *harvest, sshoal_future **gatherers,
		     size_t count)
{
	(void)pthread_mutex_lock(&harvest->lock);
	while (harvest->left > 0)
		(void)sshoal__condition_wait(&harvest->gathered, &harvest->lock,
					     INT64_MAX);
	(void)pthread_mutex_unlock(&harvest->lock);
	for (size_t i = 0; i < count; i++) {
		if (sshoal_future_cancel(gatherers[i]) != 0)
			(void)sshoal_future_wait(gatherers[i], NULL, -1);
		sshoal_future_free(gatherers[i]);
	}
}

int sshoal_pool_map(sshoal_pool *pool, sshoal_pool_work_cb *fn,
		    void *const *items, size_t count, void **results)
{
	if (!pool || !fn || (!items && count > 0))
		return SSHOAL_EINVAL;
	if (count == 0)
		return 0;
	size_t wanted = count < pool->max_threads ? count : pool->max_threads;
	sshoal_future **gatherers = calloc(wanted, sizeof(sshoal_future *));
	if (!gatherers)
		return SSHOAL_ENOMEM;
	struct harvest harvest = { .fn = fn,
				   .items = items,
				   .results = results,
				   .count = count,
				   .left = count };
	(void)pthread_mutex_init(&harvest.lock, NULL);
	sshoal__condition_init(&harvest.gathered);
	struct work work = { .fn = gather, .argument = &harvest };
	int rc = submit(pool, &work, 0, true, &gatherers[0]);
	if (rc == 0) {
		size_t made = 1;
		while (made < wanted &&
		       submit(pool, &work, 0, true, &gatherers[made]) == 0)
			made++;
		bring_in(&harvest, gatherers, made);
	}
	(void)pthread_cond_destroy(&harvest.gathered);
	(void)pthread_mutex_destroy(&harvest.lock);
	free(gatherers);
	return rc;
}

void sshoal_pool_close(sshoal_pool *pool)
{
	if (pool)
		sshoal__crew_close(pool->crew);
}

int sshoal_pool_join(sshoal_pool *pool, int64_t timeout_ms)
{
	if (!pool || !sshoal__timeout_is_valid(timeout_ms))
		return SSHOAL_EINVAL;
	return sshoal__crew_join(pool->crew,
				 sshoal__condition_limit_us(timeout_ms));
}

void sshoal_pool_free(sshoal_pool *pool)
{
	if (!pool)
		return;
	sshoal__crew_free(pool->crew);
	free(pool);
}

int sshoal__pool_abandon(sshoal_pool *pool, const sshoal_future *future)
{
	if (!pool || !future)
		return SSHOAL_EINVAL;
	return sshoal__crew_abandon(pool->crew, future);
}

uint32_t sshoal__pool_threads(sshoal_pool *pool)
{
	return sshoal__crew_threads(pool->crew);
}

uint32_t sshoal__pool_refused(sshoal_pool *pool)
{
	return sshoal__crew_refused(pool->crew);
}
