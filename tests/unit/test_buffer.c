/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <sshoal/error.h>

#include "base/buffer.h"
#include "freed.h"
#include "scarcity.h"

/* The byte that must not be left anywhere. */
#define SECRET 0xa5

/* What a new buffer's first memory holds. */
#define FIRST_CAPACITY 256

static void assert_holds(const struct buffer *buffer, const void *bytes,
			 size_t n)
{
	assert_int_equal(sshoal__buffer_size(buffer), n);
	assert_in_range(buffer->capacity, n, buffer->max);
	if (n > 0)
		assert_memory_equal(sshoal__buffer_data(buffer), bytes, n);
}

static void an_empty_buffer_has_no_memory(void **state)
{
	(void)state;
	struct buffer buffer = BUFFER_INIT(10);
	assert_null(sshoal__buffer_data(&buffer));
	assert_int_equal(sshoal__buffer_append(&buffer, NULL, 0), 0);
	assert_int_equal(sshoal__buffer_append(&buffer, "", 0), 0);
	assert_null(buffer.bytes);
	sshoal__buffer_consume(&buffer, 0);
	sshoal__buffer_fini(&buffer);
	assert_holds(&buffer, "", 0);
}

static void what_goes_in_comes_out_in_order(void **state)
{
	(void)state;
	static const size_t maxima[] = { 1, 7, 256, 300, 1000, 100000 };
	unsigned char model[100000];
	srand(1);
	for (size_t m = 0; m < sizeof maxima / sizeof *maxima; m++) {
		size_t max = maxima[m];
		size_t held = 0;
		struct buffer buffer = BUFFER_INIT(max);
		buffer.wipe = m % 2;
		for (int i = 0; i < 3000; i++) {
			unsigned char piece[512];
			size_t n = (size_t)rand() % sizeof piece;
			for (size_t k = 0; k < n; k++)
				piece[k] = (unsigned char)rand();
			int rc = sshoal__buffer_append(&buffer, piece, n);
			assert_int_equal(rc,
					 held + n > max ? SSHOAL_ELIMIT : 0);
			if (rc == 0) {
				memcpy(model + held, piece, n);
				held += n;
			}
			assert_holds(&buffer, model, held);
			n = held ? (size_t)rand() % (held + 1) : 0;
			/* Filled more often than emptied. */
			if (i % 3 == 0) {
				sshoal__buffer_consume(&buffer, n);
				held -= n;
				memmove(model, model + n, held);
			}
			assert_holds(&buffer, model, held);
		}
		sshoal__buffer_fini(&buffer);
	}
}

static void the_maximum_is_reached_and_never_passed(void **state)
{
	(void)state;
	unsigned char bytes[300] = { 1, 2, 3 };
	for (size_t max = 0; max < sizeof bytes; max += 37) {
		struct buffer buffer = BUFFER_INIT(max);
		assert_int_equal(sshoal__buffer_append(&buffer, bytes, max), 0);
		assert_int_equal(sshoal__buffer_append(&buffer, bytes, 1),
				 SSHOAL_ELIMIT);
		assert_int_equal(
			sshoal__buffer_append(&buffer, bytes, SIZE_MAX),
			SSHOAL_ELIMIT);
		assert_null(sshoal__buffer_reserve(&buffer, 1));
		assert_null(sshoal__buffer_reserve(&buffer, SIZE_MAX));
		assert_holds(&buffer, bytes, max);
		if (max > 0) {
			sshoal__buffer_consume(&buffer, 1);
			assert_int_equal(sshoal__buffer_append(&buffer, "x", 1),
					 0);
		}
		sshoal__buffer_fini(&buffer);
	}
}

static void the_largest_maximum_does_not_overflow(void **state)
{
	(void)state;
	struct buffer buffer = BUFFER_INIT(SIZE_MAX);
	/* So that nobody is asked for that much. */
	scarcity_of_memory(0);
	unsigned char *room = sshoal__buffer_reserve(&buffer, SIZE_MAX);
	unsigned char *half = sshoal__buffer_reserve(&buffer, SIZE_MAX / 2 + 2);
	scarcity_of_memory(NO_SCARCITY);
	assert_null(room);
	assert_null(half);
	sshoal__buffer_fini(&buffer);
}

static void reserved_room_counts_when_it_is_filled(void **state)
{
	(void)state;
	struct buffer buffer = BUFFER_INIT(1000);
	unsigned char *room = sshoal__buffer_reserve(&buffer, 100);
	assert_non_null(room);
	memset(room, 'a', 100);
	assert_int_equal(sshoal__buffer_size(&buffer), 0);
	sshoal__buffer_fill(&buffer, 3);
	assert_holds(&buffer, "aaa", 3);
	assert_int_equal(sshoal__buffer_append(&buffer, "b", 1), 0);
	assert_holds(&buffer, "aaab", 4);
	sshoal__buffer_consume(&buffer, 2);
	assert_holds(&buffer, "ab", 2);
	room = sshoal__buffer_reserve(&buffer, 998);
	assert_non_null(room);
	memset(room, 'c', 998);
	sshoal__buffer_fill(&buffer, 998);
	assert_int_equal(sshoal__buffer_size(&buffer), 1000);
	assert_memory_equal(sshoal__buffer_data(&buffer), "abcc", 4);
	sshoal__buffer_fini(&buffer);
}

static void an_emptied_buffer_does_not_grow(void **state)
{
	(void)state;
	struct buffer buffer = BUFFER_INIT(100000);
	unsigned char piece[200] = { 1 };
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(
			sshoal__buffer_append(&buffer, piece, sizeof piece), 0);
		sshoal__buffer_consume(&buffer, sizeof piece);
	}
	assert_int_equal(buffer.capacity, FIRST_CAPACITY);
	sshoal__buffer_fini(&buffer);
}

static void it_can_be_used_again_after_its_end(void **state)
{
	(void)state;
	struct buffer buffer = BUFFER_INIT(10);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(sshoal__buffer_append(&buffer, "abc", 3), 0);
		sshoal__buffer_fini(&buffer);
		assert_holds(&buffer, "", 0);
		assert_null(buffer.bytes);
	}
}

static void refused_memory_leaves_it_as_it_was(void **state)
{
	(void)state;
	struct buffer buffer = BUFFER_INIT(100000);
	unsigned char piece[1000] = { 0 };
	scarcity_of_memory(0);
	int first = sshoal__buffer_append(&buffer, "abc", 3);
	scarcity_of_memory(NO_SCARCITY);
	assert_int_equal(first, SSHOAL_ENOMEM);
	assert_holds(&buffer, "", 0);
	assert_int_equal(sshoal__buffer_append(&buffer, "abc", 3), 0);
	scarcity_of_memory(0);
	int more = sshoal__buffer_append(&buffer, piece, sizeof piece);
	unsigned char *room = sshoal__buffer_reserve(&buffer, sizeof piece);
	scarcity_of_memory(NO_SCARCITY);
	assert_int_equal(more, SSHOAL_ENOMEM);
	assert_null(room);
	assert_holds(&buffer, "abc", 3);
	sshoal__buffer_fini(&buffer);
}

static struct buffer secret_buffer(size_t n)
{
	unsigned char secret[4 * FIRST_CAPACITY];
	memset(secret, SECRET, sizeof secret);
	struct buffer buffer = BUFFER_INIT(4 * FIRST_CAPACITY);
	buffer.wipe = true;
	assert_int_equal(sshoal__buffer_append(&buffer, secret, n), 0);
	return buffer;
}

/* In all of the buffer's memory, which must be written to its end. */
static size_t count_secrets(const struct buffer *buffer)
{
	size_t count = 0;
	for (size_t i = 0; i < buffer->capacity; i++)
		count += buffer->bytes[i] == SECRET;
	return count;
}

static void a_consumed_secret_is_wiped(void **state)
{
	(void)state;
	struct buffer buffer = secret_buffer(FIRST_CAPACITY);
	assert_int_equal(buffer.capacity, FIRST_CAPACITY);
	sshoal__buffer_consume(&buffer, 100);
	assert_int_equal(count_secrets(&buffer), FIRST_CAPACITY - 100);
	sshoal__buffer_consume(&buffer, FIRST_CAPACITY - 100);
	assert_int_equal(count_secrets(&buffer), 0);
	sshoal__buffer_fini(&buffer);
}

static void a_secret_that_moves_leaves_no_copy(void **state)
{
	(void)state;
	struct buffer buffer = secret_buffer(FIRST_CAPACITY);
	sshoal__buffer_consume(&buffer, FIRST_CAPACITY - 10);
	/* There is room for it only at the start. */
	assert_int_equal(sshoal__buffer_append(&buffer, "0123456789", 10), 0);
	assert_int_equal(buffer.capacity, FIRST_CAPACITY);
	assert_int_equal(sshoal__buffer_size(&buffer), 20);
	assert_int_equal(count_secrets(&buffer), 10);
	sshoal__buffer_consume(&buffer, 10);
	assert_int_equal(count_secrets(&buffer), 0);
	sshoal__buffer_fini(&buffer);
}

static void memory_that_held_a_secret_is_wiped_before_it_is_freed(void **state)
{
	(void)state;
	size_t blocks = 0;
	struct buffer buffer = secret_buffer(FIRST_CAPACITY);
	freed_watch(SECRET, FIRST_CAPACITY);
	assert_int_equal(sshoal__buffer_append(&buffer, "more", 4), 0);
	assert_int_equal(freed_found(&blocks), 0);
	assert_int_equal(blocks, 1);
	assert_int_equal(sshoal__buffer_size(&buffer), FIRST_CAPACITY + 4);
	freed_watch(SECRET, FIRST_CAPACITY);
	sshoal__buffer_fini(&buffer);
	assert_int_equal(freed_found(&blocks), 0);
	assert_int_equal(blocks, 1);
	/* The watch does see what is not wiped. */
	buffer = secret_buffer(FIRST_CAPACITY);
	buffer.wipe = false;
	freed_watch(SECRET, FIRST_CAPACITY);
	sshoal__buffer_fini(&buffer);
	assert_int_equal(freed_found(&blocks), FIRST_CAPACITY);
}

static void numbers_and_strings_are_written_as_ssh_wants_them(void **state)
{
	(void)state;
	static const char expected[] = "\1\2\3\4"
				       "\xff\xff\xff\xff"
				       "\0\0\0\3a\0b"
				       "\0\0\0\0"
				       "\0\0\0\4text"
				       "\0\0\0\0";
	struct buffer buffer = BUFFER_INIT(100);
	assert_int_equal(sshoal__buffer_put_u32(&buffer, 0x01020304), 0);
	assert_int_equal(sshoal__buffer_put_u32(&buffer, UINT32_MAX), 0);
	assert_int_equal(sshoal__buffer_put_string(&buffer, "a\0b", 3), 0);
	assert_int_equal(sshoal__buffer_put_string(&buffer, NULL, 0), 0);
	assert_int_equal(sshoal__buffer_put_cstring(&buffer, "text"), 0);
	assert_int_equal(sshoal__buffer_put_cstring(&buffer, ""), 0);
	assert_holds(&buffer, expected, sizeof expected - 1);
	sshoal__buffer_fini(&buffer);
}

static void a_number_is_never_negative_nor_padded(void **state)
{
	(void)state;
	static const struct {
		const char *in;
		size_t in_size;
		const char *out;
		size_t out_size;
	} table[] = {
		{ NULL, 0, "\0\0\0\0", 4 },
		{ "\0", 1, "\0\0\0\0", 4 },
		{ "\0\0\0", 3, "\0\0\0\0", 4 },
		{ "\1", 1, "\0\0\0\1\1", 5 },
		{ "\x7f", 1, "\0\0\0\1\x7f", 5 },
		{ "\x80", 1, "\0\0\0\2\0\x80", 6 },
		{ "\0\x80", 2, "\0\0\0\2\0\x80", 6 },
		{ "\0\0\x80", 3, "\0\0\0\2\0\x80", 6 },
		{ "\0\x7f\xff", 3, "\0\0\0\2\x7f\xff", 6 },
		{ "\xff\0", 2, "\0\0\0\3\0\xff\0", 7 },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct buffer buffer = BUFFER_INIT(100);
		assert_int_equal(sshoal__buffer_put_mpint(
					 &buffer,
					 (const unsigned char *)table[i].in,
					 table[i].in_size),
				 0);
		assert_holds(&buffer, table[i].out, table[i].out_size);
		sshoal__buffer_fini(&buffer);
	}
}

static void what_does_not_fit_is_refused_by_every_form(void **state)
{
	(void)state;
	struct buffer buffer = BUFFER_INIT(3);
	assert_int_equal(sshoal__buffer_put_u32(&buffer, 1), SSHOAL_ELIMIT);
	buffer.max = 6;
	assert_int_equal(sshoal__buffer_put_cstring(&buffer, "abc"),
			 SSHOAL_ELIMIT);
	sshoal__buffer_fini(&buffer);
	static const unsigned char top[] = { 0x80, 1 };
	for (size_t max = 0; max < 7; max++) {
		buffer.max = max;
		assert_int_equal(
			sshoal__buffer_put_mpint(&buffer, top, sizeof top),
			SSHOAL_ELIMIT);
		sshoal__buffer_fini(&buffer);
	}
	buffer.max = SIZE_MAX;
	assert_int_equal(
		sshoal__buffer_put_string(&buffer, "", (size_t)UINT32_MAX + 1),
		SSHOAL_ELIMIT);
	sshoal__buffer_fini(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_buffer_has_no_memory),
		cmocka_unit_test(what_goes_in_comes_out_in_order),
		cmocka_unit_test(the_maximum_is_reached_and_never_passed),
		cmocka_unit_test(the_largest_maximum_does_not_overflow),
		cmocka_unit_test(reserved_room_counts_when_it_is_filled),
		cmocka_unit_test(an_emptied_buffer_does_not_grow),
		cmocka_unit_test(it_can_be_used_again_after_its_end),
		cmocka_unit_test(refused_memory_leaves_it_as_it_was),
		cmocka_unit_test(a_consumed_secret_is_wiped),
		cmocka_unit_test(a_secret_that_moves_leaves_no_copy),
		cmocka_unit_test(
			memory_that_held_a_secret_is_wiped_before_it_is_freed),
		cmocka_unit_test(
			numbers_and_strings_are_written_as_ssh_wants_them),
		cmocka_unit_test(a_number_is_never_negative_nor_padded),
		cmocka_unit_test(what_does_not_fit_is_refused_by_every_form),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
