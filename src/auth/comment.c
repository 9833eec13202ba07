/* SPDX-License-Identifier: MIT */
#include "auth/comment.h"

#include <stdlib.h>
#include <string.h>

#include <sshoal/text.h>

char *sshoal__comment_copy(const void *text, size_t n)
{
	size_t size = sshoal_text_escape(NULL, 0, text, n) + 1;
	char *copy = malloc(size);
	if (!copy)
		return NULL;
	(void)sshoal_text_escape(copy, size, text, n);
	for (char *c = copy; *c; c++)
		if (*c == '\n' || *c == '\t')
			*c = ' ';
	return copy;
}

bool sshoal__comment_is_clean(const char *text)
{
	/* Whatever is written another way has become longer. */
	size_t n = strlen(text);
	return sshoal_text_escape(NULL, 0, text, n) == n &&
	       !strpbrk(text, "\n\t");
}
