/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_EXACT_H
#define TESTS_UNIT_EXACT_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* A copy on the heap that ends where its bytes do, so that the address
 * sanitizer and valgrind see a read past them; for free(3). NULL when memory is
 * refused. */
static inline unsigned char *exact_copy(const void *bytes, size_t n)
{
	unsigned char *copy = malloc(n ? n : 1);
	if (copy && n > 0)
		memcpy(copy, bytes, n);
	return copy;
}

#endif
