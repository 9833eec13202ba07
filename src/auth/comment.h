/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_AUTH_COMMENT_H
#define SSHOAL_AUTH_COMMENT_H

#include <stdbool.h>
#include <stddef.h>

/* What a person called a key, from a file, an agent or a certificate. */

/* A copy on one line, free of control characters, to be freed; NULL for lack
 * of memory. */
char *sshoal__comment_copy(const void *text, size_t n);

/* Whether a text is one already. */
bool sshoal__comment_is_clean(const char *text);

#endif
