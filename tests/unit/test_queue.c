/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <sshoal/error.h>
#include <sshoal/queue.h>

#include "asleep.h"
#include "base/clock.h"
#include "scarcity.h"

static const int orders[] = { SSHOAL_QUEUE_FIFO, SSHOAL_QUEUE_LIFO,
			      SSHOAL_QUEUE_PRIORITY };
#define ORDERS (sizeof orders / sizeof *orders)

static sshoal_queue *new_queue(int order, size_t capacity)
{
	sshoal_queue *queue = NULL;
	assert_int_equal(sshoal_queue_new(&queue, order, capacity), 0);
	assert_non_null(queue);
	return queue;
}

/* Items are numbers here. */
static void *item_of(uintptr_t number)
{
	return (void *)number;
}

static void put(sshoal_queue *queue, uintptr_t number, int priority)
{
	assert_int_equal(sshoal_queue_put(queue, item_of(number), priority, 0),
			 0);
}

static uintptr_t get(sshoal_queue *queue)
{
	void *item = item_of(UINTPTR_MAX);
	assert_int_equal(sshoal_queue_get(queue, &item, 0), 0);
	return (uintptr_t)item;
}

static void wrong_arguments_are_refused(void **state)
{
	(void)state;
	sshoal_queue *queue = NULL;
	void *item = item_of(7);
	assert_int_equal(sshoal_queue_new(NULL, SSHOAL_QUEUE_FIFO, 0),
			 SSHOAL_EINVAL);
	assert_int_equal(sshoal_queue_new(&queue, -1, 0), SSHOAL_EINVAL);
	assert_int_equal(sshoal_queue_new(&queue, 3, 0), SSHOAL_EINVAL);
	assert_null(queue);
	queue = new_queue(SSHOAL_QUEUE_FIFO, 0);
	assert_int_equal(sshoal_queue_put(NULL, NULL, 0, 0), SSHOAL_EINVAL);
	assert_int_equal(sshoal_queue_put(queue, NULL, 0, -2), SSHOAL_EINVAL);
	assert_int_equal(sshoal_queue_size(queue), 0);
	put(queue, 1, 0);
	assert_int_equal(sshoal_queue_get(NULL, &item, 0), SSHOAL_EINVAL);
	assert_int_equal(sshoal_queue_get(queue, NULL, 0), SSHOAL_EINVAL);
	assert_int_equal(sshoal_queue_get(queue, &item, -2), SSHOAL_EINVAL);
	assert_ptr_equal(item, item_of(7));
	assert_int_equal(sshoal_queue_size(queue), 1);
	assert_int_equal(sshoal_queue_task_done(NULL), SSHOAL_EINVAL);
	assert_int_equal(sshoal_queue_join(NULL, 0), SSHOAL_EINVAL);
	assert_int_equal(sshoal_queue_join(queue, INT64_MIN), SSHOAL_EINVAL);
	assert_int_equal(sshoal_queue_size(NULL), 0);
	assert_true(sshoal_queue_is_empty(NULL));
	assert_false(sshoal_queue_is_full(NULL));
	sshoal_queue_close(NULL);
	sshoal_queue_free(NULL);
	sshoal_queue_free(queue);
}

#define ITEMS 7

static void each_order_gives_its_item_first(void **state)
{
	(void)state;
	static const int priorities[ITEMS] = { 3, INT_MAX, 3,      -1,
					       0, INT_MIN, INT_MAX };
	static const uintptr_t expected[ORDERS][ITEMS] = {
		{ 0, 1, 2, 3, 4, 5, 6 },
		{ 6, 5, 4, 3, 2, 1, 0 },
		{ 5, 3, 4, 0, 2, 1, 6 },
	};
	for (size_t i = 0; i < ORDERS; i++) {
		sshoal_queue *queue = new_queue(orders[i], ITEMS);
		for (uintptr_t number = 0; number < ITEMS; number++)
			put(queue, number, priorities[number]);
		for (size_t place = 0; place < ITEMS; place++)
			assert_int_equal(get(queue), expected[i][place]);
		sshoal_queue_free(queue);
	}
}

/* What a queue holds, in the order of putting, and the plain way to find out
 * what must come first. */
struct model {
	int order;
	size_t count;
	struct {
		uintptr_t number;
		int priority;
	} held[4096];
};

static size_t first_of(const struct model *model)
{
	if (model->order == SSHOAL_QUEUE_LIFO)
		return model->count - 1;
	size_t first = 0;
	for (size_t i = 1;
	     model->order == SSHOAL_QUEUE_PRIORITY && i < model->count; i++)
		if (model->held[i].priority < model->held[first].priority)
			first = i;
	return first;
}

static uintptr_t model_get(struct model *model)
{
	size_t first = first_of(model);
	uintptr_t number = model->held[first].number;
	for (size_t i = first + 1; i < model->count; i++)
		model->held[i - 1] = model->held[i];
	model->count--;
	return number;
}

static void follow(struct model *model, sshoal_queue *queue, unsigned int seed)
{
	uint32_t random = seed;
	for (uintptr_t step = 0; step < 20000; step++) {
		random = random * 1664525u + 1013904223u;
		/* Grows in the first half, shrinks in the second. */
		bool puts = (random >> 16) % 8 < (step < 10000 ? 5u : 3u);
		if (puts && model->count < 4096) {
			int priority = (int)((random >> 24) % 5) - 2;
			model->held[model->count].number = step;
			model->held[model->count++].priority = priority;
			put(queue, step, priority);
		} else if (!puts && model->count > 0) {
			assert_int_equal(get(queue), model_get(model));
		}
		assert_int_equal(sshoal_queue_size(queue), model->count);
	}
	while (model->count > 0)
		assert_int_equal(get(queue), model_get(model));
}

static void order_holds_while_a_queue_grows_and_shrinks(void **state)
{
	(void)state;
	struct model *model = malloc(sizeof *model);
	assert_non_null(model);
	for (size_t i = 0; i < ORDERS; i++) {
		sshoal_queue *queue = new_queue(orders[i], 0);
		model->order = orders[i];
		model->count = 0;
		follow(model, queue, 4711 + (unsigned int)i);
		assert_true(sshoal_queue_is_empty(queue));
		sshoal_queue_free(queue);
	}
	free(model);
}

static void a_full_queue_takes_nothing_more(void **state)
{
	(void)state;
	for (size_t i = 0; i < ORDERS; i++) {
		sshoal_queue *queue = new_queue(orders[i], 2);
		assert_true(sshoal_queue_is_empty(queue));
		put(queue, 1, 0);
		assert_false(sshoal_queue_is_empty(queue));
		assert_false(sshoal_queue_is_full(queue));
		put(queue, 2, 0);
		assert_true(sshoal_queue_is_full(queue));
		assert_int_equal(sshoal_queue_put(queue, NULL, 0, 0),
				 SSHOAL_EFULL);
		int64_t before_us = sshoal__clock_now_us();
		assert_int_equal(sshoal_queue_put(queue, NULL, 0, 30),
				 SSHOAL_EFULL);
		assert_in_range(sshoal__clock_now_us() - before_us, 30000,
				20000000);
		assert_int_equal(sshoal_queue_size(queue), 2);
		(void)get(queue);
		put(queue, 3, 0);
		sshoal_queue_free(queue);
	}
}

static void an_unbounded_queue_is_never_full(void **state)
{
	(void)state;
	sshoal_queue *queue = new_queue(SSHOAL_QUEUE_FIFO, 0);
	for (uintptr_t number = 0; number < 100000; number++)
		put(queue, number, 0);
	assert_false(sshoal_queue_is_full(queue));
	assert_int_equal(sshoal_queue_size(queue), 100000);
	sshoal_queue_free(queue);
}

static void an_empty_queue_gives_nothing(void **state)
{
	(void)state;
	sshoal_queue *queue = new_queue(SSHOAL_QUEUE_FIFO, 0);
	void *item = item_of(7);
	assert_int_equal(sshoal_queue_get(queue, &item, 0), SSHOAL_EEMPTY);
	int64_t before_us = sshoal__clock_now_us();
	assert_int_equal(sshoal_queue_get(queue, &item, 30), SSHOAL_EEMPTY);
	assert_in_range(sshoal__clock_now_us() - before_us, 30000, 20000000);
	assert_ptr_equal(item, item_of(7));
	sshoal_queue_free(queue);
}

static void null_is_an_item(void **state)
{
	(void)state;
	sshoal_queue *queue = new_queue(SSHOAL_QUEUE_PRIORITY, 0);
	void *item = item_of(7);
	assert_int_equal(sshoal_queue_put(queue, NULL, 0, 0), 0);
	assert_int_equal(sshoal_queue_get(queue, &item, 0), 0);
	assert_null(item);
	sshoal_queue_free(queue);
}

static void a_closed_queue_drains(void **state)
{
	(void)state;
	for (size_t i = 0; i < ORDERS; i++) {
		sshoal_queue *queue = new_queue(orders[i], 2);
		void *item = item_of(7);
		put(queue, 1, 0);
		put(queue, 1, 0);
		sshoal_queue_close(queue);
		sshoal_queue_close(queue);
		assert_int_equal(sshoal_queue_put(queue, item, 0, -1),
				 SSHOAL_ECLOSED);
		assert_int_equal(get(queue), 1);
		assert_int_equal(sshoal_queue_put(queue, item, 0, 0),
				 SSHOAL_ECLOSED);
		assert_int_equal(sshoal_queue_get(queue, &item, -1), 0);
		item = item_of(7);
		assert_int_equal(sshoal_queue_get(queue, &item, 0),
				 SSHOAL_ECLOSED);
		assert_int_equal(sshoal_queue_get(queue, &item, -1),
				 SSHOAL_ECLOSED);
		assert_ptr_equal(item, item_of(7));
		sshoal_queue_free(queue);
	}
}

static void task_done_counts_what_was_put(void **state)
{
	(void)state;
	sshoal_queue *queue = new_queue(SSHOAL_QUEUE_FIFO, 0);
	assert_int_equal(sshoal_queue_join(queue, -1), 0);
	assert_int_equal(sshoal_queue_task_done(queue), SSHOAL_EINVAL);
	put(queue, 1, 0);
	put(queue, 2, 0);
	(void)get(queue);
	(void)get(queue);
	assert_int_equal(sshoal_queue_join(queue, 0), SSHOAL_ETIMEOUT);
	assert_int_equal(sshoal_queue_task_done(queue), 0);
	int64_t before_us = sshoal__clock_now_us();
	assert_int_equal(sshoal_queue_join(queue, 30), SSHOAL_ETIMEOUT);
	assert_in_range(sshoal__clock_now_us() - before_us, 30000, 20000000);
	assert_int_equal(sshoal_queue_task_done(queue), 0);
	assert_int_equal(sshoal_queue_join(queue, 0), 0);
	assert_int_equal(sshoal_queue_task_done(queue), SSHOAL_EINVAL);
	assert_int_equal(sshoal_queue_join(queue, -1), 0);
	sshoal_queue_free(queue);
}

static void without_memory_nothing_changes(void **state)
{
	(void)state;
	sshoal_queue *queue = NULL;
	scarcity_of_memory(0);
	int made = sshoal_queue_new(&queue, SSHOAL_QUEUE_FIFO, 0);
	scarcity_of_memory(NO_SCARCITY);
	assert_int_equal(made, SSHOAL_ENOMEM);
	assert_null(queue);

	queue = new_queue(SSHOAL_QUEUE_FIFO, 0);
	uintptr_t held = 0;
	int rc = 0;
	scarcity_of_memory(0);
	while (rc == 0 && held < 1000) {
		rc = sshoal_queue_put(queue, item_of(held), 0, 0);
		held += rc == 0 ? 1 : 0;
	}
	scarcity_of_memory(NO_SCARCITY);
	assert_int_equal(rc, SSHOAL_ENOMEM);
	assert_int_equal(sshoal_queue_size(queue), held);
	put(queue, held, 0);
	for (uintptr_t number = 0; number <= held; number++) {
		assert_int_equal(get(queue), number);
		assert_int_equal(sshoal_queue_task_done(queue), 0);
	}
	assert_int_equal(sshoal_queue_task_done(queue), SSHOAL_EINVAL);
	sshoal_queue_free(queue);
}

/* A thread that makes one call and may have to wait in it. */
struct caller {
	int (*call)(struct caller *);
	sshoal_queue *queue;
	void *item;
	int64_t timeout_ms;
	pthread_t thread;
	_Atomic pid_t id;
	int rc;
};

static int call_put(struct caller *caller)
{
	return sshoal_queue_put(caller->queue, caller->item, 0,
				caller->timeout_ms);
}

static int call_get(struct caller *caller)
{
	return sshoal_queue_get(caller->queue, &caller->item,
				caller->timeout_ms);
}

static int call_join(struct caller *caller)
{
	return sshoal_queue_join(caller->queue, caller->timeout_ms);
}

static void *caller_main(void *argument)
{
	struct caller *caller = argument;
	caller->id = gettid();
	caller->rc = caller->call(caller);
	return NULL;
}

/* Returns when the thread waits in its call. */
static void start(struct caller *caller)
{
	caller->rc = 1;
	assert_int_equal(
		pthread_create(&caller->thread, NULL, caller_main, caller), 0);
	while (caller->id == 0)
		(void)sched_yield();
	await_asleep(caller->id);
}

static int end(struct caller *caller)
{
	assert_int_equal(pthread_join(caller->thread, NULL), 0);
	return caller->rc;
}

static const int64_t long_timeouts[] = { -1, 60000, INT64_MAX / 1000,
					 INT64_MAX };
#define LONG_TIMEOUTS (sizeof long_timeouts / sizeof *long_timeouts)

static void a_put_wakes_who_waits_to_get(void **state)
{
	(void)state;
	for (size_t i = 0; i < LONG_TIMEOUTS; i++) {
		sshoal_queue *queue = new_queue(SSHOAL_QUEUE_FIFO, 0);
		struct caller getter = { .call = call_get,
					 .queue = queue,
					 .timeout_ms = long_timeouts[i] };
		start(&getter);
		put(queue, 5, 0);
		assert_int_equal(end(&getter), 0);
		assert_ptr_equal(getter.item, item_of(5));
		sshoal_queue_free(queue);
	}
}

static void a_get_wakes_who_waits_to_put(void **state)
{
	(void)state;
	for (size_t i = 0; i < LONG_TIMEOUTS; i++) {
		sshoal_queue *queue = new_queue(SSHOAL_QUEUE_FIFO, 1);
		put(queue, 4, 0);
		struct caller putter = { .call = call_put,
					 .queue = queue,
					 .item = item_of(5),
					 .timeout_ms = long_timeouts[i] };
		start(&putter);
		assert_int_equal(get(queue), 4);
		assert_int_equal(end(&putter), 0);
		assert_int_equal(get(queue), 5);
		sshoal_queue_free(queue);
	}
}

#define CROWD 16

static void close_wakes_all_who_wait_to_get(void **state)
{
	(void)state;
	sshoal_queue *queue = new_queue(SSHOAL_QUEUE_LIFO, 0);
	struct caller getters[CROWD];
	for (size_t i = 0; i < CROWD; i++) {
		getters[i] = (struct caller){
			.call = call_get,
			.queue = queue,
			.item = item_of(7),
			.timeout_ms = long_timeouts[i % LONG_TIMEOUTS]
		};
		start(&getters[i]);
	}
	sshoal_queue_close(queue);
	for (size_t i = 0; i < CROWD; i++) {
		assert_int_equal(end(&getters[i]), SSHOAL_ECLOSED);
		assert_ptr_equal(getters[i].item, item_of(7));
	}
	sshoal_queue_free(queue);
}

static void close_wakes_all_who_wait_to_put(void **state)
{
	(void)state;
	sshoal_queue *queue = new_queue(SSHOAL_QUEUE_PRIORITY, 1);
	put(queue, 1, 0);
	struct caller putters[CROWD];
	for (size_t i = 0; i < CROWD; i++) {
		putters[i] = (struct caller){
			.call = call_put,
			.queue = queue,
			.timeout_ms = long_timeouts[i % LONG_TIMEOUTS]
		};
		start(&putters[i]);
	}
	sshoal_queue_close(queue);
	for (size_t i = 0; i < CROWD; i++)
		assert_int_equal(end(&putters[i]), SSHOAL_ECLOSED);
	assert_int_equal(sshoal_queue_size(queue), 1);
	sshoal_queue_free(queue);
}

static void the_last_task_done_wakes_all_who_join(void **state)
{
	(void)state;
	sshoal_queue *queue = new_queue(SSHOAL_QUEUE_FIFO, 0);
	put(queue, 1, 0);
	put(queue, 2, 0);
	struct caller joiners[CROWD];
	for (size_t i = 0; i < CROWD; i++) {
		joiners[i] = (struct caller){
			.call = call_join,
			.queue = queue,
			.timeout_ms = long_timeouts[i % LONG_TIMEOUTS]
		};
		start(&joiners[i]);
	}
	(void)get(queue);
	(void)get(queue);
	/* Neither closing nor one of two ends their wait. */
	sshoal_queue_close(queue);
	assert_int_equal(sshoal_queue_task_done(queue), 0);
	assert_int_equal(sshoal_queue_join(queue, 10), SSHOAL_ETIMEOUT);
	for (size_t i = 0; i < CROWD; i++)
		await_asleep(joiners[i].id);
	assert_int_equal(sshoal_queue_task_done(queue), 0);
	for (size_t i = 0; i < CROWD; i++)
		assert_int_equal(end(&joiners[i]), 0);
	sshoal_queue_free(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_arguments_are_refused),
		cmocka_unit_test(each_order_gives_its_item_first),
		cmocka_unit_test(order_holds_while_a_queue_grows_and_shrinks),
		cmocka_unit_test(a_full_queue_takes_nothing_more),
		cmocka_unit_test(an_unbounded_queue_is_never_full),
		cmocka_unit_test(an_empty_queue_gives_nothing),
		cmocka_unit_test(null_is_an_item),
		cmocka_unit_test(a_closed_queue_drains),
		cmocka_unit_test(task_done_counts_what_was_put),
		cmocka_unit_test(without_memory_nothing_changes),
		cmocka_unit_test(a_put_wakes_who_waits_to_get),
		cmocka_unit_test(a_get_wakes_who_waits_to_put),
		cmocka_unit_test(close_wakes_all_who_wait_to_get),
		cmocka_unit_test(close_wakes_all_who_wait_to_put),
		cmocka_unit_test(the_last_task_done_wakes_all_who_join),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
