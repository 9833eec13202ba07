/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_FREED_H
#define TESTS_UNIT_FREED_H

#include <stddef.h>

/*
 * Looks at the memory that the objects of a test give back: the linker sends
 * their calls of free() to freed.c. From here on every block is searched for a
 * byte; only its first size_bytes are read, which must have been written.
 */
void freed_watch(unsigned char byte, size_t size_bytes);

/* How many times the byte was found, and how many blocks were looked at, since
 * freed_watch(); it ends the watch. */
size_t freed_found(size_t *blocks);

#endif
