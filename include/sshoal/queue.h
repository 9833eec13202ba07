/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_QUEUE_H
#define SSHOAL_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Hands pointers from any number of threads to any number of threads, as
 * Python's queue.Queue does. Every call may be made from any thread at any
 * time, except sshoal_queue_free(). What an item points to is neither looked
 * at nor freed; NULL is an item like any other.
 */
typedef struct sshoal_queue sshoal_queue;

/** Which item comes first. */
enum sshoal_queue_order {
	SSHOAL_QUEUE_FIFO = 0,    /* the one that waits longest */
	SSHOAL_QUEUE_LIFO = 1,    /* the one that was put last */
	SSHOAL_QUEUE_PRIORITY = 2 /* the lowest priority number; among equal
				     ones the one that waits longest */
};

/**
 * Makes an empty queue.
 * @param order one of enum sshoal_queue_order
 * @param capacity how many items it holds at most; 0: as memory allows
 * @return 0, SSHOAL_EINVAL or SSHOAL_ENOMEM.
 */
SSHOAL_API int sshoal_queue_new(sshoal_queue **queue, int order,
				size_t capacity);

/**
 * Adds an item, waiting for room where there is none.
 * @param priority matters to SSHOAL_QUEUE_PRIORITY only
 * @param timeout_ms how long to wait for room; 0 does not wait, -1 for ever
 * @return 0, SSHOAL_EFULL when the time is over, SSHOAL_ECLOSED (also when the
 *         queue is closed during the wait), SSHOAL_ENOMEM or SSHOAL_EINVAL.
 *         The item stays the caller's unless 0 is returned.
 */
SSHOAL_API int sshoal_queue_put(sshoal_queue *queue, void *item, int priority,
				int64_t timeout_ms);

/**
 * Takes the first item out, waiting for one where there is none.
 * @param item receives it; untouched on failure
 * @param timeout_ms how long to wait for an item; 0 does not wait, -1 for ever
 * @return 0, SSHOAL_EEMPTY when the time is over, SSHOAL_ECLOSED when the
 *         queue is closed and drained, or SSHOAL_EINVAL.
 */
SSHOAL_API int sshoal_queue_get(sshoal_queue *queue, void **item,
				int64_t timeout_ms);

/**
 * Says that the work for one item taken out is done; sshoal_queue_join()
 * waits until this was said for every item ever put.
 * @return 0, or SSHOAL_EINVAL when it was said for all of them already.
 */
SSHOAL_API int sshoal_queue_task_done(sshoal_queue *queue);

/**
 * Waits until sshoal_queue_task_done() was called once for every item put.
 * Closing the queue does not end this wait.
 * @param timeout_ms 0 does not wait, -1 for ever
 * @return 0, SSHOAL_ETIMEOUT or SSHOAL_EINVAL.
 */
SSHOAL_API int sshoal_queue_join(sshoal_queue *queue, int64_t timeout_ms);

/** How many items are in the queue at this moment; 0 for NULL. */
SSHOAL_API size_t sshoal_queue_size(const sshoal_queue *queue);

/** Whether no item is in the queue at this moment; true for NULL. */
SSHOAL_API bool sshoal_queue_is_empty(const sshoal_queue *queue);

/** Whether the queue holds its capacity at this moment; never true for an
 * unbounded one and for NULL. */
SSHOAL_API bool sshoal_queue_is_full(const sshoal_queue *queue);

/**
 * Lets no more items in, for good, and wakes everyone who waits to put or to
 * get. Items that are in the queue can still be taken out. NULL is ignored.
 */
SSHOAL_API void sshoal_queue_close(sshoal_queue *queue);

/** Frees the queue, which nobody may be using; the items left in it stay the
 * caller's. NULL is ignored. */
SSHOAL_API void sshoal_queue_free(sshoal_queue *queue);

#ifdef __cplusplus
}
#endif
#endif
