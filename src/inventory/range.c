/* SPDX-License-Identifier: MIT */
#include "inventory/range.h"

#include <string.h>

/*
 * The brackets are read twice: once to check them and to count the names, and
 * again while the names are written, one span at a time. So a range takes no
 * memory, however many names it has.
 */

/* Numbers of more digits are a mistake; these fit into 64 bits. */
#define DIGITS_MAX 18

#define FAULT_ITEM \
	"no number in the brackets: write a range such as [01-20,30-39/2]"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool sshoal__range_is(const char *text)
{
	char inner[128];
	size_t n = strcspn(text + 1, "]");
	if (*text != '[')
		return false;
	if (n >= sizeof inner || !text[n + 1])
		return true;
	memcpy(inner, text + 1, n);
	inner[n] = '\0';
	return !sshoal__name_is_ipv6(inner);
}

/* One end of a span. */
struct bound {
	uint64_t value;
	size_t digits;
	bool is_padded; /* a zero in front of other digits */
	bool is_letter;
};

/* What is read of the text, up to the closing bracket. */
struct cursor {
	const char *text;
	size_t at;
	enum range_style style;
};

static const char *read_number(struct bound *bound, struct cursor *cursor)
{
	const char *text = cursor->text + cursor->at;
	size_t n = 0;
	uint64_t value = 0;
	for (; is_digit(text[n]); n++) {
		if (n == DIGITS_MAX)
			return "a number of more than 18 digits: shorten it";
		value = value * 10 + (uint64_t)(text[n] - '0');
	}
	if (n == 0)
		return FAULT_ITEM;
	*bound = (struct bound){
		.value = value,
		.digits = n,
		.is_padded = n > 1 && text[0] == '0',
	};
	cursor->at += n;
	return NULL;
}

static const char *read_bound(struct bound *bound, struct cursor *cursor)
{
	const char *text = cursor->text + cursor->at;
	bool may_be_letter = cursor->style == RANGE_DASHES_AND_COLONS;
	if (!may_be_letter || !is_letter(*text) || is_letter(text[1]))
		return read_number(bound, cursor);
	*bound = (struct bound){
		.value = (unsigned char)*text,
		.digits = 1,
		.is_letter = true,
	};
	cursor->at++;
	return NULL;
}

/* What two ends must have in common. */
static const char *check_bounds(const struct bound *first,
				const struct bound *last)
{
	if (first->is_letter != last->is_letter)
		return "a range from a letter to a number: write [a:f] or "
		       "[1:6]";
	if (first->is_letter && (first->value & 0x20) != (last->value & 0x20))
		return "a range from small to large letters: write two";
	if ((first->is_padded || last->is_padded) &&
	    first->digits != last->digits)
		return "zeros in front of numbers of different length: write "
		       "[08-10] or [8-10]";
	if (first->value > last->value)
		return "a range that goes down: write the smaller number first";
	return NULL;
}

static const char *read_step(struct range_span *span, struct cursor *cursor,
			     char sign)
{
	if (cursor->text[cursor->at] != sign)
		return NULL;
	cursor->at++;
	struct bound step;
	const char *why = read_number(&step, cursor);
	if (why)
		return why;
	if (step.value == 0)
		return "a step of 0: write 1 or more";
	span->step = step.value;
	return NULL;
}

/* "N", "N-M" or "N-M/STEP"; "N:M" and "N:M:STEP" for Ansible's. */
static const char *read_span(struct range_span *span, struct cursor *cursor)
{
	struct bound first;
	size_t start = cursor->at;
	const char *why = read_bound(&first, cursor);
	if (why)
		return why;
	*span = (struct range_span){
		.first = first.value,
		.last = first.value,
		.step = 1,
		.width = first.is_padded ? (unsigned)first.digits : 0,
		.is_letter = first.is_letter,
	};
	char sign = cursor->text[cursor->at];
	bool is_colon = sign == ':' && cursor->style == RANGE_DASHES_AND_COLONS;
	if (first.is_letter && !is_colon)
		return "a letter alone in brackets: write [a:f]";
	if (sign == ':' && !is_colon)
		return "a colon in the brackets: write [1-3], or @GROUP";
	if (sign != '-' && !is_colon)
		return NULL;
	cursor->at++;
	struct bound last;
	why = read_bound(&last, cursor);
	if (why)
		return why;
	why = check_bounds(&first, &last);
	if (why) {
		cursor->at = start;
		return why;
	}
	span->last = last.value;
	if (first.is_padded || last.is_padded)
		span->width = (unsigned)last.digits;
	return read_step(span, cursor, is_colon ? ':' : '/');
}

static unsigned digits_of(uint64_t value)
{
	unsigned n = 1;
	for (; value >= 10; value /= 10)
		n++;
	return n;
}

/* "n1[8-11]" is n18, n19, n110 and n111 to some tools and n18 to n111 to
 * others: it must be written so that it means one thing. */
static bool is_ambiguous(const struct range_span *span, const char *text,
			 size_t open)
{
	return open > 0 && is_digit(text[open - 1]) && !span->is_letter &&
	       !span->width && digits_of(span->first) != digits_of(span->last);
}

/* Reads one span and stands on what follows it, a comma or the end. */
static const char *next_span(struct range_span *span, struct cursor *cursor,
			     size_t open)
{
	size_t start = cursor->at;
	const char *why = read_span(span, cursor);
	if (why)
		return why;
	if (is_ambiguous(span, cursor->text, open)) {
		cursor->at = start;
		return "digits before a range of numbers of different length: "
		       "put the digits into the brackets, too";
	}
	char end = cursor->text[cursor->at];
	if (end == ',' || end == ']')
		return NULL;
	return end == '/' || end == ':' ?
		       "a step without a range: write [1-9/2]" :
		       FAULT_ITEM;
}

/* Checks a bracket and multiplies the count of names with its own. */
static const char *check_bracket(struct range *range,
				 struct range_bracket *bracket, size_t *at)
{
	struct cursor cursor = { range->text, bracket->open + 1, range->style };
	uint64_t count = 0;
	for (;; cursor.at++) {
		struct range_span span;
		const char *why = next_span(&span, &cursor, bracket->open);
		*at = cursor.at;
		if (why)
			return why;
		count += (span.last - span.first) / span.step + 1;
		if (count > RANGE_NAMES_MAX ||
		    count * range->name_count > RANGE_NAMES_MAX) {
			*at = bracket->open;
			return "more than 10 million names: write fewer";
		}
		if (range->text[cursor.at] == ']')
			break;
	}
	range->name_count *= count;
	return NULL;
}

/* Begins a bracket again, at its first span. What is here was checked. */
static void rewind_bracket(const struct range *range,
			   struct range_bracket *bracket)
{
	struct cursor cursor = { range->text, bracket->open + 1, range->style };
	(void)next_span(&bracket->span, &cursor, bracket->open);
	bracket->next = cursor.at + 1;
	bracket->value = bracket->span.first;
}

/* Goes on to a bracket's next value; false at its end. */
static bool advance_bracket(const struct range *range,
			    struct range_bracket *bracket)
{
	const struct range_span *span = &bracket->span;
	if (span->last - bracket->value >= span->step) {
		bracket->value += span->step;
		return true;
	}
	if (bracket->next > bracket->close)
		return false;
	struct cursor cursor = { range->text, bracket->next, range->style };
	(void)next_span(&bracket->span, &cursor, bracket->open);
	bracket->next = cursor.at + 1;
	bracket->value = bracket->span.first;
	return true;
}

/* Two colons beside each other, or more than Ansible's ranges have. */
static bool is_like_ipv6(const char *open, const char *close)
{
	size_t colons = 0;
	for (const char *p = open; p < close; p++) {
		if (*p == ':' && p[1] == ':')
			return true;
		colons += *p == ':';
	}
	return colons > 2;
}

static const char *add_bracket(struct range *range, size_t open, size_t *at)
{
	const char *close = strchr(range->text + open, ']');
	*at = open;
	if (!close)
		return "a bracket that is not closed: write [1-20], or "
		       "[ADDRESS]:PORT for IPv6";
	if (range->bracket_count == RANGE_BRACKETS_MAX)
		return "more than 16 ranges in one name: write fewer";
	if (is_like_ipv6(range->text + open, close))
		return "no IPv6 address in the brackets: correct it";
	struct range_bracket *bracket = &range->brackets[range->bracket_count];
	bracket->open = open;
	bracket->close = (size_t)(close - range->text);
	const char *why = check_bracket(range, bracket, at);
	if (why)
		return why;
	rewind_bracket(range, bracket);
	range->bracket_count++;
	return NULL;
}

const char *sshoal__range_parse(struct range *range, const char *text,
				enum range_style style, size_t *at)
{
	*range = (struct range){
		.text = text,
		.size = strlen(text),
		.style = style,
		.name_count = 1,
	};
	if (*text == '[' && !sshoal__range_is(text))
		return NULL;
	size_t open = strcspn(text, "[");
	while (text[open]) {
		const char *why = add_bracket(range, open, at);
		if (why)
			return why;
		open = range->brackets[range->bracket_count - 1].close + 1;
		open += strcspn(text + open, "[");
	}
	return NULL;
}

void sshoal__range_cut(struct range *range, size_t size)
{
	range->size = size;
}

void sshoal__range_mask(const struct range *range, char *text)
{
	size_t from = 0;
	size_t to = 0;
	for (size_t i = 0; i < range->bracket_count; i++) {
		const struct range_bracket *bracket = &range->brackets[i];
		memmove(text + to, text + from, bracket->open - from);
		to += bracket->open - from;
		text[to++] = '0';
		from = bracket->close + 1;
	}
	memmove(text + to, text + from, strlen(text + from) + 1);
}

size_t sshoal__range_unmask(const struct range *range, size_t at)
{
	for (size_t i = 0; i < range->bracket_count; i++) {
		const struct range_bracket *bracket = &range->brackets[i];
		if (at <= bracket->open)
			break;
		at += bracket->close - bracket->open;
	}
	return at;
}

/* Where a name is written, up to its end. */
struct writer {
	char *name;
	size_t size;
	bool is_full;
};

static void put(struct writer *writer, const char *text, size_t n)
{
	if (n > NAME_MAX_BYTES - writer->size) {
		writer->is_full = true;
		return;
	}
	memcpy(writer->name + writer->size, text, n);
	writer->size += n;
}

static void put_value(struct writer *writer,
		      const struct range_bracket *bracket)
{
	char digits[DIGITS_MAX + 2];
	size_t at = sizeof digits;
	uint64_t value = bracket->value;
	if (bracket->span.is_letter) {
		digits[--at] = (char)value;
	} else {
		do
			digits[--at] = (char)('0' + value % 10);
		while (value /= 10, value > 0);
		while (sizeof digits - at < bracket->span.width)
			digits[--at] = '0';
	}
	put(writer, digits + at, sizeof digits - at);
}

/* Counts on, from the last bracket to the first. */
static void advance(struct range *range)
{
	for (size_t i = range->bracket_count; i > 0; i--) {
		struct range_bracket *bracket = &range->brackets[i - 1];
		if (advance_bracket(range, bracket))
			return;
		rewind_bracket(range, bracket);
	}
	range->is_done = true;
}

size_t sshoal__range_next(struct range *range, char name[NAME_MAX_BYTES + 1])
{
	if (range->is_done)
		return 0;
	struct writer writer = { .name = name };
	size_t at = 0;
	for (size_t i = 0; i < range->bracket_count; i++) {
		const struct range_bracket *bracket = &range->brackets[i];
		put(&writer, range->text + at, bracket->open - at);
		put_value(&writer, bracket);
		at = bracket->close + 1;
	}
	put(&writer, range->text + at, range->size - at);
	name[writer.size] = '\0';
	advance(range);
	return writer.is_full ? SIZE_MAX : writer.size;
}
