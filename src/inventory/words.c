/* SPDX-License-Identifier: MIT */
#include "inventory/words.h"

#include <string.h>

#include <sshoal/error.h>

/* A word never grows: what is read is always ahead of what is written. */

struct cursor {
	char *from;
	char *to;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_quoting(char c)
{
	return c == '\'' || c == '"' || c == '\\';
}

static bool copy_single(struct cursor *cursor)
{
	for (cursor->from++; *cursor->from != '\''; cursor->from++) {
		if (!*cursor->from)
			return false;
		*cursor->to++ = *cursor->from;
	}
	cursor->from++;
	return true;
}

static bool copy_double(struct cursor *cursor)
{
	for (cursor->from++; *cursor->from != '"'; cursor->from++) {
		if (!*cursor->from)
			return false;
		if (*cursor->from == '\\' && cursor->from[1] &&
		    strchr("\"\\$`", cursor->from[1]))
			cursor->from++;
		*cursor->to++ = *cursor->from;
	}
	cursor->from++;
	return true;
}

static bool copy_escaped(struct cursor *cursor)
{
	if (!cursor->from[1])
		return false;
	*cursor->to++ = cursor->from[1];
	cursor->from += 2;
	return true;
}

/* Copies what begins with a quote or a backslash. NULL or why it cannot. */
static const char *copy_quoted(struct cursor *cursor)
{
	if (*cursor->from == '\'')
		return copy_single(cursor) ?
			       NULL :
			       "a single quote that is not closed: close it, "
			       "or write \\' for the character";
	if (*cursor->from == '"')
		return copy_double(cursor) ?
			       NULL :
			       "a double quote that is not closed: close it, "
			       "or write \\\" for the character";
	return copy_escaped(cursor) ?
		       NULL :
		       "a backslash at the end of the line: lines are not "
		       "joined, write \\\\ for the character";
}

int sshoal__words_next(struct words *words, struct word *word, const char **why)
{
	while (is_blank(*words->at))
		words->at++;
	if (!*words->at || *words->at == '#' || *words->at == ';')
		return 0;
	struct cursor cursor = { .from = words->at, .to = words->at };
	struct word made = {
		.text = words->at,
		.column = (size_t)(words->at - words->line) + 1,
	};
	while (*cursor.from && !is_blank(*cursor.from)) {
		if (!is_quoting(*cursor.from)) {
			*cursor.to++ = *cursor.from++;
			continue;
		}
		made.is_quoted = true;
		size_t column = (size_t)(cursor.from - words->line) + 1;
		*why = copy_quoted(&cursor);
		if (*why) {
			word->column = column;
			return SSHOAL_EFORMAT;
		}
	}
	words->at = cursor.from + (*cursor.from ? 1 : 0);
	*cursor.to = '\0';
	*word = made;
	return 1;
}
