/* SPDX-License-Identifier: MIT */
/*
 * What the library does not wrap, beside what it does: a recursive mutex and
 * data of each thread are pthreads' own. Work in a pool takes a lock that it
 * holds already, and each of the pool's threads keeps its own count.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <sshoal.h>

#define THREADS 3
#define TASKS 30
#define DEPTH 4

struct shared {
	pthread_mutex_t lock; /* recursive; protects total */
	int total;
	pthread_key_t own; /* each thread's count */
	pthread_mutex_t sums_lock;
	int sum; /* of the counts of threads that have ended */
};

/* What a thread leaves behind when it ends. */
struct count {
	struct shared *shared;
	int tasks;
};

static void hand_in(void *value)
{
	struct count *count = value;
	struct shared *shared = count->shared;
	(void)pthread_mutex_lock(&shared->sums_lock);
	shared->sum += count->tasks;
	(void)pthread_mutex_unlock(&shared->sums_lock);
	free(count);
}

static void descend(struct shared *shared, int depth)
{
	(void)pthread_mutex_lock(&shared->lock);
	shared->total++;
	if (depth > 1)
		descend(shared, depth - 1);
	(void)pthread_mutex_unlock(&shared->lock);
}

static void *task(void *argument)
{
	struct shared *shared = argument;
	struct count *count = pthread_getspecific(shared->own);
	if (!count) {
		count = calloc(1, sizeof *count);
		if (!count || pthread_setspecific(shared->own, count))
			abort();
		count->shared = shared;
	}
	count->tasks++;
	descend(shared, DEPTH);
	return NULL;
}

int main(void)
{
	struct shared shared = { .sums_lock = PTHREAD_MUTEX_INITIALIZER };
	pthread_mutexattr_t recursive;
	(void)pthread_mutexattr_init(&recursive);
	(void)pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
	(void)pthread_mutex_init(&shared.lock, &recursive);
	(void)pthread_mutexattr_destroy(&recursive);
	if (pthread_key_create(&shared.own, hand_in))
		return 1;
	sshoal_pool_options options = SSHOAL_POOL_OPTIONS_INIT;
	options.max_threads = THREADS;
	sshoal_pool *pool = NULL;
	if (sshoal_pool_new(&pool, &options, NULL))
		return 1;
	for (int i = 0; i < TASKS; i++)
		if (sshoal_pool_submit(pool, task, &shared, 0, NULL))
			return 1;
	sshoal_pool_free(pool);
	(void)printf("%d tasks took the lock %d times\n", TASKS, shared.total);
	(void)printf("the threads counted %d tasks\n", shared.sum);
	(void)pthread_key_delete(shared.own);
	(void)pthread_mutex_destroy(&shared.lock);
	return 0;
}
