/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <sshoal/error.h>
#include <sshoal/queue.h>

/* A million items through a small queue, from 64 threads to 64 others. */

#define PRODUCERS 64
#define CONSUMERS 64
#define EACH 15625
#define MILLION ((uintptr_t)PRODUCERS * EACH)
#define SMALL 16

struct traffic {
	sshoal_queue *queue;
	int order;
	atomic_uint producers;
	atomic_size_t count;
	atomic_uint_fast64_t sum;
	atomic_uint failures;
	atomic_uchar *seen; /* how often each item came */
};

static void *produce(void *argument)
{
	struct traffic *traffic = argument;
	uintptr_t first = (uintptr_t)traffic->producers++ * EACH;
	for (uintptr_t number = first; number < first + EACH; number++)
		if (sshoal_queue_put(traffic->queue, (void *)number,
				     (int)(number % 7), -1) != 0)
			traffic->failures++;
	return NULL;
}

static void *consume(void *argument)
{
	struct traffic *traffic = argument;
	uintptr_t next_of[PRODUCERS] = { 0 };
	uint64_t sum = 0;
	size_t count = 0;
	void *item;
	int rc = sshoal_queue_get(traffic->queue, &item, -1);
	for (; rc == 0; rc = sshoal_queue_get(traffic->queue, &item, -1)) {
		uintptr_t number = (uintptr_t)item;
		if (number >= MILLION || traffic->seen[number]++ > 0)
			traffic->failures++;
		/* What one thread puts into a FIFO, another gets in order. */
		uintptr_t *next = &next_of[number / EACH % PRODUCERS];
		if (traffic->order == SSHOAL_QUEUE_FIFO && number < *next)
			traffic->failures++;
		*next = number + 1;
		sum += number;
		count++;
		if (sshoal_queue_task_done(traffic->queue) != 0)
			traffic->failures++;
	}
	if (rc != SSHOAL_ECLOSED)
		traffic->failures++;
	traffic->sum += sum;
	traffic->count += count;
	return NULL;
}

static void pass_a_million(int order)
{
	struct traffic traffic = { .order = order, .seen = calloc(MILLION, 1) };
	assert_non_null(traffic.seen);
	assert_int_equal(sshoal_queue_new(&traffic.queue, order, SMALL), 0);
	pthread_t producers[PRODUCERS];
	pthread_t consumers[CONSUMERS];
	for (int i = 0; i < CONSUMERS; i++)
		assert_int_equal(
			pthread_create(&consumers[i], NULL, consume, &traffic),
			0);
	for (int i = 0; i < PRODUCERS; i++)
		assert_int_equal(
			pthread_create(&producers[i], NULL, produce, &traffic),
			0);
	for (int i = 0; i < PRODUCERS; i++)
		assert_int_equal(pthread_join(producers[i], NULL), 0);
	assert_int_equal(sshoal_queue_join(traffic.queue, -1), 0);
	sshoal_queue_close(traffic.queue);
	for (int i = 0; i < CONSUMERS; i++)
		assert_int_equal(pthread_join(consumers[i], NULL), 0);
	assert_int_equal(traffic.failures, 0);
	assert_int_equal(traffic.count, MILLION);
	assert_int_equal(traffic.sum, (uint64_t)MILLION * (MILLION - 1) / 2);
	for (uintptr_t i = 0; i < MILLION; i++)
		assert_int_equal(traffic.seen[i], 1);
	assert_int_equal(sshoal_queue_task_done(traffic.queue), SSHOAL_EINVAL);
	sshoal_queue_free(traffic.queue);
	free((void *)traffic.seen);
}

static void a_million_items_pass_first_in_first_out(void **state)
{
	(void)state;
	pass_a_million(SSHOAL_QUEUE_FIFO);
}

static void a_million_items_pass_last_in_first_out(void **state)
{
	(void)state;
	pass_a_million(SSHOAL_QUEUE_LIFO);
}

static void a_million_items_pass_by_priority(void **state)
{
	(void)state;
	pass_a_million(SSHOAL_QUEUE_PRIORITY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_million_items_pass_first_in_first_out),
		cmocka_unit_test(a_million_items_pass_last_in_first_out),
		cmocka_unit_test(a_million_items_pass_by_priority),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
