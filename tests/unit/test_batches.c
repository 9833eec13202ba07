/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sshoal/result.h>

#include "fleet/batches.h"

/* Every target is in one batch, and the batches follow each other. */
static void walk(const sshoal_fleet_options *options, size_t count,
		 const size_t *ends)
{
	struct batches batches;
	sshoal__batches_init(&batches, options, count);
	size_t index = 0;
	for (uint32_t number = 1;; number++, ends++) {
		assert_int_equal(batches.number, number);
		assert_int_equal(sshoal__batches_end(&batches), *ends);
		for (; index < *ends; index++)
			assert_int_equal(sshoal__batches_of(&batches, index),
					 batches.many ? number : 0);
		if (!sshoal__batches_next(&batches, 1))
			break;
	}
	assert_int_equal(index, count);
}

static void every_target_is_in_one_batch(void **state)
{
	(void)state;
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	walk(&options, 0, (const size_t[]){ 0 });
	walk(&options, 7, (const size_t[]){ 7 });
	options.serial = 3;
	walk(&options, 0, (const size_t[]){ 0 });
	walk(&options, 9, (const size_t[]){ 3, 6, 9 });
	walk(&options, 10, (const size_t[]){ 3, 6, 9, 10 });
	options.canary = 2;
	walk(&options, 10, (const size_t[]){ 2, 5, 8, 10 });
	walk(&options, 2, (const size_t[]){ 2 });
	walk(&options, 1, (const size_t[]){ 1 });
	options.serial = 0;
	walk(&options, 10, (const size_t[]){ 2, 10 });
	options.canary = UINT32_MAX;
	walk(&options, 10, (const size_t[]){ 10 });
	options.canary = 0;
	options.serial = UINT32_MAX;
	walk(&options, 10, (const size_t[]){ 10 });
}

static void a_percentage_is_of_all_and_rounded_down(void **state)
{
	(void)state;
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	options.serial_percent = 30;
	walk(&options, 9, (const size_t[]){ 2, 4, 6, 8, 9 });
	options.serial_percent = 1;
	walk(&options, 3, (const size_t[]){ 1, 2, 3 });
	options.serial_percent = 100;
	walk(&options, 3, (const size_t[]){ 3 });
}

static size_t most_of(const sshoal_fleet_options *options, size_t count)
{
	struct batches batches;
	sshoal__batches_init(&batches, options, count);
	return batches.most;
}

static void any_may_fail_but_none_in_batches(void **state)
{
	(void)state;
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	assert_true(most_of(&options, 10) == SIZE_MAX);
	options.canary = 1;
	assert_int_equal(most_of(&options, 10), 0);
	options.has_max_fail = 1;
	options.max_fail = 4;
	assert_int_equal(most_of(&options, 10), 4);
	options.max_fail = 0;
	options.max_fail_percent = 25;
	assert_int_equal(most_of(&options, 10), 2);
}

static void more_than_so_many_is_too_many(void **state)
{
	(void)state;
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	struct batches batches;
	options.has_max_fail = 1;
	options.max_fail = 1;
	sshoal__batches_init(&batches, &options, 9);
	sshoal__batches_note(&batches, SSHOAL_STATUS_OK);
	sshoal__batches_note(&batches, SSHOAL_STATUS_CHECK_FAILED);
	assert_false(sshoal__batches_have_failed(&batches));
	sshoal__batches_note(&batches, SSHOAL_STATUS_DNS);
	assert_true(sshoal__batches_have_failed(&batches));
}

static void the_pause_is_between_batches(void **state)
{
	(void)state;
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	struct batches batches;
	options.serial = 1;
	options.pause_ms = 50;
	sshoal__batches_init(&batches, &options, 2);
	assert_false(sshoal__batches_next(&batches, 100));
	assert_int_equal(batches.due_ms, 150);
	assert_false(sshoal__batches_next(&batches, 149));
	assert_true(sshoal__batches_next(&batches, 150));
	assert_int_equal(batches.number, 2);
	/* There is none after the last. */
	assert_false(sshoal__batches_next(&batches, 1000));
	assert_int_equal(batches.due_ms, 0);
}

static void the_batch_of_a_target_is_told(void **state)
{
	(void)state;
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	assert_int_equal(sshoal_fleet_options_batch(NULL, 9, 3), 0);
	assert_int_equal(sshoal_fleet_options_batch(&options, 9, 3), 0);
	options.serial = 2;
	assert_int_equal(sshoal_fleet_options_batch(&options, 9, 3), 2);
	assert_int_equal(sshoal_fleet_options_batch(&options, 9, 8), 5);
	assert_int_equal(sshoal_fleet_options_batch(&options, 9, 9), 0);
	options.size = 1;
	assert_int_equal(sshoal_fleet_options_batch(&options, 9, 3), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_target_is_in_one_batch),
		cmocka_unit_test(a_percentage_is_of_all_and_rounded_down),
		cmocka_unit_test(any_may_fail_but_none_in_batches),
		cmocka_unit_test(more_than_so_many_is_too_many),
		cmocka_unit_test(the_pause_is_between_batches),
		cmocka_unit_test(the_batch_of_a_target_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
