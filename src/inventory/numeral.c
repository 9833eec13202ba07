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

/* What is being written: numerals with commas between. */
struct writing {
	struct buffer *buffer;
	const struct numeral *numerals;
	bool has_some;
	int rc;
};

static void put(struct writing *writing, const char *sign, size_t index)
{
	char text[32];
	const struct numeral *numeral = &writing->numerals[index];
	int n = snprintf(text, sizeof text, "%s%0*llu", sign,
			 (int)numeral->size,
			 (unsigned long long)numeral->value);
	if (writing->rc == 0)
		writing->rc =
			sshoal__buffer_append(writing->buffer, text, (size_t)n);
}

static void put_range(struct writing *writing, size_t first, size_t last)
{
	put(writing, writing->has_some ? "," : "", first);
	if (last > first)
		put(writing, "-", last);
	writing->has_some = true;
}

static void put_singles(struct writing *writing, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++)
		put_range(writing, i, i);
}

/* Some numerals with equal steps between them, which are the next to be
 * written: as a range if the step is 1, else the last of them may still begin
 * one. */
struct row {
	size_t first;
	size_t last;
	uint64_t step; /* 0: not known */
	size_t width;  /* all have it; 0: they are not padded */
};

static void begin(struct row *row, const struct numeral *numeral, size_t index)
{
	row->first = index;
	row->width = is_padded(numeral) ? numeral->size : 0;
}

/* Takes the next numeral into the row, or writes what cannot go on with it. */
static void take(struct writing *writing, struct row *row, size_t index)
{
	const struct numeral *numeral = &writing->numerals[index];
	uint64_t step = numeral->value - writing->numerals[row->last].value;
	bool is_range = row->step <= 1;
	bool fits =
		row->width ? numeral->size == row->width : !is_padded(numeral);
	bool goes_on = fits && (row->step == 0 || row->step == step);
	if (!goes_on && is_range)
		put_range(writing, row->first, row->last);
	else if (!goes_on)
		put_singles(writing, row->first,
			    fits ? row->last : row->last + 1);
	if (!goes_on && (is_range || !fits))
		begin(row, numeral, index);
	else if (!goes_on)
		row->first = row->last; /* with its width, as ClusterShell */
	row->step = fits ? step : 0;
	row->last = index;
}

int sshoal__numeral_write(struct buffer *buffer, const struct numeral *numerals,
			  size_t count)
{
	struct writing writing = { .buffer = buffer, .numerals = numerals };
	struct row row = { .last = 0 };
	if (count > 1)
		writing.rc = sshoal__buffer_append(buffer, "[", 1);
	begin(&row, &numerals[0], 0);
	for (size_t i = 1; i < count && writing.rc == 0; i++)
		take(&writing, &row, i);
	if (row.step <= 1)
		put_range(&writing, row.first, row.last);
	else
		put_singles(&writing, row.first, row.last + 1);
	if (count > 1 && writing.rc == 0)
		writing.rc = sshoal__buffer_append(buffer, "]", 1);
	return writing.rc;
}
