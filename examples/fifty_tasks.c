/* SPDX-License-Identifier: MIT */
/*
 * Fifty tasks at once, and how long they take together: each waits for a tenth
 * of a second, as one that talks to a host does, on a thread of its own.
 */
#include <stdio.h>
#include <time.h>

#include <sshoal.h>

#define TASKS 50

static double now_s(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The work: returns the place of the number's square. */
static void *task(void *argument)
{
	const struct timespec tenth = { .tv_nsec = 100000000 };
	int *number = argument;
	(void)nanosleep(&tenth, NULL);
	*number *= *number;
	return number;
}

int main(void)
{
	int numbers[TASKS];
	void *items[TASKS];
	void *results[TASKS];
	for (int i = 0; i < TASKS; i++) {
		numbers[i] = i;
		items[i] = &numbers[i];
	}
	sshoal_pool_options options = SSHOAL_POOL_OPTIONS_INIT;
	options.max_threads = TASKS;
	sshoal_pool *pool = NULL;
	sshoal_error error;
	double began_s = now_s();
	if (sshoal_pool_new(&pool, &options, &error)) {
		(void)fprintf(stderr, "pool: %s\n", error.text);
		return 1;
	}
	int rc = sshoal_pool_map(pool, task, items, TASKS, results);
	sshoal_pool_free(pool);
	if (rc) {
		(void)fprintf(stderr, "map: %s\n", sshoal_error_text(rc));
		return 1;
	}
	int sum = 0;
	for (int i = 0; i < TASKS; i++)
		sum += *(int *)results[i];
	(void)printf("%d tasks, the sum of their results is %d\n", TASKS, sum);
	(void)printf("total time %.2f s\n", now_s() - began_s);
	return 0;
}
