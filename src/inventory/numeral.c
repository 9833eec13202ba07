/* SPDX-License-Identifier: MIT */
#include "inventory/numeral.h"

#include <stdio.h>
#include <string.h>

/* ClusterShell's ranges: numbers in a row go together if they are all padded
 * to one width, or none of them is padded. */

int sshoal__numeral_compare(const struct numeral *a, const struct numeral *b)
{
	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	return (a->value > b->value) - (a->value < b->value);
}

/* The value of the digits with zeros behind them, up to the longest. */
static uint64_t left_value(const struct numeral *numeral)
{
	uint64_t value = numeral->value;
	for (size_t i = numeral->size; i < NUMERAL_DIGITS_MAX; i++)
		value *= 10;
	return value;
}

int sshoal__numeral_compare_text(const struct numeral *a,
				 const struct numeral *b)
{
	uint64_t left = left_value(a);
	uint64_t right = left_value(b);
	if (left != right)
		return left < right ? -1 : 1;
	return (a->size > b->size) - (a->size < b->size);
}

/* Whether there are more digits than the value needs. */
static bool is_padded(const struct numeral *numeral)
{
	uint64_t least = 1;
	for (size_t i = 1; i < numeral->size; i++)
		least *= 10;
	return numeral->size > 1 && numeral->value < least;
}

/* How many of the numerals make one range. */
static size_t run_length(const struct numeral *numerals, size_t count)
{
	bool is_fixed = is_padded(&numerals[0]);
	size_t n = 1;
	for (; n < count; n++) {
		const struct numeral *next = &numerals[n];
		if (next->value != numerals[n - 1].value + 1)
			break;
		if (is_fixed ? next->size != numerals[0].size : is_padded(next))
			break;
	}
	return n;
}

static int put(struct buffer *buffer, const struct numeral *numeral)
{
	char text[24];
	int n = snprintf(text, sizeof text, "%0*llu", (int)numeral->size,
			 (unsigned long long)numeral->value);
	return sshoal__buffer_append(buffer, text, (size_t)n);
}

static int put_run(struct buffer *buffer, const struct numeral *numerals,
		   size_t count)
{
	int rc = put(buffer, &numerals[0]);
	if (rc == 0 && count > 1)
		rc = sshoal__buffer_append(buffer, "-", 1);
	if (rc == 0 && count > 1)
		rc = put(buffer, &numerals[count - 1]);
	return rc;
}

int sshoal__numeral_write(struct buffer *buffer, const struct numeral *numerals,
			  size_t count)
{
	if (count == 1)
		return put(buffer, numerals);
	int rc = sshoal__buffer_append(buffer, "[", 1);
	for (size_t i = 0; rc == 0 && i < count;) {
		size_t n = run_length(numerals + i, count - i);
		if (i > 0)
			rc = sshoal__buffer_append(buffer, ",", 1);
		if (rc == 0)
			rc = put_run(buffer, numerals + i, n);
		i += n;
	}
	return rc ? rc : sshoal__buffer_append(buffer, "]", 1);
}
