/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_WORDS_H
#define SSHOAL_CLI_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* Joins words by blanks, as ssh does. quote: each is one word for sh there,
 * whatever it holds. Returns a string for free(3), NULL without memory. */
char *sshoal__words_join(const char *const *words, size_t count, bool quote);

#endif
