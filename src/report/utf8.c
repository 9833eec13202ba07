/* SPDX-License-Identifier: MIT */
#include "report/utf8.h"

#include <stdint.h>
#include <string.h>

/*
 * Tells text from other bytes. What JSON may carry as a string is decided
 * here: no overlong forms, no surrogates, nothing above U+10FFFF.
 */

static bool is_continuation(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

/* How many bytes a character has that begins like this; 0 for none. */
static size_t length_by_lead(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead < 0xc2)
		return 0;
	if (lead < 0xe0)
		return 2;
	if (lead < 0xf0)
		return 3;
	return lead < 0xf5 ? 4 : 0;
}

/* The second byte's range tells overlong forms, surrogates and what is too
 * large from characters. */
static bool is_second_valid(unsigned char lead, unsigned char second)
{
	switch (lead) {
	case 0xe0:
		return second >= 0xa0 && second <= 0xbf;
	case 0xed:
		return second >= 0x80 && second <= 0x9f;
	case 0xf0:
		return second >= 0x90 && second <= 0xbf;
	case 0xf4:
		return second >= 0x80 && second <= 0x8f;
	default:
		return is_continuation(second);
	}
}

static size_t character_length(const unsigned char *p, size_t n)
{
	size_t length = length_by_lead(p[0]);
	if (length < 2)
		return length;
	if (length > n || !is_second_valid(p[0], p[1]))
		return 0;
	for (size_t i = 2; i < length; i++)
		if (!is_continuation(p[i]))
			return 0;
	return length;
}

/* How many bytes from the start on are plain ASCII, in steps of eight. */
static size_t ascii_prefix(const unsigned char *p, size_t n)
{
	size_t i = 0;
	while (n - i >= 8) {
		uint64_t word;
		memcpy(&word, p + i, sizeof word);
		if (word & UINT64_C(0x8080808080808080))
			break;
		i += 8;
	}
	return i;
}

bool sshoal__utf8_is_valid(const char *bytes, size_t size_bytes)
{
	const unsigned char *p = (const unsigned char *)bytes;
	size_t i = 0;
	while (i < size_bytes) {
		i += ascii_prefix(p + i, size_bytes - i);
		if (i == size_bytes)
			break;
		size_t length = character_length(p + i, size_bytes - i);
		if (length == 0)
			return false;
		i += length;
	}
	return true;
}

size_t sshoal__utf8_cut(const char *bytes, size_t size_bytes)
{
	const unsigned char *p = (const unsigned char *)bytes;
	size_t back = 1;
	while (back < 4 && back < size_bytes &&
	       is_continuation(p[size_bytes - back]))
		back++;
	if (back > 3 || back >= size_bytes)
		return size_bytes;
	size_t lead = size_bytes - back;
	if (length_by_lead(p[lead]) <= back)
		return size_bytes;
	if (back > 1 && !is_second_valid(p[lead], p[lead + 1]))
		return size_bytes;
	return lead;
}
