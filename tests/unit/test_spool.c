/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/spool.h"

#define PIECE 100000

/* The n-th byte of the stream. */
static unsigned char byte_at(uint64_t n)
{
	return (unsigned char)(n * 2654435761u >> 16);
}

static void put(struct spool *spool, uint64_t from, size_t n)
{
	unsigned char *bytes = malloc(n);
	assert_non_null(bytes);
	for (size_t i = 0; i < n; i++)
		bytes[i] = byte_at(from + i);
	assert_int_equal(sshoal__spool_put(spool, bytes, n, NULL), 0);
	free(bytes);
}

/* Takes up to n bytes; returns how many came, all as they must be. */
static size_t take(struct spool *spool, uint64_t from, size_t n)
{
	unsigned char *bytes = malloc(n);
	size_t taken = SIZE_MAX;
	assert_non_null(bytes);
	assert_int_equal(sshoal__spool_take(spool, bytes, n, &taken, NULL), 0);
	assert_true(taken <= n);
	for (size_t i = 0; i < taken; i++)
		assert_int_equal(bytes[i], byte_at(from + i));
	free(bytes);
	return taken;
}

static void a_new_one_is_empty(void **state)
{
	(void)state;
	struct spool spool = SPOOL_INIT;
	assert_int_equal(sshoal__spool_size(&spool), 0);
	assert_int_equal(take(&spool, 0, 10), 0);
	sshoal__spool_fini(&spool);
}

static void little_stays_in_memory(void **state)
{
	(void)state;
	struct spool spool = SPOOL_INIT;
	put(&spool, 0, SPOOL_MEMORY);
	assert_int_equal(spool.fd, -1);
	assert_int_equal(sshoal__spool_size(&spool), SPOOL_MEMORY);
	assert_int_equal(take(&spool, 0, 2 * SPOOL_MEMORY), SPOOL_MEMORY);
	assert_null(spool.head.bytes);
	sshoal__spool_fini(&spool);
}

static void much_comes_out_in_order(void **state)
{
	(void)state;
	struct spool spool = SPOOL_INIT;
	uint64_t in = 0;
	uint64_t out = 0;
	/* It grows past its memory, shrinks, is empty, and grows again. */
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 40; i++) {
			put(&spool, in, PIECE);
			in += PIECE;
			if (i % 3 == 0)
				out += take(&spool, out, PIECE / 2);
			assert_int_equal(sshoal__spool_size(&spool), in - out);
		}
		assert_true(spool.fd >= 0);
		while (out < in) {
			size_t taken = take(&spool, out, 77777);
			assert_true(taken > 0);
			out += taken;
		}
		assert_int_equal(sshoal__spool_size(&spool), 0);
		assert_int_equal(take(&spool, out, 1), 0);
	}
	sshoal__spool_fini(&spool);
	assert_int_equal(spool.fd, -1);
}

static void a_folder_that_is_not_there_is_told(void **state)
{
	(void)state;
	struct spool spool = SPOOL_INIT;
	sshoal_error error;
	assert_int_equal(setenv("TMPDIR", "/nonexistent/folder", 1), 0);
	put(&spool, 0, SPOOL_MEMORY);
	assert_int_equal(sshoal__spool_put(&spool, "x", 1, &error),
			 SSHOAL_ENOENT);
	assert_non_null(strstr(error.text, "/nonexistent/folder"));
	/* What it holds is still there. */
	assert_int_equal(take(&spool, 0, SPOOL_MEMORY), SPOOL_MEMORY);
	assert_int_equal(unsetenv("TMPDIR"), 0);
	sshoal__spool_fini(&spool);
}

/* Looks at up to n bytes from a place on; returns how many were there, all as
 * they must be. */
static size_t peek(const struct spool *spool, uint64_t from, size_t n)
{
	unsigned char *bytes = malloc(n);
	size_t copied = SIZE_MAX;
	assert_non_null(bytes);
	assert_int_equal(
		sshoal__spool_peek(spool, from, bytes, n, &copied, NULL), 0);
	assert_true(copied <= n);
	for (size_t i = 0; i < copied; i++)
		assert_int_equal(bytes[i], byte_at(from + i));
	free(bytes);
	return copied;
}

static void what_is_looked_at_stays(void **state)
{
	(void)state;
	struct spool spool = SPOOL_INIT;
	uint64_t size = 0;
	assert_int_equal(peek(&spool, 0, PIECE), 0);
	for (; size < 3 * SPOOL_MEMORY; size += PIECE)
		put(&spool, size, PIECE);
	for (int round = 0; round < 2; round++) {
		uint64_t at = 0;
		while (at < size) {
			size_t n = peek(&spool, at, PIECE - 1);
			assert_true(n > 0);
			at += n;
		}
		assert_int_equal(at, size);
	}
	assert_int_equal(peek(&spool, size, PIECE), 0);
	assert_int_equal(peek(&spool, size + 1, PIECE), 0);
	assert_int_equal(peek(&spool, size - 1, PIECE), 1);
	assert_int_equal(sshoal__spool_size(&spool), size);
	sshoal__spool_fini(&spool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_one_is_empty),
		cmocka_unit_test(little_stays_in_memory),
		cmocka_unit_test(what_is_looked_at_stays),
		cmocka_unit_test(much_comes_out_in_order),
		cmocka_unit_test(a_folder_that_is_not_there_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
