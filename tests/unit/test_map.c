/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/error.h"
#include "base/map.h"
#include "scarcity.h"

#define KEYS 5000

static char keys[KEYS][16];
static char values[KEYS];

static int setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEYS; i++)
		(void)snprintf(keys[i], sizeof keys[i], "host%zu", i);
	return 0;
}

static void an_empty_map_has_nothing(void **state)
{
	(void)state;
	struct map map = MAP_INIT;
	size_t at = 0;
	assert_null(sshoal__map_get(&map, "key"));
	assert_null(sshoal__map_get(&map, ""));
	assert_null(sshoal__map_next(&map, &at));
	sshoal__map_fini(&map);
}

static void every_key_has_its_own_value(void **state)
{
	(void)state;
	struct map map = MAP_INIT;
	for (size_t i = 0; i < KEYS; i++) {
		assert_null(sshoal__map_get(&map, keys[i]));
		assert_int_equal(sshoal__map_put(&map, keys[i], &values[i]), 0);
		assert_ptr_equal(sshoal__map_get(&map, keys[i]), &values[i]);
		assert_int_equal(map.count, i + 1);
		/* There is always a free slot, or a search would not end. */
		assert_true(map.count < map.capacity);
	}
	for (size_t i = 0; i < KEYS; i++) {
		/* Found by what it says, not by where it is. */
		char copy[16];
		(void)snprintf(copy, sizeof copy, "host%zu", i);
		assert_ptr_equal(sshoal__map_get(&map, copy), &values[i]);
	}
	assert_null(sshoal__map_get(&map, "host"));
	assert_null(sshoal__map_get(&map, "host5000"));
	assert_null(sshoal__map_get(&map, "HOST1"));
	sshoal__map_fini(&map);
}

static void the_empty_key_is_a_key(void **state)
{
	(void)state;
	struct map map = MAP_INIT;
	assert_int_equal(sshoal__map_put(&map, "", &values[0]), 0);
	assert_ptr_equal(sshoal__map_get(&map, ""), &values[0]);
	assert_null(sshoal__map_get(&map, "a"));
	sshoal__map_fini(&map);
}

static void a_value_is_replaced_without_a_second_entry(void **state)
{
	(void)state;
	struct map map = MAP_INIT;
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(sshoal__map_put(&map, keys[i], &values[i]), 0);
	for (int round = 0; round < 50; round++)
		for (size_t i = 0; i < 100; i++)
			assert_int_equal(sshoal__map_put(&map, keys[i],
							 &values[i + 100]),
					 0);
	assert_int_equal(map.count, 100);
	for (size_t i = 0; i < 100; i++)
		assert_ptr_equal(sshoal__map_get(&map, keys[i]),
				 &values[i + 100]);
	sshoal__map_fini(&map);
}

static void a_walk_meets_every_entry_once(void **state)
{
	(void)state;
	static const size_t counts[] = { 1, 11, 12, 13, 1000, KEYS };
	for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
		struct map map = MAP_INIT;
		char met[KEYS] = { 0 };
		for (size_t i = 0; i < counts[c]; i++)
			assert_int_equal(
				sshoal__map_put(&map, keys[i], &values[i]), 0);
		size_t at = 0;
		size_t seen = 0;
		char *value = sshoal__map_next(&map, &at);
		for (; value; value = sshoal__map_next(&map, &at)) {
			assert_int_equal(met[value - values]++, 0);
			seen++;
		}
		assert_int_equal(seen, counts[c]);
		assert_null(sshoal__map_next(&map, &at));
		sshoal__map_fini(&map);
	}
}

static void refused_memory_leaves_it_as_it_was(void **state)
{
	(void)state;
	struct map map = MAP_INIT;
	size_t refused = 0;
	for (size_t i = 0; i < KEYS; i++) {
		scarcity_of_memory(0);
		int rc = sshoal__map_put(&map, keys[i], &values[i]);
		scarcity_of_memory(NO_SCARCITY);
		if (rc == 0)
			continue;
		refused++;
		assert_int_equal(rc, SSHOAL_ENOMEM);
		assert_null(sshoal__map_get(&map, keys[i]));
		assert_int_equal(map.count, i);
		if (i > 0)
			assert_ptr_equal(sshoal__map_get(&map, keys[i - 1]),
					 &values[i - 1]);
		assert_int_equal(sshoal__map_put(&map, keys[i], &values[i]), 0);
	}
	/* It grows by doubling. */
	assert_in_range(refused, 8, 12);
	sshoal__map_fini(&map);
}

static void it_can_be_used_again_after_its_end(void **state)
{
	(void)state;
	struct map map = MAP_INIT;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(sshoal__map_put(&map, "key", &values[i]), 0);
		sshoal__map_fini(&map);
		assert_null(sshoal__map_get(&map, "key"));
		assert_int_equal(map.count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_map_has_nothing),
		cmocka_unit_test(every_key_has_its_own_value),
		cmocka_unit_test(the_empty_key_is_a_key),
		cmocka_unit_test(a_value_is_replaced_without_a_second_entry),
		cmocka_unit_test(a_walk_meets_every_entry_once),
		cmocka_unit_test(refused_memory_leaves_it_as_it_was),
		cmocka_unit_test(it_can_be_used_again_after_its_end),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
