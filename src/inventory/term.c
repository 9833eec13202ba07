/* SPDX-License-Identifier: MIT */
#include "inventory/term.h"

#include <string.h>

/* What is outside of the brackets is checked once, with a digit in place of
 * each pair of them; what is inside are digits and letters. */

/* A pattern is a name but for its stars and question marks. */
static bool mask_pattern(char *text)
{
	bool is_pattern = false;
	for (char *p = text; *p; p++)
		if (*p == '*' || *p == '?') {
			*p = 'x';
			is_pattern = true;
		}
	return is_pattern;
}

/* The name ends before the port, and so do the brackets. */
static const char *cut_name(struct term *term, size_t name_at, size_t *at)
{
	struct range *range = &term->range;
	size_t size = sshoal__range_unmask(range, strlen(term->address.name));
	for (size_t i = 0; i < range->bracket_count; i++) {
		if (range->brackets[i].close < size)
			continue;
		*at = name_at + range->brackets[i].open;
		return "a range outside of the name: write each port";
	}
	sshoal__range_cut(range, size);
	return NULL;
}

const char *sshoal__term_parse(struct term *term, const char *written,
			       char *copy, const struct term_rules *rules,
			       size_t *at)
{
	const char *sign = strrchr(written, '@');
	size_t name_at = sign ? (size_t)(sign - written) + 1 : 0;
	term->is_done = false;
	const char *why = sshoal__range_parse(&term->range, written + name_at,
					      rules->style, at);
	if (why) {
		*at += name_at;
		return why;
	}
	sshoal__range_mask(&term->range, copy + name_at);
	term->is_pattern =
		rules->takes_patterns && mask_pattern(copy + name_at);
	why = sshoal__address_parse(&term->address, copy, at);
	if (why) {
		if (*at > name_at)
			*at = name_at +
			      sshoal__range_unmask(&term->range, *at - name_at);
		return why;
	}
	term->is_single = term->range.bracket_count == 0 && !term->is_pattern;
	return term->is_single ? NULL : cut_name(term, name_at, at);
}

bool sshoal__term_next(struct term *term, const char **why)
{
	*why = NULL;
	if (term->is_single) {
		bool is_first = !term->is_done;
		term->is_done = true;
		return is_first;
	}
	size_t n = sshoal__range_next(&term->range, term->name);
	if (n > NAME_MAX_BYTES)
		*why = "a name of more than 255 bytes: shorten it";
	term->address.name = term->name;
	return n > 0;
}
