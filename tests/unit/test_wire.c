/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/wire.h"
#include "exact.h"

static const struct {
	uint32_t value;
	unsigned char bytes[4];
} numbers[] = {
	{ 0, { 0, 0, 0, 0 } },
	{ 1, { 0, 0, 0, 1 } },
	{ 0x01020304, { 1, 2, 3, 4 } },
	{ 0x80000000, { 0x80, 0, 0, 0 } },
	{ UINT32_MAX, { 0xff, 0xff, 0xff, 0xff } },
};

static void numbers_are_big_endian(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		unsigned char raw[4];
		sshoal__wire_store_u32(raw, numbers[i].value);
		assert_memory_equal(raw, numbers[i].bytes, 4);
		assert_int_equal(sshoal__wire_load_u32(raw), numbers[i].value);
		struct wire wire = sshoal__wire(raw, 4);
		assert_int_equal(sshoal__wire_u32(&wire), numbers[i].value);
		assert_false(wire.failed);
		assert_int_equal(wire.left, 0);
	}
}

/* A byte, a number, a string, a word, an empty string and three bytes. */
static const unsigned char packet[] = "\x62"
				      "\0\0\1\2"
				      "\0\0\0\3a\0b"
				      "\0\0\0\4word"
				      "\0\0\0\0"
				      "xyz";
#define PACKET_SIZE (sizeof packet - 1)

static bool read_packet(const void *bytes, size_t size)
{
	struct wire wire = sshoal__wire(bytes, size);
	size_t n = 99;
	size_t none = 99;
	unsigned char type = sshoal__wire_byte(&wire);
	uint32_t number = sshoal__wire_u32(&wire);
	const unsigned char *string = sshoal__wire_string(&wire, &n);
	bool is_word = sshoal__wire_is(&wire, "word");
	const unsigned char *empty = sshoal__wire_string(&wire, &none);
	const unsigned char *rest = sshoal__wire_bytes(&wire, 3);
	if (wire.failed) {
		assert_null(rest);
		return false;
	}
	assert_int_equal(type, 0x62);
	assert_int_equal(number, 0x102);
	assert_int_equal(n, 3);
	assert_memory_equal(string, "a\0b", 3);
	assert_true(is_word);
	assert_non_null(empty);
	assert_int_equal(none, 0);
	assert_memory_equal(rest, "xyz", 3);
	assert_int_equal(wire.left, 0);
	return true;
}

static void a_packet_cut_anywhere_fails(void **state)
{
	(void)state;
	for (size_t n = 0; n <= PACKET_SIZE; n++) {
		unsigned char *bytes = exact_copy(packet, n);
		assert_non_null(bytes);
		assert_int_equal(read_packet(bytes, n), n == PACKET_SIZE);
		free(bytes);
	}
}

static void after_a_failure_every_read_fails(void **state)
{
	(void)state;
	struct wire wire = sshoal__wire(packet, PACKET_SIZE);
	assert_null(sshoal__wire_bytes(&wire, PACKET_SIZE + 1));
	assert_true(wire.failed);
	size_t n = 99;
	assert_int_equal(sshoal__wire_byte(&wire), 0);
	assert_int_equal(sshoal__wire_u32(&wire), 0);
	assert_null(sshoal__wire_string(&wire, &n));
	assert_int_equal(n, 0);
	assert_null(sshoal__wire_bytes(&wire, 0));
	assert_false(sshoal__wire_is(&wire, ""));
	assert_true(wire.failed);
}

static void a_string_longer_than_what_is_left_fails(void **state)
{
	(void)state;
	static const uint32_t lengths[] = {
		5,          0x7fffffff,     0x80000000,
		UINT32_MAX, UINT32_MAX - 3, UINT32_MAX - 7
	};
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		unsigned char raw[8] = "....abcd";
		sshoal__wire_store_u32(raw, lengths[i]);
		unsigned char *bytes = exact_copy(raw, sizeof raw);
		assert_non_null(bytes);
		struct wire wire = sshoal__wire(bytes, sizeof raw);
		size_t n = 99;
		assert_null(sshoal__wire_string(&wire, &n));
		assert_int_equal(n, 0);
		assert_true(wire.failed);
		free(bytes);
	}
	struct wire wire = sshoal__wire(packet, PACKET_SIZE);
	assert_null(sshoal__wire_bytes(&wire, SIZE_MAX));
	assert_true(wire.failed);
}

static void only_the_exact_word_is_the_word(void **state)
{
	(void)state;
	static const struct {
		const char *string;
		size_t size;
		bool is;
	} table[] = {
		{ "\0\0\0\4word", 8, true },   { "\0\0\0\3wor", 7, false },
		{ "\0\0\0\5words", 9, false }, { "\0\0\0\5word\0", 9, false },
		{ "\0\0\0\4worD", 8, false },  { "\0\0\0\0", 4, false },
		{ "\0\0\0\5word", 8, false },  { "\0\0", 2, false },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		unsigned char *bytes =
			exact_copy(table[i].string, table[i].size);
		assert_non_null(bytes);
		struct wire wire = sshoal__wire(bytes, table[i].size);
		assert_int_equal(sshoal__wire_is(&wire, "word"), table[i].is);
		/* It is consumed either way. */
		if (!wire.failed)
			assert_int_equal(wire.left, 0);
		free(bytes);
	}
}

static void nothing_holds_nothing(void **state)
{
	(void)state;
	struct wire wire = sshoal__wire(NULL, 0);
	assert_int_equal(sshoal__wire_byte(&wire), 0);
	assert_true(wire.failed);
	wire = sshoal__wire(NULL, 0);
	assert_int_equal(sshoal__wire_u32(&wire), 0);
	assert_true(wire.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_big_endian),
		cmocka_unit_test(a_packet_cut_anywhere_fails),
		cmocka_unit_test(after_a_failure_every_read_fails),
		cmocka_unit_test(a_string_longer_than_what_is_left_fails),
		cmocka_unit_test(only_the_exact_word_is_the_word),
		cmocka_unit_test(nothing_holds_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
