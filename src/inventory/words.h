/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_WORDS_H
#define SSHOAL_INVENTORY_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Splits a line into words as sh(1) does: at blanks, with '...', "..." and
 * backslash; nothing is expanded. "#" and ";" at the start of a word begin a
 * comment. The words are made inside the line, which is overwritten.
 */
struct words {
	char *line;
	char *at;
};

struct word {
	char *text;
	size_t column;  /* of its first byte, from 1 */
	bool is_quoted; /* text is shorter than what is written */
};

static inline struct words sshoal__words(char *line)
{
	return (struct words){ .line = line, .at = line };
}

/* The next word: 1, or 0 at the end of the line. SSHOAL_EFORMAT: *why is a
 * constant text and word->column where it is wrong. */
int sshoal__words_next(struct words *words, struct word *word,
		       const char **why);

/* The column of the n-th byte of a word's text; of the word itself where
 * quotes hide which one that is. */
static inline size_t sshoal__word_column(const struct word *word, size_t n)
{
	return word->is_quoted ? word->column : word->column + n;
}

#endif
