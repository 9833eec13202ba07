/* SPDX-License-Identifier: MIT */
#include "inventory/duration.h"

#include <stddef.h>
#include <string.h>

/* Counted in whole microseconds, where no product overflows. */

#define MAX_US ((int64_t)10000 * 3600 * 1000 * 1000)

static int64_t unit_us(const char *unit)
{
	static const struct {
		const char *name;
		int64_t us;
	} units[] = {
		{ "", (int64_t)1000 * 1000 },
		{ "ms", 1000 },
		{ "s", (int64_t)1000 * 1000 },
		{ "m", (int64_t)60 * 1000 * 1000 },
		{ "h", (int64_t)3600 * 1000 * 1000 },
	};
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strcmp(units[i].name, unit) == 0)
			return units[i].us;
	return 0;
}

/* Digits of whole units, in microseconds; more than MAX_US is just that. */
static int64_t whole_us(const char *digits, size_t count, int64_t unit)
{
	int64_t us = 0;
	for (size_t i = 0; i < count && us <= MAX_US; i++)
		us = us * 10 + (digits[i] - '0') * unit;
	return us;
}

/* Digits after the point, rounded up. */
static int64_t fraction_us(const char *digits, size_t count, int64_t unit)
{
	int64_t us = 0;
	bool is_more = false;
	for (size_t i = 0; i < count; i++) {
		is_more |= digits[i] != '0' && (unit == 0 || unit % 10 != 0);
		unit /= 10;
		us += (digits[i] - '0') * unit;
	}
	return us + is_more;
}

bool sshoal__duration_parse(int64_t *ms, const char *text)
{
	static const char digits[] = "0123456789";
	size_t whole = strspn(text, digits);
	bool has_point = text[whole] == '.';
	const char *point = text + whole + has_point;
	size_t fraction = has_point ? strspn(point, digits) : 0;
	int64_t unit = unit_us(point + fraction);
	if (whole == 0 || (has_point && fraction == 0) || unit == 0)
		return false;
	int64_t us = whole_us(text, whole, unit) +
		     fraction_us(point, fraction, unit);
	if (us > MAX_US)
		return false;
	*ms = us / 1000 + (us % 1000 != 0);
	return true;
}
