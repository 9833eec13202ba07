/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal/text.h>

#include "exact.h"

#define ROOM 4096

/* The whole escaped form; in has exactly n bytes in memory. */
static size_t escape(char out[ROOM], const void *bytes, size_t n)
{
	unsigned char *in = exact_copy(bytes, n);
	assert_non_null(in);
	size_t length = sshoal_text_escape(out, ROOM, in, n);
	free(in);
	assert_in_range(length, 0, ROOM - 1);
	assert_int_equal(strlen(out), length);
	return length;
}

static void assert_escaped(const char *in, size_t n, const char *expected)
{
	char out[ROOM];
	(void)escape(out, in, n);
	assert_string_equal(out, expected);
}

/* UTF-8 of any number below 0x200000, be it a character or not. */
static size_t encode(char out[5], uint32_t point)
{
	size_t n = point < 0x80    ? 1 :
		   point < 0x800   ? 2 :
		   point < 0x10000 ? 3 :
				     4;
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	for (size_t i = n; i-- > 1; point >>= 6)
		out[i] = (char)(0x80 | (point & 0x3f));
	out[0] = (char)(lead[n] | point);
	out[n] = '\0';
	return n;
}

static void printable_text_stays_as_it_is(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",
		"plain",
		"tab\tand\nnewline\n",
		" !\"#$%&'()*+,-./0123456789:;<=>?@[\\]^_`{|}~",
		"caf\xc3\xa9 \xce\xb1\xce\xb2\xce\xb3 \xe2\x82\xac",
		"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e \xf0\x9f\x90\x9f",
		"\\x1b \\u202e \\r stay too",
		"\xc2\xa0",                 /* the first after C1 */
		"\xed\x9f\xbf\xee\x80\x80", /* around the surrogates */
		"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_escaped(texts[i], strlen(texts[i]), texts[i]);
}

static void every_control_character_becomes_visible(void **state)
{
	(void)state;
	for (uint32_t point = 0; point < 0xa0; point++) {
		if (point >= 0x20 && point < 0x7f)
			continue;
		char in[5];
		char expected[16];
		size_t n = encode(in, point);
		if (point == '\n' || point == '\t')
			(void)snprintf(expected, sizeof expected, "%c",
				       (int)point);
		else if (point == '\r')
			(void)snprintf(expected, sizeof expected, "\\r");
		else
			(void)snprintf(expected, sizeof expected, "\\x%02x",
				       point);
		assert_escaped(in, n, expected);
	}
}

/* What reorders text, breaks lines or is not seen. */
static const struct range {
	uint32_t first, last;
} unseen[] = {
	{ 0x61c, 0x61c },     { 0x200b, 0x200f }, { 0x2028, 0x202e },
	{ 0x2060, 0x206f },   { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb },
	{ 0xe0000, 0xe0fff },
};

static bool is_unseen(uint32_t point)
{
	for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++)
		if (point >= unseen[i].first && point <= unseen[i].last)
			return true;
	return false;
}

static void what_reorders_or_hides_text_becomes_visible(void **state)
{
	(void)state;
	for (uint32_t point = 0xa0; point <= 0x10ffff; point++) {
		/* All of the first plane, and samples of the others. */
		if (point > 0x20000 && !is_unseen(point) && point % 251 != 0)
			continue;
		if (point >= 0xd800 && point <= 0xdfff)
			continue;
		char in[5];
		char out[16];
		char expected[16];
		size_t n = encode(in, point);
		if (!is_unseen(point))
			(void)snprintf(expected, sizeof expected, "%s", in);
		else if (point < 0x10000)
			(void)snprintf(expected, sizeof expected, "\\u%04x",
				       point);
		else
			(void)snprintf(expected, sizeof expected, "\\U%06x",
				       point);
		size_t length = sshoal_text_escape(out, sizeof out, in, n);
		if (length != strlen(expected) || strcmp(out, expected) != 0)
			fail_msg("U+%04X became \"%s\"", point, out);
	}
}

static void bytes_that_are_not_utf8_are_shown_one_by_one(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
	} table[] = {
		/* continuation bytes without a beginning */
		{ "\x80", "\\x80" },
		{ "a\xbf"
		  "b",
		  "a\\xbfb" },
		/* longer than they need be */
		{ "\xc0\x80", "\\xc0\\x80" },
		{ "\xc1\xbf", "\\xc1\\xbf" },
		{ "\xc0\x9b[2J", "\\xc0\\x9b[2J" },
		{ "\xe0\x80\x9b", "\\xe0\\x80\\x9b" },
		{ "\xe0\x9f\xbf", "\\xe0\\x9f\\xbf" },
		{ "\xf0\x80\x80\x9b", "\\xf0\\x80\\x80\\x9b" },
		{ "\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf" },
		/* surrogates */
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
		{ "\xed\xbf\xbf", "\\xed\\xbf\\xbf" },
		/* past the last code point */
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
		{ "\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80" },
		{ "\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80" },
		{ "\xfe\xff", "\\xfe\\xff" },
		/* that end too early */
		{ "\xc3", "\\xc3" },
		{ "\xe2\x82", "\\xe2\\x82" },
		{ "\xf0\x9f\x90", "\\xf0\\x9f\\x90" },
		/* that are broken off by something else */
		{ "\xc3"
		  "a",
		  "\\xc3a" },
		{ "\xe2\x82\n", "\\xe2\\x82\n" },
		{ "\xe2\xc3\xa9", "\\xe2\xc3\xa9" },
		{ "\xf0\x9f\x90\x1b", "\\xf0\\x9f\\x90\\x1b" },
		{ "\xf0\x9f\xf0\x9f\x90\x9f", "\\xf0\\x9f\xf0\x9f\x90\x9f" },
		/* raw C1: what a terminal in 8-bit mode takes for CSI */
		{ "\x9b"
		  "31m",
		  "\\x9b31m" },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		assert_escaped(table[i].in, strlen(table[i].in), table[i].out);
}

static void a_nul_is_a_character_like_any_other(void **state)
{
	(void)state;
	assert_escaped("a\0b\0", 4, "a\\x00b\\x00");
}

/* How many bytes from p are one character by the grammar of RFC 3629 section
 * 4; 0 for none. */
static size_t character_at(const unsigned char *p, size_t n)
{
	static const struct {
		unsigned char first, last; /* of the lead byte */
		unsigned char low, high;   /* of the second byte */
		size_t length;
	} grammar[] = {
		{ 0x00, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	for (size_t i = 0; i < sizeof grammar / sizeof *grammar; i++) {
		size_t length = grammar[i].length;
		if (p[0] < grammar[i].first || p[0] > grammar[i].last)
			continue;
		if (length == 1)
			return 1;
		if (length > n || p[1] < grammar[i].low ||
		    p[1] > grammar[i].high)
			return 0;
		for (size_t k = 2; k < length; k++)
			if (p[k] < 0x80 || p[k] > 0xbf)
				return 0;
		return length;
	}
	return 0;
}

/* Nothing but characters, none of them a control character. */
static bool is_harmless(const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text;
	for (size_t i = 0; i < n;) {
		size_t length = character_at(p + i, n - i);
		if (length == 0 || p[i] == 0x7f ||
		    (p[i] < 0x20 && p[i] != '\n' && p[i] != '\t') ||
		    (p[i] == 0xc2 && p[i + 1] < 0xa0))
			return false;
		i += length;
	}
	return true;
}

/* Calls look for every lead byte above ASCII followed by all of what decides
 * at the edges of UTF-8. */
static void for_odd_bytes(void (*look)(const unsigned char bytes[4]))
{
	static const unsigned char edges[] = { 0x1b, 'A',  0x80, 0x8f, 0x90,
					       0x9f, 0xa0, 0xbf, 0xc2 };
	const size_t count = sizeof edges;
	for (unsigned lead = 0x80; lead <= 0xff; lead++)
		for (size_t i = 0; i < count * count * count; i++) {
			const unsigned char bytes[] = {
				(unsigned char)lead,
				edges[i / count / count],
				edges[i / count % count],
				edges[i % count],
			};
			look(bytes);
		}
}

static void look_at_grammar(const unsigned char bytes[4])
{
	char out[32];
	size_t length = sshoal_text_escape(out, sizeof out, bytes, 4);
	if (length >= sizeof out || length != strlen(out) ||
	    !is_harmless(out, length))
		fail_msg("%02x%02x%02x%02x became \"%s\"", bytes[0], bytes[1],
			 bytes[2], bytes[3], out);
	/* The first character stays if and only if it is one; those that are
	 * well-formed and still not shown begin with a backslash, too. */
	size_t n = character_at(bytes, 4);
	bool stays = memcmp(out, bytes, n ? n : 1) == 0;
	if (stays != (n > 0) && !(n > 1 && out[0] == '\\'))
		fail_msg("%02x%02x%02x%02x: \"%s\"", bytes[0], bytes[1],
			 bytes[2], bytes[3], out);
}

static void what_comes_out_is_harmless_whatever_goes_in(void **state)
{
	(void)state;
	for_odd_bytes(look_at_grammar);
	unsigned char all[512];
	for (size_t i = 0; i < sizeof all; i++)
		all[i] = (unsigned char)i;
	char out[ROOM];
	assert_true(is_harmless(out, escape(out, all, sizeof all)));
}

static void look_twice(const unsigned char bytes[4])
{
	char once[32];
	char twice[32];
	size_t n = sshoal_text_escape(once, sizeof once, bytes, 4);
	size_t again = sshoal_text_escape(twice, sizeof twice, once, n);
	if (again != n || strcmp(once, twice) != 0)
		fail_msg("\"%s\" became \"%s\"", once, twice);
}

static void what_is_safe_is_not_escaped_again(void **state)
{
	(void)state;
	for_odd_bytes(look_twice);
}

/* The pieces that may be left out of the result as a whole only. */
static const char *const pieces[] = {
	"a",
	"\xc3\xa9",
	"\x1b",
	"\xe2\x82\xac",
	"\r",
	"\xff",
	"\xf0\x9f\x90\x9f",
	"\xe2\x80\xae",
	"\xf3\xa0\x80\x81",
	"\xc2\x9b",
	"\n",
	"z",
};

static void a_short_result_is_cut_between_characters(void **state)
{
	(void)state;
	char in[ROOM] = "";
	char whole[ROOM] = "";
	size_t ends[sizeof pieces / sizeof *pieces + 1] = { 0 };
	size_t count = sizeof pieces / sizeof *pieces;
	for (size_t i = 0; i < count; i++) {
		char shown[ROOM];
		strcat(in, pieces[i]);
		size_t n = escape(shown, pieces[i], strlen(pieces[i]));
		strcat(whole, shown);
		ends[i + 1] = ends[i] + n;
	}
	size_t length = strlen(whole);
	assert_int_equal(sshoal_text_escape(NULL, 0, in, strlen(in)), length);
	for (size_t size = 1; size <= length + 2; size++) {
		size_t fits = 0;
		for (size_t i = 0; i <= count; i++)
			fits = ends[i] < size ? ends[i] : fits;
		char *out = malloc(size);
		assert_non_null(out);
		memset(out, '#', size);
		assert_int_equal(sshoal_text_escape(out, size, in, strlen(in)),
				 length);
		assert_int_equal(strnlen(out, size), fits);
		assert_memory_equal(out, whole, fits);
		free(out);
	}
}

static void nothing_is_text_too(void **state)
{
	(void)state;
	char out[2] = { '#', '#' };
	assert_int_equal(sshoal_text_escape(NULL, 0, NULL, 0), 0);
	assert_int_equal(sshoal_text_escape(out, 1, NULL, 0), 0);
	assert_int_equal(out[0], '\0');
	assert_int_equal(out[1], '#');
	assert_int_equal(sshoal_text_escape(out, 1, "ab", 2), 2);
	assert_int_equal(out[0], '\0');
	assert_int_equal(out[1], '#');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(printable_text_stays_as_it_is),
		cmocka_unit_test(every_control_character_becomes_visible),
		cmocka_unit_test(what_reorders_or_hides_text_becomes_visible),
		cmocka_unit_test(bytes_that_are_not_utf8_are_shown_one_by_one),
		cmocka_unit_test(a_nul_is_a_character_like_any_other),
		cmocka_unit_test(what_comes_out_is_harmless_whatever_goes_in),
		cmocka_unit_test(what_is_safe_is_not_escaped_again),
		cmocka_unit_test(a_short_result_is_cut_between_characters),
		cmocka_unit_test(nothing_is_text_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
