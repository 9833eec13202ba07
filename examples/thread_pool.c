/* SPDX-License-Identifier: MIT */
/*
 * A pool of four threads, used in three ways: with a callback for each result
 * (Python's apply_async), with a future to wait for, and by map().
 */
#include <pthread.h>
#include <stdio.h>

#include <sshoal.h>

#define ITEMS 10

struct sum {
	pthread_mutex_t lock; /* protects the rest */
	int total;
	int count;
};

static void *square(void *argument)
{
	int *number = argument;
	*number *= *number;
	return number;
}

/* Runs on the pool's threads, several of them at once. */
static void add(void *result, void *data)
{
	struct sum *sum = data;
	(void)pthread_mutex_lock(&sum->lock);
	sum->total += *(const int *)result;
	sum->count++;
	(void)pthread_mutex_unlock(&sum->lock);
}

static int use(sshoal_pool *pool)
{
	struct sum sum = { .lock = PTHREAD_MUTEX_INITIALIZER };
	int numbers[ITEMS];
	void *items[ITEMS];
	int rc = 0;
	for (int i = 0; i < ITEMS; i++) {
		numbers[i] = i;
		items[i] = &numbers[i];
		if (rc == 0)
			rc = sshoal_pool_submit_callback(pool, square, items[i],
							 add, &sum);
	}
	(void)sshoal_pool_join(pool, -1);
	(void)printf("%d callbacks, their sum is %d\n", sum.count, sum.total);
	(void)pthread_mutex_destroy(&sum.lock);

	sshoal_future *future = NULL;
	int twelve = 12;
	void *result = NULL;
	if (rc == 0)
		rc = sshoal_pool_submit(pool, square, &twelve, 0, &future);
	if (rc == 0)
		rc = sshoal_future_wait(future, &result, -1);
	if (rc == 0)
		(void)printf("the future's result is %d\n", *(int *)result);
	sshoal_future_free(future);

	if (rc == 0)
		rc = sshoal_pool_map(pool, square, items, ITEMS, NULL);
	(void)printf("fourth powers:");
	for (int i = 0; i < ITEMS; i++)
		(void)printf(" %d", numbers[i]);
	(void)printf("\n");
	return rc;
}

int main(void)
{
	sshoal_pool_options options = SSHOAL_POOL_OPTIONS_INIT;
	options.max_threads = 4;
	sshoal_pool *pool = NULL;
	sshoal_error error;
	if (sshoal_pool_new(&pool, &options, &error)) {
		(void)fprintf(stderr, "pool: %s\n", error.text);
		return 1;
	}
	int rc = use(pool);
	sshoal_pool_free(pool);
	return rc ? 1 : 0;
}
