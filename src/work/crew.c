/* SPDX-License-Identifier: MIT */
#include "work/crew.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "work/backlog.h"
#include "work/condition.h"
#include "work/future.h"
#include "work/thread.h"

/*
 * A thread counts as idle from its making until it takes work, and again from
 * the end of that work on. While no more work waits than threads are idle, a
 * new piece wakes one of them; else it makes a thread or waits for one.
 */

struct worker {
	struct crew *crew;
	struct worker *next;
	struct worker *previous;
	sshoal_future *current; /* what it does; NULL while idle */
	pthread_t thread;
	bool is_abandoned;
};

struct crew {
	atomic_uint references; /* the pool's and each abandoned worker's */
	uint32_t max_threads;
	size_t capacity; /* SIZE_MAX: unbounded */
	pthread_attr_t attributes;
	pthread_mutex_t lock; /* protects all below */
	pthread_cond_t wake;  /* idle workers: work has come, or the end */
	pthread_cond_t quiet; /* joiners: nothing is left, or nobody to do it */
	struct backlog backlog;
	struct worker *workers; /* all that are to be joined */
	size_t unfinished;      /* work that waits or is being done */
	uint32_t threads;       /* that take work or will again */
	uint32_t idle;
	uint32_t refused;
	bool is_closed;
};

int sshoal__crew_new(struct crew **crew, const sshoal_pool_options *options)
{
	size_t stack_size = options->stack_size_bytes;
	size_t capacity = options->queue_capacity;
	struct crew *made = malloc(sizeof *made);
	if (!made)
		return SSHOAL_ENOMEM;
	*made = (struct crew){
		.max_threads = options->max_threads,
		.capacity = capacity ? capacity : SIZE_MAX,
		.backlog = BACKLOG_INIT(
			(enum sshoal_queue_order)options->queue_order),
	};
	atomic_init(&made->references, 1);
	(void)pthread_attr_init(&made->attributes);
	if (stack_size > 0 &&
	    pthread_attr_setstacksize(&made->attributes, stack_size) != 0) {
		(void)pthread_attr_destroy(&made->attributes);
		free(made);
		return SSHOAL_EINVAL;
	}
	(void)pthread_mutex_init(&made->lock, NULL);
	sshoal__condition_init(&made->wake);
	sshoal__condition_init(&made->quiet);
	*crew = made;
	return 0;
}

static void release(struct crew *crew)
{
	if (atomic_fetch_sub(&crew->references, 1) > 1)
		return;
	sshoal__backlog_fini(&crew->backlog);
	(void)pthread_cond_destroy(&crew->quiet);
	(void)pthread_cond_destroy(&crew->wake);
	(void)pthread_mutex_destroy(&crew->lock);
	(void)pthread_attr_destroy(&crew->attributes);
	free(crew);
}

/* The statics below want the lock held unless they say otherwise. */

static void count_finished(struct crew *crew)
{
	if (--crew->unfinished == 0)
		(void)pthread_cond_broadcast(&crew->quiet);
}

/* The next work for a thread that is idle, which it is not afterwards; NULL
 * when there will never be any. */
static sshoal_future *next_work(struct crew *crew)
{
	for (;;) {
		while (crew->backlog.count == 0 && !crew->is_closed)
			(void)pthread_cond_wait(&crew->wake, &crew->lock);
		if (crew->backlog.count == 0)
			return NULL;
		sshoal_future *future = sshoal__backlog_pop(&crew->backlog);
		if (sshoal__future_begin(future)) {
			crew->idle--;
			return future;
		}
		sshoal_future_free(future);
		count_finished(crew);
	}
}

/*
 * Does work until there will be no more, or until the worker was abandoned
 * meanwhile. A result is handed over with the lock held: who has it and comes
 * with more work finds this thread idle.
 */
static void work_on(struct worker *worker)
{
	struct crew *crew = worker->crew;
	for (;;) {
		sshoal_future *future = next_work(crew);
		if (!future)
			return;
		worker->current = future;
		(void)pthread_mutex_unlock(&crew->lock);
		void *result = sshoal__future_run(future);
		(void)pthread_mutex_lock(&crew->lock);
		worker->current = NULL;
		sshoal__future_finish(future, result);
		sshoal_future_free(future);
		if (worker->is_abandoned)
			return;
		crew->idle++;
		count_finished(crew);
	}
}

/* Called without the lock. */
static void *worker_main(void *argument)
{
	struct worker *worker = argument;
	struct crew *crew = worker->crew;
	(void)pthread_mutex_lock(&crew->lock);
	work_on(worker);
	bool is_abandoned = worker->is_abandoned;
	if (!is_abandoned) {
		crew->idle--;
		crew->threads--;
	}
	(void)pthread_mutex_unlock(&crew->lock);
	if (is_abandoned) {
		free(worker);
		release(crew);
	}
	return NULL;
}

/* Makes one more thread, if it may. False when it may not or the system
 * refuses. */
static bool add_worker(struct crew *crew)
{
	if (crew->threads >= crew->max_threads)
		return false;
	struct worker *worker = malloc(sizeof *worker);
	if (!worker) {
		crew->refused++;
		return false;
	}
	*worker = (struct worker){ .crew = crew, .next = crew->workers };
	if (sshoal__thread_start(&worker->thread, &crew->attributes,
				 worker_main, worker) != 0) {
		free(worker);
		crew->refused++;
		return false;
	}
	if (crew->workers)
		crew->workers->previous = worker;
	crew->workers = worker;
	crew->threads++;
	crew->idle++;
	return true;
}

static void remove_worker(struct worker *worker)
{
	if (worker->next)
		worker->next->previous = worker->previous;
	if (worker->previous)
		worker->previous->next = worker->next;
	else
		worker->crew->workers = worker->next;
}

/* Finds a thread for one more piece of work before it is pushed, so that
 * nothing has to be taken back. */
static int make_way(struct crew *crew, bool may_overfill)
{
	if (crew->is_closed)
		return SSHOAL_ECLOSED;
	int rc = sshoal__backlog_reserve(&crew->backlog);
	if (rc)
		return rc;
	size_t waiting = crew->backlog.count;
	if (waiting < crew->idle) {
		(void)pthread_cond_signal(&crew->wake);
		return 0;
	}
	if (add_worker(crew))
		return 0;
	if (crew->threads == 0)
		return SSHOAL_ELOCAL;
	if (!may_overfill && waiting - crew->idle >= crew->capacity)
		return SSHOAL_EFULL;
	return 0;
}

int sshoal__crew_add(struct crew *crew, sshoal_future *future, int priority,
		     bool may_overfill)
{
	(void)pthread_mutex_lock(&crew->lock);
	int rc = make_way(crew, may_overfill);
	if (rc == 0) {
		sshoal__backlog_push(&crew->backlog, sshoal__future_ref(future),
				     priority);
		crew->unfinished++;
	}
	(void)pthread_mutex_unlock(&crew->lock);
	return rc;
}

void sshoal__crew_close(struct crew *crew)
{
	(void)pthread_mutex_lock(&crew->lock);
	crew->is_closed = true;
	(void)pthread_cond_broadcast(&crew->wake);
	(void)pthread_mutex_unlock(&crew->lock);
}

int sshoal__crew_join(struct crew *crew, int64_t limit_us)
{
	int rc = 0;
	(void)pthread_mutex_lock(&crew->lock);
	while (crew->unfinished > 0 && rc == 0) {
		if (crew->threads == 0 && !add_worker(crew))
			rc = SSHOAL_ELOCAL;
		else
			rc = sshoal__condition_wait(&crew->quiet, &crew->lock,
						    limit_us);
	}
	if (crew->unfinished == 0)
		rc = 0;
	(void)pthread_mutex_unlock(&crew->lock);
	return rc;
}

static struct worker *worker_of(const struct crew *crew,
				const sshoal_future *future)
{
	struct worker *worker = crew->workers;
	while (worker && worker->current != future)
		worker = worker->next;
	return worker;
}

/* A worker's successor, where work waits for one. */
static int replace(struct crew *crew)
{
	if (crew->backlog.count <= crew->idle || add_worker(crew) ||
	    crew->threads > 0)
		return 0;
	(void)pthread_cond_broadcast(&crew->quiet);
	return SSHOAL_ELOCAL;
}

int sshoal__crew_abandon(struct crew *crew, const sshoal_future *future)
{
	int rc = SSHOAL_ENOENT;
	(void)pthread_mutex_lock(&crew->lock);
	struct worker *worker = worker_of(crew, future);
	if (worker) {
		worker->is_abandoned = true;
		(void)pthread_detach(worker->thread);
		remove_worker(worker);
		atomic_fetch_add(&crew->references, 1);
		crew->threads--;
		count_finished(crew);
		rc = replace(crew);
	}
	(void)pthread_mutex_unlock(&crew->lock);
	return rc;
}

uint32_t sshoal__crew_threads(struct crew *crew)
{
	(void)pthread_mutex_lock(&crew->lock);
	uint32_t threads = crew->threads;
	(void)pthread_mutex_unlock(&crew->lock);
	return threads;
}

uint32_t sshoal__crew_refused(struct crew *crew)
{
	(void)pthread_mutex_lock(&crew->lock);
	uint32_t refused = crew->refused;
	(void)pthread_mutex_unlock(&crew->lock);
	return refused;
}

/* What no thread can be had for is done by the caller's. */
static void work_here(struct crew *crew)
{
	struct worker here = { .crew = crew };
	(void)pthread_mutex_lock(&crew->lock);
	crew->idle++;
	work_on(&here);
	crew->idle--;
	(void)pthread_mutex_unlock(&crew->lock);
}

void sshoal__crew_free(struct crew *crew)
{
	if (!crew)
		return;
	sshoal__crew_close(crew);
	if (sshoal__crew_join(crew, INT64_MAX) != 0)
		work_here(crew);
	while (crew->workers) {
		struct worker *worker = crew->workers;
		(void)pthread_join(worker->thread, NULL);
		crew->workers = worker->next;
		free(worker);
	}
	release(crew);
}
