/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>

#include "base/clock.h"

static void time_never_goes_back(void **state)
{
	(void)state;
	int64_t before_us = sshoal__clock_now_us();
	for (int i = 0; i < 10000; i++) {
		int64_t now_us = sshoal__clock_now_us();
		assert_true(now_us >= before_us);
		before_us = now_us;
	}
}

static void both_units_tell_the_same_time(void **state)
{
	(void)state;
	int64_t before_us = sshoal__clock_now_us();
	int64_t now_ms = sshoal__clock_now_ms();
	int64_t after_us = sshoal__clock_now_us();
	assert_true(now_ms >= before_us / 1000);
	assert_true(now_ms <= after_us / 1000);
}

static void a_deadline_is_as_far_away_as_asked(void **state)
{
	(void)state;
	static const int64_t timeouts[] = { 0, 1, 1000, 86400000, INT32_MAX };
	for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
		int64_t before_ms = sshoal__clock_now_ms();
		int64_t deadline_ms = sshoal__deadline_in(timeouts[i]);
		int64_t after_ms = sshoal__clock_now_ms();
		assert_true(deadline_ms >= before_ms + timeouts[i]);
		assert_true(deadline_ms <= after_ms + timeouts[i]);
	}
}

static void a_timeout_past_all_time_is_none(void **state)
{
	(void)state;
	const int64_t timeouts[] = {
		-1,
		-2,
		INT64_MIN,
		INT64_MAX,
		INT64_MAX - 1,
		INT64_MAX - sshoal__clock_now_ms(),
	};
	for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++)
		assert_true(sshoal__deadline_in(timeouts[i]) == DEADLINE_NONE);
}

static void a_deadline_that_passed_leaves_no_time(void **state)
{
	(void)state;
	const int64_t deadlines[] = {
		INT64_MIN,
		-1,
		0,
		sshoal__clock_now_ms() - 1,
		sshoal__clock_now_ms(),
	};
	for (size_t i = 0; i < sizeof deadlines / sizeof *deadlines; i++)
		assert_int_equal(sshoal__deadline_left_ms(deadlines[i]), 0);
}

static void what_is_left_is_what_poll_takes(void **state)
{
	(void)state;
	assert_int_equal(sshoal__deadline_left_ms(DEADLINE_NONE), -1);
	assert_int_equal(sshoal__deadline_left_ms(DEADLINE_NONE - 1), INT_MAX);
	assert_int_equal(sshoal__deadline_left_ms(sshoal__deadline_in(
				 (int64_t)INT_MAX + 100000000)),
			 INT_MAX);
	int left_ms = sshoal__deadline_left_ms(sshoal__deadline_in(1000000));
	assert_in_range(left_ms, 1, 1000000);
}

static void the_earlier_deadline_counts(void **state)
{
	(void)state;
	assert_int_equal(sshoal__deadline_min(1, 2), 1);
	assert_int_equal(sshoal__deadline_min(2, 1), 1);
	assert_int_equal(sshoal__deadline_min(3, DEADLINE_NONE), 3);
	assert_true(sshoal__deadline_min(DEADLINE_NONE, DEADLINE_NONE) ==
		    DEADLINE_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_never_goes_back),
		cmocka_unit_test(both_units_tell_the_same_time),
		cmocka_unit_test(a_deadline_is_as_far_away_as_asked),
		cmocka_unit_test(a_timeout_past_all_time_is_none),
		cmocka_unit_test(a_deadline_that_passed_leaves_no_time),
		cmocka_unit_test(what_is_left_is_what_poll_takes),
		cmocka_unit_test(the_earlier_deadline_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
