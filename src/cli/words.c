/* SPDX-License-Identifier: MIT */
#include "cli/words.h"

#include <stdlib.h>
#include <string.h>

/* A word is quoted as sh(1) needs it: in single quotes, and a single quote
 * outside of them behind a backslash. */

static bool is_plain(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_@%+:,./-";
	return *word && word[strspn(word, plain)] == '\0';
}

static char *put_quoted(char *out, const char *word)
{
	*out++ = '\'';
	for (; *word; word++) {
		if (*word == '\'')
			out = stpcpy(out, "'\\''");
		else
			*out++ = *word;
	}
	*out++ = '\'';
	*out = '\0';
	return out;
}

char *sshoal__words_join(const char *const *words, size_t count, bool quote)
{
	size_t size = 1;
	for (size_t i = 0; i < count; i++)
		size += strlen(words[i]) * 4 + 3;
	char *line = malloc(size);
	if (!line)
		return NULL;
	char *end = line;
	*end = '\0';
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			*end++ = ' ';
		if (quote && !is_plain(words[i]))
			end = put_quoted(end, words[i]);
		else
			end = stpcpy(end, words[i]);
	}
	return line;
}
