/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_CONFIG_WORDS_H
#define SSHOAL_INVENTORY_CONFIG_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* What separates words in an ssh_config. */
#define CONFIG_BLANKS " \t\r\n"

/*
 * The next token as the keyword and a Match line have them: up to a blank or
 * one "=", which may have blanks around it; "..." holds both. The text is
 * overwritten. NULL at the end, and where a quote is not closed.
 */
char *sshoal__config_token_next(char **rest);

/*
 * Splits arguments into words: quotes of both kinds, a backslash before a quote,
 * a backslash or a blank, and "#" at the start of a word as the end. The words
 * are made inside the text; there is room for half its length and one. False
 * when a quote is not closed.
 */
bool sshoal__config_words_split(char *text, const char **words, size_t *count);

/* Makes A-Z lower case, whatever the locale. */
void sshoal__config_lower(char *text);

#endif
