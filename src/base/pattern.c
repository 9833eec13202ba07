/* SPDX-License-Identifier: MIT */
#include "base/pattern.h"

#include <stddef.h>
#include <string.h>

/*
 * Patterns with * and ?. Only the last star is ever tried again, so that no
 * pattern takes more than its length times the name's.
 */

static bool match(const char *pattern, size_t size, const char *name)
{
	size_t at = 0;
	size_t after_star = 0;
	const char *retry = NULL;
	while (*name) {
		if (at < size && pattern[at] == '*') {
			after_star = ++at;
			retry = name;
		} else if (at < size &&
			   (pattern[at] == '?' || pattern[at] == *name)) {
			at++;
			name++;
		} else if (retry) {
			at = after_star;
			name = ++retry;
		} else {
			return false;
		}
	}
	while (at < size && pattern[at] == '*')
		at++;
	return at == size;
}

bool sshoal__pattern_match(const char *pattern, const char *name)
{
	return match(pattern, strlen(pattern), name);
}

bool sshoal__pattern_list_match(const char *list, const char *name)
{
	bool matched = false;
	for (;;) {
		bool negated = *list == '!';
		if (negated)
			list++;
		size_t size = strcspn(list, ",");
		if (match(list, size, name)) {
			if (negated)
				return false;
			matched = true;
		}
		if (list[size] == '\0')
			return matched;
		list += size + 1;
	}
}
