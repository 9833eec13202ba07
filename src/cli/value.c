/* SPDX-License-Identifier: MIT */
#include "cli/value.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "cli/refusal.h"

/* Reads numbers by hand: strtol(3) and its kin take blanks, signs and 0x. */

/* Fractions of a second finer than this say nothing. */
#define FRACTION_DIGITS_MAX 9

#define VALUE_SIZE_MAX (UINT64_C(1) << 50)
#define VALUE_MODE_MAX 07777

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads digits. False for none, or more than limit. */
static bool read_number(const char **text, uint64_t limit, uint64_t *number)
{
	const char *p = *text;
	uint64_t value = 0;
	if (!is_digit(*p))
		return false;
	for (; is_digit(*p); p++) {
		unsigned int digit = (unsigned int)(*p - '0');
		if (value > (limit - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*text = p;
	*number = value;
	return true;
}

int sshoal__value_count(uint32_t *count, const char *option, const char *text,
			uint32_t least, uint32_t most, sshoal_error *error)
{
	const char *p = text;
	uint64_t value;
	if (!read_number(&p, most, &value) || *p || value < least)
		return sshoal__refuse(error,
				      "%s \"%.60s\": not a whole number from "
				      "%" PRIu32 " to %" PRIu32 " in digits",
				      option, text, least, most);
	*count = (uint32_t)value;
	return 0;
}

int sshoal__value_share(uint32_t *number, uint32_t *percent, const char *option,
			const char *text, uint32_t least, sshoal_error *error)
{
	const char *p = text;
	uint64_t value = 0;
	bool is_read = read_number(&p, UINT32_MAX, &value) && value >= least;
	bool is_percent = is_read && strcmp(p, "%") == 0;
	if (!is_read || (*p && !is_percent) || (is_percent && value > 100))
		return sshoal__refuse(error,
				      "%s \"%.60s\": not a whole number from "
				      "%" PRIu32 " on, nor one up to 100 with "
				      "%% behind it, such as 10 or 25%%",
				      option, text, least);
	*number = is_percent ? 0 : (uint32_t)value;
	*percent = is_percent ? (uint32_t)value : 0;
	return 0;
}

int sshoal__value_shard(uint32_t *number, uint32_t *count, const char *option,
			const char *text, sshoal_error *error)
{
	const char *p = text;
	uint64_t which = 0;
	uint64_t all = 0;
	bool is_shard = read_number(&p, UINT32_MAX, &which) && *p == '/';
	if (is_shard) {
		p++;
		is_shard = read_number(&p, UINT32_MAX, &all) && !*p;
	}
	if (!is_shard || which == 0 || which > all)
		return sshoal__refuse(error,
				      "%s \"%.60s\": write K/N, such as 1/4 "
				      "for the first of four parts",
				      option, text);
	*number = (uint32_t)which;
	*count = (uint32_t)all;
	return 0;
}

/* Milliseconds in the unit that the rest of a time names; 0 for no unit. */
static uint64_t unit_ms(const char *unit)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = {
		{ "", 1000 },       { "ms", 1 },          { "s", 1000 },
		{ "m", 60 * 1000 }, { "h", 3600 * 1000 },
	};
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strcmp(unit, units[i].name) == 0)
			return units[i].ms;
	return 0;
}

/* Reads ".25" as 25 of scale 100. False when digits are missing or too many.
 * Without a point it is 0 of 1. */
static bool read_fraction(const char **text, uint64_t *fraction,
			  uint64_t *scale)
{
	const char *start = *text + 1;
	*fraction = 0;
	*scale = 1;
	if (**text != '.')
		return true;
	*text = start;
	if (!read_number(text, UINT32_MAX, fraction) ||
	    *text - start > FRACTION_DIGITS_MAX)
		return false;
	for (const char *p = start; p < *text; p++)
		*scale *= 10;
	return true;
}

int sshoal__value_time(int64_t *time_ms, const char *option, const char *text,
		       sshoal_error *error)
{
	const char *p = text;
	uint64_t whole, fraction, scale;
	uint64_t unit = 0;
	if (read_number(&p, VALUE_TIME_MS_MAX, &whole) &&
	    read_fraction(&p, &fraction, &scale))
		unit = unit_ms(p);
	if (unit == 0)
		return sshoal__refuse(error,
				      "%s \"%.60s\": not a time; write a "
				      "number with ms, s, m or h (seconds "
				      "without), such as 90, 1.5m or 0 for "
				      "none",
				      option, text);
	if (whole > VALUE_TIME_MS_MAX / unit)
		return sshoal__refuse(error,
				      "%s \"%.60s\": longer than ten years; "
				      "write 0 for no limit",
				      option, text);
	uint64_t ms = whole * unit + fraction * unit / scale;
	if (ms == 0 && (whole > 0 || fraction > 0))
		ms = 1;
	*time_ms = (int64_t)ms;
	return 0;
}

/* How many bytes the unit behind a size stands for; 0 for no unit. */
static uint64_t unit_bytes(const char *unit)
{
	static const struct {
		const char *name;
		uint64_t bytes;
	} units[] = {
		{ "", 1 },
		{ "K", UINT64_C(1) << 10 },
		{ "M", UINT64_C(1) << 20 },
		{ "G", UINT64_C(1) << 30 },
	};
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strcmp(unit, units[i].name) == 0)
			return units[i].bytes;
	return 0;
}

int sshoal__value_size(uint64_t *size_bytes, const char *option,
		       const char *text, sshoal_error *error)
{
	const char *p = text;
	uint64_t whole, fraction, scale;
	uint64_t unit = 0;
	if (read_number(&p, VALUE_SIZE_MAX, &whole) &&
	    read_fraction(&p, &fraction, &scale))
		unit = unit_bytes(p);
	if (unit == 0 || whole > VALUE_SIZE_MAX / unit)
		return sshoal__refuse(error,
				      "%s \"%.60s\": not a size; write a "
				      "number of bytes with K, M or G (of "
				      "1024), such as 500K, 1.5M or 0 for "
				      "none",
				      option, text);
	uint64_t bytes = whole * unit + fraction * unit / scale;
	if (bytes == 0 && (whole > 0 || fraction > 0))
		bytes = 1;
	*size_bytes = bytes;
	return 0;
}

int sshoal__value_mode(uint32_t *mode, const char *option, const char *text,
		       sshoal_error *error)
{
	size_t n = strspn(text, "01234567");
	uint32_t value = 0;
	for (size_t i = 0; i < n && value <= VALUE_MODE_MAX; i++)
		value = value * 8 + (uint32_t)(text[i] - '0');
	if (n == 0 || text[n] || value > VALUE_MODE_MAX)
		return sshoal__refuse(error,
				      "%s \"%.60s\": not permissions; write "
				      "octal digits up to 7777, such as 0644",
				      option, text);
	*mode = value;
	return 0;
}
