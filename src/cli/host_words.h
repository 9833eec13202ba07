/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_HOST_WORDS_H
#define SSHOAL_CLI_HOST_WORDS_H

#include <sshoal/error.h>

/*
 * Reads host expressions with blanks or newlines between, and comments from a
 * "#" at the start of a word to the end of its line, and joins them by commas.
 * words receives a string for free(3). 0, SSHOAL_EIO, SSHOAL_EINVAL (too many,
 * or no text) or SSHOAL_ENOMEM.
 */
int sshoal__host_words_read(char **words, int fd, sshoal_error *error);

#endif
