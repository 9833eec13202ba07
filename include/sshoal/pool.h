/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_POOL_H
#define SSHOAL_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/error.h>
#include <sshoal/queue.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Threads that do the work they are given. A thread is made when work comes,
 * none is idle and max_threads allows it; it is used again until the pool is
 * freed. Every call may be made from any thread, except sshoal_pool_free().
 *
 * Signals are blocked in the pool's threads, so that a program's handlers run
 * on its own threads; only those a fault raises (SIGSEGV and its like) are not.
 */
typedef struct sshoal_pool sshoal_pool;

/** The outcome of one piece of work, now or later. Every call may be made from
 * any thread. It may outlive its pool. */
typedef struct sshoal_future sshoal_future;

/** How a pool works. Zero is every other member's default. */
typedef struct sshoal_pool_options {
	size_t size;             /* set by SSHOAL_POOL_OPTIONS_INIT */
	size_t stack_size_bytes; /* of each thread; 0: the system's */
	size_t queue_capacity;   /* how much work may wait while all threads
				    are busy; 0: as memory allows */
	uint32_t max_threads;    /* 0: as many as processors are online */
	uint32_t queue_order;    /* enum sshoal_queue_order: what is begun
				    first when work waits */
} sshoal_pool_options;

#define SSHOAL_POOL_OPTIONS_INIT \
	{ \
		sizeof(sshoal_pool_options), 0, 0, 0, 0 \
	}

/**
 * Does one piece of work, on a thread of the pool. It may use the pool it runs
 * in, but not wait there for other work of it (that may have to wait for this
 * thread), nor free it.
 */
typedef void *sshoal_pool_work_cb(void *argument);

/** Takes a result, on the pool's thread that made it, right after the work; it
 * may do what the work may. */
typedef void sshoal_pool_done_cb(void *result, void *data);

/**
 * Makes a pool; no thread is made yet.
 * @param options NULL for the defaults
 * @return 0, SSHOAL_EINVAL (the text names the member) or SSHOAL_ENOMEM.
 */
SSHOAL_API int sshoal_pool_new(sshoal_pool **pool,
			       const sshoal_pool_options *options,
			       sshoal_error *error);

/**
 * Gives the pool a piece of work: fn(argument). Never waits; the work may
 * begin before the call returns. When the system refuses another thread, the
 * work is done by those there are.
 * @param priority matters to SSHOAL_QUEUE_PRIORITY only: lowest number first
 * @param future receives what stands for the outcome, to be freed with
 *        sshoal_future_free(); NULL where nobody asks
 * @return 0, SSHOAL_EFULL (queue_capacity pieces wait), SSHOAL_ECLOSED,
 *         SSHOAL_ELOCAL (the system refuses even the first thread),
 *         SSHOAL_ENOMEM or SSHOAL_EINVAL.
 */
SSHOAL_API int sshoal_pool_submit(sshoal_pool *pool, sshoal_pool_work_cb *fn,
				  void *argument, int priority,
				  sshoal_future **future);

/** The same with priority 0, and done(fn(argument), data) instead of a future.
 * done may not be NULL. @return as sshoal_pool_submit(). */
SSHOAL_API int sshoal_pool_submit_callback(sshoal_pool *pool,
					   sshoal_pool_work_cb *fn,
					   void *argument,
					   sshoal_pool_done_cb *done,
					   void *data);

/**
 * Calls fn(items[i]) for every i on the pool's threads, each once, begun in
 * order, and waits until all have returned. It takes its turn in the queue
 * with priority 0, but no room there: queue_capacity does not matter.
 * @param results receives what fn returned, in the order of the items; may be
 *        NULL. It may be the array of items.
 * @return 0, or as sshoal_pool_submit(): then fn was not called at all.
 */
SSHOAL_API int sshoal_pool_map(sshoal_pool *pool, sshoal_pool_work_cb *fn,
			       void *const *items, size_t count,
			       void **results);

/** Takes no more work, for good; what was given is done. NULL is ignored. */
SSHOAL_API void sshoal_pool_close(sshoal_pool *pool);

/**
 * Waits until no work is left, begun or not; the pool need not be closed.
 * @param timeout_ms 0 does not wait, -1 for ever
 * @return 0, SSHOAL_ETIMEOUT, SSHOAL_ELOCAL (work is left, no thread is, and
 *         the system refuses one) or SSHOAL_EINVAL.
 */
SSHOAL_API int sshoal_pool_join(sshoal_pool *pool, int64_t timeout_ms);

/**
 * Closes the pool, waits until all work is done and all threads have ended,
 * and frees it. No other call on the pool may be under way but those made by
 * its own work. NULL is ignored.
 */
SSHOAL_API void sshoal_pool_free(sshoal_pool *pool);

/**
 * Waits until the work has ended.
 * @param result receives what it returned; may be NULL; untouched on failure
 * @param timeout_ms 0 does not wait, -1 for ever
 * @return 0, SSHOAL_ETIMEOUT, SSHOAL_ECANCELLED (by sshoal_future_cancel()) or
 *         SSHOAL_EINVAL.
 */
SSHOAL_API int sshoal_future_wait(sshoal_future *future, void **result,
				  int64_t timeout_ms);

/** Whether the work has ended or was cancelled; false for NULL. */
SSHOAL_API bool sshoal_future_is_done(const sshoal_future *future);

/**
 * Takes back work that has not begun: it will not be done. Its place in the
 * queue stays taken until its turn comes.
 * @return 0 (also when it was cancelled before), or SSHOAL_EINVAL when it has
 *         begun: it goes on then.
 */
SSHOAL_API int sshoal_future_cancel(sshoal_future *future);

/** Gives up the caller's reference, at any moment, even while another thread
 * is in sshoal_future_wait(); the work goes on. NULL is ignored. */
SSHOAL_API void sshoal_future_free(sshoal_future *future);

#ifdef __cplusplus
}
#endif
#endif
