/* SPDX-License-Identifier: MIT */
#include <sshoal/queue.h>

#include <pthread.h>
#include <stdlib.h>

#include <sshoal/error.h>

#include "work/backlog.h"
#include "work/condition.h"

/*
 * Each put wakes at most one getter and each get at most one putter. A waiter
 * whose time ends looks once more before it fails, so that a wake-up meant for
 * it is never lost.
 */

struct sshoal_queue {
	pthread_mutex_t lock; /* protects all below */
	pthread_cond_t not_empty;
	pthread_cond_t not_full;
	pthread_cond_t all_done;
	struct backlog backlog;
	size_t capacity;   /* SIZE_MAX: unbounded */
	size_t unfinished; /* put, and not said to be done */
	bool closed;
};

int sshoal_queue_new(sshoal_queue **queue, int order, size_t capacity)
{
	if (!queue || order < SSHOAL_QUEUE_FIFO ||
	    order > SSHOAL_QUEUE_PRIORITY)
		return SSHOAL_EINVAL;
	sshoal_queue *made = calloc(1, sizeof *made);
	if (!made)
		return SSHOAL_ENOMEM;
	(void)pthread_mutex_init(&made->lock, NULL);
	sshoal__condition_init(&made->not_empty);
	sshoal__condition_init(&made->not_full);
	sshoal__condition_init(&made->all_done);
	made->backlog =
		(struct backlog)BACKLOG_INIT((enum sshoal_queue_order)order);
	made->capacity = capacity ? capacity : SIZE_MAX;
	*queue = made;
	return 0;
}

static int add(sshoal_queue *queue, void *item, int priority)
{
	if (queue->closed)
		return SSHOAL_ECLOSED;
	if (queue->backlog.count >= queue->capacity)
		return SSHOAL_EFULL;
	int rc = sshoal__backlog_reserve(&queue->backlog);
	if (rc)
		return rc;
	sshoal__backlog_push(&queue->backlog, item, priority);
	queue->unfinished++;
	(void)pthread_cond_signal(&queue->not_empty);
	return 0;
}

int sshoal_queue_put(sshoal_queue *queue, void *item, int priority,
		     int64_t timeout_ms)
{
	if (!queue || !sshoal__timeout_is_valid(timeout_ms))
		return SSHOAL_EINVAL;
	int64_t limit_us = sshoal__condition_limit_us(timeout_ms);
	int waited = 0;
	(void)pthread_mutex_lock(&queue->lock);
	while (queue->backlog.count >= queue->capacity && !queue->closed &&
	       waited == 0)
		waited = sshoal__condition_wait(&queue->not_full, &queue->lock,
						limit_us);
	int rc = add(queue, item, priority);
	(void)pthread_mutex_unlock(&queue->lock);
	return rc;
}

static int take(sshoal_queue *queue, void **item)
{
	if (queue->backlog.count == 0)
		return queue->closed ? SSHOAL_ECLOSED : SSHOAL_EEMPTY;
	*item = sshoal__backlog_pop(&queue->backlog);
	(void)pthread_cond_signal(&queue->not_full);
	return 0;
}

int sshoal_queue_get(sshoal_queue *queue, void **item, int64_t timeout_ms)
{
	if (!queue || !item || !sshoal__timeout_is_valid(timeout_ms))
		return SSHOAL_EINVAL;
	int64_t limit_us = sshoal__condition_limit_us(timeout_ms);
	int waited = 0;
	(void)pthread_mutex_lock(&queue->lock);
	while (queue->backlog.count == 0 && !queue->closed && waited == 0)
		waited = sshoal__condition_wait(&queue->not_empty, &queue->lock,
						limit_us);
	int rc = take(queue, item);
	(void)pthread_mutex_unlock(&queue->lock);
	return rc;
}

int sshoal_queue_task_done(sshoal_queue *queue)
{
	if (!queue)
		return SSHOAL_EINVAL;
	int rc = 0;
	(void)pthread_mutex_lock(&queue->lock);
	if (queue->unfinished == 0)
		rc = SSHOAL_EINVAL;
	else if (--queue->unfinished == 0)
		(void)pthread_cond_broadcast(&queue->all_done);
	(void)pthread_mutex_unlock(&queue->lock);
	return rc;
}

int sshoal_queue_join(sshoal_queue *queue, int64_t timeout_ms)
{
	if (!queue || !sshoal__timeout_is_valid(timeout_ms))
		return SSHOAL_EINVAL;
	int64_t limit_us = sshoal__condition_limit_us(timeout_ms);
	int waited = 0;
	(void)pthread_mutex_lock(&queue->lock);
	while (queue->unfinished > 0 && waited == 0)
		waited = sshoal__condition_wait(&queue->all_done, &queue->lock,
						limit_us);
	int rc = queue->unfinished > 0 ? SSHOAL_ETIMEOUT : 0;
	(void)pthread_mutex_unlock(&queue->lock);
	return rc;
}

size_t sshoal_queue_size(const sshoal_queue *queue)
{
	if (!queue)
		return 0;
	/* const promises the caller that the items stay; the lock moves. */
	pthread_mutex_t *lock = (pthread_mutex_t *)&queue->lock;
	(void)pthread_mutex_lock(lock);
	size_t count = queue->backlog.count;
	(void)pthread_mutex_unlock(lock);
	return count;
}

bool sshoal_queue_is_empty(const sshoal_queue *queue)
{
	return sshoal_queue_size(queue) == 0;
}

bool sshoal_queue_is_full(const sshoal_queue *queue)
{
	/* The capacity never changes, so it needs no lock. */
	return queue && sshoal_queue_size(queue) >= queue->capacity;
}

void sshoal_queue_close(sshoal_queue *queue)
{
	if (!queue)
		return;
	(void)pthread_mutex_lock(&queue->lock);
	queue->closed = true;
	(void)pthread_cond_broadcast(&queue->not_empty);
	(void)pthread_cond_broadcast(&queue->not_full);
	(void)pthread_mutex_unlock(&queue->lock);
}

void sshoal_queue_free(sshoal_queue *queue)
{
	if (!queue)
		return;
	sshoal__backlog_fini(&queue->backlog);
	(void)pthread_cond_destroy(&queue->all_done);
	(void)pthread_cond_destroy(&queue->not_full);
	(void)pthread_cond_destroy(&queue->not_empty);
	(void)pthread_mutex_destroy(&queue->lock);
	free(queue);
}
