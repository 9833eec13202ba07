/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_DEEP_H
#define TESTS_UNIT_DEEP_H

#include <stddef.h>

/* Makes so many directories, each named name and in the one before it, below
 * one that is there. Returns a descriptor of the last. */
int deep_make(const char *path, const char *name, size_t levels);

/* Removes what is in a directory, however deep, and the directory. */
void deep_remove(const char *path);

/* PATH and so many times /NAME, for free(3). */
char *deep_path(const char *path, const char *name, size_t levels);

#endif
