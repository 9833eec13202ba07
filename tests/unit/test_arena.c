/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "freed.h"
#include "scarcity.h"
#include "ssh/arena.h"

/* How far past its end libssh2 may read a block and find zeros. */
#define SLACK 32

#define SECRET 0xa5

static bool is_all(const unsigned char *bytes, size_t n, unsigned char value)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] != value)
			return false;
	return true;
}

static void a_block_is_zero_to_the_end_of_its_slack(void **state)
{
	(void)state;
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 1000, 100000 };
	struct arena arena = { .wipe = false };
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
			size_t size = sizes[i];
			unsigned char *block =
				sshoal__arena_alloc(&arena, size);
			assert_non_null(block);
			assert_int_equal((uintptr_t)block % 16, 0);
			assert_true(is_all(block, size + SLACK, 0));
			/* What the next one may be given again. */
			memset(block, SECRET, size + SLACK);
			sshoal__arena_free(&arena, block);
		}
	assert_int_equal(sshoal__arena_fini(&arena), 0);
}

static void a_block_over_the_cap_is_refused(void **state)
{
	(void)state;
	static const size_t sizes[] = { ARENA_BLOCK_MAX + 1, ARENA_TOTAL_MAX,
					ARENA_TOTAL_MAX + 1, SIZE_MAX / 2,
					SIZE_MAX - 64,       SIZE_MAX };
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct arena arena = { .wipe = true };
		void *kept = sshoal__arena_alloc(&arena, 1);
		assert_non_null(kept);
		assert_null(sshoal__arena_alloc(&arena, sizes[i]));
		assert_true(arena.refused);
		arena.refused = false;
		assert_null(sshoal__arena_realloc(&arena, kept, sizes[i]));
		assert_true(arena.refused);
		assert_int_equal(arena.total_bytes, 1);
		assert_int_equal(sshoal__arena_fini(&arena), 1);
	}
	struct arena arena = { .wipe = false };
	void *largest = sshoal__arena_alloc(&arena, ARENA_BLOCK_MAX);
	assert_non_null(largest);
	assert_false(arena.refused);
	sshoal__arena_free(&arena, largest);
	assert_int_equal(sshoal__arena_fini(&arena), 0);
}

static void all_blocks_together_have_a_cap(void **state)
{
	(void)state;
	struct arena arena = { .wipe = false };
	void *last = NULL;
	for (size_t i = 0; i < ARENA_TOTAL_MAX / ARENA_BLOCK_MAX; i++) {
		last = sshoal__arena_alloc(&arena, ARENA_BLOCK_MAX);
		assert_non_null(last);
	}
	assert_false(arena.refused);
	assert_null(sshoal__arena_alloc(&arena, 1));
	assert_true(arena.refused);
	sshoal__arena_free(&arena, last);
	assert_non_null(sshoal__arena_alloc(&arena, 1));
	assert_null(sshoal__arena_alloc(&arena, ARENA_BLOCK_MAX));
	assert_int_equal(sshoal__arena_fini(&arena),
			 ARENA_TOTAL_MAX - ARENA_BLOCK_MAX + 1);
	assert_int_equal(arena.total_bytes, 0);
}

static void blocks_are_freed_in_any_order(void **state)
{
	(void)state;
	static const int orders[][4] = { { 0, 1, 2, 3 },
					 { 3, 2, 1, 0 },
					 { 1, 3, 0, 2 },
					 { 2, 0, 3, 1 },
					 { 1, 2, 0, 3 } };
	for (size_t o = 0; o < sizeof orders / sizeof *orders; o++) {
		struct arena arena = { .wipe = true };
		unsigned char *blocks[4];
		size_t total = 0;
		for (size_t i = 0; i < 4; i++) {
			blocks[i] = sshoal__arena_alloc(&arena, 10 * i + 1);
			assert_non_null(blocks[i]);
			memset(blocks[i], (int)i + 1, 10 * i + 1);
			total += 10 * i + 1;
			assert_int_equal(arena.total_bytes, total);
		}
		for (size_t k = 0; k < 4; k++) {
			size_t i = (size_t)orders[o][k];
			assert_true(is_all(blocks[i], 10 * i + 1,
					   (unsigned char)(i + 1)));
			sshoal__arena_free(&arena, blocks[i]);
			total -= 10 * i + 1;
			assert_int_equal(arena.total_bytes, total);
		}
		assert_null(arena.first);
		assert_int_equal(sshoal__arena_fini(&arena), 0);
	}
}

static void a_block_keeps_its_bytes_when_its_size_changes(void **state)
{
	(void)state;
	static const size_t sizes[] = { 0, 1, 20, 5, 1000, 100, 0, 7 };
	struct arena arena = { .wipe = true };
	unsigned char *other = sshoal__arena_alloc(&arena, 3);
	unsigned char *block = NULL;
	size_t size = 0;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		size_t kept = size < sizes[i] ? size : sizes[i];
		block = sshoal__arena_realloc(&arena, block, sizes[i]);
		size = sizes[i];
		assert_non_null(block);
		assert_true(is_all(block, kept, SECRET));
		assert_true(is_all(block + kept, size - kept + SLACK, 0));
		assert_int_equal(arena.total_bytes, size + 3);
		memset(block, SECRET, size);
	}
	sshoal__arena_free(&arena, other);
	sshoal__arena_free(&arena, block);
	assert_int_equal(sshoal__arena_fini(&arena), 0);
}

static void refused_memory_leaves_the_block(void **state)
{
	(void)state;
	struct arena arena = { .wipe = true };
	unsigned char *block = sshoal__arena_alloc(&arena, 4);
	assert_non_null(block);
	memcpy(block, "abcd", 4);
	scarcity_of_memory(0);
	void *more = sshoal__arena_realloc(&arena, block, 8);
	void *another = sshoal__arena_alloc(&arena, 8);
	scarcity_of_memory(NO_SCARCITY);
	assert_null(more);
	assert_null(another);
	assert_true(arena.refused);
	assert_memory_equal(block, "abcd", 4);
	assert_int_equal(sshoal__arena_fini(&arena), 4);
}

struct seen {
	unsigned given;
	unsigned taken;
	size_t size;
	unsigned char bytes[8];
};

static void on_given(void *data, unsigned char *block)
{
	struct seen *seen = data;
	(void)block;
	seen->given++;
}

static void on_taken(void *data, const unsigned char *block, size_t size)
{
	struct seen *seen = data;
	seen->taken++;
	seen->size = size;
	memcpy(seen->bytes, block, size < 8 ? size : 8);
}

static void a_tap_sees_what_is_given_and_what_is_taken_back(void **state)
{
	(void)state;
	struct seen seen = { .given = 0 };
	struct arena arena = { .given = on_given,
			       .taken = on_taken,
			       .data = &seen,
			       .wipe = true };
	unsigned char *block = sshoal__arena_alloc(&arena, 5);
	assert_non_null(block);
	memcpy(block, "hello", 5);
	assert_int_equal(seen.given, 1);
	block = sshoal__arena_realloc(&arena, block, 6);
	assert_non_null(block);
	assert_int_equal(seen.given, 2);
	/* It went on, so it was not given back. */
	assert_int_equal(seen.taken, 0);
	sshoal__arena_free(&arena, block);
	assert_int_equal(seen.taken, 1);
	assert_int_equal(seen.size, 6);
	assert_memory_equal(seen.bytes, "hello\0", 6);
	sshoal__arena_free(&arena, NULL);
	assert_int_equal(seen.taken, 1);
	assert_null(sshoal__arena_alloc(&arena, SIZE_MAX));
	assert_int_equal(seen.given, 2);
	assert_int_equal(sshoal__arena_fini(&arena), 0);
}

static void what_is_left_is_freed_without_a_word(void **state)
{
	(void)state;
	struct seen seen = { .given = 0 };
	struct arena arena = { .taken = on_taken, .data = &seen };
	assert_non_null(sshoal__arena_alloc(&arena, 10));
	assert_non_null(sshoal__arena_alloc(&arena, 20));
	assert_non_null(sshoal__arena_alloc(&arena, 0));
	assert_int_equal(sshoal__arena_fini(&arena), 30);
	assert_int_equal(seen.taken, 0);
	assert_int_equal(sshoal__arena_fini(&arena), 0);
}

/* Every way in which a block of 64 bytes goes back to the system. */
static void give_back(struct arena *arena, unsigned char *block, int way)
{
	if (way == 0)
		sshoal__arena_free(arena, block);
	else if (way == 1)
		sshoal__arena_free(arena,
				   sshoal__arena_realloc(arena, block, 1));
	else
		(void)sshoal__arena_fini(arena);
}

static void what_is_given_back_is_wiped(void **state)
{
	(void)state;
	for (int wipe = 0; wipe < 2; wipe++)
		for (int way = 0; way < 3; way++) {
			struct arena arena = { .wipe = wipe };
			unsigned char *block = sshoal__arena_alloc(&arena, 64);
			assert_non_null(block);
			memset(block, SECRET, 64);
			size_t blocks = 0;
			/* All that was asked for, before which is the arena's
			 * own part of the block. */
			freed_watch(SECRET, 32 + 1 + SLACK);
			give_back(&arena, block, way);
			size_t found = freed_found(&blocks);
			assert_true(blocks > 0);
			if (wipe)
				assert_int_equal(found, 0);
			else
				assert_true(found > 0);
			(void)sshoal__arena_fini(&arena);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_is_zero_to_the_end_of_its_slack),
		cmocka_unit_test(a_block_over_the_cap_is_refused),
		cmocka_unit_test(all_blocks_together_have_a_cap),
		cmocka_unit_test(blocks_are_freed_in_any_order),
		cmocka_unit_test(a_block_keeps_its_bytes_when_its_size_changes),
		cmocka_unit_test(refused_memory_leaves_the_block),
		cmocka_unit_test(
			a_tap_sees_what_is_given_and_what_is_taken_back),
		cmocka_unit_test(what_is_left_is_freed_without_a_word),
		cmocka_unit_test(what_is_given_back_is_wiped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
