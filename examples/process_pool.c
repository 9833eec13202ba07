/* SPDX-License-Identifier: MIT */
/*
 * The same work by processes and by threads: how many primes there are below a
 * million, in eight ranges. Processes are fork(2)'s and share nothing, so each
 * sends its count through a pipe; the threads are a pool's and store it where
 * it belongs. In Python only the processes would use more than one processor.
 */
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sshoal.h>

#define RANGES 8
#define LIMIT 1000000

struct range {
	int first, end, primes;
};

static double now_s(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void *count(void *argument)
{
	struct range *range = argument;
	for (int n = range->first; n < range->end; n++) {
		int divisor = 2;
		while (divisor * divisor <= n && n % divisor != 0)
			divisor++;
		range->primes += n >= 2 && divisor * divisor > n;
	}
	return NULL;
}

/* A program that has other threads may do little between fork() and _exit(),
 * so processes come before threads. */
static int by_processes(struct range *ranges)
{
	int ends[2], sum = 0;
	if (pipe(ends))
		return -1;
	for (int i = 0; i < RANGES; i++) {
		pid_t pid = fork();
		if (pid < 0)
			return -1;
		if (pid == 0) {
			(void)count(&ranges[i]);
			ssize_t n =
				write(ends[1], &ranges[i].primes, sizeof(int));
			_exit(n == (ssize_t)sizeof(int) ? 0 : 1);
		}
	}
	(void)close(ends[1]);
	for (int primes; read(ends[0], &primes, sizeof primes) > 0;)
		sum += primes;
	(void)close(ends[0]);
	while (wait(NULL) > 0)
		;
	return sum;
}

static int by_threads(struct range *ranges)
{
	sshoal_pool *pool = NULL;
	void *items[RANGES];
	int sum = 0;
	if (sshoal_pool_new(&pool, NULL, NULL))
		return -1;
	for (int i = 0; i < RANGES; i++)
		items[i] = &ranges[i];
	if (sshoal_pool_map(pool, count, items, RANGES, NULL))
		sum = -1;
	sshoal_pool_free(pool);
	for (int i = 0; sum >= 0 && i < RANGES; i++)
		sum += ranges[i].primes;
	return sum;
}

int main(void)
{
	struct range ranges[RANGES];
	for (int i = 0; i < RANGES; i++)
		ranges[i] = (struct range){ LIMIT / RANGES * i,
					    LIMIT / RANGES * (i + 1), 0 };
	double began_s = now_s();
	int primes = by_processes(ranges);
	(void)printf("processes: %d primes, %.2f s\n", primes,
		     now_s() - began_s);
	began_s = now_s();
	primes = by_threads(ranges);
	(void)printf("threads: %d primes, %.2f s\n", primes, now_s() - began_s);
	return 0;
}
