/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <sshoal/error.h>

#include "base/clock.h"
#include "unit/scarcity.h"
#include "work/rate.h"

#define THREADS 16

/* The linker has the rate look at this clock. */
static _Atomic int64_t now_us;

int64_t __wrap_sshoal__clock_now_us(void);

int64_t __wrap_sshoal__clock_now_us(void)
{
	return now_us;
}

static struct rate *new_rate(uint64_t bytes_per_second)
{
	struct rate *rate = NULL;
	now_us = 5000000;
	assert_int_equal(sshoal__rate_new(&rate, bytes_per_second), 0);
	assert_non_null(rate);
	return rate;
}

static bool is_due(int64_t at_ms)
{
	return at_ms <= now_us / 1000;
}

static void without_a_rate_all_goes_at_once(void **state)
{
	(void)state;
	assert_int_equal(sshoal__rate_book(NULL, SIZE_MAX), 0);
	assert_null(sshoal__rate_ref(NULL));
	sshoal__rate_free(NULL);
}

static void refused_memory_is_told(void **state)
{
	(void)state;
	struct rate *rate = NULL;
	scarcity_of_memory(0);
	int rc = sshoal__rate_new(&rate, 1);
	scarcity_of_memory(NO_SCARCITY);
	assert_int_equal(rc, SSHOAL_ENOMEM);
	assert_null(rate);
}

static void after_a_rest_100_ms_go_at_once_and_no_more(void **state)
{
	(void)state;
	struct rate *rate = new_rate(1000000);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 100; i++)
			assert_true(is_due(sshoal__rate_book(rate, 1000)));
		int64_t at_ms = sshoal__rate_book(rate, 1000);
		assert_in_range(at_ms - now_us / 1000, 1, 2);
		/* However long it is. */
		now_us += (int64_t)3600 * 1000000 << (10 * round);
	}
	sshoal__rate_free(rate);
}

/* One who moves what it books at the time it is told. */
static void the_rate_is_kept_exactly(void **state)
{
	(void)state;
	static const struct {
		uint64_t bytes_per_second;
		size_t piece;
	} table[] = {
		{ 1, 1 },
		{ 7, 3 },
		{ 1000, 32768 },
		{ 1000000, 1 },
		{ 1000000, 1000 },
		{ 123456789, 131072 },
		{ 20000000000, 131072 },
		{ 1000000000000000, 1 << 20 },
		{ UINT64_MAX, SIZE_MAX / 1000 },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		uint64_t rate_per_s = table[i].bytes_per_second;
		struct rate *rate = new_rate(rate_per_s);
		int64_t start_us = now_us;
		double moved = 0;
		for (int k = 0; k < 10000; k++) {
			int64_t at_ms = sshoal__rate_book(rate, table[i].piece);
			assert_true(at_ms < DEADLINE_NONE);
			if (at_ms * 1000 > now_us)
				now_us = at_ms * 1000;
			moved += (double)table[i].piece;
			double passed_s = (double)(now_us - start_us) / 1e6;
			double most = (passed_s + 0.1001) * (double)rate_per_s;
			double least = (passed_s - 0.002) * (double)rate_per_s;
			if (moved > most || moved < least)
				fail_msg("%zu: %.0f after %.6f s", i, moved,
					 passed_s);
		}
		sshoal__rate_free(rate);
	}
}

static void what_is_booked_together_is_shared(void **state)
{
	(void)state;
	struct rate *rate = new_rate(1000);
	struct rate *other = sshoal__rate_ref(rate);
	assert_ptr_equal(other, rate);
	int64_t at_ms = 0;
	for (int i = 0; i < 10; i++) {
		at_ms = sshoal__rate_book(i % 2 ? rate : other, 1000);
		/* Less the 100 that were there at first. */
		assert_in_range(at_ms - now_us / 1000, 900 + 1000 * i,
				901 + 1000 * i);
		if (i == 5)
			sshoal__rate_free(other);
	}
	sshoal__rate_free(rate);
}

static void what_never_ends_never_comes(void **state)
{
	(void)state;
	struct rate *rate = new_rate(1);
	assert_true(sshoal__rate_book(rate, SIZE_MAX) == DEADLINE_NONE);
	for (int i = 0; i < 1000; i++)
		assert_true(sshoal__rate_book(rate, SIZE_MAX) == DEADLINE_NONE);
	assert_true(sshoal__rate_book(rate, 0) == DEADLINE_NONE);
	sshoal__rate_free(rate);
}

struct crowd {
	struct rate *rate;
	_Atomic int64_t latest_ms;
};

static void *book_many(void *argument)
{
	struct crowd *crowd = argument;
	for (int i = 0; i < 1000; i++) {
		int64_t at_ms = sshoal__rate_book(crowd->rate, 100);
		int64_t latest_ms = crowd->latest_ms;
		while (latest_ms < at_ms &&
		       !atomic_compare_exchange_weak(&crowd->latest_ms,
						     &latest_ms, at_ms))
			continue;
	}
	sshoal__rate_free(crowd->rate);
	return NULL;
}

static void no_booking_of_any_thread_is_lost(void **state)
{
	(void)state;
	struct crowd crowd = { .rate = new_rate(1000) };
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++) {
		(void)sshoal__rate_ref(crowd.rate);
		assert_int_equal(
			pthread_create(&threads[i], NULL, book_many, &crowd),
			0);
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_in_range(crowd.latest_ms - now_us / 1000,
			THREADS * 1000 * 100 - 100, THREADS * 1000 * 100 - 99);
	sshoal__rate_free(crowd.rate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_rate_all_goes_at_once),
		cmocka_unit_test(refused_memory_is_told),
		cmocka_unit_test(after_a_rest_100_ms_go_at_once_and_no_more),
		cmocka_unit_test(the_rate_is_kept_exactly),
		cmocka_unit_test(what_is_booked_together_is_shared),
		cmocka_unit_test(what_never_ends_never_comes),
		cmocka_unit_test(no_booking_of_any_thread_is_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
